# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""describe.c: the field dumps behind src/wire/describe.h."""

from .ctext import (MESSAGE_TYPES, bit_members, bit_type, condition, header_comment,
                    version_name)
from .emit_header import constant

_HEAD = '''\
/* Visits one part of a message; `status` is what its decoder said and what is returned. */
typedef int part_function(const void *payload, size_t size, uint32_t version,
			  const struct scmi_describe_visitor *visitor, void *ctx);

/* A message, the versions [from, until) that have it, and what goes in either direction. */
struct message {
	uint32_t id;
	uint32_t from;
	uint32_t until;
	part_function *a2p;
	part_function *p2a;
};

struct messages {
	const struct message *message;
	size_t count;
};

#define MESSAGES(table) { table, sizeof(table) / sizeof((table)[0]) }
#define FOR_EVER 0xffffffffu

/* A part that has no members: a request must be empty, an answer may be longer than its status. */
static int nothing_at_all(const void *payload, size_t size, uint32_t version,
			  const struct scmi_describe_visitor *visitor, void *ctx)
{
	(void)payload;
	(void)version;
	(void)visitor;
	(void)ctx;
	return size ? SCMI_PROTOCOL_ERROR : SCMI_SUCCESS;
}

static int nothing_more(const void *payload, size_t size, uint32_t version,
			const struct scmi_describe_visitor *visitor, void *ctx)
{
	(void)payload;
	(void)size;
	(void)version;
	(void)visitor;
	(void)ctx;
	return SCMI_SUCCESS;
}

'''

_FUNCTIONS = '''\
static const struct message *find(uint32_t header)
{
	uint32_t protocol_id = scmi_header_protocol_id(header);
	uint32_t type = scmi_header_message_type(header);

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		const struct messages *messages = &protocols[i].messages[type];

		if (protocols[i].id != protocol_id)
			continue;
		for (size_t j = 0; j < messages->count; j++)
			if (messages->message[j].id == scmi_header_message_id(header))
				return &messages->message[j];
	}
	return NULL;
}

int scmi_describe(uint32_t header, enum scmi_direction direction, uint32_t version,
		  const void *payload, size_t size, const struct scmi_describe_visitor *visitor,
		  void *ctx)
{
	const struct message *message = find(header);
	const uint8_t *rest = (const uint8_t *)payload;
	part_function *part;
	int32_t status;

	if (!message || version < message->from || version >= message->until)
		return SCMI_NOT_FOUND;
	part = direction == SCMI_A2P ? message->a2p : message->p2a;
	if (!part)
		return SCMI_NOT_FOUND;
	if (direction == SCMI_P2A && scmi_header_message_type(header) != SCMI_NOTIFICATION) {
		if (size < 4)
			return SCMI_PROTOCOL_ERROR;
		status = (int32_t)scmi_get_le32(rest);
		visitor->number(ctx, "status", (uint64_t)(int64_t)status, true);
		if (status != SCMI_SUCCESS)
			return SCMI_SUCCESS;
		rest += 4;
		size -= 4;
	}
	return part(rest, size, version, visitor, ctx);
}
'''


def describe_source(protocols):
    text = header_comment("Field dumps. Made from protocols/: do not edit.")
    text += '#include "wire/describe.h"\n\n'
    text += "".join(f"#include <scmi/wire/{protocol.name}.h>\n" for protocol in protocols) + "\n"
    text += _HEAD
    shared = [message for message in protocols[0].commands if message.common]
    for message in shared + [message for protocol in protocols for message in protocol.own]:
        text += "".join(part_function(part) for part in message.parts if part.fields)
    for protocol in protocols:
        for kind, _, messages in _tables(protocol):
            text += f"static const struct message {protocol.name}_{kind}[] = {{\n"
            text += "".join(_row(protocol, message) for message in messages) + "};\n\n"
    text += "static const struct {\n\tuint32_t id;\n"
    text += "\tstruct messages messages[4]; /* by message type */\n} protocols[] = {\n"
    for protocol in protocols:
        text += f"\t{{ {protocol.upper}_PROTOCOL, {{\n"
        for kind, type_name, _ in _tables(protocol):
            text += f"\t\t[{type_name}] = MESSAGES({protocol.name}_{kind}),\n"
        text += "\t} },\n"
    return text + "};\n\n" + _FUNCTIONS


