/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <sys/time.h>
#include <unistd.h>

#include "../why.h"
#include "socket.h"

static int explain_connect(int error, const char *path, char *why, size_t why_size)
{
	struct stat file;

	switch (error) {
	case ENOENT:
		return because(-ENOENT, why, why_size, "there is no socket %s: is scmid running?",
			       path);
	case ECONNREFUSED:
		if (!stat(path, &file) && !S_ISSOCK(file.st_mode))
			return because(-ENOTSOCK, why, why_size, "%s is not a socket", path);
		return because(-ECONNREFUSED, why, why_size, "no scmid is listening on %s any more",
			       path);
	case EACCES:
	case EPERM:
		return because(-EACCES, why, why_size, "no permission to use the socket %s", path);
	case EPROTOTYPE:
		return because(-EPROTOTYPE, why, why_size,
			       "%s is another kind of socket (SCMI needs SOCK_SEQPACKET)", path);
	case EAGAIN:
		return because(-ETIMEDOUT, why, why_size,
			       "the scmid on %s does not accept connections", path);
	default:
		return because(-error, why, why_size, "cannot connect to %s: %s", path,
			       strerror(error));
	}
}

static int limit_and_connect(int fd, const struct sockaddr_un *address, uint32_t timeout_ms)
{
	struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};
	int error;

	/* SO_SNDTIMEO bounds connect(), which waits while the backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return errno;
	do {
		error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	} while (error == EINTR);
	return error;
}

int socket_connect(const char *path, int type, uint32_t timeout_ms, char *why, size_t why_size)
{
	struct sockaddr_un address;
	int error, fd;

	error = socket_address(&address, path, why, why_size);
	if (error)
		return error;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return because(-errno, why, why_size, "socket: %s", strerror(errno));
	error = limit_and_connect(fd, &address, timeout_ms);
	if (!error)
		return fd;
	close(fd);
	return explain_connect(error, path, why, why_size);
}
