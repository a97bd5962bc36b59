# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The base protocol's permission messages, by trusted and untrusted agents, and the reset of an agent."""

import unittest

import bench
import facts
from case import Case
from scmi_client import BASE, CLOCK, DENIED, NOT_FOUND, SUCCESS

DENY, ALLOW = 0, 1
MAIN = bench.AGENT_ID["main"]
NOBODY = len(bench.AGENTS) + 1


class Device(Case):
    def setUp(self):
        super().setUp()
        self.boss = self.connect("boss")
        self.main = self.connect()

    def device(self, agent, device, access, status=SUCCESS, caller=None, rule="BASE_SET_DEVICE_PERMISSIONS"):
        answer = (caller or self.boss).base(facts.BASE_SET_DEVICE_PERMISSIONS, agent, device, access)
        self.expect(answer, status, rule)

    def test_denied_device(self):
        self.device(MAIN, bench.DISPLAY, DENY)
        for clock in (bench.PLL, bench.MUX):
            self.expect(self.main.set_rate(clock, 300000000), DENIED, "the device's clocks: no rate")
            self.expect(self.main.enable(clock), DENIED, "no state")
            self.expect(self.main.enable(clock, 0), DENIED, "no state")
        self.expect(self.main.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.PLL), DENIED, "no parent")
        for clock in (bench.OSC, bench.DIV):
            self.expect(self.main.enable(clock), SUCCESS, "a clock of no denied device")

    def test_denied_device_shows(self):
        self.device(MAIN, bench.DISPLAY, DENY)
        for clock in (bench.PLL, bench.MUX):
            attributes = self.expect(self.main.clock(0x3, clock), SUCCESS, "it is still there").word(4)
            self.assertTrue(attributes >> 1 & 1, "bit 1: some settings are refused")
            answer = self.main.clock(facts.CLOCK_GET_PERMISSIONS, clock)
            self.expect_word(answer, 4, 0, "nothing is allowed")
            self.expect(self.main.clock(0x6, clock), SUCCESS, "the rate can be read")
            self.expect(self.main.clock(0x4, clock, 0), SUCCESS, "the rates can be read")
            self.expect(self.main.clock(facts.CLOCK_CONFIG_GET, clock, 0), SUCCESS, "the state can be read")
        self.expect(self.main.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, bench.MUX, 0), DENIED,
                    "the facts list DENIED for this read")
        self.expect(self.main.clock(facts.CLOCK_PARENT_GET, bench.MUX), DENIED, "the facts list DENIED for this read")

    def test_only_that_agent(self):
        self.device(MAIN, bench.DISPLAY, DENY)
        calm = self.connect("calm")
        self.expect(calm.set_rate(bench.PLL, 300000000), SUCCESS, "another agent")
        self.expect(self.boss.set_rate(bench.PLL, 100000000), SUCCESS, "the caller")
        self.expect(self.connect().set_rate(bench.PLL, 200000000), DENIED, "another connection of the same agent")

    def test_allowed_again(self):
        for _ in range(2):
            self.device(MAIN, bench.DISPLAY, DENY)
        self.device(MAIN, bench.DISPLAY, ALLOW)
        self.expect(self.main.set_rate(bench.PLL, 300000000), SUCCESS, "allowed again")
        self.assertEqual(self.main.clock(0x3, bench.PLL).word(4) >> 1 & 1, 0, "bit 1 is clear again")
        self.expect_word(self.main.clock(facts.CLOCK_GET_PERMISSIONS, bench.PLL), 4, 0xE0000000, "all of it")

    def test_a_clock_in_two_devices(self):
        self.device(MAIN, bench.DISPLAY, DENY)
        self.device(MAIN, bench.AUDIO, DENY)
        self.device(MAIN, bench.DISPLAY, ALLOW)
        self.expect(self.main.enable(bench.PLL), SUCCESS, "allowed again")
        self.expect(self.main.enable(bench.MUX), DENIED, "denied through the other device")
        self.device(MAIN, bench.AUDIO, ALLOW)
        self.expect(self.main.enable(bench.MUX), SUCCESS, "allowed again")

    def test_allowing_does_not_go_beyond_the_board(self):
        """The board file's own denials are not lifted by allowing a device."""
        self.device(MAIN, bench.DISPLAY, ALLOW)
        self.expect(self.main.set_rate(bench.FENCE_RATE, 3000000), DENIED, "the board file denies this")

    def test_wrong_names(self):
        self.device(NOBODY, bench.DISPLAY, DENY, NOT_FOUND, rule="agent unknown")
        self.device(0xFFFFFFFF, bench.DISPLAY, DENY, NOT_FOUND, rule="agent unknown")
        for device in (0, 1, 2, 4, 0xFFFFFFFF):
            self.device(MAIN, device, DENY, NOT_FOUND, rule="device unknown")
        self.device(0, bench.DISPLAY, DENY, DENIED, rule="nobody takes permissions from the platform")

    def test_untrusted(self):
        self.device(1, bench.DISPLAY, DENY, DENIED, self.main, "an untrusted agent sets no permissions")
        self.device(1, bench.DISPLAY, ALLOW, DENIED, self.main, "an untrusted agent sets no permissions")
        self.device(1, 0x77, DENY, NOT_FOUND, self.main, "device before permission")
        for hidden in (2, 3, 77):
            self.device(hidden, bench.DISPLAY, DENY, NOT_FOUND, self.main, "other agents are hidden from it")
        self.expect(self.main.set_rate(bench.PLL, 300000000), SUCCESS, "nothing was denied")

    def test_untrusted_cannot_lift_what_was_denied(self):
        self.device(MAIN, bench.DISPLAY, DENY)
        self.device(1, bench.DISPLAY, ALLOW, DENIED, self.main, "an untrusted agent sets no permissions")
        self.expect(self.main.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 1), DENIED,
                    "nor does it restore its own permissions")
        self.expect(self.main.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0), SUCCESS, "a reset of its requests")
        self.expect(self.main.enable(bench.PLL), DENIED, "still denied")

    def test_a_vote_before_the_denial(self):
        """What an agent had asked for before holds, until it is reset."""
        self.main.enable(bench.PLL)
        self.device(MAIN, bench.DISPLAY, DENY)
        self.expect(self.main.enable(bench.PLL, 0), DENIED, "denied")
        self.expect(self.boss.enable(bench.PLL, 0), SUCCESS, "another agent's vote")
        self.assertTrue(self.main.running(bench.PLL), "the vote given before stands")


