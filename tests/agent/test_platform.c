/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every typed call against the platform engine, both in this process. */
#include "both_ends.h"

#include <scmi/base.h>
#include <scmi/clock.h>

#define STATUS_ERROR(status) (SCMI_ERROR_BASE + (status))

static void who_is_there(void **state)
{
	struct scmi_base_protocol_attributes_response attributes;
	struct scmi_base_discover_agent_response found;
	struct both_ends world;
	struct scmi_agent *agent;
	uint32_t version;
	uint32_t count;
	uint8_t ids[4];
	char name[16];

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_agent_version(agent, SCMI_BASE_PROTOCOL, &version), 0);
	assert_int_equal(version, SCMI_BASE_VERSION_NEWEST);
	assert_int_equal(scmi_base_protocol_attributes(agent, &attributes), 0);
	assert_int_equal(attributes.num_agents, 2);
	assert_int_equal(attributes.num_protocols, 1);
	assert_int_equal(scmi_base_discover_vendor(agent, name), 0);
	assert_string_equal(name, "libscmi");
	assert_int_equal(scmi_base_discover_sub_vendor(agent, name), 0);
	assert_string_equal(name, "tests");
	assert_int_equal(scmi_base_discover_implementation_version(agent, &version), 0);
	assert_int_equal(version, 0x10203);
	assert_int_equal(scmi_base_list_protocols(agent, ids, 4, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], SCMI_CLOCK_PROTOCOL);
	assert_int_equal(scmi_base_discover_list_protocols(agent, 1, ids, 4, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(scmi_base_discover_agent(agent, SCMI_BASE_CALLER, &found), 0);
	assert_int_equal(found.agent_id, 1);
	assert_string_equal(found.name, "main");
	assert_int_equal(scmi_base_discover_agent(agent, 2, &found), 0);
	assert_string_equal(found.name, "guest");
	assert_int_equal(scmi_base_discover_agent(agent, SCMI_BASE_PLATFORM, &found), 0);
	assert_string_equal(found.name, "platform");

	assert_int_equal(scmi_base_discover_agent(world.guest.agent, SCMI_BASE_CALLER, &found), 0);
	assert_string_equal(found.name, "guest");
	assert_int_equal(scmi_base_discover_agent(world.guest.agent, 2, &found),
			 STATUS_ERROR(SCMI_NOT_FOUND));
	both_ends_fini(&world);
}

static void messages_exist_or_not(void **state)
{
	struct both_ends world;
	uint32_t attributes = 1;

	(void)state;
	both_ends_init(&world, true);
	assert_int_equal(scmi_agent_message_attributes(world.main.agent, SCMI_CLOCK_PROTOCOL,
						       SCMI_CLOCK_PARENT_SET, &attributes),
			 0);
	assert_int_equal(attributes, 0);
	assert_int_equal(scmi_agent_message_attributes(world.main.agent, SCMI_CLOCK_PROTOCOL, 0x77,
						       NULL),
			 STATUS_ERROR(SCMI_NOT_FOUND));
	assert_int_equal(scmi_agent_message_attributes(world.main.agent, 0x15, 0, NULL),
			 STATUS_ERROR(SCMI_NOT_SUPPORTED));
	both_ends_fini(&world);
}

static void clocks_and_their_names(void **state)
{
	struct scmi_clock_protocol_attributes_response protocol;
	struct scmi_clock_attributes_response attributes;
	struct both_ends world;
	struct scmi_agent *agent;
	char name[64];

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_protocol_attributes(agent, &protocol), 0);
	assert_int_equal(protocol.num_clocks, CLOCKS);
	assert_int_equal(protocol.max_pending_async, 2);
	assert_int_equal(scmi_clock_attributes(agent, LONG, &attributes), 0);
	assert_true(attributes.extended_name);
	assert_true(attributes.extended_config);
	assert_true(attributes.rate_change_notification);
	assert_false(attributes.enabled);
	assert_false(attributes.parent_advertised);
	assert_int_equal(attributes.clock_enable_delay_us, 30);
	assert_memory_equal(attributes.name, LONG_NAME, 15);
	assert_int_equal(attributes.name[15], 0);
	assert_int_equal(scmi_clock_name(agent, LONG, name), 0);
	assert_string_equal(name, LONG_NAME);
	assert_int_equal(scmi_clock_name(agent, UART, name), 0);
	assert_string_equal(name, "uart");
	assert_int_equal(scmi_clock_name_get(agent, UART, name), STATUS_ERROR(SCMI_NOT_SUPPORTED));
	/* A clock hidden from the guest, and one that is not there. */
	assert_int_equal(scmi_clock_name(world.guest.agent, 1, name), STATUS_ERROR(SCMI_NOT_FOUND));
	assert_int_equal(scmi_clock_name(agent, CLOCKS, name), STATUS_ERROR(SCMI_NOT_FOUND));
	both_ends_fini(&world);
}

