/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reader of device trees. The input is a tree; tree_change.c makes another of it. What the reader
 * says of it is compared with the tree itself, looked at the plain way.
 */
#include <libfdt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <host/tree_read.h>

#include "reached.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mark {
	DAMAGED,
	TOO_MUCH,
	NOTHING,
	WRONG,
	COMBINATIONS, /* 5 of mailboxes and memories */
	SMC = COMBINATIONS + 5,
	SMC_WITH_INTERRUPT,
	OPTEE,
	OPTEE_WITH_MEMORY,
	VIRTIO_UNNAMED,
	VIRTIO_NAMED,
	VIRTIO_OWN_NODE,
	GAVE_WAY,
	PROTOCOLS,
	OWN_CHANNEL,
	LIMITS, /* 6 */
	NO_IRQ = LIMITS + 6,
	MARKS,
};

static const char *const mark_names[MARKS] = {
	"damaged", "too much",	   "nothing",	  "wrong",   "1 with 1",     "2 with 1",
	"2 with 2", "3 with 2",	   "4 with 2",	  "smc",     "interrupt",    "optee",
	"optee with memory",	   "unnamed",	  "named",   "own node",     "gave way",
	"protocols", "own channel", "response",	  "delayed", "messages",     "payload",
	"poll budget",		   "threshold",	  "no completion irq",
};

static const struct {
	const char *compatible;
	enum scmi_tree_transport transport;
} known[] = {
	{"arm,scmi", SCMI_TREE_MAILBOX},      {"arm,scmi-smc", SCMI_TREE_SMC},
	{"arm,scmi-smc-param", SCMI_TREE_SMC}, {"qcom,scmi-smc", SCMI_TREE_SMC},
	{"linaro,scmi-optee", SCMI_TREE_OPTEE}, {"arm,scmi-virtio", SCMI_TREE_VIRTIO},
	{"virtio,device20", SCMI_TREE_VIRTIO},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what must hold -------------------------------------------------------------------------- */

static void must(bool holds, const char *what, const char *path)
{
	if (holds)
		return;
	fprintf(stderr, "tree: %s: %s\n", path, what);
	abort();
}

/* The one node of that path; -1 if several have it. */
static int node_at(const void *fdt, const char *path)
{
	char its[2048];
	int found = -1;

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		if (fdt_get_path(fdt, node, its, sizeof(its)) || strcmp(its, path))
			continue;
		if (found >= 0)
			return -1;
		found = node;
	}
	return found;
}

static bool is_enabled(const void *fdt, int node)
{
	for (; node >= 0; node = node ? fdt_parent_offset(fdt, node) : -1) {
		int size;
		const char *status = fdt_getprop(fdt, node, "status", &size);

		if (status && (size != 5 || memcmp(status, "okay", 5)) &&
		    (size != 3 || memcmp(status, "ok", 3)))
			return false;
	}
	return true;
}

/* The first of its strings that is known: its index, or -1. */
static int kind_of(const void *fdt, int node)
{
	int size;
	const char *strings = fdt_getprop(fdt, node, "compatible", &size);

	while (strings && size > 0) {
		size_t length = strnlen(strings, (size_t)size);

		if (length == (size_t)size)
			break;
		for (size_t i = 0; i < COUNT(known); i++)
			if (!strcmp(known[i].compatible, strings))
				return (int)i;
		strings += length + 1;
		size -= (int)length + 1;
	}
	return -1;
}

static bool is_own_node(const void *fdt, int node)
{
	return !fdt_node_check_compatible(fdt, node, "virtio,device20");
}

static void check_limits(const void *fdt, int node, const struct scmi_tree_descriptor *descriptor)
{
	const struct {
		const char *property;
		const struct scmi_tree_limit *limit;
		uint32_t min, max;
	} limits[] = {
		{"arm,max-rx-timeout-ms", &descriptor->response_timeout_ms, 1, 600000},
		{"libscmi,max-delayed-timeout-ms", &descriptor->delayed_timeout_ms, 1, 600000},
		{"arm,max-msg", &descriptor->messages_max, 1, 1024},
		{"arm,max-msg-size", &descriptor->payload_max, 24, 65528},
		{"libscmi,poll-budget-us", &descriptor->poll_budget_us, 0, 10000},
		{"atomic-threshold-us", &descriptor->atomic_threshold_us, 0, UINT32_MAX},
	};
	int size;

	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct scmi_tree_limit *limit = limits[i].limit;
		const fdt32_t *cell = fdt_getprop(fdt, node, limits[i].property, &size);

		must(limit->given == (cell != NULL), limits[i].property, descriptor->path);
		if (!cell)
			continue;
		reached(LIMITS + i);
		must(size == 4 && fdt32_ld(cell) == limit->value, limits[i].property,
		     descriptor->path);
		must(limit->value >= limits[i].min && limit->value <= limits[i].max,
		     "a limit out of its range", descriptor->path);
	}
	must(descriptor->no_completion_irq ==
		     (fdt_getprop(fdt, node, "arm,no-completion-irq", &size) != NULL),
	     "arm,no-completion-irq", descriptor->path);
	if (descriptor->no_completion_irq)
		reached(NO_IRQ);
}

