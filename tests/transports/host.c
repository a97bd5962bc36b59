/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static int on_watch(void *ctx, int fd, bool want_read, bool want_write, void (*handler)(void *arg),
		    void *arg)
{
	struct host *host = ctx;

	if (host->first_fd < 0)
		host->first_fd = fd;
	if (fd == host->first_fd)
		host->first_fd_watched = true;
	host->last_want_read = want_read;
	return scmi_loop_watch(host->loop, fd, want_read, want_write, handler, arg);
}

static void on_unwatch(void *ctx, int fd)
{
	struct host *host = ctx;

	if (fd == host->first_fd)
		host->first_fd_watched = false;
	scmi_loop_unwatch(host->loop, fd);
}

static void *on_connected(void *ctx, struct scmi_transport_peer *peer,
			  const struct scmi_transport_credentials *who)
{
	struct host *host = ctx;
	struct host_peer *record = &host->peers[host->connected];

	if (host->refuse)
		return NULL;
	assert_in_range(host->connected, 0, HOST_PEERS_MAX - 1);
	host->connected++;
	record->host = host;
	record->peer = peer;
	record->who = *who;
	return record;
}

static size_t on_command(void *peer_ctx, uint64_t cookie, const void *message, size_t size,
			 void *answer, size_t space)
{
	struct host_peer *record = peer_ctx;
	struct host *host = record->host;
	size_t answer_size = host->answer_size ? host->answer_size : size;
	const uint8_t *bytes = message;

	assert_non_null(record->peer);
	assert_int_equal(cookie, 0);
	record->commands++;
	record->size = size;
	record->space = space;
	record->first = size ? bytes[0] : 0;
	record->last = size ? bytes[size - 1] : 0;
	if (host->on_command)
		host->on_command(record);
	if (host->drop_in_command)
		host->ops->disconnect(record->peer);
	if (host->silent)
		return 0;
	if (answer_size > space)
		answer_size = space;
	memset(answer, 0, answer_size);
	memcpy(answer, message, size < answer_size ? size : answer_size);
	return answer_size;
}

static void on_writable(void *peer_ctx)
{
	struct host_peer *record = peer_ctx;

	assert_non_null(record->peer);
	record->writable++;
	if (record->host->on_writable)
		record->host->on_writable(record);
	if (record->host->drop_in_writable)
		record->host->ops->disconnect(record->peer);
}

static void on_disconnected(void *peer_ctx)
{
	struct host_peer *record = peer_ctx;

	assert_non_null(record->peer);
	record->peer = NULL;
	record->host->disconnected++;
}

static int on_turn(void *ctx, uint64_t timeout_ns)
{
	struct host *host = ctx;

	return scmi_loop_turn(host->loop, timeout_ns);
}

static const struct scmi_transport_platform_callbacks callbacks = {
	.size = sizeof(callbacks),
	.watch = on_watch,
	.unwatch = on_unwatch,
	.connected = on_connected,
	.command = on_command,
	.writable = on_writable,
	.disconnected = on_disconnected,
};

static const struct scmi_transport_platform_callbacks turning_callbacks = {
	.size = sizeof(turning_callbacks),
	.watch = on_watch,
	.unwatch = on_unwatch,
	.connected = on_connected,
	.command = on_command,
	.writable = on_writable,
	.disconnected = on_disconnected,
	.turn = on_turn,
};

static int start(struct host *host, const struct scmi_transport *transport, const char *address,
		 uint32_t mode, uint32_t message_size_max, bool turn, char *why, size_t why_size)
{
	const struct scmi_transport_listen how = {
		.address = address,
		.mode = mode,
		.message_size_max = message_size_max,
		.callbacks = turn ? &turning_callbacks : &callbacks,
		.host = host,
		.ctx = host,
	};
	int error;

	memset(host, 0, sizeof(*host));
	host->first_fd = -1;
	host->ops = transport->platform;
	assert_int_equal(scmi_loop_new(&host->loop), 0);
	error = host->ops->listen(&host->endpoint, &how, why, why_size);
	if (error)
		scmi_loop_free(host->loop);
	return error;
}

void host_listen(struct host *host, const struct scmi_transport *transport, const char *address,
		 uint32_t mode, uint32_t message_size_max, bool turn)
{
	char why[256] = "";
	int error = start(host, transport, address, mode, message_size_max, turn, why, sizeof(why));

	if (error)
		fail_msg("listen(%s): %d %s", address, error, why);
}

int host_try_listen(struct host *host, const struct scmi_transport *transport, const char *address,
		    uint32_t mode, uint32_t message_size_max, char *why, size_t why_size)
{
	return start(host, transport, address, mode, message_size_max, false, why, why_size);
}

void host_stop(struct host *host)
{
	host->ops->unlisten(host->endpoint);
	assert_int_equal(host->connected, host->disconnected);
	scmi_loop_free(host->loop);
}

void host_turn(struct host *host, unsigned turns)
{
	while (turns--)
		assert_int_equal(scmi_loop_turn(host->loop, 0), 0);
}

/* ---- the agent's side ------------------------------------------------------------------------ */

static void on_receive(void *ctx, const void *message, size_t size)
{
	struct told *told = ctx;

	assert_int_equal(told->closed, 0);
	assert_in_range(size, 0, sizeof(told->message));
	told->received++;
	told->size = size;
	memcpy(told->message, message, size);
}

static void on_closed(void *ctx, int error)
{
	struct told *told = ctx;

	told->closed++;
	told->error = error;
}

const struct scmi_transport_agent_callbacks told_callbacks = {
	.size = sizeof(told_callbacks),
	.receive = on_receive,
	.closed = on_closed,
};

struct scmi_transport_device *told_open(const struct scmi_transport *transport, struct told *told,
					const char *address,
					const struct scmi_transport_settings *settings)
{
	const struct scmi_transport_settings none = {0};
	struct scmi_transport_device *device = NULL;
	struct scmi_transport_limits limits;
	char why[256] = "";
	int error;

	memset(told, 0, sizeof(*told));
	error = transport->agent->open(&device, address, settings ? settings : &none,
				       &told_callbacks, told, &limits, why, sizeof(why));
	if (error)
		fail_msg("open(%s): %d %s", address, error, why);
	return device;
}

/* ---- files ----------------------------------------------------------------------------------- */

static char directory[64];

const char *temporary_directory(void)
{
	const char *parent = getenv("TMPDIR");

	if (!directory[0]) {
		snprintf(directory, sizeof(directory), "%.32s/scmi-transport-XXXXXX",
			 parent ? parent : P_tmpdir);
		assert_non_null(mkdtemp(directory));
	}
	return directory;
}

const char *temporary_path(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", temporary_directory(), name);
	return path;
}

void temporary_remove(void)
{
	struct dirent *entry;
	DIR *listing;

	if (!directory[0])
		return;
	listing = opendir(directory);
	while (listing && (entry = readdir(listing))) {
		if (entry->d_name[0] != '.')
			unlink(temporary_path(entry->d_name));
	}
	if (listing)
		closedir(listing);
	rmdir(directory);
	directory[0] = '\0';
}
