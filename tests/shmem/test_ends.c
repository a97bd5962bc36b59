/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Firmware in miniature: both engines over areas of memory and doorbells that are calls. Interrupts
 * are flags; who has masked them is not interrupted. Time passes only where somebody waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include <scmi/agent.h>
#include <scmi/clock.h>
#include <scmi/platform.h>

#include "transports/shmem/ends.h"

#define AREA	    128u
#define MESSAGE_MAX SCMI_SHMEM_MESSAGE_MAX(AREA)
#define RESPONSE_NS 30000000u
#define NS_PER_US   1000u
#define AGENTS	    2u

struct end {
	struct world *world;
	uint32_t a2p[AREA / 4], p2a[AREA / 4];
	uint8_t agent_buffer[MESSAGE_MAX], platform_buffer[2 * MESSAGE_MAX];
	struct scmi_shmem_agent agent_end;
	struct scmi_shmem_platform platform_end;
	struct scmi_agent *agent;
	struct scmi_channel *channel;
	void *storage;
	bool agent_irq, platform_irq; /* pending */
	bool masked;		      /* the agent's */
	unsigned int rings, completions, events, acks, readies;
};

struct world {
	uint64_t now_ns;
	struct scmi_platform *platform;
	struct end ends[AGENTS];
	bool interrupts; /* else everybody looks by himself */
	bool smc;	 /* ringing runs the platform */
	bool platform_masked;
};

/* ---- the board ------------------------------------------------------------------------------- */

enum { OSC, PLL, CLOCKS };

static const struct scmi_board_clock clocks[CLOCKS] = {
	[OSC] = {.name = "osc", .start_hz = 24000000, .enabled = true},
	[PLL] = {.name = "pll",
		 .start_hz = 400000000,
		 .min_hz = 100000000,
		 .max_hz = 800000000,
		 .step_hz = 25000000,
		 .set_latency_us = 2000},
};
static const struct scmi_board_view views[] = {
	{.id = OSC, .index = OSC, .allow = SCMI_ALLOW_ALL},
	{.id = PLL, .index = PLL, .allow = SCMI_ALLOW_ALL},
};
static const struct scmi_board_protocol protocols[] = {
	{.protocol_id = 0x14, .views = views, .view_count = CLOCKS, .max_pending_async = 2},
};
static const struct scmi_board_agent agents[AGENTS] = {
	{.name = "one", .protocols = protocols, .protocol_count = 1},
	{.name = "two", .protocols = protocols, .protocol_count = 1},
};
static const struct scmi_board board = {
	.vendor = "libscmi",
	.clocks = clocks,
	.clock_count = CLOCKS,
	.agents = agents,
	.agent_count = AGENTS,
};

/* ---- doorbells ------------------------------------------------------------------------------- */

static void ring_command(void *ctx)
{
	struct end *end = ctx;

	end->rings++;
	end->platform_irq = true;
	if (end->world->smc) {
		end->platform_irq = false;
		assert_int_equal(scmi_shmem_platform_poll(&end->platform_end), 0);
	}
}

static void ring_completion(void *ctx)
{
	struct end *end = ctx;

	end->completions++;
	end->agent_irq = true;
}

static void ring_event(void *ctx)
{
	struct end *end = ctx;

	end->events++;
	end->agent_irq = true;
}

static void ring_ack(void *ctx)
{
	struct end *end = ctx;

	end->acks++;
	end->platform_irq = true;
}

/* ---- hosts ----------------------------------------------------------------------------------- */

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
	return ((const struct world *)ctx)->now_ns;
}

static uint64_t end_now_ns(void *ctx)
{
	return ((const struct end *)ctx)->world->now_ns;
}

static size_t handle(void *ctx, uint64_t cookie, const void *message, size_t size, void *answer,
		     size_t space)
{
	const struct end *end = ctx;

	assert_ptr_equal(message, end->platform_buffer);
	assert_ptr_equal(answer, end->platform_buffer + space);
	assert_int_equal(2 * space, sizeof(end->platform_buffer));
	return scmi_channel_handle(((struct end *)ctx)->channel, cookie, message, size, answer,
				   space);
}

