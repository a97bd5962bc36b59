# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Clocks: what they show beside the kernel's own driver, all that can be done with them, and who holds them when they go."""
import json
import subprocess

from bench import Bench, Failure, device_node
from guest import PATIENCE_S, compare
from intree import load as load_in_tree
from ours import CLOCKS, descriptor, expect, load, ready, states
from scenarios import scenario

BOARD = "tests/kernel/clocks.yaml"
DO = "/sys/kernel/debug/libscmi-test-holder/"

# What /holder has of them, in this order.
(CRYSTAL, SLOW_CRYSTAL, STEPS, PLL, BUS, CHOOSER, GAP, LONG_NAME, QUICK, LAZY, SLOW, DUTY, PHASE, LOCKED, LOCKED_PARENT,
 SILENT, BROKEN, LATE) = range(18)
LISTED = 18

ATOMIC = "\t\tatomic-threshold-us = <100>;\n\t\tlibscmi,poll-budget-us = <10000>;\n"


def holder(label="clocks1", ids=range(LISTED)):
    return "/ {\n\tholder {\n\t\tclocks = %s;\n\t};\n};\n" % ", ".join("<&%s %d>" % (label, i) for i in ids)


def boot(bench, agent="new", more=""):
    bench.boot(descriptor(1, more=more) + holder(), [bench.socket(agent)])
    load(bench)
    ready(bench, 1)
    bench.sh("insmod /modules/helpers/holder.ko")
    bench.until(lambda: "late" in bench.clocks(), "have clocks")


def do(bench, *words):
    bench.sh('echo "%s" >%sdo' % (" ".join(map(str, words)), DO))


def refused(bench, text, *words):
    code, said = bench.run('echo "%s" >%sdo' % (" ".join(map(str, words)), DO))
    if not code or text not in said:
        raise Failure("%s: not '%s' but: exit %d: %s" % (words, text, code, said))


def said(bench):
    return int(bench.sh("cat %ssaid" % DO))


def held(bench):
    """Name, rate, parent and duty cycle of each clock that the holder has."""
    return [line.split() for line in bench.sh("cat %sclocks" % DO).splitlines()]


