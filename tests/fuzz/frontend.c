// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the agent's end of virtio with a device that answers what it likes while it is set up, and then writes what it
 * likes into the rings. A model follows the rings from the side of the device: what was lent is not lent again before
 * it came back, what the device gives back is handed over once and as it stood there, a device that goes wrong is given up
 * and no other, nothing waits longer than it was told to, no descriptor is left over, and the next device works.
 */
#define _GNU_SOURCE

#include "frontend_run.h"
#include "reached.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX   150
#define NS_PER_MS   1000000u
#define TIMEOUT_MS  50u
/* Requests of one set-up, at most. */
#define REQUESTS    40u
#define FEATURES                                                                                   \
	(VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT | VIRTIO_SCMI_F_P2A_CHANNELS | \
	 VHOST_USER_F_PROTOCOL_FEATURES)
#define PROTOCOL_FEATURES (VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *names[MARKS] = {
	"closes", "silent", "other-request", "other-flags", "other-size", "other-value", "descriptors",
	"many-descriptors", "half", "twice", "requests", "drips", "late", "shut", "garbage", "signals",
	[OPENED] = "opened", [NOT_OPENED] = "not-opened", [TIMED_OUT] = "timed-out",
	[ANSWERED] = "answered", [EMPTY] = "empty", [EVENT] = "event", [FULL] = "full",
	[JUMP] = "jump", [NOT_OURS] = "not-ours", [WRITTEN] = "written", [CLOSED] = "closed",
	[KICKED] = "kicked", [CALLED] = "called", [SENT_INSIDE] = "sent-inside",
	[WAITED_IN_VAIN] = "waited-in-vain", [WOKEN] = "woken", [LOOKED] = "looked",
	[ERROR] = "error", [SPOKEN] = "spoken", [HUNG_UP] = "hung-up", [AGAIN] = "again",
};

struct front_end run;
static struct scmi_transport_device *front;
static struct loan handed_over; /* in a callback its buffer is not free yet */
static bool handing, handing_event, chatty, inside, watched;
static uint32_t commands_out;
static uint8_t sent[64];
static uint32_t sent_size, looks;
static uint16_t last_head;

static uint32_t queue_count(void)
{
	return run.limits.p2a ? VIRTIO_SCMI_QUEUES : 1;
}

/* ---- what is lent --------------------------------------------------------------------------------- */

static bool overlap(const struct loan *loan, uint64_t at, uint64_t size)
{
	for (uint32_t i = 0; loan->out && i < loan->count; i++)
		if (at < loan->at[i] + loan->size[i] && loan->at[i] < at + size)
			return true;
	return false;
}

/* Nobody else has it, and no ring stands there. */
static void check_free(uint64_t at, uint64_t size)
{
	device_at(&run.device, at, size);
	device_check(!handing || !overlap(&handed_over, at, size));
	for (uint32_t i = 0; i < queue_count(); i++) {
		const struct device_queue *queue = &run.device.queues[i];

		device_check(at >= queue->used + 6 + 8 * queue->num || at + size <= queue->descriptors);
		for (uint32_t head = 0; head < queue->num; head++)
			device_check(!overlap(&run.mirrors[i].loans[head], at, size));
	}
}

static void see_loan(uint32_t index)
{
	struct mirror *mirror = &run.mirrors[index];
	const struct device_queue *queue = &run.device.queues[index];
	uint32_t head = device_get(&run.device, queue->avail + 4 + 2 * (mirror->avail_seen & (queue->num - 1)), 2);
	uint32_t count = index == VIRTIO_SCMI_COMMANDS ? 2 : 1, next = head;
	struct loan loan = {.count = count};

	device_check(head < queue->num && !mirror->loans[head].out);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = queue->descriptors + 16 * (uint64_t)next;
		uint32_t flags = device_get(&run.device, at + 12, 2);

		device_check(next < queue->num && !mirror->in_use[next]);
		mirror->in_use[next] = true;
		loan.descriptors[i] = (uint16_t)next;
		loan.at[i] = device_get(&run.device, at, 4) | (uint64_t)device_get(&run.device, at + 4, 4) << 32;
		loan.size[i] = device_get(&run.device, at + 8, 4);
		device_check(flags == ((i + 1 < count ? 1u : 0u) | (i + 1 == count ? 2u : 0u)));
		check_free(loan.at[i], loan.size[i]);
		next = device_get(&run.device, at + 14, 2);
	}
	device_check(loan.size[count - 1] == run.limits.message_size_max);
	loan.out = true;
	mirror->loans[head] = loan;
	mirror->avail_seen++;
	mirror->out_count++;
	last_head = (uint16_t)head;
}

