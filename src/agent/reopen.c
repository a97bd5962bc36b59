/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A channel that goes and comes again, perhaps another than before: who may use it when, and what the
 * platform is asked for again. The agent's pointer stays good throughout.
 */
#include "agent/agent.h"

/* ---- going ----------------------------------------------------------------------------------- */

void scmi_agent_quiesce(struct scmi_agent *agent)
{
	scmi_agent_lock(agent);
	if (!agent->closed)
		agent->closed = -ENODEV;
	agent->reopening = false;
	scmi_agent_unlock(agent);
}

bool scmi_agent_idle(const struct scmi_agent *agent)
{
	bool idle;

	scmi_agent_lock(agent);
	idle = scmi_list_empty(&agent->out);
	scmi_agent_unlock(agent);
	return idle;
}

/* ---- coming ---------------------------------------------------------------------------------- */

/* What is still owed for a command that has ended while it is being handed to send(); else 0. */
static uint32_t owed(const struct scmi_agent *agent, const struct scmi_transfer *transfer)
{
	uint32_t token = scmi_header_token(transfer->header);

	if (!transfer->sending || scmi_token_state(&agent->tokens, token) != SCMI_TOKEN_QUARANTINED)
		return 0;
	return scmi_token_awaited(&agent->tokens, token);
}

/*
 * A command that is being sent may go out through the new channel as well as through the old one:
 * its token stays away from everybody else.
 */
void scmi_agent_renew(struct scmi_agent *agent)
{
	uint32_t i;

	for (i = 0; i < agent->config.messages_max; i++)
		agent->transfers[i].owed = owed(agent, &agent->transfers[i]);
	scmi_tokens_release_quarantined(&agent->tokens);
	for (i = 0; i < agent->config.messages_max; i++) {
		uint32_t token = scmi_header_token(agent->transfers[i].header);

		if (agent->transfers[i].owed &&
		    scmi_token_state(&agent->tokens, token) == SCMI_TOKEN_SPENT)
			scmi_token_withhold(&agent->tokens, token, agent->transfers[i].owed);
	}
	memset(agent->versions, 0, sizeof(agent->versions));
	agent->reopening = false;
	agent->resets++;
}

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

int scmi_agent_reopen(struct scmi_agent *agent, const struct scmi_agent_limits *limits)
{
	const struct scmi_agent_config *config = &agent->config;
	const void *caller = scmi_agent_caller(agent);
	bool wake;

	if (!limits->messages_max || limits->message_size_max < 32 ||
	    !limits->response_timeout_ns || (limits->p2a && !limits->delayed_timeout_ns))
		return -EINVAL;
	scmi_agent_lock(agent);
	wake = scmi_transfers_fail(agent, -ENODEV);
	scmi_agent_renew(agent);
	agent->limits = *limits;
	agent->limits.messages_max = lower(limits->messages_max, config->messages_max);
	agent->limits.message_size_max = lower(limits->message_size_max, config->message_size_max);
	agent->limits.p2a = limits->p2a && config->p2a;
	agent->limits.polling = limits->polling && config->host.poll;
	agent->closed = -ENODEV;
	agent->reopening = true;
	agent->opener = caller;
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
	return 0;
}

/* A copy of the subscription at *index or behind it, which is *index then; false: there is none. */
static bool next_granted(const struct scmi_agent *agent, uint32_t *index,
			 struct scmi_subscription *found)
{
	bool granted = false;

	scmi_agent_lock(agent);
	for (; *index < agent->config.subscriptions_max; ++*index) {
		granted = agent->subscriptions[*index].granted;
		if (granted)
			break;
	}
	if (granted)
		*found = agent->subscriptions[*index];
	scmi_agent_unlock(agent);
	return granted;
}

