/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#define PERIOD_NS      10000000000u
#define LINES_A_PERIOD 5u

void scmid_log(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "scmid: %s\n", line);
}

int scmid_log_allowed(struct scmid_log_limit *limit, uint64_t now_ns, const char *what)
{
	if (now_ns - limit->period_start_ns >= PERIOD_NS || !limit->period_start_ns) {
		if (limit->unsaid)
			scmid_log("%llu more %s were not told", (unsigned long long)limit->unsaid,
				  what);
		*limit = (struct scmid_log_limit){.period_start_ns = now_ns};
	}
	if (limit->said == LINES_A_PERIOD) {
		limit->unsaid++;
		return 0;
	}
	limit->said++;
	return 1;
}
