#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The example that follows platforms: what it says while scmids come and go."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from scmid import Scmid, board_with_endpoints  # noqa: E402

FOLLOW = os.environ["FOLLOW_PLATFORMS"]


class Follow(unittest.TestCase):
    def until(self, follow, *lines):
        """What is tried meanwhile, in vain, depends on who is faster; the end does not."""
        while follow.stdout.readline() not in lines:
            self.assertIsNone(follow.poll())

    def test_platforms_come_and_go(self):
        scmid = Scmid(board_with_endpoints("[{socket: one.sock}]"))
        # Neither the directory nor anything in it is there yet.
        follow = subprocess.Popen(
            [FOLLOW, "unix", scmid.run_dir, "3", "two.sock"], stdout=subprocess.PIPE, text=True
        )
        try:
            for _ in range(2):
                scmid.start()
                self.until(follow, "two.sock: ready, 6 clocks\n")
                scmid.stop()
                # Its end is seen before its socket is gone, or after.
                self.until(
                    follow,
                    "two.sock: waits for supplier '/two.sock'\n",
                    "two.sock: the platform closed the connection; it is tried again\n",
                )
            scmid.start()
            self.until(follow, "two.sock: ready, 6 clocks\n")
            self.assertEqual(follow.wait(60), 0)
        finally:
            follow.kill()
            follow.wait()
            follow.stdout.close()
            scmid.stop()


unittest.main()
