// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the clock framework asks of a clock, one message each. Which of it a clock has follows from
 * what the platform permits and offers.
 *
 * Rates are read whenever somebody asks (CLK_GET_RATE_NOCACHE), since other agents change them
 * too.
 */
#include <linux/math64.h>

#include "clk.h"

static bool leaving(const struct libscmi_clock *clock)
{
	return READ_ONCE(clock->clocks->leaving);
}

/* ---- rates ----------------------------------------------------------------------------------- */

static unsigned long recalc_rate(struct clk_hw *hw, unsigned long parent_rate)
{
	struct libscmi_clock *clock = to_libscmi_clock(hw);
	u64 rate_hz;

	if (leaving(clock))
		return clock->rate_hz;
	if (scmi_clock_rate_get(clock->clocks->agent, clock->id, &rate_hz))
		return 0;
	clock->rate_hz = min_t(u64, rate_hz, ULONG_MAX);
	return clock->rate_hz;
}

/* To the next step upwards. A list is not kept: there the platform decides when the rate is set. */
static u64 round_to_step(const struct libscmi_clock *clock, u64 rate_hz)
{
	u64 steps;

	if (!clock->step_hz)
		return rate_hz;
	if (rate_hz <= clock->min_hz)
		return clock->min_hz;
	if (rate_hz >= clock->max_hz)
		return clock->max_hz;
	steps = div64_u64(rate_hz - clock->min_hz + clock->step_hz - 1, clock->step_hz);
	rate_hz = clock->min_hz + steps * clock->step_hz;
	return rate_hz <= clock->max_hz ? rate_hz : rate_hz - clock->step_hz;
}

static int determine_rate(struct clk_hw *hw, struct clk_rate_request *request)
{
	u64 rate_hz = round_to_step(to_libscmi_clock(hw), request->rate);

	request->rate = min_t(u64, rate_hz, ULONG_MAX);
	return 0;
}

/* Queued where the platform has room for it: then the change may take longer than an answer. */
static int ask_for_rate(struct libscmi_clock *clock, u64 rate_hz)
{
	struct libscmi_clocks *clocks = clock->clocks;
	int error;

	if (atomic_dec_if_positive(&clocks->async_slots) >= 0) {
		error = scmi_clock_rate_set_async(clocks->agent, clock->id, rate_hz,
						  SCMI_CLOCK_ROUND_DOWN, NULL);
		atomic_inc(&clocks->async_slots);
		/* Somebody else who shares the channel has filled the queue. */
		if (error != SCMI_ERROR_BASE + SCMI_BUSY)
			return error;
	}
	return scmi_clock_rate_set(clocks->agent, clock->id, rate_hz, SCMI_CLOCK_ROUND_DOWN);
}

static int set_rate(struct clk_hw *hw, unsigned long rate_hz, unsigned long parent_rate)
{
	struct libscmi_clock *clock = to_libscmi_clock(hw);
	int error = -ENODEV;

	mutex_lock(&clock->clocks->lock);
	if (!leaving(clock))
		error = ask_for_rate(clock, rate_hz);
	if (!error)
		clock->asked_hz = rate_hz;
	mutex_unlock(&clock->clocks->lock);
	/*
	 * The framework does not look at what is returned, and tells its caller that it worked. It
	 * also asks for the rate that a clock has when its parent's changes: whether that can be
	 * is not worth a word.
	 */
	if (error && rate_hz != clock->rate_hz)
		dev_warn_ratelimited(&clock->clocks->device->dev,
				     "clock %u (%s): %lu Hz are not set: %s\n", clock->id,
				     clock->name, rate_hz, scmi_error_text(error));
	return libscmi_errno(error);
}

/* ---- parents --------------------------------------------------------------------------------- */

static u8 get_parent(struct clk_hw *hw)
{
	struct libscmi_clock *clock = to_libscmi_clock(hw);
	u32 parent;

	if (leaving(clock) ||
	    scmi_clock_parent_get(clock->clocks->agent, clock->id, &parent))
		return 0;
	for (u32 i = 0; i < clock->parent_count; i++)
		if (clock->parents[i] == parent)
			return i;
	return 0;
}

/*
 * Every clock has this, allowed or not: without it the framework does not let a clock of several
 * parents leave its parent when it is unregistered.
 */
