/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a round trip costs at least: two processes, each pinned to a CPU, that hand something to and
 * fro and do nothing else. A latency says little without it, as it differs much among machines, and
 * within one from minute to minute.
 */
#ifndef SCMI_HOST_BENCH_FLOOR_H
#define SCMI_HOST_BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

struct scmi_latency {
	uint64_t median_ns;
	uint64_t p99_ns; /* 99 of 100 took at most this */
};

/* Sorts the samples; count is at least 1. */
void scmi_latency_of(uint64_t *samples_ns, size_t count, struct scmi_latency *latency);

enum scmi_floor_kind {
	SCMI_FLOOR_SOCKET,     /* a datagram over AF_UNIX SOCK_SEQPACKET */
	SCMI_FLOOR_EVENTFD,    /* an eventfd each: who sleeps is woken */
	SCMI_FLOOR_CACHE_LINE, /* a word in shared memory: nobody sleeps; takes two CPUs */
};

struct scmi_floor {
	enum scmi_floor_kind kind;
	unsigned rounds; /* a tenth as many come first, unmeasured */
	int cpu; /* for this process while it measures; -1: the first that it may use */
	int other_cpu; /* for the other one; -1: the last that this one may use */
	size_t command_size; /* of a datagram: bytes, header included, up to 4096 */
	size_t answer_size;
};

/**
 * scmi_floor_measure() - the floor, now
 *
 * Forks and waits for the child. Returns 0, -EINVAL (no rounds, sizes, a CPU that cannot be
 * used, one CPU where it takes two), -ENOMEM, or what the system gave.
 */
int scmi_floor_measure(const struct scmi_floor *floor, struct scmi_latency *latency);

/*
 * The first and last CPU that this process may use; the same one if there is no other. 0 or
 * -errno.
 */
int scmi_floor_cpus(int *first, int *last);

#endif
