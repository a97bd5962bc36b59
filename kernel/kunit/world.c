// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "world.h"

/* ---- the board ------------------------------------------------------------------------------- */

#define FIVE(n) LIST_HZ(n), LIST_HZ((n) + 1), LIST_HZ((n) + 2), LIST_HZ((n) + 3), LIST_HZ((n) + 4)

static const uint64_t list_rates[LIST_RATES] = {
	FIVE(1), FIVE(6), FIVE(11), FIVE(16), LIST_HZ(10000),
};
static const uint32_t bus_parents[] = { CRYSTAL, PLL };
static const struct scmi_board_clock_config list_configs[] = {
	{ .type = SCMI_CLOCK_DUTY_CYCLE, .value = 50, .max = 100 },
};

static const struct scmi_board_clock board_clocks[] = {
	[CRYSTAL] = { .name = "crystal", .start_hz = 24000000, .enabled = true, .always_on = true },
	[PLL] = {
		.name = "pll",
		.start_hz = 400000000,
		.min_hz = 100000000,
		.max_hz = 800000000,
		.step_hz = 25000000,
		.set_latency_us = PLL_DELAY_NS / NSEC_PER_USEC,
	},
	[LIST] = {
		.name = LIST_NAME,
		.start_hz = LIST_HZ(1),
		.rates_hz = list_rates,
		.rate_count = LIST_RATES,
		.configs = list_configs,
		.config_count = 1,
	},
	[BUS] = { .name = "bus", .parents = bus_parents, .parent_count = 2, .divide = 2 },
};

static const struct scmi_board_view all_clocks[] = {
	{ .id = CRYSTAL, .index = CRYSTAL, .allow = SCMI_ALLOW_ALL },
	{ .id = PLL, .index = PLL, .allow = SCMI_ALLOW_ALL },
	{ .id = LIST, .index = LIST, .allow = SCMI_ALLOW_ALL },
	{ .id = BUS, .index = BUS, .allow = SCMI_ALLOW_ALL & ~SCMI_ALLOW_STATE },
};
static const struct scmi_board_protocol protocols[] = {
	{ .protocol_id = SCMI_CLOCK_PROTOCOL, .views = all_clocks, .view_count = 4,
	  .max_pending_async = 2 },
};
static const struct scmi_board_agent agents[] = {
	{ .name = "main", .trusted = true, .protocols = protocols, .protocol_count = 1 },
	{ .name = "other", .protocols = protocols, .protocol_count = 1 },
};
static const struct scmi_board board = {
	.vendor = "libscmi",
	.sub_vendor = "kunit",
	.implementation_version = 0x10203,
	.clocks = board_clocks,
	.clock_count = ARRAY_SIZE(board_clocks),
	.agents = agents,
	.agent_count = ARRAY_SIZE(agents),
};

/* ---- the platform's host --------------------------------------------------------------------- */

static void *platform_alloc(void *ctx, size_t size)
{
	return kzalloc(size, GFP_KERNEL);
}

static void platform_free(void *ctx, void *memory)
{
	kfree(memory);
}

static u64 platform_now_ns(void *ctx)
{
	const struct world *world = ctx;

	return world->now_ns;
}

/* Each is a class of its own, so that lockdep sees in which order the engine takes which. */
struct platform_lock {
	struct mutex mutex;
	struct lock_class_key key;
};

static void *platform_lock_new(void *ctx)
{
	struct platform_lock *lock = kzalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return NULL;
	lockdep_register_key(&lock->key);
	mutex_init(&lock->mutex);
	lockdep_set_class(&lock->mutex, &lock->key);
	return lock;
}

static void platform_lock_free(void *ctx, void *pointer)
{
	struct platform_lock *lock = pointer;

	mutex_destroy(&lock->mutex);
	lockdep_unregister_key(&lock->key);
	kfree(lock);
}

static void platform_lock(void *pointer)
{
	struct platform_lock *lock = pointer;

	mutex_lock(&lock->mutex);
}

static void platform_unlock(void *pointer)
{
	struct platform_lock *lock = pointer;

	mutex_unlock(&lock->mutex);
}

static void keep(struct end *end, const void *message, size_t size)
{
	struct kunit *test = end->world->test;
	struct letter *letter = &end->inbox[end->inbox_count];

	KUNIT_ASSERT_LT(test, end->inbox_count, LETTERS);
	letter->bytes = kmemdup(message, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, letter->bytes);
	letter->size = size;
	end->inbox_count++;
}

static int channel_send(void *ctx, const void *message, size_t size)
{
	keep(ctx, message, size);
	return 0;
}

static int channel_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	keep(ctx, message, size);
	return 0;
}

static const struct scmi_channel_ops channel_ops = {
	.send = channel_send,
	.answer = channel_answer,
};

/* ---- the agents' host ------------------------------------------------------------------------ */

