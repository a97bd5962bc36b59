// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the device's side of a ring with a driver that writes what it likes, also while the device reads. A plain
 * model walks the values that the device read, and both have to come to the same chain or to the same complaint.
 */
#include "reached.h"
#include "ring_guest.h"

#include <stdlib.h>

#define NUM_MAX	  128u
#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	TAKEN = SCMI_RING_SOUND, /* and as many more as there are faults of a driver */
	NOTHING = SCMI_RING_INDIRECT_SIZE + 1,
	GIVEN, TABLE, IN_PIECES, SCATTERED, RACED, CALLED, NOT_CALLED, WOKEN, RESTARTED, RETAKEN,
	SHORT, MARKS
};

static const char *names[MARKS] = {
	[TAKEN] = "taken", [SCMI_RING_JUMP] = "jump",
	[SCMI_RING_HEAD_OUTSIDE] = "head-outside", [SCMI_RING_HEAD_TAKEN] = "head-taken",
	[SCMI_RING_NEXT_OUTSIDE] = "next-outside", [SCMI_RING_TOO_LONG] = "too-long",
	[SCMI_RING_DIRECTION] = "direction", [SCMI_RING_EMPTY] = "empty", [SCMI_RING_SUM] = "sum",
	[SCMI_RING_OUTSIDE] = "outside", [SCMI_RING_INDIRECT_FORBIDDEN] = "indirect-forbidden",
	[SCMI_RING_INDIRECT_NESTED] = "indirect-nested",
	[SCMI_RING_INDIRECT_NEXT] = "indirect-next", [SCMI_RING_INDIRECT_SIZE] = "indirect-size",
	[NOTHING] = "nothing", [GIVEN] = "given", [TABLE] = "table",
	[IN_PIECES] = "in-pieces", [SCATTERED] = "scattered", [RACED] = "raced",
	[CALLED] = "called", [NOT_CALLED] = "not-called", [WOKEN] = "woken",
	[RESTARTED] = "restarted", [RETAKEN] = "retaken", [SHORT] = "short",
};

static struct input in;
static struct ring_guest guest;
static struct scmi_ring_device ring;
static uint64_t features;
static uint32_t num;
static uint8_t *descriptors, *avail, *used, *bitmap;

/* The model. */
static uint16_t next_avail, avail_seen, next_used;
static bool broken;
static struct scmi_ring_chain *held[NUM_MAX];

/* ---- the model of a walk ------------------------------------------------------------------------- */

static struct scmi_ring_segment expected[NUM_MAX];
static uint16_t expected_count, expected_readable;
static uint64_t sum_readable, sum_writable;

static bool model_inside(uint64_t address, uint64_t size)
{
	if (size > UINT64_MAX - address || size > GUEST_REGIONS * GUEST_REGION_SIZE)
		return false;
	for (uint64_t i = 0; i < size; i++)
		if (!ring_guest_byte(&guest, address + i))
			return false;
	return true;
}

/* What the device read of a descriptor: in one piece, or in two where a table crosses two regions. */
static void model_descriptor(bool in_table, uint64_t table, uint32_t index, uint8_t *bytes)
{
	uint64_t address = table + 16 * (uint64_t)index;
	size_t left = GUEST_REGION_SIZE - address % GUEST_REGION_SIZE;

	if (!in_table) {
		ring_guest_replay(&guest, descriptors + 16 * index, 16, bytes);
	} else if (left >= 16) {
		ring_guest_replay(&guest, ring_guest_byte(&guest, address), 16, bytes);
	} else {
		reached(IN_PIECES);
		ring_guest_replay(&guest, ring_guest_byte(&guest, address), left, bytes);
		ring_guest_replay(&guest, ring_guest_byte(&guest, address + left), 16 - left,
				  bytes + left);
	}
}

