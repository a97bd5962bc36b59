// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reader of a mailbox's hand-out: what the agent believes of it is what a plain model
 * of the rules (transports/mailbox/mailbox.h) allows, area by area and byte by byte, and says the
 * same when it is written again.
 */
#include "input.h"
#include "reached.h"
#include "transports/mailbox/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY_MAX 4096u /* of inputs that are to be good */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	GRANTED,
	REFUSED,
	SEVERAL,
	ALL_THERE_ARE,
	OWN_P2A,
	WRONG_SIZE,
	NO_COMMON,
	OVERLAP,
	OUTSIDE,
	TWICE,
	PROTOCOL,
	AREA,
	MIXED,
	MARKS
};

static const char *names[MARKS] = {
	[GRANTED] = "granted",
	[REFUSED] = "refused",
	[SEVERAL] = "several",
	[ALL_THERE_ARE] = "all-there-are",
	[OWN_P2A] = "own-p2a",
	[WRONG_SIZE] = "wrong-size",
	[NO_COMMON] = "no-common",
	[OVERLAP] = "overlap",
	[OUTSIDE] = "outside",
	[TWICE] = "twice",
	[PROTOCOL] = "protocol",
	[AREA] = "area",
	[MIXED] = "refusal-with-channels",
};

static uint8_t memory[MEMORY_MAX]; /* whose each byte is */

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "handout: %s\n", #condition);                              \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static uint32_t get(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void put(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* ---- the model ------------------------------------------------------------------------------- */

/* Every byte of the memory belongs to one area at most. Of large ones, by sums that cannot wrap. */
static bool apart(const uint8_t *records, uint32_t count, uint64_t memory_size)
{
	memset(memory, 0, sizeof(memory));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t offset = get(records + 16 * i + 8), size = get(records + 16 * i + 12);

		for (uint64_t at = offset; at < offset + size && memory_size <= MEMORY_MAX; at++) {
			if (memory[at])
				return false;
			memory[at] = 1;
		}
		for (uint32_t j = 0; j < i && memory_size > MEMORY_MAX; j++) {
			uint64_t other = get(records + 16 * j + 8);
			uint64_t end = other + get(records + 16 * j + 12);

			if (!(offset + size <= other || end <= offset))
				return false;
		}
	}
	return true;
}

static bool good(const uint8_t *bytes, size_t size)
{
	const uint8_t *records = bytes + 24;
	uint32_t count, common = 0;
	uint64_t memory_size;

	if (size < 24 || memcmp(bytes, "SCMB\1\0\0\0", 8) != 0 || get(bytes + 8) > 3)
		return false;
	memory_size = get(bytes + 12);
	count = get(bytes + 16);
	if (count > 32 || size != 24 + 16 * count) {
		reached(WRONG_SIZE);
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *record = records + 16 * i;
		uint32_t protocol_id = get(record), area = get(record + 12);
		bool p2a = record[4] & 1;

		if (protocol_id > 0xff || (protocol_id && protocol_id < 0x10)) {
			reached(PROTOCOL);
			return false;
		}
		if (area < 28 || area > 65536 || area % 4 || get(record + 8) % 4) {
			reached(AREA);
			return false;
		}
		if ((uint64_t)get(record + 8) + area > memory_size) {
			reached(OUTSIDE);
			return false;
		}
		for (uint32_t j = 0; j < i; j++) {
			if (get(records + 16 * j) == protocol_id &&
			    (records[16 * j + 4] & 1) == p2a) {
				reached(TWICE);
				return false;
			}
		}
		if (protocol_id && p2a)
			reached(OWN_P2A);
		common += !protocol_id && !p2a;
	}
	if (!apart(records, count, memory_size)) {
		reached(OVERLAP);
		return false;
	}
	if (get(bytes + 8)) {
		reached(count ? MIXED : REFUSED);
		return !count;
	}
	if (!common)
		reached(NO_COMMON);
	return common;
}

/* ---- an input -------------------------------------------------------------------------------- */

/* Something like a hand-out, whose areas lie behind each other unless the input wants otherwise. */
static size_t make(struct input *in, uint8_t *bytes)
{
	uint8_t shape = input_u8(in);
	uint32_t count = shape & 0x40 ? shape & 3 : shape % 34, offset = 0;

	memcpy(bytes, "SCMB\1\0\0\0", 8);
	put(bytes + 8, shape & 0x80 ? input_u8(in) & 7 : 0);
	put(bytes + 16, count);
	put(bytes + 20, 0);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *record = bytes + 24 + 16 * i;
		uint8_t how = input_u8(in);
		uint32_t size = 28 + 4 * (how >> 4);

		put(record, i < 2 ? 0 : how & 1 ? 0x10 + i : i + 0xe0);
		put(record + 4, i == 1 ? 3 : how & 2);
		put(record + 8, offset);
		put(record + 12, size);
		offset += size;
		switch (how & 15) {
		case 0:
			put(record + 4 * (input_u8(in) & 3), input_word(in));
			break;
		case 1:
			put(record + 8, offset - size - 4 * (input_u8(in) & 15));
			break;
		case 2:
			put(record + 4, input_u8(in));
			break;
		}
	}
	put(bytes + 12, shape & 0x80 && input_u8(in) & 1 ? input_word(in) : offset);
	return 24 + 16 * count;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("ends", names, MARKS);
	return 0;
}

static void check_same(const struct mailbox_handout *handout, const uint8_t *bytes, size_t size)
{
	uint8_t again[MAILBOX_HANDOUT_MAX];
	uint32_t fds = handout->count ? 1 : 0;

	CHECK(mailbox_handout_write(handout, again) == size);
	CHECK(memcmp(again, bytes, 20) == 0);
	for (size_t i = 24; i < size; i += 16) {
		CHECK(memcmp(again + i, bytes + i, 4) == 0);
		CHECK(again[i + 4] == (bytes[i + 4] & 3));
		CHECK(memcmp(again + i + 8, bytes + i + 8, 8) == 0);
		fds += bytes[i + 4] & 2 ? 2 : 1;
	}
	CHECK(mailbox_handout_fds(handout) == fds && fds <= MAILBOX_FDS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_size)
{
	struct input in = {data, data_size};
	uint8_t made[24 + 16 * 34], *bytes, what = input_u8(&in);
	struct mailbox_handout handout;
	const char *wrong = NULL;
	size_t size;
	bool expected;

	size = make(&in, made);
	for (; what & 3; what--)
		made[input_u8(&in) % size] ^= input_u8(&in);
	if (what & 0x80)
		size -= input_u8(&in) % (size + 1);
	/* Of its exact size. */
	bytes = malloc(size ? size : 1);
	if (!bytes)
		abort();
	memcpy(bytes, made, size);
	expected = good(bytes, size);
	CHECK((mailbox_handout_read(&handout, bytes, size, &wrong) == 0) == expected);
	if (expected) {
		check_same(&handout, bytes, size);
		if (handout.count)
			reached(GRANTED);
		if (handout.count > 2)
			reached(SEVERAL);
		if (handout.count == MAILBOX_CHANNELS_MAX)
			reached(ALL_THERE_ARE);
	} else {
		CHECK(wrong);
	}
	free(bytes);
	return 0;
}
