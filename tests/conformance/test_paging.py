# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Answers in small spaces: agent `tiny` has sockets whose messages have at most 8 to 4096 bytes, header included."""

import unittest

import bench
import facts
from case import Case
from scmi_client import CLOCK, COMMS_ERROR, INVALID_PARAMETERS, NOT_FOUND, OUT_OF_RANGE, PROTOCOL_ERROR, SUCCESS

SPACES = (8, 12, 16, 19, 20, 27, 28, 31, 32, 75, 76, 128, 4096)
HEAD = 4 + 8  # header, status, counts


class Paging(Case):
    shared = True

    def tiny(self, space):
        return self.connect("tiny%d" % space)

    def in_space(self, answer, space):
        self.assertLessEqual(len(answer.raw), space, "an answer longer than the space of %d: %s" % (space, answer))
        return answer

    def fixed(self, space, size, answer, rule):
        """An answer of a fixed size either fits or is COMMS_ERROR."""
        self.in_space(answer, space)
        if 4 + size <= space:
            self.expect_values(answer, size, rule)
        else:
            self.expect(answer, COMMS_ERROR, "%s: %d bytes do not fit %d" % (rule, 4 + size, space))

    def test_answers_of_fixed_size(self):
        for space in SPACES:
            agent = self.tiny(space)
            for protocol, message, payload, size in (
                    (0x10, 0x0, (), 8), (0x10, 0x1, (), 8), (0x10, 0x2, (0,), 8), (0x10, 0x3, (), 20),
                    (0x10, 0x4, (), 20), (0x10, 0x5, (), 8), (0x10, 0x7, (0,), 24), (0x10, 0x8, (0,), 4),
                    (0x10, 0x10, (facts.V2_1,), 4), (CLOCK, 0x0, (), 8), (CLOCK, 0x1, (), 8), (CLOCK, 0x2, (3,), 8),
                    (CLOCK, 0x3, (bench.DIV,), 28), (CLOCK, 0x6, (bench.DIV,), 12),
                    (CLOCK, 0x8, (bench.LONG_NAME,), 72), (CLOCK, 0xB, (bench.DIV, 0), 16),
                    (CLOCK, 0xE, (bench.MUX,), 8), (CLOCK, 0xF, (bench.DIV,), 8)):
                answer = agent.command(protocol, message, b"".join(v.to_bytes(4, "little") for v in payload))
                self.fixed(space, size, answer, "protocol 0x%x message 0x%x" % (protocol, message))

    def test_errors_fit_everywhere(self):
        for space in SPACES:
            agent = self.tiny(space)
            self.expect(agent.clock(0x6, 0x7777), NOT_FOUND, "an error needs 8 bytes")
            self.expect(agent.command(CLOCK, 0x6), PROTOCOL_ERROR, "an error needs 8 bytes")
            self.expect(agent.clock(0x4, bench.MANY, 41), OUT_OF_RANGE, "an error needs 8 bytes")
            self.expect(agent.base(0x6, 2), INVALID_PARAMETERS, "an error needs 8 bytes")

    def test_list_of_rates(self):
        for space in SPACES:
            agent = self.tiny(space)
            room = (space - HEAD) // 8
            if room < 1:
                self.expect(agent.clock(0x4, bench.MANY, 0), COMMS_ERROR, "not even one rate fits %d bytes" % space)
                continue
            rates = []
            while len(rates) < 41:
                answer = self.in_space(agent.clock(0x4, bench.MANY, len(rates)), space)
                self.expect(answer, SUCCESS, "rate_index %d of 41" % len(rates))
                returned, remaining = answer.word(4) & 0xFFF, answer.word(4) >> 16
                self.assertEqual(answer.word(4) & 0xF000, 0, "a list: %s" % answer)
                self.assertEqual(returned, min(room, 41 - len(rates)), "as many as fit %d bytes: %s"
                                 % (space, answer))
                self.assertEqual(answer.size, 8 + 8 * returned, str(answer))
                rates += [answer.rate(8 + 8 * n) for n in range(returned)]
                self.assertEqual(remaining, 41 - len(rates), str(answer))
            self.assertEqual(rates, bench.MANY_RATES, "in pages of %d bytes" % space)

    def test_every_index(self):
        agent = self.tiny(31)
        for index in range(41):
            answer = agent.clock(0x4, bench.MANY, index)
            self.expect(answer, SUCCESS, "an index inside the list")
            self.assertEqual(answer.rate(8), bench.MANY_RATES[index])
            returned, remaining = answer.word(4) & 0xFFF, answer.word(4) >> 16
            self.assertEqual(index + returned + remaining, 41)

    def test_a_triplet_is_never_cut(self):
        for space in SPACES:
            agent = self.tiny(space)
            answer = self.in_space(agent.clock(0x4, bench.DIV, 0), space)
            if space >= HEAD + 24:
                self.expect_word(answer, 4, 1 << 12 | 3, "a whole triplet")
                self.assertEqual(answer.size, 32)
            else:
                self.expect(answer, COMMS_ERROR, "a triplet does not fit %d bytes" % space)

    def test_parents(self):
        feeders = [bench.OSC, bench.PLL, bench.DIV, bench.BOOT, bench.TUNED, bench.MANY, bench.FAST]
        for space in SPACES:
            agent = self.tiny(space)
            room = (space - HEAD) // 4
            if room < 1:
                self.expect(agent.clock(0xC, bench.CROWD, 0), COMMS_ERROR, "not one parent fits %d bytes" % space)
                continue
            parents = []
            while len(parents) < 7:
                answer = self.in_space(agent.clock(0xC, bench.CROWD, len(parents)), space)
                self.expect(answer, SUCCESS, "skip %d of 7" % len(parents))
                returned, remaining = answer.word(4) & 0xFF, answer.word(4) >> 24
                self.assertEqual(answer.word(4) & 0x00FFFF00, 0, "reserved bits: %s" % answer)
                self.assertEqual(returned, min(room, 7 - len(parents)), "as many as fit %d bytes: %s"
                                 % (space, answer))
                self.assertEqual(answer.size, 8 + 4 * returned, str(answer))
                parents += [answer.word(8 + 4 * n) for n in range(returned)]
                self.assertEqual(remaining, 7 - len(parents), str(answer))
            self.assertEqual(parents, feeders, "in pages of %d bytes" % space)

    def test_protocols(self):
        for space in SPACES:
            agent = self.tiny(space)
            answer = self.in_space(agent.base(0x6, 0), space)
            if space >= HEAD + 4:
                self.expect_values(answer, 12, "one id, padded")
            else:
                self.expect(answer, COMMS_ERROR, "not even one id fits %d bytes" % space)
            self.fixed(space, 8, agent.base(0x6, 1), "skip equal to the count needs no room for ids")

    def test_the_same_in_old_versions(self):
        for version in (facts.V1_0, facts.V2_0):
            agent = self.tiny(31)
            self.negotiate(agent, CLOCK, version)
            answer = agent.clock(0x4, bench.MANY, 0)
            self.expect_word(answer, 4, 39 << 16 | 2, "two of 41 fit 31 bytes")
            self.fixed(31, 24 if version == facts.V1_0 else 28, agent.clock(0x3, bench.DIV), "CLOCK_ATTRIBUTES")


