#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Our kernel modules on an arm64 machine with two processors: Debian's Linux under QEMU, over PCI and over MMIO.

Usage: qemu_modules.py SCMID SCMI BOARD GUEST MODULES

GUEST is what scripts/build-qemu-guest made. MODULES is a directory with ours for its kernel, and with scmi and raw_check
(tests/kernel/raw_check.c) as static programs. The guest tells its clocks when the modules are loaded, after its device was
unbound and bound, and after it was suspended as far as its devices; then two processes send at once, and scmi
lists the clocks through /dev/libscmi0.
"""
import os
import re
import sys

import qemu
from boot import DONE
from guest import Failure, compare, make_initramfs

KERNEL_MODULES = ("virtio_mmio.ko",)
OURS = ("libscmi_virtio.ko", "libscmi.ko", "libscmi_clk.ko")
PROGRAMS = ("scmi", "raw_check")
DEVICE = "/dev/libscmi0"
STORM = 3000
STEPS = ("loaded", "bound", "freeze", "mem")

INIT = """#!/bin/busybox sh
exec >/dev/kmsg 2>&1
/bin/busybox mkdir -p /proc /sys
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t devtmpfs dev /dev
tell() {
	for clock in /sys/kernel/debug/clk/*/clk_rate; do
		name=${clock%/clk_rate}
		echo "=== $1 ${name##*/} $(cat $clock)"
	done
}
wait_for() {
	tries=0
	until test $1 $2 || [ $tries -eq 300 ]; do
		usleep 100000
		tries=$((tries + 1))
	done
}
tell own
for module in MODULES; do
	insmod /$module
done
wait_for -c DEVICE
tell loaded
cd /sys/bus/virtio/drivers/libscmi_virtio
device=$(echo virtio*)
echo $device >unbind
wait_for ! -c DEVICE
tell unbound
echo $device >bind
wait_for -c DEVICE
tell bound
cd /
echo devices >/sys/power/pm_test
for state in freeze mem; do
	echo $state >/sys/power/state && tell $state
done
echo "=== processors $(nproc)"
/raw_check DEVICE STORM && echo "=== storm over"
/scmi --at dev:DEVICE --json clock list | tr '{' '\\n' | while read -r line; do
	echo "=== scmi $line"
done
echo "DONE"
while :; do sleep 1000; done
""".replace("DONE", DONE).replace("MODULES", " ".join(KERNEL_MODULES + OURS)).replace("DEVICE", DEVICE).replace(
    "STORM", str(STORM))

TROUBLE = re.compile(r"\bBUG\b|WARNING|\bOops\b|Call trace|Kernel panic|rcu.*stall|blocked for more than")


class Guest(qemu.Guest):
    def boots(self):
        said = self.to_its_end()
        trouble = [line for line in said.splitlines() if TROUBLE.search(line)]
        if trouble:
            raise Failure("the guest's kernel says: " + trouble[0])
        said = re.sub(r"^\[ *\d+\.\d+\] ", "", said, flags=re.MULTILINE)
        wanted = self.bench.wanted()
        own = {name for name, _ in re.findall(r"^=== own (\S+) (\d+)\s*$", said, re.MULTILINE)}

        def clocks(step):
            found = re.findall(r"^=== %s (\S+) (\d+)\s*$" % step, said, re.MULTILINE)
            return {name: int(rate) for name, rate in found if name not in own}
        for step in STEPS:
            try:
                compare(clocks(step), wanted)
            except Failure as failure:
                raise Failure("when %s: %s" % (step, failure)) from failure
        compare(clocks("unbound"), {})
        if "=== processors 2" not in said or "=== storm over" not in said:
            raise Failure("two processors did not send at once")
        listed = re.findall(r'^=== scmi .*"name": ?"([^"]+)".*"rate_hz": ?(\d+)', said, re.MULTILINE)
        compare({name: int(rate) for name, rate in listed}, wanted)
        self.release = re.search(r"Linux version (\S+)", said).group(1)


def modules(bench, scmid_program, directory, ours):
    """The same over each of the two devices, and the next front end is served after it."""
    files = [(name, os.path.join(directory, name)) for name in KERNEL_MODULES]
    files += [(name, os.path.join(ours, name)) for name in OURS + PROGRAMS]
    make_initramfs(bench.file("initramfs"), INIT, os.path.join(directory, "busybox"), files, [("dev/kmsg", (1, 11))])
    qemu.make_machine_tree(bench.file("guest.dtb"), scmid_program, bench.board)
    for name, devices in (("PCI", qemu.PCI), ("MMIO", qemu.MMIO)):
        guest = Guest(bench, directory, *devices)
        guest.machine.quit()
        bench.next_is_served("the guest over " + name)
    bench.stop()
    return "Linux %s: clocks as on the board when loaded, bound again, suspended; %d messages from two processors" % (
        guest.release, 2 * STORM)


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    scmid_program, scmi, board, directory, ours = sys.argv[1:]
    sys.exit(0 if qemu.run("our modules", modules, scmid_program, scmi, board, scmid_program, directory, ours) else 1)


if __name__ == "__main__":
    main()
