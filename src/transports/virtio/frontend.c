/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * wait() looks for a while before it sleeps (spin.h), and while nobody sleeps no calls are asked
 * for. Once fd() was asked for somebody else may sleep on it, and then calls are asked for whenever
 * we return.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../why.h"
#include "frontend.h"
#include "../wakeup.h"

/* About twice what it takes to wake a device that sleeps. */
#define SPIN_NS		100000u
/* A caller that polls does so without system calls; but every now and then it must see the end. */
#define IDLE_MAX	64u
#define NS_PER_MS	1000000u
#define EVENTS_MAX	4

/* ---- sending -------------------------------------------------------------------------------- */

/*
 * Where the kernel has no asynchronous reads to give, a device that means harm can keep us waiting
 * by filling the counter. That is the lesser evil: an agent has chosen its device, which harms
 * nobody else so, and it works with all others.
 */
void virtio_frontend_wake(const struct scmi_transport_device *device, int eventfd)
{
	if (device->may_wait || wakeup_eventfd(eventfd))
		eventfd_write(eventfd, 1);
}

/* If the device wants it. */
static void kick(const struct scmi_transport_device *device, struct virtio_driver_queue *queue)
{
	if (scmi_ring_driver_should_kick(&queue->ring))
		virtio_frontend_wake(device, queue->kick);
}

int virtio_frontend_lend(struct scmi_transport_device *device, struct virtio_buffer *buffer)
{
	struct scmi_ring_segment segment = {
		.address = virtio_frontend_address(buffer->from_device),
		.size = device->message_size_max,
	};
	int head = scmi_ring_driver_add(&device->queues[VIRTIO_SCMI_EVENTS].ring, &segment, 0, 1,
					buffer);

	return head < 0 ? head : 0;
}

static int agent_send(struct scmi_transport_device *device, const void *message, size_t size)
{
	struct virtio_driver_queue *queue = &device->queues[VIRTIO_SCMI_COMMANDS];
	struct virtio_buffer *buffer = device->free;
	struct scmi_ring_segment segments[2];

	if (device->closed)
		return -ENODEV;
	/* With a record it waits in the ring; without, it might be lost. */
	if (device->connection != VIRTIO_CONNECTED && device->record_fd < 0)
		return -EAGAIN;
	if (size > device->message_size_max || !size)
		return -EMSGSIZE;
	if (!buffer)
		return -EAGAIN;
	memcpy(device->memory + buffer->to_device, message, size);
	segments[0] = (struct scmi_ring_segment){
		.address = virtio_frontend_address(buffer->to_device),
		.size = (uint32_t)size,
	};
	segments[1] = (struct scmi_ring_segment){
		.address = virtio_frontend_address(buffer->from_device),
		.size = device->message_size_max,
	};
	/* There is room: two descriptors for each buffer. A broken ring is told by dispatch(). */
	if (scmi_ring_driver_add(&queue->ring, segments, 1, 1, buffer) < 0)
		return -ENODEV;
	queue->ring.soon = device->memory + buffer->from_device;
	device->free = buffer->next_free;
	device->commands_out++;
	kick(device, queue);
	return 0;
}

/* ---- receiving ------------------------------------------------------------------------------ */

static int end(struct scmi_transport_device *device, int error)
{
	if (!device->closed) {
		device->closed = true;
		device->callbacks->closed(device->ctx, error);
	}
	return -ENODEV;
}

/* What look() gave: the end, unless the device may come back. 0 or -ENODEV. */
static int part(struct scmi_transport_device *device, int error)
{
	if (error == -ENODEV && device->connection == VIRTIO_CONNECTED &&
	    virtio_frontend_leave(device))
		return 0;
	return end(device, error);
}

/* What the device wrote, out of its reach, to whom it may concern. */
static void hand_over(struct scmi_transport_device *device, const struct virtio_buffer *buffer,
		      uint32_t size)
{
	memcpy(device->message, device->memory + buffer->from_device, size);
	/* A device that has nothing to say to a command gives it back empty. */
	if (size)
		device->callbacks->receive(device->ctx, device->message, size);
}

/*
 * What one queue has; at most once around, for a device could go on for ever. How many, or -EPROTO.
 */
