/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Notifications: who hears of what, the bounded queue, and what may be done inside a callback. */
#include "peer.h"

#define RATE_CHANGED          NOTIFICATION(CLOCK(0))
#define RATE_CHANGE_REQUESTED NOTIFICATION(CLOCK(1))

struct ear {
	struct scmi_listener listener;
	struct peer *peer;
	unsigned int heard;
	uint32_t last_word; /* of the payload */
	size_t size;
	struct scmi_listener *remove; /* inside the callback */
	unsigned int say;             /* so many more notifications, inside the callback */
	int blocking;
};

static void hear(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		 size_t size)
{
	const struct scmi_command command = { .protocol_id = 0x14 };
	struct ear *ear = ctx;

	assert_int_equal(protocol_id, ear->listener.protocol_id);
	assert_int_equal(message_id, ear->listener.message_id);
	assert_int_equal(ear->peer->locked, 0);
	ear->heard++;
	ear->size = size;
	while (ear->say) {
		ear->say--;
		peer_say(ear->peer, WORDS(RATE_CHANGED, 0, 0, 1000 + ear->say));
	}
	/* Whatever was queued meanwhile, this one is untouched. */
	ear->last_word = scmi_get_le32((const uint8_t *)payload + size - 4);
	if (ear->remove)
		scmi_agent_unlisten(ear->peer->agent, ear->remove);
	ear->blocking = scmi_agent_call(ear->peer->agent, &command, NULL);
}

static struct ear ear_for(struct peer *peer, uint8_t message_id)
{
	struct ear ear = {
		.listener = { .protocol_id = 0x14, .message_id = message_id, .event = hear },
		.peer = peer,
	};

	return ear;
}

static void listen_with(struct ear *ear)
{
	ear->listener.ctx = ear;
	scmi_agent_listen(ear->peer->agent, &ear->listener);
}

static void listeners_hear_what_they_asked_for(void **state)
{
	struct peer peer;
	struct ear changed = ear_for(&peer, 0);
	struct ear changed_too = ear_for(&peer, 0);
	struct ear requested = ear_for(&peer, 1);

	(void)state;
	peer_init(&peer, 1, 8, false);
	listen_with(&changed);
	listen_with(&changed_too);
	listen_with(&changed_too); /* twice is once */
	listen_with(&requested);
	peer_say(&peer, WORDS(RATE_CHANGED, 3, 7, 24000000, 0));
	peer_say(&peer, WORDS(RATE_CHANGED | 55 << 18, 3, 7, 24000001));
	peer_say(&peer, WORDS(RATE_CHANGE_REQUESTED, 3, 7, 5));
	peer_say(&peer, WORDS(NOTIFICATION(BASE(0)), 3, 7));
	assert_int_equal(peer.wakes, 4);
	assert_int_equal(changed.heard, 0);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 4);
	assert_int_equal(changed.heard, 2);
	assert_int_equal(changed.last_word, 24000001);
	assert_int_equal(changed.size, 12);
	assert_int_equal(changed.blocking, -EDEADLK);
	assert_int_equal(changed_too.heard, 2);
	assert_int_equal(requested.heard, 1);
	assert_int_equal(requested.last_word, 5);
	assert_int_equal(peer_counters(&peer).notifications, 4);
	scmi_agent_unlisten(peer.agent, &changed.listener);
	scmi_agent_unlisten(peer.agent, &changed.listener);
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 6));
	scmi_agent_dispatch(peer.agent);
	assert_int_equal(changed.heard, 2);
	assert_int_equal(changed_too.heard, 3);
	peer_fini(&peer);
}

static void the_oldest_is_dropped_and_counted(void **state)
{
	struct peer peer;
	struct ear ear = ear_for(&peer, 0);

	(void)state;
	peer_init(&peer, 1, 3, false);
	listen_with(&ear);
	for (uint32_t i = 0; i < 10; i++)
		peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, i));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 3);
	assert_int_equal(ear.heard, 3);
	assert_int_equal(ear.last_word, 9);
	assert_int_equal(peer_counters(&peer).notifications, 10);
	assert_int_equal(peer_counters(&peer).overflowed, 7);
	peer_fini(&peer);
}