static int set_parent(struct clk_hw *hw, u8 index)
{
	struct libscmi_clock *clock = to_libscmi_clock(hw);
	int error = -ENODEV;

	if (!(clock->features & CLOCK_PARENT))
		return -EPERM;
	if (index >= clock->parent_count)
		return -EINVAL;
	mutex_lock(&clock->clocks->lock);
	if (!leaving(clock))
		error = scmi_clock_parent_set(clock->clocks->agent, clock->id,
					      clock->parents[index]);
	if (!error)
		clock->asked_parent = clock->parents[index];
	mutex_unlock(&clock->clocks->lock);
	return libscmi_errno(error);
}

/* ---- on and off, where sleeping is allowed --------------------------------------------------- */

static int set_state(struct libscmi_clock *clock, bool on)
{
	int error = -ENODEV;

	mutex_lock(&clock->clocks->lock);
	if (!leaving(clock))
		error = scmi_clock_config_set(clock->clocks->agent, clock->id,
					      on ? SCMI_CLOCK_ON : SCMI_CLOCK_OFF,
					      SCMI_CLOCK_NO_CONFIG, 0);
	if (!on || !error)
		clock->on = on;
	mutex_unlock(&clock->clocks->lock);
	return libscmi_errno(error);
}

static int prepare(struct clk_hw *hw)
{
	return set_state(to_libscmi_clock(hw), true);
}

static void unprepare(struct clk_hw *hw)
{
	set_state(to_libscmi_clock(hw), false);
}

static int told_state(const struct libscmi_clock *clock, int error, bool enabled)
{
	if (!error)
		return enabled;
	dev_warn_ratelimited(&clock->clocks->device->dev, "clock %u (%s): state is not known: %s\n",
			     clock->id, clock->name, scmi_error_text(error));
	return 0;
}

static int is_prepared(struct clk_hw *hw)
{
	const struct libscmi_clock *clock = to_libscmi_clock(hw);
	bool enabled = false;
	int error;

	if (leaving(clock))
		return clock->on;
	error = scmi_clock_config_get(clock->clocks->agent, clock->id, SCMI_CLOCK_NO_CONFIG,
				      &enabled, NULL);
	return told_state(clock, error, enabled);
}

/* ---- on and off in atomic context ------------------------------------------------------------ */

static int set_state_polled(struct libscmi_clock *clock, bool on)
{
	struct libscmi_clocks *clocks = clock->clocks;
	unsigned long flags;
	int error = 0;

	spin_lock_irqsave(&clocks->state_lock, flags);
	/*
	 * No error while leaving: the framework enables a clock for a moment to take its parent
	 * away, and counts on it.
	 */
	if (!leaving(clock))
		error = scmi_clock_state_set_polled(clocks->agent, clock->id, on,
						    clocks->poll_budget_us);
	if (!on || !error)
		clock->on = on;
	spin_unlock_irqrestore(&clocks->state_lock, flags);
	return libscmi_errno(error);
}

static int enable(struct clk_hw *hw)
{
	return set_state_polled(to_libscmi_clock(hw), true);
}

static void disable(struct clk_hw *hw)
{
	set_state_polled(to_libscmi_clock(hw), false);
}

static int is_enabled(struct clk_hw *hw)
{
	const struct libscmi_clock *clock = to_libscmi_clock(hw);
	bool enabled = false;
	int error;

	if (leaving(clock))
		return clock->on;
	error = scmi_clock_state_get_polled(clock->clocks->agent, clock->id, &enabled,
					    clock->clocks->poll_budget_us);
	return told_state(clock, error, enabled);
}

/* ---- duty cycle ------------------------------------------------------------------------------ */

static int get_duty_cycle(struct clk_hw *hw, struct clk_duty *duty)
{
	const struct libscmi_clock *clock = to_libscmi_clock(hw);
	u32 percent;
	int error;

	if (leaving(clock))
		return -ENODEV;
	error = scmi_clock_config_get(clock->clocks->agent, clock->id, SCMI_CLOCK_DUTY_CYCLE, NULL,
				      &percent);
	if (error)
		return libscmi_errno(error);
	duty->num = percent;
	duty->den = 100;
	return 0;
}

static int ask_for_duty(struct libscmi_clock *clock, u32 percent)
{
	return scmi_clock_config_set(clock->clocks->agent, clock->id, SCMI_CLOCK_UNCHANGED,
				     SCMI_CLOCK_DUTY_CYCLE, percent);
}

