/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What typed calls are made of: find out the version, encode, call, decode, put.
 */
#ifndef SCMI_AGENT_TYPED_H
#define SCMI_AGENT_TYPED_H

#include "agent/agent.h"

/* A successful answer, between scmi_typed_call() and scmi_typed_end(). */
struct scmi_typed_answer {
	struct scmi_transfer *transfer;
	const void *values; /* behind the status */
	size_t size;
};

/*
 * The version spoken for a protocol; -EOPNOTSUPP if it does not have the command. Where it is not
 * known yet the platform is asked, as scmi_typed_call_within() does.
 */
int scmi_typed_version_within(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
			      uint32_t poll_budget_us, uint32_t *version);

/*
 * Send a command that was encoded for `version` (0: for any) and wait for its answer: asleep, or,
 * where poll_budget_us is not 0, looking for it at most so long. `size` is what the encoder returned:
 * negative gives -EINVAL. With `answer` NULL there is nothing to look at, and no scmi_typed_end().
 */
int scmi_typed_call_within(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
			   uint32_t version, uint32_t poll_budget_us, const void *payload, int size,
			   struct scmi_typed_answer *answer);

/* Both as most calls want them: asleep. */
static inline int scmi_typed_version(struct scmi_agent *agent, uint8_t protocol_id,
				     uint8_t message_id, uint32_t *version)
{
	return scmi_typed_version_within(agent, protocol_id, message_id, 0, version);
}

static inline int scmi_typed_call(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
				  uint32_t version, const void *payload, int size,
				  struct scmi_typed_answer *answer)
{
	return scmi_typed_call_within(agent, protocol_id, message_id, version, 0, payload, size,
				      answer);
}

/* version.c: scmi_agent_version(), asleep or polling. */
int scmi_agent_version_within(struct scmi_agent *agent, uint8_t protocol_id,
			      uint32_t poll_budget_us, uint32_t *version);

/* Let go of the answer, and return what the decoder's result means for the caller. */
static inline int scmi_typed_end(struct scmi_typed_answer *answer, int decoded)
{
	scmi_transfer_put(answer->transfer);
	return decoded ? -EPROTO : 0;
}

#endif