class Protocol(Case):
    def setUp(self):
        super().setUp()
        self.boss = self.connect("boss")
        self.main = self.connect()

    def protocol(self, agent, device, protocol, access, status=SUCCESS, caller=None, rule="allowed"):
        answer = (caller or self.boss).base(facts.BASE_SET_PROTOCOL_PERMISSIONS, agent, device, protocol, access)
        self.expect(answer, status, rule)

    def test_deny_and_allow(self):
        self.protocol(MAIN, bench.DISPLAY, CLOCK, DENY)
        self.expect(self.main.set_rate(bench.PLL, 300000000), DENIED, "the device's clocks")
        self.expect(self.main.enable(bench.DIV), SUCCESS, "another clock")
        self.protocol(MAIN, bench.DISPLAY, CLOCK, ALLOW)
        self.expect(self.main.set_rate(bench.PLL, 300000000), SUCCESS, "allowed again")

    def test_wrong_names(self):
        self.protocol(NOBODY, bench.DISPLAY, CLOCK, DENY, NOT_FOUND, rule="agent unknown")
        self.protocol(MAIN, 0x77, CLOCK, DENY, NOT_FOUND, rule="device unknown")
        for protocol in (0x00, 0x0F, 0x77, 0xFF):
            self.protocol(MAIN, bench.DISPLAY, protocol, DENY, NOT_FOUND, rule="protocol unknown")
        self.protocol(MAIN, bench.DISPLAY, BASE, DENY, NOT_FOUND, rule="base protocol as target")
        self.protocol(0, bench.DISPLAY, CLOCK, DENY, DENIED, rule="the platform's permissions")

    def test_untrusted(self):
        self.protocol(1, bench.DISPLAY, CLOCK, DENY, DENIED, self.main, "an untrusted agent")
        self.protocol(2, bench.DISPLAY, CLOCK, DENY, NOT_FOUND, self.main, "a hidden agent")
        self.protocol(1, bench.DISPLAY, 0x77, DENY, NOT_FOUND, self.main, "protocol before permission")


