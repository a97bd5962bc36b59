/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A channel that goes and comes again: who may send when, with what, and what is asked for again. */
#include "peer.h"

#include <scmi/base.h>
#include <scmi/clock.h>

#define STATUS_ERROR(status) (SCMI_ERROR_BASE + (status))

static const uint32_t clock_7[] = {7};
static const struct scmi_command rate_get_7 = {
	.protocol_id = 0x14,
	.message_id = 6,
	.payload = clock_7,
	.size = 4,
};
static const struct scmi_agent_limits as_before = {
	.messages_max = 4,
	.message_size_max = MESSAGE_SIZE_MAX,
	.response_timeout_ns = RESPONSE_TIMEOUT_NS,
	.delayed_timeout_ns = DELAYED_TIMEOUT_NS,
	.p2a = true,
};

static int submit(struct peer *peer, struct outcome *outcome)
{
	return scmi_agent_submit(peer->agent, &rate_get_7, record_outcome, outcome, NULL);
}

static void only_who_reopens_may_send_before_it_is_ready(void **state)
{
	struct outcome outcome = {0};
	struct peer peer;
	int other;

	(void)state;
	peer_init(&peer, 4, 1, false);
	scmi_agent_closed(peer.agent, -ENODEV);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), -ENODEV);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), -ENODEV);

	assert_int_equal(scmi_agent_reopen(peer.agent, &as_before), 0);
	peer.caller = &other;
	assert_int_equal(submit(&peer, &outcome), -ENODEV);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), -ENODEV);
	peer.caller = &peer;
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 1, 2));
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), 0);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), 0);
	peer.caller = &other;
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 1, 2));
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), 0);

	/* It goes again before it was ready. */
	assert_int_equal(scmi_agent_reopen(peer.agent, &as_before), 0);
	scmi_agent_closed(peer.agent, -ENODEV);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), -ENODEV);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), -ENODEV);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), -ENODEV);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void what_is_out_goes_on_while_it_quiesces(void **state)
{
	struct outcome outcome = {0};
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	assert_int_equal(submit(&peer, &outcome), 0);
	assert_false(scmi_agent_idle(peer.agent));
	scmi_agent_quiesce(peer.agent);
	assert_int_equal(submit(&peer, &outcome), -ENODEV);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_false(scmi_agent_idle(peer.agent));
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0, 1, 2));
	assert_true(scmi_agent_idle(peer.agent));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.error, 0);
	peer_fini(&peer);
}

static void a_channel_may_carry_less(void **state)
{
	const struct scmi_command queued = {
		.protocol_id = 0x14,
		.message_id = 5,
		.payload = clock_7,
		.size = 4,
		.delayed = true,
	};
	struct scmi_agent_limits limits = as_before;
	struct outcome outcomes[4] = {{0}};
	uint8_t bytes[MESSAGE_SIZE_MAX] = {0};
	struct scmi_command large = rate_get_7;
	struct peer peer;

	(void)state;
	large.payload = bytes;
	large.size = 29;
	peer_init(&peer, 4, 1, false);
	limits.messages_max = 0;
	assert_int_equal(scmi_agent_reopen(peer.agent, &limits), -EINVAL);
	limits.messages_max = 2;
	limits.message_size_max = 31;
	assert_int_equal(scmi_agent_reopen(peer.agent, &limits), -EINVAL);
	limits.message_size_max = 32;
	limits.response_timeout_ns = 0;
	assert_int_equal(scmi_agent_reopen(peer.agent, &limits), -EINVAL);
	limits.response_timeout_ns = 5;
	limits.p2a = false;
	limits.delayed_timeout_ns = 0;
	assert_int_equal(scmi_agent_reopen(peer.agent, &limits), 0);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), 0);

	assert_int_equal(scmi_agent_call(peer.agent, &large, NULL), -EMSGSIZE);
	assert_int_equal(scmi_agent_call(peer.agent, &queued, NULL), -EOPNOTSUPP);
	assert_int_equal(submit(&peer, &outcomes[0]), 0);
	assert_int_equal(submit(&peer, &outcomes[1]), 0);
	assert_int_equal(submit(&peer, &outcomes[2]), -EBUSY);
	assert_true(scmi_agent_next_deadline(peer.agent) == peer.now_ns + 5);
	peer_say(&peer, WORDS(NOTIFICATION(CLOCK(0)), 0));
	assert_int_equal(peer_counters(&peer).malformed, 1);
	/* Longer than any message is there. */
	scmi_put_le32(bytes, peer_header(&peer, 0));
	peer_say_bytes(&peer, bytes, 33);
	assert_int_equal(peer_counters(&peer).malformed, 2);
	peer_say_bytes(&peer, bytes, 32);
	assert_int_equal(submit(&peer, &outcomes[2]), -EBUSY);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcomes[0].size, 24);
	assert_int_equal(submit(&peer, &outcomes[2]), 0);

	/* And then more again, but not more than there is storage for. */
	limits = as_before;
	limits.messages_max = 100;
	limits.message_size_max = 65536;
	assert_int_equal(scmi_agent_reopen(peer.agent, &limits), 0);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), 0);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(outcomes[1].error, -ENODEV);
	large.size = MESSAGE_SIZE_MAX - 3;
	assert_int_equal(scmi_agent_call(peer.agent, &large, NULL), -EMSGSIZE);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(submit(&peer, &outcomes[i]), 0);
	assert_int_equal(submit(&peer, &outcomes[0]), -EBUSY);
	peer_fini(&peer);
}

