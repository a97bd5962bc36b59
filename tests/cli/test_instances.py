# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scmi --tree FILE instances: every published form, what is wrong with others, and what the binder says."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from case import OK, PATIENCE_S, USAGE, Case, PlatformCase, scmi

# What the channels of all the trees here lead to.
HARDWARE = """
    mhu: mhu@2b1f0000 { reg = <0 0x2b1f0000 0 0x1000>; #mbox-cells = <2>; };
    bell: bell@2b200000 { reg = <0 0x2b200000 0 0x1000>; #mbox-cells = <0>; };
    mute: mute@2b300000 { reg = <0 0x2b300000 0 0x1000>; };
    sram@2e000000 {
        #address-cells = <1>; #size-cells = <1>; reg = <0 0x2e000000 0 0x8000>;
        a: shm@0 { compatible = "arm,scmi-shmem"; reg = <0x0 0x80>; };
        b: shm@80 { compatible = "arm,scmi-shmem"; reg = <0x80 0x80>; };
        c: shm@100 { compatible = "arm,juno-scp-shmem", "arm,scmi-shmem"; reg = <0x100 0x100>; };
        small: shm@200 { compatible = "arm,scmi-shmem"; reg = <0x200 0x1b>; };
        tight: shm@300 { compatible = "arm,scmi-shmem"; reg = <0x300 0x1c>; };
        bare: shm@400 { compatible = "arm,scmi-shmem"; };
        half: shm@500 { compatible = "arm,scmi-shmem"; reg = <0x500>; };
        other: shm@600 { reg = <0x600 0x80>; };
    };
"""
VIRTIO = """
    v0: virtio@a000000 { compatible = "virtio,mmio"; reg = <0 0xa000000 0 0x200>; %s };
    v1: virtio@a000200 { compatible = "virtio,mmio"; reg = <0 0xa000200 0 0x200>; %s };
"""
MAILBOX = 'compatible = "arm,scmi"; mboxes = <&mhu 0 1>; shmem = <&a>;'
SMC = 'compatible = "arm,scmi-smc"; arm,smc-id = <0xc3000001>; shmem = <&a>;'
OPTEE = 'compatible = "linaro,scmi-optee"; linaro,optee-channel-id = <3>;'
ANY = 'compatible = "arm,scmi-virtio";'

SHM = "/sram@2e000000/shm@"


def tree(*nodes, hardware=HARDWARE):
    """A source with these descriptors below /firmware: scmi, scmi-1 and so on."""
    firmware = "".join("scmi%s { %s };" % ("-%d" % i if i else "", node) for i, node in enumerate(nodes))
    return ("/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; %s firmware { %s }; };"
            % (hardware, firmware))


class Trees(Case):
    def setUp(self):
        super().setUp()
        self.dir_of_trees = tempfile.mkdtemp(prefix="scmi-")
        self.addCleanup(shutil.rmtree, self.dir_of_trees)

    def compiled(self, source):
        path = os.path.join(self.dir_of_trees, "tree.dtb")
        done = subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", path], input=source,
                              text=True, capture_output=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr + source)
        return path

    def listed(self, *nodes, code=OK, words=(), **more):
        return self.listed_source(tree(*nodes, **more), code, words)

    def listed_source(self, source, code=OK, words=()):
        path = self.compiled(source)
        done = self.expect(code, scmi("--json", "--tree", path, "instances", *words))
        self.expect(code, scmi("--tree", path, "instances", *words))
        return json.loads(done.out)["instances"]

    def only(self, node, **more):
        instances = self.listed(node, **more)
        self.assertEqual(len(instances), 1)
        return instances[0]

    def wrong(self, sentence, *nodes, **more):
        """The last instance is described wrongly, and nothing is made of it."""
        instance = self.listed(*nodes, code=USAGE, **more)[-1]
        self.assertEqual((instance["state"], instance["explanation"]), ("invalid", sentence))
        self.assertNotIn("channel", instance)


