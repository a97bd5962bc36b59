// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of descriptors and supplies, and all that changes them.
 *
 * Events are: a virtio device gets or loses our driver, a descriptor's platform device is offered to
 * our driver, or loses it, or vanishes. Each only writes down what is there and starts decide(), which
 * asks the rules anew about everything: each supply gets a wish, which its own work item fulfils, so
 * that a silent device keeps nobody else waiting; and the driver core is asked to
 * bind those descriptors again that have something new to hear.
 *
 * `lock` guards the lists and wishes, and is never held while somebody is called who may wait for one
 * of our probe() or remove(). A supply's `settling` is outside of it.
 */
#include <linux/device.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <compat.h>

#include "pairing.h"

static DEFINE_MUTEX(lock);
static LIST_HEAD(supplies);
static LIST_HEAD(descriptors);
static bool closed;

static void decide(struct work_struct *work);
static DECLARE_WORK(decide_work, decide);

/* ---- instances ------------------------------------------------------------------------------- */

static bool same_wish(const struct supply_wish *a, const struct supply_wish *b)
{
	return a->parent == b->parent && a->descriptor == b->descriptor;
}

/* Under `settling`. */
static void take_away(struct supply *supply)
{
	struct platform_device *instance = supply->instance;

	mutex_lock(&lock);
	supply->instance = NULL;
	supply->is = (struct supply_wish){};
	mutex_unlock(&lock);
	platform_device_unregister(instance);
}

/* Under `settling`. The parent is bound to our driver until its remove() had `settling`. */
static void make(struct supply *supply, const struct supply_wish *wish)
{
	struct libscmi_supply data = {
		.transport = &channel_transport,
		.channel = &supply->channel,
		.descriptor = wish->descriptor,
		.supplier = supply->name,
	};
	struct platform_device_info info = {
		.parent = wish->parent,
		.name = LIBSCMI_INSTANCE,
		.id = PLATFORM_DEVID_AUTO,
		.data = &data,
		.size_data = sizeof(data),
	};
	struct platform_device *instance;

	channel_allow(&supply->channel);
	supply->channel.user = wish->parent;
	instance = platform_device_register_full(&info);
	if (IS_ERR(instance)) {
		dev_err(wish->parent, "no instance could be made: %ld\n", PTR_ERR(instance));
		return;
	}
	mutex_lock(&lock);
	supply->instance = instance;
	supply->is = *wish;
	mutex_unlock(&lock);
}

static void settle(struct supply *supply)
{
	struct supply_wish wish;

	mutex_lock(&supply->settling);
	mutex_lock(&lock);
	wish = supply->wish;
	mutex_unlock(&lock);
	if (supply->instance && !same_wish(&wish, &supply->is))
		take_away(supply);
	if (!supply->instance && wish.parent)
		make(supply, &wish);
	mutex_unlock(&supply->settling);
}

static void settle_later(struct work_struct *work)
{
	settle(container_of(work, struct supply, work));
}

/*
 * The wish was withdrawn: the instance is gone when this returns. Who still asks a device what it
 * offers need not come to an end with it.
 */
static void settle_now(struct supply *supply)
{
	if (!READ_ONCE(supply->probed) || channel_is_broken(&supply->channel))
		channel_vanish(&supply->channel);
	settle(supply);
}

/* ---- deciding -------------------------------------------------------------------------------- */

static struct descriptor *find_descriptor(const struct device *dev)
{
	struct descriptor *descriptor;

	list_for_each_entry(descriptor, &descriptors, node)
		if (&descriptor->pdev->dev == dev)
			return descriptor;
	return NULL;
}

static void forget(struct descriptor *descriptor)
{
	list_del(&descriptor->node);
	platform_device_put(descriptor->pdev);
	kfree(descriptor);
}

