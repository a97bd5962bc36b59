/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory that a ring's other side owns, and may change at any moment: the ring's sources are compiled with a hook
 * before every read, where the fuzzer's bytes decide what changes. What was really read is noted; a model
 * that is given the same values, in order, must come to the same end.
 */
#ifndef FUZZ_RING_GUEST_H
#define FUZZ_RING_GUEST_H

#include "input.h"
#include "transports/virtio/ring.h"

#define GUEST_REGIONS	  4
#define GUEST_REGION_SIZE 256u
#define GUEST_READS	  600

struct ring_read {
	const uint8_t *from;
	size_t size;
	uint8_t bytes[16];
};

struct ring_guest {
	struct scmi_ring_memory memory;
	struct input *in;
	bool racing; /* memory changes while it is read */
	bool raced;  /* it has */
	struct {
		uint64_t base;
		uint8_t *bytes; /* NULL: not mapped */
	} regions[GUEST_REGIONS];
	struct ring_read reads[GUEST_READS]; /* since ring_guest_watch() */
	size_t read_count, replayed;
};

/* One at a time: the hook knows only this one. */
void ring_guest_init(struct ring_guest *guest, struct input *in);
void ring_guest_fini(struct ring_guest *guest);

/* Map a region anew, elsewhere, or take it away. */
void ring_guest_remap(struct ring_guest *guest, size_t region, bool mapped);

/* An address near an edge, mostly inside. */
uint64_t ring_guest_address(struct ring_guest *guest);

/* Where it is, or NULL; for the other side's own writes. One byte. */
uint8_t *ring_guest_byte(const struct ring_guest *guest, uint64_t address);

/* Note reads from now on, and play them back from the first. */
void ring_guest_watch(struct ring_guest *guest);

/* The next read has to be this one; little-endian value of up to 4 bytes, or 16 bytes to `bytes`. */
uint32_t ring_guest_replay(struct ring_guest *guest, const uint8_t *from, size_t size,
			   uint8_t *bytes);

/* Everything that was read has been played back. */
void ring_guest_replayed(const struct ring_guest *guest);

void ring_guest_before_read(const void *from, size_t size);

_Noreturn void ring_fail(const char *what);

#define ring_check(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ring_fail(#condition);                                                     \
	} while (0)

#endif
