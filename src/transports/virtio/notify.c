/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kicks and calls. A front end gives an eventfd for each, or a socket for its calls (User-Mode
 * Linux), or wants messages instead.
 *
 * Nobody else's descriptor is used in a way that could make us wait: O_NONBLOCK is not ours alone,
 * and who reads or writes a pipe, a file, or its own end of a socket waits for all that others do
 * with it, whatever the flags. What is left is to read an eventfd with RWF_NOWAIT, to write it as
 * wakeup.h says, and to send to a socket of this machine.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "../wakeup.h"

bool virtio_is_unix_socket(int fd)
{
	int domain;
	socklen_t size = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX;
}

/* If it is full the other side has enough to wake up for; if it is closed, others notice. */
static void wake(const struct virtio_waker *waker)
{
	const uint64_t one = 1;
	ssize_t ignored = 0;

	if (waker->is_socket)
		ignored = send(waker->fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		wakeup_eventfd(waker->fd);
	(void)ignored;
}

static void kicked(void *arg)
{
	struct virtio_queue *queue = arg;
	struct scmi_transport_peer *peer = queue->peer;

	virtio_enter(peer);
	if (wakeup_take(queue->kick))
		virtio_queue_run(queue);
	else
		virtio_set_kick(queue, -1);
	virtio_leave(peer);
}

int virtio_set_kick(struct virtio_queue *queue, int fd)
{
	const struct scmi_transport_endpoint *endpoint = queue->peer->endpoint;
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	/* The queue is run in any case: what kicks came already are not needed. */
	if (fd >= 0 && (!wakeup_is_eventfd(fd) || !wakeup_take(fd) ||
			callbacks->watch(endpoint->host, fd, true, false, kicked, queue)))
		return -EINVAL;
	if (queue->kick >= 0) {
		callbacks->unwatch(endpoint->host, queue->kick);
		close(queue->kick);
	}
	queue->kick = fd;
	return 0;
}

static int replace(struct virtio_waker *kept, int fd)
{
	struct virtio_waker waker = {.fd = fd};

	if (fd >= 0 && !wakeup_is_eventfd(fd)) {
		waker.is_socket = virtio_is_unix_socket(fd);
		if (!waker.is_socket)
			return -EINVAL;
	}
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
