/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A device that writes its half of a ring by hand: what the driver's side must not believe, and what it must not
 * read twice or read back. As in test_ring_guards.c, what was read is spoilt before the next read.
 */
#include "ring_world.h"
#include "transports/virtio/ring_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define NUM  8u
#define DATA (WORLD_BASE + 0x2000)

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

/* ---- a device by hand ------------------------------------------------------------------------ */

static struct scmi_ring_driver driver;
static struct scmi_ring_slot notes[NUM];
static struct scmi_ring_layout layout;
static int cookies[NUM];

static void put16(uint64_t address, uint16_t value)
{
	ring_write16(ring_world_at(&world, address), value);
}

static void used_says(uint16_t slot, uint32_t id, uint32_t written)
{
	ring_write32(driver.used + 4 + 8 * (slot % NUM), id);
	ring_write32(driver.used + 8 + 8 * (slot % NUM), written);
}

/* A driver with three chains out, of 32 writable bytes each. Returns the head of the first. */
static uint16_t lend(uint64_t features)
{
	static const struct scmi_ring_segment segments[] = {{DATA, 16}, {DATA + 64, 32}};
	int head = 0;

	spoiling = false;
	last_size = 0;
	assert_int_equal(scmi_ring_layout(&layout, NUM, 2), 0);
	assert_int_equal(scmi_ring_driver_init(&driver, NUM, 2, world.regions[0], WORLD_BASE,
					       notes, features), 0);
	for (int i = 2; i >= 0; i--)
		head = scmi_ring_driver_add(&driver, segments, 1, 1, &cookies[i]);
	assert_in_range(head, 0, NUM - 1);
	return (uint16_t)head;
}

static void gets(int *cookie, uint32_t written)
{
	uint32_t said;
	void *got;

	assert_int_equal(scmi_ring_driver_get(&driver, &got, &said), 1);
	assert_ptr_equal(got, cookie);
	assert_int_equal(said, written);
}

static void driver_refuses(enum scmi_ring_fault fault)
{
	struct scmi_ring_segment segment = {DATA, 16};
	uint32_t said, back = 0, out = driver.out_count;
	void *got;

	assert_int_equal(driver.fault, SCMI_RING_SOUND);
	assert_int_equal(scmi_ring_driver_get(&driver, &got, &said), -EPROTO);
	assert_int_equal(driver.fault, fault);
	assert_int_equal(scmi_ring_driver_get(&driver, &got, &said), -EPROTO);
	assert_int_equal(scmi_ring_driver_add(&driver, &segment, 1, 0, &said), -EPROTO);
	assert_int_equal(scmi_ring_driver_sleep(&driver), -EPROTO);
	assert_false(scmi_ring_driver_should_kick(&driver));
	/* What is lent stays lent until the driver knows that the device is gone. */
	assert_int_equal(driver.out_count, out);
	while (scmi_ring_driver_reclaim(&driver, &got))
		back++;
	assert_int_equal(back, out);
	assert_int_equal(driver.free_count, NUM);
}

static void used_lies(void **state)
{
	static const uint64_t features[] = {0, SCMI_RING_F_INDIRECT | SCMI_RING_F_EVENT_IDX};
	uint16_t head;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		head = lend(features[i]);
		put16(WORLD_BASE + layout.used + 2, 4);
		driver_refuses(SCMI_RING_JUMP);
		head = lend(features[i]);
		put16(WORLD_BASE + layout.used + 2, UINT16_MAX);
		driver_refuses(SCMI_RING_JUMP);
		head = lend(features[i]);
		used_says(0, NUM, 0);
		put16(WORLD_BASE + layout.used + 2, 1);
		driver_refuses(SCMI_RING_NOT_OURS);
		head = lend(features[i]);
		used_says(0, head | 0x10000u, 0);
		put16(WORLD_BASE + layout.used + 2, 1);
		driver_refuses(SCMI_RING_NOT_OURS);
		head = lend(features[i]);
		used_says(0, NUM - 1, 0); /* a descriptor, but no head that is out */
		put16(WORLD_BASE + layout.used + 2, 1);
		driver_refuses(SCMI_RING_NOT_OURS);
		head = lend(features[i]);
		used_says(0, head, 33);
		put16(WORLD_BASE + layout.used + 2, 1);
		driver_refuses(SCMI_RING_WRITTEN);
		/* Everything written is fine; the same chain once more is not. */
		head = lend(features[i]);
		used_says(0, head, 32);
		used_says(1, head, 32);
		put16(WORLD_BASE + layout.used + 2, 2);
		gets(&cookies[0], 32);
		driver_refuses(SCMI_RING_NOT_OURS);
	}
}

/* The middle of a chain of several descriptors is no head. */
static void used_in_the_middle(void **state)
{
	(void)state;
	lend(0);
	/* Without tables, chains of two take 0-1, 2-3, 4-5. */
	used_says(0, 3, 0);
	put16(WORLD_BASE + layout.used + 2, 1);
	driver_refuses(SCMI_RING_NOT_OURS);
}

static void driver_reads_once(void **state)
{
	uint16_t head;

	(void)state;
	head = lend(SCMI_RING_F_EVENT_IDX);
	used_says(0, head, 20);
	put16(WORLD_BASE + layout.used + 2, 1);
	spoiling = true;
	gets(&cookies[0], 20);
	spoiling = false;
}

/* The device writes over everything of the ring: what the driver knows is its own. */
static void nothing_is_read_back(void **state)
{
	uint16_t head = lend(SCMI_RING_F_INDIRECT);
	void *got;
	uint32_t said;

	(void)state;
	memset(world.regions[0], 0xff, layout.size);
	used_says(0, head, 7);
	put16(WORLD_BASE + layout.used + 2, 1);
	gets(&cookies[0], 7);
	assert_int_equal(scmi_ring_driver_get(&driver, &got, &said), 0);
	assert_int_equal(driver.free_count, NUM - 2);
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
		cmocka_unit_test(used_lies),
		cmocka_unit_test(used_in_the_middle),
		cmocka_unit_test(driver_reads_once),
		cmocka_unit_test(nothing_is_read_back),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
