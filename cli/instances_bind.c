/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The binder in one thread: everything is added at once, and what the binder then says is what holds.
 * Who goes on looking learns of what changes.
 */
#include "instances.h"

#include <host/directory.h>
#include <host/monotonic.h>
#include <host/uri.h>
#include <scmi/loader.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000u
/* What could not be opened is tried again after the first, and at last every second one. */
#define RETRY_FIRST_NS (50ull * NS_PER_MS)
#define RETRY_LAST_NS  (2000ull * NS_PER_MS)

/* What a binding opened, or why that failed. */
struct opened {
	struct opened *next;
	struct instances_bound *bound;
	struct scmi_binding *binding; /* whose data this is */
	const struct scmi_transport_agent_ops *ops; /* NULL: it is not open */
	struct scmi_transport_device *device;
	const struct scmi_supplier *supplier;
	bool ended; /* the platform went */
	uint64_t retry_ns;
	uint64_t retry_after_ns; /* how long the next wait is */
	char *said;		 /* of its state, last */
	char why[256];
};

/* One that the command line names. */
struct given {
	struct scmi_supplier supplier;
	bool again; /* withdrawn as what it leads to went, and released: to be announced anew */
};

struct instances_bound {
	struct scmi_binder *binder;
	struct scmi_loader *loader;
	struct scmi_bind_driver *drivers;
	size_t driver_count;
	struct given *suppliers;
	size_t supplier_count;
	struct scmi_directory *directories[CLI_DIRECTORIES_MAX];
	size_t directory_count;
	struct opened *opened;
	instances_changed_fn *changed;
	void *changed_ctx;
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

static void on_end(void *ctx, int error)
{
	struct opened *opened = ctx;

	(void)error;
	opened->ended = true;
}

static const struct scmi_transport_agent_callbacks callbacks = {
	.size = sizeof(callbacks),
	.receive = ignore_message,
	.closed = on_end,
};

static struct opened *opened_of(struct instances_bound *bound, struct scmi_binding *binding)
{
	struct opened *opened = scmi_binding_data(binding);

	if (!opened) {
		opened = cli_allocate(sizeof(*opened));
		opened->bound = bound;
		opened->binding = binding;
		opened->retry_ns = SCMI_NEVER;
		opened->retry_after_ns = RETRY_FIRST_NS;
		opened->next = bound->opened;
		bound->opened = opened;
		scmi_binding_set_data(binding, opened);
	}
	return opened;
}

static int host_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	struct opened *opened = opened_of(ctx, binding);
	struct scmi_transport_limits limits;
	int error;

	opened->why[0] = '\0';
	opened->ended = false;
	error = scmi_settings_suit(&bound->descriptor->settings, bound->transport, opened->why,
				   sizeof(opened->why));
	if (error)
		return error;
	error = bound->transport->agent->open(&opened->device, bound->address,
					      &bound->descriptor->settings, &callbacks, opened,
					      &limits, opened->why, sizeof(opened->why));
	if (error) {
		/* A socket is there a moment before somebody listens on it. */
		opened->retry_ns = scmi_monotonic_ns() + opened->retry_after_ns;
		opened->retry_after_ns = opened->retry_after_ns < RETRY_LAST_NS / 2
						 ? 2 * opened->retry_after_ns
						 : RETRY_LAST_NS;
		return error;
	}
	opened->ops = bound->transport->agent;
	opened->supplier = bound->supplier;
	opened->retry_ns = SCMI_NEVER;
	opened->retry_after_ns = RETRY_FIRST_NS;
	return 0;
}

static void host_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
			bool lost)
{
	struct opened *opened = scmi_binding_data(binding);

	(void)ctx;
	(void)bound;
	(void)lost;
	opened->ops->close(opened->device);
	opened->ops = NULL;
}

static const char *explain(const struct scmi_binding *binding, const struct opened *opened,
			   char *text, size_t size)
{
	struct scmi_binding_status status;
	size_t used;

	scmi_binding_status(binding, &status);
	used = scmi_binding_explain(binding, text, size);
	if (status.state == SCMI_BINDING_FAILED && opened->why[0] && used < size)
		snprintf(text + used, size - used, ": %s", opened->why);
	return status.state == SCMI_BINDING_READY    ? "ready"
	       : status.state == SCMI_BINDING_FAILED ? "failed"
						     : "waiting";
}

