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

/* Where the device finds the memory; not 0, which some take for nothing. */
#define MEMORY_ADDRESS 0x100000u

#define WANTED_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define WANTED_PROTOCOL_FEATURES (VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK)

/* A set-up, while it lasts. */
struct setup {
	struct scmi_transport_device *device;
	const char *path;
	uint64_t timeout_ns; /* of one reply */
	uint64_t features; /* agreed */
	uint64_t protocol_features;
	char *why;
	size_t why_size;
};

uint64_t virtio_frontend_address(uint32_t offset)
{
	return MEMORY_ADDRESS + (uint64_t)offset;
}

/* ---- talking -------------------------------------------------------------------------------- */

static int gone(const struct setup *setup)
{
	return because(-ECONNRESET, setup->why, setup->why_size,
		       "the device on %s ended the connection; it may be in use by another machine",
		       setup->path);
}

/* The next message of the device. */
static int receive(struct setup *setup)
{
	struct scmi_transport_device *device = setup->device;
	struct pollfd readable = {.fd = device->socket, .events = POLLIN};
	uint64_t deadline_ns = virtio_now_ns() + setup->timeout_ns;
	int got;

	while (!(got = vhost_user_receive(&device->reader, device->socket, false))) {
		uint64_t now = virtio_now_ns();
		int timeout_ms = -1;

		if (now < deadline_ns)
			timeout_ms = (int)((deadline_ns - now + 999999) / 1000000);
		if (timeout_ms < 0 || poll(&readable, 1, timeout_ms) == 0)
			return because(-ETIMEDOUT, setup->why, setup->why_size,
				       "the device on %s does not answer", setup->path);
	}
	if (got == -ENODEV)
		return gone(setup);
	if (got < 0)
		return because(-EPROTO, setup->why, setup->why_size,
			       "what listens on %s does not speak vhost-user", setup->path);
	return 0;
}

/* The reply to a request: a number. */
static int receive_reply(struct setup *setup, uint32_t request, uint64_t *value)
{
	const struct vhost_user_message *reply = &setup->device->reader.message;
	int error = receive(setup);

	if (error)
		return error;
	vhost_user_close_fds(&setup->device->reader.message);
	if (reply->request != request || reply->flags != (VHOST_USER_VERSION | VHOST_USER_REPLY) ||
	    reply->size != sizeof(*value))
		return because(-EPROTO, setup->why, setup->why_size,
			       "what listens on %s gave a wrong reply to vhost-user request %u",
			       setup->path, request);
	*value = reply->payload.u64;
	return 0;
}

static int send_message(struct setup *setup, const struct vhost_user_message *message)
{
	return vhost_user_send(setup->device->socket, message, true) ? gone(setup) : 0;
}

/* A request that has a reply of its own. */
static int ask(struct setup *setup, uint32_t request, uint64_t *value)
{
	struct vhost_user_message message;
	int error;

	vhost_user_message_init(&message, request, VHOST_USER_VERSION);
	error = send_message(setup, &message);
	return error ? error : receive_reply(setup, request, value);
}

/* A request that has none; where it can, the device says that it agrees. */
static int tell(struct setup *setup, struct vhost_user_message *message)
{
	uint64_t refused = 0;
	int error;

	if (setup->protocol_features & VHOST_USER_PROTOCOL_REPLY_ACK)
		message->flags |= VHOST_USER_NEED_REPLY;
	error = send_message(setup, message);
	if (!error && message->flags & VHOST_USER_NEED_REPLY)
		error = receive_reply(setup, message->request, &refused);
	if (!error && refused)
		error = because(-EPROTO, setup->why, setup->why_size,
				"the device on %s refused vhost-user request %u", setup->path,
				message->request);
	return error;
}

static int tell_u64(struct setup *setup, uint32_t request, uint64_t value, int fd)
{
	struct vhost_user_message message;

	vhost_user_message_init(&message, request, VHOST_USER_VERSION);
	message.payload.u64 = value;
	message.size = sizeof(value);
	if (fd >= 0) {
		message.fds[0] = fd;
		message.fd_count = 1;
	}
	return tell(setup, &message);
}

static int tell_state(struct setup *setup, uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_message message;

	vhost_user_message_init(&message, request, VHOST_USER_VERSION);
	message.payload.state = (struct vhost_user_ring_state){.index = index, .num = num};
	message.size = sizeof(message.payload.state);
	return tell(setup, &message);
}

