/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A driver that writes its half of a ring by hand: every guard of the device's side is tried, and so is what
 * is still allowed right beside it. The ring's sources are compiled with a hook before every read of shared memory:
 * what was read is spoilt before the next read, so a value that is read twice shows.
 */
#include "ring_world.h"
#include "transports/virtio/ring_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define NUM	    8u
#define DESCRIPTORS WORLD_BASE
#define AVAIL	    (WORLD_BASE + 0x200)
#define USED	    (WORLD_BASE + 0x400)
#define TABLE	    (WORLD_BASE + 0x1000)
#define DATA	    (WORLD_BASE + 0x2000)

#define NEXT	 RING_DESCRIPTOR_NEXT
#define WRITE	 RING_DESCRIPTOR_WRITE
#define INDIRECT RING_DESCRIPTOR_INDIRECT

void SCMI_RING_BEFORE_READ(const void *from, size_t size);

/* ---- the hook -------------------------------------------------------------------------------- */

static struct ring_world world;
static bool spoiling;
static size_t last_offset, last_size;

void SCMI_RING_BEFORE_READ(const void *from, size_t size)
{
	uintptr_t offset = (uintptr_t)from - (uintptr_t)world.regions[0];

	if (!spoiling)
		return;
	if (last_size)
		memset(world.regions[0] + last_offset, 0xff, last_size);
	last_size = offset < WORLD_REGION ? size : 0;
	last_offset = (size_t)offset;
}

/* ---- a driver by hand ------------------------------------------------------------------------ */

static struct scmi_ring_device device;
static struct scmi_ring_chain chain;
static uint8_t taken[SCMI_RING_TAKEN_SIZE(NUM)];
static uint16_t avail_index;

static void put16(uint64_t address, uint16_t value)
{
	ring_write16(ring_world_at(&world, address), value);
}

static uint16_t get16(uint64_t address)
{
	uint16_t value;

	memcpy(&value, ring_world_at(&world, address), 2);
	return ring_swap16(value);
}

static void put(uint64_t table, uint16_t index, uint64_t address, uint32_t size, uint16_t flags,
		uint16_t next)
{
	struct ring_descriptor descriptor = {ring_swap64(address), ring_swap32(size),
					     ring_swap16(flags), ring_swap16(next)};

	ring_world_put(&world, table + 16 * (uint64_t)index, &descriptor, 16);
}

static void offer(uint16_t head)
{
	put16(AVAIL + 4 + 2 * (avail_index % NUM), head);
	put16(AVAIL + 2, ++avail_index);
}

static void begin(uint64_t features)
{
	memset(world.regions[0], 0, 0x3000);
	avail_index = 0;
	spoiling = false;
	last_size = 0;
	assert_int_equal(scmi_ring_device_init(&device, &world.memory, NUM,
					       ring_world_at(&world, DESCRIPTORS),
					       ring_world_at(&world, AVAIL),
					       ring_world_at(&world, USED), taken, features, 0), 0);
}

/* A sound chain at head 7, taken and held: what happens to it when the ring breaks? */
static void hold_one(void)
{
	put(DESCRIPTORS, 7, DATA, 16, 0, 0);
	offer(7);
	assert_int_equal(scmi_ring_device_take(&device, &chain), 1);
}

static void refuses(enum scmi_ring_fault fault)
{
	uint8_t used[SCMI_RING_USED_SIZE(NUM)];

	assert_int_equal(device.fault, SCMI_RING_SOUND);
	assert_int_equal(scmi_ring_device_take(&device, &chain), -EPROTO);
	assert_int_equal(device.fault, fault);
	/* It stays broken, whatever comes, and nothing of it is touched. */
	ring_world_get(&world, USED, used, sizeof(used));
	put16(AVAIL + 2, device.next_avail);
	assert_int_equal(scmi_ring_device_take(&device, &chain), -EPROTO);
	assert_int_equal(scmi_ring_device_retake(&device, 0, &chain), -EPROTO);
	assert_int_equal(scmi_ring_device_sleep(&device), -EPROTO);
	scmi_ring_device_poll(&device);
	if (device.taken_count) {
		assert_int_equal(scmi_ring_device_give(&device, 7, 0), -EPROTO);
		assert_int_equal(device.taken_count, 0);
	}
	assert_int_equal(scmi_ring_device_give(&device, 7, 0), -EINVAL);
	assert_false(scmi_ring_device_should_call(&device));
	assert_memory_equal(used, ring_world_at(&world, USED), sizeof(used));
	assert_int_equal(device.fault, fault);
}

