/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "message_line.h"

#include <inttypes.h>

#include <wire/describe.h>
#include <wire/names.h>

struct line {
	FILE *file;
	bool in_array;
	bool first; /* member of an element */
};

static void put_name(struct line *line, const char *name)
{
	if (line->in_array)
		fprintf(line->file, "%s%s=", line->first ? "" : " ", name);
	else
		fprintf(line->file, " %s=", name);
	line->first = false;
}

static void on_number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	struct line *line = ctx;

	put_name(line, name);
	if (is_signed && !strcmp(name, "status"))
		fputs(scmi_status_name((int32_t)(int64_t)value), line->file);
	else if (!strcmp(name, "version"))
		fprintf(line->file, "%" PRIu64 ".%" PRIu64, value >> 16, value & 0xffff);
	else if (is_signed)
		fprintf(line->file, "%" PRId64, (int64_t)value);
	else
		fprintf(line->file, "%" PRIu64, value);
}

static void on_flag(void *ctx, const char *name, bool value)
{
	struct line *line = ctx;

	put_name(line, name);
	fputc(value ? '1' : '0', line->file);
}

static void on_text(void *ctx, const char *name, const char *value)
{
	struct line *line = ctx;

	put_name(line, name);
	fputc('"', line->file);
	for (; *value; value++) {
		if (*value >= ' ' && *value <= '~')
			fputc(*value, line->file);
		else
			fprintf(line->file, "\\x%02x", (unsigned int)(unsigned char)*value);
	}
	fputc('"', line->file);
}

static void on_open(void *ctx, const char *name, uint32_t index)
{
	struct line *line = ctx;

	if (index)
		fputs(" {", line->file);
	else
		fprintf(line->file, " %s={", name);
	line->in_array = true;
	line->first = true;
}

static void on_close(void *ctx)
{
	struct line *line = ctx;

	fputc('}', line->file);
	line->in_array = false;
}

static const struct scmi_describe_visitor visitor = {
	.number = on_number,
	.flag = on_flag,
	.text = on_text,
	.open = on_open,
	.close = on_close,
};

static void put_header(FILE *file, uint32_t header)
{
	static const char *const types[] = {"message", "type 1 message", "delayed", "notification"};
	uint32_t protocol_id = scmi_header_protocol_id(header);
	uint32_t type = scmi_header_message_type(header);
	uint32_t message_id = scmi_header_message_id(header);
	const char *name = scmi_message_name(protocol_id, type, message_id);
	const char *protocol = scmi_protocol_name(protocol_id);

	if (protocol)
		fprintf(file, " %s", protocol);
	else
		fprintf(file, " 0x%02" PRIx32, protocol_id);
	if (name)
		fprintf(file, " %s", name);
	else
		fprintf(file, " %s 0x%02" PRIx32, types[type], message_id);
	fprintf(file, " token=%" PRIu32, scmi_header_token(header));
}

void scmi_message_line(FILE *file, bool to_platform, uint32_t version, const void *message, size_t size)
{
	const uint8_t *payload = (const uint8_t *)message + SCMI_HEADER_SIZE;
	struct line line = {.file = file};
	uint32_t header;
	int status;

	fputs(to_platform ? "->" : "<-", file);
	if (size < SCMI_HEADER_SIZE) {
		fprintf(file, " %zu bytes, too short for a header", size);
		return;
	}
	header = scmi_get_le32(message);
	size -= SCMI_HEADER_SIZE;
	put_header(file, header);
	status = scmi_describe(header, to_platform ? SCMI_A2P : SCMI_P2A, version, payload, size, &visitor,
			       &line);
	if (status == SCMI_SUCCESS)
		return;
	if (status == SCMI_PROTOCOL_ERROR)
		fputs(" (wrong size)", file);
	else if (status == SCMI_INVALID_PARAMETERS)
		fputs(" (reserved bits set)", file);
	/* Whatever the message is: every answer begins with a status. */
	if (status == SCMI_NOT_FOUND && !to_platform && size >= sizeof(uint32_t) &&
	    scmi_header_message_type(header) != SCMI_NOTIFICATION) {
		fprintf(file, " status=%s", scmi_status_name((int32_t)scmi_get_le32(payload)));
		payload += sizeof(uint32_t);
		size -= sizeof(uint32_t);
	}
	for (size_t i = 0; i < size; i++)
		fprintf(file, "%s%02x", i % 4 ? "" : " ", (unsigned int)payload[i]);
}
