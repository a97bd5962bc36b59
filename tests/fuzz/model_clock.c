// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the commands of the clock protocol may be answered with. */
#include "model_judge.h"

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

static void judge_rate_set(const struct model *m, const struct model_channel *c,
			   const uint8_t *request, struct model_judgement *j)
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
		for (size_t k = 0;
		     m->channels[i].agent == c->agent && k < m->channels[i].expected_count; k++) {
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
			put64(j, clock->rate_count ? clock->rates_hz[index + i]
						   : model_rate(m, view->index));
	}
}

/* What an agent calls those parents of a clock that it sees; returns how many. */
static uint32_t parents_seen(const struct model *m, uint32_t agent,
			     const struct scmi_board_clock *clock, uint32_t seen[8])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < clock->parent_count; i++)
		if (model_view_id(m, agent, clock->parents[i]) != SCMI_NONE)
			seen[count++] = model_view_id(m, agent, clock->parents[i]);
	return count;
}

static void judge_parents(const struct model *m, const struct model_channel *c, uint32_t id,
			  const struct scmi_board_view *view, uint32_t word, size_t space,
			  struct model_judgement *j)
{
	const struct scmi_board_clock *clock = &m->board->clocks[view->index];
	uint32_t seen[8], seen_count = parents_seen(m, c->agent, clock, seen), fit;
	bool denied = id == 0xd ? !(model_allow(m, c->agent, view) & SCMI_ALLOW_PARENT)
				: model_denied(m, c->agent, view->index);

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
		word = model_view_id(m, c->agent, clock->parents[m->clocks[view->index].parent]);
		put(j, word);
		/* A parent that the caller does not see cannot be named. */
		if (word == SCMI_NONE)
			j->allowed = 1u << -SCMI_NOT_FOUND | 1u << -SCMI_DENIED;
		break;
	}
}

/* The value of an extended configuration; NULL if the clock has no such type. */
static const uint32_t *config_value(const struct model *m, uint32_t clock, uint32_t type,
				    uint32_t *which)
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
		    (type &&
		     (value < clock->configs[which].min || value > clock->configs[which].max)))
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

void model_judge_clock(const struct model *m, const struct model_channel *c, uint32_t id,
		       const uint8_t *request, size_t size, size_t space, struct model_judgement *j)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, c->agent, 0x14);
	uint32_t word = size >= 8 ? scmi_get_le32(request + 4) : 0;
	const struct scmi_board_view *view;
	const struct scmi_board_clock *clock;
	uint32_t which = 0, permissions;

	if (id == 0x01) {
		put(j,
		    (c->p2a ? protocol->max_pending_async << 16 : 0) |
			    (protocol->view_count ? protocol->views[protocol->view_count - 1].id + 1
						  : 0));
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
