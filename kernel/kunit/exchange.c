// SPDX-License-Identifier: GPL-2.0-only
/* Messages of both protocols, from one end to the other. */
#include <libscmi.h>

#include "suites.h"

#define STATUS(status) (SCMI_ERROR_BASE + (status))

static void base_protocol(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent *agent = world->main.agent;
	struct scmi_base_discover_agent_response found;
	u8 protocol_ids[4];
	char name[16];
	u32 value;

	KUNIT_EXPECT_EQ(test, scmi_agent_version(agent, SCMI_BASE_PROTOCOL, &value), 0);
	KUNIT_EXPECT_EQ(test, value, SCMI_BASE_VERSION_NEWEST);
	KUNIT_EXPECT_EQ(test, scmi_base_discover_vendor(agent, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "libscmi");
	KUNIT_EXPECT_EQ(test, scmi_base_discover_sub_vendor(agent, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "kunit");
	KUNIT_EXPECT_EQ(test, scmi_base_discover_implementation_version(agent, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 0x10203u);
	KUNIT_EXPECT_EQ(test, scmi_base_list_protocols(agent, protocol_ids, 4, &value), 0);
	KUNIT_EXPECT_EQ(test, value, 1u);
	KUNIT_EXPECT_EQ(test, protocol_ids[0], SCMI_CLOCK_PROTOCOL);
	KUNIT_EXPECT_EQ(test, scmi_base_discover_agent(agent, SCMI_BASE_CALLER, &found), 0);
	KUNIT_EXPECT_EQ(test, found.agent_id, 1u);
	KUNIT_EXPECT_STREQ(test, found.name, "main");
}

static void versions(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent *agent = world->main.agent;
	struct scmi_clock_get_permissions_response may;
	u32 version;

	KUNIT_EXPECT_EQ(test, scmi_agent_version(agent, SCMI_CLOCK_PROTOCOL, &version), 0);
	KUNIT_EXPECT_EQ(test, version, SCMI_CLOCK_VERSION_NEWEST);
	KUNIT_EXPECT_EQ(test, scmi_clock_get_permissions(agent, BUS, &may), 0);
	KUNIT_EXPECT_FALSE(test, may.state);
	KUNIT_EXPECT_TRUE(test, may.rate);
	KUNIT_EXPECT_EQ(
		test, scmi_agent_negotiate(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_VERSION_2_0), 0);
	KUNIT_EXPECT_EQ(test, scmi_clock_get_permissions(agent, BUS, &may), -EOPNOTSUPP);
	/* The older layout of the same message. */
	KUNIT_EXPECT_EQ(
		test, scmi_clock_config_set(agent, PLL, SCMI_CLOCK_ON, SCMI_CLOCK_NO_CONFIG, 0), 0);
	KUNIT_EXPECT_EQ(test, scmi_agent_negotiate(agent, SCMI_CLOCK_PROTOCOL, 0x990000),
			-EOPNOTSUPP);
	/* A reset forgets what was agreed on. */
	scmi_agent_reset(agent);
	KUNIT_EXPECT_EQ(test, scmi_agent_version(agent, SCMI_CLOCK_PROTOCOL, &version), 0);
	KUNIT_EXPECT_EQ(test, version, SCMI_CLOCK_VERSION_NEWEST);
}

static void rates(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent *agent = world->main.agent;
	u64 rates_hz[LIST_RATES];
	struct scmi_clock_rates found = { .rates_hz = rates_hz, .space = LIST_RATES };
	u64 rate_hz;
	u32 before;

	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(agent, PLL, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, rate_hz, 400000000ull);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_set(agent, PLL, 510000000, SCMI_CLOCK_ROUND_UP), 0);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(agent, PLL, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, rate_hz, 525000000ull);
	KUNIT_EXPECT_EQ(test, scmi_clock_list_rates(agent, PLL, &found), 0);
	KUNIT_EXPECT_TRUE(test, found.triplet);
	KUNIT_EXPECT_EQ(test, rates_hz[1], 800000000ull);
	/* More than 32 bits, and more than a message. */
	before = world->main.sent;
	KUNIT_EXPECT_EQ(test, scmi_clock_list_rates(agent, LIST, &found), 0);
	KUNIT_EXPECT_EQ(test, found.count, LIST_RATES);
	KUNIT_EXPECT_EQ(test, world->main.sent - before, 2u);
	for (u32 i = 0; i < LIST_RATES - 1; i++)
		KUNIT_EXPECT_EQ(test, rates_hz[i], LIST_HZ(i + 1));
	KUNIT_EXPECT_EQ(test, rates_hz[LIST_RATES - 1], LIST_HZ(10000));
	KUNIT_EXPECT_EQ(test,
			scmi_clock_rate_set(agent, LIST, LIST_HZ(10000), SCMI_CLOCK_ROUND_DOWN), 0);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(agent, LIST, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, rate_hz, LIST_HZ(10000));
}

static void a_big_message(struct kunit *test)
{
	struct world *world = test->priv;
	u64 rates_hz[LIST_RATES];
	struct scmi_clock_rates found = { .rates_hz = rates_hz, .space = LIST_RATES };

	world_resize(world, MESSAGE_SIZE_BIG);
	KUNIT_EXPECT_EQ(test, scmi_clock_describe_rates(world->main.agent, LIST, 0, &found), 0);
	KUNIT_EXPECT_EQ(test, found.count, LIST_RATES);
	KUNIT_EXPECT_EQ(test, found.remaining, 0u);
	KUNIT_EXPECT_EQ(test, rates_hz[LIST_RATES - 1], LIST_HZ(10000));
}

static void clocks(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent *agent = world->main.agent;
	u32 ids[4];
	struct scmi_clock_parents parents = { .clock_ids = ids, .space = 4 };
	char name[64];
	bool enabled;
	u64 rate_hz;
	u32 value;

	KUNIT_EXPECT_EQ(test, scmi_clock_name(agent, LIST, name), 0);
	KUNIT_EXPECT_STREQ(test, name, LIST_NAME);
	KUNIT_EXPECT_EQ(test, scmi_clock_list_parents(agent, BUS, &parents), 0);
	KUNIT_EXPECT_EQ(test, parents.count, 2u);
	KUNIT_EXPECT_EQ(test, ids[1], (u32)PLL);
	KUNIT_EXPECT_EQ(test, scmi_clock_parent_set(agent, BUS, PLL), 0);
	KUNIT_EXPECT_EQ(test, scmi_clock_parent_get(agent, BUS, &value), 0);
	KUNIT_EXPECT_EQ(test, value, (u32)PLL);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(agent, BUS, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, rate_hz, 200000000ull);
	KUNIT_EXPECT_EQ(
		test, scmi_clock_config_set(agent, LIST, SCMI_CLOCK_ON, SCMI_CLOCK_DUTY_CYCLE, 30),
		0);
	KUNIT_EXPECT_EQ(test,
			scmi_clock_config_get(agent, LIST, SCMI_CLOCK_DUTY_CYCLE, &enabled, &value),
			0);
	KUNIT_EXPECT_TRUE(test, enabled);
	KUNIT_EXPECT_EQ(test, value, 30u);
}

static void asynchronous(struct kunit *test)
{
	struct world *world = test->priv;
	u64 before_ns = world->now_ns;
	u64 set_hz = 0;

	KUNIT_EXPECT_EQ(test,
			scmi_clock_rate_set_async(world->main.agent, PLL, 600000000,
						  SCMI_CLOCK_ROUND_DOWN, &set_hz),
			0);
	KUNIT_EXPECT_EQ(test, set_hz, 600000000ull);
	KUNIT_EXPECT_EQ(test, world->now_ns - before_ns, (u64)PLL_DELAY_NS);
}

static void in_atomic_context(struct kunit *test)
{
	struct world *world = test->priv;
	bool enabled = false;
	unsigned long flags;
	int set, get;

	local_irq_save(flags);
	set = scmi_clock_state_set_polled(world->main.agent, PLL, true, 10);
	get = scmi_clock_state_get_polled(world->main.agent, PLL, &enabled, 10);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, set, 0);
	KUNIT_EXPECT_EQ(test, get, 0);
	KUNIT_EXPECT_TRUE(test, enabled);
	KUNIT_EXPECT_EQ(test, world->main.waits, 0u);
}

static void count_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
			size_t size)
{
	struct scmi_clock_rate_changed *last = ctx;

	scmi_clock_rate_changed_decode(last, payload, size, SCMI_CLOCK_VERSION_NEWEST);
}

