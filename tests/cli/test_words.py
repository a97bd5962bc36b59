# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command line's words: help, errors that say what would be right, completion. No platform."""
import json
import os
import re
import subprocess
import unittest

from case import HERE, OK, USAGE, Case, SCMI, environment, scmi


class Help(Case):
    def test_alone(self):
        out = self.expect(OK, scmi()).out
        self.assertEqual(out.count("\n  scmi clock"), 2, out)
        self.assertIn("export SCMI_AT=unix:", out)
        for code in ("0 it worked", "1 the platform refused", "2 the command", "3 the platform"):
            self.assertIn(code, out)

    def test_every_verb_of_the_overview_is_explained(self):
        overview = scmi().out.split("Verbs:")[1].split("Options of")[0]
        verbs = re.findall(r"^  ((?:clock |base )?[a-z]+)", overview, re.M)
        self.assertGreaterEqual(len(verbs), 18)
        for verb in verbs:
            for words in (["help"] + verb.split(), verb.split() + ["--help"], ["-h"] + verb.split()):
                out = self.expect(OK, scmi(*words)).out
                self.assertTrue(out.startswith("scmi " + verb), out)

    def test_lines_are_short(self):
        everything = scmi().out + scmi("help", "clock").out
        for verb in ("clock set", "raw", "watch", "bench", "base permit"):
            everything += scmi("help", *verb.split()).out
        for line in everything.splitlines():
            self.assertLessEqual(len(line), 100, line)

    def test_clock_set_teaches(self):
        out = scmi("help", "clock", "set").out
        for part in ("--round up|down|nearest", "--async", "--no-wait", "1.5GHz", "Examples:"):
            self.assertIn(part, out)

    def test_a_group(self):
        for words in (["help", "clock"], ["clock", "--help"]):
            out = self.expect(OK, scmi(*words)).out
            self.assertIn("clock parent CLOCK [NEW]", out)
            self.assertNotIn("watch", out)

    def test_unknown(self):
        self.fails(USAGE, "no verb 'clok' to explain", scmi("help", "clok"))

    def test_version(self):
        self.assertRegex(self.expect(OK, scmi("--version")).out, r"^scmi \d+\.\d+\.\d+\n$")

    def test_hidden_verb_stays_hidden(self):
        self.assertNotIn("complete", scmi().out)


class Errors(Case):
    def wrong(self, message, hint, *words):
        self.assertIn(hint, self.fails(USAGE, message, scmi(*words)).err)

    def test_verbs(self):
        self.wrong("no verb 'clock lst'", "did you mean 'scmi clock list'?", "clock", "lst")
        self.wrong("no verb 'clok'", "did you mean 'scmi clock list'?", "clok", "list")
        self.wrong("no verb 'frobnicate'", "'scmi help' lists the verbs", "frobnicate")
        self.wrong("'clock' needs another word", "scmi help clock", "clock")

    def test_options(self):
        self.wrong("no option '--josn'", "did you mean '--json'?", "--josn", "info")
        self.wrong("no option '--frobnicate'", "lists the options", "info", "--frobnicate")
        self.wrong("--at needs a value", "", "info", "--at")
        self.wrong("--json takes no value", "", "info", "--json=yes")
        self.wrong("does not take --async", "write: scmi clock get CLOCK", "clock", "get", "0", "--async")
        self.wrong("--round takes up|down|nearest, not 'off'", "", "clock", "set", "0", "1", "--round=off")
        for value in ("0", "-5", "x", "1e3", "3600001"):
            self.wrong("--timeout takes a number from 1 to 3600000", "", "info", "--timeout=" + value)
        self.wrong("--count takes a number", "", "watch", "--count", "0")
        self.wrong("--pin takes A,B, not '1'", "", "bench", "--pin", "1")
        self.wrong("--message takes rate-get|version", "", "bench", "--message", "all")
        self.wrong("--as takes a version", "", "raw", "clock", "0", "--as", "new")
        self.wrong("--speak takes PROTOCOL=VERSION", "", "--speak", "clock", "info")
        self.wrong("no protocol 'clok'", "did you mean 'clock'?", "--speak", "clok=2.0", "info")

    def test_arguments(self):
        self.wrong("needs more: CLOCK RATE", "write: scmi clock set CLOCK RATE [--round", "clock", "set", "0")
        self.wrong("does not take '2'", "write: scmi clock get CLOCK", "clock", "get", "1", "2")
        self.wrong("'scmi info' does not take 'now'", "write: scmi info", "info", "now")

    def test_no_platform_named(self):
        outcome = self.fails(USAGE, "no platform is named", scmi("info"))
        self.assertIn("give --at URI or set SCMI_AT", outcome.err)
        self.fails(USAGE, "no platform is named", scmi("info", env=environment(SCMI_AT="")))

    def test_wrong_uri(self):
        self.wrong("is not SCHEME:ADDRESS", "unix:/nonexistent/x", "--at", "/nonexistent/x", "info")
        self.wrong("no transport has the scheme 'carrier-pigeon'", "", "--at", "carrier-pigeon:home", "info")
        self.wrong("", "", "--at", "unix:/nonexistent/x?no-such-setting=1", "info")

    def test_json(self):
        for words in (["--json", "clock", "lst"], ["clock", "lst", "--json"], ["--nope", "--json"],
                      ["info", "--json"]):
            outcome = self.expect(USAGE, scmi(*words))
            error = outcome.json()["error"]
            self.assertEqual((error["exit_code"], error["kind"]), (2, "usage"))
            self.assertTrue(error["message"] and error["hint"])
            self.assertEqual(outcome.err, "")

    def test_bytes_that_are_no_text(self):
        done = subprocess.run([SCMI, b"--json", b"cl\xff\x1b[31m"], capture_output=True, env=environment())
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("cl\\xff\\x1b[31m", json.loads(done.stdout)["error"]["message"])


