// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "instance.h"
#include "subscribe.h"

/* How long the platform is left alone when its channel is full. */
#define RETRY_MS 10
#define RETRIES_MAX 100

static bool is_full(int error)
{
	return error == -EAGAIN || error == -EBUSY;
}

static int ask(struct libscmi_instance *instance, const struct libscmi_subscription *subscription,
	       bool enable, scmi_done_fn *done, void *ctx)
{
	u8 payload[LIBSCMI_KEY_MAX + sizeof(u32)];
	struct scmi_command command = {
		.protocol_id = subscription->protocol_id,
		.message_id = subscription->message_id,
		.payload = payload,
		.size = subscription->key_size + sizeof(u32),
	};

	memcpy(payload, subscription->key, subscription->key_size);
	scmi_put_le32(payload + subscription->key_size, enable);
	return scmi_agent_submit(instance->agent, &command, done, ctx, NULL);
}

static void forget(struct libscmi_subscription *subscription)
{
	list_del(&subscription->link);
	kfree(subscription);
}

/* ---- bringing the platform to what is held --------------------------------------------------- */

/* A platform that refuses has nothing to be told again. */
static void settled(void *ctx, const struct scmi_result *result)
{
}

static void settle(struct work_struct *work)
{
	struct libscmi_subscriptions *subscriptions =
		container_of(to_delayed_work(work), struct libscmi_subscriptions, settle);
	struct libscmi_instance *instance =
		container_of(subscriptions, struct libscmi_instance, subscriptions);
	struct libscmi_subscription *subscription, *next;
	bool again = false;

	mutex_lock(&subscriptions->lock);
	list_for_each_entry_safe(subscription, next, &subscriptions->entries, link) {
		bool wanted = subscription->holders;

		if (subscription->asked != wanted) {
			if (is_full(ask(instance, subscription, wanted, settled, NULL))) {
				again = true;
				continue;
			}
			subscription->asked = wanted;
		}
		if (!wanted)
			forget(subscription);
	}
	if (again && !subscriptions->ended)
		queue_delayed_work(libscmi_workqueue, &subscriptions->settle,
				   msecs_to_jiffies(RETRY_MS));
	mutex_unlock(&subscriptions->lock);
}

void libscmi_subscriptions_restore(struct libscmi_instance *instance)
{
	struct libscmi_subscriptions *subscriptions = &instance->subscriptions;
	struct libscmi_subscription *subscription;

	mutex_lock(&subscriptions->lock);
	list_for_each_entry(subscription, &subscriptions->entries, link)
		subscription->asked = false;
	if (!subscriptions->ended)
		mod_delayed_work(libscmi_workqueue, &subscriptions->settle, 0);
	mutex_unlock(&subscriptions->lock);
}

void libscmi_subscriptions_init(struct libscmi_instance *instance)
{
	struct libscmi_subscriptions *subscriptions = &instance->subscriptions;

	mutex_init(&subscriptions->lock);
	INIT_LIST_HEAD(&subscriptions->entries);
	INIT_DELAYED_WORK(&subscriptions->settle, settle);
}

void libscmi_subscriptions_end(struct libscmi_instance *instance)
{
	struct libscmi_subscriptions *subscriptions = &instance->subscriptions;

	mutex_lock(&subscriptions->lock);
	subscriptions->ended = true;
	mutex_unlock(&subscriptions->lock);
	flush_delayed_work(&subscriptions->settle);
}

void libscmi_subscriptions_fini(struct libscmi_instance *instance)
{
	struct libscmi_subscription *subscription, *next;

	list_for_each_entry_safe(subscription, next, &instance->subscriptions.entries, link)
		forget(subscription);
}

/* ---- holders --------------------------------------------------------------------------------- */

struct libscmi_subscription *libscmi_subscription_find(struct libscmi_instance *instance,
						       u8 protocol_id, u8 message_id,
						       const void *key, size_t key_size)
{
	struct libscmi_subscription *subscription;

	lockdep_assert_held(&instance->subscriptions.lock);
	list_for_each_entry(subscription, &instance->subscriptions.entries, link) {
		if (subscription->protocol_id == protocol_id &&
		    subscription->message_id == message_id && subscription->key_size == key_size &&
		    !memcmp(subscription->key, key, key_size))
			return subscription;
	}
	return NULL;
}

