/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The base protocol, platform's end: one handler per message, named after it. */
#include "state.h"

#include <scmi/wire/base.h>

/* BASE_DISCOVER_AGENT: the caller itself. */
#define AGENT_ID_SELF 0xffffffffu

static int base_protocol_attributes(const struct scmi_call *call)
{
	const struct scmi_served_agent *agent = call->channel->agent;
	struct scmi_base_protocol_attributes_response response = {
		.num_agents = agent->board->trusted ? (uint8_t)agent->platform->board->agent_count
						    : 1,
		.num_protocols = (uint8_t)agent->protocol_count,
	};

	return scmi_base_protocol_attributes_response_encode(call->values, call->space, &response,
							     call->service->version);
}

/* Names are at most 15 characters here, or cut to that. */
static void copy_name(char to[SCMI_SHORT_NAME_SIZE], const char *name)
{
	size_t length = strlen(name);

	memset(to, 0, SCMI_SHORT_NAME_SIZE);
	memcpy(to, name, length < SCMI_SHORT_NAME_SIZE ? length : SCMI_SHORT_NAME_SIZE - 1);
}

static int base_discover_vendor(const struct scmi_call *call)
{
	struct scmi_base_discover_vendor_response response;

	copy_name(response.vendor_identifier, call->channel->platform->board->vendor);
	return scmi_base_discover_vendor_response_encode(call->values, call->space, &response,
							 call->service->version);
}

static int base_discover_sub_vendor(const struct scmi_call *call)
{
	struct scmi_base_discover_sub_vendor_response response;

	copy_name(response.sub_vendor_identifier, call->channel->platform->board->sub_vendor);
	return scmi_base_discover_sub_vendor_response_encode(call->values, call->space, &response,
							     call->service->version);
}

static int base_discover_implementation_version(const struct scmi_call *call)
{
	struct scmi_base_discover_implementation_version_response response = {
		.implementation_version = call->channel->platform->board->implementation_version,
	};

	return scmi_base_discover_implementation_version_response_encode(
		call->values, call->space, &response, call->service->version);
}

static int base_discover_list_protocols(const struct scmi_call *call)
{
	const struct scmi_served_agent *agent = call->channel->agent;
	struct scmi_base_discover_list_protocols_request request;
	struct scmi_base_discover_list_protocols_response response;
	struct scmi_base_discover_list_protocols_response_protocols entry;
	uint32_t version = call->service->version;
	uint32_t count;
	size_t at, room;
	int size;

	size = scmi_base_discover_list_protocols_request_decode(&request, call->payload, call->size,
								version);
	if (size)
		return size;
	if (request.skip > agent->protocol_count)
		return SCMI_INVALID_PARAMETERS;
	/* Ids go out in whole words: only those count that the room has. */
	room = call->space < SCMI_BASE_DISCOVER_LIST_PROTOCOLS_RESPONSE_SIZE_MAX
		       ? 0
		       : (call->space - SCMI_BASE_DISCOVER_LIST_PROTOCOLS_RESPONSE_SIZE_MAX) &
				 ~(size_t)3;
	count = agent->protocol_count - request.skip;
	if (count && !room)
		return SCMI_COMMS_ERROR;
	if (count > room)
		count = (uint32_t)room;
	response.num_protocols = count;
	size = scmi_base_discover_list_protocols_response_encode(call->values, call->space,
								 &response, version);
	if (size < 0)
		return size;
	at = (size_t)size;
	for (uint32_t n = 0; n < count; n++) {
		entry.protocol_id = agent->protocols[request.skip + n];
		scmi_base_discover_list_protocols_response_protocols_append(
			call->values, call->space, &at, &entry, version);
	}
	scmi_base_discover_list_protocols_response_pad(call->values, call->space, &at);
	return (int)at;
}

