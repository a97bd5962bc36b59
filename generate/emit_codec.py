# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""C for one record: its structure, and the functions from bytes to values and back.

What is emitted has no loops and no tables: with a constant version the compiler folds it to
loads, stores and one comparison of the size.
"""

import re
from itertools import groupby

from .ctext import WIDTH, bit_members, bit_type, by_version, comment, condition, grouped


def record_code(record):
    """Everything for one part of a message."""
    if not record.fields:
        return ""
    text = ""
    if record.array:
        text += _structure(record.array.element)
    text += _structure(record)
    text += _decode(record) + _encode(record)
    if record.array:
        text += _next(record.array.element) + _append(record.array.element)
        if record.array.pad > 1:
            text += _pad(record)
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


def _function(name, parameters, declarations, body):
    """A static inline function; parameters that the body does not use are marked so."""
    used = "".join(declarations + body)
    names = [parameter.split()[-1].lstrip("*") for parameter in parameters]
    unused = "".join(f"\t(void){name};\n" for name in names
                     if not re.search(rf"(?<!->)\b{name}\b", used))
    lines = "".join(_folded(line) for line in body)
    gap = "\n" if declarations else ""
    return (_prototype(f"{name}(", parameters) +
            f"{{\n{''.join(declarations)}{gap}{unused}{lines}}}\n\n")


def _prototype(head, parameters):
    """On one line, or the name on a line of its own and parameters filled up below it."""
    text = "static inline int " + head + ", ".join(parameters) + ")"
    if len(text) <= WIDTH:
        return text + "\n"
    lines = ["static inline int", head + parameters[0]]
    if len(lines[-1]) + 1 > WIDTH:
        lines = ["static inline int", head, "\t" + parameters[0]]
    for parameter in parameters[1:]:
        if len(lines[-1].expandtabs(8)) + len(parameter) + 3 > WIDTH:
            lines[-1] += ","
            lines.append("\t" + parameter)
        else:
            lines[-1] += ", " + parameter
    return "\n".join(lines) + ")\n"


def _folded(line):
    """A long assignment or condition, continued on a second line."""
    if len(line.expandtabs(8)) <= WIDTH or line.count("\n") > 1:
        return line
    indent = line[:len(line) - len(line.lstrip("\t"))]
    if line.lstrip().startswith("if "):
        match = list(re.finditer(r" (&&|\*|<) ", line[:WIDTH - 8]))[-1]
        return f"{line[:match.end() - 1]}\n{indent}    {line[match.end():]}"
    left, right = line.split(" = ", 1)
    return f"{left} =\n{indent}\t{right}"


# Decoding

class _Offset:
    """Where the next field is: a number as long as every field before it is always there, then the
    variable `at`."""

    def __init__(self, start=0):
        self.number = start
        self.variable = False

    def of(self, pointer, extra=0):
        if self.variable:
            return f"{pointer} + at + {extra}" if extra else f"{pointer} + at"
        total = self.number + extra
        return f"{pointer} + {total}" if total else pointer


def _groups(record):
    """Neighbouring fields that exist under the same condition."""
    fields = record.plain
    result = [(key, list(group)) for key, group in
              groupby(fields, lambda item: (condition(record, item.versions),
                                            item.when.text if item.when else None))]
    return result


def _walk(record, structure, one, absent, checked):
    """Lines for all fields in order. `one(field, offset, extra)` gives the lines of a field that is
    there, `absent(field)` of one that is not; `checked` adds a size check before conditional ones.
    """
    offset = _Offset()
    lines = []
    groups = _groups(record)
    for index, ((version, when), fields) in enumerate(groups):
        size = sum(field.size for field in fields)
        last = index == len(groups) - 1
        if not version and not when:
            extra = 0
            for field in fields:
                lines += one(field, offset, extra)
                extra += field.size
            if not offset.variable:
                offset.number += size
            elif not last or record.variable:
                lines.append(f"\tat += {size};\n")
            continue
        moves = not last or record.variable
        if moves and not offset.variable:
            lines.append(f"\tat = {offset.number};\n")
            offset.variable = True
        test = _presence(record, fields[0].when, fields[0].versions, structure)
        inner = []
        if when and checked:
            inner += [f"\tif (array->size - at < {size})\n", "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
        extra = 0
        for field in fields:
            inner += one(field, offset, extra)
            extra += field.size
        if moves:
            inner.append(f"\tat += {size};\n")
        other = [line for field in fields for line in absent(field)]
        lines += _if_else(test, inner, other)
    return lines


def _presence(record, when, span, structure):
    """The C condition for a field or bit to be there; "" when it always is."""
    tests = [test for test in (condition(record, span), when and when.c(structure)) if test]
    return " && ".join(f"({test})" if " || " in test else test for test in tests)


def _if_else(test, inner, other):
    if len(inner) == 1 and len(other) <= 1:
        lines = [f"\tif ({test})\n", "\t" + inner[0]]
        return lines + (["\telse\n", "\t" + other[0]] if other else [])
    lines = [f"\tif ({test}) {{\n"] + ["\t" + line for line in inner]
    if other:
        lines += ["\t} else {\n"] + ["\t" + line for line in other]
    return lines + ["\t}\n"]


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
        value = by_version(record, lambda version, bits=bits:
                           _bit_value(next((bit for bit in bits if bit.versions.has(version)), None)))
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


def _locals(body):
    """The variables that the emitted lines use."""
    text = "".join(body)
    lines = []
    if "word = " in text:
        lines.append("\tuint32_t word;\n")
    if "reserved |= " in text:
        lines.append("\tuint32_t reserved = 0;\n")
    if "\tat = " in text:
        lines.append("\tsize_t at;\n")
    return lines


def _decode(record):
    fixed = by_version(record, lambda version: f"{record.fixed_size(version)}u")
    exact = record.role == "request" or (record.role == "notification" and not record.array)
    lines = []
    if exact or fixed != "0u":
        lines += [f"\tif (size {'!=' if exact else '<'} {grouped(fixed)})\n",
                  "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
    lines += _walk(record, "out",
                   lambda field, offset, extra: _read(record, field, offset, extra), _zero, False)
    if record.array:
        lines += _read_array(record, fixed)
    if "reserved |= " in "".join(lines):
        lines.append("\treturn reserved ? SCMI_INVALID_PARAMETERS : SCMI_SUCCESS;\n")
    else:
        lines.append("\treturn SCMI_SUCCESS;\n")
    pointer = ["\tconst uint8_t *p = (const uint8_t *)payload;\n"]
    return _function(record.prefix + "_decode",
                     [f"struct {record.prefix} *out", "const void *payload", "size_t size",
                      "uint32_t version"], pointer + _locals(lines), lines)


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


def _next(element):
    fixed = by_version(element, lambda version: f"{element.fixed_size(version)}u")
    lines = ["\tif (!array->count)\n", "\t\treturn 0;\n",
             f"\tif (array->size < {grouped(fixed)})\n", "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
    lines += _walk(element, "out",
                   lambda field, offset, extra: _read(element, field, offset, extra), _zero, True)
    size = "at" if element.variable else fixed
    lines += [f"\tarray->bytes += {size};\n",
              f"\tarray->size -= {'(uint32_t)at' if element.variable else size};\n",
              "\tarray->count--;\n", "\treturn 1;\n"]
    return _function(element.prefix + "_next",
                     ["struct scmi_array *array", f"struct {element.prefix} *out",
                      "uint32_t version"],
                     ["\tconst uint8_t *p = array->bytes;\n"] + _locals(lines), lines)


# Encoding

def _write(record, field, offset, extra):
    target = offset.of("p", extra)
    if field.kind == "text":
        return [f"\tscmi_put_text({target}, in->{field.name}, {field.size});\n"]
    if field.kind == "word":
        return _write_word(record, field, target)
    if field.size == 1:
        return [f"\t{'*p' if target == 'p' else f'*({target})'} = in->{field.name};\n"]
    cast = f"(uint{8 * field.size}_t)" if field.kind == "signed" else ""
    return [f"\tscmi_put_le{8 * field.size}({target}, {cast}in->{field.name});\n"]


def _write_word(record, field, target):
    if not field.bits:
        return [f"\tscmi_put_le32({target}, 0);\n"]
    lines = []
    started = False
    for test, group in groupby(field.bits, lambda bit: condition(record, bit.versions)):
        terms = [_placed(bit) for bit in group]
        sign = "|=" if started or test else "="
        if test and not started:
            lines.append("\tword = 0;\n")
        started = True
        indent = "\t\t" if test else "\t"
        if test:
            lines.append(f"\tif ({test})\n")
        lines.append(f"{indent}word {sign} " + f" |\n{indent}\t".join(terms) + ";\n")
    return lines + [f"\tscmi_put_le32({target}, word);\n"]


def _placed(bit):
    value = f"(uint32_t)in->{bit.name}"
    if bit.signed:
        value = f"({value} & {bit.mask:#x}u)"
    return f"{value} << {bit.low}" if bit.low else value


def _range_checks(record):
    """Refuse what does not fit its bits; nothing to check where the C type is as narrow."""
    lines = []
    for field in record.plain:
        for name, bits in bit_members(field).items():
            kind = bit_type(bits)
            for bit in bits:
                if kind == "bool" or kind.endswith(f"int{bit.width}_t"):
                    continue
                low, high = bit.limits
                test = f"in->{name} > {high}"
                if bit.signed:
                    test = f"in->{name} < {low} || {test}"
                present = _presence(record, field.when, bit.versions, "in")
                if present:
                    test = f"{present} && ({test})" if bit.signed else f"{present} && {test}"
                lines += [f"\tif ({test})\n", "\t\treturn SCMI_OUT_OF_RANGE;\n"]
    return lines


def _encode(record):
    fixed = by_version(record, lambda version: f"{record.fixed_size(version)}")
    space = by_version(record, lambda version: f"{record.fixed_size(version)}u")
    lines = []
    if fixed != "0":
        lines += [f"\tif (space < {grouped(space)})\n", "\t\treturn SCMI_COMMS_ERROR;\n"]
    lines += _range_checks(record)
    lines += _walk(record, "in",
                   lambda field, offset, extra: _write(record, field, offset, extra),
                   lambda field: [], False)
    lines.append(f"\treturn {fixed};\n")
    pointer = ["\tuint8_t *p = (uint8_t *)payload;\n"] if fixed != "0" else []
    return _function(record.prefix + "_encode",
                     ["void *payload", "size_t space", f"const struct {record.prefix} *in",
                      "uint32_t version"], pointer + _locals(lines), lines)


def _append(element):
    fixed = by_version(element, lambda version: f"{element.fixed_size(version)}u")
    declarations = ["\tuint8_t *p;\n"]
    lines = []
    size = fixed
    if element.variable:
        lines.append(f"\tsize = {fixed};\n")
        for (_, when), fields in _groups(element):
            if when:
                test = _presence(element, fields[0].when, fields[0].versions, "in")
                lines += [f"\tif ({test})\n",
                          f"\t\tsize += {sum(field.size for field in fields)}u;\n"]
        declarations.append("\tsize_t size;\n")
        size = "size"
    lines += [f"\tif (*at > space || space - *at < {grouped(size)})\n",
              "\t\treturn SCMI_COMMS_ERROR;\n"]
    lines += _range_checks(element)
    lines.append("\tp = (uint8_t *)payload + *at;\n")
    offset_lines = _walk(element, "in",
                         lambda field, offset, extra: _write(element, field, offset, extra),
                         lambda field: [], False)
    # Here `at` is the caller's position: the walk's own offset needs another name.
    lines += [line.replace("\tat ", "\toffset ").replace("+ at", "+ offset")
              for line in offset_lines]
    lines += [f"\t*at += {size};\n", "\treturn 0;\n"]
    if "\toffset = " in "".join(lines):
        declarations.append("\tsize_t offset;\n")
    return _function(element.prefix + "_append",
                     ["void *payload", "size_t space", "size_t *at",
                      f"const struct {element.prefix} *in", "uint32_t version"],
                     declarations + [line for line in _locals(lines) if "word" in line], lines)


def _pad(record):
    array = record.array
    lines = [f"\tsize_t more = (0 - *at) & {array.pad - 1}u;\n"]
    body = ["\tif (*at > space || space - *at < more)\n", "\t\treturn SCMI_COMMS_ERROR;\n",
            "\tmemset((uint8_t *)payload + *at, 0, more);\n", "\t*at += more;\n", "\treturn 0;\n"]
    return comment("After the last element: zero bytes up to a whole word.") + _function(
        array.element.prefix + "_pad", ["void *payload", "size_t space", "size_t *at"], lines, body)
