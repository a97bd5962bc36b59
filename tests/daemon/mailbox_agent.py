# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The agent's end of a mailbox by hand: the hand-out, the areas, the doorbells, byte by byte."""
import fcntl
import mmap
import os
import select
import socket
import struct
import time

PATIENCE_S = 60
MAGIC = 0x424D4353
P2A, COMPLETION = 1, 2
IN_USE, NOT_ALLOWED, NO_ROOM = 1, 2, 3
STATUS, FLAGS, LENGTH, MESSAGE = 4, 16, 20, 24
FREE, ERROR = 1, 2
INTERRUPT = 1


def until(condition):
    """Waiting is bounded only so that a failure ends."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.0005)


class Refused(Exception):
    pass


class Channel:
    def __init__(self, memory, record, fds):
        self.memory = memory
        self.protocol, flags, self.offset, self.size = record
        self.p2a, self.completion = bool(flags & P2A), bool(flags & COMPLETION)
        self.filled = fds.pop(0)
        self.returned = fds.pop(0) if self.completion else None

    def word(self, offset):
        return struct.unpack_from("<I", self.memory, self.offset + offset)[0]

    def put(self, offset, value):
        struct.pack_into("<I", self.memory, self.offset + offset, value)

    def bytes(self, offset, size):
        return self.memory[self.offset + offset : self.offset + offset + size]

    def lend(self, message, flags=0, length=None, status=0):
        """As a sender does; length and status other than they should be, for those that mean harm."""
        at = self.offset + MESSAGE
        self.memory[at : at + len(message)] = message
        self.put(FLAGS, flags)
        self.put(LENGTH, len(message) if length is None else length)
        self.put(STATUS, status)

    def message(self):
        return bytes(self.bytes(MESSAGE, self.word(LENGTH)))


class Mailbox:
    """A connection to a mailbox endpoint. Refused(reason) if it is turned away."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.fds = []
        self.token = 0
        self.memory = None
        try:
            self.socket.connect(path)
            self.socket.settimeout(PATIENCE_S)
            self.handout, self.fds, flags, _ = socket.recv_fds(self.socket, 65536, 200)
            assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
            self.read_handout()
        except BaseException:
            self.close()
            raise

    def read_handout(self):
        magic, version, refusal, size, count, reserved = struct.unpack_from("<6I", self.handout)
        assert (magic, version, reserved) == (MAGIC, 1, 0), self.handout
        if refusal:
            assert (size, count, self.fds) == (0, 0, []), self.handout
            raise Refused(refusal)
        assert len(self.handout) == 24 + 16 * count, self.handout
        self.memory_fd = self.fds[0]
        self.memory = mmap.mmap(self.memory_fd, size)
        fds = self.fds[1:]
        records = [struct.unpack_from("<4I", self.handout, 24 + 16 * i) for i in range(count)]
        self.channels = [Channel(self.memory, record, fds) for record in records]
        assert not fds, "descriptors that belong to nothing"

    def close(self):
        self.socket.close()
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        if self.memory:
            self.memory.close()
            self.memory = None

    def channel(self, protocol=0, p2a=False):
        return next(c for c in self.channels if (c.protocol, c.p2a) == (protocol, p2a))

    def header(self, protocol, message):
        self.token = (self.token + 1) % 1024
        return self.token << 18 | protocol << 10 | message

    def ring(self, fd):
        os.eventfd_write(fd, 1)

    def rung(self, fd, within_s=PATIENCE_S):
        """Was that eventfd rung? How many times; 0: not within that time."""
        if not select.select([fd], [], [], within_s)[0]:
            return 0
        return os.eventfd_read(fd)

    def lend(self, protocol, message, *words, channel=None, flags=INTERRUPT):
        """A command, on its way. Its header."""
        channel = channel or self.channel()
        header = self.header(protocol, message)
        channel.lend(struct.pack("<%dI" % (1 + len(words)), header, *words), flags)
        self.ring(channel.filled)
        return header

    def fetch(self, header, channel=None):
        """Its answer, when the area is back: status and the words behind it."""
        channel = channel or self.channel()
        until(lambda: channel.word(STATUS) & FREE)
        answer = channel.message()
        words = struct.unpack("<%dI" % (len(answer) // 4), answer)
        assert words[0] == header, (hex(words[0]), hex(header))
        return struct.unpack_from("<i", answer, 4)[0], list(words[2:])

    def command(self, protocol, message, *words, channel=None, flags=INTERRUPT):
        return self.fetch(self.lend(protocol, message, *words, channel=channel, flags=flags), channel)

    def event(self, acknowledge=True):
        """What the platform says of itself: header, first word, the words behind it."""
        channel = self.channel(p2a=True)
        assert self.rung(channel.filled)
        assert not channel.word(STATUS) & FREE
        data = channel.message()
        words = struct.unpack("<%dI" % (len(data) // 4), data)
        if acknowledge:
            self.acknowledge()
        return words[0], struct.unpack_from("<i", data, 4)[0], list(words[2:])

    def acknowledge(self):
        channel = self.channel(p2a=True)
        channel.put(STATUS, FREE)
        if channel.word(FLAGS) & INTERRUPT:
            self.ring(channel.returned)

    def gone(self):
        return self.socket.recv(1) == b""


def may_wait(fd):
    """Take O_NONBLOCK away from a descriptor, for all who have it."""
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) & ~os.O_NONBLOCK)