static void notifications(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_clock_rate_changed last = {};
	struct scmi_listener listener = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_CHANGED,
		.event = count_event,
		.ctx = &last,
	};
	struct scmi_agent_counters counters;

	scmi_agent_listen(world->main.agent, &listener);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_notify(world->main.agent, LIST, true), 0);
	/* More than the queue holds: the last ones stay. */
	for (u32 i = 2; i < 2 + NOTIFICATIONS + 4; i++)
		KUNIT_EXPECT_EQ(test,
				scmi_clock_rate_set(world->other.agent, LIST, LIST_HZ(i),
						    SCMI_CLOCK_ROUND_DOWN),
				0);
	scmi_platform_tick(world->platform, world->now_ns);
	end_hear(&world->main);
	KUNIT_EXPECT_EQ(test, scmi_agent_dispatch(world->main.agent), (int)NOTIFICATIONS);
	scmi_agent_counters(world->main.agent, &counters);
	KUNIT_EXPECT_EQ(test, counters.overflowed, 4ull);
	KUNIT_EXPECT_EQ(test, last.clock_id, (u32)LIST);
	KUNIT_EXPECT_EQ(test, last.rate_hz, LIST_HZ(NOTIFICATIONS + 5));
	scmi_agent_unlisten(world->main.agent, &listener);
}

