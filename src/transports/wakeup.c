/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wakeup.h"

/* At least so many reads may end before their ends are cleared away. */
#define READS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int nothing = -1; /* to read from */
static aio_context_t context;
static pid_t owner; /* of the context */

static int new_context(void)
{
	context = 0;
	if (syscall(SYS_io_setup, READS_MAX, &context))
		return -errno;
	owner = getpid();
	return 0;
}

int wakeup_init(void)
{
	int error = 0;

	pthread_mutex_lock(&lock);
	if (nothing < 0)
		nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing < 0)
		error = -errno;
	else if (owner != getpid())
		error = new_context();
	pthread_mutex_unlock(&lock);
	return error;
}

/* A read of `size` bytes to `address`, and when it has ended 1 for the eventfd. 0 or -errno. */
static int read_nothing(int eventfd, uint64_t address, uint64_t size)
{
	struct iocb block = {
		.aio_fildes = (uint32_t)nothing,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = (uint32_t)eventfd,
		.aio_buf = address,
		.aio_nbytes = size,
	};
	struct iocb *list = &block;

	return syscall(SYS_io_submit, context, 1L, &list) == 1 ? 0 : -errno;
}

static int submit(int eventfd, uint64_t address, uint64_t size)
{
	struct io_event ends[READS_MAX];
	int error = read_nothing(eventfd, address, size);

	if (error == -EAGAIN)
		syscall(SYS_io_getevents, context, 0L, (long)READS_MAX, ends, NULL);
	else if (error != -EINVAL || wakeup_init())
		return error;
	return read_nothing(eventfd, address, size);
}

/* The eventfd is looked for before it is found that nobody can have memory at the end of all. */
bool wakeup_is_eventfd(int fd)
{
	return submit(fd, UINT64_MAX, 1) == -EFAULT;
}

int wakeup_eventfd(int fd)
{
	return submit(fd, 0, 0);
}

bool wakeup_take(int fd)
{
	uint64_t count;
	struct iovec part = {.iov_base = &count, .iov_len = sizeof(count)};

	return preadv2(fd, &part, 1, -1, RWF_NOWAIT) > 0 || errno == EAGAIN || errno == EINTR;
}
