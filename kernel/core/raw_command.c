// SPDX-License-Identifier: GPL-2.0-only
/* What a tool may send on the kernel's channel, and what comes back of it. */
#include <linux/slab.h>

#include <scmi/wire/base.h>
#include <wire/effects.h>
#include <wire/names.h>

#include "instance.h"
#include "raw.h"
#include "subscribe.h"

/* Bits 31:28 are reserved, and ignored. */
#define HEADER_MASK 0x0fffffffu
#define TYPE_MASK   0x00000300u

#define NOTIFICATIONS_MAX 256u

struct raw_pending;

/* One subscription of an open. Guarded by the subscriptions' lock; changed with raw->lock, too. */
struct raw_hold {
	struct list_head link;
	struct libscmi_subscription *subscription;
	struct raw_pending *asking; /* the platform has not answered yet */
	u8 notification_id;
};

/* One command that is out. Its replies have memory before it is sent: none is lost for want of it. */
struct raw_pending {
	struct list_head link;
	struct libscmi_raw *raw;
	struct raw_file *file; /* NULL: closed meanwhile */
	struct scmi_transfer *transfer;
	u32 header;  /* the writer's */
	u32 version; /* what PROTOCOL_VERSION is to answer; 0: what the platform says */
	bool makes_hold;
	struct raw_message *answer, *delayed; /* NULL when handed over, or not wanted */
	unsigned int owed;
};

/* The events of one kind that somebody has subscribed to. Stays until the device goes. */
struct raw_event {
	struct list_head link;
	struct libscmi_raw *raw;
	struct scmi_listener listener;
};

/* ---- messages for an open -------------------------------------------------------------------- */

static struct raw_message *new_message(const struct libscmi_raw *raw)
{
	return kmalloc(sizeof(struct raw_message) + raw->instance->limits.message_size_max,
		       GFP_KERNEL_ACCOUNT);
}

/* Header, status where there is one, and what follows. */
static void fill(struct raw_message *message, u32 header, const s32 *status, const void *rest,
		 size_t size)
{
	u8 *to = message->bytes;

	scmi_put_le32(to, header);
	to += SCMI_HEADER_SIZE;
	if (status) {
		scmi_put_le32(to, *status);
		to += sizeof(*status);
	}
	if (size)
		memcpy(to, rest, size);
	message->size = to + size - message->bytes;
}

static u32 reply_header(u32 header, u32 type)
{
	return (header & HEADER_MASK & ~TYPE_MASK) | type << 8;
}

/* With raw->lock. */
static void hand_over(struct raw_pending *pending, struct raw_message **message)
{
	list_add_tail(&(*message)->link, &pending->file->replies);
	*message = NULL;
	pending->owed--;
}

/* The answer, where there is one. With raw->lock, and an open. */
static void hand_over_answer(struct raw_pending *pending, const struct scmi_result *result)
{
	u8 *version;

	if (!result->values)
		return;
	fill(pending->answer, reply_header(pending->header, SCMI_COMMAND), &result->status,
	     result->values, result->size);
	if (pending->version && !result->error && result->size >= sizeof(u32)) {
		version = pending->answer->bytes + SCMI_ANSWER_SIZE_MIN;
		scmi_put_le32(version, pending->version);
	}
	hand_over(pending, &pending->answer);
}

/* ---- subscriptions of an open; with their lock ----------------------------------------------- */

static struct raw_hold *find_hold(const struct raw_file *file,
				  const struct libscmi_subscription *subscription)
{
	struct raw_hold *hold;

	list_for_each_entry(hold, &file->holds, link) {
		if (hold->subscription == subscription)
			return hold;
	}
	return NULL;
}

static void drop_hold(struct libscmi_raw *raw, struct raw_hold *hold)
{
	spin_lock(&raw->lock);
	list_del(&hold->link);
	spin_unlock(&raw->lock);
	libscmi_subscription_put(raw->instance, hold->subscription);
	kfree(hold);
}

/* Did this open ask for it? In a notification the domain follows the id of an agent. */
static bool wants(const struct raw_file *file, const struct scmi_listener *event, const u8 *payload,
		  size_t size)
{
	const struct raw_hold *hold;

	list_for_each_entry(hold, &file->holds, link) {
		const struct libscmi_subscription *subscription = hold->subscription;

		if (subscription->protocol_id == event->protocol_id &&
		    hold->notification_id == event->message_id &&
		    size >= sizeof(u32) + subscription->key_size &&
		    !memcmp(payload + sizeof(u32), subscription->key, subscription->key_size))
			return true;
	}
	return false;
}

