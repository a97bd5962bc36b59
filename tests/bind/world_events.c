/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What may happen in the world, and its happening. */
#include "world_state.h"

const char *const event_names[EVENT_KINDS] = {
	"core-load", "core-stop", "core-free", "driver-load", "driver-unload", "describe",
	"undescribe", "announce", "withdraw", "lose", "tell", "open", "close", "use", "answer",
	"timeout", "retry", "work", "done", "fail",
};

/* ---- the host, as far as the binder calls it behind the workers' backs ------------------------ */

static int no_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	(void)ctx;
	(void)binding;
	(void)bound;
	wrong("probe is called behind the workers' backs");
}

static void no_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
		      bool lost)
{
	(void)lost;
	no_probe(ctx, binding, bound);
}

static void no_lost(void *ctx, struct scmi_binding *binding)
{
	(void)ctx;
	(void)binding;
	wrong("the host is told of a loss by somebody who did not note it");
}

static void load_core(void)
{
	static const struct scmi_binder_host host = {
		.alloc = world_alloc,
		.free = world_free,
		.probe = no_probe,
		.unbind = no_unbind,
		.lost = no_lost,
	};

	if (scmi_binder_new(&world.binder, &host))
		wrong("no binder");
}

/* ---- the core -------------------------------------------------------------------------------- */

static void all_go(enum life lives[KINDS][LIVES])
{
	for (unsigned int i = 0; i < KINDS; i++) {
		for (unsigned int life = 0; life < LIVES; life++) {
			if (lives[i][life] == THERE)
				lives[i][life] = GOING;
		}
	}
}

static void stop_core(void)
{
	scmi_binder_stop(world.binder);
	world.stopping = true;
	all_go(world.drivers);
	all_go(world.suppliers);
	all_go(world.descriptors);
}

static bool none_left(enum life lives[KINDS][LIVES])
{
	for (unsigned int i = 0; i < KINDS; i++) {
		for (unsigned int life = 0; life < LIVES; life++) {
			if (lives[i][life] != NOT_THERE)
				return false;
		}
	}
	return true;
}

/* It works if, and only if, nobody holds anything and everything is released. */
static void free_core(void)
{
	bool empty = none_left(world.drivers) && none_left(world.suppliers) &&
		     none_left(world.descriptors) && scmi_list_empty(&world.binder->bindings);
	int error = scmi_binder_free(world.binder);

	if (error != (empty ? 0 : -EBUSY))
		wrong("a binder is freed that is in use, or one that is not cannot be freed");
	if (!error && (world.handles[0] || world.handles[1]))
		wrong("a binder was freed under a handle");
	if (!error) {
		world.binder = NULL;
		world.stopping = false;
	}
}

/* ---- what comes and goes --------------------------------------------------------------------- */

/* The life that could begin: none while both are in use. */
static int new_life(const enum life lives[LIVES])
{
	if (is_there(lives) || (world.once && lives[0] == GOING))
		return -1;
	return lives[0] == NOT_THERE ? 0 : lives[1] == NOT_THERE ? 1 : -1;
}

static unsigned int present_life(const enum life lives[LIVES])
{
	return lives[0] == THERE ? 0 : 1;
}

#define COME(kind, add)                                                                            \
	do {                                                                                       \
		int life = new_life(world.kind[i]);                                                \
		world.kind[i][life] = THERE;                                                       \
		if (add(world.binder, &kind[i][life]))                                             \
			wrong("cannot add");                                                       \
	} while (0)

#define GO(kind, take_away)                                                                        \
	do {                                                                                       \
		unsigned int life = present_life(world.kind[i]);                                   \
		world.kind[i][life] = GOING;                                                       \
		if (take_away(world.binder, &kind[i][life]))                                       \
			wrong("cannot take away");                                                 \
	} while (0)

static int withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier)
{
	return scmi_binder_withdraw(binder, supplier, false);
}

