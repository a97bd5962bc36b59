/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What must be so of every transport. */
#define _GNU_SOURCE

#include "driver_test.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "host/monotonic.h"

static void order(void)
{
	size_t span = size_max() - MESSAGE_SIZE_MIN + 1;

	for (unsigned i = 0; i < 5000 && !now.failed; i++) {
		now.by_fd = i / 1000 % 2;
		if (must(ACTION_ECHO, 0, MESSAGE_SIZE_MIN + i * 37 % span))
			answers(at_a_time() - 1);
	}
	answers(0);
}

static void limits(void)
{
	size_t size = now.limits.message_size_max;
	int error;

	if (now.limits.messages_max < 1 || size < 32 || !now.limits.response_timeout_ms)
		wrong("open() gave %u messages of %zu bytes, %u ms", now.limits.messages_max, size,
		      now.limits.response_timeout_ms);
	if (size < SIZE_MAX_TESTED) {
		error = command(ACTION_ECHO, 0, size + 1);
		if (error != -EMSGSIZE)
			wrong("send of %zu bytes, one too many, gave %d, not -EMSGSIZE", size + 1,
			      error);
	}
	if (must(ACTION_ECHO, 0, size_max()))
		answers(0);
}

static void settings(void)
{
	const struct scmi_transport_settings each[] = {
		{.messages_max = 1},
		{.message_size_max = 64},
		{.polling_us = 1},
		{.polling_us = SCMI_POLLING_NONE},
		{.no_completion_irq = 1},
	};
	const uint32_t bits[] = {SCMI_SETTING_MESSAGES_MAX, SCMI_SETTING_MESSAGE_SIZE_MAX,
				 SCMI_SETTING_POLLING, SCMI_SETTING_POLLING,
				 SCMI_SETTING_NO_COMPLETION_IRQ};
	uint32_t known = 0;
	int error;

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]) && !now.failed; i++) {
		known |= bits[i];
		if (!(now.transport->settings & bits[i]))
			continue;
		close_agent();
		if (!open_agent(&each[i]))
			return;
		if (each[i].messages_max && now.limits.messages_max > each[i].messages_max)
			wrong("1 message at a time was set, open() gave %u",
			      now.limits.messages_max);
		if (each[i].message_size_max && now.limits.message_size_max > 64)
			wrong("messages of 64 bytes were set, open() gave %u",
			      now.limits.message_size_max);
		if (each[i].message_size_max) {
			error = command(ACTION_ECHO, 0, now.limits.message_size_max + 1);
			if (error != -EMSGSIZE)
				wrong("send of one byte more than was set gave %d, not -EMSGSIZE",
				      error);
		}
		for (unsigned j = 0; j < 10 && !now.failed; j++)
			ask(ACTION_ECHO, 0);
	}
	if (!now.failed && now.transport->settings & ~known)
		wrong("it names settings 0x%x, which nobody knows",
		      now.transport->settings & ~known);
}

/* How often this thread slept of its own accord. */
static long naps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* What `polling` and `atomic` say: callers that must not sleep rely on it. */
static void promises(void)
{
	const unsigned count = 200;
	uint64_t end_ns = patience_ns();
	unsigned slept_sending = 0, slept_looking = 0;
	long before;

	for (unsigned i = 0; i < count && !now.failed; i++) {
		before = naps();
		if (command(ACTION_ECHO, 0, MESSAGE_SIZE_MIN)) {
			wrong("send to an idle platform fails");
			return;
		}
		slept_sending += naps() != before;
		while (now.limits.polling && now.out && !now.failed && !now.closed) {
			before = naps();
			now.transport->agent->dispatch(now.device);
			slept_looking += naps() != before;
			if (now.platform)
				platform_turn(now.platform, 0);
			else
				sched_yield();
			if (scmi_monotonic_ns() > end_ns)
				wrong("polling, and dispatch() alone finds no answer");
		}
		answers(0);
	}
	/* Memory that the kernel has to find may take a nap, once in a while. */
	if (now.limits.atomic && slept_sending > count / 2)
		wrong("atomic, and %u of %u times send() slept", slept_sending, count);
	if (now.limits.polling && slept_looking > count / 2)
		wrong("polling, and %u times dispatch() slept", slept_looking);
}

