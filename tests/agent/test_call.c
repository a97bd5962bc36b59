/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls as they should go: that block, that poll, that wait for room or for a delayed response. */
#include "peer.h"

static void a_call_blocks_until_the_answer(void **state)
{
	struct scmi_transfer *transfer;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(0x5006, 0x11223344), WORDS(0, 5, 6));
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, &transfer), 0);
	assert_int_equal(scmi_transfer_result(transfer)->size, 8);
	assert_int_equal(scmi_get_le32(scmi_transfer_result(transfer)->values), 5);
	assert_int_equal(peer.waited_until_ns, 1000 + RESPONSE_TIMEOUT_NS);
	assert_int_equal(peer.wakes, 0);
	/* It holds the only transfer until it is put. */
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, &transfer), -EBUSY);
	scmi_transfer_put(transfer);
	peer_expect(&peer, WORDS(0x5006, 0x11223344), WORDS((uint32_t)-3));
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, &transfer),
			 SCMI_ERROR_BASE + SCMI_DENIED);
	peer_expect(&peer, WORDS(0x5006, 0x11223344), WORDS(0, 7, 8, 9));
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, NULL), 0);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void a_call_ends_at_its_time_limit(void **state)
{
	struct scmi_command command = rate_get;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ETIMEDOUT);
	assert_int_equal(peer.now_ns, 1000 + RESPONSE_TIMEOUT_NS);
	command.timeout_ns = 77;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ETIMEDOUT);
	assert_int_equal(peer.now_ns, 1000 + RESPONSE_TIMEOUT_NS + 77);
	assert_int_equal(peer_counters(&peer).timed_out, 2);
	assert_int_equal(peer_counters(&peer).quarantined, 2);
	peer.wait_error = -ENODEV;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ENODEV);
	peer_fini(&peer);
}

/* Nothing, nothing, then there is room. */
static void room_after_three_waits(struct peer *peer)
{
	peer->now_ns = peer->waited_until_ns;
	if (peer->waits == 3)
		peer->send_error = 0;
	if (peer->sent_count)
		peer_say(peer, WORDS(peer_header(peer, 0), 0, 1, 2));
}

static void a_call_waits_for_room(void **state)
{
	struct scmi_command command = rate_get;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer.on_wait = room_after_three_waits;
	peer.send_error = -EAGAIN;
	command.timeout_ns = 100 * (uint64_t)RESPONSE_TIMEOUT_NS;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), 0);
	assert_int_equal(peer.waits, 4);
	assert_int_equal(peer.traced, 2);
	peer.on_wait = NULL;
	peer.send_error = -EAGAIN;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -EAGAIN);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_fini(&peer);
}

/* There is room at last, but the platform has forgotten everything meanwhile. */
static void room_after_a_reset(struct peer *peer)
{
	peer->send_error = 0;
	scmi_agent_reset(peer->agent);
}

static void what_ended_before_it_was_sent_is_not_sent(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer.on_wait = room_after_a_reset;
	peer.send_error = -EAGAIN;
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, NULL), -ENODEV);
	assert_int_equal(peer.sent_count, 0);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_fini(&peer);
}

static void answer_at_500(struct peer *peer)
{
	if (peer->now_ns == 1500)
		peer_say(peer, WORDS(peer_header(peer, 0), 0, 1, 2));
}

static void a_polled_call_never_sleeps(void **state)
{
	struct scmi_command command = rate_get;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	command.poll_budget_us = 1;
	peer.on_wait = answer_at_500;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), 0);
	assert_int_equal(peer.now_ns, 1500);
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ETIMEDOUT);
	assert_int_equal(peer.now_ns, 2500);
	assert_int_equal(peer.waits, 0);
	peer_fini(&peer);
}

static void accept_then_complete(struct peer *peer)
{
	uint32_t header = peer_header(peer, peer->sent_count - 1);

	if (peer->waits == 1) {
		assert_int_equal(peer->waited_until_ns, 1000 + RESPONSE_TIMEOUT_NS);
		peer->now_ns += 10;
		peer_say(peer, WORDS(header, 0));
	} else {
		/* The second limit counts from the answer. */
		assert_int_equal(peer->waited_until_ns, 1010 + DELAYED_TIMEOUT_NS);
		peer_say(peer, WORDS(DELAYED(header), 0, 1, 2, 3));
	}
}

static void a_delayed_call_blocks_for_both(void **state)
{
	const struct scmi_result *result;
	struct scmi_transfer *transfer;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	peer.on_wait = accept_then_complete;
	assert_int_equal(scmi_agent_call(peer.agent, &rate_set_async, &transfer), 0);
	result = scmi_transfer_result(transfer);
	assert_int_equal(result->size, 0);
	assert_int_equal(result->delayed_size, 12);
	assert_int_equal(scmi_get_le32(result->delayed_values), 1);
	scmi_transfer_put(transfer);
	assert_int_equal(peer_counters(&peer).answered, 1);
	assert_int_equal(peer_counters(&peer).delayed, 1);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_fini(&peer);
}

static void a_refused_delayed_command_ends_at_once(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 0), (uint32_t)SCMI_BUSY));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.error, SCMI_ERROR_BASE + SCMI_BUSY);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	peer_fini(&peer);
}

static void a_delayed_response_may_fail(void **state)
{
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcome, NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), (uint32_t)SCMI_HARDWARE_ERROR));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.delayed_error, SCMI_ERROR_BASE + SCMI_HARDWARE_ERROR);
	peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_blocks_until_the_answer),
		cmocka_unit_test(a_call_ends_at_its_time_limit),
		cmocka_unit_test(a_call_waits_for_room),
		cmocka_unit_test(what_ended_before_it_was_sent_is_not_sent),
		cmocka_unit_test(a_polled_call_never_sleeps),
		cmocka_unit_test(a_delayed_call_blocks_for_both),
		cmocka_unit_test(a_refused_delayed_command_ends_at_once),
		cmocka_unit_test(a_delayed_response_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
