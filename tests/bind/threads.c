/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The binder with a thread for everything: each driver, supplier and descriptor has an owner who
 * adds it and takes it away, two applications open, use and close, and several threads do the work.
 * In a round all of them do something at random, at once; then all comes to rest, and is compared
 * with the oracle. What is added is fresh memory each time, freed where it is released: who looks at
 * it later is found by the sanitizer that this is built with.
 *
 *	threads ROUNDS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scmi/error.h>

#include "oracle.h"
#include "threads.h"

#define APPLICATIONS 2u
#define OWNERS	     (3u * KINDS)
#define EACH_ROUND   24u /* events of a thread */
#define EACH_BINDER  25u /* rounds until it is stopped, and another made */

static pthread_barrier_t barrier; /* before and after each round: owners, applications, main() */
static bool over;

/* Something that an owner adds, and the binder gives back. */
struct thing {
	struct scmi_transport transport;
	struct scmi_bind_driver driver;
	struct scmi_supplier supplier;
	struct scmi_descriptor descriptor;
	char name[4];
};

enum kind { DRIVER, SUPPLIER, DESCRIPTOR };

/* ---- owners ---------------------------------------------------------------------------------- */

/* Of one thing: a driver, supplier or descriptor. */
struct owner {
	pthread_t thread;
	uint64_t seed;
	enum kind kind;
	unsigned int which;
	struct thing *thing; /* NULL: it is not there */
};

static struct owner owners[OWNERS];

static void is_released(void *ctx)
{
	pthread_mutex_lock(&host.mutex);
	host.things--;
	pthread_mutex_unlock(&host.mutex);
	memset(ctx, 0xdb, sizeof(struct thing));
	free(ctx);
}

static struct thing *new_thing(const struct owner *owner)
{
	static const char *const *const names[] = {
		[DRIVER] = driver_names,
		[SUPPLIER] = supplier_names,
		[DESCRIPTOR] = descriptor_names,
	};
	const struct scenario *scenario = host.scenario;
	struct thing *thing = calloc(1, sizeof(*thing));
	unsigned int i = owner->which;

	if (!thing)
		abort();
	strcpy(thing->name, names[owner->kind][i]);
	thing->transport.name = thing->name;
	thing->driver = (struct scmi_bind_driver){
		.transport = &thing->transport, .released = is_released, .ctx = thing,
	};
	thing->supplier = (struct scmi_supplier){
		.name = thing->name, .transport = scenario->supplier_for[i],
		.address = thing->name, .released = is_released, .ctx = thing,
	};
	thing->descriptor = (struct scmi_descriptor){
		.name = thing->name, .compatible = scenario->compatible[i],
		.supplier = scenario->supplier_of[i], .by_order = scenario->by_order,
		.released = is_released, .ctx = thing,
	};
	pthread_mutex_lock(&host.mutex);
	host.things++;
	pthread_mutex_unlock(&host.mutex);
	return thing;
}

static void add(struct owner *owner)
{
	struct thing *thing = new_thing(owner);
	int error;

	if (owner->kind == DRIVER)
		error = scmi_binder_add_driver(host.binder, &thing->driver);
	else if (owner->kind == SUPPLIER)
		error = scmi_binder_announce(host.binder, &thing->supplier);
	else
		error = scmi_binder_add_descriptor(host.binder, &thing->descriptor);
	if (error == -ESHUTDOWN)
		is_released(thing);
	else if (error)
		wrong("cannot add");
	else
		owner->thing = thing;
}

/* Nobody who is ready on it may not know. */
static void check_told(const struct scmi_supplier *supplier)
{
	for (unsigned int i = 0; i < KINDS; i++) {
		struct instance *instance = &host.instances[i];
		struct scmi_binding_status status;
		struct scmi_binding *binding;

		if (scmi_binding_get(host.binder, descriptor_names[i], &binding))
			continue;
		/* In this order: what is ready now on a supplier that has gone was told before. */
		scmi_binding_status(binding, &status);
		pthread_mutex_lock(&instance->mutex);
		if (status.state == SCMI_BINDING_READY && instance->supplier == supplier &&
		    !instance->gone)
			wrong("a loss is not told");
		pthread_mutex_unlock(&instance->mutex);
		scmi_binding_put(binding);
	}
}

