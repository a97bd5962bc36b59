#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Boot real Linux kernels (User-Mode Linux) on scmid's virtio device, and look at the clocks they find.

Usage: boot.py SCMID SCMI BOARD KERNEL...

The board has an agent "linux" on a virtio endpoint and an agent "tester" with a socket, both with the same clocks.
For each kernel: scmid is started, the kernel booted, and its clock tree compared with the board file's
names and with the names and rates that the tester is told. A kernel that says BUG or WARNING fails too.
"""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import yaml

PATIENCE_S = 60
LOG_MAX = 4 << 20
DONE = "=== guest done"

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t debugfs debugfs /sys/kernel/debug
/bin/busybox echo "=== guest up"
for clock in /sys/kernel/debug/clk/*/clk_rate; do
	name=${clock%/clk_rate}
	/bin/busybox echo "=== clock ${name##*/} $(/bin/busybox cat $clock)"
done
/bin/busybox echo "DONE"
/bin/busybox poweroff -f
""".replace("DONE", DONE)

# What a machine's tree has anyway; the rest is what scmid prints for the agent.
MACHINE = """/dts-v1/;
/ {
	compatible = "libscmi,guest";
	#address-cells = <1>;
	#size-cells = <1>;
};
"""


def cpio_entry(number, name, mode, data=b"", device=(0, 0)):
    encoded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
    entry = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    entry += b"\0" * (-len(entry) % 4)
    return entry + data + b"\0" * (-len(data) % 4)


def make_initramfs(path):
    """In cpio's newc format by hand: device nodes then need no root."""
    with open("/bin/busybox", "rb") as file:
        busybox = file.read()
    entries = (
        ("dev", stat.S_IFDIR | 0o755, b"", (0, 0)),
        ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
        ("dev/null", stat.S_IFCHR | 0o666, b"", (1, 3)),
        ("bin", stat.S_IFDIR | 0o755, b"", (0, 0)),
        ("bin/busybox", stat.S_IFREG | 0o755, busybox, (0, 0)),
        ("init", stat.S_IFREG | 0o755, INIT.encode(), (0, 0)),
        ("TRAILER!!!", 0, b"", (0, 0)),
    )
    with open(path, "wb") as file:
        for number, (name, mode, data, device) in enumerate(entries, 1):
            file.write(cpio_entry(number, name, mode, data, device))


def make_tree(directory, scmid_program, board):
    printed = subprocess.run([scmid_program, "--print-tree", "linux", board], check=True,
                             capture_output=True, text=True).stdout
    source, blob = os.path.join(directory, "guest.dts"), os.path.join(directory, "guest.dtb")
    with open(source, "w", encoding="utf-8") as file:
        file.write(MACHINE + printed.split("\n", 1)[1])
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", blob, source], check=True)
    return blob


class Failure(Exception):
    pass


class Scmid:
    def __init__(self, program, board, directory):
        self.run_dir = os.path.join(directory, "run")
        self.log_file = os.path.join(directory, "scmid.log")
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [program, "--run-dir", self.run_dir, board], stdin=subprocess.DEVNULL, stderr=log)
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


def boot(kernel, initramfs, tree, socket, directory):
    """What the guest's console said. The exit status of User-Mode Linux says nothing."""
    command = [
        kernel, "mem=64M", "con=null", "con0=fd:0,fd:1", "panic=-1", "initrd=" + initramfs, "dtb=" + tree,
        "virtio_uml.device=%s:32" % socket, "uml_dir=%s/" % directory, "umid=guest",
    ]
    console = os.path.join(directory, "console.log")
    with open(console, "wb") as output:
        guest = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                 start_new_session=True)
    end = time.monotonic() + PATIENCE_S
    while guest.poll() is None and time.monotonic() < end and os.path.getsize(console) < LOG_MAX:
        time.sleep(0.02)
    # It may leave helpers behind, and does not always listen to other signals.
    try:
        os.killpg(guest.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    guest.wait()
    with open(console, encoding="utf-8", errors="replace") as file:
        return file.read(LOG_MAX)


def guest_clocks(console):
    if DONE not in console:
        raise Failure("the guest did not come to its end")
    body = console[:console.index(DONE)]
    if not re.search(r"SCMI Protocol v\d+\.\d+ '[^']*' Firmware version", body):
        raise Failure("the guest found no SCMI platform")
    trouble = re.search(r"^.*(\bBUG\b|WARNING:|Oops|timed out in resp).*$", body, re.MULTILINE)
    if trouble:
        raise Failure("the guest says: " + trouble.group(0).strip())
    return {name: int(rate) for name, rate in re.findall(r"^=== clock (\S+) (\d+)\s*$", body, re.MULTILINE)}


def board_clocks(scmi, scmid, board):
    """Name to rate, as the tester is told; the names are also those of the board file."""
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


def show(console, found):
    """What the guest found, for people (SCMI_SHOW=1)."""
    print(re.search(r"SCMI Protocol v.*", console).group(0).strip())
    for name, rate in found.items():
        print("  guest: %-10s %12d Hz" % (name, rate))


def run(scmid_program, scmi, board, kernel):
    directory = tempfile.mkdtemp(prefix="scmi-linux-")
    scmid = None
    console = ""
    try:
        initramfs = os.path.join(directory, "initramfs")
        make_initramfs(initramfs)
        tree = make_tree(directory, scmid_program, board)
        scmid = Scmid(scmid_program, board, directory)
        start = time.monotonic()
        console = boot(kernel, initramfs, tree, scmid.path("linux.vhost"), directory)
        took_s = time.monotonic() - start
        found = guest_clocks(console)
        compare(found, board_clocks(scmi, scmid, board))
        status = scmid.stop()
        if status:
            raise Failure("scmid ended with %d" % status)
        if os.environ.get("SCMI_SHOW"):
            show(console, found)
        print("%s: %d clocks, names and rates as on the board; %.1f s" %
              (os.path.basename(kernel), len(found), took_s))
        return True
    except Failure as failure:
        print("%s: FAILED: %s" % (os.path.basename(kernel), failure))
        print("---- the guest's console\n%s" % console[-6000:])
        if scmid:
            print("---- scmid\n%s" % scmid.log()[-3000:])
        return False
    finally:
        if scmid and scmid.process.poll() is None:
            scmid.stop()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    scmid, scmi, board = sys.argv[1:4]
    results = [run(scmid, scmi, board, kernel) for kernel in sys.argv[4:]]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
