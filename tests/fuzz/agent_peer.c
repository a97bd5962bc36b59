// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "agent_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER	1u
#define DELAYED 2u

void peer_fail(const char *what)
{
	fprintf(stderr, "agent: %s\n", what);
	abort();
}

void peer_init(struct peer *p, const struct scmi_agent_config *config, uint64_t now_ns)
{
	memset(p, 0, sizeof(*p));
	p->config = *config;
	p->now_ns = now_ns;
}

struct peer_command *peer_command_new(struct peer *p)
{
	for (size_t i = 0; i < PEER_COMMANDS; i++) {
		if (p->commands[i].state == PEER_FREE) {
			memset(&p->commands[i], 0, sizeof(p->commands[i]));
			return &p->commands[i];
		}
	}
	return NULL;
}

/* Transfers in use: also those whose callback runs right now. */
static uint32_t in_use(const struct peer *p)
{
	uint32_t count = 0;

	for (size_t i = 0; i < PEER_COMMANDS; i++)
		count += p->commands[i].state != PEER_FREE;
	return count;
}

static bool running(const struct peer_command *command)
{
	return command->state == PEER_OUT || command->state == PEER_ACCEPTED;
}

static bool token_free(const struct peer *p, uint32_t token)
{
	if (p->tokens[token].owed)
		return false;
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (running(&p->commands[i]) && p->commands[i].sent &&
		    scmi_header_token(p->commands[i].header) == token)
			return false;
	return true;
}

int peer_submit_expected(struct peer *p, const struct scmi_command *command)
{
	uint32_t out = 0;

	if (command->size > p->config.message_size_max - 4)
		return -EMSGSIZE;
	if (command->delayed && !p->config.p2a)
		return -EOPNOTSUPP;
	if (p->closed)
		return p->closed;
	if (in_use(p) >= p->config.messages_max)
		return -EBUSY;
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		out += running(&p->commands[i]);
	if (p->quarantined + out < SCMI_TOKEN_COUNT)
		return 0;
	p->exhausted++;
	return -EBUSY;
}

void peer_sent(struct peer *p, struct peer_command *command, uint32_t header, bool delayed)
{
	if (!token_free(p, scmi_header_token(header)))
		peer_fail("a token was used again while its answer may still come");
	if (header >> 28 || scmi_header_message_type(header))
		peer_fail("the header of a command is not one");
	command->state = PEER_OUT;
	command->header = header;
	command->sent = true;
	command->delayed = delayed;
	command->deadline_ns = SCMI_NEVER;
}

void peer_running(struct peer *p, struct peer_command *command, uint64_t timeout_ns)
{
	if (command->state == PEER_OUT)
		command->deadline_ns =
			p->now_ns + (timeout_ns ? timeout_ns : p->config.response_timeout_ns);
}

static uint16_t what_of(uint32_t header)
{
	return (uint16_t)(scmi_header_protocol_id(header) << 8 | scmi_header_message_id(header));
}

static void end(struct peer *p, struct peer_command *command, uint32_t owed)
{
	uint32_t token = scmi_header_token(command->header);

	command->state = PEER_ENDED;
	if (owed) {
		p->tokens[token].owed = (uint8_t)owed;
		p->tokens[token].command = what_of(command->header);
		p->quarantined++;
	}
}

static void fail(struct peer *p, struct peer_command *command, int error)
{
	uint32_t owed = command->delayed ? DELAYED : 0;

	if (command->state == PEER_OUT) {
		command->error = error;
		owed |= ANSWER;
	} else {
		command->delayed_error = error;
	}
	end(p, command, owed);
}

static int error_of(uint32_t status)
{
	int32_t value = (int32_t)status;

	if (value == 0)
		return 0;
	return value > 0 || value < -4095 ? -EPROTO : -4096 + value;
}

/* A reply to something that is over. */
static void stray(struct peer *p, uint32_t header, uint32_t kind, uint32_t status)
{
	uint32_t token = scmi_header_token(header), owed = p->tokens[token].owed;

	if (!(owed & kind) || p->tokens[token].command != what_of(header))
		return;
	p->late++;
	owed &= ~kind;
	if (kind == ANSWER && status != 0)
		owed = 0;
	p->tokens[token].owed = (uint8_t)owed;
	if (!owed)
		p->quarantined--;
}

