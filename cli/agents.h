/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agents of a platform, as far as this one may see them. */
#ifndef CLI_AGENTS_H
#define CLI_AGENTS_H

#include "cli.h"

struct agent_name {
	uint32_t id;
	char name[16];
};

struct agents {
	struct agent_name agent[256]; /* the platform, id 0, is one of them */
	size_t count;
	const struct agent_name *self; /* points into agent[], or NULL */
};

/* 0 or the exit code of a failure. A platform that tells nothing gives an empty list. */
int agents_load(struct cli *cli, struct agents *agents);

/* By id or name; 0 or the exit code of a failure. */
int agent_find(struct cli *cli, const char *text, uint32_t *id);

/* NULL when it is not known. */
const char *agents_name(const struct agents *agents, uint32_t id);

void agent_put(struct output *out, const char *key, const char *label,
	       const struct agent_name *agent);
void agents_put(struct output *out, const struct agents *agents);

#endif
