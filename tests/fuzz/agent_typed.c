// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "agent_typed.h"
#include "agent_peer.h"

#include <scmi/base.h>
#include <scmi/clock.h>
#include <stdlib.h>

/* Names that come back end where they must. */
static int ended(int error, const char *name, size_t size)
{
	if (!error && !memchr(name, 0, size))
		peer_fail("a name without an end");
	return error;
}

static int call_vendor(struct scmi_agent *agent, struct input *in)
{
	char name[16];

	(void)in;
	return ended(scmi_base_discover_vendor(agent, name), name, sizeof(name));
}

static int call_sub_vendor(struct scmi_agent *agent, struct input *in)
{
	char name[16];

	(void)in;
	return ended(scmi_base_discover_sub_vendor(agent, name), name, sizeof(name));
}

static int call_base_attributes(struct scmi_agent *agent, struct input *in)
{
	struct scmi_base_protocol_attributes_response attributes;

	(void)in;
	return scmi_base_protocol_attributes(agent, &attributes);
}

static int call_implementation(struct scmi_agent *agent, struct input *in)
{
	uint32_t version;

	(void)in;
	return scmi_base_discover_implementation_version(agent, &version);
}

/* A list in memory of exactly its size. */
static int call_protocols(struct scmi_agent *agent, struct input *in, bool all)
{
	uint32_t space = 1 + input_u8(in) % 16, count = 0;
	uint8_t *ids = malloc(space);
	int error =
		all ? scmi_base_list_protocols(agent, ids, space, &count)
		    : scmi_base_discover_list_protocols(agent, input_word(in), ids, space, &count);

	/* The whole list is counted, whatever fits. */
	if (!error && count > (all ? 255 : space))
		peer_fail("more protocols than there can be");
	free(ids);
	return error;
}

static int call_discover_protocols(struct scmi_agent *agent, struct input *in)
{
	return call_protocols(agent, in, false);
}

static int call_list_protocols(struct scmi_agent *agent, struct input *in)
{
	return call_protocols(agent, in, true);
}

static int call_discover_agent(struct scmi_agent *agent, struct input *in)
{
	struct scmi_base_discover_agent_response found;
	int error = scmi_base_discover_agent(agent, input_word(in), &found);

	return ended(error, found.name, sizeof(found.name));
}

static int call_notify_errors(struct scmi_agent *agent, struct input *in)
{
	return scmi_base_notify_errors(agent, input_u8(in) & 1);
}

static int call_device_permissions(struct scmi_agent *agent, struct input *in)
{
	return scmi_base_set_device_permissions(agent, input_word(in), 1, true);
}

static int call_protocol_permissions(struct scmi_agent *agent, struct input *in)
{
	return scmi_base_set_protocol_permissions(agent, input_word(in), 1, 0x14, false);
}

static int call_reset(struct scmi_agent *agent, struct input *in)
{
	return scmi_base_reset_agent_configuration(agent, input_word(in), false);
}

static int call_clock_attributes(struct scmi_agent *agent, struct input *in)
{
	struct scmi_clock_attributes_response attributes;
	int error = scmi_clock_attributes(agent, input_word(in), &attributes);

	return ended(error, attributes.name, sizeof(attributes.name));
}

static int call_clock_protocol(struct scmi_agent *agent, struct input *in)
{
	struct scmi_clock_protocol_attributes_response attributes;

	(void)in;
	return scmi_clock_protocol_attributes(agent, &attributes);
}

static int call_name_get(struct scmi_agent *agent, struct input *in)
{
	char name[64];

	return ended(scmi_clock_name_get(agent, input_word(in), name), name, sizeof(name));
}

static int call_name(struct scmi_agent *agent, struct input *in)
{
	char name[64];

	return ended(scmi_clock_name(agent, input_word(in), name), name, sizeof(name));
}

static int call_rates(struct scmi_agent *agent, struct input *in, bool all)
{
	struct scmi_clock_rates rates = {.space = 3 + input_u8(in) % 32};
	int error;

	rates.rates_hz = malloc(rates.space * sizeof(uint64_t));
	error = all ? scmi_clock_list_rates(agent, 0, &rates)
		    : scmi_clock_describe_rates(agent, 0, input_word(in), &rates);
	if (!error && (rates.count > rates.space || (rates.triplet && rates.count != 3)))
		peer_fail("more rates than there is room for, or a triplet that is none");
	free(rates.rates_hz);
	return error;
}

static int call_describe_rates(struct scmi_agent *agent, struct input *in)
{
	return call_rates(agent, in, false);
}

static int call_list_rates(struct scmi_agent *agent, struct input *in)
{
	return call_rates(agent, in, true);
}

static int call_rate_get(struct scmi_agent *agent, struct input *in)
{
	uint64_t rate_hz;

	return scmi_clock_rate_get(agent, input_word(in), &rate_hz);
}

static int call_rate_set(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_rate_set(agent, 1, input_word(in), SCMI_CLOCK_ROUND_AUTO);
}

static int call_rate_set_async(struct scmi_agent *agent, struct input *in)
{
	uint64_t set_hz;

	return scmi_clock_rate_set_async(agent, 1, input_word(in), SCMI_CLOCK_ROUND_UP, &set_hz);
}

