/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What scmid says: lines on stderr. */
#ifndef SCMID_LOG_H
#define SCMID_LOG_H

#include <stdint.h>

/* "scmid: SENTENCE" */
__attribute__((format(printf, 1, 2))) void scmid_log(const char *format, ...);

/*
 * Lets a few lines through in a period and counts the rest, so that a peer cannot fill a disk.
 * Zeroed at start.
 */
struct scmid_log_limit {
	uint64_t period_start_ns;
	uint32_t said;
	uint64_t unsaid;
};

/* May a line be said now? Says itself how many were left out before. */
int scmid_log_allowed(struct scmid_log_limit *limit, uint64_t now_ns, const char *what);

#endif
