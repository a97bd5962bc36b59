// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the agent with a hostile platform: whatever it sends, every callback comes exactly once
 * and with its own command's answer, no token is used while a reply to it may come, and afterwards
 * a well-behaved exchange works.
 */
#include "agent_peer.h"
#include "input.h"
#include "reached.h"
#include "agent_typed.h"

#include <stdlib.h>

#define STEPS_MAX 300
#define LISTENERS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	ANSWERED,
	DELAYED,
	OVERTAKEN,
	TIMED_OUT,
	CANCELED,
	LATE,
	NOTIFIED,
	OVERFLOWED,
	EXHAUSTED,
	MARKS
};

static const char *names[MARKS + TYPED_CALLS] = {
	[ANSWERED] = "answered",   [DELAYED] = "delayed",	[OVERTAKEN] = "overtaken",
	[TIMED_OUT] = "timed-out", [CANCELED] = "canceled",	[LATE] = "late",
	[NOTIFIED] = "notified",   [OVERFLOWED] = "overflowed", [EXHAUSTED] = "tokens-exhausted",
};

static struct input in;
static struct scmi_agent *agent;
static struct peer peer;
static uint64_t now_ns;
static bool full, instant, chatty, locked, burned;

/* The command that is being submitted; NULL: a typed call's. */
static struct peer_command *current;
static bool current_delayed;
static uint32_t last_header;

/* Listeners hear of clock events 0 and 1; the second can leave while it is called. */
static struct scmi_listener listeners[LISTENERS];
static size_t order[LISTENERS], listening; /* those that listen, in the order in which they came */
static uint32_t due;			   /* notifications that this dispatch delivers */
static uint32_t event_now, order_now;	   /* where it stands */

/* ---- the agent's host ------------------------------------------------------------------------ */

static void deliver(const uint8_t *bytes, size_t size)
{
	/* Of exactly that size, and gone right after. */
	uint8_t *message = malloc(size ? size : 1);

	if (size)
		memcpy(message, bytes, size);
	peer_sends(&peer, message, size);
	scmi_agent_receive(agent, message, size);
	free(message);
}

/* A message in the making: mostly a reply to something that was sent. */
static void deliver_something(uint32_t header)
{
	uint8_t message[PEER_SIZE_MAX + 16], shape = input_u8(&in);
	size_t size = 8 + 4 * (size_t)(shape & 7);

	switch (shape >> 3 & 7) {
	case 0:
		header = (header & ~0x300u) | SCMI_DELAYED_RESPONSE << 8;
		break;
	case 1:
		header ^= input_u32(&in);
		break;
	case 2:
		header = scmi_header(0x14, SCMI_NOTIFICATION, input_u8(&in) & 1, 0);
		break;
	case 3:
		header ^= (uint32_t)input_u8(&in) << 18;
		break;
	}
	scmi_put_le32(message, header);
	scmi_put_le32(message + 4, shape & 0x40 ? input_word(&in) : 0);
	for (size_t at = 8; at + 4 <= size; at += 4)
		scmi_put_le32(message + at, input_word(&in));
	if (shape & 0x80) {
		size = input_u8(&in) % sizeof(message);
		input_bytes(&in, message + 8, sizeof(message) - 8);
	}
	deliver(message, size);
}

/* A reply as it should be, but for its values. A delayed response may follow. */
static void deliver_reply(uint32_t header, uint8_t shape)
{
	static const uint32_t versions[8] = {0x10000, 0x20000, 0x20001, 0x30000,
					     0x30000, 0x20001, 0x40000, 0xffffffff};
	uint8_t message[PEER_SIZE_MAX] = {0};
	size_t size = 8 + 4 * (size_t)(shape & 0x1f);

	if (size > peer.config.message_size_max)
		size = peer.config.message_size_max;
	scmi_put_le32(message, header);
	for (size_t at = 8; at + 4 <= size; at += 4)
		scmi_put_le32(message + at, input_word(&in));
	if (scmi_header_message_id(header) == 0) {
		size = 12;
		scmi_put_le32(message + 8, versions[shape & 7]);
	}
	deliver(message, size);
	if (shape & 0x20) {
		scmi_put_le32(message, (header & ~0x300u) | SCMI_DELAYED_RESPONSE << 8);
		deliver(message, size);
	}
}

