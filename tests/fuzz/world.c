// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "world.h"

#include <scmi/message.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint64_t few_hz[] = {32768, 1000000, 24000000, 48000000, 48000001, 600000000};
static const uint64_t slow_hz[] = {100, 200, 300, 0x100000000};
static const uint64_t many_hz[] = {
	1000,  2000,  3000,  4000,  5000,  6000,  7000,	 8000,	9000,  10000, 11000,
	12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000, 20000, 21000, 22000,
	23000, 24000, 25000, 26000, 27000, 28000, 29000, 30000, 31000, 32000, 33000,
	34000, 35000, 36000, 37000, 38000, 39000, 40000, 41000, 42000,
};
static const struct scmi_board_clock_config configs[] = {
	{.type = 1, .value = 50, .min = 1, .max = 99},
	{.type = 2, .value = 0, .min = 0, .max = 359},
	{.type = 0x80, .value = 7, .min = 7, .max = 0xffffffff},
};
static const uint32_t mux_parents[] = {0, 1, 2, 11};
static const uint32_t child_parents[] = {3};
static const uint32_t mixed_parents[] = {11, 5, 1};
static const uint32_t upper_parents[] = {2, 0};
static const uint32_t lower_parents[] = {13, 0, 1};

static const struct scmi_board_clock clocks[WORLD_CLOCKS] = {
	{.name = "osc", .start_hz = 24000000, .enabled = true, .always_on = true},
	{.name = "list",
	 .start_hz = 48000000,
	 .rates_hz = few_hz,
	 .rate_count = COUNT(few_hz),
	 .configs = configs,
	 .config_count = COUNT(configs),
	 .enable_delay_us = 70},
	{.name = "range",
	 .start_hz = 10000000,
	 .min_hz = 1000000,
	 .max_hz = 100000000,
	 .step_hz = 1000000,
	 .set_latency_us = 1000},
	{.name = "mux",
	 .parents = mux_parents,
	 .parent_count = COUNT(mux_parents),
	 .start_parent = 1,
	 .multiply = 1,
	 .divide = 2,
	 .enabled = true},
	{.name = "a-child-with-a-name-longer-than-fifteen",
	 .parents = child_parents,
	 .parent_count = COUNT(child_parents),
	 .multiply = 3,
	 .divide = 4},
	{.name = "slow",
	 .start_hz = 200,
	 .rates_hz = slow_hz,
	 .rate_count = COUNT(slow_hz),
	 .set_latency_us = 5000,
	 .enabled = true},
	{.name = "faulty",
	 .start_hz = 1000000,
	 .rates_hz = few_hz,
	 .rate_count = COUNT(few_hz),
	 .set_latency_us = 2000,
	 .fault = SCMI_HARDWARE_ERROR},
	{.name = "faulty-at-once",
	 .start_hz = 1000000,
	 .rates_hz = few_hz,
	 .rate_count = COUNT(few_hz),
	 .fault = SCMI_GENERIC_ERROR},
	{.name = "always",
	 .start_hz = 32768,
	 .rates_hz = few_hz,
	 .rate_count = COUNT(few_hz),
	 .always_on = true,
	 .enabled = true,
	 .no_rate_changed = true},
	{.name = "quiet",
	 .start_hz = 7,
	 .min_hz = 0,
	 .max_hz = 70,
	 .step_hz = 7,
	 .no_rate_requested = true,
	 .enabled = true},
	{.name = "list-of-rates-for-paging",
	 .start_hz = 1000,
	 .rates_hz = many_hz,
	 .rate_count = COUNT(many_hz),
	 .configs = configs,
	 .config_count = 1},
	{.name = "secret", .start_hz = 0xfffffffffff},
	{.name = "mixed",
	 .start_hz = 24000000,
	 .rates_hz = few_hz,
	 .rate_count = COUNT(few_hz),
	 .parents = mixed_parents,
	 .parent_count = COUNT(mixed_parents),
	 .start_parent = 1},
	{.name = "upper",
	 .parents = upper_parents,
	 .parent_count = COUNT(upper_parents),
	 .start_parent = 1},
	{.name = "lower",
	 .parents = lower_parents,
	 .parent_count = COUNT(lower_parents),
	 .start_parent = 1},
};

