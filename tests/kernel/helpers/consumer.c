// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that uses clocks, for tests: a node `compatible = "libscmi,test-consumer"` with `clocks`.
 * It switches them all on. "clocks" in sysfs tells name and rate of each, a line for each in order;
 * writing "INDEX HZ" to "rate" sets one. "round_trip_ns" is how long it takes to ask for the rate of the
 * first one, the median of a thousand times.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sort.h>

#define TIMES 1000

struct consumer {
	int count;
	struct clk_bulk_data *clocks;
};

static ssize_t clocks_show(struct device *dev, struct device_attribute *attribute, char *to)
{
	struct consumer *consumer = dev_get_drvdata(dev);
	ssize_t size = 0;

	for (int i = 0; i < consumer->count; i++)
		size += sysfs_emit_at(to, size, "%s %lu\n", __clk_get_name(consumer->clocks[i].clk),
				      clk_get_rate(consumer->clocks[i].clk));
	return size;
}
static DEVICE_ATTR_RO(clocks);

static ssize_t rate_store(struct device *dev, struct device_attribute *attribute, const char *from,
			  size_t size)
{
	struct consumer *consumer = dev_get_drvdata(dev);
	unsigned long rate;
	int index, error;

	if (sscanf(from, "%d %lu", &index, &rate) != 2 || index < 0 || index >= consumer->count)
		return -EINVAL;
	error = clk_set_rate(consumer->clocks[index].clk, rate);
	return error ? error : size;
}
static DEVICE_ATTR_WO(rate);

static int in_order(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

static ssize_t round_trip_ns_show(struct device *dev, struct device_attribute *attribute, char *to)
{
	struct consumer *consumer = dev_get_drvdata(dev);
	u32 *times = kcalloc(TIMES, sizeof(*times), GFP_KERNEL);
	ssize_t size;

	if (!times)
		return -ENOMEM;
	for (int i = 0; i < TIMES; i++) {
		u64 start = ktime_get_ns();

		clk_get_rate(consumer->clocks[0].clk);
		times[i] = ktime_get_ns() - start;
	}
	sort(times, TIMES, sizeof(*times), in_order, NULL);
	size = sysfs_emit(to, "%u\n", times[TIMES / 2]);
	kfree(times);
	return size;
}
static DEVICE_ATTR_RO(round_trip_ns);

static struct attribute *consumer_attrs[] = {
	&dev_attr_clocks.attr,
	&dev_attr_rate.attr,
	&dev_attr_round_trip_ns.attr,
	NULL,
};
ATTRIBUTE_GROUPS(consumer);

static void off(void *data)
{
	struct consumer *consumer = data;

	clk_bulk_disable_unprepare(consumer->count, consumer->clocks);
}

static int probe(struct platform_device *pdev)
{
	struct consumer *consumer = devm_kzalloc(&pdev->dev, sizeof(*consumer), GFP_KERNEL);
	int error;

	if (!consumer)
		return -ENOMEM;
	consumer->count = devm_clk_bulk_get_all(&pdev->dev, &consumer->clocks);
	if (consumer->count < 0)
		return dev_err_probe(&pdev->dev, consumer->count, "no clocks\n");
	error = clk_bulk_prepare_enable(consumer->count, consumer->clocks);
	if (error)
		return error;
	platform_set_drvdata(pdev, consumer);
	return devm_add_action_or_reset(&pdev->dev, off, consumer);
}

static const struct of_device_id matches[] = {
	{ .compatible = "libscmi,test-consumer" },
	{}
};
MODULE_DEVICE_TABLE(of, matches);

static struct platform_driver consumer_driver = {
	.probe = probe,
	.driver = {
		.name = "libscmi-test-consumer",
		.of_match_table = matches,
		.dev_groups = consumer_groups,
	},
};
module_platform_driver(consumer_driver);

MODULE_DESCRIPTION("A device that uses clocks, for tests of libscmi");
MODULE_LICENSE("GPL");
