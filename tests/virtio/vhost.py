# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A vhost-user front end written by hand, driver of its rings included. It can do everything wrong too."""
import array
import mmap
import os
import select
import socket
import struct

PATIENCE_S = 60

(GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE,
 SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR, GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM,
 SET_VRING_ENABLE, SET_BACKEND_REQ_FD, RESET_DEVICE, VRING_KICK, GET_MAX_MEM_SLOTS, ADD_MEM_REG, REM_MEM_REG,
 SET_STATUS, GET_STATUS) = (1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 34, 35, 36, 37, 38, 39, 40)

P2A, INDIRECT, EVENT_IDX, PROTOCOL_FEATURES, VERSION_1 = 1 << 0, 1 << 28, 1 << 29, 1 << 30, 1 << 32
ALL = P2A | INDIRECT | EVENT_IDX | PROTOCOL_FEATURES | VERSION_1
MQ, REPLY_ACK, BACKEND_REQ, INFLIGHT, RESET, INBAND, SLOTS, STATUS = (1 << bit for bit in (0, 3, 5, 12, 13, 14, 15, 16))
GET_INFLIGHT_FD, SET_INFLIGHT_FD = 31, 32

COMMANDS, EVENTS = 0, 1
NEXT, WRITE, TABLE = 1, 2, 4

GUEST = 0x40000000  # where the guest sees its memory
USER = 0x7f0000000000  # where the front end says that it sees it
SIZE = 1 << 20
OFFSET = 0x3000  # of the memory in its file


class Ring:
    """The driver's side of a ring at `base` of the guest's memory. Each head has a slot of 512 bytes for its buffers."""

    def __init__(self, front, index, base, num):
        self.front, self.index, self.num = front, index, num
        self.descriptors = base
        self.avail = base + 16 * num
        self.used = (self.avail + 6 + 2 * num + 3) & ~3
        self.buffers = (self.used + 6 + 8 * num + 15) & ~15
        self.next_avail = 0
        self.seen = 0
        self.kick = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.call = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.error = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        front.put(base, bytes(self.buffers - base))

    def close(self):
        for fd in (self.kick, self.call, self.error):
            os.close(fd)

    def descriptor(self, index, address, size, flags=0, following=0, table=None):
        at = self.descriptors if table is None else table
        self.front.put(at + 16 * index, struct.pack("<QIHH", address, size, flags, following))

    def offer(self, head):
        self.front.put(self.avail + 4 + 2 * (self.next_avail % self.num), struct.pack("<H", head))
        self.next_avail = (self.next_avail + 1) & 0xFFFF
        self.front.put(self.avail + 2, struct.pack("<H", self.next_avail))

    def slot(self, head):
        return self.buffers + 512 * head

    def command(self, head, message, space=136, indirect=False):
        """Make one available, without a kick. Directly it takes descriptors head and head + 1."""
        at = self.slot(head)
        self.front.put(at, message)
        self.front.put(at + 256, b"\xEE" * space)
        readable, writable = GUEST + at, GUEST + at + 256
        if indirect:
            table = at + 224
            self.descriptor(0, readable, len(message), NEXT, 1, table)
            self.descriptor(1, writable, space, WRITE, 0, table)
            self.descriptor(head, GUEST + table, 32, TABLE)
        else:
            self.descriptor(head, readable, len(message), NEXT, head + 1)
            self.descriptor(head + 1, writable, space, WRITE)
        self.offer(head)

    def buffer(self, head, space=136):
        self.descriptor(head, GUEST + self.slot(head) + 256, space, WRITE)
        self.offer(head)

    def wake(self):
        os.eventfd_write(self.kick, 1)

    def used_index(self):
        return struct.unpack("<H", self.front.get(self.used + 2, 2))[0]

    def skip_to(self, index):
        """All before are seen. With EVENT_IDX: call for the next one too."""
        self.seen = index & 0xFFFF
        self.front.put(self.avail + 4 + 2 * self.num, struct.pack("<H", self.seen))

    def look(self):
        """(head, bytes written) of the next used chain, or None."""
        if self.used_index() == self.seen:
            return None
        head, written = struct.unpack("<II", self.front.get(self.used + 4 + 8 * (self.seen % self.num), 8))
        self.skip_to(self.seen + 1)
        return head, self.front.get(self.slot(head) + 256, written)

    def wait_error(self):
        if not select.select([self.error], [], [], PATIENCE_S)[0]:
            raise AssertionError("no error was signalled")
        os.read(self.error, 8)

    def wait(self, call=None):
        """As look(), after as many calls as it takes."""
        call = self.call if call is None else call
        while True:
            found = self.look()
            if found:
                return found
            if not select.select([call], [], [], PATIENCE_S)[0]:
                raise AssertionError("never called")
            os.read(call, 8)


