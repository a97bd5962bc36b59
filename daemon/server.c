/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "server.h"

#include <host/monotonic.h>
#include <inttypes.h>
#include <scmi/loader.h>
#include <scmi/platform.h>
#include <scmi/transport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "log.h"
#include "state.h"
#include "trace.h"

/*
 * A change is saved so much later, together with those that follow it: an agent that sets rates in a
 * loop must not keep the disk busy.
 */
#define SAVE_DELAY_NS 100000000u
#define SAVE_RETRY_NS 10000000000u
#define WHO_SIZE      32u

/* Connections of one agent at a time: whoever may connect must not use up the descriptors of the others. */
#define CONNECTIONS_MAX 256u

/* Of one agent, over all its connections. */
struct agent {
	uint32_t connections;
	uint64_t refused_connections;
	struct scmi_channel_counters past; /* of connections that are over */
};

struct listener {
	struct scmid_server *server;
	const struct scmid_endpoint *endpoint;
	struct scmi_driver *loaded; /* what keeps the driver's code */
	const struct scmi_transport *driver;
	struct scmi_transport_endpoint *transport; /* NULL: not listening */
	struct scmid_log_limit refusals;
	struct scmid_log_limit notes;
};

struct peer {
	struct listener *listener;
	struct scmi_transport_peer *transport;
	struct scmi_channel *channel;
	struct peer *next, *previous;
	char who[WHO_SIZE]; /* in traces */
};

struct scmid_server {
	struct scmid_server_config config;
	const struct scmi_board *board;
	struct scmi_platform *platform;
	struct scmi_loop_timer timer;
	struct listener *listeners;
	uint32_t listener_count;
	struct agent *agents;
	struct peer *peers;
	uint32_t connections; /* ever */
	uint64_t saved_generation;
	uint64_t save_ns; /* when the state is to be saved; SCMI_NEVER if it is */
};

static struct agent *agent_of(const struct listener *listener)
{
	return &listener->server->agents[listener->endpoint->agent];
}

static const char *name_of(const struct listener *listener)
{
	return listener->server->board->agents[listener->endpoint->agent].name;
}

/*
 * ---- from the platform to a peer --------------------------------------------------------------
 */

static int peer_send(void *ctx, const void *message, size_t size)
{
	struct peer *peer = ctx;

	return peer->listener->driver->platform->send(peer->transport, message, size);
}

static int peer_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	struct peer *peer = ctx;

	return peer->listener->driver->platform->answer(peer->transport, cookie, message, size);
}

static void peer_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct peer *peer = ctx;
	uint32_t version = 0;
	uint8_t protocol_id;

	if (scmid_trace_protocol(message, size, &protocol_id))
		version = scmi_channel_version(peer->channel, protocol_id);
	scmid_trace(peer->who, to_platform, version, message, size);
}

static const struct scmi_channel_ops channel_ops = {
	.send = peer_send,
	.answer = peer_answer,
};

static const struct scmi_channel_ops traced_channel_ops = {
	.send = peer_send,
	.answer = peer_answer,
	.trace = peer_trace,
};

/*
 * ---- from a peer to the platform --------------------------------------------------------------
 */

static bool is_among(const uint32_t *ids, uint32_t count, int64_t id)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

/* Without a list the socket's mode has decided already. */
static bool admits(const struct scmid_endpoint *endpoint,
		   const struct scmi_transport_credentials *who)
{
	if (!endpoint->user_count && !endpoint->group_count)
		return true;
	return is_among(endpoint->users, endpoint->user_count, who->uid) ||
	       is_among(endpoint->groups, endpoint->group_count, who->gid);
}

static void *refuse(struct listener *listener, const struct scmi_transport_credentials *who,
		    const char *why)
{
	agent_of(listener)->refused_connections++;
	if (scmid_log_allowed(&listener->refusals, scmi_monotonic_ns(), "refused connections"))
		scmid_log("refused on %s: process %" PRId64 " of user %" PRId64 ", group %" PRId64
			  ": %s",
			  listener->endpoint->address, who->pid, who->uid, who->gid, why);
	return NULL;
}

static void *peer_connected(void *ctx, struct scmi_transport_peer *transport,
			    const struct scmi_transport_credentials *who)
{
	struct listener *listener = ctx;
	struct scmid_server *server = listener->server;
	struct scmi_channel_config config = {
		.agent_id = listener->endpoint->agent + 1,
		.p2a = listener->driver->limits.p2a,
		.ops = server->config.trace ? &traced_channel_ops : &channel_ops,
	};
	struct peer *peer;

	if (!admits(listener->endpoint, who))
		return refuse(listener, who, "not on the endpoint's allow list");
	if (agent_of(listener)->connections >= CONNECTIONS_MAX)
		return refuse(listener, who, "the agent has as many connections as it may have");
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return refuse(listener, who, "out of memory");
	peer->listener = listener;
	peer->transport = transport;
	config.ctx = peer;
	if (scmi_channel_new(&peer->channel, server->platform, &config)) {
		free(peer);
		return refuse(listener, who, "out of memory");
	}
	snprintf(peer->who, sizeof(peer->who), "%s#%u", name_of(listener), ++server->connections);
	peer->next = server->peers;
	if (peer->next)
		peer->next->previous = peer;
	server->peers = peer;
	agent_of(listener)->connections++;
	return peer;
}

