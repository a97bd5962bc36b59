/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#include "quantity.h"

#define QUOTE_MAX 40
#define SUGGESTIONS_FROM                                                                           \
	4096u /* a name is looked for among so many; more would cost too much for a courtesy */

const char *scmid_describe(const struct scmid_node *node, char *buffer, size_t size)
{
	size_t length;

	if (node->kind != SCMID_SCALAR)
		return node->kind == SCMID_LIST ? "a list" : "a mapping";
	if (!*node->text)
		return "nothing";
	snprintf(buffer, size, "'%.*s%s'", QUOTE_MAX, node->text,
		 strlen(node->text) > QUOTE_MAX ? "…" : "");
	length = strnlen(buffer, QUOTE_MAX);
	for (size_t i = 0; i < length; i++) {
		if (buffer[i] < ' ' || buffer[i] > '~')
			buffer[i] = '?';
	}
	return buffer;
}

/* "expected EXPECTED, not WHAT IS THERE" */
static bool mismatch(struct scmid_load *load, const struct scmid_node *node, const char *expected)
{
	char buffer[64];

	scmid_complain(load->report, node->at, "expected %s, not %s", expected,
		       scmid_describe(node, buffer, sizeof(buffer)));
	return false;
}

static void join(char *buffer, size_t size, const char *const *words, uint32_t count)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (uint32_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? ", " : "",
					 words[i]);
}

/* "BEFORE 'text'AFTER; did you mean 'that'? allowed: …" */
static void complain_unknown(struct scmid_load *load, const struct scmid_node *node,
			     const char *before, const char *after, const char *const *words,
			     uint32_t count)
{
	struct scmid_nearest nearest = {.wanted = node->text};
	char quoted[64], allowed[320];

	for (uint32_t i = 0; i < count; i++)
		scmid_nearest_offer(&nearest, words[i]);
	join(allowed, sizeof(allowed), words, count);
	scmid_describe(node, quoted, sizeof(quoted));
	if (nearest.best)
		scmid_complain(load->report, node->at, "%s %s%s; did you mean '%s'? allowed: %s",
			       before, quoted, after, nearest.best, allowed);
	else
		scmid_complain(load->report, node->at, "%s %s%s; allowed: %s", before, quoted,
			       after, allowed);
}

enum scmid_fields scmid_fields(struct scmid_load *load, const struct scmid_node *node,
			       const char *what, const char *const *keys, uint32_t key_count,
			       const struct scmid_node **found)
{
	enum scmid_fields fields = SCMID_FIELDS_KNOWN;
	char expected[96];

	for (uint32_t i = 0; i < key_count; i++)
		found[i] = NULL;
	if (node->kind != SCMID_MAP) {
		snprintf(expected, sizeof(expected), "%s, a mapping of '%s' and so on", what,
			 keys[0]);
		mismatch(load, node, expected);
		return SCMID_FIELDS_NONE;
	}
	for (uint32_t i = 0; i < node->count; i++) {
		uint32_t k = 0;

		while (k < key_count && strcmp(node->keys[i]->text, keys[k]))
			k++;
		if (k < key_count) {
			found[k] = node->values[i];
		} else {
			snprintf(expected, sizeof(expected), " in %s", what);
			complain_unknown(load, node->keys[i], "unknown key", expected, keys,
					 key_count);
			fields = SCMID_FIELDS_UNKNOWN;
		}
	}
	return fields;
}

bool scmid_list(struct scmid_load *load, const struct scmid_node *node, const char *of)
{
	char expected[96];

	if (node->kind == SCMID_LIST && node->count)
		return true;
	snprintf(expected, sizeof(expected), "a list of %s", of);
	if (node->kind != SCMID_LIST)
		return mismatch(load, node, expected);
	scmid_complain(load->report, node->at, "expected %s, but it is empty; leave it out instead",
		       expected);
	return false;
}

bool scmid_map(struct scmid_load *load, const struct scmid_node *node, const char *of)
{
	char expected[96];

	if (node->kind == SCMID_MAP && node->count)
		return true;
	snprintf(expected, sizeof(expected), "a mapping of %s", of);
	if (node->kind != SCMID_MAP)
		return mismatch(load, node, expected);
	scmid_complain(load->report, node->at, "expected %s, but it is empty; leave it out instead",
		       expected);
	return false;
}

