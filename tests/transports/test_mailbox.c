/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent's end of a mailbox: what it is handed out, right and wrong, and what it makes of it. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "played_mailbox.h"

#define STATUS	   4
#define FLAGS	   16
#define BASE_TOKEN(token)  ((token) << 18 | 0x10 << 10)
#define CLOCK_TOKEN(token) ((token) << 18 | 0x14 << 10)
#define NS_PER_MS 1000000u

static const struct scmi_transport_agent_ops *ops;

/* Commands for all and for clocks, and events, whose doorbell back there is not. */
static const struct mailbox_record three[] = {
	{.completion = true, .size = 128},
	{.p2a = true, .size = 128},
	{.protocol_id = 0x14, .completion = true, .size = 256},
};

static const struct mailbox_record polled[] = {{.size = 128}};

static volatile uint32_t *word(struct played *played, uint32_t channel, uint32_t offset)
{
	return (volatile uint32_t *)(played->memory + played->handout.records[channel].offset +
				     offset);
}

static int send_word(struct played *played, uint32_t header)
{
	return ops->send(played->device, &header, sizeof(header));
}

/* As the platform: the area back, with an answer of one status. */
static void answer(struct played *played, uint32_t channel, bool ring)
{
	*word(played, channel, 28) = 0;
	*word(played, channel, 20) = 8;
	*word(played, channel, STATUS) = 1;
	if (ring)
		eventfd_write(played_returned(played, channel), 1);
}

/* ---- the hand-out ----------------------------------------------------------------------------- */

static void bytes(void **state)
{
	static const uint8_t expected[] = {
		0x53, 0x43, 0x4d, 0x42, 1, 0, 0, 0, 0,	  0, 0, 0, 0x80, 1, 0, 0,
		2,    0,    0,	  0,	0, 0, 0, 0, 0,	  0, 0, 0, 2,	 0, 0, 0,
		0,    0,    0,	  0,	0x80, 0, 0, 0, 0x14, 0, 0, 0, 3, 0, 0, 0,
		0x80, 0,    0,	  0,	0, 1, 0, 0,
	};
	const struct mailbox_handout handout = {
		.memory_size = 384,
		.count = 2,
		.records = {{.completion = true, .size = 128},
			    {.protocol_id = 0x14,
			     .p2a = true,
			     .completion = true,
			     .offset = 128,
			     .size = 256}},
	};
	struct mailbox_handout read;
	uint8_t written[MAILBOX_HANDOUT_MAX];
	const char *wrong;

	(void)state;
	assert_int_equal(mailbox_handout_write(&handout, written), sizeof(expected));
	assert_memory_equal(written, expected, sizeof(expected));
	assert_int_equal(mailbox_handout_read(&read, expected, sizeof(expected), &wrong), 0);
	assert_memory_equal(&read.records, &handout.records, 2 * sizeof(handout.records[0]));
	assert_int_equal(read.memory_size, 384);
	assert_int_equal(mailbox_handout_fds(&read), 5);
}

/* One word of a right hand-out of `three` is wrong. */
static void wrong_words(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		const char *said;
	} cases[] = {
		{0, 0x424d4354, "no hand-out"},
		{4, 2, "another version"},
		{8, 4, "size is not what it says"},
		{8, 1, "a refusal has channels"},
		{12, 511, "outside the memory"},
		{16, 2, "size is not what it says"},
		{16, 0xffffffff, "size is not what it says"},
		{24, 0x0f, "a protocol that cannot be"},
		{24, 0x10, "no channel for commands"},
		{24, 0x14, "two channels are for the same"},
		{24, 0x100, "a protocol that cannot be"},
		{32, 2, "an offset that cannot be"},
		{32, 512, "outside the memory"},
		{32, 0xfffffffc, "outside the memory"},
		{32, 4, "overlap"},
		{36, 24, "a size"},
		{36, 30, "a size"},
		{36, 132, "overlap"},
		{36, 0x10000, "outside the memory"},
		{36, 0x10004, "a size"},
		{36, 0xfffffffc, "a size"},
		{44, 0, "two channels are for the same"},
	};
	struct mailbox_handout read;
	struct played played;
	const char *wrong;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		played_make(&played, three, 3);
		memcpy(played.bytes + cases[i].offset, &cases[i].value, 4);
		if (mailbox_handout_read(&read, played.bytes, played.size, &wrong) != -EPROTO ||
		    !strstr(wrong, cases[i].said))
			fail_msg("case %zu: %s", i, wrong);
		assert_int_equal(played_open(&played, NULL), -EPROTO);
		assert_non_null(strstr(played.why, cases[i].said));
		played_end(&played);
	}
}

