/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an agent sees: the versions of its protocols, and which clocks under which ids with which
 * permissions.
 */
#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>
#include <stdlib.h>
#include <string.h>
#include <wire/names.h>

#include "load.h"

#define PENDING_ASYNC_DEFAULT 4u

enum { VIEW_IDS, VIEW_ONLY, VIEW_HIDE, VIEW_DENY, VIEW_KEYS };

static const char *const view_keys[VIEW_KEYS] = {
	[VIEW_IDS] = "ids",
	[VIEW_ONLY] = "only",
	[VIEW_HIDE] = "hide",
	[VIEW_DENY] = "deny",
};

/* A view as it is made. */
struct making {
	struct scmi_board_view *views;
	uint32_t count;
};

/* ---- versions -------------------------------------------------------------------------------- */

static uint32_t load_version(struct scmid_load *load, const struct scmid_node *node,
			     uint32_t protocol_id)
{
	const uint32_t *versions;
	char allowed[128], buffer[64];
	size_t count, used = 0;

	versions = scmi_protocol_versions(protocol_id, &count);
	for (size_t i = 0; i < count; i++) {
		char version[16];

		snprintf(version, sizeof(version), "%u.%u", versions[i] >> 16,
			 versions[i] & 0xffff);
		if (node->kind == SCMID_SCALAR && !strcmp(node->text, version))
			return versions[i];
		if (used < sizeof(allowed))
			used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s\"%s\"",
						 i ? ", " : "", version);
	}
	scmid_complain(load->report, node->at,
		       "%s is not a version of the %s protocol; allowed: %s",
		       scmid_describe(node, buffer, sizeof(buffer)),
		       scmi_protocol_name(protocol_id), allowed);
	return 0;
}

static void load_versions(struct scmid_load *load, const struct scmid_node *node,
			  struct scmi_board_protocol *base, struct scmi_board_protocol *clock,
			  bool has_clock)
{
	enum { BASE, CLOCK, KEYS };
	static const char *const keys[KEYS] = {"base", "clock"};
	const struct scmid_node *found[KEYS];

	if (!scmid_fields(load, node, "the versions", keys, KEYS, found))
		return;
	if (found[BASE])
		base->version_max = load_version(load, found[BASE], SCMI_BASE_PROTOCOL);
	if (found[CLOCK])
		clock->version_max = load_version(load, found[CLOCK], SCMI_CLOCK_PROTOCOL);
	if (found[CLOCK] && !has_clock)
		scmid_complain(
			load->report, found[CLOCK]->at,
			"this agent has no 'clocks', so it is not served the clock protocol");
}

/* ---- which clocks ---------------------------------------------------------------------------- */

static void see(struct making *making, uint32_t index, uint32_t id)
{
	making->views[making->count++] = (struct scmi_board_view){
		.id = id,
		.index = index,
		.allow = SCMI_ALLOW_ALL,
	};
}

/* All, or those in `only` in its order, or all but those in `hide`; the id is filled in later. */
static bool choose_clocks(struct scmid_load *load, const struct scmid_node *only,
			  const struct scmid_node *hide, struct making *making)
{
	uint32_t *named, count;
	bool *hidden;

	if (only) {
		if (!scmid_references(load, only, "clock", load->clocks, &named, &count))
			return false;
		for (uint32_t i = 0; i < count; i++)
			see(making, named[i], SCMI_NONE);
		return true;
	}
	hidden = scmid_calloc(load->clocks->count, sizeof(*hidden));
	if (hide) {
		if (!scmid_references(load, hide, "clock", load->clocks, &named, &count)) {
			free(hidden);
			return false;
		}
		for (uint32_t i = 0; i < count; i++)
			hidden[named[i]] = true;
	}
	for (uint32_t i = 0; i < load->clocks->count; i++) {
		if (!hidden[i])
			see(making, i, SCMI_NONE);
	}
	free(hidden);
	return true;
}

/* ids: {clock: id, …} says both which clocks and under which ids. */
static bool pin_clocks(struct scmid_load *load, const struct scmid_node *ids, struct making *making)
{
	bool fine = scmid_map(load, ids, "ids by names of clocks");

	for (uint32_t i = 0; fine && i < ids->count; i++) {
		uint32_t index, id;

		if (!scmid_reference(load, ids->keys[i], "clock", load->clocks, &index) ||
		    !scmid_u32(load, ids->values[i], "a clock's id", 0, SCMID_CLOCKS_MAX - 1, &id))
			fine = false;
		else
			see(making, index, id);
	}
	return fine;
}

/* The board's own ids, which every clock then must have; of wrong ones was complained before. */
static bool board_ids(struct scmid_load *load, const struct scmid_node *agent,
		      struct making *making)
{
	bool fine = true;

	for (uint32_t i = 0; i < making->count; i++) {
		const struct scmid_node *clock = load->clocks->keys[making->views[i].index];

		making->views[i].id = load->out->clock_ids[making->views[i].index];
		if (making->views[i].id != SCMI_NONE)
			continue;
		scmid_complain(
			load->report, clock->at,
			"clock '%.64s' needs an 'id': agent '%.40s' sees it under the board's ids "
			"(or hide it there, or give the agent 'ids: dense')",
			clock->text, agent->text);
		fine = false;
	}
	return fine;
}

