// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers, rates and versions as people write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int error;
		uint64_t number;
	} cases[] = {
		{ "0", 9, 0, 0 },
		{ "9", 9, 0, 9 },
		{ "10", 9, -ERANGE, 0 },
		{ "0xff", 255, 0, 255 },
		{ "0XFf", 255, 0, 255 },
		{ "0x100", 255, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX },
		{ "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
		{ "007", 9, 0, 7 },
		{ "", 9, -EINVAL, 0 },
		{ "0x", 9, -EINVAL, 0 },
		{ "-1", 9, -EINVAL, 0 },
		{ "+1", 9, -EINVAL, 0 },
		{ " 1", 9, -EINVAL, 0 },
		{ "1 ", 9, -EINVAL, 0 },
		{ "1a", 9, -EINVAL, 0 },
		{ "a", UINT64_MAX, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t number = 0;

		assert_int_equal(cli_parse_number(cases[i].text, cases[i].max, &number),
				 cases[i].error);
		if (!cases[i].error)
			assert_true(number == cases[i].number);
	}
}

static void test_rates(void **state)
{
	static const struct {
		const char *text;
		int error;
		uint64_t rate_hz;
	} cases[] = {
		{ "32768", 0, 32768 },
		{ "32768 Hz", 0, 32768 },
		{ "32.768kHz", 0, 32768 },
		{ "24MHz", 0, 24000000 },
		{ "24 mhz", 0, 24000000 },
		{ "24M", 0, 24000000 },
		{ "1.5 GHz", 0, 1500000000 },
		{ "0.000000001GHz", 0, 1 },
		{ "0.0000000010GHz", 0, 1 },
		{ "0.0000000001GHz", -EDOM, 0 },
		{ "1.0", 0, 1 },
		{ "1.5", -EDOM, 0 },
		{ "1.0005kHz", -EDOM, 0 },
		{ "1.", -EINVAL, 0 },
		{ ".5MHz", -EINVAL, 0 },
		{ "1..5MHz", -EINVAL, 0 },
		{ "0x8000", 0, 32768 },
		{ "0x10MHz", -EINVAL, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073.709551615GHz", 0, UINT64_MAX },
		{ "18446744073.709551616GHz", -ERANGE, 0 },
		{ "18446744074GHz", -ERANGE, 0 },
		{ "5Mz", -EINVAL, 0 },
		{ "MHz", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t rate_hz = 0;

		assert_int_equal(cli_parse_rate(cases[i].text, &rate_hz), cases[i].error);
		if (!cases[i].error)
			assert_true(rate_hz == cases[i].rate_hz);
	}
}

static void test_versions(void **state)
{
	uint32_t version;

	(void)state;
	assert_int_equal(cli_parse_version("3.0", &version), 0);
	assert_int_equal(version, 0x30000);
	assert_int_equal(cli_parse_version("2.1", &version), 0);
	assert_int_equal(version, 0x20001);
	assert_int_equal(cli_parse_version("3", &version), 0);
	assert_int_equal(version, 0x30000);
	assert_int_equal(cli_parse_version("0x20001", &version), 0);
	assert_int_equal(version, 0x20001);
	assert_int_equal(cli_parse_version("3.", &version), -EINVAL);
	assert_int_equal(cli_parse_version(".1", &version), -EINVAL);
	assert_int_equal(cli_parse_version("1.2.3", &version), -EINVAL);
	assert_int_equal(cli_parse_version("1.65536", &version), -ERANGE);
	assert_int_equal(cli_parse_version("new", &version), -EINVAL);
}

static void test_formats(void **state)
{
	static const struct {
		uint64_t rate_hz;
		const char *text;
	} cases[] = {
		{ 0, "0 Hz" },
		{ 999, "999 Hz" },
		{ 1000, "1 kHz" },
		{ 32768, "32.768 kHz" },
		{ 24000000, "24 MHz" },
		{ 66625000, "66.625 MHz" },
		{ 133333333, "133.333 MHz" },
		{ 999999999, "999.999 MHz" },
		{ 1000000001, "1 GHz" },
		{ 1050000000, "1.05 GHz" },
		{ UINT64_MAX, "18446744073.709 GHz" },
	};
	char text[CLI_NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		cli_format_rate(text, cases[i].rate_hz);
		assert_string_equal(text, cases[i].text);
	}
	cli_format_version(text, 0xffffffff);
	assert_string_equal(text, "65535.65535");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
