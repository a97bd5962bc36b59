/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Devices, permissions, and what a reset of an agent takes back. */
#include "world.h"

#define PERMISSIONS_ALL 0xe0000000u

static void checks_come_in_order(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	/* Flags, agent, device, protocol, then may the caller at all, then is it the platform. */
	expect(&manager, WORDS(BASE(9), 99, 99, 2), WORDS(BASE(9), INVALID_PARAMETERS));
	expect(&manager, WORDS(BASE(9), 99, DISPLAY, 0), WORDS(BASE(9), NOT_FOUND));
	expect(&manager, WORDS(BASE(9), 0, 99, 0), WORDS(BASE(9), NOT_FOUND));
	expect(&manager, WORDS(BASE(9), 0, DISPLAY, 0), WORDS(BASE(9), DENIED));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x114, 0),
	       WORDS(BASE(0xa), INVALID_PARAMETERS));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x14, 2),
	       WORDS(BASE(0xa), INVALID_PARAMETERS));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x10, 0), WORDS(BASE(0xa), NOT_FOUND));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x15, 0), WORDS(BASE(0xa), NOT_FOUND));
	expect(&manager, WORDS(BASE(0xa), GUEST, 99, 0x14, 0), WORDS(BASE(0xa), NOT_FOUND));
	expect(&manager, WORDS(BASE(0xa), 0, DISPLAY, 0x14, 0), WORDS(BASE(0xa), DENIED));
	/* The guest sees itself and the platform, and the devices that it has domains of. */
	expect(&guest, WORDS(BASE(9), 1, DISPLAY, 1), WORDS(BASE(9), DENIED));
	expect(&guest, WORDS(BASE(9), 0, SOUND, 1), WORDS(BASE(9), DENIED));
	expect(&guest, WORDS(BASE(9), 2, DISPLAY, 1), WORDS(BASE(9), NOT_FOUND));
	expect(&guest, WORDS(BASE(9), 1, SECRET, 1), WORDS(BASE(9), NOT_FOUND));
	expect(&guest, WORDS(BASE(9), 1, 99, 1), WORDS(BASE(9), NOT_FOUND));
	expect(&guest, WORDS(BASE(0xa), 1, DISPLAY, 0x14, 1), WORDS(BASE(0xa), DENIED));
	expect(&guest, WORDS(BASE(0xa), 1, DISPLAY, 0x13, 1), WORDS(BASE(0xa), NOT_FOUND));
	peer_free(&manager);
	peer_free(&guest);
}

static void a_board_without_devices(void **state)
{
	struct scmi_board board = test_board;
	struct world world = {.now_ns = 0};
	struct peer manager;

	(void)state;
	board.device_count = 0;
	world_new(&world, &board);
	peer_new(&manager, &world, MANAGER, true);
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), NOT_SUPPORTED));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x14, 0),
	       WORDS(BASE(0xa), NOT_SUPPORTED));
	expect(&manager, WORDS(BASE(2), 9), WORDS(BASE(2), NOT_FOUND));
	expect(&manager, WORDS(BASE(2), 0xa), WORDS(BASE(2), NOT_FOUND));
	expect(&manager, WORDS(BASE(2), 0xb), WORDS(BASE(2), SUCCESS, 0));
	peer_free(&manager);
	world_free(&world);
}

/* What a guest that was denied the display may do with its clocks. */
static void expect_denied(struct peer *guest)
{
	expect(guest, WORDS(CLOCK(0xf), GUEST_UART), WORDS(CLOCK(0xf), SUCCESS, 0));
	expect(guest, WORDS(CLOCK(0xf), GUEST_MUX), WORDS(CLOCK(0xf), SUCCESS, 0));
	expect(guest, WORDS(CLOCK(5), 0, GUEST_UART, 2500000, 0), WORDS(CLOCK(5), DENIED));
	expect(guest, WORDS(CLOCK(7), GUEST_UART, 1, 0), WORDS(CLOCK(7), DENIED));
	expect(guest, WORDS(CLOCK(7), GUEST_UART, 0x10003, 20), WORDS(CLOCK(7), DENIED));
	expect(guest, WORDS(CLOCK(0xd), GUEST_MUX, GUEST_PLL), WORDS(CLOCK(0xd), DENIED));
	expect(guest, WORDS(CLOCK(0xe), GUEST_MUX), WORDS(CLOCK(0xe), DENIED));
	expect(guest, WORDS(CLOCK(0xc), GUEST_MUX, 0), WORDS(CLOCK(0xc), DENIED));
	/* Permission comes before whether there are parents. */
	expect(guest, WORDS(CLOCK(0xe), GUEST_UART), WORDS(CLOCK(0xe), DENIED));
	/* Restricted. */
	expect(guest, WORDS(CLOCK(3), GUEST_UART),
	       WORDS(CLOCK(3), SUCCESS, 0xc8000002, 0x74726175, 0x5f666f5f, 0x635f3531, 0x00726168,
		     150));
	/* Other reads work. */
	expect(guest, WORDS(CLOCK(6), GUEST_UART), WORDS(CLOCK(6), SUCCESS, 4000000, 0));
	expect(guest, WORDS(CLOCK(0xb), GUEST_UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 50));
	expect(guest, WORDS(CLOCK(9), GUEST_UART, 1), WORDS(CLOCK(9), SUCCESS));
}

