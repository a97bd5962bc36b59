/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changing clocks, and the requests of several agents combined. */
#include "world.h"

#define DOWN 0u
#define UP   4u
#define AUTO 8u

static void set_gives(struct peer *peer, uint32_t clock, uint32_t flags, uint64_t wanted,
		      uint64_t rate)
{
	expect(peer, WORDS(CLOCK(5), flags, clock, (uint32_t)wanted, (uint32_t)(wanted >> 32)),
	       WORDS(CLOCK(5), SUCCESS));
	expect(peer, WORDS(CLOCK(6), clock),
	       WORDS(CLOCK(6), SUCCESS, (uint32_t)rate, (uint32_t)(rate >> 32)));
}

static void rounding_to_a_list(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	set_gives(&manager, PLL, DOWN, 399999999, 200000000);
	set_gives(&manager, PLL, UP, 200000001, 400000000);
	set_gives(&manager, PLL, AUTO, 299999999, 200000000);
	set_gives(&manager, PLL, AUTO, 300000000, 200000000);
	set_gives(&manager, PLL, AUTO, 300000001, 400000000);
	/* Auto, and round_up is ignored. */
	set_gives(&manager, PLL, AUTO | UP, 100000001, 100000000);
	set_gives(&manager, PLL, DOWN, 100000000, 100000000);
	set_gives(&manager, PLL, UP, 0x1abcdef00, 0x1abcdef00);
	set_gives(&manager, PLL, DOWN, 0x1abcdeeff, 400000000);
	/* Outside. */
	expect(&manager, WORDS(CLOCK(5), UP, PLL, 99999999, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(5), DOWN, PLL, 0xabcdef01, 1),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(5), AUTO, PLL, 0, 0), WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 400000000, 0));
	peer_free(&manager);
}

static void rounding_to_a_step(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	set_gives(&manager, UART, DOWN, 2499999, 1000000);
	set_gives(&manager, UART, UP, 1000001, 2500000);
	set_gives(&manager, UART, AUTO, 1750000, 1000000);
	set_gives(&manager, UART, AUTO, 1750001, 2500000);
	set_gives(&manager, UART, DOWN, 5500000, 5500000);
	set_gives(&manager, UART, UP, 9999999, 10000000);
	expect(&manager, WORDS(CLOCK(5), DOWN, UART, 10000001, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(5), DOWN, UART, 10000000, 1),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(5), UP, UART, 999999, 0), WORDS(CLOCK(5), INVALID_PARAMETERS));
	peer_free(&manager);
}

static void clocks_that_cannot_be_set(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	/* One stands still, one follows its parent: the rate they have, and no other. */
	set_gives(&manager, LONG, DOWN, 32768, 32768);
	set_gives(&manager, MUX, UP, 12000000, 12000000);
	expect(&manager, WORDS(CLOCK(5), AUTO, LONG, 32769, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(5), DOWN, MUX, 12000001, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	peer_free(&manager);
}

static void versions_1_and_2_round_as_well(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(0x10), 0x10000), WORDS(CLOCK(0x10), SUCCESS));
	set_gives(&manager, PLL, UP, 200000001, 400000000);
	expect(&manager, WORDS(CLOCK(5), 0x10, PLL, 200000000, 0),
	       WORDS(CLOCK(5), INVALID_PARAMETERS));
	peer_free(&manager);
}

static void rates_follow_through_the_tree(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), MUX), WORDS(CLOCK(6), SUCCESS, 100000000, 0));
	set_gives(&manager, PLL, DOWN, 0x1abcdef00, 0x1abcdef00);
	expect(&manager, WORDS(CLOCK(6), MUX), WORDS(CLOCK(6), SUCCESS, 0xd5e6f780, 0));
	expect(&manager, WORDS(CLOCK(0xd), MUX, OSC), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), MUX), WORDS(CLOCK(6), SUCCESS, 12000000, 0));
	/* A clock with rates of its own keeps its rate. */
	expect(&manager, WORDS(CLOCK(0xd), PLL, OSC), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 0xabcdef00, 1));
	peer_free(&manager);
}

static void parents_that_are_none(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(0xd), MUX, UART), WORDS(CLOCK(0xd), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(0xd), MUX, MUX), WORDS(CLOCK(0xd), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(0xd), MUX, CLOCKS), WORDS(CLOCK(0xd), NOT_FOUND));
	expect(&manager, WORDS(CLOCK(0xd), CLOCKS, OSC), WORDS(CLOCK(0xd), NOT_FOUND));
	peer_free(&manager);
}

/* ---- votes ----------------------------------------------------------------------------------- */

static void vote(struct peer *peer, uint32_t clock, uint32_t on)
{
	expect(peer, WORDS(CLOCK(7), clock, on, 0), WORDS(CLOCK(7), SUCCESS));
}

static void runs(struct peer *peer, uint32_t clock, uint32_t on)
{
	expect(peer, WORDS(CLOCK(0xb), clock, 0), WORDS(CLOCK(0xb), SUCCESS, 0, on, 0));
}

static void a_clock_runs_while_any_wants_it(void **state)
{
	struct peer manager, guest, second;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	peer_new(&second, *state, GUEST, true);
	runs(&manager, UART, 0);
	vote(&guest, GUEST_UART, 1);
	runs(&manager, UART, 1);
	vote(&manager, UART, 1);
	vote(&guest, GUEST_UART, 0);
	runs(&guest, GUEST_UART, 1);
	vote(&manager, UART, 0);
	runs(&guest, GUEST_UART, 0);
	/* Votes do not add up: once is enough, and a vote is the agent's, not the connection's. */
	vote(&guest, GUEST_UART, 1);
	vote(&guest, GUEST_UART, 1);
	vote(&second, GUEST_UART, 0);
	runs(&manager, UART, 0);
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&second);
}

