/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <poll.h>
#include <sys/ioctl.h>

#include "../why.h"
#include "socket.h"

const struct scmi_transport scmi_transport_socket = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "socket",
	.scheme = "unix",
	.about = "unix:PATH, the socket file of an scmid on this machine",
	.limits =
		{
			/* A process may have to wait for a CPU: longer than hardware gets. */
			.response_timeout_ms = 1000,
			.messages_max = 32,
			.message_size_max = SOCKET_AGENT_MESSAGE_SIZE,
			.p2a = true,
			.polling = true,
			.atomic = true,
		},
	.settings = SCMI_SETTING_MESSAGES_MAX | SCMI_SETTING_MESSAGE_SIZE_MAX,
	.agent = &socket_agent_ops,
	.platform = &socket_platform_ops,
};

bool socket_ended(int fd)
{
	struct pollfd state = {.fd = fd, .events = POLLRDHUP};
	int waiting = 0;

	/*
	 * The other side may have hung up behind the empty datagram and still have commands
	 * under way.
	 */
	return poll(&state, 1, 0) == 1 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) &&
	       !(ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0);
}
