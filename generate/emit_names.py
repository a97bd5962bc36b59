# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""names.c: the tables behind src/wire/names.h."""

from .ctext import MESSAGE_TYPES, header_comment

_HEAD = '''\
/* Names by message id. */
struct names {
	const char *const *name;
	size_t count;
};

struct protocol {
	uint32_t id;
	const char *name;
	const uint32_t *versions;
	size_t version_count;
	struct names messages[4]; /* by message type */
	int (*request_size)(uint32_t message_id, uint32_t version);
};

#define NAMES(table) { table, sizeof(table) / sizeof((table)[0]) }

'''

_FUNCTIONS = '''\
static const struct protocol *find(uint32_t protocol_id)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].id == protocol_id)
			return &protocols[i];
	return NULL;
}

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

/* Where `text` goes on after `word`, or NULL when it does not begin with it. */
static const char *after(const char *text, const char *word)
{
	for (; *word; text++, word++)
		if (folded(*text) != folded(*word))
			return NULL;
	return text;
}

static bool same(const char *a, const char *b)
{
	const char *rest = after(a, b);

	return rest && !*rest;
}

const char *scmi_protocol_name(uint32_t protocol_id)
{
	const struct protocol *protocol = find(protocol_id);

	return protocol ? protocol->name : NULL;
}

int scmi_protocol_find(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (same(name, protocols[i].name))
			return (int)protocols[i].id;
	return -1;
}

/* A protocol that is not described has the common commands all the same. */
static struct names names_of(const struct protocol *protocol, uint32_t message_type)
{
	static const struct names common = NAMES(common_commands);
	static const struct names none;

	if (message_type < 4 && protocol && protocol->versions)
		return protocol->messages[message_type];
	return message_type == SCMI_COMMAND ? common : none;
}

const char *scmi_message_name(uint32_t protocol_id, uint32_t message_type, uint32_t message_id)
{
	struct names names = names_of(find(protocol_id), message_type);

	return message_id < names.count ? names.name[message_id] : NULL;
}

int scmi_message_find(uint32_t protocol_id, const char *name)
{
	const struct protocol *protocol = find(protocol_id);
	struct names names = names_of(protocol, SCMI_COMMAND);

	for (size_t id = 0; id < names.count; id++) {
		const char *known = names.name[id];
		const char *rest;

		if (!known)
			continue;
		if (same(name, known))
			return (int)id;
		rest = protocol ? after(known, protocol->name) : NULL;
		if (rest && *rest == '_' && same(name, rest + 1))
			return (int)id;
	}
	return -1;
}

const uint32_t *scmi_protocol_versions(uint32_t protocol_id, size_t *count)
{
	const struct protocol *protocol = find(protocol_id);

	*count = protocol ? protocol->version_count : 0;
	return protocol ? protocol->versions : NULL;
}

uint32_t scmi_protocol_newest(uint32_t protocol_id)
{
	size_t count;
	const uint32_t *versions = scmi_protocol_versions(protocol_id, &count);

	return versions ? versions[count - 1] : 0;
}

int scmi_request_size(uint32_t protocol_id, uint32_t message_id, uint32_t version)
{
	const struct protocol *protocol = find(protocol_id);

	if (!protocol || !protocol->request_size)
		return -1;
	return protocol->request_size(message_id, version);
}
'''


def names_source(common, protocols):
    described = {protocol.id: protocol for protocol in protocols}
    text = header_comment("Names and versions. Made from protocols/: do not edit.")
    text += '#include "wire/names.h"\n\n'
    text += "".join(f"#include <scmi/wire/{protocol.name}.h>\n" for protocol in protocols) + "\n"
    text += _HEAD
    shared = [message for message in protocols[0].commands if message.common]
    text += _table("common_commands", [(message.id, message.name) for message in shared] +
                   [(1, "PROTOCOL_ATTRIBUTES")])
    for protocol in protocols:
        for kind, _ in MESSAGE_TYPES:
            text += _table(f"{protocol.name}_{kind}",
                           [(message.id, message.name) for message in getattr(protocol, kind)])
        text += (f"static const uint32_t {protocol.name}_versions[] = "
                 f"{protocol.upper}_VERSION_LIST;\n\n")
    text += "static const struct protocol protocols[] = {\n"
    for number, name in common.protocols:
        text += _protocol(number, name, described.get(number))
    return text + "};\n\n" + _FUNCTIONS + _status(common)


def _table(name, messages):
    if not messages:
        return ""
    lines = "".join(f'\t[{number:#x}] = "{text}",\n' for number, text in sorted(messages))
    return f"static const char *const {name}[] = {{\n{lines}}};\n\n"


def _protocol(number, name, protocol):
    if protocol is None:
        return f'\t{{ .id = {number:#x}, .name = "{name}" }},\n'
    text = f'\t{{\n\t\t.id = {protocol.upper}_PROTOCOL,\n\t\t.name = "{name}",\n'
    text += f"\t\t.versions = {name}_versions,\n"
    text += f"\t\t.version_count = sizeof({name}_versions) / sizeof({name}_versions[0]),\n"
    text += "\t\t.messages = {\n"
    for kind, constant in MESSAGE_TYPES:
        if getattr(protocol, kind):
            text += f"\t\t\t[{constant}] = NAMES({name}_{kind}),\n"
    return text + f"\t\t}},\n\t\t.request_size = scmi_{name}_request_size,\n\t}},\n"


def _status(common):
    text = "\nconst char *scmi_status_name(int32_t status)\n{\n\tswitch (status) {\n"
    for status in common.statuses:
        text += f'\tcase SCMI_{status.name}:\n\t\treturn "{status.name}";\n'
    return text + '\t}\n\treturn status < -127 ? "vendor" : "unassigned";\n}\n'
