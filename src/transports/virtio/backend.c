/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The front end's requests. Each is checked for its form, acted on, and answered if it has an
 * answer or asks for an acknowledgement. One that is wrong is refused where the front end can be
 * told so, and ends the connection where it cannot.
 */
#include <errno.h>
#include <unistd.h>

#include "backend.h"

#define FEATURES                                                                           \
	(VIRTIO_SCMI_F_P2A_CHANNELS | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX |             \
	 VHOST_USER_F_PROTOCOL_FEATURES | VIRTIO_F_VERSION_1)

/* Only what is done: some front ends accept everything that is offered. */
#define PROTOCOL_FEATURES                                                                  \
	(VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK |                          \
	 VHOST_USER_PROTOCOL_BACKEND_REQ | VHOST_USER_PROTOCOL_INFLIGHT |                  \
	 VHOST_USER_PROTOCOL_RESET_DEVICE | VHOST_USER_PROTOCOL_INBAND |                   \
	 VHOST_USER_PROTOCOL_MEMORY_SLOTS | VHOST_USER_PROTOCOL_STATUS)

typedef int request_fn(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		       const char **why);

static int no(int error, const char **why, const char *sentence)
{
	*why = sentence;
	return error;
}

/* A descriptor of a message, which is the caller's now; -1 if there is none. */
static int take_fd(struct vhost_user_message *message, uint32_t index)
{
	int fd = index < message->fd_count ? message->fds[index] : -1;

	if (fd >= 0)
		message->fds[index] = -1;
	return fd;
}

static void reply_u64(struct vhost_user_message *message, uint64_t value)
{
	message->size = sizeof(value);
	message->payload.u64 = value;
}

/* ---- features -------------------------------------------------------------------------------- */

static int get_features(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			const char **why)
{
	(void)peer;
	(void)why;
	reply_u64(message, FEATURES);
	return 0;
}

static int set_features(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			const char **why)
{
	if (message->payload.u64 & ~FEATURES)
		return no(-EINVAL, why, "a feature was accepted that was not offered");
	peer->features = message->payload.u64;
	if (peer->features & VHOST_USER_F_PROTOCOL_FEATURES)
		return 0;
	/* Without it there is no request to enable a ring. */
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		peer->queues[i].enabled = true;
	return 0;
}

static int get_protocol_features(struct scmi_transport_peer *peer,
				 struct vhost_user_message *message, const char **why)
{
	(void)peer;
	(void)why;
	reply_u64(message, PROTOCOL_FEATURES);
	return 0;
}

static int set_protocol_features(struct scmi_transport_peer *peer,
				 struct vhost_user_message *message, const char **why)
{
	if (message->payload.u64 & ~PROTOCOL_FEATURES)
		return no(-EINVAL, why, "a protocol feature was accepted that was not offered");
	peer->protocol_features = message->payload.u64;
	return 0;
}

static int get_queue_num(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			 const char **why)
{
	(void)peer;
	(void)why;
	reply_u64(message, VIRTIO_SCMI_QUEUES);
	return 0;
}

static int set_backend_fd(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	if (!virtio_is_unix_socket(message->fds[0]))
		return no(-EINVAL, why,
			  "the channel for the back end's requests is no socket of this machine");
	if (peer->backend_fd >= 0)
		close(peer->backend_fd);
	peer->backend_fd = take_fd(message, 0);
	return 0;
}

static int nothing(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		   const char **why)
{
	(void)peer;
	(void)message;
	(void)why;
	return 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void memory_moved(struct scmi_transport_peer *peer)
{
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++)
		virtio_queue_move(&peer->queues[i]);
}

static int set_mem_table(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			 const char **why)
{
	const struct vhost_user_memory_table *table = &message->payload.table;
	struct vhost_memory memory;

	if (table->count > VHOST_USER_REGIONS_MAX || table->count != message->fd_count ||
	    message->size < 8 + table->count * sizeof(table->regions[0]))
		return no(-EINVAL, why,
			  "a memory table does not fit its descriptors or its size");
	vhost_memory_init(&memory);
	for (uint32_t i = 0; i < table->count; i++) {
		if (vhost_memory_add(&memory, &table->regions[i], message->fds[i])) {
			vhost_memory_clear(&memory);
			return no(-EINVAL, why, "a region of the memory table cannot be mapped: memory is a memfd, or a file "
				  "of tmpfs or hugetlbfs");
		}
	}
	vhost_memory_replace(&peer->memory, &memory);
	memory_moved(peer);
	return 0;
}

