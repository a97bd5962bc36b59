# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Sizes of the base and clock messages in every version, written down from the specification's facts."""

from scmi_client import BASE, CLOCK

V1_0 = 0x10000
V2_0 = 0x20000
V2_1 = 0x20001
V3_0 = 0x30000

NEWEST = {BASE: V2_1, CLOCK: V3_0}
VERSIONS = {BASE: (V1_0, V2_0, V2_1), CLOCK: (V1_0, V2_0, V3_0)}

PROTOCOL_VERSION = 0x0
PROTOCOL_ATTRIBUTES = 0x1
PROTOCOL_MESSAGE_ATTRIBUTES = 0x2
NEGOTIATE_PROTOCOL_VERSION = 0x10

BASE_DISCOVER_VENDOR = 0x3
BASE_DISCOVER_SUB_VENDOR = 0x4
BASE_DISCOVER_IMPLEMENTATION_VERSION = 0x5
BASE_DISCOVER_LIST_PROTOCOLS = 0x6
BASE_DISCOVER_AGENT = 0x7
BASE_NOTIFY_ERRORS = 0x8
BASE_SET_DEVICE_PERMISSIONS = 0x9
BASE_SET_PROTOCOL_PERMISSIONS = 0xA
BASE_RESET_AGENT_CONFIGURATION = 0xB

CLOCK_ATTRIBUTES = 0x3
CLOCK_DESCRIBE_RATES = 0x4
CLOCK_RATE_SET = 0x5
CLOCK_RATE_GET = 0x6
CLOCK_CONFIG_SET = 0x7
CLOCK_NAME_GET = 0x8
CLOCK_RATE_NOTIFY = 0x9
CLOCK_RATE_CHANGE_REQUESTED_NOTIFY = 0xA
CLOCK_CONFIG_GET = 0xB
CLOCK_POSSIBLE_PARENTS_GET = 0xC
CLOCK_PARENT_SET = 0xD
CLOCK_PARENT_GET = 0xE
CLOCK_GET_PERMISSIONS = 0xF

# id: (name, first version that has it, payload bytes of the request)
_COMMON = {
    0x0: ("PROTOCOL_VERSION", V1_0, 0),
    0x1: ("PROTOCOL_ATTRIBUTES", V1_0, 0),
    0x2: ("PROTOCOL_MESSAGE_ATTRIBUTES", V1_0, 4),
    0x10: ("NEGOTIATE_PROTOCOL_VERSION", V1_0, 4),
}
_MESSAGES = {
    BASE: {
        **_COMMON,
        0x3: ("BASE_DISCOVER_VENDOR", V1_0, 0),
        0x4: ("BASE_DISCOVER_SUB_VENDOR", V1_0, 0),
        0x5: ("BASE_DISCOVER_IMPLEMENTATION_VERSION", V1_0, 0),
        0x6: ("BASE_DISCOVER_LIST_PROTOCOLS", V1_0, 4),
        0x7: ("BASE_DISCOVER_AGENT", V1_0, 4),
        0x8: ("BASE_NOTIFY_ERRORS", V1_0, 4),
        0x9: ("BASE_SET_DEVICE_PERMISSIONS", V2_0, 12),
        0xA: ("BASE_SET_PROTOCOL_PERMISSIONS", V2_0, 16),
        0xB: ("BASE_RESET_AGENT_CONFIGURATION", V2_0, 8),
    },
    CLOCK: {
        **_COMMON,
        0x3: ("CLOCK_ATTRIBUTES", V1_0, 4),
        0x4: ("CLOCK_DESCRIBE_RATES", V1_0, 8),
        0x5: ("CLOCK_RATE_SET", V1_0, 16),
        0x6: ("CLOCK_RATE_GET", V1_0, 4),
        0x7: ("CLOCK_CONFIG_SET", V1_0, 12),
        0x8: ("CLOCK_NAME_GET", V2_0, 4),
        0x9: ("CLOCK_RATE_NOTIFY", V2_0, 8),
        0xA: ("CLOCK_RATE_CHANGE_REQUESTED_NOTIFY", V2_0, 8),
        0xB: ("CLOCK_CONFIG_GET", V3_0, 8),
        0xC: ("CLOCK_POSSIBLE_PARENTS_GET", V3_0, 8),
        0xD: ("CLOCK_PARENT_SET", V3_0, 8),
        0xE: ("CLOCK_PARENT_GET", V3_0, 4),
        0xF: ("CLOCK_GET_PERMISSIONS", V3_0, 4),
    },
}


def messages(protocol, version):
    """{id: (name, request size)} of a protocol's version."""
    result = {}
    for number, (name, since, size) in _MESSAGES[protocol].items():
        if since <= version:
            if (protocol, number) == (CLOCK, CLOCK_CONFIG_SET) and version < V3_0:
                size = 8
            result[number] = (name, size)
    return result


def absent_messages(protocol, version):
    """Message ids that a version does not have; unassigned ones among them."""
    return [number for number in range(0x100) if number not in messages(protocol, version)]


def message_name(protocol, number):
    entry = _MESSAGES[protocol].get(number)
    return entry[0] if entry else "message 0x%02x" % number


def clock_fields(message, clock, rest):
    """Where a clock message has its clock id: second in RATE_SET, else first. rest: the other words."""
    if message == CLOCK_RATE_SET:
        return (rest[0], clock, *rest[1:])
    return (clock, *rest)


# Clock messages that name a clock, with other words that are in order for an ordinary clock.
CLOCK_MESSAGES_OF_A_CLOCK = {
    CLOCK_ATTRIBUTES: (),
    CLOCK_DESCRIBE_RATES: (0,),
    CLOCK_RATE_SET: (0, 1000000, 0),
    CLOCK_RATE_GET: (),
    CLOCK_CONFIG_SET: (1, 0),
    CLOCK_NAME_GET: (),
    CLOCK_RATE_NOTIFY: (1,),
    CLOCK_RATE_CHANGE_REQUESTED_NOTIFY: (1,),
    CLOCK_CONFIG_GET: (0,),
    CLOCK_POSSIBLE_PARENTS_GET: (0,),
    CLOCK_PARENT_SET: (0,),
    CLOCK_PARENT_GET: (),
    CLOCK_GET_PERMISSIONS: (),
}
