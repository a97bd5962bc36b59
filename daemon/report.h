/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wrong with a file: sentences with positions, collected so that one run shows them all, in
 * the file's order.
 */
#ifndef SCMID_REPORT_H
#define SCMID_REPORT_H

#include <stdint.h>
#include <stdio.h>

#define SCMID_REPORT_MAX    20u
#define SCMID_SENTENCE_SIZE 512u

struct scmid_position {
	uint32_t line; /* from 1 */
	uint32_t column;
};

struct scmid_complaint {
	struct scmid_position at;
	uint32_t order; /* of arrival, for those at one position */
	char text[SCMID_SENTENCE_SIZE];
};

struct scmid_report {
	uint32_t count; /* all, also those not kept */
	struct scmid_complaint kept[SCMID_REPORT_MAX];
};

__attribute__((format(printf, 3, 4))) void
scmid_complain(struct scmid_report *report, struct scmid_position at, const char *format, ...);

/* FILE:LINE:COLUMN: sentence, one a line. */
void scmid_report_print(struct scmid_report *report, const char *file, FILE *out);

/*
 * The name most like a misspelt one, of those offered; `best` stays NULL if none is close.
 */
struct scmid_nearest {
	const char *wanted;
	const char *best;
	uint32_t distance;
};

void scmid_nearest_offer(struct scmid_nearest *nearest, const char *name);

#endif