static void wrong_sizes(void **state)
{
	struct played played;

	(void)state;
	for (size_t size = 1; size <= MAILBOX_HANDOUT_MAX; size += 7) {
		played_make(&played, three, 3);
		played.size = size;
		assert_int_equal(played_open(&played, NULL), -EPROTO);
		played_end(&played);
	}
	/* Nothing at all. */
	played_make(&played, three, 3);
	played.silent = true;
	assert_int_equal(played_open(&played, &(struct scmi_transport_settings){
						      .response_timeout_ms = 20}),
			 -ETIMEDOUT);
	played_end(&played);
}

static unsigned open_files(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 512; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Descriptors that are missing, too many, or something else; none of them stays open. */
static void wrong_descriptors(void **state)
{
	static const char *const said[] = {
		"without its descriptors, or with more",
		"without its descriptors, or with more",
		"without its descriptors, or with more",
		"is no memfd",
		"is not sealed against shrinking",
		"is smaller than the hand-out says",
		"is sealed against writing",
		"a doorbell is no eventfd",
		"a doorbell is no eventfd",
		"is no memfd",
	};
	unsigned before = open_files();
	struct played played;
	char path[256];
	int pipes[2];

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		played_make(&played, three, 3);
		snprintf(path, sizeof(path), "%s", temporary_path("file"));
		switch (i) {
		case 0:
			close(played.fds[--played.fd_count]);
			break;
		case 1:
			played.fds[played.fd_count++] = eventfd(0, 0);
			break;
		case 2:
			while (played.fd_count)
				close(played.fds[--played.fd_count]);
			break;
		case 3:
			close(played.fds[0]);
			played.fds[0] = open(path, O_RDWR | O_CREAT, 0600);
			assert_int_equal(ftruncate(played.fds[0], 4096), 0);
			unlink(path);
			break;
		case 4:
		case 5:
		case 6:
			close(played.fds[0]);
			played.fds[0] = memfd_create("other", MFD_ALLOW_SEALING);
			assert_int_equal(ftruncate(played.fds[0], i == 5 ? 511 : 4096), 0);
			assert_int_equal(fcntl(played.fds[0], F_ADD_SEALS,
					       i == 4 ? F_SEAL_GROW : F_SEAL_SHRINK),
					 0);
			if (i == 6)
				fcntl(played.fds[0], F_ADD_SEALS, F_SEAL_WRITE);
			break;
		case 7:
		case 8:
			assert_int_equal(pipe(pipes), 0);
			close(pipes[0]);
			close(played.fds[i == 7 ? 1 : played.fd_count - 1]);
			played.fds[i == 7 ? 1 : played.fd_count - 1] = pipes[1];
			break;
		default:
			close(played.fds[0]);
			played.fds[0] = eventfd(0, 0);
		}
		if (played_open(&played, NULL) != -EPROTO || !strstr(played.why, said[i]))
			fail_msg("case %zu: %s", i, played.why);
		played_end(&played);
	}
	assert_int_equal(open_files(), before);
}

