/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scmi instances --watch: what changes, a line each. */
#include "instances.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct watcher {
	struct cli *cli;
	uint64_t changes;
};

static bool is_done(const struct watcher *watcher)
{
	return watcher->cli->options.count && watcher->changes >= watcher->cli->options.count;
}

static void on_changed(void *ctx, const char *path, const char *state, const char *text)
{
	struct watcher *watcher = ctx;
	struct output *out = watcher->cli->out;
	char local[16], utc[32];

	if (is_done(watcher))
		return;
	watcher->changes++;
	output_time(local, utc);
	out_open(out, NULL, NULL);
	out_field(out, "time", NULL, value_text(utc));
	out_field(out, "path", NULL, value_text(path));
	out_field(out, "state", NULL, value_text(state));
	out_field(out, "explanation", NULL, value_text(text));
	out_say(out, "%s  %s: %s", local, path, text);
	out_close(out);
}

int instances_watch(struct cli *cli, struct instances_bound *bound, int signal_fd)
{
	static struct pollfd fds[2 + INSTANCES_FDS_MAX];
	struct watcher watcher = {.cli = cli};
	size_t count;

	fds[0].fd = signal_fd;
	fds[0].events = POLLIN;
	/* Nothing is asked for: an error is told all the same, when nobody is left to read. */
	fds[1].fd = STDOUT_FILENO;
	instances_tell(bound, on_changed, &watcher);
	fputs("scmi: watching; Ctrl-C ends it\n", stderr);
	for (;;) {
		instances_turn(bound);
		if (is_done(&watcher))
			return 0;
		count = instances_fds(bound, fds + 2, INSTANCES_FDS_MAX);
		if (poll(fds, (nfds_t)(2 + count), instances_timeout_ms(bound)) < 0 &&
		    errno != EINTR)
			return cli_fail_call(cli, -errno, "cannot wait");
		if (fds[0].revents || fds[1].revents)
			return 0;
	}
}
