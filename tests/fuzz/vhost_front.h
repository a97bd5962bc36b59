/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A front end by hand: it knows how every request looks when it is right, and what the back end may answer. It never
 * waits. Its memory is one file; what lies behind the file's end is not touched.
 */
#ifndef FUZZ_VHOST_FRONT_H
#define FUZZ_VHOST_FRONT_H

#include "vhost_host.h"

#include "transports/virtio/ring.h"
#include "transports/virtio/vhost_user.h"

#define FRONT_GUEST	 0x40000000ull
#define FRONT_USER	 0x7f0000000000ull
#define FRONT_OFFSET	 0x1000u /* of the memory in its file */
#define FRONT_SIZE	 0x8000u
#define FRONT_FILE_SIZE	 (FRONT_OFFSET + FRONT_SIZE)
#define FRONT_OTHER	 0x10000000u /* from there to the second region, a file of one page */
#define FRONT_OTHER_SIZE 0x1000u
#define FRONT_NUM	 128u /* of a ring; 16 of its buffers are distinct */
#define FRONT_FDS	 20u
#define FRONT_USED	 0xa00u /* of a ring, behind its base */

#define FRONT_FEATURES                                                                             \
	(VIRTIO_SCMI_F_P2A_CHANNELS | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX |                     \
	 VHOST_USER_F_PROTOCOL_FEATURES | VIRTIO_F_VERSION_1)
#define FRONT_PROTOCOL_FEATURES                                                                    \
	(VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK | VHOST_USER_PROTOCOL_BACKEND_REQ |  \
	 VHOST_USER_PROTOCOL_INFLIGHT | VHOST_USER_PROTOCOL_RESET_DEVICE |                           \
	 VHOST_USER_PROTOCOL_INBAND | VHOST_USER_PROTOCOL_MEMORY_SLOTS | VHOST_USER_PROTOCOL_STATUS)

/* The record of what is under way: a part for each ring, of a header and an entry for each head, and the session. */
#define FRONT_RECORD_PART ((16u + 16u * FRONT_NUM + 63u) & ~63u)
#define FRONT_RECORD_SESSION (2 * FRONT_RECORD_PART)
#define FRONT_SESSION_SPACE  16384u
#define FRONT_RECORD_SIZE (FRONT_RECORD_SESSION + 64 + 2 * FRONT_SESSION_SPACE)
/* A head whose entry would be in the page behind the record's last. */
#define FRONT_RECORD_BEYOND 2600u

struct front_ring {
	uint32_t base; /* of descriptors, avail at +0x800, used at FRONT_USED, in the memory */
	uint32_t buffers;
	uint16_t next_avail, seen;
	int kick, call, error;
};

/* Whatever is sent: right as front_request() makes it, until somebody changes it. */
struct front_request {
	uint32_t request, flags, size;
	uint8_t payload[VHOST_USER_PAYLOAD_MAX + 16];
	int fds[FRONT_FDS]; /* the sender's */
	uint32_t fd_count;
};

struct front {
	const struct host *host;
	int fd; /* -1: not connected */
	int memory, other, backend, backend_peer;
	int record;
	uint8_t *at; /* the whole file */
	uint32_t file_size;
	uint64_t features, protocol_features;
	struct front_ring rings[2];
	uint32_t token;
	/* What was sent and may be answered still; not known any more once something else than requests was. */
	uint32_t sent[128];
	uint32_t sent_count;
	bool unsure, hung_up;
	uint8_t received[VHOST_USER_HEADER_SIZE + VHOST_USER_PAYLOAD_MAX];
	uint32_t received_size;
	/* For the harness: what was accepted, or refused. May be NULL. */
	void (*answered)(uint32_t request, bool good);
};

/* Once: files, descriptors; not connected. */
void front_init(struct front *front, const struct host *host);
/* The memory as it was, whatever became of it. */
void front_refresh(struct front *front);

void front_connect(struct front *front);
void front_close(struct front *front);

void front_request(struct front *front, struct front_request *to, uint32_t request, uint32_t ring);
void front_send(struct front *front, const struct front_request *what);
/* The answers that came; says what is wrong with them. */
void front_take(struct front *front);

/* The first `count` requests of a session, all right. */
#define FRONT_SESSION 21u
void front_session(struct front *front, uint32_t count);
/* The record, if it goes along, is sent behind the first so many. */
#define FRONT_SESSION_RECORD 6u
void front_session_rest(struct front *front);

/* In the memory, if the file reaches so far. */
bool front_put(struct front *front, uint32_t at, const void *from, size_t size);
bool front_get(const struct front *front, uint32_t at, void *to, size_t size);

void front_descriptor(struct front *front, uint32_t ring, uint32_t index, uint64_t address,
		      uint32_t size, uint16_t flags, uint16_t next);
void front_offer(struct front *front, uint32_t ring, uint16_t head);
/* A PROTOCOL_VERSION in descriptors head and head + 1; a buffer for an event in head. */
void front_command(struct front *front, uint16_t head, bool table);
void front_buffer(struct front *front, uint16_t head);
void front_kick(struct front *front, uint32_t ring);

/* One command from end to end. */
void front_works(struct front *front);

#endif
