/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two ends of an area in two threads that look at it all the time, without a doorbell: what one
 * wrote before it gave the area over the other sees, whole, once, and in order.
 */
#include "transports/shmem/shmem.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SIZE	 128u
#define MAX	 (SIZE - 24u)
#define MESSAGES 50000u

static uint32_t area[SIZE / 4];
static enum scmi_shmem_direction direction;
static atomic_uint wrong; /* the message that was, + 1 */

/* Message number `number`: of a length of its own, and full of it. */
static uint32_t fill(uint8_t *message, uint32_t number)
{
	uint32_t size = 4 + number % (MAX - 3);

	memset(message, (int)(number % 251), MAX);
	memcpy(message, &number, 4);
	return size;
}

static bool is_number(const uint8_t *message, int size, uint32_t number)
{
	uint8_t expected[MAX];

	return size == (int)fill(expected, number) && !memcmp(message, expected, (size_t)size);
}

static void failed(uint32_t number)
{
	unsigned int none = 0;

	atomic_compare_exchange_strong(&wrong, &none, number + 1);
}

/* Now and then let the other one run, should there be no other processor for it. */
static void look_again(void)
{
	static _Thread_local unsigned int looks;

	if (!(++looks % 2048))
		sched_yield();
}

/* Every command is answered with the one behind it. */
static void *receiving(void *arg)
{
	struct scmi_shmem_receiver receiver;
	uint8_t message[MAX];

	(void)arg;
	scmi_shmem_receiver_init(&receiver, direction, area, SIZE);
	for (uint32_t i = 0; i < MESSAGES && !atomic_load(&wrong);) {
		int size = scmi_shmem_take(&receiver, message, MAX);

		if (!size) {
			look_again();
			continue;
		}
		if (!is_number(message, size, i))
			failed(i);
		if (direction == SCMI_SHMEM_A2P)
			scmi_shmem_answer(&receiver, message, fill(message, i + 1));
		else
			scmi_shmem_give(&receiver, false);
		i++;
	}
	return NULL;
}

static void exchange(enum scmi_shmem_direction which)
{
	struct scmi_shmem_sender sender;
	uint8_t message[MAX];
	pthread_t thread;
	int size;

	direction = which;
	atomic_store(&wrong, 0);
	assert_int_equal(scmi_shmem_format(area, SIZE), 0);
	assert_int_equal(scmi_shmem_sender_init(&sender, which, area, SIZE, false), 0);
	assert_int_equal(pthread_create(&thread, NULL, receiving, NULL), 0);
	for (uint32_t i = 0; i < MESSAGES && !atomic_load(&wrong); i++) {
		uint32_t length = fill(message, i);

		while (scmi_shmem_send(&sender, message, length) == -EAGAIN && !atomic_load(&wrong))
			look_again();
		if (which == SCMI_SHMEM_P2A)
			continue;
		while (!(size = scmi_shmem_fetch(&sender, message, MAX)) && !atomic_load(&wrong))
			look_again();
		if (!is_number(message, size, i + 1))
			failed(i);
	}
	pthread_join(thread, NULL);
	if (wrong)
		fail_msg("message %u is not as it was sent", wrong - 1);
	assert_int_equal(sender.sent, MESSAGES);
	assert_int_equal(sender.errors + sender.malformed, 0);
}

static void commands_and_answers(void **state)
{
	(void)state;
	exchange(SCMI_SHMEM_A2P);
}

static void notifications(void **state)
{
	(void)state;
	exchange(SCMI_SHMEM_P2A);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_answers),
		cmocka_unit_test(notifications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
