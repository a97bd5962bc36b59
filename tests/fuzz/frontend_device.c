// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE

#include "frontend_device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TURNS_MAX	3000u
#define FDS_ROOM	20u
/* From this byte on an answer is not right. */
#define WRONG		0xb0
#define MEMORY_ADDRESS	device_region.guest_address
#define TICK_NS		1000u
#define NS_PER_MS	1000000u

uint64_t device_now_ns = 1000000000;
uint32_t device_turns, device_mapped;
static struct device *played;
static struct vhost_user_region device_region;

void device_fail(const char *what, int line)
{
	fprintf(stderr, "frontend: %s (line %d)\n", what, line);
	abort();
}

/* ---- memory --------------------------------------------------------------------------------------- */

uint8_t *device_at(const struct device *device, uint64_t address, uint64_t size)
{
	uint64_t offset = address - MEMORY_ADDRESS;

	device_check(device->memory && address >= MEMORY_ADDRESS);
	device_check(offset <= device->memory_size && size <= device->memory_size - offset);
	return device->memory + offset;
}

uint32_t device_get(const struct device *device, uint64_t at, uint32_t size)
{
	const uint8_t *bytes = device_at(device, at, size);
	uint32_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

void device_put(struct device *device, uint64_t at, uint32_t value, uint32_t size)
{
	uint8_t *bytes = device_at(device, at, size);

	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

void device_use(struct device *device, uint32_t index, uint32_t id, uint32_t size, bool publish)
{
	struct device_queue *queue = &device->queues[index];
	uint64_t entry = queue->used + 4 + 8 * (queue->next_used & (queue->num - 1));

	device_put(device, entry, id, 4);
	device_put(device, entry + 4, size, 4);
	queue->next_used++;
	if (publish)
		device_put(device, queue->used + 2, queue->next_used, 2);
}

bool device_is_to_call(const struct device *device, uint32_t index)
{
	const struct device_queue *queue = &device->queues[index];

	if (device->agreed & VIRTIO_F_EVENT_IDX)
		return device_get(device, queue->avail + 4 + 2 * queue->num, 2) ==
		       (uint16_t)(queue->next_used - 1);
	return !(device_get(device, queue->avail, 2) & 1);
}

uint64_t device_kicks(const struct device *device, uint32_t index)
{
	eventfd_t kicks = 0;

	if (eventfd_read(device->queues[index].kick, &kicks))
		kicks = 0;
	return kicks;
}

/* ---- speaking ------------------------------------------------------------------------------------- */

static void flush(struct device *device)
{
	uint32_t size = device->drip && device->drip < device->out_size ? device->drip
									: device->out_size;

	if (device->fd < 0 || device->delay_ns)
		return;
	if (size) {
		ssize_t sent = send(device->fd, device->out, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			device->out_size -= (uint32_t)sent;
			memmove(device->out, device->out + sent, device->out_size);
		}
	}
	if (!device->out_size && device->closes)
		device_hang_up(device);
}

static void say_bytes(struct device *device, const void *bytes, uint32_t size)
{
	device_check(size <= sizeof(device->out) - device->out_size);
	memcpy(device->out + device->out_size, bytes, size);
	device->out_size += size;
}

/* With as many descriptors as the input says, of several kinds; they go with the first byte. */
static void say_with_fds(struct device *device, const uint8_t *bytes, uint32_t size, uint32_t count)
{
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(FDS_ROOM * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				.msg_controllen = CMSG_SPACE(count * sizeof(int))};
	int fds[FDS_ROOM], other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint8_t kinds = input_u8(device->in);

	for (uint32_t i = 0; i < count; i++)
		fds[i] = kinds >> (i & 7) & 1 && device->memory_fd >= 0 ? device->memory_fd : other;
	control.aligned.cmsg_level = SOL_SOCKET;
	control.aligned.cmsg_type = SCM_RIGHTS;
	control.aligned.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.aligned), fds, count * sizeof(int));
	flush(device);
	if (device->fd >= 0 && !device->out_size)
		(void)!sendmsg(device->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(other);
}

void device_speak(struct device *device, uint8_t what)
{
	struct vhost_user_message message;
	uint8_t bytes[32];

	device->odd = true;
	vhost_user_message_init(&message, what & 0x40 ? VHOST_USER_BACKEND_VRING_CALL : what & 0x3f,
				VHOST_USER_VERSION | (what & 0x80 ? VHOST_USER_REPLY : 0));
	message.size = 8;
	memcpy(bytes, &message, VHOST_USER_HEADER_SIZE);
	memcpy(bytes + VHOST_USER_HEADER_SIZE, message.payload.bytes, 8);
	if (what & 0x10)
		say_with_fds(device, bytes, VHOST_USER_HEADER_SIZE + 8,
			     1 + input_u8(device->in) % FDS_ROOM);
	else
		say_bytes(device, bytes, what & 0x20 ? 1 + (what & 15) : VHOST_USER_HEADER_SIZE + 8);
	device->delay_ns = 0;
	device->drip = 0;
	flush(device);
}

static void change_offer(struct device *device, uint32_t request, uint64_t value)
{
	if (request == VHOST_USER_GET_FEATURES && !device->agreed)
		device->features = value;
	else if (request == VHOST_USER_GET_PROTOCOL_FEATURES)
		device->protocol_features = value;
	else if (request == VHOST_USER_GET_QUEUE_NUM)
		device->queue_count = value;
}

/* The answer to a request, as the input says; behind its end, right. */
static void answer(struct device *device, const struct vhost_user_message *request, uint64_t value)
{
	uint8_t what = input_u8(device->in), bytes[VHOST_USER_HEADER_SIZE + 64] = {0};
	bool acknowledges = !vhost_user_form(request->request)->replies;
	uint32_t head[3] = {request->request, VHOST_USER_VERSION | VHOST_USER_REPLY, 8};
	uint32_t size = VHOST_USER_HEADER_SIZE + 8, count;
	enum device_mark which;

	if (what < WRONG) {
		which = DEVICE_MARKS;
	} else {
		which = (enum device_mark)((what - WRONG) % DEVICE_MARKS);
		device->marks[which] |= which != DEVICE_SIGNALS;
	}
	switch (which) {
	case DEVICE_CLOSES:
		device->closes = true;
		return;
	case DEVICE_SILENT:
		return;
	case DEVICE_OTHER_REQUEST:
		head[0] ^= 1u << (input_u8(device->in) & 31);
		device->spoiled = true;
		break;
	case DEVICE_OTHER_FLAGS:
		head[1] ^= 1u << (input_u8(device->in) & 31);
		device->spoiled = true;
		break;
	case DEVICE_OTHER_SIZE:
		head[2] = input_word(device->in);
		device->spoiled |= head[2] != 8;
		size = VHOST_USER_HEADER_SIZE + (head[2] < 64 ? head[2] : 64);
		break;
	case DEVICE_OTHER_VALUE:
		value ^= (uint64_t)input_word(device->in) << (what & 1 ? 32 : 0);
		device->spoiled |= acknowledges && value;
		change_offer(device, request->request, value);
		break;
	case DEVICE_DESCRIPTORS:
	case DEVICE_MANY_DESCRIPTORS:
		memcpy(bytes, head, sizeof(head));
		memcpy(bytes + sizeof(head), &value, sizeof(value));
		count = 1 + input_u8(device->in) % VHOST_USER_FDS_MAX;
		device->spoiled |= which == DEVICE_MANY_DESCRIPTORS;
		say_with_fds(device, bytes, size,
			     which == DEVICE_DESCRIPTORS ? count : VHOST_USER_FDS_MAX + count);
		return;
	case DEVICE_HALF:
		size = input_u8(device->in) % size;
		device->closes = what & 1;
		device->spoiled = true;
		break;
	case DEVICE_TWICE:
		device->unsure = device->odd = true;
		memcpy(bytes, head, sizeof(head));
		memcpy(bytes + sizeof(head), &value, sizeof(value));
		say_bytes(device, bytes, size);
		break;
	case DEVICE_REQUESTS:
		head[0] = VHOST_USER_BACKEND_VRING_CALL;
		head[1] = VHOST_USER_VERSION;
		device->spoiled = true;
		break;
	case DEVICE_DRIPS:
		device->drip = 1 + input_u8(device->in) % 8;
		break;
	case DEVICE_LATE:
		device->delay_ns = (uint64_t)input_u8(device->in) * NS_PER_MS;
		break;
	case DEVICE_SHUT:
		shutdown(device->fd, input_u8(device->in) & 1 ? SHUT_WR : SHUT_RD);
		device->odd = true;
		break;
	case DEVICE_GARBAGE:
		device->unsure = device->odd = true;
		input_bytes(device->in, bytes, 16);
		say_bytes(device, bytes, 1 + bytes[15] % 16);
		break;
	case DEVICE_SIGNALS:
	case DEVICE_MARKS:
		break;
	}
	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), &value, sizeof(value));
	say_bytes(device, bytes, size);
}

