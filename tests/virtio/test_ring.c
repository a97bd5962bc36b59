/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two sides of a ring against each other: nothing is lost, mixed up, or slept through. */
#include "ring_world.h"
#include "transports/virtio/ring_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define SLOT_SIZE     256u
#define SEGMENTS      6u
#define TABLE_ENTRIES 4u

/* One chain of the driver's: its buffers, what is in them, and what the device has done with it. */
struct slot {
	bool out, given;
	uint64_t address;
	struct scmi_ring_segment segments[SEGMENTS];
	uint16_t readable_count, writable_count;
	uint32_t readable, writable, written;
	uint8_t request[SLOT_SIZE], answer[SLOT_SIZE];
	uint16_t head;
};

struct pair {
	struct ring_world world;
	struct scmi_ring_driver driver;
	struct scmi_ring_device device;
	struct scmi_ring_slot *notes;
	uint8_t *taken;
	struct slot *slots;
	struct slot **by_head;
	struct scmi_ring_chain *held; /* taken by the device, not given back */
	uint16_t held_count;
	uint32_t num, seed, sent, finished;
	bool device_asleep, driver_asleep, device_polls, driver_polls;
	uint32_t device_sleeps, driver_sleeps, kicks, calls;
};

static void pair_init(struct pair *pair, uint32_t num, uint16_t entries, uint64_t features)
{
	struct scmi_ring_layout layout;
	uint64_t address = WORLD_BASE + 4096;
	uint8_t *memory;

	memset(pair, 0, sizeof(*pair));
	ring_world_init(&pair->world);
	pair->num = num;
	pair->seed = num * 7 + (uint32_t)(features >> 28);
	pair->notes = calloc(num, sizeof(*pair->notes));
	pair->slots = calloc(num, sizeof(*pair->slots));
	pair->by_head = calloc(num, sizeof(*pair->by_head));
	pair->held = calloc(num, sizeof(*pair->held));
	pair->taken = calloc(1, SCMI_RING_TAKEN_SIZE(num));
	assert_int_equal(scmi_ring_layout(&layout, num, entries), 0);
	memory = ring_world_at(&pair->world, address);
	assert_int_equal(scmi_ring_driver_init(&pair->driver, num, entries, memory, address,
					       pair->notes, features), 0);
	assert_int_equal(scmi_ring_device_init(&pair->device, &pair->world.memory, num,
					       memory + layout.descriptors, memory + layout.avail,
					       memory + layout.used, pair->taken, features, 0), 0);
	/* The middle one's buffers lie across the border of the two regions. */
	for (uint32_t i = 0; i < num; i++)
		pair->slots[i].address = WORLD_BORDER - SLOT_SIZE * (num / 2) - SLOT_SIZE / 2 +
					 SLOT_SIZE * i;
}

static void pair_fini(struct pair *pair)
{
	ring_world_fini(&pair->world);
	free(pair->notes);
	free(pair->slots);
	free(pair->by_head);
	free(pair->held);
	free(pair->taken);
}

/* A chain of random pieces, some of them next to each other. False: no slot or no room. */
static bool driver_sends(struct pair *pair)
{
	struct slot *slot = NULL;
	uint32_t offset = 0, at = 0, count;
	int head;

	for (uint32_t i = 0; i < pair->num && !slot; i++)
		if (!pair->slots[i].out)
			slot = &pair->slots[i];
	if (!slot)
		return false;
	count = 1 + ring_random(&pair->seed, pair->num < SEGMENTS ? pair->num : SEGMENTS);
	slot->readable_count = (uint16_t)ring_random(&pair->seed, count + 1);
	slot->writable_count = (uint16_t)(count - slot->readable_count);
	slot->readable = slot->writable = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = 1 + ring_random(&pair->seed, 32);

		slot->segments[i].address = slot->address + offset;
		slot->segments[i].size = size;
		offset += size + ring_random(&pair->seed, 2) * 5;
		if (i < slot->readable_count)
			slot->readable += size;
		else
			slot->writable += size;
	}
	for (uint32_t i = 0; i < slot->readable; i++)
		slot->request[i] = (uint8_t)ring_random(&pair->seed, 256);
	for (uint16_t i = 0; i < slot->readable_count; i++) {
		ring_world_put(&pair->world, slot->segments[i].address, slot->request + at,
			       slot->segments[i].size);
		at += slot->segments[i].size;
	}
	head = scmi_ring_driver_add(&pair->driver, slot->segments, slot->readable_count,
				    slot->writable_count, slot);
	if (head == -ENOSPC)
		return false;
	assert_in_range(head, 0, pair->num - 1);
	slot->head = (uint16_t)head;
	slot->out = true;
	slot->given = false;
	pair->by_head[head] = slot;
	pair->sent++;
	return true;
}

