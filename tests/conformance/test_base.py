# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The base protocol: who the platform is, what it serves, who else is there, errors."""

import unittest

import bench
import facts
from case import Case
from scmi_client import (BASE, CLOCK, DELAYED, HARDWARE_ERROR, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, SUCCESS,
                         words)


class Identity(Case):
    shared = True

    def test_version(self):
        answer = self.expect_values(self.connect().base(0x0), 8, "PROTOCOL_VERSION")
        self.expect_word(answer, 4, facts.V2_1, "base 2.1 is the newest")

    def test_vendor(self):
        answer = self.expect_values(self.connect().base(facts.BASE_DISCOVER_VENDOR), 20, "status and 16 bytes")
        self.assertEqual(answer.text(4, 16), "Stranger")

    def test_sub_vendor(self):
        answer = self.expect_values(self.connect().base(facts.BASE_DISCOVER_SUB_VENDOR), 20, "status and 16 bytes")
        self.assertEqual(answer.text(4, 16), "judge")

    def test_implementation_version(self):
        answer = self.connect().base(facts.BASE_DISCOVER_IMPLEMENTATION_VERSION)
        self.expect_values(answer, 8, "status and one word")
        self.expect_word(answer, 4, 0x12345678, "the board's number")

    def test_same_for_everybody(self):
        """Who the platform is does not depend on who asks, nor on the version spoken."""
        for message in (facts.BASE_DISCOVER_VENDOR, facts.BASE_DISCOVER_SUB_VENDOR,
                        facts.BASE_DISCOVER_IMPLEMENTATION_VERSION):
            answers = [self.connect(name).base(message) for name in bench.AGENTS if name != "tiny"]
            for answer in answers:
                self.same_bytes(answers[0], answer, "the platform is the same for every agent")


