/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a harness got to see work. A fuzzer that only ever meets refusals finds nothing and says
 * nothing; so each harness marks what succeeded, prints it at the end, and fails if it was too
 * little.
 */
#ifndef FUZZ_REACHED_H
#define FUZZ_REACHED_H

#include <stddef.h>

/*
 * The harness's marks: `what` names the kind ("handlers"), names[count] each one. At exit they are
 * printed; if the environment's SCMI_FUZZ_REACH is a number above those reached, the process fails.
 */
void reached_init(const char *what, const char *const *names, size_t count);
void reached(size_t index);

#endif
