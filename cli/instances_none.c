/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scmi instances where there is no libfdt. */
#include "cli.h"

int cli_instances(struct cli *cli)
{
	return cli_fail_unsupported(
		cli, "this scmi was built without libfdt, and reads no device trees");
}
