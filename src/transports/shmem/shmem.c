// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What both ends of an area share. */
#include "memory.h"
#include "shmem.h"

bool scmi_shmem_size_valid(uint32_t size)
{
	return size >= SCMI_SHMEM_SIZE_MIN && size <= SCMI_SHMEM_SIZE_MAX && !(size & 3);
}

bool shmem_valid(const volatile uint8_t *area, uint32_t size)
{
	return area && !((uintptr_t)area & (SCMI_SHMEM_ALIGN - 1)) && scmi_shmem_size_valid(size);
}

int scmi_shmem_format(volatile void *area, uint32_t size)
{
	volatile uint8_t *bytes = area;

	if (!shmem_valid(bytes, size))
		return -EINVAL;
	for (uint32_t i = 0; i < size; i += 4)
		if (i != SHMEM_STATUS)
			shmem_write(bytes + i, 0);
	shmem_barrier();
	shmem_write(bytes + SHMEM_STATUS, SHMEM_STATUS_FREE);
	shmem_barrier();
	return 0;
}

void shmem_write_message(volatile uint8_t *area, const void *message, uint32_t size)
{
	const uint8_t *from = message;

	shmem_write(area + SHMEM_LENGTH, size);
	for (uint32_t i = 0; i < size; i += 4) {
		uint8_t bytes[4] = {0};
		uint32_t word;

		for (uint32_t j = 0; j < 4 && i + j < size; j++)
			bytes[j] = from[i + j];
		memcpy(&word, bytes, sizeof(word));
		shmem_write_bytes(area + SHMEM_MESSAGE + i, word);
	}
}

void shmem_read_message(const volatile uint8_t *area, void *to, uint32_t size)
{
	uint8_t *bytes = to;

	for (uint32_t i = 0; i < size; i += 4) {
		uint32_t word = shmem_read_bytes(area + SHMEM_MESSAGE + i);

		memcpy(bytes + i, &word, size - i < 4 ? size - i : 4);
	}
}

void shmem_status_only(void *to, const uint8_t header[4], int32_t status)
{
	uint32_t word = shmem_swap((uint32_t)status);

	memcpy(to, header, 4);
	memcpy((uint8_t *)to + 4, &word, 4);
}
