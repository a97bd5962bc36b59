# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What loads itself, tests itself, and sleeps: module aliases, KUnit, suspending."""
from bench import Failure, device_node
from ours import CONSUMER, MODULES, consumed, consumer, descriptor, expect, load, own_clocks, ready
from scenarios import scenario

SUITES = ("libscmi_exchange", "libscmi_trouble")


@scenario("modules that are loaded by what is there")
def aliases(bench):
    """Each device says by its alias what it wants, as udev hears it: nobody names a module."""
    bench.boot(descriptor(1) + consumer(1), [bench.socket("guest1")])
    load(bench, CONSUMER)
    bench.sh("""
		directory=/lib/modules/$(uname -r)
		mkdir -p $directory
		cp /modules/libscmi*.ko $directory
		depmod
	""")
    for device, module in (("virtio/devices/virtio0", "libscmi_virtio"),
                           ("platform/devices/firmware:scmi-1", "libscmi_virtio"),
                           ("platform/devices/libscmi-instance.*", "libscmi"),
                           ("libscmi/devices/libscmi0:14", "libscmi_clk")):
        path = "/sys/bus/%s/modalias" % device
        bench.until(lambda path=path: not bench.run("ls " + path)[0], "have " + device)
        # For a virtio device alone, and for its descriptor alone.
        if device.startswith("platform/devices/firmware"):
            bench.sh("rmmod libscmi_virtio")
        bench.sh('modprobe "$(cat %s)"' % path)
        if bench.run("grep -q '^%s ' /proc/modules" % module)[0]:
            raise Failure("%s brings not %s" % (bench.sh("cat " + path).strip(), module))
    ready(bench, 1)
    bench.has_clocks(own_clocks(1))
    bench.until(lambda: consumed(bench, 1), "bind the consumer")


@scenario("self-tests of the engine")
def kunit(bench):
    bench.boot()
    bench.sh("insmod /kernel/modules/kunit.ko enable=1 autorun=1; insmod /modules/libscmi.ko; insmod /modules/libscmi_kunit.ko")
    said = bench.sh("dmesg")
    for number, suite in enumerate(SUITES, 1):
        if "] ok %d %s\n" % (number, suite) not in said:
            raise Failure("not ok: %s:\n%s" % (suite, "\n".join(line for line in said.splitlines() if "not ok" in line)))
    bench.sh("rmmod libscmi_kunit libscmi kunit")


@scenario("suspended and resumed in use")
def suspended(bench):
    """As far as devices go, while somebody reads a rate again and again: it is right each time, and so is all afterwards."""
    bench.boot(device_node(1, bench.socket("guest1")) + descriptor(1, 1) + consumer(1))
    if bench.run("test -f /sys/power/pm_test")[0]:
        return "this kernel does not suspend"
    load(bench, *MODULES, CONSUMER)
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    bench.sh("echo 1 >/sys/module/suspend/parameters/pm_test_delay; echo devices >/sys/power/pm_test")
    states = bench.sh("cat /sys/power/state").split()
    for state in states:
        files = {"reads": "/tmp/%s-reads" % state, "over": "/tmp/%s-over" % state, "state": state}
        reading = bench.start("""
			until [ -f %(over)s ]; do
				cat /sys/kernel/debug/clk/set-1/clk_rate
				touch %(reads)s
			done | uniq
		""" % files)
        bench.sh("""
			until [ -f %(reads)s ]; do usleep 10000; done
			echo %(state)s >/sys/power/state
			touch %(over)s
		""" % files)
        expect(bench.finish(reading), (0, "100000\n"), "the rates while it was suspended: " + state)
        expect(consumed(bench, 1), list(own_clocks(1).items()), "what the consumer has after " + state)
    return "to " + ", ".join(states)
