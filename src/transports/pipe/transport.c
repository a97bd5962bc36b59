/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pipe transport, scheme "pipe", platform's end only: the messages of one agent from a file
 * or a stream, for fuzzers and for replaying what was recorded.
 *
 * Address: INPUT[,OUTPUT]. Each is a path, or "-" for standard input or output. Without OUTPUT,
 * "-" writes to standard output, and a path writes nowhere.
 *
 * Both directions have one format: messages one behind the other, each of them
 *
 *	size      4 bytes, little endian: how many bytes follow
 *	message   the 32-bit header and the payload
 *
 * The output has the answers, delayed responses and notifications in the order in which they
 * were made. The end of the input is the end of the connection; a message that it cuts off is
 * dropped.
 *
 * Writing may block: a replay goes at the pace of who reads it. A host that writes to a pipe
 * ignores SIGPIPE.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../builtin.h"
#include "../why.h"

#define PLATFORM_MESSAGE_SIZE 132u
#define FRAME_HEADER_SIZE     4u
/* One more than any legal message: what is longer is cut to this. */
#define COMMAND_SPACE (TRANSPORT_MESSAGE_SIZE_MAX + 1)

/* An endpoint has exactly one peer: the two are one object. */
struct scmi_transport_peer {
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *listen_ctx;
	void *ctx;
	int input;
	int output;  /* -1: nowhere */
	int trigger; /* what is watched: the input, or an eventfd that is always readable */
	bool started;
	bool connected;
	bool broken; /* the output does not take any more */
	uint32_t message_size_max;
	uint32_t skip; /* bytes of the input to pass over: what was cut off a message */
	uint32_t have; /* bytes in frames */
	uint8_t frames[FRAME_HEADER_SIZE + COMMAND_SPACE];
	uint8_t answer[];
};

struct scmi_transport_endpoint {
	struct scmi_transport_peer peer;
};

static uint32_t get_size(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

/* ---- output ---------------------------------------------------------------------------------- */

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	ssize_t written;

	while (size) {
		written = write(fd, bytes, size);
		if (written < 0) {
			if (errno == EAGAIN) /* somebody else made it non-blocking */
				poll(&writable, 1, -1);
			else if (errno != EINTR)
				return false;
			continue;
		}
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

static int platform_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	const uint8_t header[FRAME_HEADER_SIZE] = {
		(uint8_t)size,
		(uint8_t)(size >> 8),
		(uint8_t)(size >> 16),
		(uint8_t)(size >> 24),
	};

	if (peer->broken)
		return -ENODEV;
	if (size > peer->message_size_max)
		return -EMSGSIZE;
	if (peer->output < 0)
		return 0;
	if (write_all(peer->output, header, sizeof(header)) &&
	    write_all(peer->output, message, size))
		return 0;
	peer->broken = true;
	return -ENODEV;
}

static int platform_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
			   size_t size)
{
	(void)cookie; /* the token in the header says which command it answers */
	return platform_send(peer, message, size);
}

/* ---- input ----------------------------------------------------------------------------------- */

static void peer_disconnect(struct scmi_transport_peer *peer)
{
	if (!peer->connected)
		return;
	peer->connected = false;
	peer->callbacks->unwatch(peer->host, peer->trigger);
	peer->callbacks->disconnected(peer->ctx);
}

static void handle(struct scmi_transport_peer *peer, const uint8_t *message, size_t size)
{
	size_t answer_size = peer->callbacks->command(peer->ctx, 0, message, size, peer->answer,
						      peer->message_size_max);

	if (answer_size && peer->connected)
		platform_send(peer, peer->answer, answer_size);
}

/* Handle every message that is whole; what is left of the next one moves to the front. */
static void handle_frames(struct scmi_transport_peer *peer)
{
	uint32_t at = 0;
	uint32_t size, held;

	while (peer->connected && !peer->broken) {
		held = peer->skip < peer->have - at ? peer->skip : peer->have - at;
		peer->skip -= held;
		at += held;
		if (peer->have - at < FRAME_HEADER_SIZE)
			break;
		size = get_size(peer->frames + at);
		held = size < COMMAND_SPACE ? size : COMMAND_SPACE;
		if (peer->have - at < FRAME_HEADER_SIZE + held)
			break;
		at += FRAME_HEADER_SIZE;
		handle(peer, peer->frames + at, held);
		at += held;
		peer->skip = size - held;
	}
	peer->have -= at;
	memmove(peer->frames, peer->frames + at, peer->have);
}

