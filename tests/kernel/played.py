# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A virtio SCMI device that a test plays: a vhost-user back end that asks scmid for every answer, over the agent's socket,
and then does with it what the test wants: hand it over, keep it, hand it over twice or in another order, or say nothing.

As simple as can be: one memory region, no feature but those that User-Mode Linux insists on, no event queue.
"""
import array
import mmap
import os
import select
import socket
import struct
import threading

from guest import Failure

(GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_KICK,
 SET_VRING_CALL, GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_VRING_ENABLE, SET_BACKEND_REQ_FD) = (
     1, 2, 3, 5, 8, 9, 10, 12, 13, 15, 16, 17, 18, 21)

PROTOCOL_FEATURES, VERSION_1 = 1 << 30, 1 << 32
MQ, BACKEND_REQ = 1 << 0, 1 << 5
NO_FD = 1 << 8
NEXT, WRITE = 1, 2


# Messages as their headers name them, without a token.
RATE_SET, RATE_GET = 0x14 << 10 | 5, 0x14 << 10 | 6
ANY = -1


class Queue:
    def __init__(self):
        self.num = self.seen = self.used_index = 0
        self.descriptors = self.avail = self.used = 0
        self.kick = self.call = None
        self.enabled = False


class Command:
    """One that the guest sent: where its answer goes, and the answer when scmid gave it."""

    def __init__(self, queue, head, space, message):
        self.queue, self.head, self.space, self.message = queue, head, space, message
        self.answer = None


class Played:
    """Serves one front end at a time on that socket. Of the messages in `keeps` the answers are kept until release()."""

    def __init__(self, path, agent_socket):
        self.path = path
        self.lock = threading.RLock()
        self.keeps = set()
        self.held = []  # commands whose answer is kept
        self.asked = []  # commands that scmid has
        self.sent = 0  # how many commands came
        self.starts = 0  # how often the guest set the command queue up
        self.trouble = None
        self.agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.agent.connect(agent_socket)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(1)
        self.front = self.memory = self.back = None
        self.queues = [Queue(), Queue()]
        self.ending, self.end = os.pipe()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def die(self):
        """Be gone, as a process that was killed. But for the call descriptors: of one whose other end is closed virtio_uml
        complains for ever, until Linux 6.12 at least."""
        with self.lock:
            self.front.shutdown(socket.SHUT_RDWR)
            os.close(self.back)
            self.back = None

    def close(self):
        os.close(self.end)
        self.thread.join()
        os.close(self.ending)
        self.gone()
        self.listener.close()
        self.agent.close()
        if self.trouble:
            raise Failure("the played device: %r" % self.trouble)

    def serve(self):
        try:
            while self.turn():
                pass
        except Exception as error:  # pylint: disable=broad-except (a thread has nobody else to tell)
            self.trouble = error

    def turn(self):
        waits = [self.ending, self.agent, self.front or self.listener]
        waits += [queue.kick for queue in self.queues if queue.kick is not None]
        for ready in select.select(waits, [], [])[0]:
            with self.lock:
                if ready == self.ending:
                    return False
                if ready is self.listener:
                    self.gone()
                    self.front = self.listener.accept()[0]
                elif ready is self.front:
                    self.request()
                elif ready is self.agent:
                    self.answered(self.agent.recv(65536))
                else:
                    os.read(ready, 8)
                    self.take()
        return True

    # vhost-user

    def forget_descriptors(self, queue):
        for name in ("kick", "call"):
            if getattr(queue, name) is not None:
                os.close(getattr(queue, name))
                setattr(queue, name, None)

    def gone(self):
        """Ready for the next front end."""
        if self.front:
            self.front.close()
        if self.back is not None:
            os.close(self.back)
        self.front = self.memory = self.back = None
        for queue in self.queues:
            self.forget_descriptors(queue)
        self.queues = [Queue(), Queue()]
        self.held = []
        self.asked = []

    def request(self):
        fds = array.array("i")
        head, control, _, _ = self.front.recvmsg(12, socket.CMSG_SPACE(8 * 4))
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(data[:len(data) & ~3])
        if len(head) < 12:
            # The descriptors are kept until close(): see die().
            self.front.close()
            self.front = None
            return
        number, _, size = struct.unpack("<III", head)
        payload = self.front.recv(size, socket.MSG_WAITALL) if size else b""
        value, = struct.unpack_from("<Q", payload) if size >= 8 else (0,)
        state = struct.unpack_from("<II", payload) if size >= 8 else (0, 0)
        queue = self.queues[state[0] & 0xFF] if state[0] & 0xFF < 2 else self.queues[0]
        fd = fds[0] if fds else None
        if number == GET_FEATURES:
            self.reply(number, VERSION_1 | PROTOCOL_FEATURES)
        elif number == GET_PROTOCOL_FEATURES:
            self.reply(number, MQ | BACKEND_REQ)
        elif number == GET_QUEUE_NUM:
            self.reply(number, 2)
        elif number == SET_MEM_TABLE:
            self.guest_at, length, _, offset = struct.unpack_from("<QQQQ", payload, 8)
            self.memory = mmap.mmap(fd, length + offset)
            self.offset = offset
            os.close(fd)
        elif number == SET_VRING_NUM:
            queue.num = state[1]
        elif number == SET_VRING_BASE:
            queue.seen = queue.used_index = state[1]
        elif number == SET_VRING_ADDR:
            queue.descriptors, queue.used, queue.avail = struct.unpack_from("<QQQ", payload, 8)
            self.starts += queue is self.queues[0]
        elif number in (SET_VRING_KICK, SET_VRING_CALL):
            name = "kick" if number == SET_VRING_KICK else "call"
            if getattr(queue, name) is not None:
                os.close(getattr(queue, name))
            setattr(queue, name, None if value & NO_FD else fd)
        elif number == SET_VRING_ENABLE:
            queue.enabled = bool(state[1])
            if not queue.enabled:
                # What the guest takes back is not ours to write any more.
                self.held = [command for command in self.held if command.queue is not queue]
                self.asked = [command for command in self.asked if command.queue is not queue]
        elif number == SET_BACKEND_REQ_FD:
            # Closed, it would tell the front end that we are gone.
            self.back = fd
        elif fds:
            os.close(fd)

    def reply(self, number, value):
        self.front.sendall(struct.pack("<IIIQ", number, 5, 8, value))

    # The ring. The guest sees its memory where it says that it does: one address for all.

    def get(self, at, size):
        at = at - self.guest_at + self.offset
        return self.memory[at:at + size]

    def put(self, at, data):
        at = at - self.guest_at + self.offset
        self.memory[at:at + len(data)] = data

    def posted(self, queue):
        """Whether the guest made something available. A driver that resets its device takes back what is not used by
        counting backwards, and User-Mode Linux tells us only afterwards that it did."""
        available, = struct.unpack("<H", self.get(queue.avail + 2, 2))
        return 0 < (available - queue.seen & 0xFFFF) <= queue.num

    def take(self):
        queue = self.queues[0]
        while queue.enabled and self.posted(queue):
            head, = struct.unpack("<H", self.get(queue.avail + 4 + 2 * (queue.seen % queue.num), 2))
            queue.seen = queue.seen + 1 & 0xFFFF
            message, space, index = b"", None, head
            while index is not None:
                address, length, flags, following = struct.unpack("<QIHH", self.get(queue.descriptors + 16 * index, 16))
                if flags & WRITE:
                    space = space or (address, length)
                else:
                    message += self.get(address, length)
                index = following if flags & NEXT else None
            self.sent += 1
            self.asked.append(Command(queue, head, space, message))
            self.agent.send(message)

    def answered(self, answer):
        for command in self.asked:
            # A header comes back as it was sent: token, protocol, message.
            if command.message[:4] == answer[:4]:
                self.asked.remove(command)
                command.answer = answer
                if struct.unpack_from("<I", answer)[0] & 0x3FCFF in self.keeps or ANY in self.keeps:
                    self.held.append(command)
                else:
                    self.hand_over(command)
                return

    def hand_over(self, command, answer=None):
        queue = command.queue
        answer = (answer or command.answer)[:command.space[1]]
        self.put(command.space[0], answer)
        self.put(queue.used + 4 + 8 * (queue.used_index % queue.num), struct.pack("<II", command.head, len(answer)))
        queue.used_index = queue.used_index + 1 & 0xFFFF
        self.put(queue.used + 2, struct.pack("<H", queue.used_index))
        if queue.call is not None:
            os.write(queue.call, struct.pack("<Q", 1))

    # For the test.

    def keep(self, *messages):
        """From now on the answers to these, or to all."""
        with self.lock:
            self.keeps = set(messages) or {ANY}

    def kept(self):
        with self.lock:
            return len(self.held)

    def release(self, order=None):
        """Hand over what was kept, in the order of its arrival or in that of the function given."""
        with self.lock:
            self.keeps = set()
            commands, self.held = self.held, []
            for command in order(commands) if order else commands:
                self.hand_over(command)
