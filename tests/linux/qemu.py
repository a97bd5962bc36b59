#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""QEMU as the front end of scmid's virtio device: its device without a guest, then Debian's arm64 Linux on it.

Usage: qemu.py SCMID SCMI BOARD [GUEST]

The board is that of boot.py. GUEST is a directory with an Image, its modules virtio_mmio.ko and
scmi_transport_virtio.ko, and a busybox, as scripts/build-qemu-guest makes it; without it only the device is tested. The
guest's device tree is QEMU's own with what `scmid --print-tree` says appended.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from boot import DONE, guest_clocks
from guest import LOG_MAX, Failure, Scmid, board_clocks, compare, make_initramfs, make_tree, printed_tree

QEMU = "qemu-system-aarch64"
# A boot takes some five seconds on two idle processors, without KVM.
PATIENCE_S = 600
MACHINE = ["-accel", "tcg,thread=multi", "-cpu", "cortex-a72", "-smp", "2", "-m", "512M", "-display", "none",
           "-nodefaults", "-object", "memory-backend-memfd,id=mem,size=512M,share=on"]
PCI = ["-device", "vhost-user-scmi-pci,chardev=scmi,romfile="]
MMIO = ["-device", "vhost-user-scmi,chardev=scmi", "-global", "virtio-mmio.force-legacy=off"]
MODULES = ("virtio_mmio.ko", "scmi_transport_virtio.ko")

# It speaks through the kernel's log, whose lines are never mixed. What the machine has without SCMI is told first. It
# waits at the end: only QEMU ends or resets it.
INIT = """#!/bin/busybox sh
exec >/dev/kmsg 2>&1
/bin/busybox mkdir -p /proc /sys
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t debugfs debugfs /sys/kernel/debug
tell() {
	for clock in /sys/kernel/debug/clk/*/clk_rate; do
		name=${clock%/clk_rate}
		/bin/busybox echo "=== $1 ${name##*/} $(/bin/busybox cat $clock)"
	done
}
tell own
for module in MODULES; do
	/bin/busybox insmod /$module
done
tell clock
/bin/busybox echo "DONE"
while :; do /bin/busybox sleep 1000; done
""".replace("DONE", DONE).replace("MODULES", " ".join(MODULES))


def make_machine_tree(path, scmid_program, board):
    """The machine's tree with the agent's descriptor behind it."""
    subprocess.run([QEMU, "-M", "virt,memory-backend=mem,dumpdtb=" + path, *MACHINE], check=True, capture_output=True)
    source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", path], check=True, capture_output=True, text=True)
    make_tree(path, source.stdout + printed_tree(scmid_program, "linux", board))


