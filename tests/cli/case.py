# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Runs scmi, against a scmid of its own or against a platform that a test plays itself."""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCMI = os.environ.get("SCMI", "scmi")
SCMID = os.environ.get("SCMID", "scmid")
# How a test reaches its agents: "unix", or "virtio" or "mailbox" to run the same test through those.
TRANSPORT = os.environ.get("SCMI_TEST_TRANSPORT", "unix")
PATIENCE_S = 60

ADDRESS = {"unix": "unix:%s/%s.sock", "virtio": "virtio:%s/%s.vhost", "mailbox": "mailbox:%s/%s.mbox"}

OK, REFUSED, USAGE, UNREACHABLE = range(4)


def environment(**more):
    """The caller's environment without what scmi listens to."""
    kept = {k: v for k, v in os.environ.items() if k not in ("SCMI_AT", "NO_COLOR")}
    kept.update({"TZ": "UTC"}, **more)
    return kept


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)


def scmi(*words, at=None, env=None):
    words = [SCMI] + (["--at", at] if at else []) + list(words)
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S,
                          env=env or environment())
    return Outcome(done.returncode, done.stdout, done.stderr)


class Case(unittest.TestCase):
    def expect(self, code, outcome):
        self.assertEqual(outcome.code, code, outcome.out + outcome.err)
        return outcome

    def fails(self, code, message, outcome):
        """Ends with that code and says that; nothing goes to standard output."""
        self.expect(code, outcome)
        self.assertIn(message, outcome.err)
        self.assertEqual(outcome.out, "")
        return outcome


class PlatformCase(Case):
    """One scmid per class, on tests/cli/board.yaml."""

    board = os.path.join(HERE, "board.yaml")

    @classmethod
    def setUpClass(cls):
        # In memory where possible: scmid waits for its state to be on the disk.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        cls.dir = tempfile.mkdtemp(prefix="scmi-", dir=memory)
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.daemon = subprocess.Popen([SCMID, "--run-dir", cls.dir, cls.board],
                                      stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        lines = []
        for line in cls.daemon.stderr:
            lines.append(line)
            if line == "scmid: ready\n":
                break
        else:
            raise RuntimeError("scmid did not start: " + "".join(lines))
        # Whatever it says later must not block it.
        threading.Thread(target=cls.daemon.stderr.read, daemon=True).start()

    @classmethod
    def stop(cls):
        if cls.daemon.poll() is None:
            cls.daemon.terminate()
        code = cls.daemon.wait(PATIENCE_S)
        cls.daemon.stderr.close()
        if code:
            raise RuntimeError("scmid ended with %d" % code)

    def at(self, agent):
        return ADDRESS[TRANSPORT] % (self.dir, agent)

    def run_as(self, agent, *words):
        return scmi(*words, at=self.at(agent))

    def ok(self, *words, agent="tester"):
        return self.expect(OK, self.run_as(agent, *words)).out

    def ok_json(self, *words, agent="tester"):
        return json.loads(self.ok("--json", *words, agent=agent))

    def golden(self, name, text):
        """Equal to golden/NAME; SCMI_GOLDEN=write makes it so, to be read before it is kept."""
        path = os.path.join(HERE, "golden", name)
        text = re.sub(r"(?:virtio|mailbox):DIR/(\w+)\.(?:vhost|mbox)", r"unix:DIR/\1.sock", text.replace(self.dir, "DIR"))
        if os.environ.get("SCMI_GOLDEN") == "write":
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def setUp(self):
        """Every test finds the board as it is at start."""
        for agent in ("tester", "manager", "viewer", "old", "patient"):
            if agent != "old":
                self.ok("base", "reset", agent=agent)
        self.ok("base", "reset", "old", agent="manager")
        self.ok("base", "reset", "tester", "--permissions", agent="manager")


class Played:
    """A platform played by the test: answer(header, payload) gives the messages to send back."""

    def __init__(self, answer):
        self.dir = tempfile.mkdtemp(prefix="scmi-")
        self.path = os.path.join(self.dir, "s")
        self.answer = answer
        self.seen = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        try:
            peer, _ = self.listener.accept()
        except OSError:
            return
        with peer:
            while True:
                data = peer.recv(65536)
                if not data:
                    return
                header = struct.unpack_from("<I", data)[0]
                self.seen.append(header)
                answers = self.answer(header, data[4:])
                if answers is None:
                    return
                for answer in answers:
                    try:
                        peer.send(answer)
                    except (BrokenPipeError, ConnectionResetError):
                        return

    def __enter__(self):
        return "unix:" + self.path

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE_S)
        shutil.rmtree(self.dir)


def words(*values):
    return b"".join(struct.pack("<I", value & 0xffffffff) for value in values)


def success(header, payload=b""):
    return [words(header, 0) + payload]


def refusal(header, status):
    return [words(header, status)]


def message_of(header):
    """(protocol, message) of a header."""
    return header >> 10 & 0xff, header & 0xff
