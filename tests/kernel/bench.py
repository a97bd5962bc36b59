# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A Linux guest whose kernel tells drivers' mistakes, with a shell that a test on this side uses, and what it may not say.

The shell is a directory that both see (hostfs): the test puts a script there, the guest runs it and leaves what it
wrote and its exit status. So the console is the kernel's alone, and a test can do things on either side in turns.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))

from guest import MACHINE, Failure, Scmid, Uml, compare, make_initramfs, make_tree  # noqa: E402
from played import Played  # noqa: E402

UP = "=== guest up"

PATIENCE_S = 60
BOOT_PATIENCE_S = 240

# It runs N.run when it is there; whoever puts it there renames it into place.
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /tmp /host /modules /kernel
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
for argument in $(cat /proc/cmdline); do
	case $argument in
	host=*|modules=*|kernel=*) mount -t hostfs none /${argument%%=*} -o ${argument#*=} ;;
	esac
done
dmesg -n 8
echo "UP" >/dev/kmsg
number=0
while :; do
	if [ -f /host/$number.run ]; then
		(
			sh /host/$number.run >/host/$number.out 2>&1 </dev/null
			echo $? >/host/$number.code
		) &
		number=$((number + 1))
	else
		usleep 2000
	fi
done
""".replace("UP", UP)

# A line with one of these is trouble, whoever caused it. Reports that are cut short all have a call trace.
TROUBLE = re.compile(r"""
	\bBUG\b | WARNING | KASAN | \bOops\b | Call\ Trace | Kernel\ panic | cut\ here | ODEBUG | refcount_t |
	blocked\ for\ more\ than | rcu.*stall | does\ not\ have\ a\ release |
	lock\ held\ when\ returning | locks?\ held | corruption | sysfs:\ cannot\ create | kobject_add_internal |
	Trying\ to | use-after-free | unbalanced | Underflow | leaked
""", re.VERBOSE)

# What is lost stays lost: the leak detector takes a pointer that is only in a register for none, and a scan may come to
# its end early.
LEAKS = """
for scan in 1 2 3; do
	usleep 150000
	echo scan >/sys/kernel/debug/kmemleak
done
cat /sys/kernel/debug/kmemleak
"""
LOOKS = 8

# What the kernel itself made before there was an init; it does not look for pointers in the device tree.
BOOT = re.compile(r'comm "swapper(/0)?", pid 1,')


# Where nothing is when a guest starts, nothing that comes later would be noticed.
FIRMWARE = """/ {
	firmware {
	};
};
"""


def device_node(number, path, child=""):
    """A virtio SCMI device in the guest's tree, with what its child node has beside its own compatible."""
    return """/ {
	scmi_device%d: virtio-%d {
		compatible = "virtio,uml";
		socket-path = "%s";
		virtio-device-id = <32>;
%s	};
};
""" % (number, number, path, child)


class Bench:
    """scmid, a guest, and a directory of their own. A context manager, at whose end the guest is judged."""

    def __init__(self, setup, board, expects=()):
        self.setup = setup
        self.board = board
        self.expects = [re.compile(text) for text in expects]
        self.directory = tempfile.mkdtemp(prefix="scmi-kernel-")
        self.shared = os.path.join(self.directory, "shared")
        os.mkdir(self.shared)
        self.scmid = None
        self.uml = None
        self.played = []
        self.number = 0
        self.judged = True

    def __enter__(self):
        try:
            self.scmid = Scmid(self.setup.scmid, self.board, self.directory)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.judge()
        except Failure as failure:
            kind, error = Failure, failure
            raise
        finally:
            if kind is not None:
                error.said = getattr(error, "said", "") + self.said() + "".join("\n---- the played device: %r" % device.trouble for device in self.played)
            if self.uml:
                self.uml.kill()
            for device in self.played:
                device.close()
            self.scmid.stop()
            shutil.rmtree(self.directory, ignore_errors=True)

    def said(self):
        console = self.uml.console().split(UP)[-1][-30000:] if self.uml else ""
        log = "\n".join(line for line in self.scmid.log().splitlines() if not line.startswith("scmid: agent "))
        return "---- the guest's console\n%s\n---- scmid\n%s" % (console, log[-2000:])

    def file(self, name):
        return os.path.join(self.directory, name)

    def socket(self, agent):
        return self.scmid.path(agent + ".vhost")

    def restart_scmid(self):
        """After it was killed."""
        self.scmid.process.wait(PATIENCE_S)
        self.scmid.stop()
        self.scmid = Scmid(self.setup.scmid, self.board, self.directory)

    def play(self, agent):
        """A device of the test's own, on the socket .path, that asks scmid as that agent."""
        device = Played(self.file(agent + ".played"), self.scmid.path(agent + ".sock"))
        self.played.append(device)
        return device

    def boot(self, tree="", devices=()):
        """A guest with that in its tree, and a device on each of those sockets."""
        make_tree(self.file("guest.dtb"), MACHINE + FIRMWARE + tree, "-@")
        make_initramfs(self.file("initramfs"), INIT)
        arguments = ["virtio_uml.device=%s:32" % path for path in devices]
        self.uml = Uml(self.setup.kernel, self.directory, "mem=256M", "initrd=" + self.file("initramfs"),
                       "dtb=" + self.file("guest.dtb"), "host=" + self.shared, "modules=" + self.setup.modules,
                       "kernel=" + os.path.dirname(self.setup.kernel), *arguments)
        self.judged = True
        self.until(lambda: UP in self.uml.console(), "come up", BOOT_PATIENCE_S)

    def boot_again(self, tree="", devices=()):
        """Another guest, after this one was judged."""
        self.judge()
        self.uml.kill()
        self.shared = os.path.join(self.directory, "shared-%d" % self.number)
        os.mkdir(self.shared)
        self.number = 0
        self.boot(tree, devices)

    def until(self, done, what, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while not done():
            if self.uml.ended():
                raise Failure("the guest ended before it could " + what)
            if time.monotonic() > end or self.uml.talks_too_much():
                raise Failure("the guest does not " + what)
            time.sleep(0.005)

    def start(self, script):
        """Have the guest run it, beside whatever runs already; for finish()."""
        path = os.path.join(self.shared, "%d.run" % self.number)
        with open(path + "~", "w", encoding="utf-8") as file:
            file.write(script)
        os.rename(path + "~", path)
        self.number += 1
        return self.number - 1

    def finish(self, number, patience_s=PATIENCE_S):
        """Its exit status and what it wrote."""
        code = os.path.join(self.shared, "%d.code" % number)
        self.until(lambda: os.path.exists(code) and os.path.getsize(code) > 1, "come to the end of script %d" % number,
                   patience_s)
        with open(os.path.join(self.shared, "%d.out" % number), encoding="utf-8", errors="replace") as file:
            output = file.read()
        with open(code, encoding="utf-8") as file:
            return int(file.read()), output

    def run(self, script, patience_s=PATIENCE_S):
        return self.finish(self.start(script), patience_s)

    def sh(self, script, patience_s=PATIENCE_S):
        """What the script wrote; it has to succeed."""
        code, output = self.run("set -e\n" + script, patience_s)
        if code:
            raise Failure("in the guest, exit %d:\n%s\n%s" % (code, script.strip(), output.strip()))
        return output

    def add_to_tree(self, source):
        """Something that device_node() and the like made, into the tree of a guest that runs. It needs helpers/overlay.ko."""
        name = "%d.dtbo" % self.number
        make_tree(os.path.join(self.shared, name), "/dts-v1/;\n/plugin/;\n" + source.replace("/ {", "&{/} {"))
        self.sh("echo /host/%s >/sys/module/overlay/parameters/add" % name)

    def drop_from_tree(self):
        """What was added last."""
        self.sh("echo 1 >/sys/module/overlay/parameters/remove")

    def clocks(self):
        """Name to rate, of all clocks that the guest's kernel has."""
        said = self.sh("cd /sys/kernel/debug/clk; grep . */clk_rate 2>/dev/null || true")
        return {name: int(rate) for name, rate in re.findall(r"^(\S+)/clk_rate:(\d+)$", said, re.MULTILINE)}

    def has_clocks(self, wanted):
        """Those and no others, however long a driver may take to come to it."""
        try:
            self.until(lambda: self.clocks() == wanted, "have those clocks")
        except Failure:
            compare(self.clocks(), wanted)
            raise

    def devices(self, bus):
        return sorted(self.sh("ls /sys/bus/%s/devices 2>/dev/null || true" % bus).split())

    def kernel_said(self, text):
        return re.search(text, self.uml.console(), re.MULTILINE)

    def lost(self):
        """What is lost of memory, in each of several looks at it."""
        leaks = None
        for _ in range(LOOKS):
            said = self.sh(LEAKS).split("unreferenced object")[1:]
            now = {leak.split()[0]: leak for leak in said if not BOOT.search(leak)}
            leaks = now if leaks is None else {address: now[address] for address in leaks if address in now}
            if not leaks:
                break
        return list(leaks.values())

    def judge(self):
        """The kernel reported no mistake, of anybody, and its means of seeing them were on to the end."""
        if not self.uml or not self.judged:
            return
        lost = self.lost()
        if lost:
            raise Failure("lost memory:" + "".join(lost)[:4000])
        if not re.search(r"debug_locks:\s+1$", self.sh("cat /proc/lockdep_stats"), re.MULTILINE):
            raise Failure("lockdep was switched off")
        self.start("poweroff -f")
        self.uml.wait(PATIENCE_S)
        console = self.uml.console()
        lines = console[console.index(UP):].splitlines()
        trouble = [line for line in lines if TROUBLE.search(line) and not any(e.search(line) for e in self.expects)]
        if trouble:
            raise Failure("the guest's kernel says: " + trouble[0])
        if not any("System halted" in line or "Power down" in line for line in lines):
            raise Failure("the guest did not come to its end")
