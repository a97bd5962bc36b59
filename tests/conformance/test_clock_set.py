# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Changing clocks: rates and their rounding, states and votes, configurations, parents."""

import unittest

import bench
import facts
from case import Case
from scmi_client import (CLOCK, DENIED, HARDWARE_ERROR, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, SUCCESS, words)

AUTO, UP, DOWN = 0x8, 0x4, 0x0


class Rate(Case):
    def test_set_and_get(self):
        agent = self.connect()
        for clock, rate in ((bench.DIV, 1000000), (bench.DIV, 10000000), (bench.PLL, 400000000),
                            (bench.PLL, 100000000), (bench.MANY, 41000), (bench.FAST, 1000000000),
                            (bench.FAST, 6000000000), (bench.SLOW, 7000000), (bench.MUTE, 3000000)):
            self.expect_values(agent.set_rate(clock, rate), 4, "a rate that the clock describes")
            self.assertEqual(agent.rate(clock), rate, "the rate set is the rate read")

    def test_rate_above_32_bits(self):
        """Both halves count: 4 294 967 296 Hz + 1 GHz is not 1 GHz."""
        agent = self.connect()
        self.expect(agent.set_rate(bench.FAST, 5294000000), SUCCESS, "inside 1 .. 6 GHz")
        self.assertEqual(agent.rate(bench.FAST), 5294000000)
        self.expect(agent.set_rate(bench.DIV, (1 << 32) + 5000000), INVALID_PARAMETERS, "the high half counts")
        self.assertEqual(agent.rate(bench.DIV), 5000000)

    def test_outside_the_range(self):
        agent = self.connect()
        for clock, before, rates in ((bench.DIV, 5000000, (0, 1, 999999, 10000001, 1 << 32, 1 << 63, (1 << 64) - 1)),
                                     (bench.PLL, 200000000, (0, 99999999, 400000001, (1 << 64) - 1)),
                                     (bench.FAST, 5000000000, (0, 999999999, 6000000001, (1 << 64) - 1))):
            for rate in rates:
                self.expect(agent.set_rate(clock, rate), INVALID_PARAMETERS, "%d Hz is not supported" % rate)
                self.assertEqual(agent.rate(clock), before, "a refused rate changes nothing")

    def test_rounding_in_a_list(self):
        agent = self.connect()
        for flags, rate, result in ((DOWN, 299999999, 200000000), (UP, 200000001, 300000000),
                                    (AUTO, 249999999, 200000000), (AUTO, 250000001, 300000000),
                                    (AUTO | UP, 210000000, 200000000), (DOWN, 300000000, 300000000),
                                    (UP, 300000000, 300000000), (AUTO, 300000000, 300000000)):
            self.expect(agent.set_rate(bench.PLL, rate, flags), SUCCESS, "between two rates of the list")
            self.assertEqual(agent.rate(bench.PLL), result, "flags 0x%x, %d Hz: bit 3 nearest, else bit 2 up, else "
                             "down" % (flags, rate))

    def test_rounding_in_a_range(self):
        agent = self.connect()
        for flags, rate, result in ((DOWN, 2000999, 2000000), (UP, 2000001, 2001000), (AUTO, 2000499, 2000000),
                                    (AUTO, 2000501, 2001000), (AUTO | UP, 2000001, 2000000)):
            self.expect(agent.set_rate(bench.DIV, rate, flags), SUCCESS, "between two steps")
            self.assertEqual(agent.rate(bench.DIV), result, "flags 0x%x, %d Hz" % (flags, rate))
        self.expect(agent.set_rate(bench.FAST, 4999999999, UP), SUCCESS, "between two steps")
        self.assertEqual(agent.rate(bench.FAST), 5000000000, "64-bit rounding")

    def test_fixed_clock(self):
        agent = self.connect()
        self.expect(agent.set_rate(bench.OSC, 25000000), INVALID_PARAMETERS, "this clock has one rate")
        self.expect(agent.set_rate(bench.OSC, 24000000), SUCCESS, "and it may be set to that")
        self.assertEqual(agent.rate(bench.OSC), 24000000)

    def test_clock_that_follows_its_parent(self):
        agent = self.connect()
        for clock, rate in ((bench.MUX, 24000000), (bench.LEAF, 12000000)):
            self.expect(agent.set_rate(clock, rate), SUCCESS, "the rate that it has")
            self.expect(agent.set_rate(clock, rate * 2), INVALID_PARAMETERS, "it has no rates of its own")
            self.assertEqual(agent.rate(clock), rate)

    def test_fault(self):
        agent = self.connect()
        self.expect(agent.set_rate(bench.FAULTY, 3000000), HARDWARE_ERROR, "the board file says so")
        self.assertEqual(agent.rate(bench.FAULTY), 2000000, "the rate did not change")
        self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "other clocks go on")

    def test_disabled_clock_takes_the_rate(self):
        agent = self.connect()
        self.assertFalse(agent.running(bench.DIV))
        self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "the rate of a disabled clock may be set")
        self.expect(agent.enable(bench.DIV), SUCCESS, "enable")
        self.assertEqual(agent.rate(bench.DIV), 3000000, "it takes effect when the clock is enabled")

    def test_last_accepted_set_holds(self):
        agent, other = self.connect(), self.connect("second")
        div = self.ids(other)["div"]
        self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "set by one agent")
        self.expect(other.set_rate(div, 4000000), SUCCESS, "set by another agent")
        self.assertEqual(agent.rate(bench.DIV), 4000000)
        self.expect(other.set_rate(div, 1), INVALID_PARAMETERS, "refused")
        self.assertEqual(agent.rate(bench.DIV), 4000000)

    def test_denied(self):
        agent = self.connect()
        self.expect(agent.set_rate(bench.FENCE_RATE, 3000000), DENIED, "this agent may not set this rate")
        self.assertEqual(agent.rate(bench.FENCE_RATE), 2000000)
        self.expect(agent.enable(bench.FENCE_RATE), SUCCESS, "but its state")
        self.expect(self.connect("boss").set_rate(bench.FENCE_RATE, 3000000), SUCCESS, "and another agent may")
        self.assertEqual(agent.rate(bench.FENCE_RATE), 3000000)

    def test_ignore_without_async(self):
        """Bit 1 means something with bit 0 only: the set is synchronous and answered."""
        agent = self.connect()
        self.expect(agent.set_rate(bench.SLOW, 3000000, 0x2), SUCCESS, "bit 1 without bit 0")
        self.assertEqual(agent.rate(bench.SLOW), 3000000, "a synchronous set is done when it is answered")


