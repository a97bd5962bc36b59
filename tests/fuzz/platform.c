// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the platform with sequences of what agents, their connections and time do to it, and holds
 * everything that it answers and sends against a plain model.
 */
#include "input.h"
#include "model.h"
#include "platform_host.h"
#include "reached.h"

#include <scmi/platform.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS_MAX 200
#define UNLIMITED 0xffffffffu

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct {
	uint8_t protocol, id, words;
	const char *name;
} commands[] = {
	{0x10, 0x00, 0, "base/0"},  {0x10, 0x01, 0, "base/1"},	{0x10, 0x02, 1, "base/2"},
	{0x10, 0x03, 0, "base/3"},  {0x10, 0x04, 0, "base/4"},	{0x10, 0x05, 0, "base/5"},
	{0x10, 0x06, 1, "base/6"},  {0x10, 0x07, 1, "base/7"},	{0x10, 0x08, 1, "base/8"},
	{0x10, 0x09, 3, "base/9"},  {0x10, 0x0a, 4, "base/a"},	{0x10, 0x0b, 2, "base/b"},
	{0x10, 0x10, 1, "base/10"}, {0x14, 0x00, 0, "clock/0"}, {0x14, 0x01, 0, "clock/1"},
	{0x14, 0x02, 1, "clock/2"}, {0x14, 0x03, 1, "clock/3"}, {0x14, 0x04, 2, "clock/4"},
	{0x14, 0x05, 4, "clock/5"}, {0x14, 0x06, 1, "clock/6"}, {0x14, 0x07, 3, "clock/7"},
	{0x14, 0x08, 1, "clock/8"}, {0x14, 0x09, 2, "clock/9"}, {0x14, 0x0a, 2, "clock/a"},
	{0x14, 0x0b, 2, "clock/b"}, {0x14, 0x0c, 2, "clock/c"}, {0x14, 0x0d, 2, "clock/d"},
	{0x14, 0x0e, 1, "clock/e"}, {0x14, 0x0f, 1, "clock/f"}, {0x14, 0x10, 1, "clock/10"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* What is reached beside the handlers. */
enum {
	LATE_ANSWER = COMMANDS,
	DELAYED,
	RATE_CHANGED,
	RATE_REQUESTED,
	ERROR_EVENT,
	RESTORED,
	MARKS
};

static const char *names[MARKS];

/* Who has which connection. The last one cannot be told anything. */
static const struct {
	uint32_t agent;
	bool p2a;
} ends[MODEL_CHANNELS] = {{1, true}, {2, true}, {3, true}, {3, true}, {4, true}, {1, false}};

static struct model model;
static struct scmi_platform *platform;
static struct channel {
	struct scmi_channel *scmi;
	uint32_t room; /* messages that it still takes */
} channels[MODEL_CHANNELS];
static bool reading, verbose;
static uint16_t token;

static void show(const char *what, size_t channel, const uint8_t *message, size_t size)
{
	if (!verbose)
		return;
	fprintf(stderr, "%10.3f us channel %zu %s:", (double)fuzz_host.now_ns / 1000, channel, what);
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, "%s%02x", i % 4 ? "" : " ", message[i]);
	fprintf(stderr, "\n");
}

/* Says and counts what was sent. */
static void take(struct channel *c, enum model_kind kind, uint64_t cookie, const void *message,
		 size_t size)
{
	uint32_t header = size >= 4 ? scmi_get_le32(message) : 0;

	show(kind == MODEL_LATE_ANSWER ? "late answer" : "sent", (size_t)(c - channels), message,
	     size);
	model_sent(&model, (uint32_t)(c - channels), kind, cookie, message, size);
	if (kind == MODEL_LATE_ANSWER)
		reached(LATE_ANSWER);
	else if ((header >> 8 & 3) == 2)
		reached(DELAYED);
	else if ((header >> 10 & 0xff) == 0x10)
		reached(ERROR_EVENT);
	else
		reached(header & 0xff ? RATE_REQUESTED : RATE_CHANGED);
}

/*
 * What comes during a call is put aside: the model learns of the call's own answer first.
 */
static struct {
	struct channel *channel;
	enum model_kind kind;
	uint64_t cookie;
	size_t size;
	uint8_t bytes[MODEL_BYTES_MAX];
} aside[MODEL_EXPECTED];
static size_t aside_count;

static int put_aside(struct channel *c, enum model_kind kind, uint64_t cookie, const void *message,
		     size_t size)
{
	fuzz_host_not_locked();
	if (c->room == 0)
		return -EAGAIN;
	if (size > MODEL_BYTES_MAX || aside_count == MODEL_EXPECTED)
		model_fail("%zu bytes were sent to channel %zu", size, (size_t)(c - channels));
	if (c->room != UNLIMITED)
		c->room--;
	aside[aside_count].channel = c;
	aside[aside_count].kind = kind;
	aside[aside_count].cookie = cookie;
	aside[aside_count].size = size;
	memcpy(aside[aside_count++].bytes, message, size);
	return 0;
}

static int channel_send(void *ctx, const void *message, size_t size)
{
	return put_aside(ctx, MODEL_NOTIFICATION, 0, message, size);
}

static int channel_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	return put_aside(ctx, MODEL_LATE_ANSWER, cookie, message, size);
}

