# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Messages of the user's own making, and what --trace shows of all messages."""
import re
import unittest

from case import OK, REFUSED, UNREACHABLE, USAGE, PlatformCase


class Raw(PlatformCase):
    def test_text(self):
        out = self.ok("raw", "clock", "CLOCK_RATE_GET", "0")
        self.assertEqual(re.sub(r"0x[0-9a-f]{8} \(token \d+\)", "HEADER", out),
                         "message           clock CLOCK_RATE_GET (0x06)\n"
                         "status            SUCCESS (0)\n"
                         "header            HEADER\n"
                         "words             0x016e3600 0x00000000\n"
                         "rate_hz           24000000\n")

    def test_json(self):
        result = self.ok_json("raw", "clock", "rate-get", "0x0")
        self.assertEqual(result["header"], result["token"] << 18 | 0x14 << 10 | 6)
        self.assertEqual(result["words"], [24000000, 0])
        self.assertEqual(result["fields"], {"rate_hz": 24000000})
        self.assertEqual((result["protocol_id"], result["message_id"], result["version"], result["size"]),
                         (20, 6, "3.0", 8))

    def test_names_and_numbers(self):
        expected = self.ok_json("raw", "clock", "CLOCK_RATE_GET", "4")["words"]
        self.assertEqual(expected, [32768, 0])
        for words in (["0x14", "6", "4"], ["CLOCK", "rate_get", "0x4"], ["20", "0x06", "hex:04000000"],
                      ["clock", "RATE-GET", "hex:04000000"]):
            self.assertEqual(self.ok_json("raw", *words)["words"], expected)

    def test_arrays(self):
        result = self.ok_json("raw", "clock", "CLOCK_DESCRIBE_RATES", "5", "0")
        self.assertEqual(result["fields"]["rates"], [{"rate_hz": hz} for hz in (1000000, 2000000, 4000000)])
        self.assertEqual(result["fields"]["num_remaining"], 0)

    def test_refusal_is_shown_whole(self):
        outcome = self.expect(REFUSED, self.run_as("tester", "raw", "clock", "CLOCK_RATE_GET", "99"))
        self.assertIn("status            NOT_FOUND (-4)\n", outcome.out)
        self.assertEqual(outcome.err, "")
        result = self.expect(REFUSED, self.run_as("tester", "--json", "raw", "clock", "6", "99")).json()
        self.assertEqual((result["status"], result["status_code"], result["words"]), ("NOT_FOUND", -4, []))

    def test_wrong_size_is_sent_as_it_is(self):
        for payload in ([], ["0", "0"], ["hex:0000"], ["hex:0000000000"]):
            outcome = self.expect(REFUSED, self.run_as("tester", "raw", "clock", "CLOCK_RATE_GET", *payload))
            self.assertIn("PROTOCOL_ERROR (-10)", outcome.out)
            self.assertIn("this message has 4 bytes, you send", outcome.err)

    def test_unknown_message_and_protocol(self):
        self.assertIn("NOT_FOUND", self.run_as("tester", "raw", "clock", "0x7f").out)
        self.assertIn("NOT_SUPPORTED", self.run_as("tester", "raw", "0x80", "0").out)

    def test_delayed(self):
        result = self.ok_json("raw", "clock", "CLOCK_RATE_SET", "1", "6", "2000000", "0", "--delayed")
        self.assertEqual(result["status"], "SUCCESS")
        self.assertEqual(result["delayed"]["fields"], {"clock_id": 6, "rate_hz": 2000000})
        self.assertEqual(result["delayed"]["token"], result["token"])
        self.assertIn("\nDelayed response\nstatus            SUCCESS (0)\n",
                      self.ok("raw", "clock", "5", "1", "6", "1000000", "0", "--delayed"))

    def test_delayed_that_never_comes(self):
        self.fails(UNREACHABLE, "time limit",
                   self.run_as("tester", "raw", "clock", "5", "1", "7", "2000000", "0", "--delayed",
                               "--timeout", "100"))

    def test_delayed_failure(self):
        outcome = self.expect(REFUSED, self.run_as("tester", "--json", "raw", "clock", "5", "1", "9", "2000000",
                                                   "0", "--delayed"))
        result = outcome.json()
        self.assertEqual((result["status"], result["delayed"]["status"]), ("SUCCESS", "HARDWARE_ERROR"))

    def test_as_version_sends_one_message(self):
        outcome = self.expect(OK, self.run_as("tester", "--trace", "raw", "clock", "6", "0", "--as", "2.0"))
        self.assertEqual(len(outcome.err.splitlines()), 2, outcome.err)

    def test_version_decides_the_layout(self):
        fields = self.ok_json("raw", "clock", "CLOCK_ATTRIBUTES", "6", agent="old")["fields"]
        self.assertNotIn("clock_enable_delay_us", fields)
        fields = self.ok_json("raw", "clock", "CLOCK_ATTRIBUTES", "6")["fields"]
        self.assertEqual(fields["clock_enable_delay_us"], 150)

    def test_bad_words(self):
        def wrong(message, *words):
            return self.fails(USAGE, message, self.run_as("tester", "raw", *words))
        self.assertIn("did you mean 'clock'?", wrong("no protocol 'clokc'", "clokc", "0").err)
        self.assertIn("did you mean 'CLOCK_RATE_GET'?",
                      wrong("the clock protocol has no message", "clock", "CLOCK_RATE_GOT").err)
        wrong("no protocol '256'", "256", "0")
        self.assertIn("hex:", wrong("'seven' is not a 32-bit number", "clock", "6", "seven").err)
        wrong("not a 32-bit number", "clock", "6", "4294967296")
        wrong("pairs of hexadecimal digits", "clock", "6", "hex:012")
        wrong("pairs of hexadecimal digits", "clock", "6", "hex:zz")

    def test_too_large_for_the_transport(self):
        self.expect(USAGE, self.run_as("tester", "raw", "clock", "6", "hex:" + "00" * 60000))


