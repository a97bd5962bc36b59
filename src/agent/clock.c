/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clock protocol's typed calls: one function per message, in the order of <scmi/clock.h>. What
 * takes several messages is in clock_lists.c.
 */
#include <scmi/clock.h>

#include "agent/typed.h"

static int version_of(struct scmi_agent *agent, uint8_t message_id, uint32_t *version)
{
	return scmi_typed_version(agent, SCMI_CLOCK_PROTOCOL, message_id, version);
}

static int call(struct scmi_agent *agent, uint8_t message_id, uint32_t version, const void *payload,
		int size, struct scmi_typed_answer *answer)
{
	return scmi_typed_call(agent, SCMI_CLOCK_PROTOCOL, message_id, version, payload, size,
			       answer);
}

int scmi_clock_protocol_attributes(struct scmi_agent *agent,
				   struct scmi_clock_protocol_attributes_response *attributes)
{
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_PROTOCOL_ATTRIBUTES, &version);
	if (error)
		return error;
	error = call(agent, SCMI_PROTOCOL_ATTRIBUTES, version, NULL, 0, &answer);
	if (error)
		return error;
	return scmi_typed_end(&answer,
			      scmi_clock_protocol_attributes_response_decode(attributes,
									     answer.values,
									     answer.size, version));
}

/* With a poll budget that is not 0 nothing here sleeps. */
static int attributes_within(struct scmi_agent *agent, uint32_t clock_id, uint32_t poll_budget_us,
			     struct scmi_clock_attributes_response *attributes)
{
	struct scmi_clock_attributes_request request = { .clock_id = clock_id };
	uint8_t payload[SCMI_CLOCK_ATTRIBUTES_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = scmi_typed_version_within(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_ATTRIBUTES,
					  poll_budget_us, &version);
	if (error)
		return error;
	error = scmi_typed_call_within(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_ATTRIBUTES,
				       version, poll_budget_us, payload,
				       scmi_clock_attributes_request_encode(payload, sizeof(payload),
									    &request, version),
				       &answer);
	if (error)
		return error;
	return scmi_typed_end(&answer,
			      scmi_clock_attributes_response_decode(attributes, answer.values,
								    answer.size, version));
}

int scmi_clock_attributes(struct scmi_agent *agent, uint32_t clock_id,
			  struct scmi_clock_attributes_response *attributes)
{
	return attributes_within(agent, clock_id, 0, attributes);
}

int scmi_clock_name_get(struct scmi_agent *agent, uint32_t clock_id, char name[64])
{
	struct scmi_clock_name_get_request request = { .clock_id = clock_id };
	struct scmi_clock_name_get_response response;
	uint8_t payload[SCMI_CLOCK_NAME_GET_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_NAME_GET, &version);
	if (error)
		return error;
	error = call(agent, SCMI_CLOCK_NAME_GET, version, payload,
		     scmi_clock_name_get_request_encode(payload, sizeof(payload), &request,
							version),
		     &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_clock_name_get_response_decode(&response, answer.values,
								   answer.size, version));
	if (!error)
		memcpy(name, response.name, sizeof(response.name));
	return error;
}

/* ---- rates ----------------------------------------------------------------------------------- */

int scmi_clock_rate_get(struct scmi_agent *agent, uint32_t clock_id, uint64_t *rate_hz)
{
	struct scmi_clock_rate_get_request request = { .clock_id = clock_id };
	struct scmi_clock_rate_get_response response;
	uint8_t payload[SCMI_CLOCK_RATE_GET_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_RATE_GET, &version);
	if (error)
		return error;
	error = call(agent, SCMI_CLOCK_RATE_GET, version, payload,
		     scmi_clock_rate_get_request_encode(payload, sizeof(payload), &request,
							version),
		     &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_clock_rate_get_response_decode(&response, answer.values,
								   answer.size, version));
	if (!error)
		*rate_hz = response.rate_hz;
	return error;
}

/* CLOCK_RATE_SET and its completion have the same layout in every version. */
#define RATE_SET_VERSION SCMI_CLOCK_VERSION_1_0

static struct scmi_clock_rate_set_request rate_set_request(uint32_t clock_id, uint64_t rate_hz,
							   enum scmi_clock_rounding rounding)
{
	struct scmi_clock_rate_set_request request = {
		.round_up = rounding == SCMI_CLOCK_ROUND_UP,
		.round_auto = rounding == SCMI_CLOCK_ROUND_AUTO,
		.clock_id = clock_id,
		.rate_hz = rate_hz,
	};