static const struct scmi_channel_ops channel_ops = {.send = channel_send, .answer = channel_answer};

/* ---- steps ----------------------------------------------------------------------------------- */

/* What came was called for. */
static void match(void)
{
	for (size_t i = 0; i < aside_count; i++) {
		take(aside[i].channel, aside[i].kind, aside[i].cookie, aside[i].bytes,
		     aside[i].size);
	}
	aside_count = 0;
	fuzz_host_not_locked();
}

/* When nothing is left to do now: what had to come came. */
static void settle(void)
{
	match();
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		struct scmi_channel_counters counters;

		if (!channels[i].scmi)
			continue;
		scmi_channel_counters(channels[i].scmi, &counters);
		model_settle(&model, i, channels[i].room == 0, counters.lost);
	}
}

static void connect_end(uint32_t i)
{
	struct scmi_channel_config config = {.agent_id = ends[i].agent,
					     .p2a = ends[i].p2a,
					     .ops = &channel_ops,
					     .ctx = &channels[i]};

	model_open(&model, i, ends[i].agent, ends[i].p2a);
	channels[i].room = UNLIMITED;
	if (scmi_channel_new(&channels[i].scmi, platform, &config))
		model_fail("no channel for agent %u", (unsigned int)ends[i].agent);
}

static void disconnect_end(uint32_t i)
{
	model_close(&model, i);
	scmi_channel_free(channels[i].scmi);
	channels[i].scmi = NULL;
}

static void platform_start(const struct scmi_board *board)
{
	char why[200] = "";

	if (scmi_platform_new(&platform, board, &fuzz_host_ops, why, sizeof(why)))
		model_fail("the board was refused: %s", why);
}

/* Requests as they are saved: names for what and whose. */
static struct requests {
	struct scmi_request at[256];
	size_t count;
} saved;

static void save(void *ctx, const struct scmi_request *request)
{
	struct requests *to = ctx;

	if (to->count == 256)
		model_fail("more requests than there can be");
	to->at[to->count++] = *request;
}

static void mix(void *ctx, const struct scmi_request *request)
{
	uint64_t *sum = ctx, parts[6] = {(uintptr_t)request->agent,
					 (uintptr_t)request->domain,
					 (uintptr_t)request->what,
					 request->protocol_id,
					 request->key,
					 request->value};

	for (size_t i = 0; i < 6; i++)
		*sum = (*sum ^ parts[i]) * 0x100000001b3;
}

/* A number that is another one when the requests are others. */
static uint64_t requests_sum(void)
{
	uint64_t sum = 0xcbf29ce484222325;

	scmi_platform_requests(platform, mix, &sum);
	return sum;
}

/* The process ends and starts again with what was saved; nobody notices but by the connection. */
static void restart(void)
{
	uint64_t before = requests_sum();

	saved.count = 0;
	scmi_platform_requests(platform, save, &saved);
	model_restart(&model);
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		if (channels[i].scmi)
			scmi_channel_free(channels[i].scmi);
		channels[i].scmi = NULL;
	}
	aside_count = 0;
	scmi_platform_free(platform);
	platform_start(model.board);
	for (size_t i = 0; i < saved.count; i++) {
		if (scmi_platform_restore(platform, &saved.at[i]))
			model_fail("the saved request %s of %s for %s is not taken back",
				   saved.at[i].what, saved.at[i].agent, saved.at[i].domain);
		reached(RESTORED);
	}
	if (requests_sum() != before)
		model_fail("after a restart the requests are others than the %zu that were saved",
			   saved.count);
}

