/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device can write all of the ring's memory; what the driver must remember is in its slots, and
 * nothing is learned from descriptors.
 */
#include "ring.h"
#include "ring_memory.h"

#define LAYOUT_ALIGN 64u
#define NO_SLOT	     UINT16_MAX

static uint64_t round_up(uint64_t offset, uint32_t align)
{
	return (offset + align - 1) & ~(uint64_t)(align - 1);
}

int scmi_ring_layout(struct scmi_ring_layout *layout, uint32_t num, uint16_t table_entries)
{
	uint64_t used, tables, size;

	if (!scmi_ring_num_valid(num) || table_entries > num)
		return -EINVAL;
	layout->descriptors = 0;
	layout->avail = SCMI_RING_DESCRIPTORS_SIZE(num);
	/* What the device writes stands in cache lines of its own. */
	used = round_up(layout->avail + SCMI_RING_AVAIL_SIZE(num), LAYOUT_ALIGN);
	tables = round_up(used + SCMI_RING_USED_SIZE(num), LAYOUT_ALIGN);
	size = tables + (uint64_t)num * table_entries * RING_DESCRIPTOR_SIZE;
	size = round_up(size, LAYOUT_ALIGN);
	if (size > UINT32_MAX)
		return -EINVAL;
	layout->used = (uint32_t)used;
	layout->tables = (uint32_t)tables;
	layout->size = (uint32_t)size;
	return 0;
}

int scmi_ring_driver_init(struct scmi_ring_driver *ring, uint32_t num, uint16_t table_entries,
			  void *memory, uint64_t address, struct scmi_ring_slot *slots,
			  uint64_t features)
{
	struct scmi_ring_layout layout;

	memset(ring, 0, sizeof(*ring));
	if (scmi_ring_layout(&layout, num, table_entries) || !memory || !slots ||
	    (uintptr_t)memory % SCMI_RING_DESCRIPTORS_ALIGN ||
	    address % SCMI_RING_DESCRIPTORS_ALIGN || address + layout.size < address)
		return -EINVAL;
	memset(memory, 0, layout.size);
	ring->descriptors = (uint8_t *)memory + layout.descriptors;
	ring->avail = (uint8_t *)memory + layout.avail;
	ring->used = (uint8_t *)memory + layout.used;
	ring->tables = (uint8_t *)memory + layout.tables;
	ring->tables_address = address + layout.tables;
	ring->table_entries = features & SCMI_RING_F_INDIRECT ? table_entries : 0;
	ring->event_idx = features & SCMI_RING_F_EVENT_IDX;
	ring->num = (uint16_t)num;
	ring->slots = slots;
	memset(slots, 0, num * sizeof(*slots));
	for (uint32_t i = 0; i < num; i++)
		slots[i].next = i + 1 < num ? (uint16_t)(i + 1) : NO_SLOT;
	ring->free_first = 0;
	ring->free_count = (uint16_t)num;
	return 0;
}

static int break_ring(struct scmi_ring_driver *ring, enum scmi_ring_fault fault)
{
	ring->fault = fault;
	return -EPROTO;
}

/* ---- lending --------------------------------------------------------------------------------- */

static void put_descriptor(uint8_t *to, uint64_t address, uint32_t size, uint16_t flags,
			   uint16_t next)
{
	struct ring_descriptor descriptor = {
		.address = ring_swap64(address),
		.size = ring_swap32(size),
		.flags = ring_swap16(flags),
		.next = ring_swap16(next),
	};

	/*
	 * Mostly it is the same chain as before. Not written, its cache line stays with both sides;
	 * a device that changes it in between has itself to blame, as it would have later.
	 */
	if (memcmp(to, &descriptor, RING_DESCRIPTOR_SIZE))
		memcpy(to, &descriptor, RING_DESCRIPTOR_SIZE);
}

/* Take one descriptor from the free list; there is one. */
static uint16_t slot_get(struct scmi_ring_driver *ring)
{
	uint16_t slot = ring->free_first;

	ring->free_first = ring->slots[slot].next;
	ring->free_count--;
	return slot;
}

/* The whole chain in the table of its one descriptor. */
static uint16_t put_table(struct scmi_ring_driver *ring, const struct scmi_ring_segment *segments,
			  uint16_t readable, uint16_t count)
{
	uint16_t head = slot_get(ring);
	uint32_t offset = (uint32_t)head * ring->table_entries * RING_DESCRIPTOR_SIZE;

	for (uint16_t i = 0; i < count; i++) {
		uint16_t flags = i < readable ? 0 : RING_DESCRIPTOR_WRITE;

		if (i + 1 < count)
			flags |= RING_DESCRIPTOR_NEXT;
		put_descriptor(ring->tables + offset + i * RING_DESCRIPTOR_SIZE,
			       segments[i].address, segments[i].size, flags, (uint16_t)(i + 1));
	}
	put_descriptor(ring->descriptors + head * RING_DESCRIPTOR_SIZE,
		       ring->tables_address + offset, count * RING_DESCRIPTOR_SIZE,
		       RING_DESCRIPTOR_INDIRECT, 0);
	ring->slots[head].next = NO_SLOT;
	ring->slots[head].count = 1;
	return head;
}