struct libscmi_subscription *libscmi_subscription_get(struct libscmi_instance *instance,
						      u8 protocol_id, u8 message_id,
						      const void *key, size_t key_size)
{
	struct libscmi_subscription *subscription =
		libscmi_subscription_find(instance, protocol_id, message_id, key, key_size);

	if (!subscription) {
		if (key_size > LIBSCMI_KEY_MAX || instance->subscriptions.ended)
			return NULL;
		subscription = kzalloc(sizeof(*subscription), GFP_KERNEL);
		if (!subscription)
			return NULL;
		subscription->protocol_id = protocol_id;
		subscription->message_id = message_id;
		subscription->key_size = key_size;
		memcpy(subscription->key, key, key_size);
		list_add_tail(&subscription->link, &instance->subscriptions.entries);
	}
	subscription->holders++;
	return subscription;
}

void libscmi_subscription_put(struct libscmi_instance *instance,
			      struct libscmi_subscription *subscription)
{
	lockdep_assert_held(&instance->subscriptions.lock);
	if (--subscription->holders)
		return;
	if (!subscription->asked || instance->subscriptions.ended)
		forget(subscription);
	else
		mod_delayed_work(libscmi_workqueue, &instance->subscriptions.settle, 0);
}

/* ---- for drivers ----------------------------------------------------------------------------- */

struct answer {
	struct completion came;
	int error;
};

static void answered(void *ctx, const struct scmi_result *result)
{
	struct answer *answer = ctx;

	answer->error = result->error;
	complete(&answer->came);
}

/* Hold it, and ask the platform unless it was asked. *sent: an answer comes. */
static int hold(struct libscmi_device *device, u8 message_id, const void *key, size_t key_size,
		struct answer *answer, bool *sent)
{
	struct libscmi_instance *instance = device->instance;
	struct libscmi_subscription *subscription;
	int error = 0;

	*sent = false;
	mutex_lock(&instance->subscriptions.lock);
	subscription = libscmi_subscription_get(instance, device->protocol_id, message_id, key,
						key_size);
	if (!subscription) {
		error = instance->subscriptions.ended ? -ENODEV : -ENOMEM;
	} else if (!subscription->asked) {
		error = ask(instance, subscription, true, answered, answer);
		*sent = subscription->asked = !error;
		if (error)
			libscmi_subscription_put(instance, subscription);
	}
	mutex_unlock(&instance->subscriptions.lock);
	return error;
}

static void give_up(struct libscmi_device *device, u8 message_id, const void *key, size_t key_size,
		    bool refused)
{
	struct libscmi_instance *instance = device->instance;
	struct libscmi_subscription *subscription;

	mutex_lock(&instance->subscriptions.lock);
	subscription = libscmi_subscription_find(instance, device->protocol_id, message_id, key,
						 key_size);
	if (!WARN_ON(!subscription || !subscription->holders)) {
		if (refused)
			subscription->asked = false;
		libscmi_subscription_put(instance, subscription);
	}
	mutex_unlock(&instance->subscriptions.lock);
}

int libscmi_subscribe(struct libscmi_device *device, u8 message_id, const void *key,
		      size_t key_size)
{
	struct answer answer;
	bool sent;
	int error;

	init_completion(&answer.came);
	for (int i = 0; i < RETRIES_MAX; i++) {
		error = hold(device, message_id, key, key_size, &answer, &sent);
		if (!is_full(error))
			break;
		msleep(RETRY_MS);
	}
	if (error || !sent)
		return error;
	wait_for_completion(&answer.came);
	if (answer.error)
		give_up(device, message_id, key, key_size, true);
	return answer.error;
}
EXPORT_SYMBOL_GPL(libscmi_subscribe);

void libscmi_unsubscribe(struct libscmi_device *device, u8 message_id, const void *key,
			 size_t key_size)
{
	give_up(device, message_id, key, key_size, false);
}
EXPORT_SYMBOL_GPL(libscmi_unsubscribe);
