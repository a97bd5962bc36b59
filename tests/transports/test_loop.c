/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The loop transport: both ends in this thread. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "host/monotonic.h"
#include "transports/builtin.h"

#define NS_PER_MS 1000000u

static const struct scmi_transport_agent_ops *agent;

static struct scmi_transport_device *open_loop(struct told *told,
					       const struct scmi_transport_settings *settings)
{
	return told_open(&scmi_transport_loop, told, "test", settings);
}

static bool is_readable(struct scmi_transport_device *device)
{
	struct pollfd state = {.fd = agent->fd(device), .events = POLLIN};

	return poll(&state, 1, 0) == 1;
}

/*
 * With turn() the host's loop runs while the agent waits, without it only the agent's
 * connection.
 */
static void command_and_answer(void **state)
{
	struct scmi_transport_device *device;
	struct host host;
	struct told told;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		host_listen(&host, &scmi_transport_loop, "test", 0, 0, turn);
		device = open_loop(&told, NULL);
		assert_false(is_readable(device));
		assert_int_equal(agent->send(device, "ONE!", 4), 0);
		assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
		assert_int_equal(told.received, 1);
		assert_memory_equal(told.message, "ONE!", 4);
		assert_int_equal(host.peers[0].who.pid, getpid());
		assert_int_equal(host.peers[0].space, 132);
		assert_false(is_readable(device));

		/* The other way to use it: a descriptor and dispatch(). */
		assert_int_equal(agent->send(device, "TWO!!!", 6), 0);
		host_turn(&host, 2);
		assert_true(is_readable(device));
		assert_int_equal(agent->dispatch(device), 0);
		assert_int_equal(told.size, 6);
		assert_false(is_readable(device));
		assert_int_equal(host.ops->send(host.peers[0].peer, "NOTE", 4), 0);
		assert_true(is_readable(device));
		assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
		assert_memory_equal(told.message, "NOTE", 4);
		assert_int_equal(told.received, 3);
		agent->close(device);
		host_turn(&host, 2);
		assert_int_equal(host.disconnected, 1);
		host_stop(&host);
	}
}

static void nothing_comes(void **state)
{
	struct scmi_transport_device *device;
	uint64_t start_ns;
	struct host host;
	struct told told;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		host_listen(&host, &scmi_transport_loop, "test", 0, 0, turn);
		host.silent = true;
		device = open_loop(&told, NULL);
		assert_int_equal(agent->send(device, "ONE!", 4), 0);
		start_ns = scmi_monotonic_ns();
		assert_int_equal(agent->wait(device, 2 * NS_PER_MS), -ETIMEDOUT);
		assert_true(scmi_monotonic_ns() - start_ns >= 2 * NS_PER_MS);
		assert_int_equal(host.peers[0].commands, 1);
		assert_int_equal(agent->wait(device, 0), -ETIMEDOUT);
		if (!turn)
			assert_int_equal(agent->wait(device, SCMI_NEVER), -EDEADLK);
		agent->close(device);
		host_stop(&host);
	}
}

/* A delayed response: made when the platform's time has come, while the agent waits. */
static struct host *timed_host;
static uint64_t due_ns;

static uint64_t timer_deadline(void *ctx)
{
	(void)ctx;
	return due_ns;
}

static void timer_tick(void *ctx, uint64_t now_ns)
{
	(void)ctx;
	assert_true(now_ns >= due_ns);
	due_ns = SCMI_NEVER;
	assert_int_equal(timed_host->ops->send(timed_host->peers[0].peer, "DELAYED", 7), 0);
}

static void delayed_response(void **state)
{
	const struct scmi_loop_timer timer = {.next_deadline_ns = timer_deadline,
					      .tick = timer_tick};
	struct scmi_transport_device *device;
	struct host host;
	struct told told;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, true);
	timed_host = &host;
	due_ns = scmi_monotonic_ns() + 2 * NS_PER_MS;
	scmi_loop_set_timer(host.loop, &timer);
	device = open_loop(&told, NULL);
	assert_int_equal(agent->send(device, "ONE!", 4), 0);
	assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
	assert_int_equal(told.size, 4);
	assert_int_equal(agent->wait(device, SCMI_NEVER), 0);
	assert_int_equal(told.size, 7);
	agent->close(device);
	host_stop(&host);
}

