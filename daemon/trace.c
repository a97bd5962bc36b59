/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "trace.h"

#include <inttypes.h>
#include <scmi/message.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wire/describe.h>
#include <wire/names.h>

#define LINE_SIZE 4096u
#define HEX_MAX	  64u

struct line {
	char text[LINE_SIZE];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line->text + line->used, LINE_SIZE - line->used, format, arguments);
	va_end(arguments);
	if (length > 0)
		line->used += (size_t)length;
	if (line->used >= LINE_SIZE)
		line->used = LINE_SIZE - 1;
}

static void on_number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	if (!is_signed)
		put(ctx, " %s=%" PRIu64, name, value);
	else if (!strcmp(name, "status"))
		put(ctx, " %s", scmi_status_name((int32_t)value));
	else
		put(ctx, " %s=%" PRId64, name, (int64_t)value);
}

/* Flags that are clear say nothing. */
static void on_flag(void *ctx, const char *name, bool value)
{
	if (value)
		put(ctx, " %s", name);
}

/* Only the platform sends texts, and those of a board are printable. */
static void on_text(void *ctx, const char *name, const char *value)
{
	put(ctx, " %s='%s'", name, value);
}

static void on_open(void *ctx, const char *name, uint32_t index)
{
	put(ctx, " %s[%u]{", name, index);
}

static void on_close(void *ctx)
{
	put(ctx, " }");
}

static const struct scmi_describe_visitor visitor = {
	.number = on_number,
	.flag = on_flag,
	.text = on_text,
	.open = on_open,
	.close = on_close,
};

static void put_hex(struct line *line, const uint8_t *bytes, size_t size)
{
	if (!size)
		return;
	put(line, " hex:");
	for (size_t i = 0; i < size && i < HEX_MAX; i++)
		put(line, "%02x", bytes[i]);
	if (size > HEX_MAX)
		put(line, "… (%zu bytes)", size);
}

static void put_name(struct line *line, uint32_t header)
{
	static const char *const types[] = {"", "type 1 ", "delayed ", "notification "};
	uint32_t protocol_id = scmi_header_protocol_id(header);
	uint32_t type = scmi_header_message_type(header);
	const char *name = scmi_message_name(protocol_id, type, scmi_header_message_id(header));
	const char *protocol = scmi_protocol_name(protocol_id);

	put(line, "%s", types[type]);
	if (protocol)
		put(line, "%s ", protocol);
	else
		put(line, "protocol 0x%02x ", protocol_id);
	if (name)
		put(line, "%s", name);
	else
		put(line, "message 0x%02x", scmi_header_message_id(header));
	put(line, " token=%u", scmi_header_token(header));
}

bool scmid_trace_protocol(const void *message, size_t size, uint8_t *protocol_id)
{
	if (size < SCMI_HEADER_SIZE)
		return false;
	*protocol_id = (uint8_t)scmi_header_protocol_id(scmi_get_le32(message));
	return true;
}

void scmid_trace(const char *who, bool to_platform, uint32_t version, const void *message,
		 size_t size)
{
	const uint8_t *payload = (const uint8_t *)message + SCMI_HEADER_SIZE;
	struct line line = {.used = 0};
	size_t before;
	uint32_t header;

	put(&line, "%s %s ", who, to_platform ? "->" : "<-");
	if (size < SCMI_HEADER_SIZE) {
		put(&line, "no header, %zu bytes", size);
		fprintf(stderr, "%s\n", line.text);
		return;
	}
	header = scmi_get_le32(message);
	size -= SCMI_HEADER_SIZE;
	put_name(&line, header);
	before = line.used;
	if (scmi_describe(header, to_platform ? SCMI_A2P : SCMI_P2A, version, payload, size,
			  &visitor, &line)) {
		line.used = before;
		if (!to_platform && size == sizeof(uint32_t))
			put(&line, " %s", scmi_status_name((int32_t)scmi_get_le32(payload)));
		else
			put_hex(&line, payload, size);
	}
	fprintf(stderr, "%s\n", line.text);
}