	return request;
}

/* For the two forms that end with the answer. */
static int rate_set(struct scmi_agent *agent, const struct scmi_clock_rate_set_request *request)
{
	uint8_t payload[SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_RATE_SET, &version);
	if (error)
		return error;
	return call(agent, SCMI_CLOCK_RATE_SET, version, payload,
		    scmi_clock_rate_set_request_encode(payload, sizeof(payload), request, version),
		    NULL);
}

int scmi_clock_rate_set(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			enum scmi_clock_rounding rounding)
{
	struct scmi_clock_rate_set_request request = rate_set_request(clock_id, rate_hz, rounding);

	return rate_set(agent, &request);
}

int scmi_clock_rate_set_queue(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			      enum scmi_clock_rounding rounding)
{
	struct scmi_clock_rate_set_request request = rate_set_request(clock_id, rate_hz, rounding);

	request.async = true;
	request.ignore_delayed_response = true;
	return rate_set(agent, &request);
}

/* The command of the forms that end with the delayed response; its payload goes to `payload`. */
static struct scmi_command rate_set_async(uint8_t payload[SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX],
					  uint32_t clock_id, uint64_t rate_hz,
					  enum scmi_clock_rounding rounding)
{
	struct scmi_clock_rate_set_request request = rate_set_request(clock_id, rate_hz, rounding);
	struct scmi_command command = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_SET,
		.payload = payload,
		.size = SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX,
		.delayed = true,
	};

	request.async = true;
	scmi_clock_rate_set_request_encode(payload, SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX, &request,
					   RATE_SET_VERSION);
	return command;
}

int scmi_clock_rate_set_result(const struct scmi_result *result, uint64_t *set_hz)
{
	struct scmi_clock_rate_set_complete complete;
	int error = scmi_result_error(result);

	if (error)
		return error;
	if (scmi_clock_rate_set_complete_decode(&complete, result->delayed_values,
						result->delayed_size, RATE_SET_VERSION))
		return -EPROTO;
	if (set_hz)
		*set_hz = complete.rate_hz;
	return 0;
}

int scmi_clock_rate_set_async(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			      enum scmi_clock_rounding rounding, uint64_t *set_hz)
{
	uint8_t payload[SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX];
	struct scmi_command command = rate_set_async(payload, clock_id, rate_hz, rounding);
	struct scmi_transfer *transfer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_RATE_SET, &version);
	if (error)
		return error;
	error = scmi_agent_call(agent, &command, &transfer);
	if (error)
		return error;
	error = scmi_clock_rate_set_result(scmi_transfer_result(transfer), set_hz);
	scmi_transfer_put(transfer);
	return error;
}

int scmi_clock_rate_set_submit(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			       enum scmi_clock_rounding rounding, scmi_done_fn *done, void *ctx,
			       struct scmi_transfer **transfer)
{
	uint8_t payload[SCMI_CLOCK_RATE_SET_REQUEST_SIZE_MAX];
	struct scmi_command command = rate_set_async(payload, clock_id, rate_hz, rounding);

	return scmi_agent_submit(agent, &command, done, ctx, transfer);
}

static int rate_notify(struct scmi_agent *agent, uint32_t clock_id, bool enable)
{
	struct scmi_clock_rate_notify_request request = { .clock_id = clock_id, .enable = enable };
	uint8_t payload[SCMI_CLOCK_RATE_NOTIFY_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_RATE_NOTIFY, &version);
	if (error)
		return error;
	return call(agent, SCMI_CLOCK_RATE_NOTIFY, version, payload,
		    scmi_clock_rate_notify_request_encode(payload, sizeof(payload), &request,
							  version),
		    NULL);
}

