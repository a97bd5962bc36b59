# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""reference/PROTOCOL.md: a page for people, with every message, member and layout."""

from .ctext import LICENCE
from .model import version_text

_SECTIONS = (("commands", "Commands"), ("delayed", "Delayed responses"),
             ("notifications", "Notifications"))
_TYPES = {("unsigned", size): f"u{8 * size}" for size in (1, 2, 4, 8)}
_TYPES |= {("signed", 4): "i32", ("signed", 8): "i64"}


def reference_page(protocol):
    versions = ", ".join(version_text(version) for version in protocol.versions)
    text = f"<!-- {LICENCE} -->\n<!-- Made from protocols/{protocol.name}.yaml: do not edit. -->\n"
    text += f"# {protocol.title}\n\n{protocol.doc}\n\n"
    text += (f"Protocol {protocol.id:#04x}, versions {versions}. Every word is little-endian. "
             "Offsets count from the byte after the header; those of responses and delayed "
             "responses include the status, which comes first. Bits that are not named are reserved: "
             "zero in what is sent, INVALID_PARAMETERS when set in a request.\n\n")
    text += "| id | message | since |\n|---|---|---|\n"
    for kind, _ in _SECTIONS:
        for message in getattr(protocol, kind):
            word = {"commands": "", "delayed": " (delayed response)",
                    "notifications": " (notification)"}[kind]
            text += (f"| {message.id:#04x} | [{message.name}](#{message.name.lower()}){word} | "
                     f"{version_text(message.versions[0])} |\n")
    for kind, title in _SECTIONS:
        messages = getattr(protocol, kind)
        if messages:
            text += f"\n## {title}\n" + "".join(_message(message) for message in messages)
    return text


def _message(message):
    text = f"\n### {message.name}\n\n{message.doc}\n"
    if message.enables:
        text += f"Subscribes to [{message.enables}](#{message.enables.lower()}).\n"
    if message.completes:
        text += f"May complete with [{message.completes}](#{message.completes.lower()}).\n"
    if message.paging:
        paging = message.paging
        rest = f", `{paging.remaining}` are left" if paging.remaining else ""
        text += (f"A long list comes in pieces: `{paging.index}` is the first entry asked for, "
                 f"`{paging.returned}` came{rest}.\n")
    for part in message.parts:
        title = {"request": "Request", "response": "Response"}.get(part.role, "Payload")
        text += "".join(_layout(part, title, group) for group in part.layouts())
    return text


def _layout(part, title, versions):
    """One table. The title names versions only where there are several layouts."""
    if versions != part.versions:
        last = f" to {version_text(versions[-1])}" if len(versions) > 1 else ""
        title += f", version {version_text(versions[0])}{last}"
    status = part.role in ("response", "delayed")
    if not part.fields and not status:
        return f"\n{title}: no payload.\n"
    if not part.fields:
        return f"\n{title}: the status (i32).\n"
    text = f"\n{title}:\n\n| offset | type | name | meaning |\n|---|---|---|---|\n"
    offset = 0
    if status:
        text += "| 0 | i32 | status | Negative when the message failed; nothing follows then. |\n"
        offset = 4
    return text + _rows(part, versions[0], offset, "")


def _rows(record, version, offset, prefix):
    text = ""
    for field in record.fields_in(version):
        place = f"{prefix}{offset}" if offset is not None else "…"
        when = f" Only when {field.when.text}." if field.when else ""
        kind = {"word": "u32", "text": f"{field.size} bytes of text"}.get(
            field.kind, _TYPES.get((field.kind, field.size)))
        if field.kind == "array":
            count = "as many as fit" if field.count == "rest" else f"{field.count} times"
            text += f"| {place} | array | {field.name} | {field.doc} Each entry, {count}: |\n"
            return text + _rows(field.element, version, 0, "+")
        if field.kind == "word" and not field.bits_in(version):
            text += f"| {place} | u32 | {field.name} | Reserved. |\n"
        else:
            text += f"| {place} | {kind} | {field.name} | {field.doc}{when} |\n"
        for bit in sorted(field.bits_in(version), key=lambda bit: -bit.low):
            span = f"[{bit.low + bit.width - 1}:{bit.low}]" if bit.width > 1 else f"[{bit.low}]"
            sign = "signed" if bit.signed else ""
            text += f"| {span} | {sign} | {bit.name} | {bit.doc} |\n"
        offset = None if offset is None or field.when else offset + field.size
    return text
