/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What agents asked of clocks, combined.
 *
 * On and off: each agent has a vote. While one says on, the clock runs; else, while one says off,
 * it stands; without votes it does what the board says at its start; always_on wins. Rate, parent
 * and configurations: the last accepted set holds, and the clock remembers whose it was.
 */
#include "state.h"

#include <scmi/wire/clock.h>

/* Tell the subscribers that see the clock, but for the agent whose doing it is. */
static void tell(struct scmi_clock_resource *clock, uint32_t originator, uint8_t subscription,
		 uint32_t message_id, uint64_t rate_hz)
{
	struct scmi_platform *platform = clock->platform;
	struct scmi_channel *channel;
	uint8_t payload[SCMI_P2A_PAYLOAD_MAX];
	/* Both notifications have this layout. */
	struct scmi_clock_rate_changed event = {.rate_hz = rate_hz};

	scmi_lock(platform, platform->lock);
	for (channel = platform->channels; channel; channel = channel->next) {
		uint32_t version =
			channel->services[SCMI_CLOCK_PROTOCOL - SCMI_SERVICE_FIRST].version;
		uint32_t id = channel->agent->clock_ids[clock->index];
		int size;

		if (id == SCMI_NONE || channel->agent->id == originator ||
		    !(channel->clock_subscriptions[id] & subscription) ||
		    version < SCMI_CLOCK_VERSION_2_0)
			continue;
		event.agent_id = scmi_view_agent_id(channel->agent, originator);
		event.clock_id = id;
		size = scmi_clock_rate_changed_encode(payload, sizeof(payload), &event, version);
		scmi_notify(channel, SCMI_CLOCK_PROTOCOL, message_id, payload, (size_t)size);
	}
	scmi_unlock(platform, platform->lock);
}

void scmi_clock_rate_changed(struct scmi_clock_resource *clock, uint32_t originator)
{
	tell(clock, originator, SCMI_SUBSCRIBED_CHANGED, SCMI_CLOCK_RATE_CHANGED,
	     clock->ops->rate_hz(clock));
}

void scmi_clock_rate_requested(struct scmi_clock_resource *clock, uint32_t originator,
			       uint64_t rate_hz)
{
	tell(clock, originator, SCMI_SUBSCRIBED_REQUESTED, SCMI_CLOCK_RATE_CHANGE_REQUESTED,
	     rate_hz);
}

/* ---- setting --------------------------------------------------------------------------------- */

void scmi_clock_vote(struct scmi_clock_view *view, enum scmi_vote vote)
{
	struct scmi_clock_resource *clock = view->clock;
	const struct scmi_board_clock *board = clock->board;
	bool on;

	if (view->vote == vote)
		return;
	clock->votes_on -= view->vote == SCMI_VOTE_ON;
	clock->votes_off -= view->vote == SCMI_VOTE_OFF;
	view->vote = (uint8_t)vote;
	clock->votes_on += vote == SCMI_VOTE_ON;
	clock->votes_off += vote == SCMI_VOTE_OFF;
	on = board->always_on || clock->votes_on || (board->enabled && !clock->votes_off);
	if (on != clock->ops->enabled(clock))
		clock->ops->enable(clock, on);
	scmi_platform_changed(clock->platform);
}

int scmi_clock_rate_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint64_t rate_hz)
{
	bool same = clock->rate_owner == agent_id && clock->ops->rate_hz(clock) == rate_hz;
	int status;

	if (clock->board->fault)
		return clock->board->fault;
	status = clock->ops->rate_set(clock, rate_hz, agent_id);
	if (status || same)
		return status;
	clock->rate_owner = agent_id;
	scmi_platform_changed(clock->platform);
	return SCMI_SUCCESS;
}

void scmi_clock_parent_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint32_t parent)
{
	if (clock->parent_owner == agent_id && clock->ops->parent(clock) == parent)
		return;
	clock->ops->parent_set(clock, parent, agent_id);
	clock->parent_owner = agent_id;
	scmi_platform_changed(clock->platform);
}

void scmi_clock_config_apply(struct scmi_clock_resource *clock, uint32_t agent_id, uint32_t config,
			     uint32_t value)
{
	if (clock->config_owners[config] == agent_id && clock->ops->config(clock, config) == value)
		return;
	clock->ops->config_set(clock, config, value);
	clock->config_owners[config] = agent_id;
	scmi_platform_changed(clock->platform);
}

