/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What must hold: after every event, and where everything has come to rest. */
#include <stdio.h>
#include <string.h>

#include "oracle.h"
#include "world_state.h"

/* ---- always ---------------------------------------------------------------------------------- */

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

static void check_entries(const struct scmi_list *list, enum life lives[KINDS][LIVES], bool one)
{
	struct scmi_bind_entry *entry;
	unsigned int going = 0;
	unsigned int there = 0;

	scmi_bind_each(entry, list) {
		if (entry->users != count_users(entry))
			wrong("an entry counts its users wrong");
		if (one && entry->users > 1)
			wrong("a supplier is claimed twice");
		going += entry->leaving;
		there += !entry->leaving;
	}
	for (unsigned int i = 0; i < KINDS * LIVES; i++) {
		going -= lives[i / LIVES][i % LIVES] == GOING;
		there -= lives[i / LIVES][i % LIVES] == THERE;
	}
	if (going || there)
		wrong("something is forgotten before it is released, or kept after it");
}

static bool is_bound(const struct scmi_binding *binding)
{
	return binding->state == SCMI_BINDING_PROBING || binding->state == SCMI_BINDING_READY ||
	       binding->state == SCMI_BINDING_QUIESCING;
}

static unsigned int count_jobs(const struct scmi_binding *binding)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < WORKERS; i++)
		count += world.busy[i] && world.jobs[i].binding == binding;
	return count;
}

static void check_pair(const struct scmi_binding *binding)
{
	const struct scmi_pair *has = &binding->has;
	bool bound = is_bound(binding);

	if (bound != (has->driver != NULL) || bound != (has->descriptor != NULL) ||
	    bound != (has->supplier != NULL))
		wrong("a binding that is not bound has a pair, or the other way round");
	if (bound && strcmp(scmi_bind_descriptor(has->descriptor)->name, binding->name))
		wrong("a binding has the descriptor of another");
	if (bound && strcmp(scmi_bind_driver(has->driver)->transport->name,
			    scmi_bind_supplier(has->supplier)->transport))
		wrong("a binding has a supplier that is for another driver");
	if (binding->descriptor && binding->descriptor->leaving)
		wrong("a binding stands on a descriptor that goes");
	if ((binding->descriptor != NULL) != is_there(world.descriptors[user_number(binding)]))
		wrong("a binding does not know its descriptor");
}

static bool has_vanished(const struct scmi_bind_entry *supplier)
{
	for (unsigned int i = 0; i < KINDS * LIVES; i++) {
		if (supplier->what == &suppliers[i / LIVES][i % LIVES])
			return world.vanished[i / LIVES][i % LIVES];
	}
	wrong("a supplier is nobody's");
}

/* Who uses a binding is told of a loss: of every one, and of no other. */
static void check_loss(const struct scmi_binding *binding)
{
	bool telling = world.bereft[user_number(binding)] != NULL;

	if (binding->telling != telling)
		wrong("a binding does not know that the host is being told");
	if (!is_bound(binding) && binding->lost)
		wrong("a binding has lost what it does not have");
	if (!is_bound(binding))
		return;
	if (binding->lost != has_vanished(binding->has.supplier))
		wrong("a loss is forgotten, or made up");
	if (binding->state == SCMI_BINDING_PROBING)
		return;
	if (user_of(binding)->gone && !binding->lost)
		wrong("the host is told of a loss that hit another");
	if (binding->lost && !telling && !user_of(binding)->gone)
		wrong("the host is not told of a loss");
}

static void check_work(const struct scmi_binding *binding)
{
	struct scmi_binding copy = *binding;
	bool working = binding->state == SCMI_BINDING_PROBING ||
		       binding->state == SCMI_BINDING_QUIESCING;
	unsigned int jobs = count_jobs(binding);

	if (jobs != working)
		wrong("nobody is at a binding's work, or two are");
	if (binding->holders != (world.handles[user_number(binding)] != NULL) + jobs +
					(world.bereft[user_number(binding)] != NULL))
		wrong("a binding counts its holders wrong");
	if (binding->seen == world.binder->changes && !working && !binding->telling &&
	    scmi_binding_work(&copy) != SCMI_BIND_NOTHING)
		wrong("a binding is not looked at though it has work");
}

static void check_user(const struct scmi_binding *binding)
{
	const struct user *user = user_of(binding);
	bool open = binding->state == SCMI_BINDING_READY ||
		    binding->state == SCMI_BINDING_QUIESCING;

	if (open != (user->device != NULL))
		wrong("a device is open without its binding, or the other way round");
	if (user->device && user->device->lent > 1)
		wrong("a device has more than it has room for");
	if (user_out(user) > 1 || (user_out(user) && (!user->device || !user->device->lent)))
		wrong("a command is out that nobody has");
}

/* ---- moves ----------------------------------------------------------------------------------- */

#define NOT_THERE_YET 0
#define IN(state)     (1 + SCMI_BINDING_##state)

