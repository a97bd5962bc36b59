/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The socket of a mailbox, its agent, and those that come while it is in use. */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../socket/socket.h"
#include "../wakeup.h"
#include "../why.h"
#include "platform.h"

/* Areas lie apart by cache lines: two sides write them. */
#define AREA_ALIGN 64u
#define MESSAGE_SIZE_MIN 8u

void mailbox_note(const struct scmi_transport_endpoint *endpoint, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	int length;

	if (!endpoint->callbacks->note)
		return;
	length = snprintf(sentence, sizeof(sentence), "mailbox %s: ", endpoint->path);
	va_start(arguments, format);
	if (length > 0 && (size_t)length < sizeof(sentence))
		vsnprintf(sentence + length, sizeof(sentence) - (size_t)length, format, arguments);
	va_end(arguments);
	endpoint->callbacks->note(endpoint->ctx, sentence);
}

/* ---- one agent ------------------------------------------------------------------------------- */

void mailbox_enter(struct scmi_transport_peer *peer)
{
	peer->busy++;
}

void mailbox_leave(struct scmi_transport_peer *peer)
{
	if (!--peer->busy && peer->gone)
		free(peer);
}

void mailbox_disconnect(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;

	if (peer->gone)
		return;
	peer->gone = true;
	endpoint->peer = NULL;
	callbacks->unwatch(endpoint->host, peer->fd);
	close(peer->fd);
	mailbox_peer_fini(peer);
	if (peer->ctx)
		callbacks->disconnected(peer->ctx);
	if (!peer->busy)
		free(peer);
}

/* It has nothing to say there but that it is gone. */
static void peer_ready(void *arg)
{
	struct scmi_transport_peer *peer = arg;
	uint8_t byte;
	ssize_t size = recv(peer->fd, &byte, sizeof(byte), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0)
		mailbox_note(peer->endpoint, "the agent speaks on the socket, where nothing is to "
					     "be said; the connection is ended");
	mailbox_disconnect(peer);
}

static void refuse(const struct scmi_transport_endpoint *endpoint, int fd,
		   enum mailbox_refusal refusal, const struct scmi_transport_credentials *who)
{
	static const char *const why[MAILBOX_REFUSALS] = {
		[MAILBOX_IN_USE] = "the mailbox has an agent already",
		[MAILBOX_NO_ROOM] = "out of memory or descriptors",
	};
	const struct mailbox_handout handout = {.refusal = refusal};

	/* Who is not allowed was named by the host. */
	if (why[refusal])
		mailbox_note(endpoint, "process %lld was turned away: %s", (long long)who->pid,
			     why[refusal]);
	mailbox_handout_send(fd, &handout, NULL);
}

static void endpoint_accept(struct scmi_transport_endpoint *endpoint, int fd)
{
	const struct scmi_transport_platform_callbacks *callbacks = endpoint->callbacks;
	struct scmi_transport_credentials who;
	struct scmi_transport_peer *peer;
	int fds[MAILBOX_FDS_MAX];

	socket_credentials(fd, &who);
	/* The one before may have gone since, and been heard of later than this one. */
	if (endpoint->peer)
		peer_ready(endpoint->peer);
	peer = endpoint->peer ? NULL : calloc(1, sizeof(*peer));
	if (!peer) {
		refuse(endpoint, fd, endpoint->peer ? MAILBOX_IN_USE : MAILBOX_NO_ROOM, &who);
		close(fd);
		return;
	}
	peer->endpoint = endpoint;
	peer->fd = fd;
	endpoint->peer = peer;
	mailbox_enter(peer);
	if (mailbox_peer_init(peer, fds)) {
		refuse(endpoint, fd, MAILBOX_NO_ROOM, &who);
		mailbox_disconnect(peer);
		mailbox_leave(peer);
		return;
	}
	if (callbacks->watch(endpoint->host, fd, true, false, peer_ready, peer)) {
		refuse(endpoint, fd, MAILBOX_NO_ROOM, &who);
	} else {
		peer->ctx = callbacks->connected(endpoint->ctx, peer, &who);
		if (!peer->ctx)
			refuse(endpoint, fd, MAILBOX_NOT_ALLOWED, &who);
		else if (!peer->event && callbacks->carries)
			callbacks->carries(peer->ctx, false);
	}
	if (!peer->gone && (!peer->ctx || mailbox_handout_send(fd, &endpoint->handout, fds)))
		mailbox_disconnect(peer);
	close(fds[0]);
	mailbox_leave(peer);
}

