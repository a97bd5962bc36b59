// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi clock list, show, get, rates: looking. */
#include "clocks.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * More than the 16 bits that count remaining rates and the 12 that count those of an answer can
 * say.
 */
#define RATES_MAX 70000
#define PARENTS_MAX 512

static struct value state_of(const struct clock *clock)
{
	struct value value = value_text(clock->attributes.enabled ? "enabled" : "disabled");

	value.style = clock->attributes.enabled ? STYLE_GOOD : STYLE_DIM;
	return value;
}

static struct value parent_of(const struct clock *clock, const char *name)
{
	if (!clock->has_parent)
		return value_none();
	return name ? value_text(name) : value_number(clock->parent_id);
}

int cli_clock_list(struct cli *cli)
{
	static const struct column columns[] = {
		{ .key = "id", .heading = "ID", .right = true },
		{ .key = "name", .heading = "NAME", .tree = true, .shrink = true },
		{ .heading = "STATE" },
		{ .key = "enabled" },
		{ .heading = "RATE", .right = true },
		{ .key = "rate_hz", .heading = "HZ", .right = true },
		{ .key = "parent", .heading = "PARENT", .shrink = true },
		{ .key = "parent_id" },
		{ .key = "may_change", .heading = "MAY CHANGE" },
	};
	struct clocks clocks;
	struct clock_node *nodes;
	size_t *order;
	int code = clocks_load(cli, true, &clocks);

	if (code) {
		clocks_free(&clocks);
		return code;
	}
	nodes = cli_allocate(clocks.count * sizeof(*nodes));
	order = cli_allocate(clocks.count * sizeof(*order));
	clocks_tree(&clocks, nodes, order);
	out_open(cli->out, NULL, NULL);
	out_table_open(cli->out, "clocks", NULL, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < clocks.count; i++) {
		const struct clock *clock = &clocks.clock[order[i]];
		const char *texts[3];
		struct value values[] = {
			value_number(clock->id),
			value_text(clock->name),
			state_of(clock),
			value_flag(clock->attributes.enabled),
			clock->rate_error ? value_none() : value_short_rate(clock->rate_hz),
			clock->rate_error ? value_none() : value_number(clock->rate_hz),
			parent_of(clock, clocks_name(&clocks, clock->parent_id)),
			clock->has_parent ? value_number(clock->parent_id) : value_none(),
			clock_may_change(clock, texts),
		};

		out_row(cli->out, values, nodes[order[i]].depth);
	}
	out_table_close(cli->out);
	out_close(cli->out);
	free(order);
	free(nodes);
	clocks_free(&clocks);
	return CLI_OK;
}

/* ---- rates ----------------------------------------------------------------------------------- */

/* rates->rates_hz is to be freed, also after a failure. */
static int load_rates(struct cli *cli, const struct clock *clock, struct scmi_clock_rates *rates)
{
	int error;

	*rates = (struct scmi_clock_rates){ .space = RATES_MAX };
	rates->rates_hz = cli_allocate(RATES_MAX * sizeof(*rates->rates_hz));
	error = scmi_clock_list_rates(cli->agent, clock->id, rates);
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot list the rates", clock->name);
	return 0;
}

/* Lowest, highest, step and count of a range; its rates are never listed one by one. */
static void put_range(struct output *out, const struct scmi_clock_rates *rates)
{
	uint64_t low = rates->rates_hz[0], high = rates->rates_hz[1], step = rates->rates_hz[2];

	out_field(out, "min_hz", "lowest", value_rate(low));
	out_field(out, "max_hz", "highest", value_rate(high));
	out_field(out, "step_hz", "step", value_rate(step));
	if (step && high >= low)
		out_field(out, "count", "rates", value_number((high - low) / step + 1));
}

int cli_clock_rates(struct cli *cli)
{
	static const struct column columns[] = {
		{ .heading = "RATE", .right = true },
		{ .key = "rate_hz", .heading = "HZ", .right = true },
	};
	struct scmi_clock_rates rates;
	struct clock clock;
	int code = clock_find(cli, cli->arguments[0], &clock);

	if (code)
		return code;
	code = load_rates(cli, &clock, &rates);
	if (!code) {
		out_open(cli->out, NULL, NULL);
		clock_put(cli->out, &clock);
		out_field(cli->out, "format", NULL, value_text(rates.triplet ? "range" : "list"));
		if (rates.triplet) {
			put_range(cli->out, &rates);
		} else {
			out_table_open(cli->out, "rates", NULL, columns, 2);
			for (uint32_t i = 0; i < rates.count; i++) {
				uint64_t rate_hz = rates.rates_hz[i];
				struct value values[] = { value_short_rate(rate_hz),
							  value_number(rate_hz) };

				out_row(cli->out, values, 0);
			}
			out_table_close(cli->out);
		}
		out_close(cli->out);
	}
	free(rates.rates_hz);
	return code;
}