static const struct scmi_board_domain display[] = {{0x14, 1}, {0x14, 2}, {0x14, 3}};
static const struct scmi_board_domain camera[] = {{0x14, 3}, {0x14, 5}, {0x14, 10}};
static const struct scmi_board_domain vault[] = {{0x14, 11}};
static const struct scmi_board_device devices[WORLD_DEVICES] = {
	{.name = "display", .id = 3, .domains = display, .domain_count = COUNT(display)},
	{.name = "camera", .id = 7, .domains = camera, .domain_count = COUNT(camera)},
	{.name = "vault", .id = 0x100, .domains = vault, .domain_count = COUNT(vault)},
};

/* A trusted agent that sees all, under the board's own numbers. */
static const struct scmi_board_view os_views[] = {
	{0, 0, SCMI_ALLOW_ALL},	  {1, 1, SCMI_ALLOW_ALL},   {2, 2, SCMI_ALLOW_ALL},
	{3, 3, SCMI_ALLOW_ALL},	  {4, 4, SCMI_ALLOW_ALL},   {5, 5, SCMI_ALLOW_ALL},
	{6, 6, SCMI_ALLOW_ALL},	  {7, 7, SCMI_ALLOW_ALL},   {8, 8, SCMI_ALLOW_ALL},
	{9, 9, SCMI_ALLOW_ALL},	  {10, 10, SCMI_ALLOW_ALL}, {11, 11, SCMI_ALLOW_ALL},
	{12, 12, SCMI_ALLOW_ALL}, {13, 13, SCMI_ALLOW_ALL}, {14, 14, SCMI_ALLOW_ALL},
};
/* An old one, whose numbers have holes. */
static const struct scmi_board_view guest_views[] = {
	{0, 5, SCMI_ALLOW_ALL},	  {2, 1, SCMI_ALLOW_ALL},
	{3, 2, SCMI_ALLOW_STATE}, {7, 10, SCMI_ALLOW_RATE | SCMI_ALLOW_STATE},
	{9, 8, SCMI_ALLOW_ALL},	  {20, 4, SCMI_ALLOW_ALL},
};
/* A new one, renumbered, with less than all rights. */
static const struct scmi_board_view vm_views[] = {
	{0, 3, SCMI_ALLOW_ALL},
	{1, 2, SCMI_ALLOW_ALL},
	{2, 1, SCMI_ALLOW_RATE},
	{3, 12, SCMI_ALLOW_ALL},
	{4, 5, SCMI_ALLOW_ALL},
	{5, 6, SCMI_ALLOW_ALL},
	{6, 4, SCMI_ALLOW_ALL},
	{7, 9, SCMI_ALLOW_ALL},
	{8, 10, SCMI_ALLOW_STATE | SCMI_ALLOW_PARENT},
	{9, 13, SCMI_ALLOW_ALL},
	{10, 0, 0},
};

static const struct scmi_board_protocol os_protocols[] = {
	{.protocol_id = 0x14,
	 .views = os_views,
	 .view_count = COUNT(os_views),
	 .max_pending_async = 3},
};
static const struct scmi_board_protocol guest_protocols[] = {
	{.protocol_id = 0x10, .version_max = 0x20000},
	{.protocol_id = 0x14,
	 .version_max = 0x20000,
	 .views = guest_views,
	 .view_count = COUNT(guest_views),
	 .max_pending_async = 0},
};
static const struct scmi_board_protocol vm_protocols[] = {
	{.protocol_id = 0x14,
	 .views = vm_views,
	 .view_count = COUNT(vm_views),
	 .max_pending_async = 1},
};

static const struct scmi_board_agent agents[WORLD_AGENTS] = {
	{.name = "os",
	 .trusted = true,
	 .protocols = os_protocols,
	 .protocol_count = COUNT(os_protocols)},
	{.name = "guest",
	 .release_on_disconnect = true,
	 .protocols = guest_protocols,
	 .protocol_count = COUNT(guest_protocols)},
	{.name = "vm", .protocols = vm_protocols, .protocol_count = COUNT(vm_protocols)},
	{.name = "bare"},
};

const struct scmi_board world_full = {
	.vendor = "fuzz",
	.sub_vendor = "fifteen-letters",
	.implementation_version = 0xfedcba98,
	.clocks = clocks,
	.clock_count = WORLD_CLOCKS,
	.devices = devices,
	.device_count = WORLD_DEVICES,
	.agents = agents,
	.agent_count = WORLD_AGENTS,
};

const struct scmi_board world_plain = {
	.vendor = "",
	.implementation_version = 0,
	.clocks = clocks,
	.clock_count = WORLD_CLOCKS,
	.agents = agents,
	.agent_count = WORLD_AGENTS,
};
