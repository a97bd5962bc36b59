# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the tests of the wire code share: the driver, the protocols, the hand-written vectors."""

import os
import pathlib
import struct
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from generate.load import load  # noqa: E402
from generate.outputs import read_protocols  # noqa: E402

SUCCESS = 0
INVALID_PARAMETERS = -2
NOT_FOUND = -4
PROTOCOL_ERROR = -10

TYPES = {"request": 0, "response": 0, "delayed": 2, "notification": 3}


def protocols():
    return read_protocols(ROOT / "protocols", load)[1]


def version_number(text):
    major, minor = text.split(".")
    return int(major) << 16 | int(minor)


def header(protocol_id, part, message_id, token=0):
    return token << 18 | protocol_id << 10 | TYPES[part] << 8 | message_id


class Result:
    """What the driver said about a message."""

    def __init__(self):
        self.fields = {}
        self.status = None
        self.encoded = None
        self.failed = None


class Driver:
    """One run of the driver for the whole test."""

    def __init__(self):
        path = os.environ.get("WIRE_DRIVER")
        if not path:
            sys.exit("WIRE_DRIVER must name the driver program")
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()

    def _ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver stopped: see its standard error")
        return line.split()

    def size(self, protocol_id, message_id, version):
        self._ask(f"size {protocol_id:x} {message_id:x} {version:x}")
        return int(self._answer()[1])

    def message(self, word, part, version, data):
        direction = "a2p" if part == "request" else "p2a"
        self._ask(f"message {word:x} {direction} {version:x} {data.hex() or '-'}")
        result = Result()
        stack = [result.fields]
        while True:
            kind, *rest = self._answer()
            if kind == "number":
                stack[-1][rest[0]] = int(rest[1])
            elif kind == "flag":
                stack[-1][rest[0]] = rest[1] == "1"
            elif kind == "text":
                value = bytes.fromhex(rest[1]) if rest[1] != "-" else b""
                stack[-1][rest[0]] = value.decode("latin-1")
            elif kind == "open":
                stack[-1].setdefault(rest[0], [])
                if len(stack[-1][rest[0]]) != int(rest[1]):
                    result.failed = f"element {rest[1]} of {rest[0]} is out of order"
                stack[-1][rest[0]].append({})
                stack.append(stack[-1][rest[0]][-1])
            elif kind == "close":
                stack.pop()
            elif kind == "described":
                result.status = int(rest[0])
            elif kind == "encoded":
                result.encoded = _encoded(rest[0])
            elif kind == "done":
                return result
            else:
                result.failed = " ".join([kind] + rest)


def _encoded(word):
    """Bytes, or a negative status."""
    if word == "-":
        return b""
    return int(word) if word.startswith("-") else bytes.fromhex(word)


def packed(text):
    """Bytes of a vector: eight hexadecimal digits are a little-endian word, `16:cpu` is text with
    zeros up to 16 bytes."""
    data = b""
    for token in text.split():
        if ":" in token:
            size, letters = token.split(":", 1)
            if len(letters) > int(size):
                raise ValueError(f"{letters} is longer than {size}")
            data += letters.encode().ljust(int(size), b"\0")
        elif len(token) == 8:
            data += struct.pack("<I", int(token, 16))
        else:
            raise ValueError(f"'{token}' is neither a word nor a text")
    return data


def vectors(name):
    """The hand-written vectors of a protocol: its id (None in common.yaml), message name to id, and
    message name to list of parts."""
    with open(ROOT / "tests" / "vectors" / f"{name}.yaml", encoding="utf-8") as stream:
        messages = yaml.safe_load(stream)
    return messages.pop("protocol", None), messages.pop("ids"), messages
