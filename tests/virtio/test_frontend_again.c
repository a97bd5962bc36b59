/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of virtio, and a device that goes and comes back. */
#define _GNU_SOURCE

#include "played_device.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../transports/host.h"
#include "transports/builtin.h"

#define NAME "device.vhost"
#define FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOL_FEATURES (VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK)
#define WITH_RECORD	  (PROTOCOL_FEATURES | VHOST_USER_PROTOCOL_INFLIGHT)
#define NS_PER_MS	  1000000u
#define MESSAGES	  4u

static const struct scmi_transport_agent_ops *agent;
static struct played_device platform;
static struct scmi_transport_device *device;
static struct told told;
static struct scmi_transport_agent_callbacks callbacks;
static unsigned lost;

static void on_lost(void *ctx)
{
	assert_ptr_equal(ctx, &told);
	lost++;
}

static void device_comes(uint64_t features, uint64_t protocol_features)
{
	memset(&platform, 0, sizeof(platform));
	platform.features = features;
	platform.protocol_features = protocol_features;
	platform.queue_count = 2;
	played_start(&platform, temporary_path(NAME));
}

static void begin(uint64_t protocol_features)
{
	const struct scmi_transport_settings settings = {
		.response_timeout_ms = 60000,
		.messages_max = MESSAGES,
		.message_size_max = 256,
	};
	struct scmi_transport_limits limits;
	char why[256] = "";

	memset(&told, 0, sizeof(told));
	lost = 0;
	callbacks = told_callbacks;
	callbacks.size = sizeof(callbacks);
	callbacks.lost = on_lost;
	device_comes(FEATURES, protocol_features);
	if (agent->open(&device, temporary_path(NAME), &settings, &callbacks, &told, &limits, why,
			sizeof(why)))
		fail_msg("%s", why);
	played_take_over(&platform);
}

static void end(void)
{
	assert_int_equal(told.closed, 0);
	agent->close(device);
	played_stop(&platform);
}

/* Until the new device has everything; by whatever the host waits with. */
static void until_started(bool with_fd)
{
	uint32_t request = VHOST_USER_SET_VRING_ENABLE;

	while (__atomic_load_n(&platform.seen[request], __ATOMIC_ACQUIRE) < 2) {
		struct pollfd readable = {.events = POLLIN};

		if (with_fd) {
			readable.fd = agent->fd(device);
			assert_int_equal(poll(&readable, 1, 60000), 1);
			assert_int_equal(agent->dispatch(device), 0);
		} else {
			agent->wait(device, NS_PER_MS);
		}
	}
	/* Its last acknowledgement may still be on the way. */
	for (unsigned i = 0; i < 5; i++)
		agent->wait(device, NS_PER_MS);
}

static void command(uint32_t word)
{
	assert_int_equal(agent->send(device, &word, sizeof(word)), 0);
}

static void take(struct scmi_ring_chain *chain, uint32_t word)
{
	uint32_t got = 0;

	assert_int_equal(played_command(&platform, chain, &got, sizeof(got)), sizeof(got));
	assert_int_equal(got, word);
}

static void give(const struct scmi_ring_chain *chain, uint32_t word)
{
	unsigned before = told.received;

	played_give(&platform, VIRTIO_SCMI_COMMANDS, chain, &word, sizeof(word));
	while (told.received == before)
		assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
	assert_int_equal(told.received, before + 1);
	assert_memory_equal(told.message, &word, sizeof(word));
}

static void works(void)
{
	struct scmi_ring_chain chain;

	for (uint32_t i = 0; i < 3 * MESSAGES; i++) {
		command(i);
		take(&chain, i);
		give(&chain, ~i);
		played_event(&platform, &i, sizeof(i));
		assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
	}
}

/* Nobody knows what became of the commands: told once, and then everything is as new. */
static void without_a_record(void **state)
{
	(void)state;
	for (unsigned with_fd = 0; with_fd < 2; with_fd++) {
		struct scmi_ring_chain chain;
		uint32_t word = 0;
		int fd = -1;

		begin(PROTOCOL_FEATURES);
		if (with_fd)
			fd = agent->fd(device);
		command(1);
		command(2);
		take(&chain, 1);
		played_stop(&platform);
		while (!lost)
			assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
		assert_int_equal(agent->send(device, &word, sizeof(word)), -EAGAIN);
		assert_int_equal(agent->wait(device, NS_PER_MS), -ETIMEDOUT);
		device_comes(FEATURES, PROTOCOL_FEATURES);
		until_started(with_fd);
		if (with_fd)
			assert_int_equal(agent->fd(device), fd);
		played_take_over(&platform);
		/* All of the messages can be under way again. */
		for (uint32_t i = 0; i < MESSAGES; i++)
			command(i);
		assert_int_equal(agent->send(device, &word, sizeof(word)), -EAGAIN);
		for (uint32_t i = 0; i < MESSAGES; i++) {
			take(&chain, i);
			give(&chain, i);
		}
		works();
		assert_int_equal(lost, 1);
		end();
	}
}

