# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Reading clocks: attributes, names, rates, configurations, parents, permissions."""

import unittest

import bench
import facts
from case import Case
from scmi_client import (DENIED, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, OUT_OF_RANGE, SUCCESS)

CHANGED, REQUESTED, LONG, PARENTS, CONFIGS, RESTRICTED, ENABLED = (1 << bit for bit in (31, 30, 29, 28, 27, 1, 0))


class Attributes(Case):
    shared = True

    def test_version_and_counts(self):
        agent = self.connect()
        self.expect_word(agent.clock(0x0), 4, facts.V3_0, "clock 3.0 is the newest")
        for name, pending in (("main", 2), ("second", 1), ("boss", 4), ("calm", 0)):
            answer = self.expect_values(self.connect(name).clock(0x1), 8, "PROTOCOL_ATTRIBUTES")
            self.assertEqual(answer.word(4) >> 16, pending, "max_pending_async in 23:16, 31:24 zero: %s" % answer)
        dense = self.connect("second").clock(0x1).word(4) & 0xFFFF
        self.assertEqual(dense, 10, "num_clocks counts the clocks visible to the caller")

    def test_number_of_clocks_reaches_every_clock(self):
        """Linux asks ids 0 to num_clocks - 1: with pinned ids the last must be among them."""
        count = self.connect().clock(0x1).word(4) & 0xFFFF
        self.assertGreaterEqual(count, len(bench.VISIBLE))

    def test_layout(self):
        agent = self.connect()
        for clock in bench.VISIBLE:
            answer = self.expect_values(agent.clock(0x3, clock), 28, "CLOCK_ATTRIBUTES of 3.0")
            self.assertEqual(answer.word(4) & 0x07FFFFFC, 0, "bits 26:2 are reserved: %s" % answer)
            self.assertGreater(len(answer.text(8, 16)), 0)

    def bits(self, agent, clock):
        return self.expect(agent.clock(0x3, clock), SUCCESS, "CLOCK_ATTRIBUTES").word(4)

    def test_bits(self):
        agent = self.connect()
        for clock, expected in (
                (bench.OSC, CHANGED | REQUESTED | ENABLED),
                (bench.PLL, CHANGED | REQUESTED),
                (bench.BOOT, CHANGED | REQUESTED | ENABLED),
                (bench.MUX, CHANGED | REQUESTED | PARENTS),
                (bench.TUNED, CHANGED | REQUESTED | CONFIGS),
                (bench.LONG_NAME, CHANGED | REQUESTED | LONG),
                (bench.MUTE, 0),
                (bench.FENCE_STATE, CHANGED | REQUESTED | CONFIGS | RESTRICTED),
                (bench.FENCE_RATE, CHANGED | REQUESTED | RESTRICTED),
                (bench.FENCE_PARENT, CHANGED | REQUESTED | PARENTS | RESTRICTED),
                (bench.KEPT, CHANGED | REQUESTED | ENABLED)):
            answer = agent.clock(0x3, clock)
            self.expect_word(answer, 4, expected, "attributes of clock %d" % clock)

    def test_enable_delay(self):
        agent = self.connect()
        self.expect_word(agent.clock(0x3, bench.TUNED), 24, 150, "clock_enable_delay in microseconds")
        self.expect_word(agent.clock(0x3, bench.PLL), 24, 0, "0: not stated")

    def test_names(self):
        agent = self.connect()
        for clock, name in ((bench.OSC, "osc"), (bench.FENCE_PARENT, "fence_parent"), (bench.FAR, "far")):
            self.assertEqual(agent.clock(0x3, clock).text(8, 16), name)
        self.assertEqual(agent.clock(0x3, bench.LONG_NAME).text(8, 16), bench.LONG_NAME_TEXT[:15],
                         "the short field has the first 15 bytes of a long name")

    def test_name_get(self):
        agent = self.connect()
        answer = self.expect_values(agent.clock(facts.CLOCK_NAME_GET, bench.LONG_NAME), 72, "flags and 64 bytes")
        self.expect_word(answer, 4, 0, "the flags are reserved")
        self.assertEqual(answer.text(8, 64), bench.LONG_NAME_TEXT)

    def test_name_get_without_a_long_name(self):
        agent = self.connect()
        for clock in bench.VISIBLE:
            if clock != bench.LONG_NAME:
                self.expect(agent.clock(facts.CLOCK_NAME_GET, clock), NOT_SUPPORTED, "bit 29 is clear")


