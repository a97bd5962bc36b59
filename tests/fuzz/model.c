// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the platform is and does: its state, and the time that changes take. */
#include "model.h"

#include <scmi/message.h>

/* ---- looking --------------------------------------------------------------------------------- */

const struct scmi_board_protocol *model_protocol(const struct model *m, uint32_t agent, uint32_t id)
{
	const struct scmi_board_agent *board = &m->board->agents[agent - 1];

	for (uint32_t i = 0; i < board->protocol_count; i++)
		if (board->protocols[i].protocol_id == id)
			return &board->protocols[i];
	return NULL;
}

const struct scmi_board_view *model_view(const struct model *m, uint32_t agent, uint32_t id)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, agent, 0x14);

	for (uint32_t i = 0; protocol && i < protocol->view_count; i++)
		if (protocol->views[i].id == id)
			return &protocol->views[i];
	return NULL;
}

/* The id that an agent knows a clock by, or SCMI_NONE. */
uint32_t model_view_id(const struct model *m, uint32_t agent, uint32_t clock)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, agent, 0x14);

	for (uint32_t i = 0; protocol && i < protocol->view_count; i++)
		if (protocol->views[i].index == clock)
			return protocol->views[i].id;
	return SCMI_NONE;
}

bool model_trusted(const struct model *m, uint32_t agent)
{
	return m->board->agents[agent - 1].trusted;
}

/* The agent that `caller` calls `id`. The untrusted know the platform, and themselves as 1. */
uint32_t model_agent_found(const struct model *m, uint32_t caller, uint32_t id)
{
	if (id == 0)
		return 0;
	if (model_trusted(m, caller))
		return id <= m->board->agent_count ? id : SCMI_NONE;
	return id == 1 ? caller : SCMI_NONE;
}

bool model_denied(const struct model *m, uint32_t agent, uint32_t clock)
{
	for (uint32_t d = 0; d < m->board->device_count; d++)
		for (uint32_t i = 0; i < m->board->devices[d].domain_count; i++)
			if (m->denied[agent][d] && m->board->devices[d].domains[i].index == clock)
				return true;
	return false;
}

uint32_t model_allow(const struct model *m, uint32_t agent, const struct scmi_board_view *view)
{
	return model_denied(m, agent, view->index) ? 0 : view->allow;
}

bool model_own_rates(const struct scmi_board_clock *clock)
{
	return clock->rate_count || clock->step_hz;
}

uint64_t model_rate(const struct model *m, uint32_t clock)
{
	uint32_t chain[WORLD_CLOCKS], depth = 0;
	uint64_t rate_hz;

	/* Up to a clock with a rate of its own, and down again. */
	while (!model_own_rates(&m->board->clocks[clock]) && m->board->clocks[clock].parent_count) {
		chain[depth++] = clock;
		clock = m->board->clocks[clock].parents[m->clocks[clock].parent];
	}
	rate_hz = model_own_rates(&m->board->clocks[clock]) ? m->clocks[clock].rate_hz
							    : m->board->clocks[clock].start_hz;
	while (depth) {
		const struct scmi_board_clock *board = &m->board->clocks[chain[--depth]];

		rate_hz = rate_hz * (board->multiply ? board->multiply : 1) /
			  (board->divide ? board->divide : 1);
	}
	return rate_hz;
}

bool model_running(const struct model *m, uint32_t clock)
{
	bool on = false, off = false;

	for (uint32_t a = 1; a <= m->board->agent_count; a++) {
		on |= m->clocks[clock].vote[a] == 1;
		off |= m->clocks[clock].vote[a] == 2;
	}
	return m->board->clocks[clock].always_on || on || (m->board->clocks[clock].enabled && !off);
}

