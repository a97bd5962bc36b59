/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words of an area: aligned, 32 bits, little endian. An area may be device memory, where
 * nothing else is allowed, so there is no memcpy() from or to it. Every read is one read.
 */
#ifndef SCMI_TRANSPORTS_SHMEM_MEMORY_H
#define SCMI_TRANSPORTS_SHMEM_MEMORY_H

#include <scmi/types.h>

#if defined(__KERNEL__)
#include <linux/io.h>
#endif

/* A test's chance to change the memory right before a read of it. */
#ifdef SCMI_SHMEM_BEFORE_READ
void SCMI_SHMEM_BEFORE_READ(const volatile void *from);
#define shmem_before_read(from) SCMI_SHMEM_BEFORE_READ(from)
#else
#define shmem_before_read(from) ((void)0)
#endif

/* Offsets in an area. The eight bytes between status and flags are the implementation's. */
#define SHMEM_RESERVED 0u
#define SHMEM_STATUS   4u
#define SHMEM_FLAGS    16u
#define SHMEM_LENGTH   20u
#define SHMEM_MESSAGE  24u

#define SHMEM_STATUS_FREE     1u
#define SHMEM_STATUS_ERROR    2u
#define SHMEM_FLAGS_INTERRUPT 1u

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define shmem_swap(value) __builtin_bswap32(value)
#else
#define shmem_swap(value) (value)
#endif

/*
 * What is before it in the program is before it in the memory, for whoever shares that memory. On
 * Arm this may be a processor beyond all that the inner shareable domain holds, and the doorbell
 * that follows a device's register.
 */
static inline void shmem_barrier(void)
{
#if defined(__KERNEL__)
	mb();
#elif defined(__aarch64__) || (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE)
	__asm__ __volatile__("dsb sy" : : : "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Four bytes as they lie there. */
static inline uint32_t shmem_read_bytes(const volatile uint8_t *from)
{
	shmem_before_read(from);
#if defined(__KERNEL__)
	return __raw_readl(from);
#else
	return __atomic_load_n((const volatile uint32_t *)(const volatile void *)from,
			       __ATOMIC_RELAXED);
#endif
}

static inline void shmem_write_bytes(volatile uint8_t *to, uint32_t bytes)
{
#if defined(__KERNEL__)
	__raw_writel(bytes, to);
#else
	__atomic_store_n((volatile uint32_t *)(volatile void *)to, bytes, __ATOMIC_RELAXED);
#endif
}

static inline uint32_t shmem_read(const volatile uint8_t *from)
{
	uint32_t value = shmem_read_bytes(from);

	return shmem_swap(value);
}

static inline void shmem_write(volatile uint8_t *to, uint32_t value)
{
	shmem_write_bytes(to, shmem_swap(value));
}

/* An area: not NULL, aligned, of a size that is one. */
bool shmem_valid(const volatile uint8_t *area, uint32_t size);

/* Write a message and its length; what the last word has beyond it is 0. */
void shmem_write_message(volatile uint8_t *area, const void *message, uint32_t size);

/* Copy a message of `size` bytes, which the area has, to private memory. */
void shmem_read_message(const volatile uint8_t *area, void *to, uint32_t size);

/* Write eight bytes to private memory: an answer that is only a status. */
void shmem_status_only(void *to, const uint8_t header[4], int32_t status);

#endif
