/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "../why.h"
#include "socket.h"

int socket_address(struct sockaddr_un *address, const char *path, char *why, size_t why_size)
{
	size_t length = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (!length)
		return because(-EINVAL, why, why_size, "the path of the socket is missing");
	if (length >= sizeof(address->sun_path))
		return because(
			-ENAMETOOLONG, why, why_size,
			"the path of a socket has at most %zu characters, this one has %zu: %s",
			sizeof(address->sun_path) - 1, length, path);
	memcpy(address->sun_path, path, length);
	return 0;
}

#define BACKLOG	   128
#define LOCK_TRIES 100

/*
 * Between bind() and listen() a socket looks abandoned. The lock on its directory keeps a
 * second process from taking it over in that moment. Returns a descriptor to close, or -errno.
 */
static int lock_directory(const char *path, char *why, size_t why_size)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *directory;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	directory = dirname(copy);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return because(-errno, why, why_size, "the directory of the socket %s: %s", path,
			       strerror(errno));
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || i == LOCK_TRIES) {
			because(-errno, why, why_size, "cannot lock the directory %s: %s",
				directory, strerror(errno));
			close(fd);
			return -EBUSY;
		}
		poll(NULL, 0, 10);
	}
	return fd;
}

/*
 * bind() with the mode in force from the first moment: the mask is what the kernel applies at
 * creation. It belongs to the whole process: no other thread should make files now.
 */
static int bind_with_mode(int fd, const struct sockaddr_un *address, uint32_t mode)
{
	mode_t before = 0;
	int error = 0;

	if (mode)
		before = umask(~mode & 0777);
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		error = -errno;
	if (mode)
		umask(before);
	return error;
}

/* Something is at the path already. 0: it was an abandoned socket and is removed now. */
static int take_over(const struct sockaddr_un *address, int type, char *why, size_t why_size)
{
	const char *path = address->sun_path;
	struct stat file;
	int fd, error;

	if (lstat(path, &file))
		return errno == ENOENT
			       ? 0
			       : because(-errno, why, why_size, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(file.st_mode))
		return because(-EEXIST, why, why_size, "%s is there already and is not a socket",
			       path);

	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return because(-errno, why, why_size, "socket: %s", strerror(errno));
	error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	close(fd);
	if (error == ECONNREFUSED) {
		if (!unlink(path) || errno == ENOENT)
			return 0;
		return because(-errno, why, why_size, "%s is abandoned but cannot be removed: %s",
			       path, strerror(errno));
	}
	if (error == EACCES)
		return because(-EACCES, why, why_size,
			       "%s is there already and belongs to somebody else", path);
	return because(-EADDRINUSE, why, why_size, "another process is listening on %s", path);
}

static int bind_locked(const char *path, int type, uint32_t mode, struct stat *file, char *why,
		       size_t why_size)
{
	struct sockaddr_un address;
	int fd, error;

	error = socket_address(&address, path, why, why_size);
	if (error)
		return error;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return because(-errno, why, why_size, "socket: %s", strerror(errno));
	error = bind_with_mode(fd, &address, mode);
	if (error == -EADDRINUSE) {
		error = take_over(&address, type, why, why_size);
		if (error) {
			close(fd);
			return error;
		}
		error = bind_with_mode(fd, &address, mode);
	}
	if (!error && (lstat(path, file) || listen(fd, BACKLOG))) {
		error = -errno;
		unlink(path);
	}
	if (error) {
		because(error, why, why_size, "cannot make the socket %s: %s", path,
			strerror(-error));
		close(fd);
		return error;
	}
	return fd;
}

int socket_bind(const char *path, int type, uint32_t mode, struct stat *file, char *why,
		size_t why_size)
{
	struct sockaddr_un address;
	int lock, fd;

	fd = socket_address(&address, path, why, why_size);
	if (fd)
		return fd;
	lock = lock_directory(path, why, why_size);
	if (lock < 0)
		return lock;
	fd = bind_locked(path, type, mode, file, why, why_size);
	close(lock);
	return fd;
}

void socket_unbind(int fd, const char *path, const struct stat *file)
{
	struct stat now;

	/* Compared while fd is open: until then no other file can get our inode's number. */
	if (!lstat(path, &now) && now.st_dev == file->st_dev && now.st_ino == file->st_ino)
		unlink(path);
	close(fd);
}

int socket_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int socket_accept(int fd, int *reserve)
{
	int accepted;

	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (accepted >= 0)
		return accepted;
	if (errno != EMFILE && errno != ENFILE)
		return -EAGAIN;
	if (*reserve >= 0)
		close(*reserve);
	accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (accepted >= 0)
		close(accepted);
	*reserve = socket_reserve();
	return -EMFILE;
}

void socket_credentials(int fd, struct scmi_transport_credentials *who)
{
	struct ucred ucred;
	socklen_t size = sizeof(ucred);
	bool known = !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &size);

	who->pid = known ? ucred.pid : -1;
	who->uid = known ? (int64_t)ucred.uid : -1;
	who->gid = known ? (int64_t)ucred.gid : -1;
}
