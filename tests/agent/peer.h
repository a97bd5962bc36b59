/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The other side of an agent under test: a host with a clock of its own and a peer that says what
 * the test tells it to. Messages are written as words, byte for byte what is on the wire.
 *
 * The host asserts that the agent calls nothing with its lock held.
 */
#ifndef TESTS_AGENT_PEER_H
#define TESTS_AGENT_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <scmi/agent.h>

#define RESPONSE_TIMEOUT_NS 1000000u
#define DELAYED_TIMEOUT_NS  5000000u
#define MESSAGE_SIZE_MAX    128u
#define SENT_MAX            4096u
#define SCRIPT_MAX          64u

/* A list of words, as two arguments: pointer and count. */
#define WORDS(...)                                                                                 \
	(const uint32_t[]) { __VA_ARGS__ },                                                        \
		sizeof((const uint32_t[]) { __VA_ARGS__ }) / sizeof(uint32_t)

/* The header of a command, token 0. */
#define HEADER(protocol_id, message_id) ((uint32_t)(protocol_id) << 10 | (uint32_t)(message_id))
#define BASE(message_id)                HEADER(0x10, message_id)
#define CLOCK(message_id)               HEADER(0x14, message_id)
#define DELAYED(header)                 ((header) | 2u << 8)
#define NOTIFICATION(header)            ((header) | 3u << 8)

/* CLOCK_RATE_GET with one word, 0x11223344, and CLOCK_RATE_SET with that and 0x55667788, asynchronous. */
extern const struct scmi_command rate_get;
extern const struct scmi_command rate_set_async;

struct message {
	uint32_t words[MESSAGE_SIZE_MAX / 4];
	size_t size;
};

/* One exchange that the test expects. */
struct exchange {
	struct message command; /* token 0 */
	struct message answer;  /* behind the header */
};

struct peer {
	struct scmi_agent *agent;
	void *storage;
	uint64_t now_ns;
	unsigned int locked;
	unsigned int wakes;
	unsigned int traced;
	const void *caller;

	struct message sent[SENT_MAX];
	unsigned int sent_count;
	int send_error; /* what send() gives */
	/* What happens while the transport sends; once. */
	void (*on_send)(struct peer *peer, uint32_t header);

	/* What happens while the agent waits; NULL: time passes until the deadline. */
	void (*on_wait)(struct peer *peer);
	int wait_error;
	unsigned int waits;
	uint64_t waited_until_ns; /* the last deadline given */

	struct exchange script[SCRIPT_MAX];
	unsigned int script_count;
	unsigned int script_at;
};

/* An agent with messages_max and a queue of notifications_max; p2a unless `a2p_only`. */
void peer_init(struct peer *peer, uint32_t messages_max, uint32_t notifications_max, bool a2p_only);
void peer_fini(struct peer *peer);

/* Expect a command and answer it; `answer` begins with the status. In the order of the calls. */
void peer_expect(struct peer *peer, const uint32_t *command, size_t command_words,
		 const uint32_t *answer, size_t answer_words);

/* Everything expected has come, and nothing else. */
void peer_expect_end(const struct peer *peer);

/* Say something to the agent: any words, or any bytes. */
void peer_say(struct peer *peer, const uint32_t *words, size_t count);
void peer_say_bytes(struct peer *peer, const void *bytes, size_t size);

/* The header of command number `index` that the agent sent, with its token. */
uint32_t peer_header(const struct peer *peer, unsigned int index);

/* A command sent is exactly this, its token aside. */
void assert_sent(const struct peer *peer, unsigned int index, const uint32_t *words, size_t count);

struct scmi_agent_counters peer_counters(const struct peer *peer);

/* What a callback saw. */
struct outcome {
	unsigned int calls;
	int error;
	int delayed_error;
	uint8_t values[MESSAGE_SIZE_MAX];
	size_t size;
	uint8_t delayed_values[MESSAGE_SIZE_MAX];
	size_t delayed_size;
};

/* A scmi_done_fn; ctx is a struct outcome. */
void record_outcome(void *ctx, const struct scmi_result *result);

#endif
