// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the platform has to send by itself, to whom, and whether it did. */
#include "model.h"

#include <scmi/message.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void model_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "model: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

/* A clock in an agent's view; NULL if it is not there. */
static const struct scmi_board_view *view_of(const struct model *m, uint32_t agent, uint32_t clock)
{
	const struct scmi_board_protocol *protocol = model_protocol(m, agent, 0x14);

	for (uint32_t i = 0; protocol && i < protocol->view_count; i++)
		if (protocol->views[i].index == clock)
			return &protocol->views[i];
	return NULL;
}

/* What `receiver` calls an agent; 0 where it may not know it. */
static uint32_t agent_shown(const struct model *m, uint32_t receiver, uint32_t agent)
{
	if (model_trusted(m, receiver))
		return agent;
	return agent == receiver ? 1 : 0;
}

struct model_expected *model_expect(struct model *m, uint32_t channel, enum model_kind kind,
				    uint32_t header)
{
	struct model_channel *c = &m->channels[channel];
	struct model_expected *e;

	if (c->expected_count == MODEL_EXPECTED)
		model_fail("the model's own table is full: settle more often");
	e = &c->expected[c->expected_count++];
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	scmi_put_le32(e->bytes, header);
	e->size = 4;
	return e;
}

void model_add(struct model_expected *e, uint32_t word)
{
	scmi_put_le32(e->bytes + e->size, word);
	e->size += 4;
}

static uint32_t header_of(uint32_t protocol, uint32_t type, uint32_t id)
{
	return protocol << 10 | type << 8 | id;
}

void model_tell_rate(struct model *m, uint32_t id, uint32_t originator, uint32_t clock,
		     uint64_t rate_hz)
{
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		struct model_channel *c = &m->channels[i];
		const struct scmi_board_view *view;
		struct model_expected *e;

		if (!c->open || c->agent == originator || c->clock_version < 0x20000)
			continue;
		view = view_of(m, c->agent, clock);
		if (!view || !(id ? c->rate_requested : c->rate_changed)[clock])
			continue;
		e = model_expect(m, i, MODEL_NOTIFICATION, header_of(0x14, 3, id));
		model_add(e, agent_shown(m, c->agent, originator));
		model_add(e, view->id);
		model_add(e, (uint32_t)rate_hz);
		model_add(e, (uint32_t)(rate_hz >> 32));
	}
}

/* BASE_ERROR_EVENT, to the agent whose command failed and to the trusted. */
void model_report(struct model *m, uint32_t agent, bool fatal, uint32_t header, int32_t status)
{
	for (uint32_t i = 0; i < MODEL_CHANNELS; i++) {
		struct model_channel *c = &m->channels[i];
		struct model_expected *e;

		if (!c->open || !c->errors || (c->agent != agent && !model_trusted(m, c->agent)))
			continue;
		e = model_expect(m, i, MODEL_NOTIFICATION, header_of(0x10, 3, 0));
		model_add(e, agent_shown(m, c->agent, agent));
		model_add(e, (fatal ? 1u << 31 : 0) | 1);
		model_add(e, header);
		model_add(e, (uint32_t)status);
	}
}

void model_sent(struct model *m, uint32_t channel, enum model_kind kind, uint64_t cookie,
		const uint8_t *message, size_t size)
{
	struct model_channel *c = &m->channels[channel];
	/* A notification's token means nothing; bits 31:28 never do. */
	uint32_t mask = kind == MODEL_NOTIFICATION ? 0x3ffff : 0x0fffffff;

	if (!c->open)
		model_fail("channel %u is closed, and something was sent to it", channel);
	if (size < 8)
		model_fail("a message of %zu bytes was sent to channel %u", size, channel);
	if (kind != MODEL_LATE_ANSWER && (scmi_get_le32(message) >> 8 & 3) == 2)
		kind = MODEL_DELAYED;
	if (kind == MODEL_DELAYED)
		mask = 0x0fffffff;
	for (size_t i = 0; i < c->expected_count; i++) {
		struct model_expected *e = &c->expected[i];

		if (e->kind != kind || e->size != size || e->cookie != cookie ||
		    ((scmi_get_le32(e->bytes) ^ scmi_get_le32(message)) & mask) ||
		    memcmp(e->bytes + 4, message + 4, size - 4))
			continue;
		memmove(e, e + 1, (char *)&c->expected[c->expected_count] - (char *)(e + 1));
		c->expected_count--;
		return;
	}
	fprintf(stderr, "message:");
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, " %02x", message[i]);
	fprintf(stderr, "\nexpected on this channel (agent %u):\n", (unsigned int)c->agent);
	for (size_t i = 0; i < c->expected_count; i++) {
		for (size_t k = 0; k < c->expected[i].size; k++)
			fprintf(stderr, " %02x", c->expected[i].bytes[k]);
		fprintf(stderr, "\n");
	}
	model_fail("channel %u got a message that nothing called for", channel);
}

void model_settle(struct model *m, uint32_t channel, bool full, uint64_t lost)
{
	struct model_channel *c = &m->channels[channel];

	if (!c->open || full)
		return;
	for (size_t i = 0; i < c->expected_count; i++) {
		struct model_expected *e = &c->expected[i];

		if (e->optional)
			continue;
		if (e->kind != MODEL_NOTIFICATION)
			model_fail("channel %u did not get its %s (header %08x)", channel,
				   e->kind == MODEL_DELAYED ? "delayed response" : "late answer",
				   (unsigned int)scmi_get_le32(e->bytes));
		c->missed++;
	}
	c->expected_count = 0;
	if (c->missed > lost)
		model_fail("channel %u missed %u notifications, but %u were counted as lost",
			   channel, (unsigned int)c->missed, (unsigned int)lost);
}