bool scmid_bool(struct scmid_load *load, const struct scmid_node *node, bool *value)
{
	static const char *const words[] = {"no", "yes", "false", "true"};

	for (uint32_t i = 0; node->kind == SCMID_SCALAR && i < 4; i++) {
		if (!strcmp(node->text, words[i])) {
			*value = i & 1;
			return true;
		}
	}
	return mismatch(load, node, "yes or no");
}

bool scmid_u32(struct scmid_load *load, const struct scmid_node *node, const char *what,
	       uint32_t min, uint32_t max, uint32_t *value)
{
	char expected[128];
	uint64_t number;

	if (node->kind == SCMID_SCALAR && scmid_number_parse(node->text, &number) &&
	    number >= min && number <= max) {
		*value = (uint32_t)number;
		return true;
	}
	if (max == UINT32_MAX)
		snprintf(expected, sizeof(expected), "%s, a number from %u to 0xffffffff", what,
			 min);
	else
		snprintf(expected, sizeof(expected), "%s, a number from %u to %u", what, min, max);
	return mismatch(load, node, expected);
}

bool scmid_rate_hz(struct scmid_load *load, const struct scmid_node *node, uint64_t *rate_hz)
{
	static const struct scmid_unit units[] = {
		{"Hz", 1},
		{"kHz", 1000},
		{"MHz", 1000000},
		{"GHz", 1000000000},
	};
	static const char how[] = "a rate such as 24000000, 24 MHz or 32.768 kHz";
	char buffer[64];

	if (node->kind != SCMID_SCALAR)
		return mismatch(load, node, how);
	switch (scmid_quantity_parse(node->text, units, 4, true, rate_hz)) {
	case SCMID_QUANTITY_UNIT:
		scmid_complain(load->report, node->at,
			       "unknown unit in %s; allowed: Hz, kHz, MHz, GHz",
			       scmid_describe(node, buffer, sizeof(buffer)));
		return false;
	case SCMID_QUANTITY_INEXACT:
		scmid_complain(load->report, node->at, "%s is not a whole number of Hz",
			       scmid_describe(node, buffer, sizeof(buffer)));
		return false;
	case SCMID_QUANTITY_MALFORMED:
		return mismatch(load, node, how);
	case SCMID_QUANTITY_LARGE:
	case SCMID_QUANTITY_FINE:
		break;
	}
	if (*rate_hz >= 1 && *rate_hz <= SCMID_RATE_MAX_HZ && strlen(node->text) < 64)
		return true;
	scmid_complain(load->report, node->at, "%s is out of range; allowed: 1 Hz to 1000 GHz",
		       scmid_describe(node, buffer, sizeof(buffer)));
	return false;
}

bool scmid_time_us(struct scmid_load *load, const struct scmid_node *node, uint64_t max_us,
		   uint64_t *time_us)
{
	static const struct scmid_unit units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}};
	static const char how[] = "a time such as 150 us, 2 ms or 1.5 s";
	char buffer[64];

	if (node->kind != SCMID_SCALAR)
		return mismatch(load, node, how);
	switch (scmid_quantity_parse(node->text, units, 3, false, time_us)) {
	case SCMID_QUANTITY_UNIT:
		scmid_complain(load->report, node->at, "%s needs a unit: us, ms or s",
			       scmid_describe(node, buffer, sizeof(buffer)));
		return false;
	case SCMID_QUANTITY_INEXACT:
		scmid_complain(load->report, node->at, "%s is not a whole number of us",
			       scmid_describe(node, buffer, sizeof(buffer)));
		return false;
	case SCMID_QUANTITY_MALFORMED:
		return mismatch(load, node, how);
	case SCMID_QUANTITY_LARGE:
		*time_us = UINT64_MAX;
		break;
	case SCMID_QUANTITY_FINE:
		break;
	}
	if (*time_us <= max_us)
		return true;
	scmid_complain(load->report, node->at, "%s is too long; allowed: up to %llu s",
		       scmid_describe(node, buffer, sizeof(buffer)),
		       (unsigned long long)(max_us / 1000000));
	return false;
}