/* To a point in time, waking up when the platform asks to be woken. */
static void wait_until(uint64_t then_ns)
{
	for (int wakes = 0;; wakes++) {
		uint64_t deadline = scmi_platform_next_deadline(platform);
		bool last = deadline > then_ns;

		if (deadline > model_deadline(&model))
			model_fail("the platform wants to sleep past what it has to do");
		if (!last && deadline > fuzz_host.now_ns)
			fuzz_host.now_ns = deadline;
		else if (last)
			fuzz_host.now_ns = then_ns;
		if (wakes > 1000)
			model_fail("the platform never sleeps: its deadline is always now");
		scmi_platform_tick(platform, fuzz_host.now_ns);
		model_tick(&model, fuzz_host.now_ns);
		match();
		if (last)
			break;
	}
	settle();
}

static void send_command(uint32_t i, const uint8_t *bytes, size_t size, size_t space, size_t mark)
{
	uint64_t cookie = model.channels[i].open ? 1000 + token : 0;
	/* Exact sizes, so that the sanitizer sees one byte too many. */
	uint8_t *message = malloc(size ? size : 1), *answer = malloc(space ? space : 1);
	uint64_t generation = scmi_platform_generation(platform);
	uint64_t deadline = scmi_platform_next_deadline(platform);
	uint64_t before;
	size_t answered;
	int status;

	if (size)
		memcpy(message, bytes, size);
	show("command", i, message, size);
	fuzz_host.woken = false;
	before = reading ? 0 : requests_sum();
	fuzz_host.handling = true;
	answered = scmi_channel_handle(channels[i].scmi, cookie, message, size, answer, space);
	fuzz_host.handling = false;
	show("answer", i, answer, answered);
	status = model_command(&model, i, cookie, message, size, space, answer, answered);
	if (status == SCMI_SUCCESS && mark < COMMANDS)
		reached(mark);
	match();
	if (!reading && requests_sum() != before &&
	    scmi_platform_generation(platform) == generation)
		model_fail("what agents ask for has changed, and the generation has not");
	if (scmi_platform_next_deadline(platform) < deadline && !fuzz_host.woken)
		model_fail("the deadline is earlier now, and the host was not woken");
	free(message);
	free(answer);
}

static uint64_t input_rate(struct input *in)
{
	static const uint64_t rate[] = {
		0,
		1,
		7,
		10,
		70,
		71,
		99,
		100,
		101,
		149,
		150,
		151,
		200,
		300,
		32767,
		32768,
		32769,
		516384,
		1000,
		1001,
		1500,
		42000,
		42001,
		999999,
		1000000,
		1500000,
		10000000,
		24000000,
		36000000,
		48000000,
		48000001,
		100000000,
		100000001,
		600000000,
		600000001,
		0x100000000,
		0x100000001,
		0xfffffffffff,
		18000000,
		12000000,
		9000000,
		0x7fffffffffffffff,
		0xffffffffffffffff,
		16,
		17500,
		41999,
	};
	uint8_t byte = input_u8(in);

	if (byte < 0xe0)
		return rate[byte % (sizeof(rate) / sizeof(rate[0]))];
	return (uint64_t)input_u32(in) << 32 | input_u32(in);
}

static void fuzz_command(struct input *in)
{
	uint32_t which = input_u8(in) % (COMMANDS + 2), i = input_u8(in) % MODEL_CHANNELS;
	uint8_t shape = input_u8(in), message[64];
	uint32_t header, words;
	size_t size, space = 400;

	while (!channels[i].scmi)
		i = (i + 1) % MODEL_CHANNELS;
	token = (token + 1) & 0x3ff;
	if (which < COMMANDS) {
		words = commands[which].words;
		if (commands[which].protocol == 0x14 && commands[which].id == 0x07)
			words = model.channels[i].clock_version < 0x30000 ? 2 : 3;
		header = scmi_header(commands[which].protocol, 0, commands[which].id, token);
	} else {
		words = input_u8(in) % 6;
		header = scmi_header(which & 1 ? input_u8(in) : 0x14, 0, input_u8(in), token);
	}
	for (uint32_t k = 0; k < words; k++)
		scmi_put_le32(message + 4 + 4 * k, input_word(in));
	if (which < COMMANDS && commands[which].protocol == 0x14 && commands[which].id == 0x05)
		scmi_put_le64(message + 12, input_rate(in));
	size = 4 + 4 * words;
	switch (shape & 0x1f) {
	case 1:
		header |= input_u32(in) & 0xf0000300;
		break;
	case 2:
		size = input_u8(in) % sizeof(message);
		if (size > 4 + 4 * words)
			input_bytes(in, message + 4 + 4 * words, size - 4 - 4 * words);
		break;
	case 3:
	case 4:
		space = input_u8(in);
		break;
	case 5:
		space = input_u8(in) % 48;
		break;
	}
	scmi_put_le32(message, header);
	send_command(i, message, size, space, which);
}

