/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent/typed.h"
#include "wire/names.h"

int scmi_typed_version_within(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
			      uint32_t poll_budget_us, uint32_t *version)
{
	int error = scmi_agent_version_within(agent, protocol_id, poll_budget_us, version);

	if (error)
		return error;
	return scmi_request_size(protocol_id, message_id, *version) < 0 ? -EOPNOTSUPP : 0;
}

int scmi_typed_call_within(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
			   uint32_t version, uint32_t poll_budget_us, const void *payload, int size,
			   struct scmi_typed_answer *answer)
{
	const struct scmi_command command = {
		.protocol_id = protocol_id,
		.message_id = message_id,
		.payload = payload,
		.size = size < 0 ? 0 : (size_t)size,
		.version = version,
		.poll_budget_us = poll_budget_us,
	};
	const struct scmi_result *result;
	int error;

	if (size < 0)
		return -EINVAL;
	error = scmi_agent_call(agent, &command, answer ? &answer->transfer : NULL);
	if (error || !answer)
		return error;
	result = scmi_transfer_result(answer->transfer);
	answer->values = result->values;
	answer->size = result->size;
	return 0;
}
