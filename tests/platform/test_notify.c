/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Notifications: who gets which, under whose name, and what happens when nobody fetches them. */
#include "world.h"

static void set(struct peer *peer, uint32_t clock, uint32_t rate)
{
	expect(peer, WORDS(CLOCK(5), 0, clock, rate, 0), WORDS(CLOCK(5), SUCCESS));
	scmi_platform_tick(peer->world->platform, peer->world->now_ns);
}

static void subscribe(struct peer *peer, uint32_t message, uint32_t clock, uint32_t enable)
{
	expect(peer, WORDS(CLOCK(message), clock, enable), WORDS(CLOCK(message), SUCCESS));
}

static void rate_changed(void **state)
{
	struct peer manager, guest, second, old;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	peer_new(&second, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	subscribe(&manager, 9, PLL, 1);
	subscribe(&guest, 9, GUEST_PLL, 1);
	subscribe(&second, 9, GUEST_PLL, 1);
	subscribe(&old, 9, OLD_PLL, 1);
	/*
	 * Everybody but the agent whose doing it is; an untrusted one does not learn who that was.
	 */
	set(&guest, GUEST_PLL, 100000000);
	expect_silence(&guest);
	expect_silence(&second);
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), GUEST, PLL, 100000000, 0));
	expect_sent(&old, WORDS(CLOCK_EVENT(0), 0, OLD_PLL, 100000000, 0));
	/* No change, no news. */
	set(&guest, GUEST_PLL, 100000000);
	expect_silence(&manager);
	/* Unsubscribed: this channel only. */
	subscribe(&guest, 9, GUEST_PLL, 0);
	set(&manager, PLL, 400000000);
	expect_silence(&guest);
	expect_sent(&second, WORDS(CLOCK_EVENT(0), 0, GUEST_PLL, 400000000, 0));
	expect_silence(&manager);
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&second);
	peer_free(&old);
}

static void children_change_with_their_parent(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	subscribe(&guest, 9, GUEST_MUX, 1);
	/* The parent that it has already. */
	expect(&manager, WORDS(CLOCK(0xd), MUX, OSC), WORDS(CLOCK(0xd), SUCCESS));
	expect_silence(&guest);
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	scmi_platform_tick(guest.world->platform, guest.world->now_ns);
	expect_sent(&guest, WORDS(CLOCK_EVENT(0), 0, GUEST_MUX, 100000000, 0));
	set(&manager, PLL, 400000000);
	expect_sent(&guest, WORDS(CLOCK_EVENT(0), 0, GUEST_MUX, 200000000, 0));
	/* Again. */
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect_silence(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void the_end_of_an_asynchronous_change(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	subscribe(&manager, 9, SLOW, 1);
	subscribe(&guest, 9, GUEST_SLOW, 1);
	expect(&guest, WORDS(CLOCK(5), 1, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_silence(&manager);
	pass(*state, 5 * MILLISECOND);
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), GUEST, SLOW, 2000, 0));
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 2000, 0));
	expect_silence(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void rate_change_requested(void **state)
{
	struct peer manager, guest, old;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	subscribe(&manager, 0xa, PLL, 1);
	subscribe(&guest, 0xa, GUEST_PLL, 1);
	/* Granted, the rate as it was asked for. */
	set(&guest, GUEST_PLL, 100000001);
	expect_sent(&manager, WORDS(CLOCK_EVENT(1), GUEST, PLL, 100000001, 0));
	expect_silence(&manager);
	expect_silence(&guest);
	/* Out of range. */
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_PLL, 1, 0x80000000),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect_silence(&guest);
	expect_sent(&manager, WORDS(CLOCK_EVENT(1), GUEST, PLL, 1, 0x80000000));
	/* Not allowed. */
	expect(&old, WORDS(CLOCK(5), 0, OLD_PLL, 400000000, 0), WORDS(CLOCK(5), DENIED));
	expect_silence(&old);
	expect_sent(&manager, WORDS(CLOCK_EVENT(1), OLD, PLL, 400000000, 0));
	expect_sent(&guest, WORDS(CLOCK_EVENT(1), 0, GUEST_PLL, 400000000, 0));
	/* A message that is none asks for nothing. */
	expect(&old, WORDS(CLOCK(5), 0x10, OLD_PLL, 400000000, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect_silence(&manager);
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&old);
}

static void the_two_are_subscribed_apart(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	subscribe(&manager, 9, PLL, 1);
	subscribe(&manager, 0xa, PLL, 1);
	subscribe(&manager, 0xa, PLL, 0);
	set(&guest, GUEST_PLL, 100000000);
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), GUEST, PLL, 100000000, 0));
	expect_silence(&manager);
	expect(&manager, WORDS(CLOCK(9), QUIET, 1), WORDS(CLOCK(9), NOT_SUPPORTED));
	expect(&manager, WORDS(CLOCK(0xa), QUIET, 1), WORDS(CLOCK(0xa), NOT_SUPPORTED));
	expect(&manager, WORDS(CLOCK(9), CLOCKS, 1), WORDS(CLOCK(9), NOT_FOUND));
	expect(&manager, WORDS(CLOCK(9), PLL, 0x80000001), WORDS(CLOCK(9), INVALID_PARAMETERS));
	peer_free(&manager);
	peer_free(&guest);
}