/* The oldest makes room; with raw->lock. */
static void notify(struct raw_file *file, u32 header, const void *payload, size_t size)
{
	struct raw_message *message;

	if (file->notification_count == NOTIFICATIONS_MAX) {
		message = list_first_entry(&file->notifications, struct raw_message, link);
		list_del(&message->link);
		kfree(message);
		file->notification_count--;
		file->dropped++;
	}
	message = kmalloc(sizeof(*message) + SCMI_HEADER_SIZE + size, GFP_ATOMIC | __GFP_NOWARN);
	if (!message) {
		file->dropped++;
		return;
	}
	fill(message, header, NULL, payload, size);
	list_add_tail(&message->link, &file->notifications);
	file->notification_count++;
}

static void on_event(void *ctx, u8 protocol_id, u8 message_id, const void *payload, size_t size)
{
	struct raw_event *event = ctx;
	struct libscmi_raw *raw = event->raw;
	u32 header = scmi_header(protocol_id, SCMI_NOTIFICATION, message_id, 0);
	struct raw_file *file;

	spin_lock(&raw->lock);
	list_for_each_entry(file, &raw->files, link) {
		if (wants(file, &event->listener, payload, size))
			notify(file, header, payload, size);
	}
	spin_unlock(&raw->lock);
	wake_up_interruptible(&raw->wait);
}

static int listen(struct libscmi_raw *raw, u8 protocol_id, u8 notification_id)
{
	struct raw_event *event;

	list_for_each_entry(event, &raw->events, link) {
		if (event->listener.protocol_id == protocol_id &&
		    event->listener.message_id == notification_id)
			return 0;
	}
	if (READ_ONCE(raw->gone))
		return -ENODEV;
	event = kzalloc(sizeof(*event), GFP_KERNEL);
	if (!event)
		return -ENOMEM;
	event->raw = raw;
	event->listener.protocol_id = protocol_id;
	event->listener.message_id = notification_id;
	event->listener.event = on_event;
	event->listener.ctx = event;
	list_add_tail(&event->link, &raw->events);
	scmi_agent_listen(raw->instance->agent, &event->listener);
	return 0;
}

void raw_stop_events(struct libscmi_raw *raw)
{
	struct libscmi_instance *instance = raw->instance;
	struct raw_event *event;

	/* The device is marked as gone: no event is added after this. */
	mutex_lock(&instance->subscriptions.lock);
	list_for_each_entry(event, &raw->events, link)
		scmi_agent_unlisten(instance->agent, &event->listener);
	mutex_unlock(&instance->subscriptions.lock);
	libscmi_instance_flush(instance);
}

void raw_free_events(struct libscmi_raw *raw)
{
	struct raw_event *event, *next;

	list_for_each_entry_safe(event, next, &raw->events, link)
		kfree(event);
}

/* ---- the way of a command -------------------------------------------------------------------- */

static void free_pending(struct raw_pending *pending)
{
	kfree(pending->answer);
	kfree(pending->delayed);
	kfree(pending);
}

/* Count it as out, if there is room. */
static int enter(struct raw_pending *pending)
{
	struct libscmi_raw *raw = pending->raw;
	struct raw_file *file = pending->file;
	int error = -EAGAIN;

	spin_lock(&raw->lock);
	if (file->owed < min(raw->out_max, RAW_OWED_MAX) && raw->out < raw->out_max) {
		raw->out++;
		file->owed += pending->owed;
		list_add_tail(&pending->link, &file->commands);
		error = 0;
	}
	spin_unlock(&raw->lock);
	if (!error)
		get_device(&raw->dev);
	return error;
}

/* It is out no longer, and what it still owes never comes. */
static void leave(struct raw_pending *pending)
{
	struct libscmi_raw *raw = pending->raw;

	spin_lock(&raw->lock);
	raw->out--;
	if (pending->file) {
		list_del(&pending->link);
		pending->file->owed -= pending->owed;
	}
	spin_unlock(&raw->lock);
	wake_up_all(&raw->wait);
	free_pending(pending);
	put_device(&raw->dev);
}