static uint16_t put_chain(struct scmi_ring_driver *ring, const struct scmi_ring_segment *segments,
			  uint16_t readable, uint16_t count)
{
	uint16_t head = ring->free_first;

	for (uint16_t i = 0; i < count; i++) {
		uint16_t slot = slot_get(ring);
		uint16_t flags = i < readable ? 0 : RING_DESCRIPTOR_WRITE;

		/* The free list is the chain already. */
		if (i + 1 < count)
			flags |= RING_DESCRIPTOR_NEXT;
		put_descriptor(ring->descriptors + slot * RING_DESCRIPTOR_SIZE, segments[i].address,
			       segments[i].size, flags, i + 1 < count ? ring->free_first : 0);
	}
	ring->slots[head].count = count;
	return head;
}

int scmi_ring_driver_add(struct scmi_ring_driver *ring, const struct scmi_ring_segment *segments,
			 uint16_t readable, uint16_t writable, void *cookie)
{
	uint32_t count = (uint32_t)readable + writable;
	uint64_t total = 0, room = 0;
	uint16_t head;

	if (ring->fault)
		return -EPROTO;
	if (!count || count > ring->num)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		if (!segments[i].size)
			return -EINVAL;
		total += segments[i].size;
		if (i >= readable)
			room += segments[i].size;
	}
	if (total > UINT32_MAX)
		return -EINVAL;
	if (ring->free_count && count > 1 && count <= ring->table_entries)
		head = put_table(ring, segments, readable, (uint16_t)count);
	else if (count <= ring->free_count)
		head = put_chain(ring, segments, readable, (uint16_t)count);
	else
		return -ENOSPC;
	ring->slots[head].cookie = cookie;
	ring->slots[head].writable = (uint32_t)room;
	ring->out_count++;

	ring_write16(ring->avail + RING_ENTRIES + 2 * (ring->next_avail & (ring->num - 1)), head);
	ring->next_avail++;
	if (ring->unkicked <= UINT16_MAX)
		ring->unkicked++;
	ring_write_release16(ring->avail + RING_INDEX, ring->next_avail);
	return head;
}

bool scmi_ring_driver_should_kick(struct scmi_ring_driver *ring)
{
	uint32_t moved = ring->unkicked;
	bool first = !ring->kicked;

	if (!moved || ring->fault)
		return false;
	ring->unkicked = 0;
	ring->kicked = true;
	ring_full_barrier();
	if (!ring->event_idx)
		return !(ring_read16(ring->used + RING_FLAGS) & RING_NO_NOTIFY);
	return first || ring_event_passed(ring_read16(ring->used + ring_avail_event(ring->num)),
					  ring->next_avail, moved);
}

/* ---- getting back ---------------------------------------------------------------------------- */

/* The chain's descriptors are free again. */
static void chain_free(struct scmi_ring_driver *ring, uint16_t head)
{
	uint16_t count = ring->slots[head].count, last = head;

	for (uint16_t i = 1; i < count; i++)
		last = ring->slots[last].next;
	ring->slots[last].next = ring->free_first;
	ring->free_first = head;
	ring->free_count += count;
	ring->slots[head].count = 0;
	ring->out_count--;
}

int scmi_ring_driver_get(struct scmi_ring_driver *ring, void **cookie, uint32_t *written)
{
	const uint8_t *entry;
	uint32_t id, size;

	if (ring->fault)
		return -EPROTO;
	if (ring->used_seen == ring->next_used) {
		ring->used_seen = ring_read_acquire16(ring->used + RING_INDEX);
		if ((uint16_t)(ring->used_seen - ring->next_used) > ring->out_count)
			return break_ring(ring, SCMI_RING_JUMP);
	}
	if (ring->used_seen == ring->next_used)
		return 0;
	/* The answer comes from the other CPU while the entry does, not behind it; never earlier. */
	if (ring->soon)
		__builtin_prefetch(ring->soon);

	entry = ring->used + RING_ENTRIES +
		(size_t)(ring->next_used & (ring->num - 1)) * RING_USED_ENTRY_SIZE;
	id = ring_read32(entry);
	size = ring_read32(entry + 4);
	if (id >= ring->num || !ring->slots[id].count)
		return break_ring(ring, SCMI_RING_NOT_OURS);
	if (size > ring->slots[id].writable)
		return break_ring(ring, SCMI_RING_WRITTEN);
	ring->next_used++;
	*cookie = ring->slots[id].cookie;
	*written = size;
	chain_free(ring, (uint16_t)id);
	return 1;
}

int scmi_ring_driver_sleep(struct scmi_ring_driver *ring)
{
	if (ring->fault)
		return -EPROTO;
	if (ring->event_idx)
		ring_write16(ring->avail + ring_used_event(ring->num), ring->next_used);
	else
		ring_write16(ring->avail + RING_FLAGS, 0);
	ring_full_barrier();
	return ring_read16(ring->used + RING_INDEX) != ring->next_used;
}

void scmi_ring_driver_poll(struct scmi_ring_driver *ring)
{
	/* With an event index: the old one is already passed, and nobody calls for it again. */
	if (!ring->fault && !ring->event_idx)
		ring_write16(ring->avail + RING_FLAGS, RING_NO_NOTIFY);
}

bool scmi_ring_driver_reclaim(struct scmi_ring_driver *ring, void **cookie)
{
	if (!ring->out_count)
		return false;
	for (uint16_t head = 0; head < ring->num; head++) {
		if (ring->slots[head].count) {
			*cookie = ring->slots[head].cookie;
			chain_free(ring, head);
			return true;
		}
	}
	return false;
}
