/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the front end that the back end is fuzzed with says: requests that are right, or wrong in some way. */
#ifndef FUZZ_VHOST_SAY_H
#define FUZZ_VHOST_SAY_H

#include "input.h"
#include "vhost_front.h"

#define REQUESTS 26u

/* What may be asked. */
extern const uint8_t requests[REQUESTS];

/* Descriptors that no front end should send, and some that it may. */
enum { PIPE_IN, PIPE_OUT, NO_READER, SOCKET, SOCKETS_PEER, NO_PEER, NOTHING, EPOLL, READ_ONLY, ODD, ODD_COUNT };
extern int odd[ODD_COUNT];

/* The run's bytes, the host of the device that is fuzzed, and its front end. */
extern struct input in;
extern struct host host;
extern struct front front;

/* Once, when there is a front end. */
void make_odd_ones(void);

/* A number of 64 bits, mostly one that means something here. */
uint64_t wide(void);

void say(uint8_t what);
/* No request, or half of one. */
void say_bytes(void);

#endif
