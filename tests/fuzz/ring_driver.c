// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the driver's side of a ring with a device that writes what it likes, also while the driver reads. Every
 * cookie comes back exactly once; what is lent shares nothing with what else is lent; after a reset the ring works.
 */
#include "reached.h"
#include "ring_guest.h"

#include <stdlib.h>

#define NUM_MAX	  64u
#define STEPS_MAX 400
#define BASE	  UINT64_C(0x7000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	ADDED, IN_TABLE, FULL, BAD, GOT, NOTHING, JUMP, NOT_OURS, WRITTEN, RACED, KICKED, NOT_KICKED, WOKEN,
	RECLAIMED, WRAPPED, MARKS
};

static const char *names[MARKS] = {
	[ADDED] = "added",	 [IN_TABLE] = "in-table",     [FULL] = "full",	 [BAD] = "bad",
	[GOT] = "got",		 [NOTHING] = "nothing",	      [JUMP] = "jump",	 [NOT_OURS] = "not-ours",
	[WRITTEN] = "written",	 [RACED] = "raced",	      [KICKED] = "kicked",
	[NOT_KICKED] = "not-kicked", [WOKEN] = "woken",	      [RECLAIMED] = "reclaimed",
	[WRAPPED] = "wrapped",
};

/* A chain that is out: its number, and which descriptors it has. */
struct lent {
	bool out;
	uint32_t writable;
	uint16_t count;
	uint16_t descriptors[NUM_MAX];
};

static struct input in;
static struct ring_guest guest;
static struct scmi_ring_driver ring;
static struct scmi_ring_layout layout;
static struct scmi_ring_slot *slots;
static struct lent lent[NUM_MAX]; /* by head; its address is the cookie */
static bool in_use[NUM_MAX];	  /* descriptors */
static uint8_t *memory;
static uint64_t features;
static uint32_t num, out_count, free_count;
static uint16_t entries, next_used, used_seen;
static bool broken;