/* ---- being told ----------------------------------------------------------------------------------- */

static void take_memory(struct device *device, struct vhost_user_message *message)
{
	const struct vhost_user_region *region = &message->payload.table.regions[0];
	struct stat file;

	device_check(!device->memory && message->payload.table.count == 1 && message->fd_count == 1);
	device_check(message->size == 8 + sizeof(*region));
	device_check(!fstat(message->fds[0], &file) && region->mmap_offset == 0);
	device_check((uint64_t)file.st_size >= region->size);
	device_check(fcntl(message->fds[0], F_GET_SEALS) & F_SEAL_SHRINK);
	device_region = *region;
	device->memory_size = region->size;
	device->memory_fd = message->fds[0];
	message->fds[0] = -1;
	device->memory = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      device->memory_fd, 0);
	device_check(device->memory != MAP_FAILED);
}

static void take_fd(struct vhost_user_message *message, int *to)
{
	device_check(message->fd_count == 1 && *to < 0);
	*to = message->fds[0];
	message->fds[0] = -1;
}

static uint64_t handle(struct device *device, struct vhost_user_message *message)
{
	uint32_t index = message->payload.state.index & VHOST_USER_RING_INDEX;
	struct device_queue *queue = &device->queues[index % VIRTIO_SCMI_QUEUES];

	if (message->request >= VHOST_USER_SET_VRING_NUM && message->request <= VHOST_USER_SET_VRING_ERR) {
		device_check(index == 0 || (index == 1 && device->agreed & VIRTIO_SCMI_F_P2A_CHANNELS));
		device_check(device->memory);
	}
	switch (message->request) {
	case VHOST_USER_SET_OWNER:
		return 0;
	case VHOST_USER_GET_FEATURES:
		return device->features;
	case VHOST_USER_SET_FEATURES:
		device->agreed = message->payload.u64;
		device_check(device->unsure || !(device->agreed & ~device->features));
		return 0;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		return device->protocol_features;
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		device->protocol_agreed = message->payload.u64;
		device_check(device->unsure || !(device->protocol_agreed & ~device->protocol_features));
		return 0;
	case VHOST_USER_GET_QUEUE_NUM:
		return device->queue_count;
	case VHOST_USER_SET_MEM_TABLE:
		take_memory(device, message);
		return 0;
	case VHOST_USER_SET_VRING_NUM:
		queue->num = message->payload.state.num;
		device_check(queue->num >= 2 && queue->num <= 1024 && !(queue->num & (queue->num - 1)));
		return 0;
	case VHOST_USER_SET_VRING_BASE:
		device_check(!message->payload.state.num);
		return 0;
	case VHOST_USER_SET_VRING_ADDR:
		queue->descriptors = message->payload.address.descriptors;
		queue->avail = message->payload.address.avail;
		queue->used = message->payload.address.used;
		device_at(device, queue->descriptors, 16 * queue->num);
		device_at(device, queue->avail, 6 + 2 * queue->num);
		device_at(device, queue->used, 6 + 8 * queue->num);
		return 0;
	case VHOST_USER_SET_VRING_KICK:
		take_fd(message, &queue->kick);
		return 0;
	case VHOST_USER_SET_VRING_CALL:
		take_fd(message, &queue->call);
		return 0;
	case VHOST_USER_SET_VRING_ERR:
		take_fd(message, &queue->error);
		return 0;
	case VHOST_USER_SET_VRING_ENABLE:
		device_check(device->agreed & VHOST_USER_F_PROTOCOL_FEATURES);
		queue->enabled = message->payload.state.num == 1;
		return 0;
	default:
		device_fail("a request that was not agreed upon", (int)message->request);
		return 1;
	}
}

