/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Replies as they should not come: late, twice, out of order, for nobody, garbage. */
#include "peer.h"

/* The next message works. */
static void assert_works(struct peer *peer)
{
	struct outcome outcome = { 0 };

	assert_int_equal(scmi_agent_submit(peer->agent, &rate_get, record_outcome, &outcome, NULL),
			 0);
	peer_say(peer, WORDS(peer_header(peer, peer->sent_count - 1), 0, 0xabcd, 0));
	assert_int_equal(scmi_agent_dispatch(peer->agent), 1);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(scmi_get_le32(outcome.values), 0xabcd);
}

static void submit_and_time_out(struct peer *peer, const struct scmi_command *command)
{
	struct outcome outcome = { 0 };

	assert_int_equal(scmi_agent_submit(peer->agent, command, record_outcome, &outcome, NULL),
			 0);
	peer->now_ns = scmi_agent_next_deadline(peer->agent);
	scmi_agent_tick(peer->agent, peer->now_ns);
	assert_int_equal(scmi_agent_dispatch(peer->agent), 1);
	assert_int_equal(outcome.error, -ETIMEDOUT);
}

static void a_late_answer_finds_nobody(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	submit_and_time_out(&peer, &rate_get);
	assert_int_equal(peer_counters(&peer).quarantined, 1);
	assert_works(&peer);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0, 1, 2));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_int_equal(peer_counters(&peer).late, 1);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	/* Once more, and it is one too many. */
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0, 1, 2));
	assert_int_equal(peer_counters(&peer).late, 1);
	assert_int_equal(peer_counters(&peer).duplicate, 1);
	peer_fini(&peer);
}

static void a_canceled_delayed_command_is_awaited_twice(void **state)
{
	struct scmi_transfer *transfer;
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, &transfer);
	scmi_agent_cancel(peer.agent, transfer);
	scmi_agent_dispatch(peer.agent);
	assert_int_equal(outcome.error, -ECANCELED);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	assert_int_equal(peer_counters(&peer).quarantined, 1);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 0, 1, 2, 3));
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_int_equal(peer_counters(&peer).late, 2);
	/* A late refusal is all there will be. */
	submit_and_time_out(&peer, &rate_set_async);
	peer_say(&peer, WORDS(peer_header(&peer, 1), (uint32_t)SCMI_BUSY));
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_works(&peer);
	peer_fini(&peer);
}

/*
 * All tokens go out and none is answered: the agent stops. Then the answers come, and reach nobody.
 */
static void late_answers_to_all_tokens_reach_nobody(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 8, 1, false);
	for (int i = 0; i < 1024; i++)
		submit_and_time_out(&peer, &rate_get);
	assert_int_equal(peer_counters(&peer).quarantined, 1024);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL),
			 -EBUSY);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, NULL), -EBUSY);

	/* One late answer gives one token, whose number is used at once for another command. */
	peer_say(&peer, WORDS(peer_header(&peer, 333), 0, 1, 1));
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL),
			 0);
	assert_int_equal(scmi_header_token(peer_header(&peer, 1024)), 333);
	for (unsigned int i = 0; i < 1024; i++)
		if (i != 333)
			peer_say(&peer, WORDS(peer_header(&peer, i), 0, 0xbad, 0xbad));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_int_equal(peer_counters(&peer).late, 1024);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_say(&peer, WORDS(peer_header(&peer, 1024), 0, 42, 0));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(scmi_get_le32(outcome.values), 42);
	for (int i = 0; i < 1000; i++)
		assert_works(&peer);
	peer_fini(&peer);
}

static void a_reset_frees_the_tokens(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	for (int i = 0; i < 1024; i++)
		submit_and_time_out(&peer, &rate_get);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL),
			 -EBUSY);
	scmi_agent_reset(peer.agent);
	for (int i = 0; i < 1000; i++)
		assert_works(&peer);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_fini(&peer);
}

static void a_second_answer_is_dropped(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 2, 1, false);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	peer_say(&peer, WORDS(peer_header(&peer, 0), (uint32_t)SCMI_DENIED));
	assert_int_equal(peer_counters(&peer).duplicate, 1);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 0, 1, 2, 3));
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 0, 4, 5, 6));
	assert_int_equal(peer_counters(&peer).duplicate, 2);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(scmi_get_le32(outcome.delayed_values), 1);
	assert_works(&peer);
	peer_fini(&peer);
}

