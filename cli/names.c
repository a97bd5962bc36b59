// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What people call things: protocols and messages by name or number, and what they may have meant.
 */
#include "cli.h"
#include "number.h"

#include <wire/names.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64

/* How many letters must be added, dropped or changed. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], columns = strlen(b);

	if (columns > WORD_MAX || strlen(a) > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < columns; j++) {
			bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
			size_t change = corner + !same;

			corner = row[j + 1];
			row[j + 1] = row[j] < corner ? row[j] + 1 : corner + 1;
			row[j + 1] = change < row[j + 1] ? change : row[j + 1];
		}
	}
	return row[columns];
}

const char *cli_nearest(const char *written, const char *const *names, size_t count)
{
	/* A third of the letters may be wrong, and at least two. */
	size_t best = strlen(written) / 3 < 2 ? 3 : strlen(written) / 3 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t far = distance(written, names[i]);

		if (far < best && far < strlen(names[i])) {
			best = far;
			nearest = names[i];
		}
	}
	return nearest;
}

int cli_protocol(struct cli *cli, const char *text, uint8_t *protocol_id)
{
	const char *names[SCMI_PROTOCOL_COUNT], *near;
	size_t count = 0;
	uint64_t number;
	int found = scmi_protocol_find(text);

	if (found >= 0) {
		*protocol_id = (uint8_t)found;
		return 0;
	}
	if (!cli_parse_number(text, 0xff, &number)) {
		*protocol_id = (uint8_t)number;
		return 0;
	}
	for (uint32_t id = 0; id < SCMI_PROTOCOL_COUNT; id++)
		if (scmi_protocol_name(id))
			names[count++] = scmi_protocol_name(id);
	cli_fail_usage(cli, "there is no protocol '%s'", text);
	near = cli_nearest(text, names, count);
	return near ? cli_hint(cli, "did you mean '%s'?", near) :
		      cli_hint(cli, "write a name such as clock, or a number up to 0xff");
}

int cli_message(struct cli *cli, uint8_t protocol_id, const char *text, uint8_t *message_id)
{
	const char *names[256], *near, *name;
	size_t count = 0;
	uint64_t number;
	char protocol[8];
	int found = scmi_message_find(protocol_id, text);

	if (found >= 0) {
		*message_id = (uint8_t)found;
		return 0;
	}
	if (!cli_parse_number(text, 0xff, &number)) {
		*message_id = (uint8_t)number;
		return 0;
	}
	for (uint32_t id = 0; id < 256; id++) {
		name = scmi_message_name(protocol_id, SCMI_COMMAND, id);
		if (name)
			names[count++] = name;
	}
	cli_fail_usage(cli, "the %s protocol has no message '%s'",
		       cli_protocol_name(protocol_id, protocol), text);
	near = cli_nearest(text, names, count);
	return near ? cli_hint(cli, "did you mean '%s'?", near) :
		      cli_hint(cli,
			       "write a name such as PROTOCOL_VERSION, or a number up to 0xff");
}

const char *cli_protocol_name(uint32_t protocol_id, char text[8])
{
	const char *name = scmi_protocol_name(protocol_id);

	if (name)
		return name;
	snprintf(text, 8, "0x%02x", (unsigned int)protocol_id);
	return text;
}
