# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The protocols as objects, and what can be computed from them: sizes and layouts per version."""

from dataclasses import dataclass, field


def version_text(version):
    return f"{version >> 16}.{version & 0xffff}"


@dataclass(frozen=True)
class Range:
    """Versions from `low` on, `high` not included (None: no end)."""
    low: int = 0
    high: int | None = None

    def has(self, version):
        return version >= self.low and (self.high is None or version < self.high)


@dataclass
class Bit:
    name: str
    low: int
    width: int
    signed: bool
    versions: Range
    doc: str

    @property
    def mask(self):
        return (1 << self.width) - 1

    @property
    def limits(self):
        """Lowest and highest value."""
        if self.signed:
            return -(1 << (self.width - 1)), (1 << (self.width - 1)) - 1
        return 0, self.mask


@dataclass
class Field:
    """`kind` is one of unsigned, signed, text, word (a u32 made of bits) and array."""
    name: str
    kind: str
    size: int
    versions: Range
    doc: str
    when: object = None
    bits: list = field(default_factory=list)
    count: str = ""
    element: object = None
    pad: int = 1
    least: int = 0

    def bits_in(self, version):
        return [bit for bit in self.bits if bit.versions.has(version)]

    def reserved(self, version):
        """Bits of a word that no version member uses."""
        used = 0
        for bit in self.bits_in(version):
            used |= bit.mask << bit.low
        return 0xffffffff & ~used if self.kind == "word" else 0


@dataclass
class Record:
    """A sequence of fields: one part of a message, or one element of an array.

    `role` is request, response, delayed, notification or element; `versions` those in which the
    message exists; `prefix` the C name; `namespace` what the C names of its versions begin with.
    """
    prefix: str
    role: str
    versions: list
    fields: list
    title: str
    namespace: str

    @property
    def array(self):
        last = self.fields[-1] if self.fields else None
        return last if last is not None and last.kind == "array" else None

    @property
    def plain(self):
        """Fields without the array, which is always the last."""
        return [item for item in self.fields if item.kind != "array"]

    def width(self, name):
        """Bits of an integer member."""
        for item in self.fields:
            if item.name == name and item.kind != "word":
                return 8 * item.size
            for bit in item.bits:
                if bit.name == name:
                    return bit.width
        raise KeyError(name)

    @property
    def variable(self):
        """Whether the size depends on values, not only on the version."""
        return any(item.when for item in self.plain)

    def fields_in(self, version):
        return [item for item in self.fields if item.versions.has(version)]

    def fixed_size(self, version):
        """Bytes that are always there: no array, no conditional fields."""
        return sum(item.size for item in self.plain
                   if item.versions.has(version) and not item.when)

    def size_max(self):
        return max((sum(item.size for item in self.plain if item.versions.has(version))
                    for version in self.versions), default=0)

    def layout(self, version):
        """A value that is equal for two versions exactly when their bytes have the same meaning."""
        result = []
        for item in self.fields_in(version):
            bits = tuple((bit.name, bit.low, bit.width) for bit in item.bits_in(version))
            inner = item.element.layout(version) if item.element else ()
            result.append((item.name, item.kind, item.size, bits, inner))
        return tuple(result)

    def layouts(self):
        """Versions grouped by layout, oldest first."""
        groups = []
        for version in self.versions:
            if groups and self.layout(groups[-1][0]) == self.layout(version):
                groups[-1].append(version)
            else:
                groups.append([version])
        return groups


@dataclass
class Paging:
    index: str
    returned: str
    remaining: str | None


@dataclass
class Message:
    """`kind` is command, delayed or notification. A command has request and response, the others
    have payload."""
    id: int
    name: str
    kind: str
    range: Range
    versions: list
    doc: str
    request: Record | None = None
    response: Record | None = None
    payload: Record | None = None
    paging: Paging | None = None
    enables: str | None = None
    completes: str | None = None
    common: bool = False

    @property
    def parts(self):
        return [part for part in (self.request, self.response, self.payload) if part is not None]

    def asks(self, wanted, unwanted=None):
        """Where a command's bit `wanted` is: offset of its word, a mask of it and `unwanted`, and what they are when
        it asks. None where there is no such bit, or its place depends on the version."""
        found = set()
        for version in self.versions:
            offset = 0
            for item in self.request.fields_in(version):
                bits = {bit.name: 1 << bit.low for bit in item.bits_in(version)}
                if wanted in bits:
                    found.add((offset, bits[wanted] | bits.get(unwanted, 0), bits[wanted]))
                offset += item.size
        return found.pop() if len(found) == 1 else None


@dataclass
class Protocol:
    id: int
    name: str
    title: str
    doc: str
    versions: list
    commands: list = field(default_factory=list)
    delayed: list = field(default_factory=list)
    notifications: list = field(default_factory=list)

    @property
    def messages(self):
        return self.commands + self.delayed + self.notifications

    @property
    def own(self):
        """Messages that are not the same in every protocol."""
        return [message for message in self.messages if not message.common]

    @property
    def upper(self):
        return f"SCMI_{self.name.upper()}"


@dataclass
class Status:
    value: int
    name: str
    doc: str


@dataclass
class Common:
    """What common.yaml holds."""
    statuses: list
    protocols: list
    commands: list
