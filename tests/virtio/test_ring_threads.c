/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two sides of a ring in two threads, each of which sleeps whenever it may: what one wrote the
 * other sees, and nobody sleeps through it. A notification that is lost makes this hang.
 */
#include "ring_world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#define MESSAGES 100000u
#define NUM_MAX	 64u
#define BUFFERS	 (WORLD_BASE + 0x20000)

struct both {
	struct ring_world world;
	struct scmi_ring_layout layout;
	struct scmi_ring_driver driver;
	struct scmi_ring_slot notes[NUM_MAX];
	uint8_t taken[SCMI_RING_TAKEN_SIZE(NUM_MAX)];
	uint8_t *memory;
	uint32_t num;
	uint64_t features;
	int kick, call;
	atomic_uint device_sleeps;
	bool device_failed;
};

static void notify(int fd)
{
	uint64_t one = 1;
	ssize_t ignored = write(fd, &one, sizeof(one));

	(void)ignored;
}

static void wait_for(int fd)
{
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof(count));

	(void)ignored;
}

/* Answers each number with its complement; now and then one waits, so the order changes. */
static void *device_thread(void *arg)
{
	struct both *both = arg;
	struct scmi_ring_device ring;
	struct scmi_ring_chain chain, late;
	uint32_t done = 0, value;
	bool has_late = false;
	int got;

	if (scmi_ring_device_init(&ring, &both->world.memory, both->num, both->memory,
				  both->memory + both->layout.avail,
				  both->memory + both->layout.used, both->taken, both->features, 0))
		goto fail;
	while (done < MESSAGES) {
		got = scmi_ring_device_take(&ring, &chain);
		if (got < 0)
			goto fail;
		if (got && !has_late && (done & 7) == 3) {
			late = chain;
			has_late = true;
			continue;
		}
		if (!got && has_late) {
			chain = late;
			has_late = false;
			got = 1;
		}
		if (got) {
			if (scmi_ring_chain_read(&chain, &value, 4) != 4)
				goto fail;
			value = ~value;
			if (scmi_ring_chain_write(&chain, 0, &value, 4) != 4 ||
			    scmi_ring_device_give(&ring, chain.head, 4))
				goto fail;
			done++;
			if (scmi_ring_device_should_call(&ring))
				notify(both->call);
			continue;
		}
		if (scmi_ring_device_sleep(&ring) == 0) {
			atomic_fetch_add(&both->device_sleeps, 1);
			wait_for(both->kick);
		}
	}
	return NULL;

fail:
	both->device_failed = true;
	notify(both->call);
	return NULL;
}

static void numbers_through(uint32_t num, uint16_t entries, uint64_t features)
{
	static struct both both;
	static bool out[NUM_MAX];
	uint32_t sent = 0, back = 0, sum = 0, expected = 0, written, value;
	pthread_t thread;
	void *cookie;
	int got;

	memset(&both, 0, sizeof(both));
	memset(out, 0, sizeof(out));
	ring_world_init(&both.world);
	both.num = num;
	both.features = features;
	both.memory = both.world.regions[0];
	both.kick = eventfd(0, EFD_CLOEXEC);
	both.call = eventfd(0, EFD_CLOEXEC);
	assert_true(both.kick >= 0 && both.call >= 0);
	assert_int_equal(scmi_ring_layout(&both.layout, num, entries), 0);
	assert_int_equal(scmi_ring_driver_init(&both.driver, num, entries, both.memory, WORLD_BASE,
					       both.notes, features), 0);
	assert_int_equal(pthread_create(&thread, NULL, device_thread, &both), 0);

	while (back < MESSAGES) {
		/* At most half of what fits, or the ring would never be empty. */
		for (uint32_t i = 0; i < (num + 3) / 4 && sent < MESSAGES; i++) {
			uint64_t at = BUFFERS + 128 * i;
			struct scmi_ring_segment segments[] = {{at, 4}, {at + 64, 4}};

			if (out[i])
				continue;
			memcpy(ring_world_at(&both.world, at), &sent, 4);
			expected += ~sent;
			assert_true(scmi_ring_driver_add(&both.driver, segments, 1, 1, &out[i]) >=
				    0);
			out[i] = true;
			sent++;
			if (scmi_ring_driver_should_kick(&both.driver))
				notify(both.kick);
		}
		got = scmi_ring_driver_get(&both.driver, &cookie, &written);
		assert_false(got < 0 || both.device_failed);
		if (got) {
			size_t slot = (size_t)((bool *)cookie - out);

			assert_int_equal(written, 4);
			memcpy(&value, ring_world_at(&both.world, BUFFERS + 128 * slot + 64), 4);
			sum += value;
			*(bool *)cookie = false;
			back++;
			continue;
		}
		if (scmi_ring_driver_sleep(&both.driver) == 0)
			wait_for(both.call);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(sum, expected);
	assert_int_equal(both.driver.out_count, 0);
	assert_true(both.device_sleeps > 0);
	close(both.kick);
	close(both.call);
	ring_world_fini(&both.world);
}

static void one_at_a_time(void **state)
{
	(void)state;
	numbers_through(2, 0, 0);
	numbers_through(2, 2, SCMI_RING_F_EVENT_IDX | SCMI_RING_F_INDIRECT);
}

static void many_at_a_time(void **state)
{
	(void)state;
	numbers_through(64, 0, 0);
	numbers_through(64, 0, SCMI_RING_F_EVENT_IDX);
	numbers_through(16, 2, SCMI_RING_F_EVENT_IDX | SCMI_RING_F_INDIRECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(many_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
