/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The states of a binding. Every transition is a function here, and has no other place.
 *
 *	describe    undescribed -> deferred
 *	undescribe  deferred -> undescribed
 *	defer       deferred, failed -> deferred, for another reason
 *	probe       deferred, failed -> probing
 *	bind        probing -> ready
 *	fail        probing -> failed
 *	quiesce     ready -> quiescing
 *	unbind      quiescing -> deferred
 */
#include "bind/bind.h"

bool scmi_binding_spare(const struct scmi_binding *binding)
{
	return binding->state == SCMI_BINDING_UNDESCRIBED && !binding->descriptor &&
	       !binding->holders;
}

static void enter(struct scmi_binding *binding, enum scmi_binding_state state,
		  enum scmi_binding_wait waits_for, int error)
{
	binding->state = state;
	binding->waits_for = waits_for;
	binding->error = error;
}

/* ---- having a pair --------------------------------------------------------------------------- */

static void take(struct scmi_binding *binding, const struct scmi_pair *want)
{
	binding->has = *want;
	want->descriptor->users++;
	want->driver->users++;
	if (want->supplier)
		want->supplier->users++;
}

/* Others may wait for what is let go. */
static void let_go(struct scmi_binding *binding)
{
	struct scmi_pair *has = &binding->has;

	has->descriptor->users--;
	has->driver->users--;
	if (has->supplier)
		has->supplier->users--;
	memset(has, 0, sizeof(*has));
	binding->lost = false;
	binding->binder->changes++;
}

static bool has_it(const struct scmi_binding *binding, const struct scmi_pair *want)
{
	const struct scmi_pair *has = &binding->has;

	return want->wait == SCMI_WAITS_FOR_NOTHING && has->descriptor == want->descriptor &&
	       has->driver == want->driver && has->supplier == want->supplier;
}

struct scmi_bound scmi_binding_bound(const struct scmi_binding *binding)
{
	const struct scmi_pair *has = &binding->has;
	struct scmi_bound bound = {
		.descriptor = scmi_bind_descriptor(has->descriptor),
		.transport = scmi_bind_driver(has->driver)->transport,
	};

	bound.address = bound.descriptor->address;
	if (has->supplier) {
		bound.supplier = scmi_bind_supplier(has->supplier);
		bound.address = bound.supplier->address;
	}
	return bound;
}

static void note_tried(struct scmi_binding *binding)
{
	const struct scmi_pair *has = &binding->has;

	binding->tried[0] = has->descriptor->serial;
	binding->tried[1] = has->driver->serial;
	binding->tried[2] = has->supplier ? has->supplier->serial : 0;
}

static bool was_tried(const struct scmi_binding *binding, const struct scmi_pair *want)
{
	return binding->state == SCMI_BINDING_FAILED && !binding->retry &&
	       binding->tried[0] == want->descriptor->serial &&
	       binding->tried[1] == want->driver->serial &&
	       binding->tried[2] == (want->supplier ? want->supplier->serial : 0);
}

/* ---- the transitions ------------------------------------------------------------------------- */

static void describe(struct scmi_binding *binding)
{
	enter(binding, SCMI_BINDING_DEFERRED, SCMI_WAITS_FOR_NOTHING, 0);
}

static void undescribe(struct scmi_binding *binding)
{
	enter(binding, SCMI_BINDING_UNDESCRIBED, SCMI_WAITS_FOR_NOTHING, 0);
}

static void defer(struct scmi_binding *binding, enum scmi_binding_wait waits_for)
{
	enter(binding, SCMI_BINDING_DEFERRED, waits_for, 0);
}

static void probe(struct scmi_binding *binding, const struct scmi_pair *want)
{
	take(binding, want);
	binding->retry = false;
	enter(binding, SCMI_BINDING_PROBING, SCMI_WAITS_FOR_NOTHING, 0);
}

static void bind(struct scmi_binding *binding)
{
	enter(binding, SCMI_BINDING_READY, SCMI_WAITS_FOR_NOTHING, 0);
}

static void fail(struct scmi_binding *binding, int error)
{
	note_tried(binding);
	let_go(binding);
	enter(binding, SCMI_BINDING_FAILED, SCMI_WAITS_FOR_NOTHING, error);
}

static void quiesce(struct scmi_binding *binding)
{
	enter(binding, SCMI_BINDING_QUIESCING, SCMI_WAITS_FOR_NOTHING, 0);
}

static void unbind(struct scmi_binding *binding)
{
	let_go(binding);
	enter(binding, SCMI_BINDING_DEFERRED, SCMI_WAITS_FOR_NOTHING, 0);
}

/* ---- which one is due ------------------------------------------------------------------------ */

/* It is not bound, and nobody is about to bind it. */
static enum scmi_bind_work work_unbound(struct scmi_binding *binding, struct scmi_pair *want)
{
	if (want->supplier && want->supplier->users)
		want->wait = SCMI_WAITS_FOR_RELEASE;
	if (want->wait != SCMI_WAITS_FOR_NOTHING) {
		if (binding->state == SCMI_BINDING_DEFERRED && binding->waits_for == want->wait)
			return SCMI_BIND_NOTHING;
		defer(binding, want->wait);
		return SCMI_BIND_TELL;
	}
	if (was_tried(binding, want))
		return SCMI_BIND_NOTHING;
	probe(binding, want);
	return SCMI_BIND_PROBE;
}

enum scmi_bind_work scmi_binding_work(struct scmi_binding *binding)
{
	struct scmi_pair want = { .wait = SCMI_WAITS_FOR_DRIVER };

	if (binding->descriptor)
		scmi_bind_pair(binding->binder, binding->descriptor, &want);
	switch (binding->state) {
	case SCMI_BINDING_UNDESCRIBED:
		if (!binding->descriptor)
			break;
		describe(binding);
		return SCMI_BIND_TELL;
	case SCMI_BINDING_DEFERRED:
		if (binding->descriptor)
			return work_unbound(binding, &want);
		undescribe(binding);
		return SCMI_BIND_TELL;
	case SCMI_BINDING_FAILED:
		return work_unbound(binding, &want);
	case SCMI_BINDING_READY:
		if (has_it(binding, &want))
			break;
		quiesce(binding);
		return SCMI_BIND_UNBIND;
	case SCMI_BINDING_PROBING:
	case SCMI_BINDING_QUIESCING:
		break; /* somebody is at it */
	}
	return SCMI_BIND_NOTHING;
}

void scmi_binding_worked(struct scmi_binding *binding, enum scmi_bind_work work, int error)
{
	if (work == SCMI_BIND_UNBIND)
		unbind(binding);
	else if (work == SCMI_BIND_PROBE && error)
		fail(binding, error);
	else if (work == SCMI_BIND_PROBE)
		bind(binding);
}
