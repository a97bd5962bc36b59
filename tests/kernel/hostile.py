# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Devices that lie: about lengths, about what they give back, and that say more than anybody asked for."""
import os
import struct
import threading
import time

from bench import device_node
from ours import (CONSUMER, MODULES, consumed, consumer, descriptor, expect, load, ready, states)
from played import GET_FEATURES, VERSION_1, Played
from scenarios import scenario
from trouble import FOR_EVER_MS, only, set_rate

P2A = 1
NOTIFICATION = 3 << 8


class Liar(Played):
    """The next answer is given as `lie` does it, a function of this and of the command; later ones are honest again."""

    def __init__(self, *arguments):
        self.lie = None
        self.offers = VERSION_1
        self.enough = threading.Event()
        self.told = 0
        super().__init__(*arguments)

    def reply(self, number, value):
        if number == GET_FEATURES:
            value = value & ~VERSION_1 | self.offers
        super().reply(number, value)

    def hand_over(self, command, answer=None):
        lie, self.lie = self.lie, None
        if lie:
            lie(self, command)
        else:
            super().hand_over(command, answer)

    def give(self, queue, identity, length, steps=1):
        self.put(queue.used + 4 + 8 * (queue.used_index % queue.num), struct.pack("<II", identity, length))
        queue.used_index = queue.used_index + steps & 0xFFFF
        self.put(queue.used + 2, struct.pack("<H", queue.used_index))
        if queue.call is not None:
            os.write(queue.call, struct.pack("<Q", 1))

    def flood(self):
        """Events until it is told to stop, in buffers of the event queue, as fast as they are posted."""
        while not self.enough.is_set():
            with self.lock:
                queue = self.queues[1]
                posted = queue.enabled and self.posted(queue)
                if posted:
                    self.tell(queue)
            # The other thread gets its turn only where this one sleeps.
            time.sleep(0 if posted and self.told % 64 else 0.001)

    def tell(self, queue):
        head, = struct.unpack("<H", self.get(queue.avail + 4 + 2 * (queue.seen % queue.num), 2))
        queue.seen = queue.seen + 1 & 0xFFFF
        at, = struct.unpack("<Q", self.get(queue.descriptors + 16 * head, 8))
        self.put(at, struct.pack("<III", (self.told & 0x3FF) << 18 | 0x14 << 10 | NOTIFICATION, 1, self.told))
        self.give(queue, head, (12, 4, 0, 136, 137)[self.told % 5])
        self.told += 1


def one_liar(bench, timeout_ms, offers=VERSION_1):
    device = Liar(bench.file("guest1.played"), bench.scmid.path("guest1.sock"))
    bench.played.append(device)
    device.offers = offers
    bench.boot(device_node(1, device.path) + descriptor(1, 1, timeout_ms=timeout_ms) + consumer(1))
    load(bench, *MODULES, CONSUMER)
    return device


def comes_up(bench):
    ready(bench, 1)
    bench.until(lambda: consumed(bench, 1), "bind the consumer")


@scenario("a device that lies about lengths")
def lengths(bench):
    """What it says it wrote is checked: a lie is dropped and counted, and the next message works."""
    device = one_liar(bench, 1500)
    comes_up(bench)
    for turn, length in enumerate((137, 0x10000, 0xFFFFFFFF, 0, 3)):
        device.lie = lambda device, command, length=length: device.give(command.queue, command.head, length)
        bench.finish(set_rate(bench, 200))
        expect(int(only(bench)["timed_out"]), turn + 1, "timed out")
        expect(bench.finish(set_rate(bench, 300 + turn)), (0, ""), "the next message")
        expect(dict(consumed(bench, 1))["set-1"], 300000 + turn * 1000, "the rate")
    expect((only(bench)["transport/too long"], only(bench)["transport/too short"]), ("3", "2"), "what was counted")


