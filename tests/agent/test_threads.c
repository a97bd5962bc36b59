/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One agent, several threads: some call and block, one submits, cancels and dispatches, one is the
 * platform. Every reply must reach its own command, and every submitted command must end exactly once.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <scmi/agent.h>

#define CALLERS 3
#define ROUNDS 2000u
#define WIRE_MAX 64u

struct letter {
	uint32_t words[3];
};

struct world {
	struct scmi_agent *agent;
	pthread_mutex_t channel; /* the agent's lock */
	/* The wire, and the news that something was received. */
	pthread_mutex_t mutex;
	pthread_cond_t news;
	struct letter wire[WIRE_MAX];
	unsigned int wire_count;
	bool stop;
	/* Of the submitting thread. */
	unsigned int ended;
	unsigned int submitted;
};

static _Thread_local int self;

static int host_send(void *ctx, const void *message, size_t size)
{
	struct world *world = ctx;
	int error = 0;

	pthread_mutex_lock(&world->mutex);
	if (world->wire_count == WIRE_MAX)
		error = -EAGAIN;
	else
		memcpy(&world->wire[world->wire_count++], message, size);
	pthread_cond_broadcast(&world->news);
	pthread_mutex_unlock(&world->mutex);
	return error;
}

/* Time stands still: nothing here ends by its limit. */
static uint64_t host_now_ns(void *ctx)
{
	(void)ctx;
	return 1;
}

static int host_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct world *world = ctx;

	(void)deadline_ns;
	pthread_mutex_lock(&world->mutex);
	while (!over(what))
		pthread_cond_wait(&world->news, &world->mutex);
	pthread_mutex_unlock(&world->mutex);
	return 0;
}

static void host_lock(void *ctx)
{
	struct world *world = ctx;

	pthread_mutex_lock(&world->channel);
}

static void host_unlock(void *ctx)
{
	struct world *world = ctx;

	pthread_mutex_unlock(&world->channel);
}

static const void *host_caller(void *ctx)
{
	(void)ctx;
	return &self;
}

static bool stopped(struct world *world)
{
	bool stop;

	pthread_mutex_lock(&world->mutex);
	stop = world->stop;
	pthread_mutex_unlock(&world->mutex);
	return stop;
}

/* Answers with the command's own payload, the last command first; now and then twice. */
static void *be_platform(void *arg)
{
	struct world *world = arg;

	while (!stopped(world)) {
		struct letter letter = { { 0 } };
		uint32_t answer[3];
		bool have;

		pthread_mutex_lock(&world->mutex);
		have = world->wire_count;
		if (have)
			letter = world->wire[--world->wire_count];
		pthread_mutex_unlock(&world->mutex);
		if (!have) {
			sched_yield();
			continue;
		}
		answer[0] = letter.words[0];
		answer[1] = 0;
		answer[2] = letter.words[1];
		scmi_agent_receive(world->agent, answer, sizeof(answer));
		if (letter.words[1] % 7 == 0)
			scmi_agent_receive(world->agent, answer, sizeof(answer));
		pthread_mutex_lock(&world->mutex);
		pthread_cond_broadcast(&world->news);
		pthread_mutex_unlock(&world->mutex);
	}
	return NULL;
}

struct caller {
	struct world *world;
	uint32_t first;
	unsigned int wrong;
};

static void *call(void *arg)
{
	struct caller *caller = arg;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t payload = caller->first + i;
		const struct scmi_command command = {
			.protocol_id = 0x14,
			.message_id = 6,
			.payload = &payload,
			.size = 4,
		};
		struct scmi_transfer *transfer;
		int error = scmi_agent_call(caller->world->agent, &command, &transfer);

		if (error) {
			caller->wrong++;
			continue;
		}
		if (scmi_get_le32(scmi_transfer_result(transfer)->values) != payload)
			caller->wrong++;
		scmi_transfer_put(transfer);
	}
	return NULL;
}

