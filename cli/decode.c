// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "decode.h"
#include "cli.h"

#include <string.h>

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
