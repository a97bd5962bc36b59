/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A driver of somebody else's: its ends do nothing. What is wrong with it is defined at the build. */
#include <scmi/transport.h>

#ifndef ABI
#define ABI SCMI_TRANSPORT_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct scmi_transport)
#endif
#ifndef NAME
#define NAME "stranger"
#endif
#ifndef SCHEME
#define SCHEME "strange"
#endif
#ifndef SYMBOL
#define SYMBOL scmi_transport
#endif

static int no_listen(struct scmi_transport_endpoint **endpoint,
		     const struct scmi_transport_listen *how, char *why, size_t why_size)
{
	(void)endpoint;
	(void)how;
	(void)why;
	(void)why_size;
	return -EOPNOTSUPP;
}

static void no_unlisten(struct scmi_transport_endpoint *endpoint)
{
	(void)endpoint;
}

static int no_send(struct scmi_transport_peer *peer, const void *message, size_t size)
{
	(void)peer;
	(void)message;
	(void)size;
	return -ENODEV;
}

static int no_answer(struct scmi_transport_peer *peer, uint64_t cookie, const void *message,
		     size_t size)
{
	(void)cookie;
	return no_send(peer, message, size);
}

static void no_disconnect(struct scmi_transport_peer *peer)
{
	(void)peer;
}

static const struct scmi_transport_platform_ops platform_ops = {
	.listen = no_listen,
	.unlisten = no_unlisten,
	.send = no_send,
	.answer = no_answer,
	.disconnect = no_disconnect,
};

static const char *const compatible[] = {"vendor,strange-2", "vendor,strange", NULL};

extern const struct scmi_transport SYMBOL;
const struct scmi_transport SYMBOL = {
	.abi = ABI,
	.size = SIZE,
	.name = NAME,
	.scheme = SCHEME,
	.compatible = compatible,
	.about = "strange:ANYTHING, which nobody answers",
	.limits = {.response_timeout_ms = 1, .messages_max = 1, .message_size_max = 128},
	.platform = &platform_ops,
};