/* Whether the subscription at that place is still this one. */
static bool is_still(const struct scmi_agent *agent, uint32_t index,
		     const struct scmi_subscription *as)
{
	const struct scmi_subscription *subscription = &agent->subscriptions[index];
	bool still;

	scmi_agent_lock(agent);
	still = subscription->send == as->send && subscription->id == as->id;
	scmi_agent_unlock(agent);
	return still;
}

/* 0, also where the platform refuses some; else an error of the channel. */
static int subscribe_again(struct scmi_agent *agent, uint32_t *refused)
{
	struct scmi_subscription subscription;
	uint32_t index;

	for (index = 0; next_granted(agent, &index, &subscription); index++) {
		int error = subscription.send(agent, subscription.id, true);

		/* Ended by another thread meanwhile, whose command did not get through. */
		if (!error && !is_still(agent, index, &subscription))
			error = subscription.send(agent, subscription.id, false);
		/* Not offered in the version spoken now, or not for this agent. */
		if (scmi_error_is_status(error) || error == -EOPNOTSUPP)
			++*refused;
		else if (error)
			return error;
	}
	return 0;
}

int scmi_agent_resume(struct scmi_agent *agent, uint32_t *refused_out)
{
	uint32_t refused = 0;
	int error = subscribe_again(agent, &refused);

	scmi_agent_lock(agent);
	if (agent->closed && !agent->reopening)
		error = agent->closed;
	else if (!error)
		agent->closed = 0;
	agent->reopening = false;
	scmi_agent_unlock(agent);
	if (refused_out)
		*refused_out = refused;
	return error;
}

/* ---- subscriptions --------------------------------------------------------------------------- */

/* Its place, or where it would be put; NULL: there is none. The lock is held. */
static struct scmi_subscription *place_of(struct scmi_agent *agent, scmi_subscribe_fn *send,
					  uint32_t id)
{
	struct scmi_subscription *free_place = NULL;
	uint32_t i;

	for (i = 0; i < agent->config.subscriptions_max; i++) {
		struct scmi_subscription *place = &agent->subscriptions[i];

		if (place->send == send && place->id == id)
			return place;
		if (!place->send && !free_place)
			free_place = place;
	}
	return free_place;
}

static int end_subscription(struct scmi_agent *agent, scmi_subscribe_fn *send, uint32_t id)
{
	struct scmi_subscription *place;

	/* First: where there is no channel now, it is not asked for when there is one again. */
	scmi_agent_lock(agent);
	place = place_of(agent, send, id);
	if (place)
		memset(place, 0, sizeof(*place));
	scmi_agent_unlock(agent);
	return send(agent, id, false);
}

/* Asked for, and told to the place; *again: on a channel that has gone since. */
static int ask_subscription(struct scmi_agent *agent, scmi_subscribe_fn *send, uint32_t id,
			    bool *again)
{
	struct scmi_subscription *place;
	uint32_t resets;
	int error;

	scmi_agent_lock(agent);
	resets = agent->resets;
	scmi_agent_unlock(agent);
	error = send(agent, id, true);
	scmi_agent_lock(agent);
	*again = !error && agent->resets != resets;
	/* NULL, or a free place: ended by another thread. */
	place = place_of(agent, send, id);
	if (place && place->send && !error && !*again)
		place->granted = true;
	else if (place && place->send && error && !place->granted)
		memset(place, 0, sizeof(*place));
	scmi_agent_unlock(agent);
	return error;
}

int scmi_agent_subscription(struct scmi_agent *agent, scmi_subscribe_fn *send, uint32_t id,
			    bool enable)
{
	struct scmi_subscription *place;
	bool again = true;
	int error = 0;

	if (!agent->config.subscriptions_max)
		return send(agent, id, enable);
	if (!enable)
		return end_subscription(agent, send, id);
	scmi_agent_lock(agent);
	place = place_of(agent, send, id);
	if (place) {
		place->send = send;
		place->id = id;
	}
	scmi_agent_unlock(agent);
	if (!place)
		return -ENOSPC;
	while (again && !error)
		error = ask_subscription(agent, send, id, &again);
	return error;
}
