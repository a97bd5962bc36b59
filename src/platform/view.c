/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What one agent sees of the platform, and what it may change there. */
#include "state.h"

#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>

/* ---- other agents ---------------------------------------------------------------------------- */

uint32_t scmi_view_agent_id(const struct scmi_served_agent *receiver, uint32_t agent_id)
{
	if (receiver->board->trusted)
		return agent_id;
	/* An untrusted agent is alone with the platform. */
	return agent_id == receiver->id ? 1 : 0;
}

bool scmi_view_agent(const struct scmi_served_agent *caller, uint32_t id,
		     struct scmi_served_agent **named)
{
	struct scmi_platform *platform = caller->platform;

	*named = NULL;
	if (id == 0)
		return true;
	if (!caller->board->trusted) {
		if (id != 1)
			return false;
		id = caller->id;
	}
	if (id > platform->board->agent_count)
		return false;
	*named = &platform->agents[id - 1];
	return true;
}

/* ---- devices --------------------------------------------------------------------------------- */

static bool sees_domain(const struct scmi_served_agent *agent,
			const struct scmi_board_domain *domain)
{
	return domain->protocol_id == SCMI_CLOCK_PROTOCOL &&
	       agent->clock_ids[domain->index] != SCMI_NONE;
}

/* An untrusted agent sees a device when it sees any of its domains. */
static bool sees_device(const struct scmi_served_agent *agent,
			const struct scmi_board_device *device)
{
	if (agent->board->trusted)
		return true;
	for (uint32_t n = 0; n < device->domain_count; n++) {
		if (sees_domain(agent, &device->domains[n]))
			return true;
	}
	return false;
}

uint32_t scmi_view_device(const struct scmi_served_agent *caller, uint32_t id)
{
	const struct scmi_board *board = caller->platform->board;

	for (uint32_t n = 0; n < board->device_count; n++) {
		if (board->devices[n].id == id)
			return sees_device(caller, &board->devices[n]) ? n : SCMI_NONE;
	}
	return SCMI_NONE;
}

static uint8_t *denial(const struct scmi_served_agent *agent, uint32_t device, uint32_t protocol_id)
{
	return &agent->denied[device * SCMI_SERVICE_COUNT + protocol_id - SCMI_SERVICE_FIRST];
}

bool scmi_view_denied(const struct scmi_served_agent *agent, uint32_t device, uint32_t protocol_id)
{
	return *denial(agent, device, protocol_id);
}

/* A clock in several devices is denied if any of them is. */
static bool clock_denied(const struct scmi_served_agent *agent, uint32_t clock)
{
	const struct scmi_board *board = agent->platform->board;

	for (uint32_t n = 0; n < board->device_count; n++) {
		const struct scmi_board_device *device = &board->devices[n];

		if (!scmi_view_denied(agent, n, SCMI_CLOCK_PROTOCOL))
			continue;
		for (uint32_t d = 0; d < device->domain_count; d++) {
			if (device->domains[d].protocol_id == SCMI_CLOCK_PROTOCOL &&
			    device->domains[d].index == clock)
				return true;
		}
	}
	return false;
}

