// SPDX-License-Identifier: GPL-2.0-only
/* The bus: a device for every protocol of every instance. */
#include <linux/of.h>
#include <linux/slab.h>

#include <compat.h>
#include <scmi/wire/base.h>

#include "instance.h"

static int bus_match(struct device *dev, LIBSCMI_CONST_SINCE_6_11 struct device_driver *driver)
{
	return to_libscmi_device(dev)->protocol_id ==
	       container_of(driver, struct libscmi_driver, driver)->protocol_id;
}

static int bus_uevent(LIBSCMI_CONST_SINCE_6_3 struct device *dev, struct kobj_uevent_env *env)
{
	const struct libscmi_device *device = container_of(dev, struct libscmi_device, dev);
	int error;

	error = add_uevent_var(env, "MODALIAS=" LIBSCMI_ALIAS("%02x"), device->protocol_id);
	if (!error)
		error = add_uevent_var(env, "LIBSCMI_INSTANCE=%s", device->instance->name);
	if (!error)
		error = add_uevent_var(env, "LIBSCMI_PROTOCOL=0x%02x", device->protocol_id);
	return error;
}

static struct libscmi_driver *driver_of(struct device *dev)
{
	return container_of(dev->driver, struct libscmi_driver, driver);
}

static int bus_probe(struct device *dev)
{
	struct libscmi_device *device = to_libscmi_device(dev);
	int error = driver_of(dev)->probe(device);

	device->probe_failed = error;
	return error;
}

static void bus_remove(struct device *dev)
{
	struct libscmi_driver *driver = driver_of(dev);

	if (driver->remove)
		driver->remove(to_libscmi_device(dev));
}

static struct bus_type bus = {
	.name = "libscmi",
	.match = bus_match,
	.uevent = bus_uevent,
	.probe = bus_probe,
	.remove = bus_remove,
	.dev_groups = libscmi_device_groups,
};

int libscmi_bus_init(void)
{
	return bus_register(&bus);
}

void libscmi_bus_exit(void)
{
	bus_unregister(&bus);
}

/* ---- drivers --------------------------------------------------------------------------------- */

