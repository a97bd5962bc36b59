/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#include "oracle.h"

static const char *const driver_names[KINDS] = { "x", "y" };
static const char *const supplier_names[KINDS] = { "s1", "s2" };
static const char *const descriptor_names[KINDS] = { "a", "b" };

const char *const event_names[EVENT_KINDS] = {
	"core-load", "core-stop", "core-free", "driver-load", "driver-unload", "describe",
	"undescribe", "announce", "withdraw", "lose", "open", "close", "use", "answer", "timeout",
	"retry", "work", "done", "fail",
};

const struct scenario scenarios[] = {
	{ .name = "each names its own", .supplier_of = { "s1", "s2" },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "one names, one does not", .supplier_of = { "s2", NULL },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "none is named", .one_driver = true,
	  .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "matched by order", .by_order = true, .one_driver = true,
	  .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "both name the same", .supplier_of = { "s1", "s1" },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "several compatible strings", .supplier_of = { NULL, "s2" },
	  .compatible = { { "x", "y" }, { "y", "x" } }, .supplier_for = { "x", "y" } },
};
const unsigned int scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

/* ---- the world ------------------------------------------------------------------------------- */

enum life { NOT_THERE, THERE, GOING };

/* What a probe opens: exists until unbind. */
struct device {
	uint32_t lent; /* buffers that the other side has */
	bool dead;     /* its supplier vanished */
};

/* What the host keeps of a binding. */
struct user {
	struct device *device;
	struct scmi_agent *agent;
	uint32_t started; /* commands */
	uint32_t ended;
	uint32_t header; /* of the last one sent */
	uint8_t storage[AGENT_SIZE] __attribute__((aligned(8)));
};

struct world {
	const struct scenario *scenario;
	struct scmi_binder *binder;
	bool stopping;
	enum life drivers[KINDS][LIVES];
	enum life suppliers[KINDS][LIVES];
	enum life descriptors[KINDS][LIVES];
	bool vanished[KINDS][LIVES]; /* suppliers that were lost */
	struct scmi_binding *handles[KINDS];
	struct user users[KINDS];
	struct scmi_bind_job jobs[WORKERS];
	bool busy[WORKERS];
	uint64_t now_ns;
	uint64_t transitions;
	bool used[BLOCKS];
	uint8_t blocks[BLOCKS][BLOCK_SIZE] __attribute__((aligned(16)));
};

static struct world world;

/* Constant descriptions of everything, in each of its lives. */
static struct scmi_transport transports[KINDS];
static struct scmi_bind_driver drivers[KINDS][LIVES];
static struct scmi_supplier suppliers[KINDS][LIVES];
static struct scmi_descriptor descriptors[KINDS][LIVES];

static void wrong(const char *what)
{
	fprintf(stderr, "bind: %s: %s\n", world.scenario->name, what);
	abort();
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	if (size > BLOCK_SIZE)
		wrong("a block is too small");
	for (unsigned int i = 0; i < BLOCKS; i++) {
		if (world.used[i])
			continue;
		world.used[i] = true;
		ASAN_UNPOISON_MEMORY_REGION(world.blocks[i], BLOCK_SIZE);
		return world.blocks[i];
	}
	wrong("memory is never given back");
	return NULL;
}

static void host_free(void *ctx, void *memory)
{
	size_t index = (size_t)((uint8_t *)memory - world.blocks[0]) / BLOCK_SIZE;

	(void)ctx;
	if (memory != world.blocks[index] || !world.used[index])
		wrong("memory is given back that was not taken");
	world.used[index] = false;
	ASAN_POISON_MEMORY_REGION(world.blocks[index], BLOCK_SIZE);
}

static void poison(void)
{
	for (unsigned int i = 0; i < BLOCKS; i++) {
		if (world.used[i])
			ASAN_UNPOISON_MEMORY_REGION(world.blocks[i], BLOCK_SIZE);
		else
			ASAN_POISON_MEMORY_REGION(world.blocks[i], BLOCK_SIZE);
	}
}

