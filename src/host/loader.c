/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of transports that a process can use, and finding one in it. */
#include "loader.h"

#include <stdio.h>
#include <stdlib.h>

#include "../transports/why.h"
#include "transports.h"

#define NAME_MAX_LENGTH 32u

/* ---- drivers --------------------------------------------------------------------------------- */

struct scmi_driver *loader_driver_new(const struct scmi_transport *transport, void *handle)
{
	struct scmi_driver *driver = malloc(sizeof(*driver));

	if (driver) {
		driver->transport = transport;
		driver->handle = handle;
		atomic_init(&driver->references, 1);
	}
	return driver;
}

const struct scmi_transport *scmi_driver_transport(const struct scmi_driver *driver)
{
	return driver->transport;
}

struct scmi_driver *scmi_driver_get(struct scmi_driver *driver)
{
	atomic_fetch_add(&driver->references, 1);
	return driver;
}

void scmi_driver_put(struct scmi_driver *driver)
{
	if (!driver || atomic_fetch_sub(&driver->references, 1) != 1)
		return;
	if (driver->handle)
		loader_close(driver->handle);
	free(driver);
}

/* ---- the table ------------------------------------------------------------------------------- */

bool loader_is_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') &&
		    name[i] != '-')
			return false;
	}
	return length >= 1 && length <= NAME_MAX_LENGTH;
}

/* A copy that is NULL for NULL. False: no memory. */
static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static void entry_free(struct loader_entry *entry)
{
	scmi_driver_put(entry->driver);
	free(entry->name);
	free(entry->path);
	free(entry->why);
}

void loader_add(struct scmi_loader *loader, const char *name, const char *path,
		struct scmi_driver *driver, int error, const char *why)
{
	struct loader_entry entry = {.driver = driver, .error = error};
	struct loader_entry *entries;

	entries = realloc(loader->entries, (loader->count + 1) * sizeof(*entries));
	if (entries)
		loader->entries = entries;
	if (!entries || !copy(&entry.name, name) || !copy(&entry.path, path) ||
	    !copy(&entry.why, error ? why : NULL)) {
		loader->incomplete = true;
		entry_free(&entry);
		return;
	}
	entries[loader->count++] = entry;
}

const struct loader_entry *loader_with_name(const struct scmi_loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->count; i++) {
		if (loader->entries[i].driver && !strcmp(loader->entries[i].name, name))
			return &loader->entries[i];
	}
	return NULL;
}

const struct loader_entry *loader_with_scheme(const struct scmi_loader *loader, const char *scheme)
{
	for (size_t i = 0; i < loader->count; i++) {
		if (loader->entries[i].driver &&
		    !strcmp(loader->entries[i].driver->transport->scheme, scheme))
			return &loader->entries[i];
	}
	return NULL;
}

static const struct loader_entry *with_compatible(const struct scmi_loader *loader,
						  const char *compatible)
{
	const char *const *served;

	for (size_t i = 0; i < loader->count; i++) {
		if (!loader->entries[i].driver)
			continue;
		served = loader->entries[i].driver->transport->compatible;
		for (; served && *served; served++) {
			if (!strcmp(*served, compatible))
				return &loader->entries[i];
		}
	}
	return NULL;
}

int scmi_loader_new(struct scmi_loader **out, const char *directories)
{
	struct scmi_loader *loader = calloc(1, sizeof(*loader));
	const struct scmi_transport *transport;
	struct scmi_driver *driver;

	if (!loader)
		return -ENOMEM;
	loader->incomplete = !copy(&loader->directories, directories);
	for (size_t i = 0; scmi_builtin_transports[i]; i++) {
		transport = scmi_builtin_transports[i];
		driver = loader_driver_new(transport, NULL);
		if (driver)
			loader_add(loader, transport->name, NULL, driver, 0, NULL);
		else
			loader->incomplete = true;
	}
	if (loader->incomplete) {
		scmi_loader_free(loader);
		return -ENOMEM;
	}
	*out = loader;
	return 0;
}

void scmi_loader_free(struct scmi_loader *loader)
{
	if (!loader)
		return;
	for (size_t i = 0; i < loader->count; i++)
		entry_free(&loader->entries[i]);
	free(loader->entries);
	free(loader->directories);
	free(loader);
}

static void look_once(struct scmi_loader *loader)
{
	if (!loader->looked)
		loader_look(loader);
	loader->looked = true;
}

