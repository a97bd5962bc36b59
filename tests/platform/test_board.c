/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Boards that contradict themselves are refused in a sentence; memory that runs out is given back.
 */
#include "world.h"

static const uint64_t rates[] = {10, 20, 30};
static const uint64_t falling[] = {10, 30, 20};
static const uint64_t equal[] = {10, 10};
static const uint32_t to_1[] = {1};
static const uint32_t to_2[] = {2};
static const uint32_t to_3[] = {3};
static const uint32_t twice[] = {1, 1};
static const struct scmi_board_clock_config odd_type[] = {{.type = 3, .max = 1}};
static const struct scmi_board_clock_config no_type[] = {{.type = 0, .max = 1}};
static const struct scmi_board_clock_config outside[] = {
	{.type = 1, .value = 5, .min = 6, .max = 7}};
static const struct scmi_board_clock_config both[] = {{.type = 2}, {.type = 2}};

static const char *name_of_64 = "0123456789012345678901234567890123456789012345678901234567890123";

/* Clocks a and b are sound; what a case says is the third. */
static void clock_is_refused(struct scmi_board_clock clock, const char *expected)
{
	struct scmi_board_clock clocks[3] = {{.name = "a"}, {.name = "b"}};
	struct scmi_board board = {.vendor = "v", .clocks = clocks, .clock_count = 3};
	struct world world = {.now_ns = 0};
	struct scmi_platform_host host = world_host(&world);
	char why[200];
	int error;

	clocks[2] = clock;
	if (!clock.name)
		clocks[2].name = "c";
	error = scmi_platform_new(&world.platform, &board, &host, why, sizeof(why));
	if (!expected) {
		if (error)
			fail_msg("%s", why);
		scmi_platform_free(world.platform);
	} else {
		assert_int_equal(error, -EINVAL);
		assert_string_equal(why, expected);
	}
	assert_int_equal(world.allocations, 0);
}

#define CLOCK_IS_REFUSED(why, ...) clock_is_refused((struct scmi_board_clock){__VA_ARGS__}, why)

static void clocks(void **state)
{
	(void)state;
	CLOCK_IS_REFUSED(NULL, .start_hz = 5);
	CLOCK_IS_REFUSED("clock 'b': another has the same name", .name = "b");
	CLOCK_IS_REFUSED("a clock has no name", .name = "");
	CLOCK_IS_REFUSED(
		"clock '0123456789012345678901234567890123456789012345678901234567890123': "
		"the name is longer than 63 characters",
		.name = name_of_64);
	CLOCK_IS_REFUSED(NULL, .name = name_of_64 + 1);
	CLOCK_IS_REFUSED("clock 'c': its rates do not ascend", .rates_hz = falling, .rate_count = 3,
			 .start_hz = 10);
	CLOCK_IS_REFUSED("clock 'c': its rates do not ascend", .rates_hz = equal, .rate_count = 2,
			 .start_hz = 10);
	CLOCK_IS_REFUSED("clock 'c': its start rate is not in its list of rates", .rates_hz = rates,
			 .rate_count = 3, .start_hz = 15);
	CLOCK_IS_REFUSED("clock 'c': it has a list of rates and a range", .rates_hz = rates,
			 .rate_count = 3, .start_hz = 10, .step_hz = 1);
	CLOCK_IS_REFUSED("clock 'c': the lowest rate is above the highest", .min_hz = 2,
			 .max_hz = 1, .step_hz = 1);
	CLOCK_IS_REFUSED("clock 'c': its start rate is outside of its range", .min_hz = 10,
			 .max_hz = 20, .step_hz = 5, .start_hz = 21);
	CLOCK_IS_REFUSED("clock 'c': its start rate is between two steps of its range",
			 .min_hz = 10, .max_hz = 20, .step_hz = 5, .start_hz = 16);
	CLOCK_IS_REFUSED(NULL, .min_hz = 10, .max_hz = 20, .step_hz = 5, .start_hz = 15);
	CLOCK_IS_REFUSED("clock 'c': there is no clock for parent 0", .parents = to_3,
			 .parent_count = 1);
	CLOCK_IS_REFUSED("clock 'c': an earlier one is the same clock as parent 1",
			 .parents = twice, .parent_count = 2);
	CLOCK_IS_REFUSED("clock 'c': it starts with a parent it has not: 1", .parents = to_1,
			 .parent_count = 1, .start_parent = 1);
	CLOCK_IS_REFUSED("clock 'c': its possible parents lead back to itself", .parents = to_2,
			 .parent_count = 1);
	CLOCK_IS_REFUSED("clock 'c': types are 1, 2 and 128 to 255, not 3", .configs = odd_type,
			 .config_count = 1);
	CLOCK_IS_REFUSED("clock 'c': types are 1, 2 and 128 to 255, not 0", .configs = no_type,
			 .config_count = 1);
	CLOCK_IS_REFUSED("clock 'c': the start value is outside of the limits of configuration 1",
			 .configs = outside, .config_count = 1);
	CLOCK_IS_REFUSED("clock 'c': it has twice the configuration 2", .configs = both,
			 .config_count = 2);
	CLOCK_IS_REFUSED("clock 'c': the fault is not a status", .fault = 1);
	CLOCK_IS_REFUSED("clock 'c': the fault is not a status", .fault = -4096);
	CLOCK_IS_REFUSED("clock 'c': setting it takes longer than an hour",
			 .set_latency_us = 3600000001);
}

