/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A channel: one connection of one agent, and the path of every command. */
#include "state.h"

/*
 * Why a command that did not get to a handler is refused. The checks are those of
 * scmi_channel_handle(), in the order that decides which status is given.
 */
static int refusal(const struct scmi_channel *channel, uint32_t header)
{
	uint32_t index = scmi_header_protocol_id(header) - SCMI_SERVICE_FIRST;
	uint32_t message_id = scmi_header_message_id(header);
	const struct scmi_service *service;

	if (scmi_header_message_type(header) != SCMI_COMMAND)
		return SCMI_PROTOCOL_ERROR;
	if (index >= SCMI_SERVICE_COUNT || !channel->services[index].messages)
		return SCMI_NOT_SUPPORTED;
	service = &channel->services[index];
	if (message_id >= service->message_count ||
	    service->messages[message_id].request_size == SCMI_NONE)
		return SCMI_NOT_FOUND;
	return SCMI_PROTOCOL_ERROR;
}

/* The answer to a command that failed, or none yet. */
static size_t refuse(struct scmi_channel *channel, uint32_t header, int status, uint8_t *answer)
{
	if (status == SCMI_ANSWER_LATER)
		return 0;
	channel->counters.refused++;
	scmi_put_le32(answer, header);
	scmi_put_le32(answer + SCMI_HEADER_SIZE, (uint32_t)status);
	if (status == SCMI_HARDWARE_ERROR || status == SCMI_GENERIC_ERROR)
		scmi_platform_report_error(channel->platform, channel->agent->id, false, header,
					   status);
	return SCMI_ANSWER_SIZE_MIN;
}

static inline size_t handle(struct scmi_channel *channel, uint64_t cookie, const void *message,
			    size_t size, uint8_t *answer, size_t space)
{
	const struct scmi_message *entry;
	struct scmi_service *service;
	struct scmi_call call;
	uint32_t header, index, message_id;
	int result;

	if (size < SCMI_HEADER_SIZE || space < SCMI_ANSWER_SIZE_MIN) {
		channel->counters.dropped++;
		return 0;
	}
	channel->counters.commands++;
	header = scmi_get_le32(message);
	index = scmi_header_protocol_id(header) - SCMI_SERVICE_FIRST;
	message_id = scmi_header_message_id(header);
	if (scmi_header_message_type(header) != SCMI_COMMAND || index >= SCMI_SERVICE_COUNT)
		return refuse(channel, header, refusal(channel, header), answer);
	service = &channel->services[index];
	/* A protocol that is not served has no messages. */
	if (message_id >= service->message_count)
		return refuse(channel, header, refusal(channel, header), answer);
	entry = &service->messages[message_id];
	if (entry->request_size != size - SCMI_HEADER_SIZE)
		return refuse(channel, header, refusal(channel, header), answer);

	call.channel = channel;
	call.service = service;
	call.payload = (const uint8_t *)message + SCMI_HEADER_SIZE;
	call.size = size - SCMI_HEADER_SIZE;
	call.values = answer + SCMI_ANSWER_SIZE_MIN;
	call.space = space - SCMI_ANSWER_SIZE_MIN;
	call.cookie = cookie;
	call.header = header;
	result = entry->handle(&call);
	if (result < 0)
		return refuse(channel, header, result, answer);

	scmi_put_le32(answer, header);
	scmi_put_le32(answer + SCMI_HEADER_SIZE, SCMI_SUCCESS);
	return SCMI_ANSWER_SIZE_MIN + (size_t)result;
}

/* Kept apart, so that a channel without a trace pays for one look at the pointer only. */
static __attribute__((__noinline__)) size_t handle_traced(struct scmi_channel *channel,
							  uint64_t cookie, const void *message,
							  size_t size, uint8_t *answer,
							  size_t space)
{
	channel->trace(channel->config.ctx, true, message, size);
	size = handle(channel, cookie, message, size, answer, space);
	if (size)
		channel->trace(channel->config.ctx, false, answer, size);
	return size;
}

size_t scmi_channel_handle(struct scmi_channel *channel, uint64_t cookie, const void *message,
			   size_t size, void *answer, size_t space)
{
	if (channel->trace)
		return handle_traced(channel, cookie, message, size, (uint8_t *)answer, space);
	return handle(channel, cookie, message, size, (uint8_t *)answer, space);
}

