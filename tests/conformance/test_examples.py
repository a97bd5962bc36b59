# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every example board and every agent on it: what is announced is what is served."""

import functools
import glob
import os
import unittest

import facts
from case import Case
from scmi_client import (BASE, CLOCK, DENIED, EXAMPLES, NOT_FOUND, NOT_SUPPORTED, OUT_OF_RANGE, SUCCESS,
                         Closed, Scmid)

IDS = range(128)


def boards():
    return sorted(glob.glob(os.path.join(os.path.abspath(EXAMPLES), "*.yaml")))


def on_every_agent(test):
    """The test runs with a new connection for each socket of each board."""
    @functools.wraps(test)
    def each(self):
        self.assertTrue(self.daemons, "no example boards in %s" % EXAMPLES)
        for board, daemon in self.daemons.items():
            sockets = sorted(name for name in os.listdir(daemon.dir) if name.endswith(".sock"))
            self.assertTrue(sockets, "%s has no socket" % board)
            for name in sockets:
                with self.subTest(board=board, socket=name), daemon.connect(name[:-5]) as agent:
                    if self.admitted(agent, name):
                        test(self, agent)
    return each


class Examples(Case):
    """One test for each subject; each goes through all boards and all their sockets."""

    shared = True

    @classmethod
    def setUpClass(cls):
        cls.daemons = {}
        for path in boards():
            daemon = cls.daemons[os.path.basename(path)] = Scmid(path)
            cls.addClassCleanup(daemon.stop)

    @classmethod
    def tearDownClass(cls):
        """The daemons stop by themselves, also when one of them did not start."""

    @staticmethod
    def admitted(agent, name):
        """Sockets with an allow list turn away whoever is not on it."""
        try:
            agent.barrier()
        except (Closed, ConnectionError):
            if name.startswith("guarded") and os.getuid():
                return False
            raise
        return True

    def clocks(self, agent):
        """{id: attributes} of the clocks that an agent sees, if its space is large enough to look."""
        if agent.clock(0x0).status == NOT_SUPPORTED:
            return {}
        found = {}
        for clock in IDS:
            answer = agent.clock(0x3, clock)
            if answer.status == SUCCESS:
                found[clock] = answer
        return found

    @on_every_agent
    def test_identity(self, agent):
        for message in (0x3, 0x4):
            answer = agent.base(message)
            if answer.status == SUCCESS:
                self.assertGreater(len(answer.text(4, 16)), 0)
        self.assertIn(agent.base(0x0).word(4), facts.VERSIONS[BASE])

    @on_every_agent
    def test_protocols(self, agent):
        count = agent.base(0x1).word(4) & 0xFF
        served = [protocol for protocol in range(256)
                  if protocol != BASE and agent.command(protocol, 0x0).status == SUCCESS]
        self.assertEqual(count, len(served), "num_protocols and the protocols that answer")

    @on_every_agent
    def test_message_attributes_tell_the_truth(self, agent):
        """A message that PROTOCOL_MESSAGE_ATTRIBUTES knows is not NOT_FOUND for its id, and the other way round."""
        for protocol in (BASE, CLOCK):
            if agent.command(protocol, 0x0).status != SUCCESS:
                continue
            version = agent.command(protocol, 0x0).word(4)
            for message in range(256):
                known = agent.command(protocol, 0x2, message.to_bytes(4, "little")).status
                asked = agent.command(protocol, message, bytes(61)).status
                if known == SUCCESS:
                    self.assertEqual(asked, -10, "known, so 61 bytes are the wrong size: 0x%x" % message)
                elif message not in facts.messages(protocol, version):
                    self.assertEqual((known, asked), (NOT_FOUND, NOT_FOUND), "message 0x%x" % message)

    @on_every_agent
    def test_clock_count(self, agent):
        clocks = self.clocks(agent)
        if clocks:
            count = agent.clock(0x1).word(4) & 0xFFFF
            self.assertGreaterEqual(count, len(clocks), "num_clocks and the clocks that answer")

    @on_every_agent
    def test_attributes_are_consistent(self, agent):
        for clock, answer in self.clocks(agent).items():
            version = agent.clock(0x0).word(4)
            bits = answer.word(4)
            self.assertEqual(answer.size, 24 if version == facts.V1_0 else 28, str(answer))
            reserved = {facts.V1_0: 0xFFFFFFFE, facts.V2_0: 0x1FFFFFFE, facts.V3_0: 0x07FFFFFC}[version]
            self.assertEqual(bits & reserved, 0, "reserved bits of version 0x%x: %s" % (version, answer))
            self.assertGreater(len(answer.text(8, 16)), 0)
            if version >= facts.V2_0:
                self.check_version_2(agent, clock, answer)
            if version >= facts.V3_0:
                self.check_version_3(agent, clock, bits)

    def check_version_2(self, agent, clock, attributes):
        bits = attributes.word(4)
        name = agent.clock(facts.CLOCK_NAME_GET, clock)
        if bits >> 29 & 1:
            if name.status == SUCCESS:
                self.assertEqual(name.text(8, 64)[:15], attributes.text(8, 16), "the short name is a prefix")
                self.assertGreater(len(name.text(8, 64)), 15, "bit 29: longer than 15")
            else:
                self.expect(name, -7, "bit 29 of clock %d, if the space is small" % clock)
        else:
            self.expect(name, NOT_SUPPORTED, "bit 29 of clock %d is clear" % clock)
        for bit, message in ((31, facts.CLOCK_RATE_NOTIFY), (30, facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY)):
            self.expect(agent.clock(message, clock, 0), SUCCESS if bits >> bit & 1 else NOT_SUPPORTED,
                        "bit %d of clock %d" % (bit, clock))

    def check_version_3(self, agent, clock, bits):
        config = self.expect(agent.clock(facts.CLOCK_CONFIG_GET, clock, 0), SUCCESS, "CLOCK_CONFIG_GET")
        self.assertEqual((config.word(4), config.word(8)), (0, bits & 1), "the state, twice: %s" % config)
        types = [kind for kind in (*range(1, 8), 0x7F, *range(0x80, 0x90), 0xFE, 0xFF)
                 if agent.clock(facts.CLOCK_CONFIG_GET, clock, kind).status == SUCCESS]
        self.assertEqual(bool(types), bool(bits >> 27 & 1), "bit 27 of clock %d and its types %s" % (clock, types))
        permissions = self.expect(agent.clock(facts.CLOCK_GET_PERMISSIONS, clock), SUCCESS, "permissions").word(4)
        self.assertEqual(permissions & 0x1FFFFFFF, 0)
        self.assertEqual(bool(bits >> 1 & 1), permissions != 0xE0000000, "bit 1 of clock %d, 0x%x"
                         % (clock, permissions))
        parents = agent.clock(facts.CLOCK_POSSIBLE_PARENTS_GET, clock, 0)
        if bits >> 28 & 1:
            self.assertIn(parents.status, (SUCCESS, DENIED, -7), "bit 28 of clock %d: %s" % (clock, parents))
        else:
            self.expect(parents, NOT_SUPPORTED, "bit 28 of clock %d is clear" % clock)
            self.expect(agent.clock(facts.CLOCK_PARENT_GET, clock), NOT_SUPPORTED, "bit 28 is clear")
        if parents.status == SUCCESS:
            listed = {parents.word(8 + 4 * n) for n in range(parents.word(4) & 0xFF)}
            self.assertTrue(listed, "parents are advertised")
            present = agent.clock(facts.CLOCK_PARENT_GET, clock)
            if present.status == SUCCESS and parents.word(4) >> 24 == 0:
                self.assertIn(present.word(4), listed, "the present parent is a possible one: %s" % present)
            for parent in listed:
                self.expect(agent.clock(0x3, parent), SUCCESS, "a listed parent is in the view")

    def describe(self, agent, clock):
        """(rates, is a triplet)"""
        rates = []
        while True:
            answer = self.expect(agent.clock(0x4, clock, len(rates)), SUCCESS, "CLOCK_DESCRIBE_RATES")
            flags = answer.word(4)
            returned, remaining = flags & 0xFFF, flags >> 16
            self.assertEqual(flags & 0xE000, 0, str(answer))
            self.assertEqual(answer.size, 8 + 8 * returned, str(answer))
            rates += [answer.rate(8 + 8 * n) for n in range(returned)]
            if flags >> 12 & 1:
                self.assertEqual((returned, remaining, len(rates)), (3, 0, 3), str(answer))
                return rates, True
            if not remaining:
                self.expect(agent.clock(0x4, clock, len(rates)), OUT_OF_RANGE, "index equal to the count")
                return rates, False
            self.assertGreater(returned, 0, str(answer))

    @on_every_agent
    def test_rates(self, agent):
        for clock in self.clocks(agent):
            if agent.clock(0x4, clock, 0).status == -7:
                continue  # a small space, and a triplet
            rates, triplet = self.describe(agent, clock)
            rate = agent.rate(clock)
            if triplet:
                low, high, step = rates
                self.assertTrue(0 < step and low <= rate <= high and (rate - low) % step == 0,
                                "clock %d at %d Hz in %s" % (clock, rate, rates))
            else:
                self.assertEqual(rates, sorted(set(rates)), "ascending")
                self.assertIn(rate, rates, "clock %d" % clock)

    @on_every_agent
    def test_permissions_are_what_is_enforced(self, agent):
        """A clock's permissions and what its set messages say. Nothing is changed: values are those it has."""
        if not self.clocks(agent) or agent.clock(0x0).word(4) < facts.V3_0:
            return
        for clock in self.clocks(agent):
            permissions = agent.clock(facts.CLOCK_GET_PERMISSIONS, clock).word(4)
            answer = agent.set_rate(clock, 0)
            self.assertEqual(answer.status == DENIED, not permissions >> 29 & 1, "rate of %d: %s" % (clock, answer))
            answer = agent.clock(facts.CLOCK_CONFIG_SET, clock, 2, 0)
            self.assertEqual(answer.status == DENIED, not permissions >> 31 & 1, "state of %d: %s"
                             % (clock, answer))

    @on_every_agent
    def test_votes_everywhere(self, agent):
        """Every clock of every agent can be switched on, and off again, where that is allowed."""
        for clock in self.clocks(agent):
            words_after = (0,) if agent.clock(0x0).word(4) >= facts.V3_0 else ()
            answer = agent.clock(facts.CLOCK_CONFIG_SET, clock, 1, *words_after)
            if answer.status == DENIED:
                continue
            self.expect(answer, SUCCESS, "clock %d on" % clock)
            self.assertTrue(agent.running(clock), "clock %d was switched on" % clock)
            self.expect(agent.clock(facts.CLOCK_CONFIG_SET, clock, 0, *words_after), SUCCESS, "clock %d off" % clock)

    @on_every_agent
    def test_asynchronous_everywhere(self, agent):
        """Each clock is set to the rate it has, asynchronously: a delayed response with both, or its fault."""
        for clock in self.clocks(agent):
            rate = agent.rate(clock)
            answer = agent.set_rate(clock, rate, 1)
            if answer.status in (DENIED, NOT_SUPPORTED):
                continue
            self.expect(answer, SUCCESS, "clock %d to its own rate" % clock)
            event = agent.delayed(answer.token)
            if event.status != SUCCESS:
                self.assertEqual((event.size, agent.rate(clock)), (4, rate), "a fault is its status alone: %s" % event)
                continue
            self.assertEqual((event.status, event.word(4), event.rate(8)), (SUCCESS, clock, rate), str(event))

    @on_every_agent
    def test_hidden_is_absent(self, agent):
        seen = self.clocks(agent)
        if not seen:
            return
        for message, rest in facts.CLOCK_MESSAGES_OF_A_CLOCK.items():
            if message == facts.CLOCK_CONFIG_SET and agent.clock(0x0).word(4) < facts.V3_0:
                rest = rest[:1]
            reference = agent.clock(message, *facts.clock_fields(message, 0xFFFF0000, rest))
            for clock in range(max(seen) + 3):
                if clock not in seen:
                    self.same_bytes(reference, agent.clock(message, *facts.clock_fields(message, clock, rest)),
                                    "clock %d" % clock)


if __name__ == "__main__":
    unittest.main()
