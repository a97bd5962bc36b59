# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi tree and scmid --print-tree: one text, and dtc makes of it what a guest binds."""
import subprocess
import unittest

from case import (OK, PATIENCE_S, SCMID, USAGE, Case, PlatformCase, Played, message_of, refusal, scmi,
                  success, words)

BASE, POWER = 0x10, 0x11


def compiled(source):
    """The tree as dtc reads it, written by dtc: no comments, one property a line."""
    done = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dts"], input=source, text=True,
                          capture_output=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise AssertionError(done.stderr + source)
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


class FromScmid(PlatformCase):
    def printed(self, agent):
        return subprocess.run([SCMID, "--print-tree", agent, self.board], capture_output=True,
                              text=True, timeout=PATIENCE_S, check=False)

    def test_both_programs_write_the_same(self):
        for agent in ("tester", "manager", "viewer", "patient"):
            with self.subTest(agent):
                done = self.printed(agent)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(self.ok("tree", agent=agent), done.stdout)

    def test_what_a_guest_binds(self):
        lines = compiled(self.ok("tree"))
        for line in ("firmware {", "scmi {", 'compatible = "arm,scmi-virtio";',
                     "scmi_clk: protocol@14 {", "reg = <0x14>;", "#clock-cells = <0x01>;"):
            self.assertIn(line, lines)

    def test_the_alternative(self):
        """The commented form stands under a device's node as it is."""
        text = self.ok("tree")
        form = text[text.index(" * scmi {"):].removesuffix(" */\n")
        node = "".join(line[3:] for line in form.splitlines(keepends=True))
        lines = compiled("/dts-v1/;\n/ { virtio { " + node + "}; };")
        self.assertIn('compatible = "virtio,device20";', lines)
        self.assertIn("scmi_clk: protocol@14 {", lines)

    def test_a_device_can_use_a_clock(self):
        rest = self.ok("tree").split("\n", 1)[1]
        compiled("/dts-v1/;\n/ { };\n" + rest + "/ { uart { clocks = <&scmi_clk 1>; }; };")

    def test_every_clock_is_named_once(self):
        text = self.ok("tree")
        for clock in self.ok_json("clock", "list")["clocks"]:
            line = "\t\t\t\t * %5d  %s\n" % (clock["id"], clock["name"])
            self.assertEqual(text.count(line), 1, line)

    def test_who_there_is(self):
        done = self.printed("nobody")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no agent 'nobody'; it has ", done.stderr)
        self.assertIn("tester", done.stderr)

    def test_no_json(self):
        self.expect(USAGE, scmi("--json", "tree", at=self.at("tester")))


class FromOthers(Case):
    def answer(self, header, payload):
        protocol, message = message_of(header)
        if (protocol, message) == (BASE, 0):
            return success(header, words(0x20000))
        if (protocol, message) == (BASE, 1):
            return success(header, words(1 << 8 | len(self.protocols)))
        if (protocol, message) == (BASE, 6):
            skip = int.from_bytes(payload[:4], "little")
            rest = self.protocols[skip:]
            return success(header, words(len(rest)) + bytes(rest) + bytes(-len(rest) % 4))
        if (protocol, message) == (BASE, 3):
            return success(header, self.vendor.ljust(16, b"\0"))
        return refusal(header, -1)

    def tree(self, protocols, vendor):
        self.protocols, self.vendor = protocols, vendor
        with Played(self.answer) as at:
            return self.expect(OK, scmi("tree", at=at)).out

    def test_protocols_that_scmi_does_not_speak(self):
        lines = compiled(self.tree([0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x82], b"other"))
        for number in (0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x82):
            self.assertIn("reg = <0x%02x>;" % number, lines)
        for line in ("#power-domain-cells = <0x01>;", "#thermal-sensor-cells = <0x01>;",
                     "#reset-cells = <0x01>;", "regulators {", "protocol@82 {"):
            self.assertIn(line, lines)

    def test_names_stay_in_their_comments(self):
        for vendor in (b"*/ / { bad; };", b"a\n*/bad", b"\\\n??/", b"\x1b[31m\xff"):
            with self.subTest(vendor):
                text = self.tree([POWER], vendor)
                self.assertTrue(text.isascii())
                self.assertNotIn("\x1b", text)
                self.assertFalse([line for line in compiled(text) if "bad" in line])


if __name__ == "__main__":
    unittest.main()
