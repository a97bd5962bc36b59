// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the board loader: whatever the bytes, it says why it refuses them, or gives a board that a platform can be
 * made of.
 */
#include "board.h"
#include "reached.h"

#include <scmi/platform.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { REFUSED, LOADED, CLOCKS, PARENTS, RATES, RANGES, CONFIGS, DEVICES, AGENTS, VIEWS, ENDPOINTS, MARKS };

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
		.alloc = host_alloc, .free = host_free, .now_ns = host_now
	};
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
		/* The loader has checked everything: what it accepts is never refused later. */
		if (scmi_platform_new(&platform, scmid_board_scmi(board), &host, why, sizeof(why))) {
			fprintf(stderr, "loaded, and then refused: %s\n", why);
			abort();
		}
		scmi_platform_free(platform);
		scmid_board_free(board);
	}
	free(said);
	return 0;
}
