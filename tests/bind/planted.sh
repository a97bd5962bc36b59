#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A mistake was put into the binder: random orders have to find it, and say so.
# Usage: planted.sh EXPLORER
if found=$("$1" random 20000 2>&1); then
	echo "not found: $found" >&2
	exit 1
fi
# Killed for another reason than a find is no find.
printf '%s\n' "$found" | grep -E -m 1 '^bind: |ERROR: AddressSanitizer|runtime error'
