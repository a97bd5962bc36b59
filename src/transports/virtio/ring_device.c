/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A chain is walked once, when it is taken: each descriptor is copied, checked, and what is left of
 * it is the list of segments. Nothing of the descriptors is read afterwards.
 */
#include "ring.h"
#include "ring_memory.h"

/* ---- memory ---------------------------------------------------------------------------------- */

/* translate(), whose answer is made to keep its promise. */
static void *reach(const struct scmi_ring_memory *memory, uint64_t address, uint64_t size,
		   uint64_t *contiguous)
{
	void *there;

	*contiguous = 0;
	there = memory->translate(memory->ctx, address, size, contiguous);
	if (!there || !*contiguous)
		return NULL;
	if (*contiguous > size)
		*contiguous = size;
	return there;
}

/* Is all of it in the memory? */
static bool inside(const struct scmi_ring_memory *memory, uint64_t address, uint32_t size)
{
	uint64_t left = size, contiguous;

	if (address + size < address)
		return false;
	while (left) {
		if (!reach(memory, address, left, &contiguous))
			return false;
		address += contiguous;
		left -= contiguous;
	}
	return true;
}

/* Returns how many bytes could be copied. */
static size_t copy_in(const struct scmi_ring_memory *memory, uint64_t address, void *to,
		      size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t contiguous;
		const void *from = reach(memory, address + done, size - done, &contiguous);

		if (!from)
			break;
		ring_copy_in((uint8_t *)to + done, from, (size_t)contiguous);
		done += (size_t)contiguous;
	}
	return done;
}

static size_t copy_out(const struct scmi_ring_memory *memory, uint64_t address, const void *from,
		       size_t size)
{
	size_t done = 0;

	while (done < size) {
		uint64_t contiguous;
		void *to = reach(memory, address + done, size - done, &contiguous);

		if (!to)
			break;
		memcpy(to, (const uint8_t *)from + done, (size_t)contiguous);
		done += (size_t)contiguous;
	}
	return done;
}

/* ---- a chain --------------------------------------------------------------------------------- */

/* Where a walk stands: in the ring's own table, or in an indirect one. */
struct walk {
	const struct scmi_ring_device *ring;
	uint64_t table; /* address of the indirect table */
	bool indirect;
	bool scattered;	 /* more segments than a chain has room for */
	uint16_t index;	 /* of the next descriptor in the table */
	uint16_t count;	 /* descriptors in the table */
	uint16_t length; /* buffers so far */
};

static bool walk_fetch(const struct walk *walk, struct ring_descriptor *descriptor)
{
	const struct scmi_ring_device *ring = walk->ring;
	size_t offset = (size_t)walk->index * RING_DESCRIPTOR_SIZE;

	if (!walk->indirect)
		ring_copy_in(descriptor, ring->descriptors + offset, RING_DESCRIPTOR_SIZE);
	else if (copy_in(ring->memory, walk->table + offset, descriptor, RING_DESCRIPTOR_SIZE) <
		 RING_DESCRIPTOR_SIZE)
		return false;
	descriptor->address = ring_swap64(descriptor->address);
	descriptor->size = ring_swap32(descriptor->size);
	descriptor->flags = ring_swap16(descriptor->flags);
	descriptor->next = ring_swap16(descriptor->next);
	return true;
}

static enum scmi_ring_fault walk_into_table(struct walk *walk,
					    const struct ring_descriptor *descriptor)
{
	uint32_t count = descriptor->size / RING_DESCRIPTOR_SIZE;

	if (!walk->ring->indirect)
		return SCMI_RING_INDIRECT_FORBIDDEN;
	if (walk->indirect)
		return SCMI_RING_INDIRECT_NESTED;
	if (descriptor->flags & RING_DESCRIPTOR_NEXT)
		return SCMI_RING_INDIRECT_NEXT;
	if (!count || count > walk->ring->num || descriptor->size % RING_DESCRIPTOR_SIZE)
		return SCMI_RING_INDIRECT_SIZE;
	if (!inside(walk->ring->memory, descriptor->address, descriptor->size))
		return SCMI_RING_OUTSIDE;
	walk->indirect = true;
	walk->table = descriptor->address;
	walk->index = 0;
	walk->count = (uint16_t)count;
	return SCMI_RING_SOUND;
}

static enum scmi_ring_fault walk_buffer(struct walk *walk,
					const struct ring_descriptor *descriptor,
					struct scmi_ring_chain *chain)
{
	bool writable = descriptor->flags & RING_DESCRIPTOR_WRITE;
	struct scmi_ring_segment *last;

