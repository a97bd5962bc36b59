/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every event from every reachable state, for each scenario; and random orders of many events.
 *
 *	explore all [SCENARIO]        every state; prints how many there are
 *	explore once [SCENARIO]       every state where nothing comes again before what there was of its
 *	                              name has been released: far fewer
 *	explore compare [SCENARIO]    these, and compares what comes of all that are taken for one
 *	explore random COUNT [SEED]   COUNT random orders, each let come to rest and checked
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "world.h"

/* ---- every state ----------------------------------------------------------------------------- */

/* What an exploration has seen. */
struct seen {
	struct table states;
	struct table sampled; /* keys whose states are compared, with what comes of them */
	uint64_t sample;      /* one key of so many */
	uint64_t compared;
	uint64_t steps;
	uint64_t quiet;
};

/* Nobody is at work, nobody has to tell, and there is nothing to do. */
static bool is_quiet(const struct event *events, unsigned int count, bool found_work)
{
	for (unsigned int i = 0; i < count; i++) {
		if (events[i].kind == DONE || events[i].kind == TELL)
			return false;
	}
	return !found_work;
}

static bool is_among(uint64_t number, const uint64_t *numbers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

/*
 * The keys of all that can come of the world as it is, in one number. Which of several it is that
 * something happens to may differ between states with one key, and so may how often one thing comes
 * of it: only what can happen counts.
 */
static uint64_t what_comes(void)
{
	static uint64_t *here;
	struct event events[EVENTS_MAX];
	unsigned int count = world_events(events);
	uint64_t numbers[EVENTS_MAX];
	uint64_t sum = 0;

	if (!here)
		here = calloc(1, world_size());
	if (!here)
		abort();
	world_save(here);
	for (unsigned int i = 0; i < count; i++) {
		world_do(events[i]);
		numbers[i] = scatter(world_key() + scatter(events[i].kind + 1u));
		if (!is_among(numbers[i], numbers, i))
			sum += numbers[i];
		world_restore(here);
	}
	return sum;
}

/* States that are taken for one must have the same future. */
static void compare(struct seen *seen, uint64_t key)
{
	uint64_t future;
	bool is_new;

	if (scatter(~key) % seen->sample)
		return;
	future = what_comes();
	if (table_note(&seen->sampled, key, future, &is_new) != future) {
		fprintf(stderr, "bind: two states that differ have the key %#llx\n",
			(unsigned long long)key);
		abort();
	}
	seen->compared += !is_new;
}

/* All that can come of one state. */
static void expand(const void *here, struct seen *seen, struct line *line)
{
	struct event events[EVENTS_MAX];
	bool found_work = false;
	unsigned int count;

	world_restore(here);
	count = world_events(events);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t key;
		bool is_new;

		if (i)
			world_again(here);
		found_work |= world_do(events[i]) && events[i].kind == WORK;
		world_check();
		key = world_key();
		table_note(&seen->states, key, 0, &is_new);
		if (is_new)
			line_keep(line);
		compare(seen, key);
		seen->steps++;
	}
	if (is_quiet(events, count, found_work)) {
		world_restore(here);
		world_check_rest();
		seen->quiet++;
	}
}

static void explore(const struct scenario *scenario, bool once, uint64_t sample)
{
	struct seen seen = { .sampled.wants_values = true, .sample = sample };
	struct line line;
	const void *here;
	bool is_new;

	world_start(scenario, once);
	line_start(&line);
	table_note(&seen.states, world_key(), 0, &is_new);
	line_keep(&line);
	while ((here = line_take(&line)))
		expand(here, &seen, &line);
	line_free(&line);
	table_free(&seen.sampled);
	printf("%-28s %9zu states, %llu at rest, %llu transitions, %llu states compared\n",
	       scenario->name, seen.states.count, (unsigned long long)seen.quiet,
	       (unsigned long long)seen.steps, (unsigned long long)seen.compared);
	fflush(stdout);
	table_free(&seen.states);
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

/* End what somebody is at; whether there was any. */
static bool end_what_is_begun(void)
{
	struct event events[EVENTS_MAX];
	unsigned int count = world_events(events);
	bool any = false;

	for (unsigned int i = 0; i < count; i++) {
		if (events[i].kind == DONE || events[i].kind == TELL) {
			world_do(events[i]);
			world_check();
			any = true;
		}
	}
	return any;
}

static void rest(void)
{
	static const struct event work = { .kind = WORK };
	bool working = true;

	while (working) {
		working = end_what_is_begun();
		working |= world_do(work);
		world_check();
	}
	world_check_rest();
}

/*
 * Where workers are eager, work is likelier than other events, and likelier to succeed: else little gets
 * ready. Where they are not, more happens at a time.
 */
static struct event pick_event(unsigned int eager)
{
	struct event events[EVENTS_MAX];
	unsigned int count = world_events(events);
	struct event event = events[pick(count)];

	for (unsigned int i = 0; i < eager && event.kind != WORK && event.kind != DONE; i++)
		event = events[pick(count)];
	return event;
}

static void wander(uint64_t count)
{
	uint64_t steps = 0;

	for (uint64_t i = 0; i < count; i++) {
		unsigned int length = 10 + pick(120);
		unsigned int eager = pick(4);

		world_start(&scenarios[pick(scenario_count)], false);
		while (length--) {
			world_do(pick_event(eager));
			world_check();
			steps++;
		}
		rest();
	}
	printf("%llu random orders, %llu events: every one ends where the rules say\n",
	       (unsigned long long)count, (unsigned long long)steps);
}

/* Of every scenario, or of the one that is named. */
static int explore_all(const char *name, bool once, uint64_t sample)
{
	unsigned int explored = 0;

	/* States come and go by the million: the system need not hear of each. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	for (unsigned int i = 0; i < scenario_count; i++) {
		if (!name || !strcmp(name, scenarios[i].name)) {
			explore(&scenarios[i], once, sample);
			explored++;
		}
	}
	if (!explored)
		fprintf(stderr, "bind: there is no scenario '%s'\n", name);
	return !explored || !world_report_moves();
}

int main(int argc, char **argv)
{
	const char *what = argc >= 2 ? argv[1] : "";
	const char *name = argc >= 3 ? argv[2] : NULL;

	if (!strcmp(what, "all"))
		return explore_all(name, false, 1009);
	if (!strcmp(what, "once"))
		return explore_all(name, true, 1009);
	if (!strcmp(what, "compare"))
		return explore_all(name, true, 1);
	if (!strcmp(what, "random") && name) {
		random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
		wander(strtoull(name, NULL, 0));
		return 0;
	}
	fprintf(stderr, "usage: explore all|once|compare [SCENARIO] | explore random COUNT [SEED]\n");
	return 2;
}
