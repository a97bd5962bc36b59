// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of docs/kernel.md: a function of the tree and of the supplies that are there.
 *
 * A node that names its device gets it, if no other names the same. One that names none gets a device
 * that none names, if there is only one of each. A device's own node is a descriptor where
 * no other means the device.
 */
#include <linux/of.h>

#include "pairing.h"

#define COMPATIBLE "arm,scmi-virtio"
#define OWN_NODE   "virtio,device20"
#define PROPERTY   "libscmi,supplier"

struct device_node *rules_next(struct device_node *from)
{
	struct device_node *node = from;

	while ((node = of_find_compatible_node(node, NULL, COMPATIBLE)))
		if (of_device_is_available(node) && !of_device_is_compatible(node, OWN_NODE))
			return node;
	return NULL;
}

static bool names_one(struct device_node *descriptor)
{
	return of_find_property(descriptor, PROPERTY, NULL);
}

/* The bus device's node that a descriptor names, itself or by the only child it may have. Counted. */
static struct device_node *named_by(struct device_node *descriptor)
{
	struct device_node *target = of_parse_phandle(descriptor, PROPERTY, 0);
	struct device_node *parent;

	if (!target || !of_device_is_compatible(target, OWN_NODE))
		return target;
	parent = of_get_parent(target);
	of_node_put(target);
	return parent;
}

static bool names_node(struct device_node *descriptor, struct device_node *bus_node)
{
	struct device_node *target = named_by(descriptor);

	of_node_put(target);
	return target && target == bus_node;
}

/* A sentence grows as far as there is room. */
static __printf(2, 3) void say(char why[PAIRING_WORDS], const char *format, ...)
{
	size_t used = strlen(why);
	va_list args;

	va_start(args, format);
	vscnprintf(why + used, PAIRING_WORDS - used, format, args);
	va_end(args);
}

static struct supply *named_device(struct list_head *supplies, struct device_node *descriptor,
				   char why[PAIRING_WORDS], int *error)
{
	struct device_node *target = named_by(descriptor);
	struct device_node *other = NULL;
	struct supply *supply;

	of_node_put(target);
	if (!target) {
		*error = -EINVAL;
		say(why, PROPERTY " names no node");
		return NULL;
	}
	while ((other = rules_next(other))) {
		if (other != descriptor && names_node(other, target)) {
			say(why, "waits: %pOF names the same device, %pOF", other, target);
			of_node_put(other);
			return NULL;
		}
	}
	list_for_each_entry(supply, supplies, node)
		if (supply->bus_node == target)
			return supply;
	say(why, "waits for the virtio SCMI device of %pOF", target);
	return NULL;
}

static bool is_named(struct supply *supply)
{
	struct device_node *descriptor = NULL;

	if (!supply->bus_node)
		return false;
	while ((descriptor = rules_next(descriptor))) {
		if (names_node(descriptor, supply->bus_node)) {
			of_node_put(descriptor);
			return true;
		}
	}
	return false;
}

static struct supply *unnamed_device(struct list_head *supplies, struct device_node *descriptor,
				     char why[PAIRING_WORDS])
{
	struct device_node *other = NULL;
	struct supply *supply, *found = NULL;
	unsigned int count = 0;

	while ((other = rules_next(other))) {
		if (other != descriptor && !names_one(other)) {
			say(why, "ambiguous: neither this node nor %pOF says by " PROPERTY
				 " which device it means", other);
			of_node_put(other);
			return NULL;
		}
	}
	list_for_each_entry(supply, supplies, node) {
		if (supply->own || is_named(supply))
			continue;
		found = supply;
		count++;
	}
	if (count == 1)
		return found;
	if (!count) {
		say(why, "waits for a virtio SCMI device that no other descriptor means");
		return NULL;
	}
	say(why, "ambiguous: " PROPERTY " does not say which of");
	list_for_each_entry(supply, supplies, node)
		if (!supply->own && !is_named(supply))
			say(why, " %s", supply->name);
	return NULL;
}

struct supply *rules_device_of(struct list_head *supplies, struct device_node *descriptor,
			       char why[PAIRING_WORDS], int *error)
{
	struct supply *supply;

	why[0] = '\0';
	*error = -EPROBE_DEFER;
	supply = names_one(descriptor) ? named_device(supplies, descriptor, why, error) :
					 unnamed_device(supplies, descriptor, why);
	if (supply)
		say(why, "is for %s", supply->name);
	return supply;
}

struct device_node *rules_descriptor_of(struct list_head *supplies, struct supply *supply)
{
	struct device_node *descriptor = NULL;
	char why[PAIRING_WORDS];
	int error;

	while ((descriptor = rules_next(descriptor))) {
		if (rules_device_of(supplies, descriptor, why, &error) == supply) {
			of_node_put(descriptor);
			return descriptor;
		}
	}
	return NULL;
}

bool rules_alone(struct supply *supply)
{
	struct device_node *any;

	if (supply->own)
		return !is_named(supply);
	any = rules_next(NULL);
	of_node_put(any);
	return !any;
}
