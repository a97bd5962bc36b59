// SPDX-License-Identifier: GPL-2.0-only
/* The engine's host: what <scmi/agent.h> wants of the place it runs in, made of the kernel. */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include <trace/events/libscmi.h>

#include "instance.h"
#include "raw.h"

/* Notifications that wait for dispatch(); as many as a virtio event queue brings at a time. */
#define NOTIFICATIONS_MAX 256

/* How long poll() rests between two looks at the device. */
#define POLL_REST_NS 500

/* ---- the gate -------------------------------------------------------------------------------- */

/*
 * One for all instances: readers are in the transport for the time of a send, and only unbinding
 * waits for them. SRCU, because a transport may sleep where it says that it is not atomic.
 */
DEFINE_STATIC_SRCU(gate);

void libscmi_gate_shut(struct libscmi_instance *instance)
{
	WRITE_ONCE(instance->open, false);
	synchronize_srcu(&gate);
}

static int host_send(void *ctx, const void *message, size_t size)
{
	struct libscmi_instance *instance = ctx;
	int error = -ENODEV;
	int index;

	index = srcu_read_lock(&gate);
	if (READ_ONCE(instance->open)) {
		error = instance->ops->send(instance->channel, message, size);
		/*
		 * A submitted command has nobody who watches its time limit. It is not known here
		 * yet, but it is not sooner than this.
		 */
		if (!error && !delayed_work_pending(&instance->tick))
			queue_delayed_work(libscmi_workqueue, &instance->tick,
					   nsecs_to_jiffies(instance->patience_ns) + 1);
	}
	srcu_read_unlock(&gate, index);
	return error;
}

static int host_poll(void *ctx)
{
	struct libscmi_instance *instance = ctx;
	int error = -ENODEV;
	int index;

	index = srcu_read_lock(&gate);
	if (READ_ONCE(instance->open))
		error = instance->ops->poll(instance->channel);
	srcu_read_unlock(&gate, index);
	if (!error)
		ndelay(POLL_REST_NS);
	return error;
}

/* ---- waiting, time, locks -------------------------------------------------------------------- */

static u64 host_now_ns(void *ctx)
{
	return ktime_get_ns();
}

/*
 * Not interruptible, and not even killable: what was sent is done by the platform whether or not
 * somebody waits for it, and a caller that left early, such as the clock framework, would believe
 * otherwise. The wait is bounded by the time limit, and by the end of the instance.
 */
static int host_wait(void *ctx, u64 deadline_ns, scmi_over_fn *over, const void *what)
{
	struct libscmi_instance *instance = ctx;
	u64 now_ns = ktime_get_ns();
	ktime_t left = KTIME_MAX;

	if (deadline_ns <= now_ns)
		return 0;
	if (deadline_ns - now_ns < KTIME_MAX)
		left = ns_to_ktime(deadline_ns - now_ns);
	wait_event_hrtimeout(instance->waiters, over(what), left);
	return 0;
}

static void look_again(struct libscmi_instance *instance)
{
	if (wq_has_sleeper(&instance->waiters))
		wake_up_all(&instance->waiters);
}

static void host_lock(void *ctx)
{
	struct libscmi_instance *instance = ctx;
	unsigned long flags;

	spin_lock_irqsave(&instance->lock, flags);
	instance->flags = flags;
}

static void host_unlock(void *ctx)
{
	struct libscmi_instance *instance = ctx;

	spin_unlock_irqrestore(&instance->lock, instance->flags);
}

/* Callbacks run in a worker, never in an interrupt. */
static const void *host_caller(void *ctx)
{
	return in_task() ? current : NULL;
}

static void host_wake(void *ctx)
{
	struct libscmi_instance *instance = ctx;

	queue_work(libscmi_workqueue, &instance->dispatch);
}

static void dispatch(struct work_struct *work)
{
	struct libscmi_instance *instance = container_of(work, struct libscmi_instance, dispatch);

	scmi_agent_dispatch(instance->agent);
}

static void tick(struct work_struct *work)
{
	struct libscmi_instance *instance =
		container_of(to_delayed_work(work), struct libscmi_instance, tick);
	u64 deadline_ns;
	u64 now_ns = ktime_get_ns();

	scmi_agent_tick(instance->agent, now_ns);
	look_again(instance);
	deadline_ns = scmi_agent_next_deadline(instance->agent);
	if (deadline_ns == SCMI_NEVER)
		return;
	deadline_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	/* Not later than what is sent meanwhile may be over: host_send() leaves a running timer. */
	deadline_ns = min(deadline_ns, instance->patience_ns);
	queue_delayed_work(libscmi_workqueue, &instance->tick, nsecs_to_jiffies(deadline_ns) + 1);
}

void libscmi_instance_tick(struct libscmi_instance *instance)
{
	mod_delayed_work(libscmi_workqueue, &instance->tick, 0);
}

static void host_trace(void *ctx, bool to_platform, const void *message, size_t size)
{
	const struct libscmi_instance *instance = ctx;

	trace_libscmi_message(instance->name, to_platform, message, size);
}

/* ---- what the transport tells us ------------------------------------------------------------- */

