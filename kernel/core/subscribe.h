/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subscriptions to notifications. The platform knows one agent, whose subscriptions many share:
 * drivers (libscmi_subscribe()) and the opens of /dev/libscmiN. Who holds one is counted here; the
 * platform is asked by the first, and told when the last has gone.
 */
#ifndef LIBSCMI_CORE_SUBSCRIBE_H
#define LIBSCMI_CORE_SUBSCRIBE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct libscmi_instance;

/* What a command says before its enable word: a domain at most. */
#define LIBSCMI_KEY_MAX 8

struct libscmi_subscriptions {
	struct mutex lock; /* also the order in which the platform is asked */
	struct list_head entries;
	struct delayed_work settle;
	bool ended;
};

struct libscmi_subscription {
	struct list_head link;
	u8 protocol_id;
	u8 message_id; /* of the command */
	u8 key_size;
	u8 key[LIBSCMI_KEY_MAX];
	unsigned int holders;
	bool asked; /* the platform was asked last to send them, not to stop */
};

void libscmi_subscriptions_init(struct libscmi_instance *instance);
/* What the platform has to be told is sent, as far as there is room; then nothing more. Sleeps. */
void libscmi_subscriptions_end(struct libscmi_instance *instance);
/* When nobody uses the instance any more. */
void libscmi_subscriptions_fini(struct libscmi_instance *instance);
/* The platform has forgotten them: ask again. Any context that sleeps. */
void libscmi_subscriptions_restore(struct libscmi_instance *instance);

/* All of these with the lock held. */

/* NULL: nobody holds it, nor has the platform to be told. */
struct libscmi_subscription *libscmi_subscription_find(struct libscmi_instance *instance,
						       u8 protocol_id, u8 message_id,
						       const void *key, size_t key_size);
/* One holder more. NULL: out of memory, the key is too long, or it has all ended. Sends nothing. */
struct libscmi_subscription *libscmi_subscription_get(struct libscmi_instance *instance,
						      u8 protocol_id, u8 message_id,
						      const void *key, size_t key_size);
/* One holder less. The platform is told soon, if it was the last and `asked` holds. */
void libscmi_subscription_put(struct libscmi_instance *instance,
			      struct libscmi_subscription *subscription);

#endif
