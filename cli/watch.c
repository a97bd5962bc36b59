// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi watch: subscribe to notifications, and print each when it comes. */
#include "agents.h"
#include "clocks.h"
#include "number.h"

#include <scmi/base.h>
#include <wire/names.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct watch {
	struct cli *cli;
	struct clocks clocks;
	struct agents agents;
	bool *changed, *requested; /* per clock: subscribed */
	bool errors;
	uint64_t events;
};

static bool is_done(const struct watch *watch)
{
	return watch->cli->options.count && watch->events >= watch->cli->options.count;
}

/* ---- one event ------------------------------------------------------------------------------- */

/*
 * Who caused an event; NULL where it is not known. Agent 0 can be the platform itself as well as an
 * agent that this one may not see.
 */
static const char *originator(const struct watch *watch, uint32_t agent_id)
{
	return agent_id ? agents_name(&watch->agents, agent_id) : NULL;
}

/* Opens the event's object; local[] is the time as people read it. */
static void open_event(struct watch *watch, const char *event, uint32_t agent_id,
		       char local[16])
{
	const char *agent = originator(watch, agent_id);
	struct output *out = watch->cli->out;
	char utc[32];

	output_time(local, utc);
	watch->events++;
	out_open(out, NULL, NULL);
	out_field(out, "time", NULL, value_text(utc));
	out_field(out, "event", NULL, value_text(event));
	out_field(out, "agent_id", NULL, value_number(agent_id));
	out_field(out, "agent", NULL, agent ? value_text(agent) : value_none());
}

static char *agent_text(const struct watch *watch, uint32_t agent_id)
{
	const char *name = originator(watch, agent_id);
	char number[32];

	if (!agent_id)
		return output_clean("the platform or an agent you do not see");
	snprintf(number, sizeof(number), "agent %" PRIu32, agent_id);
	return output_clean(name ? name : number);
}

static void put_rate_event(struct watch *watch, const char *event, const char *verb,
			   uint32_t agent_id, uint32_t clock_id, uint64_t rate_hz)
{
	const char *name = clocks_name(&watch->clocks, clock_id);
	struct output *out = watch->cli->out;
	char *rate, *agent, *clock, local[16];

	open_event(watch, event, agent_id, local);
	out_field(out, "clock_id", NULL, value_number(clock_id));
	out_field(out, "clock", NULL, name ? value_text(name) : value_none());
	out_field(out, "rate_hz", NULL, value_rate(rate_hz));
	rate = output_render(value_rate(rate_hz));
	agent = agent_text(watch, agent_id);
	clock = name ? output_clean(name) : output_render(value_number(clock_id));
	out_say(out, "%s  %s: %s %s by %s", local, clock, rate, verb, agent);
	free(clock);
	free(agent);
	free(rate);
	out_close(out);
}

static bool is_watched(const struct watch *watch, const bool *subscribed, uint32_t clock_id)
{
	for (size_t i = 0; i < watch->clocks.count; i++)
		if (watch->clocks.clock[i].id == clock_id)
			return subscribed[i];
	return false;
}

static void on_clock(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		     size_t size)
{
	struct scmi_clock_rate_change_requested requested;
	struct scmi_clock_rate_changed changed;
	struct watch *watch = ctx;

	(void)protocol_id;
	if (is_done(watch))
		return;
	if (message_id == SCMI_CLOCK_RATE_CHANGED) {
		if (scmi_clock_rate_changed_decode(&changed, payload, size,
						   SCMI_CLOCK_VERSION_NEWEST) == SCMI_SUCCESS &&
		    is_watched(watch, watch->changed, changed.clock_id))
			put_rate_event(watch, "CLOCK_RATE_CHANGED", "set", changed.agent_id,
				       changed.clock_id, changed.rate_hz);
		return;
	}
	if (scmi_clock_rate_change_requested_decode(&requested, payload, size,
						    SCMI_CLOCK_VERSION_NEWEST) == SCMI_SUCCESS &&
	    is_watched(watch, watch->requested, requested.clock_id))
		put_rate_event(watch, "CLOCK_RATE_CHANGE_REQUESTED", "requested",
			       requested.agent_id, requested.clock_id, requested.rate_hz);
}

