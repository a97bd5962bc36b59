/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What comes and goes, and who holds a binding. */
#include "bind/bind.h"

int scmi_binder_new(struct scmi_binder **out, const struct scmi_binder_host *host)
{
	struct scmi_binder *binder;

	binder = (struct scmi_binder *)host->alloc(host->ctx, sizeof(*binder));
	if (!binder)
		return -ENOMEM;
	memset(binder, 0, sizeof(*binder));
	binder->host = *host;
	scmi_list_init(&binder->drivers);
	scmi_list_init(&binder->suppliers);
	scmi_list_init(&binder->descriptors);
	scmi_list_init(&binder->bindings);
	*out = binder;
	return 0;
}

static void *allocate(const struct scmi_binder *binder, size_t size)
{
	void *memory = binder->host.alloc(binder->host.ctx, size);

	if (memory)
		memset(memory, 0, size);
	return memory;
}

static void release(const struct scmi_binder *binder, void *memory)
{
	if (memory)
		binder->host.free(binder->host.ctx, memory);
}

static void wake(const struct scmi_binder *binder)
{
	if (binder->host.wake)
		binder->host.wake(binder->host.ctx);
}

int scmi_binder_free(struct scmi_binder *binder)
{
	bool busy;

	scmi_binder_lock(binder);
	busy = !scmi_list_empty(&binder->drivers) || !scmi_list_empty(&binder->suppliers) ||
	       !scmi_list_empty(&binder->descriptors) || !scmi_list_empty(&binder->bindings);
	scmi_binder_unlock(binder);
	if (busy)
		return -EBUSY;
	release(binder, binder);
	return 0;
}

/* ---- bindings by name ------------------------------------------------------------------------ */

/* The binding of a name, or where it would stand: before *place. */
static struct scmi_binding *find_binding(struct scmi_binder *binder, const char *name,
					 struct scmi_list **place)
{
	struct scmi_list *node = binder->bindings.next;

	while (node != &binder->bindings) {
		int order = scmi_bind_compare(scmi_binding_at(node)->name, name);

		if (!order)
			return scmi_binding_at(node);
		if (order > 0)
			break;
		node = node->next;
	}
	*place = node;
	return NULL;
}

/* Find it, or put `spare` there and use it up. */
static struct scmi_binding *find_or_add(struct scmi_binder *binder, const char *name,
					struct scmi_binding **spare)
{
	struct scmi_list *place = &binder->bindings;
	struct scmi_binding *binding = find_binding(binder, name, &place);

	if (!binding) {
		binding = *spare;
		*spare = NULL;
		binding->seen = binder->changes;
		/* Before its successor: appending to a node puts it there. */
		scmi_list_append(place, &binding->link);
	}
	return binding;
}

static struct scmi_binding *new_binding(struct scmi_binder *binder, const char *name)
{
	size_t size = strlen(name) + 1;
	struct scmi_binding *binding;

	binding = (struct scmi_binding *)allocate(binder, sizeof(*binding) + size);
	if (binding) {
		binding->binder = binder;
		binding->state = SCMI_BINDING_UNDESCRIBED;
		memcpy(binding->name, name, size);
	}
	return binding;
}

int scmi_binding_get(struct scmi_binder *binder, const char *name, struct scmi_binding **out)
{
	struct scmi_binding *spare;
	int error = 0;

	if (!name || !*name)
		return -EINVAL;
	spare = new_binding(binder, name);
	if (!spare)
		return -ENOMEM;
	scmi_binder_lock(binder);
	if (binder->stopping) {
		error = -ESHUTDOWN;
	} else {
		*out = find_or_add(binder, name, &spare);
		(*out)->holders++;
	}
	scmi_binder_unlock(binder);
	release(binder, spare);
	return error;
}

void scmi_binding_put(struct scmi_binding *binding)
{
	struct scmi_binder *binder = binding->binder;
	bool spare;

	scmi_binder_lock(binder);
	binding->holders--;
	spare = scmi_binding_spare(binding);
	if (spare)
		binder->changes++;
	scmi_binder_unlock(binder);
	if (spare)
		wake(binder);
}

