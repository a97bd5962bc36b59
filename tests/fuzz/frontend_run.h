/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One run of the front end's harness: the input, the device, and the rings as the device sees them. */
#ifndef FUZZ_FRONTEND_RUN_H
#define FUZZ_FRONTEND_RUN_H

#include "frontend_device.h"

#include "transports/virtio/frontend.h"

#define NUM_MAX 1024u

enum {
	OPENED = DEVICE_MARKS,
	NOT_OPENED, TIMED_OUT, ANSWERED, EMPTY, EVENT, FULL, JUMP, NOT_OURS, WRITTEN, CLOSED, KICKED, CALLED,
	SENT_INSIDE, WAITED_IN_VAIN, WOKEN, LOOKED, ERROR, SPOKEN, HUNG_UP, AGAIN, MARKS
};

/* A part of the memory that is the device's. */
struct loan {
	bool out;
	uint32_t count; /* of descriptors */
	uint16_t descriptors[2];
	uint64_t at[2], size[2];
};

/* One ring as the device sees it. */
struct mirror {
	struct loan loans[NUM_MAX]; /* by head */
	bool in_use[NUM_MAX];	    /* descriptors */
	uint16_t avail_seen, avail_due, kick_seen;
	uint16_t next_used, used_seen;
	uint32_t out_count;
	bool fault;
};

struct front_end {
	struct input in;
	struct device device;
	struct scmi_transport_limits limits;
	struct mirror mirrors[VIRTIO_SCMI_QUEUES];
	bool closed;
	bool doomed; /* the device did what ends the connection */
};

extern struct front_end run;

/*
 * Give back one of the buffers that are out, `what` says which, with so many bytes in it as the input
 * says; published or only written.
 */
void frontend_give(uint32_t index, uint8_t what, bool publish);

/* One thing of those that a device can do. */
void frontend_act(uint8_t what);

#endif
