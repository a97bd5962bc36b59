/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The base protocol's typed calls, byte for byte. */
#include "peer.h"

#include <scmi/base.h>

#define DENIED_ERROR    (SCMI_ERROR_BASE + SCMI_DENIED)
#define NOT_FOUND_ERROR (SCMI_ERROR_BASE + SCMI_NOT_FOUND)

static void start(struct peer *peer, uint32_t version)
{
	peer_init(peer, 1, 1, true);
	peer_expect(peer, WORDS(BASE(0)), WORDS(0, version));
}

static void end(struct peer *peer)
{
	peer_expect_end(peer);
	peer_fini(peer);
}

static void who_the_platform_is(void **state)
{
	struct scmi_base_protocol_attributes_response attributes;
	struct peer peer;
	uint32_t version = 0;
	char name[16];

	(void)state;
	start(&peer, 0x20001);
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0xffff0205));
	assert_int_equal(scmi_base_protocol_attributes(peer.agent, &attributes), 0);
	assert_int_equal(attributes.num_agents, 2);
	assert_int_equal(attributes.num_protocols, 5);

	peer_expect(&peer, WORDS(BASE(3)), WORDS(0, 0x6c6c6548, 0x6f, 0, 0));
	assert_int_equal(scmi_base_discover_vendor(peer.agent, name), 0);
	assert_string_equal(name, "Hello");
	/* A name without its end is cut, a longer answer is fine, a shorter one is not. */
	peer_expect(&peer, WORDS(BASE(4)),
		    WORDS(0, 0x41414141, 0x41414141, 0x41414141, 0x41414141, 9));
	assert_int_equal(scmi_base_discover_sub_vendor(peer.agent, name), 0);
	assert_string_equal(name, "AAAAAAAAAAAAAAA");
	peer_expect(&peer, WORDS(BASE(3)), WORDS(0, 0x42424242, 0, 0));
	assert_int_equal(scmi_base_discover_vendor(peer.agent, name), -EPROTO);
	peer_expect(&peer, WORDS(BASE(4)), WORDS((uint32_t)SCMI_NOT_FOUND));
	assert_int_equal(scmi_base_discover_sub_vendor(peer.agent, name), NOT_FOUND_ERROR);
	assert_string_equal(name, "AAAAAAAAAAAAAAA");

	peer_expect(&peer, WORDS(BASE(5)), WORDS(0, 0x01020304));
	assert_int_equal(scmi_base_discover_implementation_version(peer.agent, &version), 0);
	assert_int_equal(version, 0x01020304);
	end(&peer);
}

static void protocols_by_the_message(void **state)
{
	struct peer peer;
	uint8_t ids[4] = { 0 };
	uint32_t count;

	(void)state;
	start(&peer, 0x20000);
	peer_expect(&peer, WORDS(BASE(6), 1), WORDS(0, 5, 0x14131211, 0x15));
	assert_int_equal(scmi_base_discover_list_protocols(peer.agent, 1, ids, 3, &count), 0);
	assert_int_equal(count, 3);
	assert_memory_equal(ids, "\x11\x12\x13\0", 4);
	peer_expect(&peer, WORDS(BASE(6), 6), WORDS(0, 0));
	assert_int_equal(scmi_base_discover_list_protocols(peer.agent, 6, ids, 3, &count), 0);
	assert_int_equal(count, 0);
	peer_expect(&peer, WORDS(BASE(6), 7), WORDS((uint32_t)SCMI_INVALID_PARAMETERS));
	assert_int_equal(scmi_base_discover_list_protocols(peer.agent, 7, ids, 3, &count),
			 SCMI_ERROR_BASE + SCMI_INVALID_PARAMETERS);
	/* More ids announced than the answer has bytes. */
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 5, 0x14131211));
	assert_int_equal(scmi_base_discover_list_protocols(peer.agent, 0, ids, 3, &count), -EPROTO);
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 0xffffffff, 0x14131211));
	assert_int_equal(scmi_base_discover_list_protocols(peer.agent, 0, ids, 3, &count), -EPROTO);
	end(&peer);
}

