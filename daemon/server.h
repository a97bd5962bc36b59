/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A board, served: the platform, its endpoints, and their peers, on one loop and one thread.
 */
#ifndef SCMID_SERVER_H
#define SCMID_SERVER_H

#include <host/loop.h>

#include "board.h"

struct scmid_server;

struct scmid_server_config {
	const struct scmid_board *board;
	const char *file; /* for messages */
	int directory;	  /* of the state file */
	struct scmi_loop *loop;
	bool trace;
};

/*
 * The platform, and what was asked of it before. 0, -EINVAL (the board contradicts itself, said on
 * stderr) or -errno.
 */
int scmid_server_new(struct scmid_server **server, const struct scmid_server_config *config);

/* Open every endpoint, saying so on stderr; -errno if one fails. */
int scmid_server_listen(struct scmid_server *server);

/* One line for each agent on stderr. */
void scmid_server_print_counters(const struct scmid_server *server);

/* Let every peer go, save the state, free. NULL is allowed. */
void scmid_server_free(struct scmid_server *server);

#endif
