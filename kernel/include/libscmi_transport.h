/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a transport module knows of libscmi, and all that libscmi knows of it.
 *
 * A transport module (libscmi_virtio.ko) links against nothing of the core. When it has a device and
 * the descriptor that means it, it registers a platform device named LIBSCMI_INSTANCE whose platform
 * data is a `struct libscmi_supply`; the core's driver of that name makes an instance of it. So
 * either module may be loaded first, and either may go: the driver core does the waiting. To take
 * an instance away the transport unregisters that platform device: when platform_device_unregister()
 * returns the core makes no more calls.
 *
 * Messages are whole: the 32-bit header and the payload, little endian. Memory handed over in a call,
 * in either direction, belongs to the caller again when the call returns.
 *
 * Errors are 0 or -errno.
 */
#ifndef LIBSCMI_TRANSPORT_H
#define LIBSCMI_TRANSPORT_H

#include <linux/types.h>

#include <scmi/transport.h> /* struct scmi_transport_limits, struct scmi_transport_settings */

struct device_node;
struct seq_file;

#define LIBSCMI_TRANSPORT_ABI 1u

/* The name of the platform device, and of the core's driver for it. */
#define LIBSCMI_INSTANCE "libscmi-instance"

/*
 * What the core does for a channel. `instance` is the one given to start(). All of them may be called
 * in any context, also in hard interrupts, and never with a lock held that send() or poll() takes.
 */
struct libscmi_callbacks {
	u32 size; /* of this structure */
	/* A message came from the platform: answer, delayed response or notification. */
	void (*receive)(void *instance, const void *message, size_t size);
	/* The device is broken or has vanished: nothing will come any more, send() gives -ENODEV. */
	void (*gone)(void *instance);
	/*
	 * The device was reset underneath, as by suspending the machine, and works again: what was
	 * sent before is never answered, and the platform has forgotten what was agreed on.
	 */
	void (*was_reset)(void *instance);
};

struct libscmi_transport_ops {
	/*
	 * From now on callbacks may come. `settings` are those of the descriptor, 0 where it has
	 * none; *limits is what is in force. May sleep.
	 */
	int (*start)(void *channel, const struct scmi_transport_settings *settings,
		     const struct libscmi_callbacks *callbacks, void *instance,
		     struct scmi_transport_limits *limits);
	/* No callback runs or comes after it. Allowed after gone(). May sleep. */
	void (*stop)(void *channel);
	/*
	 * Send one command; copies it. Any context. -EAGAIN: full now, nothing was taken;
	 * -EMSGSIZE; -ENODEV.
	 */
	int (*send)(void *channel, const void *message, size_t size);
	/* Hand over what has arrived without waiting for an interrupt. Any context. 0 or -ENODEV. */
	int (*poll)(void *channel);
	/*
	 * Reset the device and take every buffer back; the channel works again. No callback but
	 * was_reset() comes of it. May sleep. NULL where the medium cannot.
	 */
	int (*reset)(void *channel);
	/* Counters and state, one "name: value" a line, for debugfs. May sleep. May be NULL. */
	void (*show)(void *channel, struct seq_file *to);
};

/* Constant while the module is loaded. */
struct libscmi_transport {
	u32 abi;  /* LIBSCMI_TRANSPORT_ABI */
	u32 size; /* sizeof(struct libscmi_transport) */
	const char *name;
	struct scmi_transport_limits limits;
	struct libscmi_transport_ops ops;
};

/* The platform data: one channel, ready to be started. Lives until the platform device is gone. */
struct libscmi_supply {
	const struct libscmi_transport *transport;
	void *channel;			/* handed to every operation */
	struct device_node *descriptor; /* settings and protocol nodes are read from it; may be NULL */
	const char *supplier;		/* the supplier's name, for people */
};

#endif
