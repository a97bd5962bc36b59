/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between the loader's table and what looks at files; static programs have none of the latter. */
#ifndef SCMI_HOST_LOADER_H
#define SCMI_HOST_LOADER_H

#include <stdatomic.h>

#include <scmi/loader.h>

struct scmi_driver {
	const struct scmi_transport *transport;
	void *handle; /* NULL: built in */
	atomic_uint references;
};

struct loader_entry {
	char *name;
	char *path;
	struct scmi_driver *driver; /* NULL: not used */
	int error;
	char *why;
};

struct scmi_loader {
	char *directories; /* NULL: of the environment, and the default */
	bool looked;	   /* at the files */
	bool incomplete;   /* for want of memory */
	struct loader_entry *entries;
	size_t count;
};

/* Is it [a-z0-9-]{1,32}? */
bool loader_is_name(const char *name, size_t length);

/*
 * Takes over the caller's reference of the driver; the strings are copied, `why` is NULL without
 * error. Without memory the driver is put, and the loader is incomplete.
 */
void loader_add(struct scmi_loader *loader, const char *name, const char *path,
		struct scmi_driver *driver, int error, const char *why);

/* The entry in use that has this name, or this scheme. NULL: none. */
const struct loader_entry *loader_with_name(const struct scmi_loader *loader, const char *name);
const struct loader_entry *loader_with_scheme(const struct scmi_loader *loader, const char *scheme);

/* A driver with one reference; NULL: no memory. */
struct scmi_driver *loader_driver_new(const struct scmi_transport *transport, void *handle);

/* loader_files.c: add an entry for every file in the directories, and each directory not used. */
void loader_look(struct scmi_loader *loader);
void loader_close(void *handle);
/* Where was looked, for people: "/a and /b". */
void loader_where(const struct scmi_loader *loader, char *text, size_t size);

#endif
