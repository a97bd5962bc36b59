// SPDX-License-Identifier: GPL-2.0-only
#include "wire/names.h"

#define CREATE_TRACE_POINTS
#include <trace/events/libscmi.h>

const char *libscmi_trace_name(u32 header)
{
	const char *name = scmi_message_name(scmi_header_protocol_id(header),
					     scmi_header_message_type(header),
					     scmi_header_message_id(header));

	return name ? name : "?";
}
