#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Print how many instructions a message takes, from its header word to its answer, counted by callgrind.

The two messages that the leanest other platform was counted for, TF-A's scmi-msg at -O2 (which has no views, versions
or permissions, and is handed a parsed header), stand beside that count.
"""

import argparse
import re
import subprocess
import sys
import tempfile

LEANEST = {"PROTOCOL_VERSION": 84, "CLOCK_RATE_GET": 107}
MESSAGES = ["PROTOCOL_VERSION", "CLOCK_RATE_GET", "CLOCK_ATTRIBUTES", "CLOCK_DESCRIBE_RATES",
            "CLOCK_RATE_SET", "CLOCK_CONFIG_SET", "CLOCK_CONFIG_GET", "CLOCK_PARENT_GET",
            "PROTOCOL_MESSAGE_ATTRIBUTES", "BASE_DISCOVER_AGENT"]


def collected(program, message, count):
    """Instructions inside scmi_channel_handle() for `count` messages."""
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=scmi_channel_handle",
             f"--callgrind-out-file={out.name}", program, message, str(count)],
            capture_output=True, text=True, check=False)
    found = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode or not found:
        sys.exit(f"instructions.py: {message}: {run.stderr.strip()}")
    return int(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the built bench/instructions")
    parser.add_argument("messages", nargs="*", metavar="MESSAGE", help="instead of all")
    options = parser.parse_args()
    print(f"{'message':<30}{'instructions':>13}  {'leanest other':>13}")
    for message in options.messages or MESSAGES:
        # The difference of two runs leaves out what happens only the first time.
        each = (collected(options.program, message, 300) -
                collected(options.program, message, 100)) / 200
        print(f"{message:<30}{each:>13.0f}  {LEANEST.get(message, ''):>13}", flush=True)


if __name__ == "__main__":
    main()
