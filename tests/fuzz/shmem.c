// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes both ends of a shared-memory channel, each against another side that writes what it likes,
 * also while it is read. A model is given the words that were read, in order: it must come to the
 * same end, with the same memory down to the last byte. Then the two ends meet, and the next
 * message works.
 */
#include "input.h"
#include "reached.h"
#include "transports/shmem/shmem.h"

#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 300
#define AREA_MAX  96u
#define READS_MAX 64u

#define FREE  1u
#define ERROR 2u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
void shmem_before_read_of_a_word(const volatile void *from);

enum {
	SENT,
	BUSY,
	LENT,
	TOO_LONG,
	TOO_SHORT,
	UNCARRIED,
	ANSWERED,
	NOT_BACK,
	COMMS,
	IMPOSSIBLE,
	NOTHING_OUT,
	RESET,
	TAKEN,
	NOTHING,
	REFUSED_ERROR,
	REFUSED_SHORT,
	REFUSED_LONG,
	REFUSED_SILENTLY,
	STILL_TAKEN,
	ANSWER,
	NO_ANSWER,
	ACKNOWLEDGED,
	RUNG,
	NOT_RUNG,
	RACED,
	NOT_A_WORD,
	MARKS
};

static const char *names[MARKS] = {
	[SENT] = "sent",
	[BUSY] = "busy",
	[LENT] = "lent",
	[TOO_LONG] = "too-long",
	[TOO_SHORT] = "too-short",
	[UNCARRIED] = "uncarried",
	[ANSWERED] = "answered",
	[NOT_BACK] = "not-back",
	[COMMS] = "comms-error",
	[IMPOSSIBLE] = "impossible",
	[NOTHING_OUT] = "nothing-out",
	[RESET] = "reset",
	[TAKEN] = "taken",
	[NOTHING] = "nothing",
	[REFUSED_ERROR] = "refused-error",
	[REFUSED_SHORT] = "refused-short",
	[REFUSED_LONG] = "refused-long",
	[REFUSED_SILENTLY] = "refused-silently",
	[STILL_TAKEN] = "still-taken",
	[ANSWER] = "answer",
	[NO_ANSWER] = "no-answer",
	[ACKNOWLEDGED] = "acknowledged",
	[RUNG] = "rung",
	[NOT_RUNG] = "not-rung",
	[RACED] = "raced",
	[NOT_A_WORD] = "not-a-word",
};

static struct input in;
static uint8_t *area;		 /* of its exact size */
static uint8_t shadow[AREA_MAX]; /* what must be in it */
static uint8_t message[AREA_MAX + 8];
static uint8_t *room;
static uint32_t size, max;
static enum scmi_shmem_direction direction;
static struct scmi_shmem_sender sender;
static struct scmi_shmem_receiver receiver;
static bool watching, racing;

/* The model's own idea of either end. */
static bool lent, taken, interrupt, wants_ring, rings;
static uint8_t lent_header[4];
static uint32_t sent, busy, errors, impossible, received, refused_errors, refused;

/* What was read since the call began. */
static struct {
	uint32_t offset;
	uint8_t bytes[4];
} reads[READS_MAX];
static size_t read_count, replayed;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "shmem: %s\n", what);
	abort();
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail(#condition);                                                          \
	} while (0)

static uint32_t le32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void put_le32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* ---- the other side -------------------------------------------------------------------------- */

/* A word that the other side writes: mostly one that matters, of a value near an edge. */
static void theirs(uint32_t offset, uint32_t value)
{
	put_le32(area + offset, value);
	put_le32(shadow + offset, value);
}

static uint32_t a_length(void)
{
	uint8_t what = input_u8(&in);

	if (what < 0x40)
		return max - 2 + what % 5;
	if (what < 0x80)
		return 2 + what % 8;
	if (what < 0xc0)
		return what % (max + 1);
	return input_word(&in);
}

