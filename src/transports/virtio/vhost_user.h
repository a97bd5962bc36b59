/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vhost-user: how the two ends of a virtio device talk about memory and rings. The front end owns
 * the memory (a virtual machine, or our agent's end), the back end is the device (scmid).
 *
 * Messages go over a stream socket in host byte order: a header of 12 bytes, a payload, and
 * descriptors that travel with the header's first byte. The numbers and layouts here are the
 * protocol's.
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_VHOST_USER_H
#define SCMI_TRANSPORTS_VIRTIO_VHOST_USER_H

#include <scmi/types.h>

/* ---- what is negotiated ---------------------------------------------------------------------- */

#define VIRTIO_ID_SCMI 32u

/* Features, as virtio numbers them. */
#define VIRTIO_SCMI_F_P2A_CHANNELS ((uint64_t)1 << 0)
#define VIRTIO_F_INDIRECT	   ((uint64_t)1 << 28)
#define VIRTIO_F_EVENT_IDX	   ((uint64_t)1 << 29)
#define VIRTIO_F_VERSION_1	   ((uint64_t)1 << 32)
/*
 * vhost-user's own, never a guest's: there are protocol features, and rings are enabled one by one.
 */
#define VHOST_USER_F_PROTOCOL_FEATURES ((uint64_t)1 << 30)

#define VHOST_USER_PROTOCOL_MQ		     ((uint64_t)1 << 0)
#define VHOST_USER_PROTOCOL_REPLY_ACK	     ((uint64_t)1 << 3)
#define VHOST_USER_PROTOCOL_BACKEND_REQ	     ((uint64_t)1 << 5)
#define VHOST_USER_PROTOCOL_INFLIGHT	     ((uint64_t)1 << 12)
#define VHOST_USER_PROTOCOL_RESET_DEVICE     ((uint64_t)1 << 13)
#define VHOST_USER_PROTOCOL_INBAND	     ((uint64_t)1 << 14)
#define VHOST_USER_PROTOCOL_MEMORY_SLOTS     ((uint64_t)1 << 15)
#define VHOST_USER_PROTOCOL_STATUS	     ((uint64_t)1 << 16)

/* The device's queues. The second exists only with VIRTIO_SCMI_F_P2A_CHANNELS. */
#define VIRTIO_SCMI_COMMANDS 0u
#define VIRTIO_SCMI_EVENTS   1u
#define VIRTIO_SCMI_QUEUES   2u

/* ---- messages -------------------------------------------------------------------------------- */

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_RESET_OWNER = 4,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_GET_INFLIGHT_FD = 31,
	VHOST_USER_SET_INFLIGHT_FD = 32,
	VHOST_USER_RESET_DEVICE = 34,
	VHOST_USER_VRING_KICK = 35,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
	VHOST_USER_REM_MEM_REG = 38,
	VHOST_USER_SET_STATUS = 39,
	VHOST_USER_GET_STATUS = 40,
	VHOST_USER_REQUESTS
};

/* From the back end to the front end, on the channel of VHOST_USER_SET_BACKEND_REQ_FD. */
enum vhost_user_backend_request {
	VHOST_USER_BACKEND_VRING_CALL = 4,
	VHOST_USER_BACKEND_VRING_ERR = 5,
};

#define VHOST_USER_HEADER_SIZE 12u

#define VHOST_USER_VERSION	0x1u
#define VHOST_USER_VERSION_MASK 0x3u
#define VHOST_USER_REPLY	0x4u
#define VHOST_USER_NEED_REPLY	0x8u

/* In the u64 of SET_VRING_KICK, _CALL, _ERR. */
#define VHOST_USER_RING_INDEX 0xffu
#define VHOST_USER_RING_NO_FD 0x100u

/* In one table; with VHOST_USER_PROTOCOL_MEMORY_SLOTS as many as the back end says. */
#define VHOST_USER_REGIONS_MAX 8u
#define VHOST_USER_FDS_MAX     8u
/* The longest of any message that is spoken here, and then some: anything longer is refused. */
#define VHOST_USER_PAYLOAD_MAX 512u

struct vhost_user_ring_state {
	uint32_t index;
	uint32_t num;
};

struct vhost_user_ring_address {
	uint32_t index;
	uint32_t flags;
	uint64_t descriptors; /* these three are user addresses */
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

struct vhost_user_region {
	uint64_t guest_address;
	uint64_t size;
	uint64_t user_address;
	uint64_t mmap_offset;
};

struct vhost_user_memory_table {
	uint32_t count;
	uint32_t padding;
	struct vhost_user_region regions[VHOST_USER_REGIONS_MAX];
};

struct vhost_user_one_region {
	uint64_t padding;
	struct vhost_user_region region;
};

struct vhost_user_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t queues;
	uint16_t queue_size;
	uint32_t padding;
};

struct vhost_user_message {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of the payload */
	uint32_t fd_count;
	int fds[VHOST_USER_FDS_MAX]; /* the receiver's to close, or to set to -1 */
	union {
		uint64_t u64;
		struct vhost_user_ring_state state;
		struct vhost_user_ring_address address;
		struct vhost_user_memory_table table;
		struct vhost_user_one_region one;
		struct vhost_user_inflight inflight;
		uint8_t bytes[VHOST_USER_PAYLOAD_MAX];
	} payload; /* zero behind what came */
};

/* One side's half of a message, while it arrives. Start with zeros. */
struct vhost_user_reader {
	uint32_t received; /* bytes, of header and payload */
	struct vhost_user_message message;
};

/**
 * vhost_user_receive() - take what a socket has of the next message
 * @fd: a stream socket
 * @wait: block until the message is whole
 *
 * Returns 1: reader->message is whole, and its descriptors are the caller's; the next call begins
 * with the next message. 0: not yet (only without @wait, or a signal came). -ENODEV: the other side
 * is gone. -EPROTO: the header is not of this protocol, or the payload too long; -EMSGSIZE: more
 * descriptors than any message has. Nothing can be received after an error; what descriptors came
 * are closed.
 */
int vhost_user_receive(struct vhost_user_reader *reader, int fd, bool wait);

/* Close the descriptors that are left in a message. */
void vhost_user_close_fds(struct vhost_user_message *message);

/* Drop a message that came in part. */
void vhost_user_reader_fini(struct vhost_user_reader *reader);

/**
 * vhost_user_send() - send one message
 * @message: request, flags, size, payload, fd_count and fds; the descriptors stay the caller's
 * @wait: block while the socket is full; without, a full socket is an error
 *
 * 0; -ENODEV: the other side is gone; -EAGAIN: the socket is full and nothing went; -EPIPE: it
 * became full in the middle, and so the connection is of no use any more.
 */
int vhost_user_send(int fd, const struct vhost_user_message *message, bool wait);

/* Make a message without payload and descriptors. */
void vhost_user_message_init(struct vhost_user_message *message, uint32_t request, uint32_t flags);

/* What a front end's request has to look like. */
struct vhost_user_form {
	uint16_t payload_size; /* at least */
	uint8_t fds_min;
	uint8_t fds_max;
	bool known;   /* of those that are spoken here */
	bool replies; /* has a reply of its own */
};

/* Never NULL; one that is not known for others. */
const struct vhost_user_form *vhost_user_form(uint32_t request);

#endif
