/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the codecs promise beyond the bytes of good messages, which test_vectors.py checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <scmi/wire/base.h>
#include <scmi/wire/clock.h>
#include <scmi/wire/sensor.h>

static void value_that_does_not_fit_its_bits(void **state)
{
	struct scmi_clock_config_set_request config = { .clock_id = 1, .state = 2 };
	struct scmi_clock_describe_rates_response rates = { .num_returned = 4096 };
	struct scmi_sensor_config_set_request sensor = { .update_interval_exponent = 16 };
	uint8_t out[16];

	(void)state;
	/* Two bits from version 3.0 on, one before. */
	assert_int_equal(scmi_clock_config_set_request_encode(out, sizeof(out), &config,
			 SCMI_CLOCK_VERSION_2_0), SCMI_OUT_OF_RANGE);
	assert_int_equal(scmi_clock_config_set_request_encode(out, sizeof(out), &config,
			 SCMI_CLOCK_VERSION_3_0), 12);
	assert_int_equal(scmi_clock_describe_rates_response_encode(out, sizeof(out), &rates,
			 SCMI_CLOCK_VERSION_3_0), SCMI_OUT_OF_RANGE);
	assert_int_equal(scmi_sensor_config_set_request_encode(out, sizeof(out), &sensor,
			 SCMI_SENSOR_VERSION_2_0), SCMI_OUT_OF_RANGE);
	sensor.update_interval_exponent = -17;
	assert_int_equal(scmi_sensor_config_set_request_encode(out, sizeof(out), &sensor,
			 SCMI_SENSOR_VERSION_2_0), SCMI_OUT_OF_RANGE);
	sensor.update_interval_exponent = -16;
	assert_int_equal(scmi_sensor_config_set_request_encode(out, sizeof(out), &sensor,
			 SCMI_SENSOR_VERSION_2_0), 8);
}

static void members_of_other_versions(void **state)
{
	static const uint8_t old[20] = { 0xff, 0xff, 0xff, 0xff, 'o', 's', 'c' };
	struct scmi_clock_attributes_response found;
	uint8_t out[24];

	(void)state;
	memset(&found, 0xff, sizeof(found));
	assert_int_equal(scmi_clock_attributes_response_decode(&found, old, sizeof(old),
			 SCMI_CLOCK_VERSION_1_0), SCMI_SUCCESS);
	assert_true(found.enabled);
	assert_false(found.extended_name);
	assert_false(found.restricted);
	assert_int_equal(found.clock_enable_delay_us, 0);
	assert_string_equal(found.name, "osc");

	/* Nor are they written. */
	found.extended_name = true;
	found.clock_enable_delay_us = 7;
	memset(out, 0xee, sizeof(out));
	assert_int_equal(scmi_clock_attributes_response_encode(out, sizeof(out), &found,
			 SCMI_CLOCK_VERSION_1_0), 20);
	assert_int_equal(scmi_get_le32(out), 1);
	assert_int_equal(scmi_get_le32(out + 20), 0xeeeeeeee);

	/* A version that we do not know yet is read like the newest. */
	assert_int_equal(scmi_clock_attributes_response_encode(out, sizeof(out), &found,
			 0x00090000), 24);
	assert_int_equal(scmi_get_le32(out), 0x20000001);
}

static void text_without_its_end(void **state)
{
	struct scmi_base_discover_vendor_response vendor;
	uint8_t out[17];

	(void)state;
	memset(&vendor, 'x', sizeof(vendor));
	memset(out, 0xee, sizeof(out));
	assert_int_equal(scmi_base_discover_vendor_response_encode(out, sizeof(out), &vendor,
			 SCMI_BASE_VERSION_NEWEST), 16);
	assert_memory_equal(out, "xxxxxxxxxxxxxxx\0\xee", 17);

	/* What stands behind the NUL in our memory stays there. */
	vendor.vendor_identifier[1] = 0;
	assert_int_equal(scmi_base_discover_vendor_response_encode(out, sizeof(out), &vendor,
			 SCMI_BASE_VERSION_NEWEST), 16);
	assert_memory_equal(out, "x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xee", 17);

	memset(out, 'y', sizeof(out));
	assert_int_equal(scmi_base_discover_vendor_response_decode(&vendor, out, 16,
			 SCMI_BASE_VERSION_NEWEST), SCMI_SUCCESS);
	assert_string_equal(vendor.vendor_identifier, "yyyyyyyyyyyyyyy");
}

static void append_until_full(void **state)
{
	const struct scmi_clock_describe_rates_response_rates rate = {
		.rate_hz = 0x1122334455667788,
	};
	uint8_t out[32];
	size_t at = 4;

	(void)state;
	memset(out, 0xee, sizeof(out));
	for (int i = 0; i < 3; i++)
		assert_int_equal(scmi_clock_describe_rates_response_rates_append(out, 31, &at,
				 &rate, SCMI_CLOCK_VERSION_3_0), 0);
	assert_int_equal(at, 28);
	assert_int_equal(scmi_clock_describe_rates_response_rates_append(out, 31, &at, &rate,
			 SCMI_CLOCK_VERSION_3_0), SCMI_COMMS_ERROR);
	assert_int_equal(at, 28);
	assert_int_equal(scmi_get_le32(out + 28), 0xeeeeeeee);
	assert_int_equal(scmi_get_le64(out + 20), 0x1122334455667788);

	/* A position beyond the space is no licence to write there. */
	at = 40;
	assert_int_equal(scmi_clock_describe_rates_response_rates_append(out, 31, &at, &rate,
			 SCMI_CLOCK_VERSION_3_0), SCMI_COMMS_ERROR);
	assert_int_equal(at, 40);
}

