/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A message as a line of text, for traces. */
#ifndef SCMI_HOST_MESSAGE_LINE_H
#define SCMI_HOST_MESSAGE_LINE_H

#include <stdio.h>

#include <scmi/types.h>

/*
 * Write "-> clock CLOCK_RATE_GET token=7 clock_id=5", or "<- … status=SUCCESS rate_hz=24000000", without a
 * newline. `version` decides the layout; what cannot be decoded is written as bytes, and what a peer sent is
 * printable afterwards.
 */
void scmi_message_line(FILE *file, bool to_platform, uint32_t version, const void *message, size_t size);

#endif
