/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the things that come and go are meant. */
#ifndef SCMI_TESTS_BIND_SCENARIO_H
#define SCMI_TESTS_BIND_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#define KINDS 2u /* of drivers, suppliers, descriptors, handles */
#define LIVES 2u /* one may come again while the one before is still going */

struct scenario {
	const char *name;
	const char *supplier_of[KINDS]; /* each descriptor's; NULL: names none */
	bool by_order;
	bool one_driver;		  /* the other has nothing to do with it */
	const char *compatible[KINDS][3]; /* each descriptor's, NULL-ended */
	const char *supplier_for[KINDS];  /* each supplier's transport */
};

extern const struct scenario scenarios[];
extern const unsigned int scenario_count;

extern const char *const driver_names[KINDS];
extern const char *const supplier_names[KINDS];
extern const char *const descriptor_names[KINDS];

#endif
