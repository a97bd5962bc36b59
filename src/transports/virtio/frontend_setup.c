/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../why.h"
#include "frontend.h"
#include "../wakeup.h"

/* Where the device finds the memory; not 0, which some take for nothing. */
#define MEMORY_ADDRESS 0x100000u
#define NS_PER_MS      1000000u

uint64_t virtio_frontend_address(uint32_t offset)
{
	return MEMORY_ADDRESS + (uint64_t)offset;
}

/* ---- connecting ----------------------------------------------------------------------------- */

static int explain_connect(const struct virtio_setup *setup, int error)
{
	const char *path = setup->path;
	struct stat file;

	switch (error) {
	case ENOENT:
		return because(-ENOENT, setup->why, setup->why_size,
			       "there is no socket %s: is the device's process running?", path);
	case ECONNREFUSED:
		if (!stat(path, &file) && !S_ISSOCK(file.st_mode))
			return because(-ENOTSOCK, setup->why, setup->why_size, "%s is not a socket",
				       path);
		return because(-ECONNREFUSED, setup->why, setup->why_size,
			       "nobody is listening on %s any more", path);
	case EACCES:
	case EPERM:
		return because(-EACCES, setup->why, setup->why_size,
			       "no permission to use the socket %s", path);
	case EPROTOTYPE:
		return because(-EPROTOTYPE, setup->why, setup->why_size,
			       "%s is no vhost-user socket; unix:%s may work", path, path);
	case EAGAIN:
		return because(-ETIMEDOUT, setup->why, setup->why_size,
			       "the device on %s does not accept connections", path);
	default:
		return because(-error, setup->why, setup->why_size, "cannot connect to %s: %s",
			       path, strerror(error));
	}
}

int virtio_frontend_connect(struct virtio_setup *setup, uint32_t timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};
	size_t length = strlen(setup->path);
	int *fd = &setup->device->socket, error;

	if (!length || length >= sizeof(address.sun_path))
		return because(length ? -ENAMETOOLONG : -EINVAL, setup->why, setup->why_size,
			       "the path of a socket has 1 to %zu characters",
			       sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, setup->path, length);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (setup->again ? SOCK_NONBLOCK : 0), 0);
	/* This bounds connect(), which waits while the backlog is full, and every send. */
	if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return because(-errno, setup->why, setup->why_size, "socket: %s", strerror(errno));
	do {
		error = connect(*fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	} while (error == EINTR);
	return error ? explain_connect(setup, error) : 0;
}

/* ---- the memory ----------------------------------------------------------------------------- */

static uint32_t power_of_two(uint32_t least)
{
	uint32_t power = 2;

	while (power < least)
		power *= 2;
	return power;
}

/* Where everything stands in the memory; returns its size. */
static uint64_t lay_out(struct scmi_transport_device *device, uint32_t messages)
{
	uint32_t events = device->p2a ? VIRTIO_AGENT_EVENTS : 0;
	/* No two messages in one cache line. */
	uint64_t step = (device->message_size_max + 63u) & ~63u;
	struct scmi_ring_layout layout;
	uint64_t size = 0;

	device->queues[VIRTIO_SCMI_COMMANDS].num = power_of_two(2 * messages);
	device->queues[VIRTIO_SCMI_EVENTS].num = power_of_two(VIRTIO_AGENT_EVENTS);
	for (uint32_t i = 0; i < virtio_frontend_queues(device); i++) {
		device->queues[i].offset = (uint32_t)size;
		scmi_ring_layout(&layout, device->queues[i].num, 0);
		size += layout.size;
	}
	for (uint32_t i = 0; i < messages + events; i++) {
		struct virtio_buffer *buffer = &device->buffers[i];

		buffer->to_device = (uint32_t)size;
		if (i < messages)
			size += step;
		buffer->from_device = (uint32_t)size;
		size += step;
	}
	return (size + 0xffff) & ~(uint64_t)0xffff;
}

