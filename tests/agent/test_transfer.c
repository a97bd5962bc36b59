/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transfers as they should go: submit, time limits, cancellation, the channel's end, callbacks.
 */
#include "peer.h"

static void a_configuration_is_checked(void **state)
{
	struct peer peer;
	struct scmi_agent_config config;
	struct scmi_agent *agent;
	_Alignas(8) uint8_t storage[64];

	(void)state;
	peer_init(&peer, 1, 1, false);
	memset(&config, 0, sizeof(config));
	assert_int_equal(scmi_agent_size(&config), 0);
	assert_int_equal(scmi_agent_init(&agent, storage, sizeof(storage), &config), -EINVAL);
	config.host.send = (int (*)(void *, const void *, size_t))(void (*)(void))abort;
	config.host.now_ns = (uint64_t(*)(void *))(void (*)(void))abort;
	config.messages_max = 1;
	config.message_size_max = 32;
	config.notifications_max = 1;
	config.response_timeout_ns = 1;
	assert_true(scmi_agent_size(&config) > 0);
	assert_int_equal(scmi_agent_init(&agent, storage, sizeof(storage), &config), -ENOSPC);
	config.messages_max = 1025;
	assert_int_equal(scmi_agent_size(&config), 0);
	config.messages_max = 1024;
	assert_true(scmi_agent_size(&config) > 1024 * 64);
	config.message_size_max = 31;
	assert_int_equal(scmi_agent_size(&config), 0);
	config.message_size_max = 65537;
	assert_int_equal(scmi_agent_size(&config), 0);
	config.message_size_max = 65536;
	config.p2a = true; /* and no time limit for delayed responses */
	assert_int_equal(scmi_agent_size(&config), 0);
	peer_fini(&peer);
}

static void submit_sends_and_dispatch_calls_back(void **state)
{
	struct peer peer;
	struct outcome outcome = { 0 };

	(void)state;
	peer_init(&peer, 4, 1, false);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, NULL),
			 0);
	assert_sent(&peer, 0, WORDS(0x5006, 0x11223344));
	assert_int_equal(scmi_agent_next_deadline(peer.agent), 1000 + RESPONSE_TIMEOUT_NS);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0, 24000000, 1));
	assert_int_equal(outcome.calls, 0);
	assert_int_equal(peer.wakes, 1);
	assert_int_equal(scmi_agent_next_deadline(peer.agent), SCMI_NEVER);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.size, 8);
	assert_int_equal(scmi_get_le64(outcome.values), 0x1016e3600);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_int_equal(peer.traced, 2);
	peer_fini(&peer);
	assert_int_equal(outcome.calls, 1);
}

static void answers_find_their_commands_in_any_order(void **state)
{
	struct peer peer;
	struct outcome outcomes[3] = { { 0 } };

	(void)state;
	peer_init(&peer, 3, 1, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome,
						   &outcomes[i], NULL),
				 0);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, NULL, NULL),
			 -EBUSY);
	for (int i = 2; i >= 0; i--) {
		assert_int_equal(scmi_header_token(peer_header(&peer, (unsigned int)i)), i);
		peer_say(&peer, WORDS(peer_header(&peer, (unsigned int)i), 0, (uint32_t)i, 0));
	}
	assert_int_equal(scmi_agent_dispatch(peer.agent), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(scmi_get_le32(outcomes[i].values), i);
	peer_fini(&peer);
}

static void what_cannot_be_sent_is_refused(void **state)
{
	static uint8_t large[MESSAGE_SIZE_MAX];
	struct scmi_command command = rate_get;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, true);
	command.payload = large;
	command.size = MESSAGE_SIZE_MAX - 3;
	assert_int_equal(scmi_agent_submit(peer.agent, &command, record_outcome, NULL, NULL),
			 -EMSGSIZE);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, NULL, NULL),
			 -EOPNOTSUPP);
	command.payload = NULL;
	command.size = 4;
	assert_int_equal(scmi_agent_submit(peer.agent, &command, record_outcome, NULL, NULL),
			 -EINVAL);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, NULL, NULL, NULL), -EINVAL);
	peer.send_error = -EAGAIN;
	for (int i = 0; i < 2000; i++)
		assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, NULL,
						   NULL),
				 -EAGAIN);
	assert_int_equal(peer.sent_count, 0);
	assert_int_equal(peer_counters(&peer).sent, 0);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	command.payload = large;
	command.size = MESSAGE_SIZE_MAX - 4;
	peer.send_error = 0;
	assert_int_equal(scmi_agent_call(peer.agent, &command, NULL), -ETIMEDOUT);
	assert_int_equal(peer.sent[0].size, MESSAGE_SIZE_MAX);
	peer_fini(&peer);
}

