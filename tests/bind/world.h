/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small world around the real binder and the real agent: two drivers, two suppliers, two
 * descriptors, two handles, two threads that do the binder's work, and for each loss a thread that
 * tells of it. All of it, memory included, is one structure, so that a state can be kept and gone
 * back to.
 */
#ifndef SCMI_TESTS_BIND_WORLD_H
#define SCMI_TESTS_BIND_WORLD_H

#include <scmi/agent.h>

#include "bind/bind.h"

#include "scenario.h"

#define WORKERS 2u

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
	LOSE, /* surprise removal is noted; also of one that is being withdrawn. Which: of any life */
	TELL, /* … and the host told, by the thread that noted it */
	OPEN,
	CLOSE,
	USE,
	ANSWER,
	TIMEOUT,
	RETRY,
	WORK,  /* a worker takes the next piece of work, and does it unless it may block. Which: below */
	DONE,  /* … and has done it, if it is one that may block */
	FAIL,  /* … in vain */
	EVENT_KINDS
};

/*
 * Several things may be ready to be released; the binder takes the one that came first. The order in
 * which they came is no part of a state here: instead WORK happens once for each that may be first.
 */
#define CHOICES (KINDS * LIVES)

struct event {
	uint8_t kind;
	uint8_t which; /* thing, binding or worker; below CHOICES */
};

#define EVENTS_MAX (EVENT_KINDS * CHOICES)

/* The names of the events, for who reads a sequence. */
extern const char *const event_names[EVENT_KINDS];

/*
 * Start again from nothing. `once`: nothing comes again before what there was of its name has been
 * released.
 */
void world_start(const struct scenario *scenario, bool once);

/* Those that can happen now. */
unsigned int world_events(struct event events[EVENTS_MAX]);

/* False: WORK that found nothing to do. What is wrong is said, and ends the process. */
bool world_do(struct event event);

/* Check what must hold after every event. */
void world_check(void);

/* The moves of bindings from one state to another that were ever seen; false: not every one was. */
bool world_report_moves(void);

/* Check what must hold where no event but those from outside changes anything. */
void world_check_rest(void);

/*
 * What the state is: all that decides what can come of it, and nothing else. Two states with one key
 * are the same for the explorer; world_key.c says what is left out and why.
 */
uint64_t world_key(void);

/* Keep the state, and go back to it. The memory is the caller's, world_size() bytes, zeroed once. */
size_t world_size(void);
void world_save(void *memory);
void world_restore(const void *memory);

/* As world_restore(); quicker if that is what was gone back to last, and its memory is as it was. */
void world_again(const void *memory);

#endif
