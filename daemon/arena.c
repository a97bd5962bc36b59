/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 65536u

struct scmid_arena_chunk {
	struct scmid_arena_chunk *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

static void out_of_memory(void)
{
	fputs("scmid: out of memory\n", stderr);
	exit(1);
}

void *scmid_realloc(void *memory, size_t count, size_t size)
{
	void *grown;

	if (!count || !size)
		count = size = 1;
	if (count > SIZE_MAX / size)
		out_of_memory();
	grown = realloc(memory, count * size);
	if (!grown)
		out_of_memory();
	return grown;
}

void *scmid_calloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *scmid_arena_alloc(struct scmid_arena *arena, size_t count, size_t size)
{
	struct scmid_arena_chunk *chunk = arena->chunks;
	const size_t align = alignof(max_align_t);
	size_t bytes;

	if (size && count > (SIZE_MAX / 2) / size)
		out_of_memory();
	bytes = (count * size + align - 1) & ~(align - 1);
	if (!chunk || chunk->size - chunk->used < bytes) {
		size_t room = bytes > CHUNK_SIZE ? bytes : CHUNK_SIZE;

		chunk = scmid_calloc(1, sizeof(*chunk) + room);
		chunk->size = room;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	chunk->used += bytes;
	return chunk->bytes + chunk->used - bytes;
}

char *scmid_arena_copy(struct scmid_arena *arena, const char *text, size_t length)
{
	char *copy = scmid_arena_alloc(arena, length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}

void scmid_arena_free(struct scmid_arena *arena)
{
	while (arena->chunks) {
		struct scmid_arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}
