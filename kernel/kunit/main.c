// SPDX-License-Identifier: GPL-2.0-only
/*
 * libscmi_kunit.ko: the engine's two ends talk to each other in the kernel, on engine objects of
 * its own. It tests when it is loaded; results are in the log, as KTAP.
 */
#include <libscmi.h>

#include "suites.h"

kunit_test_suites(&libscmi_exchange_suite, &libscmi_trouble_suite);

MODULE_DESCRIPTION("Arm SCMI: self-tests of the engine");
MODULE_LICENSE("GPL");
