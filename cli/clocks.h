/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clocks of a platform as this agent sees them: loading, finding by name, the tree they make.
 */
#ifndef CLI_CLOCKS_H
#define CLI_CLOCKS_H

#include <scmi/clock.h>

#include "cli.h"

#define CLOCK_NAME_SIZE 64

struct clock {
	uint32_t id;
	char name[CLOCK_NAME_SIZE];
	struct scmi_clock_attributes_response attributes;
	/* Only after clock_details(): */
	int rate_error; /* why there is no rate */
	uint64_t rate_hz;
	bool has_parent;
	uint32_t parent_id;
	bool told; /* the platform tells what may be changed (clock 3.0) */
	bool may_state, may_rate, may_parent;
};

/* Ascending by id. */
struct clocks {
	struct clock *clock;
	size_t count;
};

/* Where clocks stand under each other; indices into the array, NO_CLOCK where there is none. */
struct clock_node {
	size_t parent, child, sibling;
	unsigned int depth;
};

#define NO_CLOCK ((size_t)-1)

/* All of these return 0 or the exit code of a failure. */

/* By id, or by exact name. */
int clock_find(struct cli *cli, const char *text, struct clock *clock);

/* Rate, parent and permissions of a clock. What the platform refuses to tell is left out. */
int clock_details(struct cli *cli, struct clock *clock);

/* All of them; clocks_free() afterwards, also after a failure. */
int clocks_load(struct cli *cli, bool details, struct clocks *clocks);
void clocks_free(struct clocks *clocks);

/* The name of a clock in the array, or NULL. */
const char *clocks_name(const struct clocks *clocks, uint32_t id);

/*
 * The order in which the tree is shown: each clock behind its parent, siblings by id. A clock whose
 * parent is not there, or that would be its own ancestor, stands at the root. order[] and nodes[]
 * have clocks->count elements.
 */
void clocks_tree(const struct clocks *clocks, struct clock_node *nodes, size_t *order);

/* "state", "rate", "parent": what may be changed; null where the platform does not tell. */
struct value clock_may_change(const struct clock *clock, const char *texts[3]);

/*
 * A list "configurations" of those that the specification names and the clock has; the vendor's are
 * too many to ask for one by one. 0 or the exit code of a failure.
 */
int clock_put_configs(struct cli *cli, const struct clock *clock);

/* Fields "id" and "name", with which every document about one clock begins. */
void clock_put(struct output *out, const struct clock *clock);

#endif
