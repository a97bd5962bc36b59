/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loop of a process that serves: one thread, one epoll descriptor.
 *
 * scmi_loop_watch() and scmi_loop_unwatch() have the shape of the platform callbacks in
 * <scmi/transport.h>, so that a host puts them there directly, with the loop as `host`:
 *
 *	static const struct scmi_transport_platform_callbacks callbacks = {
 *		.watch = scmi_loop_watch, .unwatch = scmi_loop_unwatch, .turn = scmi_loop_turn, …
 *
 * Order in a turn: wait, handlers of what is ready, tick if its deadline has come. One message
 * therefore costs epoll_wait, and the recv and send of its transport.
 *
 * Errors are 0 or -errno. Nothing here is thread-safe.
 */
#ifndef SCMI_HOST_LOOP_H
#define SCMI_HOST_LOOP_H

#include <scmi/types.h>

struct scmi_loop;

typedef void scmi_loop_fn(void *arg);

/* What wants to be called when time has passed: the platform's deadline and tick. */
struct scmi_loop_timer {
	void *ctx;
	/* Monotonic ns; SCMI_NEVER: no deadline. Asked before each wait, so keep it cheap. */
	uint64_t (*next_deadline_ns)(void *ctx);
	/* The deadline has come. */
	void (*tick)(void *ctx, uint64_t now_ns);
};

/* Does not touch signals. -ENOMEM, or what epoll_create1 gave. */
int scmi_loop_new(struct scmi_loop **loop);

/*
 * Watches that are left are forgotten (their descriptors stay open); signals are as before.
 * NULL is allowed.
 */
void scmi_loop_free(struct scmi_loop *loop);

/**
 * scmi_loop_watch() - call handler(arg) when a descriptor is ready
 * @loop: the struct scmi_loop
 * @fd: readable if @want_read, writable if @want_write; an error or hang-up is reported in any case
 *
 * Level-triggered. One watch per descriptor; calling again replaces it. A handler may watch and
 * unwatch any descriptor, its own included, and close it afterwards. -EPERM: a regular file,
 * which is always ready.
 */
int scmi_loop_watch(void *loop, int fd, bool want_read, bool want_write, scmi_loop_fn *handler,
		    void *arg);

/* Before closing the descriptor. One that is not watched is left alone. */
void scmi_loop_unwatch(void *loop, int fd);

/*
 * Call handler(arg), from a turn, when the signal comes. The signal is blocked from here on, until
 * scmi_loop_free(). Signals that come in a burst may be told once.
 */
int scmi_loop_signal(struct scmi_loop *loop, int signal, scmi_loop_fn *handler, void *arg);

/* The caller's, kept until scmi_loop_free(); NULL: none. */
void scmi_loop_set_timer(struct scmi_loop *loop, const struct scmi_loop_timer *timer);

/*
 * After something was handled, look for more for up to spin_ns before going to sleep; 0 (as at
 * start): sleep at once. Trades a busy CPU for the time a sleeping one needs to wake: worth it
 * only on a CPU of its own.
 */
void scmi_loop_set_spin_ns(struct scmi_loop *loop, uint64_t spin_ns);

/**
 * scmi_loop_turn() - wait once, handle what came
 * @loop: the struct scmi_loop
 * @timeout_ns: at most so long; 0: do not wait; SCMI_NEVER: until something comes
 *
 * Returns 0 (also when nothing came), -EDEADLK when called from a handler, or what epoll gave.
 */
int scmi_loop_turn(void *loop, uint64_t timeout_ns);

/* Turn until scmi_loop_stop(). 0, or as scmi_loop_turn(). */
int scmi_loop_run(struct scmi_loop *loop);

/* From a handler or the tick: scmi_loop_run() returns after it. */
void scmi_loop_stop(struct scmi_loop *loop);

#endif
