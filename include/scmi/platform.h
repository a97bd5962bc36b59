/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The platform's end of SCMI.
 *
 * Object model. A `struct scmi_platform` owns the resources of one board and serves any number of
 * agents, each with its own view. A *channel* is one connection of one agent: a socket connection,
 * a virtio device, a mailbox. Requests (votes, rates) belong to the agent; negotiated versions and
 * subscriptions belong to the channel and go with it, unless its host keeps them for the next one
 * (scmi_channel_session()).
 *
 * Memory comes from the host's allocator at set-up (platform and channel); handling a message takes
 * none.
 *
 * Threads. With lock hooks, channels may be served by different threads; one channel is served by
 * one thread at a time, and scmi_platform_tick() does not run beside scmi_channel_new(), _free() or
 * _reset(). Without them one thread serves all. Nothing outside is called with a lock held. send()
 * and answer() may call scmi_channel_handle(), but neither free nor reset a channel.
 *
 * Time. The platform has no clock and never waits: the host gives now_ns and calls
 * scmi_platform_tick() when scmi_platform_next_deadline() has come.
 *
 * Errors of set-up are 0 or -errno; an agent gets statuses.
 */
#ifndef SCMI_PLATFORM_H
#define SCMI_PLATFORM_H

#include <scmi/board.h>
#include <scmi/message.h>

struct scmi_platform;
struct scmi_channel;

struct scmi_platform_host {
	void *ctx;
	/* Zeroed memory, aligned for any object; NULL when there is none. */
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *memory);
	/* Monotonic time in nanoseconds. */
	uint64_t (*now_ns)(void *ctx);
	/*
	 * The resource lock, which may sleep: one per group of resources that influence each other,
	 * and one for what channels share besides, taken after it and held for a few instructions.
	 * All or none.
	 */
	void *(*lock_new)(void *ctx);
	void (*lock_free)(void *ctx, void *lock);
	void (*lock)(void *lock);
	void (*unlock)(void *lock);
	/*
	 * A deadline earlier than any before has been set, or state worth saving has changed. May
	 * be NULL.
	 */
	void (*wake)(void *ctx);
};

/**
 * scmi_platform_new() - a platform for a board
 * @board: the caller's; must outlive the platform
 * @why: if not NULL, a sentence on failure, NUL-terminated in why[why_size]
 *
 * Returns 0, -ENOMEM, or -EINVAL for a board that contradicts itself. Does not block.
 */
int scmi_platform_new(struct scmi_platform **platform, const struct scmi_board *board,
		      const struct scmi_platform_host *host, char *why, size_t why_size);

/* Every channel must be freed before. */
void scmi_platform_free(struct scmi_platform *platform);

/*
 * Let time pass: finish operations whose time has come, deliver what waits for a channel. A delayed
 * response follows the answer to its command: a host that ticks on another thread than it handles
 * on sends answers before.
 */
void scmi_platform_tick(struct scmi_platform *platform, uint64_t now_ns);

/* When tick() must be called at the latest; SCMI_NEVER if nothing is pending. */
uint64_t scmi_platform_next_deadline(const struct scmi_platform *platform);

/* ---- channels -------------------------------------------------------------------------------- */

/* The largest message that the platform sends by itself, header included. */
#define SCMI_P2A_SIZE_MAX 20u

/*
 * How the platform reaches the agent by itself. Called from scmi_platform_tick() and
 * scmi_channel_ready().
 */
struct scmi_channel_ops {
	/*
	 * A notification or delayed response. 0, -EAGAIN (scmi_channel_ready() follows), other:
	 * dropped; but a delayed response that gives -EMSGSIZE goes again as COMMS_ERROR alone.
	 */
	int (*send)(void *ctx, const void *message, size_t size);
	/* The late answer to the command that was handled with this cookie. Same results. */
	int (*answer)(void *ctx, uint64_t cookie, const void *message, size_t size);
	/* Every command that came (to_platform) and every message that went. May be NULL. */
	void (*trace)(void *ctx, bool to_platform, const void *message, size_t size);
};

struct scmi_channel_config {
	uint32_t agent_id; /* 1 .. board->agent_count */
	/*
	 * send() exists, and takes SCMI_P2A_SIZE_MAX bytes. Without it: no notifications, no
	 * asynchronous commands.
	 */
	bool p2a;
	const struct scmi_channel_ops *ops;
	void *ctx;
};

/* Returns 0, -ENOMEM, -EINVAL (no such agent). Does not block. */
int scmi_channel_new(struct scmi_channel **channel, struct scmi_platform *platform,
		     const struct scmi_channel_config *config);

