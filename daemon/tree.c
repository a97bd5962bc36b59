/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tree.h"

#include <errno.h>
#include <host/tree_text.h>
#include <scmi/wire/clock.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* The resources of a view; clocks are the only ones that a board has. NULL: out of memory. */
static struct scmi_tree_resource *name_clocks(const struct scmi_board *board,
					      const struct scmi_board_protocol *protocol)
{
	struct scmi_tree_resource *resources = calloc(protocol->view_count + 1, sizeof(*resources));

	for (uint32_t i = 0; resources && i < protocol->view_count; i++)
		resources[i] = (struct scmi_tree_resource){
			.id = protocol->views[i].id,
			.name = board->clocks[protocol->views[i].index].name,
		};
	return resources;
}

static int print_agent(FILE *out, const struct scmi_board *board,
		       const struct scmi_board_agent *agent)
{
	struct scmi_tree_protocol protocol = {.protocol_id = SCMI_CLOCK_PROTOCOL};
	struct scmi_tree tree = {
		.vendor = board->vendor,
		.agent = agent->name,
		.protocols = &protocol,
	};
	struct scmi_tree_resource *clocks = NULL;

	for (uint32_t i = 0; i < agent->protocol_count; i++) {
		if (agent->protocols[i].protocol_id != SCMI_CLOCK_PROTOCOL)
			continue;
		clocks = name_clocks(board, &agent->protocols[i]);
		if (!clocks)
			return -ENOMEM;
		protocol.resources = clocks;
		protocol.resource_count = agent->protocols[i].view_count;
		tree.protocol_count = 1;
	}
	scmi_tree_print(out, &tree);
	free(clocks);
	return 0;
}

static void log_agents(const struct scmi_board *board, const char *wanted)
{
	char names[512] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < board->agent_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 board->agents[i].name);
	scmid_log("--print-tree: the board has no agent '%s'; it has %s", wanted, names);
}

int scmid_tree_print(FILE *out, const struct scmi_board *board, const char *agent)
{
	for (uint32_t i = 0; i < board->agent_count; i++) {
		if (!strcmp(board->agents[i].name, agent))
			return print_agent(out, board, &board->agents[i]);
	}
	log_agents(board, agent);
	return -ENOENT;
}