static int call_rate_set_queue(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_rate_set_queue(agent, 1, input_word(in), SCMI_CLOCK_ROUND_DOWN);
}

static void submitted(void *ctx, const struct scmi_result *result)
{
	uint64_t set_hz;

	(void)ctx;
	scmi_clock_rate_set_result(result, &set_hz);
}

static int call_rate_set_submit(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_rate_set_submit(agent, 1, input_word(in), SCMI_CLOCK_ROUND_UP, submitted,
					  NULL, NULL);
}

static int call_rate_notify(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_rate_notify(agent, input_word(in), true);
}

static int call_requested_notify(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_rate_change_requested_notify(agent, input_word(in), true);
}

static int call_config_set(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_config_set(agent, input_word(in), SCMI_CLOCK_ON, input_u8(in), 1);
}

static int call_config_get(struct scmi_agent *agent, struct input *in)
{
	uint32_t value;
	bool enabled;

	return scmi_clock_config_get(agent, 1, input_u8(in), &enabled, &value);
}

static int call_permissions(struct scmi_agent *agent, struct input *in)
{
	struct scmi_clock_get_permissions_response permissions;

	return scmi_clock_get_permissions(agent, input_word(in), &permissions);
}

static int call_parents(struct scmi_agent *agent, struct input *in, bool all)
{
	struct scmi_clock_parents parents = {.space = 1 + input_u8(in) % 16};
	int error;

	parents.clock_ids = malloc(parents.space * sizeof(uint32_t));
	error = all ? scmi_clock_list_parents(agent, 0, &parents)
		    : scmi_clock_possible_parents_get(agent, 0, input_word(in), &parents);
	if (!error && parents.count > parents.space)
		peer_fail("more parents than there is room for");
	free(parents.clock_ids);
	return error;
}

static int call_possible_parents(struct scmi_agent *agent, struct input *in)
{
	return call_parents(agent, in, false);
}

static int call_list_parents(struct scmi_agent *agent, struct input *in)
{
	return call_parents(agent, in, true);
}

static int call_parent_set(struct scmi_agent *agent, struct input *in)
{
	return scmi_clock_parent_set(agent, 1, input_word(in));
}

static int call_parent_get(struct scmi_agent *agent, struct input *in)
{
	uint32_t parent_id;

	return scmi_clock_parent_get(agent, input_word(in), &parent_id);
}

static int call_version(struct scmi_agent *agent, struct input *in)
{
	uint32_t version;

	return scmi_agent_version(agent, input_u8(in) & 1 ? 0x14 : 0x10, &version);
}

static int call_negotiate(struct scmi_agent *agent, struct input *in)
{
	return scmi_agent_negotiate(agent, 0x14, (1 + (input_u8(in) & 3)) << 16);
}

static int call_raw(struct scmi_agent *agent, struct input *in)
{
	struct scmi_command command = {
		.protocol_id = 0x80, .message_id = input_u8(in), .delayed = input_u8(in) & 1};
	struct scmi_transfer *transfer;
	int error = scmi_agent_call(agent, &command, &transfer);

	if (!error) {
		const struct scmi_result *result = scmi_transfer_result(transfer);
		uint8_t sum = 0;

		for (size_t i = 0; i < result->size; i++)
			sum ^= ((const uint8_t *)result->values)[i];
		for (size_t i = 0; i < result->delayed_size; i++)
			sum ^= ((const uint8_t *)result->delayed_values)[i];
		if (sum == 0x5a && result->error)
			peer_fail("a call that succeeded has an error");
		scmi_transfer_put(transfer);
	}
	return error;
}

#define CALL(name)                                                                                 \
	{                                                                                          \
#name, call_##name                                                                 \
	}

static const struct {
	const char *name;
	int (*call)(struct scmi_agent *agent, struct input *in);
} calls[TYPED_CALLS] = {
	CALL(raw),
	CALL(version),
	CALL(negotiate),
	CALL(vendor),
	CALL(sub_vendor),
	CALL(base_attributes),
	CALL(implementation),
	CALL(discover_protocols),
	CALL(list_protocols),
	CALL(discover_agent),
	CALL(notify_errors),
	CALL(device_permissions),
	CALL(protocol_permissions),
	CALL(reset),
	CALL(clock_protocol),
	CALL(clock_attributes),
	CALL(name_get),
	CALL(name),
	CALL(describe_rates),
	CALL(list_rates),
	CALL(rate_get),
	CALL(rate_set),
	CALL(rate_set_async),
	CALL(rate_set_queue),
	CALL(rate_set_submit),
	CALL(rate_notify),
	CALL(requested_notify),
	CALL(config_set),
	CALL(config_get),
	CALL(permissions),
	CALL(possible_parents),
	CALL(list_parents),
	CALL(parent_set),
	CALL(parent_get),
};

const char *typed_call_name(uint32_t which)
{
	return calls[which].name;
}

int typed_call(struct scmi_agent *agent, uint32_t which, struct input *in)
{
	return calls[which].call(agent, in);
}