class State(Case):
    def test_on_and_off(self):
        agent = self.connect()
        for clock in (bench.DIV, bench.PLL, bench.MUX, bench.FAR):
            self.assertFalse(agent.running(clock))
            self.expect_values(agent.enable(clock), 4, "CLOCK_CONFIG_SET, state 1")
            self.assertTrue(agent.running(clock), "state 1 enables")
            self.expect_word(agent.clock(facts.CLOCK_CONFIG_GET, clock, 0), 8, 1, "CLOCK_CONFIG_GET agrees")
            self.expect(agent.enable(clock, 0), SUCCESS, "state 0")
            self.assertFalse(agent.running(clock), "state 0 disables")
            self.expect_word(agent.clock(facts.CLOCK_CONFIG_GET, clock, 0), 8, 0, "CLOCK_CONFIG_GET agrees")

    def test_votes_do_not_add_up(self):
        agent = self.connect()
        for _ in range(3):
            agent.enable(bench.DIV)
        agent.enable(bench.DIV, 0)
        self.assertFalse(agent.running(bench.DIV), "an agent has one vote, not a count")

    def test_two_agents(self):
        agent, other = self.connect(), self.connect("second")
        div = self.ids(other)["div"]
        agent.enable(bench.DIV)
        other.enable(div)
        self.expect(agent.enable(bench.DIV, 0), SUCCESS, "off while another wants it on")
        self.assertTrue(agent.running(bench.DIV), "the clock runs while any agent votes on")
        self.assertTrue(other.running(div))
        other.enable(div, 0)
        self.assertFalse(agent.running(bench.DIV), "nobody votes on")
        self.assertFalse(other.running(div))

    def test_off_of_one_who_never_voted_on(self):
        agent, other = self.connect(), self.connect("second")
        agent.enable(bench.DIV)
        self.expect(other.enable(self.ids(other)["div"], 0), SUCCESS, "off without a vote")
        self.assertTrue(agent.running(bench.DIV), "the other's vote holds")

    def test_clock_that_runs_at_start_stops_at_the_first_off(self):
        agent, other = self.connect(), self.connect("second")
        self.assertTrue(agent.running(bench.BOOT))
        self.expect(other.enable(self.ids(other)["boot"], 0), SUCCESS, "the first off")
        self.assertFalse(agent.running(bench.BOOT), "runs at start with no votes: stops at the first off")

    def test_clock_that_runs_at_start_with_a_vote(self):
        agent, other = self.connect(), self.connect("second")
        boot = self.ids(other)["boot"]
        agent.enable(bench.BOOT)
        other.enable(boot, 0)
        self.assertTrue(agent.running(bench.BOOT), "somebody votes on")
        agent.enable(bench.BOOT, 0)
        self.assertFalse(agent.running(bench.BOOT), "nobody votes on any more")

    def test_always_on(self):
        agent = self.connect()
        for clock in (bench.KEPT, bench.OSC):
            self.expect(agent.enable(clock, 0), SUCCESS, "off is accepted")
            self.assertTrue(agent.running(clock), "always-on wins")
            agent.enable(clock)
            agent.enable(clock, 0)
            self.assertTrue(agent.running(clock), "always-on wins")

    def test_connections_of_one_agent_share_its_vote(self):
        one, two = self.connect(), self.connect()
        one.enable(bench.DIV)
        two.enable(bench.DIV, 0)
        self.assertFalse(one.running(bench.DIV), "a request belongs to the agent, not to its connection")

    def test_disconnect_keeps(self):
        agent = self.connect()
        agent.enable(bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        agent.close()
        boss = self.connect("boss")
        boss.barrier()
        self.assertTrue(boss.running(bench.DIV), "on_disconnect: keep is the default")
        self.assertEqual(boss.rate(bench.DIV), 3000000)

    def test_disconnect_releases(self):
        one, two, boss = self.connect("leaver"), self.connect("leaver"), self.connect("boss")
        one.enable(bench.DIV)
        two.enable(bench.PLL)
        one.close()
        boss.barrier()
        self.assertTrue(boss.running(bench.DIV), "another connection of the agent is left")
        two.close()
        self.wait_until(lambda: not boss.running(bench.DIV), "on_disconnect: release")
        self.assertFalse(boss.running(bench.PLL), "on_disconnect: release")

    def test_illegal_states(self):
        agent = self.connect()
        self.expect(agent.enable(bench.DIV, 2), INVALID_PARAMETERS, "state 2 is reserved")
        self.expect(agent.enable(bench.DIV, 3), INVALID_PARAMETERS, "state 3 (unchanged) is invalid with type 0")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 0x10002, 40), INVALID_PARAMETERS,
                    "state 2 is reserved, with a type too")
        self.assertFalse(agent.running(bench.DIV))

    def test_denied(self):
        agent = self.connect()
        for state in (0, 1):
            self.expect(agent.enable(bench.FENCE_STATE, state), DENIED, "this agent may not change the state")
        self.assertFalse(agent.running(bench.FENCE_STATE))
        self.expect(agent.set_rate(bench.FENCE_STATE, 3000000), SUCCESS, "but the rate")


