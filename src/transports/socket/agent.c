/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A blocking call costs two system calls: send, and a recv that sleeps. For that the usual time
 * limit is given to the socket once (SO_RCVTIMEO); ppoll is needed only where the limit is
 * another.
 */
#define _GNU_SOURCE

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../why.h"
#include "socket.h"

struct scmi_transport_device {
	int fd;
	bool closed;
	uint64_t usual_timeout_ns; /* what SO_RCVTIMEO says */
	const struct scmi_transport_agent_callbacks *callbacks;
	void *ctx;
	uint32_t message_size_max;
	uint8_t buffer[]; /* one byte longer, so that a message that is too long is seen to be */
};

static int agent_open(struct scmi_transport_device **out, const char *path,
		      const struct scmi_transport_settings *settings,
		      const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		      struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct scmi_transport_limits in_force = scmi_transport_socket.limits;
	struct scmi_transport_device *device;
	int error;

	if (settings->response_timeout_ms)
		in_force.response_timeout_ms = settings->response_timeout_ms;
	if (settings->messages_max)
		in_force.messages_max = settings->messages_max;
	if (settings->message_size_max)
		in_force.message_size_max = settings->message_size_max;
	if (in_force.message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);

	device = calloc(1, sizeof(*device) + in_force.message_size_max + 1);
	if (!device)
		return because(-ENOMEM, why, why_size, "out of memory");
	device->callbacks = callbacks;
	device->ctx = ctx;
	device->message_size_max = in_force.message_size_max;
	device->usual_timeout_ns = in_force.response_timeout_ms * (uint64_t)1000000;
	device->fd = socket_connect(path, SOCK_SEQPACKET, in_force.response_timeout_ms, why,
				    why_size);
	if (device->fd < 0) {
		error = device->fd;
		free(device);
		return error;
	}
	*limits = in_force;
	*out = device;
	return 0;
}

static void agent_close(struct scmi_transport_device *device)
{
	close(device->fd);
	free(device);
}

static int agent_send(struct scmi_transport_device *device, const void *message, size_t size)
{
	if (device->closed)
		return -ENODEV;
	if (size > device->message_size_max)
		return -EMSGSIZE;
	if (send(device->fd, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		return -EAGAIN;
	case EMSGSIZE:
		return -EMSGSIZE;
	default:
		/* Told through closed() by the next dispatch(), behind what has still arrived. */
		return -ENODEV;
	}
}

static int agent_fd(struct scmi_transport_device *device)
{
	return device->fd;
}

/* Take one message. 0: handed over; -EAGAIN: none, or the socket's time limit; -EINTR; -ENODEV. */
static int receive(struct scmi_transport_device *device, int flags)
{
	ssize_t size;

	if (device->closed)
		return -ENODEV;
	do {
		/*
		 * The error comes before what is still queued; having been told, the socket
		 * gives the rest.
		 */
		size = recv(device->fd, device->buffer, device->message_size_max + 1u, flags);
	} while (size < 0 && errno == ECONNRESET);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return -errno;
	if (size < 0 || (size == 0 && socket_ended(device->fd))) {
		device->closed = true;
		device->callbacks->closed(device->ctx, -ENODEV);
		return -ENODEV;
	}
	device->callbacks->receive(device->ctx, device->buffer, (size_t)size);
	return 0;
}

static int agent_dispatch(struct scmi_transport_device *device)
{
	int error;

	do {
		error = receive(device, MSG_DONTWAIT);
	} while (!error || error == -EINTR);
	return error == -EAGAIN ? 0 : error;
}

/* True if a plain recv() would end about then: at most a 64th later, and never earlier. */
static bool is_usual(const struct scmi_transport_device *device, uint64_t timeout_ns)
{
	uint64_t usual_ns = device->usual_timeout_ns;

	return timeout_ns <= usual_ns && usual_ns - timeout_ns <= usual_ns / 64;
}

static int agent_wait(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	struct pollfd readable = {.fd = device->fd, .events = POLLIN};
	bool usual = is_usual(device, timeout_ns);
	struct timespec timeout;
	int error;

	if (!usual) {
		timeout.tv_sec = (time_t)(timeout_ns / 1000000000u);
		timeout.tv_nsec = (long)(timeout_ns % 1000000000u);
		if (ppoll(&readable, 1, timeout_ns == SCMI_NEVER ? NULL : &timeout, NULL) == 0)
			return -ETIMEDOUT;
	}
	error = receive(device, usual ? 0 : MSG_DONTWAIT);
	if (error == -EINTR || (error == -EAGAIN && !usual))
		return 0;
	return error == -EAGAIN ? -ETIMEDOUT : error;
}

const struct scmi_transport_agent_ops socket_agent_ops = {
	.open = agent_open,
	.close = agent_close,
	.send = agent_send,
	.fd = agent_fd,
	.dispatch = agent_dispatch,
	.wait = agent_wait,
};
