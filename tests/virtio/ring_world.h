/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that a ring's two sides share: two regions that follow each other in the guest's
 * addresses, and are apart in ours, so that what crosses the border is in two pieces.
 */
#ifndef TESTS_VIRTIO_RING_WORLD_H
#define TESTS_VIRTIO_RING_WORLD_H

#include "transports/virtio/ring.h"

#define WORLD_BASE   UINT64_C(0x40000000)
#define WORLD_REGION (UINT64_C(1) << 20)
#define WORLD_BORDER (WORLD_BASE + WORLD_REGION)
#define WORLD_END    (WORLD_BORDER + WORLD_REGION)

struct ring_world {
	uint8_t *regions[2];
	unsigned int translations;
	uint64_t gone; /* what is below is not mapped any more */
	struct scmi_ring_memory memory;
};

void ring_world_init(struct ring_world *world);
void ring_world_fini(struct ring_world *world);

/* Where an address is here; it must be in the first region, or in the second. */
uint8_t *ring_world_at(struct ring_world *world, uint64_t address);

/* Over both regions. */
void ring_world_put(struct ring_world *world, uint64_t address, const void *from, size_t size);
void ring_world_get(struct ring_world *world, uint64_t address, void *to, size_t size);

/* The same sequence in every run. */
uint32_t ring_random(uint32_t *seed, uint32_t below);

#endif
