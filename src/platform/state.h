/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The platform's objects, and what its files do for each other.
 *
 * Locks. Each group of clocks has one (clock_resource.h). `platform->lock` guards what channels
 * share besides: the list of channels, subscriptions, queues of outgoing messages, operations, the
 * generation. Order: group, then platform. Both are NULL without lock hooks. Messages go out only
 * from scmi_platform_tick() and scmi_channel_ready(), with no lock held.
 */
#ifndef SCMI_PLATFORM_STATE_H
#define SCMI_PLATFORM_STATE_H

#include "clock_resource.h"
#include "protocol.h"

/* Commands of one agent whose answers are late; more are BUSY. */
#define SCMI_LATE_ANSWERS_MAX 16u
/* Notifications that wait for one channel; the oldest is dropped for a new one. */
#define SCMI_BACKLOG_MAX     16u
#define SCMI_P2A_PAYLOAD_MAX (SCMI_P2A_SIZE_MAX - SCMI_HEADER_SIZE)

/* ---- operations: what is not done when its handler returns ----------------------------------- */

struct scmi_operation {
	struct scmi_operation *next; /* in the free, timed or done list that it is in */
	struct scmi_served_agent *agent;
	struct scmi_channel *channel; /* that asked; NULL: nobody waits for the end any more */
	/* Does it, with `lock` held. Returns the size of the values, or a status. */
	int (*finish)(struct scmi_operation *operation, uint8_t *values, size_t space);
	/* It will not be done. With `lock` held. */
	void (*abort)(struct scmi_operation *operation);
	void *lock;	/* of the resource */
	void *resource; /* a struct scmi_clock_resource, … */
	uint64_t value;
	uint64_t deadline_ns;
	uint64_t cookie;
	uint32_t domain_id; /* in the agent's view */
	uint32_t header;
	bool async;  /* ends with a delayed response, not with a late answer */
	bool silent; /* the agent asked for no delayed response */
	bool resumed; /* of a channel before this one; the command may come once more */
	uint8_t size;
	uint8_t message[SCMI_P2A_SIZE_MAX];
};

struct scmi_operation_list {
	struct scmi_operation *first;
	struct scmi_operation *last;
};

/*
 * A free operation of the agent, or NULL when `async` ones or late answers are as many as allowed.
 */
struct scmi_operation *scmi_operation_get(struct scmi_served_agent *agent, bool async);
/* Let time run for it: finish() at deadline_ns. With its resource's lock held. */
void scmi_operation_start(struct scmi_operation *operation);
/* Abort what the agent has pending on a resource: GENERIC_ERROR. With the resource's lock held. */
void scmi_operation_abort(struct scmi_served_agent *agent, void *resource);
/* The channel goes or is reset: none of its operations answers any more. */
void scmi_operation_orphan(struct scmi_channel *channel);
void scmi_operation_tick(struct scmi_platform *platform, uint64_t now_ns);
/* A delayed response that a channel before this one had to send. */
void scmi_operation_owe(struct scmi_channel *channel, const uint8_t *message, size_t size);
/* The channel's operations come from one before it. */
void scmi_operation_resumed(struct scmi_channel *channel);
/* Back to the agent's free ones. With the platform's lock held. */
void scmi_operation_put(struct scmi_operation *operation);

/* ---- agents ---------------------------------------------------------------------------------- */

struct scmi_served_agent {
	struct scmi_platform *platform;
	const struct scmi_board_agent *board;
	uint32_t id; /* the board's: index + 1 */
	uint32_t channel_count;
	/* Ids of the protocols served, ascending, base not among them. */
	uint8_t protocols[SCMI_SERVICE_COUNT];
	uint32_t protocol_count;
	uint32_t version_max[SCMI_SERVICE_COUNT]; /* 0: not served */
	/*
	 * Clocks by the id that the agent knows them by; and that id by the board's index, or
	 * SCMI_NONE.
	 */
	struct scmi_clock_view *clocks;
	uint32_t clock_count;
	uint32_t *clock_ids;
	/* Denials: board->device_count rows of SCMI_SERVICE_COUNT. */
	uint8_t *denied;
	struct scmi_operation *operations;
	struct scmi_operation *free_operations;
	uint32_t async_count, async_max;
	uint32_t late_count;
};

/* view.c */
int scmi_view_new(struct scmi_served_agent *agent, struct scmi_platform *platform, uint32_t id);
void scmi_view_free(struct scmi_served_agent *agent);
/* How `receiver` names an agent: 0 if it does not see it. */
uint32_t scmi_view_agent_id(const struct scmi_served_agent *receiver, uint32_t agent_id);
/*
 * The agent that `caller` names so. False if there is none; *named is NULL for the platform itself.
 */
bool scmi_view_agent(const struct scmi_served_agent *caller, uint32_t id,
		     struct scmi_served_agent **named);
/* Index of the device that the caller names so; SCMI_NONE if there is none in its view. */
uint32_t scmi_view_device(const struct scmi_served_agent *caller, uint32_t id);
bool scmi_view_denied(const struct scmi_served_agent *agent, uint32_t device, uint32_t protocol_id);
/* Deny or allow an agent one protocol's domains of a device. Takes the locks of the domains. */
void scmi_view_deny(struct scmi_served_agent *agent, uint32_t device, uint32_t protocol_id,
		    bool denied);

