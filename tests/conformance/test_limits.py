# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where the fields of the messages end: long lists, many clocks, the longest names, the highest rates."""

import os
import tempfile
import unittest

from case import Case
from scmi_client import CLOCK, NOT_FOUND, OUT_OF_RANGE, SUCCESS, words

NAME_15, NAME_16, NAME_63 = "n" * 15, "s" * 16, "l" * 63
RATES = [n * 10 for n in range(1, 5001)]
CLOCKS = 400
FEW, ALL, PARENTS = 380, 381, 255  # ids: a clock with many rates, one with as many parents as can be told

BOARD = """
platform: {{vendor: {vendor}, sub_vendor: {vendor}, implementation_version: 0xffffffff}}
clocks:
{clocks}
agents:
  wide:
    max_pending_async: 255
    endpoints: [{{socket: wide.sock, message_size_max: 65536}}, {{socket: narrow.sock}}]
    clocks: all
{agents}
"""


def board_text():
    clocks = ["  c%d: {id: %d, rate: %d}" % (n, n, n + 1) for n in range(FEW)]
    clocks += ["  rates: {id: %d, rates: %s}" % (FEW, RATES),
               "  mux: {id: %d, parents: [%s]}" % (ALL, ", ".join("c%d" % n for n in range(PARENTS))),
               "  %s: {id: 382, rate: 1}" % NAME_15,
               "  %s: {id: 383, rate: 1}" % NAME_16,
               "  %s: {id: 384, rate: 1}" % NAME_63,
               "  top: {id: 385, rate: 1000000000000}",
               "  rise: {id: 386, range: {min: 1, max: 1000000000000, step: 1}}",
               "  long_run: {id: 387, rate: 1, enable_delay: 1 s}"]
    clocks += ["  c%d: {id: %d, rate: 5}" % (n, n) for n in range(388, CLOCKS)]
    agents = ["  a%d: {endpoints: [{socket: a%d.sock}], clocks: {ids: dense, only: [c%d]}}" % (n, n, n)
              for n in range(60)]
    return BOARD.format(vendor="v" * 15, clocks="\n".join(clocks), agents="\n".join(agents))


