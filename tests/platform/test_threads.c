/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Channels served by threads of their own, with real locks, while another thread ticks. What is
 * asserted holds in every order of events; a thread sanitizer finds what is not asserted.
 */
#include "world.h"

#include <pthread.h>

#define ROUNDS 3000u

static void *mutex_new(void *ctx)
{
	pthread_mutex_t *mutex = malloc(sizeof(*mutex));

	(void)ctx;
	assert_int_equal(pthread_mutex_init(mutex, NULL), 0);
	return mutex;
}

static void mutex_free(void *ctx, void *mutex)
{
	(void)ctx;
	pthread_mutex_destroy(mutex);
	free(mutex);
}

static void mutex_lock(void *mutex)
{
	pthread_mutex_lock(mutex);
}

static void mutex_unlock(void *mutex)
{
	pthread_mutex_unlock(mutex);
}

static void *plain_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void plain_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static uint64_t no_time(void *ctx)
{
	(void)ctx;
	return 0;
}

struct end {
	pthread_t thread;
	struct scmi_channel *channel;
	pthread_mutex_t mutex;
	uint32_t delayed, late;	      /* that came by themselves */
	uint32_t accepted, postponed; /* that were promised */
};

static int end_send(void *ctx, const void *message, size_t size)
{
	struct end *end = ctx;

	(void)size;
	pthread_mutex_lock(&end->mutex);
	end->delayed += scmi_header_message_type(scmi_get_le32(message)) == SCMI_DELAYED_RESPONSE;
	pthread_mutex_unlock(&end->mutex);
	return 0;
}

static int end_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	struct end *end = ctx;

	(void)cookie;
	(void)message;
	(void)size;
	pthread_mutex_lock(&end->mutex);
	end->late++;
	pthread_mutex_unlock(&end->mutex);
	return 0;
}

static const struct scmi_channel_ops end_ops = {.send = end_send, .answer = end_answer};

static size_t command(struct end *end, const uint32_t *words, size_t count, uint32_t *status)
{
	uint8_t message[32], answer[64];
	size_t size;

	for (size_t n = 0; n < count; n++)
		scmi_put_le32(message + 4 * n, words[n]);
	size = scmi_channel_handle(end->channel, 0, message, 4 * count, answer, sizeof(answer));
	if (size)
		*status = scmi_get_le32(answer + 4);
	return size;
}

/* Works for every agent of the board: the ids exist in each view, or are NOT_FOUND. */
static void *agent_thread(void *arg)
{
	struct end *end = arg;
	uint32_t status;

	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint32_t rate = n % 2 ? 100000000 : 200000000;

		command(end, WORDS(CLOCK(6), 1), &status);
		command(end, WORDS(CLOCK(7), 2, n % 2, 0), &status);
		command(end, WORDS(CLOCK(0xd), 0, 1), &status);
		if (!command(end, WORDS(CLOCK(5), 0, 1, rate, 0), &status))
			end->postponed++;
		if (command(end, WORDS(CLOCK(5), 1, 1, rate, 0), &status) && status == SUCCESS)
			end->accepted++;
		if (!command(end, WORDS(CLOCK(5), 0, 4, 1000 + n % 3 * 1000, 0), &status))
			end->postponed++;
		command(end, WORDS(BASE(9), GUEST, DISPLAY, n % 2), &status);
		command(end, WORDS(BASE(9), GUEST, SOUND, n % 3 == 0), &status);
		if (n % 64 == 0) {
			command(end, WORDS(BASE(0xb), 1, 0), &status);
			command(end, WORDS(CLOCK(9), 1, 1), &status);
			command(end, WORDS(CLOCK(0xa), 1, 1), &status);
			command(end, WORDS(BASE(8), 1), &status);
		}
		if (n % 50 == 0)
			command(end, WORDS(CLOCK(0x10), 0x10000 + n % 3 * 0x10000), &status);
		if (n % 50 == 25)
			command(end, WORDS(CLOCK(0x10), 0x30000), &status);
	}
	command(end, WORDS(CLOCK(7), 2, 0, 0), &status);
	return NULL;
}

struct ticker {
	struct scmi_platform *platform;
	pthread_mutex_t mutex;
	bool stop;
};

static void *ticking_thread(void *arg)
{
	struct ticker *ticker = arg;
	bool stop = false;

	while (!stop) {
		/* The latest deadline there can be: time stands still for those who ask. */
		scmi_platform_tick(ticker->platform, SCMI_NEVER - 1);
		scmi_platform_next_deadline(ticker->platform);
		scmi_platform_generation(ticker->platform);
		pthread_mutex_lock(&ticker->mutex);
		stop = ticker->stop;
		pthread_mutex_unlock(&ticker->mutex);
	}
	return NULL;
}

static void agents_on_threads(void **state)
{
	const struct scmi_platform_host host = {
		.alloc = plain_alloc,
		.free = plain_free,
		.now_ns = no_time,
		.lock_new = mutex_new,
		.lock_free = mutex_free,
		.lock = mutex_lock,
		.unlock = mutex_unlock,
	};
	static const uint32_t agents[] = {MANAGER, GUEST, GUEST, SHORT_LIVED};
	struct ticker ticker = {.mutex = PTHREAD_MUTEX_INITIALIZER};
	struct end ends[4];
	pthread_t thread;

	(void)state;
	memset(ends, 0, sizeof(ends));
	assert_int_equal(scmi_platform_new(&ticker.platform, &test_board, &host, NULL, 0), 0);
	for (size_t n = 0; n < 4; n++) {
		struct scmi_channel_config config = {
			.agent_id = agents[n],
			.p2a = true,
			.ops = &end_ops,
			.ctx = &ends[n],
		};

		pthread_mutex_init(&ends[n].mutex, NULL);
		assert_int_equal(scmi_channel_new(&ends[n].channel, ticker.platform, &config), 0);
	}
	assert_int_equal(pthread_create(&thread, NULL, ticking_thread, &ticker), 0);
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(pthread_create(&ends[n].thread, NULL, agent_thread, &ends[n]), 0);
	for (size_t n = 0; n < 4; n++)
		pthread_join(ends[n].thread, NULL);
	pthread_mutex_lock(&ticker.mutex);
	ticker.stop = true;
	pthread_mutex_unlock(&ticker.mutex);
	pthread_join(thread, NULL);
	scmi_platform_tick(ticker.platform, SCMI_NEVER - 1);
	assert_true(scmi_platform_next_deadline(ticker.platform) == SCMI_NEVER);
	for (size_t n = 0; n < 4; n++) {
		/* What was promised came, once. */
		assert_int_equal(ends[n].delayed, ends[n].accepted);
		assert_int_equal(ends[n].late, ends[n].postponed);
		scmi_channel_free(ends[n].channel);
		pthread_mutex_destroy(&ends[n].mutex);
	}
	scmi_platform_free(ticker.platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agents_on_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
