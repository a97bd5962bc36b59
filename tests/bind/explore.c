/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every event from every reachable state, for each scenario; and random orders of many events.
 *
 *	explore all [SCENARIO]        every state; prints how many there are
 *	explore random COUNT [SEED]   COUNT random orders, each let come to rest and checked
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* ---- states that were seen ------------------------------------------------------------------- */

static uint64_t *seen;
static size_t seen_space;
static size_t seen_count;

static bool note(uint64_t hash);

static void grow(void)
{
	uint64_t *old = seen;
	size_t old_space = seen_space;

	seen_space = old_space ? old_space * 2 : 1u << 16;
	seen = calloc(seen_space, sizeof(*seen));
	if (!seen)
		abort();
	seen_count = 0;
	for (size_t i = 0; i < old_space; i++) {
		if (old[i])
			note(old[i]);
	}
	free(old);
}

/* False if it was seen before. */
static bool note(uint64_t hash)
{
	size_t i;

	if (seen_count * 2 >= seen_space)
		grow();
	hash += !hash;
	for (i = hash & (seen_space - 1); seen[i]; i = (i + 1) & (seen_space - 1)) {
		if (seen[i] == hash)
			return false;
	}
	seen[i] = hash;
	seen_count++;
	return true;
}

/* ---- every state ----------------------------------------------------------------------------- */

/* States whose events are still to be tried, the oldest first. */
struct state {
	struct state *next;
	uint32_t words[]; /* the world: a number of zero words, a number of others, and these, again and again */
};

static uint32_t *plain;
static uint32_t *packed;

static size_t world_words(void)
{
	return world_size() / sizeof(*plain);
}

/* Most of a world is zeros, and there are a great many. */
static struct state *keep(void)
{
	struct state *state;
	size_t used = 0;

	world_save(plain);
	for (size_t i = 0; i < world_words();) {
		size_t zeros = i;
		size_t others;

		while (i < world_words() && !plain[i])
			i++;
		zeros = i - zeros;
		others = i;
		while (i < world_words() && plain[i])
			i++;
		packed[used] = (uint32_t)zeros;
		packed[used + 1] = (uint32_t)(i - others);
		memcpy(packed + used + 2, plain + others, (i - others) * sizeof(*plain));
		used += 2 + i - others;
	}
	state = malloc(sizeof(*state) + used * sizeof(*packed));
	if (!state)
		abort();
	state->next = NULL;
	memcpy(state->words, packed, used * sizeof(*packed));
	return state;
}

/* Into `to`, which world_restore() takes. */
static void unpack(const struct state *state, uint32_t *to)
{
	const uint32_t *from = state->words;

	for (size_t i = 0; i < world_words();) {
		memset(to + i, 0, from[0] * sizeof(*to));
		i += from[0];
		memcpy(to + i, from + 2, from[1] * sizeof(*to));
		i += from[1];
		from += 2 + from[1];
	}
}

static void explore(const struct scenario *scenario)
{
	struct event events[EVENTS_MAX];
	struct state *first;
	struct state *last;
	uint64_t steps = 0;
	uint64_t quiet = 0;
	uint32_t *here = malloc(world_size());

	plain = malloc(world_size());
	packed = malloc(2 * world_size());
	if (!here || !plain || !packed)
		abort();
	free(seen);
	seen = NULL;
	seen_space = 0;
	world_start(scenario);
	note(world_hash());
	first = keep();
	last = first;
	while (first) {
		struct state *state = first;
		unsigned int count;

		unpack(state, here);
		world_restore(here);
		count = world_events(events);
		quiet += world_is_quiet();
		for (unsigned int i = 0; i < count; i++) {
			world_restore(here);
			world_do(events[i]);
			world_check();
			steps++;
			if (note(world_hash())) {
				last->next = keep();
				last = last->next;
			}
		}
		first = state->next;
		free(state);
	}
	printf("%-28s %9zu states, %llu at rest, %llu transitions\n", scenario->name, seen_count,
	       (unsigned long long)quiet, (unsigned long long)steps);
	fflush(stdout);
	free(packed);
	free(plain);
	free(here);
}

/* ---- random orders --------------------------------------------------------------------------- */

static uint64_t random_state;

static unsigned int pick(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state % below);
}

static void rest(void)
{
	static const struct event work = { .kind = WORK };
	static const struct event done[] = { { .kind = DONE }, { .kind = DONE, .which = 1 } };

	while (!world_is_quiet()) {
		struct event events[EVENTS_MAX];
		unsigned int count = world_events(events);

		for (unsigned int i = 0; i < count; i++) {
			if (events[i].kind == DONE) {
				world_do(done[events[i].which]);
				world_check();
			}
		}
		if (!world_is_quiet()) {
			world_do(work);
			world_check();
		}
	}
}

/* Work is likelier than other events, and likelier to succeed: else nothing ever gets ready. */
static struct event pick_event(void)
{
	struct event events[EVENTS_MAX];
	unsigned int count = world_events(events);
	struct event event = events[pick(count)];

	for (unsigned int i = 0; i < 3 && event.kind != WORK && event.kind != DONE; i++)
		event = events[pick(count)];
	return event;
}

static void wander(uint64_t count)
{
	uint64_t steps = 0;

	for (uint64_t i = 0; i < count; i++) {
		unsigned int length = 10 + pick(120);

		world_start(&scenarios[pick(scenario_count)]);
		while (length--) {
			world_do(pick_event());
			world_check();
			steps++;
		}
		rest();
	}
	printf("%llu random orders, %llu events: every one ends where the rules say\n",
	       (unsigned long long)count, (unsigned long long)steps);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "all")) {
		/* States come and go by the million: the system need not hear of each. */
		mallopt(M_MMAP_THRESHOLD, 1 << 30);
		for (unsigned int i = 0; i < scenario_count; i++) {
			if (argc == 2 || !strcmp(argv[2], scenarios[i].name))
				explore(&scenarios[i]);
		}
		free(seen);
		return 0;
	}
	if (argc >= 3 && !strcmp(argv[1], "random")) {
		random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
		wander(strtoull(argv[2], NULL, 0));
		return 0;
	}
	fprintf(stderr, "usage: explore all [SCENARIO] | explore random COUNT [SEED]\n");
	return 2;
}
