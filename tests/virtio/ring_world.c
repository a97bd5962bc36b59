/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ring_world.h"

#include <stdlib.h>

static void *world_translate(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	struct ring_world *world = ctx;
	uint64_t left;

	world->translations++;
	if (address < world->gone || address < WORLD_BASE || address >= WORLD_END)
		return NULL;
	left = WORLD_REGION - (address - WORLD_BASE) % WORLD_REGION;
	*contiguous = size < left ? size : left;
	return ring_world_at(world, address);
}

void ring_world_init(struct ring_world *world)
{
	memset(world, 0, sizeof(*world));
	for (size_t i = 0; i < 2; i++) {
		world->regions[i] = aligned_alloc(4096, WORLD_REGION);
		if (!world->regions[i])
			abort();
		memset(world->regions[i], 0, WORLD_REGION);
	}
	world->memory.ctx = world;
	world->memory.translate = world_translate;
}

void ring_world_fini(struct ring_world *world)
{
	free(world->regions[0]);
	free(world->regions[1]);
}

uint8_t *ring_world_at(struct ring_world *world, uint64_t address)
{
	uint64_t offset = address - WORLD_BASE;

	return world->regions[offset / WORLD_REGION] + offset % WORLD_REGION;
}

void ring_world_put(struct ring_world *world, uint64_t address, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*ring_world_at(world, address + i) = ((const uint8_t *)from)[i];
}

void ring_world_get(struct ring_world *world, uint64_t address, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = *ring_world_at(world, address + i);
}

uint32_t ring_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(*seed >> 8) * below) >> 24);
}
