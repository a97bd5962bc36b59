# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A scmid of one's own, and raw connections to it, for tests."""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

SCMID = os.environ.get("SCMID", "scmid")
PATIENCE_S = 60

BASE, CLOCK = 0x10, 0x14
SUCCESS, DENIED, COMMS_ERROR, PROTOCOL_ERROR = 0, -3, -7, -10
DELAYED, NOTIFICATION = 2, 3

BOARD = """
platform: {vendor: ACME, sub_vendor: test}
clocks:
  osc: {id: 0, rate: 24 MHz, always_on: yes}
  rtc: {id: 1, rate: 32768}
  pll: {id: 2, range: {min: 100 MHz, max: 900 MHz, step: 100 MHz}}
  bus: {id: 3, parents: [osc, rtc, pll]}
  slow: {id: 4, rates: [1 MHz, 2 MHz], set_latency: 30 ms}
  lamp: {id: 5, rate: 1 MHz, config: {duty_cycle: {value: 50}}}
devices:
  light: {id: 9, clocks: [lamp]}
agents:
  one: {trusted: yes, clocks: all, endpoints: [{socket: one.sock}]}
  two: {clocks: all, endpoints: [{socket: two.sock}]}
  brief: {on_disconnect: release, clocks: all, endpoints: [{socket: brief.sock}]}
"""


def board_with_endpoints(endpoints, more=""):
    return BOARD.replace("endpoints: [{socket: one.sock}]", "endpoints: %s%s" % (endpoints, more))


class Connection:
    """One connection of an agent: datagrams in, datagrams out."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.token = 0
        self.events = []
        try:
            self.socket.connect(path)
            self.socket.settimeout(PATIENCE_S)
        except OSError:
            self.socket.close()
            raise

    def close(self):
        self.socket.close()

    def send(self, protocol, message, *words, kind=0):
        self.token = (self.token + 1) % 1024
        header = self.token << 18 | protocol << 10 | kind << 8 | message
        self.socket.send(struct.pack("<%dI" % (1 + len(words)), header, *words))
        return header

    def receive(self):
        """(header, status or first word, the words behind it); None when the other side is gone."""
        try:
            data = self.socket.recv(65536 + 1)
        except ConnectionResetError:
            return None
        if not data:
            return None
        words = struct.unpack("<%dI" % (len(data) // 4), data[: len(data) // 4 * 4])
        first = struct.unpack("<i", data[4:8])[0]
        return words[0], first, list(words[2:])

    def command(self, protocol, message, *words):
        """Status and the words behind it; what else comes in between is kept in events."""
        header = self.send(protocol, message, *words)
        while True:
            answer = self.receive()
            if answer is None:
                raise ConnectionError("scmid hung up")
            if answer[0] == header:
                return answer[1], answer[2]
            self.events.append(answer)

    def event(self):
        return self.events.pop(0) if self.events else self.receive()

    # The few messages that these tests need.
    def rate(self, clock):
        status, words = self.command(CLOCK, 0x6, clock)
        assert status == SUCCESS, status
        return words[0] | words[1] << 32

    def set_rate(self, clock, rate_hz, flags=0):
        return self.command(CLOCK, 0x5, flags, clock, rate_hz & 0xFFFFFFFF, rate_hz >> 32)[0]

    def enable(self, clock, on=1):
        return self.command(CLOCK, 0x7, clock, on, 0)[0]

    def is_enabled(self, clock):
        status, words = self.command(CLOCK, 0x3, clock)
        assert status == SUCCESS, status
        return words[0] & 1

    def parent(self, clock):
        status, words = self.command(CLOCK, 0xE, clock)
        assert status == SUCCESS, status
        return words[0]

    def alive(self):
        return self.command(BASE, 0x0)[0] == SUCCESS


class Scmid:
    """The process. Its run directory outlives it, so that it can be started again."""

    def __init__(self, board=BOARD, *options, run_dir=None, wrapper=()):
        self.temporary = tempfile.mkdtemp(prefix="scmid-")
        self.run_dir = run_dir or os.path.join(self.temporary, "run")
        self.file = os.path.join(self.temporary, "board.yaml")
        self.log_file = os.path.join(self.temporary, "log")
        self.options = options
        self.wrapper = list(wrapper)
        self.process = None
        self.connections = []
        self.write(board)

    def write(self, board):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(board)

    def path(self, name):
        return os.path.join(self.run_dir, name)

    def spawn(self, **more):
        command = self.wrapper + [SCMID, "--run-dir", self.run_dir, *self.options, self.file]
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, **more)

    def start(self, **more):
        self.spawn(**more)
        self.wait_for("scmid: ready\n")
        return self

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, text, pattern=False):
        """Until the log has it. Waiting is bounded only so that a failure ends."""
        end = time.monotonic() + PATIENCE_S
        while True:
            log = self.log()
            if re.search(text, log) if pattern else text in log:
                return log
            if self.process.poll() is not None and text not in self.log():
                raise AssertionError("scmid ended with %s:\n%s" % (self.process.returncode, self.log()))
            if time.monotonic() > end:
                raise AssertionError("never said %r:\n%s" % (text, log))
            time.sleep(0.005)

    def connect(self, name="one.sock"):
        connection = Connection(self.path(name))
        self.connections.append(connection)
        return connection

    def kill(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(PATIENCE_S)

    def stop(self, number=signal.SIGTERM):
        """Status after a signal. Connections stay open: scmid is to cope with that."""
        self.kill(number)
        status = self.wait()
        self.close_connections()
        return status

    def close_connections(self):
        for connection in self.connections:
            connection.close()
        self.connections = []

    def restart(self, number=signal.SIGTERM):
        self.stop(number)
        return self.start()

    def clean_up(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close_connections()
        shutil.rmtree(self.temporary, ignore_errors=True)


class Case(unittest.TestCase):
    """Tests of scmid: whatever a test starts must end cleanly, sanitizers included."""

    def scmid(self, board=BOARD, *options, **more):
        scmid = Scmid(board, *options, **more)
        self.addCleanup(self.finish, scmid)
        return scmid

    def finish(self, scmid):
        try:
            if scmid.process and scmid.process.poll() is None:
                self.assertEqual(scmid.stop(), 0, scmid.log())
            log = scmid.log() if scmid.process else ""
            self.assertNotIn("Sanitizer", log)
            self.assertNotIn("runtime error", log)
        finally:
            scmid.clean_up()

    def wait_for_counters(self, scmid, pattern):
        """scmid may still be taking what was sent before: ask until it has."""
        for _ in range(3000):
            before = len(scmid.log())
            scmid.kill(signal.SIGUSR1)
            while not re.search(r"agent brief: .* delayed responses\n", scmid.log()[before:]):
                self.assertIsNone(scmid.process.poll())
                time.sleep(0.002)
            found = re.search(pattern, scmid.log()[before:])
            if found:
                return found.group()
        self.fail("never counted %r:\n%s" % (pattern, scmid.log()[before:]))

    def run_scmid(self, *arguments):
        """A run that ends by itself."""
        return subprocess.run(
            [SCMID, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S
        )
