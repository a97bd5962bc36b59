# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Looking: info, clock list, show, get, rates, config, base agents; as text and as JSON."""
import json
import os
import pty
import subprocess
import unittest

from case import HERE, OK, REFUSED, SCMI, UNREACHABLE, USAGE, PlatformCase, environment, scmi

LONG = "a-clock-with-a-name-that-no-table-of-a-hundred-columns-can-hold"


class Golden(PlatformCase):
    """What is printed, byte for byte."""

    CASES = {
        "info": ("tester", ["info"]),
        "info-trusted": ("manager", ["info"]),
        "info-old": ("old", ["info"]),
        "info-bare": ("bare", ["info"]),
        "clock-list": ("tester", ["clock", "list"]),
        "clock-list-viewer": ("viewer", ["clock", "list"]),
        "clock-list-old": ("old", ["clock", "list"]),
        "clock-show-uart": ("tester", ["clock", "show", "uart"]),
        "clock-show-lamp": ("tester", ["clock", "show", "lamp"]),
        "clock-show-pll": ("tester", ["clock", "show", "1"]),
        "clock-show-silent": ("viewer", ["clock", "show", "silent"]),
        "clock-show-old": ("old", ["clock", "show", "slow"]),
        "clock-rates-list": ("tester", ["clock", "rates", "steps"]),
        "clock-rates-range": ("tester", ["clock", "rates", "pll"]),
        "clock-parent": ("tester", ["clock", "parent", "uart"]),
        "clock-config": ("tester", ["clock", "config", "lamp"]),
        "clock-config-none": ("tester", ["clock", "config", "osc"]),
        "base-agents": ("manager", ["base", "agents"]),
    }

    def test_text(self):
        for name, (agent, words) in self.CASES.items():
            with self.subTest(name):
                self.golden(name + ".txt", self.ok(*words, agent=agent))

    def test_json(self):
        for name, (agent, words) in self.CASES.items():
            with self.subTest(name):
                out = self.ok("--json", *words, agent=agent)
                self.assertEqual(out.count("\n"), 1)
                # One line for programs; indented for those who read the golden file. Order matters in both.
                self.golden(name + ".json", json.dumps(json.loads(out), indent=2) + "\n")

    def test_manual_has_every_key(self):
        with open(os.path.join(HERE, "..", "..", "docs", "man", "scmi.1.scd"), encoding="utf-8") as file:
            page = file.read()

        def check(value):
            if isinstance(value, dict):
                for key, inner in value.items():
                    self.assertIn("*%s*" % key, page)
                    check(inner)
            elif isinstance(value, list):
                for inner in value:
                    check(inner)
        for agent, words in self.CASES.values():
            check(self.ok_json(*words, agent=agent))

    def test_tables_fit(self):
        for agent, words in self.CASES.values():
            for line in self.ok(*words, agent=agent).splitlines():
                self.assertLessEqual(len(line), 100, line)
                self.assertEqual(line, line.rstrip())


