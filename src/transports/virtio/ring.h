/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Split virtqueues, both sides: the device's (it takes chains of buffers and gives them back used)
 * and the driver's (it adds chains and gets them back). No sockets, no threads, no allocation; the
 * same rules as the engine's.
 *
 *   ring_memory.h  how shared memory is read and written, and in which order
 *   ring_device.c  the device's side
 *   ring_driver.c  the driver's side
 *
 * The other side may write what it likes, whenever it likes. So everything of it is read exactly
 * once, into private memory, checked there, and used from there. What breaks the rules breaks the
 * ring: a fault is recorded, and the ring is not touched again until it is made anew. A broken ring
 * harms nobody but its owner.
 *
 * Addresses are the other side's (a guest's): the ring reaches them through struct scmi_ring_memory
 * only, each time anew, so the memory may be mapped elsewhere while chains are out.
 *
 * One thread at a time per ring. A kick is the driver's notification, a call is the device's.
 */
#ifndef SCMI_TRANSPORTS_VIRTIO_RING_H
#define SCMI_TRANSPORTS_VIRTIO_RING_H

#include <scmi/types.h>

#define SCMI_RING_NUM_MAX 32768u

/* Alignment of the three parts. */
#define SCMI_RING_DESCRIPTORS_ALIGN 16u
#define SCMI_RING_AVAIL_ALIGN	    2u
#define SCMI_RING_USED_ALIGN	    4u

/* Their sizes. The last two bytes of avail and used count even where nobody uses them. */
#define SCMI_RING_DESCRIPTORS_SIZE(num) (16u * (num))
#define SCMI_RING_AVAIL_SIZE(num)	(6u + 2u * (num))
#define SCMI_RING_USED_SIZE(num)	(6u + 8u * (num))

/* Feature bits as virtio numbers them; any others are ignored. */
#define SCMI_RING_F_INDIRECT  ((uint64_t)1 << 28)
#define SCMI_RING_F_EVENT_IDX ((uint64_t)1 << 29)

/* What the other side did wrong. */
enum scmi_ring_fault {
	SCMI_RING_SOUND,
	SCMI_RING_JUMP,		      /* its index went further than the ring is long */
	SCMI_RING_HEAD_OUTSIDE,	      /* a head that is no descriptor */
	SCMI_RING_HEAD_TAKEN,	      /* a head that the device already has */
	SCMI_RING_NEXT_OUTSIDE,	      /* a chain leads out of its table */
	SCMI_RING_TOO_LONG,	      /* a chain longer than the ring, or in a circle */
	SCMI_RING_DIRECTION,	      /* readable after writable */
	SCMI_RING_EMPTY,	      /* a buffer of no bytes */
	SCMI_RING_SUM,		      /* 4 GiB or more in one chain */
	SCMI_RING_OUTSIDE,	      /* a buffer or table not in the memory */
	SCMI_RING_INDIRECT_FORBIDDEN, /* an indirect table, which was not negotiated */
	SCMI_RING_INDIRECT_NESTED,    /* an indirect table in an indirect table */
	SCMI_RING_INDIRECT_NEXT,      /* an indirect table that is not the last of its chain */
	SCMI_RING_INDIRECT_SIZE,      /* an indirect table of a wrong size */
	SCMI_RING_NOT_OURS,	      /* used: an id that is no chain of ours, or came twice */
	SCMI_RING_WRITTEN,	      /* used: more bytes than the chain has */
	SCMI_RING_FAULTS
};

/* The fault in words, for a log: "a chain longer than the ring". Never NULL. */
const char *scmi_ring_fault_text(enum scmi_ring_fault fault);

/* Is this a ring's size: a power of two, 1 to SCMI_RING_NUM_MAX? */
bool scmi_ring_num_valid(uint32_t num);

/* ---- memory ---------------------------------------------------------------------------------- */

/* How the ring reaches memory. */
struct scmi_ring_memory {
	void *ctx;
	/*
	 * Where the other side's `address` is here, or NULL if that is outside. Of the `size` bytes
	 * (at least 1) from there, *contiguous (1 to size) lie together; the next ones are asked
	 * for again.
	 */
	void *(*translate)(void *ctx, uint64_t address, uint64_t size, uint64_t *contiguous);
};

/* A piece of memory in the other side's addresses. */
struct scmi_ring_segment {
	uint64_t address;
	uint32_t size;
};

/* ---- device ---------------------------------------------------------------------------------- */

/* Pieces that a chain may consist of; neighbours in memory count as one. */
#define SCMI_RING_SEGMENTS_MAX 64u

/*
 * A chain that the device has taken: first `readable` bytes to read, then `writable` bytes to
 * write. It may be copied (of segments[] only segment_count are set); it stays valid
 * until it is given back, also when the memory moves.
 */
