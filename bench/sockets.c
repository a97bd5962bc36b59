/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A thousand sockets on one scmid: what each costs in memory, listening and connected, and how long
 * a message takes while the others are idle, and while a hundred of them are busy.
 *
 *	sockets SCMID [virtio|unix [COUNT]]
 *
 * SCMI numbers at most 255 agents, so each agent has several sockets. scmid has the last CPU to
 * itself and the agent that is measured the first; the busy ones share what is between, or the first.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <scmi/clock.h>
#include <scmi/instance.h>

#include "host/bench_floor.h"
#include "host/monotonic.h"

#define AGENTS_MAX  250
#define COUNT_MAX   10000
#define BUSY	    100
#define ROUNDS	    50000
#define WARM_UP	    1000
#define CLOCK_ID    0
#define PATIENCE_NS (60u * 1000000000ull)
#define EVENTS_MAX  64

static struct {
	char directory[64];
	pid_t owner; /* of the directory and the other processes */
	const char *kind;
	int count;
	int busy;
	int first_cpu;
	int last_cpu;
	pid_t scmid;
	pid_t others;
	struct scmi_instance *instances[COUNT_MAX];
	uint64_t *answers; /* to the busy ones; in memory shared with them */
} bench;

static uint64_t answers(void)
{
	return __atomic_load_n(bench.answers, __ATOMIC_RELAXED);
}

static void path_of(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", bench.directory, name);
}

/* Of this process and those it starts from here on. */
static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void finish(void)
{
	char command[160];

	if (bench.others > 0) {
		kill(bench.others, SIGKILL);
		waitpid(bench.others, NULL, 0);
	}
	if (bench.scmid > 0) {
		kill(bench.scmid, SIGTERM);
		waitpid(bench.scmid, NULL, 0);
	}
	if (bench.directory[0]) {
		snprintf(command, sizeof(command), "rm -rf '%s'", bench.directory);
		if (system(command))
			fprintf(stderr, "sockets: %s is left\n", bench.directory);
	}
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;

	fputs("sockets: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	if (bench.owner == getpid())
		finish();
	_exit(1);
}

/* ---- scmid ----------------------------------------------------------------------------------- */

static void write_board(void)
{
	bool virtio = !strcmp(bench.kind, "virtio");
	int agents = bench.count < AGENTS_MAX ? bench.count : AGENTS_MAX;
	char path[128];
	FILE *file;

	path_of(path, "board.yaml");
	file = fopen(path, "w");
	if (!file)
		fail("%s: %s", path, strerror(errno));
	fputs("platform: {vendor: bench, sub_vendor: sockets, implementation_version: 1}\n"
	      "clocks:\n"
	      "  pll: {id: 0, rate: 400 MHz, enabled: yes}\n"
	      "agents:\n",
	      file);
	for (int agent = 0; agent < agents; agent++) {
		fprintf(file, "  a%d:\n    clocks: all\n    endpoints:\n", agent);
		for (int i = agent; i < bench.count; i += agents)
			fprintf(file, "      - {%s: \"%d\"}\n", virtio ? "virtio" : "socket", i);
	}
	if (fclose(file))
		fail("%s: %s", path, strerror(errno));
}

static bool says_ready(const char *path)
{
	FILE *file = fopen(path, "r");
	bool ready = false;
	char line[512];

	while (file && !ready && fgets(line, sizeof(line), file))
		ready = !strcmp(line, "scmid: ready\n");
	if (file)
		fclose(file);
	return ready;
}

static void start_scmid(const char *program)
{
	char board[128], run[128], log[128];
	uint64_t end_ns = scmi_monotonic_ns() + PATIENCE_NS;

	path_of(board, "board.yaml");
	path_of(run, "run");
	path_of(log, "log");
	bench.scmid = fork();
	if (!bench.scmid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(bench.last_cpu);
		if (freopen(log, "w", stderr))
			execl(program, program, "--run-dir", run, board, (char *)NULL);
		_exit(127);
	}
	while (!says_ready(log)) {
		if (bench.scmid < 0 || waitpid(bench.scmid, NULL, WNOHANG) ||
		    scmi_monotonic_ns() > end_ns) {
			bench.scmid = 0;
			fail("%s does not start", program);
		}
		usleep(10000);
	}
}

/* What belongs to this process alone, and its share of what does not. */
static long pss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "r");
	while (file && kib < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Pss: %ld kB", &kib) != 1)
			kib = -1;
	}
	if (file)
		fclose(file);
	if (kib < 0)
		fail("%s: no Pss in it", path);
	return kib;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* Connected, and used once: an idle guest has asked for its clocks when it booted. */
static void connect_to(int first, int end)
{
	uint64_t rate_hz;
	char uri[160], why[256];
	int error;

	for (int i = first; i < end; i++) {
		/* What a machine that is busy with other things needs at the worst. */
		snprintf(uri, sizeof(uri), "%s:%s/run/%d?response-timeout-ms=10000", bench.kind,
			 bench.directory, i);
		if (scmi_instance_open(&bench.instances[i], uri, NULL, why, sizeof(why)))
			fail("%s: %s", uri, why);
		error = scmi_clock_rate_get(scmi_instance_agent(bench.instances[i]), CLOCK_ID,
					    &rate_hz);
		if (error)
			fail("%s: error %d", uri, error);
	}
}

