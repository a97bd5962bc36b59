/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/queue.h"

static size_t slot_size(uint32_t message_size_max)
{
	return (sizeof(struct scmi_queue_slot) + message_size_max + 7) & ~(size_t)7;
}

/* One slot more than may wait: the one that is being read. */
size_t scmi_queue_size(uint32_t max, uint32_t message_size_max)
{
	return (max + (size_t)1) * slot_size(message_size_max);
}

void scmi_queue_init(struct scmi_queue *queue, void *storage, uint32_t max,
		     uint32_t message_size_max)
{
	scmi_list_init(&queue->waiting);
	scmi_list_init(&queue->free);
	queue->unused = (uint8_t *)storage;
	queue->slot_size = slot_size(message_size_max);
	queue->count = 0;
	queue->max = max;
}

/* One that was used before, or the first that never was: of max + 1 there is one. */
static struct scmi_list *free_slot(struct scmi_queue *queue)
{
	struct scmi_list *node = scmi_list_take(&queue->free);
	struct scmi_queue_slot *slot;

	if (node)
		return node;
	slot = (struct scmi_queue_slot *)(void *)queue->unused;
	queue->unused += queue->slot_size;
	return &slot->link;
}

bool scmi_queue_push(struct scmi_queue *queue, const void *message, size_t size)
{
	bool full = queue->count == queue->max;
	struct scmi_list *node = full ? scmi_list_take(&queue->waiting) : free_slot(queue);
	struct scmi_queue_slot *slot = scmi_list_entry(node, struct scmi_queue_slot, link);

	slot->size = (uint32_t)size;
	memcpy(slot->message, message, size);
	scmi_list_append(&queue->waiting, &slot->link);
	if (!full)
		queue->count++;
	return full;
}

struct scmi_queue_slot *scmi_queue_take(struct scmi_queue *queue)
{
	struct scmi_list *node = scmi_list_take(&queue->waiting);

	if (!node)
		return NULL;
	queue->count--;
	return scmi_list_entry(node, struct scmi_queue_slot, link);
}

void scmi_queue_release(struct scmi_queue *queue, struct scmi_queue_slot *slot)
{
	scmi_list_prepend(&queue->free, &slot->link);
}
