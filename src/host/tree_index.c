/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tree_index.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../transports/why.h"

/* A node takes 12 bytes at least; no real tree has nearly as many. */
#define NODES_MAX 200000u

uint32_t tree_cell(const void *cells, uint32_t index)
{
	return fdt32_ld((const fdt32_t *)cells + index);
}

const void *tree_property(const struct tree_index *index, uint32_t node, const char *name,
			  size_t *size)
{
	int length = 0;
	const void *value = fdt_getprop(index->fdt, index->nodes[node].offset, name, &length);

	*size = value ? (size_t)length : 0;
	return value;
}

bool tree_has_string(const struct tree_index *index, uint32_t node, const char *name,
		     const char *string)
{
	size_t size;
	const char *strings = tree_property(index, node, name, &size);

	return strings && fdt_stringlist_contains(strings, (int)size, string);
}

static bool is_enabled(const struct tree_index *index, uint32_t node)
{
	size_t size;
	const char *status = tree_property(index, node, "status", &size);

	return !status || (size == 5 && !memcmp(status, "okay", 5)) ||
	       (size == 3 && !memcmp(status, "ok", 3));
}

static int compare_phandles(const void *a, const void *b, void *ctx)
{
	const struct tree_node *nodes = ctx;
	uint32_t left = nodes[*(const uint32_t *)a].phandle;
	uint32_t right = nodes[*(const uint32_t *)b].phandle;

	return left < right ? -1 : left > right;
}

uint32_t tree_by_phandle(const struct tree_index *index, uint32_t phandle)
{
	uint32_t low = 0;
	uint32_t high = index->phandle_count;
	uint32_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (index->nodes[index->by_phandle[middle]].phandle < phandle)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->phandle_count || index->nodes[index->by_phandle[low]].phandle != phandle)
		return TREE_NONE;
	if (low + 1 < index->phandle_count &&
	    index->nodes[index->by_phandle[low + 1]].phandle == phandle)
		return TREE_NONE;
	return index->by_phandle[low];
}

uint32_t tree_child(const struct tree_index *index, uint32_t node, uint32_t before)
{
	uint32_t child = before == TREE_NONE ? node + 1 : before + 1;

	for (; child < index->count && index->nodes[child].depth > index->nodes[node].depth;
	     child++) {
		if (index->nodes[child].parent == node)
			return child;
	}
	return TREE_NONE;
}

bool tree_path(const struct tree_index *index, uint32_t node, char path[TREE_PATH_SIZE])
{
	uint32_t way[TREE_DEPTH_MAX + 1];
	uint32_t depth = 0;
	size_t used = 0;
	const char *name;
	int length;

	strcpy(path, "/");
	for (; index->nodes[node].parent != TREE_NONE; node = index->nodes[node].parent)
		way[depth++] = node;
	while (depth--) {
		name = fdt_get_name(index->fdt, index->nodes[way[depth]].offset, &length);
		if (!name || used + (size_t)length + 2 > TREE_PATH_SIZE)
			return false;
		path[used++] = '/';
		memcpy(path + used, name, (size_t)length + 1);
		used += (size_t)length;
	}
	return true;
}

/* How many nodes; 0 and a sentence if they are too many or too deep. */
static uint32_t count_nodes(const void *fdt, char *why, size_t why_size)
{
	uint32_t count = 0;
	int depth = -1;
	int offset = -1;

	while ((offset = fdt_next_node(fdt, offset, &depth)) >= 0 && depth >= 0) {
		if (depth > TREE_DEPTH_MAX) {
			because(0, why, why_size, "nodes are more than %d deep", TREE_DEPTH_MAX);
			return 0;
		}
		if (++count > NODES_MAX) {
			because(0, why, why_size, "it has more than %u nodes", NODES_MAX);
			return 0;
		}
	}
	return count;
}

static void fill(struct tree_index *index)
{
	uint32_t above[TREE_DEPTH_MAX + 1];
	int depth = -1;
	int offset = -1;

	while ((offset = fdt_next_node(index->fdt, offset, &depth)) >= 0 && depth >= 0) {
		uint32_t at = index->count++;
		struct tree_node *node = &index->nodes[at];

		above[depth] = at;
		node->offset = offset;
		node->depth = (uint32_t)depth;
		node->parent = depth ? above[depth - 1] : TREE_NONE;
		node->phandle = fdt_get_phandle(index->fdt, offset);
		node->available = is_enabled(index, at) &&
				  (!depth || index->nodes[node->parent].available);
		if (node->phandle && node->phandle != UINT32_MAX)
			index->by_phandle[index->phandle_count++] = at;
	}
	qsort_r(index->by_phandle, index->phandle_count, sizeof(*index->by_phandle),
		compare_phandles, index->nodes);
}

int tree_index_init(struct tree_index *index, const void *blob, size_t size, char *why,
		    size_t why_size)
{
	uint32_t count;
	int error = fdt_check_full(blob, size);

	memset(index, 0, sizeof(*index));
	if (error == -FDT_ERR_BADMAGIC)
		return because(-EINVAL, why, why_size, "it is no flattened device tree");
	if (error == -FDT_ERR_TRUNCATED)
		return because(-EINVAL, why, why_size, "the device tree is cut short");
	if (error)
		return because(-EINVAL, why, why_size, "the device tree is damaged: libfdt says %s",
			       fdt_strerror(error));
	because(0, why, why_size, "it has no node");
	count = count_nodes(blob, why, why_size);
	if (!count)
		return -E2BIG;
	index->fdt = blob;
	index->nodes = calloc(count, sizeof(*index->nodes));
	index->by_phandle = calloc(count, sizeof(*index->by_phandle));
	if (!index->nodes || !index->by_phandle) {
		tree_index_fini(index);
		return because(-ENOMEM, why, why_size, "out of memory");
	}
	fill(index);
	return 0;
}

void tree_index_fini(struct tree_index *index)
{
	free(index->nodes);
	free(index->by_phandle);
	memset(index, 0, sizeof(*index));
}
