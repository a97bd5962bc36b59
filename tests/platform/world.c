/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "world.h"

/* ---- the board ------------------------------------------------------------------------------- */

static const uint64_t pll_rates[] = {100000000, 200000000, 400000000, 0x1abcdef00};
static const uint64_t slow_rates[] = {1000, 2000, 3000};
static const uint64_t broken_rates[] = {10, 20};
static const uint32_t pll_parents[] = {OSC};
static const uint32_t mux_parents[] = {OSC, PLL};
static const struct scmi_board_clock_config uart_configs[] = {
	{.type = 1, .value = 50, .min = 10, .max = 90},
	{.type = 0x80, .value = 7, .min = 0, .max = 100},
};
static const struct scmi_board_clock clocks[CLOCKS] = {
	[OSC] = {.name = "osc", .start_hz = 24000000, .always_on = true},
	[PLL] = {.name = "pll",
		 .start_hz = 200000000,
		 .rates_hz = pll_rates,
		 .rate_count = 4,
		 .parents = pll_parents,
		 .parent_count = 1,
		 .enabled = true},
	[MUX] = {.name = "mux", .parents = mux_parents, .parent_count = 2, .divide = 2},
	[UART] = {.name = "uart_of_15_char",
		  .start_hz = 4000000,
		  .min_hz = 1000000,
		  .max_hz = 10500000,
		  .step_hz = 1500000,
		  .configs = uart_configs,
		  .config_count = 2,
		  .enable_delay_us = 150},
	[LONG] = {.name = "sixteen_letters_", .start_hz = 32768},
	[SLOW] = {.name = "slow",
		  .start_hz = 1000,
		  .rates_hz = slow_rates,
		  .rate_count = 3,
		  .set_latency_us = 5000},
	[BROKEN] = {.name = "broken",
		    .start_hz = 10,
		    .rates_hz = broken_rates,
		    .rate_count = 2,
		    .fault = SCMI_HARDWARE_ERROR},
	[QUIET] = {.name = "quiet",
		   .start_hz = 10,
		   .rates_hz = broken_rates,
		   .rate_count = 2,
		   .no_rate_changed = true,
		   .no_rate_requested = true},
	[BROKEN_SLOW] = {.name = "broken_slow",
			 .start_hz = 10,
			 .rates_hz = broken_rates,
			 .rate_count = 2,
			 .set_latency_us = 2000,
			 .fault = SCMI_GENERIC_ERROR},
};
static const struct scmi_board_domain display_domains[] = {{0x14, UART}, {0x14, MUX}};
static const struct scmi_board_domain sound_domains[] = {{0x14, UART}, {0x14, PLL}};
static const struct scmi_board_domain secret_domains[] = {{0x14, BROKEN}};
static const struct scmi_board_device devices[] = {
	{.name = "display", .id = DISPLAY, .domains = display_domains, .domain_count = 2},
	{.name = "sound", .id = SOUND, .domains = sound_domains, .domain_count = 2},
	{.name = "secret", .id = SECRET, .domains = secret_domains, .domain_count = 1},
};
static const struct scmi_board_view all_views[] = {
	{OSC, OSC, SCMI_ALLOW_ALL},
	{PLL, PLL, SCMI_ALLOW_ALL},
	{MUX, MUX, SCMI_ALLOW_ALL},
	{UART, UART, SCMI_ALLOW_ALL},
	{LONG, LONG, SCMI_ALLOW_ALL},
	{SLOW, SLOW, SCMI_ALLOW_ALL},
	{BROKEN, BROKEN, SCMI_ALLOW_ALL},
	{QUIET, QUIET, SCMI_ALLOW_ALL},
	{BROKEN_SLOW, BROKEN_SLOW, SCMI_ALLOW_ALL},
};
static const struct scmi_board_view guest_views[] = {
	{GUEST_MUX, MUX, SCMI_ALLOW_ALL},
	{GUEST_PLL, PLL, SCMI_ALLOW_ALL},
	{GUEST_UART, UART, SCMI_ALLOW_ALL},
	{GUEST_SLOW, SLOW, SCMI_ALLOW_ALL},
	{GUEST_LONG, LONG, 0},
};
static const struct scmi_board_view old_views[] = {
	{OLD_PLL, PLL, SCMI_ALLOW_STATE},
	{OLD_SLOW, SLOW, SCMI_ALLOW_ALL},
};
static const struct scmi_board_protocol manager_protocols[] = {
	{.protocol_id = 0x14, .views = all_views, .view_count = CLOCKS, .max_pending_async = 2},
};
static const struct scmi_board_protocol guest_protocols[] = {
	{.protocol_id = 0x14, .views = guest_views, .view_count = 5, .max_pending_async = 2},
};
static const struct scmi_board_protocol old_protocols[] = {
	{.protocol_id = 0x10, .version_max = 0x10000},
	{.protocol_id = 0x14, .version_max = 0x20000, .views = old_views, .view_count = 2},
};
static const struct scmi_board_agent agents[] = {
	{.name = "manager", .trusted = true, .protocols = manager_protocols, .protocol_count = 1},
	{.name = "guest", .protocols = guest_protocols, .protocol_count = 1},
	{.name = "old", .protocols = old_protocols, .protocol_count = 2},
	{.name = "short",
	 .release_on_disconnect = true,
	 .protocols = guest_protocols,
	 .protocol_count = 1},
};
const struct scmi_board test_board = {
	.vendor = "vendor",
	.sub_vendor = "sub",
	.implementation_version = 0x1234,
	.clocks = clocks,
	.clock_count = CLOCKS,
	.devices = devices,
	.device_count = 3,
	.agents = agents,
	.agent_count = AGENTS,
};

