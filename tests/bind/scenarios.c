/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What descriptors may say of their suppliers, and what suppliers are for. */
#include "scenario.h"

const char *const driver_names[KINDS] = { "x", "y" };
const char *const supplier_names[KINDS] = { "s1", "s2" };
const char *const descriptor_names[KINDS] = { "a", "b" };

const struct scenario scenarios[] = {
	{ .name = "each names its own", .supplier_of = { "s1", "s2" },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "one names, one does not", .supplier_of = { "s2", NULL },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "none is named", .one_driver = true,
	  .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "matched by order", .by_order = true, .one_driver = true,
	  .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "both name the same", .supplier_of = { "s1", "s1" },
	  .one_driver = true, .compatible = { { "x" }, { "x" } }, .supplier_for = { "x", "x" } },
	{ .name = "several compatible strings", .supplier_of = { NULL, "s2" },
	  .compatible = { { "x", "y" }, { "y", "x" } }, .supplier_for = { "x", "y" } },
};
const unsigned int scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
