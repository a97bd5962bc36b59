// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What every command may be answered with. Nothing here changes anything. */
#include "model.h"

#include <scmi/message.h>
#include <string.h>

#define V1 0x10000u
#define V2 0x20000u
#define V2_1 0x20001u
#define V3 0x30000u

static void allow(struct model_judgement *j, int status)
{
	j->allowed |= 1u << -status;
}

static void only(struct model_judgement *j, int status)
{
	j->allowed = 1u << -status;
}

static void put(struct model_judgement *j, uint32_t word)
{
	scmi_put_le32(j->values + j->size, word);
	j->size += 4;
}

static void put64(struct model_judgement *j, uint64_t value)
{
	put(j, (uint32_t)value);
	put(j, (uint32_t)(value >> 32));
}

/* A name of at most size - 1 characters and zeros to the end. */
static void put_name(struct model_judgement *j, const char *name, size_t size)
{
	memset(j->values + j->size, 0, size);
	strncpy((char *)j->values + j->size, name, size - 1);
	j->size += size;
}

/* Bytes of a request behind the header; -1: that version has no such message. */
static int request_size(uint32_t protocol, uint32_t id, uint32_t version)
{
	if (protocol == 0x10) {
		static const int size[] = { 0, 0, 4, 0, 0, 0, 4, 4, 4, 12, 16, 8 };

		if (id == 0x10)
			return 4;
		if (id > 0xb || (id >= 9 && version < V2))
			return -1;
		return size[id];
	} else {
		static const int size[] = { 0, 0, 4, 4, 8, 16, 4, 12, 4, 8, 8, 8, 8, 8, 4, 4, 4 };

		if (id == 0x10)
			return 4;
		if (id > 0xf || (id >= 0xb && version < V3) || (id >= 8 && version < V2))
			return -1;
		return id == 7 && version < V3 ? 8 : size[id];
	}
}

/* The platform lacks what the message is for. */
static bool lacking(const struct model *m, const struct model_channel *c, uint32_t protocol, uint32_t id)
{
	if (protocol == 0x10) {
		return (id == 4 && !m->board->sub_vendor) || (id == 8 && !c->p2a) ||
		       ((id == 9 || id == 0xa) && m->board->device_count == 0);
	}
	return (id == 9 || id == 0xa) && !c->p2a;
}

bool model_exists(const struct model *m, const struct model_channel *c, uint32_t protocol, uint32_t id)
{
	uint32_t version = protocol == 0x10 ? c->base_version : c->clock_version;

	return request_size(protocol, id, version) >= 0 && !lacking(m, c, protocol, id);
}

/* PROTOCOL_VERSION, PROTOCOL_MESSAGE_ATTRIBUTES, NEGOTIATE_PROTOCOL_VERSION. */
static bool judge_common(const struct model *m, const struct model_channel *c, uint32_t protocol,
			 uint32_t id, const uint8_t *request, struct model_judgement *j)
{
	const struct scmi_board_protocol *served = model_protocol(m, c->agent, protocol);
	uint32_t highest = served && served->version_max ? served->version_max :
			   protocol == 0x10		 ? V2_1 :
							   V3;
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
		if (asked > highest || (asked != V1 && asked != V2 && asked != (protocol == 0x10 ? V2_1 : V3)))
			only(j, SCMI_NOT_SUPPORTED);
		return true;
	default:
		return false;
	}
}

/* The id that an agent knows a clock by, or SCMI_NONE. */
static uint32_t view_id(const struct model *m, uint32_t agent, uint32_t clock)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, agent, 0x14);

	for (uint32_t i = 0; protocol && i < protocol->view_count; i++)
		if (protocol->views[i].index == clock)
			return protocol->views[i].id;
	return SCMI_NONE;
}

/* Whether there is such a device for an agent: the untrusted know those of which they see something. */
static bool device_found(const struct model *m, uint32_t agent, uint32_t id)
{
	for (uint32_t i = 0; i < m->board->device_count; i++) {
		const struct scmi_board_device *device = &m->board->devices[i];

		if (device->id != id)
			continue;
		for (uint32_t k = 0; k < device->domain_count; k++)
			if (view_id(m, agent, device->domains[k].index) != SCMI_NONE)
				return true;
		return model_trusted(m, agent);
	}
	return false;
}

/* BASE_SET_DEVICE_PERMISSIONS, BASE_SET_PROTOCOL_PERMISSIONS. */
static void judge_permissions(const struct model *m, const struct model_channel *c, const uint8_t *request,
			      bool of_protocol, struct model_judgement *j)
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
		       const uint8_t *request, size_t space, struct model_judgement *j)
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
		else if (agent == 0 || (!model_trusted(m, c->agent) && (word & 1 || agent != c->agent)))
			only(j, SCMI_DENIED);
		break;
	}
	(void)space;
}

