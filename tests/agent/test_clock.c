/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock protocol's typed calls, byte for byte, in every version. */
#include "peer.h"

#include <scmi/clock.h>

#define STATUS_ERROR(status) (SCMI_ERROR_BASE + (status))

static void start(struct peer *peer, uint32_t version)
{
	peer_init(peer, 1, 1, false);
	peer_expect(peer, WORDS(CLOCK(0)), WORDS(0, version));
}

static void end(struct peer *peer)
{
	peer_expect_end(peer);
	peer_fini(peer);
}

static void attributes_in_every_version(void **state)
{
	struct scmi_clock_protocol_attributes_response protocol;
	struct scmi_clock_attributes_response attributes;
	struct peer peer;

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(1)), WORDS(0, 0x00050017));
	assert_int_equal(scmi_clock_protocol_attributes(peer.agent, &protocol), 0);
	assert_int_equal(protocol.max_pending_async, 5);
	assert_int_equal(protocol.num_clocks, 23);

	peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 0xd8000003, 0x00756370, 0, 0, 0, 150));
	assert_int_equal(scmi_clock_attributes(peer.agent, 7, &attributes), 0);
	assert_true(attributes.rate_change_notification);
	assert_true(attributes.rate_change_requested_notification);
	assert_false(attributes.extended_name);
	assert_true(attributes.parent_advertised);
	assert_true(attributes.extended_config);
	assert_true(attributes.restricted);
	assert_true(attributes.enabled);
	assert_string_equal(attributes.name, "pcu");
	assert_int_equal(attributes.clock_enable_delay_us, 150);
	peer_expect(&peer, WORDS(CLOCK(3), 8), WORDS((uint32_t)SCMI_NOT_FOUND));
	assert_int_equal(scmi_clock_attributes(peer.agent, 8, &attributes),
			 STATUS_ERROR(SCMI_NOT_FOUND));
	/* Without the last word it is an answer of version 1.0. */
	peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 1, 0x00756370, 0, 0, 0));
	assert_int_equal(scmi_clock_attributes(peer.agent, 7, &attributes), -EPROTO);
	end(&peer);

	start(&peer, 0x10000);
	peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 0xffffffff, 0x00756370, 0, 0, 0));
	assert_int_equal(scmi_clock_attributes(peer.agent, 7, &attributes), 0);
	assert_true(attributes.enabled);
	assert_false(attributes.restricted);
	assert_false(attributes.rate_change_notification);
	assert_int_equal(attributes.clock_enable_delay_us, 0);
	end(&peer);
}

static void names_short_and_long(void **state)
{
	struct peer peer;
	char name[64];

	(void)state;
	start(&peer, 0x20000);
	memset(name, 'x', sizeof(name));
	peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 0, 0x00756370, 0, 0, 0, 0));
	assert_int_equal(scmi_clock_name(peer.agent, 7, name), 0);
	assert_string_equal(name, "pcu");
	peer_expect(&peer, WORDS(CLOCK(3), 7),
		    WORDS(0, 0x20000000, 0x41414141, 0x41414141, 0x41414141, 0x00414141, 0));
	peer_expect(&peer, WORDS(CLOCK(8), 7),
		    WORDS(0, 0, 0x41414141, 0x41414141, 0x41414141, 0x41414141, 0x42, 0, 0, 0, 0, 0,
			  0, 0, 0, 0, 0, 0));
	assert_int_equal(scmi_clock_name(peer.agent, 7, name), 0);
	assert_string_equal(name, "AAAAAAAAAAAAAAAAB");
	end(&peer);

	start(&peer, 0x10000);
	assert_int_equal(scmi_clock_name_get(peer.agent, 7, name), -EOPNOTSUPP);
	end(&peer);
}