size_t world_size(void)
{
	return sizeof(world);
}

void world_save(void *memory)
{
	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	memcpy(memory, &world, sizeof(world));
	poison();
}

void world_restore(const void *memory)
{
	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	memcpy(&world, memory, sizeof(world));
	poison();
}

/* ---- an instance: the agent on a device ------------------------------------------------------ */

static int user_send(void *ctx, const void *message, size_t size)
{
	struct user *user = ctx;

	(void)size;
	if (!user->device || user->device->dead)
		return -ENODEV;
	user->device->lent++;
	user->header = scmi_get_le32(message);
	return 0;
}

static uint64_t user_now_ns(void *ctx)
{
	(void)ctx;
	return world.now_ns;
}

static void make_agent(struct user *user)
{
	const struct scmi_agent_config config = {
		.host = { .ctx = user, .send = user_send, .now_ns = user_now_ns },
		.messages_max = 1,
		.message_size_max = 32,
		.notifications_max = 1,
		.response_timeout_ns = 1000,
	};

	if (scmi_agent_init(&user->agent, user->storage, sizeof(user->storage), &config))
		wrong("the agent does not fit");
	scmi_agent_closed(user->agent, -ENODEV);
}

static uint32_t out(const struct user *user)
{
	return user->started - user->ended;
}

static void ended(void *ctx, const struct scmi_result *result)
{
	struct user *user = ctx;

	(void)result;
	user->ended++;
}

static void use(struct user *user)
{
	static const struct scmi_command command = { .protocol_id = 0x10, .message_id = 0 };
	bool works = user->device && !user->device->dead;
	int error = scmi_agent_submit(user->agent, &command, ended, user, NULL);

	if (!error)
		user->started++;
	if (!works && error != -ENODEV)
		wrong("a command without a device does not end with ENODEV at once");
	if (works && error && error != -EBUSY)
		wrong("a command on a device that is there is refused");
}

static void answer(struct user *user)
{
	uint8_t message[8] = { 0 };

	scmi_put_le32(message, user->header);
	user->device->lent--;
	scmi_agent_receive(user->agent, message, sizeof(message));
	scmi_agent_dispatch(user->agent);
}

static void time_out(struct user *user)
{
	world.now_ns += 1000;
	scmi_agent_tick(user->agent, world.now_ns);
	scmi_agent_dispatch(user->agent);
	if (out(user))
		wrong("a command outlives its time limit");
}

/* ---- the host -------------------------------------------------------------------------------- */

static struct user *user_of(const struct scmi_binding *binding)
{
	return &world.users[scmi_binding_name(binding)[0] - 'a'];
}

static void host_lost(void *ctx, struct scmi_binding *binding)
{
	struct user *user = user_of(binding);

	(void)ctx;
	if (user->device)
		user->device->dead = true;
	scmi_agent_closed(user->agent, -ENODEV);
	scmi_agent_dispatch(user->agent);
	if (out(user))
		wrong("a command survives the loss of its supplier");
}

static void host_changed(void *ctx, struct scmi_binding *binding)
{
	(void)ctx;
	(void)binding;
	world.transitions++;
}

static void open_device(struct user *user, bool lost)
{
	if (user->device)
		wrong("a device is opened twice");
	user->device = host_alloc(NULL, sizeof(*user->device));
	memset(user->device, 0, sizeof(*user->device));
	user->device->dead = lost;
	if (!lost)
		scmi_agent_reset(user->agent);
}

static void close_device(struct user *user)
{
	if (!user->device)
		wrong("a device is closed that is not open");
	scmi_agent_closed(user->agent, -ENODEV);
	scmi_agent_dispatch(user->agent);
	if (out(user))
		wrong("a command survives its device");
	/* The device is reset here, which gives back what was lent. */
	user->device->lent = 0;
	host_free(NULL, user->device);
	user->device = NULL;
}

