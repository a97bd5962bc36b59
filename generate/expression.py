# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Presence conditions: `extended_attributes and not axis_support`, `num_axes > 0`.

Grammar, loosest first:  or, and, not, comparison (== != < <= > >=), name | number | (...)
"""

import re

_TOKEN = re.compile(r"\s*(?:(0x[0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(==|!=|<=|>=|<|>|\(|\)))")
_COMPARE = ("==", "!=", "<", "<=", ">", ">=")


class ExpressionError(Exception):
    pass


class Expression:
    """A parsed condition. `tree` is nested tuples: (operator, operands...)."""

    def __init__(self, text):
        self.text = text
        self._tokens = _split(text)
        self.tree = self._or()
        if self._tokens:
            raise ExpressionError(f"'{self._tokens[0]}' is not expected in '{text}'")
        self.names = sorted(set(_names(self.tree)))

    def _accept(self, *tokens):
        if self._tokens and self._tokens[0] in tokens:
            return self._tokens.pop(0)
        return None

    def _or(self):
        left = self._and()
        while self._accept("or"):
            left = ("or", left, self._and())
        return left

    def _and(self):
        left = self._not()
        while self._accept("and"):
            left = ("and", left, self._not())
        return left

    def _not(self):
        if self._accept("not"):
            return ("not", self._not())
        left = self._operand()
        operator = self._accept(*_COMPARE)
        return (operator, left, self._operand()) if operator else left

    def _operand(self):
        if not self._tokens:
            raise ExpressionError(f"'{self.text}' ends too early")
        if self._accept("("):
            inner = self._or()
            if not self._accept(")"):
                raise ExpressionError(f"')' is missing in '{self.text}'")
            return inner
        token = self._tokens.pop(0)
        if token[0].isdigit():
            return ("number", int(token, 0))
        if token in ("and", "or") or not re.match(r"\w", token):
            raise ExpressionError(f"'{token}' is not expected in '{self.text}'")
        return ("name", token)

    def c(self, access):
        """The condition in C; `access` is what stands before a member: "out->"."""
        return _c(self.tree, access)

    def holds(self, values):
        """The condition in Python, on a dictionary of members."""
        return bool(_evaluate(self.tree, values))


def _split(text):
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if not match:
            raise ExpressionError(f"cannot read '{text[at:].strip()}'")
        tokens.append(match.group(match.lastindex))
        at = match.end()
    return tokens


def _names(tree):
    if tree[0] == "name":
        return [tree[1]]
    if tree[0] == "number":
        return []
    return [name for operand in tree[1:] for name in _names(operand)]


def _c(tree, access):
    kind = tree[0]
    if kind == "name":
        return f"{access}{tree[1]}"
    if kind == "number":
        return f"{tree[1]}u"
    operands = [_c(operand, access) for operand in tree[1:]]
    operands = [f"({text})" if operand[0] in ("and", "or") + _COMPARE else text
                for operand, text in zip(tree[1:], operands)]
    if kind == "not":
        return f"!{operands[0]}"
    operator = {"and": "&&", "or": "||"}.get(kind, kind)
    return f"{operands[0]} {operator} {operands[1]}"


def _evaluate(tree, values):
    kind = tree[0]
    if kind == "name":
        return values[tree[1]]
    if kind == "number":
        return tree[1]
    left = _evaluate(tree[1], values)
    if kind == "not":
        return not left
    right = _evaluate(tree[2], values)
    return {
        "and": left and right, "or": left or right, "==": left == right, "!=": left != right,
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
    }[kind]
