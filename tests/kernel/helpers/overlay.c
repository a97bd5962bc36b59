// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of the device tree that come and go, for tests: a path written to the parameter "add" is that
 * of an overlay, which is added; anything written to "remove" removes the latest that is there.
 */
#include <linux/kernel_read_file.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define OVERLAYS 16

static int overlays[OVERLAYS];
static unsigned int count;

static int add(const char *text, const struct kernel_param *parameter)
{
	char path[128];
	void *blob = NULL;
	ssize_t size;
	int error;

	if (count == OVERLAYS || sscanf(text, "%127s", path) != 1)
		return -EINVAL;
	size = kernel_read_file_from_path(path, 0, &blob, INT_MAX, NULL, READING_UNKNOWN);
	if (size < 0)
		return size;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	error = of_overlay_fdt_apply(blob, size, &overlays[count], NULL);
#else
	error = of_overlay_fdt_apply(blob, size, &overlays[count]);
#endif
	vfree(blob);
	if (error)
		of_overlay_remove(&overlays[count]);
	else
		count++;
	return error;
}

static int drop(const char *text, const struct kernel_param *parameter)
{
	int error;

	if (!count)
		return -ENOENT;
	error = of_overlay_remove(&overlays[count - 1]);
	if (!error)
		count--;
	return error;
}

static const struct kernel_param_ops add_ops = { .set = add };
static const struct kernel_param_ops drop_ops = { .set = drop };
module_param_cb(add, &add_ops, NULL, 0200);
module_param_cb(remove, &drop_ops, NULL, 0200);

static int __init start(void)
{
	return 0;
}
module_init(start);

static void __exit end(void)
{
	while (count && !drop("", NULL))
		;
}
module_exit(end);

MODULE_DESCRIPTION("Device tree overlays for tests of libscmi");
MODULE_LICENSE("GPL");
