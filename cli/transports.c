// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi transports: what --at can name here, built in or in files, and what is not used and why. */
#include "cli.h"

#include <scmi/loader.h>

#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct value texts_of(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return value_texts(list, count);
}

static const struct {
	uint32_t bit;
	const char *name; /* as in a URI */
} settings[] = {
	{ SCMI_SETTING_MESSAGES_MAX, "messages-max" },
	{ SCMI_SETTING_MESSAGE_SIZE_MAX, "message-size-max" },
	{ SCMI_SETTING_POLLING, "polling-us" },
	{ SCMI_SETTING_NO_COMPLETION_IRQ, "no-completion-irq" },
};

/* Those that are the transport's own: names[] has room for all. */
static struct value settings_of(const struct scmi_transport *transport, const char *names[])
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT(settings); i++)
		if (transport->settings & settings[i].bit)
			names[count++] = settings[i].name;
	return value_texts(names, count);
}

static void put_used(struct output *out, struct scmi_loader *loader)
{
	static const struct column columns[] = {
		{ .key = "name", .heading = "NAME" },
		{ .key = "scheme", .heading = "SCHEME" },
		{ .heading = "FROM" },
		{ .key = "built_in" },
		{ .key = "path" },
		{ .key = "agent" },
		{ .key = "platform" },
		{ .key = "messages_max", .heading = "MESSAGES", .right = true },
		{ .key = "message_size_max", .heading = "BYTES", .right = true },
		{ .key = "response_timeout_ms", .heading = "MS", .right = true },
		{ .key = "p2a" },
		{ .key = "polling" },
		{ .key = "atomic" },
		{ .key = "settings" },
		{ .key = "compatible" },
		{ .key = "about", .heading = "ABOUT", .shrink = true },
	};
	struct scmi_loader_entry entry;

	out_table_open(out, "transports", NULL, columns, COUNT(columns));
	for (size_t i = 0; scmi_loader_entry(loader, i, &entry); i++) {
		const struct scmi_transport *t = entry.transport;
		const char *names[COUNT(settings)];

		if (!t)
			continue;
		out_row(out,
			(struct value[]){
				value_text(t->name),
				value_text(t->scheme),
				value_text(entry.path ? entry.path : "built in"),
				value_flag(!entry.path),
				entry.path ? value_text(entry.path) : value_none(),
				value_flag(t->agent != NULL),
				value_flag(t->platform != NULL),
				value_number(t->limits.messages_max),
				value_number(t->limits.message_size_max),
				value_number(t->limits.response_timeout_ms),
				value_flag(t->limits.p2a),
				value_flag(t->limits.polling),
				value_flag(t->limits.atomic),
				settings_of(t, names),
				texts_of(t->compatible),
				t->about ? value_text(t->about) : value_none(),
			},
			0);
	}
	out_table_close(out);
}

/* People want to hear of refusals only, programs also of files that another comes before. */
static void put_not_used(struct output *out, struct scmi_loader *loader, bool for_programs)
{
	static const struct column columns[] = {
		{ .key = "name" },
		{ .key = "path" },
		{ .key = "refused" },
		{ .key = "why", .heading = "NOT USED" },
	};
	struct scmi_loader_entry entry;
	bool open = for_programs;

	if (open)
		out_table_open(out, "not_used", NULL, columns, COUNT(columns));
	for (size_t i = 0; scmi_loader_entry(loader, i, &entry); i++) {
		if (entry.transport || (entry.error == -EEXIST && !for_programs))
			continue;
		if (!open)
			out_table_open(out, "not_used", NULL, columns, COUNT(columns));
		open = true;
		out_row(out,
			(struct value[]){
				entry.name ? value_text(entry.name) : value_none(),
				entry.path ? value_text(entry.path) : value_none(),
				value_flag(entry.error != -EEXIST),
				value_text(entry.why),
			},
			0);
	}
	if (open)
		out_table_close(out);
}

int cli_transports(struct cli *cli)
{
	struct scmi_loader *loader;

	if (scmi_loader_new(&loader, NULL))
		cli_out_of_memory();
	out_open(cli->out, NULL, NULL);
	out_field(cli->out, "directory", NULL,
		  scmi_loader_directory() ? value_text(scmi_loader_directory()) : value_none());
	put_used(cli->out, loader);
	put_not_used(cli->out, loader, cli->options.json);
	out_close(cli->out);
	scmi_loader_free(loader);
	return CLI_OK;
}
