/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A plain model of the agent's end of a channel: which commands are out, which tokens may not be
 * used, what each reply must lead to. The harness tells it what it submits and what the peer sends.
 */
#ifndef FUZZ_AGENT_PEER_H
#define FUZZ_AGENT_PEER_H

#include <scmi/agent.h>

#define PEER_COMMANDS	32u
#define PEER_EVENTS_MAX 4u
#define PEER_SIZE_MAX	128u

enum peer_state { PEER_FREE, PEER_OUT, PEER_ACCEPTED, PEER_ENDED, PEER_DONE };

struct peer_command {
	enum peer_state state;
	uint32_t header; /* as the agent sent it */
	bool sent;
	bool delayed;
	uint64_t deadline_ns;
	/* What its callback must be told. */
	int error, delayed_error;
	size_t size, delayed_size;
	uint8_t values[PEER_SIZE_MAX], delayed_values[PEER_SIZE_MAX];
	struct scmi_transfer *transfer;
};

struct peer {
	struct scmi_agent_config config;
	uint64_t now_ns;
	int closed;
	struct peer_command commands[PEER_COMMANDS];
	/* Tokens whose replies are owed: bit 0 the answer, bit 1 the delayed response. */
	struct {
		uint8_t owed;
		uint16_t command;
	} tokens[SCMI_TOKEN_COUNT];
	uint32_t quarantined;
	/* Notifications that wait. */
	struct {
		size_t size;
		uint8_t bytes[PEER_SIZE_MAX];
	} events[PEER_EVENTS_MAX];
	uint32_t event_count;
	/* How often each thing happened. */
	uint64_t delayed, overtaken, timed_out, canceled, late, overflowed, exhausted;
};

void peer_init(struct peer *p, const struct scmi_agent_config *config, uint64_t now_ns);

/* A free command, or NULL. */
struct peer_command *peer_command_new(struct peer *p);

/* What scmi_agent_submit() must return for it when the transport takes it. */
int peer_submit_expected(struct peer *p, const struct scmi_command *command);

/* The agent handed a command to the transport: its token is nobody else's. */
void peer_sent(struct peer *p, struct peer_command *command, uint32_t header, bool delayed);

/* The transport has taken it, its time runs. */
void peer_running(struct peer *p, struct peer_command *command, uint64_t timeout_ns);

/* The peer sends these bytes to the agent. */
void peer_sends(struct peer *p, const uint8_t *message, size_t size);

void peer_tick(struct peer *p, uint64_t now_ns);
void peer_cancel(struct peer *p, struct peer_command *command);
void peer_close(struct peer *p, int error);
void peer_reset(struct peer *p);
uint64_t peer_deadline(const struct peer *p);

/* The callback: it had to come, now, and with this. */
void peer_done(struct peer *p, struct peer_command *command, const struct scmi_result *result);

/* The transfer behind a callback is free again. */
void peer_forget(struct peer *p);

void peer_fail(const char *what) __attribute__((noreturn));

#endif
