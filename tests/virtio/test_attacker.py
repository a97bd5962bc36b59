#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A front end and a guest that break every rule, while another agent's traffic goes on."""
import os
import select
import socket
import struct
import sys
import threading
import time
import unittest

import vhost
from vhost import GUEST, NEXT, TABLE, USER, WRITE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from scmid import BASE, BOARD, Case  # pylint: disable=wrong-import-position

VIRTIO_BOARD = BOARD.replace("socket: two.sock", "virtio: two.vhost")
FDS_MAX = 8


class AttackerCase(Case):
    """Each test counts what the other agent got done meanwhile; none of it may fail."""

    def setUp(self):
        self.daemon = self.scmid(VIRTIO_BOARD).start()
        self.stop = threading.Event()
        self.rounds = 0
        self.failed = None
        self.current = None
        self.other = threading.Thread(target=self.traffic)
        self.other.start()
        self.addCleanup(self.check_other)

    def traffic(self):
        connection = self.daemon.connect()
        try:
            while not self.stop.is_set():
                if connection.enable(5, self.rounds % 2) != 0 or connection.is_enabled(5) != self.rounds % 2:
                    raise AssertionError("another agent is disturbed")
                self.rounds += 1
        except (AssertionError, OSError) as failure:
            self.failed = failure

    def check_other(self):
        before = self.rounds
        while self.rounds < before + 2 and not self.failed:
            pass
        self.stop.set()
        self.other.join()
        self.assertIsNone(self.failed)
        self.assertGreater(self.rounds, before)

    def front(self):
        """In place of the one before."""
        if self.current:
            self.current.close()
        self.current = vhost.connect(self.daemon.path("two.vhost"))
        self.addCleanup(self.current.clean_up)
        return self.current


