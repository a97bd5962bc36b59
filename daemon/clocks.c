/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 'clocks' of a board file. */
#include <scmi/message.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "quantity.h"

#define RATES_MAX	   65535u
#define PARENTS_MAX	   255u
#define FACTOR_MAX	   65535u
#define SET_LATENCY_MAX_US 3600000000u

enum {
	CLOCK_ID,
	CLOCK_RATE,
	CLOCK_RATES,
	CLOCK_RANGE,
	CLOCK_PARENTS,
	CLOCK_PARENT,
	CLOCK_MULTIPLY,
	CLOCK_DIVIDE,
	CLOCK_ENABLED,
	CLOCK_ALWAYS_ON,
	CLOCK_ENABLE_DELAY,
	CLOCK_SET_LATENCY,
	CLOCK_CONFIG,
	CLOCK_NOTIFICATIONS,
	CLOCK_FAULT,
	CLOCK_KEYS,
};

static const char *const clock_keys[CLOCK_KEYS] = {
	[CLOCK_ID] = "id",
	[CLOCK_RATE] = "rate",
	[CLOCK_RATES] = "rates",
	[CLOCK_RANGE] = "range",
	[CLOCK_PARENTS] = "parents",
	[CLOCK_PARENT] = "parent",
	[CLOCK_MULTIPLY] = "multiply",
	[CLOCK_DIVIDE] = "divide",
	[CLOCK_ENABLED] = "enabled",
	[CLOCK_ALWAYS_ON] = "always_on",
	[CLOCK_ENABLE_DELAY] = "enable_delay",
	[CLOCK_SET_LATENCY] = "set_latency",
	[CLOCK_CONFIG] = "config",
	[CLOCK_NOTIFICATIONS] = "notifications",
	[CLOCK_FAULT] = "fault",
};

static bool load_rates(struct scmid_load *load, const struct scmid_node *node,
		       struct scmi_board_clock *clock)
{
	uint64_t *rates_hz;
	bool fine = true;

	if (!scmid_list(load, node, "rates"))
		return false;
	if (node->count > RATES_MAX) {
		scmid_complain(load->report, node->at, "too many rates; at most %u are allowed",
			       RATES_MAX);
		return false;
	}
	rates_hz = scmid_arena_alloc(load->arena, node->count, sizeof(*rates_hz));
	for (uint32_t i = 0; i < node->count; i++) {
		if (!scmid_rate_hz(load, node->values[i], &rates_hz[i])) {
			fine = false;
		} else if (i && rates_hz[i] <= rates_hz[i - 1]) {
			scmid_complain(
				load->report, node->values[i]->at,
				"rates must ascend; this one is not above the one before it");
			fine = false;
		}
	}
	clock->rates_hz = rates_hz;
	clock->rate_count = node->count;
	return fine;
}

static bool load_range(struct scmid_load *load, const struct scmid_node *node,
		       struct scmi_board_clock *clock)
{
	static const char *const keys[] = {"min", "max", "step"};
	uint64_t *const into[] = {&clock->min_hz, &clock->max_hz, &clock->step_hz};
	const struct scmid_node *found[3];
	bool fine = true;

	if (!scmid_fields(load, node, "a range", keys, 3, found))
		return false;
	for (uint32_t i = 0; i < 3; i++) {
		if (!found[i]) {
			scmid_complain(load->report, node->at,
				       "a range needs '%s'; its keys: min, max, step", keys[i]);
			fine = false;
		} else if (!scmid_rate_hz(load, found[i], into[i])) {
			fine = false;
		}
	}
	if (!fine)
		return false;
	if (clock->max_hz < clock->min_hz) {
		scmid_complain(load->report, found[1]->at, "the range's max is below its min");
		return false;
	}
	if ((clock->max_hz - clock->min_hz) % clock->step_hz) {
		scmid_complain(load->report, found[1]->at,
			       "the range's max is not reached from its min in whole steps");
		return false;
	}
	return true;
}

static bool has_rate(const struct scmi_board_clock *clock, uint64_t rate_hz)
{
	if (!clock->rate_count)
		return rate_hz >= clock->min_hz && rate_hz <= clock->max_hz &&
		       (rate_hz - clock->min_hz) % clock->step_hz == 0;
	for (uint32_t i = 0; i < clock->rate_count; i++) {
		if (clock->rates_hz[i] == rate_hz)
			return true;
	}
	return false;
}

/*
 * Which rates the clock has, and with which it starts. `name` for the complaint that it has none;
 * NULL: no such complaint.
 */
