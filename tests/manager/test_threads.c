/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One instance and several threads: who is blocked is set free when the platform goes, whatever it is
 * blocked in. Platforms that never answer have a time limit of an hour: what is not set free hangs.
 */
#include "platform.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <scmi/clock.h>

#define BASE_HZ 1000u
#define WAITERS 4u

static const char *const on_socket[] = {"socket", NULL};

struct world {
	struct platform platform;
	char path[120];
	int silent; /* listens, and never answers */
	char silent_path[120];
	struct scmi_manager *manager;
	struct scmi_binder *binder;
	struct runner runner;
	struct scmi_descriptor descriptor;
	struct scmi_supplier supplier;
	struct scmi_supplier silent_supplier;
	struct scmi_instance *instance;
	struct scmi_agent *agent;
	struct scmi_listener listener;
	unsigned int events; /* atomic */
	unsigned int released; /* atomic */
	int in_event; /* what the call in it gave */
};

static void on_released(void *ctx)
{
	__atomic_add_fetch((unsigned int *)ctx, 1, __ATOMIC_SEQ_CST);
}

static void listen_silently(struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	platform_path(&world->platform, "silent.sock", world->silent_path);
	assert_true(strlen(world->silent_path) < sizeof(address.sun_path));
	strcpy(address.sun_path, world->silent_path);
	world->silent = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(world->silent, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(world->silent, 8), 0);
}

static void start(struct world *world)
{
	memset(world, 0, sizeof(*world));
	platform_init(&world->platform, "socket: one.sock", BASE_HZ);
	platform_path(&world->platform, "one.sock", world->path);
	listen_silently(world);
	world->descriptor = (struct scmi_descriptor){
		.name = "soc",
		.compatible = on_socket,
		.supplier = "firmware",
		.settings.response_timeout_ms = 3600000,
		.settings.delayed_timeout_ms = 3600000,
	};
	world->supplier = (struct scmi_supplier){
		.name = "firmware",
		.transport = "socket",
		.address = world->path,
		.released = on_released,
		.ctx = &world->released,
	};
	world->silent_supplier = world->supplier;
	world->silent_supplier.address = world->silent_path;
	assert_int_equal(scmi_manager_new(&world->manager, NULL), 0);
	world->binder = scmi_manager_binder(world->manager);
	assert_int_equal(scmi_manager_add_descriptor(world->manager, &world->descriptor, NULL, 0),
			 0);
	assert_int_equal(scmi_manager_instance(world->manager, "soc", NULL, &world->instance, NULL,
					       0),
			 0);
	world->agent = scmi_instance_agent(world->instance);
	runner_start(&world->runner, world->manager);
}

static void end(struct world *world)
{
	runner_stop(&world->runner);
	scmi_instance_close(world->instance);
	assert_int_equal(scmi_manager_free(world->manager), 0);
	close(world->silent);
	platform_fini(&world->platform);
}

static void until_released(struct world *world, unsigned int released)
{
	while (__atomic_load_n(&world->released, __ATOMIC_SEQ_CST) < released)
		poll(NULL, 0, 1);
}

/* ---- blocked --------------------------------------------------------------------------------- */

struct waiter {
	struct world *world;
	pthread_t thread;
	uint32_t clock_id;
	int error;
};

static void *wait_for_rate(void *ctx)
{
	struct waiter *waiter = ctx;
	uint64_t rate_hz;

	waiter->error = scmi_clock_rate_get(waiter->world->agent, waiter->clock_id, &rate_hz);
	return NULL;
}

static void *wait_for_change(void *ctx)
{
	struct waiter *waiter = ctx;

	waiter->error = scmi_clock_rate_set_async(waiter->world->agent, CLOCKS - 1, 5000,
						  SCMI_CLOCK_ROUND_DOWN, NULL);
	return NULL;
}

static void wait_all(struct world *world, struct waiter waiters[WAITERS], void *(*how)(void *ctx))
{
	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.world = world, .clock_id = i};
		pthread_create(&waiters[i].thread, NULL, how, &waiters[i]);
	}
}

/* So many commands were sent. */
static void until_sent(struct world *world, uint64_t sent)
{
	struct scmi_agent_counters counters;

	do {
		poll(NULL, 0, 1);
		scmi_agent_counters(world->agent, &counters);
	} while (counters.sent < sent);
}

static void expect_all(struct waiter waiters[WAITERS], int error)
{
	for (unsigned int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_int_equal(waiters[i].error, error);
	}
}

static void a_loss_sets_every_thread_free(void **state)
{
	struct waiter waiters[WAITERS];
	struct world world;

	(void)state;
	start(&world);
	for (unsigned int round = 0; round < 5; round++) {
		struct scmi_agent_counters counters;

		assert_int_equal(scmi_binder_announce(world.binder, &world.silent_supplier), 0);
		until_ready(NULL, world.instance, true);
		scmi_agent_counters(world.agent, &counters);
		wait_all(&world, waiters, wait_for_rate);
		/* Each asks for the protocol's version first. */
		until_sent(&world, counters.sent + WAITERS);
		assert_int_equal(scmi_binder_withdraw(world.binder, &world.silent_supplier, true),
				 0);
		expect_all(waiters, -ENODEV);
		until_released(&world, round + 1);
	}
	end(&world);
}