bool scmi_loader_entry(struct scmi_loader *loader, size_t index, struct scmi_loader_entry *entry)
{
	const struct loader_entry *from;

	look_once(loader);
	if (index >= loader->count)
		return false;
	from = &loader->entries[index];
	*entry = (struct scmi_loader_entry){
		.name = from->name,
		.path = from->path,
		.transport = from->driver ? from->driver->transport : NULL,
		.error = from->error,
		.why = from->why,
	};
	return true;
}

/* ---- finding --------------------------------------------------------------------------------- */

struct question {
	const struct loader_entry *(*find)(const struct scmi_loader *loader, const char *key);
	const char *key;
	const char *what; /* "has the scheme" */
};

/* The refusal of the file that has the name that is looked for, or else the first; and how many. */
static const struct loader_entry *refusal(const struct scmi_loader *loader, const char *name,
					  size_t *count)
{
	const struct loader_entry *entry, *told = NULL;
	bool named = false;

	*count = 0;
	for (entry = loader->entries; entry < loader->entries + loader->count; entry++) {
		if (!entry->error || entry->error == -EEXIST)
			continue;
		++*count;
		if (!told || (!named && entry->name && !strcmp(entry->name, name))) {
			told = entry;
			named = entry->name && !strcmp(entry->name, name);
		}
	}
	return told;
}

/* "built in are unix and loop": schemes. */
static void list_builtin(char *text, size_t size)
{
	const struct scmi_transport *const *transport = scmi_builtin_transports;
	size_t length = 0;

	snprintf(text, size, "none is built in");
	for (; *transport && length < size; transport++)
		length += (size_t)snprintf(text + length, size - length, "%s%s",
					   transport == scmi_builtin_transports ? "built in are "
					   : transport[1]			? ", "
										: " and ",
					   (*transport)->scheme);
}

static int not_found(const struct scmi_loader *loader, const struct question *question, char *why,
		     size_t why_size)
{
	const struct loader_entry *refused;
	char builtin[128], where[256], more[40] = "";
	size_t count;

	if (loader->incomplete)
		return because(-ENOMEM, why, why_size, "out of memory");
	refused = refusal(loader, question->key, &count);
	if (refused && refused->name && !strcmp(refused->name, question->key))
		return because(refused->error, why, why_size, "%s", refused->why);
	list_builtin(builtin, sizeof(builtin));
	loader_where(loader, where, sizeof(where));
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", count - 1);
	return because(-EOPNOTSUPP, why, why_size, "no transport %s '%s': %s%s%s%s%s",
		       question->what, question->key, builtin, where, refused ? "; " : "",
		       refused ? refused->why : "", more);
}

static int find(struct scmi_loader *loader, const struct question *question,
		struct scmi_driver **driver, char *why, size_t why_size)
{
	const struct loader_entry *entry = question->find(loader, question->key);
	int error;

	if (!entry) {
		look_once(loader);
		entry = question->find(loader, question->key);
	}
	if (!entry)
		return not_found(loader, question, why, why_size);
	/* One in a file was checked when it was opened. */
	error = entry->path ? 0 : scmi_transport_check(entry->driver->transport, why, why_size);
	if (!error)
		*driver = scmi_driver_get(entry->driver);
	return error;
}

int scmi_loader_by_name(struct scmi_loader *loader, const char *name, struct scmi_driver **driver,
			char *why, size_t why_size)
{
	const struct question question = {loader_with_name, name, "has the name"};

	if (!loader_is_name(name, strlen(name)))
		return because(-EINVAL, why, why_size,
			       "'%s' is no name of a transport: 1 to %u of a-z, 0-9 and -", name,
			       NAME_MAX_LENGTH);
	return find(loader, &question, driver, why, why_size);
}

int scmi_loader_by_scheme(struct scmi_loader *loader, const char *scheme,
			  struct scmi_driver **driver, char *why, size_t why_size)
{
	const struct question question = {loader_with_scheme, scheme, "has the scheme"};

	return find(loader, &question, driver, why, why_size);
}

int scmi_loader_by_compatible(struct scmi_loader *loader, const char *compatible,
			      struct scmi_driver **driver, char *why, size_t why_size)
{
	const struct question question = {with_compatible, compatible, "is compatible with"};

	return find(loader, &question, driver, why, why_size);
}