bool model_queued(const struct model *m, uint32_t clock)
{
	for (size_t i = 0; i < m->operation_count; i++)
		if (m->operations[i].clock == clock)
			return true;
	return false;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void all_rates(const struct model *m, uint64_t rates[WORLD_CLOCKS])
{
	for (uint32_t i = 0; i < WORLD_CLOCKS; i++)
		rates[i] = model_rate(m, i);
}

/* Every clock whose rate is no longer what it was, and whoever follows it. */
static void tell_changes(struct model *m, const uint64_t before[WORLD_CLOCKS], uint32_t originator)
{
	for (uint32_t i = 0; i < WORLD_CLOCKS; i++)
		if (model_rate(m, i) != before[i])
			model_tell_rate(m, 0, originator, i, model_rate(m, i));
}

static void set_rate(struct model *m, uint32_t clock, uint64_t rate_hz, uint32_t agent)
{
	uint64_t before[WORLD_CLOCKS];

	if (!model_own_rates(&m->board->clocks[clock]))
		return;
	all_rates(m, before);
	m->clocks[clock].rate_hz = rate_hz;
	m->clocks[clock].rate_by = agent;
	tell_changes(m, before, agent);
}

static void operation_remove(struct model *m, size_t i)
{
	memmove(&m->operations[i], &m->operations[i + 1],
		(m->operation_count - i - 1) * sizeof(m->operations[0]));
	m->operation_count--;
}

static void operation_end(struct model *m, const struct model_operation *op, int32_t status)
{
	struct model_expected *e;

	if (op->channel < MODEL_CHANNELS && (!op->async || !op->silent)) {
		e = model_expect(m, op->channel, op->async ? MODEL_DELAYED : MODEL_LATE_ANSWER,
				 (op->header & ~0x300u) | (op->async ? 2u << 8 : 0));
		e->cookie = op->cookie;
		model_add(e, (uint32_t)status);
		if (op->async && status == SCMI_SUCCESS) {
			model_add(e, op->view_id);
			model_add(e, (uint32_t)model_rate(m, op->clock));
			model_add(e, (uint32_t)(model_rate(m, op->clock) >> 32));
		}
	}
}

/*
 * Everything that an agent asked for is withdrawn; what it still waits for comes to nothing. Each
 * change is told on its own, so whoever follows several clocks may hear of more than one.
 */
static void withdraw(struct model *m, uint32_t agent, uint32_t originator)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, agent, 0x14);

	for (size_t i = 0; i < m->operation_count;) {
		struct model_operation op = m->operations[i];

		if (op.agent != agent) {
			i++;
			continue;
		}
		operation_remove(m, i);
		operation_end(m, &op, SCMI_GENERIC_ERROR);
	}
	for (uint32_t i = 0; protocol && i < protocol->view_count; i++) {
		const struct scmi_board_clock *board = &m->board->clocks[protocol->views[i].index];
		struct model_clock *c = &m->clocks[protocol->views[i].index];
		uint64_t before[WORLD_CLOCKS];

		all_rates(m, before);
		c->vote[agent] = 0;
		if (c->parent_by == agent) {
			c->parent = board->start_parent;
			c->parent_by = 0;
		}
		tell_changes(m, before, originator);
		all_rates(m, before);
		if (c->rate_by == agent) {
			c->rate_hz = board->start_hz;
			c->rate_by = 0;
		}
		tell_changes(m, before, originator);
		for (uint32_t k = 0; k < board->config_count; k++) {
			if (c->config_by[k] == agent) {
				c->config[k] = board->configs[k].value;
				c->config_by[k] = 0;
			}
		}
	}
}

static void unsubscribe(struct model_channel *c)
{
	c->errors = false;
	memset(c->rate_changed, 0, sizeof(c->rate_changed));
	memset(c->rate_requested, 0, sizeof(c->rate_requested));
	for (size_t i = 0; i < c->expected_count; i++)
		c->expected[i].optional |= c->expected[i].kind == MODEL_NOTIFICATION;
}

