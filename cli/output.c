// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the formats share: values as text. */
#include "output.h"
#include "number.h"
#include "cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void out_say(struct output *out, const char *format, ...)
{
	va_list arguments;
	char *sentence;

	va_start(arguments, format);
	if (vasprintf(&sentence, format, arguments) < 0)
		cli_out_of_memory();
	va_end(arguments);
	out->ops->say(out, sentence);
	free(sentence);
}

char *output_clean(const char *text)
{
	char *clean = cli_allocate(strlen(text) * 4 + 1);
	char *to = clean;

	for (; *text; text++) {
		if (*text >= ' ' && *text <= '~')
			*to++ = *text;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
	}
	*to = '\0';
	return clean;
}

void output_time(char local[16], char utc[32])
{
	struct timespec now;
	struct tm broken;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &broken);
	used = strftime(utc, 32, "%Y-%m-%dT%H:%M:%S", &broken);
	snprintf(utc + used, 32 - used, ".%06ldZ", now.tv_nsec / 1000);
	localtime_r(&now.tv_sec, &broken);
	used = strftime(local, 16, "%H:%M:%S", &broken);
	snprintf(local + used, 16 - used, ".%03ld", now.tv_nsec / 1000000);
}

static char *join(const struct value *value)
{
	const char *const *texts = value->list.items;
	const uint32_t *words = value->list.items;
	char *joined, *clean;
	size_t size;
	FILE *memory = open_memstream(&joined, &size);

	if (!memory)
		cli_out_of_memory();
	for (size_t i = 0; i < value->list.count; i++) {
		fputs(i ? " " : "", memory);
		if (value->kind == VALUE_WORDS) {
			fprintf(memory, "0x%08" PRIx32, words[i]);
		} else {
			clean = output_clean(texts[i]);
			fputs(clean, memory);
			free(clean);
		}
	}
	if (!value->list.count)
		fputs("none", memory);
	if (fclose(memory))
		cli_out_of_memory();
	return joined;
}

char *output_render(struct value value)
{
	char text[2 * CLI_NUMBER_SIZE] = "-", human[CLI_NUMBER_SIZE];
	char *copy;

	switch (value.kind) {
	case VALUE_NONE:
		break;
	case VALUE_NUMBER:
		snprintf(text, sizeof(text), "%" PRIu64, value.number);
		break;
	case VALUE_SIGNED:
		snprintf(text, sizeof(text), "%" PRId64, value.integer);
		break;
	case VALUE_HEX:
		snprintf(text, sizeof(text), "0x%" PRIx64, value.number);
		break;
	case VALUE_FLAG:
		snprintf(text, sizeof(text), "%s", value.flag ? "yes" : "no");
		break;
	case VALUE_SHORT_RATE:
		cli_format_rate(text, value.number);
		break;
	case VALUE_RATE:
		cli_format_rate(human, value.number);
		if (value.number < 1000)
			snprintf(text, sizeof(text), "%s", human);
		else
			snprintf(text, sizeof(text), "%s (%" PRIu64 " Hz)", human, value.number);
		break;
	case VALUE_VERSION:
		cli_format_version(text, (uint32_t)value.number);
		break;
	case VALUE_TEXT:
		return output_clean(value.text);
	case VALUE_TEXTS:
	case VALUE_WORDS:
		return join(&value);
	}
	copy = strdup(text);
	if (!copy)
		cli_out_of_memory();
	return copy;
}