static void count_end(void *ctx, const struct scmi_result *result)
{
	struct world *world = ctx;

	(void)result;
	world->ended++;
}

/* Submits, cancels every third while its answer may be on its way, and dispatches. */
static void *submit_and_cancel(void *arg)
{
	static const uint32_t payload = 0x51515151;
	const struct scmi_command command = {
		.protocol_id = 0x14,
		.message_id = 6,
		.payload = &payload,
		.size = 4,
	};
	struct world *world = arg;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct scmi_transfer *transfer;

		if (!scmi_agent_submit(world->agent, &command, count_end, world, &transfer)) {
			world->submitted++;
			if (i % 3 == 0)
				scmi_agent_cancel(world->agent, transfer);
		}
		scmi_agent_dispatch(world->agent);
		sched_yield();
	}
	while (world->ended < world->submitted) {
		scmi_agent_dispatch(world->agent);
		sched_yield();
	}
	return NULL;
}

/* While nobody answers yet: so one is certain, however the others come out. */
static void cancel_one(struct world *world)
{
	static const uint32_t payload = 0x51515151;
	const struct scmi_command command = {
		.protocol_id = 0x14, .message_id = 6, .payload = &payload, .size = 4,
	};
	struct scmi_transfer *transfer;

	assert_int_equal(scmi_agent_submit(world->agent, &command, count_end, world, &transfer), 0);
	world->submitted++;
	assert_int_equal(scmi_agent_cancel(world->agent, transfer), 0);
}

static void replies_reach_their_own_commands(void **state)
{
	static struct world world = {
		.channel = PTHREAD_MUTEX_INITIALIZER,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.news = PTHREAD_COND_INITIALIZER,
	};
	const struct scmi_agent_config config = {
		.host = {
			.ctx = &world,
			.send = host_send,
			.now_ns = host_now_ns,
			.wait = host_wait,
			.lock = host_lock,
			.unlock = host_unlock,
			.caller = host_caller,
		},
		.messages_max = CALLERS - 1, /* calls wait for each other */
		.message_size_max = 32,
		.notifications_max = 1,
		.response_timeout_ns = 60000000000,
		.delayed_timeout_ns = 60000000000,
		.p2a = true,
		.waits_for_room = true,
	};
	size_t size = scmi_agent_size(&config);
	void *storage = malloc(size);
	struct caller callers[CALLERS];
	pthread_t caller_threads[CALLERS];
	pthread_t platform_thread;
	pthread_t submit_thread;
	struct scmi_agent_counters counters;

	(void)state;
	assert_int_equal(scmi_agent_init(&world.agent, storage, size, &config), 0);
	cancel_one(&world);
	pthread_create(&platform_thread, NULL, be_platform, &world);
	pthread_create(&submit_thread, NULL, submit_and_cancel, &world);
	for (uint32_t i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .world = &world, .first = (i + 1) << 24 };
		pthread_create(&caller_threads[i], NULL, call, &callers[i]);
	}
	for (uint32_t i = 0; i < CALLERS; i++) {
		pthread_join(caller_threads[i], NULL);
		assert_int_equal(callers[i].wrong, 0);
	}
	pthread_join(submit_thread, NULL);
	pthread_mutex_lock(&world.mutex);
	world.stop = true;
	pthread_mutex_unlock(&world.mutex);
	pthread_join(platform_thread, NULL);

	scmi_agent_counters(world.agent, &counters);
	assert_int_equal(world.ended, world.submitted);
	assert_int_equal(counters.malformed, 0);
	assert_int_equal(counters.timed_out, 0);
	assert_true(counters.canceled > 0);
	assert_true(counters.duplicate > 0);
	assert_int_equal(counters.sent, counters.answered + counters.canceled);
	scmi_agent_fini(world.agent);
	assert_int_equal(world.ended, world.submitted);
	free(storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_reach_their_own_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
