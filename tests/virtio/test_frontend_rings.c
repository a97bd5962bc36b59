/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of virtio against a device that the test plays: events, waiting, and the end. */
#define _GNU_SOURCE

#include "frontend_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Where a queue's ring stands in the shared memory, here. */
static uint8_t *at_ring(struct pair *pair, const struct played_queue *queue)
{
	return pair->platform.memory + (queue->descriptors - pair->platform.region.user_address);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void events_come_for_ever(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	for (uint32_t i = 0; i < 300; i++) {
		played_event(&pair.platform, &i, sizeof(i));
		if (i % 50)
			continue;
		assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
		assert_int_equal(pair.told.received, i + 1);
		assert_memory_equal(pair.told.message, &i, sizeof(i));
	}
	pair_close(&pair);
}

/* A device that ran out of buffers is kicked when there are some again. */
static void new_buffers_are_told(void **state)
{
	static struct pair pair;
	struct scmi_ring_device *ring = &pair.platform.queues[VIRTIO_SCMI_EVENTS].ring;
	struct scmi_ring_chain chain;
	uint32_t count = 0;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	played_kicks(&pair.platform, VIRTIO_SCMI_EVENTS);
	while (scmi_ring_device_take(ring, &chain) == 1) {
		played_give(&pair.platform, VIRTIO_SCMI_EVENTS, &chain, &count, sizeof(count));
		count++;
	}
	assert_int_equal(count, 64);
	assert_int_equal(scmi_ring_device_sleep(ring), 0);
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 64);
	assert_int_equal(played_kicks(&pair.platform, VIRTIO_SCMI_EVENTS), 1);
	assert_int_equal(scmi_ring_device_take(ring, &chain), 1);
	pair_close(&pair);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void the_descriptor(void **state)
{
	static struct pair pair;
	uint32_t word = 3;
	int fd;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	/* What came before anybody asked is found, though the device did not call for it. */
	for (unsigned i = 0; i < 2; i++) {
		echo(&pair, i);
		played_event(&pair.platform, &word, sizeof(word));
		if (!i)
			assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	}
	fd = agent->fd(pair.device);
	assert_true(readable(fd));
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 4);
	assert_false(readable(fd));
	for (unsigned i = 0; i < 100; i++) {
		played_event(&pair.platform, &word, sizeof(word));
		assert_true(readable(fd));
		assert_int_equal(agent->dispatch(pair.device), 0);
		assert_int_equal(pair.told.received, 2 * i + 5);
		assert_false(readable(fd));
		/* After a wait as well, which does not ask for calls while it looks. */
		echo(&pair, i);
	}
	pair_close(&pair);
}

/* While somebody looks, the device need not call; when he sleeps it must. */
static void calls_are_for_sleepers(void **state)
{
	static struct pair pair;
	struct scmi_ring_chain chain;
	uint32_t word = 3;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	played_command(&pair.platform, &chain, &word, sizeof(word));
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word));
	assert_int_equal(agent->dispatch(pair.device), 0);
	played_command(&pair.platform, &chain, &word, sizeof(word));
	assert_false(played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word)));
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 2);
	assert_int_equal(agent->wait(pair.device, NS_PER_MS), -ETIMEDOUT);
	played_command(&pair.platform, &chain, &word, sizeof(word));
	assert_true(played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word)));
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	assert_int_equal(pair.told.received, 3);
	pair_close(&pair);
}

static void calls_for_nothing(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	for (unsigned i = 0; i < 3; i++) {
		eventfd_write(pair.platform.queues[VIRTIO_SCMI_COMMANDS].call, 1);
		assert_int_equal(agent->wait(pair.device, NS_PER_MS), -ETIMEDOUT);
	}
	assert_int_equal(pair.told.received, 0);
	echo(&pair, 1);
	pair_close(&pair);
}

/* ---- a device that would keep us waiting ------------------------------------------------------ */

/* Writing to it as everybody does waits from now on. */
static void fill(int eventfd)
{
	eventfd_t count;

	if (readable(eventfd))
		assert_int_equal(eventfd_read(eventfd, &count), 0);
	assert_int_equal(eventfd_write(eventfd, UINT64_MAX - 1), 0);
	assert_int_equal(fcntl(eventfd, F_SETFL, 0), 0);
}

static void full_kicks(void **state)
{
	static struct pair pair;
	struct scmi_ring_chain chain;
	uint32_t word = 7;

	(void)state;
	alarm(10);
	pair_init(&pair);
	pair_open(&pair, 4);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		fill(pair.platform.queues[i].kick);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	assert_int_equal(agent->wait(pair.device, NS_PER_MS), -ETIMEDOUT);
	/* New buffers for events are kicked for as well. */
	while (scmi_ring_device_take(&pair.platform.queues[VIRTIO_SCMI_EVENTS].ring, &chain) == 1)
		played_give(&pair.platform, VIRTIO_SCMI_EVENTS, &chain, &word, sizeof(word));
	assert_int_equal(scmi_ring_device_sleep(&pair.platform.queues[VIRTIO_SCMI_EVENTS].ring), 0);
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 64);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		assert_true(played_kicks(&pair.platform, i));
	assert_int_equal(played_command(&pair.platform, &chain, &word, sizeof(word)), sizeof(word));
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word));
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	assert_int_equal(scmi_ring_device_sleep(&pair.platform.queues[VIRTIO_SCMI_COMMANDS].ring), 0);
	echo(&pair, 8);
	assert_int_equal(played_kicks(&pair.platform, VIRTIO_SCMI_COMMANDS), 1);
	pair_close(&pair);
	alarm(0);
}