static size_t peer_command(void *ctx, uint64_t cookie, const void *message, size_t size,
			   void *answer, size_t space)
{
	struct peer *peer = ctx;

	return scmi_channel_handle(peer->channel, cookie, message, size, answer, space);
}

static void add_counters(struct scmi_channel_counters *sum, const struct scmi_channel *channel)
{
	struct scmi_channel_counters counters;

	scmi_channel_counters(channel, &counters);
	sum->commands += counters.commands;
	sum->refused += counters.refused;
	sum->dropped += counters.dropped;
	sum->notifications += counters.notifications;
	sum->delayed += counters.delayed;
	sum->lost += counters.lost;
}

/*
 * The channel is made anew, for what a channel offers hangs on it. The new one comes first: the agent is
 * connected all the time.
 */
static void peer_carries(void *ctx, bool p2a)
{
	struct peer *peer = ctx;
	struct scmi_channel_config config = {
		.agent_id = peer->listener->endpoint->agent + 1,
		.p2a = p2a,
		.ops = peer->listener->server->config.trace ? &traced_channel_ops : &channel_ops,
		.ctx = peer,
	};
	struct scmi_channel *before = peer->channel;

	if (scmi_channel_new(&peer->channel, peer->listener->server->platform, &config)) {
		peer->listener->driver->platform->disconnect(peer->transport);
		return;
	}
	add_counters(&agent_of(peer->listener)->past, before);
	scmi_channel_free(before);
}

static void peer_reset(void *ctx)
{
	struct peer *peer = ctx;

	scmi_channel_reset(peer->channel);
}

static uint32_t peer_session(void *ctx, uint32_t known, void *to, size_t space, size_t *size)
{
	const struct peer *peer = ctx;
	uint32_t generation = scmi_channel_session_generation(peer->channel);

	if (generation != known)
		*size = scmi_channel_session(peer->channel, to, space);
	return generation;
}

static void peer_resume(void *ctx, const void *from, size_t size)
{
	struct peer *peer = ctx;

	scmi_channel_resume(peer->channel, from, size);
}

static void listener_note(void *ctx, const char *sentence)
{
	struct listener *listener = ctx;

	if (scmid_log_allowed(&listener->notes, scmi_monotonic_ns(), "messages of a driver"))
		scmid_log("agent %s: %s", name_of(listener), sentence);
}

static void peer_writable(void *ctx)
{
	struct peer *peer = ctx;

	scmi_channel_ready(peer->channel);
}

static void peer_disconnected(void *ctx)
{
	struct peer *peer = ctx;
	struct scmid_server *server = peer->listener->server;

	add_counters(&agent_of(peer->listener)->past, peer->channel);
	agent_of(peer->listener)->connections--;
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		server->peers = peer->next;
	if (peer->next)
		peer->next->previous = peer->previous;
	scmi_channel_free(peer->channel);
	free(peer);
}

static const struct scmi_transport_platform_callbacks callbacks = {
	.size = sizeof(callbacks),
	.watch = scmi_loop_watch,
	.unwatch = scmi_loop_unwatch,
	.connected = peer_connected,
	.command = peer_command,
	.writable = peer_writable,
	.disconnected = peer_disconnected,
	.turn = scmi_loop_turn,
	.carries = peer_carries,
	.reset = peer_reset,
	.note = listener_note,
	.session = peer_session,
	.resume = peer_resume,
};

/* ---- time ------------------------------------------------------------------------------------ */

static void save_state(struct scmid_server *server)
{
	uint64_t generation = scmi_platform_generation(server->platform);
	int error = scmid_state_save(server->config.directory, server->board, server->platform);

	server->save_ns = SCMI_NEVER;
	if (!error) {
		server->saved_generation = generation;
		return;
	}
	scmid_log("the state cannot be saved: %s", strerror(-error));
	server->save_ns = scmi_monotonic_ns() + SAVE_RETRY_NS;
}

static uint64_t next_deadline_ns(void *ctx)
{
	struct scmid_server *server = ctx;
	uint64_t platform_ns = scmi_platform_next_deadline(server->platform);

	if (server->save_ns == SCMI_NEVER &&
	    scmi_platform_generation(server->platform) != server->saved_generation)
		server->save_ns = scmi_monotonic_ns() + SAVE_DELAY_NS;
	return platform_ns < server->save_ns ? platform_ns : server->save_ns;
}