static int by_id(const void *left, const void *right)
{
	const struct scmi_board_view *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static bool sort_by_id(struct scmid_load *load, const struct scmid_node *ids, struct making *making)
{
	qsort(making->views, making->count, sizeof(making->views[0]), by_id);
	for (uint32_t i = 1; ids && i < making->count; i++) {
		const struct scmi_board_view *a = &making->views[i - 1], *b = &making->views[i];

		if (a->id != b->id)
			continue;
		scmid_complain(load->report, ids->at,
			       "clocks '%.64s' and '%.64s' have the same id, %u",
			       load->clocks->keys[a->index]->text,
			       load->clocks->keys[b->index]->text, a->id);
		return false;
	}
	return true;
}

/* ---- permissions ----------------------------------------------------------------------------- */

/* A list of state, rate and parent, or "all". */
static uint32_t load_denial(struct scmid_load *load, const struct scmid_node *node)
{
	static const char *const words[] = {"state", "rate", "parent"};
	static const uint32_t bits[] = {SCMI_ALLOW_STATE, SCMI_ALLOW_RATE, SCMI_ALLOW_PARENT};
	uint32_t denied = 0, choice;

	if (node->kind == SCMID_SCALAR && !strcmp(node->text, "all"))
		return SCMI_ALLOW_ALL;
	if (!scmid_list(load, node, "what is denied (state, rate, parent), or 'all'"))
		return 0;
	for (uint32_t i = 0; i < node->count; i++) {
		if (scmid_choice(load, node->values[i], "what is denied", words, 3, &choice))
			denied |= bits[choice];
	}
	return denied;
}

/* {clock: [rate], …}, or for all clocks at once: "all" or [rate]. */
static void load_deny(struct scmid_load *load, const struct scmid_node *agent,
		      const struct scmid_node *node, struct making *making)
{
	uint32_t *place, denied;

	if (node->kind != SCMID_MAP) {
		denied = load_denial(load, node);
		for (uint32_t i = 0; i < making->count; i++)
			making->views[i].allow &= ~denied;
		return;
	}
	place = scmid_calloc(load->clocks->count, sizeof(*place));
	for (uint32_t i = 0; i < making->count; i++)
		place[making->views[i].index] = i + 1;
	for (uint32_t i = 0; i < node->count; i++) {
		uint32_t index;

		denied = load_denial(load, node->values[i]);
		if (!scmid_reference(load, node->keys[i], "clock", load->clocks, &index))
			continue;
		if (place[index])
			making->views[place[index] - 1].allow &= ~denied;
		else
			scmid_complain(load->report, node->keys[i]->at,
				       "agent '%.40s' does not see clock '%.64s', so there is "
				       "nothing to deny",
				       agent->text, node->keys[i]->text);
	}
	free(place);
}

/* ---- the whole view -------------------------------------------------------------------------- */

static bool is_word(const struct scmid_node *node, const char *word)
{
	return node && node->kind == SCMID_SCALAR && !strcmp(node->text, word);
}

static void load_clock_view(struct scmid_load *load, const struct scmid_node *agent,
			    const struct scmid_node *node, struct scmi_board_protocol *protocol)
{
	static const char *const kinds[] = {"board", "dense"};
	const struct scmid_node *found[VIEW_KEYS] = {NULL}, *ids;
	struct making making = {NULL, 0};
	uint32_t kind = 0;
	bool fine;

	if (!load->clocks) {
		scmid_complain(load->report, node->at, "this board has no clocks to see");
		return;
	}
	if (!is_word(node, "all") &&
	    !scmid_fields(load, node, "a view of clocks (or 'all')", view_keys, VIEW_KEYS, found))
		return;
	ids = found[VIEW_IDS];
	making.views = scmid_arena_alloc(load->arena, load->clocks->count, sizeof(making.views[0]));
	if (found[VIEW_ONLY] && found[VIEW_HIDE]) {
		scmid_complain(load->report, found[VIEW_HIDE]->at,
			       "a view has 'only' or 'hide', not both");
		return;
	}
	if (ids && ids->kind == SCMID_MAP) {
		if (found[VIEW_ONLY] || found[VIEW_HIDE])
			scmid_complain(load->report, ids->at,
				       "'ids' with a mapping names all clocks of the view: no "
				       "'only', no 'hide'");
		fine = pin_clocks(load, ids, &making) && sort_by_id(load, ids, &making);
	} else {
		if (ids && !scmid_choice(load, ids, "ids (or a mapping)", kinds, 2, &kind))
			return;
		fine = choose_clocks(load, found[VIEW_ONLY], found[VIEW_HIDE], &making);
		if (kind == 0)
			fine = fine && board_ids(load, agent, &making) &&
			       sort_by_id(load, NULL, &making);
		for (uint32_t i = 0; kind == 1 && i < making.count; i++)
			making.views[i].id = i;
	}
	if (fine && found[VIEW_DENY])
		load_deny(load, agent, found[VIEW_DENY], &making);
	protocol->views = making.views;
	protocol->view_count = making.count;
}

void scmid_load_views(struct scmid_load *load, const struct scmid_node *name,
		      const struct scmid_agent_parts *parts, struct scmi_board_agent *agent)
{
	struct scmi_board_protocol *protocols =
		scmid_arena_alloc(load->arena, 2, sizeof(*protocols));
	struct scmi_board_protocol *base = &protocols[0], *clock = &protocols[1];

	base->protocol_id = SCMI_BASE_PROTOCOL;
	clock->protocol_id = SCMI_CLOCK_PROTOCOL;
	clock->max_pending_async = PENDING_ASYNC_DEFAULT;
	if (parts->clocks)
		load_clock_view(load, name, parts->clocks, clock);
	if (parts->versions)
		load_versions(load, parts->versions, base, clock, parts->clocks);
	if (parts->max_pending_async)
		scmid_u32(load, parts->max_pending_async, "a number of pending commands", 0,
			  UINT8_MAX, &clock->max_pending_async);
	agent->protocols = protocols;
	agent->protocol_count = parts->clocks ? 2 : 1;
}
