# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The codecs against the hand-written vectors of tests/vectors; a vector that is missing fails."""

import unittest

import wire

STATUS = ("response", "delayed")
EXACT = ("request", "notification")


def known_vectors(protocol):
    """(message, part) to the vectors for it; the common messages come from common.yaml. Each gets
    the header word that it has by the ids of the vector files."""
    protocol_id, ids, messages = wire.vectors(protocol.name)
    _, common_ids, common = wire.vectors("common")
    ids |= common_ids
    known = {}
    for name, parts in (messages | common).items():
        for vector in parts:
            versions = protocol.versions if vector["versions"] == "all" else \
                [wire.version_number(text) for text in vector["versions"]]
            word = wire.header(protocol_id, vector["part"], ids[name])
            known.setdefault((name, vector["part"]), []).append(
                vector | {"versions": versions, "header": word})
    return known


def problems(protocol, known):
    """What is missing or wrong in the vectors of a protocol, in words."""
    found = []
    for message in protocol.messages:
        for part in message.parts:
            for layout in part.layouts():
                for version in layout:
                    mine = [vector for vector in known.get((message.name, part.role), [])
                            if version in vector["versions"]]
                    name = f"{protocol.name} {message.name} {part.role} {version:#x}"
                    if len(mine) != 1:
                        found.append(f"{name}: {len(mine)} vectors instead of one")
                        continue
                    if not set(mine[0]["versions"]) <= set(layout):
                        found.append(f"{name}: its vector covers versions with other layouts")
                    for key in ("smallest", "largest") if part.fields else ("smallest",):
                        if key not in mine[0]:
                            found.append(f"{name}: no '{key}'")
                    key = "reserved" if part.role == "request" else "ignored"
                    if mine[0].get(key, {}) != reserved_bits(part, version):
                        found.append(f"{name}: '{key}' must be {reserved_bits(part, version)}")
    return found