static int set_duty_cycle(struct clk_hw *hw, struct clk_duty *duty)
{
	struct libscmi_clock *clock = to_libscmi_clock(hw);
	u32 percent = div_u64((u64)duty->num * 100, duty->den);
	int error = -ENODEV;

	mutex_lock(&clock->clocks->lock);
	if (!leaving(clock))
		error = ask_for_duty(clock, percent);
	if (!error)
		clock->asked_duty = percent;
	mutex_unlock(&clock->clocks->lock);
	return libscmi_errno(error);
}

/* ---- which clock has what -------------------------------------------------------------------- */

#define SLEEPS(has, function) (((has) & CLOCK_STATE) && !((has) & CLOCK_ATOMIC) ? function : NULL)
#define POLLS(has, function) (((has) & CLOCK_STATE) && ((has) & CLOCK_ATOMIC) ? function : NULL)

#define OPS(has) \
	[has] = { \
		.prepare = SLEEPS(has, prepare), \
		.unprepare = SLEEPS(has, unprepare), \
		.is_prepared = (has) & CLOCK_ATOMIC ? NULL : is_prepared, \
		.enable = POLLS(has, enable), \
		.disable = POLLS(has, disable), \
		.is_enabled = (has) & CLOCK_ATOMIC ? is_enabled : NULL, \
		.recalc_rate = recalc_rate, \
		.determine_rate = determine_rate, \
		.set_rate = (has) & CLOCK_RATE ? set_rate : NULL, \
		.get_parent = get_parent, \
		.set_parent = set_parent, \
		.get_duty_cycle = (has) & CLOCK_DUTY ? get_duty_cycle : NULL, \
		.set_duty_cycle = (has) & CLOCK_DUTY ? set_duty_cycle : NULL, \
	}

static const struct clk_ops ops[CLOCK_OPS] = {
	OPS(0), OPS(1), OPS(2),  OPS(3),  OPS(4),  OPS(5),  OPS(6),  OPS(7),
	OPS(8), OPS(9), OPS(10), OPS(11), OPS(12), OPS(13), OPS(14), OPS(15),
};

const struct clk_ops *libscmi_clock_ops(u32 features)
{
	return &ops[features % CLOCK_OPS];
}

/* ---- after a reset --------------------------------------------------------------------------- */

static void say_if_lost(const struct libscmi_clock *clock, const char *what, int error)
{
	if (error)
		dev_warn(&clock->clocks->device->dev,
			 "clock %u (%s): the %s from before the reset is lost: %s\n", clock->id,
			 clock->name, what, scmi_error_text(error));
}

static void ask_for_state_again(struct libscmi_clock *clock)
{
	struct libscmi_clocks *clocks = clock->clocks;
	unsigned long flags;
	int error = 0;

	if (!(clock->features & CLOCK_ATOMIC)) {
		if (clock->on)
			error = scmi_clock_config_set(clocks->agent, clock->id, SCMI_CLOCK_ON,
						      SCMI_CLOCK_NO_CONFIG, 0);
	} else {
		spin_lock_irqsave(&clocks->state_lock, flags);
		if (clock->on)
			error = scmi_clock_state_set_polled(clocks->agent, clock->id, true,
							    clocks->poll_budget_us);
		spin_unlock_irqrestore(&clocks->state_lock, flags);
	}
	say_if_lost(clock, "vote for it", error);
}

void libscmi_clocks_ask_again(struct libscmi_clocks *clocks)
{
	struct libscmi_clock *clock;

	mutex_lock(&clocks->lock);
	/* Parents first: what a clock can do may depend on them. */
	for (u32 i = 0; i < clocks->present; i++) {
		clock = clocks->clock[clocks->order[i]];
		if (clock->asked_parent != CLOCK_AS_IT_IS)
			say_if_lost(clock, "parent",
				    scmi_clock_parent_set(clocks->agent, clock->id,
							  clock->asked_parent));
		if (clock->asked_hz)
			say_if_lost(clock, "rate", ask_for_rate(clock, clock->asked_hz));
		if (clock->asked_duty != CLOCK_AS_IT_IS)
			say_if_lost(clock, "duty cycle", ask_for_duty(clock, clock->asked_duty));
		ask_for_state_again(clock);
	}
	mutex_unlock(&clocks->lock);
}
