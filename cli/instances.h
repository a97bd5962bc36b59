/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the binder makes of the instances that a tree describes. */
#ifndef CLI_INSTANCES_H
#define CLI_INSTANCES_H

#include "cli.h"

#include <host/tree_read.h>

struct instances_bound;

/*
 * Bind what can be bound with the transports that this program has and the suppliers that the
 * command line names. 0, or the exit code of a failure.
 */
int instances_bind(struct cli *cli, const struct scmi_tree_instances *instances,
		   struct instances_bound **bound);

/* Let go of everything. */
void instances_unbind(struct instances_bound *bound);

/* "ready", "waiting", "failed", and in text[] what the binder says of it. */
const char *instances_state(const struct instances_bound *bound, const char *path, char *text,
			    size_t size);

#endif