class Rates(Case):
    shared = True

    def test_rate_get(self):
        agent = self.connect()
        for clock, rate in ((bench.OSC, 24000000), (bench.PLL, 200000000), (bench.DIV, 5000000),
                            (bench.BOOT, 48000000), (bench.MUX, 24000000), (bench.LEAF, 12000000),
                            (bench.MANY, 1000), (bench.FAST, 5000000000), (bench.FAR, 32768)):
            answer = self.expect_values(agent.clock(0x6, clock), 12, "CLOCK_RATE_GET")
            self.assertEqual(answer.rate(4), rate, "low word first: %s" % answer)

    def test_list(self):
        answer = self.connect().clock(0x4, bench.PLL, 0)
        self.expect_values(answer, 8 + 8 * 4, "four rates")
        self.expect_word(answer, 4, 4, "four returned, none remaining, a list")
        self.assertEqual([answer.rate(8 + 8 * n) for n in range(4)], bench.PLL_RATES)

    def test_list_from_the_middle(self):
        agent = self.connect()
        for index in range(4):
            answer = agent.clock(0x4, bench.PLL, index)
            self.expect_values(answer, 8 + 8 * (4 - index), "the rest of the list")
            self.expect_word(answer, 4, 4 - index, "the rest, none remaining")
            self.assertEqual(answer.rate(8), bench.PLL_RATES[index])

    def test_index_outside_the_list(self):
        agent = self.connect()
        for index in (4, 5, 0xFFF, 0x1000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            self.expect(agent.clock(0x4, bench.PLL, index), OUT_OF_RANGE, "rate_index outside the list of 4")
        for index in (41, 42):
            self.expect(agent.clock(0x4, bench.MANY, index), OUT_OF_RANGE, "rate_index outside the list of 41")

    def test_triplet(self):
        agent = self.connect()
        for clock, triplet in ((bench.DIV, [1000000, 10000000, 1000]),
                               (bench.FAST, [1000000000, 6000000000, 1000000])):
            answer = self.expect_values(agent.clock(0x4, clock, 0), 32, "lowest, highest, step")
            self.expect_word(answer, 4, 1 << 12 | 3, "a triplet: 3 returned, 0 remaining, format bit 12")
            self.assertEqual([answer.rate(8 + 8 * n) for n in range(3)], triplet)

    def test_triplet_has_no_second_page(self):
        agent = self.connect()
        for index in (1, 2, 3, 4, 1000, 0xFFFFFFFF):
            answer = agent.clock(0x4, bench.DIV, index)
            if index < 3 and answer.status == SUCCESS:
                self.expect_values(answer, 32, "a triplet is never cut")
                continue
            self.expect(answer, OUT_OF_RANGE, "a triplet has no rate %d" % index)

    def test_every_clock_describes_its_rate(self):
        """The present rate of every clock is among those that it describes; rates ascend."""
        agent = self.connect()
        for clock in bench.VISIBLE:
            rates, index = [], 0
            while True:
                answer = self.expect(agent.clock(0x4, clock, index), SUCCESS, "CLOCK_DESCRIBE_RATES")
                flags = answer.word(4)
                returned, remaining = flags & 0xFFF, flags >> 16
                self.assertEqual(flags & 0xE000, 0, "bits 15:13 are reserved: %s" % answer)
                self.assertEqual(answer.size, 8 + 8 * returned, "num_returned and size differ: %s" % answer)
                self.assertGreater(returned, 0, "a page without rates never ends: %s" % answer)
                rates += [answer.rate(8 + 8 * n) for n in range(returned)]
                index += returned
                if not remaining:
                    break
            if flags >> 12 & 1:
                low, high, step = rates
                self.assertTrue(low <= agent.rate(clock) <= high and (agent.rate(clock) - low) % step == 0)
            else:
                self.assertEqual(rates, sorted(set(rates)), "ascending from 2.0 on")
                self.assertIn(agent.rate(clock), rates)


class Configurations(Case):
    shared = True

    def test_state(self):
        agent = self.connect()
        for clock in bench.VISIBLE:
            answer = self.expect_values(agent.clock(facts.CLOCK_CONFIG_GET, clock, 0), 16, "CLOCK_CONFIG_GET")
            self.expect_word(answer, 4, 0, "the attributes are reserved")
            self.expect_word(answer, 8, int(agent.running(clock)), "bit 0 as in CLOCK_ATTRIBUTES, 31:1 zero")

    def test_extended(self):
        agent = self.connect()
        for config, value in ((1, 50), (2, 0), (0x80, 7)):
            answer = self.expect_values(agent.clock(facts.CLOCK_CONFIG_GET, bench.TUNED, config), 16, "type asked")
            self.expect_word(answer, 12, value, "extended_config_value of type 0x%x" % config)

    def test_types_that_a_clock_lacks(self):
        agent = self.connect()
        for clock, types in ((bench.TUNED, (3, 0x7F, 0x81, 0xFF)), (bench.DIV, (1, 2, 0x80))):
            for config in types:
                self.expect(agent.clock(facts.CLOCK_CONFIG_GET, clock, config), INVALID_PARAMETERS,
                            "clock %d has no configuration type 0x%x" % (clock, config))


class Parents(Case):
    shared = True

    def test_possible_parents_are_those_in_the_view(self):
        answer = self.connect().clock(facts.CLOCK_POSSIBLE_PARENTS_GET, bench.MUX, 0)
        self.expect_values(answer, 16, "two ids")
        self.expect_word(answer, 4, 2, "2 returned in 7:0, 0 remaining in 31:24")
        self.assertEqual([answer.word(8), answer.word(12)], [bench.OSC, bench.PLL], "the hidden parent is not listed")
        boss = self.connect("boss").clock(facts.CLOCK_POSSIBLE_PARENTS_GET, bench.MUX, 0)
        self.expect_word(boss, 4, 3, "an agent that sees all sees three")
        self.assertEqual([boss.word(8 + 4 * n) for n in range(3)], [bench.OSC, bench.PLL, bench.SECRET])

    def test_skip(self):
        agent = self.connect()
        answer = agent.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, bench.MUX, 1)
        self.expect_word(answer, 4, 1, "one left")
        self.assertEqual(answer.word(8), bench.PLL)
        for skip in (2, 3, 255, 256, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF):
            self.expect(agent.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, bench.MUX, skip), OUT_OF_RANGE,
                        "skip outside the list of 2 (the third is hidden)")

    def test_present_parent(self):
        agent = self.connect()
        answer = self.expect_values(agent.clock(facts.CLOCK_PARENT_GET, bench.MUX), 8, "CLOCK_PARENT_GET")
        self.expect_word(answer, 4, bench.OSC, "fed by osc at start")

    def test_bit_28_tells(self):
        """Parent commands work where bit 28 is set, and answer NOT_SUPPORTED where it is clear."""
        agent = self.connect()
        for clock in bench.VISIBLE:
            advertised = agent.clock(0x3, clock).word(4) & PARENTS
            status = SUCCESS if advertised else NOT_SUPPORTED
            self.expect(agent.clock(facts.CLOCK_PARENT_GET, clock), status, "bit 28 of clock %d" % clock)
            self.expect(agent.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, clock, 0), status,
                        "bit 28 of clock %d" % clock)
            if not advertised:
                self.expect(agent.clock(facts.CLOCK_PARENT_SET, clock, bench.OSC), NOT_SUPPORTED,
                            "bit 28 of clock %d is clear" % clock)


