// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages on their way through a channel, and the operations that the core knows.
 */
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/virtio_config.h>

#include <compat.h>

#include "channel.h"

#define HEADER_SIZE	     4u
#define MESSAGE_SIZE_DEFAULT 136u /* header, status, 128 bytes: what each such device takes */
#define MESSAGE_SIZE_MIN     32u
#define MESSAGE_SIZE_MAX     65536u
#define COMMANDS_MAX	     1024u /* there are no more tokens */
#define EVENTS_MAX	     256u
#define WATCH_MS	     100u
#define LEAVING_LOOKS	     10u /* for so many looks commands of a device being unbound are waited for */
#define BUDGET		     64u /* what an interrupt delivers before it leaves the rest to a thread */

/* ---- buffers: all under the lock ------------------------------------------------------------- */

static struct channel_slot *take_free(struct channel_slots *slots)
{
	struct channel_slot *slot;

	slot = list_first_entry_or_null(&slots->free, struct channel_slot, node);
	if (slot)
		list_del(&slot->node);
	return slot;
}

/* 0, or what virtqueue_add_sgs() says; then the slot is free again. */
static int lend(struct channel *channel, unsigned int which, struct channel_slot *slot,
		size_t request_size)
{
	struct scatterlist request, answer, *lists[2];
	unsigned int out = 0;
	int error;

	if (slot->request) {
		sg_init_one(&request, slot->request, request_size);
		lists[out++] = &request;
	}
	sg_init_one(&answer, slot->answer, channel->message_size);
	lists[out] = &answer;
	error = virtqueue_add_sgs(channel->queues[which], lists, out, 1, slot, GFP_ATOMIC);
	if (error)
		list_add(&slot->node, &channel->slots[which].free);
	else
		slot->lent = true;
	return error;
}

/* The device gets all the room for events that there is. */
static void lend_events(struct channel *channel)
{
	struct channel_slots *slots = &channel->slots[CHANNEL_EVENTS];
	struct channel_slot *slot;
	bool any = false;

	while ((slot = take_free(slots)) && !lend(channel, CHANNEL_EVENTS, slot, 0))
		any = true;
	if (any)
		virtqueue_kick(channel->queues[CHANNEL_EVENTS]);
}

static bool queue_is_broken(struct virtqueue *queue)
{
	return queue && virtqueue_is_broken(queue);
}

static bool is_broken(struct channel *channel)
{
	return queue_is_broken(channel->queues[CHANNEL_COMMANDS]) ||
	       queue_is_broken(channel->queues[CHANNEL_EVENTS]);
}

