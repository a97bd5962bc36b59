/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each end of an area against bytes written by hand from the layout: what it writes, what it takes,
 * and that it touches nothing else.
 */
#include "transports/shmem/shmem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define SIZE 48u
#define MAX  (SIZE - 24u)

#define FREE	  1u
#define ERROR	  2u
#define INTERRUPT 1u

/* Of its exact size, so that a sanitizer sees what is beyond. */
static uint8_t *area, *to;
static struct scmi_shmem_sender sender;
static struct scmi_shmem_receiver receiver;

/* CLOCK_RATE_GET of clock 7, token 5, and two answers to it. */
static const uint8_t command[8] = {0x06, 0x50, 0x14, 0x00, 7, 0, 0, 0};
static const uint8_t answer[16] = {0x06, 0x50, 0x14, 0x00, 0,	 0, 0, 0,
				   0x80, 0xd1, 0xf0, 0x08, 0x01, 0, 0, 0};
static const uint8_t comms_error[8] = {0x06, 0x50, 0x14, 0x00, 0xf9, 0xff, 0xff, 0xff};
static const uint8_t protocol_error[8] = {0x06, 0x50, 0x14, 0x00, 0xf6, 0xff, 0xff, 0xff};

static void put32(uint32_t offset, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		area[offset + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(uint32_t offset)
{
	return area[offset] | (uint32_t)area[offset + 1] << 8 | (uint32_t)area[offset + 2] << 16 |
	       (uint32_t)area[offset + 3] << 24;
}

/* What the other side does by hand. */
static void lend(const void *message, uint32_t size, uint32_t flags)
{
	memcpy(area + 24, message, size);
	put32(20, size);
	put32(16, flags);
	put32(4, 0);
}

static void give_back(const void *message, uint32_t size, uint32_t status)
{
	memcpy(area + 24, message, size);
	put32(20, size);
	put32(4, status);
}

static int set_up(void **state)
{
	(void)state;
	area = malloc(SIZE);
	to = malloc(MAX);
	assert_non_null(area);
	assert_non_null(to);
	memset(to, 0xaa, MAX);
	assert_int_equal(scmi_shmem_format(area, SIZE), 0);
	assert_int_equal(scmi_shmem_sender_init(&sender, SCMI_SHMEM_A2P, area, SIZE, true), 0);
	assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_A2P, area, SIZE), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(area);
	free(to);
	return 0;
}

/* ---- layout ---------------------------------------------------------------------------------- */

static void formatted(void **state)
{
	static const uint8_t idle[SIZE] = {0, 0, 0, 0, 1};

	(void)state;
	memset(area, 0xee, SIZE);
	assert_int_equal(scmi_shmem_format(area, SIZE), 0);
	assert_memory_equal(area, idle, SIZE);
}

static void a_command(void **state)
{
	static const uint8_t expected[SIZE] = {
		0,    0,    0,	  0,			     /* reserved */
		0,    0,    0,	  0,			     /* status: neither free nor error */
		0xee, 0xee, 0xee, 0xee,			     /* the implementation's, untouched */
		0xee, 0xee, 0xee, 0xee, 1,    0,    0,	  0, /* flags: completion interrupt */
		8,    0,    0,	  0,			     /* length */
		0x06, 0x50, 0x14, 0x00,			     /* header */
		7,    0,    0,	  0,			     /* payload */
		0xee, 0xee, 0xee, 0xee,			     /* beyond it, untouched */
		0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
	};

	(void)state;
	memset(area, 0xee, SIZE);
	put32(4, FREE | ERROR | 0xf0); /* the last message's error, and reserved bits */
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_memory_equal(area, expected, SIZE);
	assert_int_equal(sender.sent, 1);
}

static void a_command_that_is_polled_for(void **state)
{
	(void)state;
	put32(16, 0xffffffff);
	assert_int_equal(scmi_shmem_sender_init(&sender, SCMI_SHMEM_A2P, area, SIZE, false), 0);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_int_equal(get32(16), 0);
}

/* The last word is written whole, and the bytes of it that do not count are 0. */
static void bytes_that_are_no_word(void **state)
{
	static const uint8_t odd[11] = {0xff, 0x03, 0x06, 0x50, 0x14, 0x00, 1, 2, 3};
	static const uint8_t expected[12] = {7, 0, 0, 0, 0x06, 0x50, 0x14, 0x00, 1, 2, 3, 0};

	(void)state;
	memset(area + 24, 0xee, MAX);
	assert_int_equal(scmi_shmem_send(&sender, odd + 2, 7), 0);
	assert_memory_equal(area + 20, expected, 12);
	assert_int_equal(get32(32), 0xeeeeeeee);

	put32(28, 0x04030201);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 7);
	assert_memory_equal(to, odd + 2, 7);
	assert_int_equal(to[7], 0xaa);
}

