# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Platforms that are not there, do not answer, go away, or say what no platform should."""
import json
import os
import socket
import struct
import tempfile
import unittest

from case import OK, REFUSED, UNREACHABLE, USAGE, Case, Played, message_of, refusal, scmi, success, words

BASE, CLOCK = 0x10, 0x14
VERSION, ATTRIBUTES = 0, 1
CLOCK_ATTRIBUTES, DESCRIBE_RATES, RATE_SET, RATE_GET, CONFIG_GET = 3, 4, 5, 6, 0xb
PARENT_GET, PARENTS = 0xe, 0xc
HAS_PARENT, LONG_NAME = 1 << 28, 1 << 29


def text(name, size=16):
    return struct.pack("%ds" % size, name)


class Clocks:
    """A clock 3.0 platform whose clocks are given as (attributes, name, parent)."""

    def __init__(self, *clocks):
        self.clocks = clocks

    def __call__(self, header, payload):
        protocol, message = message_of(header)
        if protocol != CLOCK:
            return refusal(header, -1)
        if message == VERSION:
            return success(header, words(0x30000))
        if message == ATTRIBUTES:
            return success(header, words(len(self.clocks)))
        index = struct.unpack_from("<I", payload)[0]
        if index >= len(self.clocks):
            return refusal(header, -4)
        attributes, name, parent = self.clocks[index]
        if message == CLOCK_ATTRIBUTES:
            return success(header, words(attributes) + text(name) + words(0))
        if message == RATE_GET:
            return success(header, words(1000 + index, 0))
        if message == PARENT_GET:
            return success(header, words(parent))
        return refusal(header, -1)


class Absent(Case):
    def test_no_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            outcome = self.fails(UNREACHABLE, "there is no socket", scmi("info", at="unix:%s/s" % directory))
            self.assertIn("SCMI_AT", outcome.err)

    def test_nobody_listens(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "s")
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left_behind:
                left_behind.bind(path)
            self.fails(UNREACHABLE, path, scmi("info", at="unix:" + path))

    def test_as_json(self):
        error = self.expect(UNREACHABLE, scmi("--json", "info", at="unix:/nonexistent/s")).json()["error"]
        self.assertEqual((error["exit_code"], error["kind"]), (3, "unreachable"))

    def test_path_too_long(self):
        self.expect(UNREACHABLE, scmi("info", at="unix:/" + "x" * 200))


class Silent(Case):
    def test_no_answer(self):
        with Played(lambda header, payload: []) as at:
            outcome = self.fails(UNREACHABLE, "time limit", scmi("--timeout", "50", "clock", "list", at=at))
            self.assertIn("--timeout MS waits longer", outcome.err)
        with Played(lambda header, payload: []) as at:
            error = scmi("--json", "--timeout", "50", "clock", "list", at=at).json()["error"]
            self.assertEqual(error["kind"], "timeout")

    def test_goes_away_in_the_middle(self):
        clocks = Clocks((1, b"osc", 0))
        for last in (VERSION, ATTRIBUTES, CLOCK_ATTRIBUTES, RATE_GET):
            with Played(lambda h, p, last=last: None if message_of(h)[1] == last else clocks(h, p)) as at:
                self.expect(UNREACHABLE, scmi("clock", "list", at=at))

    def test_half_a_document_is_not_printed(self):
        clocks = Clocks((1, b"osc", 0))
        with Played(lambda h, p: None if message_of(h)[1] == DESCRIBE_RATES else clocks(h, p)) as at:
            outcome = self.expect(UNREACHABLE, scmi("--json", "clock", "show", "0", at=at))
            self.assertEqual(list(outcome.json()), ["error"])


