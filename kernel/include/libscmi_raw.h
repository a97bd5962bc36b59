/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * /dev/libscmiN: the SCMI channel of instance N for tools, beside the kernel's own use of it. For
 * kernel and user space.
 *
 * One write() is one command, the 32-bit header and its payload; one read() is one message: an
 * answer, a delayed response or a notification. Both whole or not at all, little endian. The device
 * takes any number of opens, each with its own commands, answers and subscriptions; who opens it needs
 * CAP_SYS_ADMIN.
 *
 * The channel and its agent are the kernel's:
 *  - The token is the writer's own: it comes back in the answer, and never reaches the platform.
 *  - A command that subscribes to notifications is counted with the subscriptions of drivers and of
 *    other opens. The one that gives the last of them up goes to the platform, others are answered
 *    here. close() gives up what is left. An open reads the notifications that it subscribed to.
 *  - PROTOCOL_VERSION answers the version that the kernel speaks, which may be lower than the
 *    platform's. NEGOTIATE_PROTOCOL_VERSION is refused for any other (EPERM): it would change the
 *    messages under a driver. Protocols that the kernel's libscmi does not describe have no such user.
 *  - BASE_RESET_AGENT_CONFIGURATION is refused (EPERM): drivers would go on believing in what they
 *    asked for.
 *  - All else is sent as it is, right or wrong, and acts for real.
 *
 * write(): EINVAL shorter than a header, or of another type than command; EMSGSIZE longer than
 * message_size_max; EPERM see above; EAGAIN with O_NONBLOCK while there is no room, else it waits:
 * messages_max answers are out or unread, or the channel is full; ENODEV the instance is gone.
 * The first command to a protocol may take an exchange longer: the kernel agrees on its version.
 *
 * read(): EMSGSIZE the buffer is too short, the message stays; EAGAIN with O_NONBLOCK when there is
 * none; ENODEV the instance is gone and all was read. A command that the platform does not answer
 * within the instance's time limits, or whose channel was reset, is never answered here: keep a limit
 * of your own. Answers are in the order of their arrival. Delayed responses are
 * those of protocols that the kernel's libscmi describes.
 *
 * poll(): EPOLLIN, EPOLLOUT; EPOLLHUP and EPOLLERR when the instance is gone.
 */
#ifndef LIBSCMI_RAW_H
#define LIBSCMI_RAW_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LIBSCMI_RAW_ABI 1u

/* Notifications and delayed responses are carried. */
#define LIBSCMI_RAW_P2A 1u

struct libscmi_raw_info {
	__u32 abi; /* LIBSCMI_RAW_ABI */
	__u32 instance;
	__u32 flags;
	__u32 messages_max;	/* of this open: answers that are out or unread */
	__u32 message_size_max; /* header and payload, bytes */
	__u32 response_timeout_ms;
	__u32 delayed_timeout_ms;
	__u32 reserved;
	__u64 unanswered; /* of this open: commands that got no answer */
	__u64 dropped;	  /* of this open: notifications for which there was no room */
};

#define LIBSCMI_RAW_INFO _IOR(0xec, 0x00, struct libscmi_raw_info)

#endif