static void late(void)
{
	unsigned count = at_a_time();

	for (unsigned round = 0; round < 50 && !now.failed; round++) {
		now.by_fd = round % 2;
		for (unsigned i = 0; i < count; i++)
			must(ACTION_HOLD, count, MESSAGE_SIZE_MIN + i % 16);
		answers(0);
	}
}

static void full(void)
{
	unsigned count = at_a_time(), more;
	int error = 0;

	for (unsigned round = 0; round < 20 && !now.failed; round++) {
		now.by_fd = round % 2;
		for (unsigned i = 0; i < count && !error; i++)
			error = command(ACTION_HOLD, count, MESSAGE_SIZE_MIN);
		if (error)
			wrong("send: %s, with fewer than %u commands under way", strerror(-error),
			      count);
		/* More than it said: some say so, some have room; either way nothing is lost. */
		for (more = 0; more < 200 && now.out < TOKENS - 1 && !error; more++)
			error = command(ACTION_ECHO, 0, MESSAGE_SIZE_MIN);
		if (error && error != -EAGAIN)
			wrong("send into a full queue gave %s, not -EAGAIN", strerror(-error));
		answers(0);
		error = 0;
	}
}

static void notifications(void)
{
	const uint32_t count = 3000; /* more than any medium has room for before they are read */
	uint64_t end_ns = patience_ns();

	if (!must(ACTION_NOTIFY, count, MESSAGE_SIZE_MIN))
		return;
	while (now.notifications < count && !now.failed && scmi_monotonic_ns() < end_ns)
		step();
	if (now.notifications < count)
		wrong("%u of %u notifications came", now.notifications, count);
	answers(0);
	ask(ACTION_ECHO, 0);
}

static void nothing_comes(void)
{
	struct pollfd readable = {.fd = now.transport->agent->fd(now.device), .events = POLLIN};
	int error;

	ask(ACTION_ECHO, 0);
	error = now.transport->agent->wait(now.device, 1000000);
	if (error != -ETIMEDOUT && error != 0)
		wrong("wait() with nothing to wait for gave %d, not -ETIMEDOUT", error);
	error = now.transport->agent->dispatch(now.device);
	if (error)
		wrong("dispatch() with nothing to do gave %d", error);
	if (poll(&readable, 1, 0))
		wrong("the descriptor is readable, and there is nothing to dispatch");
}

/* The agent goes while commands are under way, and another comes. */
static void agent_goes(void)
{
	uint32_t files_here = 0, files_there = 0;
	uint64_t end_ns;

	for (unsigned round = 0; round < 20 && !now.failed; round++) {
		if (now.limits.p2a)
			must(ACTION_NOTIFY, 100, MESSAGE_SIZE_MIN);
		for (unsigned i = 0; i < at_a_time() && !now.failed; i++) {
			if (command(round % 2 ? ACTION_KEEP : ACTION_ECHO, 0, MESSAGE_SIZE_MIN))
				break;
		}
		close_agent();
		if (!open_agent(NULL))
			return;
		end_ns = patience_ns();
		while (ask(ACTION_OTHERS, 0) && now.value) {
			if (scmi_monotonic_ns() > end_ns)
				wrong("%u who have gone are still connected", now.value);
		}
		if (now.notifications)
			wrong("notifications of another agent came");
		ask(ACTION_FILES, 0);
		if (round == 1) { /* whatever is opened once is open now */
			files_here = count_files();
			files_there = now.value;
		}
	}
	if (count_files() != files_here || now.value != files_there)
		wrong("18 agents later %d descriptors are left open here, %d there",
		      (int)(count_files() - files_here), (int)(now.value - files_there));
}

/* What an agent must find when its platform has gone; everything was done to make it go. */
static void expect_gone(void)
{
	uint64_t end_ns = patience_ns();
	int error;

	while (!now.closed && !now.failed && scmi_monotonic_ns() < end_ns)
		step();
	if (!now.closed) {
		wrong("closed() is not called");
		return;
	}
	error = command(ACTION_ECHO, 0, MESSAGE_SIZE_MIN);
	if (error != -ENODEV)
		wrong("then send() gave %d, not -ENODEV", error);
	error = now.transport->agent->dispatch(now.device);
	if (error != -ENODEV)
		wrong("then dispatch() gave %d, not -ENODEV", error);
	error = now.transport->agent->wait(now.device, SCMI_NEVER);
	if (error != -ENODEV)
		wrong("then wait() gave %d, not -ENODEV", error);
}