static int collect_queue(struct scmi_transport_device *device, uint32_t index)
{
	struct virtio_driver_queue *queue = &device->queues[index];
	struct virtio_buffer *buffer;
	void *cookie;
	uint32_t size;
	uint32_t count = 0;
	int got = 0;

	while (count < queue->num &&
	       (got = scmi_ring_driver_get(&queue->ring, &cookie, &size)) > 0) {
		buffer = cookie;
		hand_over(device, buffer, size);
		if (index == VIRTIO_SCMI_EVENTS) {
			got = virtio_frontend_lend(device, buffer);
			if (got)
				break;
		} else {
			buffer->next_free = device->free;
			device->free = buffer;
			device->commands_out--;
		}
		count++;
	}
	if (index == VIRTIO_SCMI_EVENTS && count)
		kick(device, queue);
	return got < 0 ? got : (int)count;
}

/* What has arrived. How many messages, or -ENODEV. */
static int collect(struct scmi_transport_device *device)
{
	int answers, events = 0;

	answers = collect_queue(device, VIRTIO_SCMI_COMMANDS);
	if (device->p2a)
		events = collect_queue(device, VIRTIO_SCMI_EVENTS);
	if (answers < 0 || events < 0)
		return end(device, -EPROTO);
	if (answers + events)
		device->heard = true;
	return answers + events;
}

/* Ask to be called. True if something has come meanwhile. */
static bool ask_for_calls(struct scmi_transport_device *device)
{
	bool more = scmi_ring_driver_sleep(&device->queues[VIRTIO_SCMI_COMMANDS].ring) != 0;

	if (device->p2a)
		more |= scmi_ring_driver_sleep(&device->queues[VIRTIO_SCMI_EVENTS].ring) != 0;
	device->calls_wanted = true;
	return more;
}

/* For whoever sleeps on fd(): asked for calls, and told what came meanwhile. */
static void leave(struct scmi_transport_device *device)
{
	if (device->watched && !device->closed && ask_for_calls(device))
		virtio_frontend_wake(device, device->call);
}

static void ask_for_no_calls(struct scmi_transport_device *device)
{
	if (!device->calls_wanted || device->watched)
		return;
	scmi_ring_driver_poll(&device->queues[VIRTIO_SCMI_COMMANDS].ring);
	if (device->p2a)
		scmi_ring_driver_poll(&device->queues[VIRTIO_SCMI_EVENTS].ring);
	device->calls_wanted = false;
}

/* The device has nothing to say on its socket but that it is gone. */
static int read_socket(struct scmi_transport_device *device)
{
	int got = vhost_user_receive(&device->reader, device->socket, false);

	if (got > 0)
		vhost_user_close_fds(&device->reader.message);
	return got > 0 ? -EPROTO : got;
}

/*
 * Wait for a descriptor. 1: one had something, 0: none, or a signal came; else why the device is of
 * no use any more, to be told behind what it still said.
 */
static int look(struct scmi_transport_device *device, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int error = 0, count = epoll_wait(device->epoll, events, EVENTS_MAX, timeout_ms);

	for (int i = 0; i < count && !error; i++) {
		if (events[i].data.fd == device->socket)
			error = device->connection == VIRTIO_CONNECTED ? read_socket(device)
								       : virtio_frontend_go_on(device);
		else if (events[i].data.fd == device->timer)
			error = virtio_frontend_try(device);
		else if (events[i].data.fd == device->error)
			error = -EPROTO;
	}
	return error ? error : count > 0;
}

static int agent_dispatch(struct scmi_transport_device *device)
{
	int got, seen = 0;

	if (device->closed)
		return -ENODEV;
	/* First the descriptors: what comes later is seen in the rings, or by the next call. */
	if (device->watched || ++device->idle >= IDLE_MAX) {
		device->idle = 0;
		seen = look(device, 0);
	}
	got = collect(device);
	if (got > 0)
		device->idle = 0;
	if (seen < 0 && got >= 0)
		got = part(device, seen);
	leave(device);
	return got < 0 ? got : 0;
}

