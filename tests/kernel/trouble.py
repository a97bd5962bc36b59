# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Devices that go while they are used, and answers that come late, in another order, or not."""
import itertools

from bench import Failure, device_node
from guest import compare
from ours import (CONSUMER, CONSUMERS, MODULES, OVERLAY, consumed, consumer, descriptor, expect, load, own_clocks,
                  ready, states)
from played import RATE_GET, RATE_SET
from scenarios import scenario

# Longer than a guest is waited for: what ends sooner did not end by a time limit.
FOR_EVER_MS = 600000
ONE_MESSAGE = "\t\tarm,max-msg = <1>;\n"


def one_played(bench, timeout_ms=FOR_EVER_MS):
    """A guest with one consumer of one descriptor that names a played device."""
    device = bench.play("guest1")
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=timeout_ms) + consumer(1))
    load(bench, *MODULES, CONSUMER)
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    return device


def set_rate(bench, rate_khz):
    """Begin to set the rate of clock 1, by the consumer. The framework of clocks tells nobody how that ended."""
    return bench.start("echo 1 %d000 >/sys/bus/platform/devices/consumer-1/rate" % rate_khz)


def ask_rate(bench):
    """Begin to ask for the rate of clock 1, as a tool does, which is told how that ends."""
    return bench.start("""
		exec 3<>/dev/libscmi0
		printf '\\006\\120\\000\\000\\001\\000\\000\\000' >&3
		dd bs=256 count=1 <&3 2>&1 >/dev/null
	""")


def is_refused(bench, number, text):
    code, said = bench.finish(number)
    if not code or text not in said:
        raise Failure("not '%s': exit %d: %s" % (text, code, said))


def only(bench):
    """The state of the only instance."""
    found = states(bench)
    if len(found) != 1:
        raise Failure("not one instance: %s" % found)
    return list(found.values())[0]


def counter(bench, name):
    return int(only(bench)[name])


@scenario("unbound and bound a hundred times, in use")
def rebind(bench):
    """Each time a message is with the device: its caller is told at once, and the instance and its consumer come back."""
    device = one_played(bench)
    for _ in range(100):
        device.keep(RATE_GET)
        asking = ask_rate(bench)
        bench.until(device.kept, "send the message")
        left = bench.sh("""
			echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/unbind
			ls -d /sys/kernel/debug/libscmi/libscmi* /sys/bus/libscmi/devices/* $CONSUMER/consumer-* 2>/dev/null || true
		""".replace("$CONSUMER", CONSUMERS))
        expect(left, "", "what is there while it is unbound")
        is_refused(bench, asking, "No such device")
        device.release()
        bench.sh("""
			echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/bind
			until cat $CONSUMER/consumer-1/clocks; do usleep 5000; done 2>/dev/null
		""".replace("$CONSUMER", CONSUMERS))
    expect(consumed(bench, 1), list(own_clocks(1).items()), "what the consumer has")
    if device.starts != 101:
        raise Failure("the device was started %d times" % device.starts)


@scenario("the descriptor unbound and bound, in use")
def rebind_descriptor(bench):
    """The same for the descriptor's device, and with a consumer that waits for its clock."""
    device = one_played(bench, timeout_ms=1500)
    # scmid has set the rate although nobody was told, so the next has to be another.
    rates = itertools.count(201)
    name = "firmware:scmi-1"
    for _ in range(3):
        device.keep(RATE_SET)
        setting = set_rate(bench, next(rates))
        bench.until(device.kept, "send the message")
        bench.sh("echo %s >/sys/bus/platform/drivers/libscmi_virtio/unbind" % name)
        bench.finish(setting)
        expect(consumed(bench, 1), None, "consumer without its descriptor")
        device.release()
        bench.run("echo %s >/sys/bus/platform/drivers/libscmi_virtio/bind" % name)
        ready(bench, 1)
        bench.until(lambda: consumed(bench, 1), "bind the consumer after its descriptor came back")


@scenario("a late answer")
def late(bench):
    """After the time limit the caller has gone; the answer finds nobody, is counted, and the next one is the right one."""
    device = one_played(bench, timeout_ms=1500)
    device.keep(RATE_SET)
    bench.finish(set_rate(bench, 200))
    bench.until(device.kept, "send the message")
    expect((counter(bench, "timed_out"), counter(bench, "late")), (1, 0), "timed out and late")
    device.release()
    bench.until(lambda: counter(bench, "late") == 1, "count the late answer")
    bench.finish(set_rate(bench, 300))
    expect(dict(consumed(bench, 1))["set-1"], 300000, "the rate")
    expect((counter(bench, "timed_out"), counter(bench, "quarantined")), (1, 0), "timed out, and still out")


def read_rate(bench, clock):
    """Begin to ask for a rate as a tool does, which waits for no other caller; the words of the answer come of it."""
    return bench.start("""
		exec 3<>/dev/libscmi0
		printf '\\006\\120\\000\\000\\00%d\\000\\000\\000' >&3
		dd bs=256 count=1 <&3 2>/dev/null | hexdump -v -e '4/4 "%%u " "\\n"'
	""" % clock)


