// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the virtio back end with a front end that says what it likes, in any order: requests with wrong sizes, flags,
 * rings and descriptors, memory that overlaps, wraps or goes away, rings with anything in them. Whatever happens, the
 * driver keeps its contract with the host, nothing is left over, the next front end is served, and the one of
 * another device does not notice.
 */
#define _GNU_SOURCE

#include "reached.h"
#include "vhost_say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX 120

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
	REFUSED = REQUESTS,
	HUNG_UP, COMMAND, LATE, EVENT, ROOM, RESET, CARRIES, BROKEN, LOST, TURNED_AWAY,
	REFUSED_BY_HOST, HOST_HUNG_UP, FULL, CALLED, CALLED_BY_MESSAGE, NO_MEMORY, REDONE, RESUMED, BYSTANDER, SERVED,
	MARKS
};

static const char *names[MARKS] = {
	"get-features", "set-features", "set-owner", "reset-owner", "set-mem-table",
	"set-vring-num", "set-vring-addr", "set-vring-base", "get-vring-base", "set-vring-kick",
	"set-vring-call", "set-vring-err", "get-protocol-features", "set-protocol-features",
	"get-queue-num", "set-vring-enable", "set-backend-req-fd", "reset-device", "vring-kick",
	"get-max-mem-slots", "add-mem-reg", "rem-mem-reg", "set-status", "get-status",
	"get-inflight-fd", "set-inflight-fd",
	[REFUSED] = "refused", [HUNG_UP] = "hung-up", [COMMAND] = "command", [LATE] = "late",
	[EVENT] = "event", [ROOM] = "room", [RESET] = "reset", [CARRIES] = "carries",
	[BROKEN] = "broken", [LOST] = "lost", [TURNED_AWAY] = "turned-away",
	[REFUSED_BY_HOST] = "refused-by-host", [HOST_HUNG_UP] = "host-hung-up", [FULL] = "full",
	[CALLED] = "called", [CALLED_BY_MESSAGE] = "called-by-message", [NO_MEMORY] = "no-memory",
	[REDONE] = "redone", [RESUMED] = "resumed", [BYSTANDER] = "bystander", [SERVED] = "served",
};

struct input in;
struct host host;
struct front front;
static struct host bystanders_host;
static struct front bystander;
static bool fresh; /* the front end has said nothing yet */

static void answered(uint32_t request, bool good)
{
	/* What is not spoken here is not in it. */
	const uint8_t *which = memchr(requests, (int)request, REQUESTS);

	reached(good && which ? (size_t)(which - requests) : REFUSED);
}

/* ---- everything else ------------------------------------------------------------------------------ */

static void leave(uint8_t what)
{
	if (front.fd >= 0 && what & 0x10)
		shutdown(front.fd, what & 0x20 ? SHUT_WR : SHUT_RD);
	else
		front_close(&front);
}

/* The front end goes, and the device is free. */
static void go(void)
{
	front_close(&front);
	host_settle();
	/* One that waits for its last answers before it reads on may have its own end in what is unread. */
	while (host.peer && host.pending_count) {
		host_answer(&host);
		host_settle();
	}
	vhost_check(!host.peer);
}

static void arrive(void)
{
	go();
	front_refresh(&front);
	front_connect(&front);
	front.answered = answered;
	fresh = true;
}

/* What a device may have left in the record: commands under way, one given back and not noted, anything. */
static void write_record(uint8_t what)
{
	const uint64_t last = (what & 7) == 7 ? FRONT_RECORD_BEYOND : what & 7;
	const uint64_t start[2] = {0, 1ull | (uint64_t)FRONT_NUM << 16 | last << 32 |
					   (uint64_t)(uint16_t)-(what >> 3 & 1) << 48};
	uint64_t entry[2] = {1, 0};
	uint64_t spoilt;

	for (uint16_t head = 0; head < 2u * (what >> 4 & 3); head += 2) {
		entry[1] = input_u8(&in);
		vhost_check(pwrite(front.record, entry, sizeof(entry), 16 + 16 * head) == sizeof(entry));
	}
	vhost_check(pwrite(front.record, start, sizeof(start), 0) == sizeof(start));
	while (what >= 0xc0) {
		spoilt = wide();
		what = input_u8(&in);
		vhost_check(pwrite(front.record, &spoilt, sizeof(spoilt), 8 * what) == sizeof(spoilt));
	}
}

/* What the device before may have kept of the connection, or somebody else has put there. */
static void write_session(void)
{
	uint32_t start[2] = {0x01736d63, input_word(&in)};
	uint32_t size = input_word(&in);

	vhost_check(pwrite(front.record, start, sizeof(start), FRONT_RECORD_SESSION) == sizeof(start));
	for (uint32_t i = 0; i < 2; i++)
		vhost_check(pwrite(front.record, &size, sizeof(size),
				   FRONT_RECORD_SESSION + 64 + i * FRONT_SESSION_SPACE) == sizeof(size));
}

