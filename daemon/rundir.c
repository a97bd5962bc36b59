/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"

#define LOCK_NAME "lock"

struct scmid_rundir {
	int directory;
	int lock;
};

/*
 * The holder's process number is in the lock file, for the message only: the lock itself is the
 * kernel's.
 */
static void tell_holder(const char *path, int lock)
{
	char holder[32] = "";
	ssize_t got = pread(lock, holder, sizeof(holder) - 1, 0);

	holder[got > 0 ? strcspn(holder, "\n") : 0] = '\0';
	scmid_log("another scmid (process %s) runs in %s; stop it, or give this one a --run-dir of "
		  "its own",
		  holder[0] ? holder : "unknown", path);
}

static int lock_rundir(struct scmid_rundir *rundir, const char *path)
{
	struct stat ours, there;

	for (;;) {
		rundir->lock = openat(rundir->directory, LOCK_NAME,
				      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (rundir->lock < 0) {
			int error = errno;

			scmid_log("cannot use %s as run directory: %s: %s", path, LOCK_NAME,
				  strerror(error));
			return -error;
		}
		if (flock(rundir->lock, LOCK_EX | LOCK_NB)) {
			tell_holder(path, rundir->lock);
			return -EBUSY;
		}
		/*
		 * Who had it may have removed the file before giving it up: then this is no longer
		 * the one to lock.
		 */
		if (!fstat(rundir->lock, &ours) &&
		    !fstatat(rundir->directory, LOCK_NAME, &there, 0) &&
		    ours.st_ino == there.st_ino)
			break;
		close(rundir->lock);
	}
	if (ftruncate(rundir->lock, 0) || dprintf(rundir->lock, "%d\n", (int)getpid()) < 0)
		scmid_log("%s/%s cannot be written: %s", path, LOCK_NAME, strerror(errno));
	return 0;
}

int scmid_rundir_open(struct scmid_rundir **out, const char *path)
{
	struct scmid_rundir *rundir = scmid_calloc(1, sizeof(*rundir));
	int error = 0;

	rundir->lock = -1;
	if (mkdir(path, 0755) && errno != EEXIST)
		error = errno;
	rundir->directory = error ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!error && rundir->directory < 0)
		error = errno;
	if (error) {
		scmid_log("cannot use %s as run directory: %s", path, strerror(error));
		free(rundir);
		return -error;
	}
	error = lock_rundir(rundir, path);
	if (error) {
		if (rundir->lock >= 0)
			close(rundir->lock);
		close(rundir->directory);
		free(rundir);
		return error;
	}
	*out = rundir;
	return 0;
}

int scmid_rundir_fd(const struct scmid_rundir *rundir)
{
	return rundir->directory;
}

void scmid_rundir_close(struct scmid_rundir *rundir)
{
	if (!rundir)
		return;
	unlinkat(rundir->directory, LOCK_NAME, 0);
	close(rundir->lock);
	close(rundir->directory);
	free(rundir);
}
