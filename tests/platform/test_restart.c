/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Agents' requests outlive the platform's process. */
#include "world.h"

struct kept {
	struct scmi_request requests[64];
	size_t count;
	struct world *world;
};

static void keep(void *ctx, const struct scmi_request *request)
{
	struct kept *kept = ctx;

	assert_int_equal(kept->world->locks_held, 0);
	assert_true(kept->count < 64);
	kept->requests[kept->count++] = *request;
}

static struct kept requests_of(struct world *world)
{
	struct kept kept = {.world = world};

	scmi_platform_requests(world->platform, keep, &kept);
	return kept;
}

static bool has(const struct kept *kept, const char *agent, const char *domain, const char *what,
		uint32_t key, uint64_t value)
{
	for (size_t n = 0; n < kept->count; n++) {
		const struct scmi_request *request = &kept->requests[n];

		if (!strcmp(request->agent, agent) && !strcmp(request->domain, domain) &&
		    !strcmp(request->what, what) && request->key == key &&
		    request->value == value && request->protocol_id == 0x14)
			return true;
	}
	return false;
}

/* Everything that can be asked for. */
static void ask(struct world *world)
{
	struct peer manager, guest;

	peer_new(&manager, world, MANAGER, true);
	peer_new(&guest, world, GUEST, true);
	expect(&guest, WORDS(CLOCK(5), 0, GUEST_PLL, 0xabcdef00, 1), WORDS(CLOCK(5), SUCCESS));
	expect(&guest, WORDS(CLOCK(7), GUEST_UART, 0x10001, 20), WORDS(CLOCK(7), SUCCESS));
	expect(&guest, WORDS(CLOCK(7), GUEST_PLL, 0, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(7), PLL, 1, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xd), MUX, PLL), WORDS(CLOCK(0xd), SUCCESS));
	expect(&manager, WORDS(CLOCK(7), UART, 0x800003, 9), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(BASE(9), GUEST, DISPLAY, 0), WORDS(BASE(9), SUCCESS));
	peer_free(&manager);
	peer_free(&guest);
}

static void everything_comes_back(void **state)
{
	struct world *world = *state;
	struct world again = {.use_locks = true};
	struct peer manager, guest;
	struct kept kept, restored;

	assert_int_equal(requests_of(world).count, 0);
	ask(world);
	kept = requests_of(world);
	assert_int_equal(kept.count, 8);
	assert_true(has(&kept, "guest", "pll", "rate", 0, 0x1abcdef00));
	assert_true(has(&kept, "guest", "pll", "enable", 0, 0));
	assert_true(has(&kept, "guest", "uart_of_15_char", "enable", 0, 1));
	assert_true(has(&kept, "guest", "uart_of_15_char", "config", 1, 20));
	assert_true(has(&kept, "guest", "display", "deny", DISPLAY, 1));
	assert_true(has(&kept, "manager", "pll", "enable", 0, 1));
	assert_true(has(&kept, "manager", "mux", "parent", 0, 1));
	assert_true(has(&kept, "manager", "uart_of_15_char", "config", 0x80, 9));

	world_new(&again, &test_board);
	for (size_t n = 0; n < kept.count; n++)
		assert_int_equal(scmi_platform_restore(again.platform, &kept.requests[n]), 0);
	restored = requests_of(&again);
	assert_int_equal(restored.count, kept.count);
	for (size_t n = 0; n < kept.count; n++)
		assert_true(has(&restored, kept.requests[n].agent, kept.requests[n].domain,
				kept.requests[n].what, kept.requests[n].key,
				kept.requests[n].value));

	peer_new(&manager, &again, MANAGER, true);
	peer_new(&guest, &again, GUEST, true);
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 0xabcdef00, 1));
	expect(&manager, WORDS(CLOCK(6), MUX), WORDS(CLOCK(6), SUCCESS, 0xd5e6f780, 0));
	expect(&manager, WORDS(CLOCK(0xb), UART, 1), WORDS(CLOCK(0xb), SUCCESS, 0, 1, 20));
	expect(&guest, WORDS(CLOCK(0xf), GUEST_UART), WORDS(CLOCK(0xf), SUCCESS, 0));
	/* They are still each agent's own. */
	expect(&manager, WORDS(CLOCK(7), PLL, 0, 0), WORDS(CLOCK(7), SUCCESS));
	expect(&manager, WORDS(CLOCK(0xb), PLL, 0), WORDS(CLOCK(0xb), SUCCESS, 0, 0, 0));
	expect(&manager, WORDS(BASE(0xb), GUEST, 0), WORDS(BASE(0xb), SUCCESS));
	expect(&manager, WORDS(CLOCK(6), PLL), WORDS(CLOCK(6), SUCCESS, 200000000, 0));
	peer_free(&manager);
	peer_free(&guest);
	world_free(&again);
}