static void input_ready(void *arg)
{
	struct scmi_transport_peer *peer = arg;
	const struct scmi_transport_credentials who = {-1, -1, -1};
	ssize_t size;

	if (!peer->started) {
		peer->started = true;
		peer->ctx = peer->callbacks->connected(peer->listen_ctx, peer, &who);
		if (!peer->ctx) {
			peer->callbacks->unwatch(peer->host, peer->trigger);
			return;
		}
		peer->connected = true;
	}
	/* There is room: a whole message of the longest size fits, and whole ones do not stay. */
	size = read(peer->input, peer->frames + peer->have, sizeof(peer->frames) - peer->have);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0) {
		peer->have += (uint32_t)size;
		handle_frames(peer);
	}
	if (size <= 0 || peer->broken)
		peer_disconnect(peer);
}

/* ---- the endpoint ---------------------------------------------------------------------------- */

/* Open what INPUT[,OUTPUT] names. */
static int open_files(struct scmi_transport_peer *peer, const char *address, char *why,
		      size_t why_size)
{
	char *input = strdup(address);
	char *output;
	int error = 0;

	if (!input)
		return because(-ENOMEM, why, why_size, "out of memory");
	output = strrchr(input, ',');
	if (output)
		*output++ = '\0';
	else if (!strcmp(input, "-"))
		output = input;

	peer->input = strcmp(input, "-") ? open(input, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (peer->input < 0)
		error = because(-errno, why, why_size, "cannot read '%s': %s", input,
				strerror(errno));
	if (!error && output) {
		peer->output =
			strcmp(output, "-")
				? open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
				: STDOUT_FILENO;
		if (peer->output < 0)
			error = because(-errno, why, why_size, "cannot write '%s': %s", output,
					strerror(errno));
	}
	free(input);
	return error;
}

static int watch_input(struct scmi_transport_peer *peer)
{
	int error;

	peer->trigger = peer->input;
	error = peer->callbacks->watch(peer->host, peer->trigger, true, false, input_ready, peer);
	if (error != -EPERM)
		return error;
	/*
	 * A file cannot be waited for. It is always ready, and so is an eventfd that nobody
	 * reads.
	 */
	peer->trigger = eventfd(1, EFD_CLOEXEC);
	if (peer->trigger < 0)
		return -errno;
	return peer->callbacks->watch(peer->host, peer->trigger, true, false, input_ready, peer);
}

static void close_files(struct scmi_transport_peer *peer)
{
	if (peer->trigger != peer->input && peer->trigger >= 0)
		close(peer->trigger);
	if (peer->input > STDIN_FILENO)
		close(peer->input);
	if (peer->output > STDOUT_FILENO)
		close(peer->output);
}

static int platform_listen(struct scmi_transport_endpoint **out,
			   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	uint32_t message_size_max = how->message_size_max ? how->message_size_max
							  : PLATFORM_MESSAGE_SIZE;
	struct scmi_transport_endpoint *endpoint;
	struct scmi_transport_peer *peer;
	int error;

	if (message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	endpoint = calloc(1, sizeof(*endpoint) + message_size_max);
	if (!endpoint)
		return because(-ENOMEM, why, why_size, "out of memory");
	peer = &endpoint->peer;
	peer->callbacks = how->callbacks;
	peer->host = how->host;
	peer->listen_ctx = how->ctx;
	peer->message_size_max = message_size_max;
	peer->input = -1;
	peer->output = -1;
	peer->trigger = -1;
	error = open_files(peer, how->address, why, why_size);
	if (!error) {
		error = watch_input(peer);
		if (error)
			because(error, why, why_size, "cannot watch '%s': %s", how->address,
				strerror(-error));
	}
	if (error) {
		close_files(peer);
		free(endpoint);
		return error;
	}
	*out = endpoint;
	return 0;
}

static void platform_unlisten(struct scmi_transport_endpoint *endpoint)
{
	struct scmi_transport_peer *peer = &endpoint->peer;

	if (!peer->started)
		peer->callbacks->unwatch(peer->host, peer->trigger);
	peer_disconnect(peer);
	close_files(peer);
	free(endpoint);
}

static const struct scmi_transport_platform_ops platform_ops = {
	.listen = platform_listen,
	.unlisten = platform_unlisten,
	.send = platform_send,
	.answer = platform_answer,
	.disconnect = peer_disconnect,
};

const struct scmi_transport scmi_transport_pipe = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "pipe",
	.scheme = "pipe",
	.about = "pipe:INPUT[,OUTPUT], messages from a file or standard input",
	.limits =
		{
			.response_timeout_ms = 1000,
			.messages_max = 1,
			.message_size_max = PLATFORM_MESSAGE_SIZE,
			.p2a = true,
			.atomic = false,
		},
	.platform = &platform_ops,
};
