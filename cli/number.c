// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Reads digits up to the first other character, where *text is left. */
static int take_digits(const char **text, unsigned int base, uint64_t max, uint64_t *number)
{
	const char *at = *text;
	uint64_t sum = 0;

	for (unsigned int digit; (digit = (unsigned int)digit_of(*at)) < base; at++) {
		if (digit > max || sum > (max - digit) / base)
			return -ERANGE;
		sum = sum * base + digit;
	}
	if (at == *text)
		return -EINVAL;
	*text = at;
	*number = sum;
	return 0;
}

int cli_parse_number(const char *text, uint64_t max, uint64_t *number)
{
	unsigned int base = 10;
	int error;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	error = take_digits(&text, base, max, number);
	return error ? error : *text ? -EINVAL : 0;
}

static int unit_scale(const char *unit, uint64_t *scale)
{
	static const struct {
		const char *name;
		uint64_t scale;
	} units[] = {
		{ "", 1 },
		{ "hz", 1 },
		{ "k", 1000 },
		{ "khz", 1000 },
		{ "m", 1000000 },
		{ "mhz", 1000000 },
		{ "g", 1000000000 },
		{ "ghz", 1000000000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcasecmp(unit, units[i].name)) {
			*scale = units[i].scale;
			return 0;
		}
	}
	return -EINVAL;
}

int cli_parse_rate(const char *text, uint64_t *rate_hz)
{
	const char *fraction = NULL;
	uint64_t whole, scale, tenth, part = 0;
	size_t decimals = 0;
	int error;

	if (!strncasecmp(text, "0x", 2))
		return cli_parse_number(text, UINT64_MAX, rate_hz);
	error = take_digits(&text, 10, UINT64_MAX, &whole);
	if (error)
		return error;
	if (*text == '.') {
		fraction = ++text;
		while (isdigit((unsigned char)*text))
			text++;
		decimals = (size_t)(text - fraction);
		if (!decimals)
			return -EINVAL;
	}
	while (*text == ' ')
		text++;
	error = unit_scale(text, &scale);
	if (error)
		return error;
	if (whole > UINT64_MAX / scale)
		return -ERANGE;
	/*
	 * Each decimal needs a tenth of the scale; one that would need less than 1 Hz must be zero.
	 */
	tenth = scale;
	for (size_t i = 0; i < decimals; i++) {
		unsigned int digit = (unsigned int)(fraction[i] - '0');

		tenth = tenth % 10 ? 0 : tenth / 10;
		if (digit && !tenth)
			return -EDOM;
		part += digit * tenth;
	}
	if (part > UINT64_MAX - whole * scale)
		return -ERANGE;
	*rate_hz = whole * scale + part;
	return 0;
}

int cli_parse_version(const char *text, uint32_t *version)
{
	uint64_t major, minor;
	int error;

	if (!strchr(text, '.')) {
		error = cli_parse_number(text, UINT32_MAX, &major);
		if (error)
			return error;
		/* A bare "3" is meant as 3.0; no version word is that small. */
		*version = (uint32_t)(major < 0x10000 ? major << 16 : major);
		return 0;
	}
	error = take_digits(&text, 10, UINT16_MAX, &major);
	if (error)
		return error;
	if (*text++ != '.')
		return -EINVAL;
	error = take_digits(&text, 10, UINT16_MAX, &minor);
	if (error)
		return error;
	if (*text)
		return -EINVAL;
	*version = (uint32_t)(major << 16 | minor);
	return 0;
}

void cli_format_rate(char text[CLI_NUMBER_SIZE], uint64_t rate_hz)
{
	static const struct {
		uint64_t scale;
		const char *name;
	} units[] = { { 1000000000, "GHz" }, { 1000000, "MHz" }, { 1000, "kHz" } };
	uint64_t thousandths;
	char decimals[8];
	size_t length;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (rate_hz < units[i].scale)
			continue;
		thousandths = rate_hz % units[i].scale / (units[i].scale / 1000);
		snprintf(decimals, sizeof(decimals), ".%03u", (unsigned int)thousandths % 1000);
		for (length = strlen(decimals); length > 1 && decimals[length - 1] == '0';)
			decimals[--length] = '\0';
		snprintf(text, CLI_NUMBER_SIZE, "%" PRIu64 "%s %s", rate_hz / units[i].scale,
			 length > 1 ? decimals : "", units[i].name);
		return;
	}
	snprintf(text, CLI_NUMBER_SIZE, "%" PRIu64 " Hz", rate_hz);
}

void cli_format_version(char text[CLI_NUMBER_SIZE], uint32_t version)
{
	snprintf(text, CLI_NUMBER_SIZE, "%u.%u", (unsigned int)(version >> 16),
		 (unsigned int)(version & 0xffff));
}