static void load_rate(struct scmid_load *load, const struct scmid_node *name,
		      const struct scmid_node *const *found, struct scmi_board_clock *clock)
{
	const struct scmid_node *rate = found[CLOCK_RATE];
	bool own = found[CLOCK_RATES] || found[CLOCK_RANGE];

	if (found[CLOCK_RATES] && found[CLOCK_RANGE]) {
		scmid_complain(load->report, found[CLOCK_RANGE]->at,
			       "a clock has 'rates' or a 'range', not both");
		return;
	}
	if (found[CLOCK_RATES] && !load_rates(load, found[CLOCK_RATES], clock))
		return;
	if (found[CLOCK_RANGE] && !load_range(load, found[CLOCK_RANGE], clock))
		return;
	if (own)
		clock->start_hz = clock->rate_count ? clock->rates_hz[0] : clock->min_hz;
	if (own && (found[CLOCK_MULTIPLY] || found[CLOCK_DIVIDE]))
		scmid_complain(load->report,
			       found[CLOCK_MULTIPLY] ? found[CLOCK_MULTIPLY]->at
						     : found[CLOCK_DIVIDE]->at,
			       "a clock with rates of its own does not follow its parent: no "
			       "multiply or divide");
	if (!rate) {
		if (name && !own && !found[CLOCK_PARENTS])
			scmid_complain(
				load->report, name->at,
				"clock '%.64s' needs a 'rate', 'rates', a 'range' or 'parents'",
				name->text);
		return;
	}
	if (!own && found[CLOCK_PARENTS])
		scmid_complain(load->report, rate->at,
			       "this clock follows its parent, so its rate cannot be set here; "
			       "use multiply and divide, or give it 'rates' or a 'range'");
	else if (scmid_rate_hz(load, rate, &clock->start_hz) && own &&
		 !has_rate(clock, clock->start_hz))
		scmid_complain(load->report, rate->at,
			       "the rate at start is not one of the clock's %s",
			       found[CLOCK_RATES] ? "'rates'" : "'range'");
}

static void load_parents(struct scmid_load *load, const struct scmid_node *const *found,
			 struct scmi_board_clock *clock)
{
	uint32_t *parents, start;

	if (!found[CLOCK_PARENTS]) {
		for (uint32_t key = CLOCK_PARENT; key <= CLOCK_DIVIDE; key++) {
			if (found[key])
				scmid_complain(load->report, found[key]->at, "'%s' needs 'parents'",
					       clock_keys[key]);
		}
		return;
	}
	if (found[CLOCK_MULTIPLY])
		scmid_u32(load, found[CLOCK_MULTIPLY], "a factor", 1, FACTOR_MAX, &clock->multiply);
	if (found[CLOCK_DIVIDE])
		scmid_u32(load, found[CLOCK_DIVIDE], "a divisor", 1, FACTOR_MAX, &clock->divide);
	if (!scmid_references(load, found[CLOCK_PARENTS], "clock", load->clocks, &parents,
			      &clock->parent_count))
		return;
	if (clock->parent_count > PARENTS_MAX) {
		scmid_complain(load->report, found[CLOCK_PARENTS]->at,
			       "too many parents; at most %u are allowed", PARENTS_MAX);
		return;
	}
	clock->parents = parents;
	if (!found[CLOCK_PARENT] ||
	    !scmid_reference(load, found[CLOCK_PARENT], "clock", load->clocks, &start))
		return;
	while (clock->start_parent < clock->parent_count && parents[clock->start_parent] != start)
		clock->start_parent++;
	if (clock->start_parent == clock->parent_count)
		scmid_complain(load->report, found[CLOCK_PARENT]->at,
			       "the parent at start is not one of the clock's 'parents'");
}

static bool config_type(struct scmid_load *load, const struct scmid_node *key,
			struct scmi_board_clock_config *config)
{
	uint64_t number;

	if (!strcmp(key->text, "duty_cycle")) {
		*config = (struct scmi_board_clock_config){.type = 1, .value = 50, .max = 100};
	} else if (!strcmp(key->text, "phase")) {
		*config = (struct scmi_board_clock_config){.type = 2, .max = 359};
	} else if (scmid_number_parse(key->text, &number) && number >= 0x80 && number <= 0xff) {
		*config = (struct scmi_board_clock_config){.type = (uint8_t)number,
							   .max = UINT32_MAX};
	} else {
		scmid_complain(
			load->report, key->at,
			"unknown configuration '%.40s'; allowed: duty_cycle (percent), phase "
			"(degrees), 0x80 to 0xff (the board's own)",
			key->text);
		return false;
	}
	return true;
}

