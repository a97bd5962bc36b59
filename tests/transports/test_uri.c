/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* URIs, settings, the table of transports. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/transports.h"
#include "host/uri.h"
#include "transports/builtin.h"

static void good_uris(void **state)
{
	static const struct {
		const char *text;
		const char *scheme;
		const char *address;
		struct scmi_transport_settings settings;
	} uris[] = {
		{"unix:/run/scmid/tester.sock", "unix", "/run/scmid/tester.sock", {0}},
		{"unix:relative", "unix", "relative", {0}},
		{"loop:a:b=c&d", "loop", "a:b=c&d", {0}},
		{"unix:", "unix", "", {0}},
		{"unix:/a%3fb%25c%2F", "unix", "/a?b%c/", {0}},
		{"unix:/x?response-timeout-ms=100", "unix", "/x", {.response_timeout_ms = 100}},
		{"unix:/x?messages-max=1&message-size-max=65536&delayed-timeout-ms=3600000&"
		 "response-timeout-ms=1",
		 "unix",
		 "/x",
		 {.response_timeout_ms = 1,
		  .delayed_timeout_ms = 3600000,
		  .messages_max = 1,
		  .message_size_max = 65536}},
		{"virtio:/x?polling-us=0", "virtio", "/x", {.polling_us = SCMI_POLLING_NONE}},
		{"virtio:/x?polling-us=1000000", "virtio", "/x", {.polling_us = 1000000}},
		{"mailbox:/x?no-completion-irq=1&poll-budget-us=10000",
		 "mailbox",
		 "/x",
		 {.no_completion_irq = 1, .poll_budget_us = 10000}},
		{"unix:/x?no-completion-irq=0&poll-budget-us=0", "unix", "/x", {0}},
		{"unix:/x?atomic-threshold-us=4294967295",
		 "unix",
		 "/x",
		 {.atomic_threshold_us = UINT32_MAX}},
	};
	struct scmi_uri uri;
	char why[200] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		if (scmi_uri_parse(&uri, uris[i].text, why, sizeof(why)))
			fail_msg("%s: %s", uris[i].text, why);
		assert_string_equal(uri.scheme, uris[i].scheme);
		assert_string_equal(uri.address, uris[i].address);
		assert_memory_equal(&uri.settings, &uris[i].settings, sizeof(uri.settings));
		scmi_uri_fini(&uri);
	}
}

static void bad_uris(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} uris[] = {
		{"", "is not SCHEME:ADDRESS"},
		{"/run/scmid/tester.sock", "is not SCHEME:ADDRESS"},
		{":x", "is not SCHEME:ADDRESS"},
		{"unix", "is not SCHEME:ADDRESS"},
		{"abcdefghijklmnopqrstuvwxyzabcdefghi:x", "so long a scheme"},
		{"unix:/x%", "two hexadecimal digits"},
		{"unix:/x%4", "two hexadecimal digits"},
		{"unix:/x%4?messages-max=1", "two hexadecimal digits"},
		{"unix:/x%g0", "two hexadecimal digits"},
		{"unix:/x%00y", "01 to ff"},
		{"unix:/x?", "there is no setting ''"},
		{"unix:/x?messages=1",
		 "there is no setting 'messages'; there are response-timeout-ms"},
		{"unix:/x?messages-max=1&", "there is no setting ''"},
		{"unix:/x?messages-max", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=0", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=1025", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=-1", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=1x", "messages-max is a number from 1 to 1024"},
		{"unix:/x?messages-max=4294967297", "messages-max is a number from 1 to 1024"},
		{"unix:/x?message-size-max=31", "message-size-max is a number from 32 to 65536"},
		{"virtio:/x?polling-us=1000001", "polling-us is a number from 0 to 1000000"},
		{"mailbox:/x?no-completion-irq", "no-completion-irq is a number from 0 to 1"},
		{"mailbox:/x?no-completion-irq=2", "no-completion-irq is a number from 0 to 1"},
		{"virtio:/x?poll-budget-us=10001", "poll-budget-us is a number from 0 to 10000"},
		{"unix:/x?atomic-threshold-us=4294967296", "from 0 to 4294967295"},
		{"unix:/x?atomic-threshold-us=18446744073709551617", "from 0 to 4294967295"},
		{"virtio:/x?polling-us=", "polling-us is a number from 0 to 1000000"},
		{"unix:/x?response-timeout-ms=99999999999999999999", "from 1 to 3600000"},
	};
	struct scmi_uri uri;
	char why[300];

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		why[0] = '\0';
		assert_int_equal(scmi_uri_parse(&uri, uris[i].text, why, sizeof(why)), -EINVAL);
		if (!strstr(why, uris[i].words))
			fail_msg("%s: '%s' does not say '%s'", uris[i].text, why, uris[i].words);
	}
	/* Nobody has to want the sentence, and it is cut to the space. */
	assert_int_equal(scmi_uri_parse(&uri, "x", NULL, 0), -EINVAL);
	assert_int_equal(scmi_uri_parse(&uri, "x", why, 4), -EINVAL);
	assert_string_equal(why, "'x'");
}

