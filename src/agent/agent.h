/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside the agent.
 *
 * A transfer is in one of four states, changed only with the channel lock held:
 *
 *	free -> out -> (accepted ->) ended -> free
 *
 * "out" waits for the answer, "accepted" for the delayed response. Answers, delayed responses, time
 * limits, cancellation and the end of the channel all race for the one step to "ended", which is
 * scmi_transfer_end(); who comes later finds the transfer ended and leaves it alone.
 */
#ifndef SCMI_AGENT_INTERNAL_H
#define SCMI_AGENT_INTERNAL_H

#include <scmi/agent.h>

#include "core/list.h"
#include "core/queue.h"
#include "core/token.h"

enum scmi_transfer_state {
	SCMI_TRANSFER_FREE,
	SCMI_TRANSFER_OUT,
	SCMI_TRANSFER_ACCEPTED,
	SCMI_TRANSFER_ENDED,
};

struct scmi_transfer {
	struct scmi_list link; /* in agent->free, out or ended; in none while a caller holds it */
	struct scmi_agent *agent;
	enum scmi_transfer_state state;
	uint32_t header; /* as sent */
	bool delayed;    /* a delayed response is wanted */
	bool sending;    /* the transport reads the command */
	uint32_t owed;   /* for scmi_agent_renew() */
	uint64_t deadline_ns;
	scmi_done_fn *done; /* NULL for a blocking call */
	scmi_done_fn *accepted; /* NULL when it has been called, too */
	void *ctx;
	struct scmi_result result;
	/* Room for one message each; nothing that comes in touches what is being sent. */
	uint8_t *command;
	uint8_t *answer_values;
	uint8_t *delayed_values; /* NULL without a P2A channel */
};

/* Sends the command that asks for one kind of notification, or ends it. */
typedef int scmi_subscribe_fn(struct scmi_agent *agent, uint32_t id, bool enable);

/* One that the application has asked for; NULL: a free place. */
struct scmi_subscription {
	scmi_subscribe_fn *send;
	uint32_t id;
	bool granted;
};

/* Versions are remembered for the protocols that may ever be described: 0x10 and up. */
#define SCMI_FIRST_PROTOCOL      0x10u
#define SCMI_DESCRIBED_PROTOCOLS 16u

struct scmi_agent {
	struct scmi_agent_config config; /* what there is storage for */
	struct scmi_agent_limits limits; /* what the channel carries, not more than that */
	int closed; /* 0, or the error that every call gives */
	bool reopening;	    /* meanwhile one thread may call all the same: */
	const void *opener;
	uint32_t resets;

	struct scmi_tokens tokens;
	struct scmi_transfer *transfers; /* config.messages_max of them */
	uint32_t used; /* of them: not free */
	struct scmi_list free;
	struct scmi_list out;
	struct scmi_list ended; /* their callbacks are due */
	uint32_t ended_count;
	uint32_t accepted_count; /* of those that are out: accepted() is due */

	struct scmi_queue events;
	struct scmi_listener *listeners;
	struct scmi_listener *next_listener; /* where delivery goes on */

	bool dispatching;
	const void *dispatcher; /* who runs callbacks */

	struct scmi_subscription *subscriptions; /* config.subscriptions_max of them */
	uint32_t versions[SCMI_DESCRIBED_PROTOCOLS]; /* 0: not known yet */
	struct scmi_agent_counters counters;
};

static inline void scmi_agent_lock(const struct scmi_agent *agent)
{
	if (agent->config.host.lock)
		agent->config.host.lock(agent->config.host.ctx);
}

static inline void scmi_agent_unlock(const struct scmi_agent *agent)
{
	if (agent->config.host.unlock)
		agent->config.host.unlock(agent->config.host.ctx);
}

static inline uint64_t scmi_agent_now_ns(const struct scmi_agent *agent)
{
	return agent->config.host.now_ns(agent->config.host.ctx);
}

/* Called without the lock: dispatch has something to do. */
static inline void scmi_agent_wake(const struct scmi_agent *agent)
{
	if (agent->config.host.wake)
		agent->config.host.wake(agent->config.host.ctx);
}

/* Who is calling, as far as the host can tell threads apart. */
static inline const void *scmi_agent_caller(const struct scmi_agent *agent)
{
	if (agent->config.host.caller)
		return agent->config.host.caller(agent->config.host.ctx);
	return agent;
}

static inline uint64_t scmi_deadline_ns(uint64_t now_ns, uint64_t timeout_ns)
{
	return timeout_ns < SCMI_NEVER - now_ns ? now_ns + timeout_ns : SCMI_NEVER;
}

/* transfer.c; all with the lock held. */

/*
 * The one decision. `awaited` (SCMI_AWAIT_*) is what the platform still owes: with it the token
 * goes into quarantine. Returns whether wake() is due.
 */
bool scmi_transfer_end(struct scmi_transfer *transfer, uint32_t awaited);

/* End it because of what happened here: the error goes to the part that is missing. */
bool scmi_transfer_fail(struct scmi_transfer *transfer, int error);

/* End all that are out. Returns whether wake() is due. */
bool scmi_transfers_fail(struct scmi_agent *agent, int error);

/* The place of a transfer is free again. */
void scmi_transfer_free(struct scmi_transfer *transfer);

/* reopen.c; with the lock held: the channel is as new, also with what is being sent just now. */
void scmi_agent_renew(struct scmi_agent *agent);

/*
 * reopen.c: send the command that asks for notifications of `id`, or ends them, and remember the
 * subscription. Blocks.
 */
int scmi_agent_subscription(struct scmi_agent *agent, scmi_subscribe_fn *send, uint32_t id,
			    bool enable);

/* version.c; with the lock held: whether that version is the one agreed on. */
bool scmi_agent_speaks(const struct scmi_agent *agent, uint8_t protocol_id, uint32_t version);

/* notify.c; without the lock: hand one notification to its listeners. */
void scmi_agent_deliver(struct scmi_agent *agent, const void *message, size_t size);

#endif
