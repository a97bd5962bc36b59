# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The list of what is tested: a scenario is a function that gets a bench with scmid running, and boots its guests."""

ALL = []


class Scenario:
    def __init__(self, name, board, expects, function):
        self.name = name
        self.board = board
        self.expects = expects
        self.function = function


def scenario(name, board="tests/kernel/eight.yaml", expects=()):
    """expects: what the guest's kernel may say although it looks like trouble, as regular expressions."""
    def register(function):
        ALL.append(Scenario(name, board, expects, function))
        return function
    return register
