/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the platform sends by itself. Messages are queued where they arise, whatever locks are held,
 * and go out from scmi_platform_tick() or scmi_channel_ready(), after the answer of the command
 * that caused them.
 */
#include "state.h"

#include <scmi/wire/base.h>

void scmi_notify_pending(struct scmi_channel *channel)
{
	if (scmi_operation_next(channel) || (!channel->blocked && channel->backlog_count))
		channel->platform->undelivered = true;
}

static struct scmi_notification *backlog_slot(struct scmi_channel *channel, uint32_t index)
{
	return &channel->backlog[(channel->backlog_first + index) % SCMI_BACKLOG_MAX];
}

static void backlog_drop_oldest(struct scmi_channel *channel)
{
	channel->backlog_first = (channel->backlog_first + 1) % SCMI_BACKLOG_MAX;
	channel->backlog_count--;
}

void scmi_notify(struct scmi_channel *channel, uint32_t protocol_id, uint32_t message_id,
		 const void *payload, size_t size)
{
	struct scmi_notification *slot;

	if (channel->backlog_count == SCMI_BACKLOG_MAX) {
		backlog_drop_oldest(channel);
		channel->counters.lost++;
	}
	slot = backlog_slot(channel, channel->backlog_count++);
	slot->size = (uint8_t)(SCMI_HEADER_SIZE + size);
	scmi_put_le32(slot->message, scmi_header(protocol_id, SCMI_NOTIFICATION, message_id, 0));
	memcpy(slot->message + SCMI_HEADER_SIZE, payload, size);
	scmi_notify_pending(channel);
}

/*
 * Send a late answer or delayed response; it stays in the list until it was taken. Entered and left
 * with the platform's lock held.
 */
static void send_done(struct scmi_channel *channel, struct scmi_operation *operation)
{
	struct scmi_platform *platform = channel->platform;
	const struct scmi_channel_ops *ops = channel->config.ops;
	int error;

	channel->going = operation;
	channel->session_generation++;
	scmi_unlock(platform, platform->lock);
	if (operation->async)
		error = ops->send(channel->config.ctx, operation->message, operation->size);
	else
		error = ops->answer(channel->config.ctx, operation->cookie, operation->message,
				    operation->size);
	if (!error && channel->trace)
		channel->trace(channel->config.ctx, false, operation->message, operation->size);
	scmi_lock(platform, platform->lock);

	channel->going = NULL;
	channel->session_generation++;
	if (error == -EAGAIN && operation->async) {
		channel->blocked = true;
		return;
	}
	if (error == -EAGAIN) {
		channel->answers_blocked = true;
		return;
	}
	/*
	 * No room for the values: it goes out, next, as a status that says so. It may not be lost.
	 */
	if (error == -EMSGSIZE && operation->size > SCMI_ANSWER_SIZE_MIN) {
		scmi_put_le32(operation->message + SCMI_HEADER_SIZE, (uint32_t)SCMI_COMMS_ERROR);
		operation->size = SCMI_ANSWER_SIZE_MIN;
		return;
	}
	if (operation->async && !error)
		channel->counters.delayed++;
	scmi_operation_went(channel, operation);
}

/*
 * Likewise the oldest notification. It leaves the backlog first, which others may fill up
 * meanwhile.
 */
static void send_notification(struct scmi_channel *channel)
{
	struct scmi_platform *platform = channel->platform;
	struct scmi_notification notification = *backlog_slot(channel, 0);
	int error;

	backlog_drop_oldest(channel);
	scmi_unlock(platform, platform->lock);
	error = channel->config.ops->send(channel->config.ctx, notification.message,
					  notification.size);
	if (!error && channel->trace)
		channel->trace(channel->config.ctx, false, notification.message, notification.size);
	scmi_lock(platform, platform->lock);

	if (!error) {
		channel->counters.notifications++;
		return;
	}
	if (error == -EAGAIN) {
		channel->blocked = true;
		if (channel->backlog_count < SCMI_BACKLOG_MAX) {
			channel->backlog_first =
				(channel->backlog_first + SCMI_BACKLOG_MAX - 1) % SCMI_BACKLOG_MAX;
			channel->backlog_count++;
			*backlog_slot(channel, 0) = notification;
			return;
		}
	}
	channel->counters.lost++;
}

void scmi_notify_flush(struct scmi_channel *channel)
{
	struct scmi_platform *platform = channel->platform;
	struct scmi_operation *operation;

	scmi_lock(platform, platform->lock);
	if (!channel->sending) {
		channel->sending = true;
		for (;;) {
			operation = scmi_operation_next(channel);
			if (operation)
				send_done(channel, operation);
			else if (!channel->blocked && channel->backlog_count)
				send_notification(channel);
			else
				break;
		}
		channel->sending = false;
	}
	scmi_unlock(platform, platform->lock);
}

void scmi_notify_unsubscribe(struct scmi_channel *channel)
{
	channel->session_generation++;
	channel->error_subscription = false;
	memset(channel->clock_subscriptions, 0, channel->agent->clock_count);
}

void scmi_platform_report_error(struct scmi_platform *platform, uint32_t agent_id, bool fatal,
				uint32_t header, int32_t status)
{
	struct scmi_base_error_event_message_reports report = {
		.header = header,
		.status = status,
	};
	struct scmi_base_error_event event = {.fatal = fatal, .command_count = 1};
	struct scmi_channel *channel;
	uint8_t payload[SCMI_P2A_PAYLOAD_MAX];
	bool queued = false;
	size_t at;

	scmi_lock(platform, platform->lock);
	for (channel = platform->channels; channel; channel = channel->next) {
		uint32_t version =
			channel->services[SCMI_BASE_PROTOCOL - SCMI_SERVICE_FIRST].version;

		if (!channel->error_subscription ||
		    (channel->agent->id != agent_id && !channel->agent->board->trusted))
			continue;
		event.agent_id = scmi_view_agent_id(channel->agent, agent_id);
		at = (size_t)scmi_base_error_event_encode(payload, sizeof(payload), &event,
							  version);
		scmi_base_error_event_message_reports_append(payload, sizeof(payload), &at, &report,
							     version);
		scmi_notify(channel, SCMI_BASE_PROTOCOL, SCMI_BASE_ERROR_EVENT, payload, at);
		queued = true;
	}
	scmi_unlock(platform, platform->lock);
	if (queued)
		scmi_platform_wake(platform);
}
