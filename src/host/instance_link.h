/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A link: an agent that stays, and the device that it has now, if any.
 *
 * Two locks. `life` is held while a device is opened or closed, which may take as long as a platform
 * takes to answer. `mutex` guards everything else and every call to the device, for moments; the
 * agent's channel lock comes inside it. None is held when the application is called.
 *
 * Any number of threads may wait for answers. One of them leads: it sleeps on the device's descriptor
 * without the mutex, and hands over what came; the others sleep until there is news.
 */
#ifndef SCMI_HOST_INSTANCE_LINK_H
#define SCMI_HOST_INSTANCE_LINK_H

#include <pthread.h>

#include <scmi/bind.h>
#include <scmi/instance.h>

#define NS_PER_MS 1000000u

struct scmi_link {
	pthread_mutex_t life;
	/* What its binding is bound to, while `bound`. */
	struct scmi_bound to;
	struct scmi_transport_settings settings; /* of the application, where the descriptor says nothing */
	uint64_t pause_ns;			 /* before it is tried again */

	pthread_mutex_t mutex;
	pthread_cond_t news;
	bool bound;
	bool lost;   /* its supplier is gone; unbinding follows */
	bool failed; /* the binding gave up what it was bound to */
	const struct scmi_transport_agent_ops *ops;
	struct scmi_transport_device *device; /* NULL: none */
	int device_fd;
	bool polling;	/* the device can be looked at for an answer */
	bool gone;	/* the device said so; it is not closed yet */
	bool led;	/* a thread sleeps on its descriptor */
	bool leaving;	/* nobody may begin to */
	uint32_t received; /* messages, to see whether there were any */
	uint32_t poll_budget_us;
	uint32_t atomic_threshold_us;
	uint64_t retry_ns; /* when it is to be tried again; SCMI_NEVER: not by itself */
	struct scmi_agent *agent; /* NULL: no application has it */
	bool wanted;		  /* it is not about to leave it */
	bool ready;
	uint32_t opened;
	uint32_t refused;
	int error;
	char why[256]; /* it is not ready; "" if the binding says it all */

	pthread_mutex_t channel; /* the agent's lock */
	void *storage;
	uint32_t messages_max;
	uint32_t message_size_max;
	scmi_trace_fn *trace;
	void *trace_ctx;
	int epoll; /* has the device's descriptor, and: */
	int bell;  /* scmi_instance_dispatch() has something to do */
	int kick;  /* who leads shall look again */
	bool due;  /* of the same, for who asks the deadline; atomic */

	/* Somebody shall call scmi_link_work(). From any thread, possibly with the mutex held. */
	void (*wake)(void *ctx);
	void *wake_ctx;
};

/* -ENOMEM, or what the system gave. */
int scmi_link_init(struct scmi_link *link, void (*wake)(void *ctx), void *wake_ctx);
void scmi_link_fini(struct scmi_link *link);

/*
 * An application has it from now on: its agent is made. -EBUSY if one has it; -EINVAL, -ENOMEM or
 * what the system gave for descriptors, with a sentence.
 */
int scmi_link_take(struct scmi_link *link, const struct scmi_instance_options *options, char *why,
		   size_t why_size);
/* Not any more: the device is closed, the agent goes. */
void scmi_link_leave(struct scmi_link *link);

/* What the binder tells. Without an application nothing is opened, and that is no failure. */
int scmi_link_bind(struct scmi_link *link, const struct scmi_bound *bound);
void scmi_link_unbind(struct scmi_link *link, bool lost);
void scmi_link_lost(struct scmi_link *link);

/* When scmi_link_work() is due; SCMI_NEVER: not before something happens. */
uint64_t scmi_link_due_ns(struct scmi_link *link);
/* Open a device where one should be and is not, or have a binding that failed tried again. */
void scmi_link_work(struct scmi_link *link, uint64_t now_ns, struct scmi_binding *binding);

/* What scmi_instance_*() are for a link. */
int scmi_link_fd(struct scmi_link *link);
uint32_t scmi_link_poll_budget_us(struct scmi_link *link);
uint32_t scmi_link_atomic_threshold_us(struct scmi_link *link);
void scmi_link_dispatch(struct scmi_link *link);
uint64_t scmi_link_next_deadline_ns(struct scmi_link *link);
void scmi_link_status(struct scmi_link *link, struct scmi_instance_status *status, char *why,
		      size_t why_size);

/* The application shall call scmi_link_dispatch(). Takes no lock. */
void scmi_link_ring(struct scmi_link *link);

/* instance.c: what an agent may do over a device. */
struct scmi_agent_limits
scmi_instance_limits(const struct scmi_transport_limits *limits,
		     const struct scmi_transport_settings *settings);

#endif
