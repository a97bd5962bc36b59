/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A watched directory. The binder here is a list: what is announced must be news and what is
 * withdrawn must be there; each is released some time after it was withdrawn.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <host/directory.h>

#define LISTED_MAX 2000

static struct {
	const struct scmi_supplier *there[LISTED_MAX];
	size_t count;
	const struct scmi_supplier *gone[4 * LISTED_MAX];
	size_t gone_count;
	unsigned announced;
	unsigned lost;
	unsigned withdrawn; /* not lost */
	unsigned notes;
	char note[1024]; /* the last */
	char top[64];	 /* of everything here */
	struct scmi_directory *directory;
} now;

/* ---- the binder ------------------------------------------------------------------------------ */

static size_t at(const char *name)
{
	size_t i = 0;

	while (i < now.count && strcmp(now.there[i]->name, name))
		i++;
	return i;
}

int scmi_binder_announce(struct scmi_binder *binder, const struct scmi_supplier *supplier)
{
	(void)binder;
	if (at(supplier->name) < now.count)
		return -EEXIST;
	assert_true(now.count < LISTED_MAX);
	assert_string_equal(supplier->transport, "virtio");
	now.there[now.count++] = supplier;
	now.announced++;
	return 0;
}

int scmi_binder_withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier, bool lost)
{
	size_t i = at(supplier->name);

	(void)binder;
	if (i == now.count || now.there[i] != supplier)
		return -ENOENT;
	now.there[i] = now.there[--now.count];
	assert_true(now.gone_count < sizeof(now.gone) / sizeof(now.gone[0]));
	now.gone[now.gone_count++] = supplier;
	if (lost)
		now.lost++;
	else
		now.withdrawn++;
	return 0;
}

/* As late as it can be: nothing may be used by then that went earlier. */
static void release_all(void)
{
	for (size_t i = 0; i < now.gone_count; i++)
		now.gone[i]->released(now.gone[i]->ctx);
	now.gone_count = 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", now.top, name);
	return path;
}

/* By a short name and a rename, as a socket's own path has 108 bytes. */
static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.new", now.top);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(rename(address.sun_path, path_of(name)), 0);
}

