/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A command from its submission to its end. What comes back for it is in receive.c. */
#include "agent/agent.h"

/* How long a blocking call waits before it offers its command to a full transport again. */
#define RETRY_NS 1000000u

/* ---- the end of a transfer; the lock is held ------------------------------------------------- */

bool scmi_transfer_end(struct scmi_transfer *transfer, uint32_t awaited)
{
	struct scmi_agent *agent = transfer->agent;
	uint32_t token = scmi_header_token(transfer->header);

	if (awaited)
		scmi_token_quarantine(&agent->tokens, token, awaited);
	else
		scmi_token_release(&agent->tokens, token);
	if (transfer->state == SCMI_TRANSFER_ACCEPTED && transfer->accepted)
		agent->accepted_count--;
	transfer->state = SCMI_TRANSFER_ENDED;
	scmi_list_remove(&transfer->link);
	if (!transfer->done)
		return false;
	scmi_list_append(&agent->ended, &transfer->link);
	agent->ended_count++;
	return true;
}

bool scmi_transfer_fail(struct scmi_transfer *transfer, int error)
{
	struct scmi_agent *agent = transfer->agent;
	uint32_t awaited = transfer->delayed ? SCMI_AWAIT_DELAYED : 0;

	if (transfer->state == SCMI_TRANSFER_OUT) {
		awaited |= SCMI_AWAIT_ANSWER;
		transfer->result.error = error;
	} else {
		transfer->result.delayed_error = error;
	}
	if (error == -ETIMEDOUT)
		agent->counters.timed_out++;
	else if (error == -ECANCELED)
		agent->counters.canceled++;
	return scmi_transfer_end(transfer, awaited);
}

bool scmi_transfers_fail(struct scmi_agent *agent, int error)
{
	bool wake = false;

	while (!scmi_list_empty(&agent->out))
		wake |= scmi_transfer_fail(scmi_list_entry(agent->out.next, struct scmi_transfer,
							   link),
					   error);
	return wake;
}

void scmi_transfer_free(struct scmi_transfer *transfer)
{
	transfer->agent->used--;
	scmi_list_prepend(&transfer->agent->free, &transfer->link);
}

