#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Write the linker's version script for libscmi: every function that the given headers declare."""
import re
import sys

DECLARATION = re.compile(r"^(?!static|typedef|#)[a-z][\w\s*]*?\b(scmi_\w+)\(", re.MULTILINE)


def main():
    names = set()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as header:
            text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.DOTALL)
        names.update(DECLARATION.findall(text))
    print("LIBSCMI_0 {\nglobal:")
    for name in sorted(names):
        print(f"\t{name};")
    print("local:\n\t*;\n};")


if __name__ == "__main__":
    main()
