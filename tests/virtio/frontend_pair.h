/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of virtio, and the device that a test plays for it. */
#ifndef TESTS_VIRTIO_FRONTEND_PAIR_H
#define TESTS_VIRTIO_FRONTEND_PAIR_H

#include "played_device.h"

#include "../transports/host.h"
#include "transports/builtin.h"

#define NAME "device.vhost"
#define ALL_FEATURES \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define NS_PER_MS 1000000u

/* The driver: find_agent() is the group's set-up, clean() its end. */
extern const struct scmi_transport_agent_ops *agent;

struct pair {
	struct played_device platform;
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	struct told told;
};

/* A device that can everything. */
void pair_init(struct pair *pair);
/* The device listens, the agent opens it. The result of open(). */
int pair_try(struct pair *pair, uint32_t timeout_ms, uint32_t messages_max, char *why,
	     size_t why_size);
/* The same; asserts that it works, and the rings are the test's. Messages have 256 bytes. */
void pair_open(struct pair *pair, uint32_t messages_max);
void pair_close(struct pair *pair);
/* A command through the device and back. */
void echo(struct pair *pair, uint32_t word);
bool readable(int fd);

int find_agent(void **state);
int clean(void **state);

#endif
