/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ring of nodes that live inside other structures. A node that is in no list points to itself. */
#ifndef SCMI_CORE_LIST_H
#define SCMI_CORE_LIST_H

#include <scmi/types.h>

struct scmi_list {
	struct scmi_list *next;
	struct scmi_list *prev;
};

/* The structure of `type` whose `member` the node is. */
#define scmi_list_entry(node, type, member)                                                        \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void scmi_list_init(struct scmi_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool scmi_list_empty(const struct scmi_list *list)
{
	return list->next == list;
}

static inline void scmi_list_append(struct scmi_list *list, struct scmi_list *node)
{
	node->next = list;
	node->prev = list->prev;
	list->prev->next = node;
	list->prev = node;
}

/* For a stack: what was put there last is warm in the cache. */
static inline void scmi_list_prepend(struct scmi_list *list, struct scmi_list *node)
{
	scmi_list_append(list->next, node);
}

static inline void scmi_list_remove(struct scmi_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	scmi_list_init(node);
}

/* Take the first node off; NULL when there is none. */
static inline struct scmi_list *scmi_list_take(struct scmi_list *list)
{
	struct scmi_list *node = list->next;

	if (node == list)
		return NULL;
	scmi_list_remove(node);
	return node;
}

#endif