static void rates_are_read_and_set(void **state)
{
	uint64_t rate_hz = 0;
	struct peer peer;

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 0x80000000, 2));
	assert_int_equal(scmi_clock_rate_get(peer.agent, 7, &rate_hz), 0);
	assert_int_equal(rate_hz, 0x280000000);
	peer_expect(&peer, WORDS(CLOCK(6), 7), WORDS(0, 5));
	assert_int_equal(scmi_clock_rate_get(peer.agent, 7, &rate_hz), -EPROTO);
	assert_int_equal(rate_hz, 0x280000000);

	peer_expect(&peer, WORDS(CLOCK(5), 0, 7, 0x80000000, 2), WORDS(0));
	assert_int_equal(scmi_clock_rate_set(peer.agent, 7, 0x280000000, SCMI_CLOCK_ROUND_DOWN), 0);
	peer_expect(&peer, WORDS(CLOCK(5), 4, 7, 1, 0), WORDS(0));
	assert_int_equal(scmi_clock_rate_set(peer.agent, 7, 1, SCMI_CLOCK_ROUND_UP), 0);
	peer_expect(&peer, WORDS(CLOCK(5), 8, 7, 1, 0), WORDS((uint32_t)SCMI_DENIED));
	assert_int_equal(scmi_clock_rate_set(peer.agent, 7, 1, SCMI_CLOCK_ROUND_AUTO),
			 STATUS_ERROR(SCMI_DENIED));
	peer_expect(&peer, WORDS(CLOCK(5), 3, 7, 1, 0), WORDS(0));
	assert_int_equal(scmi_clock_rate_set_queue(peer.agent, 7, 1, SCMI_CLOCK_ROUND_DOWN), 0);
	end(&peer);
}

/* PROTOCOL_VERSION, then the answer, then the delayed response. */
static void complete_rate_set(struct peer *peer)
{
	uint32_t header = peer_header(peer, peer->sent_count - 1);

	if (peer->sent_count == 1)
		peer_say(peer, WORDS(header, 0, 0x30000));
	else if (peer->waits == 2)
		peer_say(peer, WORDS(header, 0));
	else
		peer_say(peer, WORDS(DELAYED(header), 0, 7, 24000000, 1));
}

static void an_asynchronous_set_blocks_for_its_completion(void **state)
{
	uint64_t set_hz = 0;
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	peer.on_wait = complete_rate_set;
	assert_int_equal(scmi_clock_rate_set_async(peer.agent, 7, 25000000, SCMI_CLOCK_ROUND_UP,
						   &set_hz),
			 0);
	assert_sent(&peer, 1, WORDS(CLOCK(5), 5, 7, 25000000, 0));
	assert_int_equal(set_hz, 0x100000000 + 24000000);
	peer_fini(&peer);

	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x30000));
	assert_int_equal(scmi_clock_rate_set_async(peer.agent, 7, 1, SCMI_CLOCK_ROUND_UP, NULL),
			 -EOPNOTSUPP);
	end(&peer);
}

struct set_outcome {
	int error;
	uint64_t set_hz;
};

static void record_set(void *ctx, const struct scmi_result *result)
{
	struct set_outcome *outcome = ctx;

	outcome->error = scmi_clock_rate_set_result(result, &outcome->set_hz);
}

static void an_asynchronous_set_is_submitted(void **state)
{
	static const struct {
		uint32_t words[4];
		size_t count;
		int error;
	} cases[] = {
		{ { 0, 7, 5, 0 }, 4, 0 },
		{ { 0, 7, 5 }, 3, -EPROTO },
		{ { (uint32_t)SCMI_HARDWARE_ERROR }, 1, STATUS_ERROR(SCMI_HARDWARE_ERROR) },
	};
	struct set_outcome outcome = { .error = 1 };
	struct peer peer;

	(void)state;
	peer_init(&peer, 1, 1, false);
	for (size_t i = 0; i < 3; i++) {
		uint32_t delayed[5];

		assert_int_equal(scmi_clock_rate_set_submit(peer.agent, 7, 5, SCMI_CLOCK_ROUND_AUTO,
							    record_set, &outcome, NULL),
				 0);
		assert_sent(&peer, (unsigned int)i, WORDS(CLOCK(5), 9, 7, 5, 0));
		peer_say(&peer, WORDS(peer_header(&peer, (unsigned int)i), 0));
		delayed[0] = DELAYED(peer_header(&peer, (unsigned int)i));
		memcpy(delayed + 1, cases[i].words, sizeof(cases[i].words));
		peer_say(&peer, delayed, 1 + cases[i].count);
		assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
		assert_int_equal(outcome.error, cases[i].error);
		assert_int_equal(outcome.set_hz, 5);
	}
	peer_fini(&peer);
}

