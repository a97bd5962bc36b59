/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opening and closing the device of a link, and what its agent asks and is told meanwhile. */
#include "instance_link.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../transports/why.h"
#include "instance_wait.h"
#include "monotonic.h"
#include "uri.h"

/* What there is storage for where the application does not say. */
#define MESSAGES_MAX	  48u
#define MESSAGE_SIZE_MAX  4096u
#define NOTIFICATIONS_MAX 128u
#define SUBSCRIPTIONS_MAX 1024u
/* After the first failure; then twice as long each time. */
#define PAUSE_MIN_NS (50 * (uint64_t)NS_PER_MS)
#define PAUSE_MAX_NS (2000 * (uint64_t)NS_PER_MS)
/* A command that is being sent has no time limit yet. */
#define QUIESCE_LOOK_NS (10 * (uint64_t)NS_PER_MS)

/* ---- telling --------------------------------------------------------------------------------- */

void scmi_link_ring(struct scmi_link *link)
{
	__atomic_store_n(&link->due, true, __ATOMIC_SEQ_CST);
	eventfd_write(link->bell, 1);
}

/* It is not ready, and why; the mutex is held. */
static void set_away(struct scmi_link *link, int error, const char *why)
{
	link->ready = false;
	link->error = error;
	snprintf(link->why, sizeof(link->why), "%s", why);
	scmi_link_ring(link);
}

/* Try again after a while; the mutex is held. */
static void try_later(struct scmi_link *link)
{
	link->pause_ns = link->pause_ns ? link->pause_ns * 2 : PAUSE_MIN_NS;
	if (link->pause_ns > PAUSE_MAX_NS)
		link->pause_ns = PAUSE_MAX_NS;
	link->retry_ns = scmi_monotonic_ns() + link->pause_ns;
	link->wake(link->wake_ctx);
}

/* ---- what the device tells, from a call that has the mutex ----------------------------------- */

static void on_receive(void *ctx, const void *message, size_t size)
{
	struct scmi_link *link = ctx;

	link->received++;
	scmi_agent_receive(link->agent, message, size);
}

static void on_closed(void *ctx, int error)
{
	struct scmi_link *link = ctx;

	link->gone = true;
	/* It would be readable for ever. */
	epoll_ctl(link->epoll, EPOLL_CTL_DEL, link->device_fd, NULL);
	scmi_agent_closed(link->agent, error);
	set_away(link, error < 0 ? error : -ENODEV, "the platform closed the connection");
	try_later(link);
}

static const struct scmi_transport_agent_callbacks device_callbacks = {
	.size = sizeof(device_callbacks), .receive = on_receive, .closed = on_closed,
	/* Without lost(): what has gone is opened anew, here, and subscriptions with it. */
};

/* ---- opening --------------------------------------------------------------------------------- */

/*
 * What the descriptor says, then the application; no messages for which the agent has no room, where
 * the driver can be told so.
 */
static void settings_for(const struct scmi_link *link, struct scmi_transport_settings *settings)
{
	const struct scmi_transport *transport = link->to.transport;

	*settings = link->to.descriptor->settings;
	scmi_settings_default(settings, &link->settings);
	if (transport->settings & SCMI_SETTING_MESSAGE_SIZE_MAX && !settings->message_size_max &&
	    transport->limits.message_size_max > link->message_size_max)
		settings->message_size_max = link->message_size_max;
}

/* The device is there: for everybody who waits, polls or is told, and for the agent. 0 or -errno. */
static int publish(struct scmi_link *link, struct scmi_transport_device *device,
		   const struct scmi_transport_limits *limits,
		   const struct scmi_transport_settings *settings)
{
	const struct scmi_agent_limits agent_limits = scmi_instance_limits(limits, settings);
	struct epoll_event event = {.events = EPOLLIN};
	int error = 0;

	pthread_mutex_lock(&link->mutex);
	link->ops = link->to.transport->agent;
	link->device_fd = link->ops->fd(device);
	link->gone = false;
	link->polling = limits->polling;
	link->poll_budget_us = limits->polling && limits->atomic ? settings->poll_budget_us : 0;
	link->atomic_threshold_us = settings->atomic_threshold_us;
	if (link->lost || !link->wanted)
		error = -ENODEV;
	else if (epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->device_fd, &event))
		error = -errno;
	if (!error) {
		link->device = device;
		error = scmi_agent_reopen(link->agent, &agent_limits);
	}
	pthread_mutex_unlock(&link->mutex);
	return error;
}