static const uint32_t payload[] = { 1, 2, 3, 4 };

/* A flood of notifications takes no room from replies. */
static void replies_are_never_lost_to_notifications(void **state)
{
	const struct scmi_command command = {
		.protocol_id = 0x14,
		.message_id = 5,
		.payload = payload,
		.size = sizeof(payload),
		.delayed = true,
	};
	struct outcome outcomes[4] = { { 0 } };
	struct peer peer;

	(void)state;
	peer_init(&peer, 4, 1, false);
	for (int i = 0; i < 4; i++)
		scmi_agent_submit(peer.agent, &command, record_outcome, &outcomes[i], NULL);
	for (unsigned int i = 0; i < 4; i++) {
		for (uint32_t j = 0; j < 100; j++)
			peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, j));
		peer_say(&peer, WORDS(peer_header(&peer, i), 0));
		peer_say(&peer, WORDS(DELAYED(peer_header(&peer, i)), 0, i));
	}
	for (uint32_t j = 0; j < 100; j++)
		peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, j));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 5);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(outcomes[i].calls, 1);
		assert_int_equal(scmi_get_le32(outcomes[i].delayed_values), i);
	}
	assert_int_equal(peer_counters(&peer).overflowed, 499);
	peer_fini(&peer);
}

static void what_is_being_heard_is_not_overwritten(void **state)
{
	struct peer peer;
	struct ear ear = ear_for(&peer, 0);

	(void)state;
	peer_init(&peer, 1, 2, false);
	listen_with(&ear);
	ear.say = 10;
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 7));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	assert_int_equal(ear.last_word, 7);
	/* What came meanwhile is left for the next dispatch, which was asked for. */
	assert_int_equal(peer.wakes, 12);
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(ear.last_word, 1000);
	peer_fini(&peer);
}

static void listeners_may_leave_while_they_hear(void **state)
{
	struct peer peer;
	struct ear first = ear_for(&peer, 0);
	struct ear second = ear_for(&peer, 0);
	struct ear third = ear_for(&peer, 0);

	(void)state;
	peer_init(&peer, 1, 2, false);
	listen_with(&first);
	listen_with(&second);
	listen_with(&third);
	first.remove = &second.listener;
	third.remove = &third.listener;
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 1));
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 2));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 2);
	assert_int_equal(first.heard, 2);
	assert_int_equal(second.heard, 0);
	assert_int_equal(third.heard, 1);
	peer_fini(&peer);
}

static void log_completion(void *ctx, const struct scmi_result *result)
{
	(void)result;
	strcat(ctx, "c");
}

static void log_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *bytes,
		      size_t size)
{
	(void)protocol_id;
	(void)message_id;
	(void)bytes;
	(void)size;
	strcat(ctx, "n");
}

static void completions_come_before_notifications(void **state)
{
	const struct scmi_command command = { .protocol_id = 0x14 };
	char log[8] = "";
	struct scmi_listener listener = { .protocol_id = 0x14, .event = log_event, .ctx = log };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 2, false);
	scmi_agent_listen(peer.agent, &listener);
	scmi_agent_submit(peer.agent, &command, log_completion, log, NULL);
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 1));
	peer_say(&peer, WORDS(peer_header(&peer, 0), 0));
	peer_say(&peer, WORDS(RATE_CHANGED, 0, 0, 1));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 3);
	assert_string_equal(log, "cnn");
	peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listeners_hear_what_they_asked_for),
		cmocka_unit_test(the_oldest_is_dropped_and_counted),
		cmocka_unit_test(replies_are_never_lost_to_notifications),
		cmocka_unit_test(what_is_being_heard_is_not_overwritten),
		cmocka_unit_test(listeners_may_leave_while_they_hear),
		cmocka_unit_test(completions_come_before_notifications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