static void settings(void **state)
{
	struct scmi_transport_settings ours = {.messages_max = 7};
	const struct scmi_transport_settings uri = {
		100, 200, 300, 400, SCMI_POLLING_NONE, 1, 50, 60,
	};
	const struct scmi_transport_settings merged = {
		100, 200, 7, 400, SCMI_POLLING_NONE, 1, 50, 60,
	};
	struct scmi_transport_settings bad = {.message_size_max = 16};
	char why[100];

	(void)state;
	scmi_settings_default(&ours, &uri);
	assert_memory_equal(&ours, &merged, sizeof(ours));
	assert_int_equal(scmi_settings_check(&ours, why, sizeof(why)), 0);
	assert_int_equal(scmi_settings_check(&bad, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "message-size-max is a number from 32 to 65536");
}

/* A transport that would ignore what is set is not opened. */
static void settings_suit(void **state)
{
	const struct scmi_transport_settings all = {
		.response_timeout_ms = 1,
		.delayed_timeout_ms = 1,
		.messages_max = 1,
		.message_size_max = 64,
		.polling_us = 1,
		.no_completion_irq = 1,
		.poll_budget_us = 1,
		.atomic_threshold_us = 1,
	};
	const struct scmi_transport_settings core = {
		.response_timeout_ms = 1,
		.delayed_timeout_ms = 1,
		.polling_us = SCMI_POLLING_NONE,
		.atomic_threshold_us = 1,
	};
	static const struct {
		uint32_t bits;
		const char *why;
	} lacks[] = {
		{0xf & ~SCMI_SETTING_MESSAGES_MAX, "the transport some has no messages-max"},
		{0xf & ~SCMI_SETTING_MESSAGE_SIZE_MAX, "the transport some has no message-size-max"},
		{0xf & ~SCMI_SETTING_POLLING, "the transport some has no polling-us"},
		{0xf & ~SCMI_SETTING_NO_COMPLETION_IRQ,
		 "the transport some has no no-completion-irq"},
	};
	struct scmi_transport transport = {.name = "some"};
	char why[100];

	(void)state;
	assert_int_equal(scmi_settings_suit(&core, &transport, why, sizeof(why)), 0);
	transport.limits.polling = true;
	transport.limits.atomic = true;
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		transport.settings = lacks[i].bits;
		assert_int_equal(scmi_settings_suit(&all, &transport, why, sizeof(why)), -EINVAL);
		assert_string_equal(why, lacks[i].why);
	}
	transport.settings = 0xf;
	assert_int_equal(scmi_settings_suit(&all, &transport, why, sizeof(why)), 0);
	transport.limits.atomic = false;
	assert_int_equal(scmi_settings_suit(&all, &transport, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "the transport some may sleep: it has no poll-budget-us");
	transport.limits.atomic = true;
	transport.limits.polling = false;
	assert_int_equal(scmi_settings_suit(&all, &transport, why, sizeof(why)), -EINVAL);
}

static void built_in_transports(void **state)
{
	const struct scmi_transport *transport;
	char why[200] = "";

	(void)state;
	for (size_t i = 0; (transport = scmi_builtin_transports[i]); i++) {
		if (scmi_transport_check(transport, why, sizeof(why)))
			fail_msg("%s: %s", transport->name, why);
		assert_ptr_equal(scmi_transport_find(transport->scheme), transport);
		assert_non_null(transport->about);
	}
	assert_null(scmi_transport_find("foo"));
	assert_null(scmi_transport_find(""));
}

static void expect_refusal(const struct scmi_transport *transport, int error, const char *words)
{
	char why[200] = "";

	assert_int_equal(scmi_transport_check(transport, why, sizeof(why)), error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void foreign_transports(void **state)
{
	const struct scmi_transport *good = &scmi_transport_socket;
	struct scmi_transport_agent_ops agent = *good->agent;
	struct scmi_transport bad;

	(void)state;
	bad = *good;
	bad.abi = 1;
	expect_refusal(&bad, -ENOEXEC, "driver ABI 1, this library has 2");
	bad = *good;
	bad.size--;
	expect_refusal(&bad, -ENOEXEC, "descriptor has");
	/* A newer one may be longer. */
	bad = *good;
	bad.size += 8;
	assert_int_equal(scmi_transport_check(&bad, NULL, 0), 0);
	bad = *good;
	bad.name = NULL;
	expect_refusal(&bad, -EINVAL, "lacks a name");
	bad = *good;
	bad.limits.messages_max = 0;
	expect_refusal(&bad, -EINVAL, "limits");
	bad = *good;
	bad.agent = NULL;
	bad.platform = NULL;
	expect_refusal(&bad, -EINVAL, "lacks an operation");
	bad = *good;
	agent.wait = NULL;
	bad.agent = &agent;
	expect_refusal(&bad, -EINVAL, "socket lacks an operation");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_uris),	      cmocka_unit_test(bad_uris),
		cmocka_unit_test(settings),	      cmocka_unit_test(settings_suit),
		cmocka_unit_test(built_in_transports),
		cmocka_unit_test(foreign_transports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
