/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The driver header: all that a transport knows of libscmi, and all that libscmi knows of it.
 *
 * Object model. A transport exports one constant `struct scmi_transport`. Its agent end makes
 * *devices* (one channel to one platform); its platform end makes *endpoints* that accept
 * *peers* (one connection of one agent each). Either end may be absent. The driver gets a table
 * of callbacks and links against nothing of the core.
 *
 * Messages are whole: the 32-bit header and the payload, little endian, never split or merged.
 * Memory handed over in a call, in either direction, belongs to the caller again when the call
 * returns; a driver whose medium keeps a buffer longer copies into memory of its own.
 *
 * Threads. Calls on one device or one endpoint are made by one thread at a time; callbacks are made
 * only from within dispatch(), wait() and watched-descriptor handlers, never from send().
 *
 * Errors are 0 or -errno. -EAGAIN from a send means: not now, nothing was taken. -ENODEV: the other
 * side is gone for good.
 */
#ifndef SCMI_TRANSPORT_H
#define SCMI_TRANSPORT_H

#include <scmi/types.h>

#define SCMI_TRANSPORT_ABI 2u

/*
 * What a transport can do, and with what it starts. Those that a user may set per instance are also
 * `struct scmi_transport_settings`.
 */
struct scmi_transport_limits {
	uint32_t response_timeout_ms; /* how long an answer may take */
	uint32_t messages_max;        /* commands in flight at a time */
	uint32_t message_size_max;    /* header and payload, bytes */
	bool p2a;                     /* carries notifications and delayed responses */
	bool polling;                 /* can be asked for an answer without an interrupt */
	bool atomic;                  /* sending never sleeps */
};

/*
 * Per-instance settings, taken from a URI, a tree or a call. 0 means: nothing is said, so it is as the
 * driver says. Time limits, the poll budget and the threshold are the core's; the others are for
 * drivers, and one that a driver does not name in its `settings` is refused before open().
 */
struct scmi_transport_settings {
	uint32_t response_timeout_ms;
	uint32_t delayed_timeout_ms;
	uint32_t messages_max;	   /* SCMI_SETTING_MESSAGES_MAX: no more than that */
	uint32_t message_size_max; /* SCMI_SETTING_MESSAGE_SIZE_MAX: no more than that */
	/*
	 * SCMI_SETTING_POLLING: where waiting looks for a while before it sleeps, so long. Or
	 * SCMI_POLLING_NONE, which every driver without polling fulfils.
	 */
	uint32_t polling_us;
	/*
	 * SCMI_SETTING_NO_COMPLETION_IRQ: 1 if nothing tells that an answer is there, so that it has
	 * to be looked for.
	 */
	uint32_t no_completion_irq;
	/* How long a caller that must not sleep may look for its answer: scmi_instance_poll_budget_us() */
	uint32_t poll_budget_us;
	/* What takes longer is not for such callers: scmi_instance_atomic_threshold_us() */
	uint32_t atomic_threshold_us;
};

/* Bits of `settings` in a driver: what its open() heeds. */
#define SCMI_SETTING_MESSAGES_MAX      (1u << 0)
#define SCMI_SETTING_MESSAGE_SIZE_MAX  (1u << 1)
#define SCMI_SETTING_POLLING	       (1u << 2)
#define SCMI_SETTING_NO_COMPLETION_IRQ (1u << 3)

/* A polling_us: sleep at once, which saves power and another's CPU, and takes longer. */
#define SCMI_POLLING_NONE UINT32_MAX

/* ---- agent end ------------------------------------------------------------------------------ */

struct scmi_transport_device; /* the driver's own */