class Manual(Case):
    def setUp(self):
        with open(os.path.join(HERE, "..", "..", "docs", "man", "scmi.1.scd"), encoding="utf-8") as file:
            self.page = file.read()

    def test_every_verb_with_its_options(self):
        overview = scmi().out.split("Verbs:")[1].split("Options of")[0]
        for verb in re.findall(r"^  ((?:clock |base )?[a-z]+)", overview, re.M):
            self.assertIn("*%s*" % verb, self.page)
            for option in re.findall(r"\[(--[a-z-]+)", scmi("help", *verb.split()).out):
                self.assertRegex(self.page, r"\*%s[ *]" % option, verb)

    def test_every_common_option(self):
        for option in re.findall(r"^  (--[a-z]+)", scmi().out.split("Options of")[1], re.M):
            self.assertRegex(self.page, r"\n(\*-h\*, )?\*%s\*" % option)


class Output(Case):
    def test_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for words in (["help"], ["--json", "info"]):
                done = subprocess.run([SCMI, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                      env=environment())
                self.assertNotEqual(done.returncode, OK)
                self.assertIn("cannot be written", done.stderr)


class Completion(Case):
    def offers(self, *words):
        return self.expect(OK, scmi("complete", "--", *words)).out.split()

    def test_verbs_are_those_of_help(self):
        overview = scmi().out.split("Verbs:")[1].split("Options of")[0]
        verbs = re.findall(r"^  ((?:clock |base )?[a-z]+)", overview, re.M)
        found = []
        for word in self.offers(""):
            inner = self.offers(word, "")
            group = word in ("clock", "base")
            found += [word + " " + second for second in inner] if group else [word]
        self.assertEqual(sorted(found), sorted(verbs))

    def test_prefixes(self):
        self.assertEqual(self.offers("cl"), ["clock"])
        self.assertEqual(self.offers("clock", "s"), ["show", "set"])
        self.assertEqual(self.offers("help", "clock", "ra"), ["rates"])
        self.assertEqual(self.offers("xyz"), [])

    def test_options_of_the_verb(self):
        self.assertEqual(self.offers("clock", "set", "--r"), ["--round"])
        self.assertEqual(self.offers("clock", "get", "--r"), [])
        self.assertIn("--at", self.offers("--"))
        self.assertEqual(self.offers("clock", "set", "--round", ""), ["up", "down", "nearest"])
        self.assertEqual(self.offers("bench", "--message", "v"), ["version"])

    def test_names(self):
        self.assertEqual(self.offers("raw", "cl"), ["clock"])
        self.assertIn("CLOCK_RATE_SET", self.offers("raw", "clock", "CLOCK_RATE"))
        self.assertEqual(self.offers("base", "permit", "1", "2", ""), ["allow", "deny"])

    def test_without_platform_there_are_no_clocks_and_no_errors(self):
        outcome = scmi("complete", "--", "clock", "get", "")
        self.assertEqual((outcome.code, outcome.out, outcome.err), (OK, "", ""))

    def test_bash(self):
        """The script itself, as bash calls it."""
        script = os.path.join(HERE, "..", "..", "cli", "completion", "scmi.bash")
        program = """
            source "$1"; shift
            COMP_LINE="$1" COMP_POINT=${#1}
            read -ra COMP_WORDS <<<"$1"
            PATH="$2:$PATH"
            _scmi
            printf '%s\\n' "${COMPREPLY[@]}"
        """

        def reply(line):
            return subprocess.run(["bash", "-c", program, "bash", script, line, os.path.dirname(SCMI)],
                                  capture_output=True, text=True, env=environment(),
                                  timeout=60).stdout.split()
        self.assertEqual(reply("scmi clock s"), ["show", "set"])
        self.assertEqual(reply("scmi --at unix:/x clock li"), ["list"])
        self.assertEqual(reply("scmi clock set 0 1MHz --round "), ["up", "down", "nearest"])


if __name__ == "__main__":
    unittest.main()
