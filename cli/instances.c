/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* scmi instances: what a device tree describes, and what each waits for. */
#include "instances.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char *const transports[] = {
	[SCMI_TREE_MAILBOX] = "mailbox",
	[SCMI_TREE_SMC] = "smc",
	[SCMI_TREE_OPTEE] = "optee",
	[SCMI_TREE_VIRTIO] = "virtio",
};

/* ---- sentences ------------------------------------------------------------------------------- */

static FILE *begin(char **text, size_t *size)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		cli_out_of_memory();
	return out;
}

static void end(FILE *out)
{
	if (fclose(out))
		cli_out_of_memory();
}

static void say_mailboxes(FILE *out, const struct scmi_tree_channel *channel)
{
	fputs(channel->mailbox_count > 1 ? "mailboxes " : "mailbox ", out);
	for (uint32_t i = 0; i < channel->mailbox_count; i++) {
		const struct scmi_tree_mailbox *mailbox = &channel->mailboxes[i];

		fprintf(out, "%s%s %s", i ? ", " : "", mailbox->role, mailbox->controller);
		for (uint32_t j = 0; j < mailbox->cell_count; j++)
			fprintf(out, "%s%" PRIu32, j ? " " : " (", mailbox->cells[j]);
		fputs(mailbox->cell_count ? ")" : "", out);
	}
}

static void say_memories(FILE *out, const struct scmi_tree_channel *channel)
{
	fputs(channel->memory_count > 1 ? "memories " : "memory ", out);
	for (uint32_t i = 0; i < channel->memory_count; i++)
		fprintf(out, "%s%s (%" PRIu64 " bytes)", i ? ", " : "", channel->memories[i].path,
			channel->memories[i].size);
}

/* The parts of a channel; what is not there is not said. */
static void say_channel(FILE *out, const struct scmi_tree_channel *channel)
{
	const char *between = "";

	if (channel->has_optee_channel) {
		fprintf(out, "OP-TEE channel %" PRIu32, channel->optee_channel);
		between = "; ";
	}
	if (channel->mailbox_count) {
		fputs(between, out);
		say_mailboxes(out, channel);
		between = "; ";
	}
	if (channel->memory_count) {
		fputs(between, out);
		say_memories(out, channel);
	}
}

static void say_needs(FILE *out, const struct scmi_tree_descriptor *descriptor)
{
	switch (descriptor->transport) {
	case SCMI_TREE_SMC:
		fprintf(out, "SMC or HVC function 0x%" PRIx32 "%s; ", descriptor->smc_id,
			descriptor->has_interrupt ? ", done with interrupt a2p" : "");
		say_channel(out, &descriptor->channel);
		break;
	case SCMI_TREE_MAILBOX:
	case SCMI_TREE_OPTEE:
		say_channel(out, &descriptor->channel);
		if (descriptor->no_completion_irq)
			fputs("; nothing tells that an answer is there", out);
		break;
	case SCMI_TREE_VIRTIO:
		if (descriptor->supplier)
			fprintf(out, "the virtio SCMI device of %s", descriptor->supplier);
		else
			fputs("a virtio SCMI device that no descriptor names", out);
		break;
	}
}

/* ---- parts of the output --------------------------------------------------------------------- */

static void put_text(struct output *out, const char *key, const char *label, const char *text)
{
	out_field(out, key, label, text ? value_text(text) : value_none());
}

static void put_channel(struct output *out, const struct scmi_tree_channel *channel)
{
	out_list_open(out, "mailboxes");
	for (uint32_t i = 0; i < channel->mailbox_count; i++) {
		const struct scmi_tree_mailbox *mailbox = &channel->mailboxes[i];

		out_open(out, NULL, NULL);
		put_text(out, "role", NULL, mailbox->role);
		put_text(out, "controller", NULL, mailbox->controller);
		out_field(out, "cells", NULL, value_words(mailbox->cells, mailbox->cell_count));
		out_close(out);
	}
	out_list_close(out);
	out_list_open(out, "memories");
	for (uint32_t i = 0; i < channel->memory_count; i++) {
		out_open(out, NULL, NULL);
		put_text(out, "path", NULL, channel->memories[i].path);
		out_field(out, "size", NULL, value_number(channel->memories[i].size));
		out_close(out);
	}
	out_list_close(out);
	out_field(out, "optee_channel", NULL,
		  channel->has_optee_channel ? value_number(channel->optee_channel) : value_none());
}

static void put_protocol(struct output *out, const struct scmi_tree_protocol_node *protocol)
{
	char *needs, label[64], number[8];
	const char *name = cli_protocol_name(protocol->protocol_id, number);
	size_t size;
	FILE *words = begin(&needs, &size);

	say_channel(words, &protocol->channel);
	end(words);
	snprintf(label, sizeof(label), "  %s", name);
	out_open(out, NULL, NULL);
	out_field(out, "id", NULL, value_number(protocol->protocol_id));
	put_text(out, "name", NULL, name);
	out_field(out, "own_channel", NULL, value_flag(protocol->own_channel));
	if (protocol->own_channel) {
		put_text(out, "needs", label, needs);
		put_channel(out, &protocol->channel);
	}
	out_close(out);
	free(needs);
}

static void put_protocols(struct output *out, const struct scmi_tree_descriptor *descriptor)
{
	char *names, number[8];
	size_t size;
	FILE *words = begin(&names, &size);

	for (uint32_t i = 0; i < descriptor->protocol_count; i++)
		fprintf(words, "%s%s", i ? ", " : "",
			cli_protocol_name(descriptor->protocols[i].protocol_id, number));
	if (!descriptor->protocol_count)
		fputs("no nodes: all that the platform offers", words);
	end(words);
	put_text(out, NULL, "protocols", names);
	free(names);
	out_list_open(out, "protocols");
	for (uint32_t i = 0; i < descriptor->protocol_count; i++)
		put_protocol(out, &descriptor->protocols[i]);
	out_list_close(out);
}

