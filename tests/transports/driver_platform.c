/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "driver_platform.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/loop.h"

struct held {
	uint64_t cookie;
	size_t size;
	uint8_t *message;
};

struct platform_peer {
	struct platform *platform;
	struct platform_peer *next;
	struct scmi_transport_peer *peer;
	uint32_t sequence; /* of the next command */
	uint32_t notify;   /* how many are still to be sent */
	uint32_t notified;
	size_t held_count;
	size_t release; /* how many of them are to be answered */
	struct held held[HELD_MAX];
	bool leave;
};

struct platform {
	const struct scmi_transport_platform_ops *ops;
	struct scmi_transport_endpoint *endpoint;
	struct scmi_loop *loop;
	struct scmi_loop_timer timer;
	struct platform_peer *peers;
	size_t message_size_max;
	bool unlisten;
	bool broken;
};

/* ---- messages -------------------------------------------------------------------------------- */

static void put_word(uint8_t *message, size_t index, uint32_t value)
{
	memcpy(message + 4 * index, &value, 4);
}

uint32_t message_word(const uint8_t *message, size_t index)
{
	uint32_t value;

	memcpy(&value, message + 4 * index, 4);
	return value;
}

static uint8_t pattern(uint32_t sequence, size_t at)
{
	return (uint8_t)(sequence * 31 + at * 7 + (at >> 8));
}

void message_make(uint8_t *message, size_t size, uint32_t header, uint32_t word, uint32_t sequence)
{
	put_word(message, 0, header);
	put_word(message, 1, word);
	put_word(message, 2, (uint32_t)size);
	put_word(message, 3, sequence);
	for (size_t at = MESSAGE_SIZE_MIN; at < size; at++)
		message[at] = pattern(sequence, at);
}

enum found message_check(const uint8_t *message, size_t size)
{
	if (size < MESSAGE_SIZE_MIN || message_word(message, 2) != size)
		return FOUND_CUT;
	for (size_t at = MESSAGE_SIZE_MIN; at < size; at++) {
		if (message[at] != pattern(message_word(message, 3), at))
			return FOUND_WRONG_BYTES;
	}
	return FOUND_GOOD;
}

unsigned count_files(void)
{
	DIR *files = opendir("/proc/self/fd");
	unsigned count = 0;

	while (files && readdir(files))
		count++;
	if (files)
		closedir(files);
	return count;
}

/* ---- what was asked for, when no callback is running ------------------------------------------ */

static void wrong(struct platform *platform, const char *what)
{
	fprintf(stderr, "platform's end: %s\n", what);
	platform->broken = true;
}

/* Until all that was asked for is done. Where it is not, writable() or the next turn goes on. */
static void work(struct platform_peer *peer)
{
	const struct scmi_transport_platform_ops *ops = peer->platform->ops;
	uint8_t notification[MESSAGE_SIZE_MIN + 16];
	struct held *held;
	int error;

	while (peer->release) {
		held = &peer->held[peer->held_count - 1];
		error = ops->answer(peer->peer, held->cookie, held->message, held->size);
		if (error)
			return;
		free(held->message);
		peer->held_count--;
		peer->release--;
	}
	while (peer->notify) {
		message_make(notification, sizeof(notification), HEADER_NOTIFICATION, 0,
			     peer->notified);
		error = ops->send(peer->peer, notification, sizeof(notification));
		if (error)
			return;
		peer->notified++;
		peer->notify--;
	}
}

static uint64_t next_deadline_ns(void *ctx)
{
	const struct platform *platform = ctx;

	for (const struct platform_peer *peer = platform->peers; peer; peer = peer->next) {
		if (peer->leave || peer->release || peer->notify)
			return 0;
	}
	return SCMI_NEVER;
}

