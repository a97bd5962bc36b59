/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An application's view: opening by URI, blocking calls and a loop of one's own, over both
 * transports.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <scmi/instance.h>

#include "host.h"
#include "host/monotonic.h"
#include "host/transports.h"
#include "transports/builtin.h"

#define PROTOCOL_ID 0x14
#define MESSAGE_ID  0x06
#define NS_PER_MS   1000000u

static const uint8_t payload[4]; /* clock 0; echoed, it is the status SUCCESS */
static const struct scmi_command command = {
	.protocol_id = PROTOCOL_ID,
	.message_id = MESSAGE_ID,
	.payload = payload,
	.size = sizeof(payload),
};

struct traced {
	unsigned to_platform;
	unsigned from_platform;
	size_t size;
};

static void on_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct traced *traced = ctx;

	assert_non_null(message);
	if (to_platform)
		traced->to_platform++;
	else
		traced->from_platform++;
	traced->size = size;
}

static struct scmi_instance *open_instance(const char *uri,
					   const struct scmi_instance_options *options)
{
	struct scmi_instance *instance = NULL;
	char why[256] = "";
	int error = scmi_instance_open(&instance, uri, options, why, sizeof(why));

	if (error)
		fail_msg("%s: %d %s", uri, error, why);
	return instance;
}

/* The library may be built without; the tests of files are for those that are none of it. */
static void need(const char *scheme)
{
	if (!scmi_transport_find(scheme))
		skip();
}

/*
 * A platform on loop:test, whose loop turns while the agent waits. Answers are 16 bytes:
 * SUCCESS and a value.
 */
static void listen_on_loop(struct host *host)
{
	host_listen(host, &scmi_transport_loop, "test", 0, 0, true);
	host->answer_size = 16;
}

static void expect_open_error(const char *uri, const struct scmi_instance_options *options,
			      int error, const char *words)
{
	struct scmi_instance *instance;
	char why[256] = "";

	assert_int_equal(scmi_instance_open(&instance, uri, options, why, sizeof(why)), error);
	if (!strstr(why, words))
		fail_msg("%s: '%s' does not say '%s'", uri, why, words);
	assert_int_equal(scmi_instance_open(&instance, uri, options, NULL, 0), error);
}

static void why_it_does_not_open(void **state)
{
	const struct scmi_instance_options bad = {.settings.messages_max = 2000};

	(void)state;
	expect_open_error("/run/x.sock", NULL, -EINVAL, "is not SCHEME:ADDRESS");
	expect_open_error("tcp:x", NULL, -EOPNOTSUPP, "no transport has the scheme 'tcp'");
	if (scmi_transport_find("pipe"))
		expect_open_error("pipe:-", NULL, -EOPNOTSUPP, "pipe has no agent's end");
	expect_open_error("loop:none", NULL, -ENOENT, "no platform of this thread listens");
	expect_open_error("unix:/x?foo=1", NULL, -EINVAL, "there is no setting 'foo'");
	expect_open_error("loop:none", &bad, -EINVAL, "messages-max is a number from 1 to 1024");
	/* Not even looked for: it could not be as it was asked for. */
	expect_open_error("loop:none?no-completion-irq=1", NULL, -EINVAL,
			  "the transport loop has no no-completion-irq");
	expect_open_error("loop:none?polling-us=5", NULL, -EINVAL,
			  "the transport loop has no polling-us");
}

static void blocking_calls(void **state)
{
	struct traced traced = {0};
	const struct scmi_instance_options options = {.trace = on_trace, .trace_ctx = &traced};
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;

	(void)state;
	listen_on_loop(&host);
	instance = open_instance("loop:test", &options);
	for (unsigned i = 1; i < 2000; i++) { /* more than there are tokens */
		assert_int_equal(
			scmi_agent_call(scmi_instance_agent(instance), &command, &transfer), 0);
		assert_int_equal(scmi_transfer_result(transfer)->size, 8);
		scmi_transfer_put(transfer);
		assert_int_equal(traced.to_platform, i);
		assert_int_equal(traced.from_platform, i);
	}
	assert_int_equal(traced.size, 16);
	assert_true(scmi_instance_next_deadline_ns(instance) == SCMI_NEVER);
	scmi_instance_close(instance);
	scmi_instance_close(NULL);
	host_stop(&host);
}