/* Nobody uses the device any more, and it is closed. `life` is held. */
static void disconnect(struct scmi_link *link)
{
	const struct scmi_transport_agent_ops *ops = link->ops;
	struct scmi_transport_device *device;

	pthread_mutex_lock(&link->mutex);
	device = link->device;
	if (device) {
		scmi_agent_closed(link->agent, -ENODEV);
		link->leaving = true;
		scmi_link_news(link);
		while (link->led)
			pthread_cond_wait(&link->news, &link->mutex);
		link->leaving = false;
		if (!link->gone)
			epoll_ctl(link->epoll, EPOLL_CTL_DEL, link->device_fd, NULL);
		link->device = NULL;
	}
	pthread_mutex_unlock(&link->mutex);
	if (device)
		ops->close(device);
}

/* `life` is held. 0, or -errno with a sentence. */
static int connect_link(struct scmi_link *link, char *why, size_t why_size)
{
	const struct scmi_transport *transport = link->to.transport;
	struct scmi_transport_settings settings;
	struct scmi_transport_limits limits;
	struct scmi_transport_device *device;
	uint32_t refused = 0;
	int error;

	if (!transport->agent)
		return because(-EOPNOTSUPP, why, why_size, "the transport %s has no agent's end",
			       transport->name);
	settings_for(link, &settings);
	error = scmi_settings_suit(&settings, transport, why, why_size);
	if (error)
		return error;
	error = transport->agent->open(&device, link->to.address, &settings, &device_callbacks,
				       link, &limits, why, why_size);
	if (error)
		return error;
	if (limits.message_size_max > link->message_size_max)
		error = because(-EMSGSIZE, why, why_size,
				"its messages have up to %u bytes, this instance has room for %u",
				limits.message_size_max, link->message_size_max);
	else
		error = publish(link, device, &limits, &settings);
	if (error && !link->device)
		transport->agent->close(device);
	if (!error)
		error = scmi_agent_resume(link->agent, &refused);
	pthread_mutex_lock(&link->mutex);
	if (!error && link->gone)
		error = -ENODEV;
	if (!error) {
		link->ready = true;
		link->opened++;
		link->refused = refused;
		link->error = 0;
		link->why[0] = '\0';
		link->pause_ns = 0;
		scmi_link_ring(link);
	}
	pthread_mutex_unlock(&link->mutex);
	if (error)
		disconnect(link);
	return error;
}

/* The same; what failed is told, and tried again. */
static int try_to_connect(struct scmi_link *link)
{
	char why[256] = "";
	int error;

	pthread_mutex_lock(&link->mutex);
	link->retry_ns = SCMI_NEVER;
	pthread_mutex_unlock(&link->mutex);
	error = connect_link(link, why, sizeof(why));
	if (!error)
		return 0;
	pthread_mutex_lock(&link->mutex);
	set_away(link, error, why[0] ? why : "the platform does not answer");
	try_later(link);
	pthread_mutex_unlock(&link->mutex);
	return error;
}

/* ---- the binder ------------------------------------------------------------------------------ */

int scmi_link_bind(struct scmi_link *link, const struct scmi_bound *bound)
{
	int error = 0;

	pthread_mutex_lock(&link->life);
	link->to = *bound;
	pthread_mutex_lock(&link->mutex);
	link->bound = true;
	link->lost = false;
	link->failed = false;
	link->retry_ns = SCMI_NEVER;
	pthread_mutex_unlock(&link->mutex);
	if (link->agent)
		error = try_to_connect(link);
	if (error) {
		pthread_mutex_lock(&link->mutex);
		link->bound = false;
		link->failed = true;
		pthread_mutex_unlock(&link->mutex);
	}
	pthread_mutex_unlock(&link->life);
	return error;
}