/* Is it a state to stay in? */
static bool is_at_rest(const struct scmi_binding_status *status)
{
	switch (status->state) {
	case SCMI_BINDING_READY:
	case SCMI_BINDING_FAILED:
		return true;
	case SCMI_BINDING_DEFERRED:
		return status->waits_for != SCMI_WAITS_FOR_NOTHING &&
		       status->waits_for != SCMI_WAITS_FOR_RELEASE;
	default:
		return false;
	}
}

static void remember(struct opened *opened, const char *text)
{
	free(opened->said);
	opened->said = strdup(text);
	if (!opened->said)
		cli_out_of_memory();
}

static void host_changed(void *ctx, struct scmi_binding *binding)
{
	struct instances_bound *bound = ctx;
	struct scmi_binding_status status;
	struct opened *opened;
	const char *state;
	char text[1024];

	scmi_binding_status(binding, &status);
	if (!bound->changed || !is_at_rest(&status))
		return;
	opened = opened_of(bound, binding);
	state = explain(binding, opened, text, sizeof(text));
	if (status.state != SCMI_BINDING_READY && opened->said && !strcmp(opened->said, text))
		return;
	remember(opened, text);
	bound->changed(bound->changed_ctx, scmi_binding_name(binding), state, text);
}

static void host_freed(void *ctx, void *data)
{
	struct instances_bound *bound = ctx;
	struct opened *opened = data;
	struct opened **place = &bound->opened;

	if (!opened)
		return;
	while (*place != opened)
		place = &(*place)->next;
	*place = opened->next;
	free(opened->said);
	free(opened);
}

