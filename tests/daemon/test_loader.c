/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The board loader: what a file becomes, and that no bytes at all can harm it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <scmi/message.h>
#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "quantity.h"

static const char *example; /* a large file, argv[1] */

static struct scmid_board *load(const char *text)
{
	struct scmid_board *board;

	assert_int_equal(
		scmid_board_load_memory(&board, text, strlen(text), "test", "/run/x", stderr), 0);
	return board;
}

static void a_clock_without_anything_else(void **state)
{
	struct scmid_board *loaded = load("platform: {vendor: A}\nclocks: {c: {id: 7, rate: 5}}\n"
					  "agents: {a: {clocks: all}}\n");
	const struct scmi_board *board = scmid_board_scmi(loaded);
	const struct scmi_board_clock *clock = &board->clocks[0];
	const struct scmi_board_agent *agent = &board->agents[0];
	uint32_t endpoints;

	(void)state;
	assert_string_equal(board->vendor, "A");
	assert_null(board->sub_vendor);
	assert_int_equal(board->clock_count, 1);
	assert_string_equal(clock->name, "c");
	assert_int_equal(clock->start_hz, 5);
	assert_int_equal(clock->rate_count + clock->parent_count + clock->config_count, 0);
	assert_int_equal(clock->step_hz, 0);
	assert_false(clock->enabled || clock->always_on || clock->no_rate_changed ||
		     clock->no_rate_requested);
	assert_int_equal(agent->protocol_count, 2);
	assert_int_equal(agent->protocols[0].protocol_id, SCMI_BASE_PROTOCOL);
	assert_int_equal(agent->protocols[1].protocol_id, SCMI_CLOCK_PROTOCOL);
	assert_int_equal(agent->protocols[1].version_max, 0);
	assert_int_equal(agent->protocols[1].max_pending_async, 4);
	assert_int_equal(agent->protocols[1].view_count, 1);
	assert_int_equal(agent->protocols[1].views[0].id, 7);
	assert_int_equal(agent->protocols[1].views[0].index, 0);
	assert_int_equal(agent->protocols[1].views[0].allow, SCMI_ALLOW_ALL);
	assert_false(agent->trusted || agent->release_on_disconnect);
	scmid_board_endpoints(loaded, &endpoints);
	assert_int_equal(endpoints, 0);
	scmid_board_free(loaded);
}

