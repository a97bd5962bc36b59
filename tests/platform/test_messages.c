/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The path of a message before any handler: headers, sizes, space; versions. */
#include "world.h"

static void header_checks_come_in_order(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	/*
	 * Type 1, 2, 3 in a protocol that does not exist, with a payload: the type is looked at
	 * first.
	 */
	expect(&guest, WORDS(0x00048500), WORDS(0x00048500, PROTOCOL_ERROR));
	expect(&guest, WORDS(0x00045200), WORDS(0x00045200, PROTOCOL_ERROR));
	expect(&guest, WORDS(0x00045300, 1), WORDS(0x00045300, PROTOCOL_ERROR));
	/* Protocols 0x11 (exists elsewhere), 0x00, 0x80, 0xff with an unknown message. */
	expect(&guest, WORDS(0x000444ff), WORDS(0x000444ff, NOT_SUPPORTED));
	expect(&guest, WORDS(0x000400ff), WORDS(0x000400ff, NOT_SUPPORTED));
	expect(&guest, WORDS(0x000600ff), WORDS(0x000600ff, NOT_SUPPORTED));
	expect(&guest, WORDS(0x0007fcff, 1, 2), WORDS(0x0007fcff, NOT_SUPPORTED));
	/* Unknown messages, whatever their size. */
	expect(&guest, WORDS(CLOCK(0x11), 1, 2, 3), WORDS(CLOCK(0x11), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(0xff)), WORDS(CLOCK(0xff), NOT_FOUND));
	expect(&guest, WORDS(BASE(0x0c)), WORDS(BASE(0x0c), NOT_FOUND));
	expect(&guest, WORDS(BASE(0x11)), WORDS(BASE(0x11), NOT_FOUND));
	/* Known ones with a payload too long or too short, before the clock that does not exist. */
	expect(&guest, WORDS(CLOCK(6), 99, 0), WORDS(CLOCK(6), PROTOCOL_ERROR));
	expect(&guest, WORDS(CLOCK(6)), WORDS(CLOCK(6), PROTOCOL_ERROR));
	expect(&guest, WORDS(CLOCK(0), 0), WORDS(CLOCK(0), PROTOCOL_ERROR));
	/* Reserved bits before the domain. */
	expect(&guest, WORDS(CLOCK(5), 0x10, 99, 0, 0), WORDS(CLOCK(5), INVALID_PARAMETERS));
	expect(&guest, WORDS(CLOCK(9), 99, 2), WORDS(CLOCK(9), INVALID_PARAMETERS));
	/* The domain before permission, permission before the value. */
	expect(&guest, WORDS(CLOCK(7), 99, 2, 0), WORDS(CLOCK(7), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(7), GUEST_LONG, 2, 0), WORDS(CLOCK(7), DENIED));
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_LONG, 5, 0), WORDS(CLOCK(5), DENIED));
	peer_free(&guest);
}

static void odd_sizes_are_protocol_errors(void **state)
{
	uint8_t message[16] = {0x06, 0x50, 0x04, 0x00, GUEST_PLL};
	uint8_t answer[8];
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	for (size_t size = 4; size < sizeof(message); size++) {
		if (size == 8)
			continue;
		assert_int_equal(scmi_channel_handle(guest.channel, 0, message, size, answer, 8),
				 8);
		assert_int_equal(scmi_get_le32(answer), CLOCK(6));
		assert_int_equal(scmi_get_le32(answer + 4), PROTOCOL_ERROR);
	}
	peer_free(&guest);
}

static void the_whole_header_is_echoed(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	/* Bits 31:28 mean nothing; the token may be any. */
	expect(&guest, WORDS(0xfffc5000 + 0), WORDS(0xfffc5000, SUCCESS, 0x30000));
	expect(&guest, WORDS(0xa5505006, 99), WORDS(0xa5505006, NOT_FOUND));
	peer_free(&guest);
}

