// SPDX-License-Identifier: GPL-2.0-only
/* What protocol modules need of the engine; each has a prefix of ours, libscmi_ (names.h). */
#include <libscmi.h>

#include "agent/typed.h"

EXPORT_SYMBOL_GPL(scmi_agent_call);
EXPORT_SYMBOL_GPL(scmi_agent_listen);
EXPORT_SYMBOL_GPL(scmi_agent_submit);
EXPORT_SYMBOL_GPL(scmi_agent_subscription);
EXPORT_SYMBOL_GPL(scmi_agent_version);
EXPORT_SYMBOL_GPL(scmi_agent_version_within);
EXPORT_SYMBOL_GPL(scmi_error_text);
EXPORT_SYMBOL_GPL(scmi_transfer_put);
EXPORT_SYMBOL_GPL(scmi_transfer_result);
EXPORT_SYMBOL_GPL(scmi_typed_call_within);
EXPORT_SYMBOL_GPL(scmi_typed_version_within);
