# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who may connect: modes of sockets and allow lists."""
import grp
import os
import pwd
import stat
import unittest

from scmid import Case, board_with_endpoints

ME, MY_GROUP = os.getuid(), os.getgid()
OTHER = 54321


def with_allow(allow, mode="0666"):
    return board_with_endpoints("[{socket: one.sock, mode: %s, allow: %s}]" % (mode, allow))


class Modes(Case):
    def test_modes_are_as_written(self):
        for mode in (0o600, 0o660, 0o666, 0o606):
            with self.subTest(oct(mode)):
                board = board_with_endpoints("[{socket: one.sock, mode: 0%o}]" % mode)
                scmid = self.scmid(board).start(umask=0o077)
                self.assertEqual(stat.S_IMODE(os.stat(scmid.path("one.sock")).st_mode), mode)
                self.assertTrue(scmid.connect().alive())

    def test_without_a_mode_the_umask_says(self):
        scmid = self.scmid().start(umask=0o027)
        self.assertEqual(stat.S_IMODE(os.stat(scmid.path("one.sock")).st_mode), 0o750)

    @unittest.skipIf(ME != 0, "only root can become somebody else")
    def test_mode_keeps_others_out(self):
        scmid = self.scmid(board_with_endpoints("[{socket: one.sock, mode: 0600}]"))
        os.chmod(scmid.temporary, 0o755)
        scmid.start()
        os.seteuid(OTHER)
        try:
            with self.assertRaises(PermissionError):
                scmid.connect()
        finally:
            os.seteuid(0)
        self.assertTrue(scmid.connect().alive())


class Many(Case):
    def test_an_agent_has_so_many_connections_and_no_more(self):
        scmid = self.scmid().start()
        connections = [scmid.connect() for _ in range(256)]
        self.assertTrue(connections[-1].alive())
        with self.assertRaises(OSError):
            scmid.connect().alive()
        scmid.wait_for("the agent has as many connections as it may have")
        self.assertTrue(connections[0].alive())
        self.assertTrue(scmid.connect("two.sock").alive(), "another agent's sockets stay open")
        connections.pop().close()
        # A command's answer shows that the loop has seen the end before it.
        self.assertTrue(connections[0].alive())
        self.assertTrue(scmid.connect().alive())


class AllowLists(Case):
    def admitted(self, allow):
        scmid = self.scmid(with_allow(allow)).start()
        try:
            return scmid.connect().alive()
        except (ConnectionError, OSError):
            self.assertIn(
                "scmid: refused on %s: process %d of user %d, group %d: not on the endpoint's allow list\n"
                % (scmid.path("one.sock"), os.getpid(), ME, MY_GROUP),
                scmid.log(),
            )
            return False

    def test_users(self):
        self.assertTrue(self.admitted("{users: [%d]}" % ME))
        self.assertTrue(self.admitted("{users: [%d, %d]}" % (OTHER, ME)))
        self.assertFalse(self.admitted("{users: [%d]}" % OTHER))

    def test_groups(self):
        self.assertTrue(self.admitted("{groups: [%d]}" % MY_GROUP))
        self.assertFalse(self.admitted("{groups: [%d]}" % OTHER))

    def test_either_will_do(self):
        self.assertTrue(self.admitted("{users: [%d], groups: [%d]}" % (OTHER, MY_GROUP)))
        self.assertTrue(self.admitted("{users: [%d], groups: [%d]}" % (ME, OTHER)))
        self.assertFalse(self.admitted("{users: [%d], groups: [%d]}" % (OTHER, OTHER)))

    def test_names(self):
        self.assertTrue(self.admitted("{users: [%s]}" % pwd.getpwuid(ME).pw_name))
        self.assertTrue(self.admitted("{groups: [%s]}" % grp.getgrgid(MY_GROUP).gr_name))

    def test_refusals_do_not_fill_the_log(self):
        scmid = self.scmid(with_allow("{users: [%d]}" % OTHER)).start()
        for _ in range(200):
            connection = scmid.connect()
            self.assertIsNone(connection.receive())
            connection.close()
        self.assertLess(scmid.log().count("refused on"), 20)
        self.wait_for_counters(scmid, "agent one: 0 connections, 200 turned away; 0 commands")
        self.assertTrue(scmid.connect("two.sock").alive())

    def test_two_doors_of_one_agent(self):
        """Each endpoint has its own list; what comes through either is the same agent."""
        scmid = self.scmid(board_with_endpoints(
            "[{socket: one.sock, allow: {users: [%d]}}, {socket: door.sock, allow: {users: [%d]}}]" % (OTHER, ME)
        )).start()
        self.assertIsNone(scmid.connect().receive())
        door = scmid.connect("door.sock")
        self.assertEqual(door.set_rate(2, 300000000), 0)
        self.assertEqual(scmid.connect("two.sock").rate(2), 300000000)


if __name__ == "__main__":
    unittest.main()