static void lose(unsigned int i, unsigned int life)
{
	struct scmi_binding *bereft;

	world.suppliers[i][life] = GOING;
	world.vanished[i][life] = true;
	if (scmi_bind_withdraw(world.binder, &suppliers[i][life], true, &bereft))
		wrong("cannot take away");
	if (!bereft)
		return;
	if (world.bereft[user_number(bereft)])
		wrong("a binding loses two suppliers at a time");
	world.bereft[user_number(bereft)] = bereft;
}

static void tell(unsigned int i)
{
	struct scmi_binding *bereft = world.bereft[i];

	world.bereft[i] = NULL;
	user_lost(user_of(bereft));
	scmi_bind_told(bereft);
}

/* ---- work ------------------------------------------------------------------------------------ */

/* Whether the supplier of a job was lost, as the binder must know. */
static void check_lost(const struct scmi_bind_job *job)
{
	bool vanished = false;

	for (unsigned int i = 0; i < KINDS * LIVES; i++)
		vanished = vanished || (job->bound.supplier == &suppliers[i / LIVES][i % LIVES] &&
					world.vanished[i / LIVES][i % LIVES]);
	if (scmi_bind_lost(job->binding) != vanished)
		wrong("a loss is forgotten, or made up");
}

/* The work of a job, done as scmi_binder_run() and a host do it. */
static void finish(unsigned int worker, bool in_vain)
{
	const struct scmi_bind_job *job = &world.jobs[worker];

	switch (job->work) {
	case SCMI_BIND_PROBE:
		check_lost(job);
		/* All of the host's probe is here, as late as can be: it may be told of a loss before. */
		if (!in_vain)
			user_open(user_of(job->binding));
		if (!in_vain && scmi_bind_lost(job->binding))
			user_lost(user_of(job->binding));
		break;
	case SCMI_BIND_UNBIND:
		check_lost(job);
		user_close(user_of(job->binding));
		break;
	case SCMI_BIND_RELEASE:
		job->released(job->ctx);
		break;
	case SCMI_BIND_TELL:
	case SCMI_BIND_FREE:
	case SCMI_BIND_NOTHING:
		break;
	}
	world.busy[worker] = false;
	scmi_bind_done(world.binder, job, in_vain ? -EIO : 0);
}

/* Only what opens and closes transports; the rest is a call that returns. */
static bool may_block(enum scmi_bind_work work)
{
	return work == SCMI_BIND_PROBE || work == SCMI_BIND_UNBIND;
}

static struct scmi_bind_entry *releasable(const struct scmi_list *list, unsigned int which)
{
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (entry->leaving && !entry->users && !which--)
			return entry;
	}
	return NULL;
}

static bool may_choose(unsigned int choice)
{
	return releasable(&world.binder->drivers, choice) ||
	       releasable(&world.binder->suppliers, choice) ||
	       releasable(&world.binder->descriptors, choice);
}

static void choose(struct scmi_list *list, unsigned int choice)
{
	struct scmi_bind_entry *entry = releasable(list, choice);

	if (entry) {
		scmi_list_remove(&entry->link);
		scmi_list_prepend(list, &entry->link);
	}
}

