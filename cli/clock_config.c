// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi clock config: a clock's state and extended configurations. */
#include "clocks.h"
#include "number.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

static const struct {
	const char *name;
	const char *unit;
	uint8_t type;
} config_types[] = {
	{ "duty-cycle", "percent", SCMI_CLOCK_DUTY_CYCLE },
	{ "phase", "degrees", SCMI_CLOCK_PHASE },
};

#define CONFIG_TYPES (sizeof(config_types) / sizeof(config_types[0]))

/* Either case, and _ for - as in board files. */
static bool is_called(const char *text, const char *name)
{
	for (; *text && *name; text++, name++)
		if (tolower((unsigned char)*text) != *name && !(*text == '_' && *name == '-'))
			return false;
	return *text == *name;
}

static int parse_type(struct cli *cli, const char *text, uint8_t *type)
{
	uint64_t number;

	for (size_t i = 0; i < CONFIG_TYPES; i++) {
		if (is_called(text, config_types[i].name)) {
			*type = config_types[i].type;
			return 0;
		}
	}
	if (!cli_parse_number(text, 0xff, &number) && number) {
		*type = (uint8_t)number;
		return 0;
	}
	cli_fail_usage(cli, "'%s' is not a type of configuration", text);
	return cli_hint(
		cli,
		"there are duty-cycle (percent), phase (degrees), and 0x80 to 0xff, the vendor's");
}

static void put_config(struct output *out, uint8_t type, uint32_t value)
{
	const char *name = NULL, *unit = "";
	char number[8], line[64];

	for (size_t i = 0; i < CONFIG_TYPES; i++) {
		if (config_types[i].type == type) {
			name = config_types[i].name;
			unit = config_types[i].unit;
		}
	}
	snprintf(number, sizeof(number), "0x%02x", type);
	snprintf(line, sizeof(line), "%" PRIu32 "%s%s", value, name ? " " : "", unit);
	out_open(out, NULL, NULL);
	out_field(out, "type", NULL, value_number(type));
	out_field(out, "name", NULL, name ? value_text(name) : value_none());
	out_field(out, "value", NULL, value_number(value));
	out_field(out, NULL, name ? name : number, value_text(line));
	out_close(out);
}

int clock_put_configs(struct cli *cli, const struct clock *clock)
{
	uint32_t value;
	int error;

	out_list_open(cli->out, "configurations");
	for (size_t i = 0; i < CONFIG_TYPES && clock->attributes.extended_config; i++) {
		error = scmi_clock_config_get(cli->agent, clock->id, config_types[i].type, NULL,
					      &value);
		if (!error)
			put_config(cli->out, config_types[i].type, value);
		else if (!scmi_error_is_status(error))
			return cli_fail_call(cli, error, "clock %s: cannot get the configuration",
					     clock->name);
	}
	out_list_close(cli->out);
	return 0;
}

static int change_config(struct cli *cli, const struct clock *clock, uint8_t type)
{
	uint64_t value;
	int error;

	if (cli_parse_number(cli->arguments[2], UINT32_MAX, &value))
		return cli_fail_usage(cli, "'%s' is not a 32-bit number", cli->arguments[2]);
	error = scmi_clock_config_set(cli->agent, clock->id, SCMI_CLOCK_UNCHANGED, type,
				      (uint32_t)value);
	if (!error)
		return 0;
	cli_fail_call(cli, error, "clock %s: cannot set %s to %s", clock->name, cli->arguments[1],
		      cli->arguments[2]);
	if (error == scmi_error_from_status(SCMI_INVALID_PARAMETERS))
		cli_hint(cli, "the clock does not have this configuration, or not with this value");
	return cli->failure.exit_code;
}

int cli_clock_config(struct cli *cli)
{
	uint8_t type = SCMI_CLOCK_NO_CONFIG;
	uint32_t value = 0;
	struct clock clock;
	bool enabled;
	int code = 0, error;

	if (cli->argument_count > 1)
		code = parse_type(cli, cli->arguments[1], &type);
	if (!code)
		code = clock_find(cli, cli->arguments[0], &clock);
	if (!code && cli->argument_count > 2)
		code = change_config(cli, &clock, type);
	if (code)
		return code;
	error = scmi_clock_config_get(cli->agent, clock.id, type, &enabled, &value);
	if (error) {
		cli_fail_call(cli, error, "clock %s: cannot get the configuration", clock.name);
		if (error == scmi_error_from_status(SCMI_INVALID_PARAMETERS))
			cli_hint(cli, "'scmi clock config %s' shows those it has", clock.name);
		return cli->failure.exit_code;
	}
	out_open(cli->out, NULL, NULL);
	clock_put(cli->out, &clock);
	out_field(cli->out, "enabled", NULL, value_flag(enabled));
	out_field(cli->out, NULL, "state", value_text(enabled ? "enabled" : "disabled"));
	if (type) {
		out_list_open(cli->out, "configurations");
		put_config(cli->out, type, value);
		out_list_close(cli->out);
	} else {
		code = clock_put_configs(cli, &clock);
		if (code)
			return code;
		if (!clock.attributes.extended_config)
			out_say(cli->out, "no extended configurations");
	}
	out_close(cli->out);
	return CLI_OK;
}