static int no_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	(void)ctx;
	(void)binding;
	(void)bound;
	wrong("probe is called behind the workers' backs");
	return 0;
}

static void no_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
		      bool lost)
{
	(void)lost;
	no_probe(ctx, binding, bound);
}

/* ---- what was added, and what of it is still there ------------------------------------------- */

static void is_released(void *ctx)
{
	enum life *life = ctx;

	if (*life != GOING)
		wrong("something is released that nobody took away, or twice");
	*life = NOT_THERE;
}

static bool is_there(const enum life lives[LIVES])
{
	return lives[0] == THERE || lives[1] == THERE;
}

/* The life that could begin: none while both are in use. */
static int new_life(const enum life lives[LIVES])
{
	if (is_there(lives))
		return -1;
	return lives[0] == NOT_THERE ? 0 : lives[1] == NOT_THERE ? 1 : -1;
}

static unsigned int present_life(const enum life lives[LIVES])
{
	return lives[0] == THERE ? 0 : 1;
}

void world_start(const struct scenario *scenario)
{
	ASAN_UNPOISON_MEMORY_REGION(world.blocks, sizeof(world.blocks));
	memset(&world, 0, sizeof(world));
	poison();
	world.scenario = scenario;
	for (unsigned int i = 0; i < KINDS; i++) {
		make_agent(&world.users[i]);
		transports[i] = (struct scmi_transport){ .name = driver_names[i] };
		for (unsigned int life = 0; life < LIVES; life++) {
			drivers[i][life] = (struct scmi_bind_driver){
				.transport = &transports[i],
				.released = is_released,
				.ctx = &world.drivers[i][life],
			};
			suppliers[i][life] = (struct scmi_supplier){
				.name = supplier_names[i],
				.transport = scenario->supplier_for[i],
				.address = supplier_names[i],
				.released = is_released,
				.ctx = &world.suppliers[i][life],
			};
			descriptors[i][life] = (struct scmi_descriptor){
				.name = descriptor_names[i],
				.compatible = scenario->compatible[i],
				.supplier = scenario->supplier_of[i],
				.by_order = scenario->by_order,
				.released = is_released,
				.ctx = &world.descriptors[i][life],
			};
		}
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Whether the supplier of a job was lost, as the binder must know. */
static bool lost(const struct scmi_bind_job *job)
{
	bool vanished = false;

	for (unsigned int i = 0; i < KINDS * LIVES; i++)
		vanished = vanished || (job->bound.supplier == &suppliers[i / LIVES][i % LIVES] &&
					world.vanished[i / LIVES][i % LIVES]);
	if (scmi_bind_lost(job->binding) != vanished)
		wrong("a loss is forgotten, or made up");
	return vanished;
}

/* The work of a job, done as a host does it. */
static void finish(unsigned int worker, bool in_vain)
{
	const struct scmi_bind_job *job = &world.jobs[worker];

	switch (job->work) {
	case SCMI_BIND_PROBE:
		if (!in_vain)
			open_device(user_of(job->binding), lost(job));
		break;
	case SCMI_BIND_UNBIND:
		lost(job);
		close_device(user_of(job->binding));
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

static bool may_come(const enum life lives[LIVES])
{
	return world.binder && !world.stopping && new_life(lives) >= 0;
}

static bool may_go(const enum life lives[LIVES])
{
	return world.binder && !world.stopping && is_there(lives);
}

static bool may_free(void)
{
	return world.stopping && !world.busy[0] && !world.busy[1];
}

static bool may(struct event event)
{
	unsigned int i = event.which;
	const struct user *user = &world.users[i];

	switch ((enum event_kind)event.kind) {
	case CORE_LOAD:
		return !i && !world.binder;
	case CORE_STOP:
		return !i && world.binder && !world.stopping;
	case CORE_FREE:
		return !i && may_free();
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
	case LOSE:
		return may_go(world.suppliers[i]);
	case OPEN:
		return world.binder && !world.stopping && !world.handles[i];
	case CLOSE:
		return world.handles[i];
	case USE:
		return world.handles[i] && !out(user);
	case ANSWER:
		return user->device && !user->device->dead && user->device->lent;
	case TIMEOUT:
		return out(user);
	case RETRY:
		return world.handles[i] && world.handles[i]->state == SCMI_BINDING_FAILED &&
		       !world.handles[i]->retry;
	case WORK:
		return world.binder && !world.busy[i];
	case DONE:
		return world.busy[i];
	case FAIL:
		return world.busy[i] && world.jobs[i].work == SCMI_BIND_PROBE;
	case EVENT_KINDS:
		break;
	}
	return false;
}

unsigned int world_events(struct event events[EVENTS_MAX])
{
	unsigned int count = 0;

	for (uint8_t kind = 0; kind < EVENT_KINDS; kind++) {
		for (uint8_t which = 0; which < KINDS; which++) {
			struct event event = { .kind = kind, .which = which };

			if (may(event))
				events[count++] = event;
		}
	}
	return count;
}

static void load_core(void)
{
	static const struct scmi_binder_host host = {
		.alloc = host_alloc,
		.free = host_free,
		.probe = no_probe,
		.unbind = no_unbind,
		.lost = host_lost,
		.changed = host_changed,
	};

	if (scmi_binder_new(&world.binder, &host))
		wrong("no binder");
}

static void stop_core(void)
{
	scmi_binder_stop(world.binder);
	world.stopping = true;
	for (unsigned int i = 0; i < KINDS; i++) {
		for (unsigned int life = 0; life < LIVES; life++) {
			enum life *each[] = { &world.drivers[i][life], &world.suppliers[i][life],
					      &world.descriptors[i][life] };

			for (unsigned int j = 0; j < 3; j++) {
				if (*each[j] == THERE)
					*each[j] = GOING;
			}
		}
	}
}

/* Whether it works must be what we know of handles and of what is not released yet. */
static void free_core(void)
{
	bool empty = !world.handles[0] && !world.handles[1] && world_is_quiet();
	int error = scmi_binder_free(world.binder);

	if (empty && error)
		wrong("an empty binder cannot be freed");
	if (error && error != -EBUSY)
		wrong("a binder cannot be freed for another reason than being busy");
	if (!error && !empty && (world.handles[0] || world.handles[1]))
		wrong("a binder was freed under a handle");
	if (!error) {
		world.binder = NULL;
		world.stopping = false;
	}
}

#define COME(kind, add)                                                                            \
	do {                                                                                       \
		int life = new_life(world.kind[i]);                                                \
		world.kind[i][life] = THERE;                                                       \
		if (add(world.binder, &kind[i][life]))                                             \
			wrong("cannot add");                                                       \
	} while (0)

#define GO(kind, call)                                                                             \
	do {                                                                                       \
		unsigned int life = present_life(world.kind[i]);                                   \
		world.kind[i][life] = GOING;                                                       \
		if (call)                                                                          \
			wrong("cannot take away");                                                 \
	} while (0)

void world_do(struct event event)
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
		GO(drivers, scmi_binder_remove_driver(world.binder, &drivers[i][life]));
		break;
	case DESCRIBE:
		COME(descriptors, scmi_binder_add_descriptor);
		break;
	case UNDESCRIBE:
		GO(descriptors, scmi_binder_remove_descriptor(world.binder, &descriptors[i][life]));
		break;
	case ANNOUNCE:
		COME(suppliers, scmi_binder_announce);
		world.vanished[i][present_life(world.suppliers[i])] = false;
		break;
	case WITHDRAW:
		GO(suppliers, scmi_binder_withdraw(world.binder, &suppliers[i][life], false));
		break;
	case LOSE:
		world.vanished[i][present_life(world.suppliers[i])] = true;
		GO(suppliers, scmi_binder_withdraw(world.binder, &suppliers[i][life], true));
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
		use(&world.users[i]);
		break;
	case ANSWER:
		answer(&world.users[i]);
		break;
	case TIMEOUT:
		time_out(&world.users[i]);
		break;
	case RETRY:
		scmi_binding_retry(world.handles[i]);
		break;
	case WORK:
		world.busy[i] = scmi_bind_next(world.binder, &world.jobs[i]);
		if (world.busy[i] && !may_block(world.jobs[i].work))
			finish(i, false);
		break;
	case DONE:
		finish(i, false);
		break;
	case FAIL:
		finish(i, true);
		break;
	case EVENT_KINDS:
		break;
	}
}

/* Whether there is work is found out by taking it, in a copy. */
bool world_is_quiet(void)
{
	static struct world copy;
	struct scmi_bind_job job;
	bool found;

	if (world.busy[0] || world.busy[1])
		return false;
	if (!world.binder)
		return true;
	world_save(&copy);
	found = scmi_bind_next(world.binder, &job);
	world_restore(&copy);
	return !found;
}

uint64_t world_transitions(void)
{
	return world.transitions;
}

/* ---- checks ---------------------------------------------------------------------------------- */

#define for_each_binding(binding)                                                                  \
	for (struct scmi_list *node = world.binder->bindings.next;                                 \
	     node != &world.binder->bindings &&                                                    \
	     (binding = scmi_list_entry(node, struct scmi_binding, link));                         \
	     node = node->next)

static unsigned int count_users(const struct scmi_bind_entry *entry)
{
	struct scmi_binding *binding;
	unsigned int count = 0;

	for_each_binding(binding) {
		const struct scmi_pair *has = &binding->has;

		count += has->descriptor == entry || has->driver == entry || has->supplier == entry;
	}
	return count;
}

static void check_entries(const struct scmi_list *list, bool one)
{
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (entry->users != count_users(entry))
			wrong("an entry counts its users wrong");
		if (one && entry->users > 1)
			wrong("a supplier is claimed twice");
	}
}

static void check_binding(const struct scmi_binding *binding)
{
	const struct user *user = user_of(binding);
	bool bound = binding->state == SCMI_BINDING_PROBING ||
		     binding->state == SCMI_BINDING_READY ||
		     binding->state == SCMI_BINDING_QUIESCING;
	bool open = binding->state == SCMI_BINDING_READY ||
		    binding->state == SCMI_BINDING_QUIESCING;

	if (bound != (binding->has.driver != NULL) || bound != (binding->has.descriptor != NULL))
		wrong("a binding that is not bound has a pair, or the other way round");
	if (open != (user->device != NULL))
		wrong("a device is open without its binding, or the other way round");
	if (binding->descriptor && binding->descriptor->leaving)
		wrong("a binding stands on a descriptor that goes");
	if (!user->device && out(user))
		wrong("a command is out without a device");
}

/* What is bound when everything has come to rest is what was asked for, however it came about. */
static void check_rest(void)
{
	struct scmi_binding *binding;

	for_each_binding(binding) {
		struct presence here = { .scenario = world.scenario };
		unsigned int i = (unsigned int)(binding->name[0] - 'a');
		int supplier;

		for (unsigned int j = 0; j < KINDS; j++) {
			here.driver[j] = is_there(world.drivers[j]);
			here.supplier[j] = is_there(world.suppliers[j]);
			here.descriptor[j] = is_there(world.descriptors[j]);
		}
		supplier = oracle(&here, i);
		if (supplier < 0) {
			if (binding->has.supplier || binding->state == SCMI_BINDING_FAILED)
				wrong("something is bound that must not be");
			if ((binding->state == SCMI_BINDING_UNDESCRIBED) == here.descriptor[i])
				wrong("a described binding is undescribed, or the other way round");
			continue;
		}
		if (binding->state == SCMI_BINDING_FAILED)
			continue;
		if (binding->state != SCMI_BINDING_READY)
			wrong("something is not bound that could be");
		if (strcmp(scmi_bind_supplier(binding->has.supplier)->name,
			   supplier_names[supplier]))
			wrong("something is bound to another supplier than was meant");
	}
}

void world_check(void)
{
	struct scmi_binding *binding;
	char text[256];

	if (!world.binder)
		return;
	check_entries(&world.binder->drivers, false);
	check_entries(&world.binder->suppliers, true);
	check_entries(&world.binder->descriptors, true);
	for_each_binding(binding) {
		check_binding(binding);
		if (scmi_binding_explain(binding, text, sizeof(text)) >= sizeof(text))
			wrong("a state takes more words than it should");
	}
	if (world_is_quiet())
		check_rest();
}

/* ---- the state, in a number ------------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) + 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
	return hash ^ hash >> 31;
}

/* An entry by what it is: of two of one name, one goes and one is there. */
static uint64_t entry_number(const struct scmi_bind_entry *entry, unsigned int list)
{
	const void *what = entry->what;
	unsigned int i = 0;

	for (unsigned int life = 0; life < LIVES; life++)
		i += what == &drivers[1][life] || what == &suppliers[1][life] ||
		     what == &descriptors[1][life];
	return mix(list, entry->users * 8u + entry->leaving * 4u + i + 1);
}

/* Nothing may depend on the order in which things came: it is left out. */
static uint64_t mix_list(uint64_t hash, const struct scmi_list *list, unsigned int number)
{
	struct scmi_bind_entry *entry;
	uint64_t sum = 0;

	scmi_bind_each(entry, list)
		sum += entry_number(entry, number);
	return mix(hash, sum);
}

static uint64_t mix_entry(uint64_t hash, const struct scmi_bind_entry *entry)
{
	return mix(hash, entry ? entry_number(entry, 0) : 0);
}

static bool was_tried_now(const struct scmi_binding *binding)
{
	struct scmi_pair want;

	if (binding->state != SCMI_BINDING_FAILED || !binding->descriptor)
		return false;
	scmi_bind_pair(binding->binder, binding->descriptor, &want);
	return want.wait == SCMI_WAITS_FOR_NOTHING && binding->tried[0] == want.descriptor->serial &&
	       binding->tried[1] == want.driver->serial &&
	       binding->tried[2] == (want.supplier ? want.supplier->serial : 0);
}

static uint64_t mix_binding(uint64_t hash, const struct scmi_binding *binding)
{
	hash = mix(hash, (uint64_t)binding->name[0]);
	hash = mix(hash, binding->state * 64u + binding->waits_for * 8u + binding->lost * 4u +
				 binding->retry * 2u + was_tried_now(binding));
	hash = mix(hash, binding->holders);
	hash = mix_entry(hash, binding->descriptor);
	hash = mix_entry(hash, binding->has.descriptor);
	hash = mix_entry(hash, binding->has.driver);
	return mix_entry(hash, binding->has.supplier);
}

static uint64_t job_number(unsigned int worker)
{
	const struct scmi_bind_job *job = &world.jobs[worker];

	if (!world.busy[worker])
		return 0;
	return mix(job->work, (uint64_t)job->binding->name[0]);
}

uint64_t world_hash(void)
{
	struct scmi_binding *binding;
	uint64_t hash = 1;

	for (unsigned int i = 0; i < KINDS; i++) {
		const struct user *user = &world.users[i];

		hash = mix(hash, (world.handles[i] != NULL) * 8u + out(user) * 4u);
		if (user->device)
			hash = mix(hash, (user->device->lent != 0) * 2u + user->device->dead + 1);
	}
	/* Which worker it is that does something does not matter. */
	hash = mix(hash, job_number(0) + job_number(1));
	hash = mix(hash, (world.binder != NULL) * 2u + world.stopping);
	if (!world.binder)
		return hash;
	hash = mix_list(hash, &world.binder->drivers, 1);
	hash = mix_list(hash, &world.binder->suppliers, 2);
	hash = mix_list(hash, &world.binder->descriptors, 3);
	for_each_binding(binding)
		hash = mix_binding(hash, binding);
	return hash;
}
