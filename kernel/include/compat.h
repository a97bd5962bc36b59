/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between the kernels that the modules compile for, Linux 6.1 to 7.3, and nothing
 * else. Code says what the newest kernel says, or a name of ours where that cannot be.
 */
#ifndef LIBSCMI_COMPAT_H
#define LIBSCMI_COMPAT_H

#include <linux/version.h>

#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/timer.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#define LIBSCMI_KERNEL(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* ---- driver core ---------------------------------------------------------------------------- */

/* A platform driver's remove(): LIBSCMI_REMOVE_RESULT f(…) { …; return LIBSCMI_REMOVED; } */
#if LIBSCMI_KERNEL(6, 11)
#define LIBSCMI_REMOVE_RESULT void
#define LIBSCMI_REMOVED
#else
#define LIBSCMI_REMOVE_RESULT int
#define LIBSCMI_REMOVED 0
#endif

/* What callbacks must not change, by the version that says so: devnode(), uevent(), match(). */
#if LIBSCMI_KERNEL(6, 2)
#define LIBSCMI_CONST_SINCE_6_2 const
#else
#define LIBSCMI_CONST_SINCE_6_2
#endif
#if LIBSCMI_KERNEL(6, 3)
#define LIBSCMI_CONST_SINCE_6_3 const
#else
#define LIBSCMI_CONST_SINCE_6_3
#endif
#if LIBSCMI_KERNEL(6, 11)
#define LIBSCMI_CONST_SINCE_6_11 const
#else
#define LIBSCMI_CONST_SINCE_6_11
#endif

#if LIBSCMI_KERNEL(6, 4)
#define libscmi_class_create(name) class_create(name)
#else
#define libscmi_class_create(name) class_create(THIS_MODULE, name)
#endif

/* ---- time ----------------------------------------------------------------------------------- */

#if !LIBSCMI_KERNEL(6, 2)
#define timer_delete(timer)	 del_timer(timer)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

#ifndef timer_container_of
#define timer_container_of(var, timer, member) container_of(timer, typeof(*(var)), member)
#endif

#if !LIBSCMI_KERNEL(6, 13)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* ---- virtio --------------------------------------------------------------------------------- */

#define LIBSCMI_VIRTQUEUES_MAX 2

/* Three arrays until 6.11, one of structures since. */
static inline int libscmi_find_virtqueues(struct virtio_device *vdev, unsigned int count,
					  struct virtqueue *queues[], vq_callback_t *callbacks[],
					  const char *const names[])
{
#if LIBSCMI_KERNEL(6, 11)
	struct virtqueue_info infos[LIBSCMI_VIRTQUEUES_MAX] = {};

	for (unsigned int i = 0; i < count; i++) {
		infos[i].name = names[i];
		infos[i].callback = callbacks[i];
	}
	return virtio_find_vqs(vdev, count, queues, infos, NULL);
#else
	return virtio_find_vqs(vdev, count, queues, callbacks, names, NULL);
#endif
}

/* A virtio driver may have a shutdown() of its own, and call the general one, since 7.3. */
#if LIBSCMI_KERNEL(7, 3)
#define LIBSCMI_VIRTIO_HAS_SHUTDOWN 1
#else
#define LIBSCMI_VIRTIO_HAS_SHUTDOWN 0
#endif

#endif
