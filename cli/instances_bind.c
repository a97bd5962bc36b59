/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The binder in one thread, with everything added at once: what it then says is what holds. */
#include "instances.h"

#include <host/uri.h>
#include <scmi/loader.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a binding opened, or why that failed. */
struct opened {
	struct scmi_transport_device *device;
	char why[256];
};

struct instances_bound {
	struct scmi_binder *binder;
	struct scmi_loader *loader;
	struct scmi_bind_driver *drivers;
	size_t driver_count;
	struct scmi_supplier *suppliers;
};

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

/* Nothing is asked of a platform here, and what it says by itself is not for us. */
static void ignore_message(void *ctx, const void *message, size_t size)
{
	(void)ctx;
	(void)message;
	(void)size;
}

static void ignore_end(void *ctx, int error)
{
	(void)ctx;
	(void)error;
}

static const struct scmi_transport_agent_callbacks callbacks = {
	.size = sizeof(callbacks),
	.receive = ignore_message,
	.closed = ignore_end,
};

static int host_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	struct opened *opened = scmi_binding_data(binding);
	struct scmi_transport_limits limits;
	int error;

	(void)ctx;
	if (!opened) {
		opened = cli_allocate(sizeof(*opened));
		scmi_binding_set_data(binding, opened);
	}
	opened->why[0] = '\0';
	error = scmi_settings_suit(&bound->descriptor->settings, bound->transport, opened->why,
				   sizeof(opened->why));
	if (error)
		return error;
	return bound->transport->agent->open(&opened->device, bound->address,
					     &bound->descriptor->settings, &callbacks, opened,
					     &limits, opened->why, sizeof(opened->why));
}

static void host_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
			bool lost)
{
	struct opened *opened = scmi_binding_data(binding);

	(void)ctx;
	(void)lost;
	bound->transport->agent->close(opened->device);
}

static void host_freed(void *ctx, void *data)
{
	(void)ctx;
	free(data);
}

static const struct scmi_binder_host host = {
	.alloc = host_alloc,
	.free = host_free,
	.probe = host_probe,
	.unbind = host_unbind,
	.freed = host_freed,
};

static void run(struct scmi_binder *binder)
{
	while (scmi_binder_run(binder))
		;
}

/* Those built in and those in files; files that are refused are not there. */
static int add_drivers(struct instances_bound *bound)
{
	struct scmi_loader_entry entry;
	size_t count = 0;
	int error = 0;

	while (scmi_loader_entry(bound->loader, count, &entry))
		count++;
	bound->drivers = cli_allocate(count * sizeof(*bound->drivers));
	for (size_t i = 0; i < count && !error; i++) {
		scmi_loader_entry(bound->loader, i, &entry);
		if (entry.error || !entry.transport || !entry.transport->agent)
			continue;
		bound->drivers[bound->driver_count].transport = entry.transport;
		error = scmi_binder_add_driver(bound->binder,
					       &bound->drivers[bound->driver_count++]);
	}
	return error;
}

static int no_transport(struct cli *cli, const struct instances_bound *bound, const char *name)
{
	char names[256] = "";

	for (size_t i = 0; i < bound->driver_count; i++) {
		const char *known = bound->drivers[i].transport->name;

		if (!strcmp(known, name))
			return 0;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 names[0] ? ", " : "", known);
	}
	cli_fail_usage(cli, "there is no transport '%s'", name);
	return cli_hint(cli, "there are %s", names);
}

static int announce(struct cli *cli, struct instances_bound *bound)
{
	const struct cli_options *options = &cli->options;
	int code, error;

	bound->suppliers = cli_allocate(options->supplier_count * sizeof(*bound->suppliers));
	for (size_t i = 0; i < options->supplier_count; i++) {
		bound->suppliers[i].transport = options->suppliers[i].transport;
		bound->suppliers[i].name = options->suppliers[i].name;
		bound->suppliers[i].address = options->suppliers[i].address;
		code = no_transport(cli, bound, bound->suppliers[i].transport);
		if (code)
			return code;
		error = scmi_binder_announce(bound->binder, &bound->suppliers[i]);
		if (error == -EEXIST)
			return cli_fail_usage(cli, "the supplier %s:%s is given twice",
					      bound->suppliers[i].transport,
					      bound->suppliers[i].name);
		if (error)
			return cli_fail_call(cli, error, "cannot announce a supplier");
	}
	return 0;
}

static int describe(struct cli *cli, const struct scmi_tree_instances *instances,
		    struct instances_bound *bound)
{
	const struct scmi_tree_descriptor *descriptor;
	int error;

	for (size_t i = 0; (descriptor = scmi_tree_at(instances, i)); i++) {
		if (descriptor->error)
			continue;
		error = scmi_binder_add_descriptor(bound->binder, &descriptor->descriptor);
		if (error == -EEXIST)
			return cli_fail_usage(cli, "%s: %s is there twice", cli->options.tree,
					      descriptor->path);
		if (error)
			return cli_fail_call(cli, error, "%s", descriptor->path);
	}
	return 0;
}

int instances_bind(struct cli *cli, const struct scmi_tree_instances *instances,
		   struct instances_bound **out)
{
	struct instances_bound *bound = cli_allocate(sizeof(*bound));
	int code;

	if (scmi_loader_new(&bound->loader, NULL) || scmi_binder_new(&bound->binder, &host) ||
	    add_drivers(bound))
		cli_out_of_memory();
	code = announce(cli, bound);
	if (!code)
		code = describe(cli, instances, bound);
	if (code) {
		instances_unbind(bound);
		return code;
	}
	run(bound->binder);
	*out = bound;
	return 0;
}

void instances_unbind(struct instances_bound *bound)
{
	scmi_binder_stop(bound->binder);
	run(bound->binder);
	scmi_binder_free(bound->binder);
	scmi_loader_free(bound->loader);
	free(bound->drivers);
	free(bound->suppliers);
	free(bound);
}

const char *instances_state(const struct instances_bound *bound, const char *path, char *text,
			    size_t size)
{
	struct scmi_binding_status status;
	struct scmi_binding *binding;
	const struct opened *opened;
	size_t used;

	if (scmi_binding_get(bound->binder, path, &binding))
		cli_out_of_memory();
	scmi_binding_status(binding, &status);
	used = scmi_binding_explain(binding, text, size);
	opened = scmi_binding_data(binding);
	if (status.state == SCMI_BINDING_FAILED && opened->why[0] && used < size)
		snprintf(text + used, size - used, ": %s", opened->why);
	scmi_binding_put(binding);
	return status.state == SCMI_BINDING_READY    ? "ready"
	       : status.state == SCMI_BINDING_FAILED ? "failed"
						     : "waiting";
}
