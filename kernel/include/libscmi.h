/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a driver of an SCMI protocol in the kernel includes: a bus with a device for every protocol
 * of every instance.
 *
 * Object model. An instance is a descriptor bound to its transport and supplier. It has one agent
 * (<scmi/agent.h>), which all its protocol devices share. A protocol device is there while its
 * instance is; a driver's remove() may still send, and after it returned nothing of the driver is
 * called any more. When the supplier vanishes every call ends with -ENODEV at once.
 *
 * Threads. The agent may be used from any thread. Calls of <scmi/PROTOCOL.h> sleep.
 *
 * Errors are those of <scmi/error.h>; libscmi_errno() makes an errno of any.
 */
#ifndef LIBSCMI_H
#define LIBSCMI_H

#include <linux/device.h>
#include <linux/module.h>

#include <scmi/agent.h>
#include <scmi/transport.h> /* struct scmi_transport_limits */

struct libscmi_instance;

struct libscmi_device {
	struct device dev; /* its of_node is the protocol's node, if there is a descriptor */
	struct libscmi_instance *instance;
	struct scmi_agent *agent;
	u8 protocol_id;
	bool probe_failed; /* the bus's */
};

#define to_libscmi_device(d) container_of(d, struct libscmi_device, dev)

struct libscmi_driver {
	const char *name; /* starts with "libscmi_" */
	u8 protocol_id;
	/* May sleep, and send. 0 or -errno. */
	int (*probe)(struct libscmi_device *device);
	/* May sleep, and send: it fails with -ENODEV where the platform is gone. May be NULL. */
	void (*remove)(struct libscmi_device *device);
	/*
	 * The channel was reset, as by suspending the machine: the platform has forgotten what this
	 * agent asked for. Ask again. May sleep, and send; never beside probe() or remove() of the
	 * device. Subscriptions made with libscmi_subscribe() are restored without it. May be NULL.
	 */
	void (*was_reset)(struct libscmi_device *device);
	struct device_driver driver; /* the bus's; probe_type may be set */
};

/* The alias by which a driver is found for protocol 0x14: LIBSCMI_ALIAS("14"). */
#define LIBSCMI_ALIAS(hex) "libscmi:protocol" hex

/* Both may sleep. 0 or -errno. Use module_libscmi_driver() where that is all a module does. */
int libscmi_driver_register(struct libscmi_driver *driver, struct module *owner);
void libscmi_driver_unregister(struct libscmi_driver *driver);

#define libscmi_register(driver) libscmi_driver_register(driver, THIS_MODULE)
#define module_libscmi_driver(driver) \
	module_driver(driver, libscmi_register, libscmi_driver_unregister)

/*
 * An error of <scmi/error.h> as an errno: -errno stays, a status becomes the nearest (NOT_SUPPORTED
 * -EOPNOTSUPP, INVALID_PARAMETERS -EINVAL, DENIED -EACCES, NOT_FOUND -ENOENT, OUT_OF_RANGE -ERANGE,
 * BUSY -EBUSY, IN_USE -EADDRINUSE, COMMS_ERROR -ECOMM, GENERIC_ERROR -EIO, HARDWARE_ERROR
 * -EREMOTEIO, PROTOCOL_ERROR -EPROTO, others -EIO). Any context.
 */
int libscmi_errno(int error);

/*
 * scmi_agent_unlisten(), and wait until event() does not run any more: afterwards the listener's
 * memory is the caller's. May sleep; not from event().
 */
void libscmi_unlisten(struct libscmi_device *device, struct scmi_listener *listener);

/*
 * Have the platform send notifications, or stop when nobody else wants them: instead of the typed
 * *_notify() calls, because all drivers of an instance, and /dev/libscmiN, share its subscriptions.
 * message_id is the command's; `key` is what stands before the enable word, one little-endian word
 * for the domain in most. After a reset the core asks again by itself. Both may sleep;
 * libscmi_subscribe() waits for the platform's answer, and is not for callbacks. Each success wants
 * one libscmi_unsubscribe(), which does not wait. Errors of <scmi/error.h>, -ENOMEM.
 */
int libscmi_subscribe(struct libscmi_device *device, u8 message_id, const void *key,
		      size_t key_size);
void libscmi_unsubscribe(struct libscmi_device *device, u8 message_id, const void *key,
			 size_t key_size);

/* What people call the instance: "libscmi0". Lives as long as the instance. Any context. */
const char *libscmi_instance_name(const struct libscmi_instance *instance);

/* What is in force: size, messages at a time, P2A. Lives as long as the instance. Any context. */
const struct scmi_transport_limits *
libscmi_instance_limits(const struct libscmi_instance *instance);

/*
 * How long a call in atomic context may poll for its answer (struct scmi_command, poll_budget_us).
 * 0: not at all, either because the transport cannot or because nobody allowed it
 * (libscmi,poll-budget-us): then only calls that may sleep are made. Any context.
 */
u32 libscmi_poll_budget_us(const struct libscmi_instance *instance);

/*
 * Commands that the platform announces to take longer than this are not for atomic context; 0: the
 * descriptor says nothing about it (atomic-threshold-us). Any context.
 */
u32 libscmi_atomic_threshold_us(const struct libscmi_instance *instance);

#endif
