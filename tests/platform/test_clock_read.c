/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking at clocks: attributes, names, rates and parents page by page, in every version. */
#include "world.h"

static void attributes_of_the_protocol(void **state)
{
	struct peer manager, guest, old;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	peer_new(&old, *state, OLD, true);
	expect(&manager, WORDS(CLOCK(1)), WORDS(CLOCK(1), SUCCESS, 0x00020009));
	/* Ids 0 .. 7, gaps included: an agent that counts finds all. */
	expect(&guest, WORDS(CLOCK(1)), WORDS(CLOCK(1), SUCCESS, 0x00020008));
	expect(&old, WORDS(CLOCK(1)), WORDS(CLOCK(1), SUCCESS, 0x00000002));
	peer_free(&manager);
	peer_free(&guest);
	peer_free(&old);
}

static void attributes_by_version(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	/* Both notifications, runs. */
	expect(&manager, WORDS(CLOCK(3), OSC),
	       WORDS(CLOCK(3), SUCCESS, 0xc0000001, 0x0063736f, 0, 0, 0, 0));
	/* Parents. */
	expect(&manager, WORDS(CLOCK(3), PLL),
	       WORDS(CLOCK(3), SUCCESS, 0xd0000001, 0x006c6c70, 0, 0, 0, 0));
	/* Extended configurations, a name of 15 characters, a delay. */
	expect(&manager, WORDS(CLOCK(3), UART),
	       WORDS(CLOCK(3), SUCCESS, 0xc8000000, 0x74726175, 0x5f666f5f, 0x635f3531, 0x00726168,
		     150));
	/* A longer name, cut to 15 characters. */
	expect(&manager, WORDS(CLOCK(3), LONG),
	       WORDS(CLOCK(3), SUCCESS, 0xe0000000, 0x74786973, 0x5f6e6565, 0x7474656c, 0x00737265,
		     0));
	/* Restricted for the guest. */
	expect(&guest, WORDS(CLOCK(3), GUEST_LONG),
	       WORDS(CLOCK(3), SUCCESS, 0xe0000002, 0x74786973, 0x5f6e6565, 0x7474656c, 0x00737265,
		     0));
	/* No notifications. */
	expect(&manager, WORDS(CLOCK(3), QUIET),
	       WORDS(CLOCK(3), SUCCESS, 0x00000000, 0x65697571, 0x74, 0, 0, 0));
	/* 2.0 has neither parents nor configurations nor restrictions. */
	expect(&manager, WORDS(CLOCK(0x10), 0x20000), WORDS(CLOCK(0x10), SUCCESS));
	expect(&guest, WORDS(CLOCK(0x10), 0x20000), WORDS(CLOCK(0x10), SUCCESS));
	expect(&manager, WORDS(CLOCK(3), PLL),
	       WORDS(CLOCK(3), SUCCESS, 0xc0000001, 0x006c6c70, 0, 0, 0, 0));
	expect(&guest, WORDS(CLOCK(3), GUEST_LONG),
	       WORDS(CLOCK(3), SUCCESS, 0xe0000000, 0x74786973, 0x5f6e6565, 0x7474656c, 0x00737265,
		     0));
	/* 1.0 has only the lowest bit, and no delay. */
	expect(&manager, WORDS(CLOCK(0x10), 0x10000), WORDS(CLOCK(0x10), SUCCESS));
	expect(&manager, WORDS(CLOCK(3), UART),
	       WORDS(CLOCK(3), SUCCESS, 0, 0x74726175, 0x5f666f5f, 0x635f3531, 0x00726168));
	expect_in(&manager, 27, WORDS(CLOCK(3), UART), WORDS(CLOCK(3), COMMS_ERROR));
	expect_in(&manager, 28, WORDS(CLOCK(3), OSC),
		  WORDS(CLOCK(3), SUCCESS, 1, 0x0063736f, 0, 0, 0));
	peer_free(&manager);
	peer_free(&guest);
}

static void long_names(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(8), LONG),
	       WORDS(CLOCK(8), SUCCESS, 0, 0x74786973, 0x5f6e6565, 0x7474656c, 0x5f737265, 0, 0, 0,
		     0, 0, 0, 0, 0, 0, 0, 0, 0));
	expect(&manager, WORDS(CLOCK(8), UART), WORDS(CLOCK(8), NOT_SUPPORTED));
	expect(&manager, WORDS(CLOCK(8), CLOCKS), WORDS(CLOCK(8), NOT_FOUND));
	expect_in(&manager, 75, WORDS(CLOCK(8), LONG), WORDS(CLOCK(8), COMMS_ERROR));
	peer_free(&manager);
}

