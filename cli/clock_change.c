// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi clock set, enable, disable, parent: changing, then reading back what came of it. */
#include "clocks.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A rate in a sentence; the texts live until the next call with the same slot. */
static const char *rate_text(unsigned int slot, uint64_t rate_hz)
{
	static char texts[3][2 * CLI_NUMBER_SIZE];
	char human[CLI_NUMBER_SIZE];

	cli_format_rate(human, rate_hz);
	if (rate_hz < 1000)
		snprintf(texts[slot], sizeof(texts[slot]), "%s", human);
	else
		snprintf(texts[slot], sizeof(texts[slot]), "%s (%" PRIu64 " Hz)", human, rate_hz);
	return texts[slot];
}

/* ---- set ------------------------------------------------------------------------------------- */

static int parse_rate(struct cli *cli, uint64_t *rate_hz)
{
	char text[64];
	int error;

	/* `1.5 GHz` may come as one word or as two. */
	snprintf(text, sizeof(text), "%s%s%s", cli->arguments[1],
		 cli->argument_count > 2 ? " " : "",
		 cli->argument_count > 2 ? cli->arguments[2] : "");
	error = cli_parse_rate(text, rate_hz);
	if (error == -EDOM)
		return cli_fail_usage(cli, "'%s' is not a whole number of Hz", text);
	if (error == -ERANGE)
		return cli_fail_usage(cli, "'%s' is more than 64 bits of Hz can say", text);
	if (error) {
		cli_fail_usage(cli, "'%s' is not a rate", text);
		return cli_hint(
			cli, "write Hz, or a number with a unit: 32768, 24MHz, 1.5GHz, 32.768kHz");
	}
	return 0;
}

/* Nearest, unless told otherwise; before clock 2.0 the flags may mean nothing: leave them clear. */
static int rounding(struct cli *cli, enum scmi_clock_rounding *round)
{
	uint32_t version;
	int error;

	switch (cli->options.round) {
	case ROUND_DOWN:
		*round = SCMI_CLOCK_ROUND_DOWN;
		return 0;
	case ROUND_UP:
		*round = SCMI_CLOCK_ROUND_UP;
		return 0;
	case ROUND_NEAREST:
		*round = SCMI_CLOCK_ROUND_AUTO;
		return 0;
	case ROUND_DEFAULT:
		break;
	}
	error = scmi_agent_version(cli->agent, SCMI_CLOCK_PROTOCOL, &version);
	*round = version >= SCMI_CLOCK_VERSION_2_0 ? SCMI_CLOCK_ROUND_AUTO : SCMI_CLOCK_ROUND_DOWN;
	return error;
}

static int fail_set(struct cli *cli, int error, const struct clock *clock, uint64_t asked_hz)
{
	int32_t status = scmi_error_is_status(error) ? scmi_error_status(error) : 0;

	cli_fail_call(cli, error, "clock %s: cannot set the rate to %s", clock->name,
		      rate_text(0, asked_hz));
	if (status == SCMI_INVALID_PARAMETERS || status == SCMI_OUT_OF_RANGE)
		cli_hint(cli, "'scmi clock rates %s' lists what it can have", clock->name);
	else if (status == SCMI_DENIED)
		cli_hint(cli, "'scmi clock show %s' says what you may change", clock->name);
	else if (status == SCMI_NOT_SUPPORTED && (cli->options.async || cli->options.no_wait))
		cli_hint(cli,
			 "this platform may take no asynchronous changes: try without --async");
	return cli->failure.exit_code;
}

int cli_clock_set(struct cli *cli)
{
	bool queue = cli->options.no_wait, async = cli->options.async && !queue;
	enum scmi_clock_rounding round = SCMI_CLOCK_ROUND_DOWN;
	uint64_t asked_hz, before_hz = 0, rate_hz = 0;
	struct output *out = cli->out;
	struct clock clock;
	int code, error;

	code = parse_rate(cli, &asked_hz);
	if (!code)
		code = clock_find(cli, cli->arguments[0], &clock);
	if (code)
		return code;
	error = rounding(cli, &round);
	if (!error)
		error = scmi_clock_rate_get(cli->agent, clock.id, &before_hz);
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot get the rate", clock.name);
	if (async)
		cli_progress(cli, "waiting for the delayed response");
	if (queue)
		error = scmi_clock_rate_set_queue(cli->agent, clock.id, asked_hz, round);
	else if (async)
		error = scmi_clock_rate_set_async(cli->agent, clock.id, asked_hz, round, &rate_hz);
	else
		error = scmi_clock_rate_set(cli->agent, clock.id, asked_hz, round);
	if (async)
		cli_progress_end(cli);
	if (error)
		return fail_set(cli, error, &clock, asked_hz);
	if (!async && !queue)
		error = scmi_clock_rate_get(cli->agent, clock.id, &rate_hz);
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot read the rate back", clock.name);
	out_open(out, NULL, NULL);
	clock_put(out, &clock);
	out_field(out, "asked_hz", NULL, value_rate(asked_hz));
	out_field(out, "before_hz", NULL, value_rate(before_hz));
	out_field(out, "rate_hz", NULL, queue ? value_none() : value_rate(rate_hz));
	out_field(out, "how", NULL, value_text(queue ? "queued" : async ? "delayed" : "immediate"));
	if (queue)
		out_say(out, "%s: %s is asked for; the platform has queued it", clock.name,
			rate_text(0, asked_hz));
	else
		out_say(out, "%s: %s, was %s%s", clock.name, rate_text(0, rate_hz),
			rate_text(1, before_hz), async ? "; says the delayed response" : "");
	if (!queue && rate_hz != asked_hz)
		out_say(out, "asked for: %s; the platform has rounded", rate_text(0, asked_hz));
	out_close(out);
	return CLI_OK;
}

