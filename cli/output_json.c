// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* For programs: every document one JSON object on one line. */
#include "output.h"
#include "cli.h"
#include "number.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Deeper than any verb nests. */
#define LEVELS 8

struct json_output {
	struct output base;
	json_t *levels[LEVELS]; /* borrowed from the level below; the first is owned */
	size_t level;		/* open ones */
	const struct column *columns;
	size_t column_count;
};

static json_t *json_text(const char *text)
{
	char *clean = output_clean(text);
	json_t *json = json_string(clean);

	free(clean);
	return json;
}

/* JSON numbers are read as signed 64-bit or as double: a larger one goes as a text. */
static json_t *json_number(uint64_t number)
{
	char text[CLI_NUMBER_SIZE];

	if (number <= INT64_MAX)
		return json_integer((json_int_t)number);
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

static json_t *json_items(const struct value *value)
{
	const char *const *texts = value->list.items;
	const uint32_t *words = value->list.items;
	json_t *array = json_array();

	for (size_t i = 0; i < value->list.count; i++)
		json_array_append_new(array, value->kind == VALUE_TEXTS ? json_text(texts[i]) :
									  json_integer(words[i]));
	return array;
}

static json_t *json_value(struct value value)
{
	char *text;
	json_t *json;

	switch (value.kind) {
	case VALUE_NUMBER:
	case VALUE_HEX:
	case VALUE_RATE:
	case VALUE_SHORT_RATE:
		return json_number(value.number);
	case VALUE_SIGNED:
		return json_integer(value.integer);
	case VALUE_FLAG:
		return json_boolean(value.flag);
	case VALUE_TEXT:
		return json_text(value.text);
	case VALUE_VERSION:
		text = output_render(value);
		json = json_string(text);
		free(text);
		return json;
	case VALUE_TEXTS:
	case VALUE_WORDS:
		return json_items(&value);
	case VALUE_NONE:
		break;
	}
	return json_null();
}

/* Put a new value where we are: into an object by key, or at the end of an array. */
static void attach(struct json_output *out, const char *key, json_t *json)
{
	json_t *parent = out->level ? out->levels[out->level - 1] : NULL;

	if (!json)
		cli_out_of_memory();
	if (json_is_array(parent))
		json_array_append_new(parent, json);
	else if (parent && key)
		json_object_set_new(parent, key, json);
	else
		json_decref(json);
}

static void descend(struct json_output *out, const char *key, json_t *json)
{
	if (!json || out->level == LEVELS)
		cli_out_of_memory();
	if (out->level)
		attach(out, key, json);
	out->levels[out->level++] = json;
}

static void print(json_t *document)
{
	if (json_dumpf(document, stdout, JSON_COMPACT))
		cli_out_of_memory();
	putchar('\n');
	fflush(stdout);
	json_decref(document);
}

static void ascend(struct output *base)
{
	struct json_output *out = (struct json_output *)base;

	if (!--out->level)
		print(out->levels[0]);
}

static void json_open(struct output *base, const char *key, const char *title)
{
	(void)title;
	descend((struct json_output *)base, key, json_object());
}

static void json_field(struct output *base, const char *key, const char *label, struct value value)
{
	(void)label;
	if (key)
		attach((struct json_output *)base, key, json_value(value));
}

static void json_list_open(struct output *base, const char *key)
{
	descend((struct json_output *)base, key, json_array());
}

static void json_table_open(struct output *base, const char *key, const char *title,
			    const struct column *columns, size_t count)
{
	struct json_output *out = (struct json_output *)base;

	(void)title;
	out->columns = columns;
	out->column_count = count;
	descend(out, key, json_array());
}

static void json_row(struct output *base, const struct value *values, unsigned int depth)
{
	struct json_output *out = (struct json_output *)base;

	(void)depth;
	descend(out, NULL, json_object());
	for (size_t i = 0; i < out->column_count; i++)
		json_field(base, out->columns[i].key, NULL, values[i]);
	out->level--;
}

static void json_say(struct output *base, const char *sentence)
{
	(void)base;
	(void)sentence;
}

static void json_failure(struct output *base, const struct failure *failure)
{
	struct json_output *out = (struct json_output *)base;

	/* What a verb had half said is not a document. */
	if (out->level)
		json_decref(out->levels[0]);
	out->level = 0;
	json_open(base, NULL, NULL);
	json_open(base, "error", NULL);
	json_field(base, "exit_code", NULL, value_signed(failure->exit_code));
	json_field(base, "kind", NULL, value_text(failure->kind));
	if (failure->status) {
		json_field(base, "status", NULL, value_text(failure->status));
		json_field(base, "status_code", NULL, value_signed(failure->status_code));
	}
	json_field(base, "message", NULL, value_text(failure->message));
	if (failure->hint[0])
		json_field(base, "hint", NULL, value_text(failure->hint));
	ascend(base);
	ascend(base);
}

static void json_free(struct output *base)
{
	struct json_output *out = (struct json_output *)base;

	if (out->level)
		json_decref(out->levels[0]);
	free(out);
}

static const struct output_ops json_ops = {
	.open = json_open,
	.close = ascend,
	.field = json_field,
	.list_open = json_list_open,
	.list_close = ascend,
	.table_open = json_table_open,
	.row = json_row,
	.table_close = ascend,
	.say = json_say,
	.failure = json_failure,
	.free = json_free,
};

struct output *output_json_new(void)
{
	struct json_output *out = cli_allocate(sizeof(*out));

	out->base.ops = &json_ops;
	return &out->base;
}