static void queue_rate_set(struct model *m, uint32_t channel, uint64_t cookie,
			   const uint8_t *message, uint32_t clock, uint64_t rate_hz)
{
	uint32_t flags = scmi_get_le32(message + 4);
	struct model_clock *c = &m->clocks[clock];
	struct model_operation *op;

	/* One after the other. */
	if (!model_queued(m, clock) || c->busy_until_ns < m->now_ns)
		c->busy_until_ns = m->now_ns;
	c->busy_until_ns += m->board->clocks[clock].set_latency_us * 1000;
	if (m->operation_count == MODEL_OPERATIONS)
		model_fail("the platform holds more than %u operations", MODEL_OPERATIONS);
	op = &m->operations[m->operation_count++];
	*op = (struct model_operation){
		.channel = channel,
		.agent = m->channels[channel].agent,
		.clock = clock,
		.header = scmi_get_le32(message),
		.view_id = scmi_get_le32(message + 8),
		.cookie = flags & 1 ? 0 : cookie,
		.rate_hz = rate_hz,
		.finish_ns = c->busy_until_ns,
		.async = flags & 1,
		.silent = flags & 2,
	};
}

static void apply_rate_set(struct model *m, uint32_t channel, uint64_t cookie,
			   const uint8_t *message, int status, uint64_t rate_hz)
{
	uint32_t agent = m->channels[channel].agent;
	const struct scmi_board_view *view = model_view(m, agent, scmi_get_le32(message + 8));
	bool async = scmi_get_le32(message + 4) & 1;

	if (!view || scmi_get_le32(message + 4) & ~0xfu)
		return;
	/* Granted or not. */
	model_tell_rate(m, 1, agent, view->index, scmi_get_le64(message + 12));
	if (status == 1 || (status == SCMI_SUCCESS && async))
		queue_rate_set(m, channel, cookie, message, view->index, rate_hz);
	else if (status == SCMI_SUCCESS)
		set_rate(m, view->index, rate_hz, agent);
	else if (status == SCMI_HARDWARE_ERROR || status == SCMI_GENERIC_ERROR)
		model_report(m, agent, false, scmi_get_le32(message), status);
}

static void apply_clock(struct model *m, struct model_channel *c, uint32_t id,
			const uint8_t *request)
{
	const struct scmi_board_view *view;
	uint32_t word, type;
	struct model_clock *clock;
	uint64_t before[WORLD_CLOCKS];

	if (id < 0x07 || id == 0x10)
		return;
	view = model_view(m, c->agent, scmi_get_le32(request));
	clock = &m->clocks[view->index];
	switch (id) {
	case 0x07:
		word = scmi_get_le32(request + 4);
		type = word >> 16 & 0xff;
		if ((word & 3) < 2)
			clock->vote[c->agent] = word & 1 ? 1 : 2;
		for (uint32_t i = 0; type && i < m->board->clocks[view->index].config_count; i++) {
			if (m->board->clocks[view->index].configs[i].type == type) {
				clock->config[i] = scmi_get_le32(request + 8);
				clock->config_by[i] = c->agent;
			}
		}
		break;
	case 0x09:
		c->rate_changed[view->index] = scmi_get_le32(request + 4);
		break;
	case 0x0a:
		c->rate_requested[view->index] = scmi_get_le32(request + 4);
		break;
	case 0x0d:
		all_rates(m, before);
		word = model_view(m, c->agent, scmi_get_le32(request + 4))->index;
		for (uint32_t i = 0; i < m->board->clocks[view->index].parent_count; i++)
			if (m->board->clocks[view->index].parents[i] == word)
				clock->parent = i;
		clock->parent_by = c->agent;
		tell_changes(m, before, c->agent);
		break;
	}
	/* Waiting notifications of what was just unsubscribed may still come or be dropped. */
	if (id == 0x09 || id == 0x0a)
		for (size_t i = 0; i < c->expected_count; i++)
			c->expected[i].optional |= c->expected[i].kind == MODEL_NOTIFICATION;
}

