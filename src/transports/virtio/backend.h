/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The platform's end: a vhost-user back end that is a virtio SCMI device. One endpoint is one
 * device, and has one front end at a time.
 *
 *   endpoint.c  the socket, who connects, who is turned away; the operations of the driver
 *   backend.c   the front end's requests
 *   queue.c     the two queues: start and stop, commands and answers, events
 *   inflight.c  the record of what is under way, for the life after this one
 *   notify.c    kicks and calls
 *   memory.c    the front end's memory
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_BACKEND_H
#define SCMI_TRANSPORTS_VIRTIO_BACKEND_H

#include <scmi/transport.h>

#include <sys/stat.h>

#include "../why.h"
#include "inflight.h"
#include "memory.h"
#include "ring.h"
#include "../spin.h"
#include "vhost_user.h"

/* What Linux makes of a channel: 128 bytes of payload behind header and status, or fewer. */
#define VIRTIO_PLATFORM_MESSAGE_SIZE 136u
/* One more than any legal message: what is longer is cut to this, and seen to be too long. */
#define VIRTIO_COMMAND_SPACE (TRANSPORT_MESSAGE_SIZE_MAX + 1)
/* Commands whose answers come later. While there are so many no other is taken. */
#define VIRTIO_PENDING_MAX 64u
/* As long as QEMU makes them. The longest legal chains of a longer one would keep the others waiting. */
#define VIRTIO_RING_NUM_MAX 1024u
/* Commands or requests of one peer in a row, before it is the others' turn. */
#define VIRTIO_TURN 32u
/* About what a kick costs both sides: so long it is better to look for the next command. */
#define VIRTIO_KICK_NS 5000u

struct scmi_transport_endpoint {
	int fd;
	int reserve; /* given up for a moment to turn somebody away when there are no descriptors */
	char *path;
	struct stat file;
	uint32_t message_size_max;
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *ctx;
	struct scmi_transport_peer *peer; /* or NULL */
	uint8_t command[VIRTIO_COMMAND_SPACE];
	uint8_t answer[]; /* message_size_max */
};

/* A command that was taken from its queue, until it is answered. */
struct virtio_pending {
	struct virtio_pending *next;
	uint64_t cookie;
	struct scmi_ring_chain chain;
	uint8_t *answer; /* it came while the ring was disabled: kept until that ends */
	size_t answer_size;
};

/* One of the front end's descriptors for waking somebody: an eventfd or a socket. */
struct virtio_waker {
	int fd; /* -1: none */
	bool is_socket;
};

struct virtio_queue {
	struct scmi_transport_peer *peer;
	struct scmi_ring_device ring; /* while started */
	struct transport_spin spin;
	struct virtio_inflight inflight;
	uint8_t *taken;		      /* of num heads */
	uint32_t num;
	uint16_t base;
	bool has_address;
	bool started; /* the front end let us, and everything is in place */
	bool enabled;
	bool broken;  /* the ring is not touched any more, until it is started again */
	struct vhost_user_ring_address address;
	int kick; /* an eventfd; -1: none */
	struct virtio_waker call;
	struct virtio_waker error;
};

struct scmi_transport_peer {
	struct scmi_transport_endpoint *endpoint;
	int fd;
	int again; /* eventfd: come back in the next turn */
	int backend_fd; /* our requests to the front end; -1: none */
	void *ctx;
	uint32_t busy; /* handlers on the stack: the peer is freed when the last one returns */
	bool gone;
	bool used;	/* commands came since the device was new */
	bool p2a;	/* as the host was told */
	bool want_room; /* send() gave -EAGAIN */
	bool draining;	/* GET_VRING_BASE of the commands waits for their answers */
	uint8_t status;
	uint32_t generation; /* of the commands' queue: an answer to an earlier one goes nowhere */
	uint64_t features;
	uint64_t protocol_features;
	struct vhost_user_reader reader;
	struct vhost_memory memory;
	struct vhost_memory record; /* of what is under way, if one is kept */
	struct virtio_session session;
	struct virtio_queue queues[VIRTIO_SCMI_QUEUES];
	struct virtio_pending *pending;
	struct virtio_pending *spare; /* for the next command */
	uint32_t pending_count;
};

/* ---- endpoint.c ------------------------------------------------------------------------------ */

extern const struct scmi_transport_platform_ops virtio_platform_ops;

/* Around whatever may disconnect the peer. After leave() it may be no more. */
void virtio_enter(struct scmi_transport_peer *peer);
void virtio_leave(struct scmi_transport_peer *peer);

/* Ends the connection. */
void virtio_disconnect(struct scmi_transport_peer *peer);

/* For who runs the host. */
void virtio_note(const struct scmi_transport_endpoint *endpoint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The front end is listened to, unless it waits for us. */
void virtio_watch_requests(struct scmi_transport_peer *peer);

/* Be called in the next turn, by a handler that looks at everything. */
void virtio_come_back(struct scmi_transport_peer *peer);

/* ---- backend.c ------------------------------------------------------------------------------- */

/* Handle what the front end asks, as far as it is there. */
void virtio_requests(struct scmi_transport_peer *peer);

/* The last answer that GET_VRING_BASE waits for has gone. */
void virtio_drained(struct scmi_transport_peer *peer);

/* ---- queue.c --------------------------------------------------------------------------------- */

bool virtio_negotiated(const struct scmi_transport_peer *peer, uint64_t protocol_feature);

/* The front end took memory away that we touched: come back and end the connection. */
bool virtio_lost(const struct scmi_transport_peer *peer);

/* 0, or -EINVAL with a sentence in *why. */
int virtio_queue_start(struct virtio_queue *queue, const char **why);

/* No touching any more; the next index is kept in queue->base. Commands under way get no answer. */
void virtio_queue_stop(struct virtio_queue *queue);

/* The front end's memory or the ring's address changed: find the parts again, or stop. */
void virtio_queue_move(struct virtio_queue *queue);

/* Hand over the answers that were kept while the command queue was disabled. */
void virtio_queue_give_kept(struct virtio_queue *queue);

/* Do what there is to do in a queue, if it runs. */
void virtio_queue_run(struct virtio_queue *queue);

/* The device is as new; the host is told. */
void virtio_device_reset(struct scmi_transport_peer *peer);

int virtio_send(struct scmi_transport_peer *peer, const void *message, size_t size);
int virtio_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		  size_t size);

/* ---- notify.c -------------------------------------------------------------------------------- */

/* Nothing of it asks who made the descriptor, which could keep us waiting. */
bool virtio_is_unix_socket(int fd);

/* Take over the front end's descriptor. 0, or -EINVAL: not of a kind that can be used. */
int virtio_set_kick(struct virtio_queue *queue, int fd);
int virtio_set_call(struct virtio_queue *queue, int fd);
int virtio_set_error(struct virtio_queue *queue, int fd);

/* Close them. */
void virtio_unset(struct virtio_queue *queue);

/* Tell the driver that chains came back, or the front end that the ring is broken. */
void virtio_call(struct virtio_queue *queue);
void virtio_error(struct virtio_queue *queue);

#endif
