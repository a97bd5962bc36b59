# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What Linux sends at boot, in its order, and what it checks of the answers (Linux 6.1 and 7.3)."""

import os
import unittest

import facts
from case import Case
from scmi_client import BASE, CLOCK, DENIED, EXAMPLES, HARDWARE_ERROR, SUCCESS, words

PAYLOAD_MAX = 128  # of Linux's virtio and mailbox channels, without header and status


class Linux:
    """The SCMI core of a Linux kernel, as far as base and clock go."""

    def __init__(self, case, agent, knows):
        self.case = case
        self.agent = agent
        self.knows = knows  # {protocol: newest version this kernel knows}; none: it never asks for another
        self.clocks = {}

    def call(self, protocol, message, *values, need=True):
        answer = self.agent.command(protocol, message, words(*values))
        self.case.assertLessEqual(len(answer.raw), 8 + PAYLOAD_MAX, "Linux has no more room: %s" % answer)
        if need:
            self.case.expect(answer, SUCCESS, "Linux needs this at boot")
        return answer

    def acquire(self, protocol):
        """PROTOCOL_VERSION, and a negotiation if the platform is newer than this kernel."""
        version = self.call(protocol, 0x0).word(4)
        if version > self.knows[protocol] and self.negotiates:
            if self.call(protocol, 0x2, 0x10, need=False).status == SUCCESS:
                if self.call(protocol, 0x10, self.knows[protocol], need=False).status == SUCCESS:
                    version = self.knows[protocol]
        return version

    negotiates = True

    def base(self):
        self.acquire(BASE)
        attributes = self.call(BASE, 0x1).word(4)
        count, agents = attributes & 0xFF, attributes >> 8 & 0xFF
        for message in (0x3, 0x4):
            self.call(BASE, message).text(4, 16)
        self.call(BASE, 0x5)
        protocols = []
        while True:
            answer = self.call(BASE, 0x6, len(protocols))
            returned = answer.word(4)
            self.case.assertLessEqual(len(protocols) + returned, count, "more protocols than announced: %s" % answer)
            self.case.assertEqual(answer.size - 4, 4 + (returned + 3) // 4 * 4,
                                  "Linux wants 4 + round up(num, 4) bytes after the status: %s" % answer)
            protocols += answer.raw[12:12 + returned]
            if not returned or len(protocols) == count:
                break
        self.case.assertEqual(len(protocols), count)
        for number in range(agents):
            answer = self.call(BASE, 0x7, number)
            answer.text(4 if answer.size == 20 else 8, 16)
        return protocols

    def clock(self):
        major = self.acquire(CLOCK) >> 16
        attributes = self.call(CLOCK, 0x1).word(4)
        for message in (0x9, 0xA):
            self.call(CLOCK, 0x2, message, need=False)
        for clock in range(attributes & 0xFFFF):
            answer = self.call(CLOCK, 0x3, clock, need=False)
            if answer.status != SUCCESS:
                continue
            bits, name = answer.word(4), answer.text(8, 16)
            if major >= 2:
                answer.word(24)
                if bits >> 29 & 1:
                    long_name = self.call(CLOCK, 0x8, clock).text(8, 64)
                    self.case.assertTrue(long_name.startswith(name))
                    name = long_name
            if major >= 3 and bits >> 28 & 1:
                self.parents(clock)
            if major >= 3 and bits >> 1 & 1:
                self.call(CLOCK, 0xF, clock)
            self.clocks[clock] = (name, bits, self.rates(clock, major))
        return major

    def parents(self, clock):
        parents = []
        while True:
            flags = self.call(CLOCK, 0xC, clock, len(parents))
            returned, remaining = flags.word(4) & 0xFF, flags.word(4) >> 24
            parents += [flags.word(8 + 4 * n) for n in range(returned)]
            if not remaining or not returned:
                break
        self.case.assertTrue(parents, "bit 28 is set, so there are parents")

    def rates(self, clock, major):
        """The list of a clock's rates; None if it has a range."""
        answer = self.call(CLOCK, 0x4, clock, 0)
        flags = answer.word(4)
        returned, remaining = flags & 0xFFF, flags >> 16
        total = returned + remaining
        rates = [answer.rate(8 + 8 * n) for n in range(returned)]
        if flags >> 12 & 1:
            self.case.assertEqual((returned, remaining), (3, 0), "a triplet: %s" % answer)
            return None
        if major >= 2:
            # The first three are wanted, then the last one alone.
            while len(rates) < min(3, total):
                more = self.call(CLOCK, 0x4, clock, len(rates))
                rates += [more.rate(8 + 8 * n) for n in range(more.word(4) & 0xFFF)]
            last = self.call(CLOCK, 0x4, clock, total - 1)
            self.case.expect_word(last, 4, 1, "the last rate alone")
            self.case.assertGreaterEqual(last.rate(8), rates[0], "ascending")
        while len(rates) < total:
            more = self.call(CLOCK, 0x4, clock, len(rates))
            got, left = more.word(4) & 0xFFF, more.word(4) >> 16
            self.case.assertEqual(len(rates) + got + left, total, "the total changed between pages: %s" % more)
            self.case.assertGreater(got, 0)
            rates += [more.rate(8 + 8 * n) for n in range(got)]
        return rates

    def client(self, major, config_words):
        """clk-scmi: reads every clock, then uses it."""
        for clock, (name, bits, rates) in self.clocks.items():
            if major >= 3:
                if bits >> 27 & 1:
                    self.call(CLOCK, 0xB, clock, 1, need=False)
                if bits >> 28 & 1:
                    parent = self.call(CLOCK, 0xE, clock, need=False)
                    self.case.assertIn(parent.status, (SUCCESS, DENIED), "only a hidden parent is not told")
                self.call(CLOCK, 0xB, clock, 0)
            rate = self.call(CLOCK, 0x6, clock).rate(4)
            if rates is not None:
                self.case.assertIn(rate, rates, "the rate is one of those described")
            # Before 3.0 nothing tells beforehand that a clock is restricted.
            restricted = major < 3 or bits >> 1 & 1
            for state in (1, 0):
                answer = self.call(CLOCK, 0x7, clock, state, *([0] * (config_words - 2)), need=not restricted)
                self.case.assertIn(answer.status, (SUCCESS, DENIED), str(answer))
            if name == "stuck":
                continue  # its changes take longer than any test
            answer = self.agent.set_rate(clock, rate)
            self.case.assertIn(answer.status, (SUCCESS, DENIED, HARDWARE_ERROR),
                               "the present rate can be set: %s" % answer)