uint32_t scmi_clock_config_find(const struct scmi_clock_resource *clock, uint32_t type)
{
	for (uint32_t n = 0; n < clock->board->config_count; n++) {
		if (clock->board->configs[n].type == type)
			return n;
	}
	return SCMI_NONE;
}

/* ---- changes of rate that take their time ---------------------------------------------------- */

static int finish_rate_set(struct scmi_operation *operation, uint8_t *values, size_t space)
{
	struct scmi_clock_resource *clock = (struct scmi_clock_resource *)operation->resource;
	struct scmi_clock_rate_set_complete complete;
	int status;

	clock->pending--;
	status = scmi_clock_rate_apply(clock, operation->agent->id, operation->value);
	if (status || !operation->async)
		return status;
	complete.clock_id = operation->domain_id;
	complete.rate_hz = clock->ops->rate_hz(clock);
	/* The same layout in every version. */
	return scmi_clock_rate_set_complete_encode(values, space, &complete,
						   SCMI_CLOCK_VERSION_NEWEST);
}

static void abort_rate_set(struct scmi_operation *operation)
{
	((struct scmi_clock_resource *)operation->resource)->pending--;
}

int scmi_clock_rate_start(const struct scmi_call *call, struct scmi_clock_resource *clock,
			  const struct scmi_clock_rate_set_request *request, uint64_t rate_hz)
{
	const struct scmi_platform_host *host = &call->channel->platform->host;
	uint64_t start_ns = host->now_ns(host->ctx);
	struct scmi_operation *operation;

	operation = scmi_operation_get(call->channel->agent, request->async);
	if (!operation)
		return SCMI_BUSY;
	if (clock->pending && clock->busy_until_ns > start_ns)
		start_ns = clock->busy_until_ns;
	clock->busy_until_ns = start_ns + clock->board->set_latency_us * 1000;
	clock->pending++;
	operation->channel = call->channel;
	operation->finish = finish_rate_set;
	operation->abort = abort_rate_set;
	operation->lock = clock->lock;
	operation->resource = clock;
	operation->value = rate_hz;
	operation->deadline_ns = clock->busy_until_ns;
	operation->cookie = call->cookie;
	operation->domain_id = request->clock_id;
	operation->header = call->header;
	operation->silent = request->ignore_delayed_response && request->async;
	scmi_operation_start(operation);
	return request->async ? 0 : SCMI_ANSWER_LATER;
}

/* ---- withdrawing ----------------------------------------------------------------------------- */

/* A clock whose rate somebody can set: only there is a rate that a set made and that goes back. */
static bool has_own_rates(const struct scmi_clock_resource *clock)
{
	return clock->board->rate_count > 0 || clock->board->step_hz > 0;
}

static void withdraw(struct scmi_served_agent *agent, struct scmi_clock_view *view,
		     uint32_t originator)
{
	struct scmi_clock_resource *clock = view->clock;

	scmi_operation_abort(agent, clock);
	scmi_clock_vote(view, SCMI_VOTE_NONE);
	if (clock->parent_owner == agent->id) {
		clock->ops->parent_set(clock, clock->board->start_parent, originator);
		clock->parent_owner = 0;
		scmi_platform_changed(clock->platform);
	}
	if (clock->rate_owner == agent->id) {
		if (has_own_rates(clock))
			clock->ops->rate_set(clock, clock->board->start_hz, originator);
		clock->rate_owner = 0;
		scmi_platform_changed(clock->platform);
	}
	for (uint32_t n = 0; n < clock->board->config_count; n++) {
		if (clock->config_owners[n] != agent->id)
			continue;
		clock->ops->config_set(clock, n, clock->board->configs[n].value);
		clock->config_owners[n] = 0;
		scmi_platform_changed(clock->platform);
	}
}

void scmi_clock_release(struct scmi_served_agent *agent, uint32_t originator)
{
	for (uint32_t id = 0; id < agent->clock_count; id++) {
		struct scmi_clock_view *view = &agent->clocks[id];

		if (!view->clock)
			continue;
		scmi_clock_lock(view->clock);
		withdraw(agent, view, originator);
		scmi_clock_unlock(view->clock);
	}
}

/* ---- across a restart ------------------------------------------------------------------------ */