static void version_1_has_no_notifications(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	subscribe(&manager, 9, PLL, 1);
	expect(&manager, WORDS(CLOCK(0x10), 0x10000), WORDS(CLOCK(0x10), SUCCESS));
	set(&guest, GUEST_PLL, 100000000);
	expect_silence(&manager);
	expect(&manager, WORDS(CLOCK(9), PLL, 1), WORDS(CLOCK(9), NOT_FOUND));
	peer_free(&manager);
	peer_free(&guest);
}

static void a_full_way_keeps_the_newest(void **state)
{
	struct world *world = *state;
	struct scmi_channel_counters counters;
	struct peer manager, guest;

	peer_new(&manager, world, MANAGER, true);
	peer_new(&guest, world, GUEST, true);
	subscribe(&manager, 0xa, LONG, 1);
	subscribe(&manager, 0xa, PLL, 1);
	expect(&manager, WORDS(CLOCK(5), 1, SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	manager.send_result = -EAGAIN;
	for (uint32_t n = 0; n < 20; n++) {
		expect(&guest, WORDS(CLOCK(5), 0, GUEST_PLL, 100000000 + n, 0),
		       WORDS(CLOCK(5), SUCCESS));
		if (n % 3)
			scmi_platform_tick(world->platform, world->now_ns);
		/* Once it is known that there is no room, nobody needs to come back for it. */
		if (n)
			assert_true(scmi_platform_next_deadline(world->platform) ==
				    world->now_ns + 5 * MILLISECOND);
	}
	pass(world, 5 * MILLISECOND);
	manager.send_result = 0;
	scmi_channel_ready(manager.channel);
	/* The delayed response is not one of them. */
	expect_sent(&manager, WORDS(CLOCK_DELAYED(5), SUCCESS, SLOW, 2000, 0));
	for (uint32_t n = 4; n < 20; n++)
		expect_sent(&manager, WORDS(CLOCK_EVENT(1), GUEST, PLL, 100000000 + n, 0));
	expect_silence(&manager);
	scmi_channel_counters(manager.channel, &counters);
	assert_int_equal(counters.notifications, 16);
	assert_int_equal(counters.lost, 4);
	/* The one that found the way full waits as well. */
	manager.send_result = -EAGAIN;
	set(&guest, GUEST_PLL, 100000077);
	manager.send_result = 0;
	scmi_channel_ready(manager.channel);
	expect_sent(&manager, WORDS(CLOCK_EVENT(1), GUEST, PLL, 100000077, 0));
	expect_silence(&manager);
	/* An error is no reason to keep anything. */
	manager.send_result = -EPIPE;
	set(&guest, GUEST_PLL, 100000000);
	manager.send_result = 0;
	expect_silence(&manager);
	scmi_channel_counters(manager.channel, &counters);
	assert_int_equal(counters.lost, 5);
	peer_free(&manager);
	peer_free(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rate_changed),
		TEST(children_change_with_their_parent),
		TEST(the_end_of_an_asynchronous_change),
		TEST(rate_change_requested),
		TEST(the_two_are_subscribed_apart),
		TEST(version_1_has_no_notifications),
		TEST(a_full_way_keeps_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