	if (walk->length == walk->ring->num)
		return SCMI_RING_TOO_LONG;
	walk->length++;
	if (chain->writable && !writable)
		return SCMI_RING_DIRECTION;
	if (!descriptor->size)
		return SCMI_RING_EMPTY;
	if ((uint64_t)chain->readable + chain->writable + descriptor->size > UINT32_MAX)
		return SCMI_RING_SUM;
	if (!inside(walk->ring->memory, descriptor->address, descriptor->size))
		return SCMI_RING_OUTSIDE;

	/* Neighbours become one, but not across the border of the two directions. */
	if (chain->segment_count && !(writable && !chain->writable)) {
		last = &chain->segments[chain->segment_count - 1];
		if (last->address + last->size == descriptor->address) {
			last->size += descriptor->size;
			goto count;
		}
	}
	if (chain->segment_count == SCMI_RING_SEGMENTS_MAX) {
		walk->scattered = true;
		goto count;
	}
	last = &chain->segments[chain->segment_count++];
	last->address = descriptor->address;
	last->size = descriptor->size;
	if (!writable)
		chain->readable_count++;
count:
	if (writable)
		chain->writable += descriptor->size;
	else
		chain->readable += descriptor->size;
	return SCMI_RING_SOUND;
}

/*
 * It ends: every turn but the one into an indirect table, of which there is one at most, counts a
 * buffer, and there are no more buffers than the ring is long.
 */
static enum scmi_ring_fault walk_chain(struct walk *walk, struct scmi_ring_chain *chain)
{
	struct ring_descriptor descriptor;
	enum scmi_ring_fault fault;

	for (;;) {
		if (!walk_fetch(walk, &descriptor))
			return SCMI_RING_OUTSIDE;
		if (descriptor.flags & RING_DESCRIPTOR_INDIRECT) {
			fault = walk_into_table(walk, &descriptor);
			if (fault)
				return fault;
			continue;
		}
		fault = walk_buffer(walk, &descriptor, chain);
		if (fault)
			return fault;
		if (!(descriptor.flags & RING_DESCRIPTOR_NEXT))
			return SCMI_RING_SOUND;
		if (descriptor.next >= walk->count)
			return SCMI_RING_NEXT_OUTSIDE;
		walk->index = descriptor.next;
	}
}

size_t scmi_ring_chain_read(const struct scmi_ring_chain *chain, void *to, size_t size)
{
	size_t done = 0;

	for (uint16_t i = 0; i < chain->readable_count && done < size; i++) {
		const struct scmi_ring_segment *segment = &chain->segments[i];
		size_t part = size - done < segment->size ? size - done : segment->size;
		size_t copied;

		copied = copy_in(chain->memory, segment->address, (uint8_t *)to + done, part);
		done += copied;
		if (copied < part)
			break;
	}
	return done;
}

size_t scmi_ring_chain_write(const struct scmi_ring_chain *chain, size_t offset, const void *from,
			     size_t size)
{
	size_t done = 0;

	for (uint16_t i = chain->readable_count; i < chain->segment_count && done < size; i++) {
		const struct scmi_ring_segment *segment = &chain->segments[i];
		size_t room, part, copied;

		if (offset >= segment->size) {
			offset -= segment->size;
			continue;
		}
		room = segment->size - offset;
		part = size - done < room ? size - done : room;
		copied = copy_out(chain->memory, segment->address + offset,
				  (const uint8_t *)from + done, part);
		done += copied;
		if (copied < part)
			break;
		offset = 0;
	}
	return done;
}

/* ---- the ring -------------------------------------------------------------------------------- */

static bool aligned(const void *part, uintptr_t align)
{
	return part && !((uintptr_t)part & (align - 1));
}

int scmi_ring_device_move(struct scmi_ring_device *ring, const void *descriptors,
			  const void *avail, void *used)
{
	if (!aligned(descriptors, SCMI_RING_DESCRIPTORS_ALIGN) ||
	    !aligned(avail, SCMI_RING_AVAIL_ALIGN) || !aligned(used, SCMI_RING_USED_ALIGN))
		return -EINVAL;
	ring->descriptors = descriptors;
	ring->avail = avail;
	ring->used = used;
	return 0;
}

int scmi_ring_device_init(struct scmi_ring_device *ring, const struct scmi_ring_memory *memory,
			  uint32_t num, const void *descriptors, const void *avail, void *used,
			  void *taken, uint64_t features, uint16_t next_avail)
{
	memset(ring, 0, sizeof(*ring));
	if (!scmi_ring_num_valid(num) || !taken ||
	    scmi_ring_device_move(ring, descriptors, avail, used))
		return -EINVAL;
	ring->memory = memory;
	ring->num = (uint16_t)num;
	ring->taken = taken;
	memset(ring->taken, 0, SCMI_RING_TAKEN_SIZE(num));
	ring->indirect = features & SCMI_RING_F_INDIRECT;
	ring->event_idx = features & SCMI_RING_F_EVENT_IDX;
	ring->next_avail = next_avail;
	ring->avail_seen = next_avail;
	ring->next_used = ring_read16(ring->used + RING_INDEX);
	return 0;
}