class Published(Trees):
    def test_mailboxes(self):
        forms = (
            ("<&mhu 0 1>", "<&a>", ["tx"]),
            ("<&mhu 0 1>, <&bell>", "<&a>", ["tx", "tx_reply"]),
            ("<&mhu 0 1>, <&mhu 0 2>", "<&a>, <&b>", ["tx", "rx"]),
            ("<&mhu 0 1>, <&mhu 0 2>, <&bell>", "<&a>, <&b>", ["tx", "tx_reply", "rx"]),
            ("<&mhu 0 1>, <&bell>, <&mhu 1 2>, <&mhu 1 3>", "<&a>, <&b>",
             ["tx", "tx_reply", "rx", "rx_reply"]),
        )
        for mboxes, shmem, roles in forms:
            with self.subTest(mboxes):
                instance = self.only('compatible = "arm,scmi"; mboxes = %s; shmem = %s;' % (mboxes, shmem))
                self.assertEqual([m["role"] for m in instance["mailboxes"]], roles)
                self.assertEqual(instance["mailboxes"][0],
                                 {"role": "tx", "controller": "/mhu@2b1f0000", "cells": [0, 1]})
                self.assertEqual(instance["memories"],
                                 [{"path": SHM + "0", "size": 128}, {"path": SHM + "80", "size": 128}]
                                 [:shmem.count("&")])
                self.assertEqual((instance["transport"], instance["supplier"]), ("mailbox", SHM + "0"))
                self.assertEqual(instance["explanation"], "waits for supplier '%s0'" % SHM)

    def test_no_completion_irq(self):
        self.assertFalse(self.only(MAILBOX)["no_completion_irq"])
        instance = self.only(MAILBOX + "arm,no-completion-irq;")
        self.assertTrue(instance["no_completion_irq"])
        self.assertTrue(instance["needs"].endswith("; nothing tells that an answer is there"), instance["needs"])

    def test_smc(self):
        for compatible in ("arm,scmi-smc", "arm,scmi-smc-param", "qcom,scmi-smc"):
            with self.subTest(compatible):
                instance = self.only('compatible = "%s"; arm,smc-id = <0xc3000001>; shmem = <&c>;' % compatible)
                self.assertEqual((instance["transport"], instance["compatible"], instance["smc_id"]),
                                 ("smc", [compatible], 0xc3000001))
                self.assertEqual((instance["interrupt"], instance["supplier"]), (False, SHM + "100"))
        self.assertTrue(self.only(SMC + 'interrupts = <0 1 2>; interrupt-names = "a2p";')["interrupt"])
        self.assertEqual(self.only(SMC)["needs"],
                         "SMC or HVC function 0xc3000001; memory %s0 (128 bytes)" % SHM)

    def test_optee(self):
        instance = self.only(OPTEE)
        self.assertEqual((instance["transport"], instance["optee_channel"], instance["supplier"],
                          instance["needs"]), ("optee", 3, "3", "OP-TEE channel 3"))
        self.assertEqual(self.only(OPTEE + "shmem = <&b>;")["memories"], [{"path": SHM + "80", "size": 128}])

    def test_protocols_and_their_channels(self):
        nodes = ("#address-cells = <1>; #size-cells = <0>;"
                 "protocol@13 { reg = <0x13>; mboxes = <&mhu 1 0>, <&mhu 1 1>; shmem = <&b>, <&c>; };"
                 "protocol@14 { reg = <0x14>; };"
                 'protocol@15 { reg = <0x15>; status = "disabled"; };'
                 "protocol@82 { reg = <0x82>; }; notes { };")
        instance = self.only(MAILBOX + nodes)
        self.assertEqual([(p["id"], p["name"], p["own_channel"]) for p in instance["protocols"]],
                         [(0x13, "performance", True), (0x14, "clock", False), (0x82, "0x82", False)])
        self.assertEqual([m["path"] for m in instance["protocols"][0]["memories"]], [SHM + "80", SHM + "100"])
        instance = self.only(OPTEE + "#address-cells = <1>; #size-cells = <0>;"
                             "protocol@13 { reg = <0x13>; linaro,optee-channel-id = <4>; };")
        self.assertEqual(instance["protocols"][0]["optee_channel"], 4)

    def test_limits(self):
        limits = self.only(SMC + "arm,max-rx-timeout-ms = <5000>; arm,max-msg = <20>; arm,max-msg-size = <256>;"
                           "libscmi,max-delayed-timeout-ms = <9000>; libscmi,poll-budget-us = <0>;"
                           "atomic-threshold-us = <10000>;")["limits"]
        self.assertEqual(limits, {"response_timeout_ms": 5000, "delayed_timeout_ms": 9000, "messages_max": 20,
                                  "payload_max": 256, "poll_budget_us": 0, "atomic_threshold_us": 10000})
        self.assertEqual(set(self.only(SMC)["limits"].values()), {None})

    def test_lists_of_strings(self):
        """The first that is known decides; what nobody knows is left out."""
        instance = self.only('compatible = "vendor,scmi", "qcom,scmi-smc", "arm,scmi-smc";'
                             "arm,smc-id = <1>; shmem = <&a>;")
        self.assertEqual(instance["compatible"], ["qcom,scmi-smc", "arm,scmi-smc"])

    def test_disabled_ones_are_not_there(self):
        self.assertEqual(self.listed(MAILBOX + 'status = "disabled";', SMC + 'status = "okay";')[0]["path"],
                         "/firmware/scmi-1")
        self.assertEqual(self.listed_source('/dts-v1/; / { firmware { status = "disabled"; scmi { %s }; }; };'
                                            % ANY), [])

    def test_a_tree_without_any(self):
        out = self.expect(OK, scmi("--tree", self.compiled("/dts-v1/; / { };"), "instances")).out
        self.assertEqual(out, "The tree describes no SCMI instance.\n")


