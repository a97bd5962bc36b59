/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What comes from the platform: answers, delayed responses, notifications.
 *
 * The peer is not trusted. A reply is only believed if its token is out and protocol and message
 * are those of the command; everything else is counted and dropped. May run in interrupt context.
 */
#include "agent/agent.h"

/* Bits 31:28 are reserved: ignored. */
#define HEADER_MASK 0x0fffffffu
/* All that a reply must have in common with its command: everything but the type. */
#define REPLY_MASK (HEADER_MASK & ~0x300u)

/* The message type that is not assigned. */
#define RESERVED 1u

/*
 * A reply whose token is not out. One that was awaited after its transfer had ended is late; one
 * more than the command could have is a duplicate; one that answers nothing we sent is malformed.
 */
static void receive_stray(struct scmi_agent *agent, uint32_t header, uint32_t kind, bool succeeded)
{
	uint32_t token = scmi_header_token(header);
	enum scmi_token_state state = scmi_token_state(&agent->tokens, token);
	uint32_t awaited;

	if (state == SCMI_TOKEN_UNUSED || !scmi_token_fits(&agent->tokens, header)) {
		agent->counters.malformed++;
		return;
	}
	awaited = state == SCMI_TOKEN_QUARANTINED ? scmi_token_awaited(&agent->tokens, token) : 0;
	if (!(awaited & kind)) {
		agent->counters.duplicate++;
		return;
	}
	if (awaited & SCMI_AWAIT_NOTHING_NEW)
		agent->counters.duplicate++;
	else
		agent->counters.late++;
	awaited &= ~kind;
	/* A command that was refused has no delayed response. */
	if (kind == SCMI_AWAIT_ANSWER && !succeeded)
		awaited = 0;
	scmi_token_settle(&agent->tokens, token, awaited);
}

/* The transfer that a reply belongs to; NULL if it is not out. */
static struct scmi_transfer *find(struct scmi_agent *agent, uint32_t header)
{
	uint32_t token = scmi_header_token(header);

	if (scmi_token_state(&agent->tokens, token) != SCMI_TOKEN_OUT)
		return NULL;
	return &agent->transfers[scmi_token_owner(&agent->tokens, token)];
}

static bool receive_answer(struct scmi_agent *agent, const uint8_t *message, size_t size,
			   uint64_t now_ns)
{
	uint32_t header = scmi_get_le32(message);
	int32_t status = (int32_t)scmi_get_le32(message + SCMI_HEADER_SIZE);
	struct scmi_transfer *transfer = find(agent, header);
	struct scmi_result *result;

	if (!transfer) {
		receive_stray(agent, header, SCMI_AWAIT_ANSWER, status == SCMI_SUCCESS);
		return false;
	}
	if ((header ^ transfer->header) & REPLY_MASK) {
		agent->counters.malformed++;
		return false;
	}
	if (transfer->state == SCMI_TRANSFER_ACCEPTED) {
		agent->counters.duplicate++;
		return false;
	}
	agent->counters.answered++;
	result = &transfer->result;
	result->error = scmi_error_from_status(status);
	result->status = status;
	result->size = size - SCMI_ANSWER_SIZE_MIN;
	result->values = transfer->answer_values;
	memcpy(transfer->answer_values, message + SCMI_ANSWER_SIZE_MIN, result->size);
	if (!transfer->delayed || result->error)
		return scmi_transfer_end(transfer, 0);
	transfer->state = SCMI_TRANSFER_ACCEPTED;
	transfer->deadline_ns = scmi_deadline_ns(now_ns, agent->limits.delayed_timeout_ns);
	if (!transfer->accepted)
		return false;
	agent->accepted_count++;
	return true;
}

/*
 * The two may arrive over different ways, so a delayed response can overtake its answer. It then
 * proves that the command was accepted, and the transfer ends as if the answer had been SUCCESS;
 * the answer, when it comes, is dropped as one too many.
 */
static bool receive_delayed(struct scmi_agent *agent, const uint8_t *message, size_t size)
{
	uint32_t header = scmi_get_le32(message);
	struct scmi_transfer *transfer = find(agent, header);
	struct scmi_result *result;
	uint32_t awaited = 0;

	if (!transfer) {
		receive_stray(agent, header, SCMI_AWAIT_DELAYED, true);
		return false;
	}
	if ((header ^ transfer->header) & REPLY_MASK || !transfer->delayed) {
		agent->counters.malformed++;
		return false;
	}
	agent->counters.delayed++;
	if (transfer->state == SCMI_TRANSFER_OUT)
		awaited = SCMI_AWAIT_ANSWER | SCMI_AWAIT_NOTHING_NEW;
	result = &transfer->result;
	result->delayed_status = (int32_t)scmi_get_le32(message + SCMI_HEADER_SIZE);
	result->delayed_error = scmi_error_from_status(result->delayed_status);
	result->delayed_size = size - SCMI_ANSWER_SIZE_MIN;
	result->delayed_values = transfer->delayed_values;
	memcpy(transfer->delayed_values, message + SCMI_ANSWER_SIZE_MIN, result->delayed_size);
	return scmi_transfer_end(transfer, awaited);
}

static bool receive_notification(struct scmi_agent *agent, const uint8_t *message, size_t size)
{
	agent->counters.notifications++;
	if (scmi_queue_push(&agent->events, message, size))
		agent->counters.overflowed++;
	return true;
}

/* Its type, or RESERVED for what nothing that comes this way can be; the lock is held. */
static uint32_t type_of(const struct scmi_agent *agent, const uint8_t *message, size_t size)
{
	uint32_t type;

	/* A status or an agent id follows every header. */
	if (size < SCMI_ANSWER_SIZE_MIN || size > agent->limits.message_size_max)
		return RESERVED;
	type = scmi_header_message_type(scmi_get_le32(message));
	return type == SCMI_COMMAND || agent->limits.p2a ? type : RESERVED;
}

void scmi_agent_receive(struct scmi_agent *agent, const void *message, size_t size)
{
	const struct scmi_agent_host *host = &agent->config.host;
	const uint8_t *bytes = (const uint8_t *)message;
	uint64_t now_ns = 0;
	bool wake = false;

	if (host->trace)
		host->trace(host->ctx, false, message, size);
	/* Without a P2A channel no answer starts the time of a delayed response. */
	if (agent->config.p2a)
		now_ns = scmi_agent_now_ns(agent);

	scmi_agent_lock(agent);
	switch (type_of(agent, bytes, size)) {
	case SCMI_COMMAND:
		wake = receive_answer(agent, bytes, size, now_ns);
		break;
	case SCMI_DELAYED_RESPONSE:
		wake = receive_delayed(agent, bytes, size);
		break;
	case SCMI_NOTIFICATION:
		wake = receive_notification(agent, bytes, size);
		break;
	default:
		agent->counters.malformed++;
		break;
	}
	scmi_agent_unlock(agent);
	if (wake)
		scmi_agent_wake(agent);
}
