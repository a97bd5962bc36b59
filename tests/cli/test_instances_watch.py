# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi --tree FILE instances --suppliers T:DIR --watch: what is said as sockets come and go, and how it ends."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from case import HERE, OK, PATIENCE_S, SCMI, SCMID, USAGE, Case, environment, scmi

TREE = """/dts-v1/; / { #address-cells = <1>; #size-cells = <1>;
    t: tester.vhost { compatible = "virtio,mmio"; };
    soc { m: manager.vhost { compatible = "virtio,mmio"; }; };
    firmware {
        scmi-a { compatible = "arm,scmi-virtio"; libscmi,supplier = <&t>; };
        scmi-b { compatible = "arm,scmi-virtio"; libscmi,supplier = <&m>; };
    };
};"""
A, B = "/firmware/scmi-a", "/firmware/scmi-b"
T, M = "/tester.vhost", "/soc/manager.vhost"
READY = "ready on virtio, supplier '%s'"
WAITS = "waits for supplier '%s'"


def too_late(*_):
    raise AssertionError("nothing more is said")


class Watching(Case):
    def setUp(self):
        signal.signal(signal.SIGALRM, too_late)
        signal.alarm(PATIENCE_S)
        self.addCleanup(signal.alarm, 0)
        self.dir = tempfile.mkdtemp(prefix="scmi-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.tree = self.dir + "/tree.dtb"
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", self.tree], input=TREE, text=True, timeout=PATIENCE_S,
                       check=True)
        self.sockets = self.dir + "/devices"
        os.mkdir(self.sockets)

    def start_platform(self):
        """A scmid elsewhere; its sockets get where they are looked for by link()."""
        run_dir = tempfile.mkdtemp(prefix="scmi-")
        self.addCleanup(shutil.rmtree, run_dir)
        return run_dir, self.start_scmid(run_dir)

    def start_scmid(self, run_dir):
        child = subprocess.Popen([SCMID, "--run-dir", run_dir, os.path.join(HERE, "board.yaml")],
                                 stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait, PATIENCE_S)
        self.addCleanup(child.kill)
        while (line := child.stderr.readline()) != "scmid: ready\n":
            self.assertTrue(line)
        threading.Thread(target=lambda: all(child.stderr), daemon=True).start()
        return child

    def watch(self, *words, directory=None, json_lines=True, **more):
        words = (["--json"] if json_lines else []) + ["--tree", self.tree, "instances", "--watch", *words]
        if directory != "":
            words += ["--suppliers", "virtio:" + (directory or self.sockets)]
        child = subprocess.Popen([SCMI, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=environment(), **more)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait, PATIENCE_S)
        self.addCleanup(child.kill)
        return child

    def listed(self, child):
        """The list at the start, as path: explanation."""
        document = json.loads(child.stdout.readline())
        return {i["path"]: i["explanation"] for i in document["instances"]}

    def change(self, child):
        event = json.loads(child.stdout.readline())
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(sorted(event), ["explanation", "path", "state", "time"])
        return event["path"], event["explanation"]

    def until(self, child, path, explanation):
        """What is said before it, as not every step on the way has to be."""
        before = []
        while (said := self.change(child)) != (path, explanation):
            before.append(said)
        return before

    def ended(self, child, code=OK):
        out, err = child.communicate(timeout=PATIENCE_S)
        self.assertEqual(child.returncode, code, out + err)
        return out

    def test_sockets_come_and_go(self):
        run_dir, _ = self.start_platform()
        child = self.watch()
        self.assertEqual(self.listed(child), {A: WAITS % T, B: WAITS % M})
        os.link(run_dir + "/tester.vhost", self.sockets + "/tester.vhost")
        self.assertEqual(self.change(child), (A, READY % T))
        os.link(run_dir + "/manager.vhost", self.sockets + "/soc%2Fmanager.vhost")
        self.assertEqual(self.change(child), (B, READY % M))
        os.unlink(self.sockets + "/tester.vhost")
        self.assertEqual(self.change(child), (A, WAITS % T))
        # The directory goes, and comes with what is in it.
        os.rename(self.sockets, self.sockets + "-aside")
        self.assertEqual(self.change(child), (B, WAITS % M))
        os.rename(self.sockets + "-aside", self.sockets)
        self.assertEqual(self.change(child), (B, READY % M))
        child.send_signal(signal.SIGINT)
        self.assertEqual(self.ended(child), "")

    def test_without_watching(self):
        run_dir, _ = self.start_platform()
        os.link(run_dir + "/tester.vhost", self.sockets + "/tester.vhost")
        done = self.expect(OK, scmi("--json", "--tree", self.tree, "instances", "--suppliers", "virtio:" + self.sockets))
        self.assertEqual([i["explanation"] for i in done.json()["instances"]], [READY % T, WAITS % M])

    def test_text_and_count(self):
        run_dir, _ = self.start_platform()
        child = self.watch("--count", "2", json_lines=False)
        self.assertEqual(child.stderr.readline(), "scmi: watching; Ctrl-C ends it\n")
        os.link(run_dir + "/tester.vhost", self.sockets + "/tester.vhost")
        os.link(run_dir + "/manager.vhost", self.sockets + "/soc%2Fmanager.vhost")
        lines = self.ended(child).splitlines()
        said = {re.sub(r"^\d\d:\d\d:\d\d\.\d{3}  ", "", line) for line in lines[-2:]}
        self.assertEqual(said, {"%s: %s" % (A, READY % T), "%s: %s" % (B, READY % M)})

    def test_platform_killed_and_started_again(self):
        run_dir, scmid = self.start_platform()
        child = self.watch(directory=run_dir)
        self.assertEqual(self.listed(child)[A], READY % T)
        scmid.kill()
        scmid.wait(PATIENCE_S)
        # Its socket is there still, and nobody behind it.
        path, explanation = self.change(child)
        self.assertEqual(path, A)
        self.assertIn("failed: ", explanation)
        self.start_scmid(run_dir)
        self.until(child, A, READY % T)

    def test_platform_of_a_named_supplier(self):
        run_dir, scmid = self.start_platform()
        child = self.watch("--supplier", "virtio:%s=%s/tester.vhost" % (T, run_dir), directory="")
        self.assertEqual(self.listed(child)[A], READY % T)
        scmid.terminate()
        scmid.wait(PATIENCE_S)
        self.assertEqual(self.change(child), (A, WAITS % T))
        path, explanation = self.change(child)
        self.assertIn("failed: ", explanation)
        self.start_scmid(run_dir)
        self.until(child, A, READY % T)

    def test_socket_before_anybody_listens(self):
        """As between bind() and listen(); what is behind it is no platform, so it fails once more."""
        child = self.watch()
        self.listed(child)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.sockets + "/tester.vhost")
            self.assertIn("failed: ", self.change(child)[1])
            listener.listen()
            # It is tried again with nothing to say that it should.
            listener.settimeout(PATIENCE_S)
            listener.accept()[0].close()

    def test_end_of_those_who_read(self):
        child = self.watch()
        self.listed(child)
        child.stdout.close()
        self.assertEqual(child.wait(PATIENCE_S), OK)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            child = self.watch()
            self.listed(child)
            child.send_signal(number)
            self.assertEqual(self.ended(child), "")

    def test_notes(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.sockets + "/bad%\033")
            done = scmi("--tree", self.tree, "instances", "--suppliers", "virtio:" + self.sockets)
        self.assertIn("scmi: %s/bad%%\\x1b: not taken: a %% in its name" % self.sockets, done.err)
        self.assertEqual(done.code, OK)

    def test_the_options(self):
        def wrong(sentence, *words):
            self.fails(USAGE, sentence, scmi("--tree", self.tree, "instances", *words))

        for word in ("virtio", "virtio:", ":x"):
            wrong("--suppliers takes TRANSPORT:DIRECTORY", "--suppliers", word)
        wrong("there is no transport 'optee'", "--suppliers", "optee:/x")
        wrong("deeper than 32", "--suppliers", "virtio:" + "x/" * 40)
        wrong("--count goes with --watch", "--count", "1")
        wrong("can be given at most 8 times", *["--suppliers", "virtio:x"] * 9)

    def test_completion(self):
        self.assertEqual(scmi("complete", "--", "instances", "--suppliers", "virtio:%s/de" % self.dir).out,
                         "virtio:%s/devices/\n" % self.dir)
        self.assertEqual(scmi("complete", "--", "instances", "--wa").out, "--watch\n")
        self.assertEqual(scmi("complete", "--", "instances", "--suppliers", "vi").out, "virtio:\n")


if __name__ == "__main__":
    unittest.main()
