# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""YAML with positions: every value knows the file, line and column it came from.

The model reads scalars as text and converts them itself, so that "1.0" stays a version and an
error can always say where it is.
"""

import yaml

DEPTH_MAX = 24


class SpecificationError(Exception):
    """A mistake in a protocol file. Its text begins with file:line:column."""

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}")


class Value:
    """One YAML node."""

    def __init__(self, where):
        self.where = where

    def fail(self, what):
        raise SpecificationError(self.where, what)


class Scalar(Value):
    def __init__(self, where, text, quoted):
        super().__init__(where)
        self.raw = text
        self.quoted = quoted

    def text(self):
        if not self.raw.strip():
            self.fail("is empty")
        return " ".join(self.raw.split())

    def integer(self, low, high):
        try:
            number = int(self.raw, 0)
        except ValueError:
            self.fail(f"'{self.raw}' is not a whole number")
        if not low <= number <= high:
            self.fail(f"{self.raw} is outside {low} to {high}")
        return number

    def boolean(self):
        if self.raw not in ("true", "false"):
            self.fail(f"'{self.raw}' is neither true nor false")
        return self.raw == "true"


class List(Value):
    def __init__(self, where, items):
        super().__init__(where)
        self.items = items

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    def maps(self):
        """The items, all of which must be mappings."""
        return self._all(Map, "a mapping")

    def scalars(self):
        """The items, all of which must be single values."""
        return self._all(Scalar, "a single value")

    def _all(self, kind, word):
        for item in self.items:
            if not isinstance(item, kind):
                item.fail(f"must be {word}")
        return self.items


class Map(Value):
    """A mapping whose keys must all be asked for: check() names the ones that nobody knows."""

    def __init__(self, where, items, keys):
        super().__init__(where)
        self.items = items
        self.keys = keys

    def check(self, allowed):
        for name, where in self.keys.items():
            if name not in allowed:
                raise SpecificationError(
                    where, f"unknown key '{name}'; allowed here: {', '.join(sorted(allowed))}")

    def __contains__(self, name):
        return name in self.items

    def _get(self, name, kind, word, required):
        if name not in self.items:
            if required:
                self.fail(f"'{name}' is missing")
            return None
        value = self.items[name]
        if not isinstance(value, kind):
            value.fail(f"'{name}' must be {word}")
        return value

    def scalar(self, name, required=True):
        return self._get(name, Scalar, "a single value", required)

    def list(self, name, required=True):
        return self._get(name, List, "a list", required)

    def map(self, name, required=True):
        return self._get(name, Map, "a mapping", required)

    def text(self, name):
        return self.scalar(name).text()


def load(path, name=None):
    """Read the mapping in a file. `name` is how messages call the file."""
    name = name or str(path)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise SpecificationError(name, error.strerror) from None
    except UnicodeDecodeError:
        raise SpecificationError(f"{name}:1:1", "is not UTF-8") from None
    return parse(text, name)


class _Composer(yaml.SafeLoader):
    """Makes nodes, and stops at what we do not take: aliases and deep nesting."""

    def __init__(self, text, name):
        super().__init__(text)
        self.file = name
        self.depth = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        where = _at(self.file, event.start_mark)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise SpecificationError(where, "anchors and aliases are not allowed")
        if self.depth > DEPTH_MAX:
            raise SpecificationError(where, f"nested deeper than {DEPTH_MAX}")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse(text, name):
    try:
        root = _Composer(text, name).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecificationError(_at(name, mark), error.problem) from None
    except yaml.YAMLError as error:
        raise SpecificationError(f"{name}:1:1", str(error).splitlines()[0]) from None
    if not isinstance(root, yaml.MappingNode):
        raise SpecificationError(f"{name}:1:1", "the file must be a mapping")
    return _convert(root, name)


def _at(name, mark):
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{name}:1:1"


def _convert(node, name):
    where = _at(name, node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(where, node.value, node.style in ("'", '"'))
    if isinstance(node, yaml.SequenceNode):
        return List(where, [_convert(item, name) for item in node.value])
    items = {}
    keys = {}
    for key, value in node.value:
        key_where = _at(name, key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise SpecificationError(key_where, "a key must be a single word")
        if key.value in items:
            raise SpecificationError(key_where, f"'{key.value}' is given twice")
        items[key.value] = _convert(value, name)
        keys[key.value] = key_where
    return Map(where, items, keys)