static void put_report(struct output *out, uint32_t header, int32_t status)
{
	uint32_t protocol_id = scmi_header_protocol_id(header);
	const char *message = scmi_message_name(protocol_id, scmi_header_message_type(header),
						scmi_header_message_id(header));
	char name[8];

	out_open(out, NULL, NULL);
	out_field(out, "protocol", NULL, value_text(cli_protocol_name(protocol_id, name)));
	out_field(out, "message", NULL, message ? value_text(message) : value_none());
	out_field(out, "header", NULL, value_hex(header));
	out_field(out, "status", NULL, value_text(scmi_status_name(status)));
	out_field(out, "status_code", NULL, value_signed(status));
	out_say(out, "              %s %s (header 0x%08" PRIx32 "): %s",
		cli_protocol_name(protocol_id, name), message ? message : "unknown message", header,
		scmi_status_name(status));
	out_close(out);
}

static void on_error(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		     size_t size)
{
	struct scmi_base_error_event_message_reports report;
	struct scmi_base_error_event event;
	struct watch *watch = ctx;
	struct output *out = watch->cli->out;
	char local[16], *agent;

	(void)protocol_id;
	(void)message_id;
	if (is_done(watch) || !watch->errors ||
	    scmi_base_error_event_decode(&event, payload, size, SCMI_BASE_VERSION_NEWEST) !=
		    SCMI_SUCCESS)
		return;
	open_event(watch, "BASE_ERROR_EVENT", event.agent_id, local);
	out_field(out, "fatal", NULL, value_flag(event.fatal));
	agent = agent_text(watch, event.agent_id);
	out_say(out, "%s  error%s of %s", local, event.fatal ? ", fatal," : "", agent);
	free(agent);
	out_list_open(out, "reports");
	while (scmi_base_error_event_message_reports_next(&event.message_reports, &report,
							  SCMI_BASE_VERSION_NEWEST) > 0)
		put_report(out, report.header, report.status);
	out_list_close(out);
	out_close(out);
}

/* ---- subscriptions --------------------------------------------------------------------------- */

/* Leave only the clocks that --clock names. */
static int choose_clocks(struct watch *watch, bool *wanted)
{
	struct cli *cli = watch->cli;
	struct clock clock;
	int code;

	for (size_t i = 0; i < watch->clocks.count; i++)
		wanted[i] = !cli->options.clock_count;
	for (size_t i = 0; i < cli->options.clock_count; i++) {
		code = clock_find(cli, cli->options.clocks[i], &clock);
		if (code)
			return code;
		for (size_t j = 0; j < watch->clocks.count; j++)
			wanted[j] |= watch->clocks.clock[j].id == clock.id;
	}
	return 0;
}

typedef int notify_function(struct scmi_agent *agent, uint32_t clock_id, bool enable);

/* 0 and *subscribed, or an error that is not just the platform's refusal. */
static int subscribe(struct watch *watch, notify_function *notify, const struct clock *clock,
		     bool offered, bool *subscribed)
{
	int error = offered ? notify(watch->cli->agent, clock->id, true) : 0;

	*subscribed = offered && !error;
	return scmi_error_is_status(error) || error == -EOPNOTSUPP ? 0 : error;
}

static int subscribe_clocks(struct watch *watch, size_t *count)
{
	struct cli *cli = watch->cli;
	bool *wanted;
	int code = clocks_load(cli, false, &watch->clocks), error = 0;

	/* A platform without clocks can still tell of errors. */
	if (code == CLI_REFUSED && !cli->options.clock_count)
		return 0;
	if (code)
		return code;
	wanted = cli_allocate(watch->clocks.count * sizeof(*wanted));
	watch->changed = cli_allocate(watch->clocks.count * sizeof(*watch->changed));
	watch->requested = cli_allocate(watch->clocks.count * sizeof(*watch->requested));
	code = choose_clocks(watch, wanted);
	for (size_t i = 0; i < watch->clocks.count && !code; i++) {
		const struct clock *clock = &watch->clocks.clock[i];

		if (!wanted[i])
			continue;
		error = subscribe(watch, scmi_clock_rate_notify, clock,
				  clock->attributes.rate_change_notification, &watch->changed[i]);
		if (!error)
			error = subscribe(watch, scmi_clock_rate_change_requested_notify, clock,
					  clock->attributes.rate_change_requested_notification,
					  &watch->requested[i]);
		if (error)
			code = cli_fail_call(cli, error, "clock %s: cannot subscribe", clock->name);
		*count += watch->changed[i] || watch->requested[i];
	}
	free(wanted);
	return code;
}

