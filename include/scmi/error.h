/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One int says how a call ended, and never confuses two kinds of failure:
 *
 *   0 and above    it worked
 *   -1 .. -4095    it failed here: -errno (-ETIMEDOUT, -ENODEV, -EINVAL …)
 *   -4096 + s      the platform answered with status s, -4095 <= s <= -1
 *
 * A platform that answers with a positive status, or with one below -4095, breaks the protocol: that
 * is -EPROTO.
 */
#ifndef SCMI_ERROR_H
#define SCMI_ERROR_H

#include <scmi/message.h>

#define SCMI_ERROR_BASE (-4096)

/* The error for a status received. SCMI_SUCCESS gives 0. */
static inline int scmi_error_from_status(int32_t status)
{
	if (status == SCMI_SUCCESS)
		return 0;
	if (status > 0 || status < -4095)
		return -EPROTO;
	return SCMI_ERROR_BASE + (int)status;
}

/* True if the platform refused, false if the call failed on this side (or succeeded). */
static inline bool scmi_error_is_status(int error)
{
	return error < SCMI_ERROR_BASE;
}

/* The status inside an error for which scmi_error_is_status() holds. */
static inline int32_t scmi_error_status(int error)
{
	return error - SCMI_ERROR_BASE;
}

/**
 * scmi_error_text() - any code of this library in words
 * @error: what a call returned
 *
 * Returns a static string, never NULL: "the platform answered NOT_FOUND: no such domain or message",
 * "no answer within the time limit", … May be called anywhere.
 */
const char *scmi_error_text(int error);

#endif
