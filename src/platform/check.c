/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is a board sound? What is wrong is said in a sentence; what passes here needs no check later. */
#include "state.h"

/* A sentence that grows in the caller's buffer, and is cut where that ends. */
struct sentence {
	char *text;
	size_t size;
	size_t length;
};

static void say(struct sentence *sentence, const char *words)
{
	for (; *words && sentence->length + 1 < sentence->size; words++)
		sentence->text[sentence->length++] = *words;
	if (sentence->size)
		sentence->text[sentence->length] = 0;
}

static void say_number(struct sentence *sentence, uint32_t number)
{
	char digits[11];
	size_t n = sizeof(digits);

	digits[--n] = 0;
	do {
		digits[--n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	say(sentence, digits + n);
}

/* "clock 'pll2_q': " */
static void say_name(struct sentence *sentence, const char *kind, const char *name)
{
	say(sentence, kind);
	say(sentence, " '");
	say(sentence, name);
	say(sentence, "': ");
}

static int wrong(struct sentence *sentence, const char *kind, const char *name, const char *what)
{
	if (name)
		say_name(sentence, kind, name);
	say(sentence, what);
	return -EINVAL;
}

static int wrong_index(struct sentence *sentence, const char *kind, const char *name,
		       const char *what, uint32_t index)
{
	say_name(sentence, kind, name);
	say(sentence, what);
	say(sentence, " ");
	say_number(sentence, index);
	return -EINVAL;
}

/* A name that is there and not longer than allowed. */
static int check_name(struct sentence *sentence, const char *kind, const char *name)
{
	if (!name || !name[0]) {
		say(sentence, kind[0] == 'a' ? "an " : "a ");
		say(sentence, kind);
		say(sentence, " has no name");
		return -EINVAL;
	}
	if (strlen(name) >= SCMI_NAME_SIZE)
		return wrong(sentence, kind, name, "the name is longer than 63 characters");
	return 0;
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static int check_rates(struct sentence *sentence, const struct scmi_board_clock *clock)
{
	const char *kind = "clock";
	bool range = clock->step_hz > 0;
	bool listed = false;

	if (clock->rate_count && range)
		return wrong(sentence, kind, clock->name, "it has a list of rates and a range");
	if (clock->rate_count > 0xffff)
		return wrong(sentence, kind, clock->name, "it has more than 65535 rates");
	for (uint32_t n = 0; n < clock->rate_count; n++) {
		if (n && clock->rates_hz[n] <= clock->rates_hz[n - 1])
			return wrong(sentence, kind, clock->name, "its rates do not ascend");
		listed = listed || clock->rates_hz[n] == clock->start_hz;
	}
	if (clock->rate_count && !listed)
		return wrong(sentence, kind, clock->name,
			     "its start rate is not in its list of rates");
	if (!range)
		return 0;
	if (clock->min_hz > clock->max_hz)
		return wrong(sentence, kind, clock->name, "the lowest rate is above the highest");
	if (clock->start_hz < clock->min_hz || clock->start_hz > clock->max_hz)
		return wrong(sentence, kind, clock->name, "its start rate is outside of its range");
	if (scmi_rate_step_down(clock->min_hz, clock->start_hz, clock->step_hz) != clock->start_hz)
		return wrong(sentence, kind, clock->name,
			     "its start rate is between two steps of its range");
	return 0;
}

static int check_parents(struct sentence *sentence, const struct scmi_board *board,
			 const struct scmi_board_clock *clock)
{
	const char *kind = "clock";

	if (clock->parent_count > 255)
		return wrong(sentence, kind, clock->name, "it has more than 255 parents");
	for (uint32_t n = 0; n < clock->parent_count; n++) {
		if (clock->parents[n] >= board->clock_count)
			return wrong_index(sentence, kind, clock->name,
					   "there is no clock for parent", n);
		for (uint32_t m = 0; m < n; m++) {
			if (clock->parents[m] == clock->parents[n])
				return wrong_index(sentence, kind, clock->name,
						   "an earlier one is the same clock as parent", n);
		}
	}
	if (clock->parent_count && clock->start_parent >= clock->parent_count)
		return wrong_index(sentence, kind, clock->name,
				   "it starts with a parent it has not:", clock->start_parent);
	return 0;
}

static int check_configs(struct sentence *sentence, const struct scmi_board_clock *clock)
{
	const char *kind = "clock";

	for (uint32_t n = 0; n < clock->config_count; n++) {
		const struct scmi_board_clock_config *config = &clock->configs[n];

		if (!config->type || (config->type > 2 && config->type < 0x80))
			return wrong_index(sentence, kind, clock->name,
					   "types are 1, 2 and 128 to 255, not", config->type);
		if (config->value < config->min || config->value > config->max)
			return wrong_index(
				sentence, kind, clock->name,
				"the start value is outside of the limits of configuration",
				config->type);
		for (uint32_t m = 0; m < n; m++) {
			if (clock->configs[m].type == config->type)
				return wrong_index(sentence, kind, clock->name,
						   "it has twice the configuration", config->type);
		}
	}
	return 0;
}

static int check_clock(struct sentence *sentence, const struct scmi_board *board, uint32_t index)
{
	const struct scmi_board_clock *clock = &board->clocks[index];
	int error;

	error = check_name(sentence, "clock", clock->name);
	for (uint32_t n = 0; n < index && !error; n++) {
		if (scmi_same_text(board->clocks[n].name, clock->name))
			error = wrong(sentence, "clock", clock->name, "another has the same name");
	}
	if (!error)
		error = check_rates(sentence, clock);
	if (!error)
		error = check_parents(sentence, board, clock);
	if (!error)
		error = check_configs(sentence, clock);
	if (!error && (clock->fault > 0 || clock->fault < -4095))
		error = wrong(sentence, "clock", clock->name, "the fault is not a status");
	if (!error && clock->set_latency_us > 3600u * 1000000u)
		error = wrong(sentence, "clock", clock->name,
			      "setting it takes longer than an hour");
	return error;
}

void scmi_board_say_cycle(const struct scmi_board *board, uint32_t clock, char *why,
			  size_t why_size)
{
	struct sentence sentence = {.text = why, .size = why ? why_size : 0};

	wrong(&sentence, "clock", board->clocks[clock].name,
	      "its possible parents lead back to itself");
}

/* ---- devices and agents ---------------------------------------------------------------------- */

static int check_device(struct sentence *sentence, const struct scmi_board *board, uint32_t index)
{
	const struct scmi_board_device *device = &board->devices[index];
	int error;

	error = check_name(sentence, "device", device->name);
	for (uint32_t n = 0; n < index && !error; n++) {
		if (scmi_same_text(board->devices[n].name, device->name))
			error = wrong(sentence, "device", device->name,
				      "another has the same name");
		else if (board->devices[n].id == device->id)
			error = wrong(sentence, "device", device->name, "another has the same id");
	}
	for (uint32_t n = 0; n < device->domain_count && !error; n++) {
		if (device->domains[n].protocol_id != scmi_platform_clock.id)
			error = wrong_index(sentence, "device", device->name,
					    "no domains exist in protocol",
					    device->domains[n].protocol_id);
		else if (device->domains[n].index >= board->clock_count)
			error = wrong_index(sentence, "device", device->name,
					    "there is no clock for domain", n);
	}
	return error;
}

static int check_views(struct sentence *sentence, const struct scmi_board *board,
		       const struct scmi_board_agent *agent,
		       const struct scmi_board_protocol *protocol)
{
	const struct scmi_board_view *views = protocol->views;

	for (uint32_t n = 0; n < protocol->view_count; n++) {
		if (views[n].index >= board->clock_count)
			return wrong_index(sentence, "agent", agent->name,
					   "its view has no clock for id", views[n].id);
		if (n && views[n].id <= views[n - 1].id)
			return wrong_index(sentence, "agent", agent->name,
					   "ids in its view do not ascend at id", views[n].id);
		/* PROTOCOL_ATTRIBUTES counts to 65535. */
		if (views[n].id >= 0xffff)
			return wrong_index(sentence, "agent", agent->name,
					   "ids in a view are below 65535, not", views[n].id);
		for (uint32_t m = 0; m < n; m++) {
			if (views[m].index == views[n].index)
				return wrong_index(
					sentence, "agent", agent->name,
					"its view has the clock already at another id than",
					views[n].id);
		}
	}
	return 0;
}

static int check_protocol(struct sentence *sentence, const struct scmi_board *board,
			  const struct scmi_board_agent *agent, uint32_t index)
{
	const struct scmi_board_protocol *protocol = &agent->protocols[index];
	const struct scmi_protocol *known = scmi_protocol_lookup(protocol->protocol_id);
	bool described;

	if (!known)
		return wrong_index(sentence, "agent", agent->name,
				   "this platform does not have protocol", protocol->protocol_id);
	for (uint32_t n = 0; n < index; n++) {
		if (agent->protocols[n].protocol_id == protocol->protocol_id)
			return wrong_index(sentence, "agent", agent->name,
					   "it has twice the protocol", protocol->protocol_id);
	}
	described = !protocol->version_max;
	for (uint32_t n = 0; n < known->version_count; n++)
		described = described || known->versions[n] == protocol->version_max;
	if (!described)
		return wrong_index(sentence, "agent", agent->name,
				   "its highest version is none that is known of protocol",
				   protocol->protocol_id);
	if (protocol->max_pending_async > 255)
		return wrong(sentence, "agent", agent->name,
			     "at most 255 asynchronous commands can be pending");
	if (known == &scmi_platform_base)
		return protocol->view_count ? wrong(sentence, "agent", agent->name,
						    "the base protocol has no domains")
					    : 0;
	return check_views(sentence, board, agent, protocol);
}

static int check_agent(struct sentence *sentence, const struct scmi_board *board, uint32_t index)
{
	const struct scmi_board_agent *agent = &board->agents[index];
	int error;

	error = check_name(sentence, "agent", agent->name);
	for (uint32_t n = 0; n < index && !error; n++) {
		if (scmi_same_text(board->agents[n].name, agent->name))
			error = wrong(sentence, "agent", agent->name, "another has the same name");
	}
	for (uint32_t n = 0; n < agent->protocol_count && !error; n++)
		error = check_protocol(sentence, board, agent, n);
	return error;
}

int scmi_board_check(const struct scmi_board *board, char *why, size_t why_size)
{
	struct sentence sentence = {.text = why, .size = why ? why_size : 0};
	int error = 0;

	if (!board->vendor || strlen(board->vendor) >= SCMI_SHORT_NAME_SIZE)
		return wrong(&sentence, NULL, NULL,
			     "a vendor's name of at most 15 characters is needed");
	if (board->sub_vendor && strlen(board->sub_vendor) >= SCMI_SHORT_NAME_SIZE)
		return wrong(&sentence, NULL, NULL,
			     "the sub-vendor's name has at most 15 characters");
	/* BASE PROTOCOL_ATTRIBUTES counts to 255. */
	if (board->agent_count > 255)
		return wrong(&sentence, NULL, NULL, "there are more than 255 agents");
	for (uint32_t n = 0; n < board->clock_count && !error; n++)
		error = check_clock(&sentence, board, n);
	for (uint32_t n = 0; n < board->device_count && !error; n++)
		error = check_device(&sentence, board, n);
	for (uint32_t n = 0; n < board->agent_count && !error; n++)
		error = check_agent(&sentence, board, n);
	return error;
}
