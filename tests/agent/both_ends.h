/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Agents and a platform in one process, with a clock that moves only while somebody waits: what a
 * command causes is in the agent's inbox, and comes out when the agent waits or the test pumps.
 */
#ifndef TESTS_AGENT_BOTH_ENDS_H
#define TESTS_AGENT_BOTH_ENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <scmi/agent.h>
#include <scmi/platform.h>

#define MESSAGE_SIZE_MAX 128u
#define INBOX_MAX        16u

struct both_ends;

struct letter {
	uint8_t bytes[MESSAGE_SIZE_MAX];
	size_t size;
};

/* One agent and its channel. */
struct end {
	struct both_ends *world;
	struct scmi_agent *agent;
	void *storage;
	struct scmi_channel *channel;
	size_t answer_space; /* what the platform is given for an answer */
	struct letter inbox[INBOX_MAX];
	unsigned int inbox_count;
	unsigned int commands; /* sent so far */
};

struct both_ends {
	uint64_t now_ns;
	struct scmi_platform *platform;
	struct end main;  /* agent 1: trusted */
	struct end guest; /* agent 2 */
};

/* Clocks of the board; the main agent's ids are the same. */
enum { OSC, PLL, LONG, UART, BROKEN, CLOCKS };
/* The guest's ids; 1 is a gap. */
enum { GUEST_PLL = 0, GUEST_LONG = 2 };

#define LONG_NAME      "a-clock-with-a-name-that-is-long"
#define LONG_RATES     21u
#define PLL_LATENCY_US 2000u
#define DEVICE         5u

void both_ends_init(struct both_ends *world, bool p2a);
void both_ends_fini(struct both_ends *world);

/*
 * Let the platform deliver what is due now, hand over the agents' inboxes, and call their
 * callbacks.
 */
void both_ends_pump(struct both_ends *world);

#endif