static int host_send(void *ctx, const void *message, size_t size)
{
	(void)ctx;
	if (locked)
		peer_fail("called out with the lock held");
	if (size < 4 || size > peer.config.message_size_max)
		peer_fail("a command of impossible size is sent");
	if (full)
		return -EAGAIN;
	last_header = scmi_get_le32(message);
	if (current) {
		peer_sent(&peer, current, last_header, current_delayed);
		if (instant)
			deliver_something(last_header);
	}
	return 0;
}

static uint64_t host_now(void *ctx)
{
	(void)ctx;
	return now_ns;
}

/* A typed call waits: the peer sends something, or nothing until time is up. */
static int host_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	uint8_t choice = input_u8(&in);

	(void)ctx;
	if (locked)
		peer_fail("waits with the lock held");
	if (over(what))
		peer_fail("waits for what is over");
	full = false;
	if (input_done(&in) || choice == 0xff) {
		now_ns = deadline_ns == SCMI_NEVER ? now_ns + 1000000 : deadline_ns;
		return 0;
	}
	if (choice == 0xfe)
		return -ENODEV;
	if (choice < 0xc0)
		deliver_reply(last_header, choice);
	else
		deliver_something(last_header);
	return 0;
}

static void host_lock(void *ctx)
{
	(void)ctx;
	if (locked)
		peer_fail("the lock is taken twice");
	locked = true;
}

static void host_unlock(void *ctx)
{
	(void)ctx;
	if (!locked)
		peer_fail("a lock that nobody held is given back");
	locked = false;
}

/* ---- commands and what comes of them --------------------------------------------------------- */

static void submit(const struct scmi_command *command);

static void done(void *ctx, const struct scmi_result *result)
{
	if (locked)
		peer_fail("a callback is called with the lock held");
	peer_done(&peer, ctx, result);
	if (!result->error)
		reached(ANSWERED);
	if (scmi_agent_call(agent, &(struct scmi_command){.protocol_id = 0x10}, NULL) != -EDEADLK)
		peer_fail("a callback could block");
	if (chatty && !input_done(&in))
		submit(&(struct scmi_command){.protocol_id = 0x14, .message_id = input_u8(&in)});
}

static void submit(const struct scmi_command *command)
{
	struct peer_command *mine = peer_command_new(&peer), *outer = current;
	int expected = peer_submit_expected(&peer, command), error;

	if (!mine)
		return;
	if (expected == 0 && full)
		expected = -EAGAIN;
	current = mine;
	current_delayed = command->delayed;
	error = scmi_agent_submit(agent, command, done, mine, &mine->transfer);
	if (error != expected)
		peer_fail("a submission ends in another way than it must");
	if (error == 0)
		peer_running(&peer, mine, command->timeout_ns);
	current = outer;
}

/* ---- notifications --------------------------------------------------------------------------- */

/* Whether somebody has to be told something more; then event_now and order_now say what and whom.
 */
static bool more_to_hear(void)
{
	for (; event_now < due && event_now < peer.event_count; event_now++, order_now = 0) {
		uint32_t header = scmi_get_le32(peer.events[event_now].bytes) & 0x3fcff;

		for (; order_now < listening; order_now++)
			if (header ==
			    scmi_header(0x14, 0, listeners[order[order_now]].message_id, 0))
				return true;
	}
	return false;
}

static void leave(size_t which)
{
	size_t kept = 0;

	scmi_agent_unlisten(agent, &listeners[which]);
	for (size_t i = 0; i < listening; i++) {
		if (order[i] != which)
			order[kept++] = order[i];
		else if (i < order_now)
			order_now--;
	}
	listening = kept;
}

static void heard(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		  size_t size)
{
	size_t which = (size_t)((struct scmi_listener *)ctx - listeners);

	if (!more_to_hear() || order[order_now] != which)
		peer_fail("a listener is called out of turn");
	if (protocol_id != 0x14 || message_id != listeners[which].message_id ||
	    size != peer.events[event_now].size - 4 ||
	    memcmp(payload, peer.events[event_now].bytes + 4, size))
		peer_fail("a listener hears something else than was sent");
	order_now++;
	reached(NOTIFIED);
	if (which == 1 && chatty)
		leave(1);
}