static void driver_turn(struct pair *pair)
{
	uint32_t count = 1 + ring_random(&pair->seed, pair->num), sent = 0, written;
	bool asleep = pair->device_asleep, kick;
	void *cookie;

	while (sent < count && driver_sends(pair))
		sent++;
	kick = scmi_ring_driver_should_kick(&pair->driver);
	if (!sent)
		assert_false(kick);
	if (sent && asleep)
		assert_true(kick); /* or it would sleep for ever */
	if (pair->device_polls)
		assert_false(kick && !pair->driver.event_idx);
	if (kick) {
		pair->kicks++;
		pair->device_asleep = false;
	}

	if (pair->driver_asleep)
		return;
	while (scmi_ring_driver_get(&pair->driver, &cookie, &written) == 1) {
		struct slot *slot = cookie;
		uint32_t at = 0;

		assert_true(slot->out && slot->given);
		assert_int_equal(written, slot->written);
		for (uint16_t i = slot->readable_count;
		     i < slot->readable_count + slot->writable_count && at < written; i++) {
			uint8_t got[32];
			uint32_t part = slot->segments[i].size;

			if (part > written - at)
				part = written - at;
			ring_world_get(&pair->world, slot->segments[i].address, got, part);
			assert_memory_equal(got, slot->answer + at, part);
			at += part;
		}
		slot->out = false;
		pair->finished++;
	}
	if (ring_random(&pair->seed, 2)) {
		scmi_ring_driver_poll(&pair->driver);
		pair->driver_polls = true;
	} else {
		pair->driver_polls = false;
		pair->driver_sleeps++;
		pair->driver_asleep = scmi_ring_driver_sleep(&pair->driver) == 0;
		assert_true(pair->driver_asleep);
	}
}

static void device_takes(struct pair *pair, struct scmi_ring_chain *chain)
{
	struct slot *slot = pair->by_head[chain->head];
	uint8_t request[SLOT_SIZE];

	assert_non_null(slot);
	assert_true(slot->out && !slot->given);
	assert_int_equal(chain->head, slot->head);
	assert_int_equal(chain->readable, slot->readable);
	assert_int_equal(chain->writable, slot->writable);
	assert_int_equal(scmi_ring_chain_read(chain, request, sizeof(request)), slot->readable);
	assert_memory_equal(request, slot->request, slot->readable);
	if (slot->readable > 4)
		assert_int_equal(scmi_ring_chain_read(chain, request, 4), 4);
}

static void device_gives(struct pair *pair, struct scmi_ring_chain *chain)
{
	struct slot *slot = pair->by_head[chain->head];
	uint32_t first;

	slot->written = ring_random(&pair->seed, slot->writable + 1);
	for (uint32_t i = 0; i < slot->written; i++)
		slot->answer[i] = (uint8_t)ring_random(&pair->seed, 256);
	/* In two parts, the second one first. */
	first = ring_random(&pair->seed, slot->written + 1);
	assert_int_equal(scmi_ring_chain_write(chain, first, slot->answer + first,
					       slot->written - first), slot->written - first);
	assert_int_equal(scmi_ring_chain_write(chain, 0, slot->answer, first), first);
	slot->given = true;
	assert_int_equal(scmi_ring_device_give(&pair->device, chain->head, slot->written), 0);
	assert_int_equal(scmi_ring_device_give(&pair->device, chain->head, 0), -EINVAL);
}

