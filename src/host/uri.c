/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>

#include "../transports/why.h"
#include "uri.h"

static const struct setting {
	const char *name;
	size_t offset; /* of a uint32_t */
	uint32_t min;
	uint32_t max;
	uint32_t none; /* what stands for 0, where that is a value too; 0 means: not set */
	uint32_t bit;  /* of the drivers that heed it; 0: the core does */
} all_settings[] = {
	{"response-timeout-ms", offsetof(struct scmi_transport_settings, response_timeout_ms), 1,
	 3600000, 0, 0},
	{"delayed-timeout-ms", offsetof(struct scmi_transport_settings, delayed_timeout_ms), 1,
	 3600000, 0, 0},
	{"messages-max", offsetof(struct scmi_transport_settings, messages_max), 1, 1024, 0,
	 SCMI_SETTING_MESSAGES_MAX},
	{"message-size-max", offsetof(struct scmi_transport_settings, message_size_max), 32, 65536,
	 0, SCMI_SETTING_MESSAGE_SIZE_MAX},
	{"polling-us", offsetof(struct scmi_transport_settings, polling_us), 0, 1000000,
	 SCMI_POLLING_NONE, SCMI_SETTING_POLLING},
	{"no-completion-irq", offsetof(struct scmi_transport_settings, no_completion_irq), 0, 1, 0,
	 SCMI_SETTING_NO_COMPLETION_IRQ},
	{"poll-budget-us", offsetof(struct scmi_transport_settings, poll_budget_us), 0, 10000, 0, 0},
	{"atomic-threshold-us", offsetof(struct scmi_transport_settings, atomic_threshold_us), 0,
	 UINT32_MAX, 0, 0},
};

#define SETTING_COUNT (sizeof(all_settings) / sizeof(all_settings[0]))

static uint32_t value_of(const struct scmi_transport_settings *settings,
			 const struct setting *setting)
{
	return *(const uint32_t *)((const char *)settings + setting->offset);
}

static void set_value(struct scmi_transport_settings *settings, const struct setting *setting,
		      uint32_t value)
{
	*(uint32_t *)((char *)settings + setting->offset) = value;
}

static int out_of_range(const struct setting *setting, char *why, size_t why_size)
{
	return because(-EINVAL, why, why_size, "%s is a number from %u to %u", setting->name,
		       setting->min, setting->max);
}

int scmi_settings_check(const struct scmi_transport_settings *settings, char *why, size_t why_size)
{
	uint32_t value;

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		value = value_of(settings, &all_settings[i]);
		if (value && value != all_settings[i].none &&
		    (value < all_settings[i].min || value > all_settings[i].max))
			return out_of_range(&all_settings[i], why, why_size);
	}
	return 0;
}

int scmi_settings_suit(const struct scmi_transport_settings *settings,
		       const struct scmi_transport *transport, char *why, size_t why_size)
{
	const struct setting *setting;
	uint32_t value;

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		setting = &all_settings[i];
		value = value_of(settings, setting);
		/* To do without what is not there is no demand. */
		if (setting->bit && value && value != setting->none &&
		    !(transport->settings & setting->bit))
			return because(-EINVAL, why, why_size, "the transport %s has no %s",
				       transport->name, setting->name);
	}
	if (settings->poll_budget_us &&
	    !(transport->limits.polling && transport->limits.atomic))
		return because(-EINVAL, why, why_size,
			       "the transport %s may sleep: it has no poll-budget-us",
			       transport->name);
	return 0;
}

void scmi_settings_default(struct scmi_transport_settings *to,
			   const struct scmi_transport_settings *from)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (!value_of(to, &all_settings[i]))
			set_value(to, &all_settings[i], value_of(from, &all_settings[i]));
	}
}

/* One SETTING=VALUE of `length` characters. */
static int parse_setting(struct scmi_transport_settings *settings, const char *text, size_t length,
			 char *why, size_t why_size)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals ? (size_t)(equals - text) : length;
	const struct setting *setting = NULL;
	uint64_t value = 0;

	for (size_t i = 0; i < SETTING_COUNT && !setting; i++) {
		if (strlen(all_settings[i].name) == name_length &&
		    !memcmp(all_settings[i].name, text, name_length))
			setting = &all_settings[i];
	}
	if (!setting)
		return because(-EINVAL, why, why_size,
			       "there is no setting '%.*s'; there are %s, %s, %s, %s, %s, %s, %s and %s",
			       (int)name_length, text, all_settings[0].name, all_settings[1].name,
			       all_settings[2].name, all_settings[3].name, all_settings[4].name,
			       all_settings[5].name, all_settings[6].name, all_settings[7].name);
	if (name_length + 1 >= length)
		return out_of_range(setting, why, why_size);
	for (const char *digit = text + name_length + 1; digit < text + length; digit++) {
		if (*digit < '0' || *digit > '9' || value > setting->max)
			return out_of_range(setting, why, why_size);
		value = value * 10 + (uint64_t)(*digit - '0');
	}
	if (value < setting->min || value > setting->max)
		return out_of_range(setting, why, why_size);
	set_value(settings, setting, value ? (uint32_t)value : setting->none);
	return 0;
}

static int parse_settings(struct scmi_transport_settings *settings, const char *text, char *why,
			  size_t why_size)
{
	size_t length;
	int error;

	for (;; text += length + 1) {
		length = strcspn(text, "&");
		error = parse_setting(settings, text, length, why, why_size);
		if (error || !text[length])
			return error;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool scmi_percent_decode(char *to, const char *from, size_t length)
{
	int high, low;

	for (size_t i = 0; i < length; i++) {
		if (from[i] != '%') {
			*to++ = from[i];
			continue;
		}
		high = i + 2 < length ? hex_digit(from[i + 1]) : -1;
		low = high >= 0 ? hex_digit(from[i + 2]) : -1;
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		i += 2;
	}
	*to = '\0';
	return true;
}

int scmi_uri_parse(struct scmi_uri *uri, const char *text, char *why, size_t why_size)
{
	size_t scheme_length, address_length;
	const char *address;
	int error = 0;

	memset(uri, 0, sizeof(*uri));
	scheme_length = strcspn(text, ":/?");
	if (text[scheme_length] != ':' || !scheme_length)
		return because(-EINVAL, why, why_size,
			       "'%s' is not SCHEME:ADDRESS, such as unix:/run/scmid/tester.sock",
			       text);
	if (scheme_length >= sizeof(uri->scheme))
		return because(-EINVAL, why, why_size,
			       "no transport has so long a scheme as '%.*s'", (int)scheme_length,
			       text);
	memcpy(uri->scheme, text, scheme_length);

	address = text + scheme_length + 1;
	address_length = strcspn(address, "?");
	uri->address = malloc(address_length + 1);
	if (!uri->address)
		return because(-ENOMEM, why, why_size, "out of memory");
	if (!scmi_percent_decode(uri->address, address, address_length))
		error = because(-EINVAL, why, why_size,
				"in '%s' a %% is not followed by two hexadecimal digits (01 to ff)",
				text);
	else if (address[address_length] == '?')
		error = parse_settings(&uri->settings, address + address_length + 1, why, why_size);
	if (error)
		scmi_uri_fini(uri);
	return error;
}

void scmi_uri_fini(struct scmi_uri *uri)
{
	free(uri->address);
	uri->address = NULL;
}
