// SPDX-License-Identifier: GPL-2.0-only
/* What sysfs shows of an instance (its platform device) and of a protocol (its bus device). */
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

#include "instance.h"
#include "wire/names.h"

/* ---- instances ------------------------------------------------------------------------------- */

static const struct libscmi_instance *instance_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", instance_of(dev)->name);
}
static DEVICE_ATTR_RO(name);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", libscmi_state_name(instance_of(dev)));
}
static DEVICE_ATTR_RO(state);

static ssize_t vendor_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", instance_of(dev)->identity.vendor);
}
static DEVICE_ATTR_RO(vendor);

static ssize_t sub_vendor_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", instance_of(dev)->identity.sub_vendor);
}
static DEVICE_ATTR_RO(sub_vendor);

static ssize_t implementation_version_show(struct device *dev, struct device_attribute *attr,
					   char *to)
{
	return sysfs_emit(to, "0x%x\n", instance_of(dev)->identity.implementation_version);
}
static DEVICE_ATTR_RO(implementation_version);

static ssize_t version_show(struct device *dev, struct device_attribute *attr, char *to)
{
	u32 version = instance_of(dev)->identity.base_version;

	return sysfs_emit(to, "%u.%u\n", version >> 16, version & 0xffff);
}
static DEVICE_ATTR_RO(version);

static ssize_t protocols_show(struct device *dev, struct device_attribute *attr, char *to)
{
	const struct libscmi_identity *identity = &instance_of(dev)->identity;
	int length = 0;

	for (u32 i = 0; i < identity->protocol_count; i++)
		length += sysfs_emit_at(to, length, "%s0x%02x", i ? " " : "",
					identity->protocols[i]);
	return length + sysfs_emit_at(to, length, "\n");
}
static DEVICE_ATTR_RO(protocols);

static ssize_t transport_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", instance_of(dev)->transport_name);
}
static DEVICE_ATTR_RO(transport);

static ssize_t supplier_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", instance_of(dev)->supplier_name);
}
static DEVICE_ATTR_RO(supplier);

/* The tree node's path; empty where there is none. */
static ssize_t descriptor_show(struct device *dev, struct device_attribute *attr, char *to)
{
	const struct libscmi_supply *supply = dev_get_platdata(dev);

	if (!supply->descriptor)
		return sysfs_emit(to, "\n");
	return sysfs_emit(to, "%pOF\n", supply->descriptor);
}
static DEVICE_ATTR_RO(descriptor);

static struct attribute *instance_attrs[] = {
	&dev_attr_name.attr,
	&dev_attr_state.attr,
	&dev_attr_vendor.attr,
	&dev_attr_sub_vendor.attr,
	&dev_attr_implementation_version.attr,
	&dev_attr_version.attr,
	&dev_attr_protocols.attr,
	&dev_attr_transport.attr,
	&dev_attr_supplier.attr,
	&dev_attr_descriptor.attr,
	NULL,
};
static const struct attribute_group instance_group = { .attrs = instance_attrs };

const struct attribute_group *libscmi_instance_groups[] = { &instance_group, NULL };

/* ---- protocols ------------------------------------------------------------------------------- */

static ssize_t protocol_id_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "0x%02x\n", to_libscmi_device(dev)->protocol_id);
}
static DEVICE_ATTR_RO(protocol_id);

/* Empty for an id that has no standard meaning. */
static ssize_t protocol_show(struct device *dev, struct device_attribute *attr, char *to)
{
	const char *name = scmi_protocol_name(to_libscmi_device(dev)->protocol_id);

	return sysfs_emit(to, "%s\n", name ?: "");
}
static DEVICE_ATTR_RO(protocol);

static ssize_t instance_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", to_libscmi_device(dev)->instance->name);
}
static DEVICE_ATTR_RO(instance);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, LIBSCMI_ALIAS("%02x") "\n", to_libscmi_device(dev)->protocol_id);
}
static DEVICE_ATTR_RO(modalias);

static struct attribute *device_attrs[] = {
	&dev_attr_protocol_id.attr,
	&dev_attr_protocol.attr,
	&dev_attr_instance.attr,
	&dev_attr_modalias.attr,
	NULL,
};

static const struct attribute_group device_group = { .attrs = device_attrs };

const struct attribute_group *libscmi_device_groups[] = { &device_group, NULL };