/* ---- subscriptions --------------------------------------------------------------------------- */

static void subscribe(struct peer *peer, uint32_t message, uint32_t clock_id, bool enable,
		      uint32_t status)
{
	peer_expect(peer, WORDS(CLOCK(message), clock_id, enable), WORDS(status));
	assert_int_equal(message == 9 ? scmi_clock_rate_notify(peer->agent, clock_id, enable)
				      : scmi_clock_rate_change_requested_notify(peer->agent,
										clock_id, enable),
			 status ? STATUS_ERROR((int32_t)status) : 0);
}

static void again(struct peer *peer)
{
	scmi_agent_closed(peer->agent, -ENODEV);
	assert_int_equal(scmi_agent_reopen(peer->agent, &as_before), 0);
}

static void subscriptions_are_asked_for_again(void **state)
{
	uint32_t refused = 9;
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20000));
	subscribe(&peer, 9, 7, true, 0);
	subscribe(&peer, 9, 8, true, (uint32_t)SCMI_NOT_FOUND); /* never was one */
	subscribe(&peer, 10, 7, true, 0);
	subscribe(&peer, 10, 7, true, 0); /* is there already */
	/* There is room for two. */
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 9, true), -ENOSPC);

	/* The version is asked anew, too. */
	again(&peer);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x30000));
	peer_expect(&peer, WORDS(CLOCK(9), 7, 1), WORDS(0));
	peer_expect(&peer, WORDS(CLOCK(10), 7, 1), WORDS(0));
	assert_int_equal(scmi_agent_resume(peer.agent, &refused), 0);
	assert_int_equal(refused, 0);
	peer_expect_end(&peer);

	/* One that is ended is not asked for; its place is free. */
	subscribe(&peer, 9, 7, false, 0);
	peer_expect(&peer, WORDS(BASE(0)), WORDS(0, 0x20001));
	peer_expect(&peer, WORDS(BASE(8), 1), WORDS(0));
	assert_int_equal(scmi_base_notify_errors(peer.agent, true), 0);
	again(&peer);
	peer_expect(&peer, WORDS(BASE(0)), WORDS(0, 0x20001));
	peer_expect(&peer, WORDS(BASE(8), 1), WORDS(0));
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x10000)); /* has no such message */
	assert_int_equal(scmi_agent_resume(peer.agent, &refused), 0);
	assert_int_equal(refused, 1);
	peer_expect_end(&peer);

	/* One that is refused is kept for the next platform, and may be ended while there is none. */
	again(&peer);
	scmi_agent_closed(peer.agent, -ENODEV);
	assert_int_equal(scmi_base_notify_errors(peer.agent, false), -ENODEV);
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 8, true), -ENODEV);
	again(&peer);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20000));
	peer_expect(&peer, WORDS(CLOCK(10), 7, 1), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_agent_resume(peer.agent, &refused), 0);
	assert_int_equal(refused, 1);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void a_platform_that_does_not_answer_is_not_ready(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20000));
	subscribe(&peer, 9, 7, true, 0);
	peer.script_count = 0;
	again(&peer);
	assert_int_equal(scmi_agent_resume(peer.agent, NULL), -ETIMEDOUT);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get_7, NULL), -ENODEV);
	peer_fini(&peer);
}

