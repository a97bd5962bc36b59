// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi info: who the platform is, what it serves, who else is there. */
#include "agents.h"
#include "cli.h"
#include "trace.h"

#include <scmi/base.h>
#include <wire/describe.h>
#include <wire/names.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct protocol {
	uint8_t id;
	char name[32];
	uint32_t served; /* 0: not told */
	uint32_t spoken; /* 0: this program does not know the protocol */
	bool counted;
	uint32_t count;
	char of[32]; /* "clocks" */
};

/* What the first num_… member of PROTOCOL_ATTRIBUTES counts. */
static void count_number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	struct protocol *protocol = ctx;

	(void)is_signed;
	if (protocol->counted || strncmp(name, "num_", 4))
		return;
	protocol->counted = true;
	protocol->count = (uint32_t)value;
	snprintf(protocol->of, sizeof(protocol->of), "%s", name + 4);
}

static void ignore_flag(void *ctx, const char *name, bool value)
{
	(void)ctx;
	(void)name;
	(void)value;
}

static void ignore_text(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
}

static void ignore_open(void *ctx, const char *name, uint32_t index)
{
	(void)ctx;
	(void)name;
	(void)index;
}

static void ignore_close(void *ctx)
{
	(void)ctx;
}

static const struct scmi_describe_visitor count_visitor = {
	.number = count_number,
	.flag = ignore_flag,
	.text = ignore_text,
	.open = ignore_open,
	.close = ignore_close,
};

/* A question without arguments; what the platform refuses leaves *answer and 0 bytes. */
static int ask(struct cli *cli, uint8_t protocol_id, uint8_t message_id, uint8_t *answer,
	       size_t space, size_t *size)
{
	struct scmi_command command = { .protocol_id = protocol_id, .message_id = message_id };
	struct scmi_transfer *transfer;
	const struct scmi_result *result;
	int error = scmi_agent_call(cli->agent, &command, &transfer);

	*size = 0;
	if (error)
		return scmi_error_is_status(error) ? 0 : error;
	result = scmi_transfer_result(transfer);
	*size = result->size < space ? result->size : space;
	if (*size)
		memcpy(answer, result->values, *size);
	scmi_transfer_put(transfer);
	return 0;
}

static int load_protocol(struct cli *cli, struct protocol *protocol)
{
	uint8_t answer[4 + 64] = { 0 }; /* the status, which the call took off, and values */
	uint32_t header = scmi_header(protocol->id, SCMI_COMMAND, SCMI_PROTOCOL_ATTRIBUTES, 0);
	char unknown[8];
	size_t size;
	int error;

	snprintf(protocol->name, sizeof(protocol->name), "%s",
		 cli_protocol_name(protocol->id, unknown));
	error = ask(cli, protocol->id, SCMI_PROTOCOL_VERSION, answer, sizeof(answer), &size);
	if (!error && size >= 4)
		protocol->served = scmi_get_le32(answer);
	if (error || !scmi_protocol_newest(protocol->id))
		return error;
	error = scmi_agent_version(cli->agent, protocol->id, &protocol->spoken);
	if (error)
		return scmi_error_is_status(error) ? 0 : error;
	/* What base counts is listed anyway. */
	if (protocol->id == SCMI_BASE_PROTOCOL)
		return 0;
	error = ask(cli, protocol->id, SCMI_PROTOCOL_ATTRIBUTES, answer + 4, sizeof(answer) - 4,
		    &size);
	memset(answer, 0, 4);
	if (!error && size)
		scmi_describe(header, SCMI_P2A, protocol->spoken, answer, size + 4, &count_visitor,
			      protocol);
	return error;
}

static void put_protocols(struct output *out, const struct protocol *protocols, size_t count)
{
	static const struct column columns[] = {
		{ .key = "id" },
		{ .heading = "ID", .right = true },
		{ .key = "name", .heading = "PROTOCOL" },
		{ .key = "served", .heading = "SERVED" },
		{ .key = "spoken", .heading = "SPOKEN" },
		{ .heading = "HAS" },
		{ .key = "count" },
		{ .key = "counted" },
	};

	out_table_open(out, "protocols", "Protocols", columns,
		       sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < count; i++) {
		const struct protocol *p = &protocols[i];
		char has[64];
		struct value values[] = {
			value_number(p->id),
			value_hex(p->id),
			value_text(p->name),
			p->served ? value_version(p->served) : value_none(),
			p->spoken ? value_version(p->spoken) : value_none(),
			p->counted ? value_text(has) : value_none(),
			p->counted ? value_number(p->count) : value_none(),
			p->counted ? value_text(p->of) : value_none(),
		};

		snprintf(has, sizeof(has), "%u %s", (unsigned int)p->count, p->of);
		out_row(out, values, 0);
	}
	out_table_close(out);
}

/* The line "label  text" for what the platform may refuse to tell. */
static int put_name(struct cli *cli, int error, const char *key, const char *label,
		    const char *name)
{
	if (error && !scmi_error_is_status(error))
		return cli_fail_call(cli, error, "cannot ask for the %s", label);
	out_field(cli->out, key, label, error ? value_none() : value_text(name));
	return 0;
}

static int put_identity(struct cli *cli)
{
	char vendor[16], sub_vendor[16];
	uint32_t version = 0;
	int code, error;

	out_field(cli->out, "at", "platform at", value_text(cli->options.at));
	error = scmi_base_discover_vendor(cli->agent, vendor);
	code = put_name(cli, error, "vendor", "vendor", vendor);
	if (code)
		return code;
	error = scmi_base_discover_sub_vendor(cli->agent, sub_vendor);
	code = put_name(cli, error, "sub_vendor", "sub-vendor", sub_vendor);
	if (code)
		return code;
	error = scmi_base_discover_implementation_version(cli->agent, &version);
	if (error && !scmi_error_is_status(error))
		return cli_fail_call(cli, error, "cannot ask for the implementation's version");
	out_field(cli->out, "implementation_version", "implementation",
		  error ? value_none() : value_hex(version));
	return 0;
}

int cli_info(struct cli *cli)
{
	struct protocol protocols[SCMI_PROTOCOL_COUNT] = { { .id = SCMI_BASE_PROTOCOL } };
	uint8_t ids[SCMI_PROTOCOL_COUNT - 1];
	struct agents agents;
	uint32_t count;
	int code, error;

	out_open(cli->out, NULL, NULL);
	code = put_identity(cli);
	if (code)
		return code;
	code = agents_load(cli, &agents);
	if (code)
		return code;
	if (agents.self)
		agent_put(cli->out, "agent", "you are", agents.self);
	error = scmi_base_list_protocols(cli->agent, ids, sizeof(ids), &count);
	if (error)
		return cli_fail_call(cli, error, "cannot list the protocols");
	for (uint32_t i = 0; i < count; i++)
		protocols[i + 1].id = ids[i];
	for (uint32_t i = 0; i <= count; i++) {
		error = load_protocol(cli, &protocols[i]);
		if (error)
			return cli_fail_call(cli, error, "protocol %s", protocols[i].name);
	}
	put_protocols(cli->out, protocols, count + 1);
	agents_put(cli->out, &agents);
	out_close(cli->out);
	return CLI_OK;
}