/* All commands are given back, and the record says so. */
static void check_record(void)
{
	uint16_t start[8], entry[8], used = 0;

	vhost_check(front_get(&front, front.rings[0].base + FRONT_USED + 2, &used, sizeof(used)));
	vhost_check(pread(front.record, start, sizeof(start), 0) == sizeof(start));
	vhost_check(start[7] == used);
	for (uint16_t head = 0; head < FRONT_NUM; head++) {
		vhost_check(pread(front.record, entry, sizeof(entry), 16 + 16 * head) == sizeof(entry));
		vhost_check(!entry[0]);
	}
}

/* With a record of all the commands that were made available. */
static void session_with_record(void)
{
	struct front_request request;
	uint8_t what = input_u8(&in);
	uint16_t taken = what >> 4 & 3;
	uint32_t before;

	front_session(&front, FRONT_SESSION_RECORD);
	for (uint16_t head = 0; head < 2 * taken; head += 2)
		front_command(&front, head, head & 2);
	write_record(what);
	if (what & 0x40)
		write_session();
	if (front.fd < 0)
		return;
	front_request(&front, &request, VHOST_USER_SET_INFLIGHT_FD, 0);
	front_send(&front, &request);
	host_settle();
	before = host.commands;
	front_session_rest(&front);
	host_settle();
	if (host.commands == before)
		return;
	reached(REDONE);
	if (fresh && what < 0xc0 && host.manner == HOST_NOW)
		check_record();
}

/* Up to some request, without events, with calls by message, or just right. */
static void session(uint8_t how)
{
	const uint64_t without = VHOST_USER_RING_NO_FD;
	struct front_request request;

	if (how == 3) {
		session_with_record();
		fresh = false;
		return;
	}
	fresh = false;
	if (how == 1)
		front.features ^= VIRTIO_SCMI_F_P2A_CHANNELS;
	front_session(&front, how == 0 ? input_u8(&in) : FRONT_SESSION);
	if (how == 2 && front.fd >= 0) {
		front_request(&front, &request, VHOST_USER_SET_BACKEND_REQ_FD, 0);
		front_send(&front, &request);
		front_request(&front, &request, VHOST_USER_SET_VRING_CALL, 0);
		memcpy(request.payload, &without, sizeof(without));
		request.fd_count = 0;
		front_send(&front, &request);
	}
}

/* Somebody else at the same socket: turned away, unless what the first has said just ends it. */
static void second(void)
{
	static struct front other;

	if (!host.peer)
		return;
	other.host = &host;
	front_connect(&other);
	host_settle();
	front_take(&other);
	if (host.peer) {
		front_take(&front);
		vhost_check(other.hung_up == (front.fd >= 0 && !front.hung_up));
		if (other.hung_up)
			reached(TURNED_AWAY);
	}
	front_close(&other);
}

static void write_rings(uint8_t what)
{
	uint32_t ring = what >> 4 & 1;
	uint32_t at = front.rings[ring].base;
	uint8_t bytes[16];
	uint64_t value;

	switch (what >> 5) {
	case 0:
		value = wide();
		front_descriptor(&front, ring, input_u8(&in), value, input_word(&in), input_u8(&in) & 7,
				 input_u8(&in) % (FRONT_NUM + 8));
		break;
	case 1:
		front_offer(&front, ring, input_u8(&in) % (FRONT_NUM + 8));
		break;
	case 2:
		front.rings[ring].next_avail = (uint16_t)input_word(&in);
		front_offer(&front, ring, 0);
		break;
	case 3:
		input_bytes(&in, bytes, sizeof(bytes));
		front_put(&front, at + input_u8(&in) * 8u, bytes, sizeof(bytes));
		break;
	default:
		front_command(&front, input_u8(&in), what & 0x10);
		break;
	}
}

static void truncate_memory(uint8_t what)
{
	uint32_t size = what & 0x80 ? FRONT_FILE_SIZE : (what >> 4 & 7) * 0x1000u;

	if (what >= 0xe0)
		vhost_check(!ftruncate(front.record, 0));
	vhost_check(!ftruncate(front.memory, size));
	front.file_size = size;
	front_kick(&front, 0);
}

static void act_as_host(uint8_t what)
{
	switch (what >> 4) {
	case 0:
	case 1:
	case 2:
	case 3:
		host.manner = what >> 4;
		break;
	case 4:
	case 5:
	case 6:
		host_answer(&host);
		break;
	case 7:
		while (host.pending_count)
			host_answer(&host);
		break;
	case 8:
		host_answer_again(&host);
		break;
	case 9:
		if (host.peer)
			reached(HOST_HUNG_UP);
		host_hang_up(&host);
		break;
	case 10:
		host.refuses = !host.refuses;
		break;
	case 11:
		host_no_memory = !host_no_memory;
		if (host_no_memory)
			reached(NO_MEMORY);
		break;
	case 12:
		host_unlisten(&host);
		host_listen(&host);
		break;
	default:
		host_event(&host);
		break;
	}
}

/* More commands than the driver may have under way. */
static void many(void)
{
	host.manner = HOST_LATER;
	for (uint16_t head = 0; head < 80; head++)
		front_command(&front, head, true);
	front_kick(&front, 0);
	host_settle();
}