class Limits(Case):
    shared = True

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as directory:
            cls.board = os.path.join(directory, "limits.yaml")
            with open(cls.board, "w") as file:
                file.write(board_text())
            super().setUpClass()

    def test_number_of_clocks(self):
        agent = self.connect("wide")
        self.assertEqual(agent.clock(0x1).word(4), 255 << 16 | CLOCKS, "max_pending_async and num_clocks")
        for clock in range(CLOCKS):
            self.expect(agent.clock(0x3, clock), SUCCESS, "clock %d of %d" % (clock, CLOCKS))
        self.expect(agent.clock(0x3, CLOCKS), NOT_FOUND, "past the last clock")

    def test_more_rates_than_num_returned_can_count(self):
        """num_returned has 12 bits: a page ends at 4095 rates however large the space is."""
        agent = self.connect("wide")
        first = self.expect(agent.clock(0x4, FEW, 0), SUCCESS, "CLOCK_DESCRIBE_RATES")
        returned, remaining = first.word(4) & 0xFFF, first.word(4) >> 16
        self.assertEqual(first.word(4) & 0xF000, 0, "a list, reserved bits zero: 0x%x" % first.word(4))
        self.assertEqual(first.size, 8 + 8 * returned)
        self.assertEqual((returned, remaining), (4095, 5000 - 4095))
        second = self.expect(agent.clock(0x4, FEW, returned), SUCCESS, "the rest")
        self.assertEqual(second.word(4), 5000 - 4095)
        rates = [page.rate(8 + 8 * n) for page in (first, second) for n in range(page.word(4) & 0xFFF)]
        self.assertEqual(rates, RATES)
        self.expect(agent.clock(0x4, FEW, 5000), OUT_OF_RANGE, "index equal to the count")

    def test_last_rate_alone(self):
        """What Linux asks of a long list: the index total - 1."""
        agent = self.connect("narrow")
        answer = agent.clock(0x4, FEW, 4999)
        self.expect_word(answer, 4, 1, "one rate, none remaining")
        self.assertEqual(answer.rate(8), RATES[-1])

    def test_most_parents(self):
        """num_returned and num_remaining have 8 bits."""
        for name in ("wide", "narrow"):
            agent = self.connect(name)
            parents = []
            while len(parents) < PARENTS:
                answer = self.expect(agent.clock(0xC, ALL, len(parents)), SUCCESS, "CLOCK_POSSIBLE_PARENTS_GET")
                returned, remaining = answer.word(4) & 0xFF, answer.word(4) >> 24
                self.assertEqual(answer.word(4) & 0x00FFFF00, 0)
                self.assertEqual(answer.size, 8 + 4 * returned)
                self.assertGreater(returned, 0)
                parents += [answer.word(8 + 4 * n) for n in range(returned)]
                self.assertEqual(len(parents) + remaining, PARENTS, str(answer))
            self.assertEqual(parents, list(range(PARENTS)))
            self.expect(agent.clock(0xC, ALL, PARENTS), OUT_OF_RANGE, "skip equal to the count")

    def test_last_parent(self):
        agent = self.connect("narrow")
        self.expect(agent.clock(0xD, ALL, PARENTS - 1), SUCCESS, "the last of 255")
        self.expect_word(agent.clock(0xE, ALL), 4, PARENTS - 1, "read back")
        self.assertEqual(agent.rate(ALL), PARENTS, "its rate")

    def test_names_at_the_limits(self):
        agent = self.connect("narrow")
        for clock, name in ((382, NAME_15), (383, NAME_16), (384, NAME_63)):
            answer = self.expect(agent.clock(0x3, clock), SUCCESS, "CLOCK_ATTRIBUTES")
            self.assertEqual(answer.text(8, 16), name[:15])
            extended = len(name) > 15
            self.assertEqual(bool(answer.word(4) >> 29 & 1), extended, "bit 29 of a name of %d" % len(name))
            if extended:
                self.assertEqual(agent.clock(0x8, clock).text(8, 64), name)
            else:
                self.expect(agent.clock(0x8, clock), -1, "NOT_SUPPORTED: no extended name")

    def test_vendor_of_15(self):
        agent = self.connect("narrow")
        for message in (0x3, 0x4):
            self.assertEqual(agent.base(message).text(4, 16), "v" * 15)
        self.expect_word(agent.base(0x5), 4, 0xFFFFFFFF, "the highest implementation version")

    def test_highest_rates(self):
        agent = self.connect("narrow")
        self.assertEqual(agent.rate(385), 10 ** 12)
        for rate in (10 ** 12, 1, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, 999999999999):
            self.expect(agent.set_rate(386, rate), SUCCESS, "1 Hz to 1 THz by 1 Hz")
            self.assertEqual(agent.rate(386), rate)

    def test_longest_enable_delay(self):
        self.expect_word(self.connect("narrow").clock(0x3, 387), 24, 1000000, "a second in microseconds")

    def test_many_agents(self):
        """Each agent has its own clock as id 0, and votes for that one only."""
        agents = [self.connect("a%d" % n) for n in range(60)]
        for n, agent in enumerate(agents):
            self.assertEqual(agent.base(0x7, 0xFFFFFFFF).text(8, 16), "a%d" % n)
            self.assertEqual(agent.clock(0x3, 0).text(8, 16), "c%d" % n)
            self.assertEqual(agent.rate(0), n + 1)
        agents[7].enable(0)
        for n, agent in enumerate(agents):
            self.assertEqual(agent.running(0), n == 7)
        agents[7].enable(0, 0)

    def test_many_clocks_in_pipeline(self):
        agent = self.connect("narrow")
        requests = [agent.submit(CLOCK, 0x6, words(n)) for n in range(100)]
        for n, request in enumerate(requests):
            self.assertEqual(agent.answer_to(request).rate(4), n + 1)


if __name__ == "__main__":
    unittest.main()
