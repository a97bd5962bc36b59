// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever has clocks in hand, for tests: those of the node /holder. It is no device, so nothing
 * takes the clocks away from it when their driver goes.
 *
 * debugfs libscmi-test-holder/do takes one of
 *
 *	get, put                     all of them
 *	prepare I, unprepare I       I counts the node's clocks from 0
 *	enable I, disable I          with interrupts off
 *	set I HZ, round I HZ
 *	parent I J                   J: another of them
 *	duty I NUMERATOR DENOMINATOR
 *	divide I                     "half", a clock of half its rate; "divide -1": none
 *
 * and fails as the call does. libscmi-test-holder/said has what it returned beyond that, and
 * clocks a line for each: its name, rate, the name of its parent, its duty cycle in percent.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#define CLOCKS_MAX 32

static struct dentry *directory;
static struct device_node *node;
static struct clk *clocks[CLOCKS_MAX];
static int count;
static struct clk_hw *half;
static long said;
static DEFINE_MUTEX(lock);

static void put_all(void)
{
	while (count)
		clk_put(clocks[--count]);
}

static int get_all(void)
{
	int wanted = min(of_count_phandle_with_args(node, "clocks", "#clock-cells"), CLOCKS_MAX);

	if (count)
		return -EBUSY;
	while (count < wanted) {
		struct clk *clock = of_clk_get(node, count);

		if (IS_ERR(clock)) {
			put_all();
			return PTR_ERR(clock);
		}
		clocks[count++] = clock;
	}
	return wanted < 0 ? wanted : 0;
}

static int enable_atomic(struct clk *clock)
{
	unsigned long flags;
	int error;

	local_irq_save(flags);
	error = clk_enable(clock);
	local_irq_restore(flags);
	return error;
}

static void disable_atomic(struct clk *clock)
{
	unsigned long flags;

	local_irq_save(flags);
	clk_disable(clock);
	local_irq_restore(flags);
}

static int divide(struct clk *clock)
{
	if (half)
		clk_hw_unregister_fixed_factor(half);
	half = clock ? clk_hw_register_fixed_factor(NULL, "half", __clk_get_name(clock), 0, 1, 2)
		     : NULL;
	if (!IS_ERR(half))
		return 0;
	half = NULL;
	return -EINVAL;
}

static int act(const char *what, struct clk *clock, unsigned long a, unsigned long b)
{
	if (!strcmp(what, "prepare"))
		return clk_prepare(clock);
	if (!strcmp(what, "unprepare"))
		clk_unprepare(clock);
	else if (!strcmp(what, "enable"))
		return enable_atomic(clock);
	else if (!strcmp(what, "disable"))
		disable_atomic(clock);
	else if (!strcmp(what, "set"))
		return clk_set_rate(clock, a);
	else if (!strcmp(what, "round"))
		said = clk_round_rate(clock, a);
	else if (!strcmp(what, "parent"))
		return a < count ? clk_set_parent(clock, clocks[a]) : -EINVAL;
	else if (!strcmp(what, "duty"))
		return clk_set_duty_cycle(clock, a, b);
	else if (!strcmp(what, "divide"))
		return divide(clock);
	else
		return -ENOSYS;
	return 0;
}

static int act_on(const char *what, int index, unsigned long a, unsigned long b)
{
	if (!strcmp(what, "get"))
		return get_all();
	if (!strcmp(what, "put")) {
		put_all();
		return 0;
	}
	if (!strcmp(what, "divide") && index < 0)
		return divide(NULL);
	if (index < 0 || index >= count)
		return -EINVAL;
	return act(what, clocks[index], a, b);
}

static ssize_t do_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	char line[80];
	char what[16];
	unsigned long a = 0;
	unsigned long b = 0;
	int index = -1;
	int error;

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, size))
		return -EFAULT;
	line[size] = '\0';
	if (sscanf(line, "%15s %d %lu %lu", what, &index, &a, &b) < 1)
		return -EINVAL;
	mutex_lock(&lock);
	said = 0;
	error = act_on(what, index, a, b);
	mutex_unlock(&lock);
	return error ? error : size;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.write = do_write,
};

static int said_show(struct seq_file *to, void *unused)
{
	seq_printf(to, "%ld\n", said);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(said);

static int clocks_show(struct seq_file *to, void *unused)
{
	mutex_lock(&lock);
	for (int i = 0; i < count; i++) {
		struct clk *parent = clk_get_parent(clocks[i]);

		seq_printf(to, "%s %lu %s %d\n", clocks[i] ? __clk_get_name(clocks[i]) : "-",
			   clk_get_rate(clocks[i]), parent ? __clk_get_name(parent) : "-",
			   clk_get_scaled_duty_cycle(clocks[i], 100));
	}
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clocks);

static int __init holder_init(void)
{
	node = of_find_node_by_path("/holder");
	if (!node)
		return -ENODEV;
	directory = debugfs_create_dir("libscmi-test-holder", NULL);
	debugfs_create_file("do", 0200, directory, NULL, &do_fops);
	debugfs_create_file("said", 0400, directory, NULL, &said_fops);
	debugfs_create_file("clocks", 0400, directory, NULL, &clocks_fops);
	return 0;
}

static void __exit holder_exit(void)
{
	debugfs_remove_recursive(directory);
	divide(NULL);
	put_all();
	of_node_put(node);
}

module_init(holder_init);
module_exit(holder_exit);

MODULE_DESCRIPTION("Holds clocks, for tests of libscmi");
MODULE_LICENSE("GPL");