def _tables(protocol):
    return [(kind, type_name, getattr(protocol, kind)) for kind, type_name in MESSAGE_TYPES
            if getattr(protocol, kind)]


def _row(protocol, message):
    namespace = protocol.upper + "_VERSION_"
    start = version_name(namespace, message.range.low) if message.range.low else "0"
    end = version_name(namespace, message.range.high) if message.range.high else "FOR_EVER"
    a2p = _name(message.request, "nothing_at_all") if message.request else "NULL"
    p2a = _name(message.response or message.payload, "nothing_more")
    return f"\t{{ {constant(protocol, message)}, {start}, {end},\n\t  {a2p},\n\t  {p2a} }},\n"


def _name(part, empty):
    return "visit_" + part.prefix.removeprefix("scmi_") if part.fields else empty


def part_function(part):
    """The function that visits one part."""
    array = part.array
    text = f"static int {_name(part, '')}(const void *payload, size_t size,\n"
    text += "\tuint32_t version, const struct scmi_describe_visitor *visitor, void *ctx)\n{\n"
    text += f"\tstruct {part.prefix} m;\n"
    if array:
        text += f"\tstruct {array.element.prefix} element;\n\tuint32_t index = 0;\n\tint more;\n"
    text += f"\tint status = {part.prefix}_decode(&m, payload, size, version);\n\n"
    text += "\tif (status != SCMI_SUCCESS && status != SCMI_INVALID_PARAMETERS)\n"
    text += "\t\treturn status;\n"
    text += _visits(part, "m", "\t")
    if array:
        text += f"\twhile ((more = {array.element.prefix}_next(&m.{array.name}, &element,\n"
        text += "\t\tversion)) > 0) {\n"
        text += f'\t\tvisitor->open(ctx, "{array.name}", index++);\n'
        text += _visits(array.element, "element", "\t\t")
        text += "\t\tvisitor->close(ctx);\n\t}\n\tif (more < 0)\n\t\treturn more;\n"
    return text + "\treturn status;\n}\n\n"


def _visits(record, structure, indent):
    text = ""
    for field in record.plain:
        if field.kind == "word":
            for name, bits in bit_members(field).items():
                kind = "flag" if bit_type(bits) == "bool" else "number"
                text += _visit(field, kind, name, structure, indent, _present(record, field, bits),
                               bits[0].signed)
        else:
            kind = "text" if field.kind == "text" else "number"
            text += _visit(field, kind, field.name, structure, indent,
                           condition(record, field.versions), field.kind == "signed")
    return text


def _present(record, field, bits):
    """When a member of a word exists, in C; None when it always does."""
    if all(any(bit.versions.has(version) for bit in bits)
           for version in record.versions if field.versions.has(version)):
        return condition(record, field.versions)
    tests = [condition(record, bit.versions) for bit in bits]
    return " || ".join(f"({test})" if len(tests) > 1 else test for test in tests)


def _visit(field, kind, name, structure, indent, test, signed):
    value = f"{structure}.{name}"
    if kind == "number":
        value = (f"(uint64_t)(int64_t){value}" if signed else value) + f", {str(signed).lower()}"
    tests = [item for item in (test, field.when and field.when.c(structure + ".")) if item]
    if len(tests) > 1:
        tests = [f"({item})" if " || " in item else item for item in tests]
    call = f'visitor->{kind}(ctx, "{name}", {value});\n'
    if not tests:
        return indent + call
    return f"{indent}if ({' && '.join(tests)})\n{indent}\t{call}"
