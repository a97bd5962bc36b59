/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writing and reading an eventfd that somebody else has too, without ever waiting.
 *
 * write() waits when the counter is full, unless the descriptor has O_NONBLOCK; but that flag
 * belongs to everybody who has the descriptor, and eventfds take no RWF_NOWAIT for writing. So a
 * front end could clear the flag, fill its counter, and hold up the process that serves all the
 * others, and a device could keep an agent beyond its time limit. The kernel itself does not wait when it adds to an eventfd. Here it is made to by an
 * asynchronous read of nothing, whose end it reports to the eventfd: one system call, as write() is,
 * with no time limit to guess, no signal for the rest of the process to suffer, and no thread.
 *
 * A process has one context for these reads, from the first endpoint or device on, and all its threads may
 * use it. A child of fork() does not inherit it, and gets its own when it first needs one.
 */
#ifndef SCMI_TRANSPORTS_WAKEUP_H
#define SCMI_TRANSPORTS_WAKEUP_H

#include <scmi/types.h>

/* Once before the others. 0, or -errno: the kernel, or its limit fs.aio-max-nr, does not allow it. */
int wakeup_init(void);

/* Asks nothing of who made the descriptor, so it cannot be kept waiting either. */
bool wakeup_is_eventfd(int fd);

/*
 * Empty an eventfd, also without waiting. False: it cannot be read so, and is no eventfd.
 */
bool wakeup_take(int fd);

/* Add 1 to an eventfd. If it is full, who waits for it has been woken already. 0 or -errno. */
int wakeup_eventfd(int fd);

#endif
