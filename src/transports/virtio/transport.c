/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../builtin.h"
#include "backend.h"
#include "frontend.h"

static const char *const compatible[] = {"arm,scmi-virtio", NULL};

const struct scmi_transport scmi_transport_virtio = {
	.abi = SCMI_TRANSPORT_ABI,
	.size = sizeof(struct scmi_transport),
	.name = "virtio",
	.scheme = "virtio",
	.compatible = compatible,
	.about = "virtio:PATH, the vhost-user socket of a virtio SCMI device",
	.limits =
		{
			.response_timeout_ms = 1000,
			.messages_max = 32,
			.message_size_max = VIRTIO_PLATFORM_MESSAGE_SIZE,
			.p2a = true,
			.polling = true,
			.atomic = true,
		},
	.settings = SCMI_SETTING_MESSAGES_MAX | SCMI_SETTING_MESSAGE_SIZE_MAX |
		    SCMI_SETTING_POLLING,
	.agent = &virtio_agent_ops,
	.platform = &virtio_platform_ops,
};
