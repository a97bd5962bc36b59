/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An answer is there when its area is given back, whether or not somebody rings then. So wait() looks
 * at the areas for a while before it sleeps (spin.h), and a call that must not sleep looks at nothing
 * else. Once fd() was asked for, though, answers are looked for when they are rung for: what was
 * fetched before its doorbell rang would leave the descriptor readable for nothing. What the platform
 * says of itself is looked for when it has rung, always: it may be half written before.
 *
 * Where nobody rings, a timer stands for the doorbell while there is something to come.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../wakeup.h"
#include "uio.h"

/* A caller that polls does so without system calls; but every now and then it must see the end. */
#define IDLE_MAX       64u
#define PAUSE_FIRST_NS 20000u
#define PAUSE_MAX_NS   50000000u
#define NS_PER_MS      1000000u
#define EVENTS_MAX     (MAILBOX_CHANNELS_MAX + 3)

/* ---- the timer ------------------------------------------------------------------------------- */

/* Running while an area is out that is polled, so that who sleeps on the descriptors looks again. */
static void set_timer(struct scmi_transport_device *device)
{
	struct itimerspec time = {.it_value.tv_nsec = 0};

	if (device->armed == (device->polled_out != 0))
		return;
	device->armed = device->polled_out != 0;
	if (device->armed)
		time.it_value.tv_nsec = (long)device->pause_ns;
	timerfd_settime(device->timer, 0, &time, NULL);
}

static void timer_expired(struct scmi_transport_device *device)
{
	uint64_t count;
	ssize_t ignored = read(device->timer, &count, sizeof(count));

	(void)ignored;
	device->armed = false;
	/* Soon an eighth of what it has taken so far: that late an answer is seen at most. */
	device->pause_ns += device->pause_ns < NS_PER_MS ? device->pause_ns : device->pause_ns / 8;
	if (device->pause_ns > PAUSE_MAX_NS)
		device->pause_ns = PAUSE_MAX_NS;
	for (uint32_t i = 0; i < device->count; i++)
		device->channels[i].rung |= device->channels[i].polled;
}

/* ---- sending --------------------------------------------------------------------------------- */

/*
 * Where the kernel has no asynchronous reads to give, a platform that means harm can keep us waiting
 * by filling the counter. That is the lesser evil: an agent has chosen its platform.
 */
static void ring(const struct scmi_transport_device *device, const struct mailbox_channel *channel)
{
	mailbox_register_write(&channel->reg);
	if (channel->ring < 0)
		return;
	if (device->may_wait || wakeup_eventfd(channel->ring))
		eventfd_write(channel->ring, 1);
}