static void apply_base(struct model *m, struct model_channel *c, uint32_t id,
		       const uint8_t *request)
{
	uint32_t agent;

	switch (id) {
	case 0x08:
		c->errors = scmi_get_le32(request);
		for (size_t i = 0; i < c->expected_count; i++)
			c->expected[i].optional |= c->expected[i].kind == MODEL_NOTIFICATION;
		break;
	case 0x09:
	case 0x0a:
		for (uint32_t d = 0; d < m->board->device_count; d++)
			if (m->board->devices[d].id == scmi_get_le32(request + 4))
				m->denied[scmi_get_le32(request)][d] =
					!(scmi_get_le32(request + (id == 9 ? 8 : 12)) & 1);
		break;
	case 0x0b:
		agent = model_agent_found(m, c->agent, scmi_get_le32(request));
		for (uint32_t i = 0; i < MODEL_CHANNELS; i++)
			if (m->channels[i].open && m->channels[i].agent == agent)
				unsubscribe(&m->channels[i]);
		withdraw(m, agent, c->agent);
		if (scmi_get_le32(request + 4) & 1)
			memset(m->denied[agent], 0, sizeof(m->denied[agent]));
		break;
	}
}

int model_command(struct model *m, uint32_t channel, uint64_t cookie, const uint8_t *message,
		  size_t size, size_t space, const uint8_t *answer, size_t answer_size)
{
	struct model_channel *c = &m->channels[channel];
	uint32_t header, protocol, id;
	struct model_judgement j;
	int status;

	if (size < 4 || space < 8) {
		if (answer_size)
			model_fail("an answer of %zu bytes to %zu bytes with room for %zu",
				   answer_size, size, space);
		return 1;
	}
	header = scmi_get_le32(message);
	protocol = header >> 10 & 0xff;
	id = header & 0xff;
	model_judge(m, c, message, size, space, &j);
	if (answer_size == 0) {
		if (!j.late)
			model_fail("no answer to header %08x; allowed statuses %x",
				   (unsigned int)header, (unsigned int)j.allowed);
		apply_rate_set(m, channel, cookie, message, 1, j.rate_hz);
		return 1;
	}
	if (answer_size < 8 || answer_size > space)
		model_fail("an answer of %zu bytes where %zu have room", answer_size, space);
	status = (int32_t)scmi_get_le32(answer + 4);
	if (scmi_get_le32(answer) != header)
		model_fail("header %08x answered with %08x", (unsigned int)header,
			   (unsigned int)scmi_get_le32(answer));
	if (status > 0 || status < -31 || !(j.allowed & 1u << -status))
		model_fail("header %08x: status %d; allowed are the bits of %x",
			   (unsigned int)header, status, (unsigned int)j.allowed);
	if (status && answer_size != 8)
		model_fail("header %08x: an error of %zu bytes", (unsigned int)header, answer_size);
	if (status == SCMI_SUCCESS) {
		if (answer_size != 8 + j.size)
			model_fail("header %08x: %zu bytes, not %zu", (unsigned int)header,
				   answer_size, 8 + j.size);
		for (size_t i = 0; i < j.size; i++)
			if (answer[8 + i] != j.values[i] &&
			    !(j.free_at && i >= j.free_at && i < j.free_at + 4))
				model_fail("header %08x: byte %zu is %02x, not %02x",
					   (unsigned int)header, 8 + i, answer[8 + i], j.values[i]);
	}
	if (protocol == 0x14 && id == 0x05 && size == 20 && (header >> 8 & 3) == 0 &&
	    model_protocol(m, c->agent, protocol)) {
		apply_rate_set(m, channel, cookie, message, status, j.rate_hz);
	} else if (status == SCMI_SUCCESS) {
		if (id == 0x10 && protocol == 0x10)
			c->base_version = scmi_get_le32(message + 4);
		else if (id == 0x10)
			c->clock_version = scmi_get_le32(message + 4);
		else if (protocol == 0x10)
			apply_base(m, c, id, message + 4);
		else
			apply_clock(m, c, id, message + 4);
	}
	return status;
}

