/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Platforms that come and go: say of each, by the name of its socket in a directory, when it can be
 * used and how many clocks it has, and when it cannot and why; until one became ready for the COUNTth
 * time, or with 0 for ever.
 *
 *	follow-platforms unix /run/scmid COUNT tester.sock [NAME.sock …]
 *
 * One thread, which sleeps until the manager or one of the instances has something to do.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <scmi/clock.h>
#include <scmi/manager.h>

#define PLATFORMS_MAX 16

struct platform {
	struct scmi_instance *instance;
	struct scmi_descriptor descriptor;
	char supplier[256];
	const char *compatible[2];
};

static unsigned long became_ready;

static void changed(void *ctx, const struct scmi_instance_status *status)
{
	struct scmi_clock_protocol_attributes_response clocks = { 0 };
	struct platform *platform = ctx;
	char why[300];

	/* The calls may block here; the platform may be gone again before they are answered. */
	if (status->ready &&
	    !scmi_clock_protocol_attributes(scmi_instance_agent(platform->instance), &clocks)) {
		printf("%s: ready, %u clocks\n", platform->descriptor.name,
		       (unsigned)clocks.num_clocks);
	} else {
		scmi_instance_explain(platform->instance, why, sizeof(why));
		printf("%s: %s\n", platform->descriptor.name, why);
	}
	fflush(stdout);
	became_ready += status->ready;
}

static int add(struct scmi_manager *manager, struct platform *platform, const char *transport,
	       const char *name)
{
	const struct scmi_instance_options options = {
		.changed = changed,
		.changed_ctx = platform,
	};
	char why[256];

	snprintf(platform->supplier, sizeof(platform->supplier), "/%s", name);
	platform->compatible[0] = transport;
	platform->descriptor.name = name;
	platform->descriptor.compatible = platform->compatible;
	platform->descriptor.supplier = platform->supplier;
	if (!scmi_manager_instance(manager, name, &options, &platform->instance, why,
				   sizeof(why)) &&
	    !scmi_manager_add_descriptor(manager, &platform->descriptor, why, sizeof(why)))
		return 0;
	fprintf(stderr, "%s: %s\n", name, why);
	return 1;
}

static void earlier(uint64_t *deadline_ns, uint64_t other_ns)
{
	if (other_ns < *deadline_ns)
		*deadline_ns = other_ns;
}

/* Rounded up: not called too early, again and again. */
static int milliseconds_until(uint64_t deadline_ns)
{
	struct timespec now;
	uint64_t now_ns;

	if (deadline_ns == SCMI_NEVER)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (deadline_ns <= now_ns)
		return 0;
	return deadline_ns - now_ns < 3600000000000 ? (int)((deadline_ns - now_ns) / 1000000) + 1
						    : 3600000;
}

static void follow(struct scmi_manager *manager, struct platform *platforms, int count,
		   unsigned long times)
{
	struct pollfd readable[PLATFORMS_MAX + 1];
	uint64_t deadline_ns;

	for (int i = 0; i < count; i++)
		readable[i] = (struct pollfd){
			.fd = scmi_instance_fd(platforms[i].instance),
			.events = POLLIN,
		};
	readable[count] = (struct pollfd){ .fd = scmi_manager_fd(manager), .events = POLLIN };
	while (!times || became_ready < times) {
		scmi_manager_dispatch(manager);
		deadline_ns = scmi_manager_next_deadline_ns(manager);
		for (int i = 0; i < count; i++) {
			scmi_instance_dispatch(platforms[i].instance);
			earlier(&deadline_ns, scmi_instance_next_deadline_ns(platforms[i].instance));
		}
		if (!times || became_ready < times)
			poll(readable, (nfds_t)count + 1, milliseconds_until(deadline_ns));
	}
}

int main(int argc, char **argv)
{
	static struct platform platforms[PLATFORMS_MAX];
	struct scmi_manager *manager;
	int count = argc - 4, error = 0;
	const char *transport;
	char why[256];

	if (count < 1 || count > PLATFORMS_MAX) {
		fprintf(stderr, "usage: %s unix|virtio|mailbox DIRECTORY COUNT NAME…\n", argv[0]);
		return 2;
	}
	/* Transports have names; that of sockets is not its scheme. */
	transport = strcmp(argv[1], "unix") ? argv[1] : "socket";
	if (scmi_manager_new(&manager, NULL))
		return 1;
	if (scmi_manager_watch(manager, transport, argv[2], why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", argv[0], why);
		return 1;
	}
	for (int i = 0; i < count && !error; i++)
		error = add(manager, &platforms[i], transport, argv[4 + i]);
	if (!error)
		follow(manager, platforms, count, strtoul(argv[3], NULL, 0));
	for (int i = 0; i < count; i++)
		scmi_instance_close(platforms[i].instance);
	scmi_manager_free(manager);
	return error;
}
