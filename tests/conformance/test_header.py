# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The message header, and the order in which a request is checked:
header, protocol, message id, size, reserved bits, domain, permission, value, state."""

import struct
import unittest

import bench
import facts
from case import Case
from scmi_client import (BASE, CLOCK, DENIED, INVALID_PARAMETERS, NOT_FOUND, NOT_SUPPORTED, PROTOCOL_ERROR,
                         SUCCESS, header, words)


class Header(Case):
    shared = True

    def test_example_of_the_facts(self):
        """PROTOCOL_VERSION of clock with token 5 is 0x00145000."""
        self.assertEqual(header(CLOCK, 0, 5), 0x00145000)
        agent = self.connect()
        agent.send(words(0x00145000))
        self.assertEqual(agent.receive(), words(0x00145000, SUCCESS, facts.V3_0))

    def test_every_token_is_echoed(self):
        agent = self.connect()
        for token in range(1024):
            answer = agent.base(0x0, token=token)
            self.assertEqual(answer.token, token)
            self.expect_word(answer, 4, facts.V2_1, "PROTOCOL_VERSION of base")

    def test_same_token_again(self):
        """A token is free again as soon as its answer came."""
        agent = self.connect()
        for _ in range(3):
            self.expect(agent.clock(0x6, bench.OSC, token=77), SUCCESS, "a used token may be used again")

    def test_bits_31_28_are_ignored_and_echoed(self):
        agent = self.connect()
        for top in range(16):
            self.expect(agent.base(0x0, top=top), SUCCESS, "header bits 31:28 are ignored")
            self.expect(agent.clock(0x6, 0x7FFFFFFF, top=top), NOT_FOUND, "header bits 31:28 are ignored")

    def test_types_other_than_command(self):
        agent = self.connect()
        for message_type in (1, 2, 3):
            for protocol in (BASE, CLOCK, 0x11, 0x00, 0x80, 0xFF):
                for message in (0x0, 0x6, 0x10, 0x55):
                    self.expect(agent.command(protocol, message, message_type=message_type), PROTOCOL_ERROR,
                                "message type %d is no command" % message_type)
        self.expect(agent.base(0x0), SUCCESS, "the connection goes on")

    def test_protocols_not_in_the_view(self):
        agent = self.connect()
        for protocol in range(0x100):
            if protocol in (BASE, CLOCK):
                continue
            answers = [agent.command(protocol, message, payload)
                       for message, payload in ((0x0, b""), (0x1, b""), (0x2, words(0)), (0x10, words(0x10000)),
                                                (0x3, words(0)), (0xFF, b""), (0x0, b"xyz"))]
            for answer in answers:
                self.expect(answer, NOT_SUPPORTED, "protocol 0x%02x is not in the agent's view" % protocol)

    def test_unknown_messages(self):
        agent = self.connect()
        for protocol in (BASE, CLOCK):
            for message in facts.absent_messages(protocol, facts.NEWEST[protocol]):
                for payload in (b"", words(0), words(0, 0), bytes(5)):
                    self.expect(agent.command(protocol, message, payload), NOT_FOUND,
                                "no protocol 0x%02x message 0x%02x" % (protocol, message))

    def test_pipelined_commands(self):
        """Many commands before the first answer is read: every one is answered, once, with its own token."""
        agent = self.connect()
        requests = [agent.submit(CLOCK, 0x6, words(bench.VISIBLE[n % len(bench.VISIBLE)])) for n in range(100)]
        for request in requests:
            self.expect(agent.answer_to(request), SUCCESS, "each pipelined command has its answer")
        self.assertEqual(agent.late, [], "an answer too many")

    def test_pipelined_commands_of_different_outcome(self):
        agent = self.connect()
        plan = [((BASE, 0x0, b""), SUCCESS), ((0x77, 0x0, b""), NOT_SUPPORTED), ((CLOCK, 0x77, b""), NOT_FOUND),
                ((CLOCK, 0x6, b"123"), PROTOCOL_ERROR), ((CLOCK, 0x6, words(0x12345)), NOT_FOUND),
                ((CLOCK, 0x6, words(bench.OSC)), SUCCESS)] * 10
        requests = [(agent.submit(*command), status) for command, status in plan]
        for request, status in requests:
            self.expect(agent.answer_to(request), status, "pipelined commands do not influence each other")


class Sizes(Case):
    """A payload of any other size than the message's is a PROTOCOL_ERROR."""

    def check(self, agent, protocol, version):
        for message, (name, size) in facts.messages(protocol, version).items():
            sizes = set(range(0, size + 9)) | {size + 12, size + 16, 64, 100, 127, 128, 132, 256, 1000, 4000}
            for wrong in sorted(sizes - {size}):
                for fill in (b"\0", b"\xff"):
                    self.expect(agent.command(protocol, message, fill * wrong), PROTOCOL_ERROR,
                                "%s of version 0x%x has %d payload bytes, not %d" % (name, version, size, wrong))

    def test_base(self):
        agent = self.connect()
        for version in facts.VERSIONS[BASE]:
            self.negotiate(agent, BASE, version)
            self.check(agent, BASE, version)

    def test_clock(self):
        agent = self.connect()
        for version in facts.VERSIONS[CLOCK]:
            self.negotiate(agent, CLOCK, version)
            self.check(agent, CLOCK, version)

    def test_agents_of_old_versions(self):
        for name, base, clock in (("old1", facts.V1_0, facts.V1_0), ("old2", facts.V2_0, facts.V2_0)):
            agent = self.connect(name)
            self.check(agent, BASE, base)
            self.check(agent, CLOCK, clock)


