/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which driver and which supplier a descriptor should have. It depends on what is there (and not
 * about to go), never on what is bound or on the order in which things came: so every order of
 * events ends in the same bindings.
 */
#include "bind/bind.h"

int scmi_bind_compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

static bool same(const char *a, const char *b)
{
	return !scmi_bind_compare(a, b);
}

/* A driver is asked for by its name or by a device-tree string that it serves. */
static bool serves(const struct scmi_bind_entry *entry, const char *wanted)
{
	const struct scmi_transport *transport = scmi_bind_driver(entry)->transport;
	const char *const *compatible = transport->compatible;

	if (same(transport->name, wanted))
		return true;
	while (compatible && *compatible) {
		if (same(*compatible, wanted))
			return true;
		compatible++;
	}
	return false;
}

/* Two drivers may serve the same string: the first by name then, whichever came first. */
static struct scmi_bind_entry *find_server(const struct scmi_binder *binder, const char *wanted)
{
	struct scmi_bind_entry *found = NULL;
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, &binder->drivers) {
		if (entry->leaving || !serves(entry, wanted))
			continue;
		if (!found || scmi_bind_compare(scmi_bind_driver(entry)->transport->name,
						scmi_bind_driver(found)->transport->name) < 0)
			found = entry;
	}
	return found;
}

/* The most specific string for which there is a driver. */
static struct scmi_bind_entry *find_driver(const struct scmi_binder *binder,
					   const struct scmi_descriptor *descriptor)
{
	const char *const *wanted;

	for (wanted = descriptor->compatible; *wanted; wanted++) {
		struct scmi_bind_entry *found = find_server(binder, *wanted);

		if (found)
			return found;
	}
	return NULL;
}

static bool is_for(const struct scmi_bind_entry *supplier, const struct scmi_bind_entry *driver)
{
	return !supplier->leaving && same(scmi_bind_supplier(supplier)->transport,
					  scmi_bind_driver(driver)->transport->name);
}

/* How many descriptors of this driver name a supplier so. */
static unsigned int count_naming(const struct scmi_binder *binder, const char *name,
				 const struct scmi_bind_entry *driver)
{
	struct scmi_bind_entry *entry;
	unsigned int count = 0;

	scmi_bind_each(entry, &binder->descriptors) {
		const struct scmi_descriptor *descriptor = scmi_bind_descriptor(entry);

		if (!entry->leaving && !descriptor->address && descriptor->supplier &&
		    same(descriptor->supplier, name) && find_driver(binder, descriptor) == driver)
			count++;
	}
	return count;
}

bool scmi_bind_unnamed(const struct scmi_binder *binder, const struct scmi_bind_entry *supplier,
		       const struct scmi_bind_entry *driver)
{
	return is_for(supplier, driver) &&
	       !count_naming(binder, scmi_bind_supplier(supplier)->name, driver);
}

bool scmi_bind_open(const struct scmi_binder *binder, const struct scmi_bind_entry *entry,
		    const struct scmi_bind_entry *driver)
{
	const struct scmi_descriptor *descriptor = scmi_bind_descriptor(entry);

	return !entry->leaving && !descriptor->address && !descriptor->supplier &&
	       find_driver(binder, descriptor) == driver;
}

static void pair_by_name(const struct scmi_binder *binder, struct scmi_pair *pair)
{
	const char *name = scmi_bind_descriptor(pair->descriptor)->supplier;
	struct scmi_bind_entry *entry;

	pair->wait = SCMI_WAITS_FOR_SHARER;
	if (count_naming(binder, name, pair->driver) > 1)
		return;
	pair->wait = SCMI_WAITS_FOR_SUPPLIER;
	scmi_bind_each(entry, &binder->suppliers) {
		if (is_for(entry, pair->driver) && same(scmi_bind_supplier(entry)->name, name)) {
			pair->supplier = entry;
			pair->wait = SCMI_WAITS_FOR_NOTHING;
		}
	}
}

/* The supplier that nobody names and before which `rank` others stand by name; NULL if none. */
static struct scmi_bind_entry *unnamed_at(const struct scmi_binder *binder,
					  const struct scmi_bind_entry *driver, unsigned int rank)
{
	struct scmi_bind_entry *entry;
	struct scmi_bind_entry *other;

	scmi_bind_each(entry, &binder->suppliers) {
		unsigned int before = 0;

		if (!scmi_bind_unnamed(binder, entry, driver))
			continue;
		scmi_bind_each(other, &binder->suppliers) {
			if (scmi_bind_unnamed(binder, other, driver) &&
			    scmi_bind_compare(scmi_bind_supplier(other)->name,
					      scmi_bind_supplier(entry)->name) < 0)
				before++;
		}
		if (before == rank)
			return entry;
	}
	return NULL;
}

/*
 * One that names none. Matching by order is only safe if all ask for it: one that does not could
 * mean any of the suppliers.
 */
static void pair_unnamed(const struct scmi_binder *binder, struct scmi_pair *pair)
{
	const struct scmi_descriptor *descriptor = scmi_bind_descriptor(pair->descriptor);
	bool by_order = true;
	unsigned int open = 0;
	unsigned int before = 0;
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, &binder->descriptors) {
		if (!scmi_bind_open(binder, entry, pair->driver))
			continue;
		open++;
		by_order = by_order && scmi_bind_descriptor(entry)->by_order;
		if (scmi_bind_compare(scmi_bind_descriptor(entry)->name, descriptor->name) < 0)
			before++;
	}
	pair->supplier = unnamed_at(binder, pair->driver, by_order ? before : 0);
	if (!pair->supplier) {
		pair->wait = SCMI_WAITS_FOR_SUPPLIER;
	} else if (!by_order && (open > 1 || unnamed_at(binder, pair->driver, 1))) {
		pair->supplier = NULL;
		pair->wait = SCMI_WAITS_FOR_CHOICE;
	}
}

void scmi_bind_pair(const struct scmi_binder *binder, struct scmi_bind_entry *descriptor,
		    struct scmi_pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->descriptor = descriptor;
	pair->driver = find_driver(binder, scmi_bind_descriptor(descriptor));
	if (!pair->driver)
		pair->wait = SCMI_WAITS_FOR_DRIVER;
	else if (scmi_bind_descriptor(descriptor)->address)
		pair->wait = SCMI_WAITS_FOR_NOTHING;
	else if (scmi_bind_descriptor(descriptor)->supplier)
		pair_by_name(binder, pair);
	else
		pair_unnamed(binder, pair);
}