static int add_mem_reg(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		       const char **why)
{
	if (vhost_memory_add(&peer->memory, &message->payload.one.region, message->fds[0]))
		return no(-EINVAL, why, "a region of memory cannot be mapped: memory is a memfd, or a file of tmpfs or "
			  "hugetlbfs");
	memory_moved(peer);
	return 0;
}

static int rem_mem_reg(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		       const char **why)
{
	if (vhost_memory_remove(&peer->memory, &message->payload.one.region))
		return no(-ENOENT, why, "a region of memory is taken away that is not there");
	memory_moved(peer);
	return 0;
}

static int get_max_mem_slots(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			     const char **why)
{
	(void)peer;
	(void)why;
	reply_u64(message, VHOST_MEMORY_SLOTS);
	return 0;
}

/* ---- the record of what is under way --------------------------------------------------------- */

static int get_inflight_fd(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			   const char **why)
{
	int fd, error;

	if (!virtio_negotiated(peer, VHOST_USER_PROTOCOL_INFLIGHT))
		return no(-EINVAL, why, "a record of what is under way was not negotiated");
	error = virtio_inflight_make(&message->payload.inflight, &fd);
	if (error == -EINVAL)
		return no(error, why, "a record of what is under way is wanted for other rings");
	message->size = sizeof(message->payload.inflight);
	if (error) {
		/* No memory, no record: the device works without. */
		message->payload.inflight.mmap_size = 0;
		return 0;
	}
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int set_inflight_fd(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			   const char **why)
{
	if (!virtio_negotiated(peer, VHOST_USER_PROTOCOL_INFLIGHT))
		return no(-EINVAL, why, "a record of what is under way was not negotiated");
	return virtio_inflight_use(peer, &message->payload.inflight, message->fds[0], why);
}

/* ---- rings ----------------------------------------------------------------------------------- */

/* The queue of a request; its index is the first word of each. NULL: there is no such queue. */
static struct virtio_queue *queue_of(struct scmi_transport_peer *peer, uint32_t index,
				     const char **why)
{
	if (index < VIRTIO_SCMI_QUEUES)
		return &peer->queues[index];
	*why = "a request is about a ring that does not exist";
	return NULL;
}

/*
 * There are front ends (virtio_uml) that never stop a ring: they disable it, take its memory back, and
 * set it up anew.
 */
static void stop_if_disabled(struct virtio_queue *queue)
{
	if (!queue->started || queue->enabled)
		return;
	virtio_queue_stop(queue);
	virtio_inflight_finish(queue);
}

static int set_vring_num(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			 const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.state.index, why);

	if (!queue)
		return -EINVAL;
	stop_if_disabled(queue);
	if (queue->started || !scmi_ring_num_valid(message->payload.state.num) ||
	    message->payload.state.num > VIRTIO_RING_NUM_MAX)
		return no(-EINVAL, why, "a ring's size is wrong, or changes while it runs");
	queue->num = message->payload.state.num;
	return 0;
}

static int set_vring_addr(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.address.index, why);

	if (!queue)
		return -EINVAL;
	queue->address = message->payload.address;
	queue->has_address = true;
	virtio_queue_move(queue);
	return 0;
}

static int set_vring_base(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.state.index, why);

	if (!queue)
		return -EINVAL;
	stop_if_disabled(queue);
	if (queue->started || message->payload.state.num > UINT16_MAX)
		return no(-EINVAL, why, "a ring's index is wrong, or changes while it runs");
	queue->base = (uint16_t)message->payload.state.num;
	return 0;
}

static void stop_and_tell(struct virtio_queue *queue, struct vhost_user_message *message)
{
	bool finished = queue->started && !virtio_inflight_has_redo(&queue->inflight);

	virtio_queue_stop(queue);
	if (finished)
		virtio_inflight_finish(queue);
	virtio_set_kick(queue, -1);
	message->size = sizeof(message->payload.state);
	message->payload.state.num = queue->base;
}

static int get_vring_base(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.state.index, why);

	if (!queue)
		return -EINVAL;
	/*
	 * What was taken is finished first: the front end must not find a command neither done nor
	 * there.
	 */
	if (queue == &peer->queues[VIRTIO_SCMI_COMMANDS])
		virtio_queue_give_kept(queue);
	if (queue == &peer->queues[VIRTIO_SCMI_COMMANDS] && queue->started && !queue->broken &&
	    peer->pending) {
		peer->draining = true;
		virtio_watch_requests(peer);
		return 0;
	}
	stop_and_tell(queue, message);
	return 0;
}