static void subscriptions(void **state)
{
	struct peer peer;

	(void)state;
	start(&peer, 0x20000);
	peer_expect(&peer, WORDS(CLOCK(9), 7, 1), WORDS(0));
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 7, true), 0);
	peer_expect(&peer, WORDS(CLOCK(9), 7, 0), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 7, false),
			 STATUS_ERROR(SCMI_NOT_SUPPORTED));
	peer_expect(&peer, WORDS(CLOCK(10), 7, 1), WORDS(0));
	assert_int_equal(scmi_clock_rate_change_requested_notify(peer.agent, 7, true), 0);
	end(&peer);
}

static void configuration_in_every_version(void **state)
{
	struct peer peer;
	uint32_t value = 9;
	bool enabled = false;

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(7), 7, 1, 0), WORDS(0));
	assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_ON, SCMI_CLOCK_NO_CONFIG,
					       0),
			 0);
	peer_expect(&peer, WORDS(CLOCK(7), 7, 0x10003, 40), WORDS(0));
	assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_UNCHANGED,
					       SCMI_CLOCK_DUTY_CYCLE, 40),
			 0);
	assert_int_equal(scmi_clock_config_set(peer.agent, 7, (enum scmi_clock_state)4, 0, 0),
			 -EINVAL);
	peer_expect(&peer, WORDS(CLOCK(11), 7, 1), WORDS(0, 0xffffffff, 0xffffffff, 40));
	assert_int_equal(scmi_clock_config_get(peer.agent, 7, SCMI_CLOCK_DUTY_CYCLE, &enabled,
					       &value),
			 0);
	assert_true(enabled);
	assert_int_equal(value, 40);
	peer_expect(&peer, WORDS(CLOCK(11), 7, 0), WORDS(0, 0, 0, 0xdeadbeef));
	assert_int_equal(scmi_clock_config_get(peer.agent, 7, SCMI_CLOCK_NO_CONFIG, &enabled,
					       &value),
			 0);
	assert_false(enabled);
	assert_int_equal(value, 0);
	end(&peer);

	for (uint32_t version = 0x10000; version < 0x30000; version += 0x10000) {
		start(&peer, version);
		peer_expect(&peer, WORDS(CLOCK(7), 7, 1), WORDS(0));
		assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_ON, 0, 0), 0);
		peer_expect(&peer, WORDS(CLOCK(7), 7, 0), WORDS(0));
		assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_OFF, 0, 0), 0);
		assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_UNCHANGED, 0, 0),
				 -EOPNOTSUPP);
		assert_int_equal(scmi_clock_config_set(peer.agent, 7, SCMI_CLOCK_ON, 1, 40),
				 -EOPNOTSUPP);
		assert_int_equal(scmi_clock_config_get(peer.agent, 7, 1, &enabled, &value),
				 -EOPNOTSUPP);
		peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 1, 0x00756370, 0, 0, 0, 0));
		enabled = false;
		value = 9;
		assert_int_equal(scmi_clock_config_get(peer.agent, 7, 0, &enabled, &value), 0);
		assert_true(enabled);
		assert_int_equal(value, 0);
		end(&peer);
	}
}

