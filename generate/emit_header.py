# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The header <scmi/wire/PROTOCOL.h> of a protocol, and <scmi/wire/common.h>."""

from .ctext import choice, comment, header_comment, version_name
from .emit_codec import record_code
from .model import version_text

_COMMON = '''\
/*
 * The rules of every codec here.
 *
 * X_decode() of a request demands exactly the size that the message has in `version`, else
 * SCMI_PROTOCOL_ERROR; reserved bits are SCMI_INVALID_PARAMETERS, and the values are decoded all
 * the same. Responses and delayed responses are decoded from the byte after their status; they may
 * be longer than described, reserved bits are ignored. Notifications have exactly their size.
 * Members that `version` does not have become zero. Texts end with a NUL. Nothing is kept of the
 * payload except what a struct scmi_array points to.
 *
 * X_encode() writes the fixed part and returns its size, or SCMI_COMMS_ERROR when `space` is too
 * small, or SCMI_OUT_OF_RANGE when a value does not fit its bits. Elements of an array come after
 * it: X_append() writes one at *at and moves *at, or returns the same errors and leaves *at.
 *
 * X_next() takes one element from an array: 1 when there was one, 0 at the end, SCMI_PROTOCOL_ERROR
 * when the bytes end too early.
 *
 * A part without members (the request of PROTOCOL_VERSION, a response that is only a status) has no
 * codec. Nothing here blocks, allocates or keeps state.
 */

/* Elements that are still to be read, and all bytes that follow the fixed part. */
struct scmi_array {
	const uint8_t *bytes;
	uint32_t size;
	uint32_t count;
};

/* Text up to its NUL or `size - 1` characters, the rest zero. Nothing behind the NUL is read. */
static inline void scmi_put_text(uint8_t *to, const char *from, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && from[length]) {
		to[length] = (uint8_t)from[length];
		length++;
	}
	memset(to + length, 0, size - length);
}

'''


def common_header(common, protocol):
    """`protocol` is any protocol: the common messages are the same in all."""
    text = header_comment("What the codecs of all protocols share. "
                          "Made from protocols/common.yaml: do not edit.")
    text += "#ifndef SCMI_WIRE_COMMON_H\n#define SCMI_WIRE_COMMON_H\n\n"
    text += "#include <scmi/message.h>\n\n"
    text += "/* Commands that every protocol has under the same id. */\n"
    text += "enum scmi_common_command {\n"
    shared = [message for message in protocol.commands if message.common]
    ids = [(message.id, message.name) for message in shared] + [(1, "PROTOCOL_ATTRIBUTES")]
    for number, name in sorted(ids):
        text += f"\tSCMI_{name} = {number:#x},\n"
    text += "};\n\n" + _COMMON
    for message in shared:
        text += _message(message)
    return text + "#endif\n"


def protocol_header(protocol):
    upper = protocol.upper
    guard = f"SCMI_WIRE_{protocol.name.upper()}_H"
    text = header_comment(f"{protocol.title}: codecs of its messages. "
                          f"Made from protocols/{protocol.name}.yaml: do not edit.")
    text += f"#ifndef {guard}\n#define {guard}\n\n#include <scmi/wire/common.h>\n\n"
    text += f"#define {upper}_PROTOCOL {protocol.id:#x}u\n\n"
    namespace = upper + "_VERSION_"
    for version in protocol.versions:
        text += f"#define {version_name(namespace, version)} {version:#010x}u\n"
    text += f"#define {namespace}NEWEST {version_name(namespace, protocol.versions[-1])}\n"
    names = ", \\\n\t  ".join(version_name(namespace, version) for version in protocol.versions)
    text += f"#define {namespace}LIST \\\n\t{{ {names} }}\n\n"
    count = max(message.id for message in protocol.commands) + 1
    text += f"/* Highest command id and one. */\n#define {upper}_MESSAGE_COUNT {count}\n\n"
    own = [message for message in protocol.commands if not message.name.startswith("PROTOCOL_")]
    text += _enumeration(protocol, "command", [message for message in own if not message.common])
    text += _enumeration(protocol, "delayed", protocol.delayed)
    text += _enumeration(protocol, "event", protocol.notifications)
    text += _request_size(protocol)
    for message in protocol.own:
        text += _message(message)
    return text + "#endif\n"


def constant(protocol, message):
    """The C name of a message id."""
    if message.common or message.name == "PROTOCOL_ATTRIBUTES":
        return f"SCMI_{message.name}"
    own = message.name.startswith(protocol.name.upper() + "_")
    return f"SCMI_{message.name}" if own else f"{protocol.upper}_{message.name}"


def _enumeration(protocol, word, messages):
    if not messages:
        return ""
    lines = "".join(f"\t{constant(protocol, message)} = {message.id:#x},\n" for message in messages)
    return f"enum scmi_{protocol.name}_{word} {{\n{lines}}};\n\n"


def _request_size(protocol):
    text = comment("Bytes of a command's payload in a version; -1 when the version does not have "
                   "the command.")
    text += (f"static inline int scmi_{protocol.name}_request_size(uint32_t message_id, "
             "uint32_t version)\n{\n\tswitch (message_id) {\n")
    for message in protocol.commands:
        value = choice(protocol.versions, protocol.upper + "_VERSION_",
                       lambda version, message=message: str(
                           message.request.fixed_size(version)
                           if message.range.has(version) else -1))
        text += f"\tcase {constant(protocol, message)}:\n\t\treturn {value};\n"
    return text + "\t}\n\treturn -1;\n}\n\n"


def _message(message):
    versions = version_text(message.versions[0])
    if message.range.high is not None:
        versions += f" until {version_text(message.range.high)}"
    title = f"{message.name}, {message.kind} {message.id:#x}"
    if not message.common:
        title += f", since version {versions}"
    return comment(f"{title}. {message.doc}") + "\n" + "".join(
        record_code(part) for part in message.parts)
