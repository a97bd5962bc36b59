/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock of a process. */
#ifndef SCMI_HOST_MONOTONIC_H
#define SCMI_HOST_MONOTONIC_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. No system call where the vDSO has it. */
uint64_t scmi_monotonic_ns(void);

#endif