class Order(Case):
    """Requests that are wrong twice get the status of the earlier check."""

    def test_header_before_protocol(self):
        self.expect(self.connect().command(0x77, 0, message_type=1), PROTOCOL_ERROR, "header before protocol")

    def test_header_before_message_and_size(self):
        self.expect(self.connect().command(CLOCK, 0x99, b"x", message_type=3), PROTOCOL_ERROR,
                    "header before message id")

    def test_protocol_before_message(self):
        self.expect(self.connect().command(0x77, 0x99), NOT_SUPPORTED, "protocol before message id")

    def test_protocol_before_size(self):
        self.expect(self.connect().command(0x77, 0x0, b"abc"), NOT_SUPPORTED, "protocol before size")

    def test_message_before_size(self):
        agent = self.connect()
        for size in (0, 1, 3, 4, 5, 8, 100):
            self.expect(agent.command(CLOCK, 0x40, bytes(size)), NOT_FOUND, "message id before size")
        old = self.connect("old1")
        for size in (0, 1, 3, 4, 5, 8, 100):
            self.expect(old.command(CLOCK, facts.CLOCK_PARENT_GET, bytes(size)), NOT_FOUND,
                        "a message newer than the version is not found, whatever its size")

    def test_size_before_reserved_bits(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_RATE_SET, 0xFFFFFFF0, bench.DIV, 1000000), PROTOCOL_ERROR,
                    "size before reserved bits")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.DIV, 0xFFFFFFFF), PROTOCOL_ERROR,
                    "size before reserved bits")
        self.expect(agent.base(facts.BASE_NOTIFY_ERRORS, 2, 0), PROTOCOL_ERROR, "size before reserved bits")

    def test_size_before_domain(self):
        agent = self.connect()
        self.expect(agent.command(CLOCK, facts.CLOCK_RATE_GET, words(0xFFFFFFFF) + b"x"), PROTOCOL_ERROR,
                    "size before domain")

    def test_reserved_bits_before_domain(self):
        agent = self.connect()
        for payload in ((facts.CLOCK_RATE_SET, 0x10, 0x7FFFFFFF, 1000000, 0),
                        (facts.CLOCK_CONFIG_SET, 0x7FFFFFFF, 0x5, 0),
                        (facts.CLOCK_CONFIG_GET, 0x7FFFFFFF, 0x100),
                        (facts.CLOCK_RATE_NOTIFY, 0x7FFFFFFF, 3),
                        (facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, 0x7FFFFFFF, 3)):
            self.expect(agent.clock(*payload), INVALID_PARAMETERS, "reserved bits before domain")
        boss = self.connect("boss")
        for payload in ((facts.BASE_SET_DEVICE_PERMISSIONS, 99, 99, 2),
                        (facts.BASE_SET_PROTOCOL_PERMISSIONS, 99, 99, CLOCK, 2),
                        (facts.BASE_SET_PROTOCOL_PERMISSIONS, 99, 99, 0x114, 0),
                        (facts.BASE_RESET_AGENT_CONFIGURATION, 99, 2)):
            self.expect(boss.base(*payload), INVALID_PARAMETERS, "reserved bits before agent and device")

    def test_reserved_bits_before_permission(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_RATE_SET, 0x80000000, bench.FENCE_RATE, 1000000, 0), INVALID_PARAMETERS,
                    "reserved bits before permission")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.FENCE_STATE, 0x80000001, 0), INVALID_PARAMETERS,
                    "reserved bits before permission")
        self.expect(agent.base(facts.BASE_SET_DEVICE_PERMISSIONS, 1, bench.DISPLAY, 4), INVALID_PARAMETERS,
                    "reserved bits before permission")

    def test_domain_before_value(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_RATE_SET, 0, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF), NOT_FOUND,
                    "domain before value")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, 0x7FFFFFFF, 2, 0), NOT_FOUND, "domain before value")
        self.expect(agent.clock(facts.CLOCK_CONFIG_GET, 0x7FFFFFFF, 0x55), NOT_FOUND, "domain before value")
        self.expect(agent.clock(facts.CLOCK_DESCRIBE_RATES, 0x7FFFFFFF, 9999), NOT_FOUND, "domain before value")
        self.expect(agent.clock(facts.CLOCK_PARENT_SET, 0x7FFFFFFF, 0x7FFFFFFF), NOT_FOUND, "domain before value")

    def test_domain_before_permission(self):
        self.expect(self.connect().base(facts.BASE_SET_DEVICE_PERMISSIONS, 1, 0x7777, 0), NOT_FOUND,
                    "device before permission")
        self.expect(self.connect().base(facts.BASE_SET_DEVICE_PERMISSIONS, 5, bench.DISPLAY, 0), NOT_FOUND,
                    "agent before permission")

    def test_permission_before_value(self):
        agent = self.connect()
        self.expect(agent.clock(facts.CLOCK_RATE_SET, 0, bench.FENCE_RATE, 1, 0), DENIED, "permission before value")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.FENCE_STATE, 2, 0), DENIED, "permission before value")
        self.expect(agent.clock(facts.CLOCK_CONFIG_SET, bench.FENCE_STATE, 0x550001, 0), DENIED,
                    "permission before value")
        self.expect(agent.clock(facts.CLOCK_PARENT_SET, bench.FENCE_PARENT, bench.DIV), DENIED,
                    "permission before value")

    def test_value_before_state(self):
        """The asynchronous slots are full, and the rate is wrong besides."""
        agent = self.connect()
        for _ in range(2):
            self.expect(agent.set_rate(bench.STUCK, 3000000, 0x1), SUCCESS, "two may be pending")
        self.expect(agent.set_rate(bench.STUCK, 1, 0x1), INVALID_PARAMETERS, "value before state (BUSY)")

    def test_reserved_bits_before_state(self):
        agent = self.connect()
        for _ in range(2):
            agent.set_rate(bench.STUCK, 3000000, 0x1)
        self.expect(agent.set_rate(bench.STUCK, 3000000, 0x11), INVALID_PARAMETERS, "reserved bits before state")
        self.expect(agent.set_rate(0x7777, 3000000, 0x1), NOT_FOUND, "domain before state")
        self.expect(agent.set_rate(bench.FENCE_RATE, 3000000, 0x1), DENIED, "permission before state")


