/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SCMI for an application: name a platform by URI, get an agent, bring your own loop.
 *
 *	struct scmi_instance *instance;
 *	uint64_t rate_hz;
 *
 *	if (!scmi_instance_open(&instance, "unix:/run/scmid/tester.sock", NULL, NULL, 0) &&
 *	    !scmi_clock_rate_get(scmi_instance_agent(instance), 0, &rate_hz))
 *		…
 *
 * That is one connection: when the platform goes, every call ends with -ENODEV, and the instance is of
 * no use any more. Those of a manager (<scmi/manager.h>) outlive their platforms.
 *
 * No hidden thread, no global state: instances are independent. One thread uses an instance at a
 * time, unless it is a manager's. Plain calls block; for everything else wait on scmi_instance_fd() until
 * scmi_instance_next_deadline_ns(), then call scmi_instance_dispatch(), which calls the callbacks
 * of completions and notifications.
 */
#ifndef SCMI_INSTANCE_H
#define SCMI_INSTANCE_H

#include <scmi/agent.h>
#include <scmi/transport.h>

struct scmi_instance;
struct scmi_loader; /* <scmi/loader.h> */

/* Every message, for tracing. `message` is valid during the call only. */
typedef void scmi_trace_fn(void *ctx, bool to_platform, const void *message, size_t size);

/* Whether it can be used now. */
struct scmi_instance_status {
	bool ready;
	uint32_t opened;  /* how often it became ready: another number is another connection */
	uint32_t refused; /* subscriptions that this platform did not grant again */
	int error;	  /* 0, or why it is not ready: -ENODEV, or what opening gave */
};

struct scmi_instance_options {
	struct scmi_transport_settings settings; /* 0: as the URI or the transport says */
	scmi_trace_fn *trace;
	void *trace_ctx;
	/*
	 * Where the transport is found; used during the call only. NULL: what is built in, then the
	 * files in SCMI_TRANSPORT_PATH and in the directory chosen at the build.
	 */
	struct scmi_loader *loader;
	/*
	 * Called from scmi_instance_dispatch() when its status is another than it was told last; at
	 * first it is ready, and one of a manager is not. May use the agent, also to block. May be
	 * NULL.
	 */
	void (*changed)(void *ctx, const struct scmi_instance_status *status);
	void *changed_ctx;
};

/**
 * scmi_instance_open() - connect to a platform
 * @uri: SCHEME:ADDRESS[?SETTING=VALUE[&…]], for example
 *       unix:/run/scmid/tester.sock?response-timeout-ms=100. In the address %XX is the byte XX,
 *       for a path with '?' or '%' in it. Settings: response-timeout-ms and delayed-timeout-ms
 *       (1 .. 3600000), messages-max (1 .. 1024), message-size-max (32 .. 65536),
 *       polling-us (0 .. 1000000), no-completion-irq (0, 1), poll-budget-us (0 .. 10000),
 *       atomic-threshold-us (0 .. 4294967295). What they mean: struct scmi_transport_settings.
 * @options: may be NULL
 * @why: if not NULL, a sentence for people on failure, NUL-terminated in why[why_size]
 *
 * Returns 0, -EINVAL (URI, a setting out of its range, or one that the transport does not have),
 * -EOPNOTSUPP (no transport has this scheme, or it has no agent's end), -ENOMEM, what
 * scmi_loader_by_scheme() gave for a file, or what the transport's open gave (-ENOENT, -EACCES,
 * -ECONNREFUSED …). A transport in a file stays loaded
 * until the instance is closed. Sends nothing by itself; may block for a connection, at most for
 * the response timeout.
 */
int scmi_instance_open(struct scmi_instance **instance, const char *uri,
		       const struct scmi_instance_options *options, char *why, size_t why_size);

/*
 * Every transfer ends with -ENODEV, callbacks are called, then everything is freed. NULL is
 * allowed.
 */
void scmi_instance_close(struct scmi_instance *instance);

/* The agent, for typed calls; lives as long as the instance. */
struct scmi_agent *scmi_instance_agent(struct scmi_instance *instance);

/*
 * For callers that must not sleep. How long one may look for its answer, as poll_budget_us of a
 * command; 0: by the settings or by the transport, not at all. And which commands are meant: those
 * that the platform announces to take at most so long, as clock_enable_delay_us of a clock; 0:
 * nothing is said, so none.
 */
uint32_t scmi_instance_poll_budget_us(struct scmi_instance *instance);
uint32_t scmi_instance_atomic_threshold_us(struct scmi_instance *instance);

/* A descriptor to poll for reading; the instance's, do not close. */
int scmi_instance_fd(struct scmi_instance *instance);

/*
 * When dispatch is due at the latest (CLOCK_MONOTONIC, ns), SCMI_NEVER if it is not. 0: now, as a
 * blocking call has taken in something for a callback; the descriptor need not be readable then.
 */
uint64_t scmi_instance_next_deadline_ns(struct scmi_instance *instance);

/*
 * Take what arrived, time out what is over, call callbacks. Does not block. 0, or -ENODEV when the
 * platform is gone; for an instance of a manager always 0, as another may come.
 */
int scmi_instance_dispatch(struct scmi_instance *instance);

/* What holds just now. */
void scmi_instance_status(struct scmi_instance *instance, struct scmi_instance_status *status);

/*
 * The same in words, NUL-terminated and cut where `size` is too small: "waits for supplier
 * 'virtio@a003e00'". Returns what strlen() would give were there room.
 */
size_t scmi_instance_explain(struct scmi_instance *instance, char *text, size_t size);

#endif
