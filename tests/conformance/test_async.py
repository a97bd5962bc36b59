# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Asynchronous and slow rate changes: answers, delayed responses, the limit, and who waits for whom."""

import unittest

import bench
import facts
from case import Case
from scmi_client import (BASE, BUSY, CLOCK, DELAYED, DENIED, GENERIC_ERROR, HARDWARE_ERROR, INVALID_PARAMETERS,
                         NOT_FOUND, NOT_SUPPORTED, NOTIFICATION, SUCCESS, Message)

ASYNC, IGNORE = 0x1, 0x2


class Delayed(Case):
    def check(self, event, token, clock, rate):
        self.assertEqual((event.protocol, event.message, event.type), (CLOCK, facts.CLOCK_RATE_SET, DELAYED),
                         "CLOCK_RATE_SET_COMPLETE has the id of its command: %s" % event)
        self.assertEqual(event.token, token, "the command's token: %s" % event)
        self.assertEqual(event.status, SUCCESS, str(event))
        self.assertEqual(event.size, 16, "status, clock id, rate: %s" % event)
        self.assertEqual((event.word(4), event.rate(8)), (clock, rate), str(event))

    def test_answer_first_then_one_delayed_response(self):
        agent = self.connect()
        for clock, rate in ((bench.SLOW, 3000000), (bench.DIV, 4000000)):
            request = agent.submit_rate(clock, rate, ASYNC, token=321)
            first = Message(agent.receive(), request)
            self.assertEqual(first.raw[:4], request[:4], "the answer comes before its delayed response: %s" % first)
            self.expect_values(first, 4, "SUCCESS: queued")
            self.check(Message(agent.receive()), 321, clock, rate)
            self.assertEqual(agent.rate(clock), rate, "done when the delayed response is there")
            self.expect_silence(agent, "exactly one delayed response")

    def test_rate_is_the_old_one_while_pending(self):
        agent = self.connect()
        self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "queued")
        self.assertEqual(agent.rate(bench.STUCK), 2000000, "a change that is not done has not happened")

    def test_rounding(self):
        agent = self.connect()
        answer = agent.set_rate(bench.SLOW, 3000400, ASYNC)
        self.expect(answer, SUCCESS, "queued")
        self.check(agent.delayed(answer.token), answer.token, bench.SLOW, 3000000)

    def test_ignore_flag(self):
        agent = self.connect()
        self.expect_values(agent.set_rate(bench.SLOW, 3000000, ASYNC | IGNORE), 4, "queued")
        self.wait_until(lambda: agent.rate(bench.SLOW) == 3000000, "the rate of clock %d" % bench.SLOW)
        self.expect_silence(agent, "bit 1 with bit 0: no delayed response")

    def test_ignore_flag_without_latency(self):
        agent = self.connect()
        self.expect_values(agent.set_rate(bench.DIV, 3000000, ASYNC | IGNORE), 4, "queued")
        self.wait_until(lambda: agent.rate(bench.DIV) == 3000000, "the rate of clock %d" % bench.DIV)
        self.expect_silence(agent, "bit 1 with bit 0: no delayed response")

    def test_ignore_flag_and_failure(self):
        """No delayed response, but the error is an error: BASE_ERROR_EVENT."""
        agent = self.connect()
        agent.base(facts.BASE_NOTIFY_ERRORS, 1)
        self.expect(agent.set_rate(bench.FAULTY, 3000000, ASYNC | IGNORE), SUCCESS, "queued")
        event = agent.event()
        self.assertEqual((event.type, event.protocol), (NOTIFICATION, BASE), str(event))
        self.expect_silence(agent, "no delayed response")

    def test_others_are_told_of_an_asynchronous_change(self):
        agent, boss = self.connect(), self.connect("boss")
        boss.clock(facts.CLOCK_RATE_NOTIFY, bench.SLOW, 1)
        for flags, rate in ((ASYNC, 3000000), (ASYNC | IGNORE, 4000000)):
            self.expect(agent.set_rate(bench.SLOW, rate, flags), SUCCESS, "queued")
            event = boss.notification()
            self.assertEqual((event.word(0), event.word(4), event.rate(8)), (bench.AGENT_ID["main"], bench.SLOW, rate),
                             str(event))

    def test_refused_at_once(self):
        """A command that fails has no delayed response."""
        agent = self.connect()
        self.expect(agent.set_rate(bench.SLOW, 1, ASYNC), INVALID_PARAMETERS, "rate")
        self.expect(agent.set_rate(0x7777, 3000000, ASYNC), NOT_FOUND, "clock")
        self.expect(agent.set_rate(bench.FENCE_RATE, 3000000, ASYNC), DENIED, "permission")
        self.expect(agent.set_rate(bench.SLOW, 3000000, ASYNC | 0x10), INVALID_PARAMETERS, "flags")
        self.expect_silence(agent, "no delayed response follows a failure")

    def test_failure_of_the_change_itself(self):
        agent = self.connect()
        answer = self.expect(agent.set_rate(bench.FAULTY, 3000000, ASYNC), SUCCESS, "queued")
        event = agent.delayed(answer.token)
        self.assertEqual(event.status, HARDWARE_ERROR, str(event))
        self.assertEqual(event.raw[8:], b"", "with an error a delayed response is its status only: %s" % event)
        self.assertEqual(agent.rate(bench.FAULTY), 2000000)
        self.expect_silence(agent, "exactly one")

    def test_only_to_the_asker(self):
        asker, same_agent, other = self.connect(), self.connect(), self.connect("second")
        answer = asker.set_rate(bench.SLOW, 3000000, ASYNC)
        self.check(asker.delayed(answer.token), answer.token, bench.SLOW, 3000000)
        self.expect_silence(same_agent, "answers go to the asker")
        self.expect_silence(other, "answers go to the asker")

    def test_id_of_the_askers_view(self):
        agent = self.connect("second")
        slow = self.ids(agent)["slow"]
        self.assertNotEqual(slow, bench.SLOW)
        answer = agent.set_rate(slow, 3000000, ASYNC)
        self.check(agent.delayed(answer.token), answer.token, slow, 3000000)

    def test_other_commands_are_served_meanwhile(self):
        agent = self.connect()
        self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "queued")
        for _ in range(20):
            self.expect(agent.set_rate(bench.DIV, 3000000), SUCCESS, "another clock")
            self.expect(agent.clock(0x3, bench.STUCK), SUCCESS, "reading the busy clock")

    def test_old_versions_have_it_too(self):
        for name in ("old1", "old2"):
            agent = self.connect(name)
            answer = self.expect(agent.set_rate(bench.SLOW, 3000000 if name == "old1" else 4000000, ASYNC), SUCCESS,
                                 "asynchronous since 1.0")
            self.check(agent.delayed(answer.token), answer.token, bench.SLOW, agent.rate(bench.SLOW))


