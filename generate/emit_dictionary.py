# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi.dict: words of the protocols, for fuzzers that take a dictionary (libFuzzer, AFL++)."""

from .ctext import LICENCE

_ALL_ONES = 0xffffffff


def dictionary(protocols):
    text = f"# {LICENCE}\n# Made from protocols/: do not edit.\n"
    text += "\n# header words of all commands\n"
    for protocol in protocols:
        for message in protocol.commands:
            name = message.name.lower().removeprefix(protocol.name + "_")
            text += _entry(f"{protocol.name}_{name}", protocol.id << 10 | message.id)
    text += "\n# versions\n"
    for version in sorted({version for protocol in protocols for version in protocol.versions}):
        text += _entry(f"version_{version >> 16}_{version & 0xffff}", version)
    text += "\n# flags: every bit that means something in a request\n"
    bits = {(bit.low, bit.width) for protocol in protocols for message in protocol.commands
            for field in message.request.fields for bit in field.bits}
    for low, width in sorted(bits):
        text += _entry(f"bits_{low + width - 1}_{low}", ((1 << width) - 1) << low)
    text += "\n# limits\n"
    return text + _entry("zero", 0) + _entry("one", 1) + _entry("all_ones", _ALL_ONES)


def _entry(name, word):
    data = "".join(f"\\x{byte:02x}" for byte in word.to_bytes(4, "little"))
    return f'{name}="{data}"\n'
