/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mailbox.h"

static const char *const compatible[] = {"arm,scmi", NULL};

const struct scmi_transport scmi_transport_mailbox = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "mailbox",
	.scheme = "mailbox",
	.compatible = compatible,
	.about = "mailbox:PATH, a socket that hands out shared memory and its doorbells, or "
		 "uio:DEVICE,…",
	.limits =
		{
			.response_timeout_ms = MAILBOX_TIMEOUT_MS,
			.messages_max = 1,
			.message_size_max = MAILBOX_MESSAGE_SIZE,
			.p2a = true,
			.polling = true,
			.atomic = true,
		},
	.settings = SCMI_SETTING_MESSAGES_MAX | SCMI_SETTING_MESSAGE_SIZE_MAX |
		    SCMI_SETTING_POLLING | SCMI_SETTING_NO_COMPLETION_IRQ,
	.agent = &mailbox_agent_ops,
	.platform = &mailbox_platform_ops,
};
