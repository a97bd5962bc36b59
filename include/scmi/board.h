/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A board: what a platform serves, and to whom, as constant data.
 *
 * scmid makes it from a YAML file, firmware writes it as an initialiser. The platform reads it at
 * set-up and keeps pointing into it: it must live, unchanged, as long as the platform.
 *
 * Names are NUL-terminated ASCII, at most 63 characters; those over 15 are served through the
 * extended-name messages. References are indices into the board's own arrays.
 */
#ifndef SCMI_BOARD_H
#define SCMI_BOARD_H

#include <scmi/types.h>

#define SCMI_NAME_SIZE 64u
#define SCMI_SHORT_NAME_SIZE 16u
#define SCMI_NONE 0xffffffffu

/* ---- clocks ---------------------------------------------------------------------------------- */

/* CLOCK_CONFIG_SET types: duty cycle in percent, phase in degrees, 0x80..0xff the board's own. */
struct scmi_board_clock_config {
	uint8_t type;
	uint32_t value; /* at start */
	uint32_t min;
	uint32_t max;
};

/*
 * A clock of the simulated tree. Its rates are either a list, ascending, or a range (rate_count 0
 * and step_hz > 0: every min_hz + n * step_hz up to max_hz), or neither: then it follows its parent
 * (rate * multiply / divide) or, without parents, stands still at start_hz. Names are unique.
 * Possible parents never lead back to the clock.
 */
struct scmi_board_clock {
	const char *name;
	uint64_t start_hz; /* one of its rates; or the rate of a clock without rates and parents */
	const uint64_t *rates_hz;
	uint32_t rate_count;
	uint64_t min_hz, max_hz, step_hz;
	const uint32_t *parents; /* clocks it may be fed by; one means a fixed parent */
	uint32_t parent_count;
	uint32_t start_parent; /* index into parents */
	uint32_t multiply, divide; /* 0 is taken as 1 */
	const struct scmi_board_clock_config *configs;
	uint32_t config_count;
	uint32_t enable_delay_us; /* reported as the worst-case enable latency */
	uint64_t set_latency_us;  /* how long a change of rate takes */
	bool enabled;             /* runs at start */
	bool always_on;
	bool no_rate_changed;   /* does not offer RATE_CHANGED notifications */
	bool no_rate_requested; /* does not offer RATE_CHANGE_REQUESTED notifications */
	/* A status (SCMI_HARDWARE_ERROR …) with which changes of rate fail at the end; 0: none. */
	int32_t fault;
};

/* ---- devices: named sets of domains, for the base protocol's permission messages ------------- */

struct scmi_board_domain {
	uint8_t protocol_id;
	uint32_t index; /* clock, … */
};

struct scmi_board_device {
	const char *name;
	uint32_t id; /* as agents name it */
	const struct scmi_board_domain *domains;
	uint32_t domain_count;
};

/* ---- agents ---------------------------------------------------------------------------------- */

/* What an agent may change of a domain it sees. Looking is always allowed. */
#define SCMI_ALLOW_STATE (1u << 0)
#define SCMI_ALLOW_RATE (1u << 1)
#define SCMI_ALLOW_PARENT (1u << 2)
#define SCMI_ALLOW_ALL 0xffffffffu

/* One domain in a view. Ids need not be dense: a gap answers as a domain that does not exist. */
struct scmi_board_view {
	uint32_t id;    /* as the agent names it, below 65535; every id up to it costs memory */
	uint32_t index; /* the board's clock, … */
	uint32_t allow; /* SCMI_ALLOW_* */
};

struct scmi_board_protocol {
	uint8_t protocol_id;
	uint32_t version_max; /* highest version served; 0: the newest */
	const struct scmi_board_view *views; /* ascending by id, no id and no index twice */
	uint32_t view_count;
	uint32_t max_pending_async; /* 0 .. 255 */
};

struct scmi_board_agent {
	const char *name;
	bool trusted; /* sees all agents, may set permissions and reset them */
	bool release_on_disconnect; /* its requests go with its last connection */
	const struct scmi_board_protocol *protocols; /* base may be listed, for its version_max */
	uint32_t protocol_count;
};

/* ---- the whole ------------------------------------------------------------------------------- */

struct scmi_board {
	const char *vendor;     /* at most 15 characters */
	const char *sub_vendor; /* at most 15; NULL: the message is not served */
	uint32_t implementation_version;
	const struct scmi_board_clock *clocks;
	uint32_t clock_count;
	const struct scmi_board_device *devices;
	uint32_t device_count;
	const struct scmi_board_agent *agents; /* agent id = index + 1 */
	uint32_t agent_count;
};

#endif