static void device_turn(struct pair *pair)
{
	bool asleep = pair->driver_asleep, call;
	uint32_t given = 0, count;
	int result;

	if (!pair->device_asleep) {
		while ((result = scmi_ring_device_take(&pair->device,
						       &pair->held[pair->held_count])) == 1) {
			device_takes(pair, &pair->held[pair->held_count]);
			pair->held_count++;
		}
		assert_int_equal(result, 0);
	}
	/* Some of what it has, in any order; a sleeping one may have something slow left. */
	count = ring_random(&pair->seed, pair->held_count + 1u);
	for (; given < count; given++) {
		uint32_t which = ring_random(&pair->seed, pair->held_count);

		device_gives(pair, &pair->held[which]);
		pair->held[which] = pair->held[--pair->held_count];
	}
	call = scmi_ring_device_should_call(&pair->device);
	if (!given)
		assert_false(call);
	if (given && asleep)
		assert_true(call);
	if (pair->driver_polls)
		assert_false(call && !pair->device.event_idx);
	if (call) {
		pair->calls++;
		pair->driver_asleep = false;
	}
	assert_int_equal(pair->device.taken_count, pair->held_count);
	if (pair->device_asleep)
		return;
	if (ring_random(&pair->seed, 2)) {
		scmi_ring_device_poll(&pair->device);
		pair->device_polls = true;
	} else {
		pair->device_polls = false;
		pair->device_sleeps++;
		pair->device_asleep = scmi_ring_device_sleep(&pair->device) == 0;
		assert_true(pair->device_asleep);
	}
}

static void traffic(uint32_t num, uint16_t entries, uint64_t features, uint32_t messages)
{
	struct pair pair;

	pair_init(&pair, num, entries, features);
	while (pair.finished < messages) {
		driver_turn(&pair);
		device_turn(&pair);
	}
	assert_int_equal(pair.driver.out_count, pair.sent - pair.finished);
	if (features & SCMI_RING_F_EVENT_IDX) {
		/* One for each time that somebody slept, the first one, and one a round. */
		assert_in_range(pair.kicks, 1, pair.device_sleeps + 1 + pair.sent / 65536);
		assert_in_range(pair.calls, 1, pair.driver_sleeps + 1 + pair.sent / 65536);
	}
	pair_fini(&pair);
}

static void every_size_and_feature(void **state)
{
	static const uint64_t features[] = {0, SCMI_RING_F_INDIRECT, SCMI_RING_F_EVENT_IDX,
					    SCMI_RING_F_INDIRECT | SCMI_RING_F_EVENT_IDX};

	(void)state;
	for (uint32_t num = 1; num <= 256; num *= 2) {
		for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++) {
			uint16_t entries = num < TABLE_ENTRIES ? (uint16_t)num : TABLE_ENTRIES;

			traffic(num, entries, features[i], 2000);
			traffic(num, 0, features[i], 500);
		}
	}
}

/* Past 65535, where the indices begin again. */
static void indices_wrap(void **state)
{
	(void)state;
	traffic(1, 1, SCMI_RING_F_EVENT_IDX, 140000);
	traffic(16, 4, 0, 70000);
	traffic(16, 4, SCMI_RING_F_INDIRECT | SCMI_RING_F_EVENT_IDX, 140000);
	traffic(256, 0, SCMI_RING_F_EVENT_IDX, 70000);
}

/* The arithmetic against what it means: is index `event` one of those that were passed? */
static void event_is_passed(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		uint16_t old = (uint16_t)ring_random(&seed, 65536);
		uint32_t moved = ring_random(&seed, round % 50 ? 20 : 65537);
		uint16_t event = (uint16_t)(old - 10 + ring_random(&seed, 40));
		bool passed = false;

		for (uint32_t i = 0; i < moved; i++)
			passed |= (uint16_t)(old + i) == event;
		assert_int_equal(ring_event_passed(event, (uint16_t)(old + moved), moved), passed);
	}
	/* All the way round: every event was passed, also where old and new look the same. */
	assert_true(ring_event_passed(5, 77, 65536));
	assert_true(ring_event_passed(77, 77, 70000));
}

