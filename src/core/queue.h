/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bounded queue of whole messages in slots that were allocated at set-up. When it is full the
 * oldest message makes room. A message taken out stays where it is until it is released: the reader
 * needs no copy, and a writer never overwrites what is being read. One message may be taken at a
 * time.
 *
 * Does not lock; its owner does.
 */
#ifndef SCMI_CORE_QUEUE_H
#define SCMI_CORE_QUEUE_H

#include "core/list.h"

struct scmi_queue_slot {
	struct scmi_list link;
	uint32_t size;
	uint8_t message[];
};

struct scmi_queue {
	struct scmi_list waiting; /* oldest first */
	struct scmi_list free;	  /* used before */
	uint8_t *unused;	  /* from here on none was used: the memory is not even touched */
	size_t slot_size;
	uint32_t count; /* waiting */
	uint32_t max;
};

/* Bytes that the slots take, a multiple of 8. */
size_t scmi_queue_size(uint32_t max, uint32_t message_size_max);

/* @storage: scmi_queue_size() bytes, aligned to 8. */
void scmi_queue_init(struct scmi_queue *queue, void *storage, uint32_t max,
		     uint32_t message_size_max);

/*
 * Copies at most message_size_max bytes in. Returns whether the oldest message was dropped for it.
 */
bool scmi_queue_push(struct scmi_queue *queue, const void *message, size_t size);

/* Take the oldest, NULL when there is none. */
struct scmi_queue_slot *scmi_queue_take(struct scmi_queue *queue);

void scmi_queue_release(struct scmi_queue *queue, struct scmi_queue_slot *slot);

#endif
