/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The simulated clock tree: clocks that exist in memory only.
 *
 * Clocks that possible parents connect, directly or through others, are one group with one lock.
 * The tree keeps all clocks in one order, group after group, in each group parents before children
 * whatever parents are chosen. So a change reaches everything that follows it in one pass forward.
 */
#include "state.h"

struct simulated_clock {
	uint64_t rate_hz;
	uint64_t highest_hz; /* of a range */
	uint32_t parent;     /* index into the board clock's parents */
	uint32_t place;	     /* in the order */
	uint32_t group_end;  /* place behind the last of its group */
	bool enabled;
	uint32_t *configs;
};

struct scmi_simulated_tree {
	struct simulated_clock *clocks; /* by index */
	uint32_t *order;		/* indices of the board's clocks */
	void **locks;			/* by group */
	uint32_t lock_count;
};

static bool has_list(const struct scmi_board_clock *board)
{
	return board->rate_count > 0;
}

static bool has_range(const struct scmi_board_clock *board)
{
	return !has_list(board) && board->step_hz > 0;
}

static bool follows(const struct scmi_board_clock *board)
{
	return !has_list(board) && !has_range(board) && board->parent_count > 0;
}

static struct simulated_clock *simulated(const struct scmi_clock_resource *clock)
{
	return (struct simulated_clock *)clock->backend;
}

/* The rate that a clock takes from its parent. */
static uint64_t followed_rate(const struct scmi_clock_resource *clock)
{
	const struct scmi_board_clock *board = clock->board;
	uint32_t parent = board->parents[simulated(clock)->parent];

	return scmi_rate_scale(simulated(&clock->platform->clocks[parent])->rate_hz,
			       board->multiply, board->divide);
}

/* A rate or parent at this place has changed: let what follows it change too. */
static void settle(struct scmi_clock_resource *changed, uint32_t originator)
{
	struct scmi_platform *platform = changed->platform;
	uint32_t end = simulated(changed)->group_end;

	for (uint32_t place = simulated(changed)->place; place < end; place++) {
		struct scmi_clock_resource *clock = &platform->clocks[platform->tree->order[place]];
		uint64_t rate_hz;

		if (!follows(clock->board))
			continue;
		rate_hz = followed_rate(clock);
		if (rate_hz == simulated(clock)->rate_hz)
			continue;
		simulated(clock)->rate_hz = rate_hz;
		scmi_clock_rate_changed(clock, originator);
	}
}

static uint64_t simulated_rate_hz(const struct scmi_clock_resource *clock)
{
	return simulated(clock)->rate_hz;
}

static void simulated_rates(const struct scmi_clock_resource *clock, struct scmi_rate_table *table)
{
	const struct scmi_board_clock *board = clock->board;

	table->range = has_range(board);
	if (table->range) {
		table->list = NULL;
		table->count = 0;
		table->lowest_hz = board->min_hz;
		table->highest_hz = simulated(clock)->highest_hz;
		table->step_hz = board->step_hz;
		return;
	}
	/* A clock that follows its parent or stands still can have its present rate only. */
	table->list = has_list(board) ? board->rates_hz : &simulated(clock)->rate_hz;
	table->count = has_list(board) ? board->rate_count : 1;
	table->lowest_hz = table->list[0];
	table->highest_hz = table->list[table->count - 1];
	table->step_hz = 0;
}

static int simulated_rate_set(struct scmi_clock_resource *clock, uint64_t rate_hz,
			      uint32_t originator)
{
	if (rate_hz == simulated(clock)->rate_hz)
		return SCMI_SUCCESS;
	/* Only while the set was pending can the parent of one that follows it have moved. */
	if (!has_list(clock->board) && !has_range(clock->board))
		return SCMI_INVALID_PARAMETERS;
	simulated(clock)->rate_hz = rate_hz;
	scmi_clock_rate_changed(clock, originator);
	settle(clock, originator);
	return SCMI_SUCCESS;
}

static bool simulated_enabled(const struct scmi_clock_resource *clock)
{
	return simulated(clock)->enabled;
}

static void simulated_enable(struct scmi_clock_resource *clock, bool on)
{
	simulated(clock)->enabled = on;
}

static uint32_t simulated_parent(const struct scmi_clock_resource *clock)
{
	return simulated(clock)->parent;
}

static void simulated_parent_set(struct scmi_clock_resource *clock, uint32_t parent,
				 uint32_t originator)
{
	simulated(clock)->parent = parent;
	settle(clock, originator);
}