static void every_key_of_a_clock(void **state)
{
	struct scmid_board *loaded =
		load("platform: {vendor: A, sub_vendor: B, implementation_version: 0xfedcba98}\n"
		     "clocks:\n"
		     "  a: {id: 1, rate: 10, enabled: yes}\n"
		     "  b: {id: 2, rate: 20}\n"
		     "  c:\n"
		     "    id: 9\n"
		     "    range: {min: 1 kHz, max: 2.5 MHz, step: 500 Hz}\n"
		     "    rate: 1.5 kHz\n"
		     "    parents: [b, a]\n"
		     "    parent: a\n"
		     "    always_on: yes\n"
		     "    enable_delay: 1.5 ms\n"
		     "    set_latency: 2 s\n"
		     "    config: {phase: {value: 90, min: 45, max: 180}, duty_cycle: {}, 0xff: "
		     "{value: 0xffffffff}}\n"
		     "    notifications: [rate_change_requested]\n"
		     "    fault: generic_error\n"
		     "  d: {id: 3, parents: [c], multiply: 3, divide: 4}\n"
		     "  e: {id: 4, rates: [1, 1 GHz, 5 GHz]}\n"
		     "agents: {x: {}}\n");
	const struct scmi_board *board = scmid_board_scmi(loaded);
	const struct scmi_board_clock *c = &board->clocks[2], *d = &board->clocks[3],
				      *e = &board->clocks[4];

	(void)state;
	assert_string_equal(board->sub_vendor, "B");
	assert_int_equal(board->implementation_version, 0xfedcba98);
	assert_true(board->clocks[0].enabled);
	assert_int_equal(c->min_hz, 1000);
	assert_int_equal(c->max_hz, 2500000);
	assert_int_equal(c->step_hz, 500);
	assert_int_equal(c->start_hz, 1500);
	assert_int_equal(c->parent_count, 2);
	assert_int_equal(c->parents[0], 1);
	assert_int_equal(c->parents[1], 0);
	assert_int_equal(c->start_parent, 1);
	assert_true(c->always_on && c->enabled);
	assert_int_equal(c->enable_delay_us, 1500);
	assert_int_equal(c->set_latency_us, 2000000);
	assert_int_equal(c->config_count, 3);
	assert_int_equal(c->configs[0].type, 2);
	assert_int_equal(c->configs[0].value, 90);
	assert_int_equal(c->configs[0].min, 45);
	assert_int_equal(c->configs[0].max, 180);
	assert_int_equal(c->configs[1].type, 1);
	assert_int_equal(c->configs[1].value, 50);
	assert_int_equal(c->configs[1].max, 100);
	assert_int_equal(c->configs[2].type, 0xff);
	assert_int_equal(c->configs[2].value, UINT32_MAX);
	assert_true(c->no_rate_changed);
	assert_false(c->no_rate_requested);
	assert_int_equal(c->fault, SCMI_GENERIC_ERROR);
	assert_int_equal(d->multiply, 3);
	assert_int_equal(d->divide, 4);
	assert_int_equal(d->parents[0], 2);
	assert_int_equal(e->rate_count, 3);
	assert_int_equal(e->rates_hz[2], 5000000000u);
	assert_int_equal(e->start_hz, 1);
	/* An agent without clocks is served the base protocol alone. */
	assert_int_equal(board->agents[0].protocol_count, 1);
	scmid_board_free(loaded);
}

static const struct scmi_board_protocol *clock_view(const struct scmid_board *loaded,
						    uint32_t agent)
{
	return &scmid_board_scmi(loaded)->agents[agent].protocols[1];
}

/* "ID:INDEX ID:INDEX …" */
static void assert_view(const struct scmi_board_protocol *view, const char *expected)
{
	char text[256] = "";

	for (uint32_t i = 0; i < view->view_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u:%u", i ? " " : "",
			 view->views[i].id, view->views[i].index);
	assert_string_equal(text, expected);
}

static void views(void **state)
{
	struct scmid_board *loaded = load("platform: {vendor: A}\n"
					  "clocks: {a: {id: 30, rate: 1}, b: {id: 20, rate: 1}, c: "
					  "{rate: 1}, d: {id: 10, rate: 1}}\n"
					  "agents:\n"
					  "  hide: {clocks: {hide: [c, b]}}\n"
					  "  only: {clocks: {only: [a, d]}}\n"
					  "  dense: {clocks: {ids: dense}}\n"
					  "  dense_only: {clocks: {ids: dense, only: [d, c]}}\n"
					  "  dense_hide: {clocks: {ids: dense, hide: [a]}}\n"
					  "  pinned: {clocks: {ids: {c: 500, a: 3}}}\n"
					  "  board: {clocks: {ids: board, hide: [c]}}\n");

	(void)state;
	assert_view(clock_view(loaded, 0), "10:3 30:0");
	assert_view(clock_view(loaded, 1), "10:3 30:0");
	assert_view(clock_view(loaded, 2), "0:0 1:1 2:2 3:3");
	assert_view(clock_view(loaded, 3), "0:3 1:2");
	assert_view(clock_view(loaded, 4), "0:1 1:2 2:3");
	assert_view(clock_view(loaded, 5), "3:0 500:2");
	assert_view(clock_view(loaded, 6), "10:3 20:1 30:0");
	scmid_board_free(loaded);
}