static struct scmi_transport_device *inner_device;
static int inner_result;

static void wait_inside(struct host_peer *peer)
{
	(void)peer;
	inner_result = agent->wait(inner_device, SCMI_NEVER);
}

static void waiting_for_oneself(void **state)
{
	struct host host;
	struct told told;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		host_listen(&host, &scmi_transport_loop, "test", 0, 0, turn);
		host.on_command = wait_inside;
		inner_device = open_loop(&told, NULL);
		inner_result = 0;
		assert_int_equal(agent->send(inner_device, "ONE!", 4), 0);
		assert_int_equal(agent->wait(inner_device, SCMI_NEVER), 0);
		assert_int_equal(inner_result, -EDEADLK);
		assert_int_equal(told.received, 1);
		assert_int_equal(host.peers[0].commands, 1);
		agent->close(inner_device);
		host_stop(&host);
	}
}

static void full_rings(void **state)
{
	const struct scmi_transport_settings settings = {.messages_max = 3};
	struct scmi_transport_device *device;
	struct host host;
	struct told told;
	unsigned notes = 0;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, false);
	device = open_loop(&told, &settings);
	for (int i = 0; i < 3; i++)
		assert_int_equal(agent->send(device, "CMD!", 4), 0);
	assert_int_equal(agent->send(device, "CMD!", 4), -EAGAIN);
	host_turn(&host, 2);
	assert_int_equal(host.peers[0].commands, 3);

	/* Three answers lie there; notifications leave room for one more answer. */
	while (host.ops->send(host.peers[0].peer, "NOTE", 4) == 0)
		notes++;
	assert_int_equal(notes, 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(agent->send(device, "CMD!", 4), 0);
	host_turn(&host, 5);
	assert_int_equal(host.peers[0].commands, 4);
	assert_int_equal(host.peers[0].writable, 0);
	assert_int_equal(agent->dispatch(device), 0);
	assert_int_equal(told.received, 6);
	host_turn(&host, 2);
	assert_int_equal(host.peers[0].writable, 1);
	assert_int_equal(host.peers[0].commands, 6);
	assert_int_equal(agent->dispatch(device), 0);
	assert_int_equal(told.received, 8);
	agent->close(device);
	host_stop(&host);
}

static void sizes(void **state)
{
	static const uint8_t message[5000] = {1};
	const struct scmi_transport_settings small = {.message_size_max = 64};
	const struct scmi_transport_settings too_large = {.message_size_max = 65537};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	struct host host;
	struct told told;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 1000, false);
	device = open_loop(&told, NULL);
	assert_int_equal(agent->send(device, message, 4097), -EMSGSIZE);
	/* Longer than the platform's limit: handed over as it is. */
	assert_int_equal(agent->send(device, message, 4096), 0);
	assert_int_equal(agent->wait(device, 0), 0);
	assert_int_equal(host.peers[0].size, 4096);
	assert_int_equal(host.peers[0].space, 1000);
	assert_int_equal(told.size, 1000);
	assert_int_equal(agent->send(device, message, 0), 0);
	host_turn(&host, 1);
	assert_int_equal(host.peers[0].size, 0);
	assert_int_equal(host.ops->send(host.peers[0].peer, message, 1001), -EMSGSIZE);
	agent->close(device);

	device = open_loop(&told, &small);
	host_turn(&host, 2);
	assert_int_equal(host.ops->send(host.peers[1].peer, message, 1000), 0);
	assert_int_equal(agent->dispatch(device), 0);
	assert_int_equal(told.size, 65); /* one more than fits: seen to be too long */
	agent->close(device);
	assert_int_equal(
		agent->open(&device, "test", &too_large, &told_callbacks, &told, &limits, NULL, 0),
		-EINVAL);
	host_stop(&host);
}

