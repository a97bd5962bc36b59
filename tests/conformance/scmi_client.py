# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A platform under test and a client that speaks raw bytes to it.

Nothing here comes from the code under test: the header and the payloads are put together from the
specification's facts by hand. One datagram on the socket is one message: a little-endian header word and the payload.

The tests run by themselves too, in this directory: SCMID=path/to/scmid python3 -m unittest
"""

import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

BASE = 0x10
CLOCK = 0x14

COMMAND, DELAYED, NOTIFICATION = 0, 2, 3

SUCCESS = 0
NOT_SUPPORTED = -1
INVALID_PARAMETERS = -2
DENIED = -3
NOT_FOUND = -4
OUT_OF_RANGE = -5
BUSY = -6
COMMS_ERROR = -7
GENERIC_ERROR = -8
HARDWARE_ERROR = -9
PROTOCOL_ERROR = -10

STATUS_NAMES = {
    0: "SUCCESS", -1: "NOT_SUPPORTED", -2: "INVALID_PARAMETERS", -3: "DENIED", -4: "NOT_FOUND",
    -5: "OUT_OF_RANGE", -6: "BUSY", -7: "COMMS_ERROR", -8: "GENERIC_ERROR", -9: "HARDWARE_ERROR",
    -10: "PROTOCOL_ERROR",
}

# How long anything may take before a test gives up. No test measures time.
PATIENCE_S = 10.0

HERE = os.path.dirname(os.path.abspath(__file__))
BOARDS = os.path.join(HERE, "boards")
EXAMPLES = os.environ.get("SCMI_EXAMPLES", os.path.join(HERE, "..", "..", "examples"))


def status_name(status):
    return STATUS_NAMES.get(status, str(status))


def header(protocol, message, token=0, message_type=COMMAND, top=0):
    return (top << 28) | (token << 18) | (protocol << 10) | (message_type << 8) | message


def words(*values):
    """The values as little-endian 32-bit words."""
    return b"".join(struct.pack("<I", value & 0xFFFFFFFF) for value in values)


def rate_words(rate_hz):
    return words(rate_hz & 0xFFFFFFFF, rate_hz >> 32)


class Violation(AssertionError):
    """The platform broke a rule that holds for every message."""


class Message:
    """One datagram from the platform, cut into the header's fields and the rest."""

    def __init__(self, raw, request=b""):
        self.raw = raw
        self.request = request
        if len(raw) < 8:
            raise Violation("the platform sent %d bytes (%s): a header and a first word are the least"
                            % (len(raw), raw.hex()))
        self.header, = struct.unpack_from("<I", raw)
        self.message = self.header & 0xFF
        self.type = self.header >> 8 & 3
        self.protocol = self.header >> 10 & 0xFF
        self.token = self.header >> 18 & 0x3FF
        self.status, = struct.unpack_from("<i", raw, 4)
        self.values = raw[8:]

    def word(self, offset):
        """The word at this offset of the payload, as the fact sheets count (the status is at 0)."""
        if len(self.raw) < offset + 8:
            raise Violation("no word at offset %d: %s" % (offset, self))
        return struct.unpack_from("<I", self.raw, 4 + offset)[0]

    def rate(self, offset):
        return self.word(offset) | self.word(offset + 4) << 32

    def text(self, offset, size):
        """A name field: NUL-terminated inside its size, printable, NUL to its end."""
        field = self.raw[4 + offset:4 + offset + size]
        if len(field) != size or b"\0" not in field:
            raise Violation("the name field at offset %d is not NUL-terminated: %s" % (offset, self))
        text, padding = field.split(b"\0", 1)
        if padding.strip(b"\0"):
            raise Violation("the name field at offset %d has bytes after its NUL: %s" % (offset, self))
        if not all(0x20 <= byte < 0x7F for byte in text):
            raise Violation("the name field at offset %d is not printable ASCII: %s" % (offset, self))
        return text.decode()

    @property
    def size(self):
        """Payload bytes: the fact sheets' size_on_success."""
        return len(self.raw) - 4

    def __str__(self):
        text = "%s [%s]" % (status_name(self.status), self.raw.hex(" ", 4))
        if self.request:
            text = "request [%s] got %s" % (self.request[:64].hex(" ", 4), text)
        return text


class Closed(Exception):
    """The platform closed the connection."""


