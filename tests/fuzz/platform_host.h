/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The host of a fuzzed platform: its time is the harness's, and it holds the platform to its contract. No memory is
 * taken or given back while a message is handled, locks are taken once and given back, and nobody outside is
 * called with one held.
 */
#ifndef FUZZ_PLATFORM_HOST_H
#define FUZZ_PLATFORM_HOST_H

#include <scmi/platform.h>

struct fuzz_host {
	uint64_t now_ns;
	uint32_t locks_held;
	uint32_t allocations; /* not given back yet */
	bool handling;	      /* a message */
	bool woken;
};

extern struct fuzz_host fuzz_host;
extern const struct scmi_platform_host fuzz_host_ops;

/* Asks for it where the platform calls out. */
void fuzz_host_not_locked(void);

#endif
