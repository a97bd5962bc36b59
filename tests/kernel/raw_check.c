/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What /dev/libscmiN promises (kernel/include/libscmi_raw.h), asked in a guest by system calls alone.
 * Usage: raw_check DEVICE basics|gone|COUNT; with COUNT two processes send so many commands each. For
 * basics the platform is tests/kernel/eight.yaml's guest1: clock 0 can be read, clock 2 answers a set
 * after half a second. The first failure ends it, with a sentence.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kernel/include/libscmi_raw.h"

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "line %d: not so: %s (%s)\n", __LINE__, #what, strerror(errno));            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)
#define FAILS(call, error) CHECK((errno = 0, (call) == -1 && errno == (error)))

#define HEADER(protocol, message, token)                                                           \
	((uint32_t)(token) << 18 | (uint32_t)(protocol) << 10 | (uint32_t)(message))
#define DELAYED (2u << 8)
#define CLOCK_RATE_SET	    5
#define CLOCK_RATE_GET	    6
#define CLOCK_RATE_NOTIFY   9
#define BASE_RESET_CONFIG   11
#define NEGOTIATE_VERSION   16

static const char *device;
static struct libscmi_raw_info info;

static int open_device(int flags)
{
	int fd = open(device, O_RDWR | O_CLOEXEC | flags);

	CHECK(fd >= 0);
	return fd;
}

/* Words go and come in the byte order of the only machines that guests are. */
static void put(int fd, const uint32_t *words, size_t count)
{
	CHECK(write(fd, words, 4 * count) == (ssize_t)(4 * count));
}

/* Read one message, wait for it; returns its size in words. */
static size_t get(int fd, uint32_t words[64])
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	ssize_t size;

	CHECK(poll(&readable, 1, 20000) == 1 && readable.revents & POLLIN);
	size = read(fd, words, 256);
	CHECK(size >= 8 && size % 4 == 0);
	return (size_t)size / 4;
}

static void expect_answer(int fd, uint32_t header, uint32_t status, size_t count)
{
	uint32_t words[64];

	CHECK(get(fd, words) == count);
	CHECK(words[0] == header);
	CHECK(words[1] == status);
}

#define PUT(fd, ...)                                                                               \
	put(fd, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void who_may_open(void)
{
	struct stat file;
	int status;
	pid_t child;

	CHECK(!stat(device, &file) && S_ISCHR(file.st_mode) && (file.st_mode & 07777) == 0600);
	for (int open_for_all = 0; open_for_all < 2; open_for_all++) {
		CHECK(!chmod(device, open_for_all ? 0666 : 0600));
		child = fork();
		if (!child) {
			CHECK(!setuid(1000));
			FAILS(open(device, O_RDWR), open_for_all ? EPERM : EACCES);
			_exit(0);
		}
		CHECK(waitpid(child, &status, 0) == child && !status);
	}
	CHECK(!chmod(device, 0600));
}

static void what_is_refused(int fd)
{
	static uint32_t much[20000];
	uint32_t words[64];

	FAILS(write(fd, much, 3), EINVAL);
	much[0] = HEADER(0x10, 0, 1) | DELAYED;
	FAILS(write(fd, much, 4), EINVAL);
	much[0] = HEADER(0x10, 0, 1);
	FAILS(write(fd, much, info.message_size_max + 4), EMSGSIZE);
	FAILS(read(fd, words, sizeof(words)), EAGAIN);
	FAILS(lseek(fd, 0, SEEK_SET), ESPIPE);
	FAILS(ioctl(fd, 0x1234, words), ENOTTY);
	much[0] = HEADER(0x10, BASE_RESET_CONFIG, 1);
	much[1] = 1;
	FAILS(write(fd, much, 12), EPERM);
	much[0] = HEADER(0x14, NEGOTIATE_VERSION, 1);
	much[1] = 0x10000;
	FAILS(write(fd, much, 8), EPERM);
	/* The one that is spoken is allowed; anything else is the platform's to refuse. */
	PUT(fd, HEADER(0x14, NEGOTIATE_VERSION, 2), 0x20000);
	expect_answer(fd, HEADER(0x14, NEGOTIATE_VERSION, 2), 0, 2);
	PUT(fd, HEADER(0x14, 0x77, 3));
	expect_answer(fd, HEADER(0x14, 0x77, 3), (uint32_t)-4, 2);
	PUT(fd, HEADER(0x77, 0, 4));
	expect_answer(fd, HEADER(0x77, 0, 4), (uint32_t)-1, 2);
	PUT(fd, HEADER(0x14, CLOCK_RATE_GET, 5));
	expect_answer(fd, HEADER(0x14, CLOCK_RATE_GET, 5), (uint32_t)-10, 2);
}

static void tokens_are_the_writers(int fd)
{
	struct pollfd state = {.fd = fd, .events = POLLIN | POLLOUT};
	int other = open_device(O_NONBLOCK);
	uint32_t words[64];

	/* Both use the same ones at a time; bits 31:28 are nobody's. */
	for (uint32_t i = 0; i < 8; i++) {
		PUT(fd, HEADER(0x14, CLOCK_RATE_GET, 1023 - i) | 0xa0000000u, 0);
		PUT(other, HEADER(0x14, CLOCK_RATE_GET, 1023 - i), 1);
		CHECK(get(fd, words) == 4 && words[0] == HEADER(0x14, CLOCK_RATE_GET, 1023 - i) &&
		      !words[1] && words[2] == 1000000 && !words[3]);
		CHECK(get(other, words) == 4 && words[2] == 100000);
	}
	/* A message that does not fit stays. */
	PUT(fd, HEADER(0x14, CLOCK_RATE_GET, 9), 0);
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20000) == 1);
	FAILS(read(fd, words, 15), EMSGSIZE);
	CHECK(get(fd, words) == 4);
	CHECK(poll(&state, 1, 0) == 1 && state.revents == POLLOUT);
	CHECK(!close(other));
}

