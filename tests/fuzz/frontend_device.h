/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The virtio device that a front end is fuzzed with: a vhost-user back end which checks what it is
 * told, and answers as the input says. It has no thread: it acts when the front end asks the system
 * for bytes, for events or for the time, so that a run is the same every time. Time stands still in
 * between.
 */
#ifndef FUZZ_FRONTEND_DEVICE_H
#define FUZZ_FRONTEND_DEVICE_H

#include "input.h"

#include "transports/virtio/vhost_user.h"

#include <stdio.h>

void device_fail(const char *what, int line);

#define device_check(condition)                           \
	do {                                              \
		if (!(condition))                         \
			device_fail(#condition, __LINE__); \
	} while (0)

/* What came of the answers. */
enum device_mark {
	DEVICE_CLOSES, DEVICE_SILENT, DEVICE_OTHER_REQUEST, DEVICE_OTHER_FLAGS, DEVICE_OTHER_SIZE,
	DEVICE_OTHER_VALUE, DEVICE_DESCRIPTORS, DEVICE_MANY_DESCRIPTORS, DEVICE_HALF, DEVICE_TWICE,
	DEVICE_REQUESTS, DEVICE_DRIPS, DEVICE_LATE, DEVICE_SHUT, DEVICE_GARBAGE, DEVICE_SIGNALS,
	DEVICE_MARKS
};

struct device_queue {
	uint32_t num;
	uint64_t descriptors, avail, used; /* where in the memory */
	int kick, call, error;
	bool enabled;
	uint16_t next_used; /* what the device has published */
};

struct device {
	struct input *in;
	char path[108];
	int listener, fd, memory_fd;
	uint8_t *memory;
	uint64_t memory_size;
	uint64_t features, protocol_features, queue_count;
	uint64_t agreed, protocol_agreed;
	struct device_queue queues[VIRTIO_SCMI_QUEUES];
	bool spoiled; /* it gave an answer that nobody may take */
	bool unsure;  /* which answer is taken for which request */
	bool odd;     /* the connection may be ended for what was said on it */
	uint8_t out[4096];
	uint32_t out_size;
	uint32_t drip;	   /* so many bytes at a time, 0: all */
	uint64_t delay_ns; /* before they go */
	bool closes;	   /* when they are gone */
	bool marks[DEVICE_MARKS];
};

extern uint64_t device_now_ns;
/* Called by the system that the front end asks. */
extern uint32_t device_turns;
extern uint32_t device_mapped;

/* What the harness does when the front end waits, and looks at the time. */
void frontend_waits(void);
void frontend_looks(void);

void device_listen(struct device *device);
/* As new, with these offers. The path, the listener and the input stay. */
void device_reset(struct device *device);
void device_hang_up(struct device *device);

uint32_t device_descriptors(void);
/* Whether the front end has set up everything that it should have. */
void device_check_ready(const struct device *device, bool p2a);

uint8_t *device_at(const struct device *device, uint64_t address, uint64_t size);
uint32_t device_get(const struct device *device, uint64_t at, uint32_t size);
void device_put(struct device *device, uint64_t at, uint32_t value, uint32_t size);

/* A used entry, and the index moved behind it if that is wanted. */
void device_use(struct device *device, uint32_t queue, uint32_t id, uint32_t size, bool publish);
bool device_is_to_call(const struct device *device, uint32_t queue);
uint64_t device_kicks(const struct device *device, uint32_t queue);
/* Say something on the socket, with or without descriptors. */
void device_speak(struct device *device, uint8_t what);

#endif
