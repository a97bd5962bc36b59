// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ends.h"

static bool area_valid(const struct scmi_shmem_area *area, uint32_t buffer_size)
{
	return area->size >= SCMI_SHMEM_ENDS_SIZE_MIN &&
	       SCMI_SHMEM_MESSAGE_MAX(area->size) <= buffer_size;
}

int scmi_shmem_agent_init(struct scmi_shmem_agent *agent,
			  const struct scmi_shmem_agent_config *config)
{
	if (!config->receive || !config->buffer || !area_valid(&config->a2p, config->buffer_size))
		return -EINVAL;
	memset(agent, 0, sizeof(*agent));
	agent->config = *config;
	if (config->p2a.at) {
		if (!area_valid(&config->p2a, config->buffer_size) ||
		    scmi_shmem_receiver_init(&agent->p2a, SCMI_SHMEM_P2A, config->p2a.at,
					     config->p2a.size))
			return -EINVAL;
	}
	return scmi_shmem_sender_init(&agent->a2p, SCMI_SHMEM_A2P, config->a2p.at, config->a2p.size,
				      config->interrupt);
}

int scmi_shmem_agent_send(void *ctx, const void *message, size_t size)
{
	struct scmi_shmem_agent *agent = ctx;
	int error = scmi_shmem_send(&agent->a2p, message, size);

	if (!error && agent->config.ring)
		agent->config.ring(agent->config.ring_ctx);
	return error;
}

int scmi_shmem_agent_poll(void *ctx)
{
	struct scmi_shmem_agent *agent = ctx;
	const struct scmi_shmem_agent_config *config = &agent->config;
	int size;

	size = scmi_shmem_fetch(&agent->a2p, config->buffer, config->buffer_size);
	if (size > 0)
		config->receive(config->ctx, config->buffer, (size_t)size);
	if (!config->p2a.at)
		return 0;
	size = scmi_shmem_take(&agent->p2a, config->buffer, config->buffer_size);
	/* It is in the buffer: the platform can have its area back before anybody looks at it. */
	scmi_shmem_give(&agent->p2a, false);
	if (scmi_shmem_should_ring(&agent->p2a) && config->ack)
		config->ack(config->ring_ctx);
	if (size > 0)
		config->receive(config->ctx, config->buffer, (size_t)size);
	return 0;
}
