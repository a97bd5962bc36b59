/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The socket of a device, its front end, and those that come while it is in use. */
#define _GNU_SOURCE

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../socket/socket.h"
#include "backend.h"
#include "../wakeup.h"

void virtio_note(const struct scmi_transport_endpoint *endpoint, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	int length;

	if (!endpoint->callbacks->note)
		return;
	length = snprintf(sentence, sizeof(sentence), "virtio %s: ", endpoint->path);
	va_start(arguments, format);
	if (length > 0 && (size_t)length < sizeof(sentence))
		vsnprintf(sentence + length, sizeof(sentence) - (size_t)length, format, arguments);
	va_end(arguments);
	endpoint->callbacks->note(endpoint->ctx, sentence);
}

/* ---- one front end --------------------------------------------------------------------------- */

static void peer_free(struct scmi_transport_peer *peer)
{
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		free(peer->queues[i].taken);
	free(peer->spare);
	free(peer);
}

void virtio_enter(struct scmi_transport_peer *peer)
{
	peer->busy++;
}

void virtio_leave(struct scmi_transport_peer *peer)
{
	if (virtio_lost(peer) && !peer->gone) {
		virtio_note(peer->endpoint, "the front end has taken memory away that was in use; "
					    "the connection is ended");
		virtio_disconnect(peer);
	}
	if (!--peer->busy && peer->gone)
		peer_free(peer);
}

void virtio_come_back(struct scmi_transport_peer *peer)
{
	const uint64_t one = 1;
	ssize_t ignored = write(peer->again, &one, sizeof(one));

	(void)ignored;
}

void virtio_disconnect(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	if (peer->gone)
		return;
	peer->gone = true;
	endpoint->peer = NULL;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		virtio_queue_stop(&peer->queues[i]);
		virtio_unset(&peer->queues[i]);
	}
	callbacks->unwatch(endpoint->host, peer->fd);
	callbacks->unwatch(endpoint->host, peer->again);
	close(peer->fd);
	close(peer->again);
	if (peer->backend_fd >= 0)
		close(peer->backend_fd);
	vhost_user_reader_fini(&peer->reader);
	virtio_inflight_drop(peer);
	vhost_memory_clear(&peer->memory);
	if (peer->ctx)
		callbacks->disconnected(peer->ctx);
	if (!peer->busy)
		peer_free(peer);
}

static void peer_ready(void *arg)
{
	struct scmi_transport_peer *peer = arg;

	virtio_enter(peer);
	if (peer->draining)
		virtio_disconnect(peer); /* not watched for reading: it hung up */
	else
		virtio_requests(peer);
	virtio_leave(peer);
}

void virtio_watch_requests(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;

	if (endpoint->callbacks->watch(endpoint->host, peer->fd, !peer->draining, false,
				       peer_ready, peer))
		virtio_disconnect(peer);
}

static void peer_again(void *arg)
{
	struct scmi_transport_peer *peer = arg;
	uint64_t count;
	ssize_t ignored = read(peer->again, &count, sizeof(count));

	(void)ignored;
	virtio_enter(peer);
	if (peer->draining && !peer->pending)
		virtio_drained(peer);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES && !peer->gone; i++)
		virtio_queue_run(&peer->queues[i]);
	virtio_leave(peer);
}

static struct scmi_transport_peer *peer_new(struct scmi_transport_endpoint *endpoint, int fd)
{
	struct scmi_transport_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->endpoint = endpoint;
	peer->fd = fd;
	peer->backend_fd = -1;
	peer->p2a = true;
	vhost_memory_init(&peer->memory);
	vhost_memory_init(&peer->record);
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		struct virtio_queue *queue = &peer->queues[i];

		queue->peer = peer;
		queue->kick = -1;
		queue->call.fd = -1;
		queue->error.fd = -1;
	}
	peer->again = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->again >= 0)
		return peer;
	free(peer);
	return NULL;
}

