/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Change a clock's rate without ever blocking: submit, then wait in a loop of one's own.
 *
 *	set-rate-async unix:/run/scmid/tester.sock 3 24000000
 *
 * The platform answers at once that it has queued the change; when the clock runs at its new rate,
 *the delayed response calls rate_is_set(). Meanwhile the loop is free for whatever else it has to
 *do.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <scmi/clock.h>
#include <scmi/instance.h>

struct change {
	bool done;
	int error;
	uint64_t rate_hz;
};

static void rate_is_set(void *ctx, const struct scmi_result *result)
{
	struct change *change = ctx;

	change->error = scmi_clock_rate_set_result(result, &change->rate_hz);
	change->done = true;
}

/* For poll(): how long until the instance wants its dispatch, at the latest. */
static int timeout_ms(struct scmi_instance *instance)
{
	uint64_t deadline_ns = scmi_instance_next_deadline_ns(instance);
	struct timespec now;
	uint64_t now_ns;

	if (deadline_ns == SCMI_NEVER)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return deadline_ns > now_ns ? (int)((deadline_ns - now_ns) / 1000000) + 1 : 0;
}

static int change_rate(struct scmi_instance *instance, uint32_t clock_id, uint64_t rate_hz)
{
	struct pollfd watched = { .fd = scmi_instance_fd(instance), .events = POLLIN };
	struct change change = { .done = false };
	int error;

	error = scmi_clock_rate_set_submit(scmi_instance_agent(instance), clock_id, rate_hz,
					   SCMI_CLOCK_ROUND_AUTO, rate_is_set, &change, NULL);
	if (error)
		return error;
	while (!change.done) {
		/* Add your own descriptors here. */
		poll(&watched, 1, timeout_ms(instance));
		scmi_instance_dispatch(instance);
	}
	if (!change.error)
		printf("clock %" PRIu32 " runs at %" PRIu64 " Hz\n", clock_id, change.rate_hz);
	return change.error;
}

int main(int argc, char **argv)
{
	struct scmi_instance *instance;
	char why[256];
	int error;

	if (argc != 4) {
		fprintf(stderr, "usage: %s URI CLOCK HZ\n", argv[0]);
		return 2;
	}
	if (scmi_instance_open(&instance, argv[1], NULL, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", argv[0], why);
		return 1;
	}
	error = change_rate(instance, (uint32_t)strtoul(argv[2], NULL, 0),
			    strtoull(argv[3], NULL, 0));
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], scmi_error_text(error));
	scmi_instance_close(instance);
	return error ? 1 : 0;
}
