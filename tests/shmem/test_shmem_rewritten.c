/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Agent and platform in two threads, over memory that a third thread rewrites: before every single
 * read of either end it is let loose on the area, and the read goes on when it has written. What is
 * accepted lies within bounds all the same, nothing else of either end is touched, and once it is
 * quiet the next message works.
 *
 * The sources are compiled with a hook before every read.
 */
#include "transports/shmem/shmem.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SIZE	 60u
#define MAX	 (SIZE - 24u)
#define MESSAGES 1000u

/* The same from one run to the next, but for who comes first. */
struct dice {
	uint32_t state;
};

static uint32_t roll(struct dice *dice)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 17;
	dice->state ^= dice->state << 5;
	return dice->state;
}

/* ---- the third thread ------------------------------------------------------------------------ */

static volatile uint8_t *area; /* of both ends */
static atomic_bool loose;
static unsigned int reads[SIZE / 4]; /* of each word, by one end alone */
static atomic_uint rewritten;
static pthread_mutex_t one_reader = PTHREAD_MUTEX_INITIALIZER;
static sem_t asked, done;
static _Atomic(const volatile void *) read_next;

static void rewrite_word(struct dice *dice, uint32_t offset)
{
	static const uint32_t values[] = {0,   1,	2,    3,       4,	   7,	      8,
					  MAX, MAX + 1, SIZE, 0x10000, 0x7fffffff, UINT32_MAX};
	uint32_t value = roll(dice);

	if (value & 0x300)
		value = values[value % (sizeof(values) / sizeof(values[0]))];
	__atomic_store_n((volatile uint32_t *)(volatile void *)(area + offset), value,
			 __ATOMIC_RELAXED);
	atomic_fetch_add(&rewritten, 1);
}

static void *rewriter(void *arg)
{
	struct dice dice = {0x2545f491};

	(void)arg;
	for (;;) {
		const volatile void *from;

		sem_wait(&asked);
		from = atomic_load(&read_next);
		if (!from)
			return NULL;
		switch (roll(&dice) & 7) {
		case 0: /* the word that is read now */
			rewrite_word(&dice, (uint32_t)((const volatile uint8_t *)from - area));
			break;
		case 1:
		case 2:
		case 3: /* the length */
			rewrite_word(&dice, 20);
			break;
		case 4: /* the status */
			rewrite_word(&dice, 4);
			break;
		case 5:
			rewrite_word(&dice, roll(&dice) % (SIZE / 4) * 4);
			break;
		}
		sem_post(&done);
	}
}

void SCMI_SHMEM_BEFORE_READ(const volatile void *from);

void SCMI_SHMEM_BEFORE_READ(const volatile void *from)
{
	if (!atomic_load(&loose)) {
		reads[((const volatile uint8_t *)from - area) / 4]++;
		return;
	}
	pthread_mutex_lock(&one_reader);
	atomic_store(&read_next, from);
	sem_post(&asked);
	sem_wait(&done);
	pthread_mutex_unlock(&one_reader);
}

/* ---- the two ends ---------------------------------------------------------------------------- */

/* Private memory of exactly the size that the longest message needs. */
static uint8_t *room_new(void)
{
	uint8_t *room = malloc(MAX);

	assert_non_null(room);
	return room;
}

/* Beyond what was said to be the message nothing was written. */
static bool room_kept(const uint8_t *room, int size)
{
	for (int i = size > 0 ? size : 0; i < (int)MAX; i++)
		if (room[i] != 0xa5)
			return false;
	return true;
}

/* Threads do not assert: what went wrong is told when they are back. */
static atomic_int wrong;
static atomic_uint commands, answers, refused, made, notifications, unfree;
static atomic_bool agent_done;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			atomic_store(&wrong, 1);                                                   \
		}                                                                                  \
	} while (0)

struct ends {
	struct scmi_shmem_sender sender;
	struct scmi_shmem_receiver receiver;
	enum scmi_shmem_direction direction;
	uint8_t *fetched, *taken;
};