/* The n-th request that an agent has of a clock; false past the last. Strings are the board's. */
static bool request_of(const struct scmi_served_agent *agent, const struct scmi_clock_view *view,
		       uint32_t n, struct scmi_request *request)
{
	const struct scmi_clock_resource *clock = view->clock;

	request->agent = agent->board->name;
	request->protocol_id = SCMI_CLOCK_PROTOCOL;
	request->domain = clock->board->name;
	request->key = 0;
	if (clock->parent_owner == agent->id && n-- == 0) {
		request->what = "parent";
		request->value = clock->ops->parent(clock);
		return true;
	}
	if (clock->rate_owner == agent->id && has_own_rates(clock) && n-- == 0) {
		request->what = "rate";
		request->value = clock->ops->rate_hz(clock);
		return true;
	}
	for (uint32_t config = 0; config < clock->board->config_count; config++) {
		if (clock->config_owners[config] == agent->id && n-- == 0) {
			request->what = "config";
			request->key = clock->board->configs[config].type;
			request->value = clock->ops->config(clock, config);
			return true;
		}
	}
	if (view->vote != SCMI_VOTE_NONE && n == 0) {
		request->what = "enable";
		request->value = view->vote == SCMI_VOTE_ON;
		return true;
	}
	return false;
}

void scmi_clock_requests(struct scmi_served_agent *agent,
			 void (*each)(void *ctx, const struct scmi_request *request), void *ctx)
{
	for (uint32_t id = 0; id < agent->clock_count; id++) {
		struct scmi_clock_view *view = &agent->clocks[id];
		struct scmi_request request;
		bool more = view->clock != NULL;

		for (uint32_t n = 0; more; n++) {
			scmi_clock_lock(view->clock);
			more = request_of(agent, view, n, &request);
			scmi_clock_unlock(view->clock);
			if (more)
				each(ctx, &request);
		}
	}
}

static int restore(struct scmi_served_agent *agent, struct scmi_clock_view *view,
		   const struct scmi_request *request)
{
	struct scmi_clock_resource *clock = view->clock;
	const struct scmi_board_clock *board = clock->board;
	struct scmi_rate_table rates;
	uint64_t rate_hz;
	uint32_t config;

	if (scmi_same_text(request->what, "enable")) {
		if (request->value > 1 || !(view->board_allow & SCMI_ALLOW_STATE))
			return -EINVAL;
		scmi_clock_vote(view, request->value ? SCMI_VOTE_ON : SCMI_VOTE_OFF);
		return 0;
	}
	if (scmi_same_text(request->what, "rate")) {
		clock->ops->rates(clock, &rates);
		if (!(view->board_allow & SCMI_ALLOW_RATE) || !has_own_rates(clock) ||
		    scmi_rate_round(&rates, request->value, SCMI_ROUNDING_DOWN, &rate_hz) ||
		    rate_hz != request->value)
			return -EINVAL;
		return scmi_clock_rate_apply(clock, agent->id, rate_hz) ? -EINVAL : 0;
	}
	if (scmi_same_text(request->what, "parent")) {
		if (!(view->board_allow & SCMI_ALLOW_PARENT) ||
		    request->value >= board->parent_count)
			return -EINVAL;
		scmi_clock_parent_apply(clock, agent->id, (uint32_t)request->value);
		return 0;
	}
	if (scmi_same_text(request->what, "config")) {
		config = scmi_clock_config_find(clock, request->key);
		if (!(view->board_allow & SCMI_ALLOW_STATE) || config == SCMI_NONE ||
		    request->value < board->configs[config].min ||
		    request->value > board->configs[config].max)
			return -EINVAL;
		scmi_clock_config_apply(clock, agent->id, config, (uint32_t)request->value);
		return 0;
	}
	return -EINVAL;
}

int scmi_clock_restore(struct scmi_served_agent *agent, const struct scmi_request *request)
{
	for (uint32_t id = 0; id < agent->clock_count; id++) {
		struct scmi_clock_view *view = &agent->clocks[id];
		int error;

		if (!view->clock || !scmi_same_text(view->clock->board->name, request->domain))
			continue;
		scmi_clock_lock(view->clock);
		error = restore(agent, view, request);
		scmi_clock_unlock(view->clock);
		return error;
	}
	return -ENOENT;
}