static uint32_t simulated_config(const struct scmi_clock_resource *clock, uint32_t index)
{
	return simulated(clock)->configs[index];
}

static void simulated_config_set(struct scmi_clock_resource *clock, uint32_t index, uint32_t value)
{
	simulated(clock)->configs[index] = value;
}

static const struct scmi_clock_ops simulated_ops = {
	.rate_hz = simulated_rate_hz,
	.rates = simulated_rates,
	.rate_set = simulated_rate_set,
	.enabled = simulated_enabled,
	.enable = simulated_enable,
	.parent = simulated_parent,
	.parent_set = simulated_parent_set,
	.config = simulated_config,
	.config_set = simulated_config_set,
};

/* ---- set-up ---------------------------------------------------------------------------------- */

/* The clock that stands for a set of connected ones; shortens the way for the next question. */
static uint32_t root_of(uint32_t *roots, uint32_t clock)
{
	while (roots[clock] != clock) {
		roots[clock] = roots[roots[clock]];
		clock = roots[clock];
	}
	return clock;
}

/*
 * Put the clocks into `sorted` so that possible parents come first, by walking down from those that
 * have none. Returns how many found a place: fewer than there are when possible parents form a
 * cycle; then `missing` is not 0 for those that found none. children[first_edge[n] .. first_edge[n
 * + 1]) are made to be the children of n.
 */
static uint32_t sort_parents_first(const struct scmi_board *board, uint32_t *sorted,
				   uint32_t *missing, uint32_t *first_edge, uint32_t *children)
{
	uint32_t count = 0;
	uint32_t edge = 0;

	/* Children of every clock, as one array cut into pieces. */
	for (uint32_t n = 0; n < board->clock_count; n++) {
		for (uint32_t p = 0; p < board->clocks[n].parent_count; p++)
			first_edge[board->clocks[n].parents[p]]++;
	}
	for (uint32_t n = 0; n < board->clock_count; n++) {
		edge += first_edge[n];
		first_edge[n] = edge;
	}
	first_edge[board->clock_count] = edge;
	for (uint32_t n = 0; n < board->clock_count; n++) {
		missing[n] = board->clocks[n].parent_count;
		if (!missing[n])
			sorted[count++] = n;
		for (uint32_t p = 0; p < board->clocks[n].parent_count; p++)
			children[--first_edge[board->clocks[n].parents[p]]] = n;
	}
	for (uint32_t n = 0; n < count; n++) {
		for (edge = first_edge[sorted[n]]; edge < first_edge[sorted[n] + 1]; edge++) {
			if (--missing[children[edge]] == 0)
				sorted[count++] = children[edge];
		}
	}
	return count;
}

/* A clock on a cycle: from one that found no place, up through others like it. */
static uint32_t find_cyclic(const struct scmi_board *board, const uint32_t *missing)
{
	uint32_t clock = 0;

	while (!missing[clock])
		clock++;
	for (uint32_t n = 0; n < board->clock_count; n++) {
		uint32_t p = 0;

		while (!missing[board->clocks[clock].parents[p]])
			p++;
		clock = board->clocks[clock].parents[p];
	}
	return clock;
}

