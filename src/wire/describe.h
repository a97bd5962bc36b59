/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is in a message, member by member, for traces and tests. The code is made from protocols/
 * (describe.c in the build directory).
 */
#ifndef SCMI_SRC_WIRE_DESCRIBE_H
#define SCMI_SRC_WIRE_DESCRIBE_H

#include <scmi/message.h>

enum scmi_direction {
	SCMI_A2P, /* agent to platform */
	SCMI_P2A, /* platform to agent */
};

/*
 * What is called for each member, in the order of the wire; all functions must be there. Names are
 * constant data, texts live until the call returns.
 */
struct scmi_describe_visitor {
	/* `value` is sign-extended when `is_signed`. */
	void (*number)(void *ctx, const char *name, uint64_t value, bool is_signed);
	void (*flag)(void *ctx, const char *name, bool value);
	void (*text)(void *ctx, const char *name, const char *value);
	/* Around the members of element `index` of the array `name`. */
	void (*open)(void *ctx, const char *name, uint32_t index);
	void (*close)(void *ctx);
};

/*
 * Visit a message. `payload` is what follows the header word; that of a response or delayed
 * response begins with the status, visited as number "status", and nothing is visited after one
 * that is not SUCCESS.
 * `version` is the one that both ends speak.
 *
 * Returns 0, or a negative status of SCMI: NOT_FOUND when the message is unknown or not in that
 * version, PROTOCOL_ERROR when its size is wrong (members before the mistake may have been visited),
 * INVALID_PARAMETERS when a request has reserved bits set (all members were visited). Never blocks.
 */
int scmi_describe(uint32_t header, enum scmi_direction direction, uint32_t version,
		  const void *payload, size_t size, const struct scmi_describe_visitor *visitor,
		  void *ctx);

#endif
