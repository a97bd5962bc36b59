#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What scmid's virtio device had under way when it died is finished by the next one."""
import fcntl
import mmap
import os
import random
import signal
import struct
import sys
import threading
import unittest

import vhost

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from scmid import BASE, CLOCK, Case  # pylint: disable=wrong-import-position
from test_backend import SLOW, VIRTIO_BOARD  # pylint: disable=wrong-import-position

F_GET_SEALS, SHRINK_GROW_SEAL = 1034, 7
PROTOCOL = vhost.REPLY_ACK | vhost.MQ | vhost.RESET | vhost.INFLIGHT
# The first life's commands end only with it.
ENDLESS_BOARD = VIRTIO_BOARD.replace("set_latency: 30 ms", "set_latency: 1000 s")

# What our own records have behind the rings: a kind, which of two is good, and the two.
SESSION_KIND, SESSION_FIRST, SESSION_SPACE = 0x01736d63, 64, 16384
SESSION_SIZE = SESSION_FIRST + 2 * SESSION_SPACE


def part_size(num):
    return (16 + 16 * num + 63) & ~63


class Record:
    """The memory of vhost-user's inflight, as the protocol lays it out."""

    def __init__(self, fd, num, queues=2, offset=0, size=0):
        self.fd, self.num, self.queues, self.offset = fd, num, queues, offset
        self.size = size or queues * part_size(num)
        self.map = mmap.mmap(fd, offset + self.size)

    @classmethod
    def make(cls, num, offset=0, queues=2):
        fd = os.memfd_create("record", os.MFD_CLOEXEC)
        os.ftruncate(fd, offset + queues * part_size(num))
        return cls(fd, num, queues, offset)

    def close(self):
        self.map.close()
        os.close(self.fd)

    def set(self, what, at, *values, queue=0):
        struct.pack_into(what, self.map, self.offset + queue * part_size(self.num) + at, *values)

    def get(self, what, at, queue=0):
        return struct.unpack_from(what, self.map, self.offset + queue * part_size(self.num) + at)

    def header(self, version=1, num=None, last=0, used=0, features=0, queue=0):
        self.set("=QHHHH", 0, features, version, self.num if num is None else num, last, used, queue=queue)

    def entry(self, head, under_way=1, following=0, counter=0, queue=0):
        self.set("=B5xHQ", 16 + 16 * head, under_way, following, counter, queue=queue)

    def under_way(self, queue=0):
        """The heads, in the order in which they were taken."""
        entries = [self.get("=B5xHQ", 16 + 16 * head, queue) for head in range(self.num)]
        return sorted((head for head in range(self.num) if entries[head][0]), key=lambda head: entries[head][2])

    def used(self, queue=0):
        return self.get("=H", 14, queue)[0]

    def version(self, queue=0):
        return self.get("=H", 8, queue)[0]


class InflightCase(Case):
    board = VIRTIO_BOARD

    def setUp(self):
        self.daemon = self.scmid(self.board).start()

    def front(self, **more):
        front = vhost.connect(self.daemon.path("two.vhost"), **more)
        self.addCleanup(front.clean_up)
        return front

    def own(self, record):
        self.addCleanup(record.close)
        return record

    def record(self, front):
        size, offset, fd = front.ask_inflight(2, front.commands.num)
        return self.own(Record(fd, front.commands.num, offset=offset, size=size))

    def tell_record(self, front, record, **other):
        """What the device makes of it; 0 is good."""
        says = {"size": record.size, "offset": record.offset, "queues": record.queues, "num": record.num,
                "fd": record.fd, **other}
        payload = struct.pack("=QQHHI", says["size"], says["offset"], says["queues"], says["num"], 0)
        return front.tell(vhost.SET_INFLIGHT_FD, payload, [says["fd"]])

    def start(self, front, record=None):
        """Everything until the rings run, with a new record or this one."""
        front.negotiate(protocol=PROTOCOL)
        record = record or self.record(front)
        self.assertEqual(self.tell_record(front, record), 0)
        front.share()
        for ring in front.rings:
            front.start_ring(ring, ring.used_index())
        return record

    def slow(self, front, head, rate):
        message = front.message(CLOCK, 0x5, 0, SLOW, rate, 0)
        front.commands.command(head, message)
        return message[:4]

    def next_life(self, front, record, board=VIRTIO_BOARD):
        self.daemon.kill(signal.SIGKILL)
        self.daemon.wait()
        self.daemon.close_connections()
        self.daemon.write(board)
        self.daemon.start()
        front.connect_again()
        self.start(front, record)


