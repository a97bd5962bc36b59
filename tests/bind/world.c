/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What there is in the world, and its memory. */
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#include "world_state.h"

struct world world;

struct scmi_transport transports[KINDS];
struct scmi_bind_driver drivers[KINDS][LIVES];
struct scmi_supplier suppliers[KINDS][LIVES];
struct scmi_descriptor descriptors[KINDS][LIVES];

void wrong(const char *what)
{
	fprintf(stderr, "bind: %s: %s\n", world.scenario->name, what);
	abort();
}

/* ---- memory ---------------------------------------------------------------------------------- */

void *world_alloc(void *ctx, size_t size)
{
	(void)ctx;
	if (size > BLOCK_SIZE)
		wrong("a block is too small");
	for (unsigned int i = 0; i < BLOCKS; i++) {
		if (world.used[i])
			continue;
		world.used[i] = true;
		ASAN_UNPOISON_MEMORY_REGION(world.blocks[i], BLOCK_SIZE);
		return world.blocks[i];
	}
	wrong("memory is never given back");
}

void world_free(void *ctx, void *memory)
{
	size_t index = (size_t)((uint8_t *)memory - world.blocks[0]) / BLOCK_SIZE;

	(void)ctx;
	if (index >= BLOCKS || memory != world.blocks[index] || !world.used[index])
		wrong("memory is given back that was not taken");
	world.used[index] = false;
	/* Nobody may look at it, and states that differ there do not differ. */
	memset(memory, 0, BLOCK_SIZE);
	ASAN_POISON_MEMORY_REGION(memory, BLOCK_SIZE);
}

/* Blocks from here on are free. */
static unsigned int used_end(const struct world *of)
{
	unsigned int end = BLOCKS;

	while (end && !of->used[end - 1])
		end--;
	return end;
}

static void poison(void)
{
	unsigned int end = used_end(&world);

	for (unsigned int i = 0; i < end; i++) {
		if (!world.used[i])
			ASAN_POISON_MEMORY_REGION(world.blocks[i], BLOCK_SIZE);
	}
	ASAN_POISON_MEMORY_REGION(world.blocks[end], (BLOCKS - end) * BLOCK_SIZE);
}

size_t world_size(void)
{
	return sizeof(world);
}

/* Free blocks are all zeros. */
static void copy_blocks(struct world *to, const struct world *from)
{
	unsigned int to_end = used_end(to);
	unsigned int end = used_end(from);

	memcpy(to, from, offsetof(struct world, blocks));
	memcpy(to->blocks, from->blocks, end * BLOCK_SIZE);
	if (to_end > end)
		memset(to->blocks[end], 0, (to_end - end) * BLOCK_SIZE);
}

static void copy_storage(struct world *to, const struct world *from, unsigned int i)
{
	memcpy(to->storage[i], from->storage[i], AGENT_SIZE);
	to->users[i].touched = false;
}

void world_save(void *memory)
{
	struct world *to = memory;

	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	copy_blocks(to, &world);
	poison();
	for (unsigned int i = 0; i < KINDS; i++)
		copy_storage(to, &world, i);
}

/* What was gone back to last. */
static const void *former;

static void go_back(const struct world *to)
{
	bool touched[KINDS];

	for (unsigned int i = 0; i < KINDS; i++)
		touched[i] = world.users[i].touched || to != former;
	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	copy_blocks(&world, to);
	poison();
	for (unsigned int i = 0; i < KINDS; i++) {
		if (touched[i])
			copy_storage(&world, to, i);
	}
	former = to;
}

void world_restore(const void *memory)
{
	former = NULL;
	go_back(memory);
}

void world_again(const void *memory)
{
	go_back(memory);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void is_released(void *ctx)
{
	enum life *life = ctx;

	if (*life != GOING)
		wrong("something is released that nobody took away, or twice");
	*life = NOT_THERE;
}

static void describe_life(unsigned int i, unsigned int life)
{
	const struct scenario *scenario = world.scenario;

	drivers[i][life] = (struct scmi_bind_driver){
		.transport = &transports[i],
		.released = is_released,
		.ctx = &world.drivers[i][life],
	};
	suppliers[i][life] = (struct scmi_supplier){
		.name = supplier_names[i],
		.transport = scenario->supplier_for[i],
		.address = supplier_names[i],
		.released = is_released,
		.ctx = &world.suppliers[i][life],
	};
	descriptors[i][life] = (struct scmi_descriptor){
		.name = descriptor_names[i],
		.compatible = scenario->compatible[i],
		.supplier = scenario->supplier_of[i],
		.by_order = scenario->by_order,
		.released = is_released,
		.ctx = &world.descriptors[i][life],
	};
}

void world_start(const struct scenario *scenario, bool once)
{
	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	memset(&world, 0, sizeof(world));
	poison();
	world.scenario = scenario;
	world.once = once;
	former = NULL;
	for (unsigned int i = 0; i < KINDS; i++) {
		user_start(&world.users[i]);
		transports[i] = (struct scmi_transport){ .name = driver_names[i] };
		for (unsigned int life = 0; life < LIVES; life++)
			describe_life(i, life);
	}
}