static void load_config(struct scmid_load *load, const struct scmid_node *key,
			const struct scmid_node *node, struct scmi_board_clock_config *config)
{
	enum { VALUE, MIN, MAX, KEYS };
	static const char *const keys[KEYS] = {"value", "min", "max"};
	const struct scmid_node *found[KEYS];
	uint32_t *const into[KEYS] = {&config->value, &config->min, &config->max};
	uint32_t limit;
	bool fine = true;

	if (!config_type(load, key, config) ||
	    !scmid_fields(load, node, "a configuration", keys, KEYS, found))
		return;
	limit = config->max;
	for (uint32_t i = 0; i < KEYS; i++) {
		if (found[i])
			fine &= scmid_u32(load, found[i], "a configuration value", 0, limit,
					  into[i]);
	}
	if (!fine)
		return;
	if (config->min > config->max)
		scmid_complain(load->report, node->at, "the configuration's min is above its max");
	else if (config->value < config->min || config->value > config->max)
		scmid_complain(load->report, found[VALUE] ? found[VALUE]->at : node->at,
			       "the value at start is %u, which is outside min %u and max %u",
			       config->value, config->min, config->max);
}

static void load_configs(struct scmid_load *load, const struct scmid_node *node,
			 struct scmi_board_clock *clock)
{
	struct scmi_board_clock_config *configs;

	if (!scmid_map(load, node, "configurations, such as duty_cycle: {value: 50}"))
		return;
	configs = scmid_arena_alloc(load->arena, node->count, sizeof(*configs));
	for (uint32_t i = 0; i < node->count; i++) {
		load_config(load, node->keys[i], node->values[i], &configs[i]);
		/*
		 * 128 and 0x80 are different words for one type. At most 130 of them can be right.
		 */
		for (uint32_t j = 0; configs[i].type && j < i && j < UINT8_MAX; j++) {
			if (configs[j].type == configs[i].type)
				scmid_complain(load->report, node->keys[i]->at,
					       "this configuration was given in line %u",
					       node->keys[j]->at.line);
		}
	}
	clock->configs = configs;
	clock->config_count = node->count;
}

static void load_notifications(struct scmid_load *load, const struct scmid_node *node,
			       struct scmi_board_clock *clock)
{
	static const char *const words[] = {"rate_changed", "rate_change_requested"};
	uint32_t choice;

	if (node->kind != SCMID_LIST) {
		scmid_list(load, node, "notifications: rate_changed, rate_change_requested");
		return;
	}
	clock->no_rate_changed = true;
	clock->no_rate_requested = true;
	for (uint32_t i = 0; i < node->count; i++) {
		if (!scmid_choice(load, node->values[i], "a notification", words, 2, &choice))
			continue;
		if (choice)
			clock->no_rate_requested = false;
		else
			clock->no_rate_changed = false;
	}
}

static void load_fault(struct scmid_load *load, const struct scmid_node *node,
		       struct scmi_board_clock *clock)
{
	static const char *const words[] = {
		"hardware_error", "generic_error", "comms_error", "busy", "denied", "out_of_range",
	};
	static const int32_t statuses[] = {
		SCMI_HARDWARE_ERROR, SCMI_GENERIC_ERROR, SCMI_COMMS_ERROR,
		SCMI_BUSY, SCMI_DENIED, SCMI_OUT_OF_RANGE,
	};
	uint32_t choice;

	if (scmid_choice(load, node, "a fault", words, sizeof(words) / sizeof(words[0]), &choice))
		clock->fault = statuses[choice];
}

static void load_clock(struct scmid_load *load, uint32_t index, struct scmi_board_clock *clock)
{
	const struct scmid_node *name = load->clocks->keys[index];
	const struct scmid_node *found[CLOCK_KEYS];
	uint32_t *id = &load->out->clock_ids[index];
	enum scmid_fields fields;
	uint64_t time_us;

	*id = SCMID_ID_WRONG;
	scmid_word(load, name, "the name of a clock", SCMI_NAME_SIZE - 1, &clock->name);
	fields = scmid_fields(load, load->clocks->values[index], "a clock", clock_keys, CLOCK_KEYS,
			      found);
	if (!fields)
		return;
	if (found[CLOCK_ID])
		scmid_u32(load, found[CLOCK_ID], "a clock's id", 0, SCMID_CLOCKS_MAX - 1, id);
	else if (fields == SCMID_FIELDS_KNOWN)
		*id = SCMI_NONE;
	load_rate(load, fields == SCMID_FIELDS_KNOWN ? name : NULL, found, clock);
	load_parents(load, found, clock);
	if (found[CLOCK_ENABLED])
		scmid_bool(load, found[CLOCK_ENABLED], &clock->enabled);
	if (found[CLOCK_ALWAYS_ON])
		scmid_bool(load, found[CLOCK_ALWAYS_ON], &clock->always_on);
	if (found[CLOCK_ENABLED] && clock->always_on && !clock->enabled)
		scmid_complain(load->report, found[CLOCK_ENABLED]->at,
			       "a clock that is always on is enabled at start");
	clock->enabled |= clock->always_on;
	if (found[CLOCK_ENABLE_DELAY] &&
	    scmid_time_us(load, found[CLOCK_ENABLE_DELAY], SET_LATENCY_MAX_US, &time_us))
		clock->enable_delay_us = (uint32_t)time_us;
	if (found[CLOCK_SET_LATENCY])
		scmid_time_us(load, found[CLOCK_SET_LATENCY], SET_LATENCY_MAX_US,
			      &clock->set_latency_us);
	if (found[CLOCK_CONFIG])
		load_configs(load, found[CLOCK_CONFIG], clock);
	if (found[CLOCK_NOTIFICATIONS])
		load_notifications(load, found[CLOCK_NOTIFICATIONS], clock);
	if (found[CLOCK_FAULT])
		load_fault(load, found[CLOCK_FAULT], clock);
}

