# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi-transport-test on every transport of ours, as a file; and on loop with a mistake, which it has to find.

Usage: test_drivers.py PROGRAM FILE..., or test_drivers.py PROGRAM CHECK=FILE... for mistakes that CHECK finds.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def run(program, file, *options):
    # Under its name, and where nobody else can write.
    with tempfile.TemporaryDirectory(prefix="scmi-drivers-") as directory:
        name = os.path.basename(file) if file.endswith(".so") and "scmi-transport-" in file else "scmi-transport-loop.so"
        copy = os.path.join(directory, name)
        shutil.copy(file, copy)
        os.chmod(copy, 0o755)
        done = subprocess.run([program, *options, copy], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=600, check=False)
    return done.returncode, done.stdout


def main(program, *arguments):
    bad = 0
    for argument in arguments:
        check, _, file = argument.rpartition("=")
        code, said = run(program, file, *(("-c", check, "-p", "1000") if check else ()))
        print(said)
        if check:
            good = code == 1 and re.search(f"^{check} .*WRONG", said, re.M)
        else:
            # One end alone has nobody to talk to.
            good = code == 0 or (code == 77 and re.search("/scmi-transport-(pipe|dev)", file))
        if not good:
            print(f"{argument}: exit code {code}" + (", the mistake is not found" if check else ""))
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
