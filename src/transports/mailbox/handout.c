/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../why.h"
#include "mailbox.h"

#define HEADER_SIZE	 24u
#define RECORD_SIZE	 16u
#define FLAG_P2A	 1u
#define FLAG_COMPLETION	 2u
#define STANDARD_FIRST	 0x10u
#define PROTOCOL_MAX	 0xffu

/* ---- bytes ----------------------------------------------------------------------------------- */

static void put(uint8_t *bytes, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

size_t mailbox_handout_write(const struct mailbox_handout *handout,
			     uint8_t bytes[MAILBOX_HANDOUT_MAX])
{
	put(bytes, MAILBOX_MAGIC);
	put(bytes + 4, MAILBOX_VERSION);
	put(bytes + 8, handout->refusal);
	put(bytes + 12, handout->memory_size);
	put(bytes + 16, handout->count);
	put(bytes + 20, 0);
	for (uint32_t i = 0; i < handout->count; i++) {
		const struct mailbox_record *record = &handout->records[i];
		uint8_t *to = bytes + HEADER_SIZE + RECORD_SIZE * i;

		put(to, record->protocol_id);
		put(to + 4, (record->p2a ? FLAG_P2A : 0) |
				    (record->completion ? FLAG_COMPLETION : 0));
		put(to + 8, record->offset);
		put(to + 12, record->size);
	}
	return HEADER_SIZE + RECORD_SIZE * handout->count;
}

static bool overlap(const struct mailbox_record *a, const struct mailbox_record *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* A record, against those before it. NULL, or what is wrong. */
static const char *check_record(const struct mailbox_handout *handout, uint32_t index)
{
	const struct mailbox_record *record = &handout->records[index];

	if (record->protocol_id &&
	    (record->protocol_id < STANDARD_FIRST || record->protocol_id > PROTOCOL_MAX))
		return "a channel is for a protocol that cannot be";
	if (!scmi_shmem_size_valid(record->size) || record->offset % SCMI_SHMEM_ALIGN)
		return "an area has a size or an offset that cannot be";
	if (record->offset > handout->memory_size ||
	    record->size > handout->memory_size - record->offset)
		return "an area lies outside the memory";
	for (uint32_t i = 0; i < index; i++) {
		const struct mailbox_record *other = &handout->records[i];

		if (overlap(record, other))
			return "two areas overlap";
		if (record->protocol_id == other->protocol_id && record->p2a == other->p2a)
			return "two channels are for the same";
	}
	return NULL;
}

int mailbox_handout_read(struct mailbox_handout *handout, const uint8_t *bytes, size_t size,
			 const char **wrong)
{
	bool common = false;

	memset(handout, 0, sizeof(*handout));
	*wrong = "it is no hand-out of a mailbox";
	if (size < HEADER_SIZE || get(bytes) != MAILBOX_MAGIC)
		return -EPROTO;
	*wrong = "the hand-out has another version";
	if (get(bytes + 4) != MAILBOX_VERSION)
		return -EPROTO;
	*wrong = "the hand-out's size is not what it says";
	if (get(bytes + 8) >= MAILBOX_REFUSALS || get(bytes + 16) > MAILBOX_CHANNELS_MAX ||
	    size != HEADER_SIZE + RECORD_SIZE * get(bytes + 16))
		return -EPROTO;
	handout->refusal = (enum mailbox_refusal)get(bytes + 8);
	handout->memory_size = get(bytes + 12);
	handout->count = get(bytes + 16);
	for (uint32_t i = 0; i < handout->count; i++) {
		struct mailbox_record *record = &handout->records[i];
		const uint8_t *from = bytes + HEADER_SIZE + RECORD_SIZE * i;

		record->protocol_id = get(from);
		record->p2a = get(from + 4) & FLAG_P2A;
		record->completion = get(from + 4) & FLAG_COMPLETION;
		record->offset = get(from + 8);
		record->size = get(from + 12);
		*wrong = check_record(handout, i);
		if (*wrong)
			return -EPROTO;
		common |= !record->p2a && !record->protocol_id;
	}
	*wrong = handout->refusal ? "a refusal has channels" : "there is no channel for commands";
	return !handout->refusal == common && !handout->refusal == !!handout->count ? 0 : -EPROTO;
}

uint32_t mailbox_handout_fds(const struct mailbox_handout *handout)
{
	uint32_t count = handout->count ? 1 : 0;

	for (uint32_t i = 0; i < handout->count; i++)
		count += handout->records[i].completion ? 2 : 1;
	return count;
}

/* ---- the socket ------------------------------------------------------------------------------ */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(MAILBOX_FDS_MAX * sizeof(int))];
};

