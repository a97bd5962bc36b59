// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a platform device did not become an instance. The driver core keeps the device, without a
 * driver, and nothing of what went wrong; so it is kept here.
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "instance.h"

struct failure {
	struct list_head link;
	struct device *dev; /* compared, and not looked at: it is forgotten when it goes */
	char *sentence;
};

static LIST_HEAD(failures);
static DEFINE_MUTEX(lock);

void libscmi_failed_forget(struct device *dev)
{
	struct failure *failure;
	struct failure *next;

	mutex_lock(&lock);
	list_for_each_entry_safe(failure, next, &failures, link) {
		if (dev && failure->dev != dev)
			continue;
		list_del(&failure->link);
		kfree(failure->sentence);
		kfree(failure);
	}
	mutex_unlock(&lock);
}

void libscmi_failed(struct device *dev, const char *format, ...)
{
	struct failure *failure = kzalloc(sizeof(*failure), GFP_KERNEL);
	va_list args;

	va_start(args, format);
	if (failure)
		failure->sentence = kvasprintf(GFP_KERNEL, format, args);
	va_end(args);
	if (!failure || !failure->sentence) {
		dev_err(dev, "failed, and out of memory\n");
		kfree(failure);
		return;
	}
	dev_err(dev, "%s\n", failure->sentence);
	failure->dev = dev;
	mutex_lock(&lock);
	list_add_tail(&failure->link, &failures);
	mutex_unlock(&lock);
}

static int failed_show(struct seq_file *to, void *unused)
{
	const struct failure *failure;

	mutex_lock(&lock);
	list_for_each_entry(failure, &failures, link)
		seq_printf(to, "%s: %s\n", dev_name(failure->dev), failure->sentence);
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(failed);

static int device_event(struct notifier_block *block, unsigned long event, void *data)
{
	if (event == BUS_NOTIFY_REMOVED_DEVICE)
		libscmi_failed_forget(data);
	return NOTIFY_DONE;
}

static struct notifier_block device_events = { .notifier_call = device_event };

int libscmi_failures_init(struct dentry *root)
{
	debugfs_create_file("failed", 0444, root, NULL, &failed_fops);
	return bus_register_notifier(&platform_bus_type, &device_events);
}

/* Who reads now finds nothing; debugfs_remove() of the folder waits for it. */
void libscmi_failures_exit(void)
{
	bus_unregister_notifier(&platform_bus_type, &device_events);
	libscmi_failed_forget(NULL);
}
