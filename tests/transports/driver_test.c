/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every transport must do, asked of one: its agent's end against its platform's end, through the
 * driver header alone. The platform's end runs in a process of its own; where the two ends meet only
 * in one thread, there. One line for each thing that is checked; the exit code is 1 if one is not so,
 * 77 if the transport lacks an end.
 */
#define _GNU_SOURCE

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <scmi/loader.h>

#include "driver_platform.h"
#include "host/monotonic.h"

#define STEP_NS		50000000u
#define TOKENS		1024u
#define SIZE_MAX_TESTED 65536u

/* One test's: where the platform is, and the agent's end. */
static struct {
	const struct scmi_transport *transport;
	const char *address;
	bool one_thread;
	pid_t child;		   /* the platform's, or */
	struct platform *platform; /* the platform in this thread */

	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	uint32_t sequence; /* of the next command */
	struct {
		bool out;
		size_t size;
		uint32_t sequence;
	} sent[TOKENS];
	unsigned out;		/* sent and not answered */
	uint32_t value;		/* of the last answer */
	uint32_t notifications; /* came, in order */
	unsigned closed;
	bool by_fd; /* wait by poll() and dispatch(), not by wait() */
	bool failed;
	uint64_t patience_ns; /* with what has to come; long: machines may be busy */
} now = {.patience_ns = 20000000000u};