class Messages(AttackerCase):
    def hangs_up(self, send, negotiate=False):
        front = self.front()
        if negotiate:
            front.negotiate(protocol=0)
        try:
            send(front)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertTrue(front.is_hung_up())

    def test_headers(self):
        for flags in (0, 2, 3):
            with self.subTest(flags=flags):
                self.hangs_up(lambda front, flags=flags: front.send(vhost.GET_FEATURES, flags=flags))
        with self.subTest("a reply"):
            self.hangs_up(lambda front: front.send(vhost.GET_FEATURES, flags=5))
        with self.subTest("too long"):
            self.hangs_up(lambda front: front.send(vhost.GET_FEATURES, size=513))
            self.hangs_up(lambda front: front.send(vhost.GET_FEATURES, size=0xFFFFFFFF))

    def test_every_request_without_its_payload(self):
        """Known or not, asked too early or wrong: an answer or an end, never a crash."""
        for request in list(range(64)) + [0xFF, 0xFFFFFFFF]:
            for payload in (b"", b"\xFF" * 7, b"\xFF" * 8, b"\xFF" * 512):
                with self.subTest(request=request, size=len(payload)):
                    front = self.front()
                    front.negotiate()
                    front.send(request, payload, flags=9)
                    try:
                        header = struct.unpack("=III", front.receive_bytes(12))
                    except ConnectionError:
                        # Its answer has no room for a refusal.
                        self.assertIn(request, (vhost.GET_VRING_BASE, vhost.GET_INFLIGHT_FD))
                        continue
                    self.assertEqual(header[:2], (request, 5))
                    front.receive_bytes(header[2])
                    front.good(vhost.SET_OWNER)

    def test_unknown_request_without_acknowledgement(self):
        self.hangs_up(lambda front: front.send(63), negotiate=True)

    def test_bytes_one_by_one(self):
        front = self.front()
        for byte in struct.pack("=III", vhost.GET_FEATURES, 1, 0):
            front.socket.send(bytes([byte]))
        self.assertEqual(struct.unpack("=Q", front.reply(vhost.GET_FEATURES))[0], vhost.ALL)
        front.socket.send(struct.pack("=II", vhost.SET_FEATURES, 1))
        self.front()

    def test_descriptors(self):
        """Where none belong, too many, and in the middle of a message: all are closed, which the count shows."""
        fds = lambda: len(os.listdir("/proc/%d/fd" % self.daemon.process.pid))
        front = self.front()
        front.negotiate()
        before = fds()
        null = os.open("/dev/null", os.O_RDONLY)
        self.addCleanup(os.close, null)
        table = struct.pack("=II", 1, 0) + front.region()
        for _ in range(30):
            self.assertNotEqual(front.tell(vhost.SET_OWNER, b"", [null] * FDS_MAX), 0)
            self.assertNotEqual(front.tell(vhost.SET_VRING_CALL, struct.pack("=Q", 0), [null]), 0)
            self.assertNotEqual(front.tell(vhost.SET_VRING_CALL, struct.pack("=Q", 0)), 0)
            self.assertNotEqual(front.tell(vhost.SET_VRING_CALL, struct.pack("=Q", 0x100), [null]), 0)
            self.assertNotEqual(front.tell(vhost.SET_BACKEND_REQ_FD, b"", [null]), 0)
            self.assertNotEqual(front.tell(vhost.SET_VRING_KICK, struct.pack("=Q", 2), [front.commands.kick]), 0)
            self.assertNotEqual(front.tell(vhost.SET_MEM_TABLE, table, [null]), 0)
            self.assertNotEqual(front.tell(vhost.SET_MEM_TABLE, table, [front.memory] * 2), 0)
        # The other agent's connection and the file of its state may have come meanwhile, but not 30.
        self.assertLess(fds(), before + 10)
        front.send(vhost.SET_OWNER, b"", [null] * 100)
        self.assertTrue(front.is_hung_up())

    def test_its_own_end(self):
        """A device that kept this descriptor would keep a connection that nobody has any more."""
        for request, payload in ((vhost.SET_VRING_CALL, struct.pack("=Q", 0)), (vhost.SET_VRING_KICK, struct.pack("=Q", 0)),
                                 (vhost.SET_BACKEND_REQ_FD, b"")):
            front = self.front()
            front.negotiate()
            front.send(request, payload, [front.socket.fileno()])
            self.assertTrue(front.is_hung_up())
            self.front().negotiate()

    def test_regions(self):
        front = self.front()
        front.negotiate()
        top = (1 << 64) - 0x1000
        bad = {
            "empty": front.region(size=0),
            "behind the end": front.region(size=vhost.SIZE + 1),
            "guest wraps": front.region(guest=top, size=0x2000),
            "user wraps": front.region(user=top, size=0x2000),
            "offset wraps": front.region(offset=top),
        }
        for what, region in bad.items():
            with self.subTest(what):
                self.assertNotEqual(
                    front.tell(vhost.SET_MEM_TABLE, struct.pack("=II", 1, 0) + region, [front.memory]), 0)
                self.assertNotEqual(
                    front.tell(vhost.ADD_MEM_REG, struct.pack("=Q", 0) + region, [front.memory]), 0)
        two = struct.pack("=II", 2, 0) + front.region()
        for what, second in {
                "guest overlaps": front.region(user=USER + vhost.SIZE, guest=GUEST + vhost.SIZE - 1),
                "user overlaps": front.region(guest=GUEST + vhost.SIZE, user=USER - 1),
        }.items():
            with self.subTest(what):
                self.assertNotEqual(front.tell(vhost.SET_MEM_TABLE, two + second, [front.memory] * 2), 0)
        with self.subTest("more than said"):
            self.assertNotEqual(front.tell(vhost.SET_MEM_TABLE, two, [front.memory] * 2), 0)
        with self.subTest("too many"):
            self.assertNotEqual(
                front.tell(vhost.SET_MEM_TABLE, struct.pack("=II", 9, 0) + front.region() * 9, [front.memory] * 8), 0)
        with self.subTest("no slot left"):
            for i in range(32):
                region = front.region(GUEST + 0x1000 * i, USER + 0x1000 * i, 0x1000)
                front.good(vhost.ADD_MEM_REG, struct.pack("=Q", 0) + region, [front.memory])
            region = front.region(GUEST + 0x40000, USER + 0x40000, 0x1000)
            self.assertNotEqual(front.tell(vhost.ADD_MEM_REG, struct.pack("=Q", 0) + region, [front.memory]), 0)
        with self.subTest("another to take away"):
            region = front.region(size=0x2000)
            self.assertNotEqual(front.tell(vhost.REM_MEM_REG, struct.pack("=Q", 0) + region), 0)

    def test_rings(self):
        front = self.front()
        front.negotiate()
        pair = lambda index, number: struct.pack("=II", index, number)
        kick = lambda: front.tell(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick])
        address = lambda descriptors, used, avail: struct.pack("=IIQQQQ", 0, 0, descriptors, used, avail, 0)
        for num in (0, 3, 2048, 65536, 1 << 31):
            self.assertNotEqual(front.tell(vhost.SET_VRING_NUM, pair(0, num)), 0)
        for request in (vhost.SET_VRING_NUM, vhost.SET_VRING_BASE, vhost.SET_VRING_ENABLE, vhost.VRING_KICK):
            self.assertNotEqual(front.tell(request, pair(2, 1)), 0)
        self.assertNotEqual(front.tell(vhost.SET_VRING_BASE, pair(0, 65536)), 0)
        self.assertNotEqual(front.tell(vhost.SET_VRING_ENABLE, pair(0, 2)), 0)
        self.assertNotEqual(front.tell(vhost.VRING_KICK, pair(0, 0)), 0)
        self.assertNotEqual(kick(), 0)
        front.good(vhost.SET_VRING_NUM, pair(0, 8))
        self.assertNotEqual(kick(), 0)
        front.good(vhost.SET_VRING_ADDR, address(USER, USER + 0x2000, USER + 0x1000))
        self.assertNotEqual(kick(), 0)
        front.share()
        end = USER + vhost.SIZE
        for what, parts in {
                "descriptors behind the end": (end - 127, USER + 0x2000, USER + 0x1000),
                "avail behind the end": (USER, USER + 0x2000, end - 20),
                "used behind the end": (USER, end - 64, USER + 0x1000),
                "before the start": (USER - 16, USER + 0x2000, USER + 0x1000),
                "guest addresses": (GUEST, GUEST + 0x2000, GUEST + 0x1000),
                "descriptors not aligned": (USER + 8, USER + 0x2000, USER + 0x1000),
                "avail not aligned": (USER, USER + 0x2000, USER + 0x1001),
                "used not aligned": (USER, USER + 0x2002, USER + 0x1000),
        }.items():
            with self.subTest(what):
                front.good(vhost.SET_VRING_ADDR, address(*parts))
                self.assertNotEqual(kick(), 0)
        front.good(vhost.SET_VRING_ADDR, address(USER, USER + 0x2000, USER + 0x1000))
        front.good(vhost.SET_FEATURES, struct.pack("=Q", vhost.PROTOCOL_FEATURES))
        self.assertNotEqual(kick(), 0)
        self.assertNotEqual(front.tell(vhost.SET_FEATURES, struct.pack("=Q", 1 << 34)), 0)
        self.assertNotEqual(front.tell(vhost.SET_PROTOCOL_FEATURES, struct.pack("=Q", 1 << 9)), 0)
        front.good(vhost.SET_FEATURES, struct.pack("=Q", vhost.ALL))
        self.assertEqual(kick(), 0)
        front.enable(front.commands)
        self.assertNotEqual(front.tell(vhost.SET_VRING_NUM, pair(0, 4)), 0)
        self.assertNotEqual(front.tell(vhost.SET_VRING_BASE, pair(0, 4)), 0)

    def test_second_front_ends_in_a_row(self):
        front = self.front().start()
        for _ in range(50):
            probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            with probe:
                probe.settimeout(vhost.PATIENCE_S)
                probe.connect(front.path)
                self.assertEqual(probe.recv(1), b"")
        self.assertTrue(front.alive())


