/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scmid: the command line, and a run from start to stop. */
#include <errno.h>
#include <getopt.h>
#include <host/loop.h>
#include <scmi/platform.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef SCMID_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "board.h"
#include "log.h"
#include "rundir.h"
#include "server.h"
#include "tree.h"

#define RUN_DIR_DEFAULT "/run/scmid"

enum { EXIT_FINE = 0, EXIT_RUNTIME = 1, EXIT_WRONG = 2 };

static const char help[] =
	"Usage: scmid [--run-dir DIR] [--trace] FILE.yaml\n"
	"       scmid --check FILE.yaml\n"
	"       scmid --print-tree AGENT FILE.yaml\n"
	"\n"
	"Serve the clocks of a board to its agents over SCMI (Arm DEN0056). FILE.yaml says what\n"
	"there is, who may use it, and on which sockets; scmid-board(5) describes it. A small one:\n"
	"\n"
	"    platform: {vendor: ACME}\n"
	"    clocks:\n"
	"      osc: {id: 0, rate: 24 MHz}\n"
	"      uart: {id: 1, parents: [osc], divide: 2}\n"
	"    agents:\n"
	"      tester: {clocks: all, endpoints: [{socket: tester.sock}]}\n"
	"\n"
	"While it runs, from another terminal:\n"
	"\n"
	"    scmi --at unix:" RUN_DIR_DEFAULT "/tester.sock clock list\n"
	"\n"
	"  --run-dir DIR  where relative sockets and the saved state go; made if absent\n"
	"                 (default " RUN_DIR_DEFAULT ")\n"
	"  --check        only read the file and say what is wrong with it\n"
	"  --print-tree AGENT\n"
	"                 only write the device tree that a guest with this agent needs\n"
	"  --trace        decode every message to stderr\n"
	"  --help         this text\n"
	"  --version      the version\n"
	"\n"
	"scmid stays in the foreground and says \"scmid: ready\" on stderr when all sockets\n"
	"listen. SIGTERM and SIGINT stop it: sockets are removed, what agents asked for is kept\n"
	"in DIR/state and holds again at the next start. SIGUSR1 prints counters.\n"
	"\n"
	"Exit status: 0 stopped or the file is right, 1 it cannot run, 2 wrong usage or file.\n";

struct options {
	const char *file;
	const char *run_dir;
	const char *print_tree; /* of this agent, or NULL */
	bool check;
	bool trace;
};

/* True to go on; false to end with *status. */
static bool parse_options(int argc, char **argv, struct options *options, int *status)
{
	enum { RUN_DIR = 256, CHECK, PRINT_TREE, TRACE, HELP, VERSION };
	static const struct option known[] = {
		{"run-dir", required_argument, NULL, RUN_DIR},
		{"check", no_argument, NULL, CHECK},
		{"print-tree", required_argument, NULL, PRINT_TREE},
		{"trace", no_argument, NULL, TRACE},
		{"help", no_argument, NULL, HELP},
		{"version", no_argument, NULL, VERSION},
		{NULL, 0, NULL, 0},
	};
	int option;

	*options = (struct options){.run_dir = RUN_DIR_DEFAULT};
	*status = EXIT_WRONG;
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case RUN_DIR:
			options->run_dir = optarg;
			break;
		case CHECK:
			options->check = true;
			break;
		case PRINT_TREE:
			options->print_tree = optarg;
			break;
		case TRACE:
			options->trace = true;
			break;
		case HELP:
		case 'h':
			fputs(help, stdout);
			*status = EXIT_FINE;
			return false;
		case VERSION:
			puts("scmid " SCMID_VERSION);
			*status = EXIT_FINE;
			return false;
		default:
			fputs("scmid: try scmid --help\n", stderr);
			return false;
		}
	}
	if (optind + 1 != argc || !*options->run_dir) {
		if (optind == argc)
			scmid_log("which board? usage: scmid [--run-dir DIR] FILE.yaml (scmid "
				  "--help says more)");
		else if (optind + 1 != argc)
			scmid_log("one board at a time; '%s' is one too many", argv[optind + 1]);
		else
			scmid_log("--run-dir needs a directory");
		return false;
	}
	options->file = argv[optind];
	return true;
}

/*
 * ---- --check -----------------------------------------------------------------------------------
 */

static void *check_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return calloc(1, size);
}

static void check_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static uint64_t check_now_ns(void *ctx)
{
	(void)ctx;
	return 0;
}

