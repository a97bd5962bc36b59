// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi base agents, permit, reset, and scmi negotiate: agents and what they may do. */
#include "agents.h"
#include "number.h"

#include <scmi/base.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(struct cli *cli, struct agents *agents, uint32_t id, bool *there)
{
	struct scmi_base_discover_agent_response found;
	int error = scmi_base_discover_agent(cli->agent, id, &found);
	struct agent_name *agent = &agents->agent[agents->count];

	*there = false;
	if (error)
		return scmi_error_is_status(error) || error == -EOPNOTSUPP ? 0 : error;
	*there = true;
	agent->id = found.agent_id;
	memcpy(agent->name, found.name, sizeof(agent->name));
	return 0;
}

int agents_load(struct cli *cli, struct agents *agents)
{
	struct scmi_base_protocol_attributes_response all = { 0 };
	struct agent_name self;
	bool there, known = false;
	int error;

	memset(agents, 0, sizeof(*agents));
	error = scmi_base_protocol_attributes(cli->agent, &all);
	if (scmi_error_is_status(error))
		return 0;
	if (!error)
		error = load(cli, agents, SCMI_BASE_CALLER, &known);
	self = agents->agent[0];
	for (uint32_t id = 0; !error && id <= all.num_agents; id++) {
		error = load(cli, agents, id, &there);
		agents->count += !error && there;
	}
	if (error)
		return cli_fail_call(cli, error, "cannot ask for the agents");
	/* Before base 2.0 the caller is told its name, but not its id. */
	for (size_t i = 0; i < agents->count && known; i++)
		if (agents->agent[i].id == self.id ||
		    (self.id == SCMI_BASE_CALLER && !strcmp(agents->agent[i].name, self.name)))
			agents->self = &agents->agent[i];
	return 0;
}

const char *agents_name(const struct agents *agents, uint32_t id)
{
	for (size_t i = 0; i < agents->count; i++)
		if (agents->agent[i].id == id)
			return agents->agent[i].name;
	return NULL;
}

int agent_find(struct cli *cli, const char *text, uint32_t *id)
{
	const char *names[256], *near;
	struct agents agents;
	uint64_t number;
	int code;

	if (!cli_parse_number(text, UINT32_MAX, &number)) {
		*id = (uint32_t)number;
		return 0;
	}
	code = agents_load(cli, &agents);
	if (code)
		return code;
	for (size_t i = 0; i < agents.count; i++) {
		names[i] = agents.agent[i].name;
		if (!strcmp(names[i], text)) {
			*id = agents.agent[i].id;
			return 0;
		}
	}
	near = cli_nearest(text, names, agents.count);
	cli_fail_usage(cli, "you see no agent called '%s'", text);
	return near ? cli_hint(cli, "did you mean '%s'?", near) :
		      cli_hint(cli, "'scmi base agents' lists those you see");
}

void agent_put(struct output *out, const char *key, const char *label,
	       const struct agent_name *agent)
{
	char line[64], *clean = output_clean(agent->name);

	snprintf(line, sizeof(line), "%.40s (agent %" PRIu32 ")", clean, agent->id);
	free(clean);
	out_field(out, NULL, label, value_text(line));
	out_open(out, key, NULL);
	out_field(out, "id", NULL, value_number(agent->id));
	out_field(out, "name", NULL, value_text(agent->name));
	out_close(out);
}

void agents_put(struct output *out, const struct agents *agents)
{
	static const struct column columns[] = {
		{ .key = "id", .heading = "ID", .right = true },
		{ .key = "name", .heading = "AGENT" },
		{ .key = "self", .heading = "YOU" },
	};

	out_table_open(out, "agents", "Agents", columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < agents->count; i++) {
		struct value values[] = {
			value_number(agents->agent[i].id),
			value_text(agents->agent[i].name),
			value_flag(&agents->agent[i] == agents->self),
		};

		out_row(out, values, 0);
	}
	out_table_close(out);
}

int cli_base_agents(struct cli *cli)
{
	struct agents agents;
	int code = agents_load(cli, &agents);

	if (code)
		return code;
	out_open(cli->out, NULL, NULL);
	agents_put(cli->out, &agents);
	out_close(cli->out);
	return CLI_OK;
}

