// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every command may be answered with, and all of the base protocol. Nothing here changes
 * anything. */
#include "model_judge.h"

/* Bytes of a request behind the header; -1: that version has no such message. */
static int request_size(uint32_t protocol, uint32_t id, uint32_t version)
{
	if (protocol == 0x10) {
		static const int size[] = {0, 0, 4, 0, 0, 0, 4, 4, 4, 12, 16, 8};

		if (id == 0x10)
			return 4;
		if (id > 0xb || (id >= 9 && version < V2))
			return -1;
		return size[id];
	} else {
		static const int size[] = {0, 0, 4, 4, 8, 16, 4, 12, 4, 8, 8, 8, 8, 8, 4, 4, 4};

		if (id == 0x10)
			return 4;
		if (id > 0xf || (id >= 0xb && version < V3) || (id >= 8 && version < V2))
			return -1;
		return id == 7 && version < V3 ? 8 : size[id];
	}
}

/* The platform lacks what the message is for. */
static bool lacking(const struct model *m, const struct model_channel *c, uint32_t protocol,
		    uint32_t id)
{
	if (protocol == 0x10) {
		return (id == 4 && !m->board->sub_vendor) || (id == 8 && !c->p2a) ||
		       ((id == 9 || id == 0xa) && m->board->device_count == 0);
	}
	return (id == 9 || id == 0xa) && !c->p2a;
}

bool model_exists(const struct model *m, const struct model_channel *c, uint32_t protocol,
		  uint32_t id)
{
	uint32_t version = protocol == 0x10 ? c->base_version : c->clock_version;

	return request_size(protocol, id, version) >= 0 && !lacking(m, c, protocol, id);
}

/* PROTOCOL_VERSION, PROTOCOL_MESSAGE_ATTRIBUTES, NEGOTIATE_PROTOCOL_VERSION. */
static bool judge_common(const struct model *m, const struct model_channel *c, uint32_t protocol,
			 uint32_t id, const uint8_t *request, struct model_judgement *j)
{
	const struct scmi_board_protocol *served = model_protocol(m, c->agent, protocol);
	uint32_t highest = served && served->version_max ? served->version_max
			   : protocol == 0x10		 ? V2_1
							 : V3;
	uint32_t asked;

	switch (id) {
	case 0x00:
		put(j, highest);
		return true;
	case 0x02:
		asked = scmi_get_le32(request);
		put(j, 0);
		if (asked > 0xff || !model_exists(m, c, protocol, asked))
			only(j, SCMI_NOT_FOUND);
		return true;
	case 0x10:
		asked = scmi_get_le32(request);
		if (asked > highest ||
		    (asked != V1 && asked != V2 && asked != (protocol == 0x10 ? V2_1 : V3)))
			only(j, SCMI_NOT_SUPPORTED);
		return true;
	default:
		return false;
	}
}

/* Whether an agent knows a device: the untrusted those of which they see something. */
static bool device_found(const struct model *m, uint32_t agent, uint32_t id)
{
	for (uint32_t i = 0; i < m->board->device_count; i++) {
		const struct scmi_board_device *device = &m->board->devices[i];

		if (device->id != id)
			continue;
		for (uint32_t k = 0; k < device->domain_count; k++)
			if (model_view_id(m, agent, device->domains[k].index) != SCMI_NONE)
				return true;
		return model_trusted(m, agent);
	}
	return false;
}

/* BASE_SET_DEVICE_PERMISSIONS, BASE_SET_PROTOCOL_PERMISSIONS. */
static void judge_permissions(const struct model *m, const struct model_channel *c,
			      const uint8_t *request, bool of_protocol, struct model_judgement *j)
{
	uint32_t agent = model_agent_found(m, c->agent, scmi_get_le32(request));
	bool device = device_found(m, c->agent, scmi_get_le32(request + 4));
	uint32_t command = of_protocol ? scmi_get_le32(request + 8) : 0x14;
	uint32_t flags = scmi_get_le32(request + (of_protocol ? 12 : 8));

	if (flags & ~1u || (of_protocol && command & ~0xffu))
		only(j, SCMI_INVALID_PARAMETERS);
	else if (agent == SCMI_NONE || !device || command != 0x14)
		only(j, SCMI_NOT_FOUND);
	else if (!model_trusted(m, c->agent) || agent == 0)
		only(j, SCMI_DENIED);
}