static void endpoint_accept(struct scmi_transport_endpoint *endpoint, int fd)
{
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;
	struct scmi_transport_credentials who;
	struct scmi_transport_peer *peer;

	socket_credentials(fd, &who);
	/* The one before may have gone since, and be heard of later than this one. */
	if (endpoint->peer && !endpoint->peer->draining)
		peer_ready(endpoint->peer);
	if (endpoint->peer) {
		virtio_note(endpoint,
			    "process %lld was turned away: the device has a front end already",
			    (long long)who.pid);
		close(fd);
		return;
	}
	peer = peer_new(endpoint, fd);
	if (!peer) {
		virtio_note(endpoint, "process %lld was turned away: out of memory or descriptors",
			    (long long)who.pid);
		close(fd);
		return;
	}
	endpoint->peer = peer;
	if (callbacks->watch(endpoint->host, fd, true, false, peer_ready, peer) ||
	    callbacks->watch(endpoint->host, peer->again, true, false, peer_again, peer)) {
		virtio_disconnect(peer);
		return;
	}
	peer->busy++;
	peer->ctx = callbacks->connected(endpoint->ctx, peer, &who);
	if (!peer->ctx)
		virtio_disconnect(peer);
	virtio_leave(peer);
}

/* ---- the endpoint ---------------------------------------------------------------------------- */

static void endpoint_ready(void *arg)
{
	struct scmi_transport_endpoint *endpoint = arg;
	int fd = socket_accept(endpoint->fd, &endpoint->reserve);

	if (fd >= 0)
		endpoint_accept(endpoint, fd);
	else if (fd == -EMFILE)
		virtio_note(endpoint, "a front end was turned away: out of descriptors");
}

static int platform_listen(struct scmi_transport_endpoint **out,
			   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	uint32_t message_size_max =
		how->message_size_max ? how->message_size_max : VIRTIO_PLATFORM_MESSAGE_SIZE;
	struct scmi_transport_endpoint *endpoint;
	int error;

	if (message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	endpoint = malloc(sizeof(*endpoint) + message_size_max);
	if (!endpoint)
		return because(-ENOMEM, why, why_size, "out of memory");
	/* The room for messages is not touched before there are some: most of it never is. */
	memset(endpoint, 0, offsetof(struct scmi_transport_endpoint, command));
	endpoint->callbacks = how->callbacks;
	endpoint->host = how->host;
	endpoint->ctx = how->ctx;
	endpoint->message_size_max = message_size_max;
	endpoint->reserve = -1;
	endpoint->path = strdup(how->address);
	if (!endpoint->path) {
		error = because(-ENOMEM, why, why_size, "out of memory");
		goto fail;
	}
	error = wakeup_init();
	if (error) {
		because(error, why, why_size,
			"no asynchronous I/O, without which a front end could hold up the others: %s",
			strerror(-error));
		goto fail;
	}
	error = vhost_memory_guard();
	if (error) {
		because(error, why, why_size, "no handler for SIGBUS: %s", strerror(-error));
		goto fail;
	}
	error = socket_bind(how->address, SOCK_STREAM, how->mode, &endpoint->file, why, why_size);
	if (error < 0)
		goto fail;
	endpoint->fd = error;
	endpoint->reserve = socket_reserve();
	error = endpoint->callbacks->watch(endpoint->host, endpoint->fd, true, false,
					   endpoint_ready, endpoint);
	if (error) {
		because(error, why, why_size, "cannot watch %s: %s", how->address,
			strerror(-error));
		socket_unbind(endpoint->fd, endpoint->path, &endpoint->file);
		goto fail;
	}
	*out = endpoint;
	return 0;

fail:
	if (endpoint->reserve >= 0)
		close(endpoint->reserve);
	free(endpoint->path);
	free(endpoint);
	return error;
}

static void platform_unlisten(struct scmi_transport_endpoint *endpoint)
{
	if (endpoint->peer)
		virtio_disconnect(endpoint->peer);
	endpoint->callbacks->unwatch(endpoint->host, endpoint->fd);
	socket_unbind(endpoint->fd, endpoint->path, &endpoint->file);
	if (endpoint->reserve >= 0)
		close(endpoint->reserve);
	free(endpoint->path);
	free(endpoint);
}

const struct scmi_transport_platform_ops virtio_platform_ops = {
	.listen = platform_listen,
	.unlisten = platform_unlisten,
	.send = virtio_send,
	.answer = virtio_answer,
	.disconnect = virtio_disconnect,
};
