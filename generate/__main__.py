# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command: python3 -m generate --protocols protocols --all DIR, or NAME=FILE for one output."""

import argparse
import pathlib
import sys

from .load import SpecificationError, load
from .outputs import outputs, read_protocols


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="generate", description="Make C, tables and reference pages from protocols/*.yaml.")
    parser.add_argument("--protocols", required=True, metavar="DIR",
                        help="directory that holds common.yaml and one file for each protocol")
    parser.add_argument("--all", metavar="DIR", help="write every output below DIR")
    parser.add_argument("output", nargs="*", metavar="NAME=FILE",
                        help="write one output, for example clock.h=build/clock.h")
    options = parser.parse_args(arguments)
    directory = pathlib.Path(options.protocols)
    try:
        made = outputs(*read_protocols(directory, load))
    except SpecificationError as error:
        print(error, file=sys.stderr)
        return 2
    if options.all:
        for output in made.values():
            if output.path:
                write(pathlib.Path(options.all) / output.path, output.text())
    for item in options.output:
        name, _, path = item.partition("=")
        if name not in made or not path:
            parser.error(f"'{item}' is not NAME=FILE with a NAME of: {', '.join(made)}")
        write(pathlib.Path(path), made[name].text())
    return 0


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
