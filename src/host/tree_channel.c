/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Channels: mailboxes, the memories behind them, OP-TEE's numbers. */
#include <inttypes.h>
#include <string.h>

#include "tree_reading.h"

/* What stands in front of a message in a channel's memory, with the message's header. */
#define MEMORY_MIN 28u

/* Qualcomm's hypervisor keeps its capability behind the message. */
#define CAPABILITY_SIZE 8u

/* A 64-bit number is the most that two cells hold. */
#define ADDRESS_CELLS_MAX 4u
#define SIZE_CELLS_MAX	  2u

/*
 * Which mailbox is for what follows from their number and that of the memories, never from names:
 * those are optional.
 */
static const struct combination {
	uint32_t mailboxes;
	uint32_t memories;
	const char *roles[SCMI_TREE_MAILBOXES_MAX];
} combinations[] = {
	{1, 1, {"tx"}},
	{2, 1, {"tx", "tx_reply"}},
	{2, 2, {"tx", "rx"}},
	{3, 2, {"tx", "tx_reply", "rx"}},
	{4, 2, {"tx", "tx_reply", "rx", "rx_reply"}},
};

#define COMBINATION_COUNT (sizeof(combinations) / sizeof(combinations[0]))

static bool cells_of(struct tree_reading *reading, uint32_t node, const char *property,
		     const void **cells, uint32_t *count)
{
	size_t size;

	*cells = tree_property(&reading->index, node, property, &size);
	*count = (uint32_t)(size / 4);
	if (size % 4)
		return tree_wrong(reading, node, "%s has %zu bytes; cells have 4 each", property,
				  size);
	if (*cells && !size)
		return tree_wrong(reading, node, "%s is empty", property);
	return true;
}

static bool mailbox_at(struct tree_reading *reading, uint32_t node, const void *cells,
		       uint32_t count, uint32_t *used, uint32_t entry,
		       struct scmi_tree_mailbox *mailbox)
{
	uint32_t phandle = tree_cell(cells, *used);
	uint32_t controller = tree_by_phandle(&reading->index, phandle);
	const void *size_cell;
	uint32_t size;

	if (controller == TREE_NONE)
		return tree_wrong(reading, node,
				  "mboxes: entry %" PRIu32 " names phandle 0x%" PRIx32
				  ", which no node has, or several",
				  entry, phandle);
	mailbox->controller = tree_keep_path(reading, controller);
	if (!mailbox->controller ||
	    !cells_of(reading, controller, "#mbox-cells", &size_cell, &size))
		return false;
	if (size != 1 || tree_cell(size_cell, 0) > SCMI_TREE_CELLS_MAX)
		return tree_wrong(reading, node,
				  "mboxes: entry %" PRIu32
				  " names %s, whose #mbox-cells is not a number "
				  "up to %d",
				  entry, mailbox->controller, SCMI_TREE_CELLS_MAX);
	mailbox->cell_count = tree_cell(size_cell, 0);
	if (mailbox->cell_count > count - *used - 1)
		return tree_wrong(reading, node,
				  "mboxes has %" PRIu32 " cells, too few for entry %" PRIu32
				  ": %s wants %" PRIu32 " behind its phandle",
				  count, entry, mailbox->controller, mailbox->cell_count);
	for (uint32_t i = 0; i < mailbox->cell_count; i++)
		mailbox->cells[i] = tree_cell(cells, *used + 1 + i);
	*used += 1 + mailbox->cell_count;
	return true;
}

static bool read_mailboxes(struct tree_reading *reading, uint32_t node,
			   struct scmi_tree_channel *channel)
{
	const void *cells;
	uint32_t count;
	uint32_t used = 0;

	if (!cells_of(reading, node, "mboxes", &cells, &count))
		return false;
	if (!cells)
		return tree_wrong(reading, node, "mboxes is missing");
	while (used < count) {
		if (channel->mailbox_count == SCMI_TREE_MAILBOXES_MAX)
			return tree_wrong(reading, node, "mboxes has more than %d entries",
					  SCMI_TREE_MAILBOXES_MAX);
		if (!mailbox_at(reading, node, cells, count, &used, channel->mailbox_count,
				&channel->mailboxes[channel->mailbox_count]))
			return false;
		channel->mailbox_count++;
	}
	return true;
}

/* How many cells a node's children use for an address or a size. */
static bool read_cell_count(struct tree_reading *reading, uint32_t node, const char *property,
			    uint32_t otherwise, uint32_t max, uint32_t *count)
{
	struct scmi_tree_limit number = {.value = otherwise};

	if (!tree_number(reading, node, property, 0, max, &number))
		return false;
	*count = number.value;
	return true;
}

/* The size that the first part of `reg` gives. */
static bool read_memory(struct tree_reading *reading, uint32_t node,
			struct scmi_tree_memory *memory, uint32_t min)
{
	uint32_t parent = reading->index.nodes[node].parent;
	uint32_t address_cells, size_cells, count;
	const void *cells;

