/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include "inflight.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"

/* Offsets in a queue's part. */
#define FEATURES    0u
#define VERSION	    8u
#define DESCRIPTORS 10u
#define LAST_BATCH  12u
#define USED	    14u
#define ENTRIES	    16u

/* And in a head's entry. */
#define ENTRY_SIZE    16u
#define ENTRY_UNDER_WAY 0u
#define ENTRY_NEXT    6u
#define ENTRY_COUNTER 8u

/* Offsets in the session, and the size of one of the two. */
#define SESSION_KIND  0u
#define SESSION_WHICH 4u
#define SESSION_FIRST 64u
#define SESSION_SPACE 16384u
#define SESSION_SIZE  (SESSION_FIRST + 2 * SESSION_SPACE)
/* "scm" and the version of what is in it. */
#define SESSION_OURS  0x01736d63u

#define PART_ALIGN 64u
#define THE_VERSION 1u

/* ---- memory that others write too ------------------------------------------------------------ */

static uint16_t read16(const uint8_t *from)
{
	return __atomic_load_n((const uint16_t *)(const void *)from, __ATOMIC_ACQUIRE);
}

static uint32_t read32(const uint8_t *from)
{
	return __atomic_load_n((const uint32_t *)(const void *)from, __ATOMIC_ACQUIRE);
}

static uint64_t read64(const uint8_t *from)
{
	return __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED);
}

/* Each behind all that were written before. */
static void write8(uint8_t *to, uint8_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

static void write16(uint8_t *to, uint16_t value)
{
	__atomic_store_n((uint16_t *)(void *)to, value, __ATOMIC_RELEASE);
}

static void write32(uint8_t *to, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)to, value, __ATOMIC_RELEASE);
}

static void write64(uint8_t *to, uint64_t value)
{
	__atomic_store_n((uint64_t *)(void *)to, value, __ATOMIC_RELEASE);
}

static uint8_t *entry_of(const struct virtio_inflight *inflight, uint32_t head)
{
	return inflight->part + ENTRIES + (size_t)head * ENTRY_SIZE;
}

/* ---- the record ------------------------------------------------------------------------------ */

static int no(const char **why, const char *sentence)
{
	*why = sentence;
	return -EINVAL;
}

static uint64_t part_size(uint32_t num)
{
	return (ENTRIES + (uint64_t)num * ENTRY_SIZE + PART_ALIGN - 1) & ~(uint64_t)(PART_ALIGN - 1);
}

static bool is_usable(const struct vhost_user_inflight *inflight)
{
	return inflight->queues && inflight->queues <= VIRTIO_SCMI_QUEUES &&
	       scmi_ring_num_valid(inflight->queue_size) &&
	       inflight->queue_size <= VIRTIO_RING_NUM_MAX;
}

int virtio_inflight_make(struct vhost_user_inflight *inflight, int *fd)
{
	int error;

	if (!is_usable(inflight))
		return -EINVAL;
	inflight->mmap_offset = 0;
	inflight->mmap_size = inflight->queues * part_size(inflight->queue_size) + SESSION_SIZE;
	*fd = memfd_create("scmi-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	if (!ftruncate(*fd, (off_t)inflight->mmap_size) &&
	    !fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return 0;
	error = -errno;
	close(*fd);
	return error;
}

static void forget_redo(struct virtio_inflight *inflight)
{
	free(inflight->redo);
	inflight->redo = NULL;
	inflight->redo_count = 0;
	inflight->redo_next = 0;
}

int virtio_inflight_use(struct scmi_transport_peer *peer,
			const struct vhost_user_inflight *inflight, int fd, const char **why)
{
	const uint64_t parts = inflight->queues * part_size(inflight->queue_size);
	struct vhost_user_region region = {
		.size = parts + SESSION_SIZE,
		.mmap_offset = inflight->mmap_offset,
	};
	struct vhost_memory memory;

	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		if (peer->queues[i].started)
			return no(why, "the record of what is under way comes while a ring runs");
	}
	if (!is_usable(inflight) || inflight->mmap_offset % PART_ALIGN ||
	    inflight->mmap_size < parts)
		return no(why, "the record of what is under way has not the size of our rings");
	/* Another back end's record has no session. */
	if (inflight->mmap_size < region.size)
		region.size = parts;
	vhost_memory_init(&memory);
	if (vhost_memory_add(&memory, &region, fd))
		return no(why, "the record of what is under way cannot be mapped");
	virtio_inflight_drop(peer);
	vhost_memory_replace(&peer->record, &memory);
	for (uint32_t i = 0; i < inflight->queues; i++) {
		struct virtio_inflight *kept = &peer->queues[i].inflight;

		kept->num = inflight->queue_size;
		kept->part = vhost_memory_at_user(&peer->record, i * part_size(kept->num),
						  part_size(kept->num));
	}
	peer->session.at = vhost_memory_at_user(&peer->record, parts, SESSION_SIZE);
	return 0;
}