static void expect_allowed(struct peer *guest)
{
	expect(guest, WORDS(CLOCK(0xf), GUEST_UART), WORDS(CLOCK(0xf), SUCCESS, PERMISSIONS_ALL));
	expect(guest, WORDS(CLOCK(0xf), GUEST_MUX), WORDS(CLOCK(0xf), SUCCESS, PERMISSIONS_ALL));
	expect(guest, WORDS(CLOCK(0xe), GUEST_UART), WORDS(CLOCK(0xe), NOT_SUPPORTED));
	expect(guest, WORDS(CLOCK(3), GUEST_UART),
	       WORDS(CLOCK(3), SUCCESS, 0xc8000000, 0x74726175, 0x5f666f5f, 0x635f3531, 0x00726168,
		     150));
}

static void a_denied_device(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect_allowed(&guest);
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), SUCCESS));
	expect_denied(&guest);
	/* Not its other clocks, and nobody else's. */
	expect(&guest, WORDS(CLOCK(0xf), GUEST_PLL), WORDS(CLOCK(0xf), SUCCESS, PERMISSIONS_ALL));
	expect(&manager, WORDS(CLOCK(0xf), UART), WORDS(CLOCK(0xf), SUCCESS, PERMISSIONS_ALL));
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 1), WORDS(BASE(9), SUCCESS));
	expect_allowed(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void one_protocol_of_a_device(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x14, 0), WORDS(BASE(0xa), SUCCESS));
	expect_denied(&guest);
	/* The last word about these domains holds, whichever message said it. */
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 1), WORDS(BASE(9), SUCCESS));
	expect_allowed(&guest);
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), SUCCESS));
	expect(&manager, WORDS(BASE(0xa), GUEST, DISPLAY, 0x14, 1), WORDS(BASE(0xa), SUCCESS));
	expect_allowed(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void a_clock_in_two_devices(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), SUCCESS));
	expect(&manager, WORDS(BASE(9), GUEST, SOUND, 0), WORDS(BASE(9), SUCCESS));
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 1), WORDS(BASE(9), SUCCESS));
	expect(&guest, WORDS(CLOCK(0xf), GUEST_MUX), WORDS(CLOCK(0xf), SUCCESS, PERMISSIONS_ALL));
	expect(&guest, WORDS(CLOCK(0xf), GUEST_UART), WORDS(CLOCK(0xf), SUCCESS, 0));
	expect(&guest, WORDS(CLOCK(0xf), GUEST_PLL), WORDS(CLOCK(0xf), SUCCESS, 0));
	expect(&manager, WORDS(BASE(9), GUEST, SOUND, 1), WORDS(BASE(9), SUCCESS));
	expect_allowed(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void allowing_gives_no_more_than_the_board(void **state)
{
	struct peer manager, old;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&old, *state, OLD, true);
	expect(&manager, WORDS(BASE(9), OLD, SOUND, 0), WORDS(BASE(9), SUCCESS));
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 1), WORDS(CLOCK(7), DENIED));
	expect(&manager, WORDS(BASE(9), OLD, SOUND, 1), WORDS(BASE(9), SUCCESS));
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 1), WORDS(CLOCK(7), SUCCESS));
	expect(&old, WORDS(CLOCK(5), 0, OLD_PLL, 100000000, 0), WORDS(CLOCK(5), DENIED));
	/* A device of which the agent sees nothing. */
	expect(&manager, WORDS(BASE(9), OLD, SECRET, 0), WORDS(BASE(9), SUCCESS));
	peer_free(&manager);
	peer_free(&old);
}

/* ---- reset ----------------------------------------------------------------------------------- */

static void who_may_reset_whom(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(BASE(0xb), 1, 2), WORDS(BASE(0xb), INVALID_PARAMETERS));
	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	expect(&guest, WORDS(BASE(0xb), 1, 1), WORDS(BASE(0xb), DENIED));
	expect(&guest, WORDS(BASE(0xb), 0, 0), WORDS(BASE(0xb), DENIED));
	expect(&guest, WORDS(BASE(0xb), 2, 0), WORDS(BASE(0xb), NOT_FOUND));
	expect(&manager, WORDS(BASE(0xb), 0, 0), WORDS(BASE(0xb), DENIED));
	expect(&manager, WORDS(BASE(0xb), AGENTS + 1, 1), WORDS(BASE(0xb), NOT_FOUND));
	expect(&manager, WORDS(BASE(0xb), GUEST, 1), WORDS(BASE(0xb), SUCCESS));
	expect(&manager, WORDS(BASE(0xb), MANAGER, 1), WORDS(BASE(0xb), SUCCESS));
	peer_free(&manager);
	peer_free(&guest);
}

