/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "monotonic.h"

#define EVENTS_PER_TURN 32
#define SIGNAL_COUNT	65

struct watch {
	scmi_loop_fn *handler; /* NULL: not watched */
	void *arg;
	uint32_t events;
	uint32_t generation; /* an event of an earlier watch of the same number has another */
};

struct scmi_loop {
	int epoll;
	int signals; /* signalfd, -1 until the first signal is asked for */
	bool turning;
	bool stop;
	uint64_t spin_ns;
	uint64_t spin_until_ns;
	const struct scmi_loop_timer *timer;
	struct watch *watches; /* by descriptor */
	size_t watch_count;
	uint32_t generation;
	sigset_t asked;
	sigset_t mask_before;
	struct {
		scmi_loop_fn *handler;
		void *arg;
	} on_signal[SIGNAL_COUNT];
};

int scmi_loop_new(struct scmi_loop **out)
{
	struct scmi_loop *loop = calloc(1, sizeof(*loop));
	int error;

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		error = -errno;
		free(loop);
		return error;
	}
	loop->signals = -1;
	sigemptyset(&loop->asked);
	*out = loop;
	return 0;
}

void scmi_loop_free(struct scmi_loop *loop)
{
	if (!loop)
		return;
	if (loop->signals >= 0) {
		close(loop->signals);
		sigprocmask(SIG_SETMASK, &loop->mask_before, NULL);
	}
	close(loop->epoll);
	free(loop->watches);
	free(loop);
}

/* ---- watches --------------------------------------------------------------------------------- */

static int make_room(struct scmi_loop *loop, int fd)
{
	size_t count = loop->watch_count ? loop->watch_count : 16;
	struct watch *watches;

	if ((size_t)fd < loop->watch_count)
		return 0;
	while (count <= (size_t)fd)
		count *= 2;
	watches = realloc(loop->watches, count * sizeof(*watches));
	if (!watches)
		return -ENOMEM;
	memset(watches + loop->watch_count, 0, (count - loop->watch_count) * sizeof(*watches));
	loop->watches = watches;
	loop->watch_count = count;
	return 0;
}

int scmi_loop_watch(void *ctx, int fd, bool want_read, bool want_write, scmi_loop_fn *handler,
		    void *arg)
{
	struct scmi_loop *loop = ctx;
	struct epoll_event event = {
		.events = (want_read ? EPOLLIN : 0u) | (want_write ? EPOLLOUT : 0u),
	};
	struct watch *watch;
	int error;

	if (fd < 0 || !handler)
		return -EINVAL;
	error = make_room(loop, fd);
	if (error)
		return error;
	watch = &loop->watches[fd];
	if (!watch->handler || watch->events != event.events) {
		if (!watch->handler)
			watch->generation = ++loop->generation;
		event.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd;
		if (epoll_ctl(loop->epoll, watch->handler ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
			      &event))
			return -errno;
	}
	watch->handler = handler;
	watch->arg = arg;
	watch->events = event.events;
	return 0;
}

void scmi_loop_unwatch(void *ctx, int fd)
{
	struct scmi_loop *loop = ctx;

	if (fd < 0 || (size_t)fd >= loop->watch_count || !loop->watches[fd].handler)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop->watches[fd].handler = NULL;
}

/* ---- signals --------------------------------------------------------------------------------- */

static void on_signalfd(void *arg)
{
	struct scmi_loop *loop = arg;
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo < SIGNAL_COUNT && loop->on_signal[info.ssi_signo].handler)
			loop->on_signal[info.ssi_signo].handler(
				loop->on_signal[info.ssi_signo].arg);
	}
}

