#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi over virtio, and a scmid that goes and comes back under it."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from scmid import Case  # pylint: disable=wrong-import-position
from test_backend import VIRTIO_BOARD  # pylint: disable=wrong-import-position
from test_inflight import ENDLESS_BOARD  # pylint: disable=wrong-import-position

SCMI = os.environ.get("SCMI", "scmi")
PATIENCE_S = 60
PATIENT = "?response-timeout-ms=60000"


class Again(Case):
    def setUp(self):
        self.daemon = self.scmid(ENDLESS_BOARD, "--trace").start()
        self.at = "virtio:" + self.daemon.path("two.vhost")

    def scmi(self, *arguments, at=PATIENT):
        process = subprocess.Popen([SCMI, "--at", self.at + at, *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def ends(self, process):
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertNotIn("Sanitizer", err)
        self.assertNotIn("runtime error", err)
        return process.returncode, out, err

    def goes(self, number):
        self.daemon.kill(number)
        self.daemon.wait()
        self.daemon.close_connections()

    def comes_back(self):
        self.daemon.write(VIRTIO_BOARD)
        self.daemon.start()

    def under_way(self, number):
        """A command that was taken gets its answer from the next one."""
        setting = self.scmi("clock", "set", "slow", "2MHz")
        self.daemon.wait_for("CLOCK_RATE_SET")
        self.goes(number)
        self.comes_back()
        self.assertEqual(self.ends(setting)[0], 0)
        self.assertEqual(self.daemon.connect().rate(4), 2000000)
        self.assertEqual(self.daemon.log().count("<- clock CLOCK_RATE_SET"), 1)

    def test_killed_with_a_command_under_way(self):
        self.under_way(signal.SIGKILL)

    def test_stopped_with_a_command_under_way(self):
        self.under_way(signal.SIGTERM)

    def test_killed_more_than_once(self):
        setting = self.scmi("clock", "set", "slow", "2MHz")
        for _ in range(3):
            self.daemon.wait_for("CLOCK_RATE_SET")
            self.goes(signal.SIGKILL)
            self.daemon.start()
        self.daemon.wait_for("CLOCK_RATE_SET")
        self.goes(signal.SIGKILL)
        self.comes_back()
        self.assertEqual(self.ends(setting)[0], 0)

    def test_bench_goes_on(self):
        """All that it sends is answered, though scmid is killed under it again and again."""
        bench = self.scmi("bench", "--count", "5000", "--json")
        for _ in range(3):
            while "CLOCK_RATE_GET" not in self.daemon.log() and bench.poll() is None:
                time.sleep(0.002)
            self.goes(signal.SIGKILL)
            self.daemon.start()
        status, out, err = self.ends(bench)
        self.assertEqual(status, 0, err)
        self.assertTrue(json.loads(out))

    def test_it_does_not_come_back(self):
        setting = self.scmi("clock", "set", "slow", "2MHz")
        self.daemon.wait_for("CLOCK_RATE_SET")
        self.goes(signal.SIGKILL)
        status, _, err = self.ends(setting)
        self.assertNotEqual(status, 0)
        self.assertIn("the platform is gone", err)


if __name__ == "__main__":
    unittest.main()
