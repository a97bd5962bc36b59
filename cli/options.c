// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The command line's words: options anywhere, the verb, its arguments. */
#include "cli.h"
#include "number.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS_MAX 3600000
#define COUNT_MAX 1000000000

static int not_a_choice(struct cli *cli, const struct cli_option *option, const char *value)
{
	return cli_fail_usage(cli, "%s takes %s, not '%s'", option->name, option->argument, value);
}

static int set_number(struct cli *cli, const struct cli_option *option, const char *value,
		      uint64_t max, uint64_t *number)
{
	if (cli_parse_number(value, max, number) || !*number)
		return cli_fail_usage(cli, "%s takes a number from 1 to %llu, not '%s'",
				      option->name, (unsigned long long)max, value);
	return 0;
}

static int set_at(struct cli *cli, const struct cli_option *option, const char *value)
{
	(void)option;
	cli->options.at = value;
	return 0;
}

static int set_timeout(struct cli *cli, const struct cli_option *option, const char *value)
{
	uint64_t number = 0;
	int code = set_number(cli, option, value, TIMEOUT_MS_MAX, &number);

	cli->options.timeout_ms = (uint32_t)number;
	return code;
}

static int set_count(struct cli *cli, const struct cli_option *option, const char *value)
{
	return set_number(cli, option, value, COUNT_MAX, &cli->options.count);
}

static int set_as(struct cli *cli, const struct cli_option *option, const char *value)
{
	if (cli_parse_version(value, &cli->options.as_version) || !cli->options.as_version)
		return cli_fail_usage(cli, "%s takes a version such as 3.0, not '%s'", option->name,
				      value);
	return 0;
}

static int set_message(struct cli *cli, const struct cli_option *option, const char *value)
{
	if (strcmp(value, "rate-get") && strcmp(value, "version"))
		return not_a_choice(cli, option, value);
	cli->options.message = value;
	return 0;
}

static int set_round(struct cli *cli, const struct cli_option *option, const char *value)
{
	static const char *const names[] = { "down", "up", "nearest" };

	for (unsigned int i = 0; i < 3; i++) {
		if (!strcmp(value, names[i])) {
			cli->options.round = (enum cli_round)(ROUND_DOWN + i);
			return 0;
		}
	}
	return not_a_choice(cli, option, value);
}

static int set_speak(struct cli *cli, const struct cli_option *option, const char *value)
{
	struct cli_options *options = &cli->options;
	const char *equals = strchr(value, '=');
	uint32_t version;
	char name[32];
	int code;

	if (!equals || equals - value >= (ptrdiff_t)sizeof(name) ||
	    cli_parse_version(equals + 1, &version))
		return not_a_choice(cli, option, value);
	if (options->speak_count == CLI_SPEAK_MAX)
		return cli_fail_usage(cli, "--speak can be given at most %d times", CLI_SPEAK_MAX);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
	code = cli_protocol(cli, name, &options->speak[options->speak_count].protocol_id);
	if (!code)
		options->speak[options->speak_count++].version = version;
	return code;
}

static int set_pin(struct cli *cli, const struct cli_option *option, const char *value)
{
	const char *comma = strchr(value, ',');
	uint64_t first, second;
	char name[16];

	if (!comma || comma - value >= (ptrdiff_t)sizeof(name))
		return not_a_choice(cli, option, value);
	snprintf(name, sizeof(name), "%.*s", (int)(comma - value), value);
	if (cli_parse_number(name, 1023, &first) || cli_parse_number(comma + 1, 1023, &second))
		return not_a_choice(cli, option, value);
	cli->options.pin[0] = (int)first;
	cli->options.pin[1] = (int)second;
	return 0;
}

static int set_clock(struct cli *cli, const struct cli_option *option, const char *value)
{
	struct cli_options *options = &cli->options;

	if (options->clock_count == CLI_CLOCKS_MAX)
		return cli_fail_usage(cli, "%s can be given at most %d times", option->name,
				      CLI_CLOCKS_MAX);
	options->clocks[options->clock_count++] = value;
	return 0;
}

static int set_tree(struct cli *cli, const struct cli_option *option, const char *value)
{
	(void)option;
	cli->options.tree = value;
	return 0;
}

/* A tree's paths have no '=', and a transport's name no ':'. */
static int set_supplier(struct cli *cli, const struct cli_option *option, const char *value)
{
	struct cli_options *options = &cli->options;
	struct cli_supplier *supplier = &options->suppliers[options->supplier_count];
	const char *colon = strchr(value, ':');
	const char *equals = colon ? strchr(colon, '=') : NULL;

	if (!equals || equals == colon + 1 || !equals[1])
		return not_a_choice(cli, option, value);
	if (options->supplier_count == CLI_SUPPLIERS_MAX)
		return cli_fail_usage(cli, "%s can be given at most %d times", option->name,
				      CLI_SUPPLIERS_MAX);
	supplier->transport = cli_allocate(strlen(value) + 1);
	strcpy(supplier->transport, value);
	supplier->transport[colon - value] = '\0';
	supplier->transport[equals - value] = '\0';
	supplier->name = supplier->transport + (colon - value) + 1;
	supplier->address = supplier->transport + (equals - value) + 1;
	options->supplier_count++;
	return 0;
}

