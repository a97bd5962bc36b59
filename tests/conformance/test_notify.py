# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Rate notifications: who gets which, with whose ids, and who gets none."""

import unittest

import bench
import facts
from case import Case
from scmi_client import CLOCK, DENIED, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, NOTIFICATION, SUCCESS

CHANGED, REQUESTED = 0x0, 0x1  # ids of the notifications


class NotifyCase(Case):
    def subscribe(self, agent, clock, message=facts.CLOCK_RATE_NOTIFY, enable=1):
        self.expect_values(agent.clock(message, clock, enable), 4, "subscribe")

    def check(self, event, kind, agent_id, clock, rate):
        self.assertEqual((event.type, event.protocol, event.message), (NOTIFICATION, CLOCK, kind), str(event))
        self.assertEqual(event.size, 16, "agent id, clock id, rate: %s" % event)
        self.assertEqual(event.word(0), agent_id, "the originator in the receiver's view: %s" % event)
        self.assertEqual(event.word(4), clock, "the clock in the receiver's view: %s" % event)
        self.assertEqual(event.rate(8), rate, "the rate, low word first: %s" % event)


class Changed(NotifyCase):
    def test_to_the_other_agent_and_not_to_the_originator(self):
        agent, other = self.connect(), self.connect("second")
        div = self.ids(other)["div"]
        self.subscribe(other, div)
        self.subscribe(agent, bench.DIV)
        self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "set")
        self.check(other.notification(), CHANGED, 0, div, 3000000)
        self.expect_silence(agent, "a change's originator gets no notification of its own change")
        self.expect_silence(other, "one change, one notification")

    def test_the_originator_hidden_and_seen(self):
        agent, other, boss = self.connect(), self.connect("second"), self.connect("boss")
        div = self.ids(other)["div"]
        self.subscribe(other, div)
        self.subscribe(boss, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        self.check(other.notification(), CHANGED, 0, div, 3000000)
        self.check(boss.notification(), CHANGED, bench.AGENT_ID["main"], bench.DIV, 3000000)
        boss.set_rate(bench.DIV, 4000000)
        self.check(other.notification(), CHANGED, 0, div, 4000000)
        self.expect_silence(boss, "the originator")

    def test_all_connections_of_the_originator(self):
        agent, twin = self.connect(), self.connect()
        self.subscribe(twin, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(twin, "the originator is the agent, not its connection")

    def test_each_subscribed_connection_and_no_other(self):
        agent, one, two, three = self.connect(), *(self.connect("boss") for _ in range(3))
        self.subscribe(one, bench.DIV)
        self.subscribe(two, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        self.check(one.notification(), CHANGED, bench.AGENT_ID["main"], bench.DIV, 3000000)
        self.check(two.notification(), CHANGED, bench.AGENT_ID["main"], bench.DIV, 3000000)
        self.expect_silence(three, "it did not subscribe")

    def test_off_at_first(self):
        agent, other = self.connect(), self.connect("second")
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(other, "all notifications are off at first")

    def test_unsubscribed(self):
        agent, other = self.connect(), self.connect("second")
        div = self.ids(other)["div"]
        for _ in range(2):
            self.subscribe(other, div)
        self.subscribe(other, div, enable=0)
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(other, "none after unsubscribing, however often it subscribed")
        self.subscribe(other, div, enable=0)
        self.subscribe(other, div)
        agent.set_rate(bench.DIV, 4000000)
        self.check(other.notification(), CHANGED, 0, div, 4000000)

    def test_only_the_clock_asked_for(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        agent.set_rate(bench.PLL, 100000000)
        agent.set_rate(bench.MANY, 5000)
        self.expect_silence(boss, "other clocks")

    def test_nothing_changed_nothing_said(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        agent.set_rate(bench.DIV, 5000000)
        agent.set_rate(bench.DIV, 1)
        agent.enable(bench.DIV)
        self.expect_silence(boss, "the rate is what it was")

    def test_the_rate_is_the_one_set_not_the_one_asked_for(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        agent.set_rate(bench.DIV, 3000400)
        self.check(boss.notification(), CHANGED, bench.AGENT_ID["main"], bench.DIV, 3000000)

    def test_order(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        for rate in range(1000000, 6000000, 1000000):
            agent.set_rate(bench.DIV, rate)
            self.assertEqual(boss.notification().rate(8), rate)

    def test_parents_change(self):
        """A clock that follows its parent changes with it."""
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.MUX)
        self.subscribe(boss, bench.LEAF)
        agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.PLL)
        main = bench.AGENT_ID["main"]
        events = sorted((boss.notification() for _ in range(2)), key=lambda event: event.word(4))
        self.check(events[0], CHANGED, main, bench.MUX, 200000000)
        self.check(events[1], CHANGED, main, bench.LEAF, 100000000)
        agent.set_rate(bench.PLL, 300000000)
        events = sorted((boss.notification() for _ in range(2)), key=lambda event: event.word(4))
        self.check(events[0], CHANGED, main, bench.MUX, 300000000)
        self.check(events[1], CHANGED, main, bench.LEAF, 150000000)

    def test_slow_change_is_told_when_it_is_done(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.SLOW)
        self.subscribe(boss, bench.STUCK)
        agent.set_rate(bench.STUCK, 3000000, 0x1)
        self.expect_silence(boss, "not done")
        agent.set_rate(bench.SLOW, 3000000)
        self.check(boss.notification(), CHANGED, bench.AGENT_ID["main"], bench.SLOW, 3000000)

    def test_failed_change(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.FAULTY)
        agent.set_rate(bench.FAULTY, 3000000)
        self.expect_silence(boss, "the rate did not change")

    def test_subscription_goes_with_the_connection(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        boss.close()
        again = self.connect("boss")
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(again, "a subscription belongs to its connection")

    def test_reset_of_the_agent_ends_subscriptions(self):
        agent, other = self.connect(), self.connect("second")
        self.subscribe(other, self.ids(other)["div"])
        self.expect(other.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0), SUCCESS, "an agent may reset itself")
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(other, "the agent was reset")

    def test_version_1_has_no_notifications(self):
        agent, boss = self.connect(), self.connect("boss")
        self.subscribe(boss, bench.DIV)
        self.negotiate(boss, CLOCK, facts.V1_0)
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(boss, "the negotiated version governs notifications, and 1.0 has none")

    def test_version_2_has_them(self):
        agent, old = self.connect(), self.connect("old2")
        self.subscribe(old, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        self.check(old.notification(), CHANGED, 0, bench.DIV, 3000000)


class Requested(NotifyCase):
    def ask(self, agent, clock, enable=1):
        self.subscribe(agent, clock, facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, enable)

    def test_granted(self):
        agent, other = self.connect(), self.connect("second")
        div = self.ids(other)["div"]
        self.ask(other, div)
        self.ask(agent, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        self.check(other.notification(), REQUESTED, 0, div, 3000000)
        self.expect_silence(agent, "the originator")
        self.expect_silence(other, "one request, one notification")

    def test_not_granted(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.DIV)
        self.ask(boss, bench.FENCE_RATE)
        self.expect(agent.set_rate(bench.DIV, 50000000), INVALID_PARAMETERS, "outside")
        self.check(boss.notification(), REQUESTED, bench.AGENT_ID["main"], bench.DIV, 50000000)
        self.expect(agent.set_rate(bench.FENCE_RATE, 3000000), DENIED, "denied")
        self.check(boss.notification(), REQUESTED, bench.AGENT_ID["main"], bench.FENCE_RATE, 3000000)

    def test_same_rate(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.DIV)
        agent.set_rate(bench.DIV, 5000000)
        self.check(boss.notification(), REQUESTED, bench.AGENT_ID["main"], bench.DIV, 5000000)

    def test_both(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.DIV)
        self.subscribe(boss, bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        events = [boss.notification() for _ in range(2)]
        self.assertEqual(sorted(event.message for event in events), [CHANGED, REQUESTED])
        self.expect_silence(boss, "one of each")

    def test_unsubscribed(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.DIV)
        self.ask(boss, bench.DIV, 0)
        agent.set_rate(bench.DIV, 3000000)
        self.expect_silence(boss, "unsubscribed")

    def test_independent_of_the_other_subscription(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.DIV)
        self.subscribe(boss, bench.DIV)
        self.subscribe(boss, bench.DIV, enable=0)
        agent.set_rate(bench.DIV, 3000000)
        self.assertEqual(boss.notification().message, REQUESTED)
        self.expect_silence(boss, "RATE_CHANGED was unsubscribed")

    def test_asynchronous_request_is_told_at_once(self):
        agent, boss = self.connect(), self.connect("boss")
        self.ask(boss, bench.STUCK)
        agent.set_rate(bench.STUCK, 3000000, 0x1)
        self.check(boss.notification(), REQUESTED, bench.AGENT_ID["main"], bench.STUCK, 3000000)


class Subscribing(NotifyCase):
    shared = True

    def test_statuses(self):
        agent = self.connect()
        for message in (facts.CLOCK_RATE_NOTIFY, facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY):
            for enable in (2, 3, 0x80000000, 0xFFFFFFFF):
                self.expect(agent.clock(message, bench.DIV, enable), INVALID_PARAMETERS, "bits 31:1")
            for clock in bench.ABSENT + (bench.SECRET,):
                for enable in (0, 1):
                    self.expect(agent.clock(message, clock, enable), NOT_FOUND, "clock %d" % clock)

    def test_a_clock_that_offers_none(self):
        agent = self.connect()
        self.assertEqual(agent.clock(0x3, bench.MUTE).word(4) >> 30, 0, "bits 31 and 30")
        for message in (facts.CLOCK_RATE_NOTIFY, facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY):
            self.expect(agent.clock(message, bench.MUTE, 1), NOT_SUPPORTED, "the clock lacks it")


if __name__ == "__main__":
    unittest.main()
