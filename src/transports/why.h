/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every driver of a process says the same way. Inline: a driver links against nothing of
 * the core.
 */
#ifndef SCMI_TRANSPORTS_WHY_H
#define SCMI_TRANSPORTS_WHY_H

#include <stdarg.h>
#include <stdio.h>

/* A driver takes any message size up to here. */
#define TRANSPORT_MESSAGE_SIZE_MAX 65536u

/* Leave a sentence where the caller wants one, and give its error back. */
__attribute__((format(printf, 4, 5))) static inline int
because(int error, char *why, size_t why_size, const char *format, ...)
{
	va_list arguments;

	if (why && why_size) {
		va_start(arguments, format);
		vsnprintf(why, why_size, format, arguments);
		va_end(arguments);
	}
	return error;
}

#endif