static void in_order_every_thread_gets_its_answer(void **state)
{
	struct waiter waiters[WAITERS];
	struct scmi_agent_counters counters;
	struct world world;
	uint64_t rate_hz;

	(void)state;
	start(&world);
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_get(world.agent, 0, &rate_hz), 0);
	scmi_agent_counters(world.agent, &counters);
	wait_all(&world, waiters, wait_for_change);
	until_sent(&world, counters.sent + WAITERS);
	scmi_binder_withdraw(world.binder, &world.supplier, false);
	until_released(&world, 1);
	/* One at a time the platform can change; it refused the others, or did not: none is lost. */
	for (unsigned int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_true(waiters[i].error == 0 ||
			    waiters[i].error == SCMI_ERROR_BASE + SCMI_BUSY);
	}
	assert_int_equal(scmi_clock_rate_get(world.agent, 0, &rate_hz), -ENODEV);
	end(&world);
}

static void a_killed_platform_sets_every_thread_free(void **state)
{
	struct waiter waiters[WAITERS];
	struct scmi_agent_counters counters;
	struct world world;
	uint64_t rate_hz;

	(void)state;
	start(&world);
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_get(world.agent, 0, &rate_hz), 0);
	scmi_agent_counters(world.agent, &counters);
	wait_all(&world, waiters, wait_for_change);
	until_sent(&world, counters.sent + WAITERS);
	platform_kill(&world.platform);
	for (unsigned int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_true(waiters[i].error == -ENODEV ||
			    waiters[i].error == SCMI_ERROR_BASE + SCMI_BUSY);
	}
	platform_start(&world.platform);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_get(world.agent, 3, &rate_hz), 0);
	assert_true(rate_hz == BASE_HZ + 3);
	end(&world);
}

/* ---- while it is opened ---------------------------------------------------------------------- */

static void a_supplier_is_lost_while_it_is_asked_for_subscriptions(void **state)
{
	struct scmi_binding_status status;
	struct scmi_agent_counters counters;
	struct scmi_binding *binding;
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(scmi_binding_get(world.binder, "soc", &binding), 0);
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_notify(world.agent, 1, true), 0);
	scmi_binder_withdraw(world.binder, &world.supplier, true);
	until_released(&world, 1);
	for (unsigned int round = 0; round < 3; round++) {
		scmi_agent_counters(world.agent, &counters);
		scmi_binder_announce(world.binder, &world.silent_supplier);
		until_sent(&world, counters.sent + 1);
		scmi_binding_status(binding, &status);
		assert_int_equal(status.state, SCMI_BINDING_PROBING);
		/* Nobody else may use it before the subscriptions are there. */
		assert_int_equal(scmi_agent_call(world.agent,
						 &(struct scmi_command){.protocol_id = 0x10}, NULL),
				 -ENODEV);
		scmi_binder_withdraw(world.binder, &world.silent_supplier, true);
		until_released(&world, 2 + round);
	}
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	scmi_binding_put(binding);
	end(&world);
}

static void an_instance_is_closed_while_it_is_asked_for_subscriptions(void **state)
{
	struct scmi_agent_counters counters;
	struct world world;

	(void)state;
	start(&world);
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_notify(world.agent, 1, true), 0);
	scmi_binder_withdraw(world.binder, &world.supplier, true);
	until_released(&world, 1);
	scmi_agent_counters(world.agent, &counters);
	scmi_binder_announce(world.binder, &world.silent_supplier);
	until_sent(&world, counters.sent + 1);
	scmi_instance_close(world.instance);
	/* Of who held it before nothing is asked for again. */
	assert_int_equal(scmi_manager_instance(world.manager, "soc", NULL, &world.instance, NULL,
					       0),
			 0);
	world.agent = scmi_instance_agent(world.instance);
	until_ready(NULL, world.instance, true);
	scmi_agent_counters(world.agent, &counters);
	assert_int_equal(counters.sent, 0);
	end(&world);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

/* Everything that a callback may do, and one thing that it may not. */
static void on_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		     size_t size)
{
	struct world *world = ctx;
	uint64_t rate_hz;

	(void)protocol_id;
	(void)message_id;
	(void)payload;
	(void)size;
	world->in_event = scmi_clock_rate_get(world->agent, 0, &rate_hz);
	scmi_binder_withdraw(world->binder, &world->supplier, true);
	__atomic_add_fetch(&world->events, 1, __ATOMIC_SEQ_CST);
}

static void a_callback_withdraws_its_own_supplier(void **state)
{
	struct scmi_instance *other;
	struct world world;
	char uri[160];

	(void)state;
	start(&world);
	world.listener = (struct scmi_listener){
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_CHANGED,
		.event = on_event,
		.ctx = &world,
	};
	scmi_agent_listen(world.agent, &world.listener);
	scmi_binder_announce(world.binder, &world.supplier);
	until_ready(NULL, world.instance, true);
	assert_int_equal(scmi_clock_rate_notify(world.agent, 2, true), 0);
	snprintf(uri, sizeof(uri), "unix:%s/two.sock", world.platform.directory);
	assert_int_equal(scmi_instance_open(&other, uri, NULL, NULL, 0), 0);
	assert_int_equal(scmi_clock_rate_set(scmi_instance_agent(other), 2, 4321,
					     SCMI_CLOCK_ROUND_DOWN),
			 0);
	while (!world.events)
		turn(NULL, world.instance);
	assert_int_equal(world.in_event, -EDEADLK);
	until_released(&world, 1);
	until_ready(NULL, world.instance, false);
	scmi_instance_close(other);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loss_sets_every_thread_free),
		cmocka_unit_test(in_order_every_thread_gets_its_answer),
		cmocka_unit_test(a_killed_platform_sets_every_thread_free),
		cmocka_unit_test(a_supplier_is_lost_while_it_is_asked_for_subscriptions),
		cmocka_unit_test(an_instance_is_closed_while_it_is_asked_for_subscriptions),
		cmocka_unit_test(a_callback_withdraws_its_own_supplier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