static void wish_for(struct supply *supply)
{
	struct supply_wish wish = {};
	struct descriptor *descriptor;

	if (rules_alone(supply)) {
		wish.parent = &supply->channel.vdev->dev;
		wish.descriptor = supply->own;
	}
	/* Where it is bound to a device it may no longer have, decide() unbinds it, and that settles it. */
	list_for_each_entry(descriptor, &descriptors, node) {
		if (descriptor->supply == supply) {
			wish.parent = &descriptor->pdev->dev;
			wish.descriptor = descriptor->pdev->dev.of_node;
		}
	}
	if (!same_wish(&wish, &supply->wish) || !same_wish(&wish, &supply->is)) {
		supply->wish = wish;
		queue_work(system_freezable_wq, &supply->work);
	}
}

/* Has a descriptor something to hear that it was not told yet? Then what is to be done: counted. */
static struct device *to_bind_again(bool *unbind)
{
	struct descriptor *descriptor;
	char why[PAIRING_WORDS];

	list_for_each_entry(descriptor, &descriptors, node) {
		struct device *dev = &descriptor->pdev->dev;
		struct supply *supply;
		int error;

		supply = rules_device_of(&supplies, dev->of_node, why, &error);
		if (supply && supply == descriptor->supply)
			continue;
		if (!descriptor->supply && !strcmp(why, descriptor->why))
			continue;
		*unbind = descriptor->supply != NULL;
		descriptor->rebind = *unbind;
		strscpy(descriptor->why, why, sizeof(descriptor->why));
		return get_device(dev);
	}
	return NULL;
}

static void decide(struct work_struct *work)
{
	struct supply *supply;
	struct device *dev;
	bool unbind;

	do {
		mutex_lock(&lock);
		dev = NULL;
		if (!closed) {
			list_for_each_entry(supply, &supplies, node)
				wish_for(supply);
			dev = to_bind_again(&unbind);
		}
		mutex_unlock(&lock);
		if (!dev)
			break;
		if (unbind)
			device_release_driver(dev);
		if (device_attach(dev) < 0)
			dev_dbg(dev, "not bound\n");
		put_device(dev);
	} while (true);
}

static void something_changed(void)
{
	queue_work(system_freezable_wq, &decide_work);
}

/* ---- suppliers ------------------------------------------------------------------------------- */

int pairing_init_supply(struct supply *supply)
{
	struct virtio_device *vdev = supply->channel.vdev;

	supply->own = vdev->dev.of_node;
	supply->bus_node = vdev->dev.parent ? of_node_get(vdev->dev.parent->of_node) : NULL;
	supply->name = supply->bus_node ? kasprintf(GFP_KERNEL, "%s (%pOF)", dev_name(&vdev->dev),
						    supply->bus_node) :
					  kstrdup(dev_name(&vdev->dev), GFP_KERNEL);
	if (!supply->name) {
		of_node_put(supply->bus_node);
		return -ENOMEM;
	}
	mutex_init(&supply->settling);
	INIT_WORK(&supply->work, settle_later);
	return 0;
}

void pairing_add_supply(struct supply *supply)
{
	mutex_lock(&lock);
	list_add_tail(&supply->node, &supplies);
	mutex_unlock(&lock);
	something_changed();
}

