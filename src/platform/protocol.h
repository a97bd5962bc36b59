/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a command reaches its handler.
 *
 * A channel has a `struct scmi_service` for each protocol, found by protocol id; a service points
 * to the message table of the version that it speaks; the table has, by message id, the exact size
 * of the request and the handler. All tables are made at set-up: handling a message searches
 * nothing.
 */
#ifndef SCMI_PLATFORM_PROTOCOL_H
#define SCMI_PLATFORM_PROTOCOL_H

#include <scmi/platform.h>
#include <scmi/wire/common.h>

/* Protocol ids that can be served: FIRST .. FIRST + COUNT - 1. */
#define SCMI_SERVICE_FIRST 0x10u
#define SCMI_SERVICE_COUNT 16u

struct scmi_service;

/* One command while it is handled. */
struct scmi_call {
	struct scmi_channel *channel;
	struct scmi_service *service;
	const uint8_t *payload; /* of the request, `size` bytes: exact for the version */
	size_t size;
	uint8_t *values; /* where the answer's values go, `space` bytes */
	size_t space;
	uint64_t cookie;
	uint32_t header;
};

/* Returns the size of the answer's values, a negative status, or SCMI_ANSWER_LATER. */
typedef int scmi_handler(const struct scmi_call *call);

/* No status has this value: an operation has been started that will answer. */
#define SCMI_ANSWER_LATER (-0x7fffffff)

/* One entry of a message table. */
struct scmi_message {
	scmi_handler *handle;
	uint32_t request_size; /* SCMI_NONE: the version does not have the message */
};

/* A protocol as one channel speaks it. */
struct scmi_service {
	const struct scmi_message *messages; /* NULL: not served to this agent */
	uint32_t message_count;
	uint32_t version;     /* spoken now */
	uint32_t version_max; /* highest served to this agent */
	const struct scmi_protocol *protocol;
};

/* What a protocol's file (base.c, clock.c) tells about it. */
struct scmi_protocol {
	uint8_t id;
	uint8_t version_count;
	uint16_t message_count;
	const uint32_t *versions; /* ascending */
	int (*request_size)(uint32_t message_id, uint32_t version);
	scmi_handler *const *handlers; /* by message id */
	/* False if this board, or a channel without p2a, lacks what the message needs. */
	bool (*offers)(const struct scmi_board *board, bool p2a, uint32_t message_id);
};

extern const struct scmi_protocol scmi_platform_base;
extern const struct scmi_protocol scmi_platform_clock;

/* The protocol that an id names, or NULL if this platform does not have it. */
const struct scmi_protocol *scmi_protocol_lookup(uint32_t protocol_id);

/* Fill the tables of one protocol: for every version, one without and one with p2a. */
size_t scmi_protocol_tables_size(const struct scmi_protocol *protocol);
void scmi_protocol_tables_fill(const struct scmi_protocol *protocol, const struct scmi_board *board,
			       struct scmi_message *tables);

/*
 * The table of a version inside what scmi_protocol_tables_fill() made; NULL if there is no such
 * version.
 */
const struct scmi_message *scmi_protocol_table(const struct scmi_protocol *protocol,
					       const struct scmi_message *tables, uint32_t version,
					       bool p2a);

/*
 * Handlers of the messages that every protocol has; 0x1, PROTOCOL_ATTRIBUTES, is each protocol's
 * own.
 */
int scmi_handle_protocol_version(const struct scmi_call *call);
int scmi_handle_message_attributes(const struct scmi_call *call);
int scmi_handle_negotiate_version(const struct scmi_call *call);

#endif
