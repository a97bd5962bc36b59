/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends one command N times to a platform in the same process, for counting instructions:
 *
 *   valgrind --tool=callgrind --toggle-collect=scmi_channel_handle instructions MESSAGE N
 *
 * bench/instructions.py runs it for every message below and divides. The board is an ordinary one:
 * two agents, a view that is not the board's own order, permissions, versions; nothing is left out.
 */
#include <scmi/platform.h>
#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>

#include <stdio.h>
#include <stdlib.h>

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static uint64_t host_now(void *ctx)
{
	(void)ctx;
	return 1;
}

static const struct scmi_platform_host host = {
	.alloc = host_alloc,
	.free = host_free,
	.now_ns = host_now,
};

static int send_nothing(void *ctx, const void *message, size_t size)
{
	(void)ctx;
	(void)message;
	(void)size;
	return 0;
}

static int answer_nothing(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	(void)cookie;
	return send_nothing(ctx, message, size);
}

static const struct scmi_channel_ops ops = {.send = send_nothing, .answer = answer_nothing};

static const uint64_t pll_rates[] = {200000000, 400000000, 600000000, 800000000};
static const uint32_t pll_parents[] = {0};
static const uint32_t uart_parents[] = {0, 1};
static const struct scmi_board_clock clocks[] = {
	{.name = "oscillator", .start_hz = 24000000, .enabled = true, .always_on = true},
	{.name = "pll",
	 .start_hz = 400000000,
	 .rates_hz = pll_rates,
	 .rate_count = 4,
	 .parents = pll_parents,
	 .parent_count = 1,
	 .enabled = true},
	{.name = "uart",
	 .parents = uart_parents,
	 .parent_count = 2,
	 .start_parent = 1,
	 .divide = 4},
};
static const struct scmi_board_view guest_views[] = {
	{.id = 0, .index = 2, .allow = SCMI_ALLOW_STATE},
	{.id = 5, .index = 1, .allow = SCMI_ALLOW_ALL},
};
static const struct scmi_board_protocol guest_protocols[] = {
	{.protocol_id = SCMI_CLOCK_PROTOCOL,
	 .views = guest_views,
	 .view_count = 2,
	 .max_pending_async = 4},
};
static const struct scmi_board_agent agents[] = {
	{.name = "manager", .trusted = true},
	{.name = "guest", .protocols = guest_protocols, .protocol_count = 1},
};
static const struct scmi_board board = {
	.vendor = "libscmi",
	.clocks = clocks,
	.clock_count = 3,
	.agents = agents,
	.agent_count = 2,
};

/* What can be counted. */
static const struct {
	const char *name;
	uint8_t protocol_id;
	uint8_t message_id;
	uint32_t word_count;
	uint32_t words[4];
} messages[] = {
	{"PROTOCOL_VERSION", SCMI_CLOCK_PROTOCOL, SCMI_PROTOCOL_VERSION, 0, {0}},
	{"CLOCK_RATE_GET", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_GET, 1, {5}},
	{"CLOCK_ATTRIBUTES", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_ATTRIBUTES, 1, {5}},
	{"CLOCK_DESCRIBE_RATES", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_DESCRIBE_RATES, 2, {5, 0}},
	{"CLOCK_RATE_SET", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_SET, 4, {0, 5, 600000000, 0}},
	{"CLOCK_CONFIG_SET", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_CONFIG_SET, 3, {5, 1, 0}},
	{"CLOCK_CONFIG_GET", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_CONFIG_GET, 2, {5, 0}},
	{"CLOCK_PARENT_GET", SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_PARENT_GET, 1, {0}},
	{"PROTOCOL_MESSAGE_ATTRIBUTES",
	 SCMI_CLOCK_PROTOCOL,
	 SCMI_PROTOCOL_MESSAGE_ATTRIBUTES,
	 1,
	 {6}},
	{"BASE_DISCOVER_AGENT", SCMI_BASE_PROTOCOL, SCMI_BASE_DISCOVER_AGENT, 1, {0xffffffff}},
};

#define MESSAGE_COUNT (sizeof(messages) / sizeof(messages[0]))

static int usage(void)
{
	fprintf(stderr, "usage: instructions MESSAGE N\nmessages:");
	for (size_t n = 0; n < MESSAGE_COUNT; n++)
		fprintf(stderr, " %s", messages[n].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct scmi_channel_config config = {.agent_id = 2, .p2a = true, .ops = &ops};
	struct scmi_platform *platform;
	struct scmi_channel *channel;
	uint8_t message[SCMI_HEADER_SIZE + 16];
	uint8_t answer[128];
	size_t which = 0;
	size_t size;
	long count;
	char why[128];

	if (argc != 3)
		return usage();
	while (which < MESSAGE_COUNT && strcmp(messages[which].name, argv[1]))
		which++;
	count = atol(argv[2]);
	if (which == MESSAGE_COUNT || count < 1)
		return usage();

	if (scmi_platform_new(&platform, &board, &host, why, sizeof(why))) {
		fprintf(stderr, "instructions: %s\n", why);
		return 1;
	}
	if (scmi_channel_new(&channel, platform, &config))
		return 1;
	scmi_put_le32(message, scmi_header(messages[which].protocol_id, SCMI_COMMAND,
					   messages[which].message_id, 1));
	for (uint32_t n = 0; n < messages[which].word_count; n++)
		scmi_put_le32(message + SCMI_HEADER_SIZE + 4 * n, messages[which].words[n]);
	size = SCMI_HEADER_SIZE + 4 * messages[which].word_count;
	for (long n = 0; n < count; n++) {
		/* A refused command would be cheap: it does not count. */
		if (scmi_channel_handle(channel, 0, message, size, answer, sizeof(answer)) <
			    SCMI_ANSWER_SIZE_MIN ||
		    scmi_get_le32(answer + SCMI_HEADER_SIZE) != SCMI_SUCCESS) {
			fprintf(stderr, "instructions: %s failed\n", argv[1]);
			return 1;
		}
	}
	scmi_channel_free(channel);
	scmi_platform_free(platform);
	return 0;
}