/* ---- channels and time ----------------------------------------------------------------------- */

void model_init(struct model *m, const struct scmi_board *board)
{
	memset(m, 0, sizeof(*m));
	m->board = board;
	for (uint32_t i = 0; i < WORLD_CLOCKS; i++) {
		m->clocks[i].rate_hz = board->clocks[i].start_hz;
		m->clocks[i].parent = board->clocks[i].start_parent;
		for (uint32_t k = 0; k < board->clocks[i].config_count; k++)
			m->clocks[i].config[k] = board->clocks[i].configs[k].value;
	}
}

static void channel_start(struct model *m, struct model_channel *c)
{
	const struct scmi_board_protocol *base = model_protocol(m, c->agent, 0x10);
	const struct scmi_board_protocol *clock = model_protocol(m, c->agent, 0x14);

	c->base_version = base && base->version_max ? base->version_max : 0x20001;
	c->clock_version = clock && clock->version_max ? clock->version_max : 0x30000;
	c->expected_count = 0;
	unsubscribe(c);
}

void model_open(struct model *m, uint32_t channel, uint32_t agent, bool p2a)
{
	struct model_channel *c = &m->channels[channel];

	c->open = true;
	c->p2a = p2a;
	c->agent = agent;
	c->missed = 0;
	channel_start(m, c);
}

/* Nobody is there to be told what is still going on. */
static void orphan(struct model *m, uint32_t channel)
{
	for (size_t i = 0; i < m->operation_count; i++)
		if (m->operations[i].channel == channel)
			m->operations[i].channel = MODEL_CHANNELS;
}

void model_close(struct model *m, uint32_t channel)
{
	uint32_t agent = m->channels[channel].agent;

	orphan(m, channel);
	m->channels[channel].open = false;
	m->channels[channel].expected_count = 0;
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++)
		if (m->channels[i].open && m->channels[i].agent == agent)
			return;
	if (m->board->agents[agent - 1].release_on_disconnect)
		withdraw(m, agent, agent);
}

void model_reset(struct model *m, uint32_t channel)
{
	orphan(m, channel);
	channel_start(m, &m->channels[channel]);
	withdraw(m, m->channels[channel].agent, m->channels[channel].agent);
}

void model_restart(struct model *m)
{
	m->operation_count = 0;
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		m->channels[i].open = false;
		m->channels[i].expected_count = 0;
	}
}

uint64_t model_deadline(const struct model *m)
{
	uint64_t first = SCMI_NEVER;

	for (size_t i = 0; i < m->operation_count; i++)
		if (m->operations[i].finish_ns < first)
			first = m->operations[i].finish_ns;
	return first;
}

void model_tick(struct model *m, uint64_t now_ns)
{
	m->now_ns = now_ns;
	while (model_deadline(m) <= now_ns) {
		size_t i = 0;
		struct model_operation op;

		while (m->operations[i].finish_ns != model_deadline(m))
			i++;
		op = m->operations[i];
		operation_remove(m, i);
		if (m->board->clocks[op.clock].fault) {
			operation_end(m, &op, m->board->clocks[op.clock].fault);
			model_report(m, op.agent, false, op.header,
				     m->board->clocks[op.clock].fault);
		} else if (!model_own_rates(&m->board->clocks[op.clock]) &&
			   model_rate(m, op.clock) != op.rate_hz) {
			/* It follows a parent that has moved meanwhile. */
			operation_end(m, &op, SCMI_INVALID_PARAMETERS);
		} else {
			set_rate(m, op.clock, op.rate_hz, op.agent);
			operation_end(m, &op, SCMI_SUCCESS);
		}
	}
}