/* ---- channels -------------------------------------------------------------------------------- */

#define SCMI_SUBSCRIBED_CHANGED	  1u
#define SCMI_SUBSCRIBED_REQUESTED 2u

struct scmi_notification {
	uint8_t size;
	uint8_t message[SCMI_P2A_SIZE_MAX];
};

struct scmi_channel {
	struct scmi_platform *platform;
	struct scmi_served_agent *agent;
	void (*trace)(void *ctx, bool to_platform, const void *message, size_t size);
	struct scmi_service services[SCMI_SERVICE_COUNT];
	struct scmi_channel_counters counters;
	struct scmi_channel_config config;
	struct scmi_channel *next;
	uint8_t *clock_subscriptions; /* SCMI_SUBSCRIBED_*, by the agent's clock id */
	bool error_subscription;
	uint32_t session_generation; /* rises with what scmi_channel_session() writes */
	/* Waiting to go out: late answers and delayed responses, and behind them notifications. */
	struct scmi_operation_list done;
	struct scmi_operation *going; /* the one that is being handed to the host */
	struct scmi_notification backlog[SCMI_BACKLOG_MAX];
	uint32_t backlog_first, backlog_count;
	/* Full until scmi_channel_ready(): a virtio guest may post no buffers for events, and still asks. */
	bool blocked;	      /* the way of delayed responses and notifications */
	bool answers_blocked; /* the way of late answers */
	bool sending; /* somebody is at it: order is kept */
};

/* Speak a version from now on; false if the protocol has no such one. */
bool scmi_service_speak(struct scmi_channel *channel, struct scmi_service *service,
			uint32_t version);

/* notify.c. Queue a notification. With the platform's lock held. */
void scmi_notify(struct scmi_channel *channel, uint32_t protocol_id, uint32_t message_id,
		 const void *payload, size_t size);
/*
 * Tell scmi_platform_tick() that the channel has something to send. With the platform's lock held.
 */
void scmi_notify_pending(struct scmi_channel *channel);
/* What of `done` can go out now, if its way is not full. With the platform's lock held. */
struct scmi_operation *scmi_operation_next(const struct scmi_channel *channel);
/* It went out, or never will. With the platform's lock held. */
void scmi_operation_went(struct scmi_channel *channel, struct scmi_operation *operation);
/* Send what waits. Without locks. */
void scmi_notify_flush(struct scmi_channel *channel);
/* Forget subscriptions. With the platform's lock held. */
void scmi_notify_unsubscribe(struct scmi_channel *channel);

/* ---- the platform ---------------------------------------------------------------------------- */

struct scmi_platform {
	struct scmi_platform_host host;
	const struct scmi_board *board;
	void *lock;
	struct scmi_served_agent *agents;   /* board->agent_count */
	struct scmi_clock_resource *clocks; /* board->clock_count */
	struct scmi_simulated_tree *tree;
	struct scmi_message *tables[SCMI_SERVICE_COUNT];
	struct scmi_channel *channels;
	struct scmi_operation_list timed; /* by deadline */
	bool undelivered;		  /* a channel that is not blocked has something to send */
	uint64_t generation;
};

static inline void scmi_lock(const struct scmi_platform *platform, void *lock)
{
	if (lock)
		platform->host.lock(lock);
}

static inline void scmi_unlock(const struct scmi_platform *platform, void *lock)
{
	if (lock)
		platform->host.unlock(lock);
}

static inline void scmi_clock_lock(const struct scmi_clock_resource *clock)
{
	if (clock->lock)
		clock->platform->host.lock(clock->lock);
}

static inline void scmi_clock_unlock(const struct scmi_clock_resource *clock)
{
	if (clock->lock)
		clock->platform->host.unlock(clock->lock);
}

static inline bool scmi_same_text(const char *a, const char *b)
{
	size_t size = strlen(a);

	return size == strlen(b) && !memcmp(a, b, size);
}

/*
 * Zeroed memory for `count` things; NULL only when there is none, also for 0 things a pointer to
 * free.
 */
void *scmi_platform_alloc(const struct scmi_platform *platform, size_t count, size_t size);
void scmi_platform_release(const struct scmi_platform *platform, void *memory);

/* Something that scmi_platform_requests() tells is different now. */
void scmi_platform_changed(struct scmi_platform *platform);
/* Let the host look at the deadline and the generation. Without locks. */
void scmi_platform_wake(const struct scmi_platform *platform);
/* Withdraw all requests of an agent and abort what it has pending. Without locks. */
void scmi_platform_release_agent(struct scmi_served_agent *agent, uint32_t originator);

/* check.c: is the board sound? 0 or -EINVAL with a sentence. */
int scmi_board_check(const struct scmi_board *board, char *why, size_t why_size);
/* The sentence for a clock whose possible parents lead back to it. */
void scmi_board_say_cycle(const struct scmi_board *board, uint32_t clock, char *why,
			  size_t why_size);

#endif