@scenario("a device that gives back what it does not have")
def identities(bench):
    """Its ring is broken then: who waits is told at once, and it works again when it is bound again."""
    device = one_liar(bench, FOR_EVER_MS)
    comes_up(bench)
    again = lambda device, command: (device.give(command.queue, command.head, 12), device.give(command.queue, command.head, 12))
    for what, lie in {
            "no descriptor": lambda device, command: device.give(command.queue, command.queue.num + 7, 12),
            "far from any": lambda device, command: device.give(command.queue, 0xFFFFFFFF, 12),
            "not out": lambda device, command: device.give(command.queue, (command.head + 5) % command.queue.num, 12),
            "more than there are": lambda device, command: device.give(command.queue, command.head, 12, steps=1000),
            "twice": again,
    }.items():
        device.lie = lie
        # The end of both says that nobody waits. Some lies come behind an answer: the second finds the ring broken.
        bench.finish(set_rate(bench, 200))
        bench.finish(set_rate(bench, 300))
        expect(only(bench)["state"], "gone", what)
        bench.sh("cd /sys/bus/virtio/drivers/libscmi_virtio; echo virtio0 >unbind; echo virtio0 >bind")
        comes_up(bench)
        expect(bench.finish(set_rate(bench, 500)), (0, ""), "a message afterwards")
        expect(dict(consumed(bench, 1))["set-1"], 500000, "the rate, after " + what)


@scenario("a device that tells more than anybody asked for")
def flood(bench):
    """Events without end, of all lengths: commands are answered all the same, and everything can go."""
    device = one_liar(bench, FOR_EVER_MS, VERSION_1 | P2A)
    comes_up(bench)
    thread = threading.Thread(target=device.flood)
    thread.start()
    try:
        for _ in range(2):
            told = device.told
            bench.until(lambda told=told: device.told > told + 1000, "take events")
            for _ in range(10):
                expect(bench.sh("cat /sys/kernel/debug/clk/only-1/clk_rate"), "1000000\n", "the rate, meanwhile")
            bench.sh("cd /sys/bus/virtio/drivers/libscmi_virtio; echo virtio0 >unbind; echo virtio0 >bind")
            comes_up(bench)
    finally:
        device.enough.set()
        thread.join()


@scenario("a device of before virtio 1")
def old(bench):
    """It is refused; nothing is left of it, and the descriptor goes on waiting."""
    one_liar(bench, FOR_EVER_MS, 0)
    expect(states(bench), {}, "instances")
    waits = bench.sh("cat /sys/kernel/debug/libscmi_virtio/descriptors")
    expect(waits, "/firmware/scmi-1: waits for the virtio SCMI device of /virtio-1\n", "what is waited for")


# What an answer has behind its header instead of the right thing: HARDWARE_ERROR, or SUCCESS and no values.
INSTEAD = (struct.pack("<i", -9), struct.pack("<i", 0))


def spoil(device, number, payload):
    """Of the answers that come the one with that number has this payload. How many come before it is in the list."""
    left = [number]

    def lie(device, command):
        left[0] -= 1
        if left[0]:
            Played.hand_over(device, command)
            device.lie = lie
        else:
            Played.hand_over(device, command, command.message[:4] + payload)
    device.lie = lie
    return left


@scenario("each answer in turn is a wrong one")
def every_step(bench):
    """Whichever step of probing fails, what was done is undone, or the rest is done without; the right one comes up again."""
    device = one_liar(bench, 1500)
    comes_up(bench)

    def is_over(left):
        if left[0] > 0:
            return consumed(bench, 1)
        return bench.sh("cat /sys/kernel/debug/libscmi/failed; cat /sys/kernel/debug/libscmi/*/state 2>/dev/null || true")
    turns = 0
    for payload in INSTEAD:
        left, number = [0], 0
        while left[0] <= 0:
            number += 1
            turns += 1
            bench.sh("echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/unbind")
            expect(states(bench), {}, "instances without the device")
            left = spoil(device, number, payload)
            bench.sh("echo virtio0 >/sys/bus/virtio/drivers/libscmi_virtio/bind")
            bench.until(lambda left=left: is_over(left), "come to an end with answer %d" % number)
        device.lie = None
    bench.sh("cd /sys/bus/virtio/drivers/libscmi_virtio; echo virtio0 >unbind; echo virtio0 >bind")
    comes_up(bench)
    return "%d answers" % turns
