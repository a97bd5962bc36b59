/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A binder whose host is this process: drivers, links and instances of a manager. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <scmi/manager.h>

#include "../transports/why.h"
#include "directory.h"
#include "instance.h"
#include "instance_link.h"
#include "loader.h"
#include "monotonic.h"
#include "uri.h"

/* A driver that keeps its code. */
struct managed_driver {
	struct scmi_bind_driver bind;
	struct scmi_driver *driver;
	struct scmi_manager *manager;
	struct managed_driver *next;
	bool leaving; /* removed, not yet released */
};

/* A binding: made with its instance or its first device, freed with the binding. */
struct scmi_managed {
	struct scmi_link link;
	struct scmi_manager *manager;
	struct scmi_binding *binding; /* as long as the binding lives */
	struct scmi_managed *next;
	unsigned int users; /* the binding, and who is at work on it */
};

struct watched {
	struct scmi_directory *directory;
	struct watched *next;
};

struct scmi_manager {
	struct scmi_binder *binder;
	struct scmi_loader *loader;
	bool own_loader;
	void (*note)(void *ctx, const char *sentence);
	void *note_ctx;
	int epoll; /* has what directories wait for, and: */
	int bell;
	pthread_mutex_t watching; /* one thread uses the directories; comes outside all others */
	struct watched *watched;
	pthread_mutex_t binding; /* the binder's lock */
	pthread_mutex_t loading; /* one thread uses the loader */
	pthread_mutex_t mutex;	 /* guards what follows; comes outside the binder's */
	struct managed_driver *drivers;
	struct scmi_managed *all;
	unsigned int instances;
};

/* ---- the binder's host ----------------------------------------------------------------------- */

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

static void host_lock(void *ctx)
{
	struct scmi_manager *manager = ctx;

	pthread_mutex_lock(&manager->binding);
}

static void host_unlock(void *ctx)
{
	struct scmi_manager *manager = ctx;

	pthread_mutex_unlock(&manager->binding);
}

static void host_wake(void *ctx)
{
	struct scmi_manager *manager = ctx;

	eventfd_write(manager->bell, 1);
}

/* Of a binding that somebody keeps from being freed. NULL: no memory. */
static struct scmi_managed *managed_of(struct scmi_manager *manager, struct scmi_binding *binding)
{
	struct scmi_managed *managed;

	pthread_mutex_lock(&manager->mutex);
	managed = scmi_binding_data(binding);
	if (!managed) {
		managed = calloc(1, sizeof(*managed));
		if (managed && scmi_link_init(&managed->link, host_wake, manager)) {
			free(managed);
			managed = NULL;
		}
		if (managed) {
			managed->manager = manager;
			managed->binding = binding;
			managed->users = 1;
			managed->next = manager->all;
			manager->all = managed;
			scmi_binding_set_data(binding, managed);
		}
	}
	pthread_mutex_unlock(&manager->mutex);
	return managed;
}

static void managed_put(struct scmi_managed *managed)
{
	struct scmi_manager *manager = managed->manager;
	bool last;

	pthread_mutex_lock(&manager->mutex);
	last = !--managed->users;
	pthread_mutex_unlock(&manager->mutex);
	if (last) {
		scmi_link_fini(&managed->link);
		free(managed);
	}
}

static int host_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	struct scmi_managed *managed = managed_of(ctx, binding);

	return managed ? scmi_link_bind(&managed->link, bound) : -ENOMEM;
}

static void host_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
			bool lost)
{
	struct scmi_managed *managed = scmi_binding_data(binding);

	(void)ctx;
	(void)bound;
	scmi_link_unbind(&managed->link, lost);
}

static void host_lost(void *ctx, struct scmi_binding *binding)
{
	struct scmi_managed *managed = scmi_binding_data(binding);

	(void)ctx;
	/* Not yet, if its first probe is about to begin; it will be unbound. */
	if (managed)
		scmi_link_lost(&managed->link);
}

static void host_freed(void *ctx, void *data)
{
	struct scmi_manager *manager = ctx;
	struct scmi_managed *managed = data, **place = &manager->all;

	if (!managed)
		return;
	pthread_mutex_lock(&manager->mutex);
	while (*place != managed)
		place = &(*place)->next;
	*place = managed->next;
	pthread_mutex_unlock(&manager->mutex);
	managed_put(managed);
}

/* ---- drivers --------------------------------------------------------------------------------- */

