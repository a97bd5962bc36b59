/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Headers, payloads and descriptors of vhost-user, over a socket. */
#define _GNU_SOURCE

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vhost_user.h"

/* Room for more than are allowed: the surplus is seen and closed. */
#define FDS_ROOM 16u

#define STATE	 (uint16_t)sizeof(struct vhost_user_ring_state)
#define ONE	 (uint16_t)sizeof(struct vhost_user_one_region)
#define ADDRESS	 (uint16_t)sizeof(struct vhost_user_ring_address)
#define INFLIGHT (uint16_t)sizeof(struct vhost_user_inflight)

static const struct vhost_user_form forms[VHOST_USER_REQUESTS] = {
	[VHOST_USER_GET_FEATURES] = {0, 0, 0, true, true},
	[VHOST_USER_SET_FEATURES] = {8, 0, 0, true, false},
	[VHOST_USER_SET_OWNER] = {0, 0, 0, true, false},
	[VHOST_USER_RESET_OWNER] = {0, 0, 0, true, false},
	[VHOST_USER_SET_MEM_TABLE] = {8, 0, VHOST_USER_REGIONS_MAX, true, false},
	[VHOST_USER_SET_VRING_NUM] = {STATE, 0, 0, true, false},
	[VHOST_USER_SET_VRING_ADDR] = {ADDRESS, 0, 0, true, false},
	[VHOST_USER_SET_VRING_BASE] = {STATE, 0, 0, true, false},
	[VHOST_USER_GET_VRING_BASE] = {STATE, 0, 0, true, true},
	[VHOST_USER_SET_VRING_KICK] = {8, 0, 1, true, false},
	[VHOST_USER_SET_VRING_CALL] = {8, 0, 1, true, false},
	[VHOST_USER_SET_VRING_ERR] = {8, 0, 1, true, false},
	[VHOST_USER_GET_PROTOCOL_FEATURES] = {0, 0, 0, true, true},
	[VHOST_USER_SET_PROTOCOL_FEATURES] = {8, 0, 0, true, false},
	[VHOST_USER_GET_QUEUE_NUM] = {0, 0, 0, true, true},
	[VHOST_USER_SET_VRING_ENABLE] = {STATE, 0, 0, true, false},
	[VHOST_USER_SET_BACKEND_REQ_FD] = {0, 1, 1, true, false},
	[VHOST_USER_GET_INFLIGHT_FD] = {INFLIGHT, 0, 0, true, true},
	[VHOST_USER_SET_INFLIGHT_FD] = {INFLIGHT, 1, 1, true, false},
	[VHOST_USER_RESET_DEVICE] = {0, 0, 0, true, false},
	[VHOST_USER_VRING_KICK] = {STATE, 0, 0, true, false},
	[VHOST_USER_GET_MAX_MEM_SLOTS] = {0, 0, 0, true, true},
	[VHOST_USER_ADD_MEM_REG] = {ONE, 1, 1, true, false},
	/* A descriptor is of no use there, but some send one. */
	[VHOST_USER_REM_MEM_REG] = {ONE, 0, 1, true, false},
	[VHOST_USER_SET_STATUS] = {8, 0, 0, true, false},
	[VHOST_USER_GET_STATUS] = {0, 0, 0, true, true},
};

const struct vhost_user_form *vhost_user_form(uint32_t request)
{
	return &forms[request < VHOST_USER_REQUESTS ? request : 0];
}

void vhost_user_message_init(struct vhost_user_message *message, uint32_t request, uint32_t flags)
{
	memset(message, 0, sizeof(*message));
	message->request = request;
	message->flags = flags;
}

void vhost_user_close_fds(struct vhost_user_message *message)
{
	for (uint32_t i = 0; i < message->fd_count; i++) {
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	}
	message->fd_count = 0;
}

void vhost_user_reader_fini(struct vhost_user_reader *reader)
{
	vhost_user_close_fds(&reader->message);
	reader->received = 0;
}

/*
 * A socket that was connected to a name may be the sender's own end of this connection: kept here, it would
 * keep the connection up after the sender is gone. Those for kicks, calls and requests come in pairs,
 * without names.
 */
static bool leads_to_a_name(int fd)
{
	struct sockaddr_un name;
	socklen_t size = sizeof(name);

	return !getpeername(fd, (struct sockaddr *)&name, &size) &&
	       size > offsetof(struct sockaddr_un, sun_path);
}

/*
 * Keep the descriptors that came with a message. False: there are too many, or one that nobody needs; all
 * are closed then.
 */
