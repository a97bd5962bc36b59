/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before everything else in every module: what libscmi.ko exports of the engine has the
 * kernel's prefix of ours, libscmi_, so that it meets nobody else's scmi_.
 */
#ifndef LIBSCMI_NAMES_H
#define LIBSCMI_NAMES_H

#define scmi_agent_call	     libscmi_agent_call
#define scmi_agent_listen    libscmi_agent_listen
#define scmi_agent_submit    libscmi_agent_submit
#define scmi_agent_subscription libscmi_agent_subscription
#define scmi_agent_unlisten  libscmi_agent_unlisten
#define scmi_agent_version   libscmi_agent_version
#define scmi_agent_version_within libscmi_agent_version_within
#define scmi_error_text	     libscmi_error_text
#define scmi_transfer_put    libscmi_transfer_put
#define scmi_transfer_result libscmi_transfer_result
#define scmi_typed_call_within libscmi_typed_call_within
#define scmi_typed_version_within libscmi_typed_version_within

#endif