/* Written apart from the front end's own reading. False: there is no more. */
static bool read_request(struct device *device, struct vhost_user_message *message)
{
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(VHOST_USER_FDS_MAX * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = message, .iov_len = VHOST_USER_HEADER_SIZE};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
				.msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *first;
	ssize_t size;

	memset(message, 0, sizeof(*message));
	size = recvmsg(device->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size <= 0)
		return false;
	/* One message goes in one piece. */
	device_check(size == VHOST_USER_HEADER_SIZE && message->size <= sizeof(message->payload));
	first = CMSG_FIRSTHDR(&header);
	if (first) {
		message->fd_count = (uint32_t)((first->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(message->fds, CMSG_DATA(first), message->fd_count * sizeof(int));
	}
	device_check(!message->size || recv(device->fd, message->payload.bytes, message->size,
					    MSG_DONTWAIT) == (ssize_t)message->size);
	return true;
}

static void turn(void)
{
	struct device *device = played;
	struct vhost_user_message message;
	uint64_t result;

	device_check(++device_turns < TURNS_MAX);
	if (device->fd < 0)
		device->fd = accept4(device->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (device->fd >= 0 && !device->closes && read_request(device, &message)) {
		device_check((message.flags & ~VHOST_USER_NEED_REPLY) == VHOST_USER_VERSION);
		device_check(!(message.flags & VHOST_USER_NEED_REPLY) ||
			     device->protocol_agreed & VHOST_USER_PROTOCOL_REPLY_ACK);
		result = handle(device, &message);
		if (message.flags & VHOST_USER_NEED_REPLY || vhost_user_form(message.request)->replies)
			answer(device, &message, result);
		for (uint32_t i = 0; i < message.fd_count; i++)
			if (message.fds[i] >= 0)
				close(message.fds[i]);
	}
	flush(device);
}

/* ---- the system that the front end asks ----------------------------------------------------------- */

ssize_t frontend_recvmsg(int fd, struct msghdr *header, int flags);
int frontend_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int frontend_epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms);
int frontend_clock_gettime(clockid_t clock, struct timespec *now);
void *frontend_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int frontend_munmap(void *at, size_t size);

ssize_t frontend_recvmsg(int fd, struct msghdr *header, int flags)
{
	turn();
	return recvmsg(fd, header, flags | MSG_DONTWAIT);
}

int frontend_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	uint64_t timeout_ns = (uint64_t)timeout_ms * NS_PER_MS;
	int got;

	/* Nobody may wait for a device without end. */
	device_check(timeout_ms >= 0);
	if (input_done(played->in) || input_u8(played->in) < 0xf0) {
		turn();
	} else {
		played->marks[DEVICE_SIGNALS] = true;
		device_check(++device_turns < TURNS_MAX);
		errno = EINTR;
		return -1;
	}
	got = poll(fds, count, 0);
	if (got)
		return got;
	if (played->delay_ns && played->delay_ns < timeout_ns) {
		device_now_ns += played->delay_ns;
		played->delay_ns = 0;
		flush(played);
		return poll(fds, count, 0);
	}
	device_now_ns += timeout_ns;
	return 0;
}

int frontend_epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
	int got;

	device_check(++device_turns < TURNS_MAX);
	if (timeout_ms)
		frontend_waits();
	got = epoll_wait(fd, events, count, 0);
	if (got || !timeout_ms)
		return got;
	device_check(timeout_ms > 0);
	device_now_ns += (uint64_t)timeout_ms * NS_PER_MS;
	return 0;
}