static void accepted(void *ctx, const struct scmi_result *result)
{
	struct raw_pending *pending = ctx;
	struct libscmi_raw *raw = pending->raw;

	spin_lock(&raw->lock);
	if (pending->file)
		hand_over_answer(pending, result);
	spin_unlock(&raw->lock);
	wake_up_interruptible(&raw->wait);
}

/* The platform took the subscription or refused it; then the open does not hold it. */
static void decide_hold(struct raw_pending *pending, bool refused)
{
	struct libscmi_instance *instance = pending->raw->instance;
	struct raw_hold *hold;

	mutex_lock(&instance->subscriptions.lock);
	/* Not there when the open has closed, or has given it up meanwhile. */
	if (pending->file) {
		list_for_each_entry(hold, &pending->file->holds, link) {
			if (hold->asking != pending)
				continue;
			hold->asking = NULL;
			if (refused) {
				hold->subscription->asked = false;
				drop_hold(pending->raw, hold);
			}
			break;
		}
	}
	mutex_unlock(&instance->subscriptions.lock);
}

static void ended(void *ctx, const struct scmi_result *result)
{
	struct raw_pending *pending = ctx;
	struct libscmi_raw *raw = pending->raw;
	struct raw_file *file;

	if (pending->makes_hold)
		decide_hold(pending, result->error);
	spin_lock(&raw->lock);
	file = pending->file;
	if (file) {
		if (pending->answer)
			hand_over_answer(pending, result);
		if (result->delayed_values) {
			fill(pending->delayed,
			     reply_header(pending->header, SCMI_DELAYED_RESPONSE),
			     &result->delayed_status, result->delayed_values,
			     result->delayed_size);
			hand_over(pending, &pending->delayed);
		}
		if (pending->answer)
			file->unanswered++;
	}
	spin_unlock(&raw->lock);
	leave(pending);
}

/* What is answered here: SUCCESS, and nothing more. */
static void answer_here(struct raw_pending *pending)
{
	static const u8 nothing;
	const struct scmi_result result = { .values = &nothing };

	ended(pending, &result);
}

static int submit(struct raw_pending *pending, const struct scmi_command *command)
{
	int error = scmi_agent_submit(pending->raw->instance->agent, command, ended, pending,
				      &pending->transfer);

	/* Who tries again has to look, nobody tells. */
	return error == -EAGAIN ? -EBUSY : error;
}

static int subscribe(struct raw_pending *pending, const struct scmi_command *command,
		     const struct scmi_effect *effect)
{
	struct libscmi_raw *raw = pending->raw;
	struct libscmi_instance *instance = raw->instance;
	struct libscmi_subscription *subscription;
	struct raw_hold *hold;
	int error;

	error = listen(raw, command->protocol_id, effect->notification_id);
	if (error)
		return error;
	subscription = libscmi_subscription_get(instance, command->protocol_id, command->message_id,
						command->payload, effect->key_size);
	if (!subscription)
		return READ_ONCE(raw->gone) ? -ENODEV : -ENOMEM;
	hold = find_hold(pending->file, subscription);
	if (hold) {
		/* Once more of the same: the platform may say so. */
		error = submit(pending, command);
		libscmi_subscription_put(instance, subscription);
		return error;
	}
	hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);
	if (!hold) {
		libscmi_subscription_put(instance, subscription);
		return -ENOMEM;
	}
	hold->subscription = subscription;
	hold->notification_id = effect->notification_id;
	hold->asking = pending;
	pending->makes_hold = true;
	spin_lock(&raw->lock);
	list_add_tail(&hold->link, &pending->file->holds);
	spin_unlock(&raw->lock);
	error = submit(pending, command);
	if (error) {
		drop_hold(raw, hold);
	} else {
		subscription->asked = true;
	}
	return error;
}

/* *here: the platform is not asked, because others want it on. */
static int unsubscribe(struct raw_pending *pending, const struct scmi_command *command,
		       const struct scmi_effect *effect, bool *here)
{
	struct libscmi_subscription *subscription =
		libscmi_subscription_find(pending->raw->instance, command->protocol_id,
					  command->message_id, command->payload, effect->key_size);
	struct raw_hold *hold = subscription ? find_hold(pending->file, subscription) : NULL;
	int error = 0;

	*here = subscription && subscription->holders > (hold ? 1 : 0);
	if (!*here)
		error = submit(pending, command);
	if (error)
		return error;
	if (subscription && !*here)
		subscription->asked = false;
	if (hold)
		drop_hold(pending->raw, hold);
	return 0;
}

