// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Help that teaches: an overview, and every verb by itself. All of it stands in the tables. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#define CALL_WIDTH 29
#define OPTION_WIDTH 26

void cli_synopsis(char *text, size_t size, const struct cli_command *command)
{
	int length = snprintf(text, size, "scmi %s%s%s", command->name,
			      command->arguments[0] ? " " : "", command->arguments);

	for (const struct cli_option *option = cli_options; option->name; option++)
		if (option->bit & command->options && length >= 0 && (size_t)length < size)
			length += snprintf(text + length, size - (size_t)length, " [%s%s%s]",
					   option->name, option->argument ? " " : "",
					   option->argument ? option->argument : "");
}

/* Those that begin so; how many. */
static size_t put_commands(const char *group)
{
	size_t count = 0;

	for (const struct cli_command *command = cli_commands; command->name; command++) {
		char call[64];

		if (command->hidden || strncmp(command->name, group, strlen(group)))
			continue;
		snprintf(call, sizeof(call), "%s %s", command->name, command->arguments);
		/* What is too long for its column has a line of its own. */
		if (strlen(call) > CALL_WIDTH)
			printf("  %s\n  %-*s %s\n", call, CALL_WIDTH, "", command->summary);
		else
			printf("  %-*s %s\n", CALL_WIDTH, call, command->summary);
		count++;
	}
	return count;
}

static void put_options(uint32_t bits, bool common)
{
	for (const struct cli_option *option = cli_options; option->name; option++) {
		char name[64];

		if (option->bit ? !(option->bit & bits) : !common)
			continue;
		snprintf(name, sizeof(name), "%s %s", option->name,
			 option->argument ? option->argument : "");
		if (strlen(name) > OPTION_WIDTH)
			printf("  %s\n  %-*s %s\n", name, OPTION_WIDTH, "", option->about);
		else
			printf("  %-*s %s\n", OPTION_WIDTH, name, option->about);
	}
}

void cli_overview(void)
{
	puts("scmi: look at, change, watch and measure a platform that speaks SCMI\n\n"
	     "  scmi [--at URI] VERB ...\n\n"
	     "Three things to try:\n"
	     "  export SCMI_AT=unix:/run/scmid/tester.sock   where the platform is\n"
	     "  scmi clock list                              its clocks, as a tree\n"
	     "  scmi clock set ck_hse 24MHz --trace          change one, and see every message\n\n"
	     "Verbs:");
	put_commands("");
	puts("\nOptions of every verb:");
	put_options(0, true);
	puts("\n'scmi help VERB' explains a verb.\n\n"
	     "Exit codes: 0 it worked, 1 the platform refused,\n"
	     "2 the command line is wrong, 3 the platform cannot be reached or does not answer.");
}

void cli_explain(const struct cli_command *command)
{
	char synopsis[256];

	cli_synopsis(synopsis, sizeof(synopsis), command);
	printf("%s\n\n%s.\n", synopsis, command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
	if (command->options) {
		puts("\nOptions:");
		put_options(command->options, false);
	}
	if (command->examples)
		printf("\nExamples:\n%s\n", command->examples);
	puts("\nOptions of every verb: see 'scmi help'.");
}

int cli_help(struct cli *cli)
{
	const struct cli_command *found;
	unsigned int used;
	char group[32];

	if (!cli->argument_count) {
		cli_overview();
		return CLI_OK;
	}
	found = cli_find_command(cli->arguments, cli->argument_count, &used);
	if (found && used == cli->argument_count) {
		cli_explain(found);
		return CLI_OK;
	}
	snprintf(group, sizeof(group), "%.30s ", cli->arguments[0]);
	if (cli->argument_count == 1 && put_commands(group)) {
		printf("\n'scmi help %s WORD' explains one of them.\n", cli->arguments[0]);
		return CLI_OK;
	}
	cli_fail_usage(cli, "there is no verb '%s%s%s' to explain", cli->arguments[0],
		       cli->argument_count > 1 ? " " : "",
		       cli->argument_count > 1 ? cli->arguments[1] : "");
	return cli_hint(cli, "'scmi help' lists the verbs");
}
