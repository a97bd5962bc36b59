/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run directory: made if absent, and one scmid's at a time. */
#ifndef SCMID_RUNDIR_H
#define SCMID_RUNDIR_H

struct scmid_rundir;

/* Logs what is wrong. -errno; -EBUSY if another scmid has it. `path` is the caller's and stays. */
int scmid_rundir_open(struct scmid_rundir **rundir, const char *path);

/* Descriptor of the directory; the rundir's. */
int scmid_rundir_fd(const struct scmid_rundir *rundir);

/* Gives it up; NULL is allowed. */
void scmid_rundir_close(struct scmid_rundir *rundir);

#endif
