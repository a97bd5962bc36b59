/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SCHEME:ADDRESS[?SETTING=VALUE[&SETTING=VALUE…]]. %XX stands for the byte XX in the address,
 * for a path that has a '?' or '%' in it.
 */
#ifndef SCMI_HOST_URI_H
#define SCMI_HOST_URI_H

#include <scmi/transport.h>

struct scmi_uri {
	char scheme[33];
	char *address; /* decoded; freed by scmi_uri_fini() */
	struct scmi_transport_settings settings;
};

/* 0, -EINVAL, -ENOMEM; then with a sentence in why[why_size] and nothing to be freed. */
int scmi_uri_parse(struct scmi_uri *uri, const char *text, char *why, size_t why_size);
void scmi_uri_fini(struct scmi_uri *uri);

/*
 * %XX is the byte XX; to[length + 1] is always enough. False if a % is not followed by two hexadecimal
 * digits, or stands for the end of a string.
 */
bool scmi_percent_decode(char *to, const char *from, size_t length);

/* Is each setting 0 or in its range? 0, or -EINVAL with a sentence. */
int scmi_settings_check(const struct scmi_transport_settings *settings, char *why, size_t why_size);

/*
 * Has the transport what is set? What it would ignore is refused: 0, or -EINVAL with a sentence. Asked
 * before its open().
 */
int scmi_settings_suit(const struct scmi_transport_settings *settings,
		       const struct scmi_transport *transport, char *why, size_t why_size);

/* Where `to` says nothing, what `from` says. */
void scmi_settings_default(struct scmi_transport_settings *to,
			   const struct scmi_transport_settings *from);

#endif