def tester(bench, *words):
    """What another agent, from outside, does with the board's clocks."""
    done = subprocess.run([bench.setup.scmi, "--at", "unix:" + bench.scmid.path("tester.sock"), "--json", "clock", *words],
                          check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return json.loads(done.stdout) if done.stdout else None


def is_on(bench, name):
    return {clock["name"]: clock for clock in tester(bench, "list")["clocks"]}[name]["enabled"]


def summary(bench):
    """All that debugfs tells of clocks, in the order it does."""
    return bench.sh("cd /sys/kernel/debug/clk; cat clk_summary; grep -r . . | sort").splitlines()


def seen(setup, agent, load_it):
    """What a guest sees of its clocks with that stack."""
    with Bench(setup, BOARD) as bench:
        bench.boot(descriptor(1), [bench.socket(agent)])
        load_it(bench)
        bench.until(lambda: "late" in bench.clocks(), "have clocks")
        return summary(bench)


@scenario("clocks: as the kernel's own driver has them", board=BOARD)
def as_in_tree(bench):
    """Tree, order, rates, ranges, flags, parents, duty cycles: debugfs says the same of both."""
    # Before 6.12 it knows no parents, permissions and duty cycles, before 7 it stops at 16 rates.
    version = tuple(map(int, bench.setup.version.split(".")))
    agent = "old" if version < (6, 12) else "new-shorter" if version < (7,) else "new"
    theirs = seen(bench.setup, agent, load_in_tree)
    ours = seen(bench.setup, agent, load)
    if theirs != ours:
        raise Failure("only with the kernel's own driver:\n%s\nonly with ours:\n%s" % (
            "\n".join(line for line in theirs if line not in ours), "\n".join(line for line in ours if line not in theirs)))


@scenario("clocks: all that can be done with them", board=BOARD)
def everything(bench):
    boot(bench)
    do(bench, "get")
    found = held(bench)
    expect(found[GAP], ["-", "0", "-", "0"], "a gap")
    expect(found[CHOOSER], ["chooser", "60000000", "late", "50"], "chooser")
    expect(found[BUS], ["bus", "240000000", "pll", "50"], "bus")
    expect(found[DUTY], ["duty", "11000000", "-", "25"], "duty")
    expect(found[PHASE], ["phase", "12000000", "-", "50"], "phase")
    expect(found[LONG_NAME][0], "a-name-of-sixty-three-characters-is-the-longest-there-can-be.63", "long name")

    # Rates: of a range the next step upwards, of a list the platform chooses the next lower one.
    for rate, rounded in ((1, 600), (601, 624), (700, 720), (1200, 1200), (1201, 1200)):
        do(bench, "round", PLL, rate * 1000000)
        expect(said(bench), rounded * 1000000, "%d MHz rounded" % rate)
    do(bench, "set", PLL, 700000000)
    expect(held(bench)[BUS][1], "180000000", "below the changed rate")
    do(bench, "set", STEPS, 500000000)
    expect(held(bench)[STEPS][1], "400000000", "a rate of a list")
    do(bench, "set", SLOW, 19000000)
    expect(held(bench)[SLOW][1], "19000000", "a rate that took a while")
    do(bench, "set", BROKEN, 2000000)
    expect(held(bench)[BROKEN][1], "1000000", "a rate that could not be set")
    if not bench.kernel_said(r"clock 16 \(broken\): 2000000 Hz are not set: the platform answered HARDWARE_ERROR"):
        raise Failure("nobody is told that the rate is not set")

    # Parents, the duty cycle, and what is not allowed.
    do(bench, "parent", CHOOSER, CRYSTAL)
    expect(held(bench)[CHOOSER], ["chooser", "72000000", "crystal", "50"], "chooser with another parent")
    refused(bench, "Invalid argument", "parent", CHOOSER, PLL)
    do(bench, "duty", DUTY, 3, 4)
    expect(held(bench)[DUTY][3], "75", "another duty cycle")
    refused(bench, "", "duty", DUTY, 99, 100)
    expect(held(bench)[DUTY][3], "75", "the duty cycle that could be set")
    refused(bench, "Operation not permitted", "parent", LOCKED_PARENT, PLL)
    do(bench, "set", LOCKED, 2000000)
    expect(held(bench)[LOCKED][1], "1000000", "a rate that is not ours to set")
    do(bench, "prepare", LOCKED)
    expect(is_on(bench, "locked"), False, "a clock that is not ours to switch on")

    # On and off.
    expect(is_on(bench, "late"), False, "late at start")
    do(bench, "prepare", LATE)
    expect(is_on(bench, "late"), True, "late, prepared")
    do(bench, "enable", LATE)
    do(bench, "disable", LATE)
    expect(is_on(bench, "late"), True, "late, still prepared")
    do(bench, "unprepare", LATE)
    expect(is_on(bench, "late"), False, "late, not prepared any more")
    do(bench, "put")


@scenario("clocks: the platform changes rates by itself", board=BOARD)
def changes(bench):
    """Somebody else's clock below one of ours follows, without anybody who asks."""
    boot(bench)
    do(bench, "get")
    do(bench, "divide", STEPS)
    half = "cat /sys/kernel/debug/clk/half/clk_rate"
    expect(bench.sh(half), "100000000\n", "half of 200 MHz")
    wanted = len([name for name in tester(bench, "list")["clocks"] if name["name"] != "silent"])
    bench.until(lambda: int(list(states(bench).values())[0]["sent"]) > wanted, "subscribe")
    tester(bench, "set", "steps", "800MHz")
    bench.until(lambda: bench.sh(half) == "400000000\n", "follow the change")
    do(bench, "divide", -1)


@scenario("clocks: in atomic context", board=BOARD)
def atomic(bench):
    """Where the descriptor allows it, what is quick is switched with interrupts off, and the rest is prepared."""
    boot(bench, more=ATOMIC)
    do(bench, "get")
    for index, name in ((QUICK, "quick"), (LAZY, "lazy"), (LATE, "late")):
        is_quick = index == QUICK
        do(bench, "prepare", index)
        expect(is_on(bench, name), not is_quick, name + ", prepared")
        do(bench, "enable", index)
        expect(is_on(bench, name), True, name + ", enabled")
        do(bench, "disable", index)
        expect(is_on(bench, name), not is_quick, name + ", disabled")
        do(bench, "unprepare", index)
        expect(is_on(bench, name), False, name + ", at the end")
    # A hundred times in a row, from both processors.
    do(bench, "prepare", QUICK)
    turns = ['for i in $(seq 100); do echo enable %d >%sdo; echo disable %d >%sdo; done' % (QUICK, DO, QUICK, DO)] * 2
    for number in [bench.start("set -e\n" + turn) for turn in turns]:
        expect(bench.finish(number), (0, ""), "enabling in a row")
    do(bench, "unprepare", QUICK)


@scenario("clocks: the same names twice", board=BOARD)
def twins(bench):
    """Of two instances with equal names the second has its own after them, parents included."""
    bench.boot(device_node(1, bench.socket("new")) + device_node(2, bench.socket("twin")) + descriptor(1, 1) +
               descriptor(2, 2) + holder("clocks2"))
    load(bench)
    ready(bench, 2)
    bench.until(lambda: len(bench.clocks()) == 2 * 18, "have the clocks of both")
    found = bench.clocks()
    plain = {name: rate for name, rate in found.items() if "@" not in name}
    again = {name: rate for name, rate in found.items() if "@" in name}
    instances = {name.split("@")[1] for name in again}
    expect(len(instances), 1, "instances that had to choose other names")
    compare(again, {"%s@%s" % (name, *instances): rate for name, rate in plain.items()})
    bench.sh("insmod /modules/helpers/holder.ko")
    do(bench, "get")
    name, _, parent, _ = held(bench)[BUS]
    expect(parent, name.replace("bus", "pll"), "the parent of the second bus")
    do(bench, "put")
    bench.sh("rmmod libscmi_clk")
    compare(bench.clocks(), {})
    load(bench, CLOCKS)
    bench.until(lambda: bench.clocks() == found or len(bench.clocks()) == 2 * 18, "have both again")


@scenario("clocks: the module a hundred times", board=BOARD)
def module_cycles(bench):
    """While somebody holds a clock the module stays; when it is put it goes, and comes back.

    The framework itself uses what it has freed when a clock is put whose driver is gone (clk_unregister() frees a handle
    that is still in a list). So nobody may hold one that long: the driver cannot be unbound by hand either, and when an
    instance goes its consumers have gone before.
    """
    boot(bench)
    code, _ = bench.run("ls /sys/bus/libscmi/drivers/libscmi_clk/unbind")
    if not code:
        raise Failure("the driver can be unbound under its consumers")
    bench.sh("""
		for i in $(seq 100); do
			echo get >%(do)s
			echo prepare %(late)d >%(do)s
			! rmmod libscmi_clk 2>/dev/null
			echo unprepare %(late)d >%(do)s
			echo put >%(do)s
			rmmod libscmi_clk
			! echo get >%(do)s
			insmod /modules/libscmi_clk.ko
		done 2>/dev/null
	""" % {"do": DO + "do", "late": LATE}, 300)
    bench.until(lambda: len(bench.clocks()) == 18, "have clocks")


@scenario("clocks: after a reset", board=BOARD)
def reset(bench):
    """What consumers asked for is asked for again: votes, rates, parents, duty cycles."""
    boot(bench, more=ATOMIC)
    do(bench, "get")
    do(bench, "prepare", LATE)
    do(bench, "prepare", QUICK)
    do(bench, "enable", QUICK)
    do(bench, "set", PLL, 720000000)
    do(bench, "parent", CHOOSER, CRYSTAL)
    do(bench, "duty", DUTY, 60, 100)
    before = held(bench)
    bench.sh("for i in /sys/kernel/debug/libscmi/*/reset; do echo 1 >$i; done")
    bench.until(lambda: is_on(bench, "late") and is_on(bench, "quick"), "switch its clocks on again")
    bench.until(lambda: held(bench) == before, "ask for everything again")
