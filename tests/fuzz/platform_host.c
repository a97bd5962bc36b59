// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "platform_host.h"

#include "model.h"

#include <stdlib.h>

struct fuzz_host fuzz_host;

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	if (fuzz_host.handling)
		model_fail("memory was allocated on the message path");
	fuzz_host.allocations++;
	return calloc(1, size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	if (fuzz_host.handling)
		model_fail("memory was freed on the message path");
	if (memory)
		fuzz_host.allocations--;
	free(memory);
}

static uint64_t host_now(void *ctx)
{
	(void)ctx;
	return fuzz_host.now_ns;
}

static void *host_lock_new(void *ctx)
{
	(void)ctx;
	return calloc(1, 1);
}

static void host_lock_free(void *ctx, void *lock)
{
	(void)ctx;
	free(lock);
}

static void host_lock(void *lock)
{
	if (*(char *)lock)
		model_fail("a lock was taken twice");
	*(char *)lock = 1;
	fuzz_host.locks_held++;
}

static void host_unlock(void *lock)
{
	if (!*(char *)lock)
		model_fail("a lock that nobody held was given back");
	*(char *)lock = 0;
	fuzz_host.locks_held--;
}

void fuzz_host_not_locked(void)
{
	if (fuzz_host.locks_held)
		model_fail("called out with a lock held");
}

static void host_wake(void *ctx)
{
	(void)ctx;
	fuzz_host_not_locked();
	fuzz_host.woken = true;
}

const struct scmi_platform_host fuzz_host_ops = {
	.alloc = host_alloc,
	.free = host_free,
	.now_ns = host_now,
	.lock_new = host_lock_new,
	.lock_free = host_lock_free,
	.lock = host_lock,
	.unlock = host_unlock,
	.wake = host_wake,
};