static int subscribe_all(struct watch *watch)
{
	struct cli *cli = watch->cli;
	bool clocks = cli->options.clock_count || !cli->options.errors;
	bool errors = cli->options.errors || !cli->options.clock_count;
	size_t count = 0;
	int code = 0, error = 0;

	if (clocks)
		code = subscribe_clocks(watch, &count);
	if (code)
		return code;
	if (errors) {
		error = scmi_base_notify_errors(cli->agent, true);
		watch->errors = !error;
	}
	if (error && !scmi_error_is_status(error) && error != -EOPNOTSUPP)
		return cli_fail_call(cli, error, "cannot subscribe to errors");
	if (!count && !watch->errors) {
		cli_fail_unsupported(cli, "the platform offers no such notification");
		return cli_hint(cli, "'scmi clock show CLOCK' says which a clock offers");
	}
	fprintf(stderr, "scmi: watching %zu clock%s%s; Ctrl-C ends it\n", count,
		count == 1 ? "" : "s", watch->errors ? " and errors" : "");
	return 0;
}

/* Politeness: the subscriptions end with the connection anyway, so failures do not matter. */
static void unsubscribe_all(struct watch *watch)
{
	struct scmi_agent *agent = watch->cli->agent;
	int error = 0;

	for (size_t i = 0; i < watch->clocks.count && watch->changed && !error; i++) {
		if (watch->changed[i])
			error = scmi_clock_rate_notify(agent, watch->clocks.clock[i].id, false);
		if (watch->requested[i] && !error)
			error = scmi_clock_rate_change_requested_notify(
				agent, watch->clocks.clock[i].id, false);
	}
	if (watch->errors && !error)
		scmi_base_notify_errors(agent, false);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int timeout_ms(struct scmi_instance *instance)
{
	uint64_t deadline = scmi_instance_next_deadline_ns(instance);
	int64_t left;

	if (deadline == SCMI_NEVER)
		return -1;
	left = (int64_t)deadline - now_ns();
	return left < 0 ? 0 : left / 1000000 > 60000 ? 60000 : (int)(left / 1000000) + 1;
}

/* Until enough came, a signal asks to stop, or the platform goes away. */
static int wait_for_events(struct watch *watch, int signal_fd)
{
	struct scmi_instance *instance = watch->cli->instance;
	struct pollfd fds[] = {
		{ .fd = scmi_instance_fd(instance), .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	int error;

	for (;;) {
		error = scmi_instance_dispatch(instance);
		if (is_done(watch) || fds[1].revents)
			return 0;
		if (error)
			return cli_fail_call(watch->cli, error, "%s", watch->cli->options.at);
		if (poll(fds, 2, timeout_ms(instance)) < 0 && errno != EINTR)
			return cli_fail_call(watch->cli, -errno, "cannot wait");
	}
}

int cli_watch(struct cli *cli)
{
	static struct watch watch;
	struct scmi_listener listeners[] = {
		{ SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGED, on_clock, &watch, NULL },
		{ SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGE_REQUESTED, on_clock, &watch, NULL },
		{ SCMI_BASE_PROTOCOL, SCMI_BASE_ERROR_EVENT, on_error, &watch, NULL },
	};
	size_t count = sizeof(listeners) / sizeof(listeners[0]);
	int code, signal_fd;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	watch.cli = cli;
	for (size_t i = 0; i < count; i++)
		scmi_agent_listen(cli->agent, &listeners[i]);
	code = agents_load(cli, &watch.agents);
	if (!code)
		code = subscribe_all(&watch);
	if (!code) {
		code = wait_for_events(&watch, signal_fd);
		if (!code)
			unsubscribe_all(&watch);
	}
	for (size_t i = 0; i < count; i++)
		scmi_agent_unlisten(cli->agent, &listeners[i]);
	clocks_free(&watch.clocks);
	free(watch.changed);
	free(watch.requested);
	close(signal_fd);
	return code;
}
