/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a judgement is written down. */
#ifndef FUZZ_MODEL_JUDGE_H
#define FUZZ_MODEL_JUDGE_H

#include "model.h"

#include <scmi/message.h>
#include <string.h>

#define V1   0x10000u
#define V2   0x20000u
#define V2_1 0x20001u
#define V3   0x30000u

static inline void allow(struct model_judgement *j, int status)
{
	j->allowed |= 1u << -status;
}

static inline void only(struct model_judgement *j, int status)
{
	j->allowed = 1u << -status;
}

static inline void put(struct model_judgement *j, uint32_t word)
{
	scmi_put_le32(j->values + j->size, word);
	j->size += 4;
}

static inline void put64(struct model_judgement *j, uint64_t value)
{
	put(j, (uint32_t)value);
	put(j, (uint32_t)(value >> 32));
}

/* A name of at most size - 1 characters and zeros to the end. */
static inline void put_name(struct model_judgement *j, const char *name, size_t size)
{
	memset(j->values + j->size, 0, size);
	strncpy((char *)j->values + j->size, name, size - 1);
	j->size += size;
}

void model_judge_clock(const struct model *m, const struct model_channel *c, uint32_t id,
		       const uint8_t *request, size_t size, size_t space,
		       struct model_judgement *j);

#endif
