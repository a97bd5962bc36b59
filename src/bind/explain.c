/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a binding in words. */
#include <scmi/error.h>

#include "bind/bind.h"

/* Text that grows; what has no room is only counted. */
struct words {
	char *text;
	size_t size;
	size_t used;
};

static void say(struct words *words, const char *text)
{
	for (; *text; text++, words->used++) {
		if (words->used + 1 < words->size)
			words->text[words->used] = *text;
	}
}

static void quote(struct words *words, const char *text)
{
	say(words, "'");
	say(words, text);
	say(words, "'");
}

/* The separator before item `index` of a list. */
static void separate(struct words *words, unsigned int index)
{
	if (index)
		say(words, ", ");
}

static void say_bound(struct words *words, const struct scmi_binding *binding)
{
	struct scmi_bound bound = scmi_binding_bound(binding);

	say(words, bound.transport->name);
	if (bound.supplier) {
		say(words, ", supplier ");
		quote(words, bound.supplier->name);
	} else {
		say(words, ", ");
		quote(words, bound.address);
	}
}

static void say_driver(struct words *words, const struct scmi_binding *binding)
{
	const char *const *wanted = scmi_bind_descriptor(binding->descriptor)->compatible;

	say(words, "waits for a transport that serves ");
	for (unsigned int i = 0; wanted[i]; i++) {
		separate(words, i);
		quote(words, wanted[i]);
	}
}

static void say_supplier(struct words *words, const struct scmi_binding *binding)
{
	const struct scmi_descriptor *descriptor = scmi_bind_descriptor(binding->descriptor);

	if (descriptor->supplier) {
		say(words, "waits for supplier ");
		quote(words, descriptor->supplier);
	} else {
		say(words, "waits for a supplier that no descriptor names");
	}
}

static void say_choice(struct words *words, const struct scmi_binding *binding,
		       const struct scmi_bind_entry *driver)
{
	const struct scmi_binder *binder = binding->binder;
	struct scmi_bind_entry *entry;
	unsigned int count = 0;

	say(words, "ambiguous: it names no supplier; suppliers that nobody names: ");
	scmi_bind_each(entry, &binder->suppliers) {
		if (!scmi_bind_unnamed(binder, entry, driver))
			continue;
		separate(words, count++);
		quote(words, scmi_bind_supplier(entry)->name);
	}
	say(words, "; descriptors that name none: ");
	count = 0;
	scmi_bind_each(entry, &binder->descriptors) {
		if (!scmi_bind_open(binder, entry, driver))
			continue;
		separate(words, count++);
		quote(words, scmi_bind_descriptor(entry)->name);
	}
}

static void say_sharers(struct words *words, const struct scmi_binding *binding)
{
	const char *name = scmi_bind_descriptor(binding->descriptor)->supplier;
	const struct scmi_binder *binder = binding->binder;
	struct scmi_bind_entry *entry;
	unsigned int count = 0;

	say(words, "ambiguous: supplier ");
	quote(words, name);
	say(words, " is named by ");
	scmi_bind_each(entry, &binder->descriptors) {
		const struct scmi_descriptor *descriptor = scmi_bind_descriptor(entry);

		if (entry->leaving || !descriptor->supplier ||
		    scmi_bind_compare(descriptor->supplier, name))
			continue;
		separate(words, count++);
		quote(words, descriptor->name);
	}
}

static void say_wait(struct words *words, const struct scmi_binding *binding)
{
	struct scmi_pair pair;

	if (!binding->descriptor) {
		say(words, "nothing describes it any more");
		return;
	}
	/* What it would say were it looked at now: things may have changed since. */
	scmi_bind_pair(binding->binder, binding->descriptor, &pair);
	switch (pair.wait) {
	case SCMI_WAITS_FOR_DRIVER:
		say_driver(words, binding);
		break;
	case SCMI_WAITS_FOR_SUPPLIER:
		say_supplier(words, binding);
		break;
	case SCMI_WAITS_FOR_CHOICE:
		say_choice(words, binding, pair.driver);
		break;
	case SCMI_WAITS_FOR_SHARER:
		say_sharers(words, binding);
		break;
	case SCMI_WAITS_FOR_RELEASE:
	case SCMI_WAITS_FOR_NOTHING:
		if (pair.supplier && pair.supplier->users) {
			say(words, "waits until another binding lets go of supplier ");
			quote(words, scmi_bind_supplier(pair.supplier)->name);
		} else {
			say(words, "about to be bound");
		}
		break;
	}
}

static void say_state(struct words *words, const struct scmi_binding *binding)
{
	switch (binding->state) {
	case SCMI_BINDING_UNDESCRIBED:
		say(words, binding->descriptor ? "about to be bound" : "nothing describes it");
		break;
	case SCMI_BINDING_DEFERRED:
		say_wait(words, binding);
		break;
	case SCMI_BINDING_PROBING:
		say(words, "opening ");
		say_bound(words, binding);
		break;
	case SCMI_BINDING_READY:
		say(words, "ready on ");
		say_bound(words, binding);
		break;
	case SCMI_BINDING_QUIESCING:
		say(words, "letting go of ");
		say_bound(words, binding);
		break;
	case SCMI_BINDING_FAILED:
		say(words, "failed: ");
		say(words, scmi_error_text(binding->error));
		break;
	}
}

size_t scmi_binding_explain(const struct scmi_binding *binding, char *text, size_t size)
{
	struct words words = { .text = text, .size = size };

	scmi_binder_lock(binding->binder);
	say_state(&words, binding);
	scmi_binder_unlock(binding->binder);
	if (size)
		text[words.used < size ? words.used : size - 1] = '\0';
	return words.used;
}