bool scmi_service_speak(struct scmi_channel *channel, struct scmi_service *service,
			uint32_t version)
{
	const struct scmi_protocol *protocol = service->protocol;
	const struct scmi_message *tables =
		channel->platform->tables[protocol->id - SCMI_SERVICE_FIRST];
	const struct scmi_message *messages;

	messages = scmi_protocol_table(protocol, tables, version, channel->config.p2a);
	if (!messages)
		return false;
	service->messages = messages;
	service->message_count = protocol->message_count;
	service->version = version;
	channel->session_generation++;
	return true;
}

/* As for an agent that has not said anything yet. */
static void start_services(struct scmi_channel *channel)
{
	const uint32_t *version_max = channel->agent->version_max;

	for (uint32_t index = 0; index < SCMI_SERVICE_COUNT; index++) {
		struct scmi_service *service = &channel->services[index];

		if (!version_max[index])
			continue;
		service->protocol = scmi_protocol_lookup(SCMI_SERVICE_FIRST + index);
		service->version_max = version_max[index];
		scmi_service_speak(channel, service, version_max[index]);
	}
}

int scmi_channel_new(struct scmi_channel **channel, struct scmi_platform *platform,
		     const struct scmi_channel_config *config)
{
	struct scmi_channel *made;

	if (config->agent_id < 1 || config->agent_id > platform->board->agent_count)
		return -EINVAL;
	made = (struct scmi_channel *)scmi_platform_alloc(platform, 1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->platform = platform;
	made->agent = &platform->agents[config->agent_id - 1];
	made->config = *config;
	made->trace = config->ops->trace;
	made->clock_subscriptions =
		(uint8_t *)scmi_platform_alloc(platform, made->agent->clock_count, sizeof(uint8_t));
	if (!made->clock_subscriptions) {
		scmi_platform_release(platform, made);
		return -ENOMEM;
	}
	start_services(made);

	scmi_lock(platform, platform->lock);
	made->agent->channel_count++;
	made->next = platform->channels;
	platform->channels = made;
	scmi_unlock(platform, platform->lock);
	*channel = made;
	return 0;
}

void scmi_channel_free(struct scmi_channel *channel)
{
	struct scmi_platform *platform;
	struct scmi_served_agent *agent;
	struct scmi_channel **link;
	bool last;

	if (!channel)
		return;
	platform = channel->platform;
	agent = channel->agent;
	scmi_operation_orphan(channel);
	scmi_lock(platform, platform->lock);
	for (link = &platform->channels; *link != channel; link = &(*link)->next)
		;
	*link = channel->next;
	last = --agent->channel_count == 0;
	scmi_unlock(platform, platform->lock);
	scmi_platform_release(platform, channel->clock_subscriptions);
	scmi_platform_release(platform, channel);
	if (last && agent->board->release_on_disconnect)
		scmi_platform_release_agent(agent, agent->id);
}

void scmi_channel_reset(struct scmi_channel *channel)
{
	struct scmi_platform *platform = channel->platform;

	scmi_operation_orphan(channel);
	scmi_lock(platform, platform->lock);
	scmi_notify_unsubscribe(channel);
	channel->backlog_count = 0;
	channel->blocked = false;
	channel->answers_blocked = false;
	start_services(channel);
	scmi_unlock(platform, platform->lock);
	scmi_platform_release_agent(channel->agent, channel->agent->id);
}

void scmi_channel_ready(struct scmi_channel *channel)
{
	scmi_lock(channel->platform, channel->platform->lock);
	channel->blocked = false;
	channel->answers_blocked = false;
	scmi_unlock(channel->platform, channel->platform->lock);
	scmi_notify_flush(channel);
}

void scmi_channel_counters(const struct scmi_channel *channel,
			   struct scmi_channel_counters *counters)
{
	scmi_lock(channel->platform, channel->platform->lock);
	*counters = channel->counters;
	scmi_unlock(channel->platform, channel->platform->lock);
}

uint32_t scmi_channel_version(const struct scmi_channel *channel, uint8_t protocol_id)
{
	uint32_t index = (uint32_t)protocol_id - SCMI_SERVICE_FIRST;

	return index < SCMI_SERVICE_COUNT ? channel->services[index].version : 0;
}