void scmi_view_deny(struct scmi_served_agent *agent, uint32_t device, uint32_t protocol_id,
		    bool denied)
{
	struct scmi_platform *platform = agent->platform;
	const struct scmi_board_device *board_device = &platform->board->devices[device];
	bool changed;

	scmi_lock(platform, platform->lock);
	changed = *denial(agent, device, protocol_id) != denied;
	*denial(agent, device, protocol_id) = denied;
	scmi_unlock(platform, platform->lock);
	if (!changed)
		return;
	for (uint32_t n = 0; n < board_device->domain_count; n++) {
		const struct scmi_board_domain *domain = &board_device->domains[n];
		struct scmi_clock_view *view;

		if (domain->protocol_id != protocol_id || !sees_domain(agent, domain))
			continue;
		view = &agent->clocks[agent->clock_ids[domain->index]];
		scmi_clock_lock(view->clock);
		scmi_lock(platform, platform->lock);
		view->denied = clock_denied(agent, domain->index);
		scmi_unlock(platform, platform->lock);
		view->allow = view->denied ? 0 : view->board_allow;
		scmi_clock_unlock(view->clock);
	}
	scmi_platform_changed(platform);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static int view_clocks(struct scmi_served_agent *agent, const struct scmi_board_protocol *protocol)
{
	struct scmi_platform *platform = agent->platform;
	const struct scmi_board *board = platform->board;

	agent->clock_ids = (uint32_t *)scmi_platform_alloc(platform, board->clock_count,
							   sizeof(*agent->clock_ids));
	if (!agent->clock_ids)
		return -ENOMEM;
	for (uint32_t n = 0; n < board->clock_count; n++)
		agent->clock_ids[n] = SCMI_NONE;
	if (protocol && protocol->view_count)
		agent->clock_count = protocol->views[protocol->view_count - 1].id + 1;
	agent->clocks = (struct scmi_clock_view *)scmi_platform_alloc(platform, agent->clock_count,
								      sizeof(*agent->clocks));
	if (!agent->clocks)
		return -ENOMEM;
	for (uint32_t n = 0; protocol && n < protocol->view_count; n++) {
		const struct scmi_board_view *from = &protocol->views[n];
		struct scmi_clock_view *view = &agent->clocks[from->id];

		view->clock = &platform->clocks[from->index];
		view->allow = from->allow;
		view->board_allow = from->allow;
		agent->clock_ids[from->index] = from->id;
	}
	for (uint32_t id = 0; id < agent->clock_count; id++) {
		struct scmi_clock_view *view = &agent->clocks[id];

		for (uint32_t p = 0; view->clock && p < view->clock->board->parent_count; p++) {
			if (agent->clock_ids[view->clock->board->parents[p]] != SCMI_NONE)
				view->parent_count++;
		}
	}
	return 0;
}

/* The store of operations: all free. */
static int make_operations(struct scmi_served_agent *agent)
{
	size_t count = agent->async_max + SCMI_LATE_ANSWERS_MAX;

	agent->operations = (struct scmi_operation *)scmi_platform_alloc(
		agent->platform, count, sizeof(*agent->operations));
	if (!agent->operations)
		return -ENOMEM;
	for (size_t n = 0; n < count; n++) {
		agent->operations[n].next = agent->free_operations;
		agent->free_operations = &agent->operations[n];
	}
	return 0;
}

int scmi_view_new(struct scmi_served_agent *agent, struct scmi_platform *platform, uint32_t id)
{
	const struct scmi_board_agent *board = &platform->board->agents[id - 1];
	const struct scmi_board_protocol *clock = NULL;
	int error;

	agent->platform = platform;
	agent->board = board;
	agent->id = id;
	agent->version_max[SCMI_BASE_PROTOCOL - SCMI_SERVICE_FIRST] = SCMI_BASE_VERSION_NEWEST;
	for (uint32_t n = 0; n < board->protocol_count; n++) {
		const struct scmi_board_protocol *protocol = &board->protocols[n];
		const struct scmi_protocol *known = scmi_protocol_lookup(protocol->protocol_id);

		agent->version_max[known->id - SCMI_SERVICE_FIRST] =
			protocol->version_max ? protocol->version_max
					      : known->versions[known->version_count - 1];
		if (known == &scmi_platform_clock)
			clock = protocol;
	}
	for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++) {
		if (agent->version_max[n] && n != SCMI_BASE_PROTOCOL - SCMI_SERVICE_FIRST)
			agent->protocols[agent->protocol_count++] =
				(uint8_t)(SCMI_SERVICE_FIRST + n);
	}
	agent->async_max = clock ? clock->max_pending_async : 0;
	agent->denied = (uint8_t *)scmi_platform_alloc(platform, platform->board->device_count,
						       SCMI_SERVICE_COUNT);
	if (!agent->denied)
		return -ENOMEM;
	error = make_operations(agent);
	return error ? error : view_clocks(agent, clock);
}

void scmi_view_free(struct scmi_served_agent *agent)
{
	scmi_platform_release(agent->platform, agent->operations);
	scmi_platform_release(agent->platform, agent->denied);
	scmi_platform_release(agent->platform, agent->clocks);
	scmi_platform_release(agent->platform, agent->clock_ids);
}
