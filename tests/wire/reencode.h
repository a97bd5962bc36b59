/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decoding and encoding again, made from protocols/ for tests. */
#ifndef SCMI_TESTS_WIRE_REENCODE_H
#define SCMI_TESTS_WIRE_REENCODE_H

#include <scmi/message.h>

/*
 * Decode one part of a message and encode what was found, arrays included. `payload` is what the
 * decoder gets: a response and a delayed response without their status. Returns the bytes written
 * to `out`, or a negative status of SCMI; SCMI_NOT_FOUND when there is no such part or it is empty.
 */
int scmi_reencode(uint32_t header, bool a2p, uint32_t version, const void *payload, size_t size,
		  void *out, size_t space);

#endif
