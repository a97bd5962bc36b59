/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kicks and calls. A front end gives an eventfd (QEMU), a socket (User-Mode Linux) or a pipe for
 * each, or wants messages instead; eight bytes are right for all three.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

/*
 * What may be given is not a file or device, where reading might block however the descriptor is
 * set.
 */
static bool look_at(struct virtio_waker *waker, int fd)
{
	struct stat file;
	int flags;

	waker->fd = fd;
	if (fd < 0)
		return true;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fstat(fd, &file))
		return false;
	if (S_ISSOCK(file.st_mode))
		waker->kind = VIRTIO_SOCKET;
	else if (S_ISFIFO(file.st_mode))
		waker->kind = VIRTIO_PIPE;
	else if (!(file.st_mode & S_IFMT)) /* a file of no type */
		waker->kind = VIRTIO_EVENTFD;
	else
		return false;
	return flags & O_NONBLOCK || !fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/*
 * Empty it, never waiting: O_NONBLOCK is shared with the front end, which may take it back.
 * False: there will be no more kicks.
 */
static bool take_kick(const struct virtio_waker *waker)
{
	uint8_t bytes[64];
	struct iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	ssize_t size;

	if (waker->kind == VIRTIO_SOCKET)
		size = recv(waker->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	else
		size = preadv2(waker->fd, &part, 1, -1, RWF_NOWAIT);
	if (size < 0 && errno == EOPNOTSUPP)
		size = read(waker->fd, bytes, sizeof(bytes));
	return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

/* A pipe that nobody reads raises a signal, unless it is held back and taken away again. */
static void write_pipe(int fd, const void *bytes, size_t size)
{
	const struct timespec now = {0};
	sigset_t pipe, before, pending;
	ssize_t written;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	written = write(fd, bytes, size);
	if (written < 0 && errno == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* If it is full the other side has enough to wake up for; if it is closed, others notice. */
static void wake(const struct virtio_waker *waker)
{
	const uint64_t one = 1;
	ssize_t ignored = 0;

	switch (waker->kind) {
	case VIRTIO_SOCKET:
		ignored = send(waker->fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case VIRTIO_PIPE:
		write_pipe(waker->fd, &one, sizeof(one));
		break;
	case VIRTIO_EVENTFD:
		ignored = write(waker->fd, &one, sizeof(one));
		break;
	}
	(void)ignored;
}

static void kicked(void *arg)
{
	struct virtio_queue *queue = arg;
	struct scmi_transport_peer *peer = queue->peer;

	virtio_enter(peer);
	if (take_kick(&queue->kick))
		virtio_queue_run(queue);
	else
		virtio_set_kick(queue, -1);
	virtio_leave(peer);
}

int virtio_set_kick(struct virtio_queue *queue, int fd)
{
	const struct scmi_transport_endpoint *endpoint = queue->peer->endpoint;
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;
	struct virtio_waker waker = {.kind = VIRTIO_EVENTFD};

	if (!look_at(&waker, fd) ||
	    (fd >= 0 && callbacks->watch(endpoint->host, fd, true, false, kicked, queue)))
		return -EINVAL;
	if (queue->kick.fd >= 0) {
		callbacks->unwatch(endpoint->host, queue->kick.fd);
		close(queue->kick.fd);
	}
	queue->kick = waker;
	return 0;
}

static int replace(struct virtio_waker *kept, int fd)
{
	struct virtio_waker waker = {.kind = VIRTIO_EVENTFD};

	if (!look_at(&waker, fd))
		return -EINVAL;
	if (kept->fd >= 0)
		close(kept->fd);
	*kept = waker;
	return 0;
}

int virtio_set_call(struct virtio_queue *queue, int fd)
{
	return replace(&queue->call, fd);
}

int virtio_set_error(struct virtio_queue *queue, int fd)
{
	return replace(&queue->error, fd);
}

void virtio_unset(struct virtio_queue *queue)
{
	virtio_set_kick(queue, -1);
	replace(&queue->call, -1);
	replace(&queue->error, -1);
}

/* By message, where there is no descriptor. */
static void notify_front_end(struct virtio_queue *queue, uint32_t request)
{
	struct scmi_transport_peer *peer = queue->peer;
	struct vhost_user_message message;

	if (peer->backend_fd < 0 || !virtio_negotiated(peer, VHOST_USER_PROTOCOL_INBAND))
		return;
	vhost_user_message_init(&message, request, VHOST_USER_VERSION);
	message.size = sizeof(message.payload.state);
	message.payload.state.index = (uint32_t)(queue - peer->queues);
	/* Half a message cannot be taken back. A full channel has calls in it already. */
	if (vhost_user_send(peer->backend_fd, &message, false) == -EPIPE) {
		close(peer->backend_fd);
		peer->backend_fd = -1;
	}
}

void virtio_call(struct virtio_queue *queue)
{
	if (queue->call.fd >= 0)
		wake(&queue->call);
	else
		notify_front_end(queue, VHOST_USER_BACKEND_VRING_CALL);
}

void virtio_error(struct virtio_queue *queue)
{
	if (queue->error.fd >= 0)
		wake(&queue->error);
	else
		notify_front_end(queue, VHOST_USER_BACKEND_VRING_ERR);
}
