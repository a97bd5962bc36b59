/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host of a binder that many threads use. */
#ifndef SCMI_TESTS_BIND_THREADS_H
#define SCMI_TESTS_BIND_THREADS_H

#include <pthread.h>

#include <scmi/bind.h>

#include "scenario.h"

#define WORKERS 3u

/* What the host keeps of a binding. */
struct instance {
	pthread_mutex_t mutex;
	bool changing; /* probe() or unbind() runs */
	bool open;
	bool gone;
	const struct scmi_supplier *supplier; /* while it is open */
};

struct host {
	const struct scenario *scenario;
	struct instance instances[KINDS];
	pthread_mutex_t binder_lock;

	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t work;
	struct scmi_binder *binder;
	bool may_fail; /* probes */
	bool over;
	unsigned int wakes;
	unsigned int entered; /* how often a worker began to look for work */
	unsigned int working; /* workers that do */
	unsigned int things;  /* added or about to be, and not released */
	uint64_t probes;
	uint64_t losses;
};

extern struct host host;

/* Say what is wrong, and end. */
void wrong(const char *what) __attribute__((noreturn));

/* Each thread has its own sequence. */
extern _Thread_local uint64_t random_state;
unsigned int pick(unsigned int below);

/* Let others run, or not: where something may come in between. */
void give_way(void);

struct instance *instance_of(const struct scmi_binding *binding);

/* With a binder of its own, which main() replaces while nobody uses it. */
void host_start(const struct scenario *scenario);
void host_stop(void);

/* Until there is nothing to do and nobody is at it. Nobody adds anything meanwhile. */
void host_settle(void);

/* The threads that do the work. */
void host_begin_work(uint64_t seed);
void host_end_work(void);

#endif
