/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A platform on a small board, its host, and agents that speak in words: what is sent and what must
 * come back is written by hand, as 32-bit words, the header first.
 */
#ifndef SCMI_TEST_PLATFORM_WORLD_H
#define SCMI_TEST_PLATFORM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scmi/platform.h>

/* Header words; all commands here have token 1. */
#define BASE(id)	  (0x00044000u | (id))
#define CLOCK(id)	  (0x00045000u | (id))
#define CLOCK_DELAYED(id) (0x00045200u | (id))
#define BASE_EVENT(id)	  (0x00004300u | (id))
#define CLOCK_EVENT(id)	  (0x00005300u | (id))

/* Statuses as they are on the wire. */
#define SUCCESS		   0u
#define NOT_SUPPORTED	   0xffffffffu
#define INVALID_PARAMETERS 0xfffffffeu
#define DENIED		   0xfffffffdu
#define NOT_FOUND	   0xfffffffcu
#define OUT_OF_RANGE	   0xfffffffbu
#define BUSY		   0xfffffffau
#define COMMS_ERROR	   0xfffffff9u
#define GENERIC_ERROR	   0xfffffff8u
#define HARDWARE_ERROR	   0xfffffff7u
#define PROTOCOL_ERROR	   0xfffffff6u

#define WORDS(...)                                                                                 \
	(const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

#define MILLISECOND 1000000ull

/* The board: indices are also the ids that the manager sees. */
enum { OSC, PLL, MUX, UART, LONG, SLOW, BROKEN, QUIET, BROKEN_SLOW, CLOCKS };
enum { MANAGER = 1, GUEST, OLD, SHORT_LIVED, AGENTS = SHORT_LIVED };
/* Ids in the guest's view; 3, 5 and 6 are gaps. */
enum { GUEST_MUX = 0, GUEST_PLL = 1, GUEST_UART = 2, GUEST_SLOW = 4, GUEST_LONG = 7 };
/* In the old agent's: clock 2.0, no asynchronous commands, may not set the rate of the PLL. */
enum { OLD_PLL = 0, OLD_SLOW = 1 };
enum { DISPLAY = 10, SOUND = 11, SECRET = 12 };

extern const struct scmi_board test_board;

struct sent {
	bool is_answer;
	uint64_t cookie;
	size_t size;
	uint8_t bytes[64];
};

/* An agent's end of a channel. */
struct peer {
	struct world *world;
	struct scmi_channel *channel;
	struct sent sent[64];
	size_t sent_count, sent_read;
	int send_result; /* what send() and answer() give */
	bool answers_go; /* … but answer() only if not this */
	size_t send_max; /* what is longer gives -EMSGSIZE; 0: anything goes */
	size_t traced[2];
};

struct world {
	struct scmi_platform *platform;
	uint64_t now_ns;
	size_t allocations;
	size_t fail_allocation; /* counts down; 0: never */
	int wakes;
	int locks_held, locks_made;
	bool use_locks;
	void *held[8];
};

/* The world without a platform, as world_new() starts it. */
struct scmi_platform_host world_host(struct world *world);
void world_new(struct world *world, const struct scmi_board *board);
void world_free(struct world *world);
/* Let time pass, and the platform know. */
void pass(struct world *world, uint64_t ns);

void peer_new(struct peer *peer, struct world *world, uint32_t agent_id, bool p2a);
void peer_free(struct peer *peer);

/* Send a command with space for the answer; what comes back must be exactly this. */
void expect_in(struct peer *peer, size_t space, const uint32_t *command, size_t command_count,
	       const uint32_t *answer, size_t answer_count);
void expect(struct peer *peer, const uint32_t *command, size_t command_count,
	    const uint32_t *answer, size_t answer_count);
/* There is no answer now. */
void expect_later(struct peer *peer, uint64_t cookie, const uint32_t *command,
		  size_t command_count);
/* The next thing that the platform sent by itself. */
void expect_sent(struct peer *peer, const uint32_t *message, size_t count);
void expect_answer(struct peer *peer, uint64_t cookie, const uint32_t *message, size_t count);
void expect_silence(struct peer *peer);

/* Every test gets a world with the board and frees it. */
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
