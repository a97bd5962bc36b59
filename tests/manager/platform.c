/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/monotonic.h"

#define PATIENCE_NS (60000 * (uint64_t)NS_PER_MS)

static void write_board(const struct platform *platform, const char *endpoint, uint64_t base_hz)
{
	FILE *file = fopen(platform->file, "w");

	assert_non_null(file);
	fprintf(file, "platform: {vendor: ACME, sub_vendor: test}\nclocks:\n");
	for (unsigned int i = 0; i < CLOCKS; i++)
		fprintf(file,
			"  c%u: {id: %u, range: {min: 1, max: 4000000000, step: 1}, rate: %llu%s}\n", i,
			i, (unsigned long long)base_hz + i,
			i == CLOCKS - 1 ? ", set_latency: 300 ms" : "");
	fprintf(file,
		"agents:\n  one: {clocks: all, endpoints: [{%s}]}\n"
		"  two: {clocks: all, endpoints: [{socket: two.sock}]}\n",
		endpoint);
	assert_int_equal(fclose(file), 0);
}

void platform_init(struct platform *platform, const char *endpoint, uint64_t base_hz)
{
	memset(platform, 0, sizeof(*platform));
	strcpy(platform->directory, "/tmp/scmi-manager-XXXXXX");
	assert_non_null(mkdtemp(platform->directory));
	snprintf(platform->file, sizeof(platform->file), "%s/board.yaml", platform->directory);
	snprintf(platform->log, sizeof(platform->log), "%s/log", platform->directory);
	write_board(platform, endpoint, base_hz);
	platform_start(platform);
}

static bool said_ready(const struct platform *platform)
{
	char text[4096] = "";
	FILE *log = fopen(platform->log, "r");
	size_t size = 0;

	if (log) {
		size = fread(text, 1, sizeof(text) - 1, log);
		fclose(log);
	}
	text[size] = '\0';
	if (waitpid(platform->pid, NULL, WNOHANG) > 0)
		fail_msg("scmid ended: %s", text);
	return strstr(text, "scmid: ready\n");
}

void platform_start(struct platform *platform)
{
	uint64_t end_ns = scmi_monotonic_ns() + PATIENCE_NS;
	const char *scmid = getenv("SCMID");
	int log;

	unlink(platform->log);
	platform->pid = fork();
	assert_true(platform->pid >= 0);
	if (!platform->pid) {
		/* Only what may be called between fork() and exec() in a program with threads. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log = open(platform->log, O_CREAT | O_WRONLY | O_APPEND, 0600);
		dup2(log, 2);
		execlp(scmid ? scmid : "scmid", "scmid", "--run-dir", platform->directory,
		       platform->file, (char *)NULL);
		_exit(127);
	}
	while (!said_ready(platform)) {
		if (scmi_monotonic_ns() > end_ns)
			fail_msg("scmid is not ready after a minute");
		poll(NULL, 0, 2);
	}
}

void platform_kill(struct platform *platform)
{
	if (!platform->pid)
		return;
	kill(platform->pid, SIGKILL);
	waitpid(platform->pid, NULL, 0);
	platform->pid = 0;
}

void platform_stop(struct platform *platform)
{
	kill(platform->pid, SIGSTOP);
}

void platform_continue(struct platform *platform)
{
	kill(platform->pid, SIGCONT);
}

void platform_fini(struct platform *platform)
{
	struct dirent *entry;
	char path[400];
	DIR *directory;

	platform_kill(platform);
	directory = opendir(platform->directory);
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/%s", platform->directory, entry->d_name);
		unlink(path);
	}
	if (directory)
		closedir(directory);
	rmdir(platform->directory);
}

void platform_path(const struct platform *platform, const char *name, char path[120])
{
	snprintf(path, 120, "%s/%s", platform->directory, name);
}

/* ---- who runs it ----------------------------------------------------------------------------- */

static int timeout_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = scmi_monotonic_ns();

	if (deadline_ns <= now_ns)
		return 0;
	return deadline_ns - now_ns < 10 * NS_PER_MS ? (int)((deadline_ns - now_ns) / NS_PER_MS) + 1
						      : 10;
}

static void *run(void *ctx)
{
	struct runner *runner = ctx;
	struct pollfd readable = {.events = POLLIN};

	readable.fd = scmi_manager_fd(runner->manager);
	while (!__atomic_load_n(&runner->stop, __ATOMIC_SEQ_CST)) {
		scmi_manager_dispatch(runner->manager);
		poll(&readable, 1, timeout_ms(scmi_manager_next_deadline_ns(runner->manager)));
	}
	return NULL;
}

void runner_start(struct runner *runner, struct scmi_manager *manager)
{
	runner->manager = manager;
	runner->stop = 0;
	assert_int_equal(pthread_create(&runner->thread, NULL, run, runner), 0);
}

void runner_stop(struct runner *runner)
{
	__atomic_store_n(&runner->stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(runner->thread, NULL);
}

void turn(struct scmi_manager *manager, struct scmi_instance *instance)
{
	struct pollfd readable[2] = {
		{.fd = scmi_instance_fd(instance), .events = POLLIN},
		{.fd = manager ? scmi_manager_fd(manager) : -1, .events = POLLIN},
	};
	uint64_t deadline_ns = scmi_instance_next_deadline_ns(instance);

	if (manager && scmi_manager_next_deadline_ns(manager) < deadline_ns)
		deadline_ns = scmi_manager_next_deadline_ns(manager);
	poll(readable, 2, timeout_ms(deadline_ns));
	if (manager)
		scmi_manager_dispatch(manager);
	scmi_instance_dispatch(instance);
}

void until_ready(struct scmi_manager *manager, struct scmi_instance *instance, bool ready)
{
	uint64_t end_ns = scmi_monotonic_ns() + PATIENCE_NS;
	struct scmi_instance_status status;
	char text[300];

	scmi_instance_status(instance, &status);
	while (status.ready != ready) {
		if (scmi_monotonic_ns() > end_ns) {
			scmi_instance_explain(instance, text, sizeof(text));
			fail_msg("after a minute: %s", text);
		}
		turn(manager, instance);
		scmi_instance_status(instance, &status);
	}
	/* What is to be told is told. */
	scmi_instance_dispatch(instance);
}
