# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Transports in files: programs that lack some find them, and say why where they do not."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BOARD = os.path.join(HERE, "..", "cli", "board.yaml")
# scmi and scmid with all transports built in, and with neither socket nor virtio.
SCMI, SCMI_FEW = os.environ["SCMI"], os.environ["SCMI_FEW"]
SCMID, SCMID_FEW = os.environ["SCMID"], os.environ["SCMID_FEW"]
FILES = os.environ["SCMI_TRANSPORT_FILES"].split(":")
PATIENCE_S = 60


def environment(path):
    kept = {k: v for k, v in os.environ.items() if k not in ("SCMI_AT", "SCMI_TRANSPORT_PATH")}
    if path:
        kept["SCMI_TRANSPORT_PATH"] = path
    return kept


def run(program, *words, path=None):
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=PATIENCE_S, env=environment(path))


class Files(unittest.TestCase):
    def setUp(self):
        # Where nobody else can write: that is what the loader wants, and build directories may not be so.
        self.dir = tempfile.mkdtemp(prefix="scmi-files-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.files = os.path.join(self.dir, "transports")
        os.mkdir(self.files, 0o755)
        for file in FILES:
            shutil.copy(file, self.files)
            os.chmod(os.path.join(self.files, os.path.basename(file)), 0o755)

    def serve(self, scmid, path):
        """A scmid; its run directory."""
        where = tempfile.mkdtemp(dir=self.dir)
        daemon = subprocess.Popen([scmid, "--run-dir", where, BOARD], stderr=subprocess.PIPE, text=True,
                                  env=environment(path))
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait, PATIENCE_S)
        self.addCleanup(daemon.terminate)
        said = ""
        for line in daemon.stderr:
            said += line
            if line == "scmid: ready\n":
                return where
        self.fail(said)

    def rate(self, scmi, at, path):
        done = run(scmi, "--at", at, "clock", "get", "pll", "--json", path=path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)["rate_hz"]

    def test_both_ends_over_real_sockets(self):
        there = self.serve(SCMID, None)
        here = self.serve(SCMID_FEW, self.files)
        expected = self.rate(SCMI, "unix:%s/tester.sock" % there, None)
        for uri in ("unix:%s/tester.sock", "virtio:%s/tester.vhost", "mailbox:%s/tester.mbox"):
            for scmi, path in ((SCMI, None), (SCMI_FEW, self.files)):
                for where in (there, here):
                    self.assertEqual(self.rate(scmi, uri % where, path), expected)

    def test_which_are_files(self):
        done = run(SCMI_FEW, "transports", "--json", path=self.files)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        from_files = {t["name"]: t for t in told["transports"] if not t["built_in"]}
        self.assertEqual(set(from_files), {"socket", "virtio", "mailbox"})
        self.assertEqual(from_files["virtio"]["path"], self.files + "/scmi-transport-virtio.so")
        self.assertEqual(from_files["virtio"]["compatible"], ["arm,scmi-virtio"])
        self.assertEqual(from_files["mailbox"]["compatible"], ["arm,scmi"])
        self.assertEqual({name: t["settings"] for name, t in from_files.items()}, {
            "socket": ["messages-max", "message-size-max"],
            "virtio": ["messages-max", "message-size-max", "polling-us"],
            "mailbox": ["messages-max", "message-size-max", "polling-us", "no-completion-irq"]})
        self.assertEqual((from_files["socket"]["scheme"], from_files["socket"]["messages_max"]), ("unix", 32))
        self.assertEqual({t["name"] for t in told["transports"] if t["built_in"]}, {"loop", "pipe", "dev"})
        self.assertEqual({n["name"]: n["refused"] for n in told["not_used"]},
                         {"loop": False, "pipe": False, "dev": False})
        text = run(SCMI_FEW, "transports", path=self.files).stdout
        self.assertIn("scmi-transport-virtio.so", text)
        self.assertIn("built in", text)
        self.assertNotIn("NOT USED", text)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a program another's rights")
    def test_program_with_more_rights_than_who_starts_it(self):
        """It does not look where its environment says: what it loads may do what it may."""
        program = os.path.join(self.dir, "scmi")
        shutil.copy(SCMI_FEW, program)
        os.chmod(self.dir, 0o711)
        os.chown(program, 65534, 65534)
        if os.statvfs(self.dir).f_flag & os.ST_NOSUID:
            self.skipTest("no program has other rights where temporary files are")
        for mode, found in ((0o755, {"socket", "virtio", "mailbox"}), (0o4755, set()), (0o2755, set())):
            os.chmod(program, mode)
            # No exit code: a leak checker, where there is one, cannot look at it and says so at the end.
            done = run(program, "transports", "--json", path=self.files)
            told = json.loads(done.stdout)
            self.assertEqual({t["name"] for t in told["transports"] if not t["built_in"]}, found, oct(mode))
            self.assertFalse([n for n in told["not_used"] if n["path"].startswith(self.files) and not found])

    def test_not_there(self):
        done = run(SCMI_FEW, "--at", "virtio:/x", "info", path=self.dir)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no transport has the scheme 'virtio': built in are loop, pipe and dev, no file in %s:"
                      % self.dir, done.stderr)
        # The daemon says it, too, and ends.
        done = run(SCMID_FEW, "--run-dir", os.path.join(self.dir, "run"), BOARD, path=self.dir)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no transport has the scheme", done.stderr)

    def test_refused(self):
        os.chmod(self.files + "/scmi-transport-virtio.so", 0o777)
        done = run(SCMI_FEW, "--at", "virtio:/x", "info", path=self.files)
        self.assertEqual(done.returncode, 3)
        for part in (self.files + "/scmi-transport-virtio.so", "can be written by everybody (mode 0777)"):
            self.assertIn(part, done.stderr)
        self.assertIn("NOT USED", run(SCMI_FEW, "transports", path=self.files).stdout)
        # The other one is as good as before.
        done = run(SCMI_FEW, "--at", "unix:/nonexistent/x", "info", path=self.files)
        self.assertIn("there is no socket", done.stderr)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