static void take_away(struct owner *owner)
{
	struct thing *thing = owner->thing;
	bool lost = pick(2);
	int error;

	if (owner->kind == DRIVER)
		error = scmi_binder_remove_driver(host.binder, &thing->driver);
	else if (owner->kind == SUPPLIER)
		error = scmi_binder_withdraw(host.binder, &thing->supplier, lost);
	else
		error = scmi_binder_remove_descriptor(host.binder, &thing->descriptor);
	/* -ENOENT: the binder is stopping, and has released it. */
	if (error && error != -ENOENT)
		wrong("cannot take away");
	owner->thing = NULL;
	if (owner->kind == SUPPLIER && lost && !error)
		check_told(&thing->supplier);
}

static void *own(void *arg)
{
	struct owner *owner = arg;

	random_state = owner->seed;
	for (;;) {
		pthread_barrier_wait(&barrier);
		if (over)
			return NULL;
		for (unsigned int i = 0; i < EACH_ROUND; i++) {
			if (owner->kind == DRIVER && owner->which && host.scenario->one_driver)
				break;
			/* It is there more often than not, so that something gets bound. */
			if (!owner->thing)
				add(owner);
			else if (!pick(4))
				take_away(owner);
			give_way();
		}
		pthread_barrier_wait(&barrier);
	}
}

/* ---- applications ---------------------------------------------------------------------------- */

struct application {
	pthread_t thread;
	uint64_t seed;
	struct scmi_binding *handles[KINDS];
};

static struct application applications[APPLICATIONS];

/* A command: its device must stay while it is out. */
static void use(struct instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	if (instance->open && !instance->gone && strcmp(instance->supplier->name,
							instance->supplier->address))
		wrong("a device is not what was opened");
	pthread_mutex_unlock(&instance->mutex);
}

static void look(void *ctx, struct scmi_binding *binding)
{
	unsigned int *count = ctx;
	char text[200];

	if (!scmi_binding_explain(binding, text, sizeof(text)))
		wrong("a binding has nothing to say");
	++*count;
}

static void act(struct scmi_binding **handle, unsigned int which)
{
	unsigned int count = 0;

	if (!*handle) {
		if (scmi_binding_get(host.binder, descriptor_names[which], handle))
			*handle = NULL;
		return;
	}
	switch (pick(6)) {
	case 0:
		scmi_binding_put(*handle);
		*handle = NULL;
		break;
	case 1:
		scmi_binding_retry(*handle);
		break;
	case 2:
		look(&count, *handle);
		break;
	case 3:
		scmi_binder_each(host.binder, look, &count);
		if (!count)
			wrong("a binding that is held is not among all");
		break;
	default:
		use(instance_of(*handle));
		break;
	}
}

