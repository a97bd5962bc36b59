/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ends later: delayed responses and late answers, in order, in bounded number, and without
 * their channel.
 */
#include "world.h"

#define ASYNC  1u
#define IGNORE 2u

static uint64_t deadline(struct world *world)
{
	return scmi_platform_next_deadline(world->platform);
}

static void rate_is(struct peer *peer, uint32_t clock, uint32_t rate)
{
	expect(peer, WORDS(CLOCK(6), clock), WORDS(CLOCK(6), SUCCESS, rate, 0));
}

static void a_delayed_response(void **state)
{
	struct world *world = *state;
	struct scmi_channel_counters counters;
	struct peer guest;

	peer_new(&guest, world, GUEST, true);
	assert_true(deadline(world) == SCMI_NEVER);
	world->wakes = 0;
	expect(&guest, WORDS(0x0a545005, ASYNC, GUEST_SLOW, 2500, 0), WORDS(0x0a545005, SUCCESS));
	assert_int_equal(world->wakes, 1);
	assert_true(deadline(world) == world->now_ns + 5 * MILLISECOND);
	pass(world, 5 * MILLISECOND - 1);
	expect_silence(&guest);
	rate_is(&guest, GUEST_SLOW, 1000);
	pass(world, 1);
	expect_sent(&guest, WORDS(0x0a545205, SUCCESS, GUEST_SLOW, 2000, 0));
	expect_silence(&guest);
	rate_is(&guest, GUEST_SLOW, 2000);
	assert_true(deadline(world) == SCMI_NEVER);
	scmi_channel_counters(guest.channel, &counters);
	assert_int_equal(counters.delayed, 1);
	peer_free(&guest);
}

static void without_latency_it_still_comes_after_the_answer(void **state)
{
	struct world *world = *state;
	struct peer guest;

	peer_new(&guest, world, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	assert_int_equal(guest.sent_count, 0);
	assert_true(deadline(world) <= world->now_ns);
	pass(world, 0);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_PLL, 100000000, 0));
	peer_free(&guest);
}

static void nobody_wants_the_delayed_response(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC | IGNORE, GUEST_SLOW, 2000, 0),
	       WORDS(CLOCK(5), SUCCESS));
	pass(*state, 5 * MILLISECOND);
	expect_silence(&guest);
	rate_is(&guest, GUEST_SLOW, 2000);
	/* Bit 1 alone means nothing. */
	expect_later(&guest, 3, WORDS(CLOCK(5), IGNORE, GUEST_SLOW, 3000, 0));
	pass(*state, 5 * MILLISECOND);
	expect_answer(&guest, 3, WORDS(CLOCK(5), SUCCESS));
	peer_free(&guest);
}

static void a_refused_one_has_no_delayed_response(void **state)
{
	struct peer guest, old;

	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 3001, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	/* max_pending_async is 0. */
	expect(&old, WORDS(CLOCK(5), ASYNC, OLD_SLOW, 2000, 0), WORDS(CLOCK(5), NOT_SUPPORTED));
	pass(*state, 100 * MILLISECOND);
	expect_silence(&guest);
	expect_silence(&old);
	peer_free(&guest);
	peer_free(&old);
}

static void as_many_as_allowed(void **state)
{
	struct world *world = *state;
	struct peer guest, second;

	peer_new(&guest, world, GUEST, true);
	peer_new(&second, world, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&second, WORDS(CLOCK(5), ASYNC, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	/* The agent's number, over its channels. */
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 3000, 0), WORDS(CLOCK(5), BUSY));
	expect(&second, WORDS(CLOCK(5), ASYNC | IGNORE, GUEST_PLL, 100000000, 0),
	       WORDS(CLOCK(5), BUSY));
	/* A value that is wrong is told first. */
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 1, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	/* A delayed response that the way has no room for keeps its place. */
	guest.send_result = -EAGAIN;
	pass(world, 5 * MILLISECOND);
	expect_sent(&second, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_PLL, 100000000, 0));
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 3000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 3000, 0), WORDS(CLOCK(5), BUSY));
	/* It is not tried until there is room. */
	assert_true(deadline(world) == world->now_ns + 5 * MILLISECOND);
	guest.send_result = 0;
	pass(world, 0);
	assert_int_equal(guest.sent_count, 0);
	scmi_channel_ready(guest.channel);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 2000, 0));
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 1000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 5 * MILLISECOND);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 3000, 0));
	expect_silence(&guest);
	pass(world, 5 * MILLISECOND);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 1000, 0));
	peer_free(&guest);
	peer_free(&second);
}