class Reset(Case):
    def reset(self, caller, agent, flags=0):
        return caller.base(facts.BASE_RESET_AGENT_CONFIGURATION, agent, flags)

    def test_own_requests_are_withdrawn(self):
        agent = self.connect()
        agent.enable(bench.DIV)
        agent.enable(bench.BOOT)
        agent.set_rate(bench.DIV, 3000000)
        agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 0x10003, 30)
        agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.PLL)
        self.expect_values(self.reset(agent, 1), 4, "an agent may name itself")
        self.assertFalse(agent.running(bench.DIV), "the vote is withdrawn")
        self.assertEqual(agent.rate(bench.DIV), 5000000, "a rate that only it had set is the board's again")
        self.expect_word(agent.clock(facts.CLOCK_CONFIG_GET, bench.TUNED, 1), 12, 50, "so is a configuration")
        self.expect_word(agent.clock(facts.CLOCK_PARENT_GET, bench.MUX), 4, bench.OSC, "and a parent")

    def test_own_off_is_withdrawn(self):
        """A clock that runs at start, switched off, returns to its default state with the vote that stopped it."""
        agent = self.connect()
        for last in ((0,), (0, 1), (1, 0)):
            for state in last:
                agent.enable(bench.BOOT, state)
            self.reset(agent, 1)
            self.assertTrue(agent.running(bench.BOOT), "votes %s, then a reset" % (last,))

    def test_requests_of_others_stay(self):
        agent, boss = self.connect(), self.connect("boss")
        for one in (agent, boss):
            one.enable(bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        boss.set_rate(bench.DIV, 4000000)
        self.reset(agent, 1)
        self.assertTrue(agent.running(bench.DIV), "the other's vote")
        self.assertEqual(agent.rate(bench.DIV), 4000000, "the other's rate, which was the last")

    def test_by_a_trusted_agent(self):
        agent, boss = self.connect(), self.connect("boss")
        agent.enable(bench.DIV)
        self.expect(self.reset(boss, MAIN), SUCCESS, "a trusted agent resets another")
        self.assertFalse(agent.running(bench.DIV))

    def test_permissions(self):
        agent, boss = self.connect(), self.connect("boss")
        boss.base(facts.BASE_SET_DEVICE_PERMISSIONS, MAIN, bench.DISPLAY, DENY)
        self.expect(self.reset(boss, MAIN, 0), SUCCESS, "without the flag")
        self.expect(agent.enable(bench.PLL), DENIED, "permissions stay without the flag")
        self.expect(self.reset(boss, MAIN, 1), SUCCESS, "with the flag")
        self.expect(agent.enable(bench.PLL), SUCCESS, "default permissions are restored")

    def test_refused(self):
        agent, boss = self.connect(), self.connect("boss")
        self.expect(self.reset(agent, 2), NOT_FOUND, "another agent is hidden from an untrusted one")
        self.expect(self.reset(agent, 0), DENIED, "nobody resets the platform")
        self.expect(self.reset(boss, 0), DENIED, "nobody resets the platform")
        self.expect(self.reset(boss, NOBODY), NOT_FOUND, "agent unknown")

    def test_others_are_told_of_the_rate(self):
        agent, boss = self.connect(), self.connect("boss")
        agent.set_rate(bench.DIV, 3000000)
        boss.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1)
        self.reset(agent, 1)
        event = boss.notification()
        self.assertEqual((event.word(4), event.rate(8)), (bench.DIV, 5000000), str(event))

    def test_errors_subscription_ends(self):
        agent = self.connect()
        agent.base(facts.BASE_NOTIFY_ERRORS, 1)
        self.reset(agent, 1)
        agent.set_rate(bench.FAULTY, 3000000)
        self.expect_silence(agent, "the agent was reset")


if __name__ == "__main__":
    unittest.main()
