# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What every test with a Linux guest needs: scmid, an initramfs, a device tree, User-Mode Linux, and the board's clocks."""
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import time

import yaml

PATIENCE_S = 60
LOG_MAX = 4 << 20

# What a machine's tree has anyway; the rest is what scmid prints for the agent.
MACHINE = """/dts-v1/;
/ {
	compatible = "libscmi,guest";
	#address-cells = <1>;
	#size-cells = <1>;
};
"""


class Failure(Exception):
    pass


def cpio_entry(number, name, mode, data=b"", device=(0, 0)):
    encoded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
    entry = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    entry += b"\0" * (-len(entry) % 4)
    return entry + data + b"\0" * (-len(data) % 4)


def make_initramfs(path, init, busybox="/bin/busybox", files=(), devices=()):
    """In cpio's newc format by hand: device nodes then need no root. files are (name, path here)."""
    entries = [
        ("dev", stat.S_IFDIR | 0o755, b"", (0, 0)),
        ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
        ("dev/null", stat.S_IFCHR | 0o666, b"", (1, 3)),
        ("bin", stat.S_IFDIR | 0o755, b"", (0, 0)),
        ("init", stat.S_IFREG | 0o755, init.encode(), (0, 0)),
    ]
    for name, device in devices:
        entries.append((name, stat.S_IFCHR | 0o600, b"", device))
    for name, source in (("bin/busybox", busybox), *files):
        with open(source, "rb") as file:
            entries.append((name, stat.S_IFREG | 0o755, file.read(), (0, 0)))
    entries.append(("TRAILER!!!", 0, b"", (0, 0)))
    with open(path, "wb") as file:
        for number, (name, mode, data, device) in enumerate(entries, 1):
            file.write(cpio_entry(number, name, mode, data, device))


def printed_tree(scmid_program, agent, board):
    """What a guest of the agent has in its tree, without the line that names the version of the language."""
    printed = subprocess.run([scmid_program, "--print-tree", agent, board], check=True, capture_output=True, text=True)
    return printed.stdout.split("\n", 1)[1]


def make_tree(path, source, *options):
    subprocess.run(["dtc", "-q", *options, "-I", "dts", "-O", "dtb", "-o", path, "-"], check=True, input=source, text=True)


class Watcher:
    """Kills the group of a process when this script has come to its end, however it did: a guest that nobody ends would
    go on for ever."""

    def __init__(self, process):
        self.process = subprocess.Popen(["sh", "-c", "read -r line; kill -s KILL -- -$0", str(process.pid)],
                                        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Scmid:
    def __init__(self, program, board, directory):
        self.run_dir = os.path.join(directory, "run")
        self.log_file = os.path.join(directory, "scmid.log")
        # One that is not installed finds the transports that were built with it.
        transports = os.path.join(os.path.dirname(program), "..", "src", "transports")
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [program, "--run-dir", self.run_dir, board], stdin=subprocess.DEVNULL, stderr=log,
                start_new_session=True, env={"SCMI_TRANSPORT_PATH": os.path.abspath(transports), **os.environ})
        self.watcher = Watcher(self.process)
        end = time.monotonic() + PATIENCE_S
        while "scmid: ready\n" not in self.log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure("scmid does not start:\n" + self.log())
            time.sleep(0.01)

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def path(self, name):
        return os.path.join(self.run_dir, name)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.watcher.stop()


def board_clocks(scmi, scmid, board):
    """Name to rate, as the agent "tester" is told; the names are also those of the board file."""
    answer = subprocess.run([scmi, "--at", "unix:" + scmid.path("tester.sock"), "--json", "clock", "list"],
                            check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout
    rates = {clock["name"]: clock["rate_hz"] for clock in json.loads(answer)["clocks"]}
    with open(board, encoding="utf-8") as file:
        names = set(yaml.safe_load(file)["clocks"])
    if set(rates) != names:
        raise Failure("the tester is not told the board's clocks: %s" % sorted(set(rates) ^ names))
    return rates


def compare(found, wanted):
    wrong = ["%s: the guest has %s, the board %s" % (name, found.get(name, "no such clock"), rate)
             for name, rate in sorted(wanted.items()) if found.get(name) != rate]
    wrong += ["%s: the guest has it, the board does not" % name for name in sorted(set(found) - set(wanted))]
    if wrong:
        raise Failure("\n".join(wrong))


class Uml:
    """User-Mode Linux, a process. Its exit status says nothing; what counts is what its console said."""

    def __init__(self, kernel, directory, *arguments):
        self.directory = directory
        self.console_file = os.path.join(directory, "console.log")
        command = [kernel, "con=null", "con0=fd:0,fd:1", "panic=-1", "uml_dir=%s/" % directory, "umid=guest", *arguments]
        with open(self.console_file, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True)
        self.watcher = Watcher(self.process)

    def console(self):
        with open(self.console_file, encoding="utf-8", errors="replace") as file:
            return file.read(LOG_MAX)

    def ended(self):
        return self.process.poll() is not None

    def talks_too_much(self):
        return os.path.getsize(self.console_file) >= LOG_MAX

    def wait(self, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while not self.ended() and time.monotonic() < end and not self.talks_too_much():
            time.sleep(0.02)

    def kill(self):
        self.watcher.stop()
        # It may leave helpers behind, and does not always listen to other signals.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def mconsole(self, command):
        """What uml_mconsole(1) would say to the kernel; its answer. An error of the command is a Failure."""
        magic, version, most = 0xcafebabe, 2, 512
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as console:
            mine = os.path.join(self.directory, "mconsole-%d" % os.getpid())
            console.bind(mine)
            try:
                console.settimeout(PATIENCE_S)
                text = command.encode()
                console.sendto(struct.pack("=IiI", magic, version, len(text)) + text.ljust(most, b"\0"),
                               os.path.join(self.directory, "guest", "mconsole"))
                answer, more = b"", 1
                while more:
                    packet = console.recv(4096)
                    error, more, length = struct.unpack_from("=iii", packet)
                    answer += packet[12:12 + length].rstrip(b"\0")
            finally:
                os.unlink(mine)
        if error:
            raise Failure("mconsole %s: %s" % (command, answer.decode(errors="replace")))
        return answer.decode(errors="replace")