static int agent_send(struct scmi_transport_device *device, const void *message, size_t size)
{
	const uint8_t *bytes = message;
	struct mailbox_channel *channel;
	int error;

	if (device->closed)
		return -ENODEV;
	if (size > device->message_size_max || size < sizeof(uint32_t))
		return -EMSGSIZE;
	/* The header's bits 17:10. */
	channel = &device->channels[device->route[(bytes[1] >> 2 | bytes[2] << 6) & 0xff]];
	error = scmi_shmem_send(&channel->sender, message, size);
	if (error)
		return error;
	device->out++;
	if (channel->polled) {
		device->polled_out++;
		device->pause_ns = PAUSE_FIRST_NS;
		if (device->watched)
			set_timer(device);
	}
	ring(device, channel);
	return 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool take_answer(struct scmi_transport_device *device, struct mailbox_channel *channel)
{
	int size = scmi_shmem_fetch(&channel->sender, device->message, sizeof(device->message));

	if (size <= 0)
		return false;
	device->out--;
	device->polled_out -= channel->polled;
	device->callbacks->receive(device->ctx, device->message, (size_t)size);
	return true;
}

static bool take_event(struct scmi_transport_device *device, struct mailbox_channel *channel)
{
	int size = scmi_shmem_take(&channel->receiver, device->message, sizeof(device->message));

	if (size > 0)
		scmi_shmem_give(&channel->receiver, false);
	if (scmi_shmem_should_ring(&channel->receiver))
		ring(device, channel);
	if (size > 0)
		device->callbacks->receive(device->ctx, device->message, (size_t)size);
	return size > 0;
}

/*
 * What has arrived: where it was rung for, or all answers that are there. One of each channel, for a
 * platform could go on for ever. How many messages.
 */
static int collect(struct scmi_transport_device *device, bool all)
{
	int count = 0;

	for (uint32_t i = 0; i < device->count; i++) {
		struct mailbox_channel *channel = &device->channels[i];
		bool rung = channel->rung;

		channel->rung = false;
		if (channel->p2a)
			count += rung && take_event(device, channel);
		else if (channel->sender.lent)
			count += (rung || all) && take_answer(device, channel);
	}
	return count;
}

static int end(struct scmi_transport_device *device, int error)
{
	if (!device->closed) {
		device->closed = true;
		device->callbacks->closed(device->ctx, error);
	}
	return -ENODEV;
}

/* The platform has nothing to say on its socket but that it is gone. */
static int socket_error(const struct scmi_transport_device *device)
{
	uint8_t byte;
	ssize_t size = recv(device->socket, &byte, sizeof(byte), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return size > 0 ? -EPROTO : -ENODEV;
}

static int interrupted(struct scmi_transport_device *device)
{
	for (uint32_t i = 0; i < device->count; i++)
		device->channels[i].rung = true;
	return mailbox_uio_interrupt(device);
}

/*
 * Wait for a descriptor. 1: one had something; 0: none, or a signal came; else why the platform is of
 * no use any more, to be told behind what it still said.
 */
static int look(struct scmi_transport_device *device, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int error = 0, count;

	device->idle = 0;
	count = epoll_wait(device->epoll, events, EVENTS_MAX, timeout_ms);
	for (int i = 0; i < count; i++) {
		uint32_t what = events[i].data.u32;

		if (what == MAILBOX_TIMER)
			timer_expired(device);
		else if (what == MAILBOX_SOCKET)
			error = socket_error(device);
		else if (what == MAILBOX_IRQ)
			error = interrupted(device);
		else if (wakeup_take(device->channels[what].bell))
			device->channels[what].rung = true;
		else
			error = -EPROTO;
	}
	return error ? error : count > 0;
}

/*
 * All that look() found; and where it found nothing, or the end, answers that nobody has rung for. As
 * collect(), or -ENODEV.
 */
static int follow(struct scmi_transport_device *device, int seen)
{
	int got = collect(device, !device->watched || seen <= 0);

	return seen < 0 ? end(device, seen) : got;
}

static int agent_dispatch(struct scmi_transport_device *device)
{
	int seen = 0;

	if (device->closed)
		return -ENODEV;
	if (device->watched || !device->out || ++device->idle >= IDLE_MAX)
		seen = look(device, 0);
	seen = follow(device, seen);
	if (device->watched)
		set_timer(device);
	return seen < 0 ? seen : 0;
}

static int agent_fd(struct scmi_transport_device *device)
{
	device->watched = true;
	set_timer(device);
	return device->epoll;
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Look without sleeping, for a while. True: something came. */
static bool look_awhile(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	uint64_t ns = timeout_ns < device->polling_ns ? timeout_ns : device->polling_ns;

	if (device->watched || !device->out || !ns || !transport_spin_begin(&device->spin, ns))
		return false;
	do {
		if (collect(device, true)) {
			transport_spin_hit(&device->spin);
			return true;
		}
	} while (transport_spin_again(&device->spin));
	return false;
}

/* Sleep until something came. As wait(), but -EAGAIN: woken for nothing. */
static int sleep_until(struct scmi_transport_device *device, uint64_t deadline_ns)
{
	int timeout_ms = -1, seen, got;
	uint64_t now_ns;

	if (deadline_ns != SCMI_NEVER) {
		now_ns = transport_now_ns();
		/* Never early; and in pieces, where it is longer than an int can say. */
		timeout_ms = 0;
		if (now_ns < deadline_ns) {
			now_ns = (deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
			timeout_ms = now_ns < 1000000 ? (int)now_ns : 1000000;
		}
	}
	set_timer(device);
	seen = look(device, timeout_ms);
	got = follow(device, seen);
	if (got)
		return got < 0 ? got : 0;
	if (transport_now_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return seen ? -EAGAIN : 0;
}

static int agent_wait(struct scmi_transport_device *device, uint64_t timeout_ns)
{
	uint64_t deadline_ns = SCMI_NEVER, now_ns;
	int error;

	if (device->closed)
		return -ENODEV;
	/* Who always finds answers at once must see the rest, too. */
	if (++device->idle < IDLE_MAX && look_awhile(device, timeout_ns))
		return 0;
	now_ns = transport_now_ns();
	if (timeout_ns < SCMI_NEVER - now_ns)
		deadline_ns = now_ns + timeout_ns;
	do {
		error = sleep_until(device, deadline_ns);
	} while (error == -EAGAIN);
	if (device->watched)
		set_timer(device);
	return error;
}

const struct scmi_transport_agent_ops mailbox_agent_ops = {
	.open = mailbox_agent_open,
	.close = mailbox_agent_close,
	.send = agent_send,
	.fd = agent_fd,
	.dispatch = agent_dispatch,
	.wait = agent_wait,
};