/* What the platform says of a board; no directory, socket or state is touched. */
static int check(const struct scmid_board *board, const char *file)
{
	static const struct scmi_platform_host host = {
		.alloc = check_alloc,
		.free = check_free,
		.now_ns = check_now_ns,
	};
	const struct scmi_board *scmi = scmid_board_scmi(board);
	struct scmi_platform *platform;
	uint32_t endpoints;
	char why[256] = "";

	if (scmi_platform_new(&platform, scmi, &host, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", file, why);
		return EXIT_WRONG;
	}
	scmi_platform_free(platform);
	scmid_board_endpoints(board, &endpoints);
	printf("%s: fine: clocks %u, devices %u, agents %u, endpoints %u\n", file,
	       scmi->clock_count, scmi->device_count, scmi->agent_count, endpoints);
	return EXIT_FINE;
}

/*
 * ---- --print-tree ------------------------------------------------------------------------------
 */

static int print_tree(const struct scmid_board *board, const char *agent)
{
	int error = scmid_tree_print(stdout, scmid_board_scmi(board), agent);

	if (error == -ENOENT)
		return EXIT_WRONG;
	if (error || fflush(stdout) || ferror(stdout)) {
		scmid_log("cannot write the tree: %s", strerror(error ? -error : errno));
		return EXIT_RUNTIME;
	}
	return EXIT_FINE;
}

/*
 * ---- running ------------------------------------------------------------------------------------
 */

static void on_stop(void *arg)
{
	scmi_loop_stop(arg);
}

static void on_counters(void *arg)
{
	scmid_server_print_counters(arg);
}

static void notify_systemd(const char *state)
{
#ifdef SCMID_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}

/* Every connection is a descriptor; the usual soft limit is a small one. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int set_up_signals(struct scmi_loop *loop, struct scmid_server *server)
{
	int error;

	signal(SIGPIPE, SIG_IGN); /* stderr may be a pipe whose reader is gone */
	error = scmi_loop_signal(loop, SIGTERM, on_stop, loop);
	if (!error)
		error = scmi_loop_signal(loop, SIGINT, on_stop, loop);
	if (!error)
		error = scmi_loop_signal(loop, SIGHUP, on_stop, loop);
	if (!error)
		error = scmi_loop_signal(loop, SIGUSR1, on_counters, server);
	return error;
}

static int serve(struct scmid_server *server, struct scmi_loop *loop)
{
	int error;

	if (scmid_server_listen(server))
		return EXIT_RUNTIME;
	scmid_log("ready");
	notify_systemd("READY=1");
	error = scmi_loop_run(loop);
	/* Stopping is under way: who asks again must not kill it before the state is saved. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	notify_systemd("STOPPING=1");
	if (error)
		scmid_log("stopping: %s", strerror(-error));
	return error ? EXIT_RUNTIME : EXIT_FINE;
}

static int run(const struct scmid_board *board, const struct options *options)
{
	struct scmid_server_config config = {
		.board = board,
		.file = options->file,
		.trace = options->trace,
	};
	struct scmid_rundir *rundir = NULL;
	struct scmid_server *server = NULL;
	int error, status = EXIT_RUNTIME;

	raise_descriptor_limit();
	if (scmid_rundir_open(&rundir, options->run_dir))
		return EXIT_RUNTIME;
	config.directory = scmid_rundir_fd(rundir);
	error = scmi_loop_new(&config.loop);
	if (!error)
		error = scmid_server_new(&server, &config);
	if (!error)
		error = set_up_signals(config.loop, server);
	if (!error)
		status = serve(server, config.loop);
	else if (error == -EINVAL)
		status = EXIT_WRONG;
	else
		scmid_log("cannot start: %s", strerror(-error));
	scmid_server_free(server);
	scmi_loop_free(config.loop);
	scmid_rundir_close(rundir);
	if (status == EXIT_FINE)
		scmid_log("stopped");
	return status;
}

int main(int argc, char **argv)
{
	struct scmid_board *board;
	struct options options;
	int status;

	setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* a line is one write: lines of two processes do not mix */
	if (!parse_options(argc, argv, &options, &status))
		return status;
	if (scmid_board_load(&board, options.file, options.run_dir, stderr))
		return EXIT_WRONG;
	if (options.print_tree)
		status = print_tree(board, options.print_tree);
	else
		status = options.check ? check(board, options.file) : run(board, &options);
	scmid_board_free(board);
	return status;
}
