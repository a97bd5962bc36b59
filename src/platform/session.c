/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What belongs to a channel, written as messages: the commands that bring a new channel to where
 * this one is, and the delayed responses that wait to be sent. Who reads them back handles the
 * commands as if the agent had sent them, so whatever else stands there can do no more than the
 * agent.
 */
#include "state.h"

#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>

#define LENGTH_SIZE  4u
#define PAYLOAD_MAX  SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX
#define ANSWER_SPACE 64u
/* Of CLOCK_RATE_SET: asynchronous, and with a delayed response. */
#define HOW_MASK     3u
#define HOW_DELAYED  1u

struct writer {
	uint8_t *at;
	size_t left;
};

/* What has no room is left out. */
static void put(struct writer *to, uint32_t header, const void *payload, int size)
{
	uint32_t length = SCMI_HEADER_SIZE + (uint32_t)size;

	if (size < 0 || to->left < LENGTH_SIZE + length)
		return;
	scmi_put_le32(to->at, length);
	scmi_put_le32(to->at + LENGTH_SIZE, header);
	memcpy(to->at + LENGTH_SIZE + SCMI_HEADER_SIZE, payload, (size_t)size);
	to->at += LENGTH_SIZE + length;
	to->left -= LENGTH_SIZE + length;
}

/* The version of a new channel has the message: this one was asked with it. */
static void put_versions(struct writer *to, const struct scmi_channel *channel)
{
	struct scmi_negotiate_protocol_version_request request;
	uint8_t payload[PAYLOAD_MAX];
	int size;

	for (uint32_t i = 0; i < SCMI_SERVICE_COUNT; i++) {
		const struct scmi_service *service = &channel->services[i];

		if (!service->messages || service->version == service->version_max)
			continue;
		request.version = service->version;
		size = scmi_negotiate_protocol_version_request_encode(
			payload, sizeof(payload), &request, service->version_max);
		put(to,
		    scmi_header(SCMI_SERVICE_FIRST + i, SCMI_COMMAND,
				SCMI_NEGOTIATE_PROTOCOL_VERSION, 0),
		    payload, size);
	}
}

static void put_subscriptions(struct writer *to, const struct scmi_channel *channel)
{
	static const struct scmi_base_notify_errors_request errors = {.enable = true};
	struct scmi_clock_rate_notify_request changed = {.enable = true};
	struct scmi_clock_rate_change_requested_notify_request requested = {.enable = true};
	uint32_t version = channel->services[SCMI_CLOCK_PROTOCOL - SCMI_SERVICE_FIRST].version;
	uint8_t payload[PAYLOAD_MAX];

	if (channel->error_subscription)
		put(to, scmi_header(SCMI_BASE_PROTOCOL, SCMI_COMMAND, SCMI_BASE_NOTIFY_ERRORS, 0),
		    payload,
		    scmi_base_notify_errors_request_encode(
			    payload, sizeof(payload), &errors,
			    channel->services[SCMI_BASE_PROTOCOL - SCMI_SERVICE_FIRST].version));
	for (uint32_t id = 0; id < channel->agent->clock_count; id++) {
		changed.clock_id = requested.clock_id = id;
		if (channel->clock_subscriptions[id] & SCMI_SUBSCRIBED_CHANGED)
			put(to,
			    scmi_header(SCMI_CLOCK_PROTOCOL, SCMI_COMMAND,
					SCMI_CLOCK_RATE_NOTIFY, 0),
			    payload,
			    scmi_clock_rate_notify_request_encode(payload, sizeof(payload),
								  &changed, version));
		if (channel->clock_subscriptions[id] & SCMI_SUBSCRIBED_REQUESTED)
			put(to,
			    scmi_header(SCMI_CLOCK_PROTOCOL, SCMI_COMMAND,
					SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, 0),
			    payload,
			    scmi_clock_rate_change_requested_notify_request_encode(
				    payload, sizeof(payload), &requested, version));
	}
}

/*
 * Delayed responses that are owed: the command again, which sets what it set, while it takes its
 * time; once it has ended, its message. (What it set may be otherwise by then.)
 */
