# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmid's mailbox endpoint: what it hands out, what goes over it, and agents that mean harm."""
import fcntl
import os
import select
import signal
import struct
import time
import unittest

from mailbox_agent import (ERROR, FLAGS, FREE, IN_USE, INTERRUPT, LENGTH, NOT_ALLOWED, NO_ROOM, STATUS, Mailbox, Refused,
                           may_wait, until)
from scmid import BASE, CLOCK, COMMS_ERROR, DELAYED, NOTIFICATION, PROTOCOL_ERROR, SUCCESS, Case, board_with_endpoints

RATE_SET, RATE_GET, RATE_NOTIFY = 0x5, 0x6, 0x9
PLL, SLOW = 2, 4
NOT_FOUND = -4
NO_CHANNEL = 0xFFFFFFFFFFFFFFFE  # one less than an eventfd holds: the next write would wait


class MailboxCase(Case):
    def serve(self, more="", also=", {socket: one.sock}"):
        return self.scmid(board_with_endpoints("[{mailbox: one.mbox%s}%s]" % (more, also))).start()

    def open(self, scmid):
        mailbox = Mailbox(scmid.path("one.mbox"))
        self.addCleanup(mailbox.close)
        return mailbox


class Handout(MailboxCase):
    def test_as_on_boards(self):
        scmid = self.serve(", mode: 0600")
        self.assertEqual(os.stat(scmid.path("one.mbox")).st_mode & 0o777, 0o600)
        mailbox = self.open(scmid)
        self.assertEqual([(c.protocol, c.p2a, c.completion, c.size) for c in mailbox.channels],
                         [(0, False, True, 128), (0, True, True, 128)])
        for channel in mailbox.channels:
            self.assertEqual(channel.bytes(0, 28), struct.pack("<7I", 0, FREE, 0, 0, 0, 0, 0))
            self.assertEqual(channel.offset % 64, 0)

    def test_sizes_and_channels(self):
        mailbox = self.open(self.serve(", message_size_max: 65512, own_channels: [clock], completion_interrupt: no"))
        self.assertEqual([(c.protocol, c.p2a, c.completion, c.size) for c in mailbox.channels],
                         [(0, False, False, 65536), (0, True, True, 65536), (CLOCK, False, False, 65536)])
        mailbox = self.open(self.serve(", message_size_max: 9, p2a: no"))
        self.assertEqual([(c.protocol, c.p2a, c.completion, c.size) for c in mailbox.channels],
                         [(0, False, True, 36)])

    def test_memory_cannot_be_taken_away(self):
        mailbox = self.open(self.serve())
        seals = fcntl.fcntl(mailbox.memory_fd, 1034)  # F_GET_SEALS
        self.assertEqual(seals, 1 | 2 | 4)  # SEAL, SHRINK, GROW
        for size in (0, 1 << 20):
            with self.assertRaises(PermissionError):
                os.ftruncate(mailbox.memory_fd, size)
        self.assertEqual(mailbox.command(BASE, 0)[0], SUCCESS)

    def test_one_agent_at_a_time(self):
        scmid = self.serve()
        first = self.open(scmid)
        with self.assertRaises(Refused) as refused:
            self.open(scmid)
        self.assertEqual(refused.exception.args, (IN_USE,))
        scmid.wait_for(r"agent one: mailbox .*one\.mbox: process %d was turned away: the mailbox has an agent already"
                       % os.getpid(), pattern=True)
        self.assertEqual(first.command(BASE, 0)[0], SUCCESS)
        # Memory is nobody's but one's own.
        first.channel().put(8, 0x12345678)
        first.close()
        second = self.open(scmid)
        self.assertEqual(second.channel().word(8), 0)
        self.assertEqual(second.command(BASE, 0)[0], SUCCESS)

    def test_allow_list(self):
        scmid = self.serve(", allow: {users: [4242]}")
        with self.assertRaises(Refused) as refused:
            self.open(scmid)
        self.assertEqual(refused.exception.args, (NOT_ALLOWED,))
        scmid.wait_for("not on the endpoint's allow list")
        self.assertTrue(scmid.connect().alive())


class Descriptors(MailboxCase):
    def test_none_left(self):
        """Turned away, at once and with words where there is a descriptor for that; and nothing is left over."""
        scmid = self.scmid(board_with_endpoints("[{mailbox: one.mbox}, {socket: one.sock}]"),
                           wrapper=["prlimit", "--nofile=48:48"]).start()
        files = "/proc/%d/fd" % scmid.process.pid
        before = len(os.listdir(files))
        hung_up = no_room = 0
        while hung_up < 3 or no_room < 3:
            self.assertLess(hung_up + no_room, 1000)
            try:
                self.open(scmid).close()
                scmid.connect("two.sock")
            except Refused as refused:
                self.assertEqual(refused.args, (NO_ROOM,))
                no_room += 1
                scmid.connect("two.sock")
            except (struct.error, ConnectionResetError, BrokenPipeError):
                hung_up += 1
                scmid.connections.pop().close()
        scmid.close_connections()
        until(lambda: len(os.listdir(files)) == before)
        self.assertEqual(self.open(scmid).command(BASE, 0)[0], SUCCESS)
        scmid.wait_for("was turned away: out of ")