static void *apply(void *arg)
{
	struct application *application = arg;

	random_state = application->seed;
	for (;;) {
		pthread_barrier_wait(&barrier);
		if (over)
			return NULL;
		for (unsigned int i = 0; i < EACH_ROUND; i++) {
			unsigned int which = pick(KINDS);

			act(&application->handles[which], which);
			give_way();
		}
		pthread_barrier_wait(&barrier);
	}
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void check_instance(const struct presence *here, unsigned int i)
{
	const struct instance *instance = &host.instances[i];
	int supplier = oracle(here, i);
	struct scmi_binding_status status;
	struct scmi_binding *binding;

	if (scmi_binding_get(host.binder, descriptor_names[i], &binding))
		wrong("no handle");
	/* Probes do not fail here: what failed before is tried again. */
	scmi_binding_retry(binding);
	host_settle();
	scmi_binding_status(binding, &status);
	if ((status.state == SCMI_BINDING_READY) != (supplier >= 0))
		wrong("something is bound that must not be, or not bound that could be");
	if (instance->open != (supplier >= 0) || (instance->open && instance->gone))
		wrong("a device is open without its binding, or the other way round");
	if (supplier >= 0 && strcmp(instance->supplier->name, supplier_names[supplier]))
		wrong("something is bound to another supplier than was meant");
	scmi_binding_put(binding);
}

static void let_fail(bool may)
{
	pthread_mutex_lock(&host.mutex);
	host.may_fail = may;
	pthread_mutex_unlock(&host.mutex);
}

static void check_rest(void)
{
	struct presence here = { .scenario = host.scenario };
	unsigned int things = 0;

	let_fail(false);
	host_settle();
	for (unsigned int i = 0; i < OWNERS; i++) {
		bool *there[] = { here.driver, here.supplier, here.descriptor };

		there[owners[i].kind][owners[i].which] = owners[i].thing;
		things += owners[i].thing != NULL;
	}
	for (unsigned int i = 0; i < KINDS; i++)
		check_instance(&here, i);
	host_settle();
	if (host.things != things)
		wrong("something is never released");
	let_fail(true);
}

/* Everything at once; in the last round of a binder it is stopped meanwhile. */
static void go_round(bool last)
{
	pthread_barrier_wait(&barrier);
	if (last)
		scmi_binder_stop(host.binder);
	pthread_barrier_wait(&barrier);
	if (!last)
		check_rest();
}

static void free_binder(void)
{
	host_settle();
	for (unsigned int i = 0; i < OWNERS; i++)
		owners[i].thing = NULL;
	for (unsigned int i = 0; i < APPLICATIONS * KINDS; i++) {
		struct scmi_binding **handle = &applications[i / KINDS].handles[i % KINDS];

		if (*handle)
			scmi_binding_put(*handle);
		*handle = NULL;
	}
	host_settle();
	if (host.things)
		wrong("something is never released");
	host_stop();
}

static void run(unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		bool last = i + 1 == rounds || (i + 1) % EACH_BINDER == 0;

		if (!host.binder)
			host_start(&scenarios[i / EACH_BINDER % scenario_count]);
		go_round(last);
		if (last)
			free_binder();
	}
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	if (!rounds) {
		fprintf(stderr, "usage: threads ROUNDS [SEED]\n");
		return 2;
	}
	let_fail(true);
	pthread_barrier_init(&barrier, NULL, OWNERS + APPLICATIONS + 1);
	for (unsigned int i = 0; i < KINDS; i++)
		pthread_mutex_init(&host.instances[i].mutex, NULL);
	host_begin_work(seed * 1000 + 1);
	for (unsigned int i = 0; i < OWNERS; i++) {
		owners[i].kind = (enum kind)(i / KINDS);
		owners[i].which = i % KINDS;
		owners[i].seed = seed * 1000 + 100 + i;
		pthread_create(&owners[i].thread, NULL, own, &owners[i]);
	}
	for (unsigned int i = 0; i < APPLICATIONS; i++) {
		applications[i].seed = seed * 1000 + 200 + i;
		pthread_create(&applications[i].thread, NULL, apply, &applications[i]);
	}
	random_state = seed;
	run(rounds);
	over = true;
	pthread_barrier_wait(&barrier);
	host_end_work();
	for (unsigned int i = 0; i < OWNERS; i++)
		pthread_join(owners[i].thread, NULL);
	for (unsigned int i = 0; i < APPLICATIONS; i++)
		pthread_join(applications[i].thread, NULL);
	printf("%u rounds, %llu probes, %llu losses told: every one ends where the rules say\n",
	       rounds, (unsigned long long)host.probes, (unsigned long long)host.losses);
	return !host.probes || !host.losses;
}
