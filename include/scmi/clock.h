/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clock protocol, agent's end.
 *
 * One function per message, named after it, and helpers that page or that hide a difference between
 * versions. Those that end in _submit do not block and those that end in _polled do not sleep; all
 * others do, stand on scmi_agent_call(), and may not be called from a callback (-EDEADLK). The
 * protocol's version is found out by the first call.
 *
 * Clocks are named by `clock_id`, 0 .. num_clocks - 1 as a rule, though platforms may leave gaps.
 * Rates are in Hz.
 *
 * Threads: as the agent's (<scmi/agent.h>). Memory: results are copied to the caller's variables,
 * which are only written on success.
 *
 * Errors: 0, or as <scmi/error.h> says. Besides what scmi_agent_call() gives: -EOPNOTSUPP when the
 * message, or what is asked of it, does not exist in the version spoken (nothing is sent), -EPROTO
 * when the answer cannot be understood, -EINVAL for a value that the message cannot carry. Statuses
 * come as SCMI_ERROR_BASE + status; every call can give NOT_FOUND for a clock that does not exist
 * for the caller.
 */
#ifndef SCMI_CLOCK_H
#define SCMI_CLOCK_H

#include <scmi/agent.h>
#include <scmi/wire/clock.h>

/*
 * PROTOCOL_ATTRIBUTES: num_clocks, and max_pending_async: asynchronous changes of rate it can hold.
 */
int scmi_clock_protocol_attributes(struct scmi_agent *agent,
				   struct scmi_clock_protocol_attributes_response *attributes);

/*
 * CLOCK_ATTRIBUTES: capabilities, whether it runs, the name (its first 15 characters). What the
 * version spoken does not tell is false or 0.
 */
int scmi_clock_attributes(struct scmi_agent *agent, uint32_t clock_id,
			  struct scmi_clock_attributes_response *attributes);

/* CLOCK_NAME_GET (2.0): the name of a clock whose attributes have extended_name. NUL-terminated. */
int scmi_clock_name_get(struct scmi_agent *agent, uint32_t clock_id, char name[64]);

/* The full name of any clock: CLOCK_ATTRIBUTES and, where there is more to it, CLOCK_NAME_GET. */
int scmi_clock_name(struct scmi_agent *agent, uint32_t clock_id, char name[64]);

/* ---- rates ----------------------------------------------------------------------------------- */

/* The rates of a clock. The caller fills the first two members. */
struct scmi_clock_rates {
	uint64_t *rates_hz; /* the caller's array */
	uint32_t space;     /* its elements, at least 3 */
	uint32_t count;     /* elements written */
	uint32_t remaining; /* rates behind these */
	bool triplet;       /* a range: lowest rate, highest rate, step; count is 3 */
};

/**
 * scmi_clock_describe_rates() - CLOCK_DESCRIBE_RATES, one message
 * @rate_index: the first rate wanted, counted from 0
 *
 * Fills the array as far as this answer and the array go. While rates->remaining is not 0, ask
 * again with @rate_index increased by rates->count. Rates ascend from version 2.0 on.
 * Statuses: OUT_OF_RANGE when @rate_index is beyond the list.
 */
int scmi_clock_describe_rates(struct scmi_agent *agent, uint32_t clock_id, uint32_t rate_index,
			      struct scmi_clock_rates *rates);

/*
 * All rates, in as many messages as it takes. Where the array is too small it holds the first
 * rates->space and rates->remaining says how many are missing; that is no error.
 */
int scmi_clock_list_rates(struct scmi_agent *agent, uint32_t clock_id,
			  struct scmi_clock_rates *rates);

/* CLOCK_RATE_GET: the rate; of a clock that is off, the rate that it will have. */
int scmi_clock_rate_get(struct scmi_agent *agent, uint32_t clock_id, uint64_t *rate_hz);

/* What the platform shall do with a rate between two that it can make. */
enum scmi_clock_rounding {
	SCMI_CLOCK_ROUND_DOWN,
	SCMI_CLOCK_ROUND_UP,
	SCMI_CLOCK_ROUND_AUTO, /* as the platform likes, usually to the nearest */
};

/**
 * scmi_clock_rate_set() - CLOCK_RATE_SET, answered when the rate is set
 *
 * Statuses: INVALID_PARAMETERS (a rate the clock cannot have), DENIED, BUSY.
 */
int scmi_clock_rate_set(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			enum scmi_clock_rounding rounding);

/**
 * scmi_clock_rate_set_async() - CLOCK_RATE_SET, queued; blocks until CLOCK_RATE_SET_COMPLETE
 * @set_hz: the rate that was set; may be NULL
 *
 * For changes that may take longer than an answer may. -EOPNOTSUPP without a P2A channel. Statuses:
 * as scmi_clock_rate_set(); BUSY when max_pending_async changes are queued.
 */
int scmi_clock_rate_set_async(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			      enum scmi_clock_rounding rounding, uint64_t *set_hz);

/* The same, but blocks only until the change is queued; nothing tells how it ends. */
int scmi_clock_rate_set_queue(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			      enum scmi_clock_rounding rounding);

/**
 * scmi_clock_rate_set_submit() - the same without blocking
 * @done: called from scmi_agent_dispatch() when CLOCK_RATE_SET_COMPLETE came, or when it failed;
 *        scmi_clock_rate_set_result() tells how it ended
 * @transfer: may be NULL; for scmi_agent_cancel()
 *
 * May be called from callbacks. Returns what scmi_agent_submit() does.
 */
int scmi_clock_rate_set_submit(struct scmi_agent *agent, uint32_t clock_id, uint64_t rate_hz,
			       enum scmi_clock_rounding rounding, scmi_done_fn *done, void *ctx,
			       struct scmi_transfer **transfer);