/* ---- connecting ----------------------------------------------------------------------------- */

static int explain_connect(const struct setup *setup, int error)
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

static int connect_to(struct setup *setup, uint32_t timeout_ms)
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
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* This bounds connect(), which waits while the backlog is full, and every send. */
	if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return because(-errno, setup->why, setup->why_size, "socket: %s", strerror(errno));
	do {
		error = connect(*fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	} while (error == EINTR);
	return error ? explain_connect(setup, error) : 0;
}

/* ---- agreeing ------------------------------------------------------------------------------- */

static int agree(struct setup *setup)
{
	uint64_t offered, protocol_offered = 0, queues;
	struct vhost_user_message owner;
	int error;

	vhost_user_message_init(&owner, VHOST_USER_SET_OWNER, VHOST_USER_VERSION);
	error = send_message(setup, &owner);
	if (!error)
		error = ask(setup, VHOST_USER_GET_FEATURES, &offered);
	if (error)
		return error;
	if (!(offered & VIRTIO_F_VERSION_1))
		return because(-EPROTO, setup->why, setup->why_size,
			       "the device on %s is of a virtio older than 1.0", setup->path);
	setup->features = offered & WANTED_FEATURES;
	if (offered & VHOST_USER_F_PROTOCOL_FEATURES)
		error = ask(setup, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol_offered);
	if (!error && offered & VHOST_USER_F_PROTOCOL_FEATURES)
		error = tell_u64(setup, VHOST_USER_SET_PROTOCOL_FEATURES,
				 protocol_offered & WANTED_PROTOCOL_FEATURES, -1);
	if (error)
		return error;
	setup->protocol_features = protocol_offered & WANTED_PROTOCOL_FEATURES;
	if (setup->protocol_features & VHOST_USER_PROTOCOL_MQ) {
		error = ask(setup, VHOST_USER_GET_QUEUE_NUM, &queues);
		if (error)
			return error;
		if (queues < VIRTIO_SCMI_QUEUES)
			setup->features &= ~VIRTIO_SCMI_F_P2A_CHANNELS;
	}
	setup->device->p2a = setup->features & VIRTIO_SCMI_F_P2A_CHANNELS;
	return tell_u64(setup, VHOST_USER_SET_FEATURES, setup->features, -1);
}

/* ---- the memory ----------------------------------------------------------------------------- */

static uint32_t queue_count(const struct scmi_transport_device *device)
{
	return device->p2a ? VIRTIO_SCMI_QUEUES : 1;
}

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
	for (uint32_t i = 0; i < queue_count(device); i++) {
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
static int make_memory(struct setup *setup, uint32_t messages)
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
	for (uint32_t i = messages; i--; device->free = &device->buffers[i])
		device->buffers[i].next_free = device->free;
	return 0;
}

static int make_rings(struct setup *setup)
{
	struct scmi_transport_device *device = setup->device;

	for (uint32_t i = 0; i < queue_count(device); i++) {
		struct virtio_driver_queue *queue = &device->queues[i];

		queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (queue->kick < 0)
			return because(-errno, setup->why, setup->why_size, "eventfd: %s",
				       strerror(errno));
		queue->slots = calloc(queue->num, sizeof(*queue->slots));
		if (!queue->slots)
			return because(-ENOMEM, setup->why, setup->why_size, "out of memory");
		scmi_ring_driver_init(&queue->ring, queue->num, 0, device->memory + queue->offset,
				      virtio_frontend_address(queue->offset), queue->slots,
				      setup->features);
	}
	return 0;
}

static int share_memory(struct setup *setup)
{
	struct vhost_user_message message;

	vhost_user_message_init(&message, VHOST_USER_SET_MEM_TABLE, VHOST_USER_VERSION);
	message.payload.table.count = 1;
	message.payload.table.regions[0] = (struct vhost_user_region){
		.guest_address = MEMORY_ADDRESS,
		.user_address = MEMORY_ADDRESS,
		.size = setup->device->memory_size,
	};
	message.size = 8 + sizeof(struct vhost_user_region);
	message.fds[0] = setup->device->memory_fd;
	message.fd_count = 1;
	return tell(setup, &message);
}

/* ---- starting ------------------------------------------------------------------------------- */

