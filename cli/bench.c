// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * scmi bench: round trips one after another, beside the floor of the same machine in the same run.
 */
#include "cli.h"

#include <scmi/base.h>
#include <scmi/clock.h>
#include <host/bench_floor.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define COUNT_DEFAULT 10000
#define COUNT_MAX 10000000
/* Enough for caches, branch predictors and the clock's frequency. */
#define WARM_UP 1000
/* So often, every 10 ms. */
#define RECONNECTS_MAX 100

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The lowest clock there is: ids may have gaps. */
static int find_clock(struct cli *cli, uint32_t *clock_id)
{
	struct scmi_clock_protocol_attributes_response all;
	uint64_t rate_hz;
	int error = scmi_clock_protocol_attributes(cli->agent, &all);

	if (error)
		return cli_fail_call(cli, error, "cannot ask for the clocks");
	for (*clock_id = 0; *clock_id < all.num_clocks; ++*clock_id) {
		error = scmi_clock_rate_get(cli->agent, *clock_id, &rate_hz);
		if (!scmi_error_is_status(error))
			return error ? cli_fail_call(cli, error, "cannot get a rate") : 0;
	}
	cli_fail_unsupported(cli, "the platform has no clock to ask for");
	return cli_hint(cli, "--message version needs none");
}

static int pin(struct cli *cli, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return cli_fail_usage(cli, "cannot run on CPU %d: %s", cpu, strerror(errno));
	return 0;
}

/* One round trip, as an application makes it. */
static int round_trip(struct cli *cli, const struct scmi_command *command)
{
	struct scmi_transfer *transfer;
	int error = scmi_agent_call(cli->agent, command, &transfer);

	if (!error)
		scmi_transfer_put(transfer);
	return error;
}

static int measure(struct cli *cli, const struct scmi_command *command, uint64_t *samples,
		   size_t count, uint64_t *elapsed_ns)
{
	uint64_t start, before, after;
	int error = 0;

	for (size_t i = 0; i < WARM_UP && !error; i++)
		error = round_trip(cli, command);
	start = before = now_ns();
	for (size_t i = 0; i < count && !error; i++) {
		error = round_trip(cli, command);
		after = now_ns();
		samples[i] = after - before;
		before = after;
		if (i % 65536 == 65535) {
			cli_progress(cli, "%zu of %zu", i + 1, count);
			before = now_ns();
		}
	}
	*elapsed_ns = now_ns() - start;
	cli_progress_end(cli);
	return error ? cli_fail_call(cli, error, "while measuring") : 0;
}

static void microseconds(char text[32], uint64_t ns)
{
	snprintf(text, 32, "%llu.%02llu us", (unsigned long long)(ns / 1000),
		 (unsigned long long)(ns % 1000 / 10));
}

static void put_latency(struct output *out, const char *key, const char *label,
			const struct scmi_latency *latency)
{
	char line[96], median[32], p99[32];

	microseconds(median, latency->median_ns);
	microseconds(p99, latency->p99_ns);
	snprintf(line, sizeof(line), "median %s, p99 %s", median, p99);
	out_field(out, NULL, label, value_text(line));
	out_open(out, key, NULL);
	out_field(out, "median_ns", NULL, value_number(latency->median_ns));
	out_field(out, "p99_ns", NULL, value_number(latency->p99_ns));
	out_close(out);
}

struct bench {
	const char *message;
	struct scmi_command command;
	size_t answer_size; /* with header and status */
	size_t count;
	bool eventfds; /* are what wakes the ends */
	struct scmi_latency floor;  /* where who waits sleeps */
	struct scmi_latency polled; /* where nobody sleeps; all 0: not measured */
	int floor_cpus[2];
	struct scmi_latency latency;
	uint64_t elapsed_ns;
	struct scmi_latency sleeping; /* the same with both ends asleep; all 0: not measured */
};

static void put_ratio(struct output *out, const char *key, const char *label,
		      const struct scmi_latency *latency, const struct scmi_latency *floor)
{
	uint64_t floor_ns = floor->median_ns ? floor->median_ns : 1;
	uint64_t hundredths = latency->median_ns * 100 / floor_ns;
	char ratio[32];

	snprintf(ratio, sizeof(ratio), "%llu.%02llu", (unsigned long long)(hundredths / 100),
		 (unsigned long long)(hundredths % 100));
	out_field(out, NULL, label, value_text(ratio));
	out_field(out, key, NULL, value_number(hundredths));
}

static void put_result(struct output *out, const struct bench *bench)
{
	char cpus[32];

	out_open(out, NULL, NULL);
	out_field(out, "message", "message", value_text(bench->message));
	out_field(out, "count", "round trips", value_number(bench->count));
	put_latency(out, "latency", "latency", &bench->latency);
	put_latency(out, "floor", "floor", &bench->floor);
	snprintf(cpus, sizeof(cpus), "%d %d", bench->floor_cpus[0], bench->floor_cpus[1]);
	out_field(out, "floor_cpus", "on CPUs", value_text(cpus));
	put_ratio(out, "ratio_percent", "median / floor", &bench->latency, &bench->floor);
	if (bench->polled.median_ns) {
		put_latency(out, "polling_floor", "polling floor", &bench->polled);
		put_ratio(out, "polling_ratio_percent", "median / that", &bench->latency, &bench->polled);
	}
	if (bench->sleeping.median_ns) {
		put_latency(out, "sleeping", "asleep", &bench->sleeping);
		put_ratio(out, "sleeping_ratio_percent", "median / floor", &bench->sleeping, &bench->floor);
	}
	out_field(out, "per_second", "per second",
		  value_number((uint64_t)bench->count * 1000000000u /
			       (bench->elapsed_ns + !bench->elapsed_ns)));
	out_close(out);
}

