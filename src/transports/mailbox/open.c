/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../socket/socket.h"
#include "../wakeup.h"
#include "../why.h"
#include "uio.h"

/* About twice what it takes to wake a platform that sleeps. */
#define SPIN_NS 100000u

int mailbox_watch(const struct scmi_transport_device *device, int fd, uint32_t what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};

	return epoll_ctl(device->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* An end of the area, and the descriptors that are its doorbells; those are the channel's now. */
static int make_channel(struct scmi_transport_device *device, const struct mailbox_record *record,
			bool no_completion_irq, int filled, int returned)
{
	struct mailbox_channel *channel = &device->channels[device->count];
	volatile uint8_t *area = device->memory + record->offset;

	channel->p2a = record->p2a;
	channel->polled = !record->p2a && (no_completion_irq || !record->completion);
	channel->ring = record->p2a ? returned : filled;
	channel->bell = record->p2a ? filled : returned;
	if (record->p2a)
		scmi_shmem_receiver_init(&channel->receiver, SCMI_SHMEM_P2A, area, record->size);
	else
		scmi_shmem_sender_init(&channel->sender, SCMI_SHMEM_A2P, area, record->size,
				       !channel->polled);
	if (record->protocol_id && !record->p2a)
		device->route[record->protocol_id] = (uint8_t)device->count;
	device->count++;
	/* Without asynchronous reads nobody can tell what a descriptor is; then it is trusted. */
	if (!device->may_wait &&
	    (!wakeup_is_eventfd(filled) || (returned >= 0 && !wakeup_is_eventfd(returned))))
		return -EPROTO;
	return channel->bell < 0 ? 0 : mailbox_watch(device, channel->bell, device->count - 1);
}

/* Where the commands go that have no channel of their own. */
static void set_common_route(struct scmi_transport_device *device,
			     const struct mailbox_handout *handout)
{
	for (uint32_t i = 0; i < handout->count; i++) {
		const struct mailbox_record *record = &handout->records[i];

		if (!record->p2a && !record->protocol_id)
			memset(device->route, (int)i, sizeof(device->route));
	}
}

/* What was handed out becomes the device's, also when it fails. */
static int take_handout(struct scmi_transport_device *device, const struct mailbox_handout *handout,
			const int *fds, bool no_completion_irq, const char *path, char *why,
			size_t why_size)
{
	int memory_fd = *fds++, filled, returned, error;

	error = mailbox_memory_check(memory_fd, handout->memory_size, path, why, why_size);
	if (!error) {
		device->memory = mmap(NULL, handout->memory_size, PROT_READ | PROT_WRITE,
				      MAP_SHARED, memory_fd, 0);
		device->memory_size = handout->memory_size;
		if (device->memory == MAP_FAILED) {
			device->memory = NULL;
			error = because(-errno, why, why_size, "the memory of %s: %s", path,
					strerror(errno));
		}
	}
	close(memory_fd);
	set_common_route(device, handout);
	for (uint32_t i = 0; i < handout->count; i++) {
		filled = *fds++;
		returned = handout->records[i].completion ? *fds++ : -1;
		if (!error) {
			error = make_channel(device, &handout->records[i], no_completion_irq,
					     filled, returned);
			if (error)
				because(error, why, why_size,
					"what listens on %s is no mailbox: a doorbell is no "
					"eventfd",
					path);
			continue;
		}
		close(filled);
		if (returned >= 0)
			close(returned);
	}
	return error;
}

/* For channels that nobody rings for. */
static int make_timer(struct scmi_transport_device *device)
{
	bool polled = false;

	for (uint32_t i = 0; i < device->count; i++)
		polled |= device->channels[i].polled;
	if (!polled)
		return 0;
	device->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return device->timer < 0 ? -errno : mailbox_watch(device, device->timer, MAILBOX_TIMER);
}

/* What the channels can do, within what is wanted. */
static void settle(struct scmi_transport_device *device,
		   const struct scmi_transport_settings *settings,
		   struct scmi_transport_limits *limits)
{
	uint32_t commands = 0, size = SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX);

	limits->p2a = false;
	for (uint32_t i = 0; i < device->count; i++) {
		const struct mailbox_channel *channel = &device->channels[i];

		limits->p2a |= channel->p2a;
		if (channel->p2a)
			continue;
		commands++;
		if (SCMI_SHMEM_MESSAGE_MAX(channel->sender.size) < size)
			size = SCMI_SHMEM_MESSAGE_MAX(channel->sender.size);
	}
	limits->messages_max = commands;
	if (settings->messages_max && settings->messages_max < commands)
		limits->messages_max = settings->messages_max;
	limits->message_size_max = size;
	if (settings->message_size_max && settings->message_size_max < size)
		limits->message_size_max = settings->message_size_max;
	device->message_size_max = limits->message_size_max;
}

