// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include <libscmi_raw.h>

#include "instance.h"
#include "raw.h"

static dev_t first_number;
static struct class raw_class = {
	.name = "libscmi",
};

static bool is_gone(const struct libscmi_raw *raw)
{
	return READ_ONCE(raw->gone);
}

/* ---- an open --------------------------------------------------------------------------------- */

static int raw_open(struct inode *inode, struct file *filp)
{
	struct libscmi_raw *raw = container_of(inode->i_cdev, struct libscmi_raw, cdev);
	struct raw_file *file;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (is_gone(raw))
		return -ENODEV;
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	get_device(&raw->dev);
	file->raw = raw;
	INIT_LIST_HEAD(&file->replies);
	INIT_LIST_HEAD(&file->notifications);
	INIT_LIST_HEAD(&file->commands);
	INIT_LIST_HEAD(&file->holds);
	spin_lock(&raw->lock);
	list_add_tail(&file->link, &raw->files);
	spin_unlock(&raw->lock);
	filp->private_data = file;
	return stream_open(inode, filp);
}

static void free_messages(struct list_head *messages)
{
	struct raw_message *message, *next;

	list_for_each_entry_safe(message, next, messages, link)
		kfree(message);
}

static int raw_release(struct inode *inode, struct file *filp)
{
	struct raw_file *file = filp->private_data;
	struct libscmi_raw *raw = file->raw;

	raw_forget(file);
	free_messages(&file->replies);
	free_messages(&file->notifications);
	kfree(file);
	put_device(&raw->dev);
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool has_message(const struct raw_file *file)
{
	return !list_empty_careful(&file->replies) || !list_empty_careful(&file->notifications);
}

/* The next message, which must fit into `space`; replies go first. */
static struct raw_message *take_message(struct raw_file *file, size_t space)
{
	struct libscmi_raw *raw = file->raw;
	struct raw_message *message;
	bool is_reply;

	spin_lock(&raw->lock);
	is_reply = !list_empty(&file->replies);
	message = list_first_entry_or_null(is_reply ? &file->replies : &file->notifications,
					   struct raw_message, link);
	if (message && message->size > space) {
		message = ERR_PTR(-EMSGSIZE);
	} else if (message) {
		list_del(&message->link);
		if (is_reply)
			file->owed--;
		else
			file->notification_count--;
	}
	spin_unlock(&raw->lock);
	/* There is room for another command. */
	if (is_reply && !IS_ERR_OR_NULL(message))
		wake_up_interruptible(&raw->wait);
	return message;
}

static bool must_not_wait(const struct kiocb *iocb)
{
	return iocb->ki_filp->f_flags & O_NONBLOCK || iocb->ki_flags & IOCB_NOWAIT;
}

static ssize_t raw_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct raw_file *file = iocb->ki_filp->private_data;
	struct libscmi_raw *raw = file->raw;
	struct raw_message *message;
	ssize_t size;
	bool gone;
	int error;

	for (;;) {
		/* Looked at first: what came before the end is still read. */
		gone = is_gone(raw);
		message = take_message(file, iov_iter_count(to));
		if (message)
			break;
		if (gone)
			return -ENODEV;
		if (must_not_wait(iocb))
			return -EAGAIN;
		error = wait_event_interruptible(raw->wait, has_message(file) || is_gone(raw));
		if (error)
			return error;
	}
	if (IS_ERR(message))
		return PTR_ERR(message);
	size = copy_to_iter(message->bytes, message->size, to) == message->size ? message->size
										 : -EFAULT;
	kfree(message);
	return size;
}

/* ---- writing --------------------------------------------------------------------------------- */

static unsigned int owed_max(const struct libscmi_raw *raw)
{
	return min(raw->out_max, RAW_OWED_MAX);
}

static bool has_room(const struct raw_file *file)
{
	const struct libscmi_raw *raw = file->raw;

	return READ_ONCE(file->owed) < owed_max(raw) && READ_ONCE(raw->out) < raw->out_max;
}

static int wait_for_room(const struct raw_file *file, int error)
{
	struct libscmi_raw *raw = file->raw;

	/* The room of all is taken by others, of whose end nobody tells: look again soon. */
	if (error == -EBUSY) {
		schedule_timeout_interruptible(1);
		return signal_pending(current) ? -ERESTARTSYS : 0;
	}
	return wait_event_interruptible(raw->wait, has_room(file) || is_gone(raw));
}