static void run(struct instances_bound *bound)
{
	while (scmi_binder_run(bound->binder))
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

/* A supplier that was withdrawn may be announced again when it is released. */
static void on_released(void *ctx)
{
	struct given *given = ctx;

	given->again = true;
}

static int announce(struct cli *cli, struct instances_bound *bound)
{
	const struct cli_options *options = &cli->options;
	int code, error;

	bound->suppliers = cli_allocate(options->supplier_count * sizeof(*bound->suppliers));
	for (size_t i = 0; i < options->supplier_count; i++) {
		struct given *given = &bound->suppliers[i];

		given->supplier.transport = options->suppliers[i].transport;
		given->supplier.name = options->suppliers[i].name;
		given->supplier.address = options->suppliers[i].address;
		given->supplier.released = on_released;
		given->supplier.ctx = given;
		code = no_transport(cli, bound, given->supplier.transport);
		if (code)
			return code;
		error = scmi_binder_announce(bound->binder, &given->supplier);
		if (error == -EEXIST)
			return cli_fail_usage(cli, "the supplier %s:%s is given twice",
					      given->supplier.transport, given->supplier.name);
		if (error)
			return cli_fail_call(cli, error, "cannot announce a supplier");
		bound->supplier_count++;
	}
	return 0;
}

static void on_note(void *ctx, const char *sentence)
{
	(void)ctx;
	fprintf(stderr, "scmi: %s\n", sentence);
}

static int watch_directories(struct cli *cli, struct instances_bound *bound)
{
	const struct cli_options *options = &cli->options;
	char why[256] = "";
	int code, error;

	for (size_t i = 0; i < options->directory_count; i++) {
		const struct scmi_directory_options how = {
			.binder = bound->binder,
			.transport = options->directories[i].transport,
			.path = options->directories[i].path,
			.note = on_note,
		};

		code = no_transport(cli, bound, how.transport);
		if (code)
			return code;
		error = scmi_directory_new(&bound->directories[i], &how, why, sizeof(why));
		if (error == -ENAMETOOLONG)
			return cli_fail_usage(cli, "%s: %s", how.path, why);
		if (error)
			return cli_fail_call(cli, error, "%s: %s", how.path, why);
		bound->directory_count++;
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
	const struct scmi_binder_host host = {
		.ctx = bound,
		.alloc = host_alloc,
		.free = host_free,
		.probe = host_probe,
		.unbind = host_unbind,
		.changed = host_changed,
		.freed = host_freed,
	};
	int code;

	if (scmi_loader_new(&bound->loader, NULL) || scmi_binder_new(&bound->binder, &host) ||
	    add_drivers(bound))
		cli_out_of_memory();
	code = announce(cli, bound);
	if (!code)
		code = watch_directories(cli, bound);
	if (!code)
		code = describe(cli, instances, bound);
	if (code) {
		instances_unbind(bound);
		return code;
	}
	run(bound);
	*out = bound;
	return 0;
}

void instances_unbind(struct instances_bound *bound)
{
	bound->changed = NULL;
	for (size_t i = 0; i < bound->directory_count; i++)
		scmi_directory_free(bound->directories[i]);
	scmi_binder_stop(bound->binder);
	run(bound);
	scmi_binder_free(bound->binder);
	scmi_loader_free(bound->loader);
	free(bound->drivers);
	free(bound->suppliers);
	free(bound);
}

const char *instances_state(struct instances_bound *bound, const char *path, char *text,
			    size_t size)
{
	struct scmi_binding *binding;
	struct opened *opened;
	const char *state;

	if (scmi_binding_get(bound->binder, path, &binding))
		cli_out_of_memory();
	opened = opened_of(bound, binding);
	state = explain(binding, opened, text, size);
	remember(opened, text);
	scmi_binding_put(binding);
	return state;
}

/* ---- what changes ---------------------------------------------------------------------------- */

void instances_tell(struct instances_bound *bound, instances_changed_fn *changed, void *ctx)
{
	bound->changed = changed;
	bound->changed_ctx = ctx;
}

size_t instances_fds(const struct instances_bound *bound, struct pollfd *fds, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < bound->directory_count && count < max; i++)
		fds[count++] = (struct pollfd){
			.fd = scmi_directory_fd(bound->directories[i]), .events = POLLIN};
	for (const struct opened *opened = bound->opened; opened && count < max;
	     opened = opened->next)
		if (opened->ops)
			fds[count++] = (struct pollfd){.fd = opened->ops->fd(opened->device),
						       .events = POLLIN};
	return count;
}

int instances_timeout_ms(const struct instances_bound *bound)
{
	uint64_t due_ns = SCMI_NEVER, now_ns = scmi_monotonic_ns();

	for (const struct opened *opened = bound->opened; opened; opened = opened->next)
		due_ns = opened->retry_ns < due_ns ? opened->retry_ns : due_ns;
	if (due_ns == SCMI_NEVER)
		return -1;
	return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS) + 1;
}

/* The platform of an open device went: its supplier is lost, but still where it was. */
static void lose(struct instances_bound *bound, const struct opened *opened)
{
	for (size_t i = 0; i < bound->directory_count; i++)
		if (scmi_directory_again(bound->directories[i], opened->supplier))
			return;
	scmi_binder_withdraw(bound->binder, opened->supplier, true);
}

static void take_in(struct instances_bound *bound, struct opened *opened)
{
	if (!opened->ops)
		return;
	if (!opened->ended && opened->ops->dispatch(opened->device) == -ENODEV)
		opened->ended = true;
	if (!opened->ended || !opened->supplier)
		return;
	lose(bound, opened);
	/* Once is enough; unbinding follows. */
	opened->supplier = NULL;
}

void instances_turn(struct instances_bound *bound)
{
	uint64_t now_ns = scmi_monotonic_ns();

	for (size_t i = 0; i < bound->directory_count; i++)
		scmi_directory_dispatch(bound->directories[i]);
	for (struct opened *opened = bound->opened; opened; opened = opened->next) {
		take_in(bound, opened);
		if (opened->retry_ns > now_ns)
			continue;
		opened->retry_ns = SCMI_NEVER;
		scmi_binding_retry(opened->binding);
	}
	run(bound);
	for (size_t i = 0; i < bound->supplier_count; i++) {
		if (!bound->suppliers[i].again)
			continue;
		bound->suppliers[i].again = false;
		scmi_binder_announce(bound->binder, &bound->suppliers[i].supplier);
	}
	run(bound);
}