/* What the core does for a device. `ctx` is the one given to open(). */
struct scmi_transport_agent_callbacks {
	uint32_t size; /* of this structure */
	/* A message came from the platform: answer, delayed response or notification. */
	void (*receive)(void *ctx, const void *message, size_t size);
	/* The platform is gone (error is -errno). Called once; after it, send() gives -ENODEV. */
	void (*closed)(void *ctx, int error);
	/*
	 * The platform went, and another may come in its place: what was sent and not answered is lost.
	 * send() may give -EAGAIN for a while; either it is as new then, or closed() follows. NULL, or
	 * a structure that ends before it: the host wants closed() at once.
	 */
	void (*lost)(void *ctx);
};

struct scmi_transport_agent_ops {
	/*
	 * Connect to `address`, the part of the URI behind "scheme:". On success *device is the
	 * driver's, until close(); *limits holds what is in force. May block for a local
	 * connection. On failure, a sentence for people may be left in why[why_size] (always
	 * NUL-terminated).
	 */
	int (*open)(struct scmi_transport_device **device, const char *address,
		    const struct scmi_transport_settings *settings,
		    const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		    struct scmi_transport_limits *limits, char *why, size_t why_size);
	/*
	 * Takes every buffer back from the medium first. Allowed in any state; no callback
	 * after it.
	 */
	void (*close)(struct scmi_transport_device *device);
	/* Send one command. Never blocks: -EAGAIN, -EMSGSIZE, -ENODEV. */
	int (*send)(struct scmi_transport_device *device, const void *message, size_t size);
	/* A descriptor that is readable when dispatch() has something to do. */
	int (*fd)(struct scmi_transport_device *device);
	/* Hand over all that has arrived, through receive(). Never blocks. 0, or -ENODEV. */
	int (*dispatch)(struct scmi_transport_device *device);
	/*
	 * Block until something has arrived (and hand it over; more may be waiting) or
	 * timeout_ns has passed. 0 (also with nothing, when a signal came), -ETIMEDOUT,
	 * -ENODEV. SCMI_NEVER waits without end.
	 */
	int (*wait)(struct scmi_transport_device *device, uint64_t timeout_ns);
};

/* ---- platform end --------------------------------------------------------------------------- */

struct scmi_transport_endpoint; /* the driver's own: where agents connect */
struct scmi_transport_peer;     /* the driver's own: one connection */

/* Who connected, where the medium can tell; -1 where it cannot. */
struct scmi_transport_credentials {
	int64_t pid;
	int64_t uid;
	int64_t gid;
};

/*
 * What the host does for an endpoint. `host` and `ctx` are those given to listen(); `peer_ctx`
 * is what connected() returned.
 */
struct scmi_transport_platform_callbacks {
	uint32_t size; /* of this structure */
	/*
	 * Call handler(arg) whenever fd is readable, or, while want_write, writable. One watch
	 * per fd; calling again changes it. unwatch() before closing the fd; allowed inside a
	 * handler.
	 */
	int (*watch)(void *host, int fd, bool want_read, bool want_write,
		     void (*handler)(void *arg), void *arg);
	void (*unwatch)(void *host, int fd);
	/* A peer is there. Returns its context, or NULL to refuse it (the driver closes it). */
	void *(*connected)(void *ctx, struct scmi_transport_peer *peer,
			   const struct scmi_transport_credentials *who);
	/*
	 * A command came, of any size: one that is too long is handed over too, cut behind the
	 * longest legal size at the earliest, so that it gets its refusal. The answer is
	 * written to answer[space]; returns its size. 0: there is no answer now; if one comes
	 * later it comes through answer() with the same cookie. `cookie` is the driver's, to
	 * tell requests apart (0 where it needs none). With space 0 the medium has no room for
	 * an answer.
	 */
	size_t (*command)(void *peer_ctx, uint64_t cookie, const void *message, size_t size,
			  void *answer, size_t space);
	/* After a send() gave -EAGAIN: there is room again. */
	void (*writable)(void *peer_ctx);
	/*
	 * The peer is gone; called once for each that connected() accepted. No calls on it
	 * after this.
	 */
	void (*disconnected)(void *peer_ctx);
	/*
	 * Let the host's loop turn once: wait at most timeout_ns, call handlers, let time pass.
	 * For a medium inside one thread, where an agent that waits must let its platform run.
	 * May be NULL. 0 or -errno.
	 */
	int (*turn)(void *host, uint64_t timeout_ns);
	/*
	 * What the medium has agreed on with this peer: does it carry notifications and delayed
	 * responses? Called between commands, whenever that changes; before the first call it is
	 * as the driver's limits say. May be NULL.
	 */
	void (*carries)(void *peer_ctx, bool p2a);
	/*
	 * The agent's device was reset, as by a guest that boots again: the peer is as
	 * new, and no answer is wanted to what came before. May be NULL.
	 */
	void (*reset)(void *peer_ctx);
	/*
	 * A sentence for who runs the host: what a connection did wrong, who was turned away. `ctx` is
	 * that of listen(). May be NULL.
	 */
	void (*note)(void *ctx, const char *sentence);
	/*
	 * For a medium that outlives the host: what belongs to this connection, in bytes for
	 * resume(), to be kept before the answer or the message goes out that is just being sent.
	 * Written to to[space], which is not read; *size says how much. Returns its generation;
	 * if that is `known` nothing is written. Generations are not 0. May be NULL, or the
	 * structure may end before it.
	 */
	uint32_t (*session)(void *peer_ctx, uint32_t known, void *to, size_t space, size_t *size);
	/*
	 * What session() of a host before this one wrote, or what somebody made of it; before the
	 * peer's first command. There if session() is.
	 */
	void (*resume)(void *peer_ctx, const void *from, size_t size);
};

