/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
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

/* What both processes have. */
struct link {
	const struct scmi_floor *floor;
	int ends[2];	/* the measuring one's, the other one's: sockets, or eventfds to read */
	uint32_t *word; /* in shared memory: even, it is the measuring one's turn */
};

/* Wait until the word is that. */
static void await_word(const uint32_t *word, uint32_t wanted)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != wanted)
		continue;
}

/* The other process: answers until the socket ends, or until it is killed. */
static void echo(const struct link *link, int cpu)
{
	static char buffer[SIZE_MAX_FLOOR];
	eventfd_t count;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pin(cpu))
		_exit(1);
	switch (link->floor->kind) {
	case SCMI_FLOOR_SOCKET:
		while (recv(link->ends[1], buffer, sizeof(buffer), 0) > 0) {
			if (send(link->ends[1], buffer, link->floor->answer_size, MSG_NOSIGNAL) < 0)
				break;
		}
		break;
	case SCMI_FLOOR_EVENTFD:
		while (!eventfd_read(link->ends[1], &count) && !eventfd_write(link->ends[0], 1))
			continue;
		break;
	case SCMI_FLOOR_CACHE_LINE:
		for (uint32_t turn = 1;; turn += 2) {
			await_word(link->word, turn);
			__atomic_store_n(link->word, turn + 1, __ATOMIC_RELEASE);
		}
	}
	_exit(0);
}

/* One round trip; false if the other process is gone. */
static bool ping(const struct link *link)
{
	static char buffer[SIZE_MAX_FLOOR];
	eventfd_t count;
	uint32_t turn;

	switch (link->floor->kind) {
	case SCMI_FLOOR_EVENTFD:
		return !eventfd_write(link->ends[1], 1) && !eventfd_read(link->ends[0], &count);
	case SCMI_FLOOR_CACHE_LINE:
		turn = *link->word + 1;
		__atomic_store_n(link->word, turn, __ATOMIC_RELEASE);
		await_word(link->word, turn + 1);
		return true;
	default:
		return send(link->ends[0], buffer, link->floor->command_size, MSG_NOSIGNAL) > 0 &&
		       recv(link->ends[0], buffer, sizeof(buffer), 0) > 0;
	}
}

static int measure(const struct link *link, struct scmi_latency *latency)
{
	const struct scmi_floor *floor = link->floor;
	uint64_t *samples_ns = malloc(floor->rounds * sizeof(*samples_ns));
	uint64_t before_ns, after_ns;
	int error = 0;

	if (!samples_ns)
		return -ENOMEM;
	for (unsigned i = 0; i < floor->rounds / 10 && !error; i++)
		error = ping(link) ? 0 : -EPIPE;
	before_ns = scmi_monotonic_ns();
	for (unsigned i = 0; i < floor->rounds && !error; i++) {
		error = ping(link) ? 0 : -EPIPE;
		after_ns = scmi_monotonic_ns();
		samples_ns[i] = after_ns - before_ns;
		before_ns = after_ns;
	}
	if (!error)
		scmi_latency_of(samples_ns, floor->rounds, latency);
	free(samples_ns);
	return error;
}

/* The means of both ends. 0 or -errno; link_close() either way. */
static int link_open(struct link *link)
{
	link->ends[0] = link->ends[1] = -1;
	if (link->floor->kind == SCMI_FLOOR_CACHE_LINE) {
		link->word = mmap(NULL, sizeof(*link->word), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		return link->word == MAP_FAILED ? -errno : 0;
	}
	if (link->floor->kind == SCMI_FLOOR_SOCKET)
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link->ends) ? -errno
											 : 0;
	link->ends[0] = eventfd(0, EFD_CLOEXEC);
	link->ends[1] = eventfd(0, EFD_CLOEXEC);
	return link->ends[0] < 0 || link->ends[1] < 0 ? -errno : 0;
}

static void link_close(struct link *link)
{
	for (size_t i = 0; i < 2; i++) {
		if (link->ends[i] >= 0)
			close(link->ends[i]);
	}
	if (link->word && link->word != MAP_FAILED)
		munmap(link->word, sizeof(*link->word));
}

/* Both processes, each on its CPU. */
static int measure_pinned(struct link *link, int cpu, int other_cpu, struct scmi_latency *latency)
{
	/* First the other one's: a process that could not go there would never answer. */
	int error = pin(other_cpu);
	pid_t child;

	if (!error)
		error = pin(cpu);
	if (error)
		return error;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		if (link->floor->kind == SCMI_FLOOR_SOCKET)
			close(link->ends[0]);
		echo(link, other_cpu);
	}
	if (link->floor->kind == SCMI_FLOOR_SOCKET) {
		close(link->ends[1]);
		link->ends[1] = -1;
	}
	error = measure(link, latency);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return error;
}

int scmi_floor_measure(const struct scmi_floor *floor, struct scmi_latency *latency)
{
	struct link link = {.floor = floor};
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
	if (cpu >= CPU_SETSIZE || other_cpu >= CPU_SETSIZE ||
	    (floor->kind == SCMI_FLOOR_CACHE_LINE && cpu == other_cpu))
		return -EINVAL;
	if (sched_getaffinity(0, sizeof(before), &before))
		return -errno;
	error = link_open(&link);
	if (!error)
		error = measure_pinned(&link, cpu, other_cpu, latency);
	link_close(&link);
	sched_setaffinity(0, sizeof(before), &before);
	return error;
}