static int agent_send(void *ctx, const void *message, size_t size)
{
	struct end *end = ctx;
	bool polling = irqs_disabled();
	u8 *answer;
	size_t answered;

	end->last_header = scmi_get_le32(message);
	end->sent++;
	/* The platform may sleep. A device would do this elsewhere. */
	if (polling)
		local_irq_enable();
	might_sleep();
	answer = kmalloc(end->message_size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(end->world->test, answer);
	answered = scmi_channel_handle(end->channel, 0, message, size, answer, end->message_size);
	if (answered)
		keep(end, answer, answered);
	kfree(answer);
	if (polling)
		local_irq_disable();
	return 0;
}

static u64 agent_now_ns(void *ctx)
{
	const struct end *end = ctx;

	return end->world->now_ns;
}

static int agent_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct end *end = ctx;
	struct world *world = end->world;

	might_sleep();
	end->waits++;
	if (end->goes) {
		scmi_agent_closed(end->agent, -ENODEV);
		return 0;
	}
	if (!end->inbox_count || end->deaf) {
		world->now_ns = min(scmi_platform_next_deadline(world->platform), deadline_ns);
		KUNIT_ASSERT_NE(world->test, world->now_ns, SCMI_NEVER);
		scmi_platform_tick(world->platform, world->now_ns);
	}
	if (!end->deaf)
		end_hear(end);
	return 0;
}

static int agent_poll(void *ctx)
{
	struct end *end = ctx;

	end->world->now_ns += NSEC_PER_USEC;
	if (!end->deaf)
		end_hear(end);
	return 0;
}

static void agent_lock(void *ctx)
{
	struct end *end = ctx;
	unsigned long flags;

	spin_lock_irqsave(&end->lock, flags);
	end->flags = flags;
}

static void agent_unlock(void *ctx)
{
	struct end *end = ctx;

	spin_unlock_irqrestore(&end->lock, end->flags);
}

static const void *agent_caller(void *ctx)
{
	return current;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void end_init(struct world *world, struct end *end, u32 agent_id, size_t message_size)
{
	struct kunit *test = world->test;
	const struct scmi_agent_config config = {
		.host = {
			.ctx = end,
			.send = agent_send,
			.now_ns = agent_now_ns,
			.wait = agent_wait,
			.lock = agent_lock,
			.unlock = agent_unlock,
			.poll = agent_poll,
			.caller = agent_caller,
		},
		.messages_max = 4,
		.message_size_max = message_size,
		.notifications_max = NOTIFICATIONS,
		.response_timeout_ns = RESPONSE_TIMEOUT_NS,
		.delayed_timeout_ns = 1 * NSEC_PER_SEC,
		.p2a = true,
	};
	const struct scmi_channel_config channel = {
		.agent_id = agent_id,
		.p2a = true,
		.ops = &channel_ops,
		.ctx = end,
	};
	size_t size = scmi_agent_size(&config);
	void *storage = kunit_kmalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, storage);
	end->world = world;
	end->message_size = message_size;
	spin_lock_init(&end->lock);
	KUNIT_ASSERT_EQ(test, scmi_agent_init(&end->agent, storage, size, &config), 0);
	KUNIT_ASSERT_EQ(test, scmi_channel_new(&end->channel, world->platform, &channel), 0);
}

static void end_fini(struct end *end)
{
	if (end->agent)
		scmi_agent_fini(end->agent);
	if (end->channel)
		scmi_channel_free(end->channel);
	while (end->inbox_count)
		kfree(end->inbox[--end->inbox_count].bytes);
	memset(end, 0, sizeof(*end));
}

void end_hear(struct end *end)
{
	while (end->inbox_count) {
		struct letter letter = end->inbox[0];
		u8 *odd = kmalloc(letter.size + 1, GFP_ATOMIC);

		end->inbox_count--;
		memmove(end->inbox, end->inbox + 1, end->inbox_count * sizeof(letter));
		KUNIT_ASSERT_NOT_ERR_OR_NULL(end->world->test, odd);
		memcpy(odd + 1, letter.bytes, letter.size);
		scmi_agent_receive(end->agent, odd + 1, letter.size);
		kfree(odd);
		kfree(letter.bytes);
	}
}

void world_resize(struct world *world, size_t message_size)
{
	end_fini(&world->main);
	end_init(world, &world->main, 1, message_size);
}

int world_init(struct kunit *test)
{
	struct world *world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);
	const struct scmi_platform_host host = {
		.ctx = world,
		.alloc = platform_alloc,
		.free = platform_free,
		.now_ns = platform_now_ns,
		.lock_new = platform_lock_new,
		.lock_free = platform_lock_free,
		.lock = platform_lock,
		.unlock = platform_unlock,
	};
	char why[128];

	if (!world)
		return -ENOMEM;
	test->priv = world;
	world->test = test;
	if (scmi_platform_new(&world->platform, &board, &host, why, sizeof(why))) {
		kunit_err(test, "%s", why);
		return -EINVAL;
	}
	end_init(world, &world->main, 1, MESSAGE_SIZE);
	end_init(world, &world->other, 2, MESSAGE_SIZE);
	return 0;
}

void world_exit(struct kunit *test)
{
	struct world *world = test->priv;

	if (!world)
		return;
	end_fini(&world->main);
	end_fini(&world->other);
	if (world->platform)
		scmi_platform_free(world->platform);
}