int mailbox_handout_send(int socket, const struct mailbox_handout *handout, const int *fds)
{
	uint8_t bytes[MAILBOX_HANDOUT_MAX];
	struct iovec part = {
		.iov_base = bytes,
		.iov_len = mailbox_handout_write(handout, bytes),
	};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	size_t fds_size = mailbox_handout_fds(handout) * sizeof(int);
	union control control;
	struct cmsghdr *header;

	if (fds_size) {
		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fds_size);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(header), fds, fds_size);
	}
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Whatever came with a message, up to what there is room for; the kernel closes the rest. */
static uint32_t take_fds(struct msghdr *message, int *fds)
{
	uint32_t count = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		count = (uint32_t)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	}
	return count;
}

static int explain_refusal(enum mailbox_refusal refusal, const char *path, char *why,
			   size_t why_size)
{
	switch (refusal) {
	case MAILBOX_IN_USE:
		return because(-EBUSY, why, why_size,
			       "the mailbox on %s is in use: it serves one agent at a time", path);
	case MAILBOX_NOT_ALLOWED:
		return because(-EACCES, why, why_size, "the platform on %s does not allow you in",
			       path);
	default:
		return because(-EAGAIN, why, why_size,
			       "the platform on %s has no memory or descriptors left", path);
	}
}

int mailbox_handout_receive(int socket, const char *path, struct mailbox_handout *handout,
			    int fds[MAILBOX_FDS_MAX], char *why, size_t why_size)
{
	uint8_t bytes[MAILBOX_HANDOUT_MAX];
	struct iovec part = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	union control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		/* Not the space with its padding: the kernel would fill that with one more. */
		.msg_controllen = CMSG_LEN(MAILBOX_FDS_MAX * sizeof(int)),
	};
	const char *wrong;
	uint32_t count;
	ssize_t size;
	int error;

	do {
		size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (size < 0 && errno == EINTR);
	if (size < 0 && errno == EAGAIN)
		return because(-ETIMEDOUT, why, why_size,
			       "what listens on %s hands out no mailbox", path);
	if (size < 0 && errno != ECONNRESET)
		return because(-errno, why, why_size, "%s: %s", path, strerror(errno));
	if (size <= 0)
		return because(-ECONNRESET, why, why_size,
			       "what listens on %s ended the connection", path);
	count = take_fds(&message, fds);
	error = mailbox_handout_read(handout, bytes, (size_t)size, &wrong);
	if (!error && (count != mailbox_handout_fds(handout) ||
		       message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		wrong = "the hand-out came without its descriptors, or with more";
		error = -EPROTO;
	}
	if (error)
		because(error, why, why_size, "what listens on %s is no mailbox: %s", path, wrong);
	else if (handout->refusal)
		error = explain_refusal(handout->refusal, path, why, why_size);
	while (error && count)
		close(fds[--count]);
	return error;
}

int mailbox_memory_check(int fd, uint32_t size, const char *path, char *why, size_t why_size)
{
	const char *wrong = NULL;
	struct statfs file_system;
	struct stat file;
	int seals;

	/* What has seals lives in memory; asking for them asks nobody else. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		wrong = "is no memfd";
	else if (!(seals & F_SEAL_SHRINK))
		wrong = "is not sealed against shrinking";
	else if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		wrong = "is sealed against writing";
	else if (fstatfs(fd, &file_system) || file_system.f_type != TMPFS_MAGIC)
		wrong = "is of huge pages, which may be missing when they are touched";
	else if (fstat(fd, &file) || (uint64_t)file.st_size < size)
		wrong = "is smaller than the hand-out says";
	if (!wrong)
		return 0;
	return because(-EPROTO, why, why_size, "what listens on %s is no mailbox: its memory %s",
		       path, wrong);
}
