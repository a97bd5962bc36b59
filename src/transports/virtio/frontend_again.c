/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A device that goes, because its process ends or is started anew, is looked for on the same path for a
 * while. The memory and the rings in it stay as they are. With a record of what is under way (vhost-user's
 * inflight) the next device finishes what the last one has taken, and takes what is in the ring; without, nobody can
 * say what became of it: the host is told that it is lost, and both sides begin anew.
 *
 * Nothing here waits: the timer and the socket are in the same epoll as everything else.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "frontend.h"

/* After so long a device that went is given up. */
#define WINDOW_NS      5000000000u
#define NS_PER_MS      1000000u
#define PAUSE_FIRST_MS 10u
#define PAUSE_MAX_MS   200u

bool virtio_frontend_comes_back(const struct scmi_transport_device *device)
{
	const struct scmi_transport_agent_callbacks *callbacks = device->callbacks;

	return callbacks->size >= offsetof(struct scmi_transport_agent_callbacks, lost) +
					  sizeof(callbacks->lost) &&
	       callbacks->lost;
}

static int watch(const struct scmi_transport_device *device, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};

	return epoll_ctl(device->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void set_timer(const struct scmi_transport_device *device, uint32_t ms)
{
	const struct itimerspec after = {
		.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS},
	};

	timerfd_settime(device->timer, 0, &after, NULL);
}

static int make_timer(struct scmi_transport_device *device)
{
	if (device->timer >= 0)
		return 0;
	device->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (device->timer < 0)
		return -errno;
	return watch(device, device->timer);
}

static void hang_up(struct scmi_transport_device *device)
{
	if (device->socket >= 0)
		close(device->socket);
	device->socket = -1;
	vhost_user_reader_fini(&device->reader);
}

/* Try later. 0, or -ENODEV: it has been long enough. */
static int pause_a_while(struct scmi_transport_device *device)
{
	hang_up(device);
	device->connection = VIRTIO_AWAY;
	if (transport_now_ns() >= device->give_up_ns)
		return -ENODEV;
	set_timer(device, device->pause_ms);
	device->pause_ms *= 2;
	if (device->pause_ms > PAUSE_MAX_MS)
		device->pause_ms = PAUSE_MAX_MS;
	return 0;
}

/* How long a try may take, in all. */
static uint32_t try_ms(const struct scmi_transport_device *device)
{
	uint64_t now_ns = transport_now_ns();
	uint64_t left_ms = now_ns < device->give_up_ns
				   ? (device->give_up_ns - now_ns) / NS_PER_MS + 1
				   : 1;

	return left_ms < device->response_timeout_ms ? (uint32_t)left_ms
						     : device->response_timeout_ms;
}

/* Nobody knows what became of what is under way. */
static int forget(struct scmi_transport_device *device)
{
	int error;

	if (device->record_fd >= 0)
		close(device->record_fd);
	device->record_fd = -1;
	error = virtio_frontend_begin(device);
	device->callbacks->lost(device->ctx);
	return error;
}

bool virtio_frontend_leave(struct scmi_transport_device *device)
{
	uint64_t now_ns = transport_now_ns();

	if (!virtio_frontend_comes_back(device) || make_timer(device))
		return false;
	/* One that comes and goes and never says anything is as good as gone all the time. */
	if (device->heard || now_ns - device->connected_ns > WINDOW_NS) {
		device->give_up_ns = now_ns + WINDOW_NS;
		device->pause_ms = PAUSE_FIRST_MS;
	}
	if (pause_a_while(device))
		return false;
	return device->record_fd >= 0 || !forget(device);
}

int virtio_frontend_resume(struct virtio_setup *setup)
{
	struct scmi_transport_device *device = setup->device;

	device->features = setup->features;
	if (device->record_fd < 0 || setup->protocol_features & VHOST_USER_PROTOCOL_INFLIGHT)
		return 0;
	return forget(device);
}

int virtio_frontend_go_on(struct scmi_transport_device *device)
{
	int got;

	if (device->connection != VIRTIO_AGREEING)
		return 0;
	got = virtio_frontend_talk(&device->setup);
	if (got < 0)
		return pause_a_while(device);
	if (!got)
		return 0;
	device->connection = VIRTIO_CONNECTED;
	device->connected_ns = transport_now_ns();
	device->heard = false;
	set_timer(device, 0);
	return 0;
}

int virtio_frontend_try(struct scmi_transport_device *device)
{
	uint64_t count;
	ssize_t size = read(device->timer, &count, sizeof(count));

	if (size != sizeof(count) || device->connection == VIRTIO_CONNECTED)
		return 0;
	if (device->connection == VIRTIO_AGREEING)
		return pause_a_while(device); /* it does not answer */
	device->setup = (struct virtio_setup){
		.device = device,
		.path = device->path,
		.again = true,
	};
	if (virtio_frontend_connect(&device->setup, device->response_timeout_ms) ||
	    watch(device, device->socket))
		return pause_a_while(device);
	device->connection = VIRTIO_AGREEING;
	set_timer(device, try_ms(device));
	return virtio_frontend_go_on(device);
}