static void put_owed(struct writer *to, const struct scmi_channel *channel)
{
	struct scmi_clock_rate_set_request request = {.async = true};
	const struct scmi_operation *operation;
	uint8_t payload[PAYLOAD_MAX];

	for (operation = channel->platform->timed.first; operation; operation = operation->next) {
		if (operation->channel != channel || !operation->async || operation->silent)
			continue;
		request.clock_id = operation->domain_id;
		request.rate_hz = operation->value;
		put(to, operation->header, payload,
		    scmi_clock_rate_set_request_encode(payload, sizeof(payload), &request,
						       SCMI_CLOCK_VERSION_NEWEST));
	}
	for (operation = channel->done.first; operation; operation = operation->next) {
		if (operation->async && operation != channel->going)
			put(to, scmi_get_le32(operation->message),
			    operation->message + SCMI_HEADER_SIZE,
			    (int)(operation->size - SCMI_HEADER_SIZE));
	}
}

size_t scmi_channel_session(const struct scmi_channel *channel, void *to, size_t space)
{
	struct writer writer = {(uint8_t *)to, space};

	scmi_lock(channel->platform, channel->platform->lock);
	put_versions(&writer, channel);
	put_subscriptions(&writer, channel);
	put_owed(&writer, channel);
	scmi_unlock(channel->platform, channel->platform->lock);
	return space - writer.left;
}

uint32_t scmi_channel_session_generation(const struct scmi_channel *channel)
{
	return channel->session_generation;
}

/* ---- back ------------------------------------------------------------------------------------ */

static bool is_rate_set(uint32_t header)
{
	return scmi_header_protocol_id(header) == SCMI_CLOCK_PROTOCOL &&
	       scmi_header_message_id(header) == SCMI_CLOCK_RATE_SET;
}

static bool is_of_a_session(uint32_t header, const uint8_t *payload, size_t size)
{
	uint32_t protocol_id = scmi_header_protocol_id(header);
	uint32_t message_id = scmi_header_message_id(header);

	if (message_id == SCMI_NEGOTIATE_PROTOCOL_VERSION)
		return true;
	if (protocol_id == SCMI_BASE_PROTOCOL)
		return message_id == SCMI_BASE_NOTIFY_ERRORS;
	if (is_rate_set(header))
		return size >= sizeof(uint32_t) &&
		       (scmi_get_le32(payload) & HOW_MASK) == HOW_DELAYED;
	return protocol_id == SCMI_CLOCK_PROTOCOL &&
	       (message_id == SCMI_CLOCK_RATE_NOTIFY ||
		message_id == SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY);
}

/* What was begun and cannot be done again ends, and the agent hears so. */
static void owe_error(struct scmi_channel *channel, uint32_t header)
{
	uint8_t message[SCMI_ANSWER_SIZE_MIN];

	scmi_put_le32(message, header | (uint32_t)SCMI_DELAYED_RESPONSE << 8);
	scmi_put_le32(message + SCMI_HEADER_SIZE, (uint32_t)SCMI_COMMS_ERROR);
	scmi_operation_owe(channel, message, sizeof(message));
}

static void resume(struct scmi_channel *channel, const uint8_t *message, size_t size)
{
	uint32_t header = scmi_get_le32(message);
	uint8_t answer[ANSWER_SPACE];

	switch (scmi_header_message_type(header)) {
	case SCMI_COMMAND:
		if (!is_of_a_session(header, message + SCMI_HEADER_SIZE, size - SCMI_HEADER_SIZE))
			return;
		if (scmi_channel_handle(channel, 0, message, size, answer, sizeof(answer)) &&
		    is_rate_set(header) && scmi_get_le32(answer + SCMI_HEADER_SIZE))
			owe_error(channel, header);
		return;
	case SCMI_DELAYED_RESPONSE:
		if (is_rate_set(header) && size >= SCMI_ANSWER_SIZE_MIN &&
		    size <= SCMI_P2A_SIZE_MAX)
			scmi_operation_owe(channel, message, size);
		return;
	default:
		return;
	}
}

void scmi_channel_resume(struct scmi_channel *channel, const void *from, size_t size)
{
	const uint8_t *at = (const uint8_t *)from;
	uint32_t length;

	while (size >= LENGTH_SIZE) {
		length = scmi_get_le32(at);
		at += LENGTH_SIZE;
		size -= LENGTH_SIZE;
		if (length > size || length < SCMI_HEADER_SIZE)
			break;
		resume(channel, at, length);
		at += length;
		size -= length;
	}
	scmi_operation_resumed(channel);
	scmi_platform_wake(channel->platform);
}
