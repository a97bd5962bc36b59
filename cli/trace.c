// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "trace.h"
#include "cli.h"

#include <scmi/wire/common.h>
#include <host/message_line.h>
#include <wire/names.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kept {
	uint8_t *bytes;
	size_t size;
	bool there;
};

struct cli_trace {
	bool print;
	struct timespec start;
	uint32_t versions[SCMI_PROTOCOL_COUNT];
	uint32_t asked[SCMI_PROTOCOL_COUNT];	 /* by NEGOTIATE_PROTOCOL_VERSION */
	struct kept last[SCMI_NOTIFICATION + 1]; /* by message type */
};

struct cli_trace *cli_trace_new(bool print)
{
	struct cli_trace *trace = cli_allocate(sizeof(*trace));

	trace->print = print;
	clock_gettime(CLOCK_MONOTONIC, &trace->start);
	return trace;
}

void cli_trace_free(struct cli_trace *trace)
{
	if (!trace)
		return;
	for (size_t i = 0; i < sizeof(trace->last) / sizeof(trace->last[0]); i++)
		free(trace->last[i].bytes);
	free(trace);
}

uint32_t cli_trace_version(const struct cli_trace *trace, uint8_t protocol_id)
{
	uint32_t version = trace->versions[protocol_id];

	return version ? version : scmi_protocol_newest(protocol_id);
}

const void *cli_trace_last(const struct cli_trace *trace, uint32_t message_type, size_t *size)
{
	const struct kept *kept = &trace->last[message_type & 3];

	*size = kept->size;
	return kept->there ? kept->bytes : NULL;
}

void cli_trace_forget(struct cli_trace *trace)
{
	for (size_t i = 0; i < sizeof(trace->last) / sizeof(trace->last[0]); i++)
		trace->last[i].there = false;
}

static void keep(struct kept *kept, const void *message, size_t size)
{
	if (size > kept->size || !kept->bytes)
		kept->bytes = cli_reallocate(kept->bytes, size + 1);
	memcpy(kept->bytes, message, size);
	kept->size = size;
	kept->there = true;
}

/*
 * Learn the version spoken: the platform's, unless it is newer than ours, until another is agreed.
 */
static void learn(struct cli_trace *trace, bool to_platform, uint32_t header,
		  const uint8_t *payload, size_t size)
{
	uint32_t protocol_id = scmi_header_protocol_id(header), newest;
	uint32_t message_id = scmi_header_message_id(header);

	if (scmi_header_message_type(header) != SCMI_COMMAND || size < 4)
		return;
	if (to_platform) {
		if (message_id == SCMI_NEGOTIATE_PROTOCOL_VERSION)
			trace->asked[protocol_id] = scmi_get_le32(payload);
		return;
	}
	if (scmi_get_le32(payload) != SCMI_SUCCESS)
		return;
	newest = scmi_protocol_newest(protocol_id);
	if (message_id == SCMI_NEGOTIATE_PROTOCOL_VERSION)
		trace->versions[protocol_id] = trace->asked[protocol_id];
	else if (message_id == SCMI_PROTOCOL_VERSION && size >= 8 && !trace->asked[protocol_id])
		trace->versions[protocol_id] =
			scmi_get_le32(payload + 4) < newest ? scmi_get_le32(payload + 4) : newest;
}

static void print(const struct cli_trace *trace, bool to_platform, const void *message, size_t size)
{
	uint32_t version = 0;
	struct timespec now;
	long microseconds;

	if (size >= SCMI_HEADER_SIZE)
		version = cli_trace_version(
			trace, (uint8_t)scmi_header_protocol_id(scmi_get_le32(message)));
	clock_gettime(CLOCK_MONOTONIC, &now);
	microseconds = (now.tv_sec - trace->start.tv_sec) * 1000000 +
		       (now.tv_nsec - trace->start.tv_nsec) / 1000;
	fprintf(stderr, "%5ld.%06ld ", microseconds / 1000000, microseconds % 1000000);
	scmi_message_line(stderr, to_platform, version, message, size);
	fputc('\n', stderr);
}

void cli_trace_message(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct cli_trace *trace = ctx;
	const uint8_t *payload = (const uint8_t *)message + SCMI_HEADER_SIZE;
	uint32_t header;

	if (size >= SCMI_HEADER_SIZE) {
		header = scmi_get_le32(message);
		if (!to_platform)
			keep(&trace->last[scmi_header_message_type(header)], message, size);
		learn(trace, to_platform, header, payload, size - SCMI_HEADER_SIZE);
	}
	if (trace->print)
		print(trace, to_platform, message, size);
}
