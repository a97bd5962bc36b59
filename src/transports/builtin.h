/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The drivers that are built in: what a driver that is a shared object exports by name. */
#ifndef SCMI_TRANSPORTS_BUILTIN_H
#define SCMI_TRANSPORTS_BUILTIN_H

#include <scmi/transport.h>

extern const struct scmi_transport scmi_transport_socket;
extern const struct scmi_transport scmi_transport_loop;
extern const struct scmi_transport scmi_transport_pipe;
extern const struct scmi_transport scmi_transport_virtio;
extern const struct scmi_transport scmi_transport_mailbox;
extern const struct scmi_transport scmi_transport_dev;

#endif
