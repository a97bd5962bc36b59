/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device transport, scheme "dev": /dev/libscmiN of the kernel modules, for tools inside a guest
 * or on a machine whose kernel is the agent. The kernel does the framing (libscmi_raw.h): one write is
 * one command, one read is one message.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../../kernel/include/libscmi_raw.h"
#include "../builtin.h"
#include "../why.h"

struct scmi_transport_device {
	int fd;
	bool closed;
	const struct scmi_transport_agent_callbacks *callbacks;
	void *ctx;
	uint32_t message_size_max;
	uint8_t buffer[];
};

/* ---- opening --------------------------------------------------------------------------------- */

static int explain_open(int error, const char *path, char *why, size_t why_size)
{
	switch (error) {
	case ENOENT:
		return because(-ENOENT, why, why_size,
			       "there is no %s: are libscmi and a transport loaded, and is the"
			       " instance up (see debugfs, libscmi/)?",
			       path);
	case EACCES:
	case EPERM:
		return because(-error, why, why_size,
			       "no permission to use %s: that takes root (CAP_SYS_ADMIN)", path);
	case ENODEV:
	case ENXIO:
		return because(-ENODEV, why, why_size, "the instance behind %s is gone", path);
	default:
		return because(-error, why, why_size, "cannot open %s: %s", path, strerror(error));
	}
}

/* The descriptor, or -errno with a sentence; *info is what the kernel says of the channel. */
static int open_file(const char *path, struct libscmi_raw_info *info, char *why, size_t why_size)
{
	struct stat file;
	int error;
	int fd;

	if (!*path)
		return because(-EINVAL, why, why_size, "the path of the device is missing");
	/* Looked at first: opening other things may block or do something. */
	if (stat(path, &file))
		return explain_open(errno, path, why, why_size);
	if (!S_ISCHR(file.st_mode))
		return because(-ENOTTY, why, why_size, "%s is not a device", path);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return explain_open(errno, path, why, why_size);
	if (!ioctl(fd, LIBSCMI_RAW_INFO, info)) {
		if (info->abi == LIBSCMI_RAW_ABI)
			return fd;
		error = because(-EPROTONOSUPPORT, why, why_size,
				"the libscmi module behind %s has interface %u, this program %u",
				path, info->abi, LIBSCMI_RAW_ABI);
	} else if (errno == ENODEV) {
		error = explain_open(errno, path, why, why_size);
	} else {
		error = because(-ENOTTY, why, why_size, "%s is not a device of libscmi", path);
	}
	close(fd);
	return error;
}

/* What the user asked for, as far as the channel has it. */
static uint32_t at_most(uint32_t wanted, uint32_t limit)
{
	return wanted && wanted < limit ? wanted : limit;
}

static int agent_open(struct scmi_transport_device **out, const char *path,
		      const struct scmi_transport_settings *settings,
		      const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		      struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct scmi_transport_device *device;
	struct libscmi_raw_info info;
	int fd = open_file(path, &info, why, why_size);

	if (fd < 0)
		return fd;
	*limits = scmi_transport_dev.limits;
	limits->response_timeout_ms = settings->response_timeout_ms ? settings->response_timeout_ms
								    : info.response_timeout_ms;
	limits->messages_max = at_most(settings->messages_max, info.messages_max);
	limits->message_size_max = at_most(settings->message_size_max, info.message_size_max);
	limits->p2a = info.flags & LIBSCMI_RAW_P2A;
	device = calloc(1, sizeof(*device) + info.message_size_max);
	if (!device) {
		close(fd);
		return because(-ENOMEM, why, why_size, "out of memory");
	}
	device->fd = fd;
	device->callbacks = callbacks;
	device->ctx = ctx;
	device->message_size_max = info.message_size_max;
	*out = device;
	return 0;
}

static void agent_close(struct scmi_transport_device *device)
{
	close(device->fd);
	free(device);
}

/* ---- use ------------------------------------------------------------------------------------- */

static int agent_send(struct scmi_transport_device *device, const void *message, size_t size)
{
	if (device->closed)
		return -ENODEV;
	if (write(device->fd, message, size) >= 0)
		return 0;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOMEM:
		return -EAGAIN;
	default:
		/* EPERM among them: what the kernel lets no tool do. */
		return -errno;
	}
}

static int agent_fd(struct scmi_transport_device *device)
{
	return device->fd;
}

/* Take one message. 0: handed over; -EAGAIN: none; -ENODEV. */
static int receive(struct scmi_transport_device *device)
{
	ssize_t size;

	if (device->closed)
		return -ENODEV;
	size = read(device->fd, device->buffer, device->message_size_max);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (size <= 0) {
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
		error = receive(device);
	} while (!error);
	return error == -EAGAIN ? 0 : error;
}

static int agent_wait(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	struct pollfd readable = {.fd = device->fd, .events = POLLIN};
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / 1000000000u),
		.tv_nsec = (long)(timeout_ns % 1000000000u),
	};
	int error;

	if (device->closed)
		return -ENODEV;
	if (ppoll(&readable, 1, timeout_ns == SCMI_NEVER ? NULL : &timeout, NULL) == 0)
		return -ETIMEDOUT;
	error = receive(device);
	return error == -EAGAIN ? 0 : error;
}

static const struct scmi_transport_agent_ops dev_agent_ops = {
	.open = agent_open,
	.close = agent_close,
	.send = agent_send,
	.fd = agent_fd,
	.dispatch = agent_dispatch,
	.wait = agent_wait,
};

const struct scmi_transport scmi_transport_dev = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "dev",
	.scheme = "dev",
	.about = "dev:/dev/libscmiN, the device of the kernel modules' instance N",
	/* Where the instance that is opened does not say otherwise. */
	.limits =
		{
			.response_timeout_ms = 1000,
			.messages_max = 64,
			.message_size_max = TRANSPORT_MESSAGE_SIZE_MAX,
			.p2a = true,
			.polling = true,
		},
	.settings = SCMI_SETTING_MESSAGES_MAX | SCMI_SETTING_MESSAGE_SIZE_MAX,
	.agent = &dev_agent_ops,
};
