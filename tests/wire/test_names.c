/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/effects.h"
#include "wire/names.h"

static void protocols(void **state)
{
	(void)state;
	assert_string_equal(scmi_protocol_name(0x10), "base");
	assert_string_equal(scmi_protocol_name(0x14), "clock");
	assert_string_equal(scmi_protocol_name(0x19), "pinctrl");
	assert_null(scmi_protocol_name(0x0f));
	assert_null(scmi_protocol_name(0x80));
	assert_int_equal(scmi_protocol_find("clock"), 0x14);
	assert_int_equal(scmi_protocol_find("CLOCK"), 0x14);
	assert_int_equal(scmi_protocol_find("powercap"), 0x18);
	assert_int_equal(scmi_protocol_find("power"), 0x11);
	assert_int_equal(scmi_protocol_find("clo"), -1);
	assert_int_equal(scmi_protocol_find("clocks"), -1);
	assert_int_equal(scmi_protocol_find(""), -1);
}

static void messages(void **state)
{
	(void)state;
	assert_string_equal(scmi_message_name(0x14, SCMI_COMMAND, 0x5), "CLOCK_RATE_SET");
	assert_string_equal(scmi_message_name(0x14, SCMI_DELAYED_RESPONSE, 0x5),
			    "CLOCK_RATE_SET_COMPLETE");
	assert_string_equal(scmi_message_name(0x14, SCMI_NOTIFICATION, 0x1),
			    "CLOCK_RATE_CHANGE_REQUESTED");
	assert_string_equal(scmi_message_name(0x13, SCMI_COMMAND, 0x10),
			    "NEGOTIATE_PROTOCOL_VERSION");
	assert_string_equal(scmi_message_name(0x10, SCMI_COMMAND, 0x1), "PROTOCOL_ATTRIBUTES");
	/* No such command, no such delayed response, no such type. */
	assert_null(scmi_message_name(0x13, SCMI_COMMAND, 0xd));
	assert_null(scmi_message_name(0x14, SCMI_DELAYED_RESPONSE, 0x4));
	assert_null(scmi_message_name(0x14, 1, 0x0));
	assert_null(scmi_message_name(0x14, 4, 0x0));
	assert_null(scmi_message_name(0x14, SCMI_COMMAND, 0xffffffff));
	/* A vendor's protocol has what all have, and nothing else. */
	assert_string_equal(scmi_message_name(0x80, SCMI_COMMAND, 0x0), "PROTOCOL_VERSION");
	assert_null(scmi_message_name(0x80, SCMI_COMMAND, 0x3));
	assert_null(scmi_message_name(0x80, SCMI_NOTIFICATION, 0x0));
}

static void messages_by_name(void **state)
{
	(void)state;
	assert_int_equal(scmi_message_find(0x14, "CLOCK_RATE_SET"), 0x5);
	assert_int_equal(scmi_message_find(0x14, "clock_rate_set"), 0x5);
	assert_int_equal(scmi_message_find(0x14, "RATE_SET"), 0x5);
	assert_int_equal(scmi_message_find(0x14, "rate-set"), 0x5);
	assert_int_equal(scmi_message_find(0x14, "attributes"), 0x3);
	assert_int_equal(scmi_message_find(0x14, "protocol_attributes"), 0x1);
	assert_int_equal(scmi_message_find(0x10, "discover_vendor"), 0x3);
	assert_int_equal(scmi_message_find(0x13, "performance-level-get"), 0x8);
	assert_int_equal(scmi_message_find(0x16, "protocol_version"), 0x0);
	assert_int_equal(scmi_message_find(0x80, "negotiate_protocol_version"), 0x10);
	assert_int_equal(scmi_message_find(0x14, "RATE"), -1);
	assert_int_equal(scmi_message_find(0x14, "_RATE_SET"), -1);
	assert_int_equal(scmi_message_find(0x14, "CLOCK_RATE_SET_COMPLETE"), -1);
	assert_int_equal(scmi_message_find(0x14, ""), -1);
}