class Configuration(Case):
    def config(self, agent, config):
        return self.expect(agent.clock(facts.CLOCK_CONFIG_GET, bench.TUNED, config), SUCCESS, "a type it has").word(12)

    def test_set_and_get(self):
        agent = self.connect()
        for config, value in ((1, 1), (1, 99), (1, 33), (2, 359), (2, 180), (0x80, 1000), (0x80, 0)):
            self.expect_values(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, config << 16 | 3, value), 4,
                               "state unchanged, type 0x%x" % config)
            self.assertEqual(self.config(agent, config), value)
            self.assertFalse(agent.running(bench.TUNED), "state 3 leaves the state")

    def test_with_a_state(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 1 << 16 | 1, 25), SUCCESS, "enable and set")
        self.assertTrue(agent.running(bench.TUNED))
        self.assertEqual(self.config(agent, 1), 25)
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 1 << 16 | 3, 26), SUCCESS, "unchanged and set")
        self.assertTrue(agent.running(bench.TUNED), "state 3 leaves the state")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 1 << 16, 27), SUCCESS, "disable and set")
        self.assertFalse(agent.running(bench.TUNED))
        self.assertEqual(self.config(agent, 1), 27)

    def test_value_without_a_type_is_ignored(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 1, 0xFFFFFFFF), SUCCESS, "type 0: no value")
        self.assertEqual([self.config(agent, config) for config in (1, 2, 0x80)], [50, 0, 7])

    def test_refused(self):
        agent = self.connect()
        for config, value in ((1, 0), (1, 100), (1, 0xFFFFFFFF), (2, 360), (0x80, 1001), (3, 0), (0x7F, 0),
                              (0x81, 0), (0xFF, 0)):
            for state in (0, 1, 3):
                self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, config << 16 | state, value),
                            INVALID_PARAMETERS, "type 0x%x, value %d" % (config, value))
        self.assertEqual([self.config(agent, config) for config in (1, 2, 0x80)], [50, 0, 7])
        self.assertFalse(agent.running(bench.TUNED), "a refused request does not change the state either")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.DIV, 1 << 16 | 3, 50), INVALID_PARAMETERS,
                    "a clock without configurations")


    def test_the_last_set_holds(self):
        agent, boss = self.connect(), self.connect("boss")
        for who, value in ((agent, 20), (boss, 30), (agent, 40)):
            self.expect(who.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 0x10003, value), SUCCESS, "set")
            self.assertEqual((self.config(agent, 1), self.config(boss, 1)), (value, value))

    def test_denied_with_the_state(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.FENCE_STATE, 0x10003, 20), DENIED,
                    "the permission to change the state covers the configuration")
        self.expect_word(agent.clock(facts.CLOCK_CONFIG_GET, bench.FENCE_STATE, 1), 12, 50, "reading is allowed")