class Kernel73(Linux):
    def __init__(self, case, agent):
        super().__init__(case, agent, {BASE: facts.V2_1, CLOCK: facts.V3_0})


class Kernel61(Linux):
    """Never negotiates, and sends CLOCK_CONFIG_SET with 8 bytes whatever the version."""

    negotiates = False

    def __init__(self, case, agent):
        super().__init__(case, agent, {BASE: facts.V2_0, CLOCK: facts.V2_0})


class Boot:
    """The boots that a board with these sockets must serve."""

    def boot(self, kernel, config_words):
        protocols = kernel.base()
        if CLOCK in protocols:
            major = kernel.clock()
            self.assertTrue(kernel.clocks, "no clock answered")
            kernel.client(major, config_words)
        self.assertEqual(kernel.agent.late, [], "an answer too many")


class Stm32mp157c(Boot, Case):
    board = os.path.abspath(os.path.join(EXAMPLES, "stm32mp157c.yaml"))

    def test_linux_7_3(self):
        kernel = Kernel73(self, self.connect("tester"))
        self.boot(kernel, 3)
        names = [name for name, _, _ in kernel.clocks.values()]
        self.assertEqual(names, ["ck_hse", "ck_hsi", "ck_csi", "ck_lse", "ck_lsi", "pll2_q", "pll2_r", "ck_mpu",
                                 "ck_axi", "bsec", "cryp1", "gpioz", "hash1", "i2c4", "i2c6", "iwdg1", "rng1",
                                 "ck_rtc", "rtcapb", "spi6", "usart1"], "the ids of the published bindings")

    def test_linux_7_3_boots_again(self):
        """A second boot on the same daemon, after the first one's connection ended."""
        for _ in range(2):
            agent = self.connect("tester")
            self.boot(Kernel73(self, agent), 3)
            agent.close()

    def test_rates_of_the_board(self):
        agent = self.connect("tester")
        for clock, rate in ((0, 24000000), (1, 64000000), (2, 4000000), (3, 32768), (4, 32000)):
            self.assertEqual(agent.rate(clock), rate)


class Juno(Boot, Case):
    board = os.path.abspath(os.path.join(EXAMPLES, "juno.yaml"))

    def test_boots(self):
        self.boot(Kernel73(self, self.connect("tester")), 3)
        self.boot(Kernel73(self, self.connect("ospm")), 2)
        self.boot(Kernel61(self, self.connect("ospm")), 2)


class Everything(Boot, Case):
    board = os.path.abspath(os.path.join(EXAMPLES, "everything.yaml"))

    def test_boots(self):
        for name in ("tester", "dense", "few", "pinned", "viewer", "limited", "busy", "patient", "bare"):
            with self.subTest(name):
                self.boot(Kernel73(self, self.connect(name)), 3)
        self.boot(Kernel73(self, self.connect("old")), 2)
        self.boot(Kernel61(self, self.connect("old")), 2)


class Bench(Boot, Case):
    def test_linux_7_3(self):
        self.boot(Kernel73(self, self.connect()), 3)
        self.boot(Kernel73(self, self.connect("second")), 3)

    def test_linux_7_3_on_an_old_platform(self):
        self.boot(Kernel73(self, self.connect("old1")), 2)
        self.boot(Kernel73(self, self.connect("old2")), 2)

    def test_linux_6_1(self):
        self.boot(Kernel61(self, self.connect("old2")), 2)
        self.boot(Kernel61(self, self.connect("old1")), 2)

    def test_a_kernel_older_than_the_platform(self):
        """It knows base 2.0 and clock 2.0 and negotiates."""
        kernel = Linux(self, self.connect(), {BASE: facts.V2_0, CLOCK: facts.V2_0})
        self.boot(kernel, 2)


if __name__ == "__main__":
    unittest.main()