static void receive(void *ctx, const void *message, size_t size)
{
	struct libscmi_instance *instance = ctx;
	struct scmi_agent *agent = smp_load_acquire(&instance->agent);

	/* Nothing was asked yet. */
	if (!agent)
		return;
	scmi_agent_receive(agent, message, size);
	look_again(instance);
}

void libscmi_host_close(struct libscmi_instance *instance, int error)
{
	struct scmi_agent *agent = READ_ONCE(instance->agent);

	if (!agent)
		return;
	scmi_agent_closed(agent, error);
	look_again(instance);
}

static void gone(void *ctx)
{
	struct libscmi_instance *instance = ctx;

	/* Either this sees the agent, or libscmi_host_make_agent() sees that it is gone. */
	smp_store_mb(instance->gone, true);
	libscmi_host_close(instance, -ENODEV);
	libscmi_raw_gone(instance);
}

static void was_reset(void *ctx)
{
	struct libscmi_instance *instance = ctx;
	struct scmi_agent *agent = smp_load_acquire(&instance->agent);

	if (!agent)
		return;
	WRITE_ONCE(instance->resets, instance->resets + 1);
	scmi_agent_reset(agent);
	look_again(instance);
	if (READ_ONCE(instance->state) == LIBSCMI_READY)
		queue_work(libscmi_workqueue, &instance->restore);
}

const struct libscmi_callbacks libscmi_callbacks = {
	.size = sizeof(libscmi_callbacks),
	.receive = receive,
	.gone = gone,
	.was_reset = was_reset,
};

/* ---- a limit for what takes many messages ---------------------------------------------------- */

static void limit(struct work_struct *work)
{
	struct libscmi_instance *instance =
		container_of(to_delayed_work(work), struct libscmi_instance, limit);

	libscmi_host_close(instance, instance->limit_error);
}

void libscmi_limit_begin(struct libscmi_instance *instance, unsigned int timeout_ms, int error)
{
	instance->limit_error = error;
	queue_delayed_work(libscmi_workqueue, &instance->limit, msecs_to_jiffies(timeout_ms) + 1);
}

bool libscmi_limit_end(struct libscmi_instance *instance)
{
	return !cancel_delayed_work_sync(&instance->limit);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The platform has forgotten what was agreed on. Versions are agreed on anew by who needs them. */
static void restore(struct work_struct *work)
{
	struct libscmi_instance *instance = container_of(work, struct libscmi_instance, restore);

	libscmi_subscriptions_restore(instance);
	libscmi_devices_were_reset(instance);
}

void libscmi_host_init(struct libscmi_instance *instance)
{
	spin_lock_init(&instance->lock);
	init_waitqueue_head(&instance->waiters);
	libscmi_subscriptions_init(instance);
	INIT_WORK(&instance->dispatch, dispatch);
	INIT_WORK(&instance->restore, restore);
	INIT_DELAYED_WORK(&instance->tick, tick);
	INIT_DELAYED_WORK(&instance->limit, limit);
}

int libscmi_host_make_agent(struct libscmi_instance *instance)
{
	const struct scmi_transport_limits *limits = &instance->limits;
	struct scmi_agent_config config = {
		.host = {
			.ctx = instance,
			.send = host_send,
			.now_ns = host_now_ns,
			.wait = host_wait,
			.lock = host_lock,
			.unlock = host_unlock,
			.wake = host_wake,
			.trace = host_trace,
			.poll = limits->polling ? host_poll : NULL,
			.caller = host_caller,
		},
		.messages_max = limits->messages_max,
		.message_size_max = limits->message_size_max,
		.notifications_max = NOTIFICATIONS_MAX,
		.response_timeout_ns = limits->response_timeout_ms * (u64)NSEC_PER_MSEC,
		.delayed_timeout_ns =
			instance->settings.transport.delayed_timeout_ms * (u64)NSEC_PER_MSEC,
		.p2a = limits->p2a,
		.waits_for_room = true,
	};
	size_t size = scmi_agent_size(&config);
	struct scmi_agent *agent;
	int error;

	if (!size)
		return -EINVAL;
	instance->storage = kvzalloc(size, GFP_KERNEL);
	if (!instance->storage)
		return -ENOMEM;
	error = scmi_agent_init(&agent, instance->storage, size, &config);
	if (error)
		return error;
	instance->patience_ns = min(config.response_timeout_ns, config.delayed_timeout_ns);
	WRITE_ONCE(instance->open, true);
	smp_store_mb(instance->agent, agent);
	if (READ_ONCE(instance->gone))
		libscmi_host_close(instance, -ENODEV);
	return 0;
}

void libscmi_host_stop(struct libscmi_instance *instance)
{
	if (!instance->agent)
		return;
	/* Nothing is out any more: the timer stays off, and callbacks run until none is due. */
	cancel_delayed_work_sync(&instance->tick);
	while (flush_work(&instance->dispatch))
		;
}

void libscmi_instance_flush(struct libscmi_instance *instance)
{
	flush_work(&instance->dispatch);
}

void libscmi_host_fini(struct libscmi_instance *instance)
{
	if (instance->agent)
		scmi_agent_fini(instance->agent);
	libscmi_subscriptions_fini(instance);
	kvfree(instance->storage);
}
