# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The daemon stops, starts again and is killed: what agents asked for holds, what belongs to connections goes."""

import os
import signal
import unittest

import bench
import facts
from case import Case
from scmi_client import CLOCK, DENIED, SUCCESS, Closed


class Persistence(Case):
    """scmid keeps what agents asked for across its restart."""

    def test_restart(self):
        agent, other, boss = self.connect(), self.connect("second"), self.connect("boss")
        agent.enable(bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        agent.set_rate(bench.SLOW, 4000000)
        agent.clock(facts.CLOCK_CONFIG_SET, bench.TUNED, 0x20003, 90)
        agent.clock(facts.CLOCK_PARENT_SET, bench.MUX, bench.PLL)
        other.enable(self.ids(other)["boot"], 0)
        boss.base(facts.BASE_SET_DEVICE_PERMISSIONS, bench.AGENT_ID["calm"], bench.AUDIO, 0)
        self.scmid.restart()
        agent, other, calm = self.connect(), self.connect("second"), self.connect("calm")
        self.assertTrue(agent.running(bench.DIV), "a vote survives")
        self.assertEqual(agent.rate(bench.DIV), 3000000, "a rate survives")
        self.assertEqual(agent.rate(bench.SLOW), 4000000, "a rate survives")
        self.assertEqual(agent.rate(bench.MUX), 200000000, "a parent survives")
        self.expect_word(agent.clock(facts.CLOCK_CONFIG_GET, bench.TUNED, 2), 12, 90, "a configuration survives")
        self.assertFalse(agent.running(bench.BOOT), "a clock switched off stays off")
        self.expect(calm.set_rate(bench.DIV, 2000000), DENIED, "a denial survives")
        self.expect(other.enable(self.ids(other)["div"], 0), SUCCESS, "off of an agent without a vote")
        self.assertTrue(agent.running(bench.DIV), "the vote came back as the agent's that gave it")
        agent.enable(bench.DIV, 0)
        self.assertFalse(agent.running(bench.DIV), "and it can take it back")

    def test_restart_with_a_pending_change(self):
        """An accepted, unfinished change is not a rate yet; the daemon stops cleanly and starts again."""
        agent = self.connect()
        self.expect(agent.set_rate(bench.STUCK, 3000000, 0x1), SUCCESS, "queued")
        self.scmid.restart()
        self.assertIn(self.connect().rate(bench.STUCK), (2000000, 3000000))

    def test_a_crash_loses_nothing_that_was_saved(self):
        """Killed, not stopped: requests are saved soon after they are made."""
        agent = self.connect()
        agent.enable(bench.DIV)
        agent.set_rate(bench.DIV, 3000000)
        saved = os.path.join(self.scmid.dir, "state")
        self.wait_until(lambda: os.path.exists(saved), "the requests are saved without a stop")
        self.scmid.restart(signal.SIGKILL)
        agent = self.connect()
        self.assertTrue(agent.running(bench.DIV), "a vote survives")
        self.assertEqual(agent.rate(bench.DIV), 3000000, "a rate survives")

    def test_negotiated_versions_do_not_survive(self):
        agent = self.connect()
        self.negotiate(agent, CLOCK, facts.V1_0)
        self.scmid.restart()
        self.expect_values(self.connect().clock(0x3, bench.DIV), 28, "a new connection speaks the newest version")


class Life(Case):
    def test_clean_stop_with_everything_going_on(self):
        agent, boss = self.connect(), self.connect("boss")
        boss.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1)
        agent.submit_rate(bench.STUCK, 3000000, 1)
        agent.submit_rate(bench.SLOW, 3000000)
        agent.barrier()
        self.scmid.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.scmid.process.wait(10), 0, self.scmid.log())
        with self.assertRaises(Closed):
            while agent.receive() is not None:
                pass
        self.scmid.process = None

    def test_sockets_are_gone_after_a_stop(self):
        agent = self.connect()
        path = agent.path
        self.scmid.end_process()
        self.assertFalse(os.path.exists(path), "the socket stayed behind")
        self.scmid.start()
        self.expect(self.connect().base(0x0), SUCCESS, "started again on the same directory")

    def test_killed_and_started_again(self):
        """The sockets of a dead daemon do not keep the next one from starting."""
        self.connect().set_rate(bench.DIV, 3000000)
        self.scmid.restart(signal.SIGKILL)
        self.expect(self.connect().base(0x0), SUCCESS, "started after a kill")


if __name__ == "__main__":
    unittest.main()
