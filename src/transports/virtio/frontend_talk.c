/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said to the device before it works: one step after the other, each as soon as the device has answered the
 * one before, so that nobody has to wait for it who does not want to.
 */
#include <errno.h>

#include "../why.h"
#include "frontend.h"

#define WANTED_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define WANTED_PROTOCOL_FEATURES (VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK)

enum step {
	OWNER,
	FEATURES,
	PROTOCOL_FEATURES,
	SET_PROTOCOL_FEATURES,
	QUEUE_NUM,
	SET_FEATURES,
	PREPARE, /* says nothing */
	GET_RECORD,
	SET_RECORD,
	MEMORY,
	RING_NUM,
	RING_BASE,
	RING_ADDRESS,
	RING_ERROR,
	RING_CALL,
	RING_KICK,
	RING_ENABLE,
	BARRIER,
	DONE
};

/* ---- talking -------------------------------------------------------------------------------- */

static int gone(const struct virtio_setup *setup)
{
	return because(-ECONNRESET, setup->why, setup->why_size,
		       "the device on %s ended the connection; it may be in use by another machine",
		       setup->path);
}

static int wrong_reply(const struct virtio_setup *setup)
{
	return because(-EPROTO, setup->why, setup->why_size,
		       "what listens on %s gave a wrong reply to vhost-user request %u",
		       setup->path, setup->awaited);
}

/* The reply that is awaited, if it has come: 1, 0 or -errno. */
static int receive(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;
	const struct vhost_user_message *reply = &device->reader.message;
	int got = vhost_user_receive(&device->reader, device->socket, false);

	if (!got)
		return 0;
	if (got == -ENODEV)
		return gone(setup);
	if (got < 0)
		return because(-EPROTO, setup->why, setup->why_size,
			       "what listens on %s does not speak vhost-user", setup->path);
	if (reply->request != setup->awaited ||
	    reply->flags != (VHOST_USER_VERSION | VHOST_USER_REPLY))
		return wrong_reply(setup);
	return 1;
}

/* A number, as every reply is but that to GET_INFLIGHT_FD. */
static int number_of(const struct virtio_setup *setup, uint64_t *value)
{
	const struct vhost_user_message *reply = &setup->device->reader.message;

	if (reply->size != sizeof(*value))
		return wrong_reply(setup);
	*value = reply->payload.u64;
	return 0;
}

