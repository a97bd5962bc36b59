/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pipe transport: its stream, byte for byte. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "transports/builtin.h"

/* A platform that reads from a FIFO of ours; its answers go to the file "out" or nowhere. */
static void listen_on_fifo(struct host *host, int *to_platform, bool output)
{
	char address[600];

	unlink(temporary_path("in"));
	assert_int_equal(mkfifo(temporary_path("in"), 0600), 0);
	/* For both directions, or the platform's open() would wait for a writer. */
	*to_platform = open(temporary_path("in"), O_RDWR | O_CLOEXEC);
	assert_true(*to_platform >= 0);
	snprintf(address, sizeof(address), "%s%s%s", temporary_path("in"), output ? "," : "",
		 output ? temporary_path("out") : "");
	host_listen(host, &scmi_transport_pipe, address, 0, 0, false);
}

static void put(int fd, const void *bytes, size_t size)
{
	assert_int_equal(write(fd, bytes, size), size);
}

static size_t read_file(const char *path, void *to, size_t space)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	assert_true(fd >= 0);
	size = read(fd, to, space);
	assert_true(size >= 0);
	close(fd);
	return (size_t)size;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	put(fd, bytes, size);
	close(fd);
}

static void answers_and_notifications(void **state)
{
	static const char expected[] = "\4\0\0\0ABCD"
				       "\4\0\0\0NOTE"
				       "\6\0\0\0abcdef"
				       "\4\0\0\0LATE";
	struct host host;
	char output[100];
	int fd;

	(void)state;
	listen_on_fifo(&host, &fd, true);
	host_turn(&host, 1);
	assert_int_equal(host.connected, 0);
	put(fd, "\4\0\0\0ABCD", 8);
	host_turn(&host, 1);
	assert_int_equal(host.connected, 1);
	assert_int_equal(host.peers[0].who.uid, -1);
	assert_int_equal(host.peers[0].commands, 1);
	assert_int_equal(host.peers[0].space, 132);
	assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), 0);
	put(fd, "\6\0\0\0abcdef", 10);
	host_turn(&host, 1);
	assert_int_equal(host.ops->answer(host.peers[0].peer, 0, "LATE", 4), 0);
	assert_int_equal(host.ops->send(host.peers[0].peer, output, 133), -EMSGSIZE);
	assert_int_equal(read_file(temporary_path("out"), output, sizeof(output)),
			 sizeof(expected) - 1);
	assert_memory_equal(output, expected, sizeof(expected) - 1);
	close(fd);
	host_stop(&host);
}

static void any_split(void **state)
{
	static const char stream[] = "\4\0\0\0ABCD"
				     "\0\0\0\0"
				     "\1\0\0\0x"
				     "\10\0\0\0abcdefgh";
	static const unsigned commands_after[] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
						  2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4};
	struct host host;
	int fd;

	(void)state;
	/* A byte at a time, then all at once. */
	listen_on_fifo(&host, &fd, false);
	for (size_t i = 0; i < sizeof(stream) - 1; i++) {
		put(fd, &stream[i], 1);
		host_turn(&host, 1);
		assert_int_equal(host.peers[0].commands, commands_after[i]);
	}
	assert_int_equal(host.peers[0].size, 8);
	put(fd, stream, sizeof(stream) - 1);
	host_turn(&host, 1);
	assert_int_equal(host.peers[0].commands, 8);
	assert_int_equal(host.peers[0].last, 'h');
	close(fd);
	host_stop(&host);
}