class Trace(PlatformCase):
    def lines(self, *words, agent="tester"):
        outcome = self.expect(OK, self.run_as(agent, "--trace", *words))
        found = []
        for line in outcome.err.splitlines():
            self.assertRegex(line, r"^ +\d+\.\d{6} (->|<-) [a-z]+ [A-Z_]+ token=\d+( |$)")
            found.append(re.sub(r"^ +\S+ ", "", line))
        return found

    def test_every_message(self):
        self.assertEqual(self.lines("clock", "get", "4"), [
            "-> clock PROTOCOL_VERSION token=0",
            "<- clock PROTOCOL_VERSION token=0 status=SUCCESS version=3.0",
            "-> clock CLOCK_ATTRIBUTES token=1 clock_id=4",
            "<- clock CLOCK_ATTRIBUTES token=1 status=SUCCESS rate_change_notification=1"
            " rate_change_requested_notification=1 extended_name=0 parent_advertised=0 extended_config=0"
            " restricted=0 enabled=1 name=\"rtc\" clock_enable_delay_us=0",
            "-> clock CLOCK_RATE_GET token=2 clock_id=4",
            "<- clock CLOCK_RATE_GET token=2 status=SUCCESS rate_hz=32768"])

    def test_arrays(self):
        line = [l for l in self.lines("clock", "rates", "steps") if l.startswith("<- clock CLOCK_DESCRIBE")][0]
        self.assertTrue(line.endswith("rates={rate_hz=1000000} {rate_hz=2000000} {rate_hz=4000000}"), line)

    def test_negotiated_version(self):
        lines = self.lines("--speak", "clock=1.0", "clock", "show", "0")
        self.assertIn("version=1.0", [l for l in lines if l.startswith("-> clock NEGOTIATE_PROTOCOL")][0])
        attributes = [l for l in lines if l.startswith("<- clock CLOCK_ATTRIBUTES")][0]
        self.assertTrue(attributes.endswith("status=SUCCESS enabled=1 name=\"osc\""), attributes)

    def test_undecodable_is_hexadecimal(self):
        outcome = self.run_as("tester", "--trace", "raw", "clock", "0x7f", "hex:0102030405")
        self.assertIn("clock message 0x7f token=1 01020304 05\n", outcome.err)
        self.assertRegex(outcome.err, r"<- clock message 0x7f token=1 status=NOT_FOUND\n")
        outcome = self.run_as("tester", "--trace", "raw", "clock", "6", "hex:0102")
        self.assertIn("CLOCK_RATE_GET token=1 (wrong size) 0102\n", outcome.err)
        outcome = self.run_as("tester", "--trace", "raw", "clock", "CLOCK_RATE_NOTIFY", "0", "0x80000000")
        self.assertIn("(reserved bits set)", outcome.err)


class Negotiate(PlatformCase):
    def test_agreed(self):
        self.assertEqual(self.ok("negotiate", "clock", "2.0"),
                         "clock 2.0: agreed, for as long as a connection lasts\n")
        self.assertEqual(self.ok_json("negotiate", "clock", "0x20000")["version"], "2.0")

    def test_refused(self):
        self.fails(REFUSED, "clock 3.0", self.run_as("old", "negotiate", "clock", "3.0"))
        self.fails(REFUSED, "clock 2.0", self.run_as("bare", "negotiate", "clock", "2.0"))

    def test_not_known_here(self):
        outcome = self.fails(USAGE, "does not know clock 9.0", self.run_as("tester", "negotiate", "clock", "9"))
        self.assertIn("it knows 1.0, 2.0, 3.0", outcome.err)
        self.fails(USAGE, "does not know clock 4.0", self.run_as("tester", "--speak", "clock=4.0", "info"))
        self.fails(USAGE, "not a version", self.run_as("tester", "negotiate", "clock", "3.x"))


if __name__ == "__main__":
    unittest.main()
