/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transports in files: which directories, whom they must belong to, what a file must be.
 *
 * A file is loaded by its resolved path, after that path was found to be out of everybody else's
 * reach down to the root: so nobody can put another file there between the look and the load. (To
 * load it by descriptor would be shorter, but dlopen() takes two files for one that had the same
 * path, and descriptors are used again.)
 */
#define _GNU_SOURCE

#include "loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../transports/why.h"
#include "transports.h"

#define PREFIX	    "scmi-transport-"
#define SUFFIX	    ".so"
#define SYMBOL	    "scmi_transport"
#define NAME_SPACE  33u
#define WHY_SIZE    512u
#define OUR_ENVIRON "SCMI_TRANSPORT_PATH"

/* ---- directories ----------------------------------------------------------------------------- */

const char *scmi_loader_directory(void)
{
	return SCMI_TRANSPORT_DIRECTORY;
}

/* What was asked for beside the default; NULL: nothing. */
static const char *asked(const struct scmi_loader *loader)
{
	const char *path = loader->directories ? loader->directories : secure_getenv(OUR_ENVIRON);

	return path && *path ? path : NULL;
}

void loader_where(const struct scmi_loader *loader, char *text, size_t size)
{
	const char *path = asked(loader);

	if (loader->directories)
		snprintf(text, size, ", no file in %s has it", path ? path : "no directory");
	else
		snprintf(text, size, ", no file in %s%s%s has it", path ? path : "", path ? ":" : "",
			 SCMI_TRANSPORT_DIRECTORY);
}

/* ---- trust ----------------------------------------------------------------------------------- */

/* Could somebody else than root and the effective user change this file or directory? */
static int check_owner(const char *path, bool above, char *why)
{
	struct stat about;

	if (stat(path, &about))
		return because(-errno, why, WHY_SIZE, "cannot look at %s: %s", path,
			       strerror(errno));
	if (about.st_uid != 0 && about.st_uid != geteuid())
		return because(-EACCES, why, WHY_SIZE,
			       "%s belongs to user %u, who could put any code there: it should be"
			       " root's or yours",
			       path, (unsigned)about.st_uid);
	/* In a sticky directory nobody else can replace what is there. */
	if ((about.st_mode & 022) && !(above && (about.st_mode & S_ISVTX)))
		return because(-EACCES, why, WHY_SIZE,
			       "%s can be written by %s (mode %04o), who could put any code there",
			       path, about.st_mode & 02 ? "everybody" : "its group",
			       (unsigned)(about.st_mode & 07777));
	return 0;
}

/* The same of a resolved path and all that is above it. */
static int check_path(const char *resolved, char *why)
{
	char *above = strdup(resolved);
	char *slash;
	int error;

	if (!above)
		return because(-ENOMEM, why, WHY_SIZE, "out of memory");
	error = check_owner(resolved, false, why);
	while (!error && (slash = strrchr(above, '/')) && slash[1]) {
		slash[slash == above] = '\0'; /* "/" stays */
		error = check_owner(above, true, why);
	}
	free(above);
	return error;
}

/* ---- files ----------------------------------------------------------------------------------- */

void loader_close(void *handle)
{
	dlclose(handle);
}

static int check_descriptor(const struct scmi_transport *transport, const char *name,
			    const char *path, char *why)
{
	char reason[256] = "";
	int error = scmi_transport_check(transport, reason, sizeof(reason));

	if (error)
		return because(error, why, WHY_SIZE, "%s: %s", path, reason);
	if (strcmp(transport->name, name))
		return because(-EINVAL, why, WHY_SIZE,
			       "%s: the transport in it has another name, '%.40s'", path,
			       transport->name);
	if (!loader_is_name(transport->scheme, strnlen(transport->scheme, NAME_SPACE)))
		return because(-EINVAL, why, WHY_SIZE,
			       "%s: its scheme '%.40s' is not 1 to 32 of a-z, 0-9 and -", path,
			       transport->scheme);
	return 0;
}

/* Load what is at that resolved path. */
static int load(const char *resolved, const char *name, struct scmi_driver **driver, char *why)
{
	void *handle = dlopen(resolved, RTLD_NOW | RTLD_LOCAL);
	const struct scmi_transport *transport;
	int error;

	if (!handle)
		return because(-ENOEXEC, why, WHY_SIZE, "cannot load a transport: %s", dlerror());
	transport = dlsym(handle, SYMBOL);
	if (!transport)
		error = because(-ENOEXEC, why, WHY_SIZE, "%s has no symbol " SYMBOL, resolved);
	else
		error = check_descriptor(transport, name, resolved, why);
	if (!error) {
		*driver = loader_driver_new(transport, handle);
		if (!*driver)
			error = because(-ENOMEM, why, WHY_SIZE, "out of memory");
	}
	if (error)
		dlclose(handle);
	return error;
}