static void the_whole_list_of_protocols(void **state)
{
	struct peer peer;
	uint8_t ids[8] = { 0 };
	uint32_t count;

	(void)state;
	start(&peer, 0x20000);
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0x0105));
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 4, 0x14131211));
	peer_expect(&peer, WORDS(BASE(6), 4), WORDS(0, 1, 0x15));
	assert_int_equal(scmi_base_list_protocols(peer.agent, ids, 8, &count), 0);
	assert_int_equal(count, 5);
	assert_memory_equal(ids, "\x11\x12\x13\x14\x15\0\0\0", 8);

	/* A small array gets the first ones and still learns how many there are. */
	memset(ids, 0, sizeof(ids));
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0x0105));
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 4, 0x14131211));
	peer_expect(&peer, WORDS(BASE(6), 4), WORDS(0, 1, 0x15));
	assert_int_equal(scmi_base_list_protocols(peer.agent, ids, 2, &count), 0);
	assert_int_equal(count, 5);
	assert_memory_equal(ids, "\x11\x12\0", 3);

	/* None at all, and nothing is asked for. */
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0x0100));
	assert_int_equal(scmi_base_list_protocols(peer.agent, ids, 8, &count), 0);
	assert_int_equal(count, 0);

	/* Fewer, or more, than announced. */
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0x0105));
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 4, 0x14131211));
	peer_expect(&peer, WORDS(BASE(6), 4), WORDS(0, 0));
	assert_int_equal(scmi_base_list_protocols(peer.agent, ids, 8, &count), -EPROTO);
	peer_expect(&peer, WORDS(BASE(1)), WORDS(0, 0x0103));
	peer_expect(&peer, WORDS(BASE(6), 0), WORDS(0, 4, 0x14131211));
	assert_int_equal(scmi_base_list_protocols(peer.agent, ids, 8, &count), -EPROTO);
	end(&peer);
}

static void agents_are_discovered_in_every_version(void **state)
{
	struct scmi_base_discover_agent_response found;
	struct peer peer;

	(void)state;
	start(&peer, 0x20001);
	peer_expect(&peer, WORDS(BASE(7), 0xffffffff), WORDS(0, 3, 0x756e696c, 0x78, 0, 0));
	assert_int_equal(scmi_base_discover_agent(peer.agent, SCMI_BASE_CALLER, &found), 0);
	assert_int_equal(found.agent_id, 3);
	assert_string_equal(found.name, "linux");
	peer_expect(&peer, WORDS(BASE(7), 9), WORDS((uint32_t)SCMI_NOT_FOUND));
	assert_int_equal(scmi_base_discover_agent(peer.agent, 9, &found), NOT_FOUND_ERROR);
	end(&peer);

	start(&peer, 0x10000);
	peer_expect(&peer, WORDS(BASE(7), 2), WORDS(0, 0x756e696c, 0x78, 0, 0));
	assert_int_equal(scmi_base_discover_agent(peer.agent, 2, &found), 0);
	assert_int_equal(found.agent_id, 2);
	assert_string_equal(found.name, "linux");
	end(&peer);
}

static void permissions_and_reset(void **state)
{
	struct peer peer;

	(void)state;
	start(&peer, 0x20000);
	peer_expect(&peer, WORDS(BASE(8), 1), WORDS(0));
	assert_int_equal(scmi_base_notify_errors(peer.agent, true), 0);
	peer_expect(&peer, WORDS(BASE(8), 0), WORDS(0));
	assert_int_equal(scmi_base_notify_errors(peer.agent, false), 0);
	peer_expect(&peer, WORDS(BASE(9), 2, 77, 1), WORDS(0));
	assert_int_equal(scmi_base_set_device_permissions(peer.agent, 2, 77, true), 0);
	peer_expect(&peer, WORDS(BASE(9), 2, 77, 0), WORDS((uint32_t)SCMI_DENIED));
	assert_int_equal(scmi_base_set_device_permissions(peer.agent, 2, 77, false), DENIED_ERROR);
	peer_expect(&peer, WORDS(BASE(10), 2, 77, 0x14, 0), WORDS(0));
	assert_int_equal(scmi_base_set_protocol_permissions(peer.agent, 2, 77, 0x14, false), 0);
	peer_expect(&peer, WORDS(BASE(11), 2, 1), WORDS(0));
	assert_int_equal(scmi_base_reset_agent_configuration(peer.agent, 2, true), 0);
	end(&peer);
}

static void old_platforms_are_not_asked_for_new_messages(void **state)
{
	struct peer peer;

	(void)state;
	start(&peer, 0x10000);
	assert_int_equal(scmi_base_set_device_permissions(peer.agent, 2, 77, true), -EOPNOTSUPP);
	assert_int_equal(scmi_base_set_protocol_permissions(peer.agent, 2, 77, 0x14, true),
			 -EOPNOTSUPP);
	assert_int_equal(scmi_base_reset_agent_configuration(peer.agent, 2, true), -EOPNOTSUPP);
	assert_int_equal(peer.sent_count, 1);
	end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_the_platform_is),
		cmocka_unit_test(protocols_by_the_message),
		cmocka_unit_test(the_whole_list_of_protocols),
		cmocka_unit_test(agents_are_discovered_in_every_version),
		cmocka_unit_test(permissions_and_reset),
		cmocka_unit_test(old_platforms_are_not_asked_for_new_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
