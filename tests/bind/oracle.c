/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "oracle.h"

/* 'x', 'y', or 0: the transport of a descriptor. */
static char transport(const struct presence *here, unsigned int descriptor)
{
	const char *const *wanted = here->scenario->compatible[descriptor];

	for (; *wanted; wanted++) {
		if (here->driver[**wanted - 'x'])
			return **wanted;
	}
	return 0;
}

static bool meets(const struct presence *here, unsigned int descriptor, unsigned int supplier)
{
	return here->descriptor[descriptor] && here->supplier[supplier] &&
	       transport(here, descriptor) == here->scenario->supplier_for[supplier][0];
}

int oracle(const struct presence *here, unsigned int descriptor)
{
	const struct scenario *scenario = here->scenario;
	const char *name = scenario->supplier_of[descriptor];
	unsigned int other = !descriptor;
	const char *other_name = scenario->supplier_of[other];
	bool rival = here->descriptor[descriptor] && here->descriptor[other] &&
		     transport(here, descriptor) == transport(here, other);
	int free[KINDS];
	unsigned int free_count = 0;

	if (name) {
		unsigned int wanted = name[1] - '1';

		if (rival && other_name && !strcmp(name, other_name))
			return -1;
		return meets(here, descriptor, wanted) ? (int)wanted : -1;
	}
	for (unsigned int i = 0; i < KINDS; i++) {
		bool named = rival && other_name && other_name[1] - '1' == (int)i;

		if (meets(here, descriptor, i) && !named)
			free[free_count++] = (int)i;
	}
	rival = rival && !other_name;
	if (scenario->by_order) {
		unsigned int place = rival && other < descriptor;

		return place < free_count ? free[place] : -1;
	}
	return free_count == 1 && !rival ? free[0] : -1;
}
