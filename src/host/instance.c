/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Joins one agent and one transport device; what the agent asks of its host is answered here. */
#include <stdlib.h>
#include <string.h>

#include <scmi/loader.h>

#include "../transports/why.h"
#include "instance.h"
#include "instance_link.h"
#include "monotonic.h"
#include "uri.h"

/* Enough for a burst of rate changes between two dispatches. */
#define NOTIFICATIONS_MAX 128u
/* What the other side may do before a delayed response is slow, whatever the answers' limit. */
#define DELAYED_TIMEOUT_MS 2000u
/* Beyond what the transport has under way: commands that wait for their delayed response only. */
#define WAITING_MAX 16u

/* ---- what the transport tells ---------------------------------------------------------------- */

static void on_receive(void *ctx, const void *message, size_t size)
{
	struct scmi_instance *instance = ctx;

	scmi_agent_receive(instance->agent, message, size);
}

static void on_closed(void *ctx, int error)
{
	struct scmi_instance *instance = ctx;

	instance->closed = error < 0 ? error : -ENODEV;
	scmi_agent_closed(instance->agent, error);
}

static void on_lost(void *ctx)
{
	struct scmi_instance *instance = ctx;

	scmi_agent_reset(instance->agent);
}

static const struct scmi_transport_agent_callbacks device_callbacks = {
	.size = sizeof(device_callbacks),
	.receive = on_receive,
	.closed = on_closed,
	.lost = on_lost,
};

/* ---- what the agent asks --------------------------------------------------------------------- */

static int host_send(void *ctx, const void *message, size_t size)
{
	struct scmi_instance *instance = ctx;

	return instance->ops->send(instance->device, message, size);
}

static uint64_t host_now_ns(void *ctx)
{
	(void)ctx;
	return scmi_monotonic_ns();
}

/* One thread uses an instance: whatever arrives, the agent looks whether it is over. */
static int host_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	struct scmi_instance *instance = ctx;
	uint64_t timeout_ns = SCMI_NEVER;
	uint64_t now_ns;
	int error;

	(void)over;
	(void)what;

	if (deadline_ns != SCMI_NEVER) {
		now_ns = scmi_monotonic_ns();
		timeout_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	}
	error = instance->ops->wait(instance->device, timeout_ns);
	return error == -ETIMEDOUT ? 0 : error;
}

/* For a call that may not sleep, or would rather spin than be woken. */
static int host_poll(void *ctx)
{
	struct scmi_instance *instance = ctx;

	return instance->ops->dispatch(instance->device);
}

static void host_wake(void *ctx)
{
	struct scmi_instance *instance = ctx;

	/* The descriptor need not be readable for this: next_deadline_ns() says it. */
	instance->due = true;
}

static void host_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct scmi_instance *instance = ctx;

	instance->trace(instance->trace_ctx, to_platform, message, size);
}

/* ---- opening --------------------------------------------------------------------------------- */

struct scmi_agent_limits scmi_instance_limits(const struct scmi_transport_limits *limits,
					      const struct scmi_transport_settings *settings)
{
	uint32_t response_ms = limits->response_timeout_ms;
	uint32_t delayed_ms = settings->delayed_timeout_ms;
	struct scmi_agent_limits agent = {
		.messages_max = limits->messages_max,
		.message_size_max = limits->message_size_max,
		.p2a = limits->p2a,
		.polling = limits->polling,
	};

	if (settings->response_timeout_ms)
		response_ms = settings->response_timeout_ms;
	if (!delayed_ms)
		delayed_ms = response_ms > DELAYED_TIMEOUT_MS ? response_ms : DELAYED_TIMEOUT_MS;
	agent.response_timeout_ns = (uint64_t)response_ms * NS_PER_MS;
	agent.delayed_timeout_ns = (uint64_t)delayed_ms * NS_PER_MS;
	if (limits->p2a && !settings->messages_max &&
	    agent.messages_max <= SCMI_TOKEN_COUNT - WAITING_MAX)
		agent.messages_max += WAITING_MAX;
	return agent;
}

