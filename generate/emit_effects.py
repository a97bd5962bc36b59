# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""effects.c: the table behind src/wire/effects.h."""

from .ctext import header_comment

_HEAD = '''\
/* A command that subscribes or may be asynchronous; one of the two, seen in a word of its payload. */
struct entry {
	uint8_t protocol_id;
	uint8_t message_id;
	int16_t notification_id; /* -1: it may be asynchronous */
	uint16_t offset;
	uint32_t mask;
	uint32_t value;
};

'''

_FUNCTION = '''\
void scmi_effect_of(struct scmi_effect *effect, uint32_t protocol_id, uint32_t message_id,
		    const void *payload, size_t size)
{
	effect->notification_id = -1;
	effect->enable = false;
	effect->key_size = 0;
	effect->delayed = false;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		const struct entry *entry = &entries[i];
		bool set;

		if (entry->protocol_id != protocol_id || entry->message_id != message_id ||
		    size < entry->offset + sizeof(uint32_t))
			continue;
		set = (scmi_get_le32((const uint8_t *)payload + entry->offset) & entry->mask) ==
		      entry->value;
		if (entry->notification_id < 0) {
			effect->delayed = set;
			continue;
		}
		effect->notification_id = entry->notification_id;
		effect->enable = set;
		effect->key_size = entry->offset;
	}
}
'''


def effects_source(protocols):
    text = header_comment("What commands ask for. Made from protocols/: do not edit.")
    text += '#include "wire/effects.h"\n\n' + _HEAD + "static const struct entry entries[] = {\n"
    for protocol in protocols:
        events = {message.name: message.id for message in protocol.notifications}
        for message in protocol.commands:
            if message.enables:
                text += _entry(protocol, message, events[message.enables], *message.asks("enable"))
            if message.completes:
                text += _entry(protocol, message, -1, *message.asks("async", "ignore_delayed_response"))
    return text + "};\n\n" + _FUNCTION


def _entry(protocol, message, notification, offset, mask, value):
    return (f"\t/* {message.name} */\n\t{{ {protocol.id:#x}, {message.id:#x}, {notification}, {offset}, "
            f"{mask:#x}, {value:#x} }},\n")
