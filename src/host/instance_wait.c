/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads that use one device: sending, waiting for answers, dispatching. */
#define _GNU_SOURCE

#include "instance_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "../transports/why.h"
#include "monotonic.h"

#define NS_PER_S 1000000000u

static struct timespec timespec_of(uint64_t ns)
{
	/* Far beyond any deadline, and small enough for any time_t. */
	if (ns > 1000000000 * (uint64_t)NS_PER_S)
		ns = 1000000000 * (uint64_t)NS_PER_S;
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = ns % NS_PER_S};
}

void scmi_link_news(struct scmi_link *link)
{
	pthread_cond_broadcast(&link->news);
	if (link->led)
		eventfd_write(link->kick, 1);
}

/* There is a device that may be called; the mutex is held. */
static bool usable(const struct scmi_link *link)
{
	return link->device && !link->leaving && !link->gone;
}

/* Take in what has arrived, and say so; the mutex is held. */
static int take_in(struct scmi_link *link)
{
	uint32_t before = link->received;
	int error = link->ops->dispatch(link->device);

	if (link->received != before || error)
		scmi_link_news(link);
	return error;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Sleep until the device has something, without the mutex, and take it in. */
static void lead(struct scmi_link *link, uint64_t now_ns, uint64_t deadline_ns)
{
	struct pollfd descriptors[] = {
		{.fd = link->device_fd, .events = POLLIN},
		{.fd = link->kick, .events = POLLIN},
	};
	struct timespec timeout = timespec_of(deadline_ns - now_ns);
	eventfd_t kicks;

	/* What has to be let run by who waits is not heard of otherwise. */
	if (!link->polling && deadline_ns - now_ns > NS_PER_MS)
		timeout = timespec_of(NS_PER_MS);
	link->led = true;
	pthread_mutex_unlock(&link->mutex);
	ppoll(descriptors, 2, &timeout, NULL);
	pthread_mutex_lock(&link->mutex);
	link->led = false;
	if (descriptors[1].revents)
		eventfd_read(link->kick, &kicks);
	if (usable(link))
		take_in(link);
	/* Somebody else leads, or closes the device. */
	pthread_cond_broadcast(&link->news);
}

/* A platform in this very thread does nothing before its agent lets it. */
static void let_run(struct scmi_link *link)
{
	uint32_t before = link->received;

	link->ops->wait(link->device, 0);
	if (link->received != before)
		scmi_link_news(link);
}

int scmi_link_wait(struct scmi_link *link, uint64_t deadline_ns, scmi_over_fn *over,
		   const void *what)
{
	const struct timespec until = timespec_of(deadline_ns);
	uint64_t now_ns;
	int error = 0;

	pthread_mutex_lock(&link->mutex);
	while (!error && !over(what)) {
		now_ns = scmi_monotonic_ns();
		if (now_ns >= deadline_ns)
			break;
		if (!usable(link)) {
			error = -ENODEV;
		} else if (link->led) {
			pthread_cond_timedwait(&link->news, &link->mutex, &until);
		} else {
			if (!link->polling)
				let_run(link);
			if (usable(link) && !over(what))
				lead(link, now_ns, deadline_ns);
		}
	}
	pthread_mutex_unlock(&link->mutex);
	return error;
}

/* ---- what the agent asks --------------------------------------------------------------------- */

static int host_send(void *ctx, const void *message, size_t size)
{
	struct scmi_link *link = ctx;
	int error = -ENODEV;

	pthread_mutex_lock(&link->mutex);
	if (usable(link))
		error = link->ops->send(link->device, message, size);
	pthread_mutex_unlock(&link->mutex);
	return error;
}

static uint64_t host_now_ns(void *ctx)
{
	(void)ctx;
	return scmi_monotonic_ns();
}

static int host_wait(void *ctx, uint64_t deadline_ns, scmi_over_fn *over, const void *what)
{
	return scmi_link_wait(ctx, deadline_ns, over, what);
}

static int host_poll(void *ctx)
{
	struct scmi_link *link = ctx;
	int error = -ENODEV;

	pthread_mutex_lock(&link->mutex);
	if (usable(link))
		error = take_in(link);
	pthread_mutex_unlock(&link->mutex);
	return error;
}

static void host_lock(void *ctx)
{
	struct scmi_link *link = ctx;

	pthread_mutex_lock(&link->channel);
}

static void host_unlock(void *ctx)
{
	struct scmi_link *link = ctx;

	pthread_mutex_unlock(&link->channel);
}

static void host_wake(void *ctx)
{
	scmi_link_ring(ctx);
}

static void host_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	struct scmi_link *link = ctx;

	link->trace(link->trace_ctx, to_platform, message, size);
}

static const void *host_caller(void *ctx)
{
	static _Thread_local char self;

	(void)ctx;
	return &self;
}

const struct scmi_agent_host scmi_link_host = {
	.send = host_send,
	.now_ns = host_now_ns,
	.wait = host_wait,
	.lock = host_lock,
	.unlock = host_unlock,
	.wake = host_wake,
	.trace = host_trace,
	.poll = host_poll,
	.caller = host_caller,
};

/* ---- an application's loop ------------------------------------------------------------------- */

uint64_t scmi_link_next_deadline_ns(struct scmi_link *link)
{
	if (__atomic_load_n(&link->due, __ATOMIC_SEQ_CST))
		return 0;
	return scmi_agent_next_deadline(link->agent);
}

void scmi_link_dispatch(struct scmi_link *link)
{
	uint64_t now_ns = scmi_monotonic_ns();
	bool over = scmi_agent_next_deadline(link->agent) <= now_ns;
	eventfd_t rings;

	/* First: what comes from now on rings again. */
	eventfd_read(link->bell, &rings);
	__atomic_store_n(&link->due, false, __ATOMIC_SEQ_CST);
	if (over)
		scmi_agent_tick(link->agent, now_ns);
	pthread_mutex_lock(&link->mutex);
	if (over)
		scmi_link_news(link);
	if (usable(link))
		take_in(link);
	pthread_mutex_unlock(&link->mutex);
	scmi_agent_dispatch(link->agent);
}

void scmi_link_status(struct scmi_link *link, struct scmi_instance_status *status, char *why,
		      size_t why_size)
{
	pthread_mutex_lock(&link->mutex);
	status->ready = link->ready;
	status->opened = link->opened;
	status->refused = link->refused;
	status->error = link->error;
	if (why_size)
		because(0, why, why_size, "%s", link->why);
	pthread_mutex_unlock(&link->mutex);
}

int scmi_link_fd(struct scmi_link *link)
{
	return link->epoll;
}

uint32_t scmi_link_poll_budget_us(struct scmi_link *link)
{
	uint32_t budget_us;

	pthread_mutex_lock(&link->mutex);
	budget_us = link->poll_budget_us;
	pthread_mutex_unlock(&link->mutex);
	return budget_us;
}

uint32_t scmi_link_atomic_threshold_us(struct scmi_link *link)
{
	uint32_t threshold_us;

	pthread_mutex_lock(&link->mutex);
	threshold_us = link->atomic_threshold_us;
	pthread_mutex_unlock(&link->mutex);
	return threshold_us;
}
