/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The base protocol: discovery, error events. Permissions have a file of their own. */
#include "world.h"

static void counts_are_the_callers(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(BASE(1)), WORDS(BASE(1), SUCCESS, 0x00000401));
	expect(&guest, WORDS(BASE(1)), WORDS(BASE(1), SUCCESS, 0x00000101));
	peer_free(&manager);
	peer_free(&guest);
}

static void who_the_platform_is(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(BASE(3)), WORDS(BASE(3), SUCCESS, 0x646e6576, 0x0000726f, 0, 0));
	expect(&guest, WORDS(BASE(4)), WORDS(BASE(4), SUCCESS, 0x00627573, 0, 0, 0));
	expect(&guest, WORDS(BASE(5)), WORDS(BASE(5), SUCCESS, 0x1234));
	/* One byte too little room. */
	expect_in(&guest, 23, WORDS(BASE(3)), WORDS(BASE(3), COMMS_ERROR));
	expect_in(&guest, 24, WORDS(BASE(3)),
		  WORDS(BASE(3), SUCCESS, 0x646e6576, 0x0000726f, 0, 0));
	peer_free(&guest);
}

static void no_sub_vendor(void **state)
{
	struct scmi_board board = test_board;
	struct world world = {.now_ns = 0};
	struct peer guest;

	(void)state;
	board.sub_vendor = NULL;
	world_new(&world, &board);
	peer_new(&guest, &world, GUEST, true);
	expect(&guest, WORDS(BASE(4)), WORDS(BASE(4), NOT_SUPPORTED));
	expect(&guest, WORDS(BASE(4), 0), WORDS(BASE(4), PROTOCOL_ERROR));
	expect(&guest, WORDS(BASE(2), 4), WORDS(BASE(2), NOT_FOUND));
	peer_free(&guest);
	world_free(&world);
}

static void protocols_are_listed(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	/* Base is not listed; the id is padded to a word. */
	expect(&guest, WORDS(BASE(6), 0), WORDS(BASE(6), SUCCESS, 1, 0x14));
	expect(&guest, WORDS(BASE(6), 1), WORDS(BASE(6), SUCCESS, 0));
	expect(&guest, WORDS(BASE(6), 2), WORDS(BASE(6), INVALID_PARAMETERS));
	expect(&guest, WORDS(BASE(6), 0xffffffff), WORDS(BASE(6), INVALID_PARAMETERS));
	/* Not even one fits; none at all always does. */
	for (size_t space = 8; space < 16; space++)
		expect_in(&guest, space, WORDS(BASE(6), 0), WORDS(BASE(6), COMMS_ERROR));
	expect_in(&guest, 16, WORDS(BASE(6), 0), WORDS(BASE(6), SUCCESS, 1, 0x14));
	expect_in(&guest, 12, WORDS(BASE(6), 1), WORDS(BASE(6), SUCCESS, 0));
	expect_in(&guest, 11, WORDS(BASE(6), 1), WORDS(BASE(6), COMMS_ERROR));
	peer_free(&guest);
}

static void an_agent_without_protocols(void **state)
{
	struct scmi_board_agent agents[AGENTS];
	struct scmi_board board = test_board;
	struct world world = {.now_ns = 0};
	struct peer guest;

	(void)state;
	memcpy(agents, board.agents, sizeof(agents));
	agents[GUEST - 1].protocol_count = 0;
	board.agents = agents;
	world_new(&world, &board);
	peer_new(&guest, &world, GUEST, true);
	expect(&guest, WORDS(BASE(1)), WORDS(BASE(1), SUCCESS, 0x00000100));
	expect(&guest, WORDS(BASE(6), 0), WORDS(BASE(6), SUCCESS, 0));
	expect(&guest, WORDS(CLOCK(0)), WORDS(CLOCK(0), NOT_SUPPORTED));
	expect(&guest, WORDS(CLOCK(0xff), 1), WORDS(CLOCK(0xff), NOT_SUPPORTED));
	peer_free(&guest);
	world_free(&world);
}