/* The rate that a clock comes to when `asked` is asked for; false: it cannot. */
static bool round_rate(const struct model *m, uint32_t clock, uint64_t asked, uint32_t flags,
		       uint64_t *rate_hz)
{
	const struct scmi_board_clock *board = &m->board->clocks[clock];
	uint64_t below = 0, above = 0;
	bool has_below = false, has_above = false;

	if (!model_own_rates(board)) {
		*rate_hz = model_rate(m, clock);
		return asked == *rate_hz;
	}
	if (board->rate_count) {
		for (uint32_t i = 0; i < board->rate_count; i++) {
			if (board->rates_hz[i] <= asked) {
				below = board->rates_hz[i];
				has_below = true;
			}
			if (board->rates_hz[i] >= asked && !has_above) {
				above = board->rates_hz[i];
				has_above = true;
			}
		}
	} else if (asked >= board->min_hz && asked <= board->max_hz) {
		below = asked - (asked - board->min_hz) % board->step_hz;
		above = below == asked ? asked : below + board->step_hz;
		has_below = true;
		has_above = above <= board->max_hz;
	}
	if (!has_below || !has_above)
		return false;
	if (flags & 8)
		*rate_hz = above - asked < asked - below ? above : below;
	else
		*rate_hz = flags & 4 ? above : below;
	return true;
}

static void judge_rate_set(const struct model *m, const struct model_channel *c, const uint8_t *request,
			   struct model_judgement *j)
{
	uint32_t flags = scmi_get_le32(request);
	const struct scmi_board_view *view = model_view(m, c->agent, scmi_get_le32(request + 4));
	uint64_t asked = scmi_get_le64(request + 8);
	uint32_t max = model_protocol(m, c->agent, 0x14)->max_pending_async;
	uint32_t pending = 0, undelivered = 0, late = 0;
	bool possible;

	if (flags & ~0xfu) {
		only(j, SCMI_INVALID_PARAMETERS);
		return;
	}
	if (!view) {
		only(j, SCMI_NOT_FOUND);
		return;
	}
	if (!(model_allow(m, c->agent, view) & SCMI_ALLOW_RATE)) {
		only(j, SCMI_DENIED);
		return;
	}
	possible = round_rate(m, view->index, asked, flags, &j->rate_hz);
	if (!possible)
		only(j, SCMI_INVALID_PARAMETERS);
	for (size_t i = 0; i < m->operation_count; i++) {
		const struct model_operation *op = &m->operations[i];

		pending += op->async && op->agent == c->agent;
		late += !op->async && op->agent == c->agent;
	}
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		for (size_t k = 0; m->channels[i].agent == c->agent && k < m->channels[i].expected_count; k++) {
			undelivered += m->channels[i].expected[k].kind == MODEL_DELAYED;
			late += m->channels[i].expected[k].kind == MODEL_LATE_ANSWER;
		}
	}
	if (flags & 1) {
		if (!c->p2a || max == 0) {
			if (possible)
				only(j, SCMI_NOT_SUPPORTED);
			else
				allow(j, SCMI_NOT_SUPPORTED);
			return;
		}
		/* Whether a place is free before its delayed response could be sent is not said. */
		if (possible && pending >= max)
			only(j, SCMI_BUSY);
		else if (pending + undelivered >= max)
			allow(j, SCMI_BUSY);
		return;
	}
	if (!possible)
		return;
	if (m->board->clocks[view->index].set_latency_us || model_queued(m, view->index)) {
		/* How many late answers an agent can have is not said: one at least. */
		j->allowed = late ? 1u << -SCMI_BUSY : 0;
		j->late = true;
	} else if (m->board->clocks[view->index].fault) {
		only(j, m->board->clocks[view->index].fault);
	}
}

static void judge_rates(const struct model *m, const struct scmi_board_view *view, uint32_t index,
			size_t space, struct model_judgement *j)
{
	const struct scmi_board_clock *clock = &m->board->clocks[view->index];
	uint32_t count = clock->rate_count ? clock->rate_count : 1;
	uint32_t fit = space < 12 ? 0 : (uint32_t)((space - 12) / 8);

	if (index >= count) {
		only(j, SCMI_OUT_OF_RANGE);
	} else if (model_own_rates(clock) && !clock->rate_count) {
		put(j, 3 | 1u << 12);
		put64(j, clock->min_hz);
		put64(j, clock->max_hz);
		put64(j, clock->step_hz);
	} else if (fit == 0) {
		only(j, SCMI_COMMS_ERROR);
	} else {
		uint32_t n = count - index < fit ? count - index : fit;

		put(j, (count - index - n) << 16 | n);
		for (uint32_t i = 0; i < n; i++)
			put64(j, clock->rate_count ? clock->rates_hz[index + i] :
						     model_rate(m, view->index));
	}
}

