// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "clocks.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Attributes and full name; an error of the library. */
static int load(struct cli *cli, uint32_t id, struct clock *clock)
{
	int error;

	memset(clock, 0, sizeof(*clock));
	clock->id = id;
	error = scmi_clock_attributes(cli->agent, id, &clock->attributes);
	if (error)
		return error;
	memcpy(clock->name, clock->attributes.name, sizeof(clock->attributes.name));
	if (!clock->attributes.extended_name)
		return 0;
	/* The short name will do where the long one is refused. */
	error = scmi_clock_name_get(cli->agent, id, clock->name);
	return scmi_error_is_status(error) ? 0 : error;
}

/* 0 for what the platform refuses or does not know: the clock is shown without it. */
static int tolerate(int error)
{
	return scmi_error_is_status(error) || error == -EOPNOTSUPP ? 0 : error;
}

static int load_details(struct cli *cli, struct clock *clock)
{
	struct scmi_clock_get_permissions_response permissions;
	uint32_t version;
	int error;

	clock->rate_error = scmi_clock_rate_get(cli->agent, clock->id, &clock->rate_hz);
	error = tolerate(clock->rate_error);
	if (!error && clock->attributes.parent_advertised) {
		error = scmi_clock_parent_get(cli->agent, clock->id, &clock->parent_id);
		clock->has_parent = !error;
		error = tolerate(error);
	}
	if (!error)
		error = scmi_agent_version(cli->agent, SCMI_CLOCK_PROTOCOL, &version);
	if (error || version < SCMI_CLOCK_VERSION_3_0)
		return error;
	clock->told = true;
	clock->may_state = clock->may_rate = true;
	clock->may_parent = clock->attributes.parent_advertised;
	if (!clock->attributes.restricted)
		return 0;
	error = scmi_clock_get_permissions(cli->agent, clock->id, &permissions);
	if (error) {
		clock->told = false;
		return tolerate(error);
	}
	clock->may_state = permissions.state;
	clock->may_rate = permissions.rate;
	clock->may_parent = clock->may_parent && permissions.parent;
	return 0;
}

int clock_details(struct cli *cli, struct clock *clock)
{
	int error = load_details(cli, clock);

	return error ? cli_fail_call(cli, error, "clock %s", clock->name) : 0;
}

/* All clocks, or those up to the one called `until`. */
static int load_until(struct cli *cli, bool details, const char *until, struct clocks *clocks)
{
	struct scmi_clock_protocol_attributes_response all;
	int error;

	memset(clocks, 0, sizeof(*clocks));
	error = scmi_clock_protocol_attributes(cli->agent, &all);
	if (error)
		return cli_fail_call(cli, error, "cannot ask for the clocks");
	clocks->clock = cli_allocate((size_t)all.num_clocks * sizeof(*clocks->clock));
	for (uint32_t id = 0; id < all.num_clocks; id++) {
		struct clock *clock = &clocks->clock[clocks->count];

		if (id % 64 == 63)
			cli_progress(cli, "clock %" PRIu32 " of %" PRIu32, id + 1,
				     (uint32_t)all.num_clocks);
		error = load(cli, id, clock);
		/* Ids may have gaps. */
		if (scmi_error_is_status(error))
			continue;
		if (!error && details)
			error = load_details(cli, clock);
		if (error)
			return cli_fail_call(cli, error, "clock %" PRIu32, id);
		clocks->count++;
		if (until && !strcmp(clock->name, until))
			break;
	}
	cli_progress_end(cli);
	return 0;
}

int clocks_load(struct cli *cli, bool details, struct clocks *clocks)
{
	return load_until(cli, details, NULL, clocks);
}

void clocks_free(struct clocks *clocks)
{
	free(clocks->clock);
	memset(clocks, 0, sizeof(*clocks));
}

