// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ring_guest.h"

#include <stdio.h>
#include <stdlib.h>

/* The lowest and the highest there are, and two that follow each other. */
static const uint64_t bases[GUEST_REGIONS] = {0, 0x1000, 0x1000 + GUEST_REGION_SIZE,
					      UINT64_MAX - GUEST_REGION_SIZE + 1};

static struct ring_guest *the_guest;

void ring_fail(const char *what)
{
	fprintf(stderr, "ring: %s\n", what);
	abort();
}

static void *guest_translate(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	const struct ring_guest *guest = ctx;
	uint8_t *there = ring_guest_byte(guest, address);
	uint64_t left = GUEST_REGION_SIZE - address % GUEST_REGION_SIZE;

	ring_check(size);
	*contiguous = size < left ? size : left;
	return there;
}

void ring_guest_init(struct ring_guest *guest, struct input *in)
{
	memset(guest, 0, sizeof(*guest));
	guest->memory.ctx = guest;
	guest->memory.translate = guest_translate;
	guest->in = in;
	the_guest = guest;
	for (size_t i = 0; i < GUEST_REGIONS; i++) {
		guest->regions[i].base = bases[i];
		ring_guest_remap(guest, i, true);
	}
}

void ring_guest_fini(struct ring_guest *guest)
{
	the_guest = NULL;
	for (size_t i = 0; i < GUEST_REGIONS; i++)
		free(guest->regions[i].bytes);
}

void ring_guest_remap(struct ring_guest *guest, size_t region, bool mapped)
{
	uint8_t *bytes = NULL;

	if (mapped) {
		bytes = calloc(1, GUEST_REGION_SIZE);
		if (!bytes)
			abort();
		if (guest->regions[region].bytes)
			memcpy(bytes, guest->regions[region].bytes, GUEST_REGION_SIZE);
	}
	free(guest->regions[region].bytes);
	guest->regions[region].bytes = bytes;
}

uint64_t ring_guest_address(struct ring_guest *guest)
{
	uint8_t what = input_u8(guest->in);
	uint64_t base = bases[what & 3];

	if (what < 0x80)
		return base + (input_u8(guest->in) & ~15u);
	if (what < 0xc0)
		return base + input_u8(guest->in);
	if (what < 0xe0)
		return base + GUEST_REGION_SIZE - (what >> 2 & 7);
	return base + (uint64_t)(int64_t)(int32_t)input_u32(guest->in);
}

uint8_t *ring_guest_byte(const struct ring_guest *guest, uint64_t address)
{
	for (size_t i = 0; i < GUEST_REGIONS; i++) {
		uint64_t offset = address - guest->regions[i].base;

		if (guest->regions[i].bytes && offset < GUEST_REGION_SIZE)
			return guest->regions[i].bytes + offset;
	}
	return NULL;
}

void ring_guest_watch(struct ring_guest *guest)
{
	guest->read_count = 0;
	guest->replayed = 0;
}

uint32_t ring_guest_replay(struct ring_guest *guest, const uint8_t *from, size_t size,
			   uint8_t *bytes)
{
	const struct ring_read *read = &guest->reads[guest->replayed];
	uint32_t value = 0;

	ring_check(guest->replayed < guest->read_count);
	ring_check(read->from == from);
	ring_check(read->size == size);
	guest->replayed++;
	if (bytes)
		memcpy(bytes, read->bytes, size);
	for (size_t i = 0; i < size && i < 4; i++)
		value |= (uint32_t)read->bytes[i] << 8 * i;
	return value;
}

void ring_guest_replayed(const struct ring_guest *guest)
{
	ring_check(guest->replayed == guest->read_count);
}

void ring_guest_before_read(const void *from, size_t size)
{
	struct ring_guest *guest = the_guest;
	struct ring_read *read;
	uint8_t *bytes = (uint8_t *)(uintptr_t)from;
	uint8_t what;

	if (!guest || size > sizeof(read->bytes))
		return;
	if (guest->racing && !input_done(guest->in)) {
		what = input_u8(guest->in);
		if (what < 0x30) {
			bytes[what % size] = input_u8(guest->in);
			guest->raced = true;
		} else if (what < 0x50 && guest->read_count) {
			/* What was read before is not what it was any more. */
			read = &guest->reads[guest->read_count - 1];
			bytes = (uint8_t *)(uintptr_t)read->from;
			bytes[what % read->size] ^= 0xff;
			guest->raced = true;
		}
	}
	ring_check(guest->read_count < GUEST_READS);
	read = &guest->reads[guest->read_count++];
	read->from = from;
	read->size = size;
	memcpy(read->bytes, from, size);
}