static void permissions_come_back_only_when_asked(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), SUCCESS));
	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	expect_denied(&guest);
	expect(&manager, WORDS(BASE(0xb), GUEST, 0), WORDS(BASE(0xb), SUCCESS));
	expect_denied(&guest);
	expect(&manager, WORDS(BASE(0xb), GUEST, 1), WORDS(BASE(0xb), SUCCESS));
	expect_allowed(&guest);
	peer_free(&manager);
	peer_free(&guest);
}

static void requests_are_withdrawn(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&guest, WORDS(CLOCK(7), GUEST_UART, 0x10001, 20), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x800003, 9), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), MUX), WORDS(CLOCK(6), SUCCESS, 50000000, 0));
	expect(&manager, WORDS(CLOCK(9), MUX, 1), WORDS(CLOCK(9), SUCCESS));
	expect(&manager, WORDS(CLOCK(9), PLL, 1), WORDS(CLOCK(9), SUCCESS));

	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	scmi_platform_tick(guest.world->platform, guest.world->now_ns);
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), GUEST, PLL, 200000000, 0));
	expect_sent(&manager, WORDS(CLOCK_EVENT(0), GUEST, MUX, 100000000, 0));
	expect_silence(&manager);
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 200000000, 0));
	/* Its vote and its duty cycle are gone; what the manager set stays. */
	expect(&manager, WORDS(CLOCK(0xb), UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 50));
	expect(&manager, WORDS(CLOCK(0xb), UART, 0x80), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 9));
	expect(&manager, WORDS(CLOCK(0xe), MUX), WORDS(CLOCK(0xe), SUCCESS, PLL));
	/* Not what somebody else has set since. */
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&manager, WORDS(CLOCK(5), 0, PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 100000000, 0));
	expect(&manager, WORDS(BASE(0xb), MANAGER, 0), WORDS(BASE(0xb), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 200000000, 0));
	expect(&manager, WORDS(CLOCK(0xe), MUX), WORDS(CLOCK(0xe), SUCCESS, OSC));
	peer_free(&manager);
	peer_free(&guest);
}

static void subscriptions_go_pending_ends(void **state)
{
	struct peer manager, guest, second;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	peer_new(&second, *state, GUEST, true);
	expect(&guest, WORDS(CLOCK(9), GUEST_PLL, 1), WORDS(CLOCK(9), SUCCESS));
	expect(&second, WORDS(CLOCK(9), GUEST_PLL, 1), WORDS(CLOCK(9), SUCCESS));
	expect(&second, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	expect(&second, WORDS(CLOCK(5), 1, GUEST_SLOW, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&second, 5, WORDS(CLOCK(5), 0, GUEST_SLOW, 3000, 0));
	expect(&second, WORDS(CLOCK(5), 1, GUEST_PLL, 400000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_later(&manager, 6, WORDS(CLOCK(5), 0, SLOW, 3000, 0));
	/* Asked on another channel of the agent. */
	expect(&guest, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), SUCCESS));
	scmi_platform_tick(guest.world->platform, guest.world->now_ns);
	/* In the order of the guest's clocks. */
	expect_sent(&second, WORDS(CLOCK_DELAYED(5), GENERIC_ERROR));
	expect_sent(&second, WORDS(CLOCK_DELAYED(5), GENERIC_ERROR));
	expect_answer(&second, 5, WORDS(CLOCK(5), GENERIC_ERROR));
	expect(&guest, WORDS(CLOCK(6), GUEST_SLOW), WORDS(CLOCK(6), SUCCESS, 1000, 0));
	/* Another agent's goes on. */
	pass(*state, 100 * MILLISECOND);
	expect_answer(&manager, 6, WORDS(CLOCK(5), SUCCESS));
	expect(&guest, WORDS(CLOCK(6), GUEST_SLOW), WORDS(CLOCK(6), SUCCESS, 3000, 0));
	/* Nothing is pending on the PLL any more: it is set at once. */
	expect(&manager, WORDS(CLOCK(5), 0, PLL, 100000000, 0), WORDS(CLOCK(5), SUCCESS));
	expect_silence(&guest);
	expect_silence(&second);
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(checks_come_in_order),   TEST(a_board_without_devices),
		TEST(a_denied_device),	      TEST(one_protocol_of_a_device),
		TEST(a_clock_in_two_devices), TEST(allowing_gives_no_more_than_the_board),
		TEST(who_may_reset_whom),     TEST(permissions_come_back_only_when_asked),
		TEST(requests_are_withdrawn), TEST(subscriptions_go_pending_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
