# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A device is unbound while a consumer waits for an answer: the driver core unbinds the consumer first, and waits for it."""
from ours import consumed, expect, ready
from scenarios import scenario
from played import RATE_SET
from trouble import one_played, set_rate


@scenario("unbound under a consumer that waits")
def unbound_under_a_consumer(bench):
    """The answer never comes and there is no time limit to speak of: the consumer's call ends all the same, a second later."""
    device = one_played(bench)
    for rate, bus, driver, name in ((200, "virtio", "libscmi_virtio", "virtio0"),
                                    (300, "platform", "libscmi_virtio", "firmware:scmi-1")):
        device.keep(RATE_SET)
        setting = set_rate(bench, rate)
        bench.until(device.kept, "send the message")
        bench.sh("echo %s >/sys/bus/%s/drivers/%s/unbind" % (name, bus, driver))
        bench.finish(setting)
        expect(consumed(bench, 1), None, "consumer without " + name)
        device.release()
        bench.sh("echo %s >/sys/bus/%s/drivers/%s/bind" % (name, bus, driver))
        ready(bench, 1)
        bench.until(lambda: consumed(bench, 1), "bind the consumer after %s came back" % name)
