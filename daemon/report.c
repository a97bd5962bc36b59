/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NEAR	    2u
#define NEAR_LENGTH 64u

void scmid_complain(struct scmid_report *report, struct scmid_position at, const char *format, ...)
{
	struct scmid_complaint *complaint;
	va_list arguments;

	if (report->count < SCMID_REPORT_MAX) {
		complaint = &report->kept[report->count];
		complaint->at = at;
		complaint->order = report->count;
		va_start(arguments, format);
		vsnprintf(complaint->text, sizeof(complaint->text), format, arguments);
		va_end(arguments);
	}
	report->count++;
}

static int by_position(const void *left, const void *right)
{
	const struct scmid_complaint *a = left, *b = right;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void scmid_report_print(struct scmid_report *report, const char *file, FILE *out)
{
	uint32_t kept = report->count < SCMID_REPORT_MAX ? report->count : SCMID_REPORT_MAX;

	qsort(report->kept, kept, sizeof(report->kept[0]), by_position);
	for (uint32_t i = 0; i < kept; i++) {
		const struct scmid_complaint *complaint = &report->kept[i];

		fprintf(out, "%s:%u:%u: %s\n", file, complaint->at.line, complaint->at.column,
			complaint->text);
	}
	if (report->count > kept)
		fprintf(out, "%s: and %u more\n", file, report->count - kept);
}

/*
 * Edits that lead from a to b, or NEAR + 1 if they are more than NEAR: only the diagonal's
 * neighbourhood is looked at.
 */
static uint32_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint32_t rows[2][NEAR_LENGTH + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j <= NEAR ? (uint32_t)j : NEAR + 1;
	for (size_t i = 1; i <= a_length; i++) {
		const uint32_t *above = rows[(i - 1) & 1];
		uint32_t *row = rows[i & 1];
		size_t from = i > NEAR ? i - NEAR : 1;
		size_t to = i + NEAR < b_length ? i + NEAR : b_length;

		row[from - 1] = from == 1 && i <= NEAR ? (uint32_t)i : NEAR + 1;
		for (size_t j = from; j <= to; j++) {
			uint32_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
		if (to < b_length)
			row[to + 1] = NEAR + 1;
	}
	return rows[a_length & 1][b_length];
}

void scmid_nearest_offer(struct scmid_nearest *nearest, const char *name)
{
	size_t wanted = strlen(nearest->wanted), length = strlen(name);
	size_t gap = wanted > length ? wanted - length : length - wanted;
	uint32_t distance;

	if (gap > NEAR || wanted > NEAR_LENGTH || length > NEAR_LENGTH || wanted < 2)
		return;
	distance = edit_distance(nearest->wanted, wanted, name, length);
	if (distance > NEAR || distance >= wanted || distance >= length)
		return;
	if (!nearest->best || distance < nearest->distance) {
		nearest->best = name;
		nearest->distance = distance;
	}
}