/* The channel goes and comes again while the platform is asked for a subscription. */
static void go_and_come(struct peer *peer)
{
	peer->on_wait = NULL;
	peer_say(peer, WORDS(peer_header(peer, peer->sent_count - 1), 0));
	scmi_agent_reset(peer->agent);
}

static void a_subscription_made_with_a_channel_that_went_is_made_again(void **state)
{
	uint32_t version;
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20000));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	peer_expect_end(&peer);
	/* Without a script time passes where nobody answers. */
	peer.script_count = 0;
	peer.on_wait = go_and_come;
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 7, true), -ETIMEDOUT);
	assert_int_equal(peer.sent_count, 3);
	assert_sent(&peer, 1, WORDS(CLOCK(9), 7, 1));
	assert_sent(&peer, 2, WORDS(CLOCK(0)));
	peer_fini(&peer);
}

static void answer_and_go(struct peer *peer)
{
	peer->on_wait = NULL;
	peer_say(peer, WORDS(peer_header(peer, peer->sent_count - 1), 0, 0x20000));
	again(peer);
	assert_int_equal(scmi_agent_resume(peer->agent, NULL), 0);
}

static void what_was_made_for_another_version_is_not_sent(void **state)
{
	struct scmi_command command = rate_get_7;
	struct peer peer;
	uint64_t rate_hz;

	(void)state;
	peer_init(&peer, 4, 1, false);
	peer.on_wait = answer_and_go;
	/* The version that was agreed on was another channel's: the command does not go out. */
	assert_int_equal(scmi_clock_rate_get(peer.agent, 7, &rate_hz), -ENODEV);
	assert_int_equal(peer.sent_count, 1);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x30000));
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 1, 0));
	assert_int_equal(scmi_clock_rate_get(peer.agent, 7, &rate_hz), 0);
	command.version = 0x20000;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ENODEV);
	command.version = 0x30000;
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 1, 0));
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), 0);
	command.protocol_id = 0x80; /* no version is known of a vendor's */
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ENODEV);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

/* ---- a command between two channels ---------------------------------------------------------- */

static void lose_and_reopen(struct peer *peer, uint32_t header)
{
	(void)header;
	scmi_agent_closed(peer->agent, -ENODEV);
	assert_int_equal(scmi_agent_reopen(peer->agent, &as_before), 0);
	assert_int_equal(scmi_agent_resume(peer->agent, NULL), 0);
}

static void what_goes_out_through_the_next_channel_reaches_nobody(void **state)
{
	struct outcome stale = {0};
	struct outcome outcome = {0};
	struct peer peer;
	uint32_t header;

	(void)state;
	peer_init(&peer, 4, 1, false);
	peer.on_send = lose_and_reopen;
	assert_int_equal(submit(&peer, &stale), 0);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(stale.error, -ENODEV);
	header = peer_header(&peer, 0);
	assert_int_equal(peer_counters(&peer).quarantined, 1);
	/* Once around: its token is nobody else's. */
	for (unsigned int i = 1; i < SCMI_TOKEN_COUNT; i++) {
		peer.sent_count = 0;
		assert_int_equal(submit(&peer, &outcome), 0);
		assert_true(peer_header(&peer, 0) != header);
		peer_say(&peer, WORDS(peer_header(&peer, 0), 0, i, 2));
		assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	}
	peer_say(&peer, WORDS(header, 0, 1, 2));
	assert_int_equal(peer_counters(&peer).late, 1);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_int_equal(stale.calls, 1);

	/* One that did not go out after all owes nothing. */
	peer.on_send = lose_and_reopen;
	peer.send_error = -EAGAIN;
	assert_int_equal(submit(&peer, &stale), 0);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(stale.error, -ENODEV);
	peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_reopens_may_send_before_it_is_ready),
		cmocka_unit_test(what_is_out_goes_on_while_it_quiesces),
		cmocka_unit_test(a_channel_may_carry_less),
		cmocka_unit_test(subscriptions_are_asked_for_again),
		cmocka_unit_test(a_platform_that_does_not_answer_is_not_ready),
		cmocka_unit_test(a_subscription_made_with_a_channel_that_went_is_made_again),
		cmocka_unit_test(what_was_made_for_another_version_is_not_sent),
		cmocka_unit_test(what_goes_out_through_the_next_channel_reaches_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