static void accepts(uint32_t readable, uint32_t writable)
{
	uint16_t used = get16(USED + 2);
	int result = scmi_ring_device_take(&device, &chain);

	if (device.fault)
		fail_msg("%s", scmi_ring_fault_text(device.fault));
	assert_int_equal(result, 1);
	assert_int_equal(chain.readable, readable);
	assert_int_equal(chain.writable, writable);
	assert_int_equal(scmi_ring_device_give(&device, chain.head, writable), 0);
	assert_int_equal(get16(USED + 2), (uint16_t)(used + 1));
	assert_int_equal(get16(USED + 4 + 8 * (used % NUM)), chain.head);
}

/* ---- the ring's indices ---------------------------------------------------------------------- */

static void index_jumps(void **state)
{
	(void)state;
	begin(0);
	hold_one();
	put16(AVAIL + 2, 1 + NUM + 1);
	refuses(SCMI_RING_JUMP);
	begin(0);
	put16(AVAIL + 2, UINT16_MAX); /* backwards */
	refuses(SCMI_RING_JUMP);
	/* A whole ring at once is no jump. */
	begin(0);
	for (uint16_t i = 0; i < NUM; i++) {
		put(DESCRIPTORS, i, DATA, 4, 0, 0);
		offer(i);
	}
	for (uint16_t i = 0; i < NUM; i++)
		accepts(4, 0);
	assert_int_equal(scmi_ring_device_take(&device, &chain), 0);
}

