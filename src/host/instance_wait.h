/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent of a link asks of its host, and how threads wait for one device. */
#ifndef SCMI_HOST_INSTANCE_WAIT_H
#define SCMI_HOST_INSTANCE_WAIT_H

#include "instance_link.h"

/* For struct scmi_agent_config; ctx is the link. */
extern const struct scmi_agent_host scmi_link_host;

/*
 * Wait until over(what), which is asked with the mutex held, or until deadline_ns, letting messages
 * in. 0, or -ENODEV: there is no device any more.
 */
int scmi_link_wait(struct scmi_link *link, uint64_t deadline_ns, scmi_over_fn *over,
		   const void *what);

/* What somebody waits for may have come about; the mutex is held. */
void scmi_link_news(struct scmi_link *link);

#endif
