/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The agent's end of SCMI.
 *
 * Object model. A `struct scmi_agent` is one agent on one channel: it numbers commands, matches
 * what comes back, times out, and queues notifications. A *transfer* is one command and everything
 * that comes back for it: its answer and, if it was asynchronous, its delayed response. The typed
 * calls of every protocol (<scmi/base.h>, <scmi/clock.h>) stand on scmi_agent_call(); asynchronous
 * use stands on scmi_agent_submit() with the codecs of <scmi/wire/PROTOCOL.h>. In a process an
 * application gets its agent from scmi_instance_agent() (<scmi/instance.h>) and never makes one
 * itself.
 *
 * Memory. All of it is taken at set-up from the caller's storage; nothing is allocated afterwards.
 *
 * Threads. With lock hooks, calls may come from any thread and scmi_agent_receive() from an
 * interrupt. Without them one thread uses the agent. Nothing outside is called with the lock held.
 *
 * Time. The agent has no clock and never waits: the host gives now_ns (monotonic) and calls
 * scmi_agent_tick() when scmi_agent_next_deadline() has come.
 *
 * Errors. As <scmi/error.h> says: 0, -errno for what happened here, or the platform's status.
 */
#ifndef SCMI_AGENT_H
#define SCMI_AGENT_H

#include <scmi/error.h>

struct scmi_agent;
struct scmi_transfer;

/* Whether what a thread waits for has come about. */
typedef bool scmi_over_fn(const void *what);

/* What the host does for an agent. `ctx` is handed to each. */
struct scmi_agent_host {
	void *ctx;
	/* Hand one message to the transport, which copies it. 0; -EAGAIN: full now. */
	int (*send)(void *ctx, const void *message, size_t size);
	/* Monotonic time in nanoseconds. */
	uint64_t (*now_ns)(void *ctx);
	/*
	 * Block until over(what) is true or deadline_ns has come; 0, also when it returned for no
	 * reason. -ENODEV ends the wait. After scmi_agent_receive(), _tick(), _closed() and
	 * _reset() over() may be another: the host looks again for every thread that waits. What
	 * changes otherwise (room for a transfer) is looked for again after a short deadline.
	 * It takes the channel lock for a moment and may be called in any context. May be NULL:
	 * the blocking calls then give -ENOSYS.
	 */
	int (*wait)(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what);
	/* The channel lock, possibly taken with interrupts off. Both or neither. */
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	/* scmi_agent_dispatch() has something to do. May be NULL. */
	void (*wake)(void *ctx);
	/* Every message that is sent (to_platform) or received. May be NULL. */
	void (*trace)(void *ctx, bool to_platform, const void *message, size_t size);
	/*
	 * Hand over what has arrived, without sleeping; 0 or -ENODEV. May be NULL: calls with a
	 * poll budget then give -EOPNOTSUPP.
	 */
	int (*poll)(void *ctx);
	/*
	 * Who is calling: a value that differs between threads. NULL when only one thread calls;
	 * with several it tells a callback that blocks from another thread's call during a
	 * callback.
	 */
	const void *(*caller)(void *ctx);
};

struct scmi_agent_config {
	struct scmi_agent_host host;
	uint32_t messages_max;      /* transfers at a time, 1 .. 1024 */
	uint32_t message_size_max;  /* header and payload, bytes, 32 .. 65536 */
	uint32_t notifications_max; /* queued until dispatched, 1 .. 4096 */
	uint64_t response_timeout_ns;
	uint64_t delayed_timeout_ns; /* for the delayed response, counted from the answer */
	bool p2a;                    /* the transport carries notifications and delayed responses */
	/*
	 * scmi_agent_call() waits for a free transfer, as it does for a transport that is full: where
	 * other threads use the agent. Calls with a poll budget give -EBUSY all the same.
	 */
	bool waits_for_room;
	/*
	 * How many subscriptions it remembers, to ask for them again in scmi_agent_resume(), 0 .. 65536;
	 * one more gives -ENOSPC. 0: none is remembered, and as many as the platform grants are made.
	 */
	uint32_t subscriptions_max;
};

/* The storage of an agent is aligned to this. */
#define SCMI_AGENT_ALIGNMENT 8u

/* Bytes of storage that such an agent needs; 0 if the configuration is out of range. */
size_t scmi_agent_size(const struct scmi_agent_config *config);

/**
 * scmi_agent_init() - make an agent in the caller's storage
 * @agent: where the pointer to it goes; it points into @storage
 * @storage: the caller's memory, at least scmi_agent_size(config) bytes, aligned to
 *           SCMI_AGENT_ALIGNMENT, kept until scmi_agent_fini()
 *
 * Returns 0, -EINVAL (configuration, alignment), -ENOSPC (storage too small). Does not block.
 */
int scmi_agent_init(struct scmi_agent **agent, void *storage, size_t size,
		    const struct scmi_agent_config *config);

/*
 * Every transfer ends with -ENODEV and its callback is called; afterwards the storage is the
 * caller's.
 */
void scmi_agent_fini(struct scmi_agent *agent);

