/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every protocol has: PROTOCOL_VERSION, PROTOCOL_MESSAGE_ATTRIBUTES,
 * NEGOTIATE_PROTOCOL_VERSION; and which version is spoken.
 */
#include <scmi/wire/common.h>

#include "agent/typed.h"
#include "wire/names.h"

/* Where the version of a protocol is remembered; NULL if it is none that can be described. */
static uint32_t *slot_of(struct scmi_agent *agent, uint8_t protocol_id)
{
	uint32_t index = protocol_id - SCMI_FIRST_PROTOCOL;

	return index < SCMI_DESCRIBED_PROTOCOLS ? &agent->versions[index] : NULL;
}

bool scmi_agent_speaks(const struct scmi_agent *agent, uint8_t protocol_id, uint32_t version)
{
	uint32_t index = protocol_id - SCMI_FIRST_PROTOCOL;

	return index < SCMI_DESCRIBED_PROTOCOLS && agent->versions[index] == version;
}

/*
 * Remember it, unless the channel was reset since `resets` was read: then the platform has
 * forgotten it.
 */
static void remember(struct scmi_agent *agent, uint8_t protocol_id, uint32_t version,
		     uint32_t resets)
{
	scmi_agent_lock(agent);
	if (agent->resets == resets)
		*slot_of(agent, protocol_id) = version;
	scmi_agent_unlock(agent);
}

static uint32_t resets_of(const struct scmi_agent *agent)
{
	uint32_t resets;

	scmi_agent_lock(agent);
	resets = agent->resets;
	scmi_agent_unlock(agent);
	return resets;
}

static int ask_version(struct scmi_agent *agent, uint8_t protocol_id, uint32_t poll_budget_us,
		       uint32_t *version)
{
	struct scmi_protocol_version_response response;
	struct scmi_typed_answer answer;
	int error;

	error = scmi_typed_call_within(agent, protocol_id, SCMI_PROTOCOL_VERSION, 0, poll_budget_us,
				       NULL, 0, &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_protocol_version_response_decode(&response, answer.values,
								     answer.size, 0));
	if (!error)
		*version = response.version;
	return error;
}

static int ask_negotiate(struct scmi_agent *agent, uint8_t protocol_id, uint32_t poll_budget_us,
			 uint32_t version)
{
	struct scmi_negotiate_protocol_version_request request = { .version = version };
	uint8_t payload[SCMI_NEGOTIATE_PROTOCOL_VERSION_REQUEST_SIZE_MAX];
	int size = scmi_negotiate_protocol_version_request_encode(payload, sizeof(payload),
								  &request, 0);

	return scmi_typed_call_within(agent, protocol_id, SCMI_NEGOTIATE_PROTOCOL_VERSION,
				      0, poll_budget_us, payload, size, NULL);
}

/*
 * The version we speak to a platform that serves `served`: the newest described that is not newer.
 */
static uint32_t best_version(const uint32_t *described, size_t count, uint32_t served)
{
	uint32_t best = 0;

	for (size_t i = 0; i < count; i++)
		if (described[i] <= served)
			best = described[i];
	return best;
}

int scmi_agent_version_within(struct scmi_agent *agent, uint8_t protocol_id,
			      uint32_t poll_budget_us, uint32_t *version)
{
	uint32_t *slot = slot_of(agent, protocol_id);
	const uint32_t *described;
	uint32_t resets;
	uint32_t served;
	uint32_t best;
	size_t count;
	int error;

	if (slot) {
		scmi_agent_lock(agent);
		best = *slot;
		scmi_agent_unlock(agent);
		if (best) {
			*version = best;
			return 0;
		}
	}
	described = scmi_protocol_versions(protocol_id, &count);
	if (!slot || !described || !count)
		return -EOPNOTSUPP;

	resets = resets_of(agent);
	error = ask_version(agent, protocol_id, poll_budget_us, &served);
	if (error)
		return error;
	best = best_version(described, count, served);
	if (!best)
		return -EPROTO;
	/*
	 * A platform that is newer than us must be told. Below our newest there is nothing to tell:
	 * a version that we do not know has at least the messages of the one before it.
	 */
	if (served > best && best == described[count - 1]) {
		error = ask_negotiate(agent, protocol_id, poll_budget_us, best);
		/* Minor versions only add: without negotiation they can be spoken as they are. */
		if (error && !(scmi_error_is_status(error) && served >> 16 == best >> 16))
			return error;
	}
	remember(agent, protocol_id, best, resets);
	*version = best;
	return 0;
}

int scmi_agent_version(struct scmi_agent *agent, uint8_t protocol_id, uint32_t *version)
{
	return scmi_agent_version_within(agent, protocol_id, 0, version);
}

int scmi_agent_negotiate(struct scmi_agent *agent, uint8_t protocol_id, uint32_t version)
{
	const uint32_t *described;
	uint32_t resets;
	size_t count = 0;
	int error;

	described = scmi_protocol_versions(protocol_id, &count);
	if (!slot_of(agent, protocol_id) || !described || !version ||
	    best_version(described, count, version) != version)
		return -EOPNOTSUPP;
	resets = resets_of(agent);
	error = ask_negotiate(agent, protocol_id, 0, version);
	if (!error)
		remember(agent, protocol_id, version, resets);
	return error;
}

int scmi_agent_message_attributes(struct scmi_agent *agent, uint8_t protocol_id, uint8_t message_id,
				  uint32_t *attributes)
{
	struct scmi_protocol_message_attributes_request request = { .message_id = message_id };
	struct scmi_protocol_message_attributes_response response;
	uint8_t payload[SCMI_PROTOCOL_MESSAGE_ATTRIBUTES_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	int size = scmi_protocol_message_attributes_request_encode(payload, sizeof(payload),
								   &request, 0);
	int error;

	error = scmi_typed_call(agent, protocol_id, SCMI_PROTOCOL_MESSAGE_ATTRIBUTES, 0, payload,
				size, &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_protocol_message_attributes_response_decode(&response,
										answer.values,
										answer.size, 0));
	if (!error && attributes)
		*attributes = response.attributes;
	return error;
}