static int open_file(const char *path, const char *name, struct scmi_driver **driver, char *why)
{
	char *resolved = realpath(path, NULL);
	struct stat about;
	int error;

	if (!resolved)
		return because(-errno, why, WHY_SIZE, "cannot look at %s: %s", path,
			       strerror(errno));
	error = check_path(resolved, why);
	if (!error && (stat(resolved, &about) || !S_ISREG(about.st_mode)))
		error = because(-ENOEXEC, why, WHY_SIZE, "%s is no file", path);
	if (!error)
		error = load(resolved, name, driver, why);
	free(resolved);
	return error;
}

/* NAME of scmi-transport-NAME.so; false for every other file. Nothing else gets into a path. */
static bool name_of(const char *file, char name[NAME_SPACE])
{
	size_t length = strlen(file);
	size_t around = strlen(PREFIX) + strlen(SUFFIX);

	if (length <= around || memcmp(file, PREFIX, strlen(PREFIX)) ||
	    strcmp(file + length - strlen(SUFFIX), SUFFIX) ||
	    !loader_is_name(file + strlen(PREFIX), length - around))
		return false;
	memcpy(name, file + strlen(PREFIX), length - around);
	name[length - around] = '\0';
	return true;
}

int scmi_driver_open(struct scmi_driver **driver, const char *path, char *why, size_t why_size)
{
	const char *slash = strrchr(path, '/');
	char reason[WHY_SIZE] = "", name[NAME_SPACE];
	int error;

	if (path[0] != '/' || !name_of(slash + 1, name))
		return because(-EINVAL, why, why_size,
			       "'%s' is no absolute path of a " PREFIX "NAME" SUFFIX, path);
	error = open_file(path, name, driver, reason);
	return error ? because(error, why, why_size, "%s", reason) : 0;
}

static int is_transport(const struct dirent *entry)
{
	char name[NAME_SPACE];

	return name_of(entry->d_name, name);
}

/* Another has its name or its scheme: `first` may be NULL. */
static bool comes_second(const struct loader_entry *first, const char *path, const char *what,
			 char *why)
{
	if (!first)
		return false;
	because(0, why, WHY_SIZE, "%s is not used: %s has the same %s", path,
		first->path ? first->path : "a built-in transport", what);
	return true;
}

static void add_file(struct scmi_loader *loader, const char *path, const char *name)
{
	struct scmi_driver *driver = NULL;
	char why[WHY_SIZE] = "";
	int error;

	if (comes_second(loader_with_name(loader, name), path, "name", why)) {
		loader_add(loader, name, path, NULL, -EEXIST, why);
		return;
	}
	error = open_file(path, name, &driver, why);
	if (!error && comes_second(loader_with_scheme(loader, driver->transport->scheme), path,
				   "scheme", why)) {
		scmi_driver_put(driver);
		driver = NULL;
		error = -EEXIST;
	}
	loader_add(loader, name, path, driver, error, why);
}

/* The files of a directory that is as it should be, by name. */
static void add_files(struct scmi_loader *loader, const char *resolved)
{
	struct dirent **files;
	char name[NAME_SPACE];
	char *path;
	int count = scandir(resolved, &files, is_transport, alphasort);

	if (count < 0) {
		char why[WHY_SIZE];
		int error = because(-errno, why, WHY_SIZE, "cannot look into %s: %s", resolved,
				    strerror(errno));

		loader_add(loader, NULL, resolved, NULL, error, why);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (asprintf(&path, "%s/%s", resolved, files[i]->d_name) < 0) {
			loader->incomplete = true;
		} else {
			if (name_of(files[i]->d_name, name))
				add_file(loader, path, name);
			free(path);
		}
		free(files[i]);
	}
	free(files);
}

/* `wanted`: somebody named it, so that it is not there is worth a sentence. */
static void look_into(struct scmi_loader *loader, const char *directory, bool wanted)
{
	char why[WHY_SIZE] = "";
	char *resolved = NULL;
	int error = 0;

	if (directory[0] != '/')
		error = because(-EINVAL, why, WHY_SIZE,
				"'%s' is no absolute path: what it means would depend on where"
				" the program is started",
				directory);
	if (!error) {
		resolved = realpath(directory, NULL);
		if (!resolved && !wanted && errno == ENOENT)
			return;
		error = resolved ? check_path(resolved, why)
				 : because(-errno, why, WHY_SIZE, "cannot look into %s: %s",
					   directory, strerror(errno));
	}
	if (error)
		loader_add(loader, NULL, directory, NULL, error, why);
	else
		add_files(loader, resolved);
	free(resolved);
}

void loader_look(struct scmi_loader *loader)
{
	const char *path = asked(loader);
	char *list = path ? strdup(path) : NULL;
	char *rest = list;
	const char *directory;

	if (path && !list)
		loader->incomplete = true;
	while ((directory = strsep(&rest, ":"))) {
		if (*directory)
			look_into(loader, directory, true);
	}
	free(list);
	if (!loader->directories)
		look_into(loader, SCMI_TRANSPORT_DIRECTORY, false);
}