static int send(struct raw_pending *pending, const struct scmi_command *command,
		const struct scmi_effect *effect)
{
	struct mutex *lock = &pending->raw->instance->subscriptions.lock;
	bool here = false;
	int error;

	if (effect->notification_id < 0)
		return submit(pending, command);
	mutex_lock(lock);
	if (effect->enable)
		error = subscribe(pending, command, effect);
	else
		error = unsubscribe(pending, command, effect, &here);
	mutex_unlock(lock);
	if (here)
		answer_here(pending);
	return error;
}

/*
 * Before a tool speaks a protocol the kernel does: a version agreed on later would change the
 * messages under the tool. Where there is no version to agree on, the command goes as it is.
 */
static int agree(struct libscmi_raw *raw, u8 protocol_id, u32 *version)
{
	int error;

	*version = 0;
	if (!scmi_protocol_newest(protocol_id))
		return 0;
	error = scmi_agent_version(raw->instance->agent, protocol_id, version);
	if (error)
		*version = 0;
	if (error == -ENODEV)
		return error;
	return error == -EAGAIN || error == -EBUSY ? -EBUSY : 0;
}

/* May a tool send it? */
static int admit(const struct scmi_command *command, u32 version)
{
	if (command->protocol_id == SCMI_BASE_PROTOCOL &&
	    command->message_id == SCMI_BASE_RESET_AGENT_CONFIGURATION)
		return -EPERM;
	if (command->message_id == SCMI_NEGOTIATE_PROTOCOL_VERSION && version &&
	    command->size == sizeof(u32) && scmi_get_le32(command->payload) != version)
		return -EPERM;
	return 0;
}

int raw_command(struct raw_file *file, const u8 *message, size_t size)
{
	struct libscmi_raw *raw = file->raw;
	u32 header = scmi_get_le32(message);
	struct scmi_command command = {
		.protocol_id = scmi_header_protocol_id(header),
		.message_id = scmi_header_message_id(header),
		.payload = message + SCMI_HEADER_SIZE,
		.size = size - SCMI_HEADER_SIZE,
		.accepted = accepted,
	};
	struct raw_pending *pending;
	struct scmi_effect effect;
	u32 version;
	int error;

	if (scmi_header_message_type(header) != SCMI_COMMAND)
		return -EINVAL;
	error = agree(raw, command.protocol_id, &version);
	if (!error)
		error = admit(&command, version);
	if (error)
		return error;
	scmi_effect_of(&effect, command.protocol_id, command.message_id, command.payload,
		       command.size);
	command.delayed = effect.delayed && raw->instance->limits.p2a;

	pending = kzalloc(sizeof(*pending), GFP_KERNEL_ACCOUNT);
	if (!pending)
		return -ENOMEM;
	pending->raw = raw;
	pending->file = file;
	pending->header = header;
	if (command.message_id == SCMI_PROTOCOL_VERSION)
		pending->version = version;
	pending->owed = command.delayed ? 2 : 1;
	pending->answer = new_message(raw);
	if (command.delayed)
		pending->delayed = new_message(raw);
	error = pending->answer && (pending->delayed || !command.delayed) ? enter(pending) : -ENOMEM;
	if (error) {
		free_pending(pending);
		return error;
	}
	error = send(pending, &command, &effect);
	if (error)
		leave(pending);
	return error;
}

/* ---- the end of an open ---------------------------------------------------------------------- */

void raw_forget(struct raw_file *file)
{
	struct libscmi_raw *raw = file->raw;
	struct libscmi_instance *instance = raw->instance;
	struct raw_pending *pending, *next_pending;
	struct raw_hold *hold, *next_hold;

	mutex_lock(&instance->subscriptions.lock);
	spin_lock(&raw->lock);
	list_del(&file->link);
	list_for_each_entry_safe(pending, next_pending, &file->commands, link) {
		list_del(&pending->link);
		pending->file = NULL;
		/* ended() cannot be over: it waits for this lock, and the transfer for it. */
		scmi_agent_cancel(instance->agent, pending->transfer);
	}
	spin_unlock(&raw->lock);
	list_for_each_entry_safe(hold, next_hold, &file->holds, link)
		drop_hold(raw, hold);
	mutex_unlock(&instance->subscriptions.lock);
}
