/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loop transport, scheme "loop": an agent and a platform in one thread of one process.
 * loop:NAME joins the endpoint that listens on NAME.
 *
 * Each end has a ring of messages that came for it and an eventfd that says so; a ring that is
 * full holds the sender back, as a socket does. An agent that waits lets the platform's loop
 * turn (turn() in the callbacks), or, where the host has none, handles its own connection: one
 * thread never waits for itself.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../builtin.h"
#include "../why.h"

#define AGENT_MESSAGE_SIZE    4096u
#define PLATFORM_MESSAGE_SIZE 132u
#define NS_PER_S	      1000000000u

struct ring {
	uint32_t space; /* of one message; one that is longer is cut to this */
	uint32_t count;
	uint32_t first;
	uint32_t used;
	uint8_t *slots; /* each: size as uint32_t, then space bytes, rounded up */
};

struct scmi_transport_endpoint {
	struct scmi_transport_endpoint *next; /* in the registry */
	char *name;
	const struct scmi_transport_platform_callbacks *callbacks;
	void *host;
	void *ctx;
	struct scmi_transport_peer *peers;
	uint32_t message_size_max;
	uint8_t answer[];
};

struct scmi_transport_peer {
	struct scmi_transport_endpoint *endpoint;
	struct scmi_transport_peer *next;
	struct scmi_transport_device *device; /* NULL: the agent has closed */
	int fd;
	bool accepted;
	bool in_callback;
	bool gone; /* disconnected inside its own callback: freed when that has returned */
	bool want_room;
	void *ctx;
	struct ring commands;
};

struct scmi_transport_device {
	struct scmi_transport_peer *peer; /* NULL: the platform has disconnected */
	int fd;
	bool closed; /* and has been told */
	const struct scmi_transport_agent_callbacks *callbacks;
	void *ctx;
	uint32_t message_size_max;
	struct ring arrived;
};

/*
 * Who listens. The two ends know no common object but this name, hence the only static state
 * here; it belongs to the thread, as the two ends do, and so needs no lock.
 */
static _Thread_local struct scmi_transport_endpoint *endpoints;

static void peer_ready(void *arg);

/* ---- rings ----------------------------------------------------------------------------------- */

static size_t slot_size(const struct ring *ring)
{
	return sizeof(uint32_t) + (ring->space + 3u) / 4 * 4;
}

static bool ring_init(struct ring *ring, uint32_t count, uint32_t space)
{
	ring->space = space;
	ring->count = count;
	ring->slots = calloc(count, slot_size(ring));
	return ring->slots;
}

static uint32_t ring_room(const struct ring *ring)
{
	return ring->count - ring->used;
}

/* There is room. */
static void ring_put(struct ring *ring, const void *message, size_t size)
{
	uint8_t *slot = ring->slots + (ring->first + ring->used) % ring->count * slot_size(ring);
	uint32_t kept = size < ring->space ? (uint32_t)size : ring->space;

	memcpy(slot, &kept, sizeof(kept));
	if (kept)
		memcpy(slot + sizeof(kept), message, kept);
	ring->used++;
}

/* The oldest message, in place until ring_drop(). */
static const uint8_t *ring_peek(const struct ring *ring, uint32_t *size)
{
	const uint8_t *slot = ring->slots + ring->first * slot_size(ring);

	memcpy(size, slot, sizeof(*size));
	return slot + sizeof(*size);
}

static void ring_drop(struct ring *ring)
{
	ring->first = (ring->first + 1) % ring->count;
	ring->used--;
}

/* ---- eventfds: can neither fail nor block, as their counts stay small ------------------------ */

static void kick(int fd)
{
	const uint64_t one = 1;
	ssize_t ignored = write(fd, &one, sizeof(one));

	(void)ignored;
}

static void unkick(int fd)
{
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof(count));

	(void)ignored;
}

/* ---- platform end ---------------------------------------------------------------------------- */