static void no_room_no_answer(void **state)
{
	const uint8_t message[8] = {0x06, 0x50, 0x04, 0x00, GUEST_PLL};
	uint8_t answer[16];
	struct scmi_channel_counters counters;
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	for (size_t size = 0; size < 4; size++)
		assert_int_equal(scmi_channel_handle(guest.channel, 0, message, size, answer, 16),
				 0);
	for (size_t space = 0; space < 8; space++)
		assert_int_equal(scmi_channel_handle(guest.channel, 0, message, 8, answer, space),
				 0);
	scmi_channel_counters(guest.channel, &counters);
	assert_int_equal(counters.dropped, 12);
	assert_int_equal(counters.commands, 0);
	/* Room for the header and the status, not for the rate. */
	for (size_t space = 8; space < 16; space++)
		expect_in(&guest, space, WORDS(CLOCK(6), GUEST_PLL), WORDS(CLOCK(6), COMMS_ERROR));
	expect_in(&guest, 16, WORDS(CLOCK(6), GUEST_PLL), WORDS(CLOCK(6), SUCCESS, 200000000, 0));
	scmi_channel_counters(guest.channel, &counters);
	assert_int_equal(counters.commands, 9);
	assert_int_equal(counters.refused, 8);
	peer_free(&guest);
}

static void without_room_nothing_is_done(void **state)
{
	const uint8_t off[16] = {0x07, 0x50, 0x04, 0x00, GUEST_PLL};
	uint8_t answer[8];
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	assert_int_equal(scmi_channel_handle(guest.channel, 0, off, 16, answer, 7), 0);
	expect(&guest, WORDS(CLOCK(0xb), GUEST_PLL, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 0));
	assert_int_equal(scmi_channel_handle(guest.channel, 0, off, 16, answer, 8), 8);
	expect(&guest, WORDS(CLOCK(0xb), GUEST_PLL, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 0));
	peer_free(&guest);
}

static void everything_is_traced(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	expect(&guest, WORDS(CLOCK(0)), WORDS(CLOCK(0), SUCCESS, 0x30000));
	expect(&guest, WORDS(CLOCK(0xff)), WORDS(CLOCK(0xff), NOT_FOUND));
	assert_int_equal(guest.traced[true], 2);
	assert_int_equal(guest.traced[false], 2);
	expect_later(&guest, 0, WORDS(CLOCK(5), 0, GUEST_SLOW, 2000, 0));
	assert_int_equal(guest.traced[true], 3);
	assert_int_equal(guest.traced[false], 2);
	pass(*state, 5 * MILLISECOND);
	assert_int_equal(guest.traced[false], 3);
	peer_free(&guest);
}

/* ---- versions -------------------------------------------------------------------------------- */

static void versions_are_the_agents(void **state)
{
	struct peer guest, old;

	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	expect(&guest, WORDS(BASE(0)), WORDS(BASE(0), SUCCESS, 0x20001));
	expect(&guest, WORDS(CLOCK(0)), WORDS(CLOCK(0), SUCCESS, 0x30000));
	expect(&old, WORDS(BASE(0)), WORDS(BASE(0), SUCCESS, 0x10000));
	expect(&old, WORDS(CLOCK(0)), WORDS(CLOCK(0), SUCCESS, 0x20000));
	/* A message newer than what is served is one that does not exist. */
	expect(&old, WORDS(CLOCK(0xe), OLD_PLL), WORDS(CLOCK(0xe), NOT_FOUND));
	expect(&old, WORDS(CLOCK(2), 0xe), WORDS(CLOCK(2), NOT_FOUND));
	expect(&old, WORDS(BASE(0xb), 1, 0), WORDS(BASE(0xb), NOT_FOUND));
	/* And it has the old layout: 8 bytes. */
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 1, 0), WORDS(CLOCK(7), PROTOCOL_ERROR));
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 1), WORDS(CLOCK(7), SUCCESS));
	expect(&old, WORDS(CLOCK(7), OLD_PLL, 2), WORDS(CLOCK(7), INVALID_PARAMETERS));
	peer_free(&guest);
	peer_free(&old);
}