static int break_ring(struct scmi_ring_device *ring, enum scmi_ring_fault fault)
{
	ring->fault = fault;
	return -EPROTO;
}

static bool is_taken(const struct scmi_ring_device *ring, uint16_t head)
{
	return ring->taken[head / 8] >> (head % 8) & 1;
}

static void chain_clear(struct scmi_ring_chain *chain)
{
	chain->readable = 0;
	chain->writable = 0;
	chain->segment_count = 0;
	chain->readable_count = 0;
}

static int take_head(struct scmi_ring_device *ring, uint32_t head, struct scmi_ring_chain *chain)
{
	struct walk walk = {.ring = ring, .count = ring->num};
	enum scmi_ring_fault fault;

	if (head >= ring->num)
		return break_ring(ring, SCMI_RING_HEAD_OUTSIDE);
	if (is_taken(ring, (uint16_t)head))
		return break_ring(ring, SCMI_RING_HEAD_TAKEN);
	chain->memory = ring->memory;
	chain->head = (uint16_t)head;
	chain_clear(chain);
	walk.index = (uint16_t)head;
	fault = walk_chain(&walk, chain);
	if (fault)
		return break_ring(ring, fault);
	if (walk.scattered) {
		ring->scattered++;
		chain_clear(chain);
	}
	ring->taken[head / 8] |= (uint8_t)(1u << (head % 8));
	ring->taken_count++;
	return 1;
}

int scmi_ring_device_take(struct scmi_ring_device *ring, struct scmi_ring_chain *chain)
{
	const uint8_t *slot;
	int taken;

	if (ring->fault)
		return -EPROTO;
	if (ring->avail_seen == ring->next_avail) {
		ring->avail_seen = ring_read_acquire16(ring->avail + RING_INDEX);
		if ((uint16_t)(ring->avail_seen - ring->next_avail) > ring->num)
			return break_ring(ring, SCMI_RING_JUMP);
	}
	if (ring->avail_seen == ring->next_avail)
		return 0;
	slot = ring->avail + RING_ENTRIES + 2 * (size_t)(ring->next_avail & (ring->num - 1));
	taken = take_head(ring, ring_read16(slot), chain);
	if (taken > 0)
		ring->next_avail++;
	return taken;
}

int scmi_ring_device_retake(struct scmi_ring_device *ring, uint32_t head,
			    struct scmi_ring_chain *chain)
{
	return ring->fault ? -EPROTO : take_head(ring, head, chain);
}

int scmi_ring_device_give(struct scmi_ring_device *ring, uint16_t head, uint32_t written)
{
	uint8_t *entry;

	if (head >= ring->num || !is_taken(ring, head))
		return -EINVAL;
	ring->taken[head / 8] &= (uint8_t)~(1u << (head % 8));
	ring->taken_count--;
	if (ring->fault)
		return -EPROTO;

	entry = ring->used + RING_ENTRIES +
		(size_t)(ring->next_used & (ring->num - 1)) * RING_USED_ENTRY_SIZE;
	ring_write32(entry, head);
	ring_write32(entry + 4, written);
	ring->next_used++;
	if (ring->uncalled <= UINT16_MAX)
		ring->uncalled++;
	ring_write_release16(ring->used + RING_INDEX, ring->next_used);
	return 0;
}

bool scmi_ring_device_should_call(struct scmi_ring_device *ring)
{
	uint32_t moved = ring->uncalled;
	bool first = !ring->called;

	if (!moved || ring->fault)
		return false;
	ring->uncalled = 0;
	ring->called = true;
	ring_full_barrier();
	if (!ring->event_idx)
		return !(ring_read16(ring->avail + RING_FLAGS) & RING_NO_NOTIFY);
	return first || ring_event_passed(ring_read16(ring->avail + ring_used_event(ring->num)),
					  ring->next_used, moved);
}

int scmi_ring_device_sleep(struct scmi_ring_device *ring)
{
	if (ring->fault)
		return -EPROTO;
	if (ring->event_idx)
		ring_write16(ring->used + ring_avail_event(ring->num), ring->next_avail);
	else
		ring_write16(ring->used + RING_FLAGS, 0);
	ring_full_barrier();
	return ring_read16(ring->avail + RING_INDEX) != ring->next_avail;
}

void scmi_ring_device_poll(struct scmi_ring_device *ring)
{
	/* With an event index: the old one is already passed, and nobody kicks for it again. */
	if (!ring->fault && !ring->event_idx)
		ring_write16(ring->used + RING_FLAGS, RING_NO_NOTIFY);
}