class Limit(Case):
    def test_busy_at_the_limit(self):
        for name, limit in (("main", 2), ("boss", 4)):
            agent = self.connect(name)
            for _ in range(limit):
                self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "max_pending_async is %d" % limit)
            for flags in (ASYNC, ASYNC | IGNORE):
                self.expect(agent.set_rate(bench.STUCK, 4000000, flags), BUSY, "the asynchronous queue is full")
            self.expect(agent.set_rate(bench.DIV, 4000000, ASYNC), BUSY, "the limit is the protocol's, not a clock's")
            self.expect(agent.set_rate(bench.DIV, 4000000), SUCCESS, "a synchronous set needs no slot")

    def test_usable_after_busy(self):
        agent = self.connect()
        for round_number in range(3):
            requests = [agent.submit_rate(bench.SLOW, (3 + n) * 1000000, ASYNC) for n in range(6)]
            answers = [agent.answer_to(request) for request in requests]
            accepted = [answer for answer in answers if answer.status == SUCCESS]
            self.assertGreaterEqual(len(accepted), 2, "two may be pending, in round %d" % round_number)
            for answer in answers:
                if answer.status != SUCCESS:
                    self.expect(answer, BUSY, "more than max_pending_async")
            for answer in accepted:
                self.assertEqual(agent.delayed(answer.token).status, SUCCESS)
            self.expect_silence(agent, "one delayed response for each accepted command")

    def test_limit_is_the_agents(self):
        """One agent's pending commands take no slot of another."""
        agent, other = self.connect(), self.connect("boss")
        for _ in range(2):
            agent.set_rate(bench.STUCK, 3000000, ASYNC)
        self.expect(other.set_rate(bench.SLOW, 3000000, ASYNC), SUCCESS, "another agent has its own limit")

    def test_limit_counts_all_connections(self):
        one, two = self.connect(), self.connect()
        self.expect(one.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "the first of two")
        self.expect(two.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "the second of two")
        for agent in (one, two):
            self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), BUSY, "the agent has two pending")

    def test_no_asynchronous_commands_at_all(self):
        agent = self.connect("calm")
        answer = agent.set_rate(bench.SLOW, 3000000, ASYNC)
        self.assertIn(answer.status, (NOT_SUPPORTED, BUSY), "max_pending_async is 0: %s" % answer)
        self.assertEqual(agent.rate(bench.SLOW), 2000000)
        self.expect_silence(agent, "refused, so no delayed response")
        self.expect(agent.set_rate(bench.SLOW, 3000000), SUCCESS, "a synchronous one is served")


