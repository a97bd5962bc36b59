/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the world. */
#ifndef SCMI_TESTS_BIND_WORLD_STATE_H
#define SCMI_TESTS_BIND_WORLD_STATE_H

#include <stdlib.h>

#include "world.h"

#define BLOCK_SIZE 256u
#define BLOCKS 32u
#define AGENT_SIZE 5120u

enum life { NOT_THERE, THERE, GOING };

/* What a probe opens: exists until unbind. It has room for one command. */
struct device {
	uint32_t lent; /* buffers that the other side has */
};

/* What the host keeps of a binding. */
struct user {
	struct device *device;
	struct scmi_agent *agent;
	bool gone;	  /* lost() was called since it was opened */
	uint32_t started; /* commands */
	uint32_t ended;
	uint32_t header; /* of the last one sent */
	bool touched; /* the agent's storage is another than what was gone back to */
};

struct world {
	const struct scenario *scenario;
	bool once;
	struct scmi_binder *binder;
	bool stopping;
	enum life drivers[KINDS][LIVES];
	enum life suppliers[KINDS][LIVES];
	enum life descriptors[KINDS][LIVES];
	bool vanished[KINDS][LIVES]; /* suppliers that were lost */
	struct scmi_binding *handles[KINDS];
	struct scmi_binding *bereft[KINDS]; /* by name: whoever noted its loss has not told yet */
	struct scmi_bind_job jobs[WORKERS];
	bool busy[WORKERS];
	uint8_t was[KINDS]; /* each binding: 0: not there; else 1 + its state when last checked */
	uint64_t now_ns;
	struct user users[KINDS];
	bool used[BLOCKS];
	/* What takes room stands last: not all of it has to be copied. */
	uint8_t blocks[BLOCKS][BLOCK_SIZE] __attribute__((aligned(16)));
	uint8_t storage[KINDS][AGENT_SIZE] __attribute__((aligned(16)));
};

extern struct world world;

/* Constant descriptions of everything, in each of its lives. */
extern struct scmi_transport transports[KINDS];
extern struct scmi_bind_driver drivers[KINDS][LIVES];
extern struct scmi_supplier suppliers[KINDS][LIVES];
extern struct scmi_descriptor descriptors[KINDS][LIVES];

/* Say what is wrong, and end. */
void wrong(const char *what) __attribute__((noreturn));

void *world_alloc(void *ctx, size_t size);
void world_free(void *ctx, void *memory);

static inline unsigned int user_number(const struct scmi_binding *binding)
{
	return (unsigned int)(scmi_binding_name(binding)[0] - 'a');
}

static inline struct user *user_of(const struct scmi_binding *binding)
{
	return &world.users[user_number(binding)];
}

/* Commands that have not ended. */
static inline uint32_t user_out(const struct user *user)
{
	return user->started - user->ended;
}

static inline bool is_there(const enum life lives[LIVES])
{
	return lives[0] == THERE || lives[1] == THERE;
}

#define for_each_binding(binding)                                                                  \
	for (struct scmi_list *node = world.binder->bindings.next;                                 \
	     node != &world.binder->bindings && (binding = scmi_binding_at(node));                 \
	     node = node->next)

/* ---- world_user.c: an instance, that is, the agent on a device, as a host has it -------------- */

void user_start(struct user *user);
void user_use(struct user *user);
void user_answer(struct user *user);
void user_time_out(struct user *user);

void user_open(struct user *user);
void user_close(struct user *user);
void user_lost(struct user *user);

#endif
