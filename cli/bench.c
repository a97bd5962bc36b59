// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi bench: round trips one after another, beside the floor of the same machine in the same run. */
#include "cli.h"

#include <scmi/base.h>
#include <scmi/clock.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT_DEFAULT 10000
#define COUNT_MAX 10000000
/* Enough for caches, branch predictors and the clock's frequency. */
#define WARM_UP 1000

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

static int by_size(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

struct latency {
	uint64_t median_ns;
	uint64_t p99_ns;
};

static struct latency summarise(uint64_t *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), by_size);
	return (struct latency){ samples[count / 2], samples[count - 1 - (count - 1) / 100] };
}

static struct value microseconds(char text[32], uint64_t ns)
{
	snprintf(text, 32, "%llu.%02llu us", (unsigned long long)(ns / 1000),
		 (unsigned long long)(ns % 1000 / 10));
	return value_text(text);
}

static void put_latency(struct output *out, const char *key, const char *label,
			const struct latency *latency)
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

static void put_result(struct cli *cli, const char *message, size_t count,
		       const struct latency *latency, uint64_t elapsed_ns)
{
	uint64_t per_second = elapsed_ns ? (uint64_t)count * 1000000000u / elapsed_ns : 0;
	struct output *out = cli->out;

	out_open(out, NULL, NULL);
	out_field(out, "message", "message", value_text(message));
	out_field(out, "count", "round trips", value_number(count));
	put_latency(out, "latency", "latency", latency);
	out_field(out, "per_second", "per second", value_number(per_second));
	out_close(out);
}

int cli_bench(struct cli *cli)
{
	bool version = cli->options.message && !strcmp(cli->options.message, "version");
	size_t count = cli->options.count ? cli->options.count : COUNT_DEFAULT;
	struct scmi_command command = { .protocol_id = SCMI_CLOCK_PROTOCOL };
	struct latency latency;
	uint8_t payload[4];
	uint64_t *samples, elapsed_ns = 0;
	uint32_t clock_id = 0;
	int code = 0;

	if (count > COUNT_MAX)
		return cli_fail_usage(cli, "--count: at most %d here", COUNT_MAX);
	if (cli->options.pin[0] >= 0)
		code = pin(cli, cli->options.pin[0]);
	if (!code && !version)
		code = find_clock(cli, &clock_id);
	if (code)
		return code;
	if (version) {
		command.protocol_id = SCMI_BASE_PROTOCOL;
		command.message_id = SCMI_PROTOCOL_VERSION;
	} else {
		command.message_id = SCMI_CLOCK_RATE_GET;
		scmi_put_le32(payload, clock_id);
		command.payload = payload;
		command.size = sizeof(payload);
	}
	samples = cli_allocate(count * sizeof(*samples));
	code = measure(cli, &command, samples, count, &elapsed_ns);
	if (!code) {
		latency = summarise(samples, count);
		put_result(cli, version ? "PROTOCOL_VERSION" : "CLOCK_RATE_GET", count, &latency,
			   elapsed_ns);
	}
	free(samples);
	return code;
}