/* Fill tree->order: parents first, and each group's clocks together. */
static int order_clocks(struct scmi_platform *platform, struct scmi_simulated_tree *tree,
			uint32_t *cyclic)
{
	const struct scmi_board *board = platform->board;
	size_t count = board->clock_count;
	uint32_t *sorted, *roots, *ends, *scratch, *children;
	size_t edges = 0;
	int error = 0;

	for (uint32_t n = 0; n < count; n++)
		edges += board->clocks[n].parent_count;
	sorted = (uint32_t *)scmi_platform_alloc(platform, 4 * count + 1 + edges, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	roots = sorted + count;
	ends = roots + count; /* count + 1 of them: the first edges before that */
	children = ends + count + 1;
	scratch = children + edges;
	if (sort_parents_first(board, sorted, scratch, ends, children) < count) {
		*cyclic = find_cyclic(board, scratch);
		error = -EINVAL;
		goto out;
	}
	for (uint32_t n = 0; n < count; n++)
		roots[n] = n;
	for (uint32_t n = 0; n < count; n++) {
		for (uint32_t p = 0; p < board->clocks[n].parent_count; p++) {
			uint32_t root = root_of(roots, board->clocks[n].parents[p]);

			roots[root_of(roots, n)] = root;
		}
	}
	/* Where each group begins, then the places; afterwards ends[] is what it is called. */
	memset(ends, 0, (count + 1) * sizeof(*ends));
	for (uint32_t n = 0; n < count; n++)
		ends[root_of(roots, n)]++;
	for (uint32_t n = 0, place = 0; n < count; n++) {
		uint32_t size = ends[n];

		ends[n] = place;
		place += size;
		tree->lock_count += size > 0;
	}
	for (uint32_t n = 0; n < count; n++) {
		uint32_t clock = sorted[n];
		uint32_t place = ends[root_of(roots, clock)]++;

		tree->order[place] = clock;
		tree->clocks[clock].place = place;
	}
	for (uint32_t n = 0; n < count; n++)
		tree->clocks[n].group_end = ends[root_of(roots, n)];
out:
	scmi_platform_release(platform, sorted);
	return error;
}

/* One lock for each group, if the host has locks. */
static int make_locks(struct scmi_platform *platform, struct scmi_simulated_tree *tree)
{
	uint32_t place = 0;

	tree->locks =
		(void **)scmi_platform_alloc(platform, tree->lock_count, sizeof(*tree->locks));
	if (!tree->locks)
		return -ENOMEM;
	if (!platform->host.lock_new)
		return 0;
	for (uint32_t n = 0; n < tree->lock_count; n++) {
		uint32_t end = tree->clocks[tree->order[place]].group_end;

		tree->locks[n] = platform->host.lock_new(platform->host.ctx);
		if (!tree->locks[n])
			return -ENOMEM;
		for (; place < end; place++)
			platform->clocks[tree->order[place]].lock = tree->locks[n];
	}
	return 0;
}

static int start_clock(struct scmi_clock_resource *clock)
{
	const struct scmi_board_clock *board = clock->board;
	struct simulated_clock *state = simulated(clock);

	state->configs = (uint32_t *)scmi_platform_alloc(clock->platform, board->config_count,
							 sizeof(*state->configs));
	if (!state->configs)
		return -ENOMEM;
	for (uint32_t n = 0; n < board->config_count; n++)
		state->configs[n] = board->configs[n].value;
	state->enabled = board->enabled || board->always_on;
	state->parent = board->start_parent;
	if (has_range(board))
		state->highest_hz =
			scmi_rate_step_down(board->min_hz, board->max_hz, board->step_hz);
	state->rate_hz = follows(board) ? followed_rate(clock) : board->start_hz;
	return 0;
}

int scmi_simulated_tree_new(struct scmi_platform *platform, struct scmi_simulated_tree **made,
			    uint32_t *cyclic)
{
	uint32_t count = platform->board->clock_count;
	struct scmi_simulated_tree *tree;
	int error;

	tree = (struct scmi_simulated_tree *)scmi_platform_alloc(platform, 1, sizeof(*tree));
	if (!tree)
		return -ENOMEM;
	*made = tree; /* the caller frees it, whatever happens */
	tree->clocks = (struct simulated_clock *)scmi_platform_alloc(platform, count,
								     sizeof(*tree->clocks));
	tree->order = (uint32_t *)scmi_platform_alloc(platform, count, sizeof(*tree->order));
	if (!tree->clocks || !tree->order)
		return -ENOMEM;
	for (uint32_t n = 0; n < count; n++) {
		platform->clocks[n].ops = &simulated_ops;
		platform->clocks[n].backend = &tree->clocks[n];
	}
	error = order_clocks(platform, tree, cyclic);
	if (!error)
		error = make_locks(platform, tree);
	for (uint32_t n = 0; n < count && !error; n++)
		error = start_clock(&platform->clocks[tree->order[n]]);
	return error;
}

void scmi_simulated_tree_free(struct scmi_platform *platform, struct scmi_simulated_tree *tree)
{
	if (!tree)
		return;
	for (uint32_t n = 0; tree->clocks && n < platform->board->clock_count; n++)
		scmi_platform_release(platform, tree->clocks[n].configs);
	for (uint32_t n = 0; tree->locks && n < tree->lock_count; n++) {
		if (tree->locks[n])
			platform->host.lock_free(platform->host.ctx, tree->locks[n]);
	}
	scmi_platform_release(platform, tree->locks);
	scmi_platform_release(platform, tree->order);
	scmi_platform_release(platform, tree->clocks);
	scmi_platform_release(platform, tree);
}
