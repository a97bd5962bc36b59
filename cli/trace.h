/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sees every message: decodes it on stderr for --trace, and keeps the last answer for `scmi raw`.
 *
 * Layouts depend on the version spoken. The trace learns it from the messages it sees, so that it
 * needs none of its own.
 */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_trace;

struct cli_trace *cli_trace_new(bool print);
void cli_trace_free(struct cli_trace *trace);

/* A scmi_trace_fn; ctx is the trace. */
void cli_trace_message(void *ctx, bool to_platform, const void *message, size_t size);

/*
 * The version seen to be spoken for a protocol; before anything was seen, the newest that we know.
 */
uint32_t cli_trace_version(const struct cli_trace *trace, uint8_t protocol_id);

/*
 * The last message of a type (SCMI_COMMAND: an answer) that came, with its header; NULL if none
 * did.
 */
const void *cli_trace_last(const struct cli_trace *trace, uint32_t message_type, size_t *size);

/* Forget what came so far. */
void cli_trace_forget(struct cli_trace *trace);

#endif
