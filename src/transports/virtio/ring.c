/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What both sides of a ring share. */
#include "ring.h"

const char *scmi_ring_fault_text(enum scmi_ring_fault fault)
{
	static const char *const texts[SCMI_RING_FAULTS] = {
		[SCMI_RING_SOUND] = "nothing",
		[SCMI_RING_JUMP] = "an index that went further than the ring is long",
		[SCMI_RING_HEAD_OUTSIDE] = "a head that is no descriptor",
		[SCMI_RING_HEAD_TAKEN] = "a head that the device already has",
		[SCMI_RING_NEXT_OUTSIDE] = "a chain that leads out of its table",
		[SCMI_RING_TOO_LONG] = "a chain longer than the ring",
		[SCMI_RING_DIRECTION] = "a readable buffer behind a writable one",
		[SCMI_RING_EMPTY] = "a buffer of no bytes",
		[SCMI_RING_SUM] = "a chain of 4 GiB or more",
		[SCMI_RING_OUTSIDE] = "an address outside the memory",
		[SCMI_RING_INDIRECT_FORBIDDEN] = "an indirect table that was not negotiated",
		[SCMI_RING_INDIRECT_NESTED] = "an indirect table in an indirect table",
		[SCMI_RING_INDIRECT_NEXT] = "an indirect table that is not the last of its chain",
		[SCMI_RING_INDIRECT_SIZE] = "an indirect table of a wrong size",
		[SCMI_RING_NOT_OURS] = "a used chain that was not out",
		[SCMI_RING_WRITTEN] = "more bytes written than there was room",
	};

	if ((unsigned int)fault >= SCMI_RING_FAULTS)
		return "an unknown fault";
	return texts[fault];
}

bool scmi_ring_num_valid(uint32_t num)
{
	return num && num <= SCMI_RING_NUM_MAX && !(num & (num - 1));
}
