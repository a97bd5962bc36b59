# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A C function around emitted lines, and the walk over a record's fields that emits them."""

import re
from itertools import groupby

from .ctext import WIDTH, condition


def function(name, parameters, declarations, body):
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


def variables(body):
    """The variables that the emitted lines use."""
    text = "".join(body)
    lines = []
    if "word = " in text:
        lines.append("\tuint32_t word;\n")
    if "reserved |= " in text:
        lines.append("\tuint32_t reserved = 0;\n")
    for name in ("at", "offset"):
        if f"\t{name} = " in text:
            lines.append(f"\tsize_t {name};\n")
    return lines


class _Offset:
    """Where the next field is: a number as long as every field before it is always there, then the
    variable that counts on."""

    def __init__(self, at):
        self.at = at
        self.number = 0
        self.variable = False

    def of(self, pointer, extra=0):
        if self.variable:
            return f"{pointer} + {self.at}" + (f" + {extra}" if extra else "")
        total = self.number + extra
        return f"{pointer} + {total}" if total else pointer


def groups(record):
    """Neighbouring fields that exist under the same condition."""
    return [(key, list(fields)) for key, fields in
            groupby(record.plain, lambda item: (condition(record, item.versions),
                                                item.when.text if item.when else None))]


def walk(record, structure, one, absent, checked=False, at="at"):
    """Lines for all fields in order. `one(field, offset, extra)` gives the lines of a field that is
    there, `absent(field)` of one that is not; `checked` adds size checks from the first conditional
    field on; `at` names the variable that counts bytes from there.
    """
    offset = _Offset(at)
    lines = []
    runs = groups(record)
    for index, (_, fields) in enumerate(runs):
        size = sum(field.size for field in fields)
        moves = record.variable or index < len(runs) - 1
        inner = []
        test = presence(record, fields[0].when, fields[0].versions, structure)
        if test and moves and not offset.variable:
            lines.append(f"\t{at} = {offset.number};\n")
            offset.variable = True
        if checked and offset.variable:
            inner += [f"\tif (array->size - {at} < {size})\n", "\t\treturn SCMI_PROTOCOL_ERROR;\n"]
        extra = 0
        for field in fields:
            inner += one(field, offset, extra)
            extra += field.size
        if not offset.variable:
            offset.number += size
        elif moves:
            inner.append(f"\t{at} += {size};\n")
        if test:
            other = [line for field in fields for line in absent(field)]
            inner = _if_else(test, inner, other)
        lines += inner
    return lines


def presence(record, when, span, structure):
    """The C condition for a field or bit to be there; "" when it always is."""
    tests = [test for test in (condition(record, span), when and when.c(structure + "->")) if test]
    return " && ".join(f"({test})" if " || " in test else test for test in tests)


def _if_else(test, inner, other):
    if len(inner) == 1 and len(other) <= 1:
        lines = [f"\tif ({test})\n", "\t" + inner[0]]
        return lines + (["\telse\n", "\t" + other[0]] if other else [])
    lines = [f"\tif ({test}) {{\n"] + ["\t" + line for line in inner]
    if other:
        lines += ["\t} else {\n"] + ["\t" + line for line in other]
    return lines + ["\t}\n"]
