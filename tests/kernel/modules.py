# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Modules that come and go in every order."""
import itertools
import re

from bench import PATIENCE_S, Failure
from guest import compare
from ours import CLOCKS, CORE, MODULES, TRANSPORT, descriptor, expect, own_clocks, ready
from scenarios import scenario

EAGAIN_TEXT = "Resource temporarily unavailable"

# One line for each step: what was done, its exit status, how many modules there are, what it said.
STEP = """
code=0
text=$(%(command)s 2>&1) || code=$?
echo "%(verb)s %(name)s $code $(grep -c . /proc/modules)" $text
"""

# Clocks are awaited where there are to be some; names of ours have a hyphen.
LOOK = """
tries=0
until [ $(ls /sys/kernel/debug/clk | grep -c -- -) -ge %d ] || [ $tries -ge 1000 ]; do
	usleep 10000
	tries=$((tries + 1))
done
echo clocks $(cd /sys/kernel/debug/clk; grep . *-*/clk_rate 2>/dev/null)
"""
LEFT = """
echo left $(ls -d /sys/kernel/debug/libscmi* /sys/bus/libscmi /dev/libscmi* /sys/bus/*/drivers/libscmi* 2>/dev/null)
"""


def is_allowed(verb, name, present):
    """Whether it works: clocks link against the core."""
    if verb == "insmod":
        return name != CLOCKS or CORE in present
    return name != CORE or CLOCKS not in present


class Cycle:
    """What a guest is to do for one order up and one order down, and what it has to say of each step."""

    def __init__(self, up, down, clocks):
        self.script = ""
        self.wanted = []
        self.present = set()
        self.walk("insmod", up)
        # What was refused is loaded now that it can be.
        self.walk("insmod", [name for name in up if name not in self.present])
        self.look(clocks)
        self.walk("rmmod", down)
        self.walk("rmmod", [name for name in down if name in self.present])
        self.look({})
        self.script += LEFT
        self.wanted.append(("left", ""))

    def walk(self, verb, names):
        for name in names:
            fine = is_allowed(verb, name, self.present)
            if fine:
                (self.present.add if verb == "insmod" else self.present.remove)(name)
            path = "/modules/%s.ko" % name if verb == "insmod" else name
            self.script += STEP % {"command": "%s %s" % (verb, path), "verb": verb, "name": name}
            # A refusal changes nothing.
            self.wanted.append(("%s %s" % (verb, name), fine, len(self.present)))

    def look(self, clocks):
        self.script += LOOK % len(clocks)
        self.wanted.append(("clocks", clocks))

    def judge(self, lines):
        """Takes as many of the lines as are of this cycle."""
        for what, *wanted in self.wanted:
            line = next(lines)
            if what == "left":
                expect(line, "left", "what is left")
            elif what == "clocks":
                compare({name: int(rate) for name, rate in re.findall(r" (\S+)/clk_rate:(\d+)", line)}, wanted[0])
            else:
                self.judge_step(line, what, *wanted)

    @staticmethod
    def judge_step(line, what, fine, count):
        verb, name, code, found, *text = line.split()
        text = " ".join(text)
        expect("%s %s" % (verb, name), what, "the step")
        if fine != (code == "0"):
            raise Failure("%s beside %s modules: exit %s: %s" % (what, found, code, text))
        if not fine and not ("unknown symbol" in text if verb == "insmod" else EAGAIN_TEXT in text or "in use" in text):
            raise Failure("%s is refused with: %s" % (what, text))
        expect(int(found), count, "number of modules after %s" % what)


def all_orders(bench, clocks):
    """Every order up with every order down."""
    orders = list(itertools.permutations(MODULES))
    for up in orders:
        cycles = [Cycle(up, down, clocks) for down in orders]
        lines = iter(bench.sh("".join(cycle.script for cycle in cycles), 4 * PATIENCE_S).splitlines())
        for cycle in cycles:
            cycle.judge(lines)


@scenario("insmod and rmmod in every order, no device")
def without(bench):
    bench.boot(descriptor(1))
    all_orders(bench, {})


@scenario("insmod and rmmod in every order, with a device")
def with_device(bench):
    bench.boot(descriptor(1), [bench.socket("guest4")])
    all_orders(bench, own_clocks(4))


@scenario("rmmod of any of them, alone, and back")
def one_by_one(bench):
    """With an instance up, each that may go goes and comes back, and so does the instance."""
    bench.boot(descriptor(1), [bench.socket("guest7")])
    bench.sh("".join("insmod /modules/%s.ko\n" % name for name in MODULES))
    ready(bench, 1)
    for names in ([TRANSPORT], [CLOCKS], [CLOCKS, CORE], [TRANSPORT, CLOCKS, CORE]):
        bench.sh("".join("rmmod %s\n" % name for name in names))
        compare(bench.clocks(), {})
        bench.sh("".join("insmod /modules/%s.ko\n" % name for name in reversed(names)))
        ready(bench, 1)
        bench.until(lambda: bench.clocks() == own_clocks(7), "have its clocks again")
