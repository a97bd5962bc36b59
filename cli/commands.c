// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verbs: all that help, completion and the check of arguments know about them. */
#include "cli.h"

#define CLOCK_HELP "CLOCK is an id, or a name exactly as 'scmi clock list' shows it."

const struct cli_command cli_commands[] = {
	{
		.name = "info",
		.arguments = "",
		.summary = "Who the platform is, its protocols, and the agents you see",
		.help = "SERVED is the version that the platform reports for a protocol, SPOKEN the one\n"
			"that this program then uses with it; - where it does not know the protocol.",
		.examples = "  scmi --at unix:/run/scmid/tester.sock info\n"
			    "  scmi info --json | jq '.protocols[].name'",
		.run = cli_info,
	},
	{
		.name = "clock list",
		.arguments = "",
		.summary = "All clocks, as a tree: each stands under its parent",
		.help = "MAY CHANGE is what this agent may change of a clock: its state (enable, disable,\n"
			"config), its rate, its parent. Platforms tell it from version 3.0 of the clock\n"
			"protocol on; - where they do not.",
		.examples = "  scmi clock list\n"
			    "  scmi clock list --json | jq '.clocks[] | select(.enabled) | .name'",
		.run = cli_clock_list,
	},
	{
		.name = "clock show",
		.arguments = "CLOCK",
		.min = 1,
		.max = 1,
		.kinds = { ARGUMENT_CLOCK },
		.summary = "Everything about one clock",
		.help = CLOCK_HELP,
		.examples = "  scmi clock show pll2_q",
		.run = cli_clock_show,
	},
	{
		.name = "clock get",
		.arguments = "CLOCK",
		.min = 1,
		.max = 1,
		.kinds = { ARGUMENT_CLOCK },
		.summary = "Its rate",
		.help = CLOCK_HELP " A clock that is off has the rate that it will run at.",
		.examples = "  scmi clock get ck_hse\n"
			    "  scmi clock get ck_hse --json | jq .rate_hz",
		.run = cli_clock_get,
	},
	{
		.name = "clock set",
		.arguments = "CLOCK RATE",
		.min = 2,
		.max = 3,
		.kinds = { ARGUMENT_CLOCK },
		.options = OPTION_ROUND | OPTION_ASYNC | OPTION_NO_WAIT,
		.summary = "Set its rate, and read back what it became",
		.help = CLOCK_HELP "\n"
			"RATE is a number of Hz, or a number with a unit: 32768, 24MHz, 1.5GHz, 32.768kHz.\n"
			"Between two rates that the clock can have the platform rounds: to the nearest, or\n"
			"as --round says.\n\n"
			"With --async the platform answers at once and changes the rate in its own time; its\n"
			"delayed response, for which this verb waits, tells the rate that was set. With\n"
			"--no-wait nothing tells how it ends.",
		.examples = "  scmi clock set pll2_q 400MHz\n"
			    "  scmi clock set pll2_q 1.5 GHz --round down --async",
		.run = cli_clock_set,
	},
	{
		.name = "clock enable",
		.arguments = "CLOCK",
		.min = 1,
		.max = 1,
		.kinds = { ARGUMENT_CLOCK },
		.summary = "Ask for it to run",
		.help = CLOCK_HELP " The request lasts when this program has ended: it is the\n"
				   "agent's. A clock runs while any agent asks for it.",
		.run = cli_clock_enable,
	},
	{
		.name = "clock disable",
		.arguments = "CLOCK",
		.min = 1,
		.max = 1,
		.kinds = { ARGUMENT_CLOCK },
		.summary = "No longer ask for it to run",
		.help = CLOCK_HELP " It runs on while another agent asks for it.",
		.run = cli_clock_disable,
	},
	{
		.name = "clock parent",
		.arguments = "CLOCK [NEW]",
		.min = 1,
		.max = 2,
		.kinds = { ARGUMENT_CLOCK, ARGUMENT_CLOCK },
		.summary = "What feeds it and what could; or choose another",
		.help = CLOCK_HELP " So is NEW. A change of parent may change the rate.",
		.examples = "  scmi clock parent ck_mpu\n"
			    "  scmi clock parent ck_mpu ck_hse",
		.run = cli_clock_parent,
	},
	{
		.name = "clock config",
		.arguments = "CLOCK [TYPE [VALUE]]",
		.min = 1,
		.max = 3,
		.kinds = { ARGUMENT_CLOCK, ARGUMENT_CONFIG },
		.summary = "Its state and extended configurations; or set one",
		.help = CLOCK_HELP "\n"
			"TYPE is duty-cycle (VALUE in percent), phase (in degrees), or one of the vendor's,\n"
			"0x80 to 0xff. Without TYPE the first two are shown, as far as the clock has them.",
		.examples = "  scmi clock config ck_out\n"
			    "  scmi clock config ck_out duty-cycle 25\n"
			    "  scmi clock config ck_out 0x80 7",
		.run = cli_clock_config,
	},
	{
		.name = "clock rates",
		.arguments = "CLOCK",
		.min = 1,
		.max = 1,
		.kinds = { ARGUMENT_CLOCK },
		.summary = "The rates it can have: a list, or a range with a step",
		.help = CLOCK_HELP,
		.examples = "  scmi clock rates ck_mpu",
		.run = cli_clock_rates,
	},
	{
		.name = "base agents",
		.arguments = "",
		.summary = "The agents that this one may see",
		.run = cli_base_agents,
	},
	{
		.name = "base permit",
		.arguments = "AGENT DEVICE allow|deny [PROTOCOL]",
		.min = 3,
		.max = 4,
		.kinds = { ARGUMENT_NONE, ARGUMENT_NONE, ARGUMENT_ACCESS, ARGUMENT_PROTOCOL },
		.summary = "Let an agent change what belongs to a device, or not",
		.help = "AGENT is an id or a name, DEVICE a number of the platform's. With PROTOCOL only\n"
			"that protocol's part of the device is meant. Takes a trusted agent.",
		.examples = "  scmi base permit linux 3 deny\n"
			    "  scmi base permit linux 3 allow clock",
		.run = cli_base_permit,
	},
	{
		.name = "base reset",
		.arguments = "[AGENT]",
		.max = 1,
		.options = OPTION_PERMISSIONS,
		.summary = "Withdraw all that an agent asked for (your own: no AGENT)",
		.help = "Clocks that it enabled, rates, parents and configurations that it set go back.\n"
			"Another agent than yourself, and --permissions, take a trusted agent.",
		.run = cli_base_reset,
	},
	{
		.name = "raw",
		.arguments = "PROTOCOL MESSAGE [WORD ... | hex:BYTES]",
		.min = 2,
		.max = CLI_ARGUMENTS_MAX,
		.kinds = { ARGUMENT_PROTOCOL, ARGUMENT_MESSAGE },
		.options = OPTION_DELAYED | OPTION_AS,
		.summary = "Send one message of your own making, show all of the answer",
		.help = "PROTOCOL and MESSAGE are names or numbers; MESSAGE with or without its protocol's\n"
			"name. The payload is 32-bit words, decimal or 0x..., or bytes in hexadecimal. It is\n"
			"sent as it is, right or wrong. The answer is decoded in the version that the platform\n"
			"says it speaks; --as says it instead, and then no other message is sent.\n"
			"A status other than SUCCESS makes exit code 1.",
		.examples = "  scmi raw clock CLOCK_RATE_GET 0\n"
			    "  scmi raw clock rate-set 1 5 400000000 0 --delayed\n"
			    "  scmi raw 0x14 6 hex:00000000 --as 3.0",
		.run = cli_raw,
	},
	{
		.name = "watch",
		.arguments = "",
		.options = OPTION_CLOCK | OPTION_COUNT | OPTION_ERRORS,
		.summary = "Print notifications as they come, until Ctrl-C",
		.help = "Rates that others set or ask for, of every clock that offers to tell, and errors.\n"
			"With --json every event is one line.",
		.examples = "  scmi watch\n"
			    "  scmi watch --clock pll2_q --count 1 --json",
		.run = cli_watch,
	},
	{
		.name = "bench",
		.arguments = "",
		.options = OPTION_COUNT | OPTION_MESSAGE | OPTION_PIN,
		.summary = "Measure round trips beside what this machine can do at best",
		.help = "Sends --count messages (10000) one after another: CLOCK_RATE_GET of the first\n"
			"clock, or PROTOCOL_VERSION. The floor is measured in the same run: two processes that\n"
			"pass datagrams of the same sizes to and fro over a socket and do nothing else, on two\n"
			"CPUs and on one; the lower floor is shown. Over virtio and mailboxes they pass eventfds, and\n"
			"there is another floor for ends that need not be woken: a word in shared memory; and all is\n"
			"measured once more with ends that do not look before they sleep.\n\n"
			"With --pin A,B the floor is that of CPUs A and B, and scmi runs on A: have the platform\n"
			"on B ('taskset -c B scmid ...').",
		.examples = "  scmi bench --count 100000 --pin 0,1\n"
			    "  scmi bench --message version --json",
		.run = cli_bench,
	},
	{
		.name = "tree",
		.arguments = "",
		.summary = "The device tree that a guest with this agent needs, for dtc",
		.help = "The SCMI descriptor with a node for each protocol that the platform serves, its cells,\n"
			"and the ids and names of clocks as comments. 'scmid --print-tree AGENT FILE.yaml' writes\n"
			"the same from a board file.",
		.examples = "  scmi tree > scmi.dts\n"
			    "  scmi tree | dtc -O dtb -o scmi.dtb",
		.run = cli_tree,
	},
	{
		.name = "transports",
		.arguments = "",
		.offline = true,
		.summary = "What --at can name: the transports built in, and those in files",
		.help = "A transport in a file is scmi-transport-NAME.so in a directory of SCMI_TRANSPORT_PATH\n"
			"(absolute, separated by colons), or in the one chosen when libscmi was built. What is\n"
			"built in comes first; a file or directory that others than root and you could change\n"
			"is not used. MESSAGES may be under way at a time, of at most BYTES each; an answer may\n"
			"take MS milliseconds.",
		.examples = "  scmi transports\n"
			    "  scmi transports --json | jq '.not_used[].why'",
		.run = cli_transports,
	},
	{
		.name = "instances",
		.arguments = "",
		.offline = true,
		.options = OPTION_TREE | OPTION_SUPPLIER | OPTION_SUPPLIERS | OPTION_WATCH | OPTION_COUNT,
		.summary = "SCMI instances of a device tree, and what each waits for",
		.help = "Every enabled node of the published bindings: its transport, what it needs, its\n"
			"protocols and limits, and whether this program can use it: bound, or what it waits\n"
			"for. It is bound where this program has a transport for it and its supplier was\n"
			"named by --supplier: then the transport is opened, and closed at the end.\n"
			"NAME is what the tree calls the supplier, for virtio the path of the bus device's\n"
			"node, ADDRESS what the transport opens, for virtio a vhost-user socket.\n"
			"With --suppliers every socket in DIRECTORY is a supplier, named by its file: the\n"
			"socket virtio@a000000 is /virtio@a000000, and soc%2Fvirtio@0 is /soc/virtio@0.\n\n"
			"With --watch the list is followed by a line for each change, as sockets come and go\n"
			"and platforms end and begin, until Ctrl-C or --count changes; with --json each is a\n"
			"document. Instances are kept open meanwhile.\n\n"
			"A node that is wrong is listed with what is wrong; the exit code is 2 then.",
		.examples = "  scmi --tree board.dtb instances\n"
			    "  scmi --tree guest.dtb instances --json | jq '.instances[].path'\n"
			    "  scmi --tree guest.dtb instances --supplier "
			    "virtio:/virtio@a000000=/run/scmid/linux.vhost\n"
			    "  scmi --tree guest.dtb instances --suppliers virtio:/run/devices --watch",
		.run = cli_instances,
	},
	{
		.name = "negotiate",
		.arguments = "PROTOCOL VERSION",
		.min = 2,
		.max = 2,
		.kinds = { ARGUMENT_PROTOCOL },
		.summary = "Ask whether the platform would speak a version",
		.help = "What is agreed ends with the connection. To use another version in another verb,\n"
			"give that verb --speak PROTOCOL=VERSION.",
		.examples = "  scmi negotiate clock 2.0\n"
			    "  scmi --speak clock=2.0 --trace clock show 0",
		.run = cli_negotiate,
	},
	{
		.name = "help",
		.arguments = "[VERB]",
		.max = 2,
		.offline = true,
		.kinds = { ARGUMENT_VERB, ARGUMENT_VERB },
		.summary = "Explain a verb",
		.run = cli_help,
	},
	{
		.name = "complete",
		.arguments = "-- WORD ...",
		.max = CLI_ARGUMENTS_MAX,
		.offline = true,
		.hidden = true,
		.summary = "What may stand for the last word; for shells",
		.run = cli_complete,
	},
	{ .name = 0 },
};
