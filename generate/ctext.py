# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Pieces of C text that several emitters need."""

import textwrap

LICENCE = "SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause"
WIDTH = 100

# Where a protocol keeps its messages, and the message type in their header.
MESSAGE_TYPES = (("commands", "SCMI_COMMAND"), ("delayed", "SCMI_DELAYED_RESPONSE"),
                 ("notifications", "SCMI_NOTIFICATION"))


def header_comment(text):
    """The first lines of a generated C file."""
    return f"/* {LICENCE} */\n" + comment(text)


def comment(text, indent=""):
    """A C comment, on one line if it fits."""
    if len(indent.expandtabs(8)) + len(text) + 6 <= WIDTH:
        return f"{indent}/* {text} */\n"
    lines = textwrap.wrap(text, WIDTH - 4 - len(indent.expandtabs(8)))
    return f"{indent}/*\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"


def version_name(namespace, version):
    return f"{namespace}{version >> 16}_{version & 0xffff}"


def by_version(record, value_of):
    """A C expression with the value that each version of a record has."""
    return choice(record.versions, record.namespace, value_of)


def choice(versions, namespace, value_of):
    """A C expression with the value that each version has; plain when all have the same."""
    steps = []
    for version in versions:
        value = value_of(version)
        if not steps or steps[-1][1] != value:
            steps.append((version, value))
    text = steps[-1][1]
    for (_, value), (limit, _) in zip(reversed(steps[:-1]), reversed(steps[1:])):
        text = f"version < {version_name(namespace, limit)} ? {value} : {text}"
    return text


def grouped(text):
    """In parentheses when it is a choice between versions."""
    return f"({text})" if " ? " in text else text


def condition(record, span):
    """When a field or bit exists, in C; None when it always does."""
    present = [version for version in record.versions if span.has(version)]
    if present == record.versions:
        return None
    tests = []
    if present[0] != record.versions[0]:
        tests.append(f"version >= {version_name(record.namespace, present[0])}")
    if present[-1] != record.versions[-1]:
        tests.append(f"version < {version_name(record.namespace, span.high)}")
    return " && ".join(tests)


def unsigned_type(width):
    for size in (8, 16, 32):
        if width <= size:
            return f"uint{size}_t"
    return "uint64_t"


def bit_type(bits):
    """C type for a member, given all the places it has in various versions."""
    if all(bit.width == 1 and not bit.signed for bit in bits):
        return "bool"
    name = unsigned_type(max(bit.width for bit in bits))
    return name[1:] if bits[0].signed else name


def bit_members(field):
    """The members of a word: name to its places."""
    members = {}
    for bit in field.bits:
        members.setdefault(bit.name, []).append(bit)
    return members
