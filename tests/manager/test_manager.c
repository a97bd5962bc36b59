/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instances that outlive their platforms, in one thread: real scmids that are killed and come again,
 * drivers, descriptors and suppliers that come and go.
 */
#include "platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <scmi/clock.h>

#define BASE_HZ 1000u

static const char *const on_socket[] = {"socket", NULL};

/* What an application sees. */
struct application {
	struct scmi_manager *manager;
	struct scmi_instance *instance;
	struct scmi_agent *agent;
	unsigned int changes;
	struct scmi_instance_status last;
	unsigned int events;
	unsigned int released;
	bool calls; /* changed() uses the agent */
};

static void on_changed(void *ctx, const struct scmi_instance_status *status)
{
	struct application *application = ctx;
	uint64_t rate_hz;

	application->changes++;
	application->last = *status;
	if (application->calls)
		assert_int_equal(scmi_clock_rate_get(application->agent, 0, &rate_hz),
				 status->ready ? 0 : -ENODEV);
}

static void on_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		     size_t size)
{
	struct application *application = ctx;

	assert_int_equal(protocol_id, SCMI_CLOCK_PROTOCOL);
	assert_int_equal(message_id, SCMI_CLOCK_RATE_CHANGED);
	assert_non_null(payload);
	assert_true(size >= 16);
	application->events++;
}

static void on_released(void *ctx)
{
	unsigned int *released = ctx;

	++*released;
}

static void expect_words(struct scmi_instance *instance, const char *words)
{
	char text[300] = "";
	size_t length = scmi_instance_explain(instance, text, sizeof(text));

	assert_int_equal(length, strlen(text));
	if (!strstr(text, words))
		fail_msg("'%s' does not say '%s'", text, words);
	if (strncmp(words, "waits", 5) == 0 && strcmp(text, words) != 0)
		fail_msg("'%s' says too much", text);
	scmi_instance_explain(instance, text, 5);
	assert_int_equal(strlen(text), 4);
}

static void start(struct application *application)
{
	const struct scmi_instance_options options = {
		.changed = on_changed,
		.changed_ctx = application,
	};
	char why[200] = "";

	memset(application, 0, sizeof(*application));
	assert_int_equal(scmi_manager_new(&application->manager, NULL), 0);
	if (scmi_manager_instance(application->manager, "soc", &options, &application->instance,
				  why, sizeof(why)))
		fail_msg("%s", why);
	application->agent = scmi_instance_agent(application->instance);
}

static void end(struct application *application)
{
	assert_int_equal(scmi_manager_free(application->manager), -EBUSY);
	scmi_instance_close(application->instance);
	assert_int_equal(scmi_manager_free(application->manager), 0);
}

static void expect_rate(struct application *application, uint32_t clock_id, uint64_t expected_hz)
{
	uint64_t rate_hz = 0;

	assert_int_equal(scmi_clock_rate_get(application->agent, clock_id, &rate_hz), 0);
	assert_true(rate_hz == expected_hz);
}

static void expect_gone(struct application *application)
{
	uint64_t rate_hz;

	assert_int_equal(scmi_clock_rate_get(application->agent, 0, &rate_hz), -ENODEV);
}

/* ---- a platform with an address -------------------------------------------------------------- */