static int agent_fd(struct scmi_transport_device *device)
{
	if (!device->watched) {
		device->watched = true;
		leave(device);
	}
	return device->epoll;
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* Look without sleeping, for a while. How many messages, or -ENODEV. */
static int look_awhile(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	int got;

	/* Only answers are worth it: an event may take for ever. */
	if (!device->commands_out || device->connection != VIRTIO_CONNECTED ||
	    !device->polling_ns ||
	    !transport_spin_begin(&device->spin,
			       timeout_ns < device->polling_ns ? timeout_ns : device->polling_ns))
		return 0;
	ask_for_no_calls(device);
	do {
		got = collect(device);
		if (got) {
			transport_spin_hit(&device->spin);
			return got;
		}
	} while (transport_spin_again(&device->spin));
	return 0;
}

/* Sleep until something came. As wait(), but -EAGAIN: called for nothing. */
static int sleep_until(struct scmi_transport_device *device, uint64_t deadline_ns)
{
	int timeout_ms = -1, seen, got;
	uint64_t now;

	if (deadline_ns != SCMI_NEVER) {
		now = transport_now_ns();
		/* Never early; and in pieces, where it is longer than an int can say. */
		timeout_ms = 0;
		if (now < deadline_ns) {
			now = (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS;
			timeout_ms = now < 1000000 ? (int)now : 1000000;
		}
	}
	if (ask_for_calls(device)) {
		got = collect(device);
		return got < 0 ? got : 0;
	}
	seen = look(device, timeout_ms);
	got = collect(device);
	if (got < 0)
		return got;
	if (seen < 0)
		return part(device, seen);
	if (got > 0)
		return 0;
	if (transport_now_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return seen ? -EAGAIN : 0;
}

static int agent_wait(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	uint64_t deadline_ns = SCMI_NEVER;
	int got;

	if (device->closed)
		return -ENODEV;
	got = collect(device);
	if (!got)
		got = look_awhile(device, timeout_ns);
	if (!got) {
		uint64_t now_ns = transport_now_ns();

		if (timeout_ns < SCMI_NEVER - now_ns)
			deadline_ns = now_ns + timeout_ns;
		do {
			got = sleep_until(device, deadline_ns);
		} while (got == -EAGAIN);
	}
	leave(device);
	return got > 0 ? 0 : got;
}

/* ---- the device ----------------------------------------------------------------------------- */

static int agent_open(struct scmi_transport_device **out, const char *path,
		      const struct scmi_transport_settings *settings,
		      const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		      struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct scmi_transport_limits in_force = {
		.response_timeout_ms = settings->response_timeout_ms ? settings->response_timeout_ms
								     : VIRTIO_AGENT_TIMEOUT_MS,
		.messages_max = settings->messages_max ? settings->messages_max
						       : VIRTIO_AGENT_MESSAGES,
		.message_size_max = settings->message_size_max ? settings->message_size_max
							       : VIRTIO_AGENT_MESSAGE_SIZE,
		.polling = true,
		.atomic = true,
	};
	struct scmi_transport_device *device;
	int error;

	if (in_force.message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	if (in_force.messages_max > VIRTIO_AGENT_MESSAGES_MAX)
		return because(-EINVAL, why, why_size,
			       "over virtio at most %u messages can be under way",
			       VIRTIO_AGENT_MESSAGES_MAX);
	device = calloc(1, sizeof(*device) + in_force.message_size_max);
	if (!device)
		return because(-ENOMEM, why, why_size, "out of memory");
	device->callbacks = callbacks;
	device->ctx = ctx;
	device->message_size_max = in_force.message_size_max;
	device->messages_max = in_force.messages_max;
	device->response_timeout_ms = in_force.response_timeout_ms;
	device->polling_ns = SPIN_NS;
	if (settings->polling_us)
		device->polling_ns = settings->polling_us == SCMI_POLLING_NONE
					     ? 0
					     : settings->polling_us * (uint64_t)1000;
	device->path = strdup(path);
	if (!device->path) {
		free(device);
		return because(-ENOMEM, why, why_size, "out of memory");
	}
	error = virtio_frontend_setup(device, &in_force, why, why_size);
	if (error) {
		virtio_frontend_fini(device);
		free(device);
		return error;
	}
	*limits = in_force;
	*out = device;
	return 0;
}

static void agent_close(struct scmi_transport_device *device)
{
	virtio_frontend_fini(device);
	free(device);
}

const struct scmi_transport_agent_ops virtio_agent_ops = {
	.open = agent_open,
	.close = agent_close,
	.send = agent_send,
	.fd = agent_fd,
	.dispatch = agent_dispatch,
	.wait = agent_wait,
};
