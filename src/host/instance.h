/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside an instance: one that has its address, or one whose device a manager's link has. */
#ifndef SCMI_HOST_INSTANCE_H
#define SCMI_HOST_INSTANCE_H

#include <scmi/instance.h>

struct scmi_link;
struct scmi_managed;

struct scmi_instance {
	struct scmi_agent *agent;
	void (*changed)(void *ctx, const struct scmi_instance_status *status);
	void *changed_ctx;
	struct scmi_instance_status told;
	bool telling; /* a thread calls changed(); atomic */

	/* Of a manager; NULL: what follows is the instance's own. */
	struct scmi_link *link;
	struct scmi_managed *managed;

	struct scmi_driver *driver; /* keeps its code loaded */
	const struct scmi_transport_agent_ops *ops;
	struct scmi_transport_device *device;
	void *storage;		 /* the agent's */
	uint32_t poll_budget_us; /* 0 where the transport cannot be asked without sleeping */
	uint32_t atomic_threshold_us;
	bool due; /* callbacks wait for scmi_instance_dispatch() */
	int closed; /* 0, or why */
	scmi_trace_fn *trace;
	void *trace_ctx;
};

/* manager.c: as those of an instance. */
void scmi_managed_close(struct scmi_instance *instance);
size_t scmi_managed_explain(struct scmi_instance *instance, char *text, size_t size);

#endif