static int send_request(struct virtio_setup *setup, struct vhost_user_message *message)
{
	bool replies = vhost_user_form(message->request)->replies;

	/* What has no reply of its own is acknowledged, where the device can do that. */
	if (!replies && setup->protocol_features & VHOST_USER_PROTOCOL_REPLY_ACK)
		message->flags |= VHOST_USER_NEED_REPLY;
	if (vhost_user_send(setup->device->socket, message, !setup->again))
		return gone(setup);
	if (replies || message->flags & VHOST_USER_NEED_REPLY)
		setup->awaited = message->request;
	return 0;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void fill_u64(struct vhost_user_message *message, uint32_t request, uint64_t value, int fd)
{
	vhost_user_message_init(message, request, VHOST_USER_VERSION);
	message->payload.u64 = value;
	message->size = sizeof(value);
	if (fd >= 0) {
		message->fds[0] = fd;
		message->fd_count = 1;
	}
}

static void fill_state(struct vhost_user_message *message, uint32_t request, uint32_t index,
		       uint32_t num)
{
	vhost_user_message_init(message, request, VHOST_USER_VERSION);
	message->payload.state = (struct vhost_user_ring_state){.index = index, .num = num};
	message->size = sizeof(message->payload.state);
}

static void fill_record(const struct scmi_transport_device *device,
			struct vhost_user_message *message, uint32_t request)
{
	uint32_t num = device->queues[VIRTIO_SCMI_COMMANDS].num;

	if (num < device->queues[VIRTIO_SCMI_EVENTS].num)
		num = device->queues[VIRTIO_SCMI_EVENTS].num;
	vhost_user_message_init(message, request, VHOST_USER_VERSION);
	message->payload.inflight = device->record;
	message->payload.inflight.queues = (uint16_t)virtio_frontend_queues(device);
	message->payload.inflight.queue_size = (uint16_t)num;
	message->size = sizeof(message->payload.inflight);
	if (request == VHOST_USER_SET_INFLIGHT_FD) {
		message->fds[0] = device->record_fd;
		message->fd_count = 1;
	}
}

static void fill_memory(const struct scmi_transport_device *device,
			struct vhost_user_message *message)
{
	vhost_user_message_init(message, VHOST_USER_SET_MEM_TABLE, VHOST_USER_VERSION);
	message->payload.table.count = 1;
	message->payload.table.regions[0] = (struct vhost_user_region){
		.guest_address = virtio_frontend_address(0),
		.user_address = virtio_frontend_address(0),
		.size = device->memory_size,
	};
	message->size = 8 + sizeof(struct vhost_user_region);
	message->fds[0] = device->memory_fd;
	message->fd_count = 1;
}

static void fill_address(const struct scmi_transport_device *device,
			 struct vhost_user_message *message, uint32_t index)
{
	const struct virtio_driver_queue *queue = &device->queues[index];
	uint64_t base = virtio_frontend_address(queue->offset);
	struct scmi_ring_layout layout;

	scmi_ring_layout(&layout, queue->num, 0);
	vhost_user_message_init(message, VHOST_USER_SET_VRING_ADDR, VHOST_USER_VERSION);
	message->payload.address = (struct vhost_user_ring_address){
		.index = index,
		.descriptors = base + layout.descriptors,
		.avail = base + layout.avail,
		.used = base + layout.used,
	};
	message->size = sizeof(message->payload.address);
}

/* False: nothing is said in this step. */
static bool fill(const struct virtio_setup *setup, struct vhost_user_message *message)
{
	const struct scmi_transport_device *device = setup->device;
	const struct virtio_driver_queue *queue = &device->queues[setup->queue];
	bool has_protocol = setup->features & VHOST_USER_F_PROTOCOL_FEATURES;

	vhost_user_message_init(message, VHOST_USER_GET_FEATURES, VHOST_USER_VERSION);
	switch ((enum step)setup->step) {
	case OWNER:
		message->request = VHOST_USER_SET_OWNER;
		return true;
	case FEATURES:
		return true;
	case PROTOCOL_FEATURES:
		message->request = VHOST_USER_GET_PROTOCOL_FEATURES;
		return has_protocol;
	case SET_PROTOCOL_FEATURES:
		fill_u64(message, VHOST_USER_SET_PROTOCOL_FEATURES, setup->offered, -1);
		return has_protocol;
	case QUEUE_NUM:
		message->request = VHOST_USER_GET_QUEUE_NUM;
		return setup->protocol_features & VHOST_USER_PROTOCOL_MQ;
	case SET_FEATURES:
		fill_u64(message, VHOST_USER_SET_FEATURES, setup->features, -1);
		return true;
	case GET_RECORD:
		fill_record(device, message, VHOST_USER_GET_INFLIGHT_FD);
		return setup->protocol_features & VHOST_USER_PROTOCOL_INFLIGHT &&
		       device->record_fd < 0;
	case SET_RECORD:
		fill_record(device, message, VHOST_USER_SET_INFLIGHT_FD);
		return device->record_fd >= 0;
	case MEMORY:
		fill_memory(device, message);
		return true;
	case RING_NUM:
		fill_state(message, VHOST_USER_SET_VRING_NUM, setup->queue, queue->num);
		return true;
	case RING_BASE:
		/* With a record the device knows better. */
		fill_state(message, VHOST_USER_SET_VRING_BASE, setup->queue, queue->ring.next_used);
		return true;
	case RING_ADDRESS:
		fill_address(device, message, setup->queue);
		return true;
	case RING_ERROR:
		fill_u64(message, VHOST_USER_SET_VRING_ERR, setup->queue, device->error);
		return true;
	case RING_CALL:
		fill_u64(message, VHOST_USER_SET_VRING_CALL, setup->queue, device->call);
		return true;
	case RING_KICK:
		fill_u64(message, VHOST_USER_SET_VRING_KICK, setup->queue, queue->kick);
		return true;
	case RING_ENABLE:
		fill_state(message, VHOST_USER_SET_VRING_ENABLE, setup->queue, 1);
		return has_protocol;
	case BARRIER:
		/* Without acknowledgements: what was said is done when this is answered. */
		return !(setup->protocol_features & VHOST_USER_PROTOCOL_REPLY_ACK);
	case PREPARE:
	case DONE:
		break;
	}
	return false;
}

/* ---- what is answered ------------------------------------------------------------------------ */

static int take_features(struct virtio_setup *setup, uint64_t offered)
{
	const struct scmi_transport_device *device = setup->device;

	if (!(offered & VIRTIO_F_VERSION_1))
		return because(-EPROTO, setup->why, setup->why_size,
			       "the device on %s is of a virtio older than 1.0", setup->path);
	setup->features = offered & WANTED_FEATURES;
	if (!setup->again)
		return 0;
	/* The rings are as they are, and the host was told what they carry. */
	if (device->features & ~setup->features & ~VHOST_USER_F_PROTOCOL_FEATURES)
		return because(-EPROTO, setup->why, setup->why_size,
			       "the device on %s can do less than it could", setup->path);
	setup->features = (device->features & ~VHOST_USER_F_PROTOCOL_FEATURES) |
			  (offered & VHOST_USER_F_PROTOCOL_FEATURES);
	return 0;
}

static int take_queue_num(struct virtio_setup *setup, uint64_t queues)
{
	if (queues >= VIRTIO_SCMI_QUEUES)
		return 0;
	if (setup->again && setup->device->p2a)
		return because(-EPROTO, setup->why, setup->why_size,
			       "the device on %s has fewer queues than it had", setup->path);
	setup->features &= ~VIRTIO_SCMI_F_P2A_CHANNELS;
	return 0;
}

/* A record, or none: the device works without. */
static int take_record(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;
	struct vhost_user_message *reply = &device->reader.message;

	if (reply->size < sizeof(reply->payload.inflight))
		return wrong_reply(setup);
	if (!reply->payload.inflight.mmap_size || reply->fd_count != 1)
		return 0;
	device->record = reply->payload.inflight;
	device->record_fd = reply->fds[0];
	reply->fds[0] = -1;
	return 0;
}

static int take_reply(struct virtio_setup *setup)
{
	uint64_t number = 0;
	int error;

	if (setup->step == GET_RECORD)
		return take_record(setup);
	error = number_of(setup, &number);
	if (error)
		return error;
	switch ((enum step)setup->step) {
	case FEATURES:
		return take_features(setup, number);
	case PROTOCOL_FEATURES:
		setup->offered = number & WANTED_PROTOCOL_FEATURES;
		/* A record is for one who comes back. */
		if (virtio_frontend_comes_back(setup->device))
			setup->offered |= number & VHOST_USER_PROTOCOL_INFLIGHT;
		return 0;
	case QUEUE_NUM:
		return take_queue_num(setup, number);
	case BARRIER:
		return 0;
	default:
		break;
	}
	if (number)
		return because(-EPROTO, setup->why, setup->why_size,
			       "the device on %s refused vhost-user request %u", setup->path,
			       setup->awaited);
	return 0;
}

/* ---- step by step ---------------------------------------------------------------------------- */

static int leave_step(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;

	switch ((enum step)setup->step++) {
	case SET_PROTOCOL_FEATURES:
		setup->protocol_features = setup->offered;
		return 0;
	case PREPARE:
		if (setup->again)
			return virtio_frontend_resume(setup);
		device->features = setup->features;
		device->p2a = setup->features & VIRTIO_SCMI_F_P2A_CHANNELS;
		return virtio_frontend_prepare(setup);
	case RING_ENABLE:
		if (++setup->queue < virtio_frontend_queues(device))
			setup->step = RING_NUM;
		return 0;
	case BARRIER:
		/* Some devices start a queue when it is first kicked. */
		for (uint32_t i = 0; i < virtio_frontend_queues(device); i++)
			virtio_frontend_wake(device, device->queues[i].kick);
		return 0;
	default:
		return 0;
	}
}

int virtio_frontend_talk(struct virtio_setup *setup)
{
	struct vhost_user_message message;
	int error = 0;

	while (setup->step != DONE) {
		if (setup->awaited) {
			error = receive(setup);
			if (error <= 0)
				return error;
			error = take_reply(setup);
			vhost_user_close_fds(&setup->device->reader.message);
			setup->awaited = 0;
			setup->replies++;
		} else if (fill(setup, &message)) {
			error = send_request(setup, &message);
		}
		if (!error && !setup->awaited)
			error = leave_step(setup);
		if (error)
			return error;
	}
	return 1;
}
