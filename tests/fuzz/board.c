// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the board loader: whatever the bytes, it says why it refuses them, or gives a board that a
 * platform can be made of.
 */
#include "board.h"
#include "reached.h"

#include <scmi/platform.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum {
	REFUSED,
	LOADED,
	CLOCKS,
	PARENTS,
	RATES,
	RANGES,
	CONFIGS,
	DEVICES,
	AGENTS,
	VIEWS,
	ENDPOINTS,
	MARKS
};

static const char *const names[MARKS] = {
	"refused", "loaded",  "clocks", "parents", "rates",	"ranges",
	"configs", "devices", "agents", "views",   "endpoints",
};

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
	return 0;
}

/* What of the format it took. */
static void look(const struct scmid_board *loaded)
{
	const struct scmi_board *board = scmid_board_scmi(loaded);
	uint32_t endpoint_count;

	reached(LOADED);
	for (uint32_t i = 0; i < board->clock_count; i++) {
		const struct scmi_board_clock *clock = &board->clocks[i];

		reached(CLOCKS);
		if (clock->parent_count)
			reached(PARENTS);
		if (clock->rate_count)
			reached(RATES);
		if (clock->step_hz)
			reached(RANGES);
		if (clock->config_count)
			reached(CONFIGS);
		if (strlen(clock->name) >= SCMI_NAME_SIZE)
			abort();
	}
	if (board->device_count)
		reached(DEVICES);
	if (board->agent_count)
		reached(AGENTS);
	for (uint32_t i = 0; i < board->agent_count; i++)
		for (uint32_t k = 0; k < board->agents[i].protocol_count; k++)
			if (board->agents[i].protocols[k].view_count)
				reached(VIEWS);
	scmid_board_endpoints(loaded, &endpoint_count);
	if (endpoint_count)
		reached(ENDPOINTS);
}

/* ---- changing words, not bytes: what is left mostly is YAML ---------------------------------- */

static const char *const words[] = {
	"platform",
	"clocks",
	"devices",
	"agents",
	"vendor",
	"sub_vendor",
	"implementation_version",
	"id",
	"rate",
	"rates",
	"range",
	"min",
	"max",
	"step",
	"parents",
	"parent",
	"multiply",
	"divide",
	"enabled",
	"always_on",
	"enable_delay",
	"set_latency",
	"config",
	"value",
	"duty_cycle",
	"phase",
	"notifications",
	"rate_changed",
	"rate_change_requested",
	"fault",
	"hardware_error",
	"denied",
	"trusted",
	"on_disconnect",
	"release",
	"keep",
	"endpoints",
	"socket",
	"virtio",
	"mode",
	"allow",
	"users",
	"groups",
	"message_size_max",
	"versions",
	"base",
	"clock",
	"max_pending_async",
	"ids",
	"dense",
	"board",
	"only",
	"hide",
	"deny",
	"state",
	"all",
	"yes",
	"no",
	"24 MHz",
	"1.5 s",
	"32.768 kHz",
	"2 ms",
	"0",
	"1",
	"-1",
	"0x80",
	"255",
	"65535",
	"4294967295",
	"18446744073709551615",
	"1 THz",
	"1 Hz",
	"0777",
	"\"2.0\"",
	"\"9.9\"",
	"*a",
	"&a",
	"!!x",
	"---",
	"...",
	"|",
	"{}",
	"[]",
	"{a: b}",
	"[a, b]",
	"[[[[[[[[[[[[[[",
	"",
	"\n",
	"a-name-that-is-far-longer-than-sixty-three-characters-could-be-in-a-board",
};

/* The last board that was one: most changes begin there, for from what is refused little is
 * reached. */
static uint8_t accepted[4096];
static size_t accepted_size;

static bool in_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-' || c == '.';
}

/* A word somewhere behind a random place; false if there is none. */
static bool find_word(const uint8_t *data, size_t size, size_t *at, size_t *length)
{
	*at = (size_t)rand() % size;
	while (*at < size && !in_word(data[*at]))
		(*at)++;
	while (*at > 0 && *at < size && in_word(data[*at - 1]))
		(*at)--;
	for (*length = 0; *at + *length < size && in_word(data[*at + *length]);)
		(*length)++;
	return *length > 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t at, length, from, put_length;
	char number[24];
	const void *put;

	srand(seed);
	if (accepted_size && accepted_size <= max_size && rand() % 2) {
		memcpy(data, accepted, accepted_size);
		size = accepted_size;
	}
	if (size == 0 || rand() % 8 == 0 || !find_word(data, size, &at, &length))
		return LLVMFuzzerMutate(data, size, max_size);
	switch (rand() % 4) {
	case 0:
		/* Another word of the same file; its bytes may move, so it is copied. */
		if (!find_word(data, size, &from, &put_length) || put_length > sizeof(number))
			return size;
		memcpy(number, data + from, put_length);
		put = number;
		break;
	case 1:
		put_length =
			(size_t)snprintf(number, sizeof(number), "%d", rand() % (1 << rand() % 12));
		put = number;
		break;
	default:
		put = words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))];
		put_length = strlen(put);
		break;
	}
	if (size - length + put_length > max_size)
		return size;
	memmove(data + at + put_length, data + at + length, size - at - length);
	memcpy(data + at, put, put_length);
	return size - length + put_length;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("parts of a board", names, MARKS);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct scmi_platform_host host = {
		.alloc = host_alloc, .free = host_free, .now_ns = host_now};
	struct scmi_platform *platform;
	struct scmid_board *board = NULL;
	char *said = NULL, why[200] = "";
	size_t length = 0;
	FILE *errors = open_memstream(&said, &length);
	int error = scmid_board_load_memory(&board, data, size, "file", "run", errors);

	fclose(errors);
	if (error) {
		reached(REFUSED);
		/* FILE:LINE:COLUMN: what is wrong. */
		if (length == 0 || strncmp(said, "file:", 5) || said[length - 1] != '\n')
			abort();
	} else {
		look(board);
		if (size <= sizeof(accepted)) {
			memcpy(accepted, data, size);
			accepted_size = size;
		}
		/* The loader has checked everything: what it accepts is never refused later. */
		if (scmi_platform_new(&platform, scmid_board_scmi(board), &host, why,
				      sizeof(why))) {
			fprintf(stderr, "loaded, and then refused: %s\n", why);
			abort();
		}
		scmi_platform_free(platform);
		scmid_board_free(board);
	}
	free(said);
	return 0;
}
