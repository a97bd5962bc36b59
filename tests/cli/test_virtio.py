# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What only a virtio device has: one front end, and sockets of another kind."""
import os
import signal
import socket
import subprocess
import unittest

from case import PATIENCE_S, SCMI, UNREACHABLE, USAGE, PlatformCase, environment, scmi


class Virtio(PlatformCase):
    def device(self, agent="tester"):
        return "virtio:%s/%s.vhost" % (self.dir, agent)

    def watcher(self, agent):
        """A scmi that stays connected to that agent's device."""
        child = subprocess.Popen([SCMI, "--at", self.device(agent), "watch"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait, PATIENCE_S)
        self.addCleanup(child.kill)
        self.assertTrue(child.stderr.readline().startswith("scmi: watching"))
        return child

    def test_one_front_end_at_a_time(self):
        child = self.watcher("manager")
        self.fails(UNREACHABLE, "it may be in use by another machine",
                   scmi("info", at=self.device("manager")))
        self.assertIsNone(child.poll())
        # Another agent's device, and this agent's socket, have nothing to do with it.
        self.expect(0, scmi("info", at=self.device()))
        self.expect(0, scmi("info", at="unix:%s/manager.sock" % self.dir))
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE_S)
        self.expect(0, scmi("info", at=self.device("manager")))

    def test_one_after_the_other(self):
        for _ in range(50):
            self.expect(0, scmi("clock", "get", "pll", at=self.device()))

    def test_the_wrong_socket(self):
        self.fails(UNREACHABLE, "tester.sock is no vhost-user socket; unix:%s/tester.sock may work" % self.dir,
                   scmi("info", at="virtio:%s/tester.sock" % self.dir))
        self.fails(UNREACHABLE, "another kind of socket",
                   scmi("info", at="unix:%s/tester.vhost" % self.dir))
        self.fails(UNREACHABLE, "there is no socket", scmi("info", at="virtio:%s/none" % self.dir))

    def test_a_listener_that_says_nothing(self):
        path = os.path.join(self.dir, "silent")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(path)
            listener.listen(1)
            self.fails(UNREACHABLE, "does not answer",
                       scmi("--timeout", "50", "info", at="virtio:" + path))

    def test_settings(self):
        self.expect(0, scmi("clock", "list", at=self.device() + "?messages-max=1&message-size-max=128"))
        self.expect(0, scmi("clock", "list", at=self.device() + "?messages-max=512"))
        outcome = scmi("clock", "list", at=self.device() + "?messages-max=1024")
        self.assertIn(outcome.code, (USAGE, UNREACHABLE))
        self.assertIn("at most 512 messages", outcome.err)

    def test_measuring(self):
        outcome = self.expect(0, scmi("--json", "bench", "--count", "200", at=self.device()))
        self.assertEqual(outcome.json()["count"], 200)


if __name__ == "__main__":
    unittest.main()
