/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operations: asynchronous commands, and synchronous ones on slow resources.
 *
 * Each comes from its agent's fixed store, waits in the platform's list until its deadline, is
 * finished under its resource's lock, and then holds its message in the channel's list until the
 * host takes it: so a delayed response needs no room that could be missing, and its place in the
 * store is free only after it went.
 */
#include "state.h"

static void append(struct scmi_operation_list *list, struct scmi_operation *operation)
{
	operation->next = NULL;
	if (list->last)
		list->last->next = operation;
	else
		list->first = operation;
	list->last = operation;
}

/* Take out the one behind `previous`, or the first. */
static struct scmi_operation *take(struct scmi_operation_list *list,
				   struct scmi_operation *previous)
{
	struct scmi_operation *operation = previous ? previous->next : list->first;

	if (previous)
		previous->next = operation->next;
	else
		list->first = operation->next;
	if (list->last == operation)
		list->last = previous;
	return operation;
}

struct scmi_operation *scmi_operation_get(struct scmi_served_agent *agent, bool async)
{
	struct scmi_platform *platform = agent->platform;
	uint32_t *count = async ? &agent->async_count : &agent->late_count;
	struct scmi_operation *operation = NULL;

	scmi_lock(platform, platform->lock);
	if (*count < (async ? agent->async_max : SCMI_LATE_ANSWERS_MAX)) {
		(*count)++;
		operation = agent->free_operations;
		agent->free_operations = operation->next;
		operation->agent = agent;
		operation->async = async;
		operation->resumed = false;
	}
	scmi_unlock(platform, platform->lock);
	return operation;
}

void scmi_operation_put(struct scmi_operation *operation)
{
	struct scmi_served_agent *agent = operation->agent;

	if (operation->async)
		agent->async_count--;
	else
		agent->late_count--;
	operation->next = agent->free_operations;
	agent->free_operations = operation;
}

struct scmi_operation *scmi_operation_next(const struct scmi_channel *channel)
{
	struct scmi_operation *operation;

	for (operation = channel->done.first; operation; operation = operation->next) {
		if (operation->async ? !channel->blocked : !channel->answers_blocked)
			break;
	}
	return operation;
}

void scmi_operation_went(struct scmi_channel *channel, struct scmi_operation *operation)
{
	struct scmi_operation *previous = NULL;
	struct scmi_operation *at;

	for (at = channel->done.first; at && at != operation; at = at->next)
		previous = at;
	/* The channel may have been reset while it went: then it is not there any more. */
	if (at)
		scmi_operation_put(take(&channel->done, previous));
}

/* The same command has come again: it is answered once. With the platform's lock held. */
static void forget_resumed(struct scmi_channel *channel, uint32_t header)
{
	struct scmi_operation *operation, *next, *previous = NULL;

	for (operation = channel->platform->timed.first; operation; operation = operation->next) {
		if (operation->channel == channel && operation->resumed &&
		    operation->header == header)
			operation->silent = true;
	}
	for (operation = channel->done.first; operation; operation = next) {
		next = operation->next;
		if (operation->resumed && operation->header == header &&
		    operation != channel->going)
			scmi_operation_put(take(&channel->done, previous));
		else
			previous = operation;
	}
}

void scmi_operation_owe(struct scmi_channel *channel, const uint8_t *message, size_t size)
{
	struct scmi_platform *platform = channel->platform;
	struct scmi_operation *operation = NULL;

	if (channel->config.p2a)
		operation = scmi_operation_get(channel->agent, true);
	if (!operation)
		return;
	scmi_lock(platform, platform->lock);
	operation->channel = channel;
	operation->silent = false;
	operation->resumed = true;
	operation->header = scmi_get_le32(message) & ~((uint32_t)SCMI_DELAYED_RESPONSE << 8);
	operation->size = (uint8_t)size;
	memcpy(operation->message, message, size);
	append(&channel->done, operation);
	channel->session_generation++;
	scmi_notify_pending(channel);
	scmi_unlock(platform, platform->lock);
}

void scmi_operation_resumed(struct scmi_channel *channel)
{
	struct scmi_platform *platform = channel->platform;
	struct scmi_operation *operation;

	scmi_lock(platform, platform->lock);
	for (operation = platform->timed.first; operation; operation = operation->next) {
		if (operation->channel == channel)
			operation->resumed = true;
	}
	scmi_unlock(platform, platform->lock);
}