static void heads(void **state)
{
	(void)state;
	begin(0);
	hold_one();
	offer(NUM);
	refuses(SCMI_RING_HEAD_OUTSIDE);
	begin(0);
	offer(UINT16_MAX);
	refuses(SCMI_RING_HEAD_OUTSIDE);
	begin(0);
	hold_one();
	offer(7);
	refuses(SCMI_RING_HEAD_TAKEN);
	begin(0);
	hold_one();
	assert_int_equal(scmi_ring_device_give(&device, 7, 0), 0);
	offer(7);
	accepts(16, 0);
	begin(0);
	assert_int_equal(scmi_ring_device_retake(&device, UINT32_MAX, &chain), -EPROTO);
	assert_int_equal(device.fault, SCMI_RING_HEAD_OUTSIDE);
	begin(0);
	hold_one();
	assert_int_equal(scmi_ring_device_retake(&device, 7, &chain), -EPROTO);
	assert_int_equal(device.fault, SCMI_RING_HEAD_TAKEN);
	assert_int_equal(scmi_ring_device_give(&device, NUM, 0), -EINVAL);
	assert_int_equal(scmi_ring_device_give(&device, UINT16_MAX, 0), -EINVAL);
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void lengths(void **state)
{
	(void)state;
	/* In a circle of one, and of two. */
	begin(0);
	hold_one();
	put(DESCRIPTORS, 0, DATA, 4, NEXT, 0);
	offer(0);
	refuses(SCMI_RING_TOO_LONG);
	begin(0);
	put(DESCRIPTORS, 0, DATA, 4, NEXT, 1);
	put(DESCRIPTORS, 1, DATA, 4, NEXT, 0);
	offer(0);
	refuses(SCMI_RING_TOO_LONG);
	/* As long as the ring is fine; then on into a table is not. */
	begin(SCMI_RING_F_INDIRECT);
	for (uint16_t i = 0; i < NUM; i++)
		put(DESCRIPTORS, i, DATA + 8 * i, 4, i + 1 < (int)NUM ? NEXT : 0, i + 1);
	offer(0);
	accepts(4 * NUM, 0);
	put(DESCRIPTORS, NUM - 1, TABLE, 32, INDIRECT, 0);
	put(TABLE, 0, DATA, 4, NEXT, 1);
	put(TABLE, 1, DATA, 4, 0, 0);
	offer(0);
	refuses(SCMI_RING_TOO_LONG);

	begin(0);
	put(DESCRIPTORS, 0, DATA, 4, NEXT, NUM);
	offer(0);
	refuses(SCMI_RING_NEXT_OUTSIDE);
	begin(0);
	put(DESCRIPTORS, 0, DATA, 4, NEXT, UINT16_MAX);
	offer(0);
	refuses(SCMI_RING_NEXT_OUTSIDE);
}

static void directions(void **state)
{
	(void)state;
	begin(0);
	hold_one();
	put(DESCRIPTORS, 0, DATA, 4, NEXT | WRITE, 1);
	put(DESCRIPTORS, 1, DATA + 4, 4, 0, 0);
	offer(0);
	refuses(SCMI_RING_DIRECTION);
	/* Neighbours of two directions stay two. */
	begin(0);
	put(DESCRIPTORS, 0, DATA, 4, NEXT, 1);
	put(DESCRIPTORS, 1, DATA + 4, 4, NEXT, 2);
	put(DESCRIPTORS, 2, DATA + 8, 8, WRITE | NEXT, 3);
	put(DESCRIPTORS, 3, DATA + 16, 8, WRITE, 0);
	offer(0);
	accepts(8, 16);
	assert_int_equal(chain.segment_count, 2);
	assert_int_equal(chain.readable_count, 1);
}

static void sizes(void **state)
{
	(void)state;
	begin(0);
	hold_one();
	put(DESCRIPTORS, 0, DATA, 0, 0, 0);
	offer(0);
	refuses(SCMI_RING_EMPTY);
	begin(0);
	put(DESCRIPTORS, 0, DATA, 4, NEXT, 1);
	put(DESCRIPTORS, 1, DATA, 0, WRITE, 0);
	offer(0);
	refuses(SCMI_RING_EMPTY);
}

static void *everywhere(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	(void)address;
	*contiguous = size;
	return ctx;
}

/* Buffers that are all inside, in a memory that has 4 GiB and more, but too much together. */
static void sums(void **state)
{
	static uint8_t byte;
	static const struct scmi_ring_memory large = {&byte, everywhere};

	(void)state;
	begin(0);
	device.memory = &large;
	put(DESCRIPTORS, 0, 0, 0x80000000u, NEXT, 1);
	put(DESCRIPTORS, 1, 0, 0x7fffffffu, WRITE, 0);
	offer(0);
	accepts(0x80000000u, 0x7fffffffu);
	put(DESCRIPTORS, 1, 0, 0x80000000u, WRITE, 0);
	offer(0);
	refuses(SCMI_RING_SUM);
	/* An address that wraps is outside any memory. */
	begin(0);
	device.memory = &large;
	put(DESCRIPTORS, 0, UINT64_MAX - 3, 5, 0, 0);
	offer(0);
	refuses(SCMI_RING_OUTSIDE);
}

static void addresses(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t size;
		bool good;
	} cases[] = {
		{WORLD_BASE, 1, true},
		{WORLD_BASE - 1, 1, false},
		{WORLD_BASE - 1, 2, false},
		{WORLD_END - 1, 1, true},
		{WORLD_END - 1, 2, false},
		{WORLD_END, 1, false},
		{0, 1, false},
		{UINT64_MAX, 1, false},
		{UINT64_MAX, UINT32_MAX, false},
		{WORLD_BORDER - 3, 6, true},
		{WORLD_BASE, 2 * WORLD_REGION, true},
		{WORLD_BASE, 2 * WORLD_REGION + 1, false},
		{WORLD_BASE + 1, UINT32_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (uint16_t flags = 0; flags <= WRITE; flags += WRITE) {
			begin(0);
			put(DESCRIPTORS, 0, cases[i].address, cases[i].size, flags, 0);
			offer(0);
			if (cases[i].good)
				accepts(flags ? 0 : cases[i].size, flags ? cases[i].size : 0);
			else
				refuses(SCMI_RING_OUTSIDE);
		}
	}
}

/* One that does not keep its own promise: no bytes, or more than were asked for. */
static void *liar(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	(void)size;
	*contiguous = *(uint64_t *)ctx;
	return ring_world_at(&world, address);
}

static void translation_lies(void **state)
{
	uint64_t promise = 0;
	const struct scmi_ring_memory lying = {&promise, liar};

	(void)state;
	begin(0);
	device.memory = &lying;
	put(DESCRIPTORS, 0, DATA, 8, 0, 0);
	offer(0);
	promise = UINT64_MAX;
	accepts(8, 0);
	promise = 0;
	offer(0);
	refuses(SCMI_RING_OUTSIDE);
}

/* ---- indirect tables ------------------------------------------------------------------------- */

static void tables(void **state)
{
	(void)state;
	begin(0);
	hold_one();
	put(DESCRIPTORS, 0, TABLE, 16, INDIRECT, 0);
	offer(0);
	refuses(SCMI_RING_INDIRECT_FORBIDDEN);
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 0, TABLE, 16, INDIRECT, 0);
	put(TABLE, 0, TABLE + 64, 16, INDIRECT, 0);
	offer(0);
	refuses(SCMI_RING_INDIRECT_NESTED);
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 0, TABLE, 16, INDIRECT | NEXT, 1);
	offer(0);
	refuses(SCMI_RING_INDIRECT_NEXT);
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 0, TABLE, 32, INDIRECT, 0);
	put(TABLE, 0, DATA, 4, NEXT, 2);
	offer(0);
	refuses(SCMI_RING_NEXT_OUTSIDE);
	/* In a circle inside a table. */
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 0, TABLE, 32, INDIRECT, 0);
	put(TABLE, 0, DATA, 4, NEXT, 1);
	put(TABLE, 1, DATA, 4, NEXT, 0);
	offer(0);
	refuses(SCMI_RING_TOO_LONG);
	/* The direction counts across the table's edge. */
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 0, DATA, 4, NEXT | WRITE, 1);
	put(DESCRIPTORS, 1, TABLE, 16, INDIRECT, 0);
	put(TABLE, 0, DATA, 4, 0, 0);
	offer(0);
	refuses(SCMI_RING_DIRECTION);
}