static void a_delayed_response_may_overtake_its_answer(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 0, 7, 8, 9));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.delayed_error, 0);
	assert_int_equal(outcome.delayed_size, 12);
	/* Until the answer has come the token is not free. */
	assert_int_equal(peer_counters(&peer).quarantined, 1);
	peer_say(&peer, WORDS(peer_header(&peer, 0), (uint32_t)SCMI_DENIED));
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_int_equal(peer_counters(&peer).duplicate, 1);
	assert_int_equal(peer_counters(&peer).late, 0);
	assert_int_equal(outcome.calls, 1);
	assert_works(&peer);
	peer_fini(&peer);
}

static void a_header_that_fits_nothing_is_dropped(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;
	uint32_t header;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL);
	header = peer_header(&peer, 0);
	peer_say(&peer, WORDS(header ^ 1, 0, 1, 2));       /* another message */
	peer_say(&peer, WORDS(header ^ 1 << 10, 0, 1, 2)); /* another protocol */
	peer_say(&peer, WORDS(header ^ 1 << 18, 0, 1, 2)); /* a token never sent */
	peer_say(&peer, WORDS(header | 1 << 8, 0, 1, 2));  /* no message type */
	peer_say(&peer, WORDS(DELAYED(header), 0, 1, 2));  /* no delayed response was asked for */
	assert_int_equal(peer_counters(&peer).malformed, 5);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	/* Reserved bits mean nothing. */
	peer_say(&peer, WORDS(header | 0xf0000000, 0, 1, 2));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.error, 0);
	/* A quarantined token is not freed by somebody else's header. */
	submit_and_time_out(&peer, &rate_get);
	peer_say(&peer, WORDS(peer_header(&peer, 1) ^ 1, 0, 1, 2));
	assert_int_equal(peer_counters(&peer).malformed, 6);
	assert_int_equal(peer_counters(&peer).quarantined, 1);
	assert_works(&peer);
	peer_fini(&peer);
}

static void nothing_answers_what_was_never_sent(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	peer.send_error = -EAGAIN;
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL),
			 -EAGAIN);
	peer_say(&peer, WORDS(CLOCK(6), 0, 1, 2));
	assert_int_equal(peer_counters(&peer).malformed, 1);
	assert_int_equal(peer_counters(&peer).duplicate, 0);
	assert_int_equal(outcome.calls, 0);
	peer_fini(&peer);
}

/* Answered, dispatched and released before the transport has read all of it: it stays as it is. */
static void answer_while_sending(struct peer *peer, uint32_t header)
{
	peer_say(peer, WORDS(header, 0, 1, 2));
	assert_int_equal(scmi_agent_dispatch(peer->agent), 1);
	assert_int_equal(
		scmi_agent_submit(peer->agent, &rate_get, record_outcome, NULL, NULL), -EBUSY);
}

static void an_answer_may_come_while_sending(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	peer.on_send = answer_while_sending;
	assert_int_equal(
		scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL), 0);
	assert_int_equal(outcome.calls, 1);
	/* Even when the transport then says that it could not be sent. */
	peer.on_send = answer_while_sending;
	peer.send_error = -EAGAIN;
	assert_int_equal(
		scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL), 0);
	assert_int_equal(outcome.calls, 2);
	peer.send_error = 0;
	assert_works(&peer);
	assert_int_equal(scmi_agent_next_deadline(peer.agent), SCMI_NEVER);
	peer_fini(&peer);
}

static void sizes_that_cannot_be_are_dropped(void **state)
{
	static uint8_t bytes[MESSAGE_SIZE_MAX + 1];
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL);
	scmi_put_le32(bytes, peer_header(&peer, 0));
	for (size_t size = 0; size < 8; size++)
		peer_say_bytes(&peer, bytes, size);
	peer_say_bytes(&peer, bytes, sizeof(bytes));
	assert_int_equal(peer_counters(&peer).malformed, 9);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	peer_say_bytes(&peer, bytes, MESSAGE_SIZE_MAX);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.size, MESSAGE_SIZE_MAX - 8);

	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
	scmi_put_le32(bytes, DELAYED(peer_header(&peer, 1)));
	peer_say_bytes(&peer, bytes, 7);
	peer_say_bytes(&peer, bytes, MESSAGE_SIZE_MAX + 1);
	peer_say_bytes(&peer, bytes, MESSAGE_SIZE_MAX);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.delayed_size, MESSAGE_SIZE_MAX - 8);
	assert_int_equal(peer_counters(&peer).malformed, 11);
	peer_fini(&peer);
}

