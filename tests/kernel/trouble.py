# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Devices that go while they are used, and answers that come late, in another order, or not."""
from bench import Failure, device_node
from guest import compare
from ours import (CONSUMER, MODULES, OVERLAY, consumed, consumer, descriptor, expect, load, own_clocks,
                  ready, states)
from played import RATE_SET
from scenarios import scenario

# Longer than a guest is waited for: what ends sooner did not end by a time limit.
FOR_EVER_MS = 600000


def one_played(bench, timeout_ms=FOR_EVER_MS):
    """A guest with one consumer of one descriptor that names a played device."""
    device = bench.play("guest1")
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=timeout_ms) + consumer(1))
    load(bench, *MODULES, CONSUMER)
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    return device


def set_rate(bench, rate_khz):
    """Begin to set the rate of clock 1, by the consumer."""
    return bench.start("echo 1 %d000 >/sys/bus/platform/devices/consumer-1/rate" % rate_khz)


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
    for turn in range(100):
        device.keep(RATE_SET)
        setting = set_rate(bench, turn + 1)
        bench.until(device.kept, "send the message")
        bench.sh("echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/unbind")
        is_refused(bench, setting, "No such device")
        expect(states(bench), {}, "instances while it is unbound")
        expect(consumed(bench, 1), None, "consumer while it is unbound")
        device.release()
        bench.sh("echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/bind")
        ready(bench, 1)
        bench.until(lambda: consumed(bench, 1), "bind the consumer again")
    expect(consumed(bench, 1), list(own_clocks(1).items()), "what the consumer has")
    if device.starts != 101:
        raise Failure("the device was started %d times" % device.starts)


@scenario("descriptor, instance and protocol unbound and bound, in use")
def rebind_others(bench):
    """The same for every other device that has a driver of ours."""
    device = one_played(bench)
    for _ in range(5):
        for bus, driver in (("platform", "libscmi_virtio"), ("platform", "libscmi-instance"), ("libscmi", "libscmi_clk")):
            folder = "/sys/bus/%s/drivers/%s" % (bus, driver)
            name = bench.sh("cd %s; for d in *:* *.*; do [ ! -L $d ] || echo $d; done" % folder).split()[0]
            device.keep(RATE_SET)
            setting = set_rate(bench, 7)
            bench.until(device.kept, "send the message")
            unbinding = bench.start("echo %s >%s/unbind" % (name, folder))
            if driver == "libscmi_clk":
                # Only this driver goes, the channel stays: what is out is waited for.
                device.release()
                bench.finish(setting)
            else:
                is_refused(bench, setting, "No such device")
            expect(bench.finish(unbinding)[0], 0, "unbinding " + name)
            expect(consumed(bench, 1), None, "consumer without " + name)
            device.release()
            bench.run("echo %s >%s/bind" % (name, folder))
            ready(bench, 1)
            bench.until(lambda: consumed(bench, 1), "bind the consumer after %s came back" % name)


@scenario("a late answer")
def late(bench):
    """After the time limit the caller has gone; the answer finds nobody, is counted, and the next one is the right one."""
    device = one_played(bench, timeout_ms=300)
    device.keep(RATE_SET)
    is_refused(bench, set_rate(bench, 200), "timed out")
    expect(device.kept(), 1, "answers kept")
    expect((counter(bench, "timed_out"), counter(bench, "late")), (1, 0), "timed out and late")
    device.release()
    bench.until(lambda: counter(bench, "late") == 1, "count the late answer")
    expect(bench.finish(set_rate(bench, 300)), (0, ""), "the next message")
    expect(dict(consumed(bench, 1))["set-1"], 300000, "the rate")
    expect((counter(bench, "timed_out"), counter(bench, "quarantined")), (1, 0), "timed out, and still out")


@scenario("answers in another order")
def other_order(bench):
    """Two callers, answered the second first: each gets its own."""
    device = bench.play("guest1")
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=FOR_EVER_MS))
    load(bench)
    ready(bench, 1)
    bench.until(bench.clocks, "have clocks")
    device.keep()
    reading = [bench.start("cat /sys/kernel/debug/clk/%s/clk_rate" % name) for name in ("only-1", "set-1")]
    bench.until(device.kept, "ask")
    device.release(lambda commands: commands[::-1])
    expect([bench.finish(number) for number in reading], [(0, "1000000\n"), (0, "100000\n")], "the rates")


@scenario("a channel whose answers stop comes back after a reset")
def stopped(bench):
    """Nothing is answered, until somebody resets the channel; what was lent comes back, and it works as before."""
    device = one_played(bench, timeout_ms=200)
    device.keep()
    for rate in (200, 300, 400):
        is_refused(bench, set_rate(bench, rate), "timed out")
    still_out = counter(bench, "quarantined")
    if still_out < 3:
        raise Failure("%d tokens are out" % still_out)
    device.release(lambda commands: [])
    starts = device.starts
    bench.sh("echo 1 >/sys/kernel/debug/libscmi/*/reset")
    expect(device.starts, starts + 1, "starts of the device")
    expect((counter(bench, "quarantined"), counter(bench, "resets")), (0, 1), "tokens out, and resets")
    expect(bench.finish(set_rate(bench, 500)), (0, ""), "the next message")
    expect(dict(consumed(bench, 1))["set-1"], 500000, "the rate")


@scenario("a device that says nothing can be left")
def silent(bench):
    """A channel with a message out, that nothing answers: its modules can be unloaded all the same."""
    device = one_played(bench, timeout_ms=300)
    device.keep()
    setting = set_rate(bench, 200)
    bench.until(device.kept, "send the message")
    bench.sh("rmmod libscmi_virtio libscmi_clk libscmi")
    if not bench.finish(setting)[0]:
        raise Failure("a message that nothing answered went well")
    compare(bench.clocks(), {})


@scenario("a device that says nothing at first")
def silent_at_first(bench):
    """Its instance fails, with the reason; others come up beside it, and it does when it is bound again."""
    device = bench.play("guest1")
    device.keep()
    bench.boot(device_node(1, device.path) + device_node(2, bench.socket("guest2")) +
               descriptor(1, 1, timeout_ms=500) + descriptor(2, 2) + consumer(1) + consumer(2))
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


@scenario("scmid dies under a guest that uses it")
def died(bench):
    """Callers are told at once; a device that comes later takes the place of the one that has gone."""
    bench.boot(descriptor(1, timeout_ms=FOR_EVER_MS) + consumer(1))
    load(bench, *MODULES, CONSUMER, OVERLAY)
    bench.add_to_tree(device_node(1, bench.socket("guest1")))
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")
    # It takes half a second to answer this one.
    setting = bench.start("echo 2 20000 >/sys/bus/platform/devices/consumer-1/rate")
    bench.until(lambda: counter(bench, "sent") > counter(bench, "answered"), "send the message")
    bench.scmid.process.kill()
    is_refused(bench, setting, "No such device")
    bench.until(lambda: not states(bench), "let the instance go")
    bench.restart_scmid()
    bench.add_to_tree(device_node(2, bench.socket("guest2")))
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer again")
    expect(consumed(bench, 1), list(own_clocks(2).items()), "what the consumer has")
