/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scmi, the command line: what its verbs share.
 *
 * A verb is a row of the table in commands.c and a function that gets the `struct cli`: options and
 * arguments as given, and, unless the verb works offline, an agent that is connected. It says its
 * result to cli->out and returns an exit code; when something goes wrong it returns what one of the
 * cli_fail_*() functions gave, which is then said to the user in the chosen format.
 */
#ifndef CLI_H
#define CLI_H

#include <scmi/instance.h>

#include "output.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_REFUSED = 1, /* the platform answered with a status, or cannot do it */
	CLI_USAGE = 2,	 /* the command line is wrong */
	/* No platform, it went away, no answer in time, or it breaks the protocol. */
	CLI_UNREACHABLE = 3,
};

/* ---- options --------------------------------------------------------------------------------- */

/* Those that only some verbs take; a verb's row names its own. */
enum cli_option_bit {
	OPTION_ROUND = 1 << 0,
	OPTION_ASYNC = 1 << 1,
	OPTION_NO_WAIT = 1 << 2,
	OPTION_DELAYED = 1 << 3,
	OPTION_AS = 1 << 4,
	OPTION_CLOCK = 1 << 5,
	OPTION_COUNT = 1 << 6,
	OPTION_ERRORS = 1 << 7,
	OPTION_MESSAGE = 1 << 8,
	OPTION_PIN = 1 << 9,
	OPTION_PERMISSIONS = 1 << 10,
	OPTION_TREE = 1 << 11,
	OPTION_SUPPLIER = 1 << 12,
	OPTION_SUPPLIERS = 1 << 13,
	OPTION_WATCH = 1 << 14,
};

enum cli_round { ROUND_DEFAULT, ROUND_DOWN, ROUND_UP, ROUND_NEAREST };

#define CLI_SPEAK_MAX 8
#define CLI_CLOCKS_MAX 64
#define CLI_SUPPLIERS_MAX 64
#define CLI_DIRECTORIES_MAX 8

/* TRANSPORT:NAME=ADDRESS, as given. */
struct cli_supplier {
	char *transport; /* allocated; the others point into it */
	const char *name;
	const char *address;
};

/* TRANSPORT:DIRECTORY, as given. */
struct cli_directory {
	char *transport; /* allocated; the other points into it */
	const char *path;
};

struct cli_options {
	const char *at;
	bool json;
	bool trace;
	bool progress;
	bool help;
	bool version;
	uint32_t timeout_ms; /* 0: as the URI or the transport says */
	uint32_t polling_us; /* the same */
	struct {
		uint8_t protocol_id;
		uint32_t version;
	} speak[CLI_SPEAK_MAX];
	size_t speak_count;
	enum cli_round round;
	bool async;
	bool no_wait;
	bool delayed;
	uint32_t as_version; /* 0: ask the platform */
	const char *clocks[CLI_CLOCKS_MAX];
	size_t clock_count;
	uint64_t count; /* 0: not given */
	bool errors;
	const char *message;
	int pin[2]; /* -1: not given */
	bool permissions;
	const char *tree;
	struct cli_supplier suppliers[CLI_SUPPLIERS_MAX];
	size_t supplier_count;
	struct cli_directory directories[CLI_DIRECTORIES_MAX];
	size_t directory_count;
	bool watch;
};

struct cli;

struct cli_option {
	const char *name;
	const char *argument; /* how help writes it; NULL: a switch */
	uint32_t bit;	      /* 0: every verb takes it */
	const char *about;
	/*
	 * 0, or the exit code of a failure. NULL for a switch: then the bool at `flag` of the
	 * options is set.
	 */
	int (*set)(struct cli *cli, const struct cli_option *option, const char *value);
	size_t flag;
};

/* The table, ended by a NULL name. */
extern const struct cli_option cli_options[];

/* ---- verbs ----------------------------------------------------------------------------------- */

/* What stands at a place, for completion. */
enum cli_argument {
	ARGUMENT_NONE,
	ARGUMENT_CLOCK,
	ARGUMENT_PROTOCOL,
	ARGUMENT_MESSAGE,
	ARGUMENT_ACCESS,
	ARGUMENT_CONFIG,
	ARGUMENT_VERB,
};

#define CLI_ARGUMENTS_MAX 64

