/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What agents asked for, in a file, so that a restart of scmid does not drop a running guest's
 * clocks.
 *
 *	scmid state 1
 *	AGENT PROTOCOL DOMAIN WHAT KEY VALUE
 *	end COUNT
 *
 * There is one line for each request that holds, in the order in which to repeat them. A domain or
 * value that is a thing of the board is written by its name, so that the board may change meanwhile.
 * "-" is no domain.
 */
#ifndef SCMID_STATE_H
#define SCMID_STATE_H

#include <scmi/platform.h>

/*
 * Repeat what is in the file `state` of a directory. A request that the board no longer has or
 * allows is logged and dropped; a damaged file is logged and moved to state.damaged. Never fails:
 * what cannot be restored is as at the board's start.
 */
void scmid_state_restore(int directory, const struct scmi_board *board,
			 struct scmi_platform *platform);

/*
 * Replace the file by what holds now: all of it is on the disk, or the old file is still there. 0
 * or -errno.
 */
int scmid_state_save(int directory, const struct scmi_board *board, struct scmi_platform *platform);

#endif
