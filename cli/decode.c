// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "decode.h"
#include "cli.h"

#include <wire/names.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- one line -------------------------------------------------------------------------------- */

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

static void line_number(void *ctx, const char *name, uint64_t value, bool is_signed)
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

static void line_flag(void *ctx, const char *name, bool value)
{
	put_name(ctx, name);
	fputc(value ? '1' : '0', ((struct line *)ctx)->file);
}

static void line_text(void *ctx, const char *name, const char *value)
{
	char *clean = output_clean(value);

	put_name(ctx, name);
	fprintf(((struct line *)ctx)->file, "\"%s\"", clean);
	free(clean);
}

static void line_open(void *ctx, const char *name, uint32_t index)
{
	struct line *line = ctx;

	if (index)
		fputs(" {", line->file);
	else
		fprintf(line->file, " %s={", name);
	line->in_array = true;
	line->first = true;
}

static void line_close(void *ctx)
{
	struct line *line = ctx;

	fputc('}', line->file);
	line->in_array = false;
}

static const struct scmi_describe_visitor line_visitor = {
	.number = line_number,
	.flag = line_flag,
	.text = line_text,
	.open = line_open,
	.close = line_close,
};

static void put_raw(FILE *file, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(file, "%s%02x", i % 4 ? "" : " ", bytes[i]);
}

int decode_line(FILE *file, uint32_t header, enum scmi_direction direction, uint32_t version,
		const void *payload, size_t size)
{
	struct line line = { .file = file };
	int status = scmi_describe(header, direction, version, payload, size, &line_visitor, &line);

	if (status == SCMI_SUCCESS)
		return status;
	if (status == SCMI_PROTOCOL_ERROR)
		fputs(" (wrong size)", file);
	else if (status == SCMI_INVALID_PARAMETERS)
		fputs(" (reserved bits set)", file);
	if (status == SCMI_NOT_FOUND && direction == SCMI_P2A && size >= 4 &&
	    scmi_header_message_type(header) != SCMI_NOTIFICATION)
		fprintf(file, " status=%s", scmi_status_name((int32_t)scmi_get_le32(payload)));
	put_raw(file, payload, size);
	return status;
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct fields {
	struct output *out;
	bool in_list;
};

static void fields_number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	struct fields *fields = ctx;

	/* The caller has said the status already, with its name. */
	if (is_signed && !strcmp(name, "status"))
		return;
	out_field(fields->out, name, name,
		  is_signed ? value_signed((int64_t)value) : value_number(value));
}

static void fields_flag(void *ctx, const char *name, bool value)
{
	out_field(((struct fields *)ctx)->out, name, name, value_flag(value));
}

static void fields_text(void *ctx, const char *name, const char *value)
{
	out_field(((struct fields *)ctx)->out, name, name, value_text(value));
}

static void fields_open(void *ctx, const char *name, uint32_t index)
{
	struct fields *fields = ctx;

	if (!index)
		out_list_open(fields->out, name);
	fields->in_list = true;
	out_open(fields->out, NULL, NULL);
}

static void fields_close(void *ctx)
{
	out_close(((struct fields *)ctx)->out);
}

static const struct scmi_describe_visitor fields_visitor = {
	.number = fields_number,
	.flag = fields_flag,
	.text = fields_text,
	.open = fields_open,
	.close = fields_close,
};

int decode_fields(struct output *out, uint32_t header, enum scmi_direction direction,
		  uint32_t version, const void *payload, size_t size)
{
	struct fields fields = { .out = out };
	int status =
		scmi_describe(header, direction, version, payload, size, &fields_visitor, &fields);

	/* An array is the last member of every message that has one. */
	if (fields.in_list)
		out_list_close(out);
	return status;
}

size_t decode_words(uint32_t *words, size_t space, const void *payload, size_t size)
{
	const uint8_t *bytes = payload;
	size_t count = size / 4 < space ? size / 4 : space;

	for (size_t i = 0; i < count; i++)
		words[i] = scmi_get_le32(bytes + 4 * i);
	return count;
}