/*
 * The connection ended. Commands in progress are finished without an answer. If the board says so
 * and it was the agent's last channel, its requests are withdrawn.
 */
void scmi_channel_free(struct scmi_channel *channel);

/*
 * The device was reset (a guest reboot): as a new channel, and the agent's requests are withdrawn.
 */
void scmi_channel_reset(struct scmi_channel *channel);

/**
 * scmi_channel_handle() - one command
 * @cookie: given back to answer() if the answer comes later
 * @message: header and payload, private to the caller and unchanging during the call
 * @answer: where the answer goes; must not overlap @message
 * @space: bytes there; under 8 the command is not executed
 *
 * Returns the size of the answer; 0 if there is none: the message was too short or had no room for
 * an answer (counted), or the answer comes later through answer(). Does not block (but for the
 * resource lock), does not allocate.
 */
size_t scmi_channel_handle(struct scmi_channel *channel, uint64_t cookie, const void *message,
			   size_t size, void *answer, size_t space);

/* send() or answer() may be tried again. */
void scmi_channel_ready(struct scmi_channel *channel);

/* Rises whenever scmi_channel_session() would write something else; a new channel's is not 0. */
uint32_t scmi_channel_session_generation(const struct scmi_channel *channel);

/**
 * scmi_channel_session() - what belongs to the channel, for one in its place
 *
 * The versions negotiated, the subscriptions, and the delayed responses that are owed, written to
 * to[space], which is not read. What has no room is left out. Returns the size. It is to be kept
 * before an answer goes out that depends on it: call it behind scmi_channel_handle(), and in
 * send(), where what is sent is not owed any more.
 */
size_t scmi_channel_session(const struct scmi_channel *channel, void *to, size_t space);

/*
 * What scmi_channel_session() wrote, to a channel that is new; before its first command. It is not
 * trusted: it can do what the agent's own commands can, and what makes no sense is ignored.
 * Commands that it began and whose answers did not go out may follow again: they get one delayed
 * response each.
 */
void scmi_channel_resume(struct scmi_channel *channel, const void *from, size_t size);

struct scmi_channel_counters {
	uint64_t commands;      /* handled, whatever the status */
	uint64_t refused;       /* of these, answered with an error */
	uint64_t dropped;       /* no header, or no room for an answer */
	uint64_t notifications; /* sent */
	uint64_t delayed;       /* delayed responses sent */
	uint64_t lost;          /* notifications not sent: the way was full, or failed */
};

void scmi_channel_counters(const struct scmi_channel *channel,
			   struct scmi_channel_counters *counters);

/* The version a channel speaks for a protocol now, for decoding a trace; 0 if it is not served. */
uint32_t scmi_channel_version(const struct scmi_channel *channel, uint8_t protocol_id);

/* ---- agents' requests, across a restart ------------------------------------------------------ */

/* One thing that an agent asked for and that holds. Names are those of the board. */
struct scmi_request {
	const char *agent;  /* name */
	uint8_t protocol_id;
	const char *domain; /* name of the clock, …; of the device for "deny" */
	const char *what;   /* "enable", "rate", "parent", "config", or "deny" */
	uint32_t key;       /* configuration type; device id for deny */
	uint64_t value;     /* 0 or 1, Hz, index into the clock's parents, configuration value */
};

/*
 * Calls each() for everything that holds and differs from the board's start, in an order in which
 * it can be replayed. Strings live as long as the board.
 */
void scmi_platform_requests(struct scmi_platform *platform,
			    void (*each)(void *ctx, const struct scmi_request *request), void *ctx);

/*
 * Make a saved request hold again, before the first channel. What the board allows decides, not
 * what was denied since. 0, or -ENOENT if the board no longer has that agent or domain, -EINVAL if
 * it no longer allows it; then nothing changed.
 */
int scmi_platform_restore(struct scmi_platform *platform, const struct scmi_request *request);

/* Rises whenever scmi_platform_requests() would say something else. */
uint64_t scmi_platform_generation(const struct scmi_platform *platform);

/* ---- errors ---------------------------------------------------------------------------------- */

/*
 * Tell agents that commands failed (BASE_ERROR_EVENT): the agent itself and every trusted one, if
 * they subscribed. Commands that end with HARDWARE_ERROR or GENERIC_ERROR are reported by the
 * platform itself; those that a reset of their agent aborts are not.
 */
void scmi_platform_report_error(struct scmi_platform *platform, uint32_t agent_id, bool fatal,
				uint32_t header, int32_t status);

#endif
