/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "peer.h"

static const uint32_t payload[] = { 0x11223344, 0x55667788 };

const struct scmi_command rate_get = {
	.protocol_id = 0x14,
	.message_id = 6,
	.payload = payload,
	.size = 4,
};

const struct scmi_command rate_set_async = {
	.protocol_id = 0x14,
	.message_id = 5,
	.payload = payload,
	.size = 8,
	.delayed = true,
};

static void copy_in(struct message *message, const uint32_t *words, size_t count)
{
	assert_true(count <= MESSAGE_SIZE_MAX / 4);
	message->size = count * 4;
	for (size_t i = 0; i < count; i++)
		scmi_put_le32(&message->words[i], words[i]);
}

/* ---- host ------------------------------------------------------------------------------------ */

static int host_send(void *ctx, const void *bytes, size_t size)
{
	struct peer *peer = ctx;
	struct message *message;

	assert_int_equal(peer->locked, 0);
	if (peer->on_send) {
		void (*on_send)(struct peer *peer, uint32_t header) = peer->on_send;

		peer->on_send = NULL;
		on_send(peer, scmi_get_le32(bytes));
	}
	if (peer->send_error)
		return peer->send_error;
	assert_true(peer->sent_count < SENT_MAX);
	assert_true(size <= MESSAGE_SIZE_MAX);
	message = &peer->sent[peer->sent_count++];
	memcpy(message->words, bytes, size);
	message->size = size;
	if (peer->script_count) {
		assert_true(peer->script_at < peer->script_count);
		assert_int_equal(size, peer->script[peer->script_at].command.size);
		scmi_put_le32(message->words, scmi_get_le32(bytes) & 0x3ffff);
		assert_memory_equal(message->words, peer->script[peer->script_at].command.words,
				    size);
		memcpy(message->words, bytes, size);
	}
	return 0;
}

static uint64_t host_now_ns(void *ctx)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked, 0);
	return peer->now_ns;
}

static void answer_script(struct peer *peer)
{
	struct message *answer = &peer->script[peer->script_at++].answer;
	uint8_t bytes[MESSAGE_SIZE_MAX + 4];

	scmi_put_le32(bytes, peer_header(peer, peer->sent_count - 1));
	memcpy(bytes + 4, answer->words, answer->size);
	peer_say_bytes(peer, bytes, 4 + answer->size);
}

static int host_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked, 0);
	assert_false(over(what));
	peer->waits++;
	peer->waited_until_ns = deadline_ns;
	if (peer->wait_error)
		return peer->wait_error;
	if (peer->on_wait) {
		peer->on_wait(peer);
	} else if (peer->script_count) {
		answer_script(peer);
	} else {
		assert_true(deadline_ns != SCMI_NEVER);
		peer->now_ns = deadline_ns;
	}
	return 0;
}

static void host_lock(void *ctx)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked++, 0);
}

static void host_unlock(void *ctx)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked--, 1);
}

static void host_wake(void *ctx)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked, 0);
	peer->wakes++;
}

static void host_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct peer *peer = ctx;

	(void)to_platform;
	(void)message;
	(void)size;
	assert_int_equal(peer->locked, 0);
	peer->traced++;
}

static int host_poll(void *ctx)
{
	struct peer *peer = ctx;

	peer->now_ns += 100;
	if (peer->on_wait)
		peer->on_wait(peer);
	else if (peer->script_at < peer->script_count)
		answer_script(peer);
	return 0;
}

static const void *host_caller(void *ctx)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->locked, 0);
	return peer->caller;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

void peer_init(struct peer *peer, uint32_t messages_max, uint32_t notifications_max, bool a2p_only)
{
	struct scmi_agent_config config = {
		.host =
			{
				.ctx = peer,
				.send = host_send,
				.now_ns = host_now_ns,
				.wait = host_wait,
				.lock = host_lock,
				.unlock = host_unlock,
				.wake = host_wake,
				.trace = host_trace,
				.poll = host_poll,
				.caller = host_caller,
			},
		.messages_max = messages_max,
		.message_size_max = MESSAGE_SIZE_MAX,
		.notifications_max = notifications_max,
		.response_timeout_ns = RESPONSE_TIMEOUT_NS,
		.delayed_timeout_ns = DELAYED_TIMEOUT_NS,
		.p2a = !a2p_only,
		.subscriptions_max = 2,
	};
	size_t size = scmi_agent_size(&config);

	memset(peer, 0, sizeof(*peer));
	peer->now_ns = 1000;
	peer->caller = peer;
	peer->storage = malloc(size);
	assert_int_equal(scmi_agent_init(&peer->agent, peer->storage, size, &config), 0);
}

void peer_fini(struct peer *peer)
{
	scmi_agent_fini(peer->agent);
	assert_int_equal(peer->locked, 0);
	free(peer->storage);
}

/* ---- talk ------------------------------------------------------------------------------------ */

void peer_expect(struct peer *peer, const uint32_t *command, size_t command_words,
		 const uint32_t *answer, size_t answer_words)
{
	struct exchange *exchange;

	assert_true(peer->script_count < SCRIPT_MAX);
	exchange = &peer->script[peer->script_count++];
	copy_in(&exchange->command, command, command_words);
	copy_in(&exchange->answer, answer, answer_words);
}

void peer_expect_end(const struct peer *peer)
{
	assert_int_equal(peer->script_at, peer->script_count);
}

void peer_say_bytes(struct peer *peer, const void *bytes, size_t size)
{
	/* Exactly as large as it is, so that a sanitizer sees every byte too many. */
	void *message = malloc(size ? size : 1);

	memcpy(message, bytes, size);
	scmi_agent_receive(peer->agent, message, size);
	free(message);
}

void peer_say(struct peer *peer, const uint32_t *words, size_t count)
{
	struct message message;

	copy_in(&message, words, count);
	peer_say_bytes(peer, message.words, message.size);
}

uint32_t peer_header(const struct peer *peer, unsigned int index)
{
	assert_true(index < peer->sent_count);
	return scmi_get_le32(peer->sent[index].words);
}

void assert_sent(const struct peer *peer, unsigned int index, const uint32_t *words, size_t count)
{
	struct message expected;
	struct message sent = peer->sent[index];

	assert_true(index < peer->sent_count);
	copy_in(&expected, words, count);
	scmi_put_le32(sent.words, scmi_get_le32(sent.words) & 0x3ffff);
	assert_int_equal(sent.size, expected.size);
	assert_memory_equal(sent.words, expected.words, expected.size);
}

struct scmi_agent_counters peer_counters(const struct peer *peer)
{
	struct scmi_agent_counters counters;

	scmi_agent_counters(peer->agent, &counters);
	return counters;
}

void record_outcome(void *ctx, const struct scmi_result *result)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	outcome->error = result->error;
	outcome->delayed_error = result->delayed_error;
	outcome->size = result->size;
	if (result->size)
		memcpy(outcome->values, result->values, result->size);
	outcome->delayed_size = result->delayed_size;
	if (result->delayed_size)
		memcpy(outcome->delayed_values, result->delayed_values, result->delayed_size);
}