static void table_sizes(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t size;
		enum scmi_ring_fault fault;
	} cases[] = {
		{TABLE, 0, SCMI_RING_INDIRECT_SIZE},
		{TABLE, 15, SCMI_RING_INDIRECT_SIZE},
		{TABLE, 17, SCMI_RING_INDIRECT_SIZE},
		{TABLE, 16 * NUM + 16, SCMI_RING_INDIRECT_SIZE},
		{TABLE, 0xfffffff0u, SCMI_RING_INDIRECT_SIZE},
		/* 65537 entries, which 16 bits would take for one. */
		{TABLE, 16 * 65537, SCMI_RING_INDIRECT_SIZE},
		{WORLD_END - 16, 32, SCMI_RING_OUTSIDE},
		{WORLD_BASE - 16, 32, SCMI_RING_OUTSIDE},
		{UINT64_MAX - 15, 32, SCMI_RING_OUTSIDE},
		{UINT64_MAX - 14, 16, SCMI_RING_OUTSIDE},
		{0, 16, SCMI_RING_OUTSIDE},
	};
	uint64_t places[] = {TABLE, TABLE + 1, WORLD_BORDER - 24, WORLD_END - 16 * NUM};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(SCMI_RING_F_INDIRECT);
		hold_one();
		put(DESCRIPTORS, 0, cases[i].address, cases[i].size, INDIRECT, 0);
		offer(0);
		refuses(cases[i].fault);
	}
	/* A full table, anywhere, an entry in two pieces too. Its own WRITE says nothing. */
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		begin(SCMI_RING_F_INDIRECT);
		put(DESCRIPTORS, 3, places[i], 16 * NUM, INDIRECT | WRITE, 0);
		for (uint16_t j = 0; j < NUM; j++)
			put(places[i], j, DATA + 32 * j, 4,
			    (j + 1 < (int)NUM ? NEXT : 0) | (j ? WRITE : 0), j + 1);
		offer(3);
		accepts(4, 4 * (NUM - 1));
	}
	/* Some direct ones, then a table. */
	begin(SCMI_RING_F_INDIRECT);
	put(DESCRIPTORS, 2, DATA, 4, NEXT, 5);
	put(DESCRIPTORS, 5, TABLE, 32, INDIRECT, 0);
	put(TABLE, 0, DATA + 8, 4, NEXT, 1);
	put(TABLE, 1, DATA + 16, 8, WRITE, 0);
	offer(2);
	accepts(8, 8);
}