static void queues_are_bounded(void)
{
	int fd = open_device(O_NONBLOCK);
	struct pollfd state = {.fd = fd, .events = POLLOUT};
	const uint32_t message[2] = {HEADER(0x14, CLOCK_RATE_GET, 0), 0};
	uint32_t words[64];
	unsigned int taken = 0;

	while (taken < info.messages_max) {
		if (write(fd, message, 8) == 8)
			taken++;
		else
			CHECK(errno == EAGAIN && poll(&state, 1, 20000) == 1);
	}
	/* Unread answers count. */
	FAILS(write(fd, message, 8), EAGAIN);
	CHECK(poll(&state, 1, 0) == 0);
	CHECK(get(fd, words) == 4);
	CHECK(poll(&state, 1, 0) == 1 && write(fd, message, 8) == 8);
	while (taken--)
		CHECK(get(fd, words) == 4);
	FAILS(read(fd, words, sizeof(words)), EAGAIN);
	/* Closed with answers on their way: they are for nobody. */
	for (unsigned int i = 0; i < 16; i++)
		CHECK(write(fd, message, 8) == 8 || errno == EAGAIN);
	CHECK(!close(fd));
}

static void delayed_responses_come(int fd)
{
	const uint32_t header = HEADER(0x14, CLOCK_RATE_SET, 700);
	uint32_t words[64];

	PUT(fd, header, 1, 2, 20000, 0);
	expect_answer(fd, header, 0, 2);
	/* The answer is there before; the platform takes half a second for the rest. */
	FAILS(read(fd, words, sizeof(words)), EAGAIN);
	CHECK(get(fd, words) == 5 && words[0] == (header | DELAYED) && !words[1] && words[2] == 2 &&
	      words[3] == 20000);
	PUT(fd, header, 1, 2, 10000, 0);
	expect_answer(fd, header, 0, 2);
}

static void basics(void)
{
	int fd;

	who_may_open();
	fd = open_device(O_NONBLOCK);
	CHECK(!ioctl(fd, LIBSCMI_RAW_INFO, &info));
	CHECK(info.abi == LIBSCMI_RAW_ABI && info.flags == LIBSCMI_RAW_P2A && info.messages_max &&
	      info.message_size_max >= 128 && info.response_timeout_ms && info.delayed_timeout_ms);
	what_is_refused(fd);
	tokens_are_the_writers(fd);
	queues_are_bounded();
	/* Closed with the delayed response on its way. */
	delayed_responses_come(fd);
	CHECK(!close(fd));
}

static void tell(const char *what)
{
	puts(what);
	fflush(stdout);
}

/* Blocks in read(), tells that it does, and expects to be sent home. */
static void gone(void)
{
	int fd = open_device(0);
	struct pollfd state = {.fd = fd, .events = POLLIN | POLLOUT};
	uint32_t words[64] = {HEADER(0x14, CLOCK_RATE_GET, 0)};

	PUT(fd, HEADER(0x14, CLOCK_RATE_GET, 1), 0);
	CHECK(read(fd, words, sizeof(words)) == 16);
	tell("reading");
	FAILS(read(fd, words, sizeof(words)), ENODEV);
	CHECK(poll(&state, 1, 0) == 1 && state.revents == (POLLHUP | POLLERR));
	FAILS(write(fd, words, 8), ENODEV);
	/* Not the one that has its name by now. */
	sleep(1);
	FAILS(write(fd, words, 8), ENODEV);
	CHECK(!close(fd));
}

/* Two processes, which the machine may run at once, with as much under way as they may have. */
static void storm(unsigned int count)
{
	int status;

	for (uint32_t child = 0; child < 2; child++) {
		if (!fork()) {
			int fd = open_device(0);
			uint32_t words[64];
			uint32_t sent = 0;

			for (uint32_t got = 0; got < count; got++) {
				while (sent < count && sent < got + 8)
					PUT(fd, HEADER(0x14, CLOCK_RATE_GET, sent++ & 1023), child);
				CHECK(get(fd, words) == 4 && !words[1]);
				CHECK((words[0] & 0xff) == CLOCK_RATE_GET && words[2]);
				if (!got)
					tell("storming");
			}
			_exit(0);
		}
	}
	for (int child = 0; child < 2; child++)
		CHECK(wait(&status) > 0 && !status);
	printf("%u messages\n", 2 * count);
}

int main(int argc, char **argv)
{
	CHECK(argc >= 3);
	device = argv[1];
	if (!strcmp(argv[2], "basics"))
		basics();
	else if (!strcmp(argv[2], "gone"))
		gone();
	else
		storm((unsigned int)strtoul(argv[2], NULL, 10));
	return 0;
}
