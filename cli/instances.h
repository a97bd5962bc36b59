/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the binder makes of the instances that a tree describes. */
#ifndef CLI_INSTANCES_H
#define CLI_INSTANCES_H

#include "cli.h"

#include <host/tree_read.h>

#include <poll.h>

struct instances_bound;

/*
 * Bind what can be bound with the transports that this program has and the suppliers that the
 * command line names. 0, or the exit code of a failure.
 */
int instances_bind(struct cli *cli, const struct scmi_tree_instances *instances,
		   struct instances_bound **bound);

/* It came to rest in another state, or became ready once more. */
typedef void instances_changed_fn(void *ctx, const char *path, const char *state, const char *text);

/* From now on, what instances_turn() finds is told. */
void instances_tell(struct instances_bound *bound, instances_changed_fn *changed, void *ctx);

/* What to poll for reading before instances_turn(): how many of fds[max] are used. */
size_t instances_fds(const struct instances_bound *bound, struct pollfd *fds, size_t max);

/* When instances_turn() is due at the latest, for poll(). */
int instances_timeout_ms(const struct instances_bound *bound);

/* Take in what came and went, and bind anew. */
void instances_turn(struct instances_bound *bound);

/* More than there can be: directories, and an open device for each instance. */
#define INSTANCES_FDS_MAX (CLI_DIRECTORIES_MAX + SCMI_TREE_INSTANCES_MAX)

/* instances_watch.c: until a signal, --count changes, or nobody reads the output. */
int instances_watch(struct cli *cli, struct instances_bound *bound, int signal_fd);

/* Let go of everything. */
void instances_unbind(struct instances_bound *bound);

/* "ready", "waiting", "failed", and in text[] what the binder says of it. */
const char *instances_state(struct instances_bound *bound, const char *path, char *text,
			    size_t size);

#endif