static int set_vring_enable(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			    const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.state.index, why);

	if (!queue)
		return -EINVAL;
	if (message->payload.state.num > 1)
		return no(-EINVAL, why, "a ring is to be enabled neither on nor off");
	queue->enabled = message->payload.state.num;
	virtio_queue_run(queue);
	return 0;
}

/* The descriptor of a KICK, CALL or ERR, the caller's; -1 if the front end gives none. */
static int ring_fd(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		   struct virtio_queue **queue, int *fd, const char **why)
{
	uint64_t which = message->payload.u64;
	bool without = which & VHOST_USER_RING_NO_FD;

	*queue = queue_of(peer, (uint32_t)(which & VHOST_USER_RING_INDEX), why);
	if (!*queue)
		return -EINVAL;
	if (without == (message->fd_count == 1))
		return no(-EINVAL, why, "a ring's descriptor is missing, or too much");
	*fd = take_fd(message, 0);
	return 0;
}

static int unusable(int fd, const char **why)
{
	close(fd);
	return no(-EINVAL, why, "a ring's descriptor is no eventfd (nor, for calls, a socket)");
}

static int set_vring_kick(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	struct virtio_queue *queue;
	int fd, error;

	error = ring_fd(peer, message, &queue, &fd, why);
	if (error)
		return error;
	if (fd < 0 && !virtio_negotiated(peer, VHOST_USER_PROTOCOL_INBAND))
		return no(-EINVAL, why, "a ring without kicks is not served");
	if (virtio_set_kick(queue, fd))
		return unusable(fd, why);
	if (!queue->started) {
		error = virtio_queue_start(queue, why);
		if (error)
			return error;
	}
	/* What is there already may have been kicked for before. */
	virtio_queue_run(queue);
	return 0;
}

static int set_vring_call(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			  const char **why)
{
	struct virtio_queue *queue;
	int fd, error;

	error = ring_fd(peer, message, &queue, &fd, why);
	if (error)
		return error;
	if (virtio_set_call(queue, fd))
		return unusable(fd, why);
	/* A call that went to the one before may have been lost. */
	if (fd >= 0 && queue->started)
		virtio_call(queue);
	return 0;
}

static int set_vring_err(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			 const char **why)
{
	struct virtio_queue *queue;
	int fd, error;

	error = ring_fd(peer, message, &queue, &fd, why);
	if (error)
		return error;
	return virtio_set_error(queue, fd) ? unusable(fd, why) : 0;
}

static int vring_kick(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		      const char **why)
{
	struct virtio_queue *queue = queue_of(peer, message->payload.state.index, why);

	if (!queue)
		return -EINVAL;
	if (!virtio_negotiated(peer, VHOST_USER_PROTOCOL_INBAND))
		return no(-EINVAL, why, "a kick by message was not negotiated");
	if (!queue->started) {
		int error = virtio_queue_start(queue, why);

		if (error)
			return error;
	}
	virtio_queue_run(queue);
	return 0;
}

/* ---- the device ------------------------------------------------------------------------------ */

static int reset_device(struct scmi_transport_peer *peer, struct vhost_user_message *message,
			const char **why)
{
	(void)message;
	(void)why;
	for (uint32_t i = 0; i < VIRTIO_SCMI_QUEUES; i++) {
		struct virtio_queue *queue = &peer->queues[i];

		virtio_queue_stop(queue);
		virtio_inflight_finish(queue);
		queue->base = 0;
		queue->enabled = false;
	}
	peer->status = 0;
	virtio_device_reset(peer);
	return 0;
}

static int set_status(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		      const char **why)
{
	uint8_t before = peer->status;

	if (before && !(message->payload.u64 & 0xff))
		return reset_device(peer, message, why);
	peer->status = (uint8_t)message->payload.u64;
	return 0;
}