/* More pieces than a chain has room for: legal, but there is nothing to do with it. */
static void scattered(void **state)
{
	static uint8_t many_taken[SCMI_RING_TAKEN_SIZE(256)];
	uint64_t avail = WORLD_BASE + 0x2000, used = WORLD_BASE + 0x4000;
	uint64_t data = WORLD_BASE + 0x8000;

	(void)state;
	for (uint16_t extra = 0; extra <= 2; extra++) {
		uint16_t count = SCMI_RING_SEGMENTS_MAX - 1 + extra;

		memset(world.regions[0], 0, 0x8000);
		assert_int_equal(scmi_ring_device_init(&device, &world.memory, 256,
						       ring_world_at(&world, DESCRIPTORS),
						       ring_world_at(&world, avail),
						       ring_world_at(&world, used), many_taken, 0,
						       0), 0);
		for (uint16_t i = 0; i < count; i++)
			put(DESCRIPTORS, i, data + 8 * i, 4,
			    (i + 1 < count ? NEXT : 0) | (i ? WRITE : 0), i + 1);
		put16(avail + 2, 1);
		assert_int_equal(scmi_ring_device_take(&device, &chain), 1);
		if (count <= SCMI_RING_SEGMENTS_MAX) {
			assert_int_equal(chain.segment_count, count);
			assert_int_equal(chain.readable, 4);
			assert_int_equal(chain.writable, 4 * (count - 1));
		} else {
			assert_int_equal(chain.segment_count, 0);
			assert_int_equal(chain.readable + chain.writable, 0);
			assert_int_equal(scmi_ring_chain_read(&chain, taken, 1), 0);
			assert_int_equal(scmi_ring_chain_write(&chain, 0, taken, 1), 0);
		}
		assert_int_equal(device.scattered, count > SCMI_RING_SEGMENTS_MAX);
		assert_int_equal(scmi_ring_device_give(&device, 0, 0), 0);
	}
}

/* ---- read once ------------------------------------------------------------------------------- */

/* Whatever was read is garbage by the time of the next read; only the first value is used. */
static void device_reads_once(void **state)
{
	uint8_t request[12];

	(void)state;
	begin(SCMI_RING_F_INDIRECT | SCMI_RING_F_EVENT_IDX);
	put(DESCRIPTORS, 2, DATA, 4, NEXT, 5);
	put(DESCRIPTORS, 5, TABLE, 48, INDIRECT, 0);
	put(TABLE, 0, DATA + 8, 4, NEXT, 2);
	put(TABLE, 2, DATA + 16, 4, NEXT, 1);
	put(TABLE, 1, DATA + 32, 16, WRITE, 0);
	ring_world_put(&world, DATA, "abcd....efgh....ijkl", 20);
	offer(2);
	spoiling = true;
	assert_int_equal(scmi_ring_device_take(&device, &chain), 1);
	assert_int_equal(chain.head, 2);
	assert_int_equal(chain.readable, 12);
	assert_int_equal(chain.writable, 16);
	assert_int_equal(scmi_ring_chain_read(&chain, request, 12), 12);
	assert_memory_equal(request, "abcdefghijkl", 12);
	assert_int_equal(scmi_ring_chain_write(&chain, 0, request, 12), 12);
	assert_int_equal(scmi_ring_device_give(&device, chain.head, 12), 0);
	assert_int_equal(get16(USED + 4), 2);
	assert_int_equal(get16(USED + 8), 12);
	assert_memory_equal(ring_world_at(&world, DATA + 32), "abcdefghijkl", 12);
	spoiling = false;
}

static void every_fault_has_words(void **state)
{
	(void)state;
	for (int a = 0; a <= SCMI_RING_FAULTS; a++) {
		const char *text = scmi_ring_fault_text((enum scmi_ring_fault)a);

		assert_non_null(text);
		assert_in_range(strlen(text), 5, 60);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(text,
						scmi_ring_fault_text((enum scmi_ring_fault)b));
	}
}

static int make_world(void **state)
{
	(void)state;
	ring_world_init(&world);
	return 0;
}

static int end_world(void **state)
{
	(void)state;
	ring_world_fini(&world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_jumps),
		cmocka_unit_test(heads),
		cmocka_unit_test(lengths),
		cmocka_unit_test(directions),
		cmocka_unit_test(sizes),
		cmocka_unit_test(sums),
		cmocka_unit_test(addresses),
		cmocka_unit_test(translation_lies),
		cmocka_unit_test(tables),
		cmocka_unit_test(table_sizes),
		cmocka_unit_test(scattered),
		cmocka_unit_test(device_reads_once),
		cmocka_unit_test(every_fault_has_words),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
