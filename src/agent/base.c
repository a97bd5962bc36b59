/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The base protocol's typed calls: one function per message, in the order of their ids; then the
 * helper.
 */
#include <scmi/base.h>

#include "agent/typed.h"

static int version_of(struct scmi_agent *agent, uint8_t message_id, uint32_t *version)
{
	return scmi_typed_version(agent, SCMI_BASE_PROTOCOL, message_id, version);
}

static int call(struct scmi_agent *agent, uint8_t message_id, uint32_t version, const void *payload,
		int size, struct scmi_typed_answer *answer)
{
	return scmi_typed_call(agent, SCMI_BASE_PROTOCOL, message_id, version, payload, size,
			       answer);
}

/* For messages without a payload. */
static int ask(struct scmi_agent *agent, uint8_t message_id, uint32_t *version,
	       struct scmi_typed_answer *answer)
{
	int error = version_of(agent, message_id, version);

	return error ? error : call(agent, message_id, *version, NULL, 0, answer);
}

int scmi_base_protocol_attributes(struct scmi_agent *agent,
				  struct scmi_base_protocol_attributes_response *attributes)
{
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = ask(agent, SCMI_PROTOCOL_ATTRIBUTES, &version, &answer);
	if (error)
		return error;
	return scmi_typed_end(&answer,
			      scmi_base_protocol_attributes_response_decode(attributes,
									    answer.values,
									    answer.size, version));
}

int scmi_base_discover_vendor(struct scmi_agent *agent, char vendor[16])
{
	struct scmi_base_discover_vendor_response response;
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = ask(agent, SCMI_BASE_DISCOVER_VENDOR, &version, &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_base_discover_vendor_response_decode(&response, answer.values,
									 answer.size, version));
	if (!error)
		memcpy(vendor, response.vendor_identifier, sizeof(response.vendor_identifier));
	return error;
}

int scmi_base_discover_sub_vendor(struct scmi_agent *agent, char sub_vendor[16])
{
	struct scmi_base_discover_sub_vendor_response response;
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = ask(agent, SCMI_BASE_DISCOVER_SUB_VENDOR, &version, &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_base_discover_sub_vendor_response_decode(&response,
									     answer.values,
									     answer.size, version));
	if (!error)
		memcpy(sub_vendor, response.sub_vendor_identifier,
		       sizeof(response.sub_vendor_identifier));
	return error;
}

int scmi_base_discover_implementation_version(struct scmi_agent *agent,
					      uint32_t *implementation_version)
{
	struct scmi_base_discover_implementation_version_response response;
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = ask(agent, SCMI_BASE_DISCOVER_IMPLEMENTATION_VERSION, &version, &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer, scmi_base_discover_implementation_version_response_decode(
						&response, answer.values, answer.size, version));
	if (!error)
		*implementation_version = response.implementation_version;
	return error;
}

/* Take what fits from an answer; returns how many ids that were. */
static uint32_t take_protocols(struct scmi_array *protocols, uint32_t version,
			       uint8_t *protocol_ids, uint32_t space)
{
	struct scmi_base_discover_list_protocols_response_protocols element;
	uint32_t taken = 0;

	while (taken < space &&
	       scmi_base_discover_list_protocols_response_protocols_next(protocols, &element,
									 version) > 0)
		protocol_ids[taken++] = element.protocol_id;
	return taken;
}

