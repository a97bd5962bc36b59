/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "frontend_pair.h"

#include <poll.h>
#include <string.h>

const struct scmi_transport_agent_ops *agent;

void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->platform.features = ALL_FEATURES;
	pair->platform.protocol_features = VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK;
	pair->platform.queue_count = 2;
}

int pair_try(struct pair *pair, uint32_t timeout_ms, uint32_t messages_max, char *why,
	     size_t why_size)
{
	const struct scmi_transport_settings settings = {
		.response_timeout_ms = timeout_ms,
		.messages_max = messages_max,
		.message_size_max = 256,
	};

	played_start(&pair->platform, temporary_path(NAME));
	return agent->open(&pair->device, temporary_path(NAME), &settings, &told_callbacks,
			   &pair->told, &pair->limits, why, why_size);
}

void pair_open(struct pair *pair, uint32_t messages_max)
{
	char why[256] = "";
	int error = pair_try(pair, 60000, messages_max, why, sizeof(why));

	if (error)
		fail_msg("%d: %s", error, why);
	played_take_over(&pair->platform);
}

void pair_close(struct pair *pair)
{
	agent->close(pair->device);
	played_stop(&pair->platform);
}

void echo(struct pair *pair, uint32_t word)
{
	struct scmi_ring_chain chain;
	unsigned before = pair->told.received;
	uint32_t got[2] = {0, 0};
	uint32_t command[2] = {word, ~word};

	assert_int_equal(agent->send(pair->device, command, sizeof(command)), 0);
	assert_int_equal(played_command(&pair->platform, &chain, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, command, sizeof(got));
	assert_int_equal(chain.writable, 256);
	played_give(&pair->platform, VIRTIO_SCMI_COMMANDS, &chain, got, sizeof(got));
	assert_int_equal(agent->wait(pair->device, SCMI_NEVER), 0);
	assert_int_equal(pair->told.received, before + 1);
	assert_int_equal(pair->told.size, sizeof(command));
	assert_memory_equal(pair->told.message, command, sizeof(command));
}

bool readable(int fd)
{
	struct pollfd state = {.fd = fd, .events = POLLIN};

	return poll(&state, 1, 0) == 1;
}

int find_agent(void **state)
{
	(void)state;
	agent = scmi_transport_virtio.agent;
	return agent ? 0 : -1;
}

int clean(void **state)
{
	(void)state;
	temporary_remove();
	return 0;
}
