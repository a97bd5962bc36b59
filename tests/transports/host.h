/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A platform's host for the tests of transports: it writes down what the driver tells it, and
 * answers every command with the command itself, cut to the space or filled up with zeros. What
 * a test wants otherwise it sets in struct host.
 */
#ifndef TESTS_TRANSPORTS_HOST_H
#define TESTS_TRANSPORTS_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <scmi/transport.h>

#include "host/loop.h"

#define HOST_PEERS_MAX 64

struct host_peer {
	struct host *host;
	struct scmi_transport_peer *peer; /* NULL: disconnected */
	struct scmi_transport_credentials who;
	unsigned commands;
	unsigned writable;
	size_t size;   /* of the last command */
	uint8_t first; /* its first and last bytes */
	uint8_t last;
	size_t space;
};

struct host {
	struct scmi_loop *loop;
	const struct scmi_transport_platform_ops *ops;
	struct scmi_transport_endpoint *endpoint;
	struct host_peer peers[HOST_PEERS_MAX];
	unsigned connected;
	unsigned disconnected;
	int first_fd; /* the first that was watched */
	bool first_fd_watched;
	bool last_want_read; /* of the latest watch */
	/* What the test wants. */
	bool refuse;
	bool silent;	    /* no answers */
	size_t answer_size; /* 0: that of the command */
	bool drop_in_command;
	bool drop_in_writable;
	void (*on_command)(struct host_peer *peer); /* before the answer is made */
	void (*on_writable)(struct host_peer *peer);
};

/* Listen on address with this driver; asserts that it works. */
void host_listen(struct host *host, const struct scmi_transport *transport, const char *address,
		 uint32_t mode, uint32_t message_size_max, bool turn);

/* The same, giving the error. */
int host_try_listen(struct host *host, const struct scmi_transport *transport, const char *address,
		    uint32_t mode, uint32_t message_size_max, char *why, size_t why_size);

/* Unlisten, free the loop; asserts that every peer that came has gone. */
void host_stop(struct host *host);

/* Turn `turns` times without waiting: enough of them handle everything that is there. */
void host_turn(struct host *host, unsigned turns);

/* What an agent end was told. */
struct told {
	unsigned received;
	size_t size;
	uint8_t message[70000];
	unsigned closed;
	int error;
};

extern const struct scmi_transport_agent_callbacks told_callbacks;

/* Open an agent end; asserts that it works. `told` is cleared. */
struct scmi_transport_device *told_open(const struct scmi_transport *transport, struct told *told,
					const char *address,
					const struct scmi_transport_settings *settings);

/* A directory that is removed with what is in it by temporary_remove(). */
const char *temporary_directory(void);
void temporary_remove(void);
/* A path in it; valid until the fourth next call. */
const char *temporary_path(const char *name);

#endif