static void an_answer(void **state)
{
	static const uint8_t expected[SIZE] = {
		0,    0,    0,	  0,	1,    0,    0,	  0, /* status: free, no error */
		0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
		1,    0,    0,	  0,	16,   0,    0,	  0, /* flags as they were, length */
		0x06, 0x50, 0x14, 0x00, 0,    0,    0,	  0, /* header, status */
		0x80, 0xd1, 0xf0, 0x08, 1,    0,    0,	  0,
	};

	(void)state;
	memset(area + 8, 0xee, 8);
	lend(command, sizeof(command), INTERRUPT);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	assert_memory_equal(to, command, 8);
	assert_int_equal(to[8], 0xaa);
	assert_int_equal(receiver.received, 1);
	assert_false(scmi_shmem_should_ring(&receiver));
	assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), 0);
	assert_memory_equal(area, expected, SIZE);
	assert_true(scmi_shmem_should_ring(&receiver));
	assert_false(scmi_shmem_should_ring(&receiver));
}

static void who_polls_is_not_rung(void **state)
{
	(void)state;
	lend(command, sizeof(command), ~INTERRUPT);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), 0);
	assert_false(scmi_shmem_should_ring(&receiver));
}

static void a_notification(void **state)
{
	static const uint8_t notification[8] = {0x00, 0x53, 0x00, 0x00, 1, 0, 0, 0};
	static const uint8_t expected[SIZE] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0,	 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 8, 0, 0, 0, 0, 0x53, 0, 0, 1, 0, 0, 0,
	};

	(void)state;
	assert_int_equal(scmi_shmem_sender_init(&sender, SCMI_SHMEM_P2A, area, SIZE, true), 0);
	assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_P2A, area, SIZE), 0);
	assert_true(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_send(&sender, notification, 8), 0);
	assert_memory_equal(area, expected, SIZE);

	/* Until the agent has given it back there is no second one. */
	assert_false(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_send(&sender, notification, 8), -EAGAIN);
	assert_int_equal(sender.busy, 1);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	assert_int_equal(scmi_shmem_send(&sender, notification, 8), -EAGAIN);
	scmi_shmem_give(&receiver, false);
	assert_true(scmi_shmem_should_ring(&receiver));
	assert_int_equal(get32(4), FREE);
	assert_int_equal(get32(20), 8);
	assert_true(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), -EINVAL);
	assert_int_equal(scmi_shmem_send(&sender, notification, 8), 0);
	assert_int_equal(sender.errors, 0);

	/* One that the agent could make nothing of. */
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), -EINVAL);
	scmi_shmem_give(&receiver, true);
	assert_int_equal(get32(4), FREE | ERROR);
	assert_int_equal(scmi_shmem_send(&sender, notification, 8), 0);
	assert_int_equal(get32(4), 0);
	assert_int_equal(sender.errors, 1);
}

static void sizes(void **state)
{
	static const uint32_t good[] = {28, 32, 128, 65532, 65536};
	static const uint32_t bad[] = {0, 24, 27, 29, 30, 31, 65535, 65537, 65540, UINT32_MAX};
	uint8_t *large = aligned_alloc(64, 65536), *message = malloc(65512);

	(void)state;
	assert_non_null(large);
	assert_non_null(message);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint32_t max = SCMI_SHMEM_MESSAGE_MAX(good[i]);

		assert_true(scmi_shmem_size_valid(good[i]));
		assert_int_equal(SCMI_SHMEM_AREA_SIZE(max), good[i]);
		assert_int_equal(SCMI_SHMEM_AREA_SIZE(max - 3), good[i]);
		assert_int_equal(scmi_shmem_format(large, good[i]), 0);
		assert_int_equal(
			scmi_shmem_sender_init(&sender, SCMI_SHMEM_P2A, large, good[i], false), 0);
		assert_int_equal(
			scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_P2A, large, good[i]), 0);
		memset(message, (int)i, max);
		assert_int_equal(scmi_shmem_send(&sender, message, max + 1), -EMSGSIZE);
		assert_int_equal(scmi_shmem_send(&sender, message, 3), -EINVAL);
		assert_int_equal(scmi_shmem_send(&sender, message, 0), -EINVAL);
		assert_true(scmi_shmem_is_free(&sender));
		assert_int_equal(scmi_shmem_send(&sender, message, max), 0);
		assert_int_equal(scmi_shmem_take(&receiver, message, max - 1), -EINVAL);
		memset(message, 0xff, max);
		assert_int_equal(scmi_shmem_take(&receiver, message, max), max);
		for (uint32_t j = 0; j < max; j++)
			assert_int_equal(message[j], i);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(scmi_shmem_size_valid(bad[i]));
		assert_int_equal(scmi_shmem_format(large, bad[i]), -EINVAL);
		assert_int_equal(
			scmi_shmem_sender_init(&sender, SCMI_SHMEM_P2A, large, bad[i], false),
			-EINVAL);
		assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_P2A, large, bad[i]),
				 -EINVAL);
	}
	assert_int_equal(scmi_shmem_format(large + 2, 128), -EINVAL);
	assert_int_equal(scmi_shmem_format(NULL, 128), -EINVAL);
	free(large);
	free(message);
}

