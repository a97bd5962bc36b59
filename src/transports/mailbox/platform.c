/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A peer's channels: what the agent rings for, and what is said to it. The memory was made for this
 * connection, so nothing in it is from an agent before. It is sealed: nobody can take it away
 * from under us. What the agent writes into it, whenever it likes, is the framing's business
 * (../shmem/).
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../wakeup.h"
#include "platform.h"

/* When an area is looked at that comes back without a doorbell, at first and after a while. */
#define LOOK_FIRST_MS 1u
#define LOOK_MAX_MS   64u

#define COOKIE(line, index) ((uint64_t)(line)->generation << 32 | (index))

/* ---- commands -------------------------------------------------------------------------------- */

static void ring(const struct mailbox_line *line)
{
	if (line->ring >= 0)
		wakeup_eventfd(line->ring);
}

static void given_back(struct mailbox_line *line)
{
	if (scmi_shmem_should_ring(&line->receiver))
		ring(line);
}

static int give_answer(struct mailbox_line *line, const void *message, size_t size)
{
	int error = scmi_shmem_answer(&line->receiver, message, size);

	if (error)
		scmi_shmem_give(&line->receiver, true);
	given_back(line);
	return error;
}

/* One command for each time that the agent rings. */
static void take_command(struct mailbox_line *line)
{
	struct scmi_transport_peer *peer = line->peer;
	struct scmi_transport_endpoint *endpoint = peer->endpoint;
	int size = scmi_shmem_take(&line->receiver, endpoint->command, sizeof(endpoint->command));
	uint32_t index = (uint32_t)(line - peer->lines);
	size_t answer_size;

	if (size <= 0) {
		given_back(line);
		return;
	}
	line->generation++;
	answer_size = endpoint->callbacks->command(peer->ctx, COOKIE(line, index),
						   endpoint->command, (size_t)size,
						   endpoint->answer, endpoint->message_size_max);
	if (answer_size && !peer->gone)
		give_answer(line, endpoint->answer, answer_size);
}

int mailbox_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		   size_t size)
{
	uint32_t index = (uint32_t)cookie;
	struct mailbox_line *line = &peer->lines[index];

	if (peer->gone)
		return -ENODEV;
	if (index >= peer->endpoint->handout.count || cookie != COOKIE(line, index) ||
	    !line->receiver.taken)
		return 0; /* nobody waits for it */
	return give_answer(line, message, size);
}

/* ---- notifications and delayed responses ------------------------------------------------------ */

/* There is none. Where nobody rings when there is, look again. */
static void want_room(struct scmi_transport_peer *peer)
{
	const struct itimerspec then = {.it_value.tv_nsec = (long)peer->look_ms * 1000000};

	peer->want_room = true;
	if (peer->timer >= 0)
		timerfd_settime(peer->timer, 0, &then, NULL);
}

int mailbox_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	int error;

	if (peer->gone || !peer->event)
		return -ENODEV;
	error = scmi_shmem_send(&peer->event->sender, message, size);
	if (error == -EAGAIN)
		want_room(peer);
	else if (!error)
		ring(peer->event);
	return error;
}

static void look_for_room(struct mailbox_line *line)
{
	struct scmi_transport_peer *peer = line->peer;

	if (!peer->want_room)
		return;
	if (!scmi_shmem_is_free(&line->sender)) {
		if (peer->look_ms < LOOK_MAX_MS)
			peer->look_ms *= 2;
		want_room(peer);
		return;
	}
	peer->look_ms = LOOK_FIRST_MS;
	peer->want_room = false;
	peer->endpoint->callbacks->writable(peer->ctx);
}

/* ---- a peer's memory and doorbells ------------------------------------------------------------ */

static void rung(void *arg)
{
	struct mailbox_line *line = arg;
	struct scmi_transport_peer *peer = line->peer;

	mailbox_enter(peer);
	wakeup_take(line->bell);
	if (line->p2a)
		look_for_room(line);
	else
		take_command(line);
	mailbox_leave(peer);
}

