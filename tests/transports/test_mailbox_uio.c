/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The mailbox driver on a board's own mailbox. A machine that runs tests has no UIO device, so what
 * has its memory is a sealed file, and what has its interrupts a terminal: it also hands out four
 * bytes when something came, and is written to. The platform is played on the same memory, with the
 * framing's other ends.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "host.h"
#include "transports/builtin.h"
#include "transports/mailbox/uio.h"

#define MEMORY_SIZE 1024u
#define A2P	    256u
#define P2A	    512u
#define AREA	    128u
#define MAX	    (AREA - 24)
#define NS_PER_MS   1000000u
#define LONG_NS	    (10000ull * NS_PER_MS)

static const struct scmi_transport_agent_ops *agent;

struct board {
	int memory_fd, registers_fd;
	uint8_t *memory;
	uint32_t *registers;
	int terminal, line; /* the line's settings last while it is open */
	char irq[64];
	char address[512];
	struct scmi_shmem_receiver commands;
	struct scmi_shmem_sender events;
	struct scmi_transport_device *device;
	struct told told;
};

static const uint8_t command[12] = {0x05, 0x50, 0x14, 0x00, 1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t answer[8] = {0x05, 0x50, 0x14, 0x00, 0, 0, 0, 0};
static const uint8_t event[8] = {0x00, 0x53, 0x00, 0x00, 1, 0, 0, 0};

static int sealed(uint32_t size, void **at)
{
	int fd = memfd_create("board", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	*at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(*at, MAP_FAILED);
	return fd;
}

static void make_terminal(struct board *board)
{
	struct termios settings;

	board->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(board->terminal >= 0);
	assert_int_equal(grantpt(board->terminal), 0);
	assert_int_equal(unlockpt(board->terminal), 0);
	assert_int_equal(ptsname_r(board->terminal, board->irq, sizeof(board->irq)), 0);
	board->line = open(board->irq, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(board->line >= 0);
	assert_int_equal(tcgetattr(board->line, &settings), 0);
	cfmakeraw(&settings);
	/* Ready when there is a whole count. */
	settings.c_cc[VMIN] = 4;
	assert_int_equal(tcsetattr(board->line, TCSANOW, &settings), 0);
}

static void make_board(struct board *board)
{
	memset(board, 0, sizeof(*board));
	board->memory_fd = sealed(MEMORY_SIZE, (void **)&board->memory);
	board->registers_fd = sealed(64, (void **)&board->registers);
	make_terminal(board);
	snprintf(board->address, sizeof(board->address),
		 "uio:/proc/self/fd/%d,a2p=0x100+128,p2a=512+0x80,irq=%s,ring=/proc/self/fd/"
		 "%d:0:0x10:0x80,"
		 "ack=/proc/self/fd/%d:0:20:7,clear=/proc/self/fd/%d:0:24:9",
		 board->memory_fd, board->irq, board->registers_fd, board->registers_fd,
		 board->registers_fd);
	scmi_shmem_format(board->memory + A2P, AREA);
	scmi_shmem_format(board->memory + P2A, AREA);
	scmi_shmem_receiver_init(&board->commands, SCMI_SHMEM_A2P, board->memory + A2P, AREA);
	scmi_shmem_sender_init(&board->events, SCMI_SHMEM_P2A, board->memory + P2A, AREA, true);
}

static void remove_board(struct board *board)
{
	if (board->device)
		agent->close(board->device);
	munmap(board->memory, MEMORY_SIZE);
	munmap(board->registers, 64);
	close(board->memory_fd);
	close(board->registers_fd);
	close(board->terminal);
	close(board->line);
}

static void open_board(struct board *board, const struct scmi_transport_settings *settings)
{
	board->device = told_open(&scmi_transport_mailbox, &board->told, board->address, settings);
}

static void interrupt(const struct board *board)
{
	const uint32_t count = 1;

	assert_int_equal(write(board->terminal, &count, sizeof(count)), sizeof(count));
}

/* How often the device was told to give interrupts again. */
static int allowed(const struct board *board)
{
	uint32_t on;
	int times = 0;

	while (read(board->terminal, &on, sizeof(on)) == sizeof(on)) {
		assert_int_equal(on, 1);
		times++;
	}
	return times;
}

/* A register's value since it was last looked at. */
static uint32_t written(struct board *board, uint32_t offset)
{
	uint32_t value = board->registers[offset / 4];

	board->registers[offset / 4] = 0;
	return value;
}

static void platform_takes(struct board *board)
{
	uint8_t taken[MAX];

	assert_int_equal(scmi_shmem_take(&board->commands, taken, MAX), sizeof(command));
	assert_memory_equal(taken, command, sizeof(command));
}

static void expect_told(struct board *board, const void *message, size_t size)
{
	assert_int_equal(board->told.received, 1);
	assert_int_equal(board->told.size, size);
	assert_memory_equal(board->told.message, message, size);
	board->told.received = 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_command_and_its_answer(void **state)
{
	struct board board;

	(void)state;
	make_board(&board);
	open_board(&board, NULL);
	assert_int_equal(allowed(&board), 1);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	assert_int_equal(written(&board, 16), 0x80);
	assert_int_equal(board.memory[A2P + 16], 1);
	platform_takes(&board);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), -EAGAIN);
	assert_int_equal(written(&board, 16), 0);
	assert_int_equal(scmi_shmem_answer(&board.commands, answer, sizeof(answer)), 0);
	assert_true(scmi_shmem_should_ring(&board.commands));
	interrupt(&board);
	assert_int_equal(agent->wait(board.device, LONG_NS), 0);
	expect_told(&board, answer, sizeof(answer));
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	assert_int_equal(written(&board, 20), 0);
	remove_board(&board);
}

/* Who sleeps on the descriptor is woken by the interrupt and by nothing else. */
static void interrupts_wake(void **state)
{
	struct pollfd readable = {.events = POLLIN};
	struct board board;

	(void)state;
	make_board(&board);
	open_board(&board, NULL);
	readable.fd = agent->fd(board.device);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	platform_takes(&board);
	assert_int_equal(scmi_shmem_answer(&board.commands, answer, sizeof(answer)), 0);
	assert_int_equal(poll(&readable, 1, 0), 0);
	assert_int_equal(allowed(&board), 1);
	interrupt(&board);
	assert_int_equal(poll(&readable, 1, 10000), 1);
	assert_int_equal(agent->dispatch(board.device), 0);
	expect_told(&board, answer, sizeof(answer));
	assert_int_equal(written(&board, 24), 9);
	assert_int_equal(allowed(&board), 1);
	assert_int_equal(poll(&readable, 1, 0), 0);

	/* One that means nothing. */
	interrupt(&board);
	assert_int_equal(poll(&readable, 1, 10000), 1);
	assert_int_equal(agent->dispatch(board.device), 0);
	assert_int_equal(board.told.received, 0);
	assert_int_equal(allowed(&board), 1);
	remove_board(&board);
}

static void notifications(void **state)
{
	struct board board;

	(void)state;
	make_board(&board);
	open_board(&board, NULL);
	assert_int_equal(scmi_shmem_send(&board.events, event, sizeof(event)), 0);
	interrupt(&board);
	assert_int_equal(agent->wait(board.device, LONG_NS), 0);
	expect_told(&board, event, sizeof(event));
	assert_true(scmi_shmem_is_free(&board.events));
	assert_int_equal(written(&board, 20), 7);
	assert_int_equal(written(&board, 16), 0);

	/* A platform that does not want to be told. */
	scmi_shmem_sender_init(&board.events, SCMI_SHMEM_P2A, board.memory + P2A, AREA, false);
	assert_int_equal(scmi_shmem_send(&board.events, event, sizeof(event)), 0);
	interrupt(&board);
	assert_int_equal(agent->wait(board.device, LONG_NS), 0);
	expect_told(&board, event, sizeof(event));
	assert_true(scmi_shmem_is_free(&board.events));
	assert_int_equal(written(&board, 20), 0);
	remove_board(&board);
}

/* One channel, all of the memory, no interrupt anywhere. */
static void polled(void **state)
{
	struct pollfd readable = {.events = POLLIN};
	struct board board;

	(void)state;
	make_board(&board);
	snprintf(board.address, sizeof(board.address), "uio:/proc/self/fd/%d,irq=none",
		 board.memory_fd);
	scmi_shmem_format(board.memory, MEMORY_SIZE);
	scmi_shmem_receiver_init(&board.commands, SCMI_SHMEM_A2P, board.memory, MEMORY_SIZE);
	open_board(&board, NULL);
	for (int i = 0; i < 2; i++) {
		uint8_t taken[MEMORY_SIZE];

		if (i)
			readable.fd = agent->fd(board.device);
		assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
		assert_int_equal(board.memory[16], 0);
		assert_int_equal(scmi_shmem_take(&board.commands, taken, MEMORY_SIZE),
				 sizeof(command));
		assert_int_equal(agent->wait(board.device, 3 * NS_PER_MS), -ETIMEDOUT);
		assert_int_equal(scmi_shmem_answer(&board.commands, answer, sizeof(answer)), 0);
		assert_false(scmi_shmem_should_ring(&board.commands));
		if (!i)
			assert_int_equal(agent->wait(board.device, LONG_NS), 0);
		for (; i && !board.told.received; agent->dispatch(board.device))
			assert_int_equal(poll(&readable, 1, 10000), 1);
		expect_told(&board, answer, sizeof(answer));
	}
	remove_board(&board);
}

/* arm,no-completion-irq: answers are looked for, notifications ring. */
static void no_completion_interrupt(void **state)
{
	const struct scmi_transport_settings settings = {.no_completion_irq = 1};
	struct board board;

	(void)state;
	make_board(&board);
	open_board(&board, &settings);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	assert_int_equal(board.memory[A2P + 16], 0);
	platform_takes(&board);
	assert_int_equal(scmi_shmem_answer(&board.commands, answer, sizeof(answer)), 0);
	assert_int_equal(agent->wait(board.device, LONG_NS), 0);
	expect_told(&board, answer, sizeof(answer));
	assert_int_equal(scmi_shmem_send(&board.events, event, sizeof(event)), 0);
	interrupt(&board);
	assert_int_equal(agent->wait(board.device, LONG_NS), 0);
	expect_told(&board, event, sizeof(event));
	remove_board(&board);
}

/* The boot loader's last command is with the platform yet: nothing is lost, nothing is mistaken. */
static void an_area_that_is_lent(void **state)
{
	struct board board;
	uint8_t taken[MAX];

	(void)state;
	make_board(&board);
	memcpy(board.memory + A2P + 24, event, sizeof(event));
	board.memory[A2P + 20] = sizeof(event);
	board.memory[A2P + 4] = 0;
	open_board(&board, NULL);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), -EAGAIN);
	assert_int_equal(scmi_shmem_take(&board.commands, taken, MAX), sizeof(event));
	assert_int_equal(scmi_shmem_answer(&board.commands, answer, sizeof(answer)), 0);
	assert_int_equal(agent->dispatch(board.device), 0);
	assert_int_equal(board.told.received, 0);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	platform_takes(&board);
	remove_board(&board);
}