static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *format, ...)
{
	va_list arguments;

	if (!now.failed)
		fputs("WRONG", stdout);
	now.failed = true;
	fputs("\n      ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
}

/* ---- what arrives ---------------------------------------------------------------------------- */

static void on_answer(const uint8_t *message, size_t size)
{
	uint32_t token = message_word(message, 0) >> 18 & (TOKENS - 1);
	uint32_t sequence = message_word(message, 3);
	uint32_t word = message_word(message, 1);

	if (!now.sent[token].out || now.sent[token].sequence != sequence) {
		wrong("an answer came to command %u, which waits for none", sequence);
		return;
	}
	now.sent[token].out = false;
	now.out--;
	now.value = word >> 8;
	if (size != now.sent[token].size)
		wrong("the answer to command %u has %zu bytes, not %zu", sequence, size,
		      now.sent[token].size);
	switch ((enum found)(word & 0xff)) {
	case FOUND_GOOD:
		break;
	case FOUND_WRONG_BYTES:
		wrong("command %u reached the platform with other bytes", sequence);
		break;
	case FOUND_WRONG_ORDER:
		wrong("command %u reached the platform out of order", sequence);
		break;
	case FOUND_CUT:
		wrong("command %u of %zu bytes reached the platform cut", sequence,
		      now.sent[token].size);
		break;
	default:
		wrong("the answer to command %u has other bytes", sequence);
	}
}

static void on_receive(void *ctx, const void *message, size_t size)
{
	uint8_t copy[SIZE_MAX_TESTED];

	(void)ctx;
	if (now.closed)
		wrong("a message came after closed()");
	if (size > sizeof(copy) || size < MESSAGE_SIZE_MIN) {
		wrong("a message of %zu bytes came, which nobody sent", size);
		return;
	}
	memcpy(copy, message, size);
	if (message_check(copy, size) != FOUND_GOOD) {
		wrong("a message of %zu bytes came with other bytes than it was sent with", size);
		return;
	}
	if (message_word(copy, 0) != HEADER_NOTIFICATION) {
		on_answer(copy, size);
		return;
	}
	if (message_word(copy, 3) != now.notifications)
		wrong("notification %u came in the place of %u", message_word(copy, 3),
		      now.notifications);
	now.notifications = message_word(copy, 3) + 1;
}

static void on_closed(void *ctx, int error)
{
	(void)ctx;
	now.closed++;
	if (now.closed > 1)
		wrong("closed() was called again");
	if (error >= 0)
		wrong("closed() was told %d, which is no -errno", error);
}

static const struct scmi_transport_agent_callbacks callbacks = {
	.size = sizeof(callbacks),
	.receive = on_receive,
	.closed = on_closed,
};

/* ---- the two ends ---------------------------------------------------------------------------- */

static int serve(int ready)
{
	struct platform *platform;
	char why[256] = "";
	int error = platform_new(&platform, now.transport, now.address, why, sizeof(why));

	if (error)
		fprintf(stderr, "listen: %s: %s\n", strerror(-error), why);
	if (error || platform_stop_on(platform, SIGTERM) || write(ready, "", 1) != 1)
		return 1;
	close(ready);
	while (platform_turn(platform, SCMI_NEVER))
		;
	return platform_free(platform) ? 0 : 1;
}

static bool start_platform(void)
{
	char why[256] = "", byte;
	int ready[2], error;

	if (now.one_thread) {
		error = platform_new(&now.platform, now.transport, now.address, why, sizeof(why));
		if (error)
			wrong("listen: %s: %s", strerror(-error), why);
		return !error;
	}
	fflush(stdout);
	if (pipe(ready))
		return false;
	now.child = fork();
	if (now.child == 0) {
		close(ready[0]);
		_exit(serve(ready[1]));
	}
	close(ready[1]);
	error = read(ready[0], &byte, 1) != 1;
	close(ready[0]);
	if (error)
		wrong("the platform's end does not listen");
	return !error;
}

/* By SIGTERM, in peace; by SIGKILL; or, with 0, by itself. */
static void stop_platform(int how)
{
	int status = 0;

	if (now.platform && !platform_free(now.platform))
		wrong("the platform's end (see above)");
	now.platform = NULL;
	if (now.child <= 0)
		return;
	if (how)
		kill(now.child, how);
	waitpid(now.child, &status, 0);
	now.child = 0;
	if (how != SIGKILL && status != 0)
		wrong("the platform's end: its process ended with status 0x%x", (unsigned)status);
}

static void forget(void)
{
	memset(now.sent, 0, sizeof(now.sent));
	now.out = now.sequence = now.notifications = now.closed = 0;
}

static bool open_agent(const struct scmi_transport_settings *settings)
{
	static const struct scmi_transport_settings none;
	char why[256] = "";
	int error;

	forget();
	now.device = NULL;
	error = now.transport->agent->open(&now.device, now.address, settings ? settings : &none,
					   &callbacks, NULL, &now.limits, why, sizeof(why));
	if (error)
		wrong("open: %s: %s", strerror(-error), why);
	return !error;
}

static void close_agent(void)
{
	if (now.device)
		now.transport->agent->close(now.device);
	now.device = NULL;
}

/* Let something happen. */
static void step(void)
{
	const struct scmi_transport_agent_ops *ops = now.transport->agent;
	struct pollfd readable = {.events = POLLIN};
	int error;

	if (now.platform)
		platform_turn(now.platform, 0);
	if (now.by_fd) {
		readable.fd = ops->fd(now.device);
		poll(&readable, 1, now.platform ? 0 : (int)(STEP_NS / 1000000));
		error = ops->dispatch(now.device);
	} else {
		error = ops->wait(now.device, STEP_NS);
	}
	if (error && error != -ETIMEDOUT && error != -ENODEV)
		wrong("%s gave %s", now.by_fd ? "dispatch" : "wait", strerror(-error));
}

static uint64_t patience_ns(void)
{
	return scmi_monotonic_ns() + now.patience_ns;
}

static int command(enum action action, uint32_t argument, size_t size)
{
	uint8_t message[SIZE_MAX_TESTED];
	uint32_t token = now.sequence & (TOKENS - 1);
	int error;

	message_make(message, size, token << 18 | 0x10 << 10 | 7, action | argument << 8,
		     now.sequence);
	/* Before the answer can come, and taken back if nothing was sent. */
	error = now.transport->agent->send(now.device, message, size);
	if (error)
		return error;
	now.sent[token].out = true;
	now.sent[token].size = size;
	now.sent[token].sequence = now.sequence++;
	now.out++;
	return 0;
}

/* Until `out` answers are missing. */
static bool answers(unsigned out)
{
	uint64_t end_ns = patience_ns();

	while (now.out > out && !now.closed && !now.failed && scmi_monotonic_ns() < end_ns)
		step();
	if (now.out > out && !now.failed)
		wrong(now.closed ? "the connection ended with %u commands unanswered"
				 : "%u commands are not answered",
		      now.out - out);
	return !now.failed;
}

/* A command that must go, with room made for it. */
static bool must(enum action action, uint32_t argument, size_t size)
{
	uint64_t end_ns = patience_ns();
	int error;

	while ((error = command(action, argument, size)) == -EAGAIN && !now.failed &&
	       scmi_monotonic_ns() < end_ns)
		step();
	if (error)
		wrong("send of %zu bytes: %s", size, strerror(-error));
	return !now.failed;
}

static bool ask(enum action action, uint32_t argument)
{
	return must(action, argument, MESSAGE_SIZE_MIN) && answers(0);
}

static size_t size_max(void)
{
	size_t size = now.limits.message_size_max < now.transport->limits.message_size_max
			      ? now.limits.message_size_max
			      : now.transport->limits.message_size_max;

	return size < SIZE_MAX_TESTED ? size : SIZE_MAX_TESTED;
}

static unsigned at_a_time(void)
{
	return now.limits.messages_max < 256 ? now.limits.messages_max : 256;
}

/* ---- what must be so ------------------------------------------------------------------------- */

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
	const struct scmi_transport_settings settings = {.messages_max = 1};
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
	close_agent();
	if (!open_agent(&settings))
		return;
	if (now.limits.messages_max != 1)
		wrong("1 message at a time was set, open() gave %u", now.limits.messages_max);
	for (unsigned i = 0; i < 10; i++)
		ask(ACTION_ECHO, 0);
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

static const struct {
	const char *name;
	const char *what;
	void (*check)(void);
	bool p2a; /* only where notifications are carried */
	bool apart; /* only with the platform in another process */
} checks[] = {
	{"order", "5000 commands, every size: whole, in order, each answered once", order, 0, 0},
	{"limits", "one byte too many is refused, one command at a time can be set", limits, 0, 0},
	{"late", "late answers in the opposite order find their commands", late, 0, 0},
	{"full", "a full queue takes no more, loses nothing, and goes on", full, 0, 0},
	{"notifications", "3000 at once: in order, none lost", notifications, true, 0},
	{"nothing", "waiting for nothing ends, and nothing is nothing", nothing_comes, 0, 0},
	{"agent-goes", "with commands under way, 20 times: nothing is left", agent_goes, 0, 0},
	{"platform-drops", "its peer, with commands under way: closed() once", platform_drops, 0, 0},
	{"platform-unlistens", "with commands under way: closed() once", platform_unlistens, 0, 0},
	{"platform-dies", "is killed with a full queue: closed() once", platform_dies, 0, true},
};

/* ---- running them ---------------------------------------------------------------------------- */

static bool run(size_t index)
{
	now.failed = now.by_fd = false;
	printf("%-19s %s: ", checks[index].name, checks[index].what);
	if (checks[index].apart && now.one_thread) {
		puts("not for two ends in one thread");
		return true;
	}
	if (start_platform() && open_agent(NULL)) {
		if (checks[index].p2a && !now.limits.p2a)
			fputs("carries none, ", stdout);
		else
			checks[index].check();
	}
	close_agent();
	stop_platform(checks[index].check == platform_unlistens && !now.failed ? 0 : SIGTERM);
	puts(now.failed ? "" : "yes");
	fflush(stdout);
	return !now.failed;
}

/* Do the ends meet between processes? If not, they have to in one thread. */
static bool meets_apart(void)
{
	static const struct scmi_transport_settings none;
	char why[256];
	bool opened;

	if (!start_platform())
		return false;
	opened = !now.transport->agent->open(&now.device, now.address, &none, &callbacks, NULL,
					     &now.limits, why, sizeof(why));
	close_agent();
	stop_platform(SIGKILL);
	return opened;
}

/* All checks, or the one of that name. */
static int check_transport(const char *only)
{
	size_t bad = 0;

	printf("%s: %s\n", now.transport->name,
	       now.transport->about ? now.transport->about : "(nothing about it)");
	if (!now.transport->agent || !now.transport->platform) {
		printf("it has no %s's end: nothing can be checked here\n",
		       now.transport->agent ? "platform" : "agent");
		return 77;
	}
	now.one_thread = !meets_apart();
	now.failed = false;
	printf("the ends are in %s\n", now.one_thread ? "one thread" : "two processes");
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		bad += (!only || !strcmp(only, checks[i].name)) && !run(i);
	return bad ? 1 : 0;
}

static int find_driver(const char *name, struct scmi_driver **driver, char *why, size_t why_size)
{
	struct scmi_loader *loader;
	int error;

	if (strchr(name, '/'))
		return scmi_driver_open(driver, name, why, why_size);
	error = scmi_loader_new(&loader, NULL);
	if (error)
		return error;
	error = scmi_loader_by_name(loader, name, driver, why, why_size);
	scmi_loader_free(loader);
	return error;
}

static int usage(void)
{
	fputs("usage: scmi-transport-test [-a ADDRESS] [-c CHECK] [-p PATIENCE-MS]"
	      " NAME|/PATH/scmi-transport-NAME.so\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	char directory[] = P_tmpdir "/scmi-transport-test-XXXXXX", address[64], why[600] = "";
	struct scmi_driver *driver;
	const char *only = NULL;
	int error, code, option;

	while ((option = getopt(argc, argv, "a:c:p:")) != -1) {
		if (option == 'a')
			now.address = optarg;
		else if (option == 'c')
			only = optarg;
		else if (option == 'p')
			now.patience_ns = strtoul(optarg, NULL, 10) * 1000000u;
		else
			return usage();
	}
	if (optind + 1 != argc)
		return usage();
	error = find_driver(argv[optind], &driver, why, sizeof(why));
	if (error || !mkdtemp(directory)) {
		fprintf(stderr, "scmi-transport-test: %s\n", why[0] ? why : strerror(-error));
		return 2;
	}
	snprintf(address, sizeof(address), "%s/address", directory);
	if (!now.address)
		now.address = address;
	now.transport = scmi_driver_transport(driver);
	code = check_transport(only);
	scmi_driver_put(driver);
	unlink(address);
	if (rmdir(directory))
		fprintf(stderr, "scmi-transport-test: %s is not empty\n", directory);
	return code;
}
