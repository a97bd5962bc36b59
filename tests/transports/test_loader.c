/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transports in files: found without a list, checked, refused in words, unloaded when nobody has
 * them. FILES is the directory with a stranger's drivers; they are copied from there as needed.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <scmi/loader.h>

#include "host/transports.h"

static const char *files; /* argv[1] */
static char root[] = P_tmpdir "/scmi-loader-XXXXXX";

/* A path below the directory of the test; valid for a while. */
static const char *below(const char *name)
{
	static char paths[16][256];
	static unsigned turn;
	char *path = paths[turn++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
	(void)about;
	(void)kind;
	(void)ftw;
	return remove(path);
}

/* Each test begins with two empty directories, a and b. */
static int set_up(void **state)
{
	(void)state;
	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	unsetenv("SCMI_TRANSPORT_PATH");
	return !mkdtemp(root) || mkdir(below("a"), 0755) || mkdir(below("b"), 0755);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The driver FILES/kind.so, as scmi-transport-NAME.so in that directory. */
static const char *copy(const char *kind, const char *directory, const char *name)
{
	char bytes[65536], from[512], to[128];
	const char *path;
	size_t size;
	FILE *file;

	snprintf(from, sizeof(from), "%s/%s.so", files, kind);
	snprintf(to, sizeof(to), "%s/scmi-transport-%s.so", directory, name);
	path = below(to);
	file = fopen(from, "r");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	assert_in_range(size, 1, sizeof(bytes) - 1);
	fclose(file);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
	return path;
}

static bool is_loaded(const char *path)
{
	void *handle = dlopen(path, RTLD_NOLOAD | RTLD_NOW);

	if (handle)
		dlclose(handle);
	return handle;
}

static struct scmi_loader *look_in(const char *directories)
{
	struct scmi_loader *loader = NULL;

	assert_int_equal(scmi_loader_new(&loader, directories), 0);
	return loader;
}

static void assert_says(const char *sentence, const char *words)
{
	assert_non_null(sentence);
	if (!strstr(sentence, words))
		fail_msg("'%s' does not say '%s'", sentence, words);
}

/* What stands about the file or directory `path`. */
static void expect_entry(const char *directories, const char *path, int error, const char *words)
{
	struct scmi_loader *loader = look_in(directories);
	struct scmi_loader_entry entry;
	bool found = false;

	for (size_t i = 0; scmi_loader_entry(loader, i, &entry); i++) {
		if (!entry.path || strcmp(entry.path, path))
			continue;
		found = true;
		assert_int_equal(entry.error, error);
		assert_int_equal(!entry.transport, error != 0);
		if (error)
			assert_says(entry.why, words);
		else
			assert_null(entry.why);
	}
	scmi_loader_free(loader);
	if (!found)
		fail_msg("nothing is said about %s", path);
}

static void found_by_what_it_says(void **state)
{
	const char *path = copy("good", "b", "stranger");
	struct scmi_driver *driver, *other;
	struct scmi_loader *loader;
	char directories[256];

	(void)state;
	snprintf(directories, sizeof(directories), "%s:%s", below("a"), below("b"));
	loader = look_in(directories);
	assert_false(is_loaded(path));
	assert_int_equal(scmi_loader_by_scheme(loader, "strange", &driver, NULL, 0), 0);
	assert_true(is_loaded(path));
	assert_string_equal(scmi_driver_transport(driver)->name, "stranger");
	assert_int_equal(scmi_loader_by_name(loader, "stranger", &other, NULL, 0), 0);
	assert_ptr_equal(driver, other);
	scmi_driver_put(other);
	assert_int_equal(scmi_loader_by_compatible(loader, "vendor,strange", &other, NULL, 0), 0);
	assert_ptr_equal(driver, other);
	scmi_driver_put(other);
	assert_int_equal(scmi_loader_by_compatible(loader, "vendor", &other, NULL, 0), -EOPNOTSUPP);
	scmi_loader_free(loader);

	/* The reference outlives the loader, and the code lives as long as the last one. */
	assert_ptr_equal(scmi_driver_get(driver), driver);
	scmi_driver_put(driver);
	assert_true(is_loaded(path));
	assert_string_equal(scmi_driver_transport(driver)->scheme, "strange");
	scmi_driver_put(driver);
	assert_false(is_loaded(path));
	scmi_driver_put(NULL);
	scmi_loader_free(NULL);
}

static void what_is_built_in_comes_first(void **state)
{
	const struct scmi_transport *builtin = scmi_builtin_transports[0];
	struct scmi_driver *driver;
	struct scmi_loader *loader;
	const char *path;

	(void)state;
	if (!builtin)
		skip();
	path = copy("good", "a", builtin->name);
	expect_entry(below("a"), path, -EEXIST, "a built-in transport has the same name");
	path = copy("builtin-scheme", "a", "stranger");
	if (!strcmp(builtin->scheme, "unix"))
		expect_entry(below("a"), path, -EEXIST, "a built-in transport has the same scheme");

	/* Files are not even looked at. */
	loader = look_in("not/absolute");
	assert_int_equal(scmi_loader_by_name(loader, builtin->name, &driver, NULL, 0), 0);
	assert_ptr_equal(scmi_driver_transport(driver), builtin);
	scmi_driver_put(driver);
	scmi_loader_free(loader);
}

static void the_first_of_two_has_the_name(void **state)
{
	const char *first = copy("good", "a", "stranger");
	const char *second = copy("good", "b", "stranger");
	const char *third = copy("same-scheme", "b", "zzz");
	char directories[256];

	(void)state;
	snprintf(directories, sizeof(directories), "%s:%s", below("a"), below("b"));
	expect_entry(directories, first, 0, NULL);
	expect_entry(directories, second, -EEXIST, "has the same name");
	expect_entry(directories, second, -EEXIST, first);
	expect_entry(directories, third, -EEXIST, "has the same scheme");
	snprintf(directories, sizeof(directories), "%s:%s", below("b"), below("a"));
	expect_entry(directories, second, 0, NULL);
	expect_entry(directories, first, -EEXIST, "has the same name");
	/* A refused one is in nobody's way. */
	assert_int_equal(chmod(second, 0666), 0);
	assert_int_equal(unlink(third), 0);
	expect_entry(directories, first, 0, NULL);
}

static void files_that_are_no_transports(void **state)
{
	static const struct {
		const char *kind;
		int error;
		const char *words;
	} kinds[] = {
		{"abi", -ENOEXEC, "built for driver ABI 7, this library has 2"},
		{"size", -ENOEXEC, "descriptor has 16 bytes, this library needs"},
		{"no-symbol", -ENOEXEC, "has no symbol scmi_transport"},
		{"other-name", -EINVAL, "has another name, 'other'"},
		{"bad-scheme", -EINVAL, "its scheme 'no:scheme' is not 1 to 32 of"},
	};
	struct scmi_driver *driver;
	struct scmi_loader *loader;
	const char *path;
	char why[600];
	FILE *file;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		path = copy(kinds[i].kind, "a", "stranger");
		expect_entry(below("a"), path, kinds[i].error, kinds[i].words);
		assert_false(is_loaded(path));
		/* Whoever asks for it hears the same. */
		loader = look_in(below("a"));
		assert_int_equal(
			scmi_loader_by_name(loader, "stranger", &driver, why, sizeof(why)),
			kinds[i].error);
		assert_says(why, kinds[i].words);
		assert_says(why, path);
		scmi_loader_free(loader);
		unlink(path);
	}
	path = below("a/scmi-transport-text.so");
	file = fopen(path, "w");
	fputs("no code", file);
	fclose(file);
	chmod(path, 0644);
	expect_entry(below("a"), path, -ENOEXEC, "cannot load a transport");
	path = below("a/scmi-transport-directory.so");
	assert_int_equal(mkdir(path, 0755), 0);
	expect_entry(below("a"), path, -ENOEXEC, "is no file");
	path = below("a/scmi-transport-dangling.so");
	assert_int_equal(symlink("nothing", path), 0);
	expect_entry(below("a"), path, -ENOENT, "cannot look at");
}

static void what_others_could_change_is_not_used(void **state)
{
	const char *file = copy("good", "a", "stranger");
	char directory[256], above[256];

	(void)state;
	snprintf(directory, sizeof(directory), "%s", below("a"));
	snprintf(above, sizeof(above), "%s", root);
	expect_entry(directory, file, 0, NULL);
	chmod(file, 0664);
	expect_entry(directory, file, -EACCES, "can be written by its group (mode 0664)");
	chmod(file, 0646);
	expect_entry(directory, file, -EACCES, "can be written by everybody (mode 0646)");
	assert_false(is_loaded(file));
	chmod(file, 0644);
	chmod(directory, 0777);
	expect_entry(directory, directory, -EACCES, "can be written by everybody (mode 0777)");
	chmod(directory, 01777); /* others can add files */
	expect_entry(directory, directory, -EACCES, "can be written by everybody (mode 1777)");
	chmod(directory, 0755);
	chmod(above, 0775); /* others can put another directory there */
	expect_entry(directory, directory, -EACCES, "can be written by its group (mode 0775)");
	chmod(above, 01777);
	expect_entry(directory, file, 0, NULL);
	chmod(above, 0700);

	/* A link is as good as what it leads to. */
	assert_int_equal(symlink(file, below("b/scmi-transport-stranger.so")), 0);
	expect_entry(below("b"), below("b/scmi-transport-stranger.so"), 0, NULL);
	chmod(directory, 0777);
	expect_entry(below("b"), below("b/scmi-transport-stranger.so"), -EACCES, "everybody");
	chmod(directory, 0755);

	if (geteuid())
		return; /* only root can give files away */
	assert_int_equal(chown(file, 4711, 0), 0);
	expect_entry(directory, file, -EACCES, "belongs to user 4711");
	assert_int_equal(chown(file, 0, 0), 0);
	assert_int_equal(chown(directory, 4711, 0), 0);
	expect_entry(directory, directory, -EACCES, "belongs to user 4711");
}

static void directories(void **state)
{
	struct scmi_loader *loader;
	struct scmi_loader_entry entry;
	struct scmi_driver *driver;
	char why[600];

	(void)state;
	expect_entry("relative/path", "relative/path", -EINVAL, "no absolute path");
	expect_entry(below("none"), below("none"), -ENOENT, "cannot look into");

	/* The environment's; an explicit list instead of it. */
	copy("good", "a", "stranger");
	setenv("SCMI_TRANSPORT_PATH", below("a"), 1);
	loader = look_in(NULL);
	assert_int_equal(scmi_loader_by_scheme(loader, "strange", &driver, NULL, 0), 0);
	scmi_driver_put(driver);
	scmi_loader_free(loader);
	loader = look_in(below("b"));
	assert_int_equal(scmi_loader_by_scheme(loader, "strange", &driver, why, sizeof(why)),
			 -EOPNOTSUPP);
	assert_says(why, "no transport has the scheme 'strange'");
	assert_says(why, below("b"));
	scmi_loader_free(loader);

	/* What is not a transport's file is nobody's business. */
	loader = look_in(below("b"));
	rename(below("a/scmi-transport-stranger.so"), below("b/scmi-transport-Stranger.so"));
	for (size_t i = 0; scmi_loader_entry(loader, i, &entry); i++)
		assert_null(entry.path);
	scmi_loader_free(loader);
}

static void names_that_are_none(void **state)
{
	static const char *const names[] = {"", "../a/stranger", "Stranger", "a/b", "a_b", ".",
					    "abcdefghijklmnopqrstuvwxyz0123456"};
	struct scmi_loader *loader = look_in(below("a"));
	struct scmi_driver *driver;
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(scmi_loader_by_name(loader, names[i], &driver, why, sizeof(why)),
				 -EINVAL);
		assert_says(why, "is no name of a transport");
	}
	assert_int_equal(scmi_loader_by_name(loader, "abcdefghijklmnopqrstuvwxyz012345", &driver,
					     why, sizeof(why)),
			 -EOPNOTSUPP);
	scmi_loader_free(loader);
}

int main(int argc, char **argv)
{
#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(found_by_what_it_says),
		TEST(what_is_built_in_comes_first),
		TEST(the_first_of_two_has_the_name),
		TEST(files_that_are_no_transports),
		TEST(what_others_could_change_is_not_used),
		TEST(directories),
		TEST(names_that_are_none),
	};

	files = argv[argc > 1];
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