static ssize_t raw_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct raw_file *file = iocb->ki_filp->private_data;
	struct libscmi_raw *raw = file->raw;
	size_t size = iov_iter_count(from);
	u8 *message;
	int error;

	if (size < SCMI_HEADER_SIZE)
		return -EINVAL;
	if (size > raw->instance->limits.message_size_max)
		return -EMSGSIZE;
	message = kmalloc(size, GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	if (copy_from_iter(message, size, from) != size) {
		kfree(message);
		return -EFAULT;
	}
	for (;;) {
		error = is_gone(raw) ? -ENODEV : raw_command(file, message, size);
		if (error != -EAGAIN && error != -EBUSY)
			break;
		if (must_not_wait(iocb)) {
			error = -EAGAIN;
			break;
		}
		error = wait_for_room(file, error);
		if (error)
			break;
	}
	kfree(message);
	return error ? error : size;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static __poll_t raw_poll(struct file *filp, struct poll_table_struct *table)
{
	struct raw_file *file = filp->private_data;
	__poll_t events = 0;

	poll_wait(filp, &file->raw->wait, table);
	if (has_message(file))
		events |= EPOLLIN | EPOLLRDNORM;
	if (is_gone(file->raw))
		return events | EPOLLHUP | EPOLLERR;
	if (has_room(file))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static long raw_ioctl(struct file *filp, unsigned int command, unsigned long argument)
{
	struct raw_file *file = filp->private_data;
	struct libscmi_raw *raw = file->raw;
	const struct scmi_transport_limits *limits = &raw->instance->limits;
	struct libscmi_raw_info info = {
		.abi = LIBSCMI_RAW_ABI,
		.instance = MINOR(raw->dev.devt),
		.flags = limits->p2a ? LIBSCMI_RAW_P2A : 0,
		.messages_max = owed_max(raw),
		.message_size_max = limits->message_size_max,
		.response_timeout_ms = limits->response_timeout_ms,
		.delayed_timeout_ms = raw->instance->settings.transport.delayed_timeout_ms,
	};

	if (command != LIBSCMI_RAW_INFO)
		return -ENOTTY;
	spin_lock(&raw->lock);
	info.unanswered = file->unanswered;
	info.dropped = file->dropped;
	spin_unlock(&raw->lock);
	return copy_to_user((void __user *)argument, &info, sizeof(info)) ? -EFAULT : 0;
}

static const struct file_operations raw_operations = {
	.owner = THIS_MODULE,
	.open = raw_open,
	.release = raw_release,
	.read_iter = raw_read_iter,
	.write_iter = raw_write_iter,
	.poll = raw_poll,
	.unlocked_ioctl = raw_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- the device ------------------------------------------------------------------------------ */

static void raw_free(struct device *dev)
{
	struct libscmi_raw *raw = container_of(dev, struct libscmi_raw, dev);

	raw_free_events(raw);
	libscmi_instance_put(raw->instance);
	kfree(raw);
}

int libscmi_raw_add(struct libscmi_instance *instance)
{
	struct libscmi_raw *raw;
	int error;

	if (instance->number > MINORMASK)
		return -ENODEV;
	raw = kzalloc(sizeof(*raw), GFP_KERNEL);
	if (!raw)
		return -ENOMEM;
	libscmi_instance_get(instance);
	raw->instance = instance;
	raw->out_max = max(instance->limits.messages_max / 2, 1u);
	spin_lock_init(&raw->lock);
	init_waitqueue_head(&raw->wait);
	INIT_LIST_HEAD(&raw->files);
	INIT_LIST_HEAD(&raw->events);
	device_initialize(&raw->dev);
	raw->dev.class = &raw_class;
	raw->dev.parent = instance->dev;
	raw->dev.devt = MKDEV(MAJOR(first_number), instance->number);
	raw->dev.release = raw_free;
	cdev_init(&raw->cdev, &raw_operations);
	raw->cdev.owner = THIS_MODULE;
	error = dev_set_name(&raw->dev, "%s", instance->name);
	if (!error)
		error = cdev_device_add(&raw->cdev, &raw->dev);
	if (error) {
		put_device(&raw->dev);
		return error;
	}
	rcu_assign_pointer(instance->raw, raw);
	/* Either gone() saw the device, or this sees that it was called. */
	smp_mb();
	if (READ_ONCE(instance->gone))
		libscmi_raw_gone(instance);
	return 0;
}

void libscmi_raw_gone(struct libscmi_instance *instance)
{
	struct libscmi_raw *raw;

	rcu_read_lock();
	raw = rcu_dereference(instance->raw);
	if (raw) {
		WRITE_ONCE(raw->gone, true);
		wake_up_all(&raw->wait);
	}
	rcu_read_unlock();
}

void libscmi_raw_remove(struct libscmi_instance *instance)
{
	struct libscmi_raw *raw = rcu_dereference_protected(instance->raw, true);

	if (!raw)
		return;
	cdev_device_del(&raw->cdev, &raw->dev);
	libscmi_raw_gone(instance);
	raw_stop_events(raw);
	/* The transport may still say that it is gone. */
	RCU_INIT_POINTER(instance->raw, NULL);
	synchronize_rcu();
	put_device(&raw->dev);
}

int libscmi_raw_init(void)
{
	int error = alloc_chrdev_region(&first_number, 0, MINORMASK + 1, "libscmi");

	if (error)
		return error;
	error = class_register(&raw_class);
	if (error)
		unregister_chrdev_region(first_number, MINORMASK + 1);
	return error;
}

void libscmi_raw_exit(void)
{
	class_unregister(&raw_class);
	unregister_chrdev_region(first_number, MINORMASK + 1);
}
