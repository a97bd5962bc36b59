/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that lives as long as a board: taken piece by piece while it loads, given back all at
 * once.
 */
#ifndef SCMID_ARENA_H
#define SCMID_ARENA_H

#include <stddef.h>

struct scmid_arena_chunk;

struct scmid_arena {
	struct scmid_arena_chunk *chunks;
};

/*
 * Zeroed, aligned for any object. Never NULL: without memory to load a board there is nothing to
 * serve, so scmid ends.
 */
void *scmid_arena_alloc(struct scmid_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy. */
char *scmid_arena_copy(struct scmid_arena *arena, const char *text, size_t length);

void scmid_arena_free(struct scmid_arena *arena);

/*
 * realloc() and calloc() that end scmid instead of failing; for memory outside an arena, freed with
 * free().
 */
void *scmid_realloc(void *memory, size_t count, size_t size);
void *scmid_calloc(size_t count, size_t size);

#endif
