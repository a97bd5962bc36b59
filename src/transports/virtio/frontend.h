/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The agent's end: a vhost-user front end, which drives any virtio SCMI device that listens on a
 * socket. It is the "machine" whose memory the device sees: one sealed file with both rings and all
 * buffers in it.
 *
 *   frontend.c        the driver's operations: sending, receiving, waiting
 *   frontend_setup.c  connecting, the memory, the rings
 *   frontend_talk.c   what is said to the device before it works
 *   frontend_again.c  a device that goes and comes back
 *
 * Whatever the device does, it reaches that memory and nothing else. It is copied before it is
 * looked at, and a buffer that was lent is not used again before the device has returned it.
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_FRONTEND_H
#define SCMI_TRANSPORTS_VIRTIO_FRONTEND_H

#include <scmi/transport.h>

#include "ring.h"
#include "../spin.h"
#include "vhost_user.h"

/* A process may have to wait for a CPU: longer than hardware gets. */
#define VIRTIO_AGENT_TIMEOUT_MS	  1000u
#define VIRTIO_AGENT_MESSAGES	  32u
#define VIRTIO_AGENT_MESSAGE_SIZE 4096u
/* Two descriptors each, in a ring as long as every device takes. */
#define VIRTIO_AGENT_MESSAGES_MAX 512u
/* Notifications and delayed responses between two calls of dispatch() or wait(). */
#define VIRTIO_AGENT_EVENTS	  64u

/* A command and room for its answer, or room for an event. */
struct virtio_buffer {
	struct virtio_buffer *next_free;
	uint32_t to_device; /* where in the memory; of an event there is none */
	uint32_t from_device;
};

struct virtio_driver_queue {
	struct scmi_ring_driver ring;
	struct scmi_ring_slot *slots;
	uint32_t num;
	uint32_t offset; /* of the ring in the memory */
	int kick;
};

/* A set-up, while it lasts. */
struct virtio_setup {
	struct scmi_transport_device *device;
	const char *path;
	uint64_t features; /* agreed */
	uint64_t offered;
	uint64_t protocol_features; /* agreed */
	uint32_t step;
	uint32_t queue;
	uint32_t awaited; /* a reply to this request; 0: none */
	uint32_t replies; /* that have come */
	bool again;	  /* not the first time; nothing blocks then */
	char *why;
	size_t why_size;
};

enum virtio_connection {
	VIRTIO_CONNECTED,
	VIRTIO_AWAY,	 /* the timer says when to try again */
	VIRTIO_AGREEING, /* the timer says when to give up this try */
};

struct scmi_transport_device {
	char *path;
	enum virtio_connection connection;
	struct virtio_setup setup;
	uint64_t features; /* agreed */
	uint32_t messages_max;
	uint32_t response_timeout_ms;
	/* A record of what is under way, which the next device gets; -1: none. */
	int record_fd;
	struct vhost_user_inflight record;
	/* For a device that goes. */
	int timer; /* -1: it never went */
	bool heard; /* something came since it was connected */
	uint32_t pause_ms;
	uint64_t connected_ns;
	uint64_t give_up_ns;
	int socket;
	int memory_fd;
	int call;  /* one for both queues */
	int error; /* the device says that it does not understand our rings */
	int epoll; /* of the three, for those who wait */
	bool closed;
	bool watched;	 /* fd() was asked for: somebody else may sleep */
	bool may_wait;	 /* eventfds are written as everybody does */
	bool calls_wanted;
	bool p2a;
	uint8_t *memory;
	uint32_t memory_size;
	uint32_t message_size_max;
	uint32_t commands_out;
	struct virtio_driver_queue queues[VIRTIO_SCMI_QUEUES];
	struct virtio_buffer *buffers; /* of commands, then of events */
	struct virtio_buffer *free;    /* of commands */
	const struct scmi_transport_agent_callbacks *callbacks;
	void *ctx;
	struct transport_spin spin;
	uint64_t polling_ns; /* how long it lasts at most */
	uint8_t idle; /* dispatch() found nothing so many times */
	struct vhost_user_reader reader;
	uint8_t message[]; /* message_size_max bytes */
};

extern const struct scmi_transport_agent_ops virtio_agent_ops;

/* An address as the device names it. */
uint64_t virtio_frontend_address(uint32_t offset);

static inline uint32_t virtio_frontend_queues(const struct scmi_transport_device *device)
{
	return device->p2a ? VIRTIO_SCMI_QUEUES : 1;
}

/* ---- frontend_setup.c ------------------------------------------------------------------------ */

/*
 * Connect, agree, share the memory, start the queues, lend the events. `limits` holds what is
 * wanted, and then what is in force. 0 or -errno with a sentence; virtio_frontend_fini() in any
 * case.
 */
int virtio_frontend_setup(struct scmi_transport_device *device,
			  struct scmi_transport_limits *limits, char *why, size_t why_size);
void virtio_frontend_fini(struct scmi_transport_device *device);

/* Connect the socket. 0 or -errno. */
int virtio_frontend_connect(struct virtio_setup *setup, uint32_t timeout_ms);

/* Memory, rings and descriptors. 0 or -errno. */
int virtio_frontend_prepare(struct virtio_setup *setup);

/* Rings as new, every buffer here, those for events lent. 0 or -errno. */
int virtio_frontend_begin(struct scmi_transport_device *device);

/* ---- frontend_talk.c ------------------------------------------------------------------------- */

/* Go on with a set-up as far as the device has answered. 1: it is done; 0: not yet; or -errno. */
int virtio_frontend_talk(struct virtio_setup *setup);

/* ---- frontend_again.c ------------------------------------------------------------------------ */

/* Does whoever uses us want a device back that went? */
bool virtio_frontend_comes_back(const struct scmi_transport_device *device);

/* The connection ended. True: it is tried again. */
bool virtio_frontend_leave(struct scmi_transport_device *device);

/* In the set-up: with what was under way, or without. 0 or -errno. */
int virtio_frontend_resume(struct virtio_setup *setup);

/* The timer, or the socket of a device that comes back. 0, or -ENODEV: it is given up. */
int virtio_frontend_try(struct scmi_transport_device *device);
int virtio_frontend_go_on(struct scmi_transport_device *device);

/* ---- frontend.c ------------------------------------------------------------------------------ */

/* Lend a buffer for an event to the device. 0 or -EPROTO. */
int virtio_frontend_lend(struct scmi_transport_device *device, struct virtio_buffer *buffer);

/* Write one of our eventfds, all of which the device has too. */
void virtio_frontend_wake(const struct scmi_transport_device *device, int eventfd);

#endif
