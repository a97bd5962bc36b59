# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The core alone, on a transport to nowhere: what it refuses, what it says of that, and how it lets go."""
from guest import Failure
from ours import CORE, DEBUG, expect, load
from scenarios import scenario

NOWHERE = "helpers/transport"
DEVICES = "/sys/bus/platform/devices/libscmi-instance."

REFUSED = {
    "abi": "for ABI 2",
    "structure": "for ABI 1",
    "name": "its name is not",
    "operation": "lacks an operation",
    "poll": "lacks an operation",
    "messages": "0 messages at a time",
    "size": "messages of 65537 bytes",
    "timeout": "0 ms for an answer",
}


def failed(bench):
    return bench.sh("cat %s/failed" % DEBUG)


def names(bench):
    """The instances that are there."""
    return bench.sh("cd %s; for i in *; do [ ! -d $i ] || echo $i; done" % DEBUG).split()


def insert(bench, *parameters):
    bench.sh("insmod /modules/%s.ko %s" % (NOWHERE, " ".join(parameters)))


@scenario("core: transports that it refuses")
def refused(bench):
    """Each makes no instance, and says why until it is gone; a right one comes up beside nothing of it."""
    bench.boot()
    load(bench, CORE)
    for mistake, words in REFUSED.items():
        insert(bench, "mistake=" + mistake)
        bench.until(lambda: failed(bench), "refuse the transport")
        if words not in failed(bench):
            raise Failure("%s: not '%s': %s" % (mistake, words, failed(bench)))
        expect(names(bench), [], "instances")
        bench.sh("rmmod transport")
        expect(failed(bench), "", "failures of a device that is gone")


@scenario("core: what it shows of an instance")
def shown(bench):
    bench.boot()
    load(bench, CORE)
    insert(bench, "devices=2")
    bench.until(lambda: names(bench) == ["libscmi0", "libscmi1"], "have two instances")
    shows = bench.sh("cd %s0; for i in state vendor sub_vendor version implementation_version protocols transport supplier "
                     "descriptor; do cat $i; done" % DEVICES)
    expect(shows.split("\n"), ["ready", "no?where", "", "2.0", "0x7", "0x80", "nowhere", "nothing", "", ""], "attributes")
    expect(bench.devices("libscmi"), ["libscmi0:80", "libscmi1:80"], "bus devices")
    # Consumers of an instance hang on its descriptor: nobody takes it from under them by hand.
    expect(bench.run("ls /sys/bus/platform/drivers/libscmi-instance/unbind")[0], 1, "ls of what would unbind it")
    expect(bench.sh("cat /sys/bus/libscmi/devices/libscmi0:80/modalias"), "libscmi:protocol80\n", "modalias")
    bench.sh("rmmod transport")
    expect((names(bench), bench.devices("libscmi")), ([], []), "instances and bus devices")


@scenario("core: silent platforms, and nobody waits for them")
def silent(bench):
    """All fail by their time limit, and say so; where that is long, unloading calls the discovery off."""
    bench.boot()
    load(bench, CORE)
    insert(bench, "devices=8", "silent=1")
    bench.until(lambda: failed(bench).count("no answer within the time limit") == 8, "fail eight times")
    bench.sh("echo 0 >/sys/module/transport/parameters/silent")
    bench.sh("echo libscmi-instance.5 >/sys/bus/platform/drivers_probe")
    expect(names(bench), ["libscmi0"], "instances")
    expect(failed(bench).count("\n"), 7, "failures that are left")
    bench.sh("rmmod transport libscmi")

    bench.sh("insmod /modules/libscmi.ko response_timeout_ms=600000")
    inserting = bench.start("insmod /modules/%s.ko devices=8 silent=1" % NOWHERE)
    bench.until(lambda: "transport" in bench.sh("cat /proc/modules"), "load the transport")
    bench.sh("rmmod libscmi")
    expect(bench.finish(inserting)[0], 0, "insmod of the transport")
    bench.sh("rmmod transport")