static void time_limit(void **state)
{
	const struct scmi_instance_options options = {.settings.response_timeout_ms = 4};
	struct scmi_agent_counters counters;
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;
	uint64_t start_ns;

	(void)state;
	listen_on_loop(&host);
	host.silent = true;
	/* What the caller says goes before what the URI says. */
	instance = open_instance("loop:test?response-timeout-ms=3600000&messages-max=2", &options);
	start_ns = scmi_monotonic_ns();
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &command, &transfer),
			 -ETIMEDOUT);
	assert_true(scmi_monotonic_ns() - start_ns >= 4 * NS_PER_MS);
	assert_int_equal(host.peers[0].commands, 1);
	scmi_agent_counters(scmi_instance_agent(instance), &counters);
	assert_int_equal(counters.timed_out, 1);
	/* The next one works. */
	host.silent = false;
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &command, &transfer), 0);
	scmi_transfer_put(transfer);
	scmi_instance_close(instance);
	host_stop(&host);
}

struct ended {
	unsigned calls;
	int error;
};

static void on_done(void *ctx, const struct scmi_result *result)
{
	struct ended *ended = ctx;

	ended->calls++;
	ended->error = result->error;
}

static void loop_of_ones_own(void **state)
{
	struct pollfd readable = {.events = POLLIN};
	struct scmi_instance *instance;
	struct ended ended = {0};
	struct host host;
	uint64_t now_ns;
	char uri[300];

	(void)state;
	need("unix");
	host_listen(&host, &scmi_transport_socket, temporary_path("own.sock"), 0, 0, false);
	host.answer_size = 16;
	snprintf(uri, sizeof(uri), "unix:%s?response-timeout-ms=60000", temporary_path("own.sock"));
	instance = open_instance(uri, NULL);
	readable.fd = scmi_instance_fd(instance);

	now_ns = scmi_monotonic_ns();
	assert_int_equal(
		scmi_agent_submit(scmi_instance_agent(instance), &command, on_done, &ended, NULL),
		0);
	assert_true(scmi_instance_next_deadline_ns(instance) >=
		    now_ns + 60000u * (uint64_t)NS_PER_MS);
	assert_true(scmi_instance_next_deadline_ns(instance) != SCMI_NEVER);
	assert_int_equal(poll(&readable, 1, 0), 0);
	assert_int_equal(scmi_instance_dispatch(instance), 0);
	assert_int_equal(ended.calls, 0);

	host_turn(&host, 3);
	assert_int_equal(poll(&readable, 1, 0), 1);
	assert_int_equal(scmi_instance_dispatch(instance), 0);
	assert_int_equal(ended.calls, 1);
	assert_int_equal(ended.error, 0);
	assert_true(scmi_instance_next_deadline_ns(instance) == SCMI_NEVER);
	scmi_instance_close(instance);
	host_stop(&host);
}

static void remember_header(void *ctx, bool to_platform, const void *message, size_t size)
{
	if (to_platform && size >= SCMI_HEADER_SIZE)
		*(uint32_t *)ctx = scmi_get_le32(message);
}

static void calls_that_do_not_sleep(void **state)
{
	struct scmi_command spinning = command;
	uint32_t header = 0;
	const struct scmi_instance_options options = {
		.trace = remember_header,
		.trace_ctx = &header,
	};
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;
	uint8_t answer[16] = {0};
	char uri[300];

	(void)state;
	need("unix");
	spinning.poll_budget_us = 200;
	host_listen(&host, &scmi_transport_socket, temporary_path("spin.sock"), 0, 0, false);
	snprintf(uri, sizeof(uri), "unix:%s", temporary_path("spin.sock"));
	instance = open_instance(uri, &options);
	host_turn(&host, 2);
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &spinning, &transfer),
			 -ETIMEDOUT);
	/* The answer to the next one is there already: tokens rise. */
	scmi_put_le32(answer, header + (1u << 18));
	assert_int_equal(host.ops->send(host.peers[0].peer, answer, sizeof(answer)), 0);
	spinning.poll_budget_us = 10000000;
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &spinning, &transfer), 0);
	scmi_transfer_put(transfer);
	scmi_instance_close(instance);
	host_stop(&host);

	/* Where looking brings nothing, as the platform has to run first, it is refused. */
	listen_on_loop(&host);
	instance = open_instance("loop:test", NULL);
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &spinning, &transfer),
			 -EOPNOTSUPP);
	scmi_instance_close(instance);
	host_stop(&host);
}

