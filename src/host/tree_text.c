/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tree_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define BASE_PROTOCOL 0x10u

/* How long Linux waits for an answer. Without it a virtio channel waits for a minute. */
#define GUEST_TIMEOUT_MS 5000

/* What the binding asks of a protocol's node. `use` is a consumer's property, if there is one. */
static const struct node {
	uint8_t protocol_id;
	const char *name;
	const char *label;
	const char *cells;
	const char *use;
} nodes[] = {
	{0x11, "power domains", "scmi_power", "#power-domain-cells", "power-domains"},
	{0x12, "system power", "scmi_system", NULL, NULL},
	{0x13, "performance domains", "scmi_perf", "#power-domain-cells", "power-domains"},
	{0x14, "clocks", "scmi_clk", "#clock-cells", "clocks"},
	{0x15, "sensors", "scmi_sensor", "#thermal-sensor-cells", "thermal-sensors"},
	{0x16, "reset domains", "scmi_reset", "#reset-cells", "resets"},
	{0x17, "voltage domains", "scmi_voltage", NULL, NULL},
	{0x18, "power capping", "scmi_powercap", NULL, NULL},
	{0x19, "pins", "scmi_pinctrl", NULL, NULL},
};

#define VOLTAGE_PROTOCOL 0x17u

static const struct node *find_node(uint8_t protocol_id)
{
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (nodes[i].protocol_id == protocol_id)
			return &nodes[i];
	}
	return NULL;
}

/*
 * A name inside a comment. What could end the comment, for dtc or for a C preprocessor before it,
 * is written as its code: '*', a backslash at the end of a line, a trigraph.
 */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < 0x80 && isprint(c) && !strchr("*\\?", c))
			putc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

/* What is being written, and what every line begins with. */
struct text {
	FILE *out;
	const char *margin;
	unsigned int depth;
};

static void begin_line(const struct text *text)
{
	fputs(text->margin, text->out);
	for (unsigned int i = 0; i < text->depth; i++)
		putc('\t', text->out);
}

__attribute__((format(printf, 2, 3))) static void line(const struct text *text, const char *format,
						       ...)
{
	va_list arguments;

	begin_line(text);
	va_start(arguments, format);
	vfprintf(text->out, format, arguments);
	va_end(arguments);
	putc('\n', text->out);
}

static void open_node(struct text *text, const char *name)
{
	line(text, "%s {", name);
	text->depth++;
}

static void close_node(struct text *text)
{
	text->depth--;
	line(text, "};");
}

static void put_cells(const struct text *text)
{
	line(text, "#address-cells = <1>;");
	line(text, "#size-cells = <0>;");
}

/* The comment before a node. */
static void put_use(const struct text *text, const struct node *node,
		    const struct scmi_tree_protocol *protocol)
{
	if (node->use && protocol->resource_count)
		line(text, "/* %s; a device that uses one says %s = <&%s %" PRIu32 ">; */",
		     node->name, node->use, node->label, protocol->resources[0].id);
	else
		line(text, "/* %s */", node->name);
}

static void put_resources(const struct text *text, const struct scmi_tree_protocol *protocol)
{
	if (!protocol->resource_count)
		return;
	line(text, "/*");
	for (uint32_t i = 0; i < protocol->resource_count; i++) {
		begin_line(text);
		fprintf(text->out, " * %5" PRIu32 "  ", protocol->resources[i].id);
		put_name(text->out, protocol->resources[i].name);
		putc('\n', text->out);
	}
	line(text, " */");
}

static void put_protocol(struct text *text, const struct scmi_tree_protocol *protocol, bool brief)
{
	const struct node *node = find_node(protocol->protocol_id);

	if (!brief)
		fputs("\n", text->out);
	if (node && !brief)
		put_use(text, node, protocol);
	line(text, "%s%sprotocol@%x {", node ? node->label : "", node ? ": " : "",
	     protocol->protocol_id);
	text->depth++;
	line(text, "reg = <0x%x>;", protocol->protocol_id);
	if (node && node->cells)
		line(text, "%s = <1>;", node->cells);
	if (protocol->protocol_id == VOLTAGE_PROTOCOL) {
		open_node(text, "regulators");
		put_cells(text);
		close_node(text);
	}
	if (!brief)
		put_resources(text, protocol);
	close_node(text);
}

/* The descriptor's properties and protocols. */
static void put_descriptor(struct text *text, const struct scmi_tree *tree, bool brief)
{
	put_cells(text);
	line(text, "arm,max-rx-timeout-ms = <%u>;", GUEST_TIMEOUT_MS);
	for (uint32_t i = 0; i < tree->protocol_count; i++) {
		if (tree->protocols[i].protocol_id != BASE_PROTOCOL)
			put_protocol(text, &tree->protocols[i], brief);
	}
}

static void put_head(FILE *out, const struct scmi_tree *tree)
{
	fputs("/dts-v1/;\n\n/*\n * The SCMI device of ", out);
	fputs(tree->agent ? "agent " : "an agent", out);
	put_name(out, tree->agent ? tree->agent : "");
	if (tree->vendor) {
		fputs(" on platform ", out);
		put_name(out, tree->vendor);
	}
	fputs(".\n *\n"
	      " * To append it to another tree's source, leave out the first line.\n"
	      " */\n",
	      out);
}

static void put_main(FILE *out, const struct scmi_tree *tree)
{
	struct text text = {.out = out, .margin = ""};

	open_node(&text, "/");
	open_node(&text, "firmware");
	open_node(&text, "scmi");
	line(&text, "compatible = \"arm,scmi-virtio\";");
	put_descriptor(&text, tree, false);
	close_node(&text);
	close_node(&text);
	close_node(&text);
}

static void put_alternative(FILE *out, const struct scmi_tree *tree)
{
	struct text text = {.out = out, .margin = " * "};

	fputs("\n/*\n"
	      " * Linux takes the descriptor above for the only virtio-SCMI device there is. A\n"
	      " * driver that can have several finds the descriptor of each in the only child of\n"
	      " * that device's own node (virtio,mmio, virtio,uml, or a PCI function's). For it,\n"
	      " * instead:\n"
	      " *\n",
	      out);
	open_node(&text, "scmi");
	line(&text, "compatible = \"virtio,device20\";");
	put_descriptor(&text, tree, true);
	close_node(&text);
	fputs(" */\n", out);
}

void scmi_tree_print(FILE *out, const struct scmi_tree *tree)
{
	put_head(out, tree);
	put_main(out, tree);
	put_alternative(out, tree);
}
