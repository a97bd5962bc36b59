// SPDX-License-Identifier: GPL-2.0-only
/* libscmi/<instance>/: what an instance is doing, in words and numbers. */
#include <linux/debugfs.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>

#include "instance.h"

static struct dentry *root;

static int state_show(struct seq_file *to, void *unused)
{
	const struct libscmi_instance *instance = to->private;
	const struct libscmi_supply *supply = dev_get_platdata(instance->dev);
	const struct scmi_transport_limits *limits = &instance->limits;

	seq_printf(to, "state: %s\n", libscmi_state_name(instance));
	seq_printf(to, "transport: %s\n", instance->transport_name);
	seq_printf(to, "supplier: %s\n", instance->supplier_name);
	if (supply->descriptor)
		seq_printf(to, "descriptor: %pOF\n", supply->descriptor);
	else
		seq_puts(to, "descriptor: none\n");
	seq_printf(to, "response timeout: %u ms\n", limits->response_timeout_ms);
	seq_printf(to, "delayed response timeout: %u ms\n",
		   instance->settings.transport.delayed_timeout_ms);
	seq_printf(to, "messages at a time: %u\n", limits->messages_max);
	seq_printf(to, "message size: %u bytes\n", limits->message_size_max);
	seq_printf(to, "notifications and delayed responses: %s\n", limits->p2a ? "yes" : "no");
	seq_printf(to, "polling in atomic context: %u us\n", libscmi_poll_budget_us(instance));
	seq_printf(to, "atomic threshold: %u us\n", instance->settings.atomic_threshold_us);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int counters_show(struct seq_file *to, void *unused)
{
	const struct libscmi_instance *instance = to->private;
	struct scmi_agent_counters counters;

	scmi_agent_counters(instance->agent, &counters);
	seq_printf(to, "sent: %llu\n", counters.sent);
	seq_printf(to, "answered: %llu\n", counters.answered);
	seq_printf(to, "delayed: %llu\n", counters.delayed);
	seq_printf(to, "notifications: %llu\n", counters.notifications);
	seq_printf(to, "timed_out: %llu\n", counters.timed_out);
	seq_printf(to, "canceled: %llu\n", counters.canceled);
	seq_printf(to, "late: %llu\n", counters.late);
	seq_printf(to, "duplicate: %llu\n", counters.duplicate);
	seq_printf(to, "malformed: %llu\n", counters.malformed);
	seq_printf(to, "overflowed: %llu\n", counters.overflowed);
	seq_printf(to, "quarantined: %u\n", counters.quarantined);
	seq_printf(to, "resets: %u\n", READ_ONCE(instance->resets));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int transport_show(struct seq_file *to, void *unused)
{
	const struct libscmi_instance *instance = to->private;

	instance->ops->show(instance->channel, to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(transport);

/* Anything written resets the channel. */
static ssize_t reset_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	struct libscmi_instance *instance = file_inode(file)->i_private;
	int error = -ENODEV;

	if (libscmi_instance_ready(instance))
		error = instance->ops->reset(instance->channel);
	return error ? error : size;
}

static const struct file_operations reset_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = reset_write,
};

void libscmi_debugfs_add(struct libscmi_instance *instance)
{
	struct dentry *folder = debugfs_create_dir(instance->name, root);

	instance->debugfs = folder;
	debugfs_create_file("state", 0444, folder, instance, &state_fops);
	debugfs_create_file("counters", 0444, folder, instance, &counters_fops);
	if (instance->ops->show)
		debugfs_create_file("transport", 0444, folder, instance, &transport_fops);
	if (instance->ops->reset)
		debugfs_create_file("reset", 0200, folder, instance, &reset_fops);
}

/* Whoever is in one of the files has left it when this returns. */
void libscmi_debugfs_remove(struct libscmi_instance *instance)
{
	debugfs_remove(instance->debugfs);
}

struct dentry *libscmi_debugfs_init(void)
{
	root = debugfs_create_dir("libscmi", NULL);
	return root;
}

void libscmi_debugfs_exit(void)
{
	debugfs_remove(root);
}