static void sets_on_one_clock_keep_their_order(void **state)
{
	struct world *world = *state;
	struct peer guest, manager;

	peer_new(&guest, world, GUEST, true);
	peer_new(&manager, world, MANAGER, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 2 * MILLISECOND);
	expect_later(&manager, 11, WORDS(CLOCK(5), 0, SLOW, 3000, 0));
	expect_later(&manager, 12, WORDS(CLOCK(5), 0, BROKEN_SLOW, 20, 0));
	/* Another clock's change is earlier, though it was asked for later. */
	pass(world, 2 * MILLISECOND);
	expect_answer(&manager, 12, WORDS(CLOCK(5), GENERIC_ERROR));
	rate_is(&guest, GUEST_SLOW, 1000);
	pass(world, 1 * MILLISECOND);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 2000, 0));
	pass(world, 5 * MILLISECOND - 1);
	expect_silence(&manager);
	pass(world, 1);
	expect_answer(&manager, 11, WORDS(CLOCK(5), SUCCESS));
	rate_is(&guest, GUEST_SLOW, 3000);
	/* A fast one does not overtake either. */
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&manager, 13, WORDS(CLOCK(5), 0, PLL, 400000000, 0));
	pass(world, 0);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_PLL, 100000000, 0));
	expect_answer(&manager, 13, WORDS(CLOCK(5), SUCCESS));
	rate_is(&guest, GUEST_PLL, 400000000);
	/* Not even where something later waits before them. */
	expect_later(&manager, 14, WORDS(CLOCK(5), 0, SLOW, 1000, 0));
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&manager, 15, WORDS(CLOCK(5), 0, PLL, 400000000, 0));
	pass(world, 0);
	expect_answer(&manager, 15, WORDS(CLOCK(5), SUCCESS));
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_PLL, 100000000, 0));
	rate_is(&guest, GUEST_PLL, 400000000);
	/* And afterwards it is fast again. */
	expect(&manager, WORDS(CLOCK(5), 0, PLL, 200000000, 0), WORDS(CLOCK(5), SUCCESS));
	peer_free(&guest);
	peer_free(&manager);
}

static void late_answers_are_bounded(void **state)
{
	struct world *world = *state;
	struct peer guest;

	peer_new(&guest, world, GUEST, true);
	for (uint32_t n = 0; n < 16; n++)
		expect_later(&guest, 100 + n,
			     WORDS(CLOCK(5), 0, GUEST_SLOW, 1000 + n % 3 * 1000, 0));
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_SLOW, 1000, 0), WORDS(CLOCK(5), BUSY));
	/* Asynchronous ones have their own places. */
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 1000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 17 * 5 * MILLISECOND);
	for (uint32_t n = 0; n < 16; n++)
		expect_answer(&guest, 100 + n, WORDS(CLOCK(5), SUCCESS));
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 1000, 0));
	expect_later(&guest, 1, WORDS(CLOCK(5), 0, GUEST_SLOW, 1000, 0));
	peer_free(&guest);
}

static void a_fault_comes_at_the_end(void **state)
{
	struct world *world = *state;
	struct peer manager;

	peer_new(&manager, world, MANAGER, true);
	expect(&manager, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	expect(&manager, WORDS(CLOCK(5), ASYNC, BROKEN_SLOW, 20, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 2 * MILLISECOND);
	/* An error is the status alone. */
	expect_sent(&manager, WORDS(CLOCK_DELAYED(5), GENERIC_ERROR));
	expect_sent(&manager, WORDS(BASE_EVENT(0), MANAGER, 1, CLOCK(5), GENERIC_ERROR));
	rate_is(&manager, BROKEN_SLOW, 10);
	expect(&manager, WORDS(CLOCK(5), 0, BROKEN, 20, 0), WORDS(CLOCK(5), HARDWARE_ERROR));
	rate_is(&manager, BROKEN, 10);
	peer_free(&manager);
}

static void the_way_for_answers_may_be_full_too(void **state)
{
	struct world *world = *state;
	struct peer guest;

	peer_new(&guest, world, GUEST, false);
	expect_later(&guest, 9, WORDS(CLOCK(5), 0, GUEST_SLOW, 2000, 0));
	guest.send_result = -EAGAIN;
	pass(world, 5 * MILLISECOND);
	guest.send_result = 0;
	assert_true(deadline(world) == SCMI_NEVER);
	scmi_channel_ready(guest.channel);
	expect_answer(&guest, 9, WORDS(CLOCK(5), SUCCESS));
	/* Anything but EAGAIN gives up, and frees the place. */
	guest.send_result = -EPIPE;
	for (uint32_t n = 0; n < 40; n++) {
		expect_later(&guest, n, WORDS(CLOCK(5), 0, GUEST_SLOW, 2000, 0));
		pass(world, 5 * MILLISECOND);
	}
	guest.send_result = 0;
	expect_silence(&guest);
	peer_free(&guest);
}

/* As of a virtio guest that posts no buffers for events: its own commands are answered. */
static void answers_pass_what_has_no_room(void **state)
{
	struct world *world = *state;
	struct peer guest;

	peer_new(&guest, world, GUEST, true);
	guest.send_result = -EAGAIN;
	guest.answers_go = true;
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 5 * MILLISECOND);
	expect_later(&guest, 9, WORDS(CLOCK(5), 0, GUEST_SLOW, 3000, 0));
	pass(world, 5 * MILLISECOND);
	expect_answer(&guest, 9, WORDS(CLOCK(5), SUCCESS));
	expect_silence(&guest);
	guest.send_result = 0;
	scmi_channel_ready(guest.channel);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 2000, 0));
	peer_free(&guest);
}

