/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vhost-user's record of chains under way, for a back end that dies: memory that the front end keeps
 * and gives to the next one. It says which heads were taken and not given back, and in which order
 * they were taken.
 *
 * A part per queue, in the host's byte order, each a multiple of 64 bytes:
 *
 *	 0  u64 features	0
 *	 8  u16 version		1; 0: nothing is under way, and the rest means nothing
 *	10  u16 descriptors	heads that there are entries for
 *	12  u16 last batch	the head that was last given back
 *	14  u16 used index	of the ring, behind that head
 *	16  per head: u8 under way, u16 next (at 6; the one given back before), u64 counter (at 8)
 *
 * The stores around what happens to a head are in this order, so that whenever we die the next one
 * finds each chain either under way or given back: counter, under way; then next, last batch, the
 * ring's used index, not under way, used index. If the record's used index is not the ring's, we died
 * before the last two.
 *
 * The front end can write all of it at any time. It is read when a queue starts, each value once,
 * and checked; from then on it is only written.
 *
 * What the next one finds under way it handles again, in the order of the counters. It may:
 * SCMI's commands say what shall be, none says by how much, and what an agent asked for twice it
 * has asked for once. That goes for those that only ask; for rates, parents, configurations and
 * permissions, which are the agent's own until it says otherwise; for subscriptions and
 * versions; and for an asynchronous command, whose delayed response is promised by its answer
 * and not before. (Once it is answered, the session has it.) A command that nobody answered may
 * as well not have come yet, so it also may come behind others that were answered. A protocol
 * whose commands do more the second time (a reset that the agent sees happen) has to refuse them
 * here with an error.
 *
 * Behind the parts a record of our own making has a tail that the protocol knows nothing of: the
 * session, which is what belongs to the connection (callbacks->session()). It is there twice, and
 * one word says which is good, so that we may die while we write the other.
 *
 *	 0  u32 kind		0: nothing was kept yet
 *	 4  u32 which		is good
 *	64  twice: u32 size, and so many bytes
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_INFLIGHT_H
#define SCMI_TRANSPORTS_VIRTIO_INFLIGHT_H

#include <scmi/transport.h>

#include "vhost_user.h"

struct virtio_queue;

/* The tail of the record. */
struct virtio_session {
	uint8_t *at; /* NULL: there is none */
	uint32_t which;
	uint32_t generation; /* of what it has; 0: not written yet */
	bool begun;
};

/* A head to be handled again. */
struct virtio_redo {
	uint64_t counter;
	uint16_t head;
};

/* Of one queue. */
struct virtio_inflight {
	uint8_t *part; /* of the record; NULL: none is kept */
	uint16_t num;  /* heads that it has entries for */
	uint16_t last_batch;
	uint64_t counter; /* of the last chain that was taken */
	struct virtio_redo *redo;
	uint32_t redo_count;
	uint32_t redo_next;
};

/*
 * A new record for that many queues of that size; *inflight is filled in, *fd is the caller's.
 * 0, -EINVAL (nothing that we would use), or what the system says.
 */
int virtio_inflight_make(struct vhost_user_inflight *inflight, int *fd);

/* Keep the record in this one. @fd stays the caller's. 0, or -EINVAL with a sentence in *why. */
int virtio_inflight_use(struct scmi_transport_peer *peer,
			const struct vhost_user_inflight *inflight, int fd, const char **why);

/* No record is kept any more; what is in it stays for the next one. */
void virtio_inflight_drop(struct scmi_transport_peer *peer);

/*
 * A queue starts whose used index is `used`. *base is where it begins to take, and is moved behind
 * what is to be handled again. 0, or -EINVAL or -ENOMEM with a sentence in *why.
 */
int virtio_inflight_start(struct virtio_queue *queue, uint16_t used, uint16_t *base,
			  const char **why);

/* The queue stops. */
void virtio_inflight_stop(struct virtio_queue *queue);

/* Nothing of this queue is under way, or nobody wants it any more. */
void virtio_inflight_finish(struct virtio_queue *queue);

/* Is there a head to be handled again? Those come first. */
static inline bool virtio_inflight_has_redo(const struct virtio_inflight *inflight)
{
	return inflight->redo_next < inflight->redo_count;
}

/* Around scmi_ring_device_take() and scmi_ring_device_give(). */
void virtio_inflight_taken(struct virtio_inflight *inflight, uint16_t head);
void virtio_inflight_giving(struct virtio_inflight *inflight, uint16_t head);
void virtio_inflight_given(struct virtio_inflight *inflight, uint16_t head, uint16_t used);

/*
 * The commands' queue starts. The session that is kept goes on, if it has not yet on this
 * connection; or it is over, with a device that begins anew.
 */
void virtio_session_begin(struct scmi_transport_peer *peer, bool anew);

/* Keep what has changed. Before an answer or an event is given. */
void virtio_session_save(struct scmi_transport_peer *peer);

#endif