class Virtio(Trees):
    def listed(self, *nodes, children=("", ""), **more):
        return super().listed(*nodes, hardware=HARDWARE + VIRTIO % children, **more)

    def test_by_name(self):
        instances = self.listed(ANY + "libscmi,supplier = <&v1>;", ANY + "libscmi,supplier = <&v0>;")
        self.assertEqual([i["supplier"] for i in instances], ["/virtio@a000200", "/virtio@a000000"])
        self.assertEqual(instances[0]["explanation"], "waits for supplier '/virtio@a000200'")

    def test_own_node(self):
        own = 'scmi { compatible = "virtio,device20"; };'
        instance, = self.listed(children=(own, ""))
        self.assertEqual((instance["path"], instance["supplier"], instance["own_node"]),
                         ("/virtio@a000000/scmi", "/virtio@a000000", True))
        self.assertEqual(instance["compatible"], ["virtio,device20", "arm,scmi-virtio"])

    def test_an_own_node_gives_way(self):
        own = 'own%d: scmi { compatible = "virtio,device20"; };'
        instances = self.listed(ANY + "libscmi,supplier = <&own1>;", children=(own % 0, own % 1))
        self.assertEqual([(i["path"], i["supplier"]) for i in instances],
                         [("/virtio@a000000/scmi", "/virtio@a000000"), ("/firmware/scmi", "/virtio@a000200")])

    def test_no_name(self):
        self.assertEqual(self.only(ANY)["needs"], "a virtio SCMI device that no descriptor names")
        self.assertIsNone(self.only(ANY)["supplier"])

    def test_the_same_name_twice(self):
        instances = self.listed(ANY + "libscmi,supplier = <&v0>;", ANY + "libscmi,supplier = <&v0>;")
        for instance in instances:
            self.assertEqual(instance["explanation"], "ambiguous: supplier '/virtio@a000000' is named by "
                             "'/firmware/scmi', '/firmware/scmi-1'")

    def test_wrong(self):
        for node, sentence in (
                ("libscmi,supplier = <0x77>;",
                 "/firmware/scmi: libscmi,supplier names phandle 0x77, which no node has, or several"),
                ("libscmi,supplier = <&v0 1>;", "/firmware/scmi: libscmi,supplier has 8 bytes; a number has 4"),
                ("#address-cells = <1>; #size-cells = <0>; protocol@13 { reg = <0x13>; shmem = <&a>; };",
                 "/firmware/scmi/protocol@13: a protocol has no channel of its own over virtio")):
            with self.subTest(node):
                self.wrong(sentence, ANY + node)
        self.wrong("/virtio@a000000: a virtio device's node has one enabled child, not several",
                   children=('scmi { compatible = "virtio,device20"; }; more { };', ""))
        self.wrong("/virtio@a000000/scmi: libscmi,supplier has no meaning here, only in arm,scmi-virtio nodes",
                   children=('scmi { compatible = "virtio,device20"; libscmi,supplier = <&v1>; };', ""))