/* Two clocks with one id, found by a table of whose each id is. */
static void check_ids(struct scmid_load *load)
{
	const uint32_t *ids = load->out->clock_ids;
	uint32_t *owner = scmid_calloc(SCMID_CLOCKS_MAX, sizeof(*owner));

	for (uint32_t i = 0; i < load->clocks->count; i++) {
		const struct scmid_node *clock = load->clocks->values[i];

		if (ids[i] >= SCMID_CLOCKS_MAX)
			continue;
		if (owner[ids[i]])
			scmid_complain(load->report, clock->values[scmid_map_find(clock, "id")]->at,
				       "id %u is that of clock '%.64s' in line %u already", ids[i],
				       load->clocks->keys[owner[ids[i]] - 1]->text,
				       load->clocks->keys[owner[ids[i]] - 1]->at.line);
		else
			owner[ids[i]] = i + 1;
	}
	free(owner);
}

/*
 * No clock may be its own ancestor, whichever parents are chosen: a walk over the graph of possible
 * parents, with a stack of its own as the depth is the file's to choose.
 */
static void check_cycles(struct scmid_load *load)
{
	enum { NEW, OPEN, DONE };
	const struct scmi_board *board = &load->out->scmi;
	uint32_t *stack = scmid_calloc(board->clock_count, sizeof(*stack));
	uint32_t *next = scmid_calloc(board->clock_count, sizeof(*next));
	uint8_t *state = scmid_calloc(board->clock_count, 1);

	for (uint32_t root = 0; root < board->clock_count; root++) {
		uint32_t depth = 0;

		if (state[root] == NEW)
			stack[depth++] = root;
		state[root] = state[root] == NEW ? OPEN : state[root];
		while (depth) {
			uint32_t at = stack[depth - 1], parent;

			if (next[at] == board->clocks[at].parent_count ||
			    !board->clocks[at].parents) {
				state[at] = DONE;
				depth--;
				continue;
			}
			parent = board->clocks[at].parents[next[at]++];
			if (state[parent] == NEW) {
				state[parent] = OPEN;
				stack[depth++] = parent;
			} else if (state[parent] == OPEN) {
				const struct scmid_node *map = load->clocks->values[at];
				const struct scmid_node *list =
					map->values[scmid_map_find(map, "parents")];

				scmid_complain(load->report, list->values[next[at] - 1]->at,
					       "'%.64s' cannot be a parent of '%.64s': it is fed "
					       "by it itself",
					       load->clocks->keys[parent]->text,
					       load->clocks->keys[at]->text);
			}
		}
	}
	free(stack);
	free(next);
	free(state);
}

void scmid_load_clocks(struct scmid_load *load, const struct scmid_node *node)
{
	struct scmi_board_clock *clocks;

	if (node->count > SCMID_CLOCKS_MAX) {
		scmid_complain(load->report, node->at, "too many clocks; at most %u are allowed",
			       SCMID_CLOCKS_MAX);
		load->clocks = NULL;
		return;
	}
	clocks = scmid_arena_alloc(load->arena, node->count, sizeof(*clocks));
	load->out->clock_ids = scmid_arena_alloc(load->arena, node->count, sizeof(uint32_t));
	load->out->scmi.clocks = clocks;
	load->out->scmi.clock_count = node->count;
	for (uint32_t i = 0; i < node->count; i++)
		load_clock(load, i, &clocks[i]);
	check_ids(load);
	check_cycles(load);
}
