# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The generator: what it refuses and where it says so, expressions, equal output each time."""

import contextlib
import io
import pathlib
import re
import tempfile
import unittest

import yaml

import wire
from generate.expression import Expression, ExpressionError
from generate.load import SpecificationError, load, parse
from generate.outputs import outputs, read_protocols
from generate.parse import parse_common, parse_protocol

COMMON = """\
statuses: [{value: 0, name: SUCCESS, doc: "d"}]
protocols: [{id: 0x14, name: clock}]
commands:
  - {id: 0, name: PROTOCOL_VERSION, doc: "d", request: [], response: [
     {name: version, type: u32, doc: "d"}]}
"""

COMMON_PARSED = parse_common(parse(COMMON, "common.yaml"))

HEAD = """\
protocol: {id: 0x14, name: clock, title: "t", doc: "d", versions: ["1.0", "2.0"]}
commands:
"""

FIELD = '{name: a, type: u32, doc: "d"}'


def command(request="", response="", extra=""):
    """A protocol with one command; the request's fields are in line 4, the response's in line 5."""
    return (HEAD + "  - {id: 3, name: CLOCK_X, doc: \"d\"" + extra + ",\n"
            f"     request: [{request}],\n     response: [{response}]}}\n")


def read(text):
    return parse_protocol(parse(text, "x.yaml"), COMMON_PARSED)


