/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A clock between the protocol and what makes it tick.
 *
 *   clock.c             the messages, each in a handler
 *   clock_request.c     what agents asked for, combined into what the clock shall do; who is told
 *   simulated_clock.c   a backend: clocks that exist in memory only
 *
 * Everything about a clock that can change is read and written with its group's lock held; a group
 * is all clocks that parents can connect.
 */
#ifndef SCMI_PLATFORM_CLOCK_RESOURCE_H
#define SCMI_PLATFORM_CLOCK_RESOURCE_H

#include <scmi/platform.h>

struct scmi_clock_resource;
struct scmi_served_agent;
struct scmi_call;
struct scmi_clock_rate_set_request;

/* The rates that a clock can run at. */
struct scmi_rate_table {
	const uint64_t *list; /* ascending, `count` entries; valid while the lock is held */
	uint32_t count;
	bool range; /* no list, but every lowest + n * step up to highest */
	uint64_t lowest_hz, highest_hz, step_hz;
};

enum scmi_rounding { SCMI_ROUNDING_DOWN, SCMI_ROUNDING_UP, SCMI_ROUNDING_NEAREST };

/*
 * The rate of a table that a wanted one becomes. Outside of lowest .. highest: INVALID_PARAMETERS.
 * Halfway between two, the nearest is the lower.
 */
int scmi_rate_round(const struct scmi_rate_table *table, uint64_t wanted_hz,
		    enum scmi_rounding rounding, uint64_t *granted_hz);

/*
 * rate * multiply / divide, the largest 64-bit number where that does not fit; without a division.
 */
uint64_t scmi_rate_scale(uint64_t rate_hz, uint32_t multiply, uint32_t divide);

/* The highest lowest + n * step that is not above limit. */
uint64_t scmi_rate_step_down(uint64_t lowest_hz, uint64_t limit_hz, uint64_t step_hz);

/*
 * A backend. All are called with the group's lock held and return at once; setters are only called
 * with values that the board allows. `originator` is the agent on whose behalf it is done, 0 for
 * the platform: the backend calls scmi_clock_rate_changed() with it for each clock whose rate
 * became another.
 */
struct scmi_clock_ops {
	uint64_t (*rate_hz)(const struct scmi_clock_resource *clock);
	void (*rates)(const struct scmi_clock_resource *clock, struct scmi_rate_table *table);
	/* A rate of the table. Returns a status. */
	int (*rate_set)(struct scmi_clock_resource *clock, uint64_t rate_hz, uint32_t originator);
	bool (*enabled)(const struct scmi_clock_resource *clock);
	void (*enable)(struct scmi_clock_resource *clock, bool on);
	/* Indices into the board clock's parents. */
	uint32_t (*parent)(const struct scmi_clock_resource *clock);
	void (*parent_set)(struct scmi_clock_resource *clock, uint32_t parent, uint32_t originator);
	/* Indices into the board clock's configs. */
	uint32_t (*config)(const struct scmi_clock_resource *clock, uint32_t index);
	void (*config_set)(struct scmi_clock_resource *clock, uint32_t index, uint32_t value);
};

struct scmi_clock_resource {
	const struct scmi_clock_ops *ops;
	void *backend; /* the backend's own */
	void *lock;    /* of its group; NULL without lock hooks */
	struct scmi_platform *platform;
	const struct scmi_board_clock *board;
	uint32_t index;
	uint32_t votes_on, votes_off; /* agents that asked for either */
	/* The agent that set it last; 0 while it is as at the board's start. */
	uint32_t rate_owner, parent_owner;
	uint32_t *config_owners;
	uint64_t busy_until_ns; /* when the last of the pending changes of rate will be done */
	uint32_t pending;
};

enum scmi_vote { SCMI_VOTE_NONE, SCMI_VOTE_ON, SCMI_VOTE_OFF };

/* One agent's sight of a clock. */
struct scmi_clock_view {
	struct scmi_clock_resource *clock; /* NULL: a gap in the ids */
	uint32_t allow;			   /* now */
	uint32_t board_allow;		   /* as the board says */
	uint8_t parent_count;		   /* of its possible parents, those that the agent sees */
	uint8_t denied;			   /* by a device: not even its parents may be looked at */
	uint8_t vote;			   /* enum scmi_vote */
};

/* simulated_clock.c */
struct scmi_simulated_tree;
int scmi_simulated_tree_new(struct scmi_platform *platform, struct scmi_simulated_tree **tree,
			    uint32_t *cyclic);
void scmi_simulated_tree_free(struct scmi_platform *platform, struct scmi_simulated_tree *tree);

/* ---- clock_request.c; all with the lock held unless said otherwise --------------------------- */

/* A backend says: this clock's rate is another now. */
void scmi_clock_rate_changed(struct scmi_clock_resource *clock, uint32_t originator);

/* Somebody asks for a rate. Takes the platform's lock only. */
void scmi_clock_rate_requested(struct scmi_clock_resource *clock, uint32_t originator,
			       uint64_t rate_hz);

void scmi_clock_vote(struct scmi_clock_view *view, enum scmi_vote vote);
int scmi_clock_rate_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint64_t rate_hz);
void scmi_clock_parent_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint32_t parent);
void scmi_clock_config_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint32_t config,
			     uint32_t value);

/*
 * Begin a change of rate that ends later, behind those that are pending. Returns what the handler of
 * CLOCK_RATE_SET returns.
 */
int scmi_clock_rate_start(const struct scmi_call *call, struct scmi_clock_resource *clock,
			  const struct scmi_clock_rate_set_request *request, uint64_t rate_hz);

/* Index of a configuration type in the board clock's configs, or SCMI_NONE. */
uint32_t scmi_clock_config_find(const struct scmi_clock_resource *clock, uint32_t type);

/* Withdraw all that an agent asked of clocks and abort what it has pending. Takes the locks. */
void scmi_clock_release(struct scmi_served_agent *agent, uint32_t originator);

/* Persistence (request.c). Take the locks; each() is called without. */
void scmi_clock_requests(struct scmi_served_agent *agent,
			 void (*each)(void *ctx, const struct scmi_request *request), void *ctx);
int scmi_clock_restore(struct scmi_served_agent *agent, const struct scmi_request *request);

#endif
