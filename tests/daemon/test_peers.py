# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Peers that are many, rude, silent or suddenly gone; counters and traces."""
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import unittest

from scmid import BASE, CLOCK, COMMS_ERROR, DELAYED, NOTIFICATION, PROTOCOL_ERROR, SUCCESS, Case, board_with_endpoints


class Peers(Case):
    def test_many_at_a_time(self):
        scmid = self.scmid().start()
        connections = [scmid.connect(name) for name in ("one.sock", "two.sock") * 100]
        for connection in connections:
            connection.send(CLOCK, 0x6, 0)
        for connection in connections:
            self.assertEqual(connection.receive()[1:], (SUCCESS, [24000000, 0]))

    def test_answers_go_to_the_asker(self):
        """Connections of one agent share its requests, not its answers."""
        scmid = self.scmid().start()
        first, second = scmid.connect(), scmid.connect()
        header = first.send(CLOCK, 0x6, 1)
        self.assertEqual(second.rate(0), 24000000)
        self.assertEqual(first.receive(), (header, SUCCESS, [32768, 0]))

    def test_notification_and_delayed_response(self):
        scmid = self.scmid().start()
        one, two = scmid.connect(), scmid.connect("two.sock")
        self.assertEqual(two.command(CLOCK, 0x9, 4, 1)[0], SUCCESS)
        header = one.send(CLOCK, 0x5, 1, 4, 2000000, 0)
        self.assertEqual(one.receive(), (header, SUCCESS, []))
        self.assertEqual(one.receive(), (header | DELAYED << 8, SUCCESS, [4, 2000000, 0]))
        event = two.event()
        self.assertEqual(event[0] & 0x3FFFF, CLOCK << 10 | NOTIFICATION << 8 | 0)
        self.assertEqual(event[2], [4, 2000000, 0])

    def test_slow_command_is_answered_late_and_in_between_others_are_served(self):
        scmid = self.scmid().start()
        one, two = scmid.connect(), scmid.connect("two.sock")
        header = one.send(CLOCK, 0x5, 0, 4, 2000000, 0)
        self.assertEqual(two.rate(4), 1000000)
        self.assertEqual(one.receive(), (header, SUCCESS, []))
        self.assertEqual(two.rate(4), 2000000)

    def test_gone_before_the_answer(self):
        scmid = self.scmid().start()
        for message in ((CLOCK, 0x6, 0), (CLOCK, 0x5, 0, 4, 2000000, 0), (CLOCK, 0x5, 1, 4, 1000000, 0)):
            for _ in range(20):
                connection = scmid.connect()
                connection.send(*message)
                connection.close()
        self.assertTrue(scmid.connect().alive())

    def test_killed_in_the_middle(self):
        """A process with many connections and commands under way dies; the next one is served."""
        scmid = self.scmid().start()
        code = """
            import os, signal, socket, struct, sys
            sockets = []
            for i in range(50):
                s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                s.connect(sys.argv[1])
                s.send(struct.pack("<III", 0x14 << 10 | 0x9, 4, 1))
                s.send(struct.pack("<IIIII", 0x14 << 10 | 0x5, i & 1, 4, 2000000, 0))
                sockets.append(s)
            os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), scmid.path("one.sock")], check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        two = scmid.connect("two.sock")
        self.assertTrue(two.alive())
        self.wait_for_counters(scmid, r"agent one: 0 connections, 0 turned away; [1-9]\d* commands")
        self.assertTrue(two.alive())

    def test_who_never_reads_stops_only_itself(self):
        scmid = self.scmid().start()
        rude, other = scmid.connect(), scmid.connect("two.sock")
        rude.socket.setblocking(False)
        sent = 0
        with self.assertRaises(BlockingIOError):
            while sent < 1000000:
                rude.send(CLOCK, 0x4, 2, 0)
                sent += 1
        for _ in range(100):
            self.assertEqual(other.rate(0), 24000000)
        # When it reads at last, every command it could send has its answer, in order.
        rude.socket.settimeout(60)
        for number in range(sent):
            answer = rude.receive()
            self.assertEqual(answer[0] >> 18, (number + 1) % 1024)
            self.assertEqual(answer[1], SUCCESS)

    def test_who_reads_late_gets_the_latest_notifications(self):
        """What did not fit its socket waits, the oldest are given up, and reading on brings the rest."""
        scmid = self.scmid().start()
        one, late = scmid.connect(), scmid.connect("two.sock")
        self.assertEqual(late.command(CLOCK, 0x9, 2, 1)[0], SUCCESS)
        rates = [200000000 + number % 7 * 100000000 for number in range(3000)]
        for rate in rates:
            self.assertEqual(one.set_rate(2, rate), SUCCESS)
        self.assertRegex(self.wait_for_counters(scmid, "agent two: .*"), r"notifications, [1-9]\d* lost")
        # The one that is caused now is the last to come.
        self.assertEqual(one.set_rate(2, 100000000), SUCCESS)
        got = []
        while not got or got[-1] != 100000000:
            got.append(late.event()[2][1])
        self.assertLess(len(got), len(rates))
        self.assertEqual(got[-9:-1], rates[-8:])

    def test_no_descriptor_left(self):
        """Who cannot be served now waits, and is served when another has left."""
        scmid = self.scmid(wrapper=["prlimit", "--nofile=24:24"]).start()
        connections = [scmid.connect() for _ in range(40)]
        self.assertTrue(connections[0].alive())
        late = connections[-1]
        header = late.send(BASE, 0x0)
        for connection in connections[:30]:
            connection.close()
        self.assertEqual(late.receive()[0], header)


class RawBytes(Case):
    def exchange(self, scmid, data, name="one.sock"):
        connection = scmid.connect(name)
        connection.socket.send(data)
        return connection

    def test_too_short_for_a_header(self):
        """Dropped and counted; the next message works."""
        scmid = self.scmid().start()
        one = scmid.connect()
        for size in (0, 1, 2, 3):
            one.socket.send(b"\xff" * size)
        self.assertTrue(one.alive())
        self.wait_for_counters(scmid, "agent one: 1 connections, 0 turned away; 1 commands, 0 refused, [34] dropped")

    def test_too_long(self):
        """However long, it is refused by its size, and the next message works."""
        scmid = self.scmid().start()
        one = scmid.connect()
        for size in (9, 128, 129, 4096, 65536, 65537, 100000):
            with self.subTest(size):
                header = 7 << 18 | CLOCK << 10 | 0x6
                one.socket.send(struct.pack("<I", header) + bytes(size - 4))
                self.assertEqual(one.receive(), (header, PROTOCOL_ERROR, []))
        self.assertTrue(one.alive())

    def test_every_type_and_message_of_every_protocol(self):
        """Each gets an answer with its own header."""
        scmid = self.scmid().start()
        one = scmid.connect()
        for protocol in (0, BASE, 0x11, CLOCK, 0x80, 0xFF):
            for kind in range(4):
                for message in range(0x20):
                    header = one.send(protocol, message, 0, kind=kind)
                    answer = one.receive()
                    while answer[0] != header:
                        answer = one.receive()
        self.assertTrue(one.alive())

    def test_small_messages(self):
        board = board_with_endpoints("[{socket: one.sock, message_size_max: 24}]")
        scmid = self.scmid(board).start()
        one = scmid.connect()
        status, words = one.command(CLOCK, 0x4, 4, 0)
        self.assertEqual((status, words), (SUCCESS, [1 << 16 | 1, 1000000, 0]))
        status, words = one.command(CLOCK, 0x4, 4, 1)
        self.assertEqual((status, words), (SUCCESS, [1, 2000000, 0]))

    def test_too_small_for_a_delayed_response(self):
        """It needs 20 bytes; where fewer fit, the agent is at least told that it is over."""
        for size, expected in ((20, (SUCCESS, [4, 2000000, 0])), (19, (COMMS_ERROR, []))):
            with self.subTest(size):
                board = board_with_endpoints("[{socket: one.sock, message_size_max: %d}]" % size)
                one = self.scmid(board).start().connect()
                self.assertEqual(one.set_rate(4, 2000000, flags=1), SUCCESS)
                self.assertEqual(one.event()[1:], expected)


class Counters(Case):
    def test_counted_for_each_agent(self):
        scmid = self.scmid().start()
        one, two = scmid.connect(), scmid.connect("two.sock")
        two.command(CLOCK, 0x9, 2, 1)
        for _ in range(3):
            one.rate(0)
        one.command(CLOCK, 0x6, 99)
        one.set_rate(2, 200000000)
        one.close()
        again = scmid.connect()
        again.alive()
        self.assertIsNotNone(two.event())
        self.wait_for_counters(
            scmid, "scmid: agent one: 1 connections, 0 turned away; 6 commands, 1 refused, 0 dropped; "
            "0 notifications, 0 lost; 0 delayed responses\n")
        self.wait_for_counters(
            scmid, "scmid: agent two: 1 connections, 0 turned away; 1 commands, 0 refused, 0 dropped; "
            "1 notifications, 0 lost; 0 delayed responses\n")


class Trace(Case):
    def test_every_message(self):
        scmid = self.scmid(board_with_endpoints("[{socket: one.sock}]"), "--trace").start()
        one, two = scmid.connect(), scmid.connect("two.sock")
        two.command(CLOCK, 0x9, 4, 1)
        self.assertEqual(one.set_rate(4, 2000000, flags=1), SUCCESS)
        one.event()
        two.event()
        one.command(0x77, 0x1)
        one.command(CLOCK, 0x6, 1, 2, 3)
        one.socket.send(b"ab")
        one.command(CLOCK, 0x6, 99)
        one.command(CLOCK, 0x3, 0)
        lines = [line for line in scmid.log().splitlines() if "#" in line]
        expected = [
            "two#2 -> clock CLOCK_RATE_NOTIFY token=1 clock_id=4 enable=1",
            "two#2 <- clock CLOCK_RATE_NOTIFY token=1 status=SUCCESS",
            "one#1 -> clock CLOCK_RATE_SET token=1 async=1 ignore_delayed_response=0 round_up=0 round_auto=0 clock_id=4 rate_hz=2000000",
            "one#1 <- clock CLOCK_RATE_SET token=1 status=SUCCESS",
            "one#1 <- clock CLOCK_RATE_SET_COMPLETE token=1 status=SUCCESS clock_id=4 rate_hz=2000000",
            "two#2 <- clock CLOCK_RATE_CHANGED token=0 agent_id=0 clock_id=4 rate_hz=2000000",
            "one#1 -> 0x77 PROTOCOL_ATTRIBUTES token=2",
            "one#1 <- 0x77 PROTOCOL_ATTRIBUTES token=2 status=NOT_SUPPORTED",
            "one#1 -> clock CLOCK_RATE_GET token=3 (wrong size) 01000000 02000000 03000000",
            "one#1 <- clock CLOCK_RATE_GET token=3 status=PROTOCOL_ERROR",
            "one#1 -> 2 bytes, too short for a header",
            "one#1 -> clock CLOCK_RATE_GET token=4 clock_id=99",
            "one#1 <- clock CLOCK_RATE_GET token=4 status=NOT_FOUND",
            "one#1 -> clock CLOCK_ATTRIBUTES token=5 clock_id=0",
        ]
        for line in expected:
            self.assertIn(line, lines)
        self.assertTrue(lines[-1].startswith("one#1 <- clock CLOCK_ATTRIBUTES token=5 status=SUCCESS"), lines[-1])
        self.assertIn("name=\"osc\"", lines[-1])

    def test_bytes_from_the_wire_cannot_harm_a_terminal(self):
        scmid = self.scmid(board_with_endpoints("[{socket: one.sock}]"), "--trace").start()
        one = scmid.connect()
        one.command(CLOCK, 0x8, 0x1B5B324A)
        one.socket.send(b"\x1b[2J\x1b[2J")
        one.receive()
        self.assertNotIn("\x1b", scmid.log())

    def test_off_by_default(self):
        scmid = self.scmid().start()
        scmid.connect().alive()
        self.assertNotIn("#", scmid.log())


if __name__ == "__main__":
    unittest.main()
