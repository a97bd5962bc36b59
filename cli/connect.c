// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From a URI to an agent that can be called, with advice for those who have none. */
#include "cli.h"
#include "number.h"
#include "trace.h"

#include <wire/names.h>

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_DIR "/run/scmid"

static int is_socket(const struct dirent *entry)
{
	char path[sizeof(RUN_DIR) + 1 + sizeof(entry->d_name)];
	struct stat about;

	snprintf(path, sizeof(path), "%s/%s", RUN_DIR, entry->d_name);
	return !stat(path, &about) && S_ISSOCK(about.st_mode);
}

/* What could be named: the sockets where scmid puts them by default. */
static void hint_at(struct cli *cli)
{
	char found[sizeof(cli->failure.hint) - 128];
	struct dirent **entries;
	size_t length = 0;
	int count = scandir(RUN_DIR, &entries, is_socket, alphasort);

	found[0] = '\0';
	for (int i = 0; i < count; i++) {
		if (length + sizeof(RUN_DIR) + strlen(entries[i]->d_name) + 16 < sizeof(found))
			length += (size_t)snprintf(found + length, sizeof(found) - length,
						   "%sunix:%s/%s", length ? ", " : "", RUN_DIR,
						   entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (found[0])
		cli_hint(cli, "give --at URI or set SCMI_AT; there is %s", found);
	else
		cli_hint(cli, "give --at URI or set SCMI_AT, e.g. unix:/run/scmid/tester.sock; no"
			      " socket is in " RUN_DIR ": is scmid running?");
}

int cli_speak(struct cli *cli, uint8_t protocol_id, uint32_t version)
{
	const uint32_t *versions;
	char name[8], number[CLI_NUMBER_SIZE], known[128] = "";
	size_t count = 0, length = 0;
	bool ours = false;
	int error;

	versions = scmi_protocol_versions(protocol_id, &count);
	for (size_t i = 0; i < count && length < sizeof(known); i++) {
		cli_format_version(number, versions[i]);
		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
					   i ? ", " : "", number);
		ours |= versions[i] == version;
	}
	cli_format_version(number, version);
	if (!ours) {
		cli_fail_usage(cli, "this program does not know %s %s",
			       cli_protocol_name(protocol_id, name), number);
		return count ? cli_hint(cli, "it knows %s", known) : cli->failure.exit_code;
	}
	error = scmi_agent_negotiate(cli->agent, protocol_id, version);
	if (error)
		return cli_fail_call(cli, error, "cannot speak %s %s",
				     cli_protocol_name(protocol_id, name), number);
	return 0;
}

int cli_connect(struct cli *cli)
{
	struct scmi_instance_options options = {
		.settings = { .response_timeout_ms = cli->options.timeout_ms,
			      .delayed_timeout_ms = cli->options.timeout_ms,
			      .polling_us = cli->options.polling_us },
		.trace = cli_trace_message,
	};
	const char *uri = cli->options.at ? cli->options.at : getenv("SCMI_AT");
	struct failure *failure = &cli->failure;
	char why[768] = "";
	int error, code = 0;

	if (!uri || !uri[0]) {
		cli_fail_usage(cli, "no platform is named");
		hint_at(cli);
		return failure->exit_code;
	}
	cli->options.at = uri;
	cli->trace = cli_trace_new(cli->options.trace);
	options.trace_ctx = cli->trace;
	error = scmi_instance_open(&cli->instance, uri, &options, why, sizeof(why));
	if (!error) {
		cli->agent = scmi_instance_agent(cli->instance);
		for (size_t i = 0; i < cli->options.speak_count && !code; i++)
			code = cli_speak(cli, cli->options.speak[i].protocol_id,
					 cli->options.speak[i].version);
		return code;
	}
	cli->instance = NULL;
	cli_fail_call(cli, error, "%s", uri);
	if (why[0])
		snprintf(failure->message, sizeof(failure->message), "%s", why);
	if (error == -EINVAL || error == -EOPNOTSUPP) {
		failure->exit_code = CLI_USAGE;
		failure->kind = "usage";
		if (uri[0] == '/' || uri[0] == '.')
			cli_hint(cli, "a socket is written unix:PATH: unix:%.200s", uri);
	} else if ((error == -ENOENT || error == -ECONNREFUSED) && strncmp(uri, "dev:", 4)) {
		hint_at(cli);
	}
	return failure->exit_code;
}

void cli_disconnect(struct cli *cli)
{
	scmi_instance_close(cli->instance);
	cli_trace_free(cli->trace);
	cli->instance = NULL;
	cli->trace = NULL;
}

static bool shows_progress(const struct cli *cli)
{
	return cli->options.progress || (isatty(STDERR_FILENO) && !cli->options.trace);
}

void cli_progress(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	if (!shows_progress(cli))
		return;
	/* On a terminal the line is written over; in a file every step is a line. */
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (!isatty(STDERR_FILENO))
		fputc('\n', stderr);
	fflush(stderr);
}

void cli_progress_end(const struct cli *cli)
{
	if (shows_progress(cli) && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
