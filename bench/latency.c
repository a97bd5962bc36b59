/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the socket transport and the host's loop add to the floor: two processes, each on its
 * CPU, the real driver at both ends, and a platform that answers without a thought. `scmi
 * bench` measures the same through a whole scmid.
 *
 *	latency [ROUNDS [SPIN-US]]
 *
 * Each batch has its own floor beside it; SPIN-US is for scmi_loop_set_spin_ns().
 */
#define _GNU_SOURCE

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <scmi/transport.h>

#include "host/bench_floor.h"
#include "host/loop.h"
#include "host/monotonic.h"
#include "host/transports.h"

/* CLOCK_RATE_GET: header and id; header, status and rate. */
#define COMMAND_SIZE 8u
#define ANSWER_SIZE  16u
#define BATCHES	     3
#define LIMIT_NS     1000000000u

static const struct scmi_transport *transport;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("sched_setaffinity");
}

/* ---- the serving process --------------------------------------------------------------------- */

static void *on_connected(void *ctx, struct scmi_transport_peer *peer,
			  const struct scmi_transport_credentials *who)
{
	(void)peer;
	(void)who;
	return ctx;
}

static size_t on_command(void *peer_ctx, uint64_t cookie, const void *message, size_t size,
			 void *answer, size_t space)
{
	(void)peer_ctx;
	(void)cookie;
	if (size < COMMAND_SIZE || space < ANSWER_SIZE)
		return 0;
	memset(answer, 0, ANSWER_SIZE);
	memcpy(answer, message, COMMAND_SIZE);
	return ANSWER_SIZE;
}

static void on_writable(void *peer_ctx)
{
	(void)peer_ctx;
}

static void on_disconnected(void *peer_ctx)
{
	(void)peer_ctx;
}

static void on_term(void *arg)
{
	scmi_loop_stop(arg);
}

/* Says on `ready` that it listens, and serves until SIGTERM. */
static int serve(const char *path, int cpu, uint64_t spin_ns, int ready)
{
	static const struct scmi_transport_platform_callbacks callbacks = {
		.size = sizeof(callbacks),
		.watch = scmi_loop_watch,
		.unwatch = scmi_loop_unwatch,
		.connected = on_connected,
		.command = on_command,
		.writable = on_writable,
		.disconnected = on_disconnected,
		.turn = scmi_loop_turn,
	};
	struct scmi_transport_listen how = {.address = path, .mode = 0600, .callbacks = &callbacks};
	struct scmi_transport_endpoint *endpoint;
	struct scmi_loop *loop;
	char why[256] = "no loop";
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu);
	error = scmi_loop_new(&loop);
	if (error)
		return error;
	how.host = loop;
	how.ctx = loop;
	error = transport->platform->listen(&endpoint, &how, why, sizeof(why));
	if (error) {
		fprintf(stderr, "latency: %s\n", why);
		return error;
	}
	scmi_loop_set_spin_ns(loop, spin_ns);
	error = scmi_loop_signal(loop, SIGTERM, on_term, loop);
	if (!error && write(ready, "r", 1) == 1)
		error = scmi_loop_run(loop);
	transport->platform->unlisten(endpoint);
	scmi_loop_free(loop);
	return error;
}

/* ---- the asking process ---------------------------------------------------------------------- */

static void on_receive(void *ctx, const void *message, size_t size)
{
	(void)message;
	*(size_t *)ctx = size;
}

static void on_closed(void *ctx, int error)
{
	(void)ctx;
	(void)error;
}

static const struct scmi_transport_agent_callbacks agent_callbacks = {
	.size = sizeof(agent_callbacks),
	.receive = on_receive,
	.closed = on_closed,
};

static int ask(struct scmi_transport_device *device, const size_t *received, uint64_t *samples_ns,
	       size_t count)
{
	static const uint8_t command[COMMAND_SIZE];
	uint64_t before_ns = scmi_monotonic_ns();
	uint64_t after_ns;
	int error;

	for (size_t i = 0; i < count; i++) {
		error = transport->agent->send(device, command, sizeof(command));
		if (!error)
			error = transport->agent->wait(device, LIMIT_NS);
		if (error || *received != ANSWER_SIZE)
			return error ? error : -EPROTO;
		after_ns = scmi_monotonic_ns();
		samples_ns[i] = after_ns - before_ns;
		before_ns = after_ns;
	}
	return 0;
}

static int measure(const char *path, size_t rounds, struct scmi_latency *latency)
{
	const struct scmi_transport_settings settings = {0};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	uint64_t *samples_ns;
	size_t received = 0;
	char why[256] = "";
	int error;

	samples_ns = calloc(rounds, sizeof(*samples_ns));
	if (!samples_ns)
		return -ENOMEM;
	error = transport->agent->open(&device, path, &settings, &agent_callbacks, &received,
				       &limits, why, sizeof(why));
	if (error) {
		fprintf(stderr, "latency: %s\n", why);
		free(samples_ns);
		return error;
	}
	error = ask(device, &received, samples_ns, rounds / 10 + 1);
	if (!error)
		error = ask(device, &received, samples_ns, rounds);
	if (!error)
		scmi_latency_of(samples_ns, rounds, latency);
	transport->agent->close(device);
	free(samples_ns);
	return error;
}

static int compare(const char *path, size_t rounds, int cpu, int other_cpu)
{
	const struct scmi_floor floor = {
		.rounds = (unsigned)rounds,
		.cpu = cpu,
		.other_cpu = other_cpu,
		.command_size = COMMAND_SIZE,
		.answer_size = ANSWER_SIZE,
	};
	struct scmi_latency lowest, socket;
	uint64_t percent;
	int error = 0;

	printf("%10s %10s %10s %10s  %s\n", "floor", "p99", "socket", "p99", "socket/floor");
	for (int i = 0; i < BATCHES && !error; i++) {
		error = scmi_floor_measure(&floor, &lowest);
		if (!error)
			error = measure(path, rounds, &socket);
		if (error)
			break;
		percent = socket.median_ns * 100 / (lowest.median_ns ? lowest.median_ns : 1);
		printf("%7.2f us %7.2f us %7.2f us %7.2f us  %u.%02u\n",
		       (double)lowest.median_ns / 1000, (double)lowest.p99_ns / 1000,
		       (double)socket.median_ns / 1000, (double)socket.p99_ns / 1000,
		       (unsigned)(percent / 100), (unsigned)(percent % 100));
	}
	return error;
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
	uint64_t spin_ns = argc > 2 ? strtoul(argv[2], NULL, 10) * 1000 : 0;
	char directory[] = P_tmpdir "/scmi-latency-XXXXXX";
	char path[sizeof(directory) + 8];
	int cpu, other_cpu, error, ready[2];
	char byte;
	pid_t child;

	transport = scmi_transport_find("unix");
	if (!transport || !rounds || scmi_floor_cpus(&cpu, &other_cpu) || !mkdtemp(directory) || pipe(ready)) {
		fprintf(stderr, "usage: latency [ROUNDS [SPIN-US]]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/socket", directory);
	child = fork();
	if (child == 0)
		_exit(serve(path, other_cpu, spin_ns, ready[1]) ? 1 : 0);
	close(ready[1]);
	error = child > 0 && read(ready[0], &byte, 1) == 1 ? 0 : -EIO;
	if (!error) {
		pin(cpu);
		error = compare(path, rounds, cpu, other_cpu);
	}
	if (child > 0) {
		kill(child, SIGTERM);
		waitpid(child, NULL, 0);
	}
	rmdir(directory);
	if (error)
		fprintf(stderr, "latency: %s\n", strerror(-error));
	return error ? 1 : 0;
}
