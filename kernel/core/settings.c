// SPDX-License-Identifier: GPL-2.0-only
/* What a descriptor sets, what a transport can do, and whether that makes sense. */
#include <linux/moduleparam.h>
#include <linux/of.h>

#include "instance.h"

/* A caller that waits cannot be interrupted: more than ten minutes is nobody's wish. */
#define TIMEOUT_MS_MAX 600000u
#define POLL_BUDGET_US_MAX 10000u

/* In-tree stacks count a message without its header and status. */
#define HEADER_AND_STATUS 8u

static unsigned int response_timeout_ms;
module_param(response_timeout_ms, uint, 0644);
MODULE_PARM_DESC(response_timeout_ms,
		 "time limit of an answer without arm,max-rx-timeout-ms (0: the transport's)");

static unsigned int poll_budget_us;
module_param(poll_budget_us, uint, 0644);
MODULE_PARM_DESC(poll_budget_us,
		 "polling in atomic context without libscmi,poll-budget-us (0: never)");

/* The property's value; `otherwise` where it is absent, or above the maximum. */
static u32 read_u32(struct device *dev, const struct device_node *node, const char *property,
		    u32 max, u32 otherwise)
{
	u32 value;

	if (!node || of_property_read_u32(node, property, &value))
		return otherwise;
	if (value <= max)
		return value;
	dev_warn(dev, "%pOF: %s = %u is ignored: at most %u\n", node, property, value, max);
	return otherwise;
}

void libscmi_settings_read(struct libscmi_instance *instance, const struct device_node *node)
{
	struct libscmi_settings *settings = &instance->settings;
	struct device *dev = instance->dev;
	u32 size;

	settings->transport.response_timeout_ms =
		read_u32(dev, node, "arm,max-rx-timeout-ms", TIMEOUT_MS_MAX,
			 min(READ_ONCE(response_timeout_ms), TIMEOUT_MS_MAX));
	settings->transport.delayed_timeout_ms =
		read_u32(dev, node, "libscmi,max-delayed-timeout-ms", TIMEOUT_MS_MAX, 0);
	settings->transport.messages_max = read_u32(dev, node, "arm,max-msg", SCMI_TOKEN_COUNT, 0);
	size = read_u32(dev, node, "arm,max-msg-size", 65536 - HEADER_AND_STATUS, 0);
	settings->transport.message_size_max = size ? size + HEADER_AND_STATUS : 0;
	settings->poll_budget_us = read_u32(dev, node, "libscmi,poll-budget-us", POLL_BUDGET_US_MAX,
					    min(READ_ONCE(poll_budget_us), POLL_BUDGET_US_MAX));
	settings->atomic_threshold_us = read_u32(dev, node, "atomic-threshold-us", U32_MAX, 0);
}

static bool name_valid(const char *name)
{
	size_t length = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

	return length >= 1 && length <= 32 && !name[length];
}

int libscmi_limits_check(struct device *dev, const struct scmi_transport_limits *limits)
{
	if (limits->messages_max < 1 || limits->messages_max > SCMI_TOKEN_COUNT) {
		libscmi_failed(dev, "the transport is refused: %u messages at a time, of 1 to %u",
			limits->messages_max, SCMI_TOKEN_COUNT);
		return -EINVAL;
	}
	if (limits->message_size_max < 32 || limits->message_size_max > 65536) {
		libscmi_failed(dev, "the transport is refused: messages of %u bytes, of 32 to 65536",
			limits->message_size_max);
		return -EINVAL;
	}
	if (limits->response_timeout_ms < 1 || limits->response_timeout_ms > TIMEOUT_MS_MAX) {
		libscmi_failed(dev, "the transport is refused: %u ms for an answer, of 1 to %u",
			limits->response_timeout_ms, TIMEOUT_MS_MAX);
		return -EINVAL;
	}
	return 0;
}

int libscmi_supply_check(struct device *dev, const struct libscmi_supply *supply)
{
	const struct libscmi_transport *transport = supply ? supply->transport : NULL;
	const struct libscmi_transport_ops *ops;

	if (!transport) {
		libscmi_failed(dev, "refused: a device of this name without a supply");
		return -EINVAL;
	}
	/* The ABI number says where the other members are. */
	if (transport->abi != LIBSCMI_TRANSPORT_ABI || transport->size != sizeof(*transport)) {
		libscmi_failed(dev, "the transport is refused: for ABI %u (%u bytes), not %u (%zu)",
			transport->abi, transport->size, LIBSCMI_TRANSPORT_ABI, sizeof(*transport));
		return -EINVAL;
	}
	if (!name_valid(transport->name)) {
		libscmi_failed(dev, "the transport is refused: its name is not of [a-z0-9-]{1,32}");
		return -EINVAL;
	}
	ops = &transport->ops;
	if (!ops->start || !ops->stop || !ops->send || (transport->limits.polling && !ops->poll)) {
		libscmi_failed(dev, "the transport '%s' is refused: it lacks an operation",
			transport->name);
		return -EINVAL;
	}
	return libscmi_limits_check(dev, &transport->limits);
}