/* ---- the endpoint ---------------------------------------------------------------------------- */

static void endpoint_ready(void *arg)
{
	struct scmi_transport_endpoint *endpoint = arg;
	int fd = socket_accept(endpoint->fd, &endpoint->reserve);

	if (fd >= 0)
		endpoint_accept(endpoint, fd);
	else if (fd == -EMFILE)
		mailbox_note(endpoint, "an agent was turned away: out of descriptors");
}

static void add_channel(struct mailbox_handout *handout, uint32_t protocol_id, bool p2a,
			bool completion, uint32_t size)
{
	handout->records[handout->count++] = (struct mailbox_record){
		.protocol_id = protocol_id,
		.p2a = p2a,
		.completion = completion,
		.offset = handout->memory_size,
		.size = size,
	};
	handout->memory_size += (size + AREA_ALIGN - 1) & ~(AREA_ALIGN - 1);
}

/* The channels that everybody gets who connects. */
static int lay_out(struct scmi_transport_endpoint *endpoint,
		   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	struct mailbox_handout *handout = &endpoint->handout;
	uint8_t bytes[MAILBOX_HANDOUT_MAX];
	const char *wrong;
	uint32_t size;

	if (endpoint->message_size_max < MESSAGE_SIZE_MIN ||
	    endpoint->message_size_max > SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX))
		return because(-EINVAL, why, why_size,
			       "over a mailbox a message has %u to %u bytes", MESSAGE_SIZE_MIN,
			       SCMI_SHMEM_MESSAGE_MAX(SCMI_SHMEM_SIZE_MAX));
	if (how->own_channel_count > MAILBOX_CHANNELS_MAX - 2)
		return because(-EINVAL, why, why_size, "a mailbox has at most %u channels",
			       MAILBOX_CHANNELS_MAX);
	size = SCMI_SHMEM_AREA_SIZE(endpoint->message_size_max);
	add_channel(handout, 0, false, !how->no_completion_irq, size);
	if (!how->no_p2a)
		add_channel(handout, 0, true, !how->p2a_unacknowledged, size);
	for (uint32_t i = 0; i < how->own_channel_count; i++)
		add_channel(handout, how->own_channels[i], false, !how->no_completion_irq, size);
	/* What agents would not take is not offered. */
	if (mailbox_handout_read(handout, bytes, mailbox_handout_write(handout, bytes), &wrong))
		return because(-EINVAL, why, why_size, "%s", wrong);
	return 0;
}

static int platform_listen(struct scmi_transport_endpoint **out,
			   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	struct scmi_transport_endpoint *endpoint;
	int error;

	endpoint = malloc(sizeof(*endpoint));
	if (!endpoint)
		return because(-ENOMEM, why, why_size, "out of memory");
	/* The room for messages is not touched before there are some: most of it never is. */
	memset(endpoint, 0, offsetof(struct scmi_transport_endpoint, command));
	endpoint->callbacks = how->callbacks;
	endpoint->host = how->host;
	endpoint->ctx = how->ctx;
	endpoint->message_size_max =
		how->message_size_max ? how->message_size_max : MAILBOX_MESSAGE_SIZE;
	endpoint->reserve = -1;
	endpoint->path = strdup(how->address);
	if (!endpoint->path) {
		error = because(-ENOMEM, why, why_size, "out of memory");
		goto fail;
	}
	error = lay_out(endpoint, how, why, why_size);
	if (error)
		goto fail;
	error = wakeup_init();
	if (error) {
		because(error, why, why_size,
			"no asynchronous I/O, without which an agent could hold up the others: %s",
			strerror(-error));
		goto fail;
	}
	error = socket_bind(how->address, SOCK_SEQPACKET, how->mode, &endpoint->file, why,
			    why_size);
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
		mailbox_disconnect(endpoint->peer);
	endpoint->callbacks->unwatch(endpoint->host, endpoint->fd);
	socket_unbind(endpoint->fd, endpoint->path, &endpoint->file);
	if (endpoint->reserve >= 0)
		close(endpoint->reserve);
	free(endpoint->path);
	free(endpoint);
}

const struct scmi_transport_platform_ops mailbox_platform_ops = {
	.listen = platform_listen,
	.unlisten = platform_unlisten,
	.send = mailbox_send,
	.answer = mailbox_answer,
	.disconnect = mailbox_disconnect,
};
