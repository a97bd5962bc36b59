/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which descriptor means which device. A *supply* is a virtio SCMI device that our driver has. A
 * *descriptor* is a node of the device tree that is compatible with `arm,scmi-virtio`, or the node
 * that a virtio device has itself.
 *
 * The answer follows from the tree's nodes and the supplies that are there, and from nothing that
 * was before (rules.c). Every event asks again, in a thread of its own (pairing.c).
 */
#ifndef LIBSCMI_VIRTIO_PAIRING_H
#define LIBSCMI_VIRTIO_PAIRING_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include "channel.h"

#define PAIRING_WORDS 256

/* What an instance is made of: equal wishes are the same instance. */
struct supply_wish {
	struct device *parent;		/* of the instance: the descriptor's device, or the virtio device */
	struct device_node *descriptor; /* or NULL: the device is an instance by itself */
};

struct supply {
	struct list_head node;
	struct channel channel;
	const char *name;	      /* for people */
	struct device_node *bus_node; /* of the device that the virtio device sits on, or NULL */
	struct device_node *own;      /* of the virtio device, or NULL */

	struct supply_wish wish; /* parent NULL: none. Under the list's lock */
	struct work_struct work; /* makes what is wished */

	struct mutex settling; /* held while the instance comes or goes */
	bool probed;	       /* the instance's driver is bound to it: discovery is over */
	struct supply_wish is;
	struct platform_device *instance; /* changes under both locks */
};

/* An `arm,scmi-virtio` platform device that our driver was asked to bind. */
struct descriptor {
	struct list_head node;
	struct platform_device *pdev;
	struct supply *supply; /* it is bound to our driver, and this is its device. Or NULL: it waits */
	bool rebind;	       /* we unbind it, to bind it again */
	char why[PAIRING_WORDS]; /* what it was last told to wait for */
};

/* ---- rules.c: under the list's lock ----------------------------------------------------------- */

/*
 * The device that this node means, or NULL; why[] has the answer in words. Without a device *error
 * is -EPROBE_DEFER, or -EINVAL where nothing that may come helps.
 */
struct supply *rules_device_of(struct list_head *supplies, struct device_node *descriptor,
			       char why[PAIRING_WORDS], int *error);
/* The `arm,scmi-virtio` node that means this device, or NULL. It is not counted. */
struct device_node *rules_descriptor_of(struct list_head *supplies, struct supply *supply);
/* May this device be an instance with no descriptor in the tree but perhaps its own node? */
bool rules_alone(struct supply *supply);
/* Iterate: nodes are counted as by for_each_compatible_node(). */
struct device_node *rules_next(struct device_node *from);

/* ---- pairing.c -------------------------------------------------------------------------------- */

int pairing_init(void);
/* Nothing is decided any more from the first on; the second when no drivers are left. */
void pairing_close(void);
void pairing_fini(void);

/*
 * For the virtio driver's probe(), scan() and remove(): what is added may be started and stopped by the
 * core at once. May sleep. 0 or -errno; only what was added is removed.
 */
int pairing_init_supply(struct supply *supply);
void pairing_add_supply(struct supply *supply);
void pairing_remove_supply(struct supply *supply);

extern struct platform_driver pairing_driver;

struct seq_file;
void pairing_show_descriptors(struct seq_file *to);
void pairing_show_devices(struct seq_file *to);

#endif