/* ---- the agent on A2P ------------------------------------------------------------------------ */

static void an_answer_is_fetched(void **state)
{
	(void)state;
	assert_true(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_false(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX - 1), -EINVAL);
	give_back(answer, sizeof(answer), FREE | 0x50);

	/* Back, but nobody has looked: a next command would destroy the answer. */
	assert_false(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), -EAGAIN);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 16);
	assert_memory_equal(to, answer, 16);
	assert_int_equal(to[16], 0xaa);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	assert_true(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_int_equal(sender.busy, 1);
	assert_int_equal(sender.sent, 2);
	assert_int_equal(sender.errors + sender.malformed, 0);
}

/* The time limit is over, the area is not back: nothing is sent until it is. */
static void a_late_answer(void **state)
{
	static const uint8_t next[8] = {0x06, 0x50, 0x18, 0x00, 7, 0, 0, 0};

	(void)state;
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(scmi_shmem_send(&sender, next, sizeof(next)), -EAGAIN);
	assert_int_equal(sender.busy, 3);
	assert_memory_equal(area + 24, command, 8);
	give_back(answer, sizeof(answer), FREE);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 16);
	assert_memory_equal(to, answer, 16);
	assert_int_equal(scmi_shmem_send(&sender, next, sizeof(next)), 0);
	assert_memory_equal(area + 24, next, 8);
}

/* A boot loader's last command is still with the platform. */
static void an_area_that_somebody_else_lent(void **state)
{
	(void)state;
	lend(command, sizeof(command), 0);
	assert_int_equal(scmi_shmem_sender_init(&sender, SCMI_SHMEM_A2P, area, SIZE, true), 0);
	assert_false(scmi_shmem_is_free(&sender));
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), -EAGAIN);
	give_back(answer, sizeof(answer), FREE);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	assert_int_equal(to[0], 0xaa);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
}

static void what_the_platform_could_not_carry(void **state)
{
	(void)state;
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	put32(4, ERROR); /* not given back */
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	give_back(answer, sizeof(answer), FREE | ERROR);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 8);
	assert_memory_equal(to, comms_error, 8);
	assert_int_equal(sender.errors, 1);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_int_equal(get32(4), 0);
}

static void lengths_of_answers(void **state)
{
	static const uint32_t bad[] = {0, 1, 3, MAX + 1, MAX + 4, SIZE, 0x80000000, UINT32_MAX};

	(void)state;
	for (uint32_t length = 4; length <= MAX; length++) {
		assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
		put32(20, length);
		put32(4, FREE);
		memset(to, 0xaa, MAX);
		assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), length);
		assert_memory_equal(to, area + 24, length);
		for (uint32_t i = length; i < MAX; i++)
			assert_int_equal(to[i], 0xaa);
	}
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
		put32(20, bad[i]);
		put32(4, FREE);
		assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 8);
		assert_memory_equal(to, comms_error, 8);
		assert_int_equal(sender.malformed, i + 1);
	}
	assert_int_equal(sender.errors, 0);
}

/* Any answer is handed over, whoever it is for: the agent knows its tokens. */
static void somebody_elses_answer(void **state)
{
	static const uint8_t other[8] = {0x06, 0x50, 0xfc, 0x0f, 1, 2, 3, 4};

	(void)state;
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	give_back(other, sizeof(other), FREE);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 8);
	assert_memory_equal(to, other, 8);
}

static void a_platform_that_is_gone(void **state)
{
	(void)state;
	memset(area + 8, 0xee, 8);
	put32(0, 0xeeeeeeee);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	put32(4, ERROR);
	scmi_shmem_reset(&sender);
	assert_int_equal(get32(0), 0);
	assert_int_equal(get32(4), FREE);
	assert_int_equal(get32(8), 0xeeeeeeee);
	assert_int_equal(get32(12), 0xeeeeeeee);
	assert_int_equal(get32(16), 0);
	assert_int_equal(get32(20), 0);
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 0);
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
}

/* ---- the platform on A2P --------------------------------------------------------------------- */

