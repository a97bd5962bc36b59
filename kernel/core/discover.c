// SPDX-License-Identifier: GPL-2.0-only
/* Who the platform is and what it offers: the base protocol, at the start of an instance. */
#include <linux/ctype.h>

#include <scmi/base.h>

#include "instance.h"

/*
 * All of it together may take as long as so many answers, although each of them may take its time
 * and the list of protocols may come one by one.
 */
#define PATIENCE 4

/* A reset of the channel on the way starts it again, at most so often. */
#define ATTEMPTS_MAX 3

/* What a name from the platform may put into the log and sysfs. */
static void make_printable(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if (!isascii(*text) || !isprint(*text))
			*text = '?';
}

static int failed(struct libscmi_instance *instance, const char *what, int error)
{
	libscmi_failed(instance->dev, "%s on %s: %s: %s", instance->transport_name,
		       instance->supplier_name, what, scmi_error_text(error));
	return libscmi_errno(error);
}

static int ask(struct libscmi_instance *instance)
{
	struct libscmi_identity *identity = &instance->identity;
	struct scmi_agent *agent = instance->agent;
	int error;

	memset(identity, 0, sizeof(*identity));
	error = scmi_agent_version(agent, SCMI_BASE_PROTOCOL, &identity->base_version);
	if (error)
		return failed(instance, "the base protocol's version", error);
	error = scmi_base_discover_vendor(agent, identity->vendor);
	if (error)
		return failed(instance, "the platform's vendor", error);
	make_printable(identity->vendor, sizeof(identity->vendor));

	error = scmi_base_discover_sub_vendor(agent, identity->sub_vendor);
	if (error && !scmi_error_is_status(error))
		return failed(instance, "the platform's sub-vendor", error);
	make_printable(identity->sub_vendor, sizeof(identity->sub_vendor));

	error = scmi_base_discover_implementation_version(agent, &identity->implementation_version);
	if (error)
		return failed(instance, "the platform's implementation version", error);
	error = scmi_base_list_protocols(agent, identity->protocols,
					 ARRAY_SIZE(identity->protocols),
					 &identity->protocol_count);
	if (error)
		return failed(instance, "the list of protocols", error);
	return 0;
}

int libscmi_discover(struct libscmi_instance *instance)
{
	unsigned int resets;
	int error;

	libscmi_limit_begin(instance, PATIENCE * instance->limits.response_timeout_ms, -ETIMEDOUT);
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		resets = READ_ONCE(instance->resets);
		error = ask(instance);
		if (error != -ENODEV || resets == READ_ONCE(instance->resets))
			break;
	}
	/* In the last moment, perhaps: then the agent is closed. */
	if (libscmi_limit_end(instance) && !error)
		error = failed(instance, "what the platform offers", -ETIMEDOUT);
	return error;
}
