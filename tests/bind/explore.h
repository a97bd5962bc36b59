/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the explorer keeps: states to go on from, and numbers by which it knows what it has seen. */
#ifndef SCMI_TESTS_BIND_EXPLORE_H
#define SCMI_TESTS_BIND_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys, each with a value if `values` was wanted. None is 0. */
struct table {
	uint64_t *keys;
	uint64_t *values;
	size_t space;
	size_t count;
	bool wants_values;
};

/* The value of a key; *is_new: it was not there, and has been put there with this value. */
uint64_t table_note(struct table *table, uint64_t key, uint64_t value, bool *is_new);
void table_free(struct table *table);

/* The bits of a number, thoroughly mixed; no two numbers give the same. */
uint64_t scatter(uint64_t number);

/* States in the order in which they were kept: as what differs from the first. */
struct line {
	struct kept *first;
	struct kept *last;
	uint64_t *start; /* the world at the start, in words */
	uint64_t *here;
	uint64_t *packed;
	uint64_t *taken;
	size_t words;
	size_t count;
	size_t bytes; /* that the kept ones take */
};

/* The world is as it was started. */
void line_start(struct line *line);
void line_keep(struct line *line);

/* The oldest one, as world_restore() takes it, valid until the next is taken; NULL: none is left. */
const void *line_take(struct line *line);
void line_free(struct line *line);

#endif