static void too_long(void **state)
{
	static uint8_t stream[4 + 200000 + 8 + 4 + 65536 + 8 + 6];
	static const struct {
		unsigned commands;
		size_t size;
		uint8_t first;
	} expected = {4, 4, 'd'};
	uint8_t *at = stream;
	struct host host;

	(void)state;
	memcpy(at, "\x40\x0d\x03\0a", 5); /* 200000 bytes */
	at += 4 + 200000;
	memcpy(at, "\4\0\0\0bbbb", 8);
	at += 8;
	memcpy(at, "\0\0\1\0c", 5); /* 65536: the longest that is handed over whole */
	at += 4 + 65536;
	memcpy(at, "\4\0\0\0dddd", 8);
	memcpy(at + 8, "\4\0\0\0ee", 6); /* cut off by the end */

	write_file(temporary_path("file"), stream, sizeof(stream));
	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host_turn(&host, 20);
	assert_int_equal(host.connected, 1);
	assert_int_equal(host.peers[0].commands, expected.commands);
	assert_int_equal(host.peers[0].size, expected.size);
	assert_int_equal(host.peers[0].first, expected.first);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);

	/* A size that nothing follows. */
	write_file(temporary_path("file"), "\xff\xff\xff\xff....", 8);
	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].commands, 0);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void check_cut(struct host_peer *peer)
{
	assert_int_equal(peer->size, 65537);
	peer->host->on_command = NULL;
}

static void too_long_is_seen_to_be(void **state)
{
	static uint8_t stream[4 + 70000 + 8];
	struct host host;

	(void)state;
	memcpy(stream, "\x70\x11\x01\0a", 5);
	memcpy(stream + 4 + 70000, "\4\0\0\0bbbb", 8);
	write_file(temporary_path("file"), stream, sizeof(stream));
	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host.on_command = check_cut;
	host_turn(&host, 10);
	assert_int_equal(host.peers[0].commands, 2);
	assert_int_equal(host.peers[0].first, 'b');
	host_stop(&host);
}

static void platform_drops(void **state)
{
	struct host host;

	(void)state;
	write_file(temporary_path("file"), "\4\0\0\0aaaa\4\0\0\0bbbb", 16);
	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host.drop_in_command = true;
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].commands, 1);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);

	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host.refuse = true;
	host_turn(&host, 5);
	assert_int_equal(host.connected, 0);
	host_stop(&host);

	/* Before anything was read. */
	host_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0, 0, false);
	host_stop(&host);
}

static void reader_of_the_output_goes(void **state)
{
	struct host host;
	char address[600];
	int reader;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	write_file(temporary_path("file"), "\4\0\0\0aaaa\4\0\0\0bbbb", 16);
	unlink(temporary_path("out"));
	assert_int_equal(mkfifo(temporary_path("out"), 0600), 0);
	reader = open(temporary_path("out"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	snprintf(address, sizeof(address), "%s,%s", temporary_path("file"), temporary_path("out"));
	host_listen(&host, &scmi_transport_pipe, address, 0, 0, false);
	close(reader);
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].commands, 1);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void bad_addresses(void **state)
{
	char address[600], why[256] = "";
	struct host host;

	(void)state;
	assert_int_equal(host_try_listen(&host, &scmi_transport_pipe, temporary_path("none"), 0, 0,
					 why, sizeof(why)),
			 -ENOENT);
	assert_non_null(strstr(why, "cannot read"));
	write_file(temporary_path("file"), "", 0);
	snprintf(address, sizeof(address), "%s,%s", temporary_path("file"),
		 temporary_path("no/such"));
	assert_int_equal(
		host_try_listen(&host, &scmi_transport_pipe, address, 0, 0, why, sizeof(why)),
		-ENOENT);
	assert_non_null(strstr(why, "cannot write"));
	assert_int_equal(host_try_listen(&host, &scmi_transport_pipe, temporary_path("file"), 0,
					 65537, why, sizeof(why)),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_and_notifications),
		cmocka_unit_test(any_split),
		cmocka_unit_test(too_long),
		cmocka_unit_test(too_long_is_seen_to_be),
		cmocka_unit_test(platform_drops),
		cmocka_unit_test(reader_of_the_output_goes),
		cmocka_unit_test(bad_addresses),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	temporary_remove();
	return failed;
}
