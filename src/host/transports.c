/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "transports.h"

#include "../transports/why.h"

const struct scmi_transport *scmi_transport_find(const char *scheme)
{
	for (size_t i = 0; scmi_builtin_transports[i]; i++) {
		if (!strcmp(scmi_builtin_transports[i]->scheme, scheme))
			return scmi_builtin_transports[i];
	}
	return NULL;
}

const struct scmi_transport *scmi_transport_at(size_t index)
{
	for (size_t i = 0; scmi_builtin_transports[i]; i++) {
		if (i == index)
			return scmi_builtin_transports[i];
	}
	return NULL;
}

static bool agent_is_whole(const struct scmi_transport_agent_ops *ops)
{
	return !ops ||
	       (ops->open && ops->close && ops->send && ops->fd && ops->dispatch && ops->wait);
}

static bool platform_is_whole(const struct scmi_transport_platform_ops *ops)
{
	return !ops ||
	       (ops->listen && ops->unlisten && ops->send && ops->answer && ops->disconnect);
}

int scmi_transport_check(const struct scmi_transport *transport, char *why, size_t why_size)
{
	/* The size stands where every ABI has it; nothing behind it is looked at before it fits. */
	if (transport->abi != SCMI_TRANSPORT_ABI)
		return because(-ENOEXEC, why, why_size,
			       "the transport was built for driver ABI %u, this library has %u",
			       transport->abi, SCMI_TRANSPORT_ABI);
	if (transport->size < sizeof(*transport))
		return because(-ENOEXEC, why, why_size,
			       "the transport's descriptor has %u bytes, this library needs %zu",
			       transport->size, sizeof(*transport));
	if (!transport->name || !transport->scheme || !transport->limits.response_timeout_ms ||
	    !transport->limits.messages_max || !transport->limits.message_size_max)
		return because(-EINVAL, why, why_size,
			       "the transport lacks a name, a scheme or limits");
	if ((!transport->agent && !transport->platform) || !agent_is_whole(transport->agent) ||
	    !platform_is_whole(transport->platform))
		return because(-EINVAL, why, why_size, "the transport %s lacks an operation",
			       transport->name);
	return 0;
}
