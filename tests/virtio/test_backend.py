#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmid's virtio device, as a front end and its guest see it."""
import fcntl
import os
import signal
import socket
import struct
import sys
import tempfile
import unittest

import vhost
from vhost import FrontEnd, GUEST, USER

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from scmid import BASE, BOARD, CLOCK, Case  # pylint: disable=wrong-import-position

SLOW, LAMP = 4, 5
NOT_SUPPORTED = -1
# The guest's own requests end with it, the others' do not.
VIRTIO_BOARD = BOARD.replace("socket: two.sock", "virtio: two.vhost")


class VirtioCase(Case):
    def setUp(self):
        self.daemon = self.scmid(VIRTIO_BOARD).start()

    def front(self, **more):
        front = vhost.connect(self.daemon.path("two.vhost"), **more)
        self.addCleanup(front.clean_up)
        return front

    def refused(self):
        front = FrontEnd(self.daemon.path("two.vhost"))
        self.addCleanup(front.clean_up)
        return front

    def other_goes_on(self):
        self.assertTrue(self.daemon.connect().alive())


class Conversation(VirtioCase):
    def test_what_is_offered(self):
        front = self.front()
        self.assertEqual(front.ask_u64(vhost.GET_FEATURES), vhost.ALL)
        self.assertEqual(front.ask_u64(vhost.GET_PROTOCOL_FEATURES),
                         vhost.MQ | vhost.REPLY_ACK | vhost.BACKEND_REQ | vhost.INFLIGHT | vhost.RESET |
                         vhost.INBAND | vhost.SLOTS | vhost.STATUS)
        self.assertEqual(front.ask_u64(vhost.GET_QUEUE_NUM), 2)
        self.assertEqual(front.ask_u64(vhost.GET_MAX_MEM_SLOTS), 32)

    def test_commands(self):
        """More than the ring is long, in both forms, with every choice of features."""
        for features in (0, vhost.INDIRECT, vhost.EVENT_IDX, vhost.INDIRECT | vhost.EVENT_IDX):
            with self.subTest(features=hex(features)):
                front = self.front(num=4)
                front.start(vhost.P2A | vhost.VERSION_1 | vhost.PROTOCOL_FEATURES | features)
                for i in range(11):
                    indirect = bool(features & vhost.INDIRECT) and i % 2 == 1
                    status, words = front.scmi(CLOCK, 0x6, 0, head=2 * (i % 2), indirect=indirect)
                    self.assertEqual((status, words), (0, [24000000, 0]))
                front.close()
                self.other_goes_on()

    def test_answer_fills_no_more_than_it_has(self):
        front = self.front().start()
        front.scmi(BASE, 0x0)
        rest = front.get(front.commands.slot(0) + 256 + 12, 136 - 12)
        self.assertEqual(rest, b"\xEE" * (136 - 12))

    def test_without_protocol_features(self):
        """Then rings are enabled from the start, and nothing is acknowledged."""
        front = self.front()
        front.negotiate(vhost.VERSION_1, protocol=None)
        front.share()
        front.set_ring(front.commands)
        front.good(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick])
        self.assertTrue(front.alive())

    def test_ring_is_looked_at_without_a_kick(self):
        front = self.front()
        front.negotiate()
        front.share()
        front.commands.command(0, front.message(BASE, 0x0))
        front.start_ring(front.commands)
        self.assertEqual(front.commands.wait()[0], 0)

    def test_disabled_ring_stands_still(self):
        front = self.front().start()
        front.enable(front.commands, 0)
        front.commands.command(0, front.message(BASE, 0x0))
        front.commands.wake()
        front.ask(vhost.GET_FEATURES)
        self.other_goes_on()
        self.assertIsNone(front.commands.look())
        front.enable(front.commands, 1)
        self.assertEqual(front.commands.wait()[0], 0)

    def test_out_of_order(self):
        """A command that takes its time does not hold up the next."""
        front = self.front().start()
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual([front.commands.wait()[0], front.commands.wait()[0]], [2, 0])
        self.assertEqual(front.scmi(CLOCK, 0x6, SLOW), (0, [2000000, 0]))

    def test_no_room_for_an_answer(self):
        front = self.front().start()
        for space in (1, 7):
            front.commands.command(0, front.message(BASE, 0x0), space=space)
            front.commands.wake()
            self.assertEqual(front.commands.wait(), (0, b""))
        front.commands.command(0, b"\0\0\0")
        front.commands.wake()
        self.assertEqual(front.commands.wait(), (0, b""))
        self.assertTrue(front.alive())

    def test_what_is_dropped_is_counted(self):
        """No room for an answer, no header, and a legal chain of more pieces than anybody needs."""
        front = self.front(num=128).start()
        ring = front.commands
        ring.command(0, front.message(BASE, 0x0), space=7)
        ring.command(2, b"\0\0\0")
        for i in range(100):
            ring.descriptor(4 + i, GUEST + ring.slot(4), 4, vhost.NEXT, 5 + i)
        ring.descriptor(103, GUEST + ring.slot(5), 64, vhost.WRITE)
        ring.offer(4)
        ring.wake()
        self.assertEqual([ring.wait() for _ in range(3)], [(0, b""), (2, b""), (4, b"")])
        self.assertTrue(front.alive())
        self.wait_for_counters(self.daemon, "agent two: 1 connections, 0 turned away; 1 commands, 0 refused, 3 dropped")

    def test_a_socket_for_calls(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        front = self.front()
        front.negotiate()
        front.share()
        front.start_ring(front.commands, call=theirs.fileno())
        front.commands.command(0, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait(ours.fileno())[0], 0)

    def test_call_into_a_closed_socket(self):
        ours, theirs = socket.socketpair()
        front = self.front()
        front.negotiate()
        front.share()
        front.start_ring(front.commands, call=theirs.fileno())
        ours.close()
        theirs.close()
        front.commands.command(0, front.message(BASE, 0x0))
        front.commands.wake()
        front.stop_ring(front.commands)
        self.other_goes_on()

    def test_in_band(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        front = self.front()
        front.negotiate(protocol=vhost.REPLY_ACK | vhost.BACKEND_REQ | vhost.INBAND)
        front.good(vhost.SET_BACKEND_REQ_FD, b"", [theirs.fileno()])
        theirs.close()
        front.share()
        ring = front.commands
        front.good(vhost.SET_VRING_NUM, struct.pack("=II", 0, ring.num))
        front.good(vhost.SET_VRING_ADDR, struct.pack("=IIQQQQ", 0, 0, USER + ring.descriptors, USER + ring.used,
                                                     USER + ring.avail, 0))
        front.good(vhost.SET_VRING_CALL, struct.pack("=Q", 0x100))
        front.good(vhost.SET_VRING_KICK, struct.pack("=Q", 0x100))
        front.enable(ring)
        ring.command(0, front.message(BASE, 0x0))
        front.good(vhost.VRING_KICK, struct.pack("=II", 0, 0))
        self.assertEqual(ring.look()[0], 0)
        ours.settimeout(vhost.PATIENCE_S)
        self.assertEqual(struct.unpack("=IIIII", ours.recv(20)), (4, 1, 8, 0, 0))


class Events(VirtioCase):
    def test_delayed_response_waits_for_a_buffer(self):
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x5, 1, SLOW, 2000000, 0)[0], 0)
        # Another asynchronous command that is known to be over says that the first is too: the order is kept.
        while front.scmi(CLOCK, 0x6, SLOW) != (0, [2000000, 0]):
            pass
        self.assertIsNone(front.events.look())
        front.events.buffer(3)
        front.events.wake()
        head, event = front.events.wait()
        self.assertEqual(head, 3)
        header, status, clock, low, high = struct.unpack("<IiIII", event)
        self.assertEqual(header & 0x3FFFF, CLOCK << 10 | 2 << 8 | 0x5)
        self.assertEqual((status, clock, low, high), (0, SLOW, 2000000, 0))

    def test_events_with_buffers_there(self):
        """More of them than there are buffers at a time."""
        front = self.front(num=4).start()
        other = self.daemon.connect()
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        for round_ in range(9):
            front.events.buffer(round_ % 4)
            front.events.wake()
            rate = 1000000 * (2 - round_ % 2)
            self.assertEqual(other.set_rate(SLOW, rate), 0)
            head, event = front.events.wait()
            self.assertEqual(head, round_ % 4)
            self.assertEqual(struct.unpack("<IIIII", event)[2:4], (SLOW, rate))

    def test_buffer_too_small(self):
        """A notification is lost, a delayed response tells what fits; the next one is whole."""
        front = self.front().start()
        front.events.buffer(0, space=4)
        front.events.buffer(1, space=12)
        front.events.wake()
        self.assertEqual(front.scmi(CLOCK, 0x5, 1, SLOW, 2000000, 0)[0], 0)
        self.assertEqual(front.events.wait(), (0, b""))
        head, event = front.events.wait()
        self.assertEqual((head, len(event)), (1, 8))
        self.assertTrue(front.alive())

    def test_not_negotiated(self):
        front = self.front().start(vhost.ALL & ~vhost.P2A)
        status, words = front.scmi(CLOCK, 0x1)
        self.assertEqual((status, words[0] >> 16 & 0xFF), (0, 0))
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], NOT_SUPPORTED)
        self.assertNotEqual(front.scmi(CLOCK, 0x5, 1, SLOW, 2000000, 0)[0], 0)
        front.close()
        again = self.front().start()
        self.assertEqual(again.scmi(CLOCK, 0x1)[1][0] >> 16 & 0xFF, 4)


    def test_negotiated_no_more(self):
        """A guest that boots again without it gets nothing that was kept for the one before."""
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        self.assertEqual(self.daemon.connect().set_rate(SLOW, 2000000), 0)
        for ring in front.rings:
            front.stop_ring(ring)
            ring.close()
            ring.__init__(front, ring.index, ring.descriptors, ring.num)
        front.good(vhost.SET_FEATURES, struct.pack("=Q", vhost.ALL & ~vhost.P2A))
        front.start_ring(front.commands)
        front.events.buffer(0)
        front.start_ring(front.events)
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], NOT_SUPPORTED)
        self.assertIsNone(front.events.look())


