# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where harnesses begin: what chance would find late, in the bytes that platform.c or codec.c read.

Usage: seeds.py platform|codec|tree DIRECTORY
"""

import pathlib
import subprocess
import sys

FULL = bytes([1])

# Rows of platform.c's table of commands.
BASE = {0x0: 0, 0x1: 1, 0x2: 2, 0x3: 3, 0x4: 4, 0x5: 5, 0x6: 6, 0x7: 7, 0x8: 8, 0x9: 9, 0xa: 10, 0xb: 11,
        0x10: 12}
CLOCK = {id: 13 + id for id in range(0x11)}
# Its table of rates.
RATE = {7: 2, 200: 12, 300: 13, 1000: 18, 1000000: 24, 24000000: 27, 48000000: 29, 100000000: 31, 600000000: 33}
# Steps that are no command.
NEXT_DEADLINE, WAIT, CONNECTION, RESET, FULL_NOW, ROOM, ROOM_FOR, RESTART, ERROR = 18, 20, 21, 22, 23, 24, 25, 26, 27
OS, GUEST, VM, VM_TOO, BARE, OS_DEAF = range(6)


def word(value):
    return bytes([value]) if value < 0x20 else bytes([0xe0]) + value.to_bytes(4, "little")


def command(row, channel, *words):
    return bytes([0, row, channel, 0]) + b"".join(word(value) for value in words)


def rate_set(channel, flags, clock, rate):
    # The two words of the rate are read and then replaced by a row of the table.
    return command(CLOCK[5], channel, flags, clock, 0, 0) + bytes([RATE[rate]])


def subscribe(channel, clock):
    return command(CLOCK[9], channel, clock, 1) + command(CLOCK[0xa], channel, clock, 1)


def step(*values):
    return bytes(values)


def platform():
    """One input per handler, and situations that take several steps."""
    words = {("base", 2): [3], ("base", 6): [0], ("base", 7): [2], ("base", 8): [1], ("base", 9): [3, 7, 0],
             ("base", 0xa): [3, 7, 0x14, 0], ("base", 0xb): [3, 1], ("base", 0x10): [0x20000],
             ("clock", 2): [5], ("clock", 3): [1], ("clock", 4): [10, 3], ("clock", 6): [4],
             ("clock", 7): [1, 0x10001, 30], ("clock", 8): [4], ("clock", 9): [1, 1], ("clock", 0xa): [1, 1],
             ("clock", 0xb): [1, 1], ("clock", 0xc): [3, 1], ("clock", 0xd): [3, 2], ("clock", 0xe): [3],
             ("clock", 0xf): [1], ("clock", 0x10): [0x10000]}
    for name, table in (("base", BASE), ("clock", CLOCK)):
        for id, row in table.items():
            for channel in (OS, GUEST, VM):
                if (name, id) == ("clock", 5):
                    yield FULL + rate_set(channel, 8, 1, 24000000)
                else:
                    yield FULL + command(row, channel, *words.get((name, id), []))
    # Not allowed: by the board, and by the one who may say so.
    yield FULL + rate_set(VM, 8, 8, 1000) + command(BASE[9], OS, 3, 3, 0) + rate_set(VM, 8, 2, 24000000)
    # Told of a change and of a request; a change that takes its time, awaited and in the background.
    hearing = FULL + subscribe(VM, 1) + subscribe(GUEST, 2) + subscribe(VM, 0) + subscribe(VM, 4)
    for flags in (0, 1, 3):
        slow = rate_set(OS, flags, 5, 300) + rate_set(OS, flags, 2, 100000000) + rate_set(VM, flags, 1, 1000000)
        yield hearing + slow + step(NEXT_DEADLINE) * 3 + rate_set(OS, 8, 1, 24000000)
        yield hearing + slow + slow + step(WAIT, 5, WAIT, 5)
        yield hearing + slow + step(RESET, OS) + step(WAIT, 5)
        yield hearing + slow + step(CONNECTION, OS, NEXT_DEADLINE, CONNECTION, OS)
        yield hearing + slow + command(BASE[0xb], OS, 1, 0) + step(WAIT, 5)
        yield hearing + slow + step(RESTART)
        yield hearing + step(FULL_NOW, VM) + slow + step(WAIT, 5, ROOM_FOR, VM, 0, ROOM, VM)
        # What fails: the one who asked and the trusted hear of it.
        yield (FULL + command(BASE[8], OS, 1) + command(BASE[8], VM, 1) + rate_set(VM, flags, 5, 1000000) +
               rate_set(OS, flags, 7, 1000000) + step(WAIT, 5, ERROR, 2, 1))
    # Parents, votes, permissions; then everything of theirs is withdrawn, or kept over a restart.
    asked = (FULL + subscribe(OS, 3) + subscribe(OS, 4) + subscribe(GUEST, 20) + command(CLOCK[0xd], VM, 0, 10) +
             rate_set(VM, 8, 3, 48000000) + command(CLOCK[7], VM, 0, 0, 0) + command(CLOCK[7], OS, 3, 0x20000, 5) +
             command(CLOCK[7], GUEST, 2, 1) + command(BASE[9], OS, 3, 3, 0) + command(CLOCK[7], OS, 1, 0x10001, 70))
    yield asked + step(RESTART)
    yield asked + step(RESTART) + step(RESTART) + command(BASE[0xb], OS, 3, 1)
    for channel in (OS, GUEST, VM, VM_TOO, BARE, OS_DEAF):
        yield asked + step(RESET, channel)
        yield asked + step(CONNECTION, channel)


def codec():
    """Zeros of the usual sizes for every part of every message, in one of its versions."""
    for part in range(128):
        for words in (*range(8), 24):
            yield bytes([part, 0, 2]) + bytes(4 * words)


HARDWARE = """
    mhu: mhu { #mbox-cells = <2>; };
    bell: bell { #mbox-cells = <0>; };
    wide: wide { #mbox-cells = <9>; };
    sram {
        #address-cells = <1>; #size-cells = <1>;
        a: shm@0 { compatible = "arm,scmi-shmem"; reg = <0x0 0x80>; };
        b: shm@80 { compatible = "arm,scmi-shmem"; reg = <0x80 0x80>; };
        small: shm@100 { compatible = "arm,scmi-shmem"; reg = <0x100 0x10>; };
    };
"""
VIRTIO = """
    v0: virtio@0 { compatible = "virtio,mmio"; };
    v1: virtio@1 { compatible = "virtio,mmio"; own: scmi { compatible = "virtio,device20"; }; };
"""
LIMITS = ("arm,max-rx-timeout-ms = <50>; libscmi,max-delayed-timeout-ms = <900>; arm,max-msg = <4>;"
          "arm,max-msg-size = <128>; libscmi,poll-budget-us = <20>; atomic-threshold-us = <10>;")
PROTOCOLS = "#address-cells = <1>; #size-cells = <0>; protocol@14 { reg = <0x14>; };"


def tree():
    """Every published form, as tests/cli/test_instances.py has them, each in a small tree; some that miss a rule by one."""
    forms = [(HARDWARE, 'compatible = "arm,scmi"; mboxes = %s; shmem = %s;' % form) for form in (
        ("<&mhu 0 1>", "<&a>"), ("<&mhu 0 1>, <&bell>", "<&a>"), ("<&mhu 0 1>, <&mhu 0 2>", "<&a &b>"),
        ("<&mhu 0 1>, <&bell>, <&bell>", "<&a &b>"), ("<&bell &bell &bell &bell>", "<&a &b>"),
        ("<&bell &bell &bell &bell &bell &bell>", "<&a &b>"), ("<&bell>", "<&a &b>"), ("<&mhu 0>", "<&a>"),
        ("<&wide 1 2 3 4 5 6 7 8 9>", "<&a>"), ("<&bell>", "<&small>"))]
    smc = 'arm,smc-id = <0xc3000001>; shmem = <&a>;'
    forms += [(HARDWARE, 'compatible = "%s"; %s' % (name, smc))
              for name in ("arm,scmi-smc", "arm,scmi-smc-param", "qcom,scmi-smc")]
    forms += [(HARDWARE, forms[0][1] + "arm,no-completion-irq;" + LIMITS + PROTOCOLS),
              (HARDWARE, forms[0][1] + PROTOCOLS.replace("<0x14>;", "<0x14>; mboxes = <&bell>; shmem = <&b>;")),
              (HARDWARE, 'compatible = "arm,scmi-smc";' + smc + 'interrupts = <0 1 2>; interrupt-names = "a2p";'),
              (HARDWARE, 'compatible = "linaro,scmi-optee"; linaro,optee-channel-id = <3>; shmem = <&a>;'),
              ("", 'compatible = "linaro,scmi-optee"; linaro,optee-channel-id = <3>;' + LIMITS + PROTOCOLS),
              ("", 'compatible = "arm,scmi-virtio";'),
              ("", 'compatible = "arm,scmi-virtio";' + PROTOCOLS + "protocol@15 { reg = <0x14>; };"),
              ("", 'compatible = "vendor,other", "arm,scmi-virtio";' + LIMITS),
              (VIRTIO, 'compatible = "arm,scmi-virtio"; libscmi,supplier = <&v0>;' + PROTOCOLS),
              (VIRTIO, 'compatible = "arm,scmi-virtio"; libscmi,supplier = <&v1>;'),
              (VIRTIO, 'compatible = "arm,scmi-virtio"; libscmi,supplier = <&own>;')]
    for hardware, node in forms:
        source = "/dts-v1/; / { %s firmware { scmi { %s }; }; };" % (hardware, node)
        yield subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb"], input=source.encode(), check=True,
                             stdout=subprocess.PIPE).stdout


def main(harness, directory):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate({"platform": platform, "codec": codec, "tree": tree}[harness]()):
        (directory / f"seed-{number:03}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
