/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a back end stands on, played and checked: a loop without waiting, a host for each endpoint that holds the driver
 * to its contract, and the mappings and descriptors that it has.
 */
#ifndef FUZZ_VHOST_HOST_H
#define FUZZ_VHOST_HOST_H

#include <scmi/transport.h>

/* More commands than a driver may have under way. */
#define HOST_PENDING_MAX 256u

enum host_manner { HOST_NOW, HOST_LATER, HOST_EVENT_FIRST, HOST_HANG_UP, HOST_MANNERS };

struct host {
	char path[64];
	struct scmi_transport_endpoint *endpoint;
	struct scmi_transport_peer *peer; /* or NULL */
	enum host_manner manner; /* of answering a command */
	bool refuses;		 /* whoever connects */
	uint64_t pending[HOST_PENDING_MAX];
	size_t pending_count;
	uint64_t answered; /* the last cookie that was */
	uint32_t events;   /* to be sent when there is room */
	/* How often, since the beginning. */
	uint32_t connections, commands, resets, carries, rooms, delivered, late, notes, resumed;
};

void host_listen(struct host *host);
void host_unlisten(struct host *host);

/* Answer the oldest command that waits. */
void host_answer(struct host *host);
/* The same once more, when nobody waits for it. */
void host_answer_again(struct host *host);
void host_event(struct host *host);
void host_hang_up(struct host *host);

/* Handlers of what is ready, once; how many. */
uint32_t host_turn(void);
/* Until there is nothing to do any more. */
void host_settle(void);

/* Mappings that the driver has, those of them that were lost, all that ever were, and whether the next ones fail. */
extern uint32_t host_mapped, host_lost, host_lost_ever;
extern bool host_no_memory;

/* Descriptors of the process. */
uint32_t host_descriptors(void);

_Noreturn void vhost_fail(const char *what, int line);

#define vhost_check(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			vhost_fail(#condition, __LINE__);                                          \
	} while (0)

#endif