static void check_channel(const char *path, enum scmi_tree_transport transport, const char *compatible,
			  const struct scmi_tree_channel *channel)
{
	static const uint32_t pairs[][2] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {4, 2}};
	size_t pair = 0;

	must(channel->mailbox_count <= SCMI_TREE_MAILBOXES_MAX &&
		     channel->memory_count <= SCMI_TREE_MEMORIES_MAX,
	     "more than there is room for", path);
	for (uint32_t i = 0; i < channel->mailbox_count; i++)
		must(channel->mailboxes[i].controller[0] == '/' && channel->mailboxes[i].role &&
			     channel->mailboxes[i].cell_count <= SCMI_TREE_CELLS_MAX,
		     "a mailbox", path);
	for (uint32_t i = 0; i < channel->memory_count; i++)
		must(channel->memories[i].path[0] == '/' &&
			     channel->memories[i].size >=
				     (strcmp(compatible, "qcom,scmi-smc") ? 28 : 36),
		     "a memory that is too small", path);
	must(transport == SCMI_TREE_MAILBOX || !channel->mailbox_count, "mailboxes", path);
	must(transport != SCMI_TREE_SMC || channel->memory_count, "no memory", path);
	must(channel->has_optee_channel == (transport == SCMI_TREE_OPTEE), "OP-TEE channel", path);
	if (transport != SCMI_TREE_MAILBOX)
		return;
	while (pair < COUNT(pairs) && (pairs[pair][0] != channel->mailbox_count ||
				       pairs[pair][1] != channel->memory_count))
		pair++;
	must(pair < COUNT(pairs), "mailboxes and memories that do not fit", path);
	reached(COMBINATIONS + pair);
}

/* Its mailboxes are what the property has, to the last cell. */
static void check_mailboxes(const void *fdt, int node, const struct scmi_tree_descriptor *descriptor)
{
	uint32_t cells = 0;
	int size = 0;

	for (uint32_t i = 0; i < descriptor->channel.mailbox_count; i++)
		cells += 1 + descriptor->channel.mailboxes[i].cell_count;
	if (descriptor->transport == SCMI_TREE_MAILBOX)
		fdt_getprop(fdt, node, "mboxes", &size);
	must((uint32_t)size == 4 * cells, "not the cells of mboxes", descriptor->path);
}

static void check_protocols(const void *fdt, int node,
			    const struct scmi_tree_descriptor *descriptor)
{
	bool seen[256] = {false};
	int child, size;

	for (uint32_t i = 0; i < descriptor->protocol_count; i++) {
		const struct scmi_tree_protocol_node *protocol = &descriptor->protocols[i];
		bool is_there = false;

		reached(PROTOCOLS);
		must(protocol->protocol_id >= 0x10 && !seen[protocol->protocol_id],
		     "a protocol twice, or one that cannot be", descriptor->path);
		seen[protocol->protocol_id] = true;
		fdt_for_each_subnode(child, fdt, node) {
			const fdt32_t *reg = fdt_getprop(fdt, child, "reg", &size);

			is_there |= reg && size == 4 && fdt32_ld(reg) == protocol->protocol_id &&
				    is_enabled(fdt, child);
		}
		must(is_there, "a protocol without a node", descriptor->path);
		if (!protocol->own_channel)
			continue;
		reached(OWN_CHANNEL);
		must(descriptor->transport != SCMI_TREE_VIRTIO, "a channel over virtio",
		     descriptor->path);
		check_channel(descriptor->path, descriptor->transport, descriptor->compatible[0],
			      &protocol->channel);
	}
}

