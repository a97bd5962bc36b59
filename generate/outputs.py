# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which files are made from the protocols."""

from dataclasses import dataclass
from typing import Callable

from .emit_describe import describe_source
from .emit_dictionary import dictionary
from .emit_effects import effects_source
from .emit_header import common_header, protocol_header
from .emit_names import names_source
from .emit_reencode import reencode_source
from .emit_reference import reference_page
from .parse import parse_common, parse_protocol


@dataclass
class Output:
    """One file: where it belongs below an output directory (None: only on demand), and what makes
    its text."""
    path: str | None
    text: Callable


def read_protocols(directory, load):
    """Read common.yaml and every other file of the directory."""
    name = directory.name
    common = parse_common(load(directory / "common.yaml", f"{name}/common.yaml"))
    paths = sorted(path for path in directory.glob("*.yaml") if path.name != "common.yaml")
    protocols = [parse_protocol(load(path, f"{name}/{path.name}"), common) for path in paths]
    protocols.sort(key=lambda protocol: protocol.id)
    return common, protocols


def outputs(common, protocols):
    """Name to output."""
    made = {"common.h": Output("scmi/wire/common.h", lambda: common_header(common, protocols[0]))}
    for protocol in protocols:
        made[f"{protocol.name}.h"] = Output(f"scmi/wire/{protocol.name}.h",
                                            lambda protocol=protocol: protocol_header(protocol))
        made[f"{protocol.name}.md"] = Output(f"reference/{protocol.name}.md",
                                             lambda protocol=protocol: reference_page(protocol))
    made["names.c"] = Output("names.c", lambda: names_source(common, protocols))
    made["describe.c"] = Output("describe.c", lambda: describe_source(protocols))
    made["effects.c"] = Output("effects.c", lambda: effects_source(protocols))
    made["scmi.dict"] = Output("scmi.dict", lambda: dictionary(protocols))
    made["reencode.c"] = Output(None, lambda: reencode_source(protocols))
    return made
