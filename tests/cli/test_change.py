# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Changing: rates, states, parents, configurations, permissions; refusals and their exit codes."""
import unittest

from case import REFUSED, UNREACHABLE, USAGE, PlatformCase


class Rates(PlatformCase):
    def test_set_reads_back(self):
        self.assertEqual(self.ok("clock", "set", "pll", "400MHz"),
                         "pll: 400 MHz (400000000 Hz), was 300 MHz (300000000 Hz)\n")
        self.assertEqual(self.ok_json("clock", "get", "pll")["rate_hz"], 400000000)
        self.assertEqual(self.ok_json("clock", "get", "bus")["rate_hz"], 200000000)

    def test_json(self):
        self.assertEqual(self.ok_json("clock", "set", "pll", "400MHz"),
                         {"id": 1, "name": "pll", "asked_hz": 400000000, "before_hz": 300000000,
                          "rate_hz": 400000000, "how": "immediate"})

    def test_units(self):
        for words, rate_hz in ((["2000000"], 2000000), (["2MHz"], 2000000), (["2", "MHz"], 2000000),
                               (["2 mhz"], 2000000), (["0.004GHz"], 4000000), (["1e6"], None),
                               (["0x1e8480"], 2000000), (["4M"], 4000000), (["1000.000kHz"], 1000000)):
            outcome = self.run_as("tester", "--json", "clock", "set", "steps", *words)
            if rate_hz is None:
                self.assertEqual(outcome.code, USAGE)
            else:
                self.assertEqual(outcome.json()["rate_hz"], rate_hz, words)

    def test_rounding(self):
        for how, rate_hz in (("up", 4000000), ("down", 2000000), ("nearest", 4000000)):
            result = self.ok_json("clock", "set", "steps", "3.1MHz", "--round", how)
            self.assertEqual(result["rate_hz"], rate_hz)
        self.assertEqual(self.ok_json("clock", "set", "steps", "2.1MHz")["rate_hz"], 2000000)
        self.assertIn("asked for: 2.1 MHz (2100000 Hz); the platform has rounded",
                      self.ok("clock", "set", "steps", "2.1MHz"))

    def test_rounding_flags_on_the_wire(self):
        def flags(agent, *more):
            outcome = self.run_as(agent, "--trace", "clock", "set", "steps", "2MHz", *more)
            line = [l for l in outcome.err.splitlines() if "-> clock CLOCK_RATE_SET" in l][0]
            return "round_up=1" in line, "round_auto=1" in line
        self.assertEqual(flags("tester"), (False, True))
        self.assertEqual(flags("tester", "--round", "up"), (True, False))
        self.assertEqual(flags("tester", "--round", "down"), (False, False))
        # Version 1.0 may not know the bits: they are only set when asked for.
        self.assertEqual(flags("old"), (False, False))
        self.assertEqual(flags("old", "--round", "nearest"), (False, True))

    def test_not_a_rate(self):
        for rate, message in (("5Mz", "'5Mz' is not a rate"), ("-", "not a rate"), ("", "not a rate"),
                              ("1.5", "not a whole number of Hz"), ("0.0001kHz", "not a whole number"),
                              ("18446744073709551616", "more than 64 bits"),
                              ("18446744074GHz", "more than 64 bits"), ("1.MHz", "not a rate")):
            self.fails(USAGE, message, self.run_as("tester", "clock", "set", "steps", rate))

    def test_impossible_rate(self):
        outcome = self.fails(REFUSED, "INVALID_PARAMETERS",
                             self.run_as("tester", "clock", "set", "osc", "5MHz"))
        self.assertIn("'scmi clock rates osc' lists what it can have", outcome.err)

    def test_refusal_as_json(self):
        error = self.expect(REFUSED, self.run_as("tester", "--json", "clock", "set", "osc", "5MHz")).json()["error"]
        self.assertEqual((error["kind"], error["status"], error["status_code"]),
                         ("refused", "INVALID_PARAMETERS", -2))

    def test_denied(self):
        for words in (["set", "steps", "2MHz"], ["enable", "steps"], ["parent", "uart", "osc"]):
            self.fails(REFUSED, "DENIED", self.run_as("viewer", "clock", *words))

    def test_fault(self):
        self.fails(REFUSED, "HARDWARE_ERROR", self.run_as("tester", "clock", "set", "broken", "2MHz"))


class Asynchronous(PlatformCase):
    def test_waits_and_says_so(self):
        self.assertEqual(self.ok("clock", "set", "slow", "2MHz", "--async"),
                         "slow: 2 MHz (2000000 Hz), was 1 MHz (1000000 Hz); says the delayed response\n")

    def test_json(self):
        result = self.ok_json("clock", "set", "slow", "3MHz", "--async")
        self.assertEqual((result["how"], result["rate_hz"]), ("delayed", 3000000))

    def test_messages(self):
        outcome = self.run_as("tester", "--trace", "clock", "set", "slow", "2MHz", "--async")
        lines = [line.split(None, 1)[1] for line in outcome.err.splitlines() if "RATE_SET" in line]
        token = lines[0].split("token=")[1].split()[0]
        self.assertEqual(lines, [
            "-> clock CLOCK_RATE_SET token=%s async=1 ignore_delayed_response=0 round_up=0 round_auto=1"
            " clock_id=6 rate_hz=2000000" % token,
            "<- clock CLOCK_RATE_SET token=%s status=SUCCESS" % token,
            "<- clock CLOCK_RATE_SET_COMPLETE token=%s status=SUCCESS clock_id=6 rate_hz=2000000" % token])

    def test_no_wait(self):
        result = self.ok_json("clock", "set", "glacier", "2MHz", "--no-wait")
        self.assertEqual((result["how"], result["rate_hz"]), ("queued", None))
        self.assertIn("the platform has queued it", self.ok("clock", "set", "slow", "2MHz", "--no-wait"))

    def test_timeout(self):
        outcome = self.fails(UNREACHABLE, "time limit",
                             self.run_as("tester", "clock", "set", "glacier", "2MHz", "--async",
                                         "--timeout", "100"))
        self.assertIn("--timeout MS waits longer", outcome.err)

    def test_fails_late(self):
        self.fails(REFUSED, "HARDWARE_ERROR", self.run_as("tester", "clock", "set", "broken", "2MHz", "--async"))

    def test_not_offered(self):
        outcome = self.fails(REFUSED, "NOT_SUPPORTED",
                             self.run_as("patient", "clock", "set", "slow", "2MHz", "--async"))
        self.assertIn("try without --async", outcome.err)


