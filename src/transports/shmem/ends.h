/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An agent's and a platform's end of a pair of areas, where there is no operating system to speak
 * of: a doorbell is a call that the host supplies, for a mailbox's register, an SMC, or a function
 * of another core's. Freestanding, as shmem.h is; a process has ../mailbox/ instead.
 *
 * The functions take `void *` where <scmi/agent.h> and <scmi/platform.h> have hooks of that kind,
 * so that an engine needs nothing in between:
 *
 *	struct scmi_agent_host    .send = scmi_shmem_agent_send, .poll = scmi_shmem_agent_poll,
 *				  .ctx = the struct scmi_shmem_agent
 *	struct scmi_channel_ops   .send = scmi_shmem_platform_send,
 *				  .answer = scmi_shmem_platform_answer, with the same ctx
 *
 * Where the host has hooks of its own to keep (now_ns), it calls these from them.
 *
 * poll() is what an interrupt handler calls, and what is called now and then where there is none.
 * One thread at a time per end: what an interrupt may do is masked while the rest of the end is
 * used.
 */
#ifndef SCMI_TRANSPORTS_SHMEM_ENDS_H
#define SCMI_TRANSPORTS_SHMEM_ENDS_H

#include "shmem.h"

/* Areas of less have no room for a status. */
#define SCMI_SHMEM_ENDS_SIZE_MIN 32u

/* Where an area is, mapped here; NULL: there is none. */
struct scmi_shmem_area {
	volatile void *at;
	uint32_t size;
};

/*
 * Tell the other side. When it is called, what is to be seen is in the memory. It may come back
 * only after the other side has done its work (an SMC), but must not call into this end.
 */
typedef void scmi_shmem_ring_fn(void *ctx);

/* ---- agent ----------------------------------------------------------------------------------- */

struct scmi_shmem_agent_config {
	struct scmi_shmem_area a2p;
	struct scmi_shmem_area p2a; /* or NULL: neither notifications nor delayed responses */
	bool interrupt;		    /* ask to be rung when an answer is there */
	scmi_shmem_ring_fn *ring;   /* a command is there; NULL: the platform looks by itself */
	scmi_shmem_ring_fn
		*ack;	/* the P2A area was given back, and the platform wants to know; or NULL */
	void *ring_ctx; /* of both */
	/* A message came; scmi_agent_receive(). It is the callee's for the call. */
	void (*receive)(void *ctx, const void *message, size_t size);
	void *ctx;
	void *buffer; /* the end's own, SCMI_SHMEM_MESSAGE_MAX() of the larger area */
	uint32_t buffer_size;
};

/* In the caller's storage. All of it may be read, only the functions below write it. */
struct scmi_shmem_agent {
	struct scmi_shmem_agent_config config;
	struct scmi_shmem_sender a2p;
	struct scmi_shmem_receiver p2a;
};

/* 0, or -EINVAL: an area or the buffer is of no use, or there is no receive(). */
int scmi_shmem_agent_init(struct scmi_shmem_agent *agent,
			  const struct scmi_shmem_agent_config *config);

/* Send a command and ring. As scmi_shmem_send(). `agent` is a struct scmi_shmem_agent. */
int scmi_shmem_agent_send(void *agent, const void *message, size_t size);

/* Hand over what has come: an answer, a message of the platform's, or both. Always 0. */
int scmi_shmem_agent_poll(void *agent);

/* ---- platform -------------------------------------------------------------------------------- */

struct scmi_shmem_platform_config {
	struct scmi_shmem_area a2p;
	struct scmi_shmem_area p2a; /* or NULL */
	bool interrupt;		    /* ask to be rung when the agent has given the P2A area back */
	scmi_shmem_ring_fn *complete; /* an answer is there, and the agent wants to know; or NULL */
	scmi_shmem_ring_fn *ring;     /* a message is in the P2A area; NULL without one */
	void *ring_ctx;		      /* of both */
	/*
	 * A command came; scmi_channel_handle(). Returns the answer's size; 0: it comes later,
	 * through scmi_shmem_platform_answer() with this cookie.
	 */
	size_t (*command)(void *ctx, uint64_t cookie, const void *message, size_t size,
			  void *answer, size_t space);
	/* After a send() gave -EAGAIN: the area is free; scmi_channel_ready(). NULL without P2A. */
	void (*ready)(void *ctx);
	void *ctx;
	void *buffer; /* the end's own, twice SCMI_SHMEM_MESSAGE_MAX() of the A2P area */
	uint32_t buffer_size;
};

/* In the caller's storage. All of it may be read, only the functions below write it. */
struct scmi_shmem_platform {
	struct scmi_shmem_platform_config config;
	struct scmi_shmem_receiver a2p;
	struct scmi_shmem_sender p2a;
	uint32_t generation; /* of the command that was taken last */
	bool want_room;	     /* send() gave -EAGAIN */
};

/*
 * The areas are not formatted: that is for whoever owns the memory, scmi_shmem_format(). 0, or
 * -EINVAL: an area or the buffer is of no use, or a function is missing.
 */
int scmi_shmem_platform_init(struct scmi_shmem_platform *platform,
			     const struct scmi_shmem_platform_config *config);

/*
 * Take a command, if there is one, and answer it; say if there is room on P2A. Without an interrupt
 * only for agents that write the status last, as ours do (scmi_shmem_take()). Always 0.
 */
int scmi_shmem_platform_poll(void *platform);

/* A notification or delayed response. As scmi_shmem_send(); -ENODEV: there is no P2A area. */
int scmi_shmem_platform_send(void *platform, const void *message, size_t size);

/* The late answer to a command. As scmi_shmem_answer(), but 0 if nobody waits for it any more. */
int scmi_shmem_platform_answer(void *platform, uint64_t cookie, const void *message, size_t size);

#endif
