// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vhost_host.h"

#include "transports/virtio/backend.h"

#include <errno.h>
#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WATCHES	     32u
#define MAPPINGS     (2 * VHOST_MEMORY_SLOTS + 16)
#define TURNS_MAX    20000u
#define GUARD	     ((size_t)4096)
#define MESSAGE_SIZE VIRTIO_PLATFORM_MESSAGE_SIZE

void vhost_fail(const char *what, int line)
{
	fprintf(stderr, "vhost: %s (line %d)\n", what, line);
	abort();
}

/* ---- mappings: what memory.c calls instead of the system ------------------------------------------ */

uint32_t host_mapped, host_lost, host_lost_ever;
bool host_no_memory;
static struct mapping {
	void *at;
	size_t size;
	bool lost;
} mappings[MAPPINGS];

void *vhost_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int vhost_munmap(void *at, size_t size);

static struct mapping *mapping_at(const void *at)
{
	for (size_t i = 0; i < MAPPINGS; i++)
		if (mappings[i].at == at)
			return &mappings[i];
	return NULL;
}

void *vhost_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	struct mapping *mapping = mapping_at(at);
	void *result;

	vhost_check(mapping && (!at || (flags & MAP_FIXED && mapping->size == size)));
	if (!at && host_no_memory) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (at) {
		result = mmap(at, size, protection, flags, fd, offset);
	} else {
		/* Between pages that nobody may touch. */
		uint8_t *room = mmap(NULL, size + 2 * GUARD, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (room == MAP_FAILED)
			return room;
		result = mmap(room + GUARD, size, protection, flags | MAP_FIXED, fd, offset);
		if (result == MAP_FAILED)
			munmap(room, size + 2 * GUARD);
	}
	if (result == MAP_FAILED)
		return result;
	if (at) {
		vhost_check(!mapping->lost);
		mapping->lost = true;
		host_lost++;
		host_lost_ever++;
	} else {
		*mapping = (struct mapping){result, size, false};
		host_mapped++;
	}
	return result;
}

int vhost_munmap(void *at, size_t size)
{
	struct mapping *mapping = mapping_at(at);

	vhost_check(at && mapping && mapping->size == size);
	host_mapped--;
	host_lost -= mapping->lost;
	mapping->at = NULL;
	return munmap((uint8_t *)at - GUARD, size + 2 * GUARD);
}