int scmi_base_discover_list_protocols(struct scmi_agent *agent, uint32_t skip,
				      uint8_t *protocol_ids, uint32_t space, uint32_t *count)
{
	struct scmi_base_discover_list_protocols_request request = { .skip = skip };
	struct scmi_base_discover_list_protocols_response response;
	uint8_t payload[SCMI_BASE_DISCOVER_LIST_PROTOCOLS_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int decoded;
	int error;

	error = version_of(agent, SCMI_BASE_DISCOVER_LIST_PROTOCOLS, &version);
	if (error)
		return error;
	error = call(agent, SCMI_BASE_DISCOVER_LIST_PROTOCOLS, version, payload,
		     scmi_base_discover_list_protocols_request_encode(payload, sizeof(payload),
								      &request, version),
		     &answer);
	if (error)
		return error;
	decoded = scmi_base_discover_list_protocols_response_decode(&response, answer.values,
								    answer.size, version);
	if (!decoded)
		*count = take_protocols(&response.protocols, version, protocol_ids, space);
	return scmi_typed_end(&answer, decoded);
}

int scmi_base_discover_agent(struct scmi_agent *agent, uint32_t agent_id,
			     struct scmi_base_discover_agent_response *found)
{
	struct scmi_base_discover_agent_request request = { .agent_id = agent_id };
	uint8_t payload[SCMI_BASE_DISCOVER_AGENT_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_BASE_DISCOVER_AGENT, &version);
	if (error)
		return error;
	error = call(agent, SCMI_BASE_DISCOVER_AGENT, version, payload,
		     scmi_base_discover_agent_request_encode(payload, sizeof(payload), &request,
							     version),
		     &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_base_discover_agent_response_decode(found, answer.values,
									answer.size, version));
	if (!error && version < SCMI_BASE_VERSION_2_0)
		found->agent_id = agent_id;
	return error;
}

/* There is one subscription, `id` is 0. */
static int notify_errors(struct scmi_agent *agent, uint32_t id, bool enable)
{
	struct scmi_base_notify_errors_request request = { .enable = enable };
	uint8_t payload[SCMI_BASE_NOTIFY_ERRORS_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	(void)id;
	error = version_of(agent, SCMI_BASE_NOTIFY_ERRORS, &version);
	if (error)
		return error;
	return call(agent, SCMI_BASE_NOTIFY_ERRORS, version, payload,
		    scmi_base_notify_errors_request_encode(payload, sizeof(payload), &request,
							   version),
		    NULL);
}

int scmi_base_notify_errors(struct scmi_agent *agent, bool enable)
{
	return scmi_agent_subscription(agent, notify_errors, 0, enable);
}

int scmi_base_set_device_permissions(struct scmi_agent *agent, uint32_t agent_id,
				     uint32_t device_id, bool allow)
{
	struct scmi_base_set_device_permissions_request request = {
		.agent_id = agent_id,
		.device_id = device_id,
		.allow = allow,
	};
	uint8_t payload[SCMI_BASE_SET_DEVICE_PERMISSIONS_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_BASE_SET_DEVICE_PERMISSIONS, &version);
	if (error)
		return error;
	return call(agent, SCMI_BASE_SET_DEVICE_PERMISSIONS, version, payload,
		    scmi_base_set_device_permissions_request_encode(payload, sizeof(payload),
								    &request, version),
		    NULL);
}

int scmi_base_set_protocol_permissions(struct scmi_agent *agent, uint32_t agent_id,
				       uint32_t device_id, uint8_t protocol_id, bool allow)
{
	struct scmi_base_set_protocol_permissions_request request = {
		.agent_id = agent_id,
		.device_id = device_id,
		.protocol_id = protocol_id,
		.allow = allow,
	};
	uint8_t payload[SCMI_BASE_SET_PROTOCOL_PERMISSIONS_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_BASE_SET_PROTOCOL_PERMISSIONS, &version);
	if (error)
		return error;
	return call(agent, SCMI_BASE_SET_PROTOCOL_PERMISSIONS, version, payload,
		    scmi_base_set_protocol_permissions_request_encode(payload, sizeof(payload),
								      &request, version),
		    NULL);
}

int scmi_base_reset_agent_configuration(struct scmi_agent *agent, uint32_t agent_id,
					bool permissions_reset)
{
	struct scmi_base_reset_agent_configuration_request request = {
		.agent_id = agent_id,
		.permissions_reset = permissions_reset,
	};
	uint8_t payload[SCMI_BASE_RESET_AGENT_CONFIGURATION_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_BASE_RESET_AGENT_CONFIGURATION, &version);
	if (error)
		return error;
	return call(agent, SCMI_BASE_RESET_AGENT_CONFIGURATION, version, payload,
		    scmi_base_reset_agent_configuration_request_encode(payload, sizeof(payload),
								       &request, version),
		    NULL);
}

/* ---- the whole list -------------------------------------------------------------------------- */

int scmi_base_list_protocols(struct scmi_agent *agent, uint8_t *protocol_ids, uint32_t space,
			     uint32_t *count)
{
	struct scmi_base_protocol_attributes_response attributes;
	uint32_t listed = 0;
	int error;

	error = scmi_base_protocol_attributes(agent, &attributes);
	if (error)
		return error;
	while (listed < attributes.num_protocols) {
		uint8_t page[256];
		uint32_t found;

		error = scmi_base_discover_list_protocols(agent, listed, page, sizeof(page),
							  &found);
		if (error)
			return error;
		if (!found || found > attributes.num_protocols - listed)
			return -EPROTO;
		for (uint32_t i = 0; i < found && listed + i < space; i++)
			protocol_ids[listed + i] = page[i];
		listed += found;
	}
	*count = listed;
	return 0;
}