static int make_agent(struct scmi_instance *instance, const struct scmi_transport_limits *limits,
		      const struct scmi_transport_settings *settings, char *why, size_t why_size)
{
	const struct scmi_agent_limits in_force = scmi_instance_limits(limits, settings);
	struct scmi_agent_config config = {
		.host =
			{
				.ctx = instance,
				.send = host_send,
				.now_ns = host_now_ns,
				.wait = host_wait,
				.poll = limits->polling ? host_poll : NULL,
				.wake = host_wake,
				.trace = instance->trace ? host_trace : NULL,
			},
		.messages_max = in_force.messages_max,
		.message_size_max = in_force.message_size_max,
		.notifications_max = NOTIFICATIONS_MAX,
		.response_timeout_ns = in_force.response_timeout_ns,
		.delayed_timeout_ns = in_force.delayed_timeout_ns,
		.p2a = in_force.p2a,
	};
	size_t size;
	int error;

	size = scmi_agent_size(&config);
	if (!size)
		return because(-EINVAL, why, why_size,
			       "the transport gave limits that no agent can have");
	instance->storage = malloc(size);
	if (!instance->storage)
		return because(-ENOMEM, why, why_size, "out of memory (%zu bytes)", size);
	error = scmi_agent_init(&instance->agent, instance->storage, size, &config);
	if (error) {
		free(instance->storage);
		return because(error, why, why_size, "the agent could not be set up");
	}
	return 0;
}

static int find_driver(struct scmi_instance *instance, struct scmi_loader *loader,
		       const char *scheme, char *why, size_t why_size)
{
	struct scmi_loader *own = NULL;
	int error;

	if (!loader) {
		if (scmi_loader_new(&own, NULL))
			return because(-ENOMEM, why, why_size, "out of memory");
		loader = own;
	}
	error = scmi_loader_by_scheme(loader, scheme, &instance->driver, why, why_size);
	scmi_loader_free(own);
	return error;
}

static int connect_instance(struct scmi_instance *instance, const char *address,
			    const struct scmi_transport_settings *settings, char *why,
			    size_t why_size)
{
	const struct scmi_transport *transport = scmi_driver_transport(instance->driver);
	struct scmi_transport_limits limits;
	int error;

	if (!transport->agent)
		return because(-EOPNOTSUPP, why, why_size, "the transport %s has no agent's end",
			       transport->name);
	instance->ops = transport->agent;
	error = scmi_settings_suit(settings, transport, why, why_size);
	if (error)
		return error;
	error = instance->ops->open(&instance->device, address, settings, &device_callbacks,
				    instance, &limits, why, why_size);
	if (error)
		return error;
	if (limits.polling && limits.atomic)
		instance->poll_budget_us = settings->poll_budget_us;
	instance->atomic_threshold_us = settings->atomic_threshold_us;
	error = make_agent(instance, &limits, settings, why, why_size);
	if (error)
		instance->ops->close(instance->device);
	return error;
}

int scmi_instance_open(struct scmi_instance **out, const char *text,
		       const struct scmi_instance_options *options, char *why, size_t why_size)
{
	struct scmi_transport_settings settings = {0};
	struct scmi_loader *loader = options ? options->loader : NULL;
	struct scmi_instance *instance;
	struct scmi_uri uri;
	int error;

	error = scmi_uri_parse(&uri, text, why, why_size);
	if (error)
		return error;
	instance = calloc(1, sizeof(*instance));
	if (!instance) {
		error = because(-ENOMEM, why, why_size, "out of memory");
	} else {
		if (options) {
			settings = options->settings;
			instance->trace = options->trace;
			instance->trace_ctx = options->trace_ctx;
			instance->changed = options->changed;
			instance->changed_ctx = options->changed_ctx;
		}
		scmi_settings_default(&settings, &uri.settings);
		error = scmi_settings_check(&settings, why, why_size);
		if (!error)
			error = find_driver(instance, loader, uri.scheme, why, why_size);
		if (!error)
			error = connect_instance(instance, uri.address, &settings, why, why_size);
	}
	scmi_uri_fini(&uri);
	if (!error) {
		scmi_instance_status(instance, &instance->told);
		*out = instance;
	} else if (instance) {
		scmi_driver_put(instance->driver);
		free(instance);
	}
	return error;
}