static void tick(void *ctx, uint64_t now_ns)
{
	struct scmid_server *server = ctx;

	scmi_platform_tick(server->platform, now_ns);
	if (now_ns >= server->save_ns)
		save_state(server);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static uint64_t host_now_ns(void *ctx)
{
	(void)ctx;
	return scmi_monotonic_ns();
}

static const struct scmi_platform_host platform_host = {
	.alloc = host_alloc,
	.free = host_free,
	.now_ns = host_now_ns,
};

int scmid_server_new(struct scmid_server **out, const struct scmid_server_config *config)
{
	struct scmid_server *server = scmid_calloc(1, sizeof(*server));
	char why[256] = "";
	int error;

	server->config = *config;
	server->board = scmid_board_scmi(config->board);
	server->save_ns = SCMI_NEVER;
	error = scmi_platform_new(&server->platform, server->board, &platform_host, why,
				  sizeof(why));
	if (error) {
		fprintf(stderr, "%s: %s\n", config->file, why);
		free(server);
		return error;
	}
	server->agents = scmid_calloc(server->board->agent_count, sizeof(*server->agents));
	scmid_state_restore(config->directory, server->board, server->platform);
	server->saved_generation = scmi_platform_generation(server->platform);
	server->timer = (struct scmi_loop_timer){
		.ctx = server,
		.next_deadline_ns = next_deadline_ns,
		.tick = tick,
	};
	scmi_loop_set_timer(config->loop, &server->timer);
	*out = server;
	return 0;
}

static const char *const schemes[] = {
	[SCMID_SOCKET] = "unix",
	[SCMID_VIRTIO] = "virtio",
	[SCMID_MAILBOX] = "mailbox",
};

static int listen_on(struct listener *listener, struct scmi_loader *loader)
{
	const struct scmid_endpoint *endpoint = listener->endpoint;
	const struct scmid_server_config *config = &listener->server->config;
	struct scmi_transport_listen how = {
		.address = endpoint->address,
		.mode = endpoint->mode,
		.message_size_max = endpoint->message_size_max,
		.callbacks = &callbacks,
		.host = config->loop,
		.ctx = listener,
		.own_channels = endpoint->own_channels,
		.own_channel_count = endpoint->own_channel_count,
		.no_completion_irq = endpoint->no_completion_irq,
		.no_p2a = endpoint->no_p2a,
		.p2a_unacknowledged = endpoint->p2a_unacknowledged,
	};
	char why[768] = "";
	int error;

	error = scmi_loader_by_scheme(loader, schemes[endpoint->kind], &listener->loaded, why,
				      sizeof(why));
	if (!error) {
		listener->driver = scmi_driver_transport(listener->loaded);
		if (listener->driver->platform)
			error = listener->driver->platform->listen(&listener->transport, &how, why,
								   sizeof(why));
		else
			error = -EOPNOTSUPP;
	}
	if (error) {
		listener->transport = NULL;
		scmid_log("%s:%u:%u: %s", config->file, endpoint->at.line, endpoint->at.column,
			  why[0] ? why : strerror(-error));
	} else {
		scmid_log("agent %s: %s", name_of(listener), endpoint->address);
	}
	return error;
}

int scmid_server_listen(struct scmid_server *server)
{
	const struct scmid_endpoint *endpoints =
		scmid_board_endpoints(server->config.board, &server->listener_count);
	struct scmi_loader *loader;
	int error = scmi_loader_new(&loader, NULL);

	if (error) {
		server->listener_count = 0;
		return error;
	}
	server->listeners = scmid_calloc(server->listener_count, sizeof(*server->listeners));
	for (uint32_t i = 0; i < server->listener_count; i++) {
		struct listener *listener = &server->listeners[i];

		listener->server = server;
		listener->endpoint = &endpoints[i];
		if (!error)
			error = listen_on(listener, loader);
	}
	scmi_loader_free(loader);
	return error;
}

void scmid_server_print_counters(const struct scmid_server *server)
{
	for (uint32_t i = 0; i < server->board->agent_count; i++) {
		const struct agent *agent = &server->agents[i];
		struct scmi_channel_counters sum = agent->past;

		for (const struct peer *peer = server->peers; peer; peer = peer->next) {
			if (peer->listener->endpoint->agent == i)
				add_counters(&sum, peer->channel);
		}
		scmid_log("agent %s: %u connections, %" PRIu64 " turned away; %" PRIu64
			  " commands, %" PRIu64 " refused, %" PRIu64 " dropped; %" PRIu64
			  " notifications, %" PRIu64 " lost; %" PRIu64 " delayed responses",
			  server->board->agents[i].name, agent->connections,
			  agent->refused_connections, sum.commands, sum.refused, sum.dropped,
			  sum.notifications, sum.lost, sum.delayed);
	}
}

void scmid_server_free(struct scmid_server *server)
{
	if (!server)
		return;
	for (uint32_t i = 0; i < server->listener_count; i++) {
		struct listener *listener = &server->listeners[i];

		if (listener->transport)
			listener->driver->platform->unlisten(listener->transport);
		scmi_driver_put(listener->loaded);
	}
	if (scmi_platform_generation(server->platform) != server->saved_generation)
		save_state(server);
	scmi_loop_set_timer(server->config.loop, NULL);
	scmi_platform_free(server->platform);
	free(server->listeners);
	free(server->agents);
	free(server);
}