int scmi_loop_signal(struct scmi_loop *loop, int signal, scmi_loop_fn *handler, void *arg)
{
	bool first = loop->signals < 0;
	int fd, error;

	if (signal <= 0 || signal >= SIGNAL_COUNT || !handler)
		return -EINVAL;
	sigaddset(&loop->asked, signal);
	fd = signalfd(loop->signals, &loop->asked, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (first) {
		error = scmi_loop_watch(loop, fd, true, false, on_signalfd, loop);
		if (error) {
			close(fd);
			return error;
		}
		loop->signals = fd;
	}
	loop->on_signal[signal].handler = handler;
	loop->on_signal[signal].arg = arg;
	sigprocmask(SIG_BLOCK, &loop->asked, first ? &loop->mask_before : NULL);
	return 0;
}

/* ---- turns ----------------------------------------------------------------------------------- */

void scmi_loop_set_timer(struct scmi_loop *loop, const struct scmi_loop_timer *timer)
{
	loop->timer = timer;
}

void scmi_loop_set_spin_ns(struct scmi_loop *loop, uint64_t spin_ns)
{
	loop->spin_ns = spin_ns;
	loop->spin_until_ns = 0;
}

/* Sleep until something is ready, `timeout_ns` at the most. */
static int wait_for_events(struct scmi_loop *loop, struct epoll_event *events, uint64_t timeout_ns)
{
	struct timespec timeout;
	int count;

	if (timeout_ns == SCMI_NEVER)
		return epoll_wait(loop->epoll, events, EVENTS_PER_TURN, -1);
	if (timeout_ns == 0)
		return epoll_wait(loop->epoll, events, EVENTS_PER_TURN, 0);

	timeout.tv_sec = (time_t)(timeout_ns / 1000000000u);
	timeout.tv_nsec = (long)(timeout_ns % 1000000000u);
	count = epoll_pwait2(loop->epoll, events, EVENTS_PER_TURN, &timeout, NULL);
	if (count < 0 && errno == ENOSYS) {
		/*
		 * Kernels before 5.11 know milliseconds only. Late is right, early would turn
		 * in vain.
		 */
		timeout_ns = (timeout_ns + 999999u) / 1000000u;
		count = epoll_wait(loop->epoll, events, EVENTS_PER_TURN,
				   timeout_ns < INT_MAX ? (int)timeout_ns : INT_MAX);
	}
	return count;
}

static void call_handlers(struct scmi_loop *loop, const struct epoll_event *events, int count)
{
	const struct watch *watch;
	uint32_t fd;

	for (int i = 0; i < count; i++) {
		fd = (uint32_t)events[i].data.u64;
		watch = &loop->watches[fd];
		/* An earlier handler of this turn may have removed it, or reused its number. */
		if (watch->handler && watch->generation == (uint32_t)(events[i].data.u64 >> 32))
			watch->handler(watch->arg);
	}
}

int scmi_loop_turn(void *ctx, uint64_t timeout_ns)
{
	struct scmi_loop *loop = ctx;
	const struct scmi_loop_timer *timer = loop->timer;
	uint64_t deadline_ns = timer ? timer->next_deadline_ns(timer->ctx) : SCMI_NEVER;
	struct epoll_event events[EVENTS_PER_TURN];
	uint64_t now_ns = 0;
	int count;

	if (loop->turning)
		return -EDEADLK;
	if (deadline_ns != SCMI_NEVER || loop->spin_until_ns)
		now_ns = scmi_monotonic_ns();
	if (deadline_ns != SCMI_NEVER) {
		uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

		if (left_ns < timeout_ns)
			timeout_ns = left_ns;
	}
	if (now_ns < loop->spin_until_ns)
		timeout_ns = 0;
	else
		loop->spin_until_ns = 0;

	count = wait_for_events(loop, events, timeout_ns);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	loop->turning = true;
	call_handlers(loop, events, count);
	/* Asked again: what was just handled may have set a deadline that is already over. */
	if (timer && timer->next_deadline_ns(timer->ctx) != SCMI_NEVER) {
		now_ns = scmi_monotonic_ns();
		if (timer->next_deadline_ns(timer->ctx) <= now_ns)
			timer->tick(timer->ctx, now_ns);
	}
	loop->turning = false;
	if (count > 0 && loop->spin_ns)
		loop->spin_until_ns = scmi_monotonic_ns() + loop->spin_ns;
	return 0;
}

int scmi_loop_run(struct scmi_loop *loop)
{
	int error = 0;

	loop->stop = false;
	while (!error && !loop->stop)
		error = scmi_loop_turn(loop, SCMI_NEVER);
	return error;
}

void scmi_loop_stop(struct scmi_loop *loop)
{
	loop->stop = true;
}
