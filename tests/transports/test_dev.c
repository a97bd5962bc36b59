/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device transport without its kernel modules: what it refuses, and with which words. What it
 * carries is tested in guests (tests/kernel).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "host/transports.h"
#include "transports/builtin.h"

static void expect_open_error(const char *path, int error, const char *words)
{
	const struct scmi_transport_settings settings = {0};
	struct scmi_transport_device *device;
	struct scmi_transport_limits limits;
	char why[256] = "";
	struct told told;

	assert_int_equal(scmi_transport_dev.agent->open(&device, path, &settings, &told_callbacks,
							&told, &limits, why, sizeof(why)),
			 error);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
}

static void what_is_no_device_is_refused(void **state)
{
	const char *path = temporary_path("not-a-device");
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	expect_open_error(path, -ENOTTY, "is not a device");
	unlink(path);
	/* Without a writer: opening it to read would wait. */
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_open_error(path, -ENOTTY, "is not a device");
	unlink(path);
	expect_open_error(path, -ENOENT, "are libscmi and a transport loaded");
	expect_open_error("/", -ENOTTY, "is not a device");
	expect_open_error("", -EINVAL, "missing");
}

static void other_devices_are_refused(void **state)
{
	(void)state;
	expect_open_error("/dev/null", -ENOTTY, "/dev/null is not a device of libscmi");
	expect_open_error("/dev/zero", -ENOTTY, "/dev/zero is not a device of libscmi");
}

static void it_is_whole(void **state)
{
	char why[100];

	(void)state;
	assert_int_equal(scmi_transport_check(&scmi_transport_dev, why, sizeof(why)), 0);
	assert_null(scmi_transport_dev.platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_device_is_refused),
		cmocka_unit_test(other_devices_are_refused),
		cmocka_unit_test(it_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