class Agent:
    """One connection of one agent."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(path)
        self.token = 0
        self.unasked = []  # delayed responses and notifications that came meanwhile
        self.late = []  # answers to other commands

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- datagrams ----

    def send(self, datagram):
        self.socket.send(datagram)

    def receive(self, timeout_s=PATIENCE_S):
        """The next datagram, whatever it is; None if nothing comes in time."""
        ready, _, _ = select.select([self.socket], [], [], timeout_s)
        if not ready:
            return None
        try:
            raw = self.socket.recv(1 << 17)
        except ConnectionResetError:
            raise Closed(self.path) from None
        if not raw:
            raise Closed(self.path)
        return raw

    def next_token(self):
        self.token = (self.token + 1) & 0x3FF
        return self.token

    # ---- commands ----

    def submit(self, protocol, message, payload=b"", token=None, message_type=COMMAND, top=0):
        """Send and do not wait. Returns the datagram sent."""
        if token is None:
            token = self.next_token()
        datagram = struct.pack("<I", header(protocol, message, token, message_type, top)) + payload
        self.send(datagram)
        return datagram

    def answer_to(self, request):
        """The answer to a datagram sent; what comes before it is kept aside."""
        for index, message in enumerate(self.late):
            if message.raw[:4] == request[:4]:
                del self.late[index]
                return self._checked(message.raw, request)
        while True:
            raw = self.receive()
            if raw is None:
                raise Violation("no answer to [%s] (%d bytes)" % (request[:64].hex(" ", 4), len(request)))
            message = Message(raw)
            if raw[:4] == request[:4]:
                return self._checked(raw, request)
            if message.type in (DELAYED, NOTIFICATION):
                self.unasked.append(message)
            elif message.token == (struct.unpack_from("<I", request)[0] >> 18 & 0x3FF):
                raise Violation("the answer's header is not the request's: %s" % Message(raw, request))
            else:
                self.late.append(message)

    @staticmethod
    def _checked(raw, request):
        answer = Message(raw, request)
        if answer.status > 0:
            raise Violation("a status is 0 or negative: %s" % answer)
        if -128 < answer.status < -12:
            raise Violation("a status that nobody assigned: %s" % answer)
        if answer.status and len(raw) != 8:
            raise Violation("an error answer is header and status, 8 bytes: %s" % answer)
        return answer

    def command(self, protocol, message, payload=b"", **kwargs):
        return self.answer_to(self.submit(protocol, message, payload, **kwargs))

    def base(self, message, *values, **kwargs):
        return self.command(BASE, message, words(*values), **kwargs)

    def clock(self, message, *values, **kwargs):
        return self.command(CLOCK, message, words(*values), **kwargs)

    # ---- what comes by itself ----

    def barrier(self):
        """Whatever the platform had sent to this connection is here when this returns."""
        self.base(0x0)

    def event(self, wanted=None):
        """The next delayed response or notification, waiting for it. wanted(message) chooses one."""
        while True:
            for index, message in enumerate(self.unasked):
                if wanted is None or wanted(message):
                    del self.unasked[index]
                    return message
            raw = self.receive()
            if raw is None:
                raise Violation("%s: nothing came; kept aside: %s"
                                % (os.path.basename(self.path), [str(m) for m in self.unasked]))
            message = Message(raw)
            (self.unasked if message.type in (DELAYED, NOTIFICATION) else self.late).append(message)

    def delayed(self, token):
        return self.event(lambda m: m.type == DELAYED and m.token == token)

    def notification(self):
        return self.event(lambda m: m.type == NOTIFICATION)

    def take_events(self):
        """All that came by itself until now."""
        self.barrier()
        events, self.unasked = self.unasked, []
        return events

    # ---- the few commands that many tests need ----

    def rate(self, clock):
        answer = self.clock(0x6, clock)
        if answer.status:
            raise Violation("CLOCK_RATE_GET of %d: %s" % (clock, answer))
        return answer.rate(4)

    def set_rate(self, clock, rate_hz, flags=0, **kwargs):
        return self.command(CLOCK, 0x5, words(flags, clock) + rate_words(rate_hz), **kwargs)

    def submit_rate(self, clock, rate_hz, flags=0, **kwargs):
        return self.submit(CLOCK, 0x5, words(flags, clock) + rate_words(rate_hz), **kwargs)

    def enable(self, clock, state=1):
        """CLOCK_CONFIG_SET of version 3.0."""
        return self.clock(0x7, clock, state, 0)

    def running(self, clock):
        """Bit 0 of CLOCK_ATTRIBUTES, which every version has."""
        answer = self.clock(0x3, clock)
        if answer.status:
            raise Violation("CLOCK_ATTRIBUTES of %d: %s" % (clock, answer))
        return bool(answer.word(4) & 1)


class Scmid:
    """A daemon of its own, on a run directory of its own."""

    def __init__(self, board):
        self.board = board if os.path.isabs(board) else os.path.join(BOARDS, board)
        self.dir = tempfile.mkdtemp(prefix="scmi-")
        self.log_path = os.path.join(self.dir, "conformance.log")
        self.process = None
        self.agents = []
        try:
            self.start()
        except BaseException:
            self.end_process(signal.SIGKILL)
            shutil.rmtree(self.dir, ignore_errors=True)
            raise

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def start(self):
        command = [os.environ.get("SCMID", "scmid"), "--run-dir", self.dir, self.board]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while "scmid: ready" not in self.log():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("%s did not become ready:\n%s" % (" ".join(command), self.log()))
            time.sleep(0.002)

    def connect(self, name):
        """A connection to a socket of the board; closed with the daemon."""
        agent = Agent(os.path.join(self.dir, name + ".sock"))
        self.agents.append(agent)
        return agent

    def end_process(self, signal_number=signal.SIGTERM):
        """Stop the process and return how it went: 0 for a clean stop."""
        for agent in self.agents:
            agent.close()
        self.agents = []
        if self.process is None:
            return 0
        self.process.send_signal(signal_number)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "no end in %d s" % PATIENCE_S
            self.process.wait()
        self.process = None
        return status

    def restart(self, signal_number=signal.SIGTERM):
        status = self.end_process(signal_number)
        if signal_number == signal.SIGTERM and status != 0:
            raise Violation("scmid ended with %s:\n%s" % (status, self.log()[-4000:]))
        self.start()

    def stop(self):
        """End it and remove its directory; a violation if it had died or does not stop cleanly."""
        died = self.process is not None and self.process.poll() is not None
        status = self.end_process()
        log = self.log()
        shutil.rmtree(self.dir, ignore_errors=True)
        if died or status != 0:
            raise Violation("scmid %s with %s:\n%s" % ("died" if died else "ended", status, log[-4000:]))