class SmallEvents(Case):
    """Delayed responses and notifications have 20 bytes."""

    def test_delayed_response(self):
        """It may not be lost: one that does not fit comes as COMMS_ERROR."""
        for space in SPACES:
            agent = self.connect("tiny%d" % space)
            rate = 1000000 + space * 1000
            answer = self.expect(agent.set_rate(bench.DIV, rate, 1), SUCCESS, "queued")
            event = agent.delayed(answer.token)
            self.assertLessEqual(len(event.raw), space, "longer than the space of %d: %s" % (space, event))
            if space >= 20:
                self.assertEqual((event.status, event.rate(8)), (SUCCESS, rate), str(event))
            else:
                self.assertEqual((event.status, event.size), (COMMS_ERROR, 4), str(event))

    def test_notification_that_does_not_fit(self):
        """It may be left out, and harms nothing."""
        agent, boss = self.connect("tiny19"), self.connect("boss")
        self.expect(agent.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1), SUCCESS, "subscribed")
        boss.set_rate(bench.DIV, 3000000)
        self.expect_silence(agent, "20 bytes do not fit 19")
        self.assertEqual(agent.rate(bench.DIV), 3000000)

    def test_notification(self):
        agent, boss = self.connect("tiny20"), self.connect("boss")
        agent.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1)
        boss.set_rate(bench.DIV, 3000000)
        event = agent.notification()
        self.assertEqual((event.word(4), event.rate(8)), (bench.DIV, 3000000), str(event))

    def test_a_command_that_does_not_fit_its_answer_does_nothing_odd(self):
        agent, boss = self.connect("tiny8"), self.connect("boss")
        self.expect(agent.enable(bench.DIV), SUCCESS, "this answer fits")
        self.assertTrue(boss.running(bench.DIV))
        self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "this answer fits")
        self.assertEqual(boss.rate(bench.DIV), 3000000)


if __name__ == "__main__":
    unittest.main()