struct cli_command {
	const char *name; /* "clock set" */
	const char *arguments;
	unsigned int min, max; /* how many arguments */
	uint32_t options;      /* OPTION_* bits it takes */
	bool offline;	       /* needs no platform */
	bool hidden;	       /* not for people */
	enum cli_argument kinds[4];
	const char *summary;
	const char *help;     /* paragraphs, or NULL */
	const char *examples; /* lines, or NULL */
	int (*run)(struct cli *cli);
};

/* The table, ended by a NULL name. */
extern const struct cli_command cli_commands[];

/* ---- the run --------------------------------------------------------------------------------- */

struct cli_trace;

struct cli {
	struct cli_options options;
	const struct cli_command *command;
	const char *arguments[CLI_ARGUMENTS_MAX];
	unsigned int argument_count;
	struct output *out;
	struct scmi_instance *instance;
	struct scmi_agent *agent;
	struct cli_trace *trace;
	struct failure failure;
};

/* options.c: 0, or the exit code of a failure. */
int cli_parse(struct cli *cli, int argc, char **argv);

/*
 * options.c: the verb that the words begin with, of two words rather than of one; NULL if there is
 * none.
 */
const struct cli_command *cli_find_command(const char *const *words, unsigned int count,
					   unsigned int *used);

/* connect.c: opens the platform that --at or SCMI_AT names; 0, or the exit code of a failure. */
int cli_connect(struct cli *cli);
void cli_disconnect(struct cli *cli);

/* connect.c: agree with the platform on a version; 0, or the exit code of a failure. */
int cli_speak(struct cli *cli, uint8_t protocol_id, uint32_t version);

/* A line on stderr about long work, replaced by the next one; nothing unless somebody looks. */
void cli_progress(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void cli_progress_end(const struct cli *cli);

/* help.c */
void cli_overview(void);
void cli_explain(const struct cli_command *command);
/* How a verb is written, for errors. */
void cli_synopsis(char *text, size_t size, const struct cli_command *command);

/* ---- failures: each returns the exit code ---------------------------------------------------- */

int cli_fail_usage(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A call gave `error` while `what` was done: "clock ck_hse: cannot set the rate". */
int cli_fail_call(struct cli *cli, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The platform as it is cannot do that, and we know without asking. */
int cli_fail_unsupported(struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What would be right, added to the failure just made; returns its exit code. */
int cli_hint(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- memory: these end the program rather than fail ------------------------------------------ */

void *cli_allocate(size_t size); /* zeroed */
void *cli_reallocate(void *memory, size_t size);
void cli_out_of_memory(void) __attribute__((noreturn));

/* ---- names ----------------------------------------------------------------------------------- */

/* The nearest of `names` to what was written; NULL if none is near. */
const char *cli_nearest(const char *written, const char *const *names, size_t count);

/* Protocol by name or number, message of it likewise. 0, or the exit code of a failure. */
int cli_protocol(struct cli *cli, const char *text, uint8_t *protocol_id);
int cli_message(struct cli *cli, uint8_t protocol_id, const char *text, uint8_t *message_id);

/* "clock", or "0x82" where no name is known; text[] is used for the second. */
const char *cli_protocol_name(uint32_t protocol_id, char text[8]);

/* ---- the verbs' functions -------------------------------------------------------------------- */

int cli_info(struct cli *cli);
int cli_clock_list(struct cli *cli);
int cli_clock_show(struct cli *cli);
int cli_clock_get(struct cli *cli);
int cli_clock_set(struct cli *cli);
int cli_clock_enable(struct cli *cli);
int cli_clock_disable(struct cli *cli);
int cli_clock_parent(struct cli *cli);
int cli_clock_config(struct cli *cli);
int cli_clock_rates(struct cli *cli);
int cli_base_agents(struct cli *cli);
int cli_base_permit(struct cli *cli);
int cli_base_reset(struct cli *cli);
int cli_negotiate(struct cli *cli);
int cli_raw(struct cli *cli);
int cli_watch(struct cli *cli);
int cli_bench(struct cli *cli);
int cli_tree(struct cli *cli);
int cli_transports(struct cli *cli);
int cli_instances(struct cli *cli);
int cli_help(struct cli *cli);
int cli_complete(struct cli *cli);

#endif
