// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of virtio SCMI devices, and the module. What a device is for decides pairing.c.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_scmi.h>

#include <compat.h>

#include "pairing.h"

static int device_validate(struct virtio_device *vdev)
{
	if (virtio_has_feature(vdev, VIRTIO_F_VERSION_1))
		return 0;
	dev_err(&vdev->dev, "not a device of virtio 1.0 or later\n");
	return -EINVAL;
}

static struct supply *supply_of(struct virtio_device *vdev)
{
	struct channel *channel = vdev->priv;

	return container_of(channel, struct supply, channel);
}

static int device_probe(struct virtio_device *vdev)
{
	void *before = vdev->priv;
	struct supply *supply;
	int error;

	supply = kzalloc(sizeof(*supply), GFP_KERNEL);
	if (!supply)
		return -ENOMEM;
	vdev->priv = &supply->channel;
	error = channel_init(&supply->channel, vdev);
	if (error)
		goto free;
	error = pairing_init_supply(supply);
	if (error)
		goto fini;
	/*
	 * The bus drops its reference to the device's node whenever a driver goes, and has it only
	 * once. Who was bound to the device before us has left a pointer.
	 */
	if (before)
		of_node_get(vdev->dev.of_node);
	return 0;

fini:
	channel_fini(&supply->channel);
free:
	vdev->priv = before;
	kfree(supply);
	return error;
}

/* The virtio core is through with probing: until then it changes the device's status too. */
static void device_scan(struct virtio_device *vdev)
{
	pairing_add_supply(supply_of(vdev));
}

static void device_remove(struct virtio_device *vdev)
{
	struct supply *supply = supply_of(vdev);

	pairing_remove_supply(supply);
	channel_fini(&supply->channel);
	kfree(supply);
}

static int __maybe_unused device_freeze(struct virtio_device *vdev)
{
	channel_freeze(vdev->priv);
	return 0;
}

static int __maybe_unused device_restore(struct virtio_device *vdev)
{
	return channel_restore(vdev->priv);
}

#if LIBSCMI_VIRTIO_HAS_SHUTDOWN
static void device_off(struct virtio_device *vdev)
{
	channel_vanish(vdev->priv);
	virtio_device_shutdown(vdev);
}
#endif

static const struct virtio_device_id device_ids[] = {
	{ VIRTIO_ID_SCMI, VIRTIO_DEV_ANY_ID },
	{}
};
MODULE_DEVICE_TABLE(virtio, device_ids);

static const unsigned int device_features[] = { VIRTIO_SCMI_F_P2A_CHANNELS };

static struct virtio_driver device_driver = {
	.driver.name = "libscmi_virtio",
	.driver.owner = THIS_MODULE,
	.id_table = device_ids,
	.feature_table = device_features,
	.feature_table_size = ARRAY_SIZE(device_features),
	.validate = device_validate,
	.probe = device_probe,
	.scan = device_scan,
	.remove = device_remove,
#ifdef CONFIG_PM_SLEEP
	.freeze = device_freeze,
	.restore = device_restore,
#endif
#if LIBSCMI_VIRTIO_HAS_SHUTDOWN
	.shutdown = device_off,
#endif
};

/* ---- the module ------------------------------------------------------------------------------ */

static struct dentry *directory;

static int descriptors_show(struct seq_file *to, void *unused)
{
	pairing_show_descriptors(to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(descriptors);

static int devices_show(struct seq_file *to, void *unused)
{
	pairing_show_devices(to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(devices);

static int __init transport_init(void)
{
	int error = pairing_init();

	if (error)
		return error;
	error = register_virtio_driver(&device_driver);
	if (error)
		goto fini;
	error = platform_driver_register(&pairing_driver);
	if (error)
		goto unregister;
	directory = debugfs_create_dir("libscmi_virtio", NULL);
	debugfs_create_file("descriptors", 0444, directory, NULL, &descriptors_fops);
	debugfs_create_file("devices", 0444, directory, NULL, &devices_fops);
	return 0;

unregister:
	pairing_close();
	unregister_virtio_driver(&device_driver);
fini:
	pairing_fini();
	return error;
}

static void __exit transport_exit(void)
{
	debugfs_remove(directory);
	pairing_close();
	platform_driver_unregister(&pairing_driver);
	unregister_virtio_driver(&device_driver);
	pairing_fini();
}

module_init(transport_init);
module_exit(transport_exit);

MODULE_DESCRIPTION("Arm SCMI over virtio: devices, descriptors, and which belongs to which");
MODULE_LICENSE("GPL");
