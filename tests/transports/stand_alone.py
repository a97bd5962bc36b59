#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Fails if a transport's file needs a symbol of libscmi, or exports anything but its descriptor."""

import re
import subprocess
import sys


# What the compiler's sanitizers add is not the driver's.
SANITIZER = re.compile("_*(asan|odr_asan|ubsan|sanitizer)_")


def symbols(file, option):
    """(type, name) of each; names of the C library have a version behind an @."""
    listing = subprocess.run(["nm", "--dynamic", option, file], check=True, capture_output=True, text=True).stdout
    words = [line.split()[-2:] for line in listing.splitlines() if line.strip()]
    return [(kind, name) for kind, name in words if not SANITIZER.match(name)]


def complaints(file):
    exported = [name for _, name in symbols(file, "--defined-only")]
    if exported != ["scmi_transport"]:
        yield f"it exports {sorted(exported)}, not scmi_transport alone"
    for kind, name in symbols(file, "--undefined-only"):
        if kind == "U" and "@" not in name:
            yield f"it takes {name} from somewhere"


def main():
    if len(sys.argv) < 2:
        return 77
    said = [f"{file}: {complaint}" for file in sys.argv[1:] for complaint in complaints(file)]
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