class Bound(Trees, PlatformCase):
    """Instances on the devices of a scmid."""

    def listed(self, *nodes, **more):
        return super().listed(*nodes, hardware=VIRTIO % ("", ""), **more)

    def device(self, agent):
        return "%s/%s.vhost" % (self.dir, agent)

    def test_by_name(self):
        nodes = (ANY + "libscmi,supplier = <&v1>;", ANY + "libscmi,supplier = <&v0>;")
        first = ("--supplier", "virtio:/virtio@a000000=" + self.device("tester"))
        second = ("--supplier", "virtio:/virtio@a000200=" + self.device("manager"))
        waits = "waits for supplier '/virtio@a000200'"
        ready = "ready on virtio, supplier '/virtio@a000%s'"
        for words, expected in ((first, (waits, ready % "000")), (first + second, (ready % "200", ready % "000")),
                                (second + first, (ready % "200", ready % "000"))):
            with self.subTest(words):
                instances = self.listed(*nodes, words=words)
                self.assertEqual(tuple(i["explanation"] for i in instances), expected)
        self.assertEqual([i["state"] for i in instances], ["ready", "ready"])

    def test_bound_to_a_mailbox(self):
        words = ("--supplier", "mailbox:%s0=%s/tester.mbox" % (SHM, self.dir))
        for more in ("", "arm,no-completion-irq; arm,max-msg = <4>; arm,max-msg-size = <64>;"):
            instance = Trees.listed(self, MAILBOX + more, words=words)[0]
            self.assertEqual(instance["explanation"], "ready on mailbox, supplier '%s0'" % SHM)

    def test_without_a_name(self):
        words = ("--supplier", "virtio:x=" + self.device("tester"))
        self.assertEqual(self.listed(ANY, words=words)[0]["explanation"], "ready on virtio, supplier 'x'")
        self.assertIn("ambiguous: it names no supplier", self.listed(ANY, ANY, words=words)[0]["explanation"])

    def test_what_cannot_be_opened(self):
        instance = self.listed(ANY, words=("--supplier", "virtio:x=%s/none" % self.dir))[0]
        self.assertEqual(instance["state"], "failed")
        self.assertIn("there is no socket", instance["explanation"])

    def test_the_option(self):
        path = self.compiled(tree(ANY, hardware=""))
        for word in ("virtio", "virtio:x", "virtio:=a", "virtio:x=", "x=virtio:y"):
            self.fails(USAGE, "--supplier takes TRANSPORT:NAME=ADDRESS",
                       scmi("--tree", path, "instances", "--supplier", word))
        self.fails(USAGE, "there is no transport 'optee'",
                   scmi("--tree", path, "instances", "--supplier", "optee:3=x"))
        self.fails(USAGE, "the supplier virtio:x is given twice",
                   scmi("--tree", path, "instances", "--supplier", "virtio:x=a", "--supplier", "virtio:x=b"))