/* One line about the rates, for `scmi clock show`. */
static int put_rates_summary(struct cli *cli, const struct clock *clock)
{
	char low[CLI_NUMBER_SIZE], high[CLI_NUMBER_SIZE], step[CLI_NUMBER_SIZE];
	struct scmi_clock_rates rates;
	char line[160];
	int code = load_rates(cli, clock, &rates);

	if (code == CLI_REFUSED) {
		free(rates.rates_hz);
		return 0;
	}
	if (!code && rates.count) {
		cli_format_rate(low, rates.rates_hz[0]);
		cli_format_rate(high, rates.rates_hz[rates.triplet ? 1 : rates.count - 1]);
		if (rates.triplet) {
			cli_format_rate(step, rates.rates_hz[2]);
			snprintf(line, sizeof(line), "%s to %s in steps of %s", low, high, step);
		} else if (rates.count == 1) {
			snprintf(line, sizeof(line), "%s only", low);
		} else {
			snprintf(line, sizeof(line), "%" PRIu32 " from %s to %s", rates.count, low,
				 high);
		}
		out_field(cli->out, NULL, "possible rates", value_text(line));
		out_open(cli->out, "rates", NULL);
		out_field(cli->out, "format", NULL, value_text(rates.triplet ? "range" : "list"));
		out_field(cli->out, "min_hz", NULL, value_rate(rates.rates_hz[0]));
		out_field(cli->out, "max_hz", NULL,
			  value_rate(rates.rates_hz[rates.triplet ? 1 : rates.count - 1]));
		if (rates.triplet)
			out_field(cli->out, "step_hz", NULL, value_rate(rates.rates_hz[2]));
		else
			out_field(cli->out, "count", NULL, value_number(rates.count));
		out_close(cli->out);
	}
	free(rates.rates_hz);
	return code;
}

/* ---- one clock ------------------------------------------------------------------------------- */

/* The name of another clock; its number where it cannot be had. To be freed. */
static char *name_of(struct cli *cli, uint32_t id)
{
	char name[CLOCK_NAME_SIZE];

	if (scmi_clock_name(cli->agent, id, name))
		return output_render(value_number(id));
	return output_render(value_text(name));
}

static int put_parents(struct cli *cli, const struct clock *clock)
{
	uint32_t ids[PARENTS_MAX];
	struct scmi_clock_parents parents = { .clock_ids = ids, .space = PARENTS_MAX };
	char *names[PARENTS_MAX], *current;
	int error = scmi_clock_list_parents(cli->agent, clock->id, &parents);

	if (scmi_error_is_status(error))
		return 0;
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot list the parents", clock->name);
	if (clock->has_parent) {
		current = name_of(cli, clock->parent_id);
		out_field(cli->out, "parent", "parent", value_text(current));
		out_field(cli->out, "parent_id", NULL, value_number(clock->parent_id));
		free(current);
	}
	out_list_open(cli->out, "possible_parents");
	for (uint32_t i = 0; i < parents.count; i++) {
		names[i] = name_of(cli, ids[i]);
		out_open(cli->out, NULL, NULL);
		out_field(cli->out, "id", NULL, value_number(ids[i]));
		out_field(cli->out, "name", NULL, value_text(names[i]));
		out_close(cli->out);
	}
	out_list_close(cli->out);
	out_field(cli->out, NULL, "possible parents",
		  value_texts((const char *const *)names, parents.count));
	for (uint32_t i = 0; i < parents.count; i++)
		free(names[i]);
	return 0;
}

static void put_notifications(struct output *out, const struct clock *clock)
{
	const char *texts[2];
	size_t count = 0;

	if (clock->attributes.rate_change_notification)
		texts[count++] = "rate-changed";
	if (clock->attributes.rate_change_requested_notification)
		texts[count++] = "rate-change-requested";
	out_field(out, "notifications", "notifications", value_texts(texts, count));
}

int cli_clock_show(struct cli *cli)
{
	struct output *out = cli->out;
	struct value enabled;
	const char *texts[3];
	struct clock clock;
	int code = clock_find(cli, cli->arguments[0], &clock);

	if (!code)
		code = clock_details(cli, &clock);
	if (code)
		return code;
	out_open(out, NULL, NULL);
	out_field(out, "id", "id", value_number(clock.id));
	out_field(out, "name", "name", value_text(clock.name));
	enabled = state_of(&clock);
	out_field(out, NULL, "state", enabled);
	out_field(out, "enabled", NULL, value_flag(clock.attributes.enabled));
	out_field(out, "rate_hz", "rate",
		  clock.rate_error ? value_none() : value_rate(clock.rate_hz));
	code = put_rates_summary(cli, &clock);
	if (!code && clock.attributes.parent_advertised)
		code = put_parents(cli, &clock);
	if (code)
		return code;
	out_field(out, "may_change", "may change", clock_may_change(&clock, texts));
	put_notifications(out, &clock);
	if (clock.attributes.clock_enable_delay_us)
		out_field(out, "enable_delay_us", "enable delay, us",
			  value_number(clock.attributes.clock_enable_delay_us));
	code = clock_put_configs(cli, &clock);
	if (code)
		return code;
	out_close(out);
	return CLI_OK;
}

int cli_clock_get(struct cli *cli)
{
	struct clock clock;
	uint64_t rate_hz;
	int code = clock_find(cli, cli->arguments[0], &clock), error;

	if (code)
		return code;
	error = scmi_clock_rate_get(cli->agent, clock.id, &rate_hz);
	if (error)
		return cli_fail_call(cli, error, "clock %s: cannot get the rate", clock.name);
	out_open(cli->out, NULL, NULL);
	clock_put(cli->out, &clock);
	out_field(cli->out, "rate_hz", clock.name, value_rate(rate_hz));
	out_close(cli->out);
	return CLI_OK;
}