static uint64_t le(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

static uint32_t bit(enum scmi_ring_fault fault)
{
	return 1u << fault;
}

/* Which complaints are in order; none: the chain is in expected[]. */
static uint32_t model_walk(uint32_t head)
{
	uint32_t index = head, count = num, length = 0, faults = 0;
	bool in_table = false, crossing = false;
	uint64_t table = 0;

	expected_count = expected_readable = 0;
	sum_readable = sum_writable = 0;
	for (;;) {
		uint8_t bytes[16];
		uint64_t address;
		uint32_t size, flags, next;

		model_descriptor(in_table, table, index, bytes);
		address = le(bytes, 8);
		size = (uint32_t)le(bytes + 8, 4);
		flags = (uint32_t)le(bytes + 12, 2);
		next = (uint32_t)le(bytes + 14, 2);
		if (flags & 4) {
			if (!(features & SCMI_RING_F_INDIRECT))
				faults |= bit(SCMI_RING_INDIRECT_FORBIDDEN);
			if (in_table)
				faults |= bit(SCMI_RING_INDIRECT_NESTED);
			if (flags & 1)
				faults |= bit(SCMI_RING_INDIRECT_NEXT);
			if (size == 0 || size % 16 || size > 16 * num)
				faults |= bit(SCMI_RING_INDIRECT_SIZE);
			if (!model_inside(address, size))
				faults |= bit(SCMI_RING_OUTSIDE);
			if (faults)
				return faults;
			reached(TABLE);
			in_table = true;
			table = address;
			count = size / 16;
			index = 0;
			continue;
		}
		if (++length > num)
			faults |= bit(SCMI_RING_TOO_LONG);
		if (sum_writable && !(flags & 2))
			faults |= bit(SCMI_RING_DIRECTION);
		if (!size)
			faults |= bit(SCMI_RING_EMPTY);
		if (sum_readable + sum_writable + size >= (uint64_t)1 << 32)
			faults |= bit(SCMI_RING_SUM);
		if (!model_inside(address, size))
			faults |= bit(SCMI_RING_OUTSIDE);
		if (faults)
			return faults;
		crossing = (flags & 2) && !sum_writable;
		if (flags & 2)
			sum_writable += size;
		else
			sum_readable += size;
		if (expected_count && !crossing &&
		    expected[expected_count - 1].address + expected[expected_count - 1].size ==
			    address) {
			expected[expected_count - 1].size += size;
		} else {
			expected[expected_count++] = (struct scmi_ring_segment){address, size};
			expected_readable += !(flags & 2);
		}
		if (!(flags & 1))
			return 0;
		if (next >= count)
			return bit(SCMI_RING_NEXT_OUTSIDE);
		index = next;
	}
}

static uint32_t model_head(uint32_t head)
{
	if (head >= num)
		return bit(SCMI_RING_HEAD_OUTSIDE);
	if (held[head])
		return bit(SCMI_RING_HEAD_TAKEN);
	return model_walk(head);
}

/* ---- what came of it ------------------------------------------------------------------------------ */

/* Its readable bytes are those that stand there; every byte may be read and written. */
static void use_chain(const struct scmi_ring_chain *chain)
{
	uint8_t *bytes = malloc(chain->readable ? chain->readable : 1);
	size_t at = 0;

	if (!bytes)
		abort();
	ring_check(scmi_ring_chain_read(chain, bytes, chain->readable) == chain->readable);
	for (uint16_t i = 0; i < chain->readable_count; i++)
		for (uint32_t j = 0; j < chain->segments[i].size; j++)
			ring_check(bytes[at++] ==
				   *ring_guest_byte(&guest, chain->segments[i].address + j));
	ring_check(at == chain->readable);
	free(bytes);
}

static void keep_chain(const struct scmi_ring_chain *chain)
{
	size_t size = offsetof(struct scmi_ring_chain, segments) +
		      chain->segment_count * sizeof(chain->segments[0]);
	bool racing = guest.racing;

	if (expected_count > SCMI_RING_SEGMENTS_MAX) {
		reached(SCATTERED);
		ring_check(!chain->segment_count && !chain->readable && !chain->writable);
	} else {
		ring_check(chain->segment_count == expected_count);
		ring_check(chain->readable_count == expected_readable);
		ring_check(chain->readable == sum_readable && chain->writable == sum_writable);
		for (uint16_t i = 0; i < expected_count; i++) {
			ring_check(chain->segments[i].address == expected[i].address);
			ring_check(chain->segments[i].size == expected[i].size);
		}
	}
	ring_check(chain->head < num);
	/* As small as it may be: nothing behind segment_count counts. */
	held[chain->head] = malloc(size);
	if (!held[chain->head])
		abort();
	memcpy(held[chain->head], chain, size);
	guest.racing = false;
	use_chain(held[chain->head]);
	guest.racing = racing;
}

static void check_result(int result, uint32_t faults, const struct scmi_ring_chain *chain)
{
	ring_guest_replayed(&guest);
	if (guest.raced)
		reached(RACED);
	if (faults) {
		ring_check(result == -EPROTO);
		ring_check(faults >> ring.fault & 1);
		reached(ring.fault);
		broken = true;
	} else {
		ring_check(result == 1);
		reached(TAKEN);
		keep_chain(chain);
	}
}

static void take(void)
{
	/* Of its own, so that nothing of the last one helps. */
	struct scmi_ring_chain *chain = malloc(sizeof(*chain));
	int result;
	uint16_t head;

	if (!chain)
		abort();
	ring_guest_watch(&guest);
	guest.raced = false;
	result = scmi_ring_device_take(&ring, chain);
	if (broken) {
		ring_check(result == -EPROTO);
		ring_guest_replayed(&guest);
		goto out;
	}
	if (avail_seen == next_avail) {
		avail_seen = (uint16_t)ring_guest_replay(&guest, avail + 2, 2, NULL);
		if ((uint16_t)(avail_seen - next_avail) > num) {
			check_result(result, bit(SCMI_RING_JUMP), chain);
			goto out;
		}
	}
	if (avail_seen == next_avail) {
		ring_check(result == 0);
		ring_guest_replayed(&guest);
		reached(NOTHING);
		goto out;
	}
	head = (uint16_t)ring_guest_replay(&guest, avail + 4 + 2 * (next_avail % num), 2, NULL);
	check_result(result, model_head(head), chain);
	if (!broken) {
		ring_check(chain->head == head);
		next_avail++;
	}
out:
	ring_check(ring.next_avail == next_avail);
	free(chain);
}

static void retake(uint32_t head)
{
	struct scmi_ring_chain chain;
	int result;

	ring_guest_watch(&guest);
	guest.raced = false;
	result = scmi_ring_device_retake(&ring, head, &chain);
	if (broken) {
		ring_check(result == -EPROTO);
		return;
	}
	check_result(result, model_head(head), &chain);
	reached(RETAKEN);
}

static void give(uint32_t which, uint32_t written)
{
	uint8_t *entry = used + 4 + 8 * (next_used % num);
	int result = scmi_ring_device_give(&ring, (uint16_t)which, written);

	if (which >= num || !held[which]) {
		ring_check(result == -EINVAL);
		return;
	}
	free(held[which]);
	held[which] = NULL;
	ring_check(result == (broken ? -EPROTO : 0));
	if (broken)
		return;
	reached(GIVEN);
	ring_check(le(entry, 4) == which && le(entry + 4, 4) == written);
	ring_check((uint16_t)le(used + 2, 2) == ++next_used);
}

/* One that the device has, if there is one. */
static uint32_t some_held(void)
{
	uint32_t which = input_u8(&in) % num;

	for (uint32_t i = 0; i < num && !held[which]; i++)
		which = (which + 1) % num;
	return which;
}

/* Into a chain that is held, anywhere; it may have lost its memory. */
static void write_held(uint32_t which, size_t offset, size_t size)
{
	static const uint8_t bytes[300] = {1, 2, 3};
	size_t room, done;

	if (!held[which])
		return;
	room = offset < held[which]->writable ? held[which]->writable - offset : 0;
	done = scmi_ring_chain_write(held[which], offset, bytes, size);
	ring_check(done <= size && done <= room);
	if (done < size && done < room)
		reached(SHORT);
}

static void release_all(void)
{
	for (uint32_t i = 0; i < NUM_MAX; i++) {
		free(held[i]);
		held[i] = NULL;
	}
}

static void start(uint16_t at)
{
	release_all();
	ring_check(scmi_ring_device_init(&ring, &guest.memory, num, descriptors, avail, used,
					 bitmap, features, at) == 0);
	broken = false;
	next_avail = avail_seen = at;
	next_used = (uint16_t)le(used + 2, 2);
	ring_check(ring.next_used == next_used);
}

/* ---- the driver ------------------------------------------------------------------------------------- */

static void put_le(uint8_t *to, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t some_size(uint8_t what)
{
	if (what < 0xa0)
		return 4 + (what & 31);
	if (what < 0xd0)
		return 16 * (what & 7);
	return input_word(&in);
}

static void make_descriptor(uint8_t *bytes, uint32_t index)
{
	uint8_t what = input_u8(&in);

	put_le(bytes, ring_guest_address(&guest), 8);
	put_le(bytes + 8, some_size(input_u8(&in)), 4);
	put_le(bytes + 12, what & 7, 2);
	put_le(bytes + 14, what & 8 ? index + 1 : what & 0x10 ? input_word(&in) : what >> 5, 2);
}

static void offer(uint16_t head, uint16_t by)
{
	uint16_t at = (uint16_t)le(avail + 2, 2);

	put_le(avail + 4 + 2 * (at % num), head, 2);
	put_le(avail + 2, (uint16_t)(at + by), 2);
}

/* A chain over the whole ring, its pieces apart. */
static void offer_long(uint8_t what)
{
	for (uint32_t i = 0; i < num; i++) {
		uint64_t address = 0x1000 + (i * (4 + (what & 3)) & 255);

		put_le(descriptors + 16 * i, address, 8);
		put_le(descriptors + 16 * i + 8, 4, 4);
		put_le(descriptors + 16 * i + 12, (i + 1 < num ? 1 : 0) | (what & 4 ? 2 : 0), 2);
		put_le(descriptors + 16 * i + 14, i + 1, 2);
	}
	offer(0, 1);
}

static void step(uint8_t what)
{
	uint8_t bytes[16];
	uint32_t index;
	uint64_t address;

	switch (what & 15) {
	case 0:
	case 1:
		index = input_u8(&in) % num;
		make_descriptor(descriptors + 16 * index, index);
		if (what & 0x10)
			offer((uint16_t)index, 1);
		break;
	case 2:
		address = ring_guest_address(&guest);
		make_descriptor(bytes, what >> 4 & 3);
		for (size_t i = 0; i < 16; i++) {
			uint8_t *there = ring_guest_byte(&guest, address + i);

			if (there)
				*there = bytes[i];
		}
		if (what & 0x40) {
			index = input_u8(&in) % num;
			put_le(descriptors + 16 * index, address, 8);
			put_le(descriptors + 16 * index + 8, 16 * (1 + (what >> 4 & 1)), 4);
			put_le(descriptors + 16 * index + 12, 4, 2);
			offer((uint16_t)index, 1);
		}
		break;
	case 3:
		offer((uint16_t)input_word(&in), what & 0x80 ? (uint16_t)input_word(&in) : 1);
		break;
	case 4:
		index = input_u8(&in);
		put_le(avail + index % (6 + 2 * num), input_u8(&in), 1);
		break;
	case 5:
		offer_long(what >> 4);
		break;
	case 6:
	case 7:
	case 8:
		take();
		break;
	case 9:
		give(what & 0x80 ? input_u8(&in) : some_held(), input_word(&in));
		break;
	case 10:
		write_held(some_held(), input_u8(&in), input_u8(&in));
		break;
	case 11:
		reached(scmi_ring_device_should_call(&ring) ? CALLED : NOT_CALLED);
		ring_check(!scmi_ring_device_should_call(&ring));
		break;
	case 12:
		if (scmi_ring_device_sleep(&ring) == 1)
			reached(WOKEN);
		if (what & 0x10)
			scmi_ring_device_poll(&ring);
		break;
	case 13:
		retake(input_word(&in));
		break;
	case 14:
		ring_guest_remap(&guest, what >> 4 & 3, what & 0x80);
		break;
	case 15:
		start(what & 0x80 ? (uint16_t)input_word(&in) : next_avail);
		reached(RESTARTED);
		break;
	}
}

static uint8_t *make(size_t size)
{
	uint8_t *bytes = calloc(1, size);

	if (!bytes)
		abort();
	return bytes;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("ends", names, MARKS);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t shape;

	in = (struct input){data, size};
	shape = input_u8(&in);
	num = 1u << (shape & 7);
	features = (shape & 8 ? 0 : SCMI_RING_F_INDIRECT) | (shape & 16 ? SCMI_RING_F_EVENT_IDX : 0);
	descriptors = make(SCMI_RING_DESCRIPTORS_SIZE(num));
	avail = make(SCMI_RING_AVAIL_SIZE(num));
	used = make(SCMI_RING_USED_SIZE(num));
	bitmap = make(SCMI_RING_TAKEN_SIZE(num));
	ring_guest_init(&guest, &in);
	if (shape & 32)
		put_le(avail + 2, UINT16_MAX - 2, 2);
	start((uint16_t)le(avail + 2, 2));
	guest.racing = shape & 0x40;
	for (unsigned int i = 0; i < STEPS_MAX && !input_done(&in); i++) {
		ring_guest_watch(&guest);
		step(input_u8(&in));
	}
	release_all();
	ring_guest_fini(&guest);
	free(descriptors);
	free(avail);
	free(used);
	free(bitmap);
	return 0;
}