class Mistakes(unittest.TestCase):
    """Each is told with file, line and column, and in words that name what is wrong."""

    def refused(self, text, where, what):
        with self.assertRaises(SpecificationError) as caught:
            read(text)
        self.assertTrue(str(caught.exception).startswith(f"x.yaml:{where}: "), caught.exception)
        self.assertIn(what, str(caught.exception))

    def test_good(self):
        protocol = read(command(FIELD, FIELD))
        self.assertEqual([message.name for message in protocol.commands],
                         ["PROTOCOL_VERSION", "CLOCK_X"])

    def test_syntax(self):
        self.refused("protocol: [", "1:12", "expected")
        self.refused("a: \x01", "1:1", "special characters")
        self.refused("- a", "1:1", "must be a mapping")

    def test_aliases(self):
        self.refused("protocol: &a {}\ncommands: *a\n", "1:11", "anchors and aliases")

    def test_depth(self):
        self.refused("protocol: " + "[" * 4000, "1:35", "nested deeper")

    def test_keys(self):
        self.refused(command('{name: a, typ: u32, doc: "d"}'), "4:26", "unknown key 'typ'")
        self.refused(command('{name: a, doc: "d"}'), "4:16", "'type' is missing")
        self.refused(command('{name: a, name: b}'), "4:26", "'name' is given twice")
        self.refused(command("5"), "4:16", "must be a mapping")
        self.refused(HEAD, "2:10", "'commands' must be a list")

    def test_names(self):
        self.refused(command('{name: int, type: u32, doc: "d"}'), "4:23", "C can use")
        self.refused(command('{name: Rate, type: u32, doc: "d"}'), "4:23", "C can use")
        self.refused(command(FIELD + ", " + FIELD), "4:48", "'a' is given twice")
        self.refused(HEAD + "  - {id: 3, name: clock, doc: d}\n", "3:19", "upper-case")

    def test_types(self):
        self.refused(command('{name: a, type: u24, doc: "d"}'), "4:32", "unknown type 'u24'")
        self.refused(command('{name: a, type: str6, doc: "d"}'), "4:32", "multiple of 4")

    def test_versions(self):
        field = '{{name: a, type: u32, doc: "d", versions: {}}}'
        self.refused(command(field.format("[2.0]")), "4:58", "in quotes")
        self.refused(command(field.format('["3.0"]')), "4:58", "not a version of this protocol")
        self.refused(command(field.format('["2.0", "1.0"]')), "4:57", "end must be above")
        self.refused(command(field.format('[two]')), "4:58", "not a version")
        self.refused(command().replace('"1.0", "2.0"', '"2.0", "1.0"'), "1:67", "ascending")

    def test_bits(self):
        word = '{{name: a, type: u32, doc: "d", bits: [{}]}}'
        bit = '{{name: {}, {}, doc: "d"}}'
        self.refused(command(word.format(bit.format("b", "bit: 32"))), "4:69", "outside 0 to 31")
        self.refused(command(word.format(bit.format("b", 'bits: "3"'))), "4:70", "high:low")
        self.refused(command(word.format(bit.format("b", 'bits: "0:3"'))), "4:70", "high:low")
        self.refused(command(word.format(bit.format("b", 'bits: "3:0"') + ", " +
                                         bit.format("c", "bit: 2"))), "4:88", "overlaps")
        self.refused(command(word.format(bit.format("b", "bit: 0, bits: \"1:0\""))), "4:54",
                     "either")
        self.refused(command('{name: a, type: u64, doc: "d", bits: []}'), "4:53", "only a u32")

    def test_arrays(self):
        array = '{{name: list, type: array, count: {}, doc: "d", element: {}}}'
        element = '[{name: b, type: u32, doc: "d"}]'
        self.refused(command("", array.format("n", element)), "5:50", "'n'")
        self.refused(command("", array.format("rest", "thing")), "5:75", "no 'thing'")
        self.refused(command("", array.format("rest", "[]")), "5:75", "list of fields")
        self.refused(command("", array.format("rest", element) + ", " + FIELD), "5:110",
                     "nothing can follow an array")
        self.refused(command(array.format("rest", element)), "4:35", "request cannot hold")

    def test_conditions(self):
        array = '{{name: list, type: array, count: n, doc: "d", element: [{}, {}]}}'
        count = '{name: n, type: u32, doc: "d"}, '
        b = '{name: b, type: u32, doc: "d", when: "%s"}'
        self.refused(command(b % "a"), "4:53", "only fields of an element")
        self.refused(command("", count + array.format(FIELD, b % "c")), "5:174", "called 'c'")
        self.refused(command("", count + array.format(FIELD, b % "a and")), "5:174", "too early")
        late = '{name: a, type: u32, doc: "d", versions: ["2.0"]}'
        self.refused(command("", count + array.format(late, b % "a")), "5:156",
                     "does not exist in version 1.0")

    def test_messages(self):
        two = command().replace("commands:\n", 'commands:\n  - {id: 3, name: CLOCK_Y, doc: "d", '
                                "request: [], response: []}\n")
        self.refused(two, "4:10", "another command has the id")
        self.refused(command(extra=", enables: CLOCK_Z"), "3:47", "no notification is called")
        self.refused(command(extra=", completes: CLOCK_Z"), "3:49", "no delayed response")
        event = 'notifications: [{id: 0, name: CLOCK_Z, doc: "d", payload: []}]\n'
        self.refused(command(FIELD, extra=", enables: CLOCK_Z") + event, "3:47", "no bit 'enable'")
        self.refused(command(FIELD, FIELD, ", paging: {index: a, returned: b}"), "3:67",
                     "no member 'b'")
        self.refused(command().replace("id: 0x14", "id: 0x15"), "1:16", "common.yaml has no")
        self.refused(command().replace("id: 3", "id: 300"), "3:10", "outside 0 to 255")


