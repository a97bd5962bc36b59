/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers as people write them. */
#ifndef SCMID_QUANTITY_H
#define SCMID_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits, or 0x and hexadecimal digits; nothing else around them. False too if it does not fit. */
bool scmid_number_parse(const char *text, uint64_t *value);

struct scmid_unit {
	const char *name;
	uint64_t scale; /* in the smallest unit; a power of ten */
};

enum scmid_quantity {
	SCMID_QUANTITY_FINE,
	SCMID_QUANTITY_MALFORMED,
	SCMID_QUANTITY_UNIT,	/* no unit, or an unknown one */
	SCMID_QUANTITY_INEXACT, /* not a whole number of the smallest unit */
	SCMID_QUANTITY_LARGE,
};

/*
 * A decimal number, perhaps with a fraction, a blank or none, a unit: in the smallest unit. Without
 * a unit it counts in the smallest if `bare`, else only 0 is understood.
 */
enum scmid_quantity scmid_quantity_parse(const char *text, const struct scmid_unit *units,
					 size_t unit_count, bool bare, uint64_t *value);

#endif
