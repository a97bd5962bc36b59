/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { BOARD_PLATFORM, BOARD_CLOCKS, BOARD_DEVICES, BOARD_AGENTS, BOARD_KEYS };

static const char *const board_keys[BOARD_KEYS] = {
	[BOARD_PLATFORM] = "platform",
	[BOARD_CLOCKS] = "clocks",
	[BOARD_DEVICES] = "devices",
	[BOARD_AGENTS] = "agents",
};

enum { PLATFORM_VENDOR, PLATFORM_SUB_VENDOR, PLATFORM_IMPLEMENTATION_VERSION, PLATFORM_KEYS };

static const char *const platform_keys[PLATFORM_KEYS] = {
	[PLATFORM_VENDOR] = "vendor",
	[PLATFORM_SUB_VENDOR] = "sub_vendor",
	[PLATFORM_IMPLEMENTATION_VERSION] = "implementation_version",
};

void scmid_load_platform(struct scmid_load *load, const struct scmid_node *node)
{
	const struct scmid_node *found[PLATFORM_KEYS];
	struct scmi_board *board = &load->out->scmi;
	enum scmid_fields fields;

	fields = scmid_fields(load, node, "the platform", platform_keys, PLATFORM_KEYS, found);
	if (!fields)
		return;
	if (found[PLATFORM_VENDOR])
		scmid_word(load, found[PLATFORM_VENDOR], "the vendor", SCMI_SHORT_NAME_SIZE - 1,
			   &board->vendor);
	else if (fields == SCMID_FIELDS_KNOWN)
		scmid_complain(load->report, node->at, "the platform needs a 'vendor'");
	if (found[PLATFORM_SUB_VENDOR])
		scmid_word(load, found[PLATFORM_SUB_VENDOR], "the sub-vendor",
			   SCMI_SHORT_NAME_SIZE - 1, &board->sub_vendor);
	if (found[PLATFORM_IMPLEMENTATION_VERSION])
		scmid_u32(load, found[PLATFORM_IMPLEMENTATION_VERSION], "an implementation version",
			  0, UINT32_MAX, &board->implementation_version);
}

static void load_root(struct scmid_load *load, const struct scmid_node *root)
{
	const struct scmid_node *found[BOARD_KEYS], *agents;
	enum scmid_fields fields;

	fields = scmid_fields(load, root, "a board", board_keys, BOARD_KEYS, found);
	if (!fields)
		return;
	load->clocks = found[BOARD_CLOCKS];
	load->devices = found[BOARD_DEVICES];
	if (found[BOARD_PLATFORM])
		scmid_load_platform(load, found[BOARD_PLATFORM]);
	else if (fields == SCMID_FIELDS_KNOWN)
		scmid_complain(load->report, root->at,
			       "a board needs a 'platform', for example: platform: {vendor: ACME}");
	if (load->clocks && scmid_map(load, load->clocks, "clocks by their names"))
		scmid_load_clocks(load, load->clocks);
	else
		load->clocks = NULL;
	if (load->devices && scmid_map(load, load->devices, "devices by their names"))
		scmid_load_devices(load, load->devices);
	agents = found[BOARD_AGENTS];
	if (agents && (agents->kind != SCMID_MAP || agents->count)) {
		if (scmid_map(load, agents, "agents by their names"))
			scmid_load_agents(load, agents);
	} else if (agents || fields == SCMID_FIELDS_KNOWN) {
		scmid_complain(load->report, agents ? agents->at : root->at,
			       "a board needs 'agents': without them it serves nobody");
	}
}

int scmid_board_load_memory(struct scmid_board **board, const void *bytes, size_t size,
			    const char *file, const char *run_dir, FILE *errors)
{
	struct scmid_board *out = scmid_calloc(1, sizeof(*out));
	struct scmid_report *report = scmid_calloc(1, sizeof(*report));
	struct scmid_load load = {
		.arena = &out->arena,
		.report = report,
		.run_dir = run_dir,
		.out = out,
	};
	const struct scmid_node *root;
	int error = 0;

	root = scmid_document_parse(bytes, size, load.arena, report);
	if (root)
		load_root(&load, root);
	if (report->count) {
		if (errors)
			scmid_report_print(report, file, errors);
		scmid_board_free(out);
		out = NULL;
		error = -EINVAL;
	}
	free(report);
	*board = out;
	return error;
}

static void *read_all(FILE *in, size_t *size)
{
	char *bytes = NULL;
	size_t space = 0, got;

	*size = 0;
	do {
		space = space ? space * 2 : 16384;
		bytes = scmid_realloc(bytes, space, 1);
		got = fread(bytes + *size, 1, space - *size, in);
		*size += got;
	} while (*size == space && *size <= SCMID_DOCUMENT_SIZE_MAX);
	if (ferror(in)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

int scmid_board_load(struct scmid_board **board, const char *file, const char *run_dir,
		     FILE *errors)
{
	FILE *in = fopen(file, "rbe");
	void *bytes = NULL;
	size_t size;
	int error;

	*board = NULL;
	if (in)
		bytes = read_all(in, &size);
	error = errno;
	if (in)
		fclose(in);
	if (!bytes) {
		if (errors)
			fprintf(errors, "%s: cannot be read: %s\n", file, strerror(error));
		return -EINVAL;
	}
	error = scmid_board_load_memory(board, bytes, size, file, run_dir, errors);
	free(bytes);
	return error;
}

void scmid_board_free(struct scmid_board *board)
{
	struct scmid_arena arena;

	if (!board)
		return;
	arena = board->arena;
	free(board);
	scmid_arena_free(&arena);
}

const struct scmi_board *scmid_board_scmi(const struct scmid_board *board)
{
	return &board->scmi;
}

const struct scmid_endpoint *scmid_board_endpoints(const struct scmid_board *board, uint32_t *count)
{
	*count = board->endpoint_count;
	return board->endpoints;
}