static void an_instance_is_there_before_all_else(void **state)
{
	struct application application;
	struct scmi_instance *second;
	struct platform platform;
	struct scmi_descriptor descriptor = {.name = "soc", .compatible = on_socket};
	char path[120], why[200] = "";
	int fd;

	(void)state;
	start(&application);
	fd = scmi_instance_fd(application.instance);
	expect_gone(&application);
	turn(application.manager, application.instance);
	expect_gone(&application);
	assert_int_equal(application.changes, 0);
	expect_words(application.instance, "nothing describes it");
	assert_int_equal(scmi_manager_instance(application.manager, "soc", NULL, &second, why,
					       sizeof(why)),
			 -EBUSY);
	assert_string_equal(why, "this process has the instance already");

	platform_init(&platform, "socket: one.sock", BASE_HZ);
	platform_path(&platform, "one.sock", path);
	descriptor.address = path;
	descriptor.released = on_released;
	descriptor.ctx = &application.released;
	assert_int_equal(scmi_manager_add_descriptor(application.manager, &descriptor, why,
						     sizeof(why)),
			 0);
	assert_string_equal(why, "");
	assert_int_equal(scmi_manager_add_descriptor(application.manager, &descriptor, why,
						     sizeof(why)),
			 -EEXIST);
	until_ready(application.manager, application.instance, true);
	assert_int_equal(application.changes, 1);
	assert_true(application.last.ready);
	assert_int_equal(application.last.opened, 1);
	assert_int_equal(application.last.error, 0);
	expect_rate(&application, 3, BASE_HZ + 3);
	expect_words(application.instance, "ready on socket");

	/* Taken away in order, and described again. */
	assert_int_equal(scmi_binder_remove_descriptor(scmi_manager_binder(application.manager),
						       &descriptor),
			 0);
	until_ready(application.manager, application.instance, false);
	assert_int_equal(application.changes, 2);
	assert_int_equal(application.last.error, -ENODEV);
	assert_int_equal(application.released, 1);
	expect_gone(&application);
	assert_int_equal(scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0), 0);
	until_ready(application.manager, application.instance, true);
	assert_int_equal(application.last.opened, 2);
	expect_rate(&application, 3, BASE_HZ + 3);
	assert_int_equal(scmi_instance_fd(application.instance), fd);
	assert_ptr_equal(scmi_instance_agent(application.instance), application.agent);

	/* Closed while it is bound, and held anew: nothing is left of the first. */
	scmi_instance_close(application.instance);
	assert_int_equal(scmi_manager_instance(application.manager, "soc", NULL,
					       &application.instance, NULL, 0),
			 0);
	application.agent = scmi_instance_agent(application.instance);
	expect_gone(&application);
	until_ready(application.manager, application.instance, true);
	expect_rate(&application, 5, BASE_HZ + 5);
	end(&application);
	assert_int_equal(application.released, 2);
	platform_fini(&platform);
}

static void a_platform_is_killed_and_comes_again(void **state)
{
	struct application application, other;
	struct scmi_descriptor descriptor = {.name = "soc", .compatible = on_socket};
	struct scmi_descriptor descriptor_two = {.name = "soc", .compatible = on_socket};
	struct scmi_listener listener = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_CHANGED,
		.event = on_event,
		.ctx = &application,
	};
	struct platform platform;
	char path[120], path_two[120];

	(void)state;
	platform_init(&platform, "socket: one.sock", BASE_HZ);
	platform_path(&platform, "one.sock", path);
	platform_path(&platform, "two.sock", path_two);
	descriptor.address = path;
	descriptor_two.address = path_two;
	start(&application);
	start(&other);
	application.calls = true;
	scmi_agent_listen(application.agent, &listener);
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	scmi_manager_add_descriptor(other.manager, &descriptor_two, NULL, 0);
	until_ready(application.manager, application.instance, true);
	until_ready(other.manager, other.instance, true);
	assert_int_equal(scmi_clock_rate_notify(application.agent, 2, true), 0);

	for (unsigned int round = 1; round <= 3; round++) {
		assert_int_equal(scmi_clock_rate_set(other.agent, 2, 5000 + round,
						     SCMI_CLOCK_ROUND_DOWN),
				 0);
		while (application.events < round)
			turn(application.manager, application.instance);

		platform_kill(&platform);
		until_ready(application.manager, application.instance, false);
		until_ready(other.manager, other.instance, false);
		expect_gone(&application);
		/* It is tried again, in vain; nobody listens on the socket. */
		turn(application.manager, application.instance);
		expect_words(application.instance, "it is tried again");

		platform_start(&platform);
		until_ready(application.manager, application.instance, true);
		until_ready(other.manager, other.instance, true);
		assert_int_equal(application.last.opened, round + 1);
		assert_int_equal(application.last.refused, 0);
		/* Subscribed again: nothing is done for that here. */
	}
	assert_int_equal(scmi_clock_rate_set(other.agent, 2, 6000, SCMI_CLOCK_ROUND_DOWN), 0);
	while (application.events < 4)
		turn(application.manager, application.instance);
	assert_int_equal(application.changes, 7);
	end(&application);
	end(&other);
	platform_fini(&platform);
}

/* ---- suppliers ------------------------------------------------------------------------------- */

static void on_done(void *ctx, const struct scmi_result *result)
{
	*(int *)ctx = scmi_result_error(result);
}