static void ready(void *ctx)
{
	struct end *end = ctx;

	end->readies++;
	scmi_channel_ready(end->channel);
}

static void receive(void *ctx, const void *message, size_t size)
{
	scmi_agent_receive(((struct end *)ctx)->agent, message, size);
}

static int send_command(void *ctx, const void *message, size_t size)
{
	return scmi_shmem_agent_send(&((struct end *)ctx)->agent_end, message, size);
}

/* While it is polled for, time passes too. */
static int poll_for_answer(void *ctx)
{
	struct end *end = ctx;

	end->world->now_ns += NS_PER_US;
	return scmi_shmem_agent_poll(&end->agent_end);
}

/* Deliver what is pending. False: there was nothing. */
static bool interrupt(struct world *world)
{
	bool any = false;

	for (struct end *end = world->ends; end < world->ends + AGENTS; end++) {
		if (!world->platform_masked && (end->platform_irq || !world->interrupts)) {
			any |= end->platform_irq;
			end->platform_irq = false;
			scmi_shmem_platform_poll(&end->platform_end);
		}
		if (!end->masked && (end->agent_irq || !world->interrupts)) {
			any |= end->agent_irq;
			end->agent_irq = false;
			scmi_shmem_agent_poll(&end->agent_end);
		}
	}
	return any;
}

