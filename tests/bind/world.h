/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small world around the real binder and the real agent: two drivers, two suppliers, two
 * descriptors, two handles, two threads that do the binder's work. All of it, memory included, is one
 * structure, so that a state can be kept and gone back to.
 */
#ifndef SCMI_TESTS_BIND_WORLD_H
#define SCMI_TESTS_BIND_WORLD_H

#include <scmi/agent.h>

#include "bind/bind.h"

#define KINDS 2u    /* of drivers, suppliers, descriptors, handles */
#define LIVES 2u    /* one may come again while the one before is still going */
#define WORKERS 2u
#define BLOCK_SIZE 256u
#define BLOCKS 32u
#define AGENT_SIZE 9216u

/* How the things of this world are meant: what the scenarios differ in. */
struct scenario {
	const char *name;
	const char *supplier_of[KINDS];	  /* each descriptor's; NULL: names none */
	bool by_order;
	bool one_driver; /* the other has nothing to do with it */
	const char *compatible[KINDS][3]; /* each descriptor's, NULL-ended */
	const char *supplier_for[KINDS];  /* each supplier's transport */
};

extern const struct scenario scenarios[];
extern const unsigned int scenario_count;

enum event_kind {
	CORE_LOAD,
	CORE_STOP,
	CORE_FREE,
	DRIVER_LOAD,
	DRIVER_UNLOAD,
	DESCRIBE,
	UNDESCRIBE,
	ANNOUNCE,
	WITHDRAW,
	LOSE, /* surprise removal */
	OPEN,
	CLOSE,
	USE,
	ANSWER,
	TIMEOUT,
	RETRY,
	WORK,  /* a worker takes the next piece of work, and does it unless it may block */
	DONE,  /* … and has done it, if it is one that may block */
	FAIL,  /* … in vain */
	EVENT_KINDS
};

struct event {
	uint8_t kind;
	uint8_t which;
};

#define EVENTS_MAX (EVENT_KINDS * KINDS)

/* The names of the events, for who reads a sequence. */
extern const char *const event_names[EVENT_KINDS];

/* Start again from nothing. */
void world_start(const struct scenario *scenario);

/* Those that can happen now. */
unsigned int world_events(struct event events[EVENTS_MAX]);

void world_do(struct event event);

/* Check what must always hold; says what is wrong and aborts. */
void world_check(void);

/* Nothing is going on and nothing is to be done. */
bool world_is_quiet(void);

/* What the state is, but for numbers that never matter. */
uint64_t world_hash(void);

/* How many state changes of bindings there were so far: for the report. */
uint64_t world_transitions(void);

/* Keep the state, and go back to it. The memory is the caller's, world_size() bytes. */
size_t world_size(void);
void world_save(void *memory);
void world_restore(const void *memory);

#endif
