/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBSCMI_KUNIT_SUITES_H
#define LIBSCMI_KUNIT_SUITES_H

#include "world.h"

extern struct kunit_suite libscmi_exchange_suite; /* what is said and answered */
extern struct kunit_suite libscmi_trouble_suite;  /* what goes wrong */

#endif
