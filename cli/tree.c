// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi tree: the device tree that a guest with this agent needs. */
#include "agents.h"
#include "clocks.h"

#include <host/tree_text.h>
#include <scmi/base.h>

#include <stdio.h>
#include <stdlib.h>

#define PROTOCOLS_MAX 256

/* The clocks as resources; they point into `clocks`. To be freed. */
static struct scmi_tree_resource *name_clocks(const struct clocks *clocks)
{
	struct scmi_tree_resource *resources =
		cli_allocate((clocks->count + 1) * sizeof(*resources));

	for (size_t i = 0; i < clocks->count; i++) {
		resources[i].id = clocks->clock[i].id;
		resources[i].name = clocks->clock[i].name;
	}
	return resources;
}

static int list_protocols(struct cli *cli, struct scmi_tree_protocol *protocols, uint32_t *count)
{
	uint8_t ids[PROTOCOLS_MAX];
	int error = scmi_base_list_protocols(cli->agent, ids, PROTOCOLS_MAX, count);

	if (error)
		return cli_fail_call(cli, error, "cannot list the protocols");
	for (uint32_t i = 0; i < *count; i++)
		protocols[i] = (struct scmi_tree_protocol){ .protocol_id = ids[i] };
	return 0;
}

int cli_tree(struct cli *cli)
{
	struct scmi_tree_protocol protocols[PROTOCOLS_MAX];
	char vendor[16];
	struct scmi_tree tree = { .protocols = protocols };
	struct scmi_tree_resource *resources = NULL;
	struct clocks clocks = { 0 };
	struct agents agents;
	int code, error;

	if (cli->options.json)
		return cli_fail_usage(cli, "the tree is source text; there is no JSON of it");
	code = list_protocols(cli, protocols, &tree.protocol_count);
	if (!code)
		code = agents_load(cli, &agents);
	if (code)
		return code;
	error = scmi_base_discover_vendor(cli->agent, vendor);
	if (error && !scmi_error_is_status(error))
		return cli_fail_call(cli, error, "cannot ask for the vendor");
	tree.vendor = error ? NULL : vendor;
	tree.agent = agents.self ? agents.self->name : NULL;
	for (uint32_t i = 0; i < tree.protocol_count && !code; i++) {
		if (protocols[i].protocol_id != SCMI_CLOCK_PROTOCOL || resources)
			continue;
		code = clocks_load(cli, false, &clocks);
		resources = name_clocks(&clocks);
		protocols[i].resources = resources;
		protocols[i].resource_count = (uint32_t)clocks.count;
	}
	if (!code)
		scmi_tree_print(stdout, &tree);
	free(resources);
	clocks_free(&clocks);
	return code;
}