static bool keep_fds(struct vhost_user_message *message, struct msghdr *header)
{
	bool fits = !(header->msg_flags & MSG_CTRUNC);
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(fd));
			if (message->fd_count < VHOST_USER_FDS_MAX && !leads_to_a_name(fd)) {
				message->fds[message->fd_count++] = fd;
			} else {
				close(fd);
				fits = false;
			}
		}
	}
	if (!fits)
		vhost_user_close_fds(message);
	return fits;
}

/*
 * Bytes of the message's header, with descriptors where it begins, or of its payload. Returns as
 * recvmsg(), or -EMSGSIZE.
 */
static ssize_t take_bytes(struct vhost_user_reader *reader, int fd, size_t wanted, int flags)
{
	struct vhost_user_message *message = &reader->message;
	bool in_header = reader->received < VHOST_USER_HEADER_SIZE;
	uint32_t before = in_header ? 0 : VHOST_USER_HEADER_SIZE;
	uint8_t *start = in_header ? (uint8_t *)message : message->payload.bytes;
	struct iovec part = {.iov_base = start + reader->received - before, .iov_len = wanted};
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(FDS_ROOM * sizeof(int))];
	} control;
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t size;

	/* Without room for them the system drops descriptors that come where none belong. */
	if (!reader->received) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	size = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | flags);
	if (size < 0)
		return -errno;
	if (!reader->received && !keep_fds(message, &header))
		return -EMSGSIZE;
	return size;
}

static bool header_is_good(const struct vhost_user_message *message)
{
	return (message->flags & VHOST_USER_VERSION_MASK) == VHOST_USER_VERSION &&
	       message->size <= VHOST_USER_PAYLOAD_MAX;
}

int vhost_user_receive(struct vhost_user_reader *reader, int fd, bool wait)
{
	struct vhost_user_message *message = &reader->message;
	ssize_t size;

	_Static_assert(offsetof(struct vhost_user_message, size) == 8, "the header as on the wire");
	for (;;) {
		size_t wanted = VHOST_USER_HEADER_SIZE - reader->received;

		if (!reader->received)
			memset(message, 0, sizeof(*message));
		if (reader->received >= VHOST_USER_HEADER_SIZE)
			wanted = VHOST_USER_HEADER_SIZE + message->size - reader->received;
		if (!wanted)
			break;
		size = take_bytes(reader, fd, wanted, wait ? 0 : MSG_DONTWAIT);
		if (size == -EAGAIN || size == -EINTR)
			return 0;
		if (size <= 0) {
			vhost_user_reader_fini(reader);
			return size == -EMSGSIZE ? -EMSGSIZE : -ENODEV;
		}
		reader->received += (uint32_t)size;
		if (reader->received == VHOST_USER_HEADER_SIZE && !header_is_good(message)) {
			vhost_user_reader_fini(reader);
			return -EPROTO;
		}
	}
	reader->received = 0;
	return 1;
}

int vhost_user_send(int fd, const struct vhost_user_message *message, bool wait)
{
	uint8_t bytes[VHOST_USER_HEADER_SIZE + VHOST_USER_PAYLOAD_MAX];
	size_t total = VHOST_USER_HEADER_SIZE + message->size;
	struct iovec part = {.iov_base = bytes, .iov_len = total};
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(VHOST_USER_FDS_MAX * sizeof(int))];
	} control;
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	size_t fds_size = message->fd_count * sizeof(int);
	size_t sent = 0;
	ssize_t size;

	if (message->size > VHOST_USER_PAYLOAD_MAX || message->fd_count > VHOST_USER_FDS_MAX)
		return -EINVAL;
	memcpy(bytes, message, VHOST_USER_HEADER_SIZE);
	memcpy(bytes + VHOST_USER_HEADER_SIZE, message->payload.bytes, message->size);
	if (fds_size) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(fds_size);
		control.aligned.cmsg_level = SOL_SOCKET;
		control.aligned.cmsg_type = SCM_RIGHTS;
		control.aligned.cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(&control.aligned), message->fds, fds_size);
	}
	while (sent < total) {
		part.iov_base = bytes + sent;
		part.iov_len = total - sent;
		size = sendmsg(fd, &header, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && errno == EAGAIN)
			return sent ? -EPIPE : -EAGAIN;
		if (size < 0)
			return -ENODEV;
		sent += (size_t)size;
		/* Once is enough. */
		header.msg_control = NULL;
		header.msg_controllen = 0;
	}
	return 0;
}