static bool idle_or_lost(const void *what)
{
	const struct scmi_link *link = what;

	return link->lost || link->gone || scmi_agent_idle(link->agent);
}

/* What is out may end, within its time limits; nothing new begins. */
static void quiesce(struct scmi_link *link)
{
	bool over = false;

	scmi_agent_quiesce(link->agent);
	while (!over) {
		uint64_t until_ns = scmi_agent_next_deadline(link->agent);

		if (until_ns == SCMI_NEVER)
			until_ns = scmi_monotonic_ns() + QUIESCE_LOOK_NS;
		scmi_link_wait(link, until_ns, idle_or_lost, link);
		scmi_agent_tick(link->agent, scmi_monotonic_ns());
		pthread_mutex_lock(&link->mutex);
		scmi_link_news(link);
		over = idle_or_lost(link);
		pthread_mutex_unlock(&link->mutex);
	}
}

void scmi_link_unbind(struct scmi_link *link, bool lost)
{
	pthread_mutex_lock(&link->life);
	pthread_mutex_lock(&link->mutex);
	link->retry_ns = SCMI_NEVER;
	if (link->agent)
		set_away(link, -ENODEV, "");
	pthread_mutex_unlock(&link->mutex);
	if (link->device && !lost)
		quiesce(link);
	disconnect(link);
	pthread_mutex_lock(&link->mutex);
	link->bound = false;
	link->lost = false;
	pthread_mutex_unlock(&link->mutex);
	pthread_mutex_unlock(&link->life);
}

void scmi_link_lost(struct scmi_link *link)
{
	pthread_mutex_lock(&link->mutex);
	if (link->bound) {
		link->lost = true;
		if (link->agent) {
			scmi_agent_closed(link->agent, -ENODEV);
			set_away(link, -ENODEV, "");
		}
		scmi_link_news(link);
	}
	pthread_mutex_unlock(&link->mutex);
}

/* ---- by itself ------------------------------------------------------------------------------- */

uint64_t scmi_link_due_ns(struct scmi_link *link)
{
	uint64_t due_ns;

	pthread_mutex_lock(&link->mutex);
	due_ns = link->agent && !link->lost && (link->bound || link->failed) ? link->retry_ns
									     : SCMI_NEVER;
	pthread_mutex_unlock(&link->mutex);
	return due_ns;
}

void scmi_link_work(struct scmi_link *link, uint64_t now_ns, struct scmi_binding *binding)
{
	bool due;

	pthread_mutex_lock(&link->life);
	due = scmi_link_due_ns(link) <= now_ns;
	if (due && link->failed) {
		pthread_mutex_lock(&link->mutex);
		link->retry_ns = SCMI_NEVER;
		pthread_mutex_unlock(&link->mutex);
		/* It is there as long as an application has the link. */
		scmi_binding_retry(binding);
	} else if (due) {
		disconnect(link);
		try_to_connect(link);
	}
	pthread_mutex_unlock(&link->life);
}

/* ---- an application takes and leaves it ------------------------------------------------------ */

static int make_agent(struct scmi_link *link, const struct scmi_instance_options *options,
		      struct scmi_agent **agent, char *why, size_t why_size)
{
	const struct scmi_transport_settings none = {0}, *settings = &none;
	struct scmi_agent_config config = {
		.host = scmi_link_host,
		.messages_max = MESSAGES_MAX,
		.message_size_max = MESSAGE_SIZE_MAX,
		.notifications_max = NOTIFICATIONS_MAX,
		/* The channels' own are in force. */
		.response_timeout_ns = NS_PER_MS,
		.delayed_timeout_ns = NS_PER_MS,
		.p2a = true,
		.waits_for_room = true,
		.subscriptions_max = SUBSCRIPTIONS_MAX,
	};
	size_t size;