static void parents_and_permissions(void **state)
{
	struct scmi_clock_get_permissions_response permissions;
	struct peer peer;
	uint32_t parent_id = 0;

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(13), 7, 3), WORDS(0));
	assert_int_equal(scmi_clock_parent_set(peer.agent, 7, 3), 0);
	peer_expect(&peer, WORDS(CLOCK(14), 7), WORDS(0, 3));
	assert_int_equal(scmi_clock_parent_get(peer.agent, 7, &parent_id), 0);
	assert_int_equal(parent_id, 3);
	peer_expect(&peer, WORDS(CLOCK(15), 7), WORDS(0, 0xa0000000));
	assert_int_equal(scmi_clock_get_permissions(peer.agent, 7, &permissions), 0);
	assert_true(permissions.state);
	assert_false(permissions.parent);
	assert_true(permissions.rate);
	end(&peer);
}

static void old_platforms_are_not_asked_for_new_messages(void **state)
{
	struct scmi_clock_get_permissions_response permissions;
	uint32_t id[1];
	struct scmi_clock_parents parents = { .clock_ids = id, .space = 1 };
	struct peer peer;

	(void)state;
	start(&peer, 0x20000);
	assert_int_equal(scmi_clock_parent_set(peer.agent, 7, 3), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_parent_get(peer.agent, 7, id), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_possible_parents_get(peer.agent, 7, 0, &parents), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_get_permissions(peer.agent, 7, &permissions), -EOPNOTSUPP);
	assert_int_equal(peer.sent_count, 1);
	end(&peer);
	start(&peer, 0x10000);
	assert_int_equal(scmi_clock_rate_notify(peer.agent, 7, true), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_rate_change_requested_notify(peer.agent, 7, true), -EOPNOTSUPP);
	assert_int_equal(peer.sent_count, 1);
	end(&peer);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void rates_by_the_message(void **state)
{
	uint64_t hz[8];
	struct scmi_clock_rates rates = { .rates_hz = hz, .space = 3 };
	struct peer peer;

	(void)state;
	start(&peer, 0x30000);
	/* Four came, three fit: the fourth and the ten behind it remain. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 5), WORDS(0, 10 << 16 | 4, 1, 0, 2, 0, 3, 0, 4, 1));
	assert_int_equal(scmi_clock_describe_rates(peer.agent, 7, 5, &rates), 0);
	assert_int_equal(rates.count, 3);
	assert_int_equal(rates.remaining, 11);
	assert_false(rates.triplet);
	assert_int_equal(hz[2], 3);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 8), WORDS(0, 1, 4, 1));
	assert_int_equal(scmi_clock_describe_rates(peer.agent, 7, 8, &rates), 0);
	assert_int_equal(rates.count, 1);
	assert_int_equal(rates.remaining, 0);
	assert_int_equal(hz[0], 0x100000004);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 1 << 12 | 3, 10, 0, 100, 0, 5, 0));
	assert_int_equal(scmi_clock_describe_rates(peer.agent, 7, 0, &rates), 0);
	assert_true(rates.triplet);
	assert_int_equal(rates.count, 3);
	assert_int_equal(hz[1], 100);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 9), WORDS((uint32_t)SCMI_OUT_OF_RANGE));
	assert_int_equal(scmi_clock_describe_rates(peer.agent, 7, 9, &rates),
			 STATUS_ERROR(SCMI_OUT_OF_RANGE));
	rates.space = 2;
	assert_int_equal(scmi_clock_describe_rates(peer.agent, 7, 0, &rates), -EINVAL);
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EINVAL);
	end(&peer);
}

static void all_rates(void **state)
{
	uint64_t hz[8];
	struct scmi_clock_rates rates = { .rates_hz = hz, .space = 8 };
	struct peer peer;

	(void)state;
	start(&peer, 0x10000);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 3 << 16 | 2, 1, 0, 2, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 2), WORDS(0, 2 << 16 | 1, 3, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 3), WORDS(0, 2, 4, 0, 5, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), 0);
	assert_int_equal(rates.count, 5);
	assert_int_equal(rates.remaining, 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(hz[i], i + 1);

	/* A small array ends it early, without harm. */
	rates.space = 3;
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 3 << 16 | 2, 1, 0, 2, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 2), WORDS(0, 1 << 16 | 2, 8, 0, 9, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), 0);
	assert_int_equal(rates.count, 3);
	assert_int_equal(rates.remaining, 2);
	assert_int_equal(hz[2], 8);
	assert_int_equal(hz[3], 4);

	/* A platform that miscounts its triplet, and one without any rate. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 1 << 12 | 1, 10, 0, 100, 0, 5, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), 0);
	assert_true(rates.triplet);
	assert_int_equal(rates.count, 3);
	assert_int_equal(hz[2], 5);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), 0);
	assert_int_equal(rates.count, 0);
	end(&peer);
}

static void a_platform_that_contradicts_itself_about_rates(void **state)
{
	uint64_t hz[8];
	struct scmi_clock_rates rates = { .rates_hz = hz, .space = 8 };
	struct peer peer;

	(void)state;
	start(&peer, 0x30000);
	/* No progress, at once or later. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 3 << 16));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 3 << 16 | 1, 1, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 1), WORDS(0, 3 << 16));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	/* More than announced. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 2 << 16 | 1, 1, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 1), WORDS(0, 2 << 16 | 1, 1, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	/* More than the answer has bytes for. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 2, 1, 0, 2));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	/* A triplet of two, one with a rest, one behind a list. */
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 1 << 12 | 2, 1, 0, 2, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0),
		    WORDS(0, 1 << 16 | 1 << 12 | 3, 1, 0, 2, 0, 1, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(4), 7, 0), WORDS(0, 3 << 16 | 1, 1, 0));
	peer_expect(&peer, WORDS(CLOCK(4), 7, 1), WORDS(0, 1 << 12 | 3, 1, 0, 2, 0, 1, 0));
	assert_int_equal(scmi_clock_list_rates(peer.agent, 7, &rates), -EPROTO);
	end(&peer);
}