static void board_is_refused(const struct scmi_board *board, const char *expected)
{
	struct world world = {.now_ns = 0};
	struct scmi_platform_host host = world_host(&world);
	char why[200];

	assert_int_equal(scmi_platform_new(&world.platform, board, &host, why, sizeof(why)),
			 -EINVAL);
	assert_string_equal(why, expected);
	assert_int_equal(world.allocations, 0);
}

/* A cycle over three clocks, one that hangs on it, and one that has nothing to do with it. */
static void cycles(void **state)
{
	const struct scmi_board_clock clocks[] = {
		{.name = "hangs", .parents = to_2, .parent_count = 1},
		{.name = "x", .parents = to_3, .parent_count = 1},
		{.name = "y", .parents = to_1, .parent_count = 1},
		{.name = "z", .parents = to_2, .parent_count = 1},
		{.name = "free"},
	};
	struct scmi_board board = {.vendor = "v", .clocks = clocks, .clock_count = 5};
	struct world world = {.now_ns = 0};
	struct scmi_platform_host host = world_host(&world);
	char why[200];

	(void)state;
	assert_int_equal(scmi_platform_new(&world.platform, &board, &host, why, sizeof(why)),
			 -EINVAL);
	assert_true(why[7] == 'x' || why[7] == 'y' || why[7] == 'z');
	assert_string_equal(why + 11, "its possible parents lead back to itself");
	assert_int_equal(world.allocations, 0);
}

static void agents(void **state)
{
	struct scmi_board_clock clocks[] = {{.name = "a"}, {.name = "b"}};
	struct scmi_board_view views[] = {{.id = 4, .index = 0}, {.id = 5, .index = 1}};
	struct scmi_board_protocol protocols[] = {
		{.protocol_id = 0x14, .views = views, .view_count = 2},
		{.protocol_id = 0x10},
	};
	struct scmi_board_agent agents[] = {
		{.name = "first"},
		{.name = "second", .protocols = protocols, .protocol_count = 2},
	};
	struct scmi_board board = {
		.vendor = "v",
		.clocks = clocks,
		.clock_count = 2,
		.agents = agents,
		.agent_count = 2,
	};

	(void)state;
	agents[1].name = "first";
	board_is_refused(&board, "agent 'first': another has the same name");
	agents[1].name = NULL;
	board_is_refused(&board, "an agent has no name");
	agents[1].name = "second";
	protocols[1].protocol_id = 0x14;
	board_is_refused(&board, "agent 'second': it has twice the protocol 20");
	protocols[1].protocol_id = 0x15;
	board_is_refused(&board, "agent 'second': this platform does not have protocol 21");
	protocols[1].protocol_id = 0x10;
	protocols[1].version_max = 0x30000;
	board_is_refused(
		&board, "agent 'second': its highest version is none that is known of protocol 16");
	protocols[1].version_max = 0;
	protocols[1].view_count = 1;
	board_is_refused(&board, "agent 'second': the base protocol has no domains");
	protocols[1].view_count = 0;
	protocols[0].max_pending_async = 256;
	board_is_refused(&board,
			 "agent 'second': at most 255 asynchronous commands can be pending");
	protocols[0].max_pending_async = 255;
	views[1].index = 2;
	board_is_refused(&board, "agent 'second': its view has no clock for id 5");
	views[1].index = 0;
	board_is_refused(&board,
			 "agent 'second': its view has the clock already at another id than 5");
	views[1].index = 1;
	views[1].id = 4;
	board_is_refused(&board, "agent 'second': ids in its view do not ascend at id 4");
	views[1].id = 65535;
	board_is_refused(&board, "agent 'second': ids in a view are below 65535, not 65535");
	views[1].id = 5;
	board.vendor = "sixteen letters_";
	board_is_refused(&board, "a vendor's name of at most 15 characters is needed");
	board.vendor = NULL;
	board_is_refused(&board, "a vendor's name of at most 15 characters is needed");
	board.vendor = "v";
	board.sub_vendor = "sixteen letters_";
	board_is_refused(&board, "the sub-vendor's name has at most 15 characters");
	board.sub_vendor = NULL;
	board.agent_count = 256;
	board_is_refused(&board, "there are more than 255 agents");
}