static void in_order_what_is_under_way_ends(void **state)
{
	struct application application;
	struct scmi_descriptor descriptor = {
		.name = "soc",
		.compatible = on_socket,
		.supplier = "firmware",
	};
	struct scmi_supplier supplier = {.name = "firmware", .transport = "socket"};
	struct scmi_binder *binder;
	struct platform platform;
	int set = 1, lost = 1;
	uint32_t version;
	char path[120];

	(void)state;
	platform_init(&platform, "socket: one.sock", BASE_HZ);
	platform_path(&platform, "one.sock", path);
	supplier.address = path;
	supplier.released = on_released;
	supplier.ctx = &application.released;
	start(&application);
	binder = scmi_manager_binder(application.manager);
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	turn(application.manager, application.instance);
	expect_words(application.instance, "waits for supplier 'firmware'");
	assert_int_equal(scmi_binder_announce(binder, &supplier), 0);
	until_ready(application.manager, application.instance, true);
	assert_int_equal(scmi_agent_version(application.agent, SCMI_CLOCK_PROTOCOL, &version), 0);

	/* In order: the change of rate, which takes 300 ms, ends well. */
	assert_int_equal(scmi_clock_rate_set_submit(application.agent, CLOCKS - 1, 7777,
						    SCMI_CLOCK_ROUND_DOWN, on_done, &set, NULL),
			 0);
	assert_int_equal(scmi_binder_withdraw(binder, &supplier, false), 0);
	scmi_manager_dispatch(application.manager);
	assert_int_equal(application.released, 1);
	expect_gone(&application);
	scmi_instance_dispatch(application.instance);
	assert_int_equal(set, 0);

	/* Lost: everything ends at once, though nobody has run the manager yet. */
	assert_int_equal(scmi_binder_announce(binder, &supplier), 0);
	until_ready(application.manager, application.instance, true);
	expect_rate(&application, CLOCKS - 1, 7777);
	assert_int_equal(scmi_clock_rate_set_submit(application.agent, CLOCKS - 1, 8888,
						    SCMI_CLOCK_ROUND_DOWN, on_done, &lost, NULL),
			 0);
	assert_int_equal(scmi_binder_withdraw(binder, &supplier, true), 0);
	expect_gone(&application);
	scmi_instance_dispatch(application.instance);
	assert_int_equal(lost, -ENODEV);
	assert_false(application.last.ready);
	assert_int_equal(application.released, 1);
	scmi_manager_dispatch(application.manager);
	assert_int_equal(application.released, 2);

	/* Both from callbacks' place: only noted, and done when the manager runs. */
	assert_int_equal(scmi_binder_announce(binder, &supplier), 0);
	assert_int_equal(scmi_binder_withdraw(binder, &supplier, true), 0);
	assert_int_equal(scmi_binder_announce(binder, &supplier), 0);
	until_ready(application.manager, application.instance, true);
	expect_rate(&application, 0, BASE_HZ);
	end(&application);
	assert_int_equal(application.released, 4);
	platform_fini(&platform);
}

static void a_directory_of_sockets_is_watched(void **state)
{
	struct application application;
	struct scmi_descriptor descriptor = {
		.name = "soc",
		.compatible = on_socket,
		.supplier = "/one.sock",
	};
	struct platform platform;
	char why[200] = "", path[120];

	(void)state;
	platform_init(&platform, "socket: one.sock", BASE_HZ);
	platform_kill(&platform);
	start(&application);
	assert_int_equal(scmi_manager_watch(application.manager, "socket", "", why, sizeof(why)),
			 -ENOENT);
	if (scmi_manager_watch(application.manager, "socket", platform.directory, why, sizeof(why)))
		fail_msg("%s", why);
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	for (unsigned int round = 0; round < 3; round++) {
		/* The first finds what a scmid that was killed has left. */
		platform_start(&platform);
		until_ready(application.manager, application.instance, true);
		expect_rate(&application, 4, BASE_HZ + 4);
		platform_path(&platform, "one.sock", path);
		assert_int_equal(unlink(path), 0);
		until_ready(application.manager, application.instance, false);
		expect_words(application.instance, "waits for supplier '/one.sock'");
		platform_kill(&platform);
	}
	end(&application);
	platform_fini(&platform);
}

/* ---- drivers --------------------------------------------------------------------------------- */

static bool is_mapped(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[600];
	bool mapped = false;

	assert_non_null(maps);
	while (!mapped && fgets(line, sizeof(line), maps))
		mapped = strstr(line, name);
	fclose(maps);
	return mapped;
}