static bool work(unsigned int choice)
{
	unsigned int worker = world.busy[0];
	struct scmi_bind_job *job = &world.jobs[worker];

	if (!world.binder)
		return false;
	if (choice) {
		choose(&world.binder->drivers, choice);
		choose(&world.binder->suppliers, choice);
		choose(&world.binder->descriptors, choice);
	}
	if (!scmi_bind_next(world.binder, job))
		return false;
	world.busy[worker] = true;
	if (!may_block(job->work))
		finish(worker, false);
	return true;
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool may_come(const enum life lives[LIVES])
{
	return world.binder && !world.stopping && new_life(lives) >= 0;
}

static bool may_go(const enum life lives[LIVES])
{
	return world.binder && !world.stopping && is_there(lives);
}

/* Also after it was withdrawn in good order, once more, and while the binder stops. */
static bool may_vanish(unsigned int i, unsigned int life)
{
	return world.suppliers[i][life] != NOT_THERE;
}

/* Nobody else is in a call of the binder. */
static bool may_free(void)
{
	return world.stopping && !world.busy[0] && !world.busy[1] && !world.bereft[0] &&
	       !world.bereft[1];
}

static bool may_thing(enum event_kind kind, unsigned int i)
{
	const struct user *user = &world.users[i];

	switch (kind) {
	case DRIVER_LOAD:
		return may_come(world.drivers[i]) && !(i && world.scenario->one_driver);
	case DRIVER_UNLOAD:
		return may_go(world.drivers[i]);
	case DESCRIBE:
		return may_come(world.descriptors[i]);
	case UNDESCRIBE:
		return may_go(world.descriptors[i]);
	case ANNOUNCE:
		return may_come(world.suppliers[i]);
	case WITHDRAW:
		return may_go(world.suppliers[i]);
	case TELL:
		return world.bereft[i];
	case OPEN:
		return world.binder && !world.stopping && !world.handles[i];
	case CLOSE:
	case USE:
	case RETRY:
		return world.handles[i];
	case ANSWER:
		return user->device && !user->gone && user->device->lent;
	case TIMEOUT:
		return user_out(user);
	case DONE:
		return world.busy[i];
	case FAIL:
		return world.busy[i] && world.jobs[i].work == SCMI_BIND_PROBE;
	default:
		return false;
	}
}

static bool may(struct event event)
{
	unsigned int i = event.which;

	switch ((enum event_kind)event.kind) {
	case CORE_LOAD:
		return !i && !world.binder;
	case CORE_STOP:
		return !i && world.binder && !world.stopping;
	case CORE_FREE:
		return !i && may_free();
	case LOSE:
		return may_vanish(i / LIVES, i % LIVES);
	case WORK:
		return world.binder && !(world.busy[0] && world.busy[1]) && (!i || may_choose(i));
	default:
		return i < KINDS && may_thing((enum event_kind)event.kind, i);
	}
}

unsigned int world_events(struct event events[EVENTS_MAX])
{
	unsigned int count = 0;

	for (uint8_t kind = 0; kind < EVENT_KINDS; kind++) {
		for (uint8_t which = 0; which < CHOICES; which++) {
			struct event event = { .kind = kind, .which = which };

			if (may(event))
				events[count++] = event;
		}
	}
	return count;
}

bool world_do(struct event event)
{
	unsigned int i = event.which;

	switch ((enum event_kind)event.kind) {
	case CORE_LOAD:
		load_core();
		break;
	case CORE_STOP:
		stop_core();
		break;
	case CORE_FREE:
		free_core();
		break;
	case DRIVER_LOAD:
		COME(drivers, scmi_binder_add_driver);
		break;
	case DRIVER_UNLOAD:
		GO(drivers, scmi_binder_remove_driver);
		break;
	case DESCRIBE:
		COME(descriptors, scmi_binder_add_descriptor);
		break;
	case UNDESCRIBE:
		GO(descriptors, scmi_binder_remove_descriptor);
		break;
	case ANNOUNCE:
		COME(suppliers, scmi_binder_announce);
		world.vanished[i][present_life(world.suppliers[i])] = false;
		break;
	case WITHDRAW:
		GO(suppliers, withdraw);
		break;
	case LOSE:
		lose(i / LIVES, i % LIVES);
		break;
	case TELL:
		tell(i);
		break;
	case OPEN:
		if (scmi_binding_get(world.binder, descriptor_names[i], &world.handles[i]))
			wrong("no handle");
		break;
	case CLOSE:
		scmi_binding_put(world.handles[i]);
		world.handles[i] = NULL;
		break;
	case USE:
		user_use(&world.users[i]);
		break;
	case ANSWER:
		user_answer(&world.users[i]);
		break;
	case TIMEOUT:
		user_time_out(&world.users[i]);
		break;
	case RETRY:
		scmi_binding_retry(world.handles[i]);
		break;
	case WORK:
		return work(i);
	case DONE:
		finish(i, false);
		break;
	case FAIL:
		finish(i, true);
		break;
	case EVENT_KINDS:
		break;
	}
	return true;
}