class States(PlatformCase):
    def test_on_and_off(self):
        self.assertEqual(self.ok("clock", "enable", "steps"), "steps: enabled\n")
        self.assertTrue(self.ok_json("clock", "show", "steps")["enabled"])
        self.assertEqual(self.ok("clock", "disable", "steps"), "steps: disabled\n")
        self.assertEqual(self.ok_json("clock", "enable", "steps"),
                         {"id": 5, "name": "steps", "asked": "enabled", "enabled": True})

    def test_runs_on_for_another(self):
        self.ok("clock", "enable", "steps", agent="manager")
        self.ok("clock", "enable", "steps")
        self.assertIn("it runs on for another agent", self.ok("clock", "disable", "steps"))
        self.assertEqual(self.ok("clock", "disable", "steps", agent="manager"), "steps: disabled\n")

    def test_old_layout(self):
        self.assertEqual(self.ok("clock", "enable", "steps", agent="old"), "steps: enabled\n")


class Parents(PlatformCase):
    def test_change(self):
        self.assertEqual(self.ok("clock", "parent", "uart", "osc"),
                         "uart: fed by osc, runs at 24 MHz (24000000 Hz)\n")
        self.assertEqual(self.ok_json("clock", "parent", "3", "4"),
                         {"id": 3, "name": "uart", "parent": "rtc", "parent_id": 4, "rate_hz": 32768})

    def test_not_a_possible_one(self):
        outcome = self.fails(REFUSED, "INVALID_PARAMETERS",
                             self.run_as("tester", "clock", "parent", "uart", "steps"))
        self.assertIn("'scmi clock parent uart' lists the possible ones", outcome.err)

    def test_no_parents(self):
        self.fails(REFUSED, "this clock has no parents", self.run_as("tester", "clock", "parent", "osc"))

    def test_before_parents(self):
        outcome = self.expect(REFUSED, self.run_as("old", "--json", "clock", "parent", "uart"))
        self.assertEqual(outcome.json()["error"]["kind"], "unsupported")


class Configurations(PlatformCase):
    def test_set_and_get(self):
        self.assertEqual(self.ok_json("clock", "config", "lamp", "duty-cycle", "25")["configurations"],
                         [{"type": 1, "name": "duty-cycle", "value": 25}])
        self.assertIn("duty-cycle        25 percent", self.ok("clock", "config", "lamp", "duty_cycle"))
        self.assertIn("0x80              9", self.ok("clock", "config", "lamp", "0x80", "9"))

    def test_wrong(self):
        self.fails(USAGE, "not a type of configuration", self.run_as("tester", "clock", "config", "lamp", "hue"))
        self.fails(USAGE, "not a 32-bit number",
                   self.run_as("tester", "clock", "config", "lamp", "phase", "4294967296"))
        for words in (["lamp", "phase", "400"], ["lamp", "0x81"], ["osc", "phase"]):
            self.fails(REFUSED, "INVALID_PARAMETERS", self.run_as("tester", "clock", "config", *words))


class Permissions(PlatformCase):
    def test_deny_and_allow(self):
        self.assertEqual(self.ok("base", "permit", "tester", "9", "deny", agent="manager"),
                         "agent 1 may not change anything of device 9\n")
        self.assertEqual(self.ok_json("clock", "show", "lamp")["may_change"], [])
        self.fails(REFUSED, "DENIED", self.run_as("tester", "clock", "enable", "lamp"))
        self.ok("base", "permit", "1", "9", "allow", "clock", agent="manager")
        self.assertEqual(self.ok_json("clock", "show", "lamp")["may_change"], ["state", "rate"])

    def test_reset_of_permissions(self):
        self.ok("base", "permit", "tester", "9", "deny", "clock", agent="manager")
        self.assertIn("permissions are the default ones",
                      self.ok("base", "reset", "tester", "--permissions", agent="manager"))
        self.assertEqual(self.ok_json("clock", "show", "lamp")["may_change"], ["state", "rate"])

    def test_reset_withdraws(self):
        self.ok("clock", "set", "pll", "500MHz")
        self.assertEqual(self.ok("base", "reset"), "agent 1: all that it asked for is withdrawn\n")
        self.assertEqual(self.ok_json("clock", "get", "pll")["rate_hz"], 300000000)

    def test_refusals(self):
        outcome = self.fails(REFUSED, "DENIED", self.run_as("tester", "base", "permit", "1", "9", "deny"))
        self.assertIn("trusted", outcome.err)
        self.fails(REFUSED, "NOT_FOUND", self.run_as("manager", "base", "permit", "tester", "77", "deny"))
        self.fails(USAGE, "allow or deny, not 'maybe'",
                   self.run_as("manager", "base", "permit", "tester", "9", "maybe"))
        outcome = self.fails(USAGE, "no agent called 'testr'",
                             self.run_as("manager", "base", "permit", "testr", "9", "deny"))
        self.assertIn("did you mean 'tester'?", outcome.err)


if __name__ == "__main__":
    unittest.main()
