/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/libscmiN (<libscmi_raw.h>): raw.c has the device and its opens, raw_command.c what happens to a
 * command.
 *
 * Who holds what. The device is there while the instance is in use; every open, and every command that
 * is out, holds a reference of the device's structure, which holds one of the instance: after the
 * instance has gone its agent answers -ENODEV. A command whose open was closed is canceled and ends
 * without it.
 *
 * Locks. raw->lock guards lists, queues and counts; it is taken before the agent's and never in an
 * interrupt. The subscriptions' lock is taken before both.
 */
#ifndef LIBSCMI_CORE_RAW_H
#define LIBSCMI_CORE_RAW_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <scmi/agent.h>

struct libscmi_instance;

/* The module's beginning and end. */
int libscmi_raw_init(void);
void libscmi_raw_exit(void);

/* A device for an instance that is ready. 0 or -errno; the instance works without. Sleeps. */
int libscmi_raw_add(struct libscmi_instance *instance);
/* The transport said that it is gone: wake who waits. Any context. */
void libscmi_raw_gone(struct libscmi_instance *instance);
/* Take the device away; who has it open gets -ENODEV. Before the agent is closed. Sleeps. */
void libscmi_raw_remove(struct libscmi_instance *instance);

/* ---- between raw.c and raw_command.c --------------------------------------------------------- */

struct libscmi_raw {
	struct device dev;
	struct cdev cdev;
	struct libscmi_instance *instance;
	bool gone;
	wait_queue_head_t wait; /* for messages, for room, for the end */

	spinlock_t lock;
	struct list_head files;
	unsigned int out;     /* commands that the agent has of us */
	unsigned int out_max; /* what is left is for drivers */
	struct list_head events; /* guarded by the subscriptions' lock */
};

/* One open. */
struct raw_file {
	struct list_head link;
	struct libscmi_raw *raw;
	struct list_head replies;
	struct list_head notifications;
	struct list_head commands; /* that are out */
	struct list_head holds;
	unsigned int owed; /* replies that are out or unread */
	unsigned int notification_count;
	u64 unanswered;
	u64 dropped;
};

struct raw_message {
	struct list_head link;
	size_t size;
	u8 bytes[];
};

/* Replies that an open may have out or unread. */
#define RAW_OWED_MAX 64u

/*
 * Send one whole command of `size` bytes, at least a header. 0; -EAGAIN or -EBUSY: no room now; what
 * <libscmi_raw.h> says. Sleeps, but for room.
 */
int raw_command(struct raw_file *file, const u8 *message, size_t size);
/* Give up what the open subscribed to, and what it has out. */
void raw_forget(struct raw_file *file);
/* No event comes any more. */
void raw_stop_events(struct libscmi_raw *raw);
void raw_free_events(struct libscmi_raw *raw);

#endif
