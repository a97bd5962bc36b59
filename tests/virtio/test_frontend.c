/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of virtio against a device that the test plays: agreeing, and the memory. */
#define _GNU_SOURCE

#include "frontend_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- agreeing -------------------------------------------------------------------------------- */

/* Without protocol features nothing is said that came with them. */
static void expect_only_the_oldest(const struct played_device *platform)
{
	for (uint32_t i = VHOST_USER_GET_PROTOCOL_FEATURES; i < VHOST_USER_REQUESTS; i++)
		assert_int_equal(platform->seen[i], 0);
}

/* Whatever of the optional parts a device has, it works. */
static void any_device_will_do(void **state)
{
	static const uint64_t bits[] = {VIRTIO_F_EVENT_IDX, VIRTIO_SCMI_F_P2A_CHANNELS,
					VHOST_USER_F_PROTOCOL_FEATURES, VIRTIO_F_INDIRECT};
	static const uint64_t protocol_bits[] = {VHOST_USER_PROTOCOL_MQ,
						 VHOST_USER_PROTOCOL_REPLY_ACK};
	static struct pair pair;

	(void)state;
	for (unsigned chosen = 0; chosen < 64; chosen++) {
		const struct played_device *platform = &pair.platform;

		pair_init(&pair);
		for (unsigned i = 0; i < 4; i++)
			pair.platform.features &= chosen >> i & 1 ? ~bits[i] : ~(uint64_t)0;
		for (unsigned i = 0; i < 2; i++)
			pair.platform.protocol_features &=
				chosen >> (4 + i) & 1 ? ~protocol_bits[i] : ~(uint64_t)0;
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
			expect_only_the_oldest(platform);
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
	};

	return cmocka_run_group_tests(tests, find_agent, clean);
}
