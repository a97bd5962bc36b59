/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looking at a ring for a moment before sleeping: to be woken costs more than everything else
 * together. It is of no use where the other side has no other CPU to run on, or takes long, and
 * then it keeps others waiting: so after every time in vain it is left out the next 1, 3, 7 …
 * times.
 *
 *	if (transport_spin_begin(&spin, ns)) {
 *		do {
 *			… transport_spin_hit(&spin) and stop if there was something
 *		} while (transport_spin_again(&spin));
 *	}
 */
#ifndef SCMI_TRANSPORTS_SPIN_H
#define SCMI_TRANSPORTS_SPIN_H

#include <scmi/types.h>

#include <time.h>

#define TRANSPORT_SPIN_MISSES_MAX 10u
/* So often is the ring looked at before the clock is: that costs several looks. */
#define TRANSPORT_SPIN_LOOKS 16u

/* Start with zeros. */
struct transport_spin {
	uint32_t misses; /* in a row */
	uint32_t skip;	 /* so many times it is left out yet */
	uint32_t looks;	 /* this time */
	uint64_t ns;	 /* how long it may last */
	uint64_t until_ns;
};

static inline uint64_t transport_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline bool transport_spin_begin(struct transport_spin *spin, uint64_t ns)
{
	if (spin->skip) {
		spin->skip--;
		return false;
	}
	spin->looks = 0;
	spin->ns = ns;
	return true;
}

static inline void transport_spin_hit(struct transport_spin *spin)
{
	spin->misses = 0;
}

static inline void transport_spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

/* False when the time is over, which is a miss. */
static inline bool transport_spin_again(struct transport_spin *spin)
{
	uint64_t now_ns;

	if (++spin->looks % TRANSPORT_SPIN_LOOKS) {
		transport_spin_pause();
		return true;
	}
	now_ns = transport_now_ns();
	if (spin->looks == TRANSPORT_SPIN_LOOKS)
		spin->until_ns = now_ns + spin->ns;
	if (now_ns < spin->until_ns)
		return true;
	if (spin->misses < TRANSPORT_SPIN_MISSES_MAX)
		spin->misses++;
	spin->skip = (1u << spin->misses) - 1;
	return false;
}

#endif
