/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transports that a process can use: those built in, and those that are files.
 *
 * A transport in a file is a shared object scmi-transport-NAME.so, NAME being [a-z0-9-]{1,32}, that
 * exports one symbol: `const struct scmi_transport scmi_transport`, whose name is NAME. There is no
 * list of them: whatever is in the directories is opened, checked, and asked for its scheme and its
 * `compatible` strings. scmi_instance_open() does so by itself; an application that opens many
 * instances, wants other directories, or wants to know what there is makes a loader.
 *
 * Order. Built-in transports come first, then files by directory, in a directory by name. The first
 * that has a name or a scheme has it alone; files are looked at only when no built-in transport is
 * meant.
 *
 * Trust. A file that is opened may do all that the process may. So directories are absolute, and a
 * directory or file that anybody but root and the effective user could change is not used.
 *
 * One thread uses a loader at a time. Drivers are counted, from any thread, and outlive their loader.
 * Functions may block for reading files. Errors are 0 or -errno; `why`, if not NULL, then has a
 * sentence for people, NUL-terminated in why[why_size].
 */
#ifndef SCMI_LOADER_H
#define SCMI_LOADER_H

#include <scmi/transport.h>

struct scmi_loader;
struct scmi_driver; /* a transport, and a reference that keeps its code loaded */

/**
 * scmi_loader_new() - what this process can use
 * @directories: absolute directories, separated by ':'. NULL: those in SCMI_TRANSPORT_PATH (which a
 *		 program that has more rights than who started it does not look at), then
 *		 scmi_loader_directory(). Copied.
 *
 * Opens no file yet. -ENOMEM.
 */
int scmi_loader_new(struct scmi_loader **loader, const char *directories);

/* Files that nobody has a driver of are unloaded. NULL is allowed. */
void scmi_loader_free(struct scmi_loader *loader);

/* The directory that was chosen when libscmi was built; NULL where it loads no files. */
const char *scmi_loader_directory(void);

/*
 * The transport of that name, URI scheme or device-tree string. *driver is the caller's, until
 * scmi_driver_put(). -EOPNOTSUPP (there is none, or this libscmi loads no files), -EINVAL (that
 * cannot be a name), or why the file that has this name was refused: -EACCES (others could change
 * it), -ENOEXEC (no transport, or of another ABI), -EINVAL (lacks something), -ENOMEM.
 */
int scmi_loader_by_name(struct scmi_loader *loader, const char *name, struct scmi_driver **driver,
			char *why, size_t why_size);
int scmi_loader_by_scheme(struct scmi_loader *loader, const char *scheme,
			  struct scmi_driver **driver, char *why, size_t why_size);
int scmi_loader_by_compatible(struct scmi_loader *loader, const char *compatible,
			      struct scmi_driver **driver, char *why, size_t why_size);

/*
 * The transport in that file, absolute and called scmi-transport-NAME.so, without a loader and
 * whatever is built in. Errors as above.
 */
int scmi_driver_open(struct scmi_driver **driver, const char *path, char *why, size_t why_size);

/* Constant, and valid as long as the reference is held. */
const struct scmi_transport *scmi_driver_transport(const struct scmi_driver *driver);

/*
 * One more reference, and one less. At none the file is unloaded: whoever has a device or an endpoint
 * of the transport holds one. put() allows NULL.
 */
struct scmi_driver *scmi_driver_get(struct scmi_driver *driver);
void scmi_driver_put(struct scmi_driver *driver);

/* For lists: a transport, or why a file or a directory is not used. Valid as long as the loader. */
struct scmi_loader_entry {
	const char *name; /* NULL: it is about a directory */
	const char *path; /* of the file or directory; NULL: built in */
	const struct scmi_transport *transport; /* NULL: not used */
	int error;	  /* 0; -EEXIST: another comes first; else -errno of the refusal */
	const char *why;  /* a sentence if error is not 0 */
};

/* By index from 0, looking at the files first. False behind the last. */
bool scmi_loader_entry(struct scmi_loader *loader, size_t index, struct scmi_loader_entry *entry);

#endif
