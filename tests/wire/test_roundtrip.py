# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Random messages through the codecs. SCMI_TEST_SEED repeats a run; the seed is printed."""

import os
import random
import struct
import unittest

import wire

ROUNDS = 40
GARBAGE = 4000
STATUS = ("response", "delayed")


class Message:
    """One random message: its bytes, the same with noise where noise means nothing, its fields."""

    def __init__(self, rng, record, version):
        self.rng = rng
        self.version = version
        self.clean = b""
        self.noisy = b""
        self.quiet = record.role == "request"
        self.fields = {}
        self.count = None
        if record.array:
            self.count = rng.choice((0, 1, 2, 7, 31))
            self.count = max(self.count, record.array.least)
        self.add(record, self.fields)
        if record.array:
            self.add_array(record)

    def put(self, clean, noise=None):
        self.clean += clean
        self.noisy += clean if noise is None or self.quiet else noise

    def add(self, record, fields):
        counted = record.array.count if record.array else None
        for field in record.plain:
            if not field.versions.has(self.version):
                continue
            if field.when and not field.when.holds(fields):
                continue
            if field.kind == "word":
                self.add_word(field, fields, counted)
            elif field.kind == "text":
                self.add_text(field, fields)
            else:
                signed = field.kind == "signed"
                value = self.integer(8 * field.size, signed)
                if field.name == counted:
                    value = self.count
                fields[field.name] = value
                self.put(value.to_bytes(field.size, "little", signed=signed))

    def integer(self, width, signed):
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        return self.rng.choice((low, high, self.rng.randint(low, high)))

    def add_word(self, field, fields, counted):
        word = 0
        for bit in field.bits_in(self.version):
            value = self.integer(bit.width, bit.signed)
            if bit.name == counted:
                value = self.count
            word |= (value & bit.mask) << bit.low
            flag = all(other.width == 1 for other in field.bits if other.name == bit.name)
            fields[bit.name] = bool(value) if flag else value
        noise = self.rng.getrandbits(32) & field.reserved(self.version)
        self.put(struct.pack("<I", word), struct.pack("<I", word | noise))

    def add_text(self, field, fields):
        length = self.rng.choice((0, 1, field.size - 1, self.rng.randrange(field.size)))
        text = bytes(self.rng.randrange(1, 256) for _ in range(length))
        fields[field.name] = text.decode("latin-1")
        rest = field.size - length
        self.put(text + b"\0" * rest, text + b"\0" + self.rng.randbytes(rest - 1))

    def add_array(self, record):
        array = record.array
        elements = []
        for _ in range(self.count):
            elements.append({})
            self.add(array.element, elements[-1])
        if elements:
            self.fields[array.name] = elements
        pad = -len(self.clean) % array.pad
        self.put(b"\0" * pad, self.rng.randbytes(pad))


class RoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        seed = os.environ.get("SCMI_TEST_SEED") or str(random.SystemRandom().getrandbits(32))
        print(f"SCMI_TEST_SEED={seed}", flush=True)
        cls.rng = random.Random(seed)
        cls.driver = wire.Driver()
        cls.protocols = wire.protocols()

    @classmethod
    def tearDownClass(cls):
        if cls.driver.close():
            raise AssertionError("the driver failed")

    def test_random_messages(self):
        for protocol in self.protocols:
            for message in protocol.messages:
                for part in message.parts:
                    word = wire.header(protocol.id, part.role, message.id, self.rng.getrandbits(10))
                    for version in part.versions:
                        for _ in range(ROUNDS if part.fields else 0):
                            self.round(word, part, version)

    def round(self, word, part, version):
        one = Message(self.rng, part, version)
        status = b"\0" * 4 if part.role in STATUS else b""
        fields = {"status": 0} | one.fields if status else one.fields
        noisy = one.noisy
        if status and not part.array:
            noisy += self.rng.randbytes(self.rng.randrange(9))
        for data in (one.clean, noisy):
            result = self.driver.message(word, part.role, version, status + data)
            told = f"{part.title} version {version:#x}, {(status + data).hex()}"
            self.assertIsNone(result.failed, told)
            self.assertEqual(result.status, wire.SUCCESS, told)
            self.assertEqual(result.fields, fields, told)
            self.assertEqual(result.encoded, one.clean, told)

    def test_garbage(self):
        """Whatever comes: an allowed status, and what was understood means the same again."""
        understood = 0
        for _ in range(GARBAGE):
            protocol = self.rng.choice(self.protocols)
            message = self.rng.choice(protocol.messages)
            part = self.rng.choice(message.parts)
            version = self.rng.choice(protocol.versions + [0, 0xffffffff, self.rng.getrandbits(32)])
            data = self.rng.randbytes(self.rng.choice((0, 3, 4, 8, 12, 16, 24, 28, 36, 76, 200)))
            if part.role in STATUS and self.rng.random() < 0.9:
                data = b"\0" * 4 + data
            if self.rng.random() < 0.5:
                # Small numbers in the words, so that counts are believable.
                data = bytes(byte if index % 4 == 0 else 0 for index, byte in enumerate(data))
            word = wire.header(protocol.id, part.role, message.id)
            result = self.driver.message(word, part.role, version, data)
            told = f"{part.title} version {version:#x}, {data.hex()}"
            self.assertIsNone(result.failed, told)
            self.assertIn(result.status, (wire.SUCCESS, wire.INVALID_PARAMETERS, wire.NOT_FOUND,
                                          wire.PROTOCOL_ERROR), told)
            if result.status == wire.SUCCESS and isinstance(result.encoded, bytes) and \
                    result.fields.get("status", 0) == 0:
                status = b"\0" * 4 if part.role in STATUS else b""
                again = self.driver.message(word, part.role, version, status + result.encoded)
                self.assertEqual(again.fields, result.fields, told)
                self.assertEqual(again.encoded, result.encoded, told)
                understood += 1
        self.assertGreater(understood, GARBAGE // 50, "too little of the garbage was understood")


if __name__ == "__main__":
    unittest.main()