void virtio_inflight_drop(struct scmi_transport_peer *peer)
{
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		forget_redo(&peer->queues[i].inflight);
		peer->queues[i].inflight.part = NULL;
	}
	peer->session.at = NULL;
	peer->session.generation = 0;
	vhost_memory_clear(&peer->record);
}

/* ---- a queue starts -------------------------------------------------------------------------- */

static void make_new(struct virtio_inflight *inflight, uint16_t used)
{
	uint8_t *part = inflight->part;

	for (uint32_t i = 0; i < inflight->num; i++)
		write8(entry_of(inflight, i) + ENTRY_UNDER_WAY, 0);
	inflight->counter = 0;
	inflight->last_batch = 0;
	write64(part + FEATURES, 0);
	write16(part + DESCRIPTORS, inflight->num);
	write16(part + LAST_BATCH, 0);
	write16(part + USED, used);
	write16(part + VERSION, THE_VERSION);
}

/* Heads that the driver has back already, where whoever gave them back did not live to note it. */
static int finish_last_batch(struct virtio_inflight *inflight, uint32_t num, uint16_t used)
{
	uint16_t count = (uint16_t)(used - read16(inflight->part + USED));
	uint16_t head = read16(inflight->part + LAST_BATCH);

	inflight->last_batch = head;
	if (count > num)
		return -EINVAL;
	while (count--) {
		uint8_t *entry;

		if (head >= num)
			return -EINVAL;
		entry = entry_of(inflight, head);
		write8(entry + ENTRY_UNDER_WAY, 0);
		head = read16(entry + ENTRY_NEXT);
	}
	write16(inflight->part + USED, used);
	return 0;
}

static int by_counter(const void *a, const void *b)
{
	const struct virtio_redo *one = a, *two = b;

	if (one->counter != two->counter)
		return one->counter < two->counter ? -1 : 1;
	return one->head < two->head ? -1 : one->head > two->head;
}

static int find_redo(struct virtio_inflight *inflight, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		const uint8_t *entry = entry_of(inflight, i);
		uint8_t under_way = __atomic_load_n(entry + ENTRY_UNDER_WAY, __ATOMIC_ACQUIRE);

		if (under_way > 1)
			return -EINVAL;
		if (under_way)
			inflight->redo[inflight->redo_count++] = (struct virtio_redo){
				.counter = read64(entry + ENTRY_COUNTER),
				.head = (uint16_t)i,
			};
	}
	qsort(inflight->redo, inflight->redo_count, sizeof(*inflight->redo), by_counter);
	inflight->counter =
		inflight->redo_count ? inflight->redo[inflight->redo_count - 1].counter : 0;
	return 0;
}

int virtio_inflight_start(struct virtio_queue *queue, uint16_t used, uint16_t *base,
			  const char **why)
{
	struct virtio_inflight *inflight = &queue->inflight;
	uint16_t version;

	if (!inflight->part)
		return 0;
	*why = "the record of what is under way is for shorter rings";
	if (queue->num > inflight->num)
		return -EINVAL;
	version = read16(inflight->part + VERSION);
	if (!version) {
		make_new(inflight, used);
		return 0;
	}
	*why = "the record of what is under way is of another kind";
	if (version != THE_VERSION || read64(inflight->part + FEATURES) ||
	    read16(inflight->part + DESCRIPTORS) != inflight->num)
		return -EINVAL;
	*why = "out of memory";
	inflight->redo = malloc(queue->num * sizeof(*inflight->redo));
	if (!inflight->redo)
		return -ENOMEM;
	*why = "the record of what is under way cannot be";
	if (finish_last_batch(inflight, queue->num, used) || find_redo(inflight, queue->num)) {
		forget_redo(inflight);
		return -EINVAL;
	}
	*base = (uint16_t)(used + inflight->redo_count);
	return 0;
}

