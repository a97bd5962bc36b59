/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers as people write and read them: words, rates with units, versions.
 *
 * Parsers take the whole text or nothing. They return 0, -EINVAL (not such a number), -ERANGE (too
 * large) or, for rates, -EDOM (not a whole number of Hz).
 */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Enough for every cli_format_*(). */
#define CLI_NUMBER_SIZE 32

/* Decimal or 0x…; at most `max`. */
int cli_parse_number(const char *text, uint64_t max, uint64_t *number);

/* "24MHz", "1.5 GHz", "32768", "0x8000": exact, never rounded. */
int cli_parse_rate(const char *text, uint64_t *rate_hz);

/* "3.0" or the word itself, 0x30000. */
int cli_parse_version(const char *text, uint32_t *version);

/* "24 MHz", "32.768 kHz", "133.333 MHz": at most three decimals, cut rather than rounded. */
void cli_format_rate(char text[CLI_NUMBER_SIZE], uint64_t rate_hz);

/* "3.0" */
void cli_format_version(char text[CLI_NUMBER_SIZE], uint32_t version);

#endif
