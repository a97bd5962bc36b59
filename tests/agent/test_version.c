/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which version is spoken, and what every protocol has. */
#include "peer.h"

#define NOT_SUPPORTED_ERROR (SCMI_ERROR_BASE + SCMI_NOT_SUPPORTED)

static void the_version_is_asked_once(void **state)
{
	struct peer peer;
	uint32_t version;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20000));
	peer_expect(&peer, WORDS(BASE(0)), WORDS(0, 0x20001));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x20000);
	assert_int_equal(scmi_agent_version(peer.agent, 0x10, &version), 0);
	assert_int_equal(version, 0x20001);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x20000);
	peer_expect_end(&peer);
	scmi_agent_reset(peer.agent);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x10000));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x10000);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void answer_and_reset(struct peer *peer)
{
	peer_say(peer, WORDS(peer_header(peer, peer->sent_count - 1), 0, 0x20000));
	scmi_agent_reset(peer->agent);
}

static void a_version_from_before_a_reset_is_not_remembered(void **state)
{
	struct peer peer;
	uint32_t version = 0;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer.on_wait = answer_and_reset;
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x20000);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(peer.sent_count, 2);
	peer_fini(&peer);
}

static void an_unknown_version_is_spoken_as_the_one_before(void **state)
{
	struct peer peer;
	uint32_t version;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x20001));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x20000);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void a_newer_platform_is_told(void **state)
{
	struct peer peer;
	uint32_t version = 0;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x50002));
	peer_expect(&peer, WORDS(CLOCK(0x10), 0x30000), WORDS(0));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x30000);
	peer_expect_end(&peer);

	/* It refuses: another major version cannot be spoken blindly, nor is it remembered … */
	scmi_agent_reset(peer.agent);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x50002));
	peer_expect(&peer, WORDS(CLOCK(0x10), 0x30000), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), NOT_SUPPORTED_ERROR);

	/* … but another minor version can. */
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0x30001));
	peer_expect(&peer, WORDS(CLOCK(0x10), 0x30000), WORDS((uint32_t)SCMI_NOT_FOUND));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x30000);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void what_cannot_be_spoken(void **state)
{
	struct peer peer;
	uint32_t version = 7;

	(void)state;
	peer_init(&peer, 1, 1, true);
	assert_int_equal(scmi_agent_version(peer.agent, 0x0f, &version), -EOPNOTSUPP);
	assert_int_equal(scmi_agent_version(peer.agent, 0x1f, &version), -EOPNOTSUPP);
	assert_int_equal(scmi_agent_version(peer.agent, 0x80, &version), -EOPNOTSUPP);
	assert_int_equal(scmi_agent_negotiate(peer.agent, 0x80, 0x10000), -EOPNOTSUPP);
	assert_int_equal(scmi_agent_negotiate(peer.agent, 0x14, 0x20001), -EOPNOTSUPP);
	assert_int_equal(scmi_agent_negotiate(peer.agent, 0x14, 0), -EOPNOTSUPP);
	assert_int_equal(peer.sent_count, 0);
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0, 0));
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS(0));
	peer_expect(&peer, WORDS(CLOCK(0)), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), -EPROTO);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), -EPROTO);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), NOT_SUPPORTED_ERROR);
	assert_int_equal(version, 7);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void a_version_is_negotiated(void **state)
{
	struct peer peer;
	uint32_t version = 0;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(CLOCK(0x10), 0x10000), WORDS(0));
	assert_int_equal(scmi_agent_negotiate(peer.agent, 0x14, 0x10000), 0);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x10000);
	peer_expect(&peer, WORDS(CLOCK(0x10), 0x30000), WORDS((uint32_t)SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_agent_negotiate(peer.agent, 0x14, 0x30000), NOT_SUPPORTED_ERROR);
	assert_int_equal(scmi_agent_version(peer.agent, 0x14, &version), 0);
	assert_int_equal(version, 0x10000);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

static void message_attributes_need_no_version(void **state)
{
	struct peer peer;
	uint32_t attributes = 0;

	(void)state;
	peer_init(&peer, 1, 1, true);
	peer_expect(&peer, WORDS(HEADER(0x80, 2), 0x33), WORDS(0, 0x80000001));
	peer_expect(&peer, WORDS(CLOCK(2), 0x40), WORDS((uint32_t)SCMI_NOT_FOUND));
	peer_expect(&peer, WORDS(CLOCK(2), 0x5), WORDS(0, 0));
	peer_expect(&peer, WORDS(CLOCK(2), 0x5), WORDS(0));
	assert_int_equal(scmi_agent_message_attributes(peer.agent, 0x80, 0x33, &attributes), 0);
	assert_int_equal(attributes, 0x80000001);
	assert_int_equal(scmi_agent_message_attributes(peer.agent, 0x14, 0x40, &attributes),
			 SCMI_ERROR_BASE + SCMI_NOT_FOUND);
	assert_int_equal(scmi_agent_message_attributes(peer.agent, 0x14, 5, NULL), 0);
	assert_int_equal(scmi_agent_message_attributes(peer.agent, 0x14, 5, &attributes), -EPROTO);
	peer_expect_end(&peer);
	peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_asked_once),
		cmocka_unit_test(a_version_from_before_a_reset_is_not_remembered),
		cmocka_unit_test(an_unknown_version_is_spoken_as_the_one_before),
		cmocka_unit_test(a_newer_platform_is_told),
		cmocka_unit_test(what_cannot_be_spoken),
		cmocka_unit_test(a_version_is_negotiated),
		cmocka_unit_test(message_attributes_need_no_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
