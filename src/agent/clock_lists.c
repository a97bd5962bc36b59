/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What takes several clock messages: names, rates, parents. A list ends when the platform says that
 * nothing remains; a page without progress, or one that adds up to more than was announced, ends it
 * with -EPROTO.
 */
#include <scmi/clock.h>

#include "agent/typed.h"

int scmi_clock_name(struct scmi_agent *agent, uint32_t clock_id, char name[64])
{
	struct scmi_clock_attributes_response attributes;
	int error = scmi_clock_attributes(agent, clock_id, &attributes);

	if (error)
		return error;
	if (attributes.extended_name)
		return scmi_clock_name_get(agent, clock_id, name);
	memset(name, 0, 64);
	memcpy(name, attributes.name, sizeof(attributes.name));
	return 0;
}

/* ---- rates ----------------------------------------------------------------------------------- */

/*
 * Take what fits from an answer. Returns 0, or a negative status if the platform contradicts
 * itself.
 */
static int take_rates(struct scmi_clock_describe_rates_response *response, uint32_t rate_index,
		      uint32_t version, struct scmi_clock_rates *rates)
{
	struct scmi_clock_describe_rates_response_rates element;

	if (response->triplet) {
		/* Some platforms miscount a triplet; it is 24 bytes whatever they say. */
		if (rate_index || response->num_remaining || response->rates.size < 24)
			return SCMI_PROTOCOL_ERROR;
		response->rates.count = 3;
	} else if (!response->rates.count && response->num_remaining) {
		return SCMI_PROTOCOL_ERROR;
	}
	rates->triplet = response->triplet;
	rates->count = 0;
	while (rates->count < rates->space && scmi_clock_describe_rates_response_rates_next(
						      &response->rates, &element, version) > 0)
		rates->rates_hz[rates->count++] = element.rate_hz;
	rates->remaining = response->rates.count + response->num_remaining;
	return SCMI_SUCCESS;
}

static int describe_rates(struct scmi_agent *agent, uint32_t clock_id, uint32_t rate_index,
			  struct scmi_clock_rates *rates)
{
	struct scmi_clock_describe_rates_request request = {
		.clock_id = clock_id,
		.rate_index = rate_index,
	};
	struct scmi_clock_describe_rates_response response;
	uint8_t payload[SCMI_CLOCK_DESCRIBE_RATES_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int decoded;
	int error;

	error = scmi_typed_version(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_DESCRIBE_RATES, &version);
	if (error)
		return error;
	error = scmi_typed_call(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_DESCRIBE_RATES, version,
				payload,
				scmi_clock_describe_rates_request_encode(payload, sizeof(payload),
									 &request, version),
				&answer);
	if (error)
		return error;
	decoded = scmi_clock_describe_rates_response_decode(&response, answer.values, answer.size,
							    version);
	if (!decoded)
		decoded = take_rates(&response, rate_index, version, rates);
	return scmi_typed_end(&answer, decoded);
}

int scmi_clock_describe_rates(struct scmi_agent *agent, uint32_t clock_id, uint32_t rate_index,
			      struct scmi_clock_rates *rates)
{
	if (rates->space < 3)
		return -EINVAL;
	return describe_rates(agent, clock_id, rate_index, rates);
}

int scmi_clock_list_rates(struct scmi_agent *agent, uint32_t clock_id,
			  struct scmi_clock_rates *rates)
{
	struct scmi_clock_rates page = *rates;
	uint32_t count = 0;
	uint32_t total = 0;

	if (rates->space < 3)
		return -EINVAL;
	do {
		int error = describe_rates(agent, clock_id, count, &page);

		if (error)
			return error;
		if (!count)
			total = page.count + page.remaining;
		count += page.count;
		if (count + page.remaining > total)
			return -EPROTO;
		page.rates_hz += page.count;
		page.space -= page.count;
	} while (page.remaining && page.space);
	rates->count = count;
	rates->remaining = page.remaining;
	rates->triplet = page.triplet;
	return 0;
}

/* ---- parents --------------------------------------------------------------------------------- */

static int take_parents(struct scmi_clock_possible_parents_get_response *response, uint32_t version,
			struct scmi_clock_parents *parents)
{
	struct scmi_clock_possible_parents_get_response_parents element;

	if (!response->parents.count && response->num_remaining)
		return SCMI_PROTOCOL_ERROR;
	parents->count = 0;
	while (parents->count < parents->space &&
	       scmi_clock_possible_parents_get_response_parents_next(&response->parents, &element,
								     version) > 0)
		parents->clock_ids[parents->count++] = element.parent_id;
	parents->remaining = response->parents.count + response->num_remaining;
	return SCMI_SUCCESS;
}

int scmi_clock_possible_parents_get(struct scmi_agent *agent, uint32_t clock_id,
				    uint32_t skip_parents, struct scmi_clock_parents *parents)
{
	struct scmi_clock_possible_parents_get_request request = {
		.clock_id = clock_id,
		.skip_parents = skip_parents,
	};
	struct scmi_clock_possible_parents_get_response response;
	uint8_t payload[SCMI_CLOCK_POSSIBLE_PARENTS_GET_REQUEST_SIZE_MAX];
	struct scmi_typed_answer answer;
	uint32_t version;
	int decoded;
	int error;

	if (!parents->space)
		return -EINVAL;
	error = scmi_typed_version(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_POSSIBLE_PARENTS_GET,
				   &version);
	if (error)
		return error;
	error = scmi_typed_call(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_POSSIBLE_PARENTS_GET,
				version, payload,
				scmi_clock_possible_parents_get_request_encode(
					payload, sizeof(payload), &request, version),
				&answer);
	if (error)
		return error;
	decoded = scmi_clock_possible_parents_get_response_decode(&response, answer.values,
								  answer.size, version);
	if (!decoded)
		decoded = take_parents(&response, version, parents);
	return scmi_typed_end(&answer, decoded);
}

int scmi_clock_list_parents(struct scmi_agent *agent, uint32_t clock_id,
			    struct scmi_clock_parents *parents)
{
	struct scmi_clock_parents page = *parents;
	uint32_t count = 0;
	uint32_t total = 0;

	do {
		int error = scmi_clock_possible_parents_get(agent, clock_id, count, &page);

		if (error)
			return error;
		if (!count)
			total = page.count + page.remaining;
		count += page.count;
		if (count + page.remaining > total)
			return -EPROTO;
		page.clock_ids += page.count;
		page.space -= page.count;
	} while (page.remaining && page.space);
	parents->count = count;
	parents->remaining = page.remaining;
	return 0;
}