/* The longest hand-out, and one descriptor or one byte more. */
static void as_many_as_there_may_be(void **state)
{
	struct mailbox_record records[MAILBOX_CHANNELS_MAX];
	unsigned before = open_files();
	struct played played;

	(void)state;
	for (uint32_t i = 0; i < MAILBOX_CHANNELS_MAX; i++)
		records[i] = (struct mailbox_record){
			.protocol_id = 0x80 + i, .completion = true, .size = 28};
	records[MAILBOX_CHANNELS_MAX - 1].protocol_id = 0;
	for (int more = 0; more < 3; more++) {
		played_make(&played, records, MAILBOX_CHANNELS_MAX);
		assert_int_equal(played.size, MAILBOX_HANDOUT_MAX);
		assert_int_equal(played.fd_count, MAILBOX_FDS_MAX);
		if (more == 1)
			played.fds[played.fd_count++] = eventfd(0, EFD_CLOEXEC);
		if (more == 2)
			played.size++;
		assert_int_equal(played_open(&played, NULL), more ? -EPROTO : 0);
		if (!more) {
			assert_int_equal(played.limits.messages_max, MAILBOX_CHANNELS_MAX);
			assert_int_equal(send_word(&played, BASE_TOKEN(1)), 0);
			assert_int_equal(*word(&played, MAILBOX_CHANNELS_MAX - 1, 24),
					 BASE_TOKEN(1));
		}
		played_end(&played);
	}
	assert_int_equal(open_files(), before);
}

static void refusals(void **state)
{
	static const int errors[] = {[MAILBOX_IN_USE] = -EBUSY,
				     [MAILBOX_NOT_ALLOWED] = -EACCES,
				     [MAILBOX_NO_ROOM] = -EAGAIN};
	struct played played;

	(void)state;
	for (uint32_t i = MAILBOX_IN_USE; i < MAILBOX_REFUSALS; i++) {
		played_make(&played, three, 3);
		while (played.fd_count)
			close(played.fds[--played.fd_count]);
		memset(played.bytes + 8, 0, 16);
		played.bytes[8] = (uint8_t)i;
		played.size = 24;
		assert_int_equal(played_open(&played, NULL), errors[i]);
		played_end(&played);
	}
}

/* ---- channels -------------------------------------------------------------------------------- */

static void own_channels(void **state)
{
	struct played played;

	(void)state;
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, NULL), 0);
	assert_int_equal(played.limits.messages_max, 2);
	assert_int_equal(played.limits.message_size_max, 104);
	assert_true(played.limits.p2a);

	assert_int_equal(send_word(&played, CLOCK_TOKEN(1)), 0);
	assert_int_equal(*word(&played, 2, 24), CLOCK_TOKEN(1));
	assert_int_equal(*word(&played, 2, STATUS), 0);
	assert_int_equal(*word(&played, 2, FLAGS), 1);
	assert_int_equal(played_rung(played_filled(&played, 2)), 1);
	assert_int_equal(played_rung(played_filled(&played, 0)), 0);
	assert_int_equal(send_word(&played, CLOCK_TOKEN(2)), -EAGAIN);
	assert_int_equal(send_word(&played, BASE_TOKEN(3)), 0);
	/* What has no channel of its own goes with the base protocol. */
	assert_int_equal(send_word(&played, 4 << 18 | 0x94 << 10), -EAGAIN);
	assert_int_equal(*word(&played, 0, 24), BASE_TOKEN(3));
	assert_int_equal(played_rung(played_filled(&played, 0)), 1);

	answer(&played, 2, true);
	assert_int_equal(ops->wait(played.device, SCMI_NEVER), 0);
	assert_int_equal(played.told.received, 1);
	assert_memory_equal(played.told.message, &(uint32_t){CLOCK_TOKEN(1)}, 4);
	assert_int_equal(send_word(&played, CLOCK_TOKEN(2)), 0);
	played_end(&played);
}

/* Whoever has given up waiting: the area stays lent, and the late answer is handed over. */
static void lent_stays_lent(void **state)
{
	struct played played;

	(void)state;
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, NULL), 0);
	assert_int_equal(send_word(&played, BASE_TOKEN(1)), 0);
	assert_int_equal(ops->wait(played.device, 2 * NS_PER_MS), -ETIMEDOUT);
	assert_int_equal(send_word(&played, BASE_TOKEN(2)), -EAGAIN);
	assert_int_equal(*word(&played, 0, 24), BASE_TOKEN(1));
	/* Rung for nothing. */
	eventfd_write(played_returned(&played, 0), 5);
	assert_int_equal(ops->dispatch(played.device), 0);
	assert_int_equal(send_word(&played, BASE_TOKEN(2)), -EAGAIN);
	assert_int_equal(played.told.received, 0);

	answer(&played, 0, true);
	assert_int_equal(ops->dispatch(played.device), 0);
	assert_int_equal(played.told.received, 1);
	assert_memory_equal(played.told.message, &(uint32_t){BASE_TOKEN(1)}, 4);
	assert_int_equal(send_word(&played, BASE_TOKEN(2)), 0);
	played_end(&played);
}