static void a_device_that_goes(void **state)
{
	struct board board;

	(void)state;
	make_board(&board);
	open_board(&board, NULL);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), 0);
	close(board.terminal);
	assert_int_equal(agent->wait(board.device, LONG_NS), -ENODEV);
	assert_int_equal(board.told.closed, 1);
	assert_int_equal(board.told.error, -ENODEV);
	assert_int_equal(agent->send(board.device, command, sizeof(command)), -ENODEV);
	board.terminal = open("/dev/null", O_RDONLY);
	remove_board(&board);
}

static void expect_refused(const char *address, int error, const char *words)
{
	const struct scmi_transport_settings settings = {0};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	char why[256] = "";
	struct told told;

	assert_int_equal(agent->open(&device, address, &settings, &told_callbacks, &told, &limits,
				     why, sizeof(why)),
			 error);
	if (!strstr(why, words))
		fail_msg("%s: '%s' does not say '%s'", address, why, words);
}

static void addresses(void **state)
{
	static const struct {
		const char *behind; /* the memory */
		int error;
		const char *words;
	} bad[] = {
		{",", -EINVAL, "'' is not as it must be"},
		{",map", -EINVAL, "'map' is not as it must be"},
		{",map=", -EINVAL, "'map'"},
		{",map=-1", -EINVAL, "'map'"},
		{",map=0x", -EINVAL, "'map'"},
		{",map=4294967296", -EINVAL, "'map'"},
		{",map=1,irq=none", -EINVAL, "is a file, which has no map 1"},
		{",size=5", -EINVAL, "'size'"},
		{",irq=", -EINVAL, "'irq'"},
		{",a2p=0", -EINVAL, "'a2p'"},
		{",a2p=0+24", -EINVAL, "'a2p'"},
		{",a2p=0+130", -EINVAL, "'a2p'"},
		{",a2p=2+128", -EINVAL, "'a2p'"},
		{",a2p=0+65540", -EINVAL, "'a2p'"},
		{",a2p=0+128x", -EINVAL, "'a2p'"},
		{",a2p=900+128,irq=none", -EINVAL, "128 bytes at 900 is none in /proc/"},
		{",a2p=4294967292+128,irq=none", -EINVAL, "is none in /proc/"},
		{",p2a=0+128", -EINVAL, "p2a= needs a2p="},
		{",a2p=0+128,p2a=128+128,irq=none", -EINVAL, "p2a= needs interrupts"},
		{",a2p=0+128,p2a=124+128", -EINVAL, "overlap"},
		{",a2p=124+128,p2a=0+128", -EINVAL, "overlap"},
		{",a2p=0+128,p2a=1000+128", -EINVAL, "128 bytes at 1000 is none"},
		{",ring=0:0", -EINVAL, "'ring'"},
		{",ring=0:2:1", -EINVAL, "'ring'"},
		{",ring=/dev/x", -EINVAL, "'ring'"},
		{",ring=/dev/x:0:0", -EINVAL, "'ring'"},
		{",irq=none,ring=0:1024:1", -EINVAL, "a register at 1024 is none"},
		{",irq=none,ring=0:4294967292:1", -EINVAL, "is none"},
		{",irq=none,ring=/dev/none:0:0:1", -ENOENT, "/dev/none: No such file"},
		{",irq=none,clear=/dev/null:0:0:1", -ENOENT,
		 "/dev/null is no UIO device with a map 0"},
		{"", -EPERM, "has no interrupts"},
		{",irq=/dev/none", -ENOENT, "/dev/none: No such file"},
	};
	char address[640];
	struct board board;
	int fd;

	(void)state;
	make_board(&board);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(address, sizeof(address), "uio:/proc/self/fd/%d%s", board.memory_fd,
			 bad[i].behind);
		expect_refused(address, bad[i].error, bad[i].words);
	}
	snprintf(board.address, sizeof(board.address),
		 "uio:/proc/self/fd/%d,a2p=512+128,p2a=384+128,irq=%s", board.memory_fd, board.irq);
	open_board(&board, NULL);
	expect_refused("uio:", -EINVAL, "needs a device");
	expect_refused("uio:/dev/none", -ENOENT, "/dev/none: No such file");
	expect_refused("uio:/dev/null", -ENOENT, "/dev/null is no UIO device with a map 0");
	memset(address, 'x', sizeof(address));
	memcpy(address, "uio:", 4);
	address[sizeof(address) - 1] = '\0';
	expect_refused(address, -ENAMETOOLONG, "too long");

	/* What somebody could cut off under us. */
	fd = open(temporary_path("file"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 4096), 0);
	snprintf(address, sizeof(address), "uio:%s,irq=none", temporary_path("file"));
	expect_refused(address, -EINVAL,
		       "neither a UIO device nor a file of memory that is sealed");
	close(fd);
	remove_board(&board);
}