static void one_that_runs_at_start_stops_at_the_first_off(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	runs(&manager, PLL, 1);
	vote(&guest, GUEST_PLL, 0);
	runs(&manager, PLL, 0);
	/* Without any vote it does again what it did at start. */
	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	runs(&manager, PLL, 1);
	/* A vote keeps it. */
	vote(&manager, PLL, 1);
	vote(&guest, GUEST_PLL, 0);
	runs(&manager, PLL, 1);
	vote(&manager, PLL, 0);
	runs(&manager, PLL, 0);
	peer_free(&manager);
	peer_free(&guest);
}

static void always_on_is_always_on(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	vote(&manager, OSC, 0);
	runs(&manager, OSC, 1);
	expect(&manager, WORDS(CLOCK(3), OSC),
	       WORDS(CLOCK(3), SUCCESS, 0xc0000001, 0x0063736f, 0, 0, 0, 0));
	peer_free(&manager);
}

static void a_stopped_clock_keeps_its_rate(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	vote(&manager, PLL, 0);
	set_gives(&manager, PLL, DOWN, 400000000, 400000000);
	vote(&manager, PLL, 1);
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 400000000, 0));
	peer_free(&manager);
}

/* ---- configurations -------------------------------------------------------------------------- */

static void config_set_and_state(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(7), UART, 2, 0), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x10002, 50), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 3, 0), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 4, 0), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x01000001, 0), WORDS(CLOCK(7), INVALID_PARAMETERS));
	/* 3 leaves the state alone. */
	expect(&manager, WORDS(CLOCK(7), UART, 0x10003, 90), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xb), UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 90));
	expect(&manager, WORDS(CLOCK(7), UART, 0x800001, 100), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xb), UART, 0x80), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 100));
	expect(&manager, WORDS(CLOCK(7), UART, 0x10003, 10), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xb), UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 10));
	/* A refused one changes nothing, the state included. */
	expect(&manager, WORDS(CLOCK(7), UART, 0x10000, 91), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x10000, 9), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x20000, 0), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(7), PLL, 0x10000, 50), WORDS(CLOCK(7), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(0xb), UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 10));
	/* Asking: type 0 has no value. */
	expect(&manager, WORDS(CLOCK(0xb), UART, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 0));
	expect(&manager, WORDS(CLOCK(0xb), UART, 2), WORDS(CLOCK(0xb), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(0xb), PLL, 1), WORDS(CLOCK(0xb), INVALID_PARAMETERS));
	expect(&manager, WORDS(CLOCK(0xb), UART, 0x100), WORDS(CLOCK(0xb), INVALID_PARAMETERS));
	peer_free(&manager);
}

static void old_config_set_has_one_bit(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	for (uint32_t version = 0x10000; version <= 0x20000; version += 0x10000) {
		expect(&manager, WORDS(CLOCK(0x10), version), WORDS(CLOCK(0x10), SUCCESS));
		expect(&manager, WORDS(CLOCK(7), UART, 1), WORDS(CLOCK(7), SUCCESS));
		expect(&manager, WORDS(CLOCK(7), UART, 3), WORDS(CLOCK(7), INVALID_PARAMETERS));
		expect(&manager, WORDS(CLOCK(7), UART, 0x10001),
		       WORDS(CLOCK(7), INVALID_PARAMETERS));
		expect(&manager, WORDS(CLOCK(7), UART), WORDS(CLOCK(7), PROTOCOL_ERROR));
	}
	expect(&manager, WORDS(CLOCK(0x10), 0x30000), WORDS(CLOCK(0x10), SUCCESS));
	runs(&manager, UART, 1);
	peer_free(&manager);
}

static void board_permissions(void **state)
{
	struct peer guest, old;

	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	expect(&guest, WORDS(CLOCK(0xf), GUEST_LONG), WORDS(CLOCK(0xf), SUCCESS, 0));
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_LONG, 32768, 0), WORDS(CLOCK(5), DENIED));
	expect(&guest, WORDS(CLOCK(7), GUEST_LONG, 1, 0), WORDS(CLOCK(7), DENIED));
	expect(&guest, WORDS(CLOCK(0xd), GUEST_LONG, GUEST_PLL), WORDS(CLOCK(0xd), DENIED));
	/* Looking is always allowed where only the board restricts. */
	expect(&guest, WORDS(CLOCK(0xe), GUEST_LONG), WORDS(CLOCK(0xe), NOT_SUPPORTED));
	expect(&old, WORDS(CLOCK(5), 0, OLD_PLL, 100000000, 0), WORDS(CLOCK(5), DENIED));
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 0), WORDS(CLOCK(7), SUCCESS));
	peer_free(&guest);
	peer_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rounding_to_a_list),
		TEST(rounding_to_a_step),
		TEST(clocks_that_cannot_be_set),
		TEST(versions_1_and_2_round_as_well),
		TEST(rates_follow_through_the_tree),
		TEST(parents_that_are_none),
		TEST(a_clock_runs_while_any_wants_it),
		TEST(one_that_runs_at_start_stops_at_the_first_off),
		TEST(always_on_is_always_on),
		TEST(a_stopped_clock_keeps_its_rate),
		TEST(config_set_and_state),
		TEST(old_config_set_has_one_bit),
		TEST(board_permissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
