# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Starting and stopping: the command line, signals, the run directory, what is left behind."""
import os
import signal
import socket
import stat
import subprocess
import textwrap
import unittest

from scmid import BOARD, SCMID, Case, Connection, board_with_endpoints


class CommandLine(Case):
    def test_help(self):
        done = self.run_scmid("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("--run-dir", "--check", "--trace", "--print-tree", "/run/scmid", "clock list", "Exit status"):
            self.assertIn(word, done.stdout)

    def test_help_shows_a_board_that_works(self):
        text = self.run_scmid("--help").stdout
        scmid = self.scmid(textwrap.dedent(text.split("A small one:\n")[1].split("While")[0])).start()
        self.assertEqual(scmid.connect("tester.sock").rate(1), 12000000)

    def test_version(self):
        done = self.run_scmid("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\Ascmid \d+\.\d+\.\d+\n\Z")

    def test_wrong_usage(self):
        for arguments, said in (
            ((), "which board?"),
            (("a.yaml", "b.yaml"), "'b.yaml' is one too many"),
            (("--run-dir", "", "a.yaml"), "--run-dir needs a directory"),
            (("--colour", "a.yaml"), "try scmid --help"),
            (("--run-dir",), "try scmid --help"),
        ):
            with self.subTest(arguments):
                done = self.run_scmid(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_check_touches_nothing(self):
        scmid = self.scmid(BOARD)
        done = self.run_scmid("--check", "--run-dir", scmid.run_dir, scmid.file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, scmid.file + ": fine: clocks 6, devices 1, agents 3, endpoints 3\n")
        self.assertFalse(os.path.exists(scmid.run_dir))


class StartAndStop(Case):
    def test_signals_stop_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                scmid = self.scmid().start()
                self.assertTrue(scmid.connect().alive())
                self.assertEqual(scmid.stop(number), 0)
                self.assertEqual(os.listdir(scmid.run_dir), [])
                self.assertTrue(scmid.log().endswith("scmid: stopped\n"))

    def test_ready_is_said_when_all_listen(self):
        scmid = self.scmid().start()
        lines = scmid.log().splitlines()
        self.assertEqual(lines[-1], "scmid: ready")
        for agent in ("one", "two", "brief"):
            self.assertIn("scmid: agent %s: %s" % (agent, scmid.path(agent + ".sock")), lines)
            self.assertTrue(scmid.connect(agent + ".sock").alive())

    def test_peers_are_told_of_the_stop(self):
        scmid = self.scmid().start()
        one = scmid.connect()
        self.assertTrue(one.alive())
        scmid.kill()
        self.assertIsNone(one.receive())
        self.assertEqual(scmid.wait(), 0)

    def test_absolute_path(self):
        scmid = self.scmid()
        path = os.path.join(scmid.temporary, "elsewhere.sock")
        scmid.write(board_with_endpoints("[{socket: %s}]" % path))
        scmid.start()
        connection = Connection(path)
        self.addCleanup(connection.close)
        self.assertTrue(connection.alive())
        self.assertEqual(scmid.stop(), 0)
        self.assertFalse(os.path.exists(path))

    def test_path_too_long_with_the_run_directory(self):
        scmid = self.scmid(run_dir="/tmp/" + "d" * 100)
        done = self.run_scmid("--run-dir", scmid.run_dir, scmid.file)
        self.assertEqual(done.returncode, 2)
        self.assertIn(scmid.file + ":13:57: the socket's path would have 114 characters", done.stderr)
        self.assertFalse(os.path.exists(scmid.run_dir))

    def test_run_directory_that_cannot_be(self):
        for path, why in (("/dev/null", "Not a directory"), ("/no/such/parent", "No such file or directory")):
            with self.subTest(path):
                done = self.run_scmid("--run-dir", path, self.scmid().file)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, "scmid: cannot use %s as run directory: %s\n" % (path, why))

    def test_virtio_endpoint(self):
        scmid = self.scmid(board_with_endpoints("[{virtio: one.vhost, mode: 0600}, {socket: one.sock}]")).start()
        self.assertIn("scmid: agent one: %s\n" % scmid.path("one.vhost"), scmid.log())
        self.assertEqual(os.stat(scmid.path("one.vhost")).st_mode & 0o777, 0o600)
        self.assertTrue(scmid.connect().alive())
        self.assertEqual(scmid.stop(), 0)
        self.assertFalse(os.path.exists(scmid.path("one.vhost")))

    def test_descriptor_limit_is_raised(self):
        scmid = self.scmid(wrapper=["prlimit", "--nofile=64:256"]).start()
        connections = [scmid.connect() for _ in range(150)]
        self.assertTrue(all(connection.alive() for connection in connections))

    def test_no_reader_of_the_log(self):
        """A closed stderr is no reason to stop serving."""
        scmid = self.scmid()
        reader, writer = os.pipe()
        with open(scmid.log_file, "w", encoding="utf-8"):
            scmid.process = subprocess.Popen(
                [SCMID, "--run-dir", scmid.run_dir, "--trace", scmid.file], stderr=writer)
        os.close(writer)
        said = b""
        while b"scmid: ready\n" not in said:
            said += os.read(reader, 4096)
        os.close(reader)
        connection = scmid.connect()
        self.assertTrue(connection.alive())
        self.assertTrue(connection.alive())


class NotifySystemd(Case):
    def test_ready_and_stopping(self):
        scmid = self.scmid()
        path = os.path.join(scmid.temporary, "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(60)
        scmid.start(env=dict(os.environ, NOTIFY_SOCKET=path))
        self.assertEqual(listener.recv(100), b"READY=1")
        self.assertEqual(scmid.stop(), 0)
        self.assertEqual(listener.recv(100), b"STOPPING=1")


class SecondScmid(Case):
    def test_is_refused(self):
        first = self.scmid().start()
        done = self.run_scmid("--run-dir", first.run_dir, first.file)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr,
            "scmid: another scmid (process %d) runs in %s; stop it, or give this one a --run-dir of its own\n"
            % (first.process.pid, first.run_dir),
        )
        self.assertTrue(first.connect().alive())

    def test_after_the_first_was_killed(self):
        """Neither the lock nor the sockets of a dead scmid are in the way."""
        scmid = self.scmid().start()
        scmid.kill(signal.SIGKILL)
        scmid.wait()
        self.assertIn("one.sock", os.listdir(scmid.run_dir))
        scmid.start()
        self.assertTrue(scmid.connect().alive())

    def test_same_socket_in_two_run_directories(self):
        first = self.scmid()
        path = os.path.join(first.temporary, "shared.sock")
        board = board_with_endpoints("[{socket: %s}]" % path)
        first.write(board)
        first.start()
        second = self.scmid(board)
        second.spawn()
        self.assertEqual(second.wait(), 1)
        self.assertIn(":13:48: another process is listening on " + path, second.log())
        # What it had opened before is gone again, and what is the first's is not.
        self.assertEqual(os.listdir(second.run_dir), [])
        connection = Connection(path)
        self.addCleanup(connection.close)
        self.assertTrue(connection.alive())


class InTheWay(Case):
    def test_a_file_is_not_replaced(self):
        scmid = self.scmid()
        os.mkdir(scmid.run_dir)
        with open(scmid.path("one.sock"), "w", encoding="utf-8") as file:
            file.write("mine")
        scmid.spawn()
        self.assertEqual(scmid.wait(), 1)
        self.assertIn("one.sock is there already and is not a socket", scmid.log())
        with open(scmid.path("one.sock"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")

    def test_a_socket_made_anew_by_another_is_left(self):
        scmid = self.scmid().start()
        os.unlink(scmid.path("two.sock"))
        other = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(other.close)
        other.bind(scmid.path("two.sock"))
        self.assertEqual(scmid.stop(), 0)
        self.assertTrue(stat.S_ISSOCK(os.stat(scmid.path("two.sock")).st_mode))


if __name__ == "__main__":
    unittest.main()
