// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transport to nowhere, for the core's scenarios: its platform answers the base protocol and lists one
 * vendor protocol, or says nothing, or the transport itself is one that must be refused.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include <libscmi_transport.h>
#include <scmi/message.h>

#define DEVICES_MAX 8
#define MESSAGE_SIZE 136

static unsigned int devices = 1;
module_param(devices, uint, 0444);

static bool silent;
module_param(silent, bool, 0644);

static char *mistake = "";
module_param(mistake, charp, 0444);

struct channel {
	struct platform_device *pdev;
	const struct libscmi_callbacks *callbacks;
	void *instance;
	struct work_struct work;
	u8 command[MESSAGE_SIZE];
	bool asked;
};

static struct channel channels[DEVICES_MAX];

/* Values of the base protocol, 2.0, behind the status; how many bytes that is. */
static size_t values(const u8 *command, u8 *to)
{
	switch (scmi_header_message_id(scmi_get_le32(command))) {
	case 0: /* PROTOCOL_VERSION */
		scmi_put_le32(to, 0x20000);
		return 4;
	case 1: /* PROTOCOL_ATTRIBUTES: one protocol, one agent */
		scmi_put_le32(to, 1 << 8 | 1);
		return 4;
	case 3: /* BASE_DISCOVER_VENDOR, who would like to write into the log */
		memcpy(to, "no\nwhere", 9);
		return 16;
	case 4: /* BASE_DISCOVER_SUB_VENDOR */
		return 16;
	case 5: /* BASE_DISCOVER_IMPLEMENTATION_VERSION */
		scmi_put_le32(to, 7);
		return 4;
	case 6: /* BASE_DISCOVER_LIST_PROTOCOLS */
		scmi_put_le32(to, scmi_get_le32(command + 4) ? 0 : 1);
		to[4] = 0x80;
		return scmi_get_le32(command + 4) ? 4 : 8;
	default:
		return 0;
	}
}

static void answer(struct work_struct *work)
{
	struct channel *channel = container_of(work, struct channel, work);
	u8 message[MESSAGE_SIZE] = {};
	size_t size;

	memcpy(message, channel->command, 4);
	size = values(channel->command, message + 8);
	if (!size)
		scmi_put_le32(message + 4, SCMI_NOT_FOUND);
	WRITE_ONCE(channel->asked, false);
	channel->callbacks->receive(channel->instance, message, 8 + size);
}

static int start(void *pointer, const struct scmi_transport_settings *settings,
		 const struct libscmi_callbacks *callbacks, void *instance,
		 struct scmi_transport_limits *limits)
{
	struct channel *channel = pointer;

	channel->callbacks = callbacks;
	channel->instance = instance;
	channel->asked = false;
	return 0;
}

static void stop(void *pointer)
{
	struct channel *channel = pointer;

	cancel_work_sync(&channel->work);
	channel->callbacks = NULL;
}

static int send(void *pointer, const void *message, size_t size)
{
	struct channel *channel = pointer;

	/* The core's gate has not let anybody in before start() or after stop(). */
	if (WARN_ON(!channel->callbacks))
		return -ENODEV;
	if (READ_ONCE(channel->asked))
		return -EAGAIN;
	memcpy(channel->command, message, size);
	WRITE_ONCE(channel->asked, true);
	if (!silent)
		schedule_work(&channel->work);
	return 0;
}

static struct libscmi_transport transport = {
	.abi = LIBSCMI_TRANSPORT_ABI,
	.size = sizeof(struct libscmi_transport),
	.name = "nowhere",
	.limits = {
		.response_timeout_ms = 1000,
		.messages_max = 1,
		.message_size_max = MESSAGE_SIZE,
	},
	.ops = { .start = start, .stop = stop, .send = send },
};

static void make_mistake(void)
{
	if (!strcmp(mistake, "abi"))
		transport.abi++;
	else if (!strcmp(mistake, "structure"))
		transport.size += 8;
	else if (!strcmp(mistake, "name"))
		transport.name = "no/where";
	else if (!strcmp(mistake, "operation"))
		transport.ops.send = NULL;
	else if (!strcmp(mistake, "poll"))
		transport.limits.polling = true;
	else if (!strcmp(mistake, "messages"))
		transport.limits.messages_max = 0;
	else if (!strcmp(mistake, "size"))
		transport.limits.message_size_max = 65537;
	else if (!strcmp(mistake, "timeout"))
		transport.limits.response_timeout_ms = 0;
}

static int __init transport_init(void)
{
	make_mistake();
	for (unsigned int i = 0; i < min_t(unsigned int, devices, DEVICES_MAX); i++) {
		struct channel *channel = &channels[i];
		struct libscmi_supply supply = {
			.transport = &transport,
			.channel = channel,
			.supplier = "nothing",
		};

		INIT_WORK(&channel->work, answer);
		channel->pdev = platform_device_register_data(NULL, LIBSCMI_INSTANCE, i, &supply,
							      sizeof(supply));
	}
	return 0;
}

static void __exit transport_exit(void)
{
	for (unsigned int i = 0; i < DEVICES_MAX; i++)
		if (!IS_ERR_OR_NULL(channels[i].pdev))
			platform_device_unregister(channels[i].pdev);
}

module_init(transport_init);
module_exit(transport_exit);

MODULE_DESCRIPTION("libscmi's tests: a transport to nowhere");
MODULE_LICENSE("GPL");