static void platform_goes(void **state)
{
	struct scmi_transport_device *device;
	struct host host;
	struct told told;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, true);
	device = open_loop(&told, NULL);
	assert_int_equal(agent->send(device, "ONE!", 4), 0);
	host_turn(&host, 2);
	host_stop(&host);
	assert_int_equal(agent->send(device, "TWO!", 4), -ENODEV);
	assert_true(is_readable(device));
	/* What had arrived is handed over first. */
	assert_int_equal(agent->wait(device, SCMI_NEVER), -ENODEV);
	assert_int_equal(told.received, 1);
	assert_int_equal(told.closed, 1);
	assert_int_equal(agent->dispatch(device), -ENODEV);
	assert_int_equal(told.closed, 1);
	agent->close(device);
}

static void platform_drops(void **state)
{
	struct scmi_transport_device *refused, *dropped;
	struct told told_refused, told_dropped;
	struct host host;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, false);
	host.refuse = true;
	refused = open_loop(&told_refused, NULL);
	host_turn(&host, 1);
	host.refuse = false;
	dropped = open_loop(&told_dropped, NULL);
	host.drop_in_command = true;
	assert_int_equal(agent->send(dropped, "ONE!", 4), 0);
	assert_int_equal(agent->send(dropped, "TWO!", 4), 0);
	host_turn(&host, 2);
	assert_int_equal(host.connected, 1);
	assert_int_equal(host.disconnected, 1);
	assert_int_equal(host.peers[0].commands, 1);
	assert_int_equal(agent->dispatch(refused), -ENODEV);
	assert_int_equal(agent->dispatch(dropped), -ENODEV);
	assert_int_equal(told_refused.closed, 1);
	assert_int_equal(told_dropped.closed, 1);
	assert_int_equal(told_dropped.received, 0);
	agent->close(refused);
	agent->close(dropped);
	host_stop(&host);
}

static void agent_goes_with_commands_out(void **state)
{
	struct scmi_transport_device *device;
	struct host host;
	struct told told;

	(void)state;
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, false);
	device = open_loop(&told, NULL);
	assert_int_equal(agent->send(device, "ONE!", 4), 0);
	assert_int_equal(agent->send(device, "TWO!", 4), 0);
	agent->close(device);
	host_turn(&host, 2);
	/* What it sent counts. */
	assert_int_equal(host.peers[0].commands, 2);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

static void names(void **state)
{
	const struct scmi_transport_settings none = {0};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	struct host host, other;
	char why[256];
	struct told told;

	(void)state;
	assert_int_equal(agent->open(&device, "test", &none, &told_callbacks, &told, &limits, why,
				     sizeof(why)),
			 -ENOENT);
	host_listen(&host, &scmi_transport_loop, "test", 0, 0, false);
	assert_int_equal(
		host_try_listen(&other, &scmi_transport_loop, "test", 0, 0, why, sizeof(why)),
		-EADDRINUSE);
	assert_int_equal(host_try_listen(&other, &scmi_transport_loop, "", 0, 0, why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(
		host_try_listen(&other, &scmi_transport_loop, "x", 0, 65537, why, sizeof(why)),
		-EINVAL);
	host_listen(&other, &scmi_transport_loop, "other", 0, 0, false);
	device = told_open(&scmi_transport_loop, &told, "other", NULL);
	host_turn(&host, 1);
	host_turn(&other, 1);
	assert_int_equal(host.connected, 0);
	assert_int_equal(other.connected, 1);
	host_stop(&host);
	host_stop(&other);
	agent->close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_and_answer),
		cmocka_unit_test(nothing_comes),
		cmocka_unit_test(delayed_response),
		cmocka_unit_test(waiting_for_oneself),
		cmocka_unit_test(full_rings),
		cmocka_unit_test(sizes),
		cmocka_unit_test(platform_goes),
		cmocka_unit_test(platform_drops),
		cmocka_unit_test(agent_goes_with_commands_out),
		cmocka_unit_test(names),
	};

	agent = scmi_transport_loop.agent;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
