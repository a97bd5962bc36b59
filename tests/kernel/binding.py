# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which descriptor ends up with which device: alone, crosswise, in any order of arrival."""
from bench import Failure, device_node
from guest import board_clocks, compare, printed_tree
from ours import (CLOCKS, CONSUMER, CORE, MODULES, OVERLAY, TRANSPORT, by_descriptor, consumed, consumer, descriptor,
                  expect, load, own_clocks, own_descriptor, ready, states, unload)
from scenarios import scenario

AGENTS = range(1, 9)
# Who is named by descriptor N: everybody by somebody else, and not by turning the list round.
CROSSWISE = {1: 4, 2: 1, 3: 8, 4: 6, 5: 3, 6: 2, 7: 5, 8: 7}


@scenario("one device, one descriptor", board="examples/stm32mp157c.yaml")
def one(bench):
    """With the tree that scmid prints for a guest the guest has the board's clocks: names, rates, all of them."""
    bench.boot(printed_tree(bench.setup.scmid, "linux", bench.board), [bench.socket("linux")])
    load(bench)
    ready(bench, 1)
    bench.has_clocks(board_clocks(bench.setup.scmi, bench.scmid, bench.board))


@scenario("one device, no tree")
def alone(bench):
    """Without any descriptor a device is an instance by itself."""
    bench.boot("", [bench.socket("guest3")])
    load(bench)
    found = ready(bench, 1)
    expect([state["descriptor"] for state in found.values()], ["none"], "its descriptor")
    bench.has_clocks(own_clocks(3))


@scenario("the device's own node")
def own(bench):
    """A device's virtio,device20 child is its descriptor."""
    bench.boot(own_descriptor(2, bench.socket("guest2")) + consumer(2))
    load(bench, *MODULES)
    load(bench, CONSUMER)
    found = ready(bench, 1)
    expect([state["descriptor"] for state in found.values()], ["/virtio-2/transport"], "its descriptor")
    bench.until(lambda: consumed(bench, 2), "bind the consumer")
    expect(consumed(bench, 2), list(own_clocks(2).items()), "what the consumer has")


def is_crosswise(bench, pairs, kind="/firmware/scmi-%d"):
    """Every instance is up, on the device that its descriptor names, with that device's clocks for its consumers."""
    ready(bench, len(pairs))
    found = by_descriptor(bench)
    for number, agent in pairs.items():
        if kind % number not in found:
            raise Failure("no instance for descriptor %d: %s" % (number, found))
        bench.until(lambda number=number: consumed(bench, number), "bind consumer %d" % number)
        expect(consumed(bench, number), list(own_clocks(agent).items()), "consumer of descriptor %d" % number)
    wanted = {}
    for agent in pairs.values():
        wanted.update(own_clocks(agent))
    bench.has_clocks(wanted)


def crosswise_tree(bench, pairs):
    return "".join(
        [descriptor(number, agent) + consumer(number) for number, agent in pairs.items()] +
        [device_node(agent, bench.socket("guest%d" % agent)) for agent in sorted(pairs.values())])


@scenario("two devices, two descriptors, crosswise")
def two(bench):
    pairs = {1: 2, 2: 1}
    bench.boot(crosswise_tree(bench, pairs))
    load(bench, CONSUMER, *MODULES)
    is_crosswise(bench, pairs)


@scenario("eight devices, eight descriptors, crosswise")
def eight(bench):
    """Whatever module comes first or last."""
    bench.boot(crosswise_tree(bench, CROSSWISE))
    load(bench, CONSUMER)
    for order in ((CORE, TRANSPORT, CLOCKS), (TRANSPORT, CORE, CLOCKS), (CORE, CLOCKS, TRANSPORT)):
        load(bench, *order)
        is_crosswise(bench, CROSSWISE)
        unload(bench)
        compare(bench.clocks(), {})


