// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sending end. What it lent it remembers itself: the status word says when the area is back,
 * but not that something was out.
 */
#include "memory.h"
#include "shmem.h"

#define STATUS_COMMS_ERROR (-7)

int scmi_shmem_sender_init(struct scmi_shmem_sender *sender, enum scmi_shmem_direction direction,
			   volatile void *area, uint32_t size, bool interrupt)
{
	if (!shmem_valid(area, size))
		return -EINVAL;
	memset(sender, 0, sizeof(*sender));
	sender->area = area;
	sender->size = size;
	sender->direction = direction;
	sender->interrupt = interrupt;
	return 0;
}

bool scmi_shmem_is_free(const struct scmi_shmem_sender *sender)
{
	if (sender->lent && sender->direction == SCMI_SHMEM_A2P)
		return false;
	return shmem_read(sender->area + SHMEM_STATUS) & SHMEM_STATUS_FREE;
}

int scmi_shmem_send(struct scmi_shmem_sender *sender, const void *message, size_t size)
{
	volatile uint8_t *area = sender->area;
	uint32_t status;

	if (size < sizeof(sender->header))
		return -EINVAL;
	if (size > SCMI_SHMEM_MESSAGE_MAX(sender->size))
		return -EMSGSIZE;
	if (sender->lent && sender->direction == SCMI_SHMEM_A2P) {
		sender->busy++;
		return -EAGAIN;
	}
	status = shmem_read(area + SHMEM_STATUS);
	if (!(status & SHMEM_STATUS_FREE)) {
		sender->busy++;
		return -EAGAIN;
	}
	if (sender->lent && status & SHMEM_STATUS_ERROR)
		sender->errors++;

	/*
	 * Some write the status first. Written last, it also serves a receiver that looks without
	 * having been rung.
	 */
	shmem_barrier();
	shmem_write(area + SHMEM_RESERVED, 0);
	shmem_write(area + SHMEM_FLAGS, sender->interrupt ? SHMEM_FLAGS_INTERRUPT : 0);
	shmem_write_message(area, message, (uint32_t)size);
	shmem_barrier();
	shmem_write(area + SHMEM_STATUS, 0);
	shmem_barrier();
	memcpy(sender->header, message, sizeof(sender->header));
	sender->lent = true;
	sender->sent++;
	return 0;
}

int scmi_shmem_fetch(struct scmi_shmem_sender *sender, void *to, size_t space)
{
	volatile uint8_t *area = sender->area;
	uint32_t status, length;

	if (sender->direction != SCMI_SHMEM_A2P || space < SCMI_SHMEM_MESSAGE_MAX(sender->size) ||
	    space < 8)
		return -EINVAL;
	if (!sender->lent)
		return 0;
	status = shmem_read(area + SHMEM_STATUS);
	if (!(status & SHMEM_STATUS_FREE))
		return 0;
	shmem_barrier();
	sender->lent = false;
	if (status & SHMEM_STATUS_ERROR) {
		sender->errors++;
		shmem_status_only(to, sender->header, STATUS_COMMS_ERROR);
		return 8;
	}
	length = shmem_read(area + SHMEM_LENGTH);
	if (length < 4 || length > SCMI_SHMEM_MESSAGE_MAX(sender->size)) {
		sender->malformed++;
		shmem_status_only(to, sender->header, STATUS_COMMS_ERROR);
		return 8;
	}
	shmem_read_message(area, to, length);
	return (int)length;
}

void scmi_shmem_reset(struct scmi_shmem_sender *sender)
{
	volatile uint8_t *area = sender->area;

	shmem_write(area + SHMEM_RESERVED, 0);
	shmem_write(area + SHMEM_FLAGS, 0);
	shmem_write(area + SHMEM_LENGTH, 0);
	shmem_barrier();
	shmem_write(area + SHMEM_STATUS, SHMEM_STATUS_FREE);
	shmem_barrier();
	sender->lent = false;
}