class LifeAndDeath(VirtioCase):
    def test_second_front_end(self):
        front = self.front().start()
        self.assertTrue(self.refused().is_hung_up())
        self.daemon.wait_for("turned away: the device has a front end already")
        self.assertTrue(front.alive())
        front.close()
        self.assertTrue(self.front().start().alive())

    def test_front_end_at_the_heels_of_another(self):
        """That the one before has gone may be heard of later than its successor."""
        front = self.front().start()
        self.daemon.kill(signal.SIGSTOP)
        successor = FrontEnd(self.daemon.path("two.vhost"))
        self.addCleanup(successor.clean_up)
        front.close()
        self.daemon.kill(signal.SIGCONT)
        self.assertTrue(successor.start().alive())

    def test_stop_and_go_on(self):
        """A machine that pauses finds everything where it was."""
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x7, LAMP, 1, 0)[0], 0)
        base = front.stop_ring(front.commands)
        self.assertEqual(base, 1)
        front.commands.command(0, front.message(BASE, 0x0))
        front.start_ring(front.commands, base)
        self.assertEqual(front.commands.wait()[0], 0)
        self.assertEqual(front.scmi(CLOCK, 0x3, LAMP)[1][0] & 1, 1)
        self.assertEqual(front.stop_ring(front.commands), 3)

    def boots_again(self, reset):
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x7, LAMP, 1, 0)[0], 0)
        other = self.daemon.connect()
        self.assertEqual(other.is_enabled(LAMP), 1)
        reset(front)
        for ring in front.rings:
            ring.__init__(front, ring.index, ring.descriptors, ring.num)
        front.start_ring(front.commands)
        self.assertEqual(front.scmi(CLOCK, 0x3, LAMP)[1][0] & 1, 0)
        self.assertEqual(other.is_enabled(LAMP), 0)

    def stop_all(self, front):
        for ring in front.rings:
            front.enable(ring, 0)
            front.stop_ring(ring)
            ring.close()

    def test_guest_boots_again(self):
        self.boots_again(self.stop_all)

    def test_reset_device(self):
        def reset(front):
            front.good(vhost.RESET_DEVICE)
            self.stop_all(front)

        self.boots_again(reset)

    def test_status_zero(self):
        front = self.front().start()
        front.good(vhost.SET_STATUS, struct.pack("=Q", 0xF))
        self.assertEqual(front.ask_u64(vhost.GET_STATUS), 0xF)
        self.assertEqual(front.scmi(CLOCK, 0x7, LAMP, 1, 0)[0], 0)
        front.good(vhost.SET_STATUS, struct.pack("=Q", 0))
        self.assertEqual(front.ask_u64(vhost.GET_STATUS), 0)
        self.assertEqual(self.daemon.connect().is_enabled(LAMP), 0)

    def test_stop_waits_for_what_is_under_way(self):
        front = self.front().start()
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(CLOCK, 0x5, 0, SLOW, 1000000, 0))
        front.commands.wake()
        # An answer says that both have been taken.
        front.commands.command(4, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 4)
        self.assertEqual(front.stop_ring(front.commands), 3)
        self.assertEqual({front.commands.look()[0], front.commands.look()[0]}, {0, 2})

    def test_stop_and_go_on_without_enabling(self):
        """Where rings are enabled from the start, waiting must not leave them off."""
        front = self.front()
        front.negotiate(vhost.VERSION_1, protocol=None)
        front.share()
        front.set_ring(front.commands)
        front.good(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick])
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        self.assertEqual(front.stop_ring(front.commands), 2)
        self.assertEqual(front.commands.look()[0], 0)
        front.set_ring(front.commands, 2)
        front.good(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [front.commands.kick])
        self.assertTrue(front.alive())

    def test_gone_while_it_is_waited_for(self):
        front = self.front().start()
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.wake()
        front.send(vhost.GET_VRING_BASE, struct.pack("=II", 0, 0))
        front.close()
        self.other_goes_on()
        self.assertTrue(self.front().start().alive())

    def test_reset_with_commands_under_way(self):
        front = self.front().start()
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        front.good(vhost.RESET_DEVICE)
        other = self.daemon.connect()
        self.assertEqual(other.set_rate(SLOW, 1000000), 0)  # behind the one that was reset
        self.assertIsNone(front.commands.look())

    def test_memory_moves_under_a_command(self):
        """The answer goes where the guest's address is now."""
        front = self.front().start()
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        copy = os.memfd_create("moved", os.MFD_CLOEXEC)
        os.write(copy, front.map[:])
        front.map.close()
        os.close(front.memory)
        front.memory, front.map = copy, vhost.mmap.mmap(copy, 0)
        front.share()
        head, answer = front.commands.wait()
        self.assertEqual((head, answer[4:8]), (0, bytes(4)))
        self.assertTrue(front.alive())

    def test_memory_goes_under_a_command(self):
        front = self.front()
        front.negotiate()
        front.good(vhost.ADD_MEM_REG, struct.pack("=Q", 0) + front.region(), [front.memory])
        front.start_ring(front.commands)
        front.commands.command(0, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(2, front.message(BASE, 0x0))
        front.commands.wake()
        self.assertEqual(front.commands.wait()[0], 2)
        front.good(vhost.REM_MEM_REG, struct.pack("=Q", 0) + front.region())
        self.daemon.wait_for("a ring that was running is not in the memory any more")
        front.commands.wait_error()
        front.good(vhost.ADD_MEM_REG, struct.pack("=Q", 0) + front.region(), [front.memory])
        self.assertEqual(self.daemon.connect().set_rate(SLOW, 1000000), 0)
        self.assertIsNone(front.commands.look())

    def test_answer_of_the_life_before(self):
        """It goes nowhere, although its head is out again in the ring's next life."""
        front = self.front().start()
        ring = front.commands
        first = front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0)
        ring.command(0, first)
        ring.command(2, front.message(BASE, 0x0))
        ring.wake()
        # An answer says that both have been taken.
        self.assertEqual(ring.wait()[0], 2)
        address = lambda base: struct.pack("=IIQQQQ", 0, 0, base + ring.descriptors, base + ring.used,
                                           base + ring.avail, 0)
        front.good(vhost.SET_VRING_ADDR, address(USER + vhost.SIZE))
        front.good(vhost.SET_VRING_ADDR, address(USER))
        second = front.message(CLOCK, 0x5, 0, SLOW, 1000000, 0)
        ring.command(0, second)
        front.good(vhost.SET_VRING_KICK, struct.pack("=Q", 0), [ring.kick])
        head, answer = ring.wait()
        # The second waits behind the first, whose answer has come and gone when this one comes.
        self.assertEqual((head, answer), (0, second[:4] + bytes(4)))
        self.assertTrue(front.alive())

    def under_way_in_a_disabled_ring(self):
        """A command whose answer is known to have come since."""
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x7, LAMP, 1, 0)[0], 0)
        front.commands.command(2, front.message(CLOCK, 0x5, 0, SLOW, 2000000, 0))
        front.commands.command(4, front.message(BASE, 0x0))
        front.commands.wake()
        # An answer says that both have been taken.
        self.assertEqual(front.commands.wait()[0], 4)
        front.enable(front.commands, 0)
        # Another agent's waits behind it.
        self.assertEqual(self.daemon.connect().set_rate(SLOW, 1000000), 0)
        return front

    def test_answer_waits_while_disabled(self):
        front = self.under_way_in_a_disabled_ring()
        self.assertIsNone(front.commands.look())
        front.enable(front.commands, 1)
        self.assertEqual(front.commands.wait()[0], 2)
        self.assertTrue(front.alive())

    def test_kept_answer_is_given_before_a_stop(self):
        front = self.under_way_in_a_disabled_ring()
        self.assertEqual(front.stop_ring(front.commands), 3)
        self.assertEqual(front.commands.look()[0], 2)

    def test_set_up_anew_without_stopping(self):
        """As virtio_uml does it, whose guest has its memory back once the rings are disabled."""
        front = self.under_way_in_a_disabled_ring()
        front.enable(front.events, 0)
        for ring in front.rings:
            ring.__init__(front, ring.index, ring.descriptors, ring.num)
        front.start_ring(front.commands)
        self.assertEqual(front.scmi(CLOCK, 0x3, LAMP)[1][0] & 1, 0)
        self.assertTrue(front.alive())

    def test_memory_is_shrunk(self):
        """The connection ends, scmid and the others do not notice."""
        other = self.daemon.connect()
        front = self.front().start()
        os.ftruncate(front.memory, 0)
        front.commands.wake()
        self.assertTrue(front.is_hung_up())
        self.daemon.wait_for("the front end has taken memory away that was in use")
        self.assertTrue(other.alive())
        self.assertTrue(self.front().start().alive())

    def test_memory_that_somebody_else_serves(self):
        """A page of a file may take for ever, where its file system is the front end's own."""
        with tempfile.TemporaryFile(dir=os.getcwd()) as file:
            try:
                fcntl.fcntl(file, fcntl.F_GET_SEALS)
            except OSError:
                pass
            else:
                self.skipTest("the build directory is in memory itself")
            front = self.front()
            os.ftruncate(file.fileno(), os.fstat(front.memory).st_size)
            front.negotiate()
            self.assertNotEqual(front.tell(vhost.SET_MEM_TABLE, struct.pack("=II", 1, 0) + front.region(),
                                           [file.fileno()]), 0)
            self.daemon.wait_for("a file of tmpfs or hugetlbfs")
            self.other_goes_on()

    def test_memory_is_shrunk_before_an_event(self):
        other = self.daemon.connect()
        front = self.front().start()
        self.assertEqual(front.scmi(CLOCK, 0x9, SLOW, 1)[0], 0)
        front.events.buffer(0)
        os.ftruncate(front.memory, 0)
        self.assertEqual(other.set_rate(SLOW, 2000000), 0)
        self.assertTrue(front.is_hung_up())
        self.assertTrue(other.alive())

    def test_scmid_stops_under_a_guest(self):
        front = self.front().start()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertTrue(front.is_hung_up())

    def test_who_may(self):
        self.daemon.stop()
        board = VIRTIO_BOARD.replace("virtio: two.vhost", "virtio: two.vhost, allow: {users: [%d]}" % (os.getuid() + 1))
        self.daemon = self.scmid(board).start()
        self.assertTrue(self.refused().is_hung_up())
        self.daemon.wait_for("not on the endpoint's allow list")


if __name__ == "__main__":
    unittest.main()