/* ---- what the host tells the agent ----------------------------------------------------------- */

/* A message came. May be called in interrupt context; copies what it needs. */
void scmi_agent_receive(struct scmi_agent *agent, const void *message, size_t size);

/*
 * The channel is gone: every transfer ends with `error` (-ENODEV), and so does every call from now
 * on.
 */
void scmi_agent_closed(struct scmi_agent *agent, int error);

/*
 * The channel was reset and is usable (again): transfers that are out end with -ENODEV, quarantined
 * tokens and agreed versions are forgotten.
 */
void scmi_agent_reset(struct scmi_agent *agent);

/* ---- a channel that goes and comes again ----------------------------------------------------- */

/* What one channel carries: as in struct scmi_agent_config, which has the most of each. */
struct scmi_agent_limits {
	uint32_t messages_max;
	uint32_t message_size_max;
	uint64_t response_timeout_ns;
	uint64_t delayed_timeout_ns;
	bool p2a;
	bool polling; /* calls with a poll budget can be made */
};

/*
 * The channel is about to go: commands give -ENODEV from now on, while those that are out go on to
 * their end. scmi_agent_idle(): none is out.
 */
void scmi_agent_quiesce(struct scmi_agent *agent);
bool scmi_agent_idle(const struct scmi_agent *agent);

/**
 * scmi_agent_reopen() - there is another channel, from now on only for the calling thread
 * @limits: what it carries; more than the agent has storage for is not used
 *
 * As scmi_agent_reset(), but others' commands still give -ENODEV, until scmi_agent_resume(). A
 * command of the former channel that is just being handed to send() may go out through this one; its
 * answer reaches nobody. Does not block. 0, or -EINVAL: limits with which nothing can be sent.
 */
int scmi_agent_reopen(struct scmi_agent *agent, const struct scmi_agent_limits *limits);

/**
 * scmi_agent_resume() - ask for all subscriptions again, then let everybody use the channel
 * @refused: how many subscriptions this platform refused; they are kept for the next. May be NULL
 *
 * For the thread that called scmi_agent_reopen(). Blocks. Returns 0, or why the channel is of no
 * use: -ENODEV (scmi_agent_closed() was called since), -ETIMEDOUT, -EDEADLK in a callback; then
 * everybody's commands still give -ENODEV.
 */
int scmi_agent_resume(struct scmi_agent *agent, uint32_t *refused);

/* ---- time and callbacks ---------------------------------------------------------------------- */

/* Time has passed: transfers whose limit is over end with -ETIMEDOUT. */
void scmi_agent_tick(struct scmi_agent *agent, uint64_t now_ns);

/* When tick() must be called at the latest; SCMI_NEVER if nothing is out. */
uint64_t scmi_agent_next_deadline(const struct scmi_agent *agent);

/*
 * Call the callbacks of what has ended or arrived since: completions first, then notifications in
 * the order of arrival. Where sleeping is allowed. Returns how many completions and notifications
 * it took. What ends or arrives while it runs is left for the next call, which wake() asks for.
 * Inside a callback: does nothing.
 */
int scmi_agent_dispatch(struct scmi_agent *agent);

/* ---- transfers ------------------------------------------------------------------------------- */

/* How a transfer ended. Valid inside the callback, or until scmi_transfer_put(). */
struct scmi_result {
	int error;          /* of the answer; what <scmi/error.h> says */
	const void *values; /* the answer's return values, behind the status; NULL: it did not come */
	size_t size;
	int delayed_error;          /* of the delayed response; 0 where none was asked for */
	const void *delayed_values; /* behind its status */
	size_t delayed_size;
	int32_t status;             /* as received; its meaning is in error */
	int32_t delayed_status;
};

typedef void scmi_done_fn(void *ctx, const struct scmi_result *result);

/* A command to send. Only read during the call it is given to. */
struct scmi_command {
	uint8_t protocol_id;
	uint8_t message_id;
	const void *payload; /* encoded by a codec of <scmi/wire/…>; may be NULL when size is 0 */
	size_t size;
	bool delayed;        /* a delayed response will follow a successful answer */
	uint64_t timeout_ns; /* for the answer; 0: the agent's */
	/*
	 * scmi_agent_submit() only, for a delayed command; may be NULL. Called from
	 * scmi_agent_dispatch() when the command was accepted and its delayed response is still out;
	 * not when that comes first. The result has the answer's part only.
	 */
	scmi_done_fn *accepted;
	/*
	 * The protocol's version that the payload was made for: -ENODEV when another is spoken, or none
	 * was agreed on yet, as the channel is another since. 0: it does not matter.
	 */
	uint32_t version;
	/* scmi_agent_call() only. 0: may sleep; else atomic context: polls, at most so long. */
	uint32_t poll_budget_us;
};

/* Whether all of it succeeded: 0, or the first error. */
static inline int scmi_result_error(const struct scmi_result *result)
{
	return result->error ? result->error : result->delayed_error;
}

