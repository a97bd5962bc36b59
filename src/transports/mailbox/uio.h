/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A board's own mailbox, as a user of Linux's user-space I/O: areas and doorbell registers are maps
 * of UIO devices, doorbells that ring here their interrupts. The agent's end only.
 *
 *	uio:DEVICE[,map=N][,a2p=OFFSET+SIZE][,p2a=OFFSET+SIZE][,irq=DEVICE|none]
 *	    [,ring=REGISTER][,ack=REGISTER][,clear=REGISTER]
 *
 * DEVICE's map N (0, if not said) has the areas; without a2p= the commands' is all of it. What is
 * written is 32 bits wide: to `ring` for every command and to `ack` when a P2A area is given back,
 * if the platform wants to be told; to `clear` for every interrupt, before the device's interrupt
 * is allowed again. A REGISTER is [DEVICE:]MAP:OFFSET:VALUE. Numbers are decimal or 0x…. Interrupts
 * come from DEVICE, if irq= does not say otherwise; one may mean any of the channels.
 *
 * Instead of a device, a file will do that nobody can make shorter (a memfd sealed so, under
 * /proc/PID/fd/): it has a map 0, and no interrupts.
 */
#ifndef SCMI_TRANSPORTS_MAILBOX_UIO_H
#define SCMI_TRANSPORTS_MAILBOX_UIO_H

#include "agent.h"

#define MAILBOX_UIO "uio:"

/*
 * Set up the device's channels as `address`, the part behind "uio:", says. 0 or -errno with a
 * sentence; mailbox_agent_close() in any case.
 */
int mailbox_uio_open(struct scmi_transport_device *device, const char *address,
		     bool no_completion_irq, char *why, size_t why_size);

/*
 * Somebody rang: clear it, and allow the next. 0: look at every channel; or why the interrupts have
 * ended.
 */
int mailbox_uio_interrupt(const struct scmi_transport_device *device);

/* Write a register that is a doorbell, after all that the area got. */
void mailbox_register_write(const struct mailbox_register *reg);

/*
 * Where in a UIO device's map N the memory begins, and how long it is, from the device's directory
 * in sysfs. 0 or -errno.
 */
int mailbox_uio_map_extent(int directory, uint32_t map, uint64_t *offset, uint64_t *size);

#endif