static int base_discover_agent(const struct scmi_call *call)
{
	const struct scmi_served_agent *caller = call->channel->agent;
	struct scmi_base_discover_agent_request request;
	struct scmi_base_discover_agent_response response;
	struct scmi_served_agent *named;
	int status;

	status = scmi_base_discover_agent_request_decode(&request, call->payload, call->size,
							 call->service->version);
	if (status)
		return status;
	if (request.agent_id == AGENT_ID_SELF)
		request.agent_id = scmi_view_agent_id(caller, caller->id);
	if (!scmi_view_agent(caller, request.agent_id, &named))
		return SCMI_NOT_FOUND;
	response.agent_id = request.agent_id;
	copy_name(response.name, named ? named->board->name : "platform");
	return scmi_base_discover_agent_response_encode(call->values, call->space, &response,
							call->service->version);
}

static int base_notify_errors(const struct scmi_call *call)
{
	struct scmi_platform *platform = call->channel->platform;
	struct scmi_base_notify_errors_request request;
	int status;

	status = scmi_base_notify_errors_request_decode(&request, call->payload, call->size,
							call->service->version);
	if (status)
		return status;
	scmi_lock(platform, platform->lock);
	call->channel->error_subscription = request.enable;
	call->channel->session_generation++;
	scmi_unlock(platform, platform->lock);
	return 0;
}

/* ---- permissions ----------------------------------------------------------------------------- */

/*
 * May the caller set permissions of the agent that it names so? Gives the agent and the index of
 * the device.
 */
static int find_target(const struct scmi_call *call, uint32_t agent_id, uint32_t device_id,
		       struct scmi_served_agent **target, uint32_t *device)
{
	const struct scmi_served_agent *caller = call->channel->agent;

	if (!scmi_view_agent(caller, agent_id, target))
		return SCMI_NOT_FOUND;
	*device = scmi_view_device(caller, device_id);
	return *device == SCMI_NONE ? SCMI_NOT_FOUND : SCMI_SUCCESS;
}

static bool may_set_permissions(const struct scmi_call *call,
				const struct scmi_served_agent *target)
{
	return call->channel->agent->board->trusted && target;
}

static int base_set_device_permissions(const struct scmi_call *call)
{
	struct scmi_base_set_device_permissions_request request;
	struct scmi_served_agent *target;
	uint32_t device;
	int status;

	status = scmi_base_set_device_permissions_request_decode(
		&request, call->payload, call->size, call->service->version);
	if (status)
		return status;
	status = find_target(call, request.agent_id, request.device_id, &target, &device);
	if (status)
		return status;
	if (!may_set_permissions(call, target))
		return SCMI_DENIED;
	/* A device is its domains in all protocols but base, which has none. */
	for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++) {
		const struct scmi_protocol *protocol = scmi_protocol_lookup(SCMI_SERVICE_FIRST + n);

		if (protocol && protocol != &scmi_platform_base)
			scmi_view_deny(target, device, protocol->id, !request.allow);
	}
	scmi_platform_wake(call->channel->platform);
	return 0;
}

/* A protocol that can be a target: served, to the caller unless that is trusted, and not base. */
static bool sees_protocol(const struct scmi_served_agent *caller, uint32_t protocol_id)
{
	const struct scmi_protocol *protocol = scmi_protocol_lookup(protocol_id);

	if (!protocol || protocol == &scmi_platform_base)
		return false;
	return caller->board->trusted || caller->version_max[protocol_id - SCMI_SERVICE_FIRST];
}

static int base_set_protocol_permissions(const struct scmi_call *call)
{
	struct scmi_base_set_protocol_permissions_request request;
	struct scmi_served_agent *target;
	uint32_t device;
	int status;

	status = scmi_base_set_protocol_permissions_request_decode(
		&request, call->payload, call->size, call->service->version);
	if (status)
		return status;
	status = find_target(call, request.agent_id, request.device_id, &target, &device);
	if (status)
		return status;
	if (!sees_protocol(call->channel->agent, request.protocol_id))
		return SCMI_NOT_FOUND;
	if (!may_set_permissions(call, target))
		return SCMI_DENIED;
	scmi_view_deny(target, device, request.protocol_id, !request.allow);
	scmi_platform_wake(call->channel->platform);
	return 0;
}

