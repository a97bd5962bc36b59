/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include "played_device.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void *translate(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	const struct played_device *device = ctx;
	uint64_t offset = address - device->region.guest_address;

	if (address < device->region.guest_address || offset >= device->region.size)
		return NULL;
	*contiguous = size < device->region.size - offset ? size : device->region.size - offset;
	return device->memory + offset;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void say(const struct played_device *device, uint32_t request, uint64_t value)
{
	struct vhost_user_message reply;

	if (request == device->ignore)
		return;
	if (request == device->mangle)
		request++;
	vhost_user_message_init(&reply, request, VHOST_USER_VERSION | VHOST_USER_REPLY);
	if (request == device->misflag)
		reply.flags |= VHOST_USER_NEED_REPLY;
	reply.payload.u64 = value;
	reply.size = sizeof(value);
	vhost_user_send(device->socket, &reply, true);
}

static void take_memory(struct played_device *device, struct vhost_user_message *message)
{
	if (message->payload.table.count != 1 || message->fd_count != 1)
		return;
	device->region = message->payload.table.regions[0];
	device->memory_fd = message->fds[0];
	message->fds[0] = -1;
	device->memory = mmap(NULL, device->region.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      device->memory_fd, (off_t)device->region.mmap_offset);
	if (device->memory == MAP_FAILED)
		abort();
}

/* A record of what is under way; the test makes of it what it likes. */
static void give_record(const struct played_device *device,
			const struct vhost_user_message *message)
{
	struct vhost_user_message reply = *message;

	reply.flags = VHOST_USER_VERSION | VHOST_USER_REPLY;
	reply.payload.inflight.mmap_size = 4096;
	reply.fds[0] = memfd_create("record", MFD_CLOEXEC);
	reply.fd_count = 1;
	vhost_user_send(device->socket, &reply, true);
	vhost_user_close_fds(&reply);
}

static void take_record(struct played_device *device, struct vhost_user_message *message)
{
	if (message->fd_count != 1 || device->record_fd >= 0)
		return;
	device->record_fd = message->fds[0];
	message->fds[0] = -1;
}

static void take_fd(struct played_device *device, struct vhost_user_message *message)
{
	struct played_queue *queue = &device->queues[message->payload.u64 & 1];
	int *to = message->request == VHOST_USER_SET_VRING_KICK	  ? &queue->kick
		  : message->request == VHOST_USER_SET_VRING_CALL ? &queue->call
								  : &queue->error;

	if (message->fd_count != 1 || *to >= 0)
		return;
	*to = message->fds[0];
	message->fds[0] = -1;
}

static uint64_t handle(struct played_device *device, struct vhost_user_message *message)
{
	struct played_queue *queue = &device->queues[message->payload.state.index & 1];
	uint32_t num = message->payload.state.num;

	switch (message->request) {
	case VHOST_USER_SET_OWNER:
		device->owned = true;
		return 0;
	case VHOST_USER_GET_FEATURES:
		return device->features;
	case VHOST_USER_SET_FEATURES:
		device->agreed = message->payload.u64;
		return 0;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		return device->protocol_features;
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		device->protocol_agreed = message->payload.u64;
		return 0;
	case VHOST_USER_GET_QUEUE_NUM:
		return device->queue_count;
	case VHOST_USER_SET_INFLIGHT_FD:
		take_record(device, message);
		return 0;
	case VHOST_USER_SET_MEM_TABLE:
		take_memory(device, message);
		return 0;
	case VHOST_USER_SET_VRING_NUM:
		queue->num = num;
		return 0;
	case VHOST_USER_SET_VRING_BASE:
		queue->base = num;
		return 0;
	case VHOST_USER_SET_VRING_ADDR:
		queue->descriptors = message->payload.address.descriptors;
		queue->avail = message->payload.address.avail;
		queue->used = message->payload.address.used;
		return 0;
	case VHOST_USER_SET_VRING_KICK:
	case VHOST_USER_SET_VRING_CALL:
	case VHOST_USER_SET_VRING_ERR:
		take_fd(device, message);
		return 0;
	case VHOST_USER_SET_VRING_ENABLE:
		queue->enabled = num == 1;
		return 0;
	default:
		return 1; /* nothing that this front end should say */
	}
}

static bool serve_one(struct played_device *device, struct vhost_user_message *message)
{
	uint64_t result;

	if (message->request == device->hang_up_at)
		return false;
	if (message->request < VHOST_USER_REQUESTS)
		device->seen[message->request]++;
	if (message->request == VHOST_USER_GET_INFLIGHT_FD) {
		give_record(device, message);
		return true;
	}
	result = handle(device, message);
	if (message->request == device->refuse)
		result = 1;
	if (vhost_user_form(message->request)->replies || message->flags & VHOST_USER_NEED_REPLY)
		say(device, message->request, result);
	vhost_user_close_fds(message);
	return true;
}