static void put_limits(struct output *out, const struct scmi_tree_descriptor *descriptor)
{
	const struct {
		const char *key;
		const char *label;
		const struct scmi_tree_limit *limit;
		const char *unit;
	} limits[] = {
		{"response_timeout_ms", "answers within", &descriptor->response_timeout_ms, "ms"},
		{"delayed_timeout_ms", "delayed within", &descriptor->delayed_timeout_ms, "ms"},
		{"messages_max", "in flight", &descriptor->messages_max, "messages at most"},
		{"payload_max", "message size", &descriptor->payload_max,
		 "bytes at most, without header and status"},
		{"poll_budget_us", "polling", &descriptor->poll_budget_us, "us in atomic context"},
		{"atomic_threshold_us", "atomic", &descriptor->atomic_threshold_us,
		 "us: what takes longer is not done in atomic context"},
	};
	char text[96];

	out_open(out, "limits", NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		out_field(out, limits[i].key, NULL,
			  limits[i].limit->given ? value_number(limits[i].limit->value)
						 : value_none());
		snprintf(text, sizeof(text), "%" PRIu32 " %s", limits[i].limit->value,
			 limits[i].unit);
		if (limits[i].limit->given)
			put_text(out, NULL, limits[i].label, text);
	}
	out_close(out);
}

static void put_described(struct output *out, const struct scmi_tree_descriptor *descriptor)
{
	char *needs;
	size_t size, count = 0;
	FILE *words = begin(&needs, &size);

	say_needs(words, descriptor);
	end(words);
	while (descriptor->compatible[count])
		count++;
	out_field(out, "compatible", "compatible", value_texts(descriptor->compatible, count));
	put_text(out, "needs", "needs", needs);
	put_text(out, "supplier", "supplier", descriptor->supplier);
	out_field(out, "own_node", NULL, value_flag(descriptor->own_node));
	out_field(out, "smc_id", NULL,
		  descriptor->transport == SCMI_TREE_SMC ? value_hex(descriptor->smc_id)
							 : value_none());
	out_field(out, "interrupt", NULL, value_flag(descriptor->has_interrupt));
	out_field(out, "no_completion_irq", NULL, value_flag(descriptor->no_completion_irq));
	put_channel(out, &descriptor->channel);
	put_protocols(out, descriptor);
	put_limits(out, descriptor);
	free(needs);
}

static void put_instance(struct output *out, const struct scmi_tree_descriptor *descriptor,
			 struct instances_bound *bound)
{
	char text[1024];
	const char *state = "invalid";

	snprintf(text, sizeof(text), "%s", descriptor->error ? descriptor->error : "");
	if (!descriptor->error)
		state = instances_state(bound, descriptor->path, text, sizeof(text));
	out_open(out, NULL, descriptor->path);
	put_text(out, "path", NULL, descriptor->path);
	put_text(out, "state", NULL, state);
	put_text(out, "explanation", descriptor->error ? "wrong" : "state", text);
	put_text(out, "transport", "transport", transports[descriptor->transport]);
	if (!descriptor->error)
		put_described(out, descriptor);
	out_close(out);
}

static int put_instances(struct output *out, const struct scmi_tree_instances *instances,
			 struct instances_bound *bound)
{
	const struct scmi_tree_descriptor *descriptor;
	int code = CLI_OK;
	size_t i;

	out_open(out, NULL, NULL);
	out_list_open(out, "instances");
	for (i = 0; (descriptor = scmi_tree_at(instances, i)); i++) {
		put_instance(out, descriptor, bound);
		/* It is said where it stands; the code is for scripts. */
		if (descriptor->error)
			code = CLI_USAGE;
	}
	out_list_close(out);
	if (!i)
		out_say(out, "The tree describes no SCMI instance.");
	out_close(out);
	return code;
}

/* From here on they are for who watches, also while the list is printed. */
static int catch_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int cli_instances(struct cli *cli)
{
	const char *path = cli->options.tree;
	struct scmi_tree_instances *instances;
	struct instances_bound *bound;
	int code, error, signal_fd = -1;
	char why[256];

	if (!path) {
		cli_fail_usage(cli, "which device tree? give --tree FILE");
		return cli_hint(cli, "this machine's own is /sys/firmware/fdt, for root");
	}
	if (cli->options.count && !cli->options.watch)
		return cli_fail_usage(cli, "--count goes with --watch");
	if (cli->options.watch)
		signal_fd = catch_signals();
	error = scmi_tree_read_file(&instances, path, why, sizeof(why));
	if (error == -ENOMEM)
		cli_out_of_memory();
	if (error) {
		cli_fail_usage(cli, "%s: %s", path, why);
		return error == -EISDIR
			       ? cli_hint(cli, "a tree is one file: a .dtb, or /sys/firmware/fdt")
			       : cli->failure.exit_code;
	}
	code = instances_bind(cli, instances, &bound);
	if (!code) {
		code = put_instances(cli->out, instances, bound);
		if (cli->options.watch) {
			error = instances_watch(cli, bound, signal_fd);
			code = error ? error : code;
		}
		instances_unbind(bound);
	}
	scmi_tree_free(instances);
	if (signal_fd >= 0)
		close(signal_fd);
	return code;
}
