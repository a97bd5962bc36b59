# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the test cases share: a fresh daemon for every test, and assertions that say what the facts ask."""

import time
import unittest

import facts
from scmi_client import PATIENCE_S, SUCCESS, Closed, Scmid, status_name


class Case(unittest.TestCase):
    """Each test has its own scmid, so that no test sees what another left behind. With shared = True
    (tests that change nothing) the class has one."""

    board = "bench.yaml"
    shared = False
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if cls.shared:
            cls.scmid = Scmid(cls.board)

    @classmethod
    def tearDownClass(cls):
        if cls.shared:
            cls.scmid.stop()

    def setUp(self):
        if not self.shared:
            self.scmid = Scmid(self.board)
            self.addCleanup(self.scmid.stop)

    def tearDown(self):
        for agent in self.scmid.agents if not self.shared else ():
            try:
                agent.barrier()
            except (OSError, Closed):
                continue  # closed by the test or with the daemon
            self.assertEqual(agent.late, [], "an answer that nobody waited for: %s" % [str(m) for m in agent.late])

    def connect(self, name="main"):
        return self.scmid.connect(name)

    def expect(self, answer, status, rule):
        """The answer has this status, because of this rule."""
        if answer.status != status:
            self.fail("%s\n  the facts ask %s: %s" % (answer, status_name(status), rule))
        return answer

    def expect_values(self, answer, size, rule):
        """SUCCESS and a payload of exactly this size (with the status)."""
        self.expect(answer, SUCCESS, rule)
        if answer.size != size:
            self.fail("%s\n  the payload has %d bytes, the facts ask %d: %s" % (answer, answer.size, size, rule))
        return answer

    def expect_word(self, answer, offset, value, rule):
        self.expect(answer, SUCCESS, rule)
        if answer.word(offset) != value:
            self.fail("%s\n  word at %d is 0x%x, the facts ask 0x%x: %s"
                      % (answer, offset, answer.word(offset), value, rule))

    def ids(self, agent):
        """{name: id} of the clocks that an agent sees."""
        found = {}
        for clock in range(64):
            answer = agent.clock(facts.CLOCK_ATTRIBUTES, clock)
            if answer.status == SUCCESS:
                found[answer.text(8, 16)] = clock
        return found

    def negotiate(self, agent, protocol, version):
        self.expect(agent.command(protocol, facts.NEGOTIATE_PROTOCOL_VERSION, version.to_bytes(4, "little")),
                    SUCCESS, "any version from 1.0 up to the one served can be negotiated")

    def wait_until(self, condition, what):
        """Ask again and again, but not for ever."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail("this never came true: %s" % what)
            time.sleep(0.002)

    def expect_silence(self, agent, rule):
        """Nothing came by itself to this connection."""
        events = agent.take_events()
        if events:
            self.fail("%s came\n  the facts ask for nothing: %s" % ([str(event) for event in events], rule))

    def same_bytes(self, one, other, rule):
        """Two answers that must be alike but for the token."""
        if one.raw[4:] != other.raw[4:]:
            self.fail("%s\n  and\n%s\n  differ: %s" % (one, other, rule))
