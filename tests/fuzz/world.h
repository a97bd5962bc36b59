/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The boards that the platform harness serves: small, but with one of everything. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <scmi/board.h>

#define WORLD_CLOCKS  15u
#define WORLD_AGENTS  4u /* without the platform */
#define WORLD_DEVICES 3u
#define WORLD_CONFIGS 3u /* at most, per clock */

/* The whole board, and the same without devices and sub-vendor. */
extern const struct scmi_board world_full;
extern const struct scmi_board world_plain;

#endif