struct scmi_ring_chain {
	const struct scmi_ring_memory *memory;
	uint32_t readable; /* bytes */
	uint32_t writable; /* bytes; both together are less than 4 GiB */
	uint16_t head;
	uint16_t segment_count;
	uint16_t readable_count; /* so many of the segments are readable, and come first */
	struct scmi_ring_segment segments[SCMI_RING_SEGMENTS_MAX];
};

/* Bytes of the bitmap that remembers which heads are taken. */
#define SCMI_RING_TAKEN_SIZE(num) (((num) + 7u) / 8u)

/*
 * The device's side, in the caller's storage. All of it may be read, only the functions below
 * write it.
 */
struct scmi_ring_device {
	const struct scmi_ring_memory *memory;
	const uint8_t *descriptors;
	const uint8_t *avail;
	uint8_t *used;
	uint8_t *taken;
	uint64_t scattered; /* chains of too many segments */
	uint32_t uncalled;  /* given since should_call() was asked */
	uint16_t num;
	uint16_t next_avail; /* the next to take, free-running: what GET_VRING_BASE answers */
	uint16_t next_used;  /* the next to give, free-running */
	uint16_t avail_seen; /* the driver's index as it was last read */
	uint16_t taken_count;
	bool event_idx;
	bool indirect;
	bool called; /* with an event index, the first call is always made */
	enum scmi_ring_fault fault;
};

/**
 * scmi_ring_device_init() - start to serve a ring
 * @memory: stays the caller's, until the ring and its chains are no longer used
 * @num: size of the ring
 * @descriptors, @avail, @used: its parts, mapped here over their full size
 * @taken: SCMI_RING_TAKEN_SIZE(num) bytes of the caller's, cleared here
 * @features: SCMI_RING_F_…, as negotiated
 * @next_avail: 0 for a new ring, else where it was stopped
 *
 * Where the used ring stands is read from its memory. 0, or -EINVAL: not a size, not aligned, or
 * NULL.
 */
int scmi_ring_device_init(struct scmi_ring_device *ring, const struct scmi_ring_memory *memory,
			  uint32_t num, const void *descriptors, const void *avail, void *used,
			  void *taken, uint64_t features, uint16_t next_avail);

/* The parts are mapped elsewhere now. 0, or -EINVAL: not aligned, or NULL; nothing has changed. */
int scmi_ring_device_move(struct scmi_ring_device *ring, const void *descriptors,
			  const void *avail, void *used);

/**
 * scmi_ring_device_take() - the next chain that the driver made available
 *
 * Returns 1: *chain is the caller's until it gives chain->head back. 0: there is none now.
 * -EPROTO: the ring is broken, ring->fault says why; it stays so.
 *
 * A legal chain of more than SCMI_RING_SEGMENTS_MAX pieces comes as one of no segments, 0 readable
 * and 0 writable bytes, and is counted: there is nothing to do with it but to give it back.
 */
int scmi_ring_device_take(struct scmi_ring_device *ring, struct scmi_ring_chain *chain);

/*
 * The same for a head that was taken by another life of this device and never given back
 * (vhost-user's inflight); the avail ring is not looked at. 1 or -EPROTO.
 */
int scmi_ring_device_retake(struct scmi_ring_device *ring, uint32_t head,
			    struct scmi_ring_chain *chain);

/*
 * Copy the chain's first readable bytes, `size` at most. Returns how many; fewer than there are
 * only if their memory is gone. What was copied cannot change any more.
 */
size_t scmi_ring_chain_read(const struct scmi_ring_chain *chain, void *to, size_t size);

/*
 * Write `size` bytes at `offset` of the chain's writable part. Returns how many; fewer if there is
 * no more room or the memory is gone.
 */
size_t scmi_ring_chain_write(const struct scmi_ring_chain *chain, size_t offset, const void *from,
			     size_t size);

/**
 * scmi_ring_device_give() - give a chain back to the driver, in any order
 * @written: bytes written from the first writable one on, without a gap
 *
 * 0, -EINVAL (this head is not taken; nothing was done), -EPROTO (the ring is broken: the head is
 * forgotten, the driver's memory is not touched).
 */
int scmi_ring_device_give(struct scmi_ring_device *ring, uint16_t head, uint32_t written);

/* After one or several give(): must the driver be called? Asking makes it answered. */
bool scmi_ring_device_should_call(struct scmi_ring_device *ring);

/*
 * Before waiting for a kick: ask for one. 1: there is something already, take again; 0: sleep;
 * -EPROTO: the ring is broken.
 */
int scmi_ring_device_sleep(struct scmi_ring_device *ring);