/* The next device has the record, finishes what was taken, and takes what was not. */
static void with_a_record(void **state)
{
	struct scmi_ring_chain first, second, third;
	struct stat before, after;
	uint16_t head;

	(void)state;
	begin(WITH_RECORD);
	assert_int_equal(platform.seen[VHOST_USER_GET_INFLIGHT_FD], 1);
	assert_int_equal(fstat(platform.record_fd, &before), 0);
	command(1);
	command(2);
	take(&first, 1);
	take(&second, 2);
	give(&second, 22);
	head = first.head;
	played_stop(&platform);
	assert_int_equal(agent->wait(device, 20 * NS_PER_MS), 0);
	command(3); /* for whoever comes */
	assert_int_equal(told.received, 1);
	device_comes(FEATURES, WITH_RECORD);
	until_started(false);
	assert_int_equal(platform.seen[VHOST_USER_GET_INFLIGHT_FD], 0);
	assert_int_equal(fstat(platform.record_fd, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* One is used, and one was taken behind it. */
	assert_int_equal(platform.queues[VIRTIO_SCMI_COMMANDS].base, 1);
	platform.queues[VIRTIO_SCMI_COMMANDS].base++;
	played_take_over(&platform);
	assert_int_equal(scmi_ring_device_retake(
				 &platform.queues[VIRTIO_SCMI_COMMANDS].ring, head, &first),
			 1);
	take(&third, 3);
	give(&third, 33);
	give(&first, 11);
	works();
	assert_int_equal(lost, 0);
	end();
}

/* The next one cannot read it, or does not want it. */
static void a_record_for_nobody(void **state)
{
	(void)state;
	begin(WITH_RECORD);
	command(1);
	played_stop(&platform);
	device_comes(FEATURES, PROTOCOL_FEATURES);
	until_started(false);
	assert_int_equal(lost, 1);
	played_take_over(&platform);
	works();
	assert_int_equal(lost, 1);
	/* And the one behind that has one again. */
	played_stop(&platform);
	device_comes(FEATURES, WITH_RECORD);
	until_started(true);
	assert_int_equal(platform.seen[VHOST_USER_GET_INFLIGHT_FD], 1);
	played_take_over(&platform);
	assert_true(platform.record_fd >= 0);
	works();
	assert_int_equal(lost, 2);
	end();
}

/* One that hangs up, refuses, or says nonsense in the middle is tried again. */
static void not_at_once(void **state)
{
	static const uint32_t points[] = {VHOST_USER_GET_FEATURES, VHOST_USER_SET_FEATURES,
					  VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_ENABLE};

	(void)state;
	begin(WITH_RECORD);
	command(1);
	for (size_t i = 0; i < 3 * sizeof(points) / sizeof(points[0]); i++) {
		uint32_t point = points[i / 3];

		played_stop(&platform);
		memset(&platform, 0, sizeof(platform));
		platform.features = FEATURES;
		platform.protocol_features = WITH_RECORD;
		platform.queue_count = 2;
		if (i % 3 == 0)
			platform.hang_up_at = point;
		else if (i % 3 == 1)
			platform.mangle = point;
		else
			platform.misflag = point;
		played_start(&platform, temporary_path(NAME));
		while (!__atomic_load_n(&platform.seen[VHOST_USER_SET_OWNER], __ATOMIC_ACQUIRE))
			agent->wait(device, NS_PER_MS);
		for (unsigned j = 0; j < 3; j++)
			agent->wait(device, NS_PER_MS);
	}
	played_stop(&platform);
	device_comes(FEATURES, WITH_RECORD);
	until_started(false);
	played_take_over(&platform);
	assert_int_equal(lost, 0);
	assert_int_equal(told.closed, 0);
	end();
}

/* It never comes, or another one comes that cannot do what it could. */
static void given_up(void **state)
{
	(void)state;
	for (unsigned worse = 0; worse < 2; worse++) {
		uint32_t word = 0;
		int got;

		begin(PROTOCOL_FEATURES);
		command(1);
		played_stop(&platform);
		if (worse)
			device_comes(FEATURES & ~VIRTIO_F_EVENT_IDX, PROTOCOL_FEATURES);
		do {
			got = agent->wait(device, SCMI_NEVER);
		} while (!got);
		assert_int_equal(got, -ENODEV);
		assert_int_equal(told.closed, 1);
		assert_int_equal(told.error, -ENODEV);
		assert_int_equal(lost, 1);
		assert_int_equal(agent->send(device, &word, sizeof(word)), -ENODEV);
		assert_int_equal(agent->dispatch(device), -ENODEV);
		agent->close(device);
		if (worse)
			played_stop(&platform);
	}
}

static int find_agent(void **state)
{
	(void)state;
	agent = scmi_transport_virtio.agent;
	return agent ? 0 : -1;
}

static int clean(void **state)
{
	(void)state;
	temporary_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_record), cmocka_unit_test(with_a_record),
		cmocka_unit_test(a_record_for_nobody), cmocka_unit_test(not_at_once),
		cmocka_unit_test(given_up),
	};

	return cmocka_run_group_tests(tests, find_agent, clean);
}
