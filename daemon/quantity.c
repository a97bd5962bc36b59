/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "quantity.h"

#include <string.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static bool append_digit(uint64_t *value, uint64_t base, int digit)
{
	if (*value > (UINT64_MAX - (uint64_t)digit) / base)
		return false;
	*value = *value * base + (uint64_t)digit;
	return true;
}

bool scmid_number_parse(const char *text, uint64_t *value)
{
	int base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (*value = 0; *text; text++) {
		int digit = digit_value(*text);

		if (digit >= base || !append_digit(value, (uint64_t)base, digit))
			return false;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum scmid_quantity scmid_quantity_parse(const char *text, const struct scmid_unit *units,
					 size_t unit_count, bool bare, uint64_t *value)
{
	const char *fraction = NULL, *fraction_end = NULL;
	uint64_t scale = 1;

	*value = 0;
	if (!is_digit(*text))
		return SCMID_QUANTITY_MALFORMED;
	for (; is_digit(*text); text++) {
		if (!append_digit(value, 10, *text - '0'))
			return SCMID_QUANTITY_LARGE;
	}
	if (*text == '.') {
		fraction = ++text;
		while (is_digit(*text))
			text++;
		fraction_end = text;
		if (fraction == fraction_end)
			return SCMID_QUANTITY_MALFORMED;
	}
	while (*text == ' ')
		text++;
	if (*text) {
		size_t i = 0;

		while (i < unit_count && strcmp(text, units[i].name))
			i++;
		if (i == unit_count)
			return SCMID_QUANTITY_UNIT;
		scale = units[i].scale;
	} else if (!bare && (*value || fraction)) {
		return SCMID_QUANTITY_UNIT;
	}
	if (*value > UINT64_MAX / scale)
		return SCMID_QUANTITY_LARGE;
	*value *= scale;
	for (; fraction < fraction_end; fraction++) {
		uint64_t part;

		scale /= 10;
		part = scale * (uint64_t)(*fraction - '0');
		if (!scale && *fraction != '0')
			return SCMID_QUANTITY_INEXACT;
		if (*value > UINT64_MAX - part)
			return SCMID_QUANTITY_LARGE;
		*value += part;
	}
	return SCMID_QUANTITY_FINE;
}