int frontend_clock_gettime(clockid_t clock, struct timespec *now)
{
	device_check(clock == CLOCK_MONOTONIC && ++device_turns < TURNS_MAX);
	device_now_ns += TICK_NS;
	now->tv_sec = (time_t)(device_now_ns / 1000000000);
	now->tv_nsec = (long)(device_now_ns % 1000000000);
	frontend_looks();
	return 0;
}

void *frontend_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	device_mapped++;
	return mmap(at, size, protection, flags, fd, offset);
}

int frontend_munmap(void *at, size_t size)
{
	device_mapped--;
	return munmap(at, size);
}

/* ---- its life ------------------------------------------------------------------------------------- */

void device_listen(struct device *device)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	played = device;
	device->fd = device->memory_fd = -1;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		device->queues[i].kick = device->queues[i].call = device->queues[i].error = -1;
	memcpy(address.sun_path, device->path, sizeof(device->path));
	device->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	device_check(!bind(device->listener, (struct sockaddr *)&address, sizeof(address)));
	device_check(!listen(device->listener, 4));
}

void device_hang_up(struct device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
	device->closes = device->odd = true;
}

void device_reset(struct device *device)
{
	int fd;

	device_hang_up(device);
	/* One that was not even asked anything. */
	while ((fd = accept(device->listener, NULL, NULL)) >= 0)
		close(fd);
	if (device->memory)
		munmap(device->memory, device->memory_size);
	if (device->memory_fd >= 0)
		close(device->memory_fd);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		struct device_queue *queue = &device->queues[i];

		if (queue->kick >= 0)
			close(queue->kick);
		if (queue->call >= 0)
			close(queue->call);
		if (queue->error >= 0)
			close(queue->error);
		*queue = (struct device_queue){.kick = -1, .call = -1, .error = -1};
	}
	device->memory = NULL;
	device->memory_fd = -1;
	device->agreed = device->protocol_agreed = 0;
	device->spoiled = device->unsure = device->odd = device->closes = false;
	device->out_size = device->drip = 0;
	device->delay_ns = 0;
}

uint32_t device_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	uint32_t count = 0;

	device_check(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

void device_check_ready(const struct device *device, bool p2a)
{
	device_check(device->agreed & VIRTIO_F_VERSION_1);
	device_check(p2a == !!(device->agreed & VIRTIO_SCMI_F_P2A_CHANNELS));
	device_check(!p2a || !(device->protocol_agreed & VHOST_USER_PROTOCOL_MQ) ||
		     device->unsure || device->queue_count >= VIRTIO_SCMI_QUEUES);
	device_check(device->memory);
	for (uint32_t i = 0; i < (p2a ? VIRTIO_SCMI_QUEUES : 1); i++) {
		const struct device_queue *queue = &device->queues[i];

		device_check(queue->num && queue->used && queue->kick >= 0 && queue->call >= 0);
		device_check(queue->enabled == !!(device->agreed & VHOST_USER_F_PROTOCOL_FEATURES));
	}
}