class Messages(MailboxCase):
    def test_completion_interrupt(self):
        mailbox = self.open(self.serve())
        channel = mailbox.channel()
        status, words = mailbox.command(BASE, 0)
        self.assertEqual((status, words), (SUCCESS, [0x20001]))
        self.assertEqual(channel.word(LENGTH), 12)
        self.assertEqual(mailbox.rung(channel.returned), 1)
        # Who does not ask for it is not rung for.
        self.assertEqual(mailbox.command(BASE, 0, flags=0)[0], SUCCESS)
        mailbox.command(CLOCK, RATE_GET, PLL)
        self.assertEqual(mailbox.rung(channel.returned), 1)

    def test_without_doorbells_back(self):
        mailbox = self.open(self.serve(", completion_interrupt: no, p2a: no"))
        self.assertEqual(mailbox.command(CLOCK, RATE_GET, PLL), (SUCCESS, [100000000, 0]))
        # Nor asynchronous commands nor notifications, as there is no way back for them.
        self.assertEqual(mailbox.command(CLOCK, 2, RATE_NOTIFY)[0], NOT_FOUND)
        self.assertNotEqual(mailbox.command(CLOCK, RATE_NOTIFY, PLL, 1)[0], SUCCESS)
        self.assertNotEqual(mailbox.command(CLOCK, RATE_SET, 1, SLOW, 2000000, 0)[0], SUCCESS)

    def test_own_channel(self):
        """One command on each at a time, and the slow one does not keep the other waiting."""
        mailbox = self.open(self.serve(", own_channels: [clock]"))
        common, clocks = mailbox.channel(), mailbox.channel(CLOCK)
        slow = mailbox.lend(CLOCK, RATE_SET, 0, SLOW, 2000000, 0, channel=clocks)
        self.assertEqual(mailbox.command(BASE, 0)[0], SUCCESS)
        self.assertEqual(mailbox.fetch(slow, clocks)[0], SUCCESS)
        self.assertEqual(mailbox.rung(clocks.returned), 1)
        # What protocol is meant the header says, not the channel.
        self.assertEqual(mailbox.command(CLOCK, RATE_GET, SLOW, channel=common), (SUCCESS, [2000000, 0]))

    def test_notifications_wait_until_the_agent_has_taken_one(self):
        scmid = self.serve()
        mailbox = self.open(scmid)
        self.assertEqual(mailbox.command(CLOCK, RATE_NOTIFY, PLL, 1)[0], SUCCESS)
        other = scmid.connect("two.sock")
        for rate in (200000000, 300000000, 400000000):
            self.assertEqual(other.set_rate(PLL, rate), SUCCESS)
        channel = mailbox.channel(p2a=True)
        header, _, words = mailbox.event(acknowledge=False)
        self.assertEqual((header >> 8 & 3, words), (NOTIFICATION, [PLL, 200000000, 0]))
        self.assertEqual(channel.word(FLAGS), INTERRUPT)
        self.assertEqual(mailbox.command(BASE, 0)[0], SUCCESS)
        self.assertEqual(channel.message()[8:16], struct.pack("<2I", PLL, 200000000))
        mailbox.acknowledge()
        self.assertEqual([mailbox.event()[2][1] for _ in range(2)], [300000000, 400000000])

    def test_notifications_that_nobody_acknowledges(self):
        scmid = self.serve(", p2a: unacknowledged")
        mailbox = self.open(scmid)
        channel = mailbox.channel(p2a=True)
        self.assertEqual(mailbox.command(CLOCK, RATE_NOTIFY, PLL, 1)[0], SUCCESS)
        other = scmid.connect("two.sock")
        for rate in (200000000, 300000000, 400000000):
            self.assertEqual(other.set_rate(PLL, rate), SUCCESS)
        self.assertFalse(channel.completion)
        for rate in (200000000, 300000000, 400000000):
            self.assertEqual(mailbox.event(acknowledge=False)[2], [PLL, rate, 0])
            self.assertEqual(channel.word(FLAGS), 0)
            time.sleep(0.02)  # scmid has looked in vain, more than once
            channel.put(STATUS, FREE)

    def test_delayed_response(self):
        mailbox = self.open(self.serve())
        header = mailbox.lend(CLOCK, RATE_SET, 1, SLOW, 2000000, 0)
        self.assertEqual(mailbox.fetch(header)[0], SUCCESS)
        delayed, status, words = mailbox.event()
        self.assertEqual((delayed, status, words), (header | DELAYED << 8, SUCCESS, [SLOW, 2000000, 0]))

    def test_requests_outlive_the_connection_and_scmid(self):
        scmid = self.serve()
        mailbox = self.open(scmid)
        self.assertEqual(mailbox.command(CLOCK, RATE_SET, 0, PLL, 500000000, 0)[0], SUCCESS)
        mailbox.close()
        mailbox = self.open(scmid)
        self.assertEqual(mailbox.command(CLOCK, RATE_GET, PLL), (SUCCESS, [500000000, 0]))
        scmid.restart()
        self.assertTrue(mailbox.gone())
        self.assertEqual(self.open(scmid).command(CLOCK, RATE_GET, PLL), (SUCCESS, [500000000, 0]))

    def test_killed(self):
        scmid = self.serve()
        mailbox = self.open(scmid)
        scmid.kill(signal.SIGKILL)
        scmid.wait()
        self.assertTrue(mailbox.gone())


