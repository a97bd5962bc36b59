# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Modules that come and go in every order."""
import itertools

from bench import Failure
from guest import compare
from ours import CLOCKS, CORE, MODULES, TRANSPORT, descriptor, expect, own_clocks, ready
from scenarios import scenario

EAGAIN_TEXT = "Resource temporarily unavailable"


def is_allowed(name, present):
    """Whether insmod of it works: clocks link against the core."""
    return name != CLOCKS or CORE in present


def may_go(name, present):
    return name != CORE or CLOCKS not in present


def walk(bench, order, insert, present):
    """Each either works or is refused, as is_allowed() and may_go() say; a refusal changes nothing."""
    command = "insmod /modules/$name.ko" if insert else "rmmod $name"
    said = bench.sh("""
		for name in %s; do
			code=0
			text=$(%s 2>&1) || code=$?
			echo "$name $code" $(grep -c . /proc/modules) $text
		done
	""" % (" ".join(order), command))
    for name, code, count, *text in map(str.split, said.splitlines()):
        text = " ".join(text)
        fine = is_allowed(name, present) if insert else may_go(name, present)
        if fine != (code == "0"):
            raise Failure("%s beside %s: exit %s: %s" % (command.replace("$name", name), sorted(present), code, text))
        if not fine and not ("unknown symbol" in text if insert else EAGAIN_TEXT in text or "in use" in text):
            raise Failure("%s is refused with: %s" % (name, text))
        if fine:
            (present.add if insert else present.remove)(name)
        expect(int(count), len(present), "number of modules after %s" % name)


def cycle(bench, up, down, clocks):
    present = set()
    walk(bench, up, True, present)
    # What was refused is loaded now that it can be.
    walk(bench, [name for name in up if name not in present], True, present)
    if clocks:
        ready(bench, 1)
    bench.has_clocks(clocks)
    walk(bench, down, False, present)
    walk(bench, [name for name in down if name in present], False, present)
    compare(bench.clocks(), {})
    left = bench.sh("ls -d /sys/kernel/debug/libscmi* /sys/bus/libscmi /dev/libscmi* /sys/bus/*/drivers/libscmi* 2>/dev/null || true")
    expect([line for line in left.splitlines() if line.startswith("/")], [], "what is left")


def all_orders(bench, clocks):
    """Every order up and every order down, each with two of the others."""
    orders = list(itertools.permutations(MODULES))
    for number, up in enumerate(orders):
        for down in (orders[number], orders[(number + 3) % len(orders)]):
            cycle(bench, up, down, clocks)


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