class Clocks(PlatformCase):
    def test_by_id_and_by_name(self):
        for word in ("1", "0x1", "pll"):
            self.assertEqual(self.ok("clock", "get", word), "pll               300 MHz (300000000 Hz)\n")

    def test_long_name(self):
        self.assertEqual(self.ok_json("clock", "get", LONG), {"id": 12, "name": LONG, "rate_hz": 133333333})
        self.assertIn(LONG, self.ok("clock", "show", "12"))
        # The old layouts have 15 characters.
        self.assertEqual(self.ok_json("clock", "get", LONG[:15], agent="old")["id"], 12)

    def test_names_are_exact(self):
        outcome = self.fails(USAGE, "no clock is called 'pl'", self.run_as("tester", "clock", "get", "pl"))
        self.assertIn("did you mean 'pll'? 'scmi clock list' shows all 12", outcome.err)
        outcome = self.fails(USAGE, "no clock is called 'nonsense'",
                             self.run_as("tester", "clock", "get", "nonsense"))
        self.assertIn("there are 12: 'scmi clock list' shows them", outcome.err)

    def test_id_that_is_not_there(self):
        for clock in ("11", "99", "4294967295"):
            outcome = self.fails(REFUSED, "NOT_FOUND", self.run_as("tester", "clock", "get", clock))
            self.assertIn("scmi clock list", outcome.err)

    def test_list_json_agrees_with_show(self):
        for clock in self.ok_json("clock", "list")["clocks"]:
            shown = self.ok_json("clock", "show", str(clock["id"]))
            for key in ("name", "enabled", "rate_hz", "may_change"):
                self.assertEqual(shown[key], clock[key])
            self.assertEqual(shown.get("parent_id"), clock["parent_id"])

    def test_spoken_version_changes_what_is_seen(self):
        clocks = self.ok_json("--speak", "clock=2.0", "clock", "list")["clocks"]
        self.assertTrue(all(clock["parent"] is None and clock["may_change"] is None for clock in clocks))
        self.assertEqual(clocks[-1]["name"], LONG)

    def test_no_clocks(self):
        self.fails(REFUSED, "NOT_SUPPORTED", self.run_as("bare", "clock", "list"))

    def test_progress(self):
        outcome = self.run_as("tester", "--progress", "clock", "set", "slow", "2MHz", "--async")
        self.assertEqual(outcome.err, "waiting for the delayed response\n")
        self.assertEqual(self.run_as("tester", "clock", "set", "slow", "1MHz", "--async").err, "")

    def test_no_colour_unless_on_a_terminal(self):
        self.assertNotIn("\033", self.ok("clock", "list"))


class Surroundings(PlatformCase):
    def test_environment_names_the_platform(self):
        outcome = scmi("clock", "get", "osc", env=environment(SCMI_AT=self.at("tester")))
        self.assertEqual(outcome.code, 0, outcome.err)
        # --at is the stronger of the two.
        outcome = scmi("--json", "info", at=self.at("viewer"), env=environment(SCMI_AT=self.at("tester")))
        self.assertEqual(outcome.json()["agent"]["name"], "viewer")

    def test_settings_that_the_transport_lacks(self):
        at = "unix:%s/tester.sock?" % self.dir
        for setting in ("polling-us", "no-completion-irq"):
            self.fails(USAGE, "the transport socket has no " + setting,
                       scmi("--at", at + setting + "=1", "info"))
        self.expect(OK, scmi("--at", at + "polling-us=0&atomic-threshold-us=5", "info"))

    def test_uri_settings(self):
        at = self.at("tester") + "?response-timeout-ms=500&delayed-timeout-ms=50"
        self.expect(OK, scmi("clock", "get", "osc", at=at))
        self.fails(UNREACHABLE, "time limit", scmi("clock", "set", "glacier", "2MHz", "--async", at=at))

    def test_completion_knows_the_clocks(self):
        env = environment(SCMI_AT=self.at("tester"))
        self.assertEqual(scmi("complete", "--", "clock", "get", "s", env=env).out.split(),
                         ["steps", "slow", "silent"])
        self.assertEqual(scmi("complete", "--", "--at", self.at("tester"), "watch", "--clock", "os").out, "osc\n")

    def test_terminal_gets_colour_unless_refused(self):
        def on_terminal(**more):
            leader, follower = pty.openpty()
            child = subprocess.Popen([SCMI, "--at", self.at("tester"), "clock", "list"], stdout=follower,
                                     env=environment(TERM="xterm", **more))
            os.close(follower)
            text = b""
            while True:
                try:
                    piece = os.read(leader, 65536)
                except OSError:
                    break
                if not piece:
                    break
                text += piece
            os.close(leader)
            self.assertEqual(child.wait(60), 0)
            return text
        self.assertIn(b"\033[32menabled\033[0m", on_terminal())
        self.assertNotIn(b"\033[3", on_terminal(NO_COLOR="1"))


if __name__ == "__main__":
    unittest.main()