/*
 * However little room the platform has for an answer, the list is whole, or it says that nothing
 * fits.
 */
static void rates_come_whole_in_every_space(void **state)
{
	uint64_t hz[32];
	uint64_t whole[32];
	struct scmi_clock_rates rates = { .rates_hz = whole, .space = 32 };
	struct both_ends world;

	(void)state;
	both_ends_init(&world, true);
	assert_int_equal(scmi_clock_list_rates(world.main.agent, LONG, &rates), 0);
	assert_int_equal(rates.count, LONG_RATES);
	assert_int_equal(whole[0], 1000001);
	assert_int_equal(whole[LONG_RATES - 1], 10000000001);
	rates.rates_hz = hz;
	for (size_t space = 8; space <= MESSAGE_SIZE_MAX; space++) {
		int error;

		world.main.answer_space = space;
		error = scmi_clock_list_rates(world.main.agent, LONG, &rates);
		if (space < 20) {
			assert_int_equal(error, STATUS_ERROR(SCMI_COMMS_ERROR));
			continue;
		}
		assert_int_equal(error, 0);
		assert_int_equal(rates.count, LONG_RATES);
		assert_int_equal(rates.remaining, 0);
		assert_memory_equal(hz, whole, LONG_RATES * sizeof(hz[0]));
	}
	assert_int_equal(scmi_clock_describe_rates(world.main.agent, LONG, LONG_RATES + 1, &rates),
			 STATUS_ERROR(SCMI_OUT_OF_RANGE));
	assert_int_equal(scmi_clock_list_rates(world.main.agent, PLL, &rates), 0);
	assert_true(rates.triplet);
	assert_int_equal(hz[0], 100000000);
	assert_int_equal(hz[1], 800000000);
	assert_int_equal(hz[2], 25000000);
	both_ends_fini(&world);
}

static void rates_are_set_and_rounded(void **state)
{
	struct both_ends world;
	struct scmi_agent *agent;
	uint64_t rate_hz;

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_rate_get(agent, LONG, &rate_hz), 0);
	assert_int_equal(rate_hz, 1000001);
	assert_int_equal(scmi_clock_rate_set(agent, LONG, 5000000, SCMI_CLOCK_ROUND_UP), 0);
	assert_int_equal(scmi_clock_rate_get(agent, LONG, &rate_hz), 0);
	assert_int_equal(rate_hz, 5000001);
	assert_int_equal(scmi_clock_rate_set(agent, LONG, 5000000, SCMI_CLOCK_ROUND_DOWN), 0);
	assert_int_equal(scmi_clock_rate_get(agent, LONG, &rate_hz), 0);
	assert_int_equal(rate_hz, 4000001);
	assert_int_equal(scmi_clock_rate_set(agent, LONG, 1, SCMI_CLOCK_ROUND_AUTO),
			 STATUS_ERROR(SCMI_INVALID_PARAMETERS));
	/* The answer to a slow change comes late. */
	world.now_ns = 0;
	assert_int_equal(scmi_clock_rate_set(agent, PLL, 500000000, SCMI_CLOCK_ROUND_AUTO), 0);
	assert_int_equal(world.now_ns, PLL_LATENCY_US * 1000);
	assert_int_equal(scmi_clock_rate_get(world.guest.agent, GUEST_PLL, &rate_hz), 0);
	assert_int_equal(rate_hz, 500000000);
	assert_int_equal(scmi_clock_rate_set(world.guest.agent, GUEST_PLL, 500000000,
					     SCMI_CLOCK_ROUND_AUTO),
			 STATUS_ERROR(SCMI_DENIED));
	both_ends_fini(&world);
}