/* Between take() and the answer the agent may do to the area what it likes. */
static void a_taken_command_is_private(void **state)
{
	(void)state;
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 0);
	lend(command, sizeof(command), INTERRUPT);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	memset(area, 0, SIZE);
	put32(20, 8);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 0);
	assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), 0);
	assert_memory_equal(area + 24, answer, sizeof(answer));
	assert_true(scmi_shmem_should_ring(&receiver));
	assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), -EINVAL);
	scmi_shmem_give(&receiver, true);
	assert_int_equal(get32(4), FREE);
	assert_false(scmi_shmem_should_ring(&receiver));
}

static void answers_that_do_not_fit(void **state)
{
	uint8_t long_answer[MAX + 1] = {0};

	(void)state;
	lend(command, sizeof(command), 0);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	assert_int_equal(scmi_shmem_answer(&receiver, long_answer, MAX + 1), -EMSGSIZE);
	assert_int_equal(scmi_shmem_answer(&receiver, long_answer, 3), -EINVAL);
	assert_int_equal(get32(4), 0);
	assert_int_equal(scmi_shmem_answer(&receiver, long_answer, MAX), 0);
}

static void lengths_of_commands(void **state)
{
	static const uint32_t longer[] = {MAX + 1, SIZE, 0x80000000, UINT32_MAX};

	(void)state;
	for (uint32_t length = 4; length <= MAX; length++) {
		lend(command, sizeof(command), 0);
		put32(20, length);
		assert_int_equal(scmi_shmem_take(&receiver, to, MAX), length);
		assert_int_equal(scmi_shmem_answer(&receiver, answer, sizeof(answer)), 0);
	}
	assert_int_equal(receiver.malformed, 0);
	for (uint32_t length = 0; length < 4; length++) {
		lend(command, sizeof(command), INTERRUPT);
		put32(20, length);
		assert_int_equal(scmi_shmem_take(&receiver, to, MAX), -EPROTO);
		assert_int_equal(get32(4), FREE | ERROR);
		assert_true(scmi_shmem_should_ring(&receiver));
	}
	assert_int_equal(receiver.malformed, 4);
	for (uint32_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		lend(command, sizeof(command), INTERRUPT);
		put32(20, longer[i]);
		assert_int_equal(scmi_shmem_take(&receiver, to, MAX), -EPROTO);
		assert_int_equal(get32(4), FREE);
		assert_int_equal(get32(20), 8);
		assert_memory_equal(area + 24, protocol_error, 8);
		assert_true(scmi_shmem_should_ring(&receiver));
	}
	assert_int_equal(receiver.malformed, 8);
	lend(command, sizeof(command), 0);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
}

/* A notification gets no answer, and an area of one word has no room for one. */
static void longer_than_an_area_without_answers(void **state)
{
	uint8_t four[4];

	(void)state;
	assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_P2A, area, SIZE), 0);
	lend(command, sizeof(command), 0);
	put32(20, MAX + 1);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), -EPROTO);
	assert_int_equal(get32(4), FREE | ERROR);
	assert_memory_equal(area + 24, command, 8);

	assert_int_equal(scmi_shmem_receiver_init(&receiver, SCMI_SHMEM_A2P, area, 28), 0);
	lend(command, sizeof(command), 0);
	assert_int_equal(scmi_shmem_take(&receiver, four, 4), -EPROTO);
	assert_int_equal(get32(4), FREE | ERROR);
	assert_int_equal(get32(28), 7);
}

static void an_error_at_the_start(void **state)
{
	(void)state;
	lend(command, sizeof(command), 0);
	put32(4, ERROR);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), -EPROTO);
	assert_int_equal(get32(4), FREE | ERROR);
	assert_int_equal(receiver.errors, 1);
	assert_false(scmi_shmem_should_ring(&receiver));
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 0);
	/* Reserved bits are nobody's. */
	lend(command, sizeof(command), 0);
	put32(4, 0xfffffffc);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
}

static void a_command_without_an_answer(void **state)
{
	(void)state;
	assert_int_equal(scmi_shmem_send(&sender, command, sizeof(command)), 0);
	assert_int_equal(scmi_shmem_take(&receiver, to, MAX), 8);
	scmi_shmem_give(&receiver, true);
	assert_true(scmi_shmem_should_ring(&receiver));
	assert_int_equal(scmi_shmem_fetch(&sender, to, MAX), 8);
	assert_memory_equal(to, comms_error, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(formatted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_that_is_polled_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_word, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_polls_is_not_rung, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notification, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sizes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_is_fetched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_late_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_area_that_somebody_else_lent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_platform_could_not_carry, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lengths_of_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(somebody_elses_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_platform_that_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_taken_command_is_private, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_that_do_not_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lengths_of_commands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(longer_than_an_area_without_answers, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_error_at_the_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_without_an_answer, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