static int wait_until(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct world *world = ((struct end *)ctx)->world;
	uint64_t platform_ns;

	while (!over(what) && world->now_ns < deadline_ns) {
		if (interrupt(world))
			continue;
		platform_ns = scmi_platform_next_deadline(world->platform);
		if (world->interrupts || world->now_ns + 100 * NS_PER_US > deadline_ns)
			world->now_ns = platform_ns < deadline_ns ? platform_ns : deadline_ns;
		else
			world->now_ns += 100 * NS_PER_US;
		scmi_platform_tick(world->platform, world->now_ns);
	}
	return 0;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void areas_init(struct end *end, bool p2a)
{
	const struct scmi_shmem_agent_config agent = {
		.a2p = {end->a2p, AREA},
		.p2a = {p2a ? end->p2a : NULL, AREA},
		.interrupt = end->world->interrupts,
		.ring = ring_command,
		.ack = ring_ack,
		.ring_ctx = end,
		.receive = receive,
		.ctx = end,
		.buffer = end->agent_buffer,
		.buffer_size = sizeof(end->agent_buffer),
	};
	const struct scmi_shmem_platform_config platform = {
		.a2p = {end->a2p, AREA},
		.p2a = {p2a ? end->p2a : NULL, AREA},
		.interrupt = end->world->interrupts,
		.complete = ring_completion,
		.ring = ring_event,
		.ring_ctx = end,
		.command = handle,
		.ready = ready,
		.ctx = end,
		.buffer = end->platform_buffer,
		.buffer_size = sizeof(end->platform_buffer),
	};

	assert_int_equal(scmi_shmem_format(end->a2p, AREA), 0);
	assert_int_equal(scmi_shmem_format(end->p2a, AREA), 0);
	assert_int_equal(scmi_shmem_agent_init(&end->agent_end, &agent), 0);
	assert_int_equal(scmi_shmem_platform_init(&end->platform_end, &platform), 0);
}

static const struct scmi_channel_ops channel_ops = {
	.send = scmi_shmem_platform_send,
	.answer = scmi_shmem_platform_answer,
};

static void end_init(struct world *world, uint32_t index, bool p2a)
{
	struct end *end = &world->ends[index];
	const struct scmi_channel_config channel = {
		.agent_id = index + 1,
		.p2a = p2a,
		.ops = &channel_ops,
		.ctx = &end->platform_end,
	};
	const struct scmi_agent_config config = {
		.host = {.ctx = end,
			 .send = send_command,
			 .now_ns = end_now_ns,
			 .wait = wait_until,
			 .poll = poll_for_answer},
		.messages_max = 4,
		.message_size_max = MESSAGE_MAX,
		.notifications_max = 8,
		.response_timeout_ns = RESPONSE_NS,
		.delayed_timeout_ns = 10 * (uint64_t)RESPONSE_NS,
		.p2a = p2a,
	};
	size_t size = scmi_agent_size(&config);

	end->world = world;
	areas_init(end, p2a);
	end->storage = malloc(size);
	assert_int_equal(scmi_agent_init(&end->agent, end->storage, size, &config), 0);
	assert_int_equal(scmi_channel_new(&end->channel, world->platform, &channel), 0);
}

static void world_init(struct world *world, bool interrupts, bool p2a)
{
	const struct scmi_platform_host host = {
		.ctx = world,
		.alloc = platform_alloc,
		.free = platform_free,
		.now_ns = world_now_ns,
	};
	char why[256] = "";

	memset(world, 0, sizeof(*world));
	world->interrupts = interrupts;
	if (scmi_platform_new(&world->platform, &board, &host, why, sizeof(why)))
		fail_msg("%s", why);
	for (uint32_t i = 0; i < AGENTS; i++)
		end_init(world, i, p2a);
}

static void world_fini(struct world *world)
{
	for (uint32_t i = 0; i < AGENTS; i++) {
		scmi_agent_fini(world->ends[i].agent);
		scmi_channel_free(world->ends[i].channel);
		free(world->ends[i].storage);
	}
	scmi_platform_free(world->platform);
}

struct ear {
	struct scmi_listener listener;
	unsigned int heard;
	uint64_t last_hz;
};

static void hear(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		 size_t size)
{
	struct scmi_clock_rate_changed changed = {0};
	struct ear *ear = ctx;

	(void)protocol_id;
	(void)message_id;
	assert_int_equal(
		scmi_clock_rate_changed_decode(&changed, payload, size, SCMI_CLOCK_VERSION_NEWEST),
		0);
	ear->heard++;
	ear->last_hz = changed.rate_hz;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void commands(void **state)
{
	struct world world;
	struct end *one = &world.ends[0];
	uint64_t rate_hz;

	(void)state;
	for (int interrupts = 0; interrupts < 2; interrupts++) {
		world_init(&world, interrupts, true);
		assert_int_equal(scmi_clock_rate_get(one->agent, OSC, &rate_hz), 0);
		assert_int_equal(rate_hz, 24000000);
		assert_int_equal(
			scmi_clock_rate_set(one->agent, PLL, 500000000, SCMI_CLOCK_ROUND_DOWN), 0);
		assert_int_equal(scmi_clock_rate_get(one->agent, PLL, &rate_hz), 0);
		assert_int_equal(rate_hz, 500000000);
		assert_true(one->rings > 0);
		assert_int_equal(one->completions, interrupts ? one->rings : 0);
		world_fini(&world);
	}
}

static void delayed_responses_and_notifications(void **state)
{
	struct world world;
	struct end *one = &world.ends[0], *two = &world.ends[1];
	struct ear ear = {.listener = {.protocol_id = 0x14,
				       .message_id = SCMI_CLOCK_RATE_CHANGED,
				       .event = hear,
				       .ctx = &ear}};
	uint64_t set_hz;

	(void)state;
	for (int interrupts = 0; interrupts < 2; interrupts++) {
		world_init(&world, interrupts, true);
		ear.heard = 0;
		scmi_agent_listen(two->agent, &ear.listener);
		assert_int_equal(scmi_clock_rate_notify(two->agent, PLL, true), 0);
		assert_int_equal(scmi_clock_rate_set_async(one->agent, PLL, 600000000,
							   SCMI_CLOCK_ROUND_DOWN, &set_hz),
				 0);
		assert_int_equal(set_hz, 600000000);
		assert_int_equal(one->events, 1);
		assert_int_equal(one->acks, interrupts);
		while (interrupt(&world))
			;
		scmi_agent_dispatch(two->agent);
		assert_int_equal(ear.heard, 1);
		assert_int_equal(ear.last_hz, 600000000);
		scmi_agent_unlisten(two->agent, &ear.listener);
		world_fini(&world);
	}
}

/* While the agent does not look, one notification is in its area, and the others wait. */
static void no_room_for_notifications(void **state)
{
	struct world world;
	struct end *one = &world.ends[0], *two = &world.ends[1];
	struct ear ear = {.listener = {.protocol_id = 0x14,
				       .message_id = SCMI_CLOCK_RATE_CHANGED,
				       .event = hear,
				       .ctx = &ear}};

	(void)state;
	world_init(&world, true, true);
	scmi_agent_listen(two->agent, &ear.listener);
	assert_int_equal(scmi_clock_rate_notify(two->agent, PLL, true), 0);
	two->masked = true;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(scmi_clock_rate_set_queue(one->agent, PLL,
							   100000000 + i * 25000000,
							   SCMI_CLOCK_ROUND_DOWN),
				 0);
		world.now_ns += 5000 * NS_PER_US;
		scmi_platform_tick(world.platform, world.now_ns);
	}
	assert_int_equal(two->events, 1);
	assert_true(two->platform_end.want_room);
	scmi_shmem_platform_poll(&two->platform_end);
	assert_int_equal(two->readies, 0);
	two->masked = false;
	while (interrupt(&world))
		;
	assert_int_equal(two->events, 3);
	assert_int_equal(two->acks, 3);
	two->readies = 0;
	scmi_shmem_platform_poll(&two->platform_end);
	assert_int_equal(two->readies, 0);
	scmi_agent_dispatch(two->agent);
	assert_int_equal(ear.heard, 3);
	assert_int_equal(ear.last_hz, 150000000);
	scmi_agent_unlisten(two->agent, &ear.listener);
	world_fini(&world);
}

/* An SMC: when ringing comes back the answer is there, for callers that must not sleep. */
static void ringing_runs_the_platform(void **state)
{
	struct world world;
	struct end *one = &world.ends[0];
	bool enabled = true;

	(void)state;
	world_init(&world, false, false);
	world.smc = true;
	world.platform_masked = true;
	assert_int_equal(scmi_clock_state_get_polled(one->agent, PLL, &enabled, 10), 0);
	assert_false(enabled);
	assert_int_equal(scmi_clock_state_set_polled(one->agent, PLL, true, 10), 0);
	assert_int_equal(scmi_clock_state_get_polled(one->agent, PLL, &enabled, 10), 0);
	assert_true(enabled);
	assert_int_equal(one->completions, 0);
	/* There is no P2A area: neither end offers what needs one. */
	assert_int_equal(scmi_clock_rate_notify(one->agent, PLL, true),
			 SCMI_ERROR_BASE + SCMI_NOT_SUPPORTED);
	assert_int_equal(scmi_shmem_platform_send(&one->platform_end, "1234", 4), -ENODEV);
	world_fini(&world);
}

/* The time limit is over, and the area is with the platform yet. */
static void a_platform_that_is_late(void **state)
{
	struct scmi_agent_counters counters;
	struct world world;
	struct end *one = &world.ends[0];
	uint64_t rate_hz;

	(void)state;
	world_init(&world, true, true);
	assert_int_equal(scmi_clock_rate_get(one->agent, OSC, &rate_hz), 0);
	world.platform_masked = true;
	assert_int_equal(scmi_clock_rate_get(one->agent, OSC, &rate_hz), -ETIMEDOUT);
	/* It does not even go out: the area is lent. */
	one->rings = 0;
	assert_int_equal(scmi_clock_rate_get(one->agent, PLL, &rate_hz), -EAGAIN);
	assert_int_equal(one->rings, 0);
	assert_true(one->agent_end.a2p.lent && one->agent_end.a2p.busy > 0);
	world.platform_masked = false;
	while (interrupt(&world))
		;
	scmi_agent_counters(one->agent, &counters);
	assert_int_equal(counters.late, 1);
	assert_int_equal(scmi_clock_rate_get(one->agent, PLL, &rate_hz), 0);
	assert_int_equal(rate_hz, 400000000);
	world_fini(&world);
}

/* ---- set-up that is of no use ---------------------------------------------------------------- */

#define EXPECT_REFUSED(init, end, config, field, value)                                            \
	do {                                                                                       \
		__typeof__(config) bad = config;                                                   \
		bad.field = value;                                                                 \
		assert_int_equal(init(end, &bad), -EINVAL);                                        \
	} while (0)

static void configurations(void **state)
{
	struct world world;
	struct end *one = &world.ends[0];
	struct scmi_shmem_agent agent_end;
	struct scmi_shmem_platform platform_end;
	struct scmi_shmem_agent_config agent;
	struct scmi_shmem_platform_config platform;

	(void)state;
	world_init(&world, true, true);
	agent = one->agent_end.config;
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, a2p.at, NULL);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, a2p.at, (uint8_t *)one->a2p + 2);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, a2p.size, 28);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, a2p.size, 65540);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, a2p.size, AREA + 4);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, p2a.size, 28);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, p2a.size, AREA + 4);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, p2a.at, (uint8_t *)one->p2a + 2);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, receive, NULL);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, buffer, NULL);
	EXPECT_REFUSED(scmi_shmem_agent_init, &agent_end, agent, buffer_size, MESSAGE_MAX - 1);
	assert_int_equal(scmi_shmem_agent_init(&agent_end, &agent), 0);

	platform = one->platform_end.config;
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, a2p.at, NULL);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, a2p.size, 28);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, a2p.size, 65540);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, a2p.size, AREA + 4);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, p2a.size, 28);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, p2a.size, 65540);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, command, NULL);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, ready, NULL);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, buffer, NULL);
	EXPECT_REFUSED(scmi_shmem_platform_init, &platform_end, platform, buffer_size,
		       2 * MESSAGE_MAX - 1);
	assert_int_equal(scmi_shmem_platform_init(&platform_end, &platform), 0);
	world_fini(&world);
}