void scmi_operation_start(struct scmi_operation *operation)
{
	struct scmi_platform *platform = operation->agent->platform;
	struct scmi_operation_list *timed = &platform->timed;
	struct scmi_operation **link;

	scmi_lock(platform, platform->lock);
	if (operation->async) {
		forget_resumed(operation->channel, operation->header);
		operation->channel->session_generation++;
	}
	if (!timed->last || timed->last->deadline_ns <= operation->deadline_ns) {
		append(timed, operation);
	} else {
		/* Behind those with the same deadline: sets on one clock keep their order. */
		for (link = &timed->first; (*link)->deadline_ns <= operation->deadline_ns;)
			link = &(*link)->next;
		operation->next = *link;
		*link = operation;
	}
	scmi_unlock(platform, platform->lock);
}

/* It has ended with this result: let its message go out. With the platform's lock held. */
static void complete(struct scmi_operation *operation, int result)
{
	uint32_t header = operation->header;
	uint32_t size = SCMI_ANSWER_SIZE_MIN;

	if (!operation->channel || operation->silent) {
		scmi_operation_put(operation);
		return;
	}
	if (operation->async)
		header |= (uint32_t)SCMI_DELAYED_RESPONSE << 8;
	if (result > 0) {
		size += (uint32_t)result;
		result = SCMI_SUCCESS;
	}
	scmi_put_le32(operation->message, header);
	scmi_put_le32(operation->message + SCMI_HEADER_SIZE, (uint32_t)result);
	operation->size = (uint8_t)size;
	append(&operation->channel->done, operation);
	operation->channel->session_generation++;
	scmi_notify_pending(operation->channel);
}

void scmi_operation_tick(struct scmi_platform *platform, uint64_t now_ns)
{
	struct scmi_operation *operation;
	uint32_t agent_id, header;
	void *lock;
	int result;

	for (;;) {
		/* The resource's lock comes before the platform's: look, lock, and look again. */
		scmi_lock(platform, platform->lock);
		operation = platform->timed.first;
		if (!operation || operation->deadline_ns > now_ns) {
			scmi_unlock(platform, platform->lock);
			return;
		}
		lock = operation->lock;
		scmi_unlock(platform, platform->lock);

		scmi_lock(platform, lock);
		scmi_lock(platform, platform->lock);
		operation = platform->timed.first;
		if (!operation || operation->deadline_ns > now_ns || operation->lock != lock) {
			scmi_unlock(platform, platform->lock);
			scmi_unlock(platform, lock);
			continue;
		}
		take(&platform->timed, NULL);
		scmi_unlock(platform, platform->lock);

		agent_id = operation->agent->id;
		header = operation->header;
		result = operation->finish(operation, operation->message + SCMI_ANSWER_SIZE_MIN,
					   SCMI_P2A_SIZE_MAX - SCMI_ANSWER_SIZE_MIN);
		scmi_lock(platform, platform->lock);
		complete(operation, result);
		scmi_unlock(platform, platform->lock);
		scmi_unlock(platform, lock);
		if (result == SCMI_HARDWARE_ERROR || result == SCMI_GENERIC_ERROR)
			scmi_platform_report_error(platform, agent_id, false, header, result);
	}
}

void scmi_operation_abort(struct scmi_served_agent *agent, void *resource)
{
	struct scmi_platform *platform = agent->platform;
	struct scmi_operation *previous = NULL;
	struct scmi_operation *operation, *next;

	scmi_lock(platform, platform->lock);
	for (operation = platform->timed.first; operation; operation = next) {
		next = operation->next;
		if (operation->agent != agent || operation->resource != resource) {
			previous = operation;
			continue;
		}
		take(&platform->timed, previous);
		operation->abort(operation);
		complete(operation, SCMI_GENERIC_ERROR);
	}
	scmi_unlock(platform, platform->lock);
}

void scmi_operation_orphan(struct scmi_channel *channel)
{
	struct scmi_platform *platform = channel->platform;
	struct scmi_operation *operation;

	scmi_lock(platform, platform->lock);
	for (operation = platform->timed.first; operation; operation = operation->next) {
		if (operation->channel == channel)
			operation->channel = NULL;
	}
	while (channel->done.first)
		scmi_operation_put(take(&channel->done, NULL));
	scmi_unlock(platform, platform->lock);
}
