# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""From loaded YAML to the model. Whatever is wrong is reported with its position."""

import re

from .expression import Expression, ExpressionError
from .load import List, Scalar
from .model import (Bit, Common, Field, Message, Paging, Protocol, Range, Record, Status,
                    version_text)

_INTEGERS = {"u8": ("unsigned", 1), "u16": ("unsigned", 2), "u32": ("unsigned", 4),
             "u64": ("unsigned", 8), "i32": ("signed", 4), "i64": ("signed", 8)}
_C_WORDS = set("""auto bool break case char const continue default do double else enum extern false
float for goto if inline int long register restrict return short signed sizeof static struct switch
true typedef union unsigned void volatile while""".split())
_SECTIONS = (("commands", "command"), ("delayed_responses", "delayed"),
             ("notifications", "notification"))


def parse_common(root):
    root.check({"statuses", "protocols", "commands"})
    statuses = []
    for item in root.list("statuses").maps():
        item.check({"value", "name", "doc"})
        value = item.scalar("value").integer(-127, 0)
        statuses.append(Status(value, _upper(item, "name"), item.text("doc")))
    protocols = []
    for item in root.list("protocols").maps():
        item.check({"id", "name"})
        protocols.append((item.scalar("id").integer(0x10, 0x7f), _member(item, "name")))
    return Common(statuses, protocols, root.list("commands").maps())


def parse_protocol(root, common):
    """`common` lends its commands to every protocol."""
    root.check({"protocol", "elements"} | {section for section, _ in _SECTIONS})
    head = root.map("protocol")
    head.check({"id", "name", "title", "versions", "doc"})
    versions = [_version(item) for item in head.list("versions").scalars()]
    if not versions or versions != sorted(set(versions)):
        head.list("versions").fail("versions must be in ascending order")
    protocol = Protocol(head.scalar("id").integer(0x10, 0xff), _member(head, "name"),
                        head.text("title"), head.text("doc"), versions)
    if (protocol.id, protocol.name) not in common.protocols:
        head.scalar("id").fail(f"common.yaml has no protocol {protocol.id:#x} '{protocol.name}'")
    for item in common.commands:
        protocol.commands.append(_Parser(protocol, None, "").message(item, "command", True))
    elements = root.map("elements", required=False)
    parser = _Parser(protocol, elements, protocol.upper + "_VERSION_")
    for section, kind in _SECTIONS:
        target = {"command": protocol.commands, "delayed": protocol.delayed,
                  "notification": protocol.notifications}[kind]
        items = root.list(section, required=kind == "command")
        for item in items.maps() if items else []:
            message = parser.message(item, kind, False)
            if any(other.id == message.id for other in target):
                item.scalar("id").fail(f"another {kind} has the id {message.id:#x}")
            if any(other.name == message.name for other in protocol.messages):
                item.scalar("name").fail(f"there is another {message.name}")
            target.append(message)
        target.sort(key=lambda message: message.id)
    _check_links(root, protocol)
    return protocol


def _version(scalar):
    match = re.fullmatch(r"(\d+)\.(\d+)", scalar.raw)
    if not match:
        scalar.fail(f"'{scalar.raw}' is not a version: write \"major.minor\"")
    if not scalar.quoted:
        scalar.fail(f"write the version in quotes: \"{scalar.raw}\"")
    return int(match.group(1)) << 16 | int(match.group(2))


def _name(item, key, pattern, what):
    scalar = item.scalar(key)
    if not re.fullmatch(pattern, scalar.raw) or scalar.raw in _C_WORDS:
        scalar.fail(f"'{scalar.raw}' is not {what}")
    return scalar.raw


def _member(item, key):
    return _name(item, key, r"[a-z][a-z0-9_]*", "a lower-case name that C can use")


def _upper(item, key):
    return _name(item, key, r"[A-Z][A-Z0-9_]*", "an upper-case name")