static void found_broken(struct channel *channel)
{
	if (!channel->gone) {
		channel->gone = true;
		schedule_work(&channel->say_gone);
	}
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Without the lock: nobody else has the slot now but, if it cheats, the device. */
static void deliver(struct channel *channel, struct channel_slot *slot, size_t size)
{
	memcpy(slot->copy, slot->answer, size);
	channel->callbacks.receive(channel->instance, slot->copy, size);
}

static bool has_message(struct channel *channel, unsigned int which, size_t size)
{
	if (size > channel->message_size) {
		channel->counters.too_long++;
		dev_warn_ratelimited(&channel->vdev->dev,
				     "%zu bytes said to be in a buffer of %u: dropped\n", size,
				     channel->message_size);
		return false;
	}
	if (size < HEADER_SIZE) {
		channel->counters.too_short++;
		dev_warn_ratelimited(&channel->vdev->dev, "a message of %zu bytes: dropped\n",
				     size);
		return false;
	}
	if (which == CHANNEL_COMMANDS)
		channel->counters.answers++;
	else
		channel->counters.events++;
	return true;
}

/*
 * Hand over what a queue has, but no more than the budget. Work is only started while the channel is
 * open: who closes it waits for that.
 */
static void drain(struct channel *channel, unsigned int which)
{
	unsigned int size, budget = BUDGET;
	struct channel_slot *slot;
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	while (channel->open && channel->queues[which]) {
		virtqueue_disable_cb(channel->queues[which]);
		slot = virtqueue_get_buf(channel->queues[which], &size);
		if (!slot) {
			if (queue_is_broken(channel->queues[which])) {
				found_broken(channel);
				break;
			}
			if (virtqueue_enable_cb(channel->queues[which]))
				break;
			continue;
		}
		slot->lent = false;
		if (has_message(channel, which, size)) {
			channel->delivering++;
			spin_unlock_irqrestore(&channel->lock, flags);
			deliver(channel, slot, size);
			spin_lock_irqsave(&channel->lock, flags);
			if (!--channel->delivering)
				wake_up_all(&channel->delivered);
		}
		list_add(&slot->node, &channel->slots[which].free);
		if (!--budget) {
			if (channel->open)
				schedule_work(&channel->rest);
			break;
		}
	}
	if (which == CHANNEL_EVENTS && channel->open && channel->queues[which])
		lend_events(channel);
	spin_unlock_irqrestore(&channel->lock, flags);
}

/* Interrupts of the queue stay off until the rest was handed over. */
void channel_arrived(struct virtqueue *queue)
{
	drain(queue->vdev->priv, queue->index);
}

static void drain_all(struct channel *channel)
{
	drain(channel, CHANNEL_COMMANDS);
	drain(channel, CHANNEL_EVENTS);
}

static void deliver_rest(struct work_struct *work)
{
	drain_all(container_of(work, struct channel, rest));
}

static int channel_poll(void *pointer)
{
	struct channel *channel = pointer;

	drain_all(channel);
	return READ_ONCE(channel->gone) ? -ENODEV : 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int send_locked(struct channel *channel, const void *message, size_t size)
{
	struct channel_slot *slot;
	int error;

	if (channel->gone || !channel->started)
		return -ENODEV;
	if (size < HEADER_SIZE || size > channel->message_size)
		return -EMSGSIZE;
	if (!channel->open)
		return -EAGAIN;
	slot = take_free(&channel->slots[CHANNEL_COMMANDS]);
	if (!slot) {
		channel->counters.full++;
		return -EAGAIN;
	}
	memcpy(slot->request, message, size);
	error = lend(channel, CHANNEL_COMMANDS, slot, size);
	if (!error && virtqueue_kick(channel->queues[CHANNEL_COMMANDS])) {
		channel->counters.sent++;
		schedule_delayed_work(&channel->watch, msecs_to_jiffies(WATCH_MS));
		return 0;
	}
	if (is_broken(channel)) {
		found_broken(channel);
		return -ENODEV;
	}
	channel->counters.full++;
	return -EAGAIN;
}

static int channel_send(void *pointer, const void *message, size_t size)
{
	struct channel *channel = pointer;
	unsigned long flags;
	int error;

	spin_lock_irqsave(&channel->lock, flags);
	error = send_locked(channel, message, size);
	spin_unlock_irqrestore(&channel->lock, flags);
	return error;
}

static unsigned int count_lent(const struct channel_slots *slots)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < slots->count; i++)
		count += slots->slots[i].lent;
	return count;
}

static bool is_being_unbound(const struct device *dev)
{
	return READ_ONCE(dev->links.status) == DL_DEV_UNBINDING;
}

/* The lock is held, and commands are with the device. */
static void watch_unbinding(struct channel *channel)
{
	if (!is_being_unbound(&channel->vdev->dev) && !is_being_unbound(channel->user))
		channel->leaving = 0;
	else if (++channel->leaving == LEAVING_LOOKS)
		found_broken(channel);
}

/*
 * Whose answer can no longer come shall not wait for it until the time limit. A bus may break a device
 * without a word. And to unbind one, the driver core first unbinds its consumers, who may wait for
 * their answers, before any code of ours is called.
 */
static void watch(struct work_struct *work)
{
	struct channel *channel = container_of(to_delayed_work(work), struct channel, watch);
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	if (channel->open && is_broken(channel)) {
		found_broken(channel);
	} else if (channel->open && count_lent(&channel->slots[CHANNEL_COMMANDS])) {
		watch_unbinding(channel);
		schedule_delayed_work(&channel->watch, msecs_to_jiffies(WATCH_MS));
	} else {
		channel->leaving = 0;
	}
	spin_unlock_irqrestore(&channel->lock, flags);
}

/* ---- the channel's life: all under `setup` ---------------------------------------------------- */

static void open_channel(struct channel *channel)
{
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	channel->open = true;
	if (channel->queues[CHANNEL_EVENTS])
		lend_events(channel);
	spin_unlock_irqrestore(&channel->lock, flags);
}

static bool is_delivering(struct channel *channel)
{
	unsigned long flags;
	bool delivering;

	spin_lock_irqsave(&channel->lock, flags);
	delivering = channel->delivering > 0;
	spin_unlock_irqrestore(&channel->lock, flags);
	return delivering;
}