static void write_theirs(uint8_t what)
{
	switch (what & 7) {
	case 0:
	case 1:
		theirs(4, what >> 3 & 3);
		break;
	case 2:
	case 3:
		theirs(20, a_length());
		break;
	case 4:
		theirs(16, what & 8 ? 1 : input_word(&in));
		break;
	case 5:
		theirs(4, input_word(&in));
		break;
	default:
		theirs((uint32_t)(what >> 3) % (size / 4) * 4, input_u32(&in));
		break;
	}
}

void shmem_before_read_of_a_word(const volatile void *from)
{
	uintptr_t offset = (uintptr_t)from - (uintptr_t)area;
	uint8_t what;

	if (!watching)
		return;
	CHECK(offset % 4 == 0 && offset + 4 <= size);
	/* Eight bytes belong to the implementation, and are nobody's to look at here. */
	CHECK(offset != 0 && offset != 8 && offset != 12);
	for (size_t i = 0; i < read_count; i++)
		CHECK(reads[i].offset != offset);
	CHECK(read_count < READS_MAX);
	if (racing && !input_done(&in)) {
		what = input_u8(&in);
		if (what < 0x60) {
			write_theirs(input_u8(&in));
			reached(RACED);
		} else if (what < 0x70) {
			theirs((uint32_t)offset, input_word(&in));
			reached(RACED);
		}
	}
	reads[read_count].offset = (uint32_t)offset;
	memcpy(reads[read_count].bytes, area + offset, 4);
	read_count++;
}

/* ---- the model ------------------------------------------------------------------------------- */

static void watch(void)
{
	read_count = 0;
	replayed = 0;
	watching = true;
}

/* The next word read has to be this one. */
static uint32_t replay(uint32_t offset)
{
	CHECK(replayed < read_count && reads[replayed].offset == offset);
	return le32(reads[replayed++].bytes);
}

static void replay_message(uint8_t *to, uint32_t length)
{
	for (uint32_t i = 0; i < length; i += 4) {
		(void)replay(24 + i);
		memcpy(to + i, reads[replayed - 1].bytes, length - i < 4 ? length - i : 4);
	}
	if (length % 4)
		reached(NOT_A_WORD);
}

static void over(void)
{
	watching = false;
	CHECK(replayed == read_count);
	CHECK(memcmp(area, shadow, size) == 0);
	CHECK(sender.lent == lent && sender.sent == sent && sender.busy == busy);
	CHECK(sender.errors == errors && sender.malformed == impossible);
	CHECK(receiver.taken == taken && receiver.received == received);
	CHECK(receiver.errors == refused_errors && receiver.malformed == refused);
}

static void expect_message(const void *from, uint32_t length)
{
	put_le32(shadow + 20, length);
	memset(shadow + 24, 0, (length + 3) & ~3u);
	memcpy(shadow + 24, from, length);
}

static void expect_given_back(bool error)
{
	put_le32(shadow + 4, FREE | (error ? ERROR : 0));
	taken = false;
	if (interrupt)
		rings = true;
}

/* In private memory: the message, and behind it what was there. */
static void expect_room(const uint8_t *expected, uint32_t length)
{
	CHECK(memcmp(room, expected, length) == 0);
	for (uint32_t i = length; i < (max < 8 ? 8 : max); i++)
		CHECK(room[i] == 0xa5);
}

/* ---- sender ---------------------------------------------------------------------------------- */

static void send_message(void)
{
	uint32_t length = a_length() & 0xff, status;
	int result;

	if (length > max + 8)
		length = max;
	for (uint32_t i = 0; i < length; i++)
		message[i] = (uint8_t)(input_u8(&in) + i);
	watch();
	result = scmi_shmem_send(&sender, message, length);
	if (length < 4) {
		CHECK(result == -EINVAL);
		reached(TOO_SHORT);
	} else if (length > max) {
		CHECK(result == -EMSGSIZE);
		reached(TOO_LONG);
	} else if (lent && direction == SCMI_SHMEM_A2P) {
		CHECK(result == -EAGAIN);
		busy++;
		reached(LENT);
	} else {
		status = replay(4);
		if (!(status & FREE)) {
			CHECK(result == -EAGAIN);
			busy++;
			reached(BUSY);
			over();
			return;
		}
		CHECK(result == 0);
		if (lent && status & ERROR) {
			errors++;
			reached(UNCARRIED);
		}
		put_le32(shadow, 0);
		put_le32(shadow + 4, 0);
		put_le32(shadow + 16, wants_ring);
		expect_message(message, length);
		memcpy(lent_header, message, 4);
		lent = true;
		sent++;
		reached(SENT);
	}
	over();
}

