/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who wants to hear of which notification. */
#include "agent/agent.h"

void scmi_agent_listen(struct scmi_agent *agent, struct scmi_listener *listener)
{
	struct scmi_listener **end = &agent->listeners;

	scmi_agent_lock(agent);
	while (*end && *end != listener)
		end = &(*end)->next;
	if (!*end) {
		listener->next = NULL;
		*end = listener;
	}
	scmi_agent_unlock(agent);
}

void scmi_agent_unlisten(struct scmi_agent *agent, struct scmi_listener *listener)
{
	struct scmi_listener **link = &agent->listeners;

	scmi_agent_lock(agent);
	while (*link && *link != listener)
		link = &(*link)->next;
	if (*link)
		*link = listener->next;
	/* A delivery that goes on behind this one must not look at it again. */
	if (agent->next_listener == listener)
		agent->next_listener = listener->next;
	scmi_agent_unlock(agent);
}

/* The next listener for the notification, from where the delivery stands. */
static struct scmi_listener *next_listener(struct scmi_agent *agent, uint32_t header)
{
	struct scmi_listener *listener;

	scmi_agent_lock(agent);
	listener = agent->next_listener;
	while (listener && (listener->protocol_id != scmi_header_protocol_id(header) ||
			    listener->message_id != scmi_header_message_id(header)))
		listener = listener->next;
	agent->next_listener = listener ? listener->next : NULL;
	scmi_agent_unlock(agent);
	return listener;
}

void scmi_agent_deliver(struct scmi_agent *agent, const void *message, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)message;
	uint32_t header = scmi_get_le32(bytes);
	struct scmi_listener *listener;

	scmi_agent_lock(agent);
	agent->next_listener = agent->listeners;
	scmi_agent_unlock(agent);
	while ((listener = next_listener(agent, header)))
		listener->event(listener->ctx, listener->protocol_id, listener->message_id,
				bytes + SCMI_HEADER_SIZE, size - SCMI_HEADER_SIZE);
}