class Permissions(Case):
    shared = True

    def test_permissions(self):
        agent = self.connect()
        state, parent, rate = 1 << 31, 1 << 30, 1 << 29
        for clock, expected in ((bench.DIV, state | parent | rate), (bench.FENCE_STATE, parent | rate),
                                (bench.FENCE_RATE, state | parent), (bench.FENCE_PARENT, state | rate)):
            answer = self.expect_values(agent.clock(facts.CLOCK_GET_PERMISSIONS, clock), 8, "CLOCK_GET_PERMISSIONS")
            self.expect_word(answer, 4, expected, "1 = the agent may change it; 28:0 zero")

    def test_bit_1_tells(self):
        agent = self.connect()
        for clock in bench.VISIBLE:
            restricted = agent.clock(0x3, clock).word(4) & RESTRICTED
            answer = agent.clock(facts.CLOCK_GET_PERMISSIONS, clock)
            if answer.status == NOT_SUPPORTED and not restricted:
                continue
            self.expect(answer, SUCCESS, "CLOCK_GET_PERMISSIONS")
            self.assertEqual(answer.word(4) != 0xE0000000, bool(restricted),
                             "bit 1 of the attributes says whether something is refused: clock %d %s"
                             % (clock, answer))

    def test_looking_is_always_allowed(self):
        agent = self.connect()
        for clock in (bench.FENCE_STATE, bench.FENCE_RATE, bench.FENCE_PARENT):
            for message, rest in ((0x3, ()), (0x4, (0,)), (0x6, ()), (0xB, (0,)), (0xF, ())):
                self.expect(agent.clock(message, clock, *rest), SUCCESS, "a permission to change is not asked for "
                            "by %s" % facts.message_name(0x14, message))
        self.assertNotEqual(agent.clock(facts.CLOCK_PARENT_GET, bench.FENCE_STATE).status, DENIED)


class NotFound(Case):
    shared = True

    def test_absent_clocks(self):
        for name in ("main", "second", "boss"):
            agent = self.connect(name)
            for message, rest in facts.CLOCK_MESSAGES_OF_A_CLOCK.items():
                for clock in bench.ABSENT:
                    self.expect(agent.clock(message, *facts.clock_fields(message, clock, rest)), NOT_FOUND,
                                "%s of clock %d, which is not there" % (facts.message_name(0x14, message), clock))


if __name__ == "__main__":
    unittest.main()
