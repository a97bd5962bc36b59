/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ten instances over four transports in one process, used from many threads, while their platforms are
 * killed, their suppliers withdrawn, their descriptors taken away and a driver unloaded, at random. Two
 * have little patience, and platforms that stop for longer than that: their answers come late, all at
 * once. No answer is lost or another's, everything that was submitted ends once, and at the end all
 * instances are ready and hear what they subscribed to.
 *
 *	soak [CALLS]	or SECONDS=60 meson test soak	SEED=… repeats the order of what is done to platforms
 */
#include "platform.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <scmi/clock.h>

#include "host/monotonic.h"

#define INSTANCES 10u
#define CALLERS	  6u
/* From this one on they have little patience. */
#define BRIEF	   8u
#define BRIEF_MS   30u
#define PATIENT_MS 20000u
/* At least so many times something is done to a platform. */
#define TROUBLES 20u
/* Far apart: no rate of one is a rate of another. */
#define BASE_HZ(instance) (1000u * ((instance) + 1))
/* Set and told of, never asked for by callers. */
#define TOLD_CLOCK 6u

/* What it is over, by turns. */
static const struct {
	const char *compatible;
	const char *endpoint;
	const char *socket;
} kinds[] = {
	{"socket", "socket: a.sock", "a.sock"},
	{"virtio", "virtio: a.vhost", "a.vhost"},
	{"mailbox", "mailbox: a.mbox", "a.mbox"},
	{"stranger", "socket: a.sock", "a.sock"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct one {
	unsigned int number;
	struct platform platform;
	char name[8];
	char supplier_name[8];
	char address[120];
	const char *compatible[2];
	struct scmi_descriptor descriptor;
	int descriptor_released;
	struct scmi_supplier supplier;
	int supplier_released;
	struct scmi_instance *instance;
	struct scmi_agent *agent;
	struct scmi_listener listener;
	/* Atomic. Odd while something is done to its platform. */
	unsigned int touched;
	unsigned int events;
	unsigned int changes;
};

static struct one all[INSTANCES];
static struct scmi_manager *manager;
static struct scmi_driver *strangers;

static int stop, dispatcher_stop;
static unsigned int calls_wanted;
/* Atomic counters. */
static unsigned int answered, gone, timed_out, submitted, ended, troubles;

static void count(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static unsigned int read_of(const unsigned int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

__attribute__((format(printf, 1, 2))) static void wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fflush(stderr);
	abort();
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* ---- those who call -------------------------------------------------------------------------- */

/* Whether that is how a call may end. `touched` as before it. */
static void judge(const struct one *one, unsigned int touched, int error)
{
	if (!error) {
		count(&answered);
	} else if (error == -ENODEV) {
		count(&gone);
	} else if (error == -ETIMEDOUT) {
		count(&timed_out);
		if (one->number < BRIEF && !(touched & 1) && read_of(&one->touched) == touched)
			wrong("instance %s lost an answer, though nothing was done to it\n",
			      one->name);
	} else if (one->number >= BRIEF && (error == -EAGAIN || error == -EBUSY)) {
		/* Time was over before there was room. */
		count(&timed_out);
	} else {
		wrong("instance %s: %s\n", one->name, scmi_error_text(error));
	}
}

static void ask(struct one *one, uint32_t clock_id)
{
	unsigned int touched = read_of(&one->touched);
	uint64_t rate_hz = 0;
	int error = scmi_clock_rate_get(one->agent, clock_id, &rate_hz);

	judge(one, touched, error);
	if (!error && rate_hz != BASE_HZ(one->number) + clock_id)
		wrong("instance %s, clock %u: another's answer: %llu\n", one->name, clock_id,
		      (unsigned long long)rate_hz);
}

struct asked {
	struct one *one;
	uint32_t clock_id;
	unsigned int touched;
};

static void on_done(void *ctx, const struct scmi_result *result)
{
	struct asked *asked = ctx;
	const uint8_t *values = result->values;

	count(&ended);
	judge(asked->one, asked->touched, result->error);
	if (!result->error &&
	    (result->size != 8 ||
	     scmi_get_le32(values) != BASE_HZ(asked->one->number) + asked->clock_id))
		wrong("instance %s: another's answer to a submitted command\n", asked->one->name);
	free(asked);
}

static void submit(struct one *one, uint32_t clock_id)
{
	uint8_t payload[4];
	const struct scmi_command command = {
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_GET,
		.payload = payload,
		.size = sizeof(payload),
	};
	struct asked *asked = malloc(sizeof(*asked));
	int error;

	asked->one = one;
	asked->clock_id = clock_id;
	asked->touched = read_of(&one->touched);
	scmi_put_le32(payload, clock_id);
	/* First, as done() may be called before submit() returns. */
	count(&submitted);
	error = scmi_agent_submit(one->agent, &command, on_done, asked, NULL);
	if (!error)
		return;
	if (error != -ENODEV && error != -EBUSY && error != -EAGAIN)
		wrong("instance %s: submit: %s\n", one->name, scmi_error_text(error));
	__atomic_sub_fetch(&submitted, 1, __ATOMIC_SEQ_CST);
	free(asked);
}

static void *be_caller(void *ctx)
{
	uint32_t random = (uint32_t)(uintptr_t)ctx;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		struct one *one = &all[next_random(&random) % INSTANCES];
		uint32_t clock_id = next_random(&random) % TOLD_CLOCK;

		if (next_random(&random) % 4)
			ask(one, clock_id);
		else
			submit(one, clock_id);
	}
	return NULL;
}

/* ---- the application's loop, in a thread of its own ------------------------------------------ */

static void on_event(void *ctx, uint8_t protocol_id, uint8_t message_id, const void *payload,
		     size_t size)
{
	struct one *one = ctx;

	(void)protocol_id;
	(void)message_id;
	(void)payload;
	(void)size;
	count(&one->events);
	/* A callback may submit. */
	submit(one, 0);
}

static void on_changed(void *ctx, const struct scmi_instance_status *status)
{
	struct one *one = ctx;

	(void)status;
	count(&one->changes);
}

static void *dispatch_all(void *ctx)
{
	struct pollfd readable[INSTANCES];

	(void)ctx;
	for (unsigned int i = 0; i < INSTANCES; i++)
		readable[i] = (struct pollfd){.fd = scmi_instance_fd(all[i].instance),
					      .events = POLLIN};
	while (!__atomic_load_n(&dispatcher_stop, __ATOMIC_SEQ_CST)) {
		poll(readable, INSTANCES, 10);
		for (unsigned int i = 0; i < INSTANCES; i++) {
			if (readable[i].revents ||
			    scmi_instance_next_deadline_ns(all[i].instance) <= scmi_monotonic_ns())
				scmi_instance_dispatch(all[i].instance);
		}
	}
	return NULL;
}

/* ---- what is done to platforms --------------------------------------------------------------- */

static void on_released(void *ctx)
{
	__atomic_store_n((int *)ctx, 1, __ATOMIC_SEQ_CST);
}

static void until_released(const int *released, const char *what)
{
	uint64_t end_ns = scmi_monotonic_ns() + 60000 * (uint64_t)NS_PER_MS;

	while (!__atomic_load_n(released, __ATOMIC_SEQ_CST)) {
		if (scmi_monotonic_ns() > end_ns)
			wrong("%s is not let go after a minute\n", what);
		poll(NULL, 0, 1);
	}
}

static void announce(struct one *one)
{
	one->supplier_released = 0;
	if (scmi_binder_announce(scmi_manager_binder(manager), &one->supplier))
		wrong("%s cannot be announced\n", one->supplier_name);
}

static void describe(struct one *one)
{
	one->descriptor_released = 0;
	if (scmi_manager_add_descriptor(manager, &one->descriptor, NULL, 0))
		wrong("%s cannot be described\n", one->name);
}

static void touch_strangers(void)
{
	for (unsigned int i = 0; i < INSTANCES; i++) {
		if (!strcmp(all[i].compatible[0], "stranger"))
			count(&all[i].touched);
	}
}

static void trouble(uint32_t *random)
{
	uint32_t choice = next_random(random) % (INSTANCES + 4);
	/* Those that are stopped twice as often as others, or thrice. */
	struct one *one = &all[choice < INSTANCES ? choice : BRIEF + choice % 2];
	uint32_t pause_ms = next_random(random) % 20;
	uint32_t kind = next_random(random) % 10;
	struct scmi_binder *binder = scmi_manager_binder(manager);

	count(&troubles);
	if (kind == 9) {
		touch_strangers();
		if (scmi_manager_remove_driver(manager, "stranger"))
			wrong("the driver is not there\n");
		poll(NULL, 0, (int)pause_ms);
		if (scmi_manager_add_driver(manager, strangers))
			wrong("the driver cannot be added\n");
		touch_strangers();
		return;
	}
	count(&one->touched);
	if (one->number >= BRIEF && kind <= 3) {
		platform_stop(&one->platform);
		poll(NULL, 0, 2 * BRIEF_MS);
		platform_continue(&one->platform);
	} else if (kind <= 5) {
		platform_kill(&one->platform);
		poll(NULL, 0, (int)pause_ms);
		platform_start(&one->platform);
	} else if (kind <= 7) {
		scmi_binder_withdraw(binder, &one->supplier, kind == 6);
		until_released(&one->supplier_released, one->supplier_name);
		announce(one);
	} else {
		scmi_binder_remove_descriptor(binder, &one->descriptor);
		until_released(&one->descriptor_released, one->name);
		describe(one);
	}
	count(&one->touched);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void start(struct one *one, unsigned int number)
{
	const struct scmi_instance_options options = {.changed = on_changed, .changed_ctx = one};
	char why[200] = "";

	one->number = number;
	snprintf(one->name, sizeof(one->name), "i%u", number);
	snprintf(one->supplier_name, sizeof(one->supplier_name), "s%u", number);
	one->compatible[0] = kinds[number % KINDS].compatible;
	platform_init(&one->platform, kinds[number % KINDS].endpoint, BASE_HZ(number));
	platform_path(&one->platform, kinds[number % KINDS].socket, one->address);
	one->descriptor = (struct scmi_descriptor){
		.name = one->name,
		.compatible = one->compatible,
		.supplier = one->supplier_name,
		.settings.response_timeout_ms = number < BRIEF ? PATIENT_MS : BRIEF_MS,
		.released = on_released,
		.ctx = &one->descriptor_released,
	};
	one->supplier = (struct scmi_supplier){
		.name = one->supplier_name,
		.transport = one->compatible[0],
		.address = one->address,
		.released = on_released,
		.ctx = &one->supplier_released,
	};
	if (scmi_manager_instance(manager, one->name, &options, &one->instance, why, sizeof(why)))
		wrong("%s\n", why);
	one->agent = scmi_instance_agent(one->instance);
	one->listener = (struct scmi_listener){
		.protocol_id = SCMI_CLOCK_PROTOCOL,
		.message_id = SCMI_CLOCK_RATE_CHANGED,
		.event = on_event,
		.ctx = one,
	};
	scmi_agent_listen(one->agent, &one->listener);
	describe(one);
	announce(one);
}

static void wait_ready(struct one *one)
{
	uint64_t end_ns = scmi_monotonic_ns() + 60000 * (uint64_t)NS_PER_MS;
	struct scmi_instance_status status;
	char text[300];

	for (;;) {
		scmi_instance_status(one->instance, &status);
		if (status.ready)
			return;
		if (scmi_monotonic_ns() > end_ns) {
			scmi_instance_explain(one->instance, text, sizeof(text));
			wrong("%s, after a minute: %s\n", one->name, text);
		}
		poll(NULL, 0, 2);
	}
}

/* Another agent sets a clock: the instance is told, with what it subscribed to long ago. */
static void expect_event(struct one *one)
{
	uint64_t end_ns = scmi_monotonic_ns() + 60000 * (uint64_t)NS_PER_MS;
	unsigned int before = read_of(&one->events);
	struct scmi_instance *other;
	char uri[140];

	snprintf(uri, sizeof(uri), "unix:%s/two.sock", one->platform.directory);
	if (scmi_instance_open(&other, uri, NULL, NULL, 0) ||
	    scmi_clock_rate_set(scmi_instance_agent(other), TOLD_CLOCK, 424242,
				SCMI_CLOCK_ROUND_DOWN))
		wrong("%s: its platform does not work\n", one->name);
	scmi_instance_close(other);
	while (read_of(&one->events) == before) {
		if (scmi_monotonic_ns() > end_ns)
			wrong("%s is not told of what it subscribed to\n", one->name);
		poll(NULL, 0, 2);
	}
}

static bool enough(uint64_t end_ns)
{
	if (end_ns)
		return scmi_monotonic_ns() >= end_ns;
	return read_of(&answered) >= calls_wanted && read_of(&troubles) >= TROUBLES;
}

static void run(uint64_t end_ns, uint32_t random)
{
	pthread_t callers[CALLERS], dispatcher;
	struct runner runner;
	int error;

	runner_start(&runner, manager);
	pthread_create(&dispatcher, NULL, dispatch_all, NULL);
	for (unsigned int i = 0; i < INSTANCES; i++) {
		wait_ready(&all[i]);
		do
			error = scmi_clock_rate_notify(all[i].agent, TOLD_CLOCK, true);
		while (error == -ETIMEDOUT && i >= BRIEF);
		if (error)
			wrong("%s cannot subscribe: %s\n", all[i].name, scmi_error_text(error));
	}
	for (uintptr_t i = 0; i < CALLERS; i++)
		pthread_create(&callers[i], NULL, be_caller, (void *)(i + 1));
	while (!enough(end_ns))
		trouble(&random);
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < CALLERS; i++)
		pthread_join(callers[i], NULL);
	for (unsigned int i = 0; i < INSTANCES; i++) {
		wait_ready(&all[i]);
		expect_event(&all[i]);
	}
	__atomic_store_n(&dispatcher_stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(dispatcher, NULL);
	runner_stop(&runner);
}

static unsigned int open_descriptors(void)
{
	unsigned int descriptors = 0;

	for (int fd = 0; fd < 1024; fd++)
		descriptors += dup2(fd, fd) == fd;
	return descriptors;
}

static uint64_t late_answers(void)
{
	struct scmi_agent_counters counters;
	uint64_t late = 0;

	for (unsigned int i = BRIEF; i < INSTANCES; i++) {
		scmi_agent_counters(all[i].agent, &counters);
		late += counters.late;
	}
	return late;
}

/* From nothing to nothing. Returns how many answers came late. */
static uint64_t run_whole(uint64_t end_ns, uint32_t random)
{
	const char *file = getenv("SCMI_STRANGER_FILE");
	char why[300] = "";
	uint64_t late;

	answered = gone = timed_out = submitted = ended = troubles = 0;
	stop = dispatcher_stop = 0;
	memset(all, 0, sizeof(all));
	if (scmi_manager_new(&manager, NULL) || !file ||
	    scmi_driver_open(&strangers, file, why, sizeof(why)) ||
	    scmi_manager_add_driver(manager, strangers))
		wrong("no manager, or no stranger (SCMI_STRANGER_FILE): %s\n", why);
	for (unsigned int i = 0; i < INSTANCES; i++)
		start(&all[i], i);
	run(end_ns, random);
	late = late_answers();
	for (unsigned int i = 0; i < INSTANCES; i++) {
		scmi_instance_close(all[i].instance);
		platform_fini(&all[i].platform);
	}
	if (scmi_manager_free(manager))
		wrong("somebody still has something\n");
	scmi_driver_put(strangers);
	printf("%u answered, %u ended as the platform was gone, %u timed out, %llu answered late, "
	       "%u submitted, %u times trouble\n",
	       answered, gone, timed_out, (unsigned long long)late, submitted, troubles);
	fflush(stdout);
	if (submitted != ended)
		wrong("%u were submitted, %u ended\n", submitted, ended);
	return late;
}

int main(int argc, char **argv)
{
	const char *seconds = getenv("SECONDS"), *seed = getenv("SEED");
	uint32_t random = seed ? (uint32_t)atoi(seed) : 1;
	unsigned int descriptors;
	uint64_t end_ns = 0;

	/* First for a moment: drivers may keep something for the process, once. */
	calls_wanted = 500;
	run_whole(0, random + 1);
	descriptors = open_descriptors();

	calls_wanted = argc > 1 ? (unsigned int)atoi(argv[1]) : 20000;
	if (seconds)
		end_ns = scmi_monotonic_ns() + (uint64_t)atoi(seconds) * 1000 * NS_PER_MS;
	if (!run_whole(end_ns, random))
		wrong("no answer was late: nothing is shown of those\n");
	if (open_descriptors() != descriptors)
		wrong("%u descriptors before, %u after\n", descriptors, open_descriptors());
	return 0;
}
