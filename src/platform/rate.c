/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arithmetic on rates. No 64-bit division: some targets have none. */
#include "clock_resource.h"

/* 96 bits of product, divided bit by bit. */
uint64_t scmi_rate_scale(uint64_t rate_hz, uint32_t multiply, uint32_t divide)
{
	uint64_t low, middle, remainder, quotient;
	uint32_t digits[3]; /* of the product, most significant first */

	multiply = multiply ? multiply : 1;
	divide = divide ? divide : 1;
	if (multiply == 1 && divide == 1)
		return rate_hz;
	low = (rate_hz & 0xffffffffu) * multiply;
	middle = (rate_hz >> 32) * multiply + (low >> 32);
	digits[0] = (uint32_t)(middle >> 32);
	digits[1] = (uint32_t)middle;
	digits[2] = (uint32_t)low;
	/* The first digit of the quotient would be worth 2^64. */
	if (digits[0] >= divide)
		return ~(uint64_t)0;
	remainder = digits[0];
	quotient = 0;
	for (uint32_t n = 1; n < 3; n++) {
		for (uint32_t bit = 32; bit-- > 0;) {
			remainder = remainder << 1 | (digits[n] >> bit & 1);
			quotient <<= 1;
			if (remainder >= divide) {
				remainder -= divide;
				quotient |= 1;
			}
		}
	}
	return quotient;
}

/* What is left of number when divisor has been taken from it as often as possible. */
static uint64_t remainder_of(uint64_t number, uint64_t divisor)
{
	uint64_t part = divisor;

	while (part <= number >> 1)
		part <<= 1;
	for (; part >= divisor; part >>= 1) {
		if (number >= part)
			number -= part;
	}
	return number;
}

uint64_t scmi_rate_step_down(uint64_t lowest_hz, uint64_t limit_hz, uint64_t step_hz)
{
	return limit_hz - remainder_of(limit_hz - lowest_hz, step_hz);
}

static uint64_t choose(uint64_t wanted_hz, uint64_t below_hz, uint64_t above_hz,
		       enum scmi_rounding rounding)
{
	switch (rounding) {
	case SCMI_ROUNDING_UP:
		return above_hz;
	case SCMI_ROUNDING_NEAREST:
		return above_hz - wanted_hz < wanted_hz - below_hz ? above_hz : below_hz;
	default:
		return below_hz;
	}
}

int scmi_rate_round(const struct scmi_rate_table *table, uint64_t wanted_hz,
		    enum scmi_rounding rounding, uint64_t *granted_hz)
{
	uint64_t below;
	uint32_t first, last;

	if (wanted_hz < table->lowest_hz || wanted_hz > table->highest_hz)
		return SCMI_INVALID_PARAMETERS;
	if (table->range) {
		below = scmi_rate_step_down(table->lowest_hz, wanted_hz, table->step_hz);
		/* The highest is itself a step, so there is one above whatever lies between two. */
		*granted_hz = below == wanted_hz
				      ? wanted_hz
				      : choose(wanted_hz, below, below + table->step_hz, rounding);
		return SCMI_SUCCESS;
	}
	/* The first rate that is not below: list[0 .. first) < wanted. */
	first = 0;
	last = table->count - 1;
	while (first < last) {
		uint32_t middle = first + (last - first) / 2;

		if (table->list[middle] < wanted_hz)
			first = middle + 1;
		else
			last = middle;
	}
	if (table->list[first] == wanted_hz)
		*granted_hz = wanted_hz;
	else
		*granted_hz =
			choose(wanted_hz, table->list[first - 1], table->list[first], rounding);
	return SCMI_SUCCESS;
}