static void wake(uint8_t what)
{
	const uint64_t one = 1;
	ssize_t ignored = 0;

	if (what < 0x80)
		front_kick(&front, what >> 4 & 1);
	else if (what < 0xc0)
		ignored = write(odd[PIPE_OUT], &one, sizeof(one));
	else
		ignored = write(odd[SOCKETS_PEER], &one, sizeof(one));
	(void)ignored;
}

static void step(uint8_t what)
{
	switch (what & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
		say(what);
		break;
	case 4:
		session(what >> 4 & 7);
		break;
	case 5:
		front_command(&front, input_u8(&in), what & 0x10);
		front_kick(&front, 0);
		break;
	case 6:
		front_buffer(&front, input_u8(&in));
		if (what & 0x10)
			front_kick(&front, 1);
		break;
	case 7:
		write_rings(what);
		break;
	case 8:
		wake(what);
		break;
	case 9:
		if (what & 0x10)
			host_turn();
		else
			host_settle();
		break;
	case 10:
	case 11:
		act_as_host(what);
		break;
	case 12:
		truncate_memory(what);
		break;
	case 13:
		if (what < 0x80)
			leave(what);
		else
			arrive();
		break;
	case 14:
		if (what < 0x60)
			say_bytes();
		else if (what < 0xa0)
			second();
		else
			many();
		break;
	case 15:
		front_works(&bystander);
		reached(BYSTANDER);
		break;
	}
	front_take(&front);
	if (front.hung_up) {
		reached(HUNG_UP);
		if (host.refuses) {
			reached(REFUSED_BY_HOST);
		} else {
			arrive();
			session(what >> 4 & 7);
		}
	}
	if (host.pending_count == 64)
		reached(FULL);
}

/* ---- what came of it ------------------------------------------------------------------------------ */

static bool came(int fd)
{
	uint8_t bytes[64];

	return read(fd, bytes, sizeof(bytes)) > 0;
}

static void look_back(const struct host *before, uint32_t lost_before)
{
	if (host_lost_ever != lost_before)
		reached(LOST);
	if (host.commands != before->commands)
		reached(COMMAND);
	if (host.late != before->late)
		reached(LATE);
	if (host.delivered != before->delivered)
		reached(EVENT);
	if (host.rooms != before->rooms)
		reached(ROOM);
	if (host.resumed != before->resumed)
		reached(RESUMED);
	if (host.resets != before->resets)
		reached(RESET);
	if (host.carries != before->carries)
		reached(CARRIES);
	if (came(front.rings[0].error) || came(front.rings[1].error))
		reached(BROKEN);
	if (came(front.rings[0].call))
		reached(CALLED);
	if (came(front.backend_peer))
		reached(CALLED_BY_MESSAGE);
}

/* The next front end has the device to itself, and as new. */
static void serve_the_next(void)
{
	arrive();
	front_session(&front, FRONT_SESSION);
	host_settle();
	front_take(&front);
	vhost_check(!front.hung_up && !front.sent_count);
	front_works(&front);
	front_close(&front);
	host_settle();
	vhost_check(!host.peer);
	reached(SERVED);
}

static char directory[] = "/tmp/fuzz-vhost-XXXXXX";

/* Somebody else removes the sockets when this process has come to its end, whichever that is. */
static void clean_up_afterwards(void)
{
	int life[2];
	pid_t child;
	char byte;

	vhost_check(!pipe2(life, O_CLOEXEC));
	child = fork();
	vhost_check(child >= 0);
	if (child) {
		close(life[0]);
		return;
	}
	close(life[1]);
	while (read(life[0], &byte, 1) < 0 && errno == EINTR)
		;
	unlink(host.path);
	unlink(bystanders_host.path);
	rmdir(directory);
	_exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("requests and ends", names, MARKS);
	vhost_check(mkdtemp(directory));
	snprintf(host.path, sizeof(host.path), "%s/device", directory);
	snprintf(bystanders_host.path, sizeof(host.path), "%s/bystander", directory);
	clean_up_afterwards();
	host_listen(&host);
	host_listen(&bystanders_host);
	front_init(&front, &host);
	front_init(&bystander, &bystanders_host);
	make_odd_ones();
	front_connect(&bystander);
	front_session(&bystander, FRONT_SESSION);
	host_settle();
	front_works(&bystander);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t descriptors = host_descriptors(), mapped = host_mapped, lost = host_lost_ever;
	struct host before = host;

	in = (struct input){data, size};
	host.manner = HOST_NOW;
	arrive();
	session(input_u8(&in) & 7);
	for (unsigned int i = 0; i < STEPS_MAX && !input_done(&in); i++)
		step(input_u8(&in));
	host_settle();
	look_back(&before, lost);
	go();
	vhost_check(host_mapped == mapped);
	while (came(odd[PIPE_IN]) || came(odd[SOCKET]) || came(odd[SOCKETS_PEER]))
		;
	host.manner = HOST_NOW;
	host.refuses = host_no_memory = false;
	serve_the_next();
	front_works(&bystander);
	vhost_check(bystanders_host.peer && bystanders_host.connections == 1);
	vhost_check(host_mapped == mapped && host_descriptors() == descriptors);
	return 0;
}
