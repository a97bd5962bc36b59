# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""C from values to bytes: X_encode() for a part of a message, X_append(), X_pad() for its array."""

from itertools import groupby

from .cfunction import function, groups, presence, variables, walk
from .ctext import bit_members, bit_type, by_version, comment, condition, grouped


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
                present = presence(record, field.when, bit.versions, "in")
                if present:
                    test = f"{present} && ({test})" if bit.signed else f"{present} && {test}"
                lines += [f"\tif ({test})\n", "\t\treturn SCMI_OUT_OF_RANGE;\n"]
    return lines


def encoder(record):
    fixed = by_version(record, lambda version: f"{record.fixed_size(version)}")
    space = by_version(record, lambda version: f"{record.fixed_size(version)}u")
    lines = []
    if fixed != "0":
        lines += [f"\tif (space < {grouped(space)})\n", "\t\treturn SCMI_COMMS_ERROR;\n"]
    lines += _range_checks(record)
    lines += walk(record, "in",
                  lambda field, offset, extra: _write(record, field, offset, extra),
                  lambda field: [])
    lines.append(f"\treturn {fixed};\n")
    pointer = ["\tuint8_t *p = (uint8_t *)payload;\n"] if fixed != "0" else []
    return function(record.prefix + "_encode",
                    ["void *payload", "size_t space", f"const struct {record.prefix} *in",
                     "uint32_t version"], pointer + variables(lines), lines)


def element_writer(element):
    fixed = by_version(element, lambda version: f"{element.fixed_size(version)}u")
    declarations = ["\tuint8_t *p;\n"]
    lines = []
    size = fixed
    if element.variable:
        lines.append(f"\tsize = {fixed};\n")
        for (_, when), fields in groups(element):
            if when:
                test = presence(element, fields[0].when, fields[0].versions, "in")
                lines += [f"\tif ({test})\n",
                          f"\t\tsize += {sum(field.size for field in fields)}u;\n"]
        declarations.append("\tsize_t size;\n")
        size = "size"
    lines += [f"\tif (*at > space || space - *at < {grouped(size)})\n",
              "\t\treturn SCMI_COMMS_ERROR;\n"]
    lines += _range_checks(element)
    lines.append("\tp = (uint8_t *)payload + *at;\n")
    lines += walk(element, "in",
                  lambda field, offset, extra: _write(element, field, offset, extra),
                  lambda field: [], at="offset")
    lines += [f"\t*at += {size};\n", "\treturn 0;\n"]
    return function(element.prefix + "_append",
                    ["void *payload", "size_t space", "size_t *at",
                     f"const struct {element.prefix} *in", "uint32_t version"],
                    declarations + variables(lines), lines)


def padding(record):
    array = record.array
    lines = [f"\tsize_t more = (0 - *at) & {array.pad - 1}u;\n"]
    body = ["\tif (*at > space || space - *at < more)\n", "\t\treturn SCMI_COMMS_ERROR;\n",
            "\tmemset((uint8_t *)payload + *at, 0, more);\n", "\t*at += more;\n", "\treturn 0;\n"]
    return comment("After the last element: zero bytes up to a whole word.") + function(
        record.prefix + "_pad", ["void *payload", "size_t space", "size_t *at"], lines, body)