/* What an agent calls those parents of a clock that it sees; returns how many. */
static uint32_t parents_seen(const struct model *m, uint32_t agent, const struct scmi_board_clock *clock,
			     uint32_t seen[8])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < clock->parent_count; i++)
		if (view_id(m, agent, clock->parents[i]) != SCMI_NONE)
			seen[count++] = view_id(m, agent, clock->parents[i]);
	return count;
}

static void judge_parents(const struct model *m, const struct model_channel *c, uint32_t id,
			  const struct scmi_board_view *view, uint32_t word, size_t space,
			  struct model_judgement *j)
{
	const struct scmi_board_clock *clock = &m->board->clocks[view->index];
	uint32_t seen[8], seen_count = parents_seen(m, c->agent, clock, seen), fit;
	bool denied = id == 0xd ? !(model_allow(m, c->agent, view) & SCMI_ALLOW_PARENT) :
				  model_denied(m, c->agent, view->index);

	if (denied)
		only(j, SCMI_DENIED);
	if (seen_count == 0) {
		/* Which of the two comes first is not said. */
		if (!denied)
			only(j, SCMI_NOT_SUPPORTED);
		allow(j, SCMI_NOT_SUPPORTED);
		return;
	}
	if (denied)
		return;
	switch (id) {
	case 0x0c:
		fit = space < 12 ? 0 : (uint32_t)((space - 12) / 4);
		if (word >= seen_count) {
			only(j, SCMI_OUT_OF_RANGE);
		} else if (fit == 0) {
			only(j, SCMI_COMMS_ERROR);
		} else {
			uint32_t n = seen_count - word < fit ? seen_count - word : fit;

			put(j, (seen_count - word - n) << 24 | n);
			for (uint32_t i = 0; i < n; i++)
				put(j, seen[word + i]);
		}
		break;
	case 0x0d:
		if (!model_view(m, c->agent, word)) {
			only(j, SCMI_NOT_FOUND);
			break;
		}
		only(j, SCMI_INVALID_PARAMETERS);
		for (uint32_t i = 0; i < seen_count; i++)
			if (seen[i] == word)
				only(j, SCMI_SUCCESS);
		break;
	case 0x0e:
		word = view_id(m, c->agent, clock->parents[m->clocks[view->index].parent]);
		put(j, word);
		/* A parent that the caller does not see cannot be named. */
		if (word == SCMI_NONE)
			j->allowed = 1u << -SCMI_NOT_FOUND | 1u << -SCMI_DENIED;
		break;
	}
}

/* The value of an extended configuration; NULL if the clock has no such type. */
static const uint32_t *config_value(const struct model *m, uint32_t clock, uint32_t type, uint32_t *which)
{
	for (uint32_t i = 0; i < m->board->clocks[clock].config_count; i++) {
		if (m->board->clocks[clock].configs[i].type == type) {
			*which = i;
			return &m->clocks[clock].config[i];
		}
	}
	return NULL;
}

static void judge_config_set(const struct model *m, const struct model_channel *c,
			     const struct scmi_board_view *view, const uint8_t *request,
			     struct model_judgement *j)
{
	uint32_t attributes = scmi_get_le32(request + 4);
	uint32_t state = attributes & 3, type = attributes >> 16 & 0xff, which = 0;

	if (!(model_allow(m, c->agent, view) & SCMI_ALLOW_STATE)) {
		only(j, SCMI_DENIED);
	} else if (c->clock_version >= V3) {
		const struct scmi_board_clock *clock = &m->board->clocks[view->index];
		uint32_t value = scmi_get_le32(request + 8);

		if (state == 2 || (state == 3 && type == 0) ||
		    (type && !config_value(m, view->index, type, &which)) ||
		    (type && (value < clock->configs[which].min || value > clock->configs[which].max)))
			only(j, SCMI_INVALID_PARAMETERS);
	}
}

