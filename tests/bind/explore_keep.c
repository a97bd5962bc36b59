/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "world.h"

static void *get(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

/* ---- numbers --------------------------------------------------------------------------------- */

uint64_t scatter(uint64_t number)
{
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
	number = (number ^ number >> 27) * 0x94d049bb133111ebu;
	return number ^ number >> 31;
}

static void grow(struct table *table)
{
	struct table old = *table;
	bool is_new;

	table->space = old.space ? old.space * 2 : 1u << 16;
	table->keys = get(table->space, sizeof(*table->keys));
	table->values = table->wants_values ? get(table->space, sizeof(*table->values)) : NULL;
	table->count = 0;
	for (size_t i = 0; i < old.space; i++) {
		if (old.keys[i])
			table_note(table, old.keys[i], old.values ? old.values[i] : 0, &is_new);
	}
	free(old.keys);
	free(old.values);
}

uint64_t table_note(struct table *table, uint64_t key, uint64_t value, bool *is_new)
{
	size_t i;

	if (table->count * 4 >= table->space * 3)
		grow(table);
	i = scatter(key) & (table->space - 1);
	while (table->keys[i] && table->keys[i] != key)
		i = (i + 1) & (table->space - 1);
	*is_new = !table->keys[i];
	if (*is_new) {
		table->keys[i] = key;
		table->count++;
		if (table->values)
			table->values[i] = value;
	}
	return table->values ? table->values[i] : 0;
}

void table_free(struct table *table)
{
	free(table->keys);
	free(table->values);
	table->keys = NULL;
	table->values = NULL;
	table->space = 0;
	table->count = 0;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* Most of a world is as at the start: a number of equal words, a number of others, these, and again. */
struct kept {
	struct kept *next;
	size_t size;
	uint64_t words[];
};

void line_start(struct line *line)
{
	memset(line, 0, sizeof(*line));
	line->words = world_size() / sizeof(*line->start);
	line->start = get(1, world_size());
	line->here = get(1, world_size());
	line->packed = get(2, world_size());
	line->taken = get(1, world_size());
	world_save(line->start);
}

/*
 * What differs, into line->packed. It takes all the explorer's time if each word is checked that cannot
 * be wrong.
 */
__attribute__((no_sanitize("address", "undefined"))) static size_t pack(struct line *line)
{
	const uint64_t *start = line->start;
	const uint64_t *here = line->here;
	size_t used = 0;

	for (size_t i = 0; i < line->words;) {
		size_t equal = i;
		size_t others;

		while (i + 4 <= line->words &&
		       !((here[i] ^ start[i]) | (here[i + 1] ^ start[i + 1]) |
			 (here[i + 2] ^ start[i + 2]) | (here[i + 3] ^ start[i + 3])))
			i += 4;
		while (i < line->words && here[i] == start[i])
			i++;
		equal = i - equal;
		others = i;
		while (i < line->words && here[i] != start[i]) {
			line->packed[used + 1 + i - others] = here[i];
			i++;
		}
		line->packed[used] = (uint64_t)equal << 32 | (i - others);
		used += 1 + i - others;
	}
	return used;
}

void line_keep(struct line *line)
{
	struct kept *kept;
	size_t used;

	world_save(line->here);
	used = pack(line);
	kept = malloc(sizeof(*kept) + used * sizeof(*kept->words));
	if (!kept)
		abort();
	kept->next = NULL;
	kept->size = sizeof(*kept) + used * sizeof(*kept->words);
	memcpy(kept->words, line->packed, used * sizeof(*kept->words));
	if (line->last)
		line->last->next = kept;
	else
		line->first = kept;
	line->last = kept;
	line->count++;
	line->bytes += kept->size;
}

const void *line_take(struct line *line)
{
	struct kept *kept = line->first;
	const uint64_t *from;

	if (!kept)
		return NULL;
	memcpy(line->taken, line->start, world_size());
	from = kept->words;
	for (size_t i = 0; i < line->words;) {
		size_t others = from[0] & UINT32_MAX;

		i += from[0] >> 32;
		memcpy(line->taken + i, from + 1, others * sizeof(*from));
		i += others;
		from += 1 + others;
	}
	line->first = kept->next;
	if (!line->first)
		line->last = NULL;
	line->count--;
	line->bytes -= kept->size;
	free(kept);
	return line->taken;
}

void line_free(struct line *line)
{
	free(line->start);
	free(line->here);
	free(line->packed);
	free(line->taken);
}
