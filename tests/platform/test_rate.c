/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arithmetic without division, against arithmetic with it; and trees larger than the board of the
 * other tests.
 */
#include "world.h"

#include "platform/clock_resource.h"

/* The same numbers every time. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void scale_is_exact(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int n = 0; n < 200000; n++) {
		uint64_t rate = next_random(&seed) >> (next_random(&seed) & 63);
		uint32_t multiply = (uint32_t)next_random(&seed) >> (next_random(&seed) & 31);
		uint32_t divide = (uint32_t)next_random(&seed) >> (next_random(&seed) & 31);
		unsigned __int128 exact;

		exact = (unsigned __int128)rate * (multiply ? multiply : 1) / (divide ? divide : 1);
		if (exact >> 64)
			exact = UINT64_MAX;
		assert_true(scmi_rate_scale(rate, multiply, divide) == (uint64_t)exact);
	}
	assert_true(scmi_rate_scale(UINT64_MAX, UINT32_MAX, UINT32_MAX) == UINT64_MAX);
	assert_true(scmi_rate_scale(UINT64_MAX, 1, 1) == UINT64_MAX);
	assert_true(scmi_rate_scale(0, 7, 3) == 0);
}

static void steps_are_exact(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int n = 0; n < 200000; n++) {
		uint64_t lowest = next_random(&seed) >> (next_random(&seed) & 63);
		uint64_t step = (next_random(&seed) >> (next_random(&seed) & 63)) | 1;
		uint64_t limit = lowest + (next_random(&seed) >> (next_random(&seed) & 63));

		if (limit < lowest)
			continue;
		assert_true(scmi_rate_step_down(lowest, limit, step) ==
			    lowest + (limit - lowest) / step * step);
	}
	assert_true(scmi_rate_step_down(0, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
	assert_true(scmi_rate_step_down(0, UINT64_MAX, 1) == UINT64_MAX);
	assert_true(scmi_rate_step_down(1, UINT64_MAX, UINT64_MAX) == 1);
}

/* Nearest by looking at every rate. */
static void lists_of_every_length(void **state)
{
	uint64_t list[20];
	struct scmi_rate_table table = {.list = list};

	(void)state;
	for (uint32_t n = 0; n < 20; n++)
		list[n] = 10 + n * n;
	for (table.count = 1; table.count <= 20; table.count++) {
		table.lowest_hz = list[0];
		table.highest_hz = list[table.count - 1];
		for (uint64_t wanted = 0; wanted < 400; wanted++) {
			uint64_t down = 0, up = 0, granted = 0;
			int status;

			for (uint32_t n = table.count; n-- > 0;) {
				if (list[n] >= wanted)
					up = list[n];
			}
			for (uint32_t n = 0; n < table.count; n++) {
				if (list[n] <= wanted)
					down = list[n];
			}
			status = scmi_rate_round(&table, wanted, SCMI_ROUNDING_DOWN, &granted);
			assert_int_equal(status,
					 down && up ? SCMI_SUCCESS : SCMI_INVALID_PARAMETERS);
			if (status)
				continue;
			assert_int_equal(granted, down);
			scmi_rate_round(&table, wanted, SCMI_ROUNDING_UP, &granted);
			assert_int_equal(granted, up);
			scmi_rate_round(&table, wanted, SCMI_ROUNDING_NEAREST, &granted);
			assert_int_equal(granted, up - wanted < wanted - down ? up : down);
		}
	}
}

/* Clock n follows n + 1: the board's order is the reverse of the tree's. */
static void a_long_chain_against_the_order(void **state)
{
	enum { LENGTH = 200 };
	static const uint64_t rates[] = {1000, 2000};
	struct scmi_board_clock clocks[LENGTH] = {{0}};
	struct scmi_board_view views[LENGTH];
	struct scmi_board_protocol protocol = {
		.protocol_id = 0x14, .views = views, .view_count = LENGTH};
	struct scmi_board_agent agents[] = {
		{.name = "one", .trusted = true, .protocols = &protocol, .protocol_count = 1},
		{.name = "two", .trusted = true, .protocols = &protocol, .protocol_count = 1},
	};
	struct scmi_board board = {.vendor = "v",
				   .clocks = clocks,
				   .clock_count = LENGTH,
				   .agents = agents,
				   .agent_count = 2};
	struct world world = {.use_locks = true};
	uint32_t parents[LENGTH];
	char names[LENGTH][8];
	struct peer one, two;

	(void)state;
	for (uint32_t n = 0; n < LENGTH; n++) {
		snprintf(names[n], sizeof(names[n]), "c%u", n);
		clocks[n].name = names[n];
		parents[n] = n + 1;
		clocks[n].parents = &parents[n];
		clocks[n].parent_count = 1;
		views[n] = (struct scmi_board_view){n, n, SCMI_ALLOW_ALL};
	}
	clocks[LENGTH - 1].parent_count = 0;
	clocks[LENGTH - 1].rates_hz = rates;
	clocks[LENGTH - 1].rate_count = 2;
	clocks[LENGTH - 1].start_hz = 1000;
	clocks[7].multiply = 3;
	world_new(&world, &board);
	/* The platform's own, and one for the only group. */
	assert_int_equal(world.locks_made, 2);
	peer_new(&one, &world, 1, true);
	peer_new(&two, &world, 2, true);
	expect(&one, WORDS(CLOCK(6), 0), WORDS(CLOCK(6), SUCCESS, 3000, 0));
	expect(&one, WORDS(CLOCK(9), 0, 1), WORDS(CLOCK(9), SUCCESS));
	expect(&two, WORDS(CLOCK(5), 0, LENGTH - 1, 2000, 0), WORDS(CLOCK(5), SUCCESS));
	expect(&one, WORDS(CLOCK(6), 0), WORDS(CLOCK(6), SUCCESS, 6000, 0));
	expect(&one, WORDS(CLOCK(6), 100), WORDS(CLOCK(6), SUCCESS, 2000, 0));
	pass(&world, 0);
	expect_sent(&one, WORDS(CLOCK_EVENT(0), 2, 0, 6000, 0));
	expect_silence(&one);
	peer_free(&one);
	peer_free(&two);
	world_free(&world);
}

static void groups_have_locks_of_their_own(void **state)
{
	struct world *world = *state;

	/* The platform's; {osc, pll, mux}; and one for each of the six that stand alone. */
	assert_int_equal(world->locks_made, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scale_is_exact),
		cmocka_unit_test(steps_are_exact),
		cmocka_unit_test(lists_of_every_length),
		cmocka_unit_test(a_long_chain_against_the_order),
		TEST(groups_have_locks_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
