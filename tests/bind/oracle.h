/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What must be bound in the end, by the words of include/scmi/bind.h and nothing of its code. */
#ifndef SCMI_TESTS_BIND_ORACLE_H
#define SCMI_TESTS_BIND_ORACLE_H

#include "scenario.h"

/* Who is there. */
struct presence {
	const struct scenario *scenario;
	bool driver[KINDS]; /* "x", "y" */
	bool supplier[KINDS];
	bool descriptor[KINDS];
};

/* The number of the supplier that a descriptor must be bound to, or -1. */
int oracle(const struct presence *here, unsigned int descriptor);

#endif
