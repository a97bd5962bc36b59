// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE

#include "vhost_front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define AVAIL	    0x800u
#define BUFFERS	    16u
#define BUFFER_SIZE 0x100u
#define ANSWER_AT   0x80u
#define SPACE	    0x40u

/* ---- memory -------------------------------------------------------------------------------------- */

static int waker(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	vhost_check(fd >= 0);
	return fd;
}

void front_init(struct front *front, const struct host *host)
{
	int pair[2];

	memset(front, 0, sizeof(*front));
	front->host = host;
	front->fd = -1;
	front->memory = memfd_create("front", MFD_CLOEXEC);
	front->other = memfd_create("other", MFD_CLOEXEC);
	front->record = memfd_create("record", MFD_CLOEXEC);
	vhost_check(front->memory >= 0 && front->other >= 0 && front->record >= 0);
	vhost_check(!ftruncate(front->record, FRONT_RECORD_SIZE));
	vhost_check(!ftruncate(front->memory, FRONT_FILE_SIZE));
	vhost_check(!ftruncate(front->other, FRONT_OTHER_SIZE));
	front->file_size = FRONT_FILE_SIZE;
	front->at = mmap(NULL, FRONT_FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, front->memory,
			 0);
	vhost_check(front->at != MAP_FAILED);
	vhost_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	front->backend = pair[0];
	front->backend_peer = pair[1];
	for (uint32_t i = 0; i < 2; i++)
		front->rings[i] = (struct front_ring){.base = i * 0x1000,
						      .buffers = 0x2000 + i * 0x2000,
						      .kick = waker(),
						      .call = waker(),
						      .error = waker()};
}

static void drain(int fd)
{
	uint8_t bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

void front_refresh(struct front *front)
{
	vhost_check(!ftruncate(front->memory, FRONT_FILE_SIZE));
	vhost_check(!ftruncate(front->record, 0) && !ftruncate(front->record, FRONT_RECORD_SIZE));
	front->file_size = FRONT_FILE_SIZE;
	memset(front->at + FRONT_OFFSET, 0, FRONT_SIZE);
	drain(front->backend_peer);
	for (uint32_t i = 0; i < 2; i++) {
		struct front_ring *ring = &front->rings[i];

		ring->next_avail = ring->seen = 0;
		drain(ring->kick);
		drain(ring->call);
		drain(ring->error);
	}
}

static bool reaches(const struct front *front, uint32_t at, size_t size)
{
	return at <= FRONT_SIZE && size <= FRONT_SIZE - at &&
	       FRONT_OFFSET + at + size <= front->file_size;
}

bool front_put(struct front *front, uint32_t at, const void *from, size_t size)
{
	if (!reaches(front, at, size))
		return false;
	memcpy(front->at + FRONT_OFFSET + at, from, size);
	return true;
}

bool front_get(const struct front *front, uint32_t at, void *to, size_t size)
{
	if (!reaches(front, at, size))
		return false;
	memcpy(to, front->at + FRONT_OFFSET + at, size);
	return true;
}

/* ---- the connection ------------------------------------------------------------------------------ */

void front_connect(struct front *front)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	front->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	memcpy(address.sun_path, front->host->path, sizeof(front->host->path));
	vhost_check(front->fd >= 0);
	vhost_check(!connect(front->fd, (const struct sockaddr *)&address, sizeof(address)));
	front->sent_count = 0;
	front->received_size = 0;
	front->unsure = front->hung_up = false;
	front->features = FRONT_FEATURES;
	front->protocol_features = FRONT_PROTOCOL_FEATURES;
}

void front_close(struct front *front)
{
	if (front->fd >= 0)
		close(front->fd);
	front->fd = -1;
}

