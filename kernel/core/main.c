// SPDX-License-Identifier: GPL-2.0-only
#include "instance.h"
#include "raw.h"

struct workqueue_struct *libscmi_workqueue;

static int __init libscmi_init(void)
{
	int error;

	/* Not bound to a CPU: callbacks of drivers may take long, and instances are independent. */
	libscmi_workqueue = alloc_workqueue("libscmi", WQ_UNBOUND, 0);
	if (!libscmi_workqueue)
		return -ENOMEM;
	error = libscmi_bus_init();
	if (error)
		goto err_workqueue;
	error = libscmi_failures_init(libscmi_debugfs_init());
	if (error)
		goto err_debugfs;
	error = libscmi_raw_init();
	if (error)
		goto err_failures;
	error = libscmi_instances_init();
	if (error)
		goto err_raw;
	return 0;

err_raw:
	libscmi_raw_exit();
err_failures:
	libscmi_failures_exit();
err_debugfs:
	libscmi_debugfs_exit();
	libscmi_bus_exit();
err_workqueue:
	destroy_workqueue(libscmi_workqueue);
	return error;
}
module_init(libscmi_init);

static void __exit libscmi_exit(void)
{
	libscmi_instances_exit();
	libscmi_raw_exit();
	libscmi_failures_exit();
	libscmi_debugfs_exit();
	libscmi_bus_exit();
	destroy_workqueue(libscmi_workqueue);
}
module_exit(libscmi_exit);

/* A transport's platform device brings it. */
MODULE_ALIAS("platform:" LIBSCMI_INSTANCE);
MODULE_DESCRIPTION("Arm SCMI: agent engine, instances and their bus");
MODULE_LICENSE("GPL");
