// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the device does to the rings and to the connection, as the input says. */
#include "frontend_run.h"
#include "reached.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

/* One of those that are out, the input says which. False: none. */
static bool pick(uint32_t index, uint8_t which, uint32_t *head)
{
	const struct mirror *mirror = &run.mirrors[index];
	uint32_t num = run.device.queues[index].num;

	for (uint32_t i = 0; i < num; i++) {
		*head = (which + i) & (num - 1);
		if (mirror->loans[*head].out)
			return true;
	}
	return false;
}

void frontend_give(uint32_t index, uint8_t what, bool publish)
{
	const struct mirror *mirror = &run.mirrors[index];
	const struct loan *loan;
	uint32_t head, size, fill = input_u8(&run.in);

	if (!pick(index, what, &head))
		return;
	loan = &mirror->loans[head];
	size = fill < 0xe0 ? fill % 64 : (uint32_t)loan->size[loan->count - 1] - (fill & 15);
	memset(device_at(&run.device, loan->at[loan->count - 1], size), (int)fill, size);
	device_use(&run.device, index, head, size, publish);
	if (publish && device_is_to_call(&run.device, index)) {
		eventfd_write(run.device.queues[index].call, 1);
		reached(CALLED);
	}
}

static void scribble(uint32_t index)
{
	const struct device_queue *queue = &run.device.queues[index];
	uint8_t where = input_u8(&run.in);
	uint32_t value = input_word(&run.in);

	if (where < 0x60)
		device_put(&run.device, queue->used + 4 + 4 * (uint64_t)(where % (2 * queue->num)), value, 4);
	else if (where < 0xa0)
		device_put(&run.device, queue->descriptors + 4 * (uint64_t)(where % (4 * queue->num)), value, 4);
	else if (where < 0xd0)
		device_put(&run.device, queue->used + (where & 1 ? 0 : 4 + 8 * (uint64_t)queue->num), value, 2);
	else
		device_put(&run.device, queue->used + 6 + 8 * (uint64_t)queue->num + 4 * where, value, 4);
}

void frontend_act(uint8_t what)
{
	uint32_t index = what >> 4 & 1 && run.limits.p2a ? VIRTIO_SCMI_EVENTS : VIRTIO_SCMI_COMMANDS;
	struct device_queue *queue = &run.device.queues[index];
	uint32_t id;

	if (run.closed || run.device.fd < 0)
		return;
	switch (what & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		frontend_give(index, what >> 5, true);
		break;
	case 5:
		for (uint32_t i = 0; i < 3; i++)
			frontend_give(index, input_u8(&run.in), i == 2);
		break;
	case 6:
		if (!(what & 0x20) || !pick(index, what >> 6, &id))
			id = input_word(&run.in);
		device_use(&run.device, index, id, input_word(&run.in), true);
		break;
	case 7:
		if (what & 0x80)
			device_put(&run.device, queue->used + 2, input_word(&run.in), 2);
		break;
	case 8: /* the last once more */
		id = device_get(&run.device, queue->used + 4 + 8 * (uint64_t)((uint16_t)(queue->next_used - 1) & (queue->num - 1)), 4);
		device_use(&run.device, index, id, 4, true);
		break;
	case 9:
		scribble(index);
		break;
	case 10:
		eventfd_write(queue->call, what & 0x80 ? UINT64_MAX - 1 : 1);
		break;
	case 11: /* the driver is to kick for what is next, or not at all */
		device_put(&run.device, queue->used, what >> 7, 2);
		device_put(&run.device, queue->used + 4 + 8 * (uint64_t)queue->num,
			   (uint32_t)run.mirrors[index].avail_seen - (what >> 7), 2);
		break;
	case 12:
		if (what < 0xc0)
			break;
		eventfd_write(queue->error, 1);
		run.device.odd = run.doomed = true;
		reached(ERROR);
		break;
	case 13:
		if (what < 0x80)
			break;
		device_speak(&run.device, input_u8(&run.in));
		reached(SPOKEN);
		break;
	case 14:
		if (what < 0xc0)
			break;
		reached(HUNG_UP);
		if (what & 0x20)
			device_hang_up(&run.device);
		else
			shutdown(run.device.fd, SHUT_WR);
		run.device.odd = run.doomed = true;
		break;
	}
}
