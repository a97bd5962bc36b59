#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Run the scenarios of this directory in guests with a kernel for debugging. Last line: N passed, N failed.

Usage: run.py SCMID SCMI KERNEL MODULES [WORD...]

KERNEL is one that `scripts/build-linux debug` made, MODULES a directory with ours, built for it. With words, only the
scenarios whose name has one of them.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

from bench import Bench, Failure
from scenarios import ALL
import binding  # noqa: F401 (a module names its scenarios when it is read)
import clocks  # noqa: F401
import core  # noqa: F401
import hostile  # noqa: F401
import intree  # noqa: F401
import loading  # noqa: F401
import modules  # noqa: F401
import raw  # noqa: F401
import roundtrip  # noqa: F401
import trouble  # noqa: F401
import unbinding  # noqa: F401


class Setup:
    """The programs and files that all benches share."""

    def __init__(self, scmid, scmi, kernel, modules):
        self.scmid, self.scmi, self.kernel, self.modules = map(os.path.realpath, (scmid, scmi, kernel, modules))
        self.version = re.search(r"linux-([\d.]+)$", kernel).group(1)


def run(setup, scenario):
    start = time.monotonic()
    try:
        with Bench(setup, scenario.board, scenario.expects) as bench:
            said = scenario.function(bench)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        return "%s: FAILED: %s: %s\n%s" % (setup.version, scenario.name, failure, getattr(failure, "said", "")), False
    return "%s: %s: %s; %.1f s" % (
        setup.version, scenario.name, said or "as it should be", time.monotonic() - start), True


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    setup = Setup(*sys.argv[1:5])
    words = sys.argv[5:]
    chosen = [s for s in ALL if not words or any(word in s.name for word in words)]
    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(run, setup, scenario) for scenario in chosen]
        for result in concurrent.futures.as_completed(running):
            text, good = result.result()
            print(text, flush=True)
            if not good:
                failed.append(text.splitlines()[0])
    # Again at the end: what a guest said before it failed is long.
    for line in failed:
        print(line)
    print("%d passed, %d failed" % (len(chosen) - len(failed), len(failed)))
    sys.exit(0 if chosen and not failed else 1)


if __name__ == "__main__":
    main()