static void events(void **state)
{
	static const uint32_t message[] = {3 << 8 | 0x14 << 10, 7};
	struct played played;
	struct pollfd readable = {.events = POLLIN};

	(void)state;
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, NULL), 0);
	readable.fd = ops->fd(played.device);
	for (unsigned i = 1; i <= 3; i++) {
		*word(&played, 1, 24) = message[0];
		*word(&played, 1, 28) = message[1];
		*word(&played, 1, 20) = 8;
		*word(&played, 1, FLAGS) = i & 1; /* it may ask; there is no doorbell for it */
		*word(&played, 1, STATUS) = 0;
		/* Not before it is rung for. */
		assert_int_equal(poll(&readable, 1, 0), 0);
		assert_int_equal(ops->dispatch(played.device), 0);
		assert_int_equal(played.told.received, i - 1);
		eventfd_write(played_filled(&played, 1), 1);
		assert_int_equal(poll(&readable, 1, 0), 1);
		assert_int_equal(ops->dispatch(played.device), 0);
		assert_int_equal(played.told.received, i);
		assert_int_equal(played.told.size, 8);
		assert_memory_equal(played.told.message, message, 8);
		assert_int_equal(*word(&played, 1, STATUS), 1);
		assert_int_equal(poll(&readable, 1, 0), 0);
	}
	/* Lengths that cannot be cost that message. */
	*word(&played, 1, 20) = 105;
	*word(&played, 1, STATUS) = 0;
	eventfd_write(played_filled(&played, 1), 1);
	assert_int_equal(ops->dispatch(played.device), 0);
	assert_int_equal(played.told.received, 3);
	assert_int_equal(*word(&played, 1, STATUS) & 1, 1);
	played_end(&played);
}

/* Nobody rings when an answer is there: waiting finds it, and the descriptor tells when to look. */
static void without_completion(void **state)
{
	static const struct scmi_transport_settings settings[] = {
		{0},
		{.polling_us = SCMI_POLLING_NONE},
		{.no_completion_irq = 1},
	};
	struct played played;
	struct pollfd readable = {.events = POLLIN};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		/* Where it could be rung for, the agent does not want it. */
		played_make(&played, i == 2 ? three : polled, i == 2 ? 3 : 1);
		assert_int_equal(played_open(&played, &settings[i]), 0);
		assert_int_equal(played.limits.p2a, i == 2);
		assert_int_equal(send_word(&played, BASE_TOKEN(1)), 0);
		assert_int_equal(*word(&played, 0, FLAGS), 0);
		assert_int_equal(ops->wait(played.device, 5 * NS_PER_MS), -ETIMEDOUT);
		assert_int_equal(ops->wait(played.device, 0), -ETIMEDOUT);
		answer(&played, 0, false);
		/* What looks without waiting leaves a timer behind that has nothing to say. */
		assert_int_equal(i == 1 ? ops->dispatch(played.device)
					: ops->wait(played.device, SCMI_NEVER),
				 0);
		assert_int_equal(played.told.received, 1);

		/* The same by the descriptor; it is quiet while there is nothing to wait for. */
		readable.fd = ops->fd(played.device);
		assert_int_equal(poll(&readable, 1, 5), 0);
		assert_int_equal(send_word(&played, BASE_TOKEN(2)), 0);
		answer(&played, 0, false);
		while (played.told.received < 2) {
			assert_int_equal(poll(&readable, 1, -1), 1);
			assert_int_equal(ops->dispatch(played.device), 0);
		}
		assert_int_equal(poll(&readable, 1, 5), 0);
		played_end(&played);
	}
}