def reserved_bits(part, version):
    """Word to mask, as a vector names them."""
    left = {}
    offset = 4 if part.role in STATUS else 0
    for field in part.fields_in(version):
        if field.kind == "word" and field.reserved(version):
            left[offset // 4] = f"{field.reserved(version):08x}"
        offset += field.size
    return left


def cases(vector):
    """All vectors that must be accepted, with a name."""
    yield "smallest", vector["smallest"]
    if "largest" in vector:
        yield "largest", vector["largest"]
    for index, other in enumerate(vector.get("others", [])):
        yield f"other {index}", other


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = wire.Driver()
        cls.protocols = wire.protocols()

    @classmethod
    def tearDownClass(cls):
        if cls.driver.close():
            raise AssertionError("the driver failed")

    def each(self):
        """Every part of every message with its vectors."""
        for protocol in self.protocols:
            known = known_vectors(protocol)
            for message in protocol.messages:
                for part in message.parts:
                    yield protocol, message, part, known.get((message.name, part.role), [])

    def each_version(self):
        for protocol, message, part, vectors in self.each():
            for vector in vectors:
                for version in vector["versions"]:
                    name = f"{protocol.name} {message.name} {part.role} {version:#x}"
                    yield name, vector["header"], part.role, version, vector

    def ask(self, word, part, version, data):
        result = self.driver.message(word, part, version, data)
        self.assertIsNone(result.failed)
        return result

    def accepted(self, word, part, version, data, fields, encoded):
        """The bytes mean `fields`, and encode to `encoded`."""
        result = self.ask(word, part, version, data)
        self.assertEqual(result.status, wire.SUCCESS)
        expected = {"status": 0} | fields if part in STATUS else fields
        # An array without elements is not visited.
        expected = {name: value for name, value in expected.items() if value != []}
        self.assertEqual(result.fields, expected)
        for name, value in expected.items():
            self.assertEqual(type(result.fields[name]), type(value), f"type of {name}")
        if encoded is not None and fields:
            self.assertEqual(result.encoded, encoded[4:] if part in STATUS else encoded)

    def test_none_missing(self):
        """Each message, part and version has one vector, shared only by equal layouts."""
        for protocol in self.protocols:
            self.assertEqual(problems(protocol, known_vectors(protocol)), [])

    def test_missing_is_found(self):
        """Taking away any vector, or any version of one, is a problem that names the message."""
        for protocol in self.protocols:
            known = known_vectors(protocol)
            for (name, part), vectors in known.items():
                for vector in vectors:
                    for version in vector["versions"]:
                        less = [other for other in vector["versions"] if other != version]
                        poorer = [item for item in vectors if item is not vector]
                        poorer.append(vector | {"versions": less})
                        found = problems(protocol, known | {(name, part): poorer})
                        self.assertTrue(any(name in text for text in found), f"{name} {part}")

    def test_no_unknown_vectors(self):
        for protocol in self.protocols:
            real = {(message.name, part.role): part for message in protocol.messages
                    for part in message.parts}
            for key, vectors in known_vectors(protocol).items():
                with self.subTest(f"{protocol.name} {key}"):
                    self.assertIn(key, real)
                    for vector in vectors:
                        self.assertLessEqual(set(vector["versions"]), set(real[key].versions))

    def test_meaning(self):
        for name, word, part, version, vector in self.each_version():
            for label, case in cases(vector):
                with self.subTest(f"{name} {label}"):
                    data = wire.packed(case["bytes"])
                    self.accepted(word, part, version, data, case["fields"],
                                  None if case.get("lossy") else data)

    def test_one_byte_short(self):
        """Nothing may be missing, in no version and no part."""
        for name, word, part, version, vector in self.each_version():
            data = wire.packed(vector["smallest"]["bytes"])
            if not data:
                continue
            with self.subTest(name):
                self.assertEqual(self.ask(word, part, version, data[:-1]).status,
                                 wire.PROTOCOL_ERROR)

    def test_one_byte_long(self):
        """Requests and notifications have exactly their size; answers may have more to say."""
        for name, word, part, version, vector in self.each_version():
            case = vector["smallest"]
            data = wire.packed(case["bytes"])
            with self.subTest(name):
                if part in EXACT:
                    self.assertEqual(self.ask(word, part, version, data + b"\0").status,
                                     wire.PROTOCOL_ERROR)
                else:
                    self.accepted(word, part, version, data + b"\xff", case["fields"], data)

    def test_reserved(self):
        """Each reserved bit of a request is refused; in answers and notifications it is nothing."""
        for name, word, part, version, vector in self.each_version():
            case = vector["smallest"]
            data = wire.packed(case["bytes"])
            for index, mask in (vector.get("reserved", {}) | vector.get("ignored", {})).items():
                for bit in range(32):
                    if not int(mask, 16) >> bit & 1:
                        continue
                    changed = bytearray(data)
                    changed[4 * index + bit // 8] ^= 1 << bit % 8
                    with self.subTest(f"{name} word {index} bit {bit}"):
                        if part == "request":
                            result = self.ask(word, part, version, bytes(changed))
                            self.assertEqual(result.status, wire.INVALID_PARAMETERS)
                            self.assertEqual(result.fields, case["fields"])
                        else:
                            self.accepted(word, part, version, bytes(changed), case["fields"], data)

    def test_refused(self):
        for name, word, part, version, vector in self.each_version():
            for case in vector.get("refused", []):
                with self.subTest(f"{name}: {case['why']}"):
                    self.assertEqual(self.ask(word, part, version,
                                              wire.packed(case["bytes"])).status,
                                     wire.PROTOCOL_ERROR)

    def test_error_answers(self):
        """A status other than SUCCESS stands alone, and what follows it means nothing."""
        for name, word, part, version, _ in self.each_version():
            if part not in STATUS:
                continue
            for data in ("fffffffd", "fffffffd 12345678"):
                with self.subTest(f"{name} {data}"):
                    result = self.ask(word, part, version, wire.packed(data))
                    self.assertEqual((result.status, result.fields), (0, {"status": -3}))

    def test_versions_without_the_message(self):
        """Where no vector is, the message must not be either; sizes of requests agree."""
        for protocol in self.protocols:
            for (name, part), vectors in known_vectors(protocol).items():
                word = vectors[0]["header"]
                sizes = {version: len(wire.packed(vector["smallest"]["bytes"]))
                         for vector in vectors for version in vector["versions"]}
                for version in protocol.versions:
                    with self.subTest(f"{protocol.name} {name} {part} {version:#x}"):
                        if part == "request":
                            size = self.driver.size(word >> 10 & 0xff, word & 0xff, version)
                            self.assertEqual(size, sizes.get(version, -1))
                        if version not in sizes:
                            self.assertEqual(self.ask(word, part, version, b"\0" * 256).status,
                                             wire.NOT_FOUND)

    def test_unknown_messages(self):
        for protocol in self.protocols:
            for part in wire.TYPES:
                ids = {message.id for message in protocol.messages
                       if part in [one.role for one in message.parts]}
                for message_id in set(range(256)) - ids:
                    result = self.ask(wire.header(protocol.id, part, message_id), part,
                                      protocol.versions[-1], b"\0" * 16)
                    self.assertEqual(result.status, wire.NOT_FOUND, f"{protocol.name} {message_id}")


if __name__ == "__main__":
    unittest.main()
