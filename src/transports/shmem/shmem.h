/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The specification's shared-memory channel: how a message lies in an area of memory that two sides
 * share, and whose the area is. No doorbells, no sockets, no threads, no time, no allocation; the
 * same rules as the engine's. Mailboxes, SMC, OP-TEE and bare metal differ in their doorbells only.
 *
 *   offset  word
 *    0      reserved, 0
 *    4      channel status: bit 0 free (the area is its sender's), bit 1 error (the message
 *	     was not carried or not understood)
 *    8, 12  the implementation's; neither read nor written here
 *   16      channel flags: bit 0 asks for an interrupt when the area is given back
 *   20      length: the bytes from 24 on that count
 *   24      message header, and the payload behind it
 *
 * An area carries one message at a time in one direction, and has two ends:
 *
 *   sender	writes a message into the free area and lends it to the other side (the agent's
 *		commands on A2P, the platform's delayed responses and notifications on P2A);
 *   receiver	takes the message and gives the area back: on A2P with the answer in it, on P2A as
 *		it is.
 *
 * An area that was lent is not touched until it is back, whoever has given up waiting: send() is
 * -EAGAIN meanwhile. The answer that then comes is handed over as if it had come in time; whose it
 * is, its token says.
 *
 * The other side may write what it likes, whenever it likes. So every word of it is read once, into
 * private memory, and checked there; a message that was accepted lies within its area and cannot
 * change any more. A message that breaks the rules costs itself, is counted, and the next one
 * works. Nothing here waits for the other side: what it never gives back stays lent until the
 * host says that it is gone, scmi_shmem_reset().
 *
 * On hardware an area is device memory: it is read and written in aligned 32-bit words only, and
 * an access that a doorbell follows is complete before it (memory.h). One thread at a time per end.
 */
#ifndef SCMI_TRANSPORTS_SHMEM_SHMEM_H
#define SCMI_TRANSPORTS_SHMEM_SHMEM_H

#include <scmi/types.h>

/* Bytes in front of the message. */
#define SCMI_SHMEM_HEADER_SIZE 24u

/* Sizes of an area: one that holds no more than a message's header, and the largest. */
#define SCMI_SHMEM_SIZE_MIN 28u
#define SCMI_SHMEM_SIZE_MAX 65536u

/* An area aligned to this holds words. */
#define SCMI_SHMEM_ALIGN 4u

/* The longest message, header and payload, in an area of `size` bytes. */
#define SCMI_SHMEM_MESSAGE_MAX(size) ((size)-SCMI_SHMEM_HEADER_SIZE)

/* The smallest area for messages of `size` bytes. */
#define SCMI_SHMEM_AREA_SIZE(size) (SCMI_SHMEM_HEADER_SIZE + (((size) + 3u) & ~3u))

enum scmi_shmem_direction {
	SCMI_SHMEM_A2P, /* the agent sends, the platform answers in the same area */
	SCMI_SHMEM_P2A, /* the platform sends, the agent only gives the area back */
};

/* Is this an area: SCMI_SHMEM_SIZE_MIN to SCMI_SHMEM_SIZE_MAX bytes, whole words? */
bool scmi_shmem_size_valid(uint32_t size);

/**
 * scmi_shmem_format() - make memory an area that is idle: free, no error, all else 0
 *
 * By whoever owns the memory, in firmware the platform, before the other side may look at it. 0, or
 * -EINVAL: not an area's size or alignment.
 */
int scmi_shmem_format(volatile void *area, uint32_t size);

/* ---- sender ---------------------------------------------------------------------------------- */

/*
 * An end in the caller's storage. All of it may be read, only the functions below write it.
 */
struct scmi_shmem_sender {
	volatile uint8_t *area;
	uint32_t size;
	enum scmi_shmem_direction direction;
	bool interrupt;
	bool lent;	    /* a message of ours is out: not yet given back, or not yet looked at */
	uint8_t header[4];  /* of that message */
	uint32_t sent;	    /* messages */
	uint32_t busy;	    /* send() while the area was not ours */
	uint32_t errors;    /* given back with the error bit */
	uint32_t malformed; /* given back with a length that cannot be */
};

/**
 * scmi_shmem_sender_init() - be the sending end of an area
 * @area: mapped here over its full size; stays the caller's, until the end is no longer used
 * @interrupt: ask the other side to ring when it gives the area back. Without it only looking shows
 *	that the area is back.
 *
 * The area is not written: what is in it may be from a sender before this one, and is dropped
 * unseen. If it is still lent by that one, send() says -EAGAIN until it is back.
 *
 * 0, or -EINVAL: not an area's size or alignment.
 */
int scmi_shmem_sender_init(struct scmi_shmem_sender *sender, enum scmi_shmem_direction direction,
			   volatile void *area, uint32_t size, bool interrupt);

/**
 * scmi_shmem_send() - lend the area to the other side, with a message in it
 * @message: header and payload, 4 bytes or more; aligned or not
 *
 * Ring the doorbell when this returns 0. Otherwise nothing was written:
 * -EAGAIN: the area is not ours, or on A2P what came back in it was not fetched; counted as busy.
 * -EMSGSIZE: longer than the area holds. -EINVAL: shorter than a header.
 */
int scmi_shmem_send(struct scmi_shmem_sender *sender, const void *message, size_t size);

/*
 * Would send() take a message now? One look at the memory. What a P2A sender asks whenever it
 * was rung, or now and then where nobody rings.
 */
bool scmi_shmem_is_free(const struct scmi_shmem_sender *sender);

/**
 * scmi_shmem_fetch() - what came back, on A2P
 * @to: private memory for the answer, aligned or not
 * @space: bytes there, SCMI_SHMEM_MESSAGE_MAX(size) or more and 8 at least, so that any answer fits
 *
 * Returns the answer's size, header and payload: after that the area is ours again. 0: nothing of
 * ours is out, or it is not back yet; also after an interrupt that means nothing. -EINVAL: too
 * little space, or a P2A end.
 *
 * An answer is of 4 bytes or more and handed over whole; that it belongs to the command is for the
 * caller to check. Where the platform says that it could not carry the message, or gives the area
 * back with a length that cannot be, that is counted, and the answer is eight bytes that are made
 * here: the command's header and the status COMMS_ERROR.
 */
int scmi_shmem_fetch(struct scmi_shmem_sender *sender, void *to, size_t space);

/**
 * scmi_shmem_reset() - take the area back by force
 *
 * Only when the other side can touch it no more: it was reset, or is gone. What was out is lost.
 * The area is formatted but for the implementation's words, and the next send() works.
 */
void scmi_shmem_reset(struct scmi_shmem_sender *sender);

/* ---- receiver -------------------------------------------------------------------------------- */

/* An end in the caller's storage. All of it may be read, only the functions below write it. */
struct scmi_shmem_receiver {
	volatile uint8_t *area;
	uint32_t size;
	enum scmi_shmem_direction direction;
	bool taken;	    /* a message was taken, and the area not given back */
	bool interrupt;	    /* its sender wants to be rung when it is */
	bool ring;	    /* it was, and nobody has asked should_ring() yet */
	uint32_t received;  /* messages taken */
	uint32_t errors;    /* refused: the error bit was set */
	uint32_t malformed; /* refused: shorter than a header, or longer than the area */
};

/**
 * scmi_shmem_receiver_init() - be the receiving end of an area
 * @area: mapped here over its full size; stays the caller's, until the end is no longer used
 *
 * The area is not touched; a message that is in it already is the first to be taken. 0, or -EINVAL:
 * not an area's size or alignment.
 */
int scmi_shmem_receiver_init(struct scmi_shmem_receiver *receiver,
			     enum scmi_shmem_direction direction, volatile void *area,
			     uint32_t size);

/**
 * scmi_shmem_take() - the message in the area
 * @to: private memory for the message, aligned or not
 * @space: bytes there, SCMI_SHMEM_MESSAGE_MAX(size) or more, so that any message fits
 *
 * When the doorbell has rung. Some senders lend the area before they have written all of it, so who
 * looks without having been rung may take half a message.
 *
 * Returns the message's size, 4 bytes or more: the area stays taken, and nothing more comes from
 * it, until it is given back. 0: nothing is there, or it is already taken. -EINVAL: too little
 * space.
 *
 * -EPROTO: what was there breaks the rules and has been given back; counted; ask should_ring(). On
 * A2P a message longer than its area is answered with PROTOCOL_ERROR; one that is shorter than a
 * header, or came with the error bit set, goes back with the error bit.
 */
int scmi_shmem_take(struct scmi_shmem_receiver *receiver, void *to, size_t space);

/**
 * scmi_shmem_answer() - give the area back with the answer in it, on A2P
 * @message: header and payload, 4 bytes or more; aligned or not
 *
 * However long after take(). 0: ask should_ring(). Otherwise nothing was done: -EMSGSIZE: longer
 * than the area holds; -EINVAL: shorter than a header, nothing was taken, or a P2A end.
 */
int scmi_shmem_answer(struct scmi_shmem_receiver *receiver, const void *message, size_t size);

/**
 * scmi_shmem_give() - give the area back as it is
 * @error: with the error bit: the message was not carried
 *
 * How P2A messages are acknowledged, as soon as they are taken or when there is room for the next
 * one. On A2P, where a command gets no answer: with @error, so that the agent need not wait.
 * Then ask should_ring(). Nothing happens if nothing was taken.
 */
void scmi_shmem_give(struct scmi_shmem_receiver *receiver, bool error);

/* After the area was given back: is the sender to be rung? Asking makes it answered. */
bool scmi_shmem_should_ring(struct scmi_shmem_receiver *receiver);

#endif
