/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "trace.h"

#include <host/message_line.h>
#include <scmi/message.h>
#include <stdio.h>

bool scmid_trace_protocol(const void *message, size_t size, uint8_t *protocol_id)
{
	if (size < SCMI_HEADER_SIZE)
		return false;
	*protocol_id = (uint8_t)scmi_header_protocol_id(scmi_get_le32(message));
	return true;
}

void scmid_trace(const char *who, bool to_platform, uint32_t version, const void *message,
		 size_t size)
{
	fprintf(stderr, "%s ", who);
	scmi_message_line(stderr, to_platform, version, message, size);
	fputc('\n', stderr);
}
