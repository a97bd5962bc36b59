// SPDX-License-Identifier: GPL-2.0-only
/* The driver of the clock protocol. */
#include <linux/clk.h>
#include <linux/of.h>
#include <linux/slab.h>

#include "clk.h"

/*
 * Each clock leaves its parent first, by operations that send nothing any more: the framework does
 * not let go of the parent of a clock that it unregisters, and whoever still holds that clock
 * would use what is freed.
 */
static void unregister_all(struct libscmi_clocks *clocks)
{
	struct clk_hw **hws = clocks->provided->hws;

	WRITE_ONCE(clocks->leaving, true);
	for (u32 id = 0; id < clocks->count; id++)
		if (hws[id])
			clk_set_parent(hws[id]->clk, NULL);
	for (u32 id = 0; id < clocks->count; id++)
		if (hws[id])
			clk_hw_unregister(hws[id]);
}

static int register_as(struct libscmi_clock *clock, const char *name,
		       const struct clk_parent_data *parents)
{
	const struct clk_init_data init = {
		.name = name,
		.ops = libscmi_clock_ops(clock->features),
		.parent_data = parents,
		.num_parents = clock->parent_count,
		.flags = CLK_GET_RATE_NOCACHE,
	};

	clock->hw.init = &init;
	return clk_hw_register(&clock->clocks->device->dev, &clock->hw);
}

/* The framework knows each name once: another of that name is called after its instance as well. */
static int register_with_a_name(struct libscmi_clock *clock, const struct clk_parent_data *parents)
{
	struct libscmi_device *device = clock->clocks->device;
	const char *instance = libscmi_instance_name(device->instance);
	char name[sizeof(clock->name) + 48];
	int error;

	error = register_as(clock, clock->name, parents);
	if (error != -EEXIST)
		return error;
	snprintf(name, sizeof(name), "%s@%s", clock->name, instance);
	error = register_as(clock, name, parents);
	if (error == -EEXIST) {
		snprintf(name, sizeof(name), "%s@%s.%u", clock->name, instance, clock->id);
		error = register_as(clock, name, parents);
	}
	if (!error)
		dev_info(&device->dev, "clock %u: there is a clock %s already, this one is %s\n",
			 clock->id, clock->name, name);
	return error;
}

static int register_clock(struct libscmi_clocks *clocks, struct libscmi_clock *clock)
{
	struct clk_parent_data *parents;
	int error;

	parents = kcalloc(clock->parent_count, sizeof(*parents), GFP_KERNEL);
	if (!parents)
		return -ENOMEM;
	for (u32 i = 0; i < clock->parent_count; i++) {
		u32 id = clock->parents[i];

		if (id < clocks->count && clocks->clock[id])
			parents[i].hw = &clocks->clock[id]->hw;
		parents[i].index = -1;
	}
	error = register_with_a_name(clock, parents);
	kfree(parents);
	if (error) {
		dev_err(&clocks->device->dev, "clock %u (%s) is not registered: %d\n", clock->id,
			clock->name, error);
		return error == -ENOMEM ? error : 0;
	}
	clocks->provided->hws[clock->id] = &clock->hw;
	if (clock->max_hz)
		clk_hw_set_rate_range(&clock->hw, min_t(u64, clock->min_hz, ULONG_MAX),
				      min_t(u64, clock->max_hz, ULONG_MAX));
	return 0;
}

/* By id, as everybody does, so that the tree has the same order everywhere. */
static int register_all(struct libscmi_clocks *clocks)
{
	for (u32 id = 0; id < clocks->count; id++) {
		int error = clocks->clock[id] ? register_clock(clocks, clocks->clock[id]) : 0;

		if (error) {
			unregister_all(clocks);
			return error;
		}
	}
	return 0;
}

static int discover(struct libscmi_clocks *clocks)
{
	struct device *dev = &clocks->device->dev;
	struct scmi_clock_protocol_attributes_response attributes;
	int error;

	error = scmi_clock_protocol_attributes(clocks->agent, &attributes);
	if (!error)
		error = scmi_agent_version(clocks->agent, SCMI_CLOCK_PROTOCOL, &clocks->version);
	if (error)
		return error;
	clocks->count = attributes.num_clocks;
	if (libscmi_instance_limits(clocks->device->instance)->p2a)
		atomic_set(&clocks->async_slots, attributes.max_pending_async);
	clocks->provided =
		devm_kzalloc(dev, struct_size(clocks->provided, hws, clocks->count), GFP_KERNEL);
	if (!clocks->provided)
		return -ENOMEM;
	clocks->provided->num = clocks->count;
	return libscmi_clocks_discover(clocks);
}

static int probe(struct libscmi_device *device)
{
	struct libscmi_clocks *clocks = devm_kzalloc(&device->dev, sizeof(*clocks), GFP_KERNEL);
	int error;

	if (!clocks)
		return -ENOMEM;
	clocks->device = device;
	clocks->agent = device->agent;
	clocks->poll_budget_us = libscmi_poll_budget_us(device->instance);
	mutex_init(&clocks->lock);
	spin_lock_init(&clocks->state_lock);

	error = discover(clocks);
	if (error)
		return dev_err_probe(&device->dev, libscmi_errno(error),
				     "the platform's clocks are not known: %s\n",
				     scmi_error_text(error));
	error = libscmi_changes_init(clocks);
	if (!error)
		error = register_all(clocks);
	if (error)
		return error;
	error = of_clk_add_hw_provider(device->dev.of_node, of_clk_hw_onecell_get,
				       clocks->provided);
	if (error) {
		unregister_all(clocks);
		return error;
	}
	dev_set_drvdata(&device->dev, clocks);
	libscmi_changes_start(clocks);
	return 0;
}

/*
 * Clocks that consumers have switched on stay on at the platform: whoever takes this driver away
 * does not mean the hardware.
 */
static void remove(struct libscmi_device *device)
{
	struct libscmi_clocks *clocks = dev_get_drvdata(&device->dev);

	WRITE_ONCE(clocks->leaving, true);
	of_clk_del_provider(device->dev.of_node);
	libscmi_changes_stop(clocks);
	unregister_all(clocks);
}

static void was_reset(struct libscmi_device *device)
{
	struct libscmi_clocks *clocks = dev_get_drvdata(&device->dev);
	int error;

	/* Now, because those who poll for an answer have no time to ask for it. */
	error = scmi_agent_version(clocks->agent, SCMI_CLOCK_PROTOCOL, &clocks->version);
	if (error)
		dev_warn(&device->dev, "after a reset: %s\n", scmi_error_text(error));
	libscmi_clocks_ask_again(clocks);
	libscmi_changes_refresh_all(clocks);
}

static struct libscmi_driver clk_driver = {
	.name = "libscmi_clk",
	.protocol_id = SCMI_CLOCK_PROTOCOL,
	.probe = probe,
	.remove = remove,
	.was_reset = was_reset,
	/*
	 * Not to be unbound by hand: the clock framework cannot bear that a clock goes that
	 * somebody holds, and knows no way to tell its consumers. The module cannot go under them,
	 * and before an instance does the driver core unbinds them.
	 */
	.driver.suppress_bind_attrs = true,
};
module_libscmi_driver(clk_driver);

MODULE_ALIAS(LIBSCMI_ALIAS("14"));
MODULE_DESCRIPTION("Arm SCMI: clocks");
MODULE_LICENSE("GPL");