static void a_list_of_rates_in_pages(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(4), PLL, 0),
	       WORDS(CLOCK(4), SUCCESS, 0x00000004, 100000000, 0, 200000000, 0, 400000000, 0,
		     0xabcdef00, 1));
	expect(&manager, WORDS(CLOCK(4), PLL, 3), WORDS(CLOCK(4), SUCCESS, 1, 0xabcdef00, 1));
	expect(&manager, WORDS(CLOCK(4), PLL, 4), WORDS(CLOCK(4), OUT_OF_RANGE));
	expect(&manager, WORDS(CLOCK(4), PLL, 0xffffffff), WORDS(CLOCK(4), OUT_OF_RANGE));
	/* Header, status and counts are 12 bytes, a rate is 8. */
	for (size_t space = 8; space < 20; space++)
		expect_in(&manager, space, WORDS(CLOCK(4), PLL, 0), WORDS(CLOCK(4), COMMS_ERROR));
	for (size_t space = 20; space < 28; space++)
		expect_in(&manager, space, WORDS(CLOCK(4), PLL, 1),
			  WORDS(CLOCK(4), SUCCESS, 0x00020001, 200000000, 0));
	for (size_t space = 28; space < 36; space++)
		expect_in(&manager, space, WORDS(CLOCK(4), PLL, 0),
			  WORDS(CLOCK(4), SUCCESS, 0x00020002, 100000000, 0, 200000000, 0));
	for (size_t space = 36; space < 60; space++)
		expect_in(&manager, space, WORDS(CLOCK(4), PLL, 1),
			  WORDS(CLOCK(4), SUCCESS, 3, 200000000, 0, 400000000, 0, 0xabcdef00, 1));
	peer_free(&manager);
}

static void a_range_is_a_triplet(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	/* The highest is the last step below 10.5 MHz. */
	expect(&manager, WORDS(CLOCK(4), UART, 0),
	       WORDS(CLOCK(4), SUCCESS, 0x00001003, 1000000, 0, 10000000, 0, 1500000, 0));
	expect(&manager, WORDS(CLOCK(4), UART, 1), WORDS(CLOCK(4), OUT_OF_RANGE));
	for (size_t space = 8; space < 36; space++)
		expect_in(&manager, space, WORDS(CLOCK(4), UART, 0), WORDS(CLOCK(4), COMMS_ERROR));
	expect_in(&manager, 36, WORDS(CLOCK(4), UART, 0),
		  WORDS(CLOCK(4), SUCCESS, 0x00001003, 1000000, 0, 10000000, 0, 1500000, 0));
	peer_free(&manager);
}

static void clocks_without_rates_of_their_own(void **state)
{
	struct peer manager;

	peer_new(&manager, *state, MANAGER, true);
	expect(&manager, WORDS(CLOCK(4), LONG, 0), WORDS(CLOCK(4), SUCCESS, 1, 32768, 0));
	expect(&manager, WORDS(CLOCK(4), LONG, 1), WORDS(CLOCK(4), OUT_OF_RANGE));
	expect(&manager, WORDS(CLOCK(4), MUX, 0), WORDS(CLOCK(4), SUCCESS, 1, 12000000, 0));
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(4), MUX, 0), WORDS(CLOCK(4), SUCCESS, 1, 100000000, 0));
	peer_free(&manager);
}