class Rings(AttackerCase):
    """Every rule of a ring, broken by hand. The ring stands still then, the front end is told, and can start again."""

    def breaks(self, do, fault, features=vhost.ALL):
        front = self.front().start(features)
        self.assertTrue(front.alive())
        do(front.commands)
        front.commands.wake()
        front.commands.wait_error()
        last = self.daemon.log().rpartition("the command ring is broken and stands still: ")[2]
        self.assertTrue(last.startswith(fault), last)
        self.assertTrue(front.ask_u64(vhost.GET_FEATURES))
        front.stop_ring(front.commands)
        front.commands.__init__(front, 0, front.commands.descriptors, front.commands.num)
        front.start_ring(front.commands)
        self.assertTrue(front.alive())

    def test_jump(self):
        self.breaks(lambda ring: ring.front.put(ring.avail + 2, struct.pack("<H", ring.next_avail + 9)),
                    "an index that went further")

    def test_head_outside(self):
        self.breaks(lambda ring: ring.offer(8), "a head that is no descriptor")

    def test_head_twice(self):
        def do(ring):
            ring.command(0, ring.front.message(0x14, 0x5, 0, 4, 2000000, 0))
            ring.offer(0)
        self.breaks(do, "a head that the device already has")

    def one(self, fault, *descriptors):
        """A chain of these, from head 0: address, size, flags, next."""
        def do(ring):
            for index, (address, size, flags, following) in enumerate(descriptors):
                ring.descriptor(index, address, size, flags, following)
            ring.offer(0)
        self.breaks(do, fault)

    def test_next_outside(self):
        self.one("a chain that leads out", (GUEST, 4, NEXT, 8))

    def test_circle(self):
        self.one("a chain longer than the ring", (GUEST, 4, NEXT, 1), (GUEST, 4, NEXT, 0))

    def test_direction(self):
        self.one("a readable buffer behind", (GUEST, 8, WRITE | NEXT, 1), (GUEST, 4, 0, 0))

    def test_empty(self):
        self.one("a buffer of no bytes", (GUEST, 0, 0, 0))

    def test_outside(self):
        self.one("an address outside", (GUEST - 1, 4, 0, 0))

    def test_over_the_end(self):
        self.one("an address outside", (GUEST + vhost.SIZE - 3, 4, 0, 0))

    def test_addresses_wrap(self):
        self.one("an address outside", ((1 << 64) - 2, 4, 0, 0))

    def table(self, fault, *entries, size=None, flags=TABLE, features=vhost.ALL):
        def do(ring):
            at = ring.slot(6)
            for index, (address, length, entry_flags, following) in enumerate(entries):
                ring.descriptor(index, address, length, entry_flags, following, at)
            ring.descriptor(0, GUEST + at, 16 * len(entries) if size is None else size, flags, 1)
            ring.offer(0)
        self.breaks(do, fault, features)

    def test_table_in_a_table(self):
        self.table("an indirect table in an indirect", (GUEST, 16, TABLE, 0))

    def test_table_with_next(self):
        self.table("an indirect table that is not the last", (GUEST, 4, 0, 0), flags=TABLE | NEXT)

    def test_table_sizes(self):
        for size in (0, 8, 17, 16 * 9, 0xFFFFFFF0):
            with self.subTest(size=size):
                self.table("an indirect table of a wrong size", (GUEST, 4, 0, 0), size=size)

    def test_table_leads_outside(self):
        self.table("a chain that leads out", (GUEST, 4, NEXT, 1))

    def test_table_not_negotiated(self):
        self.table("an indirect table that was not negotiated", (GUEST, 4, 0, 0), features=vhost.ALL & ~vhost.INDIRECT)

    def test_event_ring(self):
        front = self.front().start()
        front.events.offer(8)
        self.assertEqual(front.scmi(0x14, 0x9, 4, 1)[0], 0)
        self.assertEqual(self.daemon.connect().set_rate(4, 2000000), 0)
        self.daemon.wait_for("the event ring is broken and stands still: ")
        self.assertTrue(front.alive())

    def test_used_ring_is_overwritten(self):
        """The device's own part is in the guest's memory too."""
        front = self.front().start()
        for _ in range(20):
            front.put(front.commands.used, b"\xFF" * (6 + 8 * front.commands.num))
            front.commands.command(0, front.message(BASE, 0x0))
            front.commands.wake()
        self.assertTrue(front.ask_u64(vhost.GET_FEATURES))