static void what_does_not_fit_ends_as_a_status(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	guest.send_max = 19;
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(*state, 5 * MILLISECOND);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), COMMS_ERROR));
	rate_is(&guest, GUEST_SLOW, 2000);
	/* Where not even that fits, it is over all the same. */
	guest.send_max = 7;
	for (uint32_t n = 0; n < 3; n++) {
		expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0),
		       WORDS(CLOCK(5), SUCCESS));
		pass(*state, 5 * MILLISECOND);
	}
	expect_silence(&guest);
	peer_free(&guest);
}

/* ---- channels that go ------------------------------------------------------------------------ */

static void what_was_accepted_is_done_without_its_channel(void **state)
{
	struct world *world = *state;
	struct peer guest, second;

	peer_new(&guest, world, GUEST, true);
	peer_new(&second, world, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&guest, 1, WORDS(CLOCK(5), 0, GUEST_SLOW, 3000, 0));
	expect(&second, WORDS(CLOCK(5), ASYNC, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	/* One whose delayed response could not be sent is in no list of time any more. */
	guest.send_result = -EAGAIN;
	pass(world, 5 * MILLISECOND);
	expect_sent(&second, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_PLL, 100000000, 0));
	peer_free(&guest);
	pass(world, 5 * MILLISECOND);
	rate_is(&second, GUEST_SLOW, 3000);
	expect_silence(&second);
	/* All places are free again. */
	for (uint32_t n = 0; n < 2; n++)
		expect(&second, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0),
		       WORDS(CLOCK(5), SUCCESS));
	peer_free(&second);
	pass(world, 10 * MILLISECOND);
	assert_true(deadline(world) == SCMI_NEVER);
}

static void the_last_channel_takes_requests_with_it(void **state)
{
	struct world *world = *state;
	struct peer first, second, manager;

	peer_new(&manager, world, MANAGER, true);
	peer_new(&first, world, SHORT_LIVED, true);
	peer_new(&second, world, SHORT_LIVED, true);
	expect(&first, WORDS(CLOCK(5), 0, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&first, WORDS(CLOCK(7), GUEST_UART, 1, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&second, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&manager, WORDS(CLOCK(9), PLL, 1), WORDS(CLOCK(9), SUCCESS));
	peer_free(&first);
	rate_is(&manager, PLL, 100000000);
	peer_free(&second);
	rate_is(&manager, PLL, 200000000);
	expect(&manager, WORDS(CLOCK(0xb), UART, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 0));
	pass(world, 5 * MILLISECOND);
	rate_is(&manager, SLOW, 1000);
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), SHORT_LIVED, PLL, 200000000, 0));
	expect_silence(&manager);
	peer_free(&manager);
	/* The others keep theirs. */
	peer_new(&first, world, GUEST, true);
	expect(&first, WORDS(CLOCK(5), 0, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	peer_free(&first);
	peer_new(&manager, world, MANAGER, true);
	rate_is(&manager, PLL, 100000000);
	peer_free(&manager);
}

static void a_device_reset_is_a_new_guest(void **state)
{
	struct world *world = *state;
	struct peer guest, manager;

	peer_new(&guest, world, GUEST, true);
	peer_new(&manager, world, MANAGER, true);
	expect(&guest, WORDS(CLOCK(9), GUEST_PLL, 1), WORDS(CLOCK(9), SUCCESS));
	expect(&guest, WORDS(CLOCK(7), GUEST_UART, 1, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&guest, 1, WORDS(CLOCK(5), 0, GUEST_SLOW, 3000, 0));
	guest.send_result = -EAGAIN;
	expect(&manager, WORDS(CLOCK(5), 0, PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 5 * MILLISECOND);
	guest.send_result = 0;
	scmi_channel_reset(guest.channel);
	/* Nothing of before arrives: its buffers are gone. */
	pass(world, 100 * MILLISECOND);
	expect_silence(&guest);
	expect(&manager, WORDS(CLOCK(5), 0, PLL, 200000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_silence(&guest);
	expect(&manager, WORDS(CLOCK(0xb), UART, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 0));
	rate_is(&manager, SLOW, 1000);
	/* And the way is open. */
	expect(&guest, WORDS(CLOCK(5), ASYNC, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	pass(world, 5 * MILLISECOND);
	expect_sent(&guest, WORDS(CLOCK_DELAYED(5), SUCCESS, GUEST_SLOW, 2000, 0));
	expect_silence(&guest);
	peer_free(&guest);
	peer_free(&manager);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_delayed_response),
		TEST(without_latency_it_still_comes_after_the_answer),
		TEST(nobody_wants_the_delayed_response),
		TEST(a_refused_one_has_no_delayed_response),
		TEST(as_many_as_allowed),
		TEST(sets_on_one_clock_keep_their_order),
		TEST(late_answers_are_bounded),
		TEST(a_fault_comes_at_the_end),
		TEST(the_way_for_answers_may_be_full_too),
		TEST(answers_pass_what_has_no_room),
		TEST(what_does_not_fit_ends_as_a_status),
		TEST(what_was_accepted_is_done_without_its_channel),
		TEST(the_last_channel_takes_requests_with_it),
		TEST(a_device_reset_is_a_new_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
