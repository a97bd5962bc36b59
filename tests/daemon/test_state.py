# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What agents asked for, across restarts."""
import os
import signal
import time
import unittest

from scmid import BASE, BOARD, CLOCK, DENIED, SUCCESS, Case

RESTARTS = (signal.SIGTERM, signal.SIGKILL)


class State(Case):
    def state(self, scmid, name="state"):
        with open(scmid.path(name), encoding="utf-8") as file:
            return file.read()

    def write_state(self, scmid, text):
        os.makedirs(scmid.run_dir, exist_ok=True)
        with open(scmid.path("state"), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def ask(self, scmid):
        """A request of each kind."""
        one, two = scmid.connect(), scmid.connect("two.sock")
        self.assertEqual(one.enable(5), SUCCESS)
        self.assertEqual(two.set_rate(2, 300000000), SUCCESS)
        self.assertEqual(two.command(CLOCK, 0xD, 3, 2)[0], SUCCESS)
        self.assertEqual(one.command(CLOCK, 0x7, 5, 1 << 16 | 3, 75)[0], SUCCESS)

    def check(self, scmid):
        one = scmid.connect()
        self.assertEqual(one.is_enabled(5), 1)
        self.assertEqual(one.rate(2), 300000000)
        self.assertEqual(one.parent(3), 2)
        self.assertEqual(one.rate(3), 300000000)
        self.assertEqual(one.command(CLOCK, 0xB, 5, 1)[1][2], 75)

    def test_holds_after_a_stop(self):
        scmid = self.scmid().start()
        self.ask(scmid)
        scmid.restart()
        self.check(scmid)
        scmid.restart()
        self.check(scmid)

    def test_holds_after_a_crash(self):
        """Written soon after the change, not only at the end."""
        scmid = self.scmid().start()
        self.ask(scmid)
        self.wait_for_state(scmid, " 75\n")
        scmid.restart(signal.SIGKILL)
        self.check(scmid)

    def wait_for_state(self, scmid, text):
        for _ in range(6000):
            if os.path.exists(scmid.path("state")) and text in self.state(scmid):
                return
            time.sleep(0.01)
        self.fail("the state was not saved")

    def test_the_vote_is_the_agents(self):
        """After the restart the vote can be withdrawn by who gave it, and by nobody else."""
        scmid = self.scmid().start()
        self.assertEqual(scmid.connect().enable(5), SUCCESS)
        scmid.restart()
        one, two = scmid.connect(), scmid.connect("two.sock")
        two.enable(5, 1)
        two.enable(5, 0)
        self.assertEqual(one.is_enabled(5), 1)
        one.enable(5, 0)
        self.assertEqual(one.is_enabled(5), 0)

    def test_denials(self):
        scmid = self.scmid().start()
        one = scmid.connect()
        self.assertEqual(one.command(BASE, 0x9, 2, 9, 0)[0], SUCCESS)
        scmid.restart()
        self.assertEqual(scmid.connect("two.sock").enable(5), DENIED)
        one = scmid.connect()
        self.assertEqual(one.enable(5), SUCCESS)
        self.assertEqual(one.command(BASE, 0x9, 2, 9, 1)[0], SUCCESS)
        scmid.restart()
        self.assertEqual(scmid.connect("two.sock").enable(5), SUCCESS)

    def test_denials_outlast_the_connection(self):
        """They are not the denied agent's to lose, even if its own requests are."""
        scmid = self.scmid().start()
        one, brief = scmid.connect(), scmid.connect("brief.sock")
        self.assertEqual(one.command(BASE, 0x9, 3, 9, 0)[0], SUCCESS)
        self.assertEqual(brief.enable(5), DENIED)
        scmid.restart()
        self.assertEqual(scmid.connect("brief.sock").enable(5), DENIED)

    def test_what_ends_with_the_connection_does_not_come_back(self):
        for number in RESTARTS:
            with self.subTest(number):
                scmid = self.scmid().start()
                brief, one = scmid.connect("brief.sock"), scmid.connect()
                self.assertEqual(brief.enable(5), SUCCESS)
                self.assertEqual(one.set_rate(2, 200000000), SUCCESS)
                if number == signal.SIGKILL:
                    self.wait_for_state(scmid, "200000000")
                scmid.restart(number)
                one = scmid.connect()
                self.assertEqual(one.rate(2), 200000000)
                self.assertEqual(one.is_enabled(5), 0)

    def test_on_disconnect_release(self):
        scmid = self.scmid().start()
        brief, one = scmid.connect("brief.sock"), scmid.connect()
        self.assertEqual(brief.enable(5), SUCCESS)
        self.assertEqual(one.is_enabled(5), 1)
        brief.close()
        while one.is_enabled(5):
            pass

    def test_the_file(self):
        """People read it when something is odd."""
        scmid = self.scmid().start()
        self.ask(scmid)
        self.assertEqual(scmid.stop(), 0)
        lines = self.state(scmid).splitlines()
        self.assertEqual(lines[0], "scmid state 1")
        self.assertEqual(lines[-1], "end 4")
        self.assertEqual(sorted(lines[1:-1]), [
            "one clock lamp config 1 75",
            "one clock lamp enable 0 1",
            "two clock bus parent 0 pll",
            "two clock pll rate 0 300000000",
        ])
        self.assertEqual(os.stat(scmid.path("state")).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(scmid.run_dir), ["state"])

    def test_parents_by_name(self):
        """The board was edited meanwhile: 'pll' is another index now."""
        scmid = self.scmid().start()
        self.ask(scmid)
        scmid.stop()
        scmid.write(BOARD.replace("parents: [osc, rtc, pll]", "parents: [pll, osc]"))
        scmid.start()
        one = scmid.connect()
        self.assertEqual(one.parent(3), 2)

    def test_what_no_longer_fits_is_dropped(self):
        scmid = self.scmid()
        self.write_state(scmid, "scmid state 1\n"
                         "one clock lamp enable 0 1\n"
                         "gone clock lamp enable 0 1\n"
                         "one clock gone enable 0 1\n"
                         "one clock pll rate 0 950000000\n"
                         "one clock bus parent 0 slow\n"
                         "one clock lamp config 2 3\n"
                         "one 0x77 thing what 0 1\n"
                         "one clock osc dance 0 1\n"
                         "two clock pll rate 0 400000000\n"
                         "end 9\n")
        scmid.start()
        log = scmid.log()
        self.assertEqual(log.count("scmid: dropped from the saved state: "), 7, log)
        self.assertIn("dropped from the saved state: agent gone, clock lamp, enable 1: the board no longer has it", log)
        self.assertIn("agent one, clock pll, rate 950000000: the board no longer allows it", log)
        self.assertIn("agent one, clock bus, parent slow: the board no longer has it", log)
        one = scmid.connect()
        self.assertEqual(one.is_enabled(5), 1)
        self.assertEqual(one.rate(2), 400000000)
        self.assertEqual(one.parent(3), 0)

    def test_damage(self):
        good = "scmid state 1\none clock lamp enable 0 1\n"
        for name, text in {
            "empty": "",
            "not ours": "hello\n",
            "newer": "scmid state 2\nend 0\n",
            "cut at a line": good,
            "cut in a line": good + "two clock pll ra",
            "too few lines": good + "end 2\n",
            "too many lines": good + "end 0\n",
            "behind the end": good + "end 1\nmore\n",
            "too few words": "scmid state 1\none clock lamp enable 0\nend 1\n",
            "too many words": "scmid state 1\none clock lamp enable 0 1 2\nend 1\n",
            "not a number": "scmid state 1\none clock lamp enable 0 x\nend 1\n",
            "too large a number": "scmid state 1\none clock lamp enable 4294967296 1\nend 1\n",
            "no such protocol": "scmid state 1\none cloak lamp enable 0 1\nend 1\n",
            "more behind a NUL": b"scmid state 1\nend 0\n\x00",
            "not text": b"scmid state 1\n\x00\x01\nend 0\n",
        }.items():
            with self.subTest(name):
                scmid = self.scmid()
                self.write_state(scmid, text)
                scmid.start()
                self.assertIn("scmid: the saved state is damaged (", scmid.log())
                self.assertIn("was moved to state.damaged; starting as the board says\n", scmid.log())
                with open(scmid.path("state.damaged"), "rb") as file:
                    self.assertEqual(file.read(), text if isinstance(text, bytes) else text.encode())
                self.assertEqual(scmid.connect().is_enabled(5), 0)

    def test_not_a_file(self):
        scmid = self.scmid()
        os.makedirs(scmid.path("state"))
        scmid.start()
        self.assertIn("it is not a file of the expected size) and was moved", scmid.log())
        self.assertTrue(scmid.connect().alive())

    def test_cannot_be_saved(self):
        """No reason to stop serving."""
        scmid = self.scmid().start()
        os.mkdir(scmid.path("state.new"))
        one = scmid.connect()
        self.assertEqual(one.enable(5), SUCCESS)
        scmid.wait_for("scmid: the state cannot be saved: Is a directory")
        self.assertTrue(one.alive())
        os.rmdir(scmid.path("state.new"))
        scmid.restart()
        self.assertEqual(scmid.connect().is_enabled(5), 1)

    def test_nothing_asked_nothing_kept(self):
        scmid = self.scmid().start()
        self.assertTrue(scmid.connect().alive())
        scmid.stop()
        self.assertEqual(os.listdir(scmid.run_dir), [])


if __name__ == "__main__":
    unittest.main()