@scenario("answers in another order")
def other_order(bench):
    """Two callers, answered the second first: each gets its own."""
    device = bench.play("guest1")
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=FOR_EVER_MS))
    load(bench)
    ready(bench, 1)
    bench.has_clocks(own_clocks(1))
    device.keep(RATE_GET)
    reading = [read_rate(bench, clock) for clock in (0, 1)]
    bench.until(lambda: device.kept() == 2, "ask twice")
    device.release(lambda commands: commands[::-1])
    rates = [bench.finish(number)[1].split() for number in reading]
    expect([words[1:] for words in rates], [["0", "1000000", "0"], ["0", "100000", "0"]], "status and rates")


@scenario("a channel whose answers stop comes back after a reset")
def stopped(bench):
    """Nothing is answered, until somebody resets the channel; what was lent comes back, and it works as before."""
    device = one_played(bench, timeout_ms=1500)
    device.keep()
    for rate in (200, 300, 400):
        bench.finish(set_rate(bench, rate))
    still_out = counter(bench, "quarantined")
    if still_out < 3:
        raise Failure("%d tokens are out" % still_out)
    device.release(lambda commands: [])
    starts = device.starts
    bench.sh("echo 1 >/sys/kernel/debug/libscmi/libscmi0/reset")
    # Nobody waits until the device has read that.
    bench.until(lambda: device.starts == starts + 1, "start the device again")
    expect((counter(bench, "quarantined"), counter(bench, "resets")), (0, 1), "tokens out, and resets")
    bench.finish(set_rate(bench, 500))
    expect(dict(consumed(bench, 1))["set-1"], 500000, "the rate")


@scenario("a device that says nothing can be left")
def silent(bench):
    """A channel with a message out, that nothing answers: its modules can be unloaded all the same."""
    device = one_played(bench, timeout_ms=1500)
    device.keep()
    setting = set_rate(bench, 200)
    bench.until(device.kept, "send the message")
    bench.sh("rmmod libscmi_virtio; rmmod libscmi_clk; rmmod libscmi")
    bench.finish(setting)
    compare(bench.clocks(), {})


@scenario("a device that says nothing at first")
def silent_at_first(bench):
    """Its instance fails, with the reason; others come up beside it, and it does when it is bound again."""
    device = bench.play("guest1")
    device.keep()
    bench.boot(device_node(1, device.path) + device_node(2, bench.socket("guest2")) +
               descriptor(1, 1, timeout_ms=1500) + descriptor(2, 2) + consumer(1) + consumer(2))
    load(bench, *MODULES, CONSUMER)
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 2), "bind the consumer of the device that answers")
    expect(consumed(bench, 1), None, "the other consumer")
    device.release(lambda commands: [])
    bench.sh("""
		cd /sys/bus/virtio/drivers/libscmi_virtio
		echo virtio0 >unbind
		echo virtio0 >bind
	""")
    ready(bench, 2)
    bench.until(lambda: consumed(bench, 1), "bind the first one's consumer")


# virtio_uml complains of its own messages to the dead device.
@scenario("the device dies under a guest that uses it", expects=(r"virtio_uml\.c:\d+ (at )?vu_", "cut here", "Call Trace"))
def died(bench):
    """Callers are told at once; a device that comes later takes the place of the one that has gone."""
    device = bench.play("guest1")
    # Of devices that are nodes of the tree virtio_uml only complains that they have gone.
    bench.boot(descriptor(1, timeout_ms=FOR_EVER_MS) + consumer(1), [device.path])
    load(bench, *MODULES, CONSUMER, OVERLAY)
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    device.keep(RATE_GET)
    asking = ask_rate(bench)
    bench.until(device.kept, "send the message")
    device.die()
    is_refused(bench, asking, "No such device")
    bench.until(lambda: not states(bench), "let the instance go")
    expect(consumed(bench, 1), None, "the consumer")
    bench.add_to_tree(device_node(2, bench.socket("guest2")))
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer again")
    expect(consumed(bench, 1), list(own_clocks(2).items()), "what the consumer has")


@scenario("a full queue")
def full(bench):
    """More callers than there is room for, tools and a driver: those that do not fit wait, and each gets its answer."""
    device = bench.play("guest1")
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=FOR_EVER_MS, more=ONE_MESSAGE))
    load(bench)
    ready(bench, 1)
    device.keep(RATE_GET)
    asking = [ask_rate(bench) for _ in range(8)]
    bench.until(device.kept, "send the first")
    reading = bench.start("cat /sys/kernel/debug/clk/set-1/clk_rate")
    bench.sh("usleep 300000")
    expect(device.kept(), 1, "messages with the device")
    device.release()
    for number in asking:
        expect(bench.finish(number)[0], 0, "asking for the rate")
    expect(bench.finish(reading), (0, "100000\n"), "the driver's reading")
