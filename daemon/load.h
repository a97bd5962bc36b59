/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of the board loader: one file per section of a board. Each complains through the load's
 * report.
 */
#ifndef SCMID_LOAD_H
#define SCMID_LOAD_H

#include "board.h"
#include "schema.h"

#define SCMID_ID_WRONG	    (SCMI_NONE - 1)
#define SCMID_CLOCKS_MAX    65535u /* num_clocks is 16 bits wide */
#define SCMID_AGENTS_MAX    255u   /* num_agents is 8 bits wide */
#define SCMID_DEVICES_MAX   65535u
#define SCMID_ENDPOINTS_MAX 1024u

struct scmid_board {
	struct scmi_board scmi;
	struct scmid_endpoint *endpoints;
	uint32_t endpoint_count;
	struct scmid_arena arena;
	/*
	 * While loading. By clock: its id, SCMI_NONE if it has none, SCMID_ID_WRONG if that was
	 * complained about.
	 */
	uint32_t *clock_ids;
};

void scmid_load_platform(struct scmid_load *load, const struct scmid_node *node);
void scmid_load_clocks(struct scmid_load *load, const struct scmid_node *node);
void scmid_load_devices(struct scmid_load *load, const struct scmid_node *node);
void scmid_load_agents(struct scmid_load *load, const struct scmid_node *node);

/* One agent's protocols. */
struct scmid_agent_parts {
	const struct scmid_node *versions;
	const struct scmid_node *clocks;
	const struct scmid_node *max_pending_async;
};

void scmid_load_views(struct scmid_load *load, const struct scmid_node *name,
		      const struct scmid_agent_parts *parts, struct scmi_board_agent *agent);

/* One agent's endpoints are added to the board's. */
void scmid_load_endpoints(struct scmid_load *load, const struct scmid_node *node, uint32_t agent);

#endif