/* ---- the host -------------------------------------------------------------------------------- */

static void *world_alloc(void *ctx, size_t size)
{
	struct world *world = ctx;
	void *memory;

	if (world->fail_allocation && --world->fail_allocation == 0)
		return NULL;
	memory = calloc(1, size);
	assert_non_null(memory);
	world->allocations++;
	return memory;
}

static void world_release(void *ctx, void *memory)
{
	struct world *world = ctx;

	assert_non_null(memory);
	world->allocations--;
	free(memory);
}

static uint64_t world_now(void *ctx)
{
	return ((struct world *)ctx)->now_ns;
}

static void world_wake(void *ctx)
{
	struct world *world = ctx;

	assert_int_equal(world->locks_held, 0);
	world->wakes++;
}

struct test_lock {
	struct world *world;
	int number; /* in the order of making: the platform's is the first */
	bool held;
};

static void *lock_new(void *ctx)
{
	struct test_lock *lock = world_alloc(ctx, sizeof(*lock));

	if (!lock)
		return NULL;
	lock->world = ctx;
	lock->number = lock->world->locks_made++;
	return lock;
}

static void lock_free(void *ctx, void *lock)
{
	assert_false(((struct test_lock *)lock)->held);
	world_release(ctx, lock);
}

/*
 * Groups come before the platform's own lock, and one holds one group at a time: no two threads can
 * wait for each other.
 */
static void take(void *arg)
{
	struct test_lock *lock = arg;
	struct world *world = lock->world;

	assert_false(lock->held);
	assert_true(world->locks_held < 2);
	if (world->locks_held)
		assert_true(lock->number == 0 && ((struct test_lock *)world->held[0])->number != 0);
	lock->held = true;
	world->held[world->locks_held++] = lock;
}

static void drop(void *arg)
{
	struct test_lock *lock = arg;
	struct world *world = lock->world;

	assert_true(lock->held && world->held[world->locks_held - 1] == lock);
	lock->held = false;
	world->locks_held--;
}

struct scmi_platform_host world_host(struct world *world)
{
	struct scmi_platform_host host = {
		.ctx = world,
		.alloc = world_alloc,
		.free = world_release,
		.now_ns = world_now,
		.wake = world_wake,
	};

	if (world->use_locks) {
		host.lock_new = lock_new;
		host.lock_free = lock_free;
		host.lock = take;
		host.unlock = drop;
	}
	return host;
}

void world_new(struct world *world, const struct scmi_board *board)
{
	struct scmi_platform_host host = world_host(world);
	char why[200];

	world->now_ns = 1000 * MILLISECOND;
	if (scmi_platform_new(&world->platform, board, &host, why, sizeof(why)))
		fail_msg("%s", why);
}

void world_free(struct world *world)
{
	scmi_platform_free(world->platform);
	assert_int_equal(world->allocations, 0);
}

void pass(struct world *world, uint64_t ns)
{
	world->now_ns += ns;
	scmi_platform_tick(world->platform, world->now_ns);
}

/* ---- agents ---------------------------------------------------------------------------------- */

static int keep(struct peer *peer, bool is_answer, uint64_t cookie, const void *message,
		size_t size)
{
	struct sent *sent = &peer->sent[peer->sent_count];

	assert_int_equal(peer->world->locks_held, 0);
	if (peer->send_result && !(is_answer && peer->answers_go))
		return peer->send_result;
	if (peer->send_max && size > peer->send_max)
		return -EMSGSIZE;
	assert_true(peer->sent_count < 64 && size <= sizeof(sent->bytes));
	sent->is_answer = is_answer;
	sent->cookie = cookie;
	sent->size = size;
	memcpy(sent->bytes, message, size);
	peer->sent_count++;
	return 0;
}