static void mark(const struct scmi_tree_descriptor *descriptor)
{
	switch (descriptor->transport) {
	case SCMI_TREE_MAILBOX:
		break;
	case SCMI_TREE_SMC:
		reached(descriptor->has_interrupt ? SMC_WITH_INTERRUPT : SMC);
		break;
	case SCMI_TREE_OPTEE:
		reached(descriptor->channel.memory_count ? OPTEE_WITH_MEMORY : OPTEE);
		break;
	case SCMI_TREE_VIRTIO:
		reached(descriptor->own_node   ? VIRTIO_OWN_NODE
			: descriptor->supplier ? VIRTIO_NAMED
					       : VIRTIO_UNNAMED);
		break;
	}
}

static void check_descriptor(const void *fdt, const struct scmi_tree_descriptor *descriptor)
{
	int node = node_at(fdt, descriptor->path), kind;
	size_t count = 0;

	if (descriptor->error) {
		reached(WRONG);
		must(strstr(descriptor->error, ": ") != NULL, "no sentence", descriptor->path);
		return;
	}
	must(!strcmp(descriptor->descriptor.name, descriptor->path), "its name", descriptor->path);
	must(descriptor->supplier || descriptor->transport == SCMI_TREE_VIRTIO, "no supplier",
	     descriptor->path);
	for (; descriptor->compatible[count]; count++) {
		size_t i = 0;

		while (i < COUNT(known) && strcmp(known[i].compatible, descriptor->compatible[count]))
			i++;
		must(i < COUNT(known), "a compatible string that is none", descriptor->path);
	}
	must(count >= 1 && count <= 9, "compatible", descriptor->path);
	check_channel(descriptor->path, descriptor->transport, descriptor->compatible[0],
		      &descriptor->channel);
	mark(descriptor);
	/* Where several nodes have one path nobody can say which was meant. */
	if (node < 0)
		return;
	kind = kind_of(fdt, node);
	must(is_enabled(fdt, node), "not enabled", descriptor->path);
	must(kind >= 0 && known[kind].transport == descriptor->transport, "its transport",
	     descriptor->path);
	check_limits(fdt, node, descriptor);
	check_mailboxes(fdt, node, descriptor);
	check_protocols(fdt, node, descriptor);
}

/* Each enabled node of a known kind is in the list, but own nodes that give way. */
static void check_count(const void *fdt, size_t count)
{
	size_t others = 0, own = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		int kind = is_enabled(fdt, node) ? kind_of(fdt, node) : -1;

		if (kind >= 0 && known[kind].transport == SCMI_TREE_VIRTIO && is_own_node(fdt, node))
			own++;
		else if (kind >= 0)
			others++;
	}
	must(count >= others && count <= others + own && (others || count == own),
	     "a node is missing, or too many are listed", "/");
	if (count < others + own)
		reached(GAVE_WAY);
}

/* No two of a list may mean the same device, one of them by itself. */
static void check_devices(const struct scmi_tree_instances *instances)
{
	const struct scmi_tree_descriptor *a, *b;

	for (size_t i = 0; (a = scmi_tree_at(instances, i)); i++) {
		for (size_t j = 0; a->own_node && !a->error && (b = scmi_tree_at(instances, j)); j++)
			must(b->own_node || b->error || b->transport != SCMI_TREE_VIRTIO ||
				     !b->supplier || strcmp(a->supplier, b->supplier),
			     "does not give way", a->path);
	}
}

/* Past the end of an array inside a structure is a find, too. */
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1";
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("kinds of descriptors", mark_names, MARKS);
	return 0;
}

static bool has_double_paths(const void *fdt)
{
	char path[2048];

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
		if (!fdt_get_path(fdt, node, path, sizeof(path)) && node_at(fdt, path) < 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scmi_tree_instances *instances = NULL;
	const struct scmi_tree_descriptor *descriptor;
	char why[256] = "";
	uint8_t *blob = malloc(size ? size : 1);
	size_t count = 0;
	int error;

	/* Of its own size, and gone before anything is looked at. */
	memcpy(blob, data, size);
	error = scmi_tree_read(&instances, blob, size, why, sizeof(why));
	free(blob);
	if (error) {
		reached(error == -E2BIG ? TOO_MUCH : DAMAGED);
		must(error == -EINVAL || error == -E2BIG, "an error that is none", "");
		must(why[0], "refused without a sentence", "");
		return 0;
	}
	must(!fdt_check_full(data, size), "a damaged tree is taken", "");
	for (; (descriptor = scmi_tree_at(instances, count)); count++)
		check_descriptor(data, descriptor);
	if (!count)
		reached(NOTHING);
	check_count(data, count);
	if (!has_double_paths(data))
		check_devices(instances);
	scmi_tree_free(instances);
	return 0;
}
