// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "reached.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MARKS_MAX 512

static const char *kind;
static const char *const *mark_names;
static size_t mark_count;
static uint64_t marks[MARKS_MAX];

static void report(void)
{
	const char *least = getenv("SCMI_FUZZ_REACH");
	size_t seen = 0;

	for (size_t i = 0; i < mark_count; i++)
		seen += marks[i] != 0;
	printf("reached %zu of %zu %s:", seen, mark_count, kind);
	for (size_t i = 0; i < mark_count; i++)
		if (marks[i])
			printf(" %s", mark_names[i]);
	printf("\n");
	if (seen < mark_count) {
		printf("not reached:");
		for (size_t i = 0; i < mark_count; i++)
			if (!marks[i])
				printf(" %s", mark_names[i]);
		printf("\n");
	}
	fflush(stdout);
	if (least && seen < strtoul(least, NULL, 10)) {
		fprintf(stderr, "too few: %s were to be reached\n", least);
		_exit(1);
	}
}

void reached_init(const char *what, const char *const *names, size_t count)
{
	kind = what;
	mark_names = names;
	mark_count = count < MARKS_MAX ? count : MARKS_MAX;
	atexit(report);
}

void reached(size_t index)
{
	if (index < mark_count)
		marks[index]++;
}
