# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""/dev/libscmiN: what it promises to tools, and scmi on it inside the guest."""
import json
import os
import re
import shutil
import subprocess
import threading

from bench import Failure
from guest import compare
from ours import MODULES, expect, load, own_clocks, own_descriptor, ready
from scenarios import scenario

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DEVICE = "/dev/libscmi0"
SCMI = "/host/scmi --at dev:%s " % DEVICE
TRACE = "/sys/kernel/tracing/"

_building = threading.Lock()


def boot(bench):
    """A guest with one instance, and in it scmi and raw_check, which need nothing but the kernel."""
    with _building:
        program = subprocess.run([os.path.join(TOP, "scripts/build-static")], check=True, capture_output=True, text=True)
    shutil.copy(os.path.join(TOP, program.stdout.strip()), os.path.join(bench.shared, "scmi"))
    subprocess.run(["cc", "-static", "-O1", "-Wall", "-Werror", "-o", os.path.join(bench.shared, "raw_check"),
                    os.path.join(TOP, "tests/kernel/raw_check.c")], check=True)
    bench.boot(own_descriptor(1, bench.socket("guest1")))
    load(bench, *MODULES)
    ready(bench, 1)
    bench.until(lambda: not bench.run("test -c " + DEVICE)[0], "make " + DEVICE)


def ask(bench, words):
    return json.loads(bench.sh(SCMI + "--json " + words))


def set_by_another(bench, clock, rate_hz):
    subprocess.run([bench.setup.scmi, "--at", "unix:" + bench.scmid.path("tester.sock"), "clock", "set", clock,
                    str(rate_hz)], check=True, capture_output=True)


def sent(bench, name):
    """The last byte that counts of each such command that went to the platform: what a subscription asks for."""
    said = bench.sh("cat %strace" % TRACE)
    return [bytes_[12:14] for bytes_ in re.findall(r"-> %s .*: ([0-9a-f ]{23})$" % name, said, re.MULTILINE)]


@scenario("the raw device's promises")
def promises(bench):
    """Errors, tokens, limits, delayed responses; processes at once; closed in the middle."""
    boot(bench)
    bench.sh("/host/raw_check %s basics" % DEVICE, 120)
    bench.sh("/host/raw_check %s 500" % DEVICE, 120)


@scenario("scmi on the raw device")
def program(bench):
    """The program that tests every other transport, inside the guest beside the kernel's own clock driver."""
    boot(bench)
    compare({clock["name"]: clock["rate_hz"] for clock in ask(bench, "clock list")["clocks"]}, own_clocks(1))
    expect(ask(bench, "info")["vendor"], "libscmi", "vendor")
    bench.sh(SCMI + "clock set set-1 250000")
    # Asynchronously: the answer comes first, the platform is slow with the rest.
    bench.sh(SCMI + "clock set slow-1 20000 --async")
    compare(bench.clocks(), {"only-1": 1000000, "set-1": 250000, "slow-1": 20000})
    code, said = bench.run(SCMI + "base reset")
    if not code or "not permitted" not in said:
        raise Failure("a tool may reset the kernel's agent: exit %d: %s" % (code, said))
    code, said = bench.run("/host/scmi --at dev:/dev/libscmi7 info")
    if not code or "there is no /dev/libscmi7" not in said:
        raise Failure("exit %d: %s" % (code, said))


@scenario("subscriptions through the raw device")
def subscriptions(bench):
    """They are counted with those of others: the platform is told once that the last has gone, whatever way it went."""
    boot(bench)
    bench.sh("echo 1 >%sevents/libscmi/libscmi_message/enable" % TRACE)
    # A change makes two events: somebody asked for it, and it came about.
    watch = SCMI + "--json watch --clock set-1 --count "
    one, two = bench.start(watch + "2"), bench.start(watch + "4")
    third = bench.start("echo $$ >/host/third; exec " + watch + "9")
    bench.until(lambda: sent(bench, "CLOCK_RATE_NOTIFY").count("01") >= 3, "subscribe three times")
    set_by_another(bench, "set-1", 300000)
    code, said = bench.finish(one)
    if code or '"rate_hz":300000' not in said.replace(" ", ""):
        raise Failure("the first watcher, exit %d: %s" % (code, said))
    set_by_another(bench, "set-1", 400000)
    code, said = bench.finish(two)
    if code or '"rate_hz":400000' not in said.replace(" ", ""):
        raise Failure("the second watcher, exit %d: %s" % (code, said))
    # The kernel's clock driver and the third watcher are left.
    expect(sent(bench, "CLOCK_RATE_NOTIFY").count("00"), 0, "told to stop")
    bench.sh("rmmod libscmi_clk; kill -9 $(cat /host/third)")
    bench.finish(third)
    bench.until(lambda: sent(bench, "CLOCK_RATE_NOTIFY").count("00"), "give the subscription up")
    set_by_another(bench, "set-1", 500000)
    ask(bench, "clock list")


def begin(bench, what, until):
    """Start raw_check; it has said that when this returns."""
    number = bench.start("/host/raw_check %s %s" % (DEVICE, what))

    def said():
        path = os.path.join(bench.shared, "%d.out" % number)
        if not os.path.exists(path):
            return False
        with open(path, encoding="utf-8") as file:
            return until in file.read()
    bench.until(said, "say '%s'" % until)
    return number


@scenario("the raw device goes while it is open")
def gone(bench):
    """Its readers are woken with ENODEV; the instance comes back under its name, for those who open it then."""
    boot(bench)
    for _ in range(5):
        reader = begin(bench, "gone", "reading")
        storm = begin(bench, "1000000", "storming\nstorming")
        bench.sh("cd /sys/bus/virtio/drivers/libscmi_virtio; echo virtio0 >unbind; echo virtio0 >bind")
        code, said = bench.finish(reader)
        if code:
            raise Failure("who read was told: %s" % said)
        code, said = bench.finish(storm)
        if not code or "No such device" not in said:
            raise Failure("who wrote was told: exit %d: %s" % (code, said))
        ready(bench, 1)
        bench.until(lambda: not bench.run("test -c " + DEVICE)[0], "make %s again" % DEVICE)
        compare({clock["name"]: clock["rate_hz"] for clock in ask(bench, "clock list")["clocks"]}, own_clocks(1))