class Wrong(Trees):
    def test_mailboxes(self):
        for mboxes, shmem, sentence in (
                ("", "shmem = <&a>;", "mboxes is missing"),
                ("mboxes;", "shmem = <&a>;", "mboxes is empty"),
                ("mboxes = <&mhu 0 1>;", "", "shmem is missing"),
                ("mboxes = <&mhu 0>;", "shmem = <&a>;",
                 "mboxes has 2 cells, too few for entry 0: /mhu@2b1f0000 wants 2 behind its phandle"),
                ("mboxes = <&mhu 0 1>, <&mhu>;", "shmem = <&a>;",
                 "mboxes has 4 cells, too few for entry 1: /mhu@2b1f0000 wants 2 behind its phandle"),
                ("mboxes = [00 01 02];", "shmem = <&a>;", "mboxes has 3 bytes; cells have 4 each"),
                ("mboxes = <0x99 0 1>;", "shmem = <&a>;",
                 "mboxes: entry 0 names phandle 0x99, which no node has, or several"),
                ("mboxes = <&bell>, <0>;", "shmem = <&a>;",
                 "mboxes: entry 1 names phandle 0x0, which no node has, or several"),
                ("mboxes = <&mute>;", "shmem = <&a>;",
                 "mboxes: entry 0 names /mute@2b300000, whose #mbox-cells is not a number up to 8"),
                ("mboxes = <&bell &bell &bell &bell &bell>;", "shmem = <&a>;", "mboxes has more than 4 entries"),
                ("mboxes = <&bell>;", "shmem = <&a &b>;", "mboxes has 1 entries where shmem has 2; "
                 "there are 1 with 1, 2 with 1 or 2, 3 with 2, 4 with 2"),
                ("mboxes = <&bell &bell &bell>;", "shmem = <&a>;", "mboxes has 3 entries where shmem has 1; "
                 "there are 1 with 1, 2 with 1 or 2, 3 with 2, 4 with 2"),
                ("mboxes = <&bell &bell>;", "shmem = <&a &a>;", "shmem names %s0 twice" % SHM),
                ("mboxes = <&bell &bell>;", "shmem = <&a &b &c>;", "shmem has 3 entries; there are at most 2"),
                ("mboxes = <&bell>;", "shmem = <0x99>;",
                 "shmem: entry 0 names phandle 0x99, which no node has, or several")):
            with self.subTest(mboxes + shmem):
                self.wrong("/firmware/scmi: " + sentence, 'compatible = "arm,scmi"; ' + mboxes + shmem)

    def test_memories(self):
        for label, unit, sentence in (
                ("small", "200", "reg has a size of 27 bytes; a channel takes at least 28"),
                ("bare", "400", "reg is missing"),
                ("half", "500", "reg has 1 cells; an address has 1, a size 1"),
                ("other", "600", "compatible lacks arm,scmi-shmem")):
            with self.subTest(label):
                self.wrong(SHM + unit + ": " + sentence, SMC.replace("&a", "&" + label))
        self.assertEqual(self.only(SMC.replace("&a", "&tight"))["state"], "waiting")
        self.wrong(SHM + "300: reg has a size of 28 bytes; a channel takes at least 36",
                   SMC.replace("&a", "&tight").replace("arm,scmi-smc", "qcom,scmi-smc"))

    def test_numbers(self):
        for node, sentence in (
                ('compatible = "arm,scmi-smc"; shmem = <&a>;', "arm,smc-id is missing"),
                ('compatible = "linaro,scmi-optee";', "linaro,optee-channel-id is missing"),
                (SMC + 'interrupt-names = "a2p";', "interrupts is missing where interrupt-names has a2p"),
                (SMC + "arm,max-rx-timeout-ms = <0>;", "arm,max-rx-timeout-ms is 0; possible are 1 to 600000"),
                (SMC + "arm,max-msg = <1025>;", "arm,max-msg is 1025; possible are 1 to 1024"),
                (SMC + "arm,max-msg-size = <23>;", "arm,max-msg-size is 23; possible are 24 to 65528"),
                (SMC + "libscmi,poll-budget-us = <10001>;",
                 "libscmi,poll-budget-us is 10001; possible are 0 to 10000"),
                (SMC + "libscmi,max-delayed-timeout-ms;",
                 "libscmi,max-delayed-timeout-ms has 0 bytes; a number has 4"),
                (SMC + "arm,no-completion-irq;",
                 "arm,no-completion-irq has no meaning here, only in arm,scmi nodes"),
                (MAILBOX + "arm,no-completion-irq = <1>;",
                 "arm,no-completion-irq has a value, and takes none"),
                (SMC + "atomic-threshold-us = <1 2>;", "atomic-threshold-us has 8 bytes; a number has 4"),
                (SMC + "libscmi,supplier = <&a>;",
                 "libscmi,supplier has no meaning here, only in arm,scmi-virtio nodes"),
                ('compatible = "arm,scmi-virtio", "1", "2", "3", "4", "5", "6", "7", "8", "";',
                 "compatible is no list of up to 8 strings")):
            with self.subTest(node):
                self.wrong("/firmware/scmi: " + sentence, node)

    def test_protocols(self):
        for nodes, sentence in (
                ("protocol@f { reg = <0xf>; };", "protocol@f: reg is 15; possible are 16 to 255"),
                ("protocol@14 { reg = <0 0x14>; };", "protocol@14: reg has 8 bytes; a number has 4"),
                ("protocol@14 { reg = <0x14>; }; clock@14 { reg = <0x14>; };",
                 "clock@14: reg is 0x14, as of another protocol node"),
                ("protocol@13 { reg = <0x13>; mboxes = <&bell>; };", "protocol@13: shmem is missing")):
            with self.subTest(nodes):
                self.wrong("/firmware/scmi/" + sentence, MAILBOX + "#address-cells = <1>; #size-cells = <0>;" + nodes)

    def test_the_others_are_there(self):
        instances = self.listed(SMC + "arm,max-msg = <0>;", OPTEE, code=USAGE)
        self.assertEqual([i["state"] for i in instances], ["invalid", "waiting"])


