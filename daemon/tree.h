/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scmid --print-tree: the device tree that the guest of an agent needs. */
#ifndef SCMID_TREE_H
#define SCMID_TREE_H

#include <scmi/board.h>
#include <stdio.h>

/* 0, or -ENOENT: the board has no such agent; then that is logged. */
int scmid_tree_print(FILE *out, const struct scmi_board *board, const char *agent);

#endif