/* One look for a message, and an answer to it: some of full length, some late, some none. */
static int receive_one(struct ends *ends, struct dice *dice)
{
	uint8_t answer[MAX];
	int size;

	memset(ends->taken, 0xa5, MAX);
	size = scmi_shmem_take(&ends->receiver, ends->taken, MAX);
	EXPECT(room_kept(ends->taken, size));
	EXPECT(size == 0 || size == -EPROTO || (size >= 4 && size <= (int)MAX));
	EXPECT(ends->receiver.taken == (size > 0));
	if (size == -EPROTO)
		atomic_fetch_add(&refused, 1);
	if (size <= 0 || atomic_load(&wrong))
		return size;
	if (ends->direction == SCMI_SHMEM_P2A) {
		atomic_fetch_add(&notifications, 1);
		scmi_shmem_give(&ends->receiver, false);
		return size;
	}
	atomic_fetch_add(&commands, 1);
	EXPECT(scmi_shmem_take(&ends->receiver, ends->taken, MAX) == 0);
	if (roll(dice) % 16 == 0) {
		scmi_shmem_give(&ends->receiver, true);
		return size;
	}
	memset(answer, 0x5a, sizeof(answer));
	memcpy(answer, ends->taken, (size_t)size);
	EXPECT(scmi_shmem_answer(&ends->receiver, answer,
				 roll(dice) % 2 ? (size_t)size : sizeof(answer)) == 0);
	(void)scmi_shmem_should_ring(&ends->receiver);
	return size;
}

static int fetch_one(struct ends *ends)
{
	int size;

	memset(ends->fetched, 0xa5, MAX);
	size = scmi_shmem_fetch(&ends->sender, ends->fetched, MAX);
	EXPECT(room_kept(ends->fetched, size));
	EXPECT(size == 0 || (size >= 4 && size <= (int)MAX));
	return size;
}

static void *receiving_thread(void *arg)
{
	struct ends *ends = arg;
	struct dice dice = {0x9e3779b9};

	while (!atomic_load(&agent_done))
		(void)receive_one(ends, &dice);
	return NULL;
}