class Qemu:
    """A machine with the device on that socket, and its monitor (QMP) on stdio."""

    def __init__(self, socket, directory, *more):
        self.errors = os.path.join(directory, "qemu.log")
        command = [QEMU, "-M", "virt,memory-backend=mem", *MACHINE, "-chardev", "socket,id=scmi,path=" + socket,
                   "-qmp", "stdio", *more]
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                            text=True)
        # Whoever waits for it then sees its end.
        self.watchdog = threading.Timer(PATIENCE_S, self.process.kill)
        self.watchdog.start()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        try:
            self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self.process.stdout:
            answer = json.loads(line)
            if "error" in answer:
                raise Failure("QEMU refuses %s: %s" % (command, answer["error"]))
            if "return" in answer:
                return answer["return"]
        raise Failure("QEMU ended with %d before it answered %s: %s" % (
            self.process.wait(PATIENCE_S), command, self.said()))

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def device(self):
        """Not once a guest drives the device: QEMU 10.0.2 then dies of x-query-virtio-status."""
        devices = self.ask("x-query-virtio")
        if [device["name"] for device in devices] != ["virtio-scmi"]:
            raise Failure("QEMU has other devices: %s" % devices)
        return self.ask("x-query-virtio-status", path=devices[0]["path"])

    def quit(self):
        self.ask("quit")
        status = self.process.wait(PATIENCE_S)
        if status or self.said():
            raise Failure("QEMU ended with %d: %s" % (status, self.said()))

    def die(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def clean_up(self):
        self.watchdog.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Bench:
    """scmid with a run directory, and what came up on it."""

    def __init__(self, scmid_program, scmi, board):
        self.scmi = scmi
        self.board = board
        self.directory = tempfile.mkdtemp(prefix="scmi-qemu-")
        self.console_file = self.file("console.log")
        self.machines = []
        self.scmid = None
        try:
            self.scmid = Scmid(scmid_program, board, self.directory)
        except Failure:
            self.clean_up()
            raise
        self.socket = self.scmid.path("linux.vhost")

    def file(self, name):
        return os.path.join(self.directory, name)

    def qemu(self, *more):
        machine = Qemu(self.socket, self.directory, *more)
        self.machines.append(machine)
        return machine

    def try_front_end(self):
        """scmi as the front end that QEMU is otherwise."""
        return subprocess.run([self.scmi, "--at", "virtio:" + self.socket, "--json", "clock", "list"],
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def wanted(self):
        return board_clocks(self.scmi, self.scmid, self.board)

    def next_is_served(self, after):
        result = self.try_front_end()
        if result.returncode:
            raise Failure("after %s the next front end is not served: %s" % (after, result.stderr))
        compare({clock["name"]: clock["rate_hz"] for clock in json.loads(result.stdout)["clocks"]}, self.wanted())

    def stop(self):
        status = self.scmid.stop()
        if status:
            raise Failure("scmid ended with %d" % status)

    def console(self):
        try:
            with open(self.console_file, encoding="utf-8", errors="replace") as file:
                return file.read(LOG_MAX)
        except FileNotFoundError:
            return ""

    def clean_up(self):
        for machine in self.machines:
            machine.clean_up()
        if self.scmid and self.scmid.process.poll() is None:
            self.scmid.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def device(bench):
    """QEMU's device starts on scmid's socket, is reset without a guest, and makes room for the next front end."""
    machine = bench.qemu(*PCI, "-S")
    state = machine.device()
    if (state["device-id"], state["num-vqs"]) != (32, 2):
        raise Failure("not an SCMI device with two queues: %s" % state)
    offered = " ".join(state["host-features"]["transports"])
    for feature in ("VIRTIO_F_VERSION_1", "VIRTIO_RING_F_INDIRECT_DESC", "VIRTIO_RING_F_EVENT_IDX"):
        if feature not in offered:
            raise Failure("the guest is not offered %s: %s" % (feature, offered))
    bench.wanted()
    if not bench.try_front_end().returncode:
        raise Failure("a second front end is served beside the first")
    for _ in range(3):
        machine.ask("system_reset")
        bench.wanted()
        if machine.device()["broken"]:
            raise Failure("the device is broken after a reset")
    machine.quit()
    bench.next_is_served("QEMU's end")

    machine = bench.qemu(*MMIO, "-S")
    machine.device()
    machine.die()
    bench.next_is_served("QEMU's death")
    bench.stop()
    return "starts, is reset, quits and dies; the next front end is served"


class Guest:
    """Linux on one of the two devices; what it said belongs to its latest boot."""

    def __init__(self, bench, directory, *devices):
        self.bench = bench
        self.skip = len(bench.console())
        self.machine = bench.qemu(
            *devices, "-kernel", os.path.join(directory, "Image"), "-initrd", bench.file("initramfs"),
            "-dtb", bench.file("guest.dtb"), "-append", "console=ttyAMA0 printk.devkmsg=on rdinit=/init",
            "-chardev", "file,id=console,append=on,path=" + bench.console_file, "-serial", "chardev:console")
        self.took_s = []
        self.boots()

    def reset(self):
        self.machine.ask("system_reset")
        self.boots()

    def boots(self):
        start = time.monotonic()
        said = self.to_its_end()
        self.took_s.append(time.monotonic() - start)
        self.skip += said.index(DONE) + len(DONE)
        if self.machine.ask("query-status")["status"] != "running":
            raise Failure("the guest stands still")
        self.release = re.search(r"Linux version (\S+)", said).group(1)
        said = re.sub(r"^\[ *\d+\.\d+\] ", "", said, flags=re.MULTILINE)
        self.clocks = guest_clocks(said)
        for name in re.findall(r"^=== own (\S+) \d+\s*$", said, re.MULTILINE):
            self.clocks.pop(name, None)
        compare(self.clocks, self.bench.wanted())

    def to_its_end(self):
        while True:
            ended = self.machine.process.poll() is not None
            said = self.bench.console()[self.skip:]
            if DONE in said:
                return said
            if ended:
                raise Failure("QEMU ended before the guest was done, or had to be: %s" % self.machine.said())
            if "Kernel panic" in said or len(said) + self.skip >= LOG_MAX:
                raise Failure("the guest does not come to its end")
            time.sleep(0.05)


def linux(bench, scmid_program, directory):
    """Linux takes its clocks from scmid, again after a reset in the middle of its life, and over the other device."""
    make_initramfs(bench.file("initramfs"), INIT, os.path.join(directory, "busybox"),
                   [(name, os.path.join(directory, name)) for name in MODULES], [("dev/kmsg", (1, 11))])
    make_machine_tree(bench.file("guest.dtb"), scmid_program, bench.board)
    guest = Guest(bench, directory, *PCI)
    guest.reset()
    took_s = guest.took_s
    guest.machine.quit()
    bench.next_is_served("the guest")
    guest = Guest(bench, directory, *MMIO)
    took_s += guest.took_s
    guest.machine.die()
    bench.next_is_served("the guest's death")
    bench.stop()
    return "Linux %s: %d clocks, names and rates as on the board: over PCI, after a reset, over MMIO; %s" % (
        guest.release, len(guest.clocks), ", ".join("%.1f s" % took for took in took_s))


def run(name, test, scmid_program, scmi, board, *arguments):
    bench = None
    try:
        bench = Bench(scmid_program, scmi, board)
        print("%s: %s" % (name, test(bench, *arguments)), flush=True)
        return True
    except (Failure, subprocess.SubprocessError) as failure:
        print("%s: FAILED: %s" % (name, failure))
        if getattr(failure, "stderr", None):
            print(failure.stderr)
        if bench:
            print("---- the guest's console\n%s" % bench.console()[-6000:])
            print("---- scmid\n%s" % bench.scmid.log()[-3000:], flush=True)
        return False
    finally:
        if bench:
            bench.clean_up()


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    scmid_program, scmi, board = sys.argv[1:4]
    good = run("QEMU's device", device, scmid_program, scmi, board)
    if len(sys.argv) == 5:
        good &= run("QEMU's guest", linux, scmid_program, scmi, board, scmid_program, sys.argv[4])
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
