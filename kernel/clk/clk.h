/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside libscmi_clk.ko: the clocks that a platform offers, as clocks of Linux.
 *
 * A `struct libscmi_clocks` belongs to one protocol device, a `struct libscmi_clock` to one clock
 * of it; both live from probe() until remove() has unregistered every clock. A consumer may hold
 * its clock longer: then the clock framework answers for it, and nothing here is touched any more.
 *
 * Locks, in this order: the framework's prepare lock, clocks->lock; the framework's enable lock,
 * clocks->state_lock. Messages are sent with these held, because both sides must agree on their
 * order.
 */
#ifndef LIBSCMI_CLK_H
#define LIBSCMI_CLK_H

#include <linux/clk-provider.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <libscmi.h>
#include <scmi/clock.h>

/* What can be done with a clock. The first ones choose its clk_ops. */
#define CLOCK_ATOMIC  BIT(0) /* enabled and disabled where nothing may sleep */
#define CLOCK_STATE   BIT(1) /* may be switched on and off by us */
#define CLOCK_RATE    BIT(2) /* its rate may be set by us */
#define CLOCK_DUTY    BIT(3) /* has a duty cycle */
#define CLOCK_OPS     16u
#define CLOCK_PARENT  BIT(4) /* its parent may be set by us */
#define CLOCK_CHANGES BIT(5) /* the platform tells when its rate changes */
#define CLOCK_SUBSCRIBED BIT(6) /* and we asked it to */

/* A parent and a duty cycle that nobody asked for. */
#define CLOCK_AS_IT_IS 0xffffffffu

struct libscmi_clocks;

struct libscmi_clock {
	struct clk_hw hw;
	struct libscmi_clocks *clocks;
	u32 id;
	u32 features;
	char name[64];
	u32 *parents; /* ids */
	u32 parent_count;
	u64 min_hz;
	u64 max_hz; /* 0: the platform told no rates */
	u64 step_hz; /* 0: the rates are a list */
	unsigned long rate_hz; /* when it was read last */

	/* What consumers asked for, for a platform that has forgotten it. */
	bool on;
	u64 asked_hz; /* 0: nothing */
	u32 asked_parent;
	u32 asked_duty; /* percent */
};

struct libscmi_clocks {
	struct libscmi_device *device;
	struct scmi_agent *agent;
	u32 version;
	u32 poll_budget_us;
	bool leaving;	      /* remove() has begun: nothing is asked or set any more */
	atomic_t async_slots; /* changes of rate that the platform would still queue for us */
	struct mutex lock;    /* asked_* and their messages */
	spinlock_t state_lock; /* on of clocks with CLOCK_ATOMIC, and its messages */

	struct scmi_listener listener;
	struct work_struct subscribe;
	struct work_struct refresh;
	unsigned long *changed; /* a bit per id: clocks that refresh looks at */

	u32 count; /* highest id + 1 */
	u32 present;
	struct libscmi_clock **clock; /* by id; NULL: a gap */
	u32 *order;		      /* ids of those present, parents before children */
	struct clk_hw_onecell_data *provided;
};

#define to_libscmi_clock(h) container_of(h, struct libscmi_clock, hw)

/* discover.c: ask the platform about all clocks. 0, or an error of <scmi/error.h>. */
int libscmi_clocks_discover(struct libscmi_clocks *clocks);

/* ops.c: the operations for what a clock can do. */
const struct clk_ops *libscmi_clock_ops(u32 features);

/* ops.c: ask for everything again that consumers asked for. */
void libscmi_clocks_ask_again(struct libscmi_clocks *clocks);

/* changes.c: rates that the platform changes by itself. */
int libscmi_changes_init(struct libscmi_clocks *clocks);
void libscmi_changes_start(struct libscmi_clocks *clocks);
void libscmi_changes_stop(struct libscmi_clocks *clocks);
/* Read every rate again, in the background. */
void libscmi_changes_refresh_all(struct libscmi_clocks *clocks);

#endif
