# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The kernel's own SCMI stack in the same guests. It shows that the bench sees what there is to see, and is what ours is
compared with; what it cannot do is stated here, so that a kernel where it can is noticed. Of such a guest nothing else is
judged: the mistakes of that stack are not ours to find."""
from bench import Failure, device_node
from guest import board_clocks, printed_tree
from scenarios import scenario

CLOCK_NODE = """
		protocol@14 {
			reg = <0x14>;
			#clock-cells = <1>;
		};
"""


def own_node(number, timeout_ms=5000):
    return """/ {
	firmware {
		scmi-%d {
			compatible = "arm,scmi-virtio";
			#address-cells = <1>;
			#size-cells = <0>;
			arm,max-rx-timeout-ms = <%d>;
%s		};
	};
};
""" % (number, timeout_ms, CLOCK_NODE)


def load(bench):
    """All of the modules that this kernel has of its stack: how many there are differs with the version."""
    bench.judged = False
    bench.sh("""
		for name in scmi-core scmi-module scmi_transport_virtio clk-scmi scmi-clk; do
			[ ! -f /kernel/modules/$name.ko ] || insmod /kernel/modules/$name.ko
		done
	""")


@scenario("in-tree: clocks", board="examples/stm32mp157c.yaml")
def clocks(bench):
    """The guest has the board's clocks: names, rates, all of them."""
    bench.boot(printed_tree(bench.setup.scmid, "linux", bench.board), [bench.socket("linux")])
    load(bench)
    bench.has_clocks(board_clocks(bench.setup.scmi, bench.scmid, bench.board))


@scenario("in-tree: two devices, one instance")
def two(bench):
    """Of two devices and two descriptors it brings up one instance."""
    bench.boot(own_node(1) + own_node(2), [bench.socket("guest1"), bench.socket("guest2")])
    load(bench)
    bench.until(lambda: bench.kernel_said(r"only one allowed|already initialized|probe of .* failed with error -16"),
                "refuse the second device")
    bench.until(bench.clocks, "have clocks")
    found = [name for name in bench.clocks() if name.startswith("only-")]
    if len(found) != 1:
        raise Failure("not one instance: %s" % found)


@scenario("in-tree: unbound and bound")
def rebind(bench):
    """A device that was unbound and bound again has no clocks any more. On 6.12 it comes back, or the kernel panics."""
    if tuple(map(int, bench.setup.version.split("."))) >= (6, 12):
        return
    bench.boot(own_node(1), [bench.socket("guest1")])
    load(bench)
    bench.has_clocks({"only-1": 1000000, "set-1": 100000, "slow-1": 10000})
    bench.run("""
		cd /sys/bus/virtio/drivers/*scmi*/
		echo virtio0 >unbind
		echo virtio0 >bind
	""")
    if bench.clocks():
        raise Failure("it came back: %s" % bench.clocks())


@scenario("devices in the tree")
def nodes(bench):
    """Devices that are nodes of the tree exist, and each has its node's child."""
    child = '\t\ttransport {\n\t\t\tcompatible = "virtio,device20";\n\t\t};\n'
    bench.boot("".join(device_node(n, bench.socket("guest%d" % n), child) for n in range(1, 9)))
    found = bench.sh("for d in /sys/bus/virtio/devices/*; do readlink -f $d/of_node; done").split()
    wanted = ["/sys/firmware/devicetree/base/virtio-%d/transport" % n for n in range(1, 9)]
    if sorted(found) != wanted:
        raise Failure("the guest has %s" % found)


@scenario("in-tree: on a played device")
def played(bench):
    """The device that a test plays is one, and an answer that it keeps is waited for."""
    device = bench.play("guest1")
    bench.boot(own_node(1), [device.path])
    load(bench)
    bench.has_clocks({"only-1": 1000000, "set-1": 100000, "slow-1": 10000})
    device.keep()
    reading = bench.start("cat /sys/kernel/debug/clk/set-1/clk_rate")
    bench.until(device.kept, "ask for the rate")
    device.release()
    if bench.finish(reading) != (0, "100000\n"):
        raise Failure("not the rate that was kept")
