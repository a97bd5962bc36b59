# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Runs a harness, for meson.

  run.py smoke HARNESS REACH WORK [INPUTS…]   20 seconds; fails on a find, or when it reached less than REACH
  run.py plant HARNESS RUNS WORK [INPUTS…]    has to find the mistake within that many runs

WORK is a directory of its own, emptied first. INPUTS are directories to begin with, scripts that make one, or a
dictionary. On a find, what the harness said is in the output and the input that does it in WORK.
"""

import os
import pathlib
import shutil
import subprocess
import sys

SECONDS = 20
# What most inputs are made of is small.
LENGTH_MAX = {"tree": 4096}


def fuzz(harness, limit, work, inputs):
    shutil.rmtree(work, ignore_errors=True)
    corpus = work / "corpus"
    corpus.mkdir(parents=True)
    kind = pathlib.Path(harness).name.split("-")[1]
    command = [harness, limit, "-rss_limit_mb=2048", "-timeout=30", "-seed=1", "-len_control=0",
               f"-max_len={LENGTH_MAX.get(kind, 1200)}", "-verbosity=0", f"-artifact_prefix={work}/", corpus]
    for name in map(pathlib.Path, inputs):
        if name.suffix == ".py":
            seeds = work / name.stem
            subprocess.run([sys.executable, name, kind, seeds], check=True)
            command.append(seeds)
        elif name.is_file():
            command.append(f"-dict={name}")
        elif name.is_dir() and any(name.iterdir()):
            command.append(name)
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)


def main(mode, harness, number, work, *inputs):
    limit = f"-max_total_time={SECONDS}" if mode == "smoke" else f"-runs={number}"
    if mode == "smoke":
        os.environ["SCMI_FUZZ_REACH"] = number
    result = fuzz(harness, limit, pathlib.Path(work), inputs)
    found = "SUMMARY: " in result.stdout
    if mode == "smoke":
        print(result.stdout)
        # Not the fuzzer's own code for a find: meson would take that for a test that was left out.
        return 1 if result.returncode else 0
    said = ("model:", "agent:", "codec:", "ring:", "vhost:", "frontend:", "shmem:", "tree:", "handout:", "loaded,", "==", "SUMMARY")
    print("\n".join(line for line in result.stdout.splitlines() if line.startswith(said)))
    if found:
        return 0
    print(f"not found in {number} runs")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
