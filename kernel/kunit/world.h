/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both ends of SCMI in one test, in the kernel's environment: the locks are the kernel's, so
 * lockdep and the check for sleeping in atomic context see what the engine does. Time is the
 * test's, and passes only while somebody waits or polls.
 */
#ifndef LIBSCMI_KUNIT_WORLD_H
#define LIBSCMI_KUNIT_WORLD_H

#include <kunit/test.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include <scmi/agent.h>
#include <scmi/base.h>
#include <scmi/clock.h>
#include <scmi/platform.h>

#define MESSAGE_SIZE	    128u
#define MESSAGE_SIZE_BIG    8192u
#define LETTERS		    64u
#define NOTIFICATIONS	    8u
#define RESPONSE_TIMEOUT_NS (100 * NSEC_PER_MSEC)

struct world;

struct letter {
	u8 *bytes;
	size_t size;
};

/* One agent and its channel. What the platform says is in the inbox until the agent waits. */
struct end {
	struct world *world;
	struct scmi_agent *agent;
	struct scmi_channel *channel;
	spinlock_t lock;
	unsigned long flags; /* of the lock's holder */
	size_t message_size;
	struct letter inbox[LETTERS];
	u32 inbox_count;
	bool deaf;	 /* what the platform says stays in the inbox */
	bool goes;	 /* the channel goes while somebody waits */
	u32 last_header; /* sent */
	u32 sent;
	u32 waits; /* how often somebody slept for an answer */
};

struct world {
	struct kunit *test;
	u64 now_ns;
	struct scmi_platform *platform;
	struct end main;
	struct end other;
};

/* The board's clocks, ids for both agents. */
enum { CRYSTAL, PLL, LIST, BUS, UNKNOWN_CLOCK };

#define LIST_NAME    "a clock whose name is longer than short"
#define LIST_RATES   21u
#define LIST_HZ(n)   ((n) * 1000000ull + 1)
#define PLL_DELAY_NS (2 * NSEC_PER_MSEC)

/* For the test at hand; world_init() is its suite's init(). */
int world_init(struct kunit *test);
void world_exit(struct kunit *test);

/* The main agent again, with this much room for a message. */
void world_resize(struct world *world, size_t message_size);

/* Hand over what is in the inbox, from an address that is not aligned. */
void end_hear(struct end *end);

#endif
