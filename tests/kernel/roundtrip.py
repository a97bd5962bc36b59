# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a message costs on the kernel's own stack and on ours: same guest, same device, same consumer."""
import intree
from bench import Failure, device_node
from ours import CONSUMER, CONSUMERS, consumed, consumer, descriptor, expect, load, own_clocks, ready, unload
from scenarios import scenario


def round_trip_us(bench):
    """The median of a thousand, of a clock's rate that the driver has to ask for each time."""
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    expect(consumed(bench, 1), list(own_clocks(1).items()), "what the consumer has")
    return int(bench.sh("cat %s/consumer-1/round_trip_ns" % CONSUMERS)) / 1000


@scenario("round trip: the kernel's own stack, and ours")
def both(bench):
    """No figure is judged here; the line says them."""
    device = device_node(1, bench.socket("guest1"))
    bench.boot(device + descriptor(1) + consumer(1))
    load(bench, CONSUMER)
    intree.load(bench)
    in_tree = round_trip_us(bench)
    # When the machine is switched off that stack goes before those who use its clocks, and the kernel complains.
    bench.sh("rmmod consumer")
    bench.boot_again(device + descriptor(1, 1) + consumer(1))
    load(bench, CONSUMER)
    load(bench)
    ready(bench, 1)
    ours = round_trip_us(bench)
    unload(bench)
    if bench.clocks():
        raise Failure("clocks are left: %s" % bench.clocks())
    return "in-tree %.1f us, ours %.1f us" % (in_tree, ours)