static void peer_free(struct scmi_transport_peer *peer)
{
	free(peer->commands.slots);
	free(peer);
}

static void peer_disconnect(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	struct scmi_transport_peer **link = &endpoint->peers;

	if (peer->gone)
		return;
	peer->gone = true;
	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	endpoint->callbacks->unwatch(endpoint->host, peer->fd);
	close(peer->fd);
	if (peer->device) {
		peer->device->peer = NULL;
		kick(peer->device->fd);
	}
	if (peer->accepted)
		endpoint->callbacks->disconnected(peer->ctx);
	if (!peer->in_callback)
		peer_free(peer);
}

/* Messages for the device; one slot is left for the answer to the command that is being handled. */
static int platform_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	if (size > peer->endpoint->message_size_max)
		return -EMSGSIZE;
	if (!peer->device)
		return -ENODEV;
	if (ring_room(&peer->device->arrived) < 2) {
		peer->want_room = true;
		return -EAGAIN;
	}
	ring_put(&peer->device->arrived, message, size);
	kick(peer->device->fd);
	return 0;
}

static int platform_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
			   size_t size)
{
	(void)cookie; /* the token in the header says which command it answers */
	return platform_send(peer, message, size);
}

/* Handle one command; the device, if still there, has room for the answer. */
static void peer_command(struct scmi_transport_peer *peer)
{
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	const uint8_t *message;
	uint32_t size;
	size_t answer_size;

	message = ring_peek(&peer->commands, &size);
	answer_size = endpoint->callbacks->command(peer->ctx, 0, message, size, endpoint->answer,
						   endpoint->message_size_max);
	if (peer->gone)
		return;
	ring_drop(&peer->commands);
	if (answer_size && peer->device) {
		ring_put(&peer->device->arrived, endpoint->answer, answer_size);
		kick(peer->device->fd);
	}
}

static bool peer_can_go_on(const struct scmi_transport_peer *peer)
{
	return !peer->gone && peer->commands.used &&
	       (!peer->device || ring_room(&peer->device->arrived));
}

static bool peer_accept(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_endpoint *endpoint = peer->endpoint;
	/* Who is on the other side of a thread is the thread itself. */
	const struct scmi_transport_credentials who = {getpid(), geteuid(), getegid()};

	peer->ctx = endpoint->callbacks->connected(endpoint->ctx, peer, &who);
	peer->accepted = peer->ctx;
	return peer->accepted;
}

static void peer_ready(void *arg)
{
	struct scmi_transport_peer *peer = arg;
	const struct scmi_transport_platform_callbacks *callbacks = peer->endpoint->callbacks;

	unkick(peer->fd);
	if (!peer->accepted && !peer_accept(peer)) {
		peer_disconnect(peer);
		return;
	}
	peer->in_callback = true;
	if (peer->want_room && (!peer->device || ring_room(&peer->device->arrived) > 1)) {
		peer->want_room = false;
		callbacks->writable(peer->ctx);
	}
	while (peer_can_go_on(peer))
		peer_command(peer);
	peer->in_callback = false;
	if (peer->gone)
		peer_free(peer);
	else if (!peer->device)
		peer_disconnect(peer);
}

static struct scmi_transport_endpoint **find_endpoint(const char *name)
{
	struct scmi_transport_endpoint **link = &endpoints;

	while (*link && strcmp((*link)->name, name))
		link = &(*link)->next;
	return link;
}

