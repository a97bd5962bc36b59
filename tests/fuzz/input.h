/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A fuzzer's bytes, taken from the front; what is missing reads as zero, so that every input means
 * something. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct input {
	const uint8_t *at;
	size_t left;
};

static inline bool input_done(const struct input *in)
{
	return in->left == 0;
}

static inline uint8_t input_u8(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint32_t input_u32(struct input *in)
{
	uint32_t value = input_u8(in);

	value |= (uint32_t)input_u8(in) << 8;
	value |= (uint32_t)input_u8(in) << 16;
	return value | (uint32_t)input_u8(in) << 24;
}

static inline void input_bytes(struct input *in, void *to, size_t size)
{
	size_t n = size < in->left ? size : in->left;

	memset(to, 0, size);
	if (n)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
}

/*
 * One byte makes a word: mostly a small number (ids, counts, flags), else one bit, an edge, or four
 * raw bytes.
 */
static inline uint32_t input_word(struct input *in)
{
	static const uint32_t edge[16] = {
		0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0xffff, 0x10000,
		0x20000,    0x30000,	0x20001,    0x100,	0xff,	0x14,
		0x40000,    0x10001,	0xffff0000, 0x3ff,
	};
	uint8_t byte = input_u8(in);

	if (byte < 0xa0)
		return byte & 0x1f;
	if (byte < 0xc0)
		return 1u << (byte & 0x1f);
	if (byte < 0xe0)
		return edge[byte & 0xf];
	return input_u32(in);
}

#endif