struct heard {
	unsigned events;
	size_t size;
};

static void on_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *bytes,
		     size_t size)
{
	struct heard *heard = ctx;

	assert_int_equal(protocol_id, PROTOCOL_ID);
	assert_int_equal(message_id, 0);
	assert_non_null(bytes);
	heard->events++;
	heard->size = size;
}

static void notify_first(struct host_peer *peer)
{
	uint8_t notification[20] = {0};

	scmi_put_le32(notification, scmi_header(PROTOCOL_ID, SCMI_NOTIFICATION, 0, 0));
	assert_int_equal(peer->host->ops->send(peer->peer, notification, sizeof(notification)), 0);
}

static void notification_during_a_call(void **state)
{
	struct heard heard = {0};
	struct scmi_listener listener = {
		.protocol_id = PROTOCOL_ID,
		.message_id = 0,
		.event = on_event,
		.ctx = &heard,
	};
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;

	(void)state;
	listen_on_loop(&host);
	host.on_command = notify_first;
	instance = open_instance("loop:test", NULL);
	scmi_agent_listen(scmi_instance_agent(instance), &listener);
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &command, &transfer), 0);
	scmi_transfer_put(transfer);
	/*
	 * Taken off the descriptor already, so the deadline has to say that there is something
	 * to do.
	 */
	assert_int_equal(heard.events, 0);
	assert_true(scmi_instance_next_deadline_ns(instance) == 0);
	assert_int_equal(scmi_instance_dispatch(instance), 0);
	assert_int_equal(heard.events, 1);
	assert_int_equal(heard.size, 16);
	assert_true(scmi_instance_next_deadline_ns(instance) == SCMI_NEVER);
	scmi_agent_unlisten(scmi_instance_agent(instance), &listener);
	scmi_instance_close(instance);
	host_stop(&host);
}

static void platform_goes(void **state)
{
	struct ended ended = {0};
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;

	(void)state;
	listen_on_loop(&host);
	instance = open_instance("loop:test", NULL);
	assert_int_equal(
		scmi_agent_submit(scmi_instance_agent(instance), &command, on_done, &ended, NULL),
		0);
	host_stop(&host);
	assert_int_equal(scmi_instance_dispatch(instance), -ENODEV);
	assert_int_equal(ended.calls, 1);
	assert_int_equal(ended.error, -ENODEV);
	assert_int_equal(scmi_instance_dispatch(instance), -ENODEV);
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &command, &transfer),
			 -ENODEV);
	assert_int_equal(ended.calls, 1);
	scmi_instance_close(instance);
}

static void drop_peer(struct host_peer *peer)
{
	peer->host->drop_in_command = true;
}

static void platform_goes_during_a_call(void **state)
{
	struct scmi_instance *instance;
	struct scmi_transfer *transfer;
	struct host host;

	(void)state;
	listen_on_loop(&host);
	host.on_command = drop_peer;
	instance = open_instance("loop:test?response-timeout-ms=3600000", NULL);
	assert_int_equal(scmi_agent_call(scmi_instance_agent(instance), &command, &transfer),
			 -ENODEV);
	scmi_instance_close(instance);
	host_stop(&host);
}

static void close_with_a_command_out(void **state)
{
	struct ended ended = {0};
	struct scmi_instance *instance;
	struct host host;

	(void)state;
	listen_on_loop(&host);
	instance = open_instance("loop:test", NULL);
	assert_int_equal(
		scmi_agent_submit(scmi_instance_agent(instance), &command, on_done, &ended, NULL),
		0);
	scmi_instance_close(instance);
	assert_int_equal(ended.calls, 1);
	assert_int_equal(ended.error, -ENODEV);
	host_turn(&host, 2);
	assert_int_equal(host.disconnected, 1);
	host_stop(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_it_does_not_open),
		cmocka_unit_test(blocking_calls),
		cmocka_unit_test(time_limit),
		cmocka_unit_test(loop_of_ones_own),
		cmocka_unit_test(calls_that_do_not_sleep),
		cmocka_unit_test(notification_during_a_call),
		cmocka_unit_test(platform_goes),
		cmocka_unit_test(platform_goes_during_a_call),
		cmocka_unit_test(close_with_a_command_out),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	temporary_remove();
	return failed;
}
