/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "both_ends.h"

#define HZ(n) ((n)*UINT64_C(1000000) + 1)

/* ---- the board ------------------------------------------------------------------------------- */

static const uint64_t long_rates[LONG_RATES] = {
	HZ(1),  HZ(2),  HZ(3),  HZ(4),  HZ(5),  HZ(6),  HZ(7),  HZ(8),  HZ(9),  HZ(10),    HZ(11),
	HZ(12), HZ(13), HZ(14), HZ(15), HZ(16), HZ(17), HZ(18), HZ(19), HZ(20), HZ(10000),
};
static const uint32_t uart_parents[] = { OSC, PLL, LONG };
static const struct scmi_board_clock_config long_configs[] = {
	{ .type = 1, .value = 50, .min = 0, .max = 100 },
};

static const struct scmi_board_clock clocks[CLOCKS] = {
	[OSC] = {.name = "osc", .start_hz = 24000000, .enabled = true, .always_on = true},
	[PLL] =
		{
			.name = "pll",
			.start_hz = 400000000,
			.min_hz = 100000000,
			.max_hz = 800000000,
			.step_hz = 25000000,
			.set_latency_us = PLL_LATENCY_US,
			.enabled = true,
		},
	[LONG] =
		{
			.name = LONG_NAME,
			.start_hz = HZ(1),
			.rates_hz = long_rates,
			.rate_count = LONG_RATES,
			.configs = long_configs,
			.config_count = 1,
			.enable_delay_us = 30,
		},
	[UART] =
		{
			.name = "uart",
			.parents = uart_parents,
			.parent_count = 3,
			.start_parent = 0,
			.divide = 2,
		},
	[BROKEN] =
		{
			.name = "broken",
			.start_hz = 1000,
			.min_hz = 1000,
			.max_hz = 2000,
			.step_hz = 10,
			.fault = SCMI_HARDWARE_ERROR,
		},
};

static const struct scmi_board_domain device_domains[] = { { .protocol_id = 0x14, .index = LONG } };
static const struct scmi_board_device devices[] = {
	{ .name = "device", .id = DEVICE, .domains = device_domains, .domain_count = 1 },
};

static const struct scmi_board_view main_views[] = {
	{ .id = OSC, .index = OSC, .allow = SCMI_ALLOW_ALL },
	{ .id = PLL, .index = PLL, .allow = SCMI_ALLOW_ALL },
	{ .id = LONG, .index = LONG, .allow = SCMI_ALLOW_ALL },
	{ .id = UART, .index = UART, .allow = SCMI_ALLOW_ALL },
	{ .id = BROKEN, .index = BROKEN, .allow = SCMI_ALLOW_ALL },
};
static const struct scmi_board_view guest_views[] = {
	{ .id = GUEST_PLL, .index = PLL, .allow = SCMI_ALLOW_STATE },
	{ .id = GUEST_LONG, .index = LONG, .allow = SCMI_ALLOW_ALL },
};
static const struct scmi_board_protocol main_protocols[] = {
	{ .protocol_id = 0x14, .views = main_views, .view_count = CLOCKS, .max_pending_async = 2 },
};
static const struct scmi_board_protocol guest_protocols[] = {
	{ .protocol_id = 0x14, .views = guest_views, .view_count = 2, .max_pending_async = 1 },
};
static const struct scmi_board_agent agents[] = {
	{ .name = "main", .trusted = true, .protocols = main_protocols, .protocol_count = 1 },
	{ .name = "guest", .protocols = guest_protocols, .protocol_count = 1 },
};

static const struct scmi_board board = {
	.vendor = "libscmi",
	.sub_vendor = "tests",
	.implementation_version = 0x10203,
	.clocks = clocks,
	.clock_count = CLOCKS,
	.devices = devices,
	.device_count = 1,
	.agents = agents,
	.agent_count = 2,
};

/* ---- the platform's host --------------------------------------------------------------------- */

static void *platform_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void platform_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static uint64_t world_now_ns(void *ctx)
{
	const struct both_ends *world = ctx;

	return world->now_ns;
}