/* Every way from one state to another that src/bind/binding.c has, and the binder's two. */
static struct move {
	uint8_t from;
	uint8_t to;
	const char *name;
	uint64_t count;
} moves[] = {
	{ NOT_THERE_YET, IN(UNDESCRIBED), "(made)", 0 },
	{ IN(UNDESCRIBED), NOT_THERE_YET, "(freed)", 0 },
	{ IN(UNDESCRIBED), IN(DEFERRED), "describe", 0 },
	{ IN(DEFERRED), IN(UNDESCRIBED), "undescribe", 0 },
	{ IN(FAILED), IN(DEFERRED), "defer", 0 },
	{ IN(DEFERRED), IN(PROBING), "probe", 0 },
	{ IN(FAILED), IN(PROBING), "probe again", 0 },
	{ IN(PROBING), IN(READY), "bind", 0 },
	{ IN(PROBING), IN(FAILED), "fail", 0 },
	{ IN(READY), IN(QUIESCING), "quiesce", 0 },
	{ IN(QUIESCING), IN(DEFERRED), "unbind", 0 },
};

static void note_move(uint8_t from, uint8_t to)
{
	for (unsigned int i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].from == from && moves[i].to == to) {
			moves[i].count++;
			return;
		}
	}
	wrong("a binding goes from one state to another in a way that there is not");
}

bool world_report_moves(void)
{
	bool all = true;

	for (unsigned int i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		printf("%s %s %llu", i ? "," : "moves:", moves[i].name,
		       (unsigned long long)moves[i].count);
		all = all && moves[i].count;
	}
	puts("");
	return all;
}

static void check_moves(void)
{
	uint8_t is[KINDS] = { 0 };
	struct scmi_binding *binding;

	if (world.binder) {
		for_each_binding(binding)
			is[user_number(binding)] = (uint8_t)(1 + binding->state);
	}
	for (unsigned int i = 0; i < KINDS; i++) {
		if (is[i] != world.was[i])
			note_move(world.was[i], is[i]);
		world.was[i] = is[i];
	}
}

void world_check(void)
{
	struct scmi_binding *binding;

	check_moves();
	if (!world.binder)
		return;
	check_entries(&world.binder->drivers, world.drivers, false);
	check_entries(&world.binder->suppliers, world.suppliers, true);
	check_entries(&world.binder->descriptors, world.descriptors, true);
	for_each_binding(binding) {
		check_pair(binding);
		check_loss(binding);
		check_work(binding);
		check_user(binding);
	}
}

/* ---- at rest --------------------------------------------------------------------------------- */

static bool has_serial(const struct scmi_list *list, uint32_t serial)
{
	const struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (entry->serial == serial)
			return true;
	}
	return false;
}

/* It is left alone only while nothing has changed of what it was tried with, and nobody asks for it. */
static void check_failed(const struct scmi_binding *binding)
{
	if (binding->retry)
		wrong("nothing comes of asking for another try");
	if (!has_serial(&world.binder->descriptors, binding->tried[0]) ||
	    !has_serial(&world.binder->drivers, binding->tried[1]) ||
	    !has_serial(&world.binder->suppliers, binding->tried[2]))
		wrong("what failed is not tried with what is there now");
}

/* What is bound is what was asked for, however it came about. */
static void check_binding(const struct scmi_binding *binding, const struct presence *here)
{
	unsigned int i = user_number(binding);
	int supplier = oracle(here, i);

	if (supplier < 0) {
		if (binding->has.supplier || binding->state == SCMI_BINDING_FAILED)
			wrong("something is bound that must not be");
		if ((binding->state == SCMI_BINDING_UNDESCRIBED) == here->descriptor[i])
			wrong("a described binding is undescribed, or the other way round");
		return;
	}
	if (binding->state == SCMI_BINDING_FAILED) {
		check_failed(binding);
		return;
	}
	if (binding->state != SCMI_BINDING_READY)
		wrong("something is not bound that could be");
	if (strcmp(scmi_bind_supplier(binding->has.supplier)->name, supplier_names[supplier]))
		wrong("something is bound to another supplier than was meant");
}

static bool has_binding(unsigned int i)
{
	struct scmi_binding *binding;

	for_each_binding(binding) {
		if (user_number(binding) == i)
			return true;
	}
	return false;
}

void world_check_rest(void)
{
	struct presence here = { .scenario = world.scenario };
	struct scmi_binding *binding;
	char text[256];

	if (!world.binder)
		return;
	for (unsigned int i = 0; i < KINDS; i++) {
		here.driver[i] = is_there(world.drivers[i]);
		here.supplier[i] = is_there(world.suppliers[i]);
		here.descriptor[i] = is_there(world.descriptors[i]);
		for (unsigned int life = 0; life < LIVES; life++) {
			if (world.drivers[i][life] == GOING || world.suppliers[i][life] == GOING ||
			    world.descriptors[i][life] == GOING)
				wrong("something is never released");
		}
		if (has_binding(i) != (here.descriptor[i] || world.handles[i]))
			wrong("a binding is missing, or there though nobody needs it");
	}
	for_each_binding(binding) {
		check_binding(binding, &here);
		if (scmi_binding_explain(binding, text, sizeof(text)) >= sizeof(text))
			wrong("a state takes more words than it should");
	}
}