/* CLOCK_ATTRIBUTES. */
static void judge_attributes(const struct model *m, const struct model_channel *c,
			     const struct scmi_board_view *view, struct model_judgement *j)
{
	const struct scmi_board_clock *clock = &m->board->clocks[view->index];
	uint32_t word = model_running(m, view->index), seen[8];

	if (c->clock_version >= V2) {
		word |= c->p2a && !clock->no_rate_changed ? 1u << 31 : 0;
		word |= c->p2a && !clock->no_rate_requested ? 1u << 30 : 0;
		word |= strlen(clock->name) > 15 ? 1u << 29 : 0;
	}
	if (c->clock_version >= V3) {
		word |= parents_seen(m, c->agent, clock, seen) ? 1u << 28 : 0;
		word |= clock->config_count ? 1u << 27 : 0;
		word |= (model_allow(m, c->agent, view) & 7) != 7 ? 1u << 1 : 0;
	}
	put(j, word);
	put_name(j, clock->name, 16);
	if (c->clock_version >= V2)
		put(j, clock->enable_delay_us);
}

static bool reserved_bits(const struct model_channel *c, uint32_t id, const uint8_t *request)
{
	switch (id) {
	case 0x07:
		return scmi_get_le32(request + 4) & (c->clock_version < V3 ? ~1u : 0xff00fffcu);
	case 0x09:
	case 0x0a:
		return scmi_get_le32(request + 4) & ~1u;
	case 0x0b:
		return scmi_get_le32(request + 4) & ~0xffu;
	default:
		return false;
	}
}

static void judge_clock(const struct model *m, const struct model_channel *c, uint32_t id,
			const uint8_t *request, size_t size, size_t space, struct model_judgement *j)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, c->agent, 0x14);
	uint32_t word = size >= 8 ? scmi_get_le32(request + 4) : 0;
	const struct scmi_board_view *view;
	const struct scmi_board_clock *clock;
	uint32_t which = 0, permissions;

	if (id == 0x01) {
		put(j, (c->p2a ? protocol->max_pending_async << 16 : 0) |
			       (protocol->view_count ? protocol->views[protocol->view_count - 1].id + 1 : 0));
		return;
	}
	if (id == 0x05) {
		judge_rate_set(m, c, request, j);
		return;
	}
	if (reserved_bits(c, id, request)) {
		only(j, SCMI_INVALID_PARAMETERS);
		return;
	}
	view = model_view(m, c->agent, scmi_get_le32(request));
	if (!view) {
		only(j, SCMI_NOT_FOUND);
		return;
	}
	clock = &m->board->clocks[view->index];
	switch (id) {
	case 0x03:
		judge_attributes(m, c, view, j);
		break;
	case 0x04:
		judge_rates(m, view, word, space, j);
		break;
	case 0x06:
		put64(j, model_rate(m, view->index));
		break;
	case 0x07:
		judge_config_set(m, c, view, request, j);
		break;
	case 0x08:
		put(j, 0);
		put_name(j, clock->name, 64);
		if (strlen(clock->name) <= 15)
			only(j, SCMI_NOT_SUPPORTED);
		break;
	case 0x09:
		if (clock->no_rate_changed)
			only(j, SCMI_NOT_SUPPORTED);
		break;
	case 0x0a:
		if (clock->no_rate_requested)
			only(j, SCMI_NOT_SUPPORTED);
		break;
	case 0x0b:
		put(j, 0);
		put(j, model_running(m, view->index));
		if (word == 0) {
			j->free_at = j->size;
			put(j, 0);
		} else if (config_value(m, view->index, word, &which)) {
			put(j, *config_value(m, view->index, word, &which));
		} else {
			only(j, SCMI_INVALID_PARAMETERS);
		}
		break;
	case 0x0c:
	case 0x0d:
	case 0x0e:
		judge_parents(m, c, id, view, word, space, j);
		break;
	case 0x0f:
		permissions = model_allow(m, c->agent, view);
		put(j, (permissions & SCMI_ALLOW_STATE ? 1u << 31 : 0) |
			       (permissions & SCMI_ALLOW_PARENT ? 1u << 30 : 0) |
			       (permissions & SCMI_ALLOW_RATE ? 1u << 29 : 0));
		break;
	}
}

void model_judge(const struct model *m, const struct model_channel *c, const uint8_t *message, size_t size,
		 size_t space, struct model_judgement *j)
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
			judge_base(m, c, id, request, space, j);
		else
			judge_clock(m, c, id, request, size - 4, space, j);
	}
	if (lacking(m, c, protocol, id)) {
		/* Whether the want or an error in the request is told first is not said. */
		j->allowed &= ~1u;
		allow(j, SCMI_NOT_SUPPORTED);
	}
	if (j->allowed & 1 && 8 + j->size > space)
		j->allowed = (j->allowed & ~1u) | 1u << -SCMI_COMMS_ERROR;
}