int libscmi_driver_register(struct libscmi_driver *driver, struct module *owner)
{
	if (!driver->probe || !driver->name || strncmp(driver->name, "libscmi_", 8) ||
	    strspn(driver->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(driver->name)) {
		pr_err("libscmi: a driver is refused: no probe(), or not called libscmi_[a-z0-9_]*\n");
		return -EINVAL;
	}
	driver->driver.name = driver->name;
	driver->driver.bus = &bus;
	driver->driver.owner = owner;
	return driver_register(&driver->driver);
}
EXPORT_SYMBOL_GPL(libscmi_driver_register);

void libscmi_driver_unregister(struct libscmi_driver *driver)
{
	driver_unregister(&driver->driver);
}
EXPORT_SYMBOL_GPL(libscmi_driver_unregister);

/* ---- devices --------------------------------------------------------------------------------- */

static void device_release(struct device *dev)
{
	struct libscmi_device *device = to_libscmi_device(dev);

	of_node_put(dev->of_node);
	libscmi_instance_put(device->instance);
	kfree(device);
}

static const struct device_type device_type = {
	.name = "libscmi_protocol",
	.release = device_release,
};

static int device_make(struct libscmi_instance *instance, u8 protocol_id, struct device_node *node)
{
	struct libscmi_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	int error;

	if (!device)
		return -ENOMEM;
	libscmi_instance_get(instance);
	device->instance = instance;
	device->agent = instance->agent;
	device->protocol_id = protocol_id;
	device_initialize(&device->dev);
	device->dev.parent = instance->dev;
	device->dev.bus = &bus;
	device->dev.type = &device_type;
	device_set_node(&device->dev, of_fwnode_handle(of_node_get(node)));
	error = dev_set_name(&device->dev, "%s:%02x", instance->name, protocol_id);
	if (!error)
		error = device_add(&device->dev);
	if (error)
		put_device(&device->dev);
	return error;
}

static bool is_offered(const struct libscmi_instance *instance, u8 protocol_id)
{
	return memchr(instance->identity.protocols, protocol_id, instance->identity.protocol_count);
}

/*
 * The descriptor's nodes for protocols: protocol@14 { reg = <0x14>; }. A protocol has a device only
 * where its node is enabled; a descriptor without any such node, or no descriptor, wants all.
 */
static bool has_protocol_nodes(const struct device_node *descriptor)
{
	struct device_node *node;

	for_each_child_of_node(descriptor, node) {
		if (of_node_name_eq(node, "protocol")) {
			of_node_put(node);
			return true;
		}
	}
	return false;
}

static void add(struct libscmi_instance *instance, u8 protocol_id, struct device_node *node)
{
	int error = device_make(instance, protocol_id, node);

	if (error)
		dev_err(instance->dev, "%s: no device for protocol 0x%02x: %d\n", instance->name,
			protocol_id, error);
}

static void add_described(struct libscmi_instance *instance, struct device_node *descriptor)
{
	DECLARE_BITMAP(done, 256);
	struct device_node *node;
	u32 id;

	bitmap_zero(done, 256);
	for_each_available_child_of_node(descriptor, node) {
		if (!of_node_name_eq(node, "protocol"))
			continue;
		if (of_property_read_u32(node, "reg", &id) || id > 0xff) {
			dev_warn(instance->dev, "%pOF: no protocol id in 'reg': ignored\n", node);
		} else if (id == SCMI_BASE_PROTOCOL) {
			/* Its node is for a channel of its own; it has no driver. */
		} else if (__test_and_set_bit(id, done)) {
			dev_warn(instance->dev, "%pOF: ignored: a second node for protocol 0x%02x\n",
				 node, id);
		} else if (!is_offered(instance, id)) {
			dev_info(instance->dev, "%pOF: the platform has no protocol 0x%02x\n", node,
				 id);
		} else {
			add(instance, id, node);
		}
	}
}

void libscmi_devices_add(struct libscmi_instance *instance, struct device_node *descriptor)
{
	const struct libscmi_identity *identity = &instance->identity;

	if (descriptor && has_protocol_nodes(descriptor)) {
		add_described(instance, descriptor);
		return;
	}
	for (u32 i = 0; i < identity->protocol_count; i++)
		add(instance, identity->protocols[i], NULL);
}

static int remove_child(struct device *dev, void *unused)
{
	if (dev->bus == &bus)
		device_unregister(dev);
	return 0;
}

void libscmi_devices_remove(struct libscmi_instance *instance)
{
	device_for_each_child_reverse(instance->dev, NULL, remove_child);
}

static int tell_child(struct device *dev, void *unused)
{
	struct libscmi_device *device = to_libscmi_device(dev);
	struct libscmi_driver *driver;
	bool failed;

	if (dev->bus != &bus)
		return 0;
	device_lock(dev);
	driver = dev->driver ? driver_of(dev) : NULL;
	failed = !driver && device->probe_failed;
	if (driver && driver->was_reset)
		driver->was_reset(device);
	device_unlock(dev);
	/* Perhaps because of this very reset: what it had sent then ended with -ENODEV. */
	if (failed && device_attach(dev) < 0)
		dev_warn(dev, "cannot be tried again after the reset\n");
	return 0;
}

void libscmi_devices_were_reset(struct libscmi_instance *instance)
{
	device_for_each_child(instance->dev, NULL, tell_child);
}

void libscmi_unlisten(struct libscmi_device *device, struct scmi_listener *listener)
{
	scmi_agent_unlisten(device->agent, listener);
	libscmi_instance_flush(device->instance);
}
EXPORT_SYMBOL_GPL(libscmi_unlisten);