static int platform_listen(struct scmi_transport_endpoint **out,
			   const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	uint32_t message_size_max = how->message_size_max ? how->message_size_max
							  : PLATFORM_MESSAGE_SIZE;
	struct scmi_transport_endpoint *endpoint;

	if (!how->address[0])
		return because(-EINVAL, why, why_size, "the name to listen on is missing");
	if (*find_endpoint(how->address))
		return because(-EADDRINUSE, why, why_size, "another platform listens on loop:%s",
			       how->address);
	if (message_size_max > TRANSPORT_MESSAGE_SIZE_MAX)
		return because(-EINVAL, why, why_size, "a message has at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	endpoint = calloc(1, sizeof(*endpoint) + message_size_max);
	if (endpoint)
		endpoint->name = strdup(how->address);
	if (!endpoint || !endpoint->name) {
		free(endpoint);
		return because(-ENOMEM, why, why_size, "out of memory");
	}
	endpoint->message_size_max = message_size_max;
	endpoint->callbacks = how->callbacks;
	endpoint->host = how->host;
	endpoint->ctx = how->ctx;
	endpoint->next = endpoints;
	endpoints = endpoint;
	*out = endpoint;
	return 0;
}

static void platform_unlisten(struct scmi_transport_endpoint *endpoint)
{
	while (endpoint->peers)
		peer_disconnect(endpoint->peers);
	*find_endpoint(endpoint->name) = endpoint->next;
	free(endpoint->name);
	free(endpoint);
}

static const struct scmi_transport_platform_ops platform_ops = {
	.listen = platform_listen,
	.unlisten = platform_unlisten,
	.send = platform_send,
	.answer = platform_answer,
	.disconnect = peer_disconnect,
};

/* ---- agent end ------------------------------------------------------------------------------- */

static void agent_close(struct scmi_transport_device *device)
{
	if (device->peer) {
		device->peer->device = NULL;
		kick(device->peer->fd);
	}
	if (device->fd >= 0)
		close(device->fd);
	free(device->arrived.slots);
	free(device);
}

/*
 * The platform's half of a connection. NULL: no memory, no descriptor, or the host cannot watch
 * it.
 */
static struct scmi_transport_peer *connect_peer(struct scmi_transport_endpoint *endpoint,
						struct scmi_transport_device *device,
						uint32_t messages_max)
{
	struct scmi_transport_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->endpoint = endpoint;
	peer->device = device;
	peer->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (peer->fd < 0 || !ring_init(&peer->commands, messages_max, device->message_size_max) ||
	    endpoint->callbacks->watch(endpoint->host, peer->fd, true, false, peer_ready, peer)) {
		if (peer->fd >= 0)
			close(peer->fd);
		peer_free(peer);
		return NULL;
	}
	peer->next = endpoint->peers;
	endpoint->peers = peer;
	return peer;
}

static int agent_open(struct scmi_transport_device **out, const char *name,
		      const struct scmi_transport_settings *settings,
		      const struct scmi_transport_agent_callbacks *callbacks, void *ctx,
		      struct scmi_transport_limits *limits, char *why, size_t why_size)
{
	struct scmi_transport_limits in_force = scmi_transport_loop.limits;
	struct scmi_transport_endpoint *endpoint = *find_endpoint(name);
	struct scmi_transport_device *device;

	if (!endpoint)
		return because(-ENOENT, why, why_size,
			       "no platform of this thread listens on loop:%s", name);
	if (settings->response_timeout_ms)
		in_force.response_timeout_ms = settings->response_timeout_ms;
	if (settings->messages_max)
		in_force.messages_max = settings->messages_max;
	if (settings->message_size_max)
		in_force.message_size_max = settings->message_size_max;
	if (in_force.message_size_max > TRANSPORT_MESSAGE_SIZE_MAX || in_force.messages_max > 1024)
		return because(-EINVAL, why, why_size, "at most 1024 messages of at most %u bytes",
			       TRANSPORT_MESSAGE_SIZE_MAX);
	device = calloc(1, sizeof(*device));
	if (!device)
		return because(-ENOMEM, why, why_size, "out of memory");
	device->callbacks = callbacks;
	device->ctx = ctx;
	device->message_size_max = in_force.message_size_max;
	device->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/*
	 * As many answers again in notifications; a byte more, so that a message that is too
	 * long is seen to be.
	 */
	if (device->fd >= 0 &&
	    ring_init(&device->arrived, 2 * in_force.messages_max, in_force.message_size_max + 1))
		device->peer = connect_peer(endpoint, device, in_force.messages_max);
	if (!device->peer) {
		agent_close(device);
		return because(-ENOMEM, why, why_size, "no memory or descriptor for loop:%s", name);
	}
	kick(device->peer->fd);
	*limits = in_force;
	*out = device;
	return 0;
}

static int agent_send(struct scmi_transport_device *device, const void *message, size_t size)
{
	if (!device->peer)
		return -ENODEV;
	if (size > device->message_size_max)
		return -EMSGSIZE;
	if (!ring_room(&device->peer->commands))
		return -EAGAIN;
	ring_put(&device->peer->commands, message, size);
	kick(device->peer->fd);
	return 0;
}

static int agent_fd(struct scmi_transport_device *device)
{
	return device->fd;
}

static int agent_dispatch(struct scmi_transport_device *device)
{
	const uint8_t *message;
	uint32_t size;

	unkick(device->fd);
	while (device->arrived.used) {
		message = ring_peek(&device->arrived, &size);
		device->callbacks->receive(device->ctx, message, size);
		ring_drop(&device->arrived);
	}
	if (device->peer) {
		if (device->peer->commands.used || device->peer->want_room)
			kick(device->peer->fd);
		return 0;
	}
	if (!device->closed) {
		device->closed = true;
		device->callbacks->closed(device->ctx, -ENODEV);
	}
	return -ENODEV;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/*
 * Without turn(): handle what this agent has sent. When that brings nothing, nothing can before
 * the time is over.
 */
static int wait_alone(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	struct timespec rest = {
		.tv_sec = (time_t)(timeout_ns / NS_PER_S),
		.tv_nsec = (long)(timeout_ns % NS_PER_S),
	};

	if (device->peer->in_callback)
		return -EDEADLK;
	peer_ready(device->peer);
	if (device->arrived.used || !device->peer)
		return 0;
	if (timeout_ns == SCMI_NEVER)
		return -EDEADLK;
	nanosleep(&rest, NULL);
	return -ETIMEDOUT;
}

static int wait_turning(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	const struct scmi_transport_endpoint *endpoint = device->peer->endpoint;
	uint64_t start_ns = now_ns();
	uint64_t passed_ns = 0;
	int error;

	while (!device->arrived.used && device->peer) {
		if (timeout_ns != SCMI_NEVER && passed_ns > timeout_ns)
			return -ETIMEDOUT;
		error = endpoint->callbacks->turn(endpoint->host, timeout_ns == SCMI_NEVER
									  ? SCMI_NEVER
									  : timeout_ns - passed_ns);
		if (error)
			return error;
		passed_ns = now_ns() - start_ns;
	}
	return 0;
}

static int agent_wait(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	int error = 0;

	if (!device->arrived.used && device->peer) {
		error = device->peer->endpoint->callbacks->turn ? wait_turning(device, timeout_ns)
								: wait_alone(device, timeout_ns);
	}
	return error ? error : agent_dispatch(device);
}

static const struct scmi_transport_agent_ops agent_ops = {
	.open = agent_open,
	.close = agent_close,
	.send = agent_send,
	.fd = agent_fd,
	.dispatch = agent_dispatch,
	.wait = agent_wait,
};

const struct scmi_transport scmi_transport_loop = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "loop",
	.scheme = "loop",
	.about = "loop:NAME, a platform that listens on NAME in this thread",
	.limits =
		{
			.response_timeout_ms = 1000,
			.messages_max = 32,
			.message_size_max = AGENT_MESSAGE_SIZE,
			.p2a = true,
			.atomic = true,
		},
	.settings = SCMI_SETTING_MESSAGES_MAX | SCMI_SETTING_MESSAGE_SIZE_MAX,
	.agent = &agent_ops,
	.platform = &platform_ops,
};
