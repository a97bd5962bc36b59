/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every event only says where to look: what is announced is what stands there then, so that events
 * that are late, doubled, or lost in an overflow do no harm.
 */
#define _GNU_SOURCE
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../transports/why.h"
#include "monotonic.h"
#include "uri.h"

/* More files than this are not looked at: somebody has filled the directory. */
#define FILES_MAX 65536u
/* Of the directory, so that a file's fits PATH_MAX. */
#define PATH_SIZE (PATH_MAX - NAME_MAX - 1)
/* Directories on the way to ours, itself included. */
#define DEPTH_MAX 32u
/* Sentences at once; then one more every second. */
#define NOTES_MAX 16u
#define NS_PER_S  1000000000u

#define WAY_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
#define DIRECTORY_EVENTS (WAY_EVENTS | IN_DELETE_SELF | IN_MOVE_SELF)

/* Which file it is: another of the same name is another supplier. */
struct identity {
	uint32_t device_major;
	uint32_t device_minor;
	uint64_t inode;
	/* Inodes are used again; 0 where the file system does not know. */
	int64_t born_s;
	uint32_t born_ns;
};

/* A socket. The directory has a reference while it stands there, the binder until it is released. */
struct socket_file {
	struct socket_file *next;
	atomic_uint references;
	struct identity identity;
	struct scmi_supplier supplier;
	const char *file; /* its name in the directory: the end of the address */
	char texts[];
};

/* A directory on the way to ours, or ours; watched for the next part of the path. */
struct step {
	int watch;	  /* -1: it is not there */
	const char *next; /* in `path`; "" in ours */
	size_t next_length;
};

struct scmi_directory {
	struct scmi_directory_options options;
	struct socket_file *sockets;
	size_t count;
	bool left_out; /* for want of room, or as another has its name */
	int events;
	bool went; /* something was withdrawn: there is room again */
	struct step steps[DEPTH_MAX];
	size_t step_count;
	unsigned notes; /* that may still be said */
	uint64_t notes_since_ns;
	char *transport;
	char path[PATH_SIZE];
};

/* ---- sentences ------------------------------------------------------------------------------- */

static bool may_note(struct scmi_directory *directory)
{
	uint64_t now_ns = scmi_monotonic_ns();
	uint64_t seconds = (now_ns - directory->notes_since_ns) / NS_PER_S;

	if (!directory->options.note)
		return false;
	if (seconds) {
		directory->notes_since_ns = now_ns;
		directory->notes = seconds > NOTES_MAX - directory->notes
					   ? NOTES_MAX
					   : directory->notes + (unsigned)seconds;
	}
	if (!directory->notes)
		return false;
	directory->notes--;
	return true;
}

/* Files are named by others: what is not printable is said as \xNN. */
static void make_printable(char to[4 * NAME_MAX + 1], const char *file)
{
	for (; *file; file++) {
		if (*file >= ' ' && *file <= '~')
			*to++ = *file;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*file);
	}
	*to = '\0';
}

static void note(struct scmi_directory *directory, const char *file, const char *what)
{
	char clean[4 * NAME_MAX + 1];
	char sentence[PATH_MAX + sizeof(clean) + 256];

	if (!may_note(directory))
		return;
	make_printable(clean, file);
	snprintf(sentence, sizeof(sentence), "%s%s%s: %s", directory->path, *file ? "/" : "", clean,
		 what);
	directory->options.note(directory->options.ctx, sentence);
}

/* ---- one socket ------------------------------------------------------------------------------ */

static void put_socket(struct socket_file *socket)
{
	if (atomic_fetch_sub(&socket->references, 1) == 1)
		free(socket);
}

static void on_released(void *ctx)
{
	put_socket(ctx);
}

static struct socket_file *new_socket(const struct scmi_directory *directory, const char *file,
				      const char *name, const struct identity *identity)
{
	size_t path_length = strlen(directory->path);
	size_t transport_size = strlen(directory->transport) + 1;
	size_t name_size = strlen(name) + 1;
	size_t address_size = path_length + 1 + strlen(file) + 1;
	struct socket_file *socket =
		calloc(1, sizeof(*socket) + transport_size + name_size + address_size);
	char *own_name, *address;

	if (!socket)
		return NULL;
	memcpy(socket->texts, directory->transport, transport_size);
	own_name = socket->texts + transport_size;
	memcpy(own_name, name, name_size);
	address = own_name + name_size;
	snprintf(address, address_size, "%s/%s", directory->path, file);
	socket->file = address + path_length + 1;
	socket->identity = *identity;
	socket->supplier.name = own_name;
	socket->supplier.transport = socket->texts;
	socket->supplier.address = address;
	socket->supplier.released = on_released;
	socket->supplier.ctx = socket;
	atomic_init(&socket->references, 2);
	return socket;
}