/* The other end is the user's to bind: a process does not move another without being asked. */
static void warn_unbound(const struct cli *cli, int cpu)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	cpu_set_t set;

	/* The descriptor of other transports is no connection; to ask for it costs them calls. */
	if (strncmp(cli->options.at, "unix:", 5))
		return;
	if (getsockopt(scmi_instance_fd(cli->instance), SOL_SOCKET, SO_PEERCRED, &peer, &size) ||
	    sched_getaffinity(peer.pid, sizeof(set), &set))
		return;
	if (CPU_COUNT(&set) != 1 || !CPU_ISSET((size_t)cpu, &set))
		fprintf(stderr,
			"scmi: note: the platform is not bound to CPU %d: taskset -cp %d %d\n", cpu,
			cpu, (int)peer.pid);
}

static int measure_floor(struct cli *cli, struct bench *bench, int cpu, int other_cpu)
{
	struct scmi_floor floor = {
		.kind = bench->eventfds ? SCMI_FLOOR_EVENTFD : SCMI_FLOOR_SOCKET,
		.rounds = (unsigned int)bench->count,
		.cpu = cpu,
		.other_cpu = other_cpu,
		.command_size = SCMI_HEADER_SIZE + bench->command.size,
		.answer_size = bench->answer_size,
	};
	struct scmi_latency latency;
	int error;

	cli_progress(cli, "measuring the floor");
	error = scmi_floor_measure(&floor, &latency);
	if (!error && bench->eventfds && cpu != other_cpu) {
		floor.kind = SCMI_FLOOR_CACHE_LINE;
		error = scmi_floor_measure(&floor, &bench->polled);
	}
	cli_progress_end(cli);
	if (error)
		return cli_fail_usage(cli, "cannot measure the floor on CPUs %d and %d: %s", cpu,
				      other_cpu, strerror(-error));
	if (!bench->floor.median_ns || latency.median_ns < bench->floor.median_ns) {
		bench->floor = latency;
		bench->floor_cpus[0] = cpu;
		bench->floor_cpus[1] = other_cpu;
	}
	return 0;
}

/*
 * Where nobody is bound to a CPU the system may put both ends on one, which can be faster: then the
 * lower floor of the two counts.
 */
static int measure_floors(struct cli *cli, struct bench *bench)
{
	const int *pinned = cli->options.pin;
	int first, last, code;

	if (pinned[0] >= 0)
		return measure_floor(cli, bench, pinned[0], pinned[1]);
	if (scmi_floor_cpus(&first, &last))
		return cli_fail_unsupported(cli, "this machine does not tell its CPUs");
	code = measure_floor(cli, bench, first, last);
	return code || first == last ? code : measure_floor(cli, bench, first, first);
}

/*
 * A second connection, that sleeps at once whenever it waits; the device does too, as it has nothing
 * to do for so long. It takes one front end at a time, and may not have seen the first one go.
 */
static int measure_asleep(struct cli *cli, struct bench *bench, uint64_t *samples)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	uint64_t elapsed_ns;
	int code;

	cli_disconnect(cli);
	cli->options.polling_us = SCMI_POLLING_NONE;
	for (int i = 0; (code = cli_connect(cli)) && i < RECONNECTS_MAX; i++) {
		nanosleep(&moment, NULL);
		cli_disconnect(cli);
	}
	if (code)
		return code;
	memset(&cli->failure, 0, sizeof(cli->failure));
	code = measure(cli, &bench->command, samples, bench->count, &elapsed_ns);
	if (!code)
		scmi_latency_of(samples, bench->count, &bench->sleeping);
	return code;
}

static int run(struct cli *cli, struct bench *bench)
{
	uint64_t *samples;
	int code = measure_floors(cli, bench);

	if (!code && cli->options.pin[0] >= 0) {
		code = pin(cli, cli->options.pin[0]);
		warn_unbound(cli, cli->options.pin[1]);
	}
	if (code)
		return code;
	samples = cli_allocate(bench->count * sizeof(*samples));
	code = measure(cli, &bench->command, samples, bench->count, &bench->elapsed_ns);
	if (!code)
		scmi_latency_of(samples, bench->count, &bench->latency);
	if (!code && bench->polled.median_ns)
		code = measure_asleep(cli, bench, samples);
	free(samples);
	return code;
}

int cli_bench(struct cli *cli)
{
	struct bench bench = {
		.message = "PROTOCOL_VERSION",
		.command = { .protocol_id = SCMI_BASE_PROTOCOL,
			     .message_id = SCMI_PROTOCOL_VERSION },
		.answer_size = SCMI_ANSWER_SIZE_MIN + 4,
		.eventfds = !strncmp(cli->options.at, "virtio:", 7) ||
			    !strncmp(cli->options.at, "mailbox:", 8),
		.count = cli->options.count ? cli->options.count : COUNT_DEFAULT,
	};
	uint8_t payload[4];
	uint32_t clock_id = 0;
	int code = 0;

	if (bench.count > COUNT_MAX)
		return cli_fail_usage(cli, "--count: at most %d here", COUNT_MAX);
	if (!cli->options.message || !strcmp(cli->options.message, "rate-get")) {
		code = find_clock(cli, &clock_id);
		scmi_put_le32(payload, clock_id);
		bench.message = "CLOCK_RATE_GET";
		bench.command.protocol_id = SCMI_CLOCK_PROTOCOL;
		bench.command.message_id = SCMI_CLOCK_RATE_GET;
		bench.command.payload = payload;
		bench.command.size = sizeof(payload);
		bench.answer_size = SCMI_ANSWER_SIZE_MIN + 8;
	}
	if (!code)
		code = run(cli, &bench);
	if (!code)
		put_result(cli->out, &bench);
	return code;
}
