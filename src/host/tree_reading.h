/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the tree's reader share. */
#ifndef SCMI_HOST_TREE_READING_H
#define SCMI_HOST_TREE_READING_H

#include "tree_index.h"
#include "tree_read.h"

/* Memory that lives as long as the list of instances. */
struct tree_block {
	struct tree_block *next;
};

struct scmi_tree_instances {
	struct tree_block *blocks;
	struct scmi_tree_descriptor descriptors[SCMI_TREE_INSTANCES_MAX];
	uint32_t nodes[SCMI_TREE_INSTANCES_MAX];   /* of each descriptor, while reading */
	uint32_t devices[SCMI_TREE_INSTANCES_MAX]; /* virtio: the bus device's node, or TREE_NONE */
	size_t count;
};

struct tree_reading {
	struct tree_index index;
	struct scmi_tree_instances *instances;
	bool out_of_memory;
	char why[512]; /* about the descriptor that is being read */
};

/* Zeroed; NULL with out_of_memory set. */
void *tree_keep(struct tree_reading *reading, size_t size);

/* "PATH: …", unless something is wrong already. Always false. */
bool tree_wrong(struct tree_reading *reading, uint32_t node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The node's path, kept; NULL, with what is wrong, if it is too long. */
const char *tree_keep_path(struct tree_reading *reading, uint32_t node);

/* A property of one cell from min to max. False: it is wrong. Absent is not. */
bool tree_number(struct tree_reading *reading, uint32_t node, const char *property, uint32_t min,
		 uint32_t max, struct scmi_tree_limit *number);

/* The node that a property of one phandle names. False: it is wrong. Absent: TREE_NONE. */
bool tree_reference(struct tree_reading *reading, uint32_t node, const char *property,
		    uint32_t *target);

/* tree_channel.c: the channel that a descriptor, or one of its protocol nodes, describes. */
bool tree_channel(struct tree_reading *reading, uint32_t node, bool own,
		  const struct scmi_tree_descriptor *descriptor, struct scmi_tree_channel *channel);

/* Does a protocol node say anything of a channel? */
bool tree_has_channel(const struct tree_reading *reading, uint32_t node);

#endif
