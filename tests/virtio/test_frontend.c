/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of virtio against a device that the test plays. */
#define _GNU_SOURCE

#include "played_device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../transports/host.h"
#include "transports/builtin.h"

#define NAME "device.vhost"
#define ALL_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define NS_PER_MS 1000000u

static const struct scmi_transport_agent_ops *agent;

struct pair {
	struct played_device platform;
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	struct told told;
};

static void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->platform.features = ALL_FEATURES;
	pair->platform.protocol_features = VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK;
	pair->platform.queue_count = 2;
}

static int pair_try(struct pair *pair, uint32_t timeout_ms, uint32_t messages_max, char *why,
		    size_t why_size)
{
	const struct scmi_transport_settings settings = {
		.response_timeout_ms = timeout_ms,
		.messages_max = messages_max,
		.message_size_max = 256,
	};

	played_start(&pair->platform, temporary_path(NAME));
	return agent->open(&pair->device, temporary_path(NAME), &settings, &told_callbacks,
			   &pair->told, &pair->limits, why, why_size);
}

static void pair_open(struct pair *pair, uint32_t messages_max)
{
	char why[256] = "";
	int error = pair_try(pair, 60000, messages_max, why, sizeof(why));

	if (error)
		fail_msg("%d: %s", error, why);
	played_take_over(&pair->platform);
}

static void pair_close(struct pair *pair)
{
	agent->close(pair->device);
	played_stop(&pair->platform);
}