struct acceptance {
	unsigned int accepted;
	int32_t status;
	struct outcome outcome;
};

static void record_accepted(void *ctx, const struct scmi_result *result)
{
	struct acceptance *acceptance = ctx;

	acceptance->accepted++;
	assert_non_null(result->values);
	assert_null(result->delayed_values);
	assert_int_equal(acceptance->outcome.calls, 0);
}

static void record_end(void *ctx, const struct scmi_result *result)
{
	struct acceptance *acceptance = ctx;

	acceptance->status = result->delayed_values ? result->delayed_status : result->status;
	record_outcome(&acceptance->outcome, result);
}

static void an_acceptance_is_told_once(void **state)
{
	struct scmi_command command = rate_set_async;
	struct acceptance all[4] = { { 0 } };
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	command.accepted = record_accepted;
	for (unsigned int i = 0; i < 4; i++)
		scmi_agent_submit(peer.agent, &command, record_end, &all[i], NULL);
	/* Told when there is time between the two, also for two at once and not in their order. */
	peer_say(&peer, WORDS(peer_header(&peer, 2), 0));
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	assert_int_equal(peer.wakes, 2);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 0)), 7));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	/* Not told when the end is there too, or the command was refused. */
	peer_say(&peer, WORDS(peer_header(&peer, 1), 0));
	peer_say(&peer, WORDS(DELAYED(peer_header(&peer, 1)), 0, 1, 2, 3));
	peer_say(&peer, WORDS(peer_header(&peer, 3), (uint32_t)SCMI_BUSY));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(all[0].accepted, 1);
	assert_int_equal(all[0].outcome.delayed_error, -EPROTO);
	assert_int_equal(all[0].status, 7);
	assert_int_equal(all[1].accepted, 0);
	assert_int_equal(all[1].outcome.delayed_size, 12);
	assert_int_equal(all[2].accepted, 1);
	assert_int_equal(all[2].outcome.calls, 0);
	assert_int_equal(all[3].accepted, 0);
	assert_int_equal(all[3].status, SCMI_BUSY);
	/* The next one in the same place starts anew. */
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_set_async, record_end, &all[3], NULL), 0);
	peer_say(&peer, WORDS(peer_header(&peer, 4), 0));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	peer_fini(&peer);
	assert_int_equal(all[2].outcome.delayed_error, -ENODEV);
}

static void tick_ends_what_is_over(void **state)
{
	struct scmi_command slow = rate_get;
	struct outcome outcomes[3] = { { 0 } };
	struct peer peer;

	(void)state;
	peer_init(&peer, 3, 1, false);
	slow.timeout_ns = SCMI_NEVER;
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcomes[0], NULL);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcomes[1], NULL);
	scmi_agent_submit(peer.agent, &slow, record_outcome, &outcomes[2], NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 1), 0));
	scmi_agent_tick(peer.agent, 999 + RESPONSE_TIMEOUT_NS);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	scmi_agent_tick(peer.agent, 1000 + RESPONSE_TIMEOUT_NS);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcomes[0].error, -ETIMEDOUT);
	assert_int_equal(scmi_agent_next_deadline(peer.agent), 1000 + DELAYED_TIMEOUT_NS);
	scmi_agent_tick(peer.agent, 1000 + DELAYED_TIMEOUT_NS);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcomes[1].error, 0);
	assert_int_equal(outcomes[1].delayed_error, -ETIMEDOUT);
	assert_int_equal(scmi_agent_next_deadline(peer.agent), SCMI_NEVER);
	peer_fini(&peer);
	assert_int_equal(outcomes[2].error, -ENODEV);
}

static void cancel_ends_once(void **state)
{
	struct scmi_transfer *transfer;
	struct outcome outcome = { 0 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, &transfer);
	assert_int_equal(scmi_agent_cancel(peer.agent, transfer), 0);
	assert_int_equal(scmi_agent_cancel(peer.agent, transfer), -ENOENT);
	assert_int_equal(peer.wakes, 1);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.error, -ECANCELED);
	assert_int_equal(peer_counters(&peer).canceled, 1);
	/* Answered first: too late to cancel. */
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcome, &transfer);
	peer_say(&peer, WORDS(peer_header(&peer, 1), 0, 1, 2));
	assert_int_equal(scmi_agent_cancel(peer.agent, transfer), -ENOENT);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcome.error, 0);
	peer_fini(&peer);
}