static void permissions_and_versions(void **state)
{
	struct scmid_board *loaded = load(
		"platform: {vendor: A}\n"
		"clocks: {a: {id: 0, rate: 1}, b: {id: 1, rate: 1}}\n"
		"agents:\n"
		"  some: {clocks: {deny: {b: [rate, parent], a: all}}, versions: {clock: "
		"\"2.0\"}}\n"
		"  none: {clocks: {deny: all}, max_pending_async: 0, versions: {base: \"1.0\"}}\n"
		"  state: {clocks: {deny: [state]}, trusted: yes, on_disconnect: release}\n"
		"  second: {clocks: {hide: [a], deny: {b: [rate]}}}\n");
	const struct scmi_board *board = scmid_board_scmi(loaded);
	const uint32_t known = SCMI_ALLOW_STATE | SCMI_ALLOW_RATE | SCMI_ALLOW_PARENT;

	(void)state;
	assert_int_equal(clock_view(loaded, 0)->views[0].allow, 0);
	assert_int_equal(clock_view(loaded, 0)->views[1].allow & known, SCMI_ALLOW_STATE);
	assert_int_equal(clock_view(loaded, 0)->version_max, 0x20000);
	assert_int_equal(clock_view(loaded, 1)->views[0].allow, 0);
	assert_int_equal(clock_view(loaded, 1)->views[1].allow, 0);
	assert_int_equal(clock_view(loaded, 1)->max_pending_async, 0);
	assert_int_equal(board->agents[1].protocols[0].version_max, 0x10000);
	assert_int_equal(clock_view(loaded, 2)->views[1].allow & known,
			 SCMI_ALLOW_RATE | SCMI_ALLOW_PARENT);
	assert_int_equal(clock_view(loaded, 3)->view_count, 1);
	assert_int_equal(clock_view(loaded, 3)->views[0].allow & known,
			 SCMI_ALLOW_STATE | SCMI_ALLOW_PARENT);
	assert_true(board->agents[2].trusted && board->agents[2].release_on_disconnect);
	scmid_board_free(loaded);
}

static void devices_and_endpoints(void **state)
{
	struct scmid_board *loaded = load("platform: {vendor: A}\n"
					  "clocks: {a: {id: 0, rate: 1}, b: {id: 1, rate: 1}}\n"
					  "devices: {d: {id: 77, clocks: [b, a]}}\n"
					  "agents:\n"
					  "  x: {}\n"
					  "  y:\n"
					  "    endpoints:\n"
					  "      - {socket: s, mode: 0640, message_size_max: 300, "
					  "allow: {users: [root, 5], groups: [0x10]}}\n"
					  "      - socket: /abs/olute\n"
					  "      - {virtio: v}\n"
					  "      - {mailbox: m}\n"
					  "      - {mailbox: n, message_size_max: 65512, "
					  "own_channels: [clock, base], "
					  "completion_interrupt: no, p2a: no}\n"
					  "      - {mailbox: o, p2a: unacknowledged}\n");
	const struct scmi_board *board = scmid_board_scmi(loaded);
	const struct scmid_endpoint *endpoints;
	uint32_t count;

	(void)state;
	assert_int_equal(board->device_count, 1);
	assert_string_equal(board->devices[0].name, "d");
	assert_int_equal(board->devices[0].id, 77);
	assert_int_equal(board->devices[0].domain_count, 2);
	assert_int_equal(board->devices[0].domains[0].protocol_id, SCMI_CLOCK_PROTOCOL);
	assert_int_equal(board->devices[0].domains[0].index, 1);
	endpoints = scmid_board_endpoints(loaded, &count);
	assert_int_equal(count, 6);
	assert_int_equal(endpoints[0].kind, SCMID_SOCKET);
	assert_int_equal(endpoints[0].agent, 1);
	assert_string_equal(endpoints[0].address, "/run/x/s");
	assert_int_equal(endpoints[0].mode, 0640);
	assert_int_equal(endpoints[0].message_size_max, 300);
	assert_int_equal(endpoints[0].user_count, 2);
	assert_int_equal(endpoints[0].users[0], 0);
	assert_int_equal(endpoints[0].users[1], 5);
	assert_int_equal(endpoints[0].group_count, 1);
	assert_int_equal(endpoints[0].groups[0], 16);
	assert_int_equal(endpoints[0].at.line, 8);
	assert_int_equal(endpoints[0].at.column, 9);
	assert_string_equal(endpoints[1].address, "/abs/olute");
	assert_int_equal(endpoints[1].mode, 0);
	assert_int_equal(endpoints[2].kind, SCMID_VIRTIO);
	assert_string_equal(endpoints[2].address, "/run/x/v");
	assert_int_equal(endpoints[3].kind, SCMID_MAILBOX);
	assert_string_equal(endpoints[3].address, "/run/x/m");
	assert_int_equal(endpoints[3].own_channel_count, 0);
	assert_false(endpoints[3].no_completion_irq);
	assert_false(endpoints[3].no_p2a);
	assert_false(endpoints[3].p2a_unacknowledged);
	assert_int_equal(endpoints[4].message_size_max, 65512);
	assert_int_equal(endpoints[4].own_channel_count, 2);
	assert_int_equal(endpoints[4].own_channels[0], SCMI_CLOCK_PROTOCOL);
	assert_int_equal(endpoints[4].own_channels[1], SCMI_BASE_PROTOCOL);
	assert_true(endpoints[4].no_completion_irq);
	assert_true(endpoints[4].no_p2a);
	assert_true(endpoints[5].p2a_unacknowledged);
	assert_false(endpoints[5].no_p2a);
	scmid_board_free(loaded);
}

