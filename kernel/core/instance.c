// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances come and go with the platform devices that transports register (<libscmi_transport.h>).
 */
#include <linux/idr.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <compat.h>

#include "instance.h"
#include "raw.h"

/* Delayed responses may take their time: a voltage that rises, a clock that settles. */
#define DELAYED_TIMEOUT_MS 2000u

/*
 * How long protocol drivers may take for their last messages when an instance is unbound. What was
 * sent and is not answered by then is not waited for any longer.
 */
#define QUIESCE_MS 1000u

static DEFINE_IDA(numbers);

static LIST_HEAD(instances);
static DEFINE_MUTEX(instances_lock);
static bool leaving; /* the module is being unloaded */

static const char *const state_names[] = {
	[LIBSCMI_PROBING] = "probing",
	[LIBSCMI_READY] = "ready",
	[LIBSCMI_QUIESCING] = "quiescing",
	[LIBSCMI_GONE] = "gone",
};

const char *libscmi_state_name(const struct libscmi_instance *instance)
{
	if (READ_ONCE(instance->gone))
		return state_names[LIBSCMI_GONE];
	return state_names[READ_ONCE(instance->state)];
}

const char *libscmi_instance_name(const struct libscmi_instance *instance)
{
	return instance->name;
}
EXPORT_SYMBOL_GPL(libscmi_instance_name);

const struct scmi_transport_limits *
libscmi_instance_limits(const struct libscmi_instance *instance)
{
	return &instance->limits;
}
EXPORT_SYMBOL_GPL(libscmi_instance_limits);

u32 libscmi_poll_budget_us(const struct libscmi_instance *instance)
{
	const struct scmi_transport_limits *limits = &instance->limits;

	return limits->polling && limits->atomic ? instance->settings.poll_budget_us : 0;
}
EXPORT_SYMBOL_GPL(libscmi_poll_budget_us);

u32 libscmi_atomic_threshold_us(const struct libscmi_instance *instance)
{
	return instance->settings.atomic_threshold_us;
}
EXPORT_SYMBOL_GPL(libscmi_atomic_threshold_us);

/* ---- references ------------------------------------------------------------------------------ */

void libscmi_instance_get(struct libscmi_instance *instance)
{
	kref_get(&instance->references);
}

static void release(struct kref *references)
{
	struct libscmi_instance *instance =
		container_of(references, struct libscmi_instance, references);

	libscmi_host_fini(instance);
	kfree(instance);
}

void libscmi_instance_put(struct libscmi_instance *instance)
{
	kref_put(&instance->references, release);
}

static struct libscmi_instance *instance_new(struct device *dev,
					     const struct libscmi_supply *supply)
{
	struct libscmi_instance *instance = kzalloc(sizeof(*instance), GFP_KERNEL);
	int number;

	if (!instance)
		return NULL;
	number = ida_alloc(&numbers, GFP_KERNEL);
	if (number < 0) {
		kfree(instance);
		return NULL;
	}
	kref_init(&instance->references);
	instance->number = number;
	snprintf(instance->name, sizeof(instance->name), "libscmi%d", number);
	instance->dev = dev;
	strscpy(instance->transport_name, supply->transport->name,
		sizeof(instance->transport_name));
	strscpy(instance->supplier_name, supply->supplier ?: "?", sizeof(instance->supplier_name));
	instance->ops = &supply->transport->ops;
	instance->channel = supply->channel;
	libscmi_host_init(instance);
	return instance;
}

/* ---- the list of instances ------------------------------------------------------------------- */

static int enlist(struct libscmi_instance *instance)
{
	int error = 0;

	mutex_lock(&instances_lock);
	if (leaving)
		error = -ENODEV;
	else
		list_add_tail(&instance->link, &instances);
	mutex_unlock(&instances_lock);
	return error;
}

static void delist(struct libscmi_instance *instance)
{
	mutex_lock(&instances_lock);
	list_del(&instance->link);
	mutex_unlock(&instances_lock);
}

/* ---- probe and remove ------------------------------------------------------------------------ */

/*
 * The channel's end of the instance: after an orderly end, where probing failed, and at shutdown,
 * which may be followed by the first.
 */
static void shut(struct libscmi_instance *instance)
{
	WRITE_ONCE(instance->state, LIBSCMI_GONE);
	libscmi_host_close(instance, -ENODEV);
	libscmi_gate_shut(instance);
	if (instance->started)
		instance->ops->stop(instance->channel);
	instance->started = false;
	/* A was_reset() on the way may have opened the agent again. */
	libscmi_host_close(instance, -ENODEV);
	libscmi_host_stop(instance);
	cancel_work_sync(&instance->restore);
}

static void instance_delete(struct libscmi_instance *instance)
{
	ida_free(&numbers, instance->number);
	libscmi_instance_put(instance);
}

