/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The platform's end of a mailbox, played: it hands out what a test wants, right or wrong. */
#ifndef TESTS_TRANSPORTS_PLAYED_MAILBOX_H
#define TESTS_TRANSPORTS_PLAYED_MAILBOX_H

#include <pthread.h>

#include "host.h"
#include "transports/mailbox/mailbox.h"

struct played {
	/* What is handed out. The test may change all of it between played_make() and played_open(). */
	struct mailbox_handout handout;
	int fds[MAILBOX_FDS_MAX + 1];
	uint32_t fd_count;
	uint8_t bytes[MAILBOX_HANDOUT_MAX + 1];
	size_t size;
	bool silent; /* nothing is handed out */

	volatile uint8_t *memory;
	const char *path;
	int listener;
	int connection; /* -1 until somebody is connected */
	pthread_t thread;

	/* The agent's end. */
	struct told told;
	struct scmi_transport_device *device; /* NULL: it did not open */
	struct scmi_transport_limits limits;
	char why[256];
};

/* A memfd with areas for these channels, sealed as it must be, and eventfds. */
void played_make(struct played *played, const struct mailbox_record *records, uint32_t count);

/* Hand it out to an agent that connects now; what its open() gave. */
int played_open(struct played *played, const struct scmi_transport_settings *settings);

void played_end(struct played *played);

/* The eventfd that a channel's sender writes, and the one that its receiver does. */
int played_filled(const struct played *played, uint32_t channel);
int played_returned(const struct played *played, uint32_t channel);

/* How many times an eventfd was rung since. */
uint64_t played_rung(int fd);

#endif