struct set_outcome {
	unsigned int calls;
	int error;
	uint64_t set_hz;
};

static void record_set(void *ctx, const struct scmi_result *result)
{
	struct set_outcome *outcome = ctx;

	outcome->calls++;
	outcome->error = scmi_clock_rate_set_result(result, &outcome->set_hz);
}

static void rates_are_set_asynchronously(void **state)
{
	struct set_outcome outcomes[3] = { { 0 } };
	struct both_ends world;
	struct scmi_agent *agent;
	uint64_t rate_hz = 0;

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_rate_set_async(agent, PLL, 599999999, SCMI_CLOCK_ROUND_UP,
						   &rate_hz),
			 0);
	assert_int_equal(rate_hz, 600000000);
	assert_int_equal(scmi_clock_rate_set_queue(agent, PLL, 300000000, SCMI_CLOCK_ROUND_UP), 0);
	assert_int_equal(scmi_clock_rate_get(agent, PLL, &rate_hz), 0);
	assert_int_equal(rate_hz, 600000000);
	scmi_platform_tick(world.platform, world.now_ns += PLL_LATENCY_US * 1000);
	assert_int_equal(scmi_clock_rate_get(agent, PLL, &rate_hz), 0);
	assert_int_equal(rate_hz, 300000000);
	assert_int_equal(world.main.inbox_count, 0);

	/* Two at a time, in their order; the third is one too many. */
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(scmi_clock_rate_set_submit(agent, PLL, 100000000 * (i + 1),
							    SCMI_CLOCK_ROUND_DOWN, record_set,
							    &outcomes[i], NULL),
				 0);
	both_ends_pump(&world);
	assert_int_equal(outcomes[0].calls + outcomes[1].calls, 0);
	assert_int_equal(outcomes[2].error, STATUS_ERROR(SCMI_BUSY));
	scmi_platform_tick(world.platform, world.now_ns += PLL_LATENCY_US * 1000);
	both_ends_pump(&world);
	assert_int_equal(outcomes[0].calls, 1);
	assert_int_equal(outcomes[0].set_hz, 100000000);
	assert_int_equal(outcomes[1].calls, 0);
	scmi_platform_tick(world.platform, world.now_ns += PLL_LATENCY_US * 1000);
	both_ends_pump(&world);
	assert_int_equal(outcomes[1].set_hz, 200000000);
	both_ends_fini(&world);
}

struct ear {
	struct scmi_listener listener;
	unsigned int heard;
	struct scmi_clock_rate_changed changed;
	struct scmi_clock_rate_change_requested requested;
	struct scmi_base_error_event error;
	struct scmi_base_error_event_message_reports report;
};

static void hear(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		 size_t size)
{
	struct ear *ear = ctx;
	int decoded;

	ear->heard++;
	if (protocol_id == SCMI_BASE_PROTOCOL) {
		decoded = scmi_base_error_event_decode(&ear->error, payload, size,
						       SCMI_BASE_VERSION_NEWEST);
		assert_int_equal(scmi_base_error_event_message_reports_next(
					 &ear->error.message_reports, &ear->report,
					 SCMI_BASE_VERSION_NEWEST),
				 1);
	} else if (message_id == SCMI_CLOCK_RATE_CHANGED) {
		decoded = scmi_clock_rate_changed_decode(&ear->changed, payload, size,
							 SCMI_CLOCK_VERSION_NEWEST);
	} else {
		decoded = scmi_clock_rate_change_requested_decode(&ear->requested, payload, size,
								  SCMI_CLOCK_VERSION_NEWEST);
	}
	assert_int_equal(decoded, 0);
}