static void a_driver_is_unloaded_and_loaded(void **state)
{
	struct application application;
	struct scmi_descriptor descriptor = {.name = "soc", .compatible = on_socket};
	struct scmi_driver *driver;
	struct platform platform;
	char path[120], why[300] = "";
	const char *file = getenv("SCMI_SOCKET_FILE");
	bool kept;

	(void)state;
	assert_non_null(file);
	platform_init(&platform, "socket: one.sock", BASE_HZ);
	platform_path(&platform, "one.sock", path);
	descriptor.address = path;
	start(&application);
	/* What the loader knows comes with the descriptor, and goes if it is not wanted. */
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	until_ready(application.manager, application.instance, true);
	/* Where it is not built in, the loader has the same file. */
	kept = is_mapped("scmi-transport-socket.so");
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(scmi_manager_remove_driver(application.manager, "socket"), 0);
		until_ready(application.manager, application.instance, false);
		scmi_manager_dispatch(application.manager);
		assert_int_equal(scmi_manager_remove_driver(application.manager, "socket"),
				 -ENOENT);
		expect_words(application.instance, "waits for a transport that serves 'socket'");
		assert_int_equal(is_mapped("scmi-transport-socket.so"), kept);

		if (scmi_driver_open(&driver, file, why, sizeof(why)))
			fail_msg("%s", why);
		assert_int_equal(scmi_manager_add_driver(application.manager, driver), 0);
		assert_int_equal(scmi_manager_add_driver(application.manager, driver), -EEXIST);
		scmi_driver_put(driver);
		until_ready(application.manager, application.instance, true);
		assert_true(is_mapped("scmi-transport-socket.so"));
		expect_rate(&application, round, BASE_HZ + round);
	}
	end(&application);
	assert_false(is_mapped("scmi-transport-socket.so"));
	platform_fini(&platform);
}

static void what_cannot_be_opened_says_why(void **state)
{
	static const char *const nothing[] = {"acme,scmi", NULL};
	struct scmi_instance_options options = {.settings.messages_max = 2000};
	struct application application;
	struct scmi_descriptor descriptor = {
		.name = "soc",
		.compatible = nothing,
		.address = "/nowhere/x.sock",
	};
	struct scmi_instance *other;
	char why[300] = "";

	(void)state;
	start(&application);
	assert_int_equal(scmi_manager_instance(application.manager, "b", &options, &other, why,
					       sizeof(why)),
			 -EINVAL);
	assert_non_null(strstr(why, "messages-max"));
	assert_int_equal(scmi_manager_instance(application.manager, "", NULL, &other, why,
					       sizeof(why)),
			 -EINVAL);

	assert_int_equal(scmi_manager_add_descriptor(application.manager, &descriptor, why,
						     sizeof(why)),
			 0);
	assert_non_null(strstr(why, "acme,scmi"));
	turn(application.manager, application.instance);
	expect_words(application.instance, "waits for a transport that serves 'acme,scmi'");
	scmi_binder_remove_descriptor(scmi_manager_binder(application.manager), &descriptor);
	scmi_manager_dispatch(application.manager);

	descriptor.compatible = on_socket;
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	while (application.last.error != -ENOENT)
		turn(application.manager, application.instance);
	expect_words(application.instance, ": there is no socket /nowhere/x.sock");
	assert_true(scmi_manager_next_deadline_ns(application.manager) != SCMI_NEVER);
	scmi_binder_remove_descriptor(scmi_manager_binder(application.manager), &descriptor);
	while (scmi_manager_next_deadline_ns(application.manager) != SCMI_NEVER)
		turn(application.manager, application.instance);
	expect_words(application.instance, "nothing describes it");

	/* A setting that this transport does not have. */
	descriptor.settings.no_completion_irq = 1;
	scmi_manager_add_descriptor(application.manager, &descriptor, NULL, 0);
	while (application.last.error != -EINVAL)
		turn(application.manager, application.instance);
	end(&application);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_is_there_before_all_else),
		cmocka_unit_test(a_platform_is_killed_and_comes_again),
		cmocka_unit_test(in_order_what_is_under_way_ends),
		cmocka_unit_test(a_directory_of_sockets_is_watched),
		cmocka_unit_test(a_driver_is_unloaded_and_loaded),
		cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