class Killed(InflightCase):
    board = ENDLESS_BOARD

    def test_new_record(self):
        front = self.front()
        front.negotiate(protocol=PROTOCOL)
        for num in (1, 2, 8, 1024):
            with self.subTest(num=num):
                size, offset, fd = front.ask_inflight(2, num)
                self.assertEqual((offset, os.fstat(fd).st_size), (0, size))
                self.assertEqual(size, 2 * part_size(num) + SESSION_SIZE)
                self.assertEqual(fcntl.fcntl(fd, F_GET_SEALS), SHRINK_GROW_SEAL)
                self.assertEqual(os.pread(fd, size + 1, 0), bytes(size))
                os.close(fd)

    def test_commands_under_way(self):
        """Each gets one answer, its own, in the order in which they came."""
        front = self.front()
        record = self.start(front)
        ring = front.commands
        tokens = {6: self.slow(front, 6, 2000000), 0: self.slow(front, 0, 1000000)}
        ring.command(2, front.message(BASE, 0x0))
        ring.wake()
        self.assertEqual(ring.wait()[0], 2)
        self.assertEqual(record.under_way(), [6, 0])
        # Made available, and never taken by the first.
        self.daemon.kill(signal.SIGSTOP)
        ring.command(4, front.message(BASE, 0x0))
        self.next_life(front, record)
        answers = {}
        order = []
        for _ in range(3):
            head, answer = ring.wait()
            order.append(head)
            answers[head] = answer
        self.assertEqual(sorted(order), [0, 4, 6])
        self.assertLess(order.index(6), order.index(0))
        for head, token in tokens.items():
            self.assertEqual(answers[head], token + bytes(4))
        self.assertEqual(front.scmi(CLOCK, 0x6, SLOW), (0, [1000000, 0]))
        self.assertIsNone(ring.look())
        self.assertEqual(record.under_way(), [])
        self.assertEqual(front.stop_ring(ring), ring.next_avail)
        self.assertEqual(record.version(), 0)

    def test_killed_again_and_again(self):
        front = self.front()
        record = self.start(front)
        tokens = [self.slow(front, head, 1000000 + 1000000 * (head % 4 == 0)) for head in (0, 2, 4)]
        front.commands.command(6, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 6)
        for _ in range(3):
            self.next_life(front, record, ENDLESS_BOARD)
            # It has been through them when it answers this.
            self.assertEqual(front.scmi(BASE, 0x0, head=6)[0], 0)
            self.assertEqual(record.under_way(), [0, 2, 4])
        self.next_life(front, record)
        self.assertEqual([front.commands.wait() for _ in range(3)],
                         [(2 * i, tokens[i] + bytes(4)) for i in range(3)])
        self.assertTrue(front.alive())

    def test_connection_ends_and_scmid_lives(self):
        front = self.front()
        record = self.start(front)
        token = self.slow(front, 0, 2000000)
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        front.close()
        self.daemon.wait_for("")
        self.next_life(front, record)
        self.assertEqual(front.commands.wait(), (0, token + bytes(4)))

    def test_buffers_for_events_stay_lent(self):
        front = self.front(num=4)
        record = self.start(front)
        for head in range(4):
            front.events.buffer(head)
        front.events.wake()
        self.assertEqual(front.scmi(CLOCK, 0x9, 5, 0)[0], 0)
        self.next_life(front, record)
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        other = self.daemon.connect()
        for head in range(4):
            self.assertEqual(other.set_rate(SLOW, 2000000 - 1000000 * (head % 2)), 0)
            self.assertEqual(front.events.wait()[0], head)
        self.assertEqual(record.under_way(queue=1), [])
        self.assertEqual(record.used(queue=1), 4)