void front_send(struct front *front, const struct front_request *what)
{
	uint8_t bytes[VHOST_USER_HEADER_SIZE + sizeof(what->payload)];
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(FRONT_FDS * sizeof(int))];
	} control;
	uint32_t size = what->size < sizeof(what->payload) ? what->size : sizeof(what->payload);
	struct iovec part = {.iov_base = bytes, .iov_len = VHOST_USER_HEADER_SIZE + size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (front->fd < 0 || front->hung_up)
		return;
	memcpy(bytes, what, VHOST_USER_HEADER_SIZE);
	memcpy(bytes + VHOST_USER_HEADER_SIZE, what->payload, size);
	if (what->fd_count) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(what->fd_count * sizeof(int));
		control.aligned.cmsg_level = SOL_SOCKET;
		control.aligned.cmsg_type = SCM_RIGHTS;
		control.aligned.cmsg_len = CMSG_LEN(what->fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.aligned), what->fds, what->fd_count * sizeof(int));
	}
	sent = sendmsg(front->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent != (ssize_t)part.iov_len || size != what->size ||
	    front->sent_count == sizeof(front->sent) / sizeof(front->sent[0]))
		front->unsure = true;
	else
		front->sent[front->sent_count++] = what->request;
}

/* It belongs to the first request of its kind that has no answer yet; what was before it gets none. */
static void check_reply(struct front *front, const uint32_t *header, const uint8_t *payload)
{
	const struct vhost_user_form *form = vhost_user_form(header[0]);
	uint64_t value;
	uint32_t i = 0;

	vhost_check(header[1] == (VHOST_USER_VERSION | VHOST_USER_REPLY));
	vhost_check(header[2] == 8 || (header[0] == VHOST_USER_GET_INFLIGHT_FD &&
				       header[2] == sizeof(struct vhost_user_inflight)));
	while (i < front->sent_count && front->sent[i] != header[0])
		i++;
	vhost_check(i < front->sent_count);
	front->sent_count -= i + 1;
	memmove(front->sent, front->sent + i + 1, front->sent_count * sizeof(front->sent[0]));
	memcpy(&value, payload, sizeof(value));
	if (front->answered)
		front->answered(header[0], form->replies || !value);
}

void front_take(struct front *front)
{
	uint32_t header[3];
	uint32_t wanted;
	ssize_t size;

	while (front->fd >= 0 && !front->hung_up) {
		wanted = VHOST_USER_HEADER_SIZE;
		if (front->received_size >= wanted) {
			memcpy(header, front->received, sizeof(header));
			vhost_check(front->unsure || header[2] <= VHOST_USER_PAYLOAD_MAX);
			wanted += header[2] <= VHOST_USER_PAYLOAD_MAX ? header[2] : 0;
			if (front->received_size == wanted) {
				if (!front->unsure)
					check_reply(front, header,
						    front->received + VHOST_USER_HEADER_SIZE);
				front->received_size = 0;
				continue;
			}
		}
		size = recv(front->fd, front->received + front->received_size,
			    wanted - front->received_size, MSG_DONTWAIT);
		if (size < 0 && errno == EAGAIN)
			break;
		if (size <= 0)
			front->hung_up = true;
		else
			front->received_size += (uint32_t)size;
	}
}

/* ---- requests ------------------------------------------------------------------------------------ */

static void add_fd(struct front_request *to, int fd)
{
	to->fds[to->fd_count++] = fd;
}

static void add_u64(struct front_request *to, uint64_t value)
{
	memcpy(to->payload + to->size, &value, sizeof(value));
	to->size += (uint32_t)sizeof(value);
}

static void add_pair(struct front_request *to, uint32_t a, uint32_t b)
{
	add_u64(to, (uint64_t)b << 32 | a);
}

static void add_region(struct front_request *to, uint64_t from, uint64_t size, uint64_t offset)
{
	add_u64(to, FRONT_GUEST + from);
	add_u64(to, size);
	add_u64(to, FRONT_USER + from);
	add_u64(to, offset);
}