static void driver_released(void *ctx)
{
	struct managed_driver *managed = ctx, **place = &managed->manager->drivers;

	pthread_mutex_lock(&managed->manager->mutex);
	while (*place != managed)
		place = &(*place)->next;
	*place = managed->next;
	pthread_mutex_unlock(&managed->manager->mutex);
	scmi_driver_put(managed->driver);
	free(managed);
}

int scmi_manager_add_driver(struct scmi_manager *manager, struct scmi_driver *driver)
{
	struct managed_driver *managed = calloc(1, sizeof(*managed));
	int error;

	if (!managed)
		return -ENOMEM;
	managed->bind.transport = scmi_driver_transport(driver);
	managed->bind.released = driver_released;
	managed->bind.ctx = managed;
	managed->manager = manager;
	managed->driver = scmi_driver_get(driver);
	pthread_mutex_lock(&manager->mutex);
	error = scmi_binder_add_driver(manager->binder, &managed->bind);
	if (!error) {
		managed->next = manager->drivers;
		manager->drivers = managed;
	}
	pthread_mutex_unlock(&manager->mutex);
	if (error) {
		scmi_driver_put(managed->driver);
		free(managed);
	}
	return error;
}

int scmi_manager_remove_driver(struct scmi_manager *manager, const char *name)
{
	struct managed_driver *managed;
	int error = -ENOENT;

	pthread_mutex_lock(&manager->mutex);
	for (managed = manager->drivers; managed; managed = managed->next) {
		if (!strcmp(managed->bind.transport->name, name) && !managed->leaving)
			break;
	}
	if (managed) {
		managed->leaving = true;
		error = scmi_binder_remove_driver(manager->binder, &managed->bind);
	}
	pthread_mutex_unlock(&manager->mutex);
	return error;
}

/* The transport that a descriptor means; NULL: there is none, which is said. */
static struct scmi_driver *find_driver(struct scmi_loader *loader,
				       const struct scmi_descriptor *descriptor, char *why,
				       size_t why_size)
{
	struct scmi_driver *driver = NULL;

	for (size_t i = 0; descriptor->compatible[i] && !driver; i++) {
		const char *compatible = descriptor->compatible[i];

		if (!scmi_loader_by_compatible(loader, compatible, &driver, why, why_size))
			break;
		if (loader_is_name(compatible, strlen(compatible)))
			scmi_loader_by_name(loader, compatible, &driver, why, why_size);
	}
	return driver;
}

int scmi_manager_add_descriptor(struct scmi_manager *manager,
				const struct scmi_descriptor *descriptor, char *why,
				size_t why_size)
{
	struct scmi_driver *driver = NULL;
	int error;

	if (!descriptor->compatible)
		return because(-EINVAL, why, why_size, "the descriptor has no compatible");
	because(0, why, why_size, "%s", "");
	pthread_mutex_lock(&manager->loading);
	driver = find_driver(manager->loader, descriptor, why, why_size);
	pthread_mutex_unlock(&manager->loading);
	error = driver ? scmi_manager_add_driver(manager, driver) : 0;
	scmi_driver_put(driver);
	if (driver)
		because(0, why, why_size, "%s", "");
	if (!error || error == -EEXIST)
		error = scmi_binder_add_descriptor(manager->binder, descriptor);
	return error ? because(error, why, why_size, "the descriptor '%s' cannot be added: %s",
			       descriptor->name ? descriptor->name : "", strerror(-error))
		     : 0;
}

/* ---- directories ----------------------------------------------------------------------------- */

int scmi_manager_watch(struct scmi_manager *manager, const char *transport, const char *directory,
		       char *why, size_t why_size)
{
	const struct scmi_directory_options options = {
		.binder = manager->binder,
		.transport = transport,
		.path = directory,
		.note = manager->note,
		.ctx = manager->note_ctx,
	};
	struct epoll_event event = {.events = EPOLLIN};
	struct watched *watched = calloc(1, sizeof(*watched));
	int error;

	if (!watched)
		return because(-ENOMEM, why, why_size, "out of memory");
	pthread_mutex_lock(&manager->watching);
	error = scmi_directory_new(&watched->directory, &options, why, why_size);
	if (!error && epoll_ctl(manager->epoll, EPOLL_CTL_ADD,
				scmi_directory_fd(watched->directory), &event)) {
		error = because(-errno, why, why_size, "cannot watch: %s", strerror(errno));
		scmi_directory_free(watched->directory);
	}
	if (!error) {
		watched->next = manager->watched;
		manager->watched = watched;
	}
	pthread_mutex_unlock(&manager->watching);
	if (error)
		free(watched);
	return error;
}

