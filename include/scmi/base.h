/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The base protocol, agent's end: who the platform is, what it offers, who else is there.
 *
 * One function per message, named after it, and helpers that page. All of them block, stand on
 * scmi_agent_call() and find out the protocol's version by themselves. None may be called from a
 * callback (-EDEADLK).
 *
 * Threads: as the agent's (<scmi/agent.h>). Memory: results are copied to the caller's variables,
 * which are only written on success.
 *
 * Errors: 0, or as <scmi/error.h> says. Besides what scmi_agent_call() gives: -EOPNOTSUPP when the
 * message does not exist in the version spoken (nothing is sent), -EPROTO when the answer cannot be
 * understood. The statuses named below come as SCMI_ERROR_BASE + status.
 */
#ifndef SCMI_BASE_H
#define SCMI_BASE_H

#include <scmi/agent.h>
#include <scmi/wire/base.h>

/* The agent id by which a caller asks for itself, and the platform's own. */
#define SCMI_BASE_CALLER   0xffffffffu
#define SCMI_BASE_PLATFORM 0u

/*
 * PROTOCOL_ATTRIBUTES: num_protocols (base not counted) and num_agents (0: they cannot be
 * discovered).
 */
int scmi_base_protocol_attributes(struct scmi_agent *agent,
				  struct scmi_base_protocol_attributes_response *attributes);

/* BASE_DISCOVER_VENDOR: a name of at most 15 characters, NUL-terminated. */
int scmi_base_discover_vendor(struct scmi_agent *agent, char vendor[16]);

/* BASE_DISCOVER_SUB_VENDOR: likewise. NOT_SUPPORTED or NOT_FOUND where the platform has none. */
int scmi_base_discover_sub_vendor(struct scmi_agent *agent, char sub_vendor[16]);

/* BASE_DISCOVER_IMPLEMENTATION_VERSION: in the vendor's own format; grows with every release. */
int scmi_base_discover_implementation_version(struct scmi_agent *agent, uint32_t *version);

/**
 * scmi_base_discover_list_protocols() - BASE_DISCOVER_LIST_PROTOCOLS, one message
 * @skip: how many protocols to pass over, 0 .. 255
 * @protocol_ids: the caller's array of @space elements, filled from the start
 * @count: how many were written; 0 when none is left
 *
 * Ids are ascending; base is never among them. What does not fit the array is left out: ask again
 * with a larger @skip. Statuses: INVALID_PARAMETERS when @skip is beyond the list.
 */
int scmi_base_discover_list_protocols(struct scmi_agent *agent, uint32_t skip,
				      uint8_t *protocol_ids, uint32_t space, uint32_t *count);

/**
 * scmi_base_list_protocols() - the whole list, in as many messages as it takes
 * @protocol_ids: the caller's array of @space elements; 255 are always enough
 * @count: how many protocols there are; the array holds the first @space of them
 *
 * -EPROTO when the platform lists fewer or more than it announced in PROTOCOL_ATTRIBUTES.
 */
int scmi_base_list_protocols(struct scmi_agent *agent, uint8_t *protocol_ids, uint32_t space,
			     uint32_t *count);

/**
 * scmi_base_discover_agent() - BASE_DISCOVER_AGENT
 * @agent_id: SCMI_BASE_PLATFORM, an agent, or SCMI_BASE_CALLER
 * @found: the name and, from version 2.0, the id by which the platform knows that agent. Older
 *         platforms do not tell it: then the id is @agent_id again.
 *
 * Statuses: NOT_FOUND for an agent that does not exist or that the caller may not see.
 */
int scmi_base_discover_agent(struct scmi_agent *agent, uint32_t agent_id,
			     struct scmi_base_discover_agent_response *found);

/*
 * BASE_NOTIFY_ERRORS: subscribe to BASE_ERROR_EVENT, or end it. Listen first (scmi_agent_listen()
 * with SCMI_BASE_PROTOCOL, SCMI_BASE_ERROR_EVENT); decode with scmi_base_error_event_decode().
 */
int scmi_base_notify_errors(struct scmi_agent *agent, bool enable);

/*
 * BASE_SET_DEVICE_PERMISSIONS (2.0): allow or deny an agent everything that belongs to a device.
 * Statuses: NOT_FOUND (agent, device), DENIED (the caller is not trusted), NOT_SUPPORTED.
 */
int scmi_base_set_device_permissions(struct scmi_agent *agent, uint32_t agent_id,
				     uint32_t device_id, bool allow);

/*
 * BASE_SET_PROTOCOL_PERMISSIONS (2.0): likewise, for one protocol of a device. Base cannot be
 * denied.
 */
int scmi_base_set_protocol_permissions(struct scmi_agent *agent, uint32_t agent_id,
				       uint32_t device_id, uint8_t protocol_id, bool allow);

/*
 * BASE_RESET_AGENT_CONFIGURATION (2.0): withdraw all that an agent asked for; with
 * permissions_reset restore its default permissions too. The agent may be the caller, by its id.
 * Statuses: NOT_FOUND (agent), DENIED, NOT_SUPPORTED.
 */
int scmi_base_reset_agent_configuration(struct scmi_agent *agent, uint32_t agent_id,
					bool permissions_reset);

#endif
