// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE

#include "vhost_say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

const uint8_t requests[REQUESTS] = {
	VHOST_USER_GET_FEATURES,	  VHOST_USER_SET_FEATURES,
	VHOST_USER_SET_OWNER,		  VHOST_USER_RESET_OWNER,
	VHOST_USER_SET_MEM_TABLE,	  VHOST_USER_SET_VRING_NUM,
	VHOST_USER_SET_VRING_ADDR,	  VHOST_USER_SET_VRING_BASE,
	VHOST_USER_GET_VRING_BASE,	  VHOST_USER_SET_VRING_KICK,
	VHOST_USER_SET_VRING_CALL,	  VHOST_USER_SET_VRING_ERR,
	VHOST_USER_GET_PROTOCOL_FEATURES, VHOST_USER_SET_PROTOCOL_FEATURES,
	VHOST_USER_GET_QUEUE_NUM,	  VHOST_USER_SET_VRING_ENABLE,
	VHOST_USER_SET_BACKEND_REQ_FD,	  VHOST_USER_RESET_DEVICE,
	VHOST_USER_VRING_KICK,		  VHOST_USER_GET_MAX_MEM_SLOTS,
	VHOST_USER_ADD_MEM_REG,		  VHOST_USER_REM_MEM_REG,
	VHOST_USER_SET_STATUS,		  VHOST_USER_GET_STATUS,
	VHOST_USER_GET_INFLIGHT_FD,	  VHOST_USER_SET_INFLIGHT_FD,
};

int odd[ODD_COUNT];

void make_odd_ones(void)
{
	char path[64];
	int pair[2];

	vhost_check(!pipe2(odd, O_CLOEXEC | O_NONBLOCK));
	vhost_check(!pipe2(pair, O_CLOEXEC | O_NONBLOCK));
	close(pair[0]);
	odd[NO_READER] = pair[1];
	vhost_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, odd + SOCKET));
	vhost_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	close(pair[1]);
	odd[NO_PEER] = pair[0];
	odd[NOTHING] = open("/dev/null", O_RDWR | O_CLOEXEC);
	odd[EPOLL] = epoll_create1(EPOLL_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", front.memory);
	odd[READ_ONLY] = open(path, O_RDONLY | O_CLOEXEC);
	odd[ODD] = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < ODD_COUNT; i++)
		vhost_check(odd[i] >= 0);
}

uint64_t wide(void)
{
	static const uint64_t edges[16] = {
		0, 1, 0x1000, FRONT_SIZE, FRONT_FILE_SIZE, FRONT_GUEST, FRONT_USER, UINT64_MAX,
		UINT64_MAX - 0xfff, 1ull << 63, 1ull << 32, FRONT_GUEST + FRONT_SIZE, FRONT_OTHER,
		FRONT_USER + FRONT_SIZE - 0x100, 0xff8, FRONT_FEATURES & ~VIRTIO_SCMI_F_P2A_CHANNELS,
	};
	uint8_t what = input_u8(&in);
	uint64_t value = edges[what & 15];

	if (what < 0x80)
		return value;
	if (what < 0xc0)
		return value + (uint64_t)(int64_t)(int8_t)input_u8(&in);
	return value ^ ((uint64_t)input_u32(&in) << (what & 32));
}

static int any_fd(void)
{
	uint8_t what = input_u8(&in) % (ODD_COUNT + 4);

	if (what < ODD_COUNT)
		return odd[what];
	if (what == ODD_COUNT)
		return front.memory;
	if (what == ODD_COUNT + 1)
		return front.other;
	if (what == ODD_COUNT + 2 && front.fd >= 0) {
		front.unsure = true; /* it may take the answers */
		return front.fd;
	}
	return front.rings[0].kick;
}

/* ---- requests ------------------------------------------------------------------------------------- */