static uint64_t le(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

static void put_le(uint8_t *to, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void start(void)
{
	ring_check(scmi_ring_driver_init(&ring, num, entries, memory, BASE, slots, features) == 0);
	for (uint32_t i = 0; i < layout.size; i++)
		ring_check(memory[i] == 0);
	memset(lent, 0, sizeof(lent));
	memset(in_use, 0, sizeof(in_use));
	out_count = 0;
	free_count = num;
	next_used = used_seen = 0;
	broken = false;
}

/* ---- lending ------------------------------------------------------------------------------------- */

static void check_buffers(const uint8_t *table, uint32_t first, bool linked,
			  const struct scmi_ring_segment *segments, uint32_t readable,
			  uint32_t count, struct lent *chain)
{
	uint32_t index = first;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *descriptor = table + 16 * (size_t)index;
		uint32_t flags = (uint32_t)le(descriptor + 12, 2);

		if (linked) {
			ring_check(index < num && !in_use[index]);
			in_use[index] = true;
			chain->descriptors[i] = (uint16_t)index;
		}
		ring_check(le(descriptor, 8) == segments[i].address);
		ring_check(le(descriptor + 8, 4) == segments[i].size);
		ring_check(flags == ((i < readable ? 0u : 2u) | (i + 1 < count ? 1u : 0u)));
		index = (uint32_t)le(descriptor + 14, 2);
	}
}

static void check_added(uint32_t head, const struct scmi_ring_segment *segments, uint32_t readable,
			uint32_t count)
{
	const uint8_t *descriptor = memory + 16 * (size_t)head;
	struct lent *chain = &lent[head];
	uint64_t table;

	ring_check(!chain->out);
	chain->out = true;
	chain->writable = 0;
	for (uint32_t i = readable; i < count; i++)
		chain->writable += segments[i].size;
	if (le(descriptor + 12, 2) == 4) {
		reached(IN_TABLE);
		ring_check(features & SCMI_RING_F_INDIRECT && count <= entries && !in_use[head]);
		in_use[head] = true;
		chain->count = 1;
		chain->descriptors[0] = (uint16_t)head;
		table = le(descriptor, 8) - BASE;
		ring_check(le(descriptor + 8, 4) == 16 * count);
		ring_check(table == layout.tables + 16 * (uint64_t)entries * head);
		check_buffers(memory + table, 0, false, segments, readable, count, chain);
	} else {
		chain->count = (uint16_t)count;
		check_buffers(memory, head, true, segments, readable, count, chain);
	}
	free_count -= chain->count;
	out_count++;
	ring_check(ring.free_count == free_count && ring.out_count == out_count);
}

static void add(uint8_t what)
{
	struct scmi_ring_segment segments[9];
	uint32_t count = what & 7, readable = (what >> 3 & 7) % (count + 1);
	uint16_t avail_index = ring.next_avail;
	bool good = count && count <= num;
	uint32_t head;
	int result;

	for (uint32_t i = 0; i < count; i++) {
		segments[i].address = ring_guest_address(&guest);
		segments[i].size = 1 + input_u8(&in);
	}
	if (count && what & 0x80 && !(input_u8(&in) & 7)) {
		segments[count - 1].size = input_u8(&in) & 1 ? UINT32_MAX : 0;
		good = good && segments[count - 1].size && count == 1;
	}
	/* As the cookie goes what the head will be; nothing else is known beforehand. */
	head = ring.free_first;
	result = scmi_ring_driver_add(&ring, segments, (uint16_t)readable,
				      (uint16_t)(count - readable),
				      head < num ? &lent[head] : NULL);
	if (broken) {
		ring_check(result == -EPROTO);
	} else if (!good) {
		ring_check(result == -EINVAL);
		reached(BAD);
	} else if (result == -ENOSPC) {
		ring_check(free_count < count &&
			   !(free_count && count > 1 && count <= entries &&
			     features & SCMI_RING_F_INDIRECT));
		reached(FULL);
	} else {
		ring_check(result >= 0 && (uint32_t)result == head);
		ring_check((uint16_t)le(memory + layout.avail + 2, 2) ==
			   (uint16_t)(avail_index + 1));
		ring_check(le(memory + layout.avail + 4 + 2 * (avail_index % num), 2) == head);
		check_added(head, segments, readable, count);
		reached(ADDED);
	}
}

/* ---- getting back --------------------------------------------------------------------------------- */

static void is_back(const void *cookie)
{
	struct lent *chain = NULL;

	for (uint32_t i = 0; i < num; i++)
		if (cookie == &lent[i])
			chain = &lent[i];
	ring_check(chain && chain->out);
	chain->out = false;
	for (uint16_t i = 0; i < chain->count; i++) {
		ring_check(in_use[chain->descriptors[i]]);
		in_use[chain->descriptors[i]] = false;
	}
	free_count += chain->count;
	out_count--;
	ring_check(ring.free_count == free_count && ring.out_count == out_count);
}

static void broke(int result, enum scmi_ring_fault fault, size_t mark)
{
	ring_check(result == -EPROTO && ring.fault == fault);
	reached(mark);
	broken = true;
}

static void get(void)
{
	void *cookie = NULL;
	uint32_t written = 0, id, said;
	const uint8_t *entry;
	int result;

	ring_guest_watch(&guest);
	guest.raced = false;
	result = scmi_ring_driver_get(&ring, &cookie, &written);
	if (guest.raced)
		reached(RACED);
	if (broken) {
		ring_check(result == -EPROTO);
		ring_guest_replayed(&guest);
		return;
	}
	if (used_seen == next_used) {
		used_seen = (uint16_t)ring_guest_replay(&guest, memory + layout.used + 2, 2, NULL);
		if ((uint16_t)(used_seen - next_used) > out_count) {
			broke(result, SCMI_RING_JUMP, JUMP);
			return;
		}
	}
	if (used_seen == next_used) {
		ring_check(result == 0);
		ring_guest_replayed(&guest);
		reached(NOTHING);
		return;
	}
	entry = memory + layout.used + 4 + 8 * (next_used % num);
	id = ring_guest_replay(&guest, entry, 4, NULL);
	said = ring_guest_replay(&guest, entry + 4, 4, NULL);
	ring_guest_replayed(&guest);
	if (id >= num || !lent[id].out) {
		broke(result, SCMI_RING_NOT_OURS, NOT_OURS);
	} else if (said > lent[id].writable) {
		broke(result, SCMI_RING_WRITTEN, WRITTEN);
	} else {
		ring_check(result == 1 && cookie == &lent[id] && written == said);
		if (++next_used == 0)
			reached(WRAPPED);
		is_back(cookie);
		reached(GOT);
	}
}

static void reset(void)
{
	uint32_t out = out_count, back = 0;
	void *cookie;

	while (scmi_ring_driver_reclaim(&ring, &cookie)) {
		is_back(cookie);
		back++;
	}
	ring_check(back == out && free_count == num);
	if (back)
		reached(RECLAIMED);
	start();
}

/* ---- the device ------------------------------------------------------------------------------------ */

/* The next used entry; mostly of a chain that is out. */
static void say_used(uint8_t what)
{
	uint8_t *base = memory + layout.used;
	uint16_t index = (uint16_t)le(base + 2, 2);
	uint32_t id = input_u8(&in) % num, written = input_word(&in);

	for (uint32_t i = 0; i < num && !lent[id].out && what & 0x30; i++)
		id = (id + 1) % num;
	if (what & 0x30 && lent[id].out)
		written = written > lent[id].writable ? lent[id].writable : written;
	if (what >> 6 == 2)
		id = input_word(&in);
	put_le(base + 4 + 8 * (index % num), id, 4);
	put_le(base + 8 + 8 * (index % num), written, 4);
	put_le(base + 2, (uint16_t)(index + 1), 2);
}

/* As after 65533 chains: the indices soon begin again. */
static void nearly_around(void)
{
	ring.next_avail = ring.next_used = ring.used_seen = 65533;
	next_used = used_seen = 65533;
	put_le(memory + layout.avail + 2, 65533, 2);
	put_le(memory + layout.used + 2, 65533, 2);
}

static void step(uint8_t what)
{
	uint32_t at;

	switch (what & 15) {
	case 0:
	case 1:
	case 2:
		add(input_u8(&in));
		break;
	case 3:
	case 4:
	case 5:
		get();
		break;
	case 6:
	case 7:
	case 8:
		say_used(what);
		break;
	case 9:
		at = input_u8(&in) | (uint32_t)input_u8(&in) << 8;
		memory[at % layout.size] = input_u8(&in);
		break;
	case 10:
		put_le(memory + layout.used + 2,
		       what & 0x80 ? input_word(&in) : next_used + (what >> 4), 2);
		break;
	case 11:
		reached(scmi_ring_driver_should_kick(&ring) ? KICKED : NOT_KICKED);
		ring_check(!scmi_ring_driver_should_kick(&ring));
		break;
	case 12:
		if (scmi_ring_driver_sleep(&ring) == 1)
			reached(WOKEN);
		if (what & 0x10)
			scmi_ring_driver_poll(&ring);
		break;
	case 13:
		memset(memory, input_u8(&in), what & 0x10 ? layout.avail : layout.size);
		break;
	case 14:
		reset();
		break;
	}
}

/* A device that behaves: everything comes back. */
static void behave(void)
{
	struct scmi_ring_segment segments[2] = {{BASE, 8}, {BASE + 64, 16}};
	uint32_t count = num > 1 ? 2 : 1;

	guest.racing = false;
	if (broken)
		reset();
	while (out_count) {
		uint8_t *base = memory + layout.used;
		uint32_t id = 0;

		while (!lent[id].out)
			id++;
		put_le(base + 4 + 8 * (next_used % num), id, 4);
		put_le(base + 8 + 8 * (next_used % num), 0, 4);
		put_le(base + 2, (uint16_t)(next_used + 1), 2);
		get();
	}
	ring_check(!broken && free_count == num);
	ring_check(scmi_ring_driver_add(&ring, segments, 1, (uint16_t)(count - 1), segments) >= 0);
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
	num = 1u << (shape & 7) % 7;
	features = (shape & 8 ? 0 : SCMI_RING_F_INDIRECT) | (shape & 16 ? SCMI_RING_F_EVENT_IDX : 0);
	entries = (uint16_t)(input_u8(&in) % ((num < 6 ? num : 6) + 1));
	ring_check(scmi_ring_layout(&layout, num, entries) == 0);
	memory = aligned_alloc(64, layout.size);
	slots = calloc(num, sizeof(*slots));
	if (!memory || !slots)
		abort();
	ring_guest_init(&guest, &in);
	start();
	if (shape & 0x20)
		nearly_around();
	guest.racing = shape & 0x40;
	for (unsigned int i = 0; i < STEPS_MAX && !input_done(&in); i++) {
		ring_guest_watch(&guest);
		step(input_u8(&in));
	}
	behave();
	ring_guest_fini(&guest);
	free(memory);
	free(slots);
	return 0;
}