/* ---- state ----------------------------------------------------------------------------------- */

static int change_state(struct cli *cli, bool enable)
{
	struct output *out = cli->out;
	struct clock clock;
	bool enabled;
	int code = clock_find(cli, cli->arguments[0], &clock), error;

	if (code)
		return code;
	error = scmi_clock_config_set(cli->agent, clock.id, enable ? SCMI_CLOCK_ON : SCMI_CLOCK_OFF,
				      SCMI_CLOCK_NO_CONFIG, 0);
	if (error) {
		cli_fail_call(cli, error, "clock %s: cannot %s it", clock.name,
			      enable ? "enable" : "disable");
		if (error == scmi_error_from_status(SCMI_DENIED))
			cli_hint(cli, "'scmi clock show %s' says what you may change", clock.name);
		return cli->failure.exit_code;
	}
	error = scmi_clock_config_get(cli->agent, clock.id, SCMI_CLOCK_NO_CONFIG, &enabled, NULL);
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot read the state back",
				     clock.name);
	out_open(out, NULL, NULL);
	clock_put(out, &clock);
	out_field(out, "asked", NULL, value_text(enable ? "enabled" : "disabled"));
	out_field(out, "enabled", NULL, value_flag(enabled));
	out_say(out, "%s: %s", clock.name, enabled ? "enabled" : "disabled");
	/* A clock runs while any agent wants it. */
	if (enabled && !enable)
		out_say(out,
			"you no longer ask for it; it runs on for another agent, or always does");
	out_close(out);
	return CLI_OK;
}

int cli_clock_enable(struct cli *cli)
{
	return change_state(cli, true);
}

int cli_clock_disable(struct cli *cli)
{
	return change_state(cli, false);
}

/* ---- parent ---------------------------------------------------------------------------------- */

static int fail_parent(struct cli *cli, int error, const struct clock *clock)
{
	cli_fail_call(cli, error, "clock %s: cannot get the parent", clock->name);
	if (error == scmi_error_from_status(SCMI_NOT_SUPPORTED))
		cli_hint(cli, "this clock has no parents");
	else if (error == -EOPNOTSUPP)
		cli_hint(cli, "parents came with version 3.0 of the clock protocol");
	return cli->failure.exit_code;
}

static int put_possible(struct cli *cli, const struct clock *clock, uint32_t current)
{
	static const struct column columns[] = {
		{ .key = "id", .heading = "ID", .right = true },
		{ .key = "name", .heading = "POSSIBLE PARENT" },
		{ .key = "rate_hz" },
		{ .heading = "RATE", .right = true },
		{ .key = "current", .heading = "CURRENT" },
	};
	uint32_t ids[512];
	struct scmi_clock_parents parents = { .clock_ids = ids, .space = 512 };
	int error = scmi_clock_list_parents(cli->agent, clock->id, &parents);

	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot list the parents", clock->name);
	out_table_open(cli->out, "possible_parents", NULL, columns, 5);
	for (uint32_t i = 0; i < parents.count; i++) {
		char name[CLOCK_NAME_SIZE];
		uint64_t rate_hz = 0;
		bool named = !scmi_clock_name(cli->agent, ids[i], name);
		bool rated = !scmi_clock_rate_get(cli->agent, ids[i], &rate_hz);
		struct value values[] = {
			value_number(ids[i]),
			named ? value_text(name) : value_none(),
			rated ? value_rate(rate_hz) : value_none(),
			rated ? value_short_rate(rate_hz) : value_none(),
			value_flag(ids[i] == current),
		};

		out_row(cli->out, values, 0);
	}
	out_table_close(cli->out);
	return 0;
}

static int change_parent(struct cli *cli, const struct clock *clock, const char *text)
{
	struct clock parent;
	int code = clock_find(cli, text, &parent), error;

	if (code)
		return code;
	error = scmi_clock_parent_set(cli->agent, clock->id, parent.id);
	if (!error)
		return 0;
	cli_fail_call(cli, error, "clock %s: cannot make %s its parent", clock->name, parent.name);
	if (error == scmi_error_from_status(SCMI_INVALID_PARAMETERS))
		cli_hint(cli, "'scmi clock parent %s' lists the possible ones", clock->name);
	return cli->failure.exit_code;
}

int cli_clock_parent(struct cli *cli)
{
	bool change = cli->argument_count > 1;
	struct output *out = cli->out;
	char name[CLOCK_NAME_SIZE] = "";
	struct clock clock;
	uint32_t parent_id;
	uint64_t rate_hz;
	int code = clock_find(cli, cli->arguments[0], &clock), error;

	if (!code && change)
		code = change_parent(cli, &clock, cli->arguments[1]);
	if (code)
		return code;
	error = scmi_clock_parent_get(cli->agent, clock.id, &parent_id);
	if (error)
		return fail_parent(cli, error, &clock);
	if (scmi_clock_name(cli->agent, parent_id, name))
		snprintf(name, sizeof(name), "%" PRIu32, parent_id);
	error = scmi_clock_rate_get(cli->agent, clock.id, &rate_hz);
	out_open(out, NULL, NULL);
	clock_put(out, &clock);
	out_field(out, "parent", NULL, value_text(name));
	out_field(out, "parent_id", NULL, value_number(parent_id));
	out_field(out, "rate_hz", NULL, error ? value_none() : value_rate(rate_hz));
	if (error)
		out_say(out, "%s: fed by %s", clock.name, name);
	else
		out_say(out, "%s: fed by %s, runs at %s", clock.name, name, rate_text(0, rate_hz));
	if (!change)
		code = put_possible(cli, &clock, parent_id);
	if (!code)
		out_close(out);
	return code;
}
