/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "document.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/*
 * A collection that is still open. Its children are gathered outside the arena, as their number is
 * not known yet.
 */
struct level {
	struct scmid_node *node;
	struct scmid_node **children; /* of a map: key, value, key, value … */
	uint32_t count;
	uint32_t space;
};

struct builder {
	struct scmid_arena *arena;
	struct scmid_report *report;
	struct scmid_node *root;
	struct level levels[SCMID_DOCUMENT_DEPTH_MAX];
	uint32_t depth;
	uint32_t nodes;
	uint32_t documents;
};

static struct scmid_position position(yaml_mark_t mark)
{
	return (struct scmid_position){
		.line = (uint32_t)mark.line + 1,
		.column = (uint32_t)mark.column + 1,
	};
}

static bool refuse(struct builder *builder, yaml_mark_t mark, const char *why)
{
	scmid_complain(builder->report, position(mark), "%s", why);
	return false;
}

/* A new node under the collection that is open. NULL if it may not be there. */
static struct scmid_node *add(struct builder *builder, enum scmid_kind kind, yaml_mark_t mark)
{
	struct level *level = builder->depth ? &builder->levels[builder->depth - 1] : NULL;
	struct scmid_node *node;

	if (++builder->nodes > SCMID_DOCUMENT_NODES_MAX) {
		refuse(builder, mark, "too many values; at most 500000 are allowed in a file");
		return NULL;
	}
	if (level && level->node->kind == SCMID_MAP && level->count % 2 == 0 &&
	    kind != SCMID_SCALAR) {
		refuse(builder, mark, "a key must be a plain name, not a list or a mapping");
		return NULL;
	}
	node = scmid_arena_alloc(builder->arena, 1, sizeof(*node));
	node->kind = kind;
	node->at = position(mark);
	if (!level) {
		builder->root = node;
		return node;
	}
	if (level->count == level->space) {
		level->space = level->space ? level->space * 2 : 16;
		level->children =
			scmid_realloc(level->children, level->space, sizeof(level->children[0]));
	}
	level->children[level->count++] = node;
	return node;
}

static bool open_collection(struct builder *builder, enum scmid_kind kind, yaml_mark_t mark)
{
	struct scmid_node *node;

	if (builder->depth == SCMID_DOCUMENT_DEPTH_MAX)
		return refuse(builder, mark, "nested too deep; at most 12 levels are allowed");
	node = add(builder, kind, mark);
	if (!node)
		return false;
	builder->levels[builder->depth++] = (struct level){.node = node};
	return true;
}

/* qsort() has no context of its own, so what it sorts carries its key. */
struct sorting {
	const char *key;
	uint32_t index;
};