class Found(InflightCase):
    """Records as a back end leaves them that dies between two stores."""

    def find(self, record, heads, used, avail):
        """A new device finds this; the used ring stands at `used`. What it answers, in this order."""
        front = self.front()
        ring = front.commands
        ring.next_avail = (avail - len(heads)) & 0xFFFF
        tokens = {}
        for head in heads:
            message = front.message(BASE, 0x0)
            ring.command(head, message)
            tokens[head] = message[:4]
        front.put(ring.used + 2, struct.pack("<H", used))
        ring.skip_to(used)
        self.start(front, record)
        order = []
        while (ring.used_index() - ring.seen) & 0xFFFF:
            head, answer = ring.look()
            self.assertEqual(answer[:8], tokens[head] + bytes(4))
            order.append(head)
        self.assertTrue(front.scmi(BASE, 0x0)[0] == 0)
        self.assertEqual(record.under_way(), [])
        self.assertEqual(record.used(), ring.used_index())
        return order

    def test_order_is_the_counters(self):
        record = self.own(Record.make(8))
        record.header(used=5)
        for head, counter in ((0, 7), (2, 1 << 40), (4, 6)):
            record.entry(head, counter=counter)
        self.assertEqual(self.find(record, (0, 2, 4), 5, 8), [4, 0, 2])

    def test_indices_wrap(self):
        record = self.own(Record.make(8))
        record.header(used=0xFFFE, last=4)
        record.entry(4, following=7)
        record.entry(0, counter=1)
        self.assertEqual(self.find(record, (0,), 0xFFFF, 0), [0])

    def test_given_back_and_not_noted(self):
        """The driver has it: it must not get it twice."""
        record = self.own(Record.make(8))
        record.header(used=4, last=2)
        record.entry(2, counter=1)
        record.entry(4, counter=2)
        self.assertEqual(self.find(record, (4,), 5, 6), [4])

    def test_a_batch_given_back_and_not_noted(self):
        record = self.own(Record.make(8))
        record.header(used=3, last=6)
        record.entry(6, counter=1, following=2)
        record.entry(2, counter=2, following=1, under_way=0)
        record.entry(1, counter=9, following=1)
        record.entry(4, counter=3)
        self.assertEqual(self.find(record, (4,), 6, 7), [4])

    def test_about_to_be_given_back(self):
        """Its answer is written and it stands in the list, but the driver has not seen it."""
        record = self.own(Record.make(8))
        record.header(used=5, last=2)
        record.entry(2, counter=1)
        self.assertEqual(self.find(record, (2,), 5, 6), [2])

    def test_record_at_an_offset(self):
        record = self.own(Record.make(8, offset=0x1040))
        record.header(used=5)
        record.entry(2, counter=1)
        self.assertEqual(self.find(record, (2,), 5, 6), [2])

    def test_none_was_begun(self):
        record = self.own(Record.make(8))
        record.header(version=0, num=3, last=700, used=9)
        record.entry(2, under_way=200)
        self.assertEqual(self.find(record, (4,), 5, 6), [4])

    def test_under_way_at_the_ring_that_is_broken(self):
        """A head that is none of the driver's breaks its ring, and nothing else."""
        front = self.front()
        record = self.own(Record.make(8))
        record.header()
        record.entry(3)
        front.commands.descriptor(3, 0, 4)
        self.start(front, record)
        front.commands.wait_error()
        self.daemon.wait_for("an address outside")
        self.assertTrue(self.daemon.connect().alive())