static void devices(void **state)
{
	struct scmi_board_clock clocks[] = {{.name = "a"}};
	struct scmi_board_domain domains[] = {{0x14, 0}};
	struct scmi_board_device devices[] = {
		{.name = "d", .id = 1},
		{.name = "e", .id = 2, .domains = domains, .domain_count = 1},
	};
	struct scmi_board board = {
		.vendor = "v",
		.clocks = clocks,
		.clock_count = 1,
		.devices = devices,
		.device_count = 2,
	};

	(void)state;
	domains[0].index = 1;
	board_is_refused(&board, "device 'e': there is no clock for domain 0");
	domains[0].protocol_id = 0x11;
	board_is_refused(&board, "device 'e': no domains exist in protocol 17");
	devices[1].id = 1;
	board_is_refused(&board, "device 'e': another has the same id");
	devices[1].name = "d";
	board_is_refused(&board, "device 'd': another has the same name");
	devices[1].name = "";
	board_is_refused(&board, "a device has no name");
}

static void a_sentence_is_cut_where_the_buffer_ends(void **state)
{
	const struct scmi_board_clock clocks[] = {{.name = "clock", .fault = 1}};
	const struct scmi_board board = {.vendor = "v", .clocks = clocks, .clock_count = 1};
	struct world world = {.now_ns = 0};
	struct scmi_platform_host host = world_host(&world);
	char why[12];

	(void)state;
	for (size_t size = 1; size <= sizeof(why); size++) {
		memset(why, '?', sizeof(why));
		assert_int_equal(scmi_platform_new(&world.platform, &board, &host, why, size),
				 -EINVAL);
		assert_int_equal(strlen(why), size - 1);
		assert_memory_equal(why, "clock 'cloc", size - 1);
	}
	assert_int_equal(scmi_platform_new(&world.platform, &board, &host, why, 0), -EINVAL);
	assert_int_equal(scmi_platform_new(&world.platform, &board, &host, NULL, 0), -EINVAL);
}

static void memory_runs_out_anywhere(void **state)
{
	size_t n;

	(void)state;
	for (n = 1; n < 1000; n++) {
		struct world world = {.use_locks = true, .fail_allocation = n};
		struct scmi_platform_host host = world_host(&world);
		int error = scmi_platform_new(&world.platform, &test_board, &host, NULL, 0);

		if (!error) {
			scmi_platform_free(world.platform);
			break;
		}
		assert_int_equal(error, -ENOMEM);
		assert_int_equal(world.allocations, 0);
	}
	assert_true(n > 20 && n < 1000);
}

static void memory_runs_out_for_a_channel(void **state)
{
	static const struct scmi_channel_ops ops = {.send = NULL};
	const struct scmi_channel_config config = {.agent_id = GUEST, .ops = &ops};
	struct world *world = *state;
	struct scmi_channel *channel;
	size_t before = world->allocations;

	for (size_t n = 1; n <= 2; n++) {
		world->fail_allocation = n;
		assert_int_equal(scmi_channel_new(&channel, world->platform, &config), -ENOMEM);
		assert_int_equal(world->allocations, before);
	}
	world->fail_allocation = 0;
	assert_int_equal(scmi_channel_new(&channel, world->platform, &config), 0);
	scmi_channel_free(channel);
	scmi_channel_free(NULL);
	scmi_platform_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks),
		cmocka_unit_test(cycles),
		cmocka_unit_test(agents),
		cmocka_unit_test(devices),
		cmocka_unit_test(a_sentence_is_cut_where_the_buffer_ends),
		cmocka_unit_test(memory_runs_out_anywhere),
		TEST(memory_runs_out_for_a_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
