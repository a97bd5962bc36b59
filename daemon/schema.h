/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading a document as values of known types. Each reader takes a node, and either gives the value
 * and returns true, or complains, with the node's position and what would be allowed, and returns
 * false.
 */
#ifndef SCMID_SCHEMA_H
#define SCMID_SCHEMA_H

#include "document.h"

#define SCMID_RATE_MAX_HZ 1000000000000u /* 1 THz */

/* What a board is loaded with, and into. */
struct scmid_load {
	struct scmid_arena *arena;
	struct scmid_report *report;
	const char *run_dir;
	const struct scmid_node *clocks; /* the map of all clocks, NULL if there are none */
	const struct scmid_node *devices;
	struct scmid_board *out;
};

/* "'text'", "a list", … in the caller's buffer. */
const char *scmid_describe(const struct scmid_node *node, char *buffer, size_t size);

enum scmid_fields {
	SCMID_FIELDS_NONE,    /* not a map */
	SCMID_FIELDS_KNOWN,   /* what is not found is not there */
	SCMID_FIELDS_UNKNOWN, /* what is not found may be there, misspelt */
};

/*
 * The values of a map with known keys: found[i] is the value of keys[i], NULL if it is not there.
 * Complains about keys that are not known, and goes on. `what` as in "a clock".
 */
enum scmid_fields scmid_fields(struct scmid_load *load, const struct scmid_node *node,
			       const char *what, const char *const *keys, uint32_t key_count,
			       const struct scmid_node **found);

/* Is it a list (or a map), and not empty? `of` as in "clock names". */
bool scmid_list(struct scmid_load *load, const struct scmid_node *node, const char *of);
bool scmid_map(struct scmid_load *load, const struct scmid_node *node, const char *of);

bool scmid_bool(struct scmid_load *load, const struct scmid_node *node, bool *value);

/* Decimal or 0x. `what` as in "an id". */
bool scmid_u32(struct scmid_load *load, const struct scmid_node *node, const char *what,
	       uint32_t min, uint32_t max, uint32_t *value);

/* 24000000, 24 MHz, 32.768 kHz: exact, 1 Hz to 1 THz. */
bool scmid_rate_hz(struct scmid_load *load, const struct scmid_node *node, uint64_t *rate_hz);

/* 150 us, 2 ms, 1.5 s: exact to the microsecond. 0 needs no unit. */
bool scmid_time_us(struct scmid_load *load, const struct scmid_node *node, uint64_t max_us,
		   uint64_t *time_us);

/* One of some words; *choice is its index. `what` as in "a fault". */
bool scmid_choice(struct scmid_load *load, const struct scmid_node *node, const char *what,
		  const char *const *words, uint32_t word_count, uint32_t *choice);

/*
 * Text of 1 .. max printable ASCII characters without blanks. `what` as in "the name of a clock".
 */
bool scmid_word(struct scmid_load *load, const struct scmid_node *node, const char *what,
		size_t max, const char **word);

/* The index in `map` of the thing that a node names. `what` as in "clock"; map may be NULL. */
bool scmid_reference(struct scmid_load *load, const struct scmid_node *node, const char *what,
		     const struct scmid_node *map, uint32_t *index);

/* A list of references without repetition, in the arena. */
bool scmid_references(struct scmid_load *load, const struct scmid_node *node, const char *what,
		      const struct scmid_node *map, uint32_t **indices, uint32_t *count);

#endif
