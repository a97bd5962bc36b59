// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the platform says about its clocks: two messages for a plain clock (attributes and rates),
 * one more for each of a long name, parents, permissions, a duty cycle, a list of rates longer
 * than an answer.
 *
 * A status in answer to one of them leaves that out, and the others go on. What fails here, a time
 * limit for example, ends everything: a platform that is silent is not asked a thousand times.
 */
#include <linux/bitmap.h>
#include <linux/ctype.h>
#include <linux/slab.h>

#include "clk.h"

#define RATES_AT_A_TIME	  32u
#define PARENTS_AT_A_TIME 16u
#define PARENTS_MAX	  255u /* the clock framework's */

/* What to go on with after an error: 0 where only this answer is missing. */
static int unless_refused(const struct libscmi_clock *clock, const char *what, int error)
{
	if (!error)
		return 0;
	if (!scmi_error_is_status(error) && error != -EPROTO && error != -EOPNOTSUPP)
		return error;
	dev_warn(&clock->clocks->device->dev, "clock %u (%s): no %s: %s\n", clock->id, clock->name,
		 what, scmi_error_text(error));
	return 0;
}

/* ---- rates ----------------------------------------------------------------------------------- */

static void widen(struct libscmi_clock *clock, const struct scmi_clock_rates *rates)
{
	for (u32 i = 0; i < rates->count; i++) {
		clock->min_hz = min(clock->min_hz, rates->rates_hz[i]);
		clock->max_hz = max(clock->max_hz, rates->rates_hz[i]);
	}
}

/*
 * Lowest and highest. Lists ascend since version 2.0: of a long one the first and the last answer
 * do.
 */
static int ask_rates(struct libscmi_clock *clock)
{
	struct libscmi_clocks *clocks = clock->clocks;
	u64 buffer[RATES_AT_A_TIME];
	struct scmi_clock_rates rates = { .rates_hz = buffer, .space = RATES_AT_A_TIME };
	u32 total;
	u32 index;
	int error;

	error = scmi_clock_describe_rates(clocks->agent, clock->id, 0, &rates);
	if (error)
		return error;
	if (rates.triplet) {
		clock->min_hz = buffer[0];
		clock->max_hz = buffer[1];
		clock->step_hz = buffer[2];
		return 0;
	}
	widen(clock, &rates);
	total = rates.count + rates.remaining;
	index = rates.count;
	while (rates.remaining) {
		if (clocks->version >= SCMI_CLOCK_VERSION_2_0)
			index = total - 1;
		error = scmi_clock_describe_rates(clocks->agent, clock->id, index, &rates);
		if (error)
			return error;
		index += rates.count;
		if (rates.triplet || index + rates.remaining > total)
			return -EPROTO;
		widen(clock, &rates);
	}
	return 0;
}

static int discover_rates(struct libscmi_clock *clock)
{
	int error;

	clock->min_hz = U64_MAX;
	clock->max_hz = 0;
	error = ask_rates(clock);
	if (error || clock->min_hz > clock->max_hz) {
		clock->max_hz = 0;
		clock->step_hz = 0;
	}
	return unless_refused(clock, "rates", error);
}

/* ---- parents --------------------------------------------------------------------------------- */

static int discover_parents(struct libscmi_clock *clock)
{
	struct device *dev = &clock->clocks->device->dev;
	struct scmi_agent *agent = clock->clocks->agent;
	u32 buffer[PARENTS_AT_A_TIME];
	struct scmi_clock_parents parents = { .clock_ids = buffer, .space = PARENTS_AT_A_TIME };
	u32 total;
	int error;

	error = scmi_clock_list_parents(agent, clock->id, &parents);
	if (error)
		return unless_refused(clock, "parents", error);
	total = parents.count + parents.remaining;
	if (total > PARENTS_MAX) {
		dev_warn(dev, "clock %u (%s): %u parents are too many\n", clock->id, clock->name,
			 total);
		return 0;
	}
	if (!total)
		return 0;
	clock->parents = devm_kcalloc(dev, total, sizeof(*clock->parents), GFP_KERNEL);
	if (!clock->parents)
		return -ENOMEM;
	memcpy(clock->parents, buffer, parents.count * sizeof(*buffer));
	if (parents.remaining) {
		parents.clock_ids = clock->parents;
		parents.space = total;
		error = scmi_clock_list_parents(agent, clock->id, &parents);
		if (error)
			return unless_refused(clock, "parents", error);
	}
	clock->parent_count = parents.count;
	return 0;
}

/* ---- a clock --------------------------------------------------------------------------------- */

static int discover_name(struct libscmi_clock *clock,
			 const struct scmi_clock_attributes_response *attributes)
{
	int error = 0;

	strscpy(clock->name, attributes->name, sizeof(clock->name));
	if (attributes->extended_name)
		error = scmi_clock_name_get(clock->clocks->agent, clock->id, clock->name);
	/* It becomes the name of a directory, and a word in the log. */
	for (char *c = clock->name; *c; c++)
		if (!isprint(*c))
			*c = '?';
	return unless_refused(clock, "full name", error);
}

static int discover_permissions(struct libscmi_clock *clock, bool restricted)
{
	struct scmi_clock_get_permissions_response may = {
		.state = true,
		.parent = true,
		.rate = true,
	};
	int error = 0;

	if (restricted)
		error = scmi_clock_get_permissions(clock->clocks->agent, clock->id, &may);
	clock->features |= may.state ? CLOCK_STATE : 0;
	clock->features |= may.parent ? CLOCK_PARENT : 0;
	clock->features |= may.rate ? CLOCK_RATE : 0;
	return unless_refused(clock, "permissions", error);
}