void peer_sends(struct peer *p, const uint8_t *message, size_t size)
{
	uint32_t header, type, status;
	struct peer_command *command = NULL;

	if (size < 8 || size > p->config.message_size_max)
		return;
	header = scmi_get_le32(message) & 0x0fffffff;
	type = scmi_header_message_type(header);
	status = scmi_get_le32(message + 4);
	if (type == 1 || (type && !p->config.p2a))
		return;
	if (type == SCMI_NOTIFICATION) {
		if (p->event_count == p->config.notifications_max) {
			memmove(&p->events[0], &p->events[1],
				--p->event_count * sizeof(p->events[0]));
			p->overflowed++;
		}
		p->events[p->event_count].size = size;
		memcpy(p->events[p->event_count++].bytes, message, size);
		return;
	}
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (running(&p->commands[i]) && p->commands[i].sent &&
		    scmi_header_token(p->commands[i].header) == scmi_header_token(header))
			command = &p->commands[i];
	if (!command) {
		stray(p, header, type == SCMI_COMMAND ? ANSWER : DELAYED, status);
		return;
	}
	if (what_of(command->header) != what_of(header))
		return;
	if (type == SCMI_DELAYED_RESPONSE) {
		if (!command->delayed)
			return;
		p->delayed++;
		p->overtaken += command->state == PEER_OUT;
		command->delayed_error = error_of(status);
		command->delayed_size = size - 8;
		memcpy(command->delayed_values, message + 8, size - 8);
		end(p, command, command->state == PEER_OUT ? ANSWER : 0);
		return;
	}
	if (command->state == PEER_ACCEPTED)
		return;
	command->error = error_of(status);
	command->size = size - 8;
	memcpy(command->values, message + 8, size - 8);
	if (!command->delayed || command->error) {
		end(p, command, 0);
		return;
	}
	command->state = PEER_ACCEPTED;
	command->deadline_ns = p->now_ns + p->config.delayed_timeout_ns;
}

void peer_tick(struct peer *p, uint64_t now_ns)
{
	p->now_ns = now_ns;
	for (size_t i = 0; i < PEER_COMMANDS; i++) {
		if (running(&p->commands[i]) && p->commands[i].deadline_ns <= now_ns) {
			p->timed_out++;
			fail(p, &p->commands[i], -ETIMEDOUT);
		}
	}
}

void peer_cancel(struct peer *p, struct peer_command *command)
{
	if (!running(command))
		return;
	p->canceled++;
	fail(p, command, -ECANCELED);
}

static void fail_all(struct peer *p, int error)
{
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (running(&p->commands[i]))
			fail(p, &p->commands[i], error);
}

void peer_close(struct peer *p, int error)
{
	p->closed = error;
	fail_all(p, error);
}

void peer_reset(struct peer *p)
{
	fail_all(p, -ENODEV);
	memset(p->tokens, 0, sizeof(p->tokens));
	p->quarantined = 0;
	p->closed = 0;
}

uint64_t peer_deadline(const struct peer *p)
{
	uint64_t first = SCMI_NEVER;

	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (running(&p->commands[i]) && p->commands[i].deadline_ns < first)
			first = p->commands[i].deadline_ns;
	return first;
}

void peer_done(struct peer *p, struct peer_command *command, const struct scmi_result *result)
{
	peer_forget(p);
	if (command->state == PEER_OUT || command->state == PEER_ACCEPTED)
		peer_fail("a callback came before anything ended its command");
	if (command->state != PEER_ENDED)
		peer_fail("a callback came twice");
	if (result->error != command->error || result->delayed_error != command->delayed_error)
		peer_fail("a callback is told another error than its own");
	if (result->size != command->size || result->delayed_size != command->delayed_size)
		peer_fail("a callback is told another size than that of its own answer");
	if (command->size && memcmp(result->values, command->values, command->size))
		peer_fail("a callback gets values that are not those of its answer");
	if (command->delayed_size &&
	    memcmp(result->delayed_values, command->delayed_values, command->delayed_size))
		peer_fail("a callback gets values that are not those of its delayed response");
	command->state = PEER_DONE;
}

void peer_forget(struct peer *p)
{
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (p->commands[i].state == PEER_DONE)
			p->commands[i].state = PEER_FREE;
}