/* A doorbell that is lost costs time, not the channel. */
static void lost_doorbell(void **state)
{
	struct played played;

	(void)state;
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, NULL), 0);
	for (unsigned i = 1; i <= 4; i++) {
		if (i == 3)
			ops->fd(played.device);
		assert_int_equal(send_word(&played, BASE_TOKEN(i)), 0);
		answer(&played, 0, false);
		if (i % 2)
			ops->wait(played.device, NS_PER_MS);
		else
			ops->dispatch(played.device);
		assert_int_equal(played.told.received, i);
	}
	played_end(&played);
}

/* A counter that is full, and a descriptor that waits until it is not. */
static void full_doorbell(void **state)
{
	struct played played;
	int fd;

	(void)state;
	played_make(&played, three, 3);
	fd = played_filled(&played, 0);
	assert_int_equal(played_open(&played, NULL), 0);
	assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
	assert_int_equal(eventfd_write(fd, 0xfffffffffffffffe), 0);
	assert_int_equal(send_word(&played, BASE_TOKEN(1)), 0);
	assert_int_equal(*word(&played, 0, STATUS), 0);
	played_end(&played);
}

/* What was answered before the end is handed over before the end is told. */
static void end(void **state)
{
	static const struct scmi_transport_settings asleep = {.polling_us = SCMI_POLLING_NONE};
	struct played played;

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		played_make(&played, three, 3);
		assert_int_equal(played_open(&played, &asleep), 0);
		if (speaks)
			ops->fd(played.device);
		assert_int_equal(send_word(&played, BASE_TOKEN(1)), 0);
		assert_int_equal(send_word(&played, CLOCK_TOKEN(2)), 0);
		answer(&played, 0, false);
		if (speaks)
			assert_int_equal(write(played.connection, "x", 1), 1);
		close(played.connection);
		played.connection = -1;
		while (!ops->wait(played.device, SCMI_NEVER))
			;
		assert_int_equal(played.told.received, 1);
		assert_int_equal(played.told.closed, 1);
		assert_int_equal(played.told.error, speaks ? -EPROTO : -ENODEV);
		assert_int_equal(send_word(&played, BASE_TOKEN(3)), -ENODEV);
		assert_int_equal(ops->dispatch(played.device), -ENODEV);
		assert_int_equal(played.told.closed, 1);
		played_end(&played);
	}
}

static void settings_within_limits(void **state)
{
	static const struct scmi_transport_settings more = {.messages_max = 9,
							    .message_size_max = 4096};
	static const struct scmi_transport_settings less = {.messages_max = 1,
							    .message_size_max = 40};
	const uint8_t message[44] = {0};
	struct played played;

	(void)state;
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, &more), 0);
	assert_int_equal(played.limits.messages_max, 2);
	assert_int_equal(played.limits.message_size_max, 104);
	played_end(&played);
	played_make(&played, three, 3);
	assert_int_equal(played_open(&played, &less), 0);
	assert_int_equal(played.limits.messages_max, 1);
	assert_int_equal(played.limits.message_size_max, 40);
	assert_int_equal(ops->send(played.device, message, 41), -EMSGSIZE);
	assert_int_equal(ops->send(played.device, message, 3), -EMSGSIZE);
	assert_int_equal(ops->send(played.device, message, 40), 0);
	played_end(&played);
}

static int clean_up(void **state)
{
	(void)state;
	temporary_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(wrong_words),
		cmocka_unit_test(wrong_sizes),
		cmocka_unit_test(wrong_descriptors),
		cmocka_unit_test(as_many_as_there_may_be),
		cmocka_unit_test(refusals),
		cmocka_unit_test(own_channels),
		cmocka_unit_test(lent_stays_lent),
		cmocka_unit_test(events),
		cmocka_unit_test(without_completion),
		cmocka_unit_test(lost_doorbell),
		cmocka_unit_test(full_doorbell),
		cmocka_unit_test(end),
		cmocka_unit_test(settings_within_limits),
	};

	ops = scmi_transport_mailbox.agent;
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
