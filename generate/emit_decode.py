# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""C from bytes to values: X_decode() for a part of a message, X_next() for an array's element.

What is emitted has no loops and no tables: with a constant version the compiler folds it to loads,
stores and one comparison of the size.
"""

from .cfunction import function, variables, walk
from .ctext import bit_members, bit_type, by_version, condition, grouped


def decoder(record):
    fixed = by_version(record, lambda version: f"{record.fixed_size(version)}u")
    exact = record.role == "request" or (record.role == "notification" and not record.array)
    lines = []
    if exact or fixed != "0u":
        lines += [f"\tif (size {'!=' if exact else '<'} {grouped(fixed)})\n",
                  "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
    lines += walk(record, "out",
                  lambda field, offset, extra: _read(record, field, offset, extra), _zero)
    if record.array:
        lines += _read_array(record, fixed)
    if "reserved |= " in "".join(lines):
        lines.append("\treturn reserved ? SCMI_INVALID_PARAMETERS : SCMI_SUCCESS;\n")
    else:
        lines.append("\treturn SCMI_SUCCESS;\n")
    pointer = ["\tconst uint8_t *p = (const uint8_t *)payload;\n"]
    return function(record.prefix + "_decode",
                    [f"struct {record.prefix} *out", "const void *payload", "size_t size",
                     "uint32_t version"], pointer + variables(lines), lines)


def _read_array(record, fixed):
    array = record.array
    name = f"out->{array.name}"
    start, left = ("p", "size") if fixed == "0u" else (f"p + {grouped(fixed)}",
                                                       f"size - {grouped(fixed)}")
    lines = [f"\t{name}.bytes = {start};\n", f"\t{name}.size = (uint32_t)({left});\n"]
    element = array.element
    refuse = "\t\treturn SCMI_PROTOCOL_ERROR;\n"
    if array.count == "rest":
        count = by_version(record, lambda version: f"{name}.size / {element.fixed_size(version)}u")
        lines.append(f"\t{name}.count = {count};\n")
        if array.least:
            lines += [f"\tif ({name}.count < {array.least}u)\n", refuse]
    else:
        lines.append(f"\t{name}.count = out->{array.count};\n")
    if not element.variable and (array.count != "rest" or record.role == "notification"):
        size = grouped(by_version(record, lambda version: f"{element.fixed_size(version)}u"))
        cast = "(uint64_t)" if array.count == "rest" or record.width(array.count) > 16 else ""
        wanted = f"{name}.count" if size == "1u" else f"{cast}{name}.count * {size}"
        relation = "!=" if record.role == "notification" else "<"
        lines += [f"\tif ({name}.size {relation} {wanted})\n", refuse]
    return lines


def element_reader(element):
    fixed = by_version(element, lambda version: f"{element.fixed_size(version)}u")
    lines = ["\tif (!array->count)\n", "\t\treturn 0;\n",
             f"\tif (array->size < {grouped(fixed)})\n", "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
    lines += walk(element, "out",
                  lambda field, offset, extra: _read(element, field, offset, extra), _zero,
                  checked=True)
    size = "at" if element.variable else fixed
    lines += [f"\tarray->bytes += {size};\n",
              f"\tarray->size -= {'(uint32_t)at' if element.variable else size};\n",
              "\tarray->count--;\n", "\treturn 1;\n"]
    return function(element.prefix + "_next",
                    ["struct scmi_array *array", f"struct {element.prefix} *out",
                     "uint32_t version"],
                    ["\tconst uint8_t *p = array->bytes;\n"] + variables(lines), lines)


def _read(record, field, offset, extra):
    source = offset.of("p", extra)
    if field.kind == "text":
        return [f"\tmemcpy(out->{field.name}, {source}, {field.size});\n",
                f"\tout->{field.name}[{field.size - 1}] = 0;\n"]
    if field.kind == "word":
        return _read_word(record, field, source)
    load = f"*({source})" if field.size == 1 else f"scmi_get_le{8 * field.size}({source})"
    if field.size == 1 and source == "p":
        load = "*p"
    cast = f"(int{8 * field.size}_t)" if field.kind == "signed" else ""
    return [f"\tout->{field.name} = {cast}{load};\n"]


def _read_word(record, field, source):
    masks = {version: field.reserved(version) for version in record.versions}
    checks = record.role == "request" and any(masks.values())
    if not field.bits and not checks:
        return []
    lines = [f"\tword = scmi_get_le32({source});\n"]
    for name, bits in bit_members(field).items():
        kind = bit_type(bits)
        if kind == "bool":
            lines.append(f"\tout->{name} = {_flag_value(record, bits)};\n")
            continue
        value = by_version(record, lambda version, bits=bits: _bit_value(
            next((bit for bit in bits if bit.versions.has(version)), None)))
        lines.append(f"\tout->{name} = {value};\n")
    if checks:
        mask = by_version(record, lambda version: f"{masks[version]:#010x}u")
        lines.append(f"\treserved |= word & {grouped(mask)};\n")
    return lines


def _flag_value(record, bits):
    terms = []
    for bit in bits:
        present = condition(record, bit.versions)
        test = f"(word & {1 << bit.low:#x}u) != 0"
        terms.append(f"{present} && {test}" if present else test)
    return terms[0] if len(terms) == 1 else " || ".join(f"({term})" for term in terms)


def _bit_value(bit):
    if bit is None:
        return "0"
    value = f"word >> {bit.low}" if bit.low else "word"
    if bit.low + bit.width < 32:
        value += f" & {bit.mask:#x}u"
    if bit.signed:
        sign = 1 << (bit.width - 1)
        return f"(int32_t)(({value}) ^ {sign:#x}u) - {sign}"
    return value


def _zero(field):
    if field.kind == "text":
        return [f"\tmemset(out->{field.name}, 0, {field.size});\n"]
    if field.kind == "word":
        return [f"\tout->{name} = {'false' if bit_type(bits) == 'bool' else '0'};\n"
                for name, bits in bit_members(field).items()]
    return [f"\tout->{field.name} = 0;\n"]