static void *sending_thread(void *arg)
{
	struct ends *ends = arg;
	struct dice dice = {0xdeadbeef};
	uint8_t message[MAX];

	while (atomic_load(&notifications) + atomic_load(&commands) < MESSAGES &&
	       !atomic_load(&wrong)) {
		uint32_t size = 4 + roll(&dice) % (MAX - 3);
		int sent;

		memset(message, (int)size, size);
		sent = scmi_shmem_send(&ends->sender, message, size);
		EXPECT(sent == 0 || sent == -EAGAIN);
		if (sent == -EAGAIN)
			atomic_fetch_add(&unfree, 1);
		if (ends->direction == SCMI_SHMEM_A2P && fetch_one(ends) > 0)
			atomic_fetch_add(&answers, 1);
	}
	atomic_store(&made, ends->sender.errors + ends->sender.malformed);
	return NULL;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* Quiet: whatever lies in the area, what is done by both ends in their turn, and then a message. */
static void next_message_works(struct ends *ends)
{
	static const uint8_t command[11] = {0x06, 0x50, 0x14, 0x00, 7, 6, 5, 4, 3, 2, 1};
	static const uint8_t answer[9] = {0x06, 0x50, 0x14, 0x00, 0, 0, 0, 0, 9};
	uint8_t nothing[MAX];
	int size;

	/* At most what was out, and what the rewriter made up behind it. */
	for (int i = 0; i < 2; i++) {
		size = scmi_shmem_take(&ends->receiver, ends->taken, MAX);
		if (size > 0 && ends->direction == SCMI_SHMEM_A2P)
			assert_int_equal(scmi_shmem_answer(&ends->receiver, answer, 9), 0);
		else if (size > 0)
			scmi_shmem_give(&ends->receiver, false);
		if (ends->direction == SCMI_SHMEM_A2P)
			(void)scmi_shmem_fetch(&ends->sender, nothing, sizeof(nothing));
	}
	memset(ends->taken, 0xa5, MAX);
	assert_int_equal(scmi_shmem_send(&ends->sender, command, sizeof(command)), 0);
	assert_int_equal(scmi_shmem_take(&ends->receiver, ends->taken, MAX), 11);
	assert_memory_equal(ends->taken, command, 11);
	if (ends->direction == SCMI_SHMEM_P2A) {
		scmi_shmem_give(&ends->receiver, false);
		assert_true(scmi_shmem_should_ring(&ends->receiver));
		assert_true(scmi_shmem_is_free(&ends->sender));
		return;
	}
	assert_int_equal(scmi_shmem_answer(&ends->receiver, answer, sizeof(answer)), 0);
	assert_true(scmi_shmem_should_ring(&ends->receiver));
	memset(ends->fetched, 0xa5, MAX);
	assert_int_equal(fetch_one(ends), 9);
	assert_memory_equal(ends->fetched, answer, 9);
}

static void rewritten_while_it_is_read(enum scmi_shmem_direction direction)
{
	struct ends ends = {.direction = direction};
	pthread_t sending, receiving, third;

	area = malloc(SIZE);
	assert_non_null(area);
	ends.fetched = room_new();
	ends.taken = room_new();
	assert_int_equal(scmi_shmem_format(area, SIZE), 0);
	assert_int_equal(scmi_shmem_sender_init(&ends.sender, direction, area, SIZE, true), 0);
	assert_int_equal(scmi_shmem_receiver_init(&ends.receiver, direction, area, SIZE), 0);
	atomic_store(&commands, 0);
	atomic_store(&answers, 0);
	atomic_store(&refused, 0);
	atomic_store(&notifications, 0);
	atomic_store(&unfree, 0);
	atomic_store(&rewritten, 0);
	atomic_store(&agent_done, false);
	assert_int_equal(sem_init(&asked, 0, 0), 0);
	assert_int_equal(sem_init(&done, 0, 0), 0);
	atomic_store(&loose, true);
	assert_int_equal(pthread_create(&third, NULL, rewriter, NULL), 0);
	assert_int_equal(pthread_create(&receiving, NULL, receiving_thread, &ends), 0);
	assert_int_equal(pthread_create(&sending, NULL, sending_thread, &ends), 0);
	pthread_join(sending, NULL);
	atomic_store(&agent_done, true);
	pthread_join(receiving, NULL);
	atomic_store(&loose, false);
	atomic_store(&read_next, NULL);
	sem_post(&asked);
	pthread_join(third, NULL);

	print_message("%u words rewritten: %u commands, %u answers (%u of them made here), %u "
		      "notifications, "
		      "%u refused, %u times not free\n",
		      rewritten, commands, answers, made, notifications, refused, unfree);
	assert_int_equal(wrong, 0);
	assert_true(refused > 0 && rewritten > MESSAGES);
	assert_true(direction == SCMI_SHMEM_P2A || (answers > made && made > 0));
	next_message_works(&ends);
	sem_destroy(&asked);
	sem_destroy(&done);
	free(ends.fetched);
	free(ends.taken);
	free((void *)(uintptr_t)area);
}

static void expect_reads(const char *expected)
{
	for (uint32_t i = 0; i < SIZE / 4; i++)
		assert_int_equal(reads[i], expected[i] - '0');
	memset(reads, 0, sizeof(reads));
}

/* Word by word: reserved, status, two of the implementation, flags, length, and nine of message. */
static void every_word_is_read_once(void **state)
{
	static const uint8_t command[11] = {0x06, 0x50, 0x14, 0x00, 7, 6, 5, 4, 3, 2, 1};
	struct scmi_shmem_receiver receiver;
	struct scmi_shmem_sender sender;
	uint8_t to[MAX];

	(void)state;
	area = malloc(SIZE);
	assert_non_null(area);
	assert_int_equal(scmi_shmem_format(area, SIZE), 0);
	assert_int_equal(scmi_shmem_sender_init(&sender, SCMI_SHMEM_A2P, area, SIZE, true), 0);
	assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_A2P, area, SIZE), 0);
	memset(reads, 0, sizeof(reads));
	assert_int_equal(scmi_shmem_send(&sender, command, 11), 0);
	expect_reads("010000000000000");
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	expect_reads("010000000000000");
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 11);
	expect_reads("010011111000000");
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 0);
	assert_int_equal(scmi_shmem_answer(&receiver, to, MAX), 0);
	expect_reads("000000000000000");
	assert_int_equal(scmi_shmem_send(&sender, command, 11), -EAGAIN);
	expect_reads("000000000000000");
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), MAX);
	expect_reads("010001111111111");
	free((void *)(uintptr_t)area);
}

static void rewritten_a2p(void **state)
{
	(void)state;
	rewritten_while_it_is_read(SCMI_SHMEM_A2P);
}

static void rewritten_p2a(void **state)
{
	(void)state;
	rewritten_while_it_is_read(SCMI_SHMEM_P2A);
}

/* An argument chooses tests. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_read_once),
		cmocka_unit_test(rewritten_a2p),
		cmocka_unit_test(rewritten_p2a),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
