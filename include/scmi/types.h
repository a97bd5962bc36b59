/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The port header: the only place where the engine meets the C environment it is compiled in.
 *
 * A process has the C library, the kernel has its own headers, bare metal has nothing but what the
 * compiler brings. The engine needs fixed-width integers, bool, size_t, four memory functions and
 * the errno numbers; everything else in libscmi is made of those.
 */
#ifndef SCMI_TYPES_H
#define SCMI_TYPES_H

#if defined(__KERNEL__)

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __STDC_HOSTED__

#include <errno.h>
#include <string.h>

#else

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

/* Linux's numbers: what a caller sees does not depend on where the engine runs. */
#define ENOENT 2
#define EIO 5
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define EPIPE 32
#define ERANGE 34
#define EDEADLK 35
#define ENOSYS 38
#define ENOMSG 42
#define EPROTO 71
#define EOVERFLOW 75
#define EMSGSIZE 90
#define EOPNOTSUPP 95
#define EISCONN 106
#define ENOTCONN 107
#define ESHUTDOWN 108
#define ETIMEDOUT 110
#define EINPROGRESS 115
#define ECANCELED 125

#endif /* hosted */
#endif /* kernel */

/* A time that never comes: what a deadline is when there is none. */
#define SCMI_NEVER (~(uint64_t)0)

#endif
