/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libscmi:libscmi_message: every message of every instance, as it is handed to the transport or
 * comes from it, whether or not anybody understands it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM libscmi

#if !defined(LIBSCMI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LIBSCMI_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>

#include <scmi/message.h>

#ifndef LIBSCMI_TRACE_BYTES
#define LIBSCMI_TRACE_BYTES 32u /* of what is behind the header */

/* "CLOCK_RATE_SET", "?" for what has no name. */
const char *libscmi_trace_name(u32 header);
#endif

TRACE_EVENT(libscmi_message,
	TP_PROTO(const char *instance, bool to_platform, const void *message, size_t size),
	TP_ARGS(instance, to_platform, message, size),
	TP_STRUCT__entry(
		__array(char, instance, 20)
		__array(char, name, 40)
		__field(bool, to_platform)
		__field(u32, header)
		__field(u32, size)
		__dynamic_array(u8, bytes,
				min_t(size_t, size > 4 ? size - 4 : 0, LIBSCMI_TRACE_BYTES))
	),
	TP_fast_assign(
		__entry->to_platform = to_platform;
		__entry->size = size;
		__entry->header = size < 4 ? 0 : scmi_get_le32(message);
		strscpy(__entry->instance, instance, sizeof(__entry->instance));
		strscpy(__entry->name, size < 4 ? "?" : libscmi_trace_name(__entry->header),
			sizeof(__entry->name));
		if (size > 4)
			memcpy(__get_dynamic_array(bytes), (const u8 *)message + 4,
			       __get_dynamic_array_len(bytes));
	),
	TP_printk("%s %s %s protocol=0x%02x message=0x%02x type=%u token=%u size=%u: %s",
		  __entry->instance, __entry->to_platform ? "->" : "<-", __entry->name,
		  scmi_header_protocol_id(__entry->header), scmi_header_message_id(__entry->header),
		  scmi_header_message_type(__entry->header), scmi_header_token(__entry->header),
		  __entry->size,
		  __print_hex(__get_dynamic_array(bytes), __get_dynamic_array_len(bytes)))
);

#endif

#include <trace/define_trace.h>