static int start(struct libscmi_instance *instance, const struct libscmi_supply *supply)
{
	struct scmi_transport_settings *settings = &instance->settings.transport;
	struct scmi_transport_limits *limits = &instance->limits;
	int error;

	libscmi_settings_read(instance, supply->descriptor);
	*limits = supply->transport->limits;
	error = instance->ops->start(instance->channel, settings, &libscmi_callbacks, instance,
				     limits);
	if (error) {
		libscmi_failed(instance->dev, "%s on %s did not start: %d",
			       instance->transport_name, instance->supplier_name, error);
		return error;
	}
	instance->started = true;
	/* Whatever the transport made of it, time limits are kept here. */
	if (settings->response_timeout_ms)
		limits->response_timeout_ms = settings->response_timeout_ms;
	if (!settings->delayed_timeout_ms)
		settings->delayed_timeout_ms = max(limits->response_timeout_ms, DELAYED_TIMEOUT_MS);
	error = libscmi_limits_check(instance->dev, limits);
	if (!error)
		error = libscmi_host_make_agent(instance);
	if (error)
		shut(instance);
	return error;
}

static void announce(const struct libscmi_instance *instance)
{
	const struct libscmi_identity *identity = &instance->identity;

	dev_info(instance->dev,
		 "%s: %s on %s: SCMI Protocol v%u.%u '%s:%s' Firmware version 0x%x\n",
		 instance->name, instance->transport_name, instance->supplier_name,
		 identity->base_version >> 16, identity->base_version & 0xffff, identity->vendor,
		 identity->sub_vendor, identity->implementation_version);
}

static int probe(struct platform_device *pdev)
{
	const struct libscmi_supply *supply = dev_get_platdata(&pdev->dev);
	struct libscmi_instance *instance;
	int error;

	libscmi_failed_forget(&pdev->dev);
	error = libscmi_supply_check(&pdev->dev, supply);
	if (error)
		return error;
	instance = instance_new(&pdev->dev, supply);
	if (!instance)
		return -ENOMEM;
	error = enlist(instance);
	if (error)
		goto err_delete;
	error = start(instance, supply);
	if (error)
		goto err_delist;
	error = libscmi_discover(instance);
	if (error)
		goto err_shut;
	announce(instance);
	platform_set_drvdata(pdev, instance);
	libscmi_debugfs_add(instance);
	WRITE_ONCE(instance->state, LIBSCMI_READY);
	libscmi_devices_add(instance, supply->descriptor);
	error = libscmi_raw_add(instance);
	if (error)
		dev_warn(instance->dev, "no /dev/%s: error %d\n", instance->name, error);
	return 0;

err_shut:
	shut(instance);
err_delist:
	delist(instance);
err_delete:
	instance_delete(instance);
	return error;
}

static LIBSCMI_REMOVE_RESULT remove(struct platform_device *pdev)
{
	struct libscmi_instance *instance = platform_get_drvdata(pdev);

	WRITE_ONCE(instance->state, LIBSCMI_QUIESCING);
	libscmi_limit_begin(instance, QUIESCE_MS, -ENODEV);
	cancel_work_sync(&instance->restore);
	libscmi_raw_remove(instance);
	libscmi_devices_remove(instance);
	libscmi_limit_end(instance);
	libscmi_subscriptions_end(instance);
	libscmi_debugfs_remove(instance);
	shut(instance);
	delist(instance);
	instance_delete(instance);
	return LIBSCMI_REMOVED;
}

/*
 * The machine goes down: devices of protocols were shut down before. Who still calls gets -ENODEV,
 * and the platform's device writes into no memory of ours any more.
 */
static void shutdown(struct platform_device *pdev)
{
	struct libscmi_instance *instance = platform_get_drvdata(pdev);

	if (instance)
		shut(instance);
}

static struct platform_driver driver = {
	.probe = probe,
	.remove = remove,
	.shutdown = shutdown,
	.driver = {
		.name = LIBSCMI_INSTANCE,
		/* One platform that is slow to answer delays no other's instances. */
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
		.dev_groups = libscmi_instance_groups,
		/*
		 * Not to be unbound by hand: consumers depend on the descriptor's device, and would
		 * not go first. Whoever wants an instance away unbinds that, or the supplier.
		 */
		.suppress_bind_attrs = true,
	},
};

int libscmi_instances_init(void)
{
	return platform_driver_register(&driver);
}

/* Nobody waits for platforms that are being asked who they are. */
void libscmi_instances_exit(void)
{
	struct libscmi_instance *instance;

	mutex_lock(&instances_lock);
	leaving = true;
	list_for_each_entry(instance, &instances, link)
		if (READ_ONCE(instance->state) == LIBSCMI_PROBING)
			libscmi_callbacks.gone(instance);
	mutex_unlock(&instances_lock);
	platform_driver_unregister(&driver);
}