static void negotiation_switches_one_channel(void **state)
{
	struct peer first, second;

	peer_new(&first, *state, GUEST, true);
	peer_new(&second, *state, GUEST, true);
	assert_int_equal(scmi_channel_version(first.channel, 0x14), 0x30000);
	assert_int_equal(scmi_channel_version(first.channel, 0x15), 0);
	assert_int_equal(scmi_channel_version(first.channel, 0x00), 0);
	expect(&first, WORDS(CLOCK(0x10), 0x10000), WORDS(CLOCK(0x10), SUCCESS));
	assert_int_equal(scmi_channel_version(first.channel, 0x14), 0x10000);
	/* What is served at most is still told. */
	expect(&first, WORDS(CLOCK(0)), WORDS(CLOCK(0), SUCCESS, 0x30000));
	/*
	 * Version 1.0: no CLOCK_NAME_GET, attributes without the enable latency and the newer bits.
	 */
	expect(&first, WORDS(CLOCK(8), GUEST_LONG), WORDS(CLOCK(8), NOT_FOUND));
	expect(&first, WORDS(CLOCK(3), GUEST_LONG),
	       WORDS(CLOCK(3), SUCCESS, 0, 0x74786973, 0x5f6e6565, 0x7474656c, 0x00737265));
	expect(&first, WORDS(CLOCK(7), GUEST_PLL, 1), WORDS(CLOCK(7), SUCCESS));
	/* The other channel and the other protocol go on as before. */
	expect(&second, WORDS(CLOCK(7), GUEST_PLL, 1, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&first, WORDS(BASE(7), 0), WORDS(BASE(7), SUCCESS, 0, 0x74616c70, 0x6d726f66, 0, 0));
	/* Any number of times. */
	expect(&first, WORDS(CLOCK(0x10), 0x20000), WORDS(CLOCK(0x10), SUCCESS));
	expect(&first, WORDS(CLOCK(8), GUEST_PLL), WORDS(CLOCK(8), NOT_SUPPORTED));
	/* Versions that nobody described, or newer than served to this agent. */
	expect(&first, WORDS(CLOCK(0x10), 0x20001), WORDS(CLOCK(0x10), NOT_SUPPORTED));
	expect(&first, WORDS(CLOCK(0x10), 0), WORDS(CLOCK(0x10), NOT_SUPPORTED));
	expect(&first, WORDS(CLOCK(0x10), 0x40000), WORDS(CLOCK(0x10), NOT_SUPPORTED));
	assert_int_equal(scmi_channel_version(first.channel, 0x14), 0x20000);
	/* A device reset forgets it. */
	scmi_channel_reset(first.channel);
	assert_int_equal(scmi_channel_version(first.channel, 0x14), 0x30000);
	expect(&first, WORDS(CLOCK(7), GUEST_PLL, 1), WORDS(CLOCK(7), PROTOCOL_ERROR));
	peer_free(&first);
	peer_free(&second);
}

static void negotiation_stops_at_the_agents_highest(void **state)
{
	struct peer old;

	peer_new(&old, *state, OLD, true);
	expect(&old, WORDS(CLOCK(0x10), 0x30000), WORDS(CLOCK(0x10), NOT_SUPPORTED));
	expect(&old, WORDS(CLOCK(0x10), 0x20000), WORDS(CLOCK(0x10), SUCCESS));
	expect(&old, WORDS(BASE(0x10), 0x20000), WORDS(BASE(0x10), NOT_SUPPORTED));
	expect(&old, WORDS(BASE(0x10), 0x10000), WORDS(BASE(0x10), SUCCESS));
	/* Base 1.0: the name alone. */
	expect(&old, WORDS(BASE(7), 0), WORDS(BASE(7), SUCCESS, 0x74616c70, 0x6d726f66, 0, 0));
	peer_free(&old);
}

static void message_attributes_tell_what_exists(void **state)
{
	static const uint8_t clock_2_0[0x11] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1};
	struct peer guest, old;

	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	for (uint32_t id = 0; id < 0x11; id++) {
		expect(&guest, WORDS(CLOCK(2), id), WORDS(CLOCK(2), SUCCESS, 0));
		if (clock_2_0[id])
			expect(&old, WORDS(CLOCK(2), id), WORDS(CLOCK(2), SUCCESS, 0));
		else
			expect(&old, WORDS(CLOCK(2), id), WORDS(CLOCK(2), NOT_FOUND));
	}
	expect(&guest, WORDS(CLOCK(2), 0x11), WORDS(CLOCK(2), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(2), 0x105), WORDS(CLOCK(2), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(2), 0xffffffff), WORDS(CLOCK(2), NOT_FOUND));
	expect(&guest, WORDS(BASE(2), 0xc), WORDS(BASE(2), NOT_FOUND));
	peer_free(&guest);
	peer_free(&old);
}