static void parents_are_named_as_the_caller_knows_them(void **state)
{
	struct peer manager, guest;

	peer_new(&manager, *state, MANAGER, true);
	peer_new(&guest, *state, GUEST, true);
	expect(&manager, WORDS(CLOCK(0xc), MUX, 0), WORDS(CLOCK(0xc), SUCCESS, 2, OSC, PLL));
	expect(&manager, WORDS(CLOCK(0xc), MUX, 1), WORDS(CLOCK(0xc), SUCCESS, 1, PLL));
	expect(&manager, WORDS(CLOCK(0xc), MUX, 2), WORDS(CLOCK(0xc), OUT_OF_RANGE));
	for (size_t space = 8; space < 16; space++)
		expect_in(&manager, space, WORDS(CLOCK(0xc), MUX, 0),
			  WORDS(CLOCK(0xc), COMMS_ERROR));
	for (size_t space = 16; space < 20; space++)
		expect_in(&manager, space, WORDS(CLOCK(0xc), MUX, 0),
			  WORDS(CLOCK(0xc), SUCCESS, 0x01000001, OSC));
	expect(&manager, WORDS(CLOCK(0xe), MUX), WORDS(CLOCK(0xe), SUCCESS, OSC));
	expect(&manager, WORDS(CLOCK(0xe), PLL), WORDS(CLOCK(0xe), SUCCESS, OSC));
	/* No parents. */
	expect(&manager, WORDS(CLOCK(0xc), OSC, 0), WORDS(CLOCK(0xc), NOT_SUPPORTED));
	expect(&manager, WORDS(CLOCK(0xd), OSC, PLL), WORDS(CLOCK(0xd), NOT_SUPPORTED));
	expect(&manager, WORDS(CLOCK(0xe), OSC), WORDS(CLOCK(0xe), NOT_SUPPORTED));
	/*
	 * The guest does not see the oscillator: not among the possible parents, not to be set, and
	 * while it feeds the clock there is no id to give.
	 */
	expect(&guest, WORDS(CLOCK(0xc), GUEST_MUX, 0), WORDS(CLOCK(0xc), SUCCESS, 1, GUEST_PLL));
	expect(&guest, WORDS(CLOCK(0xc), GUEST_MUX, 1), WORDS(CLOCK(0xc), OUT_OF_RANGE));
	expect(&guest, WORDS(CLOCK(0xe), GUEST_MUX), WORDS(CLOCK(0xe), DENIED));
	expect(&guest, WORDS(CLOCK(0xd), GUEST_MUX, 3), WORDS(CLOCK(0xd), NOT_FOUND));
	expect(&guest, WORDS(CLOCK(0xd), GUEST_MUX, GUEST_PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect(&guest, WORDS(CLOCK(0xe), GUEST_MUX), WORDS(CLOCK(0xe), SUCCESS, GUEST_PLL));
	/* A clock none of whose parents it sees has none for it. */
	expect(&guest, WORDS(CLOCK(0xc), GUEST_PLL, 0), WORDS(CLOCK(0xc), NOT_SUPPORTED));
	expect(&guest, WORDS(CLOCK(0xe), GUEST_PLL), WORDS(CLOCK(0xe), NOT_SUPPORTED));
	expect(&guest, WORDS(CLOCK(3), GUEST_PLL),
	       WORDS(CLOCK(3), SUCCESS, 0xc0000001, 0x006c6c70, 0, 0, 0, 0));
	peer_free(&manager);
	peer_free(&guest);
}

/* Every message that names a clock, in the newest version, with a clock id in its place. */
static size_t message_about(uint32_t id, uint32_t clock, uint8_t *message)
{
	static const uint32_t payload_words[0x10] = {0, 0, 0, 1, 2, 4, 1, 3,
						     1, 2, 2, 2, 2, 2, 1, 1};
	uint32_t words[5] = {CLOCK(id), clock, 0, 0, 0};

	if (id == 5) {
		words[1] = 0;
		words[2] = clock;
	}
	for (uint32_t n = 0; n <= payload_words[id]; n++)
		scmi_put_le32(message + 4 * n, words[n]);
	return 4 + 4 * payload_words[id];
}

static void hidden_and_absent_are_alike(void **state)
{
	/* A gap (the oscillator's id for others), past the end, far past. */
	static const uint32_t ids[] = {3, 5, 6, 8, 9, 0xffff, 0x10000, 0x80000000, 0xffffffff};
	uint8_t message[20], answer[128];
	struct peer guest;

	peer_new(&guest, *state, GUEST, true);
	for (uint32_t id = 3; id < 0x10; id++) {
		for (size_t n = 0; n < sizeof(ids) / sizeof(ids[0]); n++) {
			size_t size = message_about(id, ids[n], message);

			assert_int_equal(scmi_channel_handle(guest.channel, 0, message, size,
							     answer, sizeof(answer)),
					 8);
			assert_int_equal(scmi_get_le32(answer), CLOCK(id));
			assert_int_equal(scmi_get_le32(answer + 4), NOT_FOUND);
		}
	}
	peer_free(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_of_the_protocol),
		TEST(attributes_by_version),
		TEST(long_names),
		TEST(a_list_of_rates_in_pages),
		TEST(a_range_is_a_triplet),
		TEST(clocks_without_rates_of_their_own),
		TEST(parents_are_named_as_the_caller_knows_them),
		TEST(hidden_and_absent_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