static void expect_comms_error(int result, size_t mark)
{
	uint8_t answer[8] = {0, 0, 0, 0, 0xf9, 0xff, 0xff, 0xff};

	memcpy(answer, lent_header, 4);
	CHECK(result == 8);
	expect_room(answer, 8);
	reached(mark);
}

static void fetch(void)
{
	uint8_t answer[AREA_MAX];
	uint32_t status, length;
	int result;

	memset(room, 0xa5, max < 8 ? 8 : max);
	watch();
	result = scmi_shmem_fetch(&sender, room, max < 8 ? 8 : max);
	if (direction != SCMI_SHMEM_A2P) {
		CHECK(result == -EINVAL);
	} else if (!lent) {
		CHECK(result == 0);
		reached(NOTHING_OUT);
	} else if (!((status = replay(4)) & FREE)) {
		CHECK(result == 0);
		reached(NOT_BACK);
	} else {
		lent = false;
		if (status & ERROR) {
			errors++;
			expect_comms_error(result, COMMS);
			over();
			return;
		}
		length = replay(20);
		if (length < 4 || length > max) {
			impossible++;
			expect_comms_error(result, IMPOSSIBLE);
		} else {
			replay_message(answer, length);
			CHECK(result == (int)length);
			expect_room(answer, length);
			reached(ANSWERED);
		}
	}
	over();
}

static void reset(void)
{
	watch();
	scmi_shmem_reset(&sender);
	lent = false;
	put_le32(shadow, 0);
	put_le32(shadow + 4, FREE);
	put_le32(shadow + 16, 0);
	put_le32(shadow + 20, 0);
	over();
	reached(RESET);
}

/* ---- receiver -------------------------------------------------------------------------------- */

static void expect_refusal(uint32_t length)
{
	uint8_t answer[8] = {0, 0, 0, 0, 0xf6, 0xff, 0xff, 0xff};

	refused++;
	if (length < 4) {
		expect_given_back(true);
		reached(REFUSED_SHORT);
	} else if (direction == SCMI_SHMEM_P2A || max < 8) {
		expect_given_back(true);
		reached(REFUSED_SILENTLY);
	} else {
		replay_message(answer, 4);
		expect_message(answer, 8);
		expect_given_back(false);
		reached(REFUSED_LONG);
	}
}

static void take(void)
{
	uint8_t command[AREA_MAX];
	uint32_t status, length;
	int result;

	memset(room, 0xa5, max < 8 ? 8 : max);
	watch();
	result = scmi_shmem_take(&receiver, room, max);
	if (taken) {
		CHECK(result == 0);
		reached(STILL_TAKEN);
	} else if ((status = replay(4)) & FREE) {
		CHECK(result == 0);
		reached(NOTHING);
	} else {
		interrupt = replay(16) & 1;
		if (status & ERROR) {
			CHECK(result == -EPROTO);
			refused_errors++;
			expect_given_back(true);
			reached(REFUSED_ERROR);
			over();
			return;
		}
		length = replay(20);
		if (length < 4 || length > max) {
			CHECK(result == -EPROTO);
			expect_refusal(length);
		} else {
			replay_message(command, length);
			CHECK(result == (int)length);
			expect_room(command, length);
			taken = true;
			received++;
			reached(TAKEN);
		}
	}
	over();
}

