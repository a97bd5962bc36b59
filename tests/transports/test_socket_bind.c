/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The socket file: mode, abandoned and live ones, giving it up. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"
#include "transports/builtin.h"

#define NAME "bind.sock"

/* A socket file of this type, bound and, if asked for, listened on. Returns the descriptor. */
static int plain_socket(const char *path, int type, bool listening)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static bool exists(const char *path)
{
	struct stat file;

	return lstat(path, &file) == 0;
}

static void expect_listen_error(const char *path, int error, const char *words)
{
	char why[256] = "";
	struct host host;

	assert_int_equal(
		host_try_listen(&host, &scmi_transport_socket, path, 0, 0, why, sizeof(why)),
		error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void mode_is_as_asked(void **state)
{
	static const uint32_t modes[] = {0600, 0660, 0666, 0777, 0622};
	const mode_t mask = umask(027);
	struct stat file;
	struct host host;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		host_listen(&host, &scmi_transport_socket, temporary_path(NAME), modes[i], 0,
			    false);
		assert_int_equal(stat(temporary_path(NAME), &file), 0);
		assert_int_equal(file.st_mode & 07777, modes[i]);
		host_stop(&host);
	}
	/* 0: as the umask says, which nobody has changed. */
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	assert_int_equal(stat(temporary_path(NAME), &file), 0);
	assert_int_equal(file.st_mode & 07777, 0750);
	host_stop(&host);
	assert_int_equal(umask(mask), 027);
}

static void abandoned_socket_is_replaced(void **state)
{
	struct host host;
	struct told told;

	(void)state;
	close(plain_socket(temporary_path(NAME), SOCK_SEQPACKET, true));
	assert_true(exists(temporary_path(NAME)));
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	scmi_transport_socket.agent->close(
		told_open(&scmi_transport_socket, &told, temporary_path(NAME), NULL));
	host_turn(&host, 3);
	assert_int_equal(host.connected, 1);
	host_stop(&host);
}

static void live_socket_is_left_alone(void **state)
{
	struct host host;
	struct told told;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	expect_listen_error(temporary_path(NAME), -EADDRINUSE, "another process is listening on");
	/* It still works. */
	scmi_transport_socket.agent->close(
		told_open(&scmi_transport_socket, &told, temporary_path(NAME), NULL));
	host_stop(&host);

	/* Of another kind. */
	fd = plain_socket(temporary_path(NAME), SOCK_STREAM, true);
	expect_listen_error(temporary_path(NAME), -EADDRINUSE, "another process is listening on");
	close(fd);
	unlink(temporary_path(NAME));
}

static void other_files_are_left_alone(void **state)
{
	int fd = open(temporary_path("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	expect_listen_error(temporary_path("file"), -EEXIST, "is not a socket");
	assert_true(exists(temporary_path("file")));

	assert_int_equal(symlink("nowhere", temporary_path("link")), 0);
	expect_listen_error(temporary_path("link"), -EEXIST, "is not a socket");
	assert_true(exists(temporary_path("link")));
}

static void impossible_paths(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_listen_error(path, -ENAMETOOLONG, "at most 107 characters, this one has 199");
	expect_listen_error("", -EINVAL, "missing");
	expect_listen_error(temporary_path("no/such.sock"), -ENOENT, "directory");
}

static void only_its_own_file_is_removed(void **state)
{
	struct host host;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	host_stop(&host);
	assert_false(exists(temporary_path(NAME)));

	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	assert_int_equal(unlink(temporary_path(NAME)), 0);
	fd = plain_socket(temporary_path(NAME), SOCK_SEQPACKET, true);
	host_stop(&host);
	assert_true(exists(temporary_path(NAME)));
	close(fd);
	unlink(temporary_path(NAME));

	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	assert_int_equal(unlink(temporary_path(NAME)), 0);
	host_stop(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_is_as_asked),
		cmocka_unit_test(abandoned_socket_is_replaced),
		cmocka_unit_test(live_socket_is_left_alone),
		cmocka_unit_test(other_files_are_left_alone),
		cmocka_unit_test(impossible_paths),
		cmocka_unit_test(only_its_own_file_is_removed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	temporary_remove();
	return failed;
}
