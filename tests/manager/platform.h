/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A real scmid that is started, killed and started again, and a thread that runs a manager.
 */
#ifndef TESTS_MANAGER_PLATFORM_H
#define TESTS_MANAGER_PLATFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/types.h>

#include <scmi/manager.h>

#define NS_PER_MS 1000000u

/* A clock's own rate, so that an answer from another is seen to be. */
#define CLOCKS 8u

struct platform {
	char directory[64]; /* of its sockets, the run directory */
	char file[80];	    /* the board */
	char log[80];
	pid_t pid; /* 0: does not run */
};

/*
 * Start scmid (environment SCMID) with an agent "one" that has endpoints as a board file has them:
 * "socket: one.sock". Its clocks 0 to CLOCKS - 1 start with the rates base_hz + id; the last one takes
 * 300 ms to be set asynchronously. An agent "two" has two.sock. Returns when the sockets are there.
 */
void platform_init(struct platform *platform, const char *endpoint, uint64_t base_hz);
void platform_start(struct platform *platform);
/* At once, leaving its sockets behind; returns when it is gone. */
void platform_kill(struct platform *platform);
/* It does nothing until it may continue. */
void platform_stop(struct platform *platform);
void platform_continue(struct platform *platform);
/* Kill it, and remove what it left. */
void platform_fini(struct platform *platform);

/* A path in its directory. */
void platform_path(const struct platform *platform, const char *name, char path[120]);

/* A thread that dispatches a manager until it is stopped. */
struct runner {
	struct scmi_manager *manager;
	pthread_t thread;
	int stop;
};

void runner_start(struct runner *runner, struct scmi_manager *manager);
void runner_stop(struct runner *runner);

/*
 * In one thread: dispatch the manager (NULL: somebody else does) and the instance until it is ready, or
 * is not; fails after a minute.
 */
void until_ready(struct scmi_manager *manager, struct scmi_instance *instance, bool ready);

/* Sleep until one of them has something, and dispatch it; at most 10 ms. */
void turn(struct scmi_manager *manager, struct scmi_instance *instance);

#endif
