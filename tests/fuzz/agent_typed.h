/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every typed call of the agent, to be tried against a platform that answers anything. */
#ifndef FUZZ_AGENT_TYPED_H
#define FUZZ_AGENT_TYPED_H

#include "input.h"

#include <scmi/agent.h>

#define TYPED_CALLS 34u

const char *typed_call_name(uint32_t which);

/* Makes the call with arguments from the input. Returns what it returned. */
int typed_call(struct scmi_agent *agent, uint32_t which, struct input *in);

#endif
