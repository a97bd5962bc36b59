/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of the world as a number. It is the whole description and no hash of it, so that no two
 * states are taken for one by chance. What it leaves out cannot decide what comes of a state:
 *
 *  - what follows from the rest, which world_check() checks after every event: how many users and holders
 *    things have, the descriptor that a binding stands on, what a worker is at, whether a supplier that
 *    is bound has vanished. Also `seen` of a binding: one that was looked at
 *    since the last change would find nothing to do were it looked at again;
 *  - which of two lives a thing is in: the two differ in nothing. Of two that are both going, the first is
 *    the one that the first binding has;
 *  - serial numbers: they are compared for one thing, whether the pair that is wanted has been tried. A
 *    pair of which anything is going can never be wanted again, so only a pair that is there is kept;
 *  - the order of lists: pairs are found by name. What is released first does depend on it; there each
 *    order is an event of its own (CHOICES);
 *  - which worker, which token and what time it is. A device has room for one command, so what its
 *    agent knows is whether that is idle, out, or out no more but not answered. Of a device that is
 *    gone nothing comes any more. Until the next probe ends, what a host was told counts for nothing.
 *
 * explore.c compares what comes of states that have one key, by samples.
 */
#include <string.h>

#include "world_state.h"

static uint64_t key;

static void push(unsigned int value, unsigned int bits)
{
	if (value >> bits)
		wrong("the key is too small");
	key = key << bits | value;
}

/* Entries that are going and that a binding has: the first of each name, in the order of bindings. */
static const struct scmi_bind_entry *going[3][KINDS];

/* Of two going under one name: 1 for the first, 2 for the second; 0: it is there. */
static unsigned int rank(const struct scmi_bind_entry *entry, unsigned int list, unsigned int name)
{
	if (!entry->leaving)
		return 0;
	if (!going[list][name])
		going[list][name] = entry;
	return going[list][name] == entry ? 1 : 2;
}

static unsigned int driver_name(const struct scmi_bind_entry *entry)
{
	return scmi_bind_driver(entry)->transport == &transports[1];
}

static unsigned int supplier_name(const struct scmi_bind_entry *entry)
{
	return scmi_bind_supplier(entry)->address == supplier_names[1];
}

static void push_pair(const struct scmi_binding *binding)
{
	const struct scmi_pair *has = &binding->has;

	push(rank(has->descriptor, 0, user_number(binding)), 2);
	push(driver_name(has->driver), 1);
	push(rank(has->driver, 1, driver_name(has->driver)), 2);
	push(supplier_name(has->supplier), 1);
	push(rank(has->supplier, 2, supplier_name(has->supplier)), 2);
	push(binding->lost, 1);
}

/* The entry that has this serial, if it is there. */
static const struct scmi_bind_entry *with_serial(const struct scmi_list *list, uint32_t serial)
{
	const struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (entry->serial == serial && !entry->leaving)
			return entry;
	}
	return NULL;
}

static void push_tried(const struct scmi_binding *binding)
{
	const struct scmi_bind_entry *driver;
	const struct scmi_bind_entry *supplier;

	driver = with_serial(&world.binder->drivers, binding->tried[1]);
	supplier = with_serial(&world.binder->suppliers, binding->tried[2]);
	if (!binding->retry && driver && supplier && binding->descriptor &&
	    binding->descriptor->serial == binding->tried[0])
		push(1 + driver_name(driver) * 2 + supplier_name(supplier), 3);
	else
		push(0, 3);
}

static void push_device(const struct user *user)
{
	push(user->gone ? 3 : user->device->lent + user_out(user), 2);
}

static void push_binding(const struct scmi_binding *binding)
{
	push(1 + binding->state, 3);
	push(binding->telling, 1);
	switch (binding->state) {
	case SCMI_BINDING_UNDESCRIBED:
		break;
	case SCMI_BINDING_DEFERRED:
		push(binding->waits_for, 3);
		break;
	case SCMI_BINDING_PROBING:
		push_pair(binding);
		push(binding->retry, 1);
		break;
	case SCMI_BINDING_READY:
	case SCMI_BINDING_QUIESCING:
		push_pair(binding);
		push_device(user_of(binding));
		break;
	case SCMI_BINDING_FAILED:
		push_tried(binding);
		break;
	}
}

static void push_lives(const enum life lives[LIVES])
{
	push(is_there(lives), 1);
	push((lives[0] == GOING) + (lives[1] == GOING), 2);
}

/*
 * States need not have keys of one length: what was pushed says how long the next is. The first bit
 * keeps leading zeros.
 */
uint64_t world_key(void)
{
	struct scmi_binding *binding;
	unsigned int next = 0;

	key = 1;
	memset(going, 0, sizeof(going));
	if (!world.binder)
		return key;
	push(1 + world.stopping, 2);
	for (unsigned int i = 0; i < KINDS; i++) {
		push_lives(world.drivers[i]);
		push_lives(world.suppliers[i]);
		push_lives(world.descriptors[i]);
		push(world.handles[i] != NULL, 1);
	}
	for_each_binding(binding) {
		while (next++ < user_number(binding))
			push(0, 3);
		push_binding(binding);
	}
	return key;
}