/* The device looks by itself for a while: kicks are not needed until the next sleep(). */
void scmi_ring_device_poll(struct scmi_ring_device *ring);

/* ---- driver ---------------------------------------------------------------------------------- */

/* Where the parts of a ring are in one piece of memory, aligned to 16; offsets in bytes. */
struct scmi_ring_layout {
	uint32_t descriptors; /* always 0 */
	uint32_t avail;
	uint32_t used;
	uint32_t tables; /* num indirect tables of table_entries each */
	uint32_t size;	 /* of everything, a multiple of 64 */
};

/**
 * scmi_ring_layout() - lay out a ring
 * @table_entries: segments of the longest chain that is to go into an indirect table (2 for a
 *	request and an answer); 0: none
 *
 * 0, or -EINVAL: not a size, or more entries than num, or so many that 4 GiB do not hold them.
 */
int scmi_ring_layout(struct scmi_ring_layout *layout, uint32_t num, uint16_t table_entries);

/* The driver's own notes on one descriptor: the device cannot write these. */
struct scmi_ring_slot {
	void *cookie;
	uint32_t writable;
	uint16_t next;	/* in the chain, or in the free list */
	uint16_t count; /* descriptors of the chain that starts here; 0: none does */
};

/* The driver's side, in the caller's storage. */
struct scmi_ring_driver {
	uint8_t *descriptors;
	uint8_t *avail;
	uint8_t *used; /* the device writes it; the last two bytes of avail are ours */
	uint8_t *tables;
	struct scmi_ring_slot *slots;
	uint64_t tables_address;
	const void *soon; /* the caller's: read right behind the next get() that has something, or NULL */
	uint32_t unkicked; /* added since should_kick() was asked */
	uint16_t table_entries;
	uint16_t num;
	uint16_t free_first;
	uint16_t free_count;
	uint16_t next_avail;
	uint16_t next_used;
	uint16_t used_seen; /* the device's index as it was last read */
	uint16_t out_count; /* chains that the device has */
	bool event_idx;
	bool kicked; /* with an event index, the first kick is always made */
	enum scmi_ring_fault fault;
};

/**
 * scmi_ring_driver_init() - make a ring
 * @memory: layout.size bytes, aligned to 16, cleared here; shared with the device
 * @address: where the device finds that memory
 * @slots: num of them, the caller's, private
 * @num, @table_entries: as given to scmi_ring_layout(); tables need SCMI_RING_F_INDIRECT
 * @features: SCMI_RING_F_…, as negotiated
 *
 * Also after a reset, for the same memory: both sides begin at 0 again. 0 or -EINVAL.
 */
int scmi_ring_driver_init(struct scmi_ring_driver *ring, uint32_t num, uint16_t table_entries,
			  void *memory, uint64_t address, struct scmi_ring_slot *slots,
			  uint64_t features);

/**
 * scmi_ring_driver_add() - lend a chain to the device
 * @segments: @readable segments that the device reads, then @writable ones that it writes, in the
 *	device's addresses; none of 0 bytes
 * @cookie: comes back with the chain
 *
 * The device may see it at once. Returns the head (0 to num - 1), or -ENOSPC (wait for get()),
 * -EINVAL, -EPROTO (the ring is broken).
 */
int scmi_ring_driver_add(struct scmi_ring_driver *ring, const struct scmi_ring_segment *segments,
			 uint16_t readable, uint16_t writable, void *cookie);

/* After one or several add(): must the device be kicked? Asking makes it answered. */
bool scmi_ring_driver_should_kick(struct scmi_ring_driver *ring);

/**
 * scmi_ring_driver_get() - the next chain that the device has finished with
 * @written: bytes that the device says it wrote, at most the chain's writable ones. Copy the buffer
 *	before looking into it.
 *
 * Returns 1, 0 (none now), or -EPROTO: the ring is broken, ring->fault says why; it stays so.
 */
int scmi_ring_driver_get(struct scmi_ring_driver *ring, void **cookie, uint32_t *written);

/*
 * Before waiting for a call: ask for one. 1: there is something already, get again; 0: sleep;
 * -EPROTO: the ring is broken.
 */
int scmi_ring_driver_sleep(struct scmi_ring_driver *ring);

/* The driver looks by itself for a while: calls are not needed until the next sleep(). */
void scmi_ring_driver_poll(struct scmi_ring_driver *ring);

/*
 * Take back what the device still has. Only when it can touch nothing any more (it was reset, or it
 * is gone). True: *cookie's chain is back; false: there are no more. Then init() again.
 */
bool scmi_ring_driver_reclaim(struct scmi_ring_driver *ring, void **cookie);

#endif