/* A command through the device and back. */
static void echo(struct pair *pair, uint32_t word)
{
	struct scmi_ring_chain chain;
	unsigned before = pair->told.received;
	uint32_t got[2] = {0, 0};
	uint32_t command[2] = {word, ~word};

	assert_int_equal(agent->send(pair->device, command, sizeof(command)), 0);
	assert_int_equal(played_command(&pair->platform, &chain, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, command, sizeof(got));
	assert_int_equal(chain.writable, 256);
	played_give(&pair->platform, VIRTIO_SCMI_COMMANDS, &chain, got, sizeof(got));
	assert_int_equal(agent->wait(pair->device, SCMI_NEVER), 0);
	assert_int_equal(pair->told.received, before + 1);
	assert_int_equal(pair->told.size, sizeof(command));
	assert_memory_equal(pair->told.message, command, sizeof(command));
}

static bool readable(int fd)
{
	struct pollfd state = {.fd = fd, .events = POLLIN};

	return poll(&state, 1, 0) == 1;
}

/* Where a queue's ring stands in the shared memory, here. */
static uint8_t *at_ring(struct pair *pair, const struct played_queue *queue)
{
	return pair->platform.memory + (queue->descriptors - pair->platform.region.user_address);
}

/* ---- agreeing -------------------------------------------------------------------------------- */

/* Whatever of the optional parts a device has, it works. */
static void any_device_will_do(void **state)
{
	static const uint64_t bits[] = {VIRTIO_F_EVENT_IDX, VIRTIO_SCMI_F_P2A_CHANNELS,
					VHOST_USER_F_PROTOCOL_FEATURES};
	static const uint64_t protocol_bits[] = {VHOST_USER_PROTOCOL_MQ,
						 VHOST_USER_PROTOCOL_REPLY_ACK};
	static struct pair pair;

	(void)state;
	for (unsigned chosen = 0; chosen < 32; chosen++) {
		const struct played_device *platform = &pair.platform;

		pair_init(&pair);
		for (unsigned i = 0; i < 3; i++)
			pair.platform.features &= chosen >> i & 1 ? ~bits[i] : ~(uint64_t)0;
		for (unsigned i = 0; i < 2; i++)
			pair.platform.protocol_features &=
				chosen >> (3 + i) & 1 ? ~protocol_bits[i] : ~(uint64_t)0;
		pair_open(&pair, 4);
		assert_true(platform->owned);
		assert_true(platform->agreed & VIRTIO_F_VERSION_1);
		assert_int_equal(platform->agreed & ~platform->features, 0);
		assert_int_equal(platform->protocol_agreed & ~platform->protocol_features, 0);
		assert_int_equal(pair.limits.p2a,
				 !!(platform->features & VIRTIO_SCMI_F_P2A_CHANNELS));
		assert_int_equal(platform->queues[VIRTIO_SCMI_EVENTS].set, pair.limits.p2a);
		if (platform->features & VHOST_USER_F_PROTOCOL_FEATURES)
			assert_true(platform->queues[VIRTIO_SCMI_COMMANDS].enabled);
		else
			assert_int_equal(platform->seen[VHOST_USER_SET_VRING_ENABLE], 0);
		assert_true(played_kicks(&pair.platform, VIRTIO_SCMI_COMMANDS) > 0);
		for (uint32_t i = 0; i < 20; i++)
			echo(&pair, i);
		pair_close(&pair);
	}
}

/* What nobody asked for is not agreed to. */
static void nothing_else_is_agreed(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.platform.features = ~(uint64_t)0;
	pair.platform.protocol_features = ~(uint64_t)0;
	pair_open(&pair, 4);
	assert_int_equal(pair.platform.agreed & ~ALL_FEATURES, 0);
	assert_int_equal(pair.platform.protocol_agreed,
			 VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK);
	echo(&pair, 1);
	pair_close(&pair);
}

static void one_queue_has_no_events(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.platform.queue_count = 1;
	pair_open(&pair, 4);
	assert_false(pair.limits.p2a);
	assert_int_equal(pair.platform.agreed & VIRTIO_SCMI_F_P2A_CHANNELS, 0);
	assert_false(pair.platform.queues[VIRTIO_SCMI_EVENTS].set);
	echo(&pair, 1);
	pair_close(&pair);
}

static void expect_failure(struct pair *pair, uint32_t timeout_ms, int error, const char *words)
{
	char why[256] = "";

	assert_int_equal(pair_try(pair, timeout_ms, 4, why, sizeof(why)), error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
	assert_int_equal(pair->told.closed, 0);
	played_stop(&pair->platform);
}

static void what_is_no_device(void **state)
{
	static struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.platform.features &= ~VIRTIO_F_VERSION_1;
	expect_failure(&pair, 60000, -EPROTO, "older than 1.0");
	pair_init(&pair);
	pair.platform.mangle = VHOST_USER_GET_FEATURES;
	expect_failure(&pair, 60000, -EPROTO, "wrong reply");
	pair_init(&pair);
	pair.platform.misflag = VHOST_USER_GET_FEATURES;
	expect_failure(&pair, 60000, -EPROTO, "wrong reply");
	pair_init(&pair);
	pair.platform.refuse = VHOST_USER_SET_VRING_KICK;
	expect_failure(&pair, 60000, -EPROTO, "refused vhost-user request 12");
	pair_init(&pair);
	pair.platform.ignore = VHOST_USER_GET_FEATURES;
	expect_failure(&pair, 20, -ETIMEDOUT, "does not answer");
}

static void hung_up_at_any_point(void **state)
{
	static const uint32_t points[] = {
		VHOST_USER_SET_OWNER,	     VHOST_USER_GET_FEATURES,
		VHOST_USER_SET_FEATURES,     VHOST_USER_GET_QUEUE_NUM,
		VHOST_USER_SET_MEM_TABLE,    VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_ADDR,   VHOST_USER_SET_VRING_CALL,
		VHOST_USER_SET_VRING_ENABLE,
	};
	static struct pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		pair_init(&pair);
		pair.platform.hang_up_at = points[i];
		expect_failure(&pair, 60000, -ECONNRESET, "ended the connection");
	}
}

static void expect_open_error(const char *path, const struct scmi_transport_settings *settings,
			      int error, const char *words)
{
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	char why[256] = "";

	assert_int_equal(agent->open(&device, path, settings, &told_callbacks, NULL, &limits, why,
				     sizeof(why)),
			 error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void why_it_does_not_open(void **state)
{
	const struct scmi_transport_settings none = {.response_timeout_ms = 20};
	const struct scmi_transport_settings many = {.messages_max = 513};
	const struct scmi_transport_settings large = {.message_size_max = 65537};
	char path[200];

	(void)state;
	expect_open_error(temporary_path("none"), &none, -ENOENT, "there is no socket");
	expect_open_error("", &none, -EINVAL, "1 to 107 characters");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_open_error(path, &none, -ENAMETOOLONG, "1 to 107 characters");
	close(open(temporary_path("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	expect_open_error(temporary_path("file"), &none, -ENOTSOCK, "is not a socket");
	expect_open_error("x", &many, -EINVAL, "at most 512 messages");
	expect_open_error("x", &large, -EINVAL, "at most 65536 bytes");
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void the_memory_keeps_its_size(void **state)
{
	static struct pair pair;
	int fd;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 4);
	fd = pair.platform.memory_fd;
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, (off_t)pair.platform.region.size * 2), -1);
	echo(&pair, 1);
	pair_close(&pair);
}

static void lent_stays_lent(void **state)
{
	static struct pair pair;
	struct scmi_ring_chain first, second, third;
	uint32_t word = 1;

	(void)state;
	pair_init(&pair);
	pair_open(&pair, 2);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), -EAGAIN);
	played_command(&pair.platform, &first, &word, sizeof(word));
	played_command(&pair.platform, &second, &word, sizeof(word));
	/* Nobody waits for the first any more; the second's buffers are the only free ones. */
	assert_int_equal(agent->wait(pair.device, NS_PER_MS), -ETIMEDOUT);
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &second, &word, sizeof(word));
	assert_int_equal(agent->dispatch(pair.device), 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
		assert_int_equal(agent->send(pair.device, &word, sizeof(word)), -EAGAIN);
		played_command(&pair.platform, &third, &word, sizeof(word));
		assert_int_equal(third.segments[0].address, second.segments[0].address);
		assert_true(third.head != first.head);
		played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &third, &word, sizeof(word));
		assert_int_equal(agent->dispatch(pair.device), 0);
	}
	/* Its answer comes late: it is handed over, and its buffers are there again. */
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &first, &word, sizeof(word));
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 12);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	assert_int_equal(agent->send(pair.device, &word, sizeof(word)), 0);
	pair_close(&pair);
}

