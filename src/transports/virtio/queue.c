/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device's two queues.
 *
 * Commands: a chain is taken, its readable part copied, handled, and answered into its writable
 * part. An answer that comes later finds its chain by the cookie: which life of the queue, and
 * which head. Addresses are translated when they are used, so the front end may move its memory in
 * between.
 *
 * Events: nothing is taken before there is something to say. While there is no buffer the host
 * keeps what it has, and is told when a buffer comes.
 *
 * What is taken and given is written down, if the front end keeps a record (inflight.h).
 */
#include <stdlib.h>
#include <string.h>

#include "backend.h"

bool virtio_negotiated(const struct scmi_transport_peer *peer, uint64_t protocol_feature)
{
	return peer->protocol_features & protocol_feature;
}

bool virtio_lost(const struct scmi_transport_peer *peer)
{
	return peer->memory.lost || peer->record.lost;
}

static bool is_commands(const struct virtio_queue *queue)
{
	return queue == &queue->peer->queues[VIRTIO_SCMI_COMMANDS];
}

static bool runs(const struct virtio_queue *queue)
{
	const struct scmi_transport_peer *peer = queue->peer;

	if (peer->draining && is_commands(queue))
		return false;
	return queue->started && queue->enabled && !queue->broken && !peer->gone;
}

/* ---- start and stop -------------------------------------------------------------------------- */

struct parts {
	void *descriptors;
	void *avail;
	void *used;
};

static bool find_parts(const struct virtio_queue *queue, struct parts *parts)
{
	const struct vhost_memory *memory = &queue->peer->memory;
	const struct vhost_user_ring_address *address = &queue->address;

	parts->descriptors = vhost_memory_at_user(memory, address->descriptors,
						  SCMI_RING_DESCRIPTORS_SIZE(queue->num));
	parts->avail =
		vhost_memory_at_user(memory, address->avail, SCMI_RING_AVAIL_SIZE(queue->num));
	parts->used = vhost_memory_at_user(memory, address->used, SCMI_RING_USED_SIZE(queue->num));
	return parts->descriptors && parts->avail && parts->used;
}

/* What the driver wants is known once a queue starts: the features are settled then. */
static void tell_p2a(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_platform_callbacks *callbacks = peer->endpoint->callbacks;
	bool p2a = peer->features & VIRTIO_SCMI_F_P2A_CHANNELS;

	if (p2a == peer->p2a)
		return;
	peer->p2a = p2a;
	peer->want_room = false; /* the host keeps nothing of before */
	if (callbacks->carries)
		callbacks->carries(peer->ctx, p2a);
}

/* Begin to take at queue->base. */
static int init_ring(struct virtio_queue *queue, const struct parts *parts, const char **why)
{
	struct scmi_transport_peer *peer = queue->peer;

	*why = "the parts of a ring are not aligned";
	return scmi_ring_device_init(&queue->ring, &peer->memory.ring, queue->num,
				     parts->descriptors, parts->avail, parts->used, queue->taken,
				     peer->features, queue->base);
}

int virtio_queue_start(struct virtio_queue *queue, const char **why)
{
	struct scmi_transport_peer *peer = queue->peer;
	struct parts parts;
	int error;

	*why = "a ring is started that has no size, no address, or is not in the memory";
	if (!queue->num || !queue->has_address || !find_parts(queue, &parts))
		return -EINVAL;
	*why = "a ring is started without virtio 1 negotiated";
	if (!(peer->features & VIRTIO_F_VERSION_1))
		return -EINVAL;
	*why = "out of memory";
	free(queue->taken);
	queue->taken = malloc(SCMI_RING_TAKEN_SIZE(queue->num));
	if (!queue->taken)
		return -ENOMEM;
	error = init_ring(queue, &parts, why);
	if (!error)
		error = virtio_inflight_start(queue, queue->ring.next_used, &queue->base, why);
	if (!error && queue->base != queue->ring.next_avail)
		error = init_ring(queue, &parts, why);
	if (error)
		return error;
	queue->started = true;
	queue->broken = false;
	if (is_commands(queue)) {
		/*
		 * From the beginning again, behind commands: the guest booted. After a pause it
		 * goes on.
		 */
		if (peer->used && !queue->base && !queue->ring.next_used)
			virtio_device_reset(peer);
	} else {
		scmi_ring_device_poll(&queue->ring);
	}
	if (!peer->gone)
		tell_p2a(peer);
	if (!peer->gone && is_commands(queue))
		virtio_session_begin(peer, !queue->base && !queue->ring.next_used);
	return 0;
}

static void forget_pending(struct scmi_transport_peer *peer)
{
	struct virtio_pending *pending;

	peer->generation++;
	while ((pending = peer->pending)) {
		peer->pending = pending->next;
		free(pending->answer);
		free(pending);
	}
	peer->pending_count = 0;
}