static void judge_base(const struct model *m, const struct model_channel *c, uint32_t id,
		       const uint8_t *request, struct model_judgement *j)
{
	/* The clock protocol is the only one beside base, for agents that have it. */
	uint32_t protocols = model_protocol(m, c->agent, 0x14) ? 1 : 0;
	uint32_t agent, word;

	switch (id) {
	case 0x01:
		put(j, (model_trusted(m, c->agent) ? m->board->agent_count : 1) << 8 | protocols);
		break;
	case 0x03:
		put_name(j, m->board->vendor, 16);
		break;
	case 0x04:
		put_name(j, m->board->sub_vendor ? m->board->sub_vendor : "", 16);
		break;
	case 0x05:
		put(j, m->board->implementation_version);
		break;
	case 0x06:
		word = scmi_get_le32(request);
		if (word > protocols) {
			only(j, SCMI_INVALID_PARAMETERS);
			break;
		}
		put(j, protocols - word);
		if (protocols - word)
			put(j, 0x14);
		break;
	case 0x07:
		word = scmi_get_le32(request);
		agent = word == 0xffffffff ? c->agent : model_agent_found(m, c->agent, word);
		if (agent == SCMI_NONE) {
			only(j, SCMI_NOT_FOUND);
			break;
		}
		if (word == 0xffffffff)
			word = model_trusted(m, c->agent) ? c->agent : 1;
		if (c->base_version >= V2)
			put(j, word);
		put_name(j, agent ? m->board->agents[agent - 1].name : "platform", 16);
		break;
	case 0x08:
		if (scmi_get_le32(request) & ~1u)
			only(j, SCMI_INVALID_PARAMETERS);
		break;
	case 0x09:
	case 0x0a:
		judge_permissions(m, c, request, id == 0xa, j);
		break;
	case 0x0b:
		agent = model_agent_found(m, c->agent, scmi_get_le32(request));
		word = scmi_get_le32(request + 4);
		if (word & ~1u)
			only(j, SCMI_INVALID_PARAMETERS);
		else if (agent == SCMI_NONE)
			only(j, SCMI_NOT_FOUND);
		else if (agent == 0 ||
			 (!model_trusted(m, c->agent) && (word & 1 || agent != c->agent)))
			only(j, SCMI_DENIED);
		break;
	}
}

void model_judge(const struct model *m, const struct model_channel *c, const uint8_t *message,
		 size_t size, size_t space, struct model_judgement *j)
{
	uint32_t header = scmi_get_le32(message);
	uint32_t protocol = header >> 10 & 0xff, type = header >> 8 & 3, id = header & 0xff;
	uint32_t version = protocol == 0x10 ? c->base_version : c->clock_version;
	const uint8_t *request = message + 4;
	int exact;

	memset(j, 0, sizeof(*j));
	only(j, SCMI_SUCCESS);
	if (type != 0) {
		only(j, SCMI_PROTOCOL_ERROR);
		return;
	}
	if (protocol != 0x10 && !model_protocol(m, c->agent, protocol)) {
		only(j, SCMI_NOT_SUPPORTED);
		return;
	}
	exact = request_size(protocol, id, version);
	if (exact < 0) {
		only(j, SCMI_NOT_FOUND);
		return;
	}
	if (size - 4 != (size_t)exact) {
		only(j, SCMI_PROTOCOL_ERROR);
	} else if (!judge_common(m, c, protocol, id, request, j)) {
		if (protocol == 0x10)
			judge_base(m, c, id, request, j);
		else
			model_judge_clock(m, c, id, request, size - 4, space, j);
	}
	if (lacking(m, c, protocol, id)) {
		/* Whether the want or an error in the request is told first is not said. */
		j->allowed &= ~1u;
		allow(j, SCMI_NOT_SUPPORTED);
	}
	if (j->allowed & 1 && 8 + j->size > space)
		j->allowed = (j->allowed & ~1u) | 1u << -SCMI_COMMS_ERROR;
}