void scmi_instance_close(struct scmi_instance *instance)
{
	if (!instance)
		return;
	if (instance->link) {
		scmi_managed_close(instance);
		return;
	}
	/* The device last: the callbacks of what ends here may still try to send. */
	scmi_agent_fini(instance->agent);
	instance->ops->close(instance->device);
	scmi_driver_put(instance->driver);
	free(instance->storage);
	free(instance);
}

/* ---- use ------------------------------------------------------------------------------------- */

struct scmi_agent *scmi_instance_agent(struct scmi_instance *instance)
{
	return instance->agent;
}

uint32_t scmi_instance_poll_budget_us(struct scmi_instance *instance)
{
	return instance->link ? scmi_link_poll_budget_us(instance->link) : instance->poll_budget_us;
}

uint32_t scmi_instance_atomic_threshold_us(struct scmi_instance *instance)
{
	return instance->link ? scmi_link_atomic_threshold_us(instance->link)
			      : instance->atomic_threshold_us;
}

int scmi_instance_fd(struct scmi_instance *instance)
{
	return instance->link ? scmi_link_fd(instance->link) : instance->ops->fd(instance->device);
}

uint64_t scmi_instance_next_deadline_ns(struct scmi_instance *instance)
{
	if (instance->link)
		return scmi_link_next_deadline_ns(instance->link);
	return instance->due ? 0 : scmi_agent_next_deadline(instance->agent);
}

static bool is_same(const struct scmi_instance_status *a, const struct scmi_instance_status *b)
{
	return a->ready == b->ready && a->opened == b->opened && a->error == b->error;
}

/* What the application was not told yet; one thread at a time. */
static void tell(struct scmi_instance *instance)
{
	struct scmi_instance_status now, told;

	if (!instance->changed)
		return;
	do {
		if (__atomic_test_and_set(&instance->telling, __ATOMIC_ACQUIRE))
			return;
		scmi_instance_status(instance, &now);
		if (!is_same(&now, &instance->told)) {
			instance->told = now;
			instance->changed(instance->changed_ctx, &now);
		}
		told = now;
		__atomic_clear(&instance->telling, __ATOMIC_RELEASE);
		/* Another thread may have left this to us, just before. */
		scmi_instance_status(instance, &now);
	} while (!is_same(&now, &told));
}

int scmi_instance_dispatch(struct scmi_instance *instance)
{
	if (instance->link) {
		scmi_link_dispatch(instance->link);
		tell(instance);
		return 0;
	}
	if (!instance->closed)
		instance->ops->dispatch(instance->device);
	scmi_agent_tick(instance->agent, scmi_monotonic_ns());
	instance->due = false; /* first: a callback may leave more to do */
	scmi_agent_dispatch(instance->agent);
	tell(instance);
	return instance->closed ? -ENODEV : 0;
}

void scmi_instance_status(struct scmi_instance *instance, struct scmi_instance_status *status)
{
	if (instance->link) {
		scmi_link_status(instance->link, status, NULL, 0);
		return;
	}
	*status = (struct scmi_instance_status){
		.ready = !instance->closed,
		.opened = 1,
		.error = instance->closed,
	};
}

size_t scmi_instance_explain(struct scmi_instance *instance, char *text, size_t size)
{
	const char *words = instance->closed ? "the platform closed the connection" : "ready";

	if (instance->link)
		return scmi_managed_explain(instance, text, size);
	because(0, text, size, "%s", words);
	return strlen(words);
}