static int missing(int error, char *why, size_t why_size)
{
	return because(error, why, why_size, "a descriptor is missing: %s", strerror(-error));
}

static int connect_and_take(struct scmi_transport_device *device, const char *path,
			    const struct scmi_transport_settings *settings, uint32_t timeout_ms,
			    char *why, size_t why_size)
{
	struct mailbox_handout handout;
	int fds[MAILBOX_FDS_MAX];
	int error;

	device->may_wait = wakeup_init() != 0;
	device->socket = socket_connect(path, SOCK_SEQPACKET, timeout_ms, why, why_size);
	if (device->socket < 0)
		return device->socket;
	error = mailbox_handout_receive(device->socket, path, &handout, fds, why, why_size);
	if (!error)
		error = take_handout(device, &handout, fds, settings->no_completion_irq, path, why,
				     why_size);
	if (error)
		return error;
	error = mailbox_watch(device, device->socket, MAILBOX_SOCKET);
	return error ? missing(error, why, why_size) : 0;
}

static int set_up(struct scmi_transport_device *device, const char *address,
		  const struct scmi_transport_settings *settings, uint32_t timeout_ms, char *why,
		  size_t why_size)
{
	int error;

	device->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (device->epoll < 0)
		return missing(-errno, why, why_size);
	if (strncmp(address, MAILBOX_UIO, strlen(MAILBOX_UIO)))
		error = connect_and_take(device, address, settings, timeout_ms, why, why_size);
	else
		error = mailbox_uio_open(device, address + strlen(MAILBOX_UIO),
					 settings->no_completion_irq, why, why_size);
	if (error)
		return error;
	error = make_timer(device);
	return error ? missing(error, why, why_size) : 0;
}

int mailbox_agent_open(struct scmi_transport_device **out, const char *address,
		       const struct scmi_transport_settings *settings,
		       const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		       struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct scmi_transport_limits in_force = scmi_transport_mailbox.limits;
	struct scmi_transport_device *device;
	int error;

	if (settings->response_timeout_ms)
		in_force.response_timeout_ms = settings->response_timeout_ms;
	device = calloc(1, sizeof(*device));
	if (!device)
		return because(-ENOMEM, why, why_size, "out of memory");
	device->socket = device->epoll = device->timer = device->irq = device->lock = -1;
	device->callbacks = callbacks;
	device->ctx = ctx;
	device->polling_ns = SPIN_NS;
	if (settings->polling_us)
		device->polling_ns = settings->polling_us == SCMI_POLLING_NONE
					     ? 0
					     : settings->polling_us * (uint64_t)1000;
	error = set_up(device, address, settings, in_force.response_timeout_ms, why, why_size);
	if (error) {
		mailbox_agent_close(device);
		return error;
	}
	settle(device, settings, &in_force);
	*limits = in_force;
	*out = device;
	return 0;
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* The memory was made for this connection alone: nobody lends an area of it again. */
void mailbox_agent_close(struct scmi_transport_device *device)
{
	close_one(device->socket);
	for (uint32_t i = 0; i < device->count; i++) {
		close_one(device->channels[i].ring);
		close_one(device->channels[i].bell);
	}
	close_one(device->timer);
	close_one(device->irq);
	close_one(device->lock);
	close_one(device->epoll);
	if (device->memory)
		munmap(device->memory, device->memory_size);
	for (uint32_t i = 0; i < device->map_count; i++)
		munmap(device->maps[i].at, device->maps[i].size);
	free(device);
}