@scenario("eight devices that are their own descriptors")
def eight_own(bench):
    bench.boot("".join(own_descriptor(n, bench.socket("guest%d" % n)) + consumer(n) for n in AGENTS))
    load(bench, CONSUMER, *MODULES)
    is_crosswise(bench, {n: n for n in AGENTS}, "/virtio-%d/transport")


def awaits(bench, names):
    """devices_deferred has those of the first two descriptors that are named."""
    deferred = bench.sh("cat /sys/kernel/debug/devices_deferred")
    expect({number for number in (1, 2) if "firmware:scmi-%d" % number in deferred}, names, "deferred descriptors")


def transport_says(bench, text):
    said = bench.sh("cat /sys/kernel/debug/libscmi_virtio/*")
    if text not in said:
        raise Failure("debugfs does not say '%s': %r" % (text, said))


@scenario("device last, descriptor last")
def arrivals(bench):
    """Each is awaited, as debugfs says; the end is the same, and when one goes the other waits again."""
    bench.boot()
    load(bench, CONSUMER, OVERLAY, *MODULES)
    descriptor_first = (descriptor(1) + consumer(1), device_node(1, bench.socket("guest5")))
    device_first = tuple(reversed(descriptor_first))
    for first, last in (descriptor_first, device_first):
        bench.add_to_tree(first)
        if first is descriptor_first[0]:
            expect(states(bench), {}, "instances")
            awaits(bench, {1})
            transport_says(bench, "waits for a virtio SCMI device")
        else:
            # With no descriptor in the tree it is one by itself.
            expect([state["descriptor"] for state in ready(bench, 1).values()], ["none"], "its descriptor")
        bench.add_to_tree(last)
        is_crosswise(bench, {1: 5})
        awaits(bench, set())
        bench.drop_from_tree()
        if first is descriptor_first[0]:
            expect(states(bench), {}, "instances without the device")
            compare(bench.clocks(), {})
            awaits(bench, {1})
        else:
            bench.until(lambda: [state["descriptor"] for state in ready(bench, 1).values()] == ["none"],
                        "have the device by itself again")
        bench.drop_from_tree()
        expect(states(bench), {}, "instances without both")


@scenario("a named device that comes last")
def named_last(bench):
    """A descriptor that names its device takes no other, and others take what is left."""
    bench.boot(device_node(1, bench.socket("guest1")))
    load(bench, CONSUMER, OVERLAY, *MODULES)
    bench.add_to_tree(device_node(2, bench.socket("guest2")) + descriptor(1, 2) + consumer(1))
    is_crosswise(bench, {1: 2})
    bench.add_to_tree(descriptor(2) + consumer(2))
    is_crosswise(bench, {1: 2, 2: 1})


@scenario("the descriptor's driver unbound and bound, modules in any order")
def orders(bench):
    bench.boot(descriptor(1) + consumer(1), [bench.socket("guest6")])
    load(bench, CONSUMER)
    for order in ((CORE, CLOCKS, TRANSPORT), (TRANSPORT, CORE, CLOCKS), (CORE, TRANSPORT, CLOCKS)):
        load(bench, *order)
        is_crosswise(bench, {1: 6})
        bench.sh("echo firmware:scmi-1 >/sys/bus/platform/drivers/libscmi_virtio/unbind")
        expect(states(bench), {}, "instances without the descriptor")
        bench.run("echo firmware:scmi-1 >/sys/bus/platform/drivers/libscmi_virtio/bind")
        is_crosswise(bench, {1: 6})
        unload(bench)


@scenario("ambiguous: two unnamed descriptors, two devices")
def ambiguous(bench):
    """Nothing is guessed, and debugfs says between what."""
    bench.boot(descriptor(1) + descriptor(2), [bench.socket("guest1"), bench.socket("guest2")])
    load(bench)
    expect(states(bench), {}, "instances")
    awaits(bench, {1, 2})
    transport_says(bench, "ambiguous")
    compare(bench.clocks(), {})
