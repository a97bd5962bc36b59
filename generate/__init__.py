# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes C, tables and reference pages from protocols/*.yaml. Used at build time only."""
