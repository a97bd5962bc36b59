/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include "played_mailbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/socket/socket.h"

void played_make(struct played *played, const struct mailbox_record *records, uint32_t count)
{
	struct mailbox_handout *handout = &played->handout;

	memset(played, 0, sizeof(*played));
	played->connection = played->listener = -1;
	handout->count = count;
	memcpy(handout->records, records, count * sizeof(*records));
	for (uint32_t i = 0; i < count; i++) {
		handout->records[i].offset = handout->memory_size;
		handout->memory_size += records[i].size;
	}
	played->fds[0] = memfd_create("played", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(played->fds[0] >= 0);
	assert_int_equal(ftruncate(played->fds[0], handout->memory_size), 0);
	assert_int_equal(fcntl(played->fds[0], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	played->memory = mmap(NULL, handout->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      played->fds[0], 0);
	assert_true(played->memory != MAP_FAILED);
	for (uint32_t i = 0; i < count; i++)
		scmi_shmem_format(played->memory + handout->records[i].offset, records[i].size);
	played->fd_count = mailbox_handout_fds(handout);
	for (uint32_t i = 1; i < played->fd_count; i++)
		played->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	played->size = mailbox_handout_write(handout, played->bytes);
}

int played_filled(const struct played *played, uint32_t channel)
{
	uint32_t at = 1;

	for (uint32_t i = 0; i < channel; i++)
		at += played->handout.records[i].completion ? 2 : 1;
	return played->fds[at];
}

int played_returned(const struct played *played, uint32_t channel)
{
	assert_true(played->handout.records[channel].completion);
	return played_filled(played, channel) + 1; /* made one after the other */
}

uint64_t played_rung(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void *hand_out(void *arg)
{
	struct played *played = arg;
	struct iovec part = {.iov_base = played->bytes, .iov_len = played->size};
	size_t fds_size = played->fd_count * sizeof(int);
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE((MAILBOX_FDS_MAX + 8) * sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *header;

	memset(&control, 0, sizeof(control));
	if (fds_size) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fds_size);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(header), played->fds, fds_size);
	}
	played->connection = accept(played->listener, NULL, NULL);
	if (played->connection >= 0 && !played->silent)
		sendmsg(played->connection, &message, MSG_NOSIGNAL);
	return NULL;
}

int played_open(struct played *played, const struct scmi_transport_settings *settings)
{
	static const struct scmi_transport_settings none;
	struct sockaddr_un address;
	int error;

	played->path = temporary_path("played");
	unlink(played->path);
	assert_int_equal(socket_address(&address, played->path, NULL, 0), 0);
	played->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(played->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(played->listener, 1), 0);
	assert_int_equal(pthread_create(&played->thread, NULL, hand_out, played), 0);
	error = scmi_transport_mailbox.agent->open(&played->device, played->path,
						   settings ? settings : &none, &told_callbacks,
						   &played->told, &played->limits, played->why,
						   sizeof(played->why));
	if (error)
		played->device = NULL;
	pthread_join(played->thread, NULL);
	return error;
}

void played_end(struct played *played)
{
	if (played->device)
		scmi_transport_mailbox.agent->close(played->device);
	if (played->connection >= 0)
		close(played->connection);
	if (played->listener >= 0)
		close(played->listener);
	for (uint32_t i = 0; i < played->fd_count; i++)
		close(played->fds[i]);
	munmap((void *)(uintptr_t)played->memory, played->handout.memory_size);
}
