/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock protocol, platform's end: one handler per message, named after it. */
#include "state.h"

#include <scmi/wire/clock.h>

/* Entries that one answer can count. */
#define RATES_MAX   4095u
#define PARENTS_MAX 255u

/* The caller's sight of a clock; NULL for an id that it has none for, hidden or absent. */
static inline struct scmi_clock_view *find_clock(const struct scmi_call *call, uint32_t clock_id)
{
	const struct scmi_served_agent *agent = call->channel->agent;

	if (clock_id >= agent->clock_count || !agent->clocks[clock_id].clock)
		return NULL;
	return &agent->clocks[clock_id];
}

static int clock_protocol_attributes(const struct scmi_call *call)
{
	const struct scmi_channel *channel = call->channel;
	struct scmi_clock_protocol_attributes_response response = {
		/* A delayed response could not reach the agent without p2a. */
		.max_pending_async = channel->config.p2a ? (uint8_t)channel->agent->async_max : 0,
		/*
		 * Ids up to the highest: agents count through them, and a gap is a clock that is
		 * not found.
		 */
		.num_clocks = (uint16_t)channel->agent->clock_count,
	};

	return scmi_clock_protocol_attributes_response_encode(call->values, call->space, &response,
							      call->service->version);
}

static int clock_attributes(const struct scmi_call *call)
{
	const uint32_t all = SCMI_ALLOW_STATE | SCMI_ALLOW_RATE | SCMI_ALLOW_PARENT;
	struct scmi_clock_attributes_request request;
	struct scmi_clock_attributes_response response;
	const struct scmi_board_clock *board;
	const struct scmi_clock_view *view;
	size_t length;
	int status;

	status = scmi_clock_attributes_request_decode(&request, call->payload, call->size,
						      call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	board = view->clock->board;
	length = strlen(board->name);
	response.rate_change_notification = call->channel->config.p2a && !board->no_rate_changed;
	response.rate_change_requested_notification = call->channel->config.p2a &&
						      !board->no_rate_requested;
	response.extended_name = length >= SCMI_SHORT_NAME_SIZE;
	response.parent_advertised = view->parent_count > 0;
	response.extended_config = board->config_count > 0;
	memset(response.name, 0, sizeof(response.name));
	memcpy(response.name, board->name,
	       length < SCMI_SHORT_NAME_SIZE ? length : SCMI_SHORT_NAME_SIZE - 1);
	response.clock_enable_delay_us = board->enable_delay_us;
	scmi_clock_lock(view->clock);
	response.enabled = view->clock->ops->enabled(view->clock);
	response.restricted = (view->allow & all) != all;
	scmi_clock_unlock(view->clock);
	return scmi_clock_attributes_response_encode(call->values, call->space, &response,
						     call->service->version);
}

/* Lowest rate, highest rate, step. */
static int describe_range(const struct scmi_call *call, const struct scmi_rate_table *table)
{
	const uint64_t entries[3] = {table->lowest_hz, table->highest_hz, table->step_hz};
	struct scmi_clock_describe_rates_response response = {.triplet = true, .num_returned = 3};
	struct scmi_clock_describe_rates_response_rates entry;
	size_t at;
	int size;

	size = scmi_clock_describe_rates_response_encode(call->values, call->space, &response,
							 call->service->version);
	if (size < 0)
		return size;
	at = (size_t)size;
	for (uint32_t n = 0; n < 3; n++) {
		entry.rate_hz = entries[n];
		if (scmi_clock_describe_rates_response_rates_append(call->values, call->space, &at,
								    &entry, call->service->version))
			return SCMI_COMMS_ERROR;
	}
	return (int)at;
}

/* As many rates from `index` on as there is room for. */
static int describe_list(const struct scmi_call *call, const struct scmi_rate_table *table,
			 uint32_t index)
{
	struct scmi_clock_describe_rates_response response = {.triplet = false};
	struct scmi_clock_describe_rates_response_rates entry;
	uint32_t version = call->service->version;
	uint32_t count = 0;
	size_t at;
	int size;

	size = scmi_clock_describe_rates_response_encode(call->values, call->space, &response,
							 version);
	if (size < 0)
		return size;
	at = (size_t)size;
	for (; index < table->count && count < RATES_MAX; index++, count++) {
		entry.rate_hz = table->list[index];
		if (scmi_clock_describe_rates_response_rates_append(call->values, call->space, &at,
								    &entry, version))
			break;
	}
	if (!count)
		return SCMI_COMMS_ERROR;
	response.num_returned = (uint16_t)count;
	response.num_remaining = (uint16_t)(table->count - index);
	scmi_clock_describe_rates_response_encode(call->values, call->space, &response, version);
	return (int)at;
}

static int clock_describe_rates(const struct scmi_call *call)
{
	struct scmi_clock_describe_rates_request request;
	const struct scmi_clock_view *view;
	struct scmi_rate_table table;
	int result;

	result = scmi_clock_describe_rates_request_decode(&request, call->payload, call->size,
							  call->service->version);
	if (result)
		return result;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	view->clock->ops->rates(view->clock, &table);
	/* A range is one thing: there is nothing behind its beginning. */
	if (request.rate_index >= (table.range ? 1 : table.count))
		result = SCMI_OUT_OF_RANGE;
	else if (table.range)
		result = describe_range(call, &table);
	else
		result = describe_list(call, &table, request.rate_index);
	scmi_clock_unlock(view->clock);
	return result;
}

static int set_rate(const struct scmi_call *call, const struct scmi_clock_view *view,
		    const struct scmi_clock_rate_set_request *request)
{
	const struct scmi_served_agent *agent = call->channel->agent;
	struct scmi_clock_resource *clock = view->clock;
	enum scmi_rounding rounding;
	struct scmi_rate_table table;
	uint64_t rate_hz;
	int status;

	if (!(view->allow & SCMI_ALLOW_RATE))
		return SCMI_DENIED;
	if (request->async && (!call->channel->config.p2a || !agent->async_max))
		return SCMI_NOT_SUPPORTED;
	rounding = request->round_auto ? SCMI_ROUNDING_NEAREST
		   : request->round_up ? SCMI_ROUNDING_UP
				       : SCMI_ROUNDING_DOWN;
	clock->ops->rates(clock, &table);
	status = scmi_rate_round(&table, request->rate_hz, rounding, &rate_hz);
	if (status)
		return status;
	if (request->async || clock->pending || clock->board->set_latency_us)
		return scmi_clock_rate_start(call, clock, request, rate_hz);
	return scmi_clock_rate_apply(clock, agent->id, rate_hz);
}

static int clock_rate_set(const struct scmi_call *call)
{
	struct scmi_clock_rate_set_request request;
	struct scmi_clock_view *view;
	int status;

	status = scmi_clock_rate_set_request_decode(&request, call->payload, call->size,
						    call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	scmi_clock_rate_requested(view->clock, call->channel->agent->id, request.rate_hz);
	status = set_rate(call, view, &request);
	scmi_clock_unlock(view->clock);
	scmi_platform_wake(call->channel->platform);
	return status;
}

static int clock_rate_get(const struct scmi_call *call)
{
	struct scmi_clock_rate_get_request request;
	struct scmi_clock_rate_get_response response;
	const struct scmi_clock_resource *clock;
	const struct scmi_clock_view *view;
	int status;

	status = scmi_clock_rate_get_request_decode(&request, call->payload, call->size,
						    call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	clock = view->clock;
	scmi_clock_lock(clock);
	response.rate_hz = clock->ops->rate_hz(clock);
	scmi_clock_unlock(clock);
	return scmi_clock_rate_get_response_encode(call->values, call->space, &response,
						   call->service->version);
}

static int set_config(const struct scmi_call *call, struct scmi_clock_view *view,
		      const struct scmi_clock_config_set_request *request)
{
	struct scmi_clock_resource *clock = view->clock;
	const struct scmi_board_clock_config *limits;
	uint32_t config = SCMI_NONE;

	if (!(view->allow & SCMI_ALLOW_STATE))
		return SCMI_DENIED;
	/* 2 is reserved; 3 leaves the state, which without a configuration asks for nothing. */
	if (request->state == 2 || (request->state == 3 && !request->extended_config_type))
		return SCMI_INVALID_PARAMETERS;
	if (request->extended_config_type) {
		config = scmi_clock_config_find(clock, request->extended_config_type);
		if (config == SCMI_NONE)
			return SCMI_INVALID_PARAMETERS;
		limits = &clock->board->configs[config];
		if (request->extended_config_value < limits->min ||
		    request->extended_config_value > limits->max)
			return SCMI_INVALID_PARAMETERS;
	}
	if (request->state != 3)
		scmi_clock_vote(view, request->state ? SCMI_VOTE_ON : SCMI_VOTE_OFF);
	if (config != SCMI_NONE)
		scmi_clock_config_apply(clock, call->channel->agent->id, config,
					request->extended_config_value);
	return 0;
}

static int clock_config_set(const struct scmi_call *call)
{
	struct scmi_clock_config_set_request request;
	struct scmi_clock_view *view;
	int status;

	status = scmi_clock_config_set_request_decode(&request, call->payload, call->size,
						      call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	status = set_config(call, view, &request);
	scmi_clock_unlock(view->clock);
	scmi_platform_wake(call->channel->platform);
	return status;
}

static int clock_name_get(const struct scmi_call *call)
{
	struct scmi_clock_name_get_request request;
	struct scmi_clock_name_get_response response;
	const struct scmi_clock_view *view;
	size_t length;
	int status;

	status = scmi_clock_name_get_request_decode(&request, call->payload, call->size,
						    call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	length = strlen(view->clock->board->name);
	if (length < SCMI_SHORT_NAME_SIZE)
		return SCMI_NOT_SUPPORTED;
	memcpy(response.name, view->clock->board->name, length + 1);
	return scmi_clock_name_get_response_encode(call->values, call->space, &response,
						   call->service->version);
}

static int subscribe(const struct scmi_call *call, uint32_t clock_id, uint8_t subscription,
		     bool enable)
{
	const struct scmi_clock_view *view = find_clock(call, clock_id);
	struct scmi_channel *channel = call->channel;
	const struct scmi_board_clock *board;

	if (!view)
		return SCMI_NOT_FOUND;
	board = view->clock->board;
	if (subscription == SCMI_SUBSCRIBED_CHANGED ? board->no_rate_changed
						    : board->no_rate_requested)
		return SCMI_NOT_SUPPORTED;
	scmi_lock(channel->platform, channel->platform->lock);
	if (enable)
		channel->clock_subscriptions[clock_id] |= subscription;
	else
		channel->clock_subscriptions[clock_id] &= (uint8_t)~subscription;
	channel->session_generation++;
	scmi_unlock(channel->platform, channel->platform->lock);
	return 0;
}

static int clock_rate_notify(const struct scmi_call *call)
{
	struct scmi_clock_rate_notify_request request;
	int status;

	status = scmi_clock_rate_notify_request_decode(&request, call->payload, call->size,
						       call->service->version);
	if (status)
		return status;
	return subscribe(call, request.clock_id, SCMI_SUBSCRIBED_CHANGED, request.enable);
}

static int clock_rate_change_requested_notify(const struct scmi_call *call)
{
	struct scmi_clock_rate_change_requested_notify_request request;
	int status;

	status = scmi_clock_rate_change_requested_notify_request_decode(
		&request, call->payload, call->size, call->service->version);
	if (status)
		return status;
	return subscribe(call, request.clock_id, SCMI_SUBSCRIBED_REQUESTED, request.enable);
}

static int clock_config_get(const struct scmi_call *call)
{
	struct scmi_clock_config_get_request request;
	struct scmi_clock_config_get_response response = {.extended_config_value = 0};
	const struct scmi_clock_view *view;
	uint32_t config = SCMI_NONE;
	int status;

	status = scmi_clock_config_get_request_decode(&request, call->payload, call->size,
						      call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	if (request.extended_config_type) {
		config = scmi_clock_config_find(view->clock, request.extended_config_type);
		if (config == SCMI_NONE)
			return SCMI_INVALID_PARAMETERS;
	}
	scmi_clock_lock(view->clock);
	response.enabled = view->clock->ops->enabled(view->clock);
	if (config != SCMI_NONE)
		response.extended_config_value = view->clock->ops->config(view->clock, config);
	scmi_clock_unlock(view->clock);
	return scmi_clock_config_get_response_encode(call->values, call->space, &response,
						     call->service->version);
}

/*
 * May the caller use the parent commands on this clock? Other reads work without permission;
 * parents may not even be looked at when a device that the clock belongs to is denied.
 */
static int check_parents(const struct scmi_clock_view *view)
{
	if (view->denied)
		return SCMI_DENIED;
	/* Where the caller sees none of the parents, the clock has none for it. */
	return view->parent_count ? SCMI_SUCCESS : SCMI_NOT_SUPPORTED;
}

static int list_parents(const struct scmi_call *call, const struct scmi_clock_view *view,
			uint32_t skip)
{
	const uint32_t *clock_ids = call->channel->agent->clock_ids;
	const struct scmi_board_clock *board = view->clock->board;
	struct scmi_clock_possible_parents_get_response response = {.num_returned = 0};
	struct scmi_clock_possible_parents_get_response_parents entry;
	uint32_t version = call->service->version;
	uint32_t seen = 0;
	uint32_t count = 0;
	size_t at;
	int size;

	size = scmi_clock_possible_parents_get_response_encode(call->values, call->space, &response,
							       version);
	if (size < 0)
		return size;
	at = (size_t)size;
	for (uint32_t n = 0; n < board->parent_count && count < PARENTS_MAX; n++) {
		entry.parent_id = clock_ids[board->parents[n]];
		if (entry.parent_id == SCMI_NONE || seen++ < skip)
			continue;
		if (scmi_clock_possible_parents_get_response_parents_append(
			    call->values, call->space, &at, &entry, version))
			break;
		count++;
	}
	if (!count)
		return SCMI_COMMS_ERROR;
	response.num_returned = (uint8_t)count;
	response.num_remaining = (uint8_t)(view->parent_count - skip - count);
	scmi_clock_possible_parents_get_response_encode(call->values, call->space, &response,
							version);
	return (int)at;
}

static int clock_possible_parents_get(const struct scmi_call *call)
{
	struct scmi_clock_possible_parents_get_request request;
	const struct scmi_clock_view *view;
	int status;

	status = scmi_clock_possible_parents_get_request_decode(&request, call->payload, call->size,
								call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	status = check_parents(view);
	scmi_clock_unlock(view->clock);
	if (status)
		return status;
	if (request.skip_parents >= view->parent_count)
		return SCMI_OUT_OF_RANGE;
	return list_parents(call, view, request.skip_parents);
}

static int set_parent(const struct scmi_call *call, const struct scmi_clock_view *view,
		      uint32_t parent_id)
{
	struct scmi_clock_resource *clock = view->clock;
	const struct scmi_clock_view *parent;

	if (!(view->allow & SCMI_ALLOW_PARENT))
		return SCMI_DENIED;
	if (!view->parent_count)
		return SCMI_NOT_SUPPORTED;
	parent = find_clock(call, parent_id);
	if (!parent)
		return SCMI_NOT_FOUND;
	for (uint32_t n = 0; n < clock->board->parent_count; n++) {
		if (clock->board->parents[n] != parent->clock->index)
			continue;
		scmi_clock_parent_apply(clock, call->channel->agent->id, n);
		return 0;
	}
	return SCMI_INVALID_PARAMETERS;
}

static int clock_parent_set(const struct scmi_call *call)
{
	struct scmi_clock_parent_set_request request;
	const struct scmi_clock_view *view;
	int status;

	status = scmi_clock_parent_set_request_decode(&request, call->payload, call->size,
						      call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	status = set_parent(call, view, request.parent_id);
	scmi_clock_unlock(view->clock);
	scmi_platform_wake(call->channel->platform);
	return status;
}

static int clock_parent_get(const struct scmi_call *call)
{
	struct scmi_clock_parent_get_request request;
	struct scmi_clock_parent_get_response response = {.parent_id = SCMI_NONE};
	const struct scmi_clock_resource *clock;
	const struct scmi_clock_view *view;
	int status;

	status = scmi_clock_parent_get_request_decode(&request, call->payload, call->size,
						      call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	clock = view->clock;
	scmi_clock_lock(clock);
	status = check_parents(view);
	if (!status)
		response.parent_id =
			call->channel->agent
				->clock_ids[clock->board->parents[clock->ops->parent(clock)]];
	scmi_clock_unlock(clock);
	if (status)
		return status;
	/* It is fed by a clock that the caller does not see: there is no id to name it by. */
	if (response.parent_id == SCMI_NONE)
		return SCMI_DENIED;
	return scmi_clock_parent_get_response_encode(call->values, call->space, &response,
						     call->service->version);
}

static int clock_get_permissions(const struct scmi_call *call)
{
	struct scmi_clock_get_permissions_request request;
	struct scmi_clock_get_permissions_response response;
	const struct scmi_clock_view *view;
	uint32_t allow;
	int status;

	status = scmi_clock_get_permissions_request_decode(&request, call->payload, call->size,
							   call->service->version);
	if (status)
		return status;
	view = find_clock(call, request.clock_id);
	if (!view)
		return SCMI_NOT_FOUND;
	scmi_clock_lock(view->clock);
	allow = view->allow;
	scmi_clock_unlock(view->clock);
	response.state = allow & SCMI_ALLOW_STATE;
	response.parent = allow & SCMI_ALLOW_PARENT;
	response.rate = allow & SCMI_ALLOW_RATE;
	return scmi_clock_get_permissions_response_encode(call->values, call->space, &response,
							  call->service->version);
}

static scmi_handler *const clock_handlers[SCMI_CLOCK_MESSAGE_COUNT] = {
	[SCMI_PROTOCOL_VERSION] = scmi_handle_protocol_version,
	[SCMI_PROTOCOL_ATTRIBUTES] = clock_protocol_attributes,
	[SCMI_PROTOCOL_MESSAGE_ATTRIBUTES] = scmi_handle_message_attributes,
	[SCMI_CLOCK_ATTRIBUTES] = clock_attributes,
	[SCMI_CLOCK_DESCRIBE_RATES] = clock_describe_rates,
	[SCMI_CLOCK_RATE_SET] = clock_rate_set,
	[SCMI_CLOCK_RATE_GET] = clock_rate_get,
	[SCMI_CLOCK_CONFIG_SET] = clock_config_set,
	[SCMI_CLOCK_NAME_GET] = clock_name_get,
	[SCMI_CLOCK_RATE_NOTIFY] = clock_rate_notify,
	[SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY] = clock_rate_change_requested_notify,
	[SCMI_CLOCK_CONFIG_GET] = clock_config_get,
	[SCMI_CLOCK_POSSIBLE_PARENTS_GET] = clock_possible_parents_get,
	[SCMI_CLOCK_PARENT_SET] = clock_parent_set,
	[SCMI_CLOCK_PARENT_GET] = clock_parent_get,
	[SCMI_CLOCK_GET_PERMISSIONS] = clock_get_permissions,
	[SCMI_NEGOTIATE_PROTOCOL_VERSION] = scmi_handle_negotiate_version,
};

static bool clock_offers(const struct scmi_board *board, bool p2a, uint32_t message_id)
{
	(void)board;
	return p2a || (message_id != SCMI_CLOCK_RATE_NOTIFY &&
		       message_id != SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY);
}

static const uint32_t clock_versions[] = SCMI_CLOCK_VERSION_LIST;

const struct scmi_protocol scmi_platform_clock = {
	.id = SCMI_CLOCK_PROTOCOL,
	.version_count = sizeof(clock_versions) / sizeof(clock_versions[0]),
	.message_count = SCMI_CLOCK_MESSAGE_COUNT,
	.versions = clock_versions,
	.request_size = scmi_clock_request_size,
	.handlers = clock_handlers,
	.offers = clock_offers,
};