class Parent(Case):
    def test_set(self):
        agent = self.connect()
        self.expect_values(agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.PLL), 4, "CLOCK_PARENT_SET")
        self.expect_word(agent.clock(facts.CLOCK_PARENT_GET, bench.MUX), 4, bench.PLL, "read back")
        self.assertEqual(agent.rate(bench.MUX), 200000000, "a clock that follows its parent has its rate")
        self.assertEqual(agent.rate(bench.LEAF), 100000000, "and so has what follows it")
        agent.set_rate(bench.PLL, 300000000)
        self.assertEqual(agent.rate(bench.MUX), 300000000)
        self.assertEqual(agent.rate(bench.LEAF), 150000000)

    def test_refused_parents(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.DIV), INVALID_PARAMETERS,
                    "visible, but not one of the possible parents")
        self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.MUX), INVALID_PARAMETERS,
                    "itself is not one of the possible parents")
        hidden = self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.SECRET), NOT_FOUND,
                             "a possible parent, but hidden")
        for absent in bench.ABSENT:
            answer = self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, absent), NOT_FOUND, "no such clock")
            self.same_bytes(hidden, answer, "hidden and absent parents answer alike")
        self.expect_word(agent.clock(facts.CLOCK_PARENT_GET, bench.MUX), 4, bench.OSC, "a refused set does nothing")

    def test_hidden_parent_is_not_shown(self):
        """Another agent chose a parent that this one may not see: its id must not be told."""
        agent, boss = self.connect(), self.connect("boss")
        self.expect(boss.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.SECRET), SUCCESS, "boss sees it")
        answer = agent.clock(facts.CLOCK_PARENT_GET, bench.MUX)
        self.assertNotEqual(answer.status, SUCCESS, "no id of this agent names that parent: %s" % answer)
        self.assertEqual(agent.rate(bench.MUX), 19200000, "the rate is the truth")

    def test_denied(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.FENCE_PARENT, bench.PLL), DENIED, "no permission")
        self.expect(self.connect("boss").clock(facts.CLOCK_PARENT_SET, bench.FENCE_PARENT, bench.PLL), SUCCESS,
                    "another agent may")
        self.assertEqual(agent.rate(bench.FENCE_PARENT), 200000000)

    def test_a_clock_without_parents(self):
        self.expect(self.connect().command(CLOCK, facts.CLOCK_PARENT_SET, words(bench.PLL, bench.OSC)), NOT_SUPPORTED,
                    "bit 28 is clear")


if __name__ == "__main__":
    unittest.main()
