/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The message tables, and the three messages that are the same in every protocol. */
#include "state.h"

const struct scmi_protocol *scmi_protocol_lookup(uint32_t protocol_id)
{
	if (protocol_id == scmi_platform_base.id)
		return &scmi_platform_base;
	if (protocol_id == scmi_platform_clock.id)
		return &scmi_platform_clock;
	return NULL;
}

/* The version has the message, but this board or this channel lacks what it needs. */
static int handle_not_offered(const struct scmi_call *call)
{
	(void)call;
	return SCMI_NOT_SUPPORTED;
}

size_t scmi_protocol_tables_size(const struct scmi_protocol *protocol)
{
	return 2 * sizeof(struct scmi_message) * protocol->version_count * protocol->message_count;
}

void scmi_protocol_tables_fill(const struct scmi_protocol *protocol, const struct scmi_board *board,
			       struct scmi_message *tables)
{
	struct scmi_message *message = tables;

	for (uint32_t n = 0; n < protocol->version_count; n++) {
		for (uint32_t p2a = 0; p2a < 2; p2a++) {
			for (uint32_t id = 0; id < protocol->message_count; id++) {
				int size = protocol->request_size(id, protocol->versions[n]);

				message->request_size = size < 0 ? SCMI_NONE : (uint32_t)size;
				message->handle = protocol->handlers[id];
				if (!message->handle || !protocol->offers(board, p2a, id))
					message->handle = handle_not_offered;
				message++;
			}
		}
	}
}

const struct scmi_message *scmi_protocol_table(const struct scmi_protocol *protocol,
					       const struct scmi_message *tables, uint32_t version,
					       bool p2a)
{
	for (uint32_t n = 0; n < protocol->version_count; n++) {
		if (protocol->versions[n] == version)
			return tables + (2 * n + p2a) * protocol->message_count;
	}
	return NULL;
}

int scmi_handle_protocol_version(const struct scmi_call *call)
{
	struct scmi_protocol_version_response response = {.version = call->service->version_max};

	return scmi_protocol_version_response_encode(call->values, call->space, &response,
						     call->service->version);
}

int scmi_handle_message_attributes(const struct scmi_call *call)
{
	const struct scmi_service *service = call->service;
	struct scmi_protocol_message_attributes_request request;
	struct scmi_protocol_message_attributes_response response = {.attributes = 0};
	int status;

	status = scmi_protocol_message_attributes_request_decode(&request, call->payload,
								 call->size, service->version);
	if (status)
		return status;
	if (request.message_id >= service->message_count ||
	    service->messages[request.message_id].request_size == SCMI_NONE ||
	    service->messages[request.message_id].handle == handle_not_offered)
		return SCMI_NOT_FOUND;
	return scmi_protocol_message_attributes_response_encode(call->values, call->space,
								&response, service->version);
}

int scmi_handle_negotiate_version(const struct scmi_call *call)
{
	struct scmi_negotiate_protocol_version_request request;
	struct scmi_channel *channel = call->channel;
	struct scmi_platform *platform = channel->platform;
	bool known;
	int status;

	status = scmi_negotiate_protocol_version_request_decode(&request, call->payload, call->size,
								call->service->version);
	if (status)
		return status;
	if (request.version > call->service->version_max)
		return SCMI_NOT_SUPPORTED;
	/* Who notifies this channel looks at the version it speaks. */
	scmi_lock(platform, platform->lock);
	known = scmi_service_speak(channel, call->service, request.version);
	scmi_unlock(platform, platform->lock);
	return known ? 0 : SCMI_NOT_SUPPORTED;
}