static void spoil(struct front_request *request)
{
	uint64_t value;
	uint32_t word;
	uint8_t what = input_u8(&in);

	switch (what & 7) {
	case 0:
		request->size = what & 8 ? input_word(&in) : request->size + (what >> 4) - 8;
		break;
	case 1:
		request->flags ^= 1u << (what >> 3);
		break;
	case 2: /* mostly an index or a count */
	case 3:
		word = input_word(&in);
		memcpy(request->payload + 4 * (what >> 3 & 1), &word, sizeof(word));
		break;
	case 4:
		value = wide();
		memcpy(request->payload + 8 * (what >> 3) % 64, &value, sizeof(value));
		break;
	case 5:
		request->fd_count = what >> 3 & 1;
		for (uint32_t i = 0; i < request->fd_count; i++)
			request->fds[i] = any_fd();
		break;
	case 6:
		while (request->fd_count <= (what >> 3) % FRONT_FDS)
			request->fds[request->fd_count++] = any_fd();
		if (request->fd_count > FRONT_FDS)
			request->fd_count = FRONT_FDS;
		break;
	case 7:
		value = 0x100 | (what >> 3 & 1); /* a ring without a descriptor */
		memcpy(request->payload, &value, sizeof(value));
		request->fd_count = 0;
		break;
	}
}

/* A memory table of several regions, one after the other or anywhere. */
static void more_regions(struct front_request *request)
{
	uint32_t count = 1 + input_u8(&in) % 9;
	uint64_t size = FRONT_SIZE / 8;

	request->size = 8;
	request->fd_count = 0;
	memcpy(request->payload, &count, sizeof(count));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t region[4] = {FRONT_GUEST + i * size, size, FRONT_USER + i * size,
				      FRONT_OFFSET + i * size};
		uint8_t what = input_u8(&in);

		if (what >= 0xe0)
			region[what & 3] = wide();
		memcpy(request->payload + request->size, region, sizeof(region));
		request->size += (uint32_t)sizeof(region);
		request->fds[request->fd_count++] = what & 0x10 && what >= 0xe0 ? any_fd()
										: front.memory;
	}
}

/* One part of a ring, so that it ends near the end of the memory, or behind it. */
static void move_to_the_end(struct front_request *request)
{
	uint8_t what = input_u8(&in);
	uint64_t address = FRONT_USER + FRONT_SIZE - 64 * (what >> 2);

	memcpy(request->payload + 8 + 8 * (what % 3), &address, sizeof(address));
}

void say(uint8_t what)
{
	struct front_request request;
	uint8_t which = input_u8(&in);
	bool moves = what & 0x20 && requests[which % REQUESTS] == VHOST_USER_SET_VRING_ADDR;

	memset(&request, 0, sizeof(request));
	front_request(&front, &request,
		      which < 0xf8 ? requests[which % REQUESTS] : input_word(&in),
		      what >> 4 & 1);
	if (request.request == VHOST_USER_SET_MEM_TABLE && what & 0x20)
		more_regions(&request);
	if (moves)
		move_to_the_end(&request);
	if (what & 0x80)
		spoil(&request);
	if (what & 0x40 && what & 0x80)
		spoil(&request);
	front_send(&front, &request);
	if (moves) {
		/* What is used next is the ring's last. */
		host_settle();
		front_offer(&front, what >> 4 & 1, FRONT_NUM - 1);
		front_kick(&front, what >> 4 & 1);
	}
	if (request.request == VHOST_USER_ADD_MEM_REG && what & 0x20) {
		front_request(&front, &request, VHOST_USER_REM_MEM_REG, 0);
		front_send(&front, &request);
	}
}

void say_bytes(void)
{
	uint8_t bytes[64];
	size_t size = 1 + input_u8(&in) % sizeof(bytes);
	struct front_request request;

	front.unsure = true;
	if (front.fd < 0)
		return;
	memset(&request, 0, sizeof(request));
	front_request(&front, &request, requests[input_u8(&in) % REQUESTS], 0);
	memcpy(bytes, &request, VHOST_USER_HEADER_SIZE);
	memcpy(bytes + VHOST_USER_HEADER_SIZE, request.payload,
	       sizeof(bytes) - VHOST_USER_HEADER_SIZE);
	if (size & 1)
		input_bytes(&in, bytes, size);
	if (send(front.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		vhost_check(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
}