void virtio_queue_stop(struct virtio_queue *queue)
{
	if (queue->started)
		queue->base = queue->ring.next_avail;
	queue->started = false;
	virtio_inflight_stop(queue);
	if (is_commands(queue))
		forget_pending(queue->peer);
}

void virtio_queue_move(struct virtio_queue *queue)
{
	struct parts parts;

	if (!queue->started)
		return;
	if (find_parts(queue, &parts) &&
	    !scmi_ring_device_move(&queue->ring, parts.descriptors, parts.avail, parts.used))
		return;
	virtio_note(queue->peer->endpoint, "a ring that was running is not in the memory any more");
	virtio_queue_stop(queue);
	virtio_error(queue);
}

void virtio_device_reset(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_platform_callbacks *callbacks = peer->endpoint->callbacks;

	forget_pending(peer);
	peer->used = false;
	peer->want_room = false;
	if (callbacks->reset)
		callbacks->reset(peer->ctx);
	virtio_session_save(peer);
}

static void queue_break(struct virtio_queue *queue)
{
	if (queue->broken)
		return;
	queue->broken = true;
	virtio_note(queue->peer->endpoint, "the %s ring is broken and stands still: %s",
		    is_commands(queue) ? "command" : "event",
		    scmi_ring_fault_text(queue->ring.fault));
	virtio_error(queue);
}

/* The next chain; first those that are to be handled again. As scmi_ring_device_take(). */
static int take(struct virtio_queue *queue, struct scmi_ring_chain *chain)
{
	struct virtio_inflight *inflight = &queue->inflight;
	int got;

	if (virtio_inflight_has_redo(inflight))
		return scmi_ring_device_retake(
			&queue->ring, inflight->redo[inflight->redo_next++].head, chain);
	got = scmi_ring_device_take(&queue->ring, chain);
	if (got == 1)
		virtio_inflight_taken(inflight, chain->head);
	return got;
}

/* Give a chain back, and call the driver if it wants that. */
static void give(struct virtio_queue *queue, uint16_t head, size_t written)
{
	int error;

	virtio_inflight_giving(&queue->inflight, head);
	error = scmi_ring_device_give(&queue->ring, head, (uint32_t)written);
	if (!error)
		virtio_inflight_given(&queue->inflight, head, queue->ring.next_used);
	if (error == -EPROTO)
		queue_break(queue);
	else if (scmi_ring_device_should_call(&queue->ring))
		virtio_call(queue);
}

/* ---- commands -------------------------------------------------------------------------------- */

/* The spare one becomes a command that is answered later; the device has its head already. */
static void keep_pending(struct scmi_transport_peer *peer)
{
	struct virtio_pending *pending = peer->spare;

	peer->spare = NULL;
	pending->next = peer->pending;
	peer->pending = pending;
	peer->pending_count++;
}

static void handle_command(struct virtio_queue *queue)
{
	struct scmi_transport_peer *peer = queue->peer;
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	struct virtio_pending *command = peer->spare;
	struct scmi_ring_chain *chain = &command->chain;
	size_t space = chain->writable;
	size_t size = scmi_ring_chain_read(chain, endpoint->command, VIRTIO_COMMAND_SPACE);
	size_t answer_size;

	if (space > endpoint->message_size_max)
		space = endpoint->message_size_max;
	peer->used = true;
	command->cookie = (uint64_t)peer->generation << 16 | chain->head;
	answer_size = endpoint->callbacks->command(peer->ctx, command->cookie, endpoint->command,
						   size, endpoint->answer, space);
	if (!runs(queue) || peer->generation != command->cookie >> 16)
		return;
	/* No header, or no room for a status: there will be no answer. */
	if (!answer_size && size >= sizeof(uint32_t) && space >= 2 * sizeof(uint32_t)) {
		keep_pending(peer);
		return;
	}
	if (answer_size)
		answer_size = scmi_ring_chain_write(chain, 0, endpoint->answer, answer_size);
	virtio_session_save(peer);
	give(queue, chain->head, answer_size);
}

/* Look for another command without asking for a kick: what one costs, at most. As take(). */
static int take_soon(struct virtio_queue *queue, struct scmi_ring_chain *chain)
{
	int got = 0;

	if (!transport_spin_begin(&queue->spin, VIRTIO_KICK_NS))
		return 0;
	do {
		got = take(queue, chain);
		if (got)
			transport_spin_hit(&queue->spin);
	} while (!got && transport_spin_again(&queue->spin));
	return got;
}

