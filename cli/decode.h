/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A message's payload, member by member, as fields for `scmi raw`. */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include <wire/describe.h>

#include "output.h"

/* The members as fields of the object that is open. Returns what scmi_describe() gave. */
int decode_fields(struct output *out, uint32_t header, enum scmi_direction direction,
		  uint32_t version, const void *payload, size_t size);

/* Little-endian words; bytes behind the last whole word are left out. */
size_t decode_words(uint32_t *words, size_t space, const void *payload, size_t size);

#endif
