/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A virtio SCMI device that a test plays: a vhost-user back end of the test's own, written from the
 * protocol's text and as simple as can be. A thread speaks vhost-user; the rings are the test's.
 */
#ifndef TESTS_VIRTIO_PLAYED_DEVICE_H
#define TESTS_VIRTIO_PLAYED_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "transports/virtio/ring.h"
#include "transports/virtio/vhost_user.h"

struct played_queue {
	uint32_t num, base;
	uint64_t descriptors, avail, used;
	int kick, call, error;
	bool enabled;
	bool set; /* the test may use the ring */
	struct scmi_ring_device ring;
	uint8_t taken[SCMI_RING_TAKEN_SIZE(1024)];
};

struct played_device {
	/* What the test wants: what is offered, and what goes wrong. */
	uint64_t features;
	uint64_t protocol_features;
	uint64_t queue_count;
	uint32_t refuse;     /* this request, where it can be refused */
	uint32_t mangle;     /* the reply to this request is of another */
	uint32_t misflag;    /* the reply to this request asks for a reply */
	uint32_t ignore;     /* this request gets no reply */
	uint32_t hang_up_at; /* this request */

	/* What came of it. */
	uint64_t agreed;
	uint64_t protocol_agreed;
	bool owned;
	uint32_t seen[VHOST_USER_REQUESTS];
	struct played_queue queues[VIRTIO_SCMI_QUEUES];
	struct vhost_user_region region;
	int memory_fd;
	int record_fd; /* of what is under way, as the front end gave it; -1: none */
	uint8_t *memory;
	struct scmi_ring_memory ring_memory;

	int listener, socket, stop;
	pthread_t thread;
	char path[108];
};

/* Listen in that directory and serve one front end, in a thread. */
void played_start(struct played_device *device, const char *path);
/* The front end has set everything up: the thread ends, and the test has the rings. */
void played_take_over(struct played_device *device);
/* Hang up, if that is not done; free everything. */
void played_stop(struct played_device *device);
void played_hang_up(struct played_device *device);

/* The next command; asserts that there is one. Returns its size. */
size_t played_command(struct played_device *device, struct scmi_ring_chain *chain, void *to,
		      size_t size);
/* Give a chain of a queue back with these bytes, and call if the driver wants it. True: called. */
bool played_give(struct played_device *device, uint32_t queue, const struct scmi_ring_chain *chain,
		 const void *bytes, size_t size);
/* An event in the next buffer; asserts that there is one. */
void played_event(struct played_device *device, const void *bytes, size_t size);
/* How often the queue was kicked since the last time it was asked. */
uint64_t played_kicks(struct played_device *device, uint32_t queue);

#endif
