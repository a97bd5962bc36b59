/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that is not sealed can be made shorter while it is mapped; touching what is gone raises
 * SIGBUS. The handler puts zeros in place of the whole region and marks the memory as lost, so that
 * the code that touched it goes on with nonsense, which it expects anyway, and the connection is
 * ended at the next occasion. Everybody else's goes on.
 */
#define _GNU_SOURCE

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct vhost_mapping {
	struct vhost_mapping *next; /* of this thread */
	struct vhost_memory *owner;
	uint64_t guest_address;
	uint64_t user_address;
	uint64_t size;
	uint8_t *at; /* of the region's first byte */
	uint8_t *map;
	size_t map_size;
};

/*
 * For the handler, which is told an address and nothing else. A fault is raised in the thread that
 * touches, so each thread has its own.
 */
static _Thread_local struct vhost_mapping *mappings;
static struct sigaction before;
static bool guarded;

static void on_bus_error(int signal, siginfo_t *info, void *context)
{
	const uint8_t *at = info->si_addr;
	struct vhost_mapping *mapping;
	int saved = errno;

	for (mapping = mappings; mapping; mapping = mapping->next) {
		if (at >= mapping->map && at < mapping->map + mapping->map_size)
			break;
	}
	if (mapping && mmap(mapping->map, mapping->map_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			    0) != MAP_FAILED) {
		mapping->owner->lost = true;
		errno = saved;
		return;
	}
	if (before.sa_flags & SA_SIGINFO && before.sa_sigaction)
		before.sa_sigaction(signal, info, context);
	else
		sigaction(signal, &before, NULL); /* the fault comes again, and has its usual end */
	errno = saved;
}

int vhost_memory_guard(void)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};

	if (guarded)
		return 0;
	action.sa_sigaction = on_bus_error;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, &action, &before))
		return -errno;
	guarded = true;
	return 0;
}

/* For the rings: a guest's address. */
static void *translate(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous)
{
	const struct vhost_memory *memory = ctx;

	for (uint32_t i = 0; i < memory->count; i++) {
		const struct vhost_mapping *mapping = memory->mappings[i];
		uint64_t offset = address - mapping->guest_address;
		uint64_t left = mapping->size - offset;

		if (address < mapping->guest_address || offset >= mapping->size)
			continue;
		*contiguous = size < left ? size : left;
		return mapping->at + offset;
	}
	return NULL;
}

void *vhost_memory_at_user(const struct vhost_memory *memory, uint64_t address, uint64_t size)
{
	for (uint32_t i = 0; i < memory->count; i++) {
		const struct vhost_mapping *mapping = memory->mappings[i];
		uint64_t offset = address - mapping->user_address;

		if (address >= mapping->user_address && offset < mapping->size &&
		    size <= mapping->size - offset)
			return mapping->at + offset;
	}
	return NULL;
}

void vhost_memory_init(struct vhost_memory *memory)
{
	memset(memory, 0, sizeof(*memory));
	memory->ring.ctx = memory;
	memory->ring.translate = translate;
}

static void mapping_free(struct vhost_mapping *mapping)
{
	struct vhost_mapping **link = &mappings;

	while (*link != mapping)
		link = &(*link)->next;
	*link = mapping->next;
	munmap(mapping->map, mapping->map_size);
	free(mapping);
}

void vhost_memory_clear(struct vhost_memory *memory)
{
	while (memory->count)
		mapping_free(memory->mappings[--memory->count]);
	memory->lost = false;
}

void vhost_memory_replace(struct vhost_memory *memory, struct vhost_memory *other)
{
	vhost_memory_clear(memory);
	for (uint32_t i = 0; i < other->count; i++) {
		memory->mappings[i] = other->mappings[i];
		memory->mappings[i]->owner = memory;
	}
	memory->count = other->count;
	memory->lost = other->lost;
	other->count = 0;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool wraps(uint64_t start, uint64_t size)
{
	return size > UINT64_MAX - start;
}

static int check_region(const struct vhost_memory *memory, const struct vhost_user_region *region,
			const struct stat *file)
{
	if (!S_ISREG(file->st_mode) || !region->size ||
	    wraps(region->guest_address, region->size) ||
	    wraps(region->user_address, region->size) || wraps(region->mmap_offset, region->size) ||
	    region->mmap_offset + region->size > (uint64_t)file->st_size ||
	    region->size > SIZE_MAX / 2)
		return -EINVAL;
	for (uint32_t i = 0; i < memory->count; i++) {
		const struct vhost_mapping *other = memory->mappings[i];

		if (overlap(region->guest_address, region->size, other->guest_address,
			    other->size) ||
		    overlap(region->user_address, region->size, other->user_address, other->size))
			return -EEXIST;
	}
	return memory->count < VHOST_MEMORY_SLOTS ? 0 : -ENOSPC;
}

int vhost_memory_add(struct vhost_memory *memory, const struct vhost_user_region *region, int fd)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vhost_mapping *mapping;
	struct stat file;
	uint64_t skip;
	int error;

	/*
	 * Only files that live in memory have seals, and are asked for them without asking anybody
	 * else. Behind any other there may be a file system of the front end's own making, which
	 * answers when it likes, at the next call or at the next page that is touched.
	 */
	if (fcntl(fd, F_GET_SEALS) < 0)
		return -ENOTSUP;
	if (fstat(fd, &file))
		return -errno;
	error = check_region(memory, region, &file);
	if (error)
		return error;
	/*
	 * A huge page's file can only be mapped from the start of one, and says so by its block
	 * size.
	 */
	if ((uint64_t)file.st_blksize > page && !(file.st_blksize & (file.st_blksize - 1)))
		page = (uint64_t)file.st_blksize;
	skip = region->mmap_offset & (page - 1);
	mapping = calloc(1, sizeof(*mapping));
	if (!mapping)
		return -ENOMEM;
	mapping->owner = memory;
	mapping->guest_address = region->guest_address;
	mapping->user_address = region->user_address;
	mapping->size = region->size;
	mapping->map_size = (size_t)((skip + region->size + page - 1) & ~(page - 1));
	mapping->map = mmap(NULL, mapping->map_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_NORESERVE, fd, (off_t)(region->mmap_offset - skip));
	if (mapping->map == MAP_FAILED) {
		error = -errno;
		free(mapping);
		return error;
	}
	madvise(mapping->map, mapping->map_size, MADV_DONTDUMP);
	mapping->at = mapping->map + skip;
	mapping->next = mappings;
	mappings = mapping;
	memory->mappings[memory->count++] = mapping;
	return 0;
}

int vhost_memory_remove(struct vhost_memory *memory, const struct vhost_user_region *region)
{
	for (uint32_t i = 0; i < memory->count; i++) {
		struct vhost_mapping *mapping = memory->mappings[i];

		if (mapping->guest_address != region->guest_address ||
		    mapping->user_address != region->user_address ||
		    mapping->size != region->size)
			continue;
		mapping_free(mapping);
		memory->mappings[i] = memory->mappings[--memory->count];
		return 0;
	}
	return -ENOENT;
}