void front_request(struct front *front, struct front_request *to, uint32_t request, uint32_t index)
{
	const struct front_ring *ring = &front->rings[index & 1];

	to->request = request;
	to->flags = VHOST_USER_VERSION;
	if (front->protocol_features & VHOST_USER_PROTOCOL_REPLY_ACK)
		to->flags |= VHOST_USER_NEED_REPLY;
	to->size = to->fd_count = 0;
	switch (request) {
	case VHOST_USER_SET_FEATURES:
		add_u64(to, front->features);
		break;
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		add_u64(to, front->protocol_features);
		break;
	case VHOST_USER_SET_MEM_TABLE:
		add_pair(to, 1, 0);
		add_region(to, 0, FRONT_SIZE, FRONT_OFFSET);
		add_fd(to, front->memory);
		break;
	case VHOST_USER_SET_VRING_NUM:
		add_pair(to, index, FRONT_NUM);
		break;
	case VHOST_USER_SET_VRING_ADDR:
		add_pair(to, index, 0);
		add_u64(to, FRONT_USER + ring->base);
		add_u64(to, FRONT_USER + ring->base + FRONT_USED);
		add_u64(to, FRONT_USER + ring->base + AVAIL);
		add_u64(to, 0);
		break;
	case VHOST_USER_SET_VRING_BASE:
	case VHOST_USER_GET_VRING_BASE:
	case VHOST_USER_VRING_KICK:
		add_pair(to, index, 0);
		break;
	case VHOST_USER_SET_VRING_ENABLE:
		add_pair(to, index, 1);
		break;
	case VHOST_USER_SET_VRING_KICK:
		add_u64(to, index);
		add_fd(to, ring->kick);
		break;
	case VHOST_USER_SET_VRING_CALL:
		add_u64(to, index);
		add_fd(to, ring->call);
		break;
	case VHOST_USER_SET_VRING_ERR:
		add_u64(to, index);
		add_fd(to, ring->error);
		break;
	case VHOST_USER_SET_BACKEND_REQ_FD:
		add_fd(to, front->backend);
		break;
	case VHOST_USER_ADD_MEM_REG:
		add_fd(to, front->other);
		add_u64(to, 0);
		add_region(to, FRONT_OTHER, FRONT_OTHER_SIZE, 0);
		break;
	case VHOST_USER_REM_MEM_REG:
		add_u64(to, 0);
		add_region(to, FRONT_OTHER, FRONT_OTHER_SIZE, 0);
		break;
	case VHOST_USER_GET_INFLIGHT_FD:
	case VHOST_USER_SET_INFLIGHT_FD:
		add_u64(to, FRONT_RECORD_SIZE);
		add_u64(to, 0);
		add_u64(to, FRONT_NUM << 16 | 2);
		if (request == VHOST_USER_SET_INFLIGHT_FD)
			add_fd(to, front->record);
		break;
	case VHOST_USER_SET_STATUS:
		add_u64(to, index ? 0 : 15);
		break;
	default:
		break;
	}
}

static void session(struct front *front, uint32_t first, uint32_t count)
{
	static const uint8_t requests[FRONT_SESSION] = {
		VHOST_USER_GET_FEATURES,	      VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_SET_PROTOCOL_FEATURES,     VHOST_USER_GET_QUEUE_NUM,
		VHOST_USER_SET_OWNER,		      VHOST_USER_SET_FEATURES,
		VHOST_USER_SET_MEM_TABLE,	      VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_BASE,	      VHOST_USER_SET_VRING_ADDR,
		VHOST_USER_SET_VRING_CALL,	      VHOST_USER_SET_VRING_ERR,
		VHOST_USER_SET_VRING_KICK,	      VHOST_USER_SET_VRING_ENABLE,
		VHOST_USER_SET_VRING_NUM,	      VHOST_USER_SET_VRING_BASE,
		VHOST_USER_SET_VRING_ADDR,	      VHOST_USER_SET_VRING_CALL,
		VHOST_USER_SET_VRING_ERR,	      VHOST_USER_SET_VRING_KICK,
		VHOST_USER_SET_VRING_ENABLE,
	};
	struct front_request request;

	for (uint32_t i = first; i < count && i < FRONT_SESSION; i++) {
		front_request(front, &request, requests[i], i >= 14);
		front_send(front, &request);
	}
}

void front_session(struct front *front, uint32_t count)
{
	session(front, 0, count);
}