static void all_parents(void **state)
{
	uint32_t ids[4];
	struct scmi_clock_parents parents = { .clock_ids = ids, .space = 4 };
	struct peer peer;

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS(0, 1 << 24 | 2, 5, 6));
	peer_expect(&peer, WORDS(CLOCK(12), 7, 2), WORDS(0, 1, 9));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), 0);
	assert_int_equal(parents.count, 3);
	assert_int_equal(parents.remaining, 0);
	assert_int_equal(ids[0], 5);
	assert_int_equal(ids[1], 6);
	assert_int_equal(ids[2], 9);

	parents.space = 1;
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS(0, 1 << 24 | 2, 5, 6));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), 0);
	assert_int_equal(parents.count, 1);
	assert_int_equal(parents.remaining, 2);
	peer_expect(&peer, WORDS(CLOCK(12), 7, 1), WORDS(0, 1 << 24 | 1, 6));
	assert_int_equal(scmi_clock_possible_parents_get(peer.agent, 7, 1, &parents), 0);
	assert_int_equal(parents.remaining, 1);
	assert_int_equal(ids[0], 6);

	parents.space = 4;
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS(0, 1 << 24));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS(0, 1 << 24 | 1, 5));
	peer_expect(&peer, WORDS(CLOCK(12), 7, 1), WORDS(0, 1 << 24 | 1, 5));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS(0, 2, 5));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), -EPROTO);
	peer_expect(&peer, WORDS(CLOCK(12), 7, 0), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents),
			 STATUS_ERROR(SCMI_NOT_SUPPORTED));
	parents.space = 0;
	assert_int_equal(scmi_clock_list_parents(peer.agent, 7, &parents), -EINVAL);
	end(&peer);
}

