/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The socket transport, scheme "unix": AF_UNIX, SOCK_SEQPACKET. One datagram is one message, the
 * 32-bit header and the payload; there is no framing. Answers, delayed responses and notifications
 * come on the same connection and are told apart by the type bits of the header.
 *
 *   transport.c  what it can do, and its operations
 *   agent.c      the agent's end: one connection
 *   platform.c   the platform's end: an endpoint and its peers
 *   connect.c    connecting to a socket file, and what may be wrong with it
 *   bind.c       the socket file: mode, stale ones, giving it up; accepting
 */
#ifndef SCMI_TRANSPORTS_SOCKET_H
#define SCMI_TRANSPORTS_SOCKET_H

#include <scmi/transport.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../builtin.h"

/* Room for a status and 120 bytes of values, what Linux expects of a channel. */
#define SOCKET_PLATFORM_MESSAGE_SIZE 132u
/* Generous: the platform may be set to send longer messages than it has to. */
#define SOCKET_AGENT_MESSAGE_SIZE 4096u

extern const struct scmi_transport_agent_ops socket_agent_ops;
extern const struct scmi_transport_platform_ops socket_platform_ops;

/* 0, or -ENAMETOOLONG or -EINVAL (empty) with a sentence. */
int socket_address(struct sockaddr_un *address, const char *path, char *why, size_t why_size);

/**
 * socket_connect() - to a socket of socket_bind()
 * @timeout_ms: how long connecting may take, and every send and receive from then on
 *
 * Returns the descriptor, or -errno with a sentence.
 */
int socket_connect(const char *path, int type, uint32_t timeout_ms, char *why, size_t why_size);

/*
 * After a recv() that gave 0: has the connection ended, or was it only an empty datagram? The
 * two look alike to recv().
 */
bool socket_ended(int fd);

/**
 * socket_bind() - a listening socket with its file
 * @path: an abandoned socket there is replaced, a live one is not
 * @type: SOCK_SEQPACKET, or SOCK_STREAM for other drivers
 * @mode: permission bits, in force before anybody can connect; 0: as the umask says
 * @file: what was made, for socket_unbind()
 *
 * Returns the descriptor, or -EADDRINUSE (somebody is listening there), -EEXIST (something that
 * is no socket is there), -EBUSY (another process sets up sockets in the directory and does not
 * finish), or -errno; always with a sentence.
 */
int socket_bind(const char *path, int type, uint32_t mode, struct stat *file, char *why,
		size_t why_size);

/* A descriptor for socket_accept(), to be closed in the end; or -1. */
int socket_reserve(void);

/**
 * socket_accept() - who waits on a socket of socket_bind()
 * @reserve: of socket_reserve(): given up while there is no other, and taken again
 *
 * Returns a descriptor; -EAGAIN: nobody waits; -EMFILE: for want of descriptors somebody was turned
 * away, rather than left hanging.
 */
int socket_accept(int fd, int *reserve);

/* Who is at the other end. */
void socket_credentials(int fd, struct scmi_transport_credentials *who);

/* Close it and remove its file, unless the file is no longer ours. */
void socket_unbind(int fd, const char *path, const struct stat *file);

#endif
