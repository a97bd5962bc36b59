// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues and slots: how they come, and how they go. A buffer that was lent is taken back by deleting
 * the queues of a device that was reset, and in no other way; only then may its slot be freed.
 */
#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_scmi.h>

#include <compat.h>

#include "channel.h"

int channel_find_queues(struct channel *channel)
{
	static const char *const names[CHANNEL_QUEUES] = { "cmdq", "eventq" };
	vq_callback_t *callbacks[CHANNEL_QUEUES] = { channel_arrived, channel_arrived };
	struct virtio_device *vdev = channel->vdev;
	unsigned int count = virtio_has_feature(vdev, VIRTIO_SCMI_F_P2A_CHANNELS) ? 2 : 1;
	struct virtqueue *queues[CHANNEL_QUEUES] = { NULL, NULL };
	unsigned long flags;
	int error;

	BUILD_BUG_ON(CHANNEL_QUEUES > LIBSCMI_VIRTQUEUES_MAX);
	error = libscmi_find_virtqueues(vdev, count, queues, callbacks, names);
	if (error)
		return error;
	/* A command takes two descriptors. */
	if (virtqueue_get_vring_size(queues[CHANNEL_COMMANDS]) < 2) {
		vdev->config->del_vqs(vdev);
		return -EINVAL;
	}
	spin_lock_irqsave(&channel->lock, flags);
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++)
		channel->queues[i] = queues[i];
	spin_unlock_irqrestore(&channel->lock, flags);
	channel->has_queues = true;
	virtio_device_ready(vdev);
	return 0;
}

/*
 * What the virtio core does before it calls probe(). It offers the bus all of its features again: there
 * are buses that have some of their own among them, which do not last.
 */
int channel_agree_again(struct channel *channel)
{
	const u64 of_bus = GENMASK_ULL(VIRTIO_TRANSPORT_F_END - 1, VIRTIO_TRANSPORT_F_START);
	struct virtio_device *vdev = channel->vdev;
	int error;

	virtio_reset_device(vdev);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	vdev->features = (vdev->features | of_bus) & vdev->config->get_features(vdev);
	error = vdev->config->finalize_features(vdev);
	if (error)
		return error;
	if (virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		virtio_add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
		if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK))
			return -ENODEV;
	}
	return 0;
}

void channel_delete_queues(struct channel *channel)
{
	struct virtio_device *vdev = channel->vdev;
	unsigned long flags;

	virtio_reset_device(vdev);
	if (!channel->has_queues)
		return;
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++)
		while (channel->queues[i] && virtqueue_detach_unused_buf(channel->queues[i]))
			;
	/* There are buses whose reset is only a word: their devices let go of the memory here. */
	vdev->config->del_vqs(vdev);
	channel->has_queues = false;

	spin_lock_irqsave(&channel->lock, flags);
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++) {
		struct channel_slots *slots = &channel->slots[i];

		channel->queues[i] = NULL;
		for (unsigned int j = 0; j < slots->count; j++) {
			if (!slots->slots[j].lent)
				continue;
			slots->slots[j].lent = false;
			list_add(&slots->slots[j].node, &slots->free);
		}
	}
	spin_unlock_irqrestore(&channel->lock, flags);
}

static int new_slot(struct channel_slot *slot, u32 size, bool with_request)
{
	/* Whole cache lines: what the device writes into shares none with anything of ours. */
	size_t lent_size = ALIGN(size, max_t(size_t, dma_get_cache_alignment(), SMP_CACHE_BYTES));

	slot->copy = kzalloc(size, GFP_KERNEL);
	slot->answer = kzalloc(lent_size, GFP_KERNEL);
	if (with_request)
		slot->request = kzalloc(lent_size, GFP_KERNEL);
	return slot->copy && slot->answer && (slot->request || !with_request) ? 0 : -ENOMEM;
}

/* On failure what was made stays, for channel_free_slots(). */
int channel_new_slots(struct channel *channel, const u32 counts[CHANNEL_QUEUES])
{
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++) {
		struct channel_slots *slots = &channel->slots[i];

		if (!counts[i])
			continue;
		slots->slots = kvcalloc(counts[i], sizeof(*slots->slots), GFP_KERNEL);
		if (!slots->slots)
			return -ENOMEM;
		slots->count = counts[i];
		for (unsigned int j = 0; j < slots->count; j++) {
			struct channel_slot *slot = &slots->slots[j];
			int error = new_slot(slot, channel->message_size, i == CHANNEL_COMMANDS);

			if (error)
				return error;
			list_add_tail(&slot->node, &slots->free);
		}
	}
	return 0;
}

void channel_free_slots(struct channel *channel)
{
	for (unsigned int i = 0; i < CHANNEL_QUEUES; i++) {
		struct channel_slots *slots = &channel->slots[i];

		for (unsigned int j = 0; j < slots->count; j++) {
			kfree(slots->slots[j].request);
			kfree(slots->slots[j].answer);
			kfree(slots->slots[j].copy);
		}
		kvfree(slots->slots);
		slots->slots = NULL;
		slots->count = 0;
		INIT_LIST_HEAD(&slots->free);
	}
}
