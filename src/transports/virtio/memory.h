/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A front end's memory, mapped here. Belongs to the thread that made it. */
#ifndef SCMI_TRANSPORTS_VIRTIO_MEMORY_H
#define SCMI_TRANSPORTS_VIRTIO_MEMORY_H

#include <scmi/types.h>

#include "ring.h"
#include "vhost_user.h"

#define VHOST_MEMORY_SLOTS 32u

struct vhost_mapping; /* one region */

struct vhost_memory {
	struct scmi_ring_memory ring; /* for the rings: guest addresses */
	uint32_t count;
	struct vhost_mapping *mappings[VHOST_MEMORY_SLOTS];
	/*
	 * The front end has shrunk a file under us, and we touched what is gone. What is read there
	 * is zero from then on; nothing of it means anything any more.
	 */
	volatile bool lost;
};

void vhost_memory_init(struct vhost_memory *memory);
void vhost_memory_clear(struct vhost_memory *memory);

/*
 * Install the handler for memory that is shrunk under us, once in a process. What it does not
 * recognise goes to the handler that was there before. 0 or -errno.
 */
int vhost_memory_guard(void);

/**
 * vhost_memory_add() - map a region
 * @fd: stays the caller's
 *
 * 0, -EINVAL (empty, wraps, the file is shorter), -EEXIST (overlaps another), -ENOSPC (no slot
 * left), or what fstat() and mmap() gave.
 */
int vhost_memory_add(struct vhost_memory *memory, const struct vhost_user_region *region, int fd);

/* The region of the same addresses and size. 0 or -ENOENT. */
int vhost_memory_remove(struct vhost_memory *memory, const struct vhost_user_region *region);

/* Take over all of another one's regions in place of our own; the other is empty then. */
void vhost_memory_replace(struct vhost_memory *memory, struct vhost_memory *other);

/* Where a piece that lies in one region is here, by the front end's own address; NULL: nowhere. */
void *vhost_memory_at_user(const struct vhost_memory *memory, uint64_t address, uint64_t size);

#endif
