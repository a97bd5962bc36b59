/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow control: a peer whose answer does not fit its socket keeps that answer here, and is not read
 * until it went. A peer that never reads therefore stops only itself.
 *
 * One message is taken per event: with epoll that is the fair order among peers, and
 * epoll_wait, recv and send are all that a message costs.
 */
#define _GNU_SOURCE

#include <poll.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../why.h"
#include "socket.h"

/* One more than any legal message: what is longer is cut to this, and seen to be too long. */
#define COMMAND_SPACE (TRANSPORT_MESSAGE_SIZE_MAX + 1)
#define PAUSE_NS      50000000

struct scmi_transport_endpoint {
	int fd;
	int pause; /* timerfd */
	char *path;
	struct stat file;
	uint32_t message_size_max;
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *ctx;
	struct scmi_transport_peer *peers;
	uint8_t command[COMMAND_SPACE]; /* of the peer whose turn it is */
};

struct scmi_transport_peer {
	struct scmi_transport_endpoint *endpoint;
	struct scmi_transport_peer *previous, *next;
	int fd;
	bool in_callback;
	bool gone;	 /* disconnected inside its own callback: freed when that has returned */
	bool want_room;	 /* send() gave -EAGAIN */
	bool watch_read; /* what the host watches for */
	bool watch_write;
	void *ctx;
	size_t kept; /* size of the answer that did not fit, 0: none */
	uint8_t answer[];
};

static void peer_ready(void *arg);

/* ---- one peer -------------------------------------------------------------------------------- */

/* Ask the host for what the peer's state needs. The usual case, no change, costs nothing. */
static int peer_watch(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	bool want_read = !peer->kept;
	bool want_write = peer->kept || peer->want_room;

	if (want_read == peer->watch_read && want_write == peer->watch_write)
		return 0;
	peer->watch_read = want_read;
	peer->watch_write = want_write;
	return endpoint->callbacks->watch(endpoint->host, peer->fd, want_read, want_write,
					  peer_ready, peer);
}

static void peer_disconnect(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;

	if (peer->gone)
		return;
	peer->gone = true;
	endpoint->callbacks->unwatch(endpoint->host, peer->fd);
	close(peer->fd);
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		endpoint->peers = peer->next;
	if (peer->next)
		peer->next->previous = peer->previous;
	endpoint->callbacks->disconnected(peer->ctx);
	if (!peer->in_callback)
		free(peer);
}