/* Whom it belongs to: "x%2Fy" is "/x/y". False: its name is none. */
static bool supplier_name(char name[NAME_MAX + 2], const char *file)
{
	name[0] = '/';
	return scmi_percent_decode(name + 1, file, strlen(file));
}

static void announce(struct scmi_directory *directory, const char *file,
		     const struct identity *identity)
{
	struct socket_file *socket;
	char name[NAME_MAX + 2];
	int error;

	if (!supplier_name(name, file)) {
		note(directory, file,
		     "not taken: a % in its name is not followed by two hexadecimal digits (01 to ff)");
		return;
	}
	if (directory->count == SCMI_DIRECTORY_MAX) {
		if (!directory->left_out)
			note(directory, file, "not taken: there are 1024 sockets already");
		directory->left_out = true;
		return;
	}
	socket = new_socket(directory, file, name, identity);
	error = socket ? scmi_binder_announce(directory->options.binder, &socket->supplier)
		       : -ENOMEM;
	if (!error) {
		socket->next = directory->sockets;
		directory->sockets = socket;
		directory->count++;
		return;
	}
	free(socket);
	directory->left_out = true;
	note(directory, file,
	     error == -EEXIST ? "not taken: another supplier has this name" : "not taken: out of memory");
}

/* Where it hangs in the list. */
static void withdraw(struct scmi_directory *directory, struct socket_file **place, bool lost)
{
	struct socket_file *socket = *place;

	*place = socket->next;
	directory->count--;
	directory->went = true;
	/* Not there is also what a binder that is stopped says. */
	scmi_binder_withdraw(directory->options.binder, &socket->supplier, lost);
	put_socket(socket);
}

static void withdraw_all(struct scmi_directory *directory, bool lost)
{
	while (directory->sockets)
		withdraw(directory, &directory->sockets, lost);
}

static struct socket_file **find(struct scmi_directory *directory, const char *file)
{
	struct socket_file **place = &directory->sockets;

	while (*place && strcmp((*place)->file, file))
		place = &(*place)->next;
	return place;
}

/* Is there a socket of this name? */
static bool identify(const struct scmi_directory *directory, const char *file,
		     struct identity *identity)
{
	char path[PATH_MAX];
	struct statx now;

	/* A descriptor of the directory would do, and would keep its file system from being unmounted. */
	snprintf(path, sizeof(path), "%s/%s", directory->path, file);
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_BTIME,
		  &now) ||
	    !S_ISSOCK(now.stx_mode))
		return false;
	memset(identity, 0, sizeof(*identity));
	identity->device_major = now.stx_dev_major;
	identity->device_minor = now.stx_dev_minor;
	identity->inode = now.stx_ino;
	if (now.stx_mask & STATX_BTIME) {
		identity->born_s = now.stx_btime.tv_sec;
		identity->born_ns = now.stx_btime.tv_nsec;
	}
	return true;
}

static bool stands(const struct scmi_directory *directory, const struct socket_file *socket)
{
	struct identity identity;

	return identify(directory, socket->file, &identity) &&
	       !memcmp(&socket->identity, &identity, sizeof(identity));
}