/**
 * scmi_agent_submit() - send a command; completion comes through a callback
 * @done: called exactly once, from scmi_agent_dispatch() or scmi_agent_fini(), if and only if this
 *        returned 0: when the answer came and, for a delayed command that was accepted, when the
 *        delayed response came; or at the time limit, on cancel, or when the channel went. The
 *        transfer is released after it.
 * @transfer: if not NULL, a handle for scmi_agent_cancel(), valid until @done is called
 *
 * Does not block; may be called from callbacks. Returns 0, -EBUSY (messages_max are out, or no
 * token is free), -EMSGSIZE, -ENODEV, -EOPNOTSUPP (delayed without P2A channel), -EAGAIN (transport
 * full).
 */
int scmi_agent_submit(struct scmi_agent *agent, const struct scmi_command *command,
		      scmi_done_fn *done, void *ctx, struct scmi_transfer **transfer);

/*
 * End a submitted transfer with -ECANCELED. Its token stays out until the answer comes or the
 * channel is reset. Returns 0, or -ENOENT if it has already ended (its callback is called or about
 * to be).
 */
int scmi_agent_cancel(struct scmi_agent *agent, struct scmi_transfer *transfer);

/**
 * scmi_agent_call() - send a command and block until it has ended
 * @transfer: on 0, holds the result until scmi_transfer_put(); NULL if there is nothing to look at
 *
 * Blocks at most for the time limits; while the transport is full it tries again, then gives
 * -EAGAIN. Returns 0 when the answer (and the delayed response, if asked for) came and both
 * succeeded; otherwise the error, and nothing is to be put. -EDEADLK when called from a callback
 * without a poll budget, -ENOSYS when the host cannot wait, -ETIMEDOUT; the rest as
 * scmi_agent_submit().
 */
int scmi_agent_call(struct scmi_agent *agent, const struct scmi_command *command,
		    struct scmi_transfer **transfer);

/* The result of a transfer that scmi_agent_call() gave; lives until it is put. */
const struct scmi_result *scmi_transfer_result(const struct scmi_transfer *transfer);
void scmi_transfer_put(struct scmi_transfer *transfer);

/* ---- protocols ------------------------------------------------------------------------------- */

/**
 * scmi_agent_version() - the version spoken for a protocol
 *
 * The first call for a protocol asks PROTOCOL_VERSION, and NEGOTIATE_PROTOCOL_VERSION if the
 * platform is newer than this library; later ones return what was agreed. Typed calls do this by
 * themselves. May block the first time. Returns 0 and *version (major << 16 | minor), -EOPNOTSUPP
 * for a protocol this library does not describe, or the error of the exchange (NOT_SUPPORTED: the
 * platform does not serve it to this agent).
 */
int scmi_agent_version(struct scmi_agent *agent, uint8_t protocol_id, uint32_t *version);

/*
 * Speak `version` from now on (NEGOTIATE_PROTOCOL_VERSION). Blocks. -EOPNOTSUPP for a version this
 * library does not describe; status NOT_SUPPORTED for one the platform does not serve.
 */
int scmi_agent_negotiate(struct scmi_agent *agent, uint8_t protocol_id, uint32_t version);

/**
 * scmi_agent_message_attributes() - PROTOCOL_MESSAGE_ATTRIBUTES, in any protocol
 * @attributes: what the message's attributes are, 0 for most; may be NULL
 *
 * Tells whether a command exists for this agent: status NOT_FOUND if not. Does not depend on the
 * version. Blocks.
 */
int scmi_agent_message_attributes(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
				  uint32_t *attributes);

/* ---- notifications --------------------------------------------------------------------------- */

/* payload includes the agent id it begins with; valid during the call only. */
typedef void scmi_event_fn(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
			   size_t size);

/* Caller's storage, linked while registered; fill the first four before scmi_agent_listen(). */
struct scmi_listener {
	uint8_t protocol_id;
	uint8_t message_id;
	scmi_event_fn *event;
	void *ctx;
	struct scmi_listener *next; /* the agent's */
};

/*
 * Have event() called, by scmi_agent_dispatch(), for every such notification. The typed *_notify
 * calls ask the platform to send them. Neither blocks; both may be called from event(). Only the
 * thread that dispatches knows that event() is not running when scmi_agent_unlisten() returns.
 */
void scmi_agent_listen(struct scmi_agent *agent, struct scmi_listener *listener);
void scmi_agent_unlisten(struct scmi_agent *agent, struct scmi_listener *listener);

/* ---- what happened --------------------------------------------------------------------------- */

struct scmi_agent_counters {
	uint64_t sent;
	uint64_t answered;
	uint64_t delayed;       /* delayed responses that found their transfer */
	uint64_t notifications; /* received */
	uint64_t timed_out;
	uint64_t canceled;
	uint64_t late;        /* answers that found nobody waiting: dropped */
	uint64_t duplicate;   /* second answers to one command: dropped */
	uint64_t malformed;   /* too short or long, or a header that nothing can have: dropped */
	uint64_t overflowed;  /* notifications dropped because the queue was full */
	uint32_t quarantined; /* tokens whose answer never came */
};

void scmi_agent_counters(const struct scmi_agent *agent, struct scmi_agent_counters *counters);

#endif
