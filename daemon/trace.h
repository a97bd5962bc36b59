/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One decoded line on stderr for each message. */
#ifndef SCMID_TRACE_H
#define SCMID_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The protocol that a message's header names: its version decides the layout. False without a
 * header.
 */
bool scmid_trace_protocol(const void *message, size_t size, uint8_t *protocol_id);

/* `who` as in "tester#1". */
void scmid_trace(const char *who, bool to_platform, uint32_t version, const void *message,
		 size_t size);

#endif
