// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include <libscmi.h>
#include <libscmi_transport.h>

MODULE_DESCRIPTION("Arm SCMI: agent engine, instances and their bus");
MODULE_LICENSE("GPL");