static void the_end_of_the_channel_ends_everything(void **state)
{
	struct outcome outcomes[2] = { { 0 } };
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcomes[0], NULL);
	scmi_agent_submit(peer.agent, &rate_set_async, record_outcome, &outcomes[1], NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 1), 0));
	scmi_agent_closed(peer.agent, -ENODEV);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(outcomes[0].error, -ENODEV);
	assert_int_equal(outcomes[1].error, 0);
	assert_int_equal(outcomes[1].delayed_error, -ENODEV);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, NULL, NULL),
			 -ENODEV);
	assert_int_equal(scmi_agent_call(peer.agent, &rate_get, NULL), -ENODEV);
	assert_int_equal(peer_counters(&peer).quarantined, 2);
	scmi_agent_reset(peer.agent);
	assert_int_equal(peer_counters(&peer).quarantined, 0);
	assert_int_equal(scmi_agent_submit(peer.agent, &rate_get, record_outcome, &outcomes[0],
					   NULL),
			 0);
	scmi_agent_reset(peer.agent);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(outcomes[0].error, -ENODEV);
	peer_fini(&peer);
}

struct chain {
	struct peer *peer;
	unsigned int left;
	int blocking;
};

static void submit_again(void *ctx, const struct scmi_result *result)
{
	struct chain *chain = ctx;

	(void)result;
	chain->blocking = scmi_agent_call(chain->peer->agent, &rate_get, NULL);
	assert_int_equal(scmi_agent_dispatch(chain->peer->agent), 0);
	if (!chain->left--)
		return;
	assert_int_equal(scmi_agent_submit(chain->peer->agent, &rate_get, submit_again, chain,
					   NULL),
			 0);
	peer_say(chain->peer, WORDS(peer_header(chain->peer, chain->peer->sent_count - 1), 0));
}

static void callbacks_may_submit_but_not_block(void **state)
{
	struct peer peer;
	struct chain chain = { .peer = &peer, .left = 2 };

	(void)state;
	peer_init(&peer, 2, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, submit_again, &chain, NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	/* What a callback causes waits for the next dispatch, which is asked for. */
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(peer.wakes, 3);
	assert_int_equal(chain.blocking, -EDEADLK);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 0);
	assert_int_equal(peer.sent_count, 3);
	peer_fini(&peer);
}

/* While another thread runs a callback, this one may block. */
static void call_as_somebody_else(void *ctx, const struct scmi_result *result)
{
	struct peer *peer = ctx;

	(void)result;
	assert_int_equal(scmi_agent_call(peer->agent, &rate_get, NULL), -EDEADLK);
	peer->caller = &peer->caller;
	assert_int_equal(scmi_agent_call(peer->agent, &rate_get, NULL), -ETIMEDOUT);
	peer->caller = peer;
}

static void another_thread_may_block_during_a_callback(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer, 2, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, call_as_somebody_else, &peer, NULL);
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(peer_counters(&peer).timed_out, 1);
	peer_fini(&peer);
}

static void dispatch_inside(void *ctx, const struct scmi_result *result)
{
	struct peer *peer = ctx;

	(void)result;
	assert_int_equal(scmi_agent_dispatch(peer->agent), 0);
}

static void callbacks_do_not_nest(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer, 2, 1, false);
	for (unsigned int i = 0; i < 2; i++) {
		scmi_agent_submit(peer.agent, &rate_get, dispatch_inside, &peer, NULL);
		peer_say(&peer, WORDS(peer_header(&peer, i), 0));
	}
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	peer_fini(&peer);
}

static void callbacks_at_the_end_cannot_start_anything(void **state)
{
	struct peer peer;
	struct chain chain = { .peer = &peer };

	(void)state;
	peer_init(&peer, 2, 1, false);
	scmi_agent_submit(peer.agent, &rate_get, submit_again, &chain, NULL);
	peer_fini(&peer);
	assert_int_equal(chain.blocking, -EDEADLK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_is_checked),
		cmocka_unit_test(submit_sends_and_dispatch_calls_back),
		cmocka_unit_test(answers_find_their_commands_in_any_order),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
		cmocka_unit_test(an_acceptance_is_told_once),
		cmocka_unit_test(tick_ends_what_is_over),
		cmocka_unit_test(cancel_ends_once),
		cmocka_unit_test(the_end_of_the_channel_ends_everything),
		cmocka_unit_test(callbacks_may_submit_but_not_block),
		cmocka_unit_test(another_thread_may_block_during_a_callback),
		cmocka_unit_test(callbacks_do_not_nest),
		cmocka_unit_test(callbacks_at_the_end_cannot_start_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
