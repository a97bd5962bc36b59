/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that somebody else writes at the same time: every read is one read, and what orders the
 * two sides is here. Fields are little endian.
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_RING_MEMORY_H
#define SCMI_TRANSPORTS_VIRTIO_RING_MEMORY_H

#include <scmi/types.h>

/* A test's chance to change the memory right before a read of it. */
#ifdef SCMI_RING_BEFORE_READ
void SCMI_RING_BEFORE_READ(const void *from, size_t size);
#define ring_before_read(from, size) SCMI_RING_BEFORE_READ(from, size)
#else
#define ring_before_read(from, size) ((void)0)
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ring_swap16(value) __builtin_bswap16(value)
#define ring_swap32(value) __builtin_bswap32(value)
#define ring_swap64(value) __builtin_bswap64(value)
#else
#define ring_swap16(value) (value)
#define ring_swap32(value) (value)
#define ring_swap64(value) (value)
#endif

/* A descriptor, in its place or in a private copy. */
struct ring_descriptor {
	uint64_t address;
	uint32_t size;
	uint16_t flags;
	uint16_t next;
};

#define RING_DESCRIPTOR_SIZE	 16u
#define RING_DESCRIPTOR_NEXT	 1u
#define RING_DESCRIPTOR_WRITE	 2u
#define RING_DESCRIPTOR_INDIRECT 4u

/* avail.flags and used.flags, where there is no event index: do not call, do not kick. */
#define RING_NO_NOTIFY 1u

/* Offsets in avail and used. */
#define RING_FLAGS	     0u
#define RING_INDEX	     2u
#define RING_ENTRIES	     4u
#define RING_USED_ENTRY_SIZE 8u

/* Where the last two bytes are: used_event in avail, avail_event in used. */
static inline uint32_t ring_used_event(uint16_t num)
{
	return RING_ENTRIES + 2u * num;
}

static inline uint32_t ring_avail_event(uint16_t num)
{
	return RING_ENTRIES + RING_USED_ENTRY_SIZE * num;
}

/* From here on, what the other side wrote before it moved its index is seen: read what it says. */
static inline uint16_t ring_read_acquire16(const uint8_t *from)
{
	ring_before_read(from, 2);
	return ring_swap16(__atomic_load_n((const uint16_t *)(const void *)from, __ATOMIC_ACQUIRE));
}

static inline uint16_t ring_read16(const uint8_t *from)
{
	ring_before_read(from, 2);
	return ring_swap16(__atomic_load_n((const uint16_t *)(const void *)from, __ATOMIC_RELAXED));
}

static inline uint32_t ring_read32(const uint8_t *from)
{
	ring_before_read(from, 4);
	return ring_swap32(__atomic_load_n((const uint32_t *)(const void *)from, __ATOMIC_RELAXED));
}

static inline void ring_write16(uint8_t *to, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)to, (uint16_t)ring_swap16(value), __ATOMIC_RELAXED);
}

static inline void ring_write32(uint8_t *to, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)to, ring_swap32(value), __ATOMIC_RELAXED);
}

/* Move our index: everything that was written before is seen by who sees it. */
static inline void ring_write_release16(uint8_t *to, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)to, (uint16_t)ring_swap16(value), __ATOMIC_RELEASE);
}

/*
 * Between writing and reading: of two sides that each write one word and then read the other's, at
 * least one sees what the other wrote. Without it both could go to sleep.
 */
static inline void ring_full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Copy bytes of theirs to private memory; behind it the compiler can read nothing of them again. */
static inline void ring_copy_in(void *to, const void *from, size_t size)
{
	ring_before_read(from, size);
	memcpy(to, from, size);
	__asm__ __volatile__("" : : "r"(to) : "memory");
}

/*
 * Must the other side be notified? It wants to be when index `event` is passed; `moved` is how far
 * ours went up to `index` since we last asked.
 */
static inline bool ring_event_passed(uint16_t event, uint16_t index, uint32_t moved)
{
	return (uint16_t)(index - event - 1) < moved;
}

#endif