static void look(struct scmi_directory *directory, const char *file)
{
	struct socket_file **place = find(directory, file);
	struct identity identity;

	if (*place && stands(directory, *place))
		return;
	if (*place)
		withdraw(directory, place, true);
	if (file[0] != '.' && identify(directory, file, &identity))
		announce(directory, file, &identity);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void look_at_all(struct scmi_directory *directory)
{
	struct socket_file **place = &directory->sockets;
	const struct dirent *entry;
	unsigned files = 0;
	DIR *listing;

	/* First those that went: they make room. */
	while (*place) {
		if (stands(directory, *place))
			place = &(*place)->next;
		else
			withdraw(directory, place, true);
	}
	directory->left_out = false;
	listing = opendir(directory->path);
	if (!listing && errno != ENOENT)
		note(directory, "", strerror(errno));
	while (listing && (entry = readdir(listing))) {
		if (files++ == FILES_MAX) {
			note(directory, "", "has more than 65536 files; those behind are not looked at");
			break;
		}
		look(directory, entry->d_name);
	}
	if (listing)
		closedir(listing);
}

/* ---- where the directory is ------------------------------------------------------------------ */

static void forget_way(struct scmi_directory *directory)
{
	for (size_t i = 0; i < directory->step_count; i++) {
		if (directory->steps[i].watch >= 0)
			inotify_rm_watch(directory->events, directory->steps[i].watch);
		directory->steps[i].watch = -1;
	}
}

/*
 * From the top, each watched before the next is looked for: what comes in between makes an event.
 * Several steps may be one directory ("a/..") and then have one watch with all that both ask for.
 */
static void find_way(struct scmi_directory *directory)
{
	char part[PATH_SIZE];
	size_t length;

	forget_way(directory);
	for (size_t i = 0; i < directory->step_count; i++) {
		struct step *step = &directory->steps[i];
		bool ours = i + 1 == directory->step_count;

		length = ours ? strlen(directory->path) : (size_t)(step->next - directory->path);
		memcpy(part, directory->path, length);
		part[length] = '\0';
		step->watch = inotify_add_watch(directory->events, length ? part : ".",
						IN_MASK_ADD |
							(ours ? DIRECTORY_EVENTS : WAY_EVENTS));
		if (step->watch < 0 && errno == ENOSPC)
			note(directory, "", "cannot be watched: there are too many inotify watches");
	}
}

static void resync(struct scmi_directory *directory)
{
	find_way(directory);
	look_at_all(directory);
}

/* Into steps: "/run/x" is "/" before "run", "/run/" before "x", and itself. */
static int split_path(struct scmi_directory *directory)
{
	const char *at = directory->path;

	while (true) {
		struct step *step = &directory->steps[directory->step_count];

		if (directory->step_count == DEPTH_MAX)
			return -ENAMETOOLONG;
		at += strspn(at, "/");
		step->next = at;
		step->next_length = strcspn(at, "/");
		step->watch = -1;
		directory->step_count++;
		if (!*at)
			return 0;
		at += step->next_length;
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

/* True: where the directory is may have changed, or something was missed. */
static bool take_event(struct scmi_directory *directory, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";

	for (size_t i = 0; i < directory->step_count; i++) {
		const struct step *step = &directory->steps[i];

		if (step->watch != event->wd)
			continue;
		if (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF))
			return true;
		if (i + 1 == directory->step_count)
			look(directory, name);
		else if (strlen(name) == step->next_length &&
			 !memcmp(name, step->next, step->next_length))
			return true;
	}
	return event->mask & IN_Q_OVERFLOW;
}

void scmi_directory_dispatch(struct scmi_directory *directory)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	bool again = false;
	ssize_t size;

	directory->went = false;
	/* One read: who fills the directory all the time keeps others waiting no longer than this. */
	size = read(directory->events, events, sizeof(events));
	for (const char *at = events; at < events + (size > 0 ? size : 0);
	     at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(const void *)at;
		again |= take_event(directory, event);
	}
	if (again)
		resync(directory);
	else if (directory->left_out && directory->went)
		look_at_all(directory);
}

/* ---- its life -------------------------------------------------------------------------------- */

int scmi_directory_new(struct scmi_directory **out, const struct scmi_directory_options *options,
		       char *why, size_t why_size)
{
	struct scmi_directory *directory;
	size_t length = strlen(options->path);
	int error;

	if (!length)
		return because(-ENOENT, why, why_size, "a directory without a name");
	directory = calloc(1, sizeof(*directory));
	if (!directory)
		return because(-ENOMEM, why, why_size, "out of memory");
	directory->options = *options;
	directory->notes = NOTES_MAX;
	directory->notes_since_ns = scmi_monotonic_ns();
	/* "dir/" is "dir", "/" stays. */
	while (length > 1 && options->path[length - 1] == '/')
		length--;
	if (length < sizeof(directory->path))
		memcpy(directory->path, options->path, length);
	error = *directory->path ? split_path(directory) : -ENAMETOOLONG;
	directory->transport = strdup(options->transport);
	directory->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (error)
		because(error, why, why_size, "a directory deeper than %u or longer than %u", DEPTH_MAX,
			(unsigned)(PATH_SIZE - 1));
	else if (directory->events < 0)
		error = because(-errno, why, why_size, "inotify: %s", strerror(errno));
	else if (!directory->transport)
		error = because(-ENOMEM, why, why_size, "out of memory");
	if (error) {
		if (directory->events >= 0)
			close(directory->events);
		free(directory->transport);
		free(directory);
		return error;
	}
	resync(directory);
	*out = directory;
	return 0;
}

void scmi_directory_free(struct scmi_directory *directory)
{
	if (!directory)
		return;
	withdraw_all(directory, false);
	forget_way(directory);
	close(directory->events);
	free(directory->transport);
	free(directory);
}

int scmi_directory_fd(const struct scmi_directory *directory)
{
	return directory->events;
}

bool scmi_directory_again(struct scmi_directory *directory, const struct scmi_supplier *supplier)
{
	struct socket_file **place = &directory->sockets;
	struct identity identity;
	char file[NAME_MAX + 1];

	while (*place && &(*place)->supplier != supplier)
		place = &(*place)->next;
	if (!*place)
		return false;
	identity = (*place)->identity;
	snprintf(file, sizeof(file), "%s", (*place)->file);
	withdraw(directory, place, true);
	announce(directory, file, &identity);
	return true;
}
