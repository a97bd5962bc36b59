/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "threads.h"

struct host host = {
	.binder_lock = PTHREAD_MUTEX_INITIALIZER,
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
};

void wrong(const char *what)
{
	fprintf(stderr, "bind: %s: %s\n", host.scenario->name, what);
	abort();
}

_Thread_local uint64_t random_state;

unsigned int pick(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state % below);
}

void give_way(void)
{
	if (!pick(3))
		sched_yield();
}

/* ---- what the binder calls ------------------------------------------------------------------- */

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static void host_lock(void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&host.binder_lock);
}

static void host_unlock(void *ctx)
{
	(void)ctx;
	pthread_mutex_unlock(&host.binder_lock);
}

static void host_wake(void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&host.mutex);
	host.wakes++;
	pthread_cond_broadcast(&host.work);
	pthread_mutex_unlock(&host.mutex);
}

struct instance *instance_of(const struct scmi_binding *binding)
{
	return &host.instances[scmi_binding_name(binding)[0] - 'a'];
}

static void begin(struct instance *instance, bool open)
{
	pthread_mutex_lock(&instance->mutex);
	if (instance->changing)
		wrong("two threads open and close for one binding");
	if (instance->open != open)
		wrong("what is open is opened, or what is not is closed");
	instance->changing = true;
	pthread_mutex_unlock(&instance->mutex);
}

/* All of it must be there, which reading shows. */
static void read_bound(const struct scmi_binding *binding, const struct scmi_bound *bound)
{
	if (strcmp(bound->descriptor->name, scmi_binding_name(binding)) ||
	    strcmp(bound->supplier->transport, bound->transport->name) ||
	    strcmp(bound->supplier->name, bound->address))
		wrong("a binding has what does not belong together");
}

static int host_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	struct instance *instance = instance_of(binding);
	bool fails;

	(void)ctx;
	give_way();
	pthread_mutex_lock(&host.mutex);
	fails = host.may_fail && !pick(5);
	host.probes++;
	pthread_mutex_unlock(&host.mutex);
	begin(instance, false);
	give_way();
	read_bound(binding, bound);
	pthread_mutex_lock(&instance->mutex);
	instance->changing = false;
	instance->gone = false;
	instance->open = !fails;
	instance->supplier = fails ? NULL : bound->supplier;
	pthread_mutex_unlock(&instance->mutex);
	return fails ? -EIO : 0;
}

static void host_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
			bool lost)
{
	struct instance *instance = instance_of(binding);

	(void)ctx;
	(void)lost; /* it may happen since */
	begin(instance, true);
	give_way();
	read_bound(binding, bound);
	pthread_mutex_lock(&instance->mutex);
	if (instance->supplier != bound->supplier)
		wrong("another is closed than was opened");
	instance->changing = false;
	instance->open = false;
	instance->supplier = NULL;
	pthread_mutex_unlock(&instance->mutex);
}

static void host_lost(void *ctx, struct scmi_binding *binding)
{
	struct instance *instance = instance_of(binding);

	(void)ctx;
	give_way();
	pthread_mutex_lock(&instance->mutex);
	instance->gone = true;
	pthread_mutex_unlock(&instance->mutex);
	pthread_mutex_lock(&host.mutex);
	host.losses++;
	pthread_mutex_unlock(&host.mutex);
}

static void host_changed(void *ctx, struct scmi_binding *binding)
{
	struct scmi_binding_status status;

	(void)ctx;
	scmi_binding_status(binding, &status);
	scmi_binding_set_data(binding, instance_of(binding));
}

static void host_freed(void *ctx, void *data)
{
	struct instance *instance = data;

	(void)ctx;
	if (!instance)
		return;
	pthread_mutex_lock(&instance->mutex);
	if (instance->open || instance->changing)
		wrong("a binding is freed that is in use");
	pthread_mutex_unlock(&instance->mutex);
}

/* ---- workers --------------------------------------------------------------------------------- */

static void *do_work(void *arg)
{
	unsigned int seen = 0;

	random_state = (uint64_t)(uintptr_t)arg;
	pthread_mutex_lock(&host.mutex);
	while (!host.over) {
		struct scmi_binder *binder = host.binder;

		if (seen == host.wakes || !binder) {
			pthread_cond_wait(&host.work, &host.mutex);
			continue;
		}
		seen = host.wakes;
		host.entered++;
		host.working++;
		pthread_mutex_unlock(&host.mutex);
		while (scmi_binder_run(binder))
			;
		pthread_mutex_lock(&host.mutex);
		host.working--;
		pthread_cond_broadcast(&host.work);
	}
	pthread_mutex_unlock(&host.mutex);
	return NULL;
}

void host_settle(void)
{
	unsigned int entered;
	bool quiet = false;

	while (!quiet) {
		pthread_mutex_lock(&host.mutex);
		while (host.working)
			pthread_cond_wait(&host.work, &host.mutex);
		entered = host.entered;
		pthread_mutex_unlock(&host.mutex);
		while (scmi_binder_run(host.binder))
			;
		pthread_mutex_lock(&host.mutex);
		quiet = !host.working && entered == host.entered;
		pthread_mutex_unlock(&host.mutex);
	}
}

static pthread_t workers[WORKERS];

void host_begin_work(uint64_t seed)
{
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_create(&workers[i], NULL, do_work, (void *)(seed + i));
}

void host_end_work(void)
{
	pthread_mutex_lock(&host.mutex);
	host.over = true;
	pthread_cond_broadcast(&host.work);
	pthread_mutex_unlock(&host.mutex);
	for (unsigned int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
}

/* ---- the binder ------------------------------------------------------------------------------ */

void host_start(const struct scenario *scenario)
{
	static const struct scmi_binder_host binder_host = {
		.alloc = host_alloc, .free = host_free, .lock = host_lock, .unlock = host_unlock,
		.wake = host_wake, .probe = host_probe, .unbind = host_unbind, .lost = host_lost,
		.changed = host_changed, .freed = host_freed,
	};
	struct scmi_binder *binder;

	host.scenario = scenario;
	if (scmi_binder_new(&binder, &binder_host))
		wrong("no binder");
	pthread_mutex_lock(&host.mutex);
	host.binder = binder;
	pthread_mutex_unlock(&host.mutex);
}

void host_stop(void)
{
	struct scmi_binder *binder = host.binder;

	pthread_mutex_lock(&host.mutex);
	host.binder = NULL;
	while (host.working)
		pthread_cond_wait(&host.work, &host.mutex);
	pthread_mutex_unlock(&host.mutex);
	if (scmi_binder_free(binder))
		wrong("a binder cannot be freed though nothing is left in it");
}
