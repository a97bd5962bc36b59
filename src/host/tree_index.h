/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All nodes of a checked tree in a table, so that no question about a node walks the tree again: a
 * hostile one makes nobody wait.
 */
#ifndef SCMI_HOST_TREE_INDEX_H
#define SCMI_HOST_TREE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 64
#define TREE_PATH_SIZE 1024
#define TREE_NONE      UINT32_MAX

struct tree_node {
	int offset;
	uint32_t parent; /* TREE_NONE for the root */
	uint32_t depth;
	uint32_t phandle; /* 0: none */
	bool available;	  /* it and all above it are enabled */
};

struct tree_index {
	const void *fdt;
	struct tree_node *nodes; /* each before its children */
	uint32_t count;
	uint32_t *by_phandle; /* nodes that have one, sorted by it */
	uint32_t phandle_count;
};

/* 0, -EINVAL, -E2BIG, -ENOMEM; then with a sentence and nothing to be freed. */
int tree_index_init(struct tree_index *index, const void *blob, size_t size, char *why,
		    size_t why_size);
void tree_index_fini(struct tree_index *index);

/* False: it is too long. */
bool tree_path(const struct tree_index *index, uint32_t node, char path[TREE_PATH_SIZE]);

/* TREE_NONE if no node has it, or several have. */
uint32_t tree_by_phandle(const struct tree_index *index, uint32_t phandle);

/* The first child, and the next; TREE_NONE behind the last. Disabled ones are there, too. */
uint32_t tree_child(const struct tree_index *index, uint32_t node, uint32_t before);

/* A property's bytes; NULL if it is absent. */
const void *tree_property(const struct tree_index *index, uint32_t node, const char *name,
			  size_t *size);

/* Is it one of the property's strings? */
bool tree_has_string(const struct tree_index *index, uint32_t node, const char *name,
		     const char *string);

uint32_t tree_cell(const void *cells, uint32_t index);

#endif