static void impossible_statuses_break_the_protocol(void **state)
{
	static const struct {
		uint32_t status;
		int error;
	} cases[] = {
		{ 1, -EPROTO },
		{ 0x7fffffff, -EPROTO },
		{ 0x80000000, -EPROTO },
		{ (uint32_t)-4096, -EPROTO },
		{ (uint32_t)-4095, SCMI_ERROR_BASE - 4095 },
		{ (uint32_t)-99, SCMI_ERROR_BASE - 99 },
	};
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome outcome = { 0 };

		scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
		peer_say(&peer, WORDS(peer_header(&peer, peer.sent_count - 1), cases[i].status));
		assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
		assert_int_equal(outcome.error, cases[i].error);

		scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
		peer_say(&peer, WORDS(peer_header(&peer, peer.sent_count - 1), 0));
		peer_say(&peer,
			 WORDS(DELAYED(peer_header(&peer, peer.sent_count - 1)), cases[i].status));
		assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
		assert_int_equal(outcome.delayed_error, cases[i].error);
	}
	assert_works(&peer);
	peer_fini(&peer);
}

static void without_p2a_nothing_comes_by_itself(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 0));
	peer_say(&peer, WORDS(NOTIFICATION(CLOCK(0)), 0, 1, 2, 3));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_int_equal(peer_counters(&peer).malformed, 2);
	assert_int_equal(peer_counters(&peer).notifications, 0);
	assert_int_equal(peer.wakes, 0);
	peer_fini(&peer);
}

/* Anything at all, at any time: no crash, nothing out of bounds, and the agent still works. */
static void random_messages_do_no_harm(void **state)
{
	static uint8_t bytes[MESSAGE_SIZE_MAX + 8];
	uint32_t random = 12345;
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 2, false);
	for (int i = 0; i < 1500; i++) {
		struct outcome outcome = { 0 };
		uint32_t header;

		/* Always submitted: a slot is there again, a token too. */
		if (scmi_agent_submit(peer.agent, i & 1 ? &rate_get : &rate_set_async,
				      record_outcome, &outcome, NULL))
			scmi_agent_reset(peer.agent);
		header = peer_header(&peer, peer.sent_count - 1);
		for (int j = 0; j < 20; j++) {
			size_t size;

			random = random * 1664525 + 1013904223;
			size = random >> 8 & 0x7f;
			for (size_t k = 0; k < size; k++)
				bytes[k] = (uint8_t)(random >> (k & 15));
			/* Near misses find more than noise. */
			if (random & 1 << 20)
				scmi_put_le32(bytes, header ^ (1u << (random & 31)));
			if (random & 1 << 22)
				scmi_put_le32(bytes + 4, 0);
			peer_say_bytes(&peer, bytes, size);
		}
		peer.now_ns += DELAYED_TIMEOUT_NS + RESPONSE_TIMEOUT_NS;
		scmi_agent_tick(peer.agent, peer.now_ns);
		scmi_agent_dispatch(peer.agent);
		scmi_agent_dispatch(peer.agent);
		assert_int_equal(outcome.calls, 1);
	}
	scmi_agent_reset(peer.agent);
	assert_works(&peer);
	peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_answer_finds_nobody),
		cmocka_unit_test(a_canceled_delayed_command_is_awaited_twice),
		cmocka_unit_test(late_answers_to_all_tokens_reach_nobody),
		cmocka_unit_test(a_reset_frees_the_tokens),
		cmocka_unit_test(a_second_answer_is_dropped),
		cmocka_unit_test(a_delayed_response_may_overtake_its_answer),
		cmocka_unit_test(a_header_that_fits_nothing_is_dropped),
		cmocka_unit_test(nothing_answers_what_was_never_sent),
		cmocka_unit_test(an_answer_may_come_while_sending),
		cmocka_unit_test(sizes_that_cannot_be_are_dropped),
		cmocka_unit_test(impossible_statuses_break_the_protocol),
		cmocka_unit_test(without_p2a_nothing_comes_by_itself),
		cmocka_unit_test(random_messages_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
