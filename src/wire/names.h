/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of protocols, messages and statuses, and which versions of a protocol are described.
 * The tables are made from protocols/ (names.c in the build directory). Nothing here blocks or keeps
 * state; every returned pointer is to constant data that lives for ever.
 */
#ifndef SCMI_SRC_WIRE_NAMES_H
#define SCMI_SRC_WIRE_NAMES_H

#include <scmi/message.h>

/* "clock" for 0x14; NULL when the number has no standard meaning. */
const char *scmi_protocol_name(uint32_t protocol_id);

/* The id of a protocol by its name, in either case; -1 when there is none. */
int scmi_protocol_find(const char *name);

/*
 * "CLOCK_RATE_SET". `message_type` is a value of enum scmi_message_type; a response has its
 * command's. NULL when the message is not known. The commands that all protocols have are known for
 * every protocol.
 */
const char *scmi_message_name(uint32_t protocol_id, uint32_t message_type, uint32_t message_id);

/*
 * The id of a command by its name, whole or without the protocol, in either case and with - for _:
 * CLOCK_RATE_SET, RATE_SET, rate-set. -1 when there is none.
 */
int scmi_message_find(uint32_t protocol_id, const char *name);

/* "DENIED" for -3; "vendor" below -127, "unassigned" for what else the specification leaves open. */
const char *scmi_status_name(int32_t status);

/* The versions that are described, ascending. NULL and *count 0 when the protocol is not. */
const uint32_t *scmi_protocol_versions(uint32_t protocol_id, size_t *count);

/* The newest of them; 0 when the protocol is not described. */
uint32_t scmi_protocol_newest(uint32_t protocol_id);

/*
 * Bytes of a command's payload in a version; -1 when the version does not have the command or the
 * protocol is not described.
 */
int scmi_request_size(uint32_t protocol_id, uint32_t message_id, uint32_t version);

#endif