static void goes_by(enum action action)
{
	for (unsigned i = 0; i + 1 < at_a_time() && !now.failed; i++)
		must(i % 2 ? ACTION_ECHO : ACTION_KEEP, 0, MESSAGE_SIZE_MIN);
	if (must(action, 0, MESSAGE_SIZE_MIN))
		expect_gone();
}

static void platform_drops(void)
{
	goes_by(ACTION_LEAVE);
	close_agent();
	/* It serves the next one. */
	if (open_agent(NULL))
		ask(ACTION_ECHO, 0);
}

static void platform_unlistens(void)
{
	goes_by(ACTION_UNLISTEN);
}

static void platform_dies(void)
{
	for (unsigned i = 0; i < at_a_time() && !now.failed; i++)
		must(ACTION_KEEP, 0, MESSAGE_SIZE_MIN);
	stop_platform(SIGKILL);
	expect_gone();
}

/* Killed, and another in its place: either it is closed, or what was out is lost and it goes on. */
static void platform_again(void)
{
	uint64_t end_ns;
	unsigned lost = 0, unanswered;
	bool asked = false;
	int error;

	close_agent();
	now.hears_lost = true;
	if (!open_agent(NULL))
		return;
	for (unsigned i = 0; i + 1 < at_a_time() && !now.failed; i++)
		must(ACTION_KEEP, 0, MESSAGE_SIZE_MIN);
	stop_platform(SIGKILL);
	if (!start_platform())
		return;
	end_ns = patience_ns();
	while (!now.answered && !now.closed && !now.failed) {
		asked &= now.lost == lost;
		lost = now.lost;
		error = asked ? 0 : command(ACTION_ECHO, 0, MESSAGE_SIZE_MIN);
		if (error && error != -EAGAIN && error != -ENODEV)
			wrong("send while the platform is away gave %s", strerror(-error));
		asked |= !error;
		step();
		if (scmi_monotonic_ns() > end_ns)
			wrong("it is neither closed, nor does it go on");
	}
	if (now.lost > 1)
		wrong("lost() was called %u times", now.lost);
	if (!now.closed) {
		/* Some media keep what was under way for the next platform, which answers none of it. */
		unanswered = now.out;
		if (must(ACTION_ECHO, 0, MESSAGE_SIZE_MIN))
			answers(unanswered);
		return;
	}
	close_agent();
	if (open_agent(NULL))
		ask(ACTION_ECHO, 0);
}

const struct check checks[] = {
	{.name = "order",
	 .what = "5000 commands, every size: whole, in order, each answered once",
	 .check = order},
	{.name = "limits",
	 .what = "one byte too many is refused",
	 .check = limits},
	{.name = "settings",
	 .what = "those that it names have effect",
	 .check = settings},
	{.name = "promises",
	 .what = "where polling and atomic are claimed, nothing sleeps",
	 .check = promises},
	{.name = "late",
	 .what = "late answers in the opposite order find their commands",
	 .check = late},
	{.name = "full",
	 .what = "a full queue takes no more, loses nothing, and goes on",
	 .check = full},
	{.name = "notifications",
	 .what = "3000 at once: in order, none lost",
	 .check = notifications,
	 .p2a = true},
	{.name = "nothing",
	 .what = "waiting for nothing ends, and nothing is nothing",
	 .check = nothing_comes},
	{.name = "agent-goes",
	 .what = "with commands under way, 20 times: nothing is left",
	 .check = agent_goes},
	{.name = "platform-drops",
	 .what = "its peer, with commands under way: closed() once",
	 .check = platform_drops},
	{.name = "platform-unlistens",
	 .what = "with commands under way: closed() once",
	 .check = platform_unlistens,
	 .ends = true},
	{.name = "platform-dies",
	 .what = "is killed with a full queue: closed() once",
	 .check = platform_dies,
	 .apart = true},
	{.name = "platform-again",
	 .what = "is killed, and another comes: closed(), or lost() and on",
	 .check = platform_again,
	 .apart = true},
	{.name = NULL},
};
