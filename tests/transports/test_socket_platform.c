/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The socket's platform end, against plain sockets. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "transports/builtin.h"

#define NAME "platform.sock"

static int connect_to(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int client(void)
{
	return connect_to(temporary_path(NAME), SOCK_SEQPACKET);
}

/* A message of `size` bytes that begins with `first` and ends with `last`. */
static const uint8_t *message_of(size_t size, uint8_t first, uint8_t last)
{
	static uint8_t message[70000];

	memset(message, 0, sizeof(message));
	if (size) {
		message[0] = first;
		message[size - 1] = last;
	}
	return message;
}

static void send_ok(int fd, size_t size, uint8_t first)
{
	assert_int_equal(send(fd, message_of(size, first, first), size, MSG_NOSIGNAL), size);
}

/* The first byte of the next answer, which has to have this size. */
static int answer_of(int fd, size_t size)
{
	static uint8_t answer[70000];

	assert_int_equal(recv(fd, answer, sizeof(answer), 0), size);
	return answer[0];
}

static bool has_ended(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, 0) == 0;
}

static void two_peers(void **state)
{
	struct host host;
	int a, b;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	a = client();
	b = client();
	host_turn(&host, 4);
	assert_int_equal(host.connected, 2);
	assert_int_equal(host.peers[0].who.pid, getpid());
	assert_int_equal(host.peers[0].who.uid, geteuid());
	assert_int_equal(host.peers[1].who.gid, getegid());

	send_ok(b, 8, 'b');
	send_ok(a, 12, 'a');
	host_turn(&host, 4);
	assert_int_equal(answer_of(a, 12), 'a');
	assert_int_equal(answer_of(b, 8), 'b');
	assert_int_equal(host.peers[0].space, 132);

	/* A message by itself reaches the one it is for. */
	assert_int_equal(host.ops->send(host.peers[1].peer, "NOTE", 4), 0);
	assert_int_equal(host.ops->answer(host.peers[0].peer, 0, "LATE", 4), 0);
	assert_int_equal(answer_of(b, 4), 'N');
	assert_int_equal(answer_of(a, 4), 'L');

	close(a);
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	assert_null(host.peers[0].peer);
	send_ok(b, 8, 'c');
	host_turn(&host, 2);
	assert_int_equal(answer_of(b, 8), 'c');
	host_stop(&host);
	assert_true(has_ended(b));
	close(b);
}

static void every_size_is_handed_over(void **state)
{
	static const struct {
		size_t sent;
		size_t seen;
	} sizes[] = {
		{0, 0},	    {1, 1},	  {3, 3},	  {4, 4},	  {132, 132},
		{133, 133}, {4096, 4096}, {65536, 65536}, {65537, 65537}, {70000, 65537},
	};
	struct host host;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	host.answer_size = 8;
	fd = client();
	host_turn(&host, 2);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		host.peers[0].size = 99;
		assert_int_equal(send(fd, message_of(sizes[i].sent, 0x11, 0x22), sizes[i].sent, 0),
				 sizes[i].sent);
		host_turn(&host, 1);
		assert_int_equal(host.peers[0].commands, i + 1);
		assert_int_equal(host.peers[0].size, sizes[i].seen);
		if (sizes[i].sent > 1) {
			assert_int_equal(host.peers[0].first, 0x11);
			assert_int_equal(host.peers[0].last,
					 sizes[i].seen == sizes[i].sent ? 0x22 : 0);
		}
		answer_of(fd, 8);
	}
	/* An empty message right before the end does not hide what follows it. */
	assert_int_equal(send(fd, "", 0, 0), 0);
	send_ok(fd, 4, 'z');
	close(fd);
	host_turn(&host, 4);
	assert_int_equal(host.peers[0].commands, 12);
	assert_int_equal(host.peers[0].first, 'z');
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void no_answer_sends_nothing(void **state)
{
	struct host host;
	uint8_t byte;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 64, false);
	host.silent = true;
	fd = client();
	host_turn(&host, 2);
	send_ok(fd, 4, 'a');
	host_turn(&host, 2);
	assert_int_equal(host.peers[0].commands, 1);
	assert_int_equal(host.peers[0].space, 64);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(host.ops->send(host.peers[0].peer, message_of(65, 1, 1), 65), -EMSGSIZE);
	assert_int_equal(host.ops->send(host.peers[0].peer, message_of(64, 1, 1), 64), 0);
	answer_of(fd, 64);
	close(fd);
	host_stop(&host);
}

