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
	uint8_t *next = (uint8_t *)storage;

	scmi_list_init(&queue->waiting);
	scmi_list_init(&queue->free);
	queue->count = 0;
	queue->max = max;
	for (uint32_t i = 0; i <= max; i++) {
		struct scmi_queue_slot *slot = (struct scmi_queue_slot *)(void *)next;

		scmi_list_append(&queue->free, &slot->link);
		next += slot_size(message_size_max);
	}
}

bool scmi_queue_push(struct scmi_queue *queue, const void *message, size_t size)
{
	bool full = queue->count == queue->max;
	struct scmi_list *node = scmi_list_take(full ? &queue->waiting : &queue->free);
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