class ReservedBits(Case):
    """Reserved bits in a flags word of a request: INVALID_PARAMETERS, one bit after the other, and nothing happens."""

    def each_bit(self, agent, protocol, message, payload, word, reserved):
        for bit in reserved:
            values = list(payload)
            values[word] |= 1 << bit
            answer = agent.command(protocol, message, struct.pack("<%dI" % len(values), *values))
            self.expect(answer, INVALID_PARAMETERS, "bit %d of word %d of %s is reserved"
                        % (bit, word, facts.message_name(protocol, message)))

    def test_clock(self):
        agent = self.connect()
        self.each_bit(agent, CLOCK, facts.CLOCK_RATE_SET, (0, bench.DIV, 1000000, 0), 0, range(4, 32))
        self.each_bit(agent, CLOCK, facts.CLOCK_CONFIG_SET, (bench.DIV, 1, 0), 1, [*range(2, 16), *range(24, 32)])
        self.each_bit(agent, CLOCK, facts.CLOCK_CONFIG_GET, (bench.DIV, 0), 1, range(8, 32))
        self.each_bit(agent, CLOCK, facts.CLOCK_RATE_NOTIFY, (bench.DIV, 1), 1, range(1, 32))
        self.each_bit(agent, CLOCK, facts.CLOCK_RATE_CHANGE_REQUESTED_NOTIFY, (bench.DIV, 1), 1, range(1, 32))
        self.assertEqual(agent.rate(bench.DIV), 5000000, "a refused request changed the rate")
        self.assertFalse(agent.running(bench.DIV), "a refused request started the clock")

    def test_config_set_of_old_versions(self):
        for name in ("old1", "old2"):
            agent = self.connect(name)
            self.each_bit(agent, CLOCK, facts.CLOCK_CONFIG_SET, (bench.DIV, 1), 1, range(1, 32))
            self.assertFalse(agent.running(bench.DIV), "a refused request started the clock")

    def test_base(self):
        agent = self.connect("boss")
        main = bench.AGENT_ID["main"]
        self.each_bit(agent, BASE, facts.BASE_NOTIFY_ERRORS, (1,), 0, range(1, 32))
        self.each_bit(agent, BASE, facts.BASE_SET_DEVICE_PERMISSIONS, (main, bench.DISPLAY, 0), 2, range(1, 32))
        self.each_bit(agent, BASE, facts.BASE_SET_PROTOCOL_PERMISSIONS, (main, bench.DISPLAY, CLOCK, 0), 3,
                      range(1, 32))
        self.each_bit(agent, BASE, facts.BASE_SET_PROTOCOL_PERMISSIONS, (main, bench.DISPLAY, CLOCK, 0), 2,
                      range(8, 32))
        self.each_bit(agent, BASE, facts.BASE_RESET_AGENT_CONFIGURATION, (main, 0), 1, range(1, 32))
        self.expect(self.connect().set_rate(bench.PLL, 100000000), SUCCESS, "a refused request denied a clock")


if __name__ == "__main__":
    unittest.main()