class Hostile(Case):
    def listed(self, *clocks):
        with Played(Clocks(*clocks)) as at:
            outcome = self.expect(OK, scmi("clock", "list", at=at))
        with Played(Clocks(*clocks)) as at:
            return outcome.out, self.expect(OK, scmi("--json", "clock", "list", at=at)).json()["clocks"]

    def test_names_that_play_with_the_terminal(self):
        out, clocks = self.listed((0, b"\x1b[2Jx\xff\n", 0), (0, b"", 0), (0, b"0123456789abcdef", 0))
        self.assertIn("\\x1b[2Jx\\xff\\x0a", out)
        self.assertEqual(clocks[0]["name"], "\\x1b[2Jx\\xff\\x0a")
        self.assertEqual(clocks[1]["name"], "")

    def test_names_in_sentences_and_errors(self):
        name = b"\x1b[31mred"
        for verb in (["get"], ["enable"], ["set"], ["show"], ["rates"], ["parent"]):
            with Played(Clocks((0, name, 0))) as at:
                outcome = scmi("clock", *verb, "0", *(["1"] if verb == ["set"] else []), at=at)
            self.assertNotIn("\x1b", outcome.out + outcome.err)
            self.assertIn("\\x1b[31mred", outcome.out + outcome.err)

    def test_parents_that_go_in_circles(self):
        out, clocks = self.listed((HAS_PARENT, b"a", 2), (HAS_PARENT, b"b", 0), (HAS_PARENT, b"c", 1),
                                  (HAS_PARENT, b"self", 3), (HAS_PARENT, b"orphan", 77), (0, b"root", 0),
                                  (HAS_PARENT, b"leaf", 5))
        self.assertEqual(sorted(clock["id"] for clock in clocks), list(range(7)))
        names = [line[4:].split("disabled")[0].rstrip() for line in out.splitlines()[1:]]
        self.assertEqual(names, ["self", "orphan", "root", "  leaf", "a", "  b", "    c"])

    def test_a_deep_tree(self):
        depth = 3000
        _, clocks = self.listed(*[(HAS_PARENT, b"c%d" % i, i - 1 if i else 9999) for i in range(depth)])
        self.assertEqual([clock["id"] for clock in clocks], list(range(depth)))

    def test_progress_through_many(self):
        with Played(Clocks(*[(0, b"c", 0)] * 200)) as at:
            outcome = self.expect(OK, scmi("--progress", "clock", "list", at=at))
        self.assertEqual(outcome.err, "clock 64 of 200\nclock 128 of 200\nclock 192 of 200\n")

    def test_garbage_for_answers(self):
        for answer in (b"", b"\0", b"\0\0\0\0", b"\xff" * 7):
            clocks = Clocks((0, b"osc", 0))

            def play(header, payload, answer=answer, clocks=clocks):
                good = clocks(header, payload)
                return ([answer] if answer else []) + good
            with Played(play) as at:
                self.expect(OK, scmi("clock", "get", "0", at=at))

    def test_short_answer(self):
        clocks = Clocks((0, b"osc", 0))
        with Played(lambda h, p: success(h) if message_of(h)[1] == RATE_GET else clocks(h, p)) as at:
            error = self.expect(UNREACHABLE, scmi("--json", "clock", "get", "0", at=at)).json()["error"]
            self.assertEqual(error["kind"], "protocol")

    def test_impossible_status(self):
        clocks = Clocks((0, b"osc", 0))
        with Played(lambda h, p: refusal(h, 7) if message_of(h)[1] == RATE_GET else clocks(h, p)) as at:
            self.expect(UNREACHABLE, scmi("clock", "get", "0", at=at))
        with Played(lambda h, p: refusal(h, 7) if message_of(h)[1] == RATE_GET else clocks(h, p)) as at:
            self.assertIn("(7)", self.expect(REFUSED, scmi("raw", "clock", "6", "0", at=at)).out)

    def test_statuses_of_vendors(self):
        clocks = Clocks((0, b"osc", 0))
        with Played(lambda h, p: refusal(h, -200) if message_of(h)[1] == RATE_GET else clocks(h, p)) as at:
            error = self.expect(REFUSED, scmi("--json", "clock", "get", "0", at=at)).json()["error"]
            self.assertEqual((error["status"], error["status_code"]), ("vendor", -200))

    def test_rate_beyond_what_json_numbers_carry(self):
        clocks = Clocks((0, b"osc", 0))

        def play(header, payload):
            if message_of(header)[1] == RATE_GET:
                return success(header, words(0xffffffff, 0xffffffff))
            return clocks(header, payload)
        with Played(play) as at:
            self.assertIn("18446744073.709 GHz (18446744073709551615 Hz)", scmi("clock", "get", "0", at=at).out)
        with Played(play) as at:
            self.assertEqual(scmi("--json", "clock", "get", "0", at=at).json()["rate_hz"], "18446744073709551615")

    def test_platform_that_refuses_to_say_who_it_is(self):
        def play(header, payload):
            protocol, message = message_of(header)
            if (protocol, message) == (BASE, VERSION):
                return success(header, words(0x10000))
            if (protocol, message) == (BASE, ATTRIBUTES):
                return success(header, words(0x0001))
            if (protocol, message) == (BASE, 6):
                return success(header, words(1, 0x80))
            return refusal(header, -1)
        with Played(play) as at:
            result = self.expect(OK, scmi("--json", "info", at=at)).json()
        self.assertEqual((result["vendor"], result["implementation_version"], result["agents"]), (None, None, []))
        self.assertEqual(result["protocols"][1], {"id": 0x80, "name": "0x80", "served": None, "spoken": None,
                                                  "count": None, "counted": None})


class Notifications(Case):
    def test_only_what_was_asked_for_and_can_be_read(self):
        offers = 1 << 31
        clocks = Clocks((offers, b"asked", 0), (offers, b"other", 0))

        def changed(clock_id, *rate):
            return words(CLOCK << 10 | 3 << 8, 0, clock_id, *rate)

        def play(header, payload):
            if message_of(header) == (CLOCK, 9):
                return success(header) + [changed(1, 5, 0), changed(0, 5), changed(0), changed(0, 7, 0)]
            return clocks(header, payload)
        with Played(play) as at:
            outcome = self.expect(OK, scmi("watch", "--json", "--clock", "0", "--count", "1", at=at))
        self.assertEqual(json.loads(outcome.out)["rate_hz"], 7)
        self.assertEqual(json.loads(outcome.out)["agent"], None)


class Newer(Case):
    def test_newer_platform_is_spoken_to_in_what_is_known(self):
        seen = []

        def play(header, payload):
            protocol, message = message_of(header)
            if protocol == CLOCK and message == VERSION:
                return success(header, words(0x70003))
            if protocol == CLOCK and message == 0x10:
                seen.append(struct.unpack_from("<I", payload)[0])
                return success(header)
            return Clocks((0, b"osc", 0))(header, payload)
        with Played(play) as at:
            self.expect(OK, scmi("clock", "get", "0", at=at))
        self.assertEqual(seen, [0x30000])


class Uri(Case):
    def test_wrong(self):
        for uri in ("unix:", "unix", ":x", "unix:/x?response-timeout-ms=fast", "unix:/x?nonsense=1"):
            outcome = scmi("info", at=uri)
            self.assertIn(outcome.code, (USAGE,), uri + outcome.err)


if __name__ == "__main__":
    unittest.main()