class FrontEnd:
    def __init__(self, path, num=8, offset=OFFSET):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.acks = False
        self.token = 0
        self.offset = offset
        self.memory = os.memfd_create("guest", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.memory, offset + SIZE)
        self.map = mmap.mmap(self.memory, offset + SIZE)
        self.commands = Ring(self, COMMANDS, 0x1000, num)
        self.events = Ring(self, EVENTS, 0x41000, num)
        self.rings = (self.commands, self.events)
        self.path = path
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def connect_again(self):
        """To the next one that listens there; memory and rings stay."""
        self.close()
        self.acks = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(self.path)

    def clean_up(self):
        self.close()
        for ring in self.rings:
            ring.close()
        self.map.close()
        os.close(self.memory)

    # The guest's memory, by offset.
    def put(self, at, data):
        self.map[self.offset + at:self.offset + at + len(data)] = data

    def get(self, at, size):
        return self.map[self.offset + at:self.offset + at + size]

    # Messages.
    def send(self, request, payload=b"", fds=(), flags=1, size=None):
        data = struct.pack("=III", request, flags, len(payload) if size is None else size) + payload
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([data], control)

    def receive_bytes(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the back end hung up")
            data += more
        return data

    def reply(self, request):
        answered, flags, size = struct.unpack("=III", self.receive_bytes(12))
        assert (answered, flags) == (request, 5), (answered, flags)
        return self.receive_bytes(size)

    def ask_inflight(self, queues, num):
        """A new record: its size, its offset and its descriptor."""
        self.send(GET_INFLIGHT_FD, struct.pack("=QQHHI", 0, 0, queues, num, 0))
        data, fds, _, _ = socket.recv_fds(self.socket, 12, 1)
        assert struct.unpack("=III", data) == (GET_INFLIGHT_FD, 5, 24), data
        size, offset, queues_back, num_back, _ = struct.unpack("=QQHHI", self.receive_bytes(24))
        assert (queues_back, num_back) == (queues, num)
        return size, offset, fds[0]

    def ask(self, request, payload=b""):
        self.send(request, payload)
        return self.reply(request)

    def ask_u64(self, request):
        return struct.unpack("=Q", self.ask(request))[0]

    def tell(self, request, payload=b"", fds=()):
        """What the back end makes of it: 0 is good. Without acknowledgements a question is the barrier."""
        if self.acks:
            self.send(request, payload, fds, flags=9)
            return struct.unpack("=Q", self.reply(request))[0]
        self.send(request, payload, fds)
        self.ask(GET_FEATURES)
        return 0

    def good(self, *arguments):
        result = self.tell(*arguments)
        assert result == 0, (arguments[0], result)

    def is_hung_up(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    # The steps of a connection.
    def negotiate(self, features=ALL, protocol=REPLY_ACK | MQ | RESET | SLOTS | STATUS):
        offered = self.ask_u64(GET_FEATURES)
        assert features & ~offered == 0, hex(offered)
        if protocol is not None:
            offered = self.ask_u64(GET_PROTOCOL_FEATURES)
            assert protocol & ~offered == 0, hex(offered)
            self.acks = bool(protocol & REPLY_ACK)
            self.good(SET_PROTOCOL_FEATURES, struct.pack("=Q", protocol))
        self.good(SET_OWNER)
        self.good(SET_FEATURES, struct.pack("=Q", features))

    def region(self, guest=GUEST, user=USER, size=SIZE, offset=None):
        return struct.pack("=QQQQ", guest, size, user, self.offset if offset is None else offset)

    def share(self):
        self.good(SET_MEM_TABLE, struct.pack("=II", 1, 0) + self.region(), [self.memory])

    def set_ring(self, ring, base=0, kick=None, call=None):
        """Everything but the kick."""
        self.good(SET_VRING_NUM, struct.pack("=II", ring.index, ring.num))
        self.good(SET_VRING_BASE, struct.pack("=II", ring.index, base))
        self.good(SET_VRING_ADDR, struct.pack("=IIQQQQ", ring.index, 0, USER + ring.descriptors, USER + ring.used,
                                              USER + ring.avail, 0))
        self.good(SET_VRING_CALL, struct.pack("=Q", ring.index), [ring.call if call is None else call])
        self.good(SET_VRING_ERR, struct.pack("=Q", ring.index), [ring.error])

    def start_ring(self, ring, base=0, kick=None, call=None):
        self.set_ring(ring, base, kick, call)
        self.good(SET_VRING_KICK, struct.pack("=Q", ring.index), [ring.kick if kick is None else kick])
        self.enable(ring)

    def enable(self, ring, on=1):
        self.good(SET_VRING_ENABLE, struct.pack("=II", ring.index, on))

    def stop_ring(self, ring):
        index, base = struct.unpack("=II", self.ask(GET_VRING_BASE, struct.pack("=II", ring.index, 0)))
        assert index == ring.index
        return base

    def start(self, features=ALL, **more):
        self.negotiate(features, **more)
        self.share()
        self.start_ring(self.commands)
        if features & P2A:
            self.start_ring(self.events)
        return self

    # SCMI.
    def message(self, protocol, message, *words):
        self.token = (self.token + 1) % 1024
        return struct.pack("<%dI" % (1 + len(words)), self.token << 18 | protocol << 10 | message, *words)

    def scmi(self, protocol, message, *words, head=0, indirect=False):
        """Status and the words behind it."""
        data = self.message(protocol, message, *words)
        self.commands.command(head, data, indirect=indirect)
        self.commands.wake()
        used, answer = self.commands.wait()
        assert used == head and answer[:4] == data[:4], (used, answer)
        values = struct.unpack("<%dI" % ((len(answer) - 8) // 4), answer[8:])
        return struct.unpack("<i", answer[4:8])[0], list(values)

    def alive(self):
        return self.scmi(0x10, 0x0)[0] == 0


def connect(path, **more):
    """The device takes the next front end only when it has seen the last one go: until then, again."""
    while True:
        front = FrontEnd(path, **more)
        try:
            front.ask(GET_FEATURES)
            return front
        except (ConnectionError, BrokenPipeError):
            front.clean_up()