class Slow(Case):
    def test_synchronous_set_of_a_slow_clock(self):
        """The answer comes when the change is done; commands behind it do not wait."""
        agent = self.connect()
        slow = agent.submit_rate(bench.SLOW, 3000000)
        quick = agent.submit(CLOCK, 0x6, bench.OSC.to_bytes(4, "little"))
        self.expect(agent.answer_to(quick), SUCCESS, "a command behind it")
        self.expect_values(agent.answer_to(slow), 4, "the late answer")
        self.assertEqual(agent.rate(bench.SLOW), 3000000, "done when answered")
        self.expect_silence(agent, "a synchronous set has no delayed response")

    def test_sets_of_one_clock_are_served_in_order(self):
        agent = self.connect()
        requests = [agent.submit_rate(bench.SLOW, rate, ASYNC) for rate in (3000000, 4000000)]
        for request in requests:
            self.expect(agent.answer_to(request), SUCCESS, "queued")
        seen = [agent.event(lambda m: m.type == DELAYED) for _ in requests]
        self.assertEqual([event.rate(8) for event in seen], [3000000, 4000000])
        self.assertEqual(agent.rate(bench.SLOW), 4000000, "the last accepted set holds")

    def test_two_agents_on_one_slow_clock(self):
        agent, boss = self.connect(), self.connect("boss")
        one = agent.submit_rate(bench.SLOW, 3000000)
        two = boss.submit_rate(bench.SLOW, 4000000)
        self.expect(agent.answer_to(one), SUCCESS, "the first")
        self.expect(boss.answer_to(two), SUCCESS, "the second")
        self.assertIn(agent.rate(bench.SLOW), (3000000, 4000000))

    def test_many_synchronous_sets_at_once(self):
        """More than any platform has slots for: each is answered, with SUCCESS or BUSY, and none is lost."""
        agent = self.connect()
        requests = [agent.submit_rate(bench.SLOW, 2000000 + n * 1000) for n in range(64)]
        statuses = [agent.answer_to(request).status for request in requests]
        self.assertTrue(set(statuses) <= {SUCCESS, BUSY}, statuses)
        self.assertIn(SUCCESS, statuses)
        self.expect(agent.set_rate(bench.SLOW, 9000000), SUCCESS, "usable after")
        self.assertEqual(agent.rate(bench.SLOW), 9000000)

    def test_fast_clock_answers_at_once(self):
        agent = self.connect()
        request = agent.submit_rate(bench.DIV, 3000000, ASYNC)
        self.expect(agent.answer_to(request), SUCCESS, "queued")
        self.assertEqual(agent.event().type, DELAYED, "an asynchronous set without latency completes too")