static void listen_with(struct ear *ear, struct scmi_agent *agent, uint8_t protocol_id,
			uint8_t message_id)
{
	memset(ear, 0, sizeof(*ear));
	ear->listener.protocol_id = protocol_id;
	ear->listener.message_id = message_id;
	ear->listener.event = hear;
	ear->listener.ctx = ear;
	scmi_agent_listen(agent, &ear->listener);
}

static void others_are_notified(void **state)
{
	struct both_ends world;
	struct ear own, changed, requested;
	struct scmi_agent *guest;

	(void)state;
	both_ends_init(&world, true);
	guest = world.guest.agent;
	listen_with(&own, world.main.agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGED);
	listen_with(&changed, guest, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGED);
	listen_with(&requested, guest, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGE_REQUESTED);
	assert_int_equal(scmi_clock_rate_notify(world.main.agent, LONG, true), 0);
	assert_int_equal(scmi_clock_rate_notify(guest, GUEST_LONG, true), 0);
	assert_int_equal(scmi_clock_rate_change_requested_notify(guest, GUEST_LONG, true), 0);
	assert_int_equal(scmi_clock_rate_set(world.main.agent, LONG, 2000001,
					     SCMI_CLOCK_ROUND_AUTO),
			 0);
	both_ends_pump(&world);
	assert_int_equal(own.heard, 0);
	assert_int_equal(changed.heard, 1);
	assert_int_equal(changed.changed.clock_id, GUEST_LONG);
	assert_int_equal(changed.changed.rate_hz, 2000001);
	assert_int_equal(changed.changed.agent_id, 0); /* hidden from the guest */
	assert_int_equal(requested.heard, 1);
	assert_int_equal(requested.requested.rate_hz, 2000001);
	assert_int_equal(scmi_clock_rate_notify(guest, GUEST_LONG, false), 0);
	assert_int_equal(scmi_clock_rate_set(world.main.agent, LONG, 3000001,
					     SCMI_CLOCK_ROUND_AUTO),
			 0);
	both_ends_pump(&world);
	assert_int_equal(changed.heard, 1);
	both_ends_fini(&world);
}

static void failures_are_reported(void **state)
{
	struct both_ends world;
	struct ear ear;

	(void)state;
	both_ends_init(&world, true);
	listen_with(&ear, world.main.agent, SCMI_BASE_PROTOCOL, SCMI_BASE_ERROR_EVENT);
	assert_int_equal(scmi_base_notify_errors(world.main.agent, true), 0);
	assert_int_equal(scmi_clock_rate_set(world.main.agent, BROKEN, 1500, SCMI_CLOCK_ROUND_AUTO),
			 STATUS_ERROR(SCMI_HARDWARE_ERROR));
	both_ends_pump(&world);
	assert_int_equal(ear.heard, 1);
	assert_int_equal(ear.error.agent_id, 1);
	assert_int_equal(ear.error.command_count, 1);
	assert_int_equal(scmi_header_message_id(ear.report.header), SCMI_CLOCK_RATE_SET);
	assert_int_equal(ear.report.status, SCMI_HARDWARE_ERROR);
	both_ends_fini(&world);
}