void scmi_binding_retry(struct scmi_binding *binding)
{
	struct scmi_binder *binder = binding->binder;

	scmi_binder_lock(binder);
	binding->retry = true;
	binder->changes++;
	scmi_binder_unlock(binder);
	wake(binder);
}

const char *scmi_binding_name(const struct scmi_binding *binding)
{
	return binding->name;
}

void *scmi_binding_data(const struct scmi_binding *binding)
{
	void *data;

	scmi_binder_lock(binding->binder);
	data = binding->data;
	scmi_binder_unlock(binding->binder);
	return data;
}

void scmi_binding_set_data(struct scmi_binding *binding, void *data)
{
	scmi_binder_lock(binding->binder);
	binding->data = data;
	scmi_binder_unlock(binding->binder);
}

void scmi_binding_status(const struct scmi_binding *binding, struct scmi_binding_status *status)
{
	scmi_binder_lock(binding->binder);
	status->state = binding->state;
	status->waits_for = binding->waits_for;
	status->error = binding->error;
	scmi_binder_unlock(binding->binder);
}

void scmi_binder_each(struct scmi_binder *binder,
		      void (*each)(void *ctx, struct scmi_binding *binding), void *ctx)
{
	struct scmi_list *node;

	scmi_binder_lock(binder);
	for (node = binder->bindings.next; node != &binder->bindings; node = node->next) {
		struct scmi_binding *binding = scmi_binding_at(node);

		binding->holders++;
		scmi_binder_unlock(binder);
		each(ctx, binding);
		scmi_binder_lock(binder);
		binding->holders--;
	}
	/* One that lost its last other holder meanwhile is spare now. */
	binder->changes++;
	scmi_binder_unlock(binder);
	wake(binder);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static bool is_driver(const void *what, const void *as)
{
	const struct scmi_bind_driver *a = (const struct scmi_bind_driver *)what;
	const struct scmi_bind_driver *b = (const struct scmi_bind_driver *)as;

	return !scmi_bind_compare(a->transport->name, b->transport->name);
}

static bool is_supplier(const void *what, const void *as)
{
	const struct scmi_supplier *a = (const struct scmi_supplier *)what;
	const struct scmi_supplier *b = (const struct scmi_supplier *)as;

	return !scmi_bind_compare(a->name, b->name) &&
	       !scmi_bind_compare(a->transport, b->transport);
}

static bool is_descriptor(const void *what, const void *as)
{
	const struct scmi_descriptor *a = (const struct scmi_descriptor *)what;
	const struct scmi_descriptor *b = (const struct scmi_descriptor *)as;

	return !scmi_bind_compare(a->name, b->name);
}

/* One that stays and has the same name; the lock is held. */
static bool is_taken(struct scmi_list *list, const void *what,
		     bool (*is_same)(const void *what, const void *as))
{
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (!entry->leaving && is_same(entry->what, what))
			return true;
	}
	return false;
}

/* `named` is NULL, or the binding to be of a descriptor. */
static int add(struct scmi_binder *binder, struct scmi_list *list, const void *what,
	       bool (*is_same)(const void *what, const void *as), struct scmi_binding *named)
{
	struct scmi_bind_entry *entry =
		(struct scmi_bind_entry *)allocate(binder, sizeof(*entry));
	int error = 0;

	if (!entry)
		return -ENOMEM;
	entry->what = what;
	scmi_binder_lock(binder);
	if (binder->stopping) {
		error = -ESHUTDOWN;
	} else if (is_taken(list, what, is_same)) {
		error = -EEXIST;
	} else {
		entry->serial = ++binder->serial;
		scmi_list_append(list, &entry->link);
		if (named)
			find_or_add(binder, named->name, &named)->descriptor = entry;
		binder->changes++;
	}
	scmi_binder_unlock(binder);
	release(binder, named);
	if (error)
		release(binder, entry);
	else
		wake(binder);
	return error;
}

int scmi_binder_add_driver(struct scmi_binder *binder, const struct scmi_bind_driver *driver)
{
	if (!driver->transport || !driver->transport->name)
		return -EINVAL;
	return add(binder, &binder->drivers, driver, is_driver, NULL);
}

