/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a command asks for beside its answer, for who passes on commands of others. The table is made
 * from protocols/ (effects.c in the build directory).
 */
#ifndef SCMI_SRC_WIRE_EFFECTS_H
#define SCMI_SRC_WIRE_EFFECTS_H

#include <scmi/message.h>

struct scmi_effect {
	int notification_id; /* the notification that it subscribes to, or -1 */
	bool enable;	     /* it subscribes; false: it gives the subscription up */
	size_t key_size;     /* the first bytes of its payload say for what: one domain, or none */
	bool delayed;	     /* if it is accepted, a delayed response follows */
};

/*
 * Look at a command. One that is not described, or too short, has no effect. Any context; `payload`
 * may be NULL when size is 0.
 */
void scmi_effect_of(struct scmi_effect *effect, uint32_t protocol_id, uint32_t message_id,
		    const void *payload, size_t size);

#endif
