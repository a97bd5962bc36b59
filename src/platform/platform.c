/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The platform: set-up and the passing of time. */
#include "state.h"

void *scmi_platform_alloc(const struct scmi_platform *platform, size_t count, size_t size)
{
	if (size && count > (~(size_t)0 >> 1) / size)
		return NULL;
	return platform->host.alloc(platform->host.ctx, count ? count * size : 1);
}

void scmi_platform_release(const struct scmi_platform *platform, void *memory)
{
	if (memory)
		platform->host.free(platform->host.ctx, memory);
}

static int make_clocks(struct scmi_platform *platform)
{
	const struct scmi_board *board = platform->board;

	platform->clocks = (struct scmi_clock_resource *)scmi_platform_alloc(
		platform, board->clock_count, sizeof(*platform->clocks));
	if (!platform->clocks)
		return -ENOMEM;
	for (uint32_t n = 0; n < board->clock_count; n++) {
		struct scmi_clock_resource *clock = &platform->clocks[n];

		clock->platform = platform;
		clock->board = &board->clocks[n];
		clock->index = n;
		clock->config_owners = (uint32_t *)scmi_platform_alloc(
			platform, clock->board->config_count, sizeof(*clock->config_owners));
		if (!clock->config_owners)
			return -ENOMEM;
	}
	return 0;
}

static int make_tables(struct scmi_platform *platform)
{
	for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++) {
		const struct scmi_protocol *protocol = scmi_protocol_lookup(SCMI_SERVICE_FIRST + n);

		if (!protocol)
			continue;
		platform->tables[n] = (struct scmi_message *)scmi_platform_alloc(
			platform, 1, scmi_protocol_tables_size(protocol));
		if (!platform->tables[n])
			return -ENOMEM;
		scmi_protocol_tables_fill(protocol, platform->board, platform->tables[n]);
	}
	return 0;
}

static int make_agents(struct scmi_platform *platform)
{
	const struct scmi_board *board = platform->board;
	int error = 0;

	platform->agents = (struct scmi_served_agent *)scmi_platform_alloc(
		platform, board->agent_count, sizeof(*platform->agents));
	if (!platform->agents)
		return -ENOMEM;
	for (uint32_t id = 1; id <= board->agent_count && !error; id++)
		error = scmi_view_new(&platform->agents[id - 1], platform, id);
	return error;
}

int scmi_platform_new(struct scmi_platform **made, const struct scmi_board *board,
		      const struct scmi_platform_host *host, char *why, size_t why_size)
{
	struct scmi_platform *platform;
	uint32_t cyclic = SCMI_NONE;
	int error;

	if (why && why_size)
		why[0] = 0;
	error = scmi_board_check(board, why, why_size);
	if (error)
		return error;
	platform = (struct scmi_platform *)host->alloc(host->ctx, sizeof(*platform));
	if (!platform)
		return -ENOMEM;
	platform->host = *host;
	platform->board = board;
	if (host->lock_new) {
		platform->lock = host->lock_new(host->ctx);
		if (!platform->lock)
			error = -ENOMEM;
	}
	if (!error)
		error = make_tables(platform);
	if (!error)
		error = make_clocks(platform);
	if (!error)
		error = scmi_simulated_tree_new(platform, &platform->tree, &cyclic);
	if (!error)
		error = make_agents(platform);
	if (error) {
		if (cyclic != SCMI_NONE)
			scmi_board_say_cycle(board, cyclic, why, why_size);
		scmi_platform_free(platform);
		return error;
	}
	*made = platform;
	return 0;
}

void scmi_platform_free(struct scmi_platform *platform)
{
	if (!platform)
		return;
	/* Set-up may have stopped anywhere: agents that have no platform were not reached. */
	for (uint32_t n = 0; platform->agents && n < platform->board->agent_count; n++) {
		if (platform->agents[n].platform)
			scmi_view_free(&platform->agents[n]);
	}
	scmi_platform_release(platform, platform->agents);
	scmi_simulated_tree_free(platform, platform->tree);
	for (uint32_t n = 0; platform->clocks && n < platform->board->clock_count; n++)
		scmi_platform_release(platform, platform->clocks[n].config_owners);
	scmi_platform_release(platform, platform->clocks);
	for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++)
		scmi_platform_release(platform, platform->tables[n]);
	if (platform->lock)
		platform->host.lock_free(platform->host.ctx, platform->lock);
	platform->host.free(platform->host.ctx, platform);
}

void scmi_platform_tick(struct scmi_platform *platform, uint64_t now_ns)
{
	struct scmi_channel *channel;
	bool undelivered;

	scmi_operation_tick(platform, now_ns);
	scmi_lock(platform, platform->lock);
	undelivered = platform->undelivered;
	platform->undelivered = false;
	scmi_unlock(platform, platform->lock);
	/* The list stays as it is: a host does not make or free channels meanwhile. */
	for (channel = platform->channels; undelivered && channel; channel = channel->next)
		scmi_notify_flush(channel);
}

uint64_t scmi_platform_next_deadline(const struct scmi_platform *platform)
{
	uint64_t deadline_ns = SCMI_NEVER;

	scmi_lock(platform, platform->lock);
	if (platform->undelivered)
		deadline_ns = 0;
	else if (platform->timed.first)
		deadline_ns = platform->timed.first->deadline_ns;
	scmi_unlock(platform, platform->lock);
	return deadline_ns;
}

void scmi_platform_changed(struct scmi_platform *platform)
{
	scmi_lock(platform, platform->lock);
	platform->generation++;
	scmi_unlock(platform, platform->lock);
}

void scmi_platform_wake(const struct scmi_platform *platform)
{
	if (platform->host.wake)
		platform->host.wake(platform->host.ctx);
}

void scmi_platform_release_agent(struct scmi_served_agent *agent, uint32_t originator)
{
	scmi_clock_release(agent, originator);
	scmi_platform_wake(agent->platform);
}