static int set_suppliers(struct cli *cli, const struct cli_option *option, const char *value)
{
	struct cli_options *options = &cli->options;
	struct cli_directory *directory = &options->directories[options->directory_count];
	const char *colon = strchr(value, ':');

	if (!colon || colon == value || !colon[1])
		return not_a_choice(cli, option, value);
	if (options->directory_count == CLI_DIRECTORIES_MAX)
		return cli_fail_usage(cli, "%s can be given at most %d times", option->name,
				      CLI_DIRECTORIES_MAX);
	directory->transport = cli_allocate(strlen(value) + 1);
	strcpy(directory->transport, value);
	directory->transport[colon - value] = '\0';
	directory->path = directory->transport + (colon - value) + 1;
	options->directory_count++;
	return 0;
}

/* A switch, and an option with a value. */
#define SWITCH(NAME, BIT, MEMBER, ABOUT) \
	{ .name = (NAME), .bit = (BIT), .about = (ABOUT), \
	  .flag = offsetof(struct cli_options, MEMBER) }
#define VALUED(NAME, ARGUMENT, BIT, SET, ABOUT) \
	{ .name = (NAME), .argument = (ARGUMENT), .bit = (BIT), .about = (ABOUT), .set = (SET) }

const struct cli_option cli_options[] = {
	VALUED("--at", "URI", 0, set_at,
	       "the platform, e.g. unix:/run/scmid/tester.sock (or set SCMI_AT)"),
	SWITCH("--json", 0, json, "print JSON for programs; errors too"),
	SWITCH("--trace", 0, trace, "decode every message on stderr"),
	VALUED("--timeout", "MS", 0, set_timeout,
	       "how long an answer, and a delayed response, may take"),
	VALUED("--speak", "PROTOCOL=VERSION", 0, set_speak,
	       "negotiate this version first, e.g. clock=2.0"),
	SWITCH("--progress", 0, progress,
	       "say on stderr how far long work is, also without a terminal"),
	SWITCH("--help", 0, help, "explain the verb"),
	SWITCH("--version", 0, version, "print the version of this program"),
	VALUED("--round", "up|down|nearest", OPTION_ROUND, set_round,
	       "the direction in which a rate that the clock cannot have is rounded"),
	SWITCH("--async", OPTION_ASYNC, async,
	       "let the platform finish later; wait for its delayed response"),
	SWITCH("--no-wait", OPTION_NO_WAIT, no_wait,
	       "asynchronous, and no delayed response is wanted"),
	SWITCH("--delayed", OPTION_DELAYED, delayed, "wait for the delayed response as well"),
	VALUED("--as", "VERSION", OPTION_AS, set_as,
	       "decode as in this version, and send nothing but the message"),
	VALUED("--clock", "CLOCK", OPTION_CLOCK, set_clock,
	       "only this clock; may be given several times"),
	VALUED("--count", "N", OPTION_COUNT, set_count, "stop after N"),
	SWITCH("--errors", OPTION_ERRORS, errors, "error events; without --clock nothing else"),
	VALUED("--message", "rate-get|version", OPTION_MESSAGE, set_message, "what to send"),
	VALUED("--pin", "A,B", OPTION_PIN, set_pin,
	       "run on CPU A; the other side of the floor on CPU B"),
	SWITCH("--permissions", OPTION_PERMISSIONS, permissions,
	       "the agent's access permissions, too"),
	VALUED("--tree", "FILE", OPTION_TREE, set_tree,
	       "the device tree: a .dtb, or /sys/firmware/fdt"),
	VALUED("--supplier", "TRANSPORT:NAME=ADDRESS", OPTION_SUPPLIER, set_supplier,
	       "what instances need is there, and where; several times"),
	VALUED("--suppliers", "TRANSPORT:DIRECTORY", OPTION_SUPPLIERS, set_suppliers,
	       "every socket in it is such a supplier; several times"),
	SWITCH("--watch", OPTION_WATCH, watch, "go on, and say what changes, until Ctrl-C"),
	{ .name = NULL },
};

static const struct cli_option *find_option(const char *name, size_t length)
{
	for (const struct cli_option *option = cli_options; option->name; option++)
		if (strlen(option->name) == length && !memcmp(option->name, name, length))
			return option;
	return NULL;
}

