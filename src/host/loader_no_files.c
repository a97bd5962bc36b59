/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For static programs: a transport in a file would bring a second C library. */
#include "loader.h"

#include <stdio.h>

const char *scmi_loader_directory(void)
{
	return NULL;
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