struct scmi_transport_listen {
	const char *address; /* behind "scheme:"; for sockets a path */
	uint32_t mode;       /* permission bits of a socket file, 0: as umask says */
	uint32_t message_size_max; /* 0: as the driver says */
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *ctx;
	/*
	 * For a medium that consists of single channels; others do not look. These protocols get an
	 * A2P channel each, beside the one for all others.
	 */
	const uint8_t *own_channels;
	uint32_t own_channel_count;
	bool no_completion_irq; /* agents have to look for their answers */
	bool no_p2a;		/* no notifications and no delayed responses */
	bool p2a_unacknowledged; /* the driver has to look whether they were taken */
};

struct scmi_transport_platform_ops {
	/* Start to accept. On failure a sentence may be left in why[why_size]. */
	int (*listen)(struct scmi_transport_endpoint **endpoint,
		      const struct scmi_transport_listen *how, char *why, size_t why_size);
	/*
	 * Stop: every peer is disconnected (with its callback), the address is given up. Not
	 * from a callback.
	 */
	void (*unlisten)(struct scmi_transport_endpoint *endpoint);
	/* A notification or delayed response. -EAGAIN: writable() will say when; -ENODEV. */
	int (*send)(struct scmi_transport_peer *peer, const void *message, size_t size);
	/* The late answer to a command. As send(). */
	int (*answer)(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		      size_t size);
	/*
	 * Drop the peer; its disconnected() follows before this returns. Allowed in its
	 * command() and writable().
	 */
	void (*disconnect)(struct scmi_transport_peer *peer);
};

/* ---- the driver ----------------------------------------------------------------------------- */

/* Everything constant, for as long as the driver is loaded. */
struct scmi_transport {
	uint32_t abi;                  /* SCMI_TRANSPORT_ABI */
	uint32_t size;                 /* sizeof(struct scmi_transport) */
	const char *name;              /* [a-z0-9-]{1,32} */
	const char *scheme;            /* URI scheme, e.g. "unix" */
	const char *const *compatible; /* device-tree strings, NULL-terminated, or NULL */
	const char *about;             /* one line for people: how an address is written */
	struct scmi_transport_limits limits;
	uint32_t settings; /* SCMI_SETTING_* that the agent end heeds */
	const struct scmi_transport_agent_ops *agent;       /* or NULL */
	const struct scmi_transport_platform_ops *platform; /* or NULL */
};

#endif
