// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * scmi complete -- WORD …: what may stand for the last word, one a line. A shell's completion
 * script only has to call this, and so knows every verb and option that the tables have.
 */
#include "clocks.h"
#include "number.h"

#include <host/transports.h>
#include <wire/names.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A shell waits for the answer: a platform that does not react at once is not asked. */
#define PATIENCE_MS 300

/* The words in front of the last one, without options. */
struct line {
	const char *words[CLI_ARGUMENTS_MAX];
	unsigned int count;
	const struct cli_option *open; /* the option whose value the last word is */
	const struct cli_command *command;
	unsigned int used; /* words that are the verb */
};

static void offer(const char *candidate, const char *partial)
{
	if (!strncmp(candidate, partial, strlen(partial)))
		puts(candidate);
}

/* Each part of "up|down|nearest". */
static void offer_choices(const char *choices, const char *partial)
{
	char choice[64];

	while (*choices) {
		size_t length = strcspn(choices, "|");

		snprintf(choice, sizeof(choice), "%.*s", (int)length, choices);
		offer(choice, partial);
		choices += length + (choices[length] == '|');
	}
}

static void offer_clocks(struct cli *cli, const char *partial)
{
	struct clocks clocks;

	cli->options.timeout_ms = PATIENCE_MS;
	cli->options.trace = false;
	if (cli_connect(cli))
		return;
	if (!clocks_load(cli, false, &clocks))
		for (size_t i = 0; i < clocks.count; i++)
			offer(clocks.clock[i].name, partial);
	clocks_free(&clocks);
}

