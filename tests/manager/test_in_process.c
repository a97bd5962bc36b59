/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A platform in the same thread, which does nothing unless it is let: over loop. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <scmi/manager.h>

#include "host/monotonic.h"
#include "transports/builtin.h"
#include "transports/host.h"

static const char *const on_loop[] = {"loop", NULL};
static const uint8_t payload[4];

static void listen_on_loop(struct host *host)
{
	host_listen(host, &scmi_transport_loop, "here", 0, 0, true);
	host->answer_size = 16;
}

static void until_ready(struct scmi_manager *manager, struct scmi_instance *instance, bool ready)
{
	struct scmi_instance_status status = {.ready = !ready};

	while (status.ready != ready) {
		struct pollfd readable = {.fd = scmi_manager_fd(manager), .events = POLLIN};

		poll(&readable, 1, 1);
		scmi_manager_dispatch(manager);
		scmi_instance_dispatch(instance);
		scmi_instance_status(instance, &status);
	}
}

static void a_platform_in_the_same_thread(void **state)
{
	const struct scmi_descriptor descriptor = {
		.name = "here",
		.compatible = on_loop,
		.address = "here",
		.settings.response_timeout_ms = 5,
	};
	struct scmi_command command = {
		.protocol_id = 0x14,
		.message_id = 6,
		.payload = payload,
		.size = sizeof(payload),
	};
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct scmi_manager *manager;
	struct scmi_driver *driver;
	struct scmi_loader *loader;
	struct scmi_agent *agent;
	struct host host;

	(void)state;
	assert_int_equal(scmi_loader_new(&loader, NULL), 0);
	assert_int_equal(scmi_manager_new(&manager,
					  &(struct scmi_manager_options){.loader = loader}),
			 0);
	assert_int_equal(scmi_loader_by_name(loader, "loop", &driver, NULL, 0), 0);
	assert_int_equal(scmi_manager_add_driver(manager, driver), 0);
	scmi_driver_put(driver);
	assert_int_equal(scmi_manager_add_descriptor(manager, &descriptor, NULL, 0), 0);
	assert_int_equal(scmi_manager_instance(manager, "here", NULL, &instance, NULL, 0), 0);
	agent = scmi_instance_agent(instance);
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(scmi_agent_call(agent, &command, NULL), -ENODEV);
		listen_on_loop(&host);
		until_ready(manager, instance, true);
		for (unsigned int i = 0; i < 2000; i++) {
			assert_int_equal(scmi_agent_call(agent, &command, &transfer), 0);
			assert_int_equal(scmi_transfer_result(transfer)->size, 8);
			scmi_transfer_put(transfer);
		}
		/* Looking brings nothing as long as the platform is not let run. */
		command.poll_budget_us = 100;
		assert_int_equal(scmi_agent_call(agent, &command, NULL), -EOPNOTSUPP);
		command.poll_budget_us = 0;
		host.silent = true;
		assert_int_equal(scmi_agent_call(agent, &command, NULL), -ETIMEDOUT);
		host_stop(&host);
		until_ready(manager, instance, false);
	}
	scmi_instance_close(instance);
	assert_int_equal(scmi_manager_free(manager), 0);
	scmi_loader_free(loader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_platform_in_the_same_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
