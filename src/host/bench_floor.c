/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_floor.h"
#include "monotonic.h"

#define SIZE_MAX_FLOOR 4096u

static int by_time(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

void scmi_latency_of(uint64_t *samples_ns, size_t count, struct scmi_latency *latency)
{
	qsort(samples_ns, count, sizeof(*samples_ns), by_time);
	latency->median_ns = samples_ns[count / 2];
	latency->p99_ns = samples_ns[count - 1 - (count - 1) / 100];
}

int scmi_floor_cpus(int *first, int *last)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	*first = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &set))
			continue;
		if (*first < 0)
			*first = cpu;
		*last = cpu;
	}
	return *first < 0 ? -EINVAL : 0;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* The other process: answers until the socket ends. */
static void echo(int fd, int cpu, size_t answer_size)
{
	static char buffer[SIZE_MAX_FLOOR];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pin(cpu))
		_exit(1);
	while (recv(fd, buffer, sizeof(buffer), 0) > 0) {
		if (send(fd, buffer, answer_size, MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* One round trip; false if the other process is gone. */
static bool ping(int fd, const struct scmi_floor *floor)
{
	static char buffer[SIZE_MAX_FLOOR];

	return send(fd, buffer, floor->command_size, MSG_NOSIGNAL) > 0 &&
	       recv(fd, buffer, sizeof(buffer), 0) > 0;
}

static int measure(int fd, const struct scmi_floor *floor, struct scmi_latency *latency)
{
	uint64_t *samples_ns = malloc(floor->rounds * sizeof(*samples_ns));
	uint64_t before_ns, after_ns;
	int error = 0;

	if (!samples_ns)
		return -ENOMEM;
	for (unsigned i = 0; i < floor->rounds / 10 && !error; i++)
		error = ping(fd, floor) ? 0 : -EPIPE;
	before_ns = scmi_monotonic_ns();
	for (unsigned i = 0; i < floor->rounds && !error; i++) {
		error = ping(fd, floor) ? 0 : -EPIPE;
		after_ns = scmi_monotonic_ns();
		samples_ns[i] = after_ns - before_ns;
		before_ns = after_ns;
	}
	if (!error)
		scmi_latency_of(samples_ns, floor->rounds, latency);
	free(samples_ns);
	return error;
}

/* Both processes, each on its CPU. */
static int measure_pinned(const struct scmi_floor *floor, int cpu, int other_cpu,
			  struct scmi_latency *latency)
{
	int ends[2];
	pid_t child;
	int error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		echo(ends[1], other_cpu, floor->answer_size);
	}
	error = child < 0 ? -errno : pin(cpu);
	close(ends[1]);
	if (!error)
		error = measure(ends[0], floor, latency);
	close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return error;
}

int scmi_floor_measure(const struct scmi_floor *floor, struct scmi_latency *latency)
{
	cpu_set_t before;
	int cpu, other_cpu, error;

	if (!floor->rounds || !floor->command_size || !floor->answer_size ||
	    floor->command_size > SIZE_MAX_FLOOR || floor->answer_size > SIZE_MAX_FLOOR)
		return -EINVAL;
	error = scmi_floor_cpus(&cpu, &other_cpu);
	if (error)
		return error;
	if (floor->cpu >= 0)
		cpu = floor->cpu;
	if (floor->other_cpu >= 0)
		other_cpu = floor->other_cpu;
	if (cpu >= CPU_SETSIZE || other_cpu >= CPU_SETSIZE)
		return -EINVAL;
	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	error = measure_pinned(floor, cpu, other_cpu, latency);
	sched_setaffinity(0, sizeof(before), &before);
	return error;
}