bool scmid_choice(struct scmid_load *load, const struct scmid_node *node, const char *what,
		  const char *const *words, uint32_t word_count, uint32_t *choice)
{
	char expected[320];

	if (node->kind != SCMID_SCALAR) {
		size_t used = (size_t)snprintf(expected, sizeof(expected), "%s: ", what);

		join(expected + used, sizeof(expected) - used, words, word_count);
		return mismatch(load, node, expected);
	}
	for (*choice = 0; *choice < word_count; ++*choice) {
		if (!strcmp(node->text, words[*choice]))
			return true;
	}
	snprintf(expected, sizeof(expected), "%s cannot be", what);
	complain_unknown(load, node, expected, "", words, word_count);
	return false;
}

bool scmid_word(struct scmid_load *load, const struct scmid_node *node, const char *what,
		size_t max, const char **word)
{
	char expected[160];
	size_t length;
	bool fine;

	fine = node->kind == SCMID_SCALAR;
	length = fine ? strlen(node->text) : 0;
	fine = length >= 1 && length <= max;
	for (size_t i = 0; fine && i < length; i++)
		fine = node->text[i] > ' ' && node->text[i] <= '~';
	if (fine) {
		*word = node->text;
		return true;
	}
	snprintf(expected, sizeof(expected),
		 "%s, 1 to %zu printable ASCII characters without blanks", what, max);
	return mismatch(load, node, expected);
}

bool scmid_reference(struct scmid_load *load, const struct scmid_node *node, const char *what,
		     const struct scmid_node *map, uint32_t *index)
{
	struct scmid_nearest nearest = {.wanted = node->text};
	char buffer[64];
	int found;

	if (node->kind != SCMID_SCALAR) {
		snprintf(buffer, sizeof(buffer), "the name of a %s", what);
		return mismatch(load, node, buffer);
	}
	found = map ? scmid_map_find(map, node->text) : -1;
	if (found >= 0) {
		*index = (uint32_t)found;
		return true;
	}
	for (uint32_t i = 0; map && i < map->count && i < SUGGESTIONS_FROM; i++)
		scmid_nearest_offer(&nearest, map->keys[i]->text);
	scmid_describe(node, buffer, sizeof(buffer));
	if (nearest.best)
		scmid_complain(load->report, node->at, "there is no %s %s; did you mean '%s'?",
			       what, buffer, nearest.best);
	else
		scmid_complain(load->report, node->at, "there is no %s %s in this board", what,
			       buffer);
	return false;
}

struct named {
	uint32_t index;
	const struct scmid_node *node;
};

static int by_index(const void *left, const void *right)
{
	const struct named *a = left, *b = right;

	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->node->at.line != b->node->at.line)
		return a->node->at.line < b->node->at.line ? -1 : 1;
	return a->node->at.column < b->node->at.column ? -1 : 1;
}

bool scmid_references(struct scmid_load *load, const struct scmid_node *node, const char *what,
		      const struct scmid_node *map, uint32_t **indices, uint32_t *count)
{
	struct named *named;
	char of[64];
	bool fine = true;

	*count = 0;
	snprintf(of, sizeof(of), "%s names", what);
	if (!scmid_list(load, node, of))
		return false;
	*indices = scmid_arena_alloc(load->arena, node->count, sizeof(**indices));
	named = scmid_calloc(node->count, sizeof(*named));
	for (uint32_t i = 0; i < node->count; i++) {
		uint32_t index;

		if (scmid_reference(load, node->values[i], what, map, &index)) {
			named[*count] = (struct named){.index = index, .node = node->values[i]};
			(*indices)[(*count)++] = index;
		} else {
			fine = false;
		}
	}
	qsort(named, *count, sizeof(*named), by_index);
	for (uint32_t i = 1; i < *count; i++) {
		if (named[i].index == named[i - 1].index) {
			scmid_complain(load->report, named[i].node->at,
				       "'%.64s' is here a second time; it was given in line %u",
				       named[i].node->text, named[i - 1].node->at.line);
			fine = false;
		}
	}
	free(named);
	return fine;
}
