/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The transports that are built in, as the build was told. */
#include "../transports/builtin.h"
#include "transports.h"

const struct scmi_transport *const scmi_builtin_transports[] = {SCMI_BUILTIN_TRANSPORTS NULL};
