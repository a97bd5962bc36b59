/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The transports that are built in; <scmi/loader.h> finds those in files, too. */
#ifndef SCMI_HOST_TRANSPORTS_H
#define SCMI_HOST_TRANSPORTS_H

#include <scmi/transport.h>

/* Ended by NULL. */
extern const struct scmi_transport *const scmi_builtin_transports[];

/* The built-in transport of a URI scheme, or NULL. */
const struct scmi_transport *scmi_transport_find(const char *scheme);

/* The built-in ones by index from 0; NULL behind the last. */
const struct scmi_transport *scmi_transport_at(size_t index);

/*
 * Was this driver made for us? 0; -ENOEXEC (another ABI) or -EINVAL (no name, scheme or limits,
 * or an end that lacks an operation), with a sentence in why[why_size].
 */
int scmi_transport_check(const struct scmi_transport *transport, char *why, size_t why_size);

#endif