class AnyMistake(unittest.TestCase):
    """Whatever stands in the place of any value: it is refused with a position, or is fine."""

    TEXT = HEAD + '''\
  - id: 3
    name: CLOCK_X
    doc: d
    versions: ["1.0"]
    enables: CLOCK_E
    completes: CLOCK_D
    paging: {index: i, returned: n, remaining: r}
    request: [{name: i, type: u32, doc: d, bits: [{name: b, bit: 1, doc: d}, {name: enable, bit: 2, doc: d},
               {name: async, bit: 3, doc: d}]}]
    response:
      - {name: n, type: u32, doc: d, versions: ["1.0", "2.0"]}
      - {name: r, type: u32, doc: d, bits: [{name: s, bits: "31:16", signed: true, doc: d}]}
      - {name: list, type: array, count: n, pad: 4, doc: d, element: thing}
elements:
  thing: [{name: a, type: u32, doc: d}, {name: b, type: str16, doc: d, when: "a > 1"}]
delayed_responses: [{id: 3, name: CLOCK_D, doc: d, payload: []}]
notifications:
  - id: 0
    name: CLOCK_E
    doc: d
    payload: [{name: list, type: array, count: rest, least: 1, doc: d,
               element: [{name: v, type: i64, doc: d}]}]
'''

    def test_replace_every_value(self):
        text = self.TEXT.replace("index: i,", "index: b,").replace("remaining: r", "remaining: s")
        read(text)
        values = []
        nodes = [yaml.compose(text)]
        while nodes:
            node = nodes.pop()
            if isinstance(node, yaml.ScalarNode) or node.flow_style:
                values.append((node.start_mark.index, node.end_mark.index))
            if isinstance(node, yaml.SequenceNode):
                nodes += node.value
            elif isinstance(node, yaml.MappingNode):
                nodes += [value for _, value in node.value]
        self.assertGreater(len(values), 80)
        refused = 0
        for start, end in values:
            for other in ("{}", "[[]]", "x", "-1"):
                try:
                    read(text[:start] + other + text[end:])
                except SpecificationError as error:
                    self.assertRegex(str(error), r"^(x|common)\.yaml:\d+:\d+: .")
                    refused += 1
        self.assertGreater(refused, 2 * len(values))


class Expressions(unittest.TestCase):
    def test_meaning_and_c(self):
        for text, values, holds, c in (
                ("a", {"a": 1}, True, "m->a"),
                ("not a", {"a": 1}, False, "!m->a"),
                ("a and not b", {"a": 1, "b": 0}, True, "m->a && !m->b"),
                ("a or b and c", {"a": 1, "b": 0, "c": 0}, True, "m->a || (m->b && m->c)"),
                ("(a or b) and c", {"a": 1, "b": 0, "c": 0}, False, "(m->a || m->b) && m->c"),
                ("n >= 0x10", {"n": 16}, True, "m->n >= 16u"),
                ("not (n == 2 or n != 3)", {"n": 3}, True, "!((m->n == 2u) || (m->n != 3u))"),
        ):
            expression = Expression(text)
            self.assertEqual(expression.holds(values), holds, text)
            self.assertEqual(expression.c("m->"), c)

    def test_mistakes(self):
        for text in ("", "a and", "and a", "(a", "a)", "a b", "a + b", "a == ", "1a"):
            with self.assertRaises(ExpressionError, msg=text):
                Expression(text)


class Output(unittest.TestCase):
    def test_is_the_same_every_time(self):
        first, second = ({name: output.text() for name, output in
                          outputs(*read_protocols(wire.ROOT / "protocols", load)).items()}
                         for _ in range(2))
        self.assertEqual(first, second)

    def test_pages_and_dictionary_have_every_message(self):
        made = outputs(*read_protocols(wire.ROOT / "protocols", load))
        for protocol in wire.protocols():
            page = made[f"{protocol.name}.md"].text()
            for message in protocol.messages:
                self.assertIn(f"\n### {message.name}\n", page)
        entries = [line for line in made["scmi.dict"].text().splitlines()
                   if line and not line.startswith("#")]
        for line in entries:
            self.assertTrue(re.fullmatch(r'[a-z0-9_]+="(\\x[0-9a-f]{2}){4}"', line), line)
        self.assertIn(r'clock_rate_set="\x05\x50\x00\x00"', entries)

    def test_mistake_in_a_file_stops_the_program(self):
        from generate.__main__ import main
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            (path / "common.yaml").write_text(COMMON)
            (path / "clock.yaml").write_text(command("{}"))
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(main(["--protocols", directory, "--all", directory + "/out"]), 2)
            self.assertIn("clock.yaml:4:16: ", said.getvalue())
            self.assertFalse((path / "out").exists())


if __name__ == "__main__":
    unittest.main()
