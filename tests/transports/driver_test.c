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

#include "driver_test.h"
#include "host/monotonic.h"

#define STEP_NS 50000000u

struct driver_test now = {.patience_ns = 20000000000u};

void wrong(const char *format, ...)
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
	now.answered++;
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

/* The next platform knows nothing of what was sent to the one before. */
static void on_lost(void *ctx)
{
	(void)ctx;
	if (now.closed)
		wrong("lost() was called after closed()");
	memset(now.sent, 0, sizeof(now.sent));
	now.out = now.sequence = now.notifications = 0;
	now.lost++;
}

static const struct scmi_transport_agent_callbacks callbacks = {
	.size = sizeof(callbacks),
	.receive = on_receive,
	.closed = on_closed,
};

static const struct scmi_transport_agent_callbacks callbacks_with_lost = {
	.size = sizeof(callbacks_with_lost),
	.receive = on_receive,
	.closed = on_closed,
	.lost = on_lost,
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

bool start_platform(void)
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

void stop_platform(int how)
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
	now.out = now.sequence = now.notifications = now.closed = now.lost = now.answered = 0;
}

bool open_agent(const struct scmi_transport_settings *settings)
{
	static const struct scmi_transport_settings none;
	char why[256] = "";
	int error;

	forget();
	now.device = NULL;
	error = now.transport->agent->open(&now.device, now.address, settings ? settings : &none,
					   now.hears_lost ? &callbacks_with_lost : &callbacks, NULL,
					   &now.limits, why, sizeof(why));
	if (error)
		wrong("open: %s: %s", strerror(-error), why);
	return !error;
}

void close_agent(void)
{
	if (now.device)
		now.transport->agent->close(now.device);
	now.device = NULL;
}

void step(void)
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

uint64_t patience_ns(void)
{
	return scmi_monotonic_ns() + now.patience_ns;
}

int command(enum action action, uint32_t argument, size_t size)
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

bool answers(unsigned out)
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

bool must(enum action action, uint32_t argument, size_t size)
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

bool ask(enum action action, uint32_t argument)
{
	return must(action, argument, MESSAGE_SIZE_MIN) && answers(0);
}

size_t size_max(void)
{
	size_t size = now.limits.message_size_max < now.transport->limits.message_size_max
			      ? now.limits.message_size_max
			      : now.transport->limits.message_size_max;

	return size < SIZE_MAX_TESTED ? size : SIZE_MAX_TESTED;
}

unsigned at_a_time(void)
{
	return now.limits.messages_max < 256 ? now.limits.messages_max : 256;
}

/* ---- running them ---------------------------------------------------------------------------- */

static bool run(const struct check *check)
{
	now.failed = now.by_fd = now.hears_lost = false;
	printf("%-19s %s: ", check->name, check->what);
	if (check->apart && now.one_thread) {
		puts("not for two ends in one thread");
		return true;
	}
	if (start_platform() && open_agent(NULL)) {
		if (check->p2a && !now.limits.p2a)
			fputs("carries none, ", stdout);
		else
			check->check();
	}
	close_agent();
	stop_platform(check->ends && !now.failed ? 0 : SIGTERM);
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
	for (const struct check *check = checks; check->name; check++)
		bad += (!only || !strcmp(only, check->name)) && !run(check);
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