/* What the driver has lent since the last time. */
static void observe(void)
{
	for (uint32_t i = 0; i < queue_count(); i++) {
		struct mirror *mirror = &run.mirrors[i];
		const struct device_queue *queue = &run.device.queues[i];

		device_check((uint16_t)device_get(&run.device, queue->avail + 2, 2) == mirror->avail_due);
		while (mirror->avail_seen != mirror->avail_due)
			see_loan(i);
	}
}

/* ---- what comes back ------------------------------------------------------------------------------ */

static void handed(void)
{
	if (!handing)
		return;
	handing = false;
	if (handing_event) {
		/* It is lent again at once, and may come back at once. */
		run.mirrors[VIRTIO_SCMI_EVENTS].avail_due++;
		see_loan(VIRTIO_SCMI_EVENTS);
	} else {
		commands_out--;
	}
}

static bool fault(struct mirror *mirror, uint32_t mark)
{
	mirror->fault = true;
	reached(mark);
	return false;
}

/* The next chain that the driver will find returned. False: there is none, or it is no good. */
static bool next_used(uint32_t index, uint32_t *size)
{
	struct mirror *mirror = &run.mirrors[index];
	const struct device_queue *queue = &run.device.queues[index];
	uint64_t entry = queue->used + 4 + 8 * (uint64_t)(mirror->next_used & (queue->num - 1));
	uint32_t id;

	if (mirror->fault)
		return false;
	if (mirror->used_seen == mirror->next_used) {
		mirror->used_seen = (uint16_t)device_get(&run.device, queue->used + 2, 2);
		if ((uint16_t)(mirror->used_seen - mirror->next_used) > mirror->out_count)
			return fault(mirror, JUMP);
	}
	if (mirror->used_seen == mirror->next_used)
		return false;
	id = device_get(&run.device, entry, 4);
	*size = device_get(&run.device, entry + 4, 4);
	if (id >= queue->num || !mirror->loans[id].out)
		return fault(mirror, NOT_OURS);
	if (*size > mirror->loans[id].size[mirror->loans[id].count - 1])
		return fault(mirror, WRITTEN);
	handed_over = mirror->loans[id];
	handing = true;
	handing_event = index == VIRTIO_SCMI_EVENTS;
	mirror->loans[id].out = false;
	for (uint32_t i = 0; i < handed_over.count; i++)
		mirror->in_use[handed_over.descriptors[i]] = false;
	mirror->next_used++;
	mirror->out_count--;
	return true;
}

/* The next that is more than nothing: of commands first, as they are looked for. */
static bool next_message(uint32_t *size)
{
	for (uint32_t i = 0; i < queue_count(); i++) {
		while (next_used(i, size)) {
			if (*size)
				return true;
			reached(EMPTY);
			handed();
		}
	}
	return false;
}

static void send_one(void);

static void receive(void *ctx, const void *message, size_t size)
{
	uint32_t expected = 0;

	device_check(!ctx && !run.closed && !inside);
	handed();
	device_check(next_message(&expected));
	device_check(size == expected);
	device_check(!memcmp(message, device_at(&run.device, handed_over.at[handed_over.count - 1], size), size));
	reached(handing_event ? EVENT : ANSWERED);
	if (chatty) {
		inside = true;
		reached(SENT_INSIDE);
		send_one();
		inside = false;
	}
}

