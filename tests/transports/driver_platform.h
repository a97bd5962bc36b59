/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The platform of the driver test. It does what each command asks it to, so that the agent's side
 * alone decides what happens, wherever the two ends run.
 *
 * A message is the 32-bit header and words: action and argument, its whole size, its sequence number;
 * the rest is a pattern of the sequence number. An answer is its command with the first word replaced
 * by what the platform found (enum found).
 */
#ifndef TESTS_TRANSPORTS_DRIVER_PLATFORM_H
#define TESTS_TRANSPORTS_DRIVER_PLATFORM_H

#include <scmi/transport.h>

#define MESSAGE_SIZE_MIN 16u
#define HEADER_NOTIFICATION 0x300u /* type 3 */
#define HELD_MAX 1024u

enum action {
	ACTION_ECHO,
	ACTION_HOLD,	 /* answer late: when as many as the argument says are held, the last first */
	ACTION_KEEP,	 /* never answer */
	ACTION_NOTIFY,	 /* send so many notifications, besides the answer */
	ACTION_OTHERS,	 /* answer how many other peers are there */
	ACTION_FILES,	 /* answer how many descriptors this process has */
	ACTION_LEAVE,	 /* drop the peer; no answer */
	ACTION_UNLISTEN, /* give all up; no answer */
};

enum found { FOUND_GOOD, FOUND_WRONG_BYTES, FOUND_WRONG_ORDER, FOUND_CUT };

struct platform;

/* 0, or -errno with a sentence. */
int platform_new(struct platform **platform, const struct scmi_transport *transport,
		 const char *address, char *why, size_t why_size);
/* Give all up when that signal comes. */
int platform_stop_on(struct platform *platform, int signal);
/* Handle what is there, waiting at most so long. False: it has given all up. */
bool platform_turn(struct platform *platform, uint64_t timeout_ns);
/* Gives all up. The callbacks that were missing or too many are said on stderr: false. */
bool platform_free(struct platform *platform);

/* Make a message, or look whether it is one. */
void message_make(uint8_t *message, size_t size, uint32_t header, uint32_t word, uint32_t sequence);
enum found message_check(const uint8_t *message, size_t size);
uint32_t message_word(const uint8_t *message, size_t index);

unsigned count_files(void);

#endif