/* An area has one agent at a time, also from within one process; another area is another's. */
static void one_agent_at_a_time(void **state)
{
	struct scmi_transport_device *other;
	struct board board;
	char address[640];
	struct told told;

	(void)state;
	make_board(&board);
	open_board(&board, NULL);
	expect_refused(board.address, -EBUSY, "is in use: it serves one agent at a time");
	snprintf(address, sizeof(address), "uio:/proc/self/fd/%d,a2p=380+128,irq=none",
		 board.memory_fd);
	expect_refused(address, -EBUSY, "is in use");
	snprintf(address, sizeof(address), "uio:/proc/self/fd/%d,a2p=384+128,irq=none",
		 board.memory_fd);
	other = told_open(&scmi_transport_mailbox, &told, address, NULL);
	agent->close(other);
	agent->close(board.device);
	open_board(&board, NULL);
	remove_board(&board);
}

static void put_file(const char *name, const char *text)
{
	int fd = open(temporary_path(name), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What sysfs says of a device's maps. */
static void extents(void **state)
{
	int directory = open(temporary_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t offset, size;

	(void)state;
	assert_true(directory >= 0);
	assert_int_equal(mailbox_uio_map_extent(directory, 0, &offset, &size), -ENOENT);
	assert_int_equal(mkdir(temporary_path("maps"), 0700), 0);
	assert_int_equal(mkdir(temporary_path("maps/map1"), 0700), 0);
	put_file("maps/map1/size", "0x0000000000001000\n");
	offset = 1;
	assert_int_equal(mailbox_uio_map_extent(directory, 1, &offset, &size), 0);
	assert_int_equal(size, 4096);
	assert_int_equal(offset, 0);
	put_file("maps/map1/offset", "0x200\n");
	assert_int_equal(mailbox_uio_map_extent(directory, 1, &offset, &size), 0);
	assert_int_equal(offset, 512);
	put_file("maps/map1/offset", "?\n");
	assert_int_equal(mailbox_uio_map_extent(directory, 1, &offset, &size), -EIO);
	put_file("maps/map1/size", "");
	assert_int_equal(mailbox_uio_map_extent(directory, 1, &offset, &size), -EIO);
	close(directory);
	unlink(temporary_path("maps/map1/size"));
	unlink(temporary_path("maps/map1/offset"));
	rmdir(temporary_path("maps/map1"));
	rmdir(temporary_path("maps"));
}

static int tear_down(void **state)
{
	(void)state;
	temporary_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_and_its_answer),
		cmocka_unit_test(interrupts_wake),
		cmocka_unit_test(notifications),
		cmocka_unit_test(polled),
		cmocka_unit_test(no_completion_interrupt),
		cmocka_unit_test(an_area_that_is_lent),
		cmocka_unit_test(a_device_that_goes),
		cmocka_unit_test(addresses),
		cmocka_unit_test(one_agent_at_a_time),
		cmocka_unit_test(extents),
	};

	agent = scmi_transport_mailbox.agent;
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