static int discover_duty_cycle(struct libscmi_clock *clock)
{
	u32 percent;
	int error = scmi_clock_config_get(clock->clocks->agent, clock->id, SCMI_CLOCK_DUTY_CYCLE,
					  NULL, &percent);

	if (!error)
		clock->features |= CLOCK_DUTY;
	/* Other extended configurations than this one are nothing to talk about. */
	return scmi_error_is_status(error) ? 0 : unless_refused(clock, "duty cycle", error);
}

/* A latency that the platform does not know is none to wait for with interrupts off. */
static bool is_quick(const struct libscmi_clocks *clocks,
		     const struct scmi_clock_attributes_response *attributes)
{
	return clocks->poll_budget_us && attributes->clock_enable_delay_us &&
	       attributes->clock_enable_delay_us <=
		       libscmi_atomic_threshold_us(clocks->device->instance);
}

static int discover(struct libscmi_clock *clock,
		    const struct scmi_clock_attributes_response *attributes)
{
	struct libscmi_clocks *clocks = clock->clocks;
	int error;

	if (is_quick(clocks, attributes))
		clock->features |= CLOCK_ATOMIC;
	if (attributes->rate_change_notification &&
	    libscmi_instance_limits(clocks->device->instance)->p2a)
		clock->features |= CLOCK_CHANGES;
	error = discover_name(clock, attributes);
	if (!error)
		error = discover_permissions(clock, attributes->restricted);
	if (!error && attributes->parent_advertised)
		error = discover_parents(clock);
	if (!error && attributes->extended_config)
		error = discover_duty_cycle(clock);
	if (!error)
		error = discover_rates(clock);
	return error;
}

/* 0 also where there is no such clock. */
static int discover_id(struct libscmi_clocks *clocks, u32 id)
{
	struct device *dev = &clocks->device->dev;
	struct scmi_clock_attributes_response attributes;
	struct libscmi_clock *clock;
	int error;

	error = scmi_clock_attributes(clocks->agent, id, &attributes);
	if (scmi_error_is_status(error)) {
		dev_dbg(dev, "clock %u: %s\n", id, scmi_error_text(error));
		return 0;
	}
	if (error)
		return error;
	if (!attributes.name[0]) {
		dev_warn(dev, "clock %u has no name: left out\n", id);
		return 0;
	}
	clock = devm_kzalloc(dev, sizeof(*clock), GFP_KERNEL);
	if (!clock)
		return -ENOMEM;
	clock->clocks = clocks;
	clock->id = id;
	clock->asked_parent = CLOCK_AS_IT_IS;
	clock->asked_duty = CLOCK_AS_IT_IS;
	clocks->clock[id] = clock;
	clocks->present++;
	return discover(clock, &attributes);
}

/* ---- their order ----------------------------------------------------------------------------- */

/* The first of its parents that has no place yet, or NULL. */
static struct libscmi_clock *waits_for(const struct libscmi_clocks *clocks,
				       const struct libscmi_clock *clock,
				       const unsigned long *placed)
{
	for (u32 i = 0; i < clock->parent_count; i++) {
		u32 id = clock->parents[i];

		if (id < clocks->count && clocks->clock[id] && !test_bit(id, placed))
			return clocks->clock[id];
	}
	return NULL;
}

/*
 * All that are left wait for each other. The framework recurses from parent to child and would not
 * come back: take the parents away from one clock in the circle.
 */
static void break_circle(struct libscmi_clocks *clocks, const unsigned long *placed)
{
	struct libscmi_clock *clock = NULL;

	for (u32 id = 0; id < clocks->count && !clock; id++)
		if (clocks->clock[id] && !test_bit(id, placed))
			clock = clocks->clock[id];
	/* After so many steps upwards it is not in front of the circle any more. */
	for (u32 i = 0; i < clocks->present; i++)
		clock = waits_for(clocks, clock, placed);
	dev_warn(&clocks->device->dev,
		 "clock %u (%s): its parents lead back to it: it is shown without\n", clock->id,
		 clock->name);
	clock->parent_count = 0;
}

static int order(struct libscmi_clocks *clocks)
{
	unsigned long *placed = bitmap_zalloc(clocks->count, GFP_KERNEL);
	u32 done = 0;

	clocks->order = devm_kcalloc(&clocks->device->dev, clocks->present, sizeof(*clocks->order),
				     GFP_KERNEL);
	if (!placed || !clocks->order) {
		bitmap_free(placed);
		return -ENOMEM;
	}
	while (done < clocks->present) {
		u32 before = done;

		for (u32 id = 0; id < clocks->count; id++) {
			if (!clocks->clock[id] || test_bit(id, placed) ||
			    waits_for(clocks, clocks->clock[id], placed))
				continue;
			__set_bit(id, placed);
			clocks->order[done++] = id;
		}
		if (done == before)
			break_circle(clocks, placed);
	}
	bitmap_free(placed);
	return 0;
}

int libscmi_clocks_discover(struct libscmi_clocks *clocks)
{
	clocks->clock = devm_kcalloc(&clocks->device->dev, clocks->count, sizeof(*clocks->clock),
				     GFP_KERNEL);
	if (!clocks->clock)
		return -ENOMEM;
	for (u32 id = 0; id < clocks->count; id++) {
		int error = discover_id(clocks, id);

		if (error)
			return error;
	}
	return order(clocks);
}