static void configuration(void **state)
{
	struct both_ends world;
	struct scmi_agent *agent;
	uint32_t value;
	bool enabled;

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_config_get(agent, LONG, SCMI_CLOCK_DUTY_CYCLE, &enabled,
					       &value),
			 0);
	assert_false(enabled);
	assert_int_equal(value, 50);
	assert_int_equal(scmi_clock_config_set(agent, LONG, SCMI_CLOCK_ON, SCMI_CLOCK_DUTY_CYCLE,
					       25),
			 0);
	assert_int_equal(scmi_clock_config_get(agent, LONG, SCMI_CLOCK_DUTY_CYCLE, &enabled,
					       &value),
			 0);
	assert_true(enabled);
	assert_int_equal(value, 25);
	assert_int_equal(scmi_clock_config_set(agent, LONG, SCMI_CLOCK_UNCHANGED,
					       SCMI_CLOCK_DUTY_CYCLE, 101),
			 STATUS_ERROR(SCMI_INVALID_PARAMETERS));
	assert_int_equal(scmi_clock_config_get(agent, LONG, SCMI_CLOCK_PHASE, NULL, NULL),
			 STATUS_ERROR(SCMI_INVALID_PARAMETERS));
	assert_int_equal(scmi_clock_config_set(agent, LONG, SCMI_CLOCK_OFF, 0, 0), 0);
	assert_int_equal(scmi_clock_config_get(agent, LONG, 0, &enabled, NULL), 0);
	assert_false(enabled);
	both_ends_fini(&world);
}

static void parents_in_every_space(void **state)
{
	uint32_t ids[4];
	struct scmi_clock_parents parents = { .clock_ids = ids, .space = 4 };
	struct both_ends world;
	struct scmi_agent *agent;
	uint32_t parent_id;
	uint64_t rate_hz;

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_parent_get(agent, UART, &parent_id), 0);
	assert_int_equal(parent_id, OSC);
	for (size_t space = 16; space <= 32; space++) {
		world.main.answer_space = space;
		assert_int_equal(scmi_clock_list_parents(agent, UART, &parents), 0);
		assert_int_equal(parents.count, 3);
		assert_int_equal(ids[0], OSC);
		assert_int_equal(ids[1], PLL);
		assert_int_equal(ids[2], LONG);
	}
	assert_int_equal(scmi_clock_parent_set(agent, UART, PLL), 0);
	assert_int_equal(scmi_clock_parent_get(agent, UART, &parent_id), 0);
	assert_int_equal(parent_id, PLL);
	assert_int_equal(scmi_clock_rate_get(agent, UART, &rate_hz), 0);
	assert_int_equal(rate_hz, 200000000);
	assert_int_equal(scmi_clock_parent_set(agent, UART, BROKEN),
			 STATUS_ERROR(SCMI_INVALID_PARAMETERS));
	assert_int_equal(scmi_clock_parent_get(agent, OSC, &parent_id),
			 STATUS_ERROR(SCMI_NOT_SUPPORTED));
	both_ends_fini(&world);
}

static void permissions_are_given_and_taken(void **state)
{
	struct scmi_clock_get_permissions_response permissions;
	struct both_ends world;
	struct scmi_agent *guest;

	(void)state;
	both_ends_init(&world, true);
	guest = world.guest.agent;
	assert_int_equal(scmi_clock_get_permissions(guest, GUEST_PLL, &permissions), 0);
	assert_true(permissions.state);
	assert_false(permissions.rate);
	assert_int_equal(scmi_base_set_device_permissions(guest, 1, DEVICE, false),
			 STATUS_ERROR(SCMI_DENIED));
	assert_int_equal(scmi_base_set_device_permissions(world.main.agent, 2, DEVICE, false), 0);
	assert_int_equal(scmi_clock_rate_set(guest, GUEST_LONG, 2000001, SCMI_CLOCK_ROUND_AUTO),
			 STATUS_ERROR(SCMI_DENIED));
	assert_int_equal(scmi_base_set_device_permissions(world.main.agent, 2, DEVICE, true), 0);
	assert_int_equal(scmi_clock_rate_set(guest, GUEST_LONG, 2000001, SCMI_CLOCK_ROUND_AUTO), 0);
	assert_int_equal(scmi_base_set_protocol_permissions(world.main.agent, 2, DEVICE,
							    SCMI_CLOCK_PROTOCOL, false),
			 0);
	assert_int_equal(scmi_clock_get_permissions(guest, GUEST_LONG, &permissions), 0);
	assert_false(permissions.rate);
	assert_int_equal(scmi_base_set_protocol_permissions(world.main.agent, 2, DEVICE + 1,
							    SCMI_CLOCK_PROTOCOL, false),
			 STATUS_ERROR(SCMI_NOT_FOUND));
	assert_int_equal(scmi_base_reset_agent_configuration(world.main.agent, 2, true), 0);
	assert_int_equal(scmi_clock_get_permissions(guest, GUEST_LONG, &permissions), 0);
	assert_true(permissions.rate);
	both_ends_fini(&world);
}