static void quantities(void **state)
{
	static const struct scmid_unit units[] = {{"u", 1}, {"k", 1000}};
	static const struct {
		const char *text;
		enum scmid_quantity result;
		uint64_t value;
	} cases[] = {
		{"0", SCMID_QUANTITY_FINE, 0},
		{"12", SCMID_QUANTITY_FINE, 12},
		{"12u", SCMID_QUANTITY_FINE, 12},
		{"12  k", SCMID_QUANTITY_FINE, 12000},
		{"1.5 k", SCMID_QUANTITY_FINE, 1500},
		{"1.500", SCMID_QUANTITY_INEXACT, 0},
		{"1.000", SCMID_QUANTITY_FINE, 1},
		{"0.001 k", SCMID_QUANTITY_FINE, 1},
		{"0.0010 k", SCMID_QUANTITY_FINE, 1},
		{"0.0001 k", SCMID_QUANTITY_INEXACT, 0},
		{"18446744073709551615", SCMID_QUANTITY_FINE, UINT64_MAX},
		{"18446744073709551616", SCMID_QUANTITY_LARGE, 0},
		{"18446744073709551.615 k", SCMID_QUANTITY_FINE, UINT64_MAX},
		{"18446744073709551.616 k", SCMID_QUANTITY_LARGE, 0},
		{"18446744073709552 k", SCMID_QUANTITY_LARGE, 0},
		{"", SCMID_QUANTITY_MALFORMED, 0},
		{".5 k", SCMID_QUANTITY_MALFORMED, 0},
		{"5. k", SCMID_QUANTITY_MALFORMED, 0},
		{"+5", SCMID_QUANTITY_MALFORMED, 0},
		{"5 m", SCMID_QUANTITY_UNIT, 0},
		{"5 k k", SCMID_QUANTITY_UNIT, 0},
		{"0x5", SCMID_QUANTITY_UNIT, 0},
		{"1e3", SCMID_QUANTITY_UNIT, 0},
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (scmid_quantity_parse(cases[i].text, units, 2, true, &value) != cases[i].result)
			fail_msg("'%s' has another result", cases[i].text);
		if (cases[i].result == SCMID_QUANTITY_FINE)
			assert_int_equal(value, cases[i].value);
	}
	assert_int_equal(scmid_quantity_parse("5", units, 2, false, &value), SCMID_QUANTITY_UNIT);
	assert_int_equal(scmid_quantity_parse("0", units, 2, false, &value), SCMID_QUANTITY_FINE);

	assert_true(scmid_number_parse("0xffffffffffffffff", &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(scmid_number_parse("0x10000000000000000", &value));
	assert_false(scmid_number_parse("0x", &value));
	assert_false(scmid_number_parse("", &value));
	assert_false(scmid_number_parse(" 1", &value));
	assert_false(scmid_number_parse("1 ", &value));
	assert_false(scmid_number_parse("-1", &value));
	assert_false(scmid_number_parse("f", &value));
}

/* ---- hostile bytes --------------------------------------------------------------------------- */

static char *read_example(size_t *size)
{
	FILE *in = fopen(example, "rb");
	char *bytes = malloc(1 << 20);

	assert_non_null(in);
	assert_non_null(bytes);
	*size = fread(bytes, 1, 1 << 20, in);
	assert_true(*size > 1000);
	fclose(in);
	return bytes;
}

static int try_bytes(const char *bytes, size_t size)
{
	struct scmid_board *board;
	/* A copy of exactly that size, so that a sanitizer sees who reads beyond it. */
	char *exact = malloc(size ? size : 1);
	int error;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	error = scmid_board_load_memory(&board, exact, size, "test", "/run/x", NULL);
	assert_true(error == 0 || error == -EINVAL);
	assert_int_equal(!board, error != 0);
	scmid_board_free(board);
	free(exact);
	return error;
}

static void changed_bytes(void **state)
{
	static const char bytes[] = {'{', '}', '[',  ']',  ':',	 '-', '&', '*',
				     '!', '"', '\n', '\0', '\t', ',', '9'};
	size_t size, at = 0, refused = 0, tries = 0;
	char *text = read_example(&size);

	(void)state;
	assert_int_equal(try_bytes(text, size), 0);
	for (size_t i = 0; at < size; i++, tries++) {
		char before = text[at];

		text[at] = bytes[i % sizeof(bytes)];
		refused += try_bytes(text, size) != 0;
		text[at] = before;
		at += 13;
	}
	/* Many of them hit a comment. */
	assert_true(refused > tries / 4);
	free(text);
}

static void cut_bytes(void **state)
{
	size_t size;
	char *text = read_example(&size);

	(void)state;
	for (size_t cut = 0; cut < size; cut += 11)
		try_bytes(text, cut);
	free(text);
}

static void too_much(void **state)
{
	const size_t size = 3 << 20;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, '[', size);
	assert_int_equal(try_bytes(text, size), -EINVAL);
	for (size_t i = 0; i < size; i += 2)
		memcpy(text + i, "- ", 2);
	assert_int_equal(try_bytes(text, size), -EINVAL);
	for (size_t i = 0; i + 2 <= size; i += 2)
		memcpy(text + i, "-\n", 2);
	assert_int_equal(try_bytes(text, size), -EINVAL);
	/* Half a million keys, all the same: sorted, not compared each with each. */
	for (size_t i = 0; i + 4 <= size; i += 4)
		memcpy(text + i, "a:\n\n", 4);
	assert_int_equal(try_bytes(text, size), -EINVAL);
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_without_anything_else),
		cmocka_unit_test(every_key_of_a_clock),
		cmocka_unit_test(views),
		cmocka_unit_test(permissions_and_versions),
		cmocka_unit_test(devices_and_endpoints),
		cmocka_unit_test(quantities),
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(cut_bytes),
		cmocka_unit_test(too_much),
	};

	if (argc != 2) {
		fputs("usage: test-loader BOARD.yaml\n", stderr);
		return 2;
	}
	example = argv[1];
	return cmocka_run_group_tests_name("board loader", tests, NULL, NULL);
}