class Abort(Case):
    def test_reset_aborts_pending_commands(self):
        """BASE_RESET_AGENT_CONFIGURATION: pending transactions are completed or aborted first."""
        agent = self.connect()
        answer = self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "queued")
        self.expect(agent.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0), SUCCESS, "an agent may reset itself")
        event = agent.delayed(answer.token)
        self.assertEqual(event.status, GENERIC_ERROR, "aborted: %s" % event)
        self.assertEqual(event.raw[8:], b"", "with an error a delayed response is its status only: %s" % event)
        self.assertEqual(agent.rate(bench.STUCK), 2000000)
        for _ in range(2):
            self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "the slots are free again")

    def test_reset_aborts_a_slow_synchronous_command(self):
        """Whoever waits for its answer is not left waiting."""
        agent, boss = self.connect(), self.connect("boss")
        request = agent.submit_rate(bench.STUCK, 3000000)
        agent.barrier()
        self.expect(boss.base(facts.BASE_RESET_AGENT_CONFIGURATION, bench.AGENT_ID["main"], 0), SUCCESS, "reset")
        self.expect(agent.answer_to(request), GENERIC_ERROR, "aborted")
        self.assertEqual(agent.rate(bench.STUCK), 2000000)

    def test_reset_leaves_the_commands_of_others(self):
        agent, boss = self.connect(), self.connect("boss")
        mine = self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "queued")
        answer = self.expect(boss.set_rate(bench.SLOW, 4000000, ASYNC), SUCCESS, "queued")
        agent.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0)
        self.assertEqual(agent.delayed(mine.token).status, GENERIC_ERROR)
        self.assertEqual(boss.delayed(answer.token).status, SUCCESS, "another agent's command goes on")
        self.assertEqual(boss.rate(bench.SLOW), 4000000)

    def test_the_next_in_line_goes_on_after_an_abort(self):
        """Two agents change one clock; the first one's change is aborted."""
        agent, boss = self.connect(), self.connect("boss")
        first = self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "queued")
        self.expect(boss.set_rate(bench.STUCK, 4000000, ASYNC), SUCCESS, "queued behind it")
        agent.base(facts.BASE_RESET_AGENT_CONFIGURATION, 1, 0)
        self.assertEqual(agent.delayed(first.token).status, GENERIC_ERROR)
        self.expect_silence(boss, "not done yet")
        self.expect(agent.set_rate(bench.STUCK, 3000000, ASYNC), SUCCESS, "the clock is usable")

    def test_the_asker_goes(self):
        """Its command is finished without it, and its slot is free again for the agent's next connection."""
        one, boss = self.connect(), self.connect("boss")
        self.expect(one.set_rate(bench.SLOW, 3000000, ASYNC), SUCCESS, "queued")
        one.close()
        self.wait_until(lambda: boss.rate(bench.SLOW) == 3000000,
                        "a request belongs to the agent, not to its connection")
        again = self.connect()
        answer = self.expect(again.set_rate(bench.SLOW, 4000000, ASYNC), SUCCESS, "a new connection")
        self.assertEqual(again.delayed(answer.token).status, SUCCESS)

    def test_the_asker_goes_with_a_synchronous_command(self):
        one, boss = self.connect(), self.connect("boss")
        one.submit_rate(bench.SLOW, 3000000)
        one.barrier()
        one.close()
        self.expect(boss.set_rate(bench.DIV, 3000000), SUCCESS, "others are served")
        again = self.connect()
        self.expect(again.set_rate(bench.SLOW, 4000000), SUCCESS, "the clock too")
        self.assertEqual(boss.rate(bench.SLOW), 4000000)

    def test_no_answer_to_the_wrong_connection(self):
        """A new connection never sees what an earlier one asked for."""
        for _ in range(5):
            agent = self.connect()
            agent.submit_rate(bench.SLOW, 3000000, ASYNC)
            agent.submit_rate(bench.SLOW, 4000000)
            agent.close()
        agent = self.connect()
        agent.set_rate(bench.SLOW, 5000000)
        self.expect_silence(agent, "those answers belong to connections that are gone")
        self.assertEqual(agent.late, [], "an answer nobody asked for here")


if __name__ == "__main__":
    unittest.main()
