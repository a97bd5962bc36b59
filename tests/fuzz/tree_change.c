/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes a device tree and keeps it whole: what chance does to its bytes only destroys it. */
#include <libfdt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(array)  ((array)[(size_t)rand() % COUNT(array)])

static const char *const properties[] = {
	"compatible", "status", "reg", "mboxes", "shmem", "#mbox-cells", "#address-cells",
	"#size-cells", "arm,smc-id", "interrupts", "interrupts-extended", "interrupt-names",
	"linaro,optee-channel-id", "libscmi,supplier", "arm,max-rx-timeout-ms",
	"libscmi,max-delayed-timeout-ms", "arm,max-msg", "arm,max-msg-size",
	"libscmi,poll-budget-us", "atomic-threshold-us", "arm,no-completion-irq", "phandle",
};

static const char *const strings[] = {
	"arm,scmi", "arm,scmi-smc", "arm,scmi-smc-param", "qcom,scmi-smc", "linaro,scmi-optee",
	"arm,scmi-virtio", "virtio,device20", "arm,scmi-shmem", "virtio,mmio", "vendor,other", "okay",
	"ok", "disabled", "a2p", "",
};

static const uint32_t numbers[] = {
	0, 1, 2, 3, 4, 5, 8, 9, 0xf, 0x10, 0x13, 0x14, 0x15, 23, 24, 27, 28, 35, 36, 0x80, 0xff, 0x100,
	1024, 1025, 10000, 10001, 65528, 65529, 600000, 600001, 0x7fffffff, 0x80000000, 0xffffffff,
};

static const char *const names[] = {
	"a", "b", "firmware", "scmi", "shm@0", "shm@80", "protocol@14", "protocol@15", "virtio@0", "mhu",
};

static int random_node(const void *fdt)
{
	int count = 0, node;

	for (node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
		count++;
	count = rand() % count;
	for (node = 0; count--;)
		node = fdt_next_node(fdt, node, NULL);
	return node;
}

static uint32_t random_cell(const void *fdt)
{
	uint32_t phandle = fdt_get_phandle(fdt, random_node(fdt));

	return rand() % 2 && phandle ? phandle : PICK(numbers);
}

static int random_property(const void *fdt, int node)
{
	int count = 0, at;

	for (at = fdt_first_property_offset(fdt, node); at >= 0; at = fdt_next_property_offset(fdt, at))
		count++;
	if (!count)
		return -1;
	count = rand() % count;
	for (at = fdt_first_property_offset(fdt, node); count--;)
		at = fdt_next_property_offset(fdt, at);
	return at;
}

static void set_property(void *fdt)
{
	const char *property = PICK(properties), *string;
	int node = random_node(fdt);
	uint8_t value[128];
	size_t size = 0, length;

	switch (rand() % 4) {
	case 0:
		property = rand() % 2 ? "compatible" : property;
		string = PICK(strings);
		for (int i = 1 + rand() % 14; i; i--) {
			length = strlen(string) + 1;
			if (size + length > sizeof(value))
				break;
			memcpy(value + size, string, length);
			size += length;
			/* Often the same again: then more fit. */
			string = rand() % 4 ? string : PICK(strings);
		}
		break;
	case 1:
		size = (size_t)rand() % 9;
		for (length = 0; length < size; length++)
			value[length] = (uint8_t)rand();
		break;
	default:
		for (int i = 1 + rand() % (rand() % 2 ? 2 : 12); i; i--, size += 4)
			fdt32_st(value + size, random_cell(fdt));
	}
	fdt_setprop(fdt, node, property, value, (int)size);
}

static void change_cell(void *fdt)
{
	int at = random_property(fdt, random_node(fdt));
	const struct fdt_property *property;
	int size;

	if (at < 0)
		return;
	property = fdt_get_property_by_offset(fdt, at, &size);
	if (property && size >= 4)
		fdt32_st((uint8_t *)fdt + (property->data - (const char *)fdt) +
				 4 * (rand() % (size / 4)),
			 random_cell(fdt));
}

static void remove_property(void *fdt)
{
	int node = random_node(fdt), at = random_property(fdt, node);
	const char *name;
	char copy[64];

	if (at < 0)
		return;
	fdt_getprop_by_offset(fdt, at, &name, NULL);
	snprintf(copy, sizeof(copy), "%s", name);
	fdt_delprop(fdt, node, copy);
}

/* A node's properties once more, beside it or anywhere. */
static void copy_node(void *fdt)
{
	struct {
		char name[40];
		uint8_t value[128];
		int size;
	} kept[12];
	int from = random_node(fdt), to = random_node(fdt), count = 0, size;
	const char *property;
	char name[16];

	if (!from)
		return;
	for (int at = fdt_first_property_offset(fdt, from); at >= 0 && count < (int)COUNT(kept);
	     at = fdt_next_property_offset(fdt, at)) {
		const void *value = fdt_getprop_by_offset(fdt, at, &property, &size);

		if (!value || size > (int)sizeof(kept->value) || !strcmp(property, "phandle"))
			continue;
		snprintf(kept[count].name, sizeof(kept->name), "%s", property);
		memcpy(kept[count].value, value, (size_t)size);
		kept[count++].size = size;
	}
	snprintf(name, sizeof(name), "copy-%d", rand() % 100);
	to = fdt_add_subnode(fdt, rand() % 2 ? fdt_parent_offset(fdt, from) : to, name);
	for (int i = 0; i < count && to >= 0; i++)
		fdt_setprop(fdt, to, kept[i].name, kept[i].value, kept[i].size);
}

static void nest(void *fdt)
{
	int node = random_node(fdt);

	for (int i = rand() % 4 ? 1 : rand() % 70; i >= 0 && node >= 0; i--)
		node = fdt_add_subnode(fdt, node, PICK(names));
}

static void change(void *fdt)
{
	int node;

	switch (rand() % 16) {
	case 0:
		remove_property(fdt);
		break;
	case 1:
		node = random_node(fdt);
		if (node && rand() % 4 == 0)
			fdt_del_node(fdt, node);
		break;
	case 2:
		nest(fdt);
		break;
	case 3:
		fdt_setprop_u32(fdt, random_node(fdt), "phandle", (uint32_t)(1 + rand() % 9));
		break;
	case 4:
	case 5:
		copy_node(fdt);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		change_cell(fdt);
		break;
	default:
		set_property(fdt);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static uint8_t room[16384];

	srand(seed);
	if (rand() % 16 == 0 || size > sizeof(room) / 2 || fdt_check_full(data, size) ||
	    fdt_open_into(data, room, sizeof(room)))
		return LLVMFuzzerMutate(data, size, max_size);
	for (int i = 1 + rand() % 3; i; i--)
		change(room);
	if (fdt_pack(room) || fdt_totalsize(room) > max_size)
		return size;
	memcpy(data, room, fdt_totalsize(room));
	return fdt_totalsize(room);
}
