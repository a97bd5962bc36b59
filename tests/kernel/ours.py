# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Our modules in a guest: trees with descriptors, loading, and what the guest then says of its instances."""
import re

from bench import device_node
from guest import Failure

CORE, TRANSPORT, CLOCKS = "libscmi", "libscmi_virtio", "libscmi_clk"
MODULES = (CORE, TRANSPORT, CLOCKS)
CONSUMER, OVERLAY = "helpers/consumer", "helpers/overlay"

CONSUMERS = "/sys/bus/platform/drivers/libscmi-test-consumer"
DEBUG = "/sys/kernel/debug/libscmi"

PROTOCOLS = """
		%sprotocol@14 {
			reg = <0x14>;
			#clock-cells = <1>;
		};
"""


def inside(label, timeout_ms=5000, more=""):
    """What a descriptor has: settings, and the clock protocol's node with that label."""
    return """
		#address-cells = <1>;
		#size-cells = <0>;
		arm,max-rx-timeout-ms = <%d>;
%s%s""" % (timeout_ms, more, PROTOCOLS % (label and label + ": "))


def descriptor(number, device=None, **settings):
    """A node in /firmware, and by its phandle the device that it means."""
    names = "\t\tlibscmi,supplier = <&scmi_device%d>;\n" % device if device else ""
    return """/ {
	firmware {
		scmi-%d {
			compatible = "arm,scmi-virtio";
%s%s		};
	};
};
""" % (number, names, inside("clocks%d" % number, **settings))


def own_descriptor(number, path, **settings):
    """A device whose own node is the descriptor."""
    return device_node(number, path, '\t\ttransport {\n\t\t\tcompatible = "virtio,device20";\n%s\t\t};\n'
                       % inside("clocks%d" % number, **settings))


def consumer(number, clocks=(0, 1, 2)):
    """A device that uses clocks of the descriptor with that number."""
    return """/ {
	consumer-%d {
		compatible = "libscmi,test-consumer";
		clocks = %s;
	};
};
""" % (number, ", ".join("<&clocks%d %d>" % (number, clock) for clock in clocks))


def own_clocks(agent):
    """What the board eight.yaml gives that agent."""
    return {"only-%d" % agent: agent * 1000000, "set-%d" % agent: agent * 100000, "slow-%d" % agent: agent * 10000}


def load(bench, *names):
    bench.sh("".join("insmod /modules/%s.ko\n" % name for name in names or MODULES))


def unload(bench, *names):
    """Clocks that are in use keep their module, so the transport goes first, and with it the instances."""
    bench.sh("".join("rmmod %s\n" % name for name in names or (TRANSPORT, CLOCKS, CORE)))


def states(bench):
    """Instance to what its debugfs says: a dictionary each. What the transport says is "transport/KEY"."""
    said = bench.sh("cd %s 2>/dev/null && grep . */state */counters */transport || true" % DEBUG)
    found = {}
    for name, file, key, value in re.findall(r"^(\S+?)/(\w+):([^:]+): ?(.*)$", said, re.MULTILINE):
        found.setdefault(name, {})["transport/" + key if file == "transport" else key] = value
    return found


def by_descriptor(bench):
    """Descriptor's path to the state of its instance."""
    return {state.get("descriptor"): dict(state, name=name) for name, state in states(bench).items()}


def ready(bench, count):
    """Wait until that many instances are ready, and no more."""
    def are():
        found = states(bench)
        return len(found) == count and all(state.get("state") == "ready" for state in found.values())
    bench.until(are, "have %d ready instances" % count)
    return states(bench)


def consumed(bench, number):
    """Name and rate of each clock that a consumer uses; None while it has none."""
    code, said = bench.run("cat %s/consumer-%d/clocks" % (CONSUMERS, number))
    return None if code else [(line.split()[0], int(line.split()[1])) for line in said.splitlines()]


def expect(found, wanted, what):
    if found != wanted:
        raise Failure("%s: %s instead of %s" % (what, found, wanted))
