/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Agents' requests across a restart of the platform. */
#include "state.h"

static void denials(struct scmi_served_agent *agent,
		    void (*each)(void *ctx, const struct scmi_request *request), void *ctx)
{
	struct scmi_platform *platform = agent->platform;
	const struct scmi_board *board = platform->board;

	for (uint32_t device = 0; device < board->device_count; device++) {
		for (uint32_t n = 0; n < SCMI_SERVICE_COUNT; n++) {
			struct scmi_request request = {
				.agent = agent->board->name,
				.protocol_id = (uint8_t)(SCMI_SERVICE_FIRST + n),
				.domain = board->devices[device].name,
				.what = "deny",
				.key = board->devices[device].id,
				.value = 1,
			};
			bool denied;

			scmi_lock(platform, platform->lock);
			denied = scmi_view_denied(agent, device, request.protocol_id);
			scmi_unlock(platform, platform->lock);
			if (denied)
				each(ctx, &request);
		}
	}
}

void scmi_platform_requests(struct scmi_platform *platform,
			    void (*each)(void *ctx, const struct scmi_request *request), void *ctx)
{
	for (uint32_t n = 0; n < platform->board->agent_count; n++) {
		denials(&platform->agents[n], each, ctx);
		scmi_clock_requests(&platform->agents[n], each, ctx);
	}
}

static int restore_denial(struct scmi_served_agent *agent, const struct scmi_request *request)
{
	const struct scmi_board *board = agent->platform->board;
	const struct scmi_protocol *protocol = scmi_protocol_lookup(request->protocol_id);

	if (!protocol || protocol == &scmi_platform_base || request->value > 1)
		return -EINVAL;
	for (uint32_t device = 0; device < board->device_count; device++) {
		if (board->devices[device].id != request->key ||
		    !scmi_same_text(board->devices[device].name, request->domain))
			continue;
		scmi_view_deny(agent, device, protocol->id, request->value);
		return 0;
	}
	return -ENOENT;
}

int scmi_platform_restore(struct scmi_platform *platform, const struct scmi_request *request)
{
	for (uint32_t n = 0; n < platform->board->agent_count; n++) {
		struct scmi_served_agent *agent = &platform->agents[n];

		if (!scmi_same_text(agent->board->name, request->agent))
			continue;
		if (scmi_same_text(request->what, "deny"))
			return restore_denial(agent, request);
		if (request->protocol_id == scmi_platform_clock.id)
			return scmi_clock_restore(agent, request);
		return -EINVAL;
	}
	return -ENOENT;
}

uint64_t scmi_platform_generation(const struct scmi_platform *platform)
{
	uint64_t generation;

	scmi_lock(platform, platform->lock);
	generation = platform->generation;
	scmi_unlock(platform, platform->lock);
	return generation;
}