/* Where a device was stopped, another one goes on, with the chains that the first left behind. */
static void device_is_restarted(void **state)
{
	uint64_t features = SCMI_RING_F_EVENT_IDX | SCMI_RING_F_INDIRECT;
	struct scmi_ring_chain chain, again;
	struct scmi_ring_device *device;
	struct pair pair;
	uint16_t stopped, heads[4];
	void *cookie;
	uint32_t written;

	(void)state;
	pair_init(&pair, 16, 4, features);
	device = &pair.device;
	for (unsigned int i = 0; i < 6; i++)
		assert_true(driver_sends(&pair));
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(scmi_ring_device_take(device, &chain), 1);
		heads[i] = chain.head;
	}
	assert_int_equal(scmi_ring_device_give(device, heads[1], 0), 0);
	stopped = device->next_avail;
	assert_int_equal(stopped, 4);
	assert_int_equal(scmi_ring_device_init(device, &pair.world.memory, 16, device->descriptors,
					       device->avail, device->used, pair.taken, features,
					       stopped), 0);
	assert_int_equal(device->next_used, 1);
	for (unsigned int i = 0; i < 4; i++) {
		if (i == 1)
			continue;
		assert_int_equal(scmi_ring_device_retake(device, heads[i], &again), 1);
		device_takes(&pair, &again);
		assert_int_equal(scmi_ring_device_give(device, heads[i], 0), 0);
	}
	assert_true(scmi_ring_device_should_call(device));
	while (scmi_ring_device_take(device, &chain) == 1)
		assert_int_equal(scmi_ring_device_give(device, chain.head, 0), 0);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(scmi_ring_driver_get(&pair.driver, &cookie, &written), 1);
	assert_int_equal(scmi_ring_driver_get(&pair.driver, &cookie, &written), 0);
	pair_fini(&pair);
}

/* The memory is mapped elsewhere while a chain is out. Gone: nothing is touched. */
static void memory_moves(void **state)
{
	struct scmi_ring_chain chain;
	struct scmi_ring_device *device;
	struct pair pair;
	struct slot *slot;
	uint8_t bytes[SLOT_SIZE] = {0};
	uint8_t *old, *new;
	ptrdiff_t by;

	(void)state;
	pair_init(&pair, 8, 0, 0);
	device = &pair.device;
	do {
		assert_true(driver_sends(&pair));
		assert_int_equal(scmi_ring_device_take(device, &chain), 1);
		slot = pair.by_head[chain.head];
	} while (!slot->readable || !slot->writable);
	old = pair.world.regions[0];
	new = aligned_alloc(4096, WORLD_REGION);
	assert_non_null(new);
	memcpy(new, old, WORLD_REGION);
	by = (ptrdiff_t)((uintptr_t)new - (uintptr_t)old);
	assert_int_equal(scmi_ring_device_move(device, device->descriptors + by, device->avail + by,
					       device->used + by), 0);
	pair.world.regions[0] = new;
	free(old);
	device_takes(&pair, &chain);
	assert_int_equal(scmi_ring_chain_write(&chain, 0, bytes, chain.writable), chain.writable);
	/* No more than there is room for. */
	assert_int_equal(scmi_ring_chain_write(&chain, 1, bytes, sizeof(bytes)),
			 chain.writable - 1);
	assert_int_equal(scmi_ring_chain_write(&chain, chain.writable, bytes, 1), 0);
	pair.world.gone = WORLD_END;
	assert_int_equal(scmi_ring_chain_write(&chain, 0, bytes, chain.writable), 0);
	assert_int_equal(scmi_ring_chain_read(&chain, bytes, 1), 0);
	assert_int_equal(scmi_ring_device_give(device, chain.head, 0), 0);
	pair_fini(&pair);
}

