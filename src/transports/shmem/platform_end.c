// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ends.h"

int scmi_shmem_platform_init(struct scmi_shmem_platform *platform,
			     const struct scmi_shmem_platform_config *config)
{
	const struct scmi_shmem_area *a2p = &config->a2p, *p2a = &config->p2a;

	if (!config->command || !config->buffer || a2p->size < SCMI_SHMEM_ENDS_SIZE_MIN ||
	    config->buffer_size < 2 * SCMI_SHMEM_MESSAGE_MAX(a2p->size))
		return -EINVAL;
	memset(platform, 0, sizeof(*platform));
	platform->config = *config;
	if (p2a->at) {
		if (!config->ready || p2a->size < SCMI_SHMEM_ENDS_SIZE_MIN ||
		    scmi_shmem_sender_init(&platform->p2a, SCMI_SHMEM_P2A, p2a->at, p2a->size,
					   config->interrupt))
			return -EINVAL;
	}
	return scmi_shmem_receiver_init(&platform->a2p, SCMI_SHMEM_A2P, a2p->at, a2p->size);
}

/* An answer that cannot be given goes back as an error, so that the agent need not wait. */
static int give_answer(struct scmi_shmem_platform *platform, const void *message, size_t size)
{
	int error = scmi_shmem_answer(&platform->a2p, message, size);

	if (error)
		scmi_shmem_give(&platform->a2p, true);
	return error;
}

static void tell_of_answer(struct scmi_shmem_platform *platform)
{
	if (scmi_shmem_should_ring(&platform->a2p) && platform->config.complete)
		platform->config.complete(platform->config.ring_ctx);
}

static void take_command(struct scmi_shmem_platform *platform)
{
	const struct scmi_shmem_platform_config *config = &platform->config;
	uint32_t space = SCMI_SHMEM_MESSAGE_MAX(config->a2p.size);
	uint8_t *answer = (uint8_t *)config->buffer + space;
	int size = scmi_shmem_take(&platform->a2p, config->buffer, space);
	size_t answer_size;

	if (size > 0) {
		platform->generation++;
		answer_size = config->command(config->ctx, platform->generation, config->buffer,
					      (size_t)size, answer, space);
		if (answer_size)
			give_answer(platform, answer, answer_size);
	}
	tell_of_answer(platform);
}

int scmi_shmem_platform_poll(void *ctx)
{
	struct scmi_shmem_platform *platform = ctx;

	if (platform->want_room && scmi_shmem_is_free(&platform->p2a)) {
		platform->want_room = false;
		platform->config.ready(platform->config.ctx);
	}
	take_command(platform);
	return 0;
}

int scmi_shmem_platform_send(void *ctx, const void *message, size_t size)
{
	struct scmi_shmem_platform *platform = ctx;
	int error;

	if (!platform->config.p2a.at)
		return -ENODEV;
	error = scmi_shmem_send(&platform->p2a, message, size);
	if (error == -EAGAIN)
		platform->want_room = true;
	else if (!error && platform->config.ring)
		platform->config.ring(platform->config.ring_ctx);
	return error;
}

int scmi_shmem_platform_answer(void *ctx, uint64_t cookie, const void *message, size_t size)
{
	struct scmi_shmem_platform *platform = ctx;
	int error;

	if (!platform->a2p.taken || cookie != platform->generation)
		return 0;
	error = give_answer(platform, message, size);
	tell_of_answer(platform);
	return error;
}
