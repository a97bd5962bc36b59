/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio SCMI device as a channel: its queues, and the slots that messages are carried in.
 *
 * A slot has a request and an answer that are lent to the device together, and a copy of the answer
 * that only we can change. A slot is lent, being delivered, or free; memory of slots is freed only
 * while there are no queues.
 *
 * Two locks. `setup` is held while queues come and go: start, stop, reset, freeze, restore.
 * `lock` is for all that messages touch, in any context. With neither held we call the core.
 */
#ifndef LIBSCMI_VIRTIO_CHANNEL_H
#define LIBSCMI_VIRTIO_CHANNEL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <libscmi_transport.h>

enum {
	CHANNEL_COMMANDS, /* the specification's cmdq */
	CHANNEL_EVENTS,	  /* its eventq, there if VIRTIO_SCMI_F_P2A_CHANNELS was agreed on */
	CHANNEL_QUEUES,
};

struct channel_slot {
	struct list_head node; /* among the free ones */
	void *request;	       /* NULL for those of events */
	void *answer;
	void *copy;
	bool lent;
};

struct channel_slots {
	struct channel_slot *slots;
	unsigned int count;
	struct list_head free;
};

struct channel_counters {
	u64 sent, answers, events;
	u64 full;	/* send() had no slot */
	u64 too_long;	/* the device says that it wrote more than there was room for */
	u64 too_short;	/* less than a header */
	u64 resets;
};

struct channel {
	struct virtio_device *vdev;

	struct mutex setup;
	bool has_queues;
	bool started;
	bool vanished; /* start() is not allowed */
	u32 message_size; /* of every request and answer, bytes */

	spinlock_t lock;
	struct virtqueue *queues[CHANNEL_QUEUES];
	struct channel_slots slots[CHANNEL_QUEUES];
	bool open; /* queues may be touched, slots may be lent */
	bool gone; /* until the next start() */
	unsigned int delivering;
	wait_queue_head_t delivered; /* `delivering` is 0 */
	struct libscmi_callbacks callbacks;
	void *instance;
	struct channel_counters counters;

	struct work_struct rest;     /* more has come than an interrupt should deliver */
	const struct device *user;   /* the instance's parent, while there is an instance */
	struct delayed_work watch;   /* while commands are out: see watch() */
	unsigned int leaving;	     /* so many times in a row it saw a device being unbound */
	struct work_struct say_gone; /* calls gone(), where send() found out */
};

extern const struct libscmi_transport channel_transport;

/* For the device's probe(), which has agreed on features. May sleep. 0 or -errno. */
int channel_init(struct channel *channel, struct virtio_device *vdev);
/* The device is reset and has no queues afterwards. No instance uses it any more. May sleep. */
void channel_fini(struct channel *channel);

/*
 * The device is about to vanish or to be switched off: callers get -ENODEV from now on, also from
 * start(), until it is allowed again. Both may sleep.
 */
void channel_vanish(struct channel *channel);
void channel_allow(struct channel *channel);
/* Has the device said, or have we found out, that it does not work any more? Any context. */
bool channel_is_broken(struct channel *channel);

/* For the device's freeze(), and for its restore(), which has agreed on features. May sleep. */
void channel_freeze(struct channel *channel);
int channel_restore(struct channel *channel);

/* channel.c, for queues.c: one queue has something. Any context. */
void channel_arrived(struct virtqueue *queue);

/* queues.c. All under `setup`. */
int channel_find_queues(struct channel *channel);
int channel_agree_again(struct channel *channel);
void channel_delete_queues(struct channel *channel);
int channel_new_slots(struct channel *channel, const u32 counts[CHANNEL_QUEUES]);
void channel_free_slots(struct channel *channel);

#endif
