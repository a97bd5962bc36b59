# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Copies a source file with one mistake put into it, for a harness to find.

Usage: plant.py SOURCE RIGHT WRONG OUTPUT. RIGHT has to be there exactly once: when the code has moved on, so must the
mistake.
"""

import pathlib
import sys


def main(source, right, wrong, output):
    text = pathlib.Path(source).read_text(encoding="utf-8")
    count = text.count(right)
    if count != 1:
        sys.exit(f"{source}: {count} times '{right}', not once")
    pathlib.Path(output).write_text(text.replace(right, wrong), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