class Wakeups(AttackerCase):
    """Descriptors that the device and its front end both have, and what can be done to them from the other side."""

    FULL = (1 << 64) - 2

    def answered(self, ring):
        """Without a look at the calls."""
        end = time.monotonic() + vhost.PATIENCE_S
        ring.command(0, ring.front.message(BASE, 0x0))
        ring.wake()
        while not ring.look():
            self.assertLess(time.monotonic(), end)

    def test_counters_that_are_full(self):
        """Whoever writes one more waits, if O_NONBLOCK is not set; and it is the front end's to clear."""
        front = self.front().start()
        ring = front.commands
        for fd in (ring.call, ring.error, ring.kick):
            os.set_blocking(fd, True)
        os.eventfd_write(ring.call, self.FULL)
        os.eventfd_write(ring.error, self.FULL)
        # Enough for whatever the device may have to clear away now and then.
        for _ in range(300):
            self.answered(ring)
        ring.offer(9)
        ring.wake()
        self.daemon.wait_for("the command ring is broken and stands still: ")
        self.assertTrue(front.ask_u64(vhost.GET_FEATURES))

    def test_kicks_that_are_taken_back(self):
        """The device is told of two kicks at once; while it serves the first the second is taken back."""
        front = vhost.connect(self.daemon.path("two.vhost"), num=128)
        self.addCleanup(front.clean_up)
        front.start()
        commands, events = front.rings
        os.set_blocking(events.kick, True)
        for _ in range(300):
            for head in range(0, 64, 2):
                commands.command(head, front.message(BASE, 0x0))
            target = commands.next_avail
            commands.wake()
            events.wake()
            while commands.used_index() == commands.seen:
                pass
            try:
                os.preadv(events.kick, [bytearray(8)], -1, os.RWF_NOWAIT)
            except BlockingIOError:
                pass
            while commands.used_index() != target:
                pass
            commands.skip_to(target)
        self.assertTrue(front.alive())

    def test_descriptors_that_could_keep_others_waiting(self):
        front = self.front()
        front.negotiate()
        front.share()
        front.set_ring(front.commands)
        reader, writer = os.pipe()
        ours, theirs = socket.socketpair()
        tcp = socket.socket(socket.AF_INET)
        for thing in (ours, theirs, tcp):
            self.addCleanup(thing.close)
        path = os.open(self.daemon.path("."), os.O_PATH)
        epoll = select.epoll()
        self.addCleanup(epoll.close)
        for fd in (reader, writer, path):
            self.addCleanup(os.close, fd)
        others = {"pipe": reader, "pipe's end": writer, "TCP": tcp.fileno(), "epoll": epoll.fileno(), "memory": front.memory,
                  "path": path}
        for what, fd in others.items():
            for request in (vhost.SET_VRING_KICK, vhost.SET_VRING_CALL, vhost.SET_VRING_ERR):
                with self.subTest(what, request=request):
                    self.assertNotEqual(front.tell(request, struct.pack("=Q", 0), [fd]), 0)
        with self.subTest("a socket for kicks"):
            self.assertNotEqual(front.tell(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [theirs.fileno()]), 0)
        with self.subTest("TCP for the device's requests"):
            self.assertNotEqual(front.tell(vhost.SET_BACKEND_REQ_FD, b"", [tcp.fileno()]), 0)
        front.start_ring(front.commands)
        self.assertTrue(front.alive())


if __name__ == "__main__":
    unittest.main()