static int peer_send(void *ctx, const void *message, size_t size)
{
	return keep(ctx, false, 0, message, size);
}

static int peer_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	return keep(ctx, true, cookie, message, size);
}

static void peer_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct peer *peer = ctx;

	assert_int_equal(peer->world->locks_held, 0);
	assert_non_null(message);
	(void)size;
	peer->traced[to_platform]++;
}

void peer_new(struct peer *peer, struct world *world, uint32_t agent_id, bool p2a)
{
	static const struct scmi_channel_ops ops = {
		.send = peer_send,
		.answer = peer_answer,
		.trace = peer_trace,
	};
	struct scmi_channel_config config = {
		.agent_id = agent_id,
		.p2a = p2a,
		.ops = &ops,
		.ctx = peer,
	};

	memset(peer, 0, sizeof(*peer));
	peer->world = world;
	assert_int_equal(scmi_channel_new(&peer->channel, world->platform, &config), 0);
}

void peer_free(struct peer *peer)
{
	scmi_channel_free(peer->channel);
	peer->channel = NULL;
}

static size_t to_bytes(uint8_t *bytes, const uint32_t *words, size_t count)
{
	for (size_t n = 0; n < count; n++)
		scmi_put_le32(bytes + 4 * n, words[n]);
	return 4 * count;
}

/* Compare as words: that is how the expectation is written. */
static void compare(const char *what, const uint8_t *bytes, size_t size, const uint32_t *words,
		    size_t count)
{
	bool same = size == 4 * count;

	for (size_t n = 0; same && n < count; n++)
		same = scmi_get_le32(bytes + 4 * n) == words[n];
	if (same)
		return;
	print_error("%s:", what);
	for (size_t n = 0; n < size / 4; n++)
		print_error(" %08x", scmi_get_le32(bytes + 4 * n));
	print_error(" (%zu bytes)\nexpected:", size);
	for (size_t n = 0; n < count; n++)
		print_error(" %08x", words[n]);
	print_error("\n");
	fail();
}

void expect_in(struct peer *peer, size_t space, const uint32_t *command, size_t command_count,
	       const uint32_t *answer, size_t answer_count)
{
	/* Exactly as large as said: a sanitizer sees a byte too many. */
	uint8_t *message = malloc(4 * command_count);
	uint8_t *got = malloc(space);
	size_t size = to_bytes(message, command, command_count);

	size = scmi_channel_handle(peer->channel, 0, message, size, got, space);
	compare("answer", got, size, answer, answer_count);
	assert_true(size <= space);
	free(message);
	free(got);
}

void expect(struct peer *peer, const uint32_t *command, size_t command_count,
	    const uint32_t *answer, size_t answer_count)
{
	expect_in(peer, 128, command, command_count, answer, answer_count);
}

void expect_later(struct peer *peer, uint64_t cookie, const uint32_t *command, size_t command_count)
{
	uint8_t message[64], answer[64];
	size_t size = to_bytes(message, command, command_count);

	size = scmi_channel_handle(peer->channel, cookie, message, size, answer, sizeof(answer));
	assert_int_equal(size, 0);
}

void expect_sent(struct peer *peer, const uint32_t *message, size_t count)
{
	struct sent *sent = &peer->sent[peer->sent_read];

	assert_true(peer->sent_read < peer->sent_count);
	peer->sent_read++;
	assert_false(sent->is_answer);
	compare("sent", sent->bytes, sent->size, message, count);
}

void expect_answer(struct peer *peer, uint64_t cookie, const uint32_t *message, size_t count)
{
	struct sent *sent = &peer->sent[peer->sent_read];

	assert_true(peer->sent_read < peer->sent_count);
	peer->sent_read++;
	assert_true(sent->is_answer);
	assert_int_equal(sent->cookie, cookie);
	compare("late answer", sent->bytes, sent->size, message, count);
}

void expect_silence(struct peer *peer)
{
	/* A tick that has nothing to do must not make something of it. */
	scmi_platform_tick(peer->world->platform, peer->world->now_ns);
	if (peer->sent_read < peer->sent_count)
		compare("not expected", peer->sent[peer->sent_read].bytes,
			peer->sent[peer->sent_read].size, NULL, 0);
}

int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	world->use_locks = true;
	world_new(world, &test_board);
	*state = world;
	return 0;
}

int teardown(void **state)
{
	world_free(*state);
	free(*state);
	return 0;
}
