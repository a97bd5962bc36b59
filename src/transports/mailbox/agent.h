/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SCMI_TRANSPORTS_MAILBOX_AGENT_H
#define SCMI_TRANSPORTS_MAILBOX_AGENT_H

#include "../spin.h"
#include "mailbox.h"

/* A doorbell that is a register; `at` is NULL where there is none. */
struct mailbox_register {
	volatile uint8_t *at;
	uint32_t value;
};

struct mailbox_map {
	void *at;
	size_t size;
};

/* Two areas and three registers. */
#define MAILBOX_MAPS_MAX 5u

struct mailbox_channel {
	bool p2a;
	bool polled; /* A2P: nobody rings when the area is given back */
	bool rung;   /* by the other side, and not looked at since */
	int ring;    /* to tell the other side; P2A: that the area is given back, -1: no need */
	int bell;    /* that the other side rings; -1: none */
	struct mailbox_register reg;	     /* as `ring`, where it is no descriptor */
	struct scmi_shmem_sender sender;     /* A2P */
	struct scmi_shmem_receiver receiver; /* P2A */
};

struct scmi_transport_device {
	int socket;
	int epoll; /* of the socket, the bells and the timer */
	int timer; /* to look at channels that are polled; -1: there are none */
	int irq;   /* of UIO, for all channels; -1: there is none */
	int lock;  /* of UIO, open for as long as the commands' area is ours; or -1 */
	struct mailbox_register clear; /* what is written when it came */
	struct mailbox_map maps[MAILBOX_MAPS_MAX];
	uint32_t map_count;
	uint8_t *memory;
	uint32_t memory_size;
	uint32_t count;
	struct mailbox_channel channels[MAILBOX_CHANNELS_MAX];
	uint8_t route[256]; /* protocol to the channel of its commands */
	uint32_t out;	    /* areas that are lent */
	uint32_t polled_out;
	uint64_t pause_ns; /* before the polled ones are looked at again */
	bool armed;	   /* the timer */
	bool closed;
	bool watched;  /* fd() was asked for: somebody else may sleep */
	bool may_wait; /* eventfds are written as everybody does */
	uint8_t idle;  /* so many times no descriptor was looked at */
	struct transport_spin spin;
	uint64_t polling_ns; /* how long it lasts at most */
	const struct scmi_transport_agent_callbacks *callbacks;
	void *ctx;
	uint32_t message_size_max; /* of commands */
	uint8_t message[SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX)];
};

/* In epoll: the number of a channel, or one of these. */
#define MAILBOX_SOCKET MAILBOX_CHANNELS_MAX
#define MAILBOX_TIMER  (MAILBOX_CHANNELS_MAX + 1)
#define MAILBOX_IRQ    (MAILBOX_CHANNELS_MAX + 2)

/* ---- open.c ---------------------------------------------------------------------------------- */

int mailbox_agent_open(struct scmi_transport_device **device, const char *address,
		       const struct scmi_transport_settings *settings,
		       const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		       struct scmi_transport_limits *limits, char *why, size_t why_size);
void mailbox_agent_close(struct scmi_transport_device *device);

/* Let epoll report a descriptor as `what`. 0 or -errno. */
int mailbox_watch(const struct scmi_transport_device *device, int fd, uint32_t what);

#endif