/* Who sleeps on the descriptor is woken by us as well, and sees everything. */
static void full_calls(void **state)
{
	static struct pair pair;
	uint32_t word = 7;
	int fd;

	(void)state;
	alarm(10);
	pair_init(&pair);
	pair_open(&pair, 4);
	played_event(&pair.platform, &word, sizeof(word));
	fill(pair.platform.queues[VIRTIO_SCMI_COMMANDS].call);
	fd = agent->fd(pair.device);
	assert_true(readable(fd));
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 1);
	/* One that is empty, and would be waited for. */
	assert_true(read(pair.platform.queues[VIRTIO_SCMI_COMMANDS].call, &(uint64_t){0}, 8) == 8);
	assert_int_equal(agent->wait(pair.device, NS_PER_MS), -ETIMEDOUT);
	echo(&pair, 8);
	pair_close(&pair);
	alarm(0);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void expect_end(struct pair *pair, int error)
{
	uint32_t word = 0;
	int result = 0;

	/* One who polls looks at the socket now and then only. */
	for (unsigned i = 0; i < 100 && !result; i++)
		result = agent->dispatch(pair->device);
	assert_int_equal(result, -ENODEV);
	assert_int_equal(pair->told.closed, 1);
	assert_int_equal(pair->told.error, error);
	assert_int_equal(agent->send(pair->device, &word, sizeof(word)), -ENODEV);
	assert_int_equal(agent->dispatch(pair->device), -ENODEV);
	assert_int_equal(agent->wait(pair->device, SCMI_NEVER), -ENODEV);
	assert_int_equal(pair->told.closed, 1);
	pair_close(pair);
}

static void the_device_goes(void **state)
{
	static struct pair pair;
	uint32_t word = 7;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	played_event(&pair.platform, &word, sizeof(word));
	played_hang_up(&pair.platform);
	/* What it still said comes first. */
	agent->wait(pair.device, SCMI_NEVER);
	assert_int_equal(pair.told.received, 1);
	expect_end(&pair, -ENODEV);

	pair_init(&pair);
	pair_open(&pair, 4);
	played_hang_up(&pair.platform);
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), -ENODEV);
	expect_end(&pair, -ENODEV);

	pair_init(&pair);
	pair_open(&pair, 4);
	assert_false(readable(agent->fd(pair.device)));
	played_hang_up(&pair.platform);
	assert_true(readable(agent->fd(pair.device)));
	expect_end(&pair, -ENODEV);
}

static void the_device_is_mad(void **state)
{
	static struct pair pair;
	struct played_queue *commands = &pair.platform.queues[VIRTIO_SCMI_COMMANDS];
	struct scmi_ring_chain chain;
	uint32_t word = 7;
	uint8_t *entry;

	(void)state;
	/* A head that it does not have. */
	pair_init(&pair);
	pair_open(&pair, 4);
	agent->send(pair.device, &word, sizeof(word));
	played_command(&pair.platform, &chain, &word, sizeof(word));
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word));
	entry = commands->ring.used + 4;
	entry[0] ^= 1;
	expect_end(&pair, -EPROTO);
	/* More bytes than there is room for. */
	pair_init(&pair);
	pair_open(&pair, 4);
	agent->send(pair.device, &word, sizeof(word));
	played_command(&pair.platform, &chain, &word, sizeof(word));
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, &word, sizeof(word));
	entry = commands->ring.used + 8;
	entry[1] = 0xff;
	expect_end(&pair, -EPROTO);
	/* It says that it does not understand the ring. */
	pair_init(&pair);
	pair_open(&pair, 4);
	eventfd_write(commands->error, 1);
	expect_end(&pair, -EPROTO);
	/* It speaks when it was not asked. */
	pair_init(&pair);
	pair_open(&pair, 4);
	assert_int_equal(write(pair.platform.socket, "twelve bytes", 12), 12);
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), -ENODEV);
	expect_end(&pair, -EPROTO);
}

/* Whatever stands in the memory, nothing happens but that the device is given up. */
static void anything_in_the_memory(void **state)
{
	static struct pair pair;
	struct scmi_ring_layout layout;
	uint32_t random = 1, given_up = 0;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct played_queue *queue = &pair.platform.queues[round % VIRTIO_SCMI_QUEUES];

		pair_init(&pair);
		pair_open(&pair, 4);
		scmi_ring_layout(&layout, queue->num, 0);
		for (unsigned i = 0; i < 100 && !pair.told.closed; i++) {
			uint8_t *used = at_ring(&pair, queue) + layout.used;

			agent->send(pair.device, &random, sizeof(random));
			for (unsigned j = 0; j < 8; j++) {
				random = random * 1664525 + 1013904223;
				/* The index moves by little, or else nothing but it is looked at. */
				if (j == 0)
					used[2] = (uint8_t)(random >> 24) & 3;
				else
					used[4 + (random >> 8) % 32] = (uint8_t)(random >> 24) & 0x13;
			}
			agent->dispatch(pair.device);
			assert_true(pair.told.size <= 256);
		}
		assert_true(pair.told.closed <= 1);
		given_up += pair.told.closed;
		pair_close(&pair);
	}
	assert_true(given_up > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_for_ever),
		cmocka_unit_test(new_buffers_are_told),
		cmocka_unit_test(the_descriptor),
		cmocka_unit_test(calls_are_for_sleepers),
		cmocka_unit_test(calls_for_nothing),
		cmocka_unit_test(full_kicks),
		cmocka_unit_test(full_calls),
		cmocka_unit_test(the_device_goes),
		cmocka_unit_test(the_device_is_mad),
		cmocka_unit_test(anything_in_the_memory),
	};

	return cmocka_run_group_tests(tests, find_agent, clean);
}