static void put_in_inbox(struct end *end, const void *message, size_t size)
{
	struct letter *letter = &end->inbox[end->inbox_count++];

	assert_true(end->inbox_count <= INBOX_MAX);
	assert_true(size <= MESSAGE_SIZE_MAX);
	memcpy(letter->bytes, message, size);
	letter->size = size;
}

static int channel_send(void *ctx, const void *message, size_t size)
{
	put_in_inbox(ctx, message, size);
	return 0;
}

static int channel_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	(void)cookie;
	put_in_inbox(ctx, message, size);
	return 0;
}

static const struct scmi_channel_ops channel_ops = { .send = channel_send,
						     .answer = channel_answer };

/* ---- the agents' host ------------------------------------------------------------------------ */

static int agent_send(void *ctx, const void *message, size_t size)
{
	struct end *end = ctx;
	uint8_t answer[MESSAGE_SIZE_MAX];
	size_t answer_size;

	end->commands++;
	answer_size =
		scmi_channel_handle(end->channel, 0, message, size, answer, end->answer_space);
	if (answer_size)
		put_in_inbox(end, answer, answer_size);
	return 0;
}

static uint64_t agent_now_ns(void *ctx)
{
	const struct end *end = ctx;

	return end->world->now_ns;
}

static void hand_over(struct end *end)
{
	for (unsigned int i = 0; i < end->inbox_count; i++)
		scmi_agent_receive(end->agent, end->inbox[i].bytes, end->inbox[i].size);
	end->inbox_count = 0;
}

/* Time passes only here. */
static int agent_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct end *end = ctx;
	struct both_ends *world = end->world;
	uint64_t platform_ns = scmi_platform_next_deadline(world->platform);

	assert_false(over(what));
	if (!end->inbox_count) {
		world->now_ns = platform_ns < deadline_ns ? platform_ns : deadline_ns;
		assert_true(world->now_ns != SCMI_NEVER);
		scmi_platform_tick(world->platform, world->now_ns);
	}
	hand_over(end);
	return 0;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void end_init(struct both_ends *world, struct end *end, uint32_t agent_id, bool p2a)
{
	const struct scmi_channel_config channel = {
		.agent_id = agent_id,
		.p2a = p2a,
		.ops = &channel_ops,
		.ctx = end,
	};
	const struct scmi_agent_config config = {
		.host = { .ctx = end,
			  .send = agent_send,
			  .now_ns = agent_now_ns,
			  .wait = agent_wait },
		.messages_max = 4,
		.message_size_max = MESSAGE_SIZE_MAX,
		.notifications_max = 8,
		.response_timeout_ns = 100000000,
		.delayed_timeout_ns = 1000000000,
		.p2a = p2a,
	};
	size_t size = scmi_agent_size(&config);

	end->world = world;
	end->answer_space = MESSAGE_SIZE_MAX;
	end->storage = malloc(size);
	assert_int_equal(scmi_agent_init(&end->agent, end->storage, size, &config), 0);
	assert_int_equal(scmi_channel_new(&end->channel, world->platform, &channel), 0);
}

static void end_fini(struct end *end)
{
	scmi_agent_fini(end->agent);
	scmi_channel_free(end->channel);
	free(end->storage);
}

void both_ends_init(struct both_ends *world, bool p2a)
{
	const struct scmi_platform_host host = {
		.ctx = world,
		.alloc = platform_alloc,
		.free = platform_free,
		.now_ns = world_now_ns,
	};
	char why[256] = "";

	memset(world, 0, sizeof(*world));
	if (scmi_platform_new(&world->platform, &board, &host, why, sizeof(why)))
		fail_msg("%s", why);
	end_init(world, &world->main, 1, p2a);
	end_init(world, &world->guest, 2, p2a);
}

void both_ends_fini(struct both_ends *world)
{
	end_fini(&world->main);
	end_fini(&world->guest);
	scmi_platform_free(world->platform);
}

void both_ends_pump(struct both_ends *world)
{
	scmi_platform_tick(world->platform, world->now_ns);
	hand_over(&world->main);
	hand_over(&world->guest);
	scmi_agent_dispatch(world->main.agent);
	scmi_agent_dispatch(world->guest.agent);
}