static void gone(void *ctx, int error)
{
	device_check(!ctx && !run.closed && error < 0);
	run.closed = true;
}

static const struct scmi_transport_agent_callbacks callbacks = {
	.size = sizeof(callbacks),
	.receive = receive,
	.closed = gone,
};

/* ---- the driver ----------------------------------------------------------------------------------- */

/* A device that wants to be kicked for what is next is kicked for it. */
static bool wants_kick(uint32_t index, uint16_t from, uint16_t to)
{
	const struct device_queue *queue = &run.device.queues[index];

	if (!(run.device.agreed & VIRTIO_F_EVENT_IDX))
		return from != to && !(device_get(&run.device, queue->used, 2) & 1);
	return (uint16_t)(to - (uint16_t)device_get(&run.device, queue->used + 4 + 8 * queue->num, 2) - 1) <
	       (uint16_t)(to - from);
}

static void check_kick(uint32_t index)
{
	struct mirror *mirror = &run.mirrors[index];
	uint64_t kicks = device_kicks(&run.device, index);

	if (kicks)
		reached(KICKED);
	device_check(kicks || !wants_kick(index, mirror->kick_seen, mirror->avail_due));
	mirror->kick_seen = mirror->avail_due;
}

static void send_one(void)
{
	uint8_t what = input_u8(&run.in);
	uint32_t size = what < 0xf0 ? 4 + what % 60 : (what & 1) * (run.limits.message_size_max + (what >> 1 & 7));
	static uint8_t large[4096];
	const uint8_t *message = size <= sizeof(sent) ? sent : large;
	int result;

	sent_size = size;
	for (uint32_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(what * 7 + i);
	result = virtio_agent_ops.send(front, message, size);
	if (run.closed) {
		device_check(result == -ENODEV);
	} else if (!size || size > run.limits.message_size_max) {
		device_check(result == -EMSGSIZE);
	} else if (commands_out == run.limits.messages_max) {
		device_check(result == -EAGAIN);
		reached(FULL);
	} else if (run.mirrors[VIRTIO_SCMI_COMMANDS].fault) {
		device_check(result == -ENODEV);
	} else {
		device_check(result == 0);
		run.mirrors[VIRTIO_SCMI_COMMANDS].avail_due++;
		commands_out++;
		observe();
		device_check(run.mirrors[VIRTIO_SCMI_COMMANDS].loans[last_head].size[0] == size);
		device_check(!memcmp(message,
				     device_at(&run.device, run.mirrors[VIRTIO_SCMI_COMMANDS].loans[last_head].at[0], size),
				     size));
		check_kick(VIRTIO_SCMI_COMMANDS);
	}
}

/* Everything that had come was handed over, and what came back empty is lent again. */
static void keep_up(void)
{
	uint32_t size;

	handed();
	device_check(!next_message(&size));
	if (run.closed || run.mirrors[0].fault || run.mirrors[1].fault)
		return;
	observe();
	if (run.limits.p2a)
		check_kick(VIRTIO_SCMI_EVENTS);
}

/* A device that went wrong was given up, and no other. */
static void check_collected(void)
{
	keep_up();
	device_check(run.closed || !(run.mirrors[0].fault || run.mirrors[1].fault));
	device_check(!run.closed || run.device.odd || run.mirrors[0].fault || run.mirrors[1].fault);
	if (run.closed)
		reached(CLOSED);
}

/* The device has published more than the driver has seen. */
static bool more_came(void)
{
	for (uint32_t i = 0; i < queue_count(); i++)
		if ((uint16_t)device_get(&run.device, run.device.queues[i].used + 2, 2) != run.mirrors[i].next_used)
			return true;
	return false;
}

static void check_asked_for_calls(void)
{
	for (uint32_t i = 0; i < queue_count(); i++) {
		const struct device_queue *queue = &run.device.queues[i];

		if (run.device.agreed & VIRTIO_F_EVENT_IDX)
			device_check(device_get(&run.device, queue->avail + 4 + 2 * queue->num, 2) ==
				     run.mirrors[i].next_used);
		else
			device_check(!(device_get(&run.device, queue->avail, 2) & 1));
	}
}

static void dispatch(void)
{
	bool before = run.closed;
	int result = virtio_agent_ops.dispatch(front);

	if (!before)
		check_collected();
	device_check(result == (run.closed ? -ENODEV : 0));
	if (!run.closed && watched)
		check_asked_for_calls();
}

static void wait_for(uint64_t timeout_ns)
{
	uint64_t before_ns = device_now_ns;
	bool before = run.closed;
	int result = virtio_agent_ops.wait(front, timeout_ns);

	/* It came when the time was over. */
	if (result == -ETIMEDOUT && more_came())
		dispatch();
	else if (!before)
		check_collected();
	device_check(device_now_ns - before_ns <= timeout_ns + 2 * NS_PER_MS);
	device_check(result == -ETIMEDOUT || result == (run.closed ? -ENODEV : 0));
	if (result == -ETIMEDOUT) {
		reached(WAITED_IN_VAIN);
		device_check(device_now_ns - before_ns >= timeout_ns);
	}
	if (!run.closed && watched)
		check_asked_for_calls();
}

/* ---- when the device may act --------------------------------------------------------------------- */

void frontend_waits(void)
{
	keep_up();
	check_asked_for_calls();
	if (input_done(&run.in))
		return;
	reached(WOKEN);
	frontend_act(input_u8(&run.in));
}

void frontend_looks(void)
{
	if (!looks || --looks || input_done(&run.in))
		return;
	/* What it has not taken yet stays as it is. */
	if (more_came())
		return;
	keep_up();
	reached(LOOKED);
	frontend_act(input_u8(&run.in));
}

/* ---- a run ---------------------------------------------------------------------------------------- */

static void leave(void)
{
	if (front)
		virtio_agent_ops.close(front);
	front = NULL;
	device_reset(&run.device);
}

static bool arrive(const struct scmi_transport_settings *settings)
{
	uint64_t before_ns = device_now_ns;
	char why[200] = "";
	int error;

	memset(run.mirrors, 0, sizeof(run.mirrors));
	memset(&run.limits, 0, sizeof(run.limits));
	memset(run.device.marks, 0, sizeof(run.device.marks));
	run.closed = handing = watched = run.doomed = false;
	commands_out = device_turns = looks = 0;
	error = virtio_agent_ops.open(&front, run.device.path, settings, &callbacks, NULL, &run.limits, why,
				      sizeof(why));
	device_check(device_now_ns - before_ns <= REQUESTS * (settings->response_timeout_ms + 2) * (uint64_t)NS_PER_MS);
	for (uint32_t i = 0; i < DEVICE_MARKS; i++)
		if (run.device.marks[i])
			reached(i);
	if (error) {
		device_check(why[0] && error < 0);
		front = NULL;
		reached(error == -ETIMEDOUT ? TIMED_OUT : NOT_OPENED);
		return false;
	}
	reached(OPENED);
	device_check(!run.device.spoiled || run.device.unsure);
	device_check_ready(&run.device, run.limits.p2a);
	run.mirrors[VIRTIO_SCMI_EVENTS].avail_due = run.limits.p2a ? VIRTIO_AGENT_EVENTS : 0;
	observe();
	for (uint32_t i = 0; i < queue_count(); i++) {
		device_check(device_kicks(&run.device, i));
		run.mirrors[i].kick_seen = run.mirrors[i].avail_due;
	}
	return true;
}

static void step(uint8_t what)
{
	device_turns = 0;
	switch (what & 7) {
	case 0:
	case 1:
		send_one();
		break;
	case 2:
		dispatch();
		break;
	case 3:
		looks = what & 0x80 ? what >> 3 & 7 : 0;
		wait_for((uint64_t)(what >> 3) * (what & 0x40 ? NS_PER_MS : 20000u));
		break;
	case 4:
		if (what == 0x84) {
			virtio_agent_ops.fd(front);
			watched = true;
		} else {
			chatty = what & 0x40;
		}
		break;
	default:
		frontend_act(input_u8(&run.in));
		break;
	}
}

/* One who polls sees the end of his device soon. */
static void see_the_end(void)
{
	for (uint32_t i = 0; i < 100 && !run.closed; i++) {
		device_turns = 0;
		dispatch();
	}
	device_check(run.closed);
}

/* Whatever was before: a device that does nothing wrong is served. */
static void clean_one(void)
{
	static const struct scmi_transport_settings settings = {.response_timeout_ms = TIMEOUT_MS};
	static uint8_t bytes[2048];

	/* To send, to give back and to answer it means the right thing. */
	memset(bytes, 0x10, sizeof(bytes));
	run.in = (struct input){bytes, sizeof(bytes)};
	run.device.features = FEATURES;
	run.device.protocol_features = PROTOCOL_FEATURES;
	run.device.queue_count = 2;
	chatty = false;
	device_check(arrive(&settings));
	device_check(run.limits.p2a);
	for (uint32_t i = 0; i < 3; i++) {
		send_one();
		frontend_give(VIRTIO_SCMI_COMMANDS, 0, true);
		wait_for(NS_PER_MS);
		frontend_give(VIRTIO_SCMI_EVENTS, (uint8_t)i, true);
		dispatch();
		device_check(!run.closed);
	}
	leave();
}

static char directory[] = "/tmp/fuzz-frontend-XXXXXX";

/* Somebody else removes the socket when this process has come to its end, whichever that is. */
static void clean_up_afterwards(void)
{
	int life[2];
	pid_t child;
	char byte;

	device_check(!pipe2(life, O_CLOEXEC));
	child = fork();
	device_check(child >= 0);
	if (child) {
		close(life[0]);
		return;
	}
	close(life[1]);
	while (read(life[0], &byte, 1) < 0 && errno == EINTR)
		;
	unlink(run.device.path);
	rmdir(directory);
	_exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	reached_init("ends", names, MARKS);
	device_check(mkdtemp(directory));
	snprintf(run.device.path, sizeof(run.device.path), "%s/device", directory);
	clean_up_afterwards();
	run.device.in = &run.in;
	device_listen(&run.device);
	clean_one();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scmi_transport_settings settings = {.response_timeout_ms = TIMEOUT_MS};
	uint32_t descriptors = device_descriptors(), mapped = device_mapped;
	uint8_t what;

	run.in = (struct input){data, size};
	what = input_u8(&run.in);
	settings.messages_max = 1 + (what & 7);
	settings.message_size_max = 64u << (what >> 6);
	run.device.features = FEATURES;
	run.device.protocol_features = what & 8 ? ~(uint64_t)0 : PROTOCOL_FEATURES;
	run.device.queue_count = what & 16 ? 1 : 2;
	what = input_u8(&run.in);
	if (what & 1)
		run.device.features &= ~VIRTIO_F_EVENT_IDX;
	if (what & 2)
		run.device.features &= ~VIRTIO_SCMI_F_P2A_CHANNELS;
	if (what & 4)
		run.device.features &= ~VHOST_USER_F_PROTOCOL_FEATURES;
	if (what & 8)
		run.device.protocol_features &= ~VHOST_USER_PROTOCOL_MQ;
	if (what & 16)
		run.device.protocol_features &= ~VHOST_USER_PROTOCOL_REPLY_ACK;
	chatty = false;
	for (uint32_t i = 0; i < STEPS_MAX && !input_done(&run.in); i++) {
		if (!front && !arrive(&settings)) {
			leave();
			continue;
		}
		step(input_u8(&run.in));
		if (run.closed && (input_u8(&run.in) & 3) == 3) {
			reached(AGAIN);
			leave();
		}
	}
	if (front && run.doomed)
		see_the_end();
	leave();
	device_check(device_descriptors() == descriptors && device_mapped == mapped);
	clean_one();
	device_check(device_descriptors() == descriptors && device_mapped == mapped);
	return 0;
}
