#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Fails if a transport driver in the given archive needs a symbol of libscmi that is not a driver's."""

import subprocess
import sys


def symbols(archive, option):
    listing = subprocess.run(["nm", option, "--format=just-symbols", archive],
                             check=True, capture_output=True, text=True).stdout
    return {line for line in listing.split() if line.startswith("scmi_")}


def main():
    archive = sys.argv[1]
    defined = symbols(archive, "--defined-only")
    strangers = symbols(archive, "--undefined-only") - defined
    for name in sorted(strangers):
        print(f"a driver takes {name} from the core")
    drivers = {"scmi_transport_" + name for name in ("socket", "loop", "pipe", "virtio")}
    if not drivers <= defined:
        print(f"a driver is missing: only {sorted(defined)}")
        return 1
    return 1 if strangers else 0


if __name__ == "__main__":
    sys.exit(main())