/* 0, -EAGAIN, -ENODEV. */
static int peer_put(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	if (send(peer->fd, message, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ENODEV;
}

/* Take one command and answer it. False: the peer is gone, and so is its memory. */
static bool peer_read(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	size_t answer_size;
	ssize_t size;
	int error = 0;

	do {
		/*
		 * ECONNRESET comes before the commands that were sent before the peer left;
		 * they count.
		 */
		size = recv(peer->fd, endpoint->command, COMMAND_SPACE, MSG_DONTWAIT);
	} while (size < 0 && errno == ECONNRESET);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (size < 0 || (size == 0 && socket_ended(peer->fd))) {
		peer_disconnect(peer);
		return false;
	}

	peer->in_callback = true;
	answer_size = endpoint->callbacks->command(peer->ctx, 0, endpoint->command, (size_t)size,
						   peer->answer, endpoint->message_size_max);
	peer->in_callback = false;
	if (peer->gone) {
		free(peer);
		return false;
	}
	if (answer_size)
		error = peer_put(peer, peer->answer, answer_size);
	if (error == -EAGAIN)
		peer->kept = answer_size;
	/* -ENODEV: the peer hung up; what it sent before is still to be read, then recv says so. */
	return true;
}

/* There may be room again. False: the peer is gone. */
static bool peer_write(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_platform_callbacks *callbacks = peer->endpoint->callbacks;
	struct pollfd room = {.fd = peer->fd, .events = POLLOUT};

	if (peer->kept) {
		if (peer_put(peer, peer->answer, peer->kept) == -EAGAIN)
			return true;
		peer->kept = 0;
	}
	/* The event may have been for reading. */
	if (peer->want_room && poll(&room, 1, 0) == 1) {
		peer->want_room = false;
		peer->in_callback = true;
		callbacks->writable(peer->ctx);
		peer->in_callback = false;
		if (peer->gone) {
			free(peer);
			return false;
		}
	}
	return true;
}

static void peer_ready(void *arg)
{
	struct scmi_transport_peer *peer = arg;

	if (peer->watch_write && !peer_write(peer))
		return;
	if (!peer->kept && !peer_read(peer))
		return;
	if (peer_watch(peer))
		peer_disconnect(peer);
}

/* ---- the endpoint ---------------------------------------------------------------------------- */

static void endpoint_ready(void *arg);

/* The pause is over: look again. */
static void endpoint_resume(void *arg)
{
	struct scmi_transport_endpoint *endpoint = arg;
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	callbacks->unwatch(endpoint->host, endpoint->pause);
	callbacks->watch(endpoint->host, endpoint->fd, true, false, endpoint_ready, endpoint);
}

/*
 * No descriptor is left for who wants to connect. It stays readable, so watching on would spin:
 * look again in a while, and leave them in the backlog until then.
 */
static void endpoint_pause(struct scmi_transport_endpoint *endpoint)
{
	static const struct itimerspec once = {.it_value.tv_nsec = PAUSE_NS};
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	timerfd_settime(endpoint->pause, 0, &once, NULL);
	if (!callbacks->watch(endpoint->host, endpoint->pause, true, false, endpoint_resume,
			      endpoint))
		callbacks->unwatch(endpoint->host, endpoint->fd);
}

static void endpoint_accept(struct scmi_transport_endpoint *endpoint, int fd)
{
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;
	struct scmi_transport_credentials who;
	struct scmi_transport_peer *peer;

	socket_credentials(fd, &who);
	peer = calloc(1, sizeof(*peer) + endpoint->message_size_max);
	if (!peer)
		goto refuse;
	peer->endpoint = endpoint;
	peer->fd = fd;
	if (peer_watch(peer))
		goto refuse;
	peer->ctx = callbacks->connected(endpoint->ctx, peer, &who);
	if (!peer->ctx) {
		callbacks->unwatch(endpoint->host, fd);
		goto refuse;
	}
	peer->next = endpoint->peers;
	if (peer->next)
		peer->next->previous = peer;
	endpoint->peers = peer;
	return;

refuse:
	free(peer);
	close(fd);
}

static void endpoint_ready(void *arg)
{
	struct scmi_transport_endpoint *endpoint = arg;
	int fd = accept4(endpoint->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		endpoint_accept(endpoint, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		endpoint_pause(endpoint);
}

static int platform_listen(struct scmi_transport_endpoint **out,
			   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	struct scmi_transport_endpoint *endpoint;
	int error;

	if (how->message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	endpoint = malloc(sizeof(*endpoint));
	if (!endpoint)
		return because(-ENOMEM, why, why_size, "out of memory");
	/* The room for messages is not touched before there are some: most of it never is. */
	memset(endpoint, 0, offsetof(struct scmi_transport_endpoint, command));
	endpoint->callbacks = how->callbacks;
	endpoint->host = how->host;
	endpoint->ctx = how->ctx;
	endpoint->message_size_max = how->message_size_max ? how->message_size_max
							   : SOCKET_PLATFORM_MESSAGE_SIZE;
	endpoint->path = strdup(how->address);
	endpoint->pause = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (!endpoint->path || endpoint->pause < 0) {
		error = because(endpoint->path ? -errno : -ENOMEM, why, why_size,
				"no memory or descriptor for the endpoint %s", how->address);
		goto fail;
	}
	error = socket_bind(how->address, SOCK_SEQPACKET, how->mode, &endpoint->file, why,
			    why_size);
	if (error < 0)
		goto fail;
	endpoint->fd = error;
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
	if (endpoint->pause >= 0)
		close(endpoint->pause);
	free(endpoint->path);
	free(endpoint);
	return error;
}

static void platform_unlisten(struct scmi_transport_endpoint *endpoint)
{
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	while (endpoint->peers)
		peer_disconnect(endpoint->peers);
	callbacks->unwatch(endpoint->host, endpoint->pause);
	callbacks->unwatch(endpoint->host, endpoint->fd);
	close(endpoint->pause);
	socket_unbind(endpoint->fd, endpoint->path, &endpoint->file);
	free(endpoint->path);
	free(endpoint);
}

static int platform_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	int error;

	if (size > peer->endpoint->message_size_max)
		return -EMSGSIZE;
	/* Behind the answer that is kept, or the order would be lost. */
	error = peer->kept ? -EAGAIN : peer_put(peer, message, size);
	if (error == -EAGAIN) {
		peer->want_room = true;
		if (peer_watch(peer))
			return -ENODEV;
	}
	return error;
}

static int platform_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
			   size_t size)
{
	(void)cookie; /* the token in the header says which command it answers */
	return platform_send(peer, message, size);
}

const struct scmi_transport_platform_ops socket_platform_ops = {
	.listen = platform_listen,
	.unlisten = platform_unlisten,
	.send = platform_send,
	.answer = platform_answer,
	.disconnect = peer_disconnect,
};
