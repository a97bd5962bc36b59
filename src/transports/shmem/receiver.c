// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The receiving end. From take() until the area is given back it is not looked at again: what the
 * sender does to it meanwhile changes nothing.
 */
#include "memory.h"
#include "shmem.h"

#define STATUS_PROTOCOL_ERROR (-10)

int scmi_shmem_receiver_init(struct scmi_shmem_receiver *receiver,
			     enum scmi_shmem_direction direction, volatile void *area,
			     uint32_t size)
{
	if (!shmem_valid(area, size))
		return -EINVAL;
	memset(receiver, 0, sizeof(*receiver));
	receiver->area = area;
	receiver->size = size;
	receiver->direction = direction;
	return 0;
}

static void give_back(struct scmi_shmem_receiver *receiver, bool error)
{
	shmem_barrier();
	shmem_write(receiver->area + SHMEM_STATUS,
		    SHMEM_STATUS_FREE | (error ? SHMEM_STATUS_ERROR : 0));
	shmem_barrier();
	receiver->taken = false;
	if (receiver->interrupt)
		receiver->ring = true;
}

/* A command that is longer than its area still has a header to answer to. */
static void refuse_long(struct scmi_shmem_receiver *receiver)
{
	uint8_t header[4], answer[8];

	shmem_read_message(receiver->area, header, sizeof(header));
	shmem_status_only(answer, header, STATUS_PROTOCOL_ERROR);
	shmem_write_message(receiver->area, answer, sizeof(answer));
	give_back(receiver, false);
}

int scmi_shmem_take(struct scmi_shmem_receiver *receiver, void *to, size_t space)
{
	uint32_t max = SCMI_SHMEM_MESSAGE_MAX(receiver->size);
	volatile uint8_t *area = receiver->area;
	uint32_t status, length;

	if (space < max)
		return -EINVAL;
	if (receiver->taken)
		return 0;
	status = shmem_read(area + SHMEM_STATUS);
	if (status & SHMEM_STATUS_FREE)
		return 0;
	shmem_barrier();
	receiver->interrupt = shmem_read(area + SHMEM_FLAGS) & SHMEM_FLAGS_INTERRUPT;
	if (status & SHMEM_STATUS_ERROR) {
		receiver->errors++;
		give_back(receiver, true);
		return -EPROTO;
	}
	length = shmem_read(area + SHMEM_LENGTH);
	if (length < 4 || length > max) {
		receiver->malformed++;
		/* Where an answer does not fit either, the error bit has to do. */
		if (length > max && max >= 8 && receiver->direction == SCMI_SHMEM_A2P)
			refuse_long(receiver);
		else
			give_back(receiver, true);
		return -EPROTO;
	}
	shmem_read_message(area, to, length);
	receiver->taken = true;
	receiver->received++;
	return (int)length;
}

int scmi_shmem_answer(struct scmi_shmem_receiver *receiver, const void *message, size_t size)
{
	if (!receiver->taken || receiver->direction != SCMI_SHMEM_A2P || size < 4)
		return -EINVAL;
	if (size > SCMI_SHMEM_MESSAGE_MAX(receiver->size))
		return -EMSGSIZE;
	shmem_write_message(receiver->area, message, (uint32_t)size);
	give_back(receiver, false);
	return 0;
}

void scmi_shmem_give(struct scmi_shmem_receiver *receiver, bool error)
{
	if (receiver->taken)
		give_back(receiver, error);
}

bool scmi_shmem_should_ring(struct scmi_shmem_receiver *receiver)
{
	bool ring = receiver->ring;

	receiver->ring = false;
	return ring;
}