void front_session_rest(struct front *front)
{
	session(front, FRONT_SESSION_RECORD, FRONT_SESSION);
}

/* ---- rings --------------------------------------------------------------------------------------- */

static void put_descriptor(struct front *front, uint32_t at, uint64_t address, uint32_t size,
			   uint16_t flags, uint16_t next)
{
	const uint32_t words[4] = {(uint32_t)address, (uint32_t)(address >> 32), size,
				   (uint32_t)next << 16 | flags};

	front_put(front, at, words, sizeof(words));
}

void front_descriptor(struct front *front, uint32_t ring, uint32_t index, uint64_t address,
		      uint32_t size, uint16_t flags, uint16_t next)
{
	put_descriptor(front, front->rings[ring].base + 16 * (index % FRONT_NUM), address, size,
		       flags, next);
}

void front_offer(struct front *front, uint32_t index, uint16_t head)
{
	struct front_ring *ring = &front->rings[index];

	front_put(front, ring->base + AVAIL + 4 + 2 * (ring->next_avail % FRONT_NUM), &head, 2);
	ring->next_avail++;
	front_put(front, ring->base + AVAIL + 2, &ring->next_avail, 2);
}

void front_command(struct front *front, uint16_t head, bool table)
{
	uint32_t at = front->rings[0].buffers + BUFFER_SIZE * (head % BUFFERS);
	uint32_t message = (++front->token & 0x3ff) << 18 | 0x10 << 10;
	uint64_t address = FRONT_GUEST + at;

	front_put(front, at, &message, sizeof(message));
	if (table) {
		put_descriptor(front, at + 16, address, 4, 1, 1);
		put_descriptor(front, at + 32, address + ANSWER_AT, SPACE, 2, 0);
		front_descriptor(front, 0, head, address + 16, 32, 4, 0);
	} else {
		front_descriptor(front, 0, head, address, 4, 1, (head + 1) % FRONT_NUM);
		front_descriptor(front, 0, head + 1u, address + ANSWER_AT, SPACE, 2, 0);
	}
	front_offer(front, 0, head % FRONT_NUM);
}

void front_buffer(struct front *front, uint16_t head)
{
	uint32_t at = front->rings[1].buffers + BUFFER_SIZE * (head % BUFFERS);

	front_descriptor(front, 1, head, FRONT_GUEST + at, SPACE, 2, 0);
	front_offer(front, 1, head % FRONT_NUM);
}

void front_kick(struct front *front, uint32_t ring)
{
	const uint64_t one = 1;

	vhost_check(write(front->rings[ring].kick, &one, sizeof(one)) == sizeof(one) ||
		    errno == EAGAIN);
}

void front_works(struct front *front)
{
	struct front_ring *ring = &front->rings[0];
	uint16_t head = ring->next_avail % FRONT_NUM, index = 0;
	uint32_t used[2] = {0}, message = 0, answer[3] = {0};
	uint64_t calls = 0;
	uint32_t at = ring->buffers + BUFFER_SIZE * (head % BUFFERS);

	drain(ring->call);
	/* Call for the next one. */
	front_put(front, ring->base + AVAIL + 4 + 2 * FRONT_NUM, &ring->seen, 2);
	front_command(front, head, ring->next_avail & 1);
	front_get(front, at, &message, sizeof(message));
	front_kick(front, 0);
	host_settle();
	vhost_check(front_get(front, ring->base + FRONT_USED + 2, &index, 2));
	vhost_check(index == (uint16_t)(ring->seen + 1));
	front_get(front, ring->base + FRONT_USED + 4 + 8 * (ring->seen % FRONT_NUM), used, 8);
	ring->seen++;
	vhost_check(used[0] == head && used[1] == 12);
	front_get(front, at + ANSWER_AT, answer, sizeof(answer));
	vhost_check(answer[0] == message && !answer[1] && answer[2] == 0x20000);
	vhost_check(read(ring->call, &calls, sizeof(calls)) == sizeof(calls) && calls == 1);
}