uint32_t host_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	uint32_t count = 0;

	vhost_check(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* ---- the loop ------------------------------------------------------------------------------------ */

static struct watch {
	int fd; /* -1: free */
	short events;
	void (*handler)(void *arg);
	void *arg;
} watches[WATCHES];
static uint32_t watch_count; /* the first so many, free ones among them */
static bool in_handler, in_call;

static int watch(void *host, int fd, bool want_read, bool want_write, void (*handler)(void *arg),
		 void *arg)
{
	struct watch *place = NULL;

	(void)host;
	vhost_check(fd >= 0 && handler);
	for (uint32_t i = 0; i < watch_count; i++)
		if (watches[i].fd == fd || (watches[i].fd < 0 && !place))
			place = &watches[i];
	if (!place) {
		vhost_check(watch_count < WATCHES);
		place = &watches[watch_count++];
	}
	*place = (struct watch){fd, (short)((want_read ? POLLIN : 0) | (want_write ? POLLOUT : 0)),
				   handler, arg};
	return 0;
}

static void unwatch(void *host, int fd)
{
	(void)host;
	for (uint32_t i = 0; i < watch_count; i++)
		if (watches[i].fd == fd)
			watches[i].fd = -1;
}

uint32_t host_turn(void)
{
	struct pollfd fds[WATCHES];
	struct watch then[WATCHES];
	uint32_t count = watch_count, called = 0;

	memcpy(then, watches, sizeof(then));
	for (uint32_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = then[i].fd, .events = then[i].events};
	vhost_check(!in_handler);
	/* libFuzzer's alarm interrupts even what does not wait. */
	while (poll(fds, count, 0) < 0)
		vhost_check(errno == EINTR);
	in_handler = true;
	for (uint32_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		/* Closed, and still watched. */
		vhost_check(!(fds[i].revents & POLLNVAL));
		if (watches[i].fd != then[i].fd || watches[i].arg != then[i].arg)
			continue;
		watches[i].handler(watches[i].arg);
		called++;
	}
	in_handler = false;
	return called;
}

void host_settle(void)
{
	for (uint32_t i = 0; host_turn(); i++)
		vhost_check(i < TURNS_MAX);
	/* Whoever takes memory away is gone by now. */
	vhost_check(!host_lost);
}

/* ---- the host ------------------------------------------------------------------------------------ */

static void in_turn(const struct host *host)
{
	vhost_check(in_handler && !in_call && host->peer);
}

static void forget(struct host *host)
{
	host->pending_count = 0;
	host->events = 0;
}

static void *connected(void *ctx, struct scmi_transport_peer *peer,
		       const struct scmi_transport_credentials *who)
{
	struct host *host = ctx;

	vhost_check(in_handler && !host->peer && who->pid == getpid());
	if (host->refuses)
		return NULL;
	host->peer = peer;
	host->connections++;
	return host;
}

static void disconnected(void *peer_ctx)
{
	struct host *host = peer_ctx;

	vhost_check(host->peer);
	host->peer = NULL;
	forget(host);
}

static size_t make_answer(const void *message, uint8_t *answer)
{
	static const uint8_t values[8] = {0, 0, 0, 0, 0, 0, 2, 0};

	memcpy(answer, message, 4);
	memcpy(answer + 4, values, sizeof(values));
	return 12;
}

/*
 * The driver forgets what is under way when a ring loses its memory, and says so to nobody; the commands of one life of
 * a ring are told by their cookies.
 */
static void wait_for(struct host *host, uint64_t cookie)
{
	size_t same_life = 0;

	for (size_t i = 0; i < host->pending_count; i++)
		same_life += host->pending[i] >> 16 == cookie >> 16;
	vhost_check(same_life < VIRTIO_PENDING_MAX);
	if (host->pending_count == HOST_PENDING_MAX)
		memmove(host->pending, host->pending + 1,
			--host->pending_count * sizeof(host->pending[0]));
	host->pending[host->pending_count++] = cookie;
}

static size_t command(void *peer_ctx, uint64_t cookie, const void *message, size_t size,
		      void *answer, size_t space)
{
	struct host *host = peer_ctx;
	uint8_t own[12];

	in_turn(host);
	vhost_check(size <= VIRTIO_COMMAND_SPACE && space <= MESSAGE_SIZE);
	memset(answer, 0x5a, space);
	host->commands++;
	if (size < 4 || space < 8)
		return 0;
	for (size_t i = 0; i < host->pending_count; i++)
		vhost_check(host->pending[i] != cookie);
	switch (host->manner) {
	case HOST_LATER:
		wait_for(host, cookie);
		return 0;
	case HOST_EVENT_FIRST:
		host_event(host);
		break;
	case HOST_HANG_UP:
		host_hang_up(host);
		return 0;
	default:
		break;
	}
	size = make_answer(message, own);
	memcpy(answer, own, size < space ? size : space);
	return size < space ? size : space;
}

static void writable(void *peer_ctx)
{
	struct host *host = peer_ctx;

	in_turn(host);
	vhost_check(host->events);
	host->rooms++;
	for (uint32_t left = host->events; left; left = host->events < left ? host->events : 0) {
		host->events--;
		host_event(host);
	}
}

static void carries(void *peer_ctx, bool p2a)
{
	struct host *host = peer_ctx;

	(void)p2a;
	in_turn(host);
	host->carries++;
}

static void reset(void *peer_ctx)
{
	struct host *host = peer_ctx;

	in_turn(host);
	forget(host);
	host->resets++;
}

/* It changes with every command, and is as long as there is room for now and then. */
static uint32_t session(void *peer_ctx, uint32_t known, void *to, size_t space, size_t *size)
{
	struct host *host = peer_ctx;
	uint32_t generation = host->commands + 1;

	vhost_check(host->peer && space >= 1024);
	if (generation == known)
		return known;
	*size = generation % 16 ? generation % 1024 : space;
	memset(to, (int)generation, *size);
	return generation;
}

static void resume(void *peer_ctx, const void *from, size_t size)
{
	struct host *host = peer_ctx;
	uint8_t *copy = malloc(size);

	in_turn(host);
	vhost_check(copy && size);
	memcpy(copy, from, size);
	free(copy);
	host->resumed++;
}

static void note(void *ctx, const char *sentence)
{
	struct host *host = ctx;

	vhost_check(*sentence);
	host->notes++;
}

static const struct scmi_transport_platform_callbacks callbacks = {
	.size = sizeof(callbacks),
	.watch = watch,
	.unwatch = unwatch,
	.connected = connected,
	.command = command,
	.writable = writable,
	.disconnected = disconnected,
	.carries = carries,
	.reset = reset,
	.note = note,
	.session = session,
	.resume = resume,
};

void host_listen(struct host *host)
{
	const struct scmi_transport_listen how = {
		.address = host->path, .callbacks = &callbacks, .ctx = host};
	char why[256] = "";

	if (virtio_platform_ops.listen(&host->endpoint, &how, why, sizeof(why)))
		vhost_fail(why, __LINE__);
}

void host_unlisten(struct host *host)
{
	virtio_platform_ops.unlisten(host->endpoint);
	vhost_check(!host->peer);
}

static void answer(struct host *host, uint64_t cookie)
{
	static const uint8_t message[4] = {0x00, 0x40, 0x00, 0x00};
	uint8_t whole[12];
	size_t size = make_answer(message, whole);
	int error;

	in_call = true;
	error = virtio_platform_ops.answer(host->peer, cookie, whole, size);
	in_call = false;
	vhost_check(error == 0 || error == -EMSGSIZE);
}

void host_answer(struct host *host)
{
	if (!host->peer || !host->pending_count)
		return;
	host->answered = host->pending[0];
	memmove(host->pending, host->pending + 1,
		--host->pending_count * sizeof(host->pending[0]));
	host->late++;
	answer(host, host->answered);
}

void host_answer_again(struct host *host)
{
	for (size_t i = 0; i < host->pending_count; i++)
		if (host->pending[i] == host->answered)
			return;
	if (host->peer)
		answer(host, host->answered);
}

void host_event(struct host *host)
{
	static const uint8_t message[12] = {0x00, 0x53};
	bool outer = in_call;
	int error;

	if (!host->peer)
		return;
	in_call = true;
	error = virtio_platform_ops.send(host->peer, message, sizeof(message));
	in_call = outer;
	vhost_check(error == 0 || error == -EAGAIN || error == -ENODEV || error == -EMSGSIZE);
	if (error == -EAGAIN)
		host->events++;
	host->delivered += error == 0;
}

void host_hang_up(struct host *host)
{
	if (!host->peer)
		return;
	virtio_platform_ops.disconnect(host->peer);
	vhost_check(!host->peer);
}