static void what_does_not_fit_changes_nothing(void **state)
{
	static const struct {
		struct scmi_request request;
		int error;
	} cases[] = {
		{{"nobody", 0x14, "pll", "rate", 0, 100000000}, -ENOENT},
		{{"guest", 0x14, "none", "rate", 0, 100000000}, -ENOENT},
		/* On the board, but not in the agent's view. */
		{{"guest", 0x14, "osc", "enable", 0, 1}, -ENOENT},
		{{"guest", 0x15, "pll", "rate", 0, 100000000}, -EINVAL},
		{{"guest", 0x14, "pll", "speed", 0, 100000000}, -EINVAL},
		{{"guest", 0x14, "pll", "rate", 0, 100000001}, -EINVAL},
		{{"guest", 0x14, "pll", "rate", 0, 1}, -EINVAL},
		{{"guest", 0x14, "mux", "rate", 0, 12000000}, -EINVAL},
		{{"guest", 0x14, "pll", "enable", 0, 2}, -EINVAL},
		{{"guest", 0x14, "mux", "parent", 0, 2}, -EINVAL},
		{{"guest", 0x14, "mux", "parent", 0, 1ull << 32}, -EINVAL},
		{{"guest", 0x14, "uart_of_15_char", "config", 2, 50}, -EINVAL},
		{{"guest", 0x14, "uart_of_15_char", "config", 1, 91}, -EINVAL},
		{{"guest", 0x14, "uart_of_15_char", "config", 1, (1ull << 32) + 50}, -EINVAL},
		/* The board does not allow it. */
		{{"old", 0x14, "pll", "rate", 0, 100000000}, -EINVAL},
		{{"guest", 0x14, "sixteen_letters_", "enable", 0, 1}, -EINVAL},
		{{"manager", 0x14, "broken", "rate", 0, 20}, -EINVAL},
		{{"guest", 0x14, "display", "deny", SOUND, 1}, -ENOENT},
		{{"guest", 0x14, "none", "deny", DISPLAY, 1}, -ENOENT},
		{{"guest", 0x10, "display", "deny", DISPLAY, 1}, -EINVAL},
		{{"guest", 0x15, "display", "deny", DISPLAY, 1}, -EINVAL},
		{{"guest", 0x14, "display", "deny", DISPLAY, 2}, -EINVAL},
	};
	struct world *world = *state;
	uint64_t generation = scmi_platform_generation(world->platform);

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		int error = scmi_platform_restore(world->platform, &cases[n].request);

		if (error != cases[n].error)
			fail_msg("case %zu: %d", n, error);
	}
	assert_int_equal(requests_of(world).count, 0);
	assert_true(scmi_platform_generation(world->platform) == generation);
}

static void a_denial_does_not_forbid_restoring(void **state)
{
	const struct scmi_request deny = {"guest", 0x14, "display", "deny", DISPLAY, 1};
	const struct scmi_request enable = {"guest", 0x14, "uart_of_15_char", "enable", 0, 1};
	struct world *world = *state;

	assert_int_equal(scmi_platform_restore(world->platform, &deny), 0);
	assert_int_equal(scmi_platform_restore(world->platform, &enable), 0);
	assert_int_equal(requests_of(world).count, 2);
}

static void the_generation_rises_with_each_change(void **state)
{
	static const struct {
		uint32_t words[5];
		size_t count;
		bool changes;
	} commands[] = {
		{{CLOCK(5), 0, PLL, 100000000, 0}, 5, true},
		{{CLOCK(5), 0, PLL, 100000000, 0}, 5, false},
		{{CLOCK(5), 0, PLL, 99, 0}, 5, false},
		{{CLOCK(6), PLL}, 2, false},
		{{CLOCK(7), UART, 1, 0}, 4, true},
		{{CLOCK(7), UART, 1, 0}, 4, false},
		{{CLOCK(7), UART, 0x10003, 50}, 4, true}, /* somebody's now, though the same */
		{{CLOCK(7), UART, 0x10003, 50}, 4, false},
		{{CLOCK(0xd), MUX, PLL}, 3, true},
		{{CLOCK(0xd), MUX, PLL}, 3, false},
		{{BASE(9), GUEST, DISPLAY, 0}, 4, true},
		{{BASE(9), GUEST, DISPLAY, 0}, 4, false},
		{{CLOCK(9), PLL, 1}, 3, false},
		{{BASE(0xb), GUEST, 0}, 3, false},
		{{BASE(0xb), GUEST, 1}, 3, true},
		{{BASE(0xb), MANAGER, 0}, 3, true},
		{{BASE(0xb), MANAGER, 0}, 3, false},
	};
	struct world *world = *state;
	struct peer manager;

	peer_new(&manager, world, MANAGER, true);
	for (size_t n = 0; n < sizeof(commands) / sizeof(commands[0]); n++) {
		uint64_t before = scmi_platform_generation(world->platform);
		uint8_t message[20], answer[64];

		for (size_t word = 0; word < commands[n].count; word++)
			scmi_put_le32(message + 4 * word, commands[n].words[word]);
		scmi_channel_handle(manager.channel, 0, message, 4 * commands[n].count, answer,
				    sizeof(answer));
		if ((scmi_platform_generation(world->platform) > before) != commands[n].changes)
			fail_msg("command %zu", n);
	}
	assert_int_equal(requests_of(world).count, 0);
	peer_free(&manager);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_comes_back),
		TEST(what_does_not_fit_changes_nothing),
		TEST(a_denial_does_not_forbid_restoring),
		TEST(the_generation_rises_with_each_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
