/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A board file: what the platform serves (struct scmi_board), and where its agents reach it. The
 * format is described in scmid-board(5).
 */
#ifndef SCMID_BOARD_H
#define SCMID_BOARD_H

#include <scmi/board.h>
#include <stdio.h>

#include "report.h"

struct scmid_board;

enum scmid_endpoint_kind { SCMID_SOCKET, SCMID_VIRTIO, SCMID_MAILBOX };

/* Where an agent connects. */
struct scmid_endpoint {
	enum scmid_endpoint_kind kind;
	struct scmid_position at;
	uint32_t agent;	     /* index in the board */
	const char *address; /* path, with the run directory before a relative one */
	uint32_t mode;	     /* of a socket file; 0: as umask says */
	uint32_t message_size_max;
	/*
	 * Who may connect, by user or primary group. Without any, whoever the socket's mode lets
	 * in.
	 */
	const uint32_t *users;
	uint32_t user_count;
	const uint32_t *groups;
	uint32_t group_count;
	/* Of a mailbox: protocols with a channel of their own, and what there is not. */
	const uint8_t *own_channels;
	uint32_t own_channel_count;
	bool no_completion_irq;
	bool no_p2a;
	bool p2a_unacknowledged;
};

/**
 * scmid_board_load() - a board from a file
 * @file: path of a YAML file
 * @run_dir: where relative sockets go
 * @errors: gets FILE:LINE:COLUMN: sentences; may be NULL
 *
 * Returns 0, or -EINVAL for a file that cannot be read or is not a board.
 */
int scmid_board_load(struct scmid_board **board, const char *file, const char *run_dir,
		     FILE *errors);

/* The same from memory, which may hold anything at all; `file` is for the messages. */
int scmid_board_load_memory(struct scmid_board **board, const void *bytes, size_t size,
			    const char *file, const char *run_dir, FILE *errors);

void scmid_board_free(struct scmid_board *board);

/* These live as long as the board. */
const struct scmi_board *scmid_board_scmi(const struct scmid_board *board);
const struct scmid_endpoint *scmid_board_endpoints(const struct scmid_board *board,
						   uint32_t *count);

#endif