static void look_into_directories(struct scmi_manager *manager)
{
	pthread_mutex_lock(&manager->watching);
	for (struct watched *watched = manager->watched; watched; watched = watched->next)
		scmi_directory_dispatch(watched->directory);
	pthread_mutex_unlock(&manager->watching);
}

static void free_directories(struct scmi_manager *manager)
{
	while (manager->watched) {
		struct watched *watched = manager->watched;

		manager->watched = watched->next;
		scmi_directory_free(watched->directory);
		free(watched);
	}
}

/* ---- a manager ------------------------------------------------------------------------------- */

static void manager_fini(struct scmi_manager *manager)
{
	if (manager->own_loader)
		scmi_loader_free(manager->loader);
	if (manager->bell >= 0)
		close(manager->bell);
	if (manager->epoll >= 0)
		close(manager->epoll);
	pthread_mutex_destroy(&manager->watching);
	pthread_mutex_destroy(&manager->binding);
	pthread_mutex_destroy(&manager->loading);
	pthread_mutex_destroy(&manager->mutex);
	free(manager);
}

int scmi_manager_new(struct scmi_manager **out, const struct scmi_manager_options *options)
{
	struct scmi_manager *manager = calloc(1, sizeof(*manager));
	struct epoll_event event = {.events = EPOLLIN};
	const struct scmi_binder_host host = {
		.ctx = manager,
		.alloc = host_alloc,
		.free = host_free,
		.lock = host_lock,
		.unlock = host_unlock,
		.wake = host_wake,
		.probe = host_probe,
		.unbind = host_unbind,
		.lost = host_lost,
		.freed = host_freed,
	};
	int error = 0;

	if (!manager)
		return -ENOMEM;
	pthread_mutex_init(&manager->watching, NULL);
	pthread_mutex_init(&manager->binding, NULL);
	pthread_mutex_init(&manager->loading, NULL);
	pthread_mutex_init(&manager->mutex, NULL);
	if (options) {
		manager->loader = options->loader;
		manager->note = options->note;
		manager->note_ctx = options->note_ctx;
	}
	manager->own_loader = !manager->loader;
	manager->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	manager->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (manager->bell < 0 || manager->epoll < 0 ||
	    epoll_ctl(manager->epoll, EPOLL_CTL_ADD, manager->bell, &event))
		error = -errno;
	if (!error && manager->own_loader)
		error = scmi_loader_new(&manager->loader, NULL);
	if (!error)
		error = scmi_binder_new(&manager->binder, &host);
	if (error)
		manager_fini(manager);
	else
		*out = manager;
	return error;
}

int scmi_manager_free(struct scmi_manager *manager)
{
	bool busy;

	pthread_mutex_lock(&manager->mutex);
	busy = manager->instances;
	pthread_mutex_unlock(&manager->mutex);
	if (busy)
		return -EBUSY;
	free_directories(manager);
	scmi_binder_stop(manager->binder);
	while (scmi_binder_run(manager->binder))
		;
	/* Somebody holds a binding of the binder itself. */
	if (scmi_binder_free(manager->binder))
		return -EBUSY;
	manager_fini(manager);
	return 0;
}

struct scmi_binder *scmi_manager_binder(struct scmi_manager *manager)
{
	return manager->binder;
}

/* ---- the work -------------------------------------------------------------------------------- */

int scmi_manager_fd(struct scmi_manager *manager)
{
	return manager->epoll;
}

uint64_t scmi_manager_next_deadline_ns(struct scmi_manager *manager)
{
	uint64_t earliest_ns = SCMI_NEVER;

	pthread_mutex_lock(&manager->mutex);
	for (struct scmi_managed *managed = manager->all; managed; managed = managed->next) {
		uint64_t due_ns = scmi_link_due_ns(&managed->link);

		if (due_ns < earliest_ns)
			earliest_ns = due_ns;
	}
	pthread_mutex_unlock(&manager->mutex);
	return earliest_ns;
}

/* One whose link has something to do, held; or NULL. */
static struct scmi_managed *take_due(struct scmi_manager *manager, uint64_t now_ns)
{
	struct scmi_managed *managed;

