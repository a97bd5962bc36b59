/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device-tree fragment that the guest of one agent needs: the descriptor of the SCMI device, a
 * node for each protocol with its cells, ids and names of resources as comments. scmid writes it
 * from a board, scmi from what a platform answers.
 */
#ifndef SCMI_HOST_TREE_TEXT_H
#define SCMI_HOST_TREE_TEXT_H

#include <stdint.h>
#include <stdio.h>

struct scmi_tree_resource {
	uint32_t id;
	const char *name; /* may hold anything */
};

struct scmi_tree_protocol {
	uint8_t protocol_id;
	const struct scmi_tree_resource *resources; /* those that are known; ascending by id */
	uint32_t resource_count;
};

struct scmi_tree {
	const char *vendor; /* may hold anything, as may the agent's name; NULL: not known */
	const char *agent;
	const struct scmi_tree_protocol *protocols; /* base has no node and is left out */
	uint32_t protocol_count;
};

/*
 * A whole source file for dtc(1). Writes of `out` that fail are left for its ferror(). Whatever the
 * names hold, they stay inside their comments.
 */
void scmi_tree_print(FILE *out, const struct scmi_tree *tree);

#endif
