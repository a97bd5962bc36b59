#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every state of the model, and every statement of it reached but the ends of endless loops.
# Usage: spin.sh MODEL.pml
set -eu
model=$(realpath "$1")
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
spin -a "$model"
cc -O1 -w -DSAFETY -o pan pan.c
./pan -m100000 >report || true
grep -E 'errors:|states, stored|transitions' report
grep -q 'errors: 0' report
# A statement that is never reached is a model that shows nothing.
unreached=$(sed -n '/^unreached/,$p' report | grep -E 'state [0-9]+,' | grep -v -e '-end-' || true)
if [ -n "$unreached" ]; then
	echo "never reached:$unreached" >&2
	exit 1
fi
