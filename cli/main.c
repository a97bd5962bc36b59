// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From the words of the command line to a verb's function, and from its failure to the exit code.
 */
#include "cli.h"
#include "number.h"
#include "trace.h"

#include <wire/names.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_out_of_memory(void)
{
	fputs("scmi: out of memory, or the output cannot be written\n", stderr);
	exit(CLI_UNREACHABLE);
}

void *cli_allocate(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		cli_out_of_memory();
	return memory;
}

void *cli_reallocate(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory)
		cli_out_of_memory();
	return memory;
}

int cli_fail_usage(struct cli *cli, const char *format, ...)
{
	struct failure *failure = &cli->failure;
	va_list arguments;

	memset(failure, 0, sizeof(*failure));
	failure->exit_code = CLI_USAGE;
	failure->kind = "usage";
	va_start(arguments, format);
	vsnprintf(failure->message, sizeof(failure->message), format, arguments);
	va_end(arguments);
	return failure->exit_code;
}

int cli_fail_unsupported(struct cli *cli, const char *format, ...)
{
	struct failure *failure = &cli->failure;
	va_list arguments;

	memset(failure, 0, sizeof(*failure));
	failure->exit_code = CLI_REFUSED;
	failure->kind = "unsupported";
	va_start(arguments, format);
	vsnprintf(failure->message, sizeof(failure->message), format, arguments);
	va_end(arguments);
	return failure->exit_code;
}

int cli_hint(struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(cli->failure.hint, sizeof(cli->failure.hint), format, arguments);
	va_end(arguments);
	return cli->failure.exit_code;
}

int cli_fail_call(struct cli *cli, int error, const char *format, ...)
{
	struct failure *failure = &cli->failure;
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	memset(failure, 0, sizeof(*failure));
	snprintf(failure->message, sizeof(failure->message), "%s: %s", what,
		 scmi_error_text(error));
	if (scmi_error_is_status(error)) {
		failure->exit_code = CLI_REFUSED;
		failure->kind = "refused";
		failure->status_code = scmi_error_status(error);
		failure->status = scmi_status_name(failure->status_code);
		return failure->exit_code;
	}
	if (error == -EOPNOTSUPP) {
		failure->exit_code = CLI_REFUSED;
		failure->kind = "unsupported";
		return failure->exit_code;
	}
	/* A value that the message cannot carry, or a message that the transport cannot. */
	if (error == -EINVAL || error == -EMSGSIZE) {
		failure->exit_code = CLI_USAGE;
		failure->kind = "usage";
		return failure->exit_code;
	}
	failure->exit_code = CLI_UNREACHABLE;
	failure->kind = error == -EPROTO ? "protocol" : "unreachable";
	if (error == -ETIMEDOUT) {
		failure->kind = "timeout";
		cli_hint(cli, "--timeout MS waits longer; --trace shows what was sent");
	}
	return failure->exit_code;
}

static int run(struct cli *cli, int argc, char **argv)
{
	int code = cli_parse(cli, argc, argv);

	if (code)
		return code;
	if (cli->options.version) {
		puts("scmi " SCMI_PACKAGE_VERSION);
		return CLI_OK;
	}
	if (cli->options.help && cli->command) {
		cli_explain(cli->command);
		return CLI_OK;
	}
	/* `scmi clock --help`: words that are no verb may name a group of them. */
	if (cli->options.help && cli->argument_count)
		return cli_help(cli);
	if (!cli->command) {
		cli_overview();
		return CLI_OK;
	}
	if (!cli->command->offline) {
		code = cli_connect(cli);
		if (code)
			return code;
	}
	return cli->command->run(cli);
}

int main(int argc, char **argv)
{
	static struct cli cli;
	int code;

	/* Whoever asks for JSON gets the errors of the words before it as JSON, too. */
	for (int i = 1; i < argc; i++)
		cli.options.json |= !strcmp(argv[i], "--json");
	cli.out = cli.options.json ? output_json_new() : output_text_new();
	code = run(&cli, argc, argv);
	if (code && cli.failure.message[0])
		out_failure(cli.out, &cli.failure);
	cli_disconnect(&cli);
	out_free(cli.out);
	for (size_t i = 0; i < cli.options.supplier_count; i++)
		free(cli.options.suppliers[i].transport);
	for (size_t i = 0; i < cli.options.directory_count; i++)
		free(cli.options.directories[i].transport);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("scmi: the output cannot be written\n", stderr);
		code = code ? code : CLI_UNREACHABLE;
	}
	return code;
}