static void older_versions_are_spoken(void **state)
{
	struct scmi_base_discover_agent_response found;
	struct scmi_clock_attributes_response attributes;
	struct both_ends world;
	struct scmi_agent *agent;
	unsigned int commands;
	uint32_t value = 1;
	bool enabled;

	(void)state;
	both_ends_init(&world, true);
	agent = world.main.agent;
	assert_int_equal(scmi_agent_negotiate(agent, SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_VERSION_1_0),
			 0);
	assert_int_equal(scmi_agent_negotiate(agent, SCMI_BASE_PROTOCOL, SCMI_BASE_VERSION_1_0), 0);
	assert_int_equal(scmi_clock_attributes(agent, LONG, &attributes), 0);
	assert_int_equal(attributes.clock_enable_delay_us, 0);
	assert_int_equal(scmi_clock_config_set(agent, LONG, SCMI_CLOCK_ON, 0, 0), 0);
	assert_int_equal(scmi_clock_config_get(agent, LONG, 0, &enabled, &value), 0);
	assert_true(enabled);
	assert_int_equal(value, 0);
	assert_int_equal(scmi_base_discover_agent(agent, 2, &found), 0);
	assert_int_equal(found.agent_id, 2);
	assert_string_equal(found.name, "guest");
	commands = world.main.commands;
	assert_int_equal(scmi_clock_parent_get(agent, UART, &value), -EOPNOTSUPP);
	assert_int_equal(scmi_clock_rate_notify(agent, UART, true), -EOPNOTSUPP);
	assert_int_equal(world.main.commands, commands);
	both_ends_fini(&world);
}

static void without_p2a_nothing_is_asynchronous(void **state)
{
	struct both_ends world;
	struct scmi_agent *agent;

	(void)state;
	both_ends_init(&world, false);
	agent = world.main.agent;
	assert_int_equal(scmi_clock_rate_set_async(agent, PLL, 500000000, SCMI_CLOCK_ROUND_AUTO,
						   NULL),
			 -EOPNOTSUPP);
	assert_int_equal(scmi_clock_rate_notify(agent, LONG, true),
			 STATUS_ERROR(SCMI_NOT_SUPPORTED));
	assert_int_equal(scmi_clock_rate_set(agent, PLL, 500000000, SCMI_CLOCK_ROUND_AUTO), 0);
	both_ends_fini(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_there),
		cmocka_unit_test(messages_exist_or_not),
		cmocka_unit_test(clocks_and_their_names),
		cmocka_unit_test(rates_come_whole_in_every_space),
		cmocka_unit_test(rates_are_set_and_rounded),
		cmocka_unit_test(rates_are_set_asynchronously),
		cmocka_unit_test(others_are_notified),
		cmocka_unit_test(failures_are_reported),
		cmocka_unit_test(configuration),
		cmocka_unit_test(parents_in_every_space),
		cmocka_unit_test(permissions_are_given_and_taken),
		cmocka_unit_test(older_versions_are_spoken),
		cmocka_unit_test(without_p2a_nothing_is_asynchronous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