static void run_commands(struct virtio_queue *queue)
{
	struct scmi_transport_peer *peer = queue->peer;
	uint32_t count = 0;
	int got;

	if (runs(queue))
		virtio_queue_give_kept(queue);
	while (runs(queue) && peer->pending_count < VIRTIO_PENDING_MAX) {
		/* What is handled again was all under way before, and comes before anything else. */
		if (count >= VIRTIO_TURN && !virtio_inflight_has_redo(&queue->inflight)) {
			virtio_come_back(peer);
			break;
		}
		if (!peer->spare)
			peer->spare = calloc(1, sizeof(*peer->spare));
		if (!peer->spare)
			break; /* an answer that goes out makes room, or the next kick */
		got = take(queue, &peer->spare->chain);
		/* Who was just answered may have another command at once. */
		if (!got && count)
			got = take_soon(queue, &peer->spare->chain);
		if (!got)
			got = scmi_ring_device_sleep(&queue->ring) ? -EAGAIN : 0;
		else if (got == 1)
			handle_command(queue);
		if (!got)
			break;
		if (queue->ring.fault)
			queue_break(queue);
		count++;
	}
	/* For chains that no one wants here. */
	if (runs(queue) && scmi_ring_device_should_call(&queue->ring))
		virtio_call(queue);
}

/* The size that was written. */
static size_t give_answer(struct virtio_queue *queue, struct virtio_pending *pending,
			  const void *message, size_t size)
{
	size_t written = 0;

	if (size <= pending->chain.writable)
		written = scmi_ring_chain_write(&pending->chain, 0, message, size);
	give(queue, pending->chain.head, written);
	return written;
}

void virtio_queue_give_kept(struct virtio_queue *queue)
{
	struct scmi_transport_peer *peer = queue->peer;
	struct virtio_pending **link = &peer->pending;
	struct virtio_pending *pending;

	while ((pending = *link)) {
		if (!pending->answer) {
			link = &pending->next;
			continue;
		}
		*link = pending->next;
		peer->pending_count--;
		if (queue->started && !queue->broken)
			give_answer(queue, pending, pending->answer, pending->answer_size);
		free(pending->answer);
		free(pending);
	}
}

/* A front end may take its memory back while a ring is disabled, without another word. */
static int keep_answer(struct virtio_pending *pending, const void *message, size_t size)
{
	pending->answer = malloc(size);
	if (!pending->answer)
		return -ENOMEM;
	memcpy(pending->answer, message, size);
	pending->answer_size = size;
	return 0;
}

int virtio_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		  size_t size)
{
	struct virtio_queue *queue = &peer->queues[VIRTIO_SCMI_COMMANDS];
	struct virtio_pending **link = &peer->pending;
	struct virtio_pending *pending;
	size_t written = 0;

	while (*link && (*link)->cookie != cookie)
		link = &(*link)->next;
	pending = *link;
	if (!pending)
		return 0; /* of before a reset: nobody waits for it */
	if (queue->started && !queue->enabled && !peer->draining)
		return keep_answer(pending, message, size);
	*link = pending->next;
	peer->pending_count--;
	if (queue->started && !queue->broken)
		written = give_answer(queue, pending, message, size);
	free(pending);
	/*
	 * There is room for another command, or the front end waits for this one: both from a
	 * handler.
	 */
	if (peer->draining || virtio_lost(peer) || peer->pending_count == VIRTIO_PENDING_MAX - 1)
		virtio_come_back(peer);
	return written == size ? 0 : -EMSGSIZE;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* 1: *chain is a buffer for an event. 0: there is none; we are told when there is. */
static int take_buffer(struct virtio_queue *queue, struct scmi_ring_chain *chain)
{
	int got;

	do {
		got = take(queue, chain);
		if (got == 1)
			scmi_ring_device_poll(&queue->ring);
	} while (!got && (got = scmi_ring_device_sleep(&queue->ring)) == 1);
	if (got < 0)
		queue_break(queue);
	return got == 1;
}

int virtio_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	struct virtio_queue *queue = &peer->queues[VIRTIO_SCMI_EVENTS];
	struct scmi_ring_chain chain;
	size_t written = 0;

	if (peer->gone || !peer->p2a)
		return -ENODEV;
	if (!runs(queue) || !take_buffer(queue, &chain)) {
		peer->want_room = true;
		if (virtio_lost(peer))
			virtio_come_back(peer);
		return -EAGAIN;
	}
	if (size <= chain.writable)
		written = scmi_ring_chain_write(&chain, 0, message, size);
	virtio_session_save(peer);
	give(queue, chain.head, written);
	if (virtio_lost(peer))
		virtio_come_back(peer);
	return written == size ? 0 : -EMSGSIZE;
}

static void run_events(struct virtio_queue *queue)
{
	struct scmi_transport_peer *peer = queue->peer;

	if (!peer->want_room || !runs(queue))
		return;
	peer->want_room = false;
	peer->endpoint->callbacks->writable(peer->ctx);
}

void virtio_queue_run(struct virtio_queue *queue)
{
	if (is_commands(queue))
		run_commands(queue);
	else
		run_events(queue);
}
