/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An application's instance: the agent on a device, and what a host does to them for the binder. */
#include <string.h>

#include "world_state.h"

static int user_send(void *ctx, const void *message, size_t size)
{
	struct user *user = ctx;

	(void)size;
	if (!user->device || user->gone)
		return -ENODEV;
	if (user->device->lent)
		return -EAGAIN;
	user->device->lent++;
	user->header = scmi_get_le32(message);
	return 0;
}

static uint64_t user_now_ns(void *ctx)
{
	(void)ctx;
	return world.now_ns;
}

void user_start(struct user *user)
{
	const struct scmi_agent_config config = {
		.host = { .ctx = user, .send = user_send, .now_ns = user_now_ns },
		.messages_max = 1,
		.message_size_max = 32,
		.notifications_max = 1,
		.response_timeout_ns = 1000,
	};

	if (scmi_agent_init(&user->agent, world.storage[user - world.users], AGENT_SIZE, &config))
		wrong("the agent does not fit");
	scmi_agent_closed(user->agent, -ENODEV);
}

static void ended(void *ctx, const struct scmi_result *result)
{
	struct user *user = ctx;

	(void)result;
	user->ended++;
}

void user_use(struct user *user)
{
	static const struct scmi_command command = { .protocol_id = 0x10, .message_id = 0 };
	int expected = !user->device || user->gone ? -ENODEV :
		       user_out(user)		   ? -EBUSY :
		       user->device->lent	   ? -EAGAIN :
						     0;
	int error;

	user->touched = true;
	error = scmi_agent_submit(user->agent, &command, ended, user, NULL);
	if (!error)
		user->started++;
	if (error == -ENODEV && expected != -ENODEV)
		wrong("a command on a device that is there finds none");
	if (expected == -ENODEV && error != -ENODEV)
		wrong("a command without a device does not end with ENODEV at once");
	if (error != expected)
		wrong("a command is taken where there is no room, or refused where there is");
}

/* Late, when its command has ended: then it must reach nobody. */
void user_answer(struct user *user)
{
	uint32_t out = user_out(user);
	uint8_t message[8] = { 0 };

	user->touched = true;
	scmi_put_le32(message, user->header);
	user->device->lent--;
	scmi_agent_receive(user->agent, message, sizeof(message));
	scmi_agent_dispatch(user->agent);
	if (user_out(user))
		wrong("an answer does not reach its command");
	if (scmi_agent_dispatch(user->agent) || out > 1)
		wrong("an answer reaches two commands");
}

void user_time_out(struct user *user)
{
	user->touched = true;
	world.now_ns += 1000;
	scmi_agent_tick(user->agent, world.now_ns);
	scmi_agent_dispatch(user->agent);
	if (user_out(user))
		wrong("a command outlives its time limit");
}

/* Every command ends; no other is taken until the channel is reset. */
static void close_agent(struct user *user)
{
	user->touched = true;
	scmi_agent_closed(user->agent, -ENODEV);
	scmi_agent_dispatch(user->agent);
	if (user_out(user))
		wrong("a command survives its device");
}

void user_open(struct user *user)
{
	if (user->device)
		wrong("a device is opened twice");
	user->device = world_alloc(NULL, sizeof(*user->device));
	memset(user->device, 0, sizeof(*user->device));
	user->gone = false;
	user->touched = true;
	scmi_agent_reset(user->agent);
}

void user_close(struct user *user)
{
	if (!user->device)
		wrong("a device is closed that is not open");
	close_agent(user);
	/* Closing resets the device, which gives back what was lent. */
	world_free(NULL, user->device);
	user->device = NULL;
}

void user_lost(struct user *user)
{
	user->gone = true;
	close_agent(user);
}