int scmi_clock_rate_notify(struct scmi_agent *agent, uint32_t clock_id, bool enable)
{
	return scmi_agent_subscription(agent, rate_notify, clock_id, enable);
}

static int rate_change_requested_notify(struct scmi_agent *agent, uint32_t clock_id, bool enable)
{
	struct scmi_clock_rate_change_requested_notify_request request = {
		.clock_id = clock_id,
		.enable = enable,
	};
	uint8_t payload[SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, &version);
	if (error)
		return error;
	return call(agent, SCMI_CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, version, payload,
		    scmi_clock_rate_change_requested_notify_request_encode(payload, sizeof(payload),
									   &request, version),
		    NULL);
}

int scmi_clock_rate_change_requested_notify(struct scmi_agent *agent, uint32_t clock_id,
					    bool enable)
{
	return scmi_agent_subscription(agent, rate_change_requested_notify, clock_id, enable);
}

/* ---- configuration --------------------------------------------------------------------------- */

static int config_set(struct scmi_agent *agent, uint32_t poll_budget_us,
		      const struct scmi_clock_config_set_request *request)
{
	uint8_t payload[SCMI_CLOCK_CONFIG_SET_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = scmi_typed_version_within(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_CONFIG_SET,
					  poll_budget_us, &version);
	if (error)
		return error;
	if (version < SCMI_CLOCK_VERSION_3_0 &&
	    (request->extended_config_type != SCMI_CLOCK_NO_CONFIG ||
	     request->state == SCMI_CLOCK_UNCHANGED))
		return -EOPNOTSUPP;
	return scmi_typed_call_within(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_CONFIG_SET,
				      version, poll_budget_us, payload,
				      scmi_clock_config_set_request_encode(payload, sizeof(payload),
									   request, version),
				      NULL);
}

int scmi_clock_config_set(struct scmi_agent *agent, uint32_t clock_id, enum scmi_clock_state state,
			  uint8_t type, uint32_t value)
{
	const struct scmi_clock_config_set_request request = {
		.clock_id = clock_id,
		.extended_config_type = type,
		.state = (uint8_t)state,
		.extended_config_value = value,
	};

	return config_set(agent, 0, &request);
}

/* Before there was CLOCK_CONFIG_GET. */
static int enabled_by_attributes(struct scmi_agent *agent, uint32_t clock_id,
				 uint32_t poll_budget_us, bool *enabled)
{
	struct scmi_clock_attributes_response attributes;
	int error = attributes_within(agent, clock_id, poll_budget_us, &attributes);

	if (!error)
		*enabled = attributes.enabled;
	return error;
}

static int config_get_3_0(struct scmi_agent *agent, uint32_t clock_id, uint8_t type,
			  uint32_t version, uint32_t poll_budget_us,
			  struct scmi_clock_config_get_response *response)
{
	struct scmi_clock_config_get_request request = {
		.clock_id = clock_id,
		.extended_config_type = type,
	};
	uint8_t payload[SCMI_CLOCK_CONFIG_GET_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	int error;

	error = scmi_typed_call_within(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_CONFIG_GET,
				       version, poll_budget_us, payload,
				       scmi_clock_config_get_request_encode(payload, sizeof(payload),
									    &request, version),
				       &answer);
	if (error)
		return error;
	return scmi_typed_end(&answer,
			      scmi_clock_config_get_response_decode(response, answer.values,
								    answer.size, version));
}

static int config_get(struct scmi_agent *agent, uint32_t clock_id, uint8_t type,
		      uint32_t poll_budget_us, struct scmi_clock_config_get_response *response)
{
	uint32_t version;
	int error;

	error = scmi_agent_version_within(agent, SCMI_CLOCK_PROTOCOL, poll_budget_us, &version);
	if (error)
		return error;
	if (version >= SCMI_CLOCK_VERSION_3_0)
		return config_get_3_0(agent, clock_id, type, version, poll_budget_us, response);
	if (type != SCMI_CLOCK_NO_CONFIG)
		return -EOPNOTSUPP;
	return enabled_by_attributes(agent, clock_id, poll_budget_us, &response->enabled);
}

int scmi_clock_config_get(struct scmi_agent *agent, uint32_t clock_id, uint8_t type, bool *enabled,
			  uint32_t *value)
{
	struct scmi_clock_config_get_response response = { .enabled = false };
	int error = config_get(agent, clock_id, type, 0, &response);

	if (error)
		return error;
	if (enabled)
		*enabled = response.enabled;
	/* Without a type the platform may leave anything in the word. */
	if (value)
		*value = type == SCMI_CLOCK_NO_CONFIG ? 0 : response.extended_config_value;
	return 0;
}

int scmi_clock_state_set_polled(struct scmi_agent *agent, uint32_t clock_id, bool enable,
				uint32_t poll_budget_us)
{
	const struct scmi_clock_config_set_request request = {
		.clock_id = clock_id,
		.state = enable ? SCMI_CLOCK_ON : SCMI_CLOCK_OFF,
	};

	return poll_budget_us ? config_set(agent, poll_budget_us, &request) : -EINVAL;
}

int scmi_clock_state_get_polled(struct scmi_agent *agent, uint32_t clock_id, bool *enabled,
				uint32_t poll_budget_us)
{
	struct scmi_clock_config_get_response response = { .enabled = false };
	int error = -EINVAL;

	if (poll_budget_us)
		error = config_get(agent, clock_id, SCMI_CLOCK_NO_CONFIG, poll_budget_us, &response);
	if (!error)
		*enabled = response.enabled;
	return error;
}

int scmi_clock_get_permissions(struct scmi_agent *agent, uint32_t clock_id,
			       struct scmi_clock_get_permissions_response *permissions)
{
	struct scmi_clock_get_permissions_request request = { .clock_id = clock_id };
	uint8_t payload[SCMI_CLOCK_GET_PERMISSIONS_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_GET_PERMISSIONS, &version);
	if (error)
		return error;
	error = call(agent, SCMI_CLOCK_GET_PERMISSIONS, version, payload,
		     scmi_clock_get_permissions_request_encode(payload, sizeof(payload), &request,
							       version),
		     &answer);
	if (error)
		return error;
	return scmi_typed_end(&answer,
			      scmi_clock_get_permissions_response_decode(permissions, answer.values,
									 answer.size, version));
}

/* ---- parents --------------------------------------------------------------------------------- */

int scmi_clock_parent_set(struct scmi_agent *agent, uint32_t clock_id, uint32_t parent_id)
{
	struct scmi_clock_parent_set_request request = {
		.clock_id = clock_id,
		.parent_id = parent_id,
	};
	uint8_t payload[SCMI_CLOCK_PARENT_SET_REQUEST_SIZE_MAX];
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_PARENT_SET, &version);
	if (error)
		return error;
	return call(agent, SCMI_CLOCK_PARENT_SET, version, payload,
		    scmi_clock_parent_set_request_encode(payload, sizeof(payload), &request,
							 version),
		    NULL);
}

int scmi_clock_parent_get(struct scmi_agent *agent, uint32_t clock_id, uint32_t *parent_id)
{
	struct scmi_clock_parent_get_request request = { .clock_id = clock_id };
	struct scmi_clock_parent_get_response response;
	uint8_t payload[SCMI_CLOCK_PARENT_GET_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int error;

	error = version_of(agent, SCMI_CLOCK_PARENT_GET, &version);
	if (error)
		return error;
	error = call(agent, SCMI_CLOCK_PARENT_GET, version, payload,
		     scmi_clock_parent_get_request_encode(payload, sizeof(payload), &request,
							  version),
		     &answer);
	if (error)
		return error;
	error = scmi_typed_end(&answer,
			       scmi_clock_parent_get_response_decode(&response, answer.values,
								     answer.size, version));
	if (!error)
		*parent_id = response.parent_id;
	return error;
}