	if (options)
		settings = &options->settings;
	if (settings->messages_max)
		config.messages_max = settings->messages_max;
	if (settings->message_size_max)
		config.message_size_max = settings->message_size_max;
	config.host.ctx = link;
	link->trace = options ? options->trace : NULL;
	link->trace_ctx = options ? options->trace_ctx : NULL;
	if (!link->trace)
		config.host.trace = NULL;
	size = scmi_agent_size(&config);
	link->storage = malloc(size);
	if (!link->storage || scmi_agent_init(agent, link->storage, size, &config))
		return because(-ENOMEM, why, why_size, "out of memory (%zu bytes)", size);
	scmi_agent_closed(*agent, -ENODEV);
	link->settings = *settings;
	/* These say what there is room for, and not what a channel shall use. */
	link->settings.messages_max = 0;
	link->settings.message_size_max = 0;
	link->messages_max = config.messages_max;
	link->message_size_max = config.message_size_max;
	return 0;
}

static int open_descriptors(struct scmi_link *link)
{
	struct epoll_event event = {.events = EPOLLIN};

	link->epoll = epoll_create1(EPOLL_CLOEXEC);
	link->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	link->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->epoll < 0 || link->bell < 0 || link->kick < 0 ||
	    epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->bell, &event))
		return -errno;
	return 0;
}

static void close_descriptors(struct scmi_link *link)
{
	int *descriptors[] = {&link->epoll, &link->bell, &link->kick};

	for (size_t i = 0; i < 3; i++) {
		if (*descriptors[i] >= 0)
			close(*descriptors[i]);
		*descriptors[i] = -1;
	}
}

int scmi_link_take(struct scmi_link *link, const struct scmi_instance_options *options, char *why,
		   size_t why_size)
{
	struct scmi_agent *agent = NULL;
	int error;

	pthread_mutex_lock(&link->life);
	if (link->agent) {
		pthread_mutex_unlock(&link->life);
		return because(-EBUSY, why, why_size, "this process has the instance already");
	}
	error = open_descriptors(link);
	if (error)
		because(error, why, why_size, "no descriptors: %s", strerror(-error));
	else
		error = make_agent(link, options, &agent, why, why_size);
	pthread_mutex_lock(&link->mutex);
	if (error) {
		close_descriptors(link);
		free(link->storage);
		link->storage = NULL;
	} else {
		link->agent = agent;
		link->wanted = true;
		link->ready = false;
		link->opened = 0;
		link->refused = 0;
		link->error = -ENODEV;
		link->why[0] = '\0';
		link->due = false;
		link->retry_ns = 0;
		link->pause_ns = 0;
	}
	pthread_mutex_unlock(&link->mutex);
	pthread_mutex_unlock(&link->life);
	if (!error)
		link->wake(link->wake_ctx);
	return error;
}

void scmi_link_leave(struct scmi_link *link)
{
	struct scmi_agent *agent;
	void *storage;

	/* A device that is just being opened does not hold this up. */
	pthread_mutex_lock(&link->mutex);
	link->wanted = false;
	scmi_agent_closed(link->agent, -ENODEV);
	scmi_link_news(link);
	pthread_mutex_unlock(&link->mutex);
	pthread_mutex_lock(&link->life);
	disconnect(link);
	pthread_mutex_lock(&link->mutex);
	agent = link->agent;
	storage = link->storage;
	link->agent = NULL;
	link->storage = NULL;
	link->ready = false;
	close_descriptors(link);
	pthread_mutex_unlock(&link->mutex);
	pthread_mutex_unlock(&link->life);
	/* Calls back for what has ended; everything has, so that nothing rings any more. */
	scmi_agent_fini(agent);
	free(storage);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

int scmi_link_init(struct scmi_link *link, void (*wake)(void *ctx), void *wake_ctx)
{
	pthread_condattr_t attributes;
	int error;

	memset(link, 0, sizeof(*link));
	link->epoll = link->bell = link->kick = -1;
	link->retry_ns = SCMI_NEVER;
	link->wake = wake;
	link->wake_ctx = wake_ctx;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	error = pthread_cond_init(&link->news, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&link->life, NULL);
	pthread_mutex_init(&link->mutex, NULL);
	pthread_mutex_init(&link->channel, NULL);
	return -error;
}

void scmi_link_fini(struct scmi_link *link)
{
	pthread_mutex_destroy(&link->channel);
	pthread_mutex_destroy(&link->mutex);
	pthread_mutex_destroy(&link->life);
	pthread_cond_destroy(&link->news);
}