static void refusals(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent *agent = world->main.agent;
	u64 rate_hz;

	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(agent, UNKNOWN_CLOCK, &rate_hz),
			STATUS(SCMI_NOT_FOUND));
	KUNIT_EXPECT_EQ(test,
			scmi_clock_config_set(agent, BUS, SCMI_CLOCK_ON, SCMI_CLOCK_NO_CONFIG, 0),
			STATUS(SCMI_DENIED));
	KUNIT_EXPECT_EQ(test, scmi_clock_parent_set(agent, BUS, LIST),
			STATUS(SCMI_INVALID_PARAMETERS));
	KUNIT_EXPECT_STREQ(test, scmi_error_text(-ETIMEDOUT), "no answer within the time limit");
}

static const struct {
	int error;
	int number;
} errnos[] = {
	{ 0, 0 },
	{ -ETIMEDOUT, -ETIMEDOUT },
	{ -ENODEV, -ENODEV },
	{ STATUS(SCMI_NOT_SUPPORTED), -EOPNOTSUPP },
	{ STATUS(SCMI_INVALID_PARAMETERS), -EINVAL },
	{ STATUS(SCMI_DENIED), -EACCES },
	{ STATUS(SCMI_NOT_FOUND), -ENOENT },
	{ STATUS(SCMI_OUT_OF_RANGE), -ERANGE },
	{ STATUS(SCMI_BUSY), -EBUSY },
	{ STATUS(SCMI_COMMS_ERROR), -ECOMM },
	{ STATUS(SCMI_GENERIC_ERROR), -EIO },
	{ STATUS(SCMI_HARDWARE_ERROR), -EREMOTEIO },
	{ STATUS(SCMI_PROTOCOL_ERROR), -EPROTO },
	{ STATUS(SCMI_IN_USE), -EADDRINUSE },
	{ STATUS(-100), -EIO },
	{ STATUS(-4095), -EIO },
};

static void errors_as_errnos(struct kunit *test)
{
	for (u32 i = 0; i < ARRAY_SIZE(errnos); i++)
		KUNIT_EXPECT_EQ(test, libscmi_errno(errnos[i].error), errnos[i].number);
	KUNIT_EXPECT_EQ(test, scmi_error_from_status(1), -EPROTO);
	KUNIT_EXPECT_EQ(test, scmi_error_from_status(-4096), -EPROTO);
}

static void values_at_any_address(struct kunit *test)
{
	u8 bytes[16];

	for (u32 i = 0; i < 8; i++) {
		memset(bytes, 0xff, sizeof(bytes));
		scmi_put_le64(bytes + i, 0x0123456789abcdefull);
		KUNIT_EXPECT_EQ(test, bytes[i], 0xef);
		KUNIT_EXPECT_EQ(test, bytes[i + 7], 0x01);
		KUNIT_EXPECT_EQ(test, scmi_get_le64(bytes + i), 0x0123456789abcdefull);
		KUNIT_EXPECT_EQ(test, scmi_get_le32(bytes + i), 0x89abcdefu);
		KUNIT_EXPECT_EQ(test, scmi_get_le16(bytes + i), 0xcdef);
		scmi_put_le32(bytes + i, 0x76543210u);
		scmi_put_le16(bytes + i, 0x1234);
		KUNIT_EXPECT_EQ(test, scmi_get_le64(bytes + i), 0x0123456776541234ull);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(base_protocol),
	KUNIT_CASE(versions),
	KUNIT_CASE(rates),
	KUNIT_CASE(a_big_message),
	KUNIT_CASE(clocks),
	KUNIT_CASE(asynchronous),
	KUNIT_CASE(in_atomic_context),
	KUNIT_CASE(notifications),
	KUNIT_CASE(refusals),
	KUNIT_CASE(errors_as_errnos),
	KUNIT_CASE(values_at_any_address),
	{}
};

struct kunit_suite libscmi_exchange_suite = {
	.name = "libscmi_exchange",
	.init = world_init,
	.exit = world_exit,
	.test_cases = cases,
};