/* Only the first piece of a chain is gone: what is behind it is not put in its place. */
static void memory_goes_in_part(void **state)
{
	struct scmi_ring_segment segments[] = {{WORLD_BORDER - 64, 8}, {WORLD_BORDER, 8},
					       {WORLD_BORDER - 32, 8}, {WORLD_BORDER + 32, 8}};
	uint8_t bytes[16] = "0123456789abcdef", got[16];
	struct scmi_ring_chain chain;
	struct pair pair;

	(void)state;
	pair_init(&pair, 4, 0, 0);
	assert_true(scmi_ring_driver_add(&pair.driver, segments, 2, 2, bytes) >= 0);
	assert_int_equal(scmi_ring_device_take(&pair.device, &chain), 1);
	pair.world.gone = WORLD_BORDER;
	assert_int_equal(scmi_ring_chain_read(&chain, got, 16), 0);
	assert_int_equal(scmi_ring_chain_write(&chain, 0, bytes, 16), 0);
	assert_int_equal(*ring_world_at(&pair.world, WORLD_BORDER + 32), 0);
	assert_int_equal(scmi_ring_chain_write(&chain, 8, bytes, 8), 8);
	pair_fini(&pair);
}

/* Whatever stands there as the event index before the device has written it. */
static void first_kick_is_made(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair, 4, 0, SCMI_RING_F_EVENT_IDX);
	ring_write16(pair.driver.used + ring_avail_event(4), 1000);
	ring_write16(pair.driver.avail + ring_used_event(4), 1000);
	assert_true(driver_sends(&pair));
	assert_true(scmi_ring_driver_should_kick(&pair.driver));
	assert_int_equal(scmi_ring_device_take(&pair.device, &pair.held[0]), 1);
	assert_int_equal(scmi_ring_device_give(&pair.device, pair.held[0].head, 0), 0);
	assert_true(scmi_ring_device_should_call(&pair.device));
	pair_fini(&pair);
}

static void driver_takes_back(void **state)
{
	struct pair pair;
	void *cookie;
	uint32_t back = 0;

	(void)state;
	pair_init(&pair, 16, 2, SCMI_RING_F_INDIRECT);
	while (driver_sends(&pair))
		;
	assert_int_not_equal(pair.sent, 0);
	while (scmi_ring_driver_reclaim(&pair.driver, &cookie)) {
		assert_true(((struct slot *)cookie)->out);
		((struct slot *)cookie)->out = false;
		back++;
	}
	assert_int_equal(back, pair.sent);
	assert_int_equal(pair.driver.free_count, 16);
	pair_fini(&pair);
}

static void what_does_not_fit(void **state)
{
	struct scmi_ring_segment segments[17];
	struct pair pair;
	int a, b;

	(void)state;
	for (unsigned int i = 0; i < 17; i++)
		segments[i] = (struct scmi_ring_segment){WORLD_BASE + 65536 + i * 64, 64};
	pair_init(&pair, 16, 0, 0);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 0, 0, &a), -EINVAL);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 17, 0, &a), -EINVAL);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, UINT16_MAX, UINT16_MAX, &a),
			 -EINVAL);
	segments[3].size = 0;
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 2, 2, &a), -EINVAL);
	segments[3].size = UINT32_MAX;
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 2, 2, &a), -EINVAL);
	segments[3].size = 64;
	assert_true(scmi_ring_driver_add(&pair.driver, segments, 8, 4, &a) >= 0);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 3, 2, &b), -ENOSPC);
	assert_true(scmi_ring_driver_add(&pair.driver, segments, 2, 2, &b) >= 0);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 1, 0, &b), -ENOSPC);
	pair_fini(&pair);

	/* A table takes one descriptor, however long the chain. */
	pair_init(&pair, 16, 4, SCMI_RING_F_INDIRECT);
	for (unsigned int i = 0; i < 16; i++)
		assert_true(scmi_ring_driver_add(&pair.driver, segments, 2, 2, &a) >= 0);
	assert_int_equal(scmi_ring_driver_add(&pair.driver, segments, 1, 1, &a), -ENOSPC);
	pair_fini(&pair);

	/* One buffer needs none. */
	pair_init(&pair, 16, 4, SCMI_RING_F_INDIRECT);
	a = scmi_ring_driver_add(&pair.driver, segments, 1, 0, &a);
	assert_in_range(a, 0, 15);
	assert_int_equal(pair.driver.descriptors[16 * a + 12], 0);
	pair_fini(&pair);
}