/* ---- a queue stops --------------------------------------------------------------------------- */

void virtio_inflight_stop(struct virtio_queue *queue)
{
	forget_redo(&queue->inflight);
}

void virtio_inflight_finish(struct virtio_queue *queue)
{
	if (queue->inflight.part)
		write16(queue->inflight.part + VERSION, 0);
}

/* ---- a queue runs ---------------------------------------------------------------------------- */

void virtio_inflight_taken(struct virtio_inflight *inflight, uint16_t head)
{
	uint8_t *entry;

	if (!inflight->part)
		return;
	entry = entry_of(inflight, head);
	write64(entry + ENTRY_COUNTER, ++inflight->counter);
	write8(entry + ENTRY_UNDER_WAY, 1);
}

void virtio_inflight_giving(struct virtio_inflight *inflight, uint16_t head)
{
	if (!inflight->part)
		return;
	write16(entry_of(inflight, head) + ENTRY_NEXT, inflight->last_batch);
	inflight->last_batch = head;
	write16(inflight->part + LAST_BATCH, head);
}

void virtio_inflight_given(struct virtio_inflight *inflight, uint16_t head, uint16_t used)
{
	if (!inflight->part)
		return;
	write8(entry_of(inflight, head) + ENTRY_UNDER_WAY, 0);
	write16(inflight->part + USED, used);
}

/* ---- the session ----------------------------------------------------------------------------- */

static uint8_t *session_of(const struct virtio_session *session, uint32_t which)
{
	return session->at + SESSION_FIRST + (size_t)which * SESSION_SPACE;
}

static bool host_has_sessions(const struct scmi_transport_platform_callbacks *callbacks)
{
	return callbacks->size >= offsetof(struct scmi_transport_platform_callbacks, resume) +
					  sizeof(callbacks->resume) &&
	       callbacks->session;
}

/* What is kept, out of the front end's reach, to the host. */
static void go_on(struct scmi_transport_peer *peer)
{
	const struct virtio_session *session = &peer->session;
	uint32_t which = read32(session->at + SESSION_WHICH), size;
	uint8_t *copy;

	if (read32(session->at + SESSION_KIND) != SESSION_OURS || which > 1)
		return;
	size = read32(session_of(session, which));
	if (!size || size > SESSION_SPACE - sizeof(size))
		return;
	copy = malloc(size);
	if (!copy)
		return;
	memcpy(copy, session_of(session, which) + sizeof(size), size);
	peer->endpoint->callbacks->resume(peer->ctx, copy, size);
	free(copy);
}

void virtio_session_begin(struct scmi_transport_peer *peer, bool anew)
{
	struct virtio_session *session = &peer->session;

	if (!session->at || !host_has_sessions(peer->endpoint->callbacks))
		return;
	if (!anew && !session->begun)
		go_on(peer);
	session->begun = true;
	virtio_session_save(peer);
}

void virtio_session_save(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_platform_callbacks *callbacks = peer->endpoint->callbacks;
	struct virtio_session *session = &peer->session;
	uint32_t which = !session->which, generation;
	size_t size = 0;

	if (!session->at || !session->begun)
		return;
	generation = callbacks->session(peer->ctx, session->generation,
					session_of(session, which) + sizeof(uint32_t),
					SESSION_SPACE - sizeof(uint32_t), &size);
	if (generation == session->generation)
		return;
	write32(session_of(session, which), (uint32_t)size);
	write32(session->at + SESSION_WHICH, which);
	write32(session->at + SESSION_KIND, SESSION_OURS);
	session->which = which;
	session->generation = generation;
}
