/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instances by name, whose platforms come and go: descriptors, transports and suppliers in a process.
 *
 *	struct scmi_manager *manager;
 *	struct scmi_instance *instance;
 *
 *	scmi_manager_new(&manager, NULL);
 *	scmi_manager_add_descriptor(manager, &descriptor, NULL, 0);
 *	scmi_manager_instance(manager, "soc", NULL, &instance, NULL, 0);
 *	… poll scmi_manager_fd() and scmi_instance_fd(), call what is due …
 *
 * Object model. A manager is a binder (<scmi/bind.h>) whose host is this process: it finds drivers,
 * opens and closes devices. Descriptors, drivers and suppliers come and go as the binder's rules say,
 * in any order. An *instance* is held by name, also before there is anything of that name, and stays
 * the same whatever happens: its agent and its descriptor keep their values until it is closed.
 *
 * While nothing is bound, every call on its agent gives -ENODEV at once. When its supplier is lost or
 * the platform closes the connection, every call ends with -ENODEV, those that other threads wait in
 * included. When it is unbound in order, new calls give -ENODEV and those under way end within their
 * time limits. On the next device versions are agreed on anew, and what the application subscribed to
 * is asked for again before it is ready: up to 1024 subscriptions are remembered, one more gives
 * -ENOSPC. scmi_instance_status() tells which it is, `changed` of struct scmi_instance_options that it
 * is another.
 *
 * A device is opened only for an instance that somebody holds. One that cannot be opened, or that goes
 * by itself, is tried again, after 50 ms at first and 2 s at most.
 *
 * Threads. Everything here may be called from any thread at any time, the agents of instances too.
 * Closing an instance and freeing the manager is for who knows that no other thread uses them. Nothing
 * of the application is called with a lock held, but for scmi_trace_fn, which may not use the instance,
 * and note().
 *
 * No hidden thread: scmi_manager_dispatch() does the work, in the application's thread.
 *
 * Errors are 0 or -errno; `why`, if not NULL, then has a sentence for people, NUL-terminated in
 * why[why_size].
 */
#ifndef SCMI_MANAGER_H
#define SCMI_MANAGER_H

#include <scmi/bind.h>
#include <scmi/instance.h>
#include <scmi/loader.h>

struct scmi_manager;

struct scmi_manager_options {
	/*
	 * Where transports are found; the manager's until it is freed. NULL: as scmi_loader_new()
	 * finds them.
	 */
	struct scmi_loader *loader;
	/*
	 * A sentence for people: which socket of a watched directory is not taken, and why. May not use
	 * the manager. May be NULL.
	 */
	void (*note)(void *ctx, const char *sentence);
	void *note_ctx;
};

/* @options: may be NULL. -ENOMEM, or what the system gave for a descriptor. */
int scmi_manager_new(struct scmi_manager **manager, const struct scmi_manager_options *options);

/*
 * Unbinds everything and lets go of all that was added: what has a released() has been called when this
 * returns 0. -EBUSY, with nothing done: an instance is open. Blocks as scmi_manager_dispatch().
 */
int scmi_manager_free(struct scmi_manager *manager);

/*
 * The binder, for suppliers (scmi_binder_announce(), scmi_binder_withdraw()), for taking descriptors
 * away, and for lists (scmi_binder_each()). Drivers that are added there are not counted: who does
 * so keeps their code.
 */
struct scmi_binder *scmi_manager_binder(struct scmi_manager *manager);

/**
 * scmi_manager_add_descriptor() - scmi_binder_add_descriptor(), and find a transport for it
 * @why: why the transport was not found, which is no error: it may be added later
 *
 * The first of its `compatible` that the loader knows, as device-tree string or as name, is added as a
 * driver. May block for reading files.
 */
int scmi_manager_add_descriptor(struct scmi_manager *manager,
				const struct scmi_descriptor *descriptor, char *why,
				size_t why_size);

/*
 * A transport to be used, until it is removed: then whoever uses it is unbound, and its file unloaded
 * if nobody else has it. The manager has its own reference. -EEXIST: there is one of that name. remove:
 * -ENOENT.
 */
int scmi_manager_add_driver(struct scmi_manager *manager, struct scmi_driver *driver);
int scmi_manager_remove_driver(struct scmi_manager *manager, const char *name);

/**
 * scmi_manager_watch() - every socket in a directory is a supplier, from now on
 * @transport: name of the transport that they are for
 * @directory: may be missing now, may go and come again
 *
 * A socket that appears is announced, one that goes or is replaced is withdrawn as lost, whenever
 * scmi_manager_dispatch() is called. Its name is its path as seen from the directory, with %XX for the
 * byte XX: in /run/devices the socket "virtio@a000000" is the supplier "/virtio@a000000", and
 * "soc%2Fvirtio@a000000" is "/soc/virtio@a000000". Symbolic links and names that begin with '.' are
 * not looked at, and at most 1024 sockets are taken. Watched until the manager is freed. -ENOENT (no
 * path), -ENAMETOOLONG, -ENOMEM, or what the system gave.
 */
int scmi_manager_watch(struct scmi_manager *manager, const char *transport, const char *directory,
		       char *why, size_t why_size);

/**
 * scmi_manager_instance() - hold the instance of that name
 * @options: may be NULL. settings.messages_max and settings.message_size_max say what it has room for,
 *	     on any device (0: 48 transfers, 4096 bytes); of the others, those that its descriptor
 *	     leaves open. `loader` is not used
 *
 * It is not ready yet, even if all is there: scmi_manager_dispatch() makes it so. scmi_instance_close()
 * ends it. -EBUSY: it is held already; -EINVAL (no name, a setting out of its range), -ENOMEM,
 * -ESHUTDOWN, or what the system gave for descriptors.
 */
int scmi_manager_instance(struct scmi_manager *manager, const char *name,
			  const struct scmi_instance_options *options,
			  struct scmi_instance **instance, char *why, size_t why_size);

/* A descriptor to poll for reading; the manager's, do not close. */
int scmi_manager_fd(struct scmi_manager *manager);

/* When dispatch is due at the latest (CLOCK_MONOTONIC, ns), SCMI_NEVER if it is not. */
uint64_t scmi_manager_next_deadline_ns(struct scmi_manager *manager);

/*
 * Do what is to be done: bind, unbind, try again. Calls released() of what is let go. May block: for
 * connections, for the time limits of what is asked again, and for those of calls that end before their
 * device is closed. Not from a callback of an instance.
 */
void scmi_manager_dispatch(struct scmi_manager *manager);

/*
 * scmi_binding_explain(), and what the process knows beyond it: why a device could not be opened. As
 * scmi_instance_explain(), for any binding of the manager's binder.
 */
size_t scmi_manager_explain(struct scmi_manager *manager, struct scmi_binding *binding, char *text,
			    size_t size);

#endif