static void statuses(void **state)
{
	(void)state;
	assert_string_equal(scmi_status_name(0), "SUCCESS");
	assert_string_equal(scmi_status_name(-3), "DENIED");
	assert_string_equal(scmi_status_name(-12), "PARTIAL_ERROR");
	assert_string_equal(scmi_status_name(-13), "unassigned");
	assert_string_equal(scmi_status_name(-127), "unassigned");
	assert_string_equal(scmi_status_name(-128), "vendor");
	assert_string_equal(scmi_status_name(1), "unassigned");
}

static void versions(void **state)
{
	const uint32_t *list;
	size_t count;

	(void)state;
	list = scmi_protocol_versions(0x10, &count);
	assert_int_equal(count, 3);
	assert_int_equal(list[0], 0x10000);
	assert_int_equal(list[2], 0x20001);
	assert_int_equal(scmi_protocol_newest(0x10), 0x20001);
	assert_int_equal(scmi_protocol_newest(0x14), 0x30000);
	assert_int_equal(scmi_protocol_newest(0x15), 0x30001);
	assert_int_equal(scmi_protocol_newest(0x13), 0x40000);
	assert_null(scmi_protocol_versions(0x16, &count));
	assert_int_equal(count, 0);
	assert_int_equal(scmi_protocol_newest(0x16), 0);
}

static void request_sizes(void **state)
{
	(void)state;
	assert_int_equal(scmi_request_size(0x14, 0x7, 0x20000), 8);
	assert_int_equal(scmi_request_size(0x14, 0x7, 0x30000), 12);
	assert_int_equal(scmi_request_size(0x14, 0x8, 0x10000), -1);
	assert_int_equal(scmi_request_size(0x14, 0x10, 0x10000), 4);
	assert_int_equal(scmi_request_size(0x14, 0x11, 0x30000), -1);
	assert_int_equal(scmi_request_size(0x16, 0x0, 0x10000), -1);
}

static struct scmi_effect effect_of(uint32_t protocol_id, uint32_t message_id, uint32_t first,
				    uint32_t second, size_t size)
{
	struct scmi_effect effect;
	uint8_t payload[8];

	scmi_put_le32(payload, first);
	scmi_put_le32(payload + 4, second);
	scmi_effect_of(&effect, protocol_id, message_id, payload, size);
	return effect;
}

static void effects(void **state)
{
	struct scmi_effect effect = effect_of(0x14, 0x9, 7, 1, 8);

	(void)state;
	assert_int_equal(effect.notification_id, 0);
	assert_true(effect.enable);
	assert_int_equal(effect.key_size, 4);
	assert_false(effect.delayed);
	effect = effect_of(0x14, 0xa, 7, 0, 8);
	assert_int_equal(effect.notification_id, 1);
	assert_false(effect.enable);
	effect = effect_of(0x10, 0x8, 1, 0, 4);
	assert_int_equal(effect.notification_id, 0);
	assert_true(effect.enable);
	assert_int_equal(effect.key_size, 0);
	/* Too short to say what it wants; no subscription; not described. */
	assert_int_equal(effect_of(0x14, 0x9, 7, 1, 7).notification_id, -1);
	assert_int_equal(effect_of(0x14, 0x6, 7, 1, 8).notification_id, -1);
	assert_int_equal(effect_of(0x80, 0x9, 7, 1, 8).notification_id, -1);

	assert_true(effect_of(0x14, 0x5, 1, 0, 8).delayed);
	assert_true(effect_of(0x14, 0x5, 0xd, 0, 8).delayed);
	assert_false(effect_of(0x14, 0x5, 0, 0, 8).delayed);
	assert_false(effect_of(0x14, 0x5, 3, 0, 8).delayed);
	assert_true(effect_of(0x15, 0x6, 0, 1, 8).delayed);
	assert_false(effect_of(0x15, 0x6, 1, 0, 8).delayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols),
		cmocka_unit_test(messages),
		cmocka_unit_test(messages_by_name),
		cmocka_unit_test(statuses),
		cmocka_unit_test(versions),
		cmocka_unit_test(request_sizes),
		cmocka_unit_test(effects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