static void done(void *ctx, const struct scmi_result *result)
{
	static const uint8_t clock_id[4] = {CLOCK_ID};
	const struct scmi_command command = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_GET,
		.payload = clock_id,
		.size = sizeof(clock_id),
	};

	if (result) {
		__atomic_fetch_add(bench.answers, 1, __ATOMIC_RELAXED);
		if (result->error)
			_exit(1);
	}
	if (scmi_agent_submit(scmi_instance_agent(ctx), &command, done, ctx, NULL))
		_exit(1);
}

/* The others: each of them has always one command out. */
static void be_busy(void)
{
	struct epoll_event events[EVENTS_MAX];
	int count, epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < bench.busy; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = bench.instances[i]};

		if (epoll_ctl(epoll, EPOLL_CTL_ADD, scmi_instance_fd(bench.instances[i]), &event))
			_exit(1);
		done(bench.instances[i], NULL);
	}
	for (;;) {
		count = epoll_wait(epoll, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			if (scmi_instance_dispatch(events[i].data.ptr))
				_exit(1);
		}
	}
}

static void pin_others(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	if (CPU_COUNT(&set) > 1)
		CPU_CLR((size_t)bench.last_cpu, &set);
	if (CPU_COUNT(&set) > 1)
		CPU_CLR((size_t)bench.first_cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* They connect now, and work from the first byte on `go`. */
static void start_others(int go[2])
{
	int ready[2];
	char byte;

	if (pipe(go) || pipe(ready))
		fail("pipe: %s", strerror(errno));
	bench.others = fork();
	if (!bench.others) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin_others();
		connect_to(0, bench.busy);
		if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		be_busy();
	}
	close(ready[1]);
	if (bench.others < 0 || read(ready[0], &byte, 1) != 1)
		fail("the others do not connect");
	close(ready[0]);
}

static void measure(struct scmi_instance *instance, struct scmi_latency *latency)
{
	uint64_t *samples_ns = calloc(ROUNDS, sizeof(*samples_ns));
	uint64_t before_ns = 0, after_ns, rate_hz;
	int error = samples_ns ? 0 : -ENOMEM;

	for (int i = -WARM_UP; i < ROUNDS && !error; i++) {
		error = scmi_clock_rate_get(scmi_instance_agent(instance), CLOCK_ID, &rate_hz);
		after_ns = scmi_monotonic_ns();
		if (i >= 0)
			samples_ns[i] = after_ns - before_ns;
		before_ns = after_ns;
	}
	if (error)
		fail("while measuring: error %d", error);
	scmi_latency_of(samples_ns, ROUNDS, latency);
	free(samples_ns);
}

static void print_latency(const char *what, const struct scmi_latency *latency)
{
	printf("%-34s median %.2f us, p99 %.2f us\n", what, (double)latency->median_ns / 1000,
	       (double)latency->p99_ns / 1000);
}

static void print_memory(const char *what, long kib, int count)
{
	printf("%-34s %.1f KiB\n", what, (double)kib / count);
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	struct scmi_latency latency;
	long scmid_kib[2], own_kib[2];
	uint64_t start_ns, before;
	double per_second;
	char what[40];
	int go[2];

	bench.owner = getpid();
	bench.kind = argc > 2 ? argv[2] : "virtio";
	bench.count = argc > 3 ? atoi(argv[3]) : 1000;
	if (argc < 2 || bench.count < 2 || bench.count > COUNT_MAX ||
	    (strcmp(bench.kind, "virtio") && strcmp(bench.kind, "unix"))) {
		fputs("usage: sockets SCMID [virtio|unix [COUNT]]\n", stderr);
		return 2;
	}
	bench.busy = bench.count > 2 * BUSY ? BUSY : bench.count / 2;
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	bench.answers = mmap(NULL, sizeof(*bench.answers), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(bench.directory, sizeof(bench.directory), "%s/scmi-sockets-XXXXXX", P_tmpdir);
	if (bench.answers == MAP_FAILED || scmi_floor_cpus(&bench.first_cpu, &bench.last_cpu) ||
	    !mkdtemp(bench.directory)) {
		perror("sockets");
		return 1;
	}
	write_board();
	start_scmid(argv[1]);
	scmid_kib[0] = pss_kib(bench.scmid);
	start_others(go);
	own_kib[0] = pss_kib(getpid());
	connect_to(bench.busy, bench.count);
	own_kib[1] = pss_kib(getpid());
	scmid_kib[1] = pss_kib(bench.scmid);

	printf("%-34s %d, %s\n", "sockets", bench.count, bench.kind);
	print_memory("scmid, each socket, listening", scmid_kib[0], bench.count);
	print_memory("scmid, each idle connection", scmid_kib[1] - scmid_kib[0], bench.count);
	print_memory("agent's end, each idle connection", own_kib[1] - own_kib[0],
		     bench.count - bench.busy);

	pin(bench.first_cpu);
	measure(bench.instances[bench.count - 1], &latency);
	print_latency("one, beside idle ones", &latency);
	if (write(go[1], "g", 1) != 1)
		fail("the others are gone");
	while (!answers())
		usleep(1000);
	start_ns = scmi_monotonic_ns();
	before = answers();
	measure(bench.instances[bench.count - 1], &latency);
	per_second = (double)(answers() - before) * 1e9 / (double)(scmi_monotonic_ns() - start_ns);
	snprintf(what, sizeof(what), "one, beside %d busy ones", bench.busy);
	print_latency(what, &latency);
	printf("%-34s %.0f\n", "the busy ones, answers a second", per_second);
	finish();
	return 0;
}