static bool undecided(const struct scmi_transfer *transfer)
{
	return transfer->state == SCMI_TRANSFER_OUT || transfer->state == SCMI_TRANSFER_ACCEPTED;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Why the channel, as it is now, does not take the command of this caller; the lock is held. */
static int refusal(const struct scmi_agent *agent, const struct scmi_command *command,
		   const void *caller)
{
	if (command->size > agent->limits.message_size_max - SCMI_HEADER_SIZE)
		return -EMSGSIZE;
	if (command->delayed && !agent->limits.p2a)
		return -EOPNOTSUPP;
	if (agent->closed && !(agent->reopening && agent->opener == caller))
		return agent->closed;
	if (command->version && !scmi_agent_speaks(agent, command->protocol_id, command->version))
		return -ENODEV;
	return 0;
}

/* A transfer and a token for it, or -EBUSY; the lock is held. */
static int take(struct scmi_agent *agent, const struct scmi_command *command,
		struct scmi_transfer **out)
{
	struct scmi_transfer *transfer;
	int token;

	if (agent->used >= agent->limits.messages_max)
		return -EBUSY;
	transfer = scmi_list_entry(agent->free.next, struct scmi_transfer, link);
	token = scmi_token_take(&agent->tokens, (uint32_t)(transfer - agent->transfers),
				command->protocol_id, command->message_id);
	if (token < 0)
		return token;
	scmi_list_remove(&transfer->link);
	agent->used++;
	*out = transfer;
	return token;
}

/* Take a transfer and a token for a command. Nothing is sent and no time limit runs yet. */
static int prepare(struct scmi_agent *agent, const struct scmi_command *command, scmi_done_fn *done,
		   void *ctx, struct scmi_transfer **out)
{
	const void *caller = scmi_agent_caller(agent);
	struct scmi_transfer *transfer = NULL;
	int token;

	if (command->size && !command->payload)
		return -EINVAL;

	scmi_agent_lock(agent);
	token = refusal(agent, command, caller);
	if (!token && !done && command->poll_budget_us && !agent->limits.polling)
		token = -EOPNOTSUPP;
	if (!token)
		token = take(agent, command, &transfer);
	if (token < 0) {
		scmi_agent_unlock(agent);
		return token;
	}
	transfer->state = SCMI_TRANSFER_OUT;
	transfer->sending = true;
	transfer->header = scmi_header(command->protocol_id, SCMI_COMMAND, command->message_id,
				       (uint32_t)token);
	transfer->delayed = command->delayed;
	transfer->deadline_ns = SCMI_NEVER;
	transfer->done = done;
	transfer->accepted = done ? command->accepted : NULL;
	transfer->ctx = ctx;
	memset(&transfer->result, 0, sizeof(transfer->result));
	scmi_put_le32(transfer->command, transfer->header);
	if (command->size)
		memcpy(transfer->command + SCMI_HEADER_SIZE, command->payload, command->size);
	scmi_list_append(&agent->out, &transfer->link);
	scmi_agent_unlock(agent);
	*out = transfer;
	return 0;
}

/* When a command's time is over that runs from now_ns on; the lock is held. */
static uint64_t limit_from(const struct scmi_agent *agent, const struct scmi_command *command,
			   uint64_t now_ns)
{
	return scmi_deadline_ns(now_ns, command->timeout_ns ? command->timeout_ns
							    : agent->limits.response_timeout_ns);
}

/* The same, from now on, without the lock. */
static uint64_t limit_from_now(const struct scmi_agent *agent, const struct scmi_command *command)
{
	uint64_t now_ns = scmi_agent_now_ns(agent);

	scmi_agent_lock(agent);
	now_ns = limit_from(agent, command, now_ns);
	scmi_agent_unlock(agent);
	return now_ns;
}

/* Before sending: the answer may be there before the transport's send() returns. */
static void trace_command(const struct scmi_transfer *transfer, const struct scmi_command *command)
{
	const struct scmi_agent_host *host = &transfer->agent->config.host;

	if (host->trace)
		host->trace(host->ctx, true, transfer->command, SCMI_HEADER_SIZE + command->size);
}

static int send_once(const struct scmi_transfer *transfer, const struct scmi_command *command)
{
	const struct scmi_agent_host *host = &transfer->agent->config.host;

	return host->send(host->ctx, transfer->command, SCMI_HEADER_SIZE + command->size);
}

/*
 * The transport is done with it. If it was sent, its time runs from now on; if it was not (error),
 * everything is taken back, as if it had never been. By now another thread may have seen it
 * answered, ended, even released: then that is how it ended. Returns the error that is left.
 */
static int end_sending(struct scmi_transfer *transfer, const struct scmi_command *command,
		       int error)
{
	struct scmi_agent *agent = transfer->agent;
	uint64_t now_ns = error ? 0 : scmi_agent_now_ns(agent);

	scmi_agent_lock(agent);
	transfer->sending = false;
	if (!error) {
		agent->counters.sent++;
		if (transfer->state == SCMI_TRANSFER_OUT)
			transfer->deadline_ns = limit_from(agent, command, now_ns);
	} else if (undecided(transfer)) {
		scmi_token_return(&agent->tokens, scmi_header_token(transfer->header));
		scmi_list_remove(&transfer->link);
		transfer->state = SCMI_TRANSFER_FREE;
	} else {
		/* Nothing can come for it: it was put into quarantine in vain. */
		if (scmi_token_state(&agent->tokens, scmi_header_token(transfer->header)) ==
		    SCMI_TOKEN_QUARANTINED)
			scmi_token_settle(&agent->tokens, scmi_header_token(transfer->header), 0);
		error = 0;
	}
	if (transfer->state == SCMI_TRANSFER_FREE)
		scmi_transfer_free(transfer);
	scmi_agent_unlock(agent);
	return error;
}

int scmi_agent_submit(struct scmi_agent *agent, const struct scmi_command *command,
		      scmi_done_fn *done, void *ctx, struct scmi_transfer **handle)
{
	struct scmi_transfer *transfer;
	int error;

	if (!done)
		return -EINVAL;
	error = prepare(agent, command, done, ctx, &transfer);
	if (error)
		return error;
	/* Before sending: another thread may have called done() by the time send() returns. */
	if (handle)
		*handle = transfer;
	trace_command(transfer, command);
	return end_sending(transfer, command, send_once(transfer, command));
}

int scmi_agent_cancel(struct scmi_agent *agent, struct scmi_transfer *transfer)
{
	bool canceled;
	bool wake = false;

	scmi_agent_lock(agent);
	canceled = undecided(transfer);
	if (canceled)
		wake = scmi_transfer_fail(transfer, -ECANCELED);
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
	return canceled ? 0 : -ENOENT;
}

/* ---- blocking -------------------------------------------------------------------------------- */

static bool in_callback(const struct scmi_agent *agent)
{
	const void *caller = scmi_agent_caller(agent);
	bool inside;

	scmi_agent_lock(agent);
	inside = agent->dispatching && agent->dispatcher == caller;
	scmi_agent_unlock(agent);
	return inside;
}

static bool is_over(const void *what)
{
	const struct scmi_transfer *transfer = (const struct scmi_transfer *)what;
	bool result;

	scmi_agent_lock(transfer->agent);
	result = !undecided(transfer);
	scmi_agent_unlock(transfer->agent);
	return result;
}

/* Whether a command can be prepared, or never again. */
static bool has_room(const void *what)
{
	const struct scmi_agent *agent = (const struct scmi_agent *)what;
	bool result;

	scmi_agent_lock(agent);
	result = agent->closed ||
		 (agent->used < agent->limits.messages_max && agent->tokens.free);
	scmi_agent_unlock(agent);
	return result;
}

/* prepare() for a call; where that waits for room, until the command's own limit. */
static int prepare_call(struct scmi_agent *agent, const struct scmi_command *command,
			struct scmi_transfer **out)
{
	const struct scmi_agent_host *host = &agent->config.host;
	bool waits = agent->config.waits_for_room && !command->poll_budget_us;
	int error = prepare(agent, command, NULL, NULL, out);
	uint64_t limit_ns;

	if (error != -EBUSY || !waits)
		return error;
	limit_ns = limit_from_now(agent, command);
	while (error == -EBUSY) {
		uint64_t retry_ns = scmi_deadline_ns(scmi_agent_now_ns(agent), RETRY_NS);

		if (retry_ns > limit_ns)
			return error;
		error = host->wait(host->ctx, retry_ns, has_room, agent);
		if (!error)
			error = prepare(agent, command, NULL, NULL, out);
	}
	return error;
}

/* Let messages come in: sleep until deadline_ns at most, or look once if the command polls. */
static int let_come(const struct scmi_transfer *transfer, const struct scmi_command *command,
		    uint64_t deadline_ns)
{
	const struct scmi_agent_host *host = &transfer->agent->config.host;

	if (command->poll_budget_us)
		return host->poll(host->ctx);
	return host->wait(host->ctx, deadline_ns, is_over, transfer);
}

/*
 * Send, and again while the transport is full, until limit_ns, the command's own limit, or its end:
 * the channel may go meanwhile.
 */
static int send_until(struct scmi_transfer *transfer, const struct scmi_command *command,
		      uint64_t limit_ns)
{
	struct scmi_agent *agent = transfer->agent;
	int error;

	trace_command(transfer, command);
	error = send_once(transfer, command);
	if (error == -EAGAIN) {
		uint64_t own_limit_ns = limit_from_now(agent, command);

		if (own_limit_ns < limit_ns)
			limit_ns = own_limit_ns;
	}
	while (error == -EAGAIN && !is_over(transfer)) {
		uint64_t retry_ns = scmi_deadline_ns(scmi_agent_now_ns(agent), RETRY_NS);

		if (retry_ns > limit_ns)
			return error;
		error = let_come(transfer, command, retry_ns);
		if (!error)
			error = is_over(transfer) ? -EAGAIN : send_once(transfer, command);
	}
	return error;
}

/* Whether it has not ended; then *deadline_ns is its time limit. */
static bool waiting(const struct scmi_transfer *transfer, uint64_t *deadline_ns)
{
	bool result;

	scmi_agent_lock(transfer->agent);
	result = undecided(transfer);
	*deadline_ns = transfer->deadline_ns;
	scmi_agent_unlock(transfer->agent);
	return result;
}

/* Wait until it has ended, at most until limit_ns. */
static void await(struct scmi_transfer *transfer, const struct scmi_command *command,
		  uint64_t limit_ns)
{
	struct scmi_agent *agent = transfer->agent;
	uint64_t deadline_ns;

	while (waiting(transfer, &deadline_ns)) {
		uint64_t until_ns = deadline_ns < limit_ns ? deadline_ns : limit_ns;
		int error = let_come(transfer, command, until_ns);

		if (!waiting(transfer, &deadline_ns))
			return;
		until_ns = deadline_ns < limit_ns ? deadline_ns : limit_ns;
		if (!error && scmi_agent_now_ns(agent) >= until_ns)
			error = -ETIMEDOUT;
		if (error) {
			scmi_agent_lock(agent);
			if (undecided(transfer))
				scmi_transfer_fail(transfer, error);
			scmi_agent_unlock(agent);
		}
	}
}

int scmi_agent_call(struct scmi_agent *agent, const struct scmi_command *command,
		    struct scmi_transfer **out)
{
	const struct scmi_agent_host *host = &agent->config.host;
	struct scmi_transfer *transfer;
	uint64_t limit_ns = SCMI_NEVER;
	int error;

	/* What polls needs nobody else to go on. */
	if (!command->poll_budget_us && in_callback(agent))
		return -EDEADLK;
	if (!command->poll_budget_us && !host->wait)
		return -ENOSYS;
	error = prepare_call(agent, command, &transfer);
	if (error)
		return error;

	if (command->poll_budget_us)
		limit_ns = scmi_deadline_ns(scmi_agent_now_ns(agent),
					    command->poll_budget_us * (uint64_t)1000);
	error = end_sending(transfer, command, send_until(transfer, command, limit_ns));
	if (error)
		return error;
	await(transfer, command, limit_ns);
	error = scmi_result_error(&transfer->result);
	if (error || !out)
		scmi_transfer_put(transfer);
	else
		*out = transfer;
	return error;
}

const struct scmi_result *scmi_transfer_result(const struct scmi_transfer *transfer)
{
	return &transfer->result;
}

void scmi_transfer_put(struct scmi_transfer *transfer)
{
	struct scmi_agent *agent = transfer->agent;

	scmi_agent_lock(agent);
	transfer->state = SCMI_TRANSFER_FREE;
	/* Not while the transport reads it: then end_sending() frees it. */
	if (!transfer->sending)
		scmi_transfer_free(transfer);
	scmi_agent_unlock(agent);
}