/* Answers that come later: only to the command that waits for one, and one only. */
static size_t no_answer_yet(void *ctx, uint64_t cookie, const void *message, size_t size,
			    void *answer, size_t space)
{
	(void)message;
	(void)size;
	(void)answer;
	(void)space;
	*(uint64_t *)ctx = cookie;
	return 0;
}

static void late_answers(void **state)
{
	static const uint8_t command[8] = {0x06, 0x50, 0x14, 0x00};
	uint8_t too_long[MESSAGE_MAX + 1] = {0};
	struct world world;
	struct end *one = &world.ends[0];
	struct scmi_shmem_platform *platform = &one->platform_end;
	uint64_t cookie = 0, first;

	(void)state;
	world_init(&world, true, true);
	platform->config.command = no_answer_yet;
	platform->config.ctx = &cookie;
	assert_int_equal(scmi_shmem_platform_answer(platform, 0, command, 8), 0);
	assert_int_equal(one->completions, 0);
	assert_int_equal(send_command(one, command, 8), 0);
	scmi_shmem_platform_poll(platform);
	first = cookie;
	assert_int_equal(scmi_shmem_platform_answer(platform, first + 1, command, 8), 0);
	assert_int_equal(one->completions, 0);
	assert_int_equal(scmi_shmem_platform_answer(platform, first, command, 8), 0);
	assert_int_equal(one->completions, 1);
	assert_int_equal(scmi_shmem_agent_poll(&one->agent_end), 0);
	assert_int_equal(send_command(one, command, 8), 0);
	scmi_shmem_platform_poll(platform);
	assert_int_not_equal(cookie, first);
	assert_int_equal(scmi_shmem_platform_answer(platform, first, command, 8), 0);
	assert_int_equal(one->completions, 1);
	/* One that does not fit is an error, and nobody waits on. */
	assert_int_equal(scmi_shmem_platform_answer(platform, cookie, too_long, sizeof(too_long)),
			 -EMSGSIZE);
	assert_int_equal(one->completions, 2);
	scmi_shmem_agent_poll(&one->agent_end);
	assert_int_equal(one->agent_end.a2p.errors, 1);
	world_fini(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(delayed_responses_and_notifications),
		cmocka_unit_test(no_room_for_notifications),
		cmocka_unit_test(ringing_runs_the_platform),
		cmocka_unit_test(a_platform_that_is_late),
		cmocka_unit_test(configurations),
		cmocka_unit_test(late_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
