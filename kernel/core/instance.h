/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside libscmi.ko: an instance.
 *
 * It is made by the probe of its platform device and counted: who holds a reference may use the
 * agent after the platform device has gone, and gets -ENODEV. Between the agent and the transport
 * stands a gate (host.c): once libscmi_gate_shut() has returned, no thread is in the transport and
 * none gets there.
 *
 *	probing -> ready -> quiescing (orderly) -> gone
 *	   \________\___________________________/     when the transport says so
 */
#ifndef LIBSCMI_CORE_INSTANCE_H
#define LIBSCMI_CORE_INSTANCE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <libscmi.h>
#include <libscmi_transport.h>

#include "subscribe.h"

enum libscmi_state {
	LIBSCMI_PROBING,
	LIBSCMI_READY,
	LIBSCMI_QUIESCING, /* protocol drivers send their last messages */
	LIBSCMI_GONE,
};

/* What BASE says of the platform. Constant once the instance is ready. */
struct libscmi_identity {
	u32 base_version;
	u32 implementation_version;
	char vendor[16];
	char sub_vendor[16]; /* "" where it has none */
	u32 protocol_count;
	u8 protocols[255]; /* ascending; base is not among them */
};

/* What the descriptor says; 0 where it says nothing. */
struct libscmi_settings {
	struct scmi_transport_settings transport;
	u32 poll_budget_us;
	u32 atomic_threshold_us;
};

struct libscmi_raw;

struct libscmi_instance {
	struct kref references;
	struct list_head link; /* in the list of instances: from probe() to remove() */
	unsigned int number; /* the N of libscmiN; given again as soon as this one is gone */
	char name[20];
	struct device *dev; /* the platform device; valid until remove() is over */
	enum libscmi_state state;
	bool gone; /* the transport said so */
	unsigned int resets;

	/* Names are copies: the transport may be unloaded before the instance is released. */
	char transport_name[33];
	char supplier_name[64];
	const struct libscmi_transport_ops *ops; /* with open only */
	void *channel;
	bool open; /* the gate */
	bool started;

	struct scmi_agent *agent; /* NULL before it is made; callbacks may come before */
	void *storage;
	struct scmi_transport_limits limits; /* in force */
	struct libscmi_settings settings;
	u64 patience_ns; /* the shortest time after which a transfer may be over */

	spinlock_t lock; /* the channel lock */
	unsigned long flags; /* with which it was taken */
	wait_queue_head_t waiters;
	struct work_struct dispatch;
	struct work_struct restore;
	struct delayed_work tick;
	struct delayed_work limit; /* libscmi_limit_begin() */
	int limit_error;

	struct libscmi_identity identity;
	struct libscmi_raw __rcu *raw; /* raw.c's */
	struct libscmi_subscriptions subscriptions;
	struct dentry *debugfs;
};

extern struct workqueue_struct *libscmi_workqueue;

/* instance.c */
int libscmi_instances_init(void);
void libscmi_instances_exit(void);
void libscmi_instance_get(struct libscmi_instance *instance);
void libscmi_instance_put(struct libscmi_instance *instance); /* may sleep */
const char *libscmi_state_name(const struct libscmi_instance *instance);

/* Whether the instance is ready and nothing has taken it away. Any context. */
static inline bool libscmi_instance_ready(const struct libscmi_instance *instance)
{
	return READ_ONCE(instance->state) == LIBSCMI_READY && !READ_ONCE(instance->gone);
}

static inline struct scmi_agent *libscmi_instance_agent(const struct libscmi_instance *instance)
{
	return instance->agent;
}

static inline unsigned int libscmi_instance_number(const struct libscmi_instance *instance)
{
	return instance->number;
}

static inline struct device *libscmi_instance_device(const struct libscmi_instance *instance)
{
	return instance->dev;
}

/* host.c: what the engine's host does, in the kernel. */
void libscmi_host_init(struct libscmi_instance *instance);
/* Make the agent; callbacks reach it from now on. 0, -ENOMEM, -EINVAL. */
int libscmi_host_make_agent(struct libscmi_instance *instance);
void libscmi_host_fini(struct libscmi_instance *instance);
extern const struct libscmi_callbacks libscmi_callbacks;
/* Every call ends with error, from now on. Any context. */
void libscmi_host_close(struct libscmi_instance *instance, int error);
/*
 * libscmi_host_close() with `error` when that time is over and libscmi_limit_end() was not called,
 * which returns whether it came to that. One at a time.
 */
void libscmi_limit_begin(struct libscmi_instance *instance, unsigned int timeout_ms, int error);
bool libscmi_limit_end(struct libscmi_instance *instance);
/* No thread is in the transport any more, nor will be. May sleep. */
void libscmi_gate_shut(struct libscmi_instance *instance);
/* Neither timer nor callbacks run any more, nor start again. After the agent was closed. Sleeps. */
void libscmi_host_stop(struct libscmi_instance *instance);
/* scmi_agent_dispatch() as it ran when this was called is over. Sleeps; not from a callback. */
void libscmi_instance_flush(struct libscmi_instance *instance);
/* Look at the time limits now: for who submits a command with one of its own. Any context. */
void libscmi_instance_tick(struct libscmi_instance *instance);

/* settings.c */
void libscmi_settings_read(struct libscmi_instance *instance, const struct device_node *node);
/* 0, or -EINVAL after libscmi_failed(): such a transport is refused. */
int libscmi_supply_check(struct device *dev, const struct libscmi_supply *supply);
int libscmi_limits_check(struct device *dev, const struct scmi_transport_limits *limits);

/* discover.c: fill in identity, in bounded time. 0 or -errno, after libscmi_failed(). Sleeps. */
int libscmi_discover(struct libscmi_instance *instance);

/*
 * failures.c: say why `dev` did not become an instance, in the log and in debugfs, where it is kept
 * until the device is tried again or goes.
 */
__printf(2, 3) void libscmi_failed(struct device *dev, const char *format, ...);
void libscmi_failed_forget(struct device *dev);
int libscmi_failures_init(struct dentry *root);
void libscmi_failures_exit(void);

/* bus.c */
int libscmi_bus_init(void);
void libscmi_bus_exit(void);
void libscmi_devices_add(struct libscmi_instance *instance, struct device_node *descriptor);
void libscmi_devices_remove(struct libscmi_instance *instance);
void libscmi_devices_were_reset(struct libscmi_instance *instance);

/* attributes.c */
extern const struct attribute_group *libscmi_instance_groups[];
extern const struct attribute_group *libscmi_device_groups[];

/* debugfs.c */
struct dentry *libscmi_debugfs_init(void);
void libscmi_debugfs_exit(void);
void libscmi_debugfs_add(struct libscmi_instance *instance);
void libscmi_debugfs_remove(struct libscmi_instance *instance);

#endif
