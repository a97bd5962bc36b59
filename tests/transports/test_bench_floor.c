/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor: that it measures, and leaves no trace; what it measures is the machine's. */
#define _GNU_SOURCE

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "host/bench_floor.h"

static void percentiles(void **state)
{
	struct scmi_latency latency;
	uint64_t samples[200];

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		samples[i] = (i * 37 % 200 + 1) * 10; /* 10 … 2000, in disorder */
	scmi_latency_of(samples, 200, &latency);
	assert_int_equal(latency.median_ns, 1010);
	assert_int_equal(latency.p99_ns, 1990);
	scmi_latency_of(samples, 1, &latency);
	assert_int_equal(latency.median_ns, 10);
	assert_int_equal(latency.p99_ns, 10);
}

static void measures(void **state)
{
	struct scmi_floor floor = {
		.rounds = 50, .cpu = -1, .other_cpu = -1, .command_size = 8, .answer_size = 16};
	struct scmi_latency latency = {0};
	cpu_set_t before, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	for (floor.kind = SCMI_FLOOR_SOCKET; floor.kind <= SCMI_FLOOR_CACHE_LINE; floor.kind++) {
		if (floor.kind == SCMI_FLOOR_CACHE_LINE && CPU_COUNT(&before) == 1)
			continue;
		latency = (struct scmi_latency){0};
		assert_int_equal(scmi_floor_measure(&floor, &latency), 0);
		assert_true(latency.median_ns > 0);
		assert_true(latency.p99_ns >= latency.median_ns);
	}
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void bad_wishes(void **state)
{
	const struct scmi_floor good = {
		.rounds = 1, .cpu = -1, .other_cpu = -1, .command_size = 8, .answer_size = 16};
	struct scmi_latency latency;
	struct scmi_floor bad;

	(void)state;
	bad = good;
	bad.rounds = 0;
	assert_int_equal(scmi_floor_measure(&bad, &latency), -EINVAL);
	bad = good;
	bad.answer_size = 4097;
	assert_int_equal(scmi_floor_measure(&bad, &latency), -EINVAL);
	bad = good;
	bad.other_cpu = CPU_SETSIZE;
	assert_int_equal(scmi_floor_measure(&bad, &latency), -EINVAL);
	bad = good;
	bad.kind = SCMI_FLOOR_CACHE_LINE;
	bad.cpu = bad.other_cpu = 0;
	assert_int_equal(scmi_floor_measure(&bad, &latency), -EINVAL);
	bad = good;
	bad.cpu = CPU_SETSIZE - 1;
	assert_int_equal(scmi_floor_measure(&bad, &latency), -EINVAL);
	bad = good;
	bad.other_cpu = CPU_SETSIZE - 1;
	assert_int_not_equal(scmi_floor_measure(&bad, &latency), 0);
	assert_int_equal(scmi_floor_measure(&good, &latency), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles),
		cmocka_unit_test(measures),
		cmocka_unit_test(bad_wishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