/* A file that the device cannot change the size of. */
static int make_memory(struct virtio_setup *setup, uint32_t messages)
{
	struct scmi_transport_device *device = setup->device;
	uint32_t buffers = messages + VIRTIO_AGENT_EVENTS;
	void *memory;

	device->buffers = calloc(buffers, sizeof(*device->buffers));
	if (!device->buffers)
		return because(-ENOMEM, setup->why, setup->why_size, "out of memory");
	/* At most 512 * 2 + 64 buffers of 64 KiB. */
	device->memory_size = (uint32_t)lay_out(device, messages);
	device->memory_fd = memfd_create("scmi", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (device->memory_fd < 0 || ftruncate(device->memory_fd, device->memory_size) ||
	    fcntl(device->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return because(-errno, setup->why, setup->why_size, "memory to share: %s",
			       strerror(errno));
	memory = mmap(NULL, device->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      device->memory_fd, 0);
	if (memory == MAP_FAILED)
		return because(-errno, setup->why, setup->why_size, "memory to share: %s",
			       strerror(errno));
	device->memory = memory;
	return 0;
}

static int make_rings(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;

	for (uint32_t i = 0; i < virtio_frontend_queues(device); i++) {
		struct virtio_driver_queue *queue = &device->queues[i];

		queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (queue->kick < 0)
			return because(-errno, setup->why, setup->why_size, "eventfd: %s",
				       strerror(errno));
		queue->slots = calloc(queue->num, sizeof(*queue->slots));
		if (!queue->slots)
			return because(-ENOMEM, setup->why, setup->why_size, "out of memory");
	}
	return virtio_frontend_begin(device)
		       ? because(-EPROTO, setup->why, setup->why_size,
				 "the event queue cannot be filled")
		       : 0;
}

int virtio_frontend_begin(struct scmi_transport_device *device)
{
	uint32_t messages = device->messages_max;
	int error = 0;

	for (uint32_t i = 0; i < virtio_frontend_queues(device); i++) {
		struct virtio_driver_queue *queue = &device->queues[i];

		scmi_ring_driver_init(&queue->ring, queue->num, 0, device->memory + queue->offset,
				      virtio_frontend_address(queue->offset), queue->slots,
				      device->features);
	}
	device->calls_wanted = true;
	device->commands_out = 0;
	device->free = NULL;
	for (uint32_t i = messages; i--; device->free = &device->buffers[i])
		device->buffers[i].next_free = device->free;
	for (uint32_t i = 0; device->p2a && i < VIRTIO_AGENT_EVENTS && !error; i++)
		error = virtio_frontend_lend(device, &device->buffers[messages + i]);
	return error;
}

/* ---- what wakes us --------------------------------------------------------------------------- */

static int watch(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;
	int fds[3];

	device->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	device->error = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	device->epoll = epoll_create1(EPOLL_CLOEXEC);
	fds[0] = device->call;
	fds[1] = device->error;
	fds[2] = device->socket;
	for (size_t i = 0; i < 3; i++) {
		/*
		 * Every call is an edge, so nobody has to read the counter back to zero; reading
		 * could wait, where the device emptied it and made the descriptor one that waits.
		 */
		struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
					    .data.fd = fds[i]};

		if (device->epoll < 0 || fds[i] < 0 ||
		    epoll_ctl(device->epoll, EPOLL_CTL_ADD, fds[i], &event))
			return because(-errno, setup->why, setup->why_size, "epoll: %s",
				       strerror(errno));
	}
	return 0;
}

int virtio_frontend_prepare(struct virtio_setup *setup)
{
	int error = make_memory(setup, setup->device->messages_max);

	if (!error)
		error = make_rings(setup);
	return error ? error : watch(setup);
}

/* The device's next reply must come within this time. */
static int wait_for_reply(struct virtio_setup *setup, uint64_t deadline_ns)
{
	struct pollfd readable = {.fd = setup->device->socket, .events = POLLIN};
	uint64_t now = transport_now_ns();
	int timeout_ms = -1;

	if (now < deadline_ns)
		timeout_ms = (int)((deadline_ns - now + 999999) / 1000000);
	if (timeout_ms < 0 || poll(&readable, 1, timeout_ms) == 0)
		return because(-ETIMEDOUT, setup->why, setup->why_size,
			       "the device on %s does not answer", setup->path);
	return 0;
}

int virtio_frontend_setup(struct scmi_transport_device *device,
			  struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct virtio_setup *setup = &device->setup;
	uint64_t deadline_ns = 0;
	uint32_t replies = 0;
	int error;

	*setup = (struct virtio_setup){
		.device = device,
		.path = device->path,
		.why = why,
		.why_size = why_size,
	};
	device->socket = device->memory_fd = device->call = device->error = device->epoll = -1;
	device->timer = device->record_fd = -1;
	device->may_wait = wakeup_init() != 0;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		device->queues[i].kick = -1;
	error = virtio_frontend_connect(setup, limits->response_timeout_ms);
	while (!error && !(error = virtio_frontend_talk(setup))) {
		if (!deadline_ns || replies != setup->replies)
			deadline_ns = transport_now_ns() +
				      limits->response_timeout_ms * (uint64_t)NS_PER_MS;
		replies = setup->replies;
		error = wait_for_reply(setup, deadline_ns);
	}
	limits->p2a = device->p2a;
	setup->why = NULL; /* the caller's */
	setup->why_size = 0;
	return error > 0 ? 0 : error;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void virtio_frontend_fini(struct scmi_transport_device *device)
{
	/* The device may write into the file until it sees that we are gone; nobody reads it. */
	close_fd(device->socket);
	close_fd(device->epoll);
	close_fd(device->call);
	close_fd(device->error);
	close_fd(device->memory_fd);
	close_fd(device->timer);
	close_fd(device->record_fd);
	if (device->memory)
		munmap(device->memory, device->memory_size);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		close_fd(device->queues[i].kick);
		free(device->queues[i].slots);
	}
	free(device->buffers);
	free(device->path);
	vhost_user_reader_fini(&device->reader);
}