static size_t index_of(const struct clocks *clocks, uint32_t id)
{
	size_t low = 0, high = clocks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (clocks->clock[middle].id == id)
			return middle;
		if (clocks->clock[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_CLOCK;
}

const char *clocks_name(const struct clocks *clocks, uint32_t id)
{
	size_t index = index_of(clocks, id);

	return index == NO_CLOCK ? NULL : clocks->clock[index].name;
}

static int not_found(struct cli *cli, const struct clocks *clocks, const char *text)
{
	const char **names = cli_allocate(clocks->count * sizeof(*names));
	const char *near;

	for (size_t i = 0; i < clocks->count; i++)
		names[i] = clocks->clock[i].name;
	near = cli_nearest(text, names, clocks->count);
	free(names);
	cli_fail_usage(cli, "no clock is called '%s'", text);
	if (near)
		return cli_hint(cli, "did you mean '%s'? 'scmi clock list' shows all %zu", near,
				clocks->count);
	return cli_hint(cli, "there are %zu: 'scmi clock list' shows them", clocks->count);
}

int clock_find(struct cli *cli, const char *text, struct clock *clock)
{
	const struct clock *found;
	struct clocks clocks;
	uint64_t id;
	int code, error;

	if (!cli_parse_number(text, UINT32_MAX, &id)) {
		error = load(cli, (uint32_t)id, clock);
		if (!error)
			return 0;
		cli_fail_call(cli, error, "clock %" PRIu64, id);
		if (scmi_error_is_status(error))
			cli_hint(cli, "'scmi clock list' shows the clocks there are");
		return cli->failure.exit_code;
	}
	code = load_until(cli, false, text, &clocks);
	found = clocks.count ? &clocks.clock[clocks.count - 1] : NULL;
	if (!code && (!found || strcmp(found->name, text)))
		code = not_found(cli, &clocks, text);
	else if (!code)
		*clock = *found;
	clocks_free(&clocks);
	return code;
}

/* ---- the tree -------------------------------------------------------------------------------- */

/*
 * Walk from a root through all that hangs below it and was not seen before; returns the new count.
 */
static size_t walk(struct clock_node *nodes, bool *seen, size_t root, size_t *order, size_t count)
{
	size_t at = root;

	nodes[root].depth = 0;
	for (;;) {
		size_t next = nodes[at].child;

		seen[at] = true;
		order[count++] = at;
		/* Down, else to the side, else up and to the side. */
		while (next == NO_CLOCK || seen[next]) {
			if (next != NO_CLOCK) {
				next = nodes[next].sibling;
			} else if (at == root) {
				return count;
			} else {
				next = nodes[at].sibling;
				at = nodes[at].parent;
			}
		}
		nodes[next].depth = nodes[at].depth + 1;
		at = next;
	}
}

void clocks_tree(const struct clocks *clocks, struct clock_node *nodes, size_t *order)
{
	bool *seen = cli_allocate(clocks->count * sizeof(*seen));
	size_t count = 0;

	for (size_t i = 0; i < clocks->count; i++)
		nodes[i] = (struct clock_node){ NO_CLOCK, NO_CLOCK, NO_CLOCK, 0 };
	/* From the last to the first, each put before its siblings: they end up ascending. */
	for (size_t i = clocks->count; i-- > 0;) {
		size_t parent = clocks->clock[i].has_parent ?
					index_of(clocks, clocks->clock[i].parent_id) :
					NO_CLOCK;

		if (parent == i)
			parent = NO_CLOCK;
		nodes[i].parent = parent;
		if (parent != NO_CLOCK) {
			nodes[i].sibling = nodes[parent].child;
			nodes[parent].child = i;
		}
	}
	for (size_t i = 0; i < clocks->count; i++)
		if (nodes[i].parent == NO_CLOCK)
			count = walk(nodes, seen, i, order, count);
	/* What is left goes in circles: a platform can say that. */
	for (size_t i = 0; i < clocks->count; i++)
		if (!seen[i])
			count = walk(nodes, seen, i, order, count);
	free(seen);
}

/* ---- saying ---------------------------------------------------------------------------------- */

struct value clock_may_change(const struct clock *clock, const char *texts[3])
{
	size_t count = 0;

	if (!clock->told)
		return value_none();
	if (clock->may_state)
		texts[count++] = "state";
	if (clock->may_rate)
		texts[count++] = "rate";
	if (clock->may_parent)
		texts[count++] = "parent";
	return value_texts(texts, count);
}

void clock_put(struct output *out, const struct clock *clock)
{
	out_field(out, "id", NULL, value_number(clock->id));
	out_field(out, "name", NULL, value_text(clock->name));
}
