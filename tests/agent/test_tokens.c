/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All 1024 tokens at once: every one of them in flight, all of them timed out, and then all the late
 * answers, while new commands go out as soon as a token is free. Nobody gets another's answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <scmi/agent.h>

#define ALL	   SCMI_TOKEN_COUNT
#define TIMEOUT_NS 1000u

/* A command as the platform has it: which, and how it is answered. */
struct letter {
	uint32_t header;
	uint32_t number;
};

struct user {
	uint32_t number;
	unsigned int ended;
	int error;
	uint32_t answer;
};

struct world {
	struct scmi_agent *agent;
	uint64_t now_ns;
	struct letter sent[ALL];
	unsigned int sent_count;
};

static int host_send(void *ctx, const void *message, size_t size)
{
	struct world *world = ctx;
	const uint8_t *bytes = message;

	assert_int_equal(size, 8);
	assert_true(world->sent_count < ALL);
	world->sent[world->sent_count].header = scmi_get_le32(bytes);
	world->sent[world->sent_count++].number = scmi_get_le32(bytes + 4);
	return 0;
}

static uint64_t host_now_ns(void *ctx)
{
	return ((struct world *)ctx)->now_ns;
}

static void on_done(void *ctx, const struct scmi_result *result)
{
	struct user *user = ctx;

	user->ended++;
	user->error = result->error;
	user->answer = result->size == 4 ? scmi_get_le32(result->values) : 0;
}

static int ask(struct world *world, struct user *user, uint32_t number)
{
	const struct scmi_command command = {
		.protocol_id = 0x14,
		.message_id = 6,
		.payload = &user->number,
		.size = 4,
	};

	*user = (struct user){ .number = number };
	return scmi_agent_submit(world->agent, &command, on_done, user, NULL);
}

static void answer(struct world *world, const struct letter *letter)
{
	const uint32_t words[] = { letter->header, 0, letter->number };

	scmi_agent_receive(world->agent, words, sizeof(words));
}

/* The same order every time, which is that of no token. */
static void shuffle(struct letter *letters)
{
	uint32_t random = 12345;

	for (unsigned int i = ALL - 1; i > 0; i--) {
		struct letter letter = letters[i];
		unsigned int other;

		random = random * 1664525 + 1013904223;
		other = (random >> 8) % (i + 1);
		letters[i] = letters[other];
		letters[other] = letter;
	}
}

static void no_late_answer_reaches_anybody_else(void **state)
{
	static struct world world;
	static struct user first[ALL];
	static struct user second[ALL];
	static struct letter late[ALL];
	static bool seen[ALL];
	const struct scmi_agent_config config = {
		.host = { .ctx = &world, .send = host_send, .now_ns = host_now_ns },
		.messages_max = ALL,
		.message_size_max = 32,
		.notifications_max = 1,
		.response_timeout_ns = TIMEOUT_NS,
	};
	size_t size = scmi_agent_size(&config);
	void *storage = malloc(size);
	struct scmi_agent_counters counters;
	struct user extra;

	(void)state;
	world.now_ns = 1;
	assert_int_equal(scmi_agent_init(&world.agent, storage, size, &config), 0);
	for (uint32_t i = 0; i < ALL; i++) {
		uint32_t token;

		assert_int_equal(ask(&world, &first[i], i + 1), 0);
		token = scmi_header_token(world.sent[i].header);
		assert_false(seen[token]);
		seen[token] = true;
	}
	assert_int_equal(ask(&world, &extra, 0), -EBUSY);

	world.now_ns += TIMEOUT_NS;
	scmi_agent_tick(world.agent, world.now_ns);
	assert_int_equal(scmi_agent_dispatch(world.agent), ALL);
	scmi_agent_counters(world.agent, &counters);
	assert_int_equal(counters.timed_out, ALL);
	assert_int_equal(counters.quarantined, ALL);
	/* Transfers are free, tokens are not. */
	assert_int_equal(ask(&world, &extra, 0), -EBUSY);

	memcpy(late, world.sent, sizeof(late));
	shuffle(late);
	world.sent_count = 0;
	for (uint32_t i = 0; i < ALL; i++) {
		answer(&world, &late[i]);
		/* Its token is the only free one: the next command has it at once. */
		assert_int_equal(ask(&world, &second[i], 0x10000 + i), 0);
		assert_int_equal(world.sent[i].header, late[i].header);
		assert_int_equal(scmi_agent_dispatch(world.agent), 0);
	}
	scmi_agent_counters(world.agent, &counters);
	assert_int_equal(counters.late, ALL);
	assert_int_equal(counters.answered, 0);
	assert_int_equal(counters.quarantined, 0);

	shuffle(world.sent);
	for (uint32_t i = 0; i < ALL; i++)
		answer(&world, &world.sent[i]);
	assert_int_equal(scmi_agent_dispatch(world.agent), ALL);
	for (uint32_t i = 0; i < ALL; i++) {
		assert_int_equal(first[i].ended, 1);
		assert_int_equal(first[i].error, -ETIMEDOUT);
		assert_int_equal(second[i].ended, 1);
		assert_int_equal(second[i].error, 0);
		assert_int_equal(second[i].answer, second[i].number);
	}
	scmi_agent_counters(world.agent, &counters);
	assert_int_equal(counters.answered, ALL);
	assert_int_equal(counters.duplicate, 0);
	assert_int_equal(counters.malformed, 0);
	scmi_agent_fini(world.agent);
	free(storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_late_answer_reaches_anybody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