static void *serve(void *arg)
{
	struct played_device *device = arg;
	struct vhost_user_reader reader = {0};
	struct pollfd fds[2] = {{.fd = device->listener, .events = POLLIN},
				{.fd = device->stop, .events = POLLIN}};
	bool goes_on = true;
	int got = 0;

	while (goes_on && poll(fds, 2, -1) > 0) {
		if (device->socket < 0 && fds[0].revents) {
			device->socket = accept4(device->listener, NULL, NULL, SOCK_CLOEXEC);
			fds[0].fd = device->socket;
			continue;
		}
		while (goes_on && device->socket >= 0 &&
		       (got = vhost_user_receive(&reader, device->socket, false)) == 1)
			goes_on = serve_one(device, &reader.message);
		/* What has come before is handled first. */
		if (got < 0 || fds[1].revents)
			goes_on = false;
	}
	vhost_user_reader_fini(&reader);
	if (device->hang_up_at)
		played_hang_up(device);
	return NULL;
}

void played_start(struct played_device *device, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	snprintf(device->path, sizeof(device->path), "%s", path);
	unlink(path);
	device->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(device->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(device->listener, 1), 0);
	device->stop = eventfd(0, EFD_CLOEXEC);
	device->socket = device->memory_fd = device->record_fd = -1;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		struct played_queue *queue = &device->queues[i];

		queue->kick = queue->call = queue->error = -1;
	}
	device->ring_memory = (struct scmi_ring_memory){.ctx = device, .translate = translate};
	assert_int_equal(pthread_create(&device->thread, NULL, serve, device), 0);
}

/* ---- the test -------------------------------------------------------------------------------- */

static void join(struct played_device *device)
{
	if (device->stop < 0)
		return;
	eventfd_write(device->stop, 1);
	pthread_join(device->thread, NULL);
	close(device->stop);
	device->stop = -1;
}

static uint8_t *at_user(const struct played_device *device, uint64_t address, uint64_t size)
{
	uint64_t offset = address - device->region.user_address;

	assert_true(address >= device->region.user_address &&
		    offset + size <= device->region.size);
	return device->memory + offset;
}

void played_take_over(struct played_device *device)
{
	join(device);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		struct played_queue *queue = &device->queues[i];

		if (queue->kick < 0)
			continue;
		assert_true(queue->num >= 2 && queue->num <= 1024);
		assert_int_equal(
			scmi_ring_device_init(
				&queue->ring, &device->ring_memory, queue->num,
				at_user(device, queue->descriptors,
					SCMI_RING_DESCRIPTORS_SIZE(queue->num)),
				at_user(device, queue->avail, SCMI_RING_AVAIL_SIZE(queue->num)),
				at_user(device, queue->used, SCMI_RING_USED_SIZE(queue->num)),
				queue->taken, device->agreed, (uint16_t)queue->base),
			0);
		queue->set = true;
	}
}

void played_hang_up(struct played_device *device)
{
	if (device->socket >= 0)
		close(device->socket);
	device->socket = -1;
}

void played_stop(struct played_device *device)
{
	join(device);
	played_hang_up(device);
	close(device->listener);
	unlink(device->path);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		const int fds[] = {device->queues[i].kick, device->queues[i].call,
				   device->queues[i].error};

		for (size_t j = 0; j < 3; j++) {
			if (fds[j] >= 0)
				close(fds[j]);
		}
	}
	if (device->memory)
		munmap(device->memory, device->region.size);
	if (device->memory_fd >= 0)
		close(device->memory_fd);
	if (device->record_fd >= 0)
		close(device->record_fd);
}

size_t played_command(struct played_device *device, struct scmi_ring_chain *chain, void *to,
		      size_t size)
{
	struct played_queue *queue = &device->queues[VIRTIO_SCMI_COMMANDS];

	assert_int_equal(scmi_ring_device_take(&queue->ring, chain), 1);
	assert_true(chain->readable <= size);
	return scmi_ring_chain_read(chain, to, size);
}

bool played_give(struct played_device *device, uint32_t index, const struct scmi_ring_chain *chain,
		 const void *bytes, size_t size)
{
	struct played_queue *queue = &device->queues[index];
	bool call;

	assert_int_equal(scmi_ring_chain_write(chain, 0, bytes, size), size);
	assert_int_equal(scmi_ring_device_give(&queue->ring, chain->head, (uint32_t)size), 0);
	call = scmi_ring_device_should_call(&queue->ring);
	if (call)
		eventfd_write(queue->call, 1);
	return call;
}

void played_event(struct played_device *device, const void *bytes, size_t size)
{
	struct scmi_ring_chain chain;

	assert_int_equal(
		scmi_ring_device_take(&device->queues[VIRTIO_SCMI_EVENTS].ring, &chain), 1);
	assert_int_equal(chain.readable, 0);
	played_give(device, VIRTIO_SCMI_EVENTS, &chain, bytes, size);
}

uint64_t played_kicks(struct played_device *device, uint32_t index)
{
	struct pollfd readable = {.fd = device->queues[index].kick, .events = POLLIN};
	eventfd_t kicks = 0;

	if (poll(&readable, 1, 0) == 1)
		eventfd_read(device->queues[index].kick, &kicks);
	return kicks;
}
