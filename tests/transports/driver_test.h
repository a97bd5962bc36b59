/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between what the driver test checks and what it does that with. */
#ifndef TESTS_TRANSPORTS_DRIVER_TEST_H
#define TESTS_TRANSPORTS_DRIVER_TEST_H

#include <sys/types.h>

#include "driver_platform.h"

#define TOKENS		1024u
#define SIZE_MAX_TESTED 65536u

/* One test's: where the platform is, and the agent's end. */
struct driver_test {
	const struct scmi_transport *transport;
	const char *address;
	bool one_thread;
	pid_t child;		   /* the platform's, or */
	struct platform *platform; /* the platform in this thread */

	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	uint32_t sequence; /* of the next command */
	struct {
		bool out;
		size_t size;
		uint32_t sequence;
	} sent[TOKENS];
	unsigned out;		/* sent and not answered */
	uint32_t value;		/* of the last answer */
	uint32_t notifications; /* came, in order */
	unsigned closed;
	unsigned lost;	   /* told so; what was out is forgotten */
	unsigned answered; /* answers since it was opened */
	bool hears_lost;   /* open with a lost() */
	bool by_fd; /* wait by poll() and dispatch(), not by wait() */
	bool failed;
	uint64_t patience_ns; /* with what has to come; long: machines may be busy */
};

extern struct driver_test now;

/* What is not as it must be, a line each. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Open and close the agent's end. False: it does not open, which was said. */
bool open_agent(const struct scmi_transport_settings *settings);
void close_agent(void);
/* False: it does not listen, which was said. */
bool start_platform(void);
/* By SIGTERM, in peace; by SIGKILL; or, with 0, by itself. */
void stop_platform(int how);

/* Let something happen; for at most so long from now. */
void step(void);
uint64_t patience_ns(void);

/* Send one command; what send() gave. */
int command(enum action action, uint32_t argument, size_t size);
/* A command that must go, with room made for it; until `out` answers are missing; both at once. */
bool must(enum action action, uint32_t argument, size_t size);
bool answers(unsigned out);
bool ask(enum action action, uint32_t argument);

/* Bytes of the longest message that both ends take, commands at a time. */
size_t size_max(void);
unsigned at_a_time(void);

struct check {
	const char *name; /* NULL: the end */
	const char *what;
	void (*check)(void);
	bool p2a;   /* only where notifications are carried */
	bool apart; /* only with the platform in another process */
	bool ends;  /* the platform ends by itself */
};

extern const struct check checks[];

#endif
