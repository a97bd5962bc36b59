/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Set-up, the channel as a whole, time, and where callbacks are called from. */
#include "agent/agent.h"

static size_t aligned(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static bool config_valid(const struct scmi_agent_config *config)
{
	const struct scmi_agent_host *host = &config->host;

	return config->messages_max >= 1 && config->messages_max <= SCMI_TOKEN_COUNT &&
	       config->message_size_max >= 32 && config->message_size_max <= 65536 &&
	       config->notifications_max >= 1 && config->notifications_max <= 4096 &&
	       config->response_timeout_ns && (config->delayed_timeout_ns || !config->p2a) &&
	       config->subscriptions_max <= 65536 && host->send && host->now_ns && !host->lock == !host->unlock;
}

/*
 * What one transfer has room for: its command, its answer and, with a P2A channel, a delayed
 * response.
 */
static size_t buffers_size(const struct scmi_agent_config *config)
{
	return aligned(config->message_size_max) * (config->p2a ? 3 : 2);
}

static size_t queue_size(const struct scmi_agent_config *config)
{
	return config->p2a ? scmi_queue_size(config->notifications_max, config->message_size_max)
			   : 0;
}

static size_t subscriptions_size(const struct scmi_agent_config *config)
{
	return aligned(config->subscriptions_max * sizeof(struct scmi_subscription));
}

size_t scmi_agent_size(const struct scmi_agent_config *config)
{
	size_t transfer_size = aligned(sizeof(struct scmi_transfer)) + buffers_size(config);

	if (!config_valid(config))
		return 0;
	return aligned(sizeof(struct scmi_agent)) + config->messages_max * transfer_size +
	       queue_size(config) + subscriptions_size(config);
}

static void init_transfer(struct scmi_agent *agent, struct scmi_transfer *transfer,
			  uint8_t *buffers)
{
	size_t size = aligned(agent->config.message_size_max);

	transfer->agent = agent;
	transfer->command = buffers;
	transfer->answer_values = buffers + size;
	transfer->delayed_values = agent->config.p2a ? buffers + 2 * size : NULL;
	scmi_list_append(&agent->free, &transfer->link);
}

int scmi_agent_init(struct scmi_agent **agent_out, void *storage, size_t size,
		    const struct scmi_agent_config *config)
{
	size_t needed = scmi_agent_size(config);
	uint8_t *next = (uint8_t *)storage;
	struct scmi_agent *agent;

	if (!needed || (uintptr_t)storage % SCMI_AGENT_ALIGNMENT)
		return -EINVAL;
	if (size < needed)
		return -ENOSPC;
	agent = (struct scmi_agent *)storage;
	memset(agent, 0, sizeof(*agent));
	agent->config = *config;
	agent->limits = (struct scmi_agent_limits){
		.messages_max = config->messages_max,
		.message_size_max = config->message_size_max,
		.response_timeout_ns = config->response_timeout_ns,
		.delayed_timeout_ns = config->delayed_timeout_ns,
		.p2a = config->p2a,
		.polling = config->host.poll,
	};
	scmi_tokens_init(&agent->tokens);
	scmi_list_init(&agent->free);
	scmi_list_init(&agent->out);
	scmi_list_init(&agent->ended);

	next += aligned(sizeof(*agent));
	agent->transfers = (struct scmi_transfer *)(void *)next;
	memset(agent->transfers, 0, config->messages_max * sizeof(*agent->transfers));
	next += aligned(config->messages_max * sizeof(*agent->transfers));
	for (uint32_t i = 0; i < config->messages_max; i++) {
		init_transfer(agent, &agent->transfers[i], next);
		next += buffers_size(config);
	}
	if (config->p2a)
		scmi_queue_init(&agent->events, next, config->notifications_max,
				config->message_size_max);
	next += queue_size(config);
	agent->subscriptions = (struct scmi_subscription *)(void *)next;
	memset(agent->subscriptions, 0, subscriptions_size(config));
	*agent_out = agent;
	return 0;
}

/* ---- the channel ----------------------------------------------------------------------------- */

void scmi_agent_closed(struct scmi_agent *agent, int error)
{
	bool wake;

	scmi_agent_lock(agent);
	agent->closed = error < 0 ? error : -ENODEV;
	agent->reopening = false;
	wake = scmi_transfers_fail(agent, agent->closed);
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
}

void scmi_agent_reset(struct scmi_agent *agent)
{
	bool wake;

	scmi_agent_lock(agent);
	wake = scmi_transfers_fail(agent, -ENODEV);
	scmi_agent_renew(agent);
	agent->closed = 0;
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
}

/* ---- time ------------------------------------------------------------------------------------ */

void scmi_agent_tick(struct scmi_agent *agent, uint64_t now_ns)
{
	struct scmi_list *node;
	bool wake = false;

	scmi_agent_lock(agent);
	node = agent->out.next;
	while (node != &agent->out) {
		struct scmi_transfer *transfer = scmi_list_entry(node, struct scmi_transfer, link);

		node = node->next;
		if (now_ns >= transfer->deadline_ns)
			wake |= scmi_transfer_fail(transfer, -ETIMEDOUT);
	}
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
}

uint64_t scmi_agent_next_deadline(const struct scmi_agent *agent)
{
	uint64_t earliest = SCMI_NEVER;

	scmi_agent_lock(agent);
	for (struct scmi_list *node = agent->out.next; node != &agent->out; node = node->next) {
		const struct scmi_transfer *transfer =
			scmi_list_entry(node, struct scmi_transfer, link);

		if (transfer->deadline_ns < earliest)
			earliest = transfer->deadline_ns;
	}
	scmi_agent_unlock(agent);
	return earliest;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

/* The oldest transfer whose callback is due. */
static struct scmi_transfer *take_ended(struct scmi_agent *agent)
{
	struct scmi_list *node;

	scmi_agent_lock(agent);
	node = scmi_list_take(&agent->ended);
	if (node)
		agent->ended_count--;
	scmi_agent_unlock(agent);
	return node ? scmi_list_entry(node, struct scmi_transfer, link) : NULL;
}

/* An accepted transfer of whose answer nobody was told; its result goes on changing: a copy. */
static struct scmi_transfer *take_accepted(struct scmi_agent *agent, struct scmi_result *result,
					   scmi_done_fn **accepted)
{
	struct scmi_transfer *found = NULL;
	struct scmi_list *node;

	scmi_agent_lock(agent);
	for (node = agent->out.next; agent->accepted_count && !found; node = node->next) {
		struct scmi_transfer *transfer = scmi_list_entry(node, struct scmi_transfer, link);

		if (transfer->state == SCMI_TRANSFER_ACCEPTED && transfer->accepted)
			found = transfer;
	}
	if (found) {
		agent->accepted_count--;
		*accepted = found->accepted;
		found->accepted = NULL;
		*result = found->result;
	}
	scmi_agent_unlock(agent);
	return found;
}

/* It may end meanwhile; it is not released before dispatch_ended(), which runs after this. */
static int dispatch_accepted(struct scmi_agent *agent, uint32_t count)
{
	struct scmi_transfer *transfer;
	struct scmi_result result;
	scmi_done_fn *accepted;
	int called = 0;

	while (count-- && (transfer = take_accepted(agent, &result, &accepted))) {
		accepted(transfer->ctx, &result);
		called++;
	}
	return called;
}

static int dispatch_ended(struct scmi_agent *agent, uint32_t count)
{
	int called = 0;

	while (count--) {
		struct scmi_transfer *transfer = take_ended(agent);

		if (!transfer)
			break;
		transfer->done(transfer->ctx, &transfer->result);
		scmi_transfer_put(transfer);
		called++;
	}
	return called;
}

static int dispatch_events(struct scmi_agent *agent, uint32_t count)
{
	int called = 0;

	while (count--) {
		struct scmi_queue_slot *slot;

		scmi_agent_lock(agent);
		slot = scmi_queue_take(&agent->events);
		scmi_agent_unlock(agent);
		if (!slot)
			break;
		scmi_agent_deliver(agent, slot->message, slot->size);
		scmi_agent_lock(agent);
		scmi_queue_release(&agent->events, slot);
		scmi_agent_unlock(agent);
		called++;
	}
	return called;
}

int scmi_agent_dispatch(struct scmi_agent *agent)
{
	const void *caller = scmi_agent_caller(agent);
	uint32_t accepted;
	uint32_t ended;
	uint32_t events;
	bool again;
	int called;

	scmi_agent_lock(agent);
	if (agent->dispatching) {
		scmi_agent_unlock(agent);
		return 0;
	}
	agent->dispatching = true;
	agent->dispatcher = caller;
	accepted = agent->accepted_count;
	ended = agent->ended_count;
	events = agent->events.count;
	scmi_agent_unlock(agent);

	called = dispatch_accepted(agent, accepted);
	called += dispatch_ended(agent, ended);
	called += dispatch_events(agent, events);

	scmi_agent_lock(agent);
	agent->dispatching = false;
	again = agent->accepted_count || agent->ended_count || agent->events.count;
	scmi_agent_unlock(agent);
	if (again)
		scmi_agent_wake(agent);
	return called;
}

void scmi_agent_fini(struct scmi_agent *agent)
{
	const void *caller = scmi_agent_caller(agent);

	scmi_agent_closed(agent, -ENODEV);
	scmi_agent_lock(agent);
	agent->dispatching = true;
	agent->dispatcher = caller;
	scmi_agent_unlock(agent);
	/* No callback can add to these: from now on every submit fails. */
	dispatch_ended(agent, agent->config.messages_max);
}

void scmi_agent_counters(const struct scmi_agent *agent, struct scmi_agent_counters *counters)
{
	scmi_agent_lock(agent);
	*counters = agent->counters;
	counters->quarantined = agent->tokens.quarantined;
	scmi_agent_unlock(agent);
}