static void without_p2a_nothing_can_come(void **state)
{
	struct peer guest;

	peer_new(&guest, *state, GUEST, false);
	expect(&guest, WORDS(CLOCK(9), GUEST_PLL, 1), WORDS(CLOCK(9), NOT_SUPPORTED));
	expect(&guest, WORDS(CLOCK(0xa), GUEST_PLL, 1), WORDS(CLOCK(0xa), NOT_SUPPORTED));
	expect(&guest, WORDS(BASE(8), 1), WORDS(BASE(8), NOT_SUPPORTED));
	/* The size is still looked at first. */
	expect(&guest, WORDS(BASE(8)), WORDS(BASE(8), PROTOCOL_ERROR));
	expect(&guest, WORDS(CLOCK(2), 9), WORDS(CLOCK(2), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(2), 0xa), WORDS(CLOCK(2), NOT_FOUND));
	expect(&guest, WORDS(BASE(2), 8), WORDS(BASE(2), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(5), 1, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), NOT_SUPPORTED));
	expect(&guest, WORDS(CLOCK(5), 3, GUEST_PLL, 100000000, 0), WORDS(CLOCK(5), NOT_SUPPORTED));
	/* No place for asynchronous commands, no notifications in the attributes. */
	expect(&guest, WORDS(CLOCK(1)), WORDS(CLOCK(1), SUCCESS, 8));
	expect(&guest, WORDS(CLOCK(3), GUEST_PLL),
	       WORDS(CLOCK(3), SUCCESS, 0x00000001, 0x006c6c70, 0, 0, 0, 0));
	/* Slow commands are answered all the same. */
	expect_later(&guest, 77, WORDS(CLOCK(5), 0, GUEST_SLOW, 2000, 0));
	pass(*state, 5 * MILLISECOND);
	expect_answer(&guest, 77, WORDS(CLOCK(5), SUCCESS));
	peer_free(&guest);
}

static void a_channel_needs_an_agent(void **state)
{
	struct world *world = *state;
	struct scmi_channel_config config = {.agent_id = 0};
	struct scmi_channel *channel;

	assert_int_equal(scmi_channel_new(&channel, world->platform, &config), -EINVAL);
	config.agent_id = AGENTS + 1;
	assert_int_equal(scmi_channel_new(&channel, world->platform, &config), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(header_checks_come_in_order),
		TEST(odd_sizes_are_protocol_errors),
		TEST(the_whole_header_is_echoed),
		TEST(no_room_no_answer),
		TEST(without_room_nothing_is_done),
		TEST(everything_is_traced),
		TEST(versions_are_the_agents),
		TEST(negotiation_switches_one_channel),
		TEST(negotiation_stops_at_the_agents_highest),
		TEST(message_attributes_tell_what_exists),
		TEST(without_p2a_nothing_can_come),
		TEST(a_channel_needs_an_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