static void sizes(void **state)
{
	static struct pair pair;
	struct scmi_ring_chain chain;
	uint8_t bytes[257];

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	pair_init(&pair);
	pair_open(&pair, 4);
	assert_int_equal(agent->send(pair.device, bytes, 257), -EMSGSIZE);
	assert_int_equal(agent->send(pair.device, bytes, 256), 0);
	assert_int_equal(played_command(&pair.platform, &chain, bytes, sizeof(bytes)), 256);
	/* Given back empty: nobody is told, and the buffer is free. */
	played_give(&pair.platform, VIRTIO_SCMI_COMMANDS, &chain, bytes, 0);
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.received, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(agent->send(pair.device, bytes, 4), 0);
	pair_close(&pair);
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
		cmocka_unit_test(any_device_will_do),
		cmocka_unit_test(nothing_else_is_agreed),
		cmocka_unit_test(one_queue_has_no_events),
		cmocka_unit_test(what_is_no_device),
		cmocka_unit_test(hung_up_at_any_point),
		cmocka_unit_test(why_it_does_not_open),
		cmocka_unit_test(the_memory_keeps_its_size),
		cmocka_unit_test(lent_stays_lent),
		cmocka_unit_test(sizes),
		cmocka_unit_test(events_come_for_ever),
		cmocka_unit_test(new_buffers_are_told),
		cmocka_unit_test(the_descriptor),
		cmocka_unit_test(calls_are_for_sleepers),
		cmocka_unit_test(calls_for_nothing),
		cmocka_unit_test(the_device_goes),
		cmocka_unit_test(the_device_is_mad),
		cmocka_unit_test(anything_in_the_memory),
	};

	return cmocka_run_group_tests(tests, find_agent, clean);
}