static void agents_see_what_they_may(void **state)
{
	struct peer manager, old;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&old, *state, OLD, true);
	expect(&manager, WORDS(BASE(7), 0),
	       WORDS(BASE(7), SUCCESS, 0, 0x74616c70, 0x6d726f66, 0, 0));
	expect(&manager, WORDS(BASE(7), 0xffffffff),
	       WORDS(BASE(7), SUCCESS, 1, 0x616e616d, 0x00726567, 0, 0));
	expect(&manager, WORDS(BASE(7), 2), WORDS(BASE(7), SUCCESS, 2, 0x73657567, 0x74, 0, 0));
	expect(&manager, WORDS(BASE(7), AGENTS),
	       WORDS(BASE(7), SUCCESS, AGENTS, 0x726f6873, 0x74, 0, 0));
	expect(&manager, WORDS(BASE(7), AGENTS + 1), WORDS(BASE(7), NOT_FOUND));
	expect(&manager, WORDS(BASE(7), 0xfffffffe), WORDS(BASE(7), NOT_FOUND));
	/* Untrusted, in base 1.0: the name alone; itself as 1, and nobody else. */
	expect(&old, WORDS(BASE(7), 0), WORDS(BASE(7), SUCCESS, 0x74616c70, 0x6d726f66, 0, 0));
	expect(&old, WORDS(BASE(7), 1), WORDS(BASE(7), SUCCESS, 0x00646c6f, 0, 0, 0));
	expect(&old, WORDS(BASE(7), 0xffffffff), WORDS(BASE(7), SUCCESS, 0x00646c6f, 0, 0, 0));
	for (uint32_t id = 2; id < AGENTS + 2; id++)
		expect(&old, WORDS(BASE(7), id), WORDS(BASE(7), NOT_FOUND));
	peer_free(&manager);
	peer_free(&old);
}

static void an_untrusted_agent_is_one_of_one(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(BASE(7), 0xffffffff),
	       WORDS(BASE(7), SUCCESS, 1, 0x73657567, 0x74, 0, 0));
	expect(&guest, WORDS(BASE(7), 1), WORDS(BASE(7), SUCCESS, 1, 0x73657567, 0x74, 0, 0));
	peer_free(&guest);
}

/* ---- error events ---------------------------------------------------------------------------- */

static void failures_are_reported(void **state)
{
	struct peer manager, second, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&second, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(BASE(8), 2), WORDS(BASE(8), INVALID_PARAMETERS));
	expect(&manager, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	expect(&guest, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	/*
	 * The manager's own failure: told to it, on the channel that subscribed, and not to the
	 * guest.
	 */
	expect(&second, WORDS(CLOCK(5), 0, BROKEN, 20, 0), WORDS(CLOCK(5), HARDWARE_ERROR));
	expect_silence(&second);
	expect_sent(&manager, WORDS(BASE_EVENT(0), MANAGER, 1, CLOCK(5), HARDWARE_ERROR));
	expect_silence(&manager);
	expect_silence(&guest);
	/* Other failures are not. */
	expect(&manager, WORDS(CLOCK(5), 0, BROKEN, 30, 0), WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect_silence(&manager);
	/* No more. */
	expect(&manager, WORDS(BASE(8), 0), WORDS(BASE(8), SUCCESS));
	expect(&second, WORDS(CLOCK(5), 0, BROKEN, 20, 0), WORDS(CLOCK(5), HARDWARE_ERROR));
	expect_silence(&manager);
	peer_free(&manager);
	peer_free(&second);
	peer_free(&guest);
}

static void the_host_reports_too(void **state)
{
	struct world *world = *state;
	struct peer manager, guest, other;

	peer_new(&manager, world, MANAGER, true);
	peer_new(&guest, world, GUEST, true);
	peer_new(&other, world, SHORT_LIVED, true);
	expect(&manager, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	expect(&guest, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	expect(&other, WORDS(BASE(8), 1), WORDS(BASE(8), SUCCESS));
	world->wakes = 0;
	scmi_platform_report_error(world->platform, GUEST, true, 0x12345678, -77);
	assert_int_equal(world->wakes, 1);
	assert_int_equal(scmi_platform_next_deadline(world->platform), 0);
	scmi_platform_tick(world->platform, world->now_ns);
	expect_sent(&manager, WORDS(BASE_EVENT(0), GUEST, 0x80000001, 0x12345678, 0xffffffb3));
	/* The guest knows itself as 1. */
	expect_sent(&guest, WORDS(BASE_EVENT(0), 1, 0x80000001, 0x12345678, 0xffffffb3));
	expect_silence(&other);
	assert_true(scmi_platform_next_deadline(world->platform) == SCMI_NEVER);
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_are_the_callers),
		TEST(who_the_platform_is),
		TEST(no_sub_vendor),
		TEST(protocols_are_listed),
		TEST(an_agent_without_protocols),
		TEST(agents_see_what_they_may),
		TEST(an_untrusted_agent_is_one_of_one),
		TEST(failures_are_reported),
		TEST(the_host_reports_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
