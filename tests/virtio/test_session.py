#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What belongs to a connection goes on with the next scmid, if there is a record: versions, subscriptions, what is owed."""
import random
import signal
import struct
import unittest

from test_inflight import (ENDLESS_BOARD, SESSION_FIRST, SESSION_KIND, SESSION_SPACE, InflightCase, part_size)
from scmid import BASE, CLOCK
from test_backend import SLOW, VIRTIO_BOARD

COMMS_ERROR = -7


class Session(InflightCase):
    board = ENDLESS_BOARD

    def owe(self, front, rate):
        """An asynchronous set that is answered; the header of what is owed for it."""
        self.assertEqual(front.scmi(CLOCK, 0x5, 1, SLOW, rate, 0), (0, []))
        return front.token << 18 | CLOCK << 10 | 2 << 8 | 0x5

    def speaks_old(self, front):
        """CLOCK_GET_PERMISSIONS came with version 3."""
        return front.scmi(CLOCK, 0xf, SLOW)[0] == -4

    def lend(self, front):
        for head in range(4):
            front.events.buffer(head)
        front.events.wake()

    def event(self, front):
        return struct.unpack("<5I", front.events.wait()[1].ljust(20, b"\0"))

    def test_goes_on(self):
        front = self.front()
        record = self.start(front)
        self.assertEqual(front.scmi(CLOCK, 0x10, 0x20000)[0], 0)
        self.assertTrue(self.speaks_old(front))
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        owed = self.owe(front, 2000000)
        self.lend(front)
        for _ in range(2):
            self.next_life(front, record, ENDLESS_BOARD)
            self.assertTrue(self.speaks_old(front))
        self.next_life(front, record)
        self.assertEqual(self.event(front), (owed, 0, SLOW, 2000000, 0))
        # Once; and what is heard next is what another agent did.
        self.next_life(front, record)
        self.assertTrue(self.speaks_old(front))
        # (Whichever rate the state file had by then, one of the two is another.)
        other = self.daemon.connect()
        for rate in (1000000, 2000000):
            self.assertEqual(other.set_rate(SLOW, rate), 0)
        self.assertEqual(self.event(front)[0], CLOCK << 10 | 3 << 8)

    def test_ended_and_not_sent(self):
        """What was set since stays."""
        front = self.front()
        record = self.start(front)
        self.next_life(front, record)
        owed = self.owe(front, 2000000)
        more = self.owe(front, 1000000)
        for rate in (2000000, 1000000):
            while front.scmi(CLOCK, 0x6, SLOW)[1][0] != rate:
                pass
        self.next_life(front, record)
        self.lend(front)
        self.assertEqual(self.event(front), (owed, 0, SLOW, 2000000, 0))
        self.assertEqual(self.event(front), (more, 0, SLOW, 1000000, 0))
        self.assertEqual(front.scmi(CLOCK, 0x6, SLOW), (0, [1000000, 0]))
        self.assertIsNone(front.events.look())

    def test_answered_and_not_given(self):
        """The command is handled again, and its delayed response comes once."""
        front = self.front()
        record = self.start(front)
        self.lend(front)
        owed = self.owe(front, 2000000)
        ring = front.commands
        # As if it had died between the two: the record has the head, the ring has not got it back.
        used = (ring.used_index() - 1) & 0xFFFF
        front.put(ring.used + 2, struct.pack("<H", used))
        ring.skip_to(used)
        record.header(last=7, used=used)
        record.entry(0, counter=1)
        self.next_life(front, record)
        self.assertEqual(ring.wait()[1][4:8], bytes(4))
        self.assertEqual(self.event(front), (owed, 0, SLOW, 2000000, 0))
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        self.assertEqual(self.daemon.connect().set_rate(SLOW, 1000000), 0)
        self.assertEqual(self.event(front)[0], CLOCK << 10 | 3 << 8)

    def test_guest_boots_again(self):
        front = self.front()
        record = self.start(front)
        self.assertEqual(front.scmi(CLOCK, 0x10, 0x20000)[0], 0)
        for ring in front.rings:
            front.stop_ring(ring)
            ring.close()
            ring.__init__(front, ring.index, ring.descriptors, ring.num)
        self.next_life(front, record)
        self.assertFalse(self.speaks_old(front))

    def put(self, record, *messages, kind=SESSION_KIND, which=0, size=None):
        data = b"".join(struct.pack("<I", len(message)) + message for message in messages)
        at = record.offset + 2 * part_size(record.num)
        struct.pack_into("=II", record.map, at, kind, which)
        at += SESSION_FIRST + (which & 1) * SESSION_SPACE
        struct.pack_into("=I", record.map, at, len(data) if size is None else size)
        record.map[at + 4:at + 4 + len(data)] = data

    def test_anything_in_it(self):
        """It is believed as much as the agent."""
        def command(protocol, message, *words, kind=0):
            return struct.pack("<%dI" % (1 + len(words)), 5 << 18 | protocol << 10 | kind << 8 | message, *words)

        front = self.front()
        record = self.start(front)
        version = command(CLOCK, 0x10, 0x20000)
        nonsense = [command(CLOCK, 0x5, 0, SLOW, 2000000, 0), command(CLOCK, 0x5, 3, SLOW, 2000000, 0),
                    command(CLOCK, 0x7, SLOW, 1), command(CLOCK, 0x9, 999, 1), command(CLOCK, 0x9, SLOW),
                    command(CLOCK, 0x5, 0, SLOW, kind=2) + bytes(40), command(BASE, 0xb, 1, 1),
                    command(CLOCK, 0x0, 0, kind=3), command(0x1f, 0x10, 0x20000), bytes(4)]
        self.assertEqual(front.scmi(BASE, 0x0)[0], 0)
        for what, believed in (({}, True), ({"which": 1}, True), ({"which": 2}, False), ({"kind": 1}, False),
                               ({"size": SESSION_SPACE - 3}, False), ({"size": 0xFFFFFFFF}, False),
                               ({"size": 0}, False)):
            with self.subTest(**what):
                self.daemon.kill(signal.SIGSTOP)
                self.put(record, *nonsense, version, **what)
                self.next_life(front, record, VIRTIO_BOARD)
                self.assertEqual(self.speaks_old(front), believed)
                self.assertEqual(front.scmi(CLOCK, 0x6, SLOW)[1], [1000000, 0])
        # What cannot be done again ends.
        self.lend(front)
        self.daemon.kill(signal.SIGSTOP)
        self.put(record, command(CLOCK, 0x5, 1, 999, 2000000, 0), struct.pack("<I", 7))
        self.next_life(front, record)
        self.assertEqual(self.event(front)[:2], (5 << 18 | CLOCK << 10 | 2 << 8 | 0x5, COMMS_ERROR & 0xFFFFFFFF))
        chance = random.Random(1)
        for _ in range(10):
            self.daemon.kill(signal.SIGSTOP)
            self.put(record, *(chance.randbytes(chance.randrange(40)) for _ in range(400)))
            self.next_life(front, record)
            self.assertTrue(front.alive())


if __name__ == "__main__":
    unittest.main()