static void append_by_size(void **state)
{
	struct scmi_sensor_description_get_response_desc sensor = {
		.id = 4, .extended_attributes = true, .name = "t", .resolution = 0xffffffff,
	};
	uint8_t out[64];
	size_t at = 0;

	(void)state;
	/* A resolution that does not fit counts only where there is one. */
	assert_int_equal(scmi_sensor_description_get_response_desc_append(out, sizeof(out), &at,
			 &sensor, SCMI_SENSOR_VERSION_2_0), SCMI_OUT_OF_RANGE);
	assert_int_equal(at, 0);
	sensor.axis_support = true;
	assert_int_equal(scmi_sensor_description_get_response_desc_append(out, 31, &at, &sensor,
			 SCMI_SENSOR_VERSION_2_0), SCMI_COMMS_ERROR);
	assert_int_equal(scmi_sensor_description_get_response_desc_append(out, 32, &at, &sensor,
			 SCMI_SENSOR_VERSION_2_0), 0);
	assert_int_equal(at, 32);
	/* Version 1.0 has no extended attributes, whatever the structure says. */
	assert_int_equal(scmi_sensor_description_get_response_desc_append(out, 60, &at, &sensor,
			 SCMI_SENSOR_VERSION_1_0), 0);
	assert_int_equal(at, 60);
	assert_int_equal(scmi_get_le32(out + 32 + 4), 0);
}

static void pad_to_a_word(void **state)
{
	const struct scmi_base_discover_list_protocols_response_protocols id = {
		.protocol_id = 0x14,
	};
	uint8_t out[8];
	size_t at = 4;

	(void)state;
	memset(out, 0xee, sizeof(out));
	assert_int_equal(scmi_base_discover_list_protocols_response_pad(out, sizeof(out), &at), 0);
	assert_int_equal(at, 4);
	assert_int_equal(scmi_base_discover_list_protocols_response_protocols_append(out,
			 sizeof(out), &at, &id, SCMI_BASE_VERSION_NEWEST), 0);
	assert_int_equal(at, 5);
	assert_int_equal(scmi_base_discover_list_protocols_response_pad(out, 7, &at),
			 SCMI_COMMS_ERROR);
	assert_int_equal(at, 5);
	assert_int_equal(scmi_base_discover_list_protocols_response_pad(out, 8, &at), 0);
	assert_int_equal(at, 8);
	assert_int_equal(scmi_get_le32(out + 4), 0x14);
}

static void an_array_ends(void **state)
{
	static const uint8_t list[] = { 3, 0, 0, 0, 0x11, 0x13, 0x14, 0 };
	struct scmi_base_discover_list_protocols_response found;
	struct scmi_base_discover_list_protocols_response_protocols id;

	(void)state;
	assert_int_equal(scmi_base_discover_list_protocols_response_decode(&found, list,
			 sizeof(list), SCMI_BASE_VERSION_NEWEST), SCMI_SUCCESS);
	assert_int_equal(found.protocols.count, 3);
	assert_ptr_equal(found.protocols.bytes, list + 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(scmi_base_discover_list_protocols_response_protocols_next(
				 &found.protocols, &id, SCMI_BASE_VERSION_NEWEST), 1);
		assert_int_equal(id.protocol_id, list[4 + i]);
	}
	assert_int_equal(scmi_base_discover_list_protocols_response_protocols_next(
			 &found.protocols, &id, SCMI_BASE_VERSION_NEWEST), 0);
	assert_int_equal(scmi_base_discover_list_protocols_response_protocols_next(
			 &found.protocols, &id, SCMI_BASE_VERSION_NEWEST), 0);
}

/* Some platforms announce a triplet with a count other than 3: its bytes are there all the same. */
static void triplet_with_a_wrong_count(void **state)
{
	static const uint8_t triplet[28] = { 0x01, 0x10, 0, 0, [4] = 1, [12] = 9, [20] = 2 };
	struct scmi_clock_describe_rates_response found;
	struct scmi_clock_describe_rates_response_rates rate;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(scmi_clock_describe_rates_response_decode(&found, triplet, sizeof(triplet),
			 SCMI_CLOCK_VERSION_2_0), SCMI_SUCCESS);
	assert_true(found.triplet);
	assert_int_equal(found.rates.count, 1);
	assert_int_equal(found.rates.size, 24);
	found.rates.count = 3;
	while (scmi_clock_describe_rates_response_rates_next(&found.rates, &rate,
							     SCMI_CLOCK_VERSION_2_0) > 0)
		sum += rate.rate_hz;
	assert_int_equal(sum, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_that_does_not_fit_its_bits),
		cmocka_unit_test(members_of_other_versions),
		cmocka_unit_test(text_without_its_end),
		cmocka_unit_test(append_until_full),
		cmocka_unit_test(append_by_size),
		cmocka_unit_test(pad_to_a_word),
		cmocka_unit_test(an_array_ends),
		cmocka_unit_test(triplet_with_a_wrong_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
