// SPDX-License-Identifier: GPL-2.0-only
/* Answers that come late or not, tokens that run out, channels that go. */
#include "suites.h"

static u64 counter_late(struct world *world)
{
	struct scmi_agent_counters counters;

	scmi_agent_counters(world->main.agent, &counters);
	return counters.late;
}

static u32 counter_quarantined(struct world *world)
{
	struct scmi_agent_counters counters;

	scmi_agent_counters(world->main.agent, &counters);
	return counters.quarantined;
}

/* A call whose answer stays in the inbox. */
static void lose_one(struct kunit *test)
{
	struct world *world = test->priv;
	u64 before_ns = world->now_ns;
	u64 rate_hz;

	world->main.deaf = true;
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, world->now_ns - before_ns, (u64)RESPONSE_TIMEOUT_NS);
	world->main.deaf = false;
}

static void know_the_version(struct kunit *test)
{
	struct world *world = test->priv;
	u32 version;

	KUNIT_ASSERT_EQ(test, scmi_agent_version(world->main.agent, SCMI_CLOCK_PROTOCOL, &version),
			0);
}

static void a_late_answer(struct kunit *test)
{
	struct world *world = test->priv;
	u64 rate_hz = 0;

	know_the_version(test);
	lose_one(test);
	KUNIT_EXPECT_EQ(test, counter_quarantined(world), 1u);
	/* It comes before the next one's, and finds nobody. */
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, CRYSTAL, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, rate_hz, 24000000ull);
	KUNIT_EXPECT_EQ(test, counter_late(world), 1ull);
	KUNIT_EXPECT_EQ(test, counter_quarantined(world), 0u);
}

static void tokens_wrap(struct kunit *test)
{
	struct world *world = test->priv;
	struct letter lost;
	u64 rate_hz;
	u32 token;

	know_the_version(test);
	lose_one(test);
	token = scmi_header_token(world->main.last_header);
	KUNIT_ASSERT_EQ(test, world->main.inbox_count, 1u);
	lost = world->main.inbox[0];
	world->main.inbox_count = 0;
	for (u32 i = 0; i < 3 * SCMI_TOKEN_COUNT; i++) {
		KUNIT_ASSERT_EQ(test, scmi_clock_rate_get(world->main.agent, CRYSTAL, &rate_hz), 0);
		KUNIT_ASSERT_NE(test, scmi_header_token(world->main.last_header), token);
	}
	/* Only its own late answer gives the token back. */
	scmi_agent_receive(world->main.agent, lost.bytes, lost.size);
	kfree(lost.bytes);
	KUNIT_EXPECT_EQ(test, counter_quarantined(world), 0u);
	for (u32 i = 0; i < SCMI_TOKEN_COUNT && scmi_header_token(world->main.last_header) != token;
	     i++)
		KUNIT_ASSERT_EQ(test, scmi_clock_rate_get(world->main.agent, CRYSTAL, &rate_hz), 0);
	KUNIT_EXPECT_EQ(test, scmi_header_token(world->main.last_header), token);
}

static void every_token_lost(struct kunit *test)
{
	struct world *world = test->priv;
	u64 rate_hz;

	know_the_version(test);
	for (u32 i = 0; i < SCMI_TOKEN_COUNT; i++) {
		lose_one(test);
		kfree(world->main.inbox[0].bytes);
		world->main.inbox_count = 0;
	}
	KUNIT_EXPECT_EQ(test, counter_quarantined(world), SCMI_TOKEN_COUNT);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), -EBUSY);
	scmi_agent_reset(world->main.agent);
	KUNIT_EXPECT_EQ(test, counter_quarantined(world), 0u);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), 0);
}

static void a_poll_budget(struct kunit *test)
{
	struct world *world = test->priv;
	u64 before_ns;
	bool enabled;

	know_the_version(test);
	world->main.deaf = true;
	before_ns = world->now_ns;
	KUNIT_EXPECT_EQ(test, scmi_clock_state_get_polled(world->main.agent, PLL, &enabled, 5),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, world->now_ns - before_ns, 5ull * NSEC_PER_USEC);
}

static void the_channel_goes(struct kunit *test)
{
	struct world *world = test->priv;
	u64 rate_hz;
	u32 sent;

	know_the_version(test);
	world->main.goes = true;
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), -ENODEV);
	world->main.goes = false;
	sent = world->main.sent;
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), -ENODEV);
	KUNIT_EXPECT_EQ(test, world->main.sent, sent);
}

/* Anything at all, of every length: none of it ends a transfer, or reads behind its end (KASAN). */
static void nonsense(struct kunit *test)
{
	struct world *world = test->priv;
	struct scmi_agent_counters counters;
	u64 rate_hz;

	for (size_t size = 0; size < 64; size++) {
		u8 *bytes = kunit_kmalloc(test, size ? size : 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bytes);
		memset(bytes, 0x5a + size, size);
		scmi_agent_receive(world->main.agent, bytes, size);
	}
	scmi_agent_dispatch(world->main.agent);
	scmi_agent_counters(world->main.agent, &counters);
	KUNIT_EXPECT_EQ(test, counters.answered, 0ull);
	KUNIT_EXPECT_EQ(test, counters.malformed + counters.late + counters.notifications, 64ull);
	KUNIT_EXPECT_EQ(test, scmi_clock_rate_get(world->main.agent, PLL, &rate_hz), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_late_answer),
	KUNIT_CASE(tokens_wrap),
	KUNIT_CASE(every_token_lost),
	KUNIT_CASE(a_poll_budget),
	KUNIT_CASE(the_channel_goes),
	KUNIT_CASE(nonsense),
	{}
};

struct kunit_suite libscmi_trouble_suite = {
	.name = "libscmi_trouble",
	.init = world_init,
	.exit = world_exit,
	.test_cases = cases,
};
