#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Boot real Linux kernels (User-Mode Linux) on scmid's virtio device, and look at the clocks they find.

Usage: boot.py SCMID SCMI BOARD KERNEL...

The board has an agent "linux" on a virtio endpoint and an agent "tester" with a socket, both with the same clocks.
For each kernel: scmid is started, the kernel booted, and its clock tree compared with the board file's
names and with the names and rates that the tester is told. A kernel that says BUG or WARNING fails too.
"""
import os
import re
import shutil
import sys
import tempfile
import time

from guest import MACHINE, Failure, Scmid, Uml, board_clocks, compare, make_initramfs, make_tree, printed_tree

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

def boot(kernel, initramfs, tree, vhost, directory):
    """What the guest's console said."""
    guest = Uml(kernel, directory, "mem=64M", "initrd=" + initramfs, "dtb=" + tree, "virtio_uml.device=%s:32" % vhost)
    guest.wait()
    guest.kill()
    return guest.console()


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
        make_initramfs(initramfs, INIT)
        tree = os.path.join(directory, "guest.dtb")
        make_tree(tree, MACHINE + printed_tree(scmid_program, "linux", board))
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
