/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The mailbox transport, scheme "mailbox": channels that are areas of shared memory with two
 * doorbells each. How a message lies in an area, and whose the area is: ../shmem/shmem.h. Here is
 * what rings, and where memory and doorbells come from.
 *
 *   transport.c  what it can do, and its operations
 *   handout.c    memory and doorbells, passed over a socket
 *   agent.c      the agent's end: sending, receiving, waiting
 *   open.c       the agent's end: connecting, mapping
 *   uio.c        the agent's end of a board's own mailbox
 *   platform.c   the platform's end: a peer's channels
 *   endpoint.c   the platform's end: the socket, and who gets in
 *
 * Who connects to the socket of an endpoint is sent one message, the hand-out, with a memfd and
 * eventfds, and from then on nothing is said there in either direction: its end is the end of the
 * other side. docs/mailbox.md has the layout and its rules.
 *
 * The combinations of mailboxes that device trees know are all of this kind: P2A or none, and each
 * direction with or without the second doorbell.
 */
#ifndef SCMI_TRANSPORTS_MAILBOX_H
#define SCMI_TRANSPORTS_MAILBOX_H

#include <scmi/transport.h>

#include "../builtin.h"
#include "../shmem/shmem.h"

#define MAILBOX_MAGIC	     0x424d4353u
#define MAILBOX_VERSION	     1u
#define MAILBOX_CHANNELS_MAX 32u
#define MAILBOX_FDS_MAX	     (1 + 2 * MAILBOX_CHANNELS_MAX)
#define MAILBOX_HANDOUT_MAX  (24 + 16 * MAILBOX_CHANNELS_MAX)

/* Areas of 128 bytes, as on boards. */
#define MAILBOX_MESSAGE_SIZE SCMI_SHMEM_MESSAGE_MAX(128u)
/* A process may have to wait for a CPU: longer than hardware gets. */
#define MAILBOX_TIMEOUT_MS   1000u

enum mailbox_refusal {
	MAILBOX_GRANTED,
	MAILBOX_IN_USE,	     /* somebody else is connected */
	MAILBOX_NOT_ALLOWED, /* the host does not want this one */
	MAILBOX_NO_ROOM,     /* it has no memory or descriptors to spare */
	MAILBOX_REFUSALS
};

struct mailbox_record {
	uint32_t protocol_id; /* 0: all others */
	bool p2a;
	bool completion; /* there is a doorbell for it */
	uint32_t offset;
	uint32_t size;
};

struct mailbox_handout {
	enum mailbox_refusal refusal;
	uint32_t memory_size;
	uint32_t count;
	struct mailbox_record records[MAILBOX_CHANNELS_MAX];
};

/* ---- handout.c ------------------------------------------------------------------------------- */

/* Its bytes; returns how many. */
size_t mailbox_handout_write(const struct mailbox_handout *handout,
			     uint8_t bytes[MAILBOX_HANDOUT_MAX]);

/*
 * From bytes that anybody may have made. 0, or -EPROTO with what is wrong: then nothing of it means
 * anything. With 0 every rule above holds that can be seen in the bytes.
 */
int mailbox_handout_read(struct mailbox_handout *handout, const uint8_t *bytes, size_t size,
			 const char **wrong);

/* How many descriptors go with it. */
uint32_t mailbox_handout_fds(const struct mailbox_handout *handout);

/* Never waits. 0 or -errno. */
int mailbox_handout_send(int socket, const struct mailbox_handout *handout, const int *fds);

/*
 * Waits as long as the socket's SO_RCVTIMEO says. 0, and *handout is granted with all its
 * descriptors in fds[], the caller's; or -errno with a sentence about the socket `path`.
 */
int mailbox_handout_receive(int socket, const char *path, struct mailbox_handout *handout,
			    int fds[MAILBOX_FDS_MAX], char *why, size_t why_size);

/*
 * May a file of somebody else be mapped and touched: does it live in memory, is it sealed against
 * shrinking, has it `size` bytes? Asks nobody but the kernel. 0 or -EPROTO with a sentence.
 */
int mailbox_memory_check(int fd, uint32_t size, const char *path, char *why, size_t why_size);

/* ---- the two ends ---------------------------------------------------------------------------- */

extern const struct scmi_transport_agent_ops mailbox_agent_ops;
extern const struct scmi_transport_platform_ops mailbox_platform_ops;

#endif