static void tick(void *ctx, uint64_t now_ns)
{
	struct platform *platform = ctx;
	struct platform_peer *peer, *next;

	(void)now_ns;
	for (peer = platform->peers; peer; peer = next) {
		next = peer->next;
		if (peer->leave)
			platform->ops->disconnect(peer->peer);
		else
			work(peer);
	}
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static void *on_connected(void *ctx, struct scmi_transport_peer *peer,
			  const struct scmi_transport_credentials *who)
{
	struct platform *platform = ctx;
	struct platform_peer *record = calloc(1, sizeof(*record));

	(void)who;
	if (!record)
		return NULL;
	record->platform = platform;
	record->peer = peer;
	record->next = platform->peers;
	platform->peers = record;
	return record;
}

static void on_disconnected(void *peer_ctx)
{
	struct platform_peer *peer = peer_ctx, **link = &peer->platform->peers;

	while (*link && *link != peer)
		link = &(*link)->next;
	if (!*link) {
		fputs("platform's end: disconnected() of a peer that is not there\n", stderr);
		abort(); /* what follows would use what was freed */
	}
	*link = peer->next;
	while (peer->held_count)
		free(peer->held[--peer->held_count].message);
	free(peer);
}

static void hold(struct platform_peer *peer, uint64_t cookie, const void *message, size_t size,
		 size_t count)
{
	struct held *held = &peer->held[peer->held_count];

	if (peer->held_count == HELD_MAX) {
		wrong(peer->platform, "more commands under way than anybody sent");
		return;
	}
	held->message = malloc(size);
	if (!held->message)
		abort();
	memcpy(held->message, message, size);
	held->cookie = cookie;
	held->size = size;
	if (++peer->held_count >= count)
		peer->release = peer->held_count;
}

static size_t on_command(void *peer_ctx, uint64_t cookie, const void *message, size_t size,
			 void *answer, size_t space)
{
	struct platform_peer *peer = peer_ctx;
	uint8_t copy[65536];
	enum found found;
	uint32_t word, value;

	if (size > sizeof(copy)) /* longer than anything that is sent, cut where that is seen */
		size = sizeof(copy);
	memcpy(copy, message, size);
	found = message_check(copy, size);
	if (size < MESSAGE_SIZE_MIN)
		return 0;
	if (found == FOUND_GOOD && message_word(copy, 3) != peer->sequence)
		found = FOUND_WRONG_ORDER;
	peer->sequence = message_word(copy, 3) + 1;
	word = message_word(copy, 1);
	value = 0;
	switch ((enum action)(word & 0xff)) {
	case ACTION_ECHO:
		break;
	case ACTION_HOLD:
		put_word(copy, 1, found);
		hold(peer, cookie, copy, size, word >> 8);
		return 0;
	case ACTION_KEEP:
		return 0;
	case ACTION_NOTIFY:
		peer->notify += word >> 8;
		break;
	case ACTION_OTHERS:
		for (const struct platform_peer *p = peer->platform->peers; p; p = p->next)
			value += p != peer;
		break;
	case ACTION_FILES:
		value = count_files();
		break;
	case ACTION_LEAVE:
		peer->leave = true;
		return 0;
	case ACTION_UNLISTEN:
		peer->platform->unlisten = true;
		return 0;
	}
	put_word(copy, 1, found | value << 8);
	if (size > space)
		size = space;
	memcpy(answer, copy, size);
	return size;
}

static void on_writable(void *peer_ctx)
{
	work(peer_ctx);
}

static int on_watch(void *host, int fd, bool want_read, bool want_write,
		    void (*handler)(void *arg), void *arg)
{
	struct platform *platform = host;

	return scmi_loop_watch(platform->loop, fd, want_read, want_write, handler, arg);
}

static void on_unwatch(void *host, int fd)
{
	struct platform *platform = host;

	scmi_loop_unwatch(platform->loop, fd);
}

static int on_turn(void *host, uint64_t timeout_ns)
{
	struct platform *platform = host;

	return scmi_loop_turn(platform->loop, timeout_ns);
}

static const struct scmi_transport_platform_callbacks callbacks = {
	.size = sizeof(callbacks),
	.watch = on_watch,
	.unwatch = on_unwatch,
	.connected = on_connected,
	.command = on_command,
	.writable = on_writable,
	.disconnected = on_disconnected,
	.turn = on_turn,
};

/* ---- from outside ---------------------------------------------------------------------------- */

int platform_new(struct platform **out, const struct scmi_transport *transport, const char *address,
		 char *why, size_t why_size)
{
	struct platform *platform = calloc(1, sizeof(*platform));
	struct scmi_transport_listen how = {
		.address = address,
		.message_size_max = transport->limits.message_size_max,
		.callbacks = &callbacks,
		.host = platform,
		.ctx = platform,
	};
	int error;

	if (!platform)
		return -ENOMEM;
	platform->ops = transport->platform;
	error = scmi_loop_new(&platform->loop);
	if (!error)
		error = platform->ops->listen(&platform->endpoint, &how, why, why_size);
	if (error) {
		scmi_loop_free(platform->loop);
		free(platform);
		return error;
	}
	platform->timer = (struct scmi_loop_timer){platform, next_deadline_ns, tick};
	scmi_loop_set_timer(platform->loop, &platform->timer);
	*out = platform;
	return 0;
}

static void unlisten(struct platform *platform)
{
	if (!platform->endpoint)
		return;
	platform->ops->unlisten(platform->endpoint);
	platform->endpoint = NULL;
	if (platform->peers)
		wrong(platform, "unlisten() returned before every peer's disconnected()");
}

static void on_signal(void *arg)
{
	struct platform *platform = arg;

	platform->unlisten = true;
}

int platform_stop_on(struct platform *platform, int signal)
{
	return scmi_loop_signal(platform->loop, signal, on_signal, platform);
}

bool platform_turn(struct platform *platform, uint64_t timeout_ns)
{
	if (!platform->unlisten)
		scmi_loop_turn(platform->loop, timeout_ns);
	if (platform->unlisten)
		unlisten(platform);
	return platform->endpoint;
}

bool platform_free(struct platform *platform)
{
	bool good;

	unlisten(platform);
	good = !platform->broken;
	scmi_loop_free(platform->loop);
	free(platform);
	return good;
}
