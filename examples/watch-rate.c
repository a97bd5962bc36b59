/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Print every change of a clock's rate that other agents make, until the platform goes away; with a
 * count, until so many have been seen.
 *
 *	watch-rate unix:/run/scmid/tester.sock 3 [COUNT]
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <scmi/clock.h>
#include <scmi/instance.h>

struct watch {
	uint32_t clock_id;
	unsigned long seen;
};

static void rate_changed(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
			 size_t size)
{
	struct watch *watch = ctx;
	struct scmi_clock_rate_changed event;

	(void)protocol_id;
	(void)message_id;
	/* Notifications come from outside: look only at what can be decoded. */
	if (scmi_clock_rate_changed_decode(&event, payload, size, SCMI_CLOCK_VERSION_NEWEST))
		return;
	if (event.clock_id != watch->clock_id)
		return;
	watch->seen++;
	printf("clock %" PRIu32 ": %" PRIu64 " Hz, set by agent %" PRIu32 "\n", event.clock_id,
	       event.rate_hz, event.agent_id);
	fflush(stdout);
}

static int watch_clock(struct scmi_instance *instance, uint32_t clock_id, unsigned long count)
{
	struct watch watch = { .clock_id = clock_id };
	struct scmi_listener listener = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_CHANGED,
		.event = rate_changed,
		.ctx = &watch,
	};
	struct scmi_agent *agent = scmi_instance_agent(instance);
	struct pollfd watched = { .fd = scmi_instance_fd(instance), .events = POLLIN };
	int error;

	/* Listen first, then subscribe: nothing is missed. */
	scmi_agent_listen(agent, &listener);
	error = scmi_clock_rate_notify(agent, clock_id, true);
	while (!error && (!count || watch.seen < count)) {
		/*
		 * A change may have come with the answer just now: then there is no reason to wait.
		 */
		poll(&watched, 1, scmi_instance_next_deadline_ns(instance) == SCMI_NEVER ? -1 : 0);
		error = scmi_instance_dispatch(instance);
	}
	scmi_agent_unlisten(agent, &listener);
	return error;
}

int main(int argc, char **argv)
{
	struct scmi_instance *instance;
	char why[256];
	int error;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: %s URI CLOCK [COUNT]\n", argv[0]);
		return 2;
	}
	if (scmi_instance_open(&instance, argv[1], NULL, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", argv[0], why);
		return 1;
	}
	error = watch_clock(instance, (uint32_t)strtoul(argv[2], NULL, 0),
			    argc == 4 ? strtoul(argv[3], NULL, 0) : 0);
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], scmi_error_text(error));
	scmi_instance_close(instance);
	return error ? 1 : 0;
}
