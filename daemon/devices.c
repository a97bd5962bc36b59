/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The 'devices' of a board file: named sets of clocks, for the base protocol's permission messages.
 */
#include <scmi/wire/clock.h>
#include <stdlib.h>

#include "load.h"

static void load_device(struct scmid_load *load, const struct scmid_node *name,
			const struct scmid_node *node, struct scmi_board_device *device)
{
	enum { ID, CLOCKS, KEYS };
	static const char *const keys[KEYS] = {"id", "clocks"};
	const struct scmid_node *found[KEYS];
	struct scmi_board_domain *domains;
	enum scmid_fields fields;
	uint32_t *clocks;

	device->id = SCMI_NONE;
	scmid_word(load, name, "the name of a device", SCMI_NAME_SIZE - 1, &device->name);
	fields = scmid_fields(load, node, "a device", keys, KEYS, found);
	if (!fields)
		return;
	if (found[ID])
		scmid_u32(load, found[ID], "a device's id", 0, SCMID_DEVICES_MAX - 1, &device->id);
	else if (fields == SCMID_FIELDS_KNOWN)
		scmid_complain(load->report, name->at,
			       "device '%.64s' needs an 'id', by which agents name it", name->text);
	if (!found[CLOCKS]) {
		if (fields == SCMID_FIELDS_UNKNOWN)
			return;
		scmid_complain(load->report, name->at,
			       "device '%.64s' needs 'clocks', a list of its clocks", name->text);
		return;
	}
	if (!scmid_references(load, found[CLOCKS], "clock", load->clocks, &clocks,
			      &device->domain_count))
		return;
	domains = scmid_arena_alloc(load->arena, device->domain_count, sizeof(*domains));
	for (uint32_t i = 0; i < device->domain_count; i++)
		domains[i] = (struct scmi_board_domain){
			.protocol_id = SCMI_CLOCK_PROTOCOL,
			.index = clocks[i],
		};
	device->domains = domains;
}

void scmid_load_devices(struct scmid_load *load, const struct scmid_node *node)
{
	struct scmi_board_device *devices;
	uint32_t *owner;

	if (node->count > SCMID_DEVICES_MAX) {
		scmid_complain(load->report, node->at, "too many devices; at most %u are allowed",
			       SCMID_DEVICES_MAX);
		return;
	}
	devices = scmid_arena_alloc(load->arena, node->count, sizeof(*devices));
	owner = scmid_calloc(SCMID_DEVICES_MAX, sizeof(*owner));
	for (uint32_t i = 0; i < node->count; i++) {
		uint32_t id;

		load_device(load, node->keys[i], node->values[i], &devices[i]);
		id = devices[i].id;
		if (id == SCMI_NONE)
			continue;
		if (owner[id])
			scmid_complain(
				load->report,
				node->values[i]->values[scmid_map_find(node->values[i], "id")]->at,
				"id %u is that of device '%.64s' in line %u already", id,
				node->keys[owner[id] - 1]->text,
				node->keys[owner[id] - 1]->at.line);
		else
			owner[id] = i + 1;
	}
	free(owner);
	load->out->scmi.devices = devices;
	load->out->scmi.device_count = node->count;
}
