# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""reencode.c, for tests: decodes a message and encodes it again."""

from .ctext import MESSAGE_TYPES, header_comment
from .emit_header import constant

_TAIL = '''\
int scmi_reencode(uint32_t header, bool a2p, uint32_t version, const void *payload, size_t size,
		  void *out, size_t space)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct part *part = &parts[i];

		if (part->protocol_id == scmi_header_protocol_id(header) &&
		    part->type == scmi_header_message_type(header) &&
		    part->id == scmi_header_message_id(header) && part->a2p == a2p)
			return part->reencode(payload, size, out, space, version);
	}
	return SCMI_NOT_FOUND;
}
'''


def reencode_source(protocols):
    text = header_comment("Decodes and encodes every message, for tests. Made from protocols/: "
                          "do not edit.")
    text += '#include "reencode.h"\n\n'
    text += "".join(f"#include <scmi/wire/{protocol.name}.h>\n" for protocol in protocols) + "\n"
    rows = ""
    done = set()
    for protocol in protocols:
        for kind, type_name in MESSAGE_TYPES:
            for message in getattr(protocol, kind):
                for part in message.parts:
                    if not part.fields:
                        continue
                    if part.prefix not in done:
                        text += _part(part)
                        done.add(part.prefix)
                    a2p = "true" if part.role == "request" else "false"
                    rows += (f"\t{{ {protocol.upper}_PROTOCOL, {type_name}, "
                             f"{constant(protocol, message)}, {a2p},\n"
                             f"\t  {part.prefix}_reencode }},\n")
    text += ("static const struct part {\n\tuint32_t protocol_id;\n\tuint32_t type;\n"
             "\tuint32_t id;\n\tbool a2p;\n\tint (*reencode)(const void *payload, size_t size, "
             "void *out, size_t space,\n\t\t\tuint32_t version);\n} parts[] = {\n")
    return text + rows + "};\n\n" + _TAIL


def _part(part):
    array = part.array
    text = f"static int {part.prefix}_reencode(const void *payload, size_t size,\n"
    text += "\tvoid *out, size_t space, uint32_t version)\n{\n"
    text += f"\tstruct {part.prefix} m;\n"
    if array:
        text += f"\tstruct {array.element.prefix} element;\n\tsize_t at;\n\tint more;\n"
    text += f"\tint result = {part.prefix}_decode(&m, payload, size, version);\n\n"
    text += "\tif (result)\n\t\treturn result;\n"
    text += f"\tresult = {part.prefix}_encode(out, space, &m, version);\n"
    if not array:
        return text + "\treturn result;\n}\n\n"
    text += "\tif (result < 0)\n\t\treturn result;\n\tat = (size_t)result;\n"
    text += f"\twhile ((more = {array.element.prefix}_next(&m.{array.name}, &element,\n"
    text += "\t\tversion)) > 0) {\n"
    text += f"\t\tresult = {array.element.prefix}_append(out, space, &at, &element,\n"
    text += "\t\t\tversion);\n\t\tif (result)\n\t\t\treturn result;\n\t}\n"
    text += "\tif (more < 0)\n\t\treturn more;\n"
    if array.pad > 1:
        text += f"\tresult = {part.prefix}_pad(out, space, &at);\n"
        text += "\tif (result)\n\t\treturn result;\n"
    return text + "\treturn (int)at;\n}\n\n"