class Life(InflightCase):
    def test_guest_boots_again(self):
        """With the record of before: nothing of it is done again."""
        front = self.front()
        record = self.start(front)
        for _ in range(2):
            self.assertEqual([front.scmi(BASE, 0x0)[0] for _ in range(3)], [0] * 3)
            for ring in front.rings:
                front.enable(ring, 0)
                front.stop_ring(ring)
                self.assertEqual(record.version(ring.index), 0)
                ring.close()
                ring.__init__(front, ring.index, ring.descriptors, ring.num)
                front.start_ring(ring)
                self.assertEqual(record.version(ring.index), 1)

    def test_reset_forgets(self):
        front = self.front()
        record = self.start(front)
        self.slow(front, 0, 2000000)
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        front.good(vhost.RESET_DEVICE)
        self.assertEqual((record.version(0), record.version(1)), (0, 0))

    def test_memory_goes_and_comes_under_a_command(self):
        """With a record, it is finished when the memory is there again."""
        front = self.front()
        front.negotiate(protocol=PROTOCOL | vhost.SLOTS)
        record = self.record(front)
        self.assertEqual(self.tell_record(front, record), 0)
        region = struct.pack("=Q", 0) + front.region()
        front.good(vhost.ADD_MEM_REG, region, [front.memory])
        front.start_ring(front.commands)
        token = self.slow(front, 0, 2000000)
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        front.good(vhost.REM_MEM_REG, region)
        front.good(vhost.ADD_MEM_REG, region, [front.memory])
        front.start_ring(front.commands)
        self.assertEqual(front.commands.wait(), (0, token + bytes(4)))
        self.assertTrue(front.alive())

    def test_scribbled_over(self):
        """A running device only writes it."""
        front = self.front()
        record = self.start(front)
        stop = threading.Event()

        def scribble():
            while not stop.is_set():
                record.map[:] = random.randbytes(record.size)

        thread = threading.Thread(target=scribble)
        thread.start()
        try:
            for head in list(range(0, 8, 2)) * 25:
                self.assertEqual(front.scmi(BASE, 0x0, head=head)[0], 0)
        finally:
            stop.set()
            thread.join()

    def test_scribbled_over_while_it_is_read(self):
        """Whatever comes of it, it is this connection's trouble."""
        other = self.daemon.connect()
        for seed in range(40):
            front = self.front()
            record = self.own(Record.make(8))
            stop = threading.Event()

            def scribble(record=record, stop=stop, seed=seed):
                chance = random.Random(seed)
                while not stop.is_set():
                    record.header(used=chance.randrange(3), last=chance.randrange(9))
                    record.entry(chance.randrange(8), chance.randrange(2), chance.randrange(9), chance.randrange(9))

            front.negotiate(protocol=PROTOCOL)
            self.tell_record(front, record)
            front.share()
            front.set_ring(front.commands)
            thread = threading.Thread(target=scribble)
            thread.start()
            try:
                for _ in range(3):
                    front.tell(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick])
                    front.stop_ring(front.commands)
            finally:
                stop.set()
                thread.join()
            front.close()
            self.assertTrue(other.alive())

    def test_shrunk(self):
        other = self.daemon.connect()
        front = self.front()
        record = self.own(Record.make(8))
        self.start(front, record)
        os.ftruncate(record.fd, 0)
        front.commands.command(0, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertTrue(front.is_hung_up())
        self.daemon.wait_for("the front end has taken memory away that was in use")
        self.assertTrue(other.alive())


class Refused(InflightCase):
    def refused(self, spoil):
        """By SET_INFLIGHT_FD or when the ring starts."""
        front = self.front()
        front.negotiate(protocol=PROTOCOL)
        record = self.own(Record.make(8))
        record.header()
        other = spoil(record) or {}
        try:
            if self.tell_record(front, record, **other) == 0:
                front.share()
                front.set_ring(front.commands)
                self.assertNotEqual(front.tell(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick]), 0)
        finally:
            front.close()
        self.assertTrue(self.daemon.connect().alive())

    def test_what_is_said_of_it(self):
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        event = os.eventfd(0, os.EFD_CLOEXEC)
        self.addCleanup(os.close, null)
        self.addCleanup(os.close, event)
        top = (1 << 64) - 64
        for other in ({"fd": null}, {"fd": event}, {"size": 0}, {"size": 2 * part_size(8) - 1}, {"offset": 64},
                      {"offset": top}, {"offset": 1}, {"offset": 8}, {"queues": 0}, {"queues": 3}, {"num": 0},
                      {"num": 3}, {"num": 4}, {"num": 2048, "size": 1 << 40}, {"num": 16}, {"num": 65535}):
            with self.subTest(**other):
                self.refused(lambda record, other=other: other)

    def test_what_is_in_it(self):
        def next_outside(record):
            record.header(last=2, used=0xFFFE)
            record.entry(2, following=8)

        spoilt = {
            "version": lambda record: record.header(version=2),
            "length": lambda record: record.header(num=4),
            "features": lambda record: record.header(features=1),
            "neither under way nor not": lambda record: record.entry(7, under_way=2),
            "more than can be": lambda record: record.header(used=0xFFFF - 8),
            "ahead of the ring": lambda record: record.header(used=1),
            "last outside": lambda record: record.header(used=0xFFFF, last=8),
            "next outside": next_outside,
        }
        for what, spoil in spoilt.items():
            with self.subTest(what):
                self.refused(spoil)

    def test_when_it_comes(self):
        front = self.front()
        record = self.own(Record.make(8))
        front.negotiate(protocol=vhost.REPLY_ACK)
        self.assertNotEqual(self.tell_record(front, record), 0)
        front.close()
        front = self.front()
        self.start(front, record)
        self.assertNotEqual(self.tell_record(front, record), 0)
        self.assertTrue(front.alive())

    def test_what_cannot_be_made(self):
        for queues, num, protocol in ((0, 8, PROTOCOL), (3, 8, PROTOCOL), (2, 0, PROTOCOL), (2, 7, PROTOCOL),
                                      (2, 2048, PROTOCOL), (2, 8, vhost.REPLY_ACK)):
            with self.subTest(queues=queues, num=num):
                front = self.front()
                front.negotiate(protocol=protocol)
                front.send(vhost.GET_INFLIGHT_FD, struct.pack("=QQHHI", 0, 0, queues, num, 0))
                self.assertTrue(front.is_hung_up())

    def test_descriptors_are_not_kept(self):
        front = self.front()
        front.negotiate(protocol=PROTOCOL)
        record = self.own(Record.make(8))
        count = lambda: len(os.listdir("/proc/%d/fd" % self.daemon.process.pid))
        before = count()
        for _ in range(30):
            os.close(front.ask_inflight(2, 8)[2])
            self.assertEqual(self.tell_record(front, record), 0)
        self.assertLess(count(), before + 10)


if __name__ == "__main__":
    unittest.main()