/* Default permissions: what the board says. */
static void reset_permissions(struct scmi_served_agent *agent)
{
	for (uint32_t device = 0; device < agent->platform->board->device_count; device++) {
		for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++)
			scmi_view_deny(agent, device, SCMI_SERVICE_FIRST + n, false);
	}
}

static void unsubscribe_agent(struct scmi_served_agent *agent)
{
	struct scmi_platform *platform = agent->platform;
	struct scmi_channel *channel;

	scmi_lock(platform, platform->lock);
	for (channel = platform->channels; channel; channel = channel->next) {
		if (channel->agent == agent)
			scmi_notify_unsubscribe(channel);
	}
	scmi_unlock(platform, platform->lock);
}

static int base_reset_agent_configuration(const struct scmi_call *call)
{
	struct scmi_base_reset_agent_configuration_request request;
	const struct scmi_served_agent *caller = call->channel->agent;
	struct scmi_served_agent *target;
	int status;

	status = scmi_base_reset_agent_configuration_request_decode(
		&request, call->payload, call->size, call->service->version);
	if (status)
		return status;
	if (!scmi_view_agent(caller, request.agent_id, &target))
		return SCMI_NOT_FOUND;
	/* Everybody may give up its own requests, but not lift what was denied it. */
	if (!target || (!caller->board->trusted && request.permissions_reset))
		return SCMI_DENIED;
	unsubscribe_agent(target);
	scmi_platform_release_agent(target, caller->id);
	if (request.permissions_reset)
		reset_permissions(target);
	scmi_platform_wake(call->channel->platform);
	return 0;
}

static scmi_handler *const base_handlers[SCMI_BASE_MESSAGE_COUNT] = {
	[SCMI_PROTOCOL_VERSION] = scmi_handle_protocol_version,
	[SCMI_PROTOCOL_ATTRIBUTES] = base_protocol_attributes,
	[SCMI_PROTOCOL_MESSAGE_ATTRIBUTES] = scmi_handle_message_attributes,
	[SCMI_BASE_DISCOVER_VENDOR] = base_discover_vendor,
	[SCMI_BASE_DISCOVER_SUB_VENDOR] = base_discover_sub_vendor,
	[SCMI_BASE_DISCOVER_IMPLEMENTATION_VERSION] = base_discover_implementation_version,
	[SCMI_BASE_DISCOVER_LIST_PROTOCOLS] = base_discover_list_protocols,
	[SCMI_BASE_DISCOVER_AGENT] = base_discover_agent,
	[SCMI_BASE_NOTIFY_ERRORS] = base_notify_errors,
	[SCMI_BASE_SET_DEVICE_PERMISSIONS] = base_set_device_permissions,
	[SCMI_BASE_SET_PROTOCOL_PERMISSIONS] = base_set_protocol_permissions,
	[SCMI_BASE_RESET_AGENT_CONFIGURATION] = base_reset_agent_configuration,
	[SCMI_NEGOTIATE_PROTOCOL_VERSION] = scmi_handle_negotiate_version,
};

static bool base_offers(const struct scmi_board *board, bool p2a, uint32_t message_id)
{
	switch (message_id) {
	case SCMI_BASE_DISCOVER_SUB_VENDOR:
		return board->sub_vendor != NULL;
	case SCMI_BASE_NOTIFY_ERRORS:
		return p2a;
	case SCMI_BASE_SET_DEVICE_PERMISSIONS:
	case SCMI_BASE_SET_PROTOCOL_PERMISSIONS:
		return board->device_count > 0;
	default:
		return true;
	}
}

static const uint32_t base_versions[] = SCMI_BASE_VERSION_LIST;

const struct scmi_protocol scmi_platform_base = {
	.id = SCMI_BASE_PROTOCOL,
	.version_count = sizeof(base_versions) / sizeof(base_versions[0]),
	.message_count = SCMI_BASE_MESSAGE_COUNT,
	.versions = base_versions,
	.request_size = scmi_base_request_size,
	.handlers = base_handlers,
	.offers = base_offers,
};
