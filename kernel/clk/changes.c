// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates that change without us. The clock framework reads a rate of ours whenever it is asked for
 * one, but remembers those of the clocks below that other drivers made of it, dividers for
 * example. So when the platform says that a rate has changed (CLOCK_RATE_CHANGED) it is read at
 * once, and with it everything below.
 *
 * Subscribing takes a message per clock, and nobody waits for that.
 */
#include <linux/bitmap.h>
#include <linux/clk.h>

#include "clk.h"

static void event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		  size_t size)
{
	struct libscmi_clocks *clocks = ctx;
	struct scmi_clock_rate_changed change;

	if (scmi_clock_rate_changed_decode(&change, payload, size, clocks->version) ||
	    change.clock_id >= clocks->count)
		return;
	set_bit(change.clock_id, clocks->changed);
	schedule_work(&clocks->refresh);
}

static void refresh(struct work_struct *work)
{
	struct libscmi_clocks *clocks = container_of(work, struct libscmi_clocks, refresh);
	u32 id;

	for_each_set_bit(id, clocks->changed, clocks->count) {
		clear_bit(id, clocks->changed);
		if (READ_ONCE(clocks->leaving))
			return;
		if (clocks->provided->hws[id])
			clk_get_rate(clocks->provided->hws[id]->clk);
	}
}

static void subscribe(struct work_struct *work)
{
	struct libscmi_clocks *clocks = container_of(work, struct libscmi_clocks, subscribe);

	for (u32 i = 0; i < clocks->present && !READ_ONCE(clocks->leaving); i++) {
		struct libscmi_clock *clock = clocks->clock[clocks->order[i]];
		__le32 key = cpu_to_le32(clock->id);
		int error;

		if (!(clock->features & CLOCK_CHANGES))
			continue;
		error = libscmi_subscribe(clocks->device, SCMI_CLOCK_RATE_NOTIFY, &key,
					  sizeof(key));
		if (!error) {
			clock->features |= CLOCK_SUBSCRIBED;
			continue;
		}
		dev_dbg(&clocks->device->dev, "clock %u (%s): changes of rate are not told: %s\n",
			clock->id, clock->name, scmi_error_text(error));
		if (!scmi_error_is_status(error))
			return;
	}
}

int libscmi_changes_init(struct libscmi_clocks *clocks)
{
	INIT_WORK(&clocks->subscribe, subscribe);
	INIT_WORK(&clocks->refresh, refresh);
	clocks->changed = devm_bitmap_zalloc(&clocks->device->dev, clocks->count, GFP_KERNEL);
	return clocks->changed ? 0 : -ENOMEM;
}

void libscmi_changes_start(struct libscmi_clocks *clocks)
{
	clocks->listener.protocol_id = SCMI_CLOCK_PROTOCOL;
	clocks->listener.message_id = SCMI_CLOCK_RATE_CHANGED;
	clocks->listener.event = event;
	clocks->listener.ctx = clocks;
	scmi_agent_listen(clocks->agent, &clocks->listener);
	schedule_work(&clocks->subscribe);
}

/* With `leaving` set. */
void libscmi_changes_stop(struct libscmi_clocks *clocks)
{
	libscmi_unlisten(clocks->device, &clocks->listener);
	cancel_work_sync(&clocks->subscribe);
	cancel_work_sync(&clocks->refresh);
	for (u32 i = 0; i < clocks->present; i++) {
		struct libscmi_clock *clock = clocks->clock[clocks->order[i]];
		__le32 key = cpu_to_le32(clock->id);

		if (clock->features & CLOCK_SUBSCRIBED)
			libscmi_unsubscribe(clocks->device, SCMI_CLOCK_RATE_NOTIFY, &key,
					    sizeof(key));
	}
}

void libscmi_changes_refresh_all(struct libscmi_clocks *clocks)
{
	bitmap_fill(clocks->changed, clocks->count);
	schedule_work(&clocks->refresh);
}