static void join(size_t which)
{
	for (size_t i = 0; i < listening; i++)
		if (order[i] == which)
			return;
	listeners[which] = (struct scmi_listener){.protocol_id = 0x14,
						  .message_id = which == 2,
						  .event = heard,
						  .ctx = &listeners[which]};
	scmi_agent_listen(agent, &listeners[which]);
	order[listening++] = which;
}

static void dispatch(void)
{
	due = peer.event_count;
	event_now = 0;
	order_now = 0;
	scmi_agent_dispatch(agent);
	peer_forget(&peer);
	if (more_to_hear())
		peer_fail("a notification was not told to everybody who listens");
	if (due > peer.event_count)
		due = peer.event_count;
	memmove(&peer.events[0], &peer.events[due],
		(peer.event_count - due) * sizeof(peer.events[0]));
	peer.event_count -= due;
	order_now = 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void tick(uint64_t then_ns)
{
	now_ns = then_ns;
	peer_tick(&peer, now_ns);
	scmi_agent_tick(agent, now_ns);
}

static void cancel(struct peer_command *command)
{
	bool running = command->state == PEER_OUT || command->state == PEER_ACCEPTED;

	if (command->state == PEER_FREE || !command->sent)
		return;
	peer_cancel(&peer, command);
	if (scmi_agent_cancel(agent, command->transfer) != (running ? 0 : -ENOENT))
		peer_fail("a cancellation ends in another way than it must");
}

/* Commands that are given up at once, until hardly a token is left. Once is enough. */
static void burn_tokens(void)
{
	if (burned)
		return;
	burned = true;
	for (uint32_t i = 0; i < SCMI_TOKEN_COUNT - 4; i++) {
		submit(&(struct scmi_command){.protocol_id = 0x10, .message_id = 3});
		for (size_t k = 0; k < PEER_COMMANDS; k++)
			cancel(&peer.commands[k]);
		dispatch();
	}
}

static void fuzz_submit(void)
{
	uint8_t shape = input_u8(&in), payload[PEER_SIZE_MAX] = {0};
	struct scmi_command command = {
		.protocol_id = shape & 1 ? 0x14 : 0x10,
		.message_id = input_u8(&in) & 0x1f,
		.payload = payload,
		.size = shape & 2 ? input_u8(&in) % sizeof(payload) : 4,
		.delayed = shape & 4,
		.timeout_ns = shape & 8 ? 1 + input_u8(&in) : 0,
	};

	instant = shape & 16;
	submit(&command);
	instant = false;
}

/* A command that is out, for the peer to reply to; any header if there is none. */
static uint32_t some_header(void)
{
	uint8_t which = input_u8(&in) % PEER_COMMANDS;

	for (size_t i = 0; i < PEER_COMMANDS; i++) {
		const struct peer_command *command = &peer.commands[(which + i) % PEER_COMMANDS];

		if (command->state == PEER_OUT || command->state == PEER_ACCEPTED)
			return command->header;
	}
	return last_header;
}

static void step(void)
{
	switch (input_u8(&in) & 0xf) {
	default:
		deliver_something(some_header());
		break;
	case 6:
	case 7:
	case 8:
		fuzz_submit();
		break;
	case 9:
		dispatch();
		break;
	case 10:
		tick(peer_deadline(&peer) == SCMI_NEVER ? now_ns + 1 : peer_deadline(&peer));
		break;
	case 11:
		cancel(&peer.commands[input_u8(&in) % PEER_COMMANDS]);
		break;
	case 12:
		full = !full;
		break;
	case 13:
		join(input_u8(&in) % LISTENERS);
		break;
	case 14:
		leave(input_u8(&in) % LISTENERS);
		break;
	case 15:
		switch (input_u8(&in) & 7) {
		case 0:
			peer_close(&peer, -ENODEV);
			scmi_agent_closed(agent, -ENODEV);
			break;
		case 1:
		case 2:
			peer_reset(&peer);
			scmi_agent_reset(agent);
			break;
		case 3:
			burn_tokens();
			break;
		default:
			deliver_something(last_header);
			break;
		}
		break;
	}
}

/* What holds whatever happened. */
static void check(void)
{
	struct scmi_agent_counters counters;

	if (locked)
		peer_fail("returns with the lock held");
	if (scmi_agent_next_deadline(agent) != peer_deadline(&peer))
		peer_fail("the next deadline is not that of the command that ends first");
	scmi_agent_counters(agent, &counters);
	if (counters.quarantined != peer.quarantined)
		peer_fail("there are not as many tokens in quarantine as replies are owed");
	if (counters.overflowed != peer.overflowed)
		peer_fail("notifications were dropped and not counted, or the other way round");
}

static const uint8_t answer_values[4] = {0x12, 0x34, 0x56, 0x78};

static void final_done(void *ctx, const struct scmi_result *result)
{
	if (result->error || result->size != 4 || memcmp(result->values, answer_values, 4))
		peer_fail("a well-behaved exchange fails");
	++*(int *)ctx;
}

/* After everything: reset, and one command is answered as it should be. */
static void well_behaved(void)
{
	struct scmi_command command = {.protocol_id = 0x10, .message_id = 5};
	uint8_t message[12];
	int called = 0;

	peer_reset(&peer);
	scmi_agent_reset(agent);
	full = false;
	chatty = false;
	dispatch();
	dispatch();
	current = NULL;
	if (scmi_agent_submit(agent, &command, final_done, &called, NULL))
		peer_fail("after a reset no command can be sent");
	scmi_put_le32(message, last_header);
	scmi_put_le32(message + 4, 0);
	memcpy(message + 8, answer_values, 4);
	scmi_agent_receive(agent, message, sizeof(message));
	scmi_agent_receive(agent, message, sizeof(message));
	scmi_agent_dispatch(agent);
	if (called != 1)
		peer_fail("the callback of a well-behaved exchange did not come once");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < TYPED_CALLS; i++)
		names[MARKS + i] = typed_call_name((uint32_t)i);
	reached_init("outcomes and calls", names, MARKS + TYPED_CALLS);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scmi_agent_config config = {
		.host = {.send = host_send,
			 .now_ns = host_now,
			 .wait = host_wait,
			 .lock = host_lock,
			 .unlock = host_unlock},
		.response_timeout_ns = 1000,
		.delayed_timeout_ns = 5000,
	};
	uint8_t shape;
	void *storage;

	in = (struct input){data, size};
	shape = input_u8(&in);
	config.messages_max = 1 + (shape & 7);
	config.notifications_max = 1 + (shape >> 3 & 3);
	config.message_size_max = shape & 0x20 ? PEER_SIZE_MAX : 32;
	config.p2a = !(input_u8(&in) & 1);
	chatty = shape & 0x40;
	now_ns = 1000;
	last_header = 0;
	listening = 0;
	full = false;
	instant = false;
	burned = false;
	current = NULL;
	peer_init(&peer, &config, now_ns);
	storage = malloc(scmi_agent_size(&config));
	if (scmi_agent_init(&agent, storage, scmi_agent_size(&config), &config))
		peer_fail("no agent can be made");
	join(0);
	if (shape & 0x80) {
		/* The blocking calls, answered by whatever comes. */
		for (int steps = 0; steps < STEPS_MAX && !input_done(&in); steps++) {
			uint8_t which = input_u8(&in) % TYPED_CALLS;

			if (typed_call(agent, which, &in) == 0)
				reached(MARKS + which);
			dispatch();
		}
	} else {
		for (int steps = 0; steps < STEPS_MAX && !input_done(&in); steps++) {
			step();
			check();
		}
	}
	well_behaved();
	scmi_agent_fini(agent);
	peer_close(&peer, -ENODEV);
	peer_forget(&peer);
	for (size_t i = 0; i < PEER_COMMANDS; i++)
		if (peer.commands[i].state != PEER_FREE)
			peer_fail("a callback never came");
	free(storage);
	if (peer.delayed)
		reached(DELAYED);
	if (peer.overtaken)
		reached(OVERTAKEN);
	if (peer.timed_out)
		reached(TIMED_OUT);
	if (peer.canceled)
		reached(CANCELED);
	if (peer.late)
		reached(LATE);
	if (peer.overflowed)
		reached(OVERFLOWED);
	if (peer.exhausted)
		reached(EXHAUSTED);
	return 0;
}