static int by_key(const void *left, const void *right)
{
	const struct sorting *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	if (order)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

static void sort_keys(struct builder *builder, struct scmid_node *map)
{
	struct sorting *sorting = scmid_calloc(map->count, sizeof(*sorting));

	for (uint32_t i = 0; i < map->count; i++)
		sorting[i] = (struct sorting){.key = map->keys[i]->text, .index = i};
	qsort(sorting, map->count, sizeof(*sorting), by_key);
	map->sorted = scmid_arena_alloc(builder->arena, map->count, sizeof(map->sorted[0]));
	for (uint32_t i = 0; i < map->count; i++) {
		map->sorted[i] = sorting[i].index;
		if (i && !strcmp(sorting[i].key, sorting[i - 1].key))
			scmid_complain(builder->report, map->keys[sorting[i].index]->at,
				       "'%.64s' is here a second time; it was given in line %u",
				       sorting[i].key, map->keys[sorting[i - 1].index]->at.line);
	}
	free(sorting);
}

static void close_collection(struct builder *builder)
{
	struct level *level = &builder->levels[--builder->depth];
	struct scmid_node *node = level->node;

	if (node->kind == SCMID_LIST) {
		node->count = level->count;
		node->values =
			scmid_arena_alloc(builder->arena, node->count, sizeof(node->values[0]));
		if (node->count)
			memcpy(node->values, level->children,
			       node->count * sizeof(node->values[0]));
	} else {
		node->count = level->count / 2;
		node->keys = scmid_arena_alloc(builder->arena, node->count, sizeof(node->keys[0]));
		node->values =
			scmid_arena_alloc(builder->arena, node->count, sizeof(node->values[0]));
		for (uint32_t i = 0; i < node->count; i++) {
			node->keys[i] = level->children[2 * i];
			node->values[i] = level->children[2 * i + 1];
		}
		sort_keys(builder, node);
	}
	free(level->children);
}

static bool add_scalar(struct builder *builder, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct scmid_node *node;

	if (event->data.scalar.anchor)
		return refuse(builder, event->start_mark,
			      "anchors (&name) are not allowed in a board");
	if (event->data.scalar.tag)
		return refuse(builder, event->start_mark,
			      "tags (!name) are not allowed in a board");
	if (memchr(text, 0, event->data.scalar.length))
		return refuse(builder, event->start_mark, "a NUL character is not allowed");
	node = add(builder, SCMID_SCALAR, event->start_mark);
	if (node)
		node->text = scmid_arena_copy(builder->arena, text, event->data.scalar.length);
	return node;
}

/* False ends the parsing. */
static bool take(struct builder *builder, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (builder->documents++)
			return refuse(builder, event->start_mark,
				      "a second document begins here; a file is one board");
		return true;
	case YAML_ALIAS_EVENT:
		return refuse(builder, event->start_mark,
			      "aliases (*name) are not allowed in a board");
	case YAML_SCALAR_EVENT:
		return add_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.anchor)
			return refuse(builder, event->start_mark,
				      "anchors (&name) are not allowed in a board");
		if (event->data.sequence_start.tag)
			return refuse(builder, event->start_mark,
				      "tags (!name) are not allowed in a board");
		return open_collection(builder, SCMID_LIST, event->start_mark);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.anchor)
			return refuse(builder, event->start_mark,
				      "anchors (&name) are not allowed in a board");
		if (event->data.mapping_start.tag)
			return refuse(builder, event->start_mark,
				      "tags (!name) are not allowed in a board");
		return open_collection(builder, SCMID_MAP, event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_collection(builder);
		return true;
	default:
		return true;
	}
}

static void complain_yaml(struct scmid_report *report, const yaml_parser_t *parser)
{
	yaml_mark_t mark = parser->problem_mark;
	const char *problem = parser->problem ? parser->problem : "unreadable";

	if (parser->error == YAML_READER_ERROR) {
		/* The reader knows the offset in bytes only. */
		scmid_complain(report, (struct scmid_position){1, 1},
			       "this is not text: %s, at byte %zu; a board is written in UTF-8",
			       problem, parser->problem_offset);
		return;
	}
	if (parser->context)
		scmid_complain(report, position(mark), "this is not YAML: %s, %s", parser->context,
			       problem);
	else
		scmid_complain(report, position(mark), "this is not YAML: %s", problem);
}

struct scmid_node *scmid_document_parse(const void *bytes, size_t size, struct scmid_arena *arena,
					struct scmid_report *report)
{
	struct builder builder = {.arena = arena, .report = report};
	uint32_t before = report->count;
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	if (size > SCMID_DOCUMENT_SIZE_MAX) {
		scmid_complain(report, (struct scmid_position){1, 1},
			       "the file is too large; at most 4 MiB are allowed");
		return NULL;
	}
	if (!yaml_parser_initialize(&parser)) {
		scmid_complain(report, (struct scmid_position){1, 1}, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&parser, bytes, size);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			complain_yaml(report, &parser);
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT && take(&builder, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	while (builder.depth)
		free(builder.levels[--builder.depth].children);
	if (report->count != before)
		return NULL;
	if (!builder.root)
		scmid_complain(report, (struct scmid_position){1, 1},
			       "the file is empty; a board has 'platform', 'clocks' and 'agents'");
	return builder.root;
}

int scmid_map_find(const struct scmid_node *map, const char *key)
{
	uint32_t low = 0, high = map->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(key, map->keys[map->sorted[middle]]->text);

		if (!order)
			return (int)map->sorted[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}