static int get_status(struct scmi_transport_peer *peer, struct vhost_user_message *message,
		      const char **why)
{
	(void)why;
	reply_u64(message, peer->status);
	return 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static request_fn *const requests[VHOST_USER_REQUESTS] = {
	[VHOST_USER_GET_FEATURES] = get_features,
	[VHOST_USER_SET_FEATURES] = set_features,
	[VHOST_USER_SET_OWNER] = nothing,
	[VHOST_USER_RESET_OWNER] = nothing, /* abandoned by the protocol: state is kept */
	[VHOST_USER_SET_MEM_TABLE] = set_mem_table,
	[VHOST_USER_SET_VRING_NUM] = set_vring_num,
	[VHOST_USER_SET_VRING_ADDR] = set_vring_addr,
	[VHOST_USER_SET_VRING_BASE] = set_vring_base,
	[VHOST_USER_GET_VRING_BASE] = get_vring_base,
	[VHOST_USER_SET_VRING_KICK] = set_vring_kick,
	[VHOST_USER_SET_VRING_CALL] = set_vring_call,
	[VHOST_USER_SET_VRING_ERR] = set_vring_err,
	[VHOST_USER_GET_PROTOCOL_FEATURES] = get_protocol_features,
	[VHOST_USER_SET_PROTOCOL_FEATURES] = set_protocol_features,
	[VHOST_USER_GET_QUEUE_NUM] = get_queue_num,
	[VHOST_USER_SET_VRING_ENABLE] = set_vring_enable,
	[VHOST_USER_SET_BACKEND_REQ_FD] = set_backend_fd,
	[VHOST_USER_GET_INFLIGHT_FD] = get_inflight_fd,
	[VHOST_USER_SET_INFLIGHT_FD] = set_inflight_fd,
	[VHOST_USER_RESET_DEVICE] = reset_device,
	[VHOST_USER_VRING_KICK] = vring_kick,
	[VHOST_USER_GET_MAX_MEM_SLOTS] = get_max_mem_slots,
	[VHOST_USER_ADD_MEM_REG] = add_mem_reg,
	[VHOST_USER_REM_MEM_REG] = rem_mem_reg,
	[VHOST_USER_SET_STATUS] = set_status,
	[VHOST_USER_GET_STATUS] = get_status,
};

static void reply(struct scmi_transport_peer *peer, struct vhost_user_message *message)
{
	message->flags = VHOST_USER_VERSION | VHOST_USER_REPLY;
	if (peer->gone)
		return;
	if (vhost_user_send(peer->fd, message, false)) {
		virtio_note(peer->endpoint, "the front end does not take its answers");
		virtio_disconnect(peer);
	}
}

static int act(struct scmi_transport_peer *peer, struct vhost_user_message *message,
	       const struct vhost_user_form *form, const char **why)
{
	request_fn *request =
		message->request < VHOST_USER_REQUESTS ? requests[message->request] : NULL;

	if (!request)
		return no(-EOPNOTSUPP, why, "a request is not known here");
	if (message->flags & VHOST_USER_REPLY)
		return no(-EPROTO, why, "a reply came where a request belongs");
	if (message->size < form->payload_size || message->fd_count < form->fds_min ||
	    message->fd_count > form->fds_max)
		return no(-EPROTO, why,
			  "a request has not the size or the descriptors that belong to it");
	return request(peer, message, why);
}

static void handle(struct scmi_transport_peer *peer, struct vhost_user_message *message)
{
	const struct vhost_user_form *form = vhost_user_form(message->request);
	uint32_t request = message->request;
	const char *why = "";
	bool may_ack, wants_ack;
	int error;

	error = act(peer, message, form, &why);
	/* A reply's descriptors are in the place of the request's. */
	if (error || !form->replies)
		vhost_user_close_fds(message);
	if (peer->draining || peer->gone)
		return;
	/*
	 * An answer of its own has no place for a refusal, but nobody has one to what is not known
	 * here.
	 */
	may_ack = !form->replies || error == -EOPNOTSUPP;
	/* Asked for in the request that agreed on it, an acknowledgement is due already. */
	wants_ack = may_ack && message->flags & VHOST_USER_NEED_REPLY &&
		    virtio_negotiated(peer, VHOST_USER_PROTOCOL_REPLY_ACK);
	if (error)
		virtio_note(peer->endpoint, "request %u of the front end: %s%s", request, why,
			    wants_ack ? "" : "; the connection is ended");
	if (error && !wants_ack) {
		virtio_disconnect(peer);
		return;
	}
	if (wants_ack)
		reply_u64(message, error != 0);
	if (wants_ack || form->replies)
		reply(peer, message);
	vhost_user_close_fds(message);
}

void virtio_drained(struct scmi_transport_peer *peer)
{
	struct vhost_user_message *message = &peer->reader.message;

	peer->draining = false;
	virtio_watch_requests(peer);
	stop_and_tell(&peer->queues[VIRTIO_SCMI_COMMANDS], message);
	reply(peer, message);
}

void virtio_requests(struct scmi_transport_peer *peer)
{
	for (uint32_t i = 0; i < VIRTIO_TURN && !peer->gone && !peer->draining; i++) {
		int got = vhost_user_receive(&peer->reader, peer->fd, false);

		if (!got)
			break;
		if (got > 0) {
			handle(peer, &peer->reader.message);
			continue;
		}
		if (got != -ENODEV)
			virtio_note(peer->endpoint,
				    "what the front end sends is not vhost-user; the connection is "
				    "ended");
		virtio_disconnect(peer);
	}
}