/* Afterwards nobody touches the queues, and no message is on its way to the core. */
static void close_channel(struct channel *channel)
{
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	channel->open = false;
	spin_unlock_irqrestore(&channel->lock, flags);
	wait_event(channel->delivered, !is_delivering(channel));
}

static void say_gone(struct work_struct *work)
{
	struct channel *channel = container_of(work, struct channel, say_gone);

	if (channel_is_broken(channel))
		dev_err(&channel->vdev->dev, "the device is broken\n");
	else
		dev_info(&channel->vdev->dev, "is unbound with commands that were not answered\n");
	channel->callbacks.gone(channel->instance);
}

static int start_locked(struct channel *channel, const struct scmi_transport_settings *settings,
			struct scmi_transport_limits *limits)
{
	u32 counts[CHANNEL_QUEUES] = {};
	int error = 0;

	channel->message_size = settings && settings->message_size_max ? settings->message_size_max :
									 MESSAGE_SIZE_DEFAULT;
	if (channel->message_size < MESSAGE_SIZE_MIN || channel->message_size > MESSAGE_SIZE_MAX)
		return -EINVAL;
	if (!channel->has_queues) {
		error = channel_agree_again(channel);
		if (!error)
			error = channel_find_queues(channel);
		if (error)
			return error;
	}
	counts[CHANNEL_COMMANDS] = min(
		virtqueue_get_vring_size(channel->queues[CHANNEL_COMMANDS]) / 2, COMMANDS_MAX);
	if (settings && settings->messages_max)
		counts[CHANNEL_COMMANDS] = min(counts[CHANNEL_COMMANDS], settings->messages_max);
	if (channel->queues[CHANNEL_EVENTS])
		counts[CHANNEL_EVENTS] = min(
			virtqueue_get_vring_size(channel->queues[CHANNEL_EVENTS]), EVENTS_MAX);
	error = channel_new_slots(channel, counts);
	if (error) {
		channel_free_slots(channel);
		return error;
	}
	*limits = channel_transport.limits;
	if (settings && settings->response_timeout_ms)
		limits->response_timeout_ms = settings->response_timeout_ms;
	limits->messages_max = counts[CHANNEL_COMMANDS];
	limits->message_size_max = channel->message_size;
	limits->p2a = channel->queues[CHANNEL_EVENTS] != NULL;
	return 0;
}

static int channel_start(void *pointer, const struct scmi_transport_settings *settings,
			 const struct libscmi_callbacks *callbacks, void *instance,
			 struct scmi_transport_limits *limits)
{
	struct channel *channel = pointer;
	int error = -EBUSY;

	if (callbacks->size < sizeof(*callbacks))
		return -EINVAL;
	mutex_lock(&channel->setup);
	if (channel->vanished) {
		error = -ENODEV;
	} else if (!channel->started) {
		channel->callbacks = *callbacks;
		channel->instance = instance;
		error = start_locked(channel, settings, limits);
		if (!error) {
			channel->gone = false;
			channel->leaving = 0;
			channel->started = true;
			open_channel(channel);
		}
	}
	mutex_unlock(&channel->setup);
	return error;
}

static void channel_stop(void *pointer)
{
	struct channel *channel = pointer;

	mutex_lock(&channel->setup);
	if (channel->started) {
		close_channel(channel);
		cancel_delayed_work_sync(&channel->watch);
		cancel_work_sync(&channel->rest);
		cancel_work_sync(&channel->say_gone);
		channel->started = false;
		channel_delete_queues(channel);
		channel_free_slots(channel);
	}
	mutex_unlock(&channel->setup);
}

/*
 * The core is told while the channel is still closed: so all that was sent before is over, and nothing
 * that is sent from now on.
 */
static int set_up_again(struct channel *channel, bool agreed)
{
	int error = agreed ? 0 : channel_agree_again(channel);
	unsigned long flags;

	if (!error)
		error = channel_find_queues(channel);
	if (!error) {
		channel->counters.resets++;
		if (!channel->gone)
			channel->callbacks.was_reset(channel->instance);
		open_channel(channel);
		return 0;
	}
	dev_err(&channel->vdev->dev, "does not come back after a reset: %d\n", error);
	spin_lock_irqsave(&channel->lock, flags);
	found_broken(channel);
	spin_unlock_irqrestore(&channel->lock, flags);
	return error;
}

static int channel_reset(void *pointer)
{
	struct channel *channel = pointer;
	int error = -ENODEV;

	mutex_lock(&channel->setup);
	if (channel->started && !channel->gone) {
		close_channel(channel);
		channel_delete_queues(channel);
		error = set_up_again(channel, false);
	}
	mutex_unlock(&channel->setup);
	return error;
}

