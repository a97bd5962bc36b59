/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SCMI_TRANSPORTS_MAILBOX_PLATFORM_H
#define SCMI_TRANSPORTS_MAILBOX_PLATFORM_H

#include <sys/stat.h>

#include "mailbox.h"

struct mailbox_line {
	struct scmi_transport_peer *peer;
	bool p2a;
	int ring; /* to tell the agent; -1: it does not want to be told */
	int bell; /* that the agent rings */
	uint32_t generation; /* of the command that was taken last */
	struct scmi_shmem_receiver receiver; /* A2P */
	struct scmi_shmem_sender sender;     /* P2A */
};

struct scmi_transport_peer {
	struct scmi_transport_endpoint *endpoint;
	int fd;
	uint32_t busy; /* callbacks and handlers that are running; freed behind the last */
	bool gone;
	bool want_room; /* send() gave -EAGAIN */
	int timer;	/* to look for room where no doorbell tells of it; -1: one does */
	uint32_t look_ms; /* how much later */
	void *ctx;
	uint8_t *memory;
	struct mailbox_line *event; /* of notifications and delayed responses, or NULL */
	struct mailbox_line lines[MAILBOX_CHANNELS_MAX];
};

struct scmi_transport_endpoint {
	int fd;
	int reserve; /* a descriptor to give up when there is no other */
	char *path;
	struct stat file;
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *ctx;
	struct scmi_transport_peer *peer; /* NULL: nobody is connected */
	struct mailbox_handout handout;	  /* what everybody gets */
	uint32_t message_size_max;
	uint8_t command[SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX)];
	uint8_t answer[SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX)];
};

/* ---- platform.c ------------------------------------------------------------------------------ */

/*
 * The channels of an agent that has connected, in memory of its own, with the host's handlers set.
 * fds[] is what goes with the hand-out: the memory, which is to be closed then, and the
 * doorbells, which are the peer's. 0 or -errno; mailbox_peer_fini() in any case.
 */
int mailbox_peer_init(struct scmi_transport_peer *peer, int fds[MAILBOX_FDS_MAX]);
void mailbox_peer_fini(struct scmi_transport_peer *peer);

int mailbox_send(struct scmi_transport_peer *peer, const void *message, size_t size);
int mailbox_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		   size_t size);

/* ---- endpoint.c ------------------------------------------------------------------------------ */

void mailbox_disconnect(struct scmi_transport_peer *peer);

/* Around whatever may end in the peer's being disconnected: it is freed behind the last. */
void mailbox_enter(struct scmi_transport_peer *peer);
void mailbox_leave(struct scmi_transport_peer *peer);

/* To the host: "mailbox PATH: …" */
void mailbox_note(const struct scmi_transport_endpoint *endpoint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
