/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The loop of a serving process: watches, deadlines, signals. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/loop.h"
#include "host/monotonic.h"

struct counter {
	struct scmi_loop *loop;
	int fd;
	unsigned calls;
	struct counter *victim; /* unwatched by the handler */
	bool replace_victim;	/* and its descriptor number watched anew */
};

static struct scmi_loop *loop;

static void count(void *arg)
{
	struct counter *counter = arg;

	counter->calls++;
}

static void count_and_remove(void *arg)
{
	struct counter *counter = arg;
	struct counter *victim = counter->victim;
	int fd;

	counter->calls++;
	if (!victim)
		return;
	counter->victim = NULL;
	scmi_loop_unwatch(loop, victim->fd);
	close(victim->fd);
	fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(fd, victim->fd); /* the lowest that is free */
	if (victim->replace_victim)
		assert_int_equal(scmi_loop_watch(loop, fd, true, false, count, victim), 0);
}

static void stop(void *arg)
{
	struct counter *counter = arg;

	counter->calls++;
	scmi_loop_stop(loop);
}

static int set_up(void **state)
{
	(void)state;
	return scmi_loop_new(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	scmi_loop_free(loop);
	return 0;
}

static void ready_descriptor(struct counter *counter)
{
	counter->fd = eventfd(1, EFD_CLOEXEC);
	assert_true(counter->fd >= 0);
}

static void reading_and_writing(void **state)
{
	struct counter counter = {0};

	(void)state;
	counter.fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(scmi_loop_watch(loop, counter.fd, true, false, count, &counter), 0);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
	assert_int_equal(counter.calls, 0);
	assert_int_equal(scmi_loop_watch(loop, counter.fd, true, true, count, &counter), 0);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
	assert_int_equal(counter.calls, 1);
	assert_int_equal(scmi_loop_watch(loop, counter.fd, false, false, count, &counter), 0);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
	assert_int_equal(counter.calls, 1);
	scmi_loop_unwatch(loop, counter.fd);
	scmi_loop_unwatch(loop, counter.fd);
	scmi_loop_unwatch(loop, 4000);
	scmi_loop_unwatch(loop, -1);
	close(counter.fd);
}

static void handlers_remove_watches(void **state)
{
	/* Whoever is called first removes the other, whose event is already there. */
	for (int replace = 0; replace < 2; replace++) {
		struct counter a = {.replace_victim = replace}, b = {.replace_victim = replace};

		(void)state;
		ready_descriptor(&a);
		ready_descriptor(&b);
		a.victim = &b;
		b.victim = &a;
		assert_int_equal(scmi_loop_watch(loop, a.fd, true, false, count_and_remove, &a), 0);
		assert_int_equal(scmi_loop_watch(loop, b.fd, true, false, count_and_remove, &b), 0);
		assert_int_equal(scmi_loop_turn(loop, 0), 0);
		assert_int_equal(a.calls + b.calls, 1);
		scmi_loop_unwatch(loop, a.fd);
		scmi_loop_unwatch(loop, b.fd);
		close(a.fd);
		close(b.fd);
	}
}

static void handler_removes_itself(void **state)
{
	struct counter counter = {.replace_victim = true};

	(void)state;
	ready_descriptor(&counter);
	counter.victim = &counter;
	assert_int_equal(scmi_loop_watch(loop, counter.fd, true, false, count_and_remove, &counter),
			 0);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
	assert_int_equal(counter.calls, 1);
	close(counter.fd);
}

static void many_watches(void **state)
{
	struct counter counters[100] = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		ready_descriptor(&counters[i]);
		assert_int_equal(
			scmi_loop_watch(loop, counters[i].fd, true, false, count, &counters[i]), 0);
	}
	/* More than a turn takes: those that had none come first in the next. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(scmi_loop_turn(loop, 0), 0);
	for (int i = 0; i < 100; i++) {
		assert_true(counters[i].calls >= 1);
		scmi_loop_unwatch(loop, counters[i].fd);
		close(counters[i].fd);
	}
}

static void what_cannot_be_watched(void **state)
{
	struct counter counter = {0};
	FILE *file = tmpfile();
	int fd;

	(void)state;
	assert_non_null(file);
	fd = fileno(file);
	assert_int_equal(scmi_loop_watch(loop, fd, true, false, count, &counter), -EPERM);
	fclose(file);
	assert_int_equal(scmi_loop_watch(loop, fd, true, false, count, &counter), -EBADF);
	assert_int_equal(scmi_loop_watch(loop, -1, true, false, count, &counter), -EINVAL);
	assert_int_equal(scmi_loop_watch(loop, 0, true, false, NULL, &counter), -EINVAL);
}

/* ---- time ------------------------------------------------------------------------------------ */

struct clockwork {
	uint64_t deadline_ns;
	uint64_t ticked_ns;
	unsigned ticks;
};

static uint64_t next_deadline_ns(void *ctx)
{
	return ((struct clockwork *)ctx)->deadline_ns;
}

static void tick(void *ctx, uint64_t now_ns)
{
	struct clockwork *clockwork = ctx;

	clockwork->ticks++;
	clockwork->ticked_ns = now_ns;
	clockwork->deadline_ns = SCMI_NEVER;
}

static void set_deadline(void *arg)
{
	((struct clockwork *)arg)->deadline_ns = 1;
}

static void deadlines(void **state)
{
	struct clockwork clockwork = {.deadline_ns = SCMI_NEVER};
	const struct scmi_loop_timer timer = {
		.ctx = &clockwork,
		.next_deadline_ns = next_deadline_ns,
		.tick = tick,
	};
	uint64_t deadline_ns;
	int fd;

	(void)state;
	scmi_loop_set_timer(loop, &timer);
	assert_int_equal(scmi_loop_turn(loop, 1000), 0);
	assert_int_equal(clockwork.ticks, 0);

	/* One that comes ends the wait, and the tick is not early. */
	deadline_ns = scmi_monotonic_ns() + 300000;
	clockwork.deadline_ns = deadline_ns;
	while (!clockwork.ticks)
		assert_int_equal(scmi_loop_turn(loop, SCMI_NEVER), 0);
	assert_true(clockwork.ticked_ns >= deadline_ns);

	/* One that is over when a handler sets it is served in the same turn. */
	fd = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(scmi_loop_watch(loop, fd, true, false, set_deadline, &clockwork), 0);
	assert_int_equal(scmi_loop_turn(loop, SCMI_NEVER), 0);
	assert_int_equal(clockwork.ticks, 2);
	scmi_loop_unwatch(loop, fd);
	close(fd);
	scmi_loop_set_timer(loop, NULL);
	assert_int_equal(scmi_loop_turn(loop, 0), 0);
}

static void spinning_sees_everything(void **state)
{
	struct counter counter = {0};

	(void)state;
	scmi_loop_set_spin_ns(loop, 50000);
	ready_descriptor(&counter);
	assert_int_equal(scmi_loop_watch(loop, counter.fd, true, false, stop, &counter), 0);
	for (unsigned i = 1; i < 5; i++) {
		assert_int_equal(scmi_loop_run(loop), 0);
		assert_int_equal(counter.calls, i);
	}
	scmi_loop_unwatch(loop, counter.fd);
	assert_int_equal(scmi_loop_turn(loop, 1000), 0);
	close(counter.fd);
}

/* ---- signals --------------------------------------------------------------------------------- */

static void signals(void **state)
{
	struct scmi_loop *other;
	struct counter usr1 = {0}, usr2 = {0};
	sigset_t mask;

	(void)state;
	assert_int_equal(scmi_loop_new(&other), 0);
	assert_int_equal(scmi_loop_signal(other, SIGUSR1, count, &usr1), 0);
	assert_int_equal(scmi_loop_signal(other, SIGUSR2, count, &usr2), 0);
	assert_int_equal(scmi_loop_signal(other, 0, count, &usr2), -EINVAL);
	assert_int_equal(scmi_loop_signal(other, 1000, count, &usr2), -EINVAL);
	raise(SIGUSR2);
	assert_int_equal(scmi_loop_turn(other, SCMI_NEVER), 0);
	assert_int_equal(usr1.calls, 0);
	assert_int_equal(usr2.calls, 1);
	raise(SIGUSR1);
	assert_int_equal(scmi_loop_turn(other, SCMI_NEVER), 0);
	assert_int_equal(usr1.calls, 1);
	scmi_loop_free(other);
	/* As before. */
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	assert_false(sigismember(&mask, SIGUSR1));
	assert_false(sigismember(&mask, SIGUSR2));
}

static int nested;

static void turn_again(void *arg)
{
	(void)arg;
	nested = scmi_loop_turn(loop, 0);
	scmi_loop_stop(loop);
}

static void no_turn_inside_a_turn(void **state)
{
	int fd = eventfd(1, EFD_CLOEXEC);

	(void)state;
	assert_int_equal(scmi_loop_watch(loop, fd, true, false, turn_again, NULL), 0);
	assert_int_equal(scmi_loop_run(loop), 0);
	assert_int_equal(nested, -EDEADLK);
	scmi_loop_unwatch(loop, fd);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading_and_writing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(handlers_remove_watches, set_up, tear_down),
		cmocka_unit_test_setup_teardown(handler_removes_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_watches, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(deadlines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spinning_sees_everything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(signals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_turn_inside_a_turn, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