class Files(Trees):
    def damaged(self, sentence, content):
        path = os.path.join(self.dir_of_trees, "damaged.dtb")
        with open(path, "wb") as file:
            file.write(content)
        self.fails(USAGE, "%s: %s" % (path, sentence), scmi("--tree", path, "instances"))

    def test_what_is_no_tree(self):
        with open(self.compiled(tree(MAILBOX)), "rb") as file:
            whole = file.read()
        self.damaged("the device tree is cut short", b"")
        self.damaged("it is no flattened device tree", b"/dts-v1/; / { };" * 10)
        self.damaged("the device tree is cut short", whole[:-1])
        structure = int.from_bytes(whole[8:12], "big")
        self.damaged("the device tree is damaged: libfdt says",
                     whole[:structure] + b"\xff" * 4 + whole[structure + 4:])
        self.damaged("it has more than 8388608 bytes", bytes(8388609))
        deep = "/dts-v1/; / {" + "a {" * 65 + "};" * 65 + "};"
        with open(self.compiled(deep), "rb") as file:
            self.damaged("nodes are more than 64 deep", file.read())
        many = "".join("scmi-%d { %s };" % (i, ANY) for i in range(257))
        with open(self.compiled("/dts-v1/; / { %s };" % many), "rb") as file:
            self.damaged("it describes more than 256 SCMI instances", file.read())

    def test_names_that_play_with_the_terminal(self):
        path = self.compiled(tree(ANY, hardware=""))
        with open(path, "rb") as file:
            whole = file.read()
        self.assertEqual(whole.count(b"\x01scmi\0"), 1)
        with open(path, "wb") as file:
            file.write(whole.replace(b"\x01scmi\0", b"\x01\x1b[1m\0"))
        for words in ((), ("--json",)):
            done = self.expect(OK, scmi(*words, "--tree", path, "instances"))
            self.assertNotIn("\x1b", done.out + done.err)
            self.assertIn("/firmware/\\x1b[1m", done.out.replace("\\\\", "\\"))

    def test_no_file(self):
        self.fails(USAGE, "which device tree? give --tree FILE", scmi("instances"))
        self.fails(USAGE, "none: No such file or directory", scmi("--tree", "/none", "instances"))
        self.fails(USAGE, "Is a directory", scmi("--tree", self.dir_of_trees, "instances"))

    def test_damaged_bytes(self):
        """Whatever is changed, the answer is a list or a sentence."""
        path = self.compiled(tree(MAILBOX + "protocol { reg = <0x14>; };", ANY, hardware=HARDWARE))
        with open(path, "rb") as file:
            whole = file.read()
        # Another stride finds other bytes; with 1 it takes minutes.
        for at in range(0, len(whole), int(os.environ.get("SCMI_STRIDE", 37))):
            damaged = bytearray(whole)
            damaged[at] ^= 0xff
            with open(path, "wb") as file:
                file.write(damaged)
            done = scmi("--tree", path, "instances")
            self.assertIn(done.code, (OK, USAGE), "byte %d: %s" % (at, done.err))
            self.assertTrue((done.out + done.err).isascii())

    def test_completion(self):
        self.compiled(tree(MAILBOX))
        offered = scmi("complete", "--", "--tree", self.dir_of_trees + "/t").out
        self.assertEqual(offered, self.dir_of_trees + "/tree.dtb\n")
        self.assertEqual(scmi("complete", "--", "instances", "--supplier", "v").out, "virtio:\n")