static int tell_address(struct setup *setup, uint32_t index)
{
	const struct virtio_driver_queue *queue = &setup->device->queues[index];
	struct vhost_user_message message;
	struct scmi_ring_layout layout;
	uint64_t base = virtio_frontend_address(queue->offset);

	scmi_ring_layout(&layout, queue->num, 0);
	vhost_user_message_init(&message, VHOST_USER_SET_VRING_ADDR, VHOST_USER_VERSION);
	message.payload.address = (struct vhost_user_ring_address){
		.index = index,
		.descriptors = base + layout.descriptors,
		.avail = base + layout.avail,
		.used = base + layout.used,
	};
	message.size = sizeof(message.payload.address);
	return tell(setup, &message);
}

static int start_queue(struct setup *setup, uint32_t index)
{
	struct scmi_transport_device *device = setup->device;
	struct virtio_driver_queue *queue = &device->queues[index];
	int error;

	error = tell_state(setup, VHOST_USER_SET_VRING_NUM, index, queue->num);
	if (!error)
		error = tell_state(setup, VHOST_USER_SET_VRING_BASE, index, 0);
	if (!error)
		error = tell_address(setup, index);
	if (!error)
		error = tell_u64(setup, VHOST_USER_SET_VRING_ERR, index, device->error);
	if (!error)
		error = tell_u64(setup, VHOST_USER_SET_VRING_CALL, index, device->call);
	if (!error)
		error = tell_u64(setup, VHOST_USER_SET_VRING_KICK, index, queue->kick);
	if (!error && setup->features & VHOST_USER_F_PROTOCOL_FEATURES)
		error = tell_state(setup, VHOST_USER_SET_VRING_ENABLE, index, 1);
	return error;
}

static int start(struct setup *setup)
{
	struct scmi_transport_device *device = setup->device;
	uint64_t ignored;
	int error = 0;

	for (uint32_t i = 0; i < queue_count(device) && !error; i++)
		error = start_queue(setup, i);
	/* Without acknowledgements: what was said is done when this is answered. */
	if (!error && !(setup->protocol_features & VHOST_USER_PROTOCOL_REPLY_ACK))
		error = ask(setup, VHOST_USER_GET_FEATURES, &ignored);
	/* Some devices start a queue when it is first kicked. */
	for (uint32_t i = 0; i < queue_count(device) && !error; i++)
		eventfd_write(device->queues[i].kick, 1);
	return error;
}

static int watch(struct setup *setup)
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
		/* Every call is an edge, so nobody has to read the counter back to zero. */
		struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
					    .data.fd = fds[i]};

		if (device->epoll < 0 || fds[i] < 0 ||
		    epoll_ctl(device->epoll, EPOLL_CTL_ADD, fds[i], &event))
			return because(-errno, setup->why, setup->why_size, "epoll: %s",
				       strerror(errno));
	}
	return 0;
}

static int lend_events(struct setup *setup, uint32_t messages)
{
	struct scmi_transport_device *device = setup->device;

	for (uint32_t i = 0; device->p2a && i < VIRTIO_AGENT_EVENTS; i++) {
		if (virtio_frontend_lend(device, &device->buffers[messages + i]))
			return because(-EPROTO, setup->why, setup->why_size,
				       "the event queue cannot be filled");
	}
	return 0;
}

int virtio_frontend_setup(struct scmi_transport_device *device, const char *path,
			  struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct setup setup = {
		.device = device,
		.path = path,
		.timeout_ns = limits->response_timeout_ms * (uint64_t)1000000,
		.why = why,
		.why_size = why_size,
	};
	int error;

	device->socket = device->memory_fd = device->call = device->error = device->epoll = -1;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		device->queues[i].kick = -1;
	error = connect_to(&setup, limits->response_timeout_ms);
	if (!error)
		error = agree(&setup);
	if (!error)
		error = make_memory(&setup, limits->messages_max);
	if (!error)
		error = make_rings(&setup);
	if (!error)
		error = watch(&setup);
	if (!error)
		error = lend_events(&setup, limits->messages_max);
	if (!error)
		error = share_memory(&setup);
	if (!error)
		error = start(&setup);
	limits->p2a = device->p2a;
	return error;
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
	if (device->memory)
		munmap(device->memory, device->memory_size);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		close_fd(device->queues[i].kick);
		free(device->queues[i].slots);
	}
	free(device->buffers);
	vhost_user_reader_fini(&device->reader);
}