/*
 * Send until the socket is full and the platform no longer takes any. Returns how many were
 * sent.
 */
static unsigned flood(struct host *host, int fd)
{
	unsigned sent = 0;
	uint32_t number;

	for (;;) {
		number = sent;
		if (send(fd, &number, sizeof(number), MSG_NOSIGNAL) < 0) {
			assert_int_equal(errno, EAGAIN);
			host_turn(host, 2000);
			if (send(fd, &number, sizeof(number), MSG_NOSIGNAL) < 0)
				return sent;
		}
		sent++;
	}
}

static void flooding_peer_stops_only_itself(void **state)
{
	uint32_t number, expected = 0;
	unsigned sent, handled;
	struct host host;
	int rude, polite;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	rude = client();
	polite = client();
	host_turn(&host, 4);
	sent = flood(&host, rude);
	handled = host.peers[0].commands;
	assert_true(sent > handled);
	assert_false(host.last_want_read); /* or the loop would be awake all the time */
	host_turn(&host, 100);
	assert_int_equal(host.peers[0].commands, handled);
	/* Nothing that the platform says by itself gets lost without a word. */
	assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), -EAGAIN);
	assert_int_equal(host.peers[0].writable, 0);

	send_ok(polite, 8, 'p');
	host_turn(&host, 2);
	assert_int_equal(answer_of(polite, 8), 'p');

	while (expected < sent) {
		if (recv(rude, &number, sizeof(number), 0) < 0) {
			assert_int_equal(errno, EAGAIN);
			host_turn(&host, 1);
			continue;
		}
		assert_int_equal(number, expected);
		expected++;
	}
	host_turn(&host, 10);
	assert_int_equal(host.peers[0].commands, sent);
	assert_int_equal(host.peers[0].writable, 1);
	assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), 0);
	close(rude);
	close(polite);
	host_stop(&host);
}

static void flooding_peer_that_leaves(void **state)
{
	struct host host;
	unsigned sent;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	fd = client();
	host_turn(&host, 2);
	sent = flood(&host, fd);
	close(fd);
	assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), -EAGAIN);
	host_turn(&host, sent + 10);
	/* What it sent counts, although nobody waits for the answers. */
	assert_int_equal(host.peers[0].commands, sent);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void peer_leaves_without_reading(void **state)
{
	struct host host;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	fd = client();
	host_turn(&host, 2);
	send_ok(fd, 4, 'a');
	host_turn(&host, 2);
	send_ok(fd, 4, 'b');
	send_ok(fd, 4, 'c');
	close(fd);
	host_turn(&host, 4);
	assert_int_equal(host.peers[0].commands, 3);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void fill_and_note(struct host_peer *peer)
{
	int error;

	do {
		error = peer->host->ops->send(peer->peer, "NOTE", 4);
	} while (!error);
	assert_int_equal(error, -EAGAIN);
}

static void notifications_wait_for_room(void **state)
{
	unsigned received = 0;
	struct host host;
	char note[8];
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	fd = client();
	host_turn(&host, 2);
	fill_and_note(&host.peers[0]);
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].writable, 0);
	/* Its commands are still handled; the answer waits for room behind what it does not read. */
	send_ok(fd, 4, 'a');
	assert_true(host.last_want_read);
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].commands, 1);
	assert_false(host.last_want_read);

	host.on_writable = fill_and_note;
	while (recv(fd, note, sizeof(note), 0) == 4 && note[0] == 'N')
		received++;
	assert_true(received > 1);
	host_turn(&host, 2);
	assert_int_equal(host.peers[0].writable, 1);
	assert_int_equal(answer_of(fd, 4), 'a');
	assert_int_equal(answer_of(fd, 4), 'N');

	host.on_writable = NULL;
	host.drop_in_writable = true;
	while (recv(fd, note, sizeof(note), 0) == 4)
		received++;
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	assert_true(has_ended(fd));
	close(fd);
	host_stop(&host);
}