int scmi_binder_announce(struct scmi_binder *binder, const struct scmi_supplier *supplier)
{
	if (!supplier->name || !*supplier->name || !supplier->transport || !supplier->address)
		return -EINVAL;
	return add(binder, &binder->suppliers, supplier, is_supplier, NULL);
}

int scmi_binder_add_descriptor(struct scmi_binder *binder,
			       const struct scmi_descriptor *descriptor)
{
	struct scmi_binding *binding;

	if (!descriptor->name || !*descriptor->name || !descriptor->compatible)
		return -EINVAL;
	binding = new_binding(binder, descriptor->name);
	if (!binding)
		return -ENOMEM;
	return add(binder, &binder->descriptors, descriptor, is_descriptor, binding);
}

/* ---- what goes ------------------------------------------------------------------------------- */

/* The lock is held. One that is leaving already is found too. */
static struct scmi_bind_entry *find(struct scmi_list *list, const void *what)
{
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (entry->what == what)
			return entry;
	}
	return NULL;
}

static void leave(struct scmi_binder *binder, struct scmi_bind_entry *entry)
{
	struct scmi_list *node;

	entry->leaving = true;
	binder->changes++;
	for (node = binder->bindings.next; node != &binder->bindings; node = node->next) {
		if (scmi_binding_at(node)->descriptor == entry)
			scmi_binding_at(node)->descriptor = NULL;
	}
}

static int take_away(struct scmi_binder *binder, struct scmi_list *list, const void *what)
{
	struct scmi_bind_entry *entry;

	scmi_binder_lock(binder);
	entry = find(list, what);
	if (entry)
		leave(binder, entry);
	scmi_binder_unlock(binder);
	if (!entry)
		return -ENOENT;
	wake(binder);
	return 0;
}

int scmi_binder_remove_driver(struct scmi_binder *binder, const struct scmi_bind_driver *driver)
{
	return take_away(binder, &binder->drivers, driver);
}

int scmi_binder_remove_descriptor(struct scmi_binder *binder,
				  const struct scmi_descriptor *descriptor)
{
	return take_away(binder, &binder->descriptors, descriptor);
}

/* The binding that has this supplier, if the host has to be told; the lock is held. */
static struct scmi_binding *lose(struct scmi_binder *binder,
				 const struct scmi_bind_entry *supplier)
{
	struct scmi_list *node;

	for (node = binder->bindings.next; node != &binder->bindings; node = node->next) {
		struct scmi_binding *binding = scmi_binding_at(node);

		if (binding->has.supplier != supplier || binding->lost)
			continue;
		binding->lost = true;
		binding->telling = true;
		binding->holders++;
		return binding;
	}
	return NULL;
}

int scmi_bind_withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier, bool lost,
		       struct scmi_binding **bereft)
{
	struct scmi_bind_entry *entry;

	*bereft = NULL;
	scmi_binder_lock(binder);
	entry = find(&binder->suppliers, supplier);
	if (entry) {
		leave(binder, entry);
		if (lost)
			*bereft = lose(binder, entry);
	}
	scmi_binder_unlock(binder);
	return entry ? 0 : -ENOENT;
}

void scmi_bind_told(struct scmi_binding *bereft)
{
	struct scmi_binder *binder = bereft->binder;

	scmi_binder_lock(binder);
	bereft->telling = false;
	binder->changes++;
	scmi_binder_unlock(binder);
	scmi_binding_put(bereft);
}

int scmi_binder_withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier,
			 bool lost)
{
	struct scmi_binding *bereft;
	int error = scmi_bind_withdraw(binder, supplier, lost, &bereft);

	if (error)
		return error;
	if (bereft) {
		if (binder->host.lost)
			binder->host.lost(binder->host.ctx, bereft);
		scmi_bind_told(bereft);
	}
	wake(binder);
	return 0;
}

void scmi_binder_stop(struct scmi_binder *binder)
{
	struct scmi_bind_entry *entry;

	scmi_binder_lock(binder);
	binder->stopping = true;
	scmi_bind_each(entry, &binder->descriptors)
		leave(binder, entry);
	scmi_bind_each(entry, &binder->suppliers)
		leave(binder, entry);
	scmi_bind_each(entry, &binder->drivers)
		leave(binder, entry);
	scmi_binder_unlock(binder);
	wake(binder);
}
