/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A YAML document as a tree in which every node knows where it stood.
 *
 * The part of YAML that a board needs and no more: one document of mappings, lists and scalars.
 * Anchors, aliases, tags, further documents, scalars with NUL, keys that are not scalars and keys
 * given twice are errors; depth, size and the number of nodes are bounded. Nothing is guessed: a
 * scalar is its text, and who reads it says what it must be.
 */
#ifndef SCMID_DOCUMENT_H
#define SCMID_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "report.h"

#define SCMID_DOCUMENT_DEPTH_MAX 12u
#define SCMID_DOCUMENT_NODES_MAX 500000u
#define SCMID_DOCUMENT_SIZE_MAX	 (4u << 20)

enum scmid_kind { SCMID_SCALAR, SCMID_LIST, SCMID_MAP };

struct scmid_node {
	enum scmid_kind kind;
	struct scmid_position at;
	const char *text;	    /* of a scalar */
	uint32_t count;		    /* items of a list, pairs of a map */
	struct scmid_node **values; /* in the file's order */
	struct scmid_node **keys;   /* of a map */
	uint32_t *sorted;	    /* of a map: its pairs in the order of their keys */
};

/* The root, in the arena; NULL if it is not such a document (the report says why). */
struct scmid_node *scmid_document_parse(const void *bytes, size_t size, struct scmid_arena *arena,
					struct scmid_report *report);

/* Index of the pair with this key, or -1. */
int scmid_map_find(const struct scmid_node *map, const char *key);

#endif
