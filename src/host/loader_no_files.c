/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For static programs: a transport in a file would bring a second C library. */
#include "loader.h"

#include <stdio.h>

#include "../transports/why.h"

const char *scmi_loader_directory(void)
{
	return NULL;
}

int scmi_driver_open(struct scmi_driver **driver, const char *path, char *why, size_t why_size)
{
	(void)driver;
	return because(-EOPNOTSUPP, why, why_size, "%s: this program loads no files", path);
}

void loader_look(struct scmi_loader *loader)
{
	(void)loader;
}

void loader_close(void *handle)
{
	(void)handle;
}

void loader_where(const struct scmi_loader *loader, char *text, size_t size)
{
	(void)loader;
	snprintf(text, size, ", this program loads no files");
}