/* URIs of the files in a directory whose names begin and end so. */
static void offer_files(const char *scheme, const char *directory, const char *begin, const char *end,
			const char *partial)
{
	struct dirent **entries;
	char uri[512];
	int count = scandir(directory, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		size_t length = strlen(name);

		if (length > strlen(begin) + strlen(end) && !strncmp(name, begin, strlen(begin)) &&
		    !strcmp(name + length - strlen(end), end)) {
			snprintf(uri, sizeof(uri), "%s:%s/%s", scheme, directory, name);
			offer(uri, partial);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void offer_platforms(const char *partial)
{
	offer_files("unix", "/run/scmid", "", ".sock", partial);
	offer_files("dev", "/dev", "libscmi", "", partial);
}

/* Trees, and directories to go on in. */
static void offer_trees(const char *partial)
{
	const char *slash = strrchr(partial, '/');
	size_t length = slash ? (size_t)(slash - partial) + 1 : 0;
	char directory[512], path[1024];
	struct dirent **entries;
	int count;

	snprintf(directory, sizeof(directory), "%.*s", (int)length, partial);
	count = scandir(length ? directory : ".", &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		const char *end = strrchr(name, '.');
		bool below = entries[i]->d_type == DT_DIR && name[0] != '.';

		snprintf(path, sizeof(path), "%s%s%s", directory, name, below ? "/" : "");
		if (below || (end && !strcmp(end, ".dtb")))
			offer(path, partial);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	offer("/sys/firmware/fdt", partial);
}

/* TRANSPORT:, and behind it directories to go on in. */
static void offer_supplier_directories(const char *partial)
{
	const char *path = strchr(partial, ':') + 1;
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) + 1 : 0;
	char directory[512], candidate[1024];
	struct dirent **entries;
	int count;

	snprintf(directory, sizeof(directory), "%.*s", (int)length, path);
	count = scandir(length ? directory : ".", &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(candidate, sizeof(candidate), "%.*s%s/",
			 (int)(path - partial + (ptrdiff_t)length), partial, entries[i]->d_name);
		if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.')
			offer(candidate, partial);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void offer_suppliers(const char *partial)
{
	const struct scmi_transport *transport;
	char start[64];

	for (size_t i = 0; (transport = scmi_transport_at(i)); i++) {
		snprintf(start, sizeof(start), "%s:", transport->name);
		if (transport->compatible)
			offer(start, partial);
	}
}

static void offer_protocols(const char *partial)
{
	for (uint32_t id = 0; id < SCMI_PROTOCOL_COUNT; id++)
		if (scmi_protocol_name(id))
			offer(scmi_protocol_name(id), partial);
}

static void offer_messages(const char *protocol, const char *partial)
{
	int protocol_id = scmi_protocol_find(protocol);
	const char *name;

	for (uint32_t id = 0; id < 256 && protocol_id >= 0; id++) {
		name = scmi_message_name((uint32_t)protocol_id, SCMI_COMMAND, id);
		if (name)
			offer(name, partial);
	}
}

/* The next word of every verb that begins with those of words[0 .. count). */
static void offer_verbs(const char *const *words, unsigned int count, const char *partial)
{
	const char *last = "";
	char word[32];

	for (const struct cli_command *command = cli_commands; command->name; command++) {
		const char *rest = command->name;
		size_t length = count ? strlen(words[0]) : 0;

		if (command->hidden ||
		    (count && (strncmp(rest, words[0], length) || rest[length] != ' ')))
			continue;
		rest += count ? length + 1 : 0;
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(rest, " "), rest);
		/* Verbs of a group stand together: say the group once. */
		if (strncmp(last, rest, strlen(word)) || !last[0])
			offer(word, partial);
		last = rest;
	}
}

static void offer_option_values(struct cli *cli, const struct cli_option *option,
				const char *partial)
{
	if (!strcmp(option->name, "--at"))
		offer_platforms(partial);
	else if (!strcmp(option->name, "--tree"))
		offer_trees(partial);
	else if (!strcmp(option->name, "--suppliers") && strchr(partial, ':'))
		offer_supplier_directories(partial);
	else if (!strncmp(option->name, "--supplier", 10))
		offer_suppliers(partial);
	else if (!strcmp(option->name, "--clock"))
		offer_clocks(cli, partial);
	else if (strchr(option->argument, '|'))
		offer_choices(option->argument, partial);
}

static void offer_argument(struct cli *cli, const struct line *line, const char *partial)
{
	unsigned int place = line->count - line->used;
	enum cli_argument kind = ARGUMENT_NONE;

	if (place < sizeof(line->command->kinds) / sizeof(line->command->kinds[0]))
		kind = line->command->kinds[place];
	switch (kind) {
	case ARGUMENT_CLOCK:
		offer_clocks(cli, partial);
		break;
	case ARGUMENT_PROTOCOL:
		offer_protocols(partial);
		break;
	case ARGUMENT_MESSAGE:
		offer_messages(line->words[line->count - 1], partial);
		break;
	case ARGUMENT_ACCESS:
		offer_choices("allow|deny", partial);
		break;
	case ARGUMENT_CONFIG:
		offer_choices("duty-cycle|phase", partial);
		break;
	case ARGUMENT_VERB:
		offer_verbs(line->words + line->used, place, partial);
		break;
	case ARGUMENT_NONE:
		break;
	}
}

/* What stands in front of the last word. An --at among them says which platform to ask. */
static void read_line(struct cli *cli, struct line *line)
{
	for (unsigned int i = 0; i + 1 < cli->argument_count; i++) {
		const char *word = cli->arguments[i];

		if (line->open) {
			if (!strcmp(line->open->name, "--at"))
				cli->options.at = word;
			line->open = NULL;
			continue;
		}
		if (word[0] != '-') {
			line->words[line->count++] = word;
			continue;
		}
		for (const struct cli_option *option = cli_options; option->name; option++)
			if (!strcmp(option->name, word) && option->argument)
				line->open = option;
	}
	line->command = cli_find_command(line->words, line->count, &line->used);
}

int cli_complete(struct cli *cli)
{
	const char *partial = cli->argument_count ? cli->arguments[cli->argument_count - 1] : "";
	struct line line = { .count = 0 };

	read_line(cli, &line);
	if (line.open) {
		offer_option_values(cli, line.open, partial);
	} else if (partial[0] == '-') {
		for (const struct cli_option *option = cli_options; option->name; option++)
			if (!option->bit || (line.command && line.command->options & option->bit))
				offer(option->name, partial);
	} else if (line.command) {
		offer_argument(cli, &line, partial);
	} else {
		offer_verbs(line.words, line.count, partial);
	}
	return CLI_OK;
}
