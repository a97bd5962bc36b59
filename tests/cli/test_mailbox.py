# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What only a mailbox has: channels of single protocols, none for notifications, answers to be looked for."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

from case import OK, PATIENCE_S, REFUSED, SCMI, UNREACHABLE, PlatformCase, environment, scmi

BOARD = """
platform: {vendor: ACME}
clocks:
  pll: {id: 0, range: {min: 100 MHz, max: 900 MHz, step: 100 MHz}}
  slow: {id: 1, rates: [1 MHz, 2 MHz], set_latency: 30 ms}
agents:
  usual: {clocks: all, endpoints: [{mailbox: usual.mbox}]}
  own: {clocks: all, endpoints: [{mailbox: own.mbox, own_channels: [clock, base]}]}
  polling: {clocks: all, endpoints: [{mailbox: polling.mbox, completion_interrupt: no}]}
  deaf: {clocks: all, endpoints: [{mailbox: deaf.mbox, p2a: no}]}
  least: {clocks: all, endpoints: [{mailbox: least.mbox, p2a: no, completion_interrupt: no, message_size_max: 40}]}
  large: {clocks: all, endpoints: [{mailbox: large.mbox, message_size_max: 65512}]}
  unheard: {clocks: all, endpoints: [{mailbox: unheard.mbox, p2a: unacknowledged}]}
  setter: {clocks: all, endpoints: [{socket: setter.sock}, {virtio: setter.vhost}]}
"""
ALL = ("usual", "own", "polling", "deaf", "least", "large", "unheard")
WITH_EVENTS = ("usual", "own", "polling", "large", "unheard")
SETTINGS = ("", "?no-completion-irq=1", "?polling-us=0", "?no-completion-irq=1&polling-us=0")


class Served(PlatformCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
            file.write(BOARD)
        cls.addClassCleanup(os.unlink, file.name)
        cls.board = file.name
        super().setUpClass()

    def setUp(self):
        self.expect(OK, self.set("pll", "100MHz"))

    def at(self, agent):
        return "mailbox:%s/%s.mbox" % (self.dir, agent)

    def set(self, *words):
        return scmi("clock", "set", *words, at="unix:%s/setter.sock" % self.dir)

    def watcher(self, at, *words):
        child = subprocess.Popen([SCMI, "--at", at, "--json", "watch", *words], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait, PATIENCE_S)
        self.addCleanup(child.kill)
        self.assertTrue((said := child.stderr.readline()).startswith("scmi: watching"), said)
        return child


class Mailbox(Served):
    def test_looking_and_setting(self):
        for agent in ALL:
            for settings in SETTINGS:
                with self.subTest(agent + settings):
                    at = self.at(agent) + settings
                    listed = self.expect(OK, scmi("--json", "clock", "list", at=at)).json()["clocks"]
                    self.assertEqual([clock["name"] for clock in listed], ["pll", "slow"])
                    self.expect(OK, scmi("clock", "set", "pll", "700MHz", at=at))
                    self.expect(OK, self.set("pll", "100MHz"))

    def test_events(self):
        for agent in WITH_EVENTS:
            for settings in SETTINGS:
                with self.subTest(agent + settings):
                    child = self.watcher(self.at(agent) + settings, "--clock", "pll", "--count", "2")
                    self.expect(OK, self.set("pll", "300MHz"))
                    out, err = child.communicate(timeout=PATIENCE_S)
                    self.assertEqual(child.returncode, 0, err)
                    events = [json.loads(line) for line in out.splitlines()]
                    self.assertEqual([event["rate_hz"] for event in events], [300000000] * 2)
                    self.expect(OK, scmi("clock", "set", "slow", "2MHz", "--async", at=self.at(agent) + settings))
                    self.expect(OK, self.set("slow", "1MHz"))
                    self.expect(OK, self.set("pll", "100MHz"))

    def test_no_way_for_events(self):
        for agent in ("deaf", "least"):
            with self.subTest(agent):
                self.expect(REFUSED, scmi("clock", "set", "slow", "2MHz", "--async", at=self.at(agent)))
                self.expect(REFUSED, scmi("watch", "--clock", "pll", "--count", "1", at=self.at(agent)))

    def test_one_agent_at_a_time(self):
        child = self.watcher(self.at("usual"))
        self.fails(UNREACHABLE, "usual.mbox is in use: it serves one agent at a time", scmi("info", at=self.at("usual")))
        self.assertIsNone(child.poll())
        self.expect(OK, scmi("info", at=self.at("own")))
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE_S)
        for _ in range(50):
            self.expect(OK, scmi("clock", "get", "pll", at=self.at("usual")))

    def test_the_wrong_socket(self):
        self.fails(UNREACHABLE, "setter.sock hands out no mailbox",
                   scmi("--timeout", "50", "info", at="mailbox:%s/setter.sock" % self.dir))
        self.fails(UNREACHABLE, "another kind of socket", scmi("info", at="mailbox:%s/setter.vhost" % self.dir))
        self.fails(UNREACHABLE, "there is no socket", scmi("info", at="mailbox:%s/none" % self.dir))
        self.expect(UNREACHABLE, scmi("info", at="unix:%s/usual.mbox" % self.dir))
        self.expect(OK, scmi("info", at=self.at("usual")))

    def test_measuring(self):
        for agent in ("usual", "polling"):
            told = self.expect(OK, scmi("--json", "bench", "--count", "200", at=self.at(agent))).json()
            self.assertEqual(told["count"], 200)
            if os.cpu_count() > 1:
                self.assertIn("polling_floor", told)


class Killed(Served):
    """Its own scmid, for it does not live."""

    def test_killed(self):
        child = self.watcher(self.at("usual"))
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(PATIENCE_S)
        child.communicate(timeout=PATIENCE_S)
        self.assertEqual(child.returncode, UNREACHABLE)
        self.fails(UNREACHABLE, "no scmid is listening", scmi("info", at=self.at("usual")))

    @classmethod
    def stop(cls):
        cls.daemon.stderr.close()


if __name__ == "__main__":
    unittest.main()