static void killed_peer(void **state)
{
	struct host host;
	int status, other;
	pid_t child;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	other = client();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd = client();

		send_ok(fd, 8, 'k');
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	host_turn(&host, 8);
	assert_int_equal(host.connected, 2);
	assert_int_equal(host.disconnected, 1);
	assert_int_equal(host.peers[1].commands, 1);
	assert_int_equal(host.peers[1].who.pid, child);
	send_ok(other, 8, 'o');
	host_turn(&host, 2);
	assert_int_equal(answer_of(other, 8), 'o');
	close(other);
	host_stop(&host);
}

static void send_to_peer_that_left(void **state)
{
	struct host host;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	fd = client();
	host_turn(&host, 2);
	close(fd);
	/* Not told by a callback from within send(), and no SIGPIPE. */
	assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), -ENODEV);
	assert_int_equal(host.disconnected, 0);
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void refused_peer(void **state)
{
	struct host host;
	int fd;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	host.refuse = true;
	fd = client();
	host_turn(&host, 2);
	assert_true(has_ended(fd));
	close(fd);
	host.refuse = false;
	fd = client();
	host_turn(&host, 2);
	assert_int_equal(host.connected, 1);
	close(fd);
	host_stop(&host);
}

static void drop_other(struct host_peer *peer)
{
	peer->host->ops->disconnect(peer->host->peers[1].peer);
	peer->host->on_command = NULL;
}

static void disconnect_in_command(void **state)
{
	struct host host;
	int a, b;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	a = client();
	b = client();
	host_turn(&host, 4);
	/* Both are ready in one turn; handling the first drops the second. */
	host.on_command = drop_other;
	send_ok(a, 4, 'a');
	send_ok(b, 4, 'b');
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	assert_int_equal(host.peers[1].commands, 0);
	assert_int_equal(answer_of(a, 4), 'a');
	host.drop_in_command = true;
	send_ok(a, 4, 'a');
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 2);
	assert_true(has_ended(a));
	close(a);
	close(b);
	host_stop(&host);
}

static void no_descriptor_left(void **state)
{
	struct rlimit before, now;
	struct host host;
	int first, late, highest;

	(void)state;
	host_listen(&host, &scmi_transport_socket, temporary_path(NAME), 0, 0, false);
	first = client();
	host_turn(&host, 2);
	late = client();
	highest = dup(late);
	close(highest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)highest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);

	host_turn(&host, 1);
	assert_int_equal(host.connected, 1);
	/*
	 * Not looked at for a while, so that it cannot keep the loop awake; the others are
	 * served.
	 */
	assert_false(host.first_fd_watched);
	send_ok(first, 8, 'f');
	host_turn(&host, 2);
	assert_int_equal(answer_of(first, 8), 'f');
	/* Still none when it is looked at again. */
	while (!host.first_fd_watched)
		assert_int_equal(scmi_loop_turn(host.loop, SCMI_NEVER), 0);
	host_turn(&host, 1);
	assert_false(host.first_fd_watched);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	while (host.connected < 2)
		assert_int_equal(scmi_loop_turn(host.loop, SCMI_NEVER), 0);
	send_ok(late, 8, 'l');
	host_turn(&host, 2);
	assert_int_equal(answer_of(late, 8), 'l');
	close(first);
	close(late);
	host_stop(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_peers),
		cmocka_unit_test(every_size_is_handed_over),
		cmocka_unit_test(no_answer_sends_nothing),
		cmocka_unit_test(flooding_peer_stops_only_itself),
		cmocka_unit_test(flooding_peer_that_leaves),
		cmocka_unit_test(peer_leaves_without_reading),
		cmocka_unit_test(notifications_wait_for_room),
		cmocka_unit_test(killed_peer),
		cmocka_unit_test(send_to_peer_that_left),
		cmocka_unit_test(refused_peer),
		cmocka_unit_test(disconnect_in_command),
		cmocka_unit_test(no_descriptor_left),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	temporary_remove();
	return failed;
}