static void give(uint8_t what)
{
	uint32_t length;
	int result;

	watch();
	if (what & 0x80) {
		if (taken) {
			expect_given_back(what & 1);
			reached(ACKNOWLEDGED);
		}
		scmi_shmem_give(&receiver, what & 1);
	} else {
		length = a_length() % (max + 4);
		memset(message, what, length);
		result = scmi_shmem_answer(&receiver, message, length);
		if (!taken || direction == SCMI_SHMEM_P2A || length < 4) {
			CHECK(result == -EINVAL);
			reached(NO_ANSWER);
		} else if (length > max) {
			CHECK(result == -EMSGSIZE);
		} else {
			CHECK(result == 0);
			expect_message(message, length);
			expect_given_back(false);
			reached(ANSWER);
		}
	}
	over();
}

static void ask_ring(void)
{
	CHECK(scmi_shmem_should_ring(&receiver) == rings);
	reached(rings ? RUNG : NOT_RUNG);
	rings = false;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void is_free(void)
{
	bool free_now;

	watch();
	free_now = scmi_shmem_is_free(&sender);
	CHECK(free_now == (!(lent && direction == SCMI_SHMEM_A2P) && replay(4) & FREE));
	over();
}

static void step(uint8_t what)
{
	switch (what & 15) {
	case 0:
	case 1:
		send_message();
		break;
	case 2:
	case 3:
		fetch();
		break;
	case 4:
	case 5:
	case 6:
		take();
		break;
	case 7:
	case 8:
		give(input_u8(&in));
		break;
	case 9:
		ask_ring();
		break;
	case 10:
		is_free();
		break;
	case 11:
		if (what & 0x80)
			reset();
		break;
	default:
		write_theirs(input_u8(&in));
		break;
	}
}

/* Whatever they left behind: both ends in turn, and the next message goes there and back. */
static void behave(void)
{
	racing = false;
	for (int i = 0; i < 3; i++) {
		take();
		give(0x80);
		fetch();
	}
	CHECK(!taken && !(lent && direction == SCMI_SHMEM_A2P));
	memset(message, 0x42, max);
	CHECK(scmi_shmem_is_free(&sender));
	CHECK(scmi_shmem_send(&sender, message, max) == 0);
	CHECK(scmi_shmem_take(&receiver, room, max) == (int)max);
	CHECK(memcmp(room, message, max) == 0);
	if (direction == SCMI_SHMEM_P2A) {
		scmi_shmem_give(&receiver, false);
	} else {
		CHECK(scmi_shmem_answer(&receiver, message, 4) == 0);
		CHECK(scmi_shmem_fetch(&sender, room, max < 8 ? 8 : max) == 4);
	}
	CHECK(scmi_shmem_is_free(&sender));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("ends", names, MARKS);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_size)
{
	uint8_t shape;

	in = (struct input){data, data_size};
	shape = input_u8(&in);
	size = 28 + 4 * (input_u8(&in) % 18u);
	max = SCMI_SHMEM_MESSAGE_MAX(size);
	direction = shape & 1 ? SCMI_SHMEM_P2A : SCMI_SHMEM_A2P;
	wants_ring = shape & 2;
	area = malloc(size);
	room = malloc(max < 8 ? 8 : max);
	if (!area || !room)
		abort();
	input_bytes(&in, area, shape & 4 ? size : 0);
	watching = false;
	if (!(shape & 4))
		CHECK(scmi_shmem_format(area, size) == 0);
	memcpy(shadow, area, size);
	CHECK(scmi_shmem_sender_init(&sender, direction, area, size, wants_ring) == 0);
	CHECK(scmi_shmem_receiver_init(&receiver, direction, area, size) == 0);
	lent = taken = interrupt = rings = false;
	sent = busy = errors = impossible = received = refused_errors = refused = 0;
	racing = shape & 8;
	for (unsigned int i = 0; i < STEPS_MAX && !input_done(&in); i++)
		step(input_u8(&in));
	behave();
	free(area);
	free(room);
	return 0;
}