void pairing_remove_supply(struct supply *supply)
{
	mutex_lock(&lock);
	list_del(&supply->node);
	supply->wish = (struct supply_wish){};
	mutex_unlock(&lock);
	settle_now(supply);
	cancel_work_sync(&supply->work);
	something_changed();
	mutex_destroy(&supply->settling);
	kfree(supply->name);
	of_node_put(supply->bus_node);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static bool is_taken(const struct supply *supply)
{
	const struct descriptor *descriptor;

	list_for_each_entry(descriptor, &descriptors, node)
		if (descriptor->supply == supply)
			return true;
	return false;
}

static bool is_leaving(const struct supply *supply)
{
	return READ_ONCE(supply->channel.vdev->dev.links.status) == DL_DEV_UNBINDING;
}

/*
 * 0, or the error that probe() ends with, and the words for it in why[]. `held` is the device that is
 * held: nobody begins to unbind it, so that no link is made of which the driver core does not know what
 * to think.
 */
static int bind(struct descriptor *descriptor, const struct device *held, char why[PAIRING_WORDS])
{
	struct device *dev = &descriptor->pdev->dev;
	struct supply *supply;
	int error;

	supply = rules_device_of(&supplies, dev->of_node, why, &error);
	strscpy(descriptor->why, why, sizeof(descriptor->why));
	if (!supply)
		return error;
	if (&supply->channel.vdev->dev != held) {
		descriptor->why[0] = '\0';
		something_changed();
		return -EPROBE_DEFER;
	}
	if (is_taken(supply)) {
		scnprintf(why, PAIRING_WORDS, "waits until %s is let go", supply->name);
		return -EPROBE_DEFER;
	}
	/* Too late: those who depend on it are being unbound, and it does not wait for others. */
	if (is_leaving(supply)) {
		scnprintf(why, PAIRING_WORDS, "waits: %s is leaving", supply->name);
		return -EPROBE_DEFER;
	}
	/* Who depends on us goes first, and we go before the virtio device does. */
	if (!device_link_add(dev, &supply->channel.vdev->dev, DL_FLAG_AUTOREMOVE_CONSUMER)) {
		scnprintf(why, PAIRING_WORDS, "cannot depend on %s", supply->name);
		return -EINVAL;
	}
	descriptor->supply = supply;
	return 0;
}

/* Counted; NULL: there is none. */
static struct device *device_for(struct device_node *node)
{
	char why[PAIRING_WORDS];
	struct supply *supply;
	struct device *dev;
	int error;

	mutex_lock(&lock);
	supply = rules_device_of(&supplies, node, why, &error);
	dev = supply ? get_device(&supply->channel.vdev->dev) : NULL;
	mutex_unlock(&lock);
	return dev;
}

/* Under `lock`. NULL: it has none, and gets none. */
static struct descriptor *enlist(struct platform_device *pdev)
{
	struct descriptor *descriptor = find_descriptor(&pdev->dev);

	if (descriptor || closed)
		return descriptor;
	descriptor = kzalloc(sizeof(*descriptor), GFP_KERNEL);
	if (!descriptor)
		return NULL;
	get_device(&pdev->dev);
	descriptor->pdev = pdev;
	list_add_tail(&descriptor->node, &descriptors);
	something_changed();
	return descriptor;
}

static int descriptor_probe(struct platform_device *pdev)
{
	struct device *held = device_for(pdev->dev.of_node);
	struct descriptor *descriptor;
	char why[PAIRING_WORDS] = "";
	int error = -ENODEV;

	if (held)
		device_lock(held);
	mutex_lock(&lock);
	descriptor = enlist(pdev);
	if (descriptor) {
		error = bind(descriptor, held, why);
		if (!error)
			something_changed();
		else if (error != -EPROBE_DEFER)
			forget(descriptor);
	} else if (!closed) {
		error = -ENOMEM;
	}
	mutex_unlock(&lock);
	if (held) {
		device_unlock(held);
		put_device(held);
	}
	return error ? dev_err_probe(&pdev->dev, error, "%s\n", why) : 0;
}

static LIBSCMI_REMOVE_RESULT descriptor_remove(struct platform_device *pdev)
{
	struct descriptor *descriptor, *other;
	struct supply *supply;

	mutex_lock(&lock);
	descriptor = find_descriptor(&pdev->dev);
	supply = descriptor->supply;
	descriptor->supply = NULL;
	supply->wish = (struct supply_wish){};
	/* Who waited for this device is asked again. */
	list_for_each_entry(other, &descriptors, node)
		other->why[0] = '\0';
	/* Unbound by hand it stays so; otherwise it is bound again as soon as it can be. */
	if (!descriptor->rebind && !is_leaving(supply))
		forget(descriptor);
	else
		descriptor->rebind = false;
	mutex_unlock(&lock);
	/* It stays while we are bound, by the device link. */
	settle_now(supply);
	something_changed();
	return LIBSCMI_REMOVED;
}

static const struct of_device_id descriptor_ids[] = {
	{ .compatible = "arm,scmi-virtio" },
	{}
};
MODULE_DEVICE_TABLE(of, descriptor_ids);

struct platform_driver pairing_driver = {
	.probe = descriptor_probe,
	.remove = descriptor_remove,
	.driver = {
		.name = "libscmi_virtio",
		.of_match_table = descriptor_ids,
	},
};

/* Whose instance is that device? NULL: not one of ours. */
static struct supply *supply_of_instance(const struct device *dev)
{
	const struct libscmi_supply *data = dev_get_platdata(dev);
	struct channel *channel;

	if (strcmp(to_platform_device(dev)->name, LIBSCMI_INSTANCE) || !data ||
	    data->transport != &channel_transport)
		return NULL;
	channel = data->channel;
	return container_of(channel, struct supply, channel);
}

/* A descriptor that waits has no remove(): here we hear that its device vanishes, or others take it. */
static int platform_event(struct notifier_block *block, unsigned long action, void *data)
{
	struct device *dev = data;
	struct supply *supply = supply_of_instance(dev);
	struct descriptor *descriptor;

	if (supply) {
		if (action == BUS_NOTIFY_BOUND_DRIVER || action == BUS_NOTIFY_UNBOUND_DRIVER)
			WRITE_ONCE(supply->probed, action == BUS_NOTIFY_BOUND_DRIVER);
		return NOTIFY_DONE;
	}
	if (action != BUS_NOTIFY_REMOVED_DEVICE &&
	    !(action == BUS_NOTIFY_BOUND_DRIVER && dev->driver != &pairing_driver.driver))
		return NOTIFY_DONE;
	mutex_lock(&lock);
	descriptor = find_descriptor(dev);
	if (descriptor)
		forget(descriptor);
	mutex_unlock(&lock);
	if (descriptor)
		something_changed();
	return NOTIFY_DONE;
}

static struct notifier_block platform_events = { .notifier_call = platform_event };

/* ---- for people ------------------------------------------------------------------------------ */

void pairing_show_descriptors(struct seq_file *to)
{
	struct device_node *node = NULL;
	char why[PAIRING_WORDS];
	int error;

	mutex_lock(&lock);
	while ((node = rules_next(node))) {
		struct platform_device *pdev = of_find_device_by_node(node);
		struct descriptor *descriptor = pdev ? find_descriptor(&pdev->dev) : NULL;
		struct supply *supply = rules_device_of(&supplies, node, why, &error);
		const struct device_driver *driver = pdev ? READ_ONCE(pdev->dev.driver) : NULL;

		seq_printf(to, "%pOF: %s", node, why);
		if (!pdev)
			seq_puts(to, ", but has no platform device");
		else if (driver && driver != &pairing_driver.driver)
			seq_printf(to, ", but is bound to %s", driver->name);
		else if (supply && !descriptor)
			seq_puts(to, ", but is bound to no driver");
		else if (supply && supply->instance)
			seq_printf(to, ": %s", dev_name(&supply->instance->dev));
		seq_putc(to, '\n');
		platform_device_put(pdev);
	}
	mutex_unlock(&lock);
}

static void show_device(struct seq_file *to, struct supply *supply)
{
	struct device_node *node = rules_descriptor_of(&supplies, supply);

	seq_printf(to, "%s: ", supply->name);
	if (node)
		seq_printf(to, "is for %pOF", node);
	else if (supply->own && rules_alone(supply))
		seq_printf(to, "is for its own node %pOF", supply->own);
	else if (rules_alone(supply))
		seq_puts(to, "is for itself: there is no descriptor");
	else
		seq_puts(to, "waits for a descriptor that means it");
	if (supply->instance)
		seq_printf(to, ": %s", dev_name(&supply->instance->dev));
	seq_putc(to, '\n');
}

void pairing_show_devices(struct seq_file *to)
{
	struct supply *supply;

	mutex_lock(&lock);
	list_for_each_entry(supply, &supplies, node)
		show_device(to, supply);
	mutex_unlock(&lock);
}

/* ---- the whole ------------------------------------------------------------------------------- */

int pairing_init(void)
{
	return bus_register_notifier(&platform_bus_type, &platform_events);
}

void pairing_close(void)
{
	mutex_lock(&lock);
	closed = true;
	mutex_unlock(&lock);
}

void pairing_fini(void)
{
	struct descriptor *descriptor, *next;

	bus_unregister_notifier(&platform_bus_type, &platform_events);
	cancel_work_sync(&decide_work);
	list_for_each_entry_safe(descriptor, next, &descriptors, node)
		forget(descriptor);
}