class Protocols(Case):
    shared = True

    def test_counts(self):
        for name, protocols, agents in (("main", 1, 1), ("blind", 0, 1), ("boss", 1, len(bench.AGENTS))):
            answer = self.expect_values(self.connect(name).base(0x1), 8, "PROTOCOL_ATTRIBUTES")
            self.expect_word(answer, 4, agents << 8 | protocols,
                             "agent %s: num_agents in 15:8 without the platform, num_protocols in 7:0 without base, "
                             "the rest zero" % name)

    def test_list(self):
        answer = self.connect().base(facts.BASE_DISCOVER_LIST_PROTOCOLS, 0)
        self.expect_values(answer, 12, "one id is padded to a word")
        self.expect_word(answer, 4, 1, "one protocol")
        self.expect_word(answer, 8, CLOCK, "clock in bits 7:0, zero padding, base not listed")

    def test_list_of_an_agent_without_protocols(self):
        answer = self.connect("blind").base(facts.BASE_DISCOVER_LIST_PROTOCOLS, 0)
        self.expect_values(answer, 8, "no ids, no words")
        self.expect_word(answer, 4, 0, "no protocols")

    def test_skip_equal_to_the_count(self):
        answer = self.connect().base(facts.BASE_DISCOVER_LIST_PROTOCOLS, 1)
        self.expect_values(answer, 8, "skip equal to the total: SUCCESS with 0 ids")
        self.expect_word(answer, 4, 0, "0 ids")

    def test_skip_past_the_count(self):
        agent = self.connect()
        for skip in (2, 3, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            self.expect(agent.base(facts.BASE_DISCOVER_LIST_PROTOCOLS, skip), INVALID_PARAMETERS,
                        "skip greater than the count")
        self.expect(self.connect("blind").base(facts.BASE_DISCOVER_LIST_PROTOCOLS, 1), INVALID_PARAMETERS,
                    "skip greater than the count, which is 0")

    def test_listed_is_served_and_served_is_listed(self):
        for name in ("main", "blind", "boss", "old1"):
            agent = self.connect(name)
            answer = agent.base(facts.BASE_DISCOVER_LIST_PROTOCOLS, 0)
            listed = list(answer.raw[12:12 + answer.word(4)])
            served = [protocol for protocol in range(0x100)
                      if protocol != BASE and agent.command(protocol, 0x0).status == SUCCESS]
            self.assertEqual(listed, served, "agent %s: the list and what answers differ" % name)

    def test_hidden_protocol_is_absent(self):
        """An agent without clocks: the clock protocol answers like one that nobody wrote."""
        agent = self.connect("blind")
        for message in range(0x12):
            for payload in (b"", words(0), words(0, 0), words(0, 0, 0), words(0, 0, 0, 0), b"x"):
                hidden = agent.command(CLOCK, message, payload)
                absent = agent.command(0x7A, message, payload)
                self.expect(hidden, NOT_SUPPORTED, "protocol not in the agent's view")
                self.assertEqual(hidden.raw[4:], absent.raw[4:])


class MessageAttributes(Case):
    shared = True

    def test_every_message(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            known = facts.messages(protocol, facts.NEWEST[protocol])
            for message in range(0x120):
                answer = agent.command(protocol, 0x2, words(message))
                if message in known:
                    self.expect_values(answer, 8, "%s exists" % known[message][0])
                    self.expect_word(answer, 4, 0, "its attributes are all zero")
                else:
                    self.expect(answer, NOT_FOUND, "message 0x%x does not exist" % message)

    def test_wild_numbers(self):
        agent = self.connect()
        for message in (0x100, 0x102, 0x10000, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF):
            for protocol in (BASE, CLOCK):
                self.expect(agent.command(protocol, 0x2, words(message)), NOT_FOUND, "message ids have 8 bits")


class Agents(Case):
    shared = True

    def name_of(self, agent, number):
        answer = agent.base(facts.BASE_DISCOVER_AGENT, number)
        self.expect_values(answer, 24, "status, agent id, 16 bytes of name")
        return answer.word(4), answer.text(8, 16)

    def test_platform_is_agent_0(self):
        for name in ("main", "boss", "blind"):
            number, text = self.name_of(self.connect(name), 0)
            self.assertEqual(number, 0)
            self.assertTrue(text.startswith("platform"), "the name of id 0 begins with \"platform\": %r" % text)

    def test_untrusted_agent_is_1(self):
        for name in ("main", "second", "blind", "calm"):
            agent = self.connect(name)
            self.assertEqual(self.name_of(agent, 1), (1, name), "an untrusted agent sees itself as 1")
            self.assertEqual(self.name_of(agent, 0xFFFFFFFF), (1, name), "0xFFFFFFFF is the caller")

    def test_untrusted_agent_sees_nobody_else(self):
        agent = self.connect("second")
        answers = [agent.base(facts.BASE_DISCOVER_AGENT, number)
                   for number in (2, 3, len(bench.AGENTS), len(bench.AGENTS) + 1, 255, 0x80000000, 0xFFFFFFFE)]
        for answer in answers:
            self.expect(answer, NOT_FOUND, "hidden agents are absent")
            self.same_bytes(answers[0], answer, "hidden and absent agents answer alike")

    def test_trusted_agent_sees_all(self):
        agent = self.connect("boss")
        for name, number in bench.AGENT_ID.items():
            self.assertEqual(self.name_of(agent, number), (number, name), "agents are numbered as the board has them")
        self.assertEqual(self.name_of(agent, 0xFFFFFFFF), (bench.AGENT_ID["boss"], "boss"))
        for number in (len(bench.AGENTS) + 1, 255, 256, 0xFFFFFFFE):
            self.expect(agent.base(facts.BASE_DISCOVER_AGENT, number), NOT_FOUND, "no such agent")

    def test_count_and_discovery_agree(self):
        for name in bench.AGENTS:
            if name in ("tiny", "old1"):
                continue
            agent = self.connect(name)
            count = agent.base(0x1).word(4) >> 8 & 0xFF
            for number in range(count + 1):
                self.expect(agent.base(facts.BASE_DISCOVER_AGENT, number), SUCCESS,
                            "num_agents is %d, so agent %d exists" % (count, number))
            self.expect(agent.base(facts.BASE_DISCOVER_AGENT, count + 1), NOT_FOUND,
                        "num_agents is %d" % count)

    def test_version_1_layout(self):
        agent = self.connect("old1")
        answer = agent.base(facts.BASE_DISCOVER_AGENT, 0xFFFFFFFF)
        self.expect_values(answer, 20, "base 1.0: status and name, no agent id")
        self.assertEqual(answer.text(4, 16), "old1")
        self.assertTrue(agent.base(facts.BASE_DISCOVER_AGENT, 0).text(4, 16).startswith("platform"))
        self.expect(agent.base(facts.BASE_DISCOVER_AGENT, 2), NOT_FOUND, "hidden agents are absent")


class ErrorEvents(Case):
    def subscribe(self, agent, enable=1):
        self.expect_values(agent.base(facts.BASE_NOTIFY_ERRORS, enable), 4, "BASE_NOTIFY_ERRORS")

    def fail_a_command(self, agent):
        """Returns the header of a command that ends in HARDWARE_ERROR."""
        request = agent.submit_rate(bench.FAULTY, 3000000)
        self.expect(agent.answer_to(request), HARDWARE_ERROR, "the board file says that this clock fails")
        return int.from_bytes(request[:4], "little")

    def check(self, event, agent_id, command):
        self.assertEqual((event.protocol, event.message), (BASE, 0x0), "BASE_ERROR_EVENT: %s" % event)
        self.assertEqual(event.size, 16, "two words and one report of 8 bytes: %s" % event)
        self.assertEqual(event.word(0), agent_id, "the agent that caused it, in the receiver's view: %s" % event)
        self.assertEqual(event.word(4), 1, "not fatal, reserved zero, one report: %s" % event)
        self.assertEqual(event.word(8) & 0x0FFFFFFF, command & 0x0FFFFFFF, "low half: the header: %s" % event)
        self.assertEqual(event.word(12), HARDWARE_ERROR & 0xFFFFFFFF, "high half: the status: %s" % event)

    def test_nothing_without_subscription(self):
        agent, boss = self.connect(), self.connect("boss")
        self.fail_a_command(agent)
        self.expect_silence(agent, "all notifications are off at first")
        self.expect_silence(boss, "all notifications are off at first")

    def test_own_error(self):
        agent = self.connect()
        self.subscribe(agent)
        command = self.fail_a_command(agent)
        self.check(agent.notification(), 1, command)
        self.expect_silence(agent, "one error, one event")

    def test_delayed_error(self):
        agent = self.connect()
        self.subscribe(agent)
        request = agent.submit_rate(bench.FAULTY, 3000000, 0x1)
        self.expect(agent.answer_to(request), SUCCESS, "queued")
        delayed = agent.event(lambda m: m.type == DELAYED)
        self.assertEqual(delayed.status, HARDWARE_ERROR, str(delayed))
        self.check(agent.notification(), 1, int.from_bytes(request[:4], "little"))
        self.assertEqual(agent.rate(bench.FAULTY), 2000000, "a failed change leaves the rate")

    def test_a_trusted_agent_sees_the_errors_of_others(self):
        agent, boss, second = self.connect(), self.connect("boss"), self.connect("second")
        self.subscribe(boss)
        self.subscribe(second)
        command = self.fail_a_command(agent)
        self.check(boss.notification(), bench.AGENT_ID["main"], command)
        self.expect_silence(second, "an untrusted agent does not learn of others' errors")

    def test_unsubscribed(self):
        agent = self.connect()
        self.subscribe(agent)
        self.subscribe(agent, 0)
        self.fail_a_command(agent)
        self.expect_silence(agent, "unsubscribed")

    def test_ordinary_refusals_are_no_error_events(self):
        agent = self.connect()
        self.subscribe(agent)
        agent.clock(0x6, 0x7777)
        agent.set_rate(bench.DIV, 1)
        agent.command(CLOCK, 0x55)
        agent.command(CLOCK, 0x6, b"")
        self.expect_silence(agent, "only HARDWARE_ERROR and GENERIC_ERROR are errors of the platform")


class PlainBoard(Case):
    """A board without a sub-vendor and without devices."""

    board = "plain.yaml"
    shared = True

    def test_sub_vendor_is_not_served(self):
        agent = self.connect("only")
        self.expect(agent.base(facts.BASE_DISCOVER_SUB_VENDOR), NOT_SUPPORTED, "the board has no sub-vendor")
        self.expect(agent.base(0x2, facts.BASE_DISCOVER_SUB_VENDOR), NOT_FOUND,
                    "and PROTOCOL_MESSAGE_ATTRIBUTES says that it is absent")

    def test_permissions_are_not_served(self):
        agent = self.connect("only")
        for message, payload in ((facts.BASE_SET_DEVICE_PERMISSIONS, (1, 0, 0)),
                                 (facts.BASE_SET_PROTOCOL_PERMISSIONS, (1, 0, CLOCK, 0))):
            self.expect(agent.base(message, *payload), NOT_SUPPORTED, "the board has no devices")
            self.expect(agent.base(0x2, message), NOT_FOUND, "and the message is absent")

    def test_the_rest_is_served(self):
        agent = self.connect("only")
        for message in (0x0, 0x1, 0x2, 0x3, 0x5, 0x6, 0x7, 0x8, 0xB, 0x10):
            self.expect(agent.base(0x2, message), SUCCESS, facts.message_name(BASE, message))


if __name__ == "__main__":
    unittest.main()