static void bad_set_ups(void **state)
{
	struct scmi_ring_layout layout;
	struct scmi_ring_device device;
	struct scmi_ring_driver driver;
	struct scmi_ring_slot notes[8];
	struct ring_world world;
	uint8_t taken[1], *memory;

	(void)state;
	ring_world_init(&world);
	memory = world.regions[0];
	for (uint32_t num = 0; num < 70000; num++) {
		bool good = false;

		for (uint32_t power = 1; power <= 32768; power *= 2)
			good |= num == power;
		assert_int_equal(scmi_ring_num_valid(num), good);
	}
	assert_int_equal(scmi_ring_layout(&layout, 3, 0), -EINVAL);
	assert_int_equal(scmi_ring_layout(&layout, 8, 9), -EINVAL);
	assert_int_equal(scmi_ring_layout(&layout, 32768, 32768), -EINVAL);
	assert_int_equal(scmi_ring_layout(&layout, 32768, 8), 0);
	assert_int_equal(scmi_ring_layout(&layout, 8, 0), 0);
	assert_true(layout.avail >= 128 && layout.used >= layout.avail + 22);
	assert_true(layout.used % 64 == 0 && layout.size >= layout.used + 70);

#define DEVICE(num, d, a, u)                                                                       \
	scmi_ring_device_init(&device, &world.memory, num, memory + (d), memory + (a),             \
			      memory + (u), taken, 0, 0)
	assert_int_equal(DEVICE(8, 0, 128, 192), 0);
	assert_int_equal(DEVICE(0, 0, 128, 192), -EINVAL);
	assert_int_equal(DEVICE(6, 0, 128, 192), -EINVAL);
	assert_int_equal(DEVICE(65536, 0, 128, 192), -EINVAL);
	assert_int_equal(DEVICE(8, 8, 128, 192), -EINVAL);
	assert_int_equal(DEVICE(8, 0, 129, 192), -EINVAL);
	assert_int_equal(DEVICE(8, 0, 128, 194), -EINVAL);
	assert_int_equal(scmi_ring_device_init(&device, &world.memory, 8, NULL, memory, memory,
					       taken, 0, 0), -EINVAL);
#define DRIVER(num, memory, address)                                                               \
	scmi_ring_driver_init(&driver, num, 0, memory, address, notes, 0)
	assert_int_equal(DRIVER(8, memory, WORLD_BASE), 0);
	assert_int_equal(DRIVER(7, memory, WORLD_BASE), -EINVAL);
	assert_int_equal(DRIVER(8, memory + 8, WORLD_BASE), -EINVAL);
	assert_int_equal(DRIVER(8, memory, WORLD_BASE + 8), -EINVAL);
	assert_int_equal(DRIVER(8, memory, UINT64_MAX - 15), -EINVAL);
	assert_int_equal(DRIVER(8, NULL, WORLD_BASE), -EINVAL);
	ring_world_fini(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_and_feature),
		cmocka_unit_test(indices_wrap),
		cmocka_unit_test(event_is_passed),
		cmocka_unit_test(device_is_restarted),
		cmocka_unit_test(memory_moves),
		cmocka_unit_test(memory_goes_in_part),
		cmocka_unit_test(first_kick_is_made),
		cmocka_unit_test(driver_takes_back),
		cmocka_unit_test(what_does_not_fit),
		cmocka_unit_test(bad_set_ups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