/* Inside @done: 0 and the rate that was set (@set_hz may be NULL), or why it failed. */
int scmi_clock_rate_set_result(const struct scmi_result *result, uint64_t *set_hz);

/*
 * CLOCK_RATE_NOTIFY (2.0): subscribe to CLOCK_RATE_CHANGED of one clock, or end it. Listen first
 * (scmi_agent_listen() with SCMI_CLOCK_PROTOCOL, SCMI_CLOCK_RATE_CHANGED); decode with
 * scmi_clock_rate_changed_decode(). Statuses: NOT_SUPPORTED where the attributes do not offer it.
 */
int scmi_clock_rate_notify(struct scmi_agent *agent, uint32_t clock_id, bool enable);

/* CLOCK_RATE_CHANGE_REQUESTED_NOTIFY (2.0): likewise for CLOCK_RATE_CHANGE_REQUESTED. */
int scmi_clock_rate_change_requested_notify(struct scmi_agent *agent, uint32_t clock_id,
					    bool enable);

/* ---- configuration --------------------------------------------------------------------------- */

enum scmi_clock_state {
	SCMI_CLOCK_OFF = 0,
	SCMI_CLOCK_ON = 1,
	SCMI_CLOCK_UNCHANGED = 3, /* only with an extended configuration */
};

/* Extended configurations (3.0). 0x80 to 0xff are the vendor's. */
enum scmi_clock_extended_config {
	SCMI_CLOCK_NO_CONFIG = 0,
	SCMI_CLOCK_DUTY_CYCLE = 1, /* percent */
	SCMI_CLOCK_PHASE = 2,      /* degrees */
};

/**
 * scmi_clock_config_set() - CLOCK_CONFIG_SET
 * @type: an extended configuration to set to @value as well, or SCMI_CLOCK_NO_CONFIG
 *
 * Before version 3.0 only SCMI_CLOCK_OFF and SCMI_CLOCK_ON without a type exist; the rest is
 * -EOPNOTSUPP. Switching off ends this agent's wish: the clock runs on while another agent wants
 * it. Statuses: INVALID_PARAMETERS, DENIED.
 */
int scmi_clock_config_set(struct scmi_agent *agent, uint32_t clock_id, enum scmi_clock_state state,
			  uint8_t type, uint32_t value);

/**
 * scmi_clock_config_get() - CLOCK_CONFIG_GET
 * @type: the extended configuration whose value is wanted, or SCMI_CLOCK_NO_CONFIG
 * @enabled: may be NULL
 * @value: may be NULL; 0 for SCMI_CLOCK_NO_CONFIG
 *
 * Before version 3.0 CLOCK_ATTRIBUTES tells @enabled, and a type is -EOPNOTSUPP.
 * Statuses: INVALID_PARAMETERS (type).
 */
int scmi_clock_config_get(struct scmi_agent *agent, uint32_t clock_id, uint8_t type, bool *enabled,
			  uint32_t *value);

/**
 * scmi_clock_state_set_polled() - CLOCK_CONFIG_SET with ON or OFF, where sleeping is not allowed
 * scmi_clock_state_get_polled() - CLOCK_CONFIG_GET, or before 3.0 CLOCK_ATTRIBUTES, likewise
 * @poll_budget_us: how long to look for the answer at most, for each message that it takes: one, or
 *                  up to three while the protocol's version is not known; not 0
 *
 * They look for the answer instead of waiting for it: in any context, also in callbacks. -EOPNOTSUPP
 * where the transport cannot be polled, -ETIMEDOUT when the budget is used up, which says nothing
 * about whether the platform did it; the rest as the calls above.
 */
int scmi_clock_state_set_polled(struct scmi_agent *agent, uint32_t clock_id, bool enable,
				uint32_t poll_budget_us);
int scmi_clock_state_get_polled(struct scmi_agent *agent, uint32_t clock_id, bool *enabled,
				uint32_t poll_budget_us);

/* CLOCK_GET_PERMISSIONS (3.0): which of state, parent and rate the caller may change. */
int scmi_clock_get_permissions(struct scmi_agent *agent, uint32_t clock_id,
			       struct scmi_clock_get_permissions_response *permissions);

/* ---- parents (3.0) --------------------------------------------------------------------------- */

/* The possible parents of a clock. The caller fills the first two members. */
struct scmi_clock_parents {
	uint32_t *clock_ids; /* the caller's array */
	uint32_t space;      /* its elements, at least 1 */
	uint32_t count;      /* elements written */
	uint32_t remaining;  /* parents behind these */
};

/*
 * CLOCK_POSSIBLE_PARENTS_GET, one message; used as scmi_clock_describe_rates().
 * Statuses: OUT_OF_RANGE (skip_parents), NOT_SUPPORTED (no parents advertised), DENIED.
 */
int scmi_clock_possible_parents_get(struct scmi_agent *agent, uint32_t clock_id,
				    uint32_t skip_parents, struct scmi_clock_parents *parents);

/*
 * All parents, in as many messages as it takes; a small array is filled as by
 * scmi_clock_list_rates().
 */
int scmi_clock_list_parents(struct scmi_agent *agent, uint32_t clock_id,
			    struct scmi_clock_parents *parents);

/*
 * CLOCK_PARENT_SET. Statuses: INVALID_PARAMETERS (not a possible parent), OUT_OF_RANGE,
 * NOT_SUPPORTED, DENIED.
 */
int scmi_clock_parent_set(struct scmi_agent *agent, uint32_t clock_id, uint32_t parent_id);

/* CLOCK_PARENT_GET. Statuses: NOT_SUPPORTED, DENIED. */
int scmi_clock_parent_get(struct scmi_agent *agent, uint32_t clock_id, uint32_t *parent_id);

#endif
