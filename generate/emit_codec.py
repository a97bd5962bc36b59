# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Everything in C for one record: its structure, and the functions to and from bytes."""

from .ctext import bit_members, bit_type, comment
from .emit_decode import decoder, element_reader
from .emit_encode import element_writer, encoder, padding


def record_code(record):
    """Everything for one part of a message."""
    if not record.fields:
        return ""
    text = ""
    if record.array:
        text += _structure(record.array.element)
    text += _structure(record)
    text += decoder(record) + encoder(record)
    if record.array:
        text += element_reader(record.array.element) + element_writer(record.array.element)
        if record.array.pad > 1:
            text += padding(record)
    return text


def _structure(record):
    text = f"#define {record.prefix.upper()}_SIZE_MAX {record.size_max()}u\n\n"
    text += comment(record.title) + f"struct {record.prefix} {{\n"
    for field in record.fields:
        if field.kind == "word":
            for name, bits in bit_members(field).items():
                text += comment(bits[-1].doc, "\t") + f"\t{bit_type(bits)} {name};\n"
        else:
            text += comment(field.doc, "\t") + f"\t{_declaration(field)};\n"
    return text + "};\n\n"


def _declaration(field):
    if field.kind == "text":
        return f"char {field.name}[{field.size}]"
    if field.kind == "array":
        return f"struct scmi_array {field.name}"
    sign = "" if field.kind == "signed" else "u"
    return f"{sign}int{8 * field.size}_t {field.name}"
