# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ids of boards/bench.yaml as agent `main` names them (and every agent whose view has the board's ids)."""

OSC = 0  # 24 MHz, always on
PLL = 1  # 100, 200, 300, 400 MHz, at 200 MHz
DIV = 2  # 1 .. 10 MHz by 1 kHz, at 5 MHz
BOOT = 3  # 48 MHz, runs at start without anybody's vote
SLOW = 4  # as DIV, at 2 MHz, a change takes 50 ms
STUCK = 5  # as SLOW, a change takes longer than any test
FAULTY = 6  # as SLOW, every change ends in HARDWARE_ERROR
MUX = 7  # fed by OSC, PLL or SECRET; by OSC at start
LEAF = 8  # MUX / 2
TUNED = 9  # duty cycle 1..99 at 50, phase 0..359 at 0, type 0x80 0..1000 at 7
LONG_NAME = 10
MANY = 11  # 1000 to 41000 Hz by 1000
FAST = 12  # 1 .. 6 GHz by 1 MHz, at 5 GHz
SECRET = 13  # hidden
MUTE = 14  # as SLOW without latency, offers no notifications
FENCE_STATE = 15  # main may not change its state
FENCE_RATE = 16  # … its rate
FENCE_PARENT = 17  # … its parent (OSC or PLL)
KEPT = 18  # always on
CROWD = 19  # seven possible parents
FAR = 40

VISIBLE = (OSC, PLL, DIV, BOOT, SLOW, STUCK, FAULTY, MUX, LEAF, TUNED, LONG_NAME, MANY, FAST, MUTE, FENCE_STATE,
           FENCE_RATE, FENCE_PARENT, KEPT, CROWD, FAR)
ABSENT = (20, 39, 41, 1000, 0x7FFFFFFF, 0xFFFFFFFF)  # no agent has these

MANY_RATES = [n * 1000 for n in range(1, 42)]
PLL_RATES = [100000000, 200000000, 300000000, 400000000]
LONG_NAME_TEXT = "a_clock_whose_name_needs_more_room"

AGENTS = ("main", "second", "boss", "old1", "old2", "blind", "tiny", "calm", "leaver")
AGENT_ID = {name: index + 1 for index, name in enumerate(AGENTS)}

DISPLAY = 3  # the device with PLL and MUX
AUDIO = 9  # the device with DIV and MUX