static void the_state_without_sleeping(void **state)
{
	struct peer peer;
	bool enabled = false;

	(void)state;
	/* The version is asked for as well, once. */
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(7), 7, 1, 0), WORDS(0));
	assert_int_equal(scmi_clock_state_set_polled(peer.agent, 7, true, 1), 0);
	peer_expect(&peer, WORDS(CLOCK(7), 7, 0, 0), WORDS((uint32_t)SCMI_DENIED));
	assert_int_equal(scmi_clock_state_set_polled(peer.agent, 7, false, 1),
			 STATUS_ERROR(SCMI_DENIED));
	peer_expect(&peer, WORDS(CLOCK(11), 7, 0), WORDS(0, 0, 1, 0));
	assert_int_equal(scmi_clock_state_get_polled(peer.agent, 7, &enabled, 1), 0);
	assert_true(enabled);
	assert_int_equal(scmi_clock_state_set_polled(peer.agent, 7, true, 0), -EINVAL);
	assert_int_equal(scmi_clock_state_get_polled(peer.agent, 7, &enabled, 0), -EINVAL);
	assert_int_equal(peer.waits, 0);
	end(&peer);

	start(&peer, 0x20000);
	peer_expect(&peer, WORDS(CLOCK(3), 7), WORDS(0, 1, 0x00756370, 0, 0, 0, 0));
	enabled = false;
	assert_int_equal(scmi_clock_state_get_polled(peer.agent, 7, &enabled, 1), 0);
	assert_true(enabled);
	peer_expect(&peer, WORDS(CLOCK(7), 7, 0), WORDS(0));
	assert_int_equal(scmi_clock_state_set_polled(peer.agent, 7, false, 1), 0);
	assert_int_equal(peer.waits, 0);
	end(&peer);
}

/* Each message has the budget for itself; nothing is left of the time limit of a call that sleeps. */
static void a_poll_budget_runs_out(void **state)
{
	struct peer peer;
	bool enabled;

	(void)state;
	peer_init(&peer, 1, 1, true);
	assert_int_equal(scmi_clock_state_get_polled(peer.agent, 7, &enabled, 3), -ETIMEDOUT);
	assert_int_equal(peer.now_ns, 1000 + 3000);
	assert_int_equal(peer.sent_count, 1);
	assert_int_equal(peer.waits, 0);
	peer_fini(&peer);
}

/* The change of another agent's rate makes this one look whether the clock runs. */
static void look_at_state(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
			  size_t size)
{
	struct peer *peer = ctx;
	bool enabled = false;

	(void)protocol_id;
	(void)message_id;
	(void)payload;
	(void)size;
	assert_int_equal(scmi_clock_config_get(peer->agent, 7, 0, &enabled, NULL), -EDEADLK);
	assert_int_equal(scmi_clock_state_get_polled(peer->agent, 7, &enabled, 1), 0);
	assert_true(enabled);
}

static void a_callback_may_poll(void **state)
{
	struct peer peer;
	struct scmi_listener listener = {
		.protocol_id = 0x14,
		.message_id = 0,
		.event = look_at_state,
		.ctx = &peer,
	};

	(void)state;
	start(&peer, 0x30000);
	peer_expect(&peer, WORDS(CLOCK(11), 7, 0), WORDS(0, 0, 1, 0));
	scmi_agent_listen(peer.agent, &listener);
	peer_say(&peer, WORDS(NOTIFICATION(CLOCK(0)), 0, 7, 1000, 0));
	assert_int_equal(scmi_agent_dispatch(peer.agent), 1);
	end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_in_every_version),
		cmocka_unit_test(names_short_and_long),
		cmocka_unit_test(rates_are_read_and_set),
		cmocka_unit_test(an_asynchronous_set_blocks_for_its_completion),
		cmocka_unit_test(an_asynchronous_set_is_submitted),
		cmocka_unit_test(subscriptions),
		cmocka_unit_test(configuration_in_every_version),
		cmocka_unit_test(the_state_without_sleeping),
		cmocka_unit_test(a_poll_budget_runs_out),
		cmocka_unit_test(a_callback_may_poll),
		cmocka_unit_test(parents_and_permissions),
		cmocka_unit_test(old_platforms_are_not_asked_for_new_messages),
		cmocka_unit_test(rates_by_the_message),
		cmocka_unit_test(all_rates),
		cmocka_unit_test(a_platform_that_contradicts_itself_about_rates),
		cmocka_unit_test(all_parents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
