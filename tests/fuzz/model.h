/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A plain model of what a platform may answer: slow, with every offset written out, made from the
 * specification's facts and the project's rulings and from nothing in src/. The platform harness
 * tells it everything that goes in and everything that comes out; it stops the process at the first
 * thing that should not be.
 *
 * Where the facts leave a choice, it allows each of the choices and follows the one that was made.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include "world.h"

#define MODEL_CHANNELS	 6u
#define MODEL_OPERATIONS 128u
#define MODEL_EXPECTED	 512u
#define MODEL_BYTES_MAX	 32u

enum model_kind { MODEL_LATE_ANSWER, MODEL_DELAYED, MODEL_NOTIFICATION };

/* A message that the platform has to send by itself. */
struct model_expected {
	enum model_kind kind;
	uint64_t cookie; /* of a late answer */
	size_t size;
	uint8_t bytes[MODEL_BYTES_MAX];
	bool optional; /* may come or not */
};

struct model_channel {
	bool open;
	bool p2a;
	uint32_t agent;
	uint32_t base_version, clock_version; /* as negotiated */
	bool errors;
	bool rate_changed[WORLD_CLOCKS];
	bool rate_requested[WORLD_CLOCKS];
	struct model_expected expected[MODEL_EXPECTED];
	size_t expected_count;
	uint64_t missed; /* notifications that have not come, of which the platform must know */
};

/* A change of rate that takes its time. */
struct model_operation {
	uint32_t channel; /* MODEL_CHANNELS: gone, nobody is told */
	uint32_t agent;
	uint32_t clock;
	uint32_t header;
	uint32_t view_id;
	uint64_t cookie;
	uint64_t rate_hz;
	uint64_t finish_ns;
	bool async;
	bool silent;
};

struct model_clock {
	uint64_t rate_hz; /* where it has rates of its own */
	uint64_t busy_until_ns;
	uint32_t parent; /* index into its parents */
	uint32_t config[WORLD_CONFIGS];
	uint32_t rate_by, parent_by, config_by[WORLD_CONFIGS]; /* agents; 0: as at start */
	uint8_t vote[WORLD_AGENTS + 1];			       /* 0 none, 1 on, 2 off */
};

struct model {
	const struct scmi_board *board;
	uint64_t now_ns;
	struct model_channel channels[MODEL_CHANNELS];
	struct model_clock clocks[WORLD_CLOCKS];
	bool denied[WORLD_AGENTS + 1][WORLD_DEVICES];
	struct model_operation operations[MODEL_OPERATIONS]; /* in the order of the requests */
	size_t operation_count;
};

void model_init(struct model *m, const struct scmi_board *board);

/* What happens to the platform. */
void model_open(struct model *m, uint32_t channel, uint32_t agent, bool p2a);
void model_close(struct model *m, uint32_t channel);
void model_reset(struct model *m, uint32_t channel);
void model_restart(struct model *m);
void model_tick(struct model *m, uint64_t now_ns);
uint64_t model_deadline(const struct model *m);
void model_report(struct model *m, uint32_t agent, bool fatal, uint32_t header, int32_t status);

/*
 * A command and its answer (size 0: none). Checks the answer, follows what it did. Returns the
 * status, or 1 if there is no answer, or none yet.
 */
int model_command(struct model *m, uint32_t channel, uint64_t cookie, const uint8_t *message,
		  size_t size, size_t space, const uint8_t *answer, size_t answer_size);

/* The platform sent something by itself. */
void model_sent(struct model *m, uint32_t channel, enum model_kind kind, uint64_t cookie,
		const uint8_t *message, size_t size);

/* The end of a step: what had to come has come, unless the channel is full. `lost`: what the
 * platform counted. */
void model_settle(struct model *m, uint32_t channel, bool full, uint64_t lost);

/* ---- between the model's files --------------------------------------------------------------- */

/* A message that has to come, of its header to begin with; and a word more of it. */
struct model_expected *model_expect(struct model *m, uint32_t channel, enum model_kind kind,
				    uint32_t header);
void model_add(struct model_expected *e, uint32_t word);

/* CLOCK_RATE_CHANGED (0) or CLOCK_RATE_CHANGE_REQUESTED (1) to all subscribers but the
 * originator's. */
void model_tell_rate(struct model *m, uint32_t id, uint32_t originator, uint32_t clock,
		     uint64_t rate_hz);

/* What a command may be answered with. */
struct model_judgement {
	uint32_t allowed; /* bit n: status -n */
	bool late;	  /* its answer may come later */
	uint8_t values[1024];
	size_t size;	  /* of the values behind SCMI_SUCCESS */
	size_t free_at;	  /* here are four bytes without meaning; 0: nowhere */
	uint64_t rate_hz; /* CLOCK_RATE_SET: the rate it comes to */
};

void model_judge(const struct model *m, const struct model_channel *c, const uint8_t *message,
		 size_t size, size_t space, struct model_judgement *j);

/* Looking at the model. */
uint32_t model_view_id(const struct model *m, uint32_t agent, uint32_t clock); /* or SCMI_NONE */
const struct scmi_board_protocol *model_protocol(const struct model *m, uint32_t agent,
						 uint32_t id);
const struct scmi_board_view *model_view(const struct model *m, uint32_t agent, uint32_t id);
bool model_trusted(const struct model *m, uint32_t agent);
bool model_denied(const struct model *m, uint32_t agent, uint32_t clock);
uint32_t model_allow(const struct model *m, uint32_t agent, const struct scmi_board_view *view);
uint64_t model_rate(const struct model *m, uint32_t clock);
bool model_running(const struct model *m, uint32_t clock);
bool model_own_rates(const struct scmi_board_clock *clock);
bool model_queued(const struct model *m, uint32_t clock);
uint32_t model_agent_found(const struct model *m, uint32_t caller, uint32_t id); /* or SCMI_NONE */
bool model_exists(const struct model *m, const struct model_channel *c, uint32_t protocol,
		  uint32_t id);

void model_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
