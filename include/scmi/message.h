/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every SCMI message has, whichever protocol it belongs to: the header word and, in an answer,
 * the status. The payloads themselves are generated from protocols/ as <scmi/wire/PROTOCOL.h>.
 */
#ifndef SCMI_MESSAGE_H
#define SCMI_MESSAGE_H

#include <scmi/types.h>

/* The header word, and the smallest answer: header and status. */
#define SCMI_HEADER_SIZE 4u
#define SCMI_ANSWER_SIZE_MIN 8u

/* Tokens are 10 bits wide. */
#define SCMI_TOKEN_COUNT 1024u

/* Every protocol id is a byte; the base protocol is the lowest that is assigned. */
#define SCMI_PROTOCOL_COUNT 256u

/* Statuses that a platform answers with (int32 on the wire). */
enum scmi_status {
	SCMI_SUCCESS = 0,
	SCMI_NOT_SUPPORTED = -1,
	SCMI_INVALID_PARAMETERS = -2,
	SCMI_DENIED = -3,
	SCMI_NOT_FOUND = -4,
	SCMI_OUT_OF_RANGE = -5,
	SCMI_BUSY = -6,
	SCMI_COMMS_ERROR = -7,
	SCMI_GENERIC_ERROR = -8,
	SCMI_HARDWARE_ERROR = -9,
	SCMI_PROTOCOL_ERROR = -10,
	SCMI_IN_USE = -11,
	SCMI_PARTIAL_ERROR = -12,
};

/* Header bits 9:8. A response has the type of the command it answers. */
enum scmi_message_type {
	SCMI_COMMAND = 0,
	SCMI_DELAYED_RESPONSE = 2,
	SCMI_NOTIFICATION = 3,
};

/*
 * Little-endian words at any address. Where the machine has them, one instruction each: clang does not
 * find that in the bytewise form, and every message is made of these.
 */
#if defined(__x86_64__) || (defined(__aarch64__) && !defined(__AARCH64EB__))

static inline uint16_t scmi_get_le16(const void *from)
{
	uint16_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline uint32_t scmi_get_le32(const void *from)
{
	uint32_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline uint64_t scmi_get_le64(const void *from)
{
	uint64_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline void scmi_put_le16(void *to, uint16_t value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

static inline void scmi_put_le32(void *to, uint32_t value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

static inline void scmi_put_le64(void *to, uint64_t value)
{
	__builtin_memcpy(to, &value, sizeof(value));
}

#else

static inline uint16_t scmi_get_le16(const void *from)
{
	const uint8_t *b = (const uint8_t *)from;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t scmi_get_le32(const void *from)
{
	const uint8_t *b = (const uint8_t *)from;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t scmi_get_le64(const void *from)
{
	const uint8_t *b = (const uint8_t *)from;

	return (uint64_t)scmi_get_le32(b) | (uint64_t)scmi_get_le32(b + 4) << 32;
}

static inline void scmi_put_le16(void *to, uint16_t value)
{
	uint8_t *b = (uint8_t *)to;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static inline void scmi_put_le32(void *to, uint32_t value)
{
	uint8_t *b = (uint8_t *)to;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
	b[2] = (uint8_t)(value >> 16);
	b[3] = (uint8_t)(value >> 24);
}

static inline void scmi_put_le64(void *to, uint64_t value)
{
	uint8_t *b = (uint8_t *)to;

	scmi_put_le32(b, (uint32_t)value);
	scmi_put_le32(b + 4, (uint32_t)(value >> 32));
}

#endif

/* Header word from its parts; each part is cut to its width. */
static inline uint32_t scmi_header(uint32_t protocol_id, uint32_t message_type, uint32_t message_id,
				   uint32_t token)
{
	return (token & 0x3ff) << 18 | (protocol_id & 0xff) << 10 | (message_type & 3) << 8 |
	       (message_id & 0xff);
}

static inline uint32_t scmi_header_message_id(uint32_t header)
{
	return header & 0xff;
}

static inline uint32_t scmi_header_message_type(uint32_t header)
{
	return header >> 8 & 3;
}

static inline uint32_t scmi_header_protocol_id(uint32_t header)
{
	return header >> 10 & 0xff;
}

static inline uint32_t scmi_header_token(uint32_t header)
{
	return header >> 18 & 0x3ff;
}

#endif
