# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an agent may not see answers byte for byte like what does not exist."""

import unittest

import bench
import facts
from case import Case
from scmi_client import BASE, CLOCK, NOT_FOUND, SUCCESS, words

# Requests that are in order, and requests with other things wrong besides.
OTHER_WORDS = {
    facts.CLOCK_ATTRIBUTES: [()],
    facts.CLOCK_DESCRIBE_RATES: [(0,), (1,), (0xFFFFFFFF,)],
    facts.CLOCK_RATE_SET: [(0, 1000000, 0), (0, 19200000, 0), (1, 19200000, 0), (3, 19200000, 0), (0, 0, 0),
                           (0, 0xFFFFFFFF, 0xFFFFFFFF), (0x10, 19200000, 0)],
    facts.CLOCK_RATE_GET: [()],
    facts.CLOCK_CONFIG_SET: [(0, 0), (1, 0), (2, 0), (3, 0), (0x10001, 50), (0xFFFFFFFF, 0)],
    facts.CLOCK_NAME_GET: [()],
    facts.CLOCK_RATE_NOTIFY: [(0,), (1,), (2,)],
    facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY: [(0,), (1,), (2,)],
    facts.CLOCK_CONFIG_GET: [(0,), (1,), (0x80,), (0x100,)],
    facts.CLOCK_POSSIBLE_PARENTS_GET: [(0,), (1,), (0xFFFFFFFF,)],
    facts.CLOCK_PARENT_SET: [(0,), (1,), (13,), (0xFFFFFFFF,)],
    facts.CLOCK_PARENT_GET: [()],
    facts.CLOCK_GET_PERMISSIONS: [()],
}


class Hidden(Case):
    shared = True

    def test_hidden_clock_is_absent(self):
        """Every message, every version, every size: the hidden id and an id that nobody has."""
        for name, version in (("main", facts.V3_0), ("old2", facts.V2_0), ("old1", facts.V1_0)):
            agent = self.connect(name)
            for message in range(0x3, 0x12):
                for rest in OTHER_WORDS.get(message, [(), (0,)]):
                    if message == facts.CLOCK_CONFIG_SET and version < facts.V3_0:
                        rest = rest[:1]
                    hidden, *absent = (agent.clock(message, *facts.clock_fields(message, clock, rest))
                                       for clock in (bench.SECRET, *bench.ABSENT))
                    for answer in absent:
                        self.same_bytes(hidden, answer, "clock %d is hidden from %s" % (bench.SECRET, name))
            self.expect_silence(agent, "nothing was asked for")

    def test_gap_is_absent(self):
        agent = self.connect("boss")
        for message, rest in facts.CLOCK_MESSAGES_OF_A_CLOCK.items():
            answers = [agent.clock(message, *facts.clock_fields(message, clock, rest)) for clock in bench.ABSENT]
            for answer in answers:
                self.expect(answer, NOT_FOUND, "a gap between ids")
                self.same_bytes(answers[0], answer, "absent is absent")

    def test_hidden_as_a_parent(self):
        agent = self.connect()
        for clock in (bench.MUX, bench.FENCE_PARENT, bench.LEAF, bench.PLL, bench.SECRET, 0x7777):
            hidden = agent.clock(facts.CLOCK_PARENT_SET, clock, bench.SECRET)
            for absent in bench.ABSENT:
                self.same_bytes(hidden, agent.clock(facts.CLOCK_PARENT_SET, clock, absent),
                                "a hidden parent of clock %d and an absent one" % clock)

    def test_hidden_agent_is_absent(self):
        agent = self.connect("main")
        hidden_ids = [number for number in bench.AGENT_ID.values() if number != 1]
        absent_ids = [len(bench.AGENTS) + 1, 77, 255, 0x7FFFFFFF]
        for message, rest in ((facts.BASE_DISCOVER_AGENT, [()]),
                              (facts.BASE_SET_DEVICE_PERMISSIONS, [(bench.DISPLAY, 0), (99, 1), (0, 2)]),
                              (facts.BASE_SET_PROTOCOL_PERMISSIONS,
                               [(bench.DISPLAY, CLOCK, 0), (99, CLOCK, 0), (bench.DISPLAY, 0x77, 1), (0, 0, 2)]),
                              (facts.BASE_RESET_AGENT_CONFIGURATION, [(0,), (1,), (2,)])):
            for words_after in rest:
                answers = [agent.base(message, number, *words_after) for number in hidden_ids + absent_ids]
                for answer in answers:
                    self.same_bytes(answers[0], answer, "hidden and absent agents")

    def test_hidden_device_is_absent(self):
        """An agent that sees none of a device's clocks does not see the device."""
        agent = self.connect("blind")
        for message, rest in ((facts.BASE_SET_DEVICE_PERMISSIONS, [(0,), (1,), (2,)]),
                              (facts.BASE_SET_PROTOCOL_PERMISSIONS, [(CLOCK, 0), (0x77, 1), (BASE, 0)])):
            for words_after in rest:
                hidden, *absent = (agent.base(message, 1, device, *words_after)
                                   for device in (bench.DISPLAY, 0, 4, 0x7FFFFFFF))
                for answer in absent:
                    self.same_bytes(hidden, answer, "hidden and absent devices")

    def test_other_agents_leave_no_trace(self):
        """Nothing that an untrusted agent can read of its identity tells how many others there are."""
        agent, other = self.connect("main"), self.connect("calm")
        for one, two in ((agent.base(0x1), other.base(0x1)),
                         (agent.base(facts.BASE_DISCOVER_AGENT, 0), other.base(facts.BASE_DISCOVER_AGENT, 0))):
            self.same_bytes(one, two, "the same world for both")
        self.assertEqual(agent.base(facts.BASE_DISCOVER_AGENT, 0xFFFFFFFF).word(4),
                         other.base(facts.BASE_DISCOVER_AGENT, 0xFFFFFFFF).word(4))


