# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Requests of several agents, combined: long random sequences against a plain model of the rules.

Each agent votes on or off and a clock runs while any votes on; the last accepted rate, parent and configuration hold;
a reset withdraws what an agent asked for; subscribers of other agents hear of every change of a rate, once.
"""

import random
import unittest

import bench
import facts
from case import Case
from scmi_client import INVALID_PARAMETERS, SUCCESS

AGENTS = ("main", "boss", "calm", "old2")
VOTED = (bench.BOOT, bench.DIV, bench.PLL, bench.MANY, bench.MUX, bench.TUNED, bench.KEPT, bench.FAR)
STARTS = {bench.DIV: 5000000, bench.PLL: 200000000, bench.MANY: 1000}
STEPS = 400


class Model:
    def __init__(self):
        self.votes = {}  # (agent, clock): on
        self.rates = dict(STARTS)
        self.rate_owner = {}
        self.parent, self.parent_owner = bench.OSC, None
        self.duty, self.duty_owner = 50, None

    def running(self, clock):
        votes = [on for (_, voted), on in self.votes.items() if voted == clock]
        # Without a vote a clock does what it did at start.
        return clock == bench.KEPT or any(votes) or (clock == bench.BOOT and not votes)

    def rate(self, clock):
        if clock == bench.MUX:
            return 24000000 if self.parent == bench.OSC else self.rates[bench.PLL]
        if clock == bench.LEAF:
            return self.rate(bench.MUX) // 2
        return self.rates[clock]

    def all_rates(self):
        return {clock: self.rate(clock) for clock in (*STARTS, bench.MUX, bench.LEAF)}

    def reset(self, agent):
        self.votes = {key: on for key, on in self.votes.items() if key[0] != agent}
        for clock, owner in list(self.rate_owner.items()):
            if owner == agent:
                self.rates[clock] = STARTS[clock]
                del self.rate_owner[clock]
        if self.parent_owner == agent:
            self.parent, self.parent_owner = bench.OSC, None
        if self.duty_owner == agent:
            self.duty, self.duty_owner = 50, None


class Combining(Case):
    def setUp(self):
        super().setUp()
        self.agents = {name: self.connect(name) for name in AGENTS}
        self.listener = self.connect("boss")
        self.model = Model()
        for clock in self.model.all_rates():
            self.expect(self.listener.clock(facts.CLOCK_RATE_NOTIFY, clock, 1), SUCCESS, "subscribe")

    # ---- what an agent may do: each changes the model and sends the command ----

    def vote(self, name, dice):
        clock, on = dice.choice(VOTED), dice.random() < 0.5
        rest = () if name == "old2" else (0,)
        self.expect(self.agents[name].clock(facts.CLOCK_CONFIG_SET, clock, int(on), *rest), SUCCESS, "a vote")
        self.model.votes[name, clock] = on

    def set_rate(self, name, dice):
        clock = dice.choice(list(STARTS))
        rate = {bench.DIV: dice.randrange(1000, 10001) * 1000, bench.PLL: dice.choice(bench.PLL_RATES),
                bench.MANY: dice.choice(bench.MANY_RATES)}[clock]
        self.expect(self.agents[name].set_rate(clock, rate), SUCCESS, "a rate that the clock describes")
        self.model.rates[clock] = rate
        self.model.rate_owner[clock] = name

    def set_wrong_rate(self, name, dice):
        clock = dice.choice(list(STARTS))
        self.expect(self.agents[name].set_rate(clock, dice.choice((0, 1, 999, 1 << 40))), INVALID_PARAMETERS,
                    "outside its rates")

    def set_parent(self, name, dice):
        if name == "old2":
            return
        parent = dice.choice((bench.OSC, bench.PLL))
        self.expect(self.agents[name].clock(facts.CLOCK_PARENT_SET, bench.MUX, parent), SUCCESS, "a possible parent")
        self.model.parent, self.model.parent_owner = parent, name

    def set_duty(self, name, dice):
        if name == "old2":
            return
        duty = dice.randrange(1, 100)
        self.expect(self.agents[name].clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 0x10003, duty), SUCCESS, "a duty")
        self.model.duty, self.model.duty_owner = duty, name

    def reset(self, name, _):
        if name == "boss":  # that would end the listener's subscriptions
            return
        self.expect(self.agents[name].base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0), SUCCESS, "itself")
        self.model.reset(name)

    def reconnect(self, name, _):
        """Requests belong to the agent, not to its connection."""
        self.agents[name].close()
        self.agents[name] = self.connect(name)

    # ---- after each step ----

    def check(self, name, before, done):
        after = self.model.all_rates()
        told = {(event.word(0), event.word(4), event.rate(8)) for event in self.listener.unasked}
        self.assertEqual(len(told), len(self.listener.unasked), "%s: told twice" % done)
        wanted = set()
        if name != "boss":
            wanted = {(bench.AGENT_ID[name], clock, rate) for clock, rate in after.items() if rate != before[clock]}
        self.assertEqual(told, wanted, "%s: notifications (agent, clock, rate)" % done)
        self.listener.unasked = []
        for clock, rate in after.items():
            self.assertEqual(self.listener.rate(clock), rate, "%s: rate of clock %d" % (done, clock))
        for clock in VOTED:
            self.assertEqual(self.listener.running(clock), self.model.running(clock),
                             "%s: clock %d, votes %s" % (done, clock, self.model.votes))
        duty = self.listener.clock(facts.CLOCK_CONFIG_GET, bench.TUNED, 1).word(12)
        self.assertEqual(duty, self.model.duty, "%s: duty cycle" % done)

    def play(self, seed):
        dice = random.Random(seed)
        moves = [self.vote] * 6 + [self.set_rate] * 5 + [self.set_parent] * 2 + [self.set_duty, self.set_wrong_rate,
                                                                                 self.reset, self.reconnect]
        for step in range(STEPS):
            name, move = dice.choice(AGENTS), dice.choice(moves)
            before = self.model.all_rates()
            move(name, dice)
            self.listener.barrier()
            self.check(name, before, "seed %d, step %d, %s by %s" % (seed, step, move.__name__, name))

    def test_sequences(self):
        self.play(1)

    def test_other_sequences(self):
        self.play(2)

    def test_with_restarts(self):
        """The same rules hold across restarts of the daemon."""
        dice = random.Random(3)
        for step in range(10):
            for _ in range(10):
                name, move = dice.choice(AGENTS), dice.choice((self.vote, self.set_rate, self.set_parent,
                                                               self.set_duty, self.reset))
                move(name, dice)
            self.listener.barrier()
            self.listener.unasked = []
            self.scmid.restart()
            self.agents = {name: self.connect(name) for name in AGENTS}
            self.listener = self.connect("boss")
            self.check("boss", self.model.all_rates(), "restart %d" % step)


if __name__ == "__main__":
    unittest.main()
