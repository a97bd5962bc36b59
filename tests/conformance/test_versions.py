# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every version of base and clock: negotiation, layouts, and messages that are not there."""

import unittest

import bench
import facts
from case import Case
from scmi_client import (BASE, CLOCK, DENIED, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, PROTOCOL_ERROR, SUCCESS,
                         words)

UNKNOWN_VERSIONS = (0x0, 0x1, 0xFFFF, 0x10001, 0x10002, 0x1FFFF, 0x20002, 0x2FFFF, 0x30001, 0x40000, 0x50000,
                    0x80000000, 0xFFFF0000, 0xFFFFFFFF, 0x100, 0x200)


class Negotiation(Case):
    shared = True

    def test_every_version(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for version in facts.VERSIONS[protocol] + facts.VERSIONS[protocol][::-1]:
                answer = agent.command(protocol, 0x10, words(version))
                self.expect_values(answer, 4, "any number of attempts is allowed")

    def test_unknown_versions(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for version in UNKNOWN_VERSIONS:
                self.expect(agent.command(protocol, 0x10, words(version)), NOT_SUPPORTED,
                            "no version 0x%x of protocol 0x%x" % (version, protocol))
        self.expect(agent.base(0x10, facts.V3_0), NOT_SUPPORTED, "base has no 3.0")
        self.expect(agent.clock(0x10, facts.V2_1), NOT_SUPPORTED, "clock has no 2.1")

    def test_refused_negotiation_changes_nothing(self):
        agent = self.connect()
        self.negotiate(agent, CLOCK, facts.V1_0)
        self.expect(agent.clock(0x10, 0x77777777), NOT_SUPPORTED, "unknown")
        self.expect_values(agent.clock(0x3, bench.DIV), 24, "the last successful one governs: 1.0")

    def test_back_and_forth(self):
        agent = self.connect()
        for version, size in ((facts.V1_0, 24), (facts.V3_0, 28), (facts.V2_0, 28), (facts.V1_0, 24)):
            self.negotiate(agent, CLOCK, version)
            self.expect_values(agent.clock(0x3, bench.DIV), size, "CLOCK_ATTRIBUTES of 0x%x" % version)

    def test_protocols_are_independent(self):
        agent = self.connect()
        self.negotiate(agent, BASE, facts.V1_0)
        self.expect_values(agent.clock(0x3, bench.DIV), 28, "clock is still 3.0")
        self.negotiate(agent, CLOCK, facts.V1_0)
        self.negotiate(agent, BASE, facts.V2_1)
        self.expect_values(agent.base(0x7, 0), 24, "base is 2.1 again")
        self.expect_values(agent.clock(0x3, bench.DIV), 24, "clock is still 1.0")

    def test_version_reported_does_not_change(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for version in facts.VERSIONS[protocol]:
                self.negotiate(agent, protocol, version)
                self.expect_word(agent.command(protocol, 0x0), 4, facts.NEWEST[protocol],
                                 "PROTOCOL_VERSION reports the highest version served")

    def test_ends_with_the_connection(self):
        agent = self.connect()
        self.negotiate(agent, CLOCK, facts.V1_0)
        agent.close()
        self.expect_values(self.connect().clock(0x3, bench.DIV), 28, "the choice resets with the connection")

    def test_agents_of_old_versions(self):
        """An agent held to an old version is told that one, and cannot negotiate above it."""
        for name, highest in (("old1", facts.V1_0), ("old2", facts.V2_0)):
            agent = self.connect(name)
            for protocol in (BASE, CLOCK):
                self.expect_word(agent.command(protocol, 0x0), 4, highest, "agent %s" % name)
                for version in facts.VERSIONS[protocol]:
                    self.expect(agent.command(protocol, 0x10, words(version)),
                                SUCCESS if version <= highest else NOT_SUPPORTED,
                                "agent %s is served up to 0x%x" % (name, highest))
                self.expect_word(agent.command(protocol, 0x0), 4, highest, "agent %s" % name)

    def test_negotiate_exists_in_every_version(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for version in facts.VERSIONS[protocol]:
                self.negotiate(agent, protocol, version)
                self.expect(agent.command(protocol, 0x2, words(0x10)), SUCCESS, "NEGOTIATE exists always")


class Absent(Case):
    """Messages newer than the version are not found, neither themselves nor in PROTOCOL_MESSAGE_ATTRIBUTES."""

    shared = True

    def check(self, agent, protocol, version):
        known = facts.messages(protocol, version)
        for message in range(0x20):
            attributes = agent.command(protocol, 0x2, words(message))
            if message in known:
                self.expect(attributes, SUCCESS, "%s is in 0x%x" % (known[message][0], version))
                continue
            rule = "%s is not in version 0x%x" % (facts.message_name(protocol, message), version)
            self.expect(attributes, NOT_FOUND, rule)
            for size in (0, 4, 8, 12, 16, 5):
                self.expect(agent.command(protocol, message, bytes(size)), NOT_FOUND, rule)

    def test_negotiated(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for version in facts.VERSIONS[protocol]:
                self.negotiate(agent, protocol, version)
                self.check(agent, protocol, version)

    def test_held_to(self):
        for name, version in (("old1", facts.V1_0), ("old2", facts.V2_0)):
            for protocol in (BASE, CLOCK):
                self.check(self.connect(name), protocol, version)


class Layouts(Case):
    def each(self, version):
        """A connection that negotiated a version, and the agent that is held to it."""
        agent = self.connect()
        self.negotiate(agent, CLOCK, version)
        yield agent
        if version < facts.V3_0:
            yield self.connect("old1" if version == facts.V1_0 else "old2")

    def test_attributes_1_0(self):
        for agent in self.each(facts.V1_0):
            for clock in bench.VISIBLE:
                answer = self.expect_values(agent.clock(0x3, clock), 24, "1.0 has no clock_enable_delay")
                self.assertEqual(answer.word(4) & ~1, 0, "1.0 defines bit 0 only: %s" % answer)
                answer.text(8, 16)

    def test_attributes_2_0(self):
        for agent in self.each(facts.V2_0):
            for clock in bench.VISIBLE:
                answer = self.expect_values(agent.clock(0x3, clock), 28, "2.0 has clock_enable_delay")
                self.assertEqual(answer.word(4) & 0x1FFFFFFE, 0, "2.0 defines bits 31:29 and 0: %s" % answer)
            self.expect_word(agent.clock(0x3, bench.TUNED), 24, 150, "microseconds")
            self.assertEqual(agent.clock(0x3, bench.LONG_NAME).word(4) >> 29, 7, "bits 31, 30, 29")

    def test_long_name_in_every_version(self):
        for version in facts.VERSIONS[CLOCK]:
            for agent in self.each(version):
                self.assertEqual(agent.clock(0x3, bench.LONG_NAME).text(8, 16), bench.LONG_NAME_TEXT[:15])

    def test_name_get_2_0(self):
        for agent in self.each(facts.V2_0):
            answer = self.expect_values(agent.clock(facts.CLOCK_NAME_GET, bench.LONG_NAME), 72, "since 2.0")
            self.assertEqual(answer.text(8, 64), bench.LONG_NAME_TEXT)

    def test_config_set_of_8_bytes(self):
        for version in (facts.V1_0, facts.V2_0):
            for agent in self.each(version):
                self.expect_values(agent.clock(0x7, bench.DIV, 1), 4, "8 bytes before 3.0")
                self.assertTrue(agent.running(bench.DIV))
                self.expect(agent.clock(0x7, bench.DIV, 0, 0), PROTOCOL_ERROR, "12 bytes are of 3.0")
                self.expect(agent.clock(0x7, bench.DIV, 2), INVALID_PARAMETERS, "bits 31:1 are reserved")
                self.expect(agent.clock(0x7, bench.DIV, 3), INVALID_PARAMETERS, "bits 31:1 are reserved")
                self.assertTrue(agent.running(bench.DIV), "refused requests change nothing")
                self.expect(agent.clock(0x7, bench.DIV, 0), SUCCESS, "off")
                self.assertFalse(agent.running(bench.DIV))

    def test_config_set_of_12_bytes(self):
        agent = self.connect()
        self.expect(agent.clock(0x7, bench.DIV, 1), PROTOCOL_ERROR, "a v3 platform must accept 12 bytes only")
        self.assertFalse(agent.running(bench.DIV))

    def test_what_is_the_same_in_every_version(self):
        for version in facts.VERSIONS[CLOCK]:
            for agent in self.each(version):
                self.expect_values(agent.clock(0x1), 8, "PROTOCOL_ATTRIBUTES")
                self.expect_values(agent.clock(0x6, bench.FAST), 12, "CLOCK_RATE_GET")
                self.expect_values(agent.clock(0x4, bench.PLL, 0), 40, "CLOCK_DESCRIBE_RATES")
                self.expect_values(agent.clock(0x4, bench.DIV, 0), 32, "a triplet")
                self.expect(agent.set_rate(bench.DIV, 2000000), SUCCESS, "CLOCK_RATE_SET")
                self.assertEqual(agent.rate(bench.DIV), 2000000)
                self.expect(agent.clock(0x6, 0x7777), NOT_FOUND, "no such clock")

    def test_rate_set_flags(self):
        """The facts give rounding to 2.0, yet a clock 1.0 platform in the field has it: no version refuses it."""
        for version in facts.VERSIONS[CLOCK]:
            for agent in self.each(version):
                self.expect(agent.set_rate(bench.DIV, 2000001, 0x4), SUCCESS, "round up")
                self.assertEqual(agent.rate(bench.DIV), 2001000)
                for flags in (0x10, 0x80000000):
                    self.expect(agent.set_rate(bench.DIV, 3000000, flags), INVALID_PARAMETERS, "reserved bits")

    def test_discover_agent_1_0(self):
        agent = self.connect()
        self.negotiate(agent, BASE, facts.V1_0)
        answer = self.expect_values(agent.base(0x7, 1), 20, "no agent id in 1.0")
        self.assertEqual(answer.text(4, 16), "main")
        for version in (facts.V2_0, facts.V2_1):
            self.negotiate(agent, BASE, version)
            answer = self.expect_values(agent.base(0x7, 1), 24, "with agent id since 2.0")
            self.assertEqual((answer.word(4), answer.text(8, 16)), (1, "main"))

    def test_restricted_clock_in_old_versions(self):
        """A refusal is a refusal in every version, though only 3.0 can say so beforehand."""
        agent = self.connect()
        for version in (facts.V1_0, facts.V2_0):
            self.negotiate(agent, CLOCK, version)
            self.expect(agent.set_rate(bench.FENCE_RATE, 3000000), DENIED, "refused in every version")
            self.expect(agent.clock(0x7, bench.FENCE_STATE, 1), DENIED, "refused in every version")


if __name__ == "__main__":
    unittest.main()
