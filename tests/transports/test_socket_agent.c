/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The socket's agent end, against a plain socket and against the platform end. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "host/monotonic.h"
#include "transports/builtin.h"

#define NAME	  "agent.sock"
#define NS_PER_MS 1000000u

static const struct scmi_transport_agent_ops *agent;

static int listener(int type, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", temporary_path(NAME));
	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A connection to a plain socket: what the platform's end is in most tests here. */
struct pair {
	struct scmi_transport_device *device;
	struct told told;
	int platform;
};

static void connect_pair(struct pair *pair, const struct scmi_transport_settings *settings)
{
	int fd = listener(SOCK_SEQPACKET, 1);

	pair->device =
		told_open(&scmi_transport_socket, &pair->told, temporary_path(NAME), settings);
	pair->platform = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(pair->platform >= 0);
	close(fd);
}

static void expect_open_error(const char *path, int error, const char *words)
{
	const struct scmi_transport_settings settings = {.response_timeout_ms = 20};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	char why[256] = "";
	struct told told;

	assert_int_equal(agent->open(&device, path, &settings, &told_callbacks, &told, &limits, why,
				     sizeof(why)),
			 error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void why_it_does_not_open(void **state)
{
	char path[200];
	int fd;

	(void)state;
	expect_open_error(temporary_path("none.sock"), -ENOENT, "is scmid running?");
	expect_open_error("", -EINVAL, "missing");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_open_error(path, -ENAMETOOLONG, "at most 107 characters");

	fd = open(temporary_path("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	expect_open_error(temporary_path("file"), -ENOTSOCK, "is not a socket");

	close(listener(SOCK_SEQPACKET, 1));
	expect_open_error(temporary_path(NAME), -ECONNREFUSED, "no scmid is listening");

	fd = listener(SOCK_STREAM, 1);
	expect_open_error(temporary_path(NAME), -EPROTOTYPE, "another kind of socket");
	close(fd);
}

static void no_permission(void **state)
{
	int fd = listener(SOCK_SEQPACKET, 1);
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(chmod(temporary_directory(), 0755), 0);
	assert_int_equal(chmod(temporary_path(NAME), 0), 0);
	child = fork();
	if (child == 0) {
		struct scmi_transport_settings settings = {0};
		struct scmi_transport_limits limits;
		struct scmi_transport_device *device;
		char why[256];

		if (geteuid() == 0 && setuid(65534))
			_exit(2);
		_exit(agent->open(&device, temporary_path(NAME), &settings, &told_callbacks, NULL,
				  &limits, why, sizeof(why)) == -EACCES &&
				      strstr(why, "no permission")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
}

static void full_backlog_has_a_limit(void **state)
{
	int fd = listener(SOCK_SEQPACKET, 0);
	struct told told;
	struct scmi_transport_device *first;

	(void)state;
	first = told_open(&scmi_transport_socket, &told, temporary_path(NAME), NULL);
	expect_open_error(temporary_path(NAME), -ETIMEDOUT, "does not accept connections");
	agent->close(first);
	close(fd);
}

static void limits_in_force(void **state)
{
	const struct scmi_transport_settings settings = {
		.response_timeout_ms = 77,
		.messages_max = 3,
		.message_size_max = 64,
	};
	const struct scmi_transport_settings too_large = {.message_size_max = 65537};
	const struct scmi_transport_settings none = {0};
	struct scmi_transport_limits limits;
	struct scmi_transport_device *device;
	int fd = listener(SOCK_SEQPACKET, 4);
	char why[256];
	struct told told;

	(void)state;
	assert_int_equal(agent->open(&device, temporary_path(NAME), &settings, &told_callbacks,
				     &told, &limits, NULL, 0),
			 0);
	assert_int_equal(limits.response_timeout_ms, 77);
	assert_int_equal(limits.messages_max, 3);
	assert_int_equal(limits.message_size_max, 64);
	assert_true(limits.p2a);
	assert_int_equal(agent->send(device, told.message, 65), -EMSGSIZE);
	assert_int_equal(agent->send(device, told.message, 64), 0);
	agent->close(device);
	assert_int_equal(agent->open(&device, temporary_path(NAME), &none, &told_callbacks, &told,
				     &limits, NULL, 0),
			 0);
	assert_memory_equal(&limits, &scmi_transport_socket.limits, sizeof(limits));
	agent->close(device);
	assert_int_equal(agent->open(&device, temporary_path(NAME), &too_large, &told_callbacks,
				     &told, &limits, why, sizeof(why)),
			 -EINVAL);
	close(fd);
}

static void both_ends(void **state)
{
	struct scmi_transport_device *device;
	struct pollfd readable;
	struct host host;
	struct told told;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	device = told_open(&scmi_transport_socket, &told, temporary_path(NAME), NULL);
	readable.fd = agent->fd(device);
	readable.events = POLLIN;
	assert_int_equal(agent->dispatch(device), 0);
	assert_int_equal(told.received, 0);
	assert_int_equal(agent->send(device, "COMMAND.", 8), 0);
	assert_int_equal(poll(&readable, 1, 0), 0);
	host_turn(&host, 3);
	assert_int_equal(poll(&readable, 1, 0), 1);
	assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
	assert_int_equal(told.received, 1);
	assert_int_equal(told.size, 8);
	assert_memory_equal(told.message, "COMMAND.", 8);

	/* dispatch() takes all that is there, wait() one at a time. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), 0);
	assert_int_equal(agent->wait(device, 1000u * NS_PER_MS), 0);
	assert_int_equal(told.received, 2);
	assert_int_equal(agent->dispatch(device), 0);
	assert_int_equal(told.received, 6);
	agent->close(device);
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void wait_keeps_its_time(void **state)
{
	const struct scmi_transport_settings settings = {.response_timeout_ms = 20};
	static const uint64_t timeouts_ns[] = {
		0, 3 * NS_PER_MS, 20 * NS_PER_MS, 20 * NS_PER_MS - 1000, 30 * NS_PER_MS,
	};
	uint64_t start_ns;
	struct pair pair;

	(void)state;
	connect_pair(&pair, &settings);
	for (size_t i = 0; i < sizeof(timeouts_ns) / sizeof(timeouts_ns[0]); i++) {
		start_ns = scmi_monotonic_ns();
		assert_int_equal(agent->wait(pair.device, timeouts_ns[i]), -ETIMEDOUT);
		assert_true(scmi_monotonic_ns() - start_ns >= timeouts_ns[i]);
	}
	/* Something that is there is handed over, whichever way it waits. */
	for (size_t i = 0; i < sizeof(timeouts_ns) / sizeof(timeouts_ns[0]); i++) {
		assert_int_equal(send(pair.platform, "ANSWER", 6, 0), 6);
		assert_int_equal(agent->wait(pair.device, timeouts_ns[i]), 0);
		assert_int_equal(pair.told.received, i + 1);
	}
	agent->close(pair.device);
	close(pair.platform);
}

static void messages_of_odd_sizes(void **state)
{
	static const uint8_t message[8192] = {1, 2, 3};
	const struct scmi_transport_settings settings = {.message_size_max = 4000};
	struct pair pair;

	(void)state;
	connect_pair(&pair, &settings);
	assert_int_equal(send(pair.platform, message, 4000, 0), 4000);
	assert_int_equal(agent->dispatch(pair.device), 0);
	assert_int_equal(pair.told.size, 4000);
	/* One that is too long can be told from one that fits. */
	assert_int_equal(send(pair.platform, message, 8192, 0), 8192);
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	assert_int_equal(pair.told.size, 4001);
	assert_int_equal(pair.told.message[2], 3);
	/* An empty one is not the end. */
	assert_int_equal(send(pair.platform, message, 0, 0), 0);
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	assert_int_equal(pair.told.size, 0);
	assert_int_equal(pair.told.received, 3);
	assert_int_equal(pair.told.closed, 0);
	agent->close(pair.device);
	close(pair.platform);
}

static void platform_goes(void **state)
{
	struct pair pair;

	(void)state;
	for (int waiting = 0; waiting < 2; waiting++) {
		connect_pair(&pair, NULL);
		/* It leaves with a command unread, and two answers under way. */
		assert_int_equal(agent->send(pair.device, "UNREAD", 6), 0);
		assert_int_equal(send(pair.platform, "ONE", 3, 0), 3);
		assert_int_equal(send(pair.platform, "TWO", 3, 0), 3);
		close(pair.platform);
		if (waiting) {
			assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
			assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
			assert_int_equal(agent->wait(pair.device, SCMI_NEVER), -ENODEV);
		} else {
			assert_int_equal(agent->dispatch(pair.device), -ENODEV);
		}
		assert_int_equal(pair.told.received, 2);
		assert_int_equal(pair.told.closed, 1);
		assert_int_equal(pair.told.error, -ENODEV);
		assert_int_equal(agent->dispatch(pair.device), -ENODEV);
		assert_int_equal(agent->wait(pair.device, 0), -ENODEV);
		assert_int_equal(agent->send(pair.device, "LATE", 4), -ENODEV);
		assert_int_equal(pair.told.closed, 1);
		agent->close(pair.device);
	}
}

static void sending_to_a_platform_that_left(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair, NULL);
	assert_int_equal(send(pair.platform, "ONE", 3, 0), 3);
	close(pair.platform);
	/* Not told from within send(), and what had arrived comes first. */
	assert_int_equal(agent->send(pair.device, "LATE", 4), -ENODEV);
	assert_int_equal(pair.told.closed, 0);
	assert_int_equal(agent->dispatch(pair.device), -ENODEV);
	assert_int_equal(pair.told.received, 1);
	assert_int_equal(pair.told.closed, 1);
	agent->close(pair.device);
}

static void full_socket(void **state)
{
	unsigned sent = 0;
	struct pair pair;
	char message[16];

	(void)state;
	connect_pair(&pair, NULL);
	while (agent->send(pair.device, "COMMAND.", 8) == 0)
		sent++;
	assert_int_equal(agent->send(pair.device, "COMMAND.", 8), -EAGAIN);
	for (unsigned i = 0; i < sent; i++)
		assert_int_equal(recv(pair.platform, message, sizeof(message), 0), 8);
	assert_int_equal(recv(pair.platform, message, sizeof(message), 0), -1);
	assert_int_equal(agent->send(pair.device, "COMMAND.", 8), 0);
	agent->close(pair.device);
	close(pair.platform);
}

static void on_signal(int number)
{
	(void)number;
}

static void signal_ends_a_wait(void **state)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct pair pair;
	pid_t child;
	int status;

	(void)state;
	connect_pair(&pair, NULL);
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	child = fork();
	if (child == 0) {
		/* Until the parent stops it: one of these comes while it waits. */
		for (;;) {
			kill(getppid(), SIGUSR1);
			poll(NULL, 0, 1);
		}
	}
	assert_int_equal(agent->wait(pair.device, SCMI_NEVER), 0);
	assert_int_equal(pair.told.received, 0);
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) != child)
		continue;
	agent->close(pair.device);
	close(pair.platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_it_does_not_open),
		cmocka_unit_test(no_permission),
		cmocka_unit_test(full_backlog_has_a_limit),
		cmocka_unit_test(limits_in_force),
		cmocka_unit_test(both_ends),
		cmocka_unit_test(wait_keeps_its_time),
		cmocka_unit_test(messages_of_odd_sizes),
		cmocka_unit_test(platform_goes),
		cmocka_unit_test(sending_to_a_platform_that_left),
		cmocka_unit_test(full_socket),
		cmocka_unit_test(signal_ends_a_wait),
	};
	int failed;

	agent = scmi_transport_socket.agent;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	temporary_remove();
	return failed;
}
