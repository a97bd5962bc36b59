#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Fails if a transport's file needs a symbol of libscmi, or exports anything but its descriptor.

Usage: stand_alone.py LIBSCMI.a FILE...
"""

import re
import subprocess
import sys


# What the compiler's sanitizers add is nobody's.
SANITIZER = re.compile("_*(asan|odr_asan|ubsan|sanitizer)_")


def symbols(file, *options):
    listing = subprocess.run(["nm", *options, "--format=just-symbols", file],
                             check=True, capture_output=True, text=True).stdout
    names = {line.split("@")[0] for line in listing.split() if not line.endswith(":")}
    return {name for name in names if not SANITIZER.match(name)}


def complaints(file, ours):
    exported = symbols(file, "--dynamic", "--defined-only")
    if exported != {"scmi_transport"}:
        yield f"it exports {sorted(exported)}, not scmi_transport alone"
    for name in sorted(symbols(file, "--dynamic", "--undefined-only") & ours):
        yield f"it takes {name} from libscmi"


def main(library, *files):
    if not files:
        return 77
    # Drivers that are built in, and what they share, are part of it.
    ours = symbols(library, "--extern-only", "--defined-only")
    if "scmi_loader_new" not in ours:
        print(f"{library} is not libscmi")
        return 1
    said = [f"{file}: {complaint}" for file in files for complaint in complaints(file, ours)]
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