static void read_one(uint32_t i, uint32_t id, uint32_t clock, uint32_t word)
{
	uint8_t message[12];

	scmi_put_le32(message, scmi_header(0x14, 0, id, clock));
	scmi_put_le32(message + 4, clock);
	scmi_put_le32(message + 8, word);
	send_command(i, message, id == 0x4 || id == 0xb || id == 0xc ? 12 : 8, 400, COMMANDS);
}

/* All that can be read by who sees everything, and what others may do: the state is what the model
 * says. */
static void read_all(void)
{
	reading = true;
	for (uint32_t i = 0; i < 3; i++) {
		if (channels[i].scmi)
			disconnect_end(i);
		connect_end(i);
		for (uint32_t clock = 0; clock < 21; clock++) {
			read_one(i, 0x3, clock, 0);
			read_one(i, 0xf, clock, 0);
			if (i > 0)
				continue;
			read_one(i, 0x6, clock, 0);
			read_one(i, 0xe, clock, 0);
			for (uint32_t type = 1; type < 4; type++)
				read_one(i, 0xb, clock, type == 3 ? 0x80 : type);
		}
	}
	reading = false;
}

static void step(struct input *in)
{
	uint8_t what = input_u8(in) & 0x1f;
	uint32_t i = what < 20 ? 0 : input_u8(in) % MODEL_CHANNELS;
	bool fatal;

	switch (what) {
	default:
		fuzz_command(in);
		if (what & 1)
			wait_until(fuzz_host.now_ns);
		return;
	case 18:
	case 19:
		wait_until(model_deadline(&model) == SCMI_NEVER ? fuzz_host.now_ns : model_deadline(&model));
		return;
	case 20:
		wait_until(fuzz_host.now_ns + (uint64_t)i * 500000);
		return;
	case 21:
		if (channels[i].scmi)
			disconnect_end(i);
		else
			connect_end(i);
		break;
	case 22:
		if (!channels[i].scmi)
			return;
		model_reset(&model, i);
		scmi_channel_reset(channels[i].scmi);
		break;
	case 23:
		channels[i].room = 0;
		break;
	case 24:
	case 25:
		if (!channels[i].scmi)
			return;
		channels[i].room = what == 24 ? UNLIMITED : 1 + input_u8(in) % 8;
		scmi_channel_ready(channels[i].scmi);
		break;
	case 26:
		restart();
		break;
	case 27:
		fatal = input_u8(in) & 1;
		i = 1 + i % WORLD_AGENTS;
		model_report(&model, i, fatal, 0x1234, SCMI_BUSY);
		scmi_platform_report_error(platform, i, fatal, 0x1234, SCMI_BUSY);
		break;
	}
	match();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	names[LATE_ANSWER] = "late-answer";
	names[DELAYED] = "clock-rate-set-complete";
	names[RATE_CHANGED] = "clock-rate-changed";
	names[RATE_REQUESTED] = "clock-rate-change-requested";
	names[ERROR_EVENT] = "base-error-event";
	names[RESTORED] = "restored-requests";
	reached_init("handlers and messages", names, MARKS);
	verbose = getenv("SCMI_FUZZ_SAY") != NULL;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	fuzz_host.now_ns = 1000000;
	token = 0;
	aside_count = 0;
	model_init(&model, input_u8(&in) & 7 ? &world_full : &world_plain);
	model.now_ns = fuzz_host.now_ns;
	platform_start(model.board);
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++)
		connect_end(i);
	for (int steps = 0; steps < STEPS_MAX && !input_done(&in); steps++) {
		bool any = false;

		for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
			if (channels[i].scmi &&
			    model.channels[i].expected_count > MODEL_EXPECTED / 2) {
				channels[i].room = UNLIMITED;
				scmi_channel_ready(channels[i].scmi);
				wait_until(fuzz_host.now_ns);
			}
			any |= channels[i].scmi != NULL;
		}
		if (!any)
			connect_end(0);
		step(&in);
	}
	wait_until(fuzz_host.now_ns);
	read_all();
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++)
		if (channels[i].scmi)
			disconnect_end(i);
	aside_count = 0;
	scmi_platform_free(platform);
	if (fuzz_host.allocations)
		model_fail("%u pieces of memory were not given back", (unsigned int)fuzz_host.allocations);
	return 0;
}