	if (parent == TREE_NONE ||
	    !tree_has_string(&reading->index, node, "compatible", "arm,scmi-shmem"))
		return tree_wrong(reading, node, "compatible lacks arm,scmi-shmem");
	if (!read_cell_count(reading, parent, "#address-cells", 2, ADDRESS_CELLS_MAX,
			     &address_cells) ||
	    !read_cell_count(reading, parent, "#size-cells", 1, SIZE_CELLS_MAX, &size_cells) ||
	    !cells_of(reading, node, "reg", &cells, &count))
		return false;
	if (!cells)
		return tree_wrong(reading, node, "reg is missing");
	if (!size_cells || count < address_cells + size_cells)
		return tree_wrong(reading, node,
				  "reg has %" PRIu32 " cells; an address has %" PRIu32
				  ", a size %" PRIu32,
				  count, address_cells, size_cells);
	for (uint32_t i = 0; i < size_cells; i++)
		memory->size = memory->size << 32 | tree_cell(cells, address_cells + i);
	if (memory->size < min)
		return tree_wrong(reading, node,
				  "reg has a size of %" PRIu64
				  " bytes; a channel takes at least %" PRIu32,
				  memory->size, min);
	return true;
}

static bool read_memories(struct tree_reading *reading, uint32_t node, uint32_t min,
			  struct scmi_tree_channel *channel)
{
	uint32_t nodes[SCMI_TREE_MEMORIES_MAX];
	const void *cells;
	uint32_t count;

	if (!cells_of(reading, node, "shmem", &cells, &count))
		return false;
	if (count > SCMI_TREE_MEMORIES_MAX)
		return tree_wrong(reading, node,
				  "shmem has %" PRIu32 " entries; there are at most %d", count,
				  SCMI_TREE_MEMORIES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		struct scmi_tree_memory *memory = &channel->memories[i];

		nodes[i] = tree_by_phandle(&reading->index, tree_cell(cells, i));
		if (nodes[i] == TREE_NONE)
			return tree_wrong(reading, node,
					  "shmem: entry %" PRIu32 " names phandle 0x%" PRIx32
					  ", which no node has, or several",
					  i, tree_cell(cells, i));
		memory->path = tree_keep_path(reading, nodes[i]);
		if (!memory->path)
			return false;
		if (i && nodes[i] == nodes[0])
			return tree_wrong(reading, node, "shmem names %s twice", memory->path);
		if (!read_memory(reading, nodes[i], memory, min))
			return false;
		channel->memory_count++;
	}
	return true;
}

static bool give_roles(struct tree_reading *reading, uint32_t node,
		       struct scmi_tree_channel *channel)
{
	const struct combination *combination = combinations;
	size_t i;

	for (i = 0; i < COMBINATION_COUNT; i++, combination++) {
		if (combination->mailboxes == channel->mailbox_count &&
		    combination->memories == channel->memory_count)
			break;
	}
	if (i == COMBINATION_COUNT)
		return tree_wrong(reading, node,
				  "mboxes has %" PRIu32 " entries where shmem has %" PRIu32
				  "; there are 1 with 1, 2 with 1 or 2, 3 with 2, 4 with 2",
				  channel->mailbox_count, channel->memory_count);
	for (i = 0; i < channel->mailbox_count; i++)
		channel->mailboxes[i].role = combination->roles[i];
	return true;
}

static bool read_optee(struct tree_reading *reading, uint32_t node,
		       struct scmi_tree_channel *channel)
{
	struct scmi_tree_limit number = {0};

	if (!tree_number(reading, node, "linaro,optee-channel-id", 0, UINT32_MAX, &number))
		return false;
	if (!number.given)
		return tree_wrong(reading, node, "linaro,optee-channel-id is missing");
	channel->has_optee_channel = true;
	channel->optee_channel = number.value;
	return true;
}

static bool need_memory(struct tree_reading *reading, uint32_t node,
			const struct scmi_tree_channel *channel)
{
	return channel->memory_count || tree_wrong(reading, node, "shmem is missing");
}

bool tree_has_channel(const struct tree_reading *reading, uint32_t node)
{
	static const char *const properties[] = {"mboxes", "shmem", "linaro,optee-channel-id"};
	size_t size;

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (tree_property(&reading->index, node, properties[i], &size))
			return true;
	}
	return false;
}

bool tree_channel(struct tree_reading *reading, uint32_t node, bool own,
		  const struct scmi_tree_descriptor *descriptor, struct scmi_tree_channel *channel)
{
	uint32_t min = MEMORY_MIN;

	if (!strcmp(descriptor->compatible[0], "qcom,scmi-smc"))
		min += CAPABILITY_SIZE;
	switch (descriptor->transport) {
	case SCMI_TREE_MAILBOX:
		return read_mailboxes(reading, node, channel) &&
		       read_memories(reading, node, min, channel) &&
		       need_memory(reading, node, channel) && give_roles(reading, node, channel);
	case SCMI_TREE_SMC:
		return read_memories(reading, node, min, channel) &&
		       need_memory(reading, node, channel);
	case SCMI_TREE_OPTEE:
		/* The secure side has memory of its own where the tree names none. */
		return read_optee(reading, node, channel) &&
		       read_memories(reading, node, min, channel);
	case SCMI_TREE_VIRTIO:
		break;
	}
	return !own ||
	       tree_wrong(reading, node, "a protocol has no channel of its own over virtio");
}