void channel_freeze(struct channel *channel)
{
	mutex_lock(&channel->setup);
	close_channel(channel);
	channel_delete_queues(channel);
	mutex_unlock(&channel->setup);
}

int channel_restore(struct channel *channel)
{
	int error = 0;

	mutex_lock(&channel->setup);
	if (channel->started)
		error = set_up_again(channel, true);
	else
		error = channel_find_queues(channel);
	mutex_unlock(&channel->setup);
	return error;
}

int channel_init(struct channel *channel, struct virtio_device *vdev)
{
	channel->vdev = vdev;
	mutex_init(&channel->setup);
	spin_lock_init(&channel->lock);
	init_waitqueue_head(&channel->delivered);
	INIT_WORK(&channel->rest, deliver_rest);
	INIT_DELAYED_WORK(&channel->watch, watch);
	INIT_WORK(&channel->say_gone, say_gone);
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++)
		INIT_LIST_HEAD(&channel->slots[i].free);
	return channel_find_queues(channel);
}

void channel_fini(struct channel *channel)
{
	channel_stop(channel);
	mutex_lock(&channel->setup);
	channel_delete_queues(channel);
	mutex_unlock(&channel->setup);
	mutex_destroy(&channel->setup);
}

void channel_vanish(struct channel *channel)
{
	bool told;
	unsigned long flags;

	mutex_lock(&channel->setup);
	channel->vanished = true;
	if (channel->started) {
		close_channel(channel);
		spin_lock_irqsave(&channel->lock, flags);
		told = channel->gone;
		channel->gone = true;
		spin_unlock_irqrestore(&channel->lock, flags);
		if (!told)
			channel->callbacks.gone(channel->instance);
	}
	mutex_unlock(&channel->setup);
}

void channel_allow(struct channel *channel)
{
	mutex_lock(&channel->setup);
	channel->vanished = false;
	mutex_unlock(&channel->setup);
}

bool channel_is_broken(struct channel *channel)
{
	unsigned long flags;
	bool broken;

	spin_lock_irqsave(&channel->lock, flags);
	broken = is_broken(channel);
	spin_unlock_irqrestore(&channel->lock, flags);
	return broken;
}

static void channel_show(void *pointer, struct seq_file *to)
{
	struct channel *channel = pointer;
	struct channel_counters counters;
	unsigned int lent[CHANNEL_QUEUES] = {};
	unsigned long flags;
	bool open, gone;

	mutex_lock(&channel->setup);
	spin_lock_irqsave(&channel->lock, flags);
	counters = channel->counters;
	open = channel->open;
	gone = channel->gone;
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++)
		lent[i] = count_lent(&channel->slots[i]);
	spin_unlock_irqrestore(&channel->lock, flags);
	seq_printf(to, "state: %s\n",
		   gone ? "gone" : open ? "open" : channel->has_queues ? "not started" : "closed");
	seq_printf(to, "message size: %u\n", channel->message_size);
	seq_printf(to, "commands with the device: %u of %u\n", lent[CHANNEL_COMMANDS],
		   channel->slots[CHANNEL_COMMANDS].count);
	seq_printf(to, "room for events with the device: %u of %u\n", lent[CHANNEL_EVENTS],
		   channel->slots[CHANNEL_EVENTS].count);
	mutex_unlock(&channel->setup);
	seq_printf(to, "sent: %llu\nanswers: %llu\nevents: %llu\n", counters.sent, counters.answers,
		   counters.events);
	seq_printf(to, "full: %llu\ntoo long: %llu\ntoo short: %llu\nresets: %llu\n",
		   counters.full, counters.too_long, counters.too_short, counters.resets);
}

const struct libscmi_transport channel_transport = {
	.abi = LIBSCMI_TRANSPORT_ABI,
	.size = sizeof(struct libscmi_transport),
	.name = "virtio",
	.limits = {
		/* A guest's device is served by a process that may have to wait for its turn. */
		.response_timeout_ms = 10000,
		.messages_max = COMMANDS_MAX,
		.message_size_max = MESSAGE_SIZE_DEFAULT,
		.p2a = true,
		.polling = true,
		.atomic = true,
	},
	.ops = {
		.start = channel_start,
		.stop = channel_stop,
		.send = channel_send,
		.poll = channel_poll,
		.reset = channel_reset,
		.show = channel_show,
	},
};