static void time_to_look(void *arg)
{
	struct scmi_transport_peer *peer = arg;
	uint64_t count;
	ssize_t ignored = read(peer->timer, &count, sizeof(count));

	(void)ignored;
	mailbox_enter(peer);
	look_for_room(peer->event);
	mailbox_leave(peer);
}

static int make_timer(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_endpoint *endpoint = peer->endpoint;

	peer->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (peer->timer < 0)
		return -errno;
	return endpoint->callbacks->watch(endpoint->host, peer->timer, true, false, time_to_look,
					  peer);
}

/* The memory, with all areas free, that neither side can make shorter. A descriptor, or -errno. */
static int make_memory(struct scmi_transport_peer *peer)
{
	const struct mailbox_handout *handout = &peer->endpoint->handout;
	int error, fd = memfd_create("scmi-mailbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, handout->memory_size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto fail;
	peer->memory = mmap(NULL, handout->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (peer->memory == MAP_FAILED) {
		peer->memory = NULL;
		goto fail;
	}
	for (uint32_t i = 0; i < handout->count; i++)
		scmi_shmem_format(peer->memory + handout->records[i].offset,
				  handout->records[i].size);
	return fd;

fail:
	error = -errno;
	close(fd);
	return error;
}

static int make_line(struct mailbox_line *line, const struct mailbox_record *record)
{
	const struct scmi_transport_endpoint *endpoint = line->peer->endpoint;
	volatile uint8_t *area = line->peer->memory + record->offset;
	int filled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), returned = -1;

	if (record->completion)
		returned = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	line->p2a = record->p2a;
	line->bell = line->p2a ? returned : filled;
	line->ring = line->p2a ? filled : returned;
	if (filled < 0 || (record->completion && returned < 0))
		return -EMFILE;
	if (line->p2a) {
		line->peer->event = line;
		scmi_shmem_sender_init(&line->sender, SCMI_SHMEM_P2A, area, record->size,
				       record->completion);
	} else {
		scmi_shmem_receiver_init(&line->receiver, SCMI_SHMEM_A2P, area, record->size);
	}
	if (line->bell < 0)
		return make_timer(line->peer);
	return endpoint->callbacks->watch(endpoint->host, line->bell, true, false, rung, line);
}

int mailbox_peer_init(struct scmi_transport_peer *peer, int fds[MAILBOX_FDS_MAX])
{
	const struct mailbox_handout *handout = &peer->endpoint->handout;
	uint32_t fd_count = 0;
	int error = 0;

	peer->timer = -1;
	peer->look_ms = LOOK_FIRST_MS;
	for (uint32_t i = 0; i < handout->count; i++) {
		peer->lines[i].peer = peer;
		peer->lines[i].ring = peer->lines[i].bell = -1;
	}
	fds[fd_count] = make_memory(peer);
	if (fds[fd_count++] < 0)
		return fds[0];
	for (uint32_t i = 0; i < handout->count && !error; i++) {
		struct mailbox_line *line = &peer->lines[i];

		error = make_line(line, &handout->records[i]);
		fds[fd_count++] = line->p2a ? line->ring : line->bell;
		if (handout->records[i].completion)
			fds[fd_count++] = line->p2a ? line->bell : line->ring;
	}
	if (error)
		close(fds[0]);
	return error;
}

void mailbox_peer_fini(struct scmi_transport_peer *peer)
{
	const struct scmi_transport_endpoint *endpoint = peer->endpoint;

	for (uint32_t i = 0; i < endpoint->handout.count; i++) {
		struct mailbox_line *line = &peer->lines[i];

		if (line->bell >= 0) {
			endpoint->callbacks->unwatch(endpoint->host, line->bell);
			close(line->bell);
		}
		if (line->ring >= 0)
			close(line->ring);
		line->bell = line->ring = -1;
	}
	if (peer->timer >= 0) {
		endpoint->callbacks->unwatch(endpoint->host, peer->timer);
		close(peer->timer);
	}
	peer->timer = -1;
	if (peer->memory)
		munmap(peer->memory, endpoint->handout.memory_size);
	peer->memory = NULL;
}
