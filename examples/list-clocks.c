/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Print every clock of a platform: id, state, rate, name.
 *
 *	list-clocks unix:/run/scmid/tester.sock
 *
 * Plain blocking calls. cc list-clocks.c $(pkg-config --cflags --libs libscmi)
 */
#include <inttypes.h>
#include <stdio.h>

#include <scmi/clock.h>
#include <scmi/instance.h>

static int print_clock(struct scmi_agent *agent, uint32_t clock_id)
{
	struct scmi_clock_attributes_response attributes;
	uint64_t rate_hz;
	char name[64];
	int error;

	error = scmi_clock_attributes(agent, clock_id, &attributes);
	/*
	 * Ids may have gaps: a clock that this agent does not see answers as one that does not
	 * exist.
	 */
	if (error == SCMI_ERROR_BASE + SCMI_NOT_FOUND)
		return 0;
	if (!error)
		error = scmi_clock_name(agent, clock_id, name);
	if (!error)
		error = scmi_clock_rate_get(agent, clock_id, &rate_hz);
	if (!error)
		printf("%4" PRIu32 "  %-3s  %12" PRIu64 " Hz  %s\n", clock_id,
		       attributes.enabled ? "on" : "off", rate_hz, name);
	return error;
}

static int print_clocks(struct scmi_agent *agent)
{
	struct scmi_clock_protocol_attributes_response protocol;
	int error = scmi_clock_protocol_attributes(agent, &protocol);

	for (uint32_t id = 0; !error && id < protocol.num_clocks; id++)
		error = print_clock(agent, id);
	return error;
}

int main(int argc, char **argv)
{
	struct scmi_instance *instance;
	char why[256];
	int error;

	if (argc != 2) {
		fprintf(stderr, "usage: %s URI, for example unix:/run/scmid/tester.sock\n",
			argv[0]);
		return 2;
	}
	if (scmi_instance_open(&instance, argv[1], NULL, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", argv[0], why);
		return 1;
	}
	error = print_clocks(scmi_instance_agent(instance));
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], scmi_error_text(error));
	scmi_instance_close(instance);
	return error ? 1 : 0;
}
