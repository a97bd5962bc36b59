# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Board files that are wrong: each says in its first line what scmid must say first about it."""
import os
import tempfile
import unittest

from scmid import BOARD, Case

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bad")
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
MARK = "# expect: "


class BadFiles(Case):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="scmid-")
        self.addCleanup(self.dir.cleanup)
        # As long as the default, for the messages that tell what a path would be.
        self.run_dir = "/run/scmid"

    def check(self, path, expected):
        done = self.run_scmid("--check", "--run-dir", self.run_dir, path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.splitlines()[0], "%s:%s" % (path, expected))
        self.assertEqual(done.stdout, "")

    def write(self, data):
        path = os.path.join(self.dir.name, "board.yaml")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_corpus(self):
        names = sorted(os.listdir(CORPUS))
        self.assertGreater(len(names), 100)
        for name in names:
            path = os.path.join(CORPUS, name)
            with self.subTest(name):
                with open(path, encoding="utf-8") as file:
                    first = file.readline().rstrip("\n")
                self.assertTrue(first.startswith(MARK), "the file does not say what is expected")
                self.check(path, first[len(MARK):])

    def test_all_in_one_run(self):
        board = BOARD.replace("24 MHz", "24 Mhz").replace("[osc, rtc, pll]", "[osc, rct, pll]")
        done = self.run_scmid("--check", self.write(board.encode()))
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(":4:22: unknown unit in '24 Mhz'", lines[0])
        self.assertIn(":7:31: there is no clock 'rct'; did you mean 'rtc'?", lines[1])

    def test_at_most_twenty(self):
        rates = ", ".join(["x"] * 50)
        board = BOARD.replace("rates: [1 MHz, 2 MHz]", "rates: [%s]" % rates)
        lines = self.run_scmid("--check", self.write(board.encode())).stderr.splitlines()
        self.assertEqual(len(lines), 21)
        self.assertTrue(lines[-1].endswith(": and 30 more"), lines[-1])

    def test_no_file(self):
        path = os.path.join(self.dir.name, "absent.yaml")
        done = self.run_scmid(path)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, path + ": cannot be read: No such file or directory\n")

    def test_directory(self):
        done = self.run_scmid(self.dir.name)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, self.dir.name + ": cannot be read: Is a directory\n")

    def test_not_text(self):
        self.check(
            self.write(b"platform: \xff\xfe\n"),
            "1:1: this is not text: invalid leading UTF-8 octet, at byte 10; a board is written in UTF-8",
        )

    def test_too_large(self):
        self.check(self.write(b"#" * (4 << 20) + b"\n"),
                   "1:1: the file is too large; at most 4 MiB are allowed")

    def test_every_cut_of_an_example_is_told_or_fine(self):
        with open(os.path.join(EXAMPLES, "everything.yaml"), "rb") as file:
            whole = file.read()
        for size in range(0, len(whole), 97):
            path = self.write(whole[:size])
            done = self.run_scmid("--check", path)
            self.assertIn(done.returncode, (0, 2), done.stderr)
            if done.returncode:
                self.assertRegex(done.stderr, r"\A(.*:\d+:\d+: .+\n)+")

    def test_nothing_is_started(self):
        """A wrong file leaves no trace, not even a run directory."""
        run_dir = os.path.join(self.dir.name, "run")
        done = self.run_scmid("--run-dir", run_dir, self.write(b"platform: {}\n"))
        self.assertEqual(done.returncode, 2)
        self.assertFalse(os.path.exists(run_dir))

    def test_examples_are_fine(self):
        for name in sorted(os.listdir(EXAMPLES)):
            if name.endswith(".yaml"):
                with self.subTest(name):
                    done = self.run_scmid("--check", os.path.join(EXAMPLES, name))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertRegex(done.stdout, ": fine: clocks [1-9]")


if __name__ == "__main__":
    unittest.main()