/* What somebody needs to know whose permission message was refused. */
static int fail_permission(struct cli *cli, int error, const char *what)
{
	cli_fail_call(cli, error, "%s", what);
	if (error == scmi_error_from_status(SCMI_DENIED))
		cli_hint(cli, "only a trusted agent may do that to others");
	else if (error == scmi_error_from_status(SCMI_NOT_FOUND))
		cli_hint(cli,
			 "'scmi base agents' lists the agents you see; devices are numbered by the"
			 " platform's board");
	return cli->failure.exit_code;
}

int cli_base_permit(struct cli *cli)
{
	bool one = cli->argument_count > 3, allow = !strcmp(cli->arguments[2], "allow");
	uint8_t protocol_id = 0;
	uint64_t device_id;
	uint32_t agent_id;
	char name[8];
	int code, error;

	if (!allow && strcmp(cli->arguments[2], "deny"))
		return cli_fail_usage(cli, "the access is allow or deny, not '%s'",
				      cli->arguments[2]);
	if (cli_parse_number(cli->arguments[1], UINT32_MAX, &device_id))
		return cli_fail_usage(cli, "'%s' is not the number of a device", cli->arguments[1]);
	code = one ? cli_protocol(cli, cli->arguments[3], &protocol_id) : 0;
	if (!code)
		code = agent_find(cli, cli->arguments[0], &agent_id);
	if (code)
		return code;
	if (one)
		error = scmi_base_set_protocol_permissions(cli->agent, agent_id,
							   (uint32_t)device_id, protocol_id, allow);
	else
		error = scmi_base_set_device_permissions(cli->agent, agent_id, (uint32_t)device_id,
							 allow);
	if (error)
		return fail_permission(cli, error, "cannot set the permission");
	out_open(cli->out, NULL, NULL);
	out_field(cli->out, "agent_id", NULL, value_number(agent_id));
	out_field(cli->out, "device_id", NULL, value_number(device_id));
	out_field(cli->out, "protocol_id", NULL, one ? value_number(protocol_id) : value_none());
	out_field(cli->out, "allow", NULL, value_flag(allow));
	out_say(cli->out, "agent %" PRIu32 " %s change %s%sdevice %" PRIu64, agent_id,
		allow ? "may" : "may not", one ? cli_protocol_name(protocol_id, name) : "anything",
		" of ", device_id);
	out_close(cli->out);
	return CLI_OK;
}

int cli_base_reset(struct cli *cli)
{
	struct agents agents;
	uint32_t agent_id;
	int code, error;

	if (cli->argument_count) {
		code = agent_find(cli, cli->arguments[0], &agent_id);
	} else {
		code = agents_load(cli, &agents);
		if (!code && !agents.self)
			code = cli_fail_unsupported(
				cli, "the platform does not tell which agent you are");
		agent_id = code ? 0 : agents.self->id;
	}
	if (code)
		return code;
	error = scmi_base_reset_agent_configuration(cli->agent, agent_id, cli->options.permissions);
	if (error)
		return fail_permission(cli, error, "cannot reset the agent");
	out_open(cli->out, NULL, NULL);
	out_field(cli->out, "agent_id", NULL, value_number(agent_id));
	out_field(cli->out, "permissions", NULL, value_flag(cli->options.permissions));
	out_say(cli->out, "agent %" PRIu32 ": all that it asked for is withdrawn%s", agent_id,
		cli->options.permissions ? ", its permissions are the default ones" : "");
	out_close(cli->out);
	return CLI_OK;
}

int cli_negotiate(struct cli *cli)
{
	char name[8], text[CLI_NUMBER_SIZE];
	uint8_t protocol_id;
	uint32_t version;
	int code = cli_protocol(cli, cli->arguments[0], &protocol_id);

	if (code)
		return code;
	if (cli_parse_version(cli->arguments[1], &version))
		return cli_fail_usage(cli, "'%s' is not a version such as 3.0", cli->arguments[1]);
	cli_format_version(text, version);
	code = cli_speak(cli, protocol_id, version);
	if (code)
		return code;
	out_open(cli->out, NULL, NULL);
	out_field(cli->out, "protocol", NULL, value_text(cli_protocol_name(protocol_id, name)));
	out_field(cli->out, "protocol_id", NULL, value_number(protocol_id));
	out_field(cli->out, "version", NULL, value_version(version));
	out_say(cli->out, "%s %s: agreed, for as long as a connection lasts",
		cli_protocol_name(protocol_id, name), text);
	out_close(cli->out);
	return CLI_OK;
}