static void make_directory(const char *name)
{
	assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static void remove_file(const char *name)
{
	assert_int_equal(remove(path_of(name)), 0);
}

static void on_note(void *ctx, const char *sentence)
{
	assert_ptr_equal(ctx, &now);
	now.notes++;
	snprintf(now.note, sizeof(now.note), "%s", sentence);
	for (const char *c = sentence; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

static void watch(const char *name)
{
	struct scmi_directory_options options = {
		.transport = "virtio",
		.path = path_of(name),
		.note = on_note,
		.ctx = &now,
	};
	char why[200] = "";

	if (scmi_directory_new(&now.directory, &options, why, sizeof(why)))
		fail_msg("%s: %s", name, why);
}

/* Until nothing more is to be done. */
static void settle(void)
{
	struct pollfd readable = {.fd = scmi_directory_fd(now.directory), .events = POLLIN};

	for (unsigned turns = 0; poll(&readable, 1, 0); turns++) {
		assert_true(turns < 10000);
		scmi_directory_dispatch(now.directory);
	}
}

static bool is_there(const char *name, const char *file)
{
	size_t i;

	settle();
	i = at(name);
	return i < now.count && !strcmp(now.there[i]->address, path_of(file));
}

static int begin(void **state)
{
	(void)state;
	memset(&now, 0, sizeof(now));
	strcpy(now.top, "/tmp/scmi-XXXXXX");
	return mkdtemp(now.top) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	scmi_directory_free(now.directory);
	assert_int_equal(now.count, 0);
	release_all();
	snprintf(command, sizeof(command), "rm -rf %s", now.top);
	return system(command);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void comes_and_goes(void **state)
{
	(void)state;
	make_directory("d");
	make_socket("d/before");
	watch("d");
	assert_true(is_there("/before", "d/before"));
	make_socket("d/virtio@a000000");
	assert_true(is_there("/virtio@a000000", "d/virtio@a000000"));
	make_socket("d/soc%2Fvirtio@0");
	assert_true(is_there("/soc/virtio@0", "d/soc%2Fvirtio@0"));
	remove_file("d/before");
	assert_false(is_there("/before", "d/before"));
	assert_int_equal(now.count, 2);
	assert_int_equal(rename(path_of("d/virtio@a000000"), path_of("d/other")), 0);
	assert_false(is_there("/virtio@a000000", "d/virtio@a000000"));
	assert_true(is_there("/other", "d/other"));
	assert_int_equal(now.lost, 2);
	/* Nothing is said twice. */
	settle();
	assert_int_equal(now.announced, 4);
	scmi_directory_free(now.directory);
	now.directory = NULL;
	assert_int_equal(now.withdrawn, 2);
	assert_int_equal(now.notes, 0);
}

static void only_sockets(void **state)
{
	int fd;

	(void)state;
	make_directory("d");
	watch("d");
	make_directory("d/directory");
	fd = creat(path_of("d/file"), 0600);
	close(fd);
	make_socket("elsewhere");
	assert_int_equal(symlink(path_of("elsewhere"), path_of("d/link")), 0);
	assert_int_equal(mkfifo(path_of("d/fifo"), 0600), 0);
	make_socket("d/.hidden");
	settle();
	assert_int_equal(now.announced, 0);
	/* What was something else becomes a socket, and the other way round. */
	make_socket("d/file");
	assert_true(is_there("/file", "d/file"));
	assert_int_equal(rename(path_of("d/fifo"), path_of("d/file")), 0);
	assert_false(is_there("/file", "d/file"));
	assert_int_equal(now.notes, 0);
}

static void replaced(void **state)
{
	const struct scmi_supplier *first;

	(void)state;
	make_directory("d");
	make_socket("d/x");
	watch("d");
	first = now.there[0];
	/* Over it, with no moment without one. */
	make_socket("d/x");
	assert_true(is_there("/x", "d/x"));
	assert_int_equal(now.lost, 1);
	assert_int_equal(now.announced, 2);
	assert_ptr_not_equal(now.there[0], first);
	/* Away and back again before anybody looks is the same one. */
	assert_int_equal(rename(path_of("d/x"), path_of("y")), 0);
	assert_int_equal(rename(path_of("y"), path_of("d/x")), 0);
	assert_true(is_there("/x", "d/x"));
	assert_int_equal(now.lost, 1);
	/* Who uses it finds it broken. */
	first = now.there[0];
	assert_true(scmi_directory_again(now.directory, first));
	assert_true(is_there("/x", "d/x"));
	assert_ptr_not_equal(now.there[0], first);
	assert_int_equal(now.lost, 2);
	assert_false(scmi_directory_again(now.directory, first));
}

/* How many the kernel has for us. */
static unsigned watches(void)
{
	char line[256];
	unsigned count = 0;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", scmi_directory_fd(now.directory));
	file = fopen(line, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += !strncmp(line, "inotify ", 8);
	fclose(file);
	return count;
}

static void directory_comes_and_goes(void **state)
{
	(void)state;
	watch("a/b/c");
	settle();
	make_directory("a");
	make_directory("a/b");
	settle();
	make_directory("a/b/c");
	make_socket("a/b/c/x");
	assert_true(is_there("/x", "a/b/c/x"));
	/* Gone with what is in it, by a rename far above. */
	assert_int_equal(rename(path_of("a"), path_of("aside")), 0);
	assert_false(is_there("/x", "a/b/c/x"));
	assert_int_equal(now.lost, 1);
	make_directory("a");
	make_directory("a/b");
	make_directory("a/b/c");
	make_socket("a/b/c/y");
	assert_true(is_there("/y", "a/b/c/y"));
	assert_int_equal(now.count, 1);
	/* Another in its place. */
	assert_int_equal(renameat2(AT_FDCWD, path_of("a"), AT_FDCWD, path_of("aside"),
				   RENAME_EXCHANGE),
			 0);
	assert_true(is_there("/x", "a/b/c/x"));
	assert_int_equal(now.count, 1);
	/* Removed altogether. */
	remove_file("a/b/c/x");
	remove_file("a/b/c");
	settle();
	assert_int_equal(now.count, 0);
	make_directory("a/b/c");
	make_socket("a/b/c/z");
	assert_true(is_there("/z", "a/b/c/z"));
	/* What happens in those that are no longer on the way is nobody's business. */
	make_socket("aside/b/c/w");
	settle();
	assert_int_equal(now.count, 1);
	assert_int_equal(now.notes, 0);
	/* "/", "/tmp", the top, and three below it. */
	assert_int_equal(watches(), 6);
}

static void a_file_in_its_place(void **state)
{
	int fd;

	(void)state;
	fd = creat(path_of("d"), 0600);
	close(fd);
	watch("d");
	assert_int_equal(now.notes, 1);
	assert_non_null(strstr(now.note, "/d: Not a directory"));
	remove_file("d");
	make_directory("d");
	make_socket("d/x");
	assert_true(is_there("/x", "d/x"));
}

static void hostile_names(void **state)
{
	char longest[256], file[300], name[300];

	(void)state;
	make_directory("d");
	watch("d");
	make_socket("d/\033[2Jx\n");
	assert_true(is_there("/\033[2Jx\n", "d/\033[2Jx\n"));
	memset(longest, 'l', 255);
	longest[255] = '\0';
	snprintf(file, sizeof(file), "d/%s", longest);
	snprintf(name, sizeof(name), "/%s", longest);
	make_socket(file);
	assert_true(is_there(name, file));
	assert_int_equal(now.notes, 0);
	make_socket("d/\033%0");
	settle();
	assert_int_equal(now.notes, 1);
	assert_non_null(strstr(now.note, "/d/\\x1b%0: not taken: a % in its name"));
	make_socket("d/%00");
	settle();
	assert_int_equal(now.notes, 2);
	/* Two ways to write one name: the second waits for the first to go. */
	make_socket("d/a%2fb");
	settle();
	make_socket("d/a%2Fb");
	settle();
	assert_non_null(strstr(now.note, "/d/a%2Fb: not taken: another supplier has this name"));
	assert_true(is_there("/a/b", "d/a%2fb"));
	remove_file("d/a%2fb");
	assert_true(is_there("/a/b", "d/a%2Fb"));
	/* Who shouts is not listened to for long. */
	for (unsigned i = 0; i < 200; i++) {
		snprintf(file, sizeof(file), "d/%%x%u", i);
		make_socket(file);
		settle();
		remove_file(file);
	}
	assert_true(now.notes < 100);
}

static void more_than_fit(void **state)
{
	char file[64];

	(void)state;
	make_directory("d");
	for (unsigned i = 0; i < 1200; i++) {
		snprintf(file, sizeof(file), "d/%u", i);
		make_socket(file);
	}
	watch("d");
	assert_int_equal(now.count, SCMI_DIRECTORY_MAX);
	assert_int_equal(now.notes, 1);
	assert_non_null(strstr(now.note, "not taken: there are 1024 sockets already"));
	/* One goes, and another that is there has its place. */
	assert_int_equal(remove(now.there[7]->address), 0);
	settle();
	assert_int_equal(now.count, SCMI_DIRECTORY_MAX);
	/* All go at once, and as many come: no moment has more than there may be. */
	for (unsigned i = 0; i < 1200; i++) {
		snprintf(file, sizeof(file), "d/%u", i);
		if (!access(path_of(file), F_OK))
			remove_file(file);
		snprintf(file, sizeof(file), "d/new%u", i);
		if (i < 900)
			make_socket(file);
	}
	settle();
	assert_int_equal(now.count, 900);
	assert_true(is_there("/new899", "d/new899"));
}

static size_t queue_max(void)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	size_t max = 0;

	if (file && fscanf(file, "%zu", &max) != 1)
		max = 0;
	if (file)
		fclose(file);
	return max;
}

static void events_are_lost(void **state)
{
	size_t max = queue_max();

	(void)state;
	if (!max || max > 100000)
		skip();
	make_directory("d");
	watch("d");
	make_socket("d/before");
	settle();
	/* One event each, so that what follows finds the queue full. */
	for (size_t i = 0; i <= max; i += 2) {
		assert_int_equal(link(path_of("d/before"), path_of("d/.x")), 0);
		remove_file("d/.x");
	}
	remove_file("d/before");
	make_socket("d/after");
	assert_true(is_there("/after", "d/after"));
	assert_int_equal(now.count, 1);
}

static void what_cannot_be(void **state)
{
	struct scmi_directory_options options = {.transport = "virtio", .path = ""};
	char path[5000], why[200];

	(void)state;
	assert_int_equal(scmi_directory_new(&now.directory, &options, why, sizeof(why)), -ENOENT);
	assert_string_equal(why, "a directory without a name");
	memset(path, 'x', sizeof(path));
	path[4500] = '\0';
	options.path = path;
	assert_int_equal(scmi_directory_new(&now.directory, &options, why, sizeof(why)),
			 -ENAMETOOLONG);
	for (size_t i = 0; i < 66; i += 2)
		memcpy(path + i, "x/", 3);
	assert_int_equal(scmi_directory_new(&now.directory, &options, why, sizeof(why)),
			 -ENAMETOOLONG);
	assert_string_equal(why, "a directory deeper than 32 or longer than 3839");
}

/* Everything at random; afterwards what is announced is what stands there. */
static void random_orders(void **state)
{
	static const char *const names[] = {"a", "b", "c%2Fd"};
	char file[64], target[64];
	unsigned seed = 1;

	(void)state;
	watch("d");
	for (unsigned i = 0; i < 4000; i++) {
		int which = rand_r(&seed);
		const char *name = names[which / 8 % 3];

		snprintf(file, sizeof(file), "d/%s", name);
		snprintf(target, sizeof(target), "%s/%s", which / 64 % 2 ? "d" : "e",
			 names[which / 128 % 3]);
		switch (which % 8) {
		case 0:
			mkdir(path_of("d"), 0700);
			mkdir(path_of("e"), 0700);
			break;
		case 1:
			if (which / 64 % 8 == 0)
				rename(path_of("d"), path_of("f"));
			break;
		case 2:
			if (which / 64 % 4 == 0)
				renameat2(AT_FDCWD, path_of("d"), AT_FDCWD, path_of("e"),
					  RENAME_EXCHANGE);
			break;
		case 3:
			remove(path_of(file));
			break;
		case 4:
			rename(path_of(file), path_of(target));
			break;
		case 5:
			if (which / 64 % 8)
				scmi_directory_dispatch(now.directory);
			else
				release_all();
			break;
		default:
			if (!access(path_of("d"), F_OK))
				make_socket(file);
		}
		if (i % 50 == 49) {
			size_t standing = 0;

			settle();
			for (size_t j = 0; j < 3; j++) {
				snprintf(file, sizeof(file), "d/%s", names[j]);
				standing += !access(path_of(file), F_OK);
			}
			assert_int_equal(now.count, standing);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)
		TEST(comes_and_goes),
		TEST(only_sockets),
		TEST(replaced),
		TEST(directory_comes_and_goes),
		TEST(a_file_in_its_place),
		TEST(hostile_names),
		TEST(more_than_fit),
		TEST(events_are_lost),
		TEST(what_cannot_be),
		TEST(random_orders),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