class Shipped(Trees):
    """SCMI_DTBS=DIR: all the trees there, as of a distribution's kernel packages."""

    def test_all(self):
        directory = os.environ.get("SCMI_DTBS")
        if not directory:
            self.skipTest("SCMI_DTBS=DIR names no directory with .dtb files")
        paths = glob.glob(os.path.join(directory, "**", "*.dtb"), recursive=True)
        counts = {}
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path):
                for instance in self.expect(OK, scmi("--json", "--tree", path, "instances")).json()["instances"]:
                    counts[instance["transport"]] = counts.get(instance["transport"], 0) + 1
        print("%d trees, instances: %s" % (len(paths), counts))


class Schema(Case):
    """docs/bindings: what it is to be, and that the trees of its examples are understood."""

    SCHEMA = os.environ.get("SCMI_SCHEMA", "docs/bindings/libscmi,descriptor.yaml")

    def run_in(self, directory, *words):
        return subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False)

    def setUp(self):
        if not shutil.which("dt-doc-validate"):
            self.skipTest("dt-schema is not installed")
        self.dir = tempfile.mkdtemp(prefix="scmi-")
        self.addCleanup(shutil.rmtree, self.dir)
        # The place is part of a schema's name.
        os.makedirs(self.dir + "/schemas/firmware")
        self.name = "schemas/firmware/" + os.path.basename(self.SCHEMA)
        shutil.copy(self.SCHEMA, os.path.join(self.dir, self.name))

    def validated(self, source):
        """What dt-validate has to say of a tree."""
        with open(self.dir + "/tree.dts", "w", encoding="utf-8") as file:
            file.write(source)
        done = self.run_in(self.dir, "dtc", "-q", "-O", "dtb", "-o", "tree.dtb", "tree.dts")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_in(self.dir, "dt-validate", "-s", "schemas", "tree.dtb")
        return [line for line in (done.stdout + done.stderr).splitlines() if "libscmi," in line]

    def test_schema_and_example(self):
        done = self.run_in(self.dir, "dt-doc-validate", self.name)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        example = self.run_in(self.dir, "dt-extract-example", self.name).stdout
        self.assertIn("libscmi,supplier", example)
        self.assertEqual(self.validated(example), [])
        out = self.expect(OK, scmi("--json", "--tree", self.dir + "/tree.dtb", "instances")).json()
        self.assertEqual(sorted(i["supplier"].rsplit("/", 1)[1] for i in out["instances"]),
                         ["virtio@a000000", "virtio@a000200"])

    def test_what_the_schema_refuses(self):
        for node in (SMC + "libscmi,supplier = <&a>;", ANY + "libscmi,poll-budget-us = <10001>;",
                     ANY + "libscmi,max-delayed-timeout-ms = <0>;"):
            with self.subTest(node):
                self.assertTrue(self.validated(tree(node)))
        self.assertEqual(self.validated(tree(ANY + "libscmi,poll-budget-us = <10000>;")), [])


if __name__ == "__main__":
    unittest.main()