def _check_links(root, protocol):
    events = {message.name for message in protocol.notifications}
    delayed = {message.name: message.id for message in protocol.delayed}
    commands = {message.name: message for message in protocol.commands}
    for item in root.list("commands").maps():
        if "enables" in item and item.text("enables") not in events:
            item.scalar("enables").fail(f"no notification is called {item.text('enables')}")
        if "completes" in item:
            name = item.text("completes")
            if name not in delayed:
                item.scalar("completes").fail(f"no delayed response is called {name}")
            if delayed[name] != item.scalar("id").integer(0, 255):
                item.scalar("completes").fail(f"{name} must have the id of its command")
        for link, bit in (("enables", "enable"), ("completes", "async")):
            if link in item and commands[item.text("name")].asks(bit) is None:
                item.scalar(link).fail(f"the request has no bit '{bit}', or in several places")


class _Parser:
    def __init__(self, protocol, elements, namespace):
        self.protocol = protocol
        self.elements = elements
        self.namespace = namespace

    def message(self, item, kind, common):
        bodies = {"request", "response", "paging", "enables", "completes"} \
            if kind == "command" else {"payload"}
        item.check({"id", "name", "versions", "doc"} | bodies)
        name = _upper(item, "name")
        span = self.range(item)
        versions = [version for version in self.protocol.versions if span.has(version)]
        if not versions:
            item.fail(f"{name} exists in no version")
        message = Message(item.scalar("id").integer(0, 255), name, kind, span, versions,
                          item.text("doc"), common=common)
        prefix = self.prefix(name, common)
        if kind != "command":
            message.payload = self.record(item.list("payload"), prefix, kind, message)
            return message
        message.request = self.record(item.list("request"), prefix + "_request", "request", message)
        message.response = self.record(item.list("response"), prefix + "_response", "response",
                                       message)
        for link in ("enables", "completes"):
            if link in item:
                setattr(message, link, item.text(link))
        if "paging" in item:
            message.paging = self.paging(item.map("paging"), message)
        return message

    def prefix(self, name, common):
        lower = name.lower()
        if common or lower.startswith(self.protocol.name + "_"):
            return "scmi_" + lower
        return f"scmi_{self.protocol.name}_{lower}"

    def range(self, item):
        """`versions: [from]` or `[from, up to but without]`."""
        limits = item.list("versions", required=False)
        if limits is None:
            return Range()
        if len(limits) not in (1, 2):
            limits.fail("give the first version and, if it has one, the end")
        values = [_version(scalar) for scalar in limits.scalars()]
        for scalar, value in zip(limits, values):
            if value not in self.protocol.versions:
                known = ", ".join(version_text(version) for version in self.protocol.versions)
                scalar.fail(f"{scalar.raw} is not a version of this protocol ({known})")
        if len(values) == 2 and values[0] >= values[1]:
            limits.fail("the end must be above the first version")
        return Range(values[0], values[1] if len(values) == 2 else None)

    def paging(self, item, message):
        item.check({"index", "returned", "remaining"})
        known = {"index": message.request, "returned": message.response,
                 "remaining": message.response}
        for key, record in known.items():
            if key in item and item.text(key) not in _members(record):
                item.scalar(key).fail(f"there is no member '{item.text(key)}'")
        return Paging(item.text("index"), item.text("returned"),
                      item.text("remaining") if "remaining" in item else None)

    def record(self, items, prefix, role, message, doc=""):
        title = {"request": f"Request of {message.name}.",
                 "response": f"Response to {message.name}, after its status.",
                 "delayed": f"{message.name}, after its status.",
                 "notification": f"{message.name}, a notification.",
                 "element": doc}[role]
        record = Record(prefix, role, message.versions, [], title, self.namespace)
        for item in items.maps():
            if record.array:
                item.fail("nothing can follow an array")
            field = self.field(item, record, message)
            self.check_unique(item, field, record)
            record.fields.append(field)
        if record.fields and not _members(record):
            items.fail(f"{record.title} It has nothing but reserved words")
        return record

    def field(self, item, record, message):
        item.check({"name", "type", "doc", "versions", "when", "bits", "count", "element", "pad",
                    "least"})
        name = _member(item, "name")
        kind = item.text("type")
        field = Field(name, "", 0, self.range(item), item.text("doc"))
        if "when" in item:
            field.when = self.when(item, record)
        text = re.fullmatch(r"str(\d+)", kind)
        if kind in _INTEGERS:
            field.kind, field.size = _INTEGERS[kind]
        elif text and int(text.group(1)) % 4 == 0 and int(text.group(1)) > 0:
            field.kind, field.size = "text", int(text.group(1))
        elif kind == "array":
            self.array(item, field, record, message)
        else:
            item.scalar("type").fail(
                f"unknown type '{kind}': {', '.join(_INTEGERS)}, strN (N a multiple of 4), array")
        if "bits" in item:
            if kind != "u32":
                item.list("bits").fail("only a u32 has bits")
            field.kind = "word"
            for bit in item.list("bits").maps():
                self.bit(bit, field)
        return field

    def when(self, item, record):
        if record.role != "element":
            item.scalar("when").fail("only fields of an element can be conditional")
        try:
            expression = Expression(item.text("when"))
        except ExpressionError as error:
            item.scalar("when").fail(str(error))
        for name in expression.names:
            if name not in _members(record):
                item.scalar("when").fail(f"no earlier member is called '{name}'")
            for version in self.protocol.versions:
                if self.range(item).has(version) and not _has_member(record, name, version):
                    item.fail(f"'{name}' does not exist in version {version_text(version)}: "
                              "limit the versions of this field")
        return expression

    def array(self, item, field, record, message):
        field.kind = "array"
        if record.role in ("request", "element"):
            item.scalar("type").fail(f"a {record.role} cannot hold an array")
        if "when" in item or "versions" in item:
            item.fail("an array is always there")
        field.count = item.text("count")
        if field.count != "rest" and field.count not in _members(record):
            item.scalar("count").fail(f"no earlier member is called '{field.count}'; "
                                      "write that, or 'rest'")
        if "pad" in item:
            field.pad = item.scalar("pad").integer(4, 4)
        if "least" in item:
            field.least = item.scalar("least").integer(1, 255)
            if field.count != "rest":
                item.scalar("least").fail("only with 'count: rest'")
        source = item.items["element"] if "element" in item else item.fail("'element' is missing")
        if isinstance(source, Scalar):
            if self.elements is None or source.raw not in self.elements:
                source.fail(f"'elements' has no '{source.raw}'")
            source = self.elements.list(source.raw)
        if not isinstance(source, List) or not len(source):
            source.fail("'element' must be a list of fields, or the name of one in 'elements'")
        field.element = self.record(source, f"{record.prefix}_{field.name}", "element", message,
                                    field.doc)
        if field.element.variable and (field.count == "rest" or record.role == "notification"):
            item.fail("elements of variable size need a count, and cannot be in a notification")

    def bit(self, item, field):
        item.check({"name", "bit", "bits", "signed", "versions", "doc"})
        if ("bit" in item) == ("bits" in item):
            item.fail("give either 'bit: n' or 'bits: \"high:low\"'")
        if "bit" in item:
            high = low = item.scalar("bit").integer(0, 31)
        else:
            match = re.fullmatch(r"(\d+):(\d+)", item.text("bits"))
            high, low = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
            if not 31 >= high > low:
                item.scalar("bits").fail("write \"high:low\" within 31:0")
        signed = item.scalar("signed").boolean() if "signed" in item else False
        bit = Bit(_member(item, "name"), low, high - low + 1, signed, self.range(item),
                  item.text("doc"))
        for version in self.protocol.versions:
            if bit.versions.has(version) and (bit.mask << low) & ~field.reserved(version):
                item.fail(f"'{bit.name}' overlaps another bit in version {version_text(version)}")
        field.bits.append(bit)

    def check_unique(self, item, field, record):
        """No member twice, except a bit field whose place changed from one version to the next."""
        names = [bit.name for bit in field.bits] if field.kind == "word" else [field.name]
        taken = _members(record)
        for name in names:
            if name in taken:
                item.fail(f"'{name}' is given twice")
        for version in self.protocol.versions:
            present = [bit.name for bit in field.bits_in(version)]
            for name in present:
                if present.count(name) > 1:
                    item.fail(f"'{name}' is given twice in version {version_text(version)}")


def _members(record):
    """Names of the members of a record's C structure."""
    names = []
    for field in record.fields:
        names += [bit.name for bit in field.bits] if field.kind == "word" else [field.name]
    return names


def _has_member(record, name, version):
    return any(name in [bit.name for bit in field.bits_in(version)] or
               (field.name == name and field.kind != "word")
               for field in record.fields_in(version))