class Harm(MailboxCase):
    """Whatever it does, the next message works, and others notice nothing."""

    def setUp(self):
        self.served = self.serve()
        self.mailbox = self.open(self.served)
        self.other = self.served.connect("two.sock")

    def fine(self):
        self.assertTrue(self.other.alive())
        self.assertEqual(self.mailbox.command(BASE, 0), (SUCCESS, [0x20001]))

    def test_lengths(self):
        channel = self.mailbox.channel()
        header = struct.pack("<I", self.mailbox.header(BASE, 0))
        for length in (0, 3, 105, 128, 0x7FFFFFFF, 0xFFFFFFFF):
            with self.subTest(length):
                channel.lend(header, INTERRUPT, length)
                self.mailbox.ring(channel.filled)
                self.assertTrue(self.mailbox.rung(channel.returned))
                self.assertTrue(channel.word(STATUS) & FREE)
                if length < 4:
                    self.assertEqual(channel.word(STATUS), FREE | ERROR)
                else:
                    self.assertEqual(channel.message(), header + struct.pack("<i", PROTOCOL_ERROR))
                self.fine()
                self.mailbox.rung(channel.returned)

    def test_status(self):
        channel = self.mailbox.channel()
        channel.lend(struct.pack("<I", self.mailbox.header(BASE, 0)), INTERRUPT, status=ERROR)
        self.mailbox.ring(channel.filled)
        self.assertTrue(self.mailbox.rung(channel.returned))
        self.assertEqual(channel.word(STATUS), FREE | ERROR)
        self.fine()

    def test_rings_for_nothing(self):
        for channel in self.mailbox.channels:
            for fd in (channel.filled, channel.returned):
                os.eventfd_write(fd, 1000)
        self.fine()

    def test_doorbells_that_would_make_a_writer_wait(self):
        for channel in self.mailbox.channels:
            ring = channel.filled if channel.p2a else channel.returned
            may_wait(ring)
            os.eventfd_write(ring, NO_CHANNEL)
        self.assertEqual(self.mailbox.command(CLOCK, RATE_NOTIFY, PLL, 1)[0], SUCCESS)
        self.assertEqual(self.other.set_rate(PLL, 300000000), SUCCESS)
        self.fine()

    def test_doorbells_that_would_make_a_reader_wait(self):
        bell = self.mailbox.channel().filled
        may_wait(bell)
        for _ in range(3000):
            self.mailbox.ring(bell)
            # Ours or scmid's, whoever comes first: the other finds nothing.
            try:
                os.preadv(bell, [bytearray(8)], -1, os.RWF_NOWAIT)
            except BlockingIOError:
                pass
        self.fine()

    def test_a_command_that_is_changed_and_rung_for_again_while_it_is_under_way(self):
        channel = self.mailbox.channel()
        slow = self.mailbox.lend(CLOCK, RATE_SET, 0, SLOW, 2000000, 0)
        # The bell is emptied and the command taken in one go.
        until(lambda: not select.select([channel.filled], [], [], 0)[0] and self.other.alive())
        for _ in range(20):
            channel.lend(struct.pack("<I", self.mailbox.header(BASE, 0)), INTERRUPT)
            self.mailbox.ring(channel.filled)
        self.assertEqual(self.mailbox.fetch(slow)[0], SUCCESS)
        self.mailbox.rung(channel.returned)
        self.fine()

    def test_events_never_taken(self):
        self.assertEqual(self.mailbox.command(CLOCK, RATE_NOTIFY, PLL, 1)[0], SUCCESS)
        for turn in range(500):
            self.assertEqual(self.other.set_rate(PLL, (2 + turn % 7) * 100000000), SUCCESS)
        self.fine()
        # They say they have, and take nothing.
        self.mailbox.channel(p2a=True).put(STATUS, FREE | ERROR)
        self.mailbox.ring(self.mailbox.channel(p2a=True).returned)
        self.fine()

    def test_speaks_where_nothing_is_said(self):
        self.mailbox.socket.send(b"hello")
        self.assertTrue(self.mailbox.gone())
        self.served.wait_for("the agent speaks on the socket, where nothing is to be said")
        self.mailbox = self.open(self.served)
        self.fine()

    def test_answers_that_fit_nowhere(self):
        """The smallest area has no room for values."""
        served = self.serve(", message_size_max: 8", also="")
        mailbox = self.open(served)
        self.assertEqual(mailbox.command(BASE, 0)[0], COMMS_ERROR)
        self.assertEqual(mailbox.channel().word(LENGTH), 8)


if __name__ == "__main__":
    unittest.main()