static int unknown_option(struct cli *cli, const char *word)
{
	const char *names[32], *near;
	size_t count = 0;

	for (const struct cli_option *option = cli_options; option->name; option++)
		if (count < sizeof(names) / sizeof(names[0]))
			names[count++] = option->name;
	cli_fail_usage(cli, "there is no option '%s'", word);
	near = cli_nearest(word, names, count);
	return near ? cli_hint(cli, "did you mean '%s'?", near) :
		      cli_hint(cli, "'scmi help' lists the options");
}

/* One word that begins with a dash, and its value. */
static int take_option(struct cli *cli, char **argv, int *at, uint32_t *given)
{
	const char *word = strcmp(argv[*at], "-h") ? argv[*at] : "--help";
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(word, length);
	const char *value = equals ? equals + 1 : NULL;

	if (!option)
		return unknown_option(cli, word);
	if (!option->argument && value)
		return cli_fail_usage(cli, "%s takes no value", option->name);
	if (option->argument && !value) {
		value = argv[*at + 1];
		if (!value)
			return cli_fail_usage(cli, "%s needs a value: %s %s", option->name,
					      option->name, option->argument);
		++*at;
	}
	*given |= option->bit;
	if (option->set)
		return option->set(cli, option, value);
	*(bool *)((char *)&cli->options + option->flag) = true;
	return 0;
}

const struct cli_command *cli_find_command(const char *const *words, unsigned int count,
					   unsigned int *used)
{
	char name[64];

	for (*used = count < 2 ? count : 2; *used; --*used) {
		snprintf(name, sizeof(name), "%s%s%s", words[0], *used > 1 ? " " : "",
			 *used > 1 ? words[1] : "");
		for (const struct cli_command *command = cli_commands; command->name; command++)
			if (!strcmp(command->name, name))
				return command;
	}
	return NULL;
}

static int unknown_command(struct cli *cli, const char *const *words, unsigned int count)
{
	const char *names[64], *near;
	char written[64], group[32];
	size_t known = 0, inside = 0;

	snprintf(group, sizeof(group), "%.30s ", words[0]);
	snprintf(written, sizeof(written), "%s", words[0]);
	for (const struct cli_command *command = cli_commands; command->name; command++) {
		inside += !strncmp(command->name, group, strlen(group));
		if (!command->hidden && known < sizeof(names) / sizeof(names[0]))
			names[known++] = command->name;
	}
	if (inside && count < 2) {
		cli_fail_usage(cli, "'%s' needs another word", words[0]);
		return cli_hint(cli, "'scmi help %s' lists what it can do", words[0]);
	}
	if (inside)
		snprintf(written, sizeof(written), "%.30s %.30s", words[0], words[1]);
	cli_fail_usage(cli, "there is no verb '%s'", written);
	near = cli_nearest(written, names, known);
	if (!near && count > 1) {
		snprintf(written, sizeof(written), "%.30s %.30s", words[0], words[1]);
		near = cli_nearest(written, names, known);
	}
	return near ? cli_hint(cli, "did you mean 'scmi %s'?", near) :
		      cli_hint(cli, "'scmi help' lists the verbs");
}

static int check_use(struct cli *cli, uint32_t given)
{
	const struct cli_command *command = cli->command;
	const char *wrong = NULL;
	char synopsis[256];

	for (const struct cli_option *option = cli_options; option->name; option++)
		if (option->bit & given & ~command->options)
			wrong = option->name;
	cli_synopsis(synopsis, sizeof(synopsis), command);
	if (wrong)
		cli_fail_usage(cli, "'scmi %s' does not take %s", command->name, wrong);
	else if (cli->argument_count < command->min)
		cli_fail_usage(cli, "'scmi %s' needs more: %s", command->name, command->arguments);
	else if (cli->argument_count > command->max)
		cli_fail_usage(cli, "'scmi %s' does not take '%s'", command->name,
			       cli->arguments[command->max]);
	else
		return 0;
	return cli_hint(cli, "write: %s", synopsis);
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	unsigned int count = 0, used;
	uint32_t given = 0;
	bool literal = false;
	int code = 0;

	cli->options.pin[0] = cli->options.pin[1] = -1;
	for (int i = 1; i < argc && !code; i++) {
		/* What the hidden verb completes are words, whatever they look like. */
		if (argv[i][0] == '-' && argv[i][1] && !literal) {
			if (!strcmp(argv[i], "--"))
				literal = true;
			else
				code = take_option(cli, argv, &i, &given);
		} else if (count == CLI_ARGUMENTS_MAX) {
			code = cli_fail_usage(cli, "more than %d words", CLI_ARGUMENTS_MAX);
		} else {
			cli->arguments[count++] = argv[i];
		}
	}
	if (code || !count || cli->options.version)
		return code;
	cli->command = cli_find_command(cli->arguments, count, &used);
	cli->argument_count = count - used;
	if (!cli->command)
		return cli->options.help ? 0 : unknown_command(cli, cli->arguments, count);
	memmove(cli->arguments, cli->arguments + used, cli->argument_count * sizeof(char *));
	return cli->options.help ? 0 : check_use(cli, given);
}
