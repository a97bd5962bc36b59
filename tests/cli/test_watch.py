# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Notifications: what one agent sees of another's doings, and how watching ends."""
import json
import os
import re
import signal
import subprocess
import unittest

from case import OK, PATIENCE_S, REFUSED, SCMI, TRANSPORT, UNREACHABLE, USAGE, PlatformCase, environment


class Watch(PlatformCase):
    def watch(self, *words, agent="manager"):
        """A watcher that has subscribed; what it says about it."""
        child = subprocess.Popen([SCMI, "--at", self.at(agent), "watch", *words], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait, PATIENCE_S)
        self.addCleanup(child.kill)
        self.assertTrue((said := child.stderr.readline()).startswith("scmi: watching"), said)
        return child, said

    def ended(self, child, code=OK):
        out, err = child.communicate(timeout=PATIENCE_S)
        self.assertEqual(child.returncode, code, out + err)
        return out

    def test_text(self):
        child, said = self.watch("--count", "2")
        self.assertEqual(said, "scmi: watching 11 clocks and errors; Ctrl-C ends it\n")
        self.ok("clock", "set", "pll", "400MHz")
        lines = self.ended(child).splitlines()
        lines = [re.sub(r"^\d\d:\d\d:\d\d\.\d{3}", "TIME", line) for line in lines]
        self.assertEqual(lines[0], "TIME  pll: 400 MHz (400000000 Hz) requested by tester")
        self.assertIn(" set by tester", lines[1])

    def test_json_lines(self):
        child, said = self.watch("--json", "--clock", "pll", "--count", "2")
        self.assertEqual(said, "scmi: watching 1 clock; Ctrl-C ends it\n")
        self.ok("clock", "set", "pll", "500MHz")
        events = [json.loads(line) for line in self.ended(child).splitlines()]
        self.assertEqual([event["event"] for event in events],
                         ["CLOCK_RATE_CHANGE_REQUESTED", "CLOCK_RATE_CHANGED"])
        for event in events:
            self.assertRegex(event.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            event.pop("event")
            self.assertEqual(event, {"agent_id": 1, "agent": "tester", "clock_id": 1, "clock": "pll",
                                     "rate_hz": 500000000})

    def test_originator_that_may_not_be_seen(self):
        child, _ = self.watch("--json", "--clock", "pll", "--count", "1", agent="tester")
        self.ok("clock", "set", "pll", "600MHz", agent="manager")
        event = json.loads(self.ended(child))
        self.assertEqual((event["agent_id"], event["agent"]), (0, None))
        child, _ = self.watch("--clock", "pll", "--count", "1", agent="tester")
        self.ok("clock", "set", "pll", "500MHz", agent="manager")
        self.assertIn("requested by the platform or an agent you do not see", self.ended(child))

    def test_only_the_clocks_named(self):
        child, _ = self.watch("--json", "--clock", "steps", "--clock", "rtc", "--count", "2")
        self.ok("clock", "set", "pll", "700MHz")
        self.ok("clock", "set", "steps", "2MHz")
        self.assertEqual({json.loads(line)["clock"] for line in self.ended(child).splitlines()}, {"steps"})

    def test_errors(self):
        child, said = self.watch("--json", "--errors", "--count", "1")
        self.assertEqual(said, "scmi: watching 0 clocks and errors; Ctrl-C ends it\n")
        self.ok("clock", "set", "pll", "800MHz")
        self.run_as("tester", "clock", "set", "broken", "2MHz")
        event = json.loads(self.ended(child))
        self.assertEqual((event["event"], event["agent"], event["fatal"]), ("BASE_ERROR_EVENT", "tester", False))
        report = event["reports"][0]
        self.assertEqual((report["protocol"], report["message"], report["status"], report["status_code"]),
                         ("clock", "CLOCK_RATE_SET", "HARDWARE_ERROR", -9))

    def test_errors_as_text(self):
        child, _ = self.watch("--errors", "--count", "1")
        self.run_as("tester", "clock", "set", "broken", "2MHz")
        out = self.ended(child)
        self.assertRegex(out, r"^\S+  error of tester\n +clock CLOCK_RATE_SET \(header 0x\w+\): HARDWARE_ERROR\n$")

    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            child, _ = self.watch()
            child.send_signal(number)
            self.assertEqual(self.ended(child), "")

    def test_events_before_the_signal_are_shown(self):
        child, _ = self.watch("--clock", "pll")
        self.ok("clock", "set", "pll", "900MHz")
        # Both lines are there before it is told to stop: they are not held back in a buffer.
        self.assertIn("requested", child.stdout.readline())
        self.assertIn("set by", child.stdout.readline())
        child.send_signal(signal.SIGINT)
        self.assertEqual(self.ended(child), "")

    def test_nothing_to_watch(self):
        self.fails(REFUSED, "offers no such notification",
                   self.run_as("tester", "watch", "--clock", "silent"))
        self.fails(REFUSED, "offers no such notification", self.run_as("old", "watch", "--clock", "osc"))

    def test_unknown_clock(self):
        self.fails(USAGE, "no clock is called 'nope'", self.run_as("tester", "watch", "--clock", "nope"))


class Gone(PlatformCase):
    def test_platform_that_goes_away(self):
        child = subprocess.Popen([SCMI, "--at", self.at("manager"), "watch"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=environment())
        self.assertIn("watching", child.stderr.readline())
        self.daemon.terminate()
        self.daemon.wait(PATIENCE_S)
        out, err = child.communicate(timeout=PATIENCE_S)
        self.assertEqual((child.returncode, out), (UNREACHABLE, ""), err)
        self.assertIn("scmi: %s: " % self.at("manager"), err)


class Bench(PlatformCase):
    def test_json(self):
        for words, message in (([], "CLOCK_RATE_GET"), (["--message", "version"], "PROTOCOL_VERSION")):
            result = self.ok_json("bench", "--count", "200", *words)
            self.assertEqual((result["message"], result["count"]), (message, 200))
            for kind in ("latency", "floor"):
                self.assertGreater(result[kind]["median_ns"], 0)
                self.assertGreaterEqual(result[kind]["p99_ns"], result[kind]["median_ns"])
            self.assertGreater(result["per_second"], 0)
            # Whether there are two CPUs is not the test's to say.
            if TRANSPORT == "unix":
                self.assertNotIn("polling_floor", result)
            elif len(os.sched_getaffinity(0)) > 1:
                self.assertGreater(result["polling_floor"]["median_ns"], 0)
                self.assertIn("polling_ratio_percent", result)
                self.assertGreater(result["sleeping"]["median_ns"], 0)
                self.assertIn("sleeping_ratio_percent", result)

    def test_text(self):
        self.assertRegex(self.ok("bench", "--count", "200"),
                         r"^message +CLOCK_RATE_GET\nround trips +200\nlatency +median [\d.]+ us, p99 [\d.]+ us\n"
                         r"floor +median [\d.]+ us, p99 [\d.]+ us\non CPUs +\d+ \d+\nmedian / floor +\d+\.\d\d\n"
                         r"(polling floor +median [\d.]+ us, p99 [\d.]+ us\nmedian / that +\d+\.\d\d\n"
                         r"asleep +median [\d.]+ us, p99 [\d.]+ us\nmedian / floor +\d+\.\d\d\n)?"
                         r"per second +\d+\n$")

    def test_progress_is_for_whom_asks(self):
        self.assertEqual(self.run_as("tester", "bench", "--count", "200").err, "")
        self.assertIn("measuring the floor", self.run_as("tester", "bench", "--count", "200", "--progress").err)

    def test_cpu_that_is_not_there(self):
        self.fails(USAGE, "cannot measure the floor", self.run_as("tester", "bench", "--pin", "1000,0"))

    def test_no_clock(self):
        self.fails(REFUSED, "NOT_SUPPORTED", self.run_as("bare", "bench"))
        self.expect(OK, self.run_as("bare", "bench", "--message", "version", "--count", "100"))


if __name__ == "__main__":
    unittest.main()