	pthread_mutex_lock(&manager->mutex);
	for (managed = manager->all; managed; managed = managed->next) {
		if (scmi_link_due_ns(&managed->link) <= now_ns)
			break;
	}
	if (managed)
		managed->users++;
	pthread_mutex_unlock(&manager->mutex);
	return managed;
}

void scmi_manager_dispatch(struct scmi_manager *manager)
{
	struct scmi_managed *managed;
	eventfd_t rings;
	uint64_t now_ns;

	eventfd_read(manager->bell, &rings);
	look_into_directories(manager);
	do {
		while (scmi_binder_run(manager->binder))
			;
		now_ns = scmi_monotonic_ns();
		managed = take_due(manager, now_ns);
		if (managed) {
			scmi_link_work(&managed->link, now_ns, managed->binding);
			managed_put(managed);
		}
	} while (managed);
}

/* ---- instances ------------------------------------------------------------------------------- */

static void count_instances(struct scmi_manager *manager, int change)
{
	pthread_mutex_lock(&manager->mutex);
	manager->instances += (unsigned int)change;
	pthread_mutex_unlock(&manager->mutex);
}

static int take_instance(struct scmi_instance *instance, struct scmi_manager *manager,
			 struct scmi_binding *binding, const struct scmi_instance_options *options,
			 char *why, size_t why_size)
{
	int error;

	instance->managed = managed_of(manager, binding);
	if (!instance->managed)
		return because(-ENOMEM, why, why_size, "out of memory");
	instance->link = &instance->managed->link;
	error = scmi_link_take(instance->link, options, why, why_size);
	if (error)
		return error;
	instance->agent = instance->link->agent;
	if (options) {
		instance->changed = options->changed;
		instance->changed_ctx = options->changed_ctx;
	}
	instance->told.error = -ENODEV;
	return 0;
}

int scmi_manager_instance(struct scmi_manager *manager, const char *name,
			  const struct scmi_instance_options *options, struct scmi_instance **out,
			  char *why, size_t why_size)
{
	struct scmi_instance *instance;
	struct scmi_binding *binding;
	int error = options ? scmi_settings_check(&options->settings, why, why_size) : 0;

	if (error)
		return error;
	instance = calloc(1, sizeof(*instance));
	if (!instance)
		return because(-ENOMEM, why, why_size, "out of memory");
	error = scmi_binding_get(manager->binder, name, &binding);
	if (error) {
		because(error, why, why_size, "the instance cannot be held: %s", strerror(-error));
	} else {
		count_instances(manager, 1);
		error = take_instance(instance, manager, binding, options, why, why_size);
		if (error) {
			scmi_binding_put(binding);
			count_instances(manager, -1);
		}
	}
	if (error)
		free(instance);
	else
		*out = instance;
	return error;
}

void scmi_managed_close(struct scmi_instance *instance)
{
	struct scmi_manager *manager = instance->managed->manager;

	scmi_link_leave(instance->link);
	scmi_binding_put(instance->managed->binding);
	count_instances(manager, -1);
	free(instance);
}

size_t scmi_manager_explain(struct scmi_manager *manager, struct scmi_binding *binding, char *text,
			    size_t size)
{
	static const char again[] = "; it is tried again";
	struct scmi_managed *managed = scmi_binding_data(binding);
	size_t used = scmi_binding_explain(binding, text, size);
	struct scmi_binding_status bound;
	struct scmi_instance_status status;
	char why[256] = "";

	(void)manager;
	scmi_binding_status(binding, &bound);
	if (managed)
		scmi_link_status(&managed->link, &status, why, sizeof(why));
	/* What a device did says nothing of what is waited for since. */
	if (!why[0] || (bound.state != SCMI_BINDING_READY && bound.state != SCMI_BINDING_FAILED))
		return used;
	if (bound.state == SCMI_BINDING_READY) {
		because(0, text, size, "%s%s", why, again);
		return strlen(why) + strlen(again);
	}
	if (used < size)
		snprintf(text + used, size - used, ": %s%s", why, again);
	return used + 2 + strlen(why) + strlen(again);
}

size_t scmi_managed_explain(struct scmi_instance *instance, char *text, size_t size)
{
	struct scmi_managed *managed = instance->managed;

	return scmi_manager_explain(managed->manager, managed->binding, text, size);
}
