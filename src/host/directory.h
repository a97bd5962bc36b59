/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A directory whose sockets are suppliers: one that appears is announced to a binder, one that goes
 * is withdrawn as lost.
 *
 * Names. A supplier is named by the path of its socket as seen from the directory, and addressed by
 * the whole path. In the file's name %XX stands for the byte XX, so that a device tree's paths
 * can be written: in /run/devices the socket "virtio@a000000" is the supplier "/virtio@a000000", and
 * "soc%2Fvirtio@a000000" is "/soc/virtio@a000000".
 *
 * What counts. Sockets only; symbolic links are not followed, and names that begin with '.' are
 * not looked at: whoever makes a socket elsewhere or under such a name, listens, and then renames it
 * is never met half-way. A socket that is replaced is withdrawn and announced anew. The directory may
 * be missing, may go and come again, and may be on a path that has symbolic links, whose targets'
 * parents are not watched.
 *
 * Trust. Who may write into the directory says what there is, so up to SCMI_DIRECTORY_MAX sockets
 * are taken, and complaints about names are cut short.
 *
 * One thread at a time uses a directory. Errors are 0 or -errno.
 */
#ifndef SCMI_HOST_DIRECTORY_H
#define SCMI_HOST_DIRECTORY_H

#include <scmi/bind.h>

#define SCMI_DIRECTORY_MAX 1024

struct scmi_directory;

struct scmi_directory_options {
	struct scmi_binder *binder;
	const char *transport; /* which transport the sockets are for; copied */
	const char *path;      /* copied; if relative, the working directory has to stay */
	/* A sentence for people: what is not taken and why. Printable ASCII. May be NULL. */
	void (*note)(void *ctx, const char *sentence);
	void *ctx;
};

/*
 * Announces what is there. -ENOENT (no path), -ENAMETOOLONG, -ENOMEM, what inotify_init1() gave; with a
 * sentence in why[why_size].
 */
int scmi_directory_new(struct scmi_directory **directory,
		       const struct scmi_directory_options *options, char *why, size_t why_size);

/*
 * Withdraws what was announced, not as lost. Before scmi_binder_free(), whose scmi_binder_run() lets go
 * of the rest. NULL is allowed.
 */
void scmi_directory_free(struct scmi_directory *directory);

/* Readable when dispatch() has something to do. The directory's, do not close. */
int scmi_directory_fd(const struct scmi_directory *directory);

/* Announce and withdraw what changed. Does not block but for looking at files. */
void scmi_directory_dispatch(struct scmi_directory *directory);

/*
 * What this supplier leads to is broken, though its socket is there: withdraw it as lost and announce
 * it anew. One that is not of this directory is left alone: false.
 */
bool scmi_directory_again(struct scmi_directory *directory, const struct scmi_supplier *supplier);

#endif