class Ids(Case):
    shared = True

    def test_dense_view(self):
        """Ids from 0 without gaps, exactly num_clocks of them, each clock once."""
        agent = self.connect("second")
        count = agent.clock(0x1).word(4) & 0xFFFF
        names = []
        for clock in range(count):
            names.append(self.expect(agent.clock(0x3, clock), SUCCESS, "dense: ids 0 .. num_clocks - 1").text(8, 16))
        self.expect(agent.clock(0x3, count), NOT_FOUND, "the first id past them")
        self.assertEqual(sorted(names), sorted(["secret", "div", "pll", "slow", "boot", "mux", "leaf", "kept",
                                                "stuck", "faulty"]))

    def test_pinned_view(self):
        names = {}
        agent = self.connect()
        for clock in range(64):
            answer = agent.clock(0x3, clock)
            if answer.status == SUCCESS:
                names[clock] = answer.text(8, 16)
        self.assertEqual(sorted(names), sorted(bench.VISIBLE), "the board's ids, gaps and all")
        self.assertEqual(names[bench.FAR], "far")

    def test_parents_have_the_callers_ids(self):
        agent = self.connect("second")
        ids = {agent.clock(0x3, clock).text(8, 16): clock for clock in range(10)}
        answer = agent.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, ids["mux"], 0)
        self.expect_word(answer, 4, 2, "osc is not in this view, pll and secret are")
        self.assertEqual({answer.word(8), answer.word(12)}, {ids["pll"], ids["secret"]})
        leaf = self.expect(agent.clock(facts.CLOCK_PARENT_GET, ids["leaf"]), SUCCESS, "leaf is fed by mux")
        self.assertEqual(leaf.word(4), ids["mux"])

    def test_views_do_not_leak_into_each_other(self):
        """Two agents that ask in turn each keep their own ids."""
        agents = [self.connect(), self.connect("second"), self.connect("boss")]
        first = [[agent.clock(0x3, clock).raw[4:] for clock in range(64)] for agent in agents]
        for clock in range(64):
            for agent, seen in zip(agents, first):
                self.assertEqual(agent.clock(0x3, clock).raw[4:], seen[clock], "clock %d changed" % clock)
        self.assertNotEqual(first[0], first[1])


class SameAgentTwice(Case):
    def test_each_connection_gets_its_own_answers(self):
        one, two = self.connect(), self.connect()
        first = [one.submit(CLOCK, 0x6, words(bench.OSC), token=n) for n in range(50)]
        second = [two.submit(BASE, 0x0, token=n) for n in range(50)]
        for request in first:
            self.expect(one.answer_to(request), SUCCESS, "asked here")
        for request in second:
            self.expect(two.answer_to(request), SUCCESS, "asked here")
        self.assertEqual((one.late, two.late), ([], []))

    def test_negotiation_is_the_connections(self):
        one, two = self.connect(), self.connect()
        self.negotiate(one, CLOCK, facts.V1_0)
        self.expect_values(one.clock(0x3, bench.DIV), 24, "1.0 here")
        self.expect_values(two.clock(0x3, bench.DIV), 28, "3.0 there")


if __name__ == "__main__":
    unittest.main()
