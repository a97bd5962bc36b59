/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 'agents' of a board file. Their number is their place in the file, from 1. */
#include <string.h>

#include "load.h"

enum {
	AGENT_ID,
	AGENT_TRUSTED,
	AGENT_ON_DISCONNECT,
	AGENT_ENDPOINTS,
	AGENT_VERSIONS,
	AGENT_CLOCKS,
	AGENT_MAX_PENDING_ASYNC,
	AGENT_KEYS,
};

static const char *const agent_keys[AGENT_KEYS] = {
	[AGENT_ID] = "id",
	[AGENT_TRUSTED] = "trusted",
	[AGENT_ON_DISCONNECT] = "on_disconnect",
	[AGENT_ENDPOINTS] = "endpoints",
	[AGENT_VERSIONS] = "versions",
	[AGENT_CLOCKS] = "clocks",
	[AGENT_MAX_PENDING_ASYNC] = "max_pending_async",
};

/* An id may be written down to be checked: who moves an agent in the file is told. */
static void check_id(struct scmid_load *load, const struct scmid_node *node, uint32_t index)
{
	uint32_t id;

	if (scmid_u32(load, node, "an agent's id", 1, SCMID_AGENTS_MAX, &id) && id != index + 1)
		scmid_complain(
			load->report, node->at,
			"agents are numbered as they stand in the file: this one is %u, not %u",
			index + 1, id);
}

static void load_agent(struct scmid_load *load, uint32_t index, const struct scmid_node *name,
		       const struct scmid_node *node, struct scmi_board_agent *agent)
{
	static const char *const on_disconnect[] = {"keep", "release"};
	const struct scmid_node *found[AGENT_KEYS];
	struct scmid_agent_parts parts;
	uint32_t choice;

	if (scmid_word(load, name, "the name of an agent", SCMI_SHORT_NAME_SIZE - 1,
		       &agent->name) &&
	    !strcmp(agent->name, "platform"))
		scmid_complain(
			load->report, name->at,
			"'platform' is the name of agent 0, the platform itself; choose another");
	if (!scmid_fields(load, node, "an agent", agent_keys, AGENT_KEYS, found))
		return;
	if (found[AGENT_ID])
		check_id(load, found[AGENT_ID], index);
	if (found[AGENT_TRUSTED])
		scmid_bool(load, found[AGENT_TRUSTED], &agent->trusted);
	if (found[AGENT_ON_DISCONNECT] && scmid_choice(load, found[AGENT_ON_DISCONNECT],
						       "on_disconnect", on_disconnect, 2, &choice))
		agent->release_on_disconnect = choice == 1;
	parts = (struct scmid_agent_parts){
		.versions = found[AGENT_VERSIONS],
		.clocks = found[AGENT_CLOCKS],
		.max_pending_async = found[AGENT_MAX_PENDING_ASYNC],
	};
	scmid_load_views(load, name, &parts, agent);
	if (found[AGENT_ENDPOINTS])
		scmid_load_endpoints(load, found[AGENT_ENDPOINTS], index);
}

void scmid_load_agents(struct scmid_load *load, const struct scmid_node *node)
{
	struct scmi_board_agent *agents;

	if (node->count > SCMID_AGENTS_MAX) {
		scmid_complain(load->report, node->at, "too many agents; at most %u are allowed",
			       SCMID_AGENTS_MAX);
		return;
	}
	agents = scmid_arena_alloc(load->arena, node->count, sizeof(*agents));
	for (uint32_t i = 0; i < node->count; i++)
		load_agent(load, i, node->keys[i], node->values[i], &agents[i]);
	load->out->scmi.agents = agents;
	load->out->scmi.agent_count = node->count;
}
