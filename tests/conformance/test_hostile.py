# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Garbage, too little, too much, and peers that vanish or do not listen: the next message works, for everybody."""

import os
import random
import socket
import struct
import unittest

import bench
import facts
from case import Case
from scmi_client import BASE, CLOCK, NOT_FOUND, PROTOCOL_ERROR, SUCCESS, Agent, header, words


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.other = self.connect("boss")
        self.other.barrier()

    def alive(self, agent, rule):
        self.expect(agent.clock(0x6, bench.OSC), SUCCESS, rule)
        self.expect(self.other.clock(0x6, bench.OSC), SUCCESS, rule + " (another agent)")

    def test_datagrams_shorter_than_a_header(self):
        agent = self.connect()
        for size in (1, 2, 3):
            for _ in range(10):
                agent.send(b"\xff" * size)
            self.alive(agent, "datagrams of %d bytes are dropped" % size)
        self.assertEqual(agent.late + agent.unasked, [], "nothing answers a message without a header")

    def test_empty_datagrams(self):
        agent = self.connect()
        for _ in range(3):
            agent.send(b"")
        self.alive(agent, "empty datagrams are dropped")

    def test_oversize_datagrams(self):
        agent = self.connect()
        for size in (129, 130, 132, 133, 136, 255, 256, 4092, 4093, 4096, 4097, 8192, 16384, 32768, 65531, 65532,
                     65533, 65536, 100000):
            for protocol, message in ((BASE, 0x0), (CLOCK, 0x6), (CLOCK, 0x5)):
                self.expect(agent.command(protocol, message, bytes(size)), PROTOCOL_ERROR,
                            "%d payload bytes" % size)
            self.expect(agent.command(CLOCK, 0x99, bytes(size)), NOT_FOUND, "message id before size")
            self.alive(agent, "after %d payload bytes" % size)

    def test_oversize_with_a_valid_beginning(self):
        """The beginning of the datagram must not be taken for the message."""
        agent = self.connect()
        for size in (4, 100, 112, 113, 116, 4000, 65000):
            self.expect(agent.command(CLOCK, 0x5, words(0, bench.DIV, 3000000, 0) + bytes(size)), PROTOCOL_ERROR,
                        "CLOCK_RATE_SET and %d bytes more" % size)
        self.assertEqual(agent.rate(bench.DIV), 5000000)

    def test_random_headers(self):
        agent = self.connect()
        numbers = random.Random(1)
        for _ in range(2000):
            agent.command(numbers.randrange(256), numbers.randrange(256), numbers.randbytes(numbers.randrange(40)),
                          message_type=numbers.randrange(4), top=numbers.randrange(16),
                          token=numbers.randrange(1024))
        self.alive(agent, "after random messages")

    def test_random_payloads(self):
        """Messages of the right size with wild words: an answer each, and never a status that nobody named."""
        agent = self.connect()
        numbers = random.Random(2)
        wild = (0, 1, 2, 3, 7, 40, 0x7F, 0xFF, 0x100, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
        for _ in range(3000):
            protocol = numbers.choice((BASE, CLOCK))
            message, (name, size) = numbers.choice(list(facts.messages(protocol, facts.NEWEST[protocol]).items()))
            if message == 0x10:
                continue
            payload = words(*(numbers.choice(wild) for _ in range(size // 4)))
            answer = agent.command(protocol, message, payload)
            self.assertGreaterEqual(answer.status, -10, "%s: %s" % (name, answer))
        self.alive(agent, "after wild words")

    def test_random_bytes(self):
        agent = self.connect()
        numbers = random.Random(3)
        for _ in range(500):
            agent.send(numbers.randbytes(numbers.randrange(1, 300)))
            while agent.receive(0):
                pass
        agent.close()
        again = self.connect()
        self.alive(again, "after random bytes")

    def test_peers_that_vanish(self):
        for n in range(50):
            agent = self.connect()
            if n % 2:
                agent.submit_rate(bench.SLOW, 3000000, n % 3)
                agent.submit(CLOCK, 0x6, words(bench.OSC))
            agent.close()
        self.alive(self.connect(), "after peers vanished")

    def test_peer_that_shuts_down_half(self):
        agent = self.connect()
        agent.submit(CLOCK, 0x6, words(bench.OSC))
        agent.socket.shutdown(socket.SHUT_WR)
        self.alive(self.connect(), "after a half-closed connection")

    def test_many_connections(self):
        agents = [self.connect() for _ in range(100)]
        for agent in agents:
            self.expect(agent.base(0x0), SUCCESS, "100 connections at once")
        for agent in agents[::2]:
            agent.close()
        for agent in agents[1::2]:
            self.expect(agent.base(0x0), SUCCESS, "half of them left")

    def test_flood_without_reading(self):
        """Commands without reading an answer, until the way is full: others are served, and no answer is lost."""
        agent = self.connect()
        agent.socket.setblocking(False)
        sent = []
        try:
            for n in range(20000):
                datagram = words(header(CLOCK, 0x6, n % 1024), bench.OSC)
                agent.send(datagram)
                sent.append(datagram)
        except BlockingIOError:
            pass
        self.expect(self.other.set_rate(bench.DIV, 3000000), SUCCESS, "another agent during the flood")
        agent.socket.settimeout(10)
        for datagram in sent:
            raw = agent.receive()
            self.assertIsNotNone(raw, "an answer was lost in the flood")
            self.assertEqual(raw[:4], datagram[:4], "answers come in the order of the commands")
        self.alive(agent, "after the flood")

    def test_subscriber_that_does_not_read(self):
        """Notifications to somebody who does not read may be lost; those who change rates do not wait."""
        lazy = self.connect("boss")
        lazy.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1)
        agent = self.connect()
        for n in range(3000):
            self.expect(agent.set_rate(bench.DIV, 1000000 + n % 2 * 1000000), SUCCESS, "a subscriber does not read")
        self.alive(lazy, "it may read later")
        agent.set_rate(bench.DIV, 7000000)
        lazy.event(lambda message: message.rate(8) == 7000000)

    def test_vanishing_subscriber(self):
        lazy = self.connect("boss")
        lazy.clock(facts.CLOCK_RATE_NOTIFY, bench.DIV, 1)
        lazy.close()
        self.expect(self.connect().set_rate(bench.DIV, 3000000), SUCCESS, "the subscriber is gone")

    def test_answers_to_nobody(self):
        """A peer that floods and vanishes."""
        for _ in range(5):
            agent = self.connect()
            agent.socket.setblocking(False)
            try:
                for n in range(1000):
                    agent.send(words(header(CLOCK, 0x3, n), bench.OSC))
            except BlockingIOError:
                pass
            agent.close()
        self.alive(self.connect(), "after floods from peers that vanished")

    def test_delayed_responses_are_never_lost(self):
        """The way to the agent is full of answers when its delayed response is due."""
        agent = self.connect()
        agent.submit_rate(bench.SLOW, 3000000, 1, token=1023)
        agent.socket.setblocking(False)
        try:
            for n in range(20000):
                agent.send(words(header(CLOCK, 0x6, n % 1000), bench.OSC))
        except BlockingIOError:
            pass
        self.wait_until(lambda: self.other.rate(bench.SLOW) == 3000000, "the change is done")
        agent.socket.settimeout(10)
        wanted = struct.pack("<I", header(CLOCK, 0x5, 1023, 2))
        while (raw := agent.receive()) is not None:
            if raw[:4] == wanted:
                break
        self.assertIsNotNone(raw, "delayed responses are kept until the agent takes them")
        agent.close()

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.scmid.process.pid))

    def test_descriptors_sent_along(self):
        """File descriptors that a peer sends with its messages do not pile up in the daemon."""
        agent = self.connect()
        agent.barrier()
        before = self.descriptors()
        with open(os.devnull) as file:
            for _ in range(50):
                socket.send_fds(agent.socket, [words(header(BASE, 0x0))], [file.fileno()] * 3)
                self.assertEqual(agent.receive(), words(header(BASE, 0x0), SUCCESS, facts.V2_1))
        self.assertLessEqual(self.descriptors(), before)

    def test_connections_leave_nothing_behind(self):
        self.connect().barrier()
        before = self.descriptors()
        for _ in range(100):
            with Agent(self.other.path) as agent:
                agent.barrier()
        self.alive(self.connect(), "after many connections")
        self.assertLessEqual(self.descriptors(), before + 1, "a descriptor for each connection that is gone")

    def test_wrong_kinds_of_socket(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_UNIX, kind) as stranger:
                with self.assertRaises(OSError):
                    stranger.connect(self.other.path)
        self.alive(self.connect(), "after other kinds of sockets")


if __name__ == "__main__":
    unittest.main()
